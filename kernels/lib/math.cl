/* SPDX-License-Identifier: MIT */
/* Math functions that libclc 19 lacks or gets wrong. */
#include "math.clh"

#define SMOOTHSTEP(n)                                                                              \
	__attribute__((overloadable)) double##n smoothstep(double##n a, double##n b, double##n x); \
	OVERLOAD double##n smoothstep(double a, double b, double##n x)                             \
	{                                                                                          \
		return smoothstep((double##n)a, (double##n)b, x);                                  \
	}
SMOOTHSTEP(2) SMOOTHSTEP(3) SMOOTHSTEP(4) SMOOTHSTEP(8) SMOOTHSTEP(16)

/* native_ and half_ functions: the full ones are fast enough, and vectorise. */
#define SAME_AS(name, full, type, unused)                                                          \
	__attribute__((overloadable)) type full(type x);                                           \
	OVERLOAD type name(type x)                                                                 \
	{                                                                                          \
		return full(x);                                                                    \
	}
#define PREFIXED(prefix, type)                                                                     \
	SAME_AS(prefix##cos, cos, type, ) SAME_AS(prefix##sin, sin, type, )                        \
	SAME_AS(prefix##tan, tan, type, ) SAME_AS(prefix##exp, exp, type, )                        \
	SAME_AS(prefix##exp2, exp2, type, ) SAME_AS(prefix##exp10, exp10, type, )                  \
	SAME_AS(prefix##log, log, type, ) SAME_AS(prefix##log2, log2, type, )                      \
	SAME_AS(prefix##log10, log10, type, ) SAME_AS(prefix##sqrt, sqrt, type, )                  \
	SAME_AS(prefix##rsqrt, rsqrt, type, )                                                      \
	OVERLOAD type prefix##recip(type x)                                                        \
	{                                                                                          \
		return 1.0f / x;                                                                   \
	}                                                                                          \
	OVERLOAD type prefix##divide(type x, type y)                                               \
	{                                                                                          \
		return x / y;                                                                      \
	}                                                                                          \
	OVERLOAD type prefix##powr(type x, type y)                                                 \
	{                                                                                          \
		return powr(x, y);                                                                 \
	}
#define RELAXED(type, unused)                                                                      \
	__attribute__((overloadable)) type powr(type x, type y);                                   \
	PREFIXED(native_, type) PREFIXED(half_, type)
FOR_WIDTHS(RELAXED, float, )

/* libclc's nan(0UL) is an infinity. */
#define QUIET_NAN(n)                                                                               \
	OVERLOAD double##n nan(ulong##n code)                                                      \
	{                                                                                          \
		return as_double##n(code | 0x7ff8000000000000UL);                                  \
	}
QUIET_NAN() QUIET_NAN(2) QUIET_NAN(3) QUIET_NAN(4) QUIET_NAN(8) QUIET_NAN(16)

__attribute__((overloadable)) double pow(double x, double y);
__attribute__((overloadable)) double exp(double x);
__attribute__((overloadable)) double sinpi(double x);
__attribute__((overloadable)) double log(double x);

__attribute__((overloadable)) float floor(float x);
__attribute__((overloadable)) double floor(double x);
__attribute__((overloadable)) float log(float x);

/*
 * Stirling's series from 9 on: sqrt(2 pi / z) (z / e)^z e^(1 / 12z - ...). The power is taken in
 * halves, which do not overflow before the result does; its arguments are exact. Smaller arguments
 * are moved up by gamma(z + 1) = z gamma(z), negative ones by reflection.
 */
OVERLOAD double tgamma(double x)
{
	double z = x < 0 ? -x : x, product = 1;
	int steps = z < 9 ? (int)(10 - z) : 0;
	double y = z + steps, lost = z - (y - steps);
	for (int i = 0; i < 10; i++)
		product *= i < steps ? z + i : 1;
	double u = 1 / y, v = u * u, s = -3617.0 / 122400;
	s = s * v + 1.0 / 156;
	s = s * v - 691.0 / 360360;
	s = s * v + 1.0 / 1188;
	s = s * v - 1.0 / 1680;
	s = s * v + 1.0 / 1260;
	s = s * v - 1.0 / 360;
	s = (s * v + 1.0 / 12) * u;
	/* what y's rounding lost, by the derivative of the logarithm */
	s += lost * (log(y) - 0.5 * u);
	double t = 1 + s * (1 + s * (1.0 / 2 + s * (1.0 / 6 + s * (1.0 / 24 + s * (1.0 / 120)))));
	double h = pow(y, 0.5 * y - 0.25), rest = h * exp(-y) * (0x1.40d931ff62706p+1 * t);
	if (x <= -0x1p-60) {
		double sine = sinpi(x);
		double v = M_PI * product / (z * sine * rest) / h;
		v = z > 185 ? (sine > 0 ? 0.0 : -0.0) : v;
		/* minus infinity and the negative integers have no value */
		return sine == 0 || !(z < INFINITY) ? NAN : v;
	}
	return magnitude(x) < 0x1p-60 ? 1 / x : x > 172 ? x * INFINITY : rest * h / product;
}

/* Below -46, all that is not an integer gives less than the least float. */
OVERLOAD float tgamma(float x)
{
	bool tiny = x < -46 && x > -0x1p23f;
	float zero = (int)floor(x) & 1 ? -0.0f : 0.0f;
	return tiny && x != floor(x) ? zero : (float)tgamma((double)x);
}

/* libclc's is -INFINITY for -INFINITY, and knows no denormal numbers */
float libclc_lgamma_r(float x, private int *sign) __asm("__clc._Z8lgamma_rfPi");
OVERLOAD float lgamma_r(float x, private int *sign)
{
	float a = magnitude(x), r = libclc_lgamma_r(x, sign);
	/* nearly 1 / |x| */
	r = a < 0x1p-60f ? -log(a) : r;
	*sign = a > 0 && a < 0x1p-60f ? (x < 0 ? -1 : 1) : *sign;
	return x == -INFINITY ? INFINITY : r;
}

OVERLOAD float lgamma(float x)
{
	int sign;
	return lgamma_r(x, &sign);
}

WIDTHS1(tgamma, float)
WIDTHS1(tgamma, double)
