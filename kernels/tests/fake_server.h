/* SPDX-License-Identifier: MIT */
/*
 * The unit tests' own compile server: the test starts itself as one (TERN_TERNC is its own file),
 * and the first word of a program's source tells the server how to behave.
 */
#ifndef TERN_KERNELS_TESTS_FAKE_SERVER_H
#define TERN_KERNELS_TESTS_FAKE_SERVER_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernels/protocol.h"
#include "kernels/tests/test_image.h"
#include "runtime/base/tests/test.h"

enum { FAKE_PADDING = 16 << 10 };

struct fake_call {
	struct tern_wire_request request;
	char source[512];
	struct tern_wire_result result;
	struct tern_writer code;
	char log[4096];
};

/* What a helper process sees of the application: to be nothing. */
static inline void fake_report_surroundings(char *out, size_t size)
{
	sigset_t mask;
	struct rlimit core;
	size_t n = 0;
	DIR *dir = opendir("/proc/self/fd");
	for (struct dirent *d; dir && (d = readdir(dir));)
		if (atoi(d->d_name) != dirfd(dir) && d->d_name[0] != '.')
			n += (size_t)snprintf(out + n, size - n, "fd%s ", d->d_name);
	if (dir)
		closedir(dir);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int i = 1; i < SIGRTMAX; i++) {
		struct sigaction action;
		if (sigismember(&mask, i) == 1)
			n += (size_t)snprintf(out + n, size - n, "blocked%d ", i);
		if (!sigaction(i, NULL, &action) && action.sa_handler == SIG_IGN)
			n += (size_t)snprintf(out + n, size - n, "ignored%d ", i);
	}
	getrlimit(RLIMIT_CORE, &core);
	snprintf(out + n, size - n, "core%d session%d env%s", (int)core.rlim_cur,
		 getsid(0) == getpid(), getenv("HOME") ? "HOME" : "");
}

