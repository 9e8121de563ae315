/* SPDX-License-Identifier: MIT */
/* TERN_ACCEL_TIMEOUT: what runs too long is interrupted in all units; the rest is not disturbed. */
#include "harness.h"

enum { LIMIT_MS = 400, SECONDS = 1000000000 };

static const char source[] =
	"kernel void endless(global int *p) { while (*(volatile global int *)p == 0); }"
	"kernel void long_enough(global uint *p, uint n) { uint x = *p;"
	" for (uint i = 0; i < n; i++) x = x * 1664525u + 1013904223u; *p = x; }"
	"kernel void number(global uint *out) { out[get_global_id(0)] = (uint)get_global_id(0); }";

static struct tern_queue *queue;

static void works(struct tern_queue *on)
{
	uint32_t *out = shared_alloc(4096);
	CHECK(run_kernel(on, "number", RANGE(1024, 8), ARGS(&out)) == CL_COMPLETE);
	CHECK(out[1023] == 1023);
	shared_free(out, 4096);
}

static void endless(size_t groups)
{
	int *word = shared_alloc(64);
	pid_t before = device_pid();
	uint64_t start = tern_clock_ns();
	CHECK(run_kernel(queue, "endless", RANGE(groups, 1), ARGS(&word)) == CL_OUT_OF_RESOURCES);
	uint64_t ns = tern_clock_ns() - start;
	CHECK(ns >= LIMIT_MS * 1000000u && ns < 10u * SECONDS);
	char *text = log_take();
	CHECK(strstr(text, "endless") && strstr(text, "TERN_ACCEL_TIMEOUT"));
	free(text);
	works(queue);
	CHECK(device_pid() == before); /* interrupted, not killed */
	shared_free(word, 64);
}

/* Nobody waits and nobody flushes. */
static void unattended(void)
{
	int *word = shared_alloc(64);
	cl_event event;
	enqueue_kernel(queue, "endless", RANGE(1, 1), ARGS(&word), &event);
	for (unsigned ms = 0; tern_event_status(event_of(event)) > CL_COMPLETE; ms++) {
		CHECK(ms < 10000);
		usleep(1000);
	}
	CHECK(event_end(event) == CL_OUT_OF_RESOURCES);
	free(log_take());
	shared_free(word, 64);
}

/* What is behind it in the same queue and what runs in another go on. */
static void beside_others(void)
{
	struct tern_queue *other = queue_new(0);
	int *word = shared_alloc(64);
	uint32_t *out = shared_alloc(4096);
	cl_event bad, behind;
	enqueue_kernel(queue, "endless", RANGE(1, 1), ARGS(&word), &bad);
	enqueue_kernel(queue, "number", RANGE(1024, 8), ARGS(&out), &behind);
	for (unsigned i = 0; i < 50; i++)
		works(other);
	CHECK(event_end(behind) == CL_COMPLETE && event_end(bad) == CL_OUT_OF_RESOURCES);
	CHECK(out[1023] == 1023);
	free(log_take());
	queue_release(other);
	shared_free(out, 4096);
	shared_free(word, 64);
}

/* Many that each take less than the limit, together more. */
static void many_short(void)
{
	uint32_t *p = shared_alloc(64), n = 4000000;
	cl_event last;
	for (unsigned i = 0; i < 150; i++) {
		if (i)
			event_release(last);
		enqueue_kernel(queue, "long_enough", RANGE(1, 1), ARGS(&p, &n), &last);
	}
	CHECK(event_end(last) == CL_COMPLETE);
	shared_free(p, 64);
}

int main(void)
{
	setenv("TERN_LOG", "error", 1);
	setenv("TERN_ACCEL", "units=2", 1);
	setenv("TERN_ACCEL_TIMEOUT", "400", 1);
	test_start(source);
	queue = queue_new(0);
	log_capture();
	works(queue);
	endless(1);
	endless(2);
	endless(1000);
	unattended();
	beside_others();
	many_short();
	queue_release(queue);
	test_end();
	return 0;
}
