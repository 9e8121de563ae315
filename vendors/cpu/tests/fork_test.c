/* SPDX-License-Identifier: MIT */
/* fork() with work under way: the child's old queues give errors, new ones work, and it ends. */
#include <sys/wait.h>

#include "harness.h"

static _Atomic bool release;
static _Atomic unsigned ran, begun;

static cl_int count(void *unused)
{
	(void)unused;
	atomic_fetch_add(&ran, 1);
	return CL_SUCCESS;
}

static void busy(const void *args, const struct tern_group *group, uint64_t x, uint64_t y,
		 uint64_t z)
{
	(void)args, (void)group, (void)x, (void)y, (void)z;
	atomic_fetch_add(&begun, 1);
	while (!atomic_load(&release))
		usleep(100);
}

/* Needs a worker, so the parent's threads are at it at the fork. */
static const struct tern_kernel_info info = {
	.name = "busy", .lanes = 1, .rows = 1, .stack_bytes = 1 << 20};

static void nothing(void *data)
{
	atomic_store((_Atomic bool *)data, true);
}

static int child(struct tern_queue *old, cl_event event)
{
	struct tern_event *e = tern_event_from(event);
	CHECK(tern_queue_finish(old) == CL_OUT_OF_RESOURCES);
	CHECK(tern_queue_flush(old) == CL_OUT_OF_RESOURCES);
	CHECK(enqueue_call(old, count, NULL, 0, NULL, NULL) == CL_OUT_OF_RESOURCES);
	CHECK(tern_events_wait(&e, 1) == CL_OUT_OF_RESOURCES);
	event_release(event);
	struct tern_queue *fresh = queue_new(0);
	atomic_store(&ran, 0);
	for (unsigned i = 0; i < 100; i++)
		CHECK(!enqueue_call(fresh, count, NULL, 0, NULL, NULL));
	CHECK(!tern_queue_finish(fresh) && ran == 100);
	atomic_store(&release, true);
	uint64_t none = 0;
	CHECK(!enqueue_kernel(fresh, &info, busy, &none, sizeof(none), 8, 1, NULL));
	CHECK(!tern_queue_finish(fresh));
	_Atomic bool posted = false;
	CHECK(!tern_callback_post(nothing, &posted));
	while (!posted)
		usleep(100);
	queue_release(fresh);
	tern_object_release(&old->obj);
	test_end();
	return 0;
}

int main(void)
{
#if defined(__SANITIZE_THREAD__)
	return 77; /* it does not allow threads in a child */
#endif
	test_start();
	struct tern_queue *queue = queue_new(0);
	for (unsigned i = 0; i < 100; i++)
		CHECK(!enqueue_call(queue, count, NULL, 0, NULL, NULL));
	CHECK(!tern_queue_finish(queue) && ran == 100);
	uint64_t none = 0;
	cl_event event;
	CHECK(!enqueue_kernel(queue, &info, busy, &none, sizeof(none), 8, 1, &event));
	CHECK(!tern_queue_flush(queue));
	/* Not while workers start: gcc's address sanitizer leaves its allocator locked in the child
	 * of a thread that forks while another one allocates. */
	for (unsigned i = 0; i < 500 && begun < 2; i++)
		usleep(1000);
	for (unsigned i = 0; i < 5; i++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid) {
			alarm(20);
			exit(child(queue, event));
		}
		int status;
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	atomic_store(&release, true);
	CHECK(!event_wait(event));
	event_release(event);
	CHECK(!enqueue_call(queue, count, NULL, 0, NULL, NULL));
	CHECK(!tern_queue_finish(queue) && ran == 101);
	queue_release(queue);
	test_end();
	return 0;
}
