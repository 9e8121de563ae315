/* SPDX-License-Identifier: MIT */
/* 5.2.9, 5.6.1: explicit migration, coarse-grained maps, buffers over the program's memory, and
 * more data than the device has memory. */
#include "conformance/shared.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { COUNT = 100000, SIZE = COUNT * sizeof(int) };

static void migrate(const void *pointer, size_t size, cl_mem_migration_flags flags)
{
	cl_int error =
		clEnqueueSVMMigrateMem(conf_queue(), 1, &pointer, &size, flags, 0, NULL, NULL);

	/* The specification speaks of clSVMAlloc's memory; Tern takes any. */
	if (error == CL_INVALID_VALUE)
		SKIP("clEnqueueSVMMigrateMem takes no system memory here");
	OK(error);
}

static void system_memory_migrates(void)
{
	NEED_SYSTEM();
	int *p = malloc(SIZE);

	REQUIRE(p != NULL);
	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	for (int turn = 1; turn <= 4; turn++) {
		migrate(p, SIZE, 0);
		shared_inc(p, COUNT);
		if (turn % 2)
			migrate(p, SIZE, CL_MIGRATE_MEM_OBJECT_HOST);
		OK(clFinish(conf_queue()));
		CHECK_EQ(0, shared_wrong_here(p, turn, COUNT));
	}
	free(p);
}

static void odd_ranges_migrate(void)
{
	NEED_SYSTEM();
	char *p = malloc(SIZE);
	int *words = (int *)(void *)p;
	uint32_t state = 3;

	REQUIRE(p != NULL);
	for (int i = 0; i < COUNT; i++)
		words[i] = i;
	for (int turn = 0; turn < 200; turn++) {
		size_t offset = conf_random(&state) % (SIZE - 70000);
		size_t size = turn % 5 ? 1 + conf_random(&state) % 70000 : 1;

		migrate(p + offset, size, turn % 3 ? 0 : CL_MIGRATE_MEM_OBJECT_HOST);
		if (turn % 20 == 0)
			shared_inc(words, COUNT);
	}
	OK(clFinish(conf_queue()));
	CHECK_EQ(0, shared_wrong_here(words, 10, COUNT));
	/* Several ranges in one command, of different kinds of memory. */
	int on_stack[100] = {0};
	static int zeroed[100];
	const void *pointers[] = {p, on_stack, zeroed, p + 12345};
	const size_t sizes[] = {100, sizeof on_stack, sizeof zeroed, 54321};

	OK(clEnqueueSVMMigrateMem(conf_queue(), 4, pointers, sizes, 0, 0, NULL, NULL));
	shared_inc(on_stack, 100);
	CHECK(on_stack[0] == 1 && on_stack[99] == 1 && zeroed[0] == 0);
	CHECK_EQ(0, shared_wrong(words, 10, COUNT));
	free(p);
}

/* What lies beside a range whose contents may be lost is kept. */
static void undefined_contents(void)
{
	NEED_SYSTEM();
	char *p = malloc(SIZE);
	int wrong = 0;

	REQUIRE(p != NULL);
	for (size_t turn = 0; turn < 20; turn++) {
		size_t offset = 1000 + turn * 777, size = 1 + turn * 9999;

		memset(p, (int)turn + 1, SIZE);
		migrate(p + offset, size,
			CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED |
				(turn % 2 ? CL_MIGRATE_MEM_OBJECT_HOST : 0));
		OK(clFinish(conf_queue()));
		for (size_t i = 0; i < SIZE; i++)
			if (i < offset || i >= offset + size)
				wrong += p[i] != (char)(turn + 1);
		CHECK_EQ(0, wrong);
		shared_fill((int *)(void *)p, (int)turn, COUNT);
		CHECK_EQ(0, shared_wrong_here((int *)(void *)p, (int)turn, COUNT));
	}
	free(p);
}

