/* SPDX-License-Identifier: MIT */
/* 5.6.1: every kind of memory that a program can have, used by kernels as it is. */
#include "conformance/shared.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int zeroed[5000];
static int initialised[3000] = {5, 6, 7, [2999] = 5 + 2999};
static const int constants[3000] = {9, 10, 11, [2999] = 9 + 2999};
static const char text_constant[] = "The quick brown fox jumps over the lazy dog.";

static void stack_arrays(void)
{
	NEED_SYSTEM();
	enum { COUNT = 20000 };
	int array[COUNT];

	for (int i = 0; i < COUNT; i++)
		array[i] = i;
	for (int turn = 0; turn < 3; turn++) {
		shared_inc(array + turn, COUNT - 2);
		array[COUNT - 1]++; /* the page that the kernel has just changed */
	}
	CHECK_EQ(1, array[0]);
	CHECK_EQ(3, array[1]);
	CHECK_EQ(0, shared_wrong_here(array + 2, 5, COUNT - 4));
	CHECK_EQ(COUNT - 1 + 4, array[COUNT - 1]);
}

static int deeper(int depth)
{
	volatile int here[600];

	for (int i = 0; i < 600; i++)
		here[i] = depth;
	if (depth == 0)
		shared_inc((int *)(uintptr_t)here, 600);
	int below = depth > 0 ? deeper(depth - 1) : 0, wrong = below;

	for (int i = 0; i < 600; i++)
		wrong += here[i] != depth + (depth == 0);
	return wrong;
}

/* Frames above and below the array are in use while the kernel has its pages. */
static void stack_frames_around(void)
{
	NEED_SYSTEM();
	for (int depth = 0; depth < 40; depth += 13)
		CHECK_EQ(0, deeper(depth));
}

static void globals_zeroed(void)
{
	NEED_SYSTEM();
	shared_inc(zeroed, LENGTH(zeroed));
	zeroed[17] += 5;
	shared_inc(zeroed, LENGTH(zeroed));
	for (size_t i = 0; i < LENGTH(zeroed); i++)
		CHECK_EQ(i == 17 ? 7 : 2, zeroed[i]);
}

/* Runs inc over @p, which holds @value + i. The device may refuse it, if it changes nothing then
 * and goes on. Returns whether it was done. */
static bool inc_or_refuse(int *p, int value, size_t count, const char *what)
{
	cl_kernel kernel = shared_kernel("inc");

	shared_pointer(kernel, 0, p);
	cl_int status = shared_try(kernel, count);

	conf_note("%s: %s\n", what, status == CL_COMPLETE ? "works" : "refused");
	if (!shared_own_tables())
		CHECK_EQ(CL_COMPLETE, status);
	CHECK_EQ(0, shared_wrong_here(p, status == CL_COMPLETE ? value + 1 : value, count));
	shared_still_works();
	return status == CL_COMPLETE;
}

static void globals_initialised(void)
{
	NEED_SYSTEM();
	for (size_t i = 0; i < LENGTH(initialised); i++)
		initialised[i] = 5 + (int)i;
	inc_or_refuse(initialised, 5, LENGTH(initialised), "initialised globals");
}

/* Reading what the host may only read. */
static void constants_are_read(void)
{
	NEED_SYSTEM();
	cl_kernel kernel = shared_kernel("copy");
	char copy[sizeof text_constant] = {0};
	static cl_uchar bytes[sizeof constants];

	shared_pointer(kernel, 0, text_constant);
	shared_pointer(kernel, 1, copy);
	conf_run(kernel, sizeof copy, 0);
	CHECK(!strcmp(copy, text_constant));
	shared_pointer(kernel, 0, constants);
	shared_pointer(kernel, 1, bytes);
	conf_run(kernel, sizeof bytes, 0);
	CHECK(!memcmp(bytes, constants, sizeof bytes));
}

static void mapped_memory(void)
{
	NEED_SYSTEM();
	enum { COUNT = 300000 };
	int *p = shared_map(COUNT * sizeof *p);

	shared_fill(p, 3, COUNT); /* never touched by the host before */
	CHECK_EQ(0, shared_wrong_here(p, 3, COUNT));
	shared_inc(p + 1000, 1000);
	CHECK_EQ(0, shared_wrong_here(p + 1000, 1004, 1000));
	CHECK_EQ(0, shared_wrong(p, 3, 1000));
	munmap(p, COUNT * sizeof *p);
	/* Holes are zeros for both. */
	p = shared_map(COUNT * sizeof *p);
	p[COUNT / 2] = 1;
	shared_inc(p, COUNT);
	CHECK(p[0] == 1 && p[COUNT / 2] == 2 && p[COUNT - 1] == 1);
	munmap(p, COUNT * sizeof *p);
}

