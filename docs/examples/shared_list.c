/* SPDX-License-Identifier: MIT */
/*
 * One address space: a linked list made with malloc(), walked and changed by a kernel on each
 * device that has fine-grained system SVM. No buffer, no copy, no clSVMAlloc: the kernel follows
 * the program's own pointers, and counts with an atomic on a variable of the caller's stack.
 *
 *     cc shared_list.c -lOpenCL -o shared_list && ./shared_list
 */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>

struct node {
	struct node *next;
	int value;
};

static const char source[] =
	"struct node { global struct node *next; int value; };\n"
	"kernel void walk(global struct node *global *heads, global atomic_int *seen) {\n"
	"  for (global struct node *n = heads[get_global_id(0)]; n; n = n->next) {\n"
	"    n->value = 2 * n->value + 1;\n"
	"    atomic_fetch_add_explicit(seen, 1, memory_order_relaxed, "
	"memory_scope_all_svm_devices);\n"
	"  }\n"
	"}\n";

enum { LISTS = 64, LENGTH = 1000, DEVICES = 16 };

#define CHECK(call)                                                                                \
	do {                                                                                       \
		cl_int err_ = (call);                                                              \
		if (err_ != CL_SUCCESS) {                                                          \
			fprintf(stderr, "%s: error %d\n", #call, err_);                            \
			exit(1);                                                                   \
		}                                                                                  \
	} while (0)

static struct node *make_list(int first)
{
	struct node *head = NULL;
	for (int i = 0; i < LENGTH; i++) {
		struct node *n = malloc(sizeof(*n));
		if (!n) {
			perror("malloc");
			exit(1);
		}
		n->value = first + i;
		n->next = head;
		head = n;
	}
	return head;
}

/* Undoes what the kernel did and says how many nodes were not as they should be. */
static int check_and_restore(struct node *const *heads)
{
	int wrong = 0;
	for (int l = 0; l < LISTS; l++) {
		int expected = l * LENGTH + LENGTH - 1;
		for (struct node *n = heads[l]; n; n = n->next, expected--) {
			wrong += n->value != 2 * expected + 1;
			n->value = expected;
		}
	}
	return wrong;
}

static cl_program build(cl_context context, cl_device_id device)
{
	cl_int err;
	const char *text = source;
	cl_program program = clCreateProgramWithSource(context, 1, &text, NULL, &err);
	CHECK(err);
	if (clBuildProgram(program, 1, &device, "-cl-std=CL3.0", NULL, NULL) != CL_SUCCESS) {
		char log[4096] = "";
		clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof(log), log,
				      NULL);
		fprintf(stderr, "%s\n", log);
		exit(1);
	}
	return program;
}

static int run_on(cl_device_id device, struct node **heads)
{
	cl_int err;
	char name[128] = "";
	cl_device_svm_capabilities svm = 0;
	clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof(name), name, NULL);
	clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(svm), &svm, NULL);
	if (!(svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM)) {
		printf("%s: no fine-grained system SVM, left out\n", name);
		return 0;
	}
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &err);
	CHECK(err);
	cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, &err);
	CHECK(err);
	cl_program program = build(context, device);
	cl_kernel kernel = clCreateKernel(program, "walk", &err);
	CHECK(err);

	int seen = 0; /* on this stack, counted by the kernel */
	size_t lists = LISTS;
	cl_bool system_svm = CL_TRUE;
	CHECK(clSetKernelArgSVMPointer(kernel, 0, heads));
	CHECK(clSetKernelArgSVMPointer(kernel, 1, &seen));
	CHECK(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM,
				  sizeof(system_svm), &system_svm));
	CHECK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &lists, NULL, 0, NULL, NULL));
	CHECK(clFinish(queue));

	int wrong = check_and_restore(heads);
	printf("%s: %d nodes of %d malloc'ed lists walked and changed by the kernel, %d wrong\n",
	       name, seen, LISTS, wrong);
	clReleaseKernel(kernel);
	clReleaseProgram(program);
	clReleaseCommandQueue(queue);
	clReleaseContext(context);
	return wrong || seen != LISTS * LENGTH;
}

int main(void)
{
	cl_platform_id platforms[8];
	cl_uint platform_count = 0;
	struct node **heads = malloc(LISTS * sizeof(*heads));
	if (!heads)
		return 1;
	for (int i = 0; i < LISTS; i++)
		heads[i] = make_list(i * LENGTH);

	int failed = 0;
	CHECK(clGetPlatformIDs(8, platforms, &platform_count));
	for (cl_uint p = 0; p < platform_count && p < 8; p++) {
		cl_device_id devices[DEVICES];
		cl_uint n = 0;
		if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, DEVICES, devices, &n) !=
		    CL_SUCCESS)
			continue;
		for (cl_uint d = 0; d < n && d < DEVICES; d++)
			failed |= run_on(devices[d], heads);
	}
	for (int i = 0; i < LISTS; i++) {
		for (struct node *n = heads[i], *next; n; n = next) {
			next = n->next;
			free(n);
		}
	}
	free(heads);
	return failed;
}
