/* SPDX-License-Identifier: MIT */
/* Chapter 5.6: shared virtual memory made by clSVMAlloc. */
#include "conformance/shared.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void need(cl_ulong capability, const char *name)
{
	if (!(conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES) & capability))
		SKIP("the device does not report %s", name);
}

#define NEED(capability) need(capability, #capability)

static void *allocate(cl_svm_mem_flags flags, size_t size, cl_uint alignment)
{
	void *memory = clSVMAlloc(conf_context(), flags, size, alignment);

	REQUIRE(memory != NULL);
	return memory;
}

static void map(void *memory, size_t size, cl_map_flags flags)
{
	OK(clEnqueueSVMMap(conf_queue(), CL_TRUE, flags, memory, size, 0, NULL, NULL));
}

static void unmap(void *memory)
{
	OK(clEnqueueSVMUnmap(conf_queue(), memory, 0, NULL, NULL));
}

static void coarse_buffer(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	enum { COUNT = 10000 };
	cl_kernel kernel = shared_kernel("inc");
	cl_int *p = allocate(CL_MEM_READ_WRITE, COUNT * sizeof *p, 0);

	map(p, COUNT * sizeof *p, CL_MAP_WRITE_INVALIDATE_REGION);
	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	unmap(p);
	OK(clSetKernelArgSVMPointer(kernel, 0, p));
	conf_run(kernel, COUNT, 0);
	conf_run(kernel, COUNT, 0);
	map(p, COUNT * sizeof *p, CL_MAP_READ);
	for (int i = 0; i < COUNT; i++)
		CHECK_EQ(i + 2, p[i]);
	unmap(p);
	OK(clFinish(conf_queue()));
	clSVMFree(conf_context(), p);
}

/* An address within the allocation is an argument too. */
static void pointer_inside(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	cl_kernel kernel =
		conf_kernel("kernel void put(global int *p) { p[get_global_id(0)] = 5; }", "put");
	cl_int *p = allocate(CL_MEM_READ_WRITE, 64 * sizeof *p, 0);

	OK(clEnqueueSVMMemFill(conf_queue(), p, &(cl_int){1}, sizeof *p, 64 * sizeof *p, 0, NULL,
			       NULL));
	OK(clSetKernelArgSVMPointer(kernel, 0, p + 13));
	conf_run(kernel, 10, 0);
	map(p, 64 * sizeof *p, CL_MAP_READ);
	for (int i = 0; i < 64; i++)
		CHECK_EQ(i >= 13 && i < 23 ? 5 : 1, p[i]);
	unmap(p);
	OK(clFinish(conf_queue()));
	clSVMFree(conf_context(), p);
}

static void alignments_and_flags(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	static const cl_svm_mem_flags flags[] = {0, CL_MEM_READ_WRITE, CL_MEM_READ_ONLY,
						 CL_MEM_WRITE_ONLY};

	for (size_t i = 0; i < LENGTH(flags); i++)
		for (cl_uint alignment = 1; alignment <= 128; alignment *= 2) {
			void *memory = allocate(flags[i], 1000, alignment);

			CHECK_EQ(0, (uintptr_t)memory % alignment);
			clSVMFree(conf_context(), memory);
		}
	void *memory = allocate(CL_MEM_READ_WRITE, 1, 0);

	CHECK_EQ(0, (uintptr_t)memory % 128); /* the greatest built-in type */
	clSVMFree(conf_context(), memory);
}

struct node {
	struct node *next;
	cl_int value;
};

static const char *const list_source =
	"typedef struct node { global struct node *next; int value; } node;\n"
	"kernel void walk(global node *n, global int *sum) {\n"
	"  int s = 0;\n"
	"  for (; n; n = n->next) { s += n->value; n->value += 1000; }\n"
	"  *sum = s; }\n";

