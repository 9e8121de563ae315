/* SPDX-License-Identifier: MIT */
/* 5.6.1: shared mappings, files, huge pages, and memory far apart. */
#include "conformance/shared.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE ((size_t)2 << 20)

enum { COUNT = 40 * SHARED_PAGE / sizeof(int), SIZE = 40 * SHARED_PAGE };

/* A device with page tables of its own may refuse such memory, if nothing is changed then. */
static void inc_or_refuse(int *p, int value, const char *what)
{
	cl_kernel kernel = shared_kernel("inc");

	for (int turn = 0; turn < 3; turn++) {
		shared_pointer(kernel, 0, p);
		cl_int status = shared_try(kernel, COUNT);

		value += status == CL_COMPLETE;
		CHECK_EQ(0, shared_wrong_here(p, value, COUNT));
		if (!shared_own_tables())
			CHECK_EQ(CL_COMPLETE, status);
		if (turn == 0)
			conf_note("%s: %s\n", what, status == CL_COMPLETE ? "works" : "refused");
	}
	shared_still_works();
	CHECK_EQ(0, shared_wrong_here(p, value, COUNT));
}

static void shared_anonymous(void)
{
	NEED_SYSTEM();
	int *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	inc_or_refuse(p, 0, "MAP_SHARED | MAP_ANONYMOUS");
	munmap(p, SIZE);
}

/* Two views of one memory: what a kernel writes through one is seen through the other. */
static void two_views_of_memfd(void)
{
	NEED_SYSTEM();
	int fd = memfd_create("conformance", MFD_CLOEXEC);

	REQUIRE(fd >= 0 && ftruncate(fd, SIZE) == 0);
	int *a = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int *b = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	REQUIRE(a != MAP_FAILED && b != MAP_FAILED);
	for (int i = 0; i < COUNT; i++)
		b[i] = i;
	inc_or_refuse(a, 0, "a shared mapping of a memfd");
	CHECK(!memcmp(a, b, SIZE));
	b[100] += 50;
	CHECK_EQ(b[100], a[100]);
	a[100] -= 50;
	int value = b[0];

	inc_or_refuse(b, value, "its second view");
	CHECK(!memcmp(a, b, SIZE));
	munmap(a, SIZE);
	munmap(b, SIZE);
	close(fd);
}

/* A temporary file that holds the words 0, 1, 2, ... */
static int file_of_words(void)
{
	int fd = shared_file(0);
	int *words = malloc(SIZE);

	REQUIRE(fd >= 0 && words);
	for (int i = 0; i < COUNT; i++)
		words[i] = i;
	REQUIRE(write(fd, words, SIZE) == SIZE);
	free(words);
	return fd;
}

static void file_shared(void)
{
	NEED_SYSTEM();
	int fd = file_of_words(), *back = malloc(SIZE);
	int *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	REQUIRE(p != MAP_FAILED && back);
	inc_or_refuse(p, 0, "a shared mapping of a file");
	CHECK_EQ(0, msync(p, SIZE, MS_SYNC));
	CHECK_EQ(SIZE, pread(fd, back, SIZE, 0));
	CHECK(!memcmp(p, back, SIZE));
	munmap(p, SIZE);
	close(fd);
	free(back);
}

static void file_private(void)
{
	NEED_SYSTEM();
	int fd = file_of_words(), *back = malloc(SIZE);
	int *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	REQUIRE(p != MAP_FAILED && back);
	inc_or_refuse(p, 0, "a private mapping of a file");
	CHECK_EQ(SIZE, pread(fd, back, SIZE, 0));
	CHECK_EQ(0, shared_wrong_here(back, 0, COUNT)); /* the file is as it was */
	munmap(p, SIZE);
	close(fd);
	free(back);
}

/* Reading a file's pages needs no right to change them; a device may copy them. */
static void file_is_read(void)
{
	NEED_SYSTEM();
	int fd = file_of_words(), wrong = 0, zero = 0;
	int *p = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	cl_kernel kernel = shared_kernel("wrong");

	REQUIRE(p != MAP_FAILED);
	shared_pointer(kernel, 0, p);
	ARG(kernel, 1, zero);
	shared_pointer(kernel, 2, &wrong);
	cl_int status = shared_try(kernel, COUNT);

	conf_note("reading a file's mapping: %s\n", status ? "refused" : "works");
	CHECK(status == CL_COMPLETE || shared_own_tables());
	CHECK_EQ(0, wrong);
	CHECK_EQ(0, shared_wrong_here(p, 0, COUNT));
	munmap(p, SIZE);
	close(fd);
	shared_still_works();
}

