/* SPDX-License-Identifier: MIT */
/* Kernels that wait for memory. Their buffers are larger than the caches. */
#include "bench/compute.h"
#include <math.h>

#define SCALE  2.5f
#define STRIDE 8
#define OFFSET 3
#define LIFT   60

static size_t vector_count(const struct compute *compute)
{
	return compute_choose(compute, 1 << 23, 1 << 12);
}

static void prepare_copy(struct compute *compute)
{
	size_t count = vector_count(compute);

	compute_floats(compute, count, -1, 1);
	compute_zeros(compute, count * sizeof(float));
	compute_range(compute, count, 0);
	compute->bytes = 2.0 * sizeof(float) * (double)count;
}

static void expect_copy(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	float *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		out[i] = in[i];
}

static void saxpy_of(struct compute *compute, size_t count)
{
	compute_float(compute, SCALE);
	compute_floats(compute, count, -1, 1);
	compute_floats(compute, count, -1, 1);
	compute_range(compute, count, 0);
	compute->bytes = 3.0 * sizeof(float) * (double)count;
}

static void prepare_saxpy(struct compute *compute)
{
	saxpy_of(compute, vector_count(compute));
}

/* 512 KiB: what is measured is the second cache, and how soon all processors are at work. */
static void prepare_saxpy_cached(struct compute *compute)
{
	saxpy_of(compute, 1 << 16);
}

static void expect_saxpy(const struct compute *compute, void *expected)
{
	const float *x = compute_host(compute, 0);
	float *y = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		y[i] += SCALE * x[i];
}

static void prepare_triad(struct compute *compute)
{
	size_t count = vector_count(compute);

	compute_zeros(compute, count * sizeof(float));
	compute_floats(compute, count, -1, 1);
	compute_floats(compute, count, -1, 1);
	compute_float(compute, SCALE);
	compute_range(compute, count, 256);
	compute->bytes = 3.0 * sizeof(float) * (double)count;
}

static void expect_triad(const struct compute *compute, void *expected)
{
	const float *b = compute_host(compute, 1), *c = compute_host(compute, 2);
	float *a = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		a[i] = b[i] + SCALE * c[i];
}

static void prepare_strided(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 21, 1 << 10);

	compute_floats(compute, count * STRIDE, -1, 1);
	compute_zeros(compute, count * sizeof(float));
	compute_int(compute, STRIDE);
	compute_int(compute, OFFSET);
	compute_range(compute, count, 0);
	compute->bytes = (STRIDE + 1.0) * sizeof(float) * (double)count;
}

static void expect_strided(const struct compute *compute, void *expected)
{
	const float *records = compute_host(compute, 0);
	float *field = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		field[i] = records[i * STRIDE + OFFSET];
}

static void prepare_transpose(struct compute *compute)
{
	size_t width = compute_choose(compute, 2048, 64), height = width;

	compute_floats(compute, width * height, -1, 1);
	compute_zeros(compute, width * height * sizeof(float));
	compute_int(compute, (cl_int)width);
	compute_int(compute, (cl_int)height);
	compute_range_2d(compute, width, height, 16, 16);
	compute->bytes = 2.0 * sizeof(float) * (double)(width * height);
}

static void expect_transpose(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	size_t width = compute->global[0], height = compute->global[1];
	float *out = expected;

	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++)
			out[x * height + y] = in[y * width + x];
}

/* Each place once, in no order that a cache would like. */
static void add_places(struct compute *compute, size_t count)
{
	cl_uint *places = compute_zeros(compute, count * sizeof *places);

	for (size_t i = 0; i < count; i++)
		places[i] = (cl_uint)((i * 2654435761u + 12345) & (count - 1));
}

static void prepare_gather(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 22, 1 << 12);

	compute_floats(compute, count, -1, 1);
	add_places(compute, count);
	compute_zeros(compute, count * sizeof(float));
	compute_range(compute, count, 0);
	compute->bytes = 3.0 * sizeof(float) * (double)count;
}

static void expect_gather(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	const cl_uint *places = compute_host(compute, 1);
	float *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		out[i] = in[places[i]];
}

static void expect_scatter(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	const cl_uint *places = compute_host(compute, 1);
	float *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		out[places[i]] = in[i];
}

static void prepare_normalise(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 21, 1 << 10);

	compute_floats(compute, 4 * count, 0.1, 1);
	compute_zeros(compute, count * sizeof(cl_float4));
	compute_range(compute, count, 0);
	compute->bytes = 2.0 * sizeof(cl_float4) * (double)count;
}

static void expect_normalise(const struct compute *compute, void *expected)
{
	const cl_float4 *in = compute_host(compute, 0);
	cl_float4 *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++) {
		double square = 0;

		for (int k = 0; k < 4; k++)
			square += (double)in[i].s[k] * in[i].s[k];
		for (int k = 0; k < 4; k++)
			out[i].s[k] = (float)(in[i].s[k] / sqrt(square));
	}
}

static void prepare_blend(struct compute *compute)
{
	const cl_uchar lift = LIFT;
	size_t count = compute_choose(compute, 1 << 20, 1 << 10);

	compute_uints(compute, 4 * count, 0);
	compute_uints(compute, 4 * count, 0);
	compute_zeros(compute, count * sizeof(cl_uchar16));
	compute_value(compute, &lift, sizeof lift);
	compute_range(compute, count, 0);
	compute->bytes = 3.0 * sizeof(cl_uchar16) * (double)count;
}

static void expect_blend(const struct compute *compute, void *expected)
{
	const cl_uchar *a = compute_host(compute, 0), *b = compute_host(compute, 1);
	cl_uchar *out = expected;

	for (size_t i = 0; i < 16 * compute->global[0]; i++) {
		int bright = a[i] + LIFT > 255 ? 255 : a[i] + LIFT;
		int mixed = (bright + b[i] + 1) / 2;
		int apart = bright > b[i] ? bright - b[i] : b[i] - bright;

		out[i] = (cl_uchar)(mixed > apart ? mixed : apart);
	}
}

COMPUTE_TEXT(copy);
COMPUTE_TEXT(saxpy);
COMPUTE_TEXT(triad);
COMPUTE_TEXT(strided);
COMPUTE_TEXT(transpose);
COMPUTE_TEXT(transpose_tiled);
COMPUTE_TEXT(gather);
COMPUTE_TEXT(scatter);
COMPUTE_TEXT(normalise);
COMPUTE_TEXT(blend);

const struct compute_case compute_memory_cases[] = {
	COMPUTE_CASE(copy, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(saxpy, 1, COMPUTE_FLOAT, 1e-6),
	COMPUTE_VARIANT(saxpy_cached, saxpy, 1, COMPUTE_FLOAT, 1e-6),
	COMPUTE_CASE(triad, 0, COMPUTE_FLOAT, 1e-6),
	COMPUTE_CASE(strided, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(transpose, 1, COMPUTE_EXACT, 0),
	{"transpose_tiled", NULL, kernel_transpose_tiled, prepare_transpose, expect_transpose, 1,
	 COMPUTE_EXACT, 0, 0},
	COMPUTE_CASE(gather, 2, COMPUTE_EXACT, 0),
	{"scatter", NULL, kernel_scatter, prepare_gather, expect_scatter, 2, COMPUTE_EXACT, 0, 0},
	COMPUTE_CASE(normalise, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(blend, 2, COMPUTE_EXACT, 0),
	{0},
};
