/* SPDX-License-Identifier: MIT */
/*
 * Runs the math built-ins, float and double, on random and special values and compares them with
 * the C library in the next larger type. Bounds: OpenCL C specification, table "ULP values for
 * single precision" and "double precision", full profile.
 */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

enum { COUNT = 4096, GROUP = 64 };

typedef long double unary_fn(long double x);
typedef long double binary_fn(long double x, long double y);

struct function {
	const char *name;
	unary_fn *unary;
	binary_fn *binary;
	double ulps;
	double low, high; /* of the random values; beyond, special values only */
	int types;        /* FLOAT, DOUBLE, BOTH */
};

enum { FLOAT = 1, DOUBLE = 2, BOTH = 3 };

static const long double pi = 3.14159265358979323846264338327950288L;

static long double ref_acospi(long double x)
{
	return acosl(x) / pi;
}

static long double ref_asinpi(long double x)
{
	return asinl(x) / pi;
}

static long double ref_atanpi(long double x)
{
	return atanl(x) / pi;
}

static long double ref_atan2pi(long double y, long double x)
{
	return atan2l(y, x) / pi;
}

/* sin(pi x) with x reduced exactly. */
static long double ref_sinpi(long double x)
{
	if (isinf(x))
		return NAN;
	long double r = fmodl(x, 2);
	if (r == 0 || r == 1 || r == -1)
		return copysignl(0, x);
	return fabsl(r) > 1.5L   ? sinl((r - copysignl(2, r)) * pi)
	       : fabsl(r) > 0.5L ? sinl((copysignl(1, r) - r) * pi)
				 : sinl(r * pi);
}

static long double ref_cospi(long double x)
{
	if (isinf(x))
		return NAN;
	long double r = fmodl(fabsl(x), 2);
	if (r == 0.5L || r == 1.5L)
		return 0;
	return r < 0.25L || r > 1.75L ? cosl((r > 1 ? 2 - r : r) * pi)
	       : r < 0.75L            ? sinl((0.5L - r) * pi)
	       : r < 1.25L            ? -cosl((1 - r) * pi)
				      : sinl((r - 1.5L) * pi);
}

static long double ref_tanpi(long double x)
{
	if (isinf(x))
		return NAN;
	long double r = fmodl(x, 1);
	if (fabsl(r) == 0.5L || r == 0)
		return NAN; /* signs by parity: not compared */
	return ref_sinpi(r) / ref_cospi(r);
}

static long double ref_rsqrt(long double x)
{
	return 1 / sqrtl(x);
}

static long double ref_exp10(long double x)
{
	return powl(10, x);
}

static long double ref_divide(long double x, long double y)
{
	return x / y;
}

static long double ref_powr(long double x, long double y)
{
	bool undefined = x < 0 || isnan(y) || (x == 0 && y == 0) ||
			 (y == 0 && (isinf(x) || isnan(x))) || (x == 1 && isinf(y));
	return undefined ? (long double)NAN : powl(fabsl(x), y);
}

/* convert_int_sat() */
static long double clamp_int(long double y)
{
	return isnan(y) ? 0 : y > INT32_MAX ? INT32_MAX : y < INT32_MIN ? INT32_MIN : truncl(y);
}

static long double ref_pown(long double x, long double y)
{
	return powl(x, clamp_int(y));
}

static long double ref_rootn(long double x, long double y)
{
	long double n = clamp_int(y), r = powl(fabsl(x), 1 / n);
	if (n == 0 || (x < 0 && fmodl(n, 2) == 0))
		return NAN;
	return signbit(x) && fmodl(n, 2) != 0 ? -r : r;
}

