/* SPDX-License-Identifier: MIT */
/* What a command costs. */
#include "bench/bench.h"

#define COMMANDS 10000
#define CHAIN    1000

/* Only the time of the calls; the commands may run beside them. */
static void enqueue(struct bench *bench, int64_t properties)
{
	cl_command_queue queue = bench_new_queue((cl_command_queue_properties)properties);

	while (bench_next(bench)) {
		double start = bench_now();

		for (int i = 0; i < COMMANDS; i++)
			bench_enqueue_empty(queue, 0, NULL, NULL);
		bench_time(bench, bench_now() - start);
		MUST(clFinish(queue));
	}
	bench_operations(bench, COMMANDS);
	MUST(clReleaseCommandQueue(queue));
}

/* Up to the end of the last command. */
static void enqueue_and_finish(struct bench *bench, int64_t properties)
{
	cl_command_queue queue = bench_new_queue((cl_command_queue_properties)properties);

	while (bench_next(bench)) {
		for (int i = 0; i < COMMANDS; i++)
			bench_enqueue_empty(queue, 0, NULL, NULL);
		MUST(clFinish(queue));
	}
	bench_operations(bench, COMMANDS);
	MUST(clReleaseCommandQueue(queue));
}

/* Each command waits for the event of the one before. */
static void chain(struct bench *bench, int64_t properties)
{
	cl_command_queue queue = bench_new_queue((cl_command_queue_properties)properties);

	while (bench_next(bench)) {
		cl_event last = NULL;

		for (int i = 0; i < CHAIN; i++) {
			cl_event next = NULL;

			bench_enqueue_empty(queue, last ? 1 : 0, last ? &last : NULL, &next);
			if (last)
				MUST(clReleaseEvent(last));
			last = next;
		}
		MUST(clFinish(queue));
		MUST(clReleaseEvent(last));
	}
	bench_operations(bench, CHAIN);
	MUST(clReleaseCommandQueue(queue));
}

/* The chain goes to and fro between two queues. */
static void chain_of_two_queues(struct bench *bench, int64_t unused)
{
	cl_command_queue queues[2] = {bench_new_queue(0), bench_new_queue(0)};

	(void)unused;
	while (bench_next(bench)) {
		cl_event last = NULL;

		for (int i = 0; i < CHAIN; i++) {
			cl_event next = NULL;

			bench_enqueue_empty(queues[i % 2], last ? 1 : 0, last ? &last : NULL,
					    &next);
			if (last)
				MUST(clReleaseEvent(last));
			last = next;
		}
		MUST(clFlush(queues[0]));
		MUST(clFinish(queues[1]));
		MUST(clFinish(queues[0]));
		MUST(clReleaseEvent(last));
	}
	bench_operations(bench, CHAIN);
	MUST(clReleaseCommandQueue(queues[0]));
	MUST(clReleaseCommandQueue(queues[1]));
}

/* Enqueue, wait, again. @items work-items. */
static void round_trip(struct bench *bench, int64_t items)
{
	const size_t range = (size_t)items;
	cl_command_queue queue = bench_new_queue(0);
	cl_kernel kernel = bench_empty_kernel();

	while (bench_next(bench)) {
		MUST(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &range, NULL, 0, NULL, NULL));
		MUST(clFinish(queue));
	}
	MUST(clReleaseCommandQueue(queue));
}

static void marker(struct bench *bench, int64_t unused)
{
	cl_command_queue queue = bench_new_queue(0);

	(void)unused;
	while (bench_next(bench)) {
		for (int i = 0; i < CHAIN; i++)
			MUST(clEnqueueMarkerWithWaitList(queue, 0, NULL, NULL));
		MUST(clFinish(queue));
	}
	bench_operations(bench, CHAIN);
	MUST(clReleaseCommandQueue(queue));
}

static void set_argument(struct bench *bench, int64_t buffer)
{
	cl_kernel kernel =
		bench_new_kernel("kernel void args(global int *p, int v) { *p = v; }", "args");
	cl_mem mem = bench_new_buffer(64, NULL);
	cl_int value = 1;

	while (bench_next(bench))
		for (int i = 0; i < 1000; i++)
			MUST(buffer ? clSetKernelArg(kernel, 0, sizeof mem, &mem)
				    : clSetKernelArg(kernel, 1, sizeof value, &value));
	bench_operations(bench, 1000);
	MUST(clReleaseMemObject(mem));
	MUST(clReleaseKernel(kernel));
}

void bench_add_enqueue(void)
{
	const int64_t out_of_order = CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE;

	bench_add("enqueue/in_order", enqueue, 0, BENCH_MANUAL);
	bench_add("enqueue/in_order_and_finish", enqueue_and_finish, 0, 0);
	bench_add("enqueue/in_order_profiling", enqueue_and_finish, CL_QUEUE_PROFILING_ENABLE, 0);
	bench_add("enqueue/out_of_order", enqueue, out_of_order, BENCH_MANUAL);
	bench_add("enqueue/out_of_order_and_finish", enqueue_and_finish, out_of_order, 0);
	bench_add("enqueue/chain_in_order", chain, 0, 0);
	bench_add("enqueue/chain_out_of_order", chain, out_of_order, 0);
	bench_add("enqueue/chain_of_two_queues", chain_of_two_queues, 0, 0);
	bench_add("enqueue/round_trip_1", round_trip, 1, 0);
	bench_add("enqueue/round_trip_65536", round_trip, 65536, 0);
	bench_add("enqueue/marker", marker, 0, 0);
	bench_add("enqueue/set_argument_buffer", set_argument, 1, 0);
	bench_add("enqueue/set_argument_int", set_argument, 0, 0);
}
