/* SPDX-License-Identifier: MIT */
/*
 * Reading and writing of SPIR-V by spirv_lower.c: where something is defined in the module that is
 * read, and the words of the one that is written.
 */
#ifndef TERN_TERNC_SPIRV_WORDS_H
#define TERN_TERNC_SPIRV_WORDS_H

#include "kernels/spirv.h"

/* Instructions, beside those of kernels/spirv.h. */
enum {
	SPV_OP_UNDEF = 1,
	SPV_OP_EXT_INST = 12,
	SPV_OP_TYPE_FIRST = 19, /* of those whose first operand is their result */
	SPV_OP_TYPE_VECTOR = 23,
	SPV_OP_TYPE_ARRAY = 28,
	SPV_OP_TYPE_STRUCT = 30,
	SPV_OP_TYPE_POINTER = 32,
	SPV_OP_TYPE_LAST = 39,
	SPV_OP_CONSTANT_FALSE = 42,
	SPV_OP_CONSTANT = 43,
	SPV_OP_CONSTANT_NULL = 46,
	SPV_OP_FUNCTION = 54,
	SPV_OP_VARIABLE = 59,
	SPV_OP_LOAD = 61,
	SPV_OP_STORE = 62,
	SPV_OP_COPY_MEMORY = 63,
	SPV_OP_COPY_MEMORY_SIZED = 64,
	SPV_OP_PTR_ACCESS_CHAIN = 67,
	SPV_OP_GROUP_MEMBER_DECORATE = 75,
	SPV_OP_VECTOR_SHUFFLE = 79,
	SPV_OP_COMPOSITE_CONSTRUCT = 80,
	SPV_OP_COMPOSITE_EXTRACT = 81,
	SPV_OP_COMPOSITE_INSERT = 82,
	SPV_OP_COPY_OBJECT = 83,
	SPV_OP_U_CONVERT = 113,
	SPV_OP_CONVERT_PTR_TO_U = 117,
	SPV_OP_CONVERT_U_TO_PTR = 120,
	SPV_OP_BITCAST = 124,
	SPV_OP_I_SUB = 130,
	SPV_OP_S_DIV = 135,
	SPV_OP_I_EQUAL = 170,
	SPV_OP_I_NOT_EQUAL = 171,
	SPV_OP_LABEL = 248,
	SPV_OP_DECORATE_ID = 332,
	SPV_OP_COPY_LOGICAL = 400,
	SPV_OP_PTR_EQUAL = 401,
	SPV_OP_PTR_NOT_EQUAL = 402,
	SPV_OP_PTR_DIFF = 403,
	SPV_OP_ASSUME_TRUE = 5630,
	SPV_OP_EXPECT = 5631,
	SPV_OP_DECORATE_STRING = 5632,
	SPV_OP_MEMBER_DECORATE_STRING = 5633,
};

enum { SPV_BOUND_AT = 3, SPV_NOT_FOUND = 0 };

struct spv_definition {
	uint32_t result, at;
};

/* A module that is read, and one that is written. */
struct spv_words {
	const struct tern_spirv *m;
	struct spv_definition *definitions; /* by result */
	size_t definition_count;
	uint32_t *words; /* from tern_alloc(): the new module */
	size_t count, room;
	uint32_t next_id;
	bool failed; /* no memory */
};

/* Looks through the module. s->failed tells of missing memory; spv_words_finish() is due anyway. */
void spv_words_init(struct spv_words *s, const struct tern_spirv *m);
/* Frees what is not the new module. */
void spv_words_finish(struct spv_words *s);

static inline uint32_t spv_word(const struct spv_words *s, size_t at)
{
	return tern_spirv_word(s->m, at);
}

/* Where @id is defined, with at least @words words by @op (0: any); SPV_NOT_FOUND: nowhere. */
size_t spv_find(const struct spv_words *s, uint32_t id, uint32_t op, uint32_t words);
/* The type of the value @id; 0: not known. */
uint32_t spv_type_of(const struct spv_words *s, uint32_t id);
/* The bits of an integer or floating-point type; 1: boolean; 0: another type. */
uint32_t spv_scalar_bits(const struct spv_words *s, uint32_t type);

void spv_put(struct spv_words *s, uint32_t word);
void spv_put_instruction(struct spv_words *s, uint32_t op, const uint32_t *operands,
			 uint32_t count);
/* An instruction of the module that is read, as it is. */
void spv_put_same(struct spv_words *s, const struct tern_spirv_instruction *i);

#define SPV_PUT(s, op, ...)                                                                        \
	spv_put_instruction(s, op, (const uint32_t[]){__VA_ARGS__},                                \
			    sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

static inline uint32_t spv_new_id(struct spv_words *s)
{
	return s->next_id++;
}

/* spirv_composite.c: a composite of @count parts, at least one. */
void spv_put_composite(struct spv_words *s, uint32_t type, uint32_t result, const uint32_t *parts,
		       uint32_t count);
/* True when something was put in the place of @i. @copies: of the module, which
 * are bounded. */
bool spv_lower_construct(struct spv_words *s, const struct tern_spirv_instruction *i);
bool spv_lower_shuffle(struct spv_words *s, const struct tern_spirv_instruction *i);
bool spv_lower_component(struct spv_words *s, const struct tern_spirv_instruction *i);
bool spv_lower_copy_logical(struct spv_words *s, const struct tern_spirv_instruction *i,
			    uint32_t *copies);

/* spirv_rotate.c. A function of the device library that turns values of @type. */
struct spv_rotation {
	uint32_t type, delta_type, function;
	bool clustered;
};

enum { SPV_ROTATIONS_MOST = 16 }; /* eight types, in clusters or not */

struct spv_rotations {
	struct spv_rotation list[SPV_ROTATIONS_MOST];
	uint32_t count;
};

/* A rotation, or what declares that the module has some. */
bool spv_is_rotation(const struct tern_spirv *m, const struct tern_spirv_instruction *i);
/* Adds the function that @i needs, if it needs one, to @r. */
void spv_find_rotation(struct spv_words *s, const struct tern_spirv_instruction *i,
		       struct spv_rotations *r);
/* Their names, behind all other decorations; the functions, before the first of the module. */
void spv_name_rotations(struct spv_words *s, const struct spv_rotations *r);
void spv_declare_rotations(struct spv_words *s, const struct spv_rotations *r);
/* True when something, or nothing, was put in the place of @i. */
bool spv_lower_rotation(struct spv_words *s, const struct tern_spirv_instruction *i,
			const struct spv_rotations *r);

enum { SPV_WIDES_MOST = 8 }; /* types of integers */

/* spirv_carry.c. What arithmetic with two results needs: a constant for each type, a set. */
struct spv_wides {
	uint32_t types[SPV_WIDES_MOST], shifts[SPV_WIDES_MOST];
	uint32_t count;
	uint32_t set; /* OpenCL.std; 0: none */
	bool new_set; /* the module does not import it */
};

bool spv_is_wide(const struct tern_spirv_instruction *i);
void spv_find_wide(struct spv_words *s, const struct tern_spirv_instruction *i,
		   struct spv_wides *w);
/* Before the memory model; before the first function. */
void spv_import_for_wide(struct spv_words *s, const struct spv_wides *w);
void spv_constants_for_wide(struct spv_words *s, const struct spv_wides *w);
/* True when something was put in the place of @i. */
bool spv_lower_wide(struct spv_words *s, const struct tern_spirv_instruction *i,
		    const struct spv_wides *w);

#endif
