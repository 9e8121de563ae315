/* SPDX-License-Identifier: MIT */
/* Creating, releasing and querying buffers (sections 5.2.1, 5.5). */
#include "icd/api.h"
#include "icd/transfer.h"
#include "svm/svm.h"

#define KERNEL_ACCESS (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY)
#define HOST_ACCESS   (CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS)
#define HOST_POINTER  (CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR)

static bool access_flags_valid(cl_mem_flags flags)
{
	return tern_at_most_one_bit(flags & KERNEL_ACCESS) &&
	       tern_at_most_one_bit(flags & HOST_ACCESS);
}

static bool buffer_flags_valid(cl_mem_flags flags)
{
	if (flags & ~(cl_mem_flags)(KERNEL_ACCESS | HOST_ACCESS | HOST_POINTER))
		return false;
	if ((flags & CL_MEM_USE_HOST_PTR) &&
	    (flags & (CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR)))
		return false;
	return access_flags_valid(flags);
}

/* CL_INVALID_BUFFER_SIZE: too large for every device of the context. */
static bool fits_a_device(const struct tern_context *context, size_t size)
{
	for (cl_uint i = 0; i < context->device_count; i++)
		if (size <= context->devices[i]->caps.max_alloc_bytes)
			return true;
	return false;
}

/* Whether @p lies in an SVM allocation of which there are less than @size bytes from @p on. */
static bool exceeds_svm(const void *p, size_t size)
{
	struct tern_svm_range range;
	if (!tern_svm_find(p, &range))
		return false;
	return size > range.size - (size_t)((const char *)p - (const char *)range.base);
}

static cl_int check_buffer(const struct tern_context *context, const struct tern_buffer_options *o)
{
	bool uses = o->flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR);
	/* No property is defined without extensions. */
	if (o->properties && o->properties[0])
		return CL_INVALID_PROPERTY;
	if (!buffer_flags_valid(o->flags))
		return CL_INVALID_VALUE;
	if (!o->size || !fits_a_device(context, o->size))
		return CL_INVALID_BUFFER_SIZE;
	if (uses != !!o->host_ptr)
		return CL_INVALID_HOST_PTR;
	if (uses && exceeds_svm(o->host_ptr, o->size))
		return CL_INVALID_BUFFER_SIZE;
	if (uses && (uintptr_t)o->host_ptr > UINTPTR_MAX - (o->size - 1))
		return CL_INVALID_HOST_PTR; /* no such memory: it would wrap around */
	return CL_SUCCESS;
}

cl_mem CL_API_CALL tern_clCreateBufferWithProperties(cl_context handle,
						     const cl_mem_properties *properties,
						     cl_mem_flags flags, size_t size,
						     void *host_ptr, cl_int *errcode_ret)
{
	struct tern_context *context = tern_context_from(handle);
	struct tern_memory *memory;
	struct tern_buffer_options options = {
		.flags = flags,
		.size = size,
		.host_ptr = host_ptr,
		.properties = properties,
		.properties_bytes = properties ? sizeof(properties[0]) : 0,
	};
	if (!context)
		return tern_fail(errcode_ret, CL_INVALID_CONTEXT);
	cl_int error = check_buffer(context, &options);
	if (!error)
		error = tern_memory_create_buffer(context, &options, &memory);
	tern_set_error(errcode_ret, error);
	return error ? NULL : tern_memory_handle(memory);
}

cl_mem CL_API_CALL tern_clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size,
				       void *host_ptr, cl_int *errcode_ret)
{
	return tern_clCreateBufferWithProperties(context, NULL, flags, size, host_ptr, errcode_ret);
}

/* What a sub-buffer may not add to its buffer's flags. */
static bool sub_flags_valid(cl_mem_flags buffer, cl_mem_flags flags)
{
	cl_mem_flags excluded = HOST_POINTER;
	if (buffer & CL_MEM_WRITE_ONLY)
		excluded |= CL_MEM_READ_WRITE | CL_MEM_READ_ONLY;
	if (buffer & CL_MEM_READ_ONLY)
		excluded |= CL_MEM_READ_WRITE | CL_MEM_WRITE_ONLY;
	if (buffer & CL_MEM_HOST_WRITE_ONLY)
		excluded |= CL_MEM_HOST_READ_ONLY;
	if (buffer & CL_MEM_HOST_READ_ONLY)
		excluded |= CL_MEM_HOST_WRITE_ONLY;
	if (buffer & CL_MEM_HOST_NO_ACCESS)
		excluded |= CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY;
	return !(flags & ~(cl_mem_flags)(KERNEL_ACCESS | HOST_ACCESS)) && !(flags & excluded) &&
	       access_flags_valid(flags);
}

