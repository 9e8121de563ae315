/* SPDX-License-Identifier: MIT */
/* cl_intel_unified_shared_memory. Objects whose freeing must be seen are freed by the cases. */
#include "conformance/harness.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static clHostMemAllocINTEL_fn host_alloc;
static clDeviceMemAllocINTEL_fn device_alloc;
static clSharedMemAllocINTEL_fn shared_alloc;
static clMemFreeINTEL_fn mem_free;
static clMemBlockingFreeINTEL_fn mem_blocking_free;
static clGetMemAllocInfoINTEL_fn alloc_info;
static clSetKernelArgMemPointerINTEL_fn set_pointer;
static clEnqueueMemFillINTEL_fn enqueue_fill;
static clEnqueueMemcpyINTEL_fn enqueue_copy;
static clEnqueueMigrateMemINTEL_fn enqueue_migrate;
static clEnqueueMemAdviseINTEL_fn enqueue_advise;

static void *function(const char *name)
{
	void *address = clGetExtensionFunctionAddressForPlatform(conf_platform(), name);
	CHECKF(address != NULL, "%s is not there", name);
	return address;
}

static void need_usm(void)
{
	if (!conf_has_extension("cl_intel_unified_shared_memory"))
		SKIP("the device does not list cl_intel_unified_shared_memory");
	host_alloc = (clHostMemAllocINTEL_fn)function("clHostMemAllocINTEL");
	device_alloc = (clDeviceMemAllocINTEL_fn)function("clDeviceMemAllocINTEL");
	shared_alloc = (clSharedMemAllocINTEL_fn)function("clSharedMemAllocINTEL");
	mem_free = (clMemFreeINTEL_fn)function("clMemFreeINTEL");
	mem_blocking_free = (clMemBlockingFreeINTEL_fn)function("clMemBlockingFreeINTEL");
	alloc_info = (clGetMemAllocInfoINTEL_fn)function("clGetMemAllocInfoINTEL");
	set_pointer = (clSetKernelArgMemPointerINTEL_fn)function("clSetKernelArgMemPointerINTEL");
	enqueue_fill = (clEnqueueMemFillINTEL_fn)function("clEnqueueMemFillINTEL");
	enqueue_copy = (clEnqueueMemcpyINTEL_fn)function("clEnqueueMemcpyINTEL");
	enqueue_migrate = (clEnqueueMigrateMemINTEL_fn)function("clEnqueueMigrateMemINTEL");
	enqueue_advise = (clEnqueueMemAdviseINTEL_fn)function("clEnqueueMemAdviseINTEL");
	REQUIRE(!conf_failed());
}

enum kind { HOST, DEVICE, SHARED, KINDS };

static const struct {
	cl_device_info caps;
	cl_unified_shared_memory_type_intel type;
	cl_kernel_exec_info indirect;
} kinds[KINDS] = {
	{CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL, CL_MEM_TYPE_HOST_INTEL,
	 CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL},
	{CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL, CL_MEM_TYPE_DEVICE_INTEL,
	 CL_KERNEL_EXEC_INFO_INDIRECT_DEVICE_ACCESS_INTEL},
	{CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL, CL_MEM_TYPE_SHARED_INTEL,
	 CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL},
};

static bool has(enum kind kind)
{
	return conf_device_ulong(kinds[kind].caps) & CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL;
}

static void *try_alloc(enum kind kind, const cl_mem_properties_intel *properties, size_t size,
		       cl_uint alignment, cl_int *error)
{
	if (kind == HOST)
		return host_alloc(conf_context(), properties, size, alignment, error);
	return (kind == DEVICE ? device_alloc : shared_alloc)(conf_context(), conf_device(),
							      properties, size, alignment, error);
}

static void *get(enum kind kind, size_t size)
{
	cl_int error = 1;
	void *p = try_alloc(kind, NULL, size, 0, &error);

	CHECK_EQ(CL_SUCCESS, error);
	REQUIRE(p != NULL);
	return p;
}

