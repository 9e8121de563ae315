/* SPDX-License-Identifier: MIT */
/*
 * Short functions of float: native_ ones, and what -cl-fast-relaxed-math puts in the place of the
 * full ones (library.c of ternc: a call of f is one of __tern_fast_f). Arguments and results are
 * finite; denormal ones may become 0. half_ functions are the same with the special values.
 * docs/math.md has their errors.
 */
#include "log.clh"
#include "trig.clh"

/* 2^r for |r| <= 1/2, error below 2^-23. */
SMALL float exp2_poly(float r)
{
	float p = 0x1.5fb736p-10f;
	p = p * r + 0x1.3cee02p-7f;
	p = p * r + 0x1.c6adbp-5f;
	p = p * r + 0x1.ebf9bp-3f;
	p = p * r + 0x1.62e432p-1f;
	return p * r + 1.0f;
}

/* 2^(x * factor) */
SMALL float exp2_of_product(float x, float factor)
{
	if (__tern_machine_has_avx512()) {
		/* beyond, the result is 0 or infinite */
		x = x > 1000.0f ? 1000.0f : x;
		x = x < -1000.0f ? -1000.0f : x;
		float n = (x * factor + ROUNDER_F) - ROUNDER_F;
		return __tern_machine_scale_f32(exp2_poly(x * factor - n), n);
	}
	float t = x * factor, p = exp2_poly(x * factor - nearest(t));
	p = as_float(as_int(p) + (nearest_bits(t) << 23));
	p = t >= 128.0f ? INFINITY : p;
	/* the least normal number has exponent -126 */
	return t < -126.0f ? 0.0f : p;
}

/* log2(x) * factor: k + f p(f), error of that below 2^-23. */
SMALL float log2_product(float x, float factor)
{
	struct parts_float l = take_apart_normal(x);
	float f = l.f, p = -0x1.743c1ap-4f;
	p = p * f + 0x1.9c385ap-3f;
	p = p * f - 0x1.01fd16p-2f;
	p = p * f + 0x1.29c928p-2f;
	p = p * f - 0x1.70e846p-2f;
	p = p * f + 0x1.ec5756p-2f;
	p = p * f - 0x1.71551p-1f;
	p = p * f + 0x1.715484p+0f;
	float r = l.k * factor + (p * f) * factor;
	return __tern_machine_has_avx512() || x >= 0x1p-126f ? r : -INFINITY;
}

/* The sine of r + n pi. */
SMALL float sine_of(float r, int n)
{
	float z = r * r, p = 0x1.5de2b4p-19f;
	p = p * z - 0x1.9f7286p-13f;
	p = p * z + 0x1.110eep-7f;
	p = p * z - 0x1.55554cp-3f;
	return as_float(as_int(p * (z * r) + r) ^ n << 31);
}

/*
 * x - n pi, or, for huge numbers, something as small; products of n and all parts but the last are
 * exact below 2^16.
 */
SMALL float less_multiple(float x, float n)
{
	float r = __tern_machine_has_fma() ? (x - n * 0x1.921fb6p+1f) - n * -0x1.777a5cp-24f : (((x - n * 0x1.92p+1f) - n * 0x1.fap-11f) - n * 0x1.54p-19f) - n * 0x1.10b462p-29f;
	r = r > 2.0f ? 2.0f : r;
	return r < -2.0f ? -2.0f : r;
}

OVERLOAD float __tern_fast_exp2(float x)
{
	return exp2_of_product(x, 1.0f);
}

OVERLOAD float __tern_fast_exp(float x)
{
	return exp2_of_product(x, 0x1.715476p+0f);
}

OVERLOAD float __tern_fast_exp10(float x)
{
	return exp2_of_product(x, 0x1.a934fp+1f);
}

OVERLOAD float __tern_fast_log2(float x)
{
	return log2_product(x, 1.0f);
}

OVERLOAD float __tern_fast_log(float x)
{
	return log2_product(x, 0x1.62e43p-1f);
}

OVERLOAD float __tern_fast_log10(float x)
{
	return log2_product(x, 0x1.344136p-2f);
}

OVERLOAD float __tern_fast_sin(float x)
{
	float t = x * M_1_PI_F;
	return sine_of(less_multiple(x, nearest(t)), nearest_bits(t));
}

