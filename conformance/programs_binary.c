/* SPDX-License-Identifier: MIT */
/* Chapter 5.8, 5.9: program binaries, kernel arguments, cloned kernels. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

struct binary {
	unsigned char *bytes;
	size_t size;
};

static struct binary binary_of(cl_program program)
{
	struct binary binary = {NULL, 0};

	OK(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof binary.size, &binary.size,
			    NULL));
	REQUIRE(binary.size > 0);
	binary.bytes = malloc(binary.size);
	REQUIRE(binary.bytes != NULL);
	OK(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary.bytes, &binary.bytes,
			    NULL));
	return binary;
}

static cl_program load(const struct binary *binary, cl_int *error, cl_int *status)
{
	cl_device_id device = conf_device();
	const unsigned char *bytes = binary->bytes;
	cl_program program = clCreateProgramWithBinary(conf_context(), 1, &device, &binary->size,
						       &bytes, status, error);

	return program ? conf_keep_program(program) : NULL;
}

static const char *const source =
	"constant int table[4] = {1, 2, 3, 4};\n"
	"kernel void k(global int *o) { o[0] = table[o[0] & 3] * 0 + 77; }\n";

static void binary_round_trip(void)
{
	struct binary binary = binary_of(conf_program(source, NULL));
	cl_int error, status = 99;
	cl_program program = load(&binary, &error, &status);

	OK(error);
	CHECK_EQ(CL_SUCCESS, status);
	OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	CHECK_EQ(77, conf_run_for_word(program, "k"));
	size_t size = 0;

	/* No source; the binary can be taken again. */
	OK(clGetProgramInfo(program, CL_PROGRAM_SOURCE, 0, NULL, &size));
	CHECK(size <= 1);
	struct binary again = binary_of(program);

	CHECK(again.size > 0);
	free(again.bytes);
	free(binary.bytes);
}

/* NULL among the pointers: that device's binary is not wanted. */
static void binary_not_wanted(void)
{
	cl_program program = conf_program(source, NULL);
	unsigned char *none = NULL;

	OK(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof none, &none, NULL));
	CHECK(none == NULL);
}

