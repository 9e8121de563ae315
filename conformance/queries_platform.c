/* SPDX-License-Identifier: MIT */
/* Chapter 4: querying platforms and devices. */
#include "conformance/info.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void platform_info(void)
{
	static const struct conf_info table[] = {
		INFO_TEXT(CL_PLATFORM_PROFILE),
		INFO_TEXT(CL_PLATFORM_VERSION),
		INFO(CL_PLATFORM_NUMERIC_VERSION, cl_version),
		INFO_TEXT(CL_PLATFORM_NAME),
		INFO_TEXT(CL_PLATFORM_VENDOR),
		INFO_TEXT(CL_PLATFORM_EXTENSIONS),
		INFO_LIST(CL_PLATFORM_EXTENSIONS_WITH_VERSION, cl_name_version),
		INFO(CL_PLATFORM_HOST_TIMER_RESOLUTION, cl_ulong),
		INFO_TEXT(CL_PLATFORM_ICD_SUFFIX_KHR),
		INFO_END,
	};

	conf_check_infos(conf_platform_info, conf_platform(), table);
}

static void platform_ids(void)
{
	cl_uint count = 0;
	cl_platform_id platforms[2] = {NULL, NULL};

	OK(clGetPlatformIDs(0, NULL, &count));
	CHECK(count >= 1);
	OK(clGetPlatformIDs(1, platforms, NULL));
	CHECK(platforms[0] != NULL && platforms[1] == NULL);
	CHECK_CL(CL_INVALID_VALUE, clGetPlatformIDs(0, platforms, NULL));
	CHECK_CL(CL_INVALID_VALUE, clGetPlatformIDs(1, NULL, NULL));
}

static void platform_version(void)
{
	char text[4096];
	unsigned major = 0, minor = 0;
	cl_version version = 0;

	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_VERSION, sizeof text, text, NULL));
	REQUIRE(sscanf(text, "OpenCL %u.%u ", &major, &minor) == 2);
	CHECK(major >= 3);
	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_NUMERIC_VERSION, sizeof version, &version,
			     NULL));
	CHECK_EQ(major, CL_VERSION_MAJOR(version));
	CHECK_EQ(minor, CL_VERSION_MINOR(version));
	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_PROFILE, sizeof text, text, NULL));
	CHECK(!strcmp(text, "FULL_PROFILE") || !strcmp(text, "EMBEDDED_PROFILE"));
	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_EXTENSIONS, sizeof text, text, NULL));
	CHECK(strstr(text, "cl_khr_icd") != NULL);
}

/* Every word of the string stands in the list with versions, and the other way round. */
static void compare_extensions(char *text, const cl_name_version *list, size_t count)
{
	size_t words = 0;
	char *rest = NULL;

	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		bool found = false;

		for (size_t i = 0; i < count; i++)
			found |= !strcmp(list[i].name, word);
		CHECKF(found, "%s has no entry with a version", word);
		words++;
	}
	CHECK_EQ(count, words);
	for (size_t i = 0; i < count; i++)
		CHECKF(list[i].version != 0 || list[i].name[0], "%s: no version", list[i].name);
}

static void platform_extensions(void)
{
	size_t size = 0, list_size = 0;

	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_EXTENSIONS, 0, NULL, &size));
	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_EXTENSIONS_WITH_VERSION, 0, NULL,
			     &list_size));
	char *text = malloc(size + 1);
	cl_name_version *list = malloc(list_size + 1);

	REQUIRE(text && list);
	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_EXTENSIONS, size, text, NULL));
	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_EXTENSIONS_WITH_VERSION, list_size, list,
			     NULL));
	compare_extensions(text, list, list_size / sizeof *list);
	free(text);
	free(list);
}

static void device_extensions(void)
{
	size_t list_size = 0;
	char *text = conf_device_string(CL_DEVICE_EXTENSIONS);

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_EXTENSIONS_WITH_VERSION, 0, NULL, &list_size));
	cl_name_version *list = malloc(list_size + 1);

	REQUIRE(list != NULL);
	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_EXTENSIONS_WITH_VERSION, list_size, list,
			   NULL));
	compare_extensions(text, list, list_size / sizeof *list);
	free(text);
	free(list);
}

