/* SPDX-License-Identifier: MIT */
/* Chapter 5.8: programs of an intermediate language, for devices that take SPIR-V 1.0. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

/*
 * SPIR-V as it would be written in assembly: a line for each instruction, I(op, operands...), whose
 * first word says how many words there are.
 */
#define I(op, ...)       ((uint32_t)(sizeof((uint32_t[]){op, __VA_ARGS__}) / 4) << 16 | (op)), __VA_ARGS__
#define ALONE(op)        (1u << 16 | (op))
#define TEXT(a, b, c, d) ((uint32_t)(a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)
#define VERSION(minor)   0x07230203, 0x00010000 | (minor) << 8, 0, IDS, 0
#define HEADER           VERSION(0)
#define COMMON_DEMANDS                                                                             \
	I(OP_CAPABILITY, ADDRESSES), I(OP_CAPABILITY, LINKAGE), I(OP_CAPABILITY, KERNEL),          \
		I(OP_MEMORY_MODEL, PHYSICAL64, OPENCL)
#define KERNEL_K   I(OP_ENTRY_POINT, KERNEL, MAIN, TEXT('k', 0, 0, 0))
#define WORD_TYPES I(OP_TYPE_VOID, VOID), I(OP_TYPE_INT, WORD, 32, 0)
#define KERNEL_TYPES                                                                               \
	I(OP_TYPE_POINTER, POINTER, GLOBAL, WORD), I(OP_TYPE_FUNCTION, KERNEL_TYPE, VOID, POINTER)
#define BEGIN_KERNEL                                                                               \
	I(OP_FUNCTION, VOID, MAIN, 0, KERNEL_TYPE), I(OP_PARAMETER, POINTER, OUT),                 \
		I(OP_LABEL, START)
#define END_KERNEL ALONE(OP_RETURN), ALONE(OP_FUNCTION_END)

enum {
	OP_EXTENSION = 10,
	OP_MEMORY_MODEL = 14,
	OP_ENTRY_POINT = 15,
	OP_CAPABILITY = 17,
	OP_TYPE_VOID = 19,
	OP_TYPE_BOOL = 20,
	OP_TYPE_INT = 21,
	OP_TYPE_VECTOR = 23,
	OP_TYPE_STRUCT = 30,
	OP_TYPE_POINTER = 32,
	OP_TYPE_FUNCTION = 33,
	OP_CONSTANT = 43,
	OP_SPEC_TRUE = 48,
	OP_SPEC = 50,
	OP_SPEC_OP = 52,
	OP_FUNCTION = 54,
	OP_PARAMETER = 55,
	OP_FUNCTION_END = 56,
	OP_CALL = 57,
	OP_VARIABLE = 59,
	OP_LOAD = 61,
	OP_STORE = 62,
	OP_PTR_ACCESS_CHAIN = 67,
	OP_DECORATE = 71,
	OP_CONSTRUCT = 80,
	OP_EXTRACT = 81,
	OP_U_CONVERT = 113,
	OP_INSERT = 82,
	OP_ADD = 128,
	OP_MULTIPLY = 132,
	OP_ADD_CARRY = 149,
	OP_SUB_BORROW = 150,
	OP_U_MUL_EXTENDED = 151,
	OP_S_MUL_EXTENDED = 152,
	OP_SELECT = 169,
	OP_LABEL = 248,
	OP_RETURN = 253,
	OP_RETURN_VALUE = 254,
	OP_PTR_EQUAL = 401,
	OP_PTR_NOT_EQUAL = 402,
	OP_PTR_DIFF = 403,
	OP_ROTATE = 4431,

	ADDRESSES = 4,
	LINKAGE = 5,
	KERNEL = 6,
	PHYSICAL64 = 2,
	OPENCL = 2,
	INT64 = 11,
	GROUP_NON_UNIFORM = 61,
	GROUP_NON_UNIFORM_ROTATE = 6026,
	INPUT = 1,
	GLOBAL = 5,
	FUNCTION = 7,
	SUB_GROUP = 3,
	SPEC_ID = 1,
	BUILT_IN = 11,
	CONSTANT = 22,
	GLOBAL_INVOCATION_ID = 28,
	LINKAGE_ATTRIBUTES = 41,
	EXPORT = 0,
	IMPORT = 1,
};

