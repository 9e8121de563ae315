/* SPDX-License-Identifier: MIT */
/*
 * Conversions to floating-point types with a direction of rounding, and saturated ones.
 *
 * Saturated conversions from float to types whose limits float holds: both limits are one
 * instruction each, and a NaN becomes 0, as the specification recommends. libclc's vectors of them
 * are made of these.
 */
#include "lib.clh"

#define SATURATED(type, least, most, nan, suffix, round)                                           \
	OVERLOAD type convert_##type##suffix(float x)                                              \
	{                                                                                          \
		x = nan;                                                                           \
		x = x > (least) ? x : (least);                                                     \
		x = x < (most) ? x : (most);                                                       \
		return (type)(int)round(x);                                                        \
	}
#define SATURATED_ALL(type, least, most, nan)                                                      \
	SATURATED(type, least, most, nan, _sat, )                                                  \
	SATURATED(type, least, most, nan, _sat_rtz, )                                              \
	SATURATED(type, least, most, nan, _sat_rte, __builtin_elementwise_rint)                    \
	SATURATED(type, least, most, nan, _sat_rtp, __builtin_elementwise_ceil)                    \
	SATURATED(type, least, most, nan, _sat_rtn, __builtin_elementwise_floor)

/* (a NaN is not more than 0) */
SATURATED_ALL(uchar, 0.0f, 255.0f, x)
SATURATED_ALL(ushort, 0.0f, 65535.0f, x)
SATURATED_ALL(char, -128.0f, 127.0f, x == x ? x : 0.0f)
SATURATED_ALL(short, -32768.0f, 32767.0f, x == x ? x : 0.0f)

/*
 * To a floating-point type, rounded in a direction: the nearest value, and the one beside it where
 * that lies on the wrong side. The nearest value of an integer is the sum of its two halves, which
 * are exact; what the sum lost says on which side it lies. libclc compares with the nearest value
 * converted back, which need not fit.
 */
#define BESIDE_rtp(value, off) ((off) > 0 ? (value < 0 ? -1 : 1) : 0)
#define BESIDE_rtn(value, off) ((off) < 0 ? (value > 0 ? -1 : 1) : 0)
#define BESIDE_rtz(value, off) (((off) < 0 && value > 0) || ((off) > 0 && value < 0) ? -1 : 0)

#define VECTOR(to, from, mode, n)                                                                  \
	OVERLOAD to##n convert_##to##n##_##mode(from##n x)                                         \
	{                                                                                          \
		to##n r;                                                                           \
		for (int i = 0; i < n; i++)                                                        \
			r[i] = convert_##to##_##mode(x[i]);                                        \
		return r;                                                                          \
	}
#define VECTORS_OF(to, from, n)                                                                    \
	VECTOR(to, from, rtp, n) VECTOR(to, from, rtn, n) VECTOR(to, from, rtz, n)
#define VECTORS(to, from)                                                                          \
	VECTORS_OF(to, from, 2)                                                                    \
	VECTORS_OF(to, from, 3)                                                                    \
	VECTORS_OF(to, from, 4)                                                                    \
	VECTORS_OF(to, from, 8)                                                                    \
	VECTORS_OF(to, from, 16)

#define FROM_HALVES(to, bits, from, half_bits, mode)                                               \
	OVERLOAD to convert_##to##_##mode(from x)                                                  \
	{                                                                                          \
		const to unit = (to)(1ul << half_bits);                                            \
		to high = (to)(x >> half_bits) * unit, low = (to)(uint)(x & (from)(unit - 1));     \
		to near = high + low, off = high - near + low;                                     \
		return as_##to(as_##bits(near) + BESIDE_##mode(near, off));                        \
	}
#define FROM_HALVES_ALL(to, bits, from, half_bits)                                                 \
	FROM_HALVES(to, bits, from, half_bits, rtp)                                                \
	FROM_HALVES(to, bits, from, half_bits, rtn)                                                \
	FROM_HALVES(to, bits, from, half_bits, rtz)                                                \
	VECTORS(to, from)
FROM_HALVES_ALL(float, int, int, 16)
FROM_HALVES_ALL(float, int, uint, 16)
FROM_HALVES_ALL(double, long, long, 32)
FROM_HALVES_ALL(double, long, ulong, 32)

/* A double that has been rounded to zero may have been less than zero: its sign is the result's. */
#define FROM_DOUBLE(mode, wrong_side)                                                              \
	OVERLOAD float convert_float_##mode(double x)                                              \
	{                                                                                          \
		float near = (float)x;                                                             \
		int bits = as_int(near);                                                           \
		double back = near;                                                                \
		return as_float(bits + (wrong_side));                                              \
	}
FROM_DOUBLE(rtp, back < x ? (bits < 0 ? -1 : 1) : 0)
FROM_DOUBLE(rtn, back > x ? (bits < 0 ? 1 : -1) : 0)
FROM_DOUBLE(rtz, __builtin_fabs(back) > __builtin_fabs(x) ? -1 : 0)
VECTORS(float, double)

/* Rounded twice in one direction is rounded once. */
#define BY_DOUBLE(from, mode)                                                                      \
	OVERLOAD float convert_float_##mode(from x)                                                \
	{                                                                                          \
		return convert_float_##mode(convert_double_##mode(x));                             \
	}
#define BY_DOUBLE_ALL(from)                                                                        \
	BY_DOUBLE(from, rtp)                                                                       \
	BY_DOUBLE(from, rtn)                                                                       \
	BY_DOUBLE(from, rtz)                                                                       \
	VECTORS(float, from)
BY_DOUBLE_ALL(long)
BY_DOUBLE_ALL(ulong)
