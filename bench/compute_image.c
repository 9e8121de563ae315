/* SPDX-License-Identifier: MIT */
/* Filters of pictures that lie in buffers. */
#include "bench/compute.h"
#include <math.h>
#include <stdlib.h>

#define RADIUS   4
#define NEARNESS 0.1f
#define LIKENESS 8.0f

static void prepare_grey(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 22, 1 << 12);

	compute_uints(compute, count, 0);
	compute_zeros(compute, count);
	compute_range(compute, count, 0);
	compute->bytes = 5.0 * (double)count;
}

/* A difference of one in places where the sum is half way between two values. */
static void expect_grey(const struct compute *compute, void *expected)
{
	const cl_uchar *in = compute_host(compute, 0);
	cl_uchar *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		out[i] = (cl_uchar)lrintf(0.299f * in[4 * i] + 0.587f * in[4 * i + 1] +
					  0.114f * in[4 * i + 2]);
}

static void add_weights(struct compute *compute)
{
	float *weights = compute_zeros(compute, (2 * RADIUS + 1) * sizeof *weights), sum = 0;

	for (int i = 0; i <= 2 * RADIUS; i++)
		sum += weights[i] = expf(-0.1f * (float)((i - RADIUS) * (i - RADIUS)));
	for (int i = 0; i <= 2 * RADIUS; i++)
		weights[i] /= sum;
	compute_int(compute, RADIUS);
}

static size_t limited(size_t at, int step, size_t side)
{
	long moved = (long)at + step;

	return moved < 0 ? 0 : moved >= (long)side ? side - 1 : (size_t)moved;
}

static void prepare_blur_rows(struct compute *compute)
{
	size_t side = compute_choose(compute, 1024, 64);

	compute_floats(compute, side * side, 0, 1);
	compute_zeros(compute, side * side * sizeof(float));
	add_weights(compute);
	compute_int(compute, (cl_int)side);
	compute_range_2d(compute, side, side, 0, 0);
	compute->bytes = 2.0 * sizeof(float) * (double)(side * side);
	compute->flops = 2.0 * (2 * RADIUS + 1) * (double)(side * side);
}

static void expect_blur_rows(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0), *weights = compute_host(compute, 2);
	size_t side = compute->global[0];
	float *out = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			for (int i = -RADIUS; i <= RADIUS; i++)
				out[y * side + x] +=
					weights[i + RADIUS] * in[y * side + limited(x, i, side)];
}

static void prepare_blur_columns(struct compute *compute)
{
	size_t side = compute_choose(compute, 512, 32);

	compute_floats(compute, 4 * side * side, 0, 1);
	compute_zeros(compute, side * side * sizeof(cl_float4));
	add_weights(compute);
	compute_int(compute, (cl_int)side);
	compute_range_2d(compute, side, side, 16, 8);
	compute->bytes = 2.0 * sizeof(cl_float4) * (double)(side * side);
	compute->flops = 4 * 2.0 * (2 * RADIUS + 1) * (double)(side * side);
}

static void expect_blur_columns(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0), *weights = compute_host(compute, 2);
	size_t height = compute->global[1], width = 4 * compute->global[0];
	float *out = expected;

	for (size_t y = 0; y < height; y++)
		for (size_t x = 0; x < width; x++)
			for (int i = -RADIUS; i <= RADIUS; i++)
				out[y * width + x] +=
					weights[i + RADIUS] * in[limited(y, i, height) * width + x];
}

static void prepare_sobel(struct compute *compute)
{
	size_t side = compute_choose(compute, 2048, 64);

	compute_uints(compute, side * side / 4, 0);
	compute_zeros(compute, side * side);
	compute_int(compute, (cl_int)side);
	compute_int(compute, (cl_int)side);
	compute_range_2d(compute, side, side, 16, 16);
	compute->bytes = 2.0 * (double)(side * side);
}

static void expect_sobel(const struct compute *compute, void *expected)
{
	const cl_uchar *in = compute_host(compute, 0);
	size_t side = compute->global[0];
	cl_uchar *out = expected;

	for (size_t y = 1; y < side - 1; y++)
		for (size_t x = 1; x < side - 1; x++) {
			const cl_uchar *up = in + (y - 1) * side + x, *here = up + side;
			const cl_uchar *down = here + side;
			int gx = up[1] + 2 * here[1] + down[1] - up[-1] - 2 * here[-1] - down[-1];
			int gy = down[-1] + 2 * down[0] + down[1] - up[-1] - 2 * up[0] - up[1];
			float steep = sqrtf((float)(gx * gx + gy * gy));

			out[y * side + x] = steep > 255 ? 255 : (cl_uchar)steep;
		}
}

static void prepare_picture(struct compute *compute, size_t full)
{
	size_t side = compute_choose(compute, full, 64);

	compute_floats(compute, side * side, 0, 1);
	compute_zeros(compute, side * side * sizeof(float));
	compute_int(compute, (cl_int)side);
	compute_int(compute, (cl_int)side);
	compute_range_2d(compute, side, side, 16, 16);
	compute->bytes = 2.0 * sizeof(float) * (double)(side * side);
}

static void prepare_median(struct compute *compute)
{
	prepare_picture(compute, 1024);
}

static int by_size(const void *left, const void *right)
{
	const float *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static void expect_median(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	size_t side = compute->global[0];
	float *out = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++) {
			float v[9];

			for (int i = 0; i < 9; i++)
				v[i] = in[limited(y, i / 3 - 1, side) * side +
					  limited(x, i % 3 - 1, side)];
			qsort(v, 9, sizeof *v, by_size);
			out[y * side + x] = v[4];
		}
}

static void prepare_bilateral(struct compute *compute)
{
	prepare_picture(compute, 512);
	compute_int(compute, RADIUS / 2);
	compute_float(compute, NEARNESS);
	compute_float(compute, LIKENESS);
}

static float smooth(const float *in, size_t px, size_t py, size_t side)
{
	float here = in[py * side + px], sum = 0, weights = 0;

	for (int dy = -RADIUS / 2; dy <= RADIUS / 2; dy++)
		for (int dx = -RADIUS / 2; dx <= RADIUS / 2; dx++) {
			float value = in[limited(py, dy, side) * side + limited(px, dx, side)];
			float step = value - here;
			float weight = expf(-(float)(dx * dx + dy * dy) * NEARNESS -
					    step * step * LIKENESS);

			sum += weight * value;
			weights += weight;
		}
	return sum / weights;
}

static void expect_bilateral(const struct compute *compute, void *expected)
{
	size_t side = compute->global[0];
	float *out = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			out[y * side + x] = smooth(compute_host(compute, 0), x, y, side);
}

COMPUTE_TEXT(grey);
COMPUTE_TEXT(blur_rows);
COMPUTE_TEXT(blur_columns);
COMPUTE_TEXT(sobel);
COMPUTE_TEXT(median);
COMPUTE_TEXT(bilateral);

const struct compute_case compute_image_cases[] = {
	{"grey", NULL, kernel_grey, prepare_grey, expect_grey, 1, COMPUTE_EXACT, 0, 0.001},
	COMPUTE_CASE(blur_rows, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(blur_columns, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(sobel, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(median, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(bilateral, 1, COMPUTE_FLOAT, 1e-5),
	{0},
};