/* True the first time that it is asked with this name: the file @path is the memory. */
static inline bool fake_first_time(const char *path)
{
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static inline void fake_send_raw(const void *bytes, size_t size)
{
	if (send(TERN_SERVER_FD, bytes, size, MSG_NOSIGNAL) < 0)
		_exit(3);
}

/* Behaviours that do not end with an answer. */
static inline void fake_misbehave(const char *source)
{
	static const unsigned char huge[24] = {'T', 'E', 'R', 'N', 2, 0, 0, 0, 2, 0, 0, 0,
					       0,   0,   0,   0,   0, 0, 0, 0, 0, 1, 0, 0};
	const char *argument = strchr(source, ' ') ? strchr(source, ' ') + 1 : "";
	if (!strncmp(source, "hang", 4)) {
		for (;;)
			pause();
	} else if (!strncmp(source, "die-once", 8)) {
		if (fake_first_time(argument))
			_exit(1);
	} else if (!strncmp(source, "die", 3)) {
		static const char words[] = "\x1b[1mLLVM ERROR: test\n";
		if (write(STDERR_FILENO, words, sizeof(words) - 1) < 0)
			_exit(4);
		raise(SIGKILL);
	} else if (!strncmp(source, "garbage", 7)) {
		static const char text[] = "this is not what libtern expects to read";
		fake_send_raw(text, sizeof(text));
	} else if (!strncmp(source, "huge", 4)) {
		fake_send_raw(huge, sizeof(huge));
	} else if (!strncmp(source, "half", 4)) {
		fake_send_raw(huge, 12);
		_exit(0);
	} else if (!strncmp(source, "slow", 4)) {
		usleep(300000);
	}
}

static inline void fake_fill_result(struct fake_call *c)
{
	const char *s = c->source;
	enum tern_code_kind kind = TERN_CODE_EXECUTABLE;
	if (c->request.operation == TERN_BUILD_COMPILE || !strncmp(s, "kind", 4))
		kind = TERN_CODE_OBJECT;
	snprintf(c->log, sizeof(c->log), "warning: %s", s);
	if (!strncmp(s, "surroundings", 12))
		fake_report_surroundings(c->log, sizeof(c->log));
	if (!strncmp(s, "pid", 3))
		snprintf(c->log, sizeof(c->log), "%d", (int)getpid());
	if (!strncmp(s, "directory", 9))
		snprintf(c->log, sizeof(c->log), "%s", c->request.directory);
	c->result.log = c->log;
	c->result.status = !strncmp(s, "fail", 4)      ? TERN_BUILD_FAILED
			   : !strncmp(s, "options", 7) ? TERN_BUILD_INVALID_OPTIONS
						       : TERN_BUILD_OK;
	if (c->result.status != TERN_BUILD_OK)
		return;
	test_code_write(&c->code, kind, c->request.options, FAKE_PADDING);
	if (!strncmp(s, "badcode", 7))
		c->code.data[c->code.size - 1] ^= 1;
	if (!strncmp(s, "nocode", 6))
		c->code.size = 0;
	c->result.code = c->code.data;
	c->result.code_size = c->code.size;
}

static inline int fake_answer(const void *payload, size_t size)
{
	static struct fake_call c;
	struct tern_writer w = {0};
	c = (struct fake_call){0};
	if (tern_wire_read_request(payload, size, &c.request))
		return 5;
	memcpy(c.source, c.request.source, tern_min(c.request.source_size, sizeof(c.source) - 1));
	fake_misbehave(c.source);
	fake_fill_result(&c);
	tern_wire_write_result(&w, &c.result);
	if (!strncmp(c.source, "trailing", 8))
		tern_write_u8(&w, 0);
	uint32_t type = !strncmp(c.source, "type", 4) ? 99 : TERN_MESSAGE_RESULT;
	int e = tern_wire_send(TERN_SERVER_FD, type, w.data, w.size, TERN_WIRE_NO_DEADLINE);
	tern_writer_finish(&w);
	tern_writer_finish(&c.code);
	tern_wire_free_request(&c.request);
	return e ? 6 : 0;
}

static inline int fake_server_main(void)
{
	uint32_t type;
	void *payload;
	size_t size;
	int e = 0;
	while (!e &&
	       !tern_wire_receive(TERN_SERVER_FD, &type, &payload, &size, TERN_WIRE_NO_DEADLINE)) {
		e = fake_answer(payload, size);
		tern_free(payload);
	}
	return e;
}

/* To be called first in main(): serves if this is the server, else makes this file the server. */
static inline void fake_server_or_test(int argc, char **argv)
{
	char self[PATH_MAX];
	/* Not exit(): a leak checker runs in a process of its own there, which whoever kills this
	 * one meanwhile knows nothing of. */
	if (argc == 2 && !strcmp(argv[1], "--server"))
		_exit(fake_server_main());
	REQUIRE(realpath("/proc/self/exe", self));
	setenv("TERN_TERNC", self, 1);
	setenv("TERN_CPU", "baseline", 1);
}

/* A folder of the test's own, in TMPDIR; the caller removes it with fake_remove_folder(). */
static inline void fake_make_folder(char out[PATH_MAX])
{
	const char *tmp = getenv("TMPDIR");
	snprintf(out, PATH_MAX, "%s/tern-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	REQUIRE(mkdtemp(out));
}

static inline void fake_remove_folder(const char *path)
{
	DIR *dir = opendir(path);
	int fd = dir ? dirfd(dir) : -1;
	for (struct dirent *d; fd >= 0 && (d = readdir(dir));)
		unlinkat(fd, d->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(path);
}

static inline struct tern_build_result fake_build(const char *source)
{
	struct tern_build_request q = {.operation = TERN_BUILD_BUILD,
				       .options = "",
				       .source = source,
				       .source_size = strlen(source)};
	struct tern_build_result r;
	REQUIRE(!tern_kernels_build(&q, &r));
	return r;
}

static inline void fake_drop(struct tern_build_result *r)
{
	tern_code_put(r->code);
	tern_free(r->log);
	*r = (struct tern_build_result){0};
}

/* Builds, and expects this status; the log goes to @log if not NULL. */
static inline enum tern_build_status fake_status(const char *source, char *log, size_t log_size)
{
	struct tern_build_result r = fake_build(source);
	enum tern_build_status status = r.status;
	EXPECT((status == TERN_BUILD_OK) == (r.code != NULL));
	EXPECT(r.log);
	if (log)
		snprintf(log, log_size, "%s", r.log);
	fake_drop(&r);
	return status;
}

static inline unsigned fake_open_files(void)
{
	unsigned n = 0;
	DIR *dir = opendir("/proc/self/fd");
	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

#endif
