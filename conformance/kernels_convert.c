/* SPDX-License-Identifier: MIT */
/* Conversions, saturated and with a direction of rounding (OpenCL C 6.4.3.3), and clamp() of
 * integers (6.15.3). */
#include "conformance/harness.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS = 4096 };

static const struct type {
	const char *name;
	unsigned bytes;
	bool is_signed;
} types[] = {{"char", 1, true}, {"uchar", 1, false}, {"short", 2, true}, {"ushort", 2, false},
	     {"int", 4, true},  {"uint", 4, false},  {"long", 8, true},  {"ulong", 8, false}};

/* As an unsigned number of that many bytes, or a signed one. */
static cl_long element(const void *p, size_t i, const struct type *t)
{
	cl_ulong v = 0;

	memcpy(&v, (const char *)p + i * t->bytes, t->bytes);
	if (t->is_signed && t->bytes < 8 && v >> (8 * t->bytes - 1))
		v |= ~(cl_ulong)0 << 8 * t->bytes;
	return (cl_long)v;
}

static float round_by(const char *mode, float x)
{
	return !strcmp(mode, "_rte")   ? rintf(x)
	       : !strcmp(mode, "_rtp") ? ceilf(x)
	       : !strcmp(mode, "_rtn") ? floorf(x)
				       : truncf(x);
}

/* For types of up to two bytes, whose limits float holds. */
static cl_long saturated(const struct type *t, const char *mode, float x)
{
	float most = ldexpf(1, (int)(8 * t->bytes) - t->is_signed) - 1;
	float least = t->is_signed ? -most - 1 : 0;

	x = isnan(x) ? 0 : round_by(mode, x);
	return (cl_long)(x < least ? least : x > most ? most : x);
}

static void fill_floats(float *x)
{
	static const float special[] = {
		0.0f,     -0.0f,    0.5f,      -0.5f,     1.5f,     2.5f,     -1.5f,    127.4f,
		127.5f,   128.0f,   -128.5f,   -129.0f,   254.5f,   255.0f,   255.5f,   256.0f,
		32767.5f, 32768.0f, -32768.5f, -32769.0f, 65534.5f, 65535.5f, 65536.0f, 1e30f,
		-1e30f,   1e-40f,   INFINITY,  -INFINITY, NAN};
	cl_uint state = 9;

	for (size_t i = 0; i < ITEMS; i++) {
		cl_uint bits = conf_random(&state);

		memcpy(&x[i], &bits, sizeof bits);
		if (i % 3 == 0)
			x[i] = ((float)(cl_int)conf_random(&state)) / 16384.0f;
		if (i < LENGTH(special))
			x[i] = special[i];
	}
}

static void check_conversion(const struct type *t, const char *mode, cl_mem in, const float *x)
{
	static unsigned char out[2 * ITEMS * 2];
	char source[600];

	snprintf(source, sizeof source,
		 "kernel void k(global const float *x, global %s *out) {\n"
		 "  size_t i = get_global_id(0), n = get_global_size(0);\n"
		 "  out[i] = convert_%s_sat%s(x[i]);\n"
		 "  out[n + i] = convert_%s4_sat%s((float4)(0.0f, x[i], 1.0f, 2.0f)).y; }\n",
		 t->name, t->name, mode, t->name, mode);
	cl_mem mem = conf_buffer(0, sizeof out, NULL);
	cl_kernel kernel = conf_kernel(source, "k");

	ARG(kernel, 0, in);
	ARG(kernel, 1, mem);
	conf_run(kernel, ITEMS, 0);
	conf_read(mem, out, sizeof out);
	for (size_t i = 0; i < 2 * ITEMS; i++) {
		float from = x[i % ITEMS];

		if (isnan(from)) /* should be 0, and need not */
			continue;
		CHECKF(saturated(t, mode, from) == element(out, i, t),
		       "convert_%s_sat%s(%a): expected %lld, is %lld", t->name, mode, from,
		       (long long)saturated(t, mode, from), (long long)element(out, i, t));
	}
}

static void saturated_conversions(void)
{
	static const char *const modes[] = {"", "_rte", "_rtz", "_rtp", "_rtn"};
	static float x[ITEMS];

	fill_floats(x);
	cl_mem in = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x);

	for (size_t t = 0; t < LENGTH(types) && types[t].bytes <= 2; t++)
		for (size_t m = 0; m < LENGTH(modes); m++)
			check_conversion(&types[t], modes[m], in, x);
}

/* To float or double, in the given direction; @x has been converted exactly. */
static double towards(const char *mode, long double x, bool to_float)
{
	_Static_assert(LDBL_MANT_DIG >= 64, "the reference holds all integers");
	double near = to_float ? (float)x : (double)x;
	double goal = !strcmp(mode, "rtp") ? INFINITY : -INFINITY;

	if (!strcmp(mode, "rte") || near == x)
		return near;
	if (!strcmp(mode, "rtz"))
		goal = 0;
	bool right = goal == 0 ? fabsl((long double)near) < fabsl(x) : (near > x) == (goal > 0);
	if (right)
		return near;
	return to_float ? nextafterf((float)near, (float)goal) : nextafter(near, goal);
}

static long double exactly(const char *from, const void *in, size_t i)
{
	const char *p = (const char *)in + 8 * i;
	cl_long v;
	double d;
	cl_int w;

	memcpy(&v, p, sizeof v);
	memcpy(&d, p, sizeof d);
	memcpy(&w, p, sizeof w);
	return !strcmp(from, "double")  ? (long double)d
	       : !strcmp(from, "long")  ? (long double)v
	       : !strcmp(from, "ulong") ? (long double)(cl_ulong)v
	       : !strcmp(from, "int")   ? (long double)w
					: (long double)(cl_uint)w;
}

