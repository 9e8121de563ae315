/* SPDX-License-Identifier: MIT */
/* clGetDeviceInfo (section 4.2). Most answers are in three tables; the rest are computed. */
#include "icd/api.h"

#include "icd/built_in.h"
#include "icd/extension.h"
#include "icd/platform.h"
#include "icd/spirv_info.h"
#include "icd/svm_types.h"
#include "runtime/memory.h"

/* Constant memory is global memory, so that nothing bounds a constant buffer but sense: programs
 * that take "the most there can be" must not fill the machine's memory with it. */
#define MOST_CONSTANT_BYTES ((cl_ulong)1 << 30)

#define MEMBER_SIZE(member) sizeof(((struct tern_device_caps *)NULL)->member)

/* An answer that is a member of the capabilities, of the very type of the query. */
struct member_query {
	cl_device_info param;
	uint16_t offset, size;
};

/* Does not compile when the member's size is not that of @type. */
#define MEMBER(param, type, member)                                                                \
	{param, offsetof(struct tern_device_caps, member),                                         \
	 __builtin_choose_expr(sizeof(type) == MEMBER_SIZE(member), sizeof(type), (void)0)}

static const struct member_query member_queries[] = {
	MEMBER(CL_DEVICE_TYPE, cl_device_type, type),
	MEMBER(CL_DEVICE_VENDOR_ID, cl_uint, vendor_id),
	MEMBER(CL_DEVICE_MAX_COMPUTE_UNITS, cl_uint, compute_units),
	MEMBER(CL_DEVICE_MAX_WORK_GROUP_SIZE, size_t, max_group_size),
	MEMBER(CL_DEVICE_MAX_WORK_ITEM_SIZES, size_t[3], max_item_sizes),
	MEMBER(CL_DEVICE_MAX_CLOCK_FREQUENCY, cl_uint, clock_mhz),
	MEMBER(CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR, cl_uint, vector_width_char),
	MEMBER(CL_DEVICE_PREFERRED_VECTOR_WIDTH_SHORT, cl_uint, vector_width_short),
	MEMBER(CL_DEVICE_PREFERRED_VECTOR_WIDTH_INT, cl_uint, vector_width_int),
	MEMBER(CL_DEVICE_PREFERRED_VECTOR_WIDTH_LONG, cl_uint, vector_width_long),
	MEMBER(CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, cl_uint, vector_width_float),
	MEMBER(CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF, cl_uint, vector_width_float),
	MEMBER(CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE, cl_uint, vector_width_double),
	MEMBER(CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR, cl_uint, vector_width_char),
	MEMBER(CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT, cl_uint, vector_width_short),
	MEMBER(CL_DEVICE_NATIVE_VECTOR_WIDTH_INT, cl_uint, vector_width_int),
	MEMBER(CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG, cl_uint, vector_width_long),
	MEMBER(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, cl_uint, vector_width_float),
	MEMBER(CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF, cl_uint, vector_width_float),
	MEMBER(CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE, cl_uint, vector_width_double),
	MEMBER(CL_DEVICE_GLOBAL_MEM_SIZE, cl_ulong, global_mem_bytes),
	MEMBER(CL_DEVICE_MAX_MEM_ALLOC_SIZE, cl_ulong, max_alloc_bytes),
	MEMBER(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, cl_ulong, cache_bytes),
	MEMBER(CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE, cl_uint, cache_line_bytes),
	MEMBER(CL_DEVICE_LOCAL_MEM_SIZE, cl_ulong, local_mem_bytes),
	MEMBER(CL_DEVICE_PRINTF_BUFFER_SIZE, size_t, printf_bytes),
	MEMBER(CL_DEVICE_MAX_GLOBAL_VARIABLE_SIZE, size_t, max_global_variable_bytes),
	MEMBER(CL_DEVICE_GLOBAL_VARIABLE_PREFERRED_TOTAL_SIZE, size_t, max_global_variable_bytes),
	MEMBER(CL_DEVICE_PROFILING_TIMER_RESOLUTION, size_t, timer_resolution_ns),
	MEMBER(CL_DEVICE_SVM_CAPABILITIES, cl_device_svm_capabilities, svm),
	MEMBER(CL_DEVICE_HOST_UNIFIED_MEMORY, cl_bool, host_unified_memory),
	MEMBER(CL_DEVICE_PARTITION_MAX_SUB_DEVICES, cl_uint, max_sub_devices),
};

