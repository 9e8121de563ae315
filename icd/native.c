/* SPDX-License-Identifier: MIT */
/* clEnqueueNativeKernel (section 5.10). */
#include "icd/api.h"

#include "runtime/memory.h"

struct native_args {
	void *args;
	size_t bytes;
	cl_uint memory_count;
	const cl_mem *memories;
	const void **places; /* inside args: where the handles are */
};

static cl_int check_args(const struct native_args *a)
{
	if (a->args ? !a->bytes : (a->bytes || a->memory_count))
		return CL_INVALID_VALUE;
	if (a->memory_count ? !a->memories || !a->places : a->memories || a->places)
		return CL_INVALID_VALUE;
	for (cl_uint i = 0; i < a->memory_count; i++) {
		uintptr_t offset = (uintptr_t)a->places[i] - (uintptr_t)a->args;
		if (offset >= a->bytes || a->bytes - offset < sizeof(void *))
			return CL_INVALID_VALUE;
	}
	return CL_SUCCESS;
}

static cl_int check_memories(const struct tern_queue *queue, const struct native_args *a)
{
	for (cl_uint i = 0; i < a->memory_count; i++) {
		struct tern_memory *memory = tern_memory_from(a->memories[i]);
		if (!memory && a->memories[i])
			return CL_INVALID_MEM_OBJECT;
		if (memory && memory->context != queue->context)
			return CL_INVALID_CONTEXT;
	}
	return CL_SUCCESS;
}

/* Gives the command a copy of the arguments in which addresses stand in place of the handles, and
 * the memory objects to keep alive. */
static cl_int set_args(struct tern_command *command, const struct native_args *a)
{
	if (!a->args)
		return CL_SUCCESS;
	char *copy = tern_command_args(command, a->bytes);
	if (!copy)
		return CL_OUT_OF_HOST_MEMORY;
	command->native.args = copy;
	memcpy(copy, a->args, a->bytes);
	for (cl_uint i = 0; i < a->memory_count; i++) {
		struct tern_memory *memory = tern_memory_from(a->memories[i]);
		void *address = memory ? memory->host : NULL;
		memcpy(copy + ((const char *)a->places[i] - (const char *)a->args), &address,
		       sizeof(address));
		if (memory)
			tern_command_use(command, &memory->obj);
	}
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clEnqueueNativeKernel(cl_command_queue command_queue,
					      void(CL_CALLBACK *user_func)(void *), void *args,
					      size_t cb_args, cl_uint num_mem_objects,
					      const cl_mem *mem_list, const void **args_mem_loc,
					      cl_uint num_events_in_wait_list,
					      const cl_event *event_wait_list, cl_event *event)
{
	struct native_args a = {args, cb_args, num_mem_objects, mem_list, args_mem_loc};
	struct tern_queue *queue = tern_queue_from(command_queue);
	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	cl_int error = user_func ? check_args(&a) : CL_INVALID_VALUE;
	if (!error && !queue->device->caps.native_kernels)
		error = CL_INVALID_OPERATION;
	if (!error)
		error = check_memories(queue, &a);
	if (error)
		return error;
	struct tern_command *command =
		tern_command_create(queue, CL_COMMAND_NATIVE_KERNEL, num_mem_objects);
	if (!command)
		return CL_OUT_OF_HOST_MEMORY;
	command->work = TERN_WORK_NATIVE;
	command->native = (struct tern_native){.fn = user_func};
	error = set_args(command, &a);
	if (error) {
		tern_command_cancel(command);
		return error;
	}
	return tern_command_enqueue(command, num_events_in_wait_list, event_wait_list, event,
				    false);
}
