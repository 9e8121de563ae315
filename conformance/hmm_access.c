/* SPDX-License-Identifier: MIT */
/* What the device reads and writes where it is: anonymous memory, shared, huge, and of files. */
#include "conformance/hmm.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE ((size_t)2 << 20)

/* The driver is open as long as there is a queue, and closed a while after. */
static void open_close(void)
{
	cl_int error;

	hmm_need();
	CHECK_EQ(0, hmm_nodes_open());
	for (int turn = 0; turn < 2; turn++) {
		cl_command_queue queue = clCreateCommandQueueWithProperties(
			conf_context(), conf_device(), NULL, &error);

		OK(error);
		CHECK_EQ(1, hmm_nodes_open());
		OK(clReleaseCommandQueue(queue));
		CHECK(hmm_closes());
	}
}

/* Untouched pages, the kernel's page of zeros and written ones, all of them read-only: each is
 * mapped by one fault and stays where it is. */
static void anon_read(void)
{
	struct hmm h;
	char *seen = malloc(HMM_BYTES);

	REQUIRE(seen != NULL);
	hmm_open(&h, 1);
	int *p = hmm_map(0, HMM_WORDS);
	char *bytes = (char *)p;

	REQUIRE(!madvise(p, 2 * SHARED_PAGE, MADV_DONTNEED));
	REQUIRE(!mprotect(p, HMM_BYTES, PROT_READ));
	CHECK_EQ(0, bytes[SHARED_PAGE]);
	hmm_mark(&h);
	OK(hmm_copy(&h, 0, p, seen, HMM_BYTES));
	CHECK_EQ(HMM_PAGES, hmm_since(&h).device_read_faults);
	OK(hmm_copy(&h, 0, p, seen, HMM_BYTES));
	CHECK_EQ(HMM_PAGES, hmm_since(&h).device_read_faults);
	CHECK(!memcmp(seen, p, HMM_BYTES));
	CHECK_EQ(0, shared_wrong_here(p + 2 * SHARED_PAGE / 4, 2 * SHARED_PAGE / 4,
				      HMM_WORDS - 2 * SHARED_PAGE / 4));
	hmm_unmap(p, HMM_WORDS);
	free(seen);
}

/* What the host may not read the device does not either. */
static void anon_read_prot(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = hmm_map(5, HMM_WORDS), *seen = hmm_map(-7, HMM_WORDS);

	REQUIRE(!mprotect(p, HMM_BYTES, PROT_NONE));
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_copy(&h, 0, p, seen, HMM_BYTES));
	CHECK_EQ(1, hmm_since(&h).faults_refused);
	CHECK_EQ(0, hmm_there(&h, 0));
	REQUIRE(!mprotect(p, HMM_BYTES, PROT_READ));
	CHECK_EQ(0, shared_wrong_here(p, 5, HMM_WORDS));
	CHECK_EQ(0, shared_wrong_here(seen, -7, HMM_WORDS));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 5, HMM_WORDS));
	hmm_unmap(p, HMM_WORDS);
	hmm_unmap(seen, HMM_WORDS);
}

/* Each page that is written faults once, and comes. */
static void anon_write(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = hmm_map(0, HMM_WORDS);

	hmm_mark(&h);
	OK(hmm_ramp(&h, 0, p, 1000, HMM_WORDS));
	CHECK_EQ(HMM_PAGES, hmm_since(&h).device_write_faults);
	CHECK_EQ(0, hmm_since(&h).device_read_faults);
	CHECK_EQ(HMM_PAGES, hmm_since(&h).pages_to_device);
	CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
	OK(hmm_ramp(&h, 0, p, 2000, HMM_WORDS));
	CHECK_EQ(HMM_PAGES, hmm_since(&h).device_write_faults);
	CHECK_EQ(0, shared_wrong_here(p, 2000, HMM_WORDS));
	CHECK_EQ(hmm_private() ? 0 : HMM_PAGES, hmm_there(&h, 0));
	CHECK_EQ(hmm_private() ? HMM_PAGES : 0, hmm_since(&h).host_read_faults);
	hmm_unmap(p, HMM_WORDS);
}

