/* SPDX-License-Identifier: MIT */
/* Steps of sorting keys that lie in global memory. */
#include "bench/compute.h"
#include <stdlib.h>

#define SHIFT      8
#define COUNT_EACH 16 /* keys of a work-item when counting... */
#define GROUP      64
#define MOVE_EACH  64 /* ...and when moving them */

static void prepare_bitonic_step(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 20, 1 << 12);

	compute_uints(compute, count, 0);
	compute_restore(compute);
	compute_int(compute, (cl_int)count / 4);
	compute_int(compute, (cl_int)count / 16);
	compute_range(compute, count, 0);
	compute->bytes = 2.0 * sizeof(cl_uint) * (double)count;
}

static void expect_bitonic_step(const struct compute *compute, void *expected)
{
	size_t count = compute->global[0];
	cl_uint *keys = expected;

	for (size_t at = 0; at < count; at++) {
		size_t partner = at ^ (count / 16);
		cl_uint a = keys[at], b = keys[partner];

		if (partner > at && (a > b) == ((at & (count / 4)) == 0)) {
			keys[at] = b;
			keys[partner] = a;
		}
	}
}

static void prepare_radix_count(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 21, 1 << 13);
	size_t groups = count / (GROUP * COUNT_EACH);

	compute_uints(compute, count, 0);
	compute_zeros(compute, 16 * groups * sizeof(cl_uint));
	compute_int(compute, SHIFT);
	compute_int(compute, COUNT_EACH);
	compute_range(compute, groups * GROUP, GROUP);
	compute->bytes = sizeof(cl_uint) * (double)count;
}

static void expect_radix_count(const struct compute *compute, void *expected)
{
	const cl_uint *keys = compute_host(compute, 0);
	size_t groups = compute->global[0] / GROUP;
	cl_uint *counts = expected;

	for (size_t i = 0; i < compute->global[0] * COUNT_EACH; i++)
		counts[((keys[i] >> SHIFT) & 15) * groups + i / (GROUP * COUNT_EACH)]++;
}

/* Where the first key with each digit of each work-item's run belongs. */
static void fill_offsets(cl_uint *offsets, const cl_uint *keys, size_t items)
{
	cl_uint sum = 0;

	for (size_t i = 0; i < items * MOVE_EACH; i++)
		offsets[((keys[i] >> SHIFT) & 15) * items + i / MOVE_EACH]++;
	for (size_t i = 0; i < 16 * items; i++) {
		cl_uint here = offsets[i];

		offsets[i] = sum;
		sum += here;
	}
}

static void prepare_radix_scatter(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 20, 1 << 13), items = count / MOVE_EACH;
	const cl_uint *keys = compute_uints(compute, count, 0);

	compute_zeros(compute, count * sizeof(cl_uint));
	fill_offsets(compute_zeros(compute, 16 * items * sizeof(cl_uint)), keys, items);
	compute_int(compute, SHIFT);
	compute_int(compute, MOVE_EACH);
	compute_range(compute, items, 64);
	compute->bytes = 2.0 * sizeof(cl_uint) * (double)count;
}

static void expect_radix_scatter(const struct compute *compute, void *expected)
{
	const cl_uint *keys = compute_host(compute, 0);
	cl_uint *out = expected;

	for (cl_uint digit = 0; digit < 16; digit++)
		for (size_t i = 0; i < compute->global[0] * MOVE_EACH; i++)
			if (((keys[i] >> SHIFT) & 15) == digit)
				*out++ = keys[i];
}

COMPUTE_TEXT(bitonic_step);
COMPUTE_TEXT(radix_count);
COMPUTE_TEXT(radix_scatter);

const struct compute_case compute_sort_cases[] = {
	COMPUTE_CASE(bitonic_step, 0, COMPUTE_EXACT, 0),
	COMPUTE_CASE(radix_count, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(radix_scatter, 1, COMPUTE_EXACT, 0),
	{0},
};
