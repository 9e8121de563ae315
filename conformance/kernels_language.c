/* SPDX-License-Identifier: MIT */
/* OpenCL C in kernels: vectors, structures, conversions, mathematics, printf. */
#include "conformance/harness.h"
#include <math.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void run_words(const char *source, const char *name, cl_int *back, size_t count)
{
	cl_kernel kernel = conf_kernel(source, name);
	cl_mem mem = conf_buffer(0, count * sizeof *back, NULL);

	memset(back, 0, count * sizeof *back);
	conf_write(mem, back, count * sizeof *back);
	ARG(kernel, 0, mem);
	conf_run(kernel, 1, 1);
	conf_read(mem, back, count * sizeof *back);
}

static void vectors(void)
{
	static const cl_int expected[] = {4, 3, 2,  1,  10, 40, 90, 160, -1, 0,
					  1, 4, 15, 48, 3,  7,  16, 12,  6,  2};
	cl_int back[LENGTH(expected)];

	run_words("kernel void v(global int *o) {\n"
		  "  int4 a = (int4)(1, 2, 3, 4), b = a * 10;\n"
		  "  vstore4(a.wzyx, 0, o);\n"
		  "  vstore4(a * b, 1, o);\n"
		  "  int4 c = a > (int4)(2, 2, 0, 9); o[8] = c.z; o[9] = c.x;\n"
		  "  a.even = (int2)(1, 15); a.s1 = 4; o[10] = a.x; o[11] = a.y; o[12] = a.z;\n"
		  "  int8 w = (int8)(a, b.lo, b.hi) ; w.s7 += 8; o[13] = w.s7;\n"
		  "  o[14] = any((int4)(-1, 0, 0, 0)) + 2 * all((int2)(-1, -1));\n"
		  "  int3 t = (int3)(7); o[15] = t.z; o[16] = sizeof(int3);\n"
		  "  uchar16 m = (uchar16)(3); o[17] = m.s0 + m.s5 + m.sa + m.sF;\n"
		  "  int4 s = shuffle((int4)(2, 4, 6, 8), (uint4)(2, 0, 0, 0)); o[18] = s.x; o[19] "
		  "= s.y;\n"
		  "}\n",
		  "v", back, LENGTH(back));
	for (size_t i = 0; i < LENGTH(expected); i++)
		CHECKF(back[i] == expected[i], "value %zu is %d, expected %d", i, back[i],
		       expected[i]);
}

/* vload and vstore of every width, at places that are aligned to the element only. */
static void vector_loads(void)
{
	static const int widths[] = {2, 3, 4, 8, 16};
	cl_int in[64], back[64];

	for (int i = 0; i < 64; i++)
		in[i] = i * 11;
	for (size_t k = 0; k < LENGTH(widths); k++) {
		char source[256];
		int n = widths[k];

		snprintf(source, sizeof source,
			 "kernel void c(global const int *a, global int *o) {\n"
			 "  size_t i = get_global_id(0); vstore%d(vload%d(i, a + 1) + 1, i, o + "
			 "3); }\n",
			 n, n);
		cl_kernel kernel = conf_kernel(source, "c");
		cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in);
		cl_mem o = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in);

		ARG(kernel, 0, a);
		ARG(kernel, 1, o);
		conf_run(kernel, 3, 0);
		conf_read(o, back, sizeof back);
		for (int i = 0; i < 3 * n; i++)
			CHECKF(back[3 + i] == in[1 + i] + 1, "width %d: element %d", n, i);
		CHECK_EQ(in[3 + 3 * n], back[3 + 3 * n]);
	}
}

