/* SPDX-License-Identifier: MIT */
/* Section 4.1: the platform. Enumerating it starts nothing. */
#include "icd/platform.h"

#include "icd/api.h"
#include "icd/extension.h"
#include "icd/svm_types.h"
#include "runtime/base/log.h"
#include "vendors/vendors.h"

static struct tern_platform the_platform = {
	.obj = {.dispatch = &tern_icd_dispatch,
		.kind = TERN_KIND_PLATFORM,
		.api_refs = 1,
		.refs = 1},
};

cl_platform_id tern_icd_platform(void)
{
	return tern_platform_handle(&the_platform);
}

/* CL_DEVICE_TYPE_ALL means all but custom devices; the default device is the first of those. */
static bool type_selects(cl_device_type type, const struct tern_device *device, bool first)
{
	if (type == CL_DEVICE_TYPE_ALL)
		return device->caps.type != CL_DEVICE_TYPE_CUSTOM;
	return (type & device->caps.type) || ((type & CL_DEVICE_TYPE_DEFAULT) && first);
}

cl_int tern_icd_devices(cl_device_type type, struct tern_device **out, cl_uint *count)
{
	const cl_device_type known = CL_DEVICE_TYPE_DEFAULT | CL_DEVICE_TYPE_CPU |
				     CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR |
				     CL_DEVICE_TYPE_CUSTOM;
	if (type != CL_DEVICE_TYPE_ALL && (!type || (type & ~known)))
		return CL_INVALID_DEVICE_TYPE;
	int result = tern_runtime_start(&tern_icd_dispatch, tern_backends);
	if (result < 0)
		tern_log_error("the runtime cannot start: error %d; no device is offered", -result);
	struct tern_device *const *roots;
	unsigned n = tern_root_devices(&roots);
	cl_uint found = 0;
	bool first = true;
	for (unsigned i = 0; i < n; i++) {
		bool custom = roots[i]->caps.type == CL_DEVICE_TYPE_CUSTOM;
		if (type_selects(type, roots[i], first && !custom))
			out[found++] = roots[i];
		first &= custom;
	}
	if (!found)
		return CL_DEVICE_NOT_FOUND;
	*count = found;
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clGetPlatformIDs(cl_uint num_entries, cl_platform_id *platforms,
					 cl_uint *num_platforms)
{
	if ((platforms && !num_entries) || (!platforms && !num_platforms))
		return CL_INVALID_VALUE;
	if (platforms)
		platforms[0] = tern_icd_platform();
	if (num_platforms)
		*num_platforms = 1;
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clGetPlatformInfo(cl_platform_id platform, cl_platform_info param_name,
					  size_t param_value_size, void *param_value,
					  size_t *param_value_size_ret)
{
	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	const struct tern_names *extensions = tern_icd_extensions();

	if (!tern_platform_from(platform))
		return CL_INVALID_PLATFORM;
	switch (param_name) {
	case CL_PLATFORM_PROFILE:
		return tern_info_string(&out, "FULL_PROFILE");
	case CL_PLATFORM_VERSION:
		return tern_info_string(&out, TERN_PLATFORM_TITLE);
	case CL_PLATFORM_NUMERIC_VERSION:
		return tern_info_value(&out, cl_version, TERN_CL_VERSION);
	case CL_PLATFORM_NAME:
		return tern_info_string(&out, "Tern");
	case CL_PLATFORM_VENDOR:
		return tern_info_string(&out, "Tern");
	case CL_PLATFORM_EXTENSIONS:
		return tern_info_string(&out, extensions->text);
	case CL_PLATFORM_EXTENSIONS_WITH_VERSION:
		return tern_info_bytes(&out, extensions->list, extensions->list_bytes);
	case CL_PLATFORM_HOST_TIMER_RESOLUTION:
		return tern_info_value(&out, cl_ulong, 1); /* CLOCK_MONOTONIC */
	case CL_PLATFORM_SVM_TYPE_CAPABILITIES_KHR:
		return tern_svm_platform_info(&out);
	case CL_PLATFORM_ICD_SUFFIX_KHR:
		return tern_info_string(&out, "TERN");
	default:
		return CL_INVALID_VALUE;
	}
}

cl_int CL_API_CALL tern_clUnloadPlatformCompiler(cl_platform_id platform)
{
	/* A hint: the compile server ends by itself when it is not used. */
	return tern_platform_from(platform) ? CL_SUCCESS : CL_INVALID_PLATFORM;
}

cl_int CL_API_CALL tern_clUnloadCompiler(void)
{
	return CL_SUCCESS;
}
