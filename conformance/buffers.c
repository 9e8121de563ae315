/* SPDX-License-Identifier: MIT */
/* Chapter 5.2: making buffers, their flags and host pointers, filling, copying, mapping. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

#define SIZE 4096

static void pattern(unsigned char *bytes, size_t size, uint32_t seed)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(conf_random(&seed) >> 11);
}

/* Every allowed combination of access, host access and host pointer flags can be written and read
 * as its flags allow, and reports its flags. */
static void check_flags(cl_mem_flags flags, unsigned char *host)
{
	bool pointer = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR);
	unsigned char back[SIZE];
	cl_mem mem = conf_buffer(flags, SIZE, pointer ? host : NULL);
	cl_mem_flags reported = 0;

	OK(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof reported, &reported, NULL));
	if (flags & (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY))
		CHECK_EQ(flags, reported);
	bool writes = !(flags & (CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS));
	bool reads = !(flags & (CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS));

	CHECK_CL(reads ? CL_SUCCESS : CL_INVALID_OPERATION,
		 clEnqueueReadBuffer(conf_queue(), mem, CL_TRUE, 0, SIZE, back, 0, NULL, NULL));
	if (reads && pointer)
		CHECK(!memcmp(back, host, SIZE));
	CHECK_CL(writes ? CL_SUCCESS : CL_INVALID_OPERATION,
		 clEnqueueWriteBuffer(conf_queue(), mem, CL_TRUE, 0, SIZE, back, 0, NULL, NULL));
}

static void flag_combinations(void)
{
	static const cl_mem_flags device[] = {0, CL_MEM_READ_WRITE, CL_MEM_READ_ONLY,
					      CL_MEM_WRITE_ONLY};
	static const cl_mem_flags host[] = {0, CL_MEM_HOST_READ_ONLY, CL_MEM_HOST_WRITE_ONLY,
					    CL_MEM_HOST_NO_ACCESS};
	static const cl_mem_flags pointer[] = {0, CL_MEM_USE_HOST_PTR, CL_MEM_ALLOC_HOST_PTR,
					       CL_MEM_COPY_HOST_PTR,
					       CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR};
	static unsigned char bytes[SIZE];

	pattern(bytes, SIZE, 1);
	for (size_t i = 0; i < LENGTH(device); i++)
		for (size_t k = 0; k < LENGTH(host); k++)
			for (size_t m = 0; m < LENGTH(pointer); m++)
				check_flags(device[i] | host[k] | pointer[m], bytes);
}

/* COPY_HOST_PTR takes the bytes at once: later changes of the host's copy do not show. */
static void copy_host_ptr(void)
{
	unsigned char bytes[257], again[257];

	pattern(bytes, sizeof bytes, 2);
	memcpy(again, bytes, sizeof bytes);
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof bytes, bytes);

	memset(bytes, 0, sizeof bytes);
	conf_read(mem, bytes, sizeof bytes);
	CHECK(!memcmp(bytes, again, sizeof bytes));
	void *host = bytes;

	OK(clGetMemObjectInfo(mem, CL_MEM_HOST_PTR, sizeof host, &host, NULL));
	CHECK(host == NULL);
}

/* With USE_HOST_PTR a mapped pointer is the host's own, and holds what the kernel wrote. */
static void use_host_ptr(void)
{
	static cl_int values[1024];
	cl_kernel kernel =
		conf_kernel("kernel void inc(global int *p) { p[get_global_id(0)] += 1; }", "inc");
	cl_int error;
	void *host = NULL;

	for (int i = 0; i < 1024; i++)
		values[i] = i;
	cl_mem mem = conf_buffer(CL_MEM_USE_HOST_PTR, sizeof values, values);

	OK(clGetMemObjectInfo(mem, CL_MEM_HOST_PTR, sizeof host, &host, NULL));
	CHECK(host == values);
	ARG(kernel, 0, mem);
	conf_run(kernel, 1024, 0);
	char *mapped = clEnqueueMapBuffer(conf_queue(), mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE,
					  40, 400, 0, NULL, NULL, &error);

	OK(error);
	CHECK(mapped == (char *)values + 40);
	CHECK_EQ(11, values[10]);
	CHECK_EQ(110, values[109]);
	values[10] = 1000;
	OK(clEnqueueUnmapMemObject(conf_queue(), mem, mapped, 0, NULL, NULL));
	conf_run(kernel, 1024, 0);
	mapped = clEnqueueMapBuffer(conf_queue(), mem, CL_TRUE, CL_MAP_READ, 0, sizeof values, 0,
				    NULL, NULL, &error);
	OK(error);
	CHECK(mapped == (char *)values);
	CHECK_EQ(1001, values[10]);
	CHECK_EQ(1025, values[1023]);
	OK(clEnqueueUnmapMemObject(conf_queue(), mem, mapped, 0, NULL, NULL));
	OK(clFinish(conf_queue()));
}

