/* SPDX-License-Identifier: MIT */
/*
 * The error function: a polynomial below 1, from there on one minus the complementary function,
 * which is e^(-x^2) / (1 + 2 x) times a polynomial in (x - c) / (x + c). The square is split so
 * that the exponential gets all of it. Minimax fits; errors below 2^-24 (float) and 2^-54 (double).
 */
#include "exp.clh"

/* @x >= 0 */
SMALL_OVERLOAD float erfc_positive(float x)
{
	x = x > 10.5f ? 10.5f : x;
	float near = 2.0f + x, slope = 1.0f + 2.0f * x, inverse = 1.0f / (near * slope);
	float u = (x - 2.0f) * (slope * inverse);
	float p = -0x1.aacf06p-12f;
	p = p * u - 0x1.44ee1ap-10f;
	p = p * u + 0x1.5997bcp-10f;
	p = p * u + 0x1.1b2f86p-7f;
	p = p * u - 0x1.0821f8p-7f;
	p = p * u - 0x1.bc12cep-5f;
	p = p * u + 0x1.4ffc3cp-3f;
	p = p * u - 0x1.5408p-3f;
	p = p * u - 0x1.7bf614p-4f;
	p = p * u + 0x1.46e80ep+0f;
	float high = as_float(as_uint(x) & 0xfffff000), square = high * high;
	float t = square * -0x1.715476p+0f, n = nearest(t);
	float r = -square - n * 0x1.62ep-1f;
	r = r - n * 0x1.0bfbe8p-15f - (x - high) * (x + high);
	float e = exp_tail(r) * (r * r) + r + 1.0f;
	return scale(e * (p * (near * inverse)), nearest_bits(t));
}

SMALL_OVERLOAD float erf_small(float x)
{
	float z = x * x;
	float p = 0x1.f43f18p-15f;
	p = p * z - 0x1.83c69ep-11f;
	p = p * z + 0x1.4eff5p-8f;
	p = p * z - 0x1.b73854p-6f;
	p = p * z + 0x1.ce1efp-4f;
	p = p * z - 0x1.8126cep-2f;
	p = p * z + 0x1.20dd74p+0f;
	return x * p;
}

SMALL_OVERLOAD double erfc_positive(double x)
{
	x = x > 28.0 ? 28.0 : x;
	double near = 3.0 + x, slope = 1.0 + 2.0 * x, inverse = 1.0 / (near * slope);
	double u = (x - 3.0) * (slope * inverse), uu = u * u;
	/* even and odd powers apart: they need not wait for each other */
	double p = -0x1.1561a17c0fd37p-28, q = -0x1.166d3c310d40fp-27;
	p = p * uu + 0x1.17ecff4b79098p-25;
	q = q * uu + 0x1.850cc66369b76p-24;
	p = p * uu - 0x1.19823338b25c3p-23;
	q = q * uu - 0x1.43dcfd4bd1b2ep-21;
	p = p * uu + 0x1.772c5c124cf54p-22;
	q = q * uu + 0x1.d0bf803b23f96p-19;
	p = p * uu - 0x1.86dff2ad02baep-21;
	q = q * uu - 0x1.5127a2a96f52bp-16;
	p = p * uu + 0x1.4c14dbe1af375p-18;
	q = q * uu + 0x1.06597508c018p-13;
	p = p * uu - 0x1.b912390531b4p-14;
	q = q * uu - 0x1.98db479426983p-11;
	p = p * uu + 0x1.ef1bdcb2acc09p-10;
	q = q * uu + 0x1.4b884dfbf7d47p-9;
	p = p * uu - 0x1.8574c40adf3a3p-6;
	q = q * uu + 0x1.17ca287816f23p-4;
	p = p * uu - 0x1.e88b803a4caddp-4;
	q = q * uu + 0x1.098366a5b3d97p-3;
	p = p * uu - 0x1.85a15c58aa2bcp-5;
	q = q * uu - 0x1.15c084bb9e8dep-3;
	p = p * uu + 0x1.40c522d7e4987p+0;
	p = q * u + p;
	double high = as_double(as_ulong(x) & 0xfffffffff8000000), square = high * high;
	double low = (x - high) * (x + high), factor = p * (near * inverse);
	if (__tern_machine_has_avx512()) {
		/* of a NaN that was cut to an infinity: factor has it, and the scale must not win
		 */
		square = square < 784.0 ? square : 784.0;
		double t = square * -0x1.71547652b82fep+0 + ROUNDER_16, n = t - ROUNDER_16;
		double r = -square - n * 0x1.62e42fefa39efp-1;
		r = (r - n * 0x1.abc9e3b39803fp-56) - low;
		factor *= __tern_machine_lookup_f64(sixteenth_powers, as_long(t));
		return __tern_machine_scale_f64(factor * small_expm1(r) + factor, n);
	}
	double t = square * -0x1.71547652b82fep+0, n = nearest(t);
	double r = -square - n * 0x1.62e42feep-1;
	r = r - n * 0x1.a39ef35793c76p-33 - low;
	double e = exp_tail(r) * (r * r) + r + 1.0;
	return scale(e * factor, nearest_bits(t));
}

SMALL_OVERLOAD double erf_small(double x)
{
	double z = x * x, zz = z * z;
	double p = 0x1.d73c807903b86p-27, q = -0x1.ac176917e05b5p-31;
	p = p * zz + 0x1.b980797e27e95p-20;
	q = q * zz - 0x1.5c0ba009b64c8p-23;
	p = p * zz + 0x1.f9a2bb42cc8e4p-14;
	q = q * zz - 0x1.f4ca5b2397e7dp-17;
	p = p * zz + 0x1.565bccf906777p-8;
	q = q * zz - 0x1.c02db03f9d4dfp-11;
	p = p * zz + 0x1.ce2f21a040bp-4;
	q = q * zz - 0x1.b82ce311f6f99p-6;
	p = p * zz + 0x1.20dd750429b6dp+0;
	q = q * zz - 0x1.812746b0379b5p-2;
	return x * (q * z + p);
}

#define FUNCTIONS(type)                                                                            \
	OVERLOAD type erf(type x)                                                                  \
	{                                                                                          \
		type a = magnitude(x), r = flip_sign(1 - erfc_positive(a), x);                     \
		return a < 1 ? erf_small(x) : r;                                                   \
	}                                                                                          \
	OVERLOAD type erfc(type x)                                                                 \
	{                                                                                          \
		type r = erfc_positive(magnitude(x));                                              \
		return x < 0 ? 2 - r : r;                                                          \
	}                                                                                          \
	WIDTHS1(erf, type)                                                                         \
	WIDTHS1(erfc, type)
FUNCTIONS(float)
FUNCTIONS(double)
