/* SPDX-License-Identifier: MIT */
/* cl_khr_unified_svm: types, allocations with properties, queries, suggestions. No compiler. */
#include "icd/svm_types.h"
#include "icd/platform.h"
#include "icd/tests/fixture.h"

#define MOST_TYPES 16

static cl_svm_capabilities_khr platform_caps[MOST_TYPES], device_caps[MOST_TYPES];
static cl_uint type_count;
static cl_int error;
static char global_memory[256];

static cl_uint device_types(cl_device_id of, cl_svm_capabilities_khr *caps)
{
	size_t size = 0;
	EXPECT(!tern_clGetDeviceInfo(of, CL_DEVICE_SVM_TYPE_CAPABILITIES_KHR,
				     MOST_TYPES * sizeof(caps[0]), caps, &size));
	return (cl_uint)(size / sizeof(caps[0]));
}

static void types(void)
{
	cl_platform_id platform = tern_icd_platform();
	cl_device_id devices[TERN_MAX_ROOT_DEVICES];
	cl_uint count = 0;
	size_t size = 0, atom = 5;
	EXPECT(!tern_clGetPlatformInfo(platform, CL_PLATFORM_SVM_TYPE_CAPABILITIES_KHR, 0, NULL,
				       &size));
	type_count = (cl_uint)(size / sizeof(platform_caps[0]));
	REQUIRE(size % sizeof(platform_caps[0]) == 0 && type_count && type_count <= MOST_TYPES);
	EXPECT(tern_clGetPlatformInfo(platform, CL_PLATFORM_SVM_TYPE_CAPABILITIES_KHR, size - 1,
				      platform_caps, NULL) == CL_INVALID_VALUE);
	EXPECT(!tern_clGetPlatformInfo(platform, CL_PLATFORM_SVM_TYPE_CAPABILITIES_KHR, size,
				       platform_caps, NULL));
	REQUIRE(device_types(device, device_caps) == type_count);
	/* The platform's is what all devices have that have the type at all. */
	cl_svm_capabilities_khr all[MOST_TYPES] = {0}, one[MOST_TYPES];
	REQUIRE(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, TERN_MAX_ROOT_DEVICES, devices,
				     &count));
	for (cl_uint d = 0; d < count; d++) {
		REQUIRE(device_types(devices[d], one) == type_count);
		for (cl_uint i = 0; i < type_count; i++)
			if (one[i])
				all[i] = all[i] ? all[i] & one[i] : one[i];
	}
	for (cl_uint i = 0; i < type_count; i++) {
		cl_svm_capabilities_khr caps = platform_caps[i];
		EXPECT(caps && caps == all[i]);
		if (caps & CL_SVM_CAPABILITY_DEVICE_OWNED_KHR)
			EXPECT(!(caps & CL_SVM_CAPABILITY_DEVICE_UNASSOCIATED_KHR));
		if (caps & CL_SVM_CAPABILITY_HOST_OWNED_KHR)
			EXPECT((caps & CL_SVM_CAPABILITY_DEVICE_UNASSOCIATED_KHR) &&
			       (caps & CL_SVM_CAPABILITY_HOST_READ_KHR) &&
			       (caps & CL_SVM_CAPABILITY_HOST_WRITE_KHR));
		for (cl_uint k = 0; k < i; k++)
			EXPECT(caps != platform_caps[k]); /* a type says something of its own */
	}
	EXPECT(!tern_clGetDeviceInfo(device, CL_DEVICE_SVM_CONCURRENT_ACCESS_ATOM_SIZE_KHR,
				     sizeof(atom), &atom, &size) &&
	       size == sizeof(atom) && atom == 1);
}

static cl_uint suggested(cl_svm_capabilities_khr required, cl_svm_capabilities_khr desired,
			 const cl_svm_alloc_properties_khr *properties, size_t size)
{
	cl_uint index = 1234;
	EXPECT(!tern_clGetSVMSuggestedTypeIndexKHR(context, required, desired, properties, size,
						   &index));
	EXPECT(index == CL_UINT_MAX || index < type_count);
	return index;
}

