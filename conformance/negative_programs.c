/* SPDX-License-Identifier: MIT */
/* Each function with wrong arguments: programs, kernels, ND-ranges, shared virtual memory. */
#include "conformance/harness.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHECK_NO(want, type, call)                                                                 \
	do {                                                                                       \
		cl_int error = 12345;                                                              \
		type made = call;                                                                  \
		CHECKF(error == (want), #call ": expected error %d, is %d", (want), error);        \
		CHECKF(made == NULL, #call ": returns an object");                                 \
	} while (0)

static const char *const source = "kernel void k(global int *p, int v, local int *l) {\n"
				  "  l[0] = v; p[0] = l[0]; }\n";

static cl_program unbuilt(const char *text)
{
	cl_int error;
	cl_program program = clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

	OK(error);
	return conf_keep_program(program);
}

static void create_program(void)
{
	cl_context context = conf_context();
	const char *strings[2] = {source, NULL};

	CHECK_NO(CL_INVALID_CONTEXT, cl_program,
		 clCreateProgramWithSource(NULL, 1, strings, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithSource(context, 0, strings, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithSource(context, 1, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithSource(context, 2, strings, NULL, &error));
}

static void create_program_with_binary(void)
{
	cl_device_id device = conf_device(), none = NULL;
	cl_context context = conf_context();
	static const unsigned char bytes[32] = "not a program binary at all";
	const unsigned char *binary = bytes, *missing = NULL;
	const size_t size = sizeof bytes, zero = 0;
	cl_int status = CL_SUCCESS;

	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithBinary(context, 0, &device, &size, &binary, &status, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithBinary(context, 1, NULL, &size, &binary, &status, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithBinary(context, 1, &device, NULL, &binary, &status, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithBinary(context, 1, &device, &size, NULL, &status, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithBinary(context, 1, &device, &zero, &binary, &status, &error));
	CHECK_EQ(CL_INVALID_VALUE, status);
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clCreateProgramWithBinary(context, 1, &device, &size, &missing, &status, &error));
	CHECK_NO(CL_INVALID_DEVICE, cl_program,
		 clCreateProgramWithBinary(context, 1, &none, &size, &binary, &status, &error));
	CHECK_NO(CL_INVALID_BINARY, cl_program,
		 clCreateProgramWithBinary(context, 1, &device, &size, &binary, &status, &error));
	CHECK_EQ(CL_INVALID_BINARY, status);
}

static void create_program_with_il(void)
{
	static const cl_uint words[8] = {1, 2, 3};
	char *versions = conf_device_string(CL_DEVICE_IL_VERSION);
	bool none = !versions[0];

	free(versions);
	if (!none) {
		CHECK_NO(CL_INVALID_VALUE, cl_program,
			 clCreateProgramWithIL(conf_context(), words, sizeof words, &error));
		return;
	}
	CHECK_NO(CL_INVALID_OPERATION, cl_program,
		 clCreateProgramWithIL(conf_context(), words, sizeof words, &error));
}

static void build_arguments(void)
{
	cl_device_id device = conf_device(), none = NULL;
	cl_program program = unbuilt(source);
	int data = 0;

	CHECK_CL(CL_INVALID_VALUE, clBuildProgram(program, 0, &device, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clBuildProgram(program, 1, NULL, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clBuildProgram(program, 1, &device, NULL, NULL, &data));
	CHECK_CL(CL_INVALID_DEVICE, clBuildProgram(program, 1, &none, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_BUILD_OPTIONS,
		 clBuildProgram(program, 1, &device, "-no-such-option-tern", NULL, NULL));
	CHECK_CL(CL_INVALID_BUILD_OPTIONS, clBuildProgram(program, 1, &device, "-D", NULL, NULL));
	CHECK_CL(CL_INVALID_BUILD_OPTIONS,
		 clBuildProgram(program, 1, &device, "-cl-std=CL9.9", NULL, NULL));
	OK(clBuildProgram(program, 1, &device, NULL, NULL, NULL));
	/* Not while a kernel of it lives. */
	conf_kernel_of(program, "k");
	CHECK_CL(CL_INVALID_OPERATION, clBuildProgram(program, 1, &device, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_OPERATION,
		 clCompileProgram(program, 1, &device, NULL, 0, NULL, NULL, NULL, NULL));
}

static void compile_arguments(void)
{
	cl_device_id device = conf_device();
	cl_program program = unbuilt(source), header = unbuilt("#define A 1\n");
	const char *name = "a.h";
	int data = 0;

	CHECK_CL(CL_INVALID_PROGRAM,
		 clCompileProgram(NULL, 1, &device, NULL, 0, NULL, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clCompileProgram(program, 0, &device, NULL, 0, NULL, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clCompileProgram(program, 1, NULL, NULL, 0, NULL, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clCompileProgram(program, 1, &device, NULL, 1, NULL, &name, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clCompileProgram(program, 1, &device, NULL, 1, &header, NULL, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clCompileProgram(program, 1, &device, NULL, 0, &header, &name, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clCompileProgram(program, 1, &device, NULL, 0, NULL, NULL, NULL, &data));
	CHECK_CL(CL_INVALID_COMPILER_OPTIONS,
		 clCompileProgram(program, 1, &device, "-no-such-option-tern", 0, NULL, NULL, NULL,
				  NULL));
	CHECK_CL(CL_COMPILE_PROGRAM_FAILURE,
		 clCompileProgram(unbuilt("kernel void k( {"), 1, &device, NULL, 0, NULL, NULL,
				  NULL, NULL));
}

static void link_arguments(void)
{
	cl_device_id device = conf_device();
	cl_context context = conf_context();
	cl_program program = unbuilt(source), none = NULL, plain = unbuilt(source);
	int data = 0;

	OK(clCompileProgram(program, 1, &device, NULL, 0, NULL, NULL, NULL, NULL));
	CHECK_NO(CL_INVALID_CONTEXT, cl_program,
		 clLinkProgram(NULL, 1, &device, NULL, 1, &program, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clLinkProgram(context, 1, &device, NULL, 0, NULL, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clLinkProgram(context, 1, &device, NULL, 1, NULL, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_PROGRAM, cl_program,
		 clLinkProgram(context, 1, &device, NULL, 1, &none, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clLinkProgram(context, 1, NULL, NULL, 1, &program, NULL, NULL, &error));
	CHECK_NO(CL_INVALID_VALUE, cl_program,
		 clLinkProgram(context, 1, &device, NULL, 1, &program, NULL, &data, &error));
	CHECK_NO(CL_INVALID_LINKER_OPTIONS, cl_program,
		 clLinkProgram(context, 1, &device, "-no-such-option-tern", 1, &program, NULL, NULL,
			       &error));
	/* Not compiled. */
	CHECK_NO(CL_INVALID_OPERATION, cl_program,
		 clLinkProgram(context, 1, &device, NULL, 1, &plain, NULL, NULL, &error));
}

static void create_kernel(void)
{
	cl_program program = conf_program(source, NULL), plain = unbuilt(source);
	cl_kernel kernels[2];
	cl_uint count = 0;

	CHECK_NO(CL_INVALID_PROGRAM, cl_kernel, clCreateKernel(NULL, "k", &error));
	CHECK_NO(CL_INVALID_KERNEL_NAME, cl_kernel, clCreateKernel(program, "no_such", &error));
	CHECK_NO(CL_INVALID_KERNEL_NAME, cl_kernel, clCreateKernel(program, "", &error));
	CHECK_NO(CL_INVALID_VALUE, cl_kernel, clCreateKernel(program, NULL, &error));
	CHECK_NO(CL_INVALID_PROGRAM_EXECUTABLE, cl_kernel, clCreateKernel(plain, "k", &error));
	CHECK_CL(CL_INVALID_PROGRAM_EXECUTABLE, clCreateKernelsInProgram(plain, 0, NULL, &count));
	CHECK_CL(CL_INVALID_VALUE, clCreateKernelsInProgram(program, 0, kernels, &count));
	OK(clCreateKernelsInProgram(program, 0, NULL, &count));
	CHECK_EQ(1, count);
	OK(clCreateKernelsInProgram(program, 2, kernels, &count));
	CHECK_EQ(1, count);
	OK(clReleaseKernel(kernels[0]));
	CHECK_NO(CL_INVALID_KERNEL, cl_kernel, clCloneKernel(NULL, &error));
}

static void set_arguments(void)
{
	cl_kernel kernel = conf_kernel(source, "k");
	cl_mem mem = conf_buffer(0, 64, NULL);
	cl_int value = 1;

	CHECK_CL(CL_INVALID_ARG_INDEX, clSetKernelArg(kernel, 3, sizeof value, &value));
	CHECK_CL(CL_INVALID_ARG_INDEX, clSetKernelArg(kernel, ~0u, sizeof value, &value));
	CHECK_CL(CL_INVALID_ARG_SIZE, clSetKernelArg(kernel, 1, sizeof value - 1, &value));
	CHECK_CL(CL_INVALID_ARG_SIZE, clSetKernelArg(kernel, 1, sizeof value + 1, &value));
	CHECK_CL(CL_INVALID_ARG_SIZE, clSetKernelArg(kernel, 0, sizeof mem - 1, &mem));
	CHECK_CL(CL_INVALID_ARG_SIZE, clSetKernelArg(kernel, 2, 0, NULL));
	CHECK_CL(CL_INVALID_ARG_VALUE, clSetKernelArg(kernel, 1, sizeof value, NULL));
	CHECK_CL(CL_INVALID_ARG_VALUE, clSetKernelArg(kernel, 2, sizeof value, &value));
	CHECK_CL2(CL_SUCCESS, CL_INVALID_ARG_VALUE, clSetKernelArg(kernel, 0, sizeof mem, NULL));
	/* A buffer that is NULL is allowed. */
	mem = NULL;
	OK(clSetKernelArg(kernel, 0, sizeof mem, &mem));
	/* A failed call leaves the old value. */
	cl_mem good = conf_buffer(0, 64, NULL);

	ARG(kernel, 0, good);
	value = 41;
	ARG(kernel, 1, value);
	OK(clSetKernelArg(kernel, 2, 16, NULL));
	value = 7;
	CHECK_CL(CL_INVALID_ARG_SIZE, clSetKernelArg(kernel, 1, 2, &value));
	conf_run(kernel, 1, 1);
	conf_read(good, &value, sizeof value);
	CHECK_EQ(41, value);
}

static void wrong_objects_as_arguments(void)
{
	cl_kernel kernel = conf_kernel(source, "k");
	void *queue = conf_queue();

	CHECK_CL2(CL_INVALID_ARG_VALUE, CL_INVALID_MEM_OBJECT,
		  clSetKernelArg(kernel, 0, sizeof queue, &queue));
}

static void kernel_queries(void)
{
	cl_kernel kernel = conf_kernel(source, "k");
	char text[64];
	size_t size;

	CHECK_CL(CL_INVALID_KERNEL, clGetKernelInfo(NULL, CL_KERNEL_NUM_ARGS, 64, text, &size));
	CHECK_CL(CL_INVALID_ARG_INDEX,
		 clGetKernelArgInfo(kernel, 3, CL_KERNEL_ARG_NAME, 64, text, &size));
	CHECK_CL(CL_INVALID_KERNEL,
		 clGetKernelWorkGroupInfo(NULL, conf_device(), CL_KERNEL_WORK_GROUP_SIZE, 64, text,
					  &size));
	CHECK_CL(CL_INVALID_PROGRAM, clGetProgramInfo(NULL, CL_PROGRAM_SOURCE, 64, text, &size));
	CHECK_CL(CL_INVALID_DEVICE,
		 clGetProgramBuildInfo(conf_program(source, NULL), NULL, CL_PROGRAM_BUILD_STATUS,
				       64, text, &size));
	cl_program plain = unbuilt(source);

	CHECK_CL(CL_INVALID_PROGRAM_EXECUTABLE,
		 clGetProgramInfo(plain, CL_PROGRAM_NUM_KERNELS, 64, text, &size));
	CHECK_CL(CL_INVALID_PROGRAM_EXECUTABLE,
		 clGetProgramInfo(plain, CL_PROGRAM_KERNEL_NAMES, 64, text, &size));
}

static void enqueue_arguments(void)
{
	cl_kernel kernel = conf_kernel(source, "k");
	cl_command_queue queue = conf_queue();
	const size_t one[4] = {1, 1, 1, 1}, zero_local[1] = {0}, range[1] = {12}, local[1] = {5};
	cl_mem mem = conf_buffer(0, 64, NULL);
	cl_int value = 1;

	CHECK_CL(CL_INVALID_KERNEL_ARGS,
		 clEnqueueNDRangeKernel(queue, kernel, 1, NULL, one, NULL, 0, NULL, NULL));
	ARG(kernel, 0, mem);
	ARG(kernel, 1, value);
	CHECK_CL(CL_INVALID_KERNEL_ARGS,
		 clEnqueueNDRangeKernel(queue, kernel, 1, NULL, one, NULL, 0, NULL, NULL));
	OK(clSetKernelArg(kernel, 2, 16, NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE,
		 clEnqueueNDRangeKernel(NULL, kernel, 1, NULL, one, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_KERNEL,
		 clEnqueueNDRangeKernel(queue, NULL, 1, NULL, one, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_WORK_DIMENSION,
		 clEnqueueNDRangeKernel(queue, kernel, 0, NULL, one, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_WORK_DIMENSION,
		 clEnqueueNDRangeKernel(queue, kernel, 4, NULL, one, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_WORK_GROUP_SIZE,
		 clEnqueueNDRangeKernel(queue, kernel, 1, NULL, one, zero_local, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_WORK_GROUP_SIZE,
		 clEnqueueNDRangeKernel(queue, kernel, 1, NULL, range, local, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_EVENT_WAIT_LIST,
		 clEnqueueNDRangeKernel(queue, kernel, 1, NULL, one, NULL, 1, NULL, NULL));
	OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, one, NULL, 0, NULL, NULL));
	OK(clFinish(queue));
}

static void enqueue_sizes(void)
{
	cl_kernel kernel = conf_kernel("kernel void none(void) {}", "none");
	cl_command_queue queue = conf_queue();
	size_t limit = conf_device_size(CL_DEVICE_MAX_WORK_GROUP_SIZE), sizes[8] = {0};
	const size_t offset[1] = {SIZE_MAX - 2}, range[1] = {64};

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof sizes, sizes,
			   NULL));
	const size_t wide[1] = {sizes[0] * 2}, square[2] = {limit, 2};
	cl_int error = clEnqueueNDRangeKernel(queue, kernel, 1, NULL, wide, wide, 0, NULL, NULL);

	CHECK_CL2(CL_INVALID_WORK_ITEM_SIZE, CL_INVALID_WORK_GROUP_SIZE, error);
	CHECK_CL(CL_INVALID_WORK_GROUP_SIZE,
		 clEnqueueNDRangeKernel(queue, kernel, 2, NULL, square, square, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_GLOBAL_OFFSET,
		 clEnqueueNDRangeKernel(queue, kernel, 1, offset, range, NULL, 0, NULL, NULL));
	OK(clFinish(queue));
}

static void enqueue_null_size(void)
{
	cl_kernel kernel = conf_kernel("kernel void none(void) {}", "none");

	/* Since OpenCL 2.1 a size of NULL may also mean an empty range. */
	CHECK_CL2(CL_INVALID_GLOBAL_WORK_SIZE, CL_SUCCESS,
		  clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, NULL, NULL, 0, NULL, NULL));
	OK(clFinish(conf_queue()));
}

static void foreign_kernel(void)
{
	const size_t one = 1;
	cl_device_id device = conf_device();
	cl_int error;
	cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);

	OK(error);
	conf_keep_context(context);
	cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, &error);

	OK(error);
	conf_keep_queue(queue);
	cl_kernel kernel = conf_kernel("kernel void none(void) {}", "none");

	CHECK_CL(CL_INVALID_CONTEXT,
		 clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, NULL, 0, NULL, NULL));
}

/* More local memory than the device has. */
static void too_much_local_memory(void)
{
	const size_t one = 1;
	cl_kernel kernel = conf_kernel(source, "k");
	cl_mem mem = conf_buffer(0, 64, NULL);
	cl_int value = 1;

	ARG(kernel, 0, mem);
	ARG(kernel, 1, value);
	cl_int error =
		clSetKernelArg(kernel, 2, conf_device_ulong(CL_DEVICE_LOCAL_MEM_SIZE) * 2, NULL);

	CHECK_CL2(CL_SUCCESS, CL_INVALID_ARG_SIZE, error);
	if (error)
		return;
	CHECK_CL(CL_OUT_OF_RESOURCES,
		 clEnqueueNDRangeKernel(conf_queue(), kernel, 1, NULL, &one, NULL, 0, NULL, NULL));
	CHECK_CL(CL_SUCCESS, clFinish(conf_queue()));
}

static void svm_alloc(void)
{
	cl_context context = conf_context();
	cl_ulong limit = conf_device_ulong(CL_DEVICE_MAX_MEM_ALLOC_SIZE);
	cl_ulong svm = conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES);

	if (!svm) {
		CHECK(clSVMAlloc(context, CL_MEM_READ_WRITE, 64, 0) == NULL);
		return;
	}
	CHECK(clSVMAlloc(NULL, CL_MEM_READ_WRITE, 64, 0) == NULL);
	CHECK(clSVMAlloc(context, CL_MEM_READ_WRITE, 0, 0) == NULL);
	CHECK(clSVMAlloc(context, CL_MEM_READ_WRITE, limit + 1, 0) == NULL);
	CHECK(clSVMAlloc(context, CL_MEM_READ_WRITE, 64, 3) == NULL);
	CHECK(clSVMAlloc(context, CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, 64, 0) == NULL);
	CHECK(clSVMAlloc(context, CL_MEM_USE_HOST_PTR, 64, 0) == NULL);
	CHECK(clSVMAlloc(context, CL_MEM_SVM_ATOMICS, 64, 0) == NULL);
	if (!(svm & CL_DEVICE_SVM_FINE_GRAIN_BUFFER))
		CHECK(clSVMAlloc(context, CL_MEM_SVM_FINE_GRAIN_BUFFER, 64, 0) == NULL);
	clSVMFree(context, NULL); /* does nothing */
}

static void svm_commands(void)
{
	cl_command_queue queue = conf_queue();
	char pattern[256] = {0}, host[64] = {0};

	if (!conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES))
		SKIP("no shared virtual memory");
	char *memory = clSVMAlloc(conf_context(), CL_MEM_READ_WRITE, 4096, 0);

	REQUIRE(memory != NULL);
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMemcpy(queue, CL_TRUE, NULL, host, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMemcpy(queue, CL_TRUE, memory, NULL, 64, 0, NULL, NULL));
	CHECK_CL(CL_MEM_COPY_OVERLAP,
		 clEnqueueSVMMemcpy(queue, CL_TRUE, memory, memory + 32, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueSVMMemFill(queue, NULL, pattern, 4, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueSVMMemFill(queue, memory, NULL, 4, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMemFill(queue, memory, pattern, 0, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMemFill(queue, memory, pattern, 3, 63, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMemFill(queue, memory, pattern, 256, 256, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMemFill(queue, memory + 2, pattern, 4, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMemFill(queue, memory, pattern, 4, 62, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_READ, NULL, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_READ, memory, 0, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clEnqueueSVMMap(queue, CL_TRUE, 1 << 12, memory, 64, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueSVMUnmap(queue, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueSVMFree(queue, 1, NULL, NULL, NULL, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_VALUE, clEnqueueSVMMigrateMem(queue, 0, NULL, NULL, 0, 0, NULL, NULL));
	CHECK_CL(CL_INVALID_COMMAND_QUEUE,
		 clEnqueueSVMMemcpy(NULL, CL_TRUE, memory, host, 64, 0, NULL, NULL));
	clSVMFree(conf_context(), memory);
}

static void svm_kernel_arguments(void)
{
	cl_kernel kernel = conf_kernel(source, "k");
	cl_bool truth = CL_TRUE;
	void *pointers[1] = {&kernel};

	if (!conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES))
		SKIP("no shared virtual memory");
	CHECK_CL(CL_INVALID_KERNEL, clSetKernelArgSVMPointer(NULL, 0, NULL));
	CHECK_CL(CL_INVALID_ARG_INDEX, clSetKernelArgSVMPointer(kernel, 9, NULL));
	CHECK_CL(CL_INVALID_ARG_VALUE, clSetKernelArgSVMPointer(kernel, 1, pointers));
	CHECK_CL(CL_INVALID_VALUE, clSetKernelExecInfo(kernel, 0x7777, sizeof truth, &truth));
	CHECK_CL(CL_INVALID_VALUE,
		 clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof pointers, NULL));
	CHECK_CL(CL_INVALID_VALUE,
		 clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_PTRS, 3, pointers));
	CHECK_CL(CL_INVALID_VALUE,
		 clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, 1, &truth));
	bool system =
		conf_device_ulong(CL_DEVICE_SVM_CAPABILITIES) & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM;

	CHECK_CL(system ? CL_SUCCESS : CL_INVALID_OPERATION,
		 clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM,
				     sizeof truth, &truth));
}

CONF_CASES(negative_programs) = {
	CASE(create_program),
	CASE(create_program_with_binary),
	CASE(create_program_with_il),
	CASE(build_arguments),
	CASE(compile_arguments),
	CASE(link_arguments),
	CASE(create_kernel),
	CASE(set_arguments),
	CASE(wrong_objects_as_arguments),
	CASE(kernel_queries),
	CASE(enqueue_arguments),
	CASE(enqueue_sizes),
	CASE(enqueue_null_size),
	CASE(foreign_kernel),
	CASE(too_much_local_memory),
	CASE(svm_alloc),
	CASE(svm_commands),
	CASE(svm_kernel_arguments),
	CASE_END,
};