/* Results. */
enum {
	VOID = 1,
	WORD,
	BOOL,
	POINTER,
	KERNEL_TYPE,
	HELPER_TYPE,
	MAIN,
	OUT,
	START,
	BASE,
	FLAG,
	SUM,
	HUNDRED,
	ZERO,
	ADDEND,
	RESULT,
	HELPER,
	ARGUMENT,
	VECTOR,
	VARIABLE_TYPE,
	VARIABLE,
	FIRST,
	SECOND,
	THIRD,
	FOURTH,
	FIFTH,
	SIXTH,
	LONG,
	SCOPE,
	ITEM,
	PLACE,
	PAIR_TYPE,
	PAIR_OF_VECTORS,
	NUMBERS,
	PLACES = NUMBERS + 11,
	PARTS = PLACES + 11,
	IDS = PARTS + 11
};

/* kernel void k(global int *out) { *out = base + 1 + (flag ? 100 : 0); }, base 42, flag true. */
static const uint32_t constants_module[] = {
	HEADER,
	COMMON_DEMANDS,
	KERNEL_K,
	I(OP_DECORATE, BASE, SPEC_ID, 7),
	I(OP_DECORATE, FLAG, SPEC_ID, 70000),
	WORD_TYPES,
	I(OP_TYPE_BOOL, BOOL),
	KERNEL_TYPES,
	I(OP_CONSTANT, WORD, ZERO, 0),
	I(OP_CONSTANT, WORD, HUNDRED, 100),
	I(OP_CONSTANT, WORD, ARGUMENT, 1),
	I(OP_SPEC, WORD, BASE, 42),
	I(OP_SPEC_TRUE, BOOL, FLAG),
	I(OP_SPEC_OP, WORD, SUM, OP_ADD, BASE, ARGUMENT),
	BEGIN_KERNEL,
	I(OP_SELECT, WORD, ADDEND, FLAG, HUNDRED, ZERO),
	I(OP_ADD, WORD, RESULT, SUM, ADDEND),
	I(OP_STORE, OUT, RESULT),
	END_KERNEL,
};

/* kernel void k(global int *out) { *out = f(42); }: f is of another program. */
static const uint32_t caller_module[] = {
	HEADER,
	COMMON_DEMANDS,
	KERNEL_K,
	I(OP_DECORATE, HELPER, LINKAGE_ATTRIBUTES, TEXT('f', 0, 0, 0), IMPORT),
	WORD_TYPES,
	KERNEL_TYPES,
	I(OP_TYPE_FUNCTION, HELPER_TYPE, WORD, WORD),
	I(OP_CONSTANT, WORD, BASE, 42),
	I(OP_FUNCTION, WORD, HELPER, 0, HELPER_TYPE),
	I(OP_PARAMETER, WORD, ARGUMENT),
	ALONE(OP_FUNCTION_END),
	BEGIN_KERNEL,
	I(OP_CALL, WORD, RESULT, HELPER, BASE),
	I(OP_STORE, OUT, RESULT),
	END_KERNEL,
};

/* int f(int x) { return x * factor; }, factor 2: for other programs. */
static const uint32_t callee_module[] = {
	HEADER,
	COMMON_DEMANDS,
	I(OP_DECORATE, HELPER, LINKAGE_ATTRIBUTES, TEXT('f', 0, 0, 0), EXPORT),
	I(OP_DECORATE, BASE, SPEC_ID, 1),
	WORD_TYPES,
	I(OP_TYPE_FUNCTION, HELPER_TYPE, WORD, WORD),
	I(OP_SPEC, WORD, BASE, 2),
	I(OP_FUNCTION, WORD, HELPER, 0, HELPER_TYPE),
	I(OP_PARAMETER, WORD, ARGUMENT),
	I(OP_LABEL, START),
	I(OP_MULTIPLY, WORD, RESULT, ARGUMENT, BASE),
	I(OP_RETURN_VALUE, RESULT),
	ALONE(OP_FUNCTION_END),
};

