/* SPDX-License-Identifier: MIT */
/* Contexts (section 4.4). */
#include "icd/api.h"

#include "icd/platform.h"
#include "runtime/base/alloc.h"
#include "runtime/context.h"

typedef void(CL_CALLBACK *notify_fn)(const char *errinfo, const void *private_info, size_t cb,
				     void *user_data);

static cl_int check_property(cl_context_properties name, cl_context_properties value)
{
	switch (name) {
	case CL_CONTEXT_PLATFORM:
		/* The value may be any word: it is compared, not followed. */
		return (cl_platform_id)value == tern_icd_platform() ? CL_SUCCESS
								    : CL_INVALID_PLATFORM;
	case CL_CONTEXT_INTEROP_USER_SYNC:
		return value == CL_TRUE || value == CL_FALSE ? CL_SUCCESS : CL_INVALID_PROPERTY;
	default:
		return CL_INVALID_PROPERTY;
	}
}

static cl_int check_properties(const cl_context_properties *p)
{
	bool platform_seen = false, sync_seen = false;
	for (; p && p[0]; p += 2) {
		bool *seen = p[0] == CL_CONTEXT_PLATFORM ? &platform_seen : &sync_seen;
		cl_int error = check_property(p[0], p[1]);
		if (error)
			return error;
		if (*seen)
			return CL_INVALID_PROPERTY;
		*seen = true;
	}
	return CL_SUCCESS;
}

static cl_context create(struct tern_device *const *devices, cl_uint count,
			 const cl_context_properties *properties, notify_fn notify, void *user_data,
			 cl_int *errcode_ret)
{
	struct tern_context *context =
		tern_context_create(devices, count, properties, notify, user_data);
	if (!context)
		return tern_fail(errcode_ret, CL_OUT_OF_HOST_MEMORY);
	tern_set_error(errcode_ret, CL_SUCCESS);
	return tern_context_handle(context);
}

/* Casts the handles into @out; doubles are dropped. */
static cl_int gather_devices(const cl_device_id *handles, cl_uint n, struct tern_device **out,
			     cl_uint *count)
{
	*count = 0;
	for (cl_uint i = 0; i < n; i++) {
		struct tern_device *device = tern_device_from(handles[i]);
		cl_uint j = 0;
		if (!device)
			return CL_INVALID_DEVICE;
		while (j < *count && out[j] != device)
			j++;
		if (j == *count)
			out[(*count)++] = device;
	}
	return CL_SUCCESS;
}

cl_context CL_API_CALL tern_clCreateContext(const cl_context_properties *properties,
					    cl_uint num_devices, const cl_device_id *devices,
					    notify_fn pfn_notify, void *user_data,
					    cl_int *errcode_ret)
{
	cl_int error = check_properties(properties);
	if (error)
		return tern_fail(errcode_ret, error);
	if (!devices || !num_devices || (!pfn_notify && user_data))
		return tern_fail(errcode_ret, CL_INVALID_VALUE);
	struct tern_device **list = tern_zalloc_array(num_devices, sizeof(*list));
	if (!list)
		return tern_fail(errcode_ret, CL_OUT_OF_HOST_MEMORY);
	cl_uint count;
	cl_context context = NULL;
	error = gather_devices(devices, num_devices, list, &count);
	if (error)
		tern_set_error(errcode_ret, error);
	else
		context = create(list, count, properties, pfn_notify, user_data, errcode_ret);
	tern_free(list);
	return context;
}

cl_context CL_API_CALL tern_clCreateContextFromType(const cl_context_properties *properties,
						    cl_device_type device_type,
						    notify_fn pfn_notify, void *user_data,
						    cl_int *errcode_ret)
{
	struct tern_device *devices[TERN_MAX_ROOT_DEVICES];
	cl_uint count;
	cl_int error = check_properties(properties);
	if (!error && !pfn_notify && user_data)
		error = CL_INVALID_VALUE;
	if (!error)
		error = tern_icd_devices(device_type, devices, &count);
	if (error)
		return tern_fail(errcode_ret, error);
	return create(devices, count, properties, pfn_notify, user_data, errcode_ret);
}

cl_int CL_API_CALL tern_clRetainContext(cl_context handle)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return CL_INVALID_CONTEXT;
	tern_object_retain(&context->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clReleaseContext(cl_context handle)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return CL_INVALID_CONTEXT;
	tern_object_release(&context->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clGetContextInfo(cl_context handle, cl_context_info param_name,
					 size_t param_value_size, void *param_value,
					 size_t *param_value_size_ret)
{
	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return CL_INVALID_CONTEXT;
	switch (param_name) {
	case CL_CONTEXT_REFERENCE_COUNT:
		return tern_info_value(&out, cl_uint, tern_object_count(&context->obj));
	case CL_CONTEXT_NUM_DEVICES:
		return tern_info_value(&out, cl_uint, context->device_count);
	case CL_CONTEXT_DEVICES:
		/* A device's handle is its address. */
		return tern_info_bytes(&out, context->devices,
				       context->device_count * sizeof(cl_device_id));
	case CL_CONTEXT_PROPERTIES:
		return tern_info_bytes(&out, context->properties, context->properties_bytes);
	default:
		return CL_INVALID_VALUE;
	}
}

cl_int CL_API_CALL tern_clSetContextDestructorCallback(
	cl_context handle, void(CL_CALLBACK *pfn_notify)(cl_context, void *), void *user_data)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return CL_INVALID_CONTEXT;
	if (!pfn_notify)
		return CL_INVALID_VALUE;
	return tern_cl_error(tern_context_add_destructor(context, pfn_notify, user_data));
}
