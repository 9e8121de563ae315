/* SPDX-License-Identifier: MIT */
/* Chapter 5.11: event callbacks. */
#include "conformance/harness.h"
#include <pthread.h>
#include <string.h>

struct calls {
	pthread_mutex_t lock;
	int count;
	cl_int statuses[64];
	cl_event events[64];
	atomic_int total;
};

static void record_call(cl_event event, cl_int status, void *data)
{
	struct calls *calls = data;

	pthread_mutex_lock(&calls->lock);
	if (calls->count < 64) {
		calls->statuses[calls->count] = status;
		calls->events[calls->count++] = event;
	}
	pthread_mutex_unlock(&calls->lock);
	atomic_fetch_add(&calls->total, 1);
}

static cl_event gated_kernel(cl_event gate)
{
	static const size_t one = 1;
	cl_kernel kernel = conf_kernel("kernel void set(global int *p) { p[0] = 1; }", "set");
	cl_mem mem = conf_buffer(CL_MEM_READ_WRITE, 4, NULL);
	cl_event event = NULL;

	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &one, NULL, gate ? 1 : 0,
				  gate ? &gate : NULL, &event));
	return conf_keep_event(event);
}

static void callback_order(void)
{
	static struct calls calls = {.lock = PTHREAD_MUTEX_INITIALIZER};
	cl_event gate = conf_user_event(), event = gated_kernel(gate);

	OK(clSetEventCallback(event, CL_COMPLETE, record_call, &calls));
	OK(clSetEventCallback(event, CL_RUNNING, record_call, &calls));
	OK(clSetEventCallback(event, CL_SUBMITTED, record_call, &calls));
	OK(clFlush(conf_queue()));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &event));
	CHECK(conf_wait_word(&calls.total, 3, 10));
	/* The order of calls is not promised, but each status comes once and is the one asked for.
	 */
	int seen[3] = {0};

	for (int i = 0; i < calls.count; i++) {
		CHECK(calls.events[i] == event);
		if (calls.statuses[i] >= CL_COMPLETE && calls.statuses[i] <= CL_SUBMITTED)
			seen[calls.statuses[i]]++;
	}
	CHECK_EQ(1, seen[CL_COMPLETE]);
	CHECK_EQ(1, seen[CL_RUNNING]);
	CHECK_EQ(1, seen[CL_SUBMITTED]);
}

/* All of several callbacks for one status are called, each once. */
static void several_callbacks(void)
{
	static struct calls calls = {.lock = PTHREAD_MUTEX_INITIALIZER};
	cl_event gate = conf_user_event(), event = gated_kernel(gate);

	for (int i = 0; i < 50; i++)
		OK(clSetEventCallback(event, CL_COMPLETE, record_call, &calls));
	OK(clFlush(conf_queue()));
	CHECK_EQ(0, atomic_load(&calls.total));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	CHECK(conf_wait_word(&calls.total, 50, 10));
	conf_sleep(0.01);
	CHECK_EQ(50, atomic_load(&calls.total));
}

static void callback_on_complete_event(void)
{
	static struct calls calls = {.lock = PTHREAD_MUTEX_INITIALIZER};
	cl_event event = gated_kernel(NULL);

	OK(clWaitForEvents(1, &event));
	OK(clSetEventCallback(event, CL_COMPLETE, record_call, &calls));
	CHECK(conf_wait_word(&calls.total, 1, 10));
	OK(clSetEventCallback(event, CL_RUNNING, record_call, &calls));
	OK(clSetEventCallback(event, CL_SUBMITTED, record_call, &calls));
	CHECK(conf_wait_word(&calls.total, 3, 10));
}

static void callback_of_user_event(void)
{
	static struct calls calls = {.lock = PTHREAD_MUTEX_INITIALIZER};
	cl_event gate = conf_user_event();

	OK(clSetEventCallback(gate, CL_COMPLETE, record_call, &calls));
	conf_sleep(0.005);
	CHECK_EQ(0, atomic_load(&calls.total));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	CHECK(conf_wait_word(&calls.total, 1, 10));
	CHECK_EQ(CL_COMPLETE, calls.statuses[0]);
	CHECK(calls.events[0] == gate);
}

/* A failed command calls its CL_COMPLETE callbacks with the negative status. */
static void callback_on_failure(void)
{
	static struct calls calls = {.lock = PTHREAD_MUTEX_INITIALIZER};
	cl_event gate = conf_user_event(), event = gated_kernel(gate);

	OK(clSetEventCallback(gate, CL_COMPLETE, record_call, &calls));
	OK(clFlush(conf_queue()));
	OK(clSetUserEventStatus(gate, -42));
	REQUIRE(conf_wait_word(&calls.total, 1, 10));
	CHECK_EQ(-42, calls.statuses[0]);
	CHECK(conf_wait_event(event, 10));
	OK(clSetEventCallback(event, CL_COMPLETE, record_call, &calls));
	CHECK(conf_wait_word(&calls.total, 2, 10));
	CHECK(calls.statuses[1] < 0);
}

