/* SPDX-License-Identifier: MIT */
/*
 * How a command gets from the program to a device and to its end: the protocol of event.h.
 *
 * References of a command in flight: the runtime's own, dropped when it has finished; the program's
 * when it asked for the event; and one of the in-order queue's tail word, which goes to whoever
 * takes the command out of there: the next enqueuer, or the finisher when there is none.
 */
#include "runtime/base/log.h"
#include "runtime/base/thread.h"
#include "runtime/base/trace.h"
#include "runtime/schedule.h"

#define NO_SUCCESSOR TERN_CLOSED(struct tern_command)

static void ready_append(struct tern_ready *ready, struct tern_command *command)
{
	command->next_ready = NULL;
	if (ready->head)
		ready->tail->next_ready = command;
	else
		ready->head = command;
	ready->tail = command;
}

static struct tern_command *ready_take(struct tern_ready *ready)
{
	struct tern_command *command = ready->head;
	if (command)
		ready->head = command->next_ready;
	return command;
}

void tern_command_resolve(struct tern_command *command, uint32_t n, struct tern_ready *ready)
{
	/* When nobody else is left, nobody else can change it. */
	if (atomic_load_explicit(&command->pending, memory_order_acquire) == n ||
	    atomic_fetch_sub_explicit(&command->pending, n, memory_order_acq_rel) == n)
		ready_append(ready, command);
}

/* A status on the way: seen by nobody when the program has no event. */
static void reach(struct tern_command *command, cl_int status)
{
	if (command->flags & TERN_COMMAND_OBSERVED)
		tern_event_reach(&command->event, status);
}

static void trace(const struct tern_command *command, enum tern_trace_kind kind, uint32_t x)
{
	const struct tern_queue *queue = command->event.queue;
	if (command->flags & TERN_COMMAND_TRACED)
		tern_trace_put((struct tern_trace_record){.kind = (uint8_t)kind,
							  .x = x,
							  .a = (uintptr_t)command,
							  .b = (uintptr_t)queue});
}

static void stamp(const struct tern_command *command, uint64_t *time)
{
	if (command->flags & TERN_COMMAND_PROFILED)
		*time = tern_clock_ns();
}

static bool is_watched(const struct tern_command *command)
{
	return tern_unlikely(command->flags & (TERN_COMMAND_PROFILED | TERN_COMMAND_TRACED));
}

/* What `tern top` sees: runtime/base/status.h. */
static inline void show_enqueued(const struct tern_queue_impl *impl)
{
	if (tern_likely(impl->maker == tern_thread_self()))
		tern_status_add(&impl->status->enqueued, 1);
	else
		atomic_fetch_add_explicit(&impl->status->enqueued_others, 1, memory_order_release);
}

static inline void show_running(struct tern_command *command)
{
	struct tern_status_queue *shown = tern_queue_impl(command->event.queue)->status;
	uint16_t name = command->work == TERN_WORK_NDRANGE ? command->ndrange.name : 0;
	if (command->flags & TERN_COMMAND_IN_ORDER)
		tern_status_begin(shown, command->event.type, name);
	else if (!command->running)
		command->running = tern_status_take(shown, command->event.type, name);
}

/* In an in-order queue one thread at a time comes here, else under the queue's lock. */
static inline void show_ended(const struct tern_command *command,
			      const struct tern_queue_impl *impl)
{
	if (tern_unlikely(atomic_load_explicit(&command->event.status, memory_order_relaxed) < 0))
		tern_status_add(&impl->status->failed, 1);
	tern_status_add(&impl->status->completed, 1);
}

/* In order: what comes next in the queue has one thing less to wait for. */
static void leave_in_order(struct tern_command *command, struct tern_ready *ready)
{
	struct tern_queue_impl *impl = tern_queue_impl(command->event.queue);
	show_ended(command, impl);
	struct tern_command *next =
		atomic_exchange_explicit(&command->successor, NO_SUCCESSOR, memory_order_acq_rel);
	if (next) {
		tern_command_resolve(next, 1, ready);
		return;
	}
	struct tern_command *last = command;
	if (atomic_load_explicit(&impl->tail, memory_order_relaxed) == command &&
	    atomic_compare_exchange_strong_explicit(&impl->tail, &last, NULL, memory_order_acq_rel,
						    memory_order_relaxed))
		tern_event_put(&command->event);
}

