/* SPDX-License-Identifier: MIT */
/* Where pages are on the accelerator: buffers, SVM and the program's memory, migrated and mapped.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "icd/api.h"
#include "runtime/base/tests/test.h"
#include "runtime/memory.h"
#include "svm/aperture.h"
#include "svm/space.h"
#include "svm/svm.h"

enum { SIZE = 1 << 20, PAGES = SIZE / 4096 };

static cl_context context;
static cl_device_id cpu, accel;
static cl_command_queue cpu_queue, queue;
static cl_kernel increment;

static cl_command_queue make_queue(cl_device_id device)
{
	cl_int error = CL_INVALID_VALUE;
	cl_command_queue q = tern_clCreateCommandQueueWithProperties(context, device, NULL, &error);
	REQUIRE(q && !error);
	return q;
}

static void begin(void)
{
	cl_platform_id platform;
	cl_device_id devices[2];
	cl_uint count = 0;
	cl_int error = CL_INVALID_VALUE;
	struct tern_space_features features;
	setenv("TERN_DEVICES", "cpu,accel", 1);
	tern_space_probe(&features);
	char *path = tern_path_accel();
	bool there = path;
	free(path);
	if (!features.system || !there) {
		fprintf(stderr, "no accelerator that reaches all memory: %s\n", features.why);
		exit(TEST_SKIP);
	}
	REQUIRE(!tern_clGetPlatformIDs(1, &platform, NULL));
	REQUIRE(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 2, devices, &count));
	REQUIRE(count == 2);
	cpu = devices[0];
	accel = devices[1];
	context = tern_clCreateContext(NULL, 2, devices, NULL, NULL, &error);
	REQUIRE(context && !error);
	cpu_queue = make_queue(cpu);
	queue = make_queue(accel);
}

static void make_kernel(void)
{
	const char *text = "kernel void increment(global int *p) { p[get_global_id(0)]++; }";
	cl_int error = CL_INVALID_VALUE;
	cl_program p = tern_clCreateProgramWithSource(context, 1, &text, NULL, &error);
	REQUIRE(p && !error);
	error = tern_clBuildProgram(p, 0, NULL, "", NULL, NULL);
	if (error == CL_COMPILER_NOT_AVAILABLE) {
		fprintf(stderr, "no compile server\n");
		exit(TEST_SKIP);
	}
	REQUIRE(!error);
	increment = tern_clCreateKernel(p, "increment", &error);
	REQUIRE(increment && !error && !tern_clReleaseProgram(p));
}

static void run(cl_command_queue q, int *p)
{
	size_t n = SIZE / sizeof(int);
	EXPECT(!tern_clSetKernelArgSVMPointer(increment, 0, p));
	EXPECT(!tern_clEnqueueNDRangeKernel(q, increment, 1, NULL, &n, NULL, 0, NULL, NULL));
	EXPECT(!tern_clFinish(q));
}

static unsigned pages_at(const void *p, enum tern_page_place place)
{
	unsigned n = 0;
	for (unsigned i = 0; i < PAGES; i++)
		n += tern_space_place((const char *)p + (size_t)i * 4096) == place;
	return n;
}

static unsigned away(const void *p)
{
	return pages_at(p, TERN_PAGE_AWAY);
}

/* Memory of the aperture (all that Tern gives, with a coherent device) stays where it is. */
static bool moves(const void *p)
{
	return (uintptr_t)p < TERN_APERTURE_START || (uintptr_t)p >= TERN_APERTURE_END;
}

static void set(int *p, int value)
{
	for (size_t i = 0; i < SIZE / sizeof(int); i++)
		p[i] = value + (int)i;
}

static bool is(const int *p, int value)
{
	size_t bad = 0;
	for (size_t i = 0; i < SIZE / sizeof(int); i++)
		if (p[i] != value + (int)i && !bad++)
			fprintf(stderr, "element %zu of %p is %d, not %d\n", i, (const void *)p,
				p[i], value + (int)i);
	if (bad)
		fprintf(stderr, "%zu elements are wrong\n", bad);
	return !bad;
}

