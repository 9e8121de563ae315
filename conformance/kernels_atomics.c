/* SPDX-License-Identifier: MIT */
/* Atomics of all work-items on one address, with and without what they return. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

enum { N = 3000, OPS = 7, ADD = 0, SUB, AND, OR, XOR, MIN, MAX };

/* One kernel for each type and memory. NEED: which work-items take part. */
#define EACH_OP(type, get)                                                                         \
	get("0", "atomic_fetch_add_explicit") get("1", "atomic_fetch_sub_explicit")                \
		get("2", "atomic_fetch_and_explicit") get("3", "atomic_fetch_or_explicit")         \
			get("4", "atomic_fetch_xor_explicit")                                      \
				get("5", "atomic_fetch_min_explicit")                              \
					get("6", "atomic_fetch_max_explicit")
#define CALL(k, name) name "(p + " k ", v, memory_order_relaxed, memory_scope_device)"
#define KEEP(k, name) "    out[" k " * n + i] = " CALL(k, name) ";\n"
#define DROP(k, name) "    " CALL(k, name) ";\n"
#define KERNELS(type)                                                                              \
	"kernel void keep_" type "(volatile global atomic_" type " *p, global const " type         \
	" *in,\n"                                                                                  \
	"    global " type " *out, int every) {\n"                                                 \
	"  size_t i = get_global_id(0), n = get_global_size(0);\n"                                 \
	"  " type " v = in[i];\n"                                                                  \
	"  if (i % every == 0) {\n" EACH_OP(                                                       \
		type, KEEP) "  } }\n"                                                              \
			    "kernel void drop_" type "(volatile global atomic_" type               \
			    " *p, global const " type " *in,\n"                                    \
			    "    int every) {\n"                                                   \
			    "  size_t i = get_global_id(0);\n"                                     \
			    "  " type " v = in[i];\n"                                              \
			    "  if (i % every == 0) {\n" EACH_OP(type, DROP) "  } }\n"

/* A group counts in local memory and each work-item learns its number; then where the group's lie.
 */
static const char *const compact_source =
	"kernel void compact(global const int *in, volatile global int *total, global int *out) {\n"
	"  local int count, base;\n"
	"  int l = get_local_id(0), v = in[get_global_id(0)], at = 0;\n"
	"  if (l == 0) count = 0;\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  if (v & 1) at = atomic_inc(&count);\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  if (l == 0) base = atomic_add(total, count);\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  if (v & 1) out[base + at] = v; }\n";