/* Out of order: the oldest command that is left may be one that waits for all before it. */
static void leave_out_of_order(struct tern_command *command, struct tern_ready *ready)
{
	struct tern_queue_impl *impl = tern_queue_impl(command->event.queue);
	struct tern_command *barrier = NULL, *oldest = NULL;
	if (command->running)
		tern_status_leave(command->running);
	tern_lock_acquire(&impl->lock);
	show_ended(command, impl);
	bool was_oldest = impl->live.next == &command->live;
	tern_list_remove(&command->live);
	if (was_oldest && !tern_list_empty(&impl->live)) {
		oldest = tern_list_entry(impl->live.next, struct tern_command, live);
		if (!(oldest->flags & TERN_COMMAND_WAITS_ALL))
			oldest = NULL;
	}
	if (impl->barrier == command) {
		barrier = command;
		impl->barrier = NULL;
	}
	tern_lock_release(&impl->lock);
	if (barrier)
		tern_event_put(&barrier->event);
	if (oldest)
		tern_command_resolve(oldest, 1, ready);
}

static bool is_kernel_of(const struct tern_command *command, const struct tern_device_ops *ops)
{
	return command->work == TERN_WORK_NDRANGE && ops->announce;
}

static void retract(const struct tern_command *command)
{
	struct tern_device *device = command->event.queue->device;
	if (is_kernel_of(command, device->ops))
		device->ops->retract(device, command);
}

/* A kernel that will have to wait, as far as can be seen without waiting. */
static void announce(const struct tern_command *command, const struct tern_queue_impl *impl,
		     cl_uint count)
{
	struct tern_device *device = command->event.queue->device;
	if (!is_kernel_of(command, device->ops))
		return;
	if (count || (impl->in_order && atomic_load_explicit(&impl->tail, memory_order_relaxed)))
		device->ops->announce(device, command);
}

/* Ends @command and drops the runtime's reference. What becomes ready goes to @ready. */
static void finish(struct tern_command *command, cl_int status, struct tern_ready *ready)
{
	retract(command);
	if (command->cleanup)
		command->cleanup(command, status);
	tern_command_drop_work(command);
	if (is_watched(command)) {
		if (!command->event.time_ended) /* else a device has told its own */
			stamp(command, &command->event.time_ended);
		trace(command, TERN_TRACE_ENDED, (uint32_t)status);
	}
	bool observed = command->flags &
			(TERN_COMMAND_OBSERVED | TERN_COMMAND_AWAITED | TERN_COMMAND_BARRIER);
	/* Before it leaves the queue: what comes after must not be seen to end before it. */
	atomic_store_explicit(&command->event.status, status, memory_order_release);
	if (command->flags & TERN_COMMAND_IN_ORDER)
		leave_in_order(command, ready);
	else
		leave_out_of_order(command, ready);
	if (observed)
		tern_event_finish(&command->event, status, ready);
	tern_event_put(&command->event);
}

struct tern_command *tern_ready_run(struct tern_ready *ready, const struct tern_device *device,
				    const struct tern_command *deferrable)
{
	struct tern_command *next = NULL, *command;
	while ((command = ready_take(ready))) {
		if (atomic_load_explicit(&command->failed, memory_order_relaxed)) {
			finish(command, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, ready);
			continue;
		}
		if (is_watched(command))
			stamp(command, &command->event.time_submitted);
		reach(command, CL_SUBMITTED);
		struct tern_device *own = command->event.queue->device;
		if (command->work == TERN_WORK_NONE) {
			tern_command_running(command);
			finish(command, CL_SUCCESS, ready);
		} else if (!next && own == device) {
			next = command;
		} else {
			own->ops->submit(own, command, command == deferrable);
		}
	}
	return next;
}

void tern_command_running(struct tern_command *command)
{
	if (command->work != TERN_WORK_NONE)
		show_running(command);
	if (is_watched(command)) {
		const char *name =
			command->work == TERN_WORK_NDRANGE ? command->ndrange.info->name : NULL;
		stamp(command, &command->event.time_started);
		trace(command, TERN_TRACE_RUNNING, tern_trace_text(name));
		if (command->event.time_started)
			tern_command_began(command, command->event.time_started);
	}
	reach(command, CL_RUNNING);
}