/* Read-only memory is read and not written; what may be written again is. */
static void anon_write_prot(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = hmm_map(3, HMM_WORDS);

	REQUIRE(!mprotect(p, HMM_BYTES, PROT_READ));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 3, HMM_WORDS));
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_ramp(&h, 0, p, 9, HMM_WORDS));
	CHECK_EQ(1, hmm_since(&h).faults_refused);
	CHECK_EQ(0, shared_wrong_here(p, 3, HMM_WORDS));
	CHECK_EQ(0, hmm_there(&h, 0));
	REQUIRE(!mprotect(p, HMM_BYTES, PROT_READ | PROT_WRITE));
	OK(hmm_ramp(&h, 0, p, 9, HMM_WORDS));
	CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
	CHECK_EQ(0, shared_wrong_here(p, 9, HMM_WORDS));
	hmm_unmap(p, HMM_WORDS);
}

/* In a child, which makes a device's queue of its own: a number for what went wrong. */
static int child_increments(int *p, int before)
{
	cl_device_id device = conf_device();
	cl_program program;
	cl_kernel kernel;
	cl_int error = 0;
	size_t count = HMM_WORDS;

	if (shared_wrong_here(p, before, HMM_WORDS))
		return 10;
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

	if (error)
		return 11;
	cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, &error);

	if (error || shared_make_kernel(context, "inc", &program, &kernel))
		return 12;
	if (clSetKernelArgSVMPointer(kernel, 0, p) ||
	    clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, NULL, 0, NULL, NULL) ||
	    clFinish(queue))
		return 13;
	return shared_wrong_here(p, before + 1, HMM_WORDS) ? 14 : 0;
}

static void in_child(struct hmm *h, int *p, int before)
{
	hmm_open(h, 1);
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid)
		_exit(child_increments(p, before));
	CHECK_EQ(0, conf_child_status(pid, 60));
}

/* What a device writes for the child stays the child's. */
static void anon_write_child(void)
{
	struct hmm h;
	int *p = hmm_map(11, HMM_WORDS);

	in_child(&h, p, 11);
	CHECK_EQ(0, shared_wrong_here(p, 11, HMM_WORDS));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 11, HMM_WORDS));
	/* And from memory that the parent's device has. */
	OK(hmm_ramp(&h, 0, p, 20, HMM_WORDS));
	CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid)
		_exit(child_increments(p, 20));
	CHECK_EQ(0, conf_child_status(pid, 60));
	CHECK_EQ(0, shared_wrong_here(p, 20, HMM_WORDS));
	hmm_unmap(p, HMM_WORDS);
}

/* In shared memory the parent sees it, and its device. */
static void anon_write_child_shared(void)
{
	struct hmm h;
	int *p = mmap(NULL, HMM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	for (int i = 0; i < HMM_WORDS; i++)
		p[i] = 30 + i;
	in_child(&h, p, 30);
	CHECK_EQ(0, shared_wrong_here(p, 31, HMM_WORDS));
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 31, HMM_WORDS));
	CHECK_EQ(0, hmm_there(&h, 0));
	munmap(p, HMM_BYTES);
}

/* KiB of the mapping at @p that are in huge pages. */
static int huge_kib(const void *p)
{
	FILE *maps = fopen("/proc/self/smaps", "re");
	char line[256];
	bool here = false;
	int kib = -1;

	REQUIRE(maps != NULL);
	while (kib < 0 && fgets(line, sizeof line, maps)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (uintptr_t)p >= start && (uintptr_t)p < end;
		else if (here)
			sscanf(line, "AnonHugePages: %d kB", &kib);
	}
	fclose(maps);
	return kib;
}

