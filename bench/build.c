/* SPDX-License-Identifier: MIT */
/* Building within a process that has built before. */
#include "bench/bench.h"
#include <stdio.h>
#include <stdlib.h>
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

/*
 * Kernel @number of a file: branches of its own in loops, a switch, early returns, break and
 * continue, calls and an array of its own. @salt makes the text new. Characters written.
 */
static int branchy_kernel(char *out, size_t size, int number, unsigned salt)
{
	return snprintf(
		out, size,
		"static int step%d(int v, int k) {\n"
		"  switch ((v + k) & 7) {\n"
		"  case 0: return v * 3 + %d; case 1: return v ^ k; case 2: if (v > k) return v - "
		"k;\n"
		"  case 3: v += 5; break; case 5: return k; default: v = v << 1 | 1; }\n"
		"  return v; }\n"
		"kernel void branchy%d(global int *o, global const int *in, int n) {\n"
		"  int i = get_global_id(0), v = in[i], seen[8] = {0};\n"
		"  if (i >= n) return;\n"
		"  for (int k = 0; k < n; k++) {\n"
		"    if (v %% %d == 0) { seen[k & 7] += k; continue; }\n"
		"    int w = v;\n"
		"    while (w > k) { w -= %d + (w & 3); if ((w ^ k) == %u) break; seen[w & 7]++; "
		"}\n"
		"    v = w & 1 ? step%d(v, k) : v + seen[k & 7];\n"
		"    if (v > 1 << 20) { if (k & 1) return; v >>= %d; } else if (v < 0) v = -v;\n"
		"    o[i] = v + seen[(v ^ k) & 7];\n"
		"  } }\n",
		number, number + 11, number, number % 5 + 2, number % 7 + 1, salt & 0x7fffffffu,
		number, number % 9 + 3);
}

enum { BRANCHY = 40, BRANCHY_BYTES = BRANCHY * 2048 };

static void run_branchy(cl_program program, cl_mem out, cl_mem in)
{
	cl_kernel kernels[BRANCHY];
	const size_t range = 64, local = 64;
	cl_int n = 8;

	MUST(clCreateKernelsInProgram(program, BRANCHY, kernels, NULL));
	for (int k = 0; k < BRANCHY; k++) {
		MUST(clSetKernelArg(kernels[k], 0, sizeof out, &out));
		MUST(clSetKernelArg(kernels[k], 1, sizeof in, &in));
		MUST(clSetKernelArg(kernels[k], 2, sizeof n, &n));
		MUST(clEnqueueNDRangeKernel(bench_queue(), kernels[k], 1, NULL, &range, &local, 0,
					    NULL, NULL));
	}
	MUST(clFinish(bench_queue()));
	for (int k = 0; k < BRANCHY; k++)
		MUST(clReleaseKernel(kernels[k]));
}

/* A file of 40 kernels full of branches, new each time, and one small run of each. */
static void forty_branchy(struct bench *bench, int64_t with_run)
{
	static unsigned salt;
	char *source = malloc(BRANCHY_BYTES);
	cl_mem out = bench_new_buffer(4096, NULL), in = bench_new_buffer(4096, NULL);
	const cl_int one = 1;

	if (!source) {
		bench_error(bench, "no memory");
		return;
	}
	MUST(clEnqueueFillBuffer(bench_queue(), in, &one, sizeof one, 0, 4096, 0, NULL, NULL));
	unique_source(source, BRANCHY_BYTES);
	MUST(clReleaseProgram(build(source))); /* the compiler itself is loaded by now */
	while (bench_next(bench)) {
		size_t length = 0;

		salt++;
		for (int k = 0; k < BRANCHY; k++)
			length += (size_t)branchy_kernel(source + length, BRANCHY_BYTES - length, k,
							 (unsigned)getpid() << 12 ^
								 (unsigned)time(NULL) ^ salt << 24);
		double start = bench_now();
		cl_program program = build(source);

		if (with_run)
			run_branchy(program, out, in);
		bench_time(bench, bench_now() - start);
		MUST(clReleaseProgram(program));
	}
	MUST(clReleaseMemObject(in));
	MUST(clReleaseMemObject(out));
	free(source);
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
	bench_add("build/forty_branchy", forty_branchy, 0, BENCH_MANUAL | BENCH_ONCE);
	bench_add("build/forty_branchy_and_run", forty_branchy, 1, BENCH_MANUAL | BENCH_ONCE);
	bench_add("build/cached", cached, 0, BENCH_MANUAL);
	bench_add("build/cached_and_run", cached, 1, BENCH_MANUAL);
	bench_add("build/create_kernel", create_kernel, 0, 0);
}