/* Migration is a hint: ranges with holes, constants, or shared with files do no harm. */
static void strange_ranges_migrate(void)
{
	NEED_SYSTEM();
	static const char constant[] = "constant";
	char *p = shared_map(16 * SHARED_PAGE);

	memset(p, 7, 16 * SHARED_PAGE);
	munmap(p + 4 * SHARED_PAGE, SHARED_PAGE);
	CHECK_EQ(0, mprotect(p + 8 * SHARED_PAGE, SHARED_PAGE, PROT_READ));
	const void *pointers[] = {p, constant, "a literal", p + 4 * SHARED_PAGE + 5};
	const size_t sizes[] = {16 * SHARED_PAGE, sizeof constant, 3, 10};

	for (size_t i = 0; i < LENGTH(sizes); i++) {
		cl_int error = clEnqueueSVMMigrateMem(conf_queue(), 1, &pointers[i], &sizes[i], 0,
						      0, NULL, NULL);

		CHECK_CL2(CL_SUCCESS, CL_INVALID_VALUE, error);
		clFinish(conf_queue());
	}
	CHECK(!strcmp(constant, "constant"));
	CHECK(p[0] == 7 && p[3 * SHARED_PAGE] == 7 && p[8 * SHARED_PAGE] == 7 &&
	      p[16 * SHARED_PAGE - 1] == 7);
	munmap(p, 16 * SHARED_PAGE);
	shared_still_works();
}

static void buffers_migrate(void)
{
	static int back[COUNT];
	cl_kernel inc = shared_kernel("inc");

	for (int i = 0; i < COUNT; i++)
		back[i] = i;
	cl_mem mems[2] = {conf_buffer(CL_MEM_COPY_HOST_PTR, SIZE, back),
			  conf_buffer(0, SIZE, NULL)};

	ARG(inc, 0, mems[0]);
	for (int turn = 0; turn < 6; turn++) {
		cl_mem_migration_flags flags = turn % 3 ? CL_MIGRATE_MEM_OBJECT_HOST : 0;

		OK(clEnqueueMigrateMemObjects(conf_queue(), 1, &mems[0], flags, 0, NULL, NULL));
		conf_run(inc, COUNT, 0);
		OK(clEnqueueMigrateMemObjects(conf_queue(), 1, &mems[1],
					      flags | CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0,
					      NULL, NULL));
		OK(clEnqueueCopyBuffer(conf_queue(), mems[0], mems[1], 0, 0, SIZE, 0, NULL, NULL));
		OK(clEnqueueMigrateMemObjects(conf_queue(), 2, mems, 0, 0, NULL, NULL));
	}
	conf_read(mems[1], back, SIZE);
	CHECK_EQ(0, shared_wrong_here(back, 6, COUNT));
}

/* Two buffers over the two halves of one array, which meet in a page; the ends are the program's.
 */
static void host_pointer_in_parts(void)
{
	enum { EDGE = 100, HALF = 3000 };
	int *p = malloc((2 * EDGE + 2 * HALF) * sizeof *p);

	REQUIRE(p != NULL);
	for (int i = 0; i < 2 * EDGE + 2 * HALF; i++)
		p[i] = i;
	cl_kernel inc = shared_kernel("inc");
	cl_int error;
	cl_mem low = clCreateBuffer(conf_context(), CL_MEM_USE_HOST_PTR, HALF * sizeof *p, p + EDGE,
				    &error);

	OK(error);
	cl_mem high = clCreateBuffer(conf_context(), CL_MEM_USE_HOST_PTR, HALF * sizeof *p,
				     p + EDGE + HALF, &error);

	OK(error);

	for (int turn = 0; turn < 4; turn++) {
		cl_mem one = turn % 2 ? high : low;

		p[0]++;
		p[2 * EDGE + 2 * HALF - 1]--;
		ARG(inc, 0, one);
		OK(clEnqueueNDRangeKernel(conf_queue(), inc, 1, NULL, &(size_t){HALF}, NULL, 0,
					  NULL, NULL));
		int *mapped = clEnqueueMapBuffer(conf_queue(), one, CL_TRUE, CL_MAP_READ, 0,
						 HALF * sizeof *p, 0, NULL, NULL, &error);

		OK(error);
		CHECK(mapped == p + EDGE + (turn % 2 ? HALF : 0));
		CHECK_EQ(0, shared_wrong_here(mapped, EDGE + (turn % 2 ? HALF : 0) + turn / 2 + 1,
					      HALF));
		OK(clEnqueueUnmapMemObject(conf_queue(), one, mapped, 0, NULL, NULL));
		OK(clFinish(conf_queue()));
	}
	CHECK_EQ(4, p[0]);
	CHECK_EQ(2 * EDGE + 2 * HALF - 1 - 4, p[2 * EDGE + 2 * HALF - 1]);
	CHECK_EQ(0, shared_wrong_here(p + 1, 1, EDGE - 1));
	CHECK_EQ(0, shared_wrong_here(p + EDGE + 2 * HALF, EDGE + 2 * HALF, EDGE - 1));
	OK(clReleaseMemObject(low));
	OK(clReleaseMemObject(high));
	free(p);
}

