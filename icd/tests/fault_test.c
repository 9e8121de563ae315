/* SPDX-License-Identifier: MIT */
/*
 * Every allocation failing in turn: one ordinary program is run again and again, the first
 * allocation failing in the first run, the second in the second, until a run needs no more. Each
 * run must end with success or with an OpenCL error; afterwards everything works as before. Leaks
 * are the leak sanitizer's to find (asan-ubsan preset). Then the same with all later allocations
 * failing, too.
 */
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"
#include "runtime/object.h"
#include <CL/cl_icd.h>

enum { ITEMS = 256 };

static const cl_icd_dispatch *cl;
static cl_platform_id platform;
static cl_device_id device;

static const char source[] = "kernel void twice(global int *p, local int *l) {\n"
			     "  size_t i = get_local_id(0); l[i] = p[get_global_id(0)];\n"
			     "  barrier(CLK_LOCAL_MEM_FENCE); p[get_global_id(0)] = 2 * l[i];\n"
			     "}\n";

static void CL_CALLBACK nothing(cl_event event, cl_int status, void *data)
{
	(void)event;
	(void)status;
	(void)data;
}

static void CL_CALLBACK destroyed(cl_mem memory, void *data)
{
	(void)memory;
	(void)data;
}

/* The first error wins; later calls are made all the same, with NULL handles where creation failed.
 */
static void note(cl_int *first, cl_int err)
{
	EXPECT(err <= 0 && err > -1200);
	if (*first == CL_SUCCESS)
		*first = err;
}

struct run {
	cl_context context;
	cl_command_queue queue, second;
	cl_mem buffer, part;
	cl_program program;
	cl_kernel kernel;
	cl_event user, done;
};