static void suggestions(void)
{
	const cl_svm_alloc_properties_khr with_device[] = {
		CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR, (cl_svm_alloc_properties_khr)device, 0};
	static const cl_svm_capabilities_khr common[] = {
		CL_SVM_TYPE_MACRO_COARSE_GRAIN_BUFFER_KHR,
		CL_SVM_TYPE_MACRO_FINE_GRAIN_BUFFER_KHR,
		CL_SVM_TYPE_MACRO_DEVICE_KHR,
		CL_SVM_TYPE_MACRO_HOST_KHR,
		CL_SVM_TYPE_MACRO_SINGLE_DEVICE_SHARED_KHR,
		CL_SVM_TYPE_MACRO_SYSTEM_KHR,
	};
	cl_device_svm_capabilities svm = 0;
	cl_uint seen = 0, index;
	EXPECT(!tern_clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL));
	/* Each of the common types has its own index, and the capabilities asked for. */
	for (unsigned i = 0; i < tern_array_size(common); i++) {
		index = suggested(common[i], 0, with_device, 1000);
		EXPECT(index == suggested(common[i], 0, NULL, 0));
		if (index == CL_UINT_MAX) {
			EXPECT(i == 5 && !(svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM));
			continue;
		}
		EXPECT((device_caps[index] & common[i]) == common[i]);
		EXPECT(!(seen & 1u << index));
		seen |= 1u << index;
	}
	for (unsigned bit = 0; bit < 64; bit++) {
		cl_svm_capabilities_khr cap = (cl_svm_capabilities_khr)1 << bit, any = 0;
		for (cl_uint i = 0; i < type_count; i++)
			any |= device_caps[i] & cap;
		index = suggested(cap, 0, with_device, 16);
		EXPECT(any ? index != CL_UINT_MAX && (device_caps[index] & cap)
			   : index == CL_UINT_MAX);
	}
	/* What is desired decides when it can; what cannot be had does not hinder. */
	index = suggested(CL_SVM_CAPABILITY_DEVICE_READ_KHR, CL_SVM_CAPABILITY_HOST_OWNED_KHR, NULL,
			  0);
	EXPECT(device_caps[index] & CL_SVM_CAPABILITY_HOST_OWNED_KHR);
	EXPECT(suggested(CL_SVM_CAPABILITY_DEVICE_READ_KHR, 1ull << 60, NULL, 0) != CL_UINT_MAX);
	EXPECT(suggested(0, 0, NULL, SIZE_MAX) == CL_UINT_MAX);
	EXPECT(suggested(0, 0, with_device, SIZE_MAX) == CL_UINT_MAX);

#define SUGGEST(c, p, out) tern_clGetSVMSuggestedTypeIndexKHR(c, 0, 0, p, 0, out)
	const cl_svm_alloc_properties_khr unknown[] = {0x2077, 0, 0};
	EXPECT(SUGGEST(NULL, NULL, &index) == CL_INVALID_CONTEXT);
	EXPECT(SUGGEST(context, unknown, &index) == CL_INVALID_PROPERTY);
	EXPECT(SUGGEST(context, NULL, NULL) == CL_INVALID_VALUE);
}

static void *allocate(const cl_svm_alloc_properties_khr *properties, cl_uint index, size_t size)
{
	error = 1;
	return tern_clSVMAllocWithPropertiesKHR(context, properties, index, size, &error);
}

struct pointer_info {
	cl_uint index;
	cl_svm_capabilities_khr caps;
	cl_svm_alloc_access_flags_khr flags;
	void *base;
	size_t size;
	cl_device_id device;
	size_t properties_bytes;
	cl_svm_alloc_properties_khr properties[8];
};

static struct pointer_info ask(const void *p, cl_device_id of)
{
	struct pointer_info i;
	size_t bytes = 0;
	memset(&i, 0x55, sizeof(i));
#define ASK(name, member)                                                                          \
	EXPECT(!tern_clGetSVMPointerInfoKHR(context, of, p, name, sizeof(i.member), &i.member,     \
					    &bytes) &&                                             \
	       bytes == sizeof(i.member))
	ASK(CL_SVM_INFO_TYPE_INDEX_KHR, index);
	ASK(CL_SVM_INFO_CAPABILITIES_KHR, caps);
	ASK(CL_SVM_INFO_ACCESS_FLAGS_KHR, flags);
	ASK(CL_SVM_INFO_BASE_PTR_KHR, base);
	ASK(CL_SVM_INFO_SIZE_KHR, size);
	ASK(CL_SVM_INFO_ASSOCIATED_DEVICE_HANDLE_KHR, device);
	EXPECT(!tern_clGetSVMPointerInfoKHR(context, of, p, CL_SVM_INFO_PROPERTIES_KHR,
					    sizeof(i.properties), i.properties,
					    &i.properties_bytes));
	return i;
}

