/* SPDX-License-Identifier: MIT */
/* Where contexts put their memory, by the devices that they have; migrations; mapping; waits. */
#include "icd/tests/mock_device.h"
#include "runtime/memory.h"
#include "svm/aperture.h"
#include "svm/svm.h"

static cl_context context;
static cl_command_queue cpu_queue, queue;

static void begin(unsigned mock)
{
	const cl_device_id both[] = {mock_cpu, mock_ids[mock]};
	context = mock_context(2, both);
	cpu_queue = mock_queue(context, mock_cpu);
	queue = mock_queue(context, mock_ids[mock]);
}

static void end(void)
{
	EXPECT(!tern_clFinish(queue) && !tern_clFinish(cpu_queue));
	EXPECT(!tern_clReleaseCommandQueue(queue));
	EXPECT(!tern_clReleaseCommandQueue(cpu_queue));
	EXPECT(!tern_clReleaseContext(context));
}

static cl_mem make_buffer(cl_mem_flags flags, size_t size, void *host_ptr)
{
	cl_int error = CL_INVALID_VALUE;
	cl_mem m = tern_clCreateBuffer(context, flags, size, host_ptr, &error);
	REQUIRE(m && !error);
	return m;
}

static cl_mem make_sub(cl_mem buffer, size_t origin, size_t size)
{
	cl_int error = CL_INVALID_VALUE;
	cl_buffer_region region = {origin, size};
	cl_mem m = tern_clCreateSubBuffer(buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
	REQUIRE(m && !error);
	return m;
}

static bool in_aperture(const void *p)
{
	return (uintptr_t)p >= TERN_APERTURE_SHARED && (uintptr_t)p < TERN_APERTURE_END;
}

static enum tern_heap_place svm_place(cl_svm_mem_flags flags)
{
	struct tern_svm_range range;
	char *p = tern_clSVMAlloc(context, flags, 5000, 0);
	REQUIRE(p && tern_svm_find(p + 4999, &range) && range.base == p);
	EXPECT(in_aperture(p) == (range.place == TERN_HEAP_SHARED));
	memset(p, 1, 5000);
	tern_clSVMFree(context, p);
	return range.place;
}

static enum tern_heap_place buffer_place(cl_mem_flags flags)
{
	cl_mem m = make_buffer(flags, 5000, NULL);
	const struct tern_memory *memory = tern_memory_from(m);
	enum tern_heap_place place = memory->place;
	EXPECT(in_aperture(memory->host) == (place == TERN_HEAP_SHARED));
	EXPECT(!tern_clReleaseMemObject(m));
	return place;
}

static void expect_places(enum tern_heap_place coarse, enum tern_heap_place fine)
{
	EXPECT(buffer_place(0) == coarse && buffer_place(CL_MEM_ALLOC_HOST_PTR) == coarse);
	EXPECT(svm_place(0) == coarse);
	EXPECT(svm_place(CL_MEM_SVM_FINE_GRAIN_BUFFER) == fine);
	EXPECT(svm_place(CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS) == fine);
}

static cl_uint devices_of(cl_device_type type, cl_device_id first)
{
	cl_platform_id platform;
	cl_device_id found[16];
	cl_uint count = 0;
	EXPECT(!tern_clGetPlatformIDs(1, &platform, NULL));
	EXPECT(!tern_clGetDeviceIDs(platform, type, 16, found, &count));
	EXPECT(count && found[0] == first);
	return count;
}

/* The default is the first of TERN_DEVICES; "all" are all but the custom ones. */
static void device_types(void)
{
	EXPECT(devices_of(CL_DEVICE_TYPE_DEFAULT, mock_cpu) == 1);
	EXPECT(devices_of(CL_DEVICE_TYPE_CPU, mock_cpu) == 1);
	EXPECT(devices_of(CL_DEVICE_TYPE_ACCELERATOR, mock_ids[0]) == MOCK_DEVICES);
	EXPECT(devices_of(CL_DEVICE_TYPE_ALL, mock_cpu) == MOCK_DEVICES + 1);
	cl_device_id custom = tern_device_handle(&mocks[MOCK_CUSTOM].device);
	EXPECT(devices_of(CL_DEVICE_TYPE_CUSTOM, custom) == 1);
	cl_bool unified = 2;
	EXPECT(!tern_clGetDeviceInfo(mock_ids[0], CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(unified),
				     &unified, NULL) &&
	       !unified);
	EXPECT(!tern_clGetDeviceInfo(mock_cpu, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(unified),
				     &unified, NULL) &&
	       unified);
}

static void places(void)
{
	begin(MOCK_PRIVATE);
	expect_places(TERN_HEAP_MIGRATE, TERN_HEAP_SHARED);
	end();
	begin(MOCK_COHERENT);
	expect_places(TERN_HEAP_SHARED, TERN_HEAP_SHARED);
	end();
	begin(MOCK_LIMITED);
	expect_places(TERN_HEAP_SHARED, TERN_HEAP_SHARED);
	end();
	context = mock_context(1, &mock_cpu);
	expect_places(TERN_HEAP_HOST, TERN_HEAP_HOST);
	EXPECT(!tern_clReleaseContext(context));
	/* in every order the stronger demand prevails */
	for (unsigned i = 0; i < 2; i++) {
		const cl_device_id devices[] = {mock_ids[i ? MOCK_PRIVATE : MOCK_LIMITED],
						mock_ids[i ? MOCK_LIMITED : MOCK_PRIVATE]};
		context = mock_context(2, devices);
		expect_places(TERN_HEAP_SHARED, TERN_HEAP_SHARED);
		const struct tern_context *c = tern_context_from(context);
		EXPECT(!c->memory.system && c->memory.migrates);
		EXPECT(!tern_clReleaseContext(context));
	}
}

/* A chunk of memory that the tests map and change. */
static unsigned char bytes[4096], seen[4096];

static void set(unsigned char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (unsigned char)(i * 7 + seed);
}

static bool is(const unsigned char *p, size_t n, unsigned seed)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] != (unsigned char)(i * 7 + seed))
			return false;
	return true;
}

