/* SPDX-License-Identifier: MIT */
/*
 * Tern's devices over the kernel's HMM test driver (vendors/dmirror), which have built-in kernels:
 * what kernels compute, where pages are afterwards, and how many faults that took. Other devices
 * skip all of it.
 */
#include "conformance/shared.h"
#include "icd/cl_tern.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 48, WORDS = PAGES * SHARED_PAGE / 4 };
#define BYTES ((size_t)PAGES * SHARED_PAGE)

/* Nothing but what the case does may move: the policy must be "demand", which a command of these
 * cases never changes (a read stays where it is, what is written comes). */
static void need_driver(void)
{
	const char *policy = getenv("TERN_POLICY");
	char *names = conf_device_string(CL_DEVICE_BUILT_IN_KERNELS);
	bool found = strstr(names, "tern_exclusive");

	free(names);
	if (!found)
		SKIP("the device has no kernels built in over page tables of its own");
	if (!policy || strcmp(policy, "demand") != 0)
		SKIP("needs TERN_POLICY=demand");
}

static bool is_private(void)
{
	return !conf_device_bool(CL_DEVICE_HOST_UNIFIED_MEMORY);
}

static cl_svm_statistics_tern statistics(void)
{
	cl_svm_statistics_tern s = {0};
	clGetSVMStatisticsTERN_fn get =
		(clGetSVMStatisticsTERN_fn)clGetExtensionFunctionAddressForPlatform(
			conf_platform(), "clGetSVMStatisticsTERN");

	REQUIRE(get != NULL);
	conf_queue(); /* counts from the first queue on */
	OK(get(conf_device(), NULL, 0, sizeof s, &s));
	return s;
}

static cl_ulong resident_pages(void)
{
	return statistics().resident_bytes / SHARED_PAGE;
}

static cl_kernel kernel_of(const char *name)
{
	cl_device_id device = conf_device();
	cl_int error;
	cl_program program =
		clCreateProgramWithBuiltInKernels(conf_context(), 1, &device, name, &error);

	OK(error);
	return conf_kernel_of(conf_keep_program(program), name);
}

/* The final status of @kernel on @items, and what it caused. */
static cl_int run(cl_kernel kernel, size_t items, cl_event_svm_statistics_tern *caused)
{
	cl_event event = shared_start(conf_queue(), kernel, items);

	clWaitForEvents(1, &event);
	if (caused)
		OK(clGetEventInfo(event, CL_EVENT_SVM_STATISTICS_TERN, sizeof *caused, caused,
				  NULL));
	return conf_event_status(event);
}

static cl_int copy(const void *from, void *to, size_t bytes, cl_event_svm_statistics_tern *caused)
{
	cl_kernel kernel = kernel_of("tern_copy");

	shared_pointer(kernel, 0, from);
	shared_pointer(kernel, 1, to);
	return run(kernel, bytes, caused);
}

static void migrate(const void *p, size_t bytes, cl_mem_migration_flags flags)
{
	OK(clEnqueueSVMMigrateMem(conf_queue(), 1, &p, &bytes, flags, 0, NULL, NULL));
	OK(clFinish(conf_queue()));
}

