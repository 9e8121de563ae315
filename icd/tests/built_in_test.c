/* SPDX-License-Identifier: MIT */
/* Built-in kernels, and a custom device that has nothing else, beside one with a compiler. */
#include "icd/tests/mock_device.h"

static const struct tern_kernel_arg copy_args[] = {
	{.name = "from",
	 .type_name = "uchar*",
	 .kind = TERN_ARG_GLOBAL,
	 .address_space = TERN_SPACE_GLOBAL,
	 .qualifiers = TERN_QUALIFIER_CONST,
	 .offset = 0,
	 .size = 8},
	{.name = "to",
	 .type_name = "uchar*",
	 .kind = TERN_ARG_GLOBAL,
	 .address_space = TERN_SPACE_GLOBAL,
	 .offset = 8,
	 .size = 8},
	{.name = "more", .type_name = "uint", .kind = TERN_ARG_VALUE, .offset = 16, .size = 4},
};

static const struct tern_kernel_info kernels[] = {
	{.name = "copy",
	 .attributes = "",
	 .args = copy_args,
	 .arg_count = 3,
	 .args_bytes = 24,
	 .lanes = 1,
	 .rows = 1,
	 .max_group_size = 64},
	{.name = "nothing", .attributes = "", .lanes = 1, .rows = 1, .max_group_size = 64},
};

static cl_device_id custom;
static cl_context alone, both;

static void run_built_in(const struct tern_ndrange *r)
{
	unsigned char *pointers[2];
	uint32_t more;
	if (strcmp(r->info->name, "copy") != 0)
		return;
	memcpy(pointers, r->args, sizeof(pointers));
	memcpy(&more, (const char *)r->args + 16, sizeof(more));
	for (size_t i = 0; i < r->global[0]; i++)
		pointers[1][i] = (unsigned char)(pointers[0][i] + more);
}

static void begin(void)
{
	cl_platform_id platform;
	cl_device_id first = NULL;
	mock_begin();
	struct tern_device_caps *caps = &mocks[MOCK_CUSTOM].device.caps;
	caps->built_in = kernels;
	caps->built_in_count = 2;
	caps->no_compiler = true;
	caps->local_mem_bytes = 0;
	mock_built_in = run_built_in;
	REQUIRE(!tern_clGetPlatformIDs(1, &platform, NULL));
	REQUIRE(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_CUSTOM, 1, &custom, NULL));
	EXPECT(!tern_clGetDeviceIDs(platform, CL_DEVICE_TYPE_DEFAULT, 1, &first, NULL));
	EXPECT(first == mock_cpu);
	alone = mock_context(1, &custom);
	both = mock_context(2, (cl_device_id[]){mock_cpu, custom});
}

static cl_int make(cl_context context, cl_uint count, const cl_device_id *devices,
		   const char *names, cl_program *out)
{
	cl_int error = 1;
	*out = tern_clCreateProgramWithBuiltInKernels(context, count, devices, names, &error);
	EXPECT(!*out == (error != CL_SUCCESS));
	return error;
}

static void names_are_checked(void)
{
	cl_program program;
	EXPECT(make(alone, 1, &custom, "copy;missing", &program) == CL_INVALID_VALUE);
	EXPECT(make(alone, 1, &custom, "", &program) == CL_INVALID_VALUE);
	EXPECT(make(alone, 1, &custom, "copy;", &program) == CL_INVALID_VALUE);
	EXPECT(make(alone, 1, &custom, "cop", &program) == CL_INVALID_VALUE);
	EXPECT(make(alone, 1, &custom, "copying", &program) == CL_INVALID_VALUE);
	EXPECT(make(alone, 1, &custom, NULL, &program) == CL_INVALID_VALUE);
	EXPECT(make(alone, 1, &mock_cpu, "copy", &program) == CL_INVALID_DEVICE);
	EXPECT(make(both, 1, &mock_cpu, "copy", &program) == CL_INVALID_VALUE);
}

