/* SPDX-License-Identifier: MIT */
/* Section 5.8: creating, building and querying programs. */
#include "icd/tests/program_fixture.h"
#include "runtime/base/thread.h"

static const char source[] =
	"kernel void first(global int *p, int v) { p[get_global_id(0)] = v; }\n"
	"kernel void second(global int *p) { p[0] = 2; }\n";
static const char broken[] = "kernel void k(global int *p) { p[0] = undeclared_name; }\n";

static cl_int create_error(cl_context c, cl_uint count, const char **strings, const size_t *lengths)
{
	cl_int error = 1;
	cl_program p = tern_clCreateProgramWithSource(c, count, strings, lengths, &error);
	EXPECT(!p == !!error);
	if (p)
		EXPECT(!tern_clReleaseProgram(p));
	return error;
}

static void create(void)
{
	const char *strings[] = {"a", NULL};
	EXPECT(create_error(NULL, 1, strings, NULL) == CL_INVALID_CONTEXT);
	EXPECT(create_error(context, 0, strings, NULL) == CL_INVALID_VALUE);
	EXPECT(create_error(context, 1, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(create_error(context, 2, strings, NULL) == CL_INVALID_VALUE);
	EXPECT(create_error(context, 1, strings, NULL) == CL_SUCCESS);

	cl_int error = 1;
	EXPECT(!tern_clCreateProgramWithIL(NULL, "x", 1, &error) && error == CL_INVALID_CONTEXT);
	EXPECT(!tern_clCreateProgramWithBuiltInKernels(context, 1, &device, "none", &error));
	EXPECT(error == CL_INVALID_VALUE);
	EXPECT(!tern_clCreateProgramWithBuiltInKernels(context, 0, &device, "none", &error));
	EXPECT(error == CL_INVALID_VALUE);
	cl_device_id no_device = NULL;
	EXPECT(!tern_clCreateProgramWithBuiltInKernels(context, 1, &no_device, "none", &error));
	EXPECT(error == CL_INVALID_DEVICE);
}

/* Strings with and without lengths, and with NULs in them. */
static void joined_source(void)
{
	const char *strings[] = {"one ", "two\0 three", "four five", ""};
	const size_t lengths[] = {0, 10, 4, 0};
	const char *expected = "one two threefour";
	cl_int error = 1;
	cl_program p = tern_clCreateProgramWithSource(context, 4, strings, lengths, &error);
	REQUIRE(p && !error);
	char text[64];
	size_t size = 0;
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_SOURCE, sizeof(text), text, &size));
	EXPECT(size == strlen(expected) + 1 && !strcmp(text, expected));
	EXPECT(tern_clGetProgramInfo(p, CL_PROGRAM_SOURCE, size - 1, text, NULL) ==
	       CL_INVALID_VALUE);
	EXPECT(!tern_clReleaseProgram(p));
}

static cl_uint program_uint(cl_program p, cl_program_info name)
{
	cl_uint value = 12345;
	size_t size = 0;
	EXPECT(!tern_clGetProgramInfo(p, name, sizeof(value), &value, &size));
	EXPECT(size == sizeof(value));
	return value;
}

