/* SPDX-License-Identifier: MIT */
/*
 * Powers and roots, by the logarithm to base 2; accurate beyond what the table of errors asks.
 */
#include "power.clh"

struct whole {
	bool integer, odd;
};

SMALL_OVERLOAD struct whole parity(float y)
{
	float b = magnitude(y), sum = b + 0x1p23f;
	struct whole r;
	/* an infinite y is even, too */
	r.integer = b >= 0x1p23f || sum - 0x1p23f == b;
	r.odd = r.integer && b < 0x1p24f && ((b < 0x1p23f ? as_uint(sum) : as_uint(b)) & 1);
	return r;
}

SMALL_OVERLOAD struct whole parity(double y)
{
	double b = magnitude(y), sum = b + 0x1p52;
	struct whole r;
	r.integer = b >= 0x1p52 || sum - 0x1p52 == b;
	r.odd = r.integer && b < 0x1p53 && ((b < 0x1p52 ? as_ulong(sum) : as_ulong(b)) & 1);
	return r;
}

/*
 * The power of a = |x|: 2^(y log2(a)). For 0 and infinite a and for infinite y the result is 0 or
 * infinite; for a = 1 and infinite y, 1. What is not a number is left to the callers.
 */
SMALL_OVERLOAD float limits(float a, bool negative, float result)
{
	return a == 0 || a == INFINITY ? (negative == (a == 0) ? INFINITY : 0) : result;
}

SMALL_OVERLOAD double limits(double a, bool negative, double result)
{
	return a == 0 || a == INFINITY ? (negative == (a == 0) ? INFINITY : 0) : result;
}

SMALL_OVERLOAD float power_of(float a, float y)
{
	/* far beyond what matters, but finite */
	float b = y > 0x1p100f ? 0x1p100f : y;
	b = b < -0x1p100f ? -0x1p100f : b;
	return limits(a, y < 0, exp2_of(log2_of(a) * b));
}

SMALL_OVERLOAD float power_of(float a, int n)
{
	return limits(a, n < 0, exp2_of(log2_of(a) * n));
}

SMALL_OVERLOAD double power_of(double a, double y)
{
	/* far beyond what matters, so that products do not overflow */
	double b = y > 0x1p200 ? 0x1p200 : y;
	b = b < -0x1p200 ? -0x1p200 : b;
	return limits(a, y < 0, exp2_of(multiply(log2_of(a), split(b))));
}

SMALL_OVERLOAD double power_of(double a, int n)
{
	return power_of(a, (double)n);
}

/* The @n-th root of @a. */
SMALL_OVERLOAD float root_of(float a, int n)
{
	return limits(a, n < 0, exp2_of(log2_of(a) / n));
}

SMALL_OVERLOAD double root_of(double a, int n)
{
	/* 1 / n as a pair; n, too, in two parts */
	double d = n, d1 = (double)(n & ~0xffff), d2 = (double)(n & 0xffff);
	double inverse = 1 / (n == 0 ? 1 : d);
	struct pair y = {first_bits(inverse), 0};
	y.low = ((1 - y.high * d1) - y.high * d2) * inverse;
	return limits(a, n < 0, exp2_of(multiply(log2_of(a), y)));
}

#define FUNCTIONS(type)                                                                            \
	OVERLOAD type pow(type x, type y)                                                          \
	{                                                                                          \
		type a = magnitude(x), r = power_of(a, y);                                         \
		struct whole w = parity(y);                                                        \
		r = w.odd ? flip_sign(r, x) : r;                                                   \
		r = x < 0 && a < INFINITY && !w.integer ? NAN : r;                                 \
		r = x == x && y == y ? r : NAN;                                                    \
		return x == 1 || y == 0 ? 1 : r;                                                   \
	}                                                                                          \
	OVERLOAD type powr(type x, type y)                                                         \
	{                                                                                          \
		type a = magnitude(x), b = magnitude(y), r = power_of(a, y);                       \
		/* 0^0, infinity^0, 1^infinity */                                                  \
		bool none = (y == 0 && (a == 0 || a == INFINITY)) || (a == 1 && b == INFINITY);    \
		return x >= 0 && y == y && !none ? r : NAN;                                        \
	}                                                                                          \
	OVERLOAD type pown(type x, int n)                                                          \
	{                                                                                          \
		type r = power_of(magnitude(x), n);                                          \
		r = n & 1 ? flip_sign(r, x) : r;                                                   \
		return n == 0 ? 1 : x == x ? r : x;                                                \
	}                                                                                          \
	OVERLOAD type rootn(type x, int n)                                                         \
	{                                                                                          \
		type r = root_of(magnitude(x), n);                                                 \
		r = n & 1 ? flip_sign(r, x) : r;                                                   \
		return n == 0 || x != x || (x < 0 && !(n & 1)) ? NAN : r;                          \
	}                                                                                          \
	WIDTHS2(pow, type)                                                                         \
	WIDTHS2(powr, type)                                                                        \
	WIDTHS2_WITH(pown, type, int)                                                              \
	WIDTHS2_WITH(rootn, type, int)
FUNCTIONS(float)
FUNCTIONS(double)