/* The host pointer need not be aligned, nor the size be round. */
static void use_host_ptr_unaligned(void)
{
	static unsigned char bytes[300];
	cl_kernel kernel =
		conf_kernel("kernel void inc(global uchar *p) { p[get_global_id(0)]++; }", "inc");
	cl_int error;

	for (size_t offset = 1; offset < 8; offset += 3) {
		memset(bytes, 7, sizeof bytes);
		cl_mem mem = conf_buffer(CL_MEM_USE_HOST_PTR, 251, bytes + offset);

		ARG(kernel, 0, mem);
		conf_run(kernel, 251, 0);
		void *mapped = clEnqueueMapBuffer(conf_queue(), mem, CL_TRUE, CL_MAP_READ, 0, 251,
						  0, NULL, NULL, &error);

		OK(error);
		CHECK(mapped == bytes + offset);
		CHECK(bytes[offset] == 8 && bytes[offset + 250] == 8);
		CHECK(bytes[offset - 1] == 7 && bytes[offset + 251] == 7);
		OK(clEnqueueUnmapMemObject(conf_queue(), mem, mapped, 0, NULL, NULL));
		OK(clFinish(conf_queue()));
	}
}

static void odd_sizes_and_offsets(void)
{
	static const size_t sizes[] = {1, 3, 17, 255, 4097, 65537};
	unsigned char *bytes = malloc(65537), *back = malloc(65537);

	REQUIRE(bytes && back);
	pattern(bytes, 65537, 3);
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		size_t size = sizes[i], offset = size / 3;
		cl_mem mem = conf_buffer(0, size, NULL);

		conf_write(mem, bytes, size);
		OK(clEnqueueReadBuffer(conf_queue(), mem, CL_TRUE, offset, size - offset, back, 0,
				       NULL, NULL));
		CHECK(!memcmp(back, bytes + offset, size - offset));
		OK(clEnqueueWriteBuffer(conf_queue(), mem, CL_TRUE, size - 1, 1, bytes, 0, NULL,
					NULL));
		OK(clEnqueueReadBuffer(conf_queue(), mem, CL_TRUE, size - 1, 1, back, 0, NULL,
				       NULL));
		CHECK(back[0] == bytes[0]);
	}
	free(bytes);
	free(back);
}

static void non_blocking_transfers(void)
{
	enum { COUNT = 64 };
	static unsigned char from[COUNT][512], to[COUNT][512];
	cl_mem mem = conf_buffer(0, sizeof from, NULL);
	cl_event last = NULL;

	pattern(&from[0][0], sizeof from, 4);
	for (size_t i = 0; i < COUNT; i++)
		OK(clEnqueueWriteBuffer(conf_queue(), mem, CL_FALSE, i * 512, 512, from[i], 0, NULL,
					NULL));
	for (size_t i = 0; i < COUNT; i++)
		OK(clEnqueueReadBuffer(conf_queue(), mem, CL_FALSE, i * 512, 512, to[i], 0, NULL,
				       i == COUNT - 1 ? &last : NULL));
	conf_keep_event(last);
	OK(clWaitForEvents(1, &last));
	CHECK(!memcmp(from, to, sizeof from));
}

