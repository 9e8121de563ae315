/* SPDX-License-Identifier: MIT */
/* cl_khr_fp16: the type, its operators and conversions, in memory and as arguments. */
#include "conformance/half.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 1 << 15, ALL = 1 << 16 };

/* Whether they are not the same; a check for each would take longer than the kernels. */
static bool differs(const char *what, size_t i, cl_half want, cl_half got)
{
	if (half_same(want, got))
		return false;
	CHECKF(false, "%s of %zu: 0x%04x instead of 0x%04x", what, i, got, want);
	return true;
}

static const char operators_source[] =
	"#pragma OPENCL FP_CONTRACT OFF\n"
	"kernel void scalars(global const half *x, global const half *y, global half *out) {\n"
	"  size_t i = get_global_id(0), n = get_global_size(0);\n"
	"  half a = x[i], b = y[i];\n"
	"  out[i] = a + b; out[n + i] = a - b; out[2 * n + i] = a * b; out[3 * n + i] = a / b;\n"
	"  out[4 * n + i] = -a; out[5 * n + i] = sqrt(a); out[6 * n + i] = fma(a, b, 1.5h);\n"
	"  out[7 * n + i] = (a * b + b) / 3.0h - a; }\n"
	"kernel void vectors(global const half16 *x, global const half16 *y, global half16 *out) "
	"{\n"
	"  size_t i = get_global_id(0), n = get_global_size(0);\n"
	"  half16 a = x[i], b = y[i], c = a;\n"
	"  c += b; out[i] = c; c = a; c -= b; out[n + i] = c; c = a; c *= b; out[2 * n + i] = c;\n"
	"  c = a; c /= b; out[3 * n + i] = c; out[4 * n + i] = -a; out[5 * n + i] = sqrt(a);\n"
	"  out[6 * n + i] = fma(a, b, 1.5h); out[7 * n + i] = (a * b + b) / 3.0h - a; }\n";

static cl_half rounded(double x)
{
	return half_of(x, HALF_RTE);
}

/* Double has the exact sum and product, and enough digits of the others to be rounded again. */
static size_t expect_operators(const cl_half *x, const cl_half *y, const cl_half *out)
{
	size_t wrong = 0;

	for (size_t i = 0; i < N; i++) {
		double a = half_value(x[i]), b = half_value(y[i]);
		double product = half_value(rounded(a * b)), sum = half_value(rounded(product + b));

		wrong += differs("sum", i, rounded(a + b), out[i]);
		wrong += differs("difference", i, rounded(a - b), out[N + i]);
		wrong += differs("product", i, rounded(a * b), out[2 * N + i]);
		wrong += differs("quotient", i, rounded(a / b), out[3 * N + i]);
		wrong += differs("negative", i, x[i] ^ 0x8000, out[4 * N + i]);
		wrong += differs("root", i, rounded(sqrt(a)), out[5 * N + i]);
		wrong += differs("fma", i, rounded(a * b + 1.5), out[6 * N + i]);
		wrong += differs("chain", i, rounded(half_value(rounded(sum / 3)) - a),
				 out[7 * N + i]);
	}
	return wrong;
}

static void half_operators(void)
{
	static cl_half x[N], y[N], out[8 * N];

	half_need();
	half_fill(x, N, 3);
	half_fill(y, N, 71);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x),
	       b = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof y, y),
	       c = conf_buffer(0, sizeof out, NULL);
	cl_program program = half_program(operators_source);

	for (int wide = 0; wide < 2; wide++) {
		cl_kernel kernel = conf_kernel_of(program, wide ? "vectors" : "scalars");

		ARG(kernel, 0, a);
		ARG(kernel, 1, b);
		ARG(kernel, 2, c);
		conf_run(kernel, wide ? N / 16 : N, 0);
		conf_read(c, out, sizeof out);
		CHECK_EQ(0, expect_operators(x, y, out));
	}
}

static const char relations_source[] =
	"kernel void relations(global const half *x, global const half *y, global int *out) {\n"
	"  size_t i = get_global_id(0);\n"
	"  half a = x[i], b = y[i]; half2 c = (half2)(a, b), d = c.yx;\n"
	"  int r = (a == b) + (a < b) * 2 + (a <= b) * 4 + (a != b) * 8;\n"
	"  r += isequal(a, b) * 16 + isless(a, b) * 32 + islessgreater(a, b) * 64;\n"
	"  r += isordered(a, b) * 128 + isunordered(a, b) * 256 + isnan(a) * 512;\n"
	"  r += isinf(a) * 1024 + isfinite(a) * 2048 + isnormal(a) * 4096 + signbit(a) * 8192;\n"
	"  r += any(isgreaterequal(c, d)) * 16384 + (-isgreater(c, d).x) * 32768;\n"
	"  r += (as_short(select(a, b, (short)(i & 1))) == as_short(i & 1 ? b : a)) << 16;\n"
	"  r += (as_short(bitselect(a, b, as_half((short)0xff00)))\n"
	"        == (short)((as_ushort(a) & 0xff) | (as_ushort(b) & 0xff00))) << 17;\n"
	"  out[i] = r; }\n";

