/* SPDX-License-Identifier: MIT */
/* Pages that migrate to the device on request, and back. */
#include "conformance/hmm.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* All of it goes, and the device uses it there without a fault. */
static void migrate(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = hmm_map(1, HMM_WORDS);

	hmm_mark(&h);
	hmm_migrate(&h, 0, p, HMM_BYTES);
	CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
	CHECK_EQ(HMM_PAGES, hmm_since(&h).pages_to_device);
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 1, HMM_WORDS));
	CHECK_EQ(0, hmm_since(&h).device_read_faults);
	CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
	hmm_unmap(p, HMM_WORDS);
	CHECK_EQ(0, hmm_there(&h, 0));
	CHECK_EQ(HMM_PAGES, hmm_since(&h).pages_invalidated);
}

/* Tern does not ask for pages of file mappings, not even for those that have become private. They
 * are used where they are. */
static void migrate_file_private(void)
{
	struct hmm h;
	int fd = shared_file(0);

	hmm_open(&h, 1);
	if (fd < 0)
		SKIP("the working folder takes no files without a name");
	REQUIRE(!ftruncate(fd, (off_t)HMM_BYTES));
	int *p = mmap(NULL, HMM_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	REQUIRE(p != MAP_FAILED);
	for (int i = 0; i < HMM_WORDS; i++)
		p[i] = i;
	hmm_migrate(&h, 0, p, HMM_BYTES);
	CHECK_EQ(0, hmm_there(&h, 0));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 0, HMM_WORDS));
	OK(hmm_ramp(&h, 0, p, 3, HMM_WORDS));
	CHECK_EQ(0, shared_wrong_here(p, 3, HMM_WORDS));
	int first = -1;

	CHECK_EQ(sizeof first, pread(fd, &first, sizeof first, 0));
	CHECK_EQ(0, first); /* the file never saw it */
	munmap(p, HMM_BYTES);
	close(fd);
}

/* Half of it is touched by the host, and all of it migrates again. */
static void migrate_fault(void)
{
	struct hmm h;
	const int half = HMM_PAGES / 2, back = hmm_private() ? half : 0;

	hmm_open(&h, 1);
	int *p = hmm_map(2, HMM_WORDS);

	hmm_migrate(&h, 0, p, HMM_BYTES);
	hmm_mark(&h);
	CHECK_EQ(0, shared_wrong_here(p, 2, HMM_WORDS / 2));
	CHECK_EQ(HMM_PAGES - back, hmm_there(&h, 0));
	CHECK_EQ(back, hmm_since(&h).host_read_faults);
	CHECK_EQ(back, hmm_since(&h).pages_to_host);
	hmm_migrate(&h, 0, p, HMM_BYTES);
	CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
	CHECK_EQ(back, hmm_since(&h).pages_to_device);
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 2, HMM_WORDS));
	CHECK_EQ(0, hmm_since(&h).device_read_faults);
	CHECK_EQ(0, shared_wrong_here(p, 2, HMM_WORDS));
	hmm_unmap(p, HMM_WORDS);
}

/* The device gives up its memory when nobody uses it any more: everything is at home then. */
static void migrate_release(void)
{
	struct hmm h;
	cl_int error;

	hmm_need();
	int *p = hmm_map(9, HMM_WORDS);
	h = (struct hmm){.context = conf_context(), .ids = {conf_device()}};
	for (int turn = 0; turn < 2; turn++) {
		h.queues[0] = clCreateCommandQueueWithProperties(h.context, h.ids[0], NULL, &error);
		OK(error);
		hmm_migrate(&h, 0, p, HMM_BYTES);
		CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
		OK(clReleaseCommandQueue(h.queues[0]));
		CHECK(hmm_closes());
		CHECK_EQ(0, hmm_there(&h, 0));
		CHECK_EQ(0, shared_wrong_here(p, 9, HMM_WORDS));
	}
	hmm_unmap(p, HMM_WORDS);
}

