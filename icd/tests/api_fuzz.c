/* SPDX-License-Identifier: MIT */
/*
 * Random sequences of API calls on live objects, with good and bad arguments. Handles are live ones
 * or NULL (the specification leaves others undefined); memory given is large enough. What counts is
 * that nothing crashes, hangs, leaks or races; the statuses are checked only to be an OpenCL code.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/object.h"
#include <CL/cl_icd.h>

enum { SLOTS = 6, ARENA = 1 << 16 };

static const cl_icd_dispatch *cl;
static cl_platform_id platform;
static cl_device_id device;
static cl_context base_context; /* keeps a program's build for all inputs */
static cl_program base_program;

static struct {
	cl_context context[SLOTS];
	cl_command_queue queue[SLOTS];
	cl_mem memory[SLOTS];
	cl_event event[SLOTS];
	bool user_pending[SLOTS];
	cl_kernel kernel[SLOTS];
	void *svm[SLOTS];
} live;

static unsigned char arena[ARENA], arena_out[ARENA];
static const uint8_t *input;
static size_t input_left;

static const char source[] =
	"kernel void none(void) {}\n"
	"kernel void add(global int *p, int v, local int *l) {\n"
	"  l[get_local_id(0)] = v; barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  if (p && get_global_linear_id() < 64) p[get_global_linear_id()] += l[get_local_id(0)];\n"
	"}\n"
	"kernel void by_value(float4 a, double b, char c) { (void)a; (void)b; (void)c; }\n";

static uint8_t byte(void)
{
	if (!input_left)
		return 0;
	input_left--;
	return *input++;
}

static size_t small(void)
{
	static const size_t special[] = {0,  1,  2,   3,   4,    7,    8,
					 16, 64, 128, 256, 1000, 4096, SIZE_MAX};
	uint8_t b = byte();
	return b < 32 ? special[b % (sizeof(special) / sizeof(special[0]))] : (size_t)b;
}

/* Up to half of the arena, so that offset + size of two such stay inside. */
static size_t bounded(void)
{
	return small() % (ARENA / 2);
}

static unsigned slot(void)
{
	return byte() % SLOTS;
}

static void expect_code(cl_int err)
{
	if (err > 0 || err < -1200)
		abort();
}

/* Nothing blocks on a user event for ever: called before every call that waits. */
static void complete_user_events(void)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (live.user_pending[i])
			expect_code(cl->clSetUserEventStatus(live.event[i],
							     byte() & 1 ? -5 : CL_COMPLETE));
		live.user_pending[i] = false;
	}
}

static void drop_event(unsigned i)
{
	if (live.user_pending[i])
		expect_code(cl->clSetUserEventStatus(live.event[i], CL_COMPLETE));
	live.user_pending[i] = false;
	if (live.event[i])
		expect_code(cl->clReleaseEvent(live.event[i]));
	live.event[i] = NULL;
}

/* A wait list of up to three events and a place for a new event. */
static cl_uint wait_list(cl_event list[3])
{
	cl_uint n = 0;
	for (unsigned want = byte() % 4; n < want; n++) {
		list[n] = live.event[slot()];
		if (!list[n] && byte() != 0)
			break; /* NULL in a list only now and then */
	}
	return n;
}

static void keep_event(cl_event event)
{
	if (!event)
		return;
	unsigned i = slot();
	drop_event(i);
	live.event[i] = event;
}

/* A kernel's arguments do not keep memory objects alive (section 5.9.2): none may be set to a dead
 * one. */
static void drop_kernels(void)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		if (live.kernel[i])
			expect_code(cl->clReleaseKernel(live.kernel[i]));
		live.kernel[i] = NULL;
	}
}

static void op_context(void)
{
	unsigned i = slot();
	if (live.context[i]) {
		expect_code(cl->clReleaseContext(live.context[i]));
		live.context[i] = NULL;
		return;
	}
	cl_context_properties props[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform,
					 byte() % 3, byte(), 0};
	cl_int err;
	live.context[i] =
		cl->clCreateContext(byte() & 1 ? props : NULL, byte() % 2 + 1 - (byte() == 9),
				    (cl_device_id[]){device, device}, NULL, NULL, &err);
	expect_code(err);
}

static bool svm_in_use(void)
{
	for (unsigned i = 0; i < SLOTS; i++)
		if (live.svm[i])
			return true;
	return false;
}

