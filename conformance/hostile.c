/* SPDX-License-Identifier: MIT */
/* What a runtime must stand: programs that are hard to compile, processes that fork or end badly.
 */
#include "conformance/harness.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A runtime may have a limit of its own and try twice; above all it must come to an end. */
#define BUILD_SECONDS 150
#define CASE_SECONDS  180

static void check_build(const char *source, const char *what)
{
	cl_int error;
	cl_program program = clCreateProgramWithSource(conf_context(), 1, &source, NULL, &error);
	double start = conf_now();

	OK(error);
	conf_keep_program(program);
	error = clBuildProgram(program, 0, NULL, NULL, NULL, NULL);
	double seconds = conf_now() - start;

	conf_note("%s: %s after %.2f s\n", what,
		  error == CL_SUCCESS                 ? "built"
		  : error == CL_BUILD_PROGRAM_FAILURE ? "build failure"
						      : "error",
		  seconds);
	CHECK_CL2(CL_SUCCESS, CL_BUILD_PROGRAM_FAILURE, error);
	CHECK(seconds < BUILD_SECONDS);
	/* The runtime still works. */
	conf_kernel("kernel void fine(global int *o) { o[0] = 1; }", "fine");
}

static char *repeat(const char *head, const char *unit, size_t count, const char *middle,
		    const char *tail_unit, const char *tail)
{
	size_t size = strlen(head) + count * (strlen(unit) + strlen(tail_unit)) + strlen(middle) +
		      strlen(tail) + 1;
	char *text = malloc(size), *at = text;

	REQUIRE(text != NULL);
	at = stpcpy(at, head);
	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, unit);
	at = stpcpy(at, middle);
	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, tail_unit);
	stpcpy(at, tail);
	return text;
}

static void deep_parentheses(void)
{
	char *source =
		repeat("kernel void k(global int *o) { o[0] = ", "(", 200000, "1", ")", "; }");

	check_build(source, "200,000 parentheses");
	free(source);
}

static void deep_blocks(void)
{
	char *source =
		repeat("kernel void k(global int *o) { ", "{", 100000, "o[0] = 1;", "}", "}");

	check_build(source, "100,000 blocks");
	free(source);
}

/* Includes itself without end. */
static void endless_include(void)
{
	const char *text = "#include \"self.h\"\nkernel void k(global int *o) { o[0] = 1; }\n";
	const char *name = "self.h", *header_text = "#include \"self.h\"\n";
	cl_int error;
	cl_program program = clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

	OK(error);
	conf_keep_program(program);
	cl_program header =
		clCreateProgramWithSource(conf_context(), 1, &header_text, NULL, &error);

	OK(error);
	conf_keep_program(header);
	CHECK_CL(CL_COMPILE_PROGRAM_FAILURE,
		 clCompileProgram(program, 0, NULL, NULL, 1, &header, &name, NULL, NULL));
}

/* Macros that double: 2^28 tokens out of a page of source. */
static void macro_bomb(void)
{
	static char source[4096];
	char *at = source;

	at += sprintf(at, "#define M0 +1\n");
	for (int i = 1; i <= 28; i++)
		at += sprintf(at, "#define M%d M%d M%d\n", i, i - 1, i - 1);
	sprintf(at, "kernel void k(global int *o) { o[0] = 0 M28; }\n");
	check_build(source, "2^28 tokens");
}

/* A long function: hard for optimisers that are not linear. */
static void long_function(void)
{
	char *source = repeat("kernel void k(global int *o) { int a = o[0], b = o[1];\n",
			      "a = a * b + o[a & 7]; if (b & a) b ^= a; ", 8000, "o[0] = a + b; }",
			      "", "");

	check_build(source, "8,000 branches");
	free(source);
}

static void recursion(void)
{
	check_build("int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); }\n"
		    "kernel void k(global int *o) { o[0] = f(5); }\n",
		    "recursion");
}

/* Each must be an error, and the log must say why. */
static void wrong_calls(void)
{
	static const char *const sources[] = {
		"kernel void k(global int *o) { o[0] = no_such_function(o[1]); }",
		"int missing(int); kernel void k(global int *o) { o[0] = missing(o[1]); }",
		"kernel void k(global int *o) { o[0] = sin(\"text\"); }",
		"kernel void k(global int *o) { o[0] = get_global_id(o, 1); }",
		"kernel void k(global float4 *o) { o[0] = dot(o[0], (int4)(1)); }",
		"kernel void k(global float *o) { struct { int a; } s; o[0] = exp(s); }",
		"kernel void k(global int *o) { atomic_add(o[0], 1); }",
		"kernel void k(global float *o) { vstore4((float3)(1), 0, o); }",
		"kernel void k(global int *o) { o[0] = convert_int_sat(o); }",
		"kernel void k(global int *o) { barrier(\"local\"); }",
		"kernel void k(global int *o) { async_work_group_copy(o, o, 1); }",
		"kernel void k(global int *o) { o[0] = as_int((short)1); }",
	};
	for (size_t i = 0; i < LENGTH(sources); i++) {
		const char *text = sources[i];
		cl_int error;
		size_t size = 0;
		cl_program program =
			clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

		OK(error);
		conf_keep_program(program);
		error = clBuildProgram(program, 0, NULL, NULL, NULL, NULL);
		CHECKF(error == CL_BUILD_PROGRAM_FAILURE, "source %zu: error %d", i, error);
		OK(clGetProgramBuildInfo(program, conf_device(), CL_PROGRAM_BUILD_LOG, 0, NULL,
					 &size));
		CHECKF(size > 10, "source %zu: no log", i);
	}
	conf_kernel("kernel void fine(global int *o) { o[0] = 1; }", "fine");
}

