/* SPDX-License-Identifier: MIT */
/* Pages of several devices and processes, exclusive access, and pages that the kernel pins. */
#include "conformance/hmm.h"
#include <errno.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FEW = 4, FEW_WORDS = FEW * SHARED_PAGE / 4 };

/* Pages of every kind side by side, two of them on two devices: each device reads what may be read,
 * and a look moves nothing. */
static void snapshot(void)
{
	enum { PAGE = SHARED_PAGE, WORDS = PAGE / 4 };
	struct hmm h;

	hmm_open(&h, 2);
	int *p = hmm_map(0, 5 * WORDS);

	REQUIRE(!madvise(p, PAGE, MADV_DONTNEED));
	REQUIRE(!mprotect(p, 2 * PAGE, PROT_READ));
	CHECK_EQ(0, *(volatile int *)p);
	hmm_migrate(&h, 0, p + 3 * WORDS, PAGE);
	hmm_migrate(&h, 1, p + 4 * WORDS, PAGE);
	hmm_mark(&h);
	for (int look = 0; look < 3; look++) {
		CHECK_EQ(1, hmm_there(&h, 0));
		CHECK_EQ(1, hmm_there(&h, 1));
	}
	CHECK_EQ(0, hmm_since(&h).pages_to_host + hmm_since(&h).host_read_faults);
	/* Pages 1, 2 and 4 are new to device 0; page 3 is its own. Page 4 comes home for that where
	 * memory is device-private, and is read where it is otherwise. */
	CHECK_EQ(0, hmm_wrong(&h, 0, p + WORDS, WORDS, 4 * WORDS));
	CHECK_EQ(3, hmm_since(&h).device_read_faults);
	CHECK_EQ(1, hmm_there(&h, 0));
	CHECK_EQ(hmm_private() ? 0 : 1, hmm_there(&h, 1));
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_ramp(&h, 0, p, 1, WORDS));
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_ramp(&h, 0, p + WORDS, 1, WORDS));
	OK(hmm_ramp(&h, 0, p + 2 * WORDS, 1, 3 * WORDS));
	CHECK_EQ(0, shared_wrong_here(p + 2 * WORDS, 1, 3 * WORDS));
	hmm_unmap(p, 5 * WORDS);
}

/* Two devices read the same memory, then one has it and the other reads it. */
static void double_map(void)
{
	struct hmm h;

	hmm_open(&h, 2);
	int *p = hmm_map(6, FEW_WORDS);

	REQUIRE(!mprotect(p, FEW * SHARED_PAGE, PROT_READ));
	for (unsigned i = 0; i < 2; i++) {
		hmm_mark(&h);
		CHECK_EQ(0, hmm_wrong(&h, i, p, 6, FEW_WORDS));
		CHECK_EQ(FEW, hmm_since(&h).device_read_faults);
		CHECK_EQ(0, hmm_there(&h, i));
	}
	hmm_migrate(&h, 1, p, FEW * SHARED_PAGE);
	CHECK_EQ(FEW, hmm_there(&h, 1));
	hmm_mark(&h);
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 6, FEW_WORDS));
	CHECK_EQ(FEW, hmm_since(&h).device_read_faults);
	CHECK_EQ(0, hmm_there(&h, 0));
	CHECK_EQ(hmm_private() ? 0 : FEW, hmm_there(&h, 1));
	CHECK_EQ(0, shared_wrong_here(p, 6, FEW_WORDS));
	hmm_unmap(p, FEW_WORDS);
}

/* Pages that the device has for itself, of @bytes at @p. */
static int held(const struct hmm *h, const void *p, size_t bytes)
{
	cl_uint count = 0;

	OK(hmm_run(h, 0, "tern_held", bytes, p, &count));
	return (int)count;
}

static void take(const struct hmm *h, int *p)
{
	cl_uint count = 0;

	OK(hmm_run(h, 0, "tern_exclusive", HMM_BYTES, p, &count));
	CHECK_EQ(HMM_PAGES, count);
	CHECK_EQ(HMM_PAGES, held(h, p, HMM_BYTES));
}

/* The device has pages for itself until the host touches them, wherever they lie. */
static void exclusive(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = hmm_map(0, HMM_WORDS);

	take(&h, p);
	CHECK_EQ(0, hmm_there(&h, 0));
	for (int i = 0; i < HMM_WORDS; i++)
		p[i]++;
	CHECK_EQ(0, held(&h, p, HMM_BYTES));
	CHECK_EQ(0, shared_wrong_here(p, 1, HMM_WORDS));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 1, HMM_WORDS));
	hmm_unmap(p, HMM_WORDS);
}

