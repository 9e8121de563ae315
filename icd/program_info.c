/* SPDX-License-Identifier: MIT */
/* Queries of programs: section 5.8.9. */
#include "runtime/program.h"

#include "icd/api.h"
#include "runtime/base/alloc.h"

/*
 * References on the code of each device, in an array that the caller frees with put_codes(), so
 * that the large copies happen without the lock. NULL: no memory.
 */
static struct tern_code **get_codes(struct tern_program *program)
{
	struct tern_code **codes =
		tern_zalloc_array(program->device_count, sizeof(struct tern_code *));
	if (!codes)
		return NULL;
	tern_lock_acquire(&program->lock);
	for (cl_uint i = 0; i < program->device_count; i++) {
		codes[i] = program->builds[i].code;
		if (codes[i])
			tern_code_get(codes[i]);
	}
	tern_lock_release(&program->lock);
	return codes;
}

static void put_codes(const struct tern_program *program, struct tern_code **codes)
{
	for (cl_uint i = 0; i < program->device_count; i++)
		if (codes[i])
			tern_code_put(codes[i]);
	tern_free(codes);
}

static void write_sizes(const struct tern_program *program, struct tern_code *const *codes,
			size_t *sizes)
{
	for (cl_uint i = 0; i < program->device_count; i++) {
		sizes[i] = 0;
		if (codes[i])
			(void)tern_code_bytes(codes[i], &sizes[i]);
	}
}

/* @places: where the program wants each binary to be copied to; NULL: not this one. */
static void write_binaries(const struct tern_program *program, struct tern_code *const *codes,
			   unsigned char *const *places)
{
	for (cl_uint i = 0; i < program->device_count; i++) {
		size_t size;
		const void *binary = codes[i] ? tern_code_bytes(codes[i], &size) : NULL;
		if (binary && places[i])
			memcpy(places[i], binary, size);
	}
}

static cl_int answer_binaries(const struct tern_info *out, struct tern_program *program,
			      cl_program_info param_name)
{
	_Static_assert(sizeof(size_t) == sizeof(unsigned char *), "one size for both answers");
	size_t bytes = program->device_count * sizeof(size_t);
	if (out->value) {
		if (out->size < bytes)
			return CL_INVALID_VALUE;
		struct tern_code **codes = get_codes(program);
		if (!codes)
			return CL_OUT_OF_HOST_MEMORY;
		if (param_name == CL_PROGRAM_BINARY_SIZES)
			write_sizes(program, codes, out->value);
		else
			write_binaries(program, codes, out->value);
		put_codes(program, codes);
	}
	if (out->size_ret)
		*out->size_ret = bytes;
	return CL_SUCCESS;
}

/* What is known of an executable only: the kernels; there are no constructors and destructors. */
static cl_int answer_executable(const struct tern_info *out, struct tern_program *program,
				cl_program_info param_name)
{
	char *names;
	size_t count;
	cl_int error = tern_program_kernel_names(program, ';', &names, &count);
	if (error)
		return error;
	if (param_name == CL_PROGRAM_KERNEL_NAMES)
		error = tern_info_string(out, names);
	else if (param_name == CL_PROGRAM_NUM_KERNELS)
		error = tern_info_value(out, size_t, count);
	else
		error = tern_info_value(out, cl_bool, CL_FALSE);
	tern_free(names);
	return error;
}

cl_int CL_API_CALL tern_clGetProgramInfo(cl_program handle, cl_program_info param_name,
					 size_t param_value_size, void *param_value,
					 size_t *param_value_size_ret)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return CL_INVALID_PROGRAM;
	const struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	switch (param_name) {
	case CL_PROGRAM_REFERENCE_COUNT:
		return tern_info_value(&out, cl_uint, tern_object_count(&program->obj));
	case CL_PROGRAM_CONTEXT:
		return tern_info_value(&out, cl_context, tern_context_handle(program->context));
	case CL_PROGRAM_NUM_DEVICES:
		return tern_info_value(&out, cl_uint, program->device_count);
	case CL_PROGRAM_DEVICES:
		return tern_info_bytes(&out, program->devices,
				       program->device_count * sizeof(cl_device_id));
	case CL_PROGRAM_SOURCE:
		return program->source
			       ? tern_info_bytes(&out, program->source, program->source_size + 1)
			       : tern_info_string(&out, "");
	case CL_PROGRAM_IL:
		return program->il ? tern_info_bytes(&out, program->il->bytes, program->il->size)
				   : tern_info_bytes(&out, NULL, 0);
	case CL_PROGRAM_BINARY_SIZES:
	case CL_PROGRAM_BINARIES:
		return answer_binaries(&out, program, param_name);
	case CL_PROGRAM_NUM_KERNELS:
	case CL_PROGRAM_KERNEL_NAMES:
	case CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT:
	case CL_PROGRAM_SCOPE_GLOBAL_DTORS_PRESENT:
		return answer_executable(&out, program, param_name);
	default:
		return CL_INVALID_VALUE;
	}
}

static cl_int answer_build_locked(const struct tern_info *out,
				  const struct tern_program_build *build,
				  cl_program_build_info param_name)
{
	bool begun = build->status != CL_BUILD_NONE;
	bool done = begun && build->status != CL_BUILD_IN_PROGRESS;
	switch (param_name) {
	case CL_PROGRAM_BUILD_STATUS:
		return tern_info_value(out, cl_build_status, build->status);
	case CL_PROGRAM_BUILD_OPTIONS:
		return tern_info_string(out, begun ? build->options : NULL);
	case CL_PROGRAM_BUILD_LOG:
		return tern_info_string(out, done ? build->log : NULL);
	case CL_PROGRAM_BINARY_TYPE:
		return tern_info_value(out, cl_program_binary_type,
				       tern_program_binary_type(build));
	case CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE:
		return tern_info_value(out, size_t,
				       build->code ? tern_code_info(build->code)->global_bytes : 0);
	default:
		return CL_INVALID_VALUE;
	}
}

/*
 * Which build speaks for @device, whose own is builds[@index]: a program that was not built for a
 * sub-device uses the build for its parent (section 5.8.7).
 */
static const struct tern_program_build *effective_build_locked(const struct tern_program *program,
							       const struct tern_device *device,
							       int index)
{
	const struct tern_program_build *own = &program->builds[index];
	for (; device && program->builds[index].status == CL_BUILD_NONE; device = device->parent) {
		int i = tern_program_device(program, device);
		index = i >= 0 ? i : index;
	}
	return program->builds[index].status == CL_BUILD_NONE ? own : &program->builds[index];
}

cl_int CL_API_CALL tern_clGetProgramBuildInfo(cl_program handle, cl_device_id device_handle,
					      cl_program_build_info param_name,
					      size_t param_value_size, void *param_value,
					      size_t *param_value_size_ret)
{
	struct tern_program *program = tern_program_from(handle);
	if (!program)
		return CL_INVALID_PROGRAM;
	struct tern_device *device = tern_device_from(device_handle);
	int index = device ? tern_program_device(program, device) : -1;
	if (index < 0)
		return CL_INVALID_DEVICE;
	const struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	tern_lock_acquire(&program->lock);
	cl_int error = answer_build_locked(&out, effective_build_locked(program, device, index),
					   param_name);
	tern_lock_release(&program->lock);
	return error;
}
