/* SPDX-License-Identifier: MIT */
/* cl_khr_fp16: constants, vectors in memory, arguments, copies and collective functions. */
#include "conformance/half.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 96, LOCAL = 32, WIDEST = 16 };

static const char constants_source[] =
	"constant half of_program[] = {1.5h, -0x1p-24h, 65504.0h};\n"
	"kernel void constants(global ushort *out) {\n"
	"  half v[] = {HALF_MAX, HALF_MIN, HALF_EPSILON, M_PI_H, M_E_H, M_SQRT2_H, 1.0h, 0.1h,\n"
	"              (half)INFINITY, of_program[0], of_program[1], of_program[2]};\n"
	"  for (int i = 0; i < 12; i++) out[i] = as_ushort(v[i]);\n"
	"  out[12] = sizeof(half) + 10 * sizeof(half2) + 1000 * sizeof(half3);\n"
	"  out[13] = sizeof(half4) + 100 * sizeof(half8); out[14] = sizeof(half16);\n"
	"  out[15] = HALF_DIG + 10 * HALF_MANT_DIG + 1000 * HALF_MAX_EXP - HALF_MIN_EXP;\n"
	"  out[16] = sizeof(1.0h + 1.0h) * 10 + sizeof(1.0h + 1.0f); }\n";

static void half_constants(void)
{
	static const cl_ushort want[17] = {0x7bff, 0x0400, 0x1400, 0x4248, 0x4170, 0x3da8,
					   0x3c00, 0x2e66, 0x7c00, 0x3e00, 0x8001, 0x7bff,
					   8042,   1608,   32,     16126,  24};
	cl_ushort out[17];

	half_need();
	cl_mem a = conf_buffer(0, sizeof out, NULL);
	cl_kernel kernel = conf_kernel_of(half_program(constants_source), "constants");

	ARG(kernel, 0, a);
	conf_run(kernel, 1, 0);
	conf_read(a, out, sizeof out);
	for (size_t i = 0; i < LENGTH(want); i++)
		CHECKF(out[i] == want[i], "constant %zu: 0x%04x instead of 0x%04x", i, out[i],
		       want[i]);
}

/* From memory of each kind to the next, with the alignment of an element. */
#define MEMORY(n)                                                                                  \
	"kernel void w" #n "(global const half *in, constant half *c, global half *out) {\n"       \
	"  local half l[32 * 16 + 1]; half p[17]; size_t i = get_global_id(0);\n"                  \
	"  size_t k = get_local_id(0); half" #n " v = vload" #n "(i, in + 1);\n"                   \
	"  vstore" #n "(v, k, l + 1); v = vload" #n "(k, l + 1);\n"                                \
	"  vstore" #n "(v, 0, p + 1); v = vload" #n "(0, p + 1);\n"                                \
	"  barrier(CLK_LOCAL_MEM_FENCE); half *g = l; if (i & 1) g = p;\n"                         \
	"  vstore" #n "(v, i & 1 ? 0 : k, g); v = vload" #n "(i & 1 ? 0 : k, g);\n"                \
	"  vstore" #n "(v, i, out); vstore" #n "(vload" #n "(i, c + 1), 96 + i, out); }\n"

static void half_memory(void)
{
	static const struct {
		const char *name;
		size_t width;
	} kinds[] = {{"w2", 2}, {"w3", 3}, {"w4", 4}, {"w8", 8}, {"w16", 16}};
	static cl_half in[ITEMS * WIDEST + 1], out[2 * ITEMS * WIDEST];

	half_need();
	if (!conf_has_feature("__opencl_c_generic_address_space"))
		SKIP("no generic address space");
	half_fill(in, LENGTH(in), 31);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       b = conf_buffer(0, sizeof out, NULL);
	cl_program program = half_program(MEMORY(2) MEMORY(3) MEMORY(4) MEMORY(8) MEMORY(16));

	for (size_t k = 0; k < LENGTH(kinds); k++) {
		cl_kernel kernel = conf_kernel_of(program, kinds[k].name);

		ARG(kernel, 0, a);
		ARG(kernel, 1, a);
		ARG(kernel, 2, b);
		conf_run(kernel, ITEMS, LOCAL);
		conf_read(b, out, sizeof out);
		size_t count = ITEMS * kinds[k].width;

		CHECKF(!memcmp(out, in + 1, count * sizeof *out), "%s", kinds[k].name);
		CHECKF(!memcmp(out + count, in + 1, count * sizeof *out), "%s, constant",
		       kinds[k].name);
	}
}

