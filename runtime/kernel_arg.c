/* SPDX-License-Identifier: MIT */
/* Arguments of kernels (section 5.9.2). */
#include "runtime/program.h"

#include <string.h>

/* Replaces what argument @index is; the caller has put the bytes into the block. */
static void set_value_locked(struct tern_kernel *kernel, cl_uint index, struct tern_memory *memory,
			     size_t local_size)
{
	struct tern_kernel_value *value = &kernel->values[index];
	kernel->unset -= !value->set;
	kernel->memory_count -= value->memory != NULL;
	kernel->memory_count += memory != NULL;
	*value = (struct tern_kernel_value){memory, local_size, true};
}

static void store_pointer_locked(struct tern_kernel *kernel, cl_uint index, const void *pointer)
{
	uint64_t address = (uintptr_t)pointer;
	memcpy(kernel->block + kernel->info->args[index].offset, &address, sizeof(address));
}

static cl_int set_memory(struct tern_kernel *kernel, cl_uint index, size_t size, const void *value)
{
	cl_mem handle = NULL;
	if (value && size != sizeof(cl_mem))
		return CL_INVALID_ARG_SIZE;
	if (value)
		memcpy(&handle, value, sizeof(handle));
	struct tern_memory *memory = tern_memory_from(handle);
	if (handle && !memory)
		return CL_INVALID_MEM_OBJECT;
	if (memory && memory->context != kernel->program->context)
		return CL_INVALID_CONTEXT;
	if (memory && memory->type != CL_MEM_OBJECT_BUFFER)
		return CL_INVALID_MEM_OBJECT;
	tern_lock_acquire(&kernel->lock);
	store_pointer_locked(kernel, index, memory ? memory->host : NULL);
	set_value_locked(kernel, index, memory, 0);
	tern_lock_release(&kernel->lock);
	return CL_SUCCESS;
}

/*
 * Where the local arguments lie: from local_base on, which is after the kernel's own local memory,
 * each at a multiple of TERN_ARGS_ALIGN. False when the sum is more than any memory.
 */
static bool place_locals_locked(struct tern_kernel *kernel, cl_uint changed, size_t size)
{
	const struct tern_kernel_info *info = kernel->info;
	size_t sum = kernel->local_base;
	for (cl_uint i = 0; i < info->arg_count; i++) {
		size_t bytes = i == changed ? size : kernel->values[i].local_size;
		if (bytes > SIZE_MAX / 2 - sum)
			return false;
		sum += tern_round_up(bytes, TERN_ARGS_ALIGN);
	}
	kernel->local_arg_bytes = sum - kernel->local_base;
	sum = kernel->local_base;
	for (cl_uint i = 0; i < info->arg_count; i++) {
		if (info->args[i].kind != TERN_ARG_LOCAL)
			continue;
		store_pointer_locked(kernel, i, (const void *)sum);
		sum += tern_round_up(i == changed ? size : kernel->values[i].local_size,
				     TERN_ARGS_ALIGN);
	}
	return true;
}

static cl_int set_local(struct tern_kernel *kernel, cl_uint index, size_t size, const void *value)
{
	if (value)
		return CL_INVALID_ARG_VALUE;
	if (!size)
		return CL_INVALID_ARG_SIZE;
	cl_int error = CL_SUCCESS;
	tern_lock_acquire(&kernel->lock);
	if (place_locals_locked(kernel, index, size))
		set_value_locked(kernel, index, NULL, size);
	else
		error = CL_INVALID_ARG_SIZE;
	tern_lock_release(&kernel->lock);
	return error;
}

static cl_int set_bytes(struct tern_kernel *kernel, cl_uint index, size_t size, const void *value)
{
	const struct tern_kernel_arg *arg = &kernel->info->args[index];
	if (size != arg->size)
		return CL_INVALID_ARG_SIZE;
	if (!value)
		return CL_INVALID_ARG_VALUE;
	tern_lock_acquire(&kernel->lock);
	memcpy(kernel->block + arg->offset, value, size);
	set_value_locked(kernel, index, NULL, 0);
	tern_lock_release(&kernel->lock);
	return CL_SUCCESS;
}

cl_int tern_kernel_set_arg(struct tern_kernel *kernel, cl_uint index, size_t size,
			   const void *value)
{
	if (index >= kernel->info->arg_count)
		return CL_INVALID_ARG_INDEX;
	switch ((enum tern_arg_kind)kernel->info->args[index].kind) {
	case TERN_ARG_VALUE:
		return set_bytes(kernel, index, size, value);
	case TERN_ARG_GLOBAL:
	case TERN_ARG_CONSTANT:
		return set_memory(kernel, index, size, value);
	case TERN_ARG_LOCAL:
		return set_local(kernel, index, size, value);
	/* No device has these objects, so no handle of one is valid. */
	case TERN_ARG_IMAGE:
	case TERN_ARG_PIPE:
		return CL_INVALID_MEM_OBJECT;
	case TERN_ARG_SAMPLER:
		return CL_INVALID_SAMPLER;
	case TERN_ARG_QUEUE:
		return CL_INVALID_DEVICE_QUEUE;
	}
	return CL_INVALID_ARG_INDEX;
}

cl_int tern_kernel_set_pointer(struct tern_kernel *kernel, cl_uint index, const void *pointer)
{
	if (index >= kernel->info->arg_count)
		return CL_INVALID_ARG_INDEX;
	uint32_t kind = kernel->info->args[index].kind;
	if (kind != TERN_ARG_GLOBAL && kind != TERN_ARG_CONSTANT)
		return CL_INVALID_ARG_VALUE;
	tern_lock_acquire(&kernel->lock);
	store_pointer_locked(kernel, index, pointer);
	set_value_locked(kernel, index, NULL, 0);
	tern_lock_release(&kernel->lock);
	return CL_SUCCESS;
}

void tern_kernel_set_indirect(struct tern_kernel *kernel, const void *const *pointers, size_t count)
{
	tern_lock_acquire(&kernel->lock);
	kernel->indirect_count = (unsigned)tern_min(count, (size_t)TERN_KERNEL_INDIRECT);
	if (kernel->indirect_count)
		memcpy(kernel->indirect, pointers, kernel->indirect_count * sizeof(pointers[0]));
	tern_lock_release(&kernel->lock);
}
