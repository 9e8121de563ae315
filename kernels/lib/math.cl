/* SPDX-License-Identifier: MIT */
/* Math functions that libclc 19 lacks or gets wrong. */
#include "lib.clh"

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

/* In double, for results that are denormal in float. */
__attribute__((overloadable)) double erfc(double x);
OVERLOAD float erfc(float x)
{
	return (float)erfc((double)x);
}

__attribute__((overloadable)) double pow(double x, double y);
__attribute__((overloadable)) double exp(double x);
__attribute__((overloadable)) double sinpi(double x);
__attribute__((overloadable)) double log(double x);

/*
 * Stirling's series from 9 on: sqrt(2 pi / z) (z / e)^z e^(1 / 12z - ...). The power is taken in
 * halves, which do not overflow before the result does; its arguments are exact. Smaller arguments
 * are moved up by gamma(z + 1) = z gamma(z), from -1 down by reflection.
 */
OVERLOAD double tgamma(double x)
{
	double z = x <= -1 ? -x : x, product = 1;
	/* from there on the result is infinite or zero, but its parts are not to be both */
	z = z > 200 ? 200 : z;
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
	if (x <= -1) {
		double sine = sinpi(x);
		/* minus infinity and the negative integers have no value */
		return sine == 0 ? NAN : M_PI * (product / z) / (sine * rest) / h;
	}
	return x == 0 ? 1 / x : x > 172 ? x * INFINITY : rest * h / product;
}

OVERLOAD float tgamma(float x)
{
	return (float)tgamma((double)x);
}

#define EACH(name, type, n)                                                                        \
	OVERLOAD type##n name(type##n x)                                                           \
	{                                                                                          \
		type##n r;                                                                         \
		for (int i = 0; i < n; i++)                                                        \
			r[i] = name(x[i]);                                                         \
		return r;                                                                          \
	}
#define EACH_WIDTH(name, type)                                                                     \
	EACH(name, type, 2) EACH(name, type, 3) EACH(name, type, 4) EACH(name, type, 8)            \
	EACH(name, type, 16)
EACH_WIDTH(erfc, float)
EACH_WIDTH(tgamma, float)
EACH_WIDTH(tgamma, double)