static const char copies_source[] =
	"kernel void copies(global const half *in, global half *out, global half4 *mixed) {\n"
	"  local half l[64]; local half4 v[32]; size_t k = get_local_id(0);\n"
	"  prefetch(in, 64); event_t e = async_work_group_strided_copy(l, in, 64, 3, 0);\n"
	"  e = async_work_group_copy(v, (global const half4 *)in, 32, e);\n"
	"  wait_group_events(1, &e);\n"
	"  mixed[k] = shuffle2(v[k], v[k].wzyx, (ushort4)(7, 2, 1, 12));\n"
	"  mixed[32 + k] = shuffle((half8)(v[k], v[31 - k]), (ushort4)(5, 0, 8, 3));\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  e = async_work_group_copy(out, l, 64, 0); wait_group_events(1, &e); }\n";

static void half_copies(void)
{
	static cl_half in[4 * 64], out[64], mixed[64][4];

	half_need();
	half_fill(in, LENGTH(in), 37);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       b = conf_buffer(0, sizeof out, NULL), c = conf_buffer(0, sizeof mixed, NULL);
	cl_kernel kernel = conf_kernel_of(half_program(copies_source), "copies");

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	ARG(kernel, 2, c);
	conf_run(kernel, LOCAL, LOCAL);
	conf_read(b, out, sizeof out);
	conf_read(c, mixed, sizeof mixed);
	for (size_t i = 0; i < 64; i++)
		CHECK_EQ(in[3 * i], out[i]);
	for (size_t k = 0; k < LOCAL; k++) {
		const cl_half *v = in + 4 * k, *w = in + 4 * (LOCAL - 1 - k);
		const cl_half *a2 = mixed[k], *a1 = mixed[LOCAL + k];

		/* the indices of shuffle2() count modulo 8 */
		CHECK(a2[0] == v[0] && a2[1] == v[2] && a2[2] == v[1] && a2[3] == v[3]);
		CHECK(a1[0] == w[1] && a1[1] == v[0] && a1[2] == v[0] && a1[3] == v[3]);
	}
}

static const char arguments_source[] =
	"typedef struct { char c; half h; half3 v; } mixed;\n"
	"kernel void arguments(half a, half2 b, half3 c, half8 d, half16 e, mixed m,\n"
	"                      local half *l, global half *out) {\n"
	"  l[get_local_id(0)] = a; out[0] = l[get_local_id(0)]; vstore2(b, 0, out + 1);\n"
	"  vstore3(c, 0, out + 3); vstore8(d, 0, out + 6); vstore16(e, 0, out + 14);\n"
	"  out[30] = m.h; vstore3(m.v, 0, out + 31); }\n";

