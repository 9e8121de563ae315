/* SPDX-License-Identifier: MIT */
/* cl_intel_unified_shared_memory: kernel arguments, commands and hints. As for SVM, any pointer is
 * accepted: whether it may be followed shows when it is. */
#include "icd/svm_types.h"

#include "icd/transfer.h"
#include "runtime/program.h"
#include "svm/space.h"

cl_int CL_API_CALL tern_clSetKernelArgMemPointerINTEL(cl_kernel handle, cl_uint arg_index,
						      const void *arg_value)
{
	struct tern_kernel *kernel = tern_kernel_from(handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	return tern_kernel_set_pointer(kernel, arg_index, arg_value);
}

cl_int CL_API_CALL tern_clEnqueueMemFillINTEL(cl_command_queue queue, void *dst_ptr,
					      const void *pattern, size_t pattern_size, size_t size,
					      cl_uint wait_count, const cl_event *wait_list,
					      cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	if (!s.queue)
		return CL_INVALID_COMMAND_QUEUE;
	if (!dst_ptr || !tern_fill_valid(pattern, pattern_size, (uintptr_t)dst_ptr, size))
		return CL_INVALID_VALUE;
	return tern_transfer_fill(&s, CL_COMMAND_MEMFILL_INTEL, dst_ptr, size, pattern,
				  pattern_size, NULL);
}

cl_int CL_API_CALL tern_clEnqueueMemcpyINTEL(cl_command_queue queue, cl_bool blocking,
					     void *dst_ptr, const void *src_ptr, size_t size,
					     cl_uint wait_count, const cl_event *wait_list,
					     cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, blocking};
	if (!s.queue)
		return CL_INVALID_COMMAND_QUEUE;
	if (!dst_ptr || !src_ptr)
		return CL_INVALID_VALUE;
	cl_int error = tern_copy_check(dst_ptr, src_ptr, size);
	if (error)
		return error;
	return tern_transfer_copy_bytes(&s, CL_COMMAND_MEMCPY_INTEL, dst_ptr, src_ptr, size, NULL,
					NULL);
}

/* No pointer and no size are refused but those that name no memory. */
static bool range_valid(const void *p, size_t size)
{
	return !size || (p && (uintptr_t)p <= UINTPTR_MAX - (size - 1));
}

cl_int CL_API_CALL tern_clEnqueueMigrateMemINTEL(cl_command_queue queue, const void *ptr,
						 size_t size, cl_mem_migration_flags flags,
						 cl_uint wait_count, const cl_event *wait_list,
						 cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	if (!s.queue)
		return CL_INVALID_COMMAND_QUEUE;
	if (!range_valid(ptr, size) || !tern_migration_flags_valid(flags))
		return CL_INVALID_VALUE;
	struct tern_svm_range range;
	bool moves = size && !(tern_svm_find(ptr, &range) && range.place == TERN_HEAP_SHARED);
	return tern_transfer_migrate(&s, CL_COMMAND_MIGRATEMEM_INTEL, flags,
				     &(struct tern_range){ptr, size}, moves, NULL, 0);
}

/* The extension defines no advice; cl_tern.h does. */
static bool advice_of(cl_mem_advice_intel advice, enum tern_advice *out)
{
	switch (advice) {
	case 0:
		*out = TERN_ADVICE_NONE;
		return true;
	case CL_MEM_ADVICE_READ_MOSTLY_TERN:
		*out = TERN_ADVICE_READ_MOSTLY;
		return true;
	case CL_MEM_ADVICE_PREFER_HOST_TERN:
		*out = TERN_ADVICE_PREFER_HOST;
		return true;
	case CL_MEM_ADVICE_PREFER_DEVICE_TERN:
		*out = TERN_ADVICE_PREFER_DEVICE;
		return true;
	default:
		return false;
	}
}

cl_int CL_API_CALL tern_clEnqueueMemAdviseINTEL(cl_command_queue queue, const void *ptr,
						size_t size, cl_mem_advice_intel advice,
						cl_uint wait_count, const cl_event *wait_list,
						cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	enum tern_advice kept;
	if (!s.queue)
		return CL_INVALID_COMMAND_QUEUE;
	if (!range_valid(ptr, size) || !advice_of(advice, &kept))
		return CL_INVALID_VALUE;
	return tern_transfer_advise(&s, CL_COMMAND_MEMADVISE_INTEL, ptr, size, kept);
}