/*
 * kernel void k(global int *out) { int v = 5; v += 100; int4 c = (int4)(v, 7, v, 7); *out = c.z +
 * c.y; } The variable is each work-item's own.
 */
static const uint32_t values_module[] = {
	HEADER,
	COMMON_DEMANDS,
	KERNEL_K,
	WORD_TYPES,
	I(OP_TYPE_VECTOR, VECTOR, WORD, 4),
	I(OP_TYPE_POINTER, VARIABLE_TYPE, FUNCTION, WORD),
	KERNEL_TYPES,
	I(OP_CONSTANT, WORD, BASE, 5),
	I(OP_CONSTANT, WORD, ADDEND, 7),
	I(OP_CONSTANT, WORD, HUNDRED, 100),
	BEGIN_KERNEL,
	I(OP_VARIABLE, VARIABLE_TYPE, VARIABLE, FUNCTION, BASE),
	I(OP_LOAD, WORD, FIRST, VARIABLE),
	I(OP_ADD, WORD, SECOND, FIRST, HUNDRED),
	I(OP_STORE, VARIABLE, SECOND),
	I(OP_LOAD, WORD, THIRD, VARIABLE),
	I(OP_CONSTRUCT, VECTOR, FOURTH, THIRD, ADDEND, THIRD, ADDEND),
	I(OP_EXTRACT, WORD, FIFTH, FOURTH, 2),
	I(OP_EXTRACT, WORD, SIXTH, FOURTH, 1),
	I(OP_ADD, WORD, RESULT, FIFTH, SIXTH),
	I(OP_STORE, OUT, RESULT),
	END_KERNEL,
};

/* SPIR-V 1.4: kernel void k(global int *out) { *out = out + 100 - out + (out == out + 100) +
 * (out != out + 100); } */
static const uint32_t pointers_module[] = {
	VERSION(4),
	COMMON_DEMANDS,
	KERNEL_K,
	WORD_TYPES,
	I(OP_TYPE_BOOL, BOOL),
	KERNEL_TYPES,
	I(OP_CONSTANT, WORD, ZERO, 0),
	I(OP_CONSTANT, WORD, ARGUMENT, 1),
	I(OP_CONSTANT, WORD, HUNDRED, 100),
	BEGIN_KERNEL,
	I(OP_PTR_ACCESS_CHAIN, POINTER, FIRST, OUT, HUNDRED),
	I(OP_PTR_DIFF, WORD, SECOND, FIRST, OUT),
	I(OP_PTR_EQUAL, BOOL, THIRD, OUT, FIRST),
	I(OP_PTR_NOT_EQUAL, BOOL, FOURTH, OUT, FIRST),
	I(OP_SELECT, WORD, FIFTH, THIRD, HUNDRED, ZERO),
	I(OP_SELECT, WORD, SIXTH, FOURTH, ARGUMENT, ZERO),
	I(OP_ADD, WORD, SUM, SECOND, FIFTH),
	I(OP_ADD, WORD, RESULT, SUM, SIXTH),
	I(OP_STORE, OUT, RESULT),
	END_KERNEL,
};

/*
 * SPIR-V 1.3: kernel void k(global int *out) { int i = get_global_id(0);
 * out[i] = sub_group_rotate(i, 1) * 100 + sub_group_clustered_rotate(i, 1, 4); }
 */