static void device_ids(void)
{
	static const cl_device_type types[] = {CL_DEVICE_TYPE_CPU, CL_DEVICE_TYPE_GPU,
					       CL_DEVICE_TYPE_ACCELERATOR, CL_DEVICE_TYPE_CUSTOM};
	cl_uint all = 0, sum = 0, count = 0;
	cl_device_id device = NULL;

	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ALL, 0, NULL, &all));
	CHECK(all >= 1);
	for (size_t i = 0; i < LENGTH(types); i++) {
		count = 0;
		cl_int error = clGetDeviceIDs(conf_platform(), types[i], 0, NULL, &count);

		CHECK_CL2(CL_SUCCESS, CL_DEVICE_NOT_FOUND, error);
		if (error == CL_SUCCESS) {
			CHECK(count >= 1);
			sum += types[i] == CL_DEVICE_TYPE_CUSTOM ? 0 : count;
		}
	}
	CHECK_EQ(all, sum);
	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_DEFAULT, 1, &device, &count));
	CHECK_EQ(1, count);
	CHECK(device != NULL);
	CHECK_CL(CL_INVALID_VALUE,
		 clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ALL, 0, &device, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ALL, 1, NULL, NULL));
	CHECK_CL(CL_INVALID_DEVICE_TYPE, clGetDeviceIDs(conf_platform(), 1 << 20, 0, NULL, &count));
	CHECK_CL(CL_INVALID_DEVICE_TYPE, clGetDeviceIDs(conf_platform(), 0, 0, NULL, &count));
}

/* Handles must not change from call to call. */
static void device_ids_stable(void)
{
	cl_device_id first[16] = {NULL}, second[16] = {NULL};
	cl_uint count = 0, again = 0;

	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ALL, 16, first, &count));
	OK(clGetDeviceIDs(conf_platform(), CL_DEVICE_TYPE_ALL, 16, second, &again));
	CHECK_EQ(count, again);
	CHECK(!memcmp(first, second, sizeof first));
	OK(clRetainDevice(conf_device()));
	OK(clReleaseDevice(conf_device()));
	cl_uint references = 0;

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_REFERENCE_COUNT, sizeof references, &references,
			   NULL));
	CHECK_EQ(1, references);
}

