/* SPDX-License-Identifier: MIT */
/* Chapter 4.2: what a device reports must be possible, enough, and consistent. */
#include "conformance/harness.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool full_profile(void)
{
	char *profile = conf_device_string(CL_DEVICE_PROFILE);
	bool full = !strcmp(profile, "FULL_PROFILE");

	free(profile);
	return full;
}

/* The minima of table "Device Queries" for the full profile. */
static void minimum_sizes(void)
{
	if (!full_profile())
		SKIP("embedded profile");
	cl_ulong global = conf_device_ulong(CL_DEVICE_GLOBAL_MEM_SIZE);
	cl_ulong quarter = global / 4 < 1ull << 30 ? global / 4 : 1ull << 30;
	cl_ulong alloc = conf_device_ulong(CL_DEVICE_MAX_MEM_ALLOC_SIZE);

	CHECK(alloc >= quarter && alloc >= 32ull << 20);
	CHECK(alloc <= global);
	CHECK(conf_device_size(CL_DEVICE_MAX_PARAMETER_SIZE) >= 1024);
	CHECK(conf_device_ulong(CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE) >= 64 << 10);
	CHECK(conf_device_uint(CL_DEVICE_MAX_CONSTANT_ARGS) >= 8);
	CHECK(conf_device_ulong(CL_DEVICE_LOCAL_MEM_SIZE) >= 32 << 10);
	CHECK(conf_device_size(CL_DEVICE_PRINTF_BUFFER_SIZE) >= 1 << 20);
	CHECK(conf_device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE) >= 1);
	CHECK(conf_device_uint(CL_DEVICE_MAX_COMPUTE_UNITS) >= 1);
	CHECK(conf_device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) >= 8 * 128);
	CHECK(conf_device_uint(CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE) >= 128);
	CHECK(conf_device_size(CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE) >= 1);
	CHECK(conf_device_size(CL_DEVICE_PROFILING_TIMER_RESOLUTION) >= 1);
}

static void work_item_sizes(void)
{
	cl_uint dimensions = conf_device_uint(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS);
	size_t sizes[16] = {0}, size = 0, group = conf_device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE);

	REQUIRE(dimensions >= 3 && dimensions <= LENGTH(sizes));
	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sizes, sizes,
			   &size));
	CHECK_EQ(dimensions * sizeof(size_t), size);
	for (cl_uint i = 0; i < dimensions; i++)
		CHECK(sizes[i] >= 1);
	CHECK(sizes[0] <= group || sizes[0] >= 1);
	CHECK(group >= conf_device_size(CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE));
}

static void device_version(void)
{
	char *text = conf_device_string(CL_DEVICE_VERSION);
	unsigned major = 0, minor = 0;

	CHECK(sscanf(text, "OpenCL %u.%u ", &major, &minor) == 2);
	cl_uint numeric = conf_device_uint(CL_DEVICE_NUMERIC_VERSION);

	CHECK_EQ(major, CL_VERSION_MAJOR(numeric));
	CHECK_EQ(minor, CL_VERSION_MINOR(numeric));
	free(text);
	text = conf_device_string(CL_DEVICE_OPENCL_C_VERSION);
	CHECK(sscanf(text, "OpenCL C %u.%u", &major, &minor) == 2);
	CHECK((major == 1 && minor == 2) || major >= 2);
	free(text);
}

/* "OpenCL C" 1.0, 1.1, 1.2 and 3.0 for a device that is 3.0, each once. */
static void c_versions(void)
{
	cl_name_version list[32];
	size_t size = 0;
	unsigned seen = 0;

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_OPENCL_C_ALL_VERSIONS, sizeof list, list,
			   &size));
	for (size_t i = 0; i < size / sizeof *list; i++) {
		CHECK(!strcmp(list[i].name, "OpenCL C"));
		unsigned bit = 1u << (CL_VERSION_MAJOR(list[i].version) * 4 +
				      CL_VERSION_MINOR(list[i].version));

		CHECKF(!(seen & bit), "version 0x%x twice", list[i].version);
		seen |= bit;
	}
	CHECK(seen & 1u << 4);
	CHECK(seen & 1u << 5);
	CHECK(seen & 1u << 6);
	CHECK(seen & 1u << 12);
}

static void c_features(void)
{
	cl_name_version list[64];
	size_t size = 0;

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_OPENCL_C_FEATURES, sizeof list, list, &size));
	for (size_t i = 0; i < size / sizeof *list; i++)
		CHECKF(!strncmp(list[i].name, "__opencl_c_", 11), "feature %s", list[i].name);
	if (full_profile())
		CHECK(conf_has_feature("__opencl_c_int64"));
	CHECK_EQ(conf_has_images(), conf_has_feature("__opencl_c_images"));
	CHECK_EQ(conf_device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG) != 0,
		 conf_has_feature("__opencl_c_fp64"));
	CHECK_EQ(conf_device_bool(CL_DEVICE_PIPE_SUPPORT), conf_has_feature("__opencl_c_pipes"));
	CHECK_EQ(conf_device_bool(CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT),
		 conf_has_feature("__opencl_c_generic_address_space"));
	CHECK_EQ(conf_device_bool(CL_DEVICE_WORK_GROUP_COLLECTIVE_FUNCTIONS_SUPPORT),
		 conf_has_feature("__opencl_c_work_group_collective_functions"));
	CHECK_EQ(conf_device_size(CL_DEVICE_MAX_GLOBAL_VARIABLE_SIZE) != 0,
		 conf_has_feature("__opencl_c_program_scope_global_variables"));
	CHECK_EQ(conf_device_uint(CL_DEVICE_MAX_NUM_SUB_GROUPS) != 0,
		 conf_has_feature("__opencl_c_subgroups"));
	CHECK_EQ(conf_device_ulong(CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES) != 0,
		 conf_has_feature("__opencl_c_device_enqueue"));
}

