/* SPDX-License-Identifier: MIT */
/*
 * Sub-groups (OpenCL C 6.15.19) and the khr sub-group extensions. How work-items are put into
 * sub-groups is the implementation's business: kernels say where each work-item is, and what they
 * compute is compared with the same computed here from that.
 */
#include "conformance/harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 4096, WORDS = 24, LARGEST_SUB_GROUP = 128 };

/* Global and local sizes; some leave rest groups. */
static const struct shape {
	cl_uint dim;
	size_t global[3], local[3];
} shapes[] = {
	{1, {256, 1, 1}, {64, 1, 1}}, {1, {200, 1, 1}, {100, 1, 1}}, {1, {21, 1, 1}, {7, 1, 1}},
	{1, {100, 1, 1}, {48, 1, 1}}, {2, {32, 16, 1}, {16, 4, 1}},  {2, {20, 12, 1}, {10, 6, 1}},
	{2, {8, 40, 1}, {1, 40, 1}},  {2, {35, 18, 1}, {11, 7, 1}},  {3, {8, 8, 8}, {4, 4, 4}},
	{3, {15, 6, 10}, {5, 3, 5}},  {3, {33, 5, 3}, {11, 5, 2}},   {1, {17, 1, 1}, {1, 1, 1}},
	{3, {64, 4, 2}, {32, 2, 2}},
};

/* Where a work-item is, and what else its kernel wrote: @words. */
struct item {
	cl_uint group, id, local_id, size;
	cl_uint words[WORDS];
};

static struct item items[MOST_ITEMS];

/* The items of one sub-group, by local id; NULL: not there. */
struct sub_group {
	cl_uint size;
	const struct item *lane[LARGEST_SUB_GROUP];
};

static void need(const char *extension)
{
	if (!conf_has_feature("__opencl_c_subgroups"))
		SKIP("no __opencl_c_subgroups");
	if (extension && !conf_has_extension(extension))
		SKIP("no %s", extension);
}

static const char prologue[] =
	"typedef struct { uint group, id, local_id, size, words[24]; } item;\n"
	"global item *place(global item *items) {\n"
	"  size_t g = (get_group_id(2) * get_num_groups(1) + get_group_id(1)) * get_num_groups(0)\n"
	"             + get_group_id(0);\n"
	"  items += get_global_linear_id();\n"
	"  items->group = g;\n"
	"  items->id = get_sub_group_id();\n"
	"  items->local_id = get_sub_group_local_id();\n"
	"  items->size = get_sub_group_size();\n"
	"  return items; }\n"
	"#define V(i) ((i)->group * 7 + (i)->id * 13 + (i)->local_id * (i)->local_id + 3)\n";

/* The same on the host. */
static cl_uint value_of(const struct item *i)
{
	return i->group * 7 + i->id * 13 + i->local_id * i->local_id + 3;
}

static cl_kernel built(const char *body, const char *name, const char *options)
{
	char source[16384], all[256];
	snprintf(source, sizeof source, "%s%s", prologue, body);
	snprintf(all, sizeof all, "-cl-std=CL3.0 %s", options);
	return conf_kernel_of(conf_program(source, all), name);
}

static size_t items_of(const struct shape *s)
{
	return s->global[0] * s->global[1] * s->global[2];
}

static bool run(cl_kernel kernel, const struct shape *s)
{
	size_t n = items_of(s), group = s->local[0] * s->local[1] * s->local[2], most;
	OK(clGetKernelWorkGroupInfo(kernel, conf_device(), CL_KERNEL_WORK_GROUP_SIZE, sizeof most,
				    &most, NULL));
	if (group > most)
		return false;
	memset(items, 0xff, sizeof items);
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, n * sizeof *items, items);
	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, s->dim, NULL, s->global, s->local, 0, NULL,
				  NULL));
	conf_read(mem, items, n * sizeof *items);
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x->local_id < y->local_id ? -1 : x->local_id > y->local_id;
}