/* Shared anonymous memory stays: asking for it is no error, as a hint is none. */
static void migrate_shared(void)
{
	struct hmm h;
	int *p = mmap(NULL, HMM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	hmm_open(&h, 1);
	for (int i = 0; i < HMM_WORDS; i++)
		p[i] = 8 + i;
	hmm_migrate(&h, 0, p, HMM_BYTES);
	CHECK_EQ(0, hmm_there(&h, 0));
	CHECK_EQ(0, hmm_since(&h).pages_to_device);
	OK(hmm_ramp(&h, 0, p, 1, HMM_WORDS));
	CHECK_EQ(0, hmm_there(&h, 0));
	CHECK_EQ(0, shared_wrong_here(p, 1, HMM_WORDS));
	munmap(p, HMM_BYTES);
}

/* Six pages: 0 without access, 1 unmapped, 2 the kernel's zeros to be read, 3 to be read, 4 and 5
 * to be written. */
static char *mixed_pages(void)
{
	enum { PAGE = SHARED_PAGE };
	char *p = mmap(NULL, 6 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	REQUIRE(!munmap(p + PAGE, PAGE));
	REQUIRE(!mprotect(p + 2 * PAGE, PAGE, PROT_READ));
	CHECK_EQ(0, *(volatile char *)(p + 2 * PAGE));
	REQUIRE(!mprotect(p + 3 * PAGE, 3 * PAGE, PROT_READ | PROT_WRITE));
	memset(p + 3 * PAGE, 3, 3 * PAGE);
	REQUIRE(!mprotect(p + 3 * PAGE, PAGE, PROT_READ));
	return p;
}

/* What cannot migrate is passed over. What one device has, another gets by way of the host, when it
 * is asked for. */
static void migrate_mixed(void)
{
	enum { PAGE = SHARED_PAGE };
	struct hmm h;

	hmm_open(&h, 2);
	char *p = mixed_pages();
	char *seen =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(seen != MAP_FAILED);
	hmm_migrate(&h, 1, p, 2 * PAGE);
	CHECK_EQ(0, hmm_there(&h, 1));
	hmm_migrate(&h, 1, p, 6 * PAGE);
	CHECK_EQ(4, hmm_there(&h, 1));
	CHECK_EQ(0, hmm_there(&h, 0));
	/* Rights are as they were. */
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_copy(&h, 1, p, seen, PAGE));
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_copy(&h, 1, p + PAGE, seen, PAGE));
	OK(hmm_copy(&h, 1, p + 2 * PAGE, seen, 2 * PAGE));
	CHECK(seen[0] == 0 && seen[PAGE - 1] == 0 && seen[PAGE] == 3 && seen[2 * PAGE - 1] == 3);
	CHECK_EQ(4, hmm_there(&h, 1));
	/* For a write that it may not do, the device asks the host once more: the page comes home.
	 */
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_copy(&h, 1, p + 5 * PAGE, p + 3 * PAGE, PAGE));
	const int left = hmm_private() ? 3 : 4;

	CHECK_EQ(left, hmm_there(&h, 1));
	hmm_migrate(&h, 0, p + 5 * PAGE, PAGE);
	CHECK_EQ(1, hmm_there(&h, 0));
	CHECK_EQ(left - 1, hmm_there(&h, 1));
	OK(hmm_copy(&h, 0, p + 5 * PAGE, seen, PAGE));
	CHECK(seen[0] == 3 && seen[PAGE - 1] == 3);
	munmap(seen, 2 * PAGE);
	munmap(p, PAGE);
	munmap(p + 2 * PAGE, 4 * PAGE);
	CHECK_EQ(0, hmm_there(&h, 0) + hmm_there(&h, 1));
}

/* To and fro, with new memory each time: device-private pages come by the host's touch,
 * device-coherent ones on request. */
static void migrate_multiple(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	for (int turn = 0; turn < 10; turn++) {
		int *p = hmm_map(turn, HMM_WORDS);

		hmm_mark(&h);
		hmm_migrate(&h, 0, p, HMM_BYTES);
		CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
		CHECK_EQ(0, hmm_wrong(&h, 0, p, turn, HMM_WORDS));
		if (!hmm_private())
			hmm_home(&h, 0, p, HMM_BYTES);
		CHECK_EQ(0, shared_wrong_here(p, turn, HMM_WORDS));
		CHECK_EQ(0, hmm_there(&h, 0));
		CHECK_EQ(HMM_PAGES, hmm_since(&h).pages_to_device);
		CHECK_EQ(HMM_PAGES, hmm_since(&h).pages_to_host);
		CHECK_EQ(hmm_private() ? HMM_PAGES : 0, hmm_since(&h).host_read_faults);
		hmm_unmap(p, HMM_WORDS);
	}
}

CONF_CASES(hmm_migration) = {
	CASE(migrate),          CASE(migrate_file_private),
	CASE(migrate_fault),    CASE(migrate_release),
	CASE(migrate_shared),   CASE(migrate_mixed),
	CASE(migrate_multiple), CASE_END,
};