/* Each listed feature's macro is defined for OpenCL C 3.0, others are not. */
static void feature_macros(void)
{
	static const char *const names[] = {
		"__opencl_c_3d_image_writes",
		"__opencl_c_atomic_order_acq_rel",
		"__opencl_c_atomic_order_seq_cst",
		"__opencl_c_atomic_scope_device",
		"__opencl_c_atomic_scope_all_devices",
		"__opencl_c_device_enqueue",
		"__opencl_c_fp64",
		"__opencl_c_generic_address_space",
		"__opencl_c_images",
		"__opencl_c_int64",
		"__opencl_c_pipes",
		"__opencl_c_program_scope_global_variables",
		"__opencl_c_read_write_images",
		"__opencl_c_subgroups",
		"__opencl_c_work_group_collective_functions",
	};
	char source[8192] = "kernel void features(global int *o) {\n";

	for (size_t i = 0; i < LENGTH(names); i++) {
		char line[256];

		snprintf(line, sizeof line, "#ifdef %s\no[%zu] = 1;\n#else\no[%zu] = 0;\n#endif\n",
			 names[i], i, i);
		strcat(source, line);
	}
	strcat(source, "}\n");
	cl_kernel kernel = conf_kernel_of(conf_program(source, "-cl-std=CL3.0"), "features");
	cl_int seen[LENGTH(names)];
	cl_mem out = conf_buffer(CL_MEM_READ_WRITE, sizeof seen, NULL);

	ARG(kernel, 0, out);
	conf_run(kernel, 1, 1);
	conf_read(out, seen, sizeof seen);
	for (size_t i = 0; i < LENGTH(names); i++)
		CHECKF(seen[i] == conf_has_feature(names[i]), "%s: listed %d, macro %d", names[i],
		       conf_has_feature(names[i]), seen[i]);
}

/* Required of every OpenCL 1.1 and later device. */
static void required_extensions(void)
{
	static const char *const names[] = {
		"cl_khr_byte_addressable_store",        "cl_khr_global_int32_base_atomics",
		"cl_khr_global_int32_extended_atomics", "cl_khr_local_int32_base_atomics",
		"cl_khr_local_int32_extended_atomics",
	};

	for (size_t i = 0; i < LENGTH(names); i++)
		CHECKF(conf_has_extension(names[i]), "%s is not there", names[i]);
	CHECK_EQ(conf_has_extension("cl_khr_fp64"),
		 conf_device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG) != 0);
}

static void absent_features(void)
{
	if (!conf_device_bool(CL_DEVICE_PIPE_SUPPORT)) {
		CHECK_EQ(0, conf_device_uint(CL_DEVICE_MAX_PIPE_ARGS));
		CHECK_EQ(0, conf_device_uint(CL_DEVICE_PIPE_MAX_PACKET_SIZE));
		CHECK_EQ(0, conf_device_uint(CL_DEVICE_PIPE_MAX_ACTIVE_RESERVATIONS));
	}
	if (!conf_device_ulong(CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES)) {
		CHECK_EQ(0, conf_device_ulong(CL_DEVICE_QUEUE_ON_DEVICE_PROPERTIES));
		CHECK_EQ(0, conf_device_uint(CL_DEVICE_MAX_ON_DEVICE_QUEUES));
		CHECK_EQ(0, conf_device_uint(CL_DEVICE_MAX_ON_DEVICE_EVENTS));
	}
	if (!conf_has_images()) {
		CHECK_EQ(0, conf_device_uint(CL_DEVICE_MAX_READ_IMAGE_ARGS));
		CHECK_EQ(0, conf_device_size(CL_DEVICE_IMAGE2D_MAX_WIDTH));
		CHECK_EQ(0, conf_device_uint(CL_DEVICE_MAX_SAMPLERS));
	} else {
		CHECK(conf_device_uint(CL_DEVICE_MAX_READ_IMAGE_ARGS) >= 8);
		CHECK(conf_device_size(CL_DEVICE_IMAGE2D_MAX_WIDTH) >= 2048);
	}
	CHECK_EQ(conf_device_uint(CL_DEVICE_MAX_NUM_SUB_GROUPS) == 0,
		 !conf_has_feature("__opencl_c_subgroups"));
}

