/* SPDX-License-Identifier: MIT */
/* fork and exec while a device has pages of the program. */
#include "conformance/shared.h"
#include <pthread.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COUNT = 1 << 18 };

extern char **environ;

/* In a child nothing of the harness may leave the case: plain code, and a number for what failed.
 */
static int child_uses_opencl(int *p, int value, size_t count)
{
	cl_device_id device = conf_device();
	cl_program program = NULL;
	cl_kernel kernel = NULL;
	cl_int e[8] = {0};
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &e[0]);

	if (e[0])
		return 10;
	cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, &e[0]);

	if (e[0])
		return 11;
	if (shared_make_kernel(context, "inc", &program, &kernel))
		return 12;
	e[1] = clSetKernelArgSVMPointer(kernel, 0, p);
	e[2] = clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, NULL, 0, NULL, NULL);
	e[3] = clFinish(queue);
	if (e[1] || e[2] || e[3])
		return 14;
	if (shared_wrong_here(p, value + 1, count))
		return 15;
	e[4] = clReleaseKernel(kernel);
	e[5] = clReleaseProgram(program);
	e[6] = clReleaseCommandQueue(queue);
	e[7] = clReleaseContext(context);
	return e[4] || e[5] || e[6] || e[7] ? 16 : 0;
}

/* @p holds @value + i. The child sees that, and its changes stay its own. */
static int child_sees(int *p, int value)
{
	if (shared_wrong_here(p, value, COUNT))
		return 1;
	for (size_t i = 0; i < COUNT; i += 100)
		p[i] = -1;
	return 0;
}

static void need_threads_in_child(void)
{
#ifdef __SANITIZE_THREAD__
	SKIP("the thread sanitizer ends children that start threads");
#endif
#ifdef __SANITIZE_ADDRESS__
	SKIP("gcc 12's address sanitizer may leave its allocator locked in a child");
#endif
}

static int *words(void)
{
	int *p = malloc(COUNT * sizeof *p);

	REQUIRE(p != NULL);
	return p;
}

static void child_sees_data(void)
{
	NEED_SYSTEM();
	int *p = words();

	for (int turn = 0; turn < 4; turn++) {
		shared_fill(p, turn, COUNT);
		pid_t pid = fork();

		if (pid == 0)
			_exit(child_sees(p, turn));
		REQUIRE(pid > 0);
		CHECK_EQ(0, conf_child_status(pid, 20));
		CHECK_EQ(0, shared_wrong(p, turn, COUNT));
		CHECK_EQ(0, shared_wrong_here(p, turn, COUNT));
	}
	free(p);
}

/* The parent's kernels change the data while the child lives: it must not see that. */
static void child_is_not_disturbed(void)
{
	NEED_SYSTEM();
	int *p = words(), ends[2];
	char byte = 0;

	shared_fill(p, 50, COUNT);
	REQUIRE(pipe(ends) == 0);
	pid_t pid = fork();

	if (pid == 0) {
		int code = read(ends[0], &byte, 1) == 1 ? 0 : 2;

		_exit(code ? code : child_sees(p, 50));
	}
	REQUIRE(pid > 0);
	shared_inc(p, COUNT);
	shared_inc(p, COUNT);
	CHECK_EQ(1, write(ends[1], &byte, 1));
	CHECK_EQ(0, conf_child_status(pid, 20));
	CHECK_EQ(0, shared_wrong(p, 52, COUNT));
	CHECK_EQ(0, shared_wrong_here(p, 52, COUNT));
	close(ends[0]);
	close(ends[1]);
	free(p);
}

static void child_makes_context(void)
{
	NEED_SYSTEM();
	need_threads_in_child();
	int *p = words();

	shared_fill(p, 9, COUNT);
	pid_t pid = fork();

	if (pid == 0)
		_exit(child_uses_opencl(p, 9, COUNT));
	REQUIRE(pid > 0);
	CHECK_EQ(0, conf_child_status(pid, 40));
	CHECK_EQ(0, shared_wrong_here(p, 9, COUNT));
	shared_still_works();
	free(p);
}

/* Parent and child at the same time, each with its own. */
static void both_go_on(void)
{
	NEED_SYSTEM();
	need_threads_in_child();
	int *p = words();

	shared_fill(p, 9, COUNT);
	pid_t pid = fork();

	if (pid == 0) {
		int code = child_uses_opencl(p, 9, COUNT);

		for (int i = 0; i < 10 && !code; i++)
			code = child_uses_opencl(p, 10 + i, COUNT);
		_exit(code);
	}
	REQUIRE(pid > 0);
	for (int i = 0; i < 20; i++) {
		shared_inc(p, COUNT);
		CHECK_EQ(0, shared_wrong_here(p, 10 + i, COUNT));
	}
	CHECK_EQ(0, conf_child_status(pid, 40));
	free(p);
}