#define APPLY(T)                                                                                   \
	static cl_##T apply_##T(int op, cl_##T a, cl_##T b)                                        \
	{                                                                                          \
		switch (op) {                                                                      \
		case ADD:                                                                          \
			return (cl_##T)((cl_ulong)a + (cl_ulong)b);                                \
		case SUB:                                                                          \
			return (cl_##T)((cl_ulong)a - (cl_ulong)b);                                \
		case AND:                                                                          \
			return a & b;                                                              \
		case OR:                                                                           \
			return a | b;                                                              \
		case XOR:                                                                          \
			return a ^ b;                                                              \
		case MIN:                                                                          \
			return a < b ? a : b;                                                      \
		default:                                                                           \
			return a > b ? a : b;                                                      \
		}                                                                                  \
	}                                                                                          \
	static int compare_##T(const void *a, const void *b)                                       \
	{                                                                                          \
		cl_##T x = *(const cl_##T *)a, y = *(const cl_##T *)b;                             \
		return (x > y) - (x < y);                                                          \
	}                                                                                          \
	/* Whatever the order: each value that was found, and the last, is the first or one that   \
	 * somebody left. */                                                                       \
	static void check_##T(int op, cl_##T first, cl_##T last, const cl_##T *in,                 \
			      const cl_##T *found, int every)                                      \
	{                                                                                          \
		static cl_##T before[N + 1], after[N + 1];                                         \
		cl_##T all = first;                                                                \
		size_t n = 0;                                                                      \
		for (int i = 0; i < N; i += every) {                                               \
			all = apply_##T(op, all, in[i]);                                           \
			if (!found)                                                                \
				continue;                                                          \
			before[n] = found[i];                                                      \
			after[n++] = apply_##T(op, found[i], in[i]);                               \
		}                                                                                  \
		CHECKF(all == last, "operation %d leaves %lld, not %lld", op, (long long)last,     \
		       (long long)all);                                                            \
		before[n] = last;                                                                  \
		after[n++] = first;                                                                \
		qsort(before, n, sizeof *before, compare_##T);                                     \
		qsort(after, n, sizeof *after, compare_##T);                                       \
		CHECKF(!found || !memcmp(before, after, n * sizeof *before),                       \
		       "operation %d, every %d: no order gives what was returned", op, every);     \
	}                                                                                          \
	static void one_address_##T(void)                                                          \
	{                                                                                          \
		static const int everies[] = {1, 2, 3, 17, 1000};                                  \
		static cl_##T in[N], out[OPS * N];                                                 \
		cl_##T first[OPS], last[OPS];                                                      \
		cl_program program = conf_program(KERNELS(#T), "-cl-std=CL3.0");                   \
		cl_kernel keep = conf_kernel_of(program, "keep_" #T);                              \
		cl_kernel drop = conf_kernel_of(program, "drop_" #T);                              \
		uint32_t random = 9;                                                               \
		for (int i = 0; i < N; i++)                                                        \
			in[i] = (cl_##T)((cl_ulong)conf_random(&random) << 32 |                    \
					 conf_random(&random));                                    \
		for (int i = 0; i < OPS; i++)                                                      \
			first[i] = in[7 * i] | (cl_##T)((cl_ulong)5 << (sizeof *in * 8 - 4));      \
		cl_mem p = conf_buffer(0, sizeof first, NULL),                                     \
		       a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),                       \
		       b = conf_buffer(0, sizeof out, NULL);                                       \
		ARG(keep, 0, p);                                                                   \
		ARG(keep, 1, a);                                                                   \
		ARG(keep, 2, b);                                                                   \
		ARG(drop, 0, p);                                                                   \
		ARG(drop, 1, a);                                                                   \
		for (size_t e = 0; e < LENGTH(everies); e++) {                                     \
			ARG(keep, 3, everies[e]);                                                  \
			ARG(drop, 2, everies[e]);                                                  \
			conf_write(p, first, sizeof first);                                        \
			conf_run(keep, N, 0);                                                      \
			conf_read(p, last, sizeof last);                                           \
			conf_read(b, out, sizeof out);                                             \
			for (int op = 0; op < OPS; op++)                                           \
				check_##T(op, first[op], last[op], in, out + op * N, everies[e]);  \
			conf_write(p, first, sizeof first);                                        \
			conf_run(drop, N, 0);                                                      \
			conf_read(p, last, sizeof last);                                           \
			for (int op = 0; op < OPS; op++)                                           \
				check_##T(op, first[op], last[op], in, NULL, everies[e]);          \
		}                                                                                  \
	}

APPLY(int)
APPLY(uint)
APPLY(long)
APPLY(ulong)

static void need_atomics(bool wide)
{
	if (!conf_has_feature("__opencl_c_atomic_scope_device"))
		SKIP("no C11 atomics of the device's scope");
	if (wide && !conf_has_extension("cl_khr_int64_extended_atomics"))
		SKIP("no 64-bit atomics");
}

static void one_address_32(void)
{
	need_atomics(false);
	one_address_int();
	one_address_uint();
}

static void one_address_64(void)
{
	need_atomics(true);
	one_address_long();
	one_address_ulong();
}

/* The whole of a well-known idiom: what is odd, once each. */
static void compaction(void)
{
	static cl_int in[N], out[N];
	const size_t locals[] = {1, 7, 16, 100, 250};
	cl_kernel kernel = conf_kernel(compact_source, "compact");
	uint32_t random = 4;
	cl_int zero = 0, total;

	for (int i = 0; i < N; i++)
		in[i] = (cl_int)(conf_random(&random) % 8 ? (uint32_t)i * 4 : (uint32_t)i * 4 + 1);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       b = conf_buffer(0, sizeof total, NULL), c = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	ARG(kernel, 2, c);
	for (size_t k = 0; k < LENGTH(locals); k++) {
		size_t n = N / locals[k] * locals[k], odd = 0;

		if (locals[k] > conf_device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE))
			continue;
		conf_write(b, &zero, sizeof zero);
		conf_run(kernel, n, locals[k]);
		conf_read(b, &total, sizeof total);
		conf_read(c, out, sizeof out);
		REQUIRE(total >= 0 && total <= N);
		qsort(out, (size_t)total, sizeof *out, compare_int);
		for (size_t i = 0; i < n; i++) {
			if (!(in[i] & 1))
				continue;
			CHECK(odd < (size_t)total && out[odd] == in[i]);
			odd++;
		}
		CHECK_EQ(odd, total);
	}
}

CONF_CASES(kernels_atomics) = {
	CASE(one_address_32),
	CASE(one_address_64),
	CASE(compaction),
	CASE_END,
};
