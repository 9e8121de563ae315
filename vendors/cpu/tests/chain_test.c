/* SPDX-License-Identifier: MIT */
/* A million events: in a chain, or all behind one; released at once, before or after their end. */
#include <sys/resource.h>

#include "harness.h"

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { EVENTS = 50000 };
#else
enum { EVENTS = 1000000 };
#endif

static _Atomic unsigned ran;
static cl_event events[EVENTS];

static cl_int count(void *unused)
{
	(void)unused;
	atomic_fetch_add(&ran, 1);
	return CL_SUCCESS;
}

enum shape { CHAIN, FAN };

static void run(struct tern_queue *queue, enum shape shape, bool release_early, cl_int status)
{
	struct tern_event *gate = tern_event_create_user(test_context);
	CHECK(gate);
	cl_event first = tern_event_handle(gate);
	atomic_store(&ran, 0);
	for (unsigned i = 0; i < EVENTS; i++)
		CHECK(!enqueue_call(queue, count, NULL, 1,
				    shape == FAN || !i ? &first : &events[i - 1], &events[i]));
	tern_event_get(tern_event_from(events[EVENTS - 1]));
	struct tern_event *last = tern_event_from(events[EVENTS - 1]);
	for (unsigned i = 0; release_early && i < EVENTS; i++)
		event_release(events[i]);
	CHECK(!tern_event_set_user_status(gate, status));
	CHECK(!tern_queue_finish(queue));
	CHECK(ran == (status < 0 ? 0 : EVENTS));
	CHECK((tern_event_status(last) < 0) == (status < 0));
	for (unsigned i = 0; !release_early && i < EVENTS; i++)
		event_release(events[i]);
	tern_event_put(last);
	tern_object_release(&gate->obj);
}

/* A gate that is released without ever being set fails what waits for it. */
static void test_abandoned(struct tern_queue *queue)
{
	struct tern_event *gate = tern_event_create_user(test_context);
	cl_event first = tern_event_handle(gate), event;
	CHECK(!enqueue_call(queue, count, NULL, 1, &first, &event));
	tern_object_release(&gate->obj);
	CHECK(event_wait(event) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	event_release(event);
}

int main(void)
{
	/* Recursion over a million events would need more. */
	struct rlimit limit = {1 << 20, 1 << 20};
	setrlimit(RLIMIT_STACK, &limit);
	test_start();
	struct tern_queue *in = queue_new(0);
	struct tern_queue *out = queue_new(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	for (unsigned i = 0; i < 8; i++)
		run(i & 4 ? in : out, i & 1 ? CHAIN : FAN, i & 2,
		    i == 1 || i == 6 ? -1 : CL_COMPLETE);
	test_abandoned(in);
	test_abandoned(out);
	queue_release(in);
	queue_release(out);
	test_end();
	return 0;
}