static void child_of_child(void)
{
	NEED_SYSTEM();
	need_threads_in_child();
	int *p = words();

	shared_fill(p, 2, COUNT);
	pid_t pid = fork();

	if (pid == 0) {
		int code = child_uses_opencl(p, 2, COUNT);
		pid_t second = code ? -1 : fork();

		if (second == 0)
			_exit(child_uses_opencl(p, 3, COUNT));
		_exit(code ? code : conf_child_status(second, 30));
	}
	REQUIRE(pid > 0);
	CHECK_EQ(0, conf_child_status(pid, 40));
	CHECK_EQ(0, shared_wrong(p, 2, COUNT));
	free(p);
}

static void *fork_on(void *data)
{
	int *stable = data;

	for (int i = 0; i < 15; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(shared_wrong_here(stable, 5, COUNT / 4) ? 1 : 0);
		if (!CHECK(pid > 0))
			break;
		CHECK_EQ(0, conf_child_status(pid, 20));
	}
	return NULL;
}

/* One thread forks while another's kernels run, on neighbouring memory. */
static void fork_while_kernels_run(void)
{
	NEED_SYSTEM();
	int *p = words(), turns = 0;
	cl_kernel inc = shared_kernel("inc");
	pthread_t thread;

	for (int i = 0; i < COUNT / 4; i++)
		p[i] = 5 + i;
	memset(p + COUNT / 4, 0, COUNT / 4 * 3 * sizeof *p);
	shared_wrong(p, 5, COUNT / 4);
	REQUIRE(!pthread_create(&thread, NULL, fork_on, p));
	shared_pointer(inc, 0, p + COUNT / 4);
	for (double end = conf_now() + 1; conf_now() < end; turns++)
		conf_run(inc, COUNT / 4 * 3, 0);
	pthread_join(thread, NULL);
	int wrong = 0;

	for (int i = COUNT / 4; i < COUNT; i++)
		wrong += p[i] != turns;
	CHECK_EQ(0, wrong);
	CHECK_EQ(0, shared_wrong_here(p, 5, COUNT / 4));
	free(p);
}

static void programs_started(void)
{
	NEED_SYSTEM();
	int *p = words();

	for (int turn = 0; turn < 3; turn++) {
		char *const arguments[] = {(char *)(uintptr_t)"true", NULL};
		pid_t pid = 0;
		int status = -1;

		shared_fill(p, turn, COUNT);
		CHECK_EQ(0, posix_spawnp(&pid, "true", NULL, NULL, arguments, environ));
		CHECK_EQ(pid, waitpid(pid, &status, 0));
		CHECK_EQ(0, status);
		CHECK_EQ(0, system("exit 0"));
		CHECK_EQ(0, shared_wrong(p, turn, COUNT));
	}
	free(p);
}

/* Memory that children do not get, or get empty. */
static void advice_for_fork(void)
{
	NEED_SYSTEM();
	const size_t size = 64 * SHARED_PAGE, count = size / sizeof(int);
	int *kept = shared_map(size), *wiped = shared_map(size);

	CHECK_EQ(0, madvise(kept, size, MADV_DONTFORK));
	CHECK_EQ(0, madvise(wiped, size, MADV_WIPEONFORK));
	shared_fill(kept, 1, count);
	shared_fill(wiped, 1, count);
	pid_t pid = fork();

	if (pid == 0) {
		for (size_t i = 0; i < count; i++)
			if (wiped[i])
				_exit(1);
		_exit(0);
	}
	REQUIRE(pid > 0);
	CHECK_EQ(0, conf_child_status(pid, 20));
	CHECK_EQ(0, shared_wrong(kept, 1, count));
	CHECK_EQ(0, shared_wrong_here(wiped, 1, count));
	munmap(kept, size);
	munmap(wiped, size);
}

CONF_CASES(shared_process) = {
	CASE(child_sees_data),  CASE(child_is_not_disturbed), CASE(child_makes_context),
	CASE(both_go_on),       CASE(child_of_child),         CASE(fork_while_kernels_run),
	CASE(programs_started), CASE(advice_for_fork),        CASE_END,
};
