/* SPDX-License-Identifier: MIT */
/* cl_khr_fp16: built-in functions, against the C library's in double. */
#include "conformance/half.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALL = 1 << 16, PAIRS = 1 << 15 };

static const double pi = 3.14159265358979323846;

static double sign(double x)
{
	return isnan(x) ? 0 : x > 0 ? 1 : x < 0 ? -1 : x;
}

static double rsqrt(double x)
{
	return 1 / sqrt(x);
}

static double sinpi(double x)
{
	double r = fmod(x, 2);

	/* the multiples of 1/2 are exact */
	return isinf(x) ? (double)NAN : fmod(r, 1) == 0 ? copysign(0, x) : sin(pi * r);
}

static double cospi(double x)
{
	double r = fmod(fabs(x), 2);

	return isinf(x) ? (double)NAN : fmod(r + 0.5, 1) == 0 ? 0 : cos(pi * r);
}

static double tanpi(double x)
{
	return isinf(x) ? (double)NAN : sinpi(x) / cospi(x);
}

static double asinpi(double x)
{
	return asin(x) / pi;
}

static double acospi(double x)
{
	return acos(x) / pi;
}

static double atanpi(double x)
{
	return atan(x) / pi;
}

static double degrees(double x)
{
	return x * (180 / pi);
}

static double radians(double x)
{
	return x * (pi / 180);
}

/* Of one argument, for all halves. Bounds are the extension's; 0: exact, or rounded once. */
#define UNARY(X)                                                                                   \
	X(acos, 2)                                                                                 \
	X(acosh, 2)                                                                                \
	X(acospi, 2)                                                                               \
	X(asin, 2)                                                                                 \
	X(asinh, 2)                                                                                \
	X(asinpi, 2)                                                                               \
	X(atan, 2)                                                                                 \
	X(atanh, 2)                                                                                \
	X(atanpi, 2)                                                                               \
	X(cbrt, 2)                                                                                 \
	X(ceil, 0)                                                                                 \
	X(cos, 2)                                                                                  \
	X(cosh, 2)                                                                                 \
	X(cospi, 2)                                                                                \
	X(degrees, 2)                                                                              \
	X(erf, 4)                                                                                  \
	X(erfc, 4)                                                                                 \
	X(exp, 2)                                                                                  \
	X(exp10, 2)                                                                                \
	X(exp2, 2)                                                                                 \
	X(expm1, 2)                                                                                \
	X(fabs, 0)                                                                                 \
	X(floor, 0)                                                                                \
	X(log, 2)                                                                                  \
	X(log10, 2)                                                                                \
	X(log1p, 2)                                                                                \
	X(log2, 2)                                                                                 \
	X(logb, 0)                                                                                 \
	X(radians, 2)                                                                              \
	X(rint, 0)                                                                                 \
	X(round, 0)                                                                                \
	X(rsqrt, 1)                                                                                \
	X(sign, 0)                                                                                 \
	X(sin, 2)                                                                                  \
	X(sinh, 2) X(sinpi, 2) X(sqrt, 0) X(tan, 2) X(tanh, 2) X(tanpi, 2) X(tgamma, 4) X(trunc, 0)
#define BINARY(X)                                                                                  \
	X(atan2, 2)                                                                                \
	X(copysign, 0)                                                                             \
	X(fdim, 0) X(fmax, 0) X(fmin, 0) X(fmod, 0) X(hypot, 2) X(pow, 4) X(remainder, 0)

struct function {
	const char *name;
	double (*unary)(double x);
	double (*binary)(double x, double y);
	double ulps;
};

#define X(name, ulps) {#name, name, NULL, ulps},
static const struct function unary[] = {UNARY(X)};
#undef X
#define X(name, ulps) {#name, NULL, name, ulps},
static const struct function binary[] = {BINARY(X)};
#undef X

static const char unary_source[] =
#define X(name, ulps)                                                                              \
	"kernel void t_" #name "(global const half *x, global half *out) {\n"                      \
	"  size_t i = get_global_id(0); out[i] = " #name "(x[i]); }\n"
	UNARY(X)
#undef X
	;