static const struct conf_info device_table[] = {
	INFO(CL_DEVICE_TYPE, cl_device_type),
	INFO(CL_DEVICE_VENDOR_ID, cl_uint),
	INFO(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint),
	INFO(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, cl_uint),
	INFO_LIST(CL_DEVICE_MAX_WORK_ITEM_SIZES, size_t),
	INFO(CL_DEVICE_MAX_WORK_GROUP_SIZE, size_t),
	INFO(CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR, cl_uint),
	INFO(CL_DEVICE_PREFERRED_VECTOR_WIDTH_SHORT, cl_uint),
	INFO(CL_DEVICE_PREFERRED_VECTOR_WIDTH_INT, cl_uint),
	INFO(CL_DEVICE_PREFERRED_VECTOR_WIDTH_LONG, cl_uint),
	INFO(CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, cl_uint),
	INFO(CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE, cl_uint),
	INFO(CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF, cl_uint),
	INFO(CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR, cl_uint),
	INFO(CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT, cl_uint),
	INFO(CL_DEVICE_NATIVE_VECTOR_WIDTH_INT, cl_uint),
	INFO(CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG, cl_uint),
	INFO(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint),
	INFO(CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE, cl_uint),
	INFO(CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF, cl_uint),
	INFO(CL_DEVICE_MAX_CLOCK_FREQUENCY, cl_uint),
	INFO(CL_DEVICE_ADDRESS_BITS, cl_uint),
	INFO(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong),
	INFO(CL_DEVICE_IMAGE_SUPPORT, cl_bool),
	INFO(CL_DEVICE_MAX_READ_IMAGE_ARGS, cl_uint),
	INFO(CL_DEVICE_MAX_WRITE_IMAGE_ARGS, cl_uint),
	INFO(CL_DEVICE_MAX_READ_WRITE_IMAGE_ARGS, cl_uint),
	INFO_TEXT(CL_DEVICE_IL_VERSION),
	INFO_LIST(CL_DEVICE_ILS_WITH_VERSION, cl_name_version),
	INFO(CL_DEVICE_IMAGE2D_MAX_WIDTH, size_t),
	INFO(CL_DEVICE_IMAGE2D_MAX_HEIGHT, size_t),
	INFO(CL_DEVICE_IMAGE3D_MAX_WIDTH, size_t),
	INFO(CL_DEVICE_IMAGE3D_MAX_HEIGHT, size_t),
	INFO(CL_DEVICE_IMAGE3D_MAX_DEPTH, size_t),
	INFO(CL_DEVICE_IMAGE_MAX_BUFFER_SIZE, size_t),
	INFO(CL_DEVICE_IMAGE_MAX_ARRAY_SIZE, size_t),
	INFO(CL_DEVICE_MAX_SAMPLERS, cl_uint),
	INFO(CL_DEVICE_IMAGE_PITCH_ALIGNMENT, cl_uint),
	INFO(CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT, cl_uint),
	INFO(CL_DEVICE_MAX_PIPE_ARGS, cl_uint),
	INFO(CL_DEVICE_PIPE_MAX_ACTIVE_RESERVATIONS, cl_uint),
	INFO(CL_DEVICE_PIPE_MAX_PACKET_SIZE, cl_uint),
	INFO(CL_DEVICE_MAX_PARAMETER_SIZE, size_t),
	INFO(CL_DEVICE_MEM_BASE_ADDR_ALIGN, cl_uint),
	INFO(CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE, cl_uint),
	INFO(CL_DEVICE_SINGLE_FP_CONFIG, cl_device_fp_config),
	INFO(CL_DEVICE_DOUBLE_FP_CONFIG, cl_device_fp_config),
	INFO(CL_DEVICE_GLOBAL_MEM_CACHE_TYPE, cl_device_mem_cache_type),
	INFO(CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE, cl_uint),
	INFO(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, cl_ulong),
	INFO(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong),
	INFO(CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE, cl_ulong),
	INFO(CL_DEVICE_MAX_CONSTANT_ARGS, cl_uint),
	INFO(CL_DEVICE_MAX_GLOBAL_VARIABLE_SIZE, size_t),
	INFO(CL_DEVICE_GLOBAL_VARIABLE_PREFERRED_TOTAL_SIZE, size_t),
	INFO(CL_DEVICE_LOCAL_MEM_TYPE, cl_device_local_mem_type),
	INFO(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong),
	INFO(CL_DEVICE_ERROR_CORRECTION_SUPPORT, cl_bool),
	INFO(CL_DEVICE_HOST_UNIFIED_MEMORY, cl_bool),
	INFO(CL_DEVICE_PROFILING_TIMER_RESOLUTION, size_t),
	INFO(CL_DEVICE_ENDIAN_LITTLE, cl_bool),
	INFO(CL_DEVICE_AVAILABLE, cl_bool),
	INFO(CL_DEVICE_COMPILER_AVAILABLE, cl_bool),
	INFO(CL_DEVICE_LINKER_AVAILABLE, cl_bool),
	INFO(CL_DEVICE_EXECUTION_CAPABILITIES, cl_device_exec_capabilities),
	INFO(CL_DEVICE_QUEUE_ON_HOST_PROPERTIES, cl_command_queue_properties),
	INFO(CL_DEVICE_QUEUE_ON_DEVICE_PROPERTIES, cl_command_queue_properties),
	INFO(CL_DEVICE_QUEUE_ON_DEVICE_PREFERRED_SIZE, cl_uint),
	INFO(CL_DEVICE_QUEUE_ON_DEVICE_MAX_SIZE, cl_uint),
	INFO(CL_DEVICE_MAX_ON_DEVICE_QUEUES, cl_uint),
	INFO(CL_DEVICE_MAX_ON_DEVICE_EVENTS, cl_uint),
	INFO_TEXT(CL_DEVICE_BUILT_IN_KERNELS),
	INFO_LIST(CL_DEVICE_BUILT_IN_KERNELS_WITH_VERSION, cl_name_version),
	INFO(CL_DEVICE_PLATFORM, cl_platform_id),
	INFO_TEXT(CL_DEVICE_NAME),
	INFO_TEXT(CL_DEVICE_VENDOR),
	INFO_TEXT(CL_DRIVER_VERSION),
	INFO_TEXT(CL_DEVICE_PROFILE),
	INFO_TEXT(CL_DEVICE_VERSION),
	INFO(CL_DEVICE_NUMERIC_VERSION, cl_version),
	INFO_TEXT(CL_DEVICE_OPENCL_C_VERSION),
	INFO_LIST(CL_DEVICE_OPENCL_C_ALL_VERSIONS, cl_name_version),
	INFO_LIST(CL_DEVICE_OPENCL_C_FEATURES, cl_name_version),
	INFO_TEXT(CL_DEVICE_EXTENSIONS),
	INFO_LIST(CL_DEVICE_EXTENSIONS_WITH_VERSION, cl_name_version),
	INFO(CL_DEVICE_PRINTF_BUFFER_SIZE, size_t),
	INFO(CL_DEVICE_PREFERRED_INTEROP_USER_SYNC, cl_bool),
	INFO(CL_DEVICE_PARENT_DEVICE, cl_device_id),
	INFO(CL_DEVICE_PARTITION_MAX_SUB_DEVICES, cl_uint),
	INFO_LIST(CL_DEVICE_PARTITION_PROPERTIES, cl_device_partition_property),
	INFO(CL_DEVICE_PARTITION_AFFINITY_DOMAIN, cl_device_affinity_domain),
	INFO_LIST(CL_DEVICE_PARTITION_TYPE, cl_device_partition_property),
	INFO(CL_DEVICE_REFERENCE_COUNT, cl_uint),
	INFO(CL_DEVICE_SVM_CAPABILITIES, cl_device_svm_capabilities),
	INFO(CL_DEVICE_PREFERRED_PLATFORM_ATOMIC_ALIGNMENT, cl_uint),
	INFO(CL_DEVICE_PREFERRED_GLOBAL_ATOMIC_ALIGNMENT, cl_uint),
	INFO(CL_DEVICE_PREFERRED_LOCAL_ATOMIC_ALIGNMENT, cl_uint),
	INFO(CL_DEVICE_MAX_NUM_SUB_GROUPS, cl_uint),
	INFO(CL_DEVICE_SUB_GROUP_INDEPENDENT_FORWARD_PROGRESS, cl_bool),
	INFO(CL_DEVICE_ATOMIC_MEMORY_CAPABILITIES, cl_device_atomic_capabilities),
	INFO(CL_DEVICE_ATOMIC_FENCE_CAPABILITIES, cl_device_atomic_capabilities),
	INFO(CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT, cl_bool),
	INFO(CL_DEVICE_WORK_GROUP_COLLECTIVE_FUNCTIONS_SUPPORT, cl_bool),
	INFO(CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT, cl_bool),
	INFO(CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES, cl_device_device_enqueue_capabilities),
	INFO(CL_DEVICE_PIPE_SUPPORT, cl_bool),
	INFO(CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE, size_t),
	INFO_TEXT(CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED),
	INFO_END,
};

