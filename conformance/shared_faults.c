/* SPDX-License-Identifier: MIT */
/*
 * 5.9, 5.11: kernels that go wrong, on devices that survive it. The command ends with an error; the
 * queue, the context, what other commands do, and all data go on.
 */
#include "conformance/shared.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char wild_source[] =
	"kernel void store(ulong where) { *(global int *)where = 5; }\n"
	"kernel void load(ulong where, global int *to) { *to = *(global int *)where; }\n"
	"kernel void add(ulong where) { atomic_inc((volatile global int *)where); }\n"
	/* One item of many goes wrong, others wait for it at the barrier. */
	"kernel void one_of(ulong where, uint which, global int *p) {\n"
	"  local int shared[64];\n"
	"  size_t i = get_global_id(0), l = get_local_id(0);\n"
	"  shared[l] = (int)l;\n"
	"  if (i == which) *(global int *)where = 5;\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  p[i] = shared[get_local_size(0) - 1 - l] + 1; }\n";

static int watched[4096];

static void put_where(cl_kernel kernel, const void *where)
{
	cl_ulong address = (uintptr_t)where;

	ARG(kernel, 0, address);
}

/* @p's kernel fails; afterwards all is as if it had not been. */
static void check_fails(cl_kernel kernel, size_t range)
{
	for (int i = 0; i < (int)LENGTH(watched); i++)
		watched[i] = 7 * i;
	cl_int status = shared_try(kernel, range);
	int wrong = 0;

	CHECKF(status < 0, "the status of the wild command is %d", status);
	for (int i = 0; i < (int)LENGTH(watched); i++)
		wrong += watched[i] != 7 * i;
	CHECK_EQ(0, wrong);
	shared_still_works();
}

static void check_store_and_load(const void *where, bool loads)
{
	int to = 1234;
	cl_kernel kernel = shared_kernel_of(wild_source, "store");

	put_where(kernel, where);
	check_fails(kernel, 1);
	kernel = shared_kernel_of(wild_source, "add");
	put_where(kernel, where);
	check_fails(kernel, 1);
	if (!loads)
		return;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof to, &to);

	kernel = shared_kernel_of(wild_source, "load");
	put_where(kernel, where);
	ARG(kernel, 1, mem);
	check_fails(kernel, 1);
	conf_read(mem, &to, sizeof to);
	CHECK_EQ(1234, to);
}

static void wild_null(void)
{
	shared_need_own_tables();
	check_store_and_load(NULL, true);
	check_store_and_load((void *)(uintptr_t)0x10, true);
}

/* Where nothing else is mapped meanwhile: sanitizers and libraries fill holes among other mappings.
 */
