/* SPDX-License-Identifier: MIT */
/*
 * A program for tools/check_top.py to look at: on the first device three queues in known states,
 * which it holds until its input ends. Its arguments are what it does first, see steps[].
 */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <CL/cl_ext.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ITEMS ((size_t)1 << 18)

#define MUST(call)                                                                                 \
	do {                                                                                       \
		cl_int must_error = (call);                                                        \
		if (must_error) {                                                                  \
			fprintf(stderr, "%s:%d: error %d: %s\n", __FILE__, __LINE__, must_error,   \
				#call);                                                            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

#define LONG_NAME "a_kernel_with_a_name_that_is_longer_than_what_a_status_page_has_room_for"

static const char source[] =
	"kernel void hold(global int *p) {\n"
	"  while (!atomic_load_explicit((volatile global atomic_int *)p, memory_order_acquire,\n"
	"                               memory_scope_all_svm_devices)) ;\n"
	"}\n"
	"kernel void " LONG_NAME "(global int *p) {\n"
	"  while (!atomic_load_explicit((volatile global atomic_int *)p, memory_order_acquire,\n"
	"                               memory_scope_all_svm_devices)) ;\n"
	"}\n"
	"kernel void touch(global int *p) { p[get_global_id(0)]++; }\n";

static cl_context context;
static cl_device_id device;
static cl_command_queue queues[3];
static cl_event gate;
static int *flag, *data;

static cl_command_queue new_queue(cl_queue_properties key, cl_queue_properties value)
{
	const cl_queue_properties list[] = {key, value, 0};
	cl_int error;
	cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, list, &error);
	MUST(error);
	return queue;
}

static void launch(cl_command_queue queue, cl_kernel kernel, void *argument, size_t items,
		   const cl_event *wait)
{
	MUST(clSetKernelArgSVMPointer(kernel, 0, argument));
	MUST(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, wait ? 1 : 0, wait,
				    NULL));
	MUST(clFlush(queue));
}

static void begin(void)
{
	cl_platform_id platform;
	cl_int error;
	MUST(clGetPlatformIDs(1, &platform, NULL));
	MUST(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
	context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	MUST(error);
}

/* 1: one runs, three wait for it. 2: one runs. 3: five done, of which one failed; one waits. */
static void hold(void)
{
	const char *text = source;
	cl_int error;
	cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &error);
	MUST(error);
	MUST(clBuildProgram(program, 1, &device, "-cl-std=CL3.0", NULL, NULL));
	cl_kernel holds = clCreateKernel(program, "hold", &error);
	MUST(error);
	cl_kernel holds_too = clCreateKernel(program, LONG_NAME, &error);
	MUST(error);
	cl_kernel touches = clCreateKernel(program, "touch", &error);
	MUST(error);
	flag = clSVMAlloc(context,
			  CL_MEM_READ_WRITE | CL_MEM_SVM_FINE_GRAIN_BUFFER | CL_MEM_SVM_ATOMICS,
			  sizeof(*flag), 0);
	data = clSVMAlloc(context, CL_MEM_READ_WRITE, ITEMS * sizeof(*data), 0);
	if (!flag || !data)
		exit(1);
	*flag = 0;
	queues[0] = new_queue(CL_QUEUE_PRIORITY_KHR, CL_QUEUE_PRIORITY_HIGH_KHR);
	queues[1] = new_queue(CL_QUEUE_PROPERTIES,
			      CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_PROFILING_ENABLE);
	queues[2] = new_queue(CL_QUEUE_PRIORITY_KHR, CL_QUEUE_PRIORITY_LOW_KHR);
	for (int i = 0; i < 3; i++)
		launch(queues[2], touches, data, ITEMS, NULL);
	MUST(clFinish(queues[2])); /* and a marker, if it waited */
	cl_event wrong = clCreateUserEvent(context, &error);
	MUST(error);
	gate = clCreateUserEvent(context, &error);
	MUST(error);
	MUST(clSetUserEventStatus(wrong, -1));
	launch(queues[2], touches, data, ITEMS, &wrong);
	MUST(clFinish(queues[2]));
	launch(queues[2], touches, data, ITEMS, &gate);
	launch(queues[0], holds, flag, 1, NULL);
	for (int i = 0; i < 3; i++)
		launch(queues[0], touches, data, ITEMS, NULL);
	launch(queues[1], holds_too, flag, 1, NULL);
	MUST(clReleaseEvent(wrong));
}

static void release(void)
{
	__atomic_store_n(flag, 1, __ATOMIC_SEQ_CST);
	MUST(clSetUserEventStatus(gate, CL_COMPLETE));
	for (int i = 0; i < 3; i++)
		MUST(clFinish(queues[i]));
}

static void say(const char *text)
{
	printf("%s %d\n", text, (int)getpid());
	fflush(stdout);
}

static void until_input_ends(void)
{
	char c;
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

static void step_hold(void)
{
	hold();
	say("holds");
	until_input_ends();
	release();
}

/* The child uses Tern as if it were the first to do so, the parent waits for it. */
static void step_fork(void)
{
	fflush(stdout);
	pid_t child = fork();
	if (child) {
		waitpid(child, NULL, 0);
		return;
	}
	say("child");
	char c;
	if (read(STDIN_FILENO, &c, 1) != 1) /* a line is the word to go on */
		_exit(1);
	cl_command_queue queue = new_queue(CL_QUEUE_PROPERTIES, 0);
	MUST(clEnqueueMarkerWithWaitList(queue, 0, NULL, NULL));
	MUST(clFinish(queue));
	say("queue");
	until_input_ends();
	_exit(0);
}

static void step_queue(void)
{
	queues[0] = new_queue(CL_QUEUE_PROPERTIES, 0);
	MUST(clEnqueueMarkerWithWaitList(queues[0], 0, NULL, NULL));
	MUST(clFinish(queues[0]));
	say("queue");
}

static void step_many(void)
{
	for (int i = 0; i < 70; i++)
		(void)new_queue(CL_QUEUE_PROPERTIES, 0);
	say("many");
	until_input_ends();
}

static void step_close(void)
{
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	MUST(clEnqueueMarkerWithWaitList(queues[0], 0, NULL, NULL));
	MUST(clFinish(queues[0]));
	say("closed");
	until_input_ends();
}

static void step_exec(void)
{
	say("execs");
	execlp("cat", "cat", (char *)NULL);
	exit(1);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} steps[] = {{"hold", step_hold}, {"fork", step_fork},   {"queue", step_queue},
		     {"many", step_many}, {"close", step_close}, {"exec", step_exec}};
	begin();
	for (int i = 1; i < argc; i++) {
		bool known = false;
		for (size_t j = 0; j < sizeof(steps) / sizeof(steps[0]); j++)
			if (!strcmp(argv[i], steps[j].name)) {
				steps[j].run();
				known = true;
			}
		if (!known)
			return 2;
	}
	return 0;
}
