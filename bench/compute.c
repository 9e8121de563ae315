/* SPDX-License-Identifier: MIT */
/* Runs the compute kernels: each is checked once against a plain loop, then timed. */
#include "bench/compute.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void finish_compute(struct compute *compute)
{
	for (int i = 0; i < COMPUTE_BUFFERS; i++) {
		if (compute->mems[i])
			MUST(clReleaseMemObject(compute->mems[i]));
		free(compute->host[i]);
	}
	MUST(clReleaseKernel(compute->kernel));
}

static void run(const struct compute *compute)
{
	MUST(clEnqueueNDRangeKernel(bench_queue(), compute->kernel, compute->dimensions, NULL,
				    compute->global, compute->local[0] ? compute->local : NULL, 0,
				    NULL, NULL));
	MUST(clFinish(bench_queue()));
}

static bool right(const struct compute_case *which, const struct compute *compute)
{
	size_t size = compute->sizes[which->output];
	void *result = malloc(size);

	if (!result)
		return false;
	MUST(clEnqueueReadBuffer(bench_queue(), compute->mems[which->output], CL_TRUE, 0, size,
				 result, 0, NULL, NULL));
	bool ok = which->check(compute, result);

	free(result);
	return ok;
}

static void compute_bench(struct bench *bench, int64_t index)
{
	const struct compute_case *which = &compute_cases[index];
	struct compute compute = {.kernel = bench_new_kernel(which->source, which->name)};

	if (which->prepare(&compute)) {
		bench_error(bench, "no memory");
		finish_compute(&compute);
		return;
	}
	run(&compute);
	if (!right(which, &compute)) {
		bench_error(bench, "wrong result");
		finish_compute(&compute);
		return;
	}
	while (bench_next(bench))
		run(&compute);
	if (compute.bytes > 0)
		bench_bytes(bench, compute.bytes);
	if (compute.flops > 0)
		bench_flops(bench, compute.flops);
	finish_compute(&compute);
}

void bench_add_compute(void)
{
	char name[64];

	for (int i = 0; compute_cases[i].name; i++) {
		snprintf(name, sizeof name, "compute/%s", compute_cases[i].name);
		bench_add(name, compute_bench, i, 0);
	}
}