/* A number that is the same for every device. */
struct number_query {
	cl_device_info param;
	uint16_t size; /* of its type: 4 or 8 */
	uint64_t value;
};

#define NUMBER(param, type, value) {param, sizeof(type), value}

#define ALL_ATOMIC_SCOPES                                                                          \
	(CL_DEVICE_ATOMIC_SCOPE_WORK_ITEM | CL_DEVICE_ATOMIC_SCOPE_WORK_GROUP |                    \
	 CL_DEVICE_ATOMIC_SCOPE_DEVICE | CL_DEVICE_ATOMIC_SCOPE_ALL_DEVICES)
#define ALL_ATOMIC_ORDERS                                                                          \
	(CL_DEVICE_ATOMIC_ORDER_RELAXED | CL_DEVICE_ATOMIC_ORDER_ACQ_REL |                         \
	 CL_DEVICE_ATOMIC_ORDER_SEQ_CST)

static const struct number_query number_queries[] = {
	NUMBER(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, cl_uint, 3),
	NUMBER(CL_DEVICE_ADDRESS_BITS, cl_uint, 64),
	NUMBER(CL_DEVICE_MAX_PARAMETER_SIZE, size_t, 4096),
	NUMBER(CL_DEVICE_MAX_CONSTANT_ARGS, cl_uint, 128),
	/* in bits; in bytes: long16 */
	NUMBER(CL_DEVICE_MEM_BASE_ADDR_ALIGN, cl_uint, 8 * TERN_MEMORY_BASE_ALIGN),
	NUMBER(CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE, cl_uint, 128),
	NUMBER(CL_DEVICE_GLOBAL_MEM_CACHE_TYPE, cl_device_mem_cache_type, CL_READ_WRITE_CACHE),
	NUMBER(CL_DEVICE_ERROR_CORRECTION_SUPPORT, cl_bool, CL_FALSE),
	NUMBER(CL_DEVICE_ENDIAN_LITTLE, cl_bool, CL_TRUE),
	NUMBER(CL_DEVICE_AVAILABLE, cl_bool, CL_TRUE),
	NUMBER(CL_DEVICE_COMPILER_AVAILABLE, cl_bool, CL_TRUE),
	NUMBER(CL_DEVICE_LINKER_AVAILABLE, cl_bool, CL_TRUE),
	NUMBER(CL_DEVICE_PREFERRED_INTEROP_USER_SYNC, cl_bool, CL_TRUE),
	NUMBER(CL_DEVICE_QUEUE_ON_HOST_PROPERTIES, cl_command_queue_properties,
	       CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE),
	NUMBER(CL_DEVICE_NUMERIC_VERSION, cl_version, TERN_CL_VERSION),
	NUMBER(CL_DEVICE_OPENCL_C_NUMERIC_VERSION_KHR, cl_version, CL_MAKE_VERSION(1, 2, 0)),
	NUMBER(CL_DEVICE_ATOMIC_MEMORY_CAPABILITIES, cl_device_atomic_capabilities,
	       ALL_ATOMIC_ORDERS | ALL_ATOMIC_SCOPES),
	NUMBER(CL_DEVICE_ATOMIC_FENCE_CAPABILITIES, cl_device_atomic_capabilities,
	       ALL_ATOMIC_ORDERS | ALL_ATOMIC_SCOPES),
	/* 0: the natural alignment */
	NUMBER(CL_DEVICE_PREFERRED_PLATFORM_ATOMIC_ALIGNMENT, cl_uint, 0),
	NUMBER(CL_DEVICE_PREFERRED_GLOBAL_ATOMIC_ALIGNMENT, cl_uint, 0),
	NUMBER(CL_DEVICE_PREFERRED_LOCAL_ATOMIC_ALIGNMENT, cl_uint, 0),
	NUMBER(CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT, cl_bool, CL_TRUE),
	NUMBER(CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT, cl_bool, CL_TRUE),
	NUMBER(CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES_KHR, cl_bitfield,
	       CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_PACKED_KHR |
		       CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_KHR),
	/* As float, which it is computed in and rounded after each operation; fma is exact. */
	NUMBER(CL_DEVICE_HALF_FP_CONFIG, cl_device_fp_config,
	       CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST | CL_FP_FMA),
	/* Not supported: images, samplers */
	NUMBER(CL_DEVICE_IMAGE_SUPPORT, cl_bool, CL_FALSE),
	NUMBER(CL_DEVICE_MAX_READ_IMAGE_ARGS, cl_uint, 0),
	NUMBER(CL_DEVICE_MAX_WRITE_IMAGE_ARGS, cl_uint, 0),
	NUMBER(CL_DEVICE_MAX_READ_WRITE_IMAGE_ARGS, cl_uint, 0),
	NUMBER(CL_DEVICE_IMAGE2D_MAX_WIDTH, size_t, 0),
	NUMBER(CL_DEVICE_IMAGE2D_MAX_HEIGHT, size_t, 0),
	NUMBER(CL_DEVICE_IMAGE3D_MAX_WIDTH, size_t, 0),
	NUMBER(CL_DEVICE_IMAGE3D_MAX_HEIGHT, size_t, 0),
	NUMBER(CL_DEVICE_IMAGE3D_MAX_DEPTH, size_t, 0),
	NUMBER(CL_DEVICE_IMAGE_MAX_BUFFER_SIZE, size_t, 0),
	NUMBER(CL_DEVICE_IMAGE_MAX_ARRAY_SIZE, size_t, 0),
	NUMBER(CL_DEVICE_IMAGE_PITCH_ALIGNMENT, cl_uint, 0),
	NUMBER(CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT, cl_uint, 0),
	NUMBER(CL_DEVICE_MAX_SAMPLERS, cl_uint, 0),
	/* Not supported: pipes */
	NUMBER(CL_DEVICE_PIPE_SUPPORT, cl_bool, CL_FALSE),
	NUMBER(CL_DEVICE_MAX_PIPE_ARGS, cl_uint, 0),
	NUMBER(CL_DEVICE_PIPE_MAX_ACTIVE_RESERVATIONS, cl_uint, 0),
	NUMBER(CL_DEVICE_PIPE_MAX_PACKET_SIZE, cl_uint, 0),
	/* Not supported: device-side enqueue */
	NUMBER(CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES, cl_device_device_enqueue_capabilities, 0),
	NUMBER(CL_DEVICE_QUEUE_ON_DEVICE_PROPERTIES, cl_command_queue_properties, 0),
	NUMBER(CL_DEVICE_QUEUE_ON_DEVICE_PREFERRED_SIZE, cl_uint, 0),
	NUMBER(CL_DEVICE_QUEUE_ON_DEVICE_MAX_SIZE, cl_uint, 0),
	NUMBER(CL_DEVICE_MAX_ON_DEVICE_QUEUES, cl_uint, 0),
	NUMBER(CL_DEVICE_MAX_ON_DEVICE_EVENTS, cl_uint, 0),
	NUMBER(CL_DEVICE_SUB_GROUP_INDEPENDENT_FORWARD_PROGRESS, cl_bool, CL_TRUE),
	NUMBER(CL_DEVICE_WORK_GROUP_COLLECTIVE_FUNCTIONS_SUPPORT, cl_bool, CL_TRUE),
};

