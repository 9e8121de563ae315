/* SPDX-License-Identifier: MIT */
/* The error of a result, in units in the last place as OpenCL C 7.4 defines them. */
#include "conformance/accuracy/accuracy.h"

#include <math.h>

/* The exponent of ulp(@x), @x neither zero nor special. */
static long ulp_exponent(const struct accuracy_type *type, mpfr_srcptr x)
{
	long e = mpfr_get_exp(x) - 1;
	/* the two numbers nearest to a power of two lie on both sides of it: the lower is closer */
	if (mpfr_min_prec(x) <= 1)
		e--;
	if (e < type->least_exponent)
		e = type->least_exponent;
	if (e > type->most)
		e = type->most;
	return e - (type->digits - 1);
}

/* Whether @x becomes infinite when it is rounded to the nearest. */
static bool overflows(const struct accuracy_type *type, mpfr_srcptr x)
{
	mpfr_t limit;
	mpfr_init2(limit, 64);
	/* 2^most * (2 - 2^-digits) */
	mpfr_set_ui_2exp(limit, 1, type->digits + 1, MPFR_RNDN);
	mpfr_sub_ui(limit, limit, 1, MPFR_RNDN);
	mpfr_mul_2si(limit, limit, type->most - type->digits, MPFR_RNDN);
	bool yes = mpfr_cmpabs(x, limit) >= 0;
	mpfr_clear(limit);
	return yes;
}

static double difference(const struct accuracy_type *type, mpfr_srcptr reference, double got)
{
	mpfr_t d;
	mpfr_init2(d, 160);
	if (isinf(got)) /* as if the exponent had no limit */
		mpfr_set_si_2exp(d, got < 0 ? -1 : 1, type->most + 1, MPFR_RNDN);
	else
		mpfr_set_d(d, got, MPFR_RNDN);
	mpfr_sub(d, d, reference, MPFR_RNDN);
	long ulp = mpfr_zero_p(reference) ? type->least_exponent - (type->digits - 1)
					  : ulp_exponent(type, reference);
	mpfr_mul_2si(d, d, -ulp, MPFR_RNDN);
	double error = fabs(mpfr_get_d(d, MPFR_RNDN));
	mpfr_clear(d);
	return error;
}

double accuracy_ulps(const struct accuracy_type *type, mpfr_srcptr reference, double got)
{
	if (mpfr_nan_p(reference) || isnan(got))
		return mpfr_nan_p(reference) && isnan(got) ? 0 : INFINITY;
	bool same_infinity = isinf(got) && (got < 0) == (mpfr_sgn(reference) < 0);
	if (mpfr_inf_p(reference))
		return same_infinity ? 0 : INFINITY;
	if (same_infinity && overflows(type, reference))
		return 0;
	return difference(type, reference, got);
}