static void *map_apart(size_t bytes)
{
	void *p = mmap((void *)(uintptr_t)0x7e9000000000, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	return p;
}

static void wild_unmapped(void)
{
	shared_need_own_tables();
	char *p = map_apart(3 * SHARED_PAGE);

	memset(p, 1, 3 * SHARED_PAGE);
	munmap(p + SHARED_PAGE, SHARED_PAGE);
	check_store_and_load(p + SHARED_PAGE, true);
	check_store_and_load(p + 2 * SHARED_PAGE - 4, true);
	CHECK(p[0] == 1 && p[SHARED_PAGE - 1] == 1 && p[2 * SHARED_PAGE] == 1);
	munmap(p, SHARED_PAGE);
	munmap(p + 2 * SHARED_PAGE, SHARED_PAGE);
}

/* A kernel has used it, then the program gives it back: no stale copy may serve. */
static void wild_after_munmap(void)
{
	NEED_SYSTEM();
	shared_need_own_tables();
	for (int turn = 0; turn < 5; turn++) {
		int *p = map_apart(8 * SHARED_PAGE);

		shared_fill(p, 1, 8 * SHARED_PAGE / sizeof *p);
		munmap(p, 8 * SHARED_PAGE);
		check_store_and_load(p + turn * 1000, true);
	}
}

static void wild_after_mremap(void)
{
	NEED_SYSTEM();
	shared_need_own_tables();
	enum { SIZE = 8 * SHARED_PAGE, COUNT = SIZE / sizeof(int) };
	int *p = map_apart(SIZE), *to = shared_map(SIZE);

	shared_fill(p, 1, COUNT);
	REQUIRE(mremap(p, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	check_store_and_load(p, true);
	CHECK_EQ(0, shared_wrong(to, 1, COUNT));
	CHECK_EQ(0, shared_wrong_here(to, 1, COUNT));
	munmap(to, SIZE);
}

static void wild_kernel_address(void)
{
	shared_need_own_tables();
	check_store_and_load((void *)(uintptr_t)0xffff888000000000u, true);
	check_store_and_load((void *)(uintptr_t)0x8000000000000000u, true); /* not canonical */
	check_store_and_load((void *)(uintptr_t)0xfffffffffffffff0u, true);
}

enum { PROTECTED = 4 * SHARED_PAGE, PROTECTED_COUNT = PROTECTED / sizeof(int) };

/* Pages that a kernel has used and the host has written since. */
static int *pages_at_home(int value)
{
	int *p = shared_map(PROTECTED);

	shared_fill(p, value - 1, PROTECTED_COUNT);
	for (int i = 0; i < PROTECTED_COUNT; i++)
		p[i]++;
	return p;
}

static void wild_read_only(void)
{
	NEED_SYSTEM();
	shared_need_own_tables();
	for (int turn = 0; turn < 4; turn++) {
		int *p = pages_at_home(turn);

		CHECK_EQ(0, mprotect(p, PROTECTED, PROT_READ));
		if (turn % 2) /* a copy to read is on the device, too */
			CHECK_EQ(0, shared_wrong(p, turn, PROTECTED_COUNT));
		check_store_and_load(p + 1000, false);
		CHECK_EQ(0, shared_wrong(p, turn, PROTECTED_COUNT));
		CHECK_EQ(0, shared_wrong_here(p, turn, PROTECTED_COUNT));
		munmap(p, PROTECTED);
	}
}

static void wild_protected(void)
{
	NEED_SYSTEM();
	shared_need_own_tables();
	int *p = pages_at_home(3);

	CHECK_EQ(0, mprotect(p, PROTECTED, PROT_NONE));
	check_store_and_load(p + 1000, true);
	CHECK_EQ(0, mprotect(p, PROTECTED, PROT_READ));
	CHECK_EQ(0, shared_wrong_here(p, 3, PROTECTED_COUNT));
	munmap(p, PROTECTED);
}

/* Protected while the device has the pages, writable: Linux tells nobody of that. The store fails
 * or is done, as the manual says; nothing else may change, and the host has its new rights at once.
 */
static void protected_while_away(void)
{
	NEED_SYSTEM();
	shared_need_own_tables();
	int *p = shared_map(PROTECTED);
	cl_kernel store = shared_kernel_of(wild_source, "store");

	shared_fill(p, 20, PROTECTED_COUNT);
	CHECK_EQ(0, mprotect(p, PROTECTED, PROT_READ));
	put_where(store, p + 1000);
	cl_int status = shared_try(store, 1);

	conf_note("a store after mprotect of pages on the device: %s\n",
		  status ? "refused" : "done");
	CHECK_EQ(status ? 1020 : 5, p[1000]);
	CHECK_EQ(0, shared_wrong_here(p, 20, 1000));
	CHECK_EQ(0, shared_wrong_here(p + 1001, 1021, PROTECTED_COUNT - 1001));
	/* The host has read it: the device may have it to read only, and asks before it writes. */
	CHECK(shared_try(store, 1) < 0);
	CHECK_EQ(status ? 1020 : 5, p[1000]);
	munmap(p, PROTECTED);
}

/* The program's own text and constants cannot be written. */
static void wild_text(void)
{
	shared_need_own_tables();
	static const volatile int constant[4] = {1, 2, 3, 4};

	check_store_and_load((const void *)(uintptr_t)constant, false);
	check_store_and_load((const void *)(uintptr_t)&wild_text, false);
	CHECK(constant[0] == 1 && constant[3] == 4);
}

static void wild_in_one_item(void)
{
	shared_need_own_tables();
	enum { RANGE = 4096 };
	static const cl_uint items[] = {0, 63, 64, 2000, 4095};
	cl_kernel kernel = shared_kernel_of(wild_source, "one_of");
	cl_mem mem = conf_buffer(0, RANGE * sizeof(int), NULL);
	size_t range = RANGE, local = 64;

	put_where(kernel, NULL);
	ARG(kernel, 2, mem);
	for (size_t i = 0; i < LENGTH(items); i++) {
		cl_event event = NULL;

		ARG(kernel, 1, items[i]);
		OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &range, &local, 0, NULL,
					  &event));
		conf_keep_event(event);
		CHECK_CL(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, clWaitForEvents(1, &event));
		CHECK(conf_event_status(event) < 0);
	}
	/* The same kernel, tame. */
	cl_uint none = RANGE;
	int back[RANGE], wrong = 0;

	ARG(kernel, 1, none);
	conf_run(kernel, RANGE, 64);
	conf_read(mem, back, sizeof back);
	for (int i = 0; i < RANGE; i++)
		wrong += back[i] != 64 - i % 64;
	CHECK_EQ(0, wrong);
}

static void CL_CALLBACK note_status(cl_event event, cl_int status, void *data)
{
	(void)event;
	atomic_store((atomic_int *)data, status);
}

/* What waits for the wild command fails too; what does not wait goes on. */
static void wild_and_dependents(void)
{
	shared_need_own_tables();
	cl_kernel wild = shared_kernel_of(wild_source, "store"), fill = shared_kernel("fill");
	cl_command_queue other = conf_queue_with(0);
	cl_mem mem = conf_buffer(0, 4096 * sizeof(int), NULL);
	const size_t one = 1, range = 4096;
	static atomic_int called;
	cl_event gate = conf_user_event(), event = NULL, after = NULL;
	int value = 4, back[4096];

	atomic_store(&called, 1);
	put_where(wild, NULL);
	OK(clEnqueueNDRangeKernel(conf_queue(), wild, 1, NULL, &one, NULL, 1, &gate, &event));
	conf_keep_event(event);
	OK(clSetEventCallback(event, CL_COMPLETE, note_status, &called));
	ARG(fill, 0, mem);
	ARG(fill, 1, value);
	OK(clEnqueueNDRangeKernel(other, fill, 1, NULL, &range, NULL, 1, &event, &after));
	conf_keep_event(after);
	OK(clFlush(other));
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	CHECK_CL(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, clWaitForEvents(1, &after));
	CHECK(conf_event_status(event) < 0);
	CHECK(conf_event_status(after) < 0);
	for (int i = 0; i < 5000 && atomic_load(&called) > 0; i++)
		conf_sleep(0.001);
	CHECK(atomic_load(&called) < 0);
	/* Both queues are still good. */
	conf_run_on(other, fill, 4096, 0);
	conf_read(mem, back, sizeof back);
	CHECK_EQ(0, shared_wrong_here(back, 4, 4096));
}

static void *run_tame(void *data)
{
	int *wrong = data;
	cl_command_queue queue = conf_queue_with(0);
	cl_kernel fill = shared_kernel("fill");
	cl_mem mem = conf_buffer(0, 4096 * sizeof(int), NULL);
	int back[4096];

	ARG(fill, 0, mem);
	for (int turn = 0; turn < 100; turn++) {
		ARG(fill, 1, turn);
		conf_run_on(queue, fill, 4096, 0);
		OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, sizeof back, back, 0, NULL, NULL));
		*wrong += (int)shared_wrong_here(back, turn, 4096);
	}
	return NULL;
}