/* Pages of a mapping of their own, with guards, so that they are nobody's neighbours. */
static int *pages(int value)
{
	char *p =
		mmap(NULL, BYTES + 2 * SHARED_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(p != MAP_FAILED);
	p += SHARED_PAGE;
	REQUIRE(!mprotect(p, BYTES, PROT_READ | PROT_WRITE));
	int *words = (int *)(void *)p;

	for (int i = 0; i < WORDS; i++)
		words[i] = value + i;
	return words;
}

static void give_back(int *p)
{
	munmap((char *)p - SHARED_PAGE, BYTES + 2 * SHARED_PAGE);
}

/* Each page that is written for the first time faults once and comes; what is read is mapped where
 * it is, once. The second run faults on nothing. */
static void faults_and_residency(void)
{
	need_driver();
	int *a = pages(0), *b = pages(1000000);
	cl_event_svm_statistics_tern first, second, third;
	cl_ulong before = resident_pages();

	CHECK_EQ(CL_COMPLETE, copy(a, b, BYTES, &first));
	CHECK_EQ(2 * PAGES, first.faults);
	CHECK_EQ(PAGES, first.pages_in);
	CHECK_EQ(0, first.pages_out);
	CHECK_EQ(BYTES, first.bytes_to_device);
	CHECK_EQ(PAGES, resident_pages() - before);
	CHECK_EQ(CL_COMPLETE, copy(a, b, BYTES, &second));
	CHECK_EQ(0, second.faults);
	CHECK_EQ(0, second.pages_in);
	cl_svm_statistics_tern s = statistics();

	CHECK_EQ(0, shared_wrong_here(b, 0, WORDS));
	/* The host's touch brings device-private pages home, one by one; device-coherent ones stay.
	 */
	cl_ulong back = is_private() ? PAGES : 0;

	CHECK_EQ(back, statistics().host_read_faults - s.host_read_faults);
	CHECK_EQ(back, statistics().pages_to_host - s.pages_to_host);
	CHECK_EQ(PAGES - back, resident_pages() - before);
	CHECK_EQ(CL_COMPLETE, copy(a, b, BYTES, &third));
	CHECK_EQ(back, third.faults);
	CHECK_EQ(back, third.pages_in);
	give_back(a);
	give_back(b);
	CHECK_EQ(before, resident_pages());
}

/* One touched page among many: only that one is missing. */
static void one_page_comes_home(void)
{
	need_driver();
	int *a = pages(5), *b = pages(0);
	cl_event_svm_statistics_tern caused;

	CHECK_EQ(CL_COMPLETE, copy(a, b, BYTES, NULL));
	b[7 * SHARED_PAGE / 4 + 3] = -1;
	CHECK_EQ(is_private() ? PAGES - 1 : PAGES, resident_pages());
	CHECK_EQ(CL_COMPLETE, copy(a, b, BYTES, &caused));
	CHECK_EQ(is_private() ? 1 : 0, caused.faults);
	CHECK_EQ(PAGES, resident_pages());
	CHECK_EQ(0, shared_wrong_here(b, 5, WORDS));
	give_back(a);
	give_back(b);
}

static void migration(void)
{
	need_driver();
	int *p = pages(3);
	cl_svm_statistics_tern s = statistics();
	cl_event_svm_statistics_tern caused;
	cl_kernel kernel = shared_kernel("inc");

	migrate(p, BYTES, 0);
	CHECK_EQ(PAGES, resident_pages());
	CHECK_EQ(PAGES, statistics().pages_to_device - s.pages_to_device);
	CHECK_EQ(0, statistics().device_write_faults - s.device_write_faults);
	shared_pointer(kernel, 0, p);
	CHECK_EQ(CL_COMPLETE, run(kernel, WORDS, &caused));
	/* What the device has it uses without a fault. Device-coherent pages are new to its page
	 * tables only where the driver maps them when it is asked. */
	CHECK_EQ(0, caused.faults);
	CHECK_EQ(0, caused.pages_in);
	migrate(p, BYTES, CL_MIGRATE_MEM_OBJECT_HOST);
	CHECK_EQ(0, resident_pages());
	CHECK_EQ(PAGES, statistics().pages_to_host - s.pages_to_host);
	CHECK_EQ(0, statistics().host_read_faults - s.host_read_faults);
	CHECK_EQ(0, shared_wrong_here(p, 4, WORDS));
	/* Memory that nobody has touched: zeros, made on the device. */
	REQUIRE(!madvise(p, BYTES, MADV_DONTNEED));
	migrate(p, BYTES, 0);
	CHECK_EQ(PAGES, statistics().pages_zeroed - s.pages_zeroed);
	CHECK_EQ(PAGES, resident_pages());
	int sum = 0;

	for (int i = 0; i < WORDS; i++)
		sum += p[i] != 0;
	CHECK_EQ(0, sum);
	give_back(p);
}

/* Ranges with what does not migrate: holes, read-only pages, shared memory, a file's. */
static void what_does_not_migrate(void)
{
	need_driver();
	int *p = pages(8);
	char *bytes = (char *)p;
	char *shared = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	REQUIRE(shared != MAP_FAILED);
	memset(shared, 1, BYTES);
	munmap(bytes + 3 * SHARED_PAGE, SHARED_PAGE);
	CHECK(!mprotect(bytes + 5 * SHARED_PAGE, SHARED_PAGE, PROT_READ));
	CHECK(!mprotect(bytes + 9 * SHARED_PAGE, SHARED_PAGE, PROT_NONE));
	migrate(p, BYTES, 0);
	migrate(shared, BYTES, 0);
	CHECK_EQ(PAGES - 2, resident_pages());
	/* All the same the device uses them, where it may. */
	CHECK_EQ(CL_COMPLETE, copy(bytes + 4 * SHARED_PAGE, shared, 4 * SHARED_PAGE, NULL));
	CHECK(!memcmp(shared, bytes + 4 * SHARED_PAGE, 4 * SHARED_PAGE));
	CHECK_EQ(CL_OUT_OF_RESOURCES, copy(shared, bytes + 3 * SHARED_PAGE, SHARED_PAGE, NULL));
	CHECK_EQ(CL_OUT_OF_RESOURCES, copy(shared, bytes + 5 * SHARED_PAGE, SHARED_PAGE, NULL));
	CHECK_EQ(CL_OUT_OF_RESOURCES, copy(shared, bytes + 9 * SHARED_PAGE, SHARED_PAGE, NULL));
	CHECK_EQ(CL_OUT_OF_RESOURCES, copy(bytes + 9 * SHARED_PAGE, shared, SHARED_PAGE, NULL));
	CHECK_EQ(CL_COMPLETE, copy(shared, bytes, SHARED_PAGE, NULL));
	munmap(shared, BYTES);
	give_back(p);
}

/* What the program does to its mappings while the device has the pages. */
static void mappings_change(void)
{
	need_driver();
	int *p = pages(8), *q = pages(0);

	migrate(p, BYTES, 0);
	/* The driver loses its entries; the pages stay. */
	CHECK(!mprotect(p, BYTES, PROT_READ));
	CHECK_EQ(PAGES, resident_pages());
	CHECK_EQ(CL_COMPLETE, copy(p, q, BYTES, NULL));
	CHECK_EQ(0, shared_wrong_here(q, 8, WORDS));
	CHECK_EQ(CL_OUT_OF_RESOURCES, copy(q, p, BYTES, NULL));
	CHECK(!mprotect(p, BYTES, PROT_READ | PROT_WRITE));
	shared_inc(p, WORDS);
	CHECK_EQ(0, shared_wrong_here(p, 9, WORDS));
	migrate(p, BYTES, 0);
	/* They move with mremap(). */
	void *there = mmap(NULL, BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(there != MAP_FAILED);
	int *moved = mremap(p, BYTES, BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, there);

	REQUIRE(moved == there);
	CHECK_EQ(CL_OUT_OF_RESOURCES, copy(p, q, SHARED_PAGE, NULL));
	shared_inc(moved, WORDS);
	CHECK_EQ(0, shared_wrong_here(moved, 10, WORDS));
	munmap(moved, BYTES);
	give_back(q);
}

static void *add_here(void *word)
{
	for (int i = 0; i < 3000; i++)
		atomic_fetch_add((atomic_int *)word, 1);
	return NULL;
}

/* The device's additions and those of two host threads, at one word, come out exact; bytes beside
 * it that others write stay theirs. */
static void atomics_are_exact(void)
{
	need_driver();
	int *p = pages(0);
	atomic_int *word = (atomic_int *)(void *)(p + 100);
	volatile int *beside = p + 101;
	cl_kernel kernel = kernel_of("tern_atomic_add");
	cl_uint two = 2;
	pthread_t threads[2];

	*word = 0;
	shared_pointer(kernel, 0, p + 100);
	ARG(kernel, 1, two);
	for (int i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, add_here, word));
	cl_event event = shared_start(conf_queue(), kernel, 500);

	for (int i = 0; conf_event_status(event) > CL_COMPLETE; i++)
		*beside = i;
	*beside = 77;
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(CL_COMPLETE, conf_event_status(event));
	CHECK_EQ(2 * 3000 + 2 * 500, atomic_load(word));
	CHECK_EQ(77, *beside);
	give_back(p);
}

static void exchanges(void)
{
	need_driver();
	int *p = pages(10);
	cl_uint old[3] = {0}, value = 5;
	cl_kernel kernel = kernel_of("tern_exchange");

	shared_pointer(kernel, 0, p + 1023); /* and the next page */
	ARG(kernel, 1, value);
	shared_pointer(kernel, 2, old);
	CHECK_EQ(CL_COMPLETE, run(kernel, 3, NULL));
	CHECK(old[0] == 1033 && old[1] == 1034 && old[2] == 1035);
	CHECK(p[1022] == 1032 && p[1023] == 5 && p[1024] == 5 && p[1025] == 5 && p[1026] == 1036);
	give_back(p);
}

/* Exclusive until the host touches the page. */
static void exclusive_access(void)
{
	need_driver();
	int *p = pages(10);
	cl_uint count = 0;
	cl_kernel take = kernel_of("tern_exclusive"), held = kernel_of("tern_held");

	shared_pointer(take, 0, p);
	shared_pointer(take, 1, &count);
	shared_pointer(held, 0, p);
	shared_pointer(held, 1, &count);
	CHECK_EQ(CL_COMPLETE, run(take, BYTES, NULL));
	CHECK_EQ(PAGES, count);
	CHECK_EQ(CL_COMPLETE, run(held, BYTES, NULL));
	CHECK_EQ(PAGES, count);
	p[4 * SHARED_PAGE / 4]++;
	CHECK_EQ(CL_COMPLETE, run(held, BYTES, NULL));
	CHECK_EQ(PAGES - 2, count); /* the driver (6.1) forgets the page behind it, too */
	p[4 * SHARED_PAGE / 4]--;
	CHECK_EQ(0, shared_wrong_here(p, 10, WORDS));
	CHECK_EQ(CL_COMPLETE, run(held, BYTES, NULL));
	CHECK_EQ(0, count);
	give_back(p);
}

/* A host thread writes every other word of pages that the device fills in parts: nothing is lost of
 * either. */
struct neighbour {
	int *words;
	atomic_bool stop;
	int turns;
};

static void *write_odd_half(void *arg)
{
	struct neighbour *n = arg;

	do {
		n->turns++;
		for (int i = 512; i < 1024; i++)
			((volatile int *)n->words)[i] = n->turns * 1024 + i;
	} while (!atomic_load(&n->stop));
	return NULL;
}

static void neighbours_keep_their_bytes(void)
{
	need_driver();
	struct neighbour n = {.words = pages(0)};
	pthread_t thread;
	cl_kernel fill = shared_kernel("fill");
	int wrong = 0;

	REQUIRE(!pthread_create(&thread, NULL, write_odd_half, &n));
	shared_pointer(fill, 0, n.words);
	for (int turn = 0; turn < 100; turn++) {
		ARG(fill, 1, turn);
		CHECK_EQ(CL_COMPLETE, run(fill, 512, NULL));
		wrong += (int)shared_wrong_here(n.words, turn, 512);
	}
	atomic_store(&n.stop, true);
	pthread_join(thread, NULL);
	CHECK_EQ(0, wrong);
	CHECK_EQ(0, shared_wrong_here(n.words + 512, n.turns * 1024 + 512, 512));
	give_back(n.words);
}

/* Both halves of the host touch what the device works on, again and again. */
static void *touch_all(void *arg)
{
	struct neighbour *n = arg;

	while (!atomic_load(&n->stop))
		for (int i = 0; i < WORDS; i += SHARED_PAGE / 4)
			n->turns += ((volatile int *)n->words)[i] < 0;
	return NULL;
}

static void host_reads_meanwhile(void)
{
	need_driver();
	struct neighbour n = {.words = pages(0)};
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, touch_all, &n));
	for (int turn = 0; turn < 5; turn++)
		shared_inc(n.words, WORDS);
	atomic_store(&n.stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK_EQ(0, n.turns);
	CHECK_EQ(0, shared_wrong_here(n.words, 5, WORDS));
	give_back(n.words);
}

