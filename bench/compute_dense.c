/* SPDX-License-Identifier: MIT */
/* Kernels that compute more than they move: matrices, bodies, prices. */
#include "bench/compute.h"
#include <math.h>
#include <stdlib.h>

#define SOFTENING  0.01f
#define RATE       0.03f
#define VOLATILITY 0.25f
#define PATHS      64
#define STRIKE     1.05f
#define DRIFT      (-0.02f)
#define SPREAD     0.2f
#define DEGREE     31

static void prepare_square(struct compute *compute, size_t local_x, size_t local_y)
{
	size_t side = compute_choose(compute, 512, 64);

	compute_floats(compute, side * side, -1, 1);
	compute_floats(compute, side * side, -1, 1);
	compute_zeros(compute, side * side * sizeof(float));
	compute_int(compute, (cl_int)side);
	compute_range_2d(compute, side, side, local_x, local_y);
	compute->bytes = 3.0 * sizeof(float) * (double)(side * side);
	compute->flops = 2.0 * (double)(side * side * side);
}

static void prepare_matmul(struct compute *compute)
{
	prepare_square(compute, 16, 16);
}

static void prepare_matmul_64x4(struct compute *compute)
{
	prepare_square(compute, 64, 4);
}

static void prepare_matmul_blocked(struct compute *compute)
{
	prepare_square(compute, 16, 16);
	compute->global[0] /= 4;
	compute->global[1] /= 4;
}

/* Row by row in doubles: the order is not the kernels'. */
static void expect_matmul(const struct compute *compute, void *expected)
{
	const float *a = compute_host(compute, 0), *b = compute_host(compute, 1);
	size_t side = compute_choose(compute, 512, 64);
	double *row = compute_memory(side * sizeof *row);
	float *c = expected;

	for (size_t y = 0; y < side; y++) {
		for (size_t x = 0; x < side; x++)
			row[x] = 0;
		for (size_t k = 0; k < side; k++)
			for (size_t x = 0; x < side; x++)
				row[x] += (double)a[y * side + k] * b[k * side + x];
		for (size_t x = 0; x < side; x++)
			c[y * side + x] = (float)row[x];
	}
	free(row);
}

static void prepare_matmul_double(struct compute *compute)
{
	size_t side = compute_choose(compute, 384, 64);

	compute_doubles(compute, side * side, -1, 1);
	compute_doubles(compute, side * side, -1, 1);
	compute_zeros(compute, side * side * sizeof(double));
	compute_int(compute, (cl_int)side);
	compute_range_2d(compute, side, side, 16, 16);
	compute->bytes = 3.0 * sizeof(double) * (double)(side * side);
	compute->flops = 4.0 * (double)(side * side * side);
}

static void expect_matmul_double(const struct compute *compute, void *expected)
{
	const double *a = compute_host(compute, 0), *b = compute_host(compute, 1);
	size_t side = compute->global[0];
	double *c = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t k = 0; k < side; k++)
			for (size_t x = 0; x < side; x++)
				c[y * side + x] += a[y * side + k] * b[k * side + x];
}

static void prepare_nbody(struct compute *compute)
{
	size_t count = compute_choose(compute, 4096, 256);

	compute_floats(compute, 4 * count, 0, 1);
	compute_zeros(compute, count * sizeof(cl_float4));
	compute_int(compute, (cl_int)count);
	compute_float(compute, SOFTENING);
	compute_range(compute, count, 0);
	compute->flops = 20.0 * (double)(count * count);
}

static void prepare_nbody_tiled(struct compute *compute)
{
	prepare_nbody(compute);
	compute_local(compute, 128 * sizeof(cl_float4));
	compute_range(compute, compute->global[0], 128);
}

static void expect_nbody(const struct compute *compute, void *expected)
{
	const cl_float4 *bodies = compute_host(compute, 0);
	size_t count = compute->global[0];
	cl_float4 *pull = expected;

	for (size_t me = 0; me < count; me++) {
		double sum[3] = {0, 0, 0};

		for (size_t i = 0; i < count; i++) {
			double x = (double)bodies[i].s[0] - bodies[me].s[0];
			double y = (double)bodies[i].s[1] - bodies[me].s[1];
			double z = (double)bodies[i].s[2] - bodies[me].s[2];
			double square = x * x + y * y + z * z + SOFTENING;
			double weight = bodies[i].s[3] / (square * sqrt(square));

			sum[0] += x * weight;
			sum[1] += y * weight;
			sum[2] += z * weight;
		}
		for (int d = 0; d < 3; d++)
			pull[me].s[d] = (float)sum[d];
	}
}

static void prepare_black_scholes(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 19, 1 << 10);

	compute_floats(compute, count, 10, 100);
	compute_floats(compute, count, 10, 100);
	compute_floats(compute, count, 0.2, 5);
	compute_zeros(compute, count * sizeof(cl_float2));
	compute_float(compute, RATE);
	compute_float(compute, VOLATILITY);
	compute_range(compute, count, 256);
	compute->bytes = 5.0 * sizeof(float) * (double)count;
}

