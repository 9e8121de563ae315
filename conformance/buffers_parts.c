/* SPDX-License-Identifier: MIT */
/* Chapter 5.2: sub-buffers, rectangles, maps. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

static size_t alignment(void)
{
	return conf_device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
}

static cl_mem part_of(cl_mem mem, cl_mem_flags flags, size_t origin, size_t size)
{
	const cl_buffer_region region = {origin, size};
	cl_int error;
	cl_mem part = clCreateSubBuffer(mem, flags, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);

	OK(error);
	return conf_keep_mem(part);
}

static void sub_buffer_info(void)
{
	size_t align = alignment(), offset = 0, size = 0;
	cl_mem mem = conf_buffer(CL_MEM_READ_ONLY, 8 * align, NULL), parent = NULL;
	cl_mem part = part_of(mem, 0, 2 * align, 3 * align);
	cl_mem_flags flags = 0;

	OK(clGetMemObjectInfo(part, CL_MEM_OFFSET, sizeof offset, &offset, NULL));
	CHECK_EQ(2 * align, offset);
	OK(clGetMemObjectInfo(part, CL_MEM_SIZE, sizeof size, &size, NULL));
	CHECK_EQ(3 * align, size);
	OK(clGetMemObjectInfo(part, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent, NULL));
	CHECK(parent == mem);
	OK(clGetMemObjectInfo(part, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
	CHECK_EQ(CL_MEM_READ_ONLY, flags);
}

static void sub_buffer_data(void)
{
	size_t align = alignment();
	unsigned char *bytes = malloc(8 * align), *back = malloc(8 * align);

	REQUIRE(bytes && back);
	for (size_t i = 0; i < 8 * align; i++)
		bytes[i] = (unsigned char)(i * 7);
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, 8 * align, bytes);
	cl_mem low = part_of(mem, 0, 0, 4 * align), high = part_of(mem, 0, 4 * align, 4 * align);
	cl_kernel kernel =
		conf_kernel("kernel void inc(global uchar *p) { p[get_global_id(0)]++; }", "inc");

	conf_read(high, back, 4 * align);
	CHECK(!memcmp(back, bytes + 4 * align, 4 * align));
	ARG(kernel, 0, high);
	conf_run(kernel, 4 * align, 0);
	conf_read(mem, back, 8 * align);
	CHECK(!memcmp(back, bytes, 4 * align));
	CHECK_EQ((unsigned char)(bytes[4 * align] + 1), back[4 * align]);
	CHECK_EQ((unsigned char)(bytes[8 * align - 1] + 1), back[8 * align - 1]);
	/* Neighbouring parts may be copied to each other. */
	OK(clEnqueueCopyBuffer(conf_queue(), high, low, 0, 0, 4 * align, 0, NULL, NULL));
	conf_read(mem, back, 8 * align);
	CHECK(!memcmp(back, back + 4 * align, 4 * align));
	free(bytes);
	free(back);
}

static void sub_buffer_overlap(void)
{
	size_t align = alignment();
	cl_mem mem = conf_buffer(0, 8 * align, NULL);
	cl_mem a = part_of(mem, 0, 0, 4 * align), b = part_of(mem, 0, 2 * align, 4 * align);

	CHECK_CL(CL_MEM_COPY_OVERLAP,
		 clEnqueueCopyBuffer(conf_queue(), a, b, 0, 0, 4 * align, 0, NULL, NULL));
	CHECK_CL(CL_MEM_COPY_OVERLAP,
		 clEnqueueCopyBuffer(conf_queue(), b, a, 0, 2 * align, 16, 0, NULL, NULL));
	OK(clEnqueueCopyBuffer(conf_queue(), a, b, 0, 0, 2 * align, 0, NULL, NULL));
	OK(clFinish(conf_queue()));
}