/* A huge page is split, and what the device writes of it comes. */
static void anon_write_huge(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	char *map = shared_map(2 * HUGE);
	int *p = (int *)(void *)(map + HUGE - (uintptr_t)map % HUGE);

	if (madvise(p, HUGE, MADV_HUGEPAGE))
		SKIP("the kernel has no huge pages");
	for (size_t i = 0; i < HUGE / 4; i++)
		p[i] = (int)i;
	if (huge_kib(p) < (int)(HUGE >> 10))
		SKIP("the kernel has no huge page free");
	hmm_mark(&h);
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 0, HUGE / 4));
	CHECK_EQ(HUGE / SHARED_PAGE, hmm_since(&h).device_read_faults);
	CHECK_EQ(HUGE >> 10, huge_kib(p)); /* read where it is */
	OK(hmm_ramp(&h, 0, p, 70, HMM_WORDS));
	CHECK_EQ(HMM_PAGES, hmm_there(&h, 0));
	CHECK_EQ(0, huge_kib(p));
	CHECK_EQ(0, shared_wrong_here(p, 70, HMM_WORDS));
	CHECK_EQ(0, shared_wrong_here(p + HMM_WORDS, HMM_WORDS, HUGE / 4 - HMM_WORDS));
	munmap(map, 2 * HUGE);
}

/* Pages of hugetlbfs are written where they are. */
static void anon_write_hugetlbfs(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	int *p = mmap(NULL, HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB,
		      -1, 0);

	if (p == MAP_FAILED)
		SKIP("no page of hugetlbfs is free (vm.nr_hugepages)");
	memset(p, 0, HUGE);
	hmm_mark(&h);
	OK(hmm_ramp(&h, 0, p, 5, HUGE / 4));
	CHECK_EQ(HUGE / SHARED_PAGE, hmm_since(&h).device_write_faults);
	CHECK_EQ(0, hmm_there(&h, 0));
	hmm_migrate(&h, 0, p, HUGE);
	CHECK_EQ(0, hmm_there(&h, 0));
	CHECK_EQ(0, shared_wrong_here(p, 5, HUGE / 4));
	munmap(p, HUGE);
}

/* A shared mapping of a file without a name, with @value + i. */
static int *map_file(int *fd, int value)
{
	*fd = shared_file(0);
	if (*fd < 0)
		SKIP("the working folder takes no files without a name");
	REQUIRE(!ftruncate(*fd, (off_t)HMM_BYTES));
	int *p = mmap(NULL, HMM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);

	REQUIRE(p != MAP_FAILED);
	for (int i = 0; i < HMM_WORDS; i++)
		p[i] = value + i;
	return p;
}

static void file_read(void)
{
	struct hmm h;
	int fd;

	hmm_open(&h, 1);
	int *p = map_file(&fd, 4);

	REQUIRE(!mprotect(p, HMM_BYTES, PROT_READ));
	hmm_mark(&h);
	CHECK_EQ(0, hmm_wrong(&h, 0, p, 4, HMM_WORDS));
	CHECK_EQ(HMM_PAGES, hmm_since(&h).device_read_faults);
	CHECK_EQ(0, hmm_there(&h, 0));
	CHECK_CL(CL_OUT_OF_RESOURCES, hmm_ramp(&h, 0, p, 5, HMM_WORDS));
	CHECK_EQ(0, shared_wrong_here(p, 4, HMM_WORDS));
	munmap(p, HMM_BYTES);
	close(fd);
}

/* What the device writes into a shared mapping is in the file. */
static void file_write(void)
{
	struct hmm h;
	int fd, *seen = malloc(HMM_BYTES);

	REQUIRE(seen != NULL);
	hmm_open(&h, 1);
	int *p = map_file(&fd, 4);

	hmm_mark(&h);
	OK(hmm_ramp(&h, 0, p, 6, HMM_WORDS));
	CHECK_EQ(HMM_PAGES, hmm_since(&h).device_write_faults);
	CHECK_EQ(0, hmm_there(&h, 0));
	munmap(p, HMM_BYTES);
	CHECK_EQ(HMM_BYTES, pread(fd, seen, HMM_BYTES, 0));
	CHECK_EQ(0, shared_wrong_here(seen, 6, HMM_WORDS));
	close(fd);
	free(seen);
}

