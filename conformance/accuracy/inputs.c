/* SPDX-License-Identifier: MIT */
/* Arguments: a list of edge cases, all pairs of a shorter list, then random numbers. */
#include "conformance/accuracy/accuracy.h"

#include <limits.h>
#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where functions overflow, underflow or are known to be hard. */
static const double hard[] = {
	INFINITY, 0x1.fffffep127, 0x1.fffffffffffffp1023, 0x1p-126, 0x1p-149, 0x1p-1022, 0x1p-1074,
	/* exp, exp2, exp10, sinh */
	88.72283905206835, 87.33654475055310, 103.27892990343185, 103.97207708399179,
	89.41598629223294, 709.782712893384, 708.3964185322641, 744.4400719213812,
	745.1332191019412, 710.4758600739439, 126, 127, 128, 149, 150, 151, 1022, 1023, 1024, 1074,
	1075, 1076, 38.53183944498959, 37.92977945366163, 44.85346918500, 45.15449934959718,
	308.2547155599167, 307.6526555685887, 323.3062153431158, 323.6072453387798,
	/* erfc, tgamma */
	9.194, 10.054, 10.19, 26.543, 27.226, 27.30, 0.84375, 1.25, 35.040096282958984,
	41.000003814697266, 171.6243769563027, 1.4616321449683623, 2.8571428571428,
	/* near multiples of pi/2 */
	0x1.f37354p+101, 0x1.f9b1aep+102, 0x1.2a13dap+17, 0x1.6ac5b262ca1ffp+849,
	0x1.6ac5b262ca1ffp+853, 0x1.5d72p+30, 0x1.921fb6p+25, 1e10, 1e22, 0x1p22, 0x1.8p23, 0x1p24,
	0x1p25, 0x1p31, 0x1p52, 0x1p53, 0x1p63,
	/* cbrt, log, hypot */
	0.6931471805599453, 2.718281828459045, 0.7071067811865476, 1.4142135623730951,
	1.3043817825332783e19, 1e-45, 1e-40, 1e-310, 1e-5, 1e-8, 1e-16, 1.3e154, 1.5e-154};

/* Of two arguments. */
static const double pairs[] = {0,
			       0x1p-149,
			       0x1p-148,
			       0x1p-1073,
			       0x1.8p-1073,
			       0x1p-1074,
			       0x1.fffffcp-127,
			       0x1.ffffffffffffep-1023,
			       0x1p-126,
			       0x1p-1022,
			       1e-10,
			       0.25,
			       0.5,
			       0x1.fffffep-1,
			       0x1.fffffffffffffp-1,
			       1,
			       0x1.000002p0,
			       0x1.0000000000001p0,
			       1.5,
			       2,
			       3,
			       3.5,
			       4,
			       5,
			       1.570796326794897,
			       100.5,
			       127,
			       1023,
			       0x1p23,
			       0x1.8p23,
			       0x1.000001p24,
			       0x1.fffffep24,
			       0x1p31,
			       0x1p52,
			       0x1.fffffffffffffp52,
			       0x1.8p53,
			       0x1p64,
			       0x1p100,
			       0x1.fffffep127,
			       0x1.fffffffffffffp1023,
			       INFINITY,
			       NAN};

static const int integers[] = {0,    1,     -1,       2,         -2,         3,       -3,
			       4,    5,     -7,       16,        31,         -32,     100,
			       126,  -126,  127,      128,       149,        -149,    150,
			       -150, 1000,  -1022,    1023,      1024,       1074,    -1075,
			       2100, -2100, 0x7fffff, 0x1000001, -0x1000001, INT_MAX, INT_MIN};

enum { TURNS = 48, WHOLE = 92, BITS = 64 };

static double convert(const struct accuracy_type *type, double x)
{
	return type->is_double ? x : (double)(float)x;
}

static double step(const struct accuracy_type *type, double x, int steps)
{
	double to = steps < 0 ? -INFINITY : INFINITY;
	for (; steps; steps += steps < 0 ? 1 : -1)
		x = type->is_double ? nextafter(x, to) : (double)nextafterf((float)x, (float)to);
	return x;
}

static size_t powers(const struct accuracy_type *type)
{
	return type->is_double ? 700 : 277;
}

/* The edge case @i of one argument, before its neighbours and its sign. */
static double edge(const struct accuracy_type *type, size_t i)
{
	if (i < COUNT(hard))
		return hard[i];
	i -= COUNT(hard);
	if (i < TURNS)
		return (double)i * (M_PI / 2);
	i -= TURNS;
	if (i < WHOLE)
		return 0.5 * (double)i;
	i -= WHOLE;
	if (i < BITS) /* near 1 */
		return 1 + (i & 1 ? -1 : 1) * ldexp(1, -(int)(i / 2));
	i -= BITS;
	return type->is_double ? ldexp(1, (int)i * 3 - 1074) : ldexp(1, (int)i - 149);
}

static size_t edge_count(const struct accuracy_function *f, const struct accuracy_type *type)
{
	if (f->operands == 3)
		return COUNT(pairs) * COUNT(pairs) * 16;
	if (f->operands == 2)
		return COUNT(pairs) * COUNT(pairs) * 4;
	return 6 * (COUNT(hard) + TURNS + WHOLE + BITS + powers(type));
}