static const uint32_t rotation_module[] = {
	VERSION(3),
	I(OP_CAPABILITY, ADDRESSES),
	I(OP_CAPABILITY, LINKAGE),
	I(OP_CAPABILITY, KERNEL),
	I(OP_CAPABILITY, INT64),
	I(OP_CAPABILITY, GROUP_NON_UNIFORM),
	I(OP_CAPABILITY, GROUP_NON_UNIFORM_ROTATE),
	I(OP_EXTENSION, TEXT('S', 'P', 'V', '_'), TEXT('K', 'H', 'R', '_'),
	  TEXT('s', 'u', 'b', 'g'), TEXT('r', 'o', 'u', 'p'), TEXT('_', 'r', 'o', 't'),
	  TEXT('a', 't', 'e', 0)),
	I(OP_MEMORY_MODEL, PHYSICAL64, OPENCL),
	I(OP_ENTRY_POINT, KERNEL, MAIN, TEXT('k', 0, 0, 0), VARIABLE),
	I(OP_DECORATE, VARIABLE, BUILT_IN, GLOBAL_INVOCATION_ID),
	I(OP_DECORATE, VARIABLE, CONSTANT),
	WORD_TYPES,
	I(OP_TYPE_INT, LONG, 64, 0),
	I(OP_TYPE_VECTOR, VECTOR, LONG, 3),
	I(OP_TYPE_POINTER, VARIABLE_TYPE, INPUT, VECTOR),
	KERNEL_TYPES,
	I(OP_CONSTANT, WORD, SCOPE, SUB_GROUP),
	I(OP_CONSTANT, WORD, FIRST, 1),
	I(OP_CONSTANT, WORD, FOURTH, 4),
	I(OP_CONSTANT, WORD, HUNDRED, 100),
	I(OP_VARIABLE, VARIABLE_TYPE, VARIABLE, INPUT),
	BEGIN_KERNEL,
	I(OP_LOAD, VECTOR, SECOND, VARIABLE),
	I(OP_EXTRACT, LONG, THIRD, SECOND, 0),
	I(OP_U_CONVERT, WORD, ITEM, THIRD),
	I(OP_ROTATE, WORD, FIFTH, SCOPE, ITEM, FIRST),
	I(OP_ROTATE, WORD, SIXTH, SCOPE, ITEM, FIRST, FOURTH),
	I(OP_MULTIPLY, WORD, SUM, FIFTH, HUNDRED),
	I(OP_ADD, WORD, RESULT, SUM, SIXTH),
	I(OP_PTR_ACCESS_CHAIN, POINTER, PLACE, OUT, THIRD),
	I(OP_STORE, PLACE, RESULT),
	END_KERNEL,
};

/*
 * kernel void k(global uint *out) { a = out[0], b = out[1]; out[2], out[3] = carry of a + b;
 * out[4], out[5] = borrow of a - b; out[6], out[7] = (ulong)a * b; out[8], out[9] = (long)a * b;
 * out[10] = the carry of (uint2)(b, a) + (uint2)(b, b), the second; out[0] = b, put in the place of
 * the first
 * }
 */
#define PUT(index, value)                                                                          \
	I(OP_PTR_ACCESS_CHAIN, POINTER, PLACES + (index), OUT, NUMBERS + (index)),                 \
		I(OP_STORE, PLACES + (index), value)
#define PUT_BOTH(index, op, pair)                                                                  \
	I(op, PAIR_TYPE, pair, FIRST, SECOND), I(OP_EXTRACT, WORD, PARTS + (index), pair, 0),      \
		I(OP_EXTRACT, WORD, PARTS + (index) + 1, pair, 1), PUT(index, PARTS + (index)),    \
		PUT((index) + 1, PARTS + (index) + 1)