static void fill_one(cl_mem mem, unsigned char *reference, size_t width, size_t offset, size_t size)
{
	unsigned char bytes[128], back[SIZE];

	pattern(bytes, width, (uint32_t)(width * 31 + offset));
	for (size_t i = 0; i < size; i++)
		reference[offset + i] = bytes[i % width];
	OK(clEnqueueFillBuffer(conf_queue(), mem, bytes, width, offset, size, 0, NULL, NULL));
	memset(bytes, 0, sizeof bytes); /* the pattern has been taken */
	conf_read(mem, back, SIZE);
	CHECKF(!memcmp(back, reference, SIZE), "pattern of %zu at %zu, %zu bytes", width, offset,
	       size);
}

static void fill(void)
{
	static unsigned char reference[SIZE];
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, SIZE, reference);

	for (size_t width = 1; width <= 128; width *= 2) {
		fill_one(mem, reference, width, 0, SIZE);
		fill_one(mem, reference, width, width * 3, width * 5);
		fill_one(mem, reference, width, SIZE - width, width);
	}
}

static void copy(void)
{
	unsigned char from[SIZE], to[SIZE], back[SIZE];

	pattern(from, SIZE, 5);
	pattern(to, SIZE, 6);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, SIZE, from);
	cl_mem b = conf_buffer(CL_MEM_COPY_HOST_PTR, SIZE, to);

	OK(clEnqueueCopyBuffer(conf_queue(), a, b, 100, 33, 1001, 0, NULL, NULL));
	conf_read(b, back, SIZE);
	memcpy(to + 33, from + 100, 1001);
	CHECK(!memcmp(back, to, SIZE));
	/* Within one buffer, not overlapping: neighbours are allowed. */
	OK(clEnqueueCopyBuffer(conf_queue(), a, a, 0, 2048, 2048, 0, NULL, NULL));
	conf_read(a, back, SIZE);
	memcpy(from + 2048, from, 2048);
	CHECK(!memcmp(back, from, SIZE));
	CHECK_CL(CL_MEM_COPY_OVERLAP,
		 clEnqueueCopyBuffer(conf_queue(), a, a, 0, 100, 101, 0, NULL, NULL));
	CHECK_CL(CL_MEM_COPY_OVERLAP,
		 clEnqueueCopyBuffer(conf_queue(), a, a, 100, 0, 101, 0, NULL, NULL));
}

static void migrate(void)
{
	static const cl_mem_migration_flags flags[] = {
		0, CL_MIGRATE_MEM_OBJECT_HOST, CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED,
		CL_MIGRATE_MEM_OBJECT_HOST | CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED};
	unsigned char bytes[512], back[512];
	cl_mem mems[2];

	pattern(bytes, sizeof bytes, 7);
	mems[0] = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof bytes, bytes);
	mems[1] = conf_buffer(0, sizeof bytes, NULL);
	for (size_t i = 0; i < LENGTH(flags); i++) {
		OK(clEnqueueMigrateMemObjects(conf_queue(), 2, mems, flags[i], 0, NULL, NULL));
		if (flags[i] & CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED)
			conf_write(mems[0], bytes, sizeof bytes);
		conf_read(mems[0], back, sizeof back);
		CHECK(!memcmp(back, bytes, sizeof bytes));
	}
}

struct order {
	atomic_int *next;
	int seen;
	cl_mem mem;
};

static void CL_CALLBACK note_order(cl_mem mem, void *data)
{
	struct order *order = data;

	order->mem = mem;
	order->seen = atomic_fetch_add(order->next, 1) + 1;
}

/* Destructor callbacks: last registered, first called. */
static void destructor_order(void)
{
	static atomic_int next;
	static struct order orders[5];
	cl_int error;
	cl_mem mem = clCreateBuffer(conf_context(), 0, 64, NULL, &error);

	OK(error);
	for (int i = 0; i < 5; i++) {
		orders[i].next = &next;
		OK(clSetMemObjectDestructorCallback(mem, note_order, &orders[i]));
	}
	OK(clRetainMemObject(mem));
	OK(clReleaseMemObject(mem));
	CHECK_EQ(0, atomic_load(&next));
	OK(clReleaseMemObject(mem));
	CHECK(conf_wait_word(&next, 5, 10));
	for (int i = 0; i < 5; i++) {
		CHECK_EQ(5 - i, orders[i].seen);
		CHECK(orders[i].mem == mem);
	}
}

