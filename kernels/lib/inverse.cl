/* SPDX-License-Identifier: MIT */
/*
 * Arc functions. Coefficients: minimax fits, errors below 2^-27 (float) and 2^-55 (double). What they
 * are added to is pi/4 times an integer, whose error is less than half a unit in the last place.
 */
#include "math.clh"

#define DECLARED(type) __attribute__((overloadable)) type sqrt(type x);
DECLARED(float)
DECLARED(double)

/* ---- arc sine and arc cosine ---- */

/* (asin(s) - s) / s^3 for s^2 = z <= 1/4 */
SMALL_OVERLOAD float asin_tail(float z)
{
	float p = 0x1.59f91p-5f;
	p = p * z + 0x1.8b8e36p-6f;
	p = p * z + 0x1.748cbap-5f;
	p = p * z + 0x1.33015ep-4f;
	return p * z + 0x1.5555cap-3f;
}

/* Even and odd powers apart: they need not wait for each other. */
SMALL_OVERLOAD double asin_tail(double z)
{
	double y = z * z, p = 0x1.057107a70704bp-5, q = -0x1.09dd674dae0e3p-6;
	p = p * y + 0x1.3ffb020a501d1p-6;
	q = q * y + 0x1.abc6601a70995p-8;
	p = p * y + 0x1.8ec3fd4750bdbp-7;
	q = q * y + 0x1.c6fd9c35a6301p-7;
	p = p * y + 0x1.1c6be3727b043p-6;
	q = q * y + 0x1.6e89f423c6449p-6;
	p = p * y + 0x1.f1c72c3a093d3p-6;
	q = q * y + 0x1.6db6db4277a2p-5;
	p = p * y + 0x1.333333336e839p-4;
	q = q * y + 0x1.555555555539p-3;
	return p * z + q;
}

/*
 * asin(|x|) up to 1/2; beyond, where acos(|x|) is twice the arc sine of the root of (1 - |x|) / 2, that
 * arc sine.
 */
#define ARCS(type, pi, inverse_pi)                                                                 \
	SMALL_OVERLOAD type half_arc(type a)                                                       \
	{                                                                                          \
		type z = a > (type)0.5 ? (type)0.5 - (type)0.5 * a : a * a;                        \
		type s = a > (type)0.5 ? sqrt(z) : a;                                              \
		return asin_tail(z) * (s * z) + s;                                                 \
	}                                                                                          \
	SMALL_OVERLOAD type asin_of(type x, type arc, type right)                                  \
	{                                                                                          \
		return flip_sign(magnitude(x) > (type)0.5 ? right - 2 * arc : arc, x);             \
	}                                                                                          \
	SMALL_OVERLOAD type acos_of(type x, type arc, type straight)                               \
	{                                                                                          \
		bool great = magnitude(x) > (type)0.5;                                             \
		type base = great ? (x < 0 ? straight : 0) : straight * (type)0.5;                 \
		return flip_sign((type)(great ? 2 : -1), x) * arc + base;                          \
	}                                                                                          \
	OVERLOAD type asin(type x)                                                                 \
	{                                                                                          \
		return asin_of(x, half_arc(magnitude(x)), pi / 2);                                 \
	}                                                                                          \
	OVERLOAD type acos(type x)                                                                 \
	{                                                                                          \
		return acos_of(x, half_arc(magnitude(x)), pi);                                     \
	}                                                                                          \
	OVERLOAD type asinpi(type x)                                                               \
	{                                                                                          \
		return asin_of(x, half_arc(magnitude(x)) * inverse_pi, (type)0.5);                 \
	}                                                                                          \
	OVERLOAD type acospi(type x)                                                               \
	{                                                                                          \
		return acos_of(x, half_arc(magnitude(x)) * inverse_pi, 1);                         \
	}                                                                                          \
	WIDTHS1(asin, type)                                                                        \
	WIDTHS1(acos, type)                                                                        \
	WIDTHS1(asinpi, type)                                                                      \
	WIDTHS1(acospi, type)
ARCS(float, M_PI_F, M_1_PI_F)
ARCS(double, M_PI, M_1_PI)

/* ---- arc tangent of float ---- */

/* Of |x| up to 1 and of -1 / |x| beyond, with pi/2 more. */
SMALL float arc_tangent(float x, float factor, float quarter)
{
	float a = magnitude(x);
	bool steep = a > 1.0f;
	float t = (steep ? -1.0f : a) / (steep ? a : 1.0f), z = t * t, p = -0x1.d3659ap-10f;
	p = p * z + 0x1.64293ep-7f;
	p = p * z - 0x1.fd80a2p-6f;
	p = p * z + 0x1.da2abep-5f;
	p = p * z - 0x1.580932p-4f;
	p = p * z + 0x1.c08c5p-4f;
	p = p * z - 0x1.242086p-3f;
	p = p * z + 0x1.9991e4p-3f;
	p = p * z - 0x1.55553ep-2f;
	float v = p * (t * z) + t;
	return flip_sign(v * factor + (steep ? quarter : 0), x);
}

