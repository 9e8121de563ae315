/* SPDX-License-Identifier: MIT */
/* cl_khr_unified_svm: types, allocations and queries, and each capability put to use. */
#include "conformance/unified_svm.h"
#include <stdlib.h>
#include <string.h>

#define MOST_TYPES 32

static clSVMAllocWithPropertiesKHR_fn svm_alloc;
static clSVMFreeWithPropertiesKHR_fn svm_free;
static clGetSVMPointerInfoKHR_fn svm_info;
static clGetSVMSuggestedTypeIndexKHR_fn svm_suggest;
static cl_svm_capabilities_khr platform_caps[MOST_TYPES], device_caps[MOST_TYPES];
static cl_uint type_count;

static void *function(const char *name)
{
	void *address = clGetExtensionFunctionAddressForPlatform(conf_platform(), name);
	CHECKF(address != NULL, "%s is not there", name);
	return address;
}

static void need_unified_svm(void)
{
	size_t platform = 0, device = 0;

	if (!conf_has_extension("cl_khr_unified_svm"))
		SKIP("the device does not list cl_khr_unified_svm");
	svm_alloc = (clSVMAllocWithPropertiesKHR_fn)function("clSVMAllocWithPropertiesKHR");
	svm_free = (clSVMFreeWithPropertiesKHR_fn)function("clSVMFreeWithPropertiesKHR");
	svm_info = (clGetSVMPointerInfoKHR_fn)function("clGetSVMPointerInfoKHR");
	svm_suggest = (clGetSVMSuggestedTypeIndexKHR_fn)function("clGetSVMSuggestedTypeIndexKHR");
	REQUIRE(!conf_failed());
	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_SVM_TYPE_CAPABILITIES_KHR,
			     sizeof platform_caps, platform_caps, &platform));
	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_SVM_TYPE_CAPABILITIES_KHR, sizeof device_caps,
			   device_caps, &device));
	CHECK_EQ(platform, device);
	type_count = (cl_uint)(platform / sizeof platform_caps[0]);
	REQUIRE(type_count > 0);
}

static void unified_types(void)
{
	need_unified_svm();
	for (cl_uint i = 0; i < type_count; i++) {
		cl_svm_capabilities_khr caps = device_caps[i];

		CHECK(platform_caps[i] != 0);
		CHECK(caps == 0 || (caps & platform_caps[i]) == platform_caps[i]);
		if (caps & CL_SVM_CAPABILITY_DEVICE_OWNED_KHR)
			CHECK(!(caps & CL_SVM_CAPABILITY_DEVICE_UNASSOCIATED_KHR));
		if (caps & CL_SVM_CAPABILITY_HOST_OWNED_KHR)
			CHECK(caps & CL_SVM_CAPABILITY_DEVICE_UNASSOCIATED_KHR);
	}
}

/* Memory of type @index for the device; the case frees it. */
static void *get(cl_uint index, size_t size)
{
	const cl_svm_alloc_properties_khr properties[] = {
		CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR,
		(cl_svm_alloc_properties_khr)(uintptr_t)conf_device(), 0};
	cl_int error = 1;
	void *p = svm_alloc(conf_context(), properties, index, size, &error);

	CHECK_EQ(CL_SUCCESS, error);
	REQUIRE(p != NULL);
	return p;
}

static cl_uint ask_index(const void *p)
{
	cl_uint index = 1234;

	OK(svm_info(conf_context(), NULL, p, CL_SVM_INFO_TYPE_INDEX_KHR, sizeof index, &index,
		    NULL));
	return index;
}