static void read_into_seen(cl_mem m, size_t offset, size_t n)
{
	memset(seen, 0, sizeof(seen));
	EXPECT(!tern_clEnqueueReadBuffer(queue, m, CL_TRUE, offset, n, seen, 0, NULL, NULL));
}

static unsigned char *map(cl_mem m, cl_map_flags flags, size_t offset, size_t size)
{
	cl_int error = CL_INVALID_VALUE;
	unsigned char *p = tern_clEnqueueMapBuffer(queue, m, CL_TRUE, flags, offset, size, 0, NULL,
						   NULL, &error);
	REQUIRE(p && !error);
	return p;
}

static void unmap(cl_mem m, void *p)
{
	EXPECT(!tern_clEnqueueUnmapMemObject(queue, m, p, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue));
}

/* CL_MEM_USE_HOST_PTR where the device cannot reach the pointer. */
static void copied_host_ptr(void)
{
	begin(MOCK_LIMITED);
	set(bytes, sizeof(bytes), 1);
	cl_mem m = make_buffer(CL_MEM_USE_HOST_PTR, sizeof(bytes), bytes);
	void *host_ptr = NULL;
	EXPECT(!tern_clGetMemObjectInfo(m, CL_MEM_HOST_PTR, sizeof(host_ptr), &host_ptr, NULL));
	EXPECT(host_ptr == bytes && in_aperture(tern_memory_from(m)->host));
	/* the bytes were copied at the creation */
	memset(bytes, 0, sizeof(bytes));
	read_into_seen(m, 0, sizeof(bytes));
	EXPECT(is(seen, sizeof(bytes), 1));
	/* a map for reading copies the region out, and no more */
	unsigned char *p = map(m, CL_MAP_READ, 512, 256);
	EXPECT(p == bytes + 512);
	EXPECT(!memcmp(p, seen + 512, 256) && !bytes[511] && !bytes[768]);
	memset(p, 99, 256); /* not allowed, and not seen */
	unmap(m, p);
	read_into_seen(m, 0, sizeof(bytes));
	EXPECT(is(seen, sizeof(bytes), 1));
	/* for writing: out, and back */
	memset(bytes, 0, sizeof(bytes));
	p = map(m, CL_MAP_WRITE, 1000, 100);
	EXPECT(p == bytes + 1000 && !memcmp(p, seen + 1000, 100));
	p[0] = 77;
	bytes[999] = bytes[1100] = 55; /* not mapped */
	unmap(m, p);
	read_into_seen(m, 999, 102);
	EXPECT(seen[1] == 77 && seen[0] == (unsigned char)(999 * 7 + 1) && seen[101] != 55);
	/* invalidated: only back */
	memset(bytes, 33, sizeof(bytes));
	p = map(m, CL_MAP_WRITE_INVALIDATE_REGION, 0, 64);
	EXPECT(p == bytes && p[0] == 33);
	set(p, 64, 9);
	unmap(m, p);
	read_into_seen(m, 0, 64);
	EXPECT(is(seen, 64, 9));
	/* into its own host_ptr: a copy here */
	memset(bytes, 0, sizeof(bytes));
	EXPECT(!tern_clEnqueueReadBuffer(queue, m, CL_TRUE, 0, 64, bytes, 0, NULL, NULL));
	EXPECT(is(bytes, 64, 9));
	EXPECT(!tern_clReleaseMemObject(m));
	end();
}

