/* SPDX-License-Identifier: MIT */
/* Section 4.2: which devices there are, every query, and that the answers fit together. */
#include "icd/platform.h"
#include "icd/tests/fixture.h"

static cl_platform_id platform;

static void enumerate(void)
{
	cl_device_id found[4];
	cl_uint count = 0, all = 0;
	EXPECT(tern_clGetDeviceIDs(NULL, CL_DEVICE_TYPE_ALL, 1, found, NULL) ==
	       CL_INVALID_PLATFORM);
	EXPECT(tern_clGetDeviceIDs((cl_platform_id)device, CL_DEVICE_TYPE_ALL, 1, found, NULL) ==
	       CL_INVALID_PLATFORM);
	EXPECT(tern_clGetDeviceIDs(platform, 0, 1, found, NULL) == CL_INVALID_DEVICE_TYPE);
	EXPECT(tern_clGetDeviceIDs(platform, 1 << 8, 1, found, NULL) == CL_INVALID_DEVICE_TYPE);
	EXPECT(tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, found, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, NULL, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &all) && all);
	EXPECT(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 4, found, &count));
	EXPECT(count == 1 && found[0] == device);
	cl_device_type type = 0;
	EXPECT(!tern_clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof(type), &type, NULL));
	EXPECT(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_GPU | type, 4, found, &count));
	EXPECT(tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_GPU, 4, found, &count) ==
	       CL_DEVICE_NOT_FOUND);
	EXPECT(tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_CUSTOM, 4, found, &count) ==
	       CL_DEVICE_NOT_FOUND);
}

