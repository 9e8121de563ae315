/* SPDX-License-Identifier: MIT */
/* Moves ahead on the accelerator: what a kernel did once is there before it does it again. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "icd/api.h"
#include "icd/svm_types.h"
#include "runtime/base/tests/test.h"
#include "runtime/device.h"
#include "svm/space.h"

enum { SIZE = 16 << 20, COUNT = SIZE / 4, PAGES = SIZE / 4096, SLICES = 8 };

static cl_context context;
static cl_device_id accel;
static cl_command_queue queue;
static cl_kernel add;

static void begin(void)
{
	cl_platform_id platform;
	cl_int error = CL_INVALID_VALUE;
	struct tern_space_features features;
	const char *text = "kernel void add(global int *p, int n) { p[get_global_id(0)] += n; }";
	setenv("TERN_DEVICES", "accel", 1);
	setenv("TERN_ACCEL", "mem=128M", 1);
	unsetenv("TERN_POLICY");
	tern_space_probe(&features);
	char *path = tern_path_accel();
	bool there = path;
	free(path);
	if (!features.system || !there) {
		fprintf(stderr, "no accelerator that reaches all memory: %s\n", features.why);
		exit(TEST_SKIP);
	}
	REQUIRE(!tern_clGetPlatformIDs(1, &platform, NULL));
	REQUIRE(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &accel, NULL));
	context = tern_clCreateContext(NULL, 1, &accel, NULL, NULL, &error);
	REQUIRE(context && !error);
	queue = tern_clCreateCommandQueueWithProperties(context, accel, NULL, &error);
	REQUIRE(queue && !error);
	cl_program p = tern_clCreateProgramWithSource(context, 1, &text, NULL, &error);
	REQUIRE(p && !error);
	error = tern_clBuildProgram(p, 0, NULL, "", NULL, NULL);
	if (error == CL_COMPILER_NOT_AVAILABLE) {
		fprintf(stderr, "no compile server\n");
		exit(TEST_SKIP);
	}
	REQUIRE(!error);
	add = tern_clCreateKernel(p, "add", &error);
	REQUIRE(add && !error && !tern_clReleaseProgram(p));
}

static int *memory(void)
{
	int *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED);
	return p;
}

static void set(int *p, int value)
{
	for (int i = 0; i < COUNT; i++)
		p[i] = value + i;
}

static bool is(const int *p, int value)
{
	int wrong = 0;
	for (int i = 0; i < COUNT; i++)
		wrong += p[i] != value + i;
	return !wrong;
}

/* p[i] += n for all i, in @slices commands behind @after (or NULL), with their @events (or NULL).
 */
static void enqueue_events(int *p, int n, size_t slices, cl_event after, cl_event *events)
{
	size_t count = COUNT / slices;
	EXPECT(!tern_clSetKernelArgSVMPointer(add, 0, p));
	EXPECT(!tern_clSetKernelArg(add, 1, sizeof(n), &n));
	for (size_t first = 0; first < COUNT; first += count)
		EXPECT(!tern_clEnqueueNDRangeKernel(queue, add, 1, &first, &count, NULL, !!after,
						    after ? &after : NULL,
						    events ? &events[first / count] : NULL));
	EXPECT(!tern_clFlush(queue));
}

static void enqueue(int *p, int n, size_t slices, cl_event after)
{
	enqueue_events(p, n, slices, after, NULL);
}

/* Pages that came to the device for these commands, which have ended; they are released. */
static uint64_t pages_for(cl_event *events, size_t count)
{
	uint64_t pages = 0;
	for (size_t i = 0; i < count; i++) {
		cl_event_svm_statistics_tern s = {0};
		EXPECT(!tern_clGetEventInfo(events[i], CL_EVENT_SVM_STATISTICS_TERN, sizeof(s), &s,
					    NULL));
		pages += s.pages_in;
		EXPECT(!tern_clReleaseEvent(events[i]));
	}
	return pages;
}

static uint64_t device_faults(void)
{
	struct tern_space_stats s;
	tern_space_stats(&s);
	return s.device_read_faults + s.device_write_faults;
}

static cl_event user_event(void)
{
	cl_int error = CL_INVALID_VALUE;
	cl_event e = tern_clCreateUserEvent(context, &error);
	REQUIRE(e && !error);
	return e;
}

static uint64_t resident(void)
{
	struct tern_device *device = tern_device_from(accel);
	struct tern_devmem *devmem = tern_device_memory_get(device);
	REQUIRE(devmem);
	uint64_t bytes = tern_space_resident(devmem);
	tern_device_memory_put(device);
	return bytes;
}

