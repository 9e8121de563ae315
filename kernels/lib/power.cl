/* SPDX-License-Identifier: MIT */
/*
 * Logarithms and powers of float, by way of double: without tables, exact cases or long branches,
 * and accurate far beyond what the table of errors asks. 1 ulp at most before the last rounding.
 */
#include "lib.clh"

static inline float magnitude(float x)
{
	return as_float(as_uint(x) & 0x7fffffff);
}

/* The logarithm to base 2 of @a >= 0, also denormal, zero or infinite. */
static inline double log2_of(float a)
{
	ulong u = as_ulong((double)a);
	/* a = 2^k m with m between the roots of 1/2 and 2 */
	int k = ((int)(u >> 32) - 0x3fe6a09e) >> 20;
	double m = as_double(u - ((ulong)(long)k << 52));
	double s = (m - 1) / (m + 1), z = s * s;
	double p = 1.0 / 13;
	p = p * z + 1.0 / 11;
	p = p * z + 1.0 / 9;
	p = p * z + 1.0 / 7;
	p = p * z + 1.0 / 5;
	p = p * z + 1.0 / 3;
	p = p * z + 1.0;
	double r = k + s * (p * 0x1.71547652b82fep+1);
	r = a == 0 ? -INFINITY : r;
	/* infinite, or no number */
	return a < INFINITY ? r : (double)a;
}

/* 2^l, rounded to float once. */
static inline float exp2_of(double l)
{
	l = l > 200 ? 200 : l;
	l = l < -200 ? -200 : l;
	double t = l + 0x1.8p52, n = t - 0x1.8p52;
	double r = (l - n) * 0x1.62e42fefa39efp-1;
	double p = 1.0 / 40320;
	p = p * r + 1.0 / 5040;
	p = p * r + 1.0 / 720;
	p = p * r + 1.0 / 120;
	p = p * r + 1.0 / 24;
	p = p * r + 1.0 / 6;
	p = p * r + 1.0 / 2;
	p = p * r + 1.0;
	p = p * r + 1.0;
	return (float)(p * as_double((as_ulong(t) + 1023) << 52));
}

static inline float negate_if(bool condition, float x)
{
	return condition ? -x : x;
}

static inline double log2_signed(float x)
{
	return x < 0 ? NAN : log2_of(magnitude(x));
}

OVERLOAD float powr(float x, float y)
{
	/* what has no value is what the product has none for */
	return exp2_of(log2_signed(x) * y);
}

OVERLOAD float pow(float x, float y)
{
	float a = magnitude(x), b = magnitude(y), sum = b + 0x1p23f;
	bool integer = b >= 0x1p23f || sum - 0x1p23f == b;
	bool odd = integer && b < 0x1p24f && ((b < 0x1p23f ? as_uint(sum) : as_uint(b)) & 1);
	double l = a == 1 && y == y ? 0 : log2_of(a) * y;
	float r = negate_if(odd && as_int(x) < 0, exp2_of(l));
	r = x < 0 && a < INFINITY && !integer ? NAN : r;
	/* with infinite y, integer is true; with y not a number, r is none */
	return x == 1 || y == 0 ? 1 : r;
}

OVERLOAD float pown(float x, int n)
{
	float r = exp2_of(log2_of(magnitude(x)) * n);
	return n == 0 ? 1 : negate_if((n & 1) && as_int(x) < 0, r);
}

OVERLOAD float rootn(float x, int n)
{
	float r = exp2_of(log2_of(magnitude(x)) / n);
	r = negate_if((n & 1) && as_int(x) < 0, r);
	return n == 0 || (x < 0 && !(n & 1)) ? NAN : r;
}

#define VECTOR2(name, second, n)                                                                   \
	OVERLOAD float##n name(float##n x, second##n y)                                            \
	{                                                                                          \
		float##n r;                                                                        \
		for (int i = 0; i < n; i++)                                                        \
			r[i] = name(x[i], y[i]);                                                   \
		return r;                                                                          \
	}
#define VECTORS(n)                                                                                 \
	VECTOR2(powr, float, n) VECTOR2(pow, float, n)                                             \
	VECTOR2(pown, int, n) VECTOR2(rootn, int, n)
VECTORS(2) VECTORS(3) VECTORS(4) VECTORS(8) VECTORS(16)
