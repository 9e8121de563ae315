/* SPDX-License-Identifier: MIT */
/* Cube roots and one over square roots. */
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
	float a = magnitude(x);
	/* neither denormal numbers nor cubes that overflow */
	bool denormal = a < 0x1p-126f, huge = a > 0x1p120f;
	a *= denormal ? 0x1p24f : huge ? 0x1p-24f : 1.0f;
	float y = as_float(0x54a1f400 - (int)((float)as_int(a) * 0x1.555556p-2f));
	float h = 1.0f - a * y * (y * y);
	float p = 0x1.61f9aep-3f * h + 0x1.c71c72p-3f;
	p = p * h + 0x1.555556p-2f;
	y = y + y * (p * h);
	float square = y * y, root = a * square;
	root = root + (a - root * root * root) * (square * 0x1.555556p-2f);
	root *= denormal ? 0x1p-8f : huge ? 0x1p8f : 1.0f;
	return x == 0 || !(a < INFINITY) ? x : flip_sign(root, x);
}

OVERLOAD double cbrt(double x)
{
	double a = magnitude(x);
	bool denormal = a < 0x1p-1022, huge = a > 0x1p1000;
	a *= denormal ? 0x1p54 : huge ? 0x1p-54 : 1.0;
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
	root *= denormal ? 0x1p-18 : huge ? 0x1p18 : 1.0;
	return x == 0 || !(a < INFINITY) ? x : flip_sign(root, x);
}

WIDTHS1(rsqrt, float)
WIDTHS1(rsqrt, double)
WIDTHS1(cbrt, float)
WIDTHS1(cbrt, double)
