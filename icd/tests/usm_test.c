/* SPDX-License-Identifier: MIT */
/* cl_intel_unified_shared_memory: allocations, queries, frees, commands. Needs no compiler. */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "icd/svm_types.h"
#include "icd/tests/fixture.h"

static char global_memory[4096];
static cl_int error;

static void *host(size_t size)
{
	return tern_clHostMemAllocINTEL(context, NULL, size, 0, &error);
}

static void *on_device(size_t size)
{
	return tern_clDeviceMemAllocINTEL(context, device, NULL, size, 0, &error);
}

static void *shared(size_t size)
{
	return tern_clSharedMemAllocINTEL(context, device, NULL, size, 0, &error);
}

/* What the queries say of @p, and whether all of it is as given. */
static bool info_is(const void *p, cl_unified_shared_memory_type_intel type, const void *base,
		    size_t size, cl_device_id of, cl_mem_alloc_flags_intel flags)
{
	struct {
		cl_unified_shared_memory_type_intel type;
		void *base;
		size_t size;
		cl_device_id device;
		cl_mem_alloc_flags_intel flags;
	} got = {0, global_memory, 77, (cl_device_id)global_memory, 77};
	size_t bytes[5] = {0};
#define INFO(i, name, member)                                                                      \
	(!tern_clGetMemAllocInfoINTEL(context, p, name, sizeof(got.member), &got.member,           \
				      &bytes[i]) &&                                                \
	 bytes[i] == sizeof(got.member))
	return INFO(0, CL_MEM_ALLOC_TYPE_INTEL, type) &&
	       INFO(1, CL_MEM_ALLOC_BASE_PTR_INTEL, base) &&
	       INFO(2, CL_MEM_ALLOC_SIZE_INTEL, size) &&
	       INFO(3, CL_MEM_ALLOC_DEVICE_INTEL, device) &&
	       INFO(4, CL_MEM_ALLOC_FLAGS_INTEL, flags) && got.type == type && got.base == base &&
	       got.size == size && got.device == of && got.flags == flags;
}

static bool info_is_unknown(const void *p)
{
	return info_is(p, CL_MEM_TYPE_UNKNOWN_INTEL, NULL, 0, NULL, 0);
}

