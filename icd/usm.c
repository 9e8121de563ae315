/* SPDX-License-Identifier: MIT */
/* cl_intel_unified_shared_memory: allocating, freeing, queries. Its commands: usm_commands.c. */
#include "icd/svm_types.h"

#include "runtime/base/log.h"

#define PLACEMENT                                                                                  \
	(CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL | CL_MEM_ALLOC_INITIAL_PLACEMENT_HOST_INTEL)

/* One allocation as asked for. @device NULL: for all devices of the context. */
struct usm_request {
	struct tern_context *context;
	const cl_mem_properties_intel *properties;
	size_t size;
	cl_uint align;
	struct tern_svm_details details;
};

static struct usm_request make_request(cl_context context, enum tern_svm_type type,
				       const cl_mem_properties_intel *properties, size_t size,
				       cl_uint align)
{
	return (struct usm_request){.context = tern_context_from(context),
				    .properties = properties,
				    .size = size,
				    .align = align,
				    .details = {.type = type, .align = align}};
}

/* The flags are the only property. */
static bool parse_properties(struct usm_request *r)
{
	const cl_mem_properties_intel *p = r->properties;
	cl_mem_alloc_flags_intel valid = CL_MEM_ALLOC_WRITE_COMBINED_INTEL;
	if (!p || !p[0])
		return true;
	if (p[0] != CL_MEM_ALLOC_FLAGS_INTEL || p[2])
		return false;
	if (r->details.type == TERN_SVM_SHARED)
		valid |= PLACEMENT;
	r->details.flags = p[1];
	return !(p[1] & ~valid) && (p[1] & PLACEMENT) != PLACEMENT;
}

/* The devices that the allocation is for: the associated one, or all of the context's. */
static struct tern_device *const *request_devices(const struct usm_request *r, cl_uint *count)
{
	*count = r->details.device ? 1 : r->context->device_count;
	return r->details.device ? &r->details.device : r->context->devices;
}

static bool size_valid(const struct usm_request *r)
{
	cl_uint count;
	struct tern_device *const *devices = request_devices(r, &count);
	for (cl_uint i = 0; i < count; i++)
		if (tern_svm_type_caps(r->details.type, devices[i]) &&
		    r->size > devices[i]->caps.max_alloc_bytes)
			return false;
	return r->size;
}

static void *allocate(struct usm_request *r, cl_int *errcode_ret)
{
	cl_uint count;
	struct tern_device *const *devices = request_devices(r, &count);
	void *p = NULL;
	if (!tern_svm_type_shared_caps(r->details.type, devices, count))
		return tern_fail(errcode_ret, CL_INVALID_OPERATION);
	if (!tern_type_alignment_valid(r->align))
		return tern_fail(errcode_ret, CL_INVALID_VALUE);
	if (!parse_properties(r))
		return tern_fail(errcode_ret, CL_INVALID_PROPERTY);
	if (!size_valid(r))
		return tern_fail(errcode_ret, CL_INVALID_BUFFER_SIZE);
	tern_set_error(errcode_ret, tern_svm_type_alloc(r->context, TERN_SVM_KIND_USM, &r->details,
							r->size, &p));
	return p;
}

/* Finds the device, which must be one of the context's. */
static cl_int associate(struct usm_request *r, cl_device_id handle)
{
	struct tern_device *device = tern_device_from(handle);
	if (!device || !tern_context_has_device(r->context, device))
		return CL_INVALID_DEVICE;
	r->details.device = device;
	return CL_SUCCESS;
}