static void half_arguments(void)
{
	static const char *const names[] = {"half", "half2", "half3", "half8", "half16"};
	static const size_t sizes[] = {2, 4, 8, 16, 32}, used[] = {2, 4, 6, 16, 32};
	static const size_t from[] = {0, 1, 3, 6, 14};
	static cl_half in[34], out[34];
	struct {
		_Alignas(8) cl_char c;
		cl_half h;
		_Alignas(8) cl_half v[4];
	} mixed = {.c = 1};

	half_need();
	half_fill(in, LENGTH(in), 41);
	mixed.h = in[30];
	memcpy(mixed.v, in + 31, 3 * sizeof *in);
	cl_mem b = conf_buffer(0, sizeof out, NULL);
	cl_program program = half_program(arguments_source);

	OK(clBuildProgram(program, 0, NULL, "-cl-std=CL3.0 -cl-kernel-arg-info", NULL, NULL));
	cl_kernel kernel = conf_kernel_of(program, "arguments");

	for (cl_uint i = 0; i < LENGTH(names); i++) {
		cl_half value[16] = {0};
		char name[64] = "";

		memcpy(value, in + from[i], used[i]);
		OK(clSetKernelArg(kernel, i, sizes[i], value));
		OK(clGetKernelArgInfo(kernel, i, CL_KERNEL_ARG_TYPE_NAME, sizeof name, name, NULL));
		CHECKF(!strcmp(name, names[i]), "%s instead of %s", name, names[i]);
		CHECK_CL(CL_INVALID_ARG_SIZE, clSetKernelArg(kernel, i, sizes[i] + 1, value));
	}
	ARG(kernel, 5, mixed);
	OK(clSetKernelArg(kernel, 6, sizeof(cl_half), NULL));
	ARG(kernel, 7, b);
	conf_run(kernel, 1, 1);
	conf_read(b, out, sizeof out);
	CHECK(!memcmp(in, out, sizeof out));
}

static const char collective_source[] =
	"kernel void collect(global const half *in, global half *out) {\n"
	"  size_t i = get_global_id(0), n = get_global_size(0); half v = in[i];\n"
	"  out[i] = work_group_reduce_add(v); out[n + i] = work_group_reduce_min(v);\n"
	"  out[2 * n + i] = work_group_reduce_max(v);\n"
	"  out[3 * n + i] = work_group_scan_inclusive_add(v);\n"
	"  out[4 * n + i] = work_group_scan_exclusive_add(v);\n"
	"  out[5 * n + i] = work_group_scan_inclusive_max(v);\n"
	"  out[6 * n + i] = work_group_scan_exclusive_min(v);\n"
	"  out[7 * n + i] = work_group_broadcast(v, 5); }\n";

/* Sums of small integers are exact. */
static void expect_collected(const cl_half *in, const cl_half *out, size_t first)
{
	double sum = 0, least = half_value(0x7c00), most = -least;

	for (size_t i = first; i < first + LOCAL; i++) {
		double v = half_value(in[i]);

		CHECK(half_value(out[4 * ITEMS + i]) == sum);
		CHECK(half_value(out[6 * ITEMS + i]) == least);
		sum += v;
		least = v < least ? v : least;
		most = v > most ? v : most;
		CHECK(half_value(out[3 * ITEMS + i]) == sum);
		CHECK(half_value(out[5 * ITEMS + i]) == most);
		CHECK_EQ(in[first + 5], out[7 * ITEMS + i]);
	}
	for (size_t i = first; i < first + LOCAL; i++)
		CHECK(half_value(out[i]) == sum && half_value(out[ITEMS + i]) == least &&
		      half_value(out[2 * ITEMS + i]) == most);
}

static void half_collective(void)
{
	static cl_half in[ITEMS], out[8 * ITEMS];
	uint32_t random = 43;

	half_need();
	if (!conf_has_feature("__opencl_c_work_group_collective_functions"))
		SKIP("no __opencl_c_work_group_collective_functions");
	for (size_t i = 0; i < ITEMS; i++)
		in[i] = half_of((double)(conf_random(&random) % 61) - 30, HALF_RTE);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       b = conf_buffer(0, sizeof out, NULL);
	cl_kernel kernel = conf_kernel_of(half_program(collective_source), "collect");

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	conf_run(kernel, ITEMS, LOCAL);
	conf_read(b, out, sizeof out);
	for (size_t first = 0; first < ITEMS; first += LOCAL)
		expect_collected(in, out, first);
}

CONF_CASES(kernels_half_data) = {
	CASE(half_constants), CASE(half_memory),     CASE(half_copies),
	CASE(half_arguments), CASE(half_collective), CASE_END,
};
