/* SPDX-License-Identifier: MIT */
/*
 * Sine, cosine and tangent, of multiples of pi, too. Arguments are reduced to a quarter turn around
 * zero; only where a lane has a huge one is the long way taken.
 */
#include "trig.clh"

__attribute__((overloadable)) double floor(double x);
__attribute__((overloadable)) ulong mul_hi(ulong x, ulong y);

/* ---- float ---- */
/* An argument less a multiple of pi/2. */
struct reduced_float {
	float rest; /* at most pi/4 */
	int quadrant;
};

/* The first 224 bits of 2/pi. */
constant uint two_over_pi[7] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
				0xdb629599, 0x3c439041, 0xfe5163ab};

/*
 * |x| >= 2^25, by the method of Payne and Hanek: of the product of x and 2/pi, the bits that make
 * multiples of 4 are never computed.
 */
SMALL_OVERLOAD struct reduced_float reduce_large(float x)
{
	uint bits = as_uint(x) & 0x7fffffff;
	ulong m = (bits & 0x7fffff) | 0x800000;
	uint skip = (bits >> 23) - 152; /* the bits of 2/pi that do not matter; at most 103 */
	uint k = skip >> 5, shift = skip & 31;
	uint a = two_over_pi[k], b = two_over_pi[k + 1], c = two_over_pi[k + 2];
	uint d = two_over_pi[k + 3];
	uint w0 = ((ulong)a << 32 | b) << shift >> 32;
	uint w1 = ((ulong)b << 32 | c) << shift >> 32;
	uint w2 = ((ulong)c << 32 | d) << shift >> 32;
	ulong low = m * w2, middle = m * w1 + (low >> 32), high = m * w0 + (middle >> 32);
	/* quarter turns: two bits of integer, then the fraction */
	ulong turns = high << 32 | (middle & 0xffffffff);
	long fraction = (long)(turns << 2);
	struct reduced_float r;
	r.rest = (float)((double)fraction * (0x1p-64 * M_PI_2));
	r.quadrant = (int)(turns >> 62) + (fraction < 0);
	if (as_int(x) < 0) {
		r.rest = -r.rest;
		r.quadrant = -r.quadrant;
	}
	return r;
}

SMALL_OVERLOAD struct reduced_float reduce(float x)
{
	struct reduced_float r;
	double t = x * M_2_PI + 0x1.8p52, n = t - 0x1.8p52;
	/* the first two products are exact: n has at most 25 bits, the constants 28 */
	double rest = x - n * 0x1.921fb54p+0;
	rest = rest - n * 0x1.10b461p-30;
	rest = rest - n * 0x1.a62633145c06ep-58;
	r.rest = (float)rest;
	r.quadrant = (int)as_ulong(t);
	if (magnitude(x) >= 0x1p25f)
		r = reduce_large(x);
	return r;
}

/* The sine of a reduced argument @quarters quarter turns further on. */
SMALL_OVERLOAD float sine(struct reduced_float r, int quarters)
{
	int q = r.quadrant + quarters;
	float v = q & 1 ? cos_poly(r.rest) : sin_poly(r.rest);
	return as_float(as_uint(v) ^ (uint)(q & 2) << 30);
}

/* ---- double ---- */
struct reduced_double {
	double rest; /* at most pi/4 */
	int quadrant;
};

/* 64 zeros, then the first bits of 2/pi. */
constant ulong two_over_pi_long[] = {
	0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
	0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e,
	0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
	0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
	0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab};

/* |x| >= 2^20, as reduce_large(float): the product of the mantissa and 192 bits of 2/pi. */
SMALL_OVERLOAD struct reduced_double reduce_large(double x)
{
	ulong bits = as_ulong(x), m = (bits & 0xfffffffffffff) | 0x10000000000000;
	/* the first bit that does not only make multiples of 4 turns; at most 1033 */
	uint skip = ((uint)(bits >> 52) & 0x7ff) - 1075 + 62, shift = skip & 63;
	skip = skip > 1033 ? 1033 : skip;
	constant ulong *t = two_over_pi_long + (skip >> 6);
	ulong w0 = t[0] << shift | t[1] >> 1 >> (63 - shift);
	ulong w1 = t[1] << shift | t[2] >> 1 >> (63 - shift);
	ulong w2 = t[2] << shift | t[3] >> 1 >> (63 - shift);
	ulong low = mul_hi(m, w2), middle = m * w1 + low;
	ulong high = m * w0 + mul_hi(m, w1) + (middle < low);
	/* quarter turns: two bits of integer, then the fraction */
	long fraction = (long)(high << 2 | middle >> 62);
	double upper = (double)(fraction >> 11) * 0x1p-53;
	double lower = (double)(((ulong)fraction << 53 | (middle << 2) >> 11) >> 1) * 0x1p-116;
	struct reduced_double r;
	r.rest = upper * 0x1.921fb54442d18p+0 +
		 (lower * 0x1.921fb54442d18p+0 + upper * 0x1.1a62633145c07p-54);
	r.quadrant = (int)(high >> 62) + (fraction < 0);
	if (as_long(x) < 0) {
		r.rest = -r.rest;
		r.quadrant = -r.quadrant;
	}
	return r;
}