static void usm_capabilities(void)
{
	need_usm();
	cl_ulong device = conf_device_ulong(CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL);

	CHECK(device & CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL); /* the one that is required */
	for (cl_device_info q = CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL;
	     q <= CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL; q++) {
		cl_ulong caps = conf_device_ulong(q);

		CHECKF(!(caps & ~(cl_ulong)15), "unknown bits in %#lx", (unsigned long)caps);
		CHECKF(!caps || (caps & CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL),
		       "capabilities without access in %#lx", (unsigned long)caps);
	}
}

static void check_info(const void *p, cl_unified_shared_memory_type_intel type, const void *base,
		       size_t size, cl_device_id device)
{
	cl_unified_shared_memory_type_intel got_type = 0;
	void *got_base = &got_type;
	size_t got_size = 12345, bytes = 0;
	cl_device_id got_device = (cl_device_id)&got_type;
	cl_mem_alloc_flags_intel flags = 12345;
	cl_context c = conf_context();

	OK(alloc_info(c, p, CL_MEM_ALLOC_TYPE_INTEL, sizeof got_type, &got_type, &bytes));
	CHECK_EQ(sizeof got_type, bytes);
	OK(alloc_info(c, p, CL_MEM_ALLOC_BASE_PTR_INTEL, sizeof got_base, &got_base, NULL));
	OK(alloc_info(c, p, CL_MEM_ALLOC_SIZE_INTEL, sizeof got_size, &got_size, NULL));
	OK(alloc_info(c, p, CL_MEM_ALLOC_DEVICE_INTEL, sizeof got_device, &got_device, NULL));
	OK(alloc_info(c, p, CL_MEM_ALLOC_FLAGS_INTEL, sizeof flags, &flags, NULL));
	CHECK_EQ(type, got_type);
	CHECK(got_base == base);
	CHECK_EQ(size, got_size);
	CHECK(got_device == device);
	CHECK_EQ(0, flags);
}