/* A string that is the same for every device. */
struct string_query {
	cl_device_info param;
	const char *value;
};

static const struct string_query string_queries[] = {
	{CL_DRIVER_VERSION, TERN_VERSION},
	{CL_DEVICE_PROFILE, "FULL_PROFILE"},
	{CL_DEVICE_VERSION, TERN_PLATFORM_TITLE},
	/* Above 1.2 only with every optional feature of the language. */
	{CL_DEVICE_OPENCL_C_VERSION, "OpenCL C 1.2 Tern " TERN_VERSION},
	/* None was submitted. The form is required, so this is a day before the first version. */
	{CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED, "v0000-01-01-00"},
};

/* Finds the answer in the tables; CL_INVALID_VALUE also when it is not there. */
static cl_int answer_from_tables(const struct tern_device *device, cl_device_info param,
				 const struct tern_info *out)
{
	for (size_t i = 0; i < tern_array_size(member_queries); i++) {
		const struct member_query *q = &member_queries[i];
		if (q->param == param)
			return tern_info_bytes(out, (const char *)&device->caps + q->offset,
					       q->size);
	}
	for (size_t i = 0; i < tern_array_size(number_queries); i++) {
		const struct number_query *q = &number_queries[i];
		if (q->param != param)
			continue;
		if (q->size == sizeof(cl_uint))
			return tern_info_value(out, cl_uint, (cl_uint)q->value);
		return tern_info_value(out, cl_ulong, q->value);
	}
	for (size_t i = 0; i < tern_array_size(string_queries); i++) {
		if (string_queries[i].param == param)
			return tern_info_string(out, string_queries[i].value);
	}
	return CL_INVALID_VALUE;
}