static bool is_unknown(const void *p)
{
	struct pointer_info i = ask(p, NULL), j = ask(p, device);
	return i.index == CL_UINT_MAX && !i.caps && !i.flags && !i.base && !i.size && !i.device &&
	       !i.properties_bytes && j.index == CL_UINT_MAX && !j.caps && !j.base;
}

static void each_type(cl_uint index)
{
	const cl_svm_alloc_access_flags_khr flags =
		CL_SVM_ALLOC_ACCESS_HOST_NOREAD_KHR | CL_SVM_ALLOC_ACCESS_DEVICE_NOWRITE_KHR;
	const cl_svm_alloc_properties_khr all[] = {CL_SVM_ALLOC_ALIGNMENT_KHR,
						   64,
						   CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR,
						   (cl_svm_alloc_properties_khr)device,
						   CL_SVM_ALLOC_ACCESS_FLAGS_KHR,
						   flags,
						   0},
					  null_device[] = {
						  CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR, 0, 0};
	char *p = allocate(all, index, 100);
	REQUIRE(p && !error && (uintptr_t)p % 64 == 0);
	for (int with = 0; with < 2; with++) {
		struct pointer_info i = ask(p + 99, with ? device : NULL);
		EXPECT(i.index == index && i.caps == device_caps[index] && i.flags == flags);
		EXPECT(i.base == p && i.size == 100 && i.device == device);
		EXPECT(i.properties_bytes == sizeof(all) &&
		       !memcmp(i.properties, all, sizeof(all)));
	}
	size_t bytes = 0;
	cl_svm_alloc_properties_khr few[2] = {5, 5};
	EXPECT(!tern_clGetSVMPointerInfoKHR(context, NULL, p, CL_SVM_INFO_PROPERTIES_KHR, 0, NULL,
					    &bytes) &&
	       bytes == sizeof(all));
	EXPECT(tern_clGetSVMPointerInfoKHR(context, NULL, p, CL_SVM_INFO_PROPERTIES_KHR,
					   sizeof(few), few, NULL) == CL_INVALID_VALUE &&
	       few[0] == 5);
	EXPECT(is_unknown(p + 100));
	memset(p, 3, 100);
	EXPECT(!tern_clSVMFreeWithPropertiesKHR(context, NULL, 0, p) && is_unknown(p));

	/* Without a device, where that is offered; an empty list and none are not the same. */
	bool free_of_device = device_caps[index] & CL_SVM_CAPABILITY_DEVICE_UNASSOCIATED_KHR;
	p = allocate(NULL, index, 100);
	EXPECT(free_of_device ? p && !error : !p && error == CL_INVALID_PROPERTY);
	EXPECT(!p ||
	       (!ask(p, NULL).device && !ask(p, NULL).properties_bytes && (uintptr_t)p % 128 == 0));
	tern_clSVMFree(context, p); /* as good as the function of the extension */
	p = allocate(null_device, index, 100);
	EXPECT(free_of_device ? p && !error : !p && error == CL_INVALID_PROPERTY);
	EXPECT(!p || ask(p, NULL).properties_bytes == sizeof(null_device));
	EXPECT(!tern_clSVMFreeWithPropertiesKHR(context, NULL, 0, p));
	p = allocate(null_device + 2, index, 100);
	EXPECT(!p || ask(p, NULL).properties_bytes == sizeof(null_device[0]));
	EXPECT(!tern_clSVMFreeWithPropertiesKHR(context, null_device + 2, 0, p));
	EXPECT(!allocate(all, index, 0) && !error); /* no bytes are no error */
	EXPECT(tern_svm_count() == 0);
}

