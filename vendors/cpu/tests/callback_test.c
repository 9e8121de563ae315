/* SPDX-License-Identifier: MIT */
/* Callbacks: each once, in the order of the states, on another thread, with errors. */
#include "harness.h"

struct record {
	_Atomic unsigned count;
	cl_int status[8];
	pthread_t thread;
};

static void CL_CALLBACK note(cl_event event, cl_int status, void *data)
{
	struct record *r = data;
	CHECK(tern_event_from(event));
	r->thread = pthread_self();
	r->status[atomic_load(&r->count)] = status;
	atomic_fetch_add(&r->count, 1);
}

static void await(struct record *r, unsigned count)
{
	while (r->count < count)
		usleep(100); /* the test's time limit ends it */
}

static cl_int succeed(void *unused)
{
	(void)unused;
	return CL_SUCCESS;
}

static void add_three(struct tern_event *e, struct record *r)
{
	CHECK(!tern_event_add_callback(e, CL_COMPLETE, note, r));
	CHECK(!tern_event_add_callback(e, CL_SUBMITTED, note, r));
	CHECK(!tern_event_add_callback(e, CL_RUNNING, note, r));
}

static void test_states(struct tern_queue *queue, cl_int gate_status)
{
	struct tern_event *gate = tern_event_create_user(test_context);
	cl_event gate_handle = tern_event_handle(gate), event;
	struct record r = {0}, late = {0};
	CHECK(!enqueue_call(queue, succeed, NULL, 1, &gate_handle, &event));
	add_three(tern_event_from(event), &r);
	usleep(1000);
	CHECK(!r.count);
	CHECK(!tern_event_set_user_status(gate, gate_status));
	(void)!event_wait(event);
	await(&r, 3);
	CHECK(!pthread_equal(r.thread, pthread_self()));
	cl_int error = CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST;
	CHECK(r.status[0] == (gate_status ? error : CL_SUBMITTED));
	CHECK(r.status[1] == (gate_status ? error : CL_RUNNING));
	CHECK(r.status[2] == (gate_status ? error : CL_COMPLETE));
	add_three(tern_event_from(event), &late);
	await(&late, 3);
	usleep(1000);
	CHECK(r.count == 3 && late.count == 3);
	event_release(event);
	tern_object_release(&gate->obj);
}

static void test_user_event(void)
{
	struct record r = {0};
	struct tern_event *e = tern_event_create_user(test_context);
	add_three(e, &r);
	await(&r, 1); /* a user event is submitted from the start */
	CHECK(r.status[0] == CL_SUBMITTED);
	CHECK(!tern_event_set_user_status(e, -7));
	await(&r, 3);
	CHECK(r.status[1] == -7 && r.status[2] == -7);
	tern_object_release(&e->obj);
}

/* A callback may use the API: here it lets another command run. */
static void CL_CALLBACK open_gate(cl_event event, cl_int status, void *data)
{
	(void)event, (void)status;
	CHECK(!tern_event_set_user_status(data, CL_COMPLETE));
}

static void test_gate(struct tern_queue *queue)
{
	struct tern_event *gate = tern_event_create_user(test_context);
	cl_event gate_handle = tern_event_handle(gate), first, second;
	CHECK(!enqueue_call(queue, succeed, NULL, 0, NULL, &first));
	CHECK(!tern_event_add_callback(tern_event_from(first), CL_COMPLETE, open_gate, gate));
	CHECK(!enqueue_call(queue, succeed, NULL, 1, &gate_handle, &second));
	CHECK(!event_wait(second));
	event_release(first);
	event_release(second);
	tern_object_release(&gate->obj);
}

static unsigned posted;

static void post(void *data)
{
	CHECK(posted == (uintptr_t)data);
	posted++;
}

static void finish_posts(void *data)
{
	atomic_store((_Atomic bool *)data, true);
}

static void test_posts(void)
{
	_Atomic bool finished = false;
	for (uintptr_t i = 0; i < 1000; i++)
		CHECK(!tern_callback_post(post, (void *)i));
	CHECK(!tern_callback_post(finish_posts, &finished));
	while (!finished)
		usleep(100);
	CHECK(posted == 1000);
}

int main(void)
{
	test_start();
	struct tern_queue *queue = queue_new(0);
	for (unsigned i = 0; i < 20; i++) {
		test_states(queue, CL_COMPLETE);
		test_states(queue, -3);
		test_user_event();
		test_gate(queue);
	}
	test_posts();
	queue_release(queue);
	test_end();
	return 0;
}
