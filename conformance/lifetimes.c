/* SPDX-License-Identifier: MIT */
/* Reference counts, and objects that go in any order and at any time. */
#include "conformance/harness.h"
#include <string.h>

static const char *const source =
	"kernel void set(global int *p, int v) { p[get_global_id(0)] = v; }\n"
	"kernel void slow(global int *p) {\n"
	"  int x = p[get_global_id(0)];\n"
	"  for (int i = 0; i < 3000000; i++) x = x * 1664525 + 1013904223;\n"
	"  p[get_global_id(0)] = x; }\n";

static cl_uint context_references(cl_context context)
{
	cl_uint count = 0;

	OK(clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof count, &count, NULL));
	return count;
}

static cl_uint mem_references(cl_mem mem)
{
	cl_uint count = 0;

	OK(clGetMemObjectInfo(mem, CL_MEM_REFERENCE_COUNT, sizeof count, &count, NULL));
	return count;
}

static void counts_of_mem(void)
{
	cl_mem mem = conf_buffer(0, 64, NULL);

	CHECK_EQ(1, mem_references(mem));
	for (int i = 0; i < 1000; i++)
		OK(clRetainMemObject(mem));
	CHECK_EQ(1001, mem_references(mem));
	for (int i = 0; i < 1000; i++)
		OK(clReleaseMemObject(mem));
	CHECK_EQ(1, mem_references(mem));
}

static void counts_of_queue_and_context(void)
{
	cl_uint count = 0;

	CHECK(context_references(conf_context()) >= 1);
	OK(clRetainContext(conf_context()));
	CHECK(context_references(conf_context()) >= 2);
	OK(clReleaseContext(conf_context()));
	OK(clRetainCommandQueue(conf_queue()));
	OK(clGetCommandQueueInfo(conf_queue(), CL_QUEUE_REFERENCE_COUNT, sizeof count, &count,
				 NULL));
	CHECK_EQ(2, count);
	OK(clReleaseCommandQueue(conf_queue()));
	OK(clGetCommandQueueInfo(conf_queue(), CL_QUEUE_REFERENCE_COUNT, sizeof count, &count,
				 NULL));
	CHECK_EQ(1, count);
}

static void counts_of_program_and_kernel(void)
{
	cl_program program = conf_program(source, NULL);
	cl_kernel kernel = conf_kernel_of(program, "set");
	cl_uint count = 0;

	OK(clRetainKernel(kernel));
	OK(clGetKernelInfo(kernel, CL_KERNEL_REFERENCE_COUNT, sizeof count, &count, NULL));
	CHECK_EQ(2, count);
	OK(clReleaseKernel(kernel));
	OK(clGetKernelInfo(kernel, CL_KERNEL_REFERENCE_COUNT, sizeof count, &count, NULL));
	CHECK_EQ(1, count);
	OK(clRetainProgram(program));
	OK(clGetProgramInfo(program, CL_PROGRAM_REFERENCE_COUNT, sizeof count, &count, NULL));
	CHECK(count >= 2);
	OK(clReleaseProgram(program));
}

static void counts_of_event(void)
{
	cl_event event = conf_user_event();
	cl_uint count = 0;

	OK(clGetEventInfo(event, CL_EVENT_REFERENCE_COUNT, sizeof count, &count, NULL));
	CHECK_EQ(1, count);
	OK(clRetainEvent(event));
	OK(clGetEventInfo(event, CL_EVENT_REFERENCE_COUNT, sizeof count, &count, NULL));
	CHECK_EQ(2, count);
	OK(clReleaseEvent(event));
	OK(clSetUserEventStatus(event, CL_COMPLETE));
}

struct family {
	cl_context context;
	cl_command_queue queue;
	cl_mem mem, part;
	cl_program program;
	cl_kernel kernel;
	cl_event event;
};

