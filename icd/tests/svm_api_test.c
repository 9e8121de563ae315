/* SPDX-License-Identifier: MIT */
/* Section 5.6: allocation, and commands on memory from anywhere in the program. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "icd/tests/fixture.h"
#include "svm/svm.h"

static char global_memory[4096];

static void allocation(void)
{
	static const struct {
		cl_svm_mem_flags flags;
		bool valid;
	} cases[] = {
		{0, true},
		{CL_MEM_READ_WRITE, true},
		{CL_MEM_READ_ONLY | CL_MEM_SVM_FINE_GRAIN_BUFFER, true},
		{CL_MEM_WRITE_ONLY | CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS, true},
		{CL_MEM_SVM_ATOMICS, false},
		{CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, false},
		{CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, false},
		{CL_MEM_USE_HOST_PTR, false},
		{CL_MEM_HOST_READ_ONLY, false},
		{(cl_svm_mem_flags)1 << 33, false},
	};
	cl_ulong most = 0;
	for (unsigned i = 0; i < tern_array_size(cases); i++) {
		void *p = tern_clSVMAlloc(context, cases[i].flags, 100, 0);
		EXPECT(!p == !cases[i].valid);
		tern_clSVMFree(context, p);
	}
	for (cl_uint align = 1; align <= 4096; align *= 2) {
		void *p = tern_clSVMAlloc(context, 0, 100, align);
		EXPECT(p && (uintptr_t)p % align == 0 && (uintptr_t)p % 128 == 0);
		tern_clSVMFree(context, p);
	}
	REQUIRE(!tern_clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof(most), &most,
				      NULL));
	EXPECT(!tern_clSVMAlloc(NULL, 0, 100, 0));
	EXPECT(!tern_clSVMAlloc((cl_context)queue, 0, 100, 0));
	EXPECT(!tern_clSVMAlloc(context, 0, 0, 0));
	EXPECT(!tern_clSVMAlloc(context, 0, most + 1, 0));
	EXPECT(!tern_clSVMAlloc(context, 0, 100, 3));
	EXPECT(!tern_clSVMAlloc(context, 0, 100, 1u << 31));
	EXPECT(tern_svm_count() == 0);
	tern_clSVMFree(context, NULL);
	tern_clSVMFree(context, global_memory); /* not ours: nothing happens */
	tern_clSVMFree(NULL, global_memory);
}

