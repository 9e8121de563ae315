/* SPDX-License-Identifier: MIT */
/* The functions in MPFR, with the special cases of OpenCL C 7.5. */
#include "conformance/accuracy/accuracy.h"

#include <limits.h>
#include <math.h>

#define UNARY(name, mpfr_name)                                                                     \
	void accuracy_##name(mpfr_t r, struct accuracy_call *x)                                    \
	{                                                                                          \
		mpfr_name(r, x->a, MPFR_RNDN);                                                     \
	}
#define BINARY(name, mpfr_name)                                                                    \
	void accuracy_##name(mpfr_t r, struct accuracy_call *x)                                    \
	{                                                                                          \
		mpfr_name(r, x->a, x->b, MPFR_RNDN);                                               \
	}
#define INTEGER(name, mpfr_name)                                                                   \
	void accuracy_##name(mpfr_t r, struct accuracy_call *x)                                    \
	{                                                                                          \
		mpfr_name(r, x->a);                                                                \
	}
UNARY(acos, mpfr_acos)
UNARY(acosh, mpfr_acosh)
UNARY(acospi, mpfr_acospi)
UNARY(asin, mpfr_asin)
UNARY(asinh, mpfr_asinh)
UNARY(asinpi, mpfr_asinpi)
UNARY(atan, mpfr_atan)
UNARY(atanh, mpfr_atanh)
UNARY(atanpi, mpfr_atanpi)
UNARY(cbrt, mpfr_cbrt)
UNARY(cos, mpfr_cos)
UNARY(cosh, mpfr_cosh)
UNARY(cospi, mpfr_cospi)
UNARY(erf, mpfr_erf)
UNARY(erfc, mpfr_erfc)
UNARY(exp, mpfr_exp)
UNARY(exp10, mpfr_exp10)
UNARY(exp2, mpfr_exp2)
UNARY(expm1, mpfr_expm1)
UNARY(fabs, mpfr_abs)
UNARY(log, mpfr_log)
UNARY(log10, mpfr_log10)
UNARY(log1p, mpfr_log1p)
UNARY(log2, mpfr_log2)
UNARY(rint, mpfr_rint)
UNARY(sin, mpfr_sin)
UNARY(sinh, mpfr_sinh)
UNARY(sinpi, mpfr_sinpi)
UNARY(sqrt, mpfr_sqrt)
UNARY(tan, mpfr_tan)
UNARY(tanh, mpfr_tanh)
UNARY(tanpi, mpfr_tanpi)
UNARY(tgamma, mpfr_gamma)
INTEGER(ceil, mpfr_ceil)
INTEGER(floor, mpfr_floor)
INTEGER(round, mpfr_round)
INTEGER(trunc, mpfr_trunc)
BINARY(add, mpfr_add)
BINARY(atan2, mpfr_atan2)
BINARY(atan2pi, mpfr_atan2pi)
BINARY(divide, mpfr_div)
BINARY(fdim, mpfr_dim)
BINARY(fmax, mpfr_max)
BINARY(fmin, mpfr_min)
BINARY(fmod, mpfr_fmod)
BINARY(hypot, mpfr_hypot)
BINARY(multiply, mpfr_mul)
BINARY(pow, mpfr_pow)
BINARY(remainder, mpfr_remainder)
BINARY(subtract, mpfr_sub)

/* MPFR's is +infinity for -0 */
void accuracy_rsqrt(mpfr_t r, struct accuracy_call *x)
{
	if (mpfr_zero_p(x->a))
		mpfr_ui_div(r, 1, x->a, MPFR_RNDN);
	else
		mpfr_rec_sqrt(r, x->a, MPFR_RNDN);
}

/* What is not a number has a sign, too, and MPFR's has none. */
void accuracy_copysign(mpfr_t r, struct accuracy_call *x)
{
	mpfr_set_d(r, copysign(x->a0, x->b0), MPFR_RNDN);
}

/* MPFR has 1 for powr(1, NAN) */
void accuracy_powr(mpfr_t r, struct accuracy_call *x)
{
	if (isnan(x->b0))
		mpfr_set_nan(r);
	else
		mpfr_powr(r, x->a, x->b, MPFR_RNDN);
}

void accuracy_recip(mpfr_t r, struct accuracy_call *x)
{
	mpfr_ui_div(r, 1, x->a, MPFR_RNDN);
}

void accuracy_degrees(mpfr_t r, struct accuracy_call *x)
{
	mpfr_t pi;
	mpfr_init2(pi, mpfr_get_prec(r));
	mpfr_const_pi(pi, MPFR_RNDN);
	mpfr_mul_ui(r, x->a, 180, MPFR_RNDN);
	mpfr_div(r, r, pi, MPFR_RNDN);
	mpfr_clear(pi);
}

void accuracy_radians(mpfr_t r, struct accuracy_call *x)
{
	mpfr_t pi;
	mpfr_init2(pi, mpfr_get_prec(r));
	mpfr_const_pi(pi, MPFR_RNDN);
	mpfr_mul(r, x->a, pi, MPFR_RNDN);
	mpfr_div_ui(r, r, 180, MPFR_RNDN);
	mpfr_clear(pi);
}