static void binary_of_compiled_object(void)
{
	const char *text = "int value(void) { return 55; }\n";
	const char *user_text =
		"int value(void);\nkernel void k(global int *o) { o[0] = value(); }\n";
	cl_int error, status;
	cl_program part = clCreateProgramWithSource(conf_context(), 1, &text, NULL, &error);

	OK(error);
	conf_keep_program(part);
	cl_program user = clCreateProgramWithSource(conf_context(), 1, &user_text, NULL, &error);

	OK(error);
	conf_keep_program(user);
	OK(clCompileProgram(part, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
	OK(clCompileProgram(user, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
	struct binary binary = binary_of(part);
	cl_program both[2] = {load(&binary, &error, &status), user};

	OK(error);
	cl_program linked =
		clLinkProgram(conf_context(), 0, NULL, NULL, 2, both, NULL, NULL, &error);

	OK(error);
	conf_keep_program(linked);
	CHECK_EQ(55, conf_run_for_word(linked, "k"));
	free(binary.bytes);
}

/* A damaged binary is refused when it is loaded or when it is built; at worst it works unchanged.
 * It never crashes the program. */
static void check_damaged(const struct binary *binary, const char *what, size_t where)
{
	cl_int error = CL_SUCCESS, status = CL_SUCCESS;
	cl_program program = load(binary, &error, &status);

	if (!program) {
		CHECKF(error == CL_INVALID_BINARY || error == CL_INVALID_VALUE,
		       "%s at %zu: error %d", what, where, error);
		return;
	}
	error = clBuildProgram(program, 0, NULL, NULL, NULL, NULL);
	CHECKF(error == CL_SUCCESS || error == CL_INVALID_BINARY ||
		       error == CL_BUILD_PROGRAM_FAILURE ||
		       error == CL_INVALID_PROGRAM_EXECUTABLE || error == CL_INVALID_OPERATION,
	       "%s at %zu: build error %d", what, where, error);
}

static void binary_truncated(void)
{
	struct binary binary = binary_of(conf_program(source, NULL));

	for (size_t i = 1; i <= 24; i++) {
		struct binary part = {binary.bytes, binary.size * i / 25 + 1};

		if (part.size < binary.size)
			check_damaged(&part, "cut", part.size);
	}
	for (size_t size = 1; size < 40 && size < binary.size; size++) {
		struct binary part = {binary.bytes, size};

		check_damaged(&part, "cut", size);
	}
	free(binary.bytes);
}

static void binary_bits_flipped(void)
{
	struct binary binary = binary_of(conf_program(source, NULL));
	uint32_t state = 99;

	for (int i = 0; i < 200; i++) {
		size_t at = i < 64 ? (size_t)i % binary.size : conf_random(&state) % binary.size;
		unsigned char bit = (unsigned char)(1u << (conf_random(&state) & 7));

		binary.bytes[at] ^= bit;
		check_damaged(&binary, "bit flipped", at);
		binary.bytes[at] ^= bit;
	}
	cl_int error, status;
	cl_program program = load(&binary, &error, &status);

	OK(error);
	OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
	CHECK_EQ(77, conf_run_for_word(program, "k"));
	free(binary.bytes);
}

static void binary_noise(void)
{
	unsigned char bytes[5000];
	uint32_t state = 3;

	for (size_t size = 1; size <= sizeof bytes; size = size * 2 + 1) {
		struct binary binary = {bytes, size};
		cl_int error = CL_SUCCESS, status = CL_SUCCESS;

		for (size_t i = 0; i < size; i++)
			bytes[i] = (unsigned char)conf_random(&state);
		cl_program program = load(&binary, &error, &status);

		CHECKF(!program && error == CL_INVALID_BINARY, "%zu bytes of noise: error %d", size,
		       error);
		CHECK_EQ(CL_INVALID_BINARY, status);
	}
}

static const char *const args_source =
	"typedef struct { int a; float b; } pair;\n"
	"kernel void args(global const volatile int *restrict first, constant float *second,\n"
	"                 local uint4 *third, unsigned int fourth, const float8 fifth, pair "
	"sixth,\n"
	"                 global pair *seventh) { third[0].x = fourth; }\n";

static void check_arg(cl_kernel kernel, cl_uint index, cl_uint address, cl_ulong qualifier,
		      const char *type, const char *name)
{
	cl_kernel_arg_address_qualifier got_address = 0;
	cl_kernel_arg_access_qualifier access = 0;
	cl_kernel_arg_type_qualifier got_qualifier = 99;
	char got_type[64] = "", got_name[64] = "";

	OK(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof got_address,
			      &got_address, NULL));
	OK(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_ACCESS_QUALIFIER, sizeof access, &access,
			      NULL));
	OK(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_QUALIFIER, sizeof got_qualifier,
			      &got_qualifier, NULL));
	OK(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_TYPE_NAME, sizeof got_type, got_type,
			      NULL));
	OK(clGetKernelArgInfo(kernel, index, CL_KERNEL_ARG_NAME, sizeof got_name, got_name, NULL));
	CHECKF(got_address == address, "argument %u: address qualifier 0x%x", index, got_address);
	CHECK_EQ(CL_KERNEL_ARG_ACCESS_NONE, access);
	CHECKF(got_qualifier == qualifier, "argument %u: type qualifier 0x%llx", index,
	       (unsigned long long)got_qualifier);
	CHECKF(!strcmp(got_type, type), "argument %u: type \"%s\", expected \"%s\"", index,
	       got_type, type);
	CHECKF(!strcmp(got_name, name), "argument %u: name \"%s\", expected \"%s\"", index,
	       got_name, name);
}

static void argument_info(void)
{
	cl_kernel kernel = conf_kernel_of(conf_program(args_source, "-cl-kernel-arg-info"), "args");
	const cl_uint global = CL_KERNEL_ARG_ADDRESS_GLOBAL,
		      private = CL_KERNEL_ARG_ADDRESS_PRIVATE;

	check_arg(kernel, 0, global,
		  CL_KERNEL_ARG_TYPE_CONST | CL_KERNEL_ARG_TYPE_VOLATILE |
			  CL_KERNEL_ARG_TYPE_RESTRICT,
		  "int*", "first");
	check_arg(kernel, 1, CL_KERNEL_ARG_ADDRESS_CONSTANT, CL_KERNEL_ARG_TYPE_CONST, "float*",
		  "second");
	check_arg(kernel, 2, CL_KERNEL_ARG_ADDRESS_LOCAL, 0, "uint4*", "third");
	check_arg(kernel, 3, private, 0, "uint", "fourth");
	check_arg(kernel, 4, private, 0, "float8", "fifth");
	check_arg(kernel, 5, private, 0, "pair", "sixth");
	check_arg(kernel, 6, global, 0, "pair*", "seventh");
}

