/* SPDX-License-Identifier: MIT */
/*
 * Entry points of extensions that Tern does not have, but that the loaders export: OpenGL and EGL
 * sharing. A program that calls them without asking gets the error of a context that shares
 * nothing. And cl_ext_device_fission, the forerunner of clCreateSubDevices, for old programs.
 */
#include "icd/api.h"

#include "runtime/base/alloc.h"
#include "runtime/memory.h"

/* No context is made from a GL context. */
static cl_int gl_context_error(void)
{
	return CL_INVALID_CONTEXT;
}

static cl_int queue_error(cl_command_queue queue, cl_int otherwise)
{
	return tern_queue_from(queue) ? otherwise : CL_INVALID_COMMAND_QUEUE;
}

static cl_int gl_object_error(cl_mem memory)
{
	return tern_memory_from(memory) ? CL_INVALID_GL_OBJECT : CL_INVALID_MEM_OBJECT;
}

cl_mem CL_API_CALL tern_clCreateFromGLBuffer(cl_context context, cl_mem_flags flags,
					     cl_GLuint bufobj, int *errcode_ret)
{
	(void)context, (void)flags, (void)bufobj;
	return tern_fail(errcode_ret, gl_context_error());
}

cl_mem CL_API_CALL tern_clCreateFromGLTexture(cl_context context, cl_mem_flags flags,
					      cl_GLenum target, cl_GLint miplevel,
					      cl_GLuint texture, cl_int *errcode_ret)
{
	(void)context, (void)flags, (void)target, (void)miplevel, (void)texture;
	return tern_fail(errcode_ret, gl_context_error());
}

cl_mem CL_API_CALL tern_clCreateFromGLTexture2D(cl_context context, cl_mem_flags flags,
						cl_GLenum target, cl_GLint miplevel,
						cl_GLuint texture, cl_int *errcode_ret)
{
	return tern_clCreateFromGLTexture(context, flags, target, miplevel, texture, errcode_ret);
}

cl_mem CL_API_CALL tern_clCreateFromGLTexture3D(cl_context context, cl_mem_flags flags,
						cl_GLenum target, cl_GLint miplevel,
						cl_GLuint texture, cl_int *errcode_ret)
{
	return tern_clCreateFromGLTexture(context, flags, target, miplevel, texture, errcode_ret);
}

cl_mem CL_API_CALL tern_clCreateFromGLRenderbuffer(cl_context context, cl_mem_flags flags,
						   cl_GLuint renderbuffer, cl_int *errcode_ret)
{
	(void)context, (void)flags, (void)renderbuffer;
	return tern_fail(errcode_ret, gl_context_error());
}

cl_int CL_API_CALL tern_clGetGLObjectInfo(cl_mem memobj, cl_gl_object_type *gl_object_type,
					  cl_GLuint *gl_object_name)
{
	(void)gl_object_type, (void)gl_object_name;
	return gl_object_error(memobj);
}

cl_int CL_API_CALL tern_clGetGLTextureInfo(cl_mem memobj, cl_gl_texture_info param_name,
					   size_t param_value_size, void *param_value,
					   size_t *param_value_size_ret)
{
	(void)param_name, (void)param_value_size, (void)param_value, (void)param_value_size_ret;
	return gl_object_error(memobj);
}

cl_int CL_API_CALL tern_clEnqueueAcquireGLObjects(cl_command_queue command_queue,
						  cl_uint num_objects, const cl_mem *mem_objects,
						  cl_uint num_events_in_wait_list,
						  const cl_event *event_wait_list, cl_event *event)
{
	(void)num_objects, (void)mem_objects, (void)num_events_in_wait_list;
	(void)event_wait_list, (void)event;
	return queue_error(command_queue, gl_context_error());
}

cl_int CL_API_CALL tern_clEnqueueReleaseGLObjects(cl_command_queue command_queue,
						  cl_uint num_objects, const cl_mem *mem_objects,
						  cl_uint num_events_in_wait_list,
						  const cl_event *event_wait_list, cl_event *event)
{
	return tern_clEnqueueAcquireGLObjects(command_queue, num_objects, mem_objects,
					      num_events_in_wait_list, event_wait_list, event);
}

cl_int CL_API_CALL tern_clGetGLContextInfoKHR(const cl_context_properties *properties,
					      cl_gl_context_info param_name,
					      size_t param_value_size, void *param_value,
					      size_t *param_value_size_ret)
{
	(void)properties, (void)param_name, (void)param_value_size, (void)param_value;
	(void)param_value_size_ret;
	return CL_INVALID_GL_SHAREGROUP_REFERENCE_KHR;
}

cl_event CL_API_CALL tern_clCreateEventFromGLsyncKHR(cl_context context, cl_GLsync sync,
						     cl_int *errcode_ret)
{
	(void)context, (void)sync;
	return tern_fail(errcode_ret, gl_context_error());
}

cl_mem CL_API_CALL tern_clCreateFromEGLImageKHR(cl_context context, CLeglDisplayKHR display,
						CLeglImageKHR image, cl_mem_flags flags,
						const cl_egl_image_properties_khr *properties,
						cl_int *errcode_ret)
{
	(void)display, (void)image, (void)flags, (void)properties;
	return tern_fail(errcode_ret,
			 tern_context_from(context) ? CL_INVALID_OPERATION : CL_INVALID_CONTEXT);
}