size_t accuracy_edge_batches(const struct accuracy_function *f, const struct accuracy_type *type)
{
	return (edge_count(f, type) + ACCURACY_BATCH - 1) / ACCURACY_BATCH;
}

static double signed_pair(const struct accuracy_type *type, size_t i, size_t negative)
{
	double x = convert(type, pairs[i % COUNT(pairs)]);
	return negative & 1 ? -x : x;
}

/* Arguments @j of @in, the edge case @i. */
static void fill_edge(struct accuracy_inputs *in, size_t j, const struct accuracy_function *f,
		      const struct accuracy_type *type, size_t i)
{
	size_t signs = i & 3, pair = i / 4;
	in->b[j] = in->c[j] = 0;
	in->n[j] = integers[i % COUNT(integers)];
	if (f->operands == 1) {
		double x = step(type, convert(type, edge(type, i / 6)), (int)(i % 3) - 1);
		in->a[j] = i / 3 % 2 ? -x : x;
		if (isinf(in->a[j]) && i % 6 == 5)
			in->a[j] = NAN;
		return;
	}
	in->a[j] = signed_pair(type, pair, signs);
	in->b[j] = signed_pair(type, pair / COUNT(pairs), signs >> 1);
	if (f->operands == 3)
		in->c[j] =
			signed_pair(type, pair / (COUNT(pairs) * COUNT(pairs)) * 7 + pair, i >> 3);
}

static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double uniform(uint64_t *state, double low, double high)
{
	return low + (high - low) * ((double)(next(state) >> 11) * 0x1p-53);
}

static double any_bits(const struct accuracy_type *type, uint64_t *state)
{
	union {
		uint64_t bits;
		uint32_t low;
		double d;
		float f;
	} u = {.bits = next(state)};
	return type->is_double ? u.d : (double)u.f;
}

/* Of either sign, the exponent uniform. */
static double scaled(uint64_t *state, double low, double high)
{
	double x = exp2(uniform(state, low, high));
	return next(state) & 1 ? -x : x;
}

static double random_one(const struct accuracy_function *f, const struct accuracy_type *type,
			 uint64_t *state)
{
	switch (next(state) % 8) {
	case 0:
	case 1:
		return any_bits(type, state);
	case 2:
		return scaled(state, -30, 12);
	case 3:
		return 1 + scaled(state, -type->digits, -1);
	case 4: /* near a multiple of pi/2 */
		return (double)(next(state) >> (40 + next(state) % 24)) * (M_PI / 2) +
		       scaled(state, -40, -8);
	default:
		return uniform(state, f->low, f->high);
	}
}

/* Two arguments that have to do with each other: the power of one by the other is finite. */
static void random_two(const struct accuracy_function *f, const struct accuracy_type *type,
		       uint64_t *state, double *a, double *b)
{
	double range = type->is_double ? 1080 : 152;
	switch (next(state) % 8) {
	case 0:
		*a = any_bits(type, state);
		*b = any_bits(type, state);
		break;
	case 1:
		*a = any_bits(type, state);
		*b = *a * scaled(state, -3, 3);
		break;
	case 2:
		*a = 1 + scaled(state, -type->digits + 1, -1);
		*b = uniform(state, -range, range) / log2(*a);
		break;
	case 3:
		*a = uniform(state, f->low, f->high);
		*b = uniform(state, f->low, f->high);
		break;
	case 4:
		*a = scaled(state, -20, 20);
		*b = (double)(int)uniform(state, -40, 40);
		break;
	case 5:
		*a = any_bits(type, state);
		*b = scaled(state, -40, 60);
		break;
	default:
		*a = exp2(uniform(state, type->least_exponent - type->digits, type->most));
		*b = uniform(state, -range, range) / log2(*a);
	}
}

static int random_integer(uint64_t *state)
{
	return (int)next(state) >> next(state) % 32;
}

static void fill_random(struct accuracy_inputs *in, size_t j, const struct accuracy_function *f,
			const struct accuracy_type *type, uint64_t *state)
{
	double a = random_one(f, type, state), b = 0, c = 0;
	if (f->operands > 1)
		random_two(f, type, state, &a, &b);
	if (f->operands > 2)
		c = next(state) & 1 ? any_bits(type, state) : -a * b * (1 + scaled(state, -60, 4));
	in->a[j] = convert(type, a);
	in->b[j] = convert(type, b);
	in->c[j] = convert(type, c);
	in->n[j] = random_integer(state);
	if (next(state) & 1) /* a power that is finite */
		in->n[j] = (int)(uniform(state, -150, 150) / (fabs(log2(fabs(in->a[j]))) + 0.01));
}

void accuracy_fill(struct accuracy_inputs *inputs, const struct accuracy_function *f,
		   const struct accuracy_type *type, size_t batch, uint64_t seed)
{
	uint64_t state = seed * 0x10001 + batch;
	size_t edges = edge_count(f, type);
	next(&state);
	for (size_t j = 0; j < ACCURACY_BATCH; j++) {
		size_t i = batch * ACCURACY_BATCH + j;
		if (i < edges)
			fill_edge(inputs, j, f, type, i);
		else
			fill_random(inputs, j, f, type, &state);
	}
}
