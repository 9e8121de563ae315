/* SPDX-License-Identifier: MIT */
/* Mathematical functions, some at a time, of arguments that programs have. */
#include "bench/compute.h"
#include <math.h>

static void prepare_range(struct compute *compute, double low, double high)
{
	size_t count = compute_choose(compute, 1 << 20, 1 << 11);

	compute_floats(compute, count, low, high);
	compute_zeros(compute, count * sizeof(float));
	compute_range(compute, count, 0);
	compute->bytes = 2.0 * sizeof(float) * (double)count;
}

static void prepare_range_double(struct compute *compute, double low, double high)
{
	size_t count = compute_choose(compute, 1 << 18, 1 << 10);

	compute_doubles(compute, count, low, high);
	compute_zeros(compute, count * sizeof(double));
	compute_range(compute, count, 0);
	compute->bytes = 2.0 * sizeof(double) * (double)count;
}

static void expect_all(const struct compute *compute, void *expected, double (*function)(double))
{
	const float *in = compute_host(compute, 0);
	float *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		out[i] = (float)function(in[i]);
}

static void expect_all_double(const struct compute *compute, void *expected,
			      double (*function)(double))
{
	const double *in = compute_host(compute, 0);
	double *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		out[i] = function(in[i]);
}

static void prepare_math(struct compute *compute)
{
	prepare_range(compute, 0, 1);
}

static double mixed(double x)
{
	return sin(x) * exp(-x * x) + pow(fabs(x) + 0.5, 1.25) + log(1 + fabs(x));
}

static void expect_math(const struct compute *compute, void *expected)
{
	expect_all(compute, expected, mixed);
}

static void prepare_math_exp(struct compute *compute)
{
	prepare_range(compute, -1, 10);
}

static double exponentials(double x)
{
	return exp(x) + exp2(-x) + log(x + 1.5) + log2(x + 2.5) + tanh(x);
}

static void expect_math_exp(const struct compute *compute, void *expected)
{
	expect_all(compute, expected, exponentials);
}

static void prepare_math_pow(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 20, 1 << 11);

	compute_floats(compute, count, 0, 4);
	compute_floats(compute, count, -2, 6);
	compute_zeros(compute, count * sizeof(float));
	compute_range(compute, count, 0);
	compute->bytes = 3.0 * sizeof(float) * (double)count;
}

static void expect_math_pow(const struct compute *compute, void *expected)
{
	const float *base = compute_host(compute, 0), *exponent = compute_host(compute, 1);
	float *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++) {
		double x = base[i];

		out[i] = (float)(pow(x, exponent[i]) + pow(x, (double)0.45f) + x * x * x * x * x);
	}
}

static void prepare_math_trig(struct compute *compute)
{
	prepare_range(compute, -9, 9);
}

static double circles(double x)
{
	return sin(x) + cos(2 * x) + sin(3 * x) * cos(3 * x) + atan2(x, cos(3 * x) + 2) +
	       acos(0.1 * x);
}

static void expect_math_trig(const struct compute *compute, void *expected)
{
	expect_all(compute, expected, circles);
}

static void prepare_math_root(struct compute *compute)
{
	prepare_range(compute, 0, 100);
}

static double roots(double x)
{
	return sqrt(x) + 1 / sqrt(x + 1) + cbrt(x) + hypot(x, 3) + fmod(x, (double)0.7f);
}

static void expect_math_root(const struct compute *compute, void *expected)
{
	expect_all(compute, expected, roots);
}

static void prepare_math_native(struct compute *compute)
{
	prepare_range(compute, 0.01, 3);
}

static double native(double x)
{
	return sin(x) * exp(-x) + sqrt(x) + log(x + 1) + x / (x + 2);
}

static void expect_math_native(const struct compute *compute, void *expected)
{
	expect_all(compute, expected, native);
}

static void prepare_math_exp_double(struct compute *compute)
{
	prepare_range_double(compute, 0, 20);
}

static double exponentials_double(double x)
{
	return exp(-x) + log(x + 1.5) + pow(x, 1.3) + sqrt(x);
}

static void expect_math_exp_double(const struct compute *compute, void *expected)
{
	expect_all_double(compute, expected, exponentials_double);
}

static void prepare_math_trig_double(struct compute *compute)
{
	prepare_range_double(compute, -10, 10);
}

static double circles_double(double x)
{
	return sin(x) + cos(2 * x) + atan(x) + erf(x);
}

static void expect_math_trig_double(const struct compute *compute, void *expected)
{
	expect_all_double(compute, expected, circles_double);
}

COMPUTE_TEXT(math);
COMPUTE_TEXT(math_exp);
COMPUTE_TEXT(math_pow);
COMPUTE_TEXT(math_trig);
COMPUTE_TEXT(math_root);
COMPUTE_TEXT(math_native);
COMPUTE_TEXT(math_exp_double);
COMPUTE_TEXT(math_trig_double);

const struct compute_case compute_math_cases[] = {
	COMPUTE_CASE(math, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(math_exp, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(math_pow, 2, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(math_trig, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(math_root, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(math_native, 1, COMPUTE_FLOAT, 1e-4),
	COMPUTE_CASE(math_exp_double, 1, COMPUTE_DOUBLE, 1e-12),
	COMPUTE_CASE(math_trig_double, 1, COMPUTE_DOUBLE, 1e-12),
	{0},
};
