/* SPDX-License-Identifier: MIT */
/* Programs of kernels that devices have built in (section 5.8.3). */
#include "runtime/program_build.h"

#include <string.h>

#include "runtime/base/alloc.h"

static const struct tern_kernel_info *find(const struct tern_device_caps *caps, const char *name,
					   size_t length)
{
	for (cl_uint i = 0; i < caps->built_in_count; i++)
		if (strlen(caps->built_in[i].name) == length &&
		    !memcmp(caps->built_in[i].name, name, length))
			return &caps->built_in[i];
	return NULL;
}

/* Calls for each name of the list; an empty one is one, too. */
#define FOR_EACH_NAME(name, length, names)                                                         \
	for (const char *name = (names); name; name = name[length] ? name + length + 1 : NULL)     \
		if (((length) = strcspn(name, ";")), true)

static bool is_known(struct tern_device *const *devices, cl_uint count, const char *name,
		     size_t length)
{
	for (cl_uint i = 0; i < count; i++)
		if (find(&devices[i]->root->caps, name, length))
			return true;
	return false;
}

static bool is_among(const struct tern_kernel_info *kernels, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (!strcmp(kernels[i].name, name))
			return true;
	return false;
}

/* The kernels of the list that a device with @caps has, each once. Room for all of the device's. */
static uint32_t select_kernels(const struct tern_device_caps *caps, const char *names,
			       struct tern_kernel_info *out)
{
	uint32_t count = 0;
	size_t length;
	FOR_EACH_NAME(name, length, names)
	{
		const struct tern_kernel_info *kernel = find(caps, name, length);
		if (kernel && !is_among(out, count, kernel->name))
			out[count++] = *kernel;
	}
	return count;
}

/* The executable for a device with @caps, if it has any of the kernels. */
static cl_int fill_build(const struct tern_device_caps *caps, const char *names,
			 struct tern_program_build *build)
{
	if (!caps->built_in_count)
		return CL_SUCCESS;
	struct tern_kernel_info *kernels =
		tern_zalloc_array(caps->built_in_count, sizeof(*kernels));
	if (!kernels)
		return CL_OUT_OF_HOST_MEMORY;
	uint32_t count = select_kernels(caps, names, kernels);
	int error = count ? tern_code_built_in(kernels, count, &build->code) : 0;
	tern_free(kernels);
	if (!error && count)
		error = tern_module_load(build->code, NULL, &build->module);
	if (error)
		return CL_OUT_OF_HOST_MEMORY;
	build->status = count ? CL_BUILD_SUCCESS : CL_BUILD_NONE;
	build->arg_info = true;
	return CL_SUCCESS;
}

cl_int tern_program_create_built_in(struct tern_context *context,
				    struct tern_device *const *devices, cl_uint count,
				    const char *names, struct tern_program **out)
{
	size_t length;
	FOR_EACH_NAME(name, length, names)
	if (!is_known(devices, count, name, length))
		return CL_INVALID_VALUE;
	struct tern_program *program =
		tern_program_create(context, TERN_PROGRAM_BUILT_IN, devices, count);
	if (!program)
		return CL_OUT_OF_HOST_MEMORY;
	for (cl_uint i = 0; i < count; i++) {
		cl_int error = fill_build(&devices[i]->root->caps, names, &program->builds[i]);
		if (error) {
			tern_program_put(program);
			return error;
		}
	}
	*out = program;
	return CL_SUCCESS;
}