/* Up to some seconds. */
static bool becomes_resident(uint64_t bytes)
{
	struct timespec ms = {0, 1000000};
	for (int i = 0; i < 1500; i++) {
		if (resident() >= bytes)
			return true;
		nanosleep(&ms, NULL);
	}
	return false;
}

/* A pass that teaches what the kernel does, and one of other memory that waits: true: all that it
 * needs was there before it began. */
static bool made_ready(size_t slices)
{
	int *first = memory(), *second = memory();
	set(first, 5);
	set(second, 7);
	enqueue(first, 1, slices, NULL);
	EXPECT(!tern_clFinish(queue));
	EXPECT(is(first, 6));
	uint64_t before = resident(), faults = device_faults();
	cl_event gate = user_event(), events[SLICES] = {NULL};
	enqueue_events(second, 2, slices, gate, events);
	bool ready = becomes_resident(before + SIZE);
	EXPECT(device_faults() == faults);
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clFinish(queue));
	/* The code and the stack of the program are none of its pages. */
	if (ready)
		EXPECT(device_faults() - faults <= 4 + slices);
	/* And it is the commands that they were moved for. */
	uint64_t pages = pages_for(events, slices);
	EXPECT((pages >= PAGES || !ready) && pages <= PAGES + 64 * slices);
	EXPECT(is(second, 9));
	EXPECT(!tern_clReleaseEvent(gate));
	munmap(first, SIZE);
	munmap(second, SIZE);
	return ready;
}

/* One pass mostly teaches enough; where threads meet in an odd order it takes more. A sanitizer
 * makes odd orders common: then this is about the data. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MUST_LEARN = 0, PASSES = 2 };
#else
enum { MUST_LEARN = 1, PASSES = 12 };
#endif

static void waiting(size_t slices)
{
	bool ready = false;
	for (int i = 0; i < PASSES && !ready; i++)
		ready = made_ready(slices);
	if (!ready)
		fprintf(stderr, "nothing was learnt in %d passes of %zu commands\n", PASSES,
			slices);
	EXPECT(ready || !MUST_LEARN);
}

/* Again and again over the same memory, which the host changes in between. */
static void again(void)
{
	int *p = memory();
	uint64_t faults[4];
	for (int run = 0; run < 4; run++) {
		set(p, run);
		faults[run] = device_faults();
		enqueue(p, 10, SLICES, NULL);
		EXPECT(!tern_clFinish(queue));
		faults[run] = device_faults() - faults[run];
		EXPECT(is(p, run + 10));
	}
	EXPECT(faults[3] * 64 <= PAGES || !MUST_LEARN);
	munmap(p, SIZE);
}

/* What is moved ahead for a command that never runs is as it was. */
static void in_vain(void)
{
	int *p = memory();
	set(p, 3);
	cl_event gate = user_event();
	uint64_t before = resident();
	enqueue(p, 1, 1, gate);
	if (!becomes_resident(before + SIZE))
		fprintf(stderr, "not all of it was moved ahead\n");
	for (int i = 0; i < COUNT; i += 3)
		p[i]++;
	EXPECT(!tern_clSetUserEventStatus(gate, -1));
	EXPECT(!tern_clFinish(queue));
	int wrong = 0;
	for (int i = 0; i < COUNT; i++)
		wrong += p[i] != 3 + i + (i % 3 == 0);
	EXPECT(!wrong);
	EXPECT(!tern_clReleaseEvent(gate));
	munmap(p, SIZE);
}

/* Memory that goes while it is moved ahead. */
static void unmapped(void)
{
	for (int i = 0; i < 8; i++) {
		int *p = memory();
		set(p, i);
		cl_event gate = user_event();
		enqueue(p, 1, 1, gate);
		usleep((useconds_t)(500 * i));
		if (i % 2)
			munmap(p + COUNT / 2, SIZE / 2);
		else
			EXPECT(!madvise(p + COUNT / 2, SIZE / 2, MADV_DONTNEED));
		EXPECT(!tern_clSetUserEventStatus(gate, -1));
		EXPECT(!tern_clFinish(queue));
		int wrong = 0;
		for (int j = 0; j < (i % 2 ? COUNT / 2 : COUNT); j++)
			wrong += p[j] != (j < COUNT / 2 ? i + j : 0);
		EXPECT(!wrong);
		EXPECT(!tern_clReleaseEvent(gate));
		munmap(p, i % 2 ? SIZE / 2 : SIZE);
	}
}

int main(void)
{
	begin();
	waiting(1);
	waiting(SLICES);
	again();
	in_vain();
	unmapped();
	EXPECT(!tern_clReleaseKernel(add) && !tern_clReleaseCommandQueue(queue));
	EXPECT(!tern_clReleaseContext(context));
	return test_result();
}