/* Each query of OpenCL 3.0 with the size of its type; 0: a string or a list. */
static const struct {
	cl_device_info param;
	size_t size;
} sizes[] = {
	{CL_DEVICE_TYPE, 8},
	{CL_DEVICE_VENDOR_ID, 4},
	{CL_DEVICE_MAX_COMPUTE_UNITS, 4},
	{CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, 4},
	{CL_DEVICE_MAX_WORK_ITEM_SIZES, 24},
	{CL_DEVICE_MAX_WORK_GROUP_SIZE, 8},
	{CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR, 4},
	{CL_DEVICE_PREFERRED_VECTOR_WIDTH_SHORT, 4},
	{CL_DEVICE_PREFERRED_VECTOR_WIDTH_INT, 4},
	{CL_DEVICE_PREFERRED_VECTOR_WIDTH_LONG, 4},
	{CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, 4},
	{CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE, 4},
	{CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF, 4},
	{CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR, 4},
	{CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT, 4},
	{CL_DEVICE_NATIVE_VECTOR_WIDTH_INT, 4},
	{CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG, 4},
	{CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, 4},
	{CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE, 4},
	{CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF, 4},
	{CL_DEVICE_MAX_CLOCK_FREQUENCY, 4},
	{CL_DEVICE_ADDRESS_BITS, 4},
	{CL_DEVICE_MAX_MEM_ALLOC_SIZE, 8},
	{CL_DEVICE_IMAGE_SUPPORT, 4},
	{CL_DEVICE_MAX_READ_IMAGE_ARGS, 4},
	{CL_DEVICE_MAX_WRITE_IMAGE_ARGS, 4},
	{CL_DEVICE_MAX_READ_WRITE_IMAGE_ARGS, 4},
	{CL_DEVICE_IL_VERSION, 0},
	{CL_DEVICE_ILS_WITH_VERSION, 0},
	{CL_DEVICE_IMAGE2D_MAX_WIDTH, 8},
	{CL_DEVICE_IMAGE2D_MAX_HEIGHT, 8},
	{CL_DEVICE_IMAGE3D_MAX_WIDTH, 8},
	{CL_DEVICE_IMAGE3D_MAX_HEIGHT, 8},
	{CL_DEVICE_IMAGE3D_MAX_DEPTH, 8},
	{CL_DEVICE_IMAGE_MAX_BUFFER_SIZE, 8},
	{CL_DEVICE_IMAGE_MAX_ARRAY_SIZE, 8},
	{CL_DEVICE_MAX_SAMPLERS, 4},
	{CL_DEVICE_IMAGE_PITCH_ALIGNMENT, 4},
	{CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT, 4},
	{CL_DEVICE_MAX_PIPE_ARGS, 4},
	{CL_DEVICE_PIPE_MAX_ACTIVE_RESERVATIONS, 4},
	{CL_DEVICE_PIPE_MAX_PACKET_SIZE, 4},
	{CL_DEVICE_MAX_PARAMETER_SIZE, 8},
	{CL_DEVICE_MEM_BASE_ADDR_ALIGN, 4},
	{CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE, 4},
	{CL_DEVICE_SINGLE_FP_CONFIG, 8},
	{CL_DEVICE_DOUBLE_FP_CONFIG, 8},
	{CL_DEVICE_GLOBAL_MEM_CACHE_TYPE, 4},
	{CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE, 4},
	{CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, 8},
	{CL_DEVICE_GLOBAL_MEM_SIZE, 8},
	{CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE, 8},
	{CL_DEVICE_MAX_CONSTANT_ARGS, 4},
	{CL_DEVICE_MAX_GLOBAL_VARIABLE_SIZE, 8},
	{CL_DEVICE_GLOBAL_VARIABLE_PREFERRED_TOTAL_SIZE, 8},
	{CL_DEVICE_LOCAL_MEM_TYPE, 4},
	{CL_DEVICE_LOCAL_MEM_SIZE, 8},
	{CL_DEVICE_ERROR_CORRECTION_SUPPORT, 4},
	{CL_DEVICE_HOST_UNIFIED_MEMORY, 4},
	{CL_DEVICE_PROFILING_TIMER_RESOLUTION, 8},
	{CL_DEVICE_ENDIAN_LITTLE, 4},
	{CL_DEVICE_AVAILABLE, 4},
	{CL_DEVICE_COMPILER_AVAILABLE, 4},
	{CL_DEVICE_LINKER_AVAILABLE, 4},
	{CL_DEVICE_EXECUTION_CAPABILITIES, 8},
	{CL_DEVICE_QUEUE_ON_HOST_PROPERTIES, 8},
	{CL_DEVICE_QUEUE_ON_DEVICE_PROPERTIES, 8},
	{CL_DEVICE_QUEUE_ON_DEVICE_PREFERRED_SIZE, 4},
	{CL_DEVICE_QUEUE_ON_DEVICE_MAX_SIZE, 4},
	{CL_DEVICE_MAX_ON_DEVICE_QUEUES, 4},
	{CL_DEVICE_MAX_ON_DEVICE_EVENTS, 4},
	{CL_DEVICE_BUILT_IN_KERNELS, 0},
	{CL_DEVICE_BUILT_IN_KERNELS_WITH_VERSION, 0},
	{CL_DEVICE_PLATFORM, 8},
	{CL_DEVICE_NAME, 0},
	{CL_DEVICE_VENDOR, 0},
	{CL_DRIVER_VERSION, 0},
	{CL_DEVICE_PROFILE, 0},
	{CL_DEVICE_VERSION, 0},
	{CL_DEVICE_NUMERIC_VERSION, 4},
	{CL_DEVICE_OPENCL_C_VERSION, 0},
	{CL_DEVICE_OPENCL_C_ALL_VERSIONS, 0},
	{CL_DEVICE_OPENCL_C_NUMERIC_VERSION_KHR, 4},
	{CL_DEVICE_OPENCL_C_FEATURES, 0},
	{CL_DEVICE_EXTENSIONS, 0},
	{CL_DEVICE_EXTENSIONS_WITH_VERSION, 0},
	{CL_DEVICE_PRINTF_BUFFER_SIZE, 8},
	{CL_DEVICE_PREFERRED_INTEROP_USER_SYNC, 4},
	{CL_DEVICE_PARENT_DEVICE, 8},
	{CL_DEVICE_PARTITION_MAX_SUB_DEVICES, 4},
	{CL_DEVICE_PARTITION_PROPERTIES, 0},
	{CL_DEVICE_PARTITION_AFFINITY_DOMAIN, 8},
	{CL_DEVICE_PARTITION_TYPE, 0},
	{CL_DEVICE_REFERENCE_COUNT, 4},
	{CL_DEVICE_SVM_CAPABILITIES, 8},
	{CL_DEVICE_PREFERRED_PLATFORM_ATOMIC_ALIGNMENT, 4},
	{CL_DEVICE_PREFERRED_GLOBAL_ATOMIC_ALIGNMENT, 4},
	{CL_DEVICE_PREFERRED_LOCAL_ATOMIC_ALIGNMENT, 4},
	{CL_DEVICE_MAX_NUM_SUB_GROUPS, 4},
	{CL_DEVICE_SUB_GROUP_INDEPENDENT_FORWARD_PROGRESS, 4},
	{CL_DEVICE_ATOMIC_MEMORY_CAPABILITIES, 8},
	{CL_DEVICE_ATOMIC_FENCE_CAPABILITIES, 8},
	{CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT, 4},
	{CL_DEVICE_WORK_GROUP_COLLECTIVE_FUNCTIONS_SUPPORT, 4},
	{CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT, 4},
	{CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES, 8},
	{CL_DEVICE_PIPE_SUPPORT, 4},
	{CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, 8},
	{CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED, 0},
	{CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES_KHR, 8},
	{CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_8BIT_KHR, 24},
	{CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR, 24},
};

