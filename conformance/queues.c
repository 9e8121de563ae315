/* SPDX-License-Identifier: MIT */
/* Chapter 5.1, 5.10 to 5.13: command queues, markers, barriers, native kernels. */
#include "conformance/harness.h"
#include <pthread.h>
#include <string.h>

#define OUT_OF_ORDER CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE

static const char *const step_source =
	"kernel void advance(global int *p, int v) { p[0] = p[0] * 3 + v; }\n"
	"kernel void put(global int *p, int at, int v) { p[at] = v; }\n";

static void in_order_sequence(void)
{
	static const size_t one = 1;
	cl_kernel kernel = conf_kernel(step_source, "advance");
	cl_uint expected = 0;
	cl_int value = 0;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);

	ARG(kernel, 0, mem);
	for (cl_int i = 0; i < 2000; i++) {
		ARG(kernel, 1, i);
		OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &one, NULL, 0, NULL,
					  NULL));
		expected = expected * 3 + (cl_uint)i;
	}
	conf_read(mem, &value, sizeof value);
	CHECK_EQ((cl_int)expected, value);
}

/* Commands of different kinds keep their order too. */
static void in_order_mixture(void)
{
	static const size_t one = 1;
	cl_kernel kernel = conf_kernel(step_source, "advance");
	cl_int values[200], back[200], seven = 7;
	cl_mem a = conf_buffer(0, 4, NULL), b = conf_buffer(0, 4, NULL);

	ARG(kernel, 0, a);
	ARG(kernel, 1, seven);
	for (int i = 0; i < 200; i++) {
		values[i] = i;
		OK(clEnqueueWriteBuffer(conf_queue(), b, CL_FALSE, 0, 4, &values[i], 0, NULL,
					NULL));
		OK(clEnqueueCopyBuffer(conf_queue(), b, a, 0, 0, 4, 0, NULL, NULL));
		OK(clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &one, NULL, 0, NULL,
					  NULL));
		OK(clEnqueueReadBuffer(conf_queue(), a, CL_FALSE, 0, 4, &back[i], 0, NULL, NULL));
	}
	OK(clFinish(conf_queue()));
	for (int i = 0; i < 200; i++)
		CHECK_EQ(3 * i + 7, back[i]);
}

/* In an out-of-order queue, events alone make the order. */
static void out_of_order_by_events(void)
{
	static const size_t one = 1;
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);
	cl_kernel kernel = conf_kernel(step_source, "advance");
	cl_event last = NULL;
	cl_uint expected = 0;
	cl_int value = 0;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof value, &value);

	ARG(kernel, 0, mem);
	for (cl_int i = 0; i < 500; i++) {
		cl_event next = NULL;

		ARG(kernel, 1, i);
		OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, last ? 1 : 0,
					  last ? &last : NULL, &next));
		last = conf_keep_event(next);
		expected = expected * 3 + (cl_uint)i;
	}
	OK(clFinish(queue));
	conf_read(mem, &value, sizeof value);
	CHECK_EQ((cl_int)expected, value);
}

/* A command that waits does not hold up one that does not, behind it in the queue. */
static void out_of_order_overtakes(void)
{
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);
	cl_event gate = conf_user_event(), waiting = NULL, free = NULL;
	cl_mem mem = conf_buffer(0, 64, NULL);
	int bytes[16] = {0};

	OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 0, 4, bytes, 1, &gate, &waiting));
	conf_keep_event(waiting);
	OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 32, 4, bytes, 0, NULL, &free));
	conf_keep_event(free);
	OK(clFlush(queue));
	CHECK(conf_wait_event(free, 10));
	CHECK(conf_event_status(waiting) > CL_COMPLETE);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clFinish(queue));
}

static const char *const meet_source =
	"kernel void meet(volatile global int *flags, global int *seen, int me) {\n"
	"  atomic_xchg(&flags[me], 1);\n"
	"  int met = 0;\n"
	"  for (int i = 0; i < 20000000 && !met; i++) met = atomic_or(&flags[1 - me], 0);\n"
	"  seen[me] = met; }\n";

/* Two kernels, each of which ends early when it sees the other running. The specification allows
 * a runtime to run them one after the other; one that says it is out of order should not have to.
 */
