/* SPDX-License-Identifier: MIT */
/* Sections 5.10 to 5.14: user events, waits, queries, callbacks, profiling and native kernels. */
#include "icd/tests/fixture.h"
#include "runtime/base/futex.h"

static void user_events(void)
{
	cl_int error = 1;
	EXPECT(!tern_clCreateUserEvent(NULL, &error) && error == CL_INVALID_CONTEXT);
	cl_event e = make_user_event(), failed = make_user_event();
	EXPECT(event_status(e) == CL_SUBMITTED && event_type(e) == CL_COMMAND_USER);
	EXPECT(tern_clSetUserEventStatus(NULL, CL_COMPLETE) == CL_INVALID_EVENT);
	EXPECT(tern_clSetUserEventStatus(e, CL_RUNNING) == CL_INVALID_VALUE);
	EXPECT(tern_clSetUserEventStatus(e, CL_SUBMITTED) == CL_INVALID_VALUE);
	EXPECT(!tern_clSetUserEventStatus(e, CL_COMPLETE));
	EXPECT(tern_clSetUserEventStatus(e, CL_COMPLETE) == CL_INVALID_OPERATION);
	EXPECT(!tern_clSetUserEventStatus(failed, -77) && event_status(failed) == -77);
	EXPECT(!tern_clWaitForEvents(1, &e));
	cl_event both[] = {e, failed};
	EXPECT(tern_clWaitForEvents(2, both) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);

	/* What waits for the failed one fails too, and is no user event. */
	cl_event marker = NULL;
	EXPECT(!tern_clEnqueueMarkerWithWaitList(queue, 1, &failed, &marker));
	EXPECT(tern_clWaitForEvents(1, &marker) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	EXPECT(event_status(marker) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	EXPECT(tern_clSetUserEventStatus(marker, CL_COMPLETE) == CL_INVALID_EVENT);
	EXPECT(!tern_clReleaseEvent(marker));
	EXPECT(!tern_clReleaseEvent(e) && !tern_clReleaseEvent(failed));
}

static void wait_errors(void)
{
	enum { MANY = 40 };
	cl_event e = make_user_event(), null[] = {e, NULL}, many[MANY];
	EXPECT(tern_clWaitForEvents(0, &e) == CL_INVALID_VALUE);
	EXPECT(tern_clWaitForEvents(1, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clWaitForEvents(2, null) == CL_INVALID_EVENT);
	cl_event other = tern_clCreateUserEvent(other_context, NULL);
	cl_event mixed[] = {e, other};
	REQUIRE(other);
	EXPECT(tern_clWaitForEvents(2, mixed) == CL_INVALID_CONTEXT);
	EXPECT(!tern_clSetUserEventStatus(e, CL_COMPLETE));
	for (int i = 0; i < MANY; i++)
		many[i] = e;
	EXPECT(!tern_clWaitForEvents(MANY, many));
	tern_fault_arm(1, false);
	EXPECT(tern_clWaitForEvents(MANY, many) == CL_OUT_OF_HOST_MEMORY);
	tern_fault_arm(0, false);
	EXPECT(!tern_clReleaseEvent(e) && !tern_clReleaseEvent(other));
}

static void queries(void)
{
	cl_event user = make_user_event(), marker = NULL;
	cl_command_queue q = queue;
	cl_context c = NULL;
	cl_uint n = 0;
	EXPECT(!tern_clEnqueueMarker(queue, &marker));
	EXPECT(!tern_clGetEventInfo(user, CL_EVENT_COMMAND_QUEUE, sizeof(cl_command_queue), &q,
				    NULL) &&
	       !q);
	EXPECT(!tern_clGetEventInfo(marker, CL_EVENT_COMMAND_QUEUE, sizeof(cl_command_queue), &q,
				    NULL) &&
	       q == queue);
	EXPECT(!tern_clGetEventInfo(user, CL_EVENT_CONTEXT, sizeof(cl_context), &c, NULL) &&
	       c == context);
	EXPECT(!tern_clRetainEvent(user));
	EXPECT(!tern_clGetEventInfo(user, CL_EVENT_REFERENCE_COUNT, sizeof(n), &n, NULL) && n == 2);
	EXPECT(!tern_clReleaseEvent(user));
	EXPECT(tern_clGetEventInfo(user, 0, 0, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetEventInfo(user, CL_EVENT_CONTEXT, 4, &c, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetEventInfo(NULL, CL_EVENT_CONTEXT, 8, &c, NULL) == CL_INVALID_EVENT);
	EXPECT(tern_clRetainEvent(NULL) == CL_INVALID_EVENT);
	EXPECT(tern_clReleaseEvent(NULL) == CL_INVALID_EVENT);
	EXPECT(!tern_clReleaseEvent(user) && !tern_clReleaseEvent(marker));
}

static void profiling(void)
{
	static const cl_profiling_info order[] = {
		CL_PROFILING_COMMAND_QUEUED, CL_PROFILING_COMMAND_SUBMIT,
		CL_PROFILING_COMMAND_START, CL_PROFILING_COMMAND_END,
		CL_PROFILING_COMMAND_COMPLETE};
	cl_command_queue q =
		tern_clCreateCommandQueue(context, device, CL_QUEUE_PROFILING_ENABLE, NULL);
	cl_event gate = make_user_event(), marker, plain;
	cl_ulong time, before = 0, host = 0;
	REQUIRE(q);
	EXPECT(!tern_clGetHostTimer(device, &before));
	EXPECT(!tern_clEnqueueMarkerWithWaitList(q, 1, &gate, &marker));
	EXPECT(!tern_clEnqueueMarker(queue, &plain) && !tern_clFinish(queue));
	EXPECT(tern_clGetEventProfilingInfo(marker, order[0], 8, &time, NULL) ==
	       CL_PROFILING_INFO_NOT_AVAILABLE);
	EXPECT(tern_clGetEventProfilingInfo(plain, order[0], 8, &time, NULL) ==
	       CL_PROFILING_INFO_NOT_AVAILABLE);
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE) && !tern_clFinish(q));
	EXPECT(tern_clGetEventProfilingInfo(gate, order[0], 8, &time, NULL) ==
	       CL_PROFILING_INFO_NOT_AVAILABLE);
	for (size_t i = 0; i < tern_array_size(order); i++) {
		EXPECT(!tern_clGetEventProfilingInfo(marker, order[i], 8, &time, NULL));
		EXPECT(time >= before); /* the host timer's clock, and in order */
		before = time;
	}
	EXPECT(!tern_clGetHostTimer(device, &host) && before <= host);
	EXPECT(tern_clGetEventProfilingInfo(marker, order[0], 4, &time, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetEventProfilingInfo(marker, 0, 8, &time, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetEventProfilingInfo(NULL, order[0], 8, &time, NULL) == CL_INVALID_EVENT);
	EXPECT(!tern_clReleaseEvent(gate) && !tern_clReleaseEvent(marker));
	EXPECT(!tern_clReleaseEvent(plain) && !tern_clReleaseCommandQueue(q));
}

static _Atomic int calls;
static _Atomic cl_int last_status;

static void CL_CALLBACK called(cl_event event, cl_int status, void *data)
{
	(void)event;
	last_status = status;
	atomic_fetch_add((_Atomic int *)data, 1);
}

static void wait_for_calls(int n)
{
	for (int i = 0; i < 5000 && calls < n; i++) {
		struct timespec ms = {.tv_nsec = 1000000};
		nanosleep(&ms, NULL);
	}
	EXPECT(calls == n);
}

static void callbacks(void)
{
	cl_event e = make_user_event(), failed = make_user_event();
	EXPECT(tern_clSetEventCallback(NULL, CL_COMPLETE, called, &calls) == CL_INVALID_EVENT);
	EXPECT(tern_clSetEventCallback(e, CL_COMPLETE, NULL, &calls) == CL_INVALID_VALUE);
	EXPECT(tern_clSetEventCallback(e, CL_QUEUED, called, &calls) == CL_INVALID_VALUE);
	EXPECT(tern_clSetEventCallback(e, -1, called, &calls) == CL_INVALID_VALUE);
	EXPECT(!tern_clSetEventCallback(e, CL_SUBMITTED, called, &calls)); /* it is that already */
	wait_for_calls(1);
	EXPECT(last_status == CL_SUBMITTED);
	EXPECT(!tern_clSetEventCallback(e, CL_COMPLETE, called, &calls));
	EXPECT(!tern_clSetUserEventStatus(e, CL_COMPLETE));
	wait_for_calls(2);
	EXPECT(last_status == CL_COMPLETE);
	EXPECT(!tern_clSetUserEventStatus(failed, -42));
	EXPECT(!tern_clSetEventCallback(failed, CL_RUNNING, called, &calls));
	wait_for_calls(3);
	EXPECT(last_status == -42);
	EXPECT(!tern_clReleaseEvent(e) && !tern_clReleaseEvent(failed));
}

struct args {
	int add;
	void *buffer, *null;
	_Atomic int *done;
};

static void CL_CALLBACK native(void *data)
{
	struct args *args = data;
	*(int *)args->buffer += args->add;
	atomic_fetch_add(args->done, args->null ? 100 : 1);
}

static void native_kernels(void)
{
	int value = 5;
	_Atomic int done = 0;
	cl_mem buffer = make_buffer(CL_MEM_USE_HOST_PTR, sizeof(value), &value);
	cl_mem list[] = {buffer, NULL}, bad[] = {(cl_mem)queue};
	struct args args = {3, buffer, NULL, &done};
	const void *places[] = {&args.buffer, &args.null};
	const void *outside[] = {(char *)(&args + 1) - 4, &value};
	cl_event event = NULL;
	cl_device_exec_capabilities executes = 0;
	REQUIRE(!tern_clGetDeviceInfo(device, CL_DEVICE_EXECUTION_CAPABILITIES, sizeof(executes),
				      &executes, NULL));

#define NATIVE(...) tern_clEnqueueNativeKernel(__VA_ARGS__, 0, NULL, &event)
	EXPECT(NATIVE(NULL, native, &args, sizeof(args), 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	if (!(executes & CL_EXEC_NATIVE_KERNEL)) {
		EXPECT(NATIVE(queue, native, &args, sizeof(args), 0, NULL, NULL) ==
		       CL_INVALID_OPERATION);
		EXPECT(!tern_clReleaseMemObject(buffer));
		return;
	}
	EXPECT(NATIVE(queue, NULL, &args, sizeof(args), 0, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, NULL, 8, 0, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, NULL, 0, 1, list, places) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, &args, 0, 0, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, &args, sizeof(args), 1, NULL, places) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, &args, sizeof(args), 1, list, NULL) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, &args, sizeof(args), 0, list, NULL) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, &args, sizeof(args), 0, NULL, places) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, &args, sizeof(args), 1, list, outside) == CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, &args, sizeof(args), 1, list, outside + 1) ==
	       CL_INVALID_VALUE);
	EXPECT(NATIVE(queue, native, &args, sizeof(args), 1, bad, places) == CL_INVALID_MEM_OBJECT);
	EXPECT(NATIVE(other_queue, native, &args, sizeof(args), 1, list, places) ==
	       CL_INVALID_CONTEXT);
	EXPECT(!event && done == 0);

	EXPECT(!NATIVE(queue, native, &args, sizeof(args), 2, list, places));
	memset(&args, 0xff, sizeof(args));        /* it was copied */
	EXPECT(!tern_clReleaseMemObject(buffer)); /* the command keeps it */
	EXPECT(!tern_clWaitForEvents(1, &event));
	EXPECT(value == 8 && done == 1 && event_type(event) == CL_COMMAND_NATIVE_KERNEL);
	EXPECT(!tern_clReleaseEvent(event));
}

int main(void)
{
	fixture_begin();
	user_events();
	wait_errors();
	queries();
	profiling();
	callbacks();
	native_kernels();
	fixture_end();
	return test_result();
}
