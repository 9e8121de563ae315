/* SPDX-License-Identifier: MIT */
/*
 * Elementary functions of float that are used most: shorter than libclc's, without tables or
 * divergent branches on common arguments, and right for results that are denormal numbers.
 * Coefficients: interpolation at Chebyshev nodes, rounded to float; errors below 2^-26 before
 * rounding.
 */
#include "lib.clh"

#define VECTOR(name, n)                                                                            \
	OVERLOAD float##n name(float##n x)                                                         \
	{                                                                                          \
		float##n r;                                                                        \
		for (int i = 0; i < n; i++)                                                        \
			r[i] = name(x[i]);                                                         \
		return r;                                                                          \
	}
#define VECTORS(name) VECTOR(name, 2) VECTOR(name, 3) VECTOR(name, 4) VECTOR(name, 8) VECTOR(name, 16)

static inline float magnitude(float x)
{
	return as_float(as_uint(x) & 0x7fffffff);
}

/* x * 2^n for -252 <= n <= 254: in two steps, so that only the last one rounds. */
static inline float scale(float x, int n)
{
	int half_n = n >> 1;
	return x * as_float((half_n + 127) << 23) * as_float((n - half_n + 127) << 23);
}

/* The nearest integer, for what is far below 2^22; what is not a number stays so. */
static inline float nearest(float x)
{
	return (x + 0x1.8p23f) - 0x1.8p23f;
}

/* The integer that nearest() rounded to, taken from the sum's bits: no conversion to overflow. */
static inline int nearest_bits(float x)
{
	return (int)(as_uint(x + 0x1.8p23f) << 9) >> 9;
}

OVERLOAD float exp(float x)
{
	/* beyond, the result is 0 or infinite */
	x = x > 89.0f ? 89.0f : x;
	x = x < -104.5f ? -104.5f : x;
	float t = x * 0x1.715476p+0f, n = nearest(t);
	float r = x - n * 0x1.62ep-1f;
	r = r - n * 0x1.0bfbe8p-15f;
	float p = 0x1.6d119ap-10f;
	p = p * r + 0x1.120cp-7f;
	p = p * r + 0x1.555518p-5f;
	p = p * r + 0x1.5554dcp-3f;
	p = p * r + 0x1p-1f;
	p = p * (r * r) + r;
	return scale(p + 1.0f, nearest_bits(t));
}

OVERLOAD float exp2(float x)
{
	x = x > 129.0f ? 129.0f : x;
	x = x < -151.0f ? -151.0f : x;
	float r = x - nearest(x);
	float p = 0x1.44138ap-13f;
	p = p * r + 0x1.5f089p-10f;
	p = p * r + 0x1.3b2a54p-7f;
	p = p * r + 0x1.c6af6cp-5f;
	p = p * r + 0x1.ebfbep-3f;
	p = p * r + 0x1.62e43p-1f;
	return scale(p * r + 1.0f, nearest_bits(x));
}

OVERLOAD float exp10(float x)
{
	x = x > 39.0f ? 39.0f : x;
	x = x < -46.0f ? -46.0f : x;
	float t = x * 0x1.a934f0p+1f, n = nearest(t);
	float r = x - n * 0x1.344p-2f;
	r = r - n * 0x1.3509f8p-18f;
	float p = 0x1.a94b86p-3f;
	p = p * r + 0x1.155a3p-1f;
	p = p * r + 0x1.2bd702p+0f;
	p = p * r + 0x1.046fb4p+1f;
	p = p * r + 0x1.53524cp+1f;
	p = p * r + 0x1.26bb1cp+1f;
	return scale(p * r + 1.0f, nearest_bits(t));
}

VECTORS(exp)
VECTORS(exp2)
VECTORS(exp10)

/* An argument less a multiple of pi/2. */
struct reduced {
	float rest; /* at most pi/4 */
	int quadrant;
};

/* The first 224 bits of 2/pi. */
constant uint two_over_pi[7] = {0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0,
				0xdb629599, 0x3c439041, 0xfe5163ab};

/*
 * |x| >= 2^25, by the method of Payne and Hanek: of the product of x and 2/pi, the bits that make
 * multiples of 4 are never computed.
 */