static bool same_kind(cl_device_id device)
{
	cl_bool unified = CL_FALSE;

	OK(clGetDeviceInfo(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof unified, &unified, NULL));
	return unified == conf_device_bool(CL_DEVICE_HOST_UNIFIED_MEMORY);
}

/* The pages of one device go to the other: device-private ones by faults, by way of the host;
 * device-coherent ones, which the other one reaches where they are, on request. */
static void between_devices(void)
{
	need_driver();
	cl_device_id found[4], *other = NULL;
	cl_uint count = 0;
	cl_int error;

	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_CUSTOM, 4, found, &count));
	for (cl_uint i = 0; i < count && i < 4; i++)
		if (found[i] != conf_device() && same_kind(found[i]))
			other = &found[i];
	if (!other)
		SKIP("there is one such device only");
	const cl_device_id both[2] = {conf_device(), *other};
	cl_context context = conf_keep_context(clCreateContext(NULL, 2, both, NULL, NULL, &error));

	OK(error);
	cl_program program = conf_keep_program(
		clCreateProgramWithBuiltInKernels(context, 2, both, "tern_increment", &error));

	OK(error);
	cl_kernel kernel = conf_kernel_of(program, "tern_increment");
	int *p = pages(0);

	shared_pointer(kernel, 0, p);
	cl_command_queue queues[2];

	for (int i = 0; i < 2; i++) {
		queues[i] = conf_keep_queue(
			clCreateCommandQueueWithProperties(context, both[i], NULL, &error));
		OK(error);
	}
	for (int turn = 0; turn < 6; turn++) {
		cl_command_queue queue = queues[turn % 2];
		const void *pointer = p;
		const size_t bytes = BYTES;

		if (turn > 2)
			OK(clEnqueueSVMMigrateMem(queue, 1, &pointer, &bytes, 0, 0, NULL, NULL));
		conf_run_on(queue, kernel, WORDS, 0);
		int there = (int)resident_pages();

		bool moved = turn % 2 && (is_private() || turn > 2);

		CHECKF(there == (moved ? 0 : PAGES), "turn %d: %d pages are there", turn, there);
	}
	CHECK_EQ(0, shared_wrong_here(p, 6, WORDS));
	give_back(p);
}

