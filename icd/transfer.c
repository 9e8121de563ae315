/* SPDX-License-Identifier: MIT */
/* Reading, writing, copying and filling buffers (sections 5.2.2, 5.2.3). */
#include "icd/transfer.h"

#include "icd/api.h"
#include "runtime/rect.h"

/* The checks that all reads and writes begin with. */
static inline cl_int check_objects(const struct tern_queue *queue, const struct tern_memory *memory)
{
	if (tern_unlikely(!queue))
		return CL_INVALID_COMMAND_QUEUE;
	if (tern_unlikely(!memory))
		return CL_INVALID_MEM_OBJECT;
	if (tern_unlikely(queue->context != memory->context))
		return CL_INVALID_CONTEXT;
	return CL_SUCCESS;
}

static inline cl_int check_linear(const struct tern_queue *queue, const struct tern_memory *memory,
				  size_t offset, size_t size, const void *ptr)
{
	cl_int error = check_objects(queue, memory);
	if (tern_unlikely(error))
		return error;
	if (tern_unlikely(!tern_in_bounds(memory, offset, size) || !ptr))
		return CL_INVALID_VALUE;
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clEnqueueReadBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking,
					    size_t offset, size_t size, void *ptr,
					    cl_uint wait_count, const cl_event *wait_list,
					    cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, blocking};
	struct tern_memory *memory = tern_buffer_from(buffer);
	cl_int error = check_linear(s.queue, memory, offset, size, ptr);
	if (error)
		return error;
	if (!tern_host_may_read(memory))
		return CL_INVALID_OPERATION;
	return tern_transfer_copy_bytes(&s, CL_COMMAND_READ_BUFFER, ptr, memory->host + offset,
					size, memory, NULL);
}

cl_int CL_API_CALL tern_clEnqueueWriteBuffer(cl_command_queue queue, cl_mem buffer,
					     cl_bool blocking, size_t offset, size_t size,
					     const void *ptr, cl_uint wait_count,
					     const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, blocking};
	struct tern_memory *memory = tern_buffer_from(buffer);
	cl_int error = check_linear(s.queue, memory, offset, size, ptr);
	if (error)
		return error;
	if (!tern_host_may_write(memory))
		return CL_INVALID_OPERATION;
	return tern_transfer_copy_bytes(&s, CL_COMMAND_WRITE_BUFFER, memory->host + offset, ptr,
					size, memory, NULL);
}

/* Two buffers may be parts of the same one: their places in it, for the overlap check. */
static bool share_bytes(struct tern_memory *a, struct tern_memory *b)
{
	return tern_memory_root(a) == tern_memory_root(b);
}

cl_int CL_API_CALL tern_clEnqueueCopyBuffer(cl_command_queue queue, cl_mem src_handle,
					    cl_mem dst_handle, size_t src_offset, size_t dst_offset,
					    size_t size, cl_uint wait_count,
					    const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	struct tern_memory *src = tern_buffer_from(src_handle), *dst = tern_buffer_from(dst_handle);
	cl_int error = check_objects(s.queue, src);
	if (!error)
		error = check_objects(s.queue, dst);
	if (error)
		return error;
	if (!tern_in_bounds(src, src_offset, size) || !tern_in_bounds(dst, dst_offset, size))
		return CL_INVALID_VALUE;
	size_t from = src->origin + src_offset, to = dst->origin + dst_offset;
	if (share_bytes(src, dst) && from < to + size && to < from + size)
		return CL_MEM_COPY_OVERLAP;
	return tern_transfer_copy_bytes(&s, CL_COMMAND_COPY_BUFFER, dst->host + dst_offset,
					src->host + src_offset, size, src, dst);
}

/* The parameters of a rectangle, on one side. */
struct side {
	const size_t *origin;
	size_t row, slice;
	unsigned char *base;
	size_t size; /* bytes there are from @base on */
};

/* CL_INVALID_VALUE, or @copy and @rect[0] (source), @rect[1] (destination). */
static cl_int check_rects(const struct side *src, const struct side *dst, const size_t region[3],
			  struct tern_rect rect[2], struct tern_copy *copy)
{
	if (!src->origin || !dst->origin || !region)
		return CL_INVALID_VALUE;
	if (!tern_rect_init(&rect[0], src->origin, region, src->row, src->slice) ||
	    !tern_rect_init(&rect[1], dst->origin, region, dst->row, dst->slice))
		return CL_INVALID_VALUE;
	if (!src->base || !dst->base || rect[0].end > src->size || rect[1].end > dst->size)
		return CL_INVALID_VALUE;
	*copy = (struct tern_copy){.src = src->base + rect[0].offset,
				   .dst = dst->base + rect[1].offset,
				   .region = {region[0], region[1], region[2]},
				   .src_row = rect[0].row,
				   .src_slice = rect[0].slice,
				   .dst_row = rect[1].row,
				   .dst_slice = rect[1].slice};
	return CL_SUCCESS;
}

/* Host memory has no known end but that of the address space. */
static struct side host_side(const size_t *origin, size_t row, size_t slice, const void *ptr)
{
	return (struct side){origin, row, slice, (unsigned char *)ptr,
			     UINTPTR_MAX - (uintptr_t)ptr};
}