static void usm_queries(void)
{
	need_usm();
	for (enum kind k = HOST; k < KINDS; k++) {
		if (!has(k))
			continue;
		cl_device_id device = k == HOST ? NULL : conf_device();
		char *p = get(k, 1000), *q = get(k, 3000);

		check_info(p, kinds[k].type, p, 1000, device);
		check_info(p + 999, kinds[k].type, p, 1000, device);
		check_info(q + 1, kinds[k].type, q, 3000, device);
		OK(mem_free(conf_context(), p));
		check_info(p, CL_MEM_TYPE_UNKNOWN_INTEL, NULL, 0, NULL);
		OK(mem_free(conf_context(), q));
	}
	int on_stack;

	check_info(&on_stack, CL_MEM_TYPE_UNKNOWN_INTEL, NULL, 0, NULL);
	check_info(NULL, CL_MEM_TYPE_UNKNOWN_INTEL, NULL, 0, NULL);
	CHECK_CL(CL_INVALID_CONTEXT, alloc_info(NULL, &on_stack, CL_MEM_ALLOC_TYPE_INTEL,
						sizeof on_stack, &on_stack, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 alloc_info(conf_context(), &on_stack, 1, sizeof on_stack, &on_stack, NULL));
	CHECK_CL(CL_INVALID_VALUE, alloc_info(conf_context(), &on_stack, CL_MEM_ALLOC_TYPE_INTEL, 2,
					      &on_stack, NULL));
}

#define REFUSES(code, call)                                                                        \
	do {                                                                                       \
		cl_int error = 1;                                                                  \
		CHECK((call) == NULL);                                                             \
		CHECK_EQ(code, error);                                                             \
	} while (0)

static void usm_allocation_errors(void)
{
	need_usm();
	static const cl_mem_properties_intel unknown[] = {1, 0, 0},
					     bad_flags[] = {CL_MEM_ALLOC_FLAGS_INTEL, 1 << 20, 0},
					     both[] = {CL_MEM_ALLOC_FLAGS_INTEL, 6, 0};
	cl_ulong most = conf_device_ulong(CL_DEVICE_MAX_MEM_ALLOC_SIZE);

	for (enum kind k = HOST; k < KINDS; k++) {
		if (!has(k))
			continue;
		REFUSES(CL_INVALID_VALUE, try_alloc(k, NULL, 10, 3, &error));
		REFUSES(CL_INVALID_PROPERTY, try_alloc(k, unknown, 10, 0, &error));
		REFUSES(CL_INVALID_PROPERTY, try_alloc(k, bad_flags, 10, 0, &error));
		REFUSES(CL_INVALID_PROPERTY, try_alloc(k, both, 10, 0, &error));
		REFUSES(CL_INVALID_BUFFER_SIZE, try_alloc(k, NULL, 0, 0, &error));
		REFUSES(CL_INVALID_BUFFER_SIZE, try_alloc(k, NULL, most + 1, 0, &error));
		for (cl_uint align = 1; align <= 64; align *= 2) {
			cl_int error = 1;
			char *p = try_alloc(k, NULL, 1, align, &error);

			CHECK_EQ(CL_SUCCESS, error);
			CHECK(p != NULL && (uintptr_t)p % align == 0);
			OK(mem_free(conf_context(), p));
		}
	}
	REFUSES(CL_INVALID_CONTEXT, host_alloc(NULL, NULL, 10, 0, &error));
	REFUSES(CL_INVALID_CONTEXT, device_alloc(NULL, conf_device(), NULL, 10, 0, &error));
	REFUSES(CL_INVALID_CONTEXT, shared_alloc(NULL, conf_device(), NULL, 10, 0, &error));
	REFUSES(CL_INVALID_DEVICE, device_alloc(conf_context(), NULL, NULL, 10, 0, &error));
}

static void usm_free_errors(void)
{
	need_usm();
	char *p = get(DEVICE, 100);
	int on_stack;

	OK(mem_free(conf_context(), NULL));
	OK(mem_blocking_free(conf_context(), NULL));
	CHECK_CL(CL_INVALID_CONTEXT, mem_free(NULL, p));
	CHECK_CL(CL_INVALID_CONTEXT, mem_blocking_free(NULL, p));
	CHECK_CL(CL_INVALID_VALUE, mem_free(conf_context(), &on_stack));
	CHECK_CL(CL_INVALID_VALUE, mem_blocking_free(conf_context(), &on_stack));
	CHECK_CL(CL_INVALID_VALUE, mem_free(conf_context(), p + 1));
	OK(mem_free(conf_context(), p));
}

static atomic_int gate_opened, free_returned;

static void *free_blocking(void *p)
{
	CHECK_CL(CL_SUCCESS, mem_blocking_free(conf_context(), p));
	CHECK_EQ(1, atomic_load(&gate_opened));
	atomic_store(&free_returned, 1);
	return NULL;
}

/* It returns only when the commands that use the memory have finished. */
static void usm_blocking_free(void)
{
	need_usm();
	cl_command_queue queues[2] = {conf_queue(), conf_queue_with(0)};

	for (int i = 0; i < 2; i++) {
		char *p = get(DEVICE, 4096), got[4096] = {0};
		cl_event gate = conf_user_event(), last = NULL;
		pthread_t thread;

		OK(enqueue_fill(queues[i], p, "x", 1, 4096, 1, &gate, NULL));
		OK(enqueue_copy(queues[i], CL_FALSE, got, p, 4096, 0, NULL, &last));
		conf_keep_event(last);
		OK(clFlush(queues[i]));
		atomic_store(&gate_opened, 0);
		atomic_store(&free_returned, 0);
		(void)conf_context();
		REQUIRE(pthread_create(&thread, NULL, free_blocking, p) == 0);
		conf_sleep(0.05);
		CHECK_EQ(0, atomic_load(&free_returned));
		atomic_store(&gate_opened, 1);
		OK(clSetUserEventStatus(gate, CL_COMPLETE));
		pthread_join(thread, NULL);
		CHECK_EQ(CL_COMPLETE, conf_event_status(last));
		CHECK_EQ('x', got[0]);
		CHECK_EQ('x', got[4095]);
	}
}

static const char *const sum_source = "kernel void work(global const int *in, global int *out) {\n"
				      "  size_t i = get_global_id(0); out[i] = 3 * in[i] + 1; }\n";

/* Kernels read and write each kind, data goes in and out by copies. */
static void usm_in_kernels(void)
{
	need_usm();
	enum { N = 30000 };
	cl_kernel kernel = conf_kernel(sum_source, "work");
	int *data = malloc(N * sizeof *data);

	REQUIRE(data != NULL);
	for (enum kind from = HOST; from < KINDS; from++) {
		for (enum kind to = HOST; to < KINDS; to++) {
			if (!has(from) || !has(to))
				continue;
			int *in = get(from, N * sizeof *in), *out = get(to, N * sizeof *out);
			size_t wrong = 0;

			for (int i = 0; i < N; i++)
				data[i] = i ^ (int)from;
			OK(enqueue_copy(conf_queue(), CL_FALSE, in, data, N * sizeof *in, 0, NULL,
					NULL));
			OK(clFinish(conf_queue()));
			memset(data, 0, N * sizeof *data);
			OK(set_pointer(kernel, 0, in));
			OK(set_pointer(kernel, 1, out));
			conf_run(kernel, N, 0);
			OK(enqueue_copy(conf_queue(), CL_TRUE, data, out, N * sizeof *out, 0, NULL,
					NULL));
			for (int i = 0; i < N; i++)
				wrong += data[i] != 3 * (i ^ (int)from) + 1;
			CHECK_EQ(0, wrong);
			OK(mem_blocking_free(conf_context(), in));
			OK(mem_blocking_free(conf_context(), out));
		}
	}
	free(data);
}

struct node {
	struct node *next;
	cl_ulong value;
};

static const char *const list_source =
	"typedef struct node { global struct node *next; ulong value; } node;\n"
	"kernel void walk(global node *list) {\n"
	"  for (; list; list = list->next) list->value = 2 * list->value + 1; }\n";

/* A list that the host builds and reads: only its head is an argument. */
static void usm_indirect_access(void)
{
	need_usm();
	enum { N = 500 };
	const cl_bool yes = CL_TRUE;
	cl_kernel kernel = conf_kernel(list_source, "walk");

	for (enum kind k = HOST; k < KINDS; k++) {
		struct node *nodes[N];
		size_t wrong = 0;

		if (k == DEVICE || !has(k))
			continue;
		OK(clSetKernelExecInfo(kernel, kinds[k].indirect, sizeof yes, &yes));
		for (int i = 0; i < N; i++) {
			nodes[i] = get(k, sizeof *nodes[i]);
			*nodes[i] = (struct node){i ? nodes[i - 1] : NULL, (cl_ulong)i};
		}
		OK(set_pointer(kernel, 0, nodes[N - 1]));
		conf_run(kernel, 1, 1);
		for (int i = 0; i < N; i++)
			wrong += nodes[i]->value != 2 * (cl_ulong)i + 1;
		CHECK_EQ(0, wrong);
		for (int i = 0; i < N; i++)
			OK(mem_free(conf_context(), nodes[i]));
	}
}

static void usm_exec_info(void)
{
	need_usm();
	const cl_bool no = CL_FALSE;
	cl_kernel kernel = conf_kernel(sum_source, "work");
	void *p[2] = {get(DEVICE, 10), get(DEVICE, 10)};

	OK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL, sizeof p, p));
	OK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL, sizeof p[0], p + 1));
	CHECK_CL(CL_INVALID_VALUE,
		 clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL, 3, p));
	for (enum kind k = HOST; k < KINDS; k++) {
		if (!has(k))
			continue;
		OK(clSetKernelExecInfo(kernel, kinds[k].indirect, sizeof no, &no));
		CHECK_CL(CL_INVALID_VALUE, clSetKernelExecInfo(kernel, kinds[k].indirect, 1, &no));
	}
	CHECK_CL(CL_INVALID_ARG_INDEX, set_pointer(kernel, 2, p[0]));
	CHECK_CL(CL_INVALID_KERNEL, set_pointer(NULL, 0, p[0]));
	OK(set_pointer(kernel, 0, NULL));
	OK(mem_free(conf_context(), p[0]));
	OK(mem_free(conf_context(), p[1]));
}

