/* SPDX-License-Identifier: MIT */
/* Making kernels, and which kernels a program has (sections 5.8.8, 5.9.1, 5.9.3). */
#include "runtime/program.h"

#include <string.h>

#include "runtime/base/alloc.h"

static bool is_executable(const struct tern_program_build *build)
{
	return build->module && build->status == CL_BUILD_SUCCESS;
}

/* The index of kernel @name in @module, or -1. */
static int find_kernel(struct tern_module *module, const char *name)
{
	const struct tern_code_info *info = tern_code_info(tern_module_code(module));
	for (uint32_t i = 0; i < info->kernel_count; i++)
		if (!strcmp(info->kernels[i].name, name))
			return (int)i;
	return -1;
}

/* Kernel @index of the executable that @build holds. */
static struct tern_kernel_target target_of(const struct tern_program_build *build, uint32_t index)
{
	const struct tern_code_info *code = tern_code_info(tern_module_code(build->module));
	const struct tern_kernel_info *info = &code->kernels[index];
	struct tern_kernel_target target = {.module = build->module,
					    .info = info,
					    .function = tern_module_function(build->module, index),
					    .uniform = build->uniform};
	if (info->exchanged) {
		target.exchanged = &code->kernels[info->exchanged];
		target.exchanged_function = tern_module_function(build->module, info->exchanged);
	}
	return target;
}

static bool same_arg(const struct tern_kernel_arg *a, const struct tern_kernel_arg *b)
{
	return a->kind == b->kind && a->address_space == b->address_space &&
	       a->access == b->access && a->offset == b->offset && a->size == b->size &&
	       !strcmp(a->type_name, b->type_name);
}

static bool same_definition(const struct tern_kernel_info *a, const struct tern_kernel_info *b)
{
	if (a == b)
		return true;
	if (a->arg_count != b->arg_count || a->args_bytes != b->args_bytes)
		return false;
	for (uint32_t i = 0; i < a->arg_count; i++)
		if (!same_arg(&a->args[i], &b->args[i]))
			return false;
	return true;
}

/*
 * Looks @name up for every device; @targets (one for each device) may be NULL, *@info is any of
 * them. Same errors as tern_kernel_create().
 */
static cl_int resolve_locked(const struct tern_program *program, const char *name,
			     struct tern_kernel_target *targets,
			     const struct tern_kernel_info **info)
{
	cl_uint executables = 0, found = 0;
	*info = NULL;
	for (cl_uint i = 0; i < program->device_count; i++) {
		const struct tern_program_build *build = &program->builds[i];
		if (!is_executable(build))
			continue;
		executables++;
		int index = find_kernel(build->module, name);
		if (index < 0)
			continue;
		const struct tern_kernel_info *here =
			&tern_code_info(tern_module_code(build->module))->kernels[index];
		found++;
		if (!*info)
			*info = here;
		if (!same_definition(*info, here))
			return CL_INVALID_KERNEL_DEFINITION;
		if (targets)
			targets[i] = target_of(build, (uint32_t)index);
	}
	if (!executables)
		return CL_INVALID_PROGRAM_EXECUTABLE;
	if (!found)
		return CL_INVALID_KERNEL_NAME;
	return found == executables ? CL_SUCCESS : CL_INVALID_KERNEL_DEFINITION;
}

/* Room for the names of the first executable's kernels: every kernel that can be created is there.
 */
static const struct tern_code_info *first_executable_locked(const struct tern_program *program)
{
	for (cl_uint i = 0; i < program->device_count; i++)
		if (is_executable(&program->builds[i]))
			return tern_code_info(tern_module_code(program->builds[i].module));
	return NULL;
}

static cl_int kernel_names_locked(const struct tern_program *program, char separator, char **names,
				  size_t *count)
{
	const struct tern_code_info *code = first_executable_locked(program);
	if (!code)
		return CL_INVALID_PROGRAM_EXECUTABLE;
	size_t bytes = 1;
	for (uint32_t i = 0; i < code->kernel_count; i++)
		bytes += strlen(code->kernels[i].name) + 1;
	char *text = tern_alloc(bytes), *end = text;
	if (!text)
		return CL_OUT_OF_HOST_MEMORY;
	*count = 0;
	for (uint32_t i = 0; i < code->kernel_count; i++) {
		const char *name = code->kernels[i].name;
		const struct tern_kernel_info *info;
		if (resolve_locked(program, name, NULL, &info))
			continue;
		if (end != text)
			*end++ = separator;
		end = stpcpy(end, name);
		++*count;
	}
	*end = 0;
	*names = text;
	return CL_SUCCESS;
}

cl_int tern_program_kernel_names(struct tern_program *program, char separator, char **names,
				 size_t *count)
{
	tern_lock_acquire(&program->lock);
	cl_int error = kernel_names_locked(program, separator, names, count);
	tern_lock_release(&program->lock);
	return error;
}

static void free_kernel(struct tern_kernel *kernel)
{
	tern_free(kernel->values);
	tern_free(kernel->block);
	tern_free(kernel->targets);
	tern_free(kernel);
}

