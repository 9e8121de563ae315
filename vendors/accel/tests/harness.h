/* SPDX-License-Identifier: MIT */
/* For tests of the accelerator below the API: kernels come from the compile server. */
#ifndef TERN_VENDORS_ACCEL_TESTS_HARNESS_H
#define TERN_VENDORS_ACCEL_TESTS_HARNESS_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/queue.h"
#include "svm/heap.h"
#include "vendors/accel/commands.h"
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
static struct tern_module *test_module;

static inline struct tern_module *module_build(const char *source)
{
	struct tern_build_request request = {.operation = TERN_BUILD_BUILD,
					     .options = "-cl-std=CL3.0",
					     .source = source,
					     .source_size = strlen(source)};
	struct tern_build_result result;
	struct tern_module *module = NULL;
	CHECK(tern_kernels_build(&request, &result) == 0);
	if (result.status == TERN_BUILD_UNAVAILABLE)
		exit(77); /* no compile server */
	if (result.status != TERN_BUILD_OK)
		fprintf(stderr, "%s\n", result.log);
	CHECK(result.status == TERN_BUILD_OK);
	CHECK(!tern_module_load(result.code, test_device->ops->image_place(test_device), &module));
	tern_code_put(result.code);
	tern_free(result.log);
	return module;
}

/* @source: the kernels of the test. TERN_DEVICES is set here, other options before. */
static inline void test_start(const char *source)
{
	struct tern_device *const *devices;
	setenv("TERN_DEVICES", "accel", 1);
	CHECK(tern_runtime_start(NULL, tern_backends) == 0);
	CHECK(tern_root_devices(&devices) == 1);
	test_device = devices[0];
	test_context = tern_context_create(devices, 1, NULL, NULL, NULL);
	CHECK(test_context);
	test_module = module_build(source);
}

static inline void test_end(void)
{
	tern_module_put(test_module);
	tern_object_release(&test_context->obj);
}

static inline struct tern_queue *queue_new(cl_command_queue_properties properties)
{
	struct tern_queue_options options = {.properties = properties};
	struct tern_queue *queue = NULL;
	CHECK(tern_queue_create(test_context, test_device, &options, &queue) == CL_SUCCESS);
	return queue;
}

static inline void queue_release(struct tern_queue *queue)
{
	CHECK(tern_queue_flush(queue) == CL_SUCCESS);
	tern_object_release(&queue->obj);
}

static inline struct tern_event *event_of(cl_event event)
{
	struct tern_event *e = tern_event_from(event);
	CHECK(e);
	return e;
}

static inline void event_release(cl_event event)
{
	tern_object_release(&event_of(event)->obj);
}

static inline cl_int event_wait(cl_event event)
{
	struct tern_event *e = event_of(event);
	return tern_events_wait(&e, 1);
}

/* Waits, releases, and returns the status. */
static inline cl_int event_end(cl_event event)
{
	cl_int status;
	(void)!event_wait(event);
	status = tern_event_status(event_of(event));
	event_release(event);
	return status;
}

/* Memory that both sides reach in every mode. */
static inline void *shared_alloc(size_t bytes)
{
	void *p = tern_heap_alloc(TERN_HEAP_SHARED, bytes, 0);
	CHECK(p);
	memset(p, 0, bytes);
	return p;
}

static inline void shared_free(void *p, size_t bytes)
{
	tern_heap_free(TERN_HEAP_SHARED, p, bytes);
}

struct range {
	unsigned dim;
	size_t global[3], local[3], offset[3];
};

#define RANGE(g, l) ((struct range){1, {(g), 1, 1}, {(l), 1, 1}, {0, 0, 0}})

/* Kernel @name with arguments that @args points to, each of the size that the kernel says; a local
 * argument's is a size_t. */
