/* SPDX-License-Identifier: MIT */
/* The course of a build operation: work, publication, notification. See program.h. */
#include "runtime/program_build.h"

#include <errno.h>

#include "kernels/options.h"
#include "runtime/base/alloc.h"
#include "runtime/base/log.h"

static cl_int invalid_options_of(enum tern_build_operation operation)
{
	switch (operation) {
	case TERN_BUILD_COMPILE:
		return CL_INVALID_COMPILER_OPTIONS;
	case TERN_BUILD_LINK:
		return CL_INVALID_LINKER_OPTIONS;
	case TERN_BUILD_BUILD:
		break;
	}
	return CL_INVALID_BUILD_OPTIONS;
}

cl_int tern_program_check_options(enum tern_build_operation operation, const char *text)
{
	struct tern_options options;
	int error = tern_options_parse(text, operation, &options);
	if (error == -EINVAL)
		tern_log_error("build options: %s", options.error);
	tern_options_finish(&options);
	if (error == -ENOMEM)
		return CL_OUT_OF_HOST_MEMORY;
	return error ? invalid_options_of(operation) : CL_SUCCESS;
}

cl_int tern_program_build_traits(const struct tern_program *program,
				 enum tern_build_operation operation, const char *options,
				 struct tern_program_build *build)
{
	struct tern_options parsed;
	int error = tern_options_parse(options, operation, &parsed);
	bool uniform = !error && parsed.flags & TERN_OPT_UNIFORM_GROUPS;
	bool arg_info = !error && parsed.flags & TERN_OPT_ARG_INFO;
	bool old = error || parsed.language < TERN_LANGUAGE_CL20;
	tern_options_finish(&parsed);
	if (error == -ENOMEM)
		return CL_OUT_OF_HOST_MEMORY;
	/* Section 5.10: only programs made from source need OpenCL C 2.0 for non-uniform groups. */
	build->uniform = uniform || (program->origin == TERN_PROGRAM_SOURCE && old);
	build->arg_info = arg_info;
	return CL_SUCCESS;
}

struct tern_build_job *tern_build_job_create(struct tern_program *program,
					     enum tern_build_operation operation,
					     const char *options, cl_uint count)
{
	struct tern_build_job *job = tern_zalloc(sizeof(*job));
	if (!job)
		return NULL;
	job->options = tern_strdup(options);
	if (!job->options)
		goto err_job;
	job->parts = tern_zalloc_array(count, sizeof(*job->parts));
	if (!job->parts)
		goto err_options;
	tern_program_get(program);
	job->program = program;
	job->operation = operation;
	job->part_count = count;
	return job;

err_options:
	tern_free(job->options);
err_job:
	tern_free(job);
	return NULL;
}

static void free_part(struct tern_build_part *part)
{
	for (cl_uint i = 0; i < part->input_count; i++)
		tern_code_put(part->inputs[i]);
	tern_free(part->inputs);
	tern_free(part->options);
	tern_free(part->log);
	if (part->module)
		tern_module_put(part->module);
	if (part->code)
		tern_code_put(part->code);
}

void tern_build_job_destroy(struct tern_build_job *job)
{
	for (cl_uint i = 0; i < job->part_count; i++)
		free_part(&job->parts[i]);
	for (cl_uint i = 0; i < job->header_count; i++) {
		tern_program_put(job->headers[i]);
		tern_free((char *)job->header_list[i].name);
	}
	tern_free(job->headers);
	tern_free(job->header_list);
	tern_free(job->parts);
	tern_free(job->options);
	tern_free(job->il);
	tern_program_put(job->program);
	tern_free(job);
}

#define SWAP(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) swap_tmp = (a);                                                      \
		(a) = (b);                                                                         \
		(b) = swap_tmp;                                                                    \
	} while (0)

void tern_build_job_begin_locked(struct tern_build_job *job)
{
	for (cl_uint i = 0; i < job->part_count; i++) {
		struct tern_build_part *part = &job->parts[i];
		struct tern_program_build *build = &job->program->builds[part->index];
		part->status = CL_BUILD_IN_PROGRESS;
		SWAP(part->status, build->status);
		SWAP(part->options, build->options);
	}
}

/* Takes the marks of tern_build_job_begin_locked() back. */
static void undo_begin(struct tern_build_job *job)
{
	tern_lock_acquire(&job->program->lock);
	for (cl_uint i = 0; i < job->part_count; i++) {
		struct tern_build_part *part = &job->parts[i];
		struct tern_program_build *build = &job->program->builds[part->index];
		SWAP(part->status, build->status);
		SWAP(part->options, build->options);
	}
	tern_lock_release(&job->program->lock);
}

static cl_int failure_of(enum tern_build_operation operation)
{
	switch (operation) {
	case TERN_BUILD_COMPILE:
		return CL_COMPILE_PROGRAM_FAILURE;
	case TERN_BUILD_LINK:
		return CL_LINK_PROGRAM_FAILURE;
	case TERN_BUILD_BUILD:
		break;
	}
	return CL_BUILD_PROGRAM_FAILURE;
}

static cl_int convert_status(enum tern_build_operation operation, enum tern_build_status status)
{
	switch (status) {
	case TERN_BUILD_OK:
		return CL_SUCCESS;
	case TERN_BUILD_INVALID_OPTIONS:
		return invalid_options_of(operation);
	case TERN_BUILD_UNAVAILABLE:
		return operation == TERN_BUILD_LINK ? CL_LINKER_NOT_AVAILABLE
						    : CL_COMPILER_NOT_AVAILABLE;
	case TERN_BUILD_FAILED:
	case TERN_BUILD_TIMEOUT:
	case TERN_BUILD_CRASHED:
		break;
	}
	return failure_of(operation);
}