static const char binary_source[] =
#define X(name, ulps)                                                                              \
	"kernel void t_" #name "(global const half *x, global const half *y,\n"                    \
	"                       global half *out) {\n"                                             \
	"  size_t i = get_global_id(0); out[i] = " #name "(x[i], y[i]); }\n"
	BINARY(X)
#undef X
	;

/* Within the bound of the exact result, or of what it rounds to. */
static bool is_near(cl_half got, double want, double ulps)
{
	cl_half nearest = half_of(want, HALF_RTE);
	double v = half_value(got), last = fabs(want) < 0x1p-14 ? 0x1p-24 : 0;
	int exponent;

	if (half_same(got, nearest))
		return true;
	if (isnan(want) || isnan(v) || ulps == 0 || (v == 0 && want == 0))
		return false;
	frexp(want, &exponent);
	/* infinite where the bound reaches the first number that is too large */
	if (isinf(v))
		v = copysign(65536, v);
	return fabs(v - want) <= ulps * (last > 0 ? last : ldexp(1, exponent - 11));
}

static size_t wrong_results(const struct function *f, const cl_half *x, const cl_half *y,
			    const cl_half *out, size_t count)
{
	size_t wrong = 0;

	for (size_t i = 0; i < count; i++) {
		double a = half_value(x[i]);
		double want = f->unary ? f->unary(a) : f->binary(a, half_value(y[i]));

		if (is_near(out[i], want, f->ulps))
			continue;
		wrong++;
		CHECKF(false, "%s of 0x%04x, 0x%04x: 0x%04x instead of %a (0x%04x)", f->name, x[i],
		       y ? y[i] : 0, out[i], want, half_of(want, HALF_RTE));
	}
	return wrong;
}

static void half_functions(void)
{
	static cl_half x[ALL], out[ALL];

	half_need();
	for (int i = 0; i < ALL; i++)
		x[i] = (cl_half)i;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x),
	       b = conf_buffer(0, sizeof out, NULL);
	cl_program program = half_program(unary_source);

	for (size_t k = 0; k < LENGTH(unary); k++) {
		char name[32];

		snprintf(name, sizeof name, "t_%s", unary[k].name);
		cl_kernel kernel = conf_kernel_of(program, name);

		ARG(kernel, 0, a);
		ARG(kernel, 1, b);
		conf_run(kernel, ALL, 0);
		conf_read(b, out, sizeof out);
		CHECK_EQ(0, wrong_results(&unary[k], x, NULL, out, ALL));
	}
}

static void half_functions_of_two(void)
{
	static cl_half x[PAIRS], y[PAIRS], out[PAIRS];

	half_need();
	half_fill(x, PAIRS, 21);
	half_fill(y, PAIRS, 23);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x),
	       b = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof y, y),
	       c = conf_buffer(0, sizeof out, NULL);
	cl_program program = half_program(binary_source);

	for (size_t k = 0; k < LENGTH(binary); k++) {
		char name[32];

		snprintf(name, sizeof name, "t_%s", binary[k].name);
		cl_kernel kernel = conf_kernel_of(program, name);

		ARG(kernel, 0, a);
		ARG(kernel, 1, b);
		ARG(kernel, 2, c);
		conf_run(kernel, PAIRS, 0);
		conf_read(c, out, sizeof out);
		CHECK_EQ(0, wrong_results(&binary[k], x, y, out, PAIRS));
	}
}

static const char parts_source[] =
	"kernel void parts(global const half *x, global half *out, global int *whole) {\n"
	"  size_t i = get_global_id(0), n = get_global_size(0);\n"
	"  local half l[64]; private half p; private int e; size_t k = get_local_id(0);\n"
	"  out[i] = frexp(x[i], whole + i);\n"
	"  out[n + i] = modf(x[i], &p); out[2 * n + i] = p;\n"
	"  out[3 * n + i] = fract(x[i], l + k); out[4 * n + i] = l[k];\n"
	"  out[5 * n + i] = sincos(x[i], out + 6 * n + i);\n"
	"  out[7 * n + i] = remquo(x[i], 3.0h, &e); whole[n + i] = e;\n"
	"  whole[2 * n + i] = ilogb(x[i]); out[8 * n + i] = nextafter(x[i], 1.0h);\n"
	"  out[9 * n + i] = ldexp(x[i], (int)(i % 50) - 25); out[10 * n + i] = nan((ushort)i);\n"
	"  out[11 * n + i] = pown(x[i], 2); out[12 * n + i] = rootn(x[i], 3);\n"
	"  out[13 * n + i] = clamp(x[i], -1.0h, 2.5h);\n"
	"  out[14 * n + i] = mix((half2)(x[i]), (half2)(1.0h), 0.5h).y;\n"
	"  out[15 * n + i] = step(0.25h, (half4)(x[i])).z; }\n";