static inline struct tern_command *kernel_command(struct tern_queue *queue, const char *name,
						  const struct range *r, const void *const *args)
{
	const struct tern_code_info *info = tern_code_info(tern_module_code(test_module));
	uint32_t k = 0;
	while (k < info->kernel_count && strcmp(info->kernels[k].name, name) != 0)
		k++;
	CHECK(k < info->kernel_count);
	const struct tern_kernel_info *kernel = &info->kernels[k];
	struct tern_command *command = tern_command_create(queue, CL_COMMAND_NDRANGE_KERNEL, 0);
	CHECK(command);
	command->work = TERN_WORK_NDRANGE;
	tern_module_get(test_module);
	struct tern_ndrange *n = &command->ndrange;
	*n = (struct tern_ndrange){.module = test_module,
				   .info = kernel,
				   .function = tern_module_function(test_module, k),
				   .dim = r->dim,
				   .local_bytes = tern_round_up(kernel->local_bytes, 128)};
	for (unsigned d = 0; d < 3; d++) {
		n->global[d] = r->global[d];
		n->local[d] = r->local[d];
		n->offset[d] = r->offset[d];
	}
	n->args = tern_command_args(command, kernel->args_bytes);
	CHECK(n->args);
	for (uint32_t i = 0; i < kernel->arg_count; i++) {
		unsigned char *at = (unsigned char *)n->args + kernel->args[i].offset;
		CHECK(args[i]); /* ARGS() ends with NULL: too few were given */
		if (kernel->args[i].kind == TERN_ARG_LOCAL) {
			uint64_t offset = n->local_bytes;
			memcpy(at, &offset, sizeof(offset));
			n->local_bytes += tern_round_up(*(const size_t *)args[i], 128);
		} else {
			memcpy(at, args[i], kernel->args[i].size);
		}
	}
	return command;
}

#define ARGS(...) ((const void *const[]){__VA_ARGS__, NULL})

static inline void enqueue_kernel(struct tern_queue *queue, const char *name, struct range r,
				  const void *const *args, cl_event *event)
{
	struct tern_command *command = kernel_command(queue, name, &r, args);
	CHECK(tern_command_enqueue(command, 0, NULL, event, false) == CL_SUCCESS);
}

/* Executes a kernel and returns its event's status. */
static inline cl_int run_kernel(struct tern_queue *queue, const char *name, struct range r,
				const void *const *args)
{
	cl_event event;
	enqueue_kernel(queue, name, r, args, &event);
	return event_end(event);
}

static inline cl_int enqueue_call(struct tern_queue *queue, cl_int (*fn)(void *), void *data,
				  cl_uint count, const cl_event *list, cl_event *event)
{
	struct tern_command *command = tern_command_create(queue, CL_COMMAND_SVM_FREE, 0);
	CHECK(command);
	command->work = TERN_WORK_CALL;
	command->call = (struct tern_call){.fn = fn, .data = data};
	return tern_command_enqueue(command, count, list, event, false);
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

/* The process of the device as it is now. */
static inline pid_t device_pid(void)
{
	struct accel *accel = test_device->backend;
	tern_lock_acquire(&accel->process_lock);
	pid_t pid = accel->helper.pid;
	tern_lock_release(&accel->process_lock);
	return pid;
}

static inline bool device_alive(void)
{
	return atomic_load(&((struct accel *)test_device->backend)->alive);
}

/* Standard error goes to a file from here on, so that a test can look for what is logged. */
static FILE *test_log;

static inline void log_capture(void)
{
	test_log = tmpfile();
	CHECK(test_log && dup2(fileno(test_log), STDERR_FILENO) == STDERR_FILENO);
}

/* All that was logged since the last call; the caller frees it. */
static inline char *log_take(void)
{
	static off_t taken;
	off_t end = lseek(fileno(test_log), 0, SEEK_END);
	char *text = calloc(1, (size_t)(end - taken) + 1);
	CHECK(text && pread(fileno(test_log), text, (size_t)(end - taken), taken) == end - taken);
	taken = end;
	return text;
}

#endif
