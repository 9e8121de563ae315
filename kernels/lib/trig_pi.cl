/* SPDX-License-Identifier: MIT */
/*
 * Sine, cosine and tangent of pi x. Differences of x and integers or their halves are exact, and so are
 * zeros.
 */
#include "trig.clh"

__attribute__((overloadable)) float floor(float x);
__attribute__((overloadable)) double floor(double x);

/* r pi */
SMALL_OVERLOAD float times_pi(float r)
{
	return r * 0x1.921fb6p+1f + r * -0x1.777a5cp-24f;
}

SMALL_OVERLOAD double times_pi(double r)
{
	return r * 0x1.921fb54442d18p+1 + r * 0x1.1a62633145c07p-53;
}

/* @great: twice as much, and sums with @rounder have the nearest integer as their last bits. */
#define HALF_TURNS(type, utype, great, rounder)                                                    \
	/* |x|, without whole turns where it is great; what is not finite is not a number */       \
	SMALL_OVERLOAD type less_turns(type x)                                                     \
	{                                                                                          \
		type a = magnitude(x);                                                             \
		if (RARELY(!(a < great)))                                                          \
			a = a - 2 * floor(a * (type)0.5);                                          \
		return a;                                                                          \
	}                                                                                          \
	/* v (-1)^n, of which the last bit matters; there is no negative 0 */                      \
	SMALL_OVERLOAD type turned(type v, utype n)                                                \
	{                                                                                          \
		return v == 0 ? 0 : as_##type(as_##utype(v) ^ n << (8 * sizeof(type) - 1));        \
	}                                                                                          \
	/* The zeros of sinpi have the sign of x, those of cospi are positive. */                  \
	OVERLOAD type sinpi(type x)                                                                \
	{                                                                                          \
		type a = less_turns(x), t = a + rounder;                                           \
		type v = sin_half(times_pi(a - (t - rounder)));                                    \
		return flip_sign(turned(v, as_##utype(t)), x);                                     \
	}                                                                                          \
	OVERLOAD type cospi(type x)                                                                \
	{                                                                                          \
		/* the difference is exact but for small numbers, where it matters little */       \
		type a = less_turns(x) - (type)0.5, t = a + rounder;                               \
		return turned(sin_half(times_pi(a - (t - rounder))), as_##utype(t) + 1);           \
	}                                                                                          \
	/* at the zeros and poles the sign changes from one to the next */                         \
	OVERLOAD type tanpi(type x)                                                                \
	{                                                                                          \
		type a = less_turns(x), t = 2 * a + rounder;                                       \
		utype quadrant = as_##utype(t);                                                    \
		type rest = times_pi(a - (type)0.5 * (t - rounder));                               \
		type s = sin_poly(rest), c = cos_poly(rest);                                       \
		bool odd = quadrant & 1;                                                           \
		type v = (odd ? -c : s) / (odd ? s : c), special = odd ? INFINITY : 0;             \
		v = rest == 0 ? (quadrant & 2 ? -special : special) : v;                           \
		return flip_sign(v, x);                                                            \
	}                                                                                          \
	WIDTHS1(sinpi, type)                                                                       \
	WIDTHS1(cospi, type)                                                                       \
	WIDTHS1(tanpi, type)
HALF_TURNS(float, uint, 0x1p21f, ROUNDER_F)
HALF_TURNS(double, ulong, 0x1p50, ROUNDER_D)