static bool two_meet(cl_command_queue first, cl_command_queue second)
{
	static const size_t one = 1;
	cl_program program = conf_program(meet_source, NULL);
	cl_command_queue queues[2] = {first, second};
	cl_int zero[4] = {0}, back[2] = {0};

	for (int attempt = 0; attempt < 5; attempt++) {
		cl_mem flags = conf_buffer(CL_MEM_COPY_HOST_PTR, 8, zero);
		cl_mem seen = conf_buffer(CL_MEM_COPY_HOST_PTR, 8, zero);

		for (cl_int i = 0; i < 2; i++) {
			cl_kernel kernel = conf_kernel_of(program, "meet");

			ARG(kernel, 0, flags);
			ARG(kernel, 1, seen);
			ARG(kernel, 2, i);
			OK(clEnqueueNDRangeKernel(queues[i], kernel, 1, NULL, &one, &one, 0, NULL,
						  NULL));
		}
		OK(clFlush(first));
		OK(clFlush(second));
		OK(clFinish(first));
		OK(clFinish(second));
		conf_read(seen, back, sizeof back);
		if (back[0] && back[1])
			return true;
	}
	return false;
}

static void out_of_order_is_concurrent(void)
{
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);

	if (conf_device_uint(CL_DEVICE_MAX_COMPUTE_UNITS) < 2)
		SKIP("one compute unit");
	CHECK(two_meet(queue, queue));
}

static void queues_are_concurrent(void)
{
	if (conf_device_uint(CL_DEVICE_MAX_COMPUTE_UNITS) < 2)
		SKIP("one compute unit");
	CHECK(two_meet(conf_queue_with(0), conf_queue_with(0)));
}

/* A queue that waits does not hold up another queue. */
static void queues_are_independent(void)
{
	enum { QUEUES = 64 };
	cl_command_queue queues[QUEUES];
	cl_event gate = conf_user_event();
	cl_mem mem = conf_buffer(0, 4, NULL);
	cl_int value = 1;

	for (int i = 0; i < QUEUES; i++) {
		queues[i] = conf_queue_with(0);
		if (i % 2)
			OK(clEnqueueMarkerWithWaitList(queues[i], 1, &gate, NULL));
		OK(clFlush(queues[i]));
	}
	for (int i = 0; i < QUEUES; i += 2) {
		OK(clEnqueueWriteBuffer(queues[i], mem, CL_TRUE, 0, 4, &value, 0, NULL, NULL));
		CHECK_CL(CL_SUCCESS, clFinish(queues[i]));
	}
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	for (int i = 1; i < QUEUES; i += 2)
		CHECK_CL(CL_SUCCESS, clFinish(queues[i]));
}

/* A marker without a list waits for all before it, and holds up nothing. */
static void marker(void)
{
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);
	cl_event gate = conf_user_event(), marked = NULL, after = NULL;
	cl_mem mem = conf_buffer(0, 64, NULL);
	int bytes[4] = {0};

	OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 0, 4, bytes, 1, &gate, NULL));
	OK(clEnqueueMarkerWithWaitList(queue, 0, NULL, &marked));
	conf_keep_event(marked);
	OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 32, 4, bytes, 0, NULL, &after));
	conf_keep_event(after);
	OK(clFlush(queue));
	CHECK(conf_wait_event(after, 10));
	CHECK(conf_event_status(marked) > CL_COMPLETE);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &marked));
	CHECK_EQ(CL_COMPLETE, conf_event_status(marked));
	OK(clFinish(queue));
}

static void marker_with_list(void)
{
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);
	cl_event gates[2] = {conf_user_event(), conf_user_event()}, done[2] = {NULL, NULL},
		 marked = NULL;

	for (int i = 0; i < 2; i++) {
		OK(clEnqueueMarkerWithWaitList(queue, 1, &gates[i], &done[i]));
		conf_keep_event(done[i]);
	}
	OK(clEnqueueMarkerWithWaitList(queue, 1, &done[1], &marked));
	conf_keep_event(marked);
	OK(clFlush(queue));
	OK(clSetUserEventStatus(gates[1], CL_COMPLETE));
	CHECK(conf_wait_event(marked, 3)); /* the first command still waits */
	CHECK(conf_event_status(done[0]) > CL_COMPLETE);
	OK(clSetUserEventStatus(gates[0], CL_COMPLETE));
	OK(clFinish(queue));
}