/* One object of each kind, made without the harness's keeping, with a command enqueued. */
static void make_family(struct family *f)
{
	const cl_buffer_region region = {0, 64};
	const size_t range = 16;
	const cl_int value = 3;
	cl_device_id device = conf_device();
	cl_int error;

	f->context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	OK(error);
	f->queue = clCreateCommandQueueWithProperties(f->context, device, NULL, &error);
	OK(error);
	f->mem = clCreateBuffer(f->context, 0, 4096, NULL, &error);
	OK(error);
	f->part = clCreateSubBuffer(f->mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
	OK(error);
	f->program = clCreateProgramWithSource(f->context, 1, (const char **)(uintptr_t)&source,
					       NULL, &error);
	OK(error);
	OK(clBuildProgram(f->program, 0, NULL, NULL, NULL, NULL));
	f->kernel = clCreateKernel(f->program, "set", &error);
	OK(error);
	ARG(f->kernel, 0, f->part);
	ARG(f->kernel, 1, value);
	OK(clEnqueueNDRangeKernel(f->queue, f->kernel, 1, NULL, &range, NULL, 0, NULL, &f->event));
}

static cl_int release_member(struct family *f, int which)
{
	switch (which) {
	case 0:
		return clReleaseContext(f->context);
	case 1:
		return clReleaseCommandQueue(f->queue);
	case 2:
		return clReleaseMemObject(f->mem);
	case 3:
		return clReleaseMemObject(f->part);
	case 4:
		return clReleaseProgram(f->program);
	case 5:
		return clReleaseKernel(f->kernel);
	default:
		return clReleaseEvent(f->event);
	}
}

/* Objects hold what they need: any order of release is fine, finished or not. */
static void any_order(void)
{
	uint32_t state = 12345;

	for (int turn = 0; turn < 24; turn++) {
		struct family family;
		int order[7] = {0, 1, 2, 3, 4, 5, 6};

		make_family(&family);
		for (int i = 6; i > 0; i--) {
			int k = (int)(conf_random(&state) % (unsigned)(i + 1)), t = order[i];

			order[i] = order[k];
			order[k] = t;
		}
		if (turn % 2)
			OK(clFinish(family.queue));
		for (int i = 0; i < 7; i++)
			CHECK_CL(CL_SUCCESS, release_member(&family, order[i]));
	}
}

/* The context's handle is gone, but what was made of it still works. */
static void context_released_early(void)
{
	struct family f;
	cl_int back[16] = {0};

	make_family(&f);
	OK(clReleaseContext(f.context));
	OK(clEnqueueReadBuffer(f.queue, f.mem, CL_TRUE, 0, sizeof back, back, 0, NULL, NULL));
	CHECK_EQ(3, back[15]);
	cl_context context = NULL;

	OK(clGetMemObjectInfo(f.mem, CL_MEM_CONTEXT, sizeof context, &context, NULL));
	CHECK(context == f.context);
	for (int i = 1; i < 7; i++)
		CHECK_CL(CL_SUCCESS, release_member(&f, i));
}

/* Everything is released while a kernel runs; only the event is kept to see it end well. */
static void released_while_running(void)
{
	const size_t range = 64;
	struct family f;
	cl_event slow_event = NULL;
	cl_int error;

	make_family(&f);
	cl_kernel slow = clCreateKernel(f.program, "slow", &error);

	OK(error);
	ARG(slow, 0, f.mem);
	OK(clEnqueueNDRangeKernel(f.queue, slow, 1, NULL, &range, NULL, 0, NULL, &slow_event));
	OK(clFlush(f.queue));
	OK(clReleaseKernel(slow));
	for (int i = 6; i >= 0; i--)
		CHECK_CL(CL_SUCCESS, release_member(&f, i));
	OK(clWaitForEvents(1, &slow_event));
	CHECK_EQ(CL_COMPLETE, conf_event_status(slow_event));
	OK(clReleaseEvent(slow_event));
}

/* The same behind a user event: nothing has even started when all handles are gone. */
static void released_while_waiting(void)
{
	const size_t range = 16;
	struct family f;
	cl_event last = NULL;
	cl_int error;

	make_family(&f);
	cl_event gate = clCreateUserEvent(f.context, &error);

	OK(error);
	OK(clEnqueueNDRangeKernel(f.queue, f.kernel, 1, NULL, &range, NULL, 1, &gate, &last));
	OK(clFlush(f.queue));
	for (int i = 6; i >= 0; i--)
		if (i != 1)
			CHECK_CL(CL_SUCCESS, release_member(&f, i));
	CHECK(conf_event_status(last) > CL_COMPLETE);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clReleaseEvent(gate));
	CHECK_CL(CL_SUCCESS, release_member(&f, 1));
	OK(clWaitForEvents(1, &last));
	CHECK_EQ(CL_COMPLETE, conf_event_status(last));
	OK(clReleaseEvent(last));
}

