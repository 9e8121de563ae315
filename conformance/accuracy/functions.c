/* SPDX-License-Identifier: MIT */
/* The functions and their bounds (OpenCL C 7.4, full profile). */
#include "conformance/accuracy/accuracy.h"

#include <math.h>

const struct accuracy_type accuracy_types[2] = {
	{.name = "float", .digits = 24, .least_exponent = -126, .most = 127},
	{.name = "double", .is_double = true, .digits = 53, .least_exponent = -1022, .most = 1023},
};

/* One, two and three operands; one and an integer. */
#define F1(fn, bound, lo, hi, ...)                                                                 \
	{.name = #fn,                                                                              \
	 .code = "r = " #fn "(a);",                                                                \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = (bound),                                                                          \
	 .operands = 1,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi),                                                                             \
	 __VA_ARGS__}
#define F2(fn, bound, lo, hi, ...)                                                                 \
	{.name = #fn,                                                                              \
	 .code = "r = " #fn "(a, b);",                                                             \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = (bound),                                                                          \
	 .operands = 2,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi),                                                                             \
	 __VA_ARGS__}
#define FI(fn, bound, lo, hi)                                                                      \
	{.name = #fn,                                                                              \
	 .code = "r = " #fn "(a, n);",                                                             \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = (bound),                                                                          \
	 .operands = 1,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi)}
/* Any code. */
#define CODE(text, fn, bound, count, statements, ...)                                              \
	{.name = (text),                                                                           \
	 .code = (statements),                                                                     \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = (bound),                                                                          \
	 .operands = (count),                                                                      \
	 .low = -10,                                                                               \
	 .high = 10,                                                                               \
	 __VA_ARGS__}
#define HALF1(fn, lo, hi, ...)                                                                     \
	{.name = "half_" #fn,                                                                      \
	 .code = "r = half_" #fn "(a);",                                                           \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = 8192,                                                                             \
	 .kind = ACCURACY_HALF,                                                                    \
	 .operands = 1,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi),                                                                             \
	 __VA_ARGS__}
#define HALF2(fn, lo, hi)                                                                          \
	{.name = "half_" #fn,                                                                      \
	 .code = "r = half_" #fn "(a, b);",                                                        \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = 8192,                                                                             \
	 .kind = ACCURACY_HALF,                                                                    \
	 .operands = 2,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi)}
#define NATIVE1(fn, lo, hi, ...)                                                                   \
	{.name = "native_" #fn,                                                                    \
	 .code = "r = native_" #fn "(a);",                                                         \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = INFINITY,                                                                         \
	 .kind = ACCURACY_NATIVE,                                                                  \
	 .operands = 1,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi),                                                                             \
	 __VA_ARGS__}
#define NATIVE2(fn, lo, hi)                                                                        \
	{.name = "native_" #fn,                                                                    \
	 .code = "r = native_" #fn "(a, b);",                                                      \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = INFINITY,                                                                         \
	 .kind = ACCURACY_NATIVE,                                                                  \
	 .operands = 2,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi)}
#define RELAXED1(fn, bound, lo, hi, ...)                                                           \
	{.name = #fn,                                                                              \
	 .code = "r = " #fn "(a);",                                                                \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = (bound),                                                                          \
	 .kind = ACCURACY_RELAXED,                                                                 \
	 .operands = 1,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi),                                                                             \
	 __VA_ARGS__}
#define RELAXED2(fn, bound, lo, hi, ...)                                                           \
	{.name = #fn,                                                                              \
	 .code = "r = " #fn "(a, b);",                                                             \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = (bound),                                                                          \
	 .kind = ACCURACY_RELAXED,                                                                 \
	 .operands = 2,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi),                                                                             \
	 __VA_ARGS__}
#define RELAXEDI(fn, bound, lo, hi)                                                                \
	{.name = #fn,                                                                              \
	 .code = "r = " #fn "(a, n);",                                                             \
	 .reference = accuracy_##fn,                                                               \
	 .ulps = (bound),                                                                          \
	 .kind = ACCURACY_RELAXED,                                                                 \
	 .operands = 1,                                                                            \
	 .low = (lo),                                                                              \
	 .high = (hi)}
/* An absolute bound for a part of the arguments. */
#define ABSOLUTE(error, lo, hi) .absolute = (error), .absolute_low = (lo), .absolute_high = (hi)
#define PI                      3.14159265358979
#define ROUNDED                 0.5
#define ANY_ZERO                .flags = ACCURACY_ANY_ZERO
#define DOUBLE_ROUNDED          .flags = ACCURACY_ROUNDED_DOUBLE
#define TWO_TO_16               .domain = 65536