static void argument_types(void)
{
	static const char *const text =
		"typedef struct { int a; float b; } pair;\n"
		"kernel void types(global int *o, char c, short s, int i, long l, uchar4 c4, int3 "
		"i3,\n"
		"                float f, float16 f16, pair p) {\n"
		"  o[0] = c; o[1] = s; o[2] = i; o[3] = (int)(l >> 32); o[4] = c4.w; o[5] = i3.z;\n"
		"  o[6] = (int)f; o[7] = (int)f16.sf; o[8] = p.a; o[9] = (int)p.b; }\n";
	static const cl_int expected[10] = {-3, -300, 123456, 7, 200, 33, 42, 15, 5, 6};
	cl_kernel kernel = conf_kernel(text, "types");
	cl_mem mem = conf_buffer(0, sizeof expected, NULL);
	cl_char c = -3;
	cl_short s = -300;
	cl_int i = 123456, back[10];
	cl_long l = 7ll << 32;
	cl_uchar4 c4 = {{1, 2, 3, 200}};
	cl_int3 i3 = {{11, 22, 33}};
	cl_float f = 42.5f;
	cl_float16 f16;
	struct {
		cl_int a;
		cl_float b;
	} pair = {5, 6.5f};

	for (int k = 0; k < 16; k++)
		f16.s[k] = (float)k;
	ARG(kernel, 0, mem);
	ARG(kernel, 1, c);
	ARG(kernel, 2, s);
	ARG(kernel, 3, i);
	ARG(kernel, 4, l);
	ARG(kernel, 5, c4);
	ARG(kernel, 6, i3);
	ARG(kernel, 7, f);
	ARG(kernel, 8, f16);
	ARG(kernel, 9, pair);
	conf_run(kernel, 1, 1);
	conf_read(mem, back, sizeof back);
	for (int k = 0; k < 10; k++)
		CHECKF(back[k] == expected[k], "value %d is %d, expected %d", k, back[k],
		       expected[k]);
}

static void null_buffer_argument(void)
{
	cl_kernel kernel =
		conf_kernel("kernel void k(global int *a, global int *o) { o[0] = a == 0; }", "k");
	cl_mem mem = conf_buffer(0, 4, NULL), none = NULL;
	cl_int value = 0;

	ARG(kernel, 0, none);
	ARG(kernel, 1, mem);
	conf_run(kernel, 1, 1);
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(1, value);
}

/* Two kernels of the same function have their own arguments; a clone starts with its original's. */
static void kernels_are_separate(void)
{
	cl_program program =
		conf_program("kernel void put(global int *o, int v) { o[0] = v; }", NULL);
	cl_kernel first = conf_kernel_of(program, "put"), second = conf_kernel_of(program, "put");
	cl_mem a = conf_buffer(0, 4, NULL), b = conf_buffer(0, 4, NULL);
	cl_int one = 1, two = 2, value = 0, error;

	ARG(first, 0, a);
	ARG(second, 0, b);
	ARG(first, 1, one);
	ARG(second, 1, two);
	conf_run(first, 1, 1);
	conf_run(second, 1, 1);
	conf_read(a, &value, sizeof value);
	CHECK_EQ(1, value);
	conf_read(b, &value, sizeof value);
	CHECK_EQ(2, value);
	cl_kernel clone = clCloneKernel(first, &error);

	OK(error);
	conf_keep_kernel(clone);
	ARG(first, 0, b);
	ARG(clone, 1, two);
	conf_run(clone, 1, 1);
	conf_read(a, &value, sizeof value);
	CHECK_EQ(2, value);
	conf_run(first, 1, 1);
	conf_read(b, &value, sizeof value);
	CHECK_EQ(1, value);
}

static void constant_arguments(void)
{
	static cl_int table[1024];
	cl_kernel kernel =
		conf_kernel("constant int bias[3] = {100, 200, 300};\n"
			    "kernel void look(constant int *t, global int *o) {\n"
			    "  size_t i = get_global_id(0); o[i] = t[1023 - i] + bias[i % 3]; }\n",
			    "look");
	static cl_int back[1024];

	for (int i = 0; i < 1024; i++)
		table[i] = i * i;
	cl_mem in = conf_buffer(CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, sizeof table, table);
	cl_mem out = conf_buffer(CL_MEM_WRITE_ONLY, sizeof back, NULL);

	ARG(kernel, 0, in);
	ARG(kernel, 1, out);
	conf_run(kernel, 1024, 0);
	conf_read(out, back, sizeof back);
	for (int i = 0; i < 1024; i++)
		CHECK_EQ(table[1023 - i] + 100 * (i % 3 + 1), back[i]);
}

static void attributes(void)
{
	cl_kernel kernel = conf_kernel("kernel __attribute__((reqd_work_group_size(4, 2, 1))) void "
				       "k(global int *o) { o[0] = 1; }",
				       "k");
	char text[256] = "";

	OK(clGetKernelInfo(kernel, CL_KERNEL_ATTRIBUTES, sizeof text, text, NULL));
	CHECKF(strstr(text, "reqd_work_group_size(4") != NULL, "attributes: \"%s\"", text);
}

CONF_CASES(programs_binary) = {
	CASE(binary_round_trip),
	CASE(binary_not_wanted),
	CASE(binary_of_compiled_object),
	CASE(binary_truncated),
	CASE(binary_bits_flipped),
	CASE(binary_noise),
	CASE(argument_info),
	CASE(argument_types),
	CASE(null_buffer_argument),
	CASE(kernels_are_separate),
	CASE(constant_arguments),
	CASE(attributes),
	CASE_END,
};