static void half_relations(void)
{
	static cl_half x[N], y[N];
	static cl_int out[N];
	size_t wrong = 0;

	half_need();
	half_fill(x, N, 5);
	half_fill(y, N, 77);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x),
	       b = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof y, y),
	       c = conf_buffer(0, sizeof out, NULL);
	cl_kernel kernel = conf_kernel_of(half_program(relations_source), "relations");

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	ARG(kernel, 2, c);
	conf_run(kernel, N, 0);
	conf_read(c, out, sizeof out);
	for (size_t i = 0; i < N; i++) {
		double p = half_value(x[i]), q = half_value(y[i]);
		bool equal = p == q, less = p<q, more = p> q, ordered = equal || less || more;
		bool normal = isfinite(p) && fabs(p) >= 0x1p-14;
		cl_int want = equal + less * 2 + (less || equal) * 4 + !equal * 8 + equal * 16 +
			      less * 32 + (less || more) * 64 + ordered * 128 + !ordered * 256 +
			      !!isnan(p) * 512 + !!isinf(p) * 1024 + !!isfinite(p) * 2048 +
			      normal * 4096 + (x[i] >> 15) * 8192 + ordered * 16384 + more * 32768 +
			      (3 << 16);

		if (want == out[i])
			continue;
		wrong++;
		CHECKF(false, "0x%04x and 0x%04x: 0x%x instead of 0x%x", x[i], y[i],
		       (cl_uint)out[i], (cl_uint)want);
	}
	CHECK_EQ(0, wrong);
}

static double rounded_integer(double x, enum half_rounding mode)
{
	return mode == HALF_RTE   ? nearbyint(x)
	       : mode == HALF_RTZ ? trunc(x)
	       : mode == HALF_RTP ? ceil(x)
				  : floor(x);
}

#define TO_INTEGERS(T)                                                                             \
	"kernel void to_" T "(global const half *x, global " T " *out) {\n"                        \
	"  size_t i = get_global_id(0), n = get_global_size(0);\n"                                 \
	"  out[i] = convert_" T "_sat_rte(x[i]); out[n + i] = convert_" T "_sat_rtz(x[i]);\n"      \
	"  out[2 * n + i] = convert_" T "_sat_rtp(x[i]);\n"                                        \
	"  out[3 * n + i] = convert_" T "4_sat_rtn((half4)(x[i])).w;\n"                            \
	"  out[4 * n + i] = convert_" T "_sat(x[i]); }\n"

static cl_long element(const void *p, size_t i, unsigned bytes, bool is_signed)
{
	switch (bytes) {
	case 1:
		return is_signed ? ((const cl_char *)p)[i] : ((const cl_uchar *)p)[i];
	case 2:
		return is_signed ? ((const cl_short *)p)[i] : ((const cl_ushort *)p)[i];
	case 4:
		return is_signed ? (cl_long)((const cl_int *)p)[i] : ((const cl_uint *)p)[i];
	default:
		return ((const cl_long *)p)[i];
	}
}

/* What is infinite of 64 bits becomes the least or greatest number, as bits. */
static cl_long saturated(double x, unsigned bytes, bool is_signed)
{
	double most = ldexp(1, (int)(8 * bytes) - is_signed) - 1, least = is_signed ? -most - 1 : 0;

	if (isnan(x))
		return 0;
	if (bytes == 8 && isinf(x)) {
		cl_long top = is_signed ? CL_LONG_MAX : -1;

		return x > 0 ? top : is_signed ? CL_LONG_MIN : 0;
	}
	return (cl_long)(x > most ? most : x < least ? least : x);
}

