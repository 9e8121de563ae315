/* SPDX-License-Identifier: MIT */
#include "runtime/program.h"

#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/program_build.h"

static void free_build(struct tern_program_build *build)
{
	tern_free(build->options);
	tern_free(build->log);
	if (build->module)
		tern_module_put(build->module);
	if (build->code)
		tern_code_put(build->code);
}

static void destroy_program(struct tern_object *object)
{
	struct tern_program *program = (struct tern_program *)object;
	for (cl_uint i = 0; i < program->device_count; i++) {
		free_build(&program->builds[i]);
		tern_device_put(program->devices[i]);
	}
	tern_free(program->source);
	tern_program_il_destroy(program->il);
	tern_free(program->builds);
	tern_free(program->devices);
	tern_lock_finish(&program->lock);
	tern_context_put(program->context);
	tern_free(program);
}

struct tern_program *tern_program_create(struct tern_context *context,
					 enum tern_program_origin origin,
					 struct tern_device *const *devices, cl_uint count)
{
	struct tern_program *program = tern_zalloc(sizeof(*program));
	if (!program)
		return NULL;
	program->devices = tern_zalloc_array(count, sizeof(struct tern_device *));
	if (!program->devices)
		goto err_program;
	program->builds = tern_zalloc_array(count, sizeof(*program->builds));
	if (!program->builds)
		goto err_devices;
	for (cl_uint i = 0; i < count; i++) {
		tern_device_get(devices[i]);
		program->devices[i] = devices[i];
		program->builds[i].status = CL_BUILD_NONE;
	}
	program->device_count = count;
	program->origin = origin;
	tern_context_get(context);
	program->context = context;
	tern_lock_init(&program->lock, TERN_LOCK_PROGRAM);
	tern_object_init(&program->obj, TERN_KIND_PROGRAM, destroy_program);
	return program;

err_devices:
	tern_free(program->devices);
err_program:
	tern_free(program);
	return NULL;
}

struct tern_program *tern_program_create_source(struct tern_context *context, char *source,
						size_t size)
{
	struct tern_program *program = tern_program_create(context, TERN_PROGRAM_SOURCE,
							   context->devices, context->device_count);
	if (!program)
		return NULL;
	program->source = source;
	program->source_size = size;
	return program;
}

struct tern_program *tern_program_create_binary(struct tern_context *context,
						struct tern_device *const *devices, cl_uint count,
						struct tern_code *const *codes)
{
	struct tern_program *program =
		tern_program_create(context, TERN_PROGRAM_BINARY, devices, count);
	if (!program)
		return NULL;
	for (cl_uint i = 0; i < count; i++) {
		struct tern_program_build *build = &program->builds[i];
		tern_code_get(codes[i]);
		build->code = codes[i];
		if (tern_program_build_traits(program, TERN_BUILD_BUILD,
					      tern_code_info(codes[i])->options, build))
			goto err_program;
	}
	return program;

err_program:
	tern_program_put(program);
	return NULL;
}

int tern_program_device(const struct tern_program *program, const struct tern_device *device)
{
	for (cl_uint i = 0; i < program->device_count; i++)
		if (program->devices[i] == device)
			return (int)i;
	return -1;
}

cl_program_binary_type tern_program_binary_type(const struct tern_program_build *build)
{
	if (!build->code)
		return CL_PROGRAM_BINARY_TYPE_NONE;
	switch (tern_code_info(build->code)->kind) {
	case TERN_CODE_OBJECT:
		return CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT;
	case TERN_CODE_LIBRARY:
		return CL_PROGRAM_BINARY_TYPE_LIBRARY;
	case TERN_CODE_EXECUTABLE:
		return CL_PROGRAM_BINARY_TYPE_EXECUTABLE;
	case TERN_CODE_BUILT_IN: /* there is no binary */
		break;
	}
	return CL_PROGRAM_BINARY_TYPE_NONE;
}
