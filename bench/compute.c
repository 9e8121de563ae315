/* SPDX-License-Identifier: MIT */
/* Runs the kernel suite: see compute.h. */
#include "bench/compute.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define RUN_SECONDS 0.1 /* that a kernel is run for its best time */

static const struct compute_case *const topics[] = {
	compute_memory_cases, compute_dense_cases, compute_local_cases, compute_atomic_cases,
	compute_branch_cases, compute_math_cases,  compute_sort_cases,  compute_sparse_cases,
	compute_grid_cases,   compute_image_cases, compute_fft_cases,   compute_hash_cases,
};

static void make_buffers(struct compute *compute)
{
	for (unsigned i = 0; i < compute->buffer_count; i++) {
		struct compute_buffer *buffer = &compute->buffers[i];

		buffer->mem = bench_new_buffer(buffer->size, buffer->host);
	}
}

static void set_arguments(const struct compute *compute)
{
	for (unsigned i = 0; i < compute->argument_count; i++) {
		const struct compute_argument *from = &compute->arguments[i];
		const void *value = from->local ? NULL : from->value;
		size_t size = from->size;

		if (from->buffer >= 0) {
			value = &compute->buffers[from->buffer].mem;
			size = sizeof(cl_mem);
		}
		MUST(clSetKernelArg(compute->kernel, i, size, value));
	}
}

static void finish_compute(struct compute *compute)
{
	for (unsigned i = 0; i < compute->buffer_count; i++) {
		if (compute->buffers[i].mem)
			MUST(clReleaseMemObject(compute->buffers[i].mem));
		free(compute->buffers[i].host);
	}
	if (compute->kernel)
		MUST(clReleaseKernel(compute->kernel));
	*compute = (struct compute){0};
}

/* The kernel of a program that declares a name of its own when @unique: no cache knows it, even one
 * that looks at preprocessed text only. */
static cl_kernel build(const struct compute_case *which, bool unique)
{
	static unsigned count;
	char first[80] = "";
	const char *parts[] = {first, which->source};
	cl_int error;

	if (unique)
		snprintf(first, sizeof first, "typedef int unique_%d_%u_%lld;\n", (int)getpid(),
			 count++, (long long)time(NULL));
	cl_program program = clCreateProgramWithSource(bench_context(), 2, parts, NULL, &error);

	MUST(error);
	MUST(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	cl_kernel kernel =
		clCreateKernel(program, which->kernel ? which->kernel : which->name, &error);

	MUST(error);
	MUST(clReleaseProgram(program));
	return kernel;
}

static void restore(void *data)
{
	const struct compute *compute = data;

	for (unsigned i = 0; i < compute->buffer_count; i++) {
		const struct compute_buffer *buffer = &compute->buffers[i];

		if (buffer->restored)
			MUST(clEnqueueWriteBuffer(bench_queue(), buffer->mem, CL_TRUE, 0,
						  buffer->size, buffer->host, 0, NULL, NULL));
	}
}

static void run(void *data)
{
	const struct compute *compute = data;

	MUST(clEnqueueNDRangeKernel(bench_queue(), compute->kernel, compute->dimensions, NULL,
				    compute->global, compute->local[0] ? compute->local : NULL, 0,
				    NULL, NULL));
	MUST(clFinish(bench_queue()));
}

/* Leaves a message and gives false when the one run so far has gone wrong. */
static bool checked(struct bench *bench, const struct compute_case *which,
		    const struct compute *compute)
{
	const struct compute_buffer *output = &compute->buffers[which->output];
	void *result = compute_memory(output->size);
	char why[200];

	MUST(clEnqueueReadBuffer(bench_queue(), output->mem, CL_TRUE, 0, output->size, result, 0,
				 NULL, NULL));
	bool right = compute_right(which, compute, result, why, sizeof why);

	if (!right)
		bench_error(bench, why);
	free(result);
	return right;
}

static const struct compute_case *case_of(int64_t index)
{
	return &topics[index / 100][index % 100];
}

static void compute_bench(struct bench *bench, int64_t index)
{
	const struct compute_case *which = case_of(index);
	struct compute compute = {.kernel = build(which, false)};

	which->prepare(&compute);
	make_buffers(&compute);
	set_arguments(&compute);
	run(&compute);
	if (checked(bench, which, &compute)) {
		bench_best(bench, RUN_SECONDS, run, restore, &compute);
		bench_bytes(bench, compute.bytes);
		bench_flops(bench, compute.flops);
	}
	finish_compute(&compute);
}

static void compile_bench(struct bench *bench, int64_t index)
{
	const struct compute_case *which = case_of(index);
	struct compute compute = {.small = true};

	which->prepare(&compute);
	make_buffers(&compute);
	(void)bench_queue(); /* starts the compiler */
	double start = bench_now();

	compute.kernel = build(which, true);
	set_arguments(&compute);
	run(&compute);
	double time = bench_now() - start;

	if (checked(bench, which, &compute))
		while (bench_next(bench))
			bench_time(bench, time);
	finish_compute(&compute);
}

void bench_add_compute(void)
{
	char name[64];

	for (unsigned topic = 0; topic < LENGTH(topics); topic++)
		for (int i = 0; topics[topic][i].name; i++) {
			int64_t index = 100 * (int64_t)topic + i;

			snprintf(name, sizeof name, "compute/%s", topics[topic][i].name);
			bench_add(name, compute_bench, index, BENCH_MANUAL | BENCH_ONCE);
			snprintf(name, sizeof name, "compile/%s", topics[topic][i].name);
			bench_add(name, compile_bench, index, BENCH_MANUAL | BENCH_ONCE);
		}
}
