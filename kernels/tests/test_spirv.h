/* SPDX-License-Identifier: MIT */
/*
 * A SPIR-V module for the unit tests, written as it would be in assembly: one line for each
 * instruction, SPV(op, operands...).
 */
#ifndef TERN_KERNELS_TESTS_TEST_SPIRV_H
#define TERN_KERNELS_TESTS_TEST_SPIRV_H

#include "kernels/spirv.h"

#define SPV(op, ...)                                                                               \
	((uint32_t)(sizeof((uint32_t[]){op, __VA_ARGS__}) / 4) << 16 | (op)), __VA_ARGS__
#define SPV_ALONE(op)          (1u << 16 | (op))
#define SPV_TEXT(a, b, c, d)   ((uint32_t)(a) | (b) << 8 | (c) << 16 | (uint32_t)(d) << 24)
#define SPV_HEADER(minor, ids) 0x07230203, TERN_SPIRV_VERSION(minor), 0, ids, 0

enum {
	OP_EXT_INST_IMPORT = 11,
	OP_MEMORY_MODEL = 14,
	OP_ENTRY_POINT = 15,
	OP_CAPABILITY = 17,
	OP_TYPE_VOID = 19,
	OP_TYPE_BOOL = 20,
	OP_TYPE_INT = 21,
	OP_TYPE_FLOAT = 22,
	OP_TYPE_POINTER = 32,
	OP_TYPE_FUNCTION = 33,
	OP_CONSTANT = 43,
	OP_SPEC_TRUE = 48,
	OP_SPEC_FALSE = 49,
	OP_SPEC = 50,
	OP_FUNCTION = 54,
	OP_PARAMETER = 55,
	OP_FUNCTION_END = 56,
	OP_STORE = 62,
	OP_PTR_ACCESS_CHAIN = 67,
	OP_DECORATE = 71,
	OP_U_CONVERT = 113,
	OP_S_CONVERT = 114,
	OP_BITCAST = 124,
	OP_SELECT = 169,
	OP_LABEL = 248,
	OP_RETURN = 253,
};

/* Places of words that tests change. */
enum { MODULE_GENERATOR_AT = 2, MODULE_CAPABILITY_AT = 6, MODULE_ADDRESSING_AT = 16 };

enum {
	VOID = 1,
	BOOL,
	INT,
	SHORT,
	LONG,
	FLOAT,
	POINTER,
	FUNCTION_TYPE,
	ZERO,
	ONE,
	TWO,
	THREE,
	FOUR,
	WORD,
	FLAG,
	NARROW,
	WIDE,
	REAL,
	KERNEL,
	OUT,
	LABEL,
	PLACE0,
	PLACE1,
	PLACE2,
	PLACE3,
	PLACE4,
	FLAG_WORD,
	NARROW_WORD,
	WIDE_WORD,
	REAL_WORD,
	MODULE_IDS
};

#define PLACE(n, index) SPV(OP_PTR_ACCESS_CHAIN, POINTER, PLACE##n, OUT, index)
#define PUT(n, value)   SPV(OP_STORE, PLACE##n, value)

/*
 * kernel void k(global int *out): the values of the constants 7 (int, 42), 8 (bool, true), 9
 * (short, 3), 10 (long, 1 << 32 | 5: its low word) and 11 (float, 1.0: its bits).
 */
static const uint32_t test_module[] = {
	SPV_HEADER(0, MODULE_IDS),
	SPV(OP_CAPABILITY, 4 /* Addresses */),
	SPV(OP_CAPABILITY, 6 /* Kernel */),
	SPV(OP_CAPABILITY, 11 /* Int64 */),
	SPV(OP_CAPABILITY, 22 /* Int16 */),
	SPV(OP_CAPABILITY, 5 /* Linkage */),
	SPV(OP_MEMORY_MODEL, 2 /* Physical64 */, 2 /* OpenCL */),
	SPV(OP_ENTRY_POINT, 6 /* Kernel */, KERNEL, SPV_TEXT('k', 0, 0, 0)),
	SPV(OP_DECORATE, WORD, 1 /* SpecId */, 7),
	SPV(OP_DECORATE, FLAG, 1, 8),
	SPV(OP_DECORATE, NARROW, 1, 9),
	SPV(OP_DECORATE, WIDE, 1, 10),
	SPV(OP_DECORATE, REAL, 1, 11),
	SPV(OP_TYPE_VOID, VOID),
	SPV(OP_TYPE_BOOL, BOOL),
	SPV(OP_TYPE_INT, INT, 32, 0),
	SPV(OP_TYPE_INT, SHORT, 16, 0),
	SPV(OP_TYPE_INT, LONG, 64, 0),
	SPV(OP_TYPE_FLOAT, FLOAT, 32),
	SPV(OP_TYPE_POINTER, POINTER, 5 /* CrossWorkgroup */, INT),
	SPV(OP_TYPE_FUNCTION, FUNCTION_TYPE, VOID, POINTER),
	SPV(OP_CONSTANT, INT, ZERO, 0),
	SPV(OP_CONSTANT, INT, ONE, 1),
	SPV(OP_CONSTANT, INT, TWO, 2),
	SPV(OP_CONSTANT, INT, THREE, 3),
	SPV(OP_CONSTANT, INT, FOUR, 4),
	SPV(OP_SPEC, INT, WORD, 42),
	SPV(OP_SPEC_TRUE, BOOL, FLAG),
	SPV(OP_SPEC, SHORT, NARROW, 3),
	SPV(OP_SPEC, LONG, WIDE, 5, 1),
	SPV(OP_SPEC, FLOAT, REAL, 0x3f800000),
	SPV(OP_FUNCTION, VOID, KERNEL, 0, FUNCTION_TYPE),
	SPV(OP_PARAMETER, POINTER, OUT),
	SPV(OP_LABEL, LABEL),
	PLACE(0, ZERO),
	PLACE(1, ONE),
	PLACE(2, TWO),
	PLACE(3, THREE),
	PLACE(4, FOUR),
	SPV(OP_SELECT, INT, FLAG_WORD, FLAG, ONE, ZERO),
	SPV(OP_S_CONVERT, INT, NARROW_WORD, NARROW),
	SPV(OP_U_CONVERT, INT, WIDE_WORD, WIDE),
	SPV(OP_BITCAST, INT, REAL_WORD, REAL),
	PUT(0, WORD),
	PUT(1, FLAG_WORD),
	PUT(2, NARROW_WORD),
	PUT(3, WIDE_WORD),
	PUT(4, REAL_WORD),
	SPV_ALONE(OP_RETURN),
	SPV_ALONE(OP_FUNCTION_END),
};
enum { MODULE_WORDS = sizeof(test_module) / sizeof(test_module[0]) };

#endif