void tern_command_began(struct tern_command *command, uint64_t ns)
{
	if (command->flags & TERN_COMMAND_IN_ORDER)
		tern_status_started(&tern_queue_impl(command->event.queue)->status->running[0], ns);
	else if (command->running)
		tern_status_started(command->running, ns);
}

struct tern_command *tern_command_complete(struct tern_command *command, cl_int status)
{
	struct tern_ready ready = {0};
	const struct tern_device *device = command->event.queue->device;
	finish(command, status, &ready);
	return tern_ready_run(&ready, device, NULL);
}

/*
 * Registers @command at the events of the wait list; how many of them have finished already. What
 * another device holds back would wait for a flush that who waits for @command need not know of.
 */
static uint32_t depend_on_list(struct tern_command *command, struct tern_dependent *nodes,
			       cl_uint count, const cl_event *list)
{
	uint32_t finished = 0;
	for (cl_uint i = 0; i < count; i++) {
		struct tern_event *event = tern_event_from(list[i]);
		nodes[i] = (struct tern_dependent){.command = command};
		if (tern_event_depend(event, &nodes[i])) {
			if (event->queue && event->queue->device != command->event.queue->device)
				(void)!tern_queue_flush(event->queue);
			continue;
		}
		finished++;
		if (tern_event_status(event) < 0)
			atomic_store(&command->failed, tern_event_status(event));
	}
	return finished;
}

/* Makes @command the last of its queue; true when the one before it has finished. */
static bool join_in_order(struct tern_queue_impl *impl, struct tern_command *command)
{
	struct tern_command *before =
		atomic_exchange_explicit(&impl->tail, command, memory_order_acq_rel);
	if (!before)
		return true;
	struct tern_command *none = NULL;
	bool linked = atomic_compare_exchange_strong_explicit(
		&before->successor, &none, command, memory_order_acq_rel, memory_order_acquire);
	tern_event_put(&before->event);
	return !linked;
}

/* Adds @command to the live ones; returns how many of the two things that it may have to wait for
 * (a barrier, all earlier commands) it need not. */
static uint32_t join_out_of_order(struct tern_queue_impl *impl, struct tern_command *command,
				  struct tern_dependent *node)
{
	uint32_t finished = 2;
	struct tern_command *old = NULL;
	*node = (struct tern_dependent){.command = command, .order_only = true};
	tern_lock_acquire(&impl->lock);
	if (impl->barrier && tern_event_depend(&impl->barrier->event, node))
		finished--;
	if ((command->flags & TERN_COMMAND_WAITS_ALL) && !tern_list_empty(&impl->live))
		finished--;
	tern_list_append(&impl->live, &command->live);
	if (command->flags & TERN_COMMAND_BARRIER) {
		tern_event_get(&command->event);
		old = impl->barrier;
		impl->barrier = command;
	}
	tern_lock_release(&impl->lock);
	if (old)
		tern_event_put(&old->event);
	return finished;
}

static cl_int check_wait_list(const struct tern_queue *queue, cl_uint count, const cl_event *list)
{
	if (!count != !list)
		return CL_INVALID_EVENT_WAIT_LIST;
	for (cl_uint i = 0; i < count; i++) {
		const struct tern_event *event = tern_event_from(list[i]);
		if (!event)
			return CL_INVALID_EVENT_WAIT_LIST;
		if (event->context != queue->context)
			return CL_INVALID_CONTEXT;
	}
	return CL_SUCCESS;
}

/* When enough is waiting a worker is called, so that it runs along with a long enqueuing. */
static void count_deferred(struct tern_queue *queue, struct tern_queue_impl *impl, uint64_t ns)
{
	ns = ns > TERN_DEFER_HAND_OVER ? ns - TERN_DEFER_HAND_OVER : 0;
	ns = tern_min(ns, (uint64_t)TERN_DEFER_NS) + TERN_DEFER_LEAST;
	uint32_t sum =
		atomic_load_explicit(&impl->deferred_ns, memory_order_relaxed) + (uint32_t)ns;
	if (sum >= TERN_DEFER_NS) {
		sum = 0;
		queue->device->ops->doorbell(queue->device);
	}
	atomic_store_explicit(&impl->deferred_ns, sum, memory_order_relaxed);
}

