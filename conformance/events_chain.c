/* SPDX-License-Identifier: MIT */
/* Chapter 5.9: long chains of events, profiling, and the types of commands. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

/* A chain of @length markers behind one user event, keeping only the last event. Returns the
 * seconds from opening the gate to the end of everything. */
static double run_chain(cl_command_queue queue, int length)
{
	cl_int error;
	cl_event gate = clCreateUserEvent(conf_context(), &error);

	OK(error);
	cl_event last = gate;

	for (int i = 0; i < length; i++) {
		cl_event next = NULL;

		error = clEnqueueMarkerWithWaitList(queue, 1, &last, &next);
		if (error)
			OK(error);
		if (last != gate)
			clReleaseEvent(last);
		last = next;
	}
	OK(clFlush(queue));
	CHECK(conf_event_status(last) > CL_COMPLETE);
	double start = conf_now();

	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &last));
	OK(clReleaseEvent(last));
	OK(clReleaseEvent(gate));
	OK(clFinish(queue));
	return conf_now() - start;
}

/* The thread sanitizer makes each step some fifty times as slow. */
#ifdef __SANITIZE_THREAD__
#define MILLION 100000
#else
#define MILLION 1000000
#endif

static void chain_million(void)
{
	double seconds = run_chain(conf_queue_with(0), MILLION);

	conf_note("%.2f s for %d\n", seconds, MILLION);
	CHECK(seconds < 30);
}

static void chain_million_out_of_order(void)
{
	double seconds =
		run_chain(conf_queue_with(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE), MILLION);

	conf_note("%.2f s for %d\n", seconds, MILLION);
	CHECK(seconds < 30);
}

/* Ten times the events may take more than ten times as long, but not a hundred times. */
static void chain_time_is_linear(void)
{
	cl_command_queue queue = conf_queue_with(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);

	run_chain(queue, 20000);
	double small = run_chain(queue, 20000) + 0.002, large = run_chain(queue, 200000);

	/* Other programs only ever add to it. */
	for (int i = 0; i < 4 && large >= 40 * small; i++) {
		double again = run_chain(queue, 200000);

		large = again < large ? again : large;
	}
	conf_note("%.4f s for 20,000, %.4f s for 200,000\n", small, large);
	CHECK(large < 40 * small);
}

/* All events of the chain are kept, and released from the newest to the oldest, then the other way
 * round: neither order may recurse. */
static void chain_released_late(void)
{
	enum { LENGTH_OF_CHAIN = 100000 };
	cl_event *events = calloc(LENGTH_OF_CHAIN, sizeof *events);
	cl_command_queue queue = conf_queue_with(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);

	REQUIRE(events != NULL);
	for (int turn = 0; turn < 2; turn++) {
		for (int i = 0; i < LENGTH_OF_CHAIN; i++)
			OK(clEnqueueMarkerWithWaitList(queue, i ? 1 : 0, i ? &events[i - 1] : NULL,
						       &events[i]));
		OK(clFinish(queue));
		for (int i = 0; i < LENGTH_OF_CHAIN; i++)
			if (clReleaseEvent(events[turn ? i : LENGTH_OF_CHAIN - 1 - i]))
				CHECKF(false, "clReleaseEvent of event %d", i);
	}
	CHECK_EQ(CL_SUCCESS, clFinish(queue));
	free(events);
}