/* Pointers in memory mean the same to host and device. */
static void list_in_allocations(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	enum { COUNT = 500 };
	cl_kernel kernel = conf_kernel(list_source, "walk");
	static struct node *nodes[COUNT];
	cl_int *sum = allocate(CL_MEM_READ_WRITE, sizeof *sum, 0);

	for (int i = 0; i < COUNT; i++) {
		nodes[i] = allocate(CL_MEM_READ_WRITE, sizeof **nodes, 0);
		map(nodes[i], sizeof **nodes, CL_MAP_WRITE);
		*nodes[i] = (struct node){i ? nodes[i - 1] : NULL, i};
		unmap(nodes[i]);
	}
	OK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof nodes, nodes));
	OK(clSetKernelArgSVMPointer(kernel, 0, nodes[COUNT - 1]));
	OK(clSetKernelArgSVMPointer(kernel, 1, sum));
	conf_run(kernel, 1, 1);
	map(sum, sizeof *sum, CL_MAP_READ);
	CHECK_EQ(COUNT * (COUNT - 1) / 2, *sum);
	unmap(sum);
	for (int i = 0; i < COUNT; i++) {
		map(nodes[i], sizeof **nodes, CL_MAP_READ);
		CHECK_EQ(1000 + i, nodes[i]->value);
		unmap(nodes[i]);
	}
	OK(clFinish(conf_queue()));
	for (int i = 0; i < COUNT; i++)
		clSVMFree(conf_context(), nodes[i]);
	clSVMFree(conf_context(), sum);
}

static void copies_and_fills(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	char host[4096], back[4096];
	char *a = allocate(CL_MEM_READ_WRITE, 4096, 0), *b = allocate(CL_MEM_READ_WRITE, 4096, 0);

	for (int i = 0; i < 4096; i++)
		host[i] = (char)(i * 13);
	OK(clEnqueueSVMMemcpy(conf_queue(), CL_TRUE, a, host, 4096, 0, NULL, NULL));
	OK(clEnqueueSVMMemcpy(conf_queue(), CL_FALSE, b + 1, a + 3, 4000, 0, NULL, NULL));
	OK(clEnqueueSVMMemcpy(conf_queue(), CL_TRUE, back, b, 4096, 0, NULL, NULL));
	CHECK(!memcmp(back + 1, host + 3, 4000));
	for (size_t width = 1; width <= 128; width *= 2) {
		OK(clEnqueueSVMMemFill(conf_queue(), a, host + width, width, 4096, 0, NULL, NULL));
		OK(clEnqueueSVMMemcpy(conf_queue(), CL_TRUE, back, a, 4096, 0, NULL, NULL));
		for (size_t i = 0; i < 4096; i += width)
			CHECK(!memcmp(back + i, host + width, width));
	}
	clSVMFree(conf_context(), a);
	clSVMFree(conf_context(), b);
}

struct freed {
	atomic_int calls;
	cl_uint count;
	void *pointers[4];
	cl_command_queue queue;
};

static void CL_CALLBACK free_call(cl_command_queue queue, cl_uint count, void *pointers[],
				  void *data)
{
	struct freed *freed = data;

	freed->queue = queue;
	freed->count = count;
	for (cl_uint i = 0; i < count && i < 4; i++) {
		freed->pointers[i] = pointers[i];
		clSVMFree(conf_context(), pointers[i]);
	}
	atomic_fetch_add(&freed->calls, 1);
}

