/* SPDX-License-Identifier: MIT */
/* Which instructions are said with others, and that the rest is left alone. */
#include "kernels/ternc/spirv_lower.h"

#include <string.h>

#include "kernels/tests/test_spirv.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

enum {
	OP_UNDEF = 1,
	OP_TYPE_VECTOR = 23,
	OP_TYPE_STRUCT = 30,
	OP_CONSTANT_FALSE = 42,
	OP_CONSTANT_NULL = 46,
	OP_VARIABLE = 59,
	OP_LOAD = 61,
	OP_COPY_MEMORY = 63,
	OP_COPY_MEMORY_SIZED = 64,
	OP_SHUFFLE = 79,
	OP_CONSTRUCT = 80,
	OP_EXTRACT = 81,
	OP_INSERT = 82,
	OP_COPY_OBJECT = 83,
	OP_PTR_TO_U = 117,
	OP_I_SUB = 130,
	OP_S_DIV = 135,
	OP_I_EQUAL = 170,
	OP_COPY_LOGICAL = 400,
	OP_PTR_EQUAL = 401,
	OP_PTR_DIFF = 403,
	OP_EXPECT = 5631,
	OP_DECORATE_STRING = 5632,
};

static uint32_t result[1000];
static size_t result_words;

/* False: nothing was to be done. */
static bool lower(const uint32_t *words, size_t bytes)
{
	struct tern_spirv m;
	const char *wrong;
	uint32_t *out;
	size_t size = 0;
	REQUIRE(!tern_spirv_open(&m, words, bytes, &wrong));
	REQUIRE(tern_spirv_lower(&m, &out, &size));
	if (!out)
		return false;
	REQUIRE(size <= sizeof(result));
	memcpy(result, out, size);
	result_words = size / 4;
	tern_free(out);
	EXPECT(!tern_spirv_open(&m, result, size, &wrong));
	return true;
}

/* The result is these operations, and nothing else. */
static void expect_ops(const char *what, const uint16_t *ops, size_t count)
{
	struct tern_spirv m;
	struct tern_spirv_instruction i = {0};
	const char *wrong;
	size_t n = 0;
	bool good = !tern_spirv_open(&m, result, 4 * result_words, &wrong);
	while (good && tern_spirv_next(&m, &i)) {
		good = n < count && ops[n] == i.op;
		n++;
	}
	test_checks++;
	if (good && n == count)
		return;
	test_failures++;
	fprintf(stderr, "%s: instruction %zu of %zu is another\n", what, n, count);
}

#define EXPECT_OPS(what, ...)                                                                      \
	expect_ops(what, (const uint16_t[]){__VA_ARGS__},                                          \
		   sizeof((uint16_t[]){__VA_ARGS__}) / sizeof(uint16_t))
#define LOWER(...)                                                                                 \
	lower((const uint32_t[]){SPV_HEADER(0, 50), __VA_ARGS__},                                  \
	      sizeof((uint32_t[]){SPV_HEADER(0, 50), __VA_ARGS__}))

static void left_alone(void)
{
	EXPECT(!lower(test_module, 20));
	EXPECT(!LOWER(SPV(OP_TYPE_INT, 1, 32, 0), SPV(OP_VARIABLE, 2, 3, 7)));
	/* looked at, and left: what it needs is not there, or it has another length */
	EXPECT(LOWER(SPV(OP_CONSTANT_NULL, 1, 2)) && result_words == 8);
	EXPECT(LOWER(SPV(OP_COPY_LOGICAL, 1, 2, 3)) && result_words == 9);
	EXPECT(LOWER(SPV_ALONE(OP_PTR_DIFF), SPV(OP_PTR_DIFF, 1)) && result_words == 8);
	EXPECT(LOWER(SPV(OP_COPY_MEMORY, 1, 2, 2)) && result_words == 9);
	EXPECT(LOWER(SPV(OP_COPY_MEMORY_SIZED, 1, 2, 3, 0x100)) && result_words == 10);
}