void accuracy_fma(mpfr_t r, struct accuracy_call *x)
{
	mpfr_fma(r, x->a, x->b, x->c, MPFR_RNDN);
}

void accuracy_fract(mpfr_t r, struct accuracy_call *x)
{
	double below_one = 1 - ldexp(1, -x->type->digits);
	if (isinf(x->a0)) {
		mpfr_set_d(r, copysign(0, x->a0), MPFR_RNDN);
		return;
	}
	mpfr_floor(r, x->a);
	mpfr_sub(r, x->a, r, MPFR_RNDN);
	if (x->a0 == 0)
		mpfr_set_d(r, x->a0, MPFR_RNDN);
	else if (mpfr_cmp_d(r, below_one) > 0)
		mpfr_set_d(r, below_one, MPFR_RNDN);
}

void accuracy_modf(mpfr_t r, struct accuracy_call *x)
{
	double whole;
	mpfr_set_d(r, modf(x->a0, &whole), MPFR_RNDN);
}

void accuracy_frexp(mpfr_t r, struct accuracy_call *x)
{
	int exponent;
	mpfr_set_d(r, frexp(x->a0, &exponent), MPFR_RNDN);
}

void accuracy_frexp_exponent(mpfr_t r, struct accuracy_call *x)
{
	int exponent = 0;
	x->skip = !isfinite(x->a0);
	(void)frexp(x->a0, &exponent);
	mpfr_set_si(r, x->skip ? 0 : exponent, MPFR_RNDN);
}

/* FP_ILOGB0 and FP_ILOGBNAN are the device's own: the kernel translates them */
void accuracy_ilogb(mpfr_t r, struct accuracy_call *x)
{
	/* INT_MAX, as the kernel converts it */
	double inf = x->type->is_double ? INT_MAX : 0x1p31;
	if (x->a0 == 0 || isnan(x->a0))
		mpfr_set_si(r, x->a0 == 0 ? -9000 : 9000, MPFR_RNDN);
	else
		mpfr_set_d(r, isinf(x->a0) ? inf : logb(x->a0), MPFR_RNDN);
}

void accuracy_ldexp(mpfr_t r, struct accuracy_call *x)
{
	mpfr_mul_2si(r, x->a, x->n, MPFR_RNDN);
}

/* There is no bound; what MPFR takes long for is left out. */
void accuracy_lgamma(mpfr_t r, struct accuracy_call *x)
{
	int sign;
	mpfr_lgamma(r, &sign, x->a, MPFR_RNDN);
}

void accuracy_lgamma_sign(mpfr_t r, struct accuracy_call *x)
{
	int sign;
	mpfr_lgamma(r, &sign, x->a, MPFR_RNDN);
	/* no sign at the poles but at the zeros */
	x->skip = !isfinite(x->a0) || (x->a0 < 0 && x->a0 == floor(x->a0));
	mpfr_set_si(r, sign, MPFR_RNDN);
}

void accuracy_logb(mpfr_t r, struct accuracy_call *x)
{
	mpfr_set_d(r, logb(x->a0), MPFR_RNDN);
}

static void by_magnitude(mpfr_t r, struct accuracy_call *x, bool greater)
{
	int order = mpfr_cmpabs(x->a, x->b);
	if (mpfr_nan_p(x->a) || mpfr_nan_p(x->b) || order == 0)
		(greater ? mpfr_max : mpfr_min)(r, x->a, x->b, MPFR_RNDN);
	else
		mpfr_set(r, (order > 0) == greater ? x->a : x->b, MPFR_RNDN);
}

void accuracy_maxmag(mpfr_t r, struct accuracy_call *x)
{
	by_magnitude(r, x, true);
}

void accuracy_minmag(mpfr_t r, struct accuracy_call *x)
{
	by_magnitude(r, x, false);
}

void accuracy_nan(mpfr_t r, struct accuracy_call *x)
{
	(void)x;
	mpfr_set_nan(r);
}

void accuracy_nextafter(mpfr_t r, struct accuracy_call *x)
{
	double next = x->type->is_double ? nextafter(x->a0, x->b0)
					 : nextafterf((float)x->a0, (float)x->b0);
	mpfr_set_d(r, next, MPFR_RNDN);
}

void accuracy_pown(mpfr_t r, struct accuracy_call *x)
{
	mpfr_pow_si(r, x->a, x->n, MPFR_RNDN);
	if (x->n == 0)
		mpfr_set_ui(r, 1, MPFR_RNDN);
}

void accuracy_rootn(mpfr_t r, struct accuracy_call *x)
{
	mpfr_rootn_si(r, x->a, x->n, MPFR_RNDN);
}

/* The sign and the lowest seven bits. */
void accuracy_remquo_quotient(mpfr_t r, struct accuracy_call *x)
{
	long quotient = 0;
	x->skip = !isfinite(x->a0) || isnan(x->b0) || x->b0 == 0;
	mpfr_remquo(r, &quotient, x->a, x->b, MPFR_RNDN);
	mpfr_set_si(r, quotient < 0 ? -(-quotient & 127) : quotient & 127, MPFR_RNDN);
}