/* Each round the host changes a part through a map, and a kernel all of it. */
static void coarse_maps_of_parts(void)
{
	NEED_SVM(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	int *p = clSVMAlloc(conf_context(), CL_MEM_READ_WRITE, SIZE, 0);
	cl_kernel inc = shared_kernel("inc");
	uint32_t state = 77;

	REQUIRE(p != NULL);
	shared_pointer(inc, 0, p);
	OK(clEnqueueSVMMemFill(conf_queue(), p, &(cl_int){0}, sizeof *p, SIZE, 0, NULL, NULL));
	static int expected[COUNT];

	memset(expected, 0, sizeof expected);
	for (int turn = 0; turn < 20; turn++) {
		size_t first = conf_random(&state) % (COUNT / 2);
		size_t count = 1 + conf_random(&state) % (COUNT / 2 - 1);

		conf_run(inc, COUNT, 0);
		OK(clEnqueueSVMMap(conf_queue(), CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, p + first,
				   count * sizeof *p, 0, NULL, NULL));
		int wrong = 0;

		for (size_t i = 0; i < COUNT; i++)
			expected[i]++;
		for (size_t i = first; i < first + count; i++) {
			wrong += p[i] != expected[i];
			p[i] = expected[i] = (int)i - turn;
		}
		CHECK_EQ(0, wrong);
		OK(clEnqueueSVMUnmap(conf_queue(), p + first, 0, NULL, NULL));
	}
	OK(clEnqueueSVMMap(conf_queue(), CL_TRUE, CL_MAP_READ, p, SIZE, 0, NULL, NULL));
	CHECK(!memcmp(p, expected, SIZE));
	OK(clEnqueueSVMUnmap(conf_queue(), p, 0, NULL, NULL));
	OK(clFinish(conf_queue()));
	clSVMFree(conf_context(), p);
}

/* --- more data than memory ------------------------------------------------------------------ */

static size_t device_memory(void)
{
	size_t memory = conf_device_ulong(CL_DEVICE_GLOBAL_MEM_SIZE);

	if (memory > (size_t)256 << 20)
		SKIP("the device has %zu MiB of memory: that would take long", memory >> 20);
	return memory;
}

static void twice_the_memory_of_system(void)
{
	NEED_SYSTEM();
	size_t size = 2 * device_memory(), count = size / sizeof(int);
	int *p = shared_map(size);

	shared_fill(p, 1, count);
	CHECK_EQ(0, shared_wrong(p, 1, count));
	shared_inc(p, count);
	CHECK_EQ(0, shared_wrong_here(p, 2, count));
	/* From the end to the beginning, in parts: against the order of eviction. */
	size_t part = count / 8;

	for (int i = 7; i >= 0; i--)
		shared_inc(p + (size_t)i * part, part);
	CHECK_EQ(0, shared_wrong(p, 3, count));
	munmap(p, size);
}

static void twice_the_memory_in_buffers(void)
{
	enum { PARTS = 16 };
	size_t size = device_memory() / (PARTS / 2), count = size / sizeof(int);
	cl_kernel fill = shared_kernel("fill"), inc = shared_kernel("inc");
	cl_mem mems[PARTS];
	int *back = malloc(size);

	REQUIRE(back != NULL);
	for (int i = 0; i < PARTS; i++) {
		mems[i] = conf_buffer(0, size, NULL);
		ARG(fill, 0, mems[i]);
		ARG(fill, 1, i);
		conf_run(fill, count, 0);
	}
	for (int turn = 0; turn < 2; turn++)
		for (int i = 0; i < PARTS; i++) {
			ARG(inc, 0, mems[i]);
			conf_run(inc, count, 0);
		}
	for (int i = 0; i < PARTS; i++) {
		conf_read(mems[i], back, size);
		CHECK_EQ(0, shared_wrong_here(back, i + 2, count));
	}
	free(back);
}

CONF_CASES(shared_migration) = {
	CASE(system_memory_migrates),
	CASE(odd_ranges_migrate),
	CASE(undefined_contents),
	CASE(strange_ranges_migrate),
	CASE(buffers_migrate),
	CASE(host_pointer_in_parts),
	CASE(coarse_maps_of_parts),
	CASE(twice_the_memory_of_system),
	CASE(twice_the_memory_in_buffers),
	CASE_END,
};
