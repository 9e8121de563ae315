/* SPDX-License-Identifier: MIT */
/* Builds with the real compile server, from source to a kernel that runs. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/futex.h"
#include "runtime/base/option.h"
#include "runtime/base/tests/test.h"

static const char fill[] = "kernel void fill(global int *out, int value)\n"
			   "{ out[get_global_id(0)] = value + (int)get_global_id(0); }\n";

static struct tern_build_result build_with(struct tern_build_request q)
{
	struct tern_build_result r;
	if (!q.options)
		q.options = "";
	if (q.source && !q.source_size)
		q.source_size = strlen(q.source);
	REQUIRE(!tern_kernels_build(&q, &r));
	EXPECT((r.status == TERN_BUILD_OK) == (r.code != NULL) && r.log);
	return r;
}

static struct tern_build_result build(const char *source, const char *options)
{
	return build_with((struct tern_build_request){
		.operation = TERN_BUILD_BUILD, .options = options, .source = source});
}

static void drop(struct tern_build_result *r)
{
	tern_code_put(r->code);
	tern_free(r->log);
}

static enum tern_build_status status_of(const char *source, const char *options)
{
	struct tern_build_result r = build(source, options);
	enum tern_build_status status = r.status;
	drop(&r);
	return status;
}

/* Runs "fill" on one work-group; true if what it wrote is right. */
static bool fill_runs(struct tern_code *code)
{
	enum { ITEMS = 100 };
	struct tern_group group = {.enqueued_local_size = {ITEMS, 1, 1},
				   .global_size = {ITEMS, 1, 1},
				   .num_groups = {1, 1, 1},
				   .work_dim = 1};
	_Alignas(TERN_ARGS_ALIGN) unsigned char args[TERN_ARGS_ALIGN] = {0};
	int out[ITEMS] = {0}, *pointer = out, value = 42;
	struct tern_module *module;
	const struct tern_code_info *info = tern_code_info(code);
	REQUIRE(info->kernel_count == 1 && !strcmp(info->kernels[0].name, "fill"));
	REQUIRE(info->kernels[0].arg_count == 2);
	REQUIRE(!tern_module_load(code, NULL, &module));
	memcpy(args + info->kernels[0].args[0].offset, &pointer, sizeof(pointer));
	memcpy(args + info->kernels[0].args[1].offset, &value, sizeof(value));
	tern_module_function(module, 0)(args, &group, 0, 0, 0);
	tern_module_put(module);
	for (int i = 0; i < ITEMS; i++)
		if (out[i] != value + i)
			return false;
	return true;
}

static void build_and_run(void)
{
	struct tern_build_result r = build(fill, "");
	REQUIRE(r.status == TERN_BUILD_OK);
	EXPECT(!r.from_cache && fill_runs(r.code));
	char *log = r.log;
	tern_code_put(r.code);
	r = build(fill, "");
	EXPECT(r.from_cache && !strcmp(r.log, log) && fill_runs(r.code));
	/* what CL_PROGRAM_BINARIES hands out can be taken back */
	size_t size;
	struct tern_code *again;
	const void *bytes = tern_code_bytes(r.code, &size);
	REQUIRE(!tern_code_parse(bytes, size, &again));
	EXPECT(fill_runs(again));
	tern_code_put(again);
	EXPECT(tern_code_parse(bytes, size - 1, &again) == -EINVAL);
	tern_free(log);
	drop(&r);
}

static void errors(void)
{
	struct tern_build_result r = build("kernel void k(void)\n{ undeclared = 1; }\n", "");
	EXPECT(r.status == TERN_BUILD_FAILED);
	EXPECT(strstr(r.log, ":2:3: error:")); /* line and column of the user's */
	drop(&r);
	EXPECT(status_of(fill, "-unknown") == TERN_BUILD_INVALID_OPTIONS);
	EXPECT(status_of("", "") == TERN_BUILD_OK);
}

