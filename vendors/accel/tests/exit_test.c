/* SPDX-License-Identifier: MIT */
/* A program may end at any time: kernels still running, or running for ever. The device process is
 * gone soon afterwards. */
#include "harness.h"

static const char source[] =
	"kernel void endless(global int *p) { while (*(volatile global int *)p == 0); }"
	"kernel void increment(global uint *p) { atomic_inc(p); }";

static struct tern_queue *left;

/* Runs in the middle of exit(): what was begun may still be waited for. */
static void at_exit(void)
{
	if (left && tern_queue_finish(left) != CL_SUCCESS)
		_exit(3);
}

enum how { IDLE, RUNNING, ENDLESS, STOPPED };

static void program(enum how how, int report)
{
	atexit(at_exit);
	test_start(source);
	struct tern_queue *queue = queue_new(0);
	int *word = shared_alloc(64);
	pid_t pid = device_pid();
	CHECK(write(report, &pid, sizeof(pid)) == sizeof(pid));
	for (unsigned i = 0; i < 100; i++)
		enqueue_kernel(queue, "increment", RANGE(1, 1), ARGS(&word), NULL);
	if (how != RUNNING)
		CHECK(!tern_queue_finish(queue));
	if (how == RUNNING)
		left = queue;
	if (how == ENDLESS) {
		*word = 0;
		for (unsigned i = 0; i < 3; i++)
			enqueue_kernel(queue_new(0), "endless", RANGE(64, 1), ARGS(&word), NULL);
		CHECK(!tern_queue_flush(queue));
		usleep(5000);
	}
	if (how == STOPPED) {
		queue_release(queue);
		usleep(1200000);
	}
	exit(0);
}

/* Whether the process has ended, whether or not anybody has reaped it. */
static bool is_gone(pid_t pid)
{
	char name[32], line[256] = "";
	snprintf(name, sizeof(name), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(name, "r");
	if (!f)
		return true;
	size_t n = fread(line, 1, sizeof(line) - 1, f);
	fclose(f);
	const char *state = n ? strrchr(line, ')') : NULL;
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static void run(enum how how)
{
	uint64_t start = tern_clock_ns();
	int pipes[2], status;
	pid_t device;
	CHECK(!pipe(pipes));
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (!pid)
		program(how, pipes[1]);
	close(pipes[1]);
	ssize_t got = read(pipes[0], &device, sizeof(device));
	close(pipes[0]);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		exit(77);
	CHECK(WEXITSTATUS(status) == 0 && got == sizeof(device));
	CHECK(tern_clock_ns() - start < UINT64_C(20000000000));
	for (unsigned ms = 0; !is_gone(device); ms++) {
		CHECK(ms < 5000);
		usleep(1000);
	}
}

int main(void)
{
	run(IDLE);
	run(RUNNING);
	run(ENDLESS);
	run(STOPPED);
	return 0;
}
