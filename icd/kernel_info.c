/* SPDX-License-Identifier: MIT */
/* Queries of kernels: section 5.9.4. */
#include "runtime/program.h"

#include "icd/api.h"

cl_int CL_API_CALL tern_clGetKernelInfo(cl_kernel handle, cl_kernel_info param_name,
					size_t param_value_size, void *param_value,
					size_t *param_value_size_ret)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	const struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_program *program = kernel->program;
	switch (param_name) {
	case CL_KERNEL_FUNCTION_NAME:
		return tern_info_string(&out, kernel->name);
	case CL_KERNEL_NUM_ARGS:
		return tern_info_value(&out, cl_uint, kernel->info->arg_count);
	case CL_KERNEL_REFERENCE_COUNT:
		return tern_info_value(&out, cl_uint, tern_object_count(&kernel->obj));
	case CL_KERNEL_CONTEXT:
		return tern_info_value(&out, cl_context, tern_context_handle(program->context));
	case CL_KERNEL_PROGRAM:
		return tern_info_value(&out, cl_program, tern_program_handle(program));
	case CL_KERNEL_ATTRIBUTES:
		/* "For kernels not created from OpenCL C source … empty" */
		return tern_info_string(&out, program->origin == TERN_PROGRAM_BINARY
						      ? ""
						      : kernel->info->attributes);
	default:
		return CL_INVALID_VALUE;
	}
}

static cl_kernel_arg_address_qualifier address_qualifier(uint32_t space)
{
	switch ((enum tern_address_space)space) {
	case TERN_SPACE_GLOBAL:
		return CL_KERNEL_ARG_ADDRESS_GLOBAL;
	case TERN_SPACE_CONSTANT:
		return CL_KERNEL_ARG_ADDRESS_CONSTANT;
	case TERN_SPACE_LOCAL:
		return CL_KERNEL_ARG_ADDRESS_LOCAL;
	case TERN_SPACE_PRIVATE:
		break;
	}
	return CL_KERNEL_ARG_ADDRESS_PRIVATE;
}

static cl_kernel_arg_access_qualifier access_qualifier(uint32_t access)
{
	switch ((enum tern_access)access) {
	case TERN_ACCESS_READ:
		return CL_KERNEL_ARG_ACCESS_READ_ONLY;
	case TERN_ACCESS_WRITE:
		return CL_KERNEL_ARG_ACCESS_WRITE_ONLY;
	case TERN_ACCESS_READ_WRITE:
		return CL_KERNEL_ARG_ACCESS_READ_WRITE;
	case TERN_ACCESS_NONE:
		break;
	}
	return CL_KERNEL_ARG_ACCESS_NONE;
}

static cl_kernel_arg_type_qualifier type_qualifier(uint32_t qualifiers)
{
	cl_kernel_arg_type_qualifier q = CL_KERNEL_ARG_TYPE_NONE;
	if (qualifiers & TERN_QUALIFIER_CONST)
		q |= CL_KERNEL_ARG_TYPE_CONST;
	if (qualifiers & TERN_QUALIFIER_RESTRICT)
		q |= CL_KERNEL_ARG_TYPE_RESTRICT;
	if (qualifiers & TERN_QUALIFIER_VOLATILE)
		q |= CL_KERNEL_ARG_TYPE_VOLATILE;
	if (qualifiers & TERN_QUALIFIER_PIPE)
		q |= CL_KERNEL_ARG_TYPE_PIPE;
	return q;
}

cl_int CL_API_CALL tern_clGetKernelArgInfo(cl_kernel handle, cl_uint arg_index,
					   cl_kernel_arg_info param_name, size_t param_value_size,
					   void *param_value, size_t *param_value_size_ret)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	if (arg_index >= kernel->info->arg_count)
		return CL_INVALID_ARG_INDEX;
	const struct tern_kernel_arg *arg = &kernel->info->args[arg_index];
	const struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	if (param_name < CL_KERNEL_ARG_ADDRESS_QUALIFIER || param_name > CL_KERNEL_ARG_NAME)
		return CL_INVALID_VALUE;
	/* Built without -cl-kernel-arg-info, in the operation or all of what was linked. */
	if (!kernel->arg_info)
		return CL_KERNEL_ARG_INFO_NOT_AVAILABLE;
	switch (param_name) {
	case CL_KERNEL_ARG_ADDRESS_QUALIFIER:
		return tern_info_value(&out, cl_kernel_arg_address_qualifier,
				       address_qualifier(arg->address_space));
	case CL_KERNEL_ARG_ACCESS_QUALIFIER:
		return tern_info_value(&out, cl_kernel_arg_access_qualifier,
				       access_qualifier(arg->access));
	case CL_KERNEL_ARG_TYPE_NAME:
		return tern_info_string(&out, arg->type_name);
	case CL_KERNEL_ARG_TYPE_QUALIFIER:
		return tern_info_value(&out, cl_kernel_arg_type_qualifier,
				       type_qualifier(arg->qualifiers));
	default:
		return tern_info_string(&out, arg->name);
	}
}

/*
 * The device that a query means: NULL stands for the only one that the program was made for. The
 * same in both queries: CL_INVALID_DEVICE.
 */
static struct tern_device *query_device(const struct tern_kernel *kernel, cl_device_id handle)
{
	struct tern_program *program = kernel->program;
	if (!handle)
		return program->device_count == 1 ? program->devices[0] : NULL;
	struct tern_device *device = tern_device_from(handle);
	return device && tern_program_device(program, device) >= 0 ? device : NULL;
}

