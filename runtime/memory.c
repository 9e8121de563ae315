/* SPDX-License-Identifier: MIT */
#include "runtime/memory.h"

#include <string.h>
#include <sys/sysinfo.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"
#include "svm/heap.h"
#include "svm/svm.h"

#define KERNEL_ACCESS (CL_MEM_READ_WRITE | CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY)
#define HOST_ACCESS   (CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS)
#define HOST_POINTER  (CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_COPY_HOST_PTR)

/* The thread is in tern_memory_release(): it may run the program's callbacks. */
static _Thread_local bool releasing;

static void run_destructors(struct tern_memory *memory)
{
	struct tern_memory_destructor *d;
	tern_lock_assert_none();
	while ((d = memory->destructors)) {
		memory->destructors = d->next;
		d->fn(tern_memory_handle(memory), d->data);
		tern_free(d);
	}
}

static void destroy_memory(void *data)
{
	struct tern_memory *memory = data;
	run_destructors(memory);
	tern_memory_drop_maps(memory);
	if (memory->owns_host)
		tern_heap_free(memory->place, memory->host, memory->size);
	if (memory->parent)
		tern_memory_put(memory->parent);
	tern_context_put(memory->context);
	tern_lock_finish(&memory->lock);
	tern_free(memory->properties);
	tern_free(memory);
}

static void destroy(struct tern_object *object)
{
	struct tern_memory *memory = tern_container_of(object, struct tern_memory, obj);
	if (memory->destructors && !releasing &&
	    tern_callback_post(destroy_memory, memory) == CL_SUCCESS)
		return;
	destroy_memory(memory);
}

/* An object without bytes; its references are taken, its destroy() works. */
static struct tern_memory *create(struct tern_context *context, struct tern_memory *parent,
				  cl_mem_flags flags, size_t size)
{
	struct tern_memory *memory = tern_zalloc(sizeof(*memory));
	if (!memory)
		return NULL;
	memory->type = CL_MEM_OBJECT_BUFFER;
	memory->flags = flags;
	memory->size = size;
	memory->context = context;
	tern_context_get(context);
	memory->parent = parent;
	if (parent)
		tern_memory_get(parent);
	tern_lock_init(&memory->lock, TERN_LOCK_MEMORY);
	tern_object_init(&memory->obj, TERN_KIND_MEMORY, destroy);
	return memory;
}

/* Bytes of the host's memory: what a device that works there says, which knows of limits. */
static cl_ulong host_bytes(void)
{
	struct tern_device *const *devices;
	struct sysinfo info;
	unsigned count = tern_root_devices(&devices);
	for (unsigned i = 0; i < count; i++)
		if (devices[i]->caps.memory_model == TERN_MEMORY_SYSTEM)
			return devices[i]->caps.global_mem_bytes;
	return sysinfo(&info) ? CL_ULONG_MAX : (cl_ulong)info.totalram * info.mem_unit;
}

bool tern_memory_available(const struct tern_context *context, size_t size)
{
	size_t used = tern_heap_used();
	for (cl_uint i = 0; i < context->device_count; i++) {
		const struct tern_device_caps *caps = &context->devices[i]->caps;
		/* What is too much for a device's own memory is the host's meanwhile. */
		cl_ulong all = caps->memory_model == TERN_MEMORY_SYSTEM ? caps->global_mem_bytes
									: host_bytes();
		if (used <= all && size <= all - used)
			return true;
	}
	return false;
}

/* CL_MEM_USE_HOST_PTR: true when host_ptr is where the bytes can be. */
static bool use_host_ptr(struct tern_memory *memory, void *host_ptr)
{
	struct tern_svm_range range = {.place = TERN_HEAP_HOST};
	memory->host_ptr = host_ptr;
	memory->uses_svm = tern_svm_find(host_ptr, &range);
	memory->copied = !memory->context->memory.system && range.place != TERN_HEAP_SHARED;
	if (memory->copied)
		return false;
	memory->host = host_ptr;
	memory->place = range.place;
	return true;
}

/* Gives the buffer its bytes. */
static cl_int provide(struct tern_memory *memory, void *host_ptr)
{
	if ((memory->flags & CL_MEM_USE_HOST_PTR) && use_host_ptr(memory, host_ptr))
		return CL_SUCCESS;
	memory->place = memory->context->memory.coarse;
	if (tern_memory_available(memory->context, memory->size))
		memory->host = tern_heap_alloc(memory->place, memory->size, TERN_MEMORY_BASE_ALIGN);
	if (!memory->host) {
		tern_log_error("no memory for a buffer of %zu bytes", memory->size);
		return CL_MEM_OBJECT_ALLOCATION_FAILURE;
	}
	memory->owns_host = true;
	if (memory->flags & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR))
		memcpy(memory->host, host_ptr, memory->size);
	return CL_SUCCESS;
}

cl_int tern_memory_create_buffer(struct tern_context *context,
				 const struct tern_buffer_options *options,
				 struct tern_memory **out)
{
	cl_int error = CL_OUT_OF_HOST_MEMORY;
	struct tern_memory *memory = create(context, NULL, options->flags, options->size);
	if (!memory)
		return error;
	if (options->properties) {
		memory->properties = tern_alloc(options->properties_bytes);
		if (!memory->properties)
			goto err_memory;
		memcpy(memory->properties, options->properties, options->properties_bytes);
		memory->properties_bytes = options->properties_bytes;
	}
	error = provide(memory, options->host_ptr);
	if (error)
		goto err_memory;
	*out = memory;
	return CL_SUCCESS;

err_memory:
	tern_memory_put(memory);
	return error;
}

cl_int tern_memory_create_sub(struct tern_memory *parent, cl_mem_flags flags, size_t origin,
			      size_t size, struct tern_memory **out)
{
	flags |= parent->flags & HOST_POINTER;
	if (!(flags & KERNEL_ACCESS))
		flags |= parent->flags & KERNEL_ACCESS;
	if (!(flags & HOST_ACCESS))
		flags |= parent->flags & HOST_ACCESS;
	struct tern_memory *memory = create(parent->context, parent, flags, size);
	if (!memory)
		return CL_OUT_OF_HOST_MEMORY;
	memory->origin = origin;
	memory->host = parent->host + origin;
	memory->place = parent->place;
	memory->copied = parent->copied;
	if (parent->host_ptr)
		memory->host_ptr = (unsigned char *)parent->host_ptr + origin;
	memory->uses_svm = parent->uses_svm;
	*out = memory;
	return CL_SUCCESS;
}

void tern_memory_release(struct tern_memory *memory)
{
	bool nested = releasing; /* in a destructor callback */
	releasing = true;
	tern_object_release(&memory->obj);
	releasing = nested;
}

cl_int tern_memory_add_destructor(struct tern_memory *memory, void(CL_CALLBACK *fn)(cl_mem, void *),
				  void *data)
{
	struct tern_memory_destructor *d = tern_alloc(sizeof(*d));
	if (!d)
		return CL_OUT_OF_HOST_MEMORY;
	d->fn = fn;
	d->data = data;
	tern_lock_acquire(&memory->lock);
	d->next = memory->destructors;
	memory->destructors = d;
	tern_lock_release(&memory->lock);
	return CL_SUCCESS;
}
