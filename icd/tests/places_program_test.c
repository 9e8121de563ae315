/* SPDX-License-Identifier: MIT */
/* Programs for devices whose images go to places of their own; kernels' pointers. */
#include "icd/tests/mock_device.h"
#include "runtime/program.h"

static cl_context context;
static cl_command_queue queues[3];
static cl_device_id devices[3];

static const char source[] = "global int counter = 10;\n"
			     "kernel void count(global int *out, int n) {\n"
			     "  counter += n; *out = counter; }\n"
			     "kernel void set(global int *out) {\n"
			     "  size_t i = get_global_id(0); out[i] = (int)i + 1; }\n";

static void begin(void)
{
	devices[0] = mock_cpu;
	devices[1] = mock_ids[MOCK_PRIVATE];
	devices[2] = mock_ids[MOCK_PRIVATE_TOO];
	context = mock_context(3, devices);
	for (unsigned i = 0; i < 3; i++)
		queues[i] = mock_queue(context, devices[i]);
}

static void end(void)
{
	for (unsigned i = 0; i < 3; i++)
		EXPECT(!tern_clReleaseCommandQueue(queues[i]));
	EXPECT(!tern_clReleaseContext(context));
}

static cl_program make_program(void)
{
	const char *text = source;
	cl_int error = CL_INVALID_VALUE;
	cl_program p = tern_clCreateProgramWithSource(context, 1, &text, NULL, &error);
	REQUIRE(p && !error);
	return p;
}

static void build(cl_program program, cl_uint count, const cl_device_id *list)
{
	cl_int error = tern_clBuildProgram(program, count, list, "-cl-std=CL3.0", NULL, NULL);
	if (error == CL_COMPILER_NOT_AVAILABLE) {
		fprintf(stderr, "no compile server\n");
		exit(TEST_SKIP);
	}
	char log[1000] = "";
	(void)!tern_clGetProgramBuildInfo(program, devices[0], CL_PROGRAM_BUILD_LOG, sizeof(log),
					  log, NULL);
	if (error)
		fprintf(stderr, "%s\n", log);
	REQUIRE(!error);
}

static int count(cl_program program, unsigned device, int n)
{
	cl_int error = CL_INVALID_VALUE;
	size_t one = 1;
	int result = -1;
	cl_kernel k = tern_clCreateKernel(program, "count", &error);
	REQUIRE(k && !error);
	cl_mem m = tern_clCreateBuffer(context, 0, 4, NULL, &error);
	REQUIRE(m && !error);
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(m), &m) && !tern_clSetKernelArg(k, 1, 4, &n));
	EXPECT(!tern_clEnqueueNDRangeKernel(queues[device], k, 1, NULL, &one, NULL, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueReadBuffer(queues[device], m, CL_TRUE, 0, 4, &result, 0, NULL, NULL));
	EXPECT(!tern_clReleaseMemObject(m) && !tern_clReleaseKernel(k));
	return result;
}

static unsigned images(unsigned mock)
{
	return mocks[mock].images;
}

/* A variable of the program is the device's own. */
static void check_variables(cl_program program)
{
	EXPECT(images(MOCK_PRIVATE) == 1 && images(MOCK_PRIVATE_TOO) == 1);
	EXPECT(count(program, 0, 1) == 11);
	EXPECT(count(program, 1, 100) == 110);
	EXPECT(count(program, 2, 1000) == 1010);
	EXPECT(count(program, 0, 1) == 12);
	EXPECT(count(program, 1, 1) == 111);
	EXPECT(count(program, 2, 1) == 1011);
}

static void from_source(void)
{
	cl_program p = make_program();
	build(p, 0, NULL);
	check_variables(p);
	/* built anew: the old images go */
	build(p, 0, NULL);
	check_variables(p);
	EXPECT(!tern_clReleaseProgram(p));
	EXPECT(!images(MOCK_PRIVATE) && !images(MOCK_PRIVATE_TOO));
}

/* Only what is built has an image. */
static void for_one_device(void)
{
	cl_program p = make_program();
	build(p, 1, &devices[0]);
	EXPECT(!images(MOCK_PRIVATE) && !images(MOCK_PRIVATE_TOO));
	build(p, 1, &devices[2]);
	EXPECT(!images(MOCK_PRIVATE) && images(MOCK_PRIVATE_TOO) == 1);
	EXPECT(count(p, 2, 5) == 15 && count(p, 0, 1) == 11);
	cl_int error = 0;
	cl_kernel k = tern_clCreateKernel(p, "set", &error);
	REQUIRE(k && !error);
	size_t one = 1;
	void *null = NULL;
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(null), NULL));
	EXPECT(tern_clEnqueueNDRangeKernel(queues[1], k, 1, NULL, &one, NULL, 0, NULL, NULL) ==
	       CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(!tern_clReleaseKernel(k) && !tern_clReleaseProgram(p));
}

