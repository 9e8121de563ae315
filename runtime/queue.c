/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/thread.h"
#include "runtime/base/trace.h"
#include "runtime/schedule.h"

struct queue_block {
	struct tern_queue queue;
	struct tern_queue_impl impl;
};

static void queue_destroy(struct tern_object *object)
{
	struct tern_queue *queue = tern_container_of(object, struct tern_queue, obj);
	struct tern_queue_impl *impl = tern_queue_impl(queue);
	tern_queue_leave_context(queue);
	if (!tern_queue_is_lost(queue)) {
		tern_status_queue_put(impl->status, &impl->own_status);
		queue->device->ops->stop(queue->device);
	}
	tern_lock_finish(&impl->lock);
	tern_device_put(queue->device);
	tern_context_put(queue->context);
	tern_free(queue->property_list);
	tern_free(tern_container_of(queue, struct queue_block, queue));
}

static void init_impl(struct tern_queue_impl *impl, cl_command_queue_properties properties)
{
	atomic_init(&impl->tail, NULL);
	atomic_init(&impl->deferred_ns, 0);
	impl->in_order = !(properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	impl->command_flags =
		(impl->in_order ? TERN_COMMAND_IN_ORDER : 0) |
		((properties & CL_QUEUE_PROFILING_ENABLE) ? TERN_COMMAND_PROFILED : 0) |
		(tern_trace_is_on() ? TERN_COMMAND_TRACED : 0);
	impl->fork_generation = tern_fork_generation;
	tern_lock_init(&impl->lock, TERN_LOCK_QUEUE);
	tern_list_init(&impl->live);
	impl->barrier = NULL;
}

static void show(struct tern_queue *queue)
{
	const struct tern_device *device = queue->device;
	struct tern_queue_impl *impl = tern_queue_impl(queue);
	const struct tern_status_queue_info info = {
		.device = tern_status_device(device->ops->name, device->root->caps.compute_units),
		.units = device->caps.compute_units,
		.flags = (impl->in_order ? 0 : TERN_STATUS_OUT_OF_ORDER) |
			 (queue->properties & CL_QUEUE_PROFILING_ENABLE ? TERN_STATUS_PROFILED : 0),
		.priority = queue->priority,
		.throttle = queue->throttle,
	};
	impl->maker = tern_thread_self();
	impl->status = tern_status_queue_get(&impl->own_status, &info);
}

cl_int tern_queue_create(struct tern_context *context, struct tern_device *device,
			 const struct tern_queue_options *options, struct tern_queue **out)
{
	cl_queue_properties *list = NULL;
	struct queue_block *block =
		tern_alloc_aligned(_Alignof(struct queue_block), sizeof(*block));
	if (!block)
		return CL_OUT_OF_HOST_MEMORY;
	if (options->list) {
		list = tern_alloc(options->list_bytes);
		if (!list)
			goto err_free_block;
		memcpy(list, options->list, options->list_bytes);
	}
	tern_status_start(); /* before the device counts anything */
	int error = device->ops->start(device);
	if (error) {
		tern_free(list);
		tern_free(block);
		return error == -ENOMEM ? CL_OUT_OF_HOST_MEMORY : CL_OUT_OF_RESOURCES;
	}
	memset(&block->queue, 0, sizeof(block->queue));
	block->queue.context = context;
	block->queue.device = device;
	block->queue.properties = options->properties;
	block->queue.property_list = list;
	block->queue.property_list_bytes = list ? options->list_bytes : 0;
	block->queue.priority = options->priority;
	block->queue.throttle = options->throttle;
	block->queue.impl = &block->impl;
	init_impl(&block->impl, options->properties);
	tern_context_get(context);
	tern_device_get(device);
	tern_object_init(&block->queue.obj, TERN_KIND_QUEUE, queue_destroy);
	show(&block->queue);
	tern_queue_join_context(&block->queue);
	tern_trace_put((struct tern_trace_record){.kind = TERN_TRACE_QUEUE,
						  .x = tern_trace_text(device->ops->name),
						  .a = (uintptr_t)&block->queue});
	*out = &block->queue;
	return CL_SUCCESS;

err_free_block:
	tern_free(block);
	return CL_OUT_OF_HOST_MEMORY;
}

cl_int tern_queue_flush(struct tern_queue *queue)
{
	if (tern_queue_is_lost(queue))
		return CL_OUT_OF_RESOURCES;
	atomic_store_explicit(&tern_queue_impl(queue)->deferred_ns, 0, memory_order_relaxed);
	queue->device->ops->doorbell(queue->device);
	return CL_SUCCESS;
}

static bool is_idle(struct tern_queue_impl *impl)
{
	if (impl->in_order)
		return !atomic_load_explicit(&impl->tail, memory_order_acquire);
	tern_lock_acquire(&impl->lock);
	bool idle = tern_list_empty(&impl->live);
	tern_lock_release(&impl->lock);
	return idle;
}

/* Waits for a marker, so commands that other threads enqueue later do not prolong it. */
cl_int tern_queue_finish(struct tern_queue *queue)
{
	if (tern_queue_is_lost(queue))
		return CL_OUT_OF_RESOURCES;
	if (is_idle(tern_queue_impl(queue)))
		return CL_SUCCESS;
	struct tern_command *marker = tern_command_create(queue, CL_COMMAND_MARKER, 0);
	if (!marker)
		return CL_OUT_OF_HOST_MEMORY;
	return tern_command_enqueue_and_wait(marker);
}
