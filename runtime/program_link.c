/* SPDX-License-Identifier: MIT */
/* clLinkProgram (section 5.8.5). */
#include "runtime/program_build.h"

#include <string.h>

#include "runtime/base/alloc.h"

/* The build of @program for @device, or for the nearest parent that has a compiled one. */
static const struct tern_program_build *compiled_build_locked(const struct tern_program *program,
							      const struct tern_device *device)
{
	for (; device; device = device->parent) {
		int index = tern_program_device(program, device);
		if (index < 0)
			continue;
		const struct tern_program_build *build = &program->builds[index];
		if (build->status == CL_BUILD_IN_PROGRESS)
			return build;
		cl_program_binary_type type = tern_program_binary_type(build);
		if (type == CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT ||
		    type == CL_PROGRAM_BINARY_TYPE_LIBRARY)
			return build;
	}
	return NULL;
}

/*
 * Adds @input's code for @device to @part, if it has any. Non-uniform groups need every input's
 * consent; argument information is there when any input has it.
 */
static cl_int add_input(struct tern_program *input, const struct tern_device *device,
			struct tern_build_part *part)
{
	cl_int error = CL_SUCCESS;
	tern_lock_acquire(&input->lock);
	const struct tern_program_build *build = compiled_build_locked(input, device);
	if (build && build->status == CL_BUILD_IN_PROGRESS) {
		error = CL_INVALID_OPERATION;
	} else if (build) {
		tern_code_get(build->code);
		part->inputs[part->input_count++] = build->code;
		part->uniform |= build->uniform;
		part->arg_info |= build->arg_info;
	}
	tern_lock_release(&input->lock);
	return error;
}

static bool same_inputs(const struct tern_build_part *a, const struct tern_build_part *b)
{
	return a->input_count == b->input_count &&
	       !memcmp(a->inputs, b->inputs, a->input_count * sizeof(a->inputs[0]));
}

/* What is to be linked for device @index of the program; no inputs: nothing. */
static cl_int fill_part(struct tern_build_job *job, cl_uint index,
			struct tern_program *const *inputs, cl_uint input_count)
{
	struct tern_build_part *part = &job->parts[index];
	part->index = index;
	part->inputs = tern_zalloc_array(input_count, sizeof(struct tern_code *));
	part->options = tern_strdup(job->options);
	if (!part->inputs || !part->options)
		return CL_OUT_OF_HOST_MEMORY;
	for (cl_uint i = 0; i < input_count; i++) {
		cl_int error = add_input(inputs[i], job->program->devices[index], part);
		if (error)
			return error;
	}
	if (part->input_count && part->input_count != input_count)
		return CL_INVALID_OPERATION;
	part->same_as = 0;
	while (!same_inputs(&job->parts[part->same_as], part))
		part->same_as++;
	return CL_SUCCESS;
}

/* Takes the devices without inputs out. A job with none left has nothing to link: an error. */
static cl_int drop_empty_parts(struct tern_build_job *job)
{
	cl_uint kept = 0;
	for (cl_uint i = 0; i < job->part_count; i++) {
		struct tern_build_part *part = &job->parts[i];
		if (!part->input_count) {
			tern_free(part->inputs);
			tern_free(part->options);
			continue;
		}
		job->parts[kept] = *part;
		part = &job->parts[kept];
		part->same_as = 0;
		while (!same_inputs(&job->parts[part->same_as], part))
			part->same_as++;
		kept++;
	}
	job->part_count = kept;
	return kept ? CL_SUCCESS : CL_INVALID_OPERATION;
}

static cl_int prepare(struct tern_build_job *job, struct tern_program *const *inputs,
		      cl_uint input_count)
{
	for (cl_uint i = 0; i < job->part_count; i++) {
		cl_int error = fill_part(job, i, inputs, input_count);
		if (error)
			return error;
	}
	return drop_empty_parts(job);
}

/* clLinkProgram of @devices, or of all that have a linker: CL_LINKER_NOT_AVAILABLE. */
static cl_int check_linkers(struct tern_device *const *devices, cl_uint count, bool named)
{
	cl_uint without = 0;
	for (cl_uint i = 0; i < count; i++)
		without += devices[i]->root->caps.no_compiler;
	return without == count || (named && without) ? CL_LINKER_NOT_AVAILABLE : CL_SUCCESS;
}

cl_int tern_program_link(struct tern_context *context, struct tern_device *const *devices,
			 cl_uint device_count, const char *options,
			 struct tern_program *const *inputs, cl_uint input_count,
			 tern_program_notify notify, void *notify_data, struct tern_program **out)
{
	bool named = devices;
	if (!named) {
		devices = context->devices;
		device_count = context->device_count;
	}
	cl_int error = check_linkers(devices, device_count, named);
	if (!error)
		error = tern_program_check_options(TERN_BUILD_LINK, options);
	if (error)
		return error;
	struct tern_program *program =
		tern_program_create(context, TERN_PROGRAM_LINKED, devices, device_count);
	if (!program)
		return CL_OUT_OF_HOST_MEMORY;
	error = CL_OUT_OF_HOST_MEMORY;
	struct tern_build_job *job =
		tern_build_job_create(program, TERN_BUILD_LINK, options, device_count);
	if (!job)
		goto err_program;
	job->notify = notify;
	job->notify_data = notify_data;
	error = prepare(job, inputs, input_count);
	if (error) {
		tern_build_job_destroy(job);
		goto err_program;
	}
	tern_lock_acquire(&program->lock);
	tern_build_job_begin_locked(job);
	tern_lock_release(&program->lock);
	error = tern_build_job_finish(job);
	if (error && error != CL_LINK_PROGRAM_FAILURE)
		goto err_program;
	*out = program;
	return error;

err_program:
	tern_program_put(program);
	return error;
}
