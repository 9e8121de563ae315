/* SPDX-License-Identifier: MIT */
/* Chapter 5.8 and the execution model: ND-ranges. */
#include "conformance/harness.h"
#include <CL/cl_ext.h>
#include <stdlib.h>
#include <string.h>

/* Each work-item writes all its ids to its own place, and counts that it came. */
static const char *const ids_source =
	"typedef struct { ulong gid[3], lid[3], group[3], gs[3], ls[3], els[3], ng[3], off[3];\n"
	"                 uint dims, count; } ids;\n"
	"kernel void record(global ids *out) {\n"
	"  size_t x = get_global_id(0) - get_global_offset(0);\n"
	"  size_t y = get_global_id(1) - get_global_offset(1);\n"
	"  size_t z = get_global_id(2) - get_global_offset(2);\n"
	"  global ids *o = out + (z * get_global_size(1) + y) * get_global_size(0) + x;\n"
	"  for (uint d = 0; d < 3; d++) {\n"
	"    o->gid[d] = get_global_id(d); o->lid[d] = get_local_id(d);\n"
	"    o->group[d] = get_group_id(d); o->gs[d] = get_global_size(d);\n"
	"    o->ls[d] = get_local_size(d); o->ng[d] = get_num_groups(d);\n"
	"    o->off[d] = get_global_offset(d); }\n"
	"  o->dims = get_work_dim(); o->count++; }\n";

struct ids {
	cl_ulong gid[3], lid[3], group[3], gs[3], ls[3], els[3], ng[3], off[3];
	cl_uint dims, count;
};

static void check_item(const struct ids *item, cl_uint dims, const size_t at[3],
		       const size_t offset[3], const size_t global[3], const size_t local[3])
{
	CHECK(item->count == 1 && item->dims == dims);
	for (int d = 0; d < 3; d++) {
		size_t size = item->ls[d];
		size_t full = local[d] ? local[d] : (size ? (size_t)item->ls[d] : 1);
		bool ok = item->gid[d] == at[d] + offset[d] && item->gs[d] == global[d] &&
			  item->off[d] == offset[d] && item->group[d] == at[d] / full &&
			  item->lid[d] == at[d] % full &&
			  item->ng[d] == (global[d] + full - 1) / full;

		if (local[d] && at[d] / full < global[d] / full)
			ok &= size == local[d];
		CHECKF(ok,
		       "dim %d of item %zu,%zu,%zu: gid %zu lid %zu group %zu of %zu ls %zu gs %zu",
		       d, at[0], at[1], at[2], (size_t)item->gid[d], (size_t)item->lid[d],
		       (size_t)item->group[d], (size_t)item->ng[d], size, (size_t)item->gs[d]);
	}
}

/* Runs record() over the range and checks every item. @local NULL: the runtime's choice, which must
 * divide the range unless non-uniform sizes are allowed. */
static void check_range(cl_kernel kernel, cl_uint dims, const size_t *offset, const size_t *global,
			const size_t *local)
{
	size_t g[3] = {1, 1, 1}, o[3] = {0, 0, 0}, l[3] = {1, 1, 1}, i = 0, at[3];

	for (cl_uint d = 0; d < dims; d++) {
		g[d] = global[d];
		o[d] = offset ? offset[d] : 0;
		l[d] = local ? local[d] : 0;
	}
	size_t count = g[0] * g[1] * g[2];
	struct ids *items = calloc(count, sizeof *items);

	REQUIRE(items != NULL);
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, count * sizeof *items, items);

	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, dims, offset, global, local, 0, NULL,
				  NULL));
	conf_read(mem, items, count * sizeof *items);
	for (at[2] = 0; at[2] < g[2]; at[2]++)
		for (at[1] = 0; at[1] < g[1]; at[1]++)
			for (at[0] = 0; at[0] < g[0]; at[0]++)
				check_item(&items[i++], dims, at, o, g, l);
	free(items);
}

