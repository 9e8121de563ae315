/* SPDX-License-Identifier: MIT */
/* Kernels whose work-items go different ways. */
#include "bench/compute.h"
#include <math.h>

#define MOST     256 /* steps of mandelbrot */
#define FAR      40.0f
#define STEPS    48 /* of a program */
#define PROGRAMS 64
#define TABLE    (1u << 20)

static void prepare_mandelbrot(struct compute *compute)
{
	size_t side = compute_choose(compute, 1024, 64);

	compute_zeros(compute, side * side * sizeof(cl_int));
	compute_int(compute, (cl_int)side);
	compute_int(compute, (cl_int)side);
	compute_int(compute, MOST);
	compute_range_2d(compute, side, side, 0, 0);
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

static void expect_mandelbrot(const struct compute *compute, void *expected)
{
	size_t side = compute->global[0];
	cl_int *steps = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			steps[y * side + x] =
				mandelbrot_steps((float)x * (3.0f / (float)side) - 2.0f,
						 (float)y * (2.0f / (float)side) - 1.0f);
}

static void prepare_collatz(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 16, 1 << 10);

	compute_uints(compute, count, 10000000);
	compute_zeros(compute, count * sizeof(cl_uint));
	compute_range(compute, count, 0);
}

static void expect_collatz(const struct compute *compute, void *expected)
{
	const cl_uint *start = compute_host(compute, 0);
	cl_uint *steps = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		for (cl_ulong n = start[i]; n > 1; steps[i]++)
			n = n & 1 ? 3 * n + 1 : n / 2;
}

static void prepare_march(struct compute *compute)
{
	size_t side = compute_choose(compute, 512, 32);

	compute_zeros(compute, side * side * sizeof(float));
	compute_int(compute, (cl_int)side);
	compute_int(compute, (cl_int)side);
	compute_float(compute, FAR);
	compute_range_2d(compute, side, side, 16, 16);
}

static double distance_to(const double at[3])
{
	double square = 0;

	for (int d = 0; d < 3; d++) {
		double cell = at[d] - 2 * floor(at[d] / 2) - 1;

		square += cell * cell;
	}
	return sqrt(square) - 0.5;
}

static double march_ray(double x, double y)
{
	double size = sqrt(x * x + y * y + 0.64), travelled = 0;

	for (int step = 0; step < 100; step++) {
		double at[3] = {travelled * x / size, travelled * y / size, travelled * 0.8 / size};
		double left = distance_to(at);

		if (left < 0.001)
			break;
		travelled += left;
		if (travelled > (double)FAR)
			return -1;
	}
	return travelled;
}

static void expect_march(const struct compute *compute, void *expected)
{
	size_t side = compute->global[0];
	float *depth = expected;

	for (size_t y = 0; y < side; y++)
		for (size_t x = 0; x < side; x++)
			depth[y * side + x] =
				(float)march_ray(((double)x + 0.5) / (double)side - 0.5,
						 ((double)y + 0.5) / (double)side - 0.5);
}

static void prepare_interpreter(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 18, 1 << 10);

	compute_uints(compute, count, 0);
	compute_zeros(compute, count * sizeof(cl_uint));
	compute_uints(compute, STEPS * PROGRAMS, 0);
	compute_int(compute, STEPS);
	compute_int(compute, PROGRAMS);
	compute_range(compute, count, 0);
}

static cl_uint interpret(const cl_uint *program, cl_uint a, cl_uint b)
{
	cl_uint turns = 0;

	for (cl_uint at = 0; at < STEPS; at++) {
		cl_uint value = program[at] >> 3, old = a;

		switch (program[at] & 7) {
		case 0:
			b = value;
			break;
		case 1:
			a += b + value;
			break;
		case 2:
			a *= value | 1;
			break;
		case 3:
			a ^= b;
			break;
		case 4:
			a = a << (value & 31) | a >> (-value & 31);
			break;
		case 5:
			a = b;
			b = old;
			break;
		case 6:
			at += !(a & 1);
			break;
		default:
			if (turns++ < 8)
				at = value % (at + 1) - 1;
			break;
		}
	}
	return a ^ b;
}

static void expect_interpreter(const struct compute *compute, void *expected)
{
	const cl_uint *in = compute_host(compute, 0), *code = compute_host(compute, 2);
	cl_uint *out = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		out[i] = interpret(code + i % PROGRAMS * STEPS, in[i], (cl_uint)i);
}

static void prepare_primes(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 16, 1 << 10);

	compute_uints(compute, count, 1000000);
	compute_zeros(compute, count * sizeof(cl_uint));
	compute_range(compute, count, 64);
}

static cl_uint smallest_divisor(cl_uint n)
{
	if (n % 2 == 0)
		return 2;
	for (cl_uint d = 3; d * d <= n; d += 2)
		if (n % d == 0)
			return d;
	return n;
}

static void expect_primes(const struct compute *compute, void *expected)
{
	const cl_uint *in = compute_host(compute, 0);
	cl_uint *divisor = expected;

	for (size_t i = 0; i < compute->global[0]; i++)
		divisor[i] = smallest_divisor(in[i]);
}

static void prepare_search(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 18, 1 << 10);
	cl_uint state = 99;

	compute_uints(compute, count, 0);
	cl_uint *table = compute_zeros(compute, TABLE * sizeof *table);

	for (cl_uint i = 1; i < TABLE; i++)
		table[i] = table[i - 1] + compute_random(&state) % 8000;
	compute_zeros(compute, count * sizeof(cl_uint));
	compute_int(compute, TABLE);
	compute_range(compute, count, 0);
}

static void expect_search(const struct compute *compute, void *expected)
{
	const cl_uint *keys = compute_host(compute, 0), *table = compute_host(compute, 1);
	cl_uint *place = expected;

	for (size_t i = 0; i < compute->global[0]; i++) {
		cl_uint low = 0, high = TABLE;

		while (low < high) {
			cl_uint middle = (low + high) / 2;

			if (table[middle] < keys[i])
				low = middle + 1;
			else
				high = middle;
		}
		place[i] = low;
	}
}

COMPUTE_TEXT(mandelbrot);
COMPUTE_TEXT(collatz);
COMPUTE_TEXT(march);
COMPUTE_TEXT(interpreter);
COMPUTE_TEXT(primes);
COMPUTE_TEXT(search);

/* Contraction may move single points at the edge of the set, and rays that only just hit. */
const struct compute_case compute_branch_cases[] = {
	{"mandelbrot", NULL, kernel_mandelbrot, prepare_mandelbrot, expect_mandelbrot, 0,
	 COMPUTE_EXACT, 0, 0.05},
	COMPUTE_CASE(collatz, 1, COMPUTE_EXACT, 0),
	{"march", NULL, kernel_march, prepare_march, expect_march, 0, COMPUTE_FLOAT, 0.01, 0.01},
	COMPUTE_CASE(interpreter, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(primes, 1, COMPUTE_EXACT, 0),
	COMPUTE_CASE(search, 2, COMPUTE_EXACT, 0),
	{0},
};
