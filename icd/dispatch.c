/* SPDX-License-Identifier: MIT */
/* The dispatch table, and the functions that the loader looks up by name (libtern.map). */
#include "icd/api.h"

#include "icd/platform.h"

const struct _cl_icd_dispatch tern_icd_dispatch = {
#define TERN_ENTRY(name) .name = tern_##name,
#include "icd/entry_points.def"
};

/* The loader gets its own clX by these names if we called them: only it may call these. */
TERN_EXPORT void *CL_API_CALL clGetExtensionFunctionAddress(const char *func_name)
{
	return tern_clGetExtensionFunctionAddress(func_name);
}

TERN_EXPORT cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint num_entries,
						      cl_platform_id *platforms,
						      cl_uint *num_platforms)
{
	return tern_clGetPlatformIDs(num_entries, platforms, num_platforms);
}

TERN_EXPORT cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id platform,
						 cl_platform_info param_name,
						 size_t param_value_size, void *param_value,
						 size_t *param_value_size_ret)
{
	return tern_clGetPlatformInfo(platform, param_name, param_value_size, param_value,
				      param_value_size_ret);
}
