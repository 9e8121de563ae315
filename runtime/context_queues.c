/* SPDX-License-Identifier: MIT */
/* The queues of a context, for those who must wait for all of its commands. */
#include "runtime/schedule.h"

/* One for the lists of all contexts, so that it can be held over a fork. */
static struct tern_lock lock = TERN_LOCK_INIT(TERN_LOCK_CONTEXT);

void tern_context_fork_before(void)
{
	tern_lock_acquire(&lock);
}

void tern_context_fork_after(void)
{
	tern_lock_release(&lock);
}

void tern_queue_join_context(struct tern_queue *queue)
{
	struct tern_context *context = queue->context;
	tern_lock_acquire(&lock);
	queue->number = context->queue_count++;
	tern_list_append(&context->queues, &queue->in_context);
	tern_lock_release(&lock);
}

void tern_queue_leave_context(struct tern_queue *queue)
{
	tern_lock_acquire(&lock);
	tern_list_remove(&queue->in_context);
	tern_lock_release(&lock);
}

/* The first queue whose number is at least @from, with a reference; NULL: there is none. */
static struct tern_queue *next_queue(struct tern_context *context, uint64_t from)
{
	struct tern_queue *found = NULL;
	tern_lock_acquire(&lock);
	for (struct tern_list *at = context->queues.next; at != &context->queues; at = at->next) {
		struct tern_queue *queue = tern_list_entry(at, struct tern_queue, in_context);
		/* One whose last put has begun has no commands any more. */
		if (queue->number < from || !tern_object_try_get(&queue->obj))
			continue;
		found = queue;
		break;
	}
	tern_lock_release(&lock);
	return found;
}

/* Not by one pass over the list: a wait happens under no lock, and queues come and go meanwhile. */
cl_int tern_context_finish(struct tern_context *context)
{
	cl_int error = CL_SUCCESS;
	uint64_t from = 0;
	for (struct tern_queue *queue; !error && (queue = next_queue(context, from));) {
		from = queue->number + 1;
		error = tern_queue_finish(queue);
		if (error == CL_OUT_OF_RESOURCES) /* lost by a fork */
			error = CL_SUCCESS;
		tern_queue_put(queue);
	}
	return error;
}
