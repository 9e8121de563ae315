/* SPDX-License-Identifier: MIT */
/*
 * DOC: events, commands and their order
 *
 * A command is an event: struct tern_command begins with struct tern_event. User events are events
 * alone.
 *
 * States: CL_QUEUED (waits for others) -> CL_SUBMITTED (handed to the device) -> CL_RUNNING ->
 * CL_COMPLETE or a negative error. Only tern_event_finish() makes the last step, once.
 *
 * Dependencies: an event has a lock-free list of dependents, closed when the event finishes; a
 * command counts what it still waits for in `pending`, which starts at 1 for the enqueuing thread
 * itself, so that it cannot start before all its dependencies are registered. Whoever takes it to 0
 * submits it. A dependent is kept alive by a reference that the list holds. When an event that it
 * waits for ends with an error, a command does not run and ends with
 * CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST.
 *
 * In-order queues: the queue's tail word holds the last command; enqueuing swaps it for the new
 * command, which becomes the `successor` of the old one by one compare-and-swap; a finished event
 * has the closed mark there. No lock is taken. (A failed command does not fail its successors in
 * the queue.)
 *
 * Out-of-order queues keep a list of their live commands under the queue's lock, for barriers,
 * markers and clFinish.
 *
 * Finishing an event makes others ready; they are worked through in a loop, never by recursion, so
 * a chain of a million events costs no stack.
 *
 * Callbacks (clSetEventCallback) run on the callback thread, in the order of the status changes,
 * with no lock held; never on a thread that is inside an API call.
 */
#ifndef TERN_RUNTIME_EVENT_H
#define TERN_RUNTIME_EVENT_H

#include "runtime/base/list.h"
#include "runtime/context.h"

struct tern_queue;
struct tern_event_callback;
struct tern_dependent;

struct tern_event {
	struct tern_object obj;
	struct tern_context *context; /* reference */
	struct tern_queue *queue;     /* reference; NULL: a user event */
	cl_command_type type;
	_Atomic uint32_t wake; /* changes when the event finishes: what threads sleep on */
	_Atomic cl_int status;
	_Atomic(struct tern_dependent *) dependents;
	_Atomic(struct tern_event_callback *) callbacks;
	uint64_t time_queued, time_submitted, time_started, time_ended; /* ns; 0: not profiled */
	/* What the command caused on a device with memory of its own, before it is complete:
	 * faults, pages that came to the device and left it, link time, and how long its threads
	 * waited for pages, all together. */
	uint32_t svm_faults, svm_pages_in, svm_pages_out;
	uint32_t svm_pages_zeroed; /* of those that came: no bytes did */
	uint64_t svm_link_ns, svm_stalled_ns;
};

TERN_DEFINE_HANDLE(event, cl_event, TERN_KIND_EVENT)

struct tern_event *tern_event_create_user(struct tern_context *context) TERN_MUST_CHECK;
/* clSetUserEventStatus: CL_COMPLETE or negative. CL_INVALID_OPERATION when it was set before. */
cl_int tern_event_set_user_status(struct tern_event *event, cl_int status) TERN_MUST_CHECK;
static inline cl_int tern_event_status(struct tern_event *event)
{
	return atomic_load_explicit(&event->status, memory_order_acquire);
}
/* For the query of the status, in a loop perhaps: as above, and sees to it that an unfinished
 * command makes progress. */
cl_int tern_event_query_status(struct tern_event *event);
/*
 * Registers @fn for CL_SUBMITTED, CL_RUNNING or CL_COMPLETE; also called, soon, when that is past.
 * CL_OUT_OF_HOST_MEMORY.
 */
cl_int tern_event_add_callback(struct tern_event *event, cl_int type,
			       void(CL_CALLBACK *fn)(cl_event, cl_int, void *),
			       void *data) TERN_MUST_CHECK;
/* Flushes the queues concerned and blocks until all have finished; helps to execute meanwhile.
 * CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST when one failed. */
cl_int tern_events_wait(struct tern_event *const *events, cl_uint count) TERN_MUST_CHECK;

/*
 * Runs @fn(@data) on the callback thread, after all that was posted before (build callbacks and
 * such). The thread starts at the first post. CL_OUT_OF_HOST_MEMORY.
 */
cl_int tern_callback_post(void (*fn)(void *data), void *data) TERN_MUST_CHECK;

#endif
