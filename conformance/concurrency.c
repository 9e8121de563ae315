/* SPDX-License-Identifier: MIT */
/* Several threads at once: everything but clSetKernelArg on one kernel is thread-safe (appendix A).
 */
#include "conformance/harness.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8 };

struct worker {
	int index;
	cl_program program;
	cl_command_queue queue;
	cl_mem mem;
	pthread_barrier_t *start;
	atomic_int *shared;
};

static void run_threads(void *(*body)(void *), cl_program program, cl_command_queue queue,
			cl_mem mem)
{
	pthread_t threads[THREADS];
	struct worker workers[THREADS];
	pthread_barrier_t start;
	atomic_int shared = 0;

	pthread_barrier_init(&start, NULL, THREADS);
	conf_context();
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){i, program, queue, mem, &start, &shared};
		REQUIRE(!pthread_create(&threads[i], NULL, body, &workers[i]));
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
}

static void *build_thread(void *data)
{
	struct worker *worker = data;
	char source[128];
	const char *text = source;
	cl_int error, value = 0;

	pthread_barrier_wait(worker->start);
	for (int turn = 0; turn < 3; turn++) {
		snprintf(source, sizeof source, "kernel void k(global int *o) { o[0] = %d; }",
			 worker->index * 10 + turn);
		cl_program program =
			clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

		OK(error);
		OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
		cl_kernel kernel = clCreateKernel(program, "k", &error);

		OK(error);
		cl_command_queue queue = clCreateCommandQueueWithProperties(
			conf_context(), conf_device(), NULL, &error);

		OK(error);
		cl_mem mem = clCreateBuffer(conf_context(), 0, 4, NULL, &error);

		OK(error);
		ARG(kernel, 0, mem);
		conf_run_on(queue, kernel, 1, 1);
		OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, 4, &value, 0, NULL, NULL));
		CHECK_EQ(worker->index * 10 + turn, value);
		OK(clReleaseMemObject(mem));
		OK(clReleaseKernel(kernel));
		OK(clReleaseProgram(program));
		OK(clReleaseCommandQueue(queue));
	}
	return NULL;
}

static void threads_build(void)
{
	run_threads(build_thread, NULL, NULL, NULL);
}

static const char *const add_source =
	"kernel void add(global int *p, int v) { atomic_add(p, v); }\n";

static void *enqueue_thread(void *data)
{
	struct worker *worker = data;
	const size_t one = 1;
	cl_int error, value = worker->index + 1;
	cl_kernel kernel = clCreateKernel(worker->program, "add", &error);

	OK(error);
	ARG(kernel, 0, worker->mem);
	ARG(kernel, 1, value);
	pthread_barrier_wait(worker->start);
	for (int i = 0; i < 500; i++)
		OK(clEnqueueNDRangeKernel(worker->queue, kernel, 1, NULL, &one, NULL, 0, NULL,
					  NULL));
	OK(clFinish(worker->queue));
	OK(clReleaseKernel(kernel));
	return NULL;
}

static void check_total(cl_mem mem)
{
	cl_int total = 0;

	conf_read(mem, &total, sizeof total);
	CHECK_EQ(500 * THREADS * (THREADS + 1) / 2, total);
}

static void threads_share_queue(void)
{
	cl_int zero = 0;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof zero, &zero);

	run_threads(enqueue_thread, conf_program(add_source, NULL), conf_queue(), mem);
	check_total(mem);
}

static void threads_share_out_of_order_queue(void)
{
	cl_int zero = 0;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof zero, &zero);

	run_threads(enqueue_thread, conf_program(add_source, NULL),
		    conf_queue_with(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE), mem);
	check_total(mem);
}

static void *own_queue_thread(void *data)
{
	struct worker *worker = data;
	struct worker own = *worker;
	cl_int error;

	own.queue = clCreateCommandQueueWithProperties(conf_context(), conf_device(), NULL, &error);
	OK(error);
	enqueue_thread(&own);
	OK(clReleaseCommandQueue(own.queue));
	return NULL;
}

static void threads_with_own_queues(void)
{
	cl_int zero = 0;
	cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof zero, &zero);

	run_threads(own_queue_thread, conf_program(add_source, NULL), NULL, mem);
	check_total(mem);
}

/* Retaining and releasing the same objects from all sides. */
static void *reference_thread(void *data)
{
	struct worker *worker = data;

	pthread_barrier_wait(worker->start);
	for (int i = 0; i < 2000; i++) {
		OK(clRetainMemObject(worker->mem));
		OK(clRetainCommandQueue(worker->queue));
		OK(clRetainProgram(worker->program));
		OK(clRetainContext(conf_context()));
		OK(clReleaseContext(conf_context()));
		OK(clReleaseProgram(worker->program));
		OK(clReleaseCommandQueue(worker->queue));
		OK(clReleaseMemObject(worker->mem));
	}
	return NULL;
}