/* The failure of the first passes through the whole chain. */
static void chain_fails(void)
{
	enum { LENGTH_OF_CHAIN = 10000 };
	cl_command_queue queue = conf_queue_with(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	cl_event gate = conf_user_event(), last = gate;

	for (int i = 0; i < LENGTH_OF_CHAIN; i++) {
		cl_event next = NULL;

		OK(clEnqueueMarkerWithWaitList(queue, 1, &last, &next));
		if (last != gate)
			OK(clReleaseEvent(last));
		last = next;
	}
	conf_keep_event(last);
	OK(clFlush(queue));
	OK(clSetUserEventStatus(gate, -9));
	CHECK(conf_wait_event(last, 20));
	CHECK(conf_event_status(last) < 0);
}

/* A user event with many dependents: releasing them is one pass. */
static void fan_out(void)
{
	enum { COUNT = 100000 };
	cl_command_queue queue = conf_queue_with(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	cl_event gate = conf_user_event();

	for (int i = 0; i < COUNT; i++)
		if (clEnqueueMarkerWithWaitList(queue, 1, &gate, NULL))
			CHECKF(false, "marker %d", i);
	OK(clFlush(queue));
	double start = conf_now();

	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clFinish(queue));
	double seconds = conf_now() - start;

	conf_note("%.3f s for %d dependents\n", seconds, COUNT);
	CHECK(seconds < 10);
}

static void profile_of(cl_event event, cl_ulong times[5])
{
	static const cl_profiling_info names[5] = {
		CL_PROFILING_COMMAND_QUEUED, CL_PROFILING_COMMAND_SUBMIT,
		CL_PROFILING_COMMAND_START, CL_PROFILING_COMMAND_END,
		CL_PROFILING_COMMAND_COMPLETE};

	for (int i = 0; i < 5; i++)
		OK(clGetEventProfilingInfo(event, names[i], sizeof times[i], &times[i], NULL));
}

static void profiling_order(void)
{
	static const size_t range = 1000;
	cl_command_queue queue = conf_queue_with(CL_QUEUE_PROFILING_ENABLE);
	cl_kernel kernel =
		conf_kernel("kernel void work(global float *p) {\n"
			    "  size_t i = get_global_id(0);\n"
			    "  for (int k = 0; k < 1000; k++) p[i] = p[i] * 0.5f + k; }\n",
			    "work");
	cl_mem mem = conf_buffer(CL_MEM_READ_WRITE, range * sizeof(float), NULL);
	cl_ulong previous_end = 0;

	ARG(kernel, 0, mem);
	for (int i = 0; i < 10; i++) {
		cl_event event = NULL;
		cl_ulong times[5] = {0};

		OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &range, NULL, 0, NULL, &event));
		conf_keep_event(event);
		OK(clWaitForEvents(1, &event));
		profile_of(event, times);
		for (int k = 0; k < 4; k++)
			CHECKF(times[k] <= times[k + 1], "time %d is %llu, time %d is %llu", k,
			       (unsigned long long)times[k], k + 1,
			       (unsigned long long)times[k + 1]);
		CHECK(times[2] < times[3]);
		/* In order: starts after the one before it ended. */
		CHECK(times[2] >= previous_end);
		previous_end = times[3];
	}
}

/* The span between QUEUED and END of a gated command covers the time it waited. */
static void profiling_units(void)
{
	cl_command_queue queue = conf_queue_with(CL_QUEUE_PROFILING_ENABLE);
	cl_event gate = conf_user_event(), event = NULL;
	cl_ulong times[5] = {0};
	double start = conf_now();

	OK(clEnqueueMarkerWithWaitList(queue, 1, &gate, &event));
	conf_keep_event(event);
	OK(clFlush(queue));
	conf_sleep(0.05);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &event));
	double span = conf_now() - start;

	profile_of(event, times);
	double measured = 1e-9 * (double)(times[3] - times[0]);

	CHECKF(measured >= 0.045 && measured <= span + 0.005, "%.4f s of %.4f s", measured, span);
}

static void profiling_not_available(void)
{
	cl_event gate = conf_user_event(), plain = NULL, pending = NULL;
	cl_ulong time = 0;
	cl_command_queue queue = conf_queue_with(CL_QUEUE_PROFILING_ENABLE);

	CHECK_CL(CL_PROFILING_INFO_NOT_AVAILABLE,
		 clGetEventProfilingInfo(gate, CL_PROFILING_COMMAND_QUEUED, sizeof time, &time,
					 NULL));
	OK(clEnqueueMarkerWithWaitList(conf_queue(), 0, NULL, &plain));
	conf_keep_event(plain);
	OK(clWaitForEvents(1, &plain));
	CHECK_CL(
		CL_PROFILING_INFO_NOT_AVAILABLE,
		clGetEventProfilingInfo(plain, CL_PROFILING_COMMAND_END, sizeof time, &time, NULL));
	OK(clEnqueueMarkerWithWaitList(queue, 1, &gate, &pending));
	conf_keep_event(pending);
	CHECK_CL(CL_PROFILING_INFO_NOT_AVAILABLE,
		 clGetEventProfilingInfo(pending, CL_PROFILING_COMMAND_END, sizeof time, &time,
					 NULL));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &pending));
	OK(clGetEventProfilingInfo(pending, CL_PROFILING_COMMAND_END, sizeof time, &time, NULL));
	CHECK_CL(CL_INVALID_VALUE, clGetEventProfilingInfo(pending, 0x1, sizeof time, &time, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clGetEventProfilingInfo(pending, CL_PROFILING_COMMAND_END, 1, &time, NULL));
}