/* Beside a device whose pages the userfaultfd engine moves (accel, if it is offered): what either
 * has the other one gets, whichever touches the page, and the host sees all of it. */
struct pair {
	cl_command_queue here, there;
	cl_kernel inc_here, inc_there;
};

static bool open_pair(struct pair *pair)
{
	cl_device_id other = NULL, self = conf_device();
	cl_uint count = 0;
	cl_int error;

	if (clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ACCELERATOR, 1, &other, &count))
		return false;
	const cl_device_id both[2] = {self, other};
	cl_context context = conf_keep_context(clCreateContext(NULL, 2, both, NULL, NULL, &error));
	const char *text = shared_source;

	OK(error);
	cl_program built = conf_keep_program(
		clCreateProgramWithBuiltInKernels(context, 1, &self, "tern_increment", &error));

	OK(error);
	cl_program program =
		conf_keep_program(clCreateProgramWithSource(context, 1, &text, NULL, &error));

	OK(error);
	OK(clBuildProgram(program, 1, &other, "-cl-std=CL3.0", NULL, NULL));
	pair->inc_here = conf_kernel_of(built, "tern_increment");
	pair->inc_there = conf_kernel_of(program, "inc");
	pair->here =
		conf_keep_queue(clCreateCommandQueueWithProperties(context, self, NULL, &error));
	OK(error);
	pair->there =
		conf_keep_queue(clCreateCommandQueueWithProperties(context, other, NULL, &error));
	OK(error);
	return true;
}

