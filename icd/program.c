/* SPDX-License-Identifier: MIT */
/* Making, retaining and releasing programs: sections 5.8.1 to 5.8.3. */
#include "runtime/program.h"

#include "icd/api.h"
#include "runtime/base/alloc.h"
#include "runtime/base/log.h"

/* Bytes of string @i of clCreateProgramWithSource. */
static size_t source_length(const char **strings, const size_t *lengths, cl_uint i)
{
	return lengths && lengths[i] ? lengths[i] : strlen(strings[i]);
}

/* The strings in a row, without the NULs in them, and one NUL. NULL: no memory. */
static char *join_sources(cl_uint count, const char **strings, const size_t *lengths, size_t *size)
{
	size_t total = 1;
	for (cl_uint i = 0; i < count; i++)
		if (__builtin_add_overflow(total, source_length(strings, lengths, i), &total))
			return NULL;
	char *source = tern_alloc(total), *end = source;
	if (!source)
		return NULL;
	for (cl_uint i = 0; i < count; i++) {
		const char *p = strings[i], *stop = p + source_length(strings, lengths, i);
		while (p < stop) {
			const char *nul = memchr(p, 0, (size_t)(stop - p));
			const char *until = nul ? nul : stop;
			end = mempcpy(end, p, (size_t)(until - p));
			p = nul ? nul + 1 : stop;
		}
	}
	*end = 0;
	*size = (size_t)(end - source);
	return source;
}

cl_program CL_API_CALL tern_clCreateProgramWithSource(cl_context handle, cl_uint count,
						      const char **strings, const size_t *lengths,
						      cl_int *errcode_ret)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	if (!count || !strings)
		return tern_fail(errcode_ret, CL_INVALID_VALUE);
	for (cl_uint i = 0; i < count; i++)
		if (!strings[i])
			return tern_fail(errcode_ret, CL_INVALID_VALUE);
	size_t size;
	char *source = join_sources(count, strings, lengths, &size);
	if (!source)
		return tern_fail(errcode_ret, CL_OUT_OF_HOST_MEMORY);
	struct tern_program *program = tern_program_create_source(context, source, size);
	if (!program) {
		tern_free(source);
		return tern_fail(errcode_ret, CL_OUT_OF_HOST_MEMORY);
	}
	tern_set_error(errcode_ret, CL_SUCCESS);
	return tern_program_handle(program);
}

/* CL_INVALID_VALUE, CL_INVALID_DEVICE: the list must name devices of the context. */
static cl_int check_devices(const struct tern_context *context, cl_uint count,
			    const cl_device_id *list)
{
	if (!list || !count)
		return CL_INVALID_VALUE;
	for (cl_uint i = 0; i < count; i++) {
		struct tern_device *device = tern_device_from(list[i]);
		if (!device || !tern_context_has_device(context, device))
			return CL_INVALID_DEVICE;
	}
	return CL_SUCCESS;
}

/* One binary; the same bytes for another device before (@codes[0..i-1]) give the same code. */
static cl_int load_binary(const struct tern_device *device, const void *bytes, size_t size,
			  struct tern_code **codes, cl_uint i)
{
	if (device->root->caps.no_compiler) {
		tern_log_error(
			"a program binary is for no device of the kind of %s: it has kernels of "
			"its own only",
			device->ops->name);
		return CL_INVALID_BINARY;
	}
	for (cl_uint k = 0; k < i; k++) {
		size_t other_size;
		const void *other = codes[k] ? tern_code_bytes(codes[k], &other_size) : NULL;
		if (other && other_size == size && !memcmp(other, bytes, size)) {
			tern_code_get(codes[k]);
			codes[i] = codes[k];
			return CL_SUCCESS;
		}
	}
	int error = tern_code_parse(bytes, size, &codes[i]);
	if (!error)
		return CL_SUCCESS;
	codes[i] = NULL;
	if (error == -ENOMEM)
		return CL_OUT_OF_HOST_MEMORY;
	tern_log_error("a program binary is %s: build it from source again",
		       error == -ENOEXEC ? "for another kind of CPU" : "damaged or not Tern's");
	return CL_INVALID_BINARY;
}

/* Loads every binary, whatever becomes of the others; the first error. */
static cl_int load_binaries(struct tern_device *const *devices, cl_uint count,
			    const size_t *lengths, const unsigned char **binaries, cl_int *status,
			    struct tern_code **codes)
{
	cl_int error = CL_SUCCESS;
	for (cl_uint i = 0; i < count; i++) {
		cl_int result = CL_INVALID_VALUE;
		if (lengths[i] && binaries[i])
			result = load_binary(devices[i], binaries[i], lengths[i], codes, i);
		if (status)
			status[i] = result;
		/* CL_INVALID_VALUE comes first in the specification's list. */
		if (result && (!error || result == CL_INVALID_VALUE))
			error = result;
	}
	return error;
}