static struct side buffer_side(const size_t *origin, size_t row, size_t slice,
			       const struct tern_memory *memory)
{
	return (struct side){origin, row, slice, memory->host, memory->size};
}

cl_int CL_API_CALL tern_clEnqueueReadBufferRect(cl_command_queue queue, cl_mem buffer,
						cl_bool blocking, const size_t *buffer_origin,
						const size_t *host_origin, const size_t *region,
						size_t buffer_row, size_t buffer_slice,
						size_t host_row, size_t host_slice, void *ptr,
						cl_uint wait_count, const cl_event *wait_list,
						cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, blocking};
	struct tern_memory *memory = tern_buffer_from(buffer);
	struct tern_rect rect[2];
	struct tern_copy copy;
	cl_int error = check_objects(s.queue, memory);
	if (error)
		return error;
	struct side src = buffer_side(buffer_origin, buffer_row, buffer_slice, memory);
	struct side dst = host_side(host_origin, host_row, host_slice, ptr);
	error = check_rects(&src, &dst, region, rect, &copy);
	if (error)
		return error;
	if (!tern_host_may_read(memory))
		return CL_INVALID_OPERATION;
	return tern_transfer_copy(&s, CL_COMMAND_READ_BUFFER_RECT, &copy, memory, NULL);
}

cl_int CL_API_CALL tern_clEnqueueWriteBufferRect(cl_command_queue queue, cl_mem buffer,
						 cl_bool blocking, const size_t *buffer_origin,
						 const size_t *host_origin, const size_t *region,
						 size_t buffer_row, size_t buffer_slice,
						 size_t host_row, size_t host_slice,
						 const void *ptr, cl_uint wait_count,
						 const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, blocking};
	struct tern_memory *memory = tern_buffer_from(buffer);
	struct tern_rect rect[2];
	struct tern_copy copy;
	cl_int error = check_objects(s.queue, memory);
	if (error)
		return error;
	struct side src = host_side(host_origin, host_row, host_slice, ptr);
	struct side dst = buffer_side(buffer_origin, buffer_row, buffer_slice, memory);
	error = check_rects(&src, &dst, region, rect, &copy);
	if (error)
		return error;
	if (!tern_host_may_write(memory))
		return CL_INVALID_OPERATION;
	return tern_transfer_copy(&s, CL_COMMAND_WRITE_BUFFER_RECT, &copy, memory, NULL);
}

/* @rect: places in @src and @dst. CL_INVALID_VALUE, CL_MEM_COPY_OVERLAP. */
static cl_int check_rect_overlap(struct tern_memory *src, struct tern_memory *dst,
				 const struct tern_rect rect[2], const size_t region[3])
{
	struct tern_rect from = rect[0], to = rect[1];
	if (src == dst && (from.row != to.row || from.slice != to.slice))
		return CL_INVALID_VALUE;
	if (!share_bytes(src, dst))
		return CL_SUCCESS;
	from.offset += src->origin;
	from.end += src->origin;
	to.offset += dst->origin;
	to.end += dst->origin;
	return tern_rect_overlap(&from, &to, region) ? CL_MEM_COPY_OVERLAP : CL_SUCCESS;
}

cl_int CL_API_CALL tern_clEnqueueCopyBufferRect(cl_command_queue queue, cl_mem src_handle,
						cl_mem dst_handle, const size_t *src_origin,
						const size_t *dst_origin, const size_t *region,
						size_t src_row, size_t src_slice, size_t dst_row,
						size_t dst_slice, cl_uint wait_count,
						const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	struct tern_memory *src = tern_buffer_from(src_handle), *dst = tern_buffer_from(dst_handle);
	struct tern_rect rect[2];
	struct tern_copy copy;
	cl_int error = check_objects(s.queue, src);
	if (!error)
		error = check_objects(s.queue, dst);
	if (error)
		return error;
	struct side from = buffer_side(src_origin, src_row, src_slice, src);
	struct side to = buffer_side(dst_origin, dst_row, dst_slice, dst);
	error = check_rects(&from, &to, region, rect, &copy);
	if (!error)
		error = check_rect_overlap(src, dst, rect, region);
	if (error)
		return error;
	return tern_transfer_copy(&s, CL_COMMAND_COPY_BUFFER_RECT, &copy, src, dst);
}

cl_int CL_API_CALL tern_clEnqueueFillBuffer(cl_command_queue queue, cl_mem buffer,
					    const void *pattern, size_t pattern_bytes,
					    size_t offset, size_t size, cl_uint wait_count,
					    const cl_event *wait_list, cl_event *event)
{
	struct tern_submission s = {tern_queue_from(queue), wait_count, wait_list, event, false};
	struct tern_memory *memory = tern_buffer_from(buffer);
	cl_int error = check_objects(s.queue, memory);
	if (error)
		return error;
	if (!tern_in_bounds(memory, offset, size) ||
	    !tern_fill_valid(pattern, pattern_bytes, offset, size))
		return CL_INVALID_VALUE;
	return tern_transfer_fill(&s, CL_COMMAND_FILL_BUFFER, memory->host + offset, size, pattern,
				  pattern_bytes, memory);
}