static void op_queue(void)
{
	unsigned i = slot();
	if (live.queue[i]) {
		/* Released while its commands run, unless these may use memory that is freed by
		 * hand. */
		if (svm_in_use()) {
			complete_user_events();
			expect_code(cl->clFinish(live.queue[i]));
		}
		expect_code(cl->clReleaseCommandQueue(live.queue[i]));
		live.queue[i] = NULL;
		return;
	}
	cl_queue_properties props[] = {CL_QUEUE_PROPERTIES, byte() % 6, CL_QUEUE_PRIORITY_KHR,
				       (cl_queue_properties)1 << (byte() % 4), 0};
	cl_int err;
	cl_context context = byte() & 1 ? base_context : live.context[slot()];
	live.queue[i] = cl->clCreateCommandQueueWithProperties(context, device,
							       byte() & 1 ? props : NULL, &err);
	expect_code(err);
}

static void op_buffer(void)
{
	unsigned i = slot();
	cl_int err;
	if (live.memory[i]) {
		drop_kernels();
		expect_code(cl->clReleaseMemObject(live.memory[i]));
		live.memory[i] = NULL;
		return;
	}
	cl_mem parent = live.memory[slot()];
	if (byte() & 1) {
		cl_buffer_region region = {small(), small()};
		live.memory[i] = cl->clCreateSubBuffer(parent, byte(), CL_BUFFER_CREATE_TYPE_REGION,
						       &region, &err);
	} else {
		cl_context context = byte() & 1 ? base_context : live.context[slot()];
		cl_mem_flags flags = byte() | (cl_mem_flags)(byte() & 3) << 7;
		bool host = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR);
		size_t size = bounded();
		live.memory[i] =
			cl->clCreateBuffer(context, flags, size, host ? arena : NULL, &err);
	}
	expect_code(err);
}

static void op_transfer(void)
{
	cl_event list[3], event = NULL;
	cl_uint n = wait_list(list);
	cl_command_queue queue = live.queue[slot()];
	cl_mem a = live.memory[slot()], b = live.memory[slot()];
	cl_bool blocking = byte() & 1;
	size_t size = bounded(), offset = small();
	size_t origin[2][3] = {{byte(), byte() % 4, byte() % 4}, {byte(), byte() % 4, byte() % 4}};
	size_t region[3] = {byte(), byte() % 4, byte() % 4};
	cl_event *out = byte() & 1 ? &event : NULL;
	cl_int err = CL_SUCCESS;

	if (blocking)
		complete_user_events();
	switch (byte() % 7) {
	case 0:
		err = cl->clEnqueueReadBuffer(queue, a, blocking, offset, size, arena_out, n,
					      n ? list : NULL, out);
		break;
	case 1:
		err = cl->clEnqueueWriteBuffer(queue, a, blocking, offset, size, arena_out, n,
					       n ? list : NULL, out);
		break;
	case 2:
		err = cl->clEnqueueCopyBuffer(queue, a, b, offset, small(), size, n,
					      n ? list : NULL, out);
		break;
	case 3:
		err = cl->clEnqueueFillBuffer(queue, a, arena_out, small(), offset, size, n,
					      n ? list : NULL, out);
		break;
	case 4:
		err = cl->clEnqueueReadBufferRect(queue, a, blocking, origin[0], origin[1], region,
						  byte(), byte() * 4, byte(), byte() * 4, arena_out,
						  n, n ? list : NULL, out);
		break;
	case 5:
		err = cl->clEnqueueCopyBufferRect(queue, a, b, origin[0], origin[1], region, byte(),
						  byte() * 4, byte(), byte() * 4, n,
						  n ? list : NULL, out);
		break;
	default:
		err = cl->clEnqueueMigrateMemObjects(queue, byte() % 3, (cl_mem[]){a, b, a},
						     byte() % 4, n, n ? list : NULL, out);
		break;
	}
	expect_code(err);
	keep_event(event);
}

static void op_map(void)
{
	cl_event event = NULL;
	cl_command_queue queue = live.queue[slot()];
	cl_mem memory = live.memory[slot()];
	cl_int err;
	complete_user_events();
	void *p = cl->clEnqueueMapBuffer(queue, memory, byte() & 1, byte() % 8, small(), small(), 0,
					 NULL, &event, &err);
	expect_code(err);
	keep_event(event);
	if (p && byte() != 1) /* now and then left mapped */
		expect_code(cl->clEnqueueUnmapMemObject(queue, memory, p, 0, NULL, NULL));
	if (byte() == 2)
		expect_code(cl->clEnqueueUnmapMemObject(queue, memory, arena, 0, NULL, NULL));
}

