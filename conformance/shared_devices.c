/* SPDX-License-Identifier: MIT */
/* Several contexts and several devices that use the same memory. */
#include "conformance/shared.h"
#include <stdlib.h>
#include <string.h>

enum { COUNT = 50000 };

/* A second context on the device, with its own queue and kernel. */
static void other_context(const char *name, cl_command_queue *queue, cl_kernel *kernel)
{
	struct shared_devices other;

	shared_open_devices(&other, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM);
	*queue = other.queues[0];
	*kernel = shared_devices_kernel(&other, NULL, name);
}

static void contexts_in_turn(void)
{
	NEED_SYSTEM();
	int *p = malloc(COUNT * sizeof *p);
	cl_kernel first = shared_kernel("inc"), second;
	cl_command_queue queue;

	REQUIRE(p != NULL);
	other_context("inc", &queue, &second);
	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	shared_pointer(first, 0, p);
	shared_pointer(second, 0, p);
	for (int turn = 0; turn < 10; turn++) {
		conf_run(first, COUNT, 0);
		conf_run_on(queue, second, COUNT, 0);
	}
	CHECK_EQ(0, shared_wrong_here(p, 20, COUNT));
	free(p);
}

static void contexts_at_once(void)
{
	NEED_SYSTEM();
	int *p = calloc(COUNT, sizeof *p);
	cl_kernel first = shared_kernel("inc"), second;
	cl_command_queue queue;

	REQUIRE(p != NULL);
	other_context("inc", &queue, &second);
	/* Halves that meet in the middle of a page. */
	shared_pointer(first, 0, p);
	shared_pointer(second, 0, p + COUNT / 2 + 3);
	for (int turn = 0; turn < 20; turn++) {
		shared_start(conf_queue(), first, COUNT / 2 + 3);
		shared_start(queue, second, COUNT / 2 - 3);
	}
	OK(clFinish(conf_queue()));
	OK(clFinish(queue));
	for (int i = 0; i < COUNT; i++)
		if (!CHECK_EQ(20, p[i]))
			break;
	free(p);
}

/* The context that has used the memory goes; the memory stays. */
static void context_goes_memory_stays(void)
{
	NEED_SYSTEM();
	int *p = malloc(COUNT * sizeof *p);
	cl_device_id device = conf_device();
	size_t count = COUNT;

	REQUIRE(p != NULL);
	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	for (int turn = 1; turn <= 5; turn++) {
		cl_int error;
		cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

		OK(error);
		cl_command_queue queue =
			clCreateCommandQueueWithProperties(context, device, NULL, &error);

		OK(error);
		cl_program program = NULL;
		cl_kernel kernel = NULL;

		OK(shared_make_kernel(context, "inc", &program, &kernel));
		OK(clSetKernelArgSVMPointer(kernel, 0, p));
		OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, NULL, 0, NULL, NULL));
		OK(clFinish(queue));
		OK(clReleaseKernel(kernel));
		OK(clReleaseProgram(program));
		OK(clReleaseCommandQueue(queue));
		OK(clReleaseContext(context));
		if (turn % 2)
			CHECK_EQ(0, shared_wrong_here(p, turn, COUNT));
	}
	CHECK_EQ(0, shared_wrong_here(p, 5, COUNT));
	free(p);
}

/* Enqueues `kernel` on all devices in turn, @rounds times, each waiting for the one before. */
static void chain(const struct shared_devices *all, cl_kernel kernel, size_t range, int rounds)
{
	cl_event last = NULL;

	for (int i = 0; i < rounds * (int)all->count; i++) {
		cl_event event = NULL;
		cl_command_queue queue = all->queues[i % (int)all->count];

		OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &range, NULL, last ? 1 : 0,
					  last ? &last : NULL, &event));
		last = conf_keep_event(event);
		OK(clFlush(queue));
	}
	OK(clWaitForEvents(1, &last));
}

static void devices_in_turn(void)
{
	NEED_SYSTEM();
	struct shared_devices all;
	int *p = malloc(COUNT * sizeof *p);

	REQUIRE(p != NULL);
	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM);
	cl_kernel kernel = shared_devices_kernel(&all, NULL, "inc");

	for (int i = 0; i < COUNT; i++)
		p[i] = i;
	shared_pointer(kernel, 0, p);
	chain(&all, kernel, COUNT, 10);
	CHECK_EQ(0, shared_wrong_here(p, 10 * (int)all.count, COUNT));
	free(p);
}

struct node {
	struct node *next, *back;
	cl_int value;
};

static const char reverse_source[] =
	"typedef struct node { global struct node *next, *back; int value; } node;\n"
	"kernel void reverse(global node *global *head) {\n"
	"  global node *last = 0;\n"
	"  for (global node *n = *head; n; n = n->back) {\n"
	"    n->back = n->next; n->next = last; last = n; n->value++; }\n"
	"  *head = last; }\n";

