/* SPDX-License-Identifier: MIT */
/*
 * Hyperbolic functions and their inverses, by what expm1 and log1p are made of: nothing is lost near
 * zero, and no intermediate result overflows. Where the inverses' squares would, the logarithm of
 * twice the argument is as good.
 */
#include "exp.clh"

#define DECLARED(type)                                                                             \
	__attribute__((overloadable)) type sqrt(type x);                                           \
	__attribute__((overloadable)) type log1p(type x);
DECLARED(float)
DECLARED(double)

/*
 * @most: sinh and cosh of it are infinite; @tiny: from there on sinh(x) and tanh(x) are x;
 * @one: there tanh(x) is 1; @great: from there on x + sqrt(x x + 1) is 2 x.
 */
#define FUNCTIONS(type, most, tiny, one, great, log_2)                                             \
	OVERLOAD type sinh(type x)                                                                 \
	{                                                                                          \
		type a = magnitude(x), q = quarter_expm1(a > most ? most : a);                     \
		return a < tiny ? x : flip_sign(2 * q + 0.5f * (q / (q + 0.25f)), x);              \
	}                                                                                          \
	OVERLOAD type cosh(type x)                                                                 \
	{                                                                                          \
		type a = magnitude(x), q = quarter_exp(a > most ? most : a);                       \
		return 2 * q + 0.125f / q;                                                         \
	}                                                                                          \
	OVERLOAD type tanh(type x)                                                                 \
	{                                                                                          \
		type a = magnitude(x), q = quarter_expm1(2 * (a > one ? one : a));                 \
		return a < tiny ? x : flip_sign(q / (q + 0.5f), x);                                \
	}                                                                                          \
	OVERLOAD type asinh(type x)                                                                \
	{                                                                                          \
		type a = magnitude(x), square = a * a;                                             \
		type sum = a + square / (1 + sqrt(square + 1));                                    \
		type r = log1p(a > great ? a : sum) + (a > great ? log_2 : 0);                     \
		return flip_sign(r, x);                                                            \
	}                                                                                          \
	OVERLOAD type acosh(type x)                                                                \
	{                                                                                          \
		type t = x - 1, sum = t + sqrt(t * (t + 2));                                       \
		type r = log1p(x > great ? x : sum) + (x > great ? log_2 : 0);                     \
		return x < 1 ? NAN : r;                                                            \
	}                                                                                          \
	OVERLOAD type atanh(type x)                                                                \
	{                                                                                          \
		type a = magnitude(x);                                                             \
		return flip_sign(0.5f * log1p(2 * a / (1 - a)), x);                                \
	}                                                                                          \
	WIDTHS1(sinh, type)                                                                        \
	WIDTHS1(cosh, type)                                                                        \
	WIDTHS1(tanh, type)                                                                        \
	WIDTHS1(asinh, type)                                                                       \
	WIDTHS1(acosh, type)                                                                       \
	WIDTHS1(atanh, type)
FUNCTIONS(float, 89.5f, 0x1p-12f, 10.0f, 0x1p30f, 0x1.62e43p-1f)
FUNCTIONS(double, 710.5, 0x1p-27, 22.0, 0x1p60, 0x1.62e42fefa39efp-1)
