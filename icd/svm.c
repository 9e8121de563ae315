/* SPDX-License-Identifier: MIT */
/* Shared virtual memory (section 5.6). Any pointer of the program is valid on a device with
 * fine-grained system SVM, so most checks concern only what the specification names. */
#include "svm/svm.h"

#include "icd/api.h"
#include "icd/transfer.h"
#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "svm/heap.h"

static bool svm_flags_valid(cl_svm_mem_flags flags)
{
	const cl_svm_mem_flags access = CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY;
	const cl_svm_mem_flags grain = CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS;
	if ((flags & ~(access | grain)) || !tern_at_most_one_bit(flags & access))
		return false;
	return !(flags & CL_MEM_SVM_ATOMICS) || (flags & CL_MEM_SVM_FINE_GRAIN_BUFFER);
}

/* Whether every device of @context can share what is allocated with @flags, of @size bytes. */
static bool devices_can_share(const struct tern_context *context, cl_svm_mem_flags flags,
			      size_t size)
{
	cl_device_svm_capabilities needed = 0;
	bool any = false;
	if (flags & CL_MEM_SVM_FINE_GRAIN_BUFFER)
		needed |= CL_DEVICE_SVM_FINE_GRAIN_BUFFER;
	if (flags & CL_MEM_SVM_ATOMICS)
		needed |= CL_DEVICE_SVM_ATOMICS;
	for (cl_uint i = 0; i < context->device_count; i++) {
		const struct tern_device_caps *caps = &context->devices[i]->caps;
		if ((caps->svm & needed) != needed || size > caps->max_alloc_bytes)
			return false;
		any |= caps->svm != 0;
	}
	return any;
}

/* Alignments above the least that the specification asks for (128) are accepted up to a huge page:
 * many programs ask for a page. */
static bool alignment_valid(cl_uint alignment)
{
	return !alignment || (tern_is_power_of_two(alignment) && alignment <= TERN_HEAP_ALIGN_MAX);
}

void *CL_API_CALL tern_clSVMAlloc(cl_context handle, cl_svm_mem_flags flags, size_t size,
				  cl_uint alignment)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context || !svm_flags_valid(flags) || !size || !alignment_valid(alignment) ||
	    !devices_can_share(context, flags, size))
		return NULL;
	void *p = NULL;
	enum tern_heap_place place = flags & CL_MEM_SVM_FINE_GRAIN_BUFFER ? context->memory.fine
									  : context->memory.coarse;
	if (tern_memory_available(context, size))
		p = tern_svm_alloc(context, place, size, alignment, flags);
	if (!p)
		tern_log_error("clSVMAlloc: no memory for %zu bytes", size);
	return p;
}

void CL_API_CALL tern_clSVMFree(cl_context handle, void *p)
{
	if (!tern_context_from(handle) || !p)
		return;
	if (tern_svm_free(p))
		tern_log_error("clSVMFree: %p is not from clSVMAlloc, or freed before", p);
}

/* The checks that every SVM command begins with. */
static cl_int check_queue(const struct tern_queue *queue)
{
	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	return queue->device->caps.svm ? CL_SUCCESS : CL_INVALID_OPERATION;
}

/* Without a callback of the program's all must be from clSVMAlloc. */
static bool all_allocated(void *const *pointers, cl_uint count)
{
	struct tern_svm_range range;
	for (cl_uint i = 0; i < count; i++) {
		if (!pointers[i] || (tern_svm_find(pointers[i], &range) &&
				     range.base == pointers[i] && range.kind == TERN_SVM_KIND_SVM))
			continue;
		tern_log_error("clEnqueueSVMFree: %p is not from clSVMAlloc", pointers[i]);
		return false;
	}
	return true;
}

cl_int CL_API_CALL tern_clEnqueueSVMFree(cl_command_queue queue, cl_uint count, void *pointers[],
					 void(CL_CALLBACK *fn)(cl_command_queue, cl_uint, void *[],
							       void *),
					 void *user_data, cl_uint wait_count,
					 const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	cl_int error = check_queue(s.queue);
	if (error)
		return error;
	if (!count != !pointers)
		return CL_INVALID_VALUE;
	if (!fn && !all_allocated(pointers, count))
		return CL_INVALID_VALUE;
	return tern_transfer_svm_free(&s, pointers, count, fn, user_data);
}

cl_int CL_API_CALL tern_clEnqueueSVMMemcpy(cl_command_queue queue, cl_bool blocking, void *dst,
					   const void *src, size_t size, cl_uint wait_count,
					   const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, blocking};
	cl_int error = check_queue(s.queue);
	if (error)
		return error;
	if (size && (!dst || !src))
		return CL_INVALID_VALUE;
	error = tern_copy_check(dst, src, size);
	if (error)
		return error;
	return tern_transfer_copy_bytes(&s, CL_COMMAND_SVM_MEMCPY, dst, src, size, NULL, NULL);
}