static void one_dimension(void)
{
	static const size_t sizes[][2] = {{1, 1},    {7, 7},      {64, 8}, {64, 64}, {100, 10},
					  {1000, 1}, {1000, 125}, {96, 3}, {51, 17}, {2048, 256}};
	cl_kernel kernel = conf_kernel(ids_source, "record");

	for (size_t i = 0; i < LENGTH(sizes); i++) {
		check_range(kernel, 1, NULL, &sizes[i][0], &sizes[i][1]);
		check_range(kernel, 1, NULL, &sizes[i][0], NULL);
	}
}

/* Sizes around multiples of any vector length, with the runtime's own choice of group. */
static void tails(void)
{
	cl_kernel kernel = conf_kernel(ids_source, "record");

	for (size_t size = 1; size <= 70; size++)
		check_range(kernel, 1, NULL, &size, NULL);
	for (size_t size = 1; size <= 67; size += 2) {
		const size_t global = size * 3;

		check_range(kernel, 1, NULL, &global, &size);
	}
}

static void two_dimensions(void)
{
	static const size_t sizes[][4] = {{1, 1, 1, 1},   {16, 16, 4, 4},  {17, 5, 17, 1},
					  {30, 14, 5, 7}, {3, 100, 1, 20}, {13, 13, 13, 13}};
	cl_kernel kernel = conf_kernel(ids_source, "record");

	for (size_t i = 0; i < LENGTH(sizes); i++) {
		check_range(kernel, 2, NULL, &sizes[i][0], &sizes[i][2]);
		check_range(kernel, 2, NULL, &sizes[i][0], NULL);
	}
}

static void three_dimensions(void)
{
	static const size_t sizes[][6] = {{1, 1, 1, 1, 1, 1},   {8, 8, 8, 2, 4, 8},
					  {5, 7, 11, 5, 1, 11}, {6, 10, 14, 3, 5, 7},
					  {1, 1, 40, 1, 1, 8},  {2, 3, 4, 2, 3, 4}};
	cl_kernel kernel = conf_kernel(ids_source, "record");

	for (size_t i = 0; i < LENGTH(sizes); i++) {
		check_range(kernel, 3, NULL, &sizes[i][0], &sizes[i][3]);
		check_range(kernel, 3, NULL, &sizes[i][0], NULL);
	}
}

static void offsets(void)
{
	static const size_t offset[3] = {3, 1000, 7}, far[3] = {1ul << 33, 0, 5};
	static const size_t global[3] = {10, 6, 4}, local[3] = {5, 3, 2};
	cl_kernel kernel = conf_kernel(ids_source, "record");

	for (cl_uint dims = 1; dims <= 3; dims++) {
		check_range(kernel, dims, offset, global, local);
		check_range(kernel, dims, offset, global, NULL);
		if (sizeof(size_t) == 8)
			check_range(kernel, dims, far, global, local);
	}
}

/* OpenCL 3.0: with -cl-std=CL3.0 the range need not be a multiple, if the device says so. */
static void non_uniform_groups(void)
{
	static const size_t global[3] = {37, 11, 5}, local[3] = {8, 4, 3};
	cl_kernel kernel = conf_kernel_of(conf_program(ids_source, "-cl-std=CL3.0"), "record");

	if (!conf_device_bool(CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT)) {
		CHECK_CL(CL_INVALID_WORK_GROUP_SIZE,
			 clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, global, local, 0,
						NULL, NULL));
		return;
	}
	for (cl_uint dims = 1; dims <= 3; dims++)
		check_range(kernel, dims, NULL, global, local);
}

