/* SPDX-License-Identifier: MIT */
/* Kernels whose work-items work together in local memory, between barriers. */
#include "bench/compute.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GROUP  256
#define GROUPS 64 /* of the reduction that goes over the data in strides */

static size_t sample_count(const struct compute *compute)
{
	return compute_choose(compute, 1 << 22, 1 << 13);
}

static void prepare_reduction(struct compute *compute)
{
	size_t count = sample_count(compute);

	compute_floats(compute, count, 0, 1);
	compute_zeros(compute, count / GROUP * sizeof(float));
	compute_local(compute, GROUP * sizeof(float));
	compute_range(compute, count, GROUP);
	compute->bytes = sizeof(float) * (double)count;
}

/* Sums of neighbours, as many for each result as there are. */
static void expect_reduction(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	size_t groups = compute->buffers[1].size / sizeof(float);
	size_t each = compute->buffers[0].size / sizeof(float) / groups;
	float *sums = expected;

	for (size_t group = 0; group < groups; group++) {
		double sum = 0;

		for (size_t i = 0; i < each; i++)
			sum += in[group * each + i];
		sums[group] = (float)sum;
	}
}

static void prepare_reduction_grid(struct compute *compute)
{
	size_t count = sample_count(compute), items = GROUPS * GROUP;

	if (compute->small)
		items /= 8;
	compute_floats(compute, count, 0, 1);
	compute_zeros(compute, items / GROUP * sizeof(float));
	compute_local(compute, GROUP * sizeof(float));
	compute_int(compute, (cl_int)count);
	compute_range(compute, items, GROUP);
	compute->bytes = sizeof(float) * (double)count;
}

static void expect_reduction_grid(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	size_t count = sample_count(compute), items = compute->global[0];
	double *sums = compute_memory(items / GROUP * sizeof *sums);
	float *out = expected;

	for (size_t i = 0; i < count; i++)
		sums[i % items / GROUP] += in[i];
	for (size_t group = 0; group < items / GROUP; group++)
		out[group] = (float)sums[group];
	free(sums);
}

static void prepare_reduction_float4(struct compute *compute)
{
	size_t count = sample_count(compute), items = count / 8;

	compute_floats(compute, count, 0, 1);
	compute_zeros(compute, items / 128 * sizeof(float));
	compute_local(compute, 128 * sizeof(cl_float4));
	compute_range(compute, items, 128);
	compute->bytes = sizeof(float) * (double)count;
}

static void prepare_scan(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 20, 1 << 12);

	compute_uints(compute, count, 1000);
	compute_zeros(compute, count * sizeof(cl_int));
	compute_local(compute, GROUP * sizeof(cl_int));
	compute_local(compute, GROUP * sizeof(cl_int));
	compute_range(compute, count, GROUP);
	compute->bytes = 2.0 * sizeof(cl_int) * (double)count;
}

static void expect_scan(const struct compute *compute, void *expected)
{
	const cl_uint *in = compute_host(compute, 0);
	cl_uint *out = expected, sum = 0;

	for (size_t i = 0; i < compute->global[0]; i++)
		out[i] = sum = in[i] + (i % GROUP ? sum : 0);
}

static void prepare_scan_blelloch(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 21, 1 << 12);

	compute_uints(compute, count, 1000);
	compute_zeros(compute, count * sizeof(cl_int));
	compute_local(compute, 2ul * GROUP * sizeof(cl_int));
	compute_range(compute, count / 2, GROUP);
	compute->bytes = 2.0 * sizeof(cl_int) * (double)count;
}

static void expect_scan_blelloch(const struct compute *compute, void *expected)
{
	const cl_uint *in = compute_host(compute, 0);
	cl_uint *out = expected, sum = 0;

	for (size_t i = 0; i < 2 * compute->global[0]; i++) {
		sum = i % (2ul * GROUP) ? sum : 0;
		out[i] = sum;
		sum += in[i];
	}
}

static void prepare_bitonic_local(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 18, 1 << 12);

	compute_uints(compute, count, 0);
	compute_zeros(compute, count * sizeof(cl_uint));
	compute_local(compute, 2ul * GROUP * sizeof(cl_uint));
	compute_range(compute, count / 2, GROUP);
}

static int by_key(const void *left, const void *right)
{
	const cl_uint *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void expect_bitonic_local(const struct compute *compute, void *expected)
{
	cl_uint *keys = expected;

	memcpy(keys, compute_host(compute, 0), compute->buffers[0].size);
	for (size_t i = 0; i < 2 * compute->global[0]; i += 2ul * GROUP)
		qsort(keys + i, 2ul * GROUP, sizeof *keys, by_key);
}

static void prepare_dct(struct compute *compute)
{
	size_t side = compute_choose(compute, 1024, 64);

	compute_floats(compute, side * side, -1, 1);
	compute_zeros(compute, side * side * sizeof(float));
	float *cosines = compute_zeros(compute, 64 * sizeof *cosines);

	for (int u = 0; u < 8; u++)
		for (int k = 0; k < 8; k++)
			cosines[u * 8 + k] = (float)((u ? 0.5 : 0.5 * M_SQRT1_2) *
						     cos((2 * k + 1) * u * M_PI / 16));
	compute_int(compute, (cl_int)side);
	compute_range_2d(compute, side, side, 8, 8);
	compute->bytes = 2.0 * sizeof(float) * (double)(side * side);
	compute->flops = 32.0 * (double)(side * side);
}

static void expect_block(const float *in, float *out, const float *cosines, size_t width)
{
	double rows[8][8] = {{0}};

	for (size_t y = 0; y < 8; y++)
		for (size_t x = 0; x < 8; x++)
			for (size_t k = 0; k < 8; k++)
				rows[y][x] += (double)in[y * width + k] * cosines[x * 8 + k];
	for (size_t y = 0; y < 8; y++)
		for (size_t x = 0; x < 8; x++) {
			double sum = 0;

			for (size_t k = 0; k < 8; k++)
				sum += rows[k][x] * cosines[y * 8 + k];
			out[y * width + x] = (float)sum;
		}
}

static void expect_dct(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	size_t side = compute->global[0];
	float *out = expected;

	for (size_t y = 0; y < side; y += 8)
		for (size_t x = 0; x < side; x += 8)
			expect_block(in + y * side + x, out + y * side + x,
				     compute_host(compute, 2), side);
}

COMPUTE_TEXT(reduction);
COMPUTE_TEXT(reduction_modulo);
COMPUTE_TEXT(reduction_grid);
COMPUTE_TEXT(reduction_float4);
COMPUTE_TEXT(scan);
COMPUTE_TEXT(scan_blelloch);
COMPUTE_TEXT(bitonic_local);
COMPUTE_TEXT(dct);

const struct compute_case compute_local_cases[] = {
	COMPUTE_CASE(reduction, 1, COMPUTE_FLOAT, 1e-5),
	{"reduction_modulo", NULL, kernel_reduction_modulo, prepare_reduction, expect_reduction, 1,
	 COMPUTE_FLOAT, 1e-5, 0},
	COMPUTE_CASE(reduction_grid, 1, COMPUTE_FLOAT, 1e-4),
	{"reduction_float4", NULL, kernel_reduction_float4, prepare_reduction_float4,
	 expect_reduction, 1, COMPUTE_FLOAT, 1e-5, 0},
	COMPUTE_CASE(scan, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(scan_blelloch, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(bitonic_local, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(dct, 1, COMPUTE_FLOAT, 1e-5),
	{0},
};