static void unified_queries(void)
{
	need_unified_svm();
	cl_context c = conf_context();
	int on_stack;

	for (cl_uint i = 0; i < type_count; i++) {
		cl_svm_capabilities_khr caps = 0;
		void *base = NULL;
		size_t size = 0, bytes = 0;
		cl_device_id device = NULL;

		if (!device_caps[i])
			continue;
		char *p = get(i, 1000);

		CHECK_EQ(i, ask_index(p));
		CHECK_EQ(i, ask_index(p + 999));
		OK(svm_info(c, conf_device(), p, CL_SVM_INFO_CAPABILITIES_KHR, sizeof caps, &caps,
			    NULL));
		OK(svm_info(c, NULL, p + 5, CL_SVM_INFO_BASE_PTR_KHR, sizeof base, &base, NULL));
		OK(svm_info(c, NULL, p, CL_SVM_INFO_SIZE_KHR, sizeof size, &size, NULL));
		OK(svm_info(c, NULL, p, CL_SVM_INFO_ASSOCIATED_DEVICE_HANDLE_KHR, sizeof device,
			    &device, NULL));
		OK(svm_info(c, NULL, p, CL_SVM_INFO_PROPERTIES_KHR, 0, NULL, &bytes));
		CHECK_EQ(device_caps[i], caps);
		CHECK(base == p && device == conf_device());
		CHECK_EQ(1000, size);
		CHECK_EQ(3 * sizeof(cl_properties), bytes);
		OK(svm_free(c, NULL, 0, p));
		CHECK_EQ(CL_UINT_MAX, ask_index(p));
	}
	CHECK_EQ(CL_UINT_MAX, ask_index(&on_stack));
	CHECK_EQ(CL_UINT_MAX, ask_index(NULL));
}

/* What clSVMAlloc gives is of a type, and the functions that free are the same for both. */
static void unified_with_clsvmalloc(void)
{
	need_unified_svm();
	void *p = clSVMAlloc(conf_context(), CL_MEM_READ_WRITE, 100, 0);
	cl_svm_capabilities_khr caps = 0;

	REQUIRE(p != NULL);
	OK(svm_info(conf_context(), NULL, p, CL_SVM_INFO_CAPABILITIES_KHR, sizeof caps, &caps,
		    NULL));
	CHECK(ask_index(p) < type_count);
	CHECK(caps & CL_SVM_CAPABILITY_HOST_MAP_KHR);
	OK(svm_free(conf_context(), NULL, 0, p));
	for (cl_uint t = 0; t < type_count; t++) {
		if (!device_caps[t])
			continue;
		p = get(t, 100);
		clSVMFree(conf_context(), p);
		CHECK_EQ(CL_UINT_MAX, ask_index(p));
	}
}