OVERLOAD float __tern_fast_cos(float x)
{
	float t = x * M_1_PI_F - 0.5f;
	return sine_of(less_multiple(x, nearest(t) + 0.5f), nearest_bits(t) + 1);
}

OVERLOAD float __tern_fast_sincos(float x, private float *cosine)
{
	*cosine = __tern_fast_cos(x);
	return __tern_fast_sin(x);
}

/* Near the poles of huge arguments not even roughly right, which the option asks. */
OVERLOAD float native_tan(float x)
{
	float t = x * M_2_PI_F, n = nearest(t), r = less_multiple(x, 0.5f * n);
	bool odd = nearest_bits(t) & 1;
	float s = sin_poly(r), c = cos_poly(r);
	return (odd ? -c : s) / (odd ? s : c);
}

OVERLOAD float __tern_fast_powr(float x, float y)
{
	return __tern_fast_exp2(y * log2_product(x, 1.0f));
}

OVERLOAD float __tern_fast_pow(float x, float y)
{
	float a = magnitude(x), r = __tern_fast_powr(a, y);
	/* the last bit of an integer below 2^24; even from there on */
	float b = magnitude(y);
	uint odd = b < 0x1p23f ? as_uint(b + 0x1p23f) : b < 0x1p24f ? as_uint(b) : 0;
	return y == 0 ? 1.0f : as_float(as_uint(r) | (as_uint(x) & odd << 31));
}

OVERLOAD float __tern_fast_pown(float x, int n)
{
	float r = __tern_fast_powr(magnitude(x), (float)n);
	return n == 0 ? 1.0f : as_float(as_uint(r) | (as_uint(x) & (uint)n << 31));
}

OVERLOAD float __tern_fast_rootn(float x, int n)
{
	float r = __tern_fast_powr(magnitude(x), 1.0f / (float)n);
	return as_float(as_uint(r) | (as_uint(x) & (uint)n << 31));
}

/* ---- half_ ---- */
#define HALF_EXP(name)                                                                             \
	OVERLOAD float half_##name(float x)                                                        \
	{                                                                                          \
		float r = __tern_fast_##name(x);                                                   \
		return x == x ? r : x;                                                             \
	}
#define HALF_LOG(name)                                                                             \
	OVERLOAD float half_##name(float x)                                                        \
	{                                                                                          \
		float r = __tern_fast_##name(x);                                                   \
		if (__tern_machine_has_avx512())                                                   \
			return r;                                                                  \
		r = x < INFINITY ? r : x;                                                          \
		return x < 0 ? NAN : r;                                                            \
	}
HALF_EXP(exp)
HALF_EXP(exp2)
HALF_EXP(exp10)
HALF_LOG(log)
HALF_LOG(log2)
HALF_LOG(log10)

/* What has no value is what the product has none for. */
OVERLOAD float half_powr(float x, float y)
{
	return half_exp2(y * half_log2(x));
}

/* For up to 2^16. */
OVERLOAD float half_sin(float x)
{
	return x == 0 ? x : __tern_fast_sin(x);
}

OVERLOAD float half_cos(float x)
{
	return __tern_fast_cos(x);
}

OVERLOAD float half_tan(float x)
{
	return native_tan(x);
}

#define FAST1(name)                                                                                \
	WIDTHS1(__tern_fast_##name, float)                                                         \
	OVERLOAD float native_##name(float x)                                                      \
	{                                                                                          \
		return __tern_fast_##name(x);                                                      \
	}                                                                                          \
	WIDTHS1(native_##name, float)                                                              \
	WIDTHS1(half_##name, float)
FAST1(exp2)
FAST1(exp)
FAST1(exp10)
FAST1(log2)
FAST1(log)
FAST1(log10)
FAST1(sin)
FAST1(cos)
WIDTHS1(native_tan, float)
WIDTHS1(half_tan, float)
WIDTHS_AND(__tern_fast_sincos, float, float)
WIDTHS2(__tern_fast_powr, float)
WIDTHS2(__tern_fast_pow, float)
WIDTHS2_WITH(__tern_fast_pown, float, int)
WIDTHS2_WITH(__tern_fast_rootn, float, int)
OVERLOAD float native_powr(float x, float y)
{
	return __tern_fast_powr(x, y);
}
WIDTHS2(native_powr, float)
WIDTHS2(half_powr, float)
