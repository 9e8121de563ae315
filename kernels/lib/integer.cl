/* SPDX-License-Identifier: MIT */
/* Integer functions that libclc 19 lacks, or has in a form that is slow (OpenCL C 6.15.3). */
#include "lib.clh"

#define VECTOR1(name, type, n)                                                                     \
	OVERLOAD type##n name(type##n x)                                                           \
	{                                                                                          \
		type##n r;                                                                         \
		for (int i = 0; i < n; i++)                                                        \
			r[i] = name(x[i]);                                                         \
		return r;                                                                          \
	}
#define VECTORS1(name, type)                                                                       \
	VECTOR1(name, type, 2) VECTOR1(name, type, 3) VECTOR1(name, type, 4)                       \
	VECTOR1(name, type, 8) VECTOR1(name, type, 16)

/* ctz(0) is the number of bits */
#define CTZ(type, bits, unsigned_type, builtin)                                                    \
	OVERLOAD type ctz(type x)                                                                  \
	{                                                                                          \
		return x ? builtin((unsigned_type)x) : bits;                                       \
	}                                                                                          \
	VECTORS1(ctz, type)
CTZ(char, 8, uchar, __builtin_ctz)
CTZ(uchar, 8, uchar, __builtin_ctz)
CTZ(short, 16, ushort, __builtin_ctz)
CTZ(ushort, 16, ushort, __builtin_ctz)
CTZ(int, 32, uint, __builtin_ctz)
CTZ(uint, 32, uint, __builtin_ctz)
CTZ(long, 64, ulong, __builtin_ctzl)
CTZ(ulong, 64, ulong, __builtin_ctzl)

/* libclc compares and selects. */
#define CLAMP(type, n, limit)                                                                      \
	OVERLOAD type##n clamp(type##n x, limit least, limit most)                                 \
	{                                                                                          \
		x = __builtin_elementwise_max(x, (type##n)(least));                                \
		return __builtin_elementwise_min(x, (type##n)(most));                              \
	}
#define CLAMP_VECTOR(type, n) CLAMP(type, n, type##n) CLAMP(type, n, type)
#define CLAMP_ALL(type)                                                                            \
	CLAMP(type, , type)                                                                        \
	CLAMP_VECTOR(type, 2) CLAMP_VECTOR(type, 3) CLAMP_VECTOR(type, 4) CLAMP_VECTOR(type, 8)    \
	CLAMP_VECTOR(type, 16)
INTEGER_TYPES(CLAMP_ALL)

#define MAD_HI(type, unused)                                                                       \
	__attribute__((overloadable)) type mul_hi(type a, type b);                                 \
	OVERLOAD type mad_hi(type a, type b, type c)                                               \
	{                                                                                          \
		return mul_hi(a, b) + c;                                                           \
	}
#define MAD_HI_ALL(type) FOR_WIDTHS(MAD_HI, type, )
INTEGER_TYPES(MAD_HI_ALL)

/* libclc does it in twice as many bits. Of vectors only: small scalars would become int first. */
#define SATURATED(type, unused)                                                                    \
	OVERLOAD type add_sat(type x, type y)                                                      \
	{                                                                                          \
		return __builtin_elementwise_add_sat(x, y);                                        \
	}                                                                                          \
	OVERLOAD type sub_sat(type x, type y)                                                      \
	{                                                                                          \
		return __builtin_elementwise_sub_sat(x, y);                                        \
	}
#define SATURATED_ALL(type)                                                                        \
	SATURATED(type##2, )                                                                       \
	SATURATED(type##3, ) SATURATED(type##4, ) SATURATED(type##8, ) SATURATED(type##16, )
INTEGER_TYPES(SATURATED_ALL)
