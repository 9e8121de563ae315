/* SPDX-License-Identifier: MIT */
/* bench-probe: a small application, started anew for each measurement. It prints numbers:
 *	empty		the time at main
 *	platforms	the time after the first clGetPlatformIDs
 *	build N		seconds of clBuildProgram and clCreateKernel for the small kernel number N,
 *			and seconds from clBuildProgram to the end of its first run
 *	rss N		KiB resident after building and running that kernel, and the peak
 * Times are seconds of CLOCK_MONOTONIC. It leaves by _exit. */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void must(cl_int error)
{
	if (error) {
		printf("error %d\n", error);
		fflush(stdout);
		_exit(1);
	}
}

struct objects {
	cl_device_id device;
	cl_context context;
	cl_command_queue queue;
	cl_mem mem;
};

static void open_device(struct objects *o)
{
	cl_platform_id platform;
	cl_int error;

	must(clGetPlatformIDs(1, &platform, NULL));
	must(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &o->device, NULL));
	o->context = clCreateContext(NULL, 1, &o->device, NULL, NULL, &error);
	must(error);
	o->queue = clCreateCommandQueueWithProperties(o->context, o->device, NULL, &error);
	must(error);
	o->mem = clCreateBuffer(o->context, 0, 4096, NULL, &error);
	must(error);
}

static void build_and_run(struct objects *o, const char *number, double *build, double *all)
{
	char source[512];
	const char *text = source;
	const size_t range = 256;
	cl_int error, value = 0;

	snprintf(source, sizeof source,
		 "kernel void small(global int *o, int v) {\n"
		 "  int i = get_global_id(0);\n"
		 "  for (int k = 0; k < 4; k++) v = v * 3 + i + %s;\n"
		 "  o[i] = v; }\n",
		 number);
	double start = now();
	cl_program program = clCreateProgramWithSource(o->context, 1, &text, NULL, &error);

	must(error);
	must(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	cl_kernel kernel = clCreateKernel(program, "small", &error);

	must(error);
	*build = now() - start;
	must(clSetKernelArg(kernel, 0, sizeof o->mem, &o->mem));
	must(clSetKernelArg(kernel, 1, sizeof value, &value));
	must(clEnqueueNDRangeKernel(o->queue, kernel, 1, NULL, &range, NULL, 0, NULL, NULL));
	must(clEnqueueReadBuffer(o->queue, o->mem, CL_TRUE, 4, sizeof value, &value, 0, NULL,
				 NULL));
	*all = now() - start;
	int number_value = atoi(number), expected = 0;

	for (int k = 0; k < 4; k++)
		expected = expected * 3 + 1 + number_value;
	must(value == expected ? CL_SUCCESS : CL_INVALID_VALUE);
}

static void print_resident(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[256];
	long now_kib = 0, peak = 0;

	while (file && fgets(line, sizeof line, file)) {
		sscanf(line, "VmRSS: %ld", &now_kib);
		sscanf(line, "VmHWM: %ld", &peak);
	}
	if (file)
		fclose(file);
	printf("%ld %ld\n", now_kib, peak);
}

int main(int argc, char **argv)
{
	double start = now(), build, all;
	const char *mode = argc > 1 ? argv[1] : "";
	struct objects objects;

	if (!strcmp(mode, "empty")) {
		printf("%.9f\n", start);
	} else if (!strcmp(mode, "platforms")) {
		cl_uint count = 0;

		must(clGetPlatformIDs(0, NULL, &count));
		printf("%.9f\n", now());
	} else if (!strcmp(mode, "build") && argc > 2) {
		open_device(&objects);
		build_and_run(&objects, argv[2], &build, &all);
		printf("%.9f %.9f\n", build, all);
	} else if (!strcmp(mode, "rss") && argc > 2) {
		open_device(&objects);
		build_and_run(&objects, argv[2], &build, &all);
		print_resident();
	} else {
		fputs("usage: bench-probe empty|platforms|build N|rss N\n", stderr);
		return 2;
	}
	fflush(stdout);
	_exit(0);
}
