/* SPDX-License-Identifier: MIT */
/* What the work-items of a group do together: local memory, barriers, atomics; divergence. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

/* Sum of each group by a tree in local memory; @local may be a kernel argument or a variable. */
static const char *const reduce_source =
	"kernel void reduce(global const int *in, global int *out, local int *t) {\n"
	"  int l = get_local_id(0), n = get_local_size(0);\n"
	"  t[l] = in[get_global_id(0)];\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  for (int s = 1; s < n; s *= 2) {\n"
	"    int add = (l % (2 * s) == 0 && l + s < n) ? t[l + s] : 0;\n"
	"    barrier(CLK_LOCAL_MEM_FENCE);\n"
	"    t[l] += add;\n"
	"    barrier(CLK_LOCAL_MEM_FENCE); }\n"
	"  if (l == 0) out[get_group_id(0)] = t[0]; }\n";

static void reduction(void)
{
	static const size_t locals[] = {1, 2, 3, 8, 13, 31, 64, 100, 128};
	cl_kernel kernel = conf_kernel(reduce_source, "reduce");
	static cl_int in[12800], out[12800];

	for (int i = 0; i < 12800; i++)
		in[i] = i * 7 - 100;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       b = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	for (size_t k = 0; k < LENGTH(locals); k++) {
		size_t local = locals[k], groups = 20;

		if (local > conf_device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE))
			continue;
		OK(clSetKernelArg(kernel, 2, local * sizeof(cl_int), NULL));
		conf_run(kernel, local * groups, local);
		conf_read(b, out, groups * sizeof *out);
		for (size_t g = 0; g < groups; g++) {
			cl_int sum = 0;

			for (size_t i = 0; i < local; i++)
				sum += in[g * local + i];
			CHECK_EQ(sum, out[g]);
		}
	}
}

/* Local arrays declared in the kernel, two dimensions: a transposition by tiles. */
static void local_arrays(void)
{
	enum { N = 64, TILE = 8 };
	const size_t global[2] = {N, N}, local[2] = {TILE, TILE};
	cl_kernel kernel =
		conf_kernel("kernel void transpose(global const int *a, global int *b, int n) {\n"
			    "  local int tile[8][9];\n"
			    "  int lx = get_local_id(0), ly = get_local_id(1);\n"
			    "  tile[ly][lx] = a[get_global_id(1) * n + get_global_id(0)];\n"
			    "  barrier(CLK_LOCAL_MEM_FENCE);\n"
			    "  int x = get_group_id(1) * 8 + lx, y = get_group_id(0) * 8 + ly;\n"
			    "  b[y * n + x] = tile[lx][ly]; }\n",
			    "transpose");
	static cl_int in[N * N], out[N * N];
	cl_int n = N;

	for (int i = 0; i < N * N; i++)
		in[i] = i;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof in, in),
	       b = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	ARG(kernel, 2, n);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 2, NULL, global, local, 0, NULL, NULL));
	conf_read(b, out, sizeof out);
	for (int i = 0; i < N * N; i++)
		CHECK_EQ((i % N) * N + i / N, out[i]);
}

/* Barriers in a loop whose count is the same for all, with values that live across them. */
static void barriers_in_loops(void)
{
	enum { N = 32, GROUPS = 4 };
	cl_kernel kernel = conf_kernel("kernel void turn_ring(global int *out, int rounds) {\n"
				       "  local int ring[2][32];\n"
				       "  int l = get_local_id(0), mine = l, sum = 0;\n"
				       "  for (int r = 0; r < rounds; r++) {\n"
				       "    ring[r & 1][l] = mine;\n"
				       "    barrier(CLK_LOCAL_MEM_FENCE);\n"
				       "    mine = ring[r & 1][(l + 1) % 32];\n"
				       "    sum += mine * (r + 1); }\n"
				       "  out[get_global_id(0)] = sum; }\n",
				       "turn_ring");
	cl_int out[N * GROUPS], rounds = 37;
	cl_mem mem = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, mem);
	ARG(kernel, 1, rounds);
	conf_run(kernel, N * GROUPS, N);
	conf_read(mem, out, sizeof out);
	for (int i = 0; i < N * GROUPS; i++) {
		cl_int sum = 0;

		for (int r = 0; r < rounds; r++)
			sum += ((i % N + r + 1) % N) * (r + 1);
		CHECK_EQ(sum, out[i]);
	}
}

