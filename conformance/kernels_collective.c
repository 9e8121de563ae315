/* SPDX-License-Identifier: MIT */
/* Work-group collective functions (OpenCL C 6.15.16). */
#include "conformance/harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS = 5, LARGEST = 256, MOST = GROUPS * LARGEST };

static const size_t sizes[] = {1, 2, 3, 7, 16, 17, 33, 64, 100, 256};

static void need(void)
{
	if (!conf_has_feature("__opencl_c_work_group_collective_functions"))
		SKIP("no __opencl_c_work_group_collective_functions");
}

static cl_kernel built(const char *source, const char *name)
{
	return conf_kernel_of(conf_program(source, "-cl-std=CL3.0"), name);
}

/* As the kernel below has it; T is the type, N its largest finite range that tests use. */
#define SOURCE(T)                                                                                  \
	"kernel void collect(global const " T " *in, global " T " *out, ulong n) {\n"              \
	"  size_t i = get_global_id(0);\n"                                                         \
	"  " T " v = in[i];\n"                                                                     \
	"  out[i] = work_group_reduce_add(v);\n"                                                   \
	"  out[n + i] = work_group_reduce_min(v);\n"                                               \
	"  out[2 * n + i] = work_group_reduce_max(v);\n"                                           \
	"  out[3 * n + i] = work_group_scan_inclusive_add(v);\n"                                   \
	"  out[4 * n + i] = work_group_scan_inclusive_min(v);\n"                                   \
	"  out[5 * n + i] = work_group_scan_inclusive_max(v);\n"                                   \
	"  out[6 * n + i] = work_group_scan_exclusive_add(v);\n"                                   \
	"  out[7 * n + i] = work_group_scan_exclusive_min(v);\n"                                   \
	"  out[8 * n + i] = work_group_scan_exclusive_max(v);\n"                                   \
	"  out[9 * n + i] = work_group_broadcast(v, get_local_size(0) / 2); }\n"

enum { RESULTS = 10 };

/* Values are small integers, so that sums of floats are exact, too, in whatever order. */
#define CASE_FOR(T, least, greatest, lowest)                                                       \
	static void check_##T(const cl_##T *in, const cl_##T *out, size_t local)                   \
	{                                                                                          \
		size_t n = GROUPS * local;                                                         \
		for (size_t g = 0; g < GROUPS; g++) {                                              \
			const cl_##T *v = in + g * local, *o = out + g * local;                    \
			cl_##T sum = 0, min = (greatest), max = (least);                           \
			for (size_t i = 0; i < local; i++) {                                       \
				CHECK(o[6 * n + i] == sum && o[7 * n + i] == min &&                \
				      o[8 * n + i] == max);                                        \
				sum += v[i];                                                       \
				min = v[i] < min ? v[i] : min;                                     \
				max = v[i] > max ? v[i] : max;                                     \
				CHECK(o[3 * n + i] == sum && o[4 * n + i] == min &&                \
				      o[5 * n + i] == max);                                        \
			}                                                                          \
			for (size_t i = 0; i < local; i++)                                         \
				CHECK(o[i] == sum && o[n + i] == min && o[2 * n + i] == max &&     \
				      o[9 * n + i] == v[local / 2]);                               \
		}                                                                                  \
	}                                                                                          \
	static void collect_##T(void)                                                              \
	{                                                                                          \
		static cl_##T in[MOST], out[RESULTS * MOST];                                       \
		uint32_t random = 7;                                                               \
		need();                                                                            \
		cl_kernel kernel = built(SOURCE(#T), "collect");                                   \
		for (size_t i = 0; i < MOST; i++)                                                  \
			in[i] = (cl_##T)((cl_##T)(conf_random(&random) % 1000) + (lowest));        \
		cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),                       \
		       b = conf_buffer(0, sizeof out, NULL);                                       \
		ARG(kernel, 0, a);                                                                 \
		ARG(kernel, 1, b);                                                                 \
		for (size_t k = 0; k < LENGTH(sizes); k++) {                                       \
			size_t local = sizes[k];                                                   \
			cl_ulong n = GROUPS * local;                                               \
			if (local > conf_device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE))               \
				continue;                                                          \
			ARG(kernel, 2, n);                                                         \
			conf_run(kernel, n, local);                                                \
			conf_read(b, out, RESULTS *n * sizeof *out);                               \
			check_##T(in, out, local);                                                 \
		}                                                                                  \
	}

CASE_FOR(int, CL_INT_MIN, CL_INT_MAX, -500)
CASE_FOR(uint, 0, CL_UINT_MAX, CL_UINT_MAX / 2)
CASE_FOR(long, CL_LONG_MIN, CL_LONG_MAX, -500 - ((cl_long)1 << 40))
CASE_FOR(ulong, 0, CL_ULONG_MAX, (cl_ulong)1 << 62)
CASE_FOR(float, -CL_INFINITY, CL_INFINITY, -500)
CASE_FOR(double, -(double)CL_INFINITY, (double)CL_INFINITY, -500)

static void collect_doubles(void)
{
	if (!conf_device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG))
		SKIP("no doubles");
	collect_double();
}

