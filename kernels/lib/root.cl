/* SPDX-License-Identifier: MIT */
/* Cube roots, one over square roots, roots of sums of squares. */
#include "math.clh"

__attribute__((overloadable)) float sqrt(float x);
__attribute__((overloadable)) double sqrt(double x);

/*
 * From 14 bits by Newton's method: with e = 1 - x y^2, y (1 + e / 2) has 27 bits, y (1 + e / 2 + 3 e^2 / 8)
 * 40. For 0 and infinity the first y is the result; the others are NAN.
 */
OVERLOAD float rsqrt(float x)
{
	if (__tern_machine_has_avx512()) {
		float y = __tern_machine_reciprocal_root_f32(x), e = 1.0f - (x * y) * y;
		float r = (0.5f * y) * e + y;
		return r == r ? r : y;
	}
	return 1.0f / sqrt(x);
}

OVERLOAD double rsqrt(double x)
{
	if (__tern_machine_has_avx512()) {
		double y = __tern_machine_reciprocal_root_f64(x), e = 1.0 - (x * y) * y;
		double z = (y * e) * (0.375 * e + 0.5) + y;
		double r = (0.5 * z) * (1.0 - (x * z) * z) + z;
		return r == r ? r : y;
	}
	return 1.0 / sqrt(x);
}

/*
 * y is 1 / cbrt(x), first from a third of the exponent (h = 1 - x y^3 is below 0.103), then with the
 * first terms of (1 - h)^(-1/3). The last step is for the root itself: what its cube lacks.
 */
OVERLOAD float cbrt(float x)
{
	float a = magnitude(x), factor = 1.0f;
	/* neither denormal numbers nor cubes that overflow */
	bool rare = !(a >= 0x1p-126f && a <= 0x1p120f);
	if (RARELY(rare)) {
		factor = a < 1.0f ? 0x1p-8f : 0x1p8f;
		a *= a < 1.0f ? 0x1p24f : 0x1p-24f;
	}
	float y = as_float(0x54a1f400 - (int)((float)as_int(a) * 0x1.555556p-2f));
	float h = 1.0f - a * y * (y * y);
	float p = 0x1.61f9aep-3f * h + 0x1.c71c72p-3f;
	p = p * h + 0x1.555556p-2f;
	y = y + y * (p * h);
	float square = y * y, root = a * square;
	root = root + (a - root * root * root) * (square * 0x1.555556p-2f);
	root = flip_sign(root, x);
	if (RARELY(rare))
		root = x == 0 || !(a < INFINITY) ? x : root * factor;
	return root;
}

OVERLOAD double cbrt(double x)
{
	double a = magnitude(x), factor = 1.0;
	bool rare = !(a >= 0x1p-1022 && a <= 0x1p1000);
	if (RARELY(rare)) {
		factor = a < 1.0 ? 0x1p-18 : 0x1p18;
		a *= a < 1.0 ? 0x1p54 : 0x1p-54;
	}
	int third = (int)((float)(int)(as_ulong(a) >> 32) * 0x1.555556p-2f);
	double y = as_double((ulong)(uint)(0x553ee92b - third) << 32);
	double h = 1.0 - a * y * (y * y);
	double p = 0x1.61f9add3c0ca4p-3 * h + 0x1.c71c71c71c71cp-3;
	p = p * h + 0x1.5555555555555p-2;
	y = y + y * (p * h);
	h = 1.0 - a * y * (y * y);
	y = y + y * (h * (0x1.c71c71c71c71cp-3 * h + 0x1.5555555555555p-2));
	double square = y * y, root = a * square;
	root = root + (a - root * root * root) * (square * 0x1.5555555555555p-2);
	root = flip_sign(root, x);
	if (RARELY(rare))
		root = x == 0 || !(a < INFINITY) ? x : root * factor;
	return root;
}

/* Where squares are neither denormal nor infinite, nothing is lost but roundings. */
#define HYPOT(type, least, most, great, small)                                                     \
	OVERLOAD type hypot(type x, type y)                                                        \
	{                                                                                          \
		type sum = x * x + y * y, r = sqrt(sum);                                           \
		if (RARELY(!(sum > least && sum < most))) {                                        \
			type a = magnitude(x), b = magnitude(y);                                   \
			type factor = a > 1 || b > 1 ? small : great;                              \
			type c = a * factor, d = b * factor;                                       \
			r = sqrt(c * c + d * d) * (1 / factor);                                    \
			r = a == INFINITY || b == INFINITY ? INFINITY : r;                         \
		}                                                                                  \
		return r;                                                                          \
	}                                                                                          \
	WIDTHS2(hypot, type)
HYPOT(float, 0x1p-100f, 0x1p120f, 0x1p90f, 0x1p-70f)
HYPOT(double, 0x1p-900, 0x1p1000, 0x1p600, 0x1p-600)

WIDTHS1(rsqrt, float)
WIDTHS1(rsqrt, double)
WIDTHS1(cbrt, float)
WIDTHS1(cbrt, double)