#define NUMBER(n) I(OP_CONSTANT, WORD, NUMBERS + (n), n)
static const uint32_t carry_module[] = {
	HEADER,
	COMMON_DEMANDS,
	KERNEL_K,
	WORD_TYPES,
	KERNEL_TYPES,
	I(OP_TYPE_STRUCT, PAIR_TYPE, WORD, WORD),
	I(OP_TYPE_VECTOR, VECTOR, WORD, 2),
	I(OP_TYPE_STRUCT, PAIR_OF_VECTORS, VECTOR, VECTOR),
	NUMBER(0),
	NUMBER(1),
	NUMBER(2),
	NUMBER(3),
	NUMBER(4),
	NUMBER(5),
	NUMBER(6),
	NUMBER(7),
	NUMBER(8),
	NUMBER(9),
	NUMBER(10),
	BEGIN_KERNEL,
	I(OP_PTR_ACCESS_CHAIN, POINTER, PLACES + 1, OUT, NUMBERS + 1),
	I(OP_LOAD, WORD, FIRST, OUT),
	I(OP_LOAD, WORD, SECOND, PLACES + 1),
	PUT_BOTH(2, OP_ADD_CARRY, THIRD),
	PUT_BOTH(4, OP_SUB_BORROW, FOURTH),
	PUT_BOTH(6, OP_U_MUL_EXTENDED, FIFTH),
	PUT_BOTH(8, OP_S_MUL_EXTENDED, SIXTH),
	I(OP_CONSTRUCT, VECTOR, SUM, SECOND, FIRST),
	I(OP_CONSTRUCT, VECTOR, ADDEND, SECOND, SECOND),
	I(OP_ADD_CARRY, PAIR_OF_VECTORS, ARGUMENT, SUM, ADDEND),
	I(OP_INSERT, PAIR_OF_VECTORS, BASE, SECOND, ARGUMENT, 1, 0),
	I(OP_EXTRACT, WORD, RESULT, BASE, 1, 1),
	I(OP_EXTRACT, WORD, HUNDRED, BASE, 1, 0),
	PUT(0, HUNDRED),
	PUT(10, RESULT),
	END_KERNEL,
};

static void require_spirv(void)
{
	char *versions = conf_device_string(CL_DEVICE_IL_VERSION);
	bool there = strstr(versions, "SPIR-V_1.0") != NULL;

	free(versions);
	if (!there)
		SKIP("no SPIR-V 1.0");
	if (conf_device_uint(CL_DEVICE_ADDRESS_BITS) != 64)
		SKIP("the modules are for 64-bit addresses");
}

static cl_program from_il(const void *words, size_t size)
{
	cl_int error;
	cl_program program = clCreateProgramWithIL(conf_context(), words, size, &error);

	OK(error);
	return conf_keep_program(program);
}

static void build(cl_program program)
{
	cl_int error = clBuildProgram(program, 0, NULL, NULL, NULL, NULL);

	if (error) {
		char *log = conf_build_log(program);

		conf_note("build log: %s", log);
		free(log);
	}
	OK(error);
}

/* What k writes. Its kernel is gone afterwards, so that the program can be built again. */
static cl_int run_once(cl_program program)
{
	cl_int error, value = -1;
	cl_mem mem = conf_buffer(0, sizeof value, NULL);
	cl_kernel kernel = clCreateKernel(program, "k", &error);

	OK(error);
	ARG(kernel, 0, mem);
	conf_run(kernel, 1, 1);
	conf_read(mem, &value, sizeof value);
	OK(clReleaseKernel(kernel));
	return value;
}

