/* SPDX-License-Identifier: MIT */
/* convert_half() in all its forms, and conversions from half (cl_khr_fp16). */
#include "half.clh"

/* float holds every half, so that only the conversion from float rounds. */
#define TO_INTEGER(type, n, suffix)                                                                \
	__attribute__((overloadable)) type##n convert_##type##n##suffix(float##n x);               \
	OVERLOAD type##n convert_##type##n##suffix(half##n x)                                      \
	{                                                                                          \
		return convert_##type##n##suffix(up(x));                                           \
	}
#define TO_INTEGERS(type, n)                                                                       \
	TO_INTEGER(type, n, ) TO_INTEGER(type, n, _rte) TO_INTEGER(type, n, _rtz)                  \
	TO_INTEGER(type, n, _rtp) TO_INTEGER(type, n, _rtn) TO_INTEGER(type, n, _sat)              \
	TO_INTEGER(type, n, _sat_rte) TO_INTEGER(type, n, _sat_rtz)                                \
	TO_INTEGER(type, n, _sat_rtp) TO_INTEGER(type, n, _sat_rtn)
#define TO_ALL_WIDTHS(type) FOR_NAME(TO_INTEGERS, type)
INTEGER_TYPES(TO_ALL_WIDTHS)

#define SAME_VALUE(to, from, n, suffix, convert)                                                   \
	OVERLOAD to##n convert_##to##n##suffix(from##n x)                                          \
	{                                                                                          \
		return convert;                                                                    \
	}
#define SAME_VALUES(to, from, n, convert)                                                          \
	SAME_VALUE(to, from, n, , convert) SAME_VALUE(to, from, n, _rte, convert)                  \
	SAME_VALUE(to, from, n, _rtz, convert) SAME_VALUE(to, from, n, _rtp, convert)              \
	SAME_VALUE(to, from, n, _rtn, convert)
#define EXACT(n)                                                                                   \
	SAME_VALUES(half, half, n, x)                                                              \
	SAME_VALUES(float, half, n, up(x))
#define TO_DOUBLE(n) SAME_VALUES(double, half, n, __builtin_convertvector(x, double##n))
FOR_N(EXACT)
SAME_VALUES(double, half, , x)
TO_DOUBLE(2) TO_DOUBLE(3) TO_DOUBLE(4) TO_DOUBLE(8) TO_DOUBLE(16)

/*
 * Integers that float does not hold lie beyond all halves, so that @via, float for integers, rounds
 * nothing that matters.
 */
#define NEAREST(type, via, suffix)                                                                 \
	OVERLOAD half convert_half##suffix(type x)                                                 \
	{                                                                                          \
		return (half)(via)x;                                                               \
	}
#define NEAREST_VECTOR(type, via, n, suffix)                                                       \
	OVERLOAD half##n convert_half##n##suffix(type##n x)                                        \
	{                                                                                          \
		return __builtin_convertvector(__builtin_convertvector(x, via##n), half##n);       \
	}
#define DIRECTED(type, via, suffix, mode)                                                          \
	OVERLOAD half convert_half##suffix(type x)                                                 \
	{                                                                                          \
		return as_half(to_half((via)x, mode));                                             \
	}
#define DIRECTED_VECTOR(type, n, suffix)                                                           \
	OVERLOAD half##n convert_half##n##suffix(type##n x)                                        \
	{                                                                                          \
		half##n r;                                                                         \
		for (int i = 0; i < n; i++)                                                        \
			r[i] = convert_half##suffix(x[i]);                                         \
		return r;                                                                          \
	}
#define VECTORS(type, via, n)                                                                      \
	NEAREST_VECTOR(type, via, n, ) NEAREST_VECTOR(type, via, n, _rte)                          \
	DIRECTED_VECTOR(type, n, _rtz) DIRECTED_VECTOR(type, n, _rtp)                              \
	DIRECTED_VECTOR(type, n, _rtn)
#define TO_HALF(type, via)                                                                         \
	NEAREST(type, via, ) NEAREST(type, via, _rte)                                              \
	DIRECTED(type, via, _rtz, RTZ) DIRECTED(type, via, _rtp, RTP)                              \
	DIRECTED(type, via, _rtn, RTN)                                                             \
	VECTORS(type, via, 2) VECTORS(type, via, 3) VECTORS(type, via, 4)                          \
	VECTORS(type, via, 8) VECTORS(type, via, 16)
#define FROM_INTEGER(type) TO_HALF(type, float)
INTEGER_TYPES(FROM_INTEGER)
TO_HALF(float, float)
TO_HALF(double, double)
