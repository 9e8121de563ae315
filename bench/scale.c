/* SPDX-License-Identifier: MIT */
/* Many queues, many threads, many live objects. */
#include "bench/bench.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define MOST            64
#define ROUND           16  /* commands for each queue in a turn */
#define THREAD_COMMANDS 200 /* for each thread in a turn */

static void many_queues(struct bench *bench, int64_t count)
{
	cl_command_queue queues[MOST];

	for (int64_t i = 0; i < count; i++)
		queues[i] = bench_new_queue(0);
	while (bench_next(bench)) {
		for (int k = 0; k < ROUND; k++)
			for (int64_t i = 0; i < count; i++)
				bench_enqueue_empty(queues[i], 0, NULL, NULL);
		for (int64_t i = 0; i < count; i++)
			MUST(clFlush(queues[i]));
		for (int64_t i = 0; i < count; i++)
			MUST(clFinish(queues[i]));
	}
	bench_operations(bench, (double)(ROUND * count));
	for (int64_t i = 0; i < count; i++)
		MUST(clReleaseCommandQueue(queues[i]));
}

struct team {
	pthread_barrier_t ready, start, end;
	bool over;
	bool shared; /* one queue for all */
	cl_command_queue queue;
};

static void *member(void *data)
{
	struct team *team = data;
	cl_command_queue queue = team->shared ? team->queue : bench_new_queue(0);
	cl_kernel kernel = bench_new_kernel("kernel void empty(void) {}", "empty");
	const size_t one = 1;

	pthread_barrier_wait(&team->ready);
	for (;;) {
		pthread_barrier_wait(&team->start);
		if (team->over)
			break;
		for (int i = 0; i < THREAD_COMMANDS; i++)
			MUST(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL,
						    NULL));
		MUST(clFinish(queue));
		pthread_barrier_wait(&team->end);
	}
	MUST(clReleaseKernel(kernel));
	if (!team->shared)
		MUST(clReleaseCommandQueue(queue));
	return NULL;
}

static void run_team(struct bench *bench, int64_t count, bool shared)
{
	pthread_t threads[MOST];
	struct team team = {.shared = shared};

	team.queue = shared ? bench_new_queue(0) : NULL;
	bench_context();
	pthread_barrier_init(&team.ready, NULL, (unsigned)count + 1);
	pthread_barrier_init(&team.start, NULL, (unsigned)count + 1);
	pthread_barrier_init(&team.end, NULL, (unsigned)count + 1);
	for (int64_t i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, member, &team))
			abort();
	pthread_barrier_wait(&team.ready);
	while (bench_next(bench)) {
		pthread_barrier_wait(&team.start);
		pthread_barrier_wait(&team.end);
	}
	team.over = true;
	pthread_barrier_wait(&team.start);
	for (int64_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	bench_operations(bench, (double)(THREAD_COMMANDS * count));
	pthread_barrier_destroy(&team.ready);
	pthread_barrier_destroy(&team.start);
	pthread_barrier_destroy(&team.end);
	if (shared)
		MUST(clReleaseCommandQueue(team.queue));
}

static void threads_own_queue(struct bench *bench, int64_t count)
{
	run_team(bench, count, false);
}

static void threads_one_queue(struct bench *bench, int64_t count)
{
	run_team(bench, count, true);
}

/* An enqueue and its end while @count buffers and as many user events live. */
static void live_objects(struct bench *bench, int64_t count)
{
	cl_mem *mems = calloc((size_t)count + 1, sizeof *mems);
	cl_event *events = calloc((size_t)count + 1, sizeof *events);
	cl_int error;

	if (!mems || !events) {
		bench_error(bench, "no memory");
		goto out;
	}
	for (int64_t i = 0; i < count; i++) {
		mems[i] = bench_new_buffer(64, NULL);
		events[i] = clCreateUserEvent(bench_context(), &error);
		MUST(error);
	}
	bench_queue();
	while (bench_next(bench)) {
		for (int i = 0; i < 1000; i++)
			bench_enqueue_empty(bench_queue(), 0, NULL, NULL);
		MUST(clFinish(bench_queue()));
	}
	bench_operations(bench, 1000);
	for (int64_t i = 0; i < count; i++) {
		MUST(clReleaseMemObject(mems[i]));
		MUST(clSetUserEventStatus(events[i], CL_COMPLETE));
		MUST(clReleaseEvent(events[i]));
	}
out:
	free(mems);
	free(events);
}

void bench_add_scale(void)
{
	static const int64_t counts[] = {1, 2, 4, 16, 64}, objects[] = {0, 1000, 100000};
	char name[64];

	for (size_t i = 0; i < LENGTH(counts); i++) {
		snprintf(name, sizeof name, "scale/queues_%02d", (int)counts[i]);
		bench_add(name, many_queues, counts[i], 0);
	}
	for (size_t i = 0; i < LENGTH(counts); i++) {
		snprintf(name, sizeof name, "scale/threads_%02d", (int)counts[i]);
		bench_add(name, threads_own_queue, counts[i], 0);
	}
	for (size_t i = 0; i < LENGTH(counts); i++) {
		snprintf(name, sizeof name, "scale/threads_%02d_one_queue", (int)counts[i]);
		bench_add(name, threads_one_queue, counts[i], 0);
	}
	for (size_t i = 0; i < LENGTH(objects); i++) {
		snprintf(name, sizeof name, "scale/live_objects_%06d", (int)objects[i]);
		bench_add(name, live_objects, objects[i], 0);
	}
}
