/* SPDX-License-Identifier: MIT */
/* Kernels whose work-items meet at counters. */
#include "bench/compute.h"
#include <stdlib.h>
#include <string.h>

#define GROUP       256
#define COUNT_LIMIT 0.75f
#define BINS        1024
#define KEPT        (UINT32_MAX / 4) /* what compaction keeps: a quarter */

static void prepare_histogram(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 22, 1 << 14);

	compute_uints(compute, count, 0);
	compute_zeros(compute, 256 * sizeof(cl_uint));
	compute_restore(compute);
	compute_int(compute, (cl_int)count);
	compute_range(compute, compute_choose(compute, 64ul * GROUP, 4ul * GROUP), GROUP);
	compute->bytes = sizeof(cl_uint) * (double)count;
}

static void prepare_histogram_global(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 20, 1 << 12);

	compute_uints(compute, count, 0);
	compute_zeros(compute, 256 * sizeof(cl_uint));
	compute_restore(compute);
	compute_range(compute, count, GROUP);
	compute->bytes = sizeof(cl_uint) * (double)count;
}

static void expect_histogram(const struct compute *compute, void *expected)
{
	const cl_uint *in = compute_host(compute, 0);
	cl_uint *counts = expected;

	for (size_t i = 0; i < compute->buffers[0].size / sizeof *in; i++)
		counts[in[i] & 255]++;
}

static void prepare_count(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 22, 1 << 12);

	compute_floats(compute, count, 0, 1);
	compute_zeros(compute, count / GROUP * sizeof(cl_uint));
	compute_float(compute, COUNT_LIMIT);
	compute_range(compute, count, GROUP);
	compute->bytes = sizeof(float) * (double)count;
}

static void expect_count(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	cl_uint *counts = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		counts[i / GROUP] += in[i] > COUNT_LIMIT;
}

static void prepare_add_float(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 20, 1 << 12);

	compute_uints(compute, count, BINS);
	compute_floats(compute, count, 0, 1);
	compute_zeros(compute, BINS * sizeof(float));
	compute_restore(compute);
	compute_range(compute, count, 0);
	compute->bytes = 2.0 * sizeof(float) * (double)count;
}

static void expect_add_float(const struct compute *compute, void *expected)
{
	const cl_uint *bin = compute_host(compute, 0);
	const float *weight = compute_host(compute, 1);
	double *sums = compute_memory(BINS * sizeof *sums);
	float *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		sums[bin[i]] += weight[i];
	for (size_t i = 0; i < BINS; i++)
		out[i] = (float)sums[i];
	free(sums);
}

static void prepare_compact(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 20, 1 << 12);

	compute_uints(compute, count, 0);
	compute_zeros(compute, count * sizeof(cl_uint));
	compute_zeros(compute, sizeof(cl_uint));
	compute_restore(compute);
	compute_int(compute, (cl_int)KEPT);
	compute_range(compute, count, GROUP);
	compute->bytes = 1.25 * sizeof(cl_uint) * (double)count;
}

static void expect_compact(const struct compute *compute, void *expected)
{
	const cl_uint *in = compute_host(compute, 0);
	cl_uint *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		if (in[i] < KEPT)
			*out++ = in[i];
}

COMPUTE_TEXT(histogram);
COMPUTE_TEXT(histogram_global);
COMPUTE_TEXT(count);
COMPUTE_TEXT(add_float);
COMPUTE_TEXT(compact);
COMPUTE_TEXT(compact_local);

const struct compute_case compute_atomic_cases[] = {
	COMPUTE_CASE(histogram, 1, COMPUTE_EXACT, 0),
	{"histogram_global", NULL, kernel_histogram_global, prepare_histogram_global,
	 expect_histogram, 1, COMPUTE_EXACT, 0, 0},
	COMPUTE_CASE(count, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(add_float, 2, COMPUTE_FLOAT, 1e-4),
	COMPUTE_CASE(compact, 1, COMPUTE_SET, 0),
	{"compact_local", NULL, kernel_compact_local, prepare_compact, expect_compact, 1,
	 COMPUTE_SET, 0, 0},
	{0},
};