/* The host's memory may be used again once the destructor of a USE_HOST_PTR buffer is called. */
static void CL_CALLBACK free_host(cl_mem mem, void *data)
{
	struct order *order = data;

	(void)mem;
	free((void *)order->mem); /* holds the host pointer here */
	atomic_fetch_add(order->next, 1);
}

static void destructor_frees_host_ptr(void)
{
	static atomic_int freed;
	static struct order order = {&freed, 0, NULL};
	void *host = calloc(1, SIZE);
	cl_int error;

	REQUIRE(host != NULL);
	cl_mem mem = clCreateBuffer(conf_context(), CL_MEM_USE_HOST_PTR, SIZE, host, &error);

	OK(error);
	order.mem = host;
	OK(clSetMemObjectDestructorCallback(mem, free_host, &order));
	OK(clEnqueueFillBuffer(conf_queue(), mem, "x", 1, 0, SIZE, 0, NULL, NULL));
	OK(clReleaseMemObject(mem));
	OK(clFinish(conf_queue()));
	CHECK(conf_wait_word(&freed, 1, 10));
}

static void with_properties(void)
{
	const cl_mem_properties none[] = {0};
	cl_mem_properties back[4];
	size_t size = 9;
	cl_int error;
	cl_mem mem = clCreateBufferWithProperties(conf_context(), NULL, 0, 64, NULL, &error);

	OK(error);
	conf_keep_mem(mem);
	OK(clGetMemObjectInfo(mem, CL_MEM_PROPERTIES, sizeof back, back, &size));
	CHECK_EQ(0, size);
	mem = clCreateBufferWithProperties(conf_context(), none, 0, 64, NULL, &error);
	OK(error);
	conf_keep_mem(mem);
	OK(clGetMemObjectInfo(mem, CL_MEM_PROPERTIES, sizeof back, back, &size));
	CHECK_EQ(sizeof none, size);
	const cl_mem_properties wrong[] = {0x7777, 1, 0};

	mem = clCreateBufferWithProperties(conf_context(), wrong, 0, 64, NULL, &error);
	CHECK_EQ(CL_INVALID_PROPERTY, error);
	CHECK(mem == NULL);
}

/* A buffer of the greatest size works at both ends. */
static void greatest_size(void)
{
	cl_ulong size = conf_device_ulong(CL_DEVICE_MAX_MEM_ALLOC_SIZE);
	cl_int error, word = 0x12345678, back = 0;
	cl_mem mem = clCreateBuffer(conf_context(), 0, size, NULL, &error);

	CHECK_CL2(CL_SUCCESS, CL_MEM_OBJECT_ALLOCATION_FAILURE, error);
	if (error)
		return;
	conf_keep_mem(mem);
	for (int end = 0; end < 2; end++) {
		size_t offset = end ? size - sizeof word : 0;
		cl_int result = clEnqueueWriteBuffer(conf_queue(), mem, CL_TRUE, offset,
						     sizeof word, &word, 0, NULL, NULL);

		CHECK_CL2(CL_SUCCESS, CL_MEM_OBJECT_ALLOCATION_FAILURE, result);
		if (result)
			return;
		OK(clEnqueueReadBuffer(conf_queue(), mem, CL_TRUE, offset, sizeof back, &back, 0,
				       NULL, NULL));
		CHECK_EQ(word, back);
	}
}

CONF_CASES(buffers) = {
	CASE(flag_combinations),
	CASE(copy_host_ptr),
	CASE(use_host_ptr),
	CASE(use_host_ptr_unaligned),
	CASE(odd_sizes_and_offsets),
	CASE(non_blocking_transfers),
	CASE(fill),
	CASE(copy),
	CASE(migrate),
	CASE(destructor_order),
	CASE(destructor_frees_host_ptr),
	CASE(with_properties),
	CASE(greatest_size),
	CASE_END,
};