/* A barrier without a list waits for all before it, and all after it wait for it. */
static void barrier(void)
{
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);
	cl_event gate = conf_user_event(), crossed = NULL, after = NULL;
	cl_mem mem = conf_buffer(0, 64, NULL);
	int bytes[4] = {0};

	OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 0, 4, bytes, 1, &gate, NULL));
	OK(clEnqueueBarrierWithWaitList(queue, 0, NULL, &crossed));
	conf_keep_event(crossed);
	OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 32, 4, bytes, 0, NULL, &after));
	conf_keep_event(after);
	OK(clFlush(queue));
	conf_sleep(0.02);
	CHECK(conf_event_status(crossed) > CL_COMPLETE);
	CHECK(conf_event_status(after) > CL_RUNNING);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clFinish(queue));
	CHECK_EQ(CL_COMPLETE, conf_event_status(after));
}

/* A barrier with a list holds up what follows until the listed events are complete. */
static void barrier_with_list(void)
{
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);
	cl_event gate = conf_user_event(), after = NULL;

	OK(clEnqueueBarrierWithWaitList(queue, 1, &gate, NULL));
	OK(clEnqueueMarkerWithWaitList(queue, 0, NULL, &after));
	conf_keep_event(after);
	OK(clFlush(queue));
	conf_sleep(0.02);
	CHECK(conf_event_status(after) > CL_RUNNING);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clFinish(queue));
	CHECK_EQ(CL_COMPLETE, conf_event_status(after));
}

/* Rounds of parallel writes with a barrier between: each round sees all of the one before. */
static void barriers_order_rounds(void)
{
	enum { WIDTH = 16, ROUNDS = 20 };
	static const char *const source =
		"kernel void next(global const int *in, global int *out, int i, int n) {\n"
		"  out[i] = in[(i + 1) % n] + in[(i + n - 1) % n] + 1; }\n";
	static const size_t one = 1;
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);
	cl_kernel kernel = conf_kernel(source, "next");
	cl_uint now[WIDTH], next[WIDTH];
	cl_int n = WIDTH;

	for (cl_uint i = 0; i < WIDTH; i++)
		now[i] = i;
	cl_mem mems[2] = {conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof now, now),
			  conf_buffer(0, sizeof now, NULL)};

	ARG(kernel, 3, n);
	for (int round = 0; round < ROUNDS; round++) {
		ARG(kernel, 0, mems[round % 2]);
		ARG(kernel, 1, mems[1 - round % 2]);
		for (cl_int i = 0; i < WIDTH; i++) {
			ARG(kernel, 2, i);
			OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, 0, NULL,
						  NULL));
			next[i] = now[(i + 1) % WIDTH] + now[(i + WIDTH - 1) % WIDTH] + 1;
		}
		OK(clEnqueueBarrierWithWaitList(queue, 0, NULL, NULL));
		memcpy(now, next, sizeof now);
	}
	OK(clEnqueueReadBuffer(queue, mems[ROUNDS % 2], CL_TRUE, 0, sizeof next, next, 0, NULL,
			       NULL));
	CHECK(!memcmp(now, next, sizeof now));
}

/* The event of the last of many is complete when clFinish returns; flush alone gets there too. */
static void flush_and_finish(void)
{
	cl_command_queue queue = conf_queue_with(OUT_OF_ORDER);
	cl_event events[100];
	cl_mem mem = conf_buffer(0, 400, NULL);
	int word = 0;

	for (size_t i = 0; i < 100; i++) {
		OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, 4 * i, 4, &word, 0, NULL,
					&events[i]));
		conf_keep_event(events[i]);
	}
	OK(clFinish(queue));
	for (int i = 0; i < 100; i++)
		CHECK_EQ(CL_COMPLETE, conf_event_status(events[i]));
	cl_event last = NULL;

	OK(clEnqueueMarkerWithWaitList(queue, 0, NULL, &last));
	conf_keep_event(last);
	OK(clFlush(queue));
	CHECK(conf_wait_event(last, 10));
	OK(clFlush(queue));
	OK(clFinish(queue));
	OK(clFinish(queue));
}

