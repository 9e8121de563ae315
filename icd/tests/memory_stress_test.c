/* SPDX-License-Identifier: MIT */
/*
 * Eight threads, four queues (two of them out of order), each thread with its own chain of commands
 * that goes from queue to queue by events: fills, copies, rectangles, writes, maps, sub-buffers and
 * SVM commands. What each does is done to a shadow in host memory too, and compared.
 */
#include <pthread.h>

#include "icd/tests/fixture.h"

enum { THREADS = 8, QUEUES = 4, ROUNDS = 250, CHAIN = 24, SIZE = 4096, BUFFERS = 3 };

static cl_command_queue queues[QUEUES];

struct worker {
	unsigned seed;
	cl_mem buffer[BUFFERS];
	unsigned char *svm;
	unsigned char shadow[BUFFERS + 1][SIZE]; /* the last: of svm */
	unsigned char staging[CHAIN][SIZE];
	cl_event last; /* the chain's end */
	unsigned step;
};

static unsigned below(struct worker *w, unsigned n)
{
	return (unsigned)rand_r(&w->seed) % n;
}

static cl_command_queue any_queue(struct worker *w)
{
	return queues[below(w, QUEUES)];
}

/* The chain goes on with @event. */
static void link_to(struct worker *w, cl_int error, cl_event event)
{
	REQUIRE(!error && event);
	if (w->last)
		EXPECT(!tern_clReleaseEvent(w->last));
	w->last = event;
}

#define WAIT(w) (w)->last ? 1u : 0u, (w)->last ? &(w)->last : NULL

static void fill(struct worker *w)
{
	unsigned b = below(w, BUFFERS), bytes = 1u << below(w, 8);
	size_t offset = below(w, SIZE / bytes) * (size_t)bytes;
	size_t size = below(w, (unsigned)((SIZE - offset) / bytes) + 1) * (size_t)bytes;
	cl_event e = NULL;
	unsigned char pattern[128];
	for (unsigned i = 0; i < sizeof(pattern); i++)
		pattern[i] = (unsigned char)below(w, 256);
	cl_int error = tern_clEnqueueFillBuffer(any_queue(w), w->buffer[b], pattern, bytes, offset,
						size, WAIT(w), &e);
	for (size_t i = 0; i < size; i++)
		w->shadow[b][offset + i] = pattern[i % bytes];
	link_to(w, error, e);
}

static void copy(struct worker *w)
{
	unsigned from = below(w, BUFFERS), to = (from + 1) % BUFFERS;
	size_t size = below(w, SIZE), a = below(w, (unsigned)(SIZE - size)),
	       b = below(w, (unsigned)(SIZE - size));
	cl_event e = NULL;
	cl_int error = tern_clEnqueueCopyBuffer(any_queue(w), w->buffer[from], w->buffer[to], a, b,
						size, WAIT(w), &e);
	memcpy(w->shadow[to] + b, w->shadow[from] + a, size);
	link_to(w, error, e);
}

static void copy_rect(struct worker *w)
{
	unsigned from = below(w, BUFFERS), to = (from + 1) % BUFFERS;
	size_t x = below(w, 32), y = below(w, 16), region[3] = {32, 16, 2};
	size_t a[3] = {x, y, 0}, b[3] = {y, x / 2, 0};
	cl_event e = NULL;
	cl_int error = tern_clEnqueueCopyBufferRect(any_queue(w), w->buffer[from], w->buffer[to], a,
						    b, region, 64, 2048, 64, 2048, WAIT(w), &e);
	for (size_t s = 0; s < 2; s++)
		for (size_t r = 0; r < 16; r++)
			memcpy(w->shadow[to] + s * 2048 + (b[1] + r) * 64 + b[0],
			       w->shadow[from] + s * 2048 + (a[1] + r) * 64 + a[0], 32);
	link_to(w, error, e);
}

static void write_sub(struct worker *w)
{
	unsigned b = below(w, BUFFERS);
	size_t origin = below(w, SIZE / 128) * 128ul,
	       size = 1 + below(w, (unsigned)(SIZE - origin));
	unsigned char *staging = w->staging[w->step % CHAIN];
	cl_event e = NULL;
	memset(staging, (int)below(w, 256), size);
	cl_mem sub = make_sub(w->buffer[b], 0, origin, size);
	cl_int error = tern_clEnqueueWriteBuffer(any_queue(w), sub, CL_FALSE, 0, size, staging,
						 WAIT(w), &e);
	EXPECT(!tern_clReleaseMemObject(sub)); /* the command keeps it */
	memcpy(w->shadow[b] + origin, staging, size);
	link_to(w, error, e);
}