static void non_uniform_sizes_in_kernel(void)
{
	static const char *const source = "kernel void sizes(global uint2 *o) {\n"
					  "  o[get_global_id(0)] = (uint2)(get_local_size(0), "
					  "get_enqueued_local_size(0)); }\n";
	const size_t global = 100, local = 32;
	cl_uint back[100][2];

	if (!conf_device_bool(CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT))
		SKIP("CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT is false");
	cl_kernel kernel = conf_kernel_of(conf_program(source, "-cl-std=CL3.0"), "sizes");
	cl_mem mem = conf_buffer(0, sizeof back, NULL);

	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &global, &local, 0, NULL, NULL));
	conf_read(mem, back, sizeof back);
	for (int i = 0; i < 100; i++) {
		CHECK_EQ(i < 96 ? 32 : 4, back[i][0]);
		CHECK_EQ(32, back[i][1]);
	}
}

/* With -cl-uniform-work-group-size or OpenCL C before 2.0 a size that does not divide is an error.
 */
static void uniform_is_enforced(void)
{
	static const char *const options[] = {"-cl-std=CL1.2", NULL};
	const size_t global = 37, local = 8;

	for (size_t i = 0; i < LENGTH(options); i++) {
		cl_kernel kernel = conf_kernel_of(conf_program(ids_source, options[i]), "record");
		cl_mem mem = conf_buffer(0, 37 * sizeof(struct ids), NULL);

		ARG(kernel, 0, mem);
		CHECK_CL(CL_INVALID_WORK_GROUP_SIZE,
			 clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &global, &local, 0,
						NULL, NULL));
	}
}

static void required_group_size(void)
{
	static const size_t global[3] = {16, 4, 1}, right[3] = {8, 2, 1}, wrong[3] = {4, 4, 1};
	cl_kernel kernel = conf_kernel(
		"kernel __attribute__((reqd_work_group_size(8, 2, 1))) void req(global uint *o) {\n"
		"  o[get_global_id(1) * 16 + get_global_id(0)] =\n"
		"    get_local_size(0) * 100 + get_local_size(1); }",
		"req");
	cl_uint back[64];
	cl_mem mem = conf_buffer(0, sizeof back, NULL);

	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 2, NULL, global, right, 0, NULL, NULL));
	conf_read(mem, back, sizeof back);
	CHECK(back[0] == 802 && back[63] == 802);
	CHECK_CL(CL_INVALID_WORK_GROUP_SIZE, clEnqueueNDRangeKernel(conf_queue(), kernel, 2, NULL,
								    global, wrong, 0, NULL, NULL));
	/* NULL: the size that the kernel requires is used. */
	memset(back, 0, sizeof back);
	conf_write(mem, back, sizeof back);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 2, NULL, global, NULL, 0, NULL, NULL));
	conf_read(mem, back, sizeof back);
	CHECK(back[0] == 802 && back[63] == 802);
}

/* A global size of 0 in any dimension: the command does nothing and completes (OpenCL 2.1). */
static void empty_range(void)
{
	static const size_t sizes[3] = {4, 0, 4};
	cl_kernel kernel = conf_kernel("kernel void put(global int *o) { o[0] = 1; }", "put");
	cl_int value = 0;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);
	cl_event event = NULL;

	ARG(kernel, 0, mem);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 3, NULL, sizes, NULL, 0, NULL, &event));
	conf_keep_event(event);
	OK(clWaitForEvents(1, &event));
	CHECK_EQ(CL_COMPLETE, conf_event_status(event));
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(0, value);
}

static void greatest_group(void)
{
	cl_kernel kernel = conf_kernel(ids_source, "record");
	size_t limit = 0, sizes[8] = {0};

	OK(clGetKernelWorkGroupInfo(kernel, conf_device(), CL_KERNEL_WORK_GROUP_SIZE, sizeof limit,
				    &limit, NULL));
	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sizes, sizes,
			   NULL));
	limit = limit < sizes[0] ? limit : sizes[0];
	const size_t global = limit * 2, above = limit + 1;

	check_range(kernel, 1, NULL, &global, &limit);
	cl_mem mem = conf_buffer(0, above * sizeof(struct ids), NULL);

	ARG(kernel, 0, mem);
	cl_int error = clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &above, &above, 0,
					      NULL, NULL);

	CHECK_CL2(CL_INVALID_WORK_GROUP_SIZE, CL_INVALID_WORK_ITEM_SIZE, error);
}

