/* SPDX-License-Identifier: MIT */
/* Programs for tests that call the entry points directly. Needs the compile server. */
#ifndef TERN_ICD_TESTS_PROGRAM_FIXTURE_H
#define TERN_ICD_TESTS_PROGRAM_FIXTURE_H

#include "icd/tests/fixture.h"

static inline cl_program make_program(const char *source)
{
	cl_int error = CL_INVALID_VALUE;
	cl_program p = tern_clCreateProgramWithSource(context, 1, &source, NULL, &error);
	REQUIRE(p && !error);
	return p;
}

static inline void print_log(cl_program program)
{
	char log[4096] = "";
	(void)!tern_clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof(log), log,
					  NULL);
	fprintf(stderr, "build log: %s\n", log);
}

static inline cl_program build_program(const char *source, const char *options)
{
	cl_program p = make_program(source);
	cl_int error = tern_clBuildProgram(p, 0, NULL, options, NULL, NULL);
	if (error)
		print_log(p);
	REQUIRE(!error);
	return p;
}

static inline cl_program compile_program(const char *source)
{
	cl_program p = make_program(source);
	cl_int error = tern_clCompileProgram(p, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL);
	if (error)
		print_log(p);
	REQUIRE(!error);
	return p;
}

static inline cl_kernel make_kernel(cl_program program, const char *name)
{
	cl_int error = CL_INVALID_VALUE;
	cl_kernel k = tern_clCreateKernel(program, name, &error);
	REQUIRE(k && !error);
	return k;
}

static inline cl_build_status build_status(cl_program program)
{
	cl_build_status status = 12345;
	REQUIRE(!tern_clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_STATUS,
					    sizeof(status), &status, NULL));
	return status;
}

static inline cl_program_binary_type binary_type(cl_program program)
{
	cl_program_binary_type type = 12345;
	REQUIRE(!tern_clGetProgramBuildInfo(program, device, CL_PROGRAM_BINARY_TYPE, sizeof(type),
					    &type, NULL));
	return type;
}

/* The binary of the first device; the caller frees it. */
static inline unsigned char *get_binary(cl_program program, size_t *size)
{
	REQUIRE(!tern_clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(*size), size,
				       NULL));
	unsigned char *binary = malloc(*size + 1);
	REQUIRE(binary && *size);
	REQUIRE(!tern_clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(binary), &binary,
				       NULL));
	return binary;
}

static inline cl_program program_of_binary(const unsigned char *binary, size_t size)
{
	cl_int error = CL_INVALID_VALUE, status = CL_INVALID_VALUE;
	cl_program p = tern_clCreateProgramWithBinary(context, 1, &device, &size, &binary, &status,
						      &error);
	REQUIRE(p && !error && !status);
	return p;
}

/* Exits as skipped where there is no compile server. */
static inline void require_compiler(void)
{
	cl_program p = make_program("kernel void k(void) {}");
	cl_int error = tern_clBuildProgram(p, 0, NULL, NULL, NULL, NULL);
	EXPECT(!tern_clReleaseProgram(p));
	if (error != CL_COMPILER_NOT_AVAILABLE)
		return;
	fprintf(stderr, "no compile server\n");
	exit(TEST_SKIP);
}

#endif
