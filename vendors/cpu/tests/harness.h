/* SPDX-License-Identifier: MIT */
/* For tests of the scheduler on the CPU device: no ICD, no compiler; kernels are C functions. */
#ifndef TERN_VENDORS_CPU_TESTS_HARNESS_H
#define TERN_VENDORS_CPU_TESTS_HARNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/queue.h"
#include "vendors/vendors.h"

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static struct tern_device *test_device;
static struct tern_context *test_context;

static inline void test_start(void)
{
	struct tern_device *const *devices;
	CHECK(tern_runtime_start(NULL, tern_backends) == 0);
	CHECK(tern_root_devices(&devices) == 1);
	test_device = devices[0];
	test_context = tern_context_create(devices, 1, NULL, NULL, NULL);
	CHECK(test_context);
}

static inline void test_end(void)
{
	tern_object_release(&test_context->obj);
}

static inline struct tern_queue *queue_on(struct tern_device *device,
					  cl_command_queue_properties properties)
{
	struct tern_queue_options options = {.properties = properties};
	struct tern_queue *queue = NULL;
	CHECK(tern_queue_create(test_context, device, &options, &queue) == CL_SUCCESS);
	return queue;
}

static inline struct tern_queue *queue_new(cl_command_queue_properties properties)
{
	return queue_on(test_device, properties);
}

static inline void queue_release(struct tern_queue *queue)
{
	CHECK(tern_queue_flush(queue) == CL_SUCCESS);
	tern_object_release(&queue->obj);
}

static inline void event_release(cl_event event)
{
	tern_object_release(&tern_event_from(event)->obj);
}

static inline cl_int event_wait(cl_event event)
{
	struct tern_event *e = tern_event_from(event);
	return tern_events_wait(&e, 1);
}

/* A command that calls @fn(@data). */
static inline cl_int enqueue_call(struct tern_queue *queue, cl_int (*fn)(void *), void *data,
				  cl_uint count, const cl_event *list, cl_event *event)
{
	struct tern_command *command = tern_command_create(queue, CL_COMMAND_SVM_FREE, 0);
	CHECK(command);
	command->work = TERN_WORK_CALL;
	command->call = (struct tern_call){.fn = fn, .data = data};
	return tern_command_enqueue(command, count, list, event, false);
}

static inline cl_int enqueue_kernel(struct tern_queue *queue, const struct tern_kernel_info *info,
				    tern_group_fn *function, const void *args, size_t bytes,
				    size_t global, size_t local, cl_event *event)
{
	struct tern_command *command = tern_command_create(queue, CL_COMMAND_NDRANGE_KERNEL, 0);
	CHECK(command);
	command->work = TERN_WORK_NDRANGE;
	command->ndrange = (struct tern_ndrange){.info = info,
						 .function = function,
						 .dim = 1,
						 .global = {global, 1, 1},
						 .local = {local, 1, 1},
						 .local_bytes = info->local_bytes};
	command->ndrange.args = tern_command_args(command, bytes);
	CHECK(command->ndrange.args);
	memcpy(command->ndrange.args, args, bytes);
	return tern_command_enqueue(command, 0, NULL, event, false);
}

static inline cl_int enqueue_copy(struct tern_queue *queue, void *dst, const void *src,
				  size_t bytes, bool blocking)
{
	struct tern_command *command = tern_command_create(queue, CL_COMMAND_COPY_BUFFER, 0);
	CHECK(command);
	command->work = TERN_WORK_COPY;
	command->copy = (struct tern_copy){.src = src, .dst = dst, .region = {bytes, 1, 1}};
	return tern_command_enqueue(command, 0, NULL, NULL, blocking);
}

#endif