struct relay {
	cl_event gate;
	atomic_int result;
	atomic_int called;
};

static void set_gate(cl_event event, cl_int status, void *data)
{
	struct relay *relay = data;

	(void)event;
	(void)status;
	atomic_store(&relay->result, clSetUserEventStatus(relay->gate, CL_COMPLETE));
	atomic_store(&relay->called, 1);
}

/* A callback may set a user event that other commands wait for. */
static void callback_sets_user_event(void)
{
	static struct relay relay;
	cl_event first = conf_user_event(), event = gated_kernel(first), last = NULL;

	relay.gate = conf_user_event();
	OK(clSetEventCallback(event, CL_COMPLETE, set_gate, &relay));
	OK(clEnqueueMarkerWithWaitList(conf_queue(), 1, &relay.gate, &last));
	conf_keep_event(last);
	OK(clFlush(conf_queue()));
	OK(clSetUserEventStatus(first, CL_COMPLETE));
	OK(clWaitForEvents(1, &last));
	CHECK(conf_wait_word(&relay.called, 1, 10));
	CHECK_EQ(CL_SUCCESS, atomic_load(&relay.result));
}

struct enqueuer {
	cl_command_queue queue;
	cl_event made;
	atomic_int result;
	atomic_int called;
};

static void enqueue_more(cl_event event, cl_int status, void *data)
{
	struct enqueuer *enqueuer = data;
	cl_int error = clEnqueueMarkerWithWaitList(enqueuer->queue, 1, &event, &enqueuer->made);

	(void)status;
	if (!error)
		error = clFlush(enqueuer->queue);
	if (!error)
		error = clReleaseEvent(event);
	atomic_store(&enqueuer->result, error);
	atomic_store(&enqueuer->called, 1);
}

/* A callback may enqueue, flush and release: no lock of the runtime's is held around it. */
static void callback_enqueues(void)
{
	static struct enqueuer enqueuer;
	cl_event gate = conf_user_event(), event = gated_kernel(gate);

	enqueuer.queue = conf_queue_with(0);
	OK(clRetainEvent(event)); /* given up by the callback */
	OK(clSetEventCallback(event, CL_COMPLETE, enqueue_more, &enqueuer));
	OK(clFlush(conf_queue()));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	CHECK(conf_wait_word(&enqueuer.called, 1, 10));
	CHECK_EQ(CL_SUCCESS, atomic_load(&enqueuer.result));
	REQUIRE(enqueuer.made != NULL);
	OK(clWaitForEvents(1, &enqueuer.made));
	conf_keep_event(enqueuer.made);
}

/* A callback that has not returned does not keep other commands from finishing. */
static void slow_call(cl_event event, cl_int status, void *data)
{
	(void)event;
	(void)status;
	conf_sleep(0.2);
	atomic_store((atomic_int *)data, 1);
}

static void slow_callback(void)
{
	static atomic_int called;
	cl_event gate = conf_user_event(), event = gated_kernel(gate);

	OK(clSetEventCallback(event, CL_COMPLETE, slow_call, &called));
	OK(clFlush(conf_queue()));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clFinish(conf_queue_with(0)));
	OK(clFinish(conf_queue()));
	CHECK(conf_wait_word(&called, 1, 10));
}

/* The event lives until its callback has been called, although released by the program. */
static void callback_keeps_event(void)
{
	static struct calls calls = {.lock = PTHREAD_MUTEX_INITIALIZER};
	cl_event gate = conf_user_event(), event = NULL;

	OK(clEnqueueMarkerWithWaitList(conf_queue(), 1, &gate, &event));
	OK(clSetEventCallback(event, CL_COMPLETE, record_call, &calls));
	OK(clReleaseEvent(event));
	OK(clFlush(conf_queue()));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	CHECK(conf_wait_word(&calls.total, 1, 10));
	CHECK_EQ(CL_COMPLETE, calls.statuses[0]);
	OK(clFinish(conf_queue()));
}

static void callback_errors(void)
{
	cl_event gate = conf_user_event();

	CHECK_CL(CL_INVALID_VALUE, clSetEventCallback(gate, CL_COMPLETE, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clSetEventCallback(gate, CL_QUEUED, record_call, NULL));
	CHECK_CL(CL_INVALID_VALUE, clSetEventCallback(gate, -1, record_call, NULL));
	CHECK_CL(CL_INVALID_VALUE, clSetEventCallback(gate, 99, record_call, NULL));
	CHECK_CL(CL_INVALID_EVENT, clSetEventCallback(NULL, CL_COMPLETE, record_call, NULL));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
}

CONF_CASES(events_callback) = {
	CASE(callback_order),
	CASE(several_callbacks),
	CASE(callback_on_complete_event),
	CASE(callback_of_user_event),
	CASE(callback_on_failure),
	CASE(callback_sets_user_event),
	CASE(callback_enqueues),
	CASE(slow_callback),
	CASE(callback_keeps_event),
	CASE(callback_errors),
	CASE_END,
};