static void grown_by_realloc(void)
{
	NEED_SYSTEM();
	size_t count = 100;
	int *p = malloc(count * sizeof *p);

	REQUIRE(p != NULL);
	for (size_t i = 0; i < count; i++)
		p[i] = (int)i;
	for (int turn = 1; turn < 13; turn++) {
		shared_inc(p, count);
		int *grown = realloc(p, 2 * count * sizeof *p);

		REQUIRE(grown != NULL);
		p = grown;
		CHECK_EQ(0, shared_wrong_here(p, turn, count));
		for (size_t i = count; i < 2 * count; i++)
			p[i] = (int)i + turn;
		count *= 2;
	}
	CHECK_EQ(0, shared_wrong(p, 12, count));
	int *shrunk = realloc(p, 50 * sizeof *p);

	REQUIRE(shrunk != NULL);
	CHECK_EQ(0, shared_wrong(shrunk, 12, 50));
	free(shrunk);
}

static void grown_by_mremap(void)
{
	NEED_SYSTEM();
	size_t size = 64 * SHARED_PAGE;
	int *p = shared_map(size);

	for (int turn = 0; turn < 4; turn++) {
		size_t count = size / sizeof *p;

		shared_fill(p, turn, count);
		int *moved = mremap(p, size, 2 * size, MREMAP_MAYMOVE);

		REQUIRE(moved != MAP_FAILED);
		p = moved;
		CHECK_EQ(0, shared_wrong(p, turn, count));
		CHECK_EQ(0, p[count]);
		CHECK_EQ(0, p[2 * count - 1]);
		CHECK_EQ(0, shared_wrong_here(p, turn, count));
		size *= 2;
	}
	munmap(p, size);
}