static void enqueued_free(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	static struct freed freed;
	void *pointers[3], *again[3];
	cl_event event = NULL;
	cl_command_type type = 0;

	for (int i = 0; i < 3; i++)
		pointers[i] = again[i] = allocate(CL_MEM_READ_WRITE, 64, 0);
	OK(clEnqueueSVMFree(conf_queue(), 3, pointers, free_call, &freed, 0, NULL, &event));
	conf_keep_event(event);
	memset(pointers, 0, sizeof pointers); /* the list has been copied */
	OK(clWaitForEvents(1, &event));
	CHECK_EQ(1, atomic_load(&freed.calls));
	CHECK_EQ(3, freed.count);
	CHECK(freed.queue == conf_queue());
	CHECK(!memcmp(freed.pointers, again, sizeof again));
	OK(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
	CHECK_EQ(CL_COMMAND_SVM_FREE, type);
	/* Without a callback the runtime frees. */
	pointers[0] = allocate(CL_MEM_READ_WRITE, 64, 0);
	OK(clEnqueueSVMFree(conf_queue(), 1, pointers, NULL, NULL, 0, NULL, NULL));
	OK(clFinish(conf_queue()));
}

static void migrate(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	cl_int *p = allocate(CL_MEM_READ_WRITE, 1 << 20, 0), value = 9, back = 0;
	const void *pointers[2] = {p, p + 1000};
	const size_t sizes[2] = {0, 4000};

	OK(clEnqueueSVMMemFill(conf_queue(), p, &value, sizeof value, 1 << 20, 0, NULL, NULL));
	OK(clEnqueueSVMMigrateMem(conf_queue(), 1, pointers, NULL, 0, 0, NULL, NULL));
	OK(clEnqueueSVMMigrateMem(conf_queue(), 2, pointers, sizes, CL_MIGRATE_MEM_OBJECT_HOST, 0,
				  NULL, NULL));
	OK(clEnqueueSVMMemcpy(conf_queue(), CL_TRUE, &back, p + 1500, sizeof back, 0, NULL, NULL));
	CHECK_EQ(9, back);
	clSVMFree(conf_context(), p);
}

/* A buffer over shared memory uses it without a copy. */
static void buffer_over_svm(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	cl_int *p = allocate(CL_MEM_READ_WRITE, 4096, 0), back = 0, value = 31;
	cl_int error;
	cl_mem mem = clCreateBuffer(conf_context(), CL_MEM_USE_HOST_PTR, 4096, p, &error);
	cl_bool uses = CL_FALSE;
	cl_kernel kernel = shared_kernel("inc");

	OK(error);
	OK(clGetMemObjectInfo(mem, CL_MEM_USES_SVM_POINTER, sizeof uses, &uses, NULL));
	CHECK_EQ(CL_TRUE, uses);
	OK(clEnqueueFillBuffer(conf_queue(), mem, &value, sizeof value, 0, 4096, 0, NULL, NULL));
	OK(clSetKernelArgSVMPointer(kernel, 0, p));
	conf_run(kernel, 1024, 0);
	conf_read(mem, &back, sizeof back);
	CHECK_EQ(32, back);
	OK(clReleaseMemObject(mem));
	clSVMFree(conf_context(), p);
}

static void fine_buffer(void)
{
	NEED(CL_DEVICE_SVM_FINE_GRAIN_BUFFER);
	enum { COUNT = 4096 };
	cl_kernel kernel = shared_kernel("inc");
	cl_int *p =
		allocate(CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER, COUNT * sizeof *p, 0);

	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	OK(clSetKernelArgSVMPointer(kernel, 0, p));
	for (int round = 1; round <= 3; round++) {
		conf_run(kernel, COUNT, 0);
		p[0] += 10; /* no map needed between */
		CHECK_EQ(COUNT - 1 + round, p[COUNT - 1]);
	}
	CHECK_EQ(33, p[0]);
	clSVMFree(conf_context(), p);
}

static const char *const talk_source =
	"kernel void talk(volatile global atomic_int *p, int rounds) {\n"
	"  for (int i = 0; i < rounds; i++) {\n"
	"    atomic_store_explicit(p + 1, i + 1, memory_order_release, "
	"memory_scope_all_svm_devices);\n"
	"    long spins = 0;\n"
	"    while (atomic_load_explicit(p, memory_order_acquire, memory_scope_all_svm_devices) <= "
	"i)\n"
	"      if (++spins > 10000000000L) { atomic_store_explicit(p + 2, 1, "
	"memory_order_relaxed,\n"
	"        memory_scope_all_svm_devices); return; } } }\n";

/* Host and a running kernel answer each other through the memory at @words. */
static void talk(atomic_int *words)
{
	enum { ROUNDS = 1000 };
	const size_t one = 1;
	cl_int rounds = ROUNDS;
	cl_kernel kernel = conf_kernel_of(conf_program(talk_source, "-cl-std=CL3.0"), "talk");
	cl_event event = NULL;

	for (int i = 0; i < 3; i++)
		atomic_init(&words[i], 0);
	OK(clSetKernelArgSVMPointer(kernel, 0, words));
	ARG(kernel, 1, rounds);
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &one, NULL, 0, NULL, &event));
	conf_keep_event(event);
	OK(clFlush(conf_queue()));
	double end = conf_now() + 20;
	int i = 0;

	for (; i < ROUNDS; i++) {
		while (atomic_load_explicit(&words[1], memory_order_acquire) <= i &&
		       conf_now() < end)
			;
		atomic_store_explicit(&words[0], i + 1, memory_order_release);
	}
	OK(clWaitForEvents(1, &event));
	CHECK_EQ(ROUNDS, atomic_load(&words[1]));
	CHECK_EQ(0, atomic_load(&words[2]));
}