const struct accuracy_function accuracy_functions[] = {
	CODE("x + y", add, ROUNDED, 2, "r = a + b;"),
	CODE("x - y", subtract, ROUNDED, 2, "r = a - b;"),
	CODE("x * y", multiply, ROUNDED, 2, "r = a * b;"),
	CODE("1 / x", recip, 2.5, 1, "r = 1 / a;", DOUBLE_ROUNDED),
	CODE("x / y", divide, 2.5, 2, "r = a / b;", DOUBLE_ROUNDED),
	F1(acos, 4, -1, 1),
	F1(acosh, 4, 1, 3),
	F1(acospi, 5, -1, 1),
	F1(asin, 4, -1, 1),
	F1(asinh, 4, -3, 3),
	F1(asinpi, 5, -1, 1),
	F1(atan, 5, -3, 3),
	F1(atanh, 5, -1, 1),
	F1(atanpi, 5, -3, 3),
	F2(atan2, 6, -3, 3),
	F2(atan2pi, 6, -3, 3),
	F1(cbrt, 2, -8, 8),
	F1(ceil, ROUNDED, -10, 10),
	F2(copysign, 0, -3, 3),
	F1(cos, 4, -10, 10),
	F1(cosh, 4, -10, 10),
	F1(cospi, 4, -10, 10),
	F1(degrees, 2, -10, 10),
	F1(erfc, 16, -3, 28),
	F1(erf, 16, -4, 4),
	F1(exp, 3, -100, 90),
	F1(exp2, 3, -150, 130),
	F1(exp10, 3, -50, 40),
	F1(expm1, 3, -3, 3),
	F1(fabs, 0, -3, 3),
	F2(fdim, ROUNDED, -3, 3, ANY_ZERO),
	F1(floor, ROUNDED, -10, 10),
	CODE("fma", fma, ROUNDED, 3, "r = fma(a, b, c);", ANY_ZERO),
	F2(fmax, 0, -3, 3, ANY_ZERO),
	F2(fmin, 0, -3, 3, ANY_ZERO),
	F2(fmod, 0, -10, 10),
	CODE("fract", fract, ROUNDED, 1, "T p; r = fract(a, &p);"),
	CODE("fract, floor", floor, 0, 1, "fract(a, &r);"),
	CODE("frexp", frexp, 0, 1, "int e; r = frexp(a, &e);"),
	CODE("frexp, exponent", frexp_exponent, 0, 1, "int e; frexp(a, &e); r = e;"),
	F2(hypot, 4, -3, 3),
	CODE("ilogb", ilogb, 0, 1,
	     "int e = ilogb(a); r = e == FP_ILOGB0 && a == 0 ? -9000 : e == FP_ILOGBNAN && a != a ?"
	     " 9000 : (T)e;"),
	FI(ldexp, ROUNDED, -4, 4),
	F1(lgamma, INFINITY, -10, 10, ANY_ZERO),
	CODE("lgamma_r", lgamma, INFINITY, 1, "int s; r = lgamma_r(a, &s);", ANY_ZERO),
	CODE("lgamma_r, sign", lgamma_sign, 0, 1, "int s; lgamma_r(a, &s); r = s;", ANY_ZERO),
	F1(log, 3, 0, 3),
	F1(log2, 3, 0, 3),
	F1(log10, 3, 0, 3),
	F1(log1p, 2, -1, 2),
	F1(logb, 0, 0, 3),
	F2(maxmag, 0, -3, 3, ANY_ZERO),
	F2(minmag, 0, -3, 3, ANY_ZERO),
	CODE("modf", modf, 0, 1, "T p; r = modf(a, &p);"),
	CODE("modf, integer", trunc, 0, 1, "modf(a, &r);"),
	CODE("nan", nan, 0, 1, "r = nan((U)n);"),
	F2(nextafter, 0, -3, 3, ANY_ZERO),
	F2(pow, 16, 0, 3),
	FI(pown, 16, -3, 3),
	F2(powr, 16, 0, 3),
	F1(radians, 2, -200, 200),
	F2(remainder, 0, -10, 10),
	CODE("remquo", remainder, 0, 2, "int q; r = remquo(a, b, &q);"),
	CODE("remquo, quotient", remquo_quotient, 0, 2,
	     "int q; remquo(a, b, &q); r = q < 0 ? -(T)(-q & 127) : (T)(q & 127);", ANY_ZERO),
	F1(rint, ROUNDED, -10, 10),
	FI(rootn, 16, -3, 3),
	F1(round, ROUNDED, -10, 10),
	F1(rsqrt, 2, 0, 4),
	F1(sin, 4, -10, 10),
	CODE("sincos", sin, 4, 1, "T p; r = sincos(a, &p);"),
	CODE("sincos, cosine", cos, 4, 1, "sincos(a, &r);"),
	F1(sinh, 4, -10, 10),
	F1(sinpi, 4, -10, 10),
	F1(sqrt, 3, 0, 4, DOUBLE_ROUNDED),
	F1(tan, 5, -10, 10),
	F1(tanh, 5, -10, 10),
	F1(tanpi, 6, -10, 10),
	F1(tgamma, 16, -40, 172),
	F1(trunc, ROUNDED, -10, 10),

	HALF1(cos, -10, 10, TWO_TO_16),
	HALF2(divide, -10, 10),
	HALF1(exp, -87, 88),
	HALF1(exp2, -126, 128),
	HALF1(exp10, -37, 38),
	HALF1(log, 0, 3),
	HALF1(log2, 0, 3),
	HALF1(log10, 0, 3),
	HALF2(powr, 0, 3),
	HALF1(recip, -10, 10),
	HALF1(rsqrt, 0, 4),
	HALF1(sin, -10, 10, TWO_TO_16),
	HALF1(sqrt, 0, 4),
	HALF1(tan, -10, 10, TWO_TO_16),

	NATIVE1(cos, -PI, PI, .domain = PI),
	NATIVE2(divide, -10, 10),
	NATIVE1(exp, -87, 88),
	NATIVE1(exp2, -126, 128),
	NATIVE1(exp10, -37, 38),
	NATIVE1(log, 0, 3),
	NATIVE1(log2, 0, 3),
	NATIVE1(log10, 0, 3),
	NATIVE2(powr, 0, 3),
	NATIVE1(recip, -10, 10),
	NATIVE1(rsqrt, 0, 4),
	NATIVE1(sin, -PI, PI, .domain = PI),
	NATIVE1(sqrt, 0, 4),
	NATIVE1(tan, -PI, PI, .domain = PI),

	RELAXED1(acos, 4096, -1, 1),
	RELAXED1(acospi, 8192, -1, 1),
	RELAXED1(asin, 4096, -1, 1),
	RELAXED1(asinpi, 8192, -1, 1),
	RELAXED1(atan, 4096, -3, 3),
	RELAXED1(atanpi, 8192, -3, 3),
	RELAXED1(cbrt, 8192, -8, 8),
	RELAXED1(cos, INFINITY, -PI, PI, ABSOLUTE(0x1p-11, -PI, PI)),
	RELAXED1(cosh, 8192, -88, 88, .domain = 88),
	RELAXED1(cospi, INFINITY, -1, 1, ABSOLUTE(0x1p-11, -1, 1)),
	RELAXED1(exp, 3, -87, 88, .ulps_per_argument = 2),
	RELAXED1(exp2, 3, -126, 128, .ulps_per_argument = 2),
	RELAXED1(exp10, 8192, -37, 38),
	RELAXED1(expm1, 8192, -3, 3),
	RELAXED1(log, 3, 0, 3, ABSOLUTE(0x1p-21, 0.5, 2)),
	RELAXED1(log2, 3, 0, 3, ABSOLUTE(0x1p-21, 0.5, 2)),
	RELAXED1(log10, 3, 0, 3, ABSOLUTE(0x1p-21, 0.5, 2)),
	RELAXED1(log1p, 8192, -1, 2),
	RELAXED2(pow, 8192, 0, 3),
	RELAXEDI(pown, 8192, 0, 3),
	RELAXED2(powr, 8192, 0, 3),
	RELAXEDI(rootn, 8192, 0, 3),
	RELAXED1(sin, INFINITY, -PI, PI, ABSOLUTE(0x1p-11, -PI, PI)),
	RELAXED1(sinh, 8192, -88, 88, .domain = 88),
	RELAXED1(sinpi, INFINITY, -1, 1, ABSOLUTE(0x1p-11, -1, 1)),
	RELAXED1(tan, 8192, -PI, PI),
	RELAXED1(tanh, 8192, -10, 10, .domain = 88),
};

const size_t accuracy_function_count = sizeof(accuracy_functions) / sizeof(*accuracy_functions);