/* Barriers under a condition that is the same for the whole group, differently by group. */
static void barriers_under_uniform_branch(void)
{
	enum { N = 16, GROUPS = 6 };
	cl_kernel kernel = conf_kernel(
		"kernel void branch(global int *out) {\n"
		"  local int t[16];\n"
		"  int l = get_local_id(0), g = get_group_id(0);\n"
		"  t[l] = l + g;\n"
		"  if (g % 2) { barrier(CLK_LOCAL_MEM_FENCE); out[get_global_id(0)] = t[15 - l]; "
		"}\n"
		"  else { for (int i = 0; i < g; i++) { barrier(CLK_LOCAL_MEM_FENCE);\n"
		"           int v = t[(l + 1) % 16]; barrier(CLK_LOCAL_MEM_FENCE); t[l] = v; }\n"
		"         out[get_global_id(0)] = t[l]; } }\n",
		"branch");
	cl_int out[N * GROUPS];
	cl_mem mem = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, mem);
	conf_run(kernel, N * GROUPS, N);
	conf_read(mem, out, sizeof out);
	for (int i = 0; i < N * GROUPS; i++) {
		int l = i % N, g = i / N;

		CHECK_EQ(g % 2 ? 15 - l + g : (l + g) % N + g, out[i]);
	}
}

/* Global memory written before a barrier is seen by the group after it. */
static void global_barrier(void)
{
	enum { N = 64 };
	cl_kernel kernel = conf_kernel("kernel void swap(global int *p) {\n"
				       "  size_t base = get_group_id(0) * get_local_size(0);\n"
				       "  size_t l = get_local_id(0), n = get_local_size(0);\n"
				       "  p[base + l] = (int)(base + l);\n"
				       "  barrier(CLK_GLOBAL_MEM_FENCE);\n"
				       "  int v = p[base + n - 1 - l];\n"
				       "  barrier(CLK_GLOBAL_MEM_FENCE);\n"
				       "  p[base + l] = v; }\n",
				       "swap");
	cl_int out[N * 4];
	cl_mem mem = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, mem);
	conf_run(kernel, N * 4, N);
	conf_read(mem, out, sizeof out);
	for (int i = 0; i < N * 4; i++)
		CHECK_EQ(i / N * N + N - 1 - i % N, out[i]);
}

static void atomics_global(void)
{
	const size_t items = 10000;
	cl_kernel kernel = conf_kernel(
		"kernel void every(volatile global int *p, volatile global uint *u) {\n"
		"  int i = get_global_id(0);\n"
		"  atomic_add(&p[0], i); atomic_sub(&p[1], 2); atomic_inc(&p[2]); "
		"atomic_dec(&p[3]);\n"
		"  atomic_min(&p[4], i - 50); atomic_max(&p[5], i);\n"
		"  atomic_or(&u[0], 1u << (i & 31)); atomic_and(&u[1], ~(1u << (i & 15)));\n"
		"  atomic_xor(&u[2], (uint)i);\n"
		"  int old; do { old = p[6]; } while (atomic_cmpxchg(&p[6], old, old + 3) != old); "
		"}\n",
		"every");
	cl_int p[8] = {0, 0, 0, 0, 999, -999, 0, 0};
	cl_uint u[3] = {0, ~0u, 0}, x = 0;
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof p, p);
	cl_mem b = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof u, u);

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	conf_run(kernel, items, 0);
	conf_read(a, p, sizeof p);
	conf_read(b, u, sizeof u);
	for (cl_uint i = 0; i < items; i++)
		x ^= i;
	CHECK_EQ(49995000, p[0]);
	CHECK_EQ(-20000, p[1]);
	CHECK_EQ(10000, p[2]);
	CHECK_EQ(-10000, p[3]);
	CHECK_EQ(-50, p[4]);
	CHECK_EQ(9999, p[5]);
	CHECK_EQ(30000, p[6]);
	CHECK_EQ(0xffffffffu, u[0]);
	CHECK_EQ(0xffff0000u, u[1]);
	CHECK_EQ(x, u[2]);
}