static void queries(void)
{
	const cl_mem_properties_intel combined[] = {CL_MEM_ALLOC_FLAGS_INTEL,
						    CL_MEM_ALLOC_WRITE_COMBINED_INTEL, 0};
	const cl_mem_properties_intel first[] = {CL_MEM_ALLOC_FLAGS_INTEL,
						 CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL, 0};
	char *h = host(100), *d = on_device(200), *s = shared(300);
	EXPECT(h && d && s && !error);
	EXPECT(info_is(h, CL_MEM_TYPE_HOST_INTEL, h, 100, NULL, 0));
	EXPECT(info_is(h + 99, CL_MEM_TYPE_HOST_INTEL, h, 100, NULL, 0));
	EXPECT(info_is(d, CL_MEM_TYPE_DEVICE_INTEL, d, 200, device, 0));
	EXPECT(info_is(s + 123, CL_MEM_TYPE_SHARED_INTEL, s, 300, device, 0));
	EXPECT(info_is_unknown(h + 100) && info_is_unknown(NULL) && info_is_unknown(&queries));
	EXPECT(!tern_clMemFreeINTEL(context, d));
	EXPECT(info_is_unknown(d));
	char *c = tern_clHostMemAllocINTEL(context, combined, 10, 64, &error);
	EXPECT(c && info_is(c, CL_MEM_TYPE_HOST_INTEL, c, 10, NULL, combined[1]));
	char *n = tern_clSharedMemAllocINTEL(context, NULL, first, 10, 0, NULL);
	EXPECT(n && info_is(n, CL_MEM_TYPE_SHARED_INTEL, n, 10, NULL, first[1]));
	/* Shared virtual memory is not unified shared memory, and the other way round. */
	char *svm = tern_clSVMAlloc(context, 0, 100, 0);
	EXPECT(svm && info_is_unknown(svm));
	/* Nor is another context's. */
	char *other = tern_clHostMemAllocINTEL(other_context, NULL, 10, 0, &error);
	EXPECT(other && info_is_unknown(other));

	cl_uint type = 5;
	EXPECT(tern_clGetMemAllocInfoINTEL(NULL, h, CL_MEM_ALLOC_TYPE_INTEL, 4, &type, NULL) ==
	       CL_INVALID_CONTEXT);
	EXPECT(tern_clGetMemAllocInfoINTEL(context, h, CL_MEM_ALLOC_TYPE_INTEL, 3, &type, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(tern_clGetMemAllocInfoINTEL(context, h, 0x4196, 4, &type, NULL) == CL_INVALID_VALUE);
	EXPECT(!tern_clGetMemAllocInfoINTEL(context, h, CL_MEM_ALLOC_TYPE_INTEL, 3, NULL, NULL));
	EXPECT(type == 5);
	tern_clSVMFree(context, svm);
	EXPECT(!tern_clMemFreeINTEL(context, h) && !tern_clMemFreeINTEL(context, s) &&
	       !tern_clMemFreeINTEL(context, c) && !tern_clMemFreeINTEL(context, n) &&
	       !tern_clMemFreeINTEL(other_context, other));
	EXPECT(tern_svm_count() == 0);
}

#define REFUSES(code, call) EXPECT((error = 1, !(call) && error == (code)))

/* The same for all three: @kind is 0 host, 1 device, 2 shared. */
static void *allocate(int kind, const cl_mem_properties_intel *properties, size_t size,
		      cl_uint alignment)
{
	if (!kind)
		return tern_clHostMemAllocINTEL(context, properties, size, alignment, &error);
	return kind == 1 ? tern_clDeviceMemAllocINTEL(context, device, properties, size, alignment,
						      &error)
			 : tern_clSharedMemAllocINTEL(context, device, properties, size, alignment,
						      &error);
}

static void sizes_and_alignments(void)
{
	cl_ulong most = 0;
	REQUIRE(!tern_clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(most), &most,
				      NULL));
	for (int kind = 0; kind < 3; kind++) {
		REFUSES(CL_INVALID_BUFFER_SIZE, allocate(kind, NULL, 0, 0));
		REFUSES(CL_INVALID_BUFFER_SIZE, allocate(kind, NULL, most + 1, 0));
		REFUSES(CL_INVALID_BUFFER_SIZE, allocate(kind, NULL, SIZE_MAX, 0));
		REFUSES(CL_INVALID_VALUE, allocate(kind, NULL, 10, 3));
		REFUSES(CL_INVALID_VALUE, allocate(kind, NULL, 10, 256));
		REFUSES(CL_INVALID_VALUE, allocate(kind, NULL, 10, 1u << 31));
		for (cl_uint align = 0; align <= 128; align = align ? align * 2 : 1) {
			char *p = allocate(kind, NULL, 1, align);
			EXPECT(p && !error && (uintptr_t)p % (align ? align : 128) == 0);
			EXPECT(!tern_clMemFreeINTEL(context, p));
		}
		char *large = allocate(kind, NULL, 5u << 20, 0);
		EXPECT(large && !error);
		large[0] = large[(5u << 20) - 1] = 1;
		EXPECT(!tern_clMemFreeINTEL(context, large));
	}
}

static void properties(void)
{
#define FLAGS(f) ((const cl_mem_properties_intel[]){CL_MEM_ALLOC_FLAGS_INTEL, (f), 0})
	static const cl_mem_properties_intel unknown[] = {0x4196, 0, 0}, none[] = {0},
					     twice[] = {CL_MEM_ALLOC_FLAGS_INTEL, 0,
							CL_MEM_ALLOC_FLAGS_INTEL, 0, 0};
	const cl_mem_alloc_flags_intel to_device = CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL,
				       to_host = CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL;
	for (int kind = 0; kind < 3; kind++) {
		REFUSES(CL_INVALID_PROPERTY, allocate(kind, unknown, 10, 0));
		REFUSES(CL_INVALID_PROPERTY, allocate(kind, twice, 10, 0));
		REFUSES(CL_INVALID_PROPERTY, allocate(kind, FLAGS(8), 10, 0));
		REFUSES(CL_INVALID_PROPERTY, allocate(kind, FLAGS(1ull << 40), 10, 0));
		REFUSES(CL_INVALID_PROPERTY, allocate(kind, FLAGS(to_device | to_host), 10, 0));
		void *p = allocate(kind, none, 10, 0), *q = allocate(kind, FLAGS(0), 10, 0);
		EXPECT(p && q && p != q);
		EXPECT(!tern_clMemFreeINTEL(context, p) && !tern_clMemFreeINTEL(context, q));
		for (int i = 0; i < 2; i++) {
			error = 1;
			p = allocate(kind, FLAGS(i ? to_host : to_device), 10, 0);
			EXPECT(kind == 2 ? p && !error : !p && error == CL_INVALID_PROPERTY);
			EXPECT(!tern_clMemFreeINTEL(context, p));
		}
	}
}

static void contexts_and_devices(void)
{
	REFUSES(CL_INVALID_CONTEXT, tern_clHostMemAllocINTEL(NULL, NULL, 10, 0, &error));
	REFUSES(CL_INVALID_CONTEXT, tern_clDeviceMemAllocINTEL(NULL, device, NULL, 10, 0, &error));
	REFUSES(CL_INVALID_CONTEXT,
		tern_clSharedMemAllocINTEL((cl_context)queue, device, NULL, 10, 0, &error));
	REFUSES(CL_INVALID_DEVICE, tern_clDeviceMemAllocINTEL(context, NULL, NULL, 10, 0, &error));
	REFUSES(CL_INVALID_DEVICE,
		tern_clDeviceMemAllocINTEL(context, (cl_device_id)context, NULL, 10, 0, &error));
	/* A sub-device that is not the context's. */
	const cl_device_partition_property split[] = {CL_DEVICE_PARTITION_BY_COUNTS, 1, 0, 0};
	cl_device_id sub;
	if (!tern_clCreateSubDevices(device, split, 1, &sub, NULL)) {
		REFUSES(CL_INVALID_DEVICE,
			tern_clDeviceMemAllocINTEL(context, sub, NULL, 10, 0, &error));
		REFUSES(CL_INVALID_DEVICE,
			tern_clSharedMemAllocINTEL(context, sub, NULL, 10, 0, &error));
		EXPECT(!tern_clReleaseDevice(sub));
	}
	EXPECT(!tern_clHostMemAllocINTEL(NULL, NULL, 10, 0, NULL));
}

static void frees(void)
{
	char *p = shared(100), *svm = tern_clSVMAlloc(context, 0, 100, 0);
	void *list[] = {p};
	REQUIRE(p && svm);
	EXPECT(tern_clMemFreeINTEL(NULL, p) == CL_INVALID_CONTEXT);
	EXPECT(tern_clMemBlockingFreeINTEL(NULL, p) == CL_INVALID_CONTEXT);
	EXPECT(!tern_clMemFreeINTEL(context, NULL) && !tern_clMemBlockingFreeINTEL(context, NULL));
	EXPECT(tern_clMemFreeINTEL(context, p + 1) == CL_INVALID_VALUE);
	EXPECT(tern_clMemBlockingFreeINTEL(context, p + 1) == CL_INVALID_VALUE);
	EXPECT(tern_clMemFreeINTEL(context, global_memory) == CL_INVALID_VALUE);
	EXPECT(tern_clMemFreeINTEL(other_context, p) == CL_INVALID_VALUE);
	EXPECT(tern_clMemFreeINTEL(context, svm) == CL_INVALID_VALUE);
	EXPECT(tern_clMemBlockingFreeINTEL(context, svm) == CL_INVALID_VALUE);
	tern_clSVMFree(context, p); /* not shared virtual memory: nothing happens */
	EXPECT(tern_clEnqueueSVMFree(queue, 1, list, NULL, NULL, 0, NULL, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(tern_svm_count() == 2);
	EXPECT(!tern_clMemFreeINTEL(context, p));
	EXPECT(tern_clMemFreeINTEL(context, p) == CL_INVALID_VALUE);
	EXPECT(tern_clMemBlockingFreeINTEL(context, p) == CL_INVALID_VALUE);
	tern_clSVMFree(context, svm);
	EXPECT(tern_svm_count() == 0);
}

static _Atomic bool opened, returned;

static void *free_blocking(void *p)
{
	EXPECT(!tern_clMemBlockingFreeINTEL(context, p));
	EXPECT(opened); /* not before the commands could run */
	returned = true;
	return NULL;
}

/* Waits for commands of every queue: in order, out of order, and released by the program. */
static void blocking_free(bool release, bool out_of_order)
{
	const cl_queue_properties list[] = {
		CL_QUEUE_PROPERTIES, out_of_order ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0, 0};
	cl_command_queue q = tern_clCreateCommandQueueWithProperties(context, device, list, &error);
	char *p = shared(4096), copy[4096];
	cl_event gate = make_user_event(), done = NULL;
	pthread_t thread;
	REQUIRE(q && p);
	memset(p, 1, 4096);
	memset(copy, 0, sizeof(copy));
	EXPECT(!tern_clEnqueueMemcpyINTEL(q, CL_FALSE, copy, p, 4096, 1, &gate, &done));
	EXPECT(!tern_clFlush(q));
	if (release)
		EXPECT(!tern_clReleaseCommandQueue(q));
	opened = returned = false;
	REQUIRE(!pthread_create(&thread, NULL, free_blocking, p));
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
	EXPECT(!returned && tern_svm_count() == 1);
	opened = true;
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	pthread_join(thread, NULL);
	EXPECT(returned && tern_svm_count() == 0);
	EXPECT(event_status(done) == CL_COMPLETE && copy[0] == 1 && copy[4095] == 1);
	EXPECT(!tern_clReleaseEvent(gate) && !tern_clReleaseEvent(done));
	if (!release)
		EXPECT(!tern_clReleaseCommandQueue(q));
}

/* Commands that fail have finished, too, and nothing waits for another context's. */
static void blocking_free_of_failed(void)
{
	char *p = shared(64);
	cl_event gate = make_user_event(), other_gate = NULL, done = NULL;
	other_gate = tern_clCreateUserEvent(other_context, &error);
	REQUIRE(p && other_gate);
	EXPECT(!tern_clEnqueueMarkerWithWaitList(other_queue, 1, &other_gate, NULL));
	EXPECT(!tern_clEnqueueMemcpyINTEL(queue, CL_FALSE, p, global_memory, 64, 1, &gate, &done));
	EXPECT(!tern_clSetUserEventStatus(gate, -5));
	EXPECT(!tern_clMemBlockingFreeINTEL(context, p));
	EXPECT(event_status(done) == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
	EXPECT(!tern_clSetUserEventStatus(other_gate, CL_COMPLETE));
	EXPECT(!tern_clReleaseEvent(gate) && !tern_clReleaseEvent(done) &&
	       !tern_clReleaseEvent(other_gate));
}

static void commands(void)
{
	static const cl_uint pattern[4] = {1, 2, 3, 4};
	char *p[3] = {host(4096), on_device(4096), shared(4096)}, stack[4096];
	for (int i = 0; i < 3; i++) {
		cl_event e[4];
		REQUIRE(p[i]);
		memset(stack, 0, sizeof(stack));
		EXPECT(!tern_clEnqueueMemFillINTEL(queue, p[i], pattern, 16, 4096, 0, NULL, e));
		EXPECT(!tern_clEnqueueMigrateMemINTEL(queue, p[i], 4096, 0, 0, NULL, e + 1));
		EXPECT(!tern_clEnqueueMemAdviseINTEL(queue, p[i], 4096, 0, 0, NULL, e + 2));
		EXPECT(!tern_clEnqueueMemcpyINTEL(queue, CL_TRUE, stack, p[i], 4096, 0, NULL,
						  e + 3));
		for (int at = 0; at < 4096; at += 16)
			EXPECT(!memcmp(stack + at, pattern, 16));
		EXPECT(event_type(e[0]) == CL_COMMAND_MEMFILL_INTEL &&
		       event_type(e[1]) == CL_COMMAND_MIGRATEMEM_INTEL &&
		       event_type(e[2]) == CL_COMMAND_MEMADVISE_INTEL &&
		       event_type(e[3]) == CL_COMMAND_MEMCPY_INTEL);
		for (int k = 0; k < 4; k++)
			EXPECT(event_status(e[k]) == CL_COMPLETE && !tern_clReleaseEvent(e[k]));
	}
	/* Between them, and from one place of the program to another. */
	EXPECT(!tern_clEnqueueMemcpyINTEL(queue, CL_FALSE, p[0] + 8, p[1], 16, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueMemcpyINTEL(queue, CL_FALSE, p[2] + 8, p[0] + 8, 16, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueMemcpyINTEL(queue, CL_TRUE, global_memory, p[2] + 8, 16, 0, NULL,
					  NULL));
	EXPECT(!memcmp(global_memory, pattern, 16));
	for (int i = 0; i < 3; i++)
		EXPECT(!tern_clMemFreeINTEL(context, p[i]));
}

static void command_errors(void)
{
	char *p = shared(4096);
	cl_event gate = make_user_event();
#define COPY(dst, src, n) tern_clEnqueueMemcpyINTEL(queue, CL_TRUE, dst, src, n, 0, NULL, NULL)
	EXPECT(COPY(NULL, p, 4) == CL_INVALID_VALUE && COPY(p, NULL, 4) == CL_INVALID_VALUE);
	EXPECT(COPY(NULL, p, 0) == CL_INVALID_VALUE);
	EXPECT(COPY(p, p, 4) == CL_MEM_COPY_OVERLAP && COPY(p + 3, p, 4) == CL_MEM_COPY_OVERLAP);
	EXPECT(COPY(p, p + 64, SIZE_MAX - 16) == CL_INVALID_VALUE);
	EXPECT(!COPY(p, p + 4, 4) && !COPY(p, p, 0));
	EXPECT(tern_clEnqueueMemcpyINTEL(NULL, CL_TRUE, p, p + 4, 4, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(tern_clEnqueueMemcpyINTEL(queue, CL_TRUE, p, p + 4, 4, 1, NULL, NULL) ==
	       CL_INVALID_EVENT_WAIT_LIST);
	EXPECT(tern_clEnqueueMemcpyINTEL(other_queue, CL_TRUE, p, p + 4, 4, 1, &gate, NULL) ==
	       CL_INVALID_CONTEXT);
#define FILL(dst, pattern, bytes, n)                                                               \
	tern_clEnqueueMemFillINTEL(queue, dst, pattern, bytes, n, 0, NULL, NULL)
	EXPECT(FILL(NULL, p, 4, 4) == CL_INVALID_VALUE && FILL(p, NULL, 4, 4) == CL_INVALID_VALUE);
	EXPECT(FILL(p + 2, global_memory, 4, 4) == CL_INVALID_VALUE);
	EXPECT(FILL(p, global_memory, 0, 4) == CL_INVALID_VALUE);
	EXPECT(FILL(p, global_memory, 3, 3) == CL_INVALID_VALUE);
	EXPECT(FILL(p, global_memory, 256, 256) == CL_INVALID_VALUE);
	EXPECT(FILL(p, global_memory, 4, 6) == CL_INVALID_VALUE);
	EXPECT(!FILL(p, global_memory, 128, 256) && !FILL(p, global_memory, 4, 0));
	EXPECT(tern_clEnqueueMemFillINTEL((cl_command_queue)context, p, p, 1, 1, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
#define MIGRATE(at, n, flags) tern_clEnqueueMigrateMemINTEL(queue, at, n, flags, 0, NULL, NULL)
	EXPECT(MIGRATE(p, 4096, 4) == CL_INVALID_VALUE);
	EXPECT(MIGRATE(NULL, 1, 0) == CL_INVALID_VALUE);
	EXPECT(MIGRATE(p, SIZE_MAX, 0) == CL_INVALID_VALUE);
	EXPECT(!MIGRATE(p, 4096, CL_MIGRATE_MEM_OBJECT_HOST) && !MIGRATE(NULL, 0, 0));
	EXPECT(!MIGRATE(p + 1, 1, CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED));
	EXPECT(!MIGRATE(global_memory, sizeof(global_memory), 0));
	EXPECT(tern_clEnqueueMigrateMemINTEL(NULL, p, 1, 0, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
#define ADVISE(at, n, advice) tern_clEnqueueMemAdviseINTEL(queue, at, n, advice, 0, NULL, NULL)
	EXPECT(ADVISE(p, 4096, 0x4208) == CL_INVALID_VALUE && ADVISE(p, 1, 1) == CL_INVALID_VALUE);
	EXPECT(ADVISE(NULL, 1, 0) == CL_INVALID_VALUE);
	EXPECT(!ADVISE(p, 4096, CL_MEM_ADVICE_READ_MOSTLY_TERN) &&
	       !ADVISE(p, 4096, CL_MEM_ADVICE_PREFER_HOST_TERN) &&
	       !ADVISE(p, 4096, CL_MEM_ADVICE_PREFER_DEVICE_TERN) && !ADVISE(p, 4096, 0));
	EXPECT(tern_clEnqueueMemAdviseINTEL(NULL, p, 1, 0, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
	EXPECT(!tern_clFinish(queue));
	EXPECT(!tern_clReleaseEvent(gate) && !tern_clMemFreeINTEL(context, p));
}

static void capabilities(void)
{
	static const cl_device_info names[] = {
		CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL,
		CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL,
		CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL,
		CL_DEVICE_CROSS_DEVICE_SHARED_MEM_CAPABILITIES_INTEL,
		CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL,
	};
	cl_device_svm_capabilities svm = 0;
	EXPECT(!tern_clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL));
	for (unsigned i = 0; i < tern_array_size(names); i++) {
		cl_device_unified_shared_memory_capabilities_intel caps = 77;
		size_t size = 0;
		EXPECT(!tern_clGetDeviceInfo(device, names[i], sizeof(caps), &caps, &size) &&
		       size == sizeof(caps));
		EXPECT(!(caps & ~15ull));
		if (i < 4)
			EXPECT(caps & CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL);
		else
			EXPECT(!caps == !(svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM));
		EXPECT(tern_clGetDeviceInfo(device, names[i], 7, &caps, NULL) == CL_INVALID_VALUE);
	}
}

/* Every allocation that fails gives the error, and leaves nothing behind. */
static void failures(void)
{
	for (int kind = 0; kind < 3; kind++) {
		void *p = NULL;
		for (unsigned n = 1; !p; n++) {
			tern_fault_arm(n, true);
			p = allocate(kind, NULL, 100, 0);
			tern_fault_arm(0, false);
			EXPECT(p ? !error : error == CL_OUT_OF_HOST_MEMORY);
			REQUIRE(n < 20);
		}
		EXPECT(tern_svm_count() == 1 && !tern_clMemFreeINTEL(context, p));
	}
	void *p = shared(64);
	cl_event gate = make_user_event();
	EXPECT(!tern_clEnqueueMemcpyINTEL(queue, CL_FALSE, global_memory, p, 64, 1, &gate, NULL));
	tern_fault_arm(1, true);
	cl_int result = tern_clMemBlockingFreeINTEL(context, p); /* cannot wait */
	tern_fault_arm(0, false);
	EXPECT(result == CL_OUT_OF_HOST_MEMORY && tern_svm_count() == 1);
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clMemBlockingFreeINTEL(context, p) && tern_svm_count() == 0);
	EXPECT(!tern_clReleaseEvent(gate));
}

static void end_of_context(void)
{
	cl_context c = tern_clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	REQUIRE(c);
	EXPECT(tern_clHostMemAllocINTEL(c, NULL, 100, 0, NULL) &&
	       tern_clDeviceMemAllocINTEL(c, device, NULL, 100000, 0, NULL) &&
	       tern_svm_count() == 2);
	EXPECT(!tern_clReleaseContext(c) && tern_svm_count() == 0);
}

static _Atomic bool stop;

static void *make_queues(void *unused)
{
	while (!stop) {
		cl_int e;
		cl_command_queue q =
			tern_clCreateCommandQueueWithProperties(context, device, NULL, &e);
		EXPECT(q && !tern_clEnqueueMarkerWithWaitList(q, 0, NULL, NULL));
		EXPECT(!tern_clReleaseCommandQueue(q));
	}
	return unused;
}

/* Queues come and go while one is waited for after the other. */
static void blocking_free_among_queues(void)
{
	pthread_t t;
	stop = false;
	REQUIRE(!pthread_create(&t, NULL, make_queues, NULL));
	for (int i = 0; i < 300; i++) {
		void *p = host(64);
		EXPECT(p && !tern_clMemBlockingFreeINTEL(context, p));
	}
	stop = true;
	pthread_join(t, NULL);
}

/* A child of a program whose other thread makes queues can make some, too, and free. */
static __attribute__((unused)) void forks(void)
{
	pthread_t t;
	stop = false;
	REQUIRE(!pthread_create(&t, NULL, make_queues, NULL));
	for (int i = 0; i < 30; i++) {
		int status = 1;
		pid_t child = fork();
		if (!child) {
			cl_command_queue q = tern_clCreateCommandQueueWithProperties(
				context, device, NULL, &error);
			void *p = host(64);
			bool right = q && p && !tern_clMemBlockingFreeINTEL(context, p);
			_exit(!right || tern_clReleaseCommandQueue(q));
		}
		REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
		EXPECT(status == 0);
	}
	stop = true;
	pthread_join(t, NULL);
}

int main(void)
{
	fixture_begin();
	queries();
	sizes_and_alignments();
	properties();
	contexts_and_devices();
	frees();
	for (int i = 0; i < 4; i++)
		blocking_free(i & 1, i & 2);
	blocking_free_of_failed();
	blocking_free_among_queues();
	commands();
	command_errors();
	capabilities();
	failures();
	end_of_context();
#ifndef __SANITIZE_THREAD__ /* it does not let a child start threads, as some devices do */
	forks();
#endif
	fixture_end();
	return test_result();
}