SMALL_OVERLOAD struct reduced_double reduce(double x)
{
	struct reduced_double r;
	double t = x * M_2_PI, n = nearest(t);
	/* pi/2 in parts of 33 bits, whose products with n are exact; so is the first difference */
	double a = x - n * 0x1.921fb544p+0, b_part = n * 0x1.0b4611a6p-34;
	double c_part = n * 0x1.3198a2ep-69;
	double b = a - b_part, b_error = (a - b) - b_part;
	double c = b - c_part, c_error = (b - c) - c_part;
	r.rest = c + (b_error + (c_error - n * 0x1.b839a252049c1p-104));
	r.quadrant = nearest_bits(t);
	if (magnitude(x) >= 0x1p20)
		r = reduce_large(x);
	return r;
}

SMALL_OVERLOAD double sine(struct reduced_double r, int quarters)
{
	int q = r.quadrant + quarters;
	double v = q & 1 ? cos_poly(r.rest) : sin_poly(r.rest);
	return as_double(as_ulong(v) ^ (ulong)(q & 2) << 62);
}

/* ---- both types ---- */

/* Infinite arguments give what is not a number; so do those that are none. */
#define UNLESS_INFINITE(type)                                                                      \
	SMALL_OVERLOAD type unless_infinite(type x, type result)                                   \
	{                                                                                          \
		return magnitude(x) < INFINITY ? result : x - x;                                   \
	}
UNLESS_INFINITE(float)
UNLESS_INFINITE(double)
/* 0 keeps its sign: the polynomials' sums lose it */
#define TURNING(type)                                                                              \
	OVERLOAD type sin(type x)                                                                  \
	{                                                                                          \
		return x == 0 ? x : unless_infinite(x, sine(reduce(x), 0));                        \
	}                                                                                          \
	OVERLOAD type cos(type x)                                                                  \
	{                                                                                          \
		return unless_infinite(x, sine(reduce(x), 1));                                     \
	}                                                                                          \
	OVERLOAD type tan(type x)                                                                  \
	{                                                                                          \
		struct reduced_##type r = reduce(x);                                               \
		type s = sin_poly(r.rest), c = cos_poly(r.rest);                                   \
		bool odd = r.quadrant & 1;                                                         \
		return x == 0 ? x : unless_infinite(x, (odd ? -c : s) / (odd ? s : c));            \
	}                                                                                          \
	OVERLOAD type sincos(type x, private type *cosine)                                         \
	{                                                                                          \
		struct reduced_##type r = reduce(x);                                               \
		*cosine = unless_infinite(x, sine(r, 1));                                          \
		return x == 0 ? x : unless_infinite(x, sine(r, 0));                                \
	}                                                                                          \
	WIDTHS1(sin, type)                                                                         \
	WIDTHS1(cos, type)                                                                         \
	WIDTHS1(tan, type)                                                                         \
	WIDTHS_AND(sincos, type, type)
TURNING(float)
TURNING(double)

/*
 * Of pi |x|: quarter turns and the rest, exact but for the last product. Numbers from 2^24 (2^53) on
 * are even.
 */
SMALL_OVERLOAD struct reduced_float reduce_pi(float x)
{
	struct reduced_float r;
	float a = magnitude(x);
	a = a < 0x1p24f ? a : 0.0f;
	r.quadrant = ((int)(4.0f * a) + 1) >> 1;
	float rest = a - 0.5f * (float)r.quadrant;
	r.rest = rest * 0x1.921fb6p+1f + rest * -0x1.777a5cp-24f;
	return r;
}

SMALL_OVERLOAD struct reduced_double reduce_pi(double x)
{
	struct reduced_double r;
	double a = magnitude(x);
	a = a < 0x1p53 ? a : 0.0;
	/* whole turns go first: fewer bits are left than the conversion takes */
	double whole = floor(a * 0.5);
	a = a - 2.0 * whole;
	r.quadrant = nearest_bits(2.0 * a);
	double rest = a - 0.5 * nearest(2.0 * a);
	r.rest = rest * 0x1.921fb54442d18p+1 + rest * 0x1.1a62633145c07p-53;
	return r;
}

/* The zeros of sinpi have the sign of x, those of cospi are positive. */
#define HALF_TURNS(type)                                                                           \
	OVERLOAD type sinpi(type x)                                                                \
	{                                                                                          \
		struct reduced_##type r = reduce_pi(x);                                            \
		type v = sine(r, 0);                                                               \
		return unless_infinite(x, flip_sign(v == 0 ? 0 : v, x));                           \
	}                                                                                          \
	OVERLOAD type cospi(type x)                                                                \
	{                                                                                          \
		type v = sine(reduce_pi(x), 1);                                                    \
		return unless_infinite(x, v == 0 ? 0 : v);                                         \
	}                                                                                          \
	/* at the zeros and poles the sign changes from one to the next */                         \
	OVERLOAD type tanpi(type x)                                                                \
	{                                                                                          \
		struct reduced_##type r = reduce_pi(x);                                            \
		type s = sin_poly(r.rest), c = cos_poly(r.rest);                                   \
		bool odd = r.quadrant & 1;                                                         \
		type v = (odd ? -c : s) / (odd ? s : c);                                           \
		type special = odd ? INFINITY : 0;                                                 \
		v = r.rest == 0 ? (r.quadrant & 2 ? -special : special) : v;                       \
		return unless_infinite(x, flip_sign(v, x));                                        \
	}                                                                                          \
	WIDTHS1(sinpi, type)                                                                       \
	WIDTHS1(cospi, type)                                                                       \
	WIDTHS1(tanpi, type)
HALF_TURNS(float)
HALF_TURNS(double)