/* cl_khr_suggested_local_work_size: what a launch without a size takes, and its errors. */
static void suggested_local_size(void)
{
	static const size_t globals[][3] = {{1000, 1, 1}, {64, 48, 1}, {33, 7, 5}, {1, 1, 1}};
	const size_t none[3] = {4, 0, 4};
	size_t local[3] = {0};

	if (!conf_has_extension("cl_khr_suggested_local_work_size"))
		SKIP("no cl_khr_suggested_local_work_size");
	clGetKernelSuggestedLocalWorkSizeKHR_fn suggest =
		(clGetKernelSuggestedLocalWorkSizeKHR_fn)clGetExtensionFunctionAddressForPlatform(
			conf_platform(), "clGetKernelSuggestedLocalWorkSizeKHR");
	REQUIRE(suggest != NULL);
	cl_kernel kernel = conf_kernel(ids_source, "record");
	cl_mem mem = conf_buffer(0, 64 * 48 * sizeof(struct ids), NULL);
	cl_command_queue queue = conf_queue();

	CHECK_CL(CL_INVALID_KERNEL_ARGS, suggest(queue, kernel, 3, NULL, globals[0], local));
	ARG(kernel, 0, mem);
	for (size_t g = 0; g < LENGTH(globals); g++) {
		struct ids first;

		OK(suggest(queue, kernel, 3, NULL, globals[g], local));
		OK(clEnqueueNDRangeKernel(queue, kernel, 3, NULL, globals[g], NULL, 0, NULL, NULL));
		conf_read(mem, &first, sizeof first);
		for (int d = 0; d < 3; d++)
			CHECK_EQ(first.ls[d], local[d]);
	}
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, suggest(NULL, kernel, 3, NULL, globals[0], local));
	CHECK_CL(CL_INVALID_KERNEL, suggest(queue, NULL, 3, NULL, globals[0], local));
	CHECK_CL(CL_INVALID_WORK_DIMENSION, suggest(queue, kernel, 0, NULL, globals[0], local));
	CHECK_CL(CL_INVALID_WORK_DIMENSION, suggest(queue, kernel, 4, NULL, globals[0], local));
	CHECK_CL(CL_INVALID_GLOBAL_WORK_SIZE, suggest(queue, kernel, 3, NULL, NULL, local));
	CHECK_CL(CL_INVALID_GLOBAL_WORK_SIZE, suggest(queue, kernel, 3, NULL, none, local));
	CHECK_CL(CL_INVALID_VALUE, suggest(queue, kernel, 3, NULL, globals[0], NULL));
}

/* More work-items than 16 bits of groups hold, in one and two dimensions. */
static void large_range(void)
{
	cl_kernel kernel = conf_kernel("kernel void count(global uint *o, uint width) {\n"
				       "  o[get_global_id(1) * width + get_global_id(0)] += 1; }",
				       "count");
	const size_t sizes[2][2] = {{3000001, 1}, {1500, 2001}};
	cl_uint *back = malloc(3001500 * sizeof *back);

	REQUIRE(back != NULL);
	for (int k = 0; k < 2; k++) {
		size_t count = sizes[k][0] * sizes[k][1], wrong = 0;
		cl_uint width = (cl_uint)sizes[k][0];

		memset(back, 0, count * sizeof *back);
		cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, count * sizeof *back, back);

		ARG(kernel, 0, mem);
		ARG(kernel, 1, width);
		OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 2, NULL, sizes[k], NULL, 0, NULL,
					  NULL));
		conf_read(mem, back, count * sizeof *back);
		for (size_t i = 0; i < count; i++)
			wrong += back[i] != 1;
		CHECK_EQ(0, wrong);
	}
	free(back);
}