static cl_int check_sub_buffer(const struct tern_memory *buffer, cl_mem_flags flags,
			       cl_buffer_create_type type, const cl_buffer_region *region)
{
	if (!buffer || buffer->parent)
		return CL_INVALID_MEM_OBJECT;
	if (!sub_flags_valid(buffer->flags, flags))
		return CL_INVALID_VALUE;
	if (type != CL_BUFFER_CREATE_TYPE_REGION || !region)
		return CL_INVALID_VALUE;
	if (!tern_in_bounds(buffer, region->origin, region->size))
		return CL_INVALID_VALUE;
	if (!region->size)
		return CL_INVALID_BUFFER_SIZE;
	/* The same for all devices, so no enqueue function needs to check it again. */
	if (region->origin % TERN_MEMORY_BASE_ALIGN)
		return CL_MISALIGNED_SUB_BUFFER_OFFSET;
	return CL_SUCCESS;
}

cl_mem CL_API_CALL tern_clCreateSubBuffer(cl_mem handle, cl_mem_flags flags,
					  cl_buffer_create_type type, const void *info,
					  cl_int *errcode_ret)
{
	struct tern_memory *buffer = tern_buffer_from(handle), *memory;
	const cl_buffer_region *region = info;
	cl_int error = check_sub_buffer(buffer, flags, type, region);
	if (!error)
		error = tern_memory_create_sub(buffer, flags, region->origin, region->size,
					       &memory);
	tern_set_error(errcode_ret, error);
	return error ? NULL : tern_memory_handle(memory);
}

cl_int CL_API_CALL tern_clRetainMemObject(cl_mem handle)
{
	struct tern_memory *memory = tern_memory_from(handle);
	if (!memory)
		return CL_INVALID_MEM_OBJECT;
	tern_object_retain(&memory->obj);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clReleaseMemObject(cl_mem handle)
{
	struct tern_memory *memory = tern_memory_from(handle);
	if (!memory)
		return CL_INVALID_MEM_OBJECT;
	tern_memory_release(memory);
	return CL_SUCCESS;
}

cl_int CL_API_CALL tern_clSetMemObjectDestructorCallback(cl_mem handle,
							 void(CL_CALLBACK *fn)(cl_mem, void *),
							 void *user_data)
{
	struct tern_memory *memory = tern_memory_from(handle);
	if (!memory)
		return CL_INVALID_MEM_OBJECT;
	if (!fn)
		return CL_INVALID_VALUE;
	return tern_memory_add_destructor(memory, fn, user_data);
}

cl_int CL_API_CALL tern_clGetMemObjectInfo(cl_mem handle, cl_mem_info name, size_t size,
					   void *value, size_t *size_ret)
{
	struct tern_memory *memory = tern_memory_from(handle);
	struct tern_info out = {size, value, size_ret};
	if (!memory)
		return CL_INVALID_MEM_OBJECT;
	switch (name) {
	case CL_MEM_TYPE:
		return tern_info_value(&out, cl_mem_object_type, memory->type);
	case CL_MEM_FLAGS:
		return tern_info_value(&out, cl_mem_flags, memory->flags);
	case CL_MEM_SIZE:
		return tern_info_value(&out, size_t, memory->size);
	case CL_MEM_HOST_PTR:
		return tern_info_value(&out, void *, memory->host_ptr);
	case CL_MEM_MAP_COUNT:
		return tern_info_value(&out, cl_uint, tern_memory_map_count(memory));
	case CL_MEM_REFERENCE_COUNT:
		return tern_info_value(&out, cl_uint, tern_object_count(&memory->obj));
	case CL_MEM_CONTEXT:
		return tern_info_value(&out, cl_context, tern_context_handle(memory->context));
	case CL_MEM_ASSOCIATED_MEMOBJECT:
		return tern_info_value(&out, cl_mem,
				       memory->parent ? tern_memory_handle(memory->parent) : NULL);
	case CL_MEM_OFFSET:
		return tern_info_value(&out, size_t, memory->origin);
	case CL_MEM_USES_SVM_POINTER:
		return tern_info_value(&out, cl_bool, memory->uses_svm);
	case CL_MEM_PROPERTIES:
		return tern_info_bytes(&out, memory->properties, memory->properties_bytes);
	default:
		return CL_INVALID_VALUE;
	}
}
