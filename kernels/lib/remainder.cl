/* SPDX-License-Identifier: MIT */
/*
 * fmod, remainder and remquo: long division with many bits at a time, exactly. One step is enough
 * where the quotient is below 2^22 (float) or 2^50 (double).
 */
#include "math.clh"

#define DECLARED(type)                                                                             \
	__attribute__((overloadable)) type floor(type x);                                          \
	__attribute__((overloadable)) type fma(type x, type y, type z);
DECLARED(float)
DECLARED(double)

/*
 * One fused operation with the quotient @q, which is at most too great by one, is exact: neither has @q
 * too many bits, nor are products or differences denormal numbers.
 */
SMALL_OVERLOAD bool is_usual(float b, float q)
{
	return q < 0x1p22f && b > 0x1p-100f && b < 0x1p100f;
}

SMALL_OVERLOAD bool is_usual(double b, double q)
{
	return q < 0x1p50 && b > 0x1p-900 && b < 0x1p900;
}

/* @most: bits of a quotient that one step finds. */
#define DIVISION(type, utype, digits, most, bias, least, up, scaled, integer, power)               \
	struct division_##type {                                                                   \
		type rest;      /* in [0, d), in units of 2^@exponent */                           \
		type divisor;   /* d, in [1, 2) */                                                 \
		uint quotient;  /* its lowest bits */                                              \
		int exponent;                                                                      \
		int distance; /* of the operands' exponents: below -1, @rest is not scaled */      \
	};                                                                                         \
	/* The mantissa in [1, 2) and the exponent of @x > 0. */                                   \
	SMALL_OVERLOAD int take_apart(type x, type *mantissa)                                      \
	{                                                                                          \
		const utype one = (utype)bias << (digits - 1), bits_below = ((utype)1 << (digits - 1)) - 1; \
		bool denormal = x < least;                                                         \
		utype bits = as_##utype(denormal ? x * scaled : x);                                \
		*mantissa = as_##type((bits & bits_below) | one);                                  \
		return (int)(bits >> (digits - 1)) - (denormal ? bias + up : bias);                \
	}                                                                                          \
	SMALL_OVERLOAD struct division_##type divide(type a, type b)                               \
	{                                                                                          \
		struct division_##type r;                                                          \
		type rest, d;                                                                      \
		int e = take_apart(a, &rest);                                                      \
		r.exponent = take_apart(b, &d);                                                    \
		e -= r.exponent;                                                                   \
		r.distance = e;                                                                    \
		r.quotient = 0;                                                                    \
		rest = e < 0 ? 0.5f * rest : rest;                                                 \
		do {                                                                               \
			int step = e < 0 ? 0 : e < most ? e : most;                                \
			rest *= power(step);                                                       \
			/* never too small, but by one too great */                                \
			type q = floor(rest / d);                                                  \
			rest = fma(-q, d, rest);                                                   \
			q = rest < 0 ? q - 1 : q;                                                  \
			rest = rest < 0 ? rest + d : rest;                                         \
			uint bits = (uint)as_##utype(q + integer) & 0x7fffff;                      \
			r.quotient = step > 8 ? bits : r.quotient << step | bits;                  \
			e -= step;                                                                 \
		} while (e > 0);                                                                   \
		r.rest = rest;                                                                     \
		r.divisor = d;                                                                     \
		return r;                                                                          \
	}                                                                                          \
	/* To the nearest instead of down. */                                                      \
	SMALL_OVERLOAD struct division_##type round_quotient(struct division_##type r)             \
	{                                                                                          \
		type twice = r.rest + r.rest;                                                      \
		bool more = r.distance >= -1 &&                                                    \
			    (twice > r.divisor || (twice == r.divisor && (r.quotient & 1)));       \
		r.rest = more ? r.rest - r.divisor : r.rest;                                       \
		r.quotient += more;                                                                \
		return r;                                                                          \
	}                                                                                          \
	/* The remainder of @x by @y; @a and @b are their magnitudes. */                           \
	SMALL_OVERLOAD type finish(struct division_##type r, type x, type a, type b, int nearer)   \
	{                                                                                          \
		type v = flip_sign(scale(r.rest, r.exponent), x);                                  \
		v = r.distance < nearer || b == INFINITY ? x : v;                                  \
		/* what is not a number goes this way, too */                                      \
		return a < INFINITY && b > 0 ? v : NAN;                                            \
	}                                                                                          \
	SMALL_OVERLOAD type divided(type x, type y, int *quotient)                                 \
	{                                                                                          \
		type a = magnitude(x), b = magnitude(y), q = floor(a / b), rest = fma(-q, b, a);   \
		q = rest < 0 ? q - 1 : q;                                                          \
		rest = rest < 0 ? rest + b : rest;                                                 \
		uint bits = (uint)as_##utype(q + integer);                                         \
		bool more = 2 * rest > b || (2 * rest == b && (bits & 1));                         \
		rest = flip_sign(more ? rest - b : rest, x);                                       \
		bits = (bits + more) & 0x7f;                                                       \
		if (RARELY(!__tern_machine_has_fma() || !is_usual(b, q))) {                        \
			struct division_##type r = round_quotient(divide(a, b));                   \
			bool none = r.distance < -1 || !(a < INFINITY && b > 0 && b < INFINITY);   \
			bits = none ? 0 : r.quotient & 0x7f;                                       \
			rest = finish(r, x, a, b, -1);                                             \
		}                                                                                  \
		*quotient = flip_sign(flip_sign((type)1, x), y) < 0 ? -(int)bits : (int)bits;      \
		return rest;                                                                       \
	}
DIVISION(float, uint, 24, 22, 127, 0x1p-126f, 24, 0x1p24f, 0x1p23f, power_of_2f)
DIVISION(double, ulong, 53, 50, 1023, 0x1p-1022, 54, 0x1p54, 0x1p52, power_of_2)

#define FUNCTIONS(type)                                                                            \
	OVERLOAD type fmod(type x, type y)                                                         \
	{                                                                                          \
		type a = magnitude(x), b = magnitude(y), q = floor(a / b);                         \
		type rest = fma(-q, b, a);                                                         \
		rest = flip_sign(rest < 0 ? rest + b : rest, x);                                   \
		if (RARELY(!__tern_machine_has_fma() || !is_usual(b, q)))                          \
			rest = finish(divide(a, b), x, a, b, 0);                                   \
		return rest;                                                                       \
	}                                                                                          \
	OVERLOAD type remainder(type x, type y)                                                    \
	{                                                                                          \
		int unused;                                                                        \
		return divided(x, y, &unused);                                                     \
	}                                                                                          \
	OVERLOAD type remquo(type x, type y, private int *quotient)                                \
	{                                                                                          \
		return divided(x, y, quotient);                                                    \
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
FUNCTIONS(float)
FUNCTIONS(double)