/* Another thread's commands on another queue are not touched by it. */
static void wild_beside_others(void)
{
	shared_need_own_tables();
	cl_kernel wild = shared_kernel_of(wild_source, "store");
	pthread_t thread;
	int wrong = 0, failed = 0;

	conf_queue();
	put_where(wild, NULL);
	REQUIRE(!pthread_create(&thread, NULL, run_tame, &wrong));
	for (int i = 0; i < 100; i++)
		failed += shared_try(wild, 1) < 0;
	pthread_join(thread, NULL);
	CHECK_EQ(100, failed);
	CHECK_EQ(0, wrong);
}

/* Buffers are not watched to the byte, but far behind the end there is nothing. */
static void wild_behind_buffer(void)
{
	shared_need_own_tables();
	cl_kernel kernel = shared_kernel_of(
		"kernel void behind(global char *p, long far) { p[far] = 1; }", "behind");
	cl_mem mem = conf_buffer(0, 4096, NULL);
	cl_long far = (cl_long)1 << 46;

	ARG(kernel, 0, mem);
	ARG(kernel, 1, far);
	check_fails(kernel, 1);
}

/* 6.3: an integer division by zero gives some value and is no exception. */
static void division_by_zero(void)
{
	enum { COUNT = 64 };
	cl_kernel kernel = shared_kernel_of(
		"kernel void divide(global const int *a, global const int *b, global int *q,\n"
		"                   global int *r, global long *l) {\n"
		"  size_t i = get_global_id(0);\n"
		"  q[i] = a[i] / b[i]; r[i] = a[i] % b[i];\n"
		"  l[i] = ((long)a[i] << 32) / (long)b[i]; }\n",
		"divide");
	int a[COUNT], b[COUNT], q[COUNT], wrong = 0;

	for (int i = 0; i < COUNT; i++) {
		a[i] = i == 40 ? INT32_MIN : 1000 + i;
		b[i] = i == 40 ? -1 : i % 3; /* a third are zero, and one overflows */
	}
	cl_mem mems[] = {conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof a, a),
			 conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof b, b),
			 conf_buffer(0, sizeof q, NULL), conf_buffer(0, sizeof q, NULL),
			 conf_buffer(0, 2 * sizeof q, NULL)};

	for (cl_uint i = 0; i < LENGTH(mems); i++)
		ARG(kernel, i, mems[i]);
	CHECK_EQ(CL_COMPLETE, shared_try(kernel, COUNT));
	conf_read(mems[2], q, sizeof q);
	for (int i = 0; i < COUNT; i++)
		wrong += i != 40 && b[i] != 0 && q[i] != a[i] / b[i];
	CHECK_EQ(0, wrong);
	shared_still_works();
}

