/* SPDX-License-Identifier: MIT */
/* Functions that take numbers apart and put them together. */
#include "math.clh"

#define DECLARED(type)                                                                             \
	__attribute__((overloadable)) type floor(type x);                                          \
	__attribute__((overloadable)) type fmin(type x, type y);                                   \
	__attribute__((overloadable)) type copysign(type x, type y);
DECLARED(float)
DECLARED(double)
__attribute__((overloadable)) int clamp(int x, int least, int most);

/* The exponent of @x, as if it had any number of digits. For 0 and what is not finite: something. */
SMALL_OVERLOAD int exponent(float x)
{
	float a = magnitude(x);
	bool denormal = a < 0x1p-126f;
	return (int)(as_uint(denormal ? a * 0x1p24f : a) >> 23) - (denormal ? 127 + 24 : 127);
}

SMALL_OVERLOAD int exponent(double x)
{
	double a = magnitude(x);
	bool denormal = a < 0x1p-1022;
	return (int)(as_ulong(denormal ? a * 0x1p54 : a) >> 52) - (denormal ? 1023 + 54 : 1023);
}

/* The mantissa keeps its sign; scaling it rounds once. */
OVERLOAD float ldexp(float x, int n)
{
	if (__tern_machine_has_avx512())
		return __tern_machine_scale_f32(x, (float)n);
	bool denormal = magnitude(x) < 0x1p-126f;
	uint bits = as_uint(denormal ? x * 0x1p24f : x);
	float m = as_float((bits & 0x807fffff) | 0x3f800000);
	int e = (int)(bits >> 23 & 0xff) - (denormal ? 127 + 24 : 127);
	float r = scale(m, clamp(e + clamp(n, -600, 600), -200, 200));
	return x == 0 || !(magnitude(x) < INFINITY) ? x : r;
}

OVERLOAD double ldexp(double x, int n)
{
	if (__tern_machine_has_avx512())
		return __tern_machine_scale_f64(x, (double)n);
	bool denormal = magnitude(x) < 0x1p-1022;
	ulong bits = as_ulong(denormal ? x * 0x1p54 : x);
	double m = as_double((bits & 0x800fffffffffffff) | 0x3ff0000000000000);
	int e = (int)(bits >> 52 & 0x7ff) - (denormal ? 1023 + 54 : 1023);
	double r = scale(m, clamp(e + clamp(n, -5000, 5000), -1100, 1100));
	return x == 0 || !(magnitude(x) < INFINITY) ? x : r;
}

#define FUNCTIONS(type, bits)                                                                      \
	WIDTHS2_WITH(ldexp, type, int)                                                             \
	OVERLOAD type logb(type x)                                                                 \
	{                                                                                          \
		type e = (type)exponent(x), a = magnitude(x);                                      \
		return x == 0 ? -INFINITY : a < INFINITY ? e : a;                                  \
	}                                                                                          \
	OVERLOAD int ilogb(type x)                                                                 \
	{                                                                                          \
		type a = magnitude(x);                                                             \
		int e = a == INFINITY ? INT_MAX : exponent(x);                                     \
		return x == 0 ? FP_ILOGB0 : x == x ? e : FP_ILOGBNAN;                              \
	}                                                                                          \
	OVERLOAD type fract(type x, private type *whole)                                           \
	{                                                                                          \
		type f = floor(x), r = fmin(x - f, BELOW_1_##bits);                                \
		*whole = f;                                                                        \
		/* 0 keeps its sign, and so do infinities */                                       \
		return magnitude(x) == INFINITY || x == 0 ? copysign((type)0, x) : x == x ? r : x; \
	}                                                                                          \
	WIDTHS1(logb, type)                                                                        \
	WIDTHS1_TO(ilogb, int, type)                                                               \
	WIDTHS_AND(fract, type, type)
#define BELOW_1_32 0x1.fffffep-1f
#define BELOW_1_64 0x1.fffffffffffffp-1
FUNCTIONS(float, 32)
FUNCTIONS(double, 64)

#define LDEXP_BY(type, width)                                                                      \
	OVERLOAD type##width ldexp(type##width x, int n)                                           \
	{                                                                                          \
		return ldexp(x, (int##width)n);                                                    \
	}
LDEXP_BY(float, 2) LDEXP_BY(float, 3) LDEXP_BY(float, 4) LDEXP_BY(float, 8) LDEXP_BY(float, 16)
LDEXP_BY(double, 2) LDEXP_BY(double, 3) LDEXP_BY(double, 4) LDEXP_BY(double, 8)
LDEXP_BY(double, 16)