static void sub_buffer_flags(void)
{
	static const struct {
		cl_mem_flags parent, part;
	} wrong[] = {
		{CL_MEM_WRITE_ONLY, CL_MEM_READ_ONLY},
		{CL_MEM_WRITE_ONLY, CL_MEM_READ_WRITE},
		{CL_MEM_READ_ONLY, CL_MEM_WRITE_ONLY},
		{CL_MEM_READ_ONLY, CL_MEM_READ_WRITE},
		{0, CL_MEM_USE_HOST_PTR},
		{0, CL_MEM_ALLOC_HOST_PTR},
		{0, CL_MEM_COPY_HOST_PTR},
		{CL_MEM_HOST_WRITE_ONLY, CL_MEM_HOST_READ_ONLY},
		{CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_WRITE_ONLY},
		{CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_READ_ONLY},
		{CL_MEM_HOST_NO_ACCESS, CL_MEM_HOST_WRITE_ONLY},
	};
	const cl_buffer_region region = {0, 64};
	cl_int error;

	for (size_t i = 0; i < LENGTH(wrong); i++) {
		cl_mem mem = conf_buffer(wrong[i].parent, 4096, NULL);
		cl_mem part = clCreateSubBuffer(mem, wrong[i].part, CL_BUFFER_CREATE_TYPE_REGION,
						&region, &error);

		CHECKF(error == CL_INVALID_VALUE && !part, "parent 0x%llx, part 0x%llx: error %d",
		       (unsigned long long)wrong[i].parent, (unsigned long long)wrong[i].part,
		       error);
		if (part)
			conf_keep_mem(part);
	}
}

static void CL_CALLBACK count_call(cl_mem mem, void *data)
{
	(void)mem;
	atomic_fetch_add((atomic_int *)data, 1);
}

/* A sub-buffer keeps its parent. */
static void sub_buffer_keeps_parent(void)
{
	static atomic_int destroyed;
	unsigned char bytes[64], back[64];
	const cl_buffer_region region = {0, 64};
	cl_int error;
	cl_mem mem = clCreateBuffer(conf_context(), 0, 4096, NULL, &error);

	OK(error);
	cl_mem part = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);

	OK(error);
	OK(clSetMemObjectDestructorCallback(mem, count_call, &destroyed));
	OK(clReleaseMemObject(mem));
	memset(bytes, 9, sizeof bytes);
	conf_write(part, bytes, sizeof bytes);
	conf_read(part, back, sizeof back);
	CHECK(!memcmp(bytes, back, sizeof bytes));
	CHECK_EQ(0, atomic_load(&destroyed));
	OK(clReleaseMemObject(part));
	CHECK(conf_wait_word(&destroyed, 1, 10));
}

struct rect {
	size_t origin[3], region[3], row, slice;
};

#define SPACE 24 /* the rectangles live in cubes of at most SPACE bytes a side */

static void random_rect(struct rect *rect, uint32_t *state)
{
	size_t row = 8 + conf_random(state) % (SPACE - 8), rows = 4 + conf_random(state) % 16;

	for (int i = 0; i < 3; i++) {
		size_t limit = i == 0 ? row : i == 1 ? rows : 6;

		rect->origin[i] = conf_random(state) % (limit / 2);
	}
	rect->row = row;
	rect->slice = row * rows;
}

static size_t place(const struct rect *rect, size_t x, size_t y, size_t z)
{
	return (rect->origin[2] + z) * rect->slice + (rect->origin[1] + y) * rect->row +
	       rect->origin[0] + x;
}

static void common_region(size_t region[3], const struct rect *a, const struct rect *b,
			  uint32_t *state)
{
	size_t rows_a = a->slice / a->row, rows_b = b->slice / b->row;
	size_t limit[3] = {a->row / 2 < b->row / 2 ? a->row / 2 : b->row / 2,
			   rows_a / 2 < rows_b / 2 ? rows_a / 2 : rows_b / 2, 3};

	for (int i = 0; i < 3; i++)
		region[i] = 1 + conf_random(state) % limit[i];
}

static void copy_reference(unsigned char *to, const struct rect *a, const unsigned char *from,
			   const struct rect *b, const size_t region[3])
{
	for (size_t z = 0; z < region[2]; z++)
		for (size_t y = 0; y < region[1]; y++)
			for (size_t x = 0; x < region[0]; x++)
				to[place(a, x, y, z)] = from[place(b, x, y, z)];
}