/* The command is on its way after this; @nodes: room for the wait list and one more; NULL: in order
 * and with no list. */
static void launch(struct tern_command *command, struct tern_queue_impl *impl, cl_uint count,
		   const cl_event *list, struct tern_dependent *nodes)
{
	struct tern_ready ready = {0};
	if (!nodes) {
		/* The tail's word is all that others know it by: pending is 1, for the one before.
		 */
		if (join_in_order(impl, command))
			ready_append(&ready, command);
	} else {
		uint32_t more = impl->in_order ? 1 : 2;
		atomic_store_explicit(&command->pending, 1 + count + more, memory_order_relaxed);
		uint32_t finished = 1 + depend_on_list(command, nodes, count, list);
		finished += impl->in_order ? join_in_order(impl, command)
					   : join_out_of_order(impl, command, &nodes[count]);
		tern_command_resolve(command, finished, &ready);
	}
	if (ready.head)
		tern_ready_run(&ready, NULL, command);
}

static cl_int enqueue(struct tern_command *command, cl_uint count, const cl_event *list,
		      cl_event *event, bool blocking)
{
	struct tern_queue *queue = command->event.queue;
	struct tern_queue_impl *impl = tern_queue_impl(queue);
	cl_int error = check_wait_list(queue, count, list);
	if (tern_unlikely(!error && tern_queue_is_lost(queue))) {
		tern_log_error("a command queue of before a fork() cannot be used in the child");
		error = CL_OUT_OF_RESOURCES;
	}
	struct tern_dependent *nodes = NULL;
	if (!error && (count || !impl->in_order)) {
		nodes = tern_command_dependents(command, (size_t)count + 1);
		if (!nodes)
			error = CL_OUT_OF_HOST_MEMORY;
	}
	if (error) {
		tern_command_cancel(command);
		return error;
	}
	command->flags |=
		(event ? TERN_COMMAND_OBSERVED : 0) | (blocking ? TERN_COMMAND_AWAITED : 0);
	uint32_t refs = 1u + !!event + blocking + impl->in_order;
	atomic_store_explicit(&command->event.obj.refs, refs, memory_order_relaxed);
	if (is_watched(command)) {
		stamp(command, &command->event.time_queued);
		trace(command, TERN_TRACE_QUEUED, command->event.type);
	}
	show_enqueued(impl);
	uint64_t ns = blocking ? 0 : queue->device->ops->expect(queue->device, command);
	announce(command, impl, count);
	launch(command, impl, count, list, nodes);
	if (blocking) {
		atomic_store_explicit(&impl->deferred_ns, 0, memory_order_relaxed);
		tern_event_wait_one(&command->event);
		cl_int status = tern_event_status(&command->event);
		error = status < 0 ? status : CL_SUCCESS;
	} else {
		count_deferred(queue, impl, ns);
	}
	if (event && !error)
		*event = tern_event_handle(&command->event);
	else if (event)
		tern_event_put(&command->event);
	if (blocking)
		tern_event_put(&command->event);
	return error;
}

cl_int tern_command_enqueue(struct tern_command *command, cl_uint wait_count,
			    const cl_event *wait_list, cl_event *event, bool blocking)
{
	return enqueue(command, wait_count, wait_list, event, blocking);
}

cl_int tern_command_enqueue_marker(struct tern_command *command, bool barrier, cl_uint wait_count,
				   const cl_event *wait_list, cl_event *event)
{
	if (!(command->flags & TERN_COMMAND_IN_ORDER)) {
		if (barrier)
			command->flags |= TERN_COMMAND_BARRIER;
		if (!wait_count)
			command->flags |= TERN_COMMAND_WAITS_ALL;
	}
	return enqueue(command, wait_count, wait_list, event, false);
}

cl_int tern_command_enqueue_and_wait(struct tern_command *marker)
{
	if (!(marker->flags & TERN_COMMAND_IN_ORDER))
		marker->flags |= TERN_COMMAND_WAITS_ALL;
	cl_int error = enqueue(marker, 0, NULL, NULL, true);
	return error == CL_OUT_OF_HOST_MEMORY ? error : CL_SUCCESS;
}
