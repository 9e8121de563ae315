/* SPDX-License-Identifier: MIT */
/* Commands as objects: making, filling and freeing them. How they run is in enqueue.c. */
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/schedule.h"
#include "svm/space.h"

static struct tern_command_block *block_of(struct tern_command *command)
{
	return tern_container_of(command, struct tern_command_block, command);
}

static void free_args(struct tern_command *command, void *args)
{
	if (args != block_of(command)->args)
		tern_free(args);
}

void tern_command_drop_work(struct tern_command *command)
{
	for (unsigned i = 0; i < command->use_count; i++)
		tern_object_put(command->uses[i]);
	command->use_count = 0;
	if (command->work == TERN_WORK_NDRANGE) {
		free_args(command, command->ndrange.args);
		if (command->ndrange.module)
			tern_module_put(command->ndrange.module);
	} else if (command->work == TERN_WORK_NATIVE) {
		free_args(command, command->native.args);
	}
	command->work = TERN_WORK_NONE;
}

static void command_destroy(struct tern_object *object)
{
	struct tern_command *command = tern_container_of(object, struct tern_command, event.obj);
	struct tern_queue *queue = command->event.queue;
	void **owned = command->owned;
	while (owned) {
		void **next = *owned;
		tern_free(owned);
		owned = next;
	}
	tern_pool_give(command);
	tern_queue_put(queue);
}

void *tern_command_own(struct tern_command *command, size_t bytes)
{
	void **owned =
		bytes > SIZE_MAX - sizeof(*owned) ? NULL : tern_alloc(sizeof(*owned) + bytes);
	if (!owned)
		return NULL;
	*owned = command->owned;
	command->owned = owned;
	return owned + 1;
}

struct tern_command *tern_command_create(struct tern_queue *queue, cl_command_type type,
					 unsigned use_count)
{
	struct tern_command_block *block = tern_pool_take();
	if (!block)
		return NULL;
	struct tern_command *command = &block->command;
	tern_queue_get(queue);
	tern_event_init(&command->event, queue->context, queue, type, command_destroy);
	command->work = TERN_WORK_NONE;
	memset(&command->ndrange, 0, sizeof(command->ndrange));
	command->uses = block->uses;
	command->use_count = 0;
	command->cleanup = NULL;
	command->cleanup_data = NULL;
	atomic_init(&command->pending, 1);
	atomic_init(&command->failed, 0);
	atomic_init(&command->successor, NULL);
	command->owned = NULL;
	command->next_ready = NULL;
	command->running = NULL;
	command->flags = tern_queue_impl(queue)->command_flags;
	if (tern_unlikely(use_count > TERN_COMMAND_USES)) {
		command->uses = tern_command_own(command, use_count * sizeof(command->uses[0]));
		if (!command->uses) {
			command_destroy(&command->event.obj);
			return NULL;
		}
	}
	return command;
}

void tern_command_use(struct tern_command *command, struct tern_object *object)
{
	tern_object_get(object);
	command->uses[command->use_count++] = object;
}

void *tern_command_args(struct tern_command *command, size_t bytes)
{
	if (bytes <= TERN_COMMAND_ARGS)
		return block_of(command)->args;
	return tern_alloc_aligned(TERN_ARGS_ALIGN, bytes);
}

struct tern_dependent *tern_command_dependents(struct tern_command *command, size_t n)
{
	if (n <= TERN_COMMAND_DEPENDENTS)
		return block_of(command)->dependents;
	return tern_command_own(command, n * sizeof(struct tern_dependent));
}

void tern_command_caused(struct tern_command *command, const struct tern_space_stats *stats)
{
	struct tern_event *event = &command->event;
	event->svm_faults += (uint32_t)(stats->device_read_faults + stats->device_write_faults);
	event->svm_pages_in += (uint32_t)(stats->pages_to_device + stats->pages_zeroed);
	event->svm_pages_zeroed += (uint32_t)stats->pages_zeroed;
	event->svm_pages_out += (uint32_t)stats->pages_to_host;
	event->svm_link_ns += stats->link_ns;
	event->svm_stalled_ns += stats->stalled_ns;
}

void tern_command_cancel(struct tern_command *command)
{
	tern_command_drop_work(command);
	atomic_store_explicit(&command->event.obj.kind, TERN_KIND_DEAD, memory_order_relaxed);
	command_destroy(&command->event.obj);
}
