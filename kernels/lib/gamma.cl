/* SPDX-License-Identifier: MIT */
/*
 * The gamma function by Stirling's series, sqrt(2 pi / y) (y / e)^y e^(1 / 12y - ...). Smaller
 * arguments are moved up by gamma(y + 1) = y gamma(y), negative ones by reflection.
 */
#include "power.clh"

#define DECLARED(type)                                                                             \
	__attribute__((overloadable)) type floor(type x);                                          \
	__attribute__((overloadable)) type sinpi(type x);
DECLARED(float)
DECLARED(double)
__attribute__((overloadable)) float log(float x);

/* From 6 on, three terms. */
OVERLOAD float tgamma(float x)
{
	float a = magnitude(x), sine = sinpi(x);
	/* beyond, results are infinite or 0 */
	double z = a > 47.0f ? 47.0 : (double)a, product = 1, y = z;
	for (int i = 0; i < 6; i++) {
		product *= y < 6 ? y : 1;
		y = y < 6 ? y + 1 : y;
	}
	double u = 1 / y, v = u * u;
	double s = (v * (v * (1.0 / 1260) - 1.0 / 360) + 1.0 / 12) * u;
	double l = (y - 0.5) * log2_of_normal(y) - (y - s) * 0x1.71547652b82fep+0;
	double gamma = exp2_wide(l) * 0x1.40d931ff62706p+1 / product;
	float reflected = (float)(M_PI / (z * sine * gamma));
	reflected = a > 47.0f ? flip_sign(0.0f, sine) : reflected;
	/* minus infinity and the negative integers have no value */
	reflected = sine == 0 || !(a < INFINITY) ? NAN : reflected;
	float r = a > 47.0f ? INFINITY : (float)gamma;
	r = x < 0 ? reflected : r;
	return a < 0x1p-30f ? 1.0f / x : x == x ? r : x;
}

/* From 9 on, eight terms. */
OVERLOAD double tgamma(double x)
{
	double a = magnitude(x), sine = sinpi(x), z = a > 190 ? 190 : a, product = 1;
	int steps = z < 9 ? (int)(10 - z) : 0;
	double y = z + steps, lost = z - (y - steps);
	for (int i = 0; i < 10; i++)
		product *= i < steps ? z + i : 1;
	double u = 1 / y, v = u * u, s = -3617.0 / 122400;
	s = s * v + 1.0 / 156;
	s = s * v - 691.0 / 360360;
	s = s * v + 1.0 / 1188;
	s = s * v - 1.0 / 1680;
	s = s * v + 1.0 / 1260;
	s = s * v - 1.0 / 360;
	s = (s * v + 1.0 / 12) * u;
	/* (y - 1/2) log2(y) - y log2(e), of which the first is greater */
	const struct pair_double log2_e = {0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56};
	struct pair_double log = log2_pair(y), l = multiply(log, y - 0.5), e = multiply(log2_e, y);
	/* what y's rounding lost, by the derivative of the logarithm of gamma */
	s += lost * (log.high * M_LN2 - 0.5 * u);
	double difference = l.high - e.high;
	l.low += ((l.high - difference) - e.high) - e.low + s * 0x1.71547652b82fep+0;
	l.high = difference;
	double t, m = exp2_mantissa(l, &t) * 0x1.40d931ff62706p+1;
	int n = bits_of_sum(t);
	double reflected = scale(M_PI * product / (z * sine * m), -n);
	reflected = a > 185 ? flip_sign(0.0, sine) : reflected;
	/* minus infinity and the negative integers have no value */
	reflected = sine == 0 || !(a < INFINITY) ? NAN : reflected;
	double r = a > 172 ? INFINITY : scale(m / product, n);
	r = x < 0 ? reflected : r;
	return a < 0x1p-60 ? 1 / x : x == x ? r : x;
}

WIDTHS1(tgamma, float)
WIDTHS1(tgamma, double)

/* libclc's is -INFINITY for -INFINITY, and knows no denormal numbers */
float libclc_lgamma_r(float x, private int *sign) __asm("__clc._Z8lgamma_rfPi");
OVERLOAD float lgamma_r(float x, private int *sign)
{
	float a = magnitude(x), r = libclc_lgamma_r(x, sign);
	/* nearly 1 / |x| */
	r = a < 0x1p-60f ? -log(a) : r;
	*sign = a > 0 && a < 0x1p-60f ? (x < 0 ? -1 : 1) : *sign;
	return x == -INFINITY ? INFINITY : r;
}

OVERLOAD float lgamma(float x)
{
	int sign;
	return lgamma_r(x, &sign);
}