/* Protection ends it, and is obeyed. */
static void exclusive_mprotect(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = hmm_map(4, HMM_WORDS);

	take(&h, p);
	REQUIRE(!mprotect(p, HMM_BYTES, PROT_READ));
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_ramp(&h, 0, p, 9, HMM_WORDS));
	CHECK_EQ(1, hmm_since(&h).faults_refused);
	CHECK_EQ(0, shared_wrong_here(p, 4, HMM_WORDS));
	hmm_unmap(p, HMM_WORDS);
}

/* Parent and child each have their own after a fork. */
static void exclusive_cow(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = hmm_map(0, HMM_WORDS);

	take(&h, p);
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	for (int i = 0; i < HMM_WORDS; i++)
		p[i] += pid ? 1 : 2;
	if (!pid)
		_exit(shared_wrong_here(p, 2, HMM_WORDS) != 0);
	CHECK_EQ(0, shared_wrong_here(p, 1, HMM_WORDS));
	CHECK_EQ(0, conf_child_status(pid, 60));
	CHECK_EQ(0, held(&h, p, HMM_BYTES));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 1, HMM_WORDS));
	hmm_unmap(p, HMM_WORDS);
}

/* The kernel holds a page for long: as a buffer of io_uring. */
static int pin(int ring, void *page)
{
	struct iovec buffer = {page, SHARED_PAGE};

	return (int)syscall(__NR_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1);
}

/* System calls use pages on the device, briefly: device-private ones come home for that, coherent
 * ones are used where they are. Pages that the kernel pins for long come home in any case, and stay
 * there. */
static void pinned(void)
{
	struct hmm h;
	struct io_uring_params parameters = {0};
	char back[2 * SHARED_PAGE];

	hmm_open(&h, 1);
	int ring = (int)syscall(__NR_io_uring_setup, 1, &parameters);

	if (ring < 0)
		SKIP("io_uring_setup: %s", strerror(errno));
	int *p = hmm_map(2, FEW_WORDS);
	char *bytes = (char *)p;

	hmm_migrate(&h, 0, p, FEW * SHARED_PAGE);
	CHECK_EQ(FEW, hmm_there(&h, 0));
	struct iovec to = {back, sizeof back}, from = {p, sizeof back};

	CHECK_EQ(sizeof back, process_vm_readv(getpid(), &to, 1, &from, 1, 0));
	CHECK(!memcmp(back, &(int){2}, sizeof(int)));
	CHECK_EQ(hmm_private() ? FEW - 2 : FEW, hmm_there(&h, 0));
	CHECK_EQ(0, pin(ring, bytes + 3 * SHARED_PAGE));
	CHECK_EQ(hmm_private() ? FEW - 3 : FEW - 1, hmm_there(&h, 0));
	hmm_migrate(&h, 0, bytes + 3 * SHARED_PAGE, SHARED_PAGE);
	CHECK_EQ(hmm_private() ? FEW - 3 : FEW - 1, hmm_there(&h, 0));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 2, FEW_WORDS));
	close(ring);
	CHECK_EQ(0, shared_wrong_here(p, 2, FEW_WORDS));
	hmm_unmap(p, FEW_WORDS);
}

/* The parent writes to pages on the device that a child shares: it gets copies in the host's
 * memory. */
static void cow_in_device(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = hmm_map(3, FEW_WORDS);

	hmm_migrate(&h, 0, p, FEW * SHARED_PAGE);
	CHECK_EQ(FEW, hmm_there(&h, 0));
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid)
		for (;;)
			pause();
	for (int i = 0; i < FEW_WORDS; i++)
		p[i] = 8 + i;
	CHECK_EQ(0, hmm_there(&h, 0));
	CHECK(!kill(pid, SIGTERM));
	CHECK_EQ(1000 + SIGTERM, conf_child_status(pid, 60));
	CHECK_EQ(0, shared_wrong_here(p, 8, FEW_WORDS));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 8, FEW_WORDS));
	hmm_migrate(&h, 0, p, FEW * SHARED_PAGE);
	CHECK_EQ(FEW, hmm_there(&h, 0));
	hmm_unmap(p, FEW_WORDS);
}

CONF_CASES(hmm_sharing) = {
	CASE(snapshot),      CASE(double_map), CASE(exclusive),     CASE(exclusive_mprotect),
	CASE(exclusive_cow), CASE(pinned),     CASE(cow_in_device), CASE_END,
};