static void huge_arrays(void)
{
	check_build("constant int a[1 << 28] = {1, 2, 3};\n"
		    "kernel void k(global int *o) { o[0] = a[o[1]]; }\n",
		    "a constant array of 1 GB");
	check_build("global int a[1ul << 34];\n"
		    "kernel void k(global int *o) { o[0] = a[o[1]]; }\n",
		    "a global variable of 64 GB");
	check_build("kernel void k(global int *o) {\n"
		    "  local int a[1 << 28];\n"
		    "  a[o[1]] = o[0]; barrier(1); o[0] = a[o[2]]; }\n",
		    "a local array of 1 GB");
	check_build("kernel void k(global int *o) {\n"
		    "  int a[1 << 28];\n"
		    "  for (int i = 0; i < o[1]; i++) a[i] = o[i];\n"
		    "  o[0] = a[o[2]]; }\n",
		    "a private array of 1 GB");
	check_build("kernel void k(global int *o) {\n"
		    "  int a[1ul << 40];\n"
		    "  a[o[1]] = o[0]; o[0] = a[o[2]]; }\n",
		    "a private array of 4 TB");
}

/* 5 MB: mostly what nobody reads or calls. */
static void large_source(void)
{
	enum { FUNCTIONS = 5000, COMMENT = 1000 };
	char *source = malloc((size_t)FUNCTIONS * (COMMENT + 100)), *at = source;

	REQUIRE(source != NULL);
	for (int i = 0; i < FUNCTIONS; i++)
		at += sprintf(at,
			      "/* %*d */\n"
			      "int f%d(int x) { return x * %d + (x >> %d) - x / 3; }\n",
			      COMMENT, i, i, i, i % 31);
	sprintf(at, "kernel void k(global int *o) { o[0] = f7(f%d(o[1])); }\n", FUNCTIONS - 1);
	CHECK(strlen(source) > 5000000);
	check_build(source, "5 MB");
	free(source);
}

static void endless_loop_at_build(void)
{
	check_build("kernel void k(global int *o) { while (1) { } }\n"
		    "kernel void l(global int *o) { for (;;) o[0]++; }\n"
		    "kernel void m(global int *o) { here: goto here; }\n",
		    "endless loops");
}

static void strange_sources(void)
{
	static const char *const sources[] = {
		"",
		" ",
		"\n\n\n",
		"kernel",
		"kernel void",
		"kernel void k(",
		"\x01\x02\xff\xfe\x80",
		"#error",
		"#include",
		"#include <stdio.h>\n",
		"#include \"/etc/passwd\"\n",
		"\"unterminated",
		"/* unterminated",
		"kernel void k(global int *o) { __asm__(\"int3\"); }",
		"kernel int k(void) { return 1; }",
		"kernel void k(int *p) { }",
		"kernel void k(global int **p) { }\n#pragma garbage \"\n",
		"#pragma OPENCL EXTENSION no_such : require\n",
		"void f(void); kernel void k(void) { f(); }",
	};

	for (size_t i = 0; i < LENGTH(sources); i++) {
		const char *text = sources[i];
		cl_int error;
		cl_program program =
			clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

		OK(error);
		error = clBuildProgram(program, 0, NULL, NULL, NULL, NULL);
		CHECKF(error == CL_SUCCESS || error == CL_BUILD_PROGRAM_FAILURE,
		       "source %zu: error %d", i, error);
		OK(clReleaseProgram(program));
	}
}

static void strange_options(void)
{
	static const char *const options[] = {
		"-D",
		"-D=",
		"-D 1=2",
		"-I",
		"-cl-std=",
		"-cl-std=CL0.1",
		"--",
		"-",
		"\"",
		"\\",
		"'",
		"-o /tmp/conformance-should-not-exist",
		"-c",
		"-E",
		"-fplugin=/tmp/x.so",
		"-Xclang -load",
		"@/etc/passwd",
		"-include /etc/passwd",
		"kernel.cl",
		";rm x",
		"$(x)",
		"-D A=`x`",
		"\xff\xfe",
		"-cl-mad-enable-",
		"-x c++",
	};
	const char *text = "kernel void k(global int *o) { o[0] = 1; }";

	for (size_t i = 0; i < LENGTH(options); i++) {
		cl_int error;
		cl_program program =
			clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

		OK(error);
		error = clBuildProgram(program, 0, NULL, options[i], NULL, NULL);
		CHECKF(error == CL_SUCCESS || error == CL_INVALID_BUILD_OPTIONS ||
			       error == CL_BUILD_PROGRAM_FAILURE,
		       "options %s: error %d", options[i], error);
		OK(clReleaseProgram(program));
	}
	CHECK(access("/tmp/conformance-should-not-exist", F_OK) != 0);
}

