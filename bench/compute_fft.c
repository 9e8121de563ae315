/* SPDX-License-Identifier: MIT */
/* Fourier transforms: passes over the whole, and small ones in local memory. */
#include "bench/compute.h"
#include <complex.h>
#include <math.h>
#include <string.h>

#define PART 64  /* size of the parts that earlier passes have done */
#define SIZE 512 /* of the transforms in local memory */

typedef float complex point;

static void prepare_pass(struct compute *compute, size_t radix)
{
	size_t count = compute_choose(compute, 1 << 19, 1 << 12);

	compute_floats(compute, 2 * count, -1, 1);
	compute_zeros(compute, count * sizeof(point));
	compute_int(compute, PART);
	compute_range(compute, count / radix, 64);
	compute->bytes = 2.0 * sizeof(point) * (double)count;
}

static void prepare_fft_radix2(struct compute *compute)
{
	prepare_pass(compute, 2);
}

static void prepare_fft_radix4(struct compute *compute)
{
	prepare_pass(compute, 4);
}

/* One pass of any radix, from the definition. */
static void pass(const point *in, point *out, size_t count, size_t part, size_t radix)
{
	size_t items = count / radix;

	for (size_t me = 0; me < items; me++)
		for (size_t i = 0; i < radix; i++) {
			size_t k = me % part;
			double complex sum = 0;

			for (size_t j = 0; j < radix; j++)
				sum += in[me + j * items] *
				       cexp(-2 * M_PI * I * (double)(j * (k + i * part)) /
					    (double)(radix * part));
			out[(me - k) * radix + k + i * part] = (point)sum;
		}
}

static void expect_fft_radix2(const struct compute *compute, void *expected)
{
	pass(compute_host(compute, 0), expected, 2 * compute->global[0], PART, 2);
}

static void expect_fft_radix4(const struct compute *compute, void *expected)
{
	pass(compute_host(compute, 0), expected, 4 * compute->global[0], PART, 4);
}

static void prepare_fft_local(struct compute *compute)
{
	size_t count = compute_choose(compute, 1 << 18, 1 << 12);

	compute_floats(compute, 2 * count, -1, 1);
	compute_zeros(compute, count * sizeof(point));
	compute_range(compute, count / 2, SIZE / 2);
	compute->bytes = 2.0 * sizeof(point) * (double)count;
	compute->flops = 5.0 * 9 * (double)count;
}

static void expect_fft_local(const struct compute *compute, void *expected)
{
	const point *in = compute_host(compute, 0);
	point *out = expected, data[SIZE];

	for (size_t first = 0; first < 2 * compute->global[0]; first += SIZE) {
		memcpy(data, in + first, sizeof data);
		for (size_t part = 1; part < SIZE; part *= 2) {
			pass(data, out + first, SIZE, part, 2);
			memcpy(data, out + first, sizeof data);
		}
	}
}

COMPUTE_TEXT(fft_radix2);
COMPUTE_TEXT(fft_radix4);
COMPUTE_TEXT(fft_local);

const struct compute_case compute_fft_cases[] = {
	COMPUTE_CASE(fft_radix2, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(fft_radix4, 1, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(fft_local, 1, COMPUTE_FLOAT, 1e-3),
	{0},
};