/* atomic_inc and atomic_xchg hand out each value once. */
static void atomics_return_old(void)
{
	enum { ITEMS = 4096 };
	cl_kernel kernel = conf_kernel(
		"kernel void take(volatile global int *next, global int *seen, local int *l) {\n"
		"  if (get_local_id(0) == 0) *l = 0;\n"
		"  barrier(CLK_LOCAL_MEM_FENCE);\n"
		"  int mine = atomic_inc((volatile local int *)l);\n"
		"  barrier(CLK_LOCAL_MEM_FENCE);\n"
		"  if (mine >= 0 && mine < get_local_size(0)) seen[atomic_inc(next)] = mine; }\n",
		"take");
	static cl_int seen[ITEMS];
	cl_int zero = 0;
	cl_mem next = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof zero, &zero);
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof seen, seen);
	int counts[32] = {0};

	ARG(kernel, 0, next);
	ARG(kernel, 1, mem);
	OK(clSetKernelArg(kernel, 2, sizeof(cl_int), NULL));
	conf_run(kernel, ITEMS, 32);
	conf_read(mem, seen, sizeof seen);
	for (int i = 0; i < ITEMS; i++)
		if (CHECK(seen[i] >= 0 && seen[i] < 32))
			counts[seen[i]]++;
	for (int i = 0; i < 32; i++)
		CHECK_EQ(ITEMS / 32, counts[i]);
}

/* C11 atomics, relaxed in the work-group's scope: every OpenCL 3.0 device has them. */
static void atomics_c11(void)
{
	const size_t items = 5000;
	cl_program program =
		conf_program("kernel void c11(global atomic_int *p) {\n"
			     "  atomic_fetch_add_explicit(p, 2, memory_order_relaxed,\n"
			     "#ifdef __opencl_c_atomic_scope_device\n"
			     "    memory_scope_device);\n"
			     "#else\n"
			     "    memory_scope_work_group);\n"
			     "#endif\n"
			     "}\n",
			     "-cl-std=CL3.0");
	cl_kernel kernel = conf_kernel_of(program, "c11");
	cl_int value = 1;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);
	bool device = conf_device_ulong(CL_DEVICE_ATOMIC_MEMORY_CAPABILITIES) &
		      CL_DEVICE_ATOMIC_SCOPE_DEVICE;
	size_t range = device ? items : 64;

	ARG(kernel, 0, mem);
	conf_run(kernel, range, device ? 0 : 64);
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(1 + 2 * (cl_int)range, value);
}

/* Loops, switches, early returns and nested conditions that differ from item to item. */
static const char *const divergent_source =
	"int collatz(uint n) { int c = 0; while (n != 1) { n = n % 2 ? 3 * n + 1 : n / 2; c++; } "
	"return c; }\n"
	"kernel void diverge(global int *out, int n) {\n"
	"  int i = get_global_id(0), r = 0;\n"
	"  if (i >= n) return;\n"
	"  switch (i % 7) {\n"
	"  case 0: r = 10; break;\n"
	"  case 1: r = 20;\n" /* falls through */
	"  case 2: r += 5; break;\n"
	"  case 5: for (int k = 0; k < i % 11; k++) { if (k == 4) continue; if (k == 8) break; r "
	"+= k; } break;\n"
	"  default: r = -i; }\n"
	"  for (int a = 0; a < i % 5; a++)\n"
	"    for (int b = a; b < 6; b++) { if ((a + b + i) % 3 == 0) goto next; r += a * b; next:; "
	"}\n"
	"  int w = 0; do { r ^= i; if (r & 64) break; r += 3; } while (++w < 20 && r % 13);\n"
	"  out[i] = r + collatz(i + 1); }\n";

