/* SPDX-License-Identifier: MIT */
#include "icd/built_in.h"

#include "icd/api.h"
#include "icd/extension.h"
#include "icd/spirv_info.h"
#include "runtime/base/alloc.h"

/* Of every built-in kernel so far. */
#define BUILT_IN_VERSION CL_MAKE_VERSION(1, 0, 0)

static cl_int answer_names(const struct tern_device_caps *caps, const struct tern_info *out)
{
	size_t bytes = 1;
	for (cl_uint i = 0; i < caps->built_in_count; i++)
		bytes += strlen(caps->built_in[i].name) + 1;
	char *text = tern_alloc(bytes), *end = text;
	if (!text)
		return CL_OUT_OF_HOST_MEMORY;
	for (cl_uint i = 0; i < caps->built_in_count; i++) {
		if (i)
			*end++ = ';';
		end = stpcpy(end, caps->built_in[i].name);
	}
	*end = 0;
	cl_int error = tern_info_string(out, text);
	tern_free(text);
	return error;
}

static cl_int answer_versions(const struct tern_device_caps *caps, const struct tern_info *out)
{
	size_t bytes = caps->built_in_count * sizeof(cl_name_version);
	cl_name_version *list = tern_zalloc(bytes + !bytes);
	if (!list)
		return CL_OUT_OF_HOST_MEMORY;
	for (cl_uint i = 0; i < caps->built_in_count; i++) {
		list[i].version = BUILT_IN_VERSION;
		memccpy(list[i].name, caps->built_in[i].name, 0, sizeof(list[i].name) - 1);
	}
	cl_int error = tern_info_bytes(out, list, bytes);
	tern_free(list);
	return error;
}

cl_int tern_built_in_info(const struct tern_device_caps *caps, cl_device_info param,
			  const struct tern_info *out)
{
	return param == CL_DEVICE_BUILT_IN_KERNELS ? answer_names(caps, out)
						   : answer_versions(caps, out);
}

bool tern_no_compiler_info(cl_device_info param, const struct tern_info *out, cl_int *result)
{
	switch (param) {
	case CL_DEVICE_COMPILER_AVAILABLE:
	case CL_DEVICE_LINKER_AVAILABLE:
	case CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT:
	case CL_DEVICE_WORK_GROUP_COLLECTIVE_FUNCTIONS_SUPPORT:
	case CL_DEVICE_SUB_GROUP_INDEPENDENT_FORWARD_PROGRESS:
	case CL_DEVICE_OPENCL_C_NUMERIC_VERSION_KHR:
	case CL_DEVICE_MAX_NUM_SUB_GROUPS:
		*result = tern_info_value(out, cl_uint, 0); /* cl_bool, cl_version: the same */
		return true;
	case CL_DEVICE_SINGLE_FP_CONFIG:
	case CL_DEVICE_DOUBLE_FP_CONFIG:
	case CL_DEVICE_HALF_FP_CONFIG:
	case CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES_KHR:
		*result = tern_info_value(out, cl_bitfield, 0);
		return true;
	case CL_DEVICE_OPENCL_C_VERSION:
	case CL_DEVICE_IL_VERSION:
		*result = tern_info_string(out, "");
		return true;
	case CL_DEVICE_OPENCL_C_ALL_VERSIONS:
	case CL_DEVICE_OPENCL_C_FEATURES:
	case CL_DEVICE_ILS_WITH_VERSION:
	case CL_DEVICE_SUB_GROUP_SIZES_INTEL:
	case CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS_KHR:
	case CL_DEVICE_SPIRV_EXTENSIONS_KHR:
	case CL_DEVICE_SPIRV_CAPABILITIES_KHR:
		*result = tern_info_bytes(out, NULL, 0);
		return true;
	case CL_DEVICE_EXTENSIONS:
		*result = tern_info_string(out, tern_icd_api_extensions()->text);
		return true;
	case CL_DEVICE_EXTENSIONS_WITH_VERSION:
		*result = tern_info_bytes(out, tern_icd_api_extensions()->list,
					  tern_icd_api_extensions()->list_bytes);
		return true;
	case CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE:
		*result = tern_info_value(out, size_t, 1);
		return true;
	default:
		return false;
	}
}
