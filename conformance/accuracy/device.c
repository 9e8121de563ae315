/* SPDX-License-Identifier: MIT */
/* One kernel for each function and type. */
#include "conformance/accuracy/accuracy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool failed(cl_int error, const char *what)
{
	if (error)
		fprintf(stderr, "tern-accuracy: %s: error %d\n", what, (int)error);
	return error != CL_SUCCESS;
}

static bool has_denormals(cl_device_id id, cl_device_info query)
{
	cl_device_fp_config config = 0;
	clGetDeviceInfo(id, query, sizeof(config), &config, NULL);
	return config & CL_FP_DENORM;
}

int accuracy_open(unsigned number, struct accuracy_device *device)
{
	cl_platform_id platform;
	cl_device_id ids[16];
	cl_uint count = 0;
	cl_int error;
	if (clGetPlatformIDs(1, &platform, &count) || count == 0 ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 16, ids, &count) || number >= count)
		return 77;
	device->id = ids[number];
	cl_device_fp_config config = 0;
	clGetDeviceInfo(device->id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof(config), &config, NULL);
	device->has_double = config != 0;
	device->denormals[0] = has_denormals(device->id, CL_DEVICE_SINGLE_FP_CONFIG);
	device->denormals[1] = has_denormals(device->id, CL_DEVICE_DOUBLE_FP_CONFIG);
	device->context = clCreateContext(NULL, 1, &device->id, NULL, NULL, &error);
	return failed(error, "clCreateContext") ? 1 : 0;
}

static void print_log(cl_program program, cl_device_id id, const char *name)
{
	char log[2000] = "";
	clGetProgramBuildInfo(program, id, CL_PROGRAM_BUILD_LOG, sizeof(log) - 1, log, NULL);
	fprintf(stderr, "tern-accuracy: %s: %s\n", name, log);
}

static bool build(struct accuracy_device *device, const struct accuracy_function *f,
		  const struct accuracy_type *type, struct accuracy_kernel *kernel)
{
	static const char format[] =
		"#define T %s\n#define U %s\n"
		"kernel void k(global const T *x, global const T *y, global const T *z,\n"
		"	global const int *m, global T *o)\n"
		"{ size_t i = get_global_id(0); T a = x[i], b = y[i], c = z[i], r; int n = m[i];\n"
		"%s\no[i] = r; }\n";
	char source[1000], options[100];
	const char *text = source;
	cl_int error;
	snprintf(source, sizeof(source), format, type->name, type->is_double ? "ulong" : "uint",
		 f->code);
	snprintf(options, sizeof(options), "-cl-std=CL3.0%s",
		 f->kind == ACCURACY_RELAXED ? " -cl-fast-relaxed-math" : "");
	kernel->program = clCreateProgramWithSource(device->context, 1, &text, NULL, &error);
	if (failed(error, "clCreateProgramWithSource"))
		return false;
	if (clBuildProgram(kernel->program, 1, &device->id, options, NULL, NULL)) {
		print_log(kernel->program, device->id, f->name);
		return false;
	}
	kernel->kernel = clCreateKernel(kernel->program, "k", &error);
	return !failed(error, "clCreateKernel");
}

static size_t element(const struct accuracy_type *type, int argument)
{
	return argument == 3 ? sizeof(cl_int) : type->is_double ? sizeof(double) : sizeof(float);
}

bool accuracy_open_kernel(struct accuracy_device *device, const struct accuracy_function *f,
			  const struct accuracy_type *type, struct accuracy_kernel *kernel)
{
	cl_int error;
	memset(kernel, 0, sizeof(*kernel));
	kernel->queue =
		clCreateCommandQueueWithProperties(device->context, device->id, NULL, &error);
	if (failed(error, "clCreateCommandQueueWithProperties") || !build(device, f, type, kernel))
		return false;
	for (int i = 0; i < 5; i++) {
		kernel->buffers[i] =
			clCreateBuffer(device->context, CL_MEM_READ_WRITE,
				       ACCURACY_BATCH * element(type, i), NULL, &error);
		if (failed(error, "clCreateBuffer") ||
		    failed(clSetKernelArg(kernel->kernel, (cl_uint)i, sizeof(cl_mem),
					  &kernel->buffers[i]),
			   "clSetKernelArg"))
			return false;
	}
	return true;
}

void accuracy_close_kernel(struct accuracy_kernel *kernel)
{
	for (int i = 0; i < 5; i++)
		if (kernel->buffers[i])
			clReleaseMemObject(kernel->buffers[i]);
	if (kernel->kernel)
		clReleaseKernel(kernel->kernel);
	if (kernel->program)
		clReleaseProgram(kernel->program);
	if (kernel->queue)
		clReleaseCommandQueue(kernel->queue);
}

static bool write_numbers(struct accuracy_kernel *kernel, int argument,
			  const struct accuracy_type *type, const double *from)
{
	float narrow[ACCURACY_BATCH];
	const void *bytes = from;
	if (!type->is_double) {
		for (size_t i = 0; i < ACCURACY_BATCH; i++)
			narrow[i] = (float)from[i];
		bytes = narrow;
	}
	return !failed(clEnqueueWriteBuffer(kernel->queue, kernel->buffers[argument], CL_TRUE, 0,
					    ACCURACY_BATCH * element(type, argument), bytes, 0,
					    NULL, NULL),
		       "clEnqueueWriteBuffer");
}

static bool read_numbers(struct accuracy_kernel *kernel, const struct accuracy_type *type,
			 double *to)
{
	float narrow[ACCURACY_BATCH];
	void *bytes = type->is_double ? (void *)to : narrow;
	if (failed(clEnqueueReadBuffer(kernel->queue, kernel->buffers[4], CL_TRUE, 0,
				       ACCURACY_BATCH * element(type, 4), bytes, 0, NULL, NULL),
		   "clEnqueueReadBuffer"))
		return false;
	for (size_t i = 0; i < ACCURACY_BATCH && !type->is_double; i++)
		to[i] = (double)narrow[i];
	return true;
}

bool accuracy_compute(struct accuracy_kernel *kernel, const struct accuracy_type *type,
		      const struct accuracy_inputs *inputs, double *results)
{
	const double *numbers[] = {inputs->a, inputs->b, inputs->c};
	size_t global = ACCURACY_BATCH;
	for (int i = 0; i < 3; i++)
		if (!write_numbers(kernel, i, type, numbers[i]))
			return false;
	return !failed(clEnqueueWriteBuffer(kernel->queue, kernel->buffers[3], CL_TRUE, 0,
					    sizeof(inputs->n), inputs->n, 0, NULL, NULL),
		       "clEnqueueWriteBuffer") &&
	       !failed(clEnqueueNDRangeKernel(kernel->queue, kernel->kernel, 1, NULL, &global, NULL,
					      0, NULL, NULL),
		       "clEnqueueNDRangeKernel") &&
	       read_numbers(kernel, type, results);
}
