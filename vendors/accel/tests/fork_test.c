/* SPDX-License-Identifier: MIT */
/* fork() with work under way: the child's old queues give errors, new ones work, and it ends; the
 * parent's device goes on. */
#include "harness.h"

static const char source[] =
	"kernel void endless(global int *p) { while (*(volatile global int *)p == 0); }"
	"kernel void increment(global uint *p) { atomic_inc(p); }";

static int child(struct tern_queue *old, cl_event event)
{
	struct tern_event *e = event_of(event);
	CHECK(tern_queue_finish(old) == CL_OUT_OF_RESOURCES);
	CHECK(tern_queue_flush(old) == CL_OUT_OF_RESOURCES);
	CHECK(tern_events_wait(&e, 1) == CL_OUT_OF_RESOURCES);
	event_release(event);
	tern_module_put(test_module);
	test_module = module_build(source);
	struct tern_queue *fresh = queue_new(0);
	uint32_t *p = shared_alloc(64);
	for (unsigned i = 0; i < 100; i++)
		enqueue_kernel(fresh, "increment", RANGE(1, 1), ARGS(&p), NULL);
	CHECK(!tern_queue_finish(fresh) && *p == 100);
	shared_free(p, 64);
	queue_release(fresh);
	tern_object_release(&old->obj);
	test_end();
	return 0;
}

static void fork_children(unsigned n, struct tern_queue *queue, cl_event event)
{
	for (unsigned i = 0; i < n; i++) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid) {
			alarm(30);
			exit(child(queue, event));
		}
		int status;
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
}

int main(void)
{
#if defined(__SANITIZE_THREAD__)
	return 77; /* it does not allow threads in a child */
#endif
#if defined(__SANITIZE_ADDRESS__)
	return 77; /* gcc 12's may leave its allocator locked in a child */
#endif
	test_start(source);
	struct tern_queue *queue = queue_new(0);
	uint32_t *p = shared_alloc(64);
	int *word = shared_alloc(64);
	cl_event event;
	for (unsigned i = 0; i < 100; i++)
		enqueue_kernel(queue, "increment", RANGE(1, 1), ARGS(&p), NULL);
	CHECK(!tern_queue_finish(queue) && *p == 100);
	enqueue_kernel(queue, "endless", RANGE(1, 1), ARGS(&word), &event);
	CHECK(!tern_queue_flush(queue));
	fork_children(5, queue, event);
	CHECK(tern_event_status(event_of(event)) > CL_COMPLETE);
	__atomic_store_n(word, 1, __ATOMIC_SEQ_CST);
	CHECK(event_end(event) == CL_COMPLETE);
	enqueue_kernel(queue, "increment", RANGE(1, 1), ARGS(&p), NULL);
	CHECK(!tern_queue_finish(queue) && *p == 101);
	shared_free(p, 64);
	shared_free(word, 64);
	queue_release(queue);
	test_end();
	return 0;
}