static void host_and_kernel_talk(void)
{
	NEED(CL_DEVICE_SVM_ATOMICS);
	NEED(CL_DEVICE_SVM_FINE_GRAIN_BUFFER);
	if (!conf_has_feature("__opencl_c_atomic_scope_all_devices"))
		conf_note("__opencl_c_atomic_scope_all_devices is not listed\n");
	atomic_int *words = allocate(
		CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS, 4096, 0);

	talk(words);
	clSVMFree(conf_context(), words);
}

/* Host threads and work-items count with the same atomic at the same time. */
static void host_and_kernel_count(void)
{
	NEED(CL_DEVICE_SVM_ATOMICS);
	NEED(CL_DEVICE_SVM_FINE_GRAIN_BUFFER);
	enum { ITEMS = 20000, HOST = 20000 };
	const size_t items = ITEMS;
	cl_kernel kernel = conf_kernel_of(
		conf_program("kernel void count(volatile global atomic_int *p) {\n"
			     "  atomic_fetch_add_explicit(p, 1, memory_order_relaxed,\n"
			     "    memory_scope_all_svm_devices); }\n",
			     "-cl-std=CL3.0"),
		"count");
	atomic_int *counter = allocate(
		CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS, 4096, 0);

	atomic_init(counter, 0);
	OK(clSetKernelArgSVMPointer(kernel, 0, counter));
	OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &items, NULL, 0, NULL, NULL));
	OK(clFlush(conf_queue()));
	for (int i = 0; i < HOST; i++)
		atomic_fetch_add(counter, 1);
	OK(clFinish(conf_queue()));
	CHECK_EQ(ITEMS + HOST, atomic_load(counter));
	clSVMFree(conf_context(), counter);
}

static void many_allocations(void)
{
	NEED(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	enum { COUNT = 5000 };
	static char *blocks[COUNT];
	uint32_t state = 8;

	for (size_t i = 0; i < COUNT; i++) {
		size_t size = 1 + conf_random(&state) % 20000;

		blocks[i] = clSVMAlloc(conf_context(), CL_MEM_READ_WRITE, size, 0);
		REQUIRE(blocks[i] != NULL);
		OK(clEnqueueSVMMemFill(conf_queue(), blocks[i], &i, 1, 1, 0, NULL, NULL));
		if (i % 3 == 0) {
			OK(clFinish(conf_queue()));
			clSVMFree(conf_context(), blocks[i]);
			blocks[i] = NULL;
		}
	}
	OK(clFinish(conf_queue()));
	for (size_t i = 0; i < COUNT; i++) {
		char back = 0;

		if (!blocks[i])
			continue;
		OK(clEnqueueSVMMemcpy(conf_queue(), CL_TRUE, &back, blocks[i], 1, 0, NULL, NULL));
		CHECK_EQ((char)i, back);
		clSVMFree(conf_context(), blocks[i]);
	}
}

CONF_CASES(svm) = {
	CASE(coarse_buffer),
	CASE(pointer_inside),
	CASE(alignments_and_flags),
	CASE(list_in_allocations),
	CASE(copies_and_fills),
	CASE(enqueued_free),
	CASE(migrate),
	CASE(buffer_over_svm),
	CASE(fine_buffer),
	CASE(host_and_kernel_talk),
	CASE(host_and_kernel_count),
	CASE(many_allocations),
	CASE_END,
};
