/* SPDX-License-Identifier: MIT */
/* Chapter 5.8: building, compiling, linking. */
#include "conformance/harness.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cl_program from_source(const char *text)
{
	cl_int error;
	cl_program program = clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

	OK(error);
	return conf_keep_program(program);
}

static cl_build_status build_status(cl_program program)
{
	cl_build_status status = 99;

	OK(clGetProgramBuildInfo(program, conf_device(), CL_PROGRAM_BUILD_STATUS, sizeof status,
				 &status, NULL));
	return status;
}

static cl_program_binary_type binary_type(cl_program program)
{
	cl_program_binary_type type = 99;

	OK(clGetProgramBuildInfo(program, conf_device(), CL_PROGRAM_BINARY_TYPE, sizeof type, &type,
				 NULL));
	return type;
}

/* Strings with lengths, without, with NUL in between: put together as they are. */
static void source_strings(void)
{
	const char *parts[4] = {"kernel void k(global int *o) {XXXX", " o[0] = 4", "2; ", "}YYY"};
	const size_t lengths[4] = {30, 0, 3, 1};
	cl_int error;
	char text[256];
	size_t size = 0;
	cl_program program = clCreateProgramWithSource(conf_context(), 4, parts, lengths, &error);

	OK(error);
	conf_keep_program(program);
	OK(clGetProgramInfo(program, CL_PROGRAM_SOURCE, sizeof text, text, &size));
	CHECK(!strcmp(text, "kernel void k(global int *o) { o[0] = 42; }"));
	CHECK_EQ(strlen(text) + 1, size);
	OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	CHECK_EQ(42, conf_run_for_word(program, "k"));
}