cl_program CL_API_CALL tern_clCreateProgramWithBinary(cl_context handle, cl_uint num_devices,
						      const cl_device_id *device_list,
						      const size_t *lengths,
						      const unsigned char **binaries,
						      cl_int *binary_status, cl_int *errcode_ret)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	cl_int error = check_devices(context, num_devices, device_list);
	if (error)
		return tern_fail(errcode_ret, error);
	if (!lengths || !binaries)
		return tern_fail(errcode_ret, CL_INVALID_VALUE);
	/* Handles are pointers to the devices, which check_devices() found valid. */
	struct tern_device *const *devices = (struct tern_device *const *)device_list;
	struct tern_program *program = NULL;
	struct tern_code **codes = tern_zalloc_array(num_devices, sizeof(struct tern_code *));
	if (!codes)
		return tern_fail(errcode_ret, CL_OUT_OF_HOST_MEMORY);
	error = load_binaries(devices, num_devices, lengths, binaries, binary_status, codes);
	if (!error) {
		program = tern_program_create_binary(context, devices, num_devices, codes);
		if (!program)
			error = CL_OUT_OF_HOST_MEMORY;
	}
	for (cl_uint i = 0; i < num_devices; i++)
		if (codes[i])
			tern_code_put(codes[i]);
	tern_free(codes);
	tern_set_error(errcode_ret, error);
	return program ? tern_program_handle(program) : NULL;
}

cl_program CL_API_CALL tern_clCreateProgramWithBuiltInKernels(cl_context handle,
							      cl_uint num_devices,
							      const cl_device_id *device_list,
							      const char *kernel_names,
							      cl_int *errcode_ret)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	if (!device_list || !num_devices || !kernel_names)
		return tern_fail(errcode_ret, CL_INVALID_VALUE);
	cl_int error = check_devices(context, num_devices, device_list);
	struct tern_program *program;
	if (!error)
		error = tern_program_create_built_in(context,
						     (struct tern_device *const *)device_list,
						     num_devices, kernel_names, &program);
	tern_set_error(errcode_ret, error);
	return error ? NULL : tern_program_handle(program);
}

static bool any_compiler(const struct tern_context *context)
{
	for (cl_uint i = 0; i < context->device_count; i++)
		if (!context->devices[i]->root->caps.no_compiler)
			return true;
	return false;
}

cl_program CL_API_CALL tern_clCreateProgramWithIL(cl_context handle, const void *il, size_t length,
						  cl_int *errcode_ret)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	if (!tern_kernels_take_spirv()) {
		tern_log_error("clCreateProgramWithIL: there is no translator of SPIR-V "
			       "(TERN_SPIRV)");
		return tern_fail(errcode_ret, CL_INVALID_OPERATION);
	}
	if (!any_compiler(context))
		return tern_fail(errcode_ret, CL_INVALID_OPERATION);
	if (!il || !length)
		return tern_fail(errcode_ret, CL_INVALID_VALUE);
	struct tern_program *program;
	cl_int error = tern_program_create_il(context, il, length, &program);
	tern_set_error(errcode_ret, error);
	return error ? NULL : tern_program_handle(program);
}

cl_int CL_API_CALL tern_clRetainProgram(cl_program handle)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return CL_INVALID_PROGRAM;
	tern_object_retain(&program->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clReleaseProgram(cl_program handle)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return CL_INVALID_PROGRAM;
	tern_object_release(&program->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clSetProgramReleaseCallback(
	cl_program handle, void(CL_CALLBACK *pfn_notify)(cl_program program, void *user_data),
	void *user_data)
{
	(void)pfn_notify;
	(void)user_data;
	/* No device has destructors of program-scope variables, which this is about. */
	return tern_program_from(handle) ? CL_INVALID_OPERATION : CL_INVALID_PROGRAM;
}

cl_int CL_API_CALL tern_clSetProgramSpecializationConstant(cl_program handle, cl_uint spec_id,
							   size_t spec_size, const void *spec_value)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return CL_INVALID_PROGRAM;
	if (!tern_kernels_take_spirv())
		return CL_INVALID_OPERATION;
	if (program->origin != TERN_PROGRAM_IL)
		return CL_INVALID_PROGRAM;
	if (!spec_value)
		return CL_INVALID_VALUE;
	return tern_program_set_constant(program, spec_id, spec_size, spec_value);
}
