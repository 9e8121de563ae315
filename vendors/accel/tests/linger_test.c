/* SPDX-License-Identifier: MIT */
/* The process stays for the time of linger= after the last queue was released, whatever the
 * device's threads have slept through before, and then ends. */
#include <signal.h>

#include "harness.h"

static const char source[] = "kernel void increment(global uint *p) { atomic_inc(p); }";

static void use(uint32_t *p)
{
	struct tern_queue *queue = queue_new(0);
	uint32_t before = *p;
	CHECK(run_kernel(queue, "increment", RANGE(1, 1), ARGS(&p)) == CL_COMPLETE);
	CHECK(*p == before + 1);
	queue_release(queue);
}

/* Milliseconds until the process has gone, or the most that is waited for. */
static unsigned ends_after(pid_t pid, unsigned most)
{
	uint64_t start = tern_clock_ns();
	unsigned ms = 0;
	while (device_pid() == pid && device_alive() && ms < most) {
		usleep(1000);
		ms = (unsigned)((tern_clock_ns() - start) / 1000000u);
	}
	return ms;
}

int main(void)
{
	setenv("TERN_ACCEL", "linger=400ms,units=2", 1);
	test_start(source);
	uint32_t *p = shared_alloc(64);
	struct tern_queue *queue = queue_new(0);
	CHECK(run_kernel(queue, "increment", RANGE(1, 1), ARGS(&p)) == CL_COMPLETE);
	pid_t pid = device_pid();
	CHECK(pid > 0);
	usleep(1300000); /* longer than a thread without work stays beside others */
	CHECK(device_alive());
	queue_release(queue);
	CHECK(ends_after(pid, 100) >= 100);
	use(p); /* the same process still */
	CHECK(device_pid() == pid);
	unsigned ms = ends_after(pid, 20000);
	CHECK(ms >= 390 && ms < 20000);
	use(p);
	CHECK(device_pid() != pid);
	shared_free(p, 64);
	test_end();
	return 0;
}