/*
 * x86-64 has all rounding modes in hardware, denormals, and correctly rounded division and square
 * root; fma from AVX2 machines on (before that the device library computes it, exactly too, which
 * the flag that double precision must have allows).
 */
static cl_device_fp_config fp_config(cl_device_fp_config precision_flags)
{
	return CL_FP_DENORM | CL_FP_INF_NAN | CL_FP_ROUND_TO_NEAREST | CL_FP_ROUND_TO_ZERO |
	       CL_FP_ROUND_TO_INF | precision_flags;
}

static cl_device_fp_config single_config(void)
{
	cl_device_fp_config fma = tern_target_lanes() >= 8 ? CL_FP_FMA : 0;
	return fp_config(fma | CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT);
}

/* The domains that really split the device: a machine with one node has no use for that. The back
 * end may read the machine's topology for it, so nothing else asks. */
static cl_device_affinity_domain affinity_domains(struct tern_device *device)
{
	static const cl_device_affinity_domain each[] = {
		CL_DEVICE_AFFINITY_DOMAIN_NUMA,     CL_DEVICE_AFFINITY_DOMAIN_L4_CACHE,
		CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE, CL_DEVICE_AFFINITY_DOMAIN_L2_CACHE,
		CL_DEVICE_AFFINITY_DOMAIN_L1_CACHE,
	};
	cl_device_affinity_domain found = 0;
	cl_uint first[2], units[2];
	for (size_t i = 0; i < tern_array_size(each); i++)
		if ((device->caps.affinity_domains & each[i]) &&
		    device->ops->affinity_parts(device, each[i], first, units, 2) > 1)
			found |= each[i];
	return found ? found | CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE : 0;
}

static cl_int answer_partition_properties(struct tern_device *device, const struct tern_info *out)
{
	cl_device_partition_property list[3] = {0};
	size_t n = 0;
	if (device->caps.max_sub_devices > 1) {
		list[n++] = CL_DEVICE_PARTITION_EQUALLY;
		list[n++] = CL_DEVICE_PARTITION_BY_COUNTS;
		if (affinity_domains(device))
			list[n++] = CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN;
	}
	/* One 0 when the device cannot be partitioned. */
	return tern_info_bytes(out, list, tern_max(n, (size_t)1) * sizeof(list[0]));
}

static cl_int answer_partition_type(const struct tern_device *device, const struct tern_info *out)
{
	static const cl_device_partition_property none;
	if (!device->partition)
		return tern_info_bytes(out, &none, sizeof(none));
	return tern_info_bytes(out, device->partition, device->partition_bytes);
}

static cl_uint reference_count(struct tern_device *device)
{
	return tern_device_is_root(device) ? 1 : tern_object_count(&device->obj);
}

static cl_int answer_names(const struct tern_info *out, const struct tern_names *names)
{
	return tern_info_bytes(out, names->list, names->list_bytes);
}

/* They are multiplications and additions, in vectors of work-items. */
static const cl_device_integer_dot_product_acceleration_properties_khr no_dot_acceleration;

/* That kernels can ask for: kernels/ternc/kernel_info.c. */
static const size_t sub_group_sizes[] = {4, 8, 16, 32};