cl_int CL_API_CALL tern_clEnqueueAcquireEGLObjectsKHR(
	cl_command_queue command_queue, cl_uint num_objects, const cl_mem *mem_objects,
	cl_uint num_events_in_wait_list, const cl_event *event_wait_list, cl_event *event)
{
	(void)num_objects, (void)mem_objects, (void)num_events_in_wait_list;
	(void)event_wait_list, (void)event;
	return queue_error(command_queue, CL_INVALID_EGL_OBJECT_KHR);
}

cl_int CL_API_CALL tern_clEnqueueReleaseEGLObjectsKHR(
	cl_command_queue command_queue, cl_uint num_objects, const cl_mem *mem_objects,
	cl_uint num_events_in_wait_list, const cl_event *event_wait_list, cl_event *event)
{
	return tern_clEnqueueAcquireEGLObjectsKHR(command_queue, num_objects, mem_objects,
						  num_events_in_wait_list, event_wait_list, event);
}

cl_event CL_API_CALL tern_clCreateEventFromEGLSyncKHR(cl_context context, CLeglSyncKHR sync,
						      CLeglDisplayKHR display, cl_int *errcode_ret)
{
	(void)sync, (void)display;
	return tern_fail(errcode_ret, tern_context_from(context) ? CL_INVALID_EGL_OBJECT_KHR
								 : CL_INVALID_CONTEXT);
}

cl_int CL_API_CALL tern_clRetainDeviceEXT(cl_device_id device)
{
	return tern_clRetainDevice(device);
}

cl_int CL_API_CALL tern_clReleaseDeviceEXT(cl_device_id device)
{
	return tern_clReleaseDevice(device);
}

/* The domain in the numbers of clCreateSubDevices; 0: unknown. */
static cl_device_partition_property domain_of_ext(cl_device_partition_property_ext domain)
{
	switch (domain) {
	case CL_AFFINITY_DOMAIN_L1_CACHE_EXT:
		return CL_DEVICE_AFFINITY_DOMAIN_L1_CACHE;
	case CL_AFFINITY_DOMAIN_L2_CACHE_EXT:
		return CL_DEVICE_AFFINITY_DOMAIN_L2_CACHE;
	case CL_AFFINITY_DOMAIN_L3_CACHE_EXT:
		return CL_DEVICE_AFFINITY_DOMAIN_L3_CACHE;
	case CL_AFFINITY_DOMAIN_L4_CACHE_EXT:
		return CL_DEVICE_AFFINITY_DOMAIN_L4_CACHE;
	case CL_AFFINITY_DOMAIN_NUMA_EXT:
		return CL_DEVICE_AFFINITY_DOMAIN_NUMA;
	case CL_AFFINITY_DOMAIN_NEXT_FISSIONABLE_EXT:
		return CL_DEVICE_AFFINITY_DOMAIN_NEXT_PARTITIONABLE;
	default:
		return 0;
	}
}

/* The property list in the numbers of clCreateSubDevices; the caller frees it. NULL: no memory. */
static cl_device_partition_property *
properties_of_ext(const cl_device_partition_property_ext *properties)
{
	size_t n = 0;
	while (properties[n])
		n++;
	cl_device_partition_property *list = tern_zalloc_array(n + 3, sizeof(*list));
	if (!list || n < 2)
		return list;
	for (size_t i = 1; i < n; i++)
		list[i] = (cl_device_partition_property)properties[i];
	switch (properties[0]) {
	case CL_DEVICE_PARTITION_EQUALLY_EXT:
		list[0] = CL_DEVICE_PARTITION_EQUALLY;
		break;
	case CL_DEVICE_PARTITION_BY_COUNTS_EXT:
		list[0] = CL_DEVICE_PARTITION_BY_COUNTS;
		break;
	case CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN_EXT:
		list[0] = CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN;
		list[1] = domain_of_ext(properties[1]);
		break;
	default:
		break; /* 0, which is invalid there too */
	}
	return list;
}

cl_int CL_API_CALL tern_clCreateSubDevicesEXT(cl_device_id in_device,
					      const cl_device_partition_property_ext *properties,
					      cl_uint num_entries, cl_device_id *out_devices,
					      cl_uint *num_devices)
{
	if (!tern_device_from(in_device))
		return CL_INVALID_DEVICE;
	if (!properties)
		return CL_INVALID_VALUE;
	cl_device_partition_property *list = properties_of_ext(properties);
	if (!list)
		return CL_OUT_OF_HOST_MEMORY;
	cl_int error =
		tern_clCreateSubDevices(in_device, list, num_entries, out_devices, num_devices);
	tern_free(list);
	if (error == CL_DEVICE_PARTITION_FAILED)
		return CL_DEVICE_PARTITION_FAILED_EXT;
	return error == CL_INVALID_DEVICE_PARTITION_COUNT ? CL_INVALID_PARTITION_COUNT_EXT : error;
}