/* Calls @check for each sub-group of the items, which must be complete. */
static void each_sub_group(size_t n, void (*check)(const struct sub_group *))
{
	qsort(items, n, sizeof *items, by_place);
	for (size_t i = 0, end; i < n; i = end) {
		struct sub_group g = {.size = items[i].size};
		for (end = i;
		     end < n && items[end].group == items[i].group && items[end].id == items[i].id;
		     end++) {
			REQUIRE(end - i < LARGEST_SUB_GROUP);
			CHECK_EQ(end - i, items[end].local_id);
			CHECK_EQ(g.size, items[end].size);
			g.lane[end - i] = &items[end];
		}
		REQUIRE(g.size == end - i);
		check(&g);
	}
}

static void run_all(cl_kernel kernel, void (*check)(const struct sub_group *))
{
	unsigned ran = 0;
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		if (!run(kernel, &shapes[i]))
			continue;
		each_sub_group(items_of(&shapes[i]), check);
		ran++;
	}
	CHECK(ran > 0);
}

/* ---- partition ---- */

static void check_partition(const struct sub_group *g)
{
	const cl_uint *w = g->lane[0]->words;
	cl_uint most = w[0], count = w[1], enqueued = w[2], in_group = w[3], in_enqueued = w[4];
	CHECK_EQ((in_group + most - 1) / most, count);
	CHECK_EQ((in_enqueued + most - 1) / most, enqueued);
	CHECK(g->lane[0]->id < count);
	if (g->lane[0]->id + 1 < count)
		CHECK_EQ(most, g->size);
	else
		CHECK_EQ(in_group - (count - 1) * most, g->size);
	for (cl_uint l = 1; l < g->size; l++)
		CHECK(!memcmp(w, g->lane[l]->words, 5 * sizeof *w));
}

static void partition(void)
{
	need(NULL);
	cl_kernel kernel =
		built("kernel void f(global item *items) {\n"
		      "  global item *i = place(items);\n"
		      "  i->words[0] = get_max_sub_group_size();\n"
		      "  i->words[1] = get_num_sub_groups();\n"
		      "  i->words[2] = get_enqueued_num_sub_groups();\n"
		      "  i->words[3] = get_local_size(0) * get_local_size(1) * get_local_size(2);\n"
		      "  i->words[4] = get_enqueued_local_size(0) * get_enqueued_local_size(1) *\n"
		      "                get_enqueued_local_size(2); }\n",
		      "f", "");
	run_all(kernel, check_partition);
	for (size_t i = 0; i < LENGTH(shapes); i++) {
		const struct shape *s = &shapes[i];
		size_t bytes = s->dim * sizeof(size_t), most, count;
		if (!run(kernel, s))
			continue;
		OK(clGetKernelSubGroupInfo(kernel, conf_device(),
					   CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE, bytes,
					   s->local, sizeof most, &most, NULL));
		OK(clGetKernelSubGroupInfo(kernel, conf_device(),
					   CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, bytes, s->local,
					   sizeof count, &count, NULL));
		CHECK_EQ(items[0].words[0], most);
		CHECK_EQ(items[0].words[2], count);
	}
}