/* Memory that comes and goes at the same addresses: the device sees each as it is. */
static void anon_read_multiple(void)
{
	struct hmm h;

	hmm_open(&h, 1);
	for (int turn = 0; turn < 10; turn++) {
		int *p = hmm_map(turn, HMM_WORDS);

		hmm_mark(&h);
		CHECK_EQ(0, hmm_wrong(&h, 0, p, turn, HMM_WORDS));
		CHECK_EQ(HMM_PAGES, hmm_since(&h).device_read_faults);
		for (int i = 0; i < HMM_WORDS; i++)
			p[i] += 100;
		CHECK_EQ(0, hmm_wrong(&h, 0, p, turn + 100, HMM_WORDS));
		hmm_unmap(p, HMM_WORDS);
	}
}

static void *unmap_soon(void *p)
{
	conf_sleep(0.0005);
	munmap(p, HMM_BYTES);
	return NULL;
}

/* Memory is unmapped while the device reads it: all of it was read, or the command fails. */
static void anon_teardown(void)
{
	struct hmm h;
	int failed = 0, *seen = malloc(HMM_BYTES);

	REQUIRE(seen != NULL);
	hmm_open(&h, 1);
	for (int turn = 0; turn < 10; turn++) {
		int *p = hmm_map(turn, HMM_WORDS);
		pthread_t thread;

		REQUIRE(!pthread_create(&thread, NULL, unmap_soon, p));
		cl_int status = hmm_copy(&h, 0, p, seen, HMM_BYTES);

		pthread_join(thread, NULL);
		CHECK_CL2(CL_COMPLETE, CL_OUT_OF_RESOURCES, status);
		failed += status != CL_COMPLETE;
		if (status == CL_COMPLETE)
			CHECK_EQ(0, shared_wrong_here(seen, turn, HMM_WORDS));
		hmm_unmap(p, HMM_WORDS);
	}
	conf_note("%d of 10 commands failed", failed);
	shared_still_works();
	free(seen);
}

/* A page of a driver's own, put into the program's page tables by it. */
static void mixedmap(void)
{
	struct hmm h;
	int node = -1;

	hmm_open(&h, 1);
	char path[40], *name = conf_device_string(CL_DEVICE_NAME);

	REQUIRE(sscanf(name, "Linux HMM test device %d", &node) == 1);
	free(name);
	snprintf(path, sizeof path, "/dev/hmm_dmirror%d", node);
	int fd = open(path, O_RDWR | O_CLOEXEC);

	REQUIRE(fd >= 0);
	int *p = mmap(NULL, SHARED_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	REQUIRE(p != MAP_FAILED);
	hmm_mark(&h);
	int seen[SHARED_PAGE / 4];

	memset(seen, 1, sizeof seen);
	OK(hmm_copy(&h, 0, p, seen, SHARED_PAGE));
	CHECK_EQ(1, hmm_since(&h).device_read_faults);
	for (size_t i = 0; i < LENGTH(seen); i++)
		CHECK_EQ(0, seen[i]);
	hmm_migrate(&h, 0, p, SHARED_PAGE);
	CHECK_EQ(0, hmm_there(&h, 0));
	munmap(p, SHARED_PAGE);
	close(fd);
}

CONF_CASES(hmm_access) = {
	CASE(open_close),
	CASE(anon_read),
	CASE(anon_read_prot),
	CASE(anon_write),
	CASE(anon_write_prot),
	CASE(anon_write_child),
	CASE(anon_write_child_shared),
	CASE(anon_write_huge),
	CASE(anon_write_hugetlbfs),
	CASE(file_read),
	CASE(file_write),
	CASE(anon_read_multiple),
	CASE(anon_teardown),
	CASE(mixedmap),
	CASE_END,
};