static void copied_sub_buffer(void)
{
	begin(MOCK_LIMITED);
	set(bytes, sizeof(bytes), 2);
	cl_mem m = make_buffer(CL_MEM_USE_HOST_PTR, sizeof(bytes), bytes);
	cl_mem sub = make_sub(m, 1024, 512), sub2 = make_sub(m, 1536, 512);
	void *host_ptr = NULL;
	EXPECT(!tern_clGetMemObjectInfo(sub, CL_MEM_HOST_PTR, sizeof(host_ptr), &host_ptr, NULL));
	EXPECT(host_ptr == bytes + 1024);
	memset(bytes, 0, sizeof(bytes));
	unsigned char *p = map(sub, CL_MAP_READ | CL_MAP_WRITE, 16, 32);
	unsigned char *q = map(sub2, CL_MAP_READ, 0, 512);
	EXPECT(p == bytes + 1040 && q == bytes + 1536);
	EXPECT(p[0] == (unsigned char)(1040 * 7 + 2) && q[511] == (unsigned char)(2047 * 7 + 2));
	cl_int error = 0;
	EXPECT(!tern_clEnqueueMapBuffer(queue, m, CL_TRUE, CL_MAP_WRITE, 1041, 1, 0, NULL, NULL,
					&error));
	EXPECT(error == CL_INVALID_OPERATION); /* it overlaps */
	set(p, 32, 200);
	EXPECT(tern_clEnqueueUnmapMemObject(queue, m, p, 0, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clEnqueueUnmapMemObject(queue, sub, tern_memory_from(sub)->host + 16, 0, NULL,
					    NULL) == CL_INVALID_VALUE);
	unmap(sub, p);
	unmap(sub2, q);
	read_into_seen(m, 1040, 32);
	EXPECT(is(seen, 32, 200));
	/* a map that is left behind: forgotten with the object */
	map(sub, CL_MAP_READ, 0, 8);
	EXPECT(!tern_clReleaseMemObject(sub));
	EXPECT(!tern_clReleaseMemObject(sub2));
	map(m, CL_MAP_WRITE, 0, 4096);
	EXPECT(!tern_clReleaseMemObject(m));
	end();
}

/* host_ptr in an SVM allocation is where the device reaches it. */
static void svm_host_ptr(void)
{
	begin(MOCK_LIMITED);
	unsigned char *svm = tern_clSVMAlloc(context, 0, 4096, 0);
	REQUIRE(svm);
	cl_mem m = make_buffer(CL_MEM_USE_HOST_PTR, 2048, svm + 1024);
	const struct tern_memory *memory = tern_memory_from(m);
	EXPECT(memory->host == svm + 1024 && !memory->copied && memory->uses_svm);
	unsigned char *p = map(m, CL_MAP_WRITE, 8, 8);
	EXPECT(p == svm + 1032);
	p[0] = 5;
	unmap(m, p);
	EXPECT(svm[1032] == 5);
	EXPECT(!tern_clReleaseMemObject(m));
	tern_clSVMFree(context, svm);
	/* from a context whose allocations the device does not reach */
	cl_context other = mock_context(1, &mock_cpu);
	svm = tern_clSVMAlloc(other, 0, 4096, 0);
	REQUIRE(svm);
	set(svm, 4096, 3);
	m = make_buffer(CL_MEM_USE_HOST_PTR, 4096, svm);
	EXPECT(tern_memory_from(m)->copied && tern_memory_from(m)->uses_svm);
	read_into_seen(m, 0, 4096);
	EXPECT(is(seen, 4096, 3));
	EXPECT(!tern_clReleaseMemObject(m));
	tern_clSVMFree(other, svm);
	EXPECT(!tern_clReleaseContext(other));
	end();
}

static void fails_when_event_fails(void)
{
	begin(MOCK_LIMITED);
	cl_int error = CL_INVALID_VALUE;
	set(bytes, sizeof(bytes), 4);
	cl_mem m = make_buffer(CL_MEM_USE_HOST_PTR, sizeof(bytes), bytes);
	cl_event user = tern_clCreateUserEvent(context, &error), mapped = NULL;
	REQUIRE(user);
	memset(bytes, 0, sizeof(bytes));
	unsigned char *p = tern_clEnqueueMapBuffer(queue, m, CL_FALSE, CL_MAP_WRITE, 0, 16, 1,
						   &user, &mapped, &error);
	REQUIRE(p == bytes && !error);
	EXPECT(!tern_clSetUserEventStatus(user, -5));
	EXPECT(tern_clWaitForEvents(1, &mapped) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	EXPECT(!bytes[1]);
	EXPECT(!tern_clReleaseEvent(user) && !tern_clReleaseEvent(mapped));
	p = map(m, CL_MAP_WRITE, 0, 16);
	/* the unmap does not run: nothing is taken back, and the map is still there */
	memset(p, 66, 16);
	user = tern_clCreateUserEvent(context, &error);
	EXPECT(!tern_clEnqueueUnmapMemObject(queue, m, p, 1, &user, &mapped));
	EXPECT(!tern_clSetUserEventStatus(user, -5));
	EXPECT(tern_clWaitForEvents(1, &mapped) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	read_into_seen(m, 0, 16);
	EXPECT(is(seen, 16, 4));
	unmap(m, p);
	read_into_seen(m, 0, 16);
	EXPECT(seen[3] == 66);
	EXPECT(!tern_clReleaseEvent(user) && !tern_clReleaseEvent(mapped));
	EXPECT(!tern_clReleaseMemObject(m));
	end();
}

static unsigned asked(unsigned mock)
{
	return atomic_exchange(&mocks[mock].memory_asked, 0);
}

static cl_command_type type_of(cl_event event)
{
	cl_command_type type = 0;
	cl_int status = CL_QUEUED;
	EXPECT(!tern_clWaitForEvents(1, &event));
	EXPECT(!tern_clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof(type), &type, NULL));
	EXPECT(!tern_clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status),
				    &status, NULL));
	EXPECT(status == CL_COMPLETE && !tern_clReleaseEvent(event));
	return type;
}

