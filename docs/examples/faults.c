/* SPDX-License-Identifier: MIT */
/*
 * What goes wrong in a kernel stays there. On a device of type ACCELERATOR: a wild pointer is an
 * error of the command, and the reason is in the log (TERN_LOG=error); the accelerator's process
 * is killed while it has all the data, and the data is intact; the same queue goes on each time.
 *
 *     cc faults.c -lOpenCL -o faults && tern run --devices accel --set TERN_LOG=error -- ./faults
 */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char source[] =
	"kernel void add(global int *p, int n) { p[get_global_id(0)] += n; }\n"
	"typedef struct node { global struct node *next; int value; } node;\n"
	"kernel void walk(global node *n) { for (; n; n = n->next) n->value++; }\n";

struct node {
	struct node *next;
	int value;
};

enum { COUNT = 4 << 20 }; /* 16 MiB */

#define CHECK(call)                                                                                \
	do {                                                                                       \
		cl_int err_ = (call);                                                              \
		if (err_ != CL_SUCCESS) {                                                          \
			fprintf(stderr, "%s: error %d\n", #call, err_);                            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static cl_context context;
static cl_program program;
static cl_command_queue queue;
static int *data;

static void open_device(void)
{
	cl_platform_id platform;
	cl_device_id device;
	cl_int err;
	const char *text = source;
	CHECK(clGetPlatformIDs(1, &platform, NULL));
	cl_device_svm_capabilities svm = 0;
	if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ACCELERATOR, 1, &device, NULL) == CL_SUCCESS)
		clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL);
	if (!(svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM)) {
		fprintf(stderr, "no accelerator with fine-grained system SVM here\n");
		exit(77);
	}
	context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	CHECK(err);
	queue = clCreateCommandQueueWithProperties(context, device, NULL, &err);
	CHECK(err);
	program = clCreateProgramWithSource(context, 1, &text, NULL, &err);
	CHECK(err);
	CHECK(clBuildProgram(program, 1, &device, NULL, NULL, NULL));
}

/* Runs a kernel on a pointer of the program's. Returns the command's final status. */
static cl_int run(const char *name, void *pointer, const cl_int *number, size_t range)
{
	cl_int err, status = CL_QUEUED;
	cl_event event;
	cl_kernel kernel = clCreateKernel(program, name, &err);
	CHECK(err);
	CHECK(clSetKernelArgSVMPointer(kernel, 0, pointer));
	if (number)
		CHECK(clSetKernelArg(kernel, 1, sizeof(*number), number));
	err = clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &range, NULL, 0, NULL, &event);
	clReleaseKernel(kernel);
	if (err)
		return err;
	clWaitForEvents(1, &event);
	CHECK(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status,
			     NULL));
	clReleaseEvent(event);
	return status;
}

static int wrong_words(int expected)
{
	int wrong = 0;
	for (int i = 0; i < COUNT; i++)
		wrong += data[i] != expected + i;
	return wrong;
}

/* A list whose second node was freed long ago, as bugs have it. */
static int wild_pointer(void)
{
	struct node node = {(struct node *)(size_t)0xdead000, 1};
	printf("  a list with a wild pointer: ");
	fflush(stdout);
	cl_int status = run("walk", &node, NULL, 1);
	node.next = NULL;
	printf("the command ends with %d\n", status);
	cl_int again = run("walk", &node, NULL, 1);
	printf("  the same queue and kernel, with a sound list: %s\n", again ? "failed" : "done");
	return status >= 0 || again != CL_COMPLETE;
}

/* The accelerator is nobody's child, but Tern holds a pidfd of it in this process. */
static pid_t find_accelerator(void)
{
	DIR *descriptors = opendir("/proc/self/fdinfo");
	pid_t found = 0;
	for (struct dirent *entry; descriptors && (entry = readdir(descriptors));) {
		char path[300], line[100];
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
		FILE *file = fopen(path, "r");
		while (file && fgets(line, sizeof(line), file))
			sscanf(line, "Pid: %d", &found);
		if (file)
			fclose(file);
	}
	if (descriptors)
		closedir(descriptors);
	return found;
}

static int killed(void)
{
	const cl_int one = 1;
	CHECK(run("add", data, &one, COUNT)); /* now all 16 MiB are on the device, changed */
	pid_t pid = find_accelerator();
	if (pid <= 0 || kill(pid, SIGKILL)) {
		printf("  no process to kill\n");
		return 1;
	}
	int wrong = wrong_words(1);
	printf("  the accelerator killed with %d MiB on it: %d words lost\n", COUNT / 262144,
	       wrong);
	/* The command that finds it dead may fail; then the program tries again. */
	struct node node = {NULL, 1};
	cl_int status = run("walk", &node, NULL, 1);
	if (status < 0)
		status = run("walk", &node, NULL, 1);
	if (status == CL_COMPLETE)
		status = run("add", data, &one, COUNT);
	wrong += wrong_words(2);
	printf("  the same queue afterwards: %s, %d words wrong\n", status ? "failed" : "done",
	       wrong);
	return wrong || status != CL_COMPLETE;
}

int main(void)
{
	data = malloc(COUNT * sizeof(*data));
	if (!data)
		return 1;
	for (int i = 0; i < COUNT; i++)
		data[i] = i;
	open_device();
	int failed = wild_pointer();
	failed += wrong_words(0) != 0;
	failed += killed();
	clReleaseProgram(program);
	clReleaseCommandQueue(queue);
	clReleaseContext(context);
	free(data);
	return failed != 0;
}