static void version(void)
{
	uint32_t words[] = {SPV_HEADER(6, 50)};
	EXPECT(lower(words, sizeof(words)) && result_words == 5);
	EXPECT(result[1] == TERN_SPIRV_VERSION(4) && result[3] == 50);
	words[1] = TERN_SPIRV_VERSION(4);
	EXPECT(!lower(words, sizeof(words)));
}

#define TYPES                                                                                      \
	SPV(OP_TYPE_BOOL, 1), SPV(OP_TYPE_INT, 2, 32, 0), SPV(OP_TYPE_VECTOR, 3, 2, 2),            \
		SPV(OP_TYPE_VECTOR, 4, 2, 4), SPV(OP_TYPE_POINTER, 5, 5, 2)

static void constants_and_variables(void)
{
	EXPECT(LOWER(TYPES, SPV(OP_CONSTANT_NULL, 1, 10), SPV(OP_CONSTANT_NULL, 2, 11),
		     SPV(OP_CONSTANT_NULL, 3, 12)));
	EXPECT_OPS("nulls", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_CONSTANT_FALSE, OP_CONSTANT, OP_CONSTANT_NULL);
	EXPECT(LOWER(SPV(OP_FUNCTION, 1, 2, 0, 3), SPV(OP_LABEL, 4), SPV(OP_VARIABLE, 5, 6, 7, 8),
		     SPV(OP_VARIABLE, 5, 9, 7), SPV(OP_VARIABLE, 5, 10, 7, 11),
		     SPV_ALONE(OP_RETURN)));
	EXPECT_OPS("variables", OP_FUNCTION, OP_LABEL, OP_VARIABLE, OP_VARIABLE, OP_VARIABLE,
		   OP_STORE, OP_STORE, OP_RETURN);
	/* outside of functions it is a constant expression */
	EXPECT(!LOWER(SPV(OP_VARIABLE, 5, 6, 5, 8)));
}

static void memory(void)
{
	EXPECT(LOWER(TYPES, SPV(OP_UNDEF, 5, 10), SPV(OP_COPY_MEMORY, 11, 10, 2, 8, 3, 16)));
	EXPECT_OPS("copy", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_UNDEF, OP_LOAD, OP_STORE);
	/* the load has the second operands, the store the first */
	const uint32_t *end = result + result_words;
	EXPECT(end[-5] == (5u << 16 | OP_STORE) && end[-2] == 2 && end[-1] == 8);
	EXPECT(end[-7] == 3 && end[-6] == 16);
	EXPECT(LOWER(SPV(OP_COPY_MEMORY_SIZED, 1, 2, 3, 2, 8, 3, 4)));
	EXPECT(result_words == 11 && result[9] == 3 && result[10] == 4);
	EXPECT(LOWER(SPV(OP_COPY_MEMORY_SIZED, 1, 2, 3, 2, 8, 1)));
	EXPECT(result_words == 10 && result[9] == 1);
}

static void pointers(void)
{
	EXPECT(LOWER(TYPES, SPV(OP_FUNCTION, 1, 2, 0, 3), SPV(OP_PTR_EQUAL, 1, 10, 11, 12)));
	EXPECT_OPS("equal", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_TYPE_INT, OP_FUNCTION, OP_PTR_TO_U, OP_PTR_TO_U, OP_I_EQUAL);
	EXPECT(result[3] > 50); /* the bound */
	EXPECT(LOWER(TYPES, SPV(OP_TYPE_INT, 6, 64, 0), SPV(OP_UNDEF, 5, 11),
		     SPV(OP_FUNCTION, 1, 2, 0, 3), SPV(OP_PTR_DIFF, 6, 10, 11, 12)));
	EXPECT_OPS("difference", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_TYPE_INT, OP_UNDEF, OP_CONSTANT, OP_FUNCTION, OP_PTR_TO_U,
		   OP_PTR_TO_U, OP_I_SUB, OP_PTR_ACCESS_CHAIN, OP_PTR_TO_U, OP_I_SUB, OP_S_DIV);
	EXPECT(LOWER(TYPES, SPV(OP_TYPE_INT, 6, 64, 0), SPV(OP_UNDEF, 5, 11),
		     SPV(OP_BITCAST, 3, 10, 11), SPV(OP_BITCAST, 3, 12, 10)));
	EXPECT_OPS("bits", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_TYPE_INT, OP_UNDEF, OP_PTR_TO_U, OP_BITCAST, OP_BITCAST);
}

