/* SPDX-License-Identifier: MIT */
/* Kernels in which each point of a grid looks at its neighbours. */
#include "bench/compute.h"

#define MIDDLE 0.4f
#define AROUND 0.1f

static void prepare_grid(struct compute *compute, size_t full, size_t local_x, size_t local_y)
{
	size_t side = compute_choose(compute, full, 128);

	compute_floats(compute, side * side, -1, 1);
	compute_zeros(compute, side * side * sizeof(float));
	compute_int(compute, (cl_int)side);
	compute_int(compute, (cl_int)side);
	compute_range_2d(compute, side, side, local_x, local_y);
	compute->bytes = 2.0 * sizeof(float) * (double)(side * side);
}

static void prepare_stencil(struct compute *compute)
{
	prepare_grid(compute, 2048, 0, 0);
}

static void prepare_stencil_1x64(struct compute *compute)
{
	prepare_grid(compute, 2048, 1, 64);
}

static void prepare_stencil_8x8(struct compute *compute)
{
	prepare_grid(compute, 2048, 8, 8);
}

static void expect_stencil(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	size_t side = compute->global[0];
	float *out = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++) {
			size_t at = y * side + x;

			out[at] = in[at];
			if (x && y && x < side - 1 && y < side - 1)
				out[at] = 0.6f * in[at] + 0.1f * (in[at - 1] + in[at + 1] +
								  in[at - side] + in[at + side]);
		}
}

static void prepare_stencil3d(struct compute *compute)
{
	size_t side = compute_choose(compute, 160, 32);

	compute_floats(compute, side * side * side, -1, 1);
	compute_zeros(compute, side * side * side * sizeof(float));
	compute_float(compute, MIDDLE);
	compute_float(compute, AROUND);
	compute_range_2d(compute, side, side, 16, 4);
	compute->dimensions = 3;
	compute->global[2] = side;
	compute->local[2] = 2;
	compute->bytes = 2.0 * sizeof(float) * (double)(side * side * side);
}

static void expect_stencil3d(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	size_t side = compute->global[0], plane = side * side;
	float *out = expected;

	for (size_t at = 0; at < plane * side; at++) {
		size_t x = at % side, y = at / side % side, z = at / plane;

		out[at] = in[at];
		if (x && y && z && x < side - 1 && y < side - 1 && z < side - 1)
			out[at] = MIDDLE * in[at] +
				  AROUND * (in[at - 1] + in[at + 1] + in[at - side] +
					    in[at + side] + in[at - plane] + in[at + plane]);
	}
}

static void prepare_box9(struct compute *compute)
{
	prepare_grid(compute, 2048, 16, 16);
}

static size_t limited(size_t at, int step, size_t side)
{
	if (step < 0)
		return at < (size_t)-step ? 0 : at - (size_t)-step;
	return at + (size_t)step >= side ? side - 1 : at + (size_t)step;
}

static void expect_box9(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0);
	size_t side = compute->global[0];
	float *out = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++) {
			float sum = 0;

			for (int i = 0; i < 9; i++)
				sum += in[limited(y, i / 3 - 1, side) * side +
					  limited(x, i % 3 - 1, side)];
			out[y * side + x] = sum / 9;
		}
}

static void prepare_life(struct compute *compute)
{
	size_t side = compute_choose(compute, 1024, 64);
	cl_uint state = 7;
	cl_uchar *cells = compute_zeros(compute, side * side);

	for (size_t i = 0; i < side * side; i++)
		cells[i] = compute_random(&state) >> 31;
	compute_zeros(compute, side * side);
	compute_range_2d(compute, side, side, 8, 8);
	compute->bytes = 2.0 * (double)(side * side);
}

static void expect_life(const struct compute *compute, void *expected)
{
	const cl_uchar *in = compute_host(compute, 0);
	size_t side = compute->global[0];
	cl_uchar *out = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++) {
			unsigned around = 0;

			for (size_t i = 0; i < 9; i++)
				if (i != 4)
					around += in[(y + i / 3 + side - 1) % side * side +
						     (x + i % 3 + side - 1) % side];
			out[y * side + x] = around == 3 || (around == 2 && in[y * side + x]);
		}
}

COMPUTE_TEXT(stencil);
COMPUTE_TEXT(stencil3d);
COMPUTE_TEXT(box9);
COMPUTE_TEXT(life);

const struct compute_case compute_grid_cases[] = {
	COMPUTE_CASE(stencil, 1, COMPUTE_FLOAT, 1e-6),
	COMPUTE_VARIANT(stencil_1x64, stencil, 1, COMPUTE_FLOAT, 1e-6),
	COMPUTE_VARIANT(stencil_8x8, stencil, 1, COMPUTE_FLOAT, 1e-6),
	COMPUTE_CASE(stencil3d, 1, COMPUTE_FLOAT, 1e-6),
	COMPUTE_CASE(box9, 1, COMPUTE_FLOAT, 1e-6),
	COMPUTE_CASE(life, 1, COMPUTE_EXACT, 0),
	{0},
};