/* Rows by dimension 0 and columns by dimension 1: compilers may take the other order. */
static const char *const rows_source =
	"kernel void rows(global const uint *in, global uint *out) {\n"
	"  size_t row = get_global_id(0) - get_global_offset(0);\n"
	"  size_t column = get_global_id(1) - get_global_offset(1);\n"
	"  size_t at = row * get_global_size(1) + column;\n"
	"  out[at] += in[at] + 1000003 * (uint)get_global_id(0) + 10007 * (uint)get_global_id(1) "
	"+\n"
	"             101 * (uint)get_global_size(0) + get_work_dim(); }\n";

static void check_rows(cl_kernel kernel, cl_uint dims, const size_t *offset, const size_t *global,
		       const size_t *local)
{
	size_t height = global[0], width = dims > 1 ? global[1] : 1, wrong = 0;
	size_t bytes = height * width * sizeof(cl_uint);
	cl_uint *in = calloc(2, bytes);

	REQUIRE(in != NULL);
	cl_uint *out = in + height * width;
	for (size_t i = 0; i < height * width; i++)
		in[i] = (cl_uint)(i * 2654435761u);
	cl_mem from = conf_buffer(CL_MEM_COPY_HOST_PTR, bytes, in);
	cl_mem to = conf_buffer(CL_MEM_COPY_HOST_PTR, bytes, out);
	ARG(kernel, 0, from);
	ARG(kernel, 1, to);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, dims, offset, global, local, 0, NULL,
				  NULL));
	conf_read(to, out, bytes);
	for (size_t row = 0; row < height; row++)
		for (size_t column = 0; column < width; column++) {
			cl_uint x = (cl_uint)(row + (offset ? offset[0] : 0));
			cl_uint y = (cl_uint)(column + (offset && dims > 1 ? offset[1] : 0));
			size_t i = row * width + column;
			wrong += out[i] !=
				 in[i] + 1000003 * x + 10007 * y + 101 * (cl_uint)height + dims;
		}
	CHECKF(!wrong, "%zu of %zu x %zu are wrong", wrong, height, width);
	free(in);
}

static void rows_first(void)
{
	static const size_t sizes[][4] = {{16, 16, 4, 4},   {17, 5, 17, 1},   {3, 100, 1, 20},
					  {64, 64, 1, 64},  {200, 33, 8, 11}, {77, 1, 11, 1},
					  {24, 130, 24, 1}, {24, 129, 3, 43}};
	static const size_t offset[3] = {5, 9, 0};
	cl_kernel kernel = conf_kernel(rows_source, "rows");

	for (size_t i = 0; i < LENGTH(sizes); i++) {
		check_rows(kernel, 2, offset, &sizes[i][0], &sizes[i][2]);
		check_rows(kernel, 2, NULL, &sizes[i][0], NULL);
		check_rows(kernel, 1, i % 2 ? offset : NULL, &sizes[i][0],
			   i % 2 ? NULL : &sizes[i][2]);
	}
}

static void rows_of_uneven_groups(void)
{
	static const size_t sizes[][4] = {{17, 37, 4, 16}, {37, 17, 16, 4}, {5, 100, 3, 64}};
	static const size_t offset[3] = {3, 1, 0};

	if (!conf_device_bool(CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT))
		SKIP("CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT is false");
	cl_kernel kernel = conf_kernel_of(conf_program(rows_source, "-cl-std=CL3.0"), "rows");
	for (size_t i = 0; i < LENGTH(sizes); i++)
		check_rows(kernel, 2, offset, &sizes[i][0], &sizes[i][2]);
}

CONF_CASES(ndrange) = {
	CASE(one_dimension),
	CASE(tails),
	CASE(two_dimensions),
	CASE(three_dimensions),
	CASE(offsets),
	CASE(non_uniform_groups),
	CASE(non_uniform_sizes_in_kernel),
	CASE(uniform_is_enforced),
	CASE(required_group_size),
	CASE(empty_range),
	CASE(greatest_group),
	CASE(suggested_local_size),
	CASE(large_range),
	CASE(rows_first),
	CASE(rows_of_uneven_groups),
	CASE_END,
};