cl_int CL_API_CALL tern_clGetDeviceInfo(cl_device_id handle, cl_device_info param_name,
					size_t param_value_size, void *param_value,
					size_t *param_value_size_ret)
{
	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_device *device = tern_device_from(handle);
	if (!device)
		return CL_INVALID_DEVICE;
	const struct tern_device_caps *caps = &device->caps;
	cl_int result;
	if (caps->no_compiler && tern_no_compiler_info(param_name, &out, &result))
		return result;
	switch (param_name) {
	case CL_DEVICE_NAME:
		return tern_info_string(&out, caps->name);
	case CL_DEVICE_VENDOR:
		return tern_info_string(&out, caps->vendor);
	case CL_DEVICE_PLATFORM:
		return tern_info_value(&out, cl_platform_id, tern_icd_platform());
	case CL_DEVICE_EXTENSIONS:
		return tern_info_string(&out, tern_icd_extensions()->text);
	case CL_DEVICE_EXTENSIONS_WITH_VERSION:
		return answer_names(&out, tern_icd_extensions());
	case CL_DEVICE_OPENCL_C_FEATURES:
		return answer_names(&out, tern_icd_c_features());
	case CL_DEVICE_OPENCL_C_ALL_VERSIONS:
		return answer_names(&out, tern_icd_c_versions());
	case CL_DEVICE_IL_VERSION:
	case CL_DEVICE_ILS_WITH_VERSION:
	case CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS_KHR:
	case CL_DEVICE_SPIRV_EXTENSIONS_KHR:
	case CL_DEVICE_SPIRV_CAPABILITIES_KHR:
		return tern_spirv_device_info(param_name, &out);
	case CL_DEVICE_BUILT_IN_KERNELS:
	case CL_DEVICE_BUILT_IN_KERNELS_WITH_VERSION:
		return tern_built_in_info(caps, param_name, &out);
	case CL_DEVICE_SINGLE_FP_CONFIG:
		return tern_info_value(&out, cl_device_fp_config, single_config());
	case CL_DEVICE_DOUBLE_FP_CONFIG:
		return tern_info_value(&out, cl_device_fp_config,
				       caps->vector_width_double ? fp_config(CL_FP_FMA) : 0);
	case CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE:
		return tern_info_value(&out, cl_ulong,
				       tern_min(caps->max_alloc_bytes, MOST_CONSTANT_BYTES));
	case CL_DEVICE_LOCAL_MEM_TYPE:
		return tern_info_value(&out, cl_device_local_mem_type,
				       !caps->local_mem_bytes      ? CL_NONE
				       : caps->local_mem_dedicated ? CL_LOCAL
								   : CL_GLOBAL);
	case CL_DEVICE_EXECUTION_CAPABILITIES:
		return tern_info_value(&out, cl_device_exec_capabilities,
				       CL_EXEC_KERNEL |
					       (caps->native_kernels ? CL_EXEC_NATIVE_KERNEL : 0));
	case CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE:
		return tern_info_value(&out, size_t, caps->vector_width_int);
	case CL_DEVICE_MAX_NUM_SUB_GROUPS: /* of kernels that are not widened */
		return tern_info_value(&out, cl_uint, (cl_uint)caps->max_group_size);
	case CL_DEVICE_SUB_GROUP_SIZES_INTEL:
		return tern_info_array(&out, sub_group_sizes);
	case CL_DEVICE_PARENT_DEVICE:
		return tern_info_value(&out, cl_device_id, tern_device_handle(device->parent));
	case CL_DEVICE_REFERENCE_COUNT:
		return tern_info_value(&out, cl_uint, reference_count(device));
	case CL_DEVICE_PARTITION_PROPERTIES:
		return answer_partition_properties(device, &out);
	case CL_DEVICE_PARTITION_AFFINITY_DOMAIN:
		return tern_info_value(&out, cl_device_affinity_domain, affinity_domains(device));
	case CL_DEVICE_PARTITION_TYPE:
		return answer_partition_type(device, &out);
	case CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_8BIT_KHR:
	case CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR:
		return tern_info_bytes(&out, &no_dot_acceleration, sizeof(no_dot_acceleration));
	case CL_DEVICE_SVM_TYPE_CAPABILITIES_KHR:
	case CL_DEVICE_SVM_CONCURRENT_ACCESS_ATOM_SIZE_KHR:
	case CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL:
	case CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL:
	case CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL:
	case CL_DEVICE_CROSS_DEVICE_SHARED_MEM_CAPABILITIES_INTEL:
	case CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL:
		return tern_svm_device_info(device, param_name, &out);
	default:
		return answer_from_tables(device, param_name, &out);
	}
}