static void fill_wide(unsigned char *data, bool doubles)
{
	cl_uint state = 5;

	for (size_t i = 0; i < ITEMS; i++) {
		cl_ulong v = (cl_ulong)conf_random(&state) << 32 | conf_random(&state);
		double d = ldexp((double)(cl_long)v, (int)(conf_random(&state) % 400) - 270);

		v >>= conf_random(&state) % 64;
		v = i % 4 == 0 ? ~(cl_ulong)0 << i / 4 % 64 : i % 4 == 1 ? ~v : v;
		if (i % 4 == 2)
			v = ((cl_ulong)1 << i / 4 % 64) + conf_random(&state) % 3 - 1;
		d = i % 16 == 0 ? (i % 32 ? -1e-300 : 1e-300) : i % 16 == 1 ? -d * 1e80 : d;
		memcpy(data + 8 * i, doubles ? (void *)&d : (void *)&v, 8);
	}
}

static void check_direction(const char *from, const char *to, const char *mode, cl_mem in,
			    const unsigned char *data)
{
	static double out[2 * ITEMS];
	char source[600];

	/* Of 8 bytes each, the first is read as the type asked for. */
	snprintf(source, sizeof source,
		 "kernel void k(global const ulong *x, global double *out) {\n"
		 "  size_t i = get_global_id(0), n = get_global_size(0);\n"
		 "  %s v = *(global const %s *)&x[i];\n"
		 "  out[i] = convert_%s_%s(v);\n"
		 "  out[n + i] = convert_%s4_%s((%s4)(0, v, 1, 2)).y; }\n",
		 from, from, to, mode, to, mode, from);
	cl_mem mem = conf_buffer(0, sizeof out, NULL);
	cl_kernel kernel = conf_kernel(source, "k");

	ARG(kernel, 0, in);
	ARG(kernel, 1, mem);
	conf_run(kernel, ITEMS, 0);
	conf_read(mem, out, sizeof out);
	for (size_t i = 0; i < 2 * ITEMS; i++) {
		long double x = exactly(from, data, i % ITEMS);
		double right = towards(mode, x, *to == 'f');

		CHECKF(right == out[i] && signbit(right) == signbit(out[i]),
		       "convert_%s_%s(%s %La): expected %a, is %a", to, mode, from, x, right,
		       out[i]);
	}
}

static void directed_conversions(void)
{
	static const char *const modes[] = {"rte", "rtz", "rtp", "rtn"};
	static const char *const froms[] = {"int", "uint", "long", "ulong", "double"};
	static unsigned char data[8 * ITEMS];

	for (size_t f = 0; f < LENGTH(froms); f++) {
		fill_wide(data, f == 4);
		cl_mem in = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof data, data);

		for (size_t m = 0; m < LENGTH(modes); m++) {
			check_direction(froms[f], "float", modes[m], in, data);
			if (f < 4)
				check_direction(froms[f], "double", modes[m], in, data);
		}
	}
}

static cl_long clamped(const struct type *t, cl_long x, cl_long least, cl_long most)
{
	bool below = t->is_signed ? x < least : (cl_ulong)x < (cl_ulong)least;
	bool above = t->is_signed ? x > most : (cl_ulong)x > (cl_ulong)most;

	return below ? least : above ? most : x;
}

/* The limits in order: else the result is undefined. */
static void order(void *low, void *high, size_t i, const struct type *t)
{
	cl_long a = element(low, i, t), b = element(high, i, t);
	bool wrong = t->is_signed ? a > b : (cl_ulong)a > (cl_ulong)b;

	if (wrong) {
		memcpy((char *)low + i * t->bytes, &b, t->bytes);
		memcpy((char *)high + i * t->bytes, &a, t->bytes);
	}
}

static void check_clamp(const struct type *t)
{
	static unsigned char data[3][ITEMS * 8], out[3 * ITEMS * 8];
	cl_uint state = 4;
	cl_mem mems[4];
	char source[700];

	snprintf(source, sizeof source,
		 "kernel void k(global const %s *x, global const %s *a, global const %s *b,\n"
		 "              global %s *out) {\n"
		 "  size_t i = get_global_id(0), n = get_global_size(0);\n"
		 "  out[i] = clamp(x[i], a[i], b[i]);\n"
		 "  out[n + i] = clamp((%s3)(x[i]), (%s3)(a[i]), (%s3)(b[i])).z;\n"
		 "  out[2 * n + i] = clamp((%s8)(x[i]), a[i], b[i]).s5; }\n",
		 t->name, t->name, t->name, t->name, t->name, t->name, t->name, t->name);
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < sizeof data[k]; i++)
			data[k][i] = (unsigned char)(conf_random(&state) >> 9);
	for (size_t i = 0; i < ITEMS; i++)
		order(data[1], data[2], i, t);
	cl_kernel kernel = conf_kernel(source, "k");

	for (cl_uint k = 0; k < 3; k++)
		mems[k] = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof data[k], data[k]);
	mems[3] = conf_buffer(0, sizeof out, NULL);
	for (cl_uint k = 0; k < 4; k++)
		ARG(kernel, k, mems[k]);
	conf_run(kernel, ITEMS, 0);
	conf_read(mems[3], out, sizeof out);
	for (size_t i = 0; i < 3ul * ITEMS; i++) {
		size_t at = i % ITEMS;

		CHECK_EQ(clamped(t, element(data[0], at, t), element(data[1], at, t),
				 element(data[2], at, t)),
			 element(out, i, t));
	}
}

static void clamps(void)
{
	for (size_t t = 0; t < LENGTH(types); t++)
		check_clamp(&types[t]);
}

CONF_CASES(kernels_convert) = {
	CASE(saturated_conversions),
	CASE(directed_conversions),
	CASE(clamps),
	CASE_END,
};
