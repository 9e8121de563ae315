/* SPDX-License-Identifier: MIT */
/* Every allocation, thread start and file of the accelerator fails in turn: errors, but no crash,
 * no hang, and all works afterwards. */
#include "harness.h"

enum { MOST = 2000, KERNELS = 4 };

#ifdef __SANITIZE_THREAD__
enum { STEP = 4 }; /* a process takes it long: one in four, but among them each of the two kinds */
#else
enum { STEP = 1 };
#endif

static const char source[] = "kernel void number(global uint *out, uint add) {"
			     " out[get_global_id(0)] = (uint)get_global_id(0) + add; }"
			     "kernel void say(int n) { printf(\"\"); }";

static bool is_memory_error(cl_int error)
{
	return error == CL_SUCCESS || error == CL_OUT_OF_HOST_MEMORY ||
	       error == CL_OUT_OF_RESOURCES;
}

static cl_int nothing(void *unused)
{
	(void)unused;
	return CL_SUCCESS;
}

/* A kernel, or a call when @call; false: it was not enqueued. */
static bool enqueue(struct tern_queue *queue, bool call, uint32_t *out, cl_event *event)
{
	struct tern_command *c = tern_command_create(queue, CL_COMMAND_NDRANGE_KERNEL, 0);
	if (!c)
		return false;
	if (call) {
		c->work = TERN_WORK_CALL;
		c->call = (struct tern_call){.fn = nothing, .user_code = true};
	} else {
		const struct tern_code_info *info = tern_code_info(tern_module_code(test_module));
		uint32_t add = 3;
		tern_module_get(test_module);
		c->work = TERN_WORK_NDRANGE;
		c->ndrange = (struct tern_ndrange){.module = test_module,
						   .info = &info->kernels[0],
						   .function = tern_module_function(test_module, 0),
						   .dim = 1,
						   .global = {64, 1, 1},
						   .local = {8, 1, 1}};
		c->ndrange.args = tern_command_args(c, info->kernels[0].args_bytes);
		if (!c->ndrange.args) {
			tern_command_cancel(c);
			return false;
		}
		unsigned char *args = c->ndrange.args;
		memcpy(args + info->kernels[0].args[0].offset, &out, sizeof(out));
		memcpy(args + info->kernels[0].args[1].offset, &add, sizeof(add));
	}
	cl_int error = tern_command_enqueue(c, 0, NULL, event, false);
	CHECK(is_memory_error(error));
	return !error;
}

static void use(struct tern_queue *queue, uint32_t *out)
{
	cl_event event;
	for (unsigned i = 0; i < KERNELS; i++) {
		out[63] = 0;
		if (!enqueue(queue, i % 2, out, &event))
			continue;
		cl_int status = event_end(event);
		CHECK(is_memory_error(status));
		CHECK(status || i % 2 || out[63] == 66);
	}
	CHECK(is_memory_error(tern_queue_finish(queue)));
}

static void scenario(uint32_t *out)
{
	for (unsigned i = 0; i < 2; i++) {
		struct tern_queue_options options = {
			.properties = i ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0};
		struct tern_queue *queue;
		cl_int error = tern_queue_create(test_context, test_device, &options, &queue);
		CHECK(is_memory_error(error));
		if (error)
			continue;
		use(queue, out);
		if (i && device_pid() > 0) {
			kill(device_pid(), SIGKILL);
			use(queue, out);
		}
		queue_release(queue);
	}
}

/* In a process of its own, so that all is started under the fault too. */
static int run(unsigned n)
{
	alarm(60);
	test_start(source);
	uint32_t *out = shared_alloc(4096);
	tern_fault_arm(n, n % 3 == 0);
	scenario(out);
	bool all = tern_fault_count() < n;
	tern_fault_arm(0, false);
	struct tern_queue *queue = queue_new(0);
	cl_event event;
	CHECK(enqueue(queue, false, out, &event) && event_end(event) == CL_COMPLETE);
	scenario(out);
	queue_release(queue);
	shared_free(out, 4096);
	test_end();
	return all ? 2 : 0;
}

int main(void)
{
	unsigned n = 1;
	int status = 0;
	for (; !status && n < MOST; n += status ? 0 : STEP) {
		pid_t pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			exit(run(n));
		CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
		status = WEXITSTATUS(status);
		if (status == 77)
			return 77;
	}
	CHECK(status == 2 && n > 10);
	return 0;
}
