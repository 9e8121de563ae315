/* SPDX-License-Identifier: MIT */
/* cl_khr_unified_svm, revision 0.9.0 (provisional). */
#include "icd/svm_types.h"

#include "runtime/base/log.h"

static bool parse_property(const struct tern_context *context, cl_svm_alloc_properties_khr name,
			   cl_svm_alloc_properties_khr value, struct tern_svm_details *details)
{
	const cl_svm_alloc_access_flags_khr access =
		CL_SVM_ALLOC_ACCESS_HOST_NOREAD_KHR | CL_SVM_ALLOC_ACCESS_HOST_NOWRITE_KHR |
		CL_SVM_ALLOC_ACCESS_DEVICE_NOREAD_KHR | CL_SVM_ALLOC_ACCESS_DEVICE_NOWRITE_KHR;
	switch (name) {
	case CL_SVM_ALLOC_ASSOCIATED_DEVICE_HANDLE_KHR:
		details->device = tern_device_from((cl_device_id)(uintptr_t)value);
		return !value ||
		       (details->device && tern_context_has_device(context, details->device));
	case CL_SVM_ALLOC_ACCESS_FLAGS_KHR:
		details->flags = value;
		return !(value & ~access);
	case CL_SVM_ALLOC_ALIGNMENT_KHR:
		details->align = value;
		return tern_type_alignment_valid(value);
	default:
		return false;
	}
}

/* CL_INVALID_PROPERTY: an unknown one, a value that is not valid, or one given twice. */
static cl_int parse_properties(const struct tern_context *context,
			       const cl_svm_alloc_properties_khr *properties,
			       struct tern_svm_details *details)
{
	*details = (struct tern_svm_details){0};
	if (!properties)
		return CL_SUCCESS;
	size_t n = 0;
	for (; properties[n]; n += 2) {
		for (size_t i = 0; i < n; i += 2)
			if (properties[i] == properties[n])
				return CL_INVALID_PROPERTY;
		if (!parse_property(context, properties[n], properties[n + 1], details))
			return CL_INVALID_PROPERTY;
	}
	details->properties_bytes = (n + 1) * sizeof(properties[0]);
	memcpy(details->properties, properties, details->properties_bytes);
	return CL_SUCCESS;
}

/* Whether the type can be had: by the device that the allocation is associated with, or by any. */
static cl_int check_type(const struct tern_context *context, const struct tern_svm_details *details)
{
	if (details->device) {
		return tern_svm_type_caps(details->type, details->device) ? CL_SUCCESS
									  : CL_INVALID_OPERATION;
	}
	cl_svm_capabilities_khr caps =
		tern_svm_type_shared_caps(details->type, context->devices, context->device_count);
	if (!caps)
		return CL_INVALID_OPERATION;
	/* Then the property is required, and NULL is no valid value of it. */
	return caps & CL_SVM_CAPABILITY_DEVICE_UNASSOCIATED_KHR ? CL_SUCCESS : CL_INVALID_PROPERTY;
}

