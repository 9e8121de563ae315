/* SPDX-License-Identifier: MIT */
/*
 * vload_half and vstore_half in all their forms (OpenCL C 6.15.7). The conversions are integer code:
 * the baseline target has no instructions for half, and these vectorise on every target.
 */
#include "lib.clh"

enum rounding { RTE, RTZ, RTP, RTN };

/* Rounds @m / 2^@shift, for a number of sign @negative. 0 < shift < 64. */
static inline __attribute__((always_inline)) ulong round_shift(ulong m, uint shift, bool negative,
							       enum rounding mode)
{
	ulong q = m >> shift, rest = m & (((ulong)1 << shift) - 1), half_way = (ulong)1 << (shift - 1);
	bool up = mode == RTE   ? rest > half_way || (rest == half_way && (q & 1))
		  : mode == RTP ? rest && !negative
		  : mode == RTN ? rest && negative
				: false;
	return q + up;
}

static inline __attribute__((always_inline)) ushort overflow(bool negative, enum rounding mode)
{
	bool infinite = mode == RTE || (mode == RTP && !negative) || (mode == RTN && negative);
	return infinite ? 0x7c00 : 0x7bff;
}

static inline __attribute__((always_inline)) uint round_shift32(uint m, uint shift, bool negative,
								enum rounding mode)
{
	uint q = m >> shift, rest = m & ((1u << shift) - 1), half_way = 1u << (shift - 1);
	bool up = mode == RTE   ? rest > half_way || (rest == half_way && (q & 1))
		  : mode == RTP ? rest && !negative
		  : mode == RTN ? rest && negative
				: false;
	return q + up;
}

static inline __attribute__((always_inline, overloadable)) ushort to_half(float x,
									   enum rounding mode)
{
	uint bits = as_uint(x), a = bits & 0x7fffffff, exponent = a >> 23;
	bool negative = bits >> 31;
	ushort sign = bits >> 16 & 0x8000;
	/* a normal half: rebias; a denormal one, in steps of 2^-24: shift the mantissa */
	bool normal = exponent >= 113;
	uint mantissa = (a & 0x7fffff) | (exponent ? 0x800000 : 0);
	uint m = normal ? a - (112u << 23) : mantissa;
	uint shift = normal ? 13 : exponent > 95 ? 126 - exponent : 31;
	ushort r = round_shift32(m, shift, negative, mode);
	if (a >= 0x47800000)
		r = overflow(negative, mode);
	if (a >= 0x7f800000)
		r = a > 0x7f800000 ? 0x7e00 | (a >> 13 & 0x3ff) : 0x7c00;
	return sign | r;
}

static inline __attribute__((always_inline, overloadable)) ushort to_half(double x,
									   enum rounding mode)
{
	ulong bits = as_ulong(x), a = bits & 0x7fffffffffffffff;
	uint exponent = a >> 52;
	bool negative = bits >> 63;
	ushort sign = bits >> 48 & 0x8000;
	bool normal = exponent >= 1009;
	ulong mantissa = (a & 0xfffffffffffff) | (exponent ? (ulong)1 << 52 : 0);
	ulong m = normal ? a - ((ulong)1008 << 52) : mantissa;
	uint shift = normal ? 42 : exponent > 988 ? 1051 - exponent : 63;
	ushort r = round_shift(m, shift, negative, mode);
	if (a >= 0x40f0000000000000)
		r = overflow(negative, mode);
	if (a >= 0x7ff0000000000000)
		r = a > 0x7ff0000000000000 ? 0x7e00 | (a >> 42 & 0x3ff) : 0x7c00;
	return sign | r;
}

static inline __attribute__((always_inline)) float from_half(ushort h)
{
	uint sign = (uint)(h & 0x8000) << 16, a = h & 0x7fff;
	uint normal = (a << 13) + (112u << 23);
	uint denormal = as_uint((float)(int)a * 0x1p-24f);
	uint special = 0x7f800000 | a << 13;
	return as_float(sign | (a >= 0x7c00 ? special : a < 0x400 ? denormal : normal));
}

#define LOAD1(unused, space)                                                                       \
	OVERLOAD float vload_half(size_t offset, const space half *p)                              \
	{                                                                                          \
		return from_half(((const space ushort *)p)[offset]);                               \
	}
/* @stride: elements from one vector to the next */
#define LOAD(name, n, stride, space)                                                               \
	OVERLOAD float##n name##n(size_t offset, const space half *p)                              \
	{                                                                                          \
		const space ushort *from = (const space ushort *)p + stride * offset;              \
		float##n v;                                                                        \
		for (int i = 0; i < n; i++)                                                        \
			v[i] = from_half(from[i]);                                                 \
		return v;                                                                          \
	}
#define LOAD_ALL(unused, space)                                                                    \
	LOAD1(, space)                                                                             \
	LOAD(vload_half, 2, 2, space) LOAD(vload_half, 3, 3, space) LOAD(vload_half, 4, 4, space)  \
	LOAD(vload_half, 8, 8, space) LOAD(vload_half, 16, 16, space)                              \
	LOAD(vloada_half, 2, 2, space) LOAD(vloada_half, 3, 4, space)                              \
	LOAD(vloada_half, 4, 4, space) LOAD(vloada_half, 8, 8, space)                              \
	LOAD(vloada_half, 16, 16, space)

#define STORE1(type, suffix, mode, space)                                                          \
	OVERLOAD void vstore_half##suffix(type v, size_t offset, space half *p)                    \
	{                                                                                          \
		((space ushort *)p)[offset] = to_half(v, mode);                                    \
	}
#define STORE(name, type, n, stride, suffix, mode, space)                                          \
	OVERLOAD void name##n##suffix(type##n v, size_t offset, space half *p)                     \
	{                                                                                          \
		space ushort *to = (space ushort *)p + stride * offset;                            \
		for (int i = 0; i < n; i++)                                                        \
			to[i] = to_half(v[i], mode);                                               \
	}
#define STORE_MODE(type, suffix, mode, space)                                                      \
	STORE1(type, suffix, mode, space)                                                          \
	STORE(vstore_half, type, 2, 2, suffix, mode, space)                                        \
	STORE(vstore_half, type, 3, 3, suffix, mode, space)                                        \
	STORE(vstore_half, type, 4, 4, suffix, mode, space)                                        \
	STORE(vstore_half, type, 8, 8, suffix, mode, space)                                        \
	STORE(vstore_half, type, 16, 16, suffix, mode, space)                                      \
	STORE(vstorea_half, type, 2, 2, suffix, mode, space)                                       \
	STORE(vstorea_half, type, 3, 4, suffix, mode, space)                                       \
	STORE(vstorea_half, type, 4, 4, suffix, mode, space)                                       \
	STORE(vstorea_half, type, 8, 8, suffix, mode, space)                                       \
	STORE(vstorea_half, type, 16, 16, suffix, mode, space)
#define STORE_ALL(type, space)                                                                     \
	STORE_MODE(type, , RTE, space)                                                             \
	STORE_MODE(type, _rte, RTE, space) STORE_MODE(type, _rtz, RTZ, space)                      \
	STORE_MODE(type, _rtp, RTP, space) STORE_MODE(type, _rtn, RTN, space)

FOR_SPACES(LOAD_ALL, )
LOAD_ALL(, constant)
FOR_SPACES(STORE_ALL, float)
FOR_SPACES(STORE_ALL, double)
