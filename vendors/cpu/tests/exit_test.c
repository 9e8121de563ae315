/* SPDX-License-Identifier: MIT */
/* A program may end at any time: kernels still running, or running for ever. */
#include <sys/wait.h>

#include "harness.h"

static void slow(const void *args, const struct tern_group *group, uint64_t x, uint64_t y,
		 uint64_t z)
{
	(void)args, (void)group, (void)x, (void)y, (void)z;
	usleep(200);
}

static void endless(const void *args, const struct tern_group *group, uint64_t x, uint64_t y,
		    uint64_t z)
{
	(void)args, (void)group, (void)x, (void)y, (void)z;
	for (;;)
		usleep(1000);
}

static const struct tern_kernel_info info = {
	.name = "slow", .lanes = 1, .rows = 1, .stack_bytes = 1 << 20};

static struct tern_queue *left;

/* Runs in the middle of exit(): what was begun may still be waited for. */
static void at_exit(void)
{
	if (left && tern_queue_finish(left) != CL_SUCCESS)
		_exit(3);
}

static void program(tern_group_fn *function, bool finish)
{
	atexit(at_exit);
	test_start();
	struct tern_queue *queue = queue_new(0);
	uint64_t none = 0;
	CHECK(!enqueue_kernel(queue, &info, function, &none, 8, finish ? 100 : 100000, 1, NULL));
	CHECK(!tern_queue_flush(queue));
	usleep(5000);
	left = finish ? queue : NULL;
	exit(0);
}

static void run(tern_group_fn *function, bool finish)
{
	uint64_t start = tern_clock_ns();
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		program(function, finish);
	int status;
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(tern_clock_ns() - start < UINT64_C(20000000000));
}

int main(void)
{
	run(slow, false);
	run(slow, true);
	run(endless, false);
	return 0;
}
