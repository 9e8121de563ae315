/* SPDX-License-Identifier: MIT */
/*
 * Sine, cosine and tangent. Magnitudes are reduced by multiples of pi, to at most pi/2, for the sine and
 * for the cosine, which is a sine half a turn's half further on; where both are wanted, by multiples of
 * pi/2. Only where a lane has a huge number is the long way taken.
 */
#include "trig.clh"

__attribute__((overloadable)) ulong mul_hi(ulong x, ulong y);

/* A number less a multiple of pi, or of pi/2. */
struct reduced_float {
	float rest;
	uint count; /* the multiple; its last bits */
};

struct reduced_double {
	double rest;
	uint count;
};

/* How a circle is divided: the bits of @count that matter, and what a part is, in two numbers. */
struct unit {
	uint bits;
	double angle, low;
};

constant struct unit half_turn = {1, 0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53};
constant struct unit quarter_turn = {2, 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};

/* ---- huge numbers ---- */

/*
 * The method of Payne and Hanek: of the product of @a and 2/pi, bits that make whole turns are never
 * computed. What is not finite becomes what is not a number.
 */

/* 32 zeros, then the first 224 bits of 2/pi. */
constant uint two_over_pi[8] = {0x00000000, 0xa2f9836e, 0x4e441529, 0xfc2757d1,
				0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab};

/* @a >= 2^17; @more: quarter turns that are added. */
SMALL_OVERLOAD struct reduced_float reduce_large(float a, uint more, struct unit unit)
{
	uint bits = as_uint(a);
	ulong m = (bits & 0x7fffff) | 0x800000;
	uint skip = (bits >> 23) - 120; /* the bits of the table that do not matter; at most 135 */
	uint k = skip >> 5, shift = skip & 31;
	uint w[3];
	for (uint i = 0; i < 3; i++)
		w[i] = ((ulong)two_over_pi[k + i] << 32 | two_over_pi[k + i + 1]) << shift >> 32;
	ulong low = m * w[2], middle = m * w[1] + (low >> 32), high = m * w[0] + (middle >> 32);
	/* turns: two bits of quarters, then the fraction */
	ulong turns = (high << 32 | (middle & 0xffffffff)) + ((ulong)more << 62);
	long fraction = (long)(turns << unit.bits);
	struct reduced_float r;
	r.rest = a < INFINITY ? (float)((double)fraction * (0x1p-64 * unit.angle)) : NAN;
	r.count = (uint)(turns >> (64 - unit.bits)) + (fraction < 0);
	return r;
}

/* 64 zeros, then the first bits of 2/pi. */
constant ulong two_over_pi_long[] = {
	0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041,
	0xfe5163abdebbc561, 0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e,
	0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b,
	0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
	0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab};

/* @a >= 2^20: the product of the mantissa and 192 bits of 2/pi. */
SMALL_OVERLOAD struct reduced_double reduce_large(double a, uint more, struct unit unit)
{
	ulong bits = as_ulong(a), m = (bits & 0xfffffffffffff) | 0x10000000000000;
	/* the first bit that does not only make multiples of 4 turns; at most 1033 */
	uint skip = (uint)(bits >> 52) - 1075 + 62, shift = skip & 63;
	skip = skip > 1033 ? 1033 : skip;
	constant ulong *t = two_over_pi_long + (skip >> 6);
	ulong w0 = t[0] << shift | t[1] >> 1 >> (63 - shift);
	ulong w1 = t[1] << shift | t[2] >> 1 >> (63 - shift);
	ulong w2 = t[2] << shift | t[3] >> 1 >> (63 - shift);
	ulong low = mul_hi(m, w2), middle = m * w1 + low;
	ulong high = m * w0 + mul_hi(m, w1) + (middle < low) + ((ulong)more << 62);
	/* turns: two bits of quarters, then the fraction */
	long fraction = (long)(high << unit.bits | middle >> (64 - unit.bits));
	double upper = (double)(fraction >> 11) * 0x1p-53;
	ulong rest = (ulong)fraction << 53 | (middle << unit.bits) >> 11;
	double lower = (double)(rest >> 1) * 0x1p-116;
	struct reduced_double r;
	r.rest = upper * unit.angle + (lower * unit.angle + upper * unit.low);
	r.rest = a < INFINITY ? r.rest : NAN;
	r.count = (uint)(high >> (64 - unit.bits)) + (fraction < 0);
	return r;
}

/* ---- others ---- */

/*
 * a - n unit, where that is a small part of @a; @n is a multiple of 1/2 and has few bits. Without fused
 * operations, parts of pi have so few bits, too, that products are exact but for the last.
 */
