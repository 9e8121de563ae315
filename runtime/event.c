/* SPDX-License-Identifier: MIT */
/*
 * Events: the protocol is in event.h. Who pushes onto a list (dependents, callbacks) and who closes
 * it meet in one read-modify-write on its head, so each node is seen by exactly one of: the
 * finisher, or the pusher who finds the list closed.
 */
#include "runtime/base/alloc.h"
#include "runtime/schedule.h"

struct tern_event_callback {
	struct tern_post post;
	struct tern_event_callback *next;
	struct tern_event *event; /* reference */
	void(CL_CALLBACK *fn)(cl_event, cl_int, void *);
	void *data;
	cl_int type, status;
	_Atomic bool fired;
	_Atomic uint32_t refs; /* the event's list, the callback thread, who registers */
};

#define NO_CALLBACKS  TERN_CLOSED(struct tern_event_callback)
#define NO_DEPENDENTS TERN_CLOSED(struct tern_dependent)

void tern_event_init(struct tern_event *event, struct tern_context *context,
		     struct tern_queue *queue, cl_command_type type,
		     void (*destroy)(struct tern_object *))
{
	event->context = context;
	event->queue = queue;
	event->type = type;
	atomic_init(&event->wake, 0);
	atomic_init(&event->status, queue ? CL_QUEUED : CL_SUBMITTED);
	atomic_init(&event->dependents, NULL);
	atomic_init(&event->callbacks, NULL);
	event->time_queued = event->time_submitted = 0;
	event->time_started = event->time_ended = 0;
	event->svm_faults = event->svm_pages_in = event->svm_pages_out = 0;
	event->svm_pages_zeroed = 0;
	event->svm_link_ns = event->svm_stalled_ns = 0;
	tern_object_init(&event->obj, TERN_KIND_EVENT, destroy);
}

bool tern_event_depend(struct tern_event *event, struct tern_dependent *node)
{
	struct tern_dependent *head =
		atomic_load_explicit(&event->dependents, memory_order_acquire);
	do {
		if (head == NO_DEPENDENTS)
			return false;
		node->next = head;
	} while (!atomic_compare_exchange_weak_explicit(
		&event->dependents, &head, node, memory_order_acq_rel, memory_order_acquire));
	return true;
}