static void compile(cl_program program)
{
	OK(clCompileProgram(program, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
}

static cl_program link_both(cl_program a, cl_program b, const char *options)
{
	cl_program both[2] = {a, b};
	cl_int error;
	cl_program linked =
		clLinkProgram(conf_context(), 0, NULL, options, 2, both, NULL, NULL, &error);

	OK(error);
	return conf_keep_program(linked);
}

static void il_queries(void)
{
	require_spirv();
	cl_program program = from_il(constants_module, sizeof constants_module);
	uint32_t words[LENGTH(constants_module)];
	size_t size = 0;

	OK(clGetProgramInfo(program, CL_PROGRAM_IL, sizeof words, words, &size));
	CHECK_EQ(sizeof words, size);
	CHECK(!memcmp(words, constants_module, sizeof words));
	CHECK_CL(CL_INVALID_VALUE, clGetProgramInfo(program, CL_PROGRAM_IL, size - 1, words, NULL));
	build(program);
	CHECK_EQ(143, conf_run_for_word(program, "k"));
	OK(clGetProgramInfo(conf_program("kernel void k(void) {}", NULL), CL_PROGRAM_IL, 0, NULL,
			    &size));
	CHECK_EQ(0, size);
}

/* As it is named in the versions' queries, and in the extension that came before. */
static void il_versions(void)
{
	require_spirv();
	size_t size = 0;
	cl_name_version versions[32];

	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_ILS_WITH_VERSION, sizeof versions, versions,
			   &size));
	bool found = false;

	for (size_t i = 0; i < size / sizeof versions[0]; i++)
		found |= !strcmp(versions[i].name, "SPIR-V") &&
			 versions[i].version == CL_MAKE_VERSION(1, 0, 0);
	CHECK(found);
	if (!conf_has_extension("cl_khr_il_program"))
		return;
	clCreateProgramWithILKHR_fn create =
		(clCreateProgramWithILKHR_fn)clGetExtensionFunctionAddressForPlatform(
			conf_platform(), "clCreateProgramWithILKHR");
	cl_int error;

	REQUIRE(create != NULL);
	cl_program program =
		create(conf_context(), constants_module, sizeof constants_module, &error);

	OK(error);
	conf_keep_program(program);
	build(program);
	CHECK_EQ(143, conf_run_for_word(program, "k"));
}

/* Values count for the builds that follow, until they are changed again. */
static void il_constants(void)
{
	require_spirv();
	cl_program program = from_il(constants_module, sizeof constants_module);
	const cl_uint values[] = {5, 1000, 0xffffffff};
	const cl_uchar no = 0, yes = 1;

	for (size_t i = 0; i < LENGTH(values); i++) {
		OK(clSetProgramSpecializationConstant(program, 7, sizeof values[i], &values[i]));
		build(program);
		CHECK_EQ((cl_int)(values[i] + 101), run_once(program));
	}
	OK(clSetProgramSpecializationConstant(program, 70000, sizeof no, &no));
	OK(clSetProgramSpecializationConstant(program, 7, sizeof values[0], &values[0]));
	build(program);
	CHECK_EQ(6, run_once(program));
	OK(clSetProgramSpecializationConstant(program, 70000, sizeof yes, &yes));
	build(program);
	CHECK_EQ(106, run_once(program));
}

static void il_constants_wrong(void)
{
	require_spirv();
	cl_program program = from_il(constants_module, sizeof constants_module);
	const cl_ulong value = 9;

	CHECK_CL(CL_INVALID_SPEC_ID, clSetProgramSpecializationConstant(program, 8, 4, &value));
	CHECK_CL(CL_INVALID_SPEC_ID,
		 clSetProgramSpecializationConstant(program, 0xffffffff, 4, &value));
	CHECK_CL(CL_INVALID_VALUE, clSetProgramSpecializationConstant(program, 7, 8, &value));
	CHECK_CL(CL_INVALID_VALUE, clSetProgramSpecializationConstant(program, 7, 2, &value));
	CHECK_CL(CL_INVALID_VALUE, clSetProgramSpecializationConstant(program, 70000, 4, &value));
	CHECK_CL(CL_INVALID_VALUE, clSetProgramSpecializationConstant(program, 7, 4, NULL));
	CHECK_CL(CL_INVALID_PROGRAM, clSetProgramSpecializationConstant(NULL, 7, 4, &value));
	CHECK_CL(CL_INVALID_PROGRAM,
		 clSetProgramSpecializationConstant(conf_program("kernel void k(void) {}", NULL), 7,
						    4, &value));
	build(program);
	CHECK_EQ(143, conf_run_for_word(program, "k"));
}

