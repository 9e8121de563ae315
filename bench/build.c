/* SPDX-License-Identifier: MIT */
/* Building within a process that has built before. */
#include "bench/bench.h"
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static cl_program build(const char *source)
{
	cl_int error;
	cl_program program = clCreateProgramWithSource(bench_context(), 1, &source, NULL, &error);

	MUST(error);
	MUST(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	return program;
}

static void run_once(cl_program program, cl_mem mem)
{
	const size_t range = 256;
	cl_int error;
	cl_kernel kernel = clCreateKernel(program, "small", &error);

	MUST(error);
	MUST(clSetKernelArg(kernel, 0, sizeof mem, &mem));
	MUST(clEnqueueNDRangeKernel(bench_queue(), kernel, 1, NULL, &range, NULL, 0, NULL, NULL));
	MUST(clFinish(bench_queue()));
	MUST(clReleaseKernel(kernel));
}

/* A source that nobody has built before, on this machine or another. */
static void unique_source(char *source, size_t size)
{
	static unsigned count;

	snprintf(source, size,
		 "kernel void small(global int *o) {\n"
		 "  int i = get_global_id(0), v = %d;\n"
		 "  for (int k = 0; k < 4; k++) v = v * 3 + i + %u;\n"
		 "  o[i] = v; }\n"
		 "/* %lld */\n",
		 (int)getpid(), count++, (long long)time(NULL));
}

static void uncached(struct bench *bench, int64_t with_run)
{
	char source[512];
	cl_mem mem = bench_new_buffer(4096, NULL);

	unique_source(source, sizeof source);
	MUST(clReleaseProgram(build(source))); /* the compiler itself is loaded by now */
	while (bench_next(bench)) {
		unique_source(source, sizeof source);
		double start = bench_now();
		cl_program program = build(source);

		if (with_run)
			run_once(program, mem);
		bench_time(bench, bench_now() - start);
		MUST(clReleaseProgram(program));
	}
	MUST(clReleaseMemObject(mem));
}

static void cached(struct bench *bench, int64_t with_run)
{
	char source[512];
	cl_mem mem = bench_new_buffer(4096, NULL);

	unique_source(source, sizeof source);
	cl_program first = build(source);

	run_once(first, mem);
	MUST(clReleaseProgram(first));
	while (bench_next(bench)) {
		double start = bench_now();
		cl_program program = build(source);

		if (with_run)
			run_once(program, mem);
		bench_time(bench, bench_now() - start);
		MUST(clReleaseProgram(program));
	}
	MUST(clReleaseMemObject(mem));
}

static void create_kernel(struct bench *bench, int64_t unused)
{
	char source[512];

	(void)unused;
	unique_source(source, sizeof source);
	cl_program program = build(source);

	while (bench_next(bench)) {
		cl_int error;
		cl_kernel kernel = clCreateKernel(program, "small", &error);

		MUST(error);
		MUST(clReleaseKernel(kernel));
	}
	MUST(clReleaseProgram(program));
}

void bench_add_build(void)
{
	bench_add("build/uncached", uncached, 0, BENCH_MANUAL | BENCH_FEW);
	bench_add("build/uncached_and_run", uncached, 1, BENCH_MANUAL | BENCH_FEW);
	bench_add("build/cached", cached, 0, BENCH_MANUAL);
	bench_add("build/cached_and_run", cached, 1, BENCH_MANUAL);
	bench_add("build/create_kernel", create_kernel, 0, 0);
}