/* Asks the compile server. */
static cl_int compile_part(const struct tern_build_job *job, struct tern_build_part *part)
{
	const struct tern_program *program = job->program;
	const struct tern_build_request request = {
		.operation = job->operation,
		.options = job->options,
		.source = job->il ? (const char *)job->il : program->source,
		.source_size = job->il ? program->il->size : program->source_size,
		.spirv = job->il != NULL,
		.headers = job->header_list,
		.header_count = job->header_count,
		.inputs = part->inputs,
		.input_count = part->input_count,
	};
	struct tern_build_result result;
	if (tern_kernels_build(&request, &result))
		return CL_OUT_OF_HOST_MEMORY;
	part->log = result.log;
	part->code = result.code;
	return convert_status(job->operation, result.status);
}

/* Where the image for the device of @part goes; NULL: into this process. */
static const struct tern_image_place *place_of(const struct tern_build_job *job,
					       const struct tern_build_part *part)
{
	struct tern_device *device = job->program->devices[part->index];
	return device->ops->image_place ? device->ops->image_place(device) : NULL;
}

/*
 * Loads part @index' executable; a part before it with the same code in the same place has one
 * already. Program-scope variables are the device's own, and those of its sub-devices.
 */
static cl_int load_part(const struct tern_build_job *job, cl_uint index)
{
	struct tern_build_part *part = &job->parts[index];
	if (tern_code_info(part->code)->kind != TERN_CODE_EXECUTABLE)
		return CL_SUCCESS;
	const struct tern_image_place *place = place_of(job, part);
	for (cl_uint i = part->same_as; i < index; i++) {
		const struct tern_build_part *before = &job->parts[i];
		if (before->same_as != part->same_as || !before->module ||
		    place_of(job, before) != place)
			continue;
		tern_module_get(before->module);
		part->module = before->module;
		return CL_SUCCESS;
	}
	int error = tern_module_load(part->code, place, &part->module);
	if (!error)
		return CL_SUCCESS;
	tern_log_error("a program's executable cannot be loaded (error %d)", -error);
	if (error == -ENOMEM)
		return CL_OUT_OF_HOST_MEMORY;
	return job->program->origin == TERN_PROGRAM_BINARY ? CL_INVALID_BINARY
							   : CL_OUT_OF_RESOURCES;
}

/* Another device's code and log are this one's as well. */
static cl_int share_part(const struct tern_build_part *from, struct tern_build_part *part)
{
	part->code = from->code;
	if (part->code)
		tern_code_get(part->code);
	/* Without memory the log of this device is empty; the build itself counts. */
	part->log = from->log ? tern_strdup(from->log) : NULL;
	return from->compiled;
}

static cl_int work_part(struct tern_build_job *job, cl_uint index)
{
	struct tern_build_part *part = &job->parts[index];
	if (part->same_as < index) {
		part->compiled = share_part(&job->parts[part->same_as], part);
	} else if (job->program->origin == TERN_PROGRAM_BINARY) {
		part->code = part->inputs[0];
		tern_code_get(part->code);
	} else {
		part->compiled = compile_part(job, part);
	}
	cl_int error = part->compiled ? part->compiled : load_part(job, index);
	part->status = error ? CL_BUILD_ERROR : CL_BUILD_SUCCESS;
	return error;
}

/* Gives the outcomes to the program; what they replace is left in the parts. */
static void publish(struct tern_build_job *job)
{
	tern_lock_acquire(&job->program->lock);
	for (cl_uint i = 0; i < job->part_count; i++) {
		struct tern_build_part *part = &job->parts[i];
		struct tern_program_build *build = &job->program->builds[part->index];
		SWAP(part->status, build->status);
		SWAP(part->log, build->log);
		SWAP(part->module, build->module);
		SWAP(part->code, build->code); /* a binary's part has the binary, come what may */
		build->uniform = part->uniform;
		build->arg_info = part->arg_info;
	}
	tern_lock_release(&job->program->lock);
}

static cl_int work(struct tern_build_job *job)
{
	cl_int result = CL_SUCCESS;
	for (cl_uint i = 0; i < job->part_count; i++) {
		cl_int error = work_part(job, i);
		if (error && !result)
			result = error;
	}
	publish(job);
	return result;
}

static void run_task(struct tern_build_task *task)
{
	struct tern_build_job *job = (struct tern_build_job *)task;
	(void)work(job); /* the program sees it in the build status */
	tern_lock_assert_none();
	job->notify(tern_program_handle(job->program), job->notify_data);
	tern_build_job_destroy(job);
}

cl_int tern_build_job_finish(struct tern_build_job *job)
{
	cl_int result;
	if (!job->notify) {
		result = work(job);
	} else {
		job->task.run = run_task;
		int error = tern_build_thread_run(&job->task);
		if (!error)
			return CL_SUCCESS;
		tern_log_error("no thread for a build (error %d)", -error);
		undo_begin(job);
		result = error == -ENOMEM ? CL_OUT_OF_HOST_MEMORY : CL_OUT_OF_RESOURCES;
	}
	tern_build_job_destroy(job);
	return result;
}