/* Maps for writing, waits, writes, unmaps. */
static void map(struct worker *w)
{
	unsigned b = below(w, BUFFERS);
	size_t offset = below(w, SIZE), size = 1 + below(w, (unsigned)(SIZE - offset));
	bool blocking = below(w, 2);
	cl_event e = NULL;
	cl_int error = 1;
	unsigned char value = (unsigned char)below(w, 256);
	unsigned char *p = tern_clEnqueueMapBuffer(any_queue(w), w->buffer[b], blocking,
						   CL_MAP_READ | CL_MAP_WRITE, offset, size,
						   WAIT(w), &e, &error);
	link_to(w, error, e);
	REQUIRE(p && memory_uint(w->buffer[b], CL_MEM_MAP_COUNT) == 1);
	if (!blocking)
		EXPECT(!tern_clWaitForEvents(1, &w->last));
	EXPECT(!memcmp(p, w->shadow[b] + offset, size));
	memset(p, value, size);
	memset(w->shadow[b] + offset, value, size);
	error = tern_clEnqueueUnmapMemObject(any_queue(w), w->buffer[b], p, WAIT(w), &e);
	link_to(w, error, e);
}

static void svm_commands(struct worker *w)
{
	size_t offset = below(w, SIZE / 2), size = below(w, SIZE / 2);
	unsigned char *staging = w->staging[w->step % CHAIN];
	void *temporary[1] = {tern_clSVMAlloc(context, 0, SIZE, 0)};
	cl_event e = NULL;
	REQUIRE(temporary[0]);
	memset(staging, (int)below(w, 256), size);
	cl_int error = tern_clEnqueueSVMMemcpy(any_queue(w), CL_FALSE, temporary[0], staging, size,
					       WAIT(w), &e);
	link_to(w, error, e);
	error = tern_clEnqueueSVMMemcpy(any_queue(w), below(w, 2), w->svm + offset, temporary[0],
					size, WAIT(w), &e);
	link_to(w, error, e);
	error = tern_clEnqueueSVMFree(any_queue(w), 1, temporary, NULL, NULL, WAIT(w), &e);
	link_to(w, error, e);
	memcpy(w->shadow[BUFFERS] + offset, staging, size);
}

static void compare(struct worker *w)
{
	unsigned char *back = w->staging[0];
	EXPECT(!tern_clWaitForEvents(1, &w->last));
	for (unsigned b = 0; b < BUFFERS; b++) {
		EXPECT(!tern_clEnqueueReadBuffer(any_queue(w), w->buffer[b], CL_TRUE, 0, SIZE, back,
						 0, NULL, NULL));
		REQUIRE(!memcmp(back, w->shadow[b], SIZE));
		EXPECT(memory_uint(w->buffer[b], CL_MEM_MAP_COUNT) == 0);
	}
	REQUIRE(!memcmp(w->svm, w->shadow[BUFFERS], SIZE));
}

static void *work(void *arg)
{
	static void (*const operations[])(struct worker *) = {fill,      copy, copy_rect,
							      write_sub, map,  svm_commands};
	struct worker *w = arg;
	for (unsigned round = 0; round < ROUNDS; round++) {
		for (w->step = 0; w->step < CHAIN; w->step++)
			operations[below(w, tern_array_size(operations))](w);
		for (unsigned q = 0; q < QUEUES; q++)
			EXPECT(!tern_clFlush(queues[q]));
		compare(w);
	}
	return NULL;
}

static void begin(struct worker *w, unsigned i)
{
	static const cl_uchar zero;
	w->seed = i + 1;
	for (unsigned b = 0; b < BUFFERS; b++) {
		w->buffer[b] = make_buffer(0, SIZE, NULL);
		EXPECT(!tern_clEnqueueFillBuffer(queue, w->buffer[b], &zero, 1, 0, SIZE, 0, NULL,
						 NULL));
	}
	REQUIRE((w->svm = tern_clSVMAlloc(context, 0, SIZE, 0)));
	memset(w->svm, 0, SIZE);
	EXPECT(!tern_clFinish(queue));
}

static void end(struct worker *w)
{
	EXPECT(!tern_clReleaseEvent(w->last));
	for (unsigned b = 0; b < BUFFERS; b++)
		EXPECT(!tern_clReleaseMemObject(w->buffer[b]));
	tern_clSVMFree(context, w->svm);
}

int main(void)
{
	static const cl_queue_properties unordered[] = {CL_QUEUE_PROPERTIES,
							CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, 0};
	pthread_t threads[THREADS];
	struct worker *workers = calloc(THREADS, sizeof(*workers));
	REQUIRE(workers);
	fixture_begin();
	for (unsigned q = 0; q < QUEUES; q++) {
		cl_int error = 1;
		queues[q] = tern_clCreateCommandQueueWithProperties(
			context, device, q % 2 ? unordered : NULL, &error);
		REQUIRE(queues[q] && !error);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		begin(&workers[i], i);
		REQUIRE(!pthread_create(&threads[i], NULL, work, &workers[i]));
	}
	for (unsigned i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		end(&workers[i]);
	}
	for (unsigned q = 0; q < QUEUES; q++)
		EXPECT(!tern_clReleaseCommandQueue(queues[q]));
	fixture_end();
	free(workers);
	return test_result();
}