/* The queue's device is asked for its memory when, and only when, something is to go there. */
static void migrations(void)
{
	begin(MOCK_PRIVATE);
	cl_event event = NULL;
	cl_mem m[20];
	for (unsigned i = 0; i < 20; i++)
		m[i] = make_buffer(0, 5000, NULL);
	asked(MOCK_PRIVATE);
	EXPECT(!tern_clEnqueueMigrateMemObjects(queue, 20, m, 0, 0, NULL, &event));
	EXPECT(type_of(event) == CL_COMMAND_MIGRATE_MEM_OBJECTS && asked(MOCK_PRIVATE) == 1);
	EXPECT(!tern_clEnqueueMigrateMemObjects(queue, 1, m, CL_MIGRATE_MEM_OBJECT_HOST, 0, NULL,
						&event));
	EXPECT(type_of(event) == CL_COMMAND_MIGRATE_MEM_OBJECTS && !asked(MOCK_PRIVATE));
	EXPECT(!tern_clEnqueueMigrateMemObjects(cpu_queue, 1, m, 0, 0, NULL, &event));
	EXPECT(type_of(event) == CL_COMMAND_MIGRATE_MEM_OBJECTS && !asked(MOCK_PRIVATE));
	unsigned char *p = map(m[0], CL_MAP_READ | CL_MAP_WRITE, 0, 5000);
	EXPECT(p == tern_memory_from(m[0])->host && !asked(MOCK_PRIVATE));
	unmap(m[0], p);
	for (unsigned i = 0; i < 20; i++)
		EXPECT(!tern_clReleaseMemObject(m[i]));
	end();
}