cl_int CL_API_CALL tern_clEnqueueSVMMemFill(cl_command_queue queue, void *p, const void *pattern,
					    size_t pattern_bytes, size_t size, cl_uint wait_count,
					    const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	cl_int error = check_queue(s.queue);
	if (error)
		return error;
	if ((size && !p) || !tern_fill_valid(pattern, pattern_bytes, (uintptr_t)p, size))
		return CL_INVALID_VALUE;
	return tern_transfer_fill(&s, CL_COMMAND_SVM_MEMFILL, p, size, pattern, pattern_bytes,
				  NULL);
}

cl_int CL_API_CALL tern_clEnqueueSVMMap(cl_command_queue queue, cl_bool blocking,
					cl_map_flags flags, void *p, size_t size,
					cl_uint wait_count, const cl_event *wait_list,
					cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, blocking};
	cl_int error = check_queue(s.queue);
	if (error)
		return error;
	if (!p || !size || !tern_map_flags_valid(flags))
		return CL_INVALID_VALUE;
	struct tern_svm_range range;
	bool ours = tern_svm_find(p, &range);
	if (!ours && !(s.queue->device->caps.svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
		return CL_INVALID_VALUE; /* no memory of the device's */
	bool moves =
		s.queue->context->memory.migrates && !(ours && range.place == TERN_HEAP_SHARED);
	/* No pages of the program's that are mapped stay away; later faults bring them as well. */
	return tern_transfer_migrate(&s, CL_COMMAND_SVM_MAP,
				     CL_MIGRATE_MEM_OBJECT_HOST |
					     (flags & CL_MAP_WRITE_INVALIDATE_REGION
						      ? CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED
						      : 0),
				     &(struct tern_range){p, size}, moves, NULL, 0);
}

cl_int CL_API_CALL tern_clEnqueueSVMUnmap(cl_command_queue queue, void *p, cl_uint wait_count,
					  const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	cl_int error = check_queue(s.queue);
	if (error)
		return error;
	if (!p)
		return CL_INVALID_VALUE;
	return tern_transfer_none(&s, CL_COMMAND_SVM_UNMAP, NULL, 0);
}

/*
 * The range of @size bytes at @p (0: the allocation around it) that is to be migrated to @device:
 * any memory of the program's with fine-grained system SVM (of what allocation it is part is not
 * known: 0 means the page), but none that leaves an SVM allocation. False: not valid.
 */
static bool range_to_migrate(const struct tern_device *device, const void *p, size_t size,
			     struct tern_range *out)
{
	struct tern_svm_range range;
	if (size && (!p || (uintptr_t)p > UINTPTR_MAX - (size - 1)))
		return false;
	*out = (struct tern_range){p, p && !size ? 1 : size};
	if (!p)
		return true; /* nothing at NULL is ignored (cl_khr_unified_svm) */
	if (!tern_svm_find(p, &range))
		return device->caps.svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM;
	if (!size)
		*out = (struct tern_range){range.base, range.size};
	else if (size > range.size - (size_t)((const char *)p - (const char *)range.base))
		return false;
	if (range.place == TERN_HEAP_SHARED)
		out->bytes = 0; /* both sides reach it where it is */
	return true;
}

/* Fills @out[0..*n) with what is to be moved. */
static cl_int ranges_to_migrate(const struct tern_device *device, const void **pointers,
				const size_t *sizes, cl_uint count, struct tern_range *out,
				cl_uint *n)
{
	*n = 0;
	for (cl_uint i = 0; i < count; i++) {
		if (!range_to_migrate(device, pointers[i], sizes ? sizes[i] : 0, &out[*n]))
			return CL_INVALID_VALUE;
		*n += out[*n].bytes != 0;
	}
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clEnqueueSVMMigrateMem(cl_command_queue queue, cl_uint count,
					       const void **pointers, const size_t *sizes,
					       cl_mem_migration_flags flags, cl_uint wait_count,
					       const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	cl_int error = check_queue(s.queue);
	if (error)
		return error;
	if (!count || !pointers || !tern_migration_flags_valid(flags))
		return CL_INVALID_VALUE;
	struct tern_range few[16], *ranges = few;
	cl_uint n;
	if (count > tern_array_size(few)) {
		ranges = tern_zalloc_array(count, sizeof(*ranges));
		if (!ranges)
			return CL_OUT_OF_HOST_MEMORY;
	}
	error = ranges_to_migrate(s.queue->device, pointers, sizes, count, ranges, &n);
	if (!error)
		error = tern_transfer_migrate(&s, CL_COMMAND_SVM_MIGRATE_MEM, flags, ranges, n,
					      NULL, 0);
	if (ranges != few)
		tern_free(ranges);
	return error;
}
