/* SPDX-License-Identifier: MIT */
/* Section 5.9: creating kernels, their arguments, queries. */
#include "icd/tests/program_fixture.h"

static const char source[] =
	"typedef struct { int a; char b; } pair;\n"
	"kernel void mixed(global const float4 *restrict p, constant int *c, local float *l,\n"
	"                  int v, pair s, double3 w) {}\n"
	"kernel __attribute__((reqd_work_group_size(4, 2, 1))) void sized(global int *p) {\n"
	"  local int t[32]; t[get_local_id(0)] = 1; barrier(CLK_LOCAL_MEM_FENCE); p[0] = t[1]; }\n"
	"kernel void nothing(void) {}\n";

struct pair {
	int a;
	char b;
};

static void create(cl_program program)
{
	cl_int error = 1;
	EXPECT(!tern_clCreateKernel(NULL, "mixed", &error) && error == CL_INVALID_PROGRAM);
	EXPECT(!tern_clCreateKernel(program, NULL, &error) && error == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateKernel(program, "mix", &error) && error == CL_INVALID_KERNEL_NAME);

	cl_uint count = 0;
	EXPECT(!tern_clCreateKernelsInProgram(program, 0, NULL, &count) && count == 3);
	cl_kernel kernels[4] = {0};
	EXPECT(tern_clCreateKernelsInProgram(program, 2, kernels, &count) == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateKernelsInProgram(program, 4, kernels, NULL));
	EXPECT(kernels[0] && kernels[1] && kernels[2] && !kernels[3]);
	for (int i = 0; i < 3; i++)
		EXPECT(!tern_clReleaseKernel(kernels[i]));
	EXPECT(tern_clCreateKernelsInProgram(NULL, 0, NULL, &count) == CL_INVALID_PROGRAM);
	EXPECT(tern_clRetainKernel(NULL) == CL_INVALID_KERNEL);
	EXPECT(tern_clReleaseKernel(NULL) == CL_INVALID_KERNEL);
}

static void arguments(cl_program program)
{
	cl_kernel k = make_kernel(program, "mixed");
	cl_mem b = make_buffer(CL_MEM_READ_WRITE, 64, NULL), none = NULL;
	cl_int error = 1;
	cl_mem foreign = tern_clCreateBuffer(other_context, CL_MEM_READ_WRITE, 64, NULL, &error);
	REQUIRE(foreign && !error);
	int v = 1;
	struct pair s = {1, 2};
	double w[4] = {0};
	EXPECT(tern_clSetKernelArg(NULL, 0, sizeof(b), &b) == CL_INVALID_KERNEL);
	EXPECT(tern_clSetKernelArg(k, 6, sizeof(b), &b) == CL_INVALID_ARG_INDEX);
	EXPECT(tern_clSetKernelArg(k, 0, 2 * sizeof(b), &b) == CL_INVALID_ARG_SIZE);
	EXPECT(tern_clSetKernelArg(k, 0, sizeof(b) / 2, &b) == CL_INVALID_ARG_SIZE);
	cl_mem not_memory = (cl_mem)queue;
	EXPECT(tern_clSetKernelArg(k, 0, sizeof(b), &not_memory) == CL_INVALID_MEM_OBJECT);
	EXPECT(tern_clSetKernelArg(k, 0, sizeof(foreign), &foreign) == CL_INVALID_CONTEXT);
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(b), &b));
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(b), &none));
	EXPECT(!tern_clSetKernelArg(k, 0, sizeof(b), NULL));
	EXPECT(!tern_clSetKernelArg(k, 1, sizeof(b), &b));
	EXPECT(tern_clSetKernelArg(k, 2, 0, NULL) == CL_INVALID_ARG_SIZE);
	EXPECT(tern_clSetKernelArg(k, 2, 16, &v) == CL_INVALID_ARG_VALUE);
	EXPECT(tern_clSetKernelArg(k, 2, SIZE_MAX, NULL) == CL_INVALID_ARG_SIZE);
	EXPECT(!tern_clSetKernelArg(k, 2, 16, NULL));
	EXPECT(tern_clSetKernelArg(k, 3, 8, w) == CL_INVALID_ARG_SIZE);
	EXPECT(tern_clSetKernelArg(k, 3, 4, NULL) == CL_INVALID_ARG_VALUE);
	EXPECT(!tern_clSetKernelArg(k, 3, sizeof(v), &v));
	EXPECT(tern_clSetKernelArg(k, 4, sizeof(s) - 1, &s) == CL_INVALID_ARG_SIZE);
	EXPECT(!tern_clSetKernelArg(k, 4, sizeof(s), &s));
	EXPECT(tern_clSetKernelArg(k, 5, 24, w) == CL_INVALID_ARG_SIZE);
	EXPECT(!tern_clSetKernelArg(k, 5, 32, w));
	EXPECT(!tern_clReleaseMemObject(foreign));
	EXPECT(!tern_clReleaseMemObject(b));
	EXPECT(!tern_clReleaseKernel(k));
}

