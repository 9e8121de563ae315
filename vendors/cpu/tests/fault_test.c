/* SPDX-License-Identifier: MIT */
/* Every allocation and thread start fails in turn: errors, but no crash, no hang, nothing lost. */
#include <sys/wait.h>

#include "harness.h"

#include "runtime/base/alloc.h"

enum { MOST = 3000, EVENTS = 12 };

static _Atomic unsigned ran;

static cl_int count(void *unused)
{
	(void)unused;
	atomic_fetch_add(&ran, 1);
	return CL_SUCCESS;
}

static void CL_CALLBACK called_back(cl_event event, cl_int status, void *data)
{
	(void)event, (void)status;
	atomic_fetch_add((_Atomic unsigned *)data, 1);
}

static void group(const void *args, const struct tern_group *g, uint64_t x, uint64_t y, uint64_t z)
{
	(void)args, (void)x, (void)y, (void)z;
	memset(g->local_mem, 1, 1000);
	atomic_fetch_add(&ran, 1);
}

static const struct tern_kernel_info info = {
	.name = "group", .lanes = 1, .rows = 1, .local_bytes = 1000, .stack_bytes = 1 << 18};

static cl_int call(struct tern_queue *queue, cl_uint n, const cl_event *list, cl_event *event)
{
	struct tern_command *c = tern_command_create(queue, CL_COMMAND_SVM_FREE, 6);
	if (!c)
		return CL_OUT_OF_HOST_MEMORY;
	c->work = TERN_WORK_CALL;
	c->call = (struct tern_call){.fn = count};
	return tern_command_enqueue(c, n, list, event, false);
}

static cl_int kernel(struct tern_queue *queue, cl_event *event)
{
	struct tern_command *c = tern_command_create(queue, CL_COMMAND_NDRANGE_KERNEL, 0);
	if (!c)
		return CL_OUT_OF_HOST_MEMORY;
	c->work = TERN_WORK_NDRANGE;
	c->ndrange = (struct tern_ndrange){.info = &info,
					   .function = group,
					   .dim = 1,
					   .global = {5, 1, 1},
					   .local = {1, 1, 1},
					   .local_bytes = 1000};
	c->ndrange.args = tern_command_args(c, 1000);
	if (!c->ndrange.args) {
		tern_command_cancel(c);
		return CL_OUT_OF_HOST_MEMORY;
	}
	return tern_command_enqueue(c, 0, NULL, event, false);
}

static bool is_memory_error(cl_int error)
{
	return error == CL_SUCCESS || error == CL_OUT_OF_HOST_MEMORY ||
	       error == CL_OUT_OF_RESOURCES;
}

static void use(struct tern_queue *queue, _Atomic unsigned *callbacks, unsigned *registered)
{
	cl_event events[EVENTS], event;
	cl_uint n = 0;
	for (unsigned i = 0; i < EVENTS; i++) {
		cl_int error = call(queue, n, n ? events : NULL, &events[n]);
		CHECK(is_memory_error(error));
		n += !error;
	}
	if (n) {
		cl_int error = tern_event_add_callback(tern_event_from(events[n - 1]), CL_COMPLETE,
						       called_back, callbacks);
		CHECK(is_memory_error(error));
		*registered += !error;
	}
	cl_int error = kernel(queue, &event);
	CHECK(is_memory_error(error));
	if (!error) {
		cl_int status = event_wait(event);
		CHECK(!status || status == CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
		CHECK(is_memory_error(tern_event_status(tern_event_from(event))));
		event_release(event);
	}
	for (cl_uint i = 0; i < n; i++) {
		CHECK(!event_wait(events[i]));
		event_release(events[i]);
	}
	CHECK(is_memory_error(tern_queue_finish(queue)));
}

static void scenario(_Atomic unsigned *callbacks, unsigned *registered)
{
	struct tern_context *context = tern_context_create(&test_device, 1, NULL, NULL, NULL);
	if (!context)
		return;
	for (unsigned i = 0; i < 2; i++) {
		struct tern_queue_options options = {
			.properties = i ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0};
		struct tern_queue *queue;
		cl_int error = tern_queue_create(context, test_device, &options, &queue);
		CHECK(is_memory_error(error));
		if (error)
			continue;
		use(queue, callbacks, registered);
		queue_release(queue);
	}
	tern_object_release(&context->obj);
}

/* In a process of its own, so that threads are started under the fault too. */
static int run(unsigned n)
{
	_Atomic unsigned callbacks = 0;
	unsigned registered = 0;
	alarm(30);
	test_start();
	tern_fault_arm(n, n % 3 == 0);
	scenario(&callbacks, &registered);
	bool all = tern_fault_count() < n;
	tern_fault_arm(0, false);
	/* Whatever failed, all works afterwards. */
	scenario(&callbacks, &registered);
	while (callbacks != registered)
		usleep(100);
	test_end();
	return all ? 2 : 0;
}

int main(void)
{
	unsigned n = 0;
	int status = 0;
	while (!status && n++ < MOST) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			exit(run(n));
		CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
		status = WEXITSTATUS(status);
	}
	CHECK(status == 2 && n > 10);
	return 0;
}