/* Behind the end of the file there is nothing. */
static void file_too_short(void)
{
	NEED_SYSTEM();
	shared_need_own_tables();
	int fd = file_of_words();
	int *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	REQUIRE(p != MAP_FAILED);
	REQUIRE(ftruncate(fd, SHARED_PAGE) == 0);
	cl_kernel kernel = shared_kernel("inc");

	shared_pointer(kernel, 0, p + 10 * SHARED_PAGE / sizeof(int));
	CHECK(shared_try(kernel, 10) < 0);
	CHECK_EQ(0, shared_wrong_here(p, 0, SHARED_PAGE / sizeof(int)));
	munmap(p, SIZE);
	close(fd);
	shared_still_works();
}

static char *aligned_huge(size_t size)
{
	char *p = shared_map(size + HUGE);
	char *start = (char *)(((uintptr_t)p + HUGE - 1) & ~(HUGE - 1));

	madvise(start, size, MADV_HUGEPAGE); /* an advice: the kernel may have none */
	return start;
}

static void huge_pages(void)
{
	NEED_SYSTEM();
	enum { WORDS = 4 * (2 << 20) / sizeof(int) };
	int *p = (int *)(void *)aligned_huge(4 * HUGE);

	for (int i = 0; i < WORDS; i++)
		p[i] = i;
	/* One word, one page, then all; the host's rest must not suffer. */
	shared_inc(p + 100, 1);
	CHECK_EQ(101, p[100]);
	p[100] = 100;
	shared_inc(p + 300000, 1024);
	CHECK_EQ(0, shared_wrong_here(p + 300000, 300001, 1024));
	CHECK_EQ(0, shared_wrong_here(p, 0, 300000));
	shared_inc(p, 300000);
	shared_inc(p + 301024, WORDS - 301024);
	CHECK_EQ(0, shared_wrong(p, 1, WORDS));
	CHECK_EQ(0, shared_wrong_here(p, 1, WORDS));
	/* A hole of the size of a huge page, filled by a kernel first. */
	CHECK_EQ(0, madvise(p, 2 * HUGE, MADV_DONTNEED));
	shared_inc(p, WORDS / 2);
	CHECK(p[0] == 1 && p[WORDS / 2 - 1] == 1 && p[WORDS / 2] == WORDS / 2 + 1);
}

static void huge_page_file(void)
{
	NEED_SYSTEM();
	int *p = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
		      -1, 0);

	if (p == MAP_FAILED)
		SKIP("no huge pages are reserved (MAP_HUGETLB: %s)", strerror(errno));
	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	inc_or_refuse(p, 0, "MAP_HUGETLB");
	munmap(p, HUGE);
}

struct far {
	struct far *next;
	cl_long value;
};

/* One structure over 40 GiB of addresses. */
static void far_apart(void)
{
	NEED_SYSTEM();
	enum { PLACES = 12 };
	const size_t step = (size_t)3300 << 20;
	char *block = shared_map(PLACES * step);
	struct far *head = NULL;
	cl_kernel kernel = shared_kernel_of(
		"typedef struct far { global struct far *next; long value; } far;\n"
		"kernel void walk(global far *f, global long *sum) {\n"
		"  long s = 0; for (; f; f = f->next) { s += f->value; f->value = -f->value; }\n"
		"  *sum = s; }\n",
		"walk");
	cl_long sum = 0, expected = 0;

	for (int i = 0; i < PLACES; i++) {
		struct far *f = (struct far *)(void *)(block + (size_t)i * step + 4000);

		*f = (struct far){head, i * 1000003L + 1};
		expected += f->value;
		head = f;
	}
	shared_pointer(kernel, 0, head);
	shared_pointer(kernel, 1, &sum);
	conf_run(kernel, 1, 1);
	CHECK_EQ(expected, sum);
	for (struct far *f = head; f; f = f->next)
		expected += f->value;
	CHECK_EQ(0, expected);
	munmap(block, PLACES * step);
}

/* Low addresses and high ones: below 4 GiB, and near the top of what mmap gives. */
static void low_and_high(void)
{
	NEED_SYSTEM();
	static const uintptr_t places[] = {0x200000, 0x7ff00000, 0x180000000, 0x7ffe00000000};
	size_t used = 0;

	for (size_t i = 0; i < LENGTH(places); i++) {
		int *p = mmap((void *)places[i], SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (p == MAP_FAILED)
			continue; /* something else is there */
		for (int k = 0; k < COUNT; k++)
			p[k] = k;
		shared_inc(p, COUNT);
		CHECK_EQ(0, shared_wrong_here(p, 1, COUNT));
		munmap(p, SIZE);
		used++;
	}
	CHECK(used > 0);
}

CONF_CASES(shared_mappings) = {
	CASE(shared_anonymous), CASE(two_views_of_memfd), CASE(file_shared), CASE(file_private),
	CASE(file_is_read),     CASE(file_too_short),     CASE(huge_pages),  CASE(huge_page_file),
	CASE(far_apart),        CASE(low_and_high),       CASE_END,
};