static void il_linked_with_il(void)
{
	require_spirv();
	cl_program caller = from_il(caller_module, sizeof caller_module);
	cl_program callee = from_il(callee_module, sizeof callee_module);
	const cl_uint three = 3;

	compile(caller);
	compile(callee);
	CHECK_EQ(84, conf_run_for_word(link_both(caller, callee, NULL), "k"));
	OK(clSetProgramSpecializationConstant(callee, 1, sizeof three, &three));
	compile(callee);
	CHECK_EQ(126, conf_run_for_word(link_both(callee, caller, NULL), "k"));
	CHECK_CL(CL_BUILD_PROGRAM_FAILURE, clBuildProgram(caller, 0, NULL, NULL, NULL, NULL));
}

/* Either side in OpenCL C. */
static void il_linked_with_source(void)
{
	require_spirv();
	const char *callee_text = "int f(int x) { return x - 1; }\n";
	const char *caller_text = "int f(int);\nkernel void k(global int *o) { o[0] = f(50); }\n";
	cl_int error;
	cl_program caller = from_il(caller_module, sizeof caller_module);
	cl_program callee = from_il(callee_module, sizeof callee_module);
	cl_program source =
		clCreateProgramWithSource(conf_context(), 1, &callee_text, NULL, &error);

	OK(error);
	conf_keep_program(source);
	compile(source);
	compile(caller);
	compile(callee);
	CHECK_EQ(41, conf_run_for_word(link_both(caller, source, NULL), "k"));
	source = clCreateProgramWithSource(conf_context(), 1, &caller_text, NULL, &error);
	OK(error);
	conf_keep_program(source);
	compile(source);
	CHECK_EQ(100, conf_run_for_word(link_both(source, callee, NULL), "k"));
}

static void il_values(void)
{
	require_spirv();
	cl_program program = from_il(values_module, sizeof values_module);

	build(program);
	cl_kernel kernel = conf_kernel_of(program, "k");
	cl_mem mem = conf_buffer(0, sizeof(cl_int), NULL);
	cl_int value = 0;

	ARG(kernel, 0, mem);
	conf_run(kernel, 1000, 10);
	conf_read(mem, &value, sizeof value);
	CHECK_EQ(112, value);
}

static void il_pointers(void)
{
	require_spirv();
	char *versions = conf_device_string(CL_DEVICE_IL_VERSION);
	bool there = strstr(versions, "SPIR-V_1.4") != NULL;

	free(versions);
	if (!there)
		SKIP("no SPIR-V 1.4");
	cl_program program = from_il(pointers_module, sizeof pointers_module);

	build(program);
	CHECK_EQ(101, conf_run_for_word(program, "k"));
}

static void il_rotation(void)
{
	enum { ITEMS = 64 };
	require_spirv();
	if (!conf_has_extension("cl_khr_subgroup_rotate"))
		SKIP("no cl_khr_subgroup_rotate");
	cl_program program = from_il(rotation_module, sizeof rotation_module);

	build(program);
	cl_kernel kernel = conf_kernel_of(program, "k");
	cl_mem mem = conf_buffer(0, ITEMS * sizeof(cl_int), NULL);
	const size_t local = ITEMS;
	cl_int out[ITEMS];
	size_t most = 0;

	OK(clGetKernelSubGroupInfo(kernel, conf_device(), CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE,
				   sizeof local, &local, sizeof most, &most, NULL));
	cl_int size = (cl_int)most;

	CHECK(size >= 4 && ITEMS % size == 0);
	ARG(kernel, 0, mem);
	conf_run(kernel, ITEMS, ITEMS);
	conf_read(mem, out, sizeof out);
	for (cl_int i = 0; i < ITEMS; i++) {
		cl_int all = i - i % size + (i + 1) % size, four = i - i % 4 + (i + 1) % 4;

		CHECK_EQ(all * 100 + four, out[i]);
	}
}

