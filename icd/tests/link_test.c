/* SPDX-License-Identifier: MIT */
/* Section 5.8.5: compiling with headers, linking, libraries; program binaries. */
#include "icd/tests/program_fixture.h"

static const char caller[] = "int helper(int);\n"
			     "kernel void k(global int *p) { p[get_global_id(0)] = helper(3); }\n";
static const char helper[] = "int helper(int x) { return x + 39; }\n";

static int run(cl_program program)
{
	int value = 0;
	size_t one = 1;
	cl_kernel k = make_kernel(program, "k");
	cl_mem b = make_buffer(CL_MEM_READ_WRITE, sizeof(int), NULL);
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(b), &b));
	EXPECT(!tern_clEnqueueNDRangeKernel(queue, k, 1, NULL, &one, NULL, 0, NULL, NULL));
	EXPECT(!tern_clEnqueueReadBuffer(queue, b, CL_TRUE, 0, sizeof(int), &value, 0, NULL, NULL));
	EXPECT(!tern_clReleaseMemObject(b));
	EXPECT(!tern_clReleaseKernel(k));
	return value;
}

static cl_program link_programs(const char *options, cl_uint count, const cl_program *inputs)
{
	cl_int error = 1;
	cl_program p =
		tern_clLinkProgram(context, 0, NULL, options, count, inputs, NULL, NULL, &error);
	if (error && p)
		print_log(p);
	REQUIRE(p && !error);
	return p;
}

static void objects_and_libraries(void)
{
	cl_program inputs[2] = {compile_program(caller), compile_program(helper)};
	EXPECT(binary_type(inputs[0]) == CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT);
	cl_program p = link_programs(NULL, 2, inputs);
	EXPECT(binary_type(p) == CL_PROGRAM_BINARY_TYPE_EXECUTABLE);
	EXPECT(run(p) == 42);
	EXPECT(tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL) == CL_INVALID_OPERATION);
	EXPECT(!tern_clReleaseProgram(p));

	cl_program library = link_programs("-create-library", 1, &inputs[1]);
	EXPECT(binary_type(library) == CL_PROGRAM_BINARY_TYPE_LIBRARY);
	size_t size;
	unsigned char *binary = get_binary(library, &size);
	cl_program reloaded = program_of_binary(binary, size);
	free(binary);
	EXPECT(binary_type(reloaded) == CL_PROGRAM_BINARY_TYPE_LIBRARY);
	EXPECT(tern_clBuildProgram(reloaded, 0, NULL, NULL, NULL, NULL) == CL_INVALID_BINARY);
	cl_program with_library[2] = {inputs[0], reloaded};
	p = link_programs("", 2, with_library);
	EXPECT(run(p) == 42);
	EXPECT(!tern_clReleaseProgram(p));
	EXPECT(!tern_clReleaseProgram(reloaded));
	EXPECT(!tern_clReleaseProgram(library));
	EXPECT(!tern_clReleaseProgram(inputs[0]));
	EXPECT(!tern_clReleaseProgram(inputs[1]));
}

static cl_int link_error(cl_uint devices, const cl_device_id *list, const char *options,
			 cl_uint count, const cl_program *inputs)
{
	cl_int error = 1;
	cl_program p = tern_clLinkProgram(context, devices, list, options, count, inputs, NULL,
					  NULL, &error);
	EXPECT(!p == !(error == CL_SUCCESS || error == CL_LINK_PROGRAM_FAILURE));
	if (p) {
		EXPECT(build_status(p) == (error ? CL_BUILD_ERROR : CL_BUILD_SUCCESS));
		EXPECT(!tern_clReleaseProgram(p));
	}
	return error;
}

static void link_errors(void)
{
	cl_program object = compile_program(caller), plain = make_program(helper);
	cl_program both[2] = {object, plain}, none = NULL;
	cl_device_id no_device = NULL;
	EXPECT(link_error(1, NULL, NULL, 1, &object) == CL_INVALID_VALUE);
	EXPECT(link_error(0, &device, NULL, 1, &object) == CL_INVALID_VALUE);
	EXPECT(link_error(0, NULL, NULL, 0, &object) == CL_INVALID_VALUE);
	EXPECT(link_error(0, NULL, NULL, 0, NULL) == CL_INVALID_VALUE);
	EXPECT(link_error(0, NULL, NULL, 1, &none) == CL_INVALID_PROGRAM);
	EXPECT(link_error(1, &no_device, NULL, 1, &object) == CL_INVALID_DEVICE);
	EXPECT(link_error(0, NULL, "-cl-mad-enable", 1, &object) == CL_INVALID_LINKER_OPTIONS);
	EXPECT(link_error(0, NULL, NULL, 1, &plain) == CL_INVALID_OPERATION);
	EXPECT(link_error(0, NULL, NULL, 2, both) == CL_INVALID_OPERATION);
	EXPECT(link_error(0, NULL, NULL, 1, &object) == CL_LINK_PROGRAM_FAILURE);
	EXPECT(link_error(1, &device, "-create-library", 1, &object) == CL_SUCCESS);
	cl_int error = 1;
	EXPECT(!tern_clLinkProgram(other_context, 0, NULL, NULL, 1, &object, NULL, NULL, &error));
	EXPECT(error == CL_INVALID_CONTEXT);
	EXPECT(!tern_clReleaseProgram(plain));
	EXPECT(!tern_clReleaseProgram(object));
}

