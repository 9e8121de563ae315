/* SPDX-License-Identifier: MIT */
/* What the scheduler's files share: event.c, command.c, enqueue.c, queue.c, callback.c, fork.c. */
#ifndef TERN_RUNTIME_SCHEDULE_H
#define TERN_RUNTIME_SCHEDULE_H

#include "runtime/base/futex.h"
#include "runtime/base/status.h"
#include "runtime/queue.h"

/* tern_command.flags */
enum {
	TERN_COMMAND_OBSERVED = 1 << 0, /* the program has the event: transitions are told */
	TERN_COMMAND_PROFILED = 1 << 1,
	TERN_COMMAND_BARRIER = 1 << 2,   /* out-of-order queue: later commands wait for it */
	TERN_COMMAND_WAITS_ALL = 1 << 3, /* out-of-order queue: waits for all earlier ones */
	TERN_COMMAND_IN_ORDER = 1 << 4,  /* of an in-order queue */
	TERN_COMMAND_AWAITED = 1 << 5,   /* a thread may sleep on event.wake */
	TERN_COMMAND_TRACED = 1 << 6,
};

/* One entry of an event's list of dependents; lies in the command that waits. */
struct tern_dependent {
	struct tern_dependent *next;
	struct tern_command *command;
	bool order_only; /* an error of the event is not the command's */
};

/* An item of the callback thread's list. @fn owns the item. */
struct tern_post {
	struct tern_post *next;
	void (*fn)(struct tern_post *post);
};

/* Puts @post at the end of the callback thread's list. CL_OUT_OF_HOST_MEMORY when the thread cannot
 * be started: then the item is still the caller's. */
cl_int tern_callback_start(void) TERN_MUST_CHECK;
void tern_callback_append(struct tern_post *post);

/*
 * What a queue may hold back until it is flushed: expected nanoseconds of execution, beyond what it
 * costs to have another thread execute a command while this one enqueues. The least that is counted
 * for each bounds their number, and so the memory.
 */
#define TERN_DEFER_NS        20000
#define TERN_DEFER_HAND_OVER 300
#define TERN_DEFER_LEAST     4

struct tern_queue_impl {
	_Alignas(TERN_CACHE_LINE) _Atomic(struct tern_command *) tail; /* in order */
	_Atomic uint32_t deferred_ns; /* since the last flush; need not be exact */
	bool in_order;
	uint32_t command_flags;
	uint32_t fork_generation;         /* of the process that made the queue */
	struct tern_status_queue *status; /* what `tern top` sees of it */
	const void *maker;                /* the thread that made it: tern_thread_self() */
	/* Out of order. */
	struct tern_lock lock;
	struct tern_list live;               /* commands that have not finished, oldest first */
	struct tern_command *barrier;        /* reference: the last barrier that has not finished */
	struct tern_status_queue own_status; /* where there is no page */
};

static inline struct tern_queue_impl *tern_queue_impl(const struct tern_queue *queue)
{
	return queue->impl;
}

/*
 * Forks: the threads of the back ends do not exist in a child, so command queues do not survive;
 * every other object does. A queue of a process before a fork gives CL_OUT_OF_RESOURCES.
 */
extern uint32_t tern_fork_generation;
static inline bool tern_queue_is_lost(const struct tern_queue *queue)
{
	return tern_queue_impl(queue)->fork_generation != tern_fork_generation;
}
int tern_fork_prepare_once(void) TERN_MUST_CHECK;
/* Each part's own handlers: `before` in the parent, then `after` in both. */
void tern_callback_fork_before(void);
void tern_callback_fork_after(bool child);
void tern_context_fork_before(void);
void tern_context_fork_after(void);
void tern_pool_fork_before(void);
void tern_pool_fork_after(bool child);

/* Commands that have become ready, first in, first out. */
struct tern_ready {
	struct tern_command *head, *tail;
};

/* The lists' closed mark. */
#define TERN_CLOSED(type) ((type *)(uintptr_t)1)

/* Adds @command to @event's dependents; false when the event has finished. */
bool tern_event_depend(struct tern_event *event, struct tern_dependent *node);
/* After the status was set to its last value: tells all who wait for the event. */
void tern_event_finish(struct tern_event *event, cl_int status, struct tern_ready *ready);
/* Tells callbacks of a status on the way. */
void tern_event_reach(struct tern_event *event, cl_int status);
void tern_event_init(struct tern_event *event, struct tern_context *context,
		     struct tern_queue *queue, cl_command_type type,
		     void (*destroy)(struct tern_object *));
bool tern_event_is_done(void *event);
/* Blocks until @event has finished. */
void tern_event_wait_one(struct tern_event *event);

/* Takes @n off what @command waits for; at 0 it goes to @ready. */
void tern_command_resolve(struct tern_command *command, uint32_t n, struct tern_ready *ready);
/*
 * Works @ready off: hands the commands to their devices, finishes what has nothing to execute. One
 * for @device is returned rather than submitted (NULL: submit all). @deferrable (or NULL): the
 * command that the calling thread enqueues, and has not flushed yet. Others that become ready
 * meanwhile were enqueued by threads that may sleep until they are done.
 */
struct tern_command *tern_ready_run(struct tern_ready *ready, const struct tern_device *device,
				    const struct tern_command *deferrable);
/* For clFinish: returns when all earlier commands have finished. CL_OUT_OF_HOST_MEMORY. */
cl_int tern_command_enqueue_and_wait(struct tern_command *marker) TERN_MUST_CHECK;
/* Storage for @n dependents in @command, or NULL. */
struct tern_dependent *tern_command_dependents(struct tern_command *command, size_t n);
/* Frees what the work of @command owns and the objects that it uses. */
void tern_command_drop_work(struct tern_command *command);
/* Memory of commands: recycled. */
void *tern_pool_take(void) TERN_MUST_CHECK;
void tern_pool_give(void *block);

#define TERN_COMMAND_DEPENDENTS 3
#define TERN_COMMAND_USES       4
#define TERN_COMMAND_ARGS       128

/* What the pool gives out. */
struct tern_command_block {
	struct tern_command command;
	struct tern_object *uses[TERN_COMMAND_USES];
	struct tern_dependent dependents[TERN_COMMAND_DEPENDENTS];
	_Alignas(TERN_ARGS_ALIGN) unsigned char args[TERN_COMMAND_ARGS];
};

#endif
