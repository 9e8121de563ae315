/* SPDX-License-Identifier: MIT */
/* The device process is killed at any moment: what runs fails or has succeeded, what waits runs
 * afterwards, and no memory is lost. */
#include <pthread.h>

#include "harness.h"

enum { N = 4096, KILLS = 30, THREADS = 3 };

static const char source[] =
	"kernel void number(global uint *out, uint add) {"
	" out[get_global_id(0)] = (uint)get_global_id(0) + add; }"
	"kernel void endless(global int *p) { while (*(volatile global int *)p == 0); }";

static _Atomic bool over;
static _Atomic unsigned completed, failed;

static void *work(void *unused)
{
	struct tern_queue *queue = queue_new(0);
	uint32_t *out = shared_alloc(N * 4);
	(void)unused;
	for (uint32_t add = 1; !atomic_load(&over); add++) {
		cl_int status = run_kernel(queue, "number", RANGE(N, 16), ARGS(&out, &add));
		CHECK(status == CL_COMPLETE || status == CL_OUT_OF_RESOURCES);
		atomic_fetch_add(status == CL_COMPLETE ? &completed : &failed, 1);
		for (uint32_t i = 0; status == CL_COMPLETE && i < N; i++)
			CHECK(out[i] == i + add);
	}
	queue_release(queue);
	shared_free(out, N * 4);
	return NULL;
}

static void kill_device(void)
{
	pid_t pid = device_pid();
	CHECK(pid > 0 && !kill(pid, SIGKILL));
	for (unsigned ms = 0; device_pid() == pid || !device_alive(); ms++) {
		CHECK(ms < 20000);
		usleep(1000);
	}
}

static void storm(void)
{
	pthread_t threads[THREADS];
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&threads[i], NULL, work, NULL));
	srand(1);
	for (unsigned i = 0; i < KILLS; i++) {
		usleep((unsigned)rand() % 30000);
		kill_device();
	}
	unsigned before = atomic_load(&completed);
	for (unsigned ms = 0; atomic_load(&completed) < before + 100; ms++) {
		CHECK(ms < 20000);
		usleep(1000);
	}
	atomic_store(&over, true);
	for (unsigned i = 0; i < THREADS; i++)
		CHECK(!pthread_join(threads[i], NULL));
	CHECK(completed > 100);
}

/* The running command fails; the ones behind it in the queue run on the new process. */
static void running_and_queued(void)
{
	struct tern_queue *queue = queue_new(0);
	int *word = shared_alloc(64);
	uint32_t *out = shared_alloc(N * 4), add = 5;
	cl_event bad, behind;
	enqueue_kernel(queue, "endless", RANGE(1, 1), ARGS(&word), &bad);
	enqueue_kernel(queue, "number", RANGE(N, 16), ARGS(&out, &add), &behind);
	CHECK(!tern_queue_flush(queue));
	usleep(20000);
	CHECK(!kill(device_pid(), SIGKILL));
	CHECK(event_end(behind) == CL_COMPLETE && out[N - 1] == N - 1 + 5);
	CHECK(event_end(bad) == CL_OUT_OF_RESOURCES);
	queue_release(queue);
	shared_free(word, 64);
	shared_free(out, N * 4);
}

/* While nothing runs, and while no queue is there. */
static void idle(void)
{
	struct tern_queue *queue = queue_new(0);
	uint32_t *out = shared_alloc(N * 4), add = 5;
	for (unsigned i = 0; i < 5; i++) {
		kill_device();
		CHECK(run_kernel(queue, "number", RANGE(N, 16), ARGS(&out, &add)) == CL_COMPLETE);
	}
	queue_release(queue);
	CHECK(!kill(device_pid(), SIGKILL));
	usleep(10000);
	queue = queue_new(0);
	CHECK(run_kernel(queue, "number", RANGE(N, 16), ARGS(&out, &add)) == CL_COMPLETE);
	queue_release(queue);
	usleep(1500000); /* it has been stopped by now */
	queue = queue_new(0);
	CHECK(run_kernel(queue, "number", RANGE(N, 16), ARGS(&out, &add)) == CL_COMPLETE);
	queue_release(queue);
	shared_free(out, N * 4);
}

int main(void)
{
	test_start(source);
	running_and_queued();
	idle();
	storm();
	test_end();
	return 0;
}
