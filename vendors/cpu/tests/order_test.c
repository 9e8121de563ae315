/* SPDX-License-Identifier: MIT */
/* The order that queues, wait lists, markers and barriers promise, and errors along it. */
#include "harness.h"

static _Atomic unsigned clock_hand;

struct step {
	unsigned at; /* when it ran, from 1 */
	cl_int result;
};

static cl_int take_step(void *data)
{
	struct step *s = data;
	s->at = atomic_fetch_add(&clock_hand, 1) + 1;
	return s->result;
}

static void test_in_order(struct tern_queue *queue)
{
	enum { N = 1000 };
	static struct step steps[N];
	for (unsigned i = 0; i < N; i++)
		CHECK(!enqueue_call(queue, take_step, &steps[i], 0, NULL, NULL));
	CHECK(!tern_queue_finish(queue));
	for (unsigned i = 0; i < N; i++)
		CHECK(steps[i].at && (!i || steps[i].at > steps[i - 1].at));
}

/* Two queues, each command waits for the other queue's last one. */
static void test_across(struct tern_queue *a, struct tern_queue *b)
{
	enum { N = 1000 };
	static struct step steps[N];
	cl_event last = NULL;
	for (unsigned i = 0; i < N; i++) {
		cl_event event;
		CHECK(!enqueue_call(i & 1 ? a : b, take_step, &steps[i], last ? 1 : 0,
				    last ? &last : NULL, &event));
		if (last)
			event_release(last);
		last = event;
	}
	CHECK(!event_wait(last));
	CHECK(tern_event_status(tern_event_from(last)) == CL_COMPLETE);
	event_release(last);
	for (unsigned i = 0; i < N; i++)
		CHECK(steps[i].at && (!i || steps[i].at > steps[i - 1].at));
	CHECK(!tern_queue_finish(a) && !tern_queue_finish(b));
}

static struct tern_command *marker_new(struct tern_queue *queue)
{
	struct tern_command *marker = tern_command_create(queue, CL_COMMAND_MARKER, 0);
	CHECK(marker);
	return marker;
}

/* Out of order: a barrier separates, a marker waits for all before it. */
static void test_barrier(struct tern_queue *queue)
{
	enum { N = 50 };
	static struct step before[N], after[N];
	memset(before, 0, sizeof(before));
	memset(after, 0, sizeof(after));
	struct tern_event *gate = tern_event_create_user(test_context);
	cl_event gate_handle = tern_event_handle(gate), marker;
	CHECK(gate);
	for (unsigned i = 0; i < N; i++)
		CHECK(!enqueue_call(queue, take_step, &before[i], i % 2,
				    i % 2 ? &gate_handle : NULL, NULL));
	CHECK(!tern_command_enqueue_marker(marker_new(queue), false, 0, NULL, &marker));
	CHECK(!tern_command_enqueue_marker(marker_new(queue), true, 0, NULL, NULL));
	for (unsigned i = 0; i < N; i++)
		CHECK(!enqueue_call(queue, take_step, &after[i], 0, NULL, NULL));
	CHECK(!tern_queue_flush(queue));
	CHECK(tern_event_status(tern_event_from(marker)) > CL_COMPLETE);
	CHECK(!tern_event_set_user_status(gate, CL_COMPLETE));
	CHECK(tern_event_set_user_status(gate, CL_COMPLETE) == CL_INVALID_OPERATION);
	CHECK(!tern_queue_finish(queue));
	CHECK(tern_event_status(tern_event_from(marker)) == CL_COMPLETE);
	unsigned last = 0;
	for (unsigned i = 0; i < N; i++)
		last = tern_max(last, before[i].at);
	for (unsigned i = 0; i < N; i++)
		CHECK(before[i].at && after[i].at > last);
	event_release(marker);
	tern_object_release(&gate->obj);
}

