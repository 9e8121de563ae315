/* SPDX-License-Identifier: MIT */
/*
 * SPIR-V in the compile server: what the translator may do to it, and what comes of a module. The
 * test is the translator, too: the server starts it with "-r", and the module's generator word
 * (the third) says how to behave.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <time.h>

#include "kernels/ternc/tests/harness.h"
#include "kernels/tests/test_spirv.h"

enum { BYTES = sizeof(test_module), SECONDS = 2 };

enum behaviour {
	CRASH = 1,
	REFUSE,
	SILENT,
	GARBAGE,
	ENDLESS,
	HANG,
	SPIN,
	HUNGRY,
	LOOK_AROUND,
	COMPLAIN_ENDLESSLY,
};

/* ---- the translator ---- */

/* What it sees of the server: nothing. Said on standard error, which goes to the log. */
static void look_around(void)
{
	struct rlimit cpu, core;
	int files = 0;
	char folder[PATH_MAX] = "";
	for (int fd = 0; fd < 1000; fd++)
		files += fcntl(fd, F_GETFD) >= 0;
	getrlimit(RLIMIT_CPU, &cpu);
	getrlimit(RLIMIT_CORE, &core);
	if (!getcwd(folder, sizeof(folder)))
		folder[0] = '\0';
	bool sealed = ftruncate(0, 0) < 0;
	fprintf(stderr, "files %d, cpu %d, core %d, in %s, PATH %s, sealed %d\n", files,
		(int)cpu.rlim_max, (int)core.rlim_max, folder, getenv("PATH") ? "yes" : "no",
		sealed);
}

static void eat(void)
{
	for (size_t size = (size_t)1 << 30;; size += (size_t)1 << 30) {
		void *room = malloc(size);
		if (!room) {
			fprintf(stderr, "no more than %zu GiB\n", size >> 30);
			return;
		}
		free(room);
	}
}

static int translate(void)
{
	static char page[1 << 20];
	uint32_t module[5] = {0};
	if (read(STDIN_FILENO, module, sizeof(module)) != sizeof(module))
		return 9;
	switch ((enum behaviour)module[MODULE_GENERATOR_AT]) {
	case CRASH:
		fprintf(stderr,
			"it failed: \x1b[1m'x'.\nPLEASE submit a bug report\nStack dump:\n");
		abort();
	case REFUSE:
		fprintf(stderr, "not this one\n");
		return 3;
	case SILENT:
		return 0;
	case GARBAGE:
		return write(STDOUT_FILENO, page, sizeof(page)) < 0;
	case ENDLESS:
		while (write(STDOUT_FILENO, page, sizeof(page)) > 0)
			;
		return 4;
	case COMPLAIN_ENDLESSLY:
		while (write(STDERR_FILENO, page, sizeof(page)) > 0)
			;
		return 4;
	case HANG:
		for (;;)
			pause();
	case SPIN:
		for (volatile unsigned n = 0;; n++)
			;
	case HUNGRY:
		eat();
		return 5;
	case LOOK_AROUND:
		look_around();
		return 6;
	}
	return 8;
}

/* ---- the tests ---- */

static struct tern_wire_request request_for(const uint32_t *words, size_t bytes,
					    const char *translator)
{
	struct tern_wire_request q = request_of(TERN_BUILD_BUILD, NULL, "");
	q.flags = TERN_WIRE_SPIRV;
	q.source = (const char *)words;
	q.source_size = bytes;
	q.translator = translator;
	q.translator_seconds = SECONDS;
	return q;
}

static void expect(struct server *s, const uint32_t *words, size_t bytes, const char *translator,
		   const char *text)
{
	struct tern_wire_request q = request_for(words, bytes, translator);
	struct answer a = server_ask(s, &q);
	enum tern_build_status want = text ? TERN_BUILD_FAILED : TERN_BUILD_OK;
	if (a.result.status != want || (text && !strstr(a.result.log, text)))
		fprintf(stderr, "status %u instead of %u, or without '%s':\n%s\n", a.result.status,
			want, text ? text : "", a.result.log);
	EXPECT(a.result.status == want && (!text || strstr(a.result.log, text)));
	EXPECT(!strchr(a.result.log, '\x1b') && !strstr(a.result.log, "PLEASE"));
	answer_free(&a);
}

static uint32_t words[MODULE_WORDS];

static uint32_t *fresh(void)
{
	memcpy(words, test_module, sizeof(words));
	return words;
}