static void every_query(void)
{
	static unsigned char value[8192];
	for (size_t i = 0; i < tern_array_size(sizes); i++) {
		size_t bytes = SIZE_MAX, again = SIZE_MAX;
		EXPECT(!tern_clGetDeviceInfo(device, sizes[i].param, 0, NULL, &bytes));
		if (bytes == SIZE_MAX || (sizes[i].size && bytes != sizes[i].size)) {
			fprintf(stderr, "query %#x has %zu bytes\n", sizes[i].param, bytes);
			EXPECT(false);
			continue;
		}
		EXPECT(!tern_clGetDeviceInfo(device, sizes[i].param, sizeof(value), value, &again));
		EXPECT(bytes == again);
		if (bytes)
			EXPECT(tern_clGetDeviceInfo(device, sizes[i].param, bytes - 1, value,
						    NULL) == CL_INVALID_VALUE);
	}
	EXPECT(tern_clGetDeviceInfo(NULL, CL_DEVICE_TYPE, 0, NULL, NULL) == CL_INVALID_DEVICE);
	EXPECT(tern_clGetDeviceInfo(device, 0, 0, NULL, NULL) == CL_INVALID_VALUE);
}

static uint64_t number(cl_device_info param)
{
	uint64_t value = 0;
	REQUIRE(!tern_clGetDeviceInfo(device, param, sizeof(value), &value, NULL));
	return value;
}

/* What the specification asks of a device of the full profile. */
static void minimums(void)
{
	const cl_device_fp_config single = CL_FP_ROUND_TO_NEAREST | CL_FP_INF_NAN;
	const cl_device_fp_config twice = single | CL_FP_FMA | CL_FP_DENORM;
	EXPECT(number(CL_DEVICE_MAX_COMPUTE_UNITS) >= 1);
	EXPECT(number(CL_DEVICE_MAX_WORK_GROUP_SIZE) >= 1);
	EXPECT(number(CL_DEVICE_MAX_PARAMETER_SIZE) >= 1024);
	EXPECT(number(CL_DEVICE_MEM_BASE_ADDR_ALIGN) >= 1024);
	EXPECT(number(CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE) >= 64 << 10);
	EXPECT(number(CL_DEVICE_MAX_CONSTANT_ARGS) >= 8);
	EXPECT(number(CL_DEVICE_MAX_GLOBAL_VARIABLE_SIZE) >= 64 << 10);
	EXPECT(number(CL_DEVICE_LOCAL_MEM_SIZE) >= 32 << 10);
	EXPECT(number(CL_DEVICE_PRINTF_BUFFER_SIZE) >= 1 << 20);
	EXPECT((number(CL_DEVICE_SINGLE_FP_CONFIG) & single) == single);
	EXPECT((number(CL_DEVICE_HALF_FP_CONFIG) & single) == single);
	EXPECT((number(CL_DEVICE_DOUBLE_FP_CONFIG) & twice) == twice);
	uint64_t memory = number(CL_DEVICE_GLOBAL_MEM_SIZE);
	uint64_t least = tern_max(tern_min((uint64_t)1 << 30, memory / 4), (uint64_t)32 << 20);
	EXPECT(number(CL_DEVICE_MAX_MEM_ALLOC_SIZE) >= least);
	EXPECT(number(CL_DEVICE_MAX_MEM_ALLOC_SIZE) <= memory);
	EXPECT(number(CL_DEVICE_PARTITION_MAX_SUB_DEVICES) <= number(CL_DEVICE_MAX_COMPUTE_UNITS));
	EXPECT(number(CL_DEVICE_REFERENCE_COUNT) == 1);
	EXPECT(number(CL_DEVICE_PLATFORM) == (uintptr_t)platform);
}

static void references_and_timers(void)
{
	cl_ulong a = 0, b = 0, c = 0;
	EXPECT(tern_clRetainDevice(NULL) == CL_INVALID_DEVICE);
	EXPECT(tern_clReleaseDevice(NULL) == CL_INVALID_DEVICE);
	for (int i = 0; i < 3; i++)
		EXPECT(!tern_clReleaseDevice(device));
	EXPECT(!tern_clRetainDevice(device));
	EXPECT(number(CL_DEVICE_REFERENCE_COUNT) == 1);
	EXPECT(tern_clGetHostTimer(NULL, &a) == CL_INVALID_DEVICE);
	EXPECT(tern_clGetHostTimer(device, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetDeviceAndHostTimer(device, NULL, &a) == CL_INVALID_VALUE);
	EXPECT(tern_clGetDeviceAndHostTimer(device, &a, NULL) == CL_INVALID_VALUE);
	EXPECT(!tern_clGetHostTimer(device, &a) && !tern_clGetDeviceAndHostTimer(device, &b, &c));
	EXPECT(a && a <= c && b);
}

int main(void)
{
	fixture_begin();
	platform = tern_icd_platform();
	enumerate();
	every_query();
	minimums();
	references_and_timers();
	fixture_end();
	return test_result();
}