SMALL_OVERLOAD float less_multiple(float a, float n, struct unit unit)
{
	float factor = (float)(3 - unit.bits); /* of pi/2 */
	n *= factor;
	if (__tern_machine_has_fma())
		return ((a - n * 0x1.921fb6p+0f) - n * -0x1.777a5cp-25f) - n * -0x1.ee59dap-50f;
	double m = n, rest = a - m * 0x1.921fb54p+0;
	rest = rest - m * 0x1.10b461p-30;
	return (float)(rest - m * 0x1.a62633145c06ep-58);
}

SMALL_OVERLOAD double less_multiple(double a, double n, struct unit unit)
{
	n *= (double)(3 - unit.bits);
	if (__tern_machine_has_fma())
		return ((a - n * 0x1.921fb54442d18p+0) - n * 0x1.1a62633145c07p-54) -
		       n * -0x1.f1976b7ed8fbcp-110;
	double first = a - n * 0x1.921fb544p+0, part = n * 0x1.0b4611a6p-34;
	double last_part = n * 0x1.3198a2ep-69;
	double b = first - part, b_error = (first - b) - part;
	double c = b - last_part, c_error = (b - c) - last_part;
	return c + (b_error + (c_error - n * 0x1.b839a252049c1p-104));
}

/* @huge: from there on multiples have too many bits. */
#define REDUCTIONS(type, bits, huge, rounder)                                                      \
	/* @a >= 0 less a multiple of pi; @more, 0 or 1: a quarter turn further on. */             \
	SMALL_OVERLOAD struct reduced_##type reduce_to_half(type a, uint more)                     \
	{                                                                                          \
		struct reduced_##type r;                                                           \
		type quarters = a * (type)M_1_PI - (type)0.5;                                      \
		type t = more ? quarters + rounder : a * (type)M_1_PI + rounder;                   \
		type n = t - rounder;                                                              \
		r.rest = less_multiple(a, more ? n + (type)0.5 : n, half_turn);                    \
		r.count = (uint)bits(t) + more;                                                    \
		if (RARELY(!(a < huge)))                                                           \
			r = reduce_large(a, more, half_turn);                                      \
		return r;                                                                          \
	}                                                                                          \
	SMALL_OVERLOAD struct reduced_##type reduce_to_quarter(type a)                             \
	{                                                                                          \
		struct reduced_##type r;                                                           \
		type t = a * (type)M_2_PI + rounder;                                               \
		r.rest = less_multiple(a, t - rounder, quarter_turn);                              \
		r.count = (uint)bits(t);                                                           \
		if (RARELY(!(a < huge)))                                                           \
			r = reduce_large(a, 0, quarter_turn);                                      \
		return r;                                                                          \
	}
REDUCTIONS(float, as_uint, 0x1p17f, ROUNDER_F)
REDUCTIONS(double, as_ulong, 0x1p20, ROUNDER_D)

/* The last bit of @count as a sign. */
SMALL_OVERLOAD float flip_if_odd(float v, uint count)
{
	return as_float(as_uint(v) ^ count << 31);
}

SMALL_OVERLOAD double flip_if_odd(double v, uint count)
{
	return as_double(as_ulong(v) ^ (ulong)count << 63);
}

#define TURNING(type)                                                                              \
	OVERLOAD type sin(type x)                                                                  \
	{                                                                                          \
		struct reduced_##type r = reduce_to_half(magnitude(x), 0);                         \
		return flip_sign(flip_if_odd(sin_half(r.rest), r.count), x);                       \
	}                                                                                          \
	OVERLOAD type cos(type x)                                                                  \
	{                                                                                          \
		struct reduced_##type r = reduce_to_half(magnitude(x), 1);                         \
		return flip_if_odd(sin_half(r.rest), r.count);                                     \
	}                                                                                          \
	OVERLOAD type tan(type x)                                                                  \
	{                                                                                          \
		struct reduced_##type r = reduce_to_quarter(magnitude(x));                         \
		type s = sin_poly(r.rest), c = cos_poly(r.rest);                                   \
		bool odd = r.count & 1;                                                            \
		return flip_sign((odd ? -c : s) / (odd ? s : c), x);                               \
	}                                                                                          \
	OVERLOAD type sincos(type x, private type *cosine)                                         \
	{                                                                                          \
		struct reduced_##type r = reduce_to_quarter(magnitude(x));                         \
		type s = sin_poly(r.rest), c = cos_poly(r.rest);                                   \
		bool odd = r.count & 1;                                                            \
		*cosine = flip_if_odd(odd ? s : c, (r.count + 1) >> 1);                            \
		return flip_sign(flip_if_odd(odd ? c : s, r.count >> 1), x);                       \
	}                                                                                          \
	WIDTHS1(sin, type)                                                                         \
	WIDTHS1(cos, type)                                                                         \
	WIDTHS1(tan, type)                                                                         \
	WIDTHS_AND(sincos, type, type)
TURNING(float)
TURNING(double)