/* Migrated there, changed there, migrated back, changed by the cpu device. */
static void there_and_back(int *p)
{
	const void *pointers[] = {p};
	const size_t sizes[] = {SIZE};
	unsigned there = moves(p) ? PAGES : 0;
	set(p, 5);
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, pointers, sizes, 0, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
	EXPECT(away(p) == there);
	run(queue, p);
	EXPECT(away(p) == there);
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, pointers, sizes, CL_MIGRATE_MEM_OBJECT_HOST,
					    0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
	EXPECT(away(p) == 0 && is(p, 6));
	run(queue, p);
	EXPECT(away(p) > 0 || !there);
	EXPECT(!tern_clEnqueueSVMMigrateMem(cpu_queue, 1, pointers, sizes, 0, 0, NULL, NULL));
	EXPECT(!tern_clFinish(cpu_queue));
	EXPECT(away(p) == 0);
	run(cpu_queue, p);
	EXPECT(away(p) == 0 && is(p, 8));
	/* not needed: nothing is copied, and it is there */
	struct tern_space_stats before, after;
	tern_space_stats(&before);
	EXPECT(!tern_clEnqueueSVMMigrateMem(
		queue, 1, pointers, sizes, CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
	tern_space_stats(&after);
	EXPECT(away(p) == there);
	EXPECT(after.pages_to_device - before.pages_to_device < PAGES / 4);
}

static void svm(void)
{
	int *p = tern_clSVMAlloc(context, 0, SIZE, 4096);
	REQUIRE(p);
	there_and_back(p);
	/* mapped: home, whole; then where it was used last */
	set(p, 30);
	run(queue, p);
	EXPECT(!tern_clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_READ, p, SIZE, 0, NULL, NULL));
	EXPECT(away(p) == 0 && is(p, 31));
	EXPECT(!tern_clEnqueueSVMUnmap(queue, p, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
	run(queue, p);
	EXPECT(!tern_clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, p, SIZE, 0,
				     NULL, NULL));
	EXPECT(away(p) == 0);
	set(p, 50);
	EXPECT(!tern_clEnqueueSVMUnmap(queue, p, 0, NULL, NULL));
	run(queue, p);
	EXPECT(is(p, 51));
	tern_clSVMFree(context, p);
}

static void fine_grained(void)
{
	int *p = tern_clSVMAlloc(context, CL_MEM_SVM_FINE_GRAIN_BUFFER, SIZE, 0);
	REQUIRE(p);
	const void *pointers[] = {p};
	struct tern_space_stats before, after;
	set(p, 1);
	tern_space_stats(&before);
	run(queue, p);
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, pointers, NULL, 0, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
	run(cpu_queue, p);
	tern_space_stats(&after);
	EXPECT(is(p, 3) && away(p) == 0); /* it never moves */
	EXPECT(after.pages_to_device - before.pages_to_device < PAGES / 4);
	tern_clSVMFree(context, p);
}

static void of_the_program(void)
{
	int *p = aligned_alloc(4096, SIZE);
	REQUIRE(p);
	there_and_back(p);
	free(p);
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED);
	there_and_back(p);
	EXPECT(!munmap(p, SIZE));
	EXPECT(away(p) == 0);
}

static void buffers(void)
{
	cl_int error = CL_INVALID_VALUE;
	cl_mem m = tern_clCreateBuffer(context, 0, SIZE, NULL, &error);
	REQUIRE(m && !error);
	const struct tern_memory *memory = tern_memory_from(m);
	int *data = aligned_alloc(4096, SIZE);
	REQUIRE(data);
	set(data, 7);
	EXPECT(!tern_clEnqueueWriteBuffer(queue, m, CL_TRUE, 0, SIZE, data, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueMigrateMemObjects(queue, 1, &m, 0, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
	EXPECT(memory->place == TERN_HEAP_SHARED || away(memory->host) == PAGES);
	size_t n = SIZE / sizeof(int);
	EXPECT(!tern_clSetKernelArg(increment, 0, sizeof(m), &m));
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, increment, 1, NULL, &n, NULL, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, increment, 1, NULL, &n, NULL, 0, NULL, NULL));
	int *p = tern_clEnqueueMapBuffer(queue, m, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, SIZE, 0,
					 NULL, NULL, &error);
	REQUIRE(p && !error);
	EXPECT(away(p) == 0 && is(p, 9));
	set(p, 70);
	EXPECT(!tern_clEnqueueUnmapMemObject(queue, m, p, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
	EXPECT(!tern_clEnqueueNDRangeKernel(cpu_queue, increment, 1, NULL, &n, NULL, 0, NULL,
					    NULL));
	EXPECT(!tern_clFinish(cpu_queue));
	EXPECT(!tern_clEnqueueMigrateMemObjects(queue, 1, &m, 0, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueReadBuffer(queue, m, CL_TRUE, 0, SIZE, data, 0, NULL, NULL));
	EXPECT(is(data, 71));
	/* released while its pages are away, and the memory used again */
	EXPECT(!tern_clReleaseMemObject(m));
	m = tern_clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, SIZE, data, &error);
	REQUIRE(m && !error);
	EXPECT(!tern_clEnqueueReadBuffer(cpu_queue, m, CL_TRUE, 0, SIZE, data, 0, NULL, NULL));
	EXPECT(is(data, 71));
	EXPECT(!tern_clReleaseMemObject(m));
	free(data);
}

/* Buffers smaller than a page share pages with nothing but each other. */
static void small_buffers(void)
{
	enum { COUNT = 200 };
	cl_mem m[COUNT];
	cl_int error = CL_INVALID_VALUE;
	size_t one = 1;
	for (int i = 0; i < COUNT; i++) {
		m[i] = tern_clCreateBuffer(context, CL_MEM_COPY_HOST_PTR, sizeof(i), &i, &error);
		REQUIRE(m[i] && !error);
	}
	for (int i = 0; i < COUNT; i++) {
		EXPECT(!tern_clSetKernelArg(increment, 0, sizeof(m[i]), &m[i]));
		EXPECT(!tern_clEnqueueNDRangeKernel(i % 2 ? queue : cpu_queue, increment, 1, NULL,
						    &one, NULL, 0, NULL, NULL));
	}
	EXPECT(!tern_clFinish(queue) && !tern_clFinish(cpu_queue));
	for (int i = 0; i < COUNT; i++) {
		int value = -1;
		EXPECT(!tern_clEnqueueReadBuffer(i % 3 ? queue : cpu_queue, m[i], CL_TRUE, 0,
						 sizeof(value), &value, 0, NULL, NULL));
		EXPECT(value == i + 1);
		EXPECT(!tern_clReleaseMemObject(m[i]));
	}
}

/* A child has the contents of all memory, wherever it was. */
static void forked(void)
{
	int *p = tern_clSVMAlloc(context, 0, SIZE, 0);
	int *shared = tern_clSVMAlloc(context, CL_MEM_SVM_FINE_GRAIN_BUFFER, SIZE, 0);
	REQUIRE(p && shared);
	set(p, 1);
	set(shared, 1);
	run(queue, p);
	run(queue, shared);
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		test_failures = 0;
		EXPECT(is(p, 2));
		EXPECT(is(shared, 2));
		set(p, 1000);
		int *mine = tern_clSVMAlloc(context, CL_MEM_SVM_FINE_GRAIN_BUFFER, SIZE, 0);
		REQUIRE(mine && mine != shared);
		set(mine, 2000);
		EXPECT(is(shared, 2));
		_exit(test_failures != 0);
	}
	int status = -1;
	EXPECT(waitpid(pid, &status, 0) == pid && status == 0);
	run(queue, p);
	run(queue, shared);
	EXPECT(is(p, 3));
	EXPECT(is(shared, 3));
	tern_clSVMFree(context, p);
	tern_clSVMFree(context, shared);
}

/* More than the device has: it goes home again by itself. */
static void more_than_there_is(void)
{
	enum { COUNT = 96 };
	cl_mem m[COUNT];
	cl_int error = CL_INVALID_VALUE;
	size_t n = SIZE / sizeof(int);
	int zero = 0, *data = aligned_alloc(4096, SIZE);
	REQUIRE(data);
	for (int i = 0; i < COUNT; i++) {
		m[i] = tern_clCreateBuffer(context, 0, SIZE, NULL, &error);
		REQUIRE(m[i] && !error);
		EXPECT(!tern_clEnqueueFillBuffer(queue, m[i], &zero, 4, 0, SIZE, 0, NULL, NULL));
		EXPECT(!tern_clSetKernelArg(increment, 0, sizeof(m[i]), &m[i]));
		EXPECT(!tern_clEnqueueNDRangeKernel(queue, increment, 1, NULL, &n, NULL, 0, NULL,
						    NULL));
	}
	EXPECT(!tern_clFinish(queue));
	for (int i = 0; i < COUNT; i++) {
		EXPECT(!tern_clEnqueueReadBuffer(queue, m[i], CL_TRUE, 0, SIZE, data, 0, NULL,
						 NULL));
		EXPECT(data[0] == 1 && data[n / 2] == 1 && data[n - 1] == 1);
		EXPECT(!tern_clReleaseMemObject(m[i]));
	}
	free(data);
}

int main(void)
{
	setenv("TERN_ACCEL", "mem=64M,units=2", 0);
	begin();
	make_kernel();
	svm();
	fine_grained();
	of_the_program();
	buffers();
	small_buffers();
	forked();
	more_than_there_is();
	EXPECT(!tern_clReleaseKernel(increment));
	EXPECT(!tern_clReleaseCommandQueue(queue) && !tern_clReleaseCommandQueue(cpu_queue));
	EXPECT(!tern_clReleaseContext(context));
	EXPECT(tern_svm_count() == 0);
	return test_result();
}