static void copy_and_fill(char *p, char *q, size_t size)
{
	static const cl_uint four[4] = {1, 2, 3, 4};
	EXPECT(!tern_clEnqueueSVMMemFill(queue, p, four, sizeof(four), size, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueSVMMemcpy(queue, CL_TRUE, q, p, size, 0, NULL, NULL));
	for (size_t i = 0; i < size; i += 16)
		EXPECT(!memcmp(q + i, four, 16));
	memset(q, 0, size);
}

static void any_pointer(void)
{
	_Alignas(16) char stack[512];
	char *heap = aligned_alloc(16, 512), *svm = tern_clSVMAlloc(context, 0, 512, 0);
	REQUIRE(heap && svm);
	memset(stack, 0, sizeof(stack));
	char *places[] = {stack, heap, svm, (char *)(((uintptr_t)global_memory + 15) & ~15ul)};
	for (unsigned i = 0; i < 4; i++)
		for (unsigned j = 0; j < 4; j++)
			if (i != j)
				copy_and_fill(places[i], places[j], 512);
	free(heap);
	tern_clSVMFree(context, svm);
}

static void errors(void)
{
	char *p = tern_clSVMAlloc(context, 0, 4096, 0);
	REQUIRE(p);
#define COPY(dst, src, n) tern_clEnqueueSVMMemcpy(queue, CL_TRUE, dst, src, n, 0, NULL, NULL)
	EXPECT(COPY(NULL, p, 4) == CL_INVALID_VALUE && COPY(p, NULL, 4) == CL_INVALID_VALUE);
	EXPECT(COPY(p, p, 4) == CL_MEM_COPY_OVERLAP);
	EXPECT(COPY(p, p + 3, 4) == CL_MEM_COPY_OVERLAP &&
	       COPY(p + 3, p, 4) == CL_MEM_COPY_OVERLAP);
	EXPECT(!COPY(p, p + 4, 4) && !COPY(p + 4, p, 4) && !COPY(p, p, 0));
	EXPECT(COPY(p, p + 64, SIZE_MAX - 16) == CL_INVALID_VALUE);
	EXPECT(tern_clEnqueueSVMMemcpy(NULL, CL_TRUE, p, p + 64, 4, 0, NULL, NULL) ==
	       CL_INVALID_COMMAND_QUEUE);
#define FILL(dst, pattern, bytes, n)                                                               \
	tern_clEnqueueSVMMemFill(queue, dst, pattern, bytes, n, 0, NULL, NULL)
	EXPECT(FILL(NULL, p, 4, 4) == CL_INVALID_VALUE && FILL(p, NULL, 4, 4) == CL_INVALID_VALUE);
	EXPECT(FILL(p + 2, global_memory, 4, 4) == CL_INVALID_VALUE);
	EXPECT(FILL(p, global_memory, 0, 4) == CL_INVALID_VALUE);
	EXPECT(FILL(p, global_memory, 3, 3) == CL_INVALID_VALUE);
	EXPECT(FILL(p, global_memory, 256, 256) == CL_INVALID_VALUE);
	EXPECT(FILL(p, global_memory, 4, 6) == CL_INVALID_VALUE);
	EXPECT(!FILL(p, global_memory, 128, 256));
#define MAP(flags, at, n) tern_clEnqueueSVMMap(queue, CL_TRUE, flags, at, n, 0, NULL, NULL)
	EXPECT(MAP(CL_MAP_READ, NULL, 4) == CL_INVALID_VALUE);
	EXPECT(MAP(CL_MAP_READ, p, 0) == CL_INVALID_VALUE);
	EXPECT(MAP(CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION, p, 4) == CL_INVALID_VALUE);
	EXPECT(!MAP(CL_MAP_READ | CL_MAP_WRITE, p, 4096));
	EXPECT(tern_clEnqueueSVMUnmap(queue, NULL, 0, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(!tern_clEnqueueSVMUnmap(queue, p, 0, NULL, NULL));
	EXPECT(tern_clEnqueueSVMUnmap(queue, p, 1, NULL, NULL) == CL_INVALID_EVENT_WAIT_LIST);
	tern_clSVMFree(context, p);
}

static void migrations(void)
{
	char *p = tern_clSVMAlloc(context, 0, 4096, 0);
	const void *list[] = {p + 10, global_memory, p};
	size_t sizes[] = {4086, 100, 0};
	cl_event e = NULL;
#define MIGRATE(n, l, s, flags) tern_clEnqueueSVMMigrateMem(queue, n, l, s, flags, 0, NULL, NULL)
	EXPECT(!MIGRATE(3, list, sizes, 0));
	EXPECT(!MIGRATE(3, list, NULL, CL_MIGRATE_MEM_OBJECT_HOST));
	EXPECT(MIGRATE(0, list, NULL, 0) == CL_INVALID_VALUE);
	EXPECT(MIGRATE(3, NULL, NULL, 0) == CL_INVALID_VALUE);
	EXPECT(MIGRATE(3, list, NULL, 8) == CL_INVALID_VALUE);
	sizes[0] = 4087; /* leaves the allocation */
	EXPECT(MIGRATE(3, list, sizes, 0) == CL_INVALID_VALUE);
	list[0] = NULL;
	EXPECT(!MIGRATE(3, list, NULL, 0)); /* ignored */
	EXPECT(MIGRATE(3, list, sizes, 0) == CL_INVALID_VALUE);
	EXPECT(!tern_clEnqueueSVMMigrateMem(queue, 1, list + 1, NULL, 0, 0, NULL, &e));
	EXPECT(!tern_clWaitForEvents(1, &e) && event_type(e) == CL_COMMAND_SVM_MIGRATE_MEM);
	EXPECT(!tern_clReleaseEvent(e));
	tern_clSVMFree(context, p);
}

static _Atomic int freed;

static void CL_CALLBACK free_them(cl_command_queue q, cl_uint count, void *pointers[], void *data)
{
	EXPECT(q == queue && data == global_memory);
	for (cl_uint i = 0; i < count; i++) {
		if (i)
			tern_clSVMFree(context, pointers[i]);
		else
			free(pointers[i]);
	}
	freed += (int)count;
}

static void enqueued_frees(void)
{
	void *p[3] = {tern_clSVMAlloc(context, 0, 100, 0), NULL, tern_clSVMAlloc(context, 0, 9, 0)};
	cl_event gate = make_user_event(), e = NULL;
#define FREE(n, l) tern_clEnqueueSVMFree(queue, n, l, NULL, NULL, 0, NULL, NULL)
	EXPECT(FREE(0, p) == CL_INVALID_VALUE && FREE(3, NULL) == CL_INVALID_VALUE);
	EXPECT(!FREE(0, NULL));
	EXPECT(!tern_clEnqueueSVMFree(queue, 3, p, NULL, NULL, 1, &gate, &e));
	EXPECT(tern_svm_count() == 2 && event_type(e) == CL_COMMAND_SVM_FREE);
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clWaitForEvents(1, &e) && tern_svm_count() == 0);
	EXPECT(!tern_clReleaseEvent(e));
	EXPECT(FREE(3, p) == CL_INVALID_VALUE); /* they are gone */
	/* the program's own function; pointers from malloc too; the list is copied */
	p[0] = malloc(10);
	p[1] = tern_clSVMAlloc(context, 0, 10, 0);
	EXPECT(!tern_clEnqueueSVMFree(queue, 2, p, free_them, global_memory, 0, NULL, &e));
	p[0] = p[1] = NULL;
	EXPECT(!tern_clWaitForEvents(1, &e) && freed == 2 && tern_svm_count() == 0);
	EXPECT(!tern_clReleaseEvent(e));
	EXPECT(!tern_clReleaseEvent(gate));
	/* freed twice before it runs: the second one's status tells */
	gate = make_user_event();
	p[0] = tern_clSVMAlloc(context, 0, 10, 0);
	EXPECT(!tern_clEnqueueSVMFree(queue, 1, p, NULL, NULL, 1, &gate, NULL));
	EXPECT(!tern_clEnqueueSVMFree(queue, 1, p, NULL, NULL, 0, NULL, &e));
	EXPECT(!tern_clSetUserEventStatus(gate, CL_COMPLETE));
	EXPECT(!tern_clFinish(queue) && event_status(e) == CL_INVALID_VALUE);
	EXPECT(!tern_clReleaseEvent(e));
	EXPECT(!tern_clReleaseEvent(gate));
}

static void failures(void)
{
	void *p = NULL;
	cl_int error = 1;
	for (unsigned n = 1; !p; n++) {
		tern_fault_arm(n, true);
		p = tern_clSVMAlloc(context, 0, 100, 0);
		tern_fault_arm(0, false);
		REQUIRE(n < 20);
	}
	for (unsigned n = 1; error; n++) {
		tern_fault_arm(n, true);
		error = tern_clEnqueueSVMFree(queue, 1, &p, NULL, NULL, 0, NULL, NULL);
		tern_fault_arm(0, false);
		EXPECT(!error || error == CL_OUT_OF_HOST_MEMORY);
		EXPECT(!error || tern_svm_count() == 1);
		REQUIRE(n < 20);
	}
	EXPECT(!tern_clFinish(queue) && tern_svm_count() == 0);
}

static _Atomic bool stop;

static void *allocate_always(void *unused)
{
	while (!stop) {
		tern_clSVMFree(context, tern_clSVMAlloc(context, 0, 100, 0));
		tern_clSVMFree(context, tern_clSVMAlloc(context, 0, 3u << 20, 0));
	}
	return unused;
}

/* A child finds the registry and the heap whole, although another thread was at them. */
static void forks(void)
{
	pthread_t t;
	REQUIRE(!pthread_create(&t, NULL, allocate_always, NULL));
	for (unsigned i = 0; i < 50; i++) {
		int status = 1;
		pid_t child = fork();
		if (!child) {
			char *p = tern_clSVMAlloc(context, 0, 100, 0);
			char *q = tern_clSVMAlloc(context, 0, 3u << 20, 0);
			bool right = p && q;
			tern_clSVMFree(context, p);
			tern_clSVMFree(context, q);
			_exit(!right);
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
	require_any_pointer();
	allocation();
	any_pointer();
	errors();
	migrations();
	enqueued_frees();
	failures();
	forks();
	fixture_end();
	return test_result();
}
