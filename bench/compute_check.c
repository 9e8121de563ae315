/* SPDX-License-Identifier: MIT */
/* Compares what a kernel wrote with what the reference says. */
#include "bench/compute.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *left, const void *right)
{
	cl_uint a, b;

	memcpy(&a, left, sizeof a);
	memcpy(&b, right, sizeof b);
	return (a > b) - (a < b);
}

static bool close_to(double result, double expected, double tolerance)
{
	return result == expected || (isnan(result) && isnan(expected)) ||
	       fabs(result - expected) <= tolerance * (1 + fabs(expected));
}

/* Value number @at of @values, whatever type it has. */
static double value(const struct compute_case *which, const void *values, size_t at)
{
	switch (which->type) {
	case COMPUTE_FLOAT:
		return ((const float *)values)[at];
	case COMPUTE_DOUBLE:
		return ((const double *)values)[at];
	default:
		return ((const cl_uint *)values)[at];
	}
}

static bool compare(const struct compute_case *which, const void *result, const void *expected,
		    size_t count, char *why, size_t size)
{
	size_t different = 0, first = 0;

	for (size_t i = 0; i < count; i++)
		if (!close_to(value(which, result, i), value(which, expected, i), which->tolerance))
			first = different++ ? first : i;
	if ((double)different <= which->strays * (double)count)
		return true;
	snprintf(why, size, "wrong result: [%zu] is %.9g, not %.9g; %zu of %zu are wrong", first,
		 value(which, result, first), value(which, expected, first), different, count);
	return false;
}

bool compute_right(const struct compute_case *which, const struct compute *compute,
		   const void *result, char *why, size_t size)
{
	const struct compute_buffer *buffer = &compute->buffers[which->output];
	size_t count = buffer->size / (which->type == COMPUTE_DOUBLE ? 8 : 4);
	void *expected = compute_memory(buffer->size), *sorted = compute_memory(buffer->size);

	memcpy(expected, buffer->host, buffer->size);
	memcpy(sorted, result, buffer->size);
	which->expect(compute, expected);
	if (which->type == COMPUTE_SET) {
		qsort(sorted, count, 4, by_value);
		qsort(expected, count, 4, by_value);
	}
	bool right = compare(which, sorted, expected, count, why, size);

	free(expected);
	free(sorted);
	return right;
}