static void queries(void)
{
	char text[512] = "x";
	cl_name_version versions[3] = {{0}};
	size_t bytes = 0;
	cl_bool yes = CL_TRUE;
	EXPECT(!tern_clGetDeviceInfo(custom, CL_DEVICE_BUILT_IN_KERNELS, sizeof(text), text,
				     &bytes));
	EXPECT(!strcmp(text, "copy;nothing") && bytes == sizeof("copy;nothing"));
	EXPECT(!tern_clGetDeviceInfo(custom, CL_DEVICE_BUILT_IN_KERNELS_WITH_VERSION,
				     sizeof(versions), versions, &bytes));
	EXPECT(bytes == 2 * sizeof(versions[0]) && !strcmp(versions[1].name, "nothing") &&
	       versions[0].version == CL_MAKE_VERSION(1, 0, 0));
	EXPECT(!tern_clGetDeviceInfo(custom, CL_DEVICE_COMPILER_AVAILABLE, sizeof(yes), &yes,
				     NULL) &&
	       !yes);
	EXPECT(!tern_clGetDeviceInfo(custom, CL_DEVICE_OPENCL_C_ALL_VERSIONS, 0, NULL, &bytes) &&
	       !bytes);
	EXPECT(!tern_clGetDeviceInfo(custom, CL_DEVICE_OPENCL_C_VERSION, sizeof(text), text,
				     NULL) &&
	       !*text);
	cl_device_local_mem_type local = CL_LOCAL;
	EXPECT(!tern_clGetDeviceInfo(custom, CL_DEVICE_LOCAL_MEM_TYPE, sizeof(local), &local,
				     NULL) &&
	       local == CL_NONE);
	EXPECT(!tern_clGetDeviceInfo(custom, CL_DEVICE_EXTENSIONS, sizeof(text), text, NULL));
	EXPECT(strstr(text, "cl_tern_svm_statistics") && !strstr(text, "cl_khr_fp16"));
	EXPECT(!tern_clGetDeviceInfo(mock_cpu, CL_DEVICE_BUILT_IN_KERNELS, sizeof(text), text,
				     NULL) &&
	       !*text);
	EXPECT(!tern_clGetDeviceInfo(mock_cpu, CL_DEVICE_COMPILER_AVAILABLE, sizeof(yes), &yes,
				     NULL) &&
	       yes);
}

static void kernels_run(void)
{
	cl_program program;
	cl_int error = 1;
	char text[64];
	size_t count = 0, three[3] = {0}, sizes[1] = {1};
	unsigned char from[10] = "123456789", to[10] = "";
	REQUIRE(!make(alone, 1, &custom, "nothing;copy;nothing", &program));
	EXPECT(!tern_clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof(count), &count,
				      NULL) &&
	       count == 2);
	EXPECT(!tern_clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, sizeof(text), text, NULL) &&
	       !strcmp(text, "nothing;copy"));
	EXPECT(!tern_clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(sizes), sizes,
				      NULL) &&
	       sizes[0] == 0);
	EXPECT(tern_clBuildProgram(program, 0, NULL, NULL, NULL, NULL) == CL_INVALID_OPERATION);
	cl_kernel kernel = tern_clCreateKernel(program, "copy", &error);
	REQUIRE(kernel && !error);
	EXPECT(!tern_clGetKernelArgInfo(kernel, 0, CL_KERNEL_ARG_NAME, sizeof(text), text, NULL) &&
	       !strcmp(text, "from"));
	EXPECT(!tern_clGetKernelArgInfo(kernel, 2, CL_KERNEL_ARG_TYPE_NAME, sizeof(text), text,
					NULL) &&
	       !strcmp(text, "uint"));
	EXPECT(!tern_clGetKernelWorkGroupInfo(kernel, custom, CL_KERNEL_GLOBAL_WORK_SIZE,
					      sizeof(three), three, NULL) &&
	       three[0] > 1000000);
	cl_command_queue queue = mock_queue(alone, custom);
	EXPECT(tern_clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &(size_t){9}, NULL, 0, NULL,
					   NULL) == CL_INVALID_KERNEL_ARGS);
	EXPECT(!tern_clSetKernelArgSVMPointer(kernel, 0, from));
	EXPECT(!tern_clSetKernelArgSVMPointer(kernel, 1, to));
	EXPECT(!tern_clSetKernelArg(kernel, 2, sizeof(cl_uint), &(cl_uint){1}));
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &(size_t){9}, NULL, 0, NULL,
					    NULL));
	EXPECT(!tern_clFinish(queue) && !memcmp(to, "23456789:", 9));
	EXPECT(!tern_clReleaseCommandQueue(queue));
	EXPECT(!tern_clReleaseKernel(kernel));
	EXPECT(tern_clCreateKernel(program, "missing", &error) == NULL &&
	       error == CL_INVALID_KERNEL_NAME);
	EXPECT(!tern_clReleaseProgram(program));
}