static const struct function functions[] = {
	{"acos", acosl, NULL, 4, -1, 1, BOTH},
	{"acosh", acoshl, NULL, 4, 1, 1e6, BOTH},
	{"acospi", ref_acospi, NULL, 5, -1, 1, BOTH},
	{"asin", asinl, NULL, 4, -1, 1, BOTH},
	{"asinh", asinhl, NULL, 4, -1e6, 1e6, BOTH},
	{"asinpi", ref_asinpi, NULL, 5, -1, 1, BOTH},
	{"atan", atanl, NULL, 5, -100, 100, BOTH},
	{"atanh", atanhl, NULL, 5, -1, 1, BOTH},
	{"atanpi", ref_atanpi, NULL, 5, -100, 100, BOTH},
	{"cbrt", cbrtl, NULL, 2, -1e6, 1e6, BOTH},
	{"ceil", ceill, NULL, 0, -1e6, 1e6, BOTH},
	{"cos", cosl, NULL, 4, -1e4, 1e4, BOTH},
	{"cosh", coshl, NULL, 4, -80, 80, BOTH},
	{"cospi", ref_cospi, NULL, 4, -1000, 1000, BOTH},
	{"erf", erfl, NULL, 16, -4, 4, BOTH},
	{"erfc", erfcl, NULL, 16, -4, 10.5, BOTH},
	{"exp", expl, NULL, 3, -110, 90, BOTH},
	{"exp2", exp2l, NULL, 3, -152, 130, BOTH},
	{"exp10", ref_exp10, NULL, 3, -47, 39, BOTH},
	{"expm1", expm1l, NULL, 3, -10, 80, BOTH},
	{"fabs", fabsl, NULL, 0, -1e6, 1e6, BOTH},
	{"floor", floorl, NULL, 0, -1e6, 1e6, BOTH},
	{"log", logl, NULL, 3, 0, 1e6, BOTH},
	{"log2", log2l, NULL, 3, 0, 1e6, BOTH},
	{"log10", log10l, NULL, 3, 0, 1e6, BOTH},
	{"log1p", log1pl, NULL, 2, -1, 1e3, BOTH},
	{"logb", logbl, NULL, 0, 0, 1e6, BOTH},
	{"rint", rintl, NULL, 0, -1e6, 1e6, BOTH},
	{"round", roundl, NULL, 0, -1e6, 1e6, BOTH},
	{"rsqrt", ref_rsqrt, NULL, 2, 0, 1e6, BOTH},
	{"sin", sinl, NULL, 4, -1e4, 1e4, BOTH},
	{"sinh", sinhl, NULL, 4, -80, 80, BOTH},
	{"sinpi", ref_sinpi, NULL, 4, -1000, 1000, BOTH},
	{"sqrt", sqrtl, NULL, 0.5, 0, 1e6, BOTH},
	{"tan", tanl, NULL, 5, -1e4, 1e4, BOTH},
	{"tanh", tanhl, NULL, 5, -10, 10, BOTH},
	{"tanpi", ref_tanpi, NULL, 6, -1000, 1000, BOTH},
	{"tgamma", tgammal, NULL, 16, -180, 175, BOTH},
	{"trunc", truncl, NULL, 0, -1e6, 1e6, BOTH},
	{"atan2", NULL, atan2l, 6, -100, 100, BOTH},
	{"atan2pi", NULL, ref_atan2pi, 6, -100, 100, BOTH},
	{"copysign", NULL, copysignl, 0, -100, 100, BOTH},
	{"fdim", NULL, fdiml, 0.5, -100, 100, BOTH},
	{"fmax", NULL, fmaxl, 0, -100, 100, BOTH},
	{"fmin", NULL, fminl, 0, -100, 100, BOTH},
	{"fmod", NULL, fmodl, 0, -1e5, 1e5, BOTH},
	{"hypot", NULL, hypotl, 4, -1e5, 1e5, BOTH},
	{"pow", NULL, powl, 16, 0, 40, BOTH},
	{"powr", NULL, ref_powr, 16, 0, 30, BOTH},
	{"pow", NULL, powl, 16, -20, 20, BOTH},
	{"pow", NULL, powl, 16, 0.999, 1.001, BOTH},
	{"powr", NULL, ref_powr, 16, 0, 2, BOTH},
	{"pown", NULL, ref_pown, 16, -30, 30, BOTH},
	{"rootn", NULL, ref_rootn, 16, -30, 30, BOTH},
	{"log", logl, NULL, 3, 0.9, 1.1, BOTH},
	{"log2", log2l, NULL, 3, 0.9, 1.1, BOTH},
	{"remainder", NULL, remainderl, 0, -1e5, 1e5, BOTH},
	{"divide", NULL, ref_divide, 0.5, -1e5, 1e5, BOTH},
	{"exp", expl, NULL, 3, -750, 712, DOUBLE},
	{"exp2", exp2l, NULL, 3, -1080, 1030, DOUBLE},
	{"exp10", ref_exp10, NULL, 3, -330, 310, DOUBLE},
	{"erfc", erfcl, NULL, 16, 5, 28, DOUBLE},
	{"sin", sinl, NULL, 4, -1e15, 1e15, BOTH},
	{"cos", cosl, NULL, 4, -1e30, 1e30, FLOAT},
	{"tan", tanl, NULL, 5, -1e38, 1e38, FLOAT},
};

