/* SPDX-License-Identifier: MIT */
/*
 * bench-pair A.so B.so: what an empty command costs in two builds of an ICD, so closely that one
 * per cent is seen on a busy machine: both are in one process and take turns, batch by batch; what
 * is printed is the quickest batch of each, and the one that a tenth were quicker than. Run it on
 * one processor (taskset -c 1).
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl_icd.h>

#define BATCHES  4000
#define COMMANDS 100

typedef void *(CL_API_CALL *find_fn)(const char *name);

struct side {
	const cl_icd_dispatch *cl;
	cl_kernel kernel;
	cl_command_queue in_order, out_of_order;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(cl_int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "bench-pair: %s: error %d\n", what, error);
	exit(1);
}

static const cl_icd_dispatch *table_of(const char *path, cl_platform_id *platform)
{
	void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	find_fn find = NULL;
	if (library)
		find = (find_fn)dlsym(library, "clGetExtensionFunctionAddress");
	if (!find) {
		fprintf(stderr, "bench-pair: %s is no ICD: %s\n", path, dlerror());
		exit(1);
	}
	clIcdGetPlatformIDsKHR_fn platforms =
		(clIcdGetPlatformIDsKHR_fn)find("clIcdGetPlatformIDsKHR");
	must(platforms ? platforms(1, platform, NULL) : CL_INVALID_PLATFORM, path);
	return *(const cl_icd_dispatch *const *)(const void *)*platform;
}

static void open_side(struct side *s, const char *path)
{
	const cl_queue_properties free_order[] = {CL_QUEUE_PROPERTIES,
						  CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 0};
	const char *text = "kernel void empty(void) {}";
	cl_platform_id platform;
	cl_device_id device;
	cl_int error;
	const cl_icd_dispatch *cl = s->cl = table_of(path, &platform);
	must(cl->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "devices");
	cl_context context = cl->clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	must(error, "context");
	cl_program program = cl->clCreateProgramWithSource(context, 1, &text, NULL, &error);
	must(error, "program");
	must(cl->clBuildProgram(program, 1, &device, "", NULL, NULL), "build");
	s->kernel = cl->clCreateKernel(program, "empty", &error);
	must(error, "kernel");
	s->in_order = cl->clCreateCommandQueueWithProperties(context, device, NULL, &error);
	must(error, "queue");
	s->out_of_order =
		cl->clCreateCommandQueueWithProperties(context, device, free_order, &error);
	must(error, "queue");
	/* The kernel and the queues hold them. */
	must(cl->clReleaseProgram(program), "release");
	must(cl->clReleaseContext(context), "release");
}

static void close_side(const struct side *s)
{
	must(s->cl->clReleaseKernel(s->kernel), "release");
	must(s->cl->clReleaseCommandQueue(s->in_order), "release");
	must(s->cl->clReleaseCommandQueue(s->out_of_order), "release");
}

static void launch(const struct side *s, cl_command_queue queue)
{
	const size_t one = 1;
	must(s->cl->clEnqueueNDRangeKernel(queue, s->kernel, 1, NULL, &one, NULL, 0, NULL, NULL),
	     "enqueue");
}

static void round_trips(const struct side *s)
{
	for (int i = 0; i < COMMANDS; i++) {
		launch(s, s->in_order);
		must(s->cl->clFinish(s->in_order), "finish");
	}
}

static void many(const struct side *s, cl_command_queue queue)
{
	for (int i = 0; i < COMMANDS; i++)
		launch(s, queue);
	must(s->cl->clFinish(queue), "finish");
}

static void many_in_order(const struct side *s)
{
	many(s, s->in_order);
}

static void many_out_of_order(const struct side *s)
{
	many(s, s->out_of_order);
}

static void markers(const struct side *s)
{
	for (int i = 0; i < COMMANDS; i++)
		must(s->cl->clEnqueueMarkerWithWaitList(s->in_order, 0, NULL, NULL), "marker");
	must(s->cl->clFinish(s->in_order), "finish");
}

static int by_time(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static void compare(const char *name, void (*batch)(const struct side *), const struct side *sides)
{
	static double times[2][BATCHES];
	for (int i = 0; i < BATCHES; i++)
		for (int j = 0; j < 2; j++) {
			int which = (i + j) & 1; /* neither comes first always */
			double start = now();
			batch(&sides[which]);
			times[which][i] = (now() - start) / COMMANDS;
		}
	for (int i = 0; i < 2; i++)
		qsort(times[i], BATCHES, sizeof(double), by_time);
	printf("%-22s %8.1f %8.1f %8.1f %8.1f   %6.3f %6.3f\n", name, times[0][0],
	       times[0][BATCHES / 10], times[1][0], times[1][BATCHES / 10],
	       times[1][0] / times[0][0], times[1][BATCHES / 10] / times[0][BATCHES / 10]);
}

int main(int argc, char **argv)
{
	struct side sides[2];
	if (argc != 3) {
		fputs("usage: bench-pair A.so B.so\n", stderr);
		return 2;
	}
	for (int i = 0; i < 2; i++)
		open_side(&sides[i], argv[i + 1]);
	printf("ns a command           A: best    tenth  B: best    tenth   B/A best  tenth\n");
	compare("round trip", round_trips, sides);
	compare("in order", many_in_order, sides);
	compare("out of order", many_out_of_order, sides);
	compare("markers", markers, sides);
	for (int i = 0; i < 2; i++)
		close_side(&sides[i]);
	return 0;
}
