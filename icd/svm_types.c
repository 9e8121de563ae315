/* SPDX-License-Identifier: MIT */
#include "icd/svm_types.h"

#include "runtime/base/log.h"
#include "runtime/transfer.h"

struct type_info {
	cl_device_svm_capabilities needs; /* what the device must have to support the type */
	cl_svm_capabilities_khr caps;     /* then it offers this, */
	cl_svm_capabilities_khr atomics;  /* and this when it has CL_DEVICE_SVM_ATOMICS */
	bool fine;                        /* memory.fine of the context rather than memory.coarse */
	cl_svm_mem_flags flags;           /* of clSVMAlloc for the like of it */
};

#define FINE_GRAIN (CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS)

static const struct type_info types[TERN_SVM_TYPES] = {
	[TERN_SVM_COARSE] = {.needs = CL_DEVICE_SVM_COARSE_GRAIN_BUFFER,
			     .caps = CL_SVM_TYPE_MACRO_COARSE_GRAIN_BUFFER_KHR |
				     CL_SVM_CAPABILITY_INDIRECT_ACCESS_KHR},
	[TERN_SVM_FINE] = {.needs = CL_DEVICE_SVM_FINE_GRAIN_BUFFER,
			   .caps = CL_SVM_TYPE_MACRO_FINE_GRAIN_BUFFER_KHR |
				   CL_SVM_CAPABILITY_INDIRECT_ACCESS_KHR,
			   .atomics = CL_SVM_CAPABILITY_CONCURRENT_ATOMIC_ACCESS_KHR,
			   .fine = true,
			   .flags = FINE_GRAIN},
	/* Mapping it works as for any memory. The host may reach it without, too, but then it would
	 * not stay where it is. */
	[TERN_SVM_DEVICE] = {.needs = CL_DEVICE_SVM_COARSE_GRAIN_BUFFER,
			     .caps = CL_SVM_TYPE_MACRO_DEVICE_KHR |
				     CL_SVM_CAPABILITY_CONTEXT_ACCESS_KHR |
				     CL_SVM_CAPABILITY_HOST_MAP_KHR},
	[TERN_SVM_HOST] = {.needs = CL_DEVICE_SVM_FINE_GRAIN_BUFFER,
			   .caps = CL_SVM_TYPE_MACRO_HOST_KHR | CL_SVM_CAPABILITY_HOST_MAP_KHR |
				   CL_SVM_CAPABILITY_DEVICE_ATOMIC_ACCESS_KHR |
				   CL_SVM_CAPABILITY_CONCURRENT_ACCESS_KHR,
			   .atomics = CL_SVM_CAPABILITY_CONCURRENT_ATOMIC_ACCESS_KHR,
			   .fine = true,
			   .flags = FINE_GRAIN},
	/* Associated with a device, to be distinct from FINE. */
	[TERN_SVM_SHARED] = {.needs = CL_DEVICE_SVM_FINE_GRAIN_BUFFER,
			     .caps = CL_SVM_TYPE_MACRO_SINGLE_DEVICE_SHARED_KHR |
				     CL_SVM_CAPABILITY_CONTEXT_ACCESS_KHR |
				     CL_SVM_CAPABILITY_HOST_MAP_KHR |
				     CL_SVM_CAPABILITY_DEVICE_ATOMIC_ACCESS_KHR |
				     CL_SVM_CAPABILITY_CONCURRENT_ACCESS_KHR,
			     .atomics = CL_SVM_CAPABILITY_CONCURRENT_ATOMIC_ACCESS_KHR,
			     .flags = FINE_GRAIN},
	[TERN_SVM_SYSTEM] = {.needs = CL_DEVICE_SVM_FINE_GRAIN_SYSTEM | CL_DEVICE_SVM_ATOMICS,
			     .caps = CL_SVM_TYPE_MACRO_SYSTEM_KHR,
			     .flags = FINE_GRAIN},
};