static void device_info(void)
{
	conf_check_infos(conf_device_info, conf_device(), device_table);
}

static void extension_functions(void)
{
	CHECK(clGetExtensionFunctionAddressForPlatform(conf_platform(), "clNoSuchFunctionTERN") ==
	      NULL);
	CHECK(clGetExtensionFunctionAddressForPlatform(conf_platform(), "") == NULL);
	OK(clUnloadPlatformCompiler(conf_platform()));
	/* Building still works afterwards. */
	conf_kernel("kernel void after_unload(global int *o) { o[0] = 1; }", "after_unload");
}

static void device_timer(void)
{
	cl_ulong resolution = 0, device1 = 0, host1 = 0, host2 = 0, device2 = 0, host3 = 0;

	OK(clGetPlatformInfo(conf_platform(), CL_PLATFORM_HOST_TIMER_RESOLUTION, sizeof resolution,
			     &resolution, NULL));
	if (!resolution) {
		CHECK_CL(CL_INVALID_OPERATION,
			 clGetDeviceAndHostTimer(conf_device(), &device1, &host1));
		return;
	}
	OK(clGetDeviceAndHostTimer(conf_device(), &device1, &host1));
	OK(clGetHostTimer(conf_device(), &host2));
	conf_sleep(0.002);
	OK(clGetDeviceAndHostTimer(conf_device(), &device2, &host3));
	CHECK(host2 >= host1 && host3 > host2);
	CHECK(device2 > device1);
	/* Both count nanoseconds of the same span. */
	CHECK((double)(device2 - device1) > 0.5 * (double)(host3 - host1));
	CHECK((double)(device2 - device1) < 2.0 * (double)(host3 - host1));
	CHECK_CL(CL_INVALID_VALUE, clGetDeviceAndHostTimer(conf_device(), NULL, &host1));
	CHECK_CL(CL_INVALID_VALUE, clGetDeviceAndHostTimer(conf_device(), &device1, NULL));
	CHECK_CL(CL_INVALID_VALUE, clGetHostTimer(conf_device(), NULL));
}

CONF_CASES(queries_platform) = {
	CASE(platform_info),
	CASE(platform_ids),
	CASE(platform_version),
	CASE(platform_extensions),
	CASE(device_extensions),
	CASE(device_ids),
	CASE(device_ids_stable),
	CASE(device_info),
	CASE(extension_functions),
	CASE(device_timer),
	CASE_END,
};