static void svm_arguments(cl_program program)
{
	cl_kernel k = make_kernel(program, "mixed");
	int on_stack;
	void *list[2] = {&on_stack, list};
	cl_bool yes = CL_TRUE;
	EXPECT(tern_clSetKernelArgSVMPointer(NULL, 0, &on_stack) == CL_INVALID_KERNEL);
	EXPECT(tern_clSetKernelArgSVMPointer(k, 6, &on_stack) == CL_INVALID_ARG_INDEX);
	EXPECT(tern_clSetKernelArgSVMPointer(k, 2, &on_stack) == CL_INVALID_ARG_VALUE);
	EXPECT(tern_clSetKernelArgSVMPointer(k, 3, &on_stack) == CL_INVALID_ARG_VALUE);
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 0, &on_stack));
	EXPECT(!tern_clSetKernelArgSVMPointer(k, 1, NULL));
	cl_kernel_exec_info pointers = CL_KERNEL_EXEC_INFO_SVM_PTRS,
			    system = CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM;
	EXPECT(tern_clSetKernelExecInfo(NULL, pointers, sizeof(list), list) == CL_INVALID_KERNEL);
	EXPECT(!tern_clSetKernelExecInfo(k, pointers, sizeof(list), list));
	EXPECT(!tern_clSetKernelExecInfo(k, pointers, 0, NULL));
	EXPECT(tern_clSetKernelExecInfo(k, pointers, 8, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clSetKernelExecInfo(k, pointers, 7, list) == CL_INVALID_VALUE);
	EXPECT(!tern_clSetKernelExecInfo(k, system, sizeof(yes), &yes));
	EXPECT(tern_clSetKernelExecInfo(k, system, 1, &yes) == CL_INVALID_VALUE);
	EXPECT(tern_clSetKernelExecInfo(k, system, sizeof(yes), NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clSetKernelExecInfo(k, 0, sizeof(yes), &yes) == CL_INVALID_VALUE);
	EXPECT(!tern_clReleaseKernel(k));
}

static cl_uint kernel_uint(cl_kernel k, cl_kernel_info name)
{
	cl_uint value = 12345;
	EXPECT(!tern_clGetKernelInfo(k, name, sizeof(value), &value, NULL));
	return value;
}

static void kernel_info(cl_program program)
{
	cl_kernel k = make_kernel(program, "sized");
	char text[128] = "";
	size_t size = 0;
	EXPECT(!tern_clGetKernelInfo(k, CL_KERNEL_FUNCTION_NAME, sizeof(text), text, &size));
	EXPECT(!strcmp(text, "sized") && size == 6);
	EXPECT(kernel_uint(k, CL_KERNEL_NUM_ARGS) == 1);
	EXPECT(kernel_uint(k, CL_KERNEL_REFERENCE_COUNT) == 1);
	EXPECT(!tern_clRetainKernel(k) && kernel_uint(k, CL_KERNEL_REFERENCE_COUNT) == 2);
	EXPECT(!tern_clReleaseKernel(k));
	cl_program p = NULL;
	EXPECT(!tern_clGetKernelInfo(k, CL_KERNEL_PROGRAM, sizeof(p), &p, NULL) && p == program);
	cl_context c = NULL;
	EXPECT(!tern_clGetKernelInfo(k, CL_KERNEL_CONTEXT, sizeof(c), &c, NULL) && c == context);
	EXPECT(!tern_clGetKernelInfo(k, CL_KERNEL_ATTRIBUTES, sizeof(text), text, &size));
	EXPECT(strstr(text, "reqd_work_group_size"));
	EXPECT(tern_clGetKernelInfo(k, 0, 0, NULL, &size) == CL_INVALID_VALUE);
	EXPECT(tern_clGetKernelInfo(NULL, CL_KERNEL_NUM_ARGS, 0, NULL, &size) == CL_INVALID_KERNEL);
	EXPECT(!tern_clReleaseKernel(k));
}

static void work_group_info(cl_program program)
{
	cl_kernel k = make_kernel(program, "sized");
	size_t sizes[3] = {0}, size = 0, most = 0, multiple = 0;
	cl_ulong local = 0, private = 12345;
	EXPECT(!tern_clGetKernelWorkGroupInfo(k, device, CL_KERNEL_COMPILE_WORK_GROUP_SIZE,
					      sizeof(sizes), sizes, &size));
	EXPECT(sizes[0] == 4 && sizes[1] == 2 && sizes[2] == 1 && size == sizeof(sizes));
	EXPECT(!tern_clGetKernelWorkGroupInfo(k, NULL, CL_KERNEL_WORK_GROUP_SIZE, sizeof(most),
					      &most, NULL));
	EXPECT(most >= 8);
	EXPECT(!tern_clGetKernelWorkGroupInfo(k, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof(local),
					      &local, NULL));
	EXPECT(local >= 32 * sizeof(int));
	EXPECT(!tern_clGetKernelWorkGroupInfo(k, device,
					      CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE,
					      sizeof(multiple), &multiple, NULL));
	EXPECT(multiple >= 1);
	EXPECT(!tern_clGetKernelWorkGroupInfo(k, device, CL_KERNEL_PRIVATE_MEM_SIZE,
					      sizeof(private), &private, NULL));
	EXPECT(private != 12345);
	EXPECT(tern_clGetKernelWorkGroupInfo(k, device, CL_KERNEL_GLOBAL_WORK_SIZE, sizeof(sizes),
					     sizes, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clGetKernelWorkGroupInfo(k, (cl_device_id)queue, CL_KERNEL_WORK_GROUP_SIZE, 0,
					     NULL, &size) == CL_INVALID_DEVICE);
	EXPECT(tern_clGetKernelSubGroupInfo(k, device, CL_KERNEL_MAX_NUM_SUB_GROUPS, 0, NULL, 0,
					    NULL, &size) == CL_SUCCESS);
	EXPECT(!tern_clReleaseKernel(k));

	k = make_kernel(program, "mixed");
	EXPECT(!tern_clSetKernelArg(k, 2, 1000, NULL));
	EXPECT(!tern_clGetKernelWorkGroupInfo(k, device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof(local),
					      &local, NULL));
	EXPECT(local >= 1000 && local < 2000);
	EXPECT(!tern_clReleaseKernel(k));
}

static void expect_arg_text(cl_kernel k, cl_uint i, cl_kernel_arg_info name, const char *expected)
{
	char text[64] = "";
	size_t size = 0;
	EXPECT(!tern_clGetKernelArgInfo(k, i, name, sizeof(text), text, &size));
	if (strcmp(text, expected) != 0)
		fprintf(stderr, "argument %u: \"%s\", not \"%s\"\n", i, text, expected);
	EXPECT(!strcmp(text, expected) && size == strlen(expected) + 1);
}

static void arg_info(void)
{
	cl_program program = build_program(source, "-cl-kernel-arg-info");
	cl_kernel k = make_kernel(program, "mixed");
	static const struct {
		const char *name, *type;
		cl_kernel_arg_address_qualifier address;
		cl_kernel_arg_type_qualifier qualifiers;
	} expected[] = {
		{"p", "float4*", CL_KERNEL_ARG_ADDRESS_GLOBAL,
		 CL_KERNEL_ARG_TYPE_CONST | CL_KERNEL_ARG_TYPE_RESTRICT},
		{"c", "int*", CL_KERNEL_ARG_ADDRESS_CONSTANT, CL_KERNEL_ARG_TYPE_CONST},
		{"l", "float*", CL_KERNEL_ARG_ADDRESS_LOCAL, 0},
		{"v", "int", CL_KERNEL_ARG_ADDRESS_PRIVATE, 0},
		{"s", "pair", CL_KERNEL_ARG_ADDRESS_PRIVATE, 0},
		{"w", "double3", CL_KERNEL_ARG_ADDRESS_PRIVATE, 0},
	};
	for (cl_uint i = 0; i < tern_array_size(expected); i++) {
		cl_kernel_arg_address_qualifier address = 0;
		cl_kernel_arg_access_qualifier access = 0;
		cl_kernel_arg_type_qualifier qualifiers = 12345;
		expect_arg_text(k, i, CL_KERNEL_ARG_NAME, expected[i].name);
		expect_arg_text(k, i, CL_KERNEL_ARG_TYPE_NAME, expected[i].type);
		EXPECT(!tern_clGetKernelArgInfo(k, i, CL_KERNEL_ARG_ADDRESS_QUALIFIER,
						sizeof(address), &address, NULL));
		EXPECT(address == expected[i].address);
		EXPECT(!tern_clGetKernelArgInfo(k, i, CL_KERNEL_ARG_ACCESS_QUALIFIER,
						sizeof(access), &access, NULL));
		EXPECT(access == CL_KERNEL_ARG_ACCESS_NONE);
		EXPECT(!tern_clGetKernelArgInfo(k, i, CL_KERNEL_ARG_TYPE_QUALIFIER,
						sizeof(qualifiers), &qualifiers, NULL));
		EXPECT(qualifiers == expected[i].qualifiers);
	}
	size_t size;
	EXPECT(tern_clGetKernelArgInfo(k, 6, CL_KERNEL_ARG_NAME, 0, NULL, &size) ==
	       CL_INVALID_ARG_INDEX);
	EXPECT(tern_clGetKernelArgInfo(k, 0, 0, 0, NULL, &size) == CL_INVALID_VALUE);
	EXPECT(tern_clGetKernelArgInfo(NULL, 0, CL_KERNEL_ARG_NAME, 0, NULL, &size) ==
	       CL_INVALID_KERNEL);
	EXPECT(!tern_clReleaseKernel(k));
	EXPECT(!tern_clReleaseProgram(program));
}

static void no_arg_info(cl_program program)
{
	cl_kernel k = make_kernel(program, "mixed");
	size_t size;
	EXPECT(tern_clGetKernelArgInfo(k, 0, CL_KERNEL_ARG_NAME, 0, NULL, &size) ==
	       CL_KERNEL_ARG_INFO_NOT_AVAILABLE);
	EXPECT(!tern_clReleaseKernel(k));
}

int main(void)
{
	fixture_begin();
	require_any_pointer();
	require_compiler();
	cl_program program = build_program(source, NULL);
	create(program);
	arguments(program);
	svm_arguments(program);
	kernel_info(program);
	work_group_info(program);
	no_arg_info(program);
	arg_info();
	EXPECT(!tern_clReleaseProgram(program));
	fixture_end();
	return test_result();
}