static void beside_the_accelerator(void)
{
	need_driver();
	struct pair pair;

	if (!open_pair(&pair))
		SKIP("no accelerator is offered (TERN_DEVICES=cpu,accel,dmirror)");
	int *p = pages(0), turns = 0;

	shared_pointer(pair.inc_here, 0, p);
	shared_pointer(pair.inc_there, 0, p);
	for (int turn = 0; turn < 24; turn++) {
		const void *pointer = p;
		const size_t bytes = BYTES;
		cl_command_queue queue = turn % 2 ? pair.there : pair.here;

		/* By faults alone, by requests, and with the host in between. */
		if (turn % 3 == 1)
			OK(clEnqueueSVMMigrateMem(queue, 1, &pointer, &bytes, 0, 0, NULL, NULL));
		conf_run_on(queue, turn % 2 ? pair.inc_there : pair.inc_here, WORDS, 0);
		turns++;
		if (turn % 5 == 4)
			CHECK_EQ(0, shared_wrong_here(p, turns, WORDS));
	}
	/* And at the same time, each in its part: the page in the middle is both's. (An emulated
	 * processor may read what a masked load leaves out, so the guard is not near.) */
	enum { HERE = WORDS / 2 - 100, THERE = 5000 };
	cl_event events[2];

	shared_pointer(pair.inc_there, 0, p + HERE);
	for (int turn = 1; turn <= 6; turn++) {
		events[0] = shared_start(pair.here, pair.inc_here, HERE);
		events[1] = shared_start(pair.there, pair.inc_there, THERE);
		OK(clWaitForEvents(2, events));
	}
	CHECK_EQ(0, shared_wrong_here(p, turns + 6, HERE + THERE));
	CHECK_EQ(0,
		 shared_wrong_here(p + HERE + THERE, turns + HERE + THERE, WORDS - HERE - THERE));
	give_back(p);
}