static int collatz(unsigned n)
{
	int c = 0;

	while (n != 1) {
		n = n % 2 ? 3 * n + 1 : n / 2;
		c++;
	}
	return c;
}

static int diverge_first(int i)
{
	int r = 0;

	switch (i % 7) {
	case 0:
		return 10;
	case 1:
		return 25;
	case 2:
		return 5;
	case 5:
		for (int k = 0; k < i % 11 && k != 8; k++)
			r += k == 4 ? 0 : k;
		return r;
	default:
		return -i;
	}
}

static int diverge_reference(int i)
{
	int r = diverge_first(i);

	for (int a = 0; a < i % 5; a++)
		for (int b = a; b < 6; b++)
			r += (a + b + i) % 3 == 0 ? 0 : a * b;
	int w = 0;

	do {
		r ^= i;
		if (r & 64)
			break;
		r += 3;
	} while (++w < 20 && r % 13);
	return r + collatz((unsigned)i + 1);
}

static void divergence(void)
{
	enum { ITEMS = 1000, USED = 977 };
	cl_kernel kernel = conf_kernel(divergent_source, "diverge");
	static cl_int out[ITEMS];
	cl_int n = USED;

	for (int i = 0; i < ITEMS; i++)
		out[i] = 123456;
	for (size_t local = 0; local <= 40; local += 8) {
		cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof out, out);
		static cl_int back[ITEMS];

		ARG(kernel, 0, mem);
		ARG(kernel, 1, n);
		conf_run(kernel, ITEMS, ITEMS % (local ? local : 1) ? 0 : local);
		conf_read(mem, back, sizeof back);
		for (int i = 0; i < ITEMS; i++)
			CHECKF(back[i] == (i < USED ? diverge_reference(i) : 123456),
			       "item %d: %d, expected %d", i, back[i], diverge_reference(i));
	}
}

/* Private arrays indexed by data, and calls through several functions. */
static void private_arrays(void)
{
	enum { ITEMS = 333 };
	cl_kernel kernel = conf_kernel(
		"void sort(int *v, int n) { for (int i = 1; i < n; i++) for (int k = i; k > 0 &&\n"
		"  v[k - 1] > v[k]; k--) { int t = v[k]; v[k] = v[k - 1]; v[k - 1] = t; } }\n"
		"kernel void sorted(global int *out) {\n"
		"  int v[16]; uint s = get_global_id(0) * 2654435761u + 1;\n"
		"  for (int i = 0; i < 16; i++) { s = s * 1664525u + 1013904223u; v[i] = (int)(s "
		">> 8) % 1000; }\n"
		"  sort(v, 16);\n"
		"  int bad = 0; for (int i = 1; i < 16; i++) bad += v[i - 1] > v[i];\n"
		"  out[get_global_id(0)] = bad * 10000 + v[get_global_id(0) % 16]; }\n",
		"sorted");
	cl_int out[ITEMS];
	cl_mem mem = conf_buffer(0, sizeof out, NULL);

	ARG(kernel, 0, mem);
	conf_run(kernel, ITEMS, 0);
	conf_read(mem, out, sizeof out);
	for (uint32_t i = 0; i < ITEMS; i++) {
		int v[16], t;
		uint32_t s = i * 2654435761u + 1;

		for (int k = 0; k < 16; k++) {
			s = s * 1664525u + 1013904223u;
			v[k] = (int)(s >> 8) % 1000;
		}
		for (int a = 1; a < 16; a++)
			for (int b = a; b > 0 && v[b - 1] > v[b]; b--) {
				t = v[b];
				v[b] = v[b - 1];
				v[b - 1] = t;
			}
		CHECK_EQ(v[i % 16], out[i]);
	}
}

CONF_CASES(kernels_groups) = {
	CASE(reduction),
	CASE(local_arrays),
	CASE(barriers_in_loops),
	CASE(barriers_under_uniform_branch),
	CASE(global_barrier),
	CASE(atomics_global),
	CASE(atomics_return_old),
	CASE(atomics_c11),
	CASE(divergence),
	CASE(private_arrays),
	CASE_END,
};
