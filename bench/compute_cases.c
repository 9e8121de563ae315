/* SPDX-License-Identifier: MIT */
#include "bench/compute.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR    (1u << 23)
#define BODIES    4096
#define SIDE      512 /* of the matrices */
#define IMAGE     1024
#define MOST      256
#define GROUP     256
#define GRID      2048
#define SAMPLES   (1u << 22)
#define FUNCTIONS (1u << 20)

static float random_float(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return (float)(*state >> 8) / 16777216.f;
}

/* Buffer number @index: @size bytes, filled with random floats, or zero. */
static int add_buffer(struct compute *compute, int index, size_t size, bool random)
{
	uint32_t state = 12345 + (uint32_t)index;
	float *host = calloc(1, size);

	if (!host)
		return -ENOMEM;
	for (size_t i = 0; random && i < size / sizeof *host; i++)
		host[i] = random_float(&state);
	compute->host[index] = host;
	compute->sizes[index] = size;
	compute->mems[index] = bench_new_buffer(size, host);
	return 0;
}

#define SET(compute, index, value)                                                                 \
	MUST(clSetKernelArg((compute)->kernel, index, sizeof(value), &(value)))

static void set_range(struct compute *compute, size_t x, size_t y, size_t local)
{
	compute->dimensions = y ? 2 : 1;
	compute->global[0] = x;
	compute->global[1] = y;
	compute->local[0] = compute->local[1] = local;
}

static bool close_to(double result, double expected, double tolerance)
{
	return fabs(result - expected) <= tolerance * (1 + fabs(expected));
}

static int prepare_saxpy(struct compute *compute)
{
	const float a = 2.5f;
	int error = add_buffer(compute, 0, VECTOR * sizeof(float), true);

	error = error ? error : add_buffer(compute, 1, VECTOR * sizeof(float), true);
	if (error)
		return error;
	SET(compute, 0, a);
	SET(compute, 1, compute->mems[0]);
	SET(compute, 2, compute->mems[1]);
	set_range(compute, VECTOR, 0, 0);
	compute->bytes = 3.0 * VECTOR * sizeof(float);
	return 0;
}

static bool check_saxpy(const struct compute *compute, const void *result)
{
	const float *x = compute->host[0], *y = compute->host[1], *got = result;

	for (size_t i = 0; i < VECTOR; i++)
		if (!close_to(got[i], y[i] + 2.5 * x[i], 1e-6))
			return false;
	return true;
}

static int prepare_nbody(struct compute *compute)
{
	const cl_int count = BODIES;
	const float softening = 0.01f;
	int error = add_buffer(compute, 0, BODIES * sizeof(cl_float4), true);

	error = error ? error : add_buffer(compute, 1, BODIES * sizeof(cl_float4), false);
	if (error)
		return error;
	SET(compute, 0, compute->mems[0]);
	SET(compute, 1, compute->mems[1]);
	SET(compute, 2, count);
	SET(compute, 3, softening);
	set_range(compute, BODIES, 0, 0);
	compute->flops = 20.0 * BODIES * BODIES;
	return 0;
}

static bool check_nbody(const struct compute *compute, const void *result)
{
	const cl_float4 *bodies = compute->host[0], *got = result;

	for (size_t me = 0; me < BODIES; me += 61) {
		double sum[3] = {0, 0, 0};

		for (size_t i = 0; i < BODIES; i++) {
			double way[3], square = 0.01;

			for (int d = 0; d < 3; d++) {
				way[d] = (double)bodies[i].s[d] - (double)bodies[me].s[d];
				square += way[d] * way[d];
			}
			for (int d = 0; d < 3; d++)
				sum[d] += way[d] * (double)bodies[i].s[3] / (square * sqrt(square));
		}
		for (int d = 0; d < 3; d++)
			if (!close_to(got[me].s[d], sum[d], 1e-3))
				return false;
	}
	return true;
}

static int prepare_matmul(struct compute *compute)
{
	const cl_int n = SIDE;
	int error = 0;

	for (int i = 0; i < 3 && !error; i++)
		error = add_buffer(compute, i, SIDE * SIDE * sizeof(float), i < 2);
	if (error)
		return error;
	for (cl_uint i = 0; i < 3; i++)
		SET(compute, i, compute->mems[i]);
	SET(compute, 3, n);
	set_range(compute, SIDE, SIDE, 16);
	compute->flops = 2.0 * SIDE * SIDE * SIDE;
	return 0;
}

static bool check_matmul(const struct compute *compute, const void *result)
{
	const float *a = compute->host[0], *b = compute->host[1], *got = result;

	for (size_t y = 0; y < SIDE; y += 17)
		for (size_t x = 0; x < SIDE; x++) {
			double sum = 0;

			for (size_t k = 0; k < SIDE; k++)
				sum += (double)a[y * SIDE + k] * (double)b[k * SIDE + x];
			if (!close_to(got[y * SIDE + x], sum, 1e-5))
				return false;
		}
	return true;
}

static int prepare_mandelbrot(struct compute *compute)
{
	const cl_int width = IMAGE, height = IMAGE, most = MOST;
	int error = add_buffer(compute, 0, IMAGE * IMAGE * sizeof(cl_int), false);

	if (error)
		return error;
	SET(compute, 0, compute->mems[0]);
	SET(compute, 1, width);
	SET(compute, 2, height);
	SET(compute, 3, most);
	set_range(compute, IMAGE, IMAGE, 0);
	return 0;
}

static int mandelbrot_steps(float cx, float cy)
{
	float x = 0, y = 0;
	int step = 0;

	while (step < MOST && x * x + y * y < 4.0f) {
		float next = x * x - y * y + cx;

		y = 2.0f * x * y + cy;
		x = next;
		step++;
	}
	return step;
}