OVERLOAD float atan(float x)
{
	return arc_tangent(x, 1.0f, M_PI_2_F);
}

OVERLOAD float atanpi(float x)
{
	return arc_tangent(x, M_1_PI_F, 0.5f);
}

WIDTHS1(atan, float)
WIDTHS1(atanpi, float)

/*
 * ---- arc tangents of double, of one and two arguments ----
 *
 * The smaller side of the triangle is divided by the greater; from tan(pi/8) on, the angle less pi/4
 * is computed.
 */

/* An angle: @eighths * pi/4 + @rest. */
struct angle {
	double rest, eighths;
};

/* atan(t) for up to tan(pi/8) */
SMALL double small_angle(double t)
{
	double z = t * t, y = z * z, p = -0x1.2595f36c8b733p-6, q = 0x1.37e9b4ccee31ap-5;
	p = p * y - 0x1.9cdaaabb59167p-5;
	q = q * y + 0x1.df110d1c7264dp-5;
	p = p * y - 0x1.10ebd6e8d3b04p-4;
	q = q * y + 0x1.3b111bbfa146ap-4;
	p = p * y - 0x1.745cf900d963fp-4;
	q = q * y + 0x1.c71c70e73b72ap-4;
	p = p * y - 0x1.24924922aff03p-3;
	q = q * y + 0x1.99999999958b1p-3;
	p = p * y - 0x1.555555555553dp-2;
	return (q * z + p) * (z * t) + t;
}

/* The angle of |y| / |x|, of the whole turn for a negative x. */
SMALL_OVERLOAD struct angle angle_of(double y, double x)
{
	double a = magnitude(y), b = magnitude(x);
	double most = a > b ? a : b, least = a > b ? b : a;
	if (RARELY(!(most > 0x1p-900 && most < 0x1p1000))) {
		/* two infinities are as good as ones; sums must not overflow, nor products be
		 * denormal */
		least = least == INFINITY ? 1 : least;
		most = least == 1 && most == INFINITY && a == b ? 1 : most;
		double factor = most > 0x1p1000 ? 0x1p-4 : most < 0x1p-900 ? 0x1p100 : 1;
		most = most == 0 ? 1 : most * factor;
		least *= factor;
	}
	bool beyond = least > 0x1.a827999fcef32p-2 * most;
	struct angle r;
	r.rest = small_angle((beyond ? least - most : least) / (beyond ? least + most : most));
	r.eighths = beyond ? 1 : 0;
	r.rest = a > b ? -r.rest : r.rest;
	r.eighths = a > b ? 2 - r.eighths : r.eighths;
	bool back = as_long(x) < 0;
	r.rest = back ? -r.rest : r.rest;
	r.eighths = back ? 4 - r.eighths : r.eighths;
	return r;
}

/* The same of |x| / 1. */
SMALL_OVERLOAD struct angle angle_of(double x)
{
	double a = magnitude(x);
	bool flat = a < 0x1.a827999fcef32p-2, steep = a > 0x1.3504f333f9de6p+1;
	double numerator = flat ? a : steep ? -1.0 : a - 1.0;
	double denominator = flat ? 1.0 : steep ? a : a + 1.0;
	struct angle r;
	r.rest = small_angle(numerator / denominator);
	r.eighths = flat ? 0.0 : steep ? 2.0 : 1.0;
	return r;
}

SMALL double radians_of(struct angle a)
{
	/* pi/4 in two parts: multiples of the first are exact */
	return a.eighths * 0x1.921fb54442dp-1 + (a.rest + a.eighths * 0x1.8469898cc517p-49);
}

SMALL double turns_of(struct angle a)
{
	return a.eighths * 0.25 + a.rest * M_1_PI;
}

OVERLOAD double atan2(double y, double x)
{
	double r = flip_sign(radians_of(angle_of(y, x)), y);
	return x == x && y == y ? r : NAN;
}

OVERLOAD double atan2pi(double y, double x)
{
	double r = flip_sign(turns_of(angle_of(y, x)), y);
	return x == x && y == y ? r : NAN;
}

OVERLOAD double atan(double x)
{
	return flip_sign(radians_of(angle_of(x)), x);
}

OVERLOAD double atanpi(double x)
{
	return flip_sign(turns_of(angle_of(x)), x);
}

WIDTHS1(atan, double)
WIDTHS1(atanpi, double)
WIDTHS2(atan2, double)
WIDTHS2(atan2pi, double)