/* Functions in one program: what compiles in a moment. */
enum { PER_PROGRAM = 6 };

static double numbers[2][COUNT];

static uint64_t random_bits(void)
{
	static uint64_t s = 88172645463325252u;
	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	return s;
}

static double random_between(double low, double high)
{
	return low + (high - low) * ((double)(random_bits() >> 11) * 0x1p-53);
}

static const double specials[] = {0.0,   -0.0,     1,         -1,       0.5,   -0.5,    2,
				  -2,    INFINITY, -INFINITY, NAN,      1e-30, -1e-30,  1e30,
				  -1e30, 0x1p-140, -0x1p-140, 0x1p-126, 3.5,   0x1p100, 1.5};

static void fill(const struct function *f)
{
	const size_t n = tern_array_size(specials);
	for (size_t i = 0; i < COUNT; i++) {
		numbers[0][i] = random_between(f->low, f->high);
		numbers[1][i] = random_between(f->low, f->high);
		if (i % 7 == 0)
			numbers[0][i] *= ldexp(1, -(int)(random_bits() % 30));
		if (i < n * n) {
			numbers[0][i] = specials[i % n];
			numbers[1][i] = specials[i / n];
		}
	}
}

static double error_in_ulps(long double expected, double got, bool is_double)
{
	if (isnan(expected))
		return 0; /* what is undefined or not compared; NaN inputs give NaN */
	long double rounded =
		is_double ? (long double)(double)expected : (long double)(float)expected;
	if (isinf(rounded) || isinf(got) || isnan(got))
		return rounded == got ? 0 : HUGE_VAL;
	int exponent = rounded == 0 ? -10000 : ilogbl(rounded);
	int least = is_double ? -1022 : -126;
	long double ulp = ldexpl(1, (exponent < least ? least : exponent) - (is_double ? 52 : 23));
	return (double)(fabsl(got - expected) / ulp);
}

static size_t element(bool is_double)
{
	return is_double ? 8 : 4;
}

static void store(void *array, size_t i, double v, bool is_double)
{
	if (is_double)
		((double *)array)[i] = v;
	else
		((float *)array)[i] = (float)v;
}

static double load(const void *array, size_t i, bool is_double)
{
	return is_double ? ((const double *)array)[i] : ((const float *)array)[i];
}

static void run(tern_group_fn *fn, void *x, void *y, void *out)
{
	static _Alignas(128) unsigned char block[128];
	void *pointers[3] = {x, y, out};
	memcpy(block, pointers, sizeof(pointers));
	struct tern_group group = {
		.enqueued_local_size = {GROUP, 1, 1},
		.global_size = {COUNT, 1, 1},
		.num_groups = {COUNT / GROUP, 1, 1},
		.work_dim = 1,
	};
	for (uint64_t g = 0; g < COUNT / GROUP; g++)
		fn(block, &group, g, 0, 0);
}