static void list_between_devices(void)
{
	NEED_SYSTEM();
	enum { NODES = 5000 };
	struct shared_devices all;
	struct node *head = NULL, *nodes[NODES];
	int count = 0, wrong = 0;

	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM);
	for (int i = 0; i < NODES; i++) {
		nodes[i] = malloc(sizeof **nodes);
		REQUIRE(nodes[i] != NULL);
		*nodes[i] = (struct node){head, NULL, i};
		if (head)
			head->back = nodes[i];
		head = nodes[i];
	}
	cl_kernel kernel = shared_devices_kernel(&all, reverse_source, "reverse");

	shared_pointer(kernel, 0, &head);
	int rounds = 7, times = rounds * (int)all.count;

	chain(&all, kernel, 1, rounds);
	for (struct node *n = head; n && count < NODES; n = n->next, count++)
		wrong += n != nodes[times % 2 ? count : NODES - 1 - count] ||
			 n->value != times + (times % 2 ? count : NODES - 1 - count);
	CHECK_EQ(NODES, count);
	CHECK_EQ(0, wrong);
	for (int i = 0; i < NODES; i++)
		free(nodes[i]);
}

/* Memory objects and coarse-grained memory go from device to device with the events, too. */
static void buffers_between_devices(void)
{
	struct shared_devices all;
	static cl_int back[COUNT];
	cl_int error;

	shared_open_devices(&all, 0);
	cl_mem mem = clCreateBuffer(all.context, CL_MEM_READ_WRITE, sizeof back, NULL, &error);

	OK(error);
	conf_keep_mem(mem);
	for (int i = 0; i < COUNT; i++)
		back[i] = i;
	OK(clEnqueueWriteBuffer(all.queues[0], mem, CL_TRUE, 0, sizeof back, back, 0, NULL, NULL));
	cl_kernel kernel = shared_devices_kernel(&all, NULL, "inc");

	ARG(kernel, 0, mem);
	chain(&all, kernel, COUNT, 6);
	OK(clEnqueueReadBuffer(all.queues[all.count - 1], mem, CL_TRUE, 0, sizeof back, back, 0,
			       NULL, NULL));
	CHECK_EQ(0, shared_wrong_here(back, 6 * (int)all.count, COUNT));
}

static void coarse_between_devices(void)
{
	NEED_SVM(CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	struct shared_devices all;

	shared_open_devices(&all, CL_DEVICE_SVM_COARSE_GRAIN_BUFFER);
	const size_t size = COUNT * sizeof(int);
	int *p = clSVMAlloc(all.context, CL_MEM_READ_WRITE, size, 0);
	cl_kernel kernel = shared_devices_kernel(&all, NULL, "inc");

	REQUIRE(p != NULL);
	shared_pointer(kernel, 0, p);
	for (int round = 0; round < 4; round++) {
		cl_command_queue queue = all.queues[round % (int)all.count];

		OK(clEnqueueSVMMap(queue, CL_TRUE,
				   round ? CL_MAP_READ | CL_MAP_WRITE
					 : CL_MAP_WRITE_INVALIDATE_REGION,
				   p, size, 0, NULL, NULL));
		if (round)
			CHECK_EQ(0, shared_wrong_here(p, round * 100 + 3 * (int)all.count - 100,
						      COUNT));
		for (int i = 0; i < COUNT; i++)
			p[i] = round * 100 + i;
		OK(clEnqueueSVMUnmap(queue, p, 0, NULL, NULL));
		OK(clFinish(queue));
		chain(&all, kernel, COUNT, 3);
	}
	clSVMFree(all.context, p);
}

/* Parts of one structure on all devices and the host at once; pages are in common. */
static void devices_at_once(void)
{
	NEED_SYSTEM();
	struct shared_devices all;
	int *p = calloc(COUNT, sizeof *p), wrong = 0;

	REQUIRE(p != NULL);
	shared_open_devices(&all, CL_DEVICE_SVM_FINE_GRAIN_SYSTEM);
	cl_kernel kernel =
		shared_devices_kernel(&all,
				      "kernel void stride(global int *p, int first, int step) {\n"
				      "  p[get_global_id(0) * step + first] += first + 1; }\n",
				      "stride");
	int parts = (int)all.count + 1;
	size_t each = (size_t)(COUNT / parts / 50);

	/* Word k of every `parts` words belongs to device k; the last one to the host. */
	shared_pointer(kernel, 0, p);
	ARG(kernel, 2, parts);
	for (int turn = 0; turn < 6; turn++) {
		for (int k = 0; k < parts - 1; k++) {
			ARG(kernel, 1, k);
			shared_start(all.queues[k], kernel, each);
		}
		for (size_t i = 0; i < each; i++)
			((volatile int *)p)[i * (size_t)parts + (size_t)parts - 1] += parts;
		for (cl_uint i = 0; i < all.count; i++)
			OK(clFinish(all.queues[i]));
	}
	for (int i = 0; i < (int)each * parts; i++)
		wrong += p[i] != 6 * (i % parts + 1);
	CHECK_EQ(0, wrong);
	free(p);
}

CONF_CASES(shared_devices) = {
	CASE(contexts_in_turn),       CASE(contexts_at_once),     CASE(context_goes_memory_stays),
	CASE(devices_in_turn),        CASE(list_between_devices), CASE(buffers_between_devices),
	CASE(coarse_between_devices), CASE(devices_at_once),      CASE_END,
};