static void fp_config(void)
{
	const cl_ulong needed = CL_FP_ROUND_TO_NEAREST | CL_FP_INF_NAN;
	const cl_ulong needed64 = CL_FP_FMA | CL_FP_ROUND_TO_NEAREST | CL_FP_INF_NAN | CL_FP_DENORM;
	cl_ulong fp64 = conf_device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG);

	CHECK_EQ(needed, conf_device_ulong(CL_DEVICE_SINGLE_FP_CONFIG) & needed);
	if (fp64)
		CHECK_EQ(needed64, fp64 & needed64);
	if (!conf_has_extension("cl_khr_fp16"))
		return;
	cl_ulong fp16 = conf_device_ulong(CL_DEVICE_HALF_FP_CONFIG);

	CHECK(fp16 & CL_FP_INF_NAN && fp16 & (CL_FP_ROUND_TO_NEAREST | CL_FP_ROUND_TO_ZERO));
}

static void atomic_capabilities(void)
{
	const cl_ulong memory = CL_DEVICE_ATOMIC_ORDER_RELAXED | CL_DEVICE_ATOMIC_SCOPE_WORK_GROUP;
	const cl_ulong fence = CL_DEVICE_ATOMIC_ORDER_RELAXED | CL_DEVICE_ATOMIC_ORDER_ACQ_REL |
			       CL_DEVICE_ATOMIC_SCOPE_WORK_GROUP;
	cl_ulong svm = conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES);
	cl_ulong capabilities = conf_device_ulong(CL_DEVICE_ATOMIC_MEMORY_CAPABILITIES);

	CHECK_EQ(memory, capabilities & memory);
	CHECK_EQ(fence, conf_device_ulong(CL_DEVICE_ATOMIC_FENCE_CAPABILITIES) & fence);
	if (svm & CL_DEVICE_SVM_ATOMICS)
		CHECK(capabilities & CL_DEVICE_ATOMIC_SCOPE_ALL_DEVICES);
	if (svm & (CL_DEVICE_SVM_FINE_GRAIN_BUFFER | CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
		CHECK(svm & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	if (svm & CL_DEVICE_SVM_ATOMICS)
		CHECK(svm & (CL_DEVICE_SVM_FINE_GRAIN_BUFFER | CL_DEVICE_SVM_FINE_GRAIN_SYSTEM));
	CHECK_EQ(0, svm & ~(cl_ulong)0xf);
}

static void vector_widths(void)
{
	static const cl_device_info native[] = {
		CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR, CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT,
		CL_DEVICE_NATIVE_VECTOR_WIDTH_INT, CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG,
		CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT};

	for (size_t i = 0; i < LENGTH(native); i++) {
		cl_uint width = conf_device_uint(native[i]);

		CHECKF(width >= 1 && width <= 64 && !(width & (width - 1)), "0x%x: %u", native[i],
		       width);
	}
	bool fp64 = conf_device_ulong(CL_DEVICE_DOUBLE_FP_CONFIG) != 0;

	CHECK_EQ(fp64, conf_device_uint(CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE) != 0);
	CHECK_EQ(fp64, conf_device_uint(CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE) != 0);
	bool fp16 = conf_has_extension("cl_khr_fp16");

	CHECK_EQ(fp16, conf_device_uint(CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF) != 0);
	CHECK_EQ(fp16, conf_device_uint(CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF) != 0);
}

static void device_itself(void)
{
	cl_platform_id platform = NULL;
	cl_device_id parent = conf_device();
	const cl_uint one = 1;

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL));
	CHECK(platform == conf_platform());
	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent, NULL));
	CHECK(parent == NULL);
	CHECK_EQ(*(const char *)&one, conf_device_bool(CL_DEVICE_ENDIAN_LITTLE));
	CHECK(conf_device_uint(CL_DEVICE_ADDRESS_BITS) == 8 * sizeof(void *) ||
	      conf_device_uint(CL_DEVICE_ADDRESS_BITS) == 32);
	CHECK(conf_device_bool(CL_DEVICE_AVAILABLE));
	CHECK(conf_device_ulong(CL_DEVICE_EXECUTION_CAPABILITIES) & CL_EXEC_KERNEL);
	CHECK(conf_device_ulong(CL_DEVICE_QUEUE_ON_HOST_PROPERTIES) & CL_QUEUE_PROFILING_ENABLE);
	if (conf_device_bool(CL_DEVICE_COMPILER_AVAILABLE))
		CHECK(conf_device_bool(CL_DEVICE_LINKER_AVAILABLE));
	CHECK(conf_device_uint(CL_DEVICE_LOCAL_MEM_TYPE) == CL_LOCAL ||
	      conf_device_uint(CL_DEVICE_LOCAL_MEM_TYPE) == CL_GLOBAL);
}

CONF_CASES(queries_device) = {
	CASE(minimum_sizes),
	CASE(work_item_sizes),
	CASE(device_version),
	CASE(c_versions),
	CASE(c_features),
	CASE(feature_macros),
	CASE(required_extensions),
	CASE(absent_features),
	CASE(fp_config),
	CASE(atomic_capabilities),
	CASE(vector_widths),
	CASE(device_itself),
	CASE_END,
};