static void callback_put(struct tern_event_callback *c)
{
	if (atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
		tern_free(c);
}

static void callback_run(struct tern_post *post)
{
	struct tern_event_callback *c = tern_container_of(post, struct tern_event_callback, post);
	c->fn(tern_event_handle(c->event), c->status, c->data);
	tern_event_put(c->event);
	callback_put(c);
}

/* @status: what the event has reached; the function is told its own type or the error. */
static void callback_fire(struct tern_event_callback *c, cl_int status)
{
	if (atomic_exchange(&c->fired, true))
		return;
	c->status = status < 0 ? status : c->type;
	tern_callback_append(&c->post);
}

void tern_event_reach(struct tern_event *event, cl_int status)
{
	atomic_exchange(&event->status, status);
	struct tern_event_callback *c = atomic_load(&event->callbacks);
	for (; c && c != NO_CALLBACKS; c = c->next)
		if (c->type >= status)
			callback_fire(c, status);
}

/* Fires what is left, by status and then in the order of registration, and closes the list. */
static void callbacks_close(struct tern_event *event, cl_int status)
{
	struct tern_event_callback *c = atomic_exchange(&event->callbacks, NO_CALLBACKS);
	struct tern_event_callback *by_age = NULL;
	while (c) {
		struct tern_event_callback *next = c->next;
		c->next = by_age;
		by_age = c;
		c = next;
	}
	for (cl_int type = CL_SUBMITTED; type >= CL_COMPLETE; type--)
		for (c = by_age; c; c = c->next)
			if (c->type == type)
				callback_fire(c, status);
	while (by_age) {
		c = by_age->next;
		callback_put(by_age);
		by_age = c;
	}
}

static void dependents_close(struct tern_event *event, cl_int status, struct tern_ready *ready)
{
	struct tern_dependent *d =
		atomic_exchange_explicit(&event->dependents, NO_DEPENDENTS, memory_order_acq_rel);
	struct tern_dependent *by_age = NULL;
	while (d) {
		struct tern_dependent *next = d->next;
		d->next = by_age;
		by_age = d;
		d = next;
	}
	while (by_age) {
		struct tern_command *command = by_age->command;
		cl_int none = 0;
		if (status < 0 && !by_age->order_only)
			atomic_compare_exchange_strong(&command->failed, &none, status);
		by_age = by_age->next;
		tern_command_resolve(command, 1, ready); /* may free the node */
	}
}

void tern_event_finish(struct tern_event *event, cl_int status, struct tern_ready *ready)
{
	tern_wake_done(&event->wake);
	callbacks_close(event, status);
	dependents_close(event, status, ready);
}

/* A user event. */

static void user_event_destroy(struct tern_object *object)
{
	struct tern_event *event = tern_container_of(object, struct tern_event, obj);
	if (tern_event_status(event) > CL_COMPLETE) {
		/* Never set: what waits for it can never run. */
		struct tern_ready ready = {0};
		atomic_store(&event->status, CL_INVALID_EVENT);
		tern_event_finish(event, CL_INVALID_EVENT, &ready);
		tern_ready_run(&ready, NULL, NULL);
	}
	tern_context_put(event->context);
	tern_free(event);
}

struct tern_event *tern_event_create_user(struct tern_context *context)
{
	struct tern_event *event = tern_alloc(sizeof(*event));
	if (!event)
		return NULL;
	tern_context_get(context);
	tern_event_init(event, context, NULL, CL_COMMAND_USER, user_event_destroy);
	return event;
}

cl_int tern_event_set_user_status(struct tern_event *event, cl_int status)
{
	cl_int unset = CL_SUBMITTED;
	if (!atomic_compare_exchange_strong(&event->status, &unset, status))
		return CL_INVALID_OPERATION;
	tern_event_get(event); /* another thread may wait for it and release it */
	struct tern_ready ready = {0};
	tern_event_finish(event, status, &ready);
	tern_ready_run(&ready, NULL, NULL);
	tern_event_put(event);
	return CL_SUCCESS;
}

static void flush(struct tern_event *event)
{
	if (event->queue && tern_event_status(event) > CL_COMPLETE)
		(void)!tern_queue_flush(event->queue);
}

cl_int tern_event_query_status(struct tern_event *event)
{
	flush(event);
	return tern_event_status(event);
}

/* Pushes @c; false when the list is closed. */
static bool callback_push(struct tern_event *event, struct tern_event_callback *c)
{
	struct tern_event_callback *head = atomic_load(&event->callbacks);
	do {
		if (head == NO_CALLBACKS)
			return false;
		c->next = head;
	} while (!atomic_compare_exchange_weak(&event->callbacks, &head, c));
	return true;
}

cl_int tern_event_add_callback(struct tern_event *event, cl_int type,
			       void(CL_CALLBACK *fn)(cl_event, cl_int, void *), void *data)
{
	struct tern_event_callback *c = tern_alloc(sizeof(*c));
	if (!c)
		return CL_OUT_OF_HOST_MEMORY;
	if (tern_callback_start() != CL_SUCCESS) {
		tern_free(c);
		return CL_OUT_OF_HOST_MEMORY;
	}
	*c = (struct tern_event_callback){
		.post.fn = callback_run, .event = event, .fn = fn, .data = data, .type = type};
	atomic_init(&c->fired, false);
	atomic_init(&c->refs, 3);
	tern_event_get(event);
	if (!callback_push(event, c))
		callback_put(c); /* no list has it */
	/* A read-modify-write, as in tern_event_reach(): one of the two sees the other. */
	cl_int status = atomic_fetch_add(&event->status, 0);
	if (status <= type)
		callback_fire(c, status);
	callback_put(c);
	flush(event);
	return CL_SUCCESS;
}

/* Waiting. */

bool tern_event_is_done(void *event)
{
	return tern_event_status(event) <= CL_COMPLETE;
}

void tern_event_wait_one(struct tern_event *event)
{
	tern_lock_assert_none();
	if (tern_event_is_done(event))
		return;
	struct tern_queue *queue = event->queue;
	if (queue) {
		struct tern_device *device = queue->device;
		device->ops->wait(device, queue, tern_event_is_done, event, &event->wake);
		return;
	}
	while (!tern_event_is_done(event))
		tern_wake_sleep(&event->wake, tern_event_is_done, event);
}

cl_int tern_events_wait(struct tern_event *const *events, cl_uint count)
{
	for (cl_uint i = 0; i < count; i++) {
		if (events[i]->queue && tern_queue_is_lost(events[i]->queue) &&
		    !tern_event_is_done(events[i]))
			return CL_OUT_OF_RESOURCES;
		if (count > 1)
			flush(events[i]);
	}
	for (cl_uint i = 0; i < count; i++)
		tern_event_wait_one(events[i]);
	for (cl_uint i = 0; i < count; i++)
		if (tern_event_status(events[i]) < 0)
			return CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
	return CL_SUCCESS;
}
