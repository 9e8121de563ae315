/* SPDX-License-Identifier: MIT */
/* Many threads, queues and events: more commands than slots, in order and out of order. */
#include <pthread.h>

#include "harness.h"

enum { THREADS = 6, ROUNDS = 20, BATCH = 150, LISTED = 64 };

static const char source[] = "kernel void increment(global uint *p) { atomic_inc(p); }"
			     "kernel void follow(global uint *p, uint expected) {"
			     " if (*p != expected) atomic_inc(p + 1); atomic_inc(p); }";

static void in_order(uint32_t *p)
{
	struct tern_queue *queue = queue_new(0);
	p[0] = p[1] = 0;
	for (uint32_t i = 0; i < BATCH; i++)
		enqueue_kernel(queue, "follow", RANGE(1, 1), ARGS(&p, &i), NULL);
	CHECK(!tern_queue_finish(queue));
	CHECK(p[0] == BATCH && p[1] == 0);
	queue_release(queue);
}

static void out_of_order(uint32_t *p)
{
	struct tern_queue *queue = queue_new(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	p[0] = 0;
	for (uint32_t i = 0; i < BATCH; i++)
		enqueue_kernel(queue, "increment", RANGE(4, 1), ARGS(&p), NULL);
	CHECK(!tern_queue_finish(queue) && p[0] == 4 * BATCH);
	queue_release(queue);
}

/* A chain by events alone, in a queue without an order. */
static void by_events(uint32_t *p)
{
	struct tern_queue *queue = queue_new(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	cl_event events[LISTED];
	struct range r = RANGE(1, 1);
	p[0] = p[1] = 0;
	for (uint32_t i = 0; i < LISTED; i++) {
		struct tern_command *c = kernel_command(queue, "follow", &r, ARGS(&p, &i));
		CHECK(!tern_command_enqueue(c, i ? 1 : 0, i ? &events[i - 1] : NULL, &events[i],
					    false));
	}
	CHECK(event_wait(events[LISTED - 1]) == CL_SUCCESS && p[0] == LISTED && p[1] == 0);
	for (uint32_t i = 0; i < LISTED; i++)
		event_release(events[i]);
	queue_release(queue);
}

static void mixed(uint32_t *p)
{
	struct tern_queue *queue = queue_new(0);
	uint32_t copy;
	p[0] = 0;
	for (uint32_t i = 0; i < BATCH; i++) {
		enqueue_kernel(queue, "increment", RANGE(1, 1), ARGS(&p), NULL);
		if (i % 10 == 9) {
			CHECK(!enqueue_copy(queue, &copy, p, 4, true) && copy == i + 1);
		}
	}
	CHECK(!tern_queue_finish(queue));
	queue_release(queue);
}

static void *run(void *p)
{
	for (unsigned i = 0; i < ROUNDS; i++) {
		in_order(p);
		out_of_order(p);
		by_events(p);
		mixed(p);
	}
	return NULL;
}

/* Kernels that wait for what comes later: another queue's copy, and the host itself. */
static void waits_for_later(void)
{
	static uint32_t one = 1;
	struct tern_queue *first = queue_new(0), *second = queue_new(0);
	uint32_t *p = shared_alloc(256);
	cl_event event;
	(void)one;
	enqueue_kernel(first, "increment", RANGE(1, 1), ARGS(&p), &event);
	CHECK(!tern_queue_flush(first));
	CHECK(!enqueue_copy(second, p + 16, &one, 4, true) && p[16] == 1);
	CHECK(event_end(event) == CL_COMPLETE);
	queue_release(first);
	queue_release(second);
	shared_free(p, 256);
}

static cl_int slow(void *ms)
{
	usleep(*(unsigned *)ms * 1000);
	return CL_SUCCESS;
}

/* Calls that take long do not hold up the completion of kernels. */
static void slow_calls(void)
{
	static unsigned ms = 1500;
	struct tern_queue *calls[4], *queue = queue_new(0);
	uint32_t *p = shared_alloc(64);
	for (unsigned i = 0; i < 4; i++) {
		calls[i] = queue_new(0);
		CHECK(!enqueue_call(calls[i], slow, &ms, 0, NULL, NULL));
		CHECK(!tern_queue_flush(calls[i]));
	}
	uint64_t start = tern_clock_ns();
	cl_event event;
	for (unsigned i = 0; i < 20; i++) {
		if (i)
			event_release(event);
		enqueue_kernel(queue, "increment", RANGE(1, 1), ARGS(&p), &event);
	}
	CHECK(!tern_queue_flush(queue));
	while (tern_event_status(event_of(event)) > CL_COMPLETE)
		usleep(500); /* no thread waits for it */
	CHECK(tern_clock_ns() - start < 1200000000);
	CHECK(event_end(event) == CL_COMPLETE && *p == 20);
	for (unsigned i = 0; i < 4; i++) {
		CHECK(!tern_queue_finish(calls[i]));
		queue_release(calls[i]);
	}
	queue_release(queue);
	shared_free(p, 64);
}

int main(void)
{
	pthread_t threads[THREADS];
	uint32_t *p[THREADS];
	test_start(source);
	waits_for_later();
	slow_calls();
	for (unsigned i = 0; i < THREADS; i++) {
		p[i] = shared_alloc(64);
		CHECK(!pthread_create(&threads[i], NULL, run, p[i]));
	}
	for (unsigned i = 0; i < THREADS; i++) {
		CHECK(!pthread_join(threads[i], NULL));
		shared_free(p[i], 64);
	}
	test_end();
	return 0;
}