static void status_and_type(void)
{
	cl_program program = from_source("kernel void k(global int *o) { o[0] = 1; }");

	CHECK_EQ(CL_BUILD_NONE, build_status(program));
	CHECK_EQ(CL_PROGRAM_BINARY_TYPE_NONE, binary_type(program));
	OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	CHECK_EQ(CL_BUILD_SUCCESS, build_status(program));
	CHECK_EQ(CL_PROGRAM_BINARY_TYPE_EXECUTABLE, binary_type(program));
	program = from_source("kernel void k(global int *o) { o[0] = nothing; }");
	CHECK_CL(CL_BUILD_PROGRAM_FAILURE, clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	CHECK_EQ(CL_BUILD_ERROR, build_status(program));
	CHECK_EQ(CL_PROGRAM_BINARY_TYPE_NONE, binary_type(program));
	program = from_source("int f(int x) { return x; }");
	OK(clCompileProgram(program, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
	CHECK_EQ(CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT, binary_type(program));
}

/* The log names the line of the source and what was wrong there. */
static void log_has_lines(void)
{
	cl_program program = from_source("kernel void k(global int *o)\n{\n\n\n\n"
					 "  o[0] = undeclared_thing;\n}\n");

	CHECK_CL(CL_BUILD_PROGRAM_FAILURE, clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	char *log = conf_build_log(program);

	CHECKF(strstr(log, "undeclared_thing"), "log: %s", log);
	CHECKF(strstr(log, "6:") != NULL, "no line 6 in the log: %s", log);
	free(log);
}

static void warnings(void)
{
	const char *const text =
		"kernel void k(global int *o) {\n#warning watch_this\no[0] = 3; }\n";
	cl_program program = from_source(text);

	OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	char *log = conf_build_log(program);

	CHECKF(strstr(log, "watch_this"), "the warning is not in the log: \"%s\"", log);
	free(log);
	CHECK_EQ(3, conf_run_for_word(program, "k"));
	program = from_source(text);
	CHECK_CL(CL_BUILD_PROGRAM_FAILURE, clBuildProgram(program, 0, NULL, "-Werror", NULL, NULL));
	program = from_source(text);
	OK(clBuildProgram(program, 0, NULL, "-w", NULL, NULL));
	log = conf_build_log(program);
	CHECKF(!strstr(log, "watch_this"), "-w leaves the warning: %s", log);
	free(log);
}

static void option_define(void)
{
	static const char *const text =
		"#ifndef FLAG\n#error no FLAG\n#endif\n"
		"kernel void k(global int *o) { o[0] = VALUE + FLAG + sizeof(STRING); }\n";
	cl_program program =
		conf_program(text, "-D VALUE=100 -DFLAG -DSTRING=char4  -DUNUSED=(1+2)");

	CHECK_EQ(105, conf_run_for_word(program, "k"));
	/* Building again without the options fails, and again with them works. */
	cl_program again = from_source(text);

	CHECK_CL(CL_BUILD_PROGRAM_FAILURE, clBuildProgram(again, 0, NULL, NULL, NULL, NULL));
	OK(clBuildProgram(again, 0, NULL, "-DVALUE=1 -DFLAG=2 -DSTRING=int", NULL, NULL));
	CHECK_EQ(7, conf_run_for_word(again, "k"));
}

/* Every option of the specification is accepted. */
static void options_accepted(void)
{
	static const char *const options[] = {
		"",
		"   ",
		"-cl-single-precision-constant",
		"-cl-denorms-are-zero",
		"-cl-opt-disable",
		"-cl-mad-enable",
		"-cl-no-signed-zeros",
		"-cl-unsafe-math-optimizations",
		"-cl-finite-math-only",
		"-cl-fast-relaxed-math",
		"-cl-strict-aliasing",
		"-cl-uniform-work-group-size",
		"-cl-no-subgroup-ifp",
		"-cl-std=CL1.1",
		"-cl-std=CL1.2",
		"-cl-std=CL3.0",
		"-cl-kernel-arg-info",
		"-w",
		"-Werror",
		"-I /tmp -I.",
		"-DA=1 -U B",
		"-g",
	};
	const char *const text = "kernel void k(global int *o) { o[0] = 5; }";

	for (size_t i = 0; i < LENGTH(options); i++) {
		cl_program program = from_source(text);
		cl_int error = clBuildProgram(program, 0, NULL, options[i], NULL, NULL);

		/* -U and -g are not in the specification; the others are. */
		if (strstr(options[i], "-U") || !strcmp(options[i], "-g"))
			CHECKF(error == CL_SUCCESS || error == CL_INVALID_BUILD_OPTIONS,
			       "\"%s\": %d", options[i], error);
		else
			CHECKF(error == CL_SUCCESS, "\"%s\": error %d", options[i], error);
	}
}

static void option_cl_fp32_divide(void)
{
	cl_program program = from_source("kernel void k(global float *o) { o[0] = o[1] / o[2]; }");
	bool correct =
		conf_device_ulong(CL_DEVICE_SINGLE_FP_CONFIG) & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT;

	CHECK_CL2(correct ? CL_SUCCESS : CL_INVALID_BUILD_OPTIONS, CL_SUCCESS,
		  clBuildProgram(program, 0, NULL, "-cl-fp32-correctly-rounded-divide-sqrt", NULL,
				 NULL));
	if (!correct)
		return;
	cl_kernel kernel = conf_kernel_of(program, "k");
	uint32_t state = 5;

	for (int i = 0; i < 100; i++) {
		cl_float values[3] = {0, (float)conf_random(&state),
				      (float)conf_random(&state) + 1};
		cl_mem mem = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof values, values);

		ARG(kernel, 0, mem);
		conf_run(kernel, 1, 1);
		conf_read(mem, values, sizeof values);
		CHECK(values[0] == values[1] / values[2]);
	}
}

/* The language version decides what is known. */
static void language_versions(void)
{
	static const struct {
		const char *option;
		cl_int version;
	} rows[] = {{NULL, 120},
		    {"-cl-std=CL1.1", 110},
		    {"-cl-std=CL1.2", 120},
		    {"-cl-std=CL3.0", 300}};

	for (size_t i = 0; i < LENGTH(rows); i++) {
		cl_program program = conf_program("kernel void k(global int *o) {\n"
						  "  o[0] = __OPENCL_C_VERSION__; }",
						  rows[i].option);
		cl_int version = conf_run_for_word(program, "k");

		/* Without an option: the highest 1.x that the device has. */
		CHECKF(version == rows[i].version, "%s: __OPENCL_C_VERSION__ is %d",
		       rows[i].option ? rows[i].option : "none", version);
	}
}

/* Building again replaces what was there. */
static void build_twice(void)
{
	cl_program program = from_source("kernel void k(global int *o) { o[0] = N; }");

	for (int i = 0; i < 3; i++) {
		char options[32];

		snprintf(options, sizeof options, "-DN=%d", i + 10);
		OK(clBuildProgram(program, 0, NULL, options, NULL, NULL));
		cl_int error;
		cl_kernel kernel = clCreateKernel(program, "k", &error);

		OK(error);
		cl_mem mem = conf_buffer(0, 4, NULL);
		cl_int value = 0;

		ARG(kernel, 0, mem);
		conf_run(kernel, 1, 1);
		conf_read(mem, &value, sizeof value);
		CHECK_EQ(i + 10, value);
		OK(clReleaseKernel(kernel));
	}
}

static void compile_with_headers(void)
{
	cl_program header1 = from_source("#define A 30\n#include \"sub/two.h\"\n");
	cl_program header2 = from_source("#define B 12\n");
	cl_program program = from_source("#include \"one.h\"\n"
					 "kernel void k(global int *o) { o[0] = A + B; }\n");
	const cl_program headers[2] = {header1, header2};
	const char *names[2] = {"one.h", "sub/two.h"};
	cl_int error;

	OK(clCompileProgram(program, 0, NULL, NULL, 2, headers, names, NULL, NULL));
	cl_program linked =
		clLinkProgram(conf_context(), 0, NULL, NULL, 1, &program, NULL, NULL, &error);

	OK(error);
	conf_keep_program(linked);
	CHECK_EQ(CL_PROGRAM_BINARY_TYPE_EXECUTABLE, binary_type(linked));
	CHECK_EQ(42, conf_run_for_word(linked, "k"));
	/* Without the headers it does not compile. */
	CHECK_CL(CL_COMPILE_PROGRAM_FAILURE,
		 clCompileProgram(program, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
}

static void link_several(void)
{
	cl_program parts[3] = {
		from_source("int twice(int x) { return 2 * x; }\n"),
		from_source("int twice(int x);\nint plus(int x) { return twice(x) + 1; }\n"),
		from_source(
			"int plus(int x);\nkernel void k(global int *o) { o[0] = plus(20); }\n"),
	};
	cl_int error;

	for (int i = 0; i < 3; i++)
		OK(clCompileProgram(parts[i], 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
	cl_program linked =
		clLinkProgram(conf_context(), 0, NULL, NULL, 3, parts, NULL, NULL, &error);

	OK(error);
	conf_keep_program(linked);
	CHECK_EQ(41, conf_run_for_word(linked, "k"));
	/* Something is missing: a link failure, with a log. */
	cl_program broken =
		clLinkProgram(conf_context(), 0, NULL, NULL, 1, &parts[2], NULL, NULL, &error);

	CHECK_EQ(CL_LINK_PROGRAM_FAILURE, error);
	if (broken) {
		conf_keep_program(broken);
		char *log = conf_build_log(broken);

		CHECKF(strstr(log, "plus"), "the log does not name what is missing: %s", log);
		free(log);
	}
}

static void libraries(void)
{
	cl_program part = from_source("int thrice(int x) { return 3 * x; }\n");
	cl_program user = from_source("int thrice(int x);\n"
				      "kernel void k(global int *o) { o[0] = thrice(14); }\n");
	cl_int error;

	OK(clCompileProgram(part, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
	OK(clCompileProgram(user, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
	cl_program library = clLinkProgram(conf_context(), 0, NULL, "-create-library", 1, &part,
					   NULL, NULL, &error);

	OK(error);
	conf_keep_program(library);
	CHECK_EQ(CL_PROGRAM_BINARY_TYPE_LIBRARY, binary_type(library));
	cl_program both[2] = {user, library};
	cl_program linked =
		clLinkProgram(conf_context(), 0, NULL, NULL, 2, both, NULL, NULL, &error);

	OK(error);
	conf_keep_program(linked);
	CHECK_EQ(42, conf_run_for_word(linked, "k"));
	cl_program optional =
		clLinkProgram(conf_context(), 0, NULL, "-create-library -enable-link-options", 1,
			      &part, NULL, NULL, &error);

	OK(error);
	conf_keep_program(optional);
	CHECK_EQ(CL_PROGRAM_BINARY_TYPE_LIBRARY, binary_type(optional));
}

struct built {
	atomic_int calls;
	cl_program program;
};

static void CL_CALLBACK built_call(cl_program program, void *data)
{
	struct built *built = data;

	built->program = program;
	atomic_fetch_add(&built->calls, 1);
}

static void asynchronous_build(void)
{
	static struct built good, bad;
	cl_program program = from_source("kernel void k(global int *o) { o[0] = 6; }");
	cl_program broken = from_source("kernel void k(");

	OK(clBuildProgram(program, 0, NULL, NULL, built_call, &good));
	CHECK(conf_wait_word(&good.calls, 1, 30));
	CHECK(good.program == program);
	CHECK_EQ(CL_BUILD_SUCCESS, build_status(program));
	CHECK_EQ(6, conf_run_for_word(program, "k"));
	/* A failing build may be reported by the call, too; the callback comes in both cases. */
	CHECK_CL2(CL_SUCCESS, CL_BUILD_PROGRAM_FAILURE,
		  clBuildProgram(broken, 0, NULL, NULL, built_call, &bad));
	CHECK(conf_wait_word(&bad.calls, 1, 30));
	CHECK(bad.program == broken);
	CHECK_EQ(CL_BUILD_ERROR, build_status(broken));
}

static void asynchronous_compile_and_link(void)
{
	static struct built compiled, linked;
	cl_program program = from_source("kernel void k(global int *o) { o[0] = 8; }");
	cl_int error;

	OK(clCompileProgram(program, 0, NULL, NULL, 0, NULL, NULL, built_call, &compiled));
	CHECK(conf_wait_word(&compiled.calls, 1, 30));
	CHECK(compiled.program == program);
	cl_program result = clLinkProgram(conf_context(), 0, NULL, NULL, 1, &program, built_call,
					  &linked, &error);

	OK(error);
	conf_keep_program(result);
	CHECK(conf_wait_word(&linked.calls, 1, 30));
	CHECK(linked.program == result);
	CHECK_EQ(8, conf_run_for_word(result, "k"));
}

static void names_of_kernels(void)
{
	enum { COUNT = 40 };
	static char source[COUNT * 80];
	cl_kernel kernels[COUNT];
	cl_uint count = 0;
	size_t number = 0;
	bool seen[COUNT] = {false};

	for (int i = 0; i < COUNT; i++)
		snprintf(source + strlen(source), 80,
			 "kernel void name_%d(global int *o) { o[0] = %d; }\n", i, i);
	cl_program program = conf_program(source, NULL);

	OK(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof number, &number, NULL));
	CHECK_EQ(COUNT, number);
	OK(clCreateKernelsInProgram(program, COUNT, kernels, &count));
	CHECK_EQ(COUNT, count);
	CHECK_CL(CL_INVALID_VALUE, clCreateKernelsInProgram(program, COUNT - 1, kernels, NULL));
	for (int i = 0; i < COUNT; i++) {
		char name[32];
		int index = -1;

		conf_keep_kernel(kernels[i]);
		OK(clGetKernelInfo(kernels[i], CL_KERNEL_FUNCTION_NAME, sizeof name, name, NULL));
		if (CHECK(sscanf(name, "name_%d", &index) == 1 && index >= 0 && index < COUNT))
			seen[index] = true;
	}
	for (int i = 0; i < COUNT; i++)
		CHECK(seen[i]);
	CHECK_EQ(17, conf_run_for_word(program, "name_17"));
}

static void no_kernels(void)
{
	cl_program program = conf_program("int unused(int x) { return x; }\n", NULL);
	size_t count = 99, size = 0;
	char names[16] = "x";

	OK(clGetProgramInfo(program, CL_PROGRAM_NUM_KERNELS, sizeof count, &count, NULL));
	CHECK_EQ(0, count);
	OK(clGetProgramInfo(program, CL_PROGRAM_KERNEL_NAMES, sizeof names, names, &size));
	CHECK(names[0] == '\0');
}

CONF_CASES(programs) = {
	CASE(source_strings),
	CASE(status_and_type),
	CASE(log_has_lines),
	CASE(warnings),
	CASE(option_define),
	CASE(options_accepted),
	CASE(option_cl_fp32_divide),
	CASE(language_versions),
	CASE(build_twice),
	CASE(compile_with_headers),
	CASE(link_several),
	CASE(libraries),
	CASE(asynchronous_build),
	CASE(asynchronous_compile_and_link),
	CASE(names_of_kernels),
	CASE(no_kernels),
	CASE_END,
};