static void svm_migrations(void)
{
	begin(MOCK_PRIVATE);
	cl_event event = NULL;
	char *coarse = tern_clSVMAlloc(context, 0, 10000, 0);
	char *fine = tern_clSVMAlloc(context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 10000, 0);
	REQUIRE(coarse && fine);
	const void *pointers[] = {coarse + 5, fine, bytes};
	size_t sizes[] = {100, 0, sizeof(bytes)};
	asked(MOCK_PRIVATE);
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 3, pointers, sizes, 0, 0, NULL, &event));
	EXPECT(type_of(event) == CL_COMMAND_SVM_MIGRATE_MEM && asked(MOCK_PRIVATE) == 1);
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 3, pointers, NULL, 0, 0, NULL, &event));
	EXPECT(type_of(event) == CL_COMMAND_SVM_MIGRATE_MEM && asked(MOCK_PRIVATE) == 1);
	/* nothing to move */
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, pointers + 1, NULL, 0, 0, NULL, &event));
	EXPECT(type_of(event) == CL_COMMAND_SVM_MIGRATE_MEM && !asked(MOCK_PRIVATE));
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, pointers, NULL, CL_MIGRATE_MEM_OBJECT_HOST, 0,
					    NULL, &event));
	EXPECT(type_of(event) == CL_COMMAND_SVM_MIGRATE_MEM && !asked(MOCK_PRIVATE));
	sizes[0] = 9996;
	EXPECT(tern_clEnqueueSVMMigrateMem(queue, 3, pointers, sizes, 0, 0, NULL, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(!tern_clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_READ, coarse, 10000, 0, NULL, &event));
	EXPECT(type_of(event) == CL_COMMAND_SVM_MAP);
	EXPECT(!tern_clEnqueueSVMUnmap(queue, coarse, 0, NULL, &event));
	EXPECT(type_of(event) == CL_COMMAND_SVM_UNMAP);
	/* a failed event of a blocking map: no double end */
	cl_int error = 0;
	cl_event user = tern_clCreateUserEvent(context, &error);
	EXPECT(!tern_clSetUserEventStatus(user, -3));
	EXPECT(tern_clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_WRITE, coarse, 10, 1, &user, NULL) ==
	       CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	EXPECT(!tern_clReleaseEvent(user));
	tern_clSVMFree(context, coarse);
	tern_clSVMFree(context, fine);
	end();
	/* no memory of the program's moves where the device does not reach it */
	begin(MOCK_LIMITED);
	EXPECT(tern_clEnqueueSVMMigrateMem(queue, 1, pointers + 2, sizes + 2, 0, 0, NULL, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(!asked(MOCK_LIMITED));
	end();
}

/* Each of a chain of commands waits for the one before it, on the other device; nobody flushes. */
static void chain_across(bool wait_on_cpu)
{
	enum { LENGTH = 41 };
	begin(MOCK_PRIVATE);
	cl_mem m = make_buffer(0, 4, NULL);
	cl_event events[LENGTH];
	cl_uint value = 0;
	for (cl_uint i = 0; i < LENGTH; i++)
		EXPECT(!tern_clEnqueueFillBuffer((i % 2 == 0) == wait_on_cpu ? cpu_queue : queue, m,
						 &i, 4, 0, 4, i != 0, i ? &events[i - 1] : NULL,
						 &events[i]));
	EXPECT(!tern_clWaitForEvents(1, &events[LENGTH - 1]));
	EXPECT(!tern_clEnqueueReadBuffer(cpu_queue, m, CL_TRUE, 0, 4, &value, 0, NULL, NULL));
	EXPECT(value == LENGTH - 1);
	for (cl_uint i = 0; i < LENGTH; i++)
		EXPECT(!tern_clReleaseEvent(events[i]));
	EXPECT(!tern_clReleaseMemObject(m));
	end();
}

/* Both devices work while one thread waits for events of both. */
static void wait_for_both(void)
{
	enum { COUNT = 64 };
	begin(MOCK_PRIVATE);
	cl_mem m = make_buffer(0, 4 * COUNT, NULL);
	cl_event events[COUNT], user;
	cl_int error;
	user = tern_clCreateUserEvent(context, &error);
	for (cl_uint i = 0; i < COUNT; i++)
		EXPECT(!tern_clEnqueueFillBuffer(i % 2 ? cpu_queue : queue, m, &i, 4, 4 * i, 4, 1,
						 i < 2 ? &user : &events[i - 2 + (i % 3 == 0)],
						 &events[i]));
	EXPECT(!tern_clSetUserEventStatus(user, CL_COMPLETE));
	EXPECT(!tern_clWaitForEvents(COUNT, events));
	for (cl_uint i = 0; i < COUNT; i++)
		EXPECT(!tern_clReleaseEvent(events[i]));
	EXPECT(!tern_clReleaseEvent(user));
	EXPECT(!tern_clReleaseMemObject(m));
	end();
}

int main(void)
{
	mock_begin();
	if (tern_heap_shared_fd() < 0)
		return TEST_SKIP;
	device_types();
	places();
	copied_host_ptr();
	copied_sub_buffer();
	svm_host_ptr();
	fails_when_event_fails();
	migrations();
	svm_migrations();
	chain_across(false);
	chain_across(true);
	for (unsigned i = 0; i < 50; i++)
		wait_for_both();
	EXPECT(tern_svm_count() == 0);
	return test_result();
}
