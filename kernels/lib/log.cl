/* SPDX-License-Identifier: MIT */
/*
 * Logarithms: x = 2^k (1 + f) with f from sqrt(1/2) - 1 to sqrt(2) - 1; log(1 + f) is f, which is
 * exact, and a correction.
 */
#include "math.clh"

struct parts_float {
	float f, low; /* log(1 + f) is their sum */
	float k;
};

/* log(1 + f) - f: a minimax fit of (log(1 + f) - f + f^2 / 2) / f^3, error below 2^-27 */
SMALL_OVERLOAD float log_tail(float f)
{
	float p = -0x1.38cb18p-4f;
	p = p * f + 0x1.05660ep-3f;
	p = p * f - 0x1.0d859cp-3f;
	p = p * f + 0x1.22d852p-3f;
	p = p * f - 0x1.547212p-3f;
	p = p * f + 0x1.99a022p-3f;
	p = p * f - 0x1.000228p-2f;
	p = p * f + 0x1.555554p-2f;
	return (f * f) * (p * f - 0.5f);
}

SMALL_OVERLOAD struct parts_float take_log(float x)
{
	bool denormal = x < 0x1p-126f;
	int bits = as_int(denormal ? x * 0x1p24f : x);
	int k = (bits - 0x3f3504f3) >> 23;
	struct parts_float r;
	r.f = as_float(bits - (k << 23)) - 1.0f;
	r.low = log_tail(r.f);
	r.k = (float)(denormal ? k - 24 : k);
	return r;
}

/* What is not positive and finite. */
#define LOG_SPECIAL(type)                                                                          \
	SMALL_OVERLOAD type log_special(type x, type result)                                       \
	{                                                                                          \
		result = x < INFINITY ? result : x;                                                \
		return x > 0 ? result : x == 0 ? -INFINITY : NAN;                                  \
	}
LOG_SPECIAL(float)
LOG_SPECIAL(double)

/* Products of k and the first parts are exact. */
OVERLOAD float log(float x)
{
	struct parts_float l = take_log(x);
	float r = l.k * 0x1.62e4p-1f + (l.f + (l.low + l.k * 0x1.7f7d1cp-20f));
	return log_special(x, r);
}

OVERLOAD float log2(float x)
{
	struct parts_float l = take_log(x);
	float low = l.f * 0x1.4ae0cp-26f + l.low * 0x1.715476p+0f;
	return log_special(x, l.k + (l.f * 0x1.715476p+0f + low));
}

OVERLOAD float log10(float x)
{
	struct parts_float l = take_log(x);
	float low = l.f * -0x1.5b235ep-27f + l.low * 0x1.bcb7b2p-2f;
	low = l.k * 0x1.3509f8p-18f + low;
	return log_special(x, l.k * 0x1.344p-2f + (l.f * 0x1.bcb7b2p-2f + low));
}

/* 1 + x loses something, which f gets back. */
OVERLOAD float log1p(float x)
{
	float u = 1.0f + x, lost = x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f);
	int bits = as_int(u), n = (bits - 0x3f3504f3) >> 23;
	float f = as_float(bits - (n << 23)) - 1.0f, k = (float)n;
	f += lost * power_of_2f(n > 64 ? -64 : -n);
	float r = k * 0x1.62e4p-1f + (f + (log_tail(f) + k * 0x1.7f7d1cp-20f));
	r = magnitude(x) < 0x1p-25f ? x : r;
	r = x < INFINITY ? r : x;
	return x > -1.0f ? r : x == -1.0f ? -INFINITY : NAN;
}

/* ---- double ---- */
struct parts_double {
	double f, low, k;
};

/*
 * With s = f / (2 + f), log(1 + f) = 2 s + s R(s^2); 2 s is f - s f, and s f what s (f^2 / 2) and
 * f^2 / 2 are together. R / s^2: a minimax fit, error below 2^-60.
 */
SMALL_OVERLOAD double log_tail(double f)
{
	double s = f / (2.0 + f), z = s * s, half_square = 0.5 * f * f;
	double p = 0x1.2f09a7d272922p-3;
	p = p * z + 0x1.39a149eec988fp-3;
	p = p * z + 0x1.74664384f590dp-3;
	p = p * z + 0x1.c71c51f12c5b7p-3;
	p = p * z + 0x1.249249421226ep-2;
	p = p * z + 0x1.999999997fb01p-2;
	p = p * z + 0x1.5555555555593p-1;
	return s * (half_square + p * z) - half_square;
}

SMALL_OVERLOAD struct parts_double take_log(double x)
{
	bool denormal = x < 0x1p-1022;
	long bits = as_long(denormal ? x * 0x1p54 : x);
	int k = ((int)(bits >> 32) - 0x3fe6a09e) >> 20;
	struct parts_double r;
	r.f = as_double(bits - ((long)k << 52)) - 1.0;
	r.low = log_tail(r.f);
	r.k = (double)(denormal ? k - 54 : k);
	return r;
}

OVERLOAD double log(double x)
{
	struct parts_double l = take_log(x);
	double r = l.k * 0x1.62e42feep-1 + (l.f + (l.low + l.k * 0x1.a39ef35793c76p-33));
	return log_special(x, r);
}

OVERLOAD double log2(double x)
{
	struct parts_double l = take_log(x);
	double low = l.f * 0x1.777d0ffda0d24p-56 + l.low * 0x1.71547652b82fep+0;
	return log_special(x, l.k + (l.f * 0x1.71547652b82fep+0 + low));
}

OVERLOAD double log10(double x)
{
	struct parts_double l = take_log(x);
	double low = l.f * 0x1.95355baaafad3p-57 + l.low * 0x1.bcb7b1526e50ep-2;
	low = l.k * 0x1.ef3fde623e256p-35 + low;
	return log_special(x, l.k * 0x1.34413509p-2 + (l.f * 0x1.bcb7b1526e50ep-2 + low));
}

OVERLOAD double log1p(double x)
{
	double u = 1.0 + x, lost = x > 1.0 ? 1.0 - (u - x) : x - (u - 1.0);
	long bits = as_long(u);
	int n = ((int)(bits >> 32) - 0x3fe6a09e) >> 20;
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
