/* SPDX-License-Identifier: MIT */
/* Chapter 5.9, 5.11: user events, failed dependencies, wait lists across queues. */
#include "conformance/harness.h"
#include <pthread.h>
#include <string.h>

static const char *const add_source = "kernel void add(global int *p, int v) { p[0] += v; }\n"
				      "kernel void times(global int *p, int v) { p[0] *= v; }\n";

static cl_event enqueue(cl_command_queue queue, cl_kernel kernel, cl_uint count,
			const cl_event *wait)
{
	const size_t one = 1;
	cl_event event = NULL;

	OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, count, wait, &event));
	return conf_keep_event(event);
}

static void user_event_status(void)
{
	cl_event event = conf_user_event();
	cl_command_type type = 0;
	cl_context context = NULL;

	CHECK_EQ(CL_SUBMITTED, conf_event_status(event));
	OK(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
	CHECK_EQ(CL_COMMAND_USER, type);
	OK(clGetEventInfo(event, CL_EVENT_CONTEXT, sizeof context, &context, NULL));
	CHECK(context == conf_context());
	CHECK_CL(CL_INVALID_VALUE, clSetUserEventStatus(event, CL_RUNNING));
	CHECK_CL(CL_INVALID_VALUE, clSetUserEventStatus(event, CL_SUBMITTED));
	CHECK_CL(CL_INVALID_VALUE, clSetUserEventStatus(event, CL_QUEUED));
	CHECK_CL(CL_INVALID_VALUE, clSetUserEventStatus(event, 17));
	OK(clSetUserEventStatus(event, CL_COMPLETE));
	CHECK_EQ(CL_COMPLETE, conf_event_status(event));
	CHECK_CL(CL_INVALID_OPERATION, clSetUserEventStatus(event, CL_COMPLETE));
	CHECK_CL(CL_INVALID_OPERATION, clSetUserEventStatus(event, -1));
	OK(clWaitForEvents(1, &event));
}

static void user_event_failure(void)
{
	cl_event event = conf_user_event();

	OK(clSetUserEventStatus(event, -12345));
	CHECK_EQ(-12345, conf_event_status(event));
	CHECK_CL(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, clWaitForEvents(1, &event));
	CHECK_CL(CL_INVALID_OPERATION, clSetUserEventStatus(event, CL_COMPLETE));
}

/* Only clSetUserEventStatus of a user event is allowed. */
static void status_of_command(void)
{
	cl_event event = NULL;

	OK(clEnqueueMarkerWithWaitList(conf_queue(), 0, NULL, &event));
	conf_keep_event(event);
	CHECK_CL(CL_INVALID_EVENT, clSetUserEventStatus(event, CL_COMPLETE));
	OK(clWaitForEvents(1, &event));
	CHECK_CL(CL_INVALID_EVENT, clSetUserEventStatus(event, -1));
	CHECK_EQ(CL_COMPLETE, conf_event_status(event));
}

static void user_event_gates_kernel(void)
{
	cl_kernel add = conf_kernel(add_source, "add");
	cl_int value = 5, one = 1;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);
	cl_event gate = conf_user_event();

	ARG(add, 0, mem);
	ARG(add, 1, one);
	cl_event done = enqueue(conf_queue(), add, 1, &gate);

	OK(clFlush(conf_queue()));
	conf_sleep(0.02);
	CHECK(conf_event_status(done) > CL_RUNNING);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &done));
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(6, value);
}

static void many_wait_for_one(void)
{
	enum { QUEUES = 8 };
	cl_kernel add = conf_kernel(add_source, "add");
	cl_int values[QUEUES] = {0}, one = 1;
	cl_mem mems[QUEUES];
	cl_event gate = conf_user_event(), done[QUEUES];

	ARG(add, 1, one);
	for (int i = 0; i < QUEUES; i++) {
		mems[i] = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof values[i], &values[i]);
		ARG(add, 0, mems[i]);
		cl_command_queue queue = conf_queue_with(0);

		done[i] = enqueue(queue, add, 1, &gate);
		OK(clFlush(queue));
	}
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(QUEUES, done));
	for (int i = 0; i < QUEUES; i++) {
		conf_read(mems[i], &values[i], sizeof values[i]);
		CHECK_EQ(1, values[i]);
	}
}

/* ((0 + 3) * 5 + 3) * 5 ... by turns on two queues, ordered by events alone. */
static void wait_lists_across_queues(void)
{
	cl_program program = conf_program(add_source, NULL);
	cl_kernel add = conf_kernel_of(program, "add"), times = conf_kernel_of(program, "times");
	cl_int value = 0, three = 3, five = 5;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);
	cl_command_queue queues[2] = {conf_queue_with(0), conf_queue_with(0)};
	cl_event last = conf_user_event(), gate = last;
	cl_int expected = 0;

	ARG(add, 0, mem);
	ARG(add, 1, three);
	ARG(times, 0, mem);
	ARG(times, 1, five);
	for (int i = 0; i < 8; i++) {
		last = enqueue(queues[i % 2], i % 2 ? times : add, 1, &last);
		expected = i % 2 ? expected * 5 : expected + 3;
	}
	OK(clFlush(queues[0]));
	OK(clFlush(queues[1]));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &last));
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(expected, value);
}