static void op_kernel(void)
{
	static const char *const names[] = {"none", "add", "by_value", "missing"};
	unsigned i = slot();
	if (live.kernel[i] && byte() & 1) {
		expect_code(cl->clReleaseKernel(live.kernel[i]));
		live.kernel[i] = NULL;
	}
	if (!live.kernel[i]) {
		cl_int err;
		live.kernel[i] = cl->clCreateKernel(base_program, names[byte() % 4], &err);
		expect_code(err);
		return;
	}
	cl_uint index = byte() % 4;
	switch (byte() % 4) {
	case 0: { /* buffers that the kernel's 64 ints fit into */
		cl_mem m = live.memory[slot()];
		size_t size = 0;
		if (m &&
		    cl->clGetMemObjectInfo(m, CL_MEM_SIZE, sizeof(size), &size, NULL) ==
			    CL_SUCCESS &&
		    size < 256)
			m = NULL;
		expect_code(cl->clSetKernelArg(live.kernel[i], index, sizeof(m), &m));
		break;
	}
	case 1:
		expect_code(cl->clSetKernelArg(live.kernel[i], index, small() % 2048, NULL));
		break;
	case 2:
		expect_code(cl->clSetKernelArgSVMPointer(live.kernel[i], index, arena_out));
		break;
	default: { /* a value; never as a pointer: arguments of 8 bytes are cl_mem or refused */
		unsigned char value[64] = {byte()};
		size_t size = small() % 64;
		if (size != sizeof(cl_mem) || index == 1)
			expect_code(cl->clSetKernelArg(live.kernel[i], index, size, value));
		break;
	}
	}
}

static void op_ndrange(void)
{
	cl_event list[3], event = NULL;
	cl_uint n = wait_list(list);
	size_t global[3] = {byte(), byte() % 8, byte() % 4},
	       local[3] = {byte() % 65, byte() % 5, byte() % 5};
	size_t offset[3] = {byte(), byte(), byte()};
	cl_uint dim = byte() % 5;
	expect_code(cl->clEnqueueNDRangeKernel(
		live.queue[slot()], live.kernel[slot()], dim, byte() & 1 ? offset : NULL,
		byte() != 3 ? global : NULL, byte() & 1 ? local : NULL, n, n ? list : NULL,
		byte() & 1 ? &event : NULL));
	keep_event(event);
}

static void CL_CALLBACK on_event(cl_event event, cl_int status, void *data)
{
	(void)event;
	(void)status;
	atomic_fetch_add((_Atomic int *)data, 1);
}

static void op_event(void)
{
	static _Atomic int called;
	unsigned i = slot();
	cl_int err, status;
	cl_event list[3], event = NULL;
	switch (byte() % 7) {
	case 0:
		drop_event(i);
		live.event[i] = cl->clCreateUserEvent(
			byte() & 1 ? base_context : live.context[slot()], &err);
		live.user_pending[i] = live.event[i] != NULL;
		expect_code(err);
		break;
	case 1:
		drop_event(i);
		break;
	case 2:
		complete_user_events();
		list[0] = live.event[i];
		expect_code(cl->clWaitForEvents(byte() % 2, list));
		break;
	case 3:
		expect_code(cl->clSetEventCallback(live.event[i], byte() % 4,
						   byte() ? on_event : NULL, &called));
		break;
	case 4:
		expect_code(cl->clGetEventInfo(live.event[i], CL_EVENT_COMMAND_EXECUTION_STATUS,
					       sizeof(status), &status, NULL));
		break;
	case 5: {
		cl_uint n = wait_list(list);
		cl_command_queue queue = live.queue[slot()];
		expect_code(byte() & 1 ? cl->clEnqueueMarkerWithWaitList(queue, n, n ? list : NULL,
									 &event)
				       : cl->clEnqueueBarrierWithWaitList(queue, n, n ? list : NULL,
									  &event));
		keep_event(event);
		break;
	}
	default:
		if (byte() & 1) {
			complete_user_events();
			expect_code(cl->clFinish(live.queue[slot()]));
		} else {
			expect_code(cl->clFlush(live.queue[slot()]));
		}
		break;
	}
}

