/* SPDX-License-Identifier: MIT */
/* What the extensions of shared memory add to queries and to clSetKernelExecInfo. */
#include "icd/svm_types.h"

#include "icd/platform.h"
#include "runtime/program.h"

cl_int tern_svm_platform_info(const struct tern_info *out)
{
	struct tern_device *roots[TERN_MAX_ROOT_DEVICES];
	enum tern_svm_type list[TERN_SVM_TYPES];
	cl_svm_capabilities_khr caps[TERN_SVM_TYPES];
	cl_uint devices = 0;
	/* Starts the runtime; without a device there is no type. */
	cl_int error = tern_icd_devices(CL_DEVICE_TYPE_ALL, roots, &devices);
	cl_uint count = error ? 0 : tern_svm_type_list(list);
	for (cl_uint i = 0; i < count; i++)
		caps[i] = tern_svm_type_shared_caps(list[i], roots, devices);
	return tern_info_bytes(out, caps, count * sizeof(caps[0]));
}

static cl_int answer_types(const struct tern_device *device, const struct tern_info *out)
{
	enum tern_svm_type list[TERN_SVM_TYPES];
	cl_svm_capabilities_khr caps[TERN_SVM_TYPES];
	cl_uint count = tern_svm_type_list(list);
	for (cl_uint i = 0; i < count; i++)
		caps[i] = tern_svm_type_caps(list[i], device);
	return tern_info_bytes(out, caps, count * sizeof(caps[0]));
}

/* The same, in the words of cl_intel_unified_shared_memory. A device allocation may be used by
 * other devices; that the host, too, can reach it is not promised. */
static cl_device_unified_shared_memory_capabilities_intel usm_caps(const struct tern_device *device,
								   enum tern_svm_type type)
{
	cl_svm_capabilities_khr caps = tern_svm_type_caps(type, device);
	cl_device_unified_shared_memory_capabilities_intel usm = 0;
	if (!caps)
		return 0;
	usm = CL_UNIFIED_SHARED_MEMORY_ACCESS_INTEL;
	if (caps & CL_SVM_CAPABILITY_DEVICE_ATOMIC_ACCESS_KHR)
		usm |= CL_UNIFIED_SHARED_MEMORY_ATOMIC_ACCESS_INTEL;
	if (caps & CL_SVM_CAPABILITY_CONCURRENT_ACCESS_KHR)
		usm |= CL_UNIFIED_SHARED_MEMORY_CONCURRENT_ACCESS_INTEL;
	if (caps & CL_SVM_CAPABILITY_CONCURRENT_ATOMIC_ACCESS_KHR)
		usm |= CL_UNIFIED_SHARED_MEMORY_CONCURRENT_ATOMIC_ACCESS_INTEL;
	return usm;
}

static bool usm_type_of(cl_device_info param, enum tern_svm_type *type)
{
	switch (param) {
	case CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL:
		*type = TERN_SVM_HOST;
		return true;
	case CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL:
		*type = TERN_SVM_DEVICE;
		return true;
	case CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL:
	case CL_DEVICE_CROSS_DEVICE_SHARED_MEM_CAPABILITIES_INTEL:
		*type = TERN_SVM_SHARED;
		return true;
	case CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL:
		*type = TERN_SVM_SYSTEM;
		return true;
	default:
		return false;
	}
}

cl_int tern_svm_device_info(const struct tern_device *device, cl_device_info param,
			    const struct tern_info *out)
{
	enum tern_svm_type type;
	if (param == CL_DEVICE_SVM_TYPE_CAPABILITIES_KHR)
		return answer_types(device, out);
	if (param == CL_DEVICE_SVM_CONCURRENT_ACCESS_ATOM_SIZE_KHR) {
		bool fine = device->caps.svm & CL_DEVICE_SVM_FINE_GRAIN_BUFFER;
		return tern_info_value(out, size_t, fine ? 1 : 0);
	}
	if (usm_type_of(param, &type))
		return tern_info_value(out, cl_device_unified_shared_memory_capabilities_intel,
				       usm_caps(device, type));
	return CL_INVALID_VALUE;
}

static bool any_device_supports(const struct tern_context *context, enum tern_svm_type type)
{
	return tern_svm_type_shared_caps(type, context->devices, context->device_count);
}

/*
 * Whatever the kernel reaches, by the arguments or not, is reachable on every device that supports
 * it: only the pointers are kept, as hints.
 */
cl_int tern_svm_kernel_exec_info(struct tern_kernel *kernel, cl_kernel_exec_info param,
				 size_t bytes, const void *value)
{
	const struct tern_context *context = kernel->program->context;
	enum tern_svm_type type;
	switch (param) {
	case CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL:
		if (!any_device_supports(context, TERN_SVM_DEVICE))
			return CL_INVALID_OPERATION;
		if (!bytes != !value || bytes % sizeof(void *))
			return CL_INVALID_VALUE;
		tern_kernel_set_indirect(kernel, value, bytes / sizeof(void *));
		return CL_SUCCESS;
	case CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL:
		type = TERN_SVM_HOST;
		break;
	case CL_KERNEL_EXEC_INFO_INDIRECT_DEVICE_ACCESS_INTEL:
		type = TERN_SVM_DEVICE;
		break;
	case CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL:
		type = TERN_SVM_SHARED;
		break;
	case CL_KERNEL_EXEC_INFO_SVM_INDIRECT_ACCESS_KHR:
		type = TERN_SVM_COARSE;
		break;
	default:
		return CL_INVALID_VALUE;
	}
	if (!any_device_supports(context, type))
		return CL_INVALID_OPERATION;
	return bytes == sizeof(cl_bool) && value ? CL_SUCCESS : CL_INVALID_VALUE;
}