void *CL_API_CALL tern_clHostMemAllocINTEL(cl_context context,
					   const cl_mem_properties_intel *properties, size_t size,
					   cl_uint alignment, cl_int *errcode_ret)
{
	struct usm_request r = make_request(context, TERN_SVM_HOST, properties, size, alignment);
	if (!r.context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	return allocate(&r, errcode_ret);
}

void *CL_API_CALL tern_clDeviceMemAllocINTEL(cl_context context, cl_device_id device,
					     const cl_mem_properties_intel *properties, size_t size,
					     cl_uint alignment, cl_int *errcode_ret)
{
	struct usm_request r = make_request(context, TERN_SVM_DEVICE, properties, size, alignment);
	if (!r.context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	cl_int error = associate(&r, device);
	return error ? tern_fail(errcode_ret, error) : allocate(&r, errcode_ret);
}

void *CL_API_CALL tern_clSharedMemAllocINTEL(cl_context context, cl_device_id device,
					     const cl_mem_properties_intel *properties, size_t size,
					     cl_uint alignment, cl_int *errcode_ret)
{
	struct usm_request r = make_request(context, TERN_SVM_SHARED, properties, size, alignment);
	if (!r.context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	cl_int error = device ? associate(&r, device) : CL_SUCCESS;
	return error ? tern_fail(errcode_ret, error) : allocate(&r, errcode_ret);
}

static cl_int free_memory(struct tern_context *context, void *p)
{
	if (!tern_svm_type_free(context, TERN_SVM_KIND_USM, p))
		return CL_SUCCESS;
	tern_log_error("%p is no unified shared memory of this context, or freed before", p);
	return CL_INVALID_VALUE;
}

cl_int CL_API_CALL tern_clMemFreeINTEL(cl_context handle, void *ptr)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return CL_INVALID_CONTEXT;
	return ptr ? free_memory(context, ptr) : CL_SUCCESS;
}

/*
 * Which commands may use it cannot be told (any pointer is reachable), so it waits for all of the
 * context's; not when the pointer is wrong.
 */
cl_int CL_API_CALL tern_clMemBlockingFreeINTEL(cl_context handle, void *ptr)
{
	struct tern_context *context = tern_context_from(handle);
	struct tern_svm_range range;
	struct tern_svm_details details;
	if (!context)
		return CL_INVALID_CONTEXT;
	if (!ptr)
		return CL_SUCCESS;
	if (tern_svm_type_find(context, TERN_SVM_KIND_USM, ptr, &range, &details) &&
	    range.base == ptr) {
		cl_int error = tern_context_finish(context);
		if (error)
			return error;
	}
	return free_memory(context, ptr);
}

static cl_unified_shared_memory_type_intel type_name(enum tern_svm_type type)
{
	switch (type) {
	case TERN_SVM_HOST:
		return CL_MEM_TYPE_HOST_INTEL;
	case TERN_SVM_DEVICE:
		return CL_MEM_TYPE_DEVICE_INTEL;
	case TERN_SVM_SHARED:
		return CL_MEM_TYPE_SHARED_INTEL;
	default:
		return CL_MEM_TYPE_UNKNOWN_INTEL;
	}
}

cl_int CL_API_CALL tern_clGetMemAllocInfoINTEL(cl_context handle, const void *ptr,
					       cl_mem_info_intel param_name,
					       size_t param_value_size, void *param_value,
					       size_t *param_value_size_ret)
{
	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_context *context = tern_context_from(handle);
	struct tern_svm_range range;
	struct tern_svm_details details;
	if (!context)
		return CL_INVALID_CONTEXT;
	bool found = tern_svm_type_find(context, TERN_SVM_KIND_USM, ptr, &range, &details);
	switch (param_name) {
	case CL_MEM_ALLOC_TYPE_INTEL:
		return tern_info_value(&out, cl_unified_shared_memory_type_intel,
				       found ? type_name(details.type) : CL_MEM_TYPE_UNKNOWN_INTEL);
	case CL_MEM_ALLOC_BASE_PTR_INTEL:
		return tern_info_value(&out, void *, found ? range.base : NULL);
	case CL_MEM_ALLOC_SIZE_INTEL:
		return tern_info_value(&out, size_t, found ? range.size : 0);
	case CL_MEM_ALLOC_DEVICE_INTEL:
		return tern_info_value(&out, cl_device_id,
				       found ? tern_device_handle(details.device) : NULL);
	case CL_MEM_ALLOC_FLAGS_INTEL:
		return tern_info_value(&out, cl_mem_alloc_flags_intel, found ? details.flags : 0);
	default:
		return CL_INVALID_VALUE;
	}
}
