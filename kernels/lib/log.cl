/* SPDX-License-Identifier: MIT */
/* Logarithms, by the parts of their arguments (log.clh). */
#include "log.clh"

/* What is not positive and finite, for which the parts may be wrong. */
#define LOG_SPECIAL(type)                                                                          \
	SMALL_OVERLOAD type log_special(type x, type result)                                       \
	{                                                                                          \
		if (__tern_machine_has_avx512())                                                   \
			return result;                                                             \
		result = x < INFINITY ? result : x;                                                \
		return x > 0 ? result : x == 0 ? -INFINITY : NAN;                                  \
	}
LOG_SPECIAL(float)
LOG_SPECIAL(double)

/* (log(1 + f) - f) / f^2: a minimax fit, error below 2^-27 of log(1 + f) */
SMALL_OVERLOAD float log_tail(float f)
{
	float p = -0x1.78bbc2p-5f;
	p = p * f + 0x1.b18e46p-4f;
	p = p * f - 0x1.0e79eep-3f;
	p = p * f + 0x1.287474p-3f;
	p = p * f - 0x1.54d78p-3f;
	p = p * f + 0x1.996738p-3f;
	p = p * f - 0x1.000082p-2f;
	p = p * f + 0x1.5555acp-2f;
	return p * f - 0.5f;
}

OVERLOAD float log(float x)
{
	struct parts_float l = take_apart(x);
	float r = log_tail(l.f) * (l.f * l.f) + l.f;
	return log_special(x, l.k * 0x1.62e43p-1f + r);
}

/* log2(1 + f) / f: a minimax fit, error below 2^-25 */
OVERLOAD float log2(float x)
{
	struct parts_float l = take_apart(x);
	float f = l.f, p = -0x1.078eccp-4f;
	p = p * f + 0x1.349158p-3f;
	p = p * f - 0x1.85b0b2p-3f;
	p = p * f + 0x1.ac3d0ep-3f;
	p = p * f - 0x1.ebd2d2p-3f;
	p = p * f + 0x1.274e26p-2f;
	p = p * f - 0x1.7154cp-2f;
	p = p * f + 0x1.ec714p-2f;
	p = p * f - 0x1.715476p-1f;
	p = p * f + 0x1.715476p+0f;
	return log_special(x, p * f + l.k);
}

/* log10(1 + f) / f: a minimax fit, error below 2^-24 */
OVERLOAD float log10(float x)
{
	struct parts_float l = take_apart(x);
	float f = l.f, p = -0x1.3d5afp-6f;
	p = p * f + 0x1.738d76p-5f;
	p = p * f - 0x1.d53bdap-5f;
	p = p * f + 0x1.01d344p-4f;
	p = p * f - 0x1.281b76p-4f;
	p = p * f + 0x1.63953ep-4f;
	p = p * f - 0x1.bcb80ap-4f;
	p = p * f + 0x1.287ad8p-3f;
	p = p * f - 0x1.bcb7b2p-3f;
	p = p * f + 0x1.bcb7b2p-2f;
	return log_special(x, l.k * 0x1.344p-2f + (p * f + l.k * 0x1.3509f8p-18f));
}

/* 1 + x loses something, which f gets back. */
OVERLOAD float log1p(float x)
{
	float u = 1.0f + x, lost = x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f);
	if (__tern_machine_has_avx512()) {
		float m = __tern_machine_mantissa_f32(u);
		float k = __tern_machine_exponent_f32(u) - __tern_machine_exponent_f32(m);
		float f = (m - 1.0f) + __tern_machine_scale_f32(lost, -k);
		float r = k * 0x1.62e43p-1f + (log_tail(f) * (f * f) + f);
		if (RARELY(!(x > -1.0f && x < INFINITY)))
			r = x == -1.0f ? -INFINITY : x < 0 ? NAN : x;
		return x == 0 ? x : r;
	}
	int bits = as_int(u), n = (bits - 0x3f400000) >> 23;
	float f = as_float(bits - (n << 23)) - 1.0f, k = (float)n;
	f += lost * power_of_2f(n > 64 ? -64 : -n);
	float r = k * 0x1.62e43p-1f + (log_tail(f) * (f * f) + f);
	r = magnitude(x) < 0x1p-25f ? x : r;
	r = x < INFINITY ? r : x;
	return x > -1.0f ? r : x == -1.0f ? -INFINITY : NAN;
}