static void info_before_build(void)
{
	cl_program p = make_program(source);
	EXPECT(program_uint(p, CL_PROGRAM_REFERENCE_COUNT) == 1);
	EXPECT(!tern_clRetainProgram(p) && program_uint(p, CL_PROGRAM_REFERENCE_COUNT) == 2);
	EXPECT(!tern_clReleaseProgram(p) && program_uint(p, CL_PROGRAM_REFERENCE_COUNT) == 1);
	EXPECT(program_uint(p, CL_PROGRAM_NUM_DEVICES) == 1);
	cl_device_id devices[2];
	size_t size = 0;
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_DEVICES, sizeof(devices), devices, &size));
	EXPECT(size == sizeof(cl_device_id) && devices[0] == device);
	cl_context owner = NULL;
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_CONTEXT, sizeof(owner), &owner, NULL));
	EXPECT(owner == context);
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_IL, 0, NULL, &size) && size == 0);
	size_t binary = 1, count;
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_BINARY_SIZES, sizeof(binary), &binary, NULL));
	EXPECT(binary == 0);
	EXPECT(tern_clGetProgramInfo(p, CL_PROGRAM_NUM_KERNELS, sizeof(count), &count, NULL) ==
	       CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(tern_clGetProgramInfo(p, CL_PROGRAM_KERNEL_NAMES, 0, NULL, &size) ==
	       CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(tern_clGetProgramInfo(p, 0, 0, NULL, &size) == CL_INVALID_VALUE);
	EXPECT(tern_clGetProgramInfo(NULL, CL_PROGRAM_SOURCE, 0, NULL, &size) ==
	       CL_INVALID_PROGRAM);
	EXPECT(build_status(p) == CL_BUILD_NONE);
	EXPECT(binary_type(p) == CL_PROGRAM_BINARY_TYPE_NONE);
	char text[8] = "x";
	EXPECT(!tern_clGetProgramBuildInfo(p, device, CL_PROGRAM_BUILD_LOG, 8, text, &size));
	EXPECT(size == 1 && !text[0]);
	EXPECT(tern_clGetProgramBuildInfo(p, NULL, CL_PROGRAM_BUILD_LOG, 8, text, &size) ==
	       CL_INVALID_DEVICE);
	cl_int error = 1;
	EXPECT(!tern_clCreateKernel(p, "first", &error));
	EXPECT(error == CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(tern_clSetProgramReleaseCallback(p, NULL, NULL) == CL_INVALID_OPERATION);
	EXPECT(!tern_clReleaseProgram(p));
}

static void info_after_build(void)
{
	cl_program p = build_program(source, "-DX=1  -w");
	EXPECT(build_status(p) == CL_BUILD_SUCCESS);
	EXPECT(binary_type(p) == CL_PROGRAM_BINARY_TYPE_EXECUTABLE);
	char text[64];
	size_t size = 0, count = 0;
	EXPECT(!tern_clGetProgramBuildInfo(p, device, CL_PROGRAM_BUILD_OPTIONS, sizeof(text), text,
					   &size));
	EXPECT(!strcmp(text, "-DX=1  -w") && size == strlen(text) + 1);
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_NUM_KERNELS, sizeof(count), &count, NULL));
	EXPECT(count == 2);
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_KERNEL_NAMES, sizeof(text), text, &size));
	EXPECT(!strcmp(text, "first;second") && size == strlen(text) + 1);
	cl_bool present = CL_TRUE;
	EXPECT(!tern_clGetProgramInfo(p, CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT, sizeof(present),
				      &present, NULL));
	EXPECT(!present);
	size_t variables = 1;
	EXPECT(!tern_clGetProgramBuildInfo(p, device, CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE,
					   sizeof(variables), &variables, NULL));
	EXPECT(variables == 0);
	EXPECT(!tern_clReleaseProgram(p));
}

static void build_errors(void)
{
	cl_program p = make_program(source);
	cl_device_id no_device = NULL;
	int data;
	EXPECT(tern_clBuildProgram(NULL, 0, NULL, NULL, NULL, NULL) == CL_INVALID_PROGRAM);
	EXPECT(tern_clBuildProgram(p, 1, NULL, NULL, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clBuildProgram(p, 0, &device, NULL, NULL, NULL) == CL_INVALID_VALUE);
	EXPECT(tern_clBuildProgram(p, 0, NULL, NULL, NULL, &data) == CL_INVALID_VALUE);
	EXPECT(tern_clBuildProgram(p, 1, &no_device, NULL, NULL, NULL) == CL_INVALID_DEVICE);
	EXPECT(tern_clBuildProgram(p, 0, NULL, "-cl-nonsense", NULL, NULL) ==
	       CL_INVALID_BUILD_OPTIONS);
	EXPECT(tern_clCompileProgram(p, 0, NULL, "-cl-nonsense", 0, NULL, NULL, NULL, NULL) ==
	       CL_INVALID_COMPILER_OPTIONS);
	EXPECT(build_status(p) == CL_BUILD_NONE);
	EXPECT(!tern_clReleaseProgram(p));

	p = make_program(broken);
	EXPECT(tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL) == CL_BUILD_PROGRAM_FAILURE);
	EXPECT(build_status(p) == CL_BUILD_ERROR);
	char log[4096] = "";
	EXPECT(!tern_clGetProgramBuildInfo(p, device, CL_PROGRAM_BUILD_LOG, sizeof(log), log,
					   NULL));
	EXPECT(strstr(log, "undeclared_name"));
	EXPECT(tern_clCompileProgram(p, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL) ==
	       CL_COMPILE_PROGRAM_FAILURE);
	EXPECT(!tern_clReleaseProgram(p));
}