static void composites(void)
{
	EXPECT(LOWER(TYPES, SPV(OP_UNDEF, 2, 10), SPV(OP_UNDEF, 3, 11),
		     SPV(OP_CONSTRUCT, 4, 12, 10, 11, 10)));
	EXPECT_OPS("construct", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_UNDEF, OP_UNDEF, OP_EXTRACT, OP_EXTRACT, OP_UNDEF, OP_INSERT,
		   OP_INSERT, OP_INSERT, OP_INSERT);
	EXPECT(result[result_words - 4] == 12); /* the last one's result */
	EXPECT(LOWER(TYPES, SPV(OP_UNDEF, 4, 10), SPV(OP_UNDEF, 3, 11),
		     SPV(OP_SHUFFLE, 3, 12, 10, 11, 5, UINT32_MAX),
		     SPV(OP_SHUFFLE, 3, 13, 10, 10, 5, 1)));
	EXPECT_OPS("shuffle", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_UNDEF, OP_UNDEF, OP_EXTRACT, OP_EXTRACT, OP_UNDEF, OP_INSERT,
		   OP_INSERT, OP_SHUFFLE);
	EXPECT(LOWER(TYPES, SPV(OP_TYPE_STRUCT, 6, 2, 3), SPV(OP_TYPE_STRUCT, 7, 2, 3),
		     SPV(OP_TYPE_STRUCT, 8, 6, 2), SPV(OP_TYPE_STRUCT, 9, 7, 2),
		     SPV(OP_UNDEF, 8, 10), SPV(OP_COPY_LOGICAL, 9, 11, 10)));
	EXPECT_OPS("copy", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_TYPE_STRUCT, OP_TYPE_STRUCT, OP_TYPE_STRUCT, OP_TYPE_STRUCT,
		   OP_UNDEF, OP_EXTRACT, OP_EXTRACT, OP_EXTRACT, OP_UNDEF, OP_INSERT, OP_INSERT,
		   OP_EXTRACT, OP_UNDEF, OP_INSERT, OP_INSERT);
	EXPECT(result[result_words - 4] == 11);
	EXPECT(LOWER(TYPES, SPV(OP_TYPE_STRUCT, 6, 2, 3), SPV(OP_UNDEF, 6, 10),
		     SPV(OP_EXTRACT, 2, 11, 10, 1, 1), SPV(OP_INSERT, 6, 12, 11, 10, 1, 0),
		     SPV(OP_EXTRACT, 2, 13, 10, 0), SPV(OP_EXTRACT, 2, 14, 10, 2, 0)));
	EXPECT_OPS("components", OP_TYPE_BOOL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_VECTOR,
		   OP_TYPE_POINTER, OP_TYPE_STRUCT, OP_UNDEF, OP_EXTRACT, OP_EXTRACT, OP_EXTRACT,
		   OP_INSERT, OP_INSERT, OP_EXTRACT, OP_EXTRACT);
}

/* A type that contains itself, and arrays of arrays of them: no end of members. */
static void too_much_to_copy(void)
{
	EXPECT(LOWER(SPV(OP_TYPE_STRUCT, 6, 6, 6), SPV(OP_TYPE_STRUCT, 7, 7, 7),
		     SPV(OP_UNDEF, 6, 10), SPV(OP_COPY_LOGICAL, 7, 11, 10)));
	EXPECT_OPS("itself", OP_TYPE_STRUCT, OP_TYPE_STRUCT, OP_UNDEF, OP_COPY_LOGICAL);
	EXPECT(LOWER(SPV(OP_TYPE_INT, 1, 32, 0), SPV(OP_CONSTANT, 1, 2, 50000),
		     SPV(28 /* OpTypeArray */, 3, 1, 2), SPV(28, 4, 3, 2), SPV(28, 5, 1, 2),
		     SPV(28, 6, 5, 2), SPV(OP_UNDEF, 4, 10), SPV(OP_COPY_LOGICAL, 6, 11, 10)));
	EXPECT_OPS("arrays", OP_TYPE_INT, OP_CONSTANT, 28, 28, 28, 28, OP_UNDEF, OP_COPY_LOGICAL);
}