static void structures(void)
{
	cl_int back[8];

	run_words("typedef struct { char c; int4 v; struct { short s; long l; } in[2]; } deep;\n"
		  "typedef struct __attribute__((packed)) { char c; int i; } tight;\n"
		  "typedef union { float f; uint u; } both;\n"
		  "deep make(int x) { deep d; d.c = x; d.v = (int4)(x); d.in[1].l = x * 2; "
		  "d.in[0].s = 3;\n"
		  "  d.in[1].s = 1; d.in[0].l = 0; return d; }\n"
		  "kernel void s(global int *o) {\n"
		  "  deep d = make(21); deep e = d; e.in[1].l++;\n"
		  "  o[0] = (int)e.in[1].l; o[1] = (int)d.in[1].l; o[2] = sizeof(deep); o[3] = "
		  "sizeof(tight);\n"
		  "  both b; b.f = 1.0f; o[4] = (int)b.u; o[5] = d.v.w; }\n",
		  "s", back, 8);
	CHECK_EQ(43, back[0]);
	CHECK_EQ(42, back[1]);
	CHECK_EQ(64, back[2]);
	CHECK_EQ(5, back[3]);
	CHECK_EQ(0x3f800000, back[4]);
	CHECK_EQ(21, back[5]);
}

static void conversions(void)
{
	static const cl_int expected[] = {255, 0, 127, -128, 3, 2, 3, 3, -2, 0x40490fdb, 255, 4};
	cl_int back[LENGTH(expected)];

	run_words("kernel void c(global int *o) {\n"
		  "  volatile float big = 300.7f, low = -5.0f, h = 2.5f;\n"
		  "  o[0] = convert_uchar_sat(big); o[1] = convert_uchar_sat(low);\n"
		  "  o[2] = convert_char_sat(big); o[3] = convert_char_sat(-big);\n"
		  "  o[4] = convert_int_rtp(h); o[5] = convert_int_rte(h);\n"
		  "  o[6] = convert_int_rte(h + 0.9f); o[7] = convert_int_rtp(h + 0.1f);\n"
		  "  o[8] = convert_int_rtz(-h); o[9] = as_int(3.14159274f);\n"
		  "  o[10] = (uchar)-1; o[11] = convert_int4((float4)(1, 2, 3, 4)).w; }\n",
		  "c", back, LENGTH(back));
	for (size_t i = 0; i < LENGTH(expected); i++)
		CHECKF(back[i] == expected[i], "value %zu is %d, expected %d", i, back[i],
		       expected[i]);
}

/* NaNs of all kinds stay NaNs, also where what is cut off an argument makes an infinity of it. */
static void not_numbers(void)
{
	static const char *const functions[] = {"erf",  "erfc", "exp",  "exp2", "expm1", "log",
						"log2", "sin",  "cos",  "tan",  "asin",  "atan",
						"sqrt", "cbrt", "cosh", "tanh", "rsqrt", "lgamma"};
	static const cl_ulong nans[] = {0x7ff0000000000200, 0xfff0000000000200, 0x7ff8000000000000,
					0xfff0000000000001, 0x7ff7ffffffffffff, 0xffffffffffffffff};
	char source[4096] =
		"kernel void k(global const ulong *x, global int *o) {\n"
		"  size_t i = get_global_id(0); double v = as_double(x[i]); int r = 0;\n";
	cl_int back[LENGTH(nans)];

	if (!conf_device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG))
		SKIP("no double precision");
	for (size_t f = 0; f < LENGTH(functions); f++)
		snprintf(source + strlen(source), sizeof source - strlen(source),
			 "  r |= isnan(%s(v)) ? 0 : %d;\n", functions[f], 1 << f);
	strcat(source, "  o[i] = r; }\n");
	cl_kernel kernel = conf_kernel(source, "k");
	cl_mem in = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof nans, (void *)nans);
	cl_mem out = conf_buffer(0, sizeof back, NULL);

	ARG(kernel, 0, in);
	ARG(kernel, 1, out);
	conf_run(kernel, LENGTH(nans), 0);
	conf_read(out, back, sizeof back);
	for (size_t i = 0; i < LENGTH(nans); i++)
		for (size_t f = 0; f < LENGTH(functions); f++)
			CHECKF(!(back[i] >> f & 1), "%s(0x%llx) is a number", functions[f],
			       (unsigned long long)nans[i]);
}