static cl_int set_up(struct run *r, int *data)
{
	cl_int first = CL_SUCCESS, err;
	cl_buffer_region region = {0, 512};
	const char *text = source;
	r->context = cl->clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	note(&first, err);
	r->queue = cl->clCreateCommandQueueWithProperties(r->context, device, NULL, &err);
	note(&first, err);
	cl_queue_properties props[] = {
		CL_QUEUE_PROPERTIES,
		CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE, 0};
	r->second = cl->clCreateCommandQueueWithProperties(r->context, device, props, &err);
	note(&first, err);
	r->buffer = cl->clCreateBuffer(r->context, CL_MEM_COPY_HOST_PTR, ITEMS * sizeof(int), data,
				       &err);
	note(&first, err);
	r->part = cl->clCreateSubBuffer(r->buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
	note(&first, err);
	note(&first, cl->clSetMemObjectDestructorCallback(r->buffer, destroyed, NULL));
	r->program = cl->clCreateProgramWithSource(r->context, 1, &text, NULL, &err);
	note(&first, err);
	note(&first, cl->clBuildProgram(r->program, 1, &device, "", NULL, NULL));
	r->kernel = cl->clCreateKernel(r->program, "twice", &err);
	note(&first, err);
	return first;
}

/* What was enqueued uses memory that is about to be freed: where waiting failed for want of memory,
 * it is repeated with memory, as a program would. */
static void finish(cl_command_queue queue, cl_int *first)
{
	cl_int err = cl->clFinish(queue);
	note(first, err);
	if (queue && err != CL_SUCCESS) {
		tern_fault_arm(0, false);
		EXPECT(cl->clFinish(queue) == CL_SUCCESS);
	}
}

static cl_int execute(struct run *r, int *data)
{
	cl_int first = CL_SUCCESS, err, status = CL_SUCCESS;
	size_t global = ITEMS, local = 32;
	int zero = 0;
	if (r->buffer) /* a NULL buffer is a NULL pointer in the kernel */
		note(&first, cl->clSetKernelArg(r->kernel, 0, sizeof(r->buffer), &r->buffer));
	note(&first, cl->clSetKernelArg(r->kernel, 1, local * sizeof(int), NULL));
	r->user = cl->clCreateUserEvent(r->context, &err);
	note(&first, err);
	note(&first,
	     cl->clEnqueueNDRangeKernel(r->queue, r->kernel, 1, NULL, &global, &local,
					r->user ? 1 : 0, r->user ? &r->user : NULL, &r->done));
	if (r->done)
		note(&first, cl->clSetEventCallback(r->done, CL_COMPLETE, nothing, NULL));
	if (r->user)
		note(&first, cl->clSetUserEventStatus(r->user, CL_COMPLETE));
	finish(r->queue, &first);
	if (r->done) { /* a kernel that found no local memory failed by itself */
		note(&first, cl->clGetEventInfo(r->done, CL_EVENT_COMMAND_EXECUTION_STATUS,
						sizeof(status), &status, NULL));
		note(&first, status);
	}
	note(&first, cl->clEnqueueReadBuffer(r->queue, r->buffer, CL_TRUE, 0, ITEMS * sizeof(int),
					     data, 0, NULL, NULL));
	void *map = cl->clEnqueueMapBuffer(r->second, r->part, CL_TRUE, CL_MAP_READ, 0, 64, 0, NULL,
					   NULL, &err);
	note(&first, err);
	if (map)
		note(&first, cl->clEnqueueUnmapMemObject(r->second, r->part, map, 0, NULL, NULL));
	note(&first, cl->clEnqueueFillBuffer(r->second, r->buffer, &zero, sizeof(zero), 0, 64, 0,
					     NULL, NULL));
	note(&first, cl->clEnqueueBarrierWithWaitList(r->second, 0, NULL, NULL));
	void *svm = cl->clSVMAlloc(r->context, CL_MEM_READ_WRITE, 4096, 0);
	if (!svm)
		note(&first, CL_OUT_OF_HOST_MEMORY);
	else
		note(&first, cl->clEnqueueSVMMemFill(r->second, svm, &zero, sizeof(zero), 4096, 0,
						     NULL, NULL));
	finish(r->second, &first);
	cl->clSVMFree(r->context, svm);
	return first;
}

static void tear_down(struct run *r)
{
	if (r->done)
		EXPECT(cl->clReleaseEvent(r->done) == CL_SUCCESS);
	if (r->user)
		EXPECT(cl->clReleaseEvent(r->user) == CL_SUCCESS);
	if (r->kernel)
		EXPECT(cl->clReleaseKernel(r->kernel) == CL_SUCCESS);
	if (r->program)
		EXPECT(cl->clReleaseProgram(r->program) == CL_SUCCESS);
	if (r->part)
		EXPECT(cl->clReleaseMemObject(r->part) == CL_SUCCESS);
	if (r->buffer)
		EXPECT(cl->clReleaseMemObject(r->buffer) == CL_SUCCESS);
	if (r->second)
		EXPECT(cl->clReleaseCommandQueue(r->second) == CL_SUCCESS);
	if (r->queue)
		EXPECT(cl->clReleaseCommandQueue(r->queue) == CL_SUCCESS);
	if (r->context)
		EXPECT(cl->clReleaseContext(r->context) == CL_SUCCESS);
}

/* One run of the program; its first error. A run without an error has the right result. */
static cl_int run_once(void)
{
	struct run r = {0};
	int data[ITEMS];
	for (int i = 0; i < ITEMS; i++)
		data[i] = i;
	cl_int err = set_up(&r, data);
	cl_int second = execute(&r, data);
	tear_down(&r);
	if (err == CL_SUCCESS)
		err = second;
	bool right = true;
	for (int i = 0; i < ITEMS; i++)
		right &= data[i] == 2 * i;
	EXPECT(err != CL_SUCCESS || right);
	return err;
}

static void fail_in_turn(bool sticky)
{
	unsigned failed_runs = 0;
	uint64_t n = 1, step = 1;
	for (;; n += step) {
		tern_fault_arm(n, sticky);
		int failures = test_failures;
		cl_int err = run_once();
		if (test_failures != failures)
			fprintf(stderr, "that was when allocation %llu failed\n",
				(unsigned long long)n);
		uint64_t asked = tern_fault_count();
		tern_fault_arm(0, false);
		failed_runs += err != CL_SUCCESS;
		if (asked < n)
			break; /* no allocation was left to fail */
		if (n > 2000) {
			EXPECT(!"a program of this size needs no 2000 allocations");
			break;
		}
	}
	printf("%s: %llu allocations failed in turn, %u runs ended with an error\n",
	       sticky ? "all later ones too" : "one", (unsigned long long)n - 1, failed_runs);
	EXPECT(failed_runs > 10);
	EXPECT(run_once() == CL_SUCCESS);
}

int main(void)
{
	cl_uint n = 0;
	char *ternc = tern_path_ternc();
	if (!ternc) {
		puts("skipped: no compile server");
		return TEST_SKIP;
	}
	tern_free(ternc);
	EXPECT(clIcdGetPlatformIDsKHR(1, &platform, &n) == CL_SUCCESS && n == 1);
	cl = *(const cl_icd_dispatch *const *)(const void *)platform;
	EXPECT(cl->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL) == CL_SUCCESS);
	EXPECT(run_once() == CL_SUCCESS);
	fail_in_turn(false);
	fail_in_turn(true);
	tern_kernels_finish();
	return test_result();
}