static void compile_and_link(void)
{
	const struct tern_header header = {"value.h", "int value(void);", 16};
	struct tern_build_result a = build_with(
		(struct tern_build_request){.operation = TERN_BUILD_COMPILE,
					    .source = "#include \"value.h\"\n"
						      "kernel void fill(global int *out, int v)"
						      "{ size_t i = get_global_id(0);"
						      "  out[i] = v + value() + (int)i - 1; }",
					    .headers = &header,
					    .header_count = 1});
	struct tern_build_result b = build_with((struct tern_build_request){
		.operation = TERN_BUILD_COMPILE, .source = "int value(void) { return 1; }"});
	REQUIRE(a.status == TERN_BUILD_OK && b.status == TERN_BUILD_OK);
	EXPECT(tern_code_info(a.code)->kind == TERN_CODE_OBJECT);
	struct tern_code *inputs[] = {a.code, b.code};
	struct tern_build_request link = {
		.operation = TERN_BUILD_LINK, .inputs = inputs, .input_count = 2};
	struct tern_build_result r = build_with(link);
	REQUIRE(r.status == TERN_BUILD_OK);
	EXPECT(!r.from_cache && fill_runs(r.code));
	drop(&r);
	r = build_with(link);
	EXPECT(r.from_cache && fill_runs(r.code));
	drop(&r);
	link.input_count = 1;
	r = build_with(link);
	EXPECT(r.status == TERN_BUILD_FAILED); /* value() is nowhere */
	drop(&r);
	drop(&a);
	drop(&b);
}

/* A file beside the program changes: no stale code. */
static void included_files(const char *folder)
{
	char path[PATH_MAX], options[PATH_MAX + 8];
	snprintf(options, sizeof(options), "-I %s", folder);
	REQUIRE(snprintf(path, sizeof(path), "%s/kernel.h", folder) < (int)sizeof(path));
	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(path, "we");
		REQUIRE(f && fprintf(f, i ? "#error changed\n" : "\n") > 0 && !fclose(f));
		EXPECT(status_of("#include \"kernel.h\"\nkernel void k(void) { }", options) ==
		       (i ? TERN_BUILD_FAILED : TERN_BUILD_OK));
	}
	unlink(path);
}

/* The process ids that our descriptors for processes stand for. */
static void kill_servers(void)
{
	DIR *dir = opendir("/proc/self/fdinfo");
	for (struct dirent *d; dir && (d = readdir(dir));) {
		char path[300], line[128];
		int pid;
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", d->d_name);
		FILE *f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "Pid: %d", &pid) == 1 && pid > 0)
				kill(pid, SIGKILL);
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
}

static _Atomic bool stop_killing;

static void *keep_killing(void *unused)
{
	(void)unused;
	while (!stop_killing) {
		usleep(200000);
		kill_servers();
	}
	return NULL;
}

/* The preprocessor needs 2^60 steps for the condition. */
static void write_endless(char *out, size_t size)
{
	size_t n = (size_t)snprintf(out, size, "#define A0 1\n");
	for (int i = 1; i <= 60; i++)
		n += (size_t)snprintf(out + n, size - n, "#define A%d A%d+A%d\n", i, i - 1, i - 1);
	snprintf(out + n, size - n, "#if A60\n#endif\n");
}

static void endless_and_killed(void)
{
	char source[4096];
	pthread_t killer;
	write_endless(source, sizeof(source));
	uint64_t start = tern_clock_ns();
	enum tern_build_status status = status_of(source, "");
	/* the server may also run into its own limit on memory */
	EXPECT(status == TERN_BUILD_TIMEOUT || status == TERN_BUILD_CRASHED);
	EXPECT(tern_clock_ns() - start < 60 * (uint64_t)1000000000);
	EXPECT(status_of(fill, "-DAFTER_ENDLESS") == TERN_BUILD_OK);
	REQUIRE(!pthread_create(&killer, NULL, keep_killing, NULL));
	EXPECT(status_of(source, "") == TERN_BUILD_CRASHED);
	stop_killing = true;
	pthread_join(killer, NULL);
	EXPECT(status_of(fill, "-DAFTER_KILLED") == TERN_BUILD_OK);
}

static void *build_several(void *name)
{
	char options[64];
	for (int i = 0; i < 5; i++) {
		snprintf(options, sizeof(options), "-D%s=%d", (const char *)name, i);
		if (status_of(fill, options) != TERN_BUILD_OK)
			return name;
	}
	return NULL;
}

static void two_threads(void)
{
	static char names[2][2] = {"A", "B"};
	pthread_t threads[2];
	for (int i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, build_several, names[i]));
	for (int i = 0; i < 2; i++) {
		void *failed;
		pthread_join(threads[i], &failed);
		EXPECT(!failed);
	}
}

static long resident_kib(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (!f || fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) >> 10);
}

/* In a new process, from the cache. */
static int second_process(void)
{
	uint64_t start = tern_clock_ns();
	struct tern_build_result r = build(fill, "");
	struct tern_module *module = NULL;
	EXPECT(r.from_cache && r.code && !tern_module_load(r.code, NULL, &module));
	printf("from the cache in a new process: %.2f ms, %ld KiB resident\n",
	       (double)(tern_clock_ns() - start) / 1e6, resident_kib());
	if (!module)
		return 1;
	tern_module_put(module);
	drop(&r);
	return test_result();
}

