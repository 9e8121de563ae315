/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void bench_must(cl_int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "%s: %s: error %d\n", program_invocation_short_name, what, error);
	exit(1);
}

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

cl_device_id bench_device(void)
{
	static cl_device_id device;
	cl_platform_id platform;

	if (!device) {
		MUST(clGetPlatformIDs(1, &platform, NULL));
		MUST(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
	}
	return device;
}

cl_context bench_context(void)
{
	static cl_context context;
	cl_device_id device = bench_device();
	cl_int error;

	if (!context) {
		context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
		MUST(error);
	}
	return context;
}

/* With one command run on it: nothing is left to be made or compiled when the clock starts. */
cl_command_queue bench_new_queue(cl_command_queue_properties properties)
{
	const cl_queue_properties list[] = {CL_QUEUE_PROPERTIES, properties, 0};
	cl_int error;
	cl_command_queue queue =
		clCreateCommandQueueWithProperties(bench_context(), bench_device(), list, &error);

	MUST(error);
	bench_enqueue_empty(queue, 0, NULL, NULL);
	MUST(clFinish(queue));
	return queue;
}

cl_command_queue bench_queue(void)
{
	static cl_command_queue queue;

	if (!queue)
		queue = bench_new_queue(0);
	return queue;
}

cl_mem bench_new_buffer(size_t size, const void *from)
{
	cl_int error;
	cl_mem mem = clCreateBuffer(bench_context(), from ? CL_MEM_COPY_HOST_PTR : 0, size,
				    (void *)(uintptr_t)from, &error);

	MUST(error);
	return mem;
}

cl_kernel bench_new_kernel(const char *source, const char *name)
{
	cl_int error;
	cl_program program = clCreateProgramWithSource(bench_context(), 1, &source, NULL, &error);

	MUST(error);
	MUST(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	cl_kernel kernel = clCreateKernel(program, name, &error);

	MUST(error);
	MUST(clReleaseProgram(program));
	return kernel;
}

cl_kernel bench_empty_kernel(void)
{
	static cl_kernel kernel;

	if (!kernel)
		kernel = bench_new_kernel("kernel void empty(void) {}", "empty");
	return kernel;
}

void bench_enqueue_empty(cl_command_queue queue, cl_uint waits, const cl_event *wait,
			 cl_event *event)
{
	static const size_t one = 1;

	MUST(clEnqueueNDRangeKernel(queue, bench_empty_kernel(), 1, NULL, &one, &one, waits, wait,
				    event));
}
