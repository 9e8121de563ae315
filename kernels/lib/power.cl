/* SPDX-License-Identifier: MIT */
/*
 * Powers and roots, 2^(y log2(x)): the exponent is a sum of two numbers, since what it lacks is an
 * error of the result many times as large. Everything is for positive numbers and results of usual
 * size first; where a lane has others, what they need comes afterwards.
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

/* An integer may have more bits than a float. */
SMALL_OVERLOAD struct pair_float multiply(struct pair_float x, int n)
{
	float high = (float)(n & ~0xff), low = (float)(n & 0xff);
	struct pair_float y;
	y.high = high + low;
	y.low = (high - y.high) + low;
	return multiply(x, y);
}

SMALL_OVERLOAD struct pair_double multiply(struct pair_double x, int n)
{
	return multiply(x, (double)n);
}

/* An integer that has too many bits for a float is so great that they do not matter. */
#define QUOTIENT(type)                                                                             \
	SMALL_OVERLOAD struct pair_##type divide(struct pair_##type x, int n)                      \
	{                                                                                          \
		type divisor = n == 0 ? 1 : (type)n;                                               \
		struct pair_##type y;                                                              \
		y.high = 1 / divisor;                                                              \
		y.low = less_product(1, y.high, divisor) * y.high;                                 \
		return multiply(x, y);                                                             \
	}
QUOTIENT(float)
QUOTIENT(double)

/*
 * Below @most, beyond which results are infinite or 0, exp2_of() is right for exponents. That of
 * what is not a number is not below.
 */
#define FUNCTIONS(type, utype, pair, most)                                                         \
	SMALL_OVERLOAD bool is_usual(type x, struct pair exponent)                                 \
	{                                                                                          \
		return as_##utype(x) - 1 < as_##utype((type)INFINITY) - 1 &&                       \
		       magnitude(exponent.high) < most;                                            \
	}                                                                                          \
	/* The power of a = |x|; what is not a number is left to the callers. */                   \
	SMALL_OVERLOAD type with_limits(type a, struct pair exponent, bool negative, type result)  \
	{                                                                                          \
		type far = exponent.high > 0 ? INFINITY : 0;                                       \
		result = magnitude(exponent.high) < most ? result : far;                           \
		result = a == 1 ? 1 : result; /* also for an infinite y */                         \
		return a == 0 || a == INFINITY ? (negative == (a == 0) ? INFINITY : 0) : result;   \
	}                                                                                          \
	OVERLOAD type pow(type x, type y)                                                          \
	{                                                                                          \
		type a = magnitude(x);                                                             \
		struct pair e = multiply(log2_pair(a), y);                                         \
		type r = exp2_of(e);                                                               \
		if (RARELY(!is_usual(x, e))) {                                                     \
			struct whole w = parity(y);                                                \
			r = with_limits(a, e, y < 0, r);                                           \
			r = w.odd ? flip_sign(r, x) : r;                                           \
			r = x < 0 && a < INFINITY && !w.integer ? NAN : r;                         \
			r = x == x && y == y ? r : NAN;                                            \
			r = x == 1 || y == 0 ? 1 : r;                                              \
		}                                                                                  \
		return r;                                                                          \
	}                                                                                          \
	OVERLOAD type powr(type x, type y)                                                         \
	{                                                                                          \
		type a = magnitude(x);                                                             \
		struct pair e = multiply(log2_pair(a), y);                                         \
		type r = exp2_of(e);                                                               \
		if (RARELY(!is_usual(x, e))) {                                                     \
			/* 0^0, infinity^0, 1^infinity */                                          \
			bool none = (y == 0 && (a == 0 || a == INFINITY)) ||                       \
				    (a == 1 && magnitude(y) == INFINITY);                          \
			r = with_limits(a, e, y < 0, r);                                           \
			r = x >= 0 && y == y && !none ? r : NAN;                                   \
		}                                                                                  \
		return r;                                                                          \
	}                                                                                          \
	/* The errors of up to seven products and of the reciprocal, which count as often as it    \
	 * does, are within the bound. */                                                          \
	SMALL_OVERLOAD type small_power(type x, int n)                                             \
	{                                                                                          \
		type square = n < 0 ? 1 / x : x;                                                   \
		uint m = n < 0 ? -(uint)n : (uint)n;                                               \
		type r = m & 1 ? square : 1;                                                       \
		square *= square;                                                                  \
		r = m & 2 ? r * square : r;                                                        \
		square *= square;                                                                  \
		r = m & 4 ? r * square : r;                                                        \
		square *= square;                                                                  \
		return m & 8 ? r * square : r;                                                     \
	}                                                                                          \
	OVERLOAD type pown(type x, int n)                                                          \
	{                                                                                          \
		type r = small_power(x, n);                                                        \
		if (RARELY((uint)n + 8 > 16)) {                                                    \
			type a = magnitude(x);                                                     \
			struct pair e = multiply(log2_pair(a), n);                                 \
			r = with_limits(a, e, n < 0, exp2_of(e));                                  \
			r = n & 1 ? flip_sign(r, x) : r;                                           \
			r = x == x ? r : x;                                                        \
		}                                                                                  \
		return r;                                                                          \
	}                                                                                          \
	OVERLOAD type rootn(type x, int n)                                                         \
	{                                                                                          \
		type a = magnitude(x);                                                             \
		struct pair e = divide(log2_pair(a), n);                                           \
		type r = exp2_of(e);                                                               \
		if (RARELY(as_##utype(x) - 1 >= as_##utype((type)INFINITY) - 1 || n == 0)) {       \
			r = with_limits(a, e, n < 0, r);                                           \
			r = n & 1 ? flip_sign(r, x) : r;                                           \
			r = n == 0 || x != x || (x < 0 && !(n & 1)) ? NAN : r;                     \
		}                                                                                  \
		return r;                                                                          \
	}                                                                                          \
	WIDTHS2(pow, type)                                                                         \
	WIDTHS2(powr, type)                                                                        \
	WIDTHS2_WITH(pown, type, int)                                                              \
	WIDTHS2_WITH(rootn, type, int)
FUNCTIONS(float, uint, pair_float, 192)
FUNCTIONS(double, ulong, pair_double, 1500)