static cl_command_type type_of(cl_event event)
{
	cl_command_type type = 0;

	OK(clGetEventInfo(event, CL_EVENT_COMMAND_TYPE, sizeof type, &type, NULL));
	return type;
}

static void usm_commands(void)
{
	need_usm();
	static const cl_uint pattern[4] = {1, 20, 300, 4000};
	cl_uint got[1024];

	for (enum kind k = HOST; k < KINDS; k++) {
		cl_event events[4];
		size_t wrong = 0;

		if (!has(k))
			continue;
		cl_uint *p = get(k, sizeof got);

		OK(enqueue_fill(conf_queue(), p, pattern, sizeof pattern, sizeof got, 0, NULL,
				&events[0]));
		OK(enqueue_migrate(conf_queue(), p, sizeof got, CL_MIGRATE_MEM_OBJECT_HOST, 0, NULL,
				   &events[1]));
		OK(enqueue_advise(conf_queue(), p, sizeof got, 0, 0, NULL, &events[2]));
		OK(enqueue_copy(conf_queue(), CL_TRUE, got, p, sizeof got, 0, NULL, &events[3]));
		for (int i = 0; i < 4; i++)
			conf_keep_event(events[i]);
		for (size_t i = 0; i < LENGTH(got); i++)
			wrong += got[i] != pattern[i % 4];
		CHECK_EQ(0, wrong);
		CHECK_EQ(CL_COMMAND_MEMFILL_INTEL, type_of(events[0]));
		CHECK_EQ(CL_COMMAND_MIGRATEMEM_INTEL, type_of(events[1]));
		CHECK_EQ(CL_COMMAND_MEMADVISE_INTEL, type_of(events[2]));
		CHECK_EQ(CL_COMMAND_MEMCPY_INTEL, type_of(events[3]));
		OK(mem_blocking_free(conf_context(), p));
	}
}