static void threads_retain_and_release(void)
{
	cl_mem mem = conf_buffer(0, 64, NULL);
	cl_uint count = 0;

	run_threads(reference_thread, conf_program(add_source, NULL), conf_queue(), mem);
	OK(clGetMemObjectInfo(mem, CL_MEM_REFERENCE_COUNT, sizeof count, &count, NULL));
	CHECK_EQ(1, count);
}

/* Objects come and go while others use the context. */
static void *churn_thread(void *data)
{
	struct worker *worker = data;
	cl_int error;

	pthread_barrier_wait(worker->start);
	for (int i = 0; i < 300; i++) {
		cl_mem mem = clCreateBuffer(conf_context(), 0, 64 + (size_t)i, NULL, &error);

		OK(error);
		cl_event event = clCreateUserEvent(conf_context(), &error), done = NULL;

		OK(error);
		OK(clEnqueueFillBuffer(worker->queue, mem, "abcd", 4, 0, 64, 1, &event, &done));
		OK(clReleaseMemObject(mem));
		OK(clSetUserEventStatus(event, CL_COMPLETE));
		OK(clReleaseEvent(event));
		if (i % 3 == 0)
			OK(clWaitForEvents(1, &done));
		OK(clReleaseEvent(done));
	}
	return NULL;
}

static void threads_churn(void)
{
	run_threads(churn_thread, NULL, conf_queue_with(CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE),
		    NULL);
	CHECK_CL(CL_SUCCESS, clFinish(conf_queue()));
}

static void CL_CALLBACK count_event(cl_event event, cl_int status, void *data)
{
	(void)event;
	(void)status;
	atomic_fetch_add((atomic_int *)data, 1);
}

static void *callback_thread(void *data)
{
	struct worker *worker = data;

	pthread_barrier_wait(worker->start);
	for (int i = 0; i < 200; i++) {
		cl_event event = NULL;

		OK(clEnqueueMarkerWithWaitList(worker->queue, 0, NULL, &event));
		OK(clSetEventCallback(event, CL_COMPLETE, count_event, worker->shared));
		OK(clFlush(worker->queue));
		OK(clReleaseEvent(event));
	}
	pthread_barrier_wait(worker->start);
	if (worker->index == 0)
		CHECK(conf_wait_word(worker->shared, 200 * THREADS, 20));
	pthread_barrier_wait(worker->start);
	return NULL;
}

static void threads_with_callbacks(void)
{
	run_threads(callback_thread, NULL, conf_queue(), NULL);
}

/* The first use of OpenCL in a process, by several threads at once, is in the harness's hands; here
 * contexts are made and given up at once. */
static void *context_thread(void *data)
{
	struct worker *worker = data;
	cl_device_id device = conf_device();
	cl_int error;

	pthread_barrier_wait(worker->start);
	for (int i = 0; i < 50; i++) {
		cl_uint count = 0;
		cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

		OK(error);
		cl_command_queue queue =
			clCreateCommandQueueWithProperties(context, device, NULL, &error);

		OK(error);
		OK(clReleaseContext(context));
		OK(clFinish(queue));
		OK(clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT, sizeof count, &count,
					 NULL));
		CHECK_EQ(1, count);
		OK(clReleaseCommandQueue(queue));
	}
	return NULL;
}

static void threads_make_contexts(void)
{
	run_threads(context_thread, NULL, NULL, NULL);
}

/* The same program built by several threads at once: each gets success or CL_INVALID_OPERATION. */
static void *same_program_thread(void *data)
{
	struct worker *worker = data;

	pthread_barrier_wait(worker->start);
	for (int i = 0; i < 3; i++)
		CHECK_CL2(CL_SUCCESS, CL_INVALID_OPERATION,
			  clBuildProgram(worker->program, 0, NULL, NULL, NULL, NULL));
	return NULL;
}

static void threads_build_same_program(void)
{
	const char *text = "kernel void k(global int *o) { o[0] = 12; }";
	cl_int error;
	cl_program program = clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

	OK(error);
	conf_keep_program(program);
	run_threads(same_program_thread, program, NULL, NULL);
	OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	cl_kernel kernel = conf_kernel_of(program, "k");

	CHECK(kernel != NULL);
}

CONF_CASES(concurrency) = {
	CASE(threads_build),
	CASE(threads_share_queue),
	CASE(threads_share_out_of_order_queue),
	CASE(threads_with_own_queues),
	CASE(threads_retain_and_release),
	CASE(threads_churn),
	CASE(threads_with_callbacks),
	CASE(threads_make_contexts),
	CASE(threads_build_same_program),
	CASE_END,
};