static void half_to_integers(void)
{
	static const struct {
		const char *name;
		unsigned bytes;
		bool is_signed;
	} types[] = {{"to_char", 1, true},    {"to_uchar", 1, false}, {"to_short", 2, true},
		     {"to_ushort", 2, false}, {"to_int", 4, true},    {"to_uint", 4, false},
		     {"to_long", 8, true},    {"to_ulong", 8, false}};
	static cl_half x[ALL];
	static cl_long out[5 * ALL];
	size_t wrong = 0;

	half_need();
	for (int i = 0; i < ALL; i++)
		x[i] = (cl_half)i;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x),
	       b = conf_buffer(0, sizeof out, NULL);
	cl_program program =
		half_program(TO_INTEGERS("char") TO_INTEGERS("uchar") TO_INTEGERS("short")
				     TO_INTEGERS("ushort") TO_INTEGERS("int") TO_INTEGERS("uint")
					     TO_INTEGERS("long") TO_INTEGERS("ulong"));

	for (size_t t = 0; t < LENGTH(types); t++) {
		cl_kernel kernel = conf_kernel_of(program, types[t].name);
		unsigned bytes = types[t].bytes;

		ARG(kernel, 0, a);
		ARG(kernel, 1, b);
		conf_run(kernel, ALL, 0);
		conf_read(b, out, (size_t)5 * ALL * bytes);
		for (size_t i = 0; i < 5 * ALL; i++) {
			enum half_rounding mode = i < 4 * ALL ? i / ALL : HALF_RTZ;
			double v = rounded_integer(half_value((cl_half)i), mode);
			cl_long want = saturated(v, bytes, types[t].is_signed);
			cl_long got = element(out, i, bytes, types[t].is_signed);

			if (want == got)
				continue;
			wrong++;
			CHECKF(false, "%s of 0x%04zx, mode %d: %lld instead of %lld", types[t].name,
			       i % ALL, (int)mode, (long long)got, (long long)want);
		}
	}
	CHECK_EQ(0, wrong);
}

#define TO_HALF(T)                                                                                 \
	"kernel void from_" T "(global const " T " *x, global half *out) {\n"                      \
	"  size_t i = get_global_id(0), n = get_global_size(0); " T " v = x[i];\n"                 \
	"  out[i] = convert_half(v); out[n + i] = convert_half_rtz(v);\n"                          \
	"  out[2 * n + i] = convert_half_rtp(v); out[3 * n + i] = convert_half_rtn(v);\n"          \
	"  out[4 * n + i] = convert_half_rte(v); out[5 * n + i] = (half)v;\n"                      \
	"  out[6 * n + i] = convert_half3((" T "3)(v)).z; }\n"

/* Numbers next to halves, next to the middle between two of them, and far away. */
static double number_near(size_t i, uint32_t *random)
{
	cl_half h = (cl_half)conf_random(random);
	double v = half_value(h),
	       step = half_value((h & 0x7fff) < 0x7c00 ? (cl_half)(h + 1) : h) - v;

	switch (i % 5) {
	case 0:
		return v + step / 2;
	case 1:
		return v + step * (0.5 + 0x1p-40);
	case 2:
		return v + step * (0.5 - 0x1p-40);
	case 3:
		return v * 0x1p40;
	default:
		return v * (1 + 0x1p-45);
	}
}

static void check_from(cl_program program, const char *name, const void *in, size_t size,
		       const double *values)
{
	static cl_half out[7 * N];
	size_t wrong = 0;
	cl_kernel kernel = conf_kernel_of(program, name);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, size, (void *)(uintptr_t)in),
	       b = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	conf_run(kernel, N, 0);
	conf_read(b, out, sizeof out);
	for (size_t i = 0; i < 7 * N; i++) {
		enum half_rounding mode = i < 4 * N ? i / N : HALF_RTE;

		wrong += differs(name, i, half_of(values[i % N], mode), out[i]);
	}
	CHECK_EQ(0, wrong);
}

static void half_from_numbers(void)
{
	static double doubles[N], values[N];
	static float floats[N];
	static cl_int ints[N];
	static cl_ulong ulongs[N];
	uint32_t random = 9;

	half_need();
	for (size_t i = 0; i < N; i++) {
		doubles[i] = number_near(i, &random);
		floats[i] = (float)doubles[i];
		ints[i] = (cl_int)conf_random(&random) >> conf_random(&random) % 32;
		ulongs[i] = ((cl_ulong)conf_random(&random) << 32 | conf_random(&random)) >>
			    conf_random(&random) % 64;
	}
	cl_program program = half_program(TO_HALF("float") TO_HALF("int") TO_HALF("ulong"));

	for (size_t i = 0; i < N; i++)
		values[i] = (double)floats[i];
	check_from(program, "from_float", floats, sizeof floats, values);
	for (size_t i = 0; i < N; i++)
		values[i] = ints[i];
	check_from(program, "from_int", ints, sizeof ints, values);
	for (size_t i = 0; i < N; i++) /* above 2^53 all are beyond the halves */
		values[i] = (double)ulongs[i];
	check_from(program, "from_ulong", ulongs, sizeof ulongs, values);
	if (conf_device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG))
		check_from(half_program(TO_HALF("double")), "from_double", doubles, sizeof doubles,
			   doubles);
}

CONF_CASES(kernels_half) = {
	CASE(half_operators),
	CASE(half_relations),
	CASE(half_to_integers),
	CASE(half_from_numbers),
	CASE_END,
};