/* Shows: the process is killed while the device works on its memory; other processes go on. */
static void process_is_killed(void)
{
	need_driver();
	int *p = pages(0);

	migrate(p, BYTES, 0);
	for (int turn = 0; turn < 3; turn++) {
		pid_t pid = fork();

		REQUIRE(pid >= 0);
		if (!pid) {
			cl_int error = 0;
			cl_device_id device = conf_device();
			cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
			cl_command_queue queue =
				clCreateCommandQueueWithProperties(context, device, NULL, &error);
			cl_program program = NULL;
			cl_kernel kernel = NULL;
			size_t count = WORDS;

			if (error || shared_make_kernel(context, "inc", &program, &kernel))
				_exit(1);
			clSetKernelArgSVMPointer(kernel, 0, p);
			for (;;)
				if (clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, NULL, 0,
							   NULL, NULL) ||
				    clFinish(queue))
					_exit(2);
		}
		conf_sleep(0.3 + 0.2 * turn);
		CHECK(!kill(pid, SIGKILL));
		CHECK_EQ(1000 + SIGKILL, conf_child_status(pid, 20));
		/* The end of the other process has sent all pages home (the driver's way). */
		shared_inc(p, WORDS);
	}
	CHECK_EQ(0, shared_wrong_here(p, 3, WORDS));
	give_back(p);
	shared_still_works();
}

/* Shows: the driver's file is closed under way. The command fails or not; what it had not yet
 * written is as it was, and the next one works. */
static void driver_is_closed(void)
{
	need_driver();
	int *a = pages(0), *b = pages(0);
	unsigned failed = 0;

	for (int turn = 1; turn <= 10; turn++) {
		memset(b, 0xff, BYTES);
		cl_kernel kernel = kernel_of("tern_copy");

		shared_pointer(kernel, 0, a);
		shared_pointer(kernel, 1, b);
		cl_event event = shared_start(conf_queue(), kernel, BYTES);

		usleep((useconds_t)(turn * 700));
		for (int fd = 3; fd < 1024; fd++) {
			char path[40], target[64] = "";

			snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
			if (readlink(path, target, sizeof target - 1) > 0 &&
			    strstr(target, "hmm_dmirror"))
				close(fd);
		}
		clWaitForEvents(1, &event);
		cl_int status = conf_event_status(event);

		CHECK_CL2(CL_COMPLETE, CL_OUT_OF_RESOURCES, status);
		failed += status < 0;
		int foreign = 0;

		for (int i = 0; i < WORDS; i++)
			foreign += b[i] != -1 && b[i] != a[i];
		CHECK_EQ(0, foreign);
		/* The one after it may be the first to notice. */
		if (copy(a, b, BYTES, NULL) != CL_COMPLETE)
			CHECK_EQ(CL_COMPLETE, copy(a, b, BYTES, NULL));
		CHECK(!memcmp(a, b, BYTES));
	}
	conf_note("%u of 10 commands failed", failed);
	give_back(a);
	give_back(b);
}

/* More than the driver can give (device-coherent memory is 256 MiB) or the device may use: the rest
 * stays at home, or others go there. */
static void more_than_there_is(void)
{
	need_driver();
	size_t memory = conf_device_ulong(CL_DEVICE_GLOBAL_MEM_SIZE);

	if (memory > (size_t)64 << 20)
		SKIP("the device has %zu MiB: that would take long", memory >> 20);
	size_t bytes = 2 * memory, words = bytes / 4;
	int *p = shared_map(bytes);

	for (size_t i = 0; i < words; i += SHARED_PAGE / 4)
		p[i] = (int)i;
	migrate(p, bytes, 0);
	CHECK(resident_pages() * SHARED_PAGE <= memory);
	CHECK(resident_pages() * SHARED_PAGE > memory / 2);
	CHECK(statistics().pages_evicted > 0);
	shared_inc(p, words);
	CHECK(resident_pages() * SHARED_PAGE <= memory);
	size_t wrong = 0;

	for (size_t i = 0; i < words; i++)
		wrong += p[i] != (i % (SHARED_PAGE / 4) ? 1 : (int)i + 1);
	CHECK_EQ(0, wrong);
	munmap(p, bytes);
}

CONF_CASES(built_in) = {
	CASE(faults_and_residency),
	CASE(one_page_comes_home),
	CASE(migration),
	CASE(what_does_not_migrate),
	CASE(mappings_change),
	CASE(atomics_are_exact),
	CASE(exchanges),
	CASE(exclusive_access),
	CASE(neighbours_keep_their_bytes),
	CASE(host_reads_meanwhile),
	CASE(between_devices),
	CASE(beside_the_accelerator),
	CASE(process_is_killed),
	CASE(driver_is_closed),
	CASE(more_than_there_is),
	CASE_END,
};