static void *finish_thread(void *queue)
{
	return clFinish(queue) ? queue : NULL;
}

static void finish_from_many_threads(void)
{
	cl_event gate = conf_user_event();
	pthread_t threads[16];

	OK(clEnqueueMarkerWithWaitList(conf_queue(), 1, &gate, NULL));
	OK(clFlush(conf_queue()));
	for (int i = 0; i < 16; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, finish_thread, conf_queue()));
	conf_sleep(0.01);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	for (int i = 0; i < 16; i++) {
		void *result = conf_queue();

		pthread_join(threads[i], &result);
		CHECK(result == NULL);
	}
}

struct native_args {
	int *ids;
	void *memory[2];
};

static void CL_CALLBACK native(void *data)
{
	struct native_args *args = data;

	args->ids[0]++;
	((int *)args->memory[0])[0] = 11;
	((int *)args->memory[1])[1] = 22;
}

static void native_kernel(void)
{
	static int calls;
	struct native_args args = {&calls, {NULL, NULL}};
	cl_mem mems[2] = {conf_buffer(0, 16, NULL), conf_buffer(0, 16, NULL)};
	const void *places[2] = {&args.memory[0], &args.memory[1]};
	cl_event event = NULL;
	cl_int error, back[4];

	error = clEnqueueNativeKernel(conf_queue(), native, &args, sizeof args, 2, mems,
				      (const void **)places, 0, NULL, &event);
	if (!(conf_device_ulong(CL_DEVICE_EXECUTION_CAPABILITIES) & CL_EXEC_NATIVE_KERNEL)) {
		CHECK_EQ(CL_INVALID_OPERATION, error);
		return;
	}
	OK(error);
	conf_keep_event(event);
	memset(&args.memory, 0, sizeof args.memory); /* the block has been copied */
	OK(clWaitForEvents(1, &event));
	CHECK_EQ(1, calls);
	conf_read(mems[0], back, sizeof back);
	CHECK_EQ(11, back[0]);
	conf_read(mems[1], back, sizeof back);
	CHECK_EQ(22, back[1]);
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueNativeKernel(conf_queue(), NULL, NULL, 0, 0, NULL, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueNativeKernel(conf_queue(), native, NULL, 8, 0, NULL,
							 NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueNativeKernel(conf_queue(), native, &args, 0, 0, NULL,
							 NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueNativeKernel(conf_queue(), native, &args, sizeof args,
							 1, NULL, NULL, 0, NULL, NULL));
}

static void task(void)
{
	cl_kernel kernel = conf_kernel("kernel void one(global int *o) { o[get_global_id(0)] =\n"
				       "  10 * get_global_size(0) + get_local_size(0); }",
				       "one");
	cl_mem mem = conf_buffer(0, 4, NULL);
	cl_int value = 0;

	ARG(kernel, 0, mem);
	OK(clEnqueueTask(conf_queue(), kernel, 0, NULL, NULL));
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(11, value);
}

static void default_device_queue(void)
{
	if (conf_device_ulong(CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES) &
	    CL_DEVICE_QUEUE_REPLACEABLE_DEFAULT)
		SKIP("the device has device-side queues");
	CHECK_CL(CL_INVALID_OPERATION,
		 clSetDefaultDeviceCommandQueue(conf_context(), conf_device(), conf_queue()));
}

CONF_CASES(queues) = {
	CASE(in_order_sequence),
	CASE(in_order_mixture),
	CASE(out_of_order_by_events),
	CASE(out_of_order_overtakes),
	CASE(out_of_order_is_concurrent),
	CASE(queues_are_concurrent),
	CASE(queues_are_independent),
	CASE(marker),
	CASE(marker_with_list),
	CASE(barrier),
	CASE(barrier_with_list),
	CASE(barriers_order_rounds),
	CASE(flush_and_finish),
	CASE(finish_from_many_threads),
	CASE(native_kernel),
	CASE(task),
	CASE(default_device_queue),
	CASE_END,
};
