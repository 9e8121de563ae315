/* SPDX-License-Identifier: MIT */
/*
 * What the translator of SPIR-V calls by names of its own, since OpenCL C has no function for it:
 * integer dot products of any result. SPIR-V's integers have no sign; the instruction says it.
 */
#include "lib.clh"

#define PRODUCT(wide, a_type, b_type)                                                              \
	wide product = (wide)0;                                                                    \
	for (int i = 0; i < 4; i++)                                                                \
	product += (wide)__builtin_astype(a, a_type##4)[i] * __builtin_astype(b, b_type##4)[i]

/* Of vectors, and of words that hold four bytes, whose last parameter says so. */
#define DOT(name, result, wide, a_type, b_type, arg, ...)                                          \
	OVERLOAD result __spirv_##name##KHR_R##result(arg a, arg b __VA_ARGS__)                    \
	{                                                                                          \
		PRODUCT(wide, a_type, b_type);                                                     \
		return (result)product;                                                            \
	}
#define ACCUMULATE(name, result, wide, plain, a_type, b_type, arg, ...)                            \
	OVERLOAD result __spirv_##name##AccSatKHR_R##result(arg a, arg b, plain sum __VA_ARGS__)   \
	{                                                                                          \
		PRODUCT(wide, a_type, b_type);                                                     \
		return __builtin_elementwise_add_sat((result)sum, (result)product);                                      \
	}
#define FORMAT , int format
#define DOTS(name, result, wide, plain, a_type, b_type)                                            \
	DOT(name, result, wide, a_type, b_type, char4, )                                           \
	DOT(name, result, wide, a_type, b_type, int, FORMAT)                                       \
	ACCUMULATE(name, result, wide, plain, a_type, b_type, char4, )                             \
	ACCUMULATE(name, result, wide, plain, a_type, b_type, int, FORMAT)
#define RESULTS(type)                                                                              \
	DOTS(SDot, type, long, type, char, char)                                                   \
	DOTS(SUDot, type, long, type, char, uchar)                                                 \
	DOTS(UDot, u##type, ulong, type, uchar, uchar)

RESULTS(int)
RESULTS(long)