cl_svm_capabilities_khr tern_svm_type_caps(enum tern_svm_type type,
					   const struct tern_device *device)
{
	const struct type_info *t = &types[type];
	cl_device_svm_capabilities svm = device->caps.svm;
	if ((svm & t->needs) != t->needs)
		return 0;
	return t->caps | (svm & CL_DEVICE_SVM_ATOMICS ? t->atomics : 0);
}

cl_svm_capabilities_khr tern_svm_type_shared_caps(enum tern_svm_type type,
						  struct tern_device *const *devices, cl_uint count)
{
	cl_svm_capabilities_khr all = ~(cl_svm_capabilities_khr)0;
	bool any = false;
	for (cl_uint i = 0; i < count; i++) {
		cl_svm_capabilities_khr caps = tern_svm_type_caps(type, devices[i]);
		if (!caps)
			continue;
		all &= caps;
		any = true;
	}
	return any ? all : 0;
}

cl_uint tern_svm_type_list(enum tern_svm_type list[TERN_SVM_TYPES])
{
	struct tern_device *const *roots;
	unsigned n = tern_root_devices(&roots);
	cl_uint count = 0;
	for (unsigned type = 0; type < TERN_SVM_TYPES; type++)
		if (tern_svm_type_shared_caps((enum tern_svm_type)type, roots, n))
			list[count++] = (enum tern_svm_type)type;
	return count;
}

cl_uint tern_svm_type_index(enum tern_svm_type type)
{
	enum tern_svm_type list[TERN_SVM_TYPES];
	cl_uint count = tern_svm_type_list(list);
	for (cl_uint i = 0; i < count; i++)
		if (list[i] == type)
			return i;
	return CL_UINT_MAX;
}

cl_int tern_svm_type_alloc(struct tern_context *context, enum tern_svm_kind kind,
			   const struct tern_svm_details *details, size_t size, void **out)
{
	const struct type_info *t = &types[details->type];
	struct tern_svm_request request = {
		.owner = context,
		.place = t->fine ? context->memory.fine : context->memory.coarse,
		.kind = kind,
		.size = size,
		.align = details->align,
		.flags = t->flags,
		.details = details,
		.details_bytes = sizeof(*details),
	};
	if (!tern_memory_available(context, size)) {
		tern_log_error("no device of the context has memory left for %zu bytes", size);
		return CL_OUT_OF_RESOURCES;
	}
	void *p = tern_svm_alloc_request(&request);
	if (!p) {
		tern_log_error("no memory for an allocation of %zu bytes", size);
		return CL_OUT_OF_HOST_MEMORY;
	}
	if (kind == TERN_SVM_KIND_USM && request.place == TERN_HEAP_MIGRATE && details->device &&
	    (details->flags & CL_MEM_ALLOC_INITIAL_PLACEMENT_DEVICE_INTEL))
		tern_transfer_place(details->device, p, size);
	*out = p;
	return CL_SUCCESS;
}

int tern_svm_type_free(struct tern_context *context, enum tern_svm_kind kind, void *p)
{
	struct tern_svm_range range;
	if (tern_svm_find(p, &range) && range.base == p && range.kind == kind &&
	    range.owner == context && range.place == TERN_HEAP_MIGRATE)
		tern_transfer_forget_advice(p, range.size);
	return tern_svm_free_kind(p, kind, context);
}

bool tern_svm_type_find(const struct tern_context *context, enum tern_svm_kind kind, const void *p,
			struct tern_svm_range *range, struct tern_svm_details *details)
{
	if (!tern_svm_find_details(p, range, details, sizeof(*details)) || range->kind != kind ||
	    range->owner != context)
		return false;
	/* What clSVMAlloc made has none. */
	if (!range->details_bytes && (range->flags & CL_MEM_SVM_FINE_GRAIN_BUFFER))
		details->type = TERN_SVM_FINE;
	return true;
}