static void all_and_any(void)
{
	enum { LOCAL = 48 };
	need();
	cl_kernel kernel = built("kernel void votes(global const int *in, global int *out) {\n"
				 "  size_t i = get_global_id(0);\n"
				 "  out[2 * i] = work_group_all(in[i]);\n"
				 "  out[2 * i + 1] = work_group_any(in[i]); }\n",
				 "votes");
	cl_int in[LOCAL + 2][LOCAL], out[LOCAL + 2][LOCAL][2];

	/* None, all but one, all; the one is another in each group. */
	memset(in, 0, sizeof in);
	for (int g = 1; g < LOCAL + 2; g++)
		for (int i = 0; i < LOCAL; i++)
			in[g][i] = i != g - 1 ? -(1 << (i % 31)) : 0;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       b = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	conf_run(kernel, LOCAL * (LOCAL + 2), LOCAL);
	conf_read(b, out, sizeof out);
	for (int g = 0; g < LOCAL + 2; g++)
		for (int i = 0; i < LOCAL; i++) {
			CHECK_EQ(g == LOCAL + 1, out[g][i][0] != 0);
			CHECK_EQ(g != 0, out[g][i][1] != 0);
		}
}

/* The order of a scan is that of the linear local ids; broadcasts name an id in each dimension. */
static void three_dimensions(void)
{
	enum { X = 10, Y = 6, Z = 4, N = 2 * X * Y * Z };
	const size_t global[] = {2 * X, Y, Z}, local[] = {X, Y, Z};
	need();
	cl_kernel kernel =
		built("kernel void scan(global int *out) {\n"
		      "  int l = get_local_linear_id(), g = get_group_id(0);\n"
		      "  int o = 3 * (g * 240 + l), v = l * l + g;\n"
		      "  out[o] = work_group_scan_exclusive_add(v);\n"
		      "  out[o + 1] = work_group_broadcast(v, 3, 5, 2);\n"
		      "  out[o + 2] = work_group_reduce_max(v - 2 * (int)get_local_id(1)); }\n",
		      "scan");
	cl_int out[N][3];
	cl_mem mem = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 3, NULL, global, local, 0, NULL, NULL));
	conf_read(mem, out, sizeof out);
	for (int g = 0; g < 2; g++) {
		const int source = (2 * Y + 5) * X + 3;
		int sum = 0;

		for (int l = 0; l < X * Y * Z; l++) {
			CHECK_EQ(sum, out[g * X * Y * Z + l][0]);
			CHECK_EQ(source * source + g, out[g * X * Y * Z + l][1]);
			CHECK_EQ(239 * 239 + g - 2 * 5, out[g * X * Y * Z + l][2]);
			sum += l * l + g;
		}
	}
}

/* One call in a loop, its result deciding about the next turn; local memory and divergence between;
 * the last work-group is smaller. A radix sort of each group by single bits. */
static void sort_by_scans(void)
{
	enum { N = 1000, LOCAL = 96 };
	need();
	if (!conf_device_bool(CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT))
		SKIP("no work-groups of different sizes");
	cl_kernel kernel = built(
		"kernel void sort(global uint *p) {\n"
		"  local uint t[96];\n"
		"  uint l = get_local_id(0), n = get_local_size(0), v = p[get_global_id(0)];\n"
		"  for (uint bit = 0; work_group_any((v >> bit) != 0); bit++) {\n"
		"    uint one = (v >> bit) & 1;\n"
		"    uint zeros = n - work_group_reduce_add(one);\n"
		"    uint ones_before = work_group_scan_exclusive_add(one);\n"
		"    uint to = one ? zeros + ones_before : l - ones_before;\n"
		"    t[to] = v;\n"
		"    work_group_barrier(CLK_LOCAL_MEM_FENCE);\n"
		"    v = t[l];\n"
		"    work_group_barrier(CLK_LOCAL_MEM_FENCE);\n"
		"    if (bit == 31) break; }\n"
		"  p[get_global_id(0)] = v; }\n",
		"sort");
	static cl_uint in[N], out[N];
	uint32_t random = 3;

	for (int i = 0; i < N; i++)
		in[i] = conf_random(&random) >> (i / LOCAL * 3);
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in);

	ARG(kernel, 0, mem);
	conf_run(kernel, N, LOCAL);
	conf_read(mem, out, sizeof out);
	for (int first = 0; first < N; first += LOCAL) {
		int end = first + LOCAL < N ? first + LOCAL : N;
		cl_uint sums[2] = {0};

		for (int i = first; i < end; i++) {
			CHECK(i == first || out[i - 1] <= out[i]);
			sums[0] += in[i] * (in[i] | 1);
			sums[1] += out[i] * (out[i] | 1);
		}
		CHECK_EQ(sums[0], sums[1]);
	}
}

CONF_CASES(kernels_collective) = {
	CASE(collect_int),   CASE(collect_uint),
	CASE(collect_long),  CASE(collect_ulong),
	CASE(collect_float), CASE(collect_doubles),
	CASE(all_and_any),   CASE(three_dimensions),
	CASE(sort_by_scans), CASE_END,
};