/* After using OpenCL the program forks; the child does not use OpenCL and exits in the usual way,
 * with its exit handlers. The parent goes on. */
static void fork_and_exit(void)
{
	cl_kernel kernel =
		conf_kernel("kernel void put(global int *o) { o[get_global_id(0)] = 4; }", "put");
	cl_mem mem = conf_buffer(0, 400, NULL);
	cl_int back[100] = {0};

	ARG(kernel, 0, mem);
	conf_run(kernel, 100, 0);
	fflush(NULL);
	pid_t pid = fork();

	if (pid == 0)
		exit(7);
	REQUIRE(pid > 0);
	CHECK_EQ(7, conf_child_status(pid, 10));
	conf_run(kernel, 100, 0);
	conf_read(mem, back, sizeof back);
	CHECK(back[0] == 4 && back[99] == 4);
}

/* fork and exec of another program while commands run. */
static void fork_and_exec(void)
{
	const size_t range = 64;
	cl_kernel kernel =
		conf_kernel("kernel void slow(global int *p) { int x = get_global_id(0);\n"
			    "  for (int i = 0; i < 2000000; i++) x = x * 1664525 + 1013904223;\n"
			    "  p[get_global_id(0)] = x; }\n",
			    "slow");
	cl_mem mem = conf_buffer(0, 256, NULL);

	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &range, NULL, 0, NULL, NULL));
	OK(clFlush(conf_queue()));
	for (int i = 0; i < 10; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execlp("true", "true", (char *)NULL);
			_exit(99);
		}
		REQUIRE(pid > 0);
		CHECK_EQ(0, conf_child_status(pid, 10));
	}
	OK(clFinish(conf_queue()));
}

static void start_slow_kernel(void)
{
	const size_t range = 4096;
	cl_kernel kernel =
		conf_kernel("kernel void slow(global int *p) { int x = get_global_id(0);\n"
			    "  for (int i = 0; i < 2000000; i++) x = x * 1664525 + (x >> 7);\n"
			    "  p[get_global_id(0)] = x; }\n",
			    "slow");
	cl_mem mem = conf_buffer(0, range * 4, NULL);

	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &range, NULL, 0, NULL, NULL));
	OK(clFlush(conf_queue()));
	conf_sleep(0.02);
}

/* Hidden cases: these end the process, so that only exit_* below run them. */
static void then_exit(void)
{
	start_slow_kernel();
	exit(42);
}

static void then_return(void)
{
	start_slow_kernel();
	fflush(NULL);
	_exit(43);
}

static void then_abort(void)
{
	start_slow_kernel();
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void exit_while_kernel_runs(void)
{
	double start = conf_now();

	CHECK_EQ(42, conf_run_alone("at-exit.then_exit"));
	conf_note("%.2f s\n", conf_now() - start);
}

static void quick_exit_while_kernel_runs(void)
{
	CHECK_EQ(43, conf_run_alone("at-exit.then_return"));
}

static void abort_while_kernel_runs(void)
{
	CHECK_EQ(1000 + SIGABRT, conf_run_alone("at-exit.then_abort"));
}

/* The application's own children: no helper process shows up in its waits, no signal is left. */
static void no_strange_children(void)
{
	int status;

	conf_kernel("kernel void lone(global int *o) { o[0] = 1; }", "lone");
	pid_t pid = fork();

	if (pid == 0)
		_exit(3);
	REQUIRE(pid > 0);
	CHECK_EQ(pid, waitpid(-1, &status, 0));
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3);
	struct sigaction action;

	CHECK(sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_DFL);
	errno = 0;
	CHECK(waitpid(-1, &status, WNOHANG) <= 0);
}

CONF_CASES(hostile) = {
	CASE_LIMIT(deep_parentheses, CASE_SECONDS),
	CASE_LIMIT(deep_blocks, CASE_SECONDS),
	CASE(endless_include),
	CASE_LIMIT(macro_bomb, CASE_SECONDS),
	CASE_LIMIT(long_function, CASE_SECONDS),
	CASE(recursion),
	CASE(wrong_calls),
	CASE_LIMIT(huge_arrays, CASE_SECONDS),
	CASE_LIMIT(large_source, CASE_SECONDS),
	CASE(endless_loop_at_build),
	CASE(strange_sources),
	CASE(strange_options),
	CASE(fork_and_exit),
	CASE(fork_and_exec),
	CASE(exit_while_kernel_runs),
	CASE(quick_exit_while_kernel_runs),
	CASE(abort_while_kernel_runs),
	CASE(no_strange_children),
	CASE_END,
};

/* Run by name only. */
CONF_CASES(hostile_exits) = {
	CASE(then_exit),
	CASE(then_return),
	CASE(then_abort),
	CASE_END,
};