/* ---- double ---- */
/*
 * log(1 + f) - f. With s = f / (2 + f), log(1 + f) = 2 s + s R(s^2); 2 s is f - s f, and s f what
 * s (f^2 / 2) and f^2 / 2 are together. R / s^2: a minimax fit, error below 2^-55 of the logarithm.
 */
SMALL_OVERLOAD double log_tail(double f)
{
	double s = f / (2.0 + f), z = s * s, half_square = 0.5 * f * f;
	double p = 0x1.3adc030e299aep-3;
	p = p * z + 0x1.384efef278597p-3;
	p = p * z + 0x1.747513fc69c5cp-3;
	p = p * z + 0x1.c71c002ffc2d8p-3;
	p = p * z + 0x1.249249b40679cp-2;
	p = p * z + 0x1.99999998ee0e5p-2;
	p = p * z + 0x1.555555555578p-1;
	return s * (p * z + half_square) - half_square;
}

/* Products of k and the first parts are exact. */
OVERLOAD double log(double x)
{
	struct parts_double l = take_apart(x);
	double r = l.k * 0x1.62e42feep-1 + (l.f + (log_tail(l.f) + l.k * 0x1.a39ef35793c76p-33));
	return log_special(x, r);
}

OVERLOAD double log2(double x)
{
	struct parts_double l = take_apart(x);
	double low = l.f * 0x1.777d0ffda0d24p-56 + log_tail(l.f) * 0x1.71547652b82fep+0;
	return log_special(x, l.k + (l.f * 0x1.71547652b82fep+0 + low));
}

OVERLOAD double log10(double x)
{
	struct parts_double l = take_apart(x);
	double low = l.f * 0x1.95355baaafad3p-57 + log_tail(l.f) * 0x1.bcb7b1526e50ep-2;
	low = l.k * 0x1.ef3fde623e256p-35 + low;
	return log_special(x, l.k * 0x1.34413509p-2 + (l.f * 0x1.bcb7b1526e50ep-2 + low));
}

OVERLOAD double log1p(double x)
{
	double u = 1.0 + x, lost = x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
	if (__tern_machine_has_avx512()) {
		double m = __tern_machine_mantissa_f64(u);
		double k = __tern_machine_exponent_f64(u) - __tern_machine_exponent_f64(m);
		double f = (m - 1.0) + __tern_machine_scale_f64(lost, -k);
		double r = k * 0x1.62e42feep-1 + (f + (log_tail(f) + k * 0x1.a39ef35793c76p-33));
		if (RARELY(!(x > -1.0 && x < INFINITY)))
			r = x == -1.0 ? -INFINITY : x < 0 ? NAN : x;
		return x == 0 ? x : r;
	}
	long bits = as_long(u);
	int n = ((int)(bits >> 32) - 0x3fe80000) >> 20;
	double f = as_double(bits - ((long)n << 52)) - 1.0, k = (double)n;
	f += lost * power_of_2(n > 128 ? -128 : -n);
	double r = k * 0x1.62e42feep-1 + (f + (log_tail(f) + k * 0x1.a39ef35793c76p-33));
	r = magnitude(x) < 0x1p-54 ? x : r;
	r = x < INFINITY ? r : x;
	return x > -1.0 ? r : x == -1.0 ? -INFINITY : NAN;
}

#define FUNCTIONS(type)                                                                            \
	WIDTHS1(log, type)                                                                         \
	WIDTHS1(log2, type)                                                                        \
	WIDTHS1(log10, type)                                                                       \
	WIDTHS1(log1p, type)
FUNCTIONS(float)
FUNCTIONS(double)