static void queries(void)
{
	need(NULL);
	cl_kernel kernel = built("kernel void f(global item *items) { place(items); }\n", "f", "");
	cl_device_id device = conf_device();
	size_t local[3] = {64, 1, 1}, got[3], size, most, count = 2, size_ret;

	OK(clGetKernelSubGroupInfo(kernel, device, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE,
				   sizeof local, local, sizeof size, &size, &size_ret));
	CHECK_EQ(sizeof size, size_ret);
	OK(clGetKernelSubGroupInfo(kernel, device, CL_KERNEL_MAX_NUM_SUB_GROUPS, 0, NULL,
				   sizeof most, &most, NULL));
	CHECK(most >= 1 && most <= conf_device_uint(CL_DEVICE_MAX_NUM_SUB_GROUPS));
	OK(clGetKernelSubGroupInfo(kernel, device, CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT,
				   sizeof count, &count, sizeof got, got, NULL));
	CHECK(got[0] == 2 * size && got[1] == 1 && got[2] == 1);
	count = (size_t)1 << 40;
	OK(clGetKernelSubGroupInfo(kernel, device, CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT,
				   sizeof count, &count, sizeof got, got, NULL));
	CHECK(got[0] == 0 && got[1] == 0 && got[2] == 0);
	OK(clGetKernelSubGroupInfo(kernel, device, CL_KERNEL_COMPILE_NUM_SUB_GROUPS, 0, NULL,
				   sizeof count, &count, NULL));
	CHECK_EQ(0, count);
	CHECK_CL(CL_INVALID_VALUE,
		 clGetKernelSubGroupInfo(kernel, device, CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE, 0,
					 NULL, sizeof size, &size, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clGetKernelSubGroupInfo(kernel, device, CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE,
					 sizeof local, local, 1, &size, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clGetKernelSubGroupInfo(kernel, device, 12345, 0, NULL, sizeof size, &size, NULL));
	CHECK_CL(CL_INVALID_KERNEL,
		 clGetKernelSubGroupInfo(NULL, device, CL_KERNEL_MAX_NUM_SUB_GROUPS, 0, NULL,
					 sizeof size, &size, NULL));
}

/* ---- the functions of the language ---- */

static void check_core(const struct sub_group *g)
{
	cl_uint sum = 0, least = CL_UINT_MAX;
	cl_int most = CL_INT_MIN;
	for (cl_uint l = 0; l < g->size; l++) {
		const cl_uint *w = g->lane[l]->words;
		cl_uint v = value_of(g->lane[l]);
		CHECK_EQ(sum, w[0]);
		CHECK_EQ(least, w[1]);
		CHECK_EQ(most, (cl_int)w[2]);
		sum += v;
		least = v < least ? v : least;
		most = 50 - (cl_int)v > most ? 50 - (cl_int)v : most;
		CHECK_EQ(sum, w[3]);
		CHECK_EQ(least, w[4]);
		CHECK_EQ(most, (cl_int)w[5]);
	}
	for (cl_uint l = 0; l < g->size; l++) {
		const cl_uint *w = g->lane[l]->words;
		CHECK(w[6] == sum && w[7] == least && (cl_int)w[8] == most);
		CHECK_EQ(value_of(g->lane[g->size / 2]), w[9]);
		CHECK(!w[10] == (g->size > 1) && w[11] && w[12] && !w[13]);
		CHECK_EQ(value_of(g->lane[g->size - 1 - l]), w[14]);
	}
}

static void core(void)
{
	need(NULL);
	run_all(built("kernel void f(global item *items, local uint *swap) {\n"
		      "  global item *i = place(items);\n"
		      "  uint v = V(i), n = get_sub_group_size(), l = get_sub_group_local_id();\n"
		      "  i->words[0] = sub_group_scan_exclusive_add(v);\n"
		      "  i->words[1] = sub_group_scan_exclusive_min(v);\n"
		      "  i->words[2] = sub_group_scan_exclusive_max(50 - (int)v);\n"
		      "  i->words[3] = sub_group_scan_inclusive_add(v);\n"
		      "  i->words[4] = sub_group_scan_inclusive_min(v);\n"
		      "  i->words[5] = sub_group_scan_inclusive_max(50 - (int)v);\n"
		      "  i->words[6] = sub_group_reduce_add(v);\n"
		      "  i->words[7] = sub_group_reduce_min(v);\n"
		      "  i->words[8] = sub_group_reduce_max(50 - (int)v);\n"
		      "  i->words[9] = sub_group_broadcast(v, n / 2);\n"
		      "  i->words[10] = sub_group_all(l == 0);\n"
		      "  i->words[11] = sub_group_any(l == n - 1);\n"
		      "  i->words[12] = sub_group_all(1);\n"
		      "  i->words[13] = sub_group_any(0);\n"
		      "  local uint *mine = swap + get_sub_group_id() * get_max_sub_group_size();\n"
		      "  mine[l] = v;\n"
		      "  sub_group_barrier(CLK_LOCAL_MEM_FENCE);\n"
		      "  i->words[14] = mine[n - 1 - l]; }\n"
		      "kernel void g(global item *items) {\n"
		      "  local uint swap[4096];\n"
		      "  f(items, swap); }\n",
		      "g", ""),
		check_core);
}

/* Work-group barriers between them, in a loop, and a result that goes from one to the next. */
static void check_barriers(const struct sub_group *g)
{
	cl_uint last = 0, expected = 0;
	for (cl_uint l = 0; l < g->size; l++)
		last += value_of(g->lane[l]);
	for (cl_uint round = 0; round < 4; round++)
		expected = expected * 3 + last + round * g->size;
	for (cl_uint l = 0; l < g->size; l++) {
		CHECK_EQ(expected, g->lane[l]->words[0]);
		CHECK_EQ(g->lane[l]->words[2], g->lane[l]->words[1]);
	}
}

static void barriers(void)
{
	need(NULL);
	run_all(built("kernel void f(global item *items) {\n"
		      "  local uint firsts[4096];\n"
		      "  global item *i = place(items);\n"
		      "  uint v = V(i), sum = 0, all = 0;\n"
		      "  for (uint round = 0; round < 4; round++) {\n"
		      "    sum = sum * 3 + sub_group_reduce_add(v + round);\n"
		      "    if (get_sub_group_local_id() == 0) firsts[get_sub_group_id()] = sum;\n"
		      "    barrier(CLK_LOCAL_MEM_FENCE);\n"
		      "    all = 0;\n"
		      "    for (uint k = 0; k < get_num_sub_groups(); k++) all += firsts[k];\n"
		      "    barrier(CLK_LOCAL_MEM_FENCE); }\n"
		      "  i->words[0] = sum;\n"
		      "  i->words[1] = all;\n"
		      "  i->words[2] = sub_group_broadcast(all, 0); }\n",
		      "f", ""),
		check_barriers);
}

/* ---- lanes that do not take part ---- */

static bool takes_part(const struct item *i, unsigned round)
{
	return (value_of(i) >> round) & 1;
}

static void check_divergent(const struct sub_group *g)
{
	for (unsigned round = 0; round < 3; round++) {
		cl_uint sum = 0, product = 1, bits = 0, count = 0, first = CL_UINT_MAX;
		for (cl_uint l = 0; l < g->size; l++) {
			const cl_uint *w = g->lane[l]->words + 7 * round;
			cl_uint v = value_of(g->lane[l]);
			if (!takes_part(g->lane[l], round))
				continue;
			first = first == CL_UINT_MAX ? l : first;
			CHECK_EQ(sum, w[0]);
			sum += v;
			product *= v | 1;
			bits ^= v;
			CHECK_EQ(product, w[1]);
			count++;
		}
		for (cl_uint l = 0; l < g->size; l++) {
			const cl_uint *w = g->lane[l]->words + 7 * round;
			if (!takes_part(g->lane[l], round))
				continue;
			CHECK_EQ(sum, w[2]);
			CHECK_EQ(bits, w[3]);
			CHECK_EQ(count, w[4]);
			CHECK_EQ(value_of(g->lane[first]), w[5]);
			CHECK_EQ(l == first, w[6] != 0);
		}
	}
}

static void divergent(void)
{
	need("cl_khr_subgroup_non_uniform_arithmetic");
	need("cl_khr_subgroup_ballot");
	need("cl_khr_subgroup_non_uniform_vote");
	run_all(built("kernel void f(global item *items) {\n"
		      "  global item *i = place(items);\n"
		      "  uint v = V(i);\n"
		      "  for (uint round = 0; round < 3; round++) {\n"
		      "    global uint *w = i->words + 7 * round;\n"
		      "    if (v >> round & 1) {\n"
		      "      w[0] = sub_group_non_uniform_scan_exclusive_add(v);\n"
		      "      w[1] = sub_group_non_uniform_scan_inclusive_mul(v | 1);\n"
		      "      w[2] = sub_group_non_uniform_reduce_add(v);\n"
		      "      w[3] = sub_group_non_uniform_reduce_xor(v);\n"
		      "      w[4] = sub_group_ballot_bit_count(sub_group_ballot(1));\n"
		      "      w[5] = sub_group_broadcast_first(v);\n"
		      "      w[6] = sub_group_elect(); } } }\n",
		      "f", ""),
		check_divergent);
}

/* Lanes leave a loop one after the other; what the last rounds say is of those that are left. */
static void check_leaving(const struct sub_group *g)
{
	for (cl_uint l = 0; l < g->size; l++) {
		cl_uint rounds = value_of(g->lane[l]) % 5 + 1, expected = 0;
		for (cl_uint r = 0; r < rounds; r++)
			for (cl_uint k = 0; k < g->size; k++)
				expected += value_of(g->lane[k]) % 5 + 1 > r ? k + r : 0;
		CHECK_EQ(expected, g->lane[l]->words[0]);
	}
}

static void leaving(void)
{
	need("cl_khr_subgroup_non_uniform_arithmetic");
	run_all(built("kernel void f(global item *items) {\n"
		      "  global item *i = place(items);\n"
		      "  uint n = V(i) % 5 + 1, sum = 0;\n"
		      "  for (uint r = 0; r < n; r++)\n"
		      "    sum += sub_group_non_uniform_reduce_add(get_sub_group_local_id() + r);\n"
		      "  i->words[0] = sum; }\n",
		      "f", ""),
		check_leaving);
}

/* ---- shuffles ---- */

static void expect_lane(const struct sub_group *g, cl_uint lane, cl_uint got)
{
	if (lane < g->size)
		CHECK_EQ(value_of(g->lane[lane]), got);
}

static void check_shuffles(const struct sub_group *g)
{
	for (cl_uint l = 0; l < g->size; l++) {
		const cl_uint *w = g->lane[l]->words;
		expect_lane(g, (l * 5 + 3) % g->size, w[0]);
		expect_lane(g, l ^ 3, w[1]);
		expect_lane(g, l - 2, w[2]);
		expect_lane(g, l + 1, w[3]);
		expect_lane(g, (l + 3) % g->size, w[4]);
		expect_lane(g, (l & ~3u) + ((l + 2) & 3), w[5]);
		expect_lane(g, l ^ 1, w[6]);
		expect_lane(g, l ^ 1, w[7]);
		if ((l ^ 1) < g->size)
			CHECK_EQ(l ^ 1, w[8]);
	}
}

static void shuffles(void)
{
	static const char *const extensions[] = {
		"cl_khr_subgroup_shuffle", "cl_khr_subgroup_shuffle_relative",
		"cl_khr_subgroup_rotate", "cl_khr_subgroup_extended_types"};
	for (size_t i = 0; i < LENGTH(extensions); i++)
		need(extensions[i]);
	run_all(built("kernel void f(global item *items) {\n"
		      "  global item *i = place(items);\n"
		      "  uint v = V(i), l = get_sub_group_local_id(), n = get_sub_group_size();\n"
		      "  i->words[0] = sub_group_shuffle(v, (l * 5 + 3) % n);\n"
		      "  i->words[1] = sub_group_shuffle_xor(v, 3);\n"
		      "  i->words[2] = sub_group_shuffle_up(v, 2);\n"
		      "  i->words[3] = sub_group_shuffle_down(v, 1);\n"
		      "  i->words[4] = sub_group_rotate(v, 3);\n"
		      "  i->words[5] = sub_group_clustered_rotate(v, 2, 4);\n"
		      "  i->words[6] = as_uint(sub_group_shuffle_xor(as_float(v), 1));\n"
		      "  i->words[7] = sub_group_shuffle_xor((ulong)v << 32, 1) >> 32;\n"
		      "  i->words[8] = sub_group_shuffle_xor((uchar)l, 1); }\n",
		      "f", ""),
		check_shuffles);
}

/* Clusters are no larger than a sub-group may be: words[3]. */
static void check_clusters(const struct sub_group *g)
{
	for (cl_uint l = 0; l < g->size; l++) {
		const cl_uint *w = g->lane[l]->words;
		for (cl_uint size = 1, k = 0; size <= 4 && size <= w[3]; size *= 2, k++) {
			cl_uint sum = 0, first = l & ~(size - 1);
			for (cl_uint m = first; m < first + size && m < g->size; m++)
				sum += value_of(g->lane[m]);
			CHECK_EQ(sum, w[k]);
		}
	}
}

static void clusters(void)
{
	need("cl_khr_subgroup_clustered_reduce");
	run_all(built("kernel void f(global item *items) {\n"
		      "  global item *i = place(items);\n"
		      "  uint v = V(i), most = get_max_sub_group_size();\n"
		      "  i->words[0] = sub_group_clustered_reduce_add(v, 1);\n"
		      "  if (most >= 2) i->words[1] = sub_group_clustered_reduce_add(v, 2);\n"
		      "  if (most >= 4) i->words[2] = sub_group_clustered_reduce_add(v, 4);\n"
		      "  i->words[3] = most; }\n",
		      "f", ""),
		check_clusters);
}

/* ---- sub-groups that wait for each other ---- */

static void check_turns(const struct sub_group *g)
{
	for (cl_uint l = 0; l < g->size; l++) {
		const cl_uint *w = g->lane[l]->words;
		/* the last sub-group went first; all had their turn before the barrier opened */
		CHECK_EQ(w[1] - 1 - g->lane[l]->id, w[0]);
		CHECK_EQ(w[1], w[2]);
	}
}

static const char turns[] =
	"kernel void f(global item *items) {\n"
	"  local atomic_uint turn;\n"
	"  global item *i = place(items);\n"
	"  uint n = get_num_sub_groups(), l = get_sub_group_local_id(), now = 0;\n"
	"  if (get_local_linear_id() == 0) atomic_init(&turn, 0);\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"#if ONE_LANE\n"
	"  if (l == 0)\n"
	"    while (atomic_load(&turn) != n - 1 - i->id) ;\n"
	"  sub_group_barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  now = n - 1 - get_sub_group_id();\n"
	"#else\n"
	"  do {\n"
	"    now = 0;\n"
	"    if (l == 0) now = atomic_load(&turn);\n"
	"    now = sub_group_broadcast(now, 0);\n"
	"  } while (now != n - 1 - i->id);\n"
	"#endif\n"
	"  i->words[0] = now;\n"
	"  i->words[1] = n;\n"
	"  if (l == 0) atomic_fetch_add(&turn, 1);\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  i->words[2] = atomic_load(&turn); }\n";

static void forward_progress(void)
{
	need(NULL);
	if (!conf_device_bool(CL_DEVICE_SUB_GROUP_INDEPENDENT_FORWARD_PROGRESS))
		SKIP("no independent forward progress of sub-groups");
	run_all(built(turns, "f", "-DONE_LANE=0"), check_turns);
	run_all(built(turns, "f", "-DONE_LANE=1"), check_turns);
}

/* ---- ballots ---- */

static void check_collectives(const struct sub_group *g)
{
	for (cl_uint l = 0; l < g->size; l++) {
		const cl_uint *w = g->lane[l]->words;
		CHECK_EQ(w[0], w[2]);
		CHECK_EQ(w[1], w[3]);
		CHECK_EQ(g->lane[l]->group + 5, w[4]);
		CHECK_EQ(1, w[5]);
		CHECK_EQ(0, w[6]);
		CHECK_EQ(w[1] - 1, w[7]);
	}
}

/* Sub-groups come to the functions in the reverse of their order. */
static void collectives_after_turns(void)
{
	need(NULL);
	if (!conf_has_feature("__opencl_c_work_group_collective_functions"))
		SKIP("no __opencl_c_work_group_collective_functions");
	if (!conf_device_bool(CL_DEVICE_SUB_GROUP_INDEPENDENT_FORWARD_PROGRESS))
		SKIP("no independent forward progress of sub-groups");
	run_all(built("kernel void f(global item *items) {\n"
		      "  local atomic_uint turn;\n"
		      "  global item *i = place(items);\n"
		      "  uint l = get_sub_group_local_id(), at = get_local_linear_id();\n"
		      "  uint n = get_local_size(0) * get_local_size(1) * get_local_size(2);\n"
		      "  if (at == 0) atomic_init(&turn, get_num_sub_groups());\n"
		      "  barrier(CLK_LOCAL_MEM_FENCE);\n"
		      "  while (sub_group_broadcast(atomic_load(&turn), 0) != i->id + 1) ;\n"
		      "  if (l == 0) atomic_fetch_sub(&turn, 1);\n"
		      "  i->words[0] = at;\n"
		      "  i->words[1] = n;\n"
		      "  i->words[2] = work_group_scan_exclusive_add(1u);\n"
		      "  i->words[3] = work_group_reduce_add(1u);\n"
		      "  i->words[4] = work_group_broadcast(at == 0 ? i->group + 5u : 0u,\n"
		      "                                     0, 0, 0);\n"
		      "  i->words[5] = work_group_any(at == n - 1);\n"
		      "  i->words[6] = work_group_all(at != n - 1);\n"
		      "  i->words[7] = work_group_reduce_max(at); }\n",
		      "f", ""),
		check_collectives);
}

static void check_ballots(const struct sub_group *g)
{
	cl_ulong bits = 0;
	for (cl_uint l = 0; l < g->size; l++)
		bits |= (cl_ulong)(value_of(g->lane[l]) % 3 == 0) << l;
	for (cl_uint l = 0; l < g->size; l++) {
		const cl_uint *w = g->lane[l]->words;
		cl_ulong below = ((cl_ulong)1 << l) - 1;
		CHECK_EQ((cl_uint)bits, w[0]);
		CHECK_EQ((cl_uint)(bits >> 32), w[1]);
		CHECK(w[2] == 0 && w[3] == 0);
		CHECK_EQ(__builtin_popcountl(bits), w[4]);
		CHECK_EQ(__builtin_popcountl(bits & below), w[5]);
		CHECK_EQ(__builtin_popcountl(bits & (2 * below + 1)), w[6]);
		CHECK_EQ(bits >> l & 1, w[7] != 0);
		CHECK_EQ(bits >> (g->size / 2) & 1, w[8] != 0);
		if (bits) {
			CHECK_EQ(__builtin_ctzl(bits), w[9]);
			CHECK_EQ(63 - __builtin_clzl(bits), w[10]);
		}
		CHECK_EQ((cl_uint)below, w[11]);
		CHECK_EQ((cl_uint)((cl_ulong)1 << l), w[12]);
		CHECK_EQ(0, w[13] & (cl_uint)below);
		CHECK_EQ((cl_uint)((cl_ulong)1 << l), w[13] & ~w[14]);
		CHECK_EQ((cl_uint)(2 * below + 1), w[15]);
	}
}

static void ballots(void)
{
	need("cl_khr_subgroup_ballot");
	run_all(built("kernel void f(global item *items) {\n"
		      "  global item *i = place(items);\n"
		      "  uint n = get_sub_group_size();\n"
		      "  uint4 b = sub_group_ballot(V(i) % 3 == 0);\n"
		      "  vstore4(b, 0, i->words);\n"
		      "  i->words[4] = sub_group_ballot_bit_count(b);\n"
		      "  i->words[5] = sub_group_ballot_exclusive_scan(b);\n"
		      "  i->words[6] = sub_group_ballot_inclusive_scan(b);\n"
		      "  i->words[7] = sub_group_inverse_ballot(b);\n"
		      "  i->words[8] = sub_group_ballot_bit_extract(b, n / 2);\n"
		      "  i->words[9] = sub_group_ballot_find_lsb(b);\n"
		      "  i->words[10] = sub_group_ballot_find_msb(b);\n"
		      "  i->words[11] = get_sub_group_lt_mask().x;\n"
		      "  i->words[12] = get_sub_group_eq_mask().x;\n"
		      "  i->words[13] = get_sub_group_ge_mask().x;\n"
		      "  i->words[14] = get_sub_group_gt_mask().x;\n"
		      "  i->words[15] = get_sub_group_le_mask().x; }\n",
		      "f", ""),
		check_ballots);
}

/* ---- sub-groups of a given size ---- */

static size_t required;

static void check_required(const struct sub_group *g)
{
	cl_uint sum = 0;
	for (cl_uint l = 0; l < g->size; l++)
		sum += value_of(g->lane[l]);
	for (cl_uint l = 0; l < g->size; l++) {
		const cl_uint *w = g->lane[l]->words;
		CHECK_EQ(sum, w[0]);
		CHECK_EQ(required, w[1]);
		CHECK_EQ(value_of(g->lane[1 % g->size]), w[2]);
	}
}

static void required_size(void)
{
	size_t offered[16], bytes;
	char options[32];
	need("cl_intel_required_subgroup_size");
	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_SUB_GROUP_SIZES_INTEL, sizeof offered, offered,
			   &bytes));
	REQUIRE(bytes >= sizeof *offered);
	for (size_t k = 0; k < bytes / sizeof *offered; k++) {
		required = offered[k];
		snprintf(options, sizeof options, "-DN=%zu", required);
		cl_kernel kernel = built(
			"__attribute__((intel_reqd_sub_group_size(N)))\n"
			"kernel void f(global item *items) {\n"
			"  global item *i = place(items);\n"
			"  uint v = V(i);\n"
			"  i->words[0] = sub_group_reduce_add(v);\n"
			"  i->words[1] = get_max_sub_group_size();\n"
			"  barrier(CLK_LOCAL_MEM_FENCE);\n"
			"  i->words[2] = sub_group_broadcast(v, 1 % get_sub_group_size()); }\n",
			"f", options);
		size_t got = 0;
		OK(clGetKernelSubGroupInfo(kernel, conf_device(),
					   CL_KERNEL_COMPILE_SUB_GROUP_SIZE_INTEL, 0, NULL,
					   sizeof got, &got, NULL));
		CHECK_EQ(required, got);
		run_all(kernel, check_required);
	}
}

static void wrong_required_size(void)
{
	static const char *source =
		"__attribute__((intel_reqd_sub_group_size(12)))\n"
		"kernel void f(global uint *out) { *out = sub_group_reduce_add(1); }\n";
	cl_int error;
	need("cl_intel_required_subgroup_size");
	cl_program program = conf_keep_program(
		clCreateProgramWithSource(conf_context(), 1, &source, NULL, &error));
	OK(error);
	CHECK_CL(CL_BUILD_PROGRAM_FAILURE,
		 clBuildProgram(program, 0, NULL, "-cl-std=CL3.0", NULL, NULL));
}

CONF_CASES(kernels_subgroups) = {
	CASE(partition),
	CASE(forward_progress),
	CASE(queries),
	CASE(core),
	CASE(collectives_after_turns),
	CASE(barriers),
	CASE(divergent),
	CASE(leaving),
	CASE(shuffles),
	CASE(clusters),
	CASE(ballots),
	CASE(required_size),
	CASE(wrong_required_size),
	CASE_END,
};
