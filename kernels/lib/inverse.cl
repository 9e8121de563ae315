/* SPDX-License-Identifier: MIT */
/*
 * Arc tangents, of double, of one and two arguments. The smaller side of the triangle is divided by
 * the greater; from tan(pi/8) on, the angle less pi/4 is computed. Coefficients: a minimax fit for
 * up to tan(pi/8), error below 2^-59.
 */
#include "math.clh"

/* An angle: @eighths * pi/4 + @rest. */
struct angle {
	double rest, eighths;
};

/* The angle of |y| / |x|, of the whole turn for a negative x. */
SMALL struct angle angle_of(double y, double x)
{
	double a = magnitude(y), b = magnitude(x);
	double most = a > b ? a : b, least = a > b ? b : a;
	/* two infinities are as good as ones; sums must not overflow, nor products be denormal */
	least = least == INFINITY ? 1 : least;
	most = least == 1 && most == INFINITY && a == b ? 1 : most;
	double factor = most > 0x1p1000 ? 0x1p-4 : most < 0x1p-900 ? 0x1p100 : 1;
	most *= factor;
	least *= factor;
	bool beyond = least > 0x1.a827999fcef32p-2 * most;
	double numerator = beyond ? least - most : least, denominator = beyond ? least + most : most;
	double t = numerator / (denominator == 0 ? 1 : denominator), z = t * t;
	double p = -0x1.2595f36c8b733p-6;
	p = p * z + 0x1.37e9b4ccee31ap-5;
	p = p * z - 0x1.9cdaaabb59167p-5;
	p = p * z + 0x1.df110d1c7264dp-5;
	p = p * z - 0x1.10ebd6e8d3b04p-4;
	p = p * z + 0x1.3b111bbfa146ap-4;
	p = p * z - 0x1.745cf900d963fp-4;
	p = p * z + 0x1.c71c70e73b72ap-4;
	p = p * z - 0x1.24924922aff03p-3;
	p = p * z + 0x1.99999999958b1p-3;
	p = p * z - 0x1.555555555553dp-2;
	struct angle r;
	r.rest = p * (z * t) + t;
	r.eighths = beyond ? 1 : 0;
	r.rest = a > b ? -r.rest : r.rest;
	r.eighths = a > b ? 2 - r.eighths : r.eighths;
	bool back = as_long(x) < 0;
	r.rest = back ? -r.rest : r.rest;
	r.eighths = back ? 4 - r.eighths : r.eighths;
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
	return x == x ? flip_sign(radians_of(angle_of(x, 1)), x) : x;
}

OVERLOAD double atanpi(double x)
{
	return x == x ? flip_sign(turns_of(angle_of(x, 1)), x) : x;
}

WIDTHS1(atan, double)
WIDTHS1(atanpi, double)
WIDTHS2(atan2, double)
WIDTHS2(atan2pi, double)