/* What clSVMAlloc made has a type, too. */
static void of_clsvmalloc(void)
{
	char *coarse = tern_clSVMAlloc(context, 0, 100, 0);
	char *fine = tern_clSVMAlloc(context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 100, 0);
	char *usm = tern_clHostMemAllocINTEL(context, NULL, 100, 0, NULL);
	char *other = tern_clSVMAlloc(other_context, 0, 100, 0);
	REQUIRE(coarse && fine && usm && other);
	struct pointer_info c = ask(coarse + 50, NULL), f = ask(fine, device);
	EXPECT(c.index == suggested(CL_SVM_TYPE_MACRO_COARSE_GRAIN_BUFFER_KHR, 0, NULL, 0));
	EXPECT(f.index == suggested(CL_SVM_TYPE_MACRO_FINE_GRAIN_BUFFER_KHR, 0, NULL, 0));
	EXPECT(c.caps == platform_caps[c.index] || c.caps == device_caps[c.index]);
	EXPECT(c.base == coarse && c.size == 100 && !c.device && !c.flags && !c.properties_bytes);
	EXPECT(is_unknown(usm) && is_unknown(other) && is_unknown(NULL) && is_unknown(&c));
	EXPECT(tern_clSVMFreeWithPropertiesKHR(context, NULL, 0, usm) == CL_INVALID_VALUE);
	EXPECT(tern_clSVMFreeWithPropertiesKHR(context, NULL, 0, other) == CL_INVALID_VALUE);
	EXPECT(!tern_clSVMFreeWithPropertiesKHR(context, NULL, 0, coarse));
	tern_clSVMFree(context, fine);
	tern_clSVMFree(other_context, other);
	EXPECT(!tern_clMemFreeINTEL(context, usm) && tern_svm_count() == 0);
}

static bool refuses(cl_int code, const cl_svm_alloc_properties_khr *properties, cl_uint index)
{
	return !allocate(properties, index, 100) && error == code;
}

static void errors(void)
{
#define P(name, value) ((const cl_svm_alloc_properties_khr[]){(name), (value), 0})
	const cl_svm_alloc_properties_khr twice[] = {CL_SVM_ALLOC_ALIGNMENT_KHR, 0,
						     CL_SVM_ALLOC_ALIGNMENT_KHR, 0, 0};
	cl_uint index = suggested(CL_SVM_TYPE_MACRO_FINE_GRAIN_BUFFER_KHR, 0, NULL, 0);
	EXPECT(!tern_clSVMAllocWithPropertiesKHR(NULL, NULL, index, 1, &error) &&
	       error == CL_INVALID_CONTEXT);
	EXPECT(!tern_clSVMAllocWithPropertiesKHR((cl_context)queue, NULL, index, 1, NULL));
	EXPECT(refuses(CL_INVALID_VALUE, NULL, type_count));
	EXPECT(refuses(CL_INVALID_VALUE, NULL, CL_UINT_MAX));
	EXPECT(refuses(CL_INVALID_PROPERTY, P(0x2077, 0), index));
	EXPECT(refuses(CL_INVALID_PROPERTY, twice, index));
	EXPECT(refuses(CL_INVALID_PROPERTY, P(CL_SVM_ALLOC_ALIGNMENT_KHR, 3), index));
	EXPECT(refuses(CL_INVALID_PROPERTY, P(CL_SVM_ALLOC_ALIGNMENT_KHR, 256), index));
	EXPECT(refuses(CL_INVALID_PROPERTY, P(CL_SVM_ALLOC_ACCESS_FLAGS_KHR, 4), index));
	EXPECT(refuses(CL_INVALID_PROPERTY,
		       P(CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR, (uintptr_t)context), index));
	const cl_device_partition_property split[] = {CL_DEVICE_PARTITION_BY_COUNTS, 1, 0, 0};
	cl_device_id sub = NULL;
	if (!tern_clCreateSubDevices(device, split, 1, &sub, NULL))
		EXPECT(refuses(CL_INVALID_PROPERTY,
			       P(CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR, (uintptr_t)sub),
			       index));
	EXPECT(!allocate(NULL, index, SIZE_MAX / 2) && error);

	char *p = allocate(NULL, index, 100);
	cl_uint value;
	REQUIRE(p);
#define FREE(c, properties, flags, at) tern_clSVMFreeWithPropertiesKHR(c, properties, flags, at)
	EXPECT(FREE(NULL, NULL, 0, p) == CL_INVALID_CONTEXT);
	EXPECT(FREE(context, P(1, 0), 0, p) == CL_INVALID_PROPERTY);
	EXPECT(FREE(context, NULL, 1, p) == CL_INVALID_VALUE);
	EXPECT(FREE(context, NULL, 0, p + 1) == CL_INVALID_VALUE);
	EXPECT(FREE(context, NULL, 0, global_memory) == CL_INVALID_VALUE);
	EXPECT(!FREE(context, NULL, 0, NULL));
#define INFO(c, d, name, bytes) tern_clGetSVMPointerInfoKHR(c, d, p, name, bytes, &value, NULL)
	EXPECT(INFO(NULL, NULL, CL_SVM_INFO_TYPE_INDEX_KHR, 4) == CL_INVALID_CONTEXT);
	EXPECT(INFO(context, (cl_device_id)queue, CL_SVM_INFO_TYPE_INDEX_KHR, 4) ==
	       CL_INVALID_DEVICE);
	if (sub) {
		EXPECT(INFO(context, sub, CL_SVM_INFO_TYPE_INDEX_KHR, 4) == CL_INVALID_DEVICE);
		EXPECT(!tern_clReleaseDevice(sub));
	}
	EXPECT(INFO(context, NULL, 0x2077, 4) == CL_INVALID_VALUE);
	EXPECT(INFO(context, NULL, CL_SVM_INFO_TYPE_INDEX_KHR, 3) == CL_INVALID_VALUE);
	EXPECT(INFO(context, NULL, CL_SVM_INFO_SIZE_KHR, 4) == CL_INVALID_VALUE);
	EXPECT(!FREE(context, NULL, 0, p));
	EXPECT(FREE(context, NULL, 0, p) == CL_INVALID_VALUE && tern_svm_count() == 0);
}

