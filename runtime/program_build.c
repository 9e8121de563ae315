/* SPDX-License-Identifier: MIT */
/* clBuildProgram and clCompileProgram: checks, and the job made of them. */
#include "runtime/program_build.h"

#include <string.h>

#include "runtime/base/alloc.h"

/* Sets the parts' indices; a device that is named twice counts once. CL_INVALID_DEVICE. */
static cl_int select_devices(const struct tern_program *program,
			     const struct tern_program_request *request, struct tern_build_job *job)
{
	cl_uint count = 0;
	for (cl_uint i = 0; i < job->part_count; i++) {
		int index = request->devices ? tern_program_device(program, request->devices[i])
					     : (int)i;
		if (index < 0)
			return CL_INVALID_DEVICE;
		cl_uint k = 0;
		while (k < count && job->parts[k].index != (cl_uint)index)
			k++;
		if (k == count)
			job->parts[count++].index = (cl_uint)index;
	}
	job->part_count = count;
	return CL_SUCCESS;
}

/* Whether @name is among the first @count names: the first of the same name is used. */
static bool is_named_before(const char *const *names, cl_uint count, const char *name)
{
	for (cl_uint i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* References on the headers, and the list for the compiler. */
static cl_int take_headers(const struct tern_program_request *request, struct tern_build_job *job)
{
	cl_uint count = request->header_count;
	if (!count || job->program->origin == TERN_PROGRAM_IL) /* for IL they are ignored */
		return CL_SUCCESS;
	job->headers = tern_zalloc_array(count, sizeof(struct tern_program *));
	job->header_list = tern_zalloc_array(count, sizeof(*job->header_list));
	if (!job->headers || !job->header_list)
		return CL_OUT_OF_HOST_MEMORY;
	for (cl_uint i = 0; i < count; i++) {
		if (is_named_before(request->header_names, i, request->header_names[i]))
			continue;
		char *name = tern_strdup(request->header_names[i]);
		if (!name)
			return CL_OUT_OF_HOST_MEMORY;
		struct tern_program *header = request->headers[i];
		tern_program_get(header);
		job->headers[job->header_count] = header;
		job->header_list[job->header_count++] =
			(struct tern_header){name, header->source, header->source_size};
	}
	return CL_SUCCESS;
}

/* The code that a program was made of; it stays the same, but a build that ends writes it again. */
static struct tern_code *binary_of(struct tern_program *program, cl_uint index)
{
	tern_lock_acquire(&program->lock);
	struct tern_code *code = program->builds[index].code;
	tern_lock_release(&program->lock);
	return code;
}

/* The options that CL_PROGRAM_BUILD_OPTIONS reports, and what they mean for the device. */
static cl_int take_options(struct tern_program *program, const struct tern_program_request *request,
			   struct tern_build_job *job)
{
	for (cl_uint i = 0; i < job->part_count; i++) {
		struct tern_build_part *part = &job->parts[i];
		const char *options = job->options;
		struct tern_code *code = NULL;
		if (program->origin == TERN_PROGRAM_BINARY) {
			code = binary_of(program, part->index);
			options = tern_code_info(code)->options;
		}
		struct tern_program_build traits;
		cl_int error =
			tern_program_build_traits(program, request->operation, options, &traits);
		if (error)
			return error;
		part->uniform = traits.uniform;
		part->arg_info = traits.arg_info;
		part->options = tern_strdup(request->options ? request->options : options);
		if (!part->options)
			return CL_OUT_OF_HOST_MEMORY;
		if (program->origin != TERN_PROGRAM_BINARY)
			continue; /* one source: all parts are the same as part 0 */
		part->inputs = tern_zalloc_array(1, sizeof(struct tern_code *));
		if (!part->inputs)
			return CL_OUT_OF_HOST_MEMORY;
		tern_code_get(code);
		part->inputs[0] = code;
		part->input_count = 1;
		part->same_as = 0;
		while (job->parts[part->same_as].inputs[0] != code)
			part->same_as++;
	}
	return CL_SUCCESS;
}

/* CL_INVALID_OPERATION when an operation is under way or kernels are attached. */
static cl_int begin(struct tern_build_job *job)
{
	struct tern_program *program = job->program;
	cl_int error = CL_SUCCESS;
	tern_lock_acquire(&program->lock);
	if (program->kernel_count)
		error = CL_INVALID_OPERATION;
	for (cl_uint i = 0; i < job->part_count; i++)
		if (program->builds[job->parts[i].index].status == CL_BUILD_IN_PROGRESS)
			error = CL_INVALID_OPERATION;
	if (!error)
		tern_build_job_begin_locked(job);
	tern_lock_release(&program->lock);
	return error;
}

static bool has_compiler(const struct tern_device *device)
{
	return !device->root->caps.no_compiler;
}

/*
 * Devices that were named must all have a compiler. Where none were, the program is for those that
 * have one: source and IL are of no use to others.
 */
static cl_int check_compilers(const struct tern_program *program,
			      const struct tern_program_request *request,
			      struct tern_build_job *job)
{
	cl_uint kept = 0;
	for (cl_uint i = 0; i < job->part_count; i++)
		if (has_compiler(program->devices[job->parts[i].index]))
			job->parts[kept++].index = job->parts[i].index;
	if (!kept || (request->devices && kept < job->part_count))
		return CL_COMPILER_NOT_AVAILABLE;
	job->part_count = kept;
	return CL_SUCCESS;
}

static cl_int check_origin(const struct tern_program *program,
			   const struct tern_program_request *request, struct tern_build_job *job)
{
	if (program->origin == TERN_PROGRAM_SOURCE || program->origin == TERN_PROGRAM_IL)
		return check_compilers(program, request, job);
	if (program->origin != TERN_PROGRAM_BINARY || request->operation == TERN_BUILD_COMPILE)
		return CL_INVALID_OPERATION;
	for (cl_uint i = 0; i < job->part_count; i++) {
		const struct tern_code *code = program->builds[job->parts[i].index].code;
		if (tern_code_info(code)->kind != TERN_CODE_EXECUTABLE)
			return CL_INVALID_BINARY;
	}
	return CL_SUCCESS;
}

static cl_int take_il(struct tern_build_job *job)
{
	if (job->program->origin != TERN_PROGRAM_IL)
		return CL_SUCCESS;
	job->il = tern_program_il_words(job->program);
	return job->il ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
}

static cl_int prepare(struct tern_program *program, const struct tern_program_request *request,
		      struct tern_build_job *job)
{
	cl_int error = select_devices(program, request, job);
	if (error)
		return error;
	error = check_origin(program, request, job);
	if (error)
		return error;
	error = tern_program_check_options(request->operation, job->options);
	if (error)
		return error;
	error = take_options(program, request, job);
	if (error)
		return error;
	error = take_headers(request, job);
	if (error)
		return error;
	error = take_il(job);
	if (error)
		return error;
	return begin(job);
}

cl_int tern_program_build(struct tern_program *program, const struct tern_program_request *request)
{
	cl_uint count = request->devices ? request->device_count : program->device_count;
	struct tern_build_job *job = tern_build_job_create(
		program, request->operation, request->options ? request->options : "", count);
	if (!job)
		return CL_OUT_OF_HOST_MEMORY;
	job->notify = request->notify;
	job->notify_data = request->notify_data;
	cl_int error = prepare(program, request, job);
	if (error) {
		tern_build_job_destroy(job);
		return error;
	}
	return tern_build_job_finish(job);
}