/* Memory moves onto an address where the device has pages of something else. */
static void moved_over_other_memory(void)
{
	NEED_SYSTEM();
	enum { COUNT = 16 * SHARED_PAGE / sizeof(int), SIZE = 16 * SHARED_PAGE };
	int *a = shared_map(SIZE), *b = shared_map(SIZE);

	shared_fill(a, 1000, COUNT);
	shared_fill(b, 2000, COUNT);
	REQUIRE(mremap(a, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, b) == b);
	CHECK_EQ(0, shared_wrong(b, 1000, COUNT));
	CHECK_EQ(0, shared_wrong_here(b, 1000, COUNT));
	int *again = mmap(a, SIZE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (again == a) { /* unless another thread has mapped something there */
		shared_inc(a, COUNT);
		CHECK(a[0] == 1 && a[COUNT - 1] == 1);
		munmap(a, SIZE);
	}
	munmap(b, SIZE);
}

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static void moved_without_unmapping(void)
{
	NEED_SYSTEM();
	enum { COUNT = 16 * SHARED_PAGE / sizeof(int), SIZE = 16 * SHARED_PAGE };
	int *a = shared_map(SIZE);

	shared_fill(a, 70, COUNT);
	int *b = mremap(a, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	if (b == MAP_FAILED && errno == EINVAL)
		SKIP("no MREMAP_DONTUNMAP here");
	REQUIRE(b != MAP_FAILED);
	CHECK_EQ(0, shared_wrong(b, 70, COUNT));
	shared_inc(a, COUNT); /* empty now */
	CHECK(a[0] == 1 && a[COUNT - 1] == 1);
	CHECK_EQ(0, shared_wrong_here(b, 70, COUNT));
	munmap(a, SIZE);
	munmap(b, SIZE);
}

/* The same address, unmapped and mapped anew between kernels: zeros each time. */
static void mapped_anew(void)
{
	NEED_SYSTEM();
	enum { COUNT = 50 * SHARED_PAGE / sizeof(int), SIZE = 50 * SHARED_PAGE };
	int *p = shared_map(SIZE);
	cl_kernel inc = shared_kernel("inc");

	shared_pointer(inc, 0, p);
	for (int turn = 0; turn < 60; turn++) {
		conf_run(inc, COUNT, 0);
		if (turn % 2)
			conf_run(inc, COUNT, 0);
		if (turn % 3)
			CHECK_EQ(1 + turn % 2, p[turn * 100]);
		bool replace = turn % 4 >= 2; /* by one call or by two */

		if (!replace)
			munmap(p, SIZE);
		int how = MAP_PRIVATE | MAP_ANONYMOUS | (replace ? MAP_FIXED : MAP_FIXED_NOREPLACE);

		if (mmap(p, SIZE, PROT_READ | PROT_WRITE, how, -1, 0) != p) {
			REQUIRE(!replace && errno == EEXIST); /* a thread of the driver's took it */
			p = shared_map(SIZE);
			shared_pointer(inc, 0, p);
		}
	}
	conf_run(inc, COUNT, 0);
	CHECK(p[0] == 1 && p[COUNT / 2] == 1 && p[COUNT - 1] == 1);
	munmap(p, SIZE);
}

static void part_is_unmapped(void)
{
	NEED_SYSTEM();
	enum { WORDS = SHARED_PAGE / sizeof(int), COUNT = 30 * WORDS };
	char *block = shared_map(30 * SHARED_PAGE);
	int *p = (int *)(void *)block;

	shared_fill(p, 1, COUNT);
	munmap(block + 10 * SHARED_PAGE, 5 * SHARED_PAGE);
	CHECK_EQ(0, shared_wrong(p, 1, 10 * WORDS));
	CHECK_EQ(0, shared_wrong_here(p + 15 * WORDS, 1 + 15 * WORDS, 15 * WORDS));
	shared_inc(p + 15 * WORDS, 15 * WORDS);
	CHECK_EQ(0, shared_wrong_here(p + 15 * WORDS, 2 + 15 * WORDS, 15 * WORDS));
	CHECK_EQ(0, shared_wrong_here(p, 1, 10 * WORDS));
	munmap(block, 10 * SHARED_PAGE);
	munmap(block + 15 * SHARED_PAGE, 15 * SHARED_PAGE);
}

static void dontneed_gives_zeros(void)
{
	NEED_SYSTEM();
	enum { WORDS = SHARED_PAGE / sizeof(int), COUNT = 600 * WORDS };
	int *p = shared_map(600 * SHARED_PAGE);
	cl_kernel inc = shared_kernel("inc");

	shared_pointer(inc, 0, p);
	for (int turn = 0; turn < 8; turn++) {
		conf_run(inc, COUNT, 0);
		CHECK_EQ(0, madvise(p, 600 * SHARED_PAGE, MADV_DONTNEED));
		if (turn % 2)
			CHECK_EQ(0, p[turn * WORDS]); /* a hole, read by the host */
	}
	conf_run(inc, COUNT, 0);
	CHECK_EQ(0, madvise(p + 3 * WORDS, 2 * SHARED_PAGE, MADV_DONTNEED));
	conf_run(inc, COUNT, 0);
	CHECK(p[0] == 2 && p[3 * WORDS - 1] == 2 && p[3 * WORDS] == 1 && p[5 * WORDS - 1] == 1);
	CHECK(p[5 * WORDS] == 2 && p[COUNT - 1] == 2);
	/* What may vanish is there or zero, and never anything else. */
	CHECK_EQ(0, madvise(p, 600 * SHARED_PAGE, MADV_FREE));
	conf_run(inc, COUNT, 0);
	CHECK(p[0] == 1 || p[0] == 3);
	CHECK(p[COUNT - 1] == 1 || p[COUNT - 1] == 3);
	munmap(p, 600 * SHARED_PAGE);
}

static void protected_memory_is_read(void)
{
	NEED_SYSTEM();
	enum { COUNT = 5 * SHARED_PAGE / sizeof(int), SIZE = 5 * SHARED_PAGE };
	int *p = shared_map(SIZE);

	shared_fill(p, 4, COUNT);
	CHECK_EQ(0, mprotect(p, SIZE, PROT_READ));
	CHECK_EQ(0, shared_wrong(p, 4, COUNT));
	CHECK_EQ(0, shared_wrong_here(p, 4, COUNT));
	CHECK_EQ(0, mprotect(p, SIZE, PROT_NONE));
	CHECK_EQ(0, mprotect(p, SIZE, PROT_READ | PROT_WRITE));
	shared_inc(p, COUNT);
	CHECK_EQ(0, shared_wrong_here(p, 5, COUNT));
	munmap(p, SIZE);
}

static void locked_memory(void)
{
	NEED_SYSTEM();
	enum { COUNT = 64 * SHARED_PAGE / sizeof(int), SIZE = 64 * SHARED_PAGE };
	int *p = shared_map(SIZE);

	if (mlock(p, SIZE))
		SKIP("mlock: %s", strerror(errno));
	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	for (int turn = 1; turn < 6; turn++) {
		shared_inc(p, COUNT);
		CHECK_EQ(0, shared_wrong_here(p, turn, COUNT));
	}
	CHECK_EQ(0, munlock(p, SIZE));
	shared_inc(p, COUNT);
	CHECK_EQ(0, mlock(p, SIZE)); /* brings it home */
	CHECK_EQ(0, shared_wrong_here(p, 6, COUNT));
	munmap(p, SIZE);
}

CONF_CASES(shared_memory) = {
	CASE(stack_arrays),
	CASE(stack_frames_around),
	CASE(globals_zeroed),
	CASE(globals_initialised),
	CASE(constants_are_read),
	CASE(mapped_memory),
	CASE(grown_by_realloc),
	CASE(grown_by_mremap),
	CASE(moved_over_other_memory),
	CASE(moved_without_unmapping),
	CASE(mapped_anew),
	CASE(part_is_unmapped),
	CASE(dontneed_gives_zeros),
	CASE(protected_memory_is_read),
	CASE(locked_memory),
	CASE_END,
};
