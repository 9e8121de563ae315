/* SPDX-License-Identifier: MIT */
/* The extensions of shared memory in contexts with devices that have memory of their own: what is
 * offered, where allocations lie, what is asked of the devices. */
#include "icd/platform.h"
#include "icd/svm_types.h"
#include "icd/tests/mock_device.h"
#include "svm/aperture.h"

#define MACRO(name) CL_SVM_TYPE_MACRO_##name##_KHR

static cl_context context;
static cl_int error;

static void begin(cl_uint count, const cl_device_id *devices)
{
	context = mock_context(count, devices);
}

static void end(void)
{
	EXPECT(tern_svm_count() == 0);
	EXPECT(!tern_clReleaseContext(context));
}

static enum tern_heap_place place_of(const void *p)
{
	struct tern_svm_range range;
	REQUIRE(p && tern_svm_find(p, &range));
	EXPECT(((uintptr_t)p >= TERN_APERTURE_SHARED && (uintptr_t)p < TERN_APERTURE_END) ==
	       (range.place == TERN_HEAP_SHARED));
	return range.place;
}

static cl_uint index_for(cl_svm_capabilities_khr caps, cl_device_id device)
{
	const cl_svm_alloc_properties_khr list[] = {CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR,
						    (cl_svm_alloc_properties_khr)(uintptr_t)device,
						    0};
	cl_uint index = 12345;
	EXPECT(!tern_clGetSVMSuggestedTypeIndexKHR(context, caps, 0, list, 0, &index));
	return index;
}

static void *allocate(cl_uint index, cl_device_id device)
{
	const cl_svm_alloc_properties_khr list[] = {CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR,
						    (cl_svm_alloc_properties_khr)(uintptr_t)device,
						    0};
	error = 1;
	return tern_clSVMAllocWithPropertiesKHR(context, list, index, 5000, &error);
}

static enum tern_heap_place place_of_type(cl_svm_capabilities_khr caps, cl_device_id device)
{
	void *p = allocate(index_for(caps, device), device);
	REQUIRE(p && !error);
	enum tern_heap_place place = place_of(p);
	memset(p, 1, 5000);
	EXPECT(!tern_clSVMFreeWithPropertiesKHR(context, NULL, 0, p));
	return place;
}

static void expect_places(cl_device_id device, enum tern_heap_place coarse,
			  enum tern_heap_place fine)
{
	void *usm[] = {
		tern_clHostMemAllocINTEL(context, NULL, 5000, 0, NULL),
		tern_clDeviceMemAllocINTEL(context, device, NULL, 5000, 0, NULL),
		tern_clSharedMemAllocINTEL(context, device, NULL, 5000, 0, NULL),
		tern_clSharedMemAllocINTEL(context, NULL, NULL, 5000, 0, NULL),
	};
	for (unsigned i = 0; i < tern_array_size(usm); i++) {
		EXPECT(place_of(usm[i]) == (i ? coarse : fine));
		EXPECT(!tern_clMemFreeINTEL(context, usm[i]));
	}
	EXPECT(place_of_type(MACRO(COARSE_GRAIN_BUFFER), device) == coarse);
	EXPECT(place_of_type(MACRO(FINE_GRAIN_BUFFER), device) == fine);
	EXPECT(place_of_type(MACRO(DEVICE), device) == coarse);
	EXPECT(place_of_type(MACRO(HOST), device) == fine);
	EXPECT(place_of_type(MACRO(SINGLE_DEVICE_SHARED), device) == coarse);
}

static void places(void)
{
	const cl_device_id with_private[] = {mock_cpu, mock_ids[MOCK_PRIVATE]};
	const cl_device_id with_coherent[] = {mock_cpu, mock_ids[MOCK_COHERENT]};
	begin(1, &mock_cpu);
	expect_places(mock_cpu, TERN_HEAP_HOST, TERN_HEAP_HOST);
	EXPECT(place_of_type(MACRO(SYSTEM), mock_cpu) == TERN_HEAP_HOST);
	end();
	begin(2, with_private);
	for (unsigned i = 0; i < 2; i++) {
		expect_places(with_private[i], TERN_HEAP_MIGRATE, TERN_HEAP_SHARED);
		EXPECT(place_of_type(MACRO(SYSTEM), with_private[i]) == TERN_HEAP_MIGRATE);
	}
	end();
	begin(2, with_coherent);
	expect_places(mock_ids[MOCK_COHERENT], TERN_HEAP_SHARED, TERN_HEAP_SHARED);
	end();
	begin(1, &mock_ids[MOCK_LIMITED]);
	expect_places(mock_ids[MOCK_LIMITED], TERN_HEAP_SHARED, TERN_HEAP_SHARED);
	end();
}