static void hints(void)
{
	EXPECT(LOWER(SPV(OP_DECORATE_STRING, 1, 5635, 65), SPV(OP_DECORATE, 1, 26),
		     SPV(OP_EXPECT, 1, 2, 3, 4), SPV(OP_DECORATE, 1, 27)));
	EXPECT_OPS("hints", OP_COPY_OBJECT, OP_DECORATE);
}

/* Of a float and an int, the latter also in clusters; not of a vector, nor of a work-group's, nor
 * by a float. */
static void rotations(void)
{
	enum { CAPABILITY = 6026, EXTENSION = 10, CALL = 57, ROTATE = 4431 };
#define ROTATION_TYPES                                                                             \
	SPV(OP_TYPE_INT, 1, 32, 0), SPV(OP_TYPE_FLOAT, 2, 32), SPV(OP_TYPE_VECTOR, 3, 1, 2),       \
		SPV(OP_CONSTANT, 1, 4, 3), SPV(OP_CONSTANT, 1, 5, 2), SPV(OP_UNDEF, 2, 6),         \
		SPV(OP_UNDEF, 3, 7)
	EXPECT(LOWER(SPV(OP_CAPABILITY, CAPABILITY),
		     SPV(EXTENSION, SPV_TEXT('S', 'P', 'V', '_'), SPV_TEXT('K', 'H', 'R', '_'),
			 SPV_TEXT('s', 'u', 'b', 'g'), SPV_TEXT('r', 'o', 'u', 'p'),
			 SPV_TEXT('_', 'r', 'o', 't'), SPV_TEXT('a', 't', 'e', 0)),
		     SPV(EXTENSION, SPV_TEXT('S', 'P', 'V', '_'), SPV_TEXT('x', 0, 0, 0)),
		     SPV(OP_DECORATE, 5, 27), ROTATION_TYPES, SPV(OP_FUNCTION, 1, 20, 0, 3),
		     SPV(ROTATE, 1, 10, 4, 5, 5), SPV(ROTATE, 1, 11, 4, 5, 5, 5),
		     SPV(ROTATE, 2, 12, 4, 6, 5), SPV(ROTATE, 1, 13, 4, 5, 5),
		     SPV(ROTATE, 3, 14, 4, 7, 5), SPV(ROTATE, 1, 15, 5, 5, 5),
		     SPV(ROTATE, 1, 16, 4, 5, 6)));
	EXPECT_OPS("rotations", EXTENSION, OP_DECORATE, OP_DECORATE, OP_DECORATE, OP_DECORATE,
		   OP_TYPE_INT, OP_TYPE_FLOAT, OP_TYPE_VECTOR, OP_CONSTANT, OP_CONSTANT, OP_UNDEF,
		   OP_UNDEF, OP_TYPE_FUNCTION, OP_FUNCTION, OP_PARAMETER, OP_PARAMETER,
		   OP_FUNCTION_END, OP_TYPE_FUNCTION, OP_FUNCTION, OP_PARAMETER, OP_PARAMETER,
		   OP_PARAMETER, OP_FUNCTION_END, OP_TYPE_FUNCTION, OP_FUNCTION, OP_PARAMETER,
		   OP_PARAMETER, OP_FUNCTION_END, OP_FUNCTION, CALL, CALL, CALL, CALL, ROTATE,
		   ROTATE, ROTATE);
	EXPECT(!memcmp(&result[TERN_SPIRV_HEADER_WORDS + 3 + 3 + 3], "_Z16sub_group_rotateii", 23));
#undef ROTATION_TYPES
}