static void failures(void)
{
	cl_uint index = suggested(CL_SVM_TYPE_MACRO_FINE_GRAIN_BUFFER_KHR, 0, NULL, 0);
	void *p = NULL;
	for (unsigned n = 1; !p; n++) {
		tern_fault_arm(n, true);
		p = allocate(NULL, index, 100);
		tern_fault_arm(0, false);
		EXPECT(p ? !error : error == CL_OUT_OF_HOST_MEMORY);
		REQUIRE(n < 20);
	}
	EXPECT(!tern_clSVMFreeWithPropertiesKHR(context, NULL, 0, p));
}

/* The commands of 5.6 as the extension changes them. */
static void commands(void)
{
	const cl_svm_alloc_properties_khr with_device[] = {
		CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR, (cl_svm_alloc_properties_khr)device, 0};
	static const cl_uint one = 1;
	const void *null = NULL;
	const size_t nothing = 0, something = 4;
#define MIGRATE(list, sizes) tern_clEnqueueSVMMigrateMem(queue, 1, list, sizes, 0, 0, NULL, NULL)
#define COPY(dst, src, n)    tern_clEnqueueSVMMemcpy(queue, CL_TRUE, dst, src, n, 0, NULL, NULL)
#define FILL(dst, n)         tern_clEnqueueSVMMemFill(queue, dst, &one, sizeof(one), n, 0, NULL, NULL)
	EXPECT(!COPY(NULL, &one, 0) && !COPY(global_memory, NULL, 0) && !COPY(NULL, NULL, 0));
	EXPECT(COPY(NULL, &one, 4) == CL_INVALID_VALUE);
	EXPECT(COPY(global_memory, NULL, 4) == CL_INVALID_VALUE);
	EXPECT(!FILL(NULL, 0) && FILL(NULL, 4) == CL_INVALID_VALUE);
	EXPECT(!MIGRATE(&null, NULL) && !MIGRATE(&null, &nothing));
	EXPECT(MIGRATE(&null, &something) == CL_INVALID_VALUE);
	for (cl_uint index = 0; index < type_count; index++) {
		char *p = allocate(with_device, index, 4096), copy[4096] = {0};
		const void *list = p;
		cl_event done = NULL;
		if (!device_caps[index])
			continue;
		REQUIRE(p);
		EXPECT(!FILL(p, 4096) && !MIGRATE(&list, NULL));
		EXPECT(!COPY(copy, p, 4096) && copy[0] == 1 && copy[4092] == 1 && !copy[1]);
		if (device_caps[index] & CL_SVM_CAPABILITY_HOST_MAP_KHR) {
			EXPECT(!tern_clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_WRITE, p, 4096, 0, NULL,
						     NULL));
			memset(p, 2, 4096);
			EXPECT(!tern_clEnqueueSVMUnmap(queue, p, 0, NULL, NULL));
			EXPECT(!COPY(copy, p, 4096) && copy[0] == 2 && copy[4095] == 2);
		}
		void *freed = p;
		EXPECT(!tern_clEnqueueSVMFree(queue, 1, &freed, NULL, NULL, 0, NULL, &done));
		EXPECT(!tern_clWaitForEvents(1, &done) && tern_svm_count() == 0);
		EXPECT(!tern_clReleaseEvent(done));
	}
}

int main(void)
{
	fixture_begin();
	types();
	suggestions();
	for (cl_uint i = 0; i < type_count; i++)
		if (device_caps[i])
			each_type(i);
	of_clsvmalloc();
	errors();
	failures();
	commands();
	fixture_end();
	return test_result();
}