static void integer_functions(void)
{
	static const cl_int expected[] = {27, 8, 255, -128, 0, 5, 0x7fffffff, 3, -1, 100, 12, 1};
	cl_int back[LENGTH(expected)];

	run_words("kernel void i(global int *o) {\n"
		  "  volatile int sixteen = 16; volatile uint all = 0xff;\n"
		  "  o[0] = clz(sixteen); o[1] = popcount(all);\n"
		  "  o[2] = add_sat((uchar)250, (uchar)(sixteen)); o[3] = sub_sat((char)-120, "
		  "(char)sixteen);\n"
		  "  o[4] = rotate(0x12345678u, 8u) != 0x34567812u;\n"
		  "  o[5] = abs_diff(3, 8); o[6] = add_sat(0x7ffffff0, (int)all);\n"
		  "  o[7] = hadd(2, 5); o[8] = mul_hi(-5, sixteen); o[9] = clamp(900, 1, 100);\n"
		  "  o[10] = mad24(2, 5, 2); o[11] = rhadd(1, 0); }\n",
		  "i", back, LENGTH(back));
	for (size_t i = 0; i < LENGTH(expected); i++)
		CHECKF(back[i] == expected[i], "value %zu is %d, expected %d", i, back[i],
		       expected[i]);
}

struct function {
	const char *name;
	double (*reference)(double);
	float low, high;
	float ulps;
};

static double rsqrt_reference(double x)
{
	return 1 / sqrt(x);
}

static double exp10_reference(double x)
{
	return pow(10, x);
}

static double ulp_of(double reference)
{
	int exponent;

	frexp(reference, &exponent);
	exponent = exponent < -125 ? -125 : exponent;
	return ldexp(1, exponent - 24);
}

/* Errors in units in the last place, against double precision; the limits are the specification's
 * for the full profile. */
static void check_function(const struct function *function)
{
	enum { COUNT = 4096 };
	static cl_float in[COUNT], out[COUNT];
	char source[256];
	uint32_t state = 42;
	double worst = 0, worst_at = 0;

	snprintf(source, sizeof source,
		 "kernel void f(global const float *a, global float *o) {\n"
		 "  size_t i = get_global_id(0); o[i] = %s(a[i]); }\n",
		 function->name);
	cl_kernel kernel = conf_kernel(source, "f");

	for (int i = 0; i < COUNT; i++)
		in[i] = function->low + (function->high - function->low) *
						(float)(conf_random(&state) >> 8) / 16777216.f;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       o = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, a);
	ARG(kernel, 1, o);
	conf_run(kernel, COUNT, 0);
	conf_read(o, out, sizeof out);
	for (int i = 0; i < COUNT; i++) {
		double reference = function->reference(in[i]);
		double error = fabs(out[i] - reference) / ulp_of(reference);

		if (!(error <= worst)) {
			worst = error;
			worst_at = in[i];
		}
	}
	CHECKF(worst <= function->ulps, "%s: %.2f ulp at %.9g, allowed %.1f", function->name, worst,
	       worst_at, function->ulps);
}

static void math_accuracy(void)
{
	static const struct function functions[] = {
		{"sin", sin, -50, 50, 4},
		{"cos", cos, -50, 50, 4},
		{"tan", tan, -1.5f, 1.5f, 5},
		{"exp", exp, -80, 80, 3},
		{"exp2", exp2, -120, 120, 3},
		{"exp10", exp10_reference, -30, 30, 3},
		{"log", log, 1e-5f, 1e5f, 3},
		{"log2", log2, 1e-5f, 1e5f, 3},
		{"log10", log10, 1e-5f, 1e5f, 3},
		{"sqrt", sqrt, 0, 1e6f, 3},
		{"rsqrt", rsqrt_reference, 1e-5f, 1e6f, 2},
		{"cbrt", cbrt, -1e5f, 1e5f, 2},
		{"asin", asin, -1, 1, 4},
		{"acos", acos, -1, 1, 4},
		{"atan", atan, -100, 100, 5},
		{"sinh", sinh, -20, 20, 4},
		{"tanh", tanh, -5, 5, 5},
		{"erf", erf, -4, 4, 16},
		{"floor", floor, -1e4f, 1e4f, 0},
		{"rint", rint, -1e4f, 1e4f, 0},
		{"fabs", fabs, -10, 10, 0},
		{"trunc", trunc, -1e4f, 1e4f, 0},
	};

	for (size_t i = 0; i < LENGTH(functions); i++)
		check_function(&functions[i]);
}