static void destroy_kernel(struct tern_object *object)
{
	struct tern_kernel *kernel = (struct tern_kernel *)object;
	struct tern_program *program = kernel->program;
	tern_lock_acquire(&program->lock);
	program->kernel_count--;
	tern_lock_release(&program->lock);
	tern_lock_finish(&kernel->lock);
	free_kernel(kernel);
	tern_program_put(program);
}

/* The memory of a kernel with @args arguments in @bytes; no object yet. */
static struct tern_kernel *alloc_kernel(cl_uint devices, cl_uint args, size_t bytes)
{
	struct tern_kernel *kernel = tern_zalloc(sizeof(*kernel));
	if (!kernel)
		return NULL;
	size_t padded = tern_round_up(bytes + !bytes, TERN_ARGS_ALIGN);
	kernel->targets = tern_zalloc_array(devices, sizeof(*kernel->targets));
	kernel->values = tern_zalloc_array((size_t)args + !args, sizeof(*kernel->values));
	kernel->block = tern_alloc_aligned(TERN_ARGS_ALIGN, padded);
	if (!kernel->targets || !kernel->values || !kernel->block) {
		free_kernel(kernel);
		return NULL;
	}
	memset(kernel->block, 0, padded);
	return kernel;
}

/* The last steps: from here on the kernel is an object. program->kernel_count counts it already. */
static void finish_kernel(struct tern_kernel *kernel, struct tern_program *program)
{
	tern_program_get(program);
	kernel->program = program;
	kernel->name = kernel->info->name;
	tern_lock_init(&kernel->lock, TERN_LOCK_KERNEL);
	tern_object_init(&kernel->obj, TERN_KIND_KERNEL, destroy_kernel);
}

/* Where local arguments can start on all targets. */
static size_t local_base(const struct tern_kernel *kernel, cl_uint devices)
{
	uint64_t most = 0;
	for (cl_uint i = 0; i < devices; i++)
		if (kernel->targets[i].module)
			most = tern_max(most, kernel->targets[i].info->local_bytes);
	/* A size that no device has stays one. */
	return tern_round_up(tern_min(most, SIZE_MAX / 4), TERN_ARGS_ALIGN);
}

static bool has_arg_info(const struct tern_program *program)
{
	for (cl_uint i = 0; i < program->device_count; i++)
		if (is_executable(&program->builds[i]) && program->builds[i].arg_info)
			return true;
	return false;
}

static cl_int create_locked(struct tern_program *program, const char *name,
			    struct tern_kernel **out)
{
	const struct tern_kernel_info *info;
	cl_int error = resolve_locked(program, name, NULL, &info);
	if (error)
		return error;
	struct tern_kernel *kernel =
		alloc_kernel(program->device_count, info->arg_count, info->args_bytes);
	if (!kernel)
		return CL_OUT_OF_HOST_MEMORY;
	error = resolve_locked(program, name, kernel->targets, &info);
	if (error) {
		free_kernel(kernel);
		return error;
	}
	kernel->info = info;
	kernel->unset = info->arg_count;
	kernel->local_base = local_base(kernel, program->device_count);
	kernel->arg_info = has_arg_info(program);
	program->kernel_count++;
	*out = kernel;
	return CL_SUCCESS;
}

cl_int tern_kernel_create(struct tern_program *program, const char *name, struct tern_kernel **out)
{
	struct tern_kernel *kernel = NULL;
	tern_lock_acquire(&program->lock);
	cl_int error = create_locked(program, name, &kernel);
	tern_lock_release(&program->lock);
	if (error)
		return error;
	finish_kernel(kernel, program);
	*out = kernel;
	return CL_SUCCESS;
}

struct tern_kernel *tern_kernel_clone(struct tern_kernel *kernel)
{
	struct tern_program *program = kernel->program;
	const struct tern_kernel_info *info = kernel->info;
	struct tern_kernel *clone =
		alloc_kernel(program->device_count, info->arg_count, info->args_bytes);
	if (!clone)
		return NULL;
	clone->info = info;
	clone->arg_info = kernel->arg_info;
	memcpy(clone->targets, kernel->targets, program->device_count * sizeof(*clone->targets));
	tern_lock_acquire(&program->lock);
	program->kernel_count++;
	tern_lock_release(&program->lock);
	tern_lock_acquire(&kernel->lock);
	memcpy(clone->block, kernel->block, info->args_bytes);
	memcpy(clone->values, kernel->values, info->arg_count * sizeof(*clone->values));
	clone->unset = kernel->unset;
	clone->memory_count = kernel->memory_count;
	clone->local_arg_bytes = kernel->local_arg_bytes;
	clone->local_base = kernel->local_base;
	clone->indirect_count = kernel->indirect_count;
	memcpy(clone->indirect, kernel->indirect, sizeof(clone->indirect));
	tern_lock_release(&kernel->lock);
	finish_kernel(clone, program);
	return clone;
}

const struct tern_kernel_target *tern_kernel_target(const struct tern_kernel *kernel,
						    const struct tern_device *device)
{
	for (; device; device = device->parent) {
		int index = tern_program_device(kernel->program, device);
		if (index >= 0 && kernel->targets[index].module)
			return &kernel->targets[index];
	}
	return NULL;
}