/* Contraction may move single points at the edge of the set. */
static bool check_mandelbrot(const struct compute *compute, const void *result)
{
	const cl_int *got = result;
	size_t different = 0;

	(void)compute;
	for (int y = 0; y < IMAGE; y++)
		for (int x = 0; x < IMAGE; x++)
			different += got[y * IMAGE + x] !=
				     mandelbrot_steps((float)x * (3.0f / IMAGE) - 2.0f,
						      (float)y * (2.0f / IMAGE) - 1.0f);
	return different < IMAGE * IMAGE / 20;
}

static int prepare_reduction(struct compute *compute)
{
	int error = add_buffer(compute, 0, SAMPLES * sizeof(float), true);

	error = error ? error : add_buffer(compute, 1, SAMPLES / GROUP * sizeof(float), false);
	if (error)
		return error;
	SET(compute, 0, compute->mems[0]);
	SET(compute, 1, compute->mems[1]);
	MUST(clSetKernelArg(compute->kernel, 2, GROUP * sizeof(float), NULL));
	set_range(compute, SAMPLES, 0, GROUP);
	compute->bytes = SAMPLES * sizeof(float);
	return 0;
}

static bool check_reduction(const struct compute *compute, const void *result)
{
	const float *in = compute->host[0], *got = result;

	for (size_t group = 0; group < SAMPLES / GROUP; group++) {
		double sum = 0;

		for (size_t i = 0; i < GROUP; i++)
			sum += (double)in[group * GROUP + i];
		if (!close_to(got[group], sum, 1e-5))
			return false;
	}
	return true;
}

static int prepare_stencil(struct compute *compute)
{
	const cl_int side = GRID;
	int error = add_buffer(compute, 0, GRID * GRID * sizeof(float), true);

	error = error ? error : add_buffer(compute, 1, GRID * GRID * sizeof(float), false);
	if (error)
		return error;
	SET(compute, 0, compute->mems[0]);
	SET(compute, 1, compute->mems[1]);
	SET(compute, 2, side);
	SET(compute, 3, side);
	set_range(compute, GRID, GRID, 0);
	compute->bytes = 2.0 * GRID * GRID * sizeof(float);
	return 0;
}

static bool check_stencil(const struct compute *compute, const void *result)
{
	const float *in = compute->host[0], *got = result;

	for (size_t y = 0; y < GRID; y++)
		for (size_t x = 0; x < GRID; x++) {
			size_t at = y * GRID + x;
			double expected = (double)in[at];

			if (x && y && x < GRID - 1 && y < GRID - 1)
				expected = 0.6 * expected +
					   0.1 * ((double)in[at - 1] + (double)in[at + 1] +
						  (double)in[at - GRID] + (double)in[at + GRID]);
			if (!close_to(got[at], expected, 1e-6))
				return false;
		}
	return true;
}

static int prepare_histogram(struct compute *compute)
{
	const cl_uint total = SAMPLES;
	int error = add_buffer(compute, 0, SAMPLES * sizeof(cl_uint), true);

	error = error ? error : add_buffer(compute, 1, 256 * sizeof(cl_uint), false);
	if (error)
		return error;
	SET(compute, 0, compute->mems[0]);
	SET(compute, 1, compute->mems[1]);
	SET(compute, 2, total);
	set_range(compute, 64 * GROUP, 0, GROUP);
	compute->bytes = SAMPLES * sizeof(cl_uint);
	return 0;
}

static bool check_histogram(const struct compute *compute, const void *result)
{
	const cl_uint *in = compute->host[0];
	cl_uint counts[256] = {0};

	for (size_t i = 0; i < SAMPLES; i++)
		counts[in[i] & 255]++;
	return !memcmp(counts, result, sizeof counts);
}

static int prepare_math(struct compute *compute)
{
	int error = add_buffer(compute, 0, FUNCTIONS * sizeof(float), true);

	error = error ? error : add_buffer(compute, 1, FUNCTIONS * sizeof(float), false);
	if (error)
		return error;
	SET(compute, 0, compute->mems[0]);
	SET(compute, 1, compute->mems[1]);
	set_range(compute, FUNCTIONS, 0, 0);
	return 0;
}

static bool check_math(const struct compute *compute, const void *result)
{
	const float *in = compute->host[0], *got = result;

	for (size_t i = 0; i < FUNCTIONS; i++) {
		double x = (double)in[i];
		double expected =
			sin(x) * exp(-x * x) + pow(fabs(x) + 0.5, 1.25) + log(1 + fabs(x));

		if (!close_to(got[i], expected, 1e-5))
			return false;
	}
	return true;
}

const struct compute_case compute_cases[] = {
	{"saxpy", kernel_saxpy, prepare_saxpy, check_saxpy, 1},
	{"nbody", kernel_nbody, prepare_nbody, check_nbody, 1},
	{"matmul", kernel_matmul, prepare_matmul, check_matmul, 2},
	{"matmul_tiled", kernel_matmul_tiled, prepare_matmul, check_matmul, 2},
	{"mandelbrot", kernel_mandelbrot, prepare_mandelbrot, check_mandelbrot, 0},
	{"reduction", kernel_reduction, prepare_reduction, check_reduction, 1},
	{"stencil", kernel_stencil, prepare_stencil, check_stencil, 1},
	{"histogram", kernel_histogram, prepare_histogram, check_histogram, 1},
	{"math", kernel_math, prepare_math, check_math, 1},
	{NULL, NULL, NULL, NULL, 0},
};