/* Not a number, infinities, zeros. */
static void math_edges(void)
{
	static const cl_int expected[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	cl_int back[LENGTH(expected)];

	run_words(
		"kernel void e(global int *o) {\n"
		"  volatile float zero = 0.0f, inf = INFINITY, one = 1.0f, neg = -1.0f;\n"
		"  o[0] = isnan(zero / zero); o[1] = isinf(one / zero); o[2] = isnan(sqrt(neg));\n"
		"  o[3] = exp(-inf) == 0.0f; o[4] = isinf(log(zero)); o[5] = pow(zero, zero) == "
		"1.0f;\n"
		"  o[6] = signbit(-zero) != 0; o[7] = fmax(NAN, one) == one; o[8] = "
		"isnan(sin(inf));\n"
		"  o[9] = isequal(zero, -zero); o[10] = copysign(one, neg) == -1.0f;\n"
		"  o[11] = fma(one, neg, one) == 0.0f; }\n",
		"e", back, LENGTH(back));
	for (size_t i = 0; i < LENGTH(expected); i++)
		CHECKF(back[i] == expected[i], "test %zu", i);
}

static void doubles(void)
{
	if (!conf_device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG))
		SKIP("CL_DEVICE_DOUBLE_FP_CONFIG is 0");
	cl_kernel kernel = conf_kernel("kernel void d(global double *p) {\n"
				       "  size_t i = get_global_id(0);\n"
				       "  p[i] = fma(p[i], 3.0, 1.0 / 3.0) + sqrt(p[i]); }\n",
				       "d");
	double values[101], back[101];

	for (int i = 0; i < 101; i++)
		values[i] = i * 1.1;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof values, values);

	ARG(kernel, 0, mem);
	conf_run(kernel, 101, 0);
	conf_read(mem, back, sizeof back);
	for (int i = 0; i < 101; i++) {
		double expected = fma(values[i], 3.0, 1.0 / 3.0) + sqrt(values[i]);

		CHECKF(fabs(back[i] - expected) <= 2e-15 * fabs(expected),
		       "%d: %.17g, expected %.17g", i, back[i], expected);
	}
}

/* half as a storage type is there in every device: vload_half and vstore_half. */
static void half_storage(void)
{
	static const cl_ushort in[6] = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x3555, 0x0000};
	static const float expected[6] = {1, -2, 65504, 5.9604645e-8f, 0.33325195f, 0};
	cl_kernel kernel = conf_kernel(
		"kernel void h(global const half *a, global float *f, global half *b) {\n"
		"  size_t i = get_global_id(0); f[i] = vload_half(i, a); vstore_half(f[i], i, b); "
		"}\n",
		"h");
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, (void *)(uintptr_t)in);
	cl_mem f = conf_buffer(0, sizeof expected, NULL), b = conf_buffer(0, sizeof in, NULL);
	float values[6];
	cl_ushort back[6];

	ARG(kernel, 0, a);
	ARG(kernel, 1, f);
	ARG(kernel, 2, b);
	conf_run(kernel, 6, 0);
	conf_read(f, values, sizeof values);
	conf_read(b, back, sizeof back);
	for (int i = 0; i < 6; i++)
		CHECK(values[i] == expected[i]);
	CHECK(!memcmp(back, in, sizeof in));
}