void *CL_API_CALL tern_clSVMAllocWithPropertiesKHR(cl_context handle,
						   const cl_svm_alloc_properties_khr *properties,
						   cl_uint svm_type_index, size_t size,
						   cl_int *errcode_ret)
{
	struct tern_context *context = tern_context_from(handle);
	enum tern_svm_type list[TERN_SVM_TYPES];
	struct tern_svm_details details;
	void *p = NULL;
	if (!context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	cl_int error = parse_properties(context, properties, &details);
	if (!error && svm_type_index >= tern_svm_type_list(list))
		error = CL_INVALID_VALUE;
	if (!error) {
		details.type = list[svm_type_index];
		error = check_type(context, &details);
	}
	/* No bytes: no memory, and no error. */
	if (!error && size)
		error = tern_svm_type_alloc(context, TERN_SVM_KIND_SVM, &details, size, &p);
	tern_set_error(errcode_ret, error);
	return p;
}

cl_int CL_API_CALL tern_clSVMFreeWithPropertiesKHR(cl_context handle,
						   const cl_svm_free_properties_khr *properties,
						   cl_svm_free_flags_khr flags, void *ptr)
{
	struct tern_context *context = tern_context_from(handle);
	if (!context)
		return CL_INVALID_CONTEXT;
	if (properties && properties[0])
		return CL_INVALID_PROPERTY;
	if (flags)
		return CL_INVALID_VALUE;
	if (!ptr || !tern_svm_type_free(context, TERN_SVM_KIND_SVM, ptr))
		return CL_SUCCESS;
	tern_log_error("%p is no shared virtual memory of this context, or freed before", ptr);
	return CL_INVALID_VALUE;
}

/* What an allocation offers: to @device, or to its own, or to all that support its type. */
static cl_svm_capabilities_khr caps_for(const struct tern_context *context,
					const struct tern_device *device,
					const struct tern_svm_details *details)
{
	if (!device)
		device = details->device;
	if (device)
		return tern_svm_type_caps(details->type, device);
	return tern_svm_type_shared_caps(details->type, context->devices, context->device_count);
}

cl_int CL_API_CALL tern_clGetSVMPointerInfoKHR(cl_context context_handle,
					       cl_device_id device_handle, const void *ptr,
					       cl_svm_pointer_info_khr param_name,
					       size_t param_value_size, void *param_value,
					       size_t *param_value_size_ret)
{
	struct tern_info out = {param_value_size, param_value, param_value_size_ret};
	struct tern_context *context = tern_context_from(context_handle);
	struct tern_device *device = tern_device_from(device_handle);
	struct tern_svm_range range;
	struct tern_svm_details details;
	if (!context)
		return CL_INVALID_CONTEXT;
	if (device_handle && (!device || !tern_context_has_device(context, device)))
		return CL_INVALID_DEVICE;
	bool found = tern_svm_type_find(context, TERN_SVM_KIND_SVM, ptr, &range, &details);
	switch (param_name) {
	case CL_SVM_INFO_TYPE_INDEX_KHR:
		return tern_info_value(&out, cl_uint,
				       found ? tern_svm_type_index(details.type) : CL_UINT_MAX);
	case CL_SVM_INFO_CAPABILITIES_KHR:
		return tern_info_value(&out, cl_svm_capabilities_khr,
				       found ? caps_for(context, device, &details) : 0);
	case CL_SVM_INFO_PROPERTIES_KHR:
		return tern_info_bytes(&out, details.properties,
				       found ? details.properties_bytes : 0);
	case CL_SVM_INFO_ACCESS_FLAGS_KHR:
		return tern_info_value(&out, cl_svm_alloc_access_flags_khr,
				       found ? details.flags : 0);
	case CL_SVM_INFO_BASE_PTR_KHR:
		return tern_info_value(&out, void *, found ? range.base : NULL);
	case CL_SVM_INFO_SIZE_KHR:
		return tern_info_value(&out, size_t, found ? range.size : 0);
	case CL_SVM_INFO_ASSOCIATED_DEVICE_HANDLE_KHR:
		return tern_info_value(&out, cl_device_id,
				       found ? tern_device_handle(details.device) : NULL);
	default:
		return CL_INVALID_VALUE;
	}
}

/* What every device that the allocation is for offers of @type: the associated one, or all. */
static cl_svm_capabilities_khr caps_of_all(const struct tern_context *context,
					   const struct tern_svm_details *details,
					   enum tern_svm_type type)
{
	cl_svm_capabilities_khr caps = ~(cl_svm_capabilities_khr)0;
	if (details->device)
		return tern_svm_type_caps(type, details->device);
	for (cl_uint i = 0; i < context->device_count; i++)
		caps &= tern_svm_type_caps(type, context->devices[i]);
	return caps;
}

static bool could_ever_fit(const struct tern_context *context,
			   const struct tern_svm_details *details, size_t size)
{
	if (details->device)
		return size <= details->device->caps.global_mem_bytes;
	for (cl_uint i = 0; i < context->device_count; i++)
		if (size <= context->devices[i]->caps.global_mem_bytes)
			return true;
	return false;
}

/* The type with the most of @desired, and of those the one with the least beyond what was asked
 * for: what a type promises besides has its price. CL_UINT_MAX: none. */
static cl_uint suggest(const struct tern_context *context, const struct tern_svm_details *details,
		       cl_svm_capabilities_khr required, cl_svm_capabilities_khr desired)
{
	enum tern_svm_type list[TERN_SVM_TYPES];
	cl_uint count = tern_svm_type_list(list), best = CL_UINT_MAX;
	int best_rank = 0;
	for (cl_uint i = 0; i < count; i++) {
		cl_svm_capabilities_khr caps = caps_of_all(context, details, list[i]);
		if (!caps || (caps & required) != required)
			continue;
		int rank = 64 * __builtin_popcountll(caps & desired) -
			   __builtin_popcountll(caps & ~(required | desired));
		if (best == CL_UINT_MAX || rank > best_rank) {
			best = i;
			best_rank = rank;
		}
	}
	return best;
}

cl_int CL_API_CALL tern_clGetSVMSuggestedTypeIndexKHR(cl_context handle,
						      cl_svm_capabilities_khr required_capabilities,
						      cl_svm_capabilities_khr desired_capabilities,
						      const cl_svm_alloc_properties_khr *properties,
						      size_t size,
						      cl_uint *suggested_svm_type_index)
{
	struct tern_context *context = tern_context_from(handle);
	struct tern_svm_details details;
	if (!context)
		return CL_INVALID_CONTEXT;
	cl_int error = parse_properties(context, properties, &details);
	if (error)
		return error;
	if (!suggested_svm_type_index)
		return CL_INVALID_VALUE;
	*suggested_svm_type_index =
		could_ever_fit(context, &details, size)
			? suggest(context, &details, required_capabilities, desired_capabilities)
			: CL_UINT_MAX;
	return CL_SUCCESS;
}