/* A command whose dependency failed does not run, has a negative status, and passes it on. */
static void failure_propagates(void)
{
	cl_kernel add = conf_kernel(add_source, "add");
	cl_int value = 5, one = 1;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);
	cl_command_queue queues[2] = {conf_queue_with(0), conf_queue_with(0)};
	cl_event gate = conf_user_event();

	ARG(add, 0, mem);
	ARG(add, 1, one);
	cl_event first = enqueue(queues[0], add, 1, &gate);
	cl_event second = enqueue(queues[1], add, 1, &first);
	cl_event third = NULL;

	OK(clEnqueueMarkerWithWaitList(queues[0], 1, &second, &third));
	conf_keep_event(third);
	OK(clFlush(queues[0]));
	OK(clFlush(queues[1]));
	OK(clSetUserEventStatus(gate, -7));
	CHECK(conf_wait_event(third, 10));
	CHECK(conf_event_status(first) < 0);
	CHECK(conf_event_status(second) < 0);
	CHECK(conf_event_status(third) < 0);
	CHECK_CL(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, clWaitForEvents(1, &first));
	CHECK_CL(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, clWaitForEvents(1, &third));
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(5, value);
}

/* A blocking call that waits for a failed event says so. */
static void failure_of_blocking_calls(void)
{
	cl_int value = 5, back = 77, error = CL_SUCCESS;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);
	cl_event gate = conf_user_event();

	OK(clSetUserEventStatus(gate, -3));
	CHECK_CL(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
		 clEnqueueReadBuffer(conf_queue(), mem, CL_TRUE, 0, sizeof back, &back, 1, &gate,
				     NULL));
	CHECK_EQ(77, back);
	CHECK_CL(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST,
		 clEnqueueWriteBuffer(conf_queue(), mem, CL_TRUE, 0, sizeof back, &back, 1, &gate,
				      NULL));
	void *mapped = clEnqueueMapBuffer(conf_queue(), mem, CL_TRUE, CL_MAP_READ, 0, sizeof value,
					  1, &gate, NULL, &error);

	CHECK_EQ(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, error);
	CHECK(mapped == NULL);
}

/* The queue works on after a failed command. */
static void queue_survives_failure(void)
{
	cl_kernel add = conf_kernel(add_source, "add");
	cl_int value = 5, one = 1;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);
	cl_event gate = conf_user_event();
	cl_command_queue queue = conf_queue_with(0);

	ARG(add, 0, mem);
	ARG(add, 1, one);
	cl_event failed = enqueue(queue, add, 1, &gate);

	OK(clFlush(queue));
	OK(clSetUserEventStatus(gate, -1));
	CHECK(conf_wait_event(failed, 10));
	/* Both outcomes are found in the field for commands already behind it; a new queue on the
	 * same context must work in any case. */
	clFinish(queue);
	cl_event fine = enqueue(conf_queue(), add, 0, NULL);

	OK(clWaitForEvents(1, &fine));
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(6, value);
}

struct waiter {
	cl_event event;
	atomic_int *released;
	cl_int result;
};

static void *wait_for_it(void *data)
{
	struct waiter *waiter = data;

	waiter->result = clWaitForEvents(1, &waiter->event);
	atomic_fetch_add(waiter->released, 1);
	return NULL;
}

static void threads_wait_for_user_event(void)
{
	enum { THREADS = 16 };
	pthread_t threads[THREADS];
	struct waiter waiters[THREADS];
	atomic_int released = 0;
	cl_event gate = conf_user_event();

	for (int i = 0; i < THREADS; i++) {
		waiters[i] = (struct waiter){gate, &released, -1};
		REQUIRE(!pthread_create(&threads[i], NULL, wait_for_it, &waiters[i]));
	}
	conf_sleep(0.02);
	CHECK_EQ(0, atomic_load(&released));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK_EQ(CL_SUCCESS, waiters[i].result);
	}
	CHECK_EQ(THREADS, atomic_load(&released));
}

static void long_wait_list(void)
{
	enum { COUNT = 10000 };
	static cl_event events[COUNT];
	cl_event last = NULL;

	for (int i = 0; i < COUNT; i++)
		events[i] = conf_user_event();
	OK(clEnqueueMarkerWithWaitList(conf_queue(), COUNT, events, &last));
	conf_keep_event(last);
	OK(clFlush(conf_queue()));
	for (int i = COUNT - 1; i > 0; i--)
		OK(clSetUserEventStatus(events[i], CL_COMPLETE));
	CHECK(conf_event_status(last) > CL_COMPLETE);
	OK(clSetUserEventStatus(events[0], CL_COMPLETE));
	OK(clWaitForEvents(1, &last));
	CHECK_EQ(CL_COMPLETE, conf_event_status(last));
	/* All are complete: waiting for all at once returns. */
	OK(clWaitForEvents(COUNT, events));
}

/* The same event several times in one list counts once. */
static void repeated_in_wait_list(void)
{
	cl_event gate = conf_user_event(), list[4] = {gate, gate, gate, gate}, done = NULL;

	OK(clEnqueueMarkerWithWaitList(conf_queue(), 4, list, &done));
	conf_keep_event(done);
	OK(clFlush(conf_queue()));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &done));
	CHECK_EQ(CL_COMPLETE, conf_event_status(done));
}

CONF_CASES(events_user) = {
	CASE(user_event_status),
	CASE(user_event_failure),
	CASE(status_of_command),
	CASE(user_event_gates_kernel),
	CASE(many_wait_for_one),
	CASE(wait_lists_across_queues),
	CASE(failure_propagates),
	CASE(failure_of_blocking_calls),
	CASE(queue_survives_failure),
	CASE(threads_wait_for_user_event),
	CASE(long_wait_list),
	CASE(repeated_in_wait_list),
	CASE_END,
};