/* Random boxes in random pitches: write, copy and read against plain loops. */
static void rectangles(void)
{
	enum { BYTES = SPACE * 20 * 10 };
	static unsigned char host[BYTES], device[BYTES], back[BYTES], expected[BYTES];
	uint32_t state = 77;

	for (int turn = 0; turn < 200; turn++) {
		struct rect a, b;
		size_t region[3];

		random_rect(&a, &state);
		random_rect(&b, &state);
		common_region(region, &a, &b, &state);
		for (size_t i = 0; i < BYTES; i++) {
			host[i] = (unsigned char)conf_random(&state);
			device[i] = expected[i] = back[i] = (unsigned char)i;
		}
		cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, BYTES, device);
		cl_mem other = conf_buffer(CL_MEM_COPY_HOST_PTR, BYTES, device);

		OK(clEnqueueWriteBufferRect(conf_queue(), mem, CL_TRUE, a.origin, b.origin, region,
					    a.row, a.slice, b.row, b.slice, host, 0, NULL, NULL));
		copy_reference(expected, &a, host, &b, region);
		conf_read(mem, back, BYTES);
		CHECKF(!memcmp(back, expected, BYTES), "write, turn %d", turn);
		OK(clEnqueueCopyBufferRect(conf_queue(), mem, other, a.origin, b.origin, region,
					   a.row, a.slice, b.row, b.slice, 0, NULL, NULL));
		copy_reference(device, &b, expected, &a, region);
		conf_read(other, back, BYTES);
		CHECKF(!memcmp(back, device, BYTES), "copy, turn %d", turn);
		memset(back, 0, BYTES);
		memset(expected, 0, BYTES);
		OK(clEnqueueReadBufferRect(conf_queue(), other, CL_TRUE, b.origin, a.origin, region,
					   b.row, b.slice, a.row, a.slice, back, 0, NULL, NULL));
		copy_reference(expected, &a, device, &b, region);
		CHECKF(!memcmp(back, expected, BYTES), "read, turn %d", turn);
	}
}

/* Pitches of 0 stand for the region's own. */
static void rectangle_default_pitch(void)
{
	const size_t zero[3] = {0}, region[3] = {5, 4, 3};
	unsigned char bytes[60], back[60] = {0};

	for (int i = 0; i < 60; i++)
		bytes[i] = (unsigned char)(i + 1);
	cl_mem mem = conf_buffer(0, 60, NULL);

	OK(clEnqueueWriteBufferRect(conf_queue(), mem, CL_TRUE, zero, zero, region, 0, 0, 0, 0,
				    bytes, 0, NULL, NULL));
	conf_read(mem, back, 60);
	CHECK(!memcmp(bytes, back, 60));
	memset(back, 0, 60);
	OK(clEnqueueReadBufferRect(conf_queue(), mem, CL_TRUE, zero, zero, region, 5, 20, 5, 20,
				   back, 0, NULL, NULL));
	CHECK(!memcmp(bytes, back, 60));
}

static void *map(cl_mem mem, cl_map_flags flags, size_t offset, size_t size)
{
	cl_int error;
	void *mapped = clEnqueueMapBuffer(conf_queue(), mem, CL_TRUE, flags, offset, size, 0, NULL,
					  NULL, &error);

	OK(error);
	REQUIRE(mapped != NULL);
	return mapped;
}

static void unmap(cl_mem mem, void *mapped)
{
	OK(clEnqueueUnmapMemObject(conf_queue(), mem, mapped, 0, NULL, NULL));
}

static cl_uint map_count(cl_mem mem)
{
	cl_uint count = 99;

	OK(clGetMemObjectInfo(mem, CL_MEM_MAP_COUNT, sizeof count, &count, NULL));
	return count;
}

static void map_read_write(void)
{
	static const cl_mem_flags flags[] = {0, CL_MEM_ALLOC_HOST_PTR};
	cl_int back[256];

	for (size_t k = 0; k < LENGTH(flags); k++) {
		cl_mem mem = conf_buffer(flags[k], sizeof back, NULL);
		cl_int *words = map(mem, CL_MAP_WRITE_INVALIDATE_REGION, 0, sizeof back);

		for (int i = 0; i < 256; i++)
			words[i] = i * 3;
		unmap(mem, words);
		conf_read(mem, back, sizeof back);
		CHECK(back[0] == 0 && back[255] == 765);
		words = map(mem, CL_MAP_READ, 40, 100);
		CHECK_EQ(30, words[0]);
		unmap(mem, words);
		words = map(mem, CL_MAP_WRITE, 400, 8);
		CHECK_EQ(300, words[0]); /* CL_MAP_WRITE keeps what is there */
		words[1] = -1;
		unmap(mem, words);
		conf_read(mem, back, sizeof back);
		CHECK(back[100] == 300 && back[101] == -1 && back[102] == 306);
	}
}

