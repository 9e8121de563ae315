/* SPDX-License-Identifier: MIT */
/*
 * exp, exp2, exp10 and expm1: 2^n times a polynomial of the rest; right for results that are denormal
 * numbers. Coefficients: minimax fits, rounded; errors below 2^-26 (float) and 2^-58 (double) before
 * rounding.
 */
#include "exp.clh"

OVERLOAD float exp(float x)
{
	/* beyond, the result is 0 or infinite */
	x = x > 89.0f ? 89.0f : x;
	x = x < -104.5f ? -104.5f : x;
	float t = x * 0x1.715476p+0f, n = nearest(t);
	float r = x - n * 0x1.62ep-1f;
	r = r - n * 0x1.0bfbe8p-15f;
	return scale(exp_tail(r) * (r * r) + r + 1.0f, nearest_bits(t));
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

WIDTHS1(exp, float)
WIDTHS1(exp2, float)
WIDTHS1(exp10, float)

/*
 * e^x - 1 = 2^n (e^r - 1) + (2^n - 1). Arguments of denormal size are left alone.
 */
OVERLOAD float expm1(float x)
{
	float a = x;
	x = x > 89.0f ? 89.0f : x;
	x = x < -20.0f ? -20.0f : x;
	return magnitude(a) < 0x1p-25f ? a : 4.0f * quarter_expm1(x);
}
WIDTHS1(expm1, float)

/* ---- double ---- */
/* 2^n e^(r + low) */
SMALL double exp_finish(double r, double low, int n)
{
	return scale((exp_tail(r) * (r * r) + low) + r + 1.0, n);
}

OVERLOAD double exp(double x)
{
	x = x > 710.0 ? 710.0 : x;
	x = x < -746.0 ? -746.0 : x;
	double t = x * 0x1.71547652b82fep+0, n = nearest(t);
	/* the first product is exact */
	double r = x - n * 0x1.62e42feep-1, low = n * 0x1.a39ef35793c76p-33;
	return exp_finish(r - low, 0, nearest_bits(t));
}

OVERLOAD double exp2(double x)
{
	x = x > 1025.0 ? 1025.0 : x;
	x = x < -1076.0 ? -1076.0 : x;
	double r = x - nearest(x);
	return exp_finish(r * 0x1.62e42fefa39efp-1, r * 0x1.abc9e3b39803fp-56, nearest_bits(x));
}

OVERLOAD double exp10(double x)
{
	x = x > 309.0 ? 309.0 : x;
	x = x < -324.5 ? -324.5 : x;
	double t = x * 0x1.a934f0979a371p+1, n = nearest(t);
	double r = x - n * 0x1.34413509p-2;
	r = r - n * 0x1.ef3fde623e256p-35;
	/* times log(10) */
	return exp_finish(r * 0x1.26bb1bbb55516p+1, r * -0x1.f48ad494ea3e9p-53, nearest_bits(t));
}

OVERLOAD double expm1(double x)
{
	double a = x;
	x = x > 710.0 ? 710.0 : x;
	x = x < -50.0 ? -50.0 : x;
	return magnitude(a) < 0x1p-54 ? a : 4.0 * quarter_expm1(x);
}
WIDTHS1(exp, double)
WIDTHS1(exp2, double)
WIDTHS1(exp10, double)
WIDTHS1(expm1, double)