static void from_binaries(void)
{
	cl_program p = make_program();
	build(p, 0, NULL);
	size_t sizes[3];
	unsigned char *binaries[3];
	REQUIRE(!tern_clGetProgramInfo(p, CL_PROGRAM_BINARY_SIZES, sizeof(sizes), sizes, NULL));
	for (unsigned i = 0; i < 3; i++)
		REQUIRE((binaries[i] = malloc(sizes[i])));
	REQUIRE(!tern_clGetProgramInfo(p, CL_PROGRAM_BINARIES, sizeof(binaries), binaries, NULL));
	EXPECT(!tern_clReleaseProgram(p));
	cl_int error = CL_INVALID_VALUE;
	p = tern_clCreateProgramWithBinary(context, 3, devices, sizes,
					   (const unsigned char **)binaries, NULL, &error);
	REQUIRE(p && !error);
	EXPECT(!images(MOCK_PRIVATE));
	build(p, 0, NULL);
	check_variables(p);
	EXPECT(!tern_clReleaseProgram(p) && !images(MOCK_PRIVATE));
	for (unsigned i = 0; i < 3; i++)
		free(binaries[i]);
}

static void linked(void)
{
	cl_program p = make_program();
	cl_int error =
		tern_clCompileProgram(p, 0, NULL, "-cl-std=CL3.0", 0, NULL, NULL, NULL, NULL);
	REQUIRE(!error && !images(MOCK_PRIVATE));
	cl_program all = tern_clLinkProgram(context, 0, NULL, NULL, 1, &p, NULL, NULL, &error);
	REQUIRE(all && !error);
	check_variables(all);
	EXPECT(!tern_clReleaseProgram(all) && !tern_clReleaseProgram(p));
	EXPECT(!images(MOCK_PRIVATE) && !images(MOCK_PRIVATE_TOO));
}

/* No memory for an image: that device's build fails, with its error, and nothing leaks. */
static void no_memory(void)
{
	for (uint64_t n = 1; n < 400; n++) {
		cl_program p = make_program();
		build(p, 1, &devices[1]); /* from the cache */
		tern_fault_arm(n, false);
		cl_int error = tern_clBuildProgram(p, 0, NULL, "-cl-std=CL3.0", NULL, NULL);
		bool hit = tern_fault_count() >= n;
		tern_fault_arm(0, false);
		EXPECT(hit || !error);
		EXPECT(!tern_clReleaseProgram(p));
		EXPECT(!images(MOCK_PRIVATE) && !images(MOCK_PRIVATE_TOO));
		if (!hit)
			return;
	}
	EXPECT(false);
}

/* clSetKernelArgSVMPointer and the promise of system pointers, where no device reaches them. */
static void pointers(void)
{
	static int global_memory[8];
	cl_context before = context;
	context = mock_context(1, &mock_ids[MOCK_LIMITED]);
	cl_command_queue queue = mock_queue(context, mock_ids[MOCK_LIMITED]);
	cl_program p = make_program();
	REQUIRE(!tern_clBuildProgram(p, 0, NULL, "-cl-std=CL3.0", NULL, NULL));
	cl_int error = CL_INVALID_VALUE;
	cl_kernel k = tern_clCreateKernel(p, "set", &error);
	REQUIRE(k && !error);
	int *svm = tern_clSVMAlloc(context, 0, 128 * sizeof(int), 0);
	REQUIRE(svm);
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, global_memory)); /* only not followed */
	EXPECT(tern_clSetKernelArgSVMPointer(k, 9, global_memory) == CL_INVALID_ARG_INDEX);
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, NULL));
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, svm + 128));
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, svm + 64));
	size_t size = 64;
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, k, 1, NULL, &size, NULL, 0, NULL, NULL));
	EXPECT(!tern_clFinish(queue) && svm[64] == 1 && svm[127] == 64);
	const cl_bool yes = CL_TRUE, no = CL_FALSE;
	EXPECT(tern_clSetKernelExecInfo(k, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof(yes),
					&yes) == CL_INVALID_OPERATION);
	EXPECT(!tern_clSetKernelExecInfo(k, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof(no),
					 &no));
	EXPECT(!tern_clSetKernelExecInfo(k, CL_KERNEL_EXEC_INFO_SVM_PTRS, sizeof(svm), &svm));
	tern_clSVMFree(context, svm);
	EXPECT(!tern_clReleaseKernel(k) && !tern_clReleaseProgram(p));
	EXPECT(!tern_clReleaseCommandQueue(queue) && !tern_clReleaseContext(context));
	context = before;
}

int main(void)
{
	mock_begin();
	begin();
	from_source();
	for_one_device();
	from_binaries();
	linked();
	no_memory();
	end();
	pointers();
	return test_result();
}
