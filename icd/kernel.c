/* SPDX-License-Identifier: MIT */
/* Making kernels and setting their arguments: sections 5.9.1 to 5.9.3. */
#include "runtime/program.h"

#include "icd/api.h"
#include "icd/svm_types.h"
#include "runtime/base/alloc.h"

cl_kernel CL_API_CALL tern_clCreateKernel(cl_program handle, const char *kernel_name,
					  cl_int *errcode_ret)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return tern_fail(errcode_ret, CL_INVALID_PROGRAM);
	if (!kernel_name)
		return tern_fail(errcode_ret, CL_INVALID_VALUE);
	struct tern_kernel *kernel;
	cl_int error = tern_kernel_create(program, kernel_name, &kernel);
	if (error)
		return tern_fail(errcode_ret, error);
	tern_set_error(errcode_ret, CL_SUCCESS);
	return tern_kernel_handle(kernel);
}

/* A kernel for each of @count names, which follow one another with a NUL between; all or none. */
static cl_int create_all(struct tern_program *program, const char *names, size_t count,
			 cl_kernel *kernels)
{
	struct tern_kernel **made = tern_zalloc_array(count, sizeof(struct tern_kernel *));
	if (count && !made)
		return CL_OUT_OF_HOST_MEMORY;
	cl_int error = CL_SUCCESS;
	size_t n = 0;
	for (; n < count && !error; names += strlen(names) + 1)
		error = tern_kernel_create(program, names, &made[n++]);
	for (size_t i = 0; i < n; i++) {
		if (!error)
			kernels[i] = tern_kernel_handle(made[i]);
		else if (i + 1 < n) /* the last one is what failed */
			tern_kernel_put(made[i]);
	}
	tern_free(made);
	return error;
}

cl_int CL_API_CALL tern_clCreateKernelsInProgram(cl_program handle, cl_uint num_kernels,
						 cl_kernel *kernels, cl_uint *num_kernels_ret)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return CL_INVALID_PROGRAM;
	char *names;
	size_t count;
	cl_int error = tern_program_kernel_names(program, 0, &names, &count);
	if (error)
		return error;
	if (kernels)
		error = num_kernels < count ? CL_INVALID_VALUE
					    : create_all(program, names, count, kernels);
	tern_free(names);
	if (!error && num_kernels_ret)
		*num_kernels_ret = (cl_uint)count;
	return error;
}

cl_kernel CL_API_CALL tern_clCloneKernel(cl_kernel source_kernel, cl_int *errcode_ret)
{
	struct tern_kernel *kernel = tern_kernel_from(source_kernel);
	if (!kernel)
		return tern_fail(errcode_ret, CL_INVALID_KERNEL);
	struct tern_kernel *clone = tern_kernel_clone(kernel);
	if (!clone)
		return tern_fail(errcode_ret, CL_OUT_OF_HOST_MEMORY);
	tern_set_error(errcode_ret, CL_SUCCESS);
	return tern_kernel_handle(clone);
}

cl_int CL_API_CALL tern_clRetainKernel(cl_kernel handle)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	tern_object_retain(&kernel->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clReleaseKernel(cl_kernel handle)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	tern_object_release(&kernel->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clSetKernelArg(cl_kernel handle, cl_uint arg_index, size_t arg_size,
				       const void *arg_value)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	return tern_kernel_set_arg(kernel, arg_index, arg_size, arg_value);
}

/* What some device of a context offers of SVM. */
static cl_device_svm_capabilities context_svm(const struct tern_context *context)
{
	cl_device_svm_capabilities any = 0;
	for (cl_uint i = 0; i < context->device_count; i++)
		any |= context->devices[i]->caps.svm;
	return any;
}

/* Any pointer may be set (cl_khr_unified_svm); what a device cannot reach is an error when a kernel
 * follows it. */
cl_int CL_API_CALL tern_clSetKernelArgSVMPointer(cl_kernel handle, cl_uint arg_index,
						 const void *arg_value)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	if (!context_svm(kernel->program->context))
		return CL_INVALID_OPERATION;
	return tern_kernel_set_pointer(kernel, arg_index, arg_value);
}

/*
 * The program tells what the kernel reaches beyond its arguments. All that a device can reach it
 * always can; the pointers are kept as hints. The checks are the specification's.
 */
cl_int CL_API_CALL tern_clSetKernelExecInfo(cl_kernel handle, cl_kernel_exec_info param_name,
					    size_t param_value_size, const void *param_value)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	cl_device_svm_capabilities svm = context_svm(kernel->program->context);
	cl_bool system;
	switch (param_name) {
	case CL_KERNEL_EXEC_INFO_SVM_PTRS:
		if (!svm)
			return CL_INVALID_OPERATION;
		if (!param_value_size != !param_value || param_value_size % sizeof(void *))
			return CL_INVALID_VALUE;
		tern_kernel_set_indirect(kernel, param_value, param_value_size / sizeof(void *));
		return CL_SUCCESS;
	case CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM:
		if (param_value_size != sizeof(system) || !param_value)
			return CL_INVALID_VALUE;
		memcpy(&system, param_value, sizeof(system));
		if (system && !(svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
			return CL_INVALID_OPERATION;
		return CL_SUCCESS;
	default:
		return tern_svm_kernel_exec_info(kernel, param_name, param_value_size, param_value);
	}
}
