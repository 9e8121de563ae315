/* SPDX-License-Identifier: MIT */
/* Executing kernels: section 5.10. */
#include "runtime/program.h"

#include "icd/api.h"
#include "icd/svm_types.h"

static cl_int enqueue(cl_command_queue queue_handle, cl_kernel kernel_handle, cl_command_type type,
		      const struct tern_launch *launch, cl_uint wait_count,
		      const cl_event *wait_list, cl_event *event)
{
	struct tern_queue *queue = tern_queue_from(queue_handle);
	if (tern_unlikely(!queue))
		return CL_INVALID_COMMAND_QUEUE;
	struct tern_kernel *kernel = tern_kernel_from(kernel_handle);
	if (tern_unlikely(!kernel))
		return CL_INVALID_KERNEL;
	return tern_kernel_enqueue(queue, kernel, type, launch, wait_count, wait_list, event);
}

cl_int CL_API_CALL tern_clEnqueueNDRangeKernel(cl_command_queue queue, cl_kernel kernel,
					       cl_uint work_dim, const size_t *global_work_offset,
					       const size_t *global_work_size,
					       const size_t *local_work_size,
					       cl_uint num_events_in_wait_list,
					       const cl_event *event_wait_list, cl_event *event)
{
	const struct tern_launch launch = {work_dim, global_work_offset, global_work_size,
					   local_work_size};
	return enqueue(queue, kernel, CL_COMMAND_NDRANGE_KERNEL, &launch, num_events_in_wait_list,
		       event_wait_list, event);
}

cl_int CL_API_CALL tern_clEnqueueTask(cl_command_queue queue, cl_kernel kernel,
				      cl_uint num_events_in_wait_list,
				      const cl_event *event_wait_list, cl_event *event)
{
	static const size_t one = 1;
	const struct tern_launch launch = {1, NULL, &one, &one};
	return enqueue(queue, kernel, CL_COMMAND_TASK, &launch, num_events_in_wait_list,
		       event_wait_list, event);
}

/* cl_khr_suggested_local_work_size */
cl_int CL_API_CALL tern_clGetKernelSuggestedLocalWorkSizeKHR(cl_command_queue queue_handle,
							     cl_kernel kernel_handle,
							     cl_uint work_dim,
							     const size_t *global_work_offset,
							     const size_t *global_work_size,
							     size_t *suggested_local_work_size)
{
	struct tern_queue *queue = tern_queue_from(queue_handle);
	if (!queue)
		return CL_INVALID_COMMAND_QUEUE;
	struct tern_kernel *kernel = tern_kernel_from(kernel_handle);
	if (!kernel)
		return CL_INVALID_KERNEL;
	if (!suggested_local_work_size)
		return CL_INVALID_VALUE;
	const struct tern_launch launch = {work_dim, global_work_offset, global_work_size, NULL};
	return tern_kernel_suggest_local(queue, kernel, &launch, suggested_local_work_size);
}