static void run_second_process(char *self)
{
	int status = -1;
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		execl("/proc/self/exe", self, "second", NULL);
		_exit(1);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void measure(void)
{
	static const char *const options[] = {"-DM=1", "-DM=2", "-DM=3", "-DM=4", "-DM=5"};
	tern_kernels_finish();
	for (size_t i = 0; i < tern_array_size(options); i++) {
		uint64_t start = tern_clock_ns();
		EXPECT(status_of(fill, options[i]) == TERN_BUILD_OK);
		printf("%s: %.2f ms\n", i ? "a build" : "with the start of the server",
		       (double)(tern_clock_ns() - start) / 1e6);
	}
}

/* The file that the dynamic linker knows the first kernel of @module by, or "". */
static const char *file_of(struct tern_module *module)
{
	Dl_info info;
	union {
		tern_group_fn *function;
		const void *object;
	} kernel = {.function = tern_module_function(module, 0)};
	return dladdr(kernel.object, &info) && info.dli_fname ? info.dli_fname : "";
}

static int next_number(struct tern_module *module)
{
	struct tern_group group = {.enqueued_local_size = {1, 1, 1},
				   .global_size = {1, 1, 1},
				   .num_groups = {1, 1, 1},
				   .work_dim = 1};
	_Alignas(TERN_ARGS_ALIGN) unsigned char args[TERN_ARGS_ALIGN] = {0};
	int out = 0, *pointer = &out;
	memcpy(args, &pointer, sizeof(pointer));
	tern_module_function(module, 0)(args, &group, 0, 0, 0);
	return out;
}

/* -g: the image is a file that debuggers see, with lines; the source is beside it. */
static void files_for_debuggers(const char *cache)
{
	static const char source[] =
		"global int number = 5;\nkernel void next(global int *out)\n{ *out = number++; }\n";
	struct tern_build_result plain = build(source, "-cl-std=CL3.0"),
				 r = build(source, "-cl-std=CL3.0 -g");
	struct tern_module *a, *b, *c;
	char debug[PATH_MAX + 16], command[3 * PATH_MAX];
	REQUIRE(plain.status == TERN_BUILD_OK && r.status == TERN_BUILD_OK);
	REQUIRE(!tern_module_load(plain.code, NULL, &a) && !tern_module_load(r.code, NULL, &b));
	REQUIRE(!tern_module_load(r.code, NULL, &c));
	snprintf(debug, sizeof(debug), "%s/debug/", cache);
	EXPECT(!strstr(file_of(a), debug));
	EXPECT(!strncmp(file_of(b), debug, strlen(debug)) && strstr(file_of(b), ".so"));
	/* variables belong to the module, whoever loaded it */
	EXPECT(next_number(b) == 5);
	EXPECT(next_number(b) == 6);
	EXPECT(next_number(c) == 5);
	EXPECT(next_number(a) == 5);
	/* grep succeeds when the image's lines name the file that has the source */
	snprintf(command, sizeof(command),
		 "f=$(grep -l 'number++' \"%s\"*.cl) && grep -aq \"${f##*/}\" \"%s\"", debug,
		 file_of(b));
	EXPECT(system(command) == 0);
	tern_module_put(a);
	tern_module_put(b);
	tern_module_put(c);
	drop(&plain);
	drop(&r);
}

int main(int argc, char **argv)
{
	char folder[PATH_MAX], cache[PATH_MAX];
	const char *tmp = getenv("TMPDIR");
	if (argc == 2 && !strcmp(argv[1], "second"))
		return second_process();
	snprintf(folder, sizeof(folder), "%s/tern-build-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	REQUIRE(mkdtemp(folder));
	REQUIRE(snprintf(cache, sizeof(cache), "%s/cache", folder) < (int)sizeof(cache));
	setenv("TERN_CACHE", cache, 1);
	setenv("TERN_COMPILE_TIMEOUT", "5", 1);
	char *ternc = tern_path_ternc();
	if (!ternc) {
		rmdir(folder);
		printf("no compile server: set TERN_TERNC\n");
		return TEST_SKIP;
	}
	tern_free(ternc);
	build_and_run();
	errors();
	compile_and_link();
	included_files(folder);
	files_for_debuggers(cache);
	two_threads();
	endless_and_killed();
	run_second_process(argv[0]);
	measure();
	EXPECT(!tern_cache_clear());
	tern_kernels_finish();
	rmdir(cache);
	rmdir(folder);
	return test_result();
}
