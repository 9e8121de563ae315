/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"
#include <sched.h>
#include <stdatomic.h>

static void user_event(struct bench *bench, int64_t unused)
{
	(void)unused;
	bench_context();
	while (bench_next(bench)) {
		cl_int error;
		cl_event event = clCreateUserEvent(bench_context(), &error);

		MUST(error);
		MUST(clSetUserEventStatus(event, CL_COMPLETE));
		MUST(clReleaseEvent(event));
	}
}

static void wait_for_complete(struct bench *bench, int64_t unused)
{
	cl_event event = NULL;

	(void)unused;
	bench_enqueue_empty(bench_queue(), 0, NULL, &event);
	MUST(clFinish(bench_queue()));
	while (bench_next(bench))
		for (int i = 0; i < 1000; i++)
			MUST(clWaitForEvents(1, &event));
	bench_operations(bench, 1000);
	MUST(clReleaseEvent(event));
}

static void wait_for_command(struct bench *bench, int64_t unused)
{
	(void)unused;
	bench_queue();
	while (bench_next(bench)) {
		cl_event event = NULL;

		bench_enqueue_empty(bench_queue(), 0, NULL, &event);
		MUST(clWaitForEvents(1, &event));
		MUST(clReleaseEvent(event));
	}
}

/* From opening a user event to the end of a marker that waits for it. */
static void gate(struct bench *bench, int64_t unused)
{
	(void)unused;
	bench_queue();
	while (bench_next(bench)) {
		cl_int error;
		cl_event event = clCreateUserEvent(bench_context(), &error), done = NULL;

		MUST(error);
		MUST(clEnqueueMarkerWithWaitList(bench_queue(), 1, &event, &done));
		MUST(clFlush(bench_queue()));
		MUST(clSetUserEventStatus(event, CL_COMPLETE));
		MUST(clWaitForEvents(1, &done));
		MUST(clReleaseEvent(event));
		MUST(clReleaseEvent(done));
	}
}

static void CL_CALLBACK called(cl_event event, cl_int status, void *data)
{
	(void)event;
	(void)status;
	atomic_store((atomic_int *)data, 1);
}

/* From the enqueue of an empty kernel to its callback. */
static void callback(struct bench *bench, int64_t unused)
{
	(void)unused;
	bench_queue();
	while (bench_next(bench)) {
		static atomic_int flag;
		cl_event event = NULL;

		atomic_store(&flag, 0);
		bench_enqueue_empty(bench_queue(), 0, NULL, &event);
		MUST(clSetEventCallback(event, CL_COMPLETE, called, &flag));
		MUST(clFlush(bench_queue()));
		while (!atomic_load(&flag))
			sched_yield();
		MUST(clReleaseEvent(event));
	}
}

static void query(struct bench *bench, int64_t unused)
{
	cl_event event = NULL;

	(void)unused;
	bench_enqueue_empty(bench_queue(), 0, NULL, &event);
	MUST(clFinish(bench_queue()));
	while (bench_next(bench))
		for (int i = 0; i < 1000; i++) {
			cl_int status;

			MUST(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status,
					    &status, NULL));
		}
	bench_operations(bench, 1000);
	MUST(clReleaseEvent(event));
}

void bench_add_event(void)
{
	bench_add("event/user_event", user_event, 0, 0);
	bench_add("event/wait_for_complete", wait_for_complete, 0, 0);
	bench_add("event/wait_for_command", wait_for_command, 0, 0);
	bench_add("event/gate", gate, 0, 0);
	bench_add("event/callback", callback, 0, 0);
	bench_add("event/status_query", query, 0, 0);
}