/* A barrier with a wait list holds later commands back, though not for its error. */
static void test_barrier_list(struct tern_queue *queue)
{
	struct step step = {0};
	struct tern_event *gate = tern_event_create_user(test_context);
	cl_event gate_handle = tern_event_handle(gate), barrier;
	CHECK(!tern_command_enqueue_marker(marker_new(queue), true, 1, &gate_handle, &barrier));
	CHECK(!enqueue_call(queue, take_step, &step, 0, NULL, NULL));
	CHECK(!tern_queue_flush(queue));
	CHECK(!tern_event_set_user_status(gate, -5));
	CHECK(event_wait(barrier) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	CHECK(!tern_queue_finish(queue));
	CHECK(step.at);
	event_release(barrier);
	tern_object_release(&gate->obj);
}

/* An error ends what waits for it by events, not what comes after it in the queue. */
static void test_failure(struct tern_queue *queue)
{
	struct step bad = {.result = CL_OUT_OF_RESOURCES}, waits = {0}, later = {0}, next = {0};
	cl_event first, second, third;
	CHECK(!enqueue_call(queue, take_step, &bad, 0, NULL, &first));
	CHECK(!enqueue_call(queue, take_step, &waits, 1, &first, &second));
	CHECK(!enqueue_call(queue, take_step, &later, 1, &second, &third));
	CHECK(!enqueue_call(queue, take_step, &next, 0, NULL, NULL));
	CHECK(!tern_queue_finish(queue));
	CHECK(bad.at && !waits.at && !later.at && next.at);
	CHECK(tern_event_status(tern_event_from(first)) == CL_OUT_OF_RESOURCES);
	cl_int error = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
	CHECK(tern_event_status(tern_event_from(second)) == error);
	CHECK(tern_event_status(tern_event_from(third)) == error);
	/* Known to have failed at the enqueue already; blocking. */
	struct tern_command *c = tern_command_create(queue, CL_COMMAND_COPY_BUFFER, 0);
	CHECK(tern_command_enqueue(c, 1, &third, NULL, true) == error);
	event_release(first);
	event_release(second);
	event_release(third);
}

static void test_arguments(struct tern_queue *queue)
{
	cl_event none = NULL;
	struct step step = {0};
	CHECK(enqueue_call(queue, take_step, &step, 1, NULL, NULL) == CL_INVALID_EVENT_WAIT_LIST);
	CHECK(enqueue_call(queue, take_step, &step, 0, &none, NULL) == CL_INVALID_EVENT_WAIT_LIST);
	CHECK(enqueue_call(queue, take_step, &step, 1, &none, NULL) == CL_INVALID_EVENT_WAIT_LIST);
	struct tern_context *other = tern_context_create(&test_device, 1, NULL, NULL, NULL);
	struct tern_event *event = tern_event_create_user(other);
	cl_event handle = tern_event_handle(event);
	CHECK(enqueue_call(queue, take_step, &step, 1, &handle, NULL) == CL_INVALID_CONTEXT);
	tern_object_release(&event->obj);
	tern_object_release(&other->obj);
	CHECK(!tern_queue_finish(queue) && !step.at);
}

/* Times are in order, and there only when asked for. */
static void test_profile(void)
{
	struct tern_queue *queue = queue_new(CL_QUEUE_PROFILING_ENABLE);
	struct step step = {0};
	cl_event handle;
	CHECK(!enqueue_call(queue, take_step, &step, 0, NULL, &handle));
	CHECK(!event_wait(handle));
	const struct tern_event *e = tern_event_from(handle);
	CHECK(e->time_queued && e->time_submitted >= e->time_queued &&
	      e->time_started >= e->time_submitted && e->time_ended >= e->time_started);
	event_release(handle);
	queue_release(queue);
}

/* More events in a wait list than a command has room for itself. */
static void test_many_events(struct tern_queue *queue)
{
	enum { N = 100 };
	static struct step steps[N];
	cl_event events[N];
	struct step last = {0};
	memset(steps, 0, sizeof(steps));
	for (unsigned i = 0; i < N; i++)
		CHECK(!enqueue_call(queue, take_step, &steps[i], 0, NULL, &events[i]));
	CHECK(!enqueue_call(queue, take_step, &last, N, events, NULL));
	for (unsigned i = 0; i < N; i++)
		event_release(events[i]);
	CHECK(!tern_queue_finish(queue));
	for (unsigned i = 0; i < N; i++)
		CHECK(steps[i].at && steps[i].at < last.at);
}

int main(void)
{
	test_start();
	struct tern_queue *a = queue_new(0), *b = queue_new(0);
	struct tern_queue *o = queue_new(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	test_in_order(a);
	test_across(a, b);
	test_across(a, o);
	test_across(o, o);
	for (unsigned i = 0; i < 100; i++) {
		test_barrier(o);
		test_barrier_list(o);
		test_failure(a);
		test_failure(o);
		test_many_events(a);
		test_many_events(o);
	}
	test_barrier(a);
	test_barrier_list(a);
	test_arguments(a);
	test_arguments(o);
	test_profile();
	queue_release(a);
	queue_release(b);
	queue_release(o);
	test_end();
	return 0;
}