static void misbehaviour(struct server *s)
{
	static const struct {
		enum behaviour behaviour;
		const char *text;
	} cases[] = {
		{CRASH, "died over the module (Aborted):\nit failed:  [1m'x'."},
		{REFUSE, "refuses the module:\nnot this one"},
		{SILENT, "wrote nothing"},
		{GARBAGE, "wrote no valid module"},
		{ENDLESS, "File size limit"},
		{COMPLAIN_ENDLESSLY, "File size limit"},
		{HANG, "was ended after 2 s (TERN_COMPILE_TIMEOUT)"},
		{SPIN, "was ended after 2 s (TERN_COMPILE_TIMEOUT)"},
		{HUNGRY, "no more than "},
		{LOOK_AROUND, "files 3, cpu 3, core 0, in /, PATH no, sealed 1"},
	};
	char self[PATH_MAX] = "";
	REQUIRE(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		fresh()[MODULE_GENERATOR_AT] = cases[i].behaviour;
		expect(s, words, BYTES, self, cases[i].text);
	}
	expect(s, fresh(), BYTES, "/no/such/file", "cannot be started: /no/such/file");
	expect(s, fresh(), BYTES, "", "cannot be started");
}

/* What is found before any translator is started. */
static void refused(struct server *s)
{
	static const char none[] = "/no/such/file";
	expect(s, fresh(), 0, none, "the module is no row of words with a header");
	expect(s, fresh(), BYTES - 2, none, "no row of words");
	fresh()[0] = 0;
	expect(s, words, BYTES, none, "is not SPIR-V");
	fresh()[MODULE_CAPABILITY_AT] = 13;
	expect(s, words, BYTES, none, "does not have the SPIR-V capability ImageBasic");
	fresh()[MODULE_CAPABILITY_AT] = 5000;
	expect(s, words, BYTES, none, "SPIR-V capability number 5000");
	fresh()[MODULE_ADDRESSING_AT] = 1;
	expect(s, words, BYTES, none, "addressing model 1");
	expect(s, fresh(), 20, none, "has no memory model");
}

/* The child is killed with its parent. */
static void dies_with_server(void)
{
	char self[PATH_MAX] = "", task[64];
	struct server s = server_start();
	REQUIRE(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	fresh()[MODULE_GENERATOR_AT] = HANG;
	struct tern_wire_request q = request_for(words, BYTES, self);
	q.translator_seconds = 0;
	struct tern_writer w = {0};
	tern_wire_write_request(&w, &q);
	REQUIRE(!tern_wire_send(s.fd, TERN_MESSAGE_BUILD, w.data, w.size, TERN_WIRE_NO_DEADLINE));
	tern_writer_finish(&w);
	snprintf(task, sizeof(task), "/proc/%d/task/%d/children", (int)s.pid, (int)s.pid);
	pid_t child = 0;
	for (int i = 0; i < 1000 && child <= 0; i++) {
		FILE *f = fopen(task, "re");
		int pid;
		if (!f) /* a kernel without this file */
			break;
		if (fscanf(f, "%d", &pid) == 1)
			child = pid;
		fclose(f);
		usleep(10000);
	}
	usleep(50000); /* until it has become the translator */
	server_stop(&s);
	bool ended = child <= 0;
	for (int i = 0; i < 1000 && !ended; i++) {
		ended = kill(child, 0) < 0;
		usleep(10000);
	}
	EXPECT(ended);
}

/* False: there is no translator of SPIR-V. */
static bool translated(struct server *s)
{
	char *translator = tern_path_spirv();
	if (!translator)
		return false;
	struct tern_wire_request q = request_for(fresh(), BYTES, translator);
	q.translator_seconds = 60;
	struct answer a = server_ask(s, &q);
	if (a.result.status != TERN_BUILD_OK)
		fprintf(stderr, "%s\n", a.result.log);
	REQUIRE(a.result.status == TERN_BUILD_OK);
	const struct tern_code_info *info = &a.code.info;
	REQUIRE(info->kernel_count == 1 && info->kernels[0].arg_count == 1);
	EXPECT(!strcmp(info->kernels[0].name, "k"));
	EXPECT(info->kernels[0].args[0].kind == TERN_ARG_GLOBAL);
	answer_free(&a);
	/* each word wrong in turn: any answer but the server's end */
	for (size_t i = 5; i < MODULE_WORDS; i++) {
		fresh()[i] ^= 1u << (i % 8);
		a = server_ask(s, &q);
		EXPECT(a.result.status == TERN_BUILD_OK || a.result.log[0]);
		answer_free(&a);
	}
	tern_free(translator);
	return true;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "-r"))
		return translate();
	struct server s = server_start();
	refused(&s);
	misbehaviour(&s);
	bool whole = translated(&s);
	server_stop(&s);
	dies_with_server();
	if (!whole)
		printf("skipped in part: no translator of SPIR-V\n");
	return test_result() || whole ? test_result() : TEST_SKIP;
}