static void usm_command_errors(void)
{
	need_usm();
	cl_command_queue q = conf_queue();
	char *p = get(DEVICE, 4096), one[128] = {0};

	CHECK_CL(CL_INVALID_COMMAND_QUEUE, enqueue_fill(NULL, p, one, 1, 1, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_fill(q, NULL, one, 1, 1, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_fill(q, p, NULL, 1, 1, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_fill(q, p, one, 3, 3, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_fill(q, p, one, 256, 256, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_fill(q, p, one, 4, 6, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_fill(q, p + 2, one, 4, 4, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST, enqueue_fill(q, p, one, 1, 1, 1, NULL, NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, enqueue_copy(NULL, CL_TRUE, p, one, 1, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_copy(q, CL_TRUE, NULL, p, 1, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_copy(q, CL_TRUE, p, NULL, 1, 0, NULL, NULL));
	CHECK_CL(CL_MEM_COPY_OVERLAP, enqueue_copy(q, CL_TRUE, p, p + 10, 20, 0, NULL, NULL));
	CHECK_CL(CL_MEM_COPY_OVERLAP, enqueue_copy(q, CL_TRUE, p + 10, p, 20, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, enqueue_migrate(NULL, p, 1, 1, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, enqueue_migrate(q, p, 1, 1 << 20, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE, enqueue_advise(NULL, p, 1, 0, 0, NULL, NULL));
	OK(clFinish(q));
	OK(mem_free(conf_context(), p));
}

/* Memory of malloc, on devices that say that they can. */
static void usm_system_memory(void)
{
	need_usm();
	if (!conf_device_ulong(CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL))
		SKIP("no access to system memory");
	enum { N = 10000 };
	cl_kernel kernel = conf_kernel(sum_source, "work");
	int *in = malloc(N * sizeof *in), *out = malloc(N * sizeof *out);
	size_t wrong = 0;

	REQUIRE(in != NULL && out != NULL);
	for (int i = 0; i < N; i++)
		in[i] = i;
	OK(set_pointer(kernel, 0, in));
	OK(set_pointer(kernel, 1, out));
	conf_run(kernel, N, 0);
	for (int i = 0; i < N; i++)
		wrong += out[i] != 3 * i + 1;
	CHECK_EQ(0, wrong);
	free(in);
	free(out);
}

CONF_CASES(usm) = {
	CASE(usm_capabilities),    CASE(usm_queries),       CASE(usm_allocation_errors),
	CASE(usm_free_errors),     CASE(usm_blocking_free), CASE(usm_in_kernels),
	CASE(usm_indirect_access), CASE(usm_exec_info),     CASE(usm_commands),
	CASE(usm_command_errors),  CASE(usm_system_memory), CASE_END,
};