/* Several regions at once; reads may overlap. */
static void several_maps(void)
{
	cl_int back[256];
	cl_mem mem = conf_buffer(CL_MEM_READ_WRITE, sizeof back, NULL);
	cl_int *parts[8];

	for (size_t i = 0; i < 8; i++)
		parts[i] = map(mem, CL_MAP_WRITE, i * 128, 128);
	CHECK_EQ(8, map_count(mem));
	for (int i = 0; i < 8; i++)
		for (int k = 0; k < 32; k++)
			parts[i][k] = 100 * i + k;
	for (int i = 7; i >= 0; i--)
		unmap(mem, parts[i]);
	OK(clFinish(conf_queue()));
	CHECK_EQ(0, map_count(mem));
	conf_read(mem, back, sizeof back);
	CHECK(back[0] == 0 && back[33] == 101 && back[255] == 731);
	void *first = map(mem, CL_MAP_READ, 0, 512), *second = map(mem, CL_MAP_READ, 0, 1024);

	CHECK(!memcmp(first, second, 512));
	CHECK_EQ(2, map_count(mem));
	unmap(mem, first);
	unmap(mem, second);
	OK(clFinish(conf_queue()));
	CHECK_EQ(0, map_count(mem));
}

static void map_without_blocking(void)
{
	cl_int error, values[64];
	cl_mem mem = conf_buffer(0, sizeof values, NULL);
	cl_event gate = conf_user_event(), mapped_event = NULL, unmapped = NULL;

	memset(values, 7, sizeof values);
	OK(clEnqueueWriteBuffer(conf_queue(), mem, CL_FALSE, 0, sizeof values, values, 1, &gate,
				NULL));
	cl_int *mapped = clEnqueueMapBuffer(conf_queue(), mem, CL_FALSE, CL_MAP_READ, 0,
					    sizeof values, 0, NULL, &mapped_event, &error);

	OK(error);
	conf_keep_event(mapped_event);
	REQUIRE(mapped != NULL);
	OK(clFlush(conf_queue()));
	CHECK(conf_event_status(mapped_event) > CL_COMPLETE);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &mapped_event));
	CHECK(!memcmp(mapped, values, sizeof values));
	OK(clEnqueueUnmapMemObject(conf_queue(), mem, mapped, 0, NULL, &unmapped));
	conf_keep_event(unmapped);
	OK(clWaitForEvents(1, &unmapped));
}

/* What is mapped from a sub-buffer is the parent's memory. */
static void map_of_sub_buffer(void)
{
	size_t align = alignment();
	cl_mem mem = conf_buffer(0, 4 * align, NULL), part = part_of(mem, 0, 2 * align, align);
	unsigned char *bytes = map(part, CL_MAP_WRITE_INVALIDATE_REGION, 0, align);
	unsigned char *back = malloc(4 * align);

	REQUIRE(back != NULL);
	memset(bytes, 0x5a, align);
	unmap(part, bytes);
	OK(clEnqueueReadBuffer(conf_queue(), mem, CL_TRUE, 2 * align, align, back, 0, NULL, NULL));
	CHECK(back[0] == 0x5a && back[align - 1] == 0x5a);
	free(back);
}

/* Mapped memory is aligned as the specification asks of buffers: for any built-in type. */
static void mapped_alignment(void)
{
	cl_mem mem = conf_buffer(0, 4096, NULL);
	void *mapped = map(mem, CL_MAP_READ, 0, 4096);

	CHECK_EQ(0, (uintptr_t)mapped % 128);
	unmap(mem, mapped);
	OK(clFinish(conf_queue()));
}

CONF_CASES(buffers_parts) = {
	CASE(sub_buffer_info),
	CASE(sub_buffer_data),
	CASE(sub_buffer_overlap),
	CASE(sub_buffer_flags),
	CASE(sub_buffer_keeps_parent),
	CASE(rectangles),
	CASE(rectangle_default_pitch),
	CASE(map_read_write),
	CASE(several_maps),
	CASE(map_without_blocking),
	CASE(map_of_sub_buffer),
	CASE(mapped_alignment),
	CASE_END,
};