/* The half next to @h in the direction of 1. */
static cl_half next_to_one(cl_half h)
{
	double v = half_value(h);

	if (isnan(v) || v == 1)
		return h;
	return v == 0 ? 1 : (cl_half)(v > 1 || v < 0 ? h - 1 : h + 1);
}

static double median(double low, double x, double high)
{
	return x < low ? low : x > high ? high : x;
}

static size_t wrong_parts(const cl_half *out, const cl_int *whole)
{
	size_t wrong = 0;

	for (size_t i = 0; i < ALL; i++) {
		cl_half h = (cl_half)i;
		double x = half_value(h), w, m;
		int e = 0, k = (int)(i % 50) - 25;
		cl_half below_one = 0x3bff;

		m = frexp(x, &e);
		bool ok =
			half_same(out[i], half_of(m, HALF_RTE)) && (!isfinite(x) || whole[i] == e);
		m = modf(x, &w);
		ok = ok && half_same(out[ALL + i], half_of(m, HALF_RTE)) &&
		     half_same(out[2 * ALL + i], half_of(w, HALF_RTE));
		m = isinf(x) ? 0 : x - floor(x);
		ok = ok &&
		     (half_value(out[3 * ALL + i]) == half_value(half_of(m, HALF_RTE)) ||
		      isnan(m) || (m > 0.999 && out[3 * ALL + i] == below_one)) &&
		     half_same(out[4 * ALL + i], half_of(floor(x), HALF_RTE));
		ok = ok && is_near(out[5 * ALL + i], sin(x), 2) &&
		     is_near(out[6 * ALL + i], cos(x), 2);
		m = remquo(x, 3, &e);
		ok = ok && is_near(out[7 * ALL + i], m, 0) &&
		     (!isfinite(x) || (whole[ALL + i] & 7) == ((e < 0 ? -(-e & 7) : e) & 7));
		ok = ok && (!isfinite(x) || x == 0 || whole[2 * ALL + i] == ilogb(x));
		ok = ok && half_same(out[8 * ALL + i], next_to_one(h));
		ok = ok && half_same(out[9 * ALL + i], half_of(ldexp(x, k), HALF_RTE));
		ok = ok && isnan(half_value(out[10 * ALL + i])) &&
		     out[10 * ALL + i] == (0x7e00 | h);
		ok = ok && is_near(out[11 * ALL + i], x * x, 4) &&
		     is_near(out[12 * ALL + i], cbrt(x), 4);
		ok = ok && (isnan(x) ||
			    half_same(out[13 * ALL + i], half_of(median(-1, x, 2.5), HALF_RTE)));
		ok = ok && is_near(out[14 * ALL + i], x + (1 - x) * 0.5, 2);
		ok = ok && (isnan(x) || out[15 * ALL + i] == (x < 0.25 ? 0 : 0x3c00));
		wrong += !ok;
		if (!ok)
			CHECKF(false, "a function with parts, of 0x%04x", h);
	}
	return wrong;
}

static void half_parts(void)
{
	static cl_half x[ALL], out[16 * ALL];
	static cl_int whole[3 * ALL];

	half_need();
	for (int i = 0; i < ALL; i++)
		x[i] = (cl_half)i;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x),
	       b = conf_buffer(0, sizeof out, NULL), c = conf_buffer(0, sizeof whole, NULL);
	cl_kernel kernel = conf_kernel_of(half_program(parts_source), "parts");

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	ARG(kernel, 2, c);
	conf_run(kernel, ALL, 64);
	conf_read(b, out, sizeof out);
	conf_read(c, whole, sizeof whole);
	CHECK_EQ(0, wrong_parts(out, whole));
}

CONF_CASES(kernels_half_math) = {
	CASE(half_functions),
	CASE(half_functions_of_two),
	CASE(half_parts),
	CASE_END,
};
