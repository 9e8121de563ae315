/* SPDX-License-Identifier: MIT */
/*
 * fmod, remainder and remquo: long division with many bits at a time, exactly. One step is enough
 * where the quotient is below 2^28 (float) or 2^50 (double).
 */
#include "math.clh"

__attribute__((overloadable)) double floor(double x);
__attribute__((overloadable)) double fma(double x, double y, double z);

struct division {
	double rest;    /* in [0, d), in units of 2^@exponent */
	double divisor; /* d, in [1, 2) */
	ulong quotient; /* its lowest bits */
	int exponent;
	int distance; /* between the exponents of the operands: below -1, @rest is not scaled */
};

/* The mantissa in [1, 2) and the exponent of @x > 0. */
SMALL int take_apart(double x, double *mantissa)
{
	bool denormal = x < 0x1p-1022;
	ulong bits = as_ulong(denormal ? x * 0x1p54 : x);
	*mantissa = as_double((bits & 0xfffffffffffff) | 0x3ff0000000000000);
	return (int)(bits >> 52) - (denormal ? 1023 + 54 : 1023);
}

/* @wide: the operands are double, and products exact only with fma. */
SMALL struct division divide(double a, double b, bool wide)
{
	const int most = wide ? 50 : 28;
	struct division r;
	double rest, d;
	int e = take_apart(a, &rest);
	r.exponent = take_apart(b, &d);
	e -= r.exponent;
	r.distance = e;
	r.quotient = 0;
	rest = e < 0 ? 0.5 * rest : rest;
	do {
		int step = e < 0 ? 0 : e < most ? e : most;
		rest *= power_of_2(step);
		/* never too small, and for floats never too great */
		double q = floor(rest / d);
		rest = wide ? fma(-q, d, rest) : rest - q * d;
		q = wide && rest < 0 ? q - 1 : q;
		rest = wide && rest < 0 ? rest + d : rest;
		r.quotient = r.quotient << step | (as_ulong(q + 0x1p52) & 0xfffffffffffff);
		e -= step;
	} while (e > 0);
	r.rest = rest;
	r.divisor = d;
	return r;
}

/* To the nearest instead of down. */
SMALL struct division round_quotient(struct division r)
{
	double twice = r.rest + r.rest;
	bool up = r.distance >= -1 &&
		  (twice > r.divisor || (twice == r.divisor && (r.quotient & 1)));
	r.rest = up ? r.rest - r.divisor : r.rest;
	r.quotient += up;
	return r;
}

/* The remainder of @x by @y; @a and @b are their magnitudes. */
SMALL double finish(struct division r, double x, double a, double b, int least_distance)
{
	double v = flip_sign(scale(r.rest, r.exponent), x);
	v = r.distance < least_distance || b == INFINITY ? x : v;
	/* what is not a number goes this way, too */
	return a < INFINITY && b > 0 ? v : NAN;
}

SMALL double fmod_of(double x, double y, bool wide)
{
	double a = magnitude(x), b = magnitude(y);
	return finish(divide(a, b, wide), x, a, b, 0);
}

SMALL double remainder_of(double x, double y, bool wide, int *quotient)
{
	double a = magnitude(x), b = magnitude(y);
	struct division r = round_quotient(divide(a, b, wide));
	int q = r.distance < -1 || !(a < INFINITY && b > 0 && b < INFINITY)
			? 0
			: (int)(r.quotient & 0x7f);
	*quotient = (as_ulong(x) ^ as_ulong(y)) >> 63 ? -q : q;
	return finish(r, x, a, b, -1);
}

#define FUNCTIONS(type, wide)                                                                      \
	OVERLOAD type fmod(type x, type y)                                                         \
	{                                                                                          \
		return (type)fmod_of(x, y, wide);                                                  \
	}                                                                                          \
	OVERLOAD type remainder(type x, type y)                                                    \
	{                                                                                          \
		int unused;                                                                        \
		return (type)remainder_of(x, y, wide, &unused);                                    \
	}                                                                                          \
	OVERLOAD type remquo(type x, type y, private int *quotient)                                \
	{                                                                                          \
		return (type)remainder_of(x, y, wide, quotient);                                   \
	}                                                                                          \
	REMQUO(type, 2)                                                                            \
	REMQUO(type, 3)                                                                            \
	REMQUO(type, 4)                                                                            \
	REMQUO(type, 8)                                                                            \
	REMQUO(type, 16)                                                                           \
	WIDTHS2(fmod, type)                                                                        \
	WIDTHS2(remainder, type)
#define REMQUO(type, n)                                                                            \
	OVERLOAD type##n remquo(type##n x, type##n y, private int##n *quotient)                    \
	{                                                                                          \
		type##n r;                                                                         \
		int##n quotients;                                                                  \
		for (int i = 0; i < n; i++) {                                                      \
			int q;                                                                     \
			r[i] = remquo(x[i], y[i], &q);                                             \
			quotients[i] = q;                                                          \
		}                                                                                  \
		*quotient = quotients;                                                             \
		return r;                                                                          \
	}
FUNCTIONS(float, false)
FUNCTIONS(double, true)