static double distribution(double x)
{
	return 0.5 * erfc(-x * M_SQRT1_2);
}

static void expect_black_scholes(const struct compute *compute, void *expected)
{
	const float *price = compute_host(compute, 0), *strike = compute_host(compute, 1);
	const float *years = compute_host(compute, 2);
	cl_float2 *value = expected;

	for (size_t i = 0; i < compute->global[0]; i++) {
		double s = price[i], k = strike[i], t = years[i];
		double spread = VOLATILITY * sqrt(t), later = k * exp(-RATE * t);
		double d1 = (log(s / k) + (RATE + 0.5 * VOLATILITY * VOLATILITY) * t) / spread;

		value[i].s[0] = (float)(s * distribution(d1) - later * distribution(d1 - spread));
		value[i].s[1] = (float)(later * distribution(spread - d1) - s * distribution(-d1));
	}
}

static void prepare_monte_carlo(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 14, 1 << 10);

	compute_uints(compute, count, 0);
	compute_zeros(compute, count * sizeof(float));
	compute_int(compute, PATHS);
	compute_float(compute, STRIKE);
	compute_float(compute, DRIFT);
	compute_float(compute, SPREAD);
	compute_range(compute, count, 64);
}

static cl_uint step_random(cl_uint *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void expect_monte_carlo(const struct compute *compute, void *expected)
{
	const cl_uint *seeds = compute_host(compute, 0);
	float *mean = expected;

	for (size_t i = 0; i < compute->global[0]; i++) {
		cl_uint state = seeds[i] | 1;
		double sum = 0;

		for (int path = 0; path < PATHS; path++) {
			float u = (float)((step_random(&state) >> 8) + 1) / 16777216.f;
			float v = (float)(step_random(&state) >> 8) / 16777216.f;
			float normal = sqrtf(-2 * logf(u)) * cosf(6.2831853f * v);

			sum += fmaxf(expf(DRIFT + SPREAD * normal) - STRIKE, 0);
		}
		mean[i] = (float)(sum / PATHS);
	}
}

static void prepare_horner(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 19, 1 << 10);

	compute_floats(compute, 4 * count, -1, 1);
	compute_zeros(compute, count * sizeof(cl_float4));
	compute_floats(compute, DEGREE + 1, -1, 1);
	compute_int(compute, DEGREE);
	compute_range(compute, count, 0);
	compute->bytes = 2.0 * sizeof(cl_float4) * (double)count;
	compute->flops = 2.0 * 4 * DEGREE * (double)count;
}

static void expect_horner(const struct compute *compute, void *expected)
{
	const float *in = compute_host(compute, 0), *factors = compute_host(compute, 2);
	float *out = expected;

	for (size_t i = 0; i < 4 * compute->global[0]; i++) {
		double sum = 0;

		for (int k = DEGREE; k >= 0; k--)
			sum = sum * in[i] + factors[k];
		out[i] = (float)sum;
	}
}

COMPUTE_TEXT(matmul);
COMPUTE_TEXT(matmul_tiled);
COMPUTE_TEXT(matmul_blocked);
COMPUTE_TEXT(matmul_double);
COMPUTE_TEXT(nbody);
COMPUTE_TEXT(nbody_tiled);
COMPUTE_TEXT(black_scholes);
COMPUTE_TEXT(monte_carlo);
COMPUTE_TEXT(horner);

const struct compute_case compute_dense_cases[] = {
	COMPUTE_CASE(matmul, 2, COMPUTE_FLOAT, 2e-5),
	COMPUTE_VARIANT(matmul_64x4, matmul, 2, COMPUTE_FLOAT, 2e-5),
	{"matmul_tiled", NULL, kernel_matmul_tiled, prepare_matmul, expect_matmul, 2, COMPUTE_FLOAT,
	 2e-5, 0},
	{"matmul_blocked", NULL, kernel_matmul_blocked, prepare_matmul_blocked, expect_matmul, 2,
	 COMPUTE_FLOAT, 2e-5, 0},
	COMPUTE_CASE(matmul_double, 2, COMPUTE_DOUBLE, 1e-12),
	COMPUTE_CASE(nbody, 1, COMPUTE_FLOAT, 1e-4),
	{"nbody_tiled", NULL, kernel_nbody_tiled, prepare_nbody_tiled, expect_nbody, 1,
	 COMPUTE_FLOAT, 1e-4, 0},
	COMPUTE_CASE(black_scholes, 3, COMPUTE_FLOAT, 2e-4),
	COMPUTE_CASE(monte_carlo, 1, COMPUTE_FLOAT, 1e-4),
	COMPUTE_CASE(horner, 1, COMPUTE_FLOAT, 1e-5),
	{0},
};