static void il_carries(void)
{
	static const cl_uint values[] = {0,          1,          2,          77777,
					 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
	require_spirv();
	cl_program program = from_il(carry_module, sizeof carry_module);

	build(program);
	cl_kernel kernel = conf_kernel_of(program, "k");
	cl_mem mem = conf_buffer(0, 11 * sizeof(cl_uint), NULL);

	ARG(kernel, 0, mem);
	for (size_t i = 0; i < LENGTH(values) * LENGTH(values); i++) {
		cl_uint a = values[i / LENGTH(values)], b = values[i % LENGTH(values)];
		cl_uint out[11] = {a, b};
		cl_ulong sum = (cl_ulong)a + b, product = (cl_ulong)a * b;
		cl_long signed_product = (cl_long)(cl_int)a * (cl_int)b;

		OK(clEnqueueWriteBuffer(conf_queue(), mem, CL_TRUE, 0, sizeof out, out, 0, NULL,
					NULL));
		conf_run(kernel, 1, 0);
		conf_read(mem, out, sizeof out);
		CHECK_EQ(b, out[0]);
		CHECK_EQ((cl_uint)sum, out[2]);
		CHECK_EQ(sum >> 32, out[3]);
		CHECK_EQ(a - b, out[4]);
		CHECK_EQ(a < b, out[5]);
		CHECK_EQ(product, out[6] | (cl_ulong)out[7] << 32);
		CHECK_EQ((cl_ulong)signed_product, out[8] | (cl_ulong)out[9] << 32);
		CHECK_EQ(sum >> 32, out[10]);
	}
}

/* Neither may end the program. What is no module is refused at once, the rest at the build. */
static void check_hostile(const uint32_t *words, size_t size, const char *what, size_t where)
{
	cl_int error = CL_SUCCESS;
	cl_program program = clCreateProgramWithIL(conf_context(), words, size, &error);

	if (!program) {
		CHECKF(error == CL_INVALID_VALUE, "%s at %zu: error %d", what, where, error);
		return;
	}
	error = clBuildProgram(program, 0, NULL, NULL, NULL, NULL);
	CHECKF(error == CL_SUCCESS || error == CL_BUILD_PROGRAM_FAILURE,
	       "%s at %zu: build error %d", what, where, error);
	OK(clReleaseProgram(program));
}

static void il_truncated(void)
{
	require_spirv();
	for (size_t n = 1; n < LENGTH(constants_module); n++)
		check_hostile(constants_module, 4 * n, "cut", n);
	check_hostile(constants_module, sizeof constants_module - 1, "cut", 1);
}

static void il_words_changed(void)
{
	require_spirv();
	uint32_t words[LENGTH(constants_module)], state = 5;

	memcpy(words, constants_module, sizeof words);
	for (int round = 0; round < 60; round++) {
		size_t at = conf_random(&state) % LENGTH(words);
		uint32_t before = words[at];

		words[at] = round & 1 ? conf_random(&state) : before ^ 1u << (round & 7);
		check_hostile(words, sizeof words, "changed", at);
		words[at] = before;
	}
	cl_program program = from_il(words, sizeof words);

	build(program);
	CHECK_EQ(143, conf_run_for_word(program, "k"));
}

static void il_noise(void)
{
	require_spirv();
	uint32_t words[2000], state = 3;

	for (size_t n = 1; n <= LENGTH(words); n = n * 2 + 1) {
		for (size_t i = 0; i < n; i++)
			words[i] = conf_random(&state);
		check_hostile(words, 4 * n, "noise", n);
		if (n < 5)
			continue;
		memcpy(words, constants_module, 20);
		check_hostile(words, 4 * n, "noise behind a header", n);
	}
}

CONF_CASES(programs_il) = {
	CASE(il_queries),        CASE(il_versions),
	CASE(il_constants),      CASE(il_constants_wrong),
	CASE(il_linked_with_il), CASE(il_linked_with_source),
	CASE(il_truncated),      CASE(il_words_changed),
	CASE(il_noise),          CASE(il_values),
	CASE(il_pointers),       CASE(il_rotation),
	CASE(il_carries),        CASE_END,
};
