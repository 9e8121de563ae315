/* SPDX-License-Identifier: MIT */
/* Mapping and migrating memory objects (sections 5.2.4, 5.5.2, 5.5.4). */
#include "icd/api.h"
#include "icd/transfer.h"
#include "runtime/base/alloc.h"

static cl_int check_map(const struct tern_queue *queue, const struct tern_memory *memory,
			cl_map_flags flags, size_t offset, size_t size)
{
	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	if (!memory)
		return CL_INVALID_MEM_OBJECT;
	if (queue->context != memory->context)
		return CL_INVALID_CONTEXT;
	if (!size || !tern_in_bounds(memory, offset, size) || !tern_map_flags_valid(flags))
		return CL_INVALID_VALUE;
	if ((flags & CL_MAP_READ) && !tern_host_may_read(memory))
		return CL_INVALID_OPERATION;
	if ((flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION)) &&
	    !tern_host_may_write(memory))
		return CL_INVALID_OPERATION;
	return CL_SUCCESS;
}

void *CL_API_CALL tern_clEnqueueMapBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
					  cl_map_flags flags, size_t offset, size_t size,
					  cl_uint wait_count, const cl_event *wait_list,
					  cl_event *event, cl_int *errcode_ret)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, blocking};
	struct tern_memory *memory = tern_buffer_from(buffer);
	void *p = NULL;
	cl_int error = check_map(s.queue, memory, flags, offset, size);
	if (!error)
		error = tern_memory_map(&s, memory, flags, offset, size, &p);
	tern_set_error(errcode_ret, error);
	return p;
}

cl_int CL_API_CALL tern_clEnqueueUnmapMemObject(cl_command_queue queue, cl_mem handle, void *ptr,
						cl_uint wait_count, const cl_event *wait_list,
						cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	struct tern_memory *memory = tern_memory_from(handle);
	if (!s.queue)
		return CL_INVALID_COMMAND_QUEUE;
	if (!memory)
		return CL_INVALID_MEM_OBJECT;
	if (s.queue->context != memory->context)
		return CL_INVALID_CONTEXT;
	return tern_memory_unmap(&s, memory, ptr);
}

/* CL_INVALID_MEM_OBJECT, CL_INVALID_CONTEXT; else @out[i] is the object of @handles[i]. */
static cl_int check_migrated(const struct tern_queue *queue, const cl_mem *handles, cl_uint count,
			     struct tern_memory **out)
{
	for (cl_uint i = 0; i < count; i++) {
		out[i] = tern_memory_from(handles[i]);
		if (!out[i])
			return CL_INVALID_MEM_OBJECT;
		if (out[i]->context != queue->context)
			return CL_INVALID_CONTEXT;
	}
	return CL_SUCCESS;
}

static cl_int migrate(const struct tern_submission *s, struct tern_memory *const *memory,
		      cl_uint count, cl_mem_migration_flags flags)
{
	struct tern_range few[16], *ranges = few;
	cl_uint n = 0;
	if (count > tern_array_size(few)) {
		ranges = tern_zalloc_array(count, sizeof(*ranges));
		if (!ranges)
			return CL_OUT_OF_HOST_MEMORY;
	}
	for (cl_uint i = 0; i < count; i++)
		if (tern_memory_migrates(memory[i]))
			ranges[n++] = (struct tern_range){memory[i]->host, memory[i]->size};
	cl_int error = tern_transfer_migrate(s, CL_COMMAND_MIGRATE_MEM_OBJECTS, flags, ranges, n,
					     memory, count);
	if (ranges != few)
		tern_free(ranges);
	return error;
}

cl_int CL_API_CALL tern_clEnqueueMigrateMemObjects(cl_command_queue queue, cl_uint count,
						   const cl_mem *handles,
						   cl_mem_migration_flags flags, cl_uint wait_count,
						   const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	struct tern_memory *few[16], **memory = few;
	if (!s.queue)
		return CL_INVALID_COMMAND_QUEUE;
	if (!count || !handles || !tern_migration_flags_valid(flags))
		return CL_INVALID_VALUE;
	if (count > tern_array_size(few)) {
		memory = tern_zalloc_array(count, sizeof(*memory));
		if (!memory)
			return CL_OUT_OF_HOST_MEMORY;
	}
	cl_int error = check_migrated(s.queue, handles, count, memory);
	if (!error)
		error = migrate(&s, memory, count, flags);
	if (memory != few)
		tern_free(memory);
	return error;
}