static void headers(void)
{
	cl_program p = make_program("#include <a/b.h>\n#include \"c.h\"\n"
				    "kernel void k(global int *p) { p[0] = FROM_B + FROM_C; }\n");
	cl_program b = make_program("#define FROM_B 40\n"), c = make_program("#define FROM_C 2\n"),
		   wrong = make_program("#define FROM_B 7\n");
	cl_program list[] = {b, c, wrong};
	const char *names[] = {"a/b.h", "c.h", "a/b.h"}, *no_name[] = {NULL};
	EXPECT(tern_clCompileProgram(p, 0, NULL, NULL, 2, list, NULL, NULL, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(tern_clCompileProgram(p, 0, NULL, NULL, 0, list, names, NULL, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(tern_clCompileProgram(p, 0, NULL, NULL, 1, list, no_name, NULL, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(tern_clCompileProgram(p, 0, NULL, NULL, 1, list, names, NULL, NULL) ==
	       CL_COMPILE_PROGRAM_FAILURE);
	cl_int error = tern_clCompileProgram(p, 0, NULL, NULL, 3, list, names, NULL, NULL);
	if (error)
		print_log(p);
	EXPECT(!error);
	cl_program linked = link_programs(NULL, 1, &p);
	EXPECT(run(linked) == 42);
	EXPECT(!tern_clReleaseProgram(linked));
	for (int i = 0; i < 3; i++)
		EXPECT(!tern_clReleaseProgram(list[i]));
	EXPECT(!tern_clReleaseProgram(p));
}

static cl_int binary_error(const unsigned char *binary, size_t size, cl_int *status)
{
	cl_int error = 1;
	*status = 1;
	cl_program p =
		tern_clCreateProgramWithBinary(context, 1, &device, &size, &binary, status, &error);
	EXPECT(!p == !!error);
	if (p)
		EXPECT(!tern_clReleaseProgram(p));
	return error;
}

static void damaged_binaries(unsigned char *binary, size_t size)
{
	cl_int status;
	EXPECT(binary_error(NULL, size, &status) == CL_INVALID_VALUE);
	EXPECT(status == CL_INVALID_VALUE);
	EXPECT(binary_error(binary, 0, &status) == CL_INVALID_VALUE);
	EXPECT(status == CL_INVALID_VALUE);
	EXPECT(binary_error(binary, size - 1, &status) == CL_INVALID_BINARY);
	EXPECT(binary_error((const unsigned char *)"junk", 4, &status) == CL_INVALID_BINARY);
	for (size_t i = 0; i < size; i += 1 + size / 200) {
		binary[i] ^= 0x10;
		EXPECT(binary_error(binary, size, &status) == CL_INVALID_BINARY);
		EXPECT(status == CL_INVALID_BINARY);
		binary[i] ^= 0x10;
	}
}

static void binaries(void)
{
	cl_program p = build_program("kernel void k(global int *p) { p[0] = 42; }\n", NULL);
	size_t size;
	unsigned char *binary = get_binary(p, &size);
	EXPECT(!tern_clReleaseProgram(p));
	p = program_of_binary(binary, size);
	EXPECT(build_status(p) == CL_BUILD_NONE);
	cl_int error = 1;
	EXPECT(!tern_clCreateKernel(p, "k", &error));
	EXPECT(error == CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(tern_clCompileProgram(p, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL) ==
	       CL_INVALID_OPERATION);
	EXPECT(!tern_clBuildProgram(p, 1, &device, NULL, NULL, NULL));
	EXPECT(run(p) == 42);
	EXPECT(!tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL)); /* and again */
	EXPECT(run(p) == 42);
	size_t again;
	unsigned char *copy = get_binary(p, &again);
	EXPECT(again == size && !memcmp(copy, binary, size));
	free(copy);
	EXPECT(!tern_clReleaseProgram(p));

	EXPECT(!tern_clCreateProgramWithBinary(context, 0, &device, &size,
					       (const unsigned char **)&binary, NULL, &error));
	EXPECT(error == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateProgramWithBinary(context, 1, &device, NULL,
					       (const unsigned char **)&binary, NULL, &error));
	EXPECT(error == CL_INVALID_VALUE);
	damaged_binaries(binary, size);
	free(binary);
}

int main(void)
{
	fixture_begin();
	require_compiler();
	objects_and_libraries();
	link_errors();
	headers();
	binaries();
	fixture_end();
	return test_result();
}