static void async_copies(void)
{
	enum { N = 64 };
	cl_kernel kernel = conf_kernel(
		"kernel void a(global const int *in, global int *out) {\n"
		"  local int t[64];\n"
		"  event_t e = async_work_group_copy(t, in + get_group_id(0) * 64, 64, 0);\n"
		"  wait_group_events(1, &e);\n"
		"  int v = t[63 - get_local_id(0)];\n"
		"  barrier(CLK_LOCAL_MEM_FENCE);\n"
		"  t[get_local_id(0)] = v;\n"
		"  barrier(CLK_LOCAL_MEM_FENCE);\n"
		"  e = async_work_group_copy(out + get_group_id(0) * 64, t, 64, 0);\n"
		"  wait_group_events(1, &e); }\n",
		"a");
	cl_int in[N * 3], back[N * 3];

	for (int i = 0; i < N * 3; i++)
		in[i] = i;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       o = conf_buffer(0, sizeof in, NULL);

	ARG(kernel, 0, a);
	ARG(kernel, 1, o);
	conf_run(kernel, N * 3, N);
	conf_read(o, back, sizeof back);
	for (int i = 0; i < N * 3; i++)
		CHECK_EQ(i / N * N + N - 1 - i % N, back[i]);
}

/* Runs the kernel with standard output going to a file, and returns what it printed. */
static char *printed(cl_kernel kernel, size_t global)
{
	static char text[65536];
	char name[] = "/tmp/conformance-printf-XXXXXX";
	int file = mkstemp(name), saved = dup(STDOUT_FILENO);

	REQUIRE(file >= 0 && saved >= 0);
	unlink(name);
	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	cl_int error =
		clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &global, NULL, 0, NULL, NULL);
	cl_int finished = clFinish(conf_queue());

	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	ssize_t size = pread(file, text, sizeof text - 1, 0);

	close(file);
	OK(error);
	OK(finished);
	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void printf_formats(void)
{
	static const char *const expected = "plain 100%\nint -5 7 ff FF 0012 +3\nfloat 1.500 "
					    "2.50e+00 0x1p+0\nchar A string word\n"
					    "vector 1,2,3,4 1.50,-2.50\nlong -1234567890123\n";
	cl_kernel kernel =
		conf_kernel("kernel void p(global int *unused) {\n"
			    "  printf(\"plain 100%%\\n\");\n"
			    "  printf(\"int %d %u %x %X %04d %+d\\n\", -5, 7u, 255, 255, 12, 3);\n"
			    "  printf(\"float %.3f %.2e %a\\n\", 1.5f, 2.5f, 1.0f);\n"
			    "  printf(\"char %c string %s\\n\", 'A', \"word\");\n"
			    "  printf(\"vector %v4hld %.2v2hlf\\n\", (int4)(1, 2, 3, 4), "
			    "(float2)(1.5f, -2.5f));\n"
			    "  printf(\"long %ld\\n\", -1234567890123L); }\n",
			    "p");
	cl_mem mem = conf_buffer(0, 4, NULL);

	ARG(kernel, 0, mem);
	char *text = printed(kernel, 1);

	CHECKF(!strcmp(text, expected), "printed:\n%s", text);
}

/* Each work-item's line comes whole and once. */
static void printf_from_many(void)
{
	enum { ITEMS = 500 };
	cl_kernel kernel = conf_kernel(
		"kernel void p(void) { printf(\"item %d of %d\\n\", (int)get_global_id(0), 500); }",
		"p");
	char *text = printed(kernel, ITEMS), *rest = NULL;
	bool seen[ITEMS] = {false};
	int lines = 0;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		int item = -1, count = 0;

		if (CHECKF(sscanf(line, "item %d of %d", &item, &count) == 2 && count == ITEMS &&
				   item >= 0 && item < ITEMS && !seen[item],
			   "line \"%s\"", line))
			seen[item] = true;
		lines++;
	}
	CHECK_EQ(ITEMS, lines);
}

CONF_CASES(kernels_language) = {
	CASE(vectors),          CASE(vector_loads), CASE(structures),
	CASE(conversions),      CASE(not_numbers),  CASE(integer_functions),
	CASE(math_accuracy),    CASE(math_edges),   CASE(doubles),
	CASE(half_storage),     CASE(async_copies), CASE(printf_formats),
	CASE(printf_from_many), CASE_END,
};