static void check(const struct function *f, tern_group_fn *fn, bool is_double)
{
	size_t bytes = COUNT * element(is_double);
	void *x = tern_alloc_aligned(128, bytes), *y = tern_alloc_aligned(128, bytes),
	     *out = tern_alloc_aligned(128, bytes);
	double worst = 0, worst_x = 0, worst_y = 0;
	REQUIRE(x && y && out);
	fill(f);
	for (size_t i = 0; i < COUNT; i++) {
		store(x, i, numbers[0][i], is_double);
		store(y, i, numbers[1][i], is_double);
	}
	run(fn, x, y, out);
	for (size_t i = 0; i < COUNT; i++) {
		long double a = load(x, i, is_double), b = load(y, i, is_double);
		long double expected = f->unary ? f->unary(a) : f->binary(a, b);
		double e = error_in_ulps(expected, load(out, i, is_double), is_double);
		if (e > worst) {
			worst = e;
			worst_x = (double)a;
			worst_y = (double)b;
		}
	}
	if (worst > f->ulps)
		fprintf(stderr, "%s %s: %g ulps at %a %a, allowed %g\n", f->name,
			is_double ? "double" : "float", worst, worst_x, worst_y, f->ulps);
	EXPECT(worst <= f->ulps);
	tern_free(x);
	tern_free(y);
	tern_free(out);
}

static size_t add_kernel(char *text, size_t room, const struct function *f, size_t index,
			 const char *type)
{
	bool divide = strcmp(f->name, "divide") == 0;
	bool integer = strcmp(f->name, "pown") == 0 || strcmp(f->name, "rootn") == 0;
	char call[64];
	snprintf(call, sizeof(call),
		 divide     ? "x[i] / y[i]"
		 : f->unary ? "%s(x[i])"
		 : integer  ? "%s(x[i], convert_int_sat(y[i]))"
			    : "%s(x[i], y[i])",
		 f->name);
	int n = snprintf(text, room,
			 "kernel void k%zu(global const %s *x, global const %s *y, global %s *o)"
			 " { size_t i = get_global_id(0); o[i] = %s; }\n",
			 index, type, type, type, call);
	return (size_t)n;
}

static void check_program(const struct function *f, size_t count, bool is_double)
{
	char source[4096];
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += add_kernel(source + n, sizeof(source) - n, &f[i], i,
				is_double ? "double" : "float");
	struct tern_build_request request = {
		.operation = TERN_BUILD_BUILD, .options = "", .source = source, .source_size = n};
	struct tern_build_result result;
	REQUIRE(tern_kernels_build(&request, &result) == 0);
	if (result.status != TERN_BUILD_OK)
		fprintf(stderr, "status %d: %s\n", (int)result.status, result.log);
	REQUIRE(result.status == TERN_BUILD_OK);
	struct tern_module *module;
	REQUIRE(tern_module_load(result.code, NULL, &module) == 0);
	REQUIRE(tern_code_info(result.code)->kernel_count == count);
	for (size_t i = 0; i < count; i++)
		check(&f[i], tern_module_function(module, (uint32_t)i), is_double);
	tern_module_put(module);
	tern_code_put(result.code);
	tern_free(result.log);
}

static void check_all(bool is_double)
{
	struct function chosen[PER_PROGRAM];
	size_t n = 0;
	for (size_t i = 0; i < tern_array_size(functions); i++) {
		const struct function *f = &functions[i];
		if (f->types & (is_double ? DOUBLE : FLOAT))
			chosen[n++] = *f;
		if (n == PER_PROGRAM || (n && i + 1 == tern_array_size(functions))) {
			check_program(chosen, n, is_double);
			n = 0;
		}
	}
}

int main(void)
{
	const char *ternc = getenv("TERN_TERNC");
	if (!ternc || strcmp(ternc, "auto") == 0) {
		fprintf(stderr, "skipped: TERN_TERNC names no compile server\n");
		return TEST_SKIP;
	}
	setenv("TERN_CACHE", "off", 1);
	check_all(false);
	check_all(true);
	tern_kernels_finish();
	return test_result();
}