/* A type that only some devices have. */
static void partly_supported(void)
{
	const cl_device_id both[] = {mock_cpu, mock_ids[MOCK_LIMITED]};
	cl_device_id limited = mock_ids[MOCK_LIMITED];
	cl_svm_capabilities_khr caps[TERN_SVM_TYPES], platform[TERN_SVM_TYPES], value = 1;
	cl_device_unified_shared_memory_capabilities_intel usm = 1;
	size_t size = 0;
	begin(2, both);
	cl_uint system = index_for(MACRO(SYSTEM), mock_cpu);
	REQUIRE(system < TERN_SVM_TYPES);
	EXPECT(!tern_clGetDeviceInfo(limited, CL_DEVICE_SVM_TYPE_CAPABILITIES_KHR, sizeof(caps),
				     caps, &size) &&
	       size == sizeof(caps));
	EXPECT(!tern_clGetPlatformInfo(tern_icd_platform(), CL_PLATFORM_SVM_TYPE_CAPABILITIES_KHR,
				       sizeof(platform), platform, NULL));
	for (cl_uint i = 0; i < TERN_SVM_TYPES; i++)
		EXPECT(platform[i] && (i == system ? !caps[i] : caps[i] == platform[i]));
	EXPECT(!tern_clGetDeviceInfo(limited, CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL,
				     sizeof(usm), &usm, NULL) &&
	       !usm);
	/* Not what all devices of the context have, but one: it is not suggested, and can be had.
	 */
	EXPECT(index_for(MACRO(SYSTEM), NULL) == CL_UINT_MAX);
	EXPECT(index_for(MACRO(SYSTEM), limited) == CL_UINT_MAX);
	EXPECT(!allocate(system, limited) && error == CL_INVALID_OPERATION);
	void *p = allocate(system, NULL);
	EXPECT(p && !error && place_of(p) == TERN_HEAP_SHARED);
	EXPECT(!tern_clGetSVMPointerInfoKHR(context, limited, p, CL_SVM_INFO_CAPABILITIES_KHR,
					    sizeof(value), &value, NULL) &&
	       !value);
	EXPECT(!tern_clGetSVMPointerInfoKHR(context, NULL, p, CL_SVM_INFO_CAPABILITIES_KHR,
					    sizeof(value), &value, NULL) &&
	       value == platform[system]);
	EXPECT(!tern_clSVMFreeWithPropertiesKHR(context, NULL, 0, p));
	end();
	begin(1, &limited);
	EXPECT(!allocate(system, NULL) && error == CL_INVALID_OPERATION);
	cl_command_queue queue = mock_queue(context, limited);
	EXPECT(tern_clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_READ, caps, 8, 0, NULL, NULL) ==
	       CL_INVALID_VALUE); /* nothing that this device reaches */
	EXPECT(!tern_clReleaseCommandQueue(queue));
	end();
}

/* Commands that nobody flushed are flushed and waited for. */
static void blocking_free(void)
{
	const cl_device_id both[] = {mock_cpu, mock_ids[MOCK_PRIVATE]};
	begin(2, both);
	cl_command_queue queues[] = {mock_queue(context, mock_ids[MOCK_PRIVATE]),
				     mock_queue(context, mock_cpu)};
	for (unsigned i = 0; i < 2; i++) {
		char *p = tern_clDeviceMemAllocINTEL(context, both[1 - i], NULL, 4096, 0, NULL);
		char copy[4096] = {0};
		REQUIRE(p);
		EXPECT(!tern_clEnqueueMemFillINTEL(queues[i], p, "x", 1, 4096, 0, NULL, NULL));
		EXPECT(!tern_clEnqueueMemcpyINTEL(queues[i], CL_FALSE, copy, p, 4096, 0, NULL,
						  NULL));
		EXPECT(!tern_clMemBlockingFreeINTEL(context, p));
		EXPECT(copy[0] == 'x' && copy[4095] == 'x');
		EXPECT(!tern_clReleaseCommandQueue(queues[i]));
	}
	end();
}

static void *place_shared(cl_device_id device, cl_mem_alloc_flags_intel flags)
{
	const cl_mem_properties_intel list[] = {CL_MEM_ALLOC_FLAGS_INTEL, flags, 0};
	return tern_clSharedMemAllocINTEL(context, device, list, 3u << 20, 0, NULL);
}

/* Hints go to the device where memory moves, and nowhere else. */
static void hints(void)
{
	const cl_device_id both[] = {mock_cpu, mock_ids[MOCK_PRIVATE]};
	struct mock *m = &mocks[MOCK_PRIVATE];
	begin(2, both);
	cl_command_queue queue = mock_queue(context, mock_ids[MOCK_PRIVATE]);
	unsigned before = m->memory_asked;
	void *p[] = {
		place_shared(mock_ids[MOCK_PRIVATE], CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL),
		place_shared(mock_cpu, CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL),
		place_shared(NULL, CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL),
	};
	EXPECT(m->memory_asked == before);
	void *q = place_shared(mock_ids[MOCK_PRIVATE], CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL);
	EXPECT(q && m->memory_asked > before);
	for (cl_uint a = 0; a < 4; a++)
		EXPECT(!tern_clEnqueueMemAdviseINTEL(queue, q, 3u << 20,
						     a ? CL_MEM_ADVICE_READ_MOSTLY_TERN + a - 1 : 0,
						     0, NULL, NULL));
	before = m->memory_asked;
	EXPECT(!tern_clEnqueueMigrateMemINTEL(queue, q, 3u << 20, 0, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue) && m->memory_asked > before);
	EXPECT(!tern_clMemFreeINTEL(context, q));
	for (unsigned i = 0; i < tern_array_size(p); i++)
		EXPECT(p[i] && !tern_clMemFreeINTEL(context, p[i]));
	EXPECT(!tern_clReleaseCommandQueue(queue));
	end();
}

/* No address space is open, so nothing was counted; the device is asked what it has. */
static void statistics(void)
{
	cl_svm_statistics_tern s = {.link_ns = 5}, none = {.page_bytes = 4096};
	unsigned before = mocks[MOCK_PRIVATE].memory_asked;
	EXPECT(!tern_clGetSVMStatisticsTERN(mock_ids[MOCK_PRIVATE], NULL, 0, sizeof(s), &s));
	EXPECT(!memcmp(&s, &none, sizeof(s)) && mocks[MOCK_PRIVATE].memory_asked > before);
	EXPECT(!tern_clGetSVMStatisticsTERN(mock_ids[MOCK_PRIVATE], &s, 8, sizeof(s), &s));
	EXPECT(!memcmp(&s, &none, sizeof(s)));
}

int main(void)
{
	mock_begin();
	places();
	partly_supported();
	blocking_free();
	hints();
	statistics();
	return test_result();
}