static void rebuild(void)
{
	cl_program p = build_program(source, NULL);
	cl_kernel k = make_kernel(p, "first");
	EXPECT(tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL) == CL_INVALID_OPERATION);
	EXPECT(tern_clCompileProgram(p, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL) ==
	       CL_INVALID_OPERATION);
	EXPECT(!tern_clReleaseKernel(k));
	EXPECT(!tern_clBuildProgram(p, 1, &device, "-DX", NULL, NULL));
	/* A failed operation leaves no executable behind. */
	EXPECT(!tern_clCompileProgram(p, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
	EXPECT(binary_type(p) == CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT);
	cl_int error = 1;
	EXPECT(!tern_clCreateKernel(p, "first", &error));
	EXPECT(error == CL_INVALID_PROGRAM_EXECUTABLE);
	EXPECT(!tern_clReleaseProgram(p));
}

struct notified {
	_Atomic int calls;
	cl_program program;
	cl_build_status status;
};

static void CL_CALLBACK on_build(cl_program program, void *data)
{
	struct notified *n = data;
	n->program = program;
	n->status = build_status(program);
	/* The program can be used here. */
	cl_uint count = 0;
	EXPECT((tern_clCreateKernelsInProgram(program, 0, NULL, &count) == CL_SUCCESS) ==
	       (n->status == CL_BUILD_SUCCESS));
	n->calls++;
}

static void await(struct notified *n)
{
	for (int i = 0; i < 6000 && !n->calls; i++)
		tern_sleep_ms(10);
	REQUIRE(n->calls == 1);
}

static void asynchronous(void)
{
	struct notified good = {0}, bad = {0}, linked = {0};
	cl_program p = make_program(source), q = make_program(broken);
	EXPECT(!tern_clBuildProgram(p, 0, NULL, NULL, on_build, &good));
	EXPECT(!tern_clBuildProgram(q, 0, NULL, NULL, on_build, &bad));
	EXPECT(tern_clBuildProgram(p, 0, NULL, "-bad", on_build, &good) ==
	       CL_INVALID_BUILD_OPTIONS);
	await(&good);
	await(&bad);
	EXPECT(good.program == p && good.status == CL_BUILD_SUCCESS);
	EXPECT(bad.program == q && bad.status == CL_BUILD_ERROR);
	EXPECT(!tern_clReleaseProgram(p));
	EXPECT(!tern_clReleaseProgram(q));

	p = compile_program(source);
	cl_int error = 1;
	q = tern_clLinkProgram(context, 0, NULL, NULL, 1, &p, on_build, &linked, &error);
	EXPECT(q && !error);
	await(&linked);
	EXPECT(linked.program == q && linked.status == CL_BUILD_SUCCESS);
	EXPECT(!tern_clReleaseProgram(p));
	EXPECT(!tern_clReleaseProgram(q));
}

/* The program may be released while its build goes on. */
static void released_while_building(void)
{
	struct notified n = {0};
	cl_program p = make_program(source);
	EXPECT(!tern_clBuildProgram(p, 0, NULL, "-DRELEASED", on_build, &n));
	cl_int error = tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL);
	EXPECT(error == CL_INVALID_OPERATION || n.calls); /* one at a time */
	EXPECT(!tern_clReleaseProgram(p));
	await(&n);
}

/* Builds a program of each of @count allocations failing in turn; in the end there is success. */
static void failing_allocations(void)
{
	cl_int error = CL_OUT_OF_HOST_MEMORY;
	for (uint64_t n = 1; error && n < 10000; n++) {
		const char *text = source;
		tern_fault_arm(n, false);
		cl_program p = tern_clCreateProgramWithSource(context, 1, &text, NULL, &error);
		if (p) {
			error = tern_clBuildProgram(p, 0, NULL, "-DFAULT", NULL, NULL);
			cl_kernel k = error ? NULL : tern_clCreateKernel(p, "first", &error);
			cl_kernel clone = k ? tern_clCloneKernel(k, &error) : NULL;
			if (clone)
				tern_clReleaseKernel(clone);
			if (k)
				tern_clReleaseKernel(k);
			if (!error && tern_fault_count() >= n)
				error = CL_OUT_OF_HOST_MEMORY; /* it was overcome: go on */
			tern_clReleaseProgram(p);
		}
		tern_fault_arm(0, false);
	}
	EXPECT(!error);
}

int main(void)
{
	fixture_begin();
	create();
	joined_source();
	info_before_build();
	require_compiler();
	info_after_build();
	build_errors();
	rebuild();
	asynchronous();
	released_while_building();
	failing_allocations();
	fixture_end();
	return test_result();
}