static void check_type(cl_event *event, cl_command_type expected)
{
	cl_command_type type = 0;

	OK(clGetEventInfo(*event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
	CHECKF(type == expected, "command type 0x%x, expected 0x%x", type, expected);
	OK(clReleaseEvent(*event));
	*event = NULL;
}

static void buffer_command_types(void)
{
	const size_t zero[3] = {0}, region[3] = {4, 1, 1};
	cl_mem a = conf_buffer(CL_MEM_READ_WRITE, 64, NULL), b = conf_buffer(0, 64, NULL);
	cl_command_queue queue = conf_queue();
	char bytes[64] = {0};
	cl_event event = NULL;
	cl_int error;

	OK(clEnqueueReadBuffer(queue, a, CL_TRUE, 0, 4, bytes, 0, NULL, &event));
	check_type(&event, CL_COMMAND_READ_BUFFER);
	OK(clEnqueueWriteBuffer(queue, a, CL_TRUE, 0, 4, bytes, 0, NULL, &event));
	check_type(&event, CL_COMMAND_WRITE_BUFFER);
	OK(clEnqueueCopyBuffer(queue, a, b, 0, 0, 4, 0, NULL, &event));
	check_type(&event, CL_COMMAND_COPY_BUFFER);
	OK(clEnqueueFillBuffer(queue, a, bytes, 4, 0, 64, 0, NULL, &event));
	check_type(&event, CL_COMMAND_FILL_BUFFER);
	OK(clEnqueueReadBufferRect(queue, a, CL_TRUE, zero, zero, region, 0, 0, 0, 0, bytes, 0,
				   NULL, &event));
	check_type(&event, CL_COMMAND_READ_BUFFER_RECT);
	OK(clEnqueueWriteBufferRect(queue, a, CL_TRUE, zero, zero, region, 0, 0, 0, 0, bytes, 0,
				    NULL, &event));
	check_type(&event, CL_COMMAND_WRITE_BUFFER_RECT);
	OK(clEnqueueCopyBufferRect(queue, a, b, zero, zero, region, 0, 0, 0, 0, 0, NULL, &event));
	check_type(&event, CL_COMMAND_COPY_BUFFER_RECT);
	OK(clEnqueueMigrateMemObjects(queue, 1, &a, 0, 0, NULL, &event));
	check_type(&event, CL_COMMAND_MIGRATE_MEM_OBJECTS);
	void *mapped =
		clEnqueueMapBuffer(queue, a, CL_TRUE, CL_MAP_READ, 0, 64, 0, NULL, &event, &error);

	OK(error);
	check_type(&event, CL_COMMAND_MAP_BUFFER);
	OK(clEnqueueUnmapMemObject(queue, a, mapped, 0, NULL, &event));
	check_type(&event, CL_COMMAND_UNMAP_MEM_OBJECT);
	OK(clFinish(queue));
}

static void other_command_types(void)
{
	const size_t one = 1;
	cl_command_queue queue = conf_queue();
	cl_kernel kernel = conf_kernel("kernel void nothing(void) {}", "nothing");
	cl_event event = NULL;

	OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, 0, NULL, &event));
	check_type(&event, CL_COMMAND_NDRANGE_KERNEL);
	OK(clEnqueueTask(queue, kernel, 0, NULL, &event));
	check_type(&event, CL_COMMAND_TASK);
	OK(clEnqueueMarkerWithWaitList(queue, 0, NULL, &event));
	check_type(&event, CL_COMMAND_MARKER);
	OK(clEnqueueBarrierWithWaitList(queue, 0, NULL, &event));
	check_type(&event, CL_COMMAND_BARRIER);
	OK(clEnqueueMarker(queue, &event));
	check_type(&event, CL_COMMAND_MARKER);
	OK(clEnqueueBarrier(queue));
	OK(clFinish(queue));
}

static void event_belongs_to_queue(void)
{
	cl_event event = NULL;
	cl_command_queue queue = NULL;
	cl_context context = NULL;

	OK(clEnqueueMarkerWithWaitList(conf_queue(), 0, NULL, &event));
	conf_keep_event(event);
	OK(clGetEventInfo(event, CL_EVENT_COMMAND_QUEUE, sizeof queue, &queue, NULL));
	CHECK(queue == conf_queue());
	OK(clGetEventInfo(event, CL_EVENT_CONTEXT, sizeof context, &context, NULL));
	CHECK(context == conf_context());
	OK(clFinish(conf_queue()));
	CHECK_EQ(CL_COMPLETE, conf_event_status(event));
}

CONF_CASES(events_chain) = {
	CASE(chain_million),
	CASE(chain_million_out_of_order),
	CASE(chain_time_is_linear),
	CASE(chain_released_late),
	CASE(chain_fails),
	CASE(fan_out),
	CASE(profiling_order),
	CASE(profiling_units),
	CASE(profiling_not_available),
	CASE(buffer_command_types),
	CASE(other_command_types),
	CASE(event_belongs_to_queue),
	CASE_END,
};