static void unified_errors(void)
{
	need_unified_svm();
	static const cl_svm_alloc_properties_khr unknown[] = {1, 0, 0},
						 bad_align[] = {CL_SVM_ALLOC_ALIGNMENT_KHR, 3, 0};
	cl_context c = conf_context();
	cl_int error = 1;
	cl_uint index = 0;
	int on_stack;

	CHECK(!svm_alloc(NULL, NULL, 0, 10, &error));
	CHECK_EQ(CL_INVALID_CONTEXT, error);
	CHECK(!svm_alloc(c, NULL, type_count, 10, &error));
	CHECK_EQ(CL_INVALID_VALUE, error);
	CHECK(!svm_alloc(c, unknown, 0, 10, &error));
	CHECK_EQ(CL_INVALID_PROPERTY, error);
	CHECK(!svm_alloc(c, bad_align, 0, 10, &error));
	CHECK_EQ(CL_INVALID_PROPERTY, error);
	OK(svm_free(c, NULL, 0, NULL));
	CHECK_CL(CL_INVALID_CONTEXT, svm_free(NULL, NULL, 0, NULL));
	CHECK_CL(CL_INVALID_VALUE, svm_free(c, NULL, 0, &on_stack));
	CHECK_CL(CL_INVALID_VALUE, svm_free(c, NULL, (cl_svm_free_flags_khr)1 << 40, NULL));
	CHECK_CL(CL_INVALID_PROPERTY, svm_free(c, unknown, 0, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 svm_info(c, NULL, &on_stack, 1, sizeof on_stack, &on_stack, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 svm_info(c, NULL, &on_stack, CL_SVM_INFO_SIZE_KHR, 2, &on_stack, NULL));
	CHECK_CL(CL_INVALID_DEVICE, svm_info(c, (cl_device_id)c, &on_stack, CL_SVM_INFO_SIZE_KHR,
					     sizeof on_stack, &on_stack, NULL));
	CHECK_CL(CL_INVALID_VALUE, svm_suggest(c, 0, 0, NULL, 0, NULL));
	CHECK_CL(CL_INVALID_CONTEXT, svm_suggest(NULL, 0, 0, NULL, 0, &index));
	CHECK_CL(CL_INVALID_PROPERTY, svm_suggest(c, 0, 0, unknown, 0, &index));
}

static void unified_suggestions(void)
{
	need_unified_svm();
	for (int bit = 0; bit < 64; bit++) {
		cl_svm_capabilities_khr cap = (cl_svm_capabilities_khr)1 << bit, any = 0;
		cl_uint index = 1234;

		for (cl_uint i = 0; i < type_count; i++)
			any |= device_caps[i] & cap;
		OK(svm_suggest(conf_context(), cap, 0, NULL, 100, &index));
		if (!any)
			CHECK_EQ(CL_UINT_MAX, index);
		else if (CHECK(index < type_count))
			CHECK(device_caps[index] & cap);
	}
}

static const char *const list_source =
	"typedef struct node { global struct node *next; ulong value; } node;\n"
	"kernel void walk(global node *list) {\n"
	"  for (; list; list = list->next) list->value = 2 * list->value + 1; }\n"
	"kernel void add(global int *p) { atomic_add(p, (int)get_global_id(0)); }\n";

/* Reads or writes @bytes at @p as the type allows it: at once, mapped, or by a copy. */
static void transfer(cl_uint index, void *p, void *data, size_t bytes, bool write)
{
	cl_svm_capabilities_khr direct =
		write ? CL_SVM_CAPABILITY_HOST_WRITE_KHR : CL_SVM_CAPABILITY_HOST_READ_KHR;
	cl_command_queue q = conf_queue();

	if (device_caps[index] & direct) {
		memcpy(write ? p : data, write ? data : p, bytes);
	} else if (device_caps[index] & CL_SVM_CAPABILITY_HOST_MAP_KHR) {
		OK(clEnqueueSVMMap(q, CL_TRUE, write ? CL_MAP_WRITE : CL_MAP_READ, p, bytes, 0,
				   NULL, NULL));
		memcpy(write ? p : data, write ? data : p, bytes);
		OK(clEnqueueSVMUnmap(q, p, 0, NULL, NULL));
	} else {
		OK(clEnqueueSVMMemcpy(q, CL_TRUE, write ? p : data, write ? data : p, bytes, 0,
				      NULL, NULL));
	}
}

struct node {
	struct node *next;
	cl_ulong value;
};

/* A list in each type's memory: the pointers in it are the same for host and device. */
static void unified_lists(void)
{
	need_unified_svm();
	enum { N = 300 };
	const cl_bool yes = CL_TRUE;
	cl_program program = conf_program(list_source, "");
	cl_kernel walk = conf_kernel_of(program, "walk");

	OK(clSetKernelExecInfo(walk, CL_KERNEL_EXEC_INFO_SVM_INDIRECT_ACCESS_KHR, sizeof yes,
			       &yes));
	for (cl_uint t = 0; t < type_count; t++) {
		const cl_svm_capabilities_khr needed = CL_SVM_CAPABILITY_SINGLE_ADDRESS_SPACE_KHR |
						       CL_SVM_CAPABILITY_DEVICE_READ_KHR |
						       CL_SVM_CAPABILITY_DEVICE_WRITE_KHR |
						       CL_SVM_CAPABILITY_INDIRECT_ACCESS_KHR;
		struct node *nodes[N];
		size_t wrong = 0;

		if ((device_caps[t] & needed) != needed)
			continue;
		for (int i = 0; i < N; i++) {
			struct node n = {i ? nodes[i - 1] : NULL, (cl_ulong)i};

			nodes[i] = get(t, sizeof n);
			transfer(t, nodes[i], &n, sizeof n, true);
		}
		OK(clSetKernelArgSVMPointer(walk, 0, nodes[N - 1]));
		conf_run(walk, 1, 1);
		for (int i = 0; i < N; i++) {
			struct node n = {0};

			transfer(t, nodes[i], &n, sizeof n, false);
			wrong += n.value != 2 * (cl_ulong)i + 1;
			OK(svm_free(conf_context(), NULL, 0, nodes[i]));
		}
		CHECK_EQ(0, wrong);
	}
}

/* Host and device add to one word at the same time, where a type allows that. */
static void unified_concurrent_atomics(void)
{
	need_unified_svm();
	enum { N = 20000 };
	cl_program program = conf_program(list_source, "");
	cl_kernel add = conf_kernel_of(program, "add");
	bool any = false;

	for (cl_uint t = 0; t < type_count; t++) {
		const cl_svm_capabilities_khr needed =
			CL_SVM_CAPABILITY_HOST_READ_KHR | CL_SVM_CAPABILITY_HOST_WRITE_KHR |
			CL_SVM_CAPABILITY_CONCURRENT_ATOMIC_ACCESS_KHR;
		size_t count = N;

		if ((device_caps[t] & needed) != needed)
			continue;
		_Atomic cl_uint *word = get(t, sizeof *word);

		any = true;
		atomic_store(word, 0);
		OK(clSetKernelArgSVMPointer(add, 0, (void *)(uintptr_t)word));
		OK(clEnqueueNDRangeKernel(conf_queue(), add, 1, NULL, &count, NULL, 0, NULL, NULL));
		OK(clFlush(conf_queue()));
		for (int i = 0; i < 1000; i++)
			atomic_fetch_add(word, 7);
		OK(clFinish(conf_queue()));
		CHECK_EQ((cl_uint)N * (N - 1) / 2 + 7000, atomic_load(word));
		OK(svm_free(conf_context(), NULL, 0, (void *)(uintptr_t)word));
	}
	if (!any)
		SKIP("no type with concurrent atomic access");
}

/* NULL is accepted where there is nothing to do. */
static void unified_nothing(void)
{
	need_unified_svm();
	cl_command_queue q = conf_queue();
	const void *null = NULL;
	const size_t none = 0;
	cl_int error = 1;
	int word = 0;

	for (cl_uint t = 0; t < type_count; t++) {
		const cl_svm_alloc_properties_khr properties[] = {
			CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR,
			(cl_svm_alloc_properties_khr)(uintptr_t)conf_device(), 0};

		if (!device_caps[t])
			continue;
		CHECK(!svm_alloc(conf_context(), properties, t, 0, &error));
		CHECK_EQ(CL_SUCCESS, error);
	}
	OK(clEnqueueSVMMemcpy(q, CL_TRUE, NULL, &word, 0, 0, NULL, NULL));
	OK(clEnqueueSVMMemcpy(q, CL_TRUE, &word, NULL, 0, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueSVMMemcpy(q, CL_TRUE, &word, NULL, 4, 0, NULL, NULL));
	OK(clEnqueueSVMMemFill(q, NULL, &word, sizeof word, 0, 0, NULL, NULL));
	OK(clEnqueueSVMMigrateMem(q, 1, &null, &none, 0, 0, NULL, NULL));
	OK(clEnqueueSVMMigrateMem(q, 1, &null, NULL, 0, 0, NULL, NULL));
	OK(clFinish(q));
}

CONF_CASES(unified_svm) = {
	CASE(unified_types),
	CASE(unified_queries),
	CASE(unified_with_clsvmalloc),
	CASE(unified_errors),
	CASE(unified_suggestions),
	CASE(unified_lists),
	CASE(unified_concurrent_atomics),
	CASE(unified_nothing),
	CASE_END,
};