/* clReleaseCommandQueue flushes: the commands run although nobody waits. */
static void queue_release_flushes(void)
{
	struct family f;

	make_family(&f);
	CHECK_CL(CL_SUCCESS, release_member(&f, 1));
	CHECK(conf_wait_event(f.event, 10));
	CHECK_EQ(CL_COMPLETE, conf_event_status(f.event));
	for (int i = 0; i < 7; i++)
		if (i != 1)
			CHECK_CL(CL_SUCCESS, release_member(&f, i));
}

/* Arguments are taken when the command is enqueued: later changes and releases do not matter. */
static void arguments_are_captured(void)
{
	const size_t range = 4;
	cl_kernel kernel = conf_kernel(source, "set");
	cl_mem a = conf_buffer(0, 16, NULL), b = conf_buffer(0, 16, NULL);
	cl_int first = 1, second = 2, back[4];
	cl_event gate = conf_user_event();

	ARG(kernel, 0, a);
	ARG(kernel, 1, first);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &range, NULL, 1, &gate, NULL));
	ARG(kernel, 0, b);
	ARG(kernel, 1, second);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &range, NULL, 0, NULL, NULL));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	conf_read(a, back, sizeof back);
	CHECK(back[0] == 1 && back[3] == 1);
	conf_read(b, back, sizeof back);
	CHECK(back[0] == 2 && back[3] == 2);
}

static void CL_CALLBACK count_call(cl_mem mem, void *data)
{
	(void)mem;
	atomic_fetch_add((atomic_int *)data, 1);
}

/* The buffer lives until the command that uses it has finished. */
static void buffer_waits_for_command(void)
{
	static atomic_int destroyed;
	const size_t range = 16;
	const cl_int value = 1;
	cl_program program = conf_program(source, NULL);
	cl_event gate = conf_user_event(), done = NULL;
	cl_int error;
	cl_kernel kernel = clCreateKernel(program, "set", &error);

	OK(error);
	cl_mem mem = clCreateBuffer(conf_context(), 0, 64, NULL, &error);

	OK(error);
	OK(clSetMemObjectDestructorCallback(mem, count_call, &destroyed));
	ARG(kernel, 0, mem);
	ARG(kernel, 1, value);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &range, NULL, 1, &gate, &done));
	conf_keep_event(done);
	/* The kernel's argument does not hold the buffer, but some runtimes let it: both go. */
	OK(clReleaseKernel(kernel));
	OK(clReleaseMemObject(mem));
	OK(clFlush(conf_queue()));
	conf_sleep(0.005);
	CHECK_EQ(0, atomic_load(&destroyed));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clFinish(conf_queue()));
	CHECK(conf_wait_word(&destroyed, 1, 10));
}

CONF_CASES(lifetimes) = {
	CASE(counts_of_mem),
	CASE(counts_of_queue_and_context),
	CASE(counts_of_program_and_kernel),
	CASE(counts_of_event),
	CASE(any_order),
	CASE(context_released_early),
	CASE(released_while_running),
	CASE(released_while_waiting),
	CASE(queue_release_flushes),
	CASE(arguments_are_captured),
	CASE(buffer_waits_for_command),
	CASE_END,
};