/* Private memory beyond any stack: works or fails, and nothing else suffers. */
static void private_memory_exhausted(void)
{
	shared_need_own_tables();
	conf_need_compiler();
	cl_int error;
	const char *text = "kernel void deep(global int *p, int n) {\n"
			   "  volatile int a[1 << 26];\n" /* 256 MiB */
			   "  for (int i = 0; i < n; i += 1024) a[i] = i;\n"
			   "  *p = a[n / 2 & ~1023]; }\n";
	cl_device_id device = conf_device();
	cl_program program = clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

	OK(error);
	conf_keep_program(program);
	error = clBuildProgram(program, 1, &device, NULL, NULL, NULL);
	CHECK_CL2(CL_SUCCESS, CL_BUILD_PROGRAM_FAILURE, error);
	if (!error) {
		cl_kernel kernel = conf_kernel_of(program, "deep");
		cl_mem mem = conf_buffer(0, sizeof(int), NULL);
		int n = 1 << 26;

		ARG(kernel, 0, mem);
		ARG(kernel, 1, n);
		size_t one = 1;
		cl_event event = NULL;

		error = clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &one, NULL, 0, NULL,
					       &event);
		if (!error) {
			conf_keep_event(event);
			error = clWaitForEvents(1, &event);
		}
	}
	conf_note("256 MiB of private memory: %d\n", error);
	shared_still_works();
}

static const char endless_source[] =
	"kernel void endless(volatile global int *p) { while (p[0] == 0) { } p[1] = 1; }\n";

static void start_endless(void)
{
	cl_int zero[2] = {0};
	cl_kernel kernel = shared_kernel_of(endless_source, "endless");
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof zero, zero);

	ARG(kernel, 0, mem);
	shared_start(conf_queue(), kernel, 1);
	conf_sleep(0.05);
}

/* Only with TERN_ACCEL_TIMEOUT, which one of ctest's runs sets. */
static void endless_kernel_is_ended(void)
{
	const char *limit = getenv("TERN_ACCEL_TIMEOUT");

	shared_need_own_tables();
	if (!limit || !atoi(limit))
		SKIP("no time limit is set (TERN_ACCEL_TIMEOUT)");
	cl_int zero[2] = {0};
	cl_kernel kernel = shared_kernel_of(endless_source, "endless");
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof zero, zero);
	double start = conf_now();

	ARG(kernel, 0, mem);
	for (int turn = 0; turn < 2; turn++) {
		CHECK(shared_try(kernel, turn ? 100 : 1) < 0);
		shared_still_works();
	}
	CHECK(conf_now() - start < 2 * atoi(limit) / 1000.0 + 10);
}

/* Hidden: it ends the process, so that only the next case runs it. */
static void then_exit_endless(void)
{
	start_endless();
	exit(33);
}

/* A program may end while a kernel runs that never would. */
static void exit_during_endless_kernel(void)
{
	shared_need_own_tables();
	double start = conf_now();

	CHECK_EQ(33, conf_run_alone("at-exit.then_exit_endless"));
	CHECK(conf_now() - start < 15);
}

CONF_CASES(shared_faults) = {
	CASE(wild_null),
	CASE(wild_unmapped),
	CASE(wild_after_munmap),
	CASE(wild_after_mremap),
	CASE(wild_kernel_address),
	CASE(wild_read_only),
	CASE(wild_protected),
	CASE(protected_while_away),
	CASE(wild_text),
	CASE(wild_in_one_item),
	CASE(wild_and_dependents),
	CASE(wild_beside_others),
	CASE(wild_behind_buffer),
	CASE(division_by_zero),
	CASE(private_memory_exhausted),
	CASE(endless_kernel_is_ended),
	CASE(exit_during_endless_kernel),
	CASE_END,
};

/* Run by name only. */
CONF_CASES(shared_exits) = {
	CASE(then_exit_endless),
	CASE_END,
};