cl_int CL_API_CALL tern_clGetKernelWorkGroupInfo(cl_kernel handle, cl_device_id device_handle,
						 cl_kernel_work_group_info param_name,
						 size_t param_value_size, void *param_value,
						 size_t *param_value_size_ret)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	struct tern_device *device = query_device(kernel, device_handle);
	const struct tern_kernel_target *target =
		device ? tern_kernel_target(kernel, device) : NULL;
	if (!target)
		return CL_INVALID_DEVICE;
	const struct tern_kernel_info *info = target->info;
	const struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	switch (param_name) {
	case CL_KERNEL_WORK_GROUP_SIZE:
		return tern_info_value(&out, size_t, tern_kernel_max_group(target, device));
	case CL_KERNEL_COMPILE_WORK_GROUP_SIZE: {
		const size_t size[3] = {info->required_size[0], info->required_size[1],
					info->required_size[2]};
		return tern_info_array(&out, size);
	}
	case CL_KERNEL_LOCAL_MEM_SIZE:
		return tern_info_value(&out, cl_ulong, tern_kernel_local_bytes(kernel, target));
	case CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE:
		return tern_info_value(&out, size_t, info->lanes);
	case CL_KERNEL_SPILL_MEM_SIZE_INTEL: /* registers that spill go to the stack */
		return tern_info_value(&out, cl_ulong, 0);
	case CL_KERNEL_PRIVATE_MEM_SIZE:
		return tern_info_value(&out, cl_ulong, info->private_bytes);
	case CL_KERNEL_GLOBAL_WORK_SIZE: { /* of built-in kernels, and on custom devices */
		const size_t most[3] = {SIZE_MAX / 2, SIZE_MAX / 2, SIZE_MAX / 2};
		if (kernel->program->origin != TERN_PROGRAM_BUILT_IN &&
		    device->caps.type != CL_DEVICE_TYPE_CUSTOM)
			return CL_INVALID_VALUE;
		return tern_info_array(&out, most);
	}
	default:
		return CL_INVALID_VALUE;
	}
}

/* ---- sub-groups ---- */

/* The local size that a query gives; CL_INVALID_VALUE when it is none. */
static cl_int read_local_size(const void *input, size_t bytes, size_t *items)
{
	size_t n = bytes / sizeof(size_t), each[3];
	if (!input || bytes % sizeof(size_t) || n < 1 || n > 3)
		return CL_INVALID_VALUE;
	memcpy(each, input, bytes);
	*items = 1;
	for (size_t i = 0; i < n; i++)
		if (__builtin_mul_overflow(*items, each[i], items))
			return CL_INVALID_VALUE;
	return CL_SUCCESS;
}

/* The work-group of one dimension that has @count whole sub-groups; 0s when there is none. */
static cl_int answer_local_size(const struct tern_info *out, const struct tern_kernel_info *info,
				size_t most, const void *input, size_t input_bytes)
{
	size_t local[3] = {0}, count, size = tern_kernel_sub_group_size(info);
	size_t n = out->value ? out->size / sizeof(size_t) : 3;
	if (!input || input_bytes != sizeof(count) || n < 1)
		return CL_INVALID_VALUE;
	memcpy(&count, input, sizeof(count));
	bool fits = count && count <= most / size;
	const uint32_t *required = info->required_size;
	if (fits && required[0])
		fits = required[0] == count * size && required[1] == 1 && required[2] == 1;
	for (unsigned i = 0; fits && i < 3; i++)
		local[i] = i ? 1 : count * size;
	return tern_info_bytes(out, local, tern_min(n, (size_t)3) * sizeof(size_t));
}

cl_int CL_API_CALL tern_clGetKernelSubGroupInfo(cl_kernel handle, cl_device_id device_handle,
						cl_kernel_sub_group_info param_name,
						size_t input_value_size, const void *input_value,
						size_t param_value_size, void *param_value,
						size_t *param_value_size_ret)
{
	const struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	struct tern_device *device = query_device(kernel, device_handle);
	const struct tern_kernel_target *target =
		device ? tern_kernel_target(kernel, device) : NULL;
	if (!target)
		return CL_INVALID_DEVICE;
	const struct tern_kernel_info *info = target->info;
	size_t size = tern_kernel_sub_group_size(info), items;
	size_t most = tern_kernel_max_group(target, device);
	cl_int error = CL_SUCCESS;
	switch (param_name) {
	case CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE:
		error = read_local_size(input_value, input_value_size, &items);
		return error ? error : tern_info_value(&out, size_t, size);
	case CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE:
		error = read_local_size(input_value, input_value_size, &items);
		return error ? error
			     : tern_info_value(&out, size_t, items / size + (items % size != 0));
	case CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT:
		return answer_local_size(&out, info, most, input_value, input_value_size);
	case CL_KERNEL_MAX_NUM_SUB_GROUPS:
		return tern_info_value(&out, size_t, (most + size - 1) / size);
	case CL_KERNEL_COMPILE_NUM_SUB_GROUPS:
		return tern_info_value(&out, size_t, 0);
	case CL_KERNEL_COMPILE_SUB_GROUP_SIZE_INTEL:
		return tern_info_value(&out, size_t, info->required_lanes);
	default:
		return CL_INVALID_VALUE;
	}
}

cl_int CL_API_CALL tern_clGetKernelSubGroupInfoKHR(cl_kernel handle, cl_device_id device,
						   cl_kernel_sub_group_info param_name,
						   size_t input_value_size, const void *input_value,
						   size_t param_value_size, void *param_value,
						   size_t *param_value_size_ret)
{
	return tern_clGetKernelSubGroupInfo(handle, device, param_name, input_value_size,
					    input_value, param_value_size, param_value,
					    param_value_size_ret);
}