static struct reduced reduce_large(float x)
{
	uint bits = as_uint(x) & 0x7fffffff;
	ulong m = (bits & 0x7fffff) | 0x800000;
	uint skip = (bits >> 23) - 152; /* the bits of 2/pi that do not matter; at most 103 */
	uint k = skip >> 5, shift = skip & 31;
	uint a = two_over_pi[k], b = two_over_pi[k + 1], c = two_over_pi[k + 2];
	uint d = two_over_pi[k + 3];
	uint w0 = ((ulong)a << 32 | b) << shift >> 32;
	uint w1 = ((ulong)b << 32 | c) << shift >> 32;
	uint w2 = ((ulong)c << 32 | d) << shift >> 32;
	ulong low = m * w2, middle = m * w1 + (low >> 32), high = m * w0 + (middle >> 32);
	/* quarter turns: two bits of integer, then the fraction */
	ulong turns = high << 32 | (middle & 0xffffffff);
	long fraction = (long)(turns << 2);
	struct reduced r;
	r.rest = (float)((double)fraction * (0x1p-64 * M_PI_2));
	r.quadrant = (int)(turns >> 62) + (fraction < 0);
	if (as_int(x) < 0) {
		r.rest = -r.rest;
		r.quadrant = -r.quadrant;
	}
	return r;
}

static inline struct reduced reduce(float x)
{
	struct reduced r;
	double t = x * M_2_PI + 0x1.8p52, n = t - 0x1.8p52;
	/* the first two products are exact: n has at most 25 bits, the constants 28 */
	double rest = x - n * 0x1.921fb54p+0;
	rest = rest - n * 0x1.10b461p-30;
	rest = rest - n * 0x1.a62633145c06ep-58;
	r.rest = (float)rest;
	r.quadrant = (int)as_ulong(t);
	if (magnitude(x) >= 0x1p25f)
		r = reduce_large(x);
	return r;
}

static inline float sin_poly(float x)
{
	float z = x * x, p = -0x1.9ac42cp-13f;
	p = p * z + 0x1.110c1ep-7f;
	p = p * z - 0x1.555552p-3f;
	/* the sum of zeros would lose the sign */
	return x == 0 ? x : p * (z * x) + x;
}

static inline float cos_poly(float x)
{
	float z = x * x, p = 0x1.9bd43p-16f;
	p = p * z - 0x1.6c12cap-10f;
	p = p * z + 0x1.555554p-5f;
	return p * (z * z) + (1.0f - 0.5f * z);
}

/* Infinite arguments give what is not a number; so do those that are none. */
static inline float unless_infinite(float x, float result)
{
	return magnitude(x) < INFINITY ? result : x - x;
}

/* The sine of a reduced argument @quarters quarter turns further on. */
static inline float sine(struct reduced r, int quarters)
{
	int q = r.quadrant + quarters;
	float v = q & 1 ? cos_poly(r.rest) : sin_poly(r.rest);
	return as_float(as_uint(v) ^ (uint)(q & 2) << 30);
}

OVERLOAD float sin(float x)
{
	return unless_infinite(x, sine(reduce(x), 0));
}

OVERLOAD float cos(float x)
{
	return unless_infinite(x, sine(reduce(x), 1));
}

OVERLOAD float tan(float x)
{
	struct reduced r = reduce(x);
	float s = sin_poly(r.rest), c = cos_poly(r.rest);
	return unless_infinite(x, r.quadrant & 1 ? -c / s : s / c);
}

OVERLOAD float sincos(float x, private float *cosine)
{
	struct reduced r = reduce(x);
	*cosine = unless_infinite(x, sine(r, 1));
	return unless_infinite(x, sine(r, 0));
}

VECTORS(sin)
VECTORS(cos)
VECTORS(tan)

#define SINCOS(n)                                                                                  \
	OVERLOAD float##n sincos(float##n x, private float##n *cosine)                             \
	{                                                                                          \
		float##n s, c;                                                                     \
		for (int i = 0; i < n; i++) {                                                      \
			float one;                                                                 \
			s[i] = sincos(x[i], &one);                                                 \
			c[i] = one;                                                                \
		}                                                                                  \
		*cosine = c;                                                                       \
		return s;                                                                          \
	}
SINCOS(2) SINCOS(3) SINCOS(4) SINCOS(8) SINCOS(16)
