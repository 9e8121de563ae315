/* SPDX-License-Identifier: MIT */
/*
 * exp, exp2, exp10 and expm1: 2^n times a polynomial of the rest; right for results that are denormal
 * numbers. Coefficients: minimax fits for half a step of n, rounded; errors before rounding are
 * below 2^-27 (float) and 2^-55 (double).
 */
#include "exp.clh"

OVERLOAD float exp(float x)
{
	/* beyond, the result is 0 or infinite */
	x = x > 89.0f ? 89.0f : x;
	x = x < -104.5f ? -104.5f : x;
	float t = x * 0x1.715476p+0f + ROUNDER_F, n = t - ROUNDER_F;
	/* the first product is exact */
	float r = x - n * 0x1.62ep-1f;
	r = r - n * 0x1.0bfbe8p-15f;
	float p = 0x1.6ac716p-10f;
	p = p * r + 0x1.123ddep-7f;
	p = p * r + 0x1.555858p-5f;
	p = p * r + 0x1.55548cp-3f;
	p = p * r + 0x1.fffffcp-2f;
	p = p * r + 1.0f;
	return scale_by_sum(p * r + 1.0f, t);
}

OVERLOAD float exp2(float x)
{
	x = x > 129.0f ? 129.0f : x;
	x = x < -151.0f ? -151.0f : x;
	float t = x + ROUNDER_F, r = x - (t - ROUNDER_F);
	float p = 0x1.4bd718p-13f;
	p = p * r + 0x1.5fbceep-10f;
	p = p * r + 0x1.3b21ccp-7f;
	p = p * r + 0x1.c6ada8p-5f;
	p = p * r + 0x1.ebfbe6p-3f;
	p = p * r + 0x1.62e432p-1f;
	return scale_by_sum(p * r + 1.0f, t);
}

OVERLOAD float exp10(float x)
{
	x = x > 39.0f ? 39.0f : x;
	x = x < -46.0f ? -46.0f : x;
	float t = x * 0x1.a934f0p+1f + ROUNDER_F, n = t - ROUNDER_F;
	float r = x - n * 0x1.344p-2f;
	r = r - n * 0x1.3509f8p-18f;
	float p = 0x1.a6b0e6p-3f;
	p = p * r + 0x1.156d7ap-1f;
	p = p * r + 0x1.2bd9b6p+0f;
	p = p * r + 0x1.046f98p+1f;
	p = p * r + 0x1.53524ap+1f;
	p = p * r + 0x1.26bb1cp+1f;
	return scale_by_sum(p * r + 1.0f, t);
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
OVERLOAD double exp(double x)
{
	x = x > 710.0 ? 710.0 : x;
	x = x < -746.0 ? -746.0 : x;
	if (__tern_machine_has_avx512()) {
		double t = x * 0x1.71547652b82fep+0 + ROUNDER_16, n = t - ROUNDER_16;
		double r = x - n * 0x1.62e42fefa39efp-1;
		return exp2_by_table(t, small_expm1(r - n * 0x1.abc9e3b39803fp-56));
	}
	double t = x * 0x1.71547652b82fep+0 + ROUNDER_D, n = t - ROUNDER_D;
	/* the first product is exact */
	double r = x - n * 0x1.62e42feep-1;
	r = r - n * 0x1.a39ef35793c76p-33;
	double p = 0x1.add676f8a5486p-26;
	p = p * r + 0x1.28aecee9b589ap-22;
	p = p * r + 0x1.71def4837555cp-19;
	p = p * r + 0x1.a0199894eb0dcp-16;
	p = p * r + 0x1.a01a013d3d9d1p-13;
	p = p * r + 0x1.6c16c184b3c46p-10;
	p = p * r + 0x1.1111111124d46p-7;
	p = p * r + 0x1.5555555550609p-5;
	p = p * r + 0x1.5555555555503p-3;
	p = p * r + 0x1.000000000000ap-1;
	p = p * r + 1.0;
	return scale_by_sum(p * r + 1.0, t);
}

OVERLOAD double exp2(double x)
{
	x = x > 1025.0 ? 1025.0 : x;
	x = x < -1076.0 ? -1076.0 : x;
	if (__tern_machine_has_avx512()) {
		double t = x + ROUNDER_16;
		return exp2_by_table(t, small_exp2m1(x - (t - ROUNDER_16)));
	}
	double t = x + ROUNDER_D, r = x - (t - ROUNDER_D);
	double p = 0x1.bd88d0d8677a8p-32;
	p = p * r + 0x1.e60539604f893p-28;
	p = p * r + 0x1.b5435bf30ffc2p-24;
	p = p * r + 0x1.62bfd4b4559e8p-20;
	p = p * r + 0x1.ffcbed3eaeb66p-17;
	p = p * r + 0x1.43091309862cdp-13;
	p = p * r + 0x1.5d87fe7bf4f9dp-10;
	p = p * r + 0x1.3b2ab6fba1c69p-7;
	p = p * r + 0x1.c6b08d7048ddp-5;
	p = p * r + 0x1.ebfbdff82c599p-3;
	p = p * r + 0x1.62e42fefa39f3p-1;
	return scale_by_sum(p * r + 1.0, t);
}

OVERLOAD double exp10(double x)
{
	x = x > 309.0 ? 309.0 : x;
	x = x < -324.5 ? -324.5 : x;
	if (__tern_machine_has_avx512()) {
		double t = x * 0x1.a934f0979a371p+1 + ROUNDER_16, n = t - ROUNDER_16;
		double r = x - n * 0x1.34413509f79ffp-2;
		r = r - n * -0x1.9dc1da994fd21p-59;
		return exp2_by_table(t, small_expm1(r * 0x1.26bb1bbb55516p+1));
	}
	double t = x * 0x1.a934f0979a371p+1 + ROUNDER_D, n = t - ROUNDER_D;
	double r = x - n * 0x1.34413509p-2;
	r = r - n * 0x1.ef3fde623e256p-35;
	double p = 0x1.d0a26a4da1484p-13;
	p = p * r + 0x1.2f64c9c13b74ap-10;
	p = p * r + 0x1.48acdbf1d17bcp-8;
	p = p * r + 0x1.41166c0c57d09p-6;
	p = p * r + 0x1.16e4d83314968p-4;
	p = p * r + 0x1.a7ed7099a9162p-3;
	p = p * r + 0x1.1429ffd42f79dp-1;
	p = p * r + 0x1.2bd7609fd6e9p+0;
	p = p * r + 0x1.0470591de2332p+1;
	p = p * r + 0x1.53524c73cea6ep+1;
	p = p * r + 0x1.26bb1bbb55518p+1;
	return scale_by_sum(p * r + 1.0, t);
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