static void op_svm(void)
{
	unsigned i = slot();
	cl_command_queue queue = live.queue[slot()];
	size_t size = bounded();
	switch (byte() % 5) {
	case 0:
		if (live.svm[i]) {
			complete_user_events();
			for (unsigned q = 0; q < SLOTS; q++)
				if (live.queue[q])
					expect_code(cl->clFinish(live.queue[q]));
			cl->clSVMFree(base_context, live.svm[i]);
			live.svm[i] = NULL;
		}
		break;
	case 1:
		if (!live.svm[i])
			live.svm[i] =
				cl->clSVMAlloc(base_context, byte() | (cl_svm_mem_flags)byte() << 8,
					       ARENA, byte());
		break;
	case 2:
		expect_code(cl->clEnqueueSVMMemcpy(queue, CL_FALSE,
						   live.svm[i] ? live.svm[i] : arena_out, arena,
						   size, 0, NULL, NULL));
		break;
	case 3:
		expect_code(cl->clEnqueueSVMMemFill(queue, live.svm[i], arena, small(), size, 0,
						    NULL, NULL));
		break;
	default:
		expect_code(cl->clEnqueueSVMMap(queue, CL_FALSE, byte() % 8, live.svm[i], size, 0,
						NULL, NULL));
		expect_code(cl->clEnqueueSVMUnmap(queue, live.svm[i], 0, NULL, NULL));
		break;
	}
}

static void op_info(void)
{
	unsigned char out[4096];
	size_t size = small() % sizeof(out), got;
	cl_uint what = byte();
	unsigned i = slot();
	expect_code(cl->clGetDeviceInfo(device, 0x1000 + what, size, out, &got));
	expect_code(cl->clGetContextInfo(live.context[i], 0x1080 + what % 16, size, out, &got));
	expect_code(cl->clGetCommandQueueInfo(live.queue[i], 0x1090 + what % 16, size, out, &got));
	expect_code(cl->clGetMemObjectInfo(live.memory[i], 0x1100 + what % 16, size, out, &got));
	memset(out, 0,
	       sizeof(out)); /* CL_PROGRAM_BINARIES writes to the pointers in it; NULL: nowhere */
	expect_code(cl->clGetProgramInfo(base_program, 0x1160 + what % 16, size, out, &got));
	expect_code(cl->clGetKernelInfo(live.kernel[i], 0x1190 + what % 8, size, out, &got));
	expect_code(cl->clGetKernelArgInfo(live.kernel[i], byte() % 4, 0x1196 + what % 8, size, out,
					   &got));
	expect_code(cl->clGetKernelWorkGroupInfo(live.kernel[i], device, 0x11B0 + what % 8, size,
						 out, &got));
	expect_code(cl->clGetEventInfo(live.event[i], 0x11D0 + what % 8, size, out, &got));
	expect_code(cl->clGetEventProfilingInfo(live.event[i], 0x1280 + what % 8, size, out, &got));
}

static void op_program(void)
{
	/* Foreign binaries: never accepted unless whole; the fuzzer of the loader goes deeper. */
	const unsigned char *binary = input;
	size_t length = input_left;
	cl_int err, status;
	cl_program p = cl->clCreateProgramWithBinary(base_context, 1, &device, &length, &binary,
						     &status, &err);
	expect_code(err);
	if (p)
		expect_code(cl->clReleaseProgram(p));
}

static void release_all(void)
{
	complete_user_events();
	for (unsigned i = 0; i < SLOTS; i++) {
		if (live.queue[i])
			expect_code(cl->clFinish(live.queue[i]));
	}
	drop_kernels();
	for (unsigned i = 0; i < SLOTS; i++) {
		drop_event(i);
		if (live.memory[i])
			expect_code(cl->clReleaseMemObject(live.memory[i]));
		if (live.queue[i])
			expect_code(cl->clReleaseCommandQueue(live.queue[i]));
		if (live.context[i])
			expect_code(cl->clReleaseContext(live.context[i]));
		cl->clSVMFree(base_context, live.svm[i]);
	}
	memset(&live, 0, sizeof(live));
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	cl_uint n = 0;
	cl_int err;
	const char *text = source;
	if (clIcdGetPlatformIDsKHR(1, &platform, &n) != CL_SUCCESS || !n)
		abort();
	cl = *(const cl_icd_dispatch *const *)(const void *)platform;
	if (cl->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, &n) != CL_SUCCESS)
		abort();
	base_context = cl->clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	base_program = cl->clCreateProgramWithSource(base_context, 1, &text, NULL, &err);
	if (!base_program ||
	    cl->clBuildProgram(base_program, 1, &device, "-cl-std=CL3.0", NULL, NULL) != CL_SUCCESS)
		abort();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const ops[])(void) = {
		op_context,  op_queue, op_queue,  op_buffer,  op_buffer,  op_transfer,
		op_transfer, op_map,   op_kernel, op_kernel,  op_ndrange, op_event,
		op_event,    op_svm,   op_info,   op_program,
	};
	input = data;
	input_left = size;
	for (unsigned i = 0; i < 64 && input_left; i++)
		ops[byte() % (sizeof(ops) / sizeof(ops[0]))]();
	release_all();
	return 0;
}