/* Of scalars; the set of functions is imported for products. What is not whole is left. */
static void two_results(void)
{
	enum { IMPORT = 11, NOT = 200, OR = 197, AND = 199, ADD = 128, MUL = 132, SHIFT = 194 };
	EXPECT(LOWER(SPV(OP_MEMORY_MODEL, 2, 2), SPV(OP_TYPE_INT, 1, 16, 0),
		     SPV(OP_TYPE_STRUCT, 2, 1, 1), SPV(OP_TYPE_FLOAT, 6, 32),
		     SPV(OP_TYPE_STRUCT, 7, 6, 6), SPV(OP_UNDEF, 1, 3),
		     SPV(OP_FUNCTION, 1, 20, 0, 3), SPV(149, 2, 10, 3, 3), SPV(151, 2, 11, 3, 3),
		     SPV(149, 7, 12, 3, 3), SPV(150, 1, 13, 3, 3)));
	EXPECT_OPS("two results", IMPORT, OP_MEMORY_MODEL, OP_TYPE_INT, OP_TYPE_STRUCT,
		   OP_TYPE_FLOAT, OP_TYPE_STRUCT, OP_UNDEF, OP_CONSTANT, OP_FUNCTION, ADD, NOT, AND,
		   OR, AND, OR, SHIFT, OP_UNDEF, OP_INSERT, OP_INSERT, MUL, 12, OP_UNDEF, OP_INSERT,
		   OP_INSERT, 149, 150);
	/* a borrow and a signed product of two 64-bit integers each; the set is there already */
	EXPECT(LOWER(SPV(IMPORT, 9, 0x6e65704f, 0x732e4c43, 0x00006474), SPV(OP_MEMORY_MODEL, 2, 2),
		     SPV(OP_TYPE_INT, 1, 64, 0), SPV(OP_TYPE_VECTOR, 2, 1, 2),
		     SPV(OP_TYPE_STRUCT, 3, 2, 2), SPV(OP_UNDEF, 2, 4),
		     SPV(OP_FUNCTION, 1, 20, 0, 3), SPV(150, 3, 10, 4, 4), SPV(152, 3, 11, 4, 4)));
	EXPECT_OPS("vectors", IMPORT, OP_MEMORY_MODEL, OP_TYPE_INT, OP_TYPE_VECTOR, OP_TYPE_STRUCT,
		   OP_UNDEF, OP_CONSTANT, OP_FUNCTION, OP_EXTRACT, OP_EXTRACT, OP_I_SUB, NOT, AND,
		   OR, AND, OR, SHIFT, OP_EXTRACT, OP_EXTRACT, OP_I_SUB, NOT, AND, OR, AND, OR,
		   SHIFT, OP_UNDEF, OP_INSERT, OP_INSERT, OP_UNDEF, OP_INSERT, OP_INSERT, OP_UNDEF,
		   OP_INSERT, OP_INSERT, OP_EXTRACT, OP_EXTRACT, MUL, 12, OP_EXTRACT, OP_EXTRACT,
		   MUL, 12, OP_UNDEF, OP_INSERT, OP_INSERT, OP_UNDEF, OP_INSERT, OP_INSERT,
		   OP_UNDEF, OP_INSERT, OP_INSERT);
}

static void no_memory(void)
{
	static const uint32_t words[] = {SPV_HEADER(6, 50), TYPES, SPV(OP_UNDEF, 3, 11),
					 SPV(OP_CONSTRUCT, 4, 12, 11, 11),
					 SPV(OP_VARIABLE, 5, 6, 7, 8)};
	struct tern_spirv m;
	const char *wrong;
	bool done = false;
	REQUIRE(!tern_spirv_open(&m, words, sizeof(words), &wrong));
	for (uint64_t n = 1; n < 20 && !done; n++) {
		uint32_t *out = NULL;
		size_t bytes;
		tern_fault_arm(n, false);
		done = tern_spirv_lower(&m, &out, &bytes);
		EXPECT(!done || tern_fault_count() < n);
		tern_fault_arm(0, false);
		tern_free(out);
	}
	EXPECT(done);
}

int main(void)
{
	left_alone();
	version();
	constants_and_variables();
	memory();
	pointers();
	composites();
	too_much_to_copy();
	hints();
	rotations();
	two_results();
	no_memory();
	return test_result();
}
