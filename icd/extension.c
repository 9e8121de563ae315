/* SPDX-License-Identifier: MIT */
/* Extensions: their names and versions, and section 4.5, the addresses of their functions. */
#include "icd/extension.h"

#include "icd/api.h"
#include "icd/platform.h"
#include "icd/svm_types.h"
#include "kernels/features.h"
#include "kernels/kernels.h"

/* What the runtime adds to the extensions of the kernel language. The first stands apart, so that
 * the list is made without a space at its end. */
#define FIRST_EXTENSION(X) X("cl_khr_icd", 1, 0, 0)
#define API_EXTENSIONS(X)                                                                          \
	X("cl_khr_create_command_queue", 1, 0, 0)                                                  \
	X("cl_khr_extended_versioning", 1, 0, 0)                                                   \
	X("cl_khr_priority_hints", 1, 0, 0)                                                        \
	X("cl_khr_suggested_local_work_size", 1, 0, 0)                                             \
	X("cl_khr_throttle_hints", 1, 0, 0)                                                        \
	X("cl_khr_unified_svm", 0, 9, 0)                                                           \
	X("cl_intel_unified_shared_memory", 1, 1, 0)                                               \
	X("cl_tern_svm_statistics", 1, 0, 0)                                                       \
	X("cl_tern_mem_advice", 1, 0, 0)

/* About kernels, but not of the language's own (kernels/features.h). */
#define KERNEL_EXTENSIONS(X) X("cl_intel_required_subgroup_size", 1, 0, 0)

/* Only where there is a translator of SPIR-V: they stand last. */
#define SPIRV_EXTENSIONS(X)                                                                        \
	X("cl_khr_il_program", 1, 0, 0)                                                            \
	X("cl_khr_expect_assume", 1, 0, 0)                                                         \
	X("cl_khr_spirv_linkonce_odr", 1, 0, 0)                                                    \
	X("cl_khr_spirv_no_integer_wrap_decoration", 1, 0, 0)                                      \
	X("cl_khr_spirv_queries", 1, 0, 0)

#define AS_ELEMENT(text, major, minor, patch)                                                      \
	{.version = CL_MAKE_VERSION(major, minor, patch), .name = text},
#define AS_ONE(text, major, minor, patch)   +1
#define AS_FIRST(text, major, minor, patch) text
#define AS_NEXT(text, major, minor, patch)  " " text

static const cl_name_version extension_list[] = {
	FIRST_EXTENSION(AS_ELEMENT) API_EXTENSIONS(AS_ELEMENT) KERNEL_EXTENSIONS(AS_ELEMENT)
		TERN_C_EXTENSIONS(AS_ELEMENT) TERN_C_EXTENSIONS_20(AS_ELEMENT)
			SPIRV_EXTENSIONS(AS_ELEMENT)};
enum { SPIRV_EXTENSION_COUNT = SPIRV_EXTENSIONS(AS_ONE) };

static const cl_name_version feature_list[] = {TERN_C_FEATURES(AS_ELEMENT)};

/*
 * Not 2.0: -cl-std=CL2.0 is accepted, but a device that lists it promises all of it, pipes and
 * device-side enqueue included.
 */
static const cl_name_version version_list[] = {
	{.version = CL_MAKE_VERSION(1, 0, 0), .name = "OpenCL C"},
	{.version = CL_MAKE_VERSION(1, 1, 0), .name = "OpenCL C"},
	{.version = CL_MAKE_VERSION(1, 2, 0), .name = "OpenCL C"},
	{.version = CL_MAKE_VERSION(3, 0, 0), .name = "OpenCL C"},
};

const struct tern_names *tern_icd_extensions(void)
{
	static const struct tern_names names = {
		.text = FIRST_EXTENSION(AS_FIRST) API_EXTENSIONS(AS_NEXT) KERNEL_EXTENSIONS(AS_NEXT)
			TERN_C_EXTENSIONS(AS_NEXT) TERN_C_EXTENSIONS_20(AS_NEXT)
				SPIRV_EXTENSIONS(AS_NEXT),
		.list = extension_list,
		.list_bytes = sizeof(extension_list),
	};
	static const struct tern_names without_spirv = {
		.text = FIRST_EXTENSION(AS_FIRST) API_EXTENSIONS(AS_NEXT) KERNEL_EXTENSIONS(AS_NEXT)
			TERN_C_EXTENSIONS(AS_NEXT) TERN_C_EXTENSIONS_20(AS_NEXT),
		.list = extension_list,
		.list_bytes =
			sizeof(extension_list) - SPIRV_EXTENSION_COUNT * sizeof(extension_list[0]),
	};
	return tern_kernels_take_spirv() ? &names : &without_spirv;
}

const struct tern_names *tern_icd_api_extensions(void)
{
	static const cl_name_version list[] = {FIRST_EXTENSION(AS_ELEMENT)
						       API_EXTENSIONS(AS_ELEMENT)};
	static const struct tern_names names = {
		.text = FIRST_EXTENSION(AS_FIRST) API_EXTENSIONS(AS_NEXT),
		.list = list,
		.list_bytes = sizeof(list),
	};
	return &names;
}

const struct tern_names *tern_icd_c_features(void)
{
	static const struct tern_names names = {
		.text = "", .list = feature_list, .list_bytes = sizeof(feature_list)};
	return &names;
}

const struct tern_names *tern_icd_c_versions(void)
{
	static const struct tern_names names = {
		.text = "", .list = version_list, .list_bytes = sizeof(version_list)};
	return &names;
}

/* Functions of extensions that are listed above; the first two are for loaders. */
void *CL_API_CALL tern_clGetExtensionFunctionAddress(const char *func_name)
{
	static const struct {
		const char *name;
		void *address;
	} functions[] = {
		{"clIcdGetPlatformIDsKHR", tern_clGetPlatformIDs},
		{"clGetPlatformInfo", tern_clGetPlatformInfo},
		{"clCreateProgramWithILKHR", tern_clCreateProgramWithIL},
		{"clCreateCommandQueueWithPropertiesKHR",
		 tern_clCreateCommandQueueWithPropertiesKHR},
#define TERN_EXTENSION_FUNCTION(name) {#name, tern_##name},
#include "icd/extension_functions.def"
#undef TERN_EXTENSION_FUNCTION
	};
	if (!func_name)
		return NULL;
	for (size_t i = 0; i < tern_array_size(functions); i++) {
		if (!strcmp(func_name, functions[i].name))
			return functions[i].address;
	}
	return NULL;
}

void *CL_API_CALL tern_clGetExtensionFunctionAddressForPlatform(cl_platform_id platform,
								const char *func_name)
{
	return tern_platform_from(platform) ? tern_clGetExtensionFunctionAddress(func_name) : NULL;
}
