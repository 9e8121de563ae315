/* SPDX-License-Identifier: MIT */
/*
 * Images (section 5.3), samplers (5.7) and pipes (5.4). No device supports them, so none can be
 * made, and whatever handle a program has is not one: arguments that the specification has checked
 * first are checked, then comes the error for what the devices cannot do.
 */
#include "icd/api.h"

#include "runtime/queue.h"

static cl_int check_context(cl_context context)
{
	return tern_context_from(context) ? CL_SUCCESS : CL_INVALID_CONTEXT;
}

static bool flags_are_valid(cl_mem_flags flags)
{
	const cl_mem_flags kernel = CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY | CL_MEM_READ_ONLY;
	const cl_mem_flags host =
		CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS;
	const cl_mem_flags pointer =
		CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR;
	const cl_mem_flags one_of_kernel = flags & kernel, one_of_host = flags & host;

	if (flags & ~(kernel | host | pointer | CL_MEM_KERNEL_READ_AND_WRITE))
		return false;
	if ((one_of_kernel & (one_of_kernel - 1)) || (one_of_host & (one_of_host - 1)))
		return false;
	return !(flags & CL_MEM_USE_HOST_PTR) ||
	       !(flags & (CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR));
}

static cl_mem refuse_image(cl_context context, cl_mem_flags flags, const cl_image_format *format,
			   cl_int *errcode_ret)
{
	cl_int error = check_context(context);
	if (!error && !flags_are_valid(flags))
		error = CL_INVALID_VALUE;
	if (!error && !format)
		error = CL_INVALID_IMAGE_FORMAT_DESCRIPTOR;
	return tern_fail(errcode_ret, error ? error : CL_INVALID_OPERATION);
}

cl_mem CL_API_CALL tern_clCreateImage(cl_context context, cl_mem_flags flags,
				      const cl_image_format *image_format,
				      const cl_image_desc *image_desc, void *host_ptr,
				      cl_int *errcode_ret)
{
	return tern_clCreateImageWithProperties(context, NULL, flags, image_format, image_desc,
						host_ptr, errcode_ret);
}

cl_mem CL_API_CALL tern_clCreateImageWithProperties(cl_context context,
						    const cl_mem_properties *properties,
						    cl_mem_flags flags,
						    const cl_image_format *image_format,
						    const cl_image_desc *image_desc, void *host_ptr,
						    cl_int *errcode_ret)
{
	(void)host_ptr;
	if (!check_context(context)) {
		if (properties && *properties) /* no property is defined */
			return tern_fail(errcode_ret, CL_INVALID_PROPERTY);
		if (flags_are_valid(flags) && image_format && !image_desc)
			return tern_fail(errcode_ret, CL_INVALID_IMAGE_DESCRIPTOR);
	}
	return refuse_image(context, flags, image_format, errcode_ret);
}

cl_mem CL_API_CALL tern_clCreateImage2D(cl_context context, cl_mem_flags flags,
					const cl_image_format *image_format, size_t image_width,
					size_t image_height, size_t image_row_pitch, void *host_ptr,
					cl_int *errcode_ret)
{
	(void)image_width, (void)image_height, (void)image_row_pitch, (void)host_ptr;
	return refuse_image(context, flags, image_format, errcode_ret);
}

cl_mem CL_API_CALL tern_clCreateImage3D(cl_context context, cl_mem_flags flags,
					const cl_image_format *image_format, size_t image_width,
					size_t image_height, size_t image_depth,
					size_t image_row_pitch, size_t image_slice_pitch,
					void *host_ptr, cl_int *errcode_ret)
{
	(void)image_width, (void)image_height, (void)image_depth, (void)image_row_pitch;
	(void)image_slice_pitch, (void)host_ptr;
	return refuse_image(context, flags, image_format, errcode_ret);
}

