/* SPDX-License-Identifier: MIT */
#include "runtime/context.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "svm/svm.h"

static void context_destroy(struct tern_object *object)
{
	struct tern_context *context = tern_container_of(object, struct tern_context, obj);
	struct tern_destructor *d = context->destructors;
	while (d) {
		struct tern_destructor *next = d->next;
		d->fn(tern_context_handle(context), d->data);
		tern_free(d);
		d = next;
	}
	tern_svm_free_owner(context);
	for (cl_uint i = 0; i < context->device_count; i++)
		tern_device_put(context->devices[i]);
	tern_lock_finish(&context->lock);
	tern_free(context->devices);
	tern_free(context->properties);
	tern_free(context);
}

static void add_memory_of(const struct tern_device_caps *caps, struct tern_context_memory *memory)
{
	if (caps->memory_model == TERN_MEMORY_SYSTEM)
		return;
	bool system = caps->svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM;
	memory->fine = TERN_HEAP_SHARED;
	if (!system || caps->memory_model == TERN_MEMORY_COHERENT)
		memory->coarse = TERN_HEAP_SHARED;
	else if (memory->coarse == TERN_HEAP_HOST)
		memory->coarse = TERN_HEAP_MIGRATE;
	memory->system &= system;
	memory->migrates |= system;
}

/* The number of words of a zero-terminated list of pairs, with the zero. */
static size_t count_properties(const cl_context_properties *properties)
{
	size_t n = 0;
	while (properties[n])
		n += 2;
	return n + 1;
}

struct tern_context *tern_context_create(
	struct tern_device *const *devices, cl_uint count, const cl_context_properties *properties,
	void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *notify_data)
{
	struct tern_context *context = tern_zalloc(sizeof(*context));
	if (!context)
		return NULL;
	context->devices = tern_zalloc_array(count, sizeof(*context->devices));
	if (!context->devices)
		goto err_free_context;
	if (properties) {
		context->properties_bytes = count_properties(properties) * sizeof(*properties);
		context->properties = tern_alloc(context->properties_bytes);
		if (!context->properties)
			goto err_free_devices;
		memcpy(context->properties, properties, context->properties_bytes);
	}
	for (cl_uint i = 0; i < count; i++) {
		if (tern_context_has_device(context, devices[i]))
			continue;
		tern_device_get(devices[i]);
		context->devices[context->device_count++] = devices[i];
	}
	context->memory = (struct tern_context_memory){TERN_HEAP_HOST, TERN_HEAP_HOST, true, false};
	for (cl_uint i = 0; i < context->device_count; i++)
		add_memory_of(&context->devices[i]->caps, &context->memory);
	context->notify = notify;
	context->notify_data = notify_data;
	tern_list_init(&context->queues);
	tern_lock_init(&context->lock, TERN_LOCK_CONTEXT);
	tern_object_init(&context->obj, TERN_KIND_CONTEXT, context_destroy);
	return context;

err_free_devices:
	tern_free(context->devices);
err_free_context:
	tern_free(context);
	return NULL;
}

bool tern_context_has_device(const struct tern_context *context, const struct tern_device *device)
{
	for (cl_uint i = 0; i < context->device_count; i++)
		if (context->devices[i] == device)
			return true;
	return false;
}

int tern_context_add_destructor(struct tern_context *context,
				void(CL_CALLBACK *fn)(cl_context, void *), void *data)
{
	struct tern_destructor *d = tern_alloc(sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->fn = fn;
	d->data = data;
	tern_lock_acquire(&context->lock);
	d->next = context->destructors;
	context->destructors = d;
	tern_lock_release(&context->lock);
	return 0;
}