/* With a device that has none of the kernels beside it. */
static void some_devices(void)
{
	cl_program program;
	cl_int error = 1;
	cl_build_status status = 1;
	REQUIRE(!make(both, 2, (cl_device_id[]){mock_cpu, custom}, "copy", &program));
	EXPECT(!tern_clGetProgramBuildInfo(program, mock_cpu, CL_PROGRAM_BUILD_STATUS,
					   sizeof(status), &status, NULL) &&
	       status == CL_BUILD_NONE);
	cl_kernel kernel = tern_clCreateKernel(program, "copy", &error);
	REQUIRE(kernel && !error);
	cl_command_queue queue = mock_queue(both, mock_cpu);
	for (cl_uint i = 0; i < 2; i++)
		EXPECT(!tern_clSetKernelArgSVMPointer(kernel, i, &error));
	EXPECT(!tern_clSetKernelArg(kernel, 2, sizeof(cl_uint), &(cl_uint){1}));
	EXPECT(tern_clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &(size_t){1}, NULL, 0, NULL,
					   NULL) == CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(!tern_clReleaseCommandQueue(queue));
	EXPECT(!tern_clReleaseKernel(kernel));
	EXPECT(tern_clLinkProgram(both, 0, NULL, NULL, 1, &program, NULL, NULL, &error) == NULL &&
	       error == CL_INVALID_OPERATION);
	EXPECT(!tern_clReleaseProgram(program));
}

static cl_program of_source(cl_context context)
{
	const char *source = "kernel void k(global int *p) { p[0] = 1; }";
	cl_int error = 1;
	cl_program program = tern_clCreateProgramWithSource(context, 1, &source, NULL, &error);
	REQUIRE(program && !error);
	return program;
}

static void no_compiler(void)
{
	static const unsigned char junk[4] = {3, 2, 35, 7};
	const unsigned char *binary = junk;
	cl_int error = 1, status = 1;
	cl_program program = of_source(alone);
	EXPECT(tern_clBuildProgram(program, 0, NULL, NULL, NULL, NULL) ==
	       CL_COMPILER_NOT_AVAILABLE);
	EXPECT(tern_clCompileProgram(program, 1, &custom, NULL, 0, NULL, NULL, NULL, NULL) ==
	       CL_COMPILER_NOT_AVAILABLE);
	EXPECT(!tern_clLinkProgram(alone, 0, NULL, NULL, 1, &program, NULL, NULL, &error) &&
	       error == CL_LINKER_NOT_AVAILABLE);
	EXPECT(!tern_clReleaseProgram(program));
	EXPECT(!tern_clCreateProgramWithBinary(alone, 1, &custom, &(size_t){4}, &binary, &status,
					       &error) &&
	       error == CL_INVALID_BINARY && status == CL_INVALID_BINARY);
	EXPECT(!tern_clCreateProgramWithIL(alone, junk, sizeof(junk), &error) &&
	       error == CL_INVALID_OPERATION);
	/* Beside a device with a compiler: named, it has none; else it is left out. */
	program = of_source(both);
	EXPECT(tern_clBuildProgram(program, 1, &custom, NULL, NULL, NULL) ==
	       CL_COMPILER_NOT_AVAILABLE);
	EXPECT(!tern_clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	cl_build_status built = 1;
	EXPECT(!tern_clGetProgramBuildInfo(program, custom, CL_PROGRAM_BUILD_STATUS, sizeof(built),
					   &built, NULL) &&
	       built == CL_BUILD_NONE);
	EXPECT(!tern_clReleaseProgram(program));
}

int main(void)
{
	begin();
	names_are_checked();
	queries();
	kernels_run();
	some_devices();
	no_compiler();
	EXPECT(!tern_clReleaseContext(alone));
	EXPECT(!tern_clReleaseContext(both));
	return test_result();
}