/* There is no format. */
cl_int CL_API_CALL tern_clGetSupportedImageFormats(cl_context context, cl_mem_flags flags,
						   cl_mem_object_type image_type,
						   cl_uint num_entries,
						   cl_image_format *image_formats,
						   cl_uint *num_image_formats)
{
	if (check_context(context))
		return CL_INVALID_CONTEXT;
	if (!flags_are_valid(flags) || image_type < CL_MEM_OBJECT_IMAGE2D ||
	    image_type > CL_MEM_OBJECT_IMAGE1D_BUFFER || (image_formats && !num_entries))
		return CL_INVALID_VALUE;
	if (num_image_formats)
		*num_image_formats = 0;
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clGetImageInfo(cl_mem image, cl_image_info param_name,
				       size_t param_value_size, void *param_value,
				       size_t *param_value_size_ret)
{
	(void)image, (void)param_name, (void)param_value_size, (void)param_value;
	(void)param_value_size_ret;
	return CL_INVALID_MEM_OBJECT;
}

/* A command on an image: the handle that the program gave for it is none. */
static cl_int refuse_command(cl_command_queue queue)
{
	return tern_queue_from(queue) ? CL_INVALID_MEM_OBJECT : CL_INVALID_COMMAND_QUEUE;
}

cl_int CL_API_CALL tern_clEnqueueReadImage(cl_command_queue command_queue, cl_mem image,
					   cl_bool blocking_read, const size_t *origin,
					   const size_t *region, size_t row_pitch,
					   size_t slice_pitch, void *ptr,
					   cl_uint num_events_in_wait_list,
					   const cl_event *event_wait_list, cl_event *event)
{
	(void)image, (void)blocking_read, (void)origin, (void)region, (void)row_pitch;
	(void)slice_pitch, (void)ptr, (void)num_events_in_wait_list, (void)event_wait_list;
	(void)event;
	return refuse_command(command_queue);
}

cl_int CL_API_CALL tern_clEnqueueWriteImage(cl_command_queue command_queue, cl_mem image,
					    cl_bool blocking_write, const size_t *origin,
					    const size_t *region, size_t input_row_pitch,
					    size_t input_slice_pitch, const void *ptr,
					    cl_uint num_events_in_wait_list,
					    const cl_event *event_wait_list, cl_event *event)
{
	(void)image, (void)blocking_write, (void)origin, (void)region, (void)input_row_pitch;
	(void)input_slice_pitch, (void)ptr, (void)num_events_in_wait_list, (void)event_wait_list;
	(void)event;
	return refuse_command(command_queue);
}

cl_int CL_API_CALL tern_clEnqueueCopyImage(cl_command_queue command_queue, cl_mem src_image,
					   cl_mem dst_image, const size_t *src_origin,
					   const size_t *dst_origin, const size_t *region,
					   cl_uint num_events_in_wait_list,
					   const cl_event *event_wait_list, cl_event *event)
{
	(void)src_image, (void)dst_image, (void)src_origin, (void)dst_origin, (void)region;
	(void)num_events_in_wait_list, (void)event_wait_list, (void)event;
	return refuse_command(command_queue);
}

cl_int CL_API_CALL tern_clEnqueueCopyImageToBuffer(cl_command_queue command_queue, cl_mem src_image,
						   cl_mem dst_buffer, const size_t *src_origin,
						   const size_t *region, size_t dst_offset,
						   cl_uint num_events_in_wait_list,
						   const cl_event *event_wait_list, cl_event *event)
{
	(void)src_image, (void)dst_buffer, (void)src_origin, (void)region, (void)dst_offset;
	(void)num_events_in_wait_list, (void)event_wait_list, (void)event;
	return refuse_command(command_queue);
}

cl_int CL_API_CALL tern_clEnqueueCopyBufferToImage(cl_command_queue command_queue,
						   cl_mem src_buffer, cl_mem dst_image,
						   size_t src_offset, const size_t *dst_origin,
						   const size_t *region,
						   cl_uint num_events_in_wait_list,
						   const cl_event *event_wait_list, cl_event *event)
{
	(void)src_buffer, (void)dst_image, (void)src_offset, (void)dst_origin, (void)region;
	(void)num_events_in_wait_list, (void)event_wait_list, (void)event;
	return refuse_command(command_queue);
}

cl_int CL_API_CALL tern_clEnqueueFillImage(cl_command_queue command_queue, cl_mem image,
					   const void *fill_color, const size_t *origin,
					   const size_t *region, cl_uint num_events_in_wait_list,
					   const cl_event *event_wait_list, cl_event *event)
{
	(void)image, (void)fill_color, (void)origin, (void)region, (void)num_events_in_wait_list;
	(void)event_wait_list, (void)event;
	return refuse_command(command_queue);
}

void *CL_API_CALL tern_clEnqueueMapImage(cl_command_queue command_queue, cl_mem image,
					 cl_bool blocking_map, cl_map_flags map_flags,
					 const size_t *origin, const size_t *region,
					 size_t *image_row_pitch, size_t *image_slice_pitch,
					 cl_uint num_events_in_wait_list,
					 const cl_event *event_wait_list, cl_event *event,
					 cl_int *errcode_ret)
{
	(void)image, (void)blocking_map, (void)map_flags, (void)origin, (void)region;
	(void)image_row_pitch, (void)image_slice_pitch, (void)num_events_in_wait_list;
	(void)event_wait_list, (void)event;
	return tern_fail(errcode_ret, refuse_command(command_queue));
}

cl_sampler CL_API_CALL tern_clCreateSamplerWithProperties(cl_context context,
							  const cl_sampler_properties *properties,
							  cl_int *errcode_ret)
{
	(void)properties;
	return tern_fail(errcode_ret,
			 check_context(context) ? CL_INVALID_CONTEXT : CL_INVALID_OPERATION);
}

cl_sampler CL_API_CALL tern_clCreateSampler(cl_context context, cl_bool normalized_coords,
					    cl_addressing_mode addressing_mode,
					    cl_filter_mode filter_mode, cl_int *errcode_ret)
{
	(void)normalized_coords, (void)addressing_mode, (void)filter_mode;
	return tern_clCreateSamplerWithProperties(context, NULL, errcode_ret);
}

cl_int CL_API_CALL tern_clRetainSampler(cl_sampler sampler)
{
	(void)sampler;
	return CL_INVALID_SAMPLER;
}

cl_int CL_API_CALL tern_clReleaseSampler(cl_sampler sampler)
{
	(void)sampler;
	return CL_INVALID_SAMPLER;
}

cl_int CL_API_CALL tern_clGetSamplerInfo(cl_sampler sampler, cl_sampler_info param_name,
					 size_t param_value_size, void *param_value,
					 size_t *param_value_size_ret)
{
	(void)sampler, (void)param_name, (void)param_value_size, (void)param_value;
	(void)param_value_size_ret;
	return CL_INVALID_SAMPLER;
}

cl_mem CL_API_CALL tern_clCreatePipe(cl_context context, cl_mem_flags flags,
				     cl_uint pipe_packet_size, cl_uint pipe_max_packets,
				     const cl_pipe_properties *properties, cl_int *errcode_ret)
{
	(void)flags, (void)pipe_packet_size, (void)pipe_max_packets, (void)properties;
	return tern_fail(errcode_ret,
			 check_context(context) ? CL_INVALID_CONTEXT : CL_INVALID_OPERATION);
}

cl_int CL_API_CALL tern_clGetPipeInfo(cl_mem pipe, cl_pipe_info param_name, size_t param_value_size,
				      void *param_value, size_t *param_value_size_ret)
{
	(void)pipe, (void)param_name, (void)param_value_size, (void)param_value;
	(void)param_value_size_ret;
	return CL_INVALID_MEM_OBJECT;
}
