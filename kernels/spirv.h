/* SPDX-License-Identifier: MIT */
/*
 * DOC: SPIR-V modules
 *
 * A module is a row of 32-bit words, in either byte order: five words of header, then instructions,
 * each of which says in its first word how many words it has. Modules are foreign bytes. What is
 * looked at here is what libtern answers for: the header, that the instructions fill the module
 * exactly, and the specialization constants. All else is the translator's business, which the
 * compile server runs in a process of its own (kernels/ternc/translator.h).
 *
 * Specialization constants are instructions whose default value is part of them:
 *
 *	OpDecorate %c SpecId 7			the number that the program knows it by
 *	%c = OpSpecConstant %int 42		its type and value
 *	%d = OpSpecConstantTrue %bool		a boolean's value is the opcode
 *
 * tern_spirv_specialize() puts the program's values in their place, so that the compile server and
 * the cache see an ordinary module.
 */
#ifndef TERN_KERNELS_SPIRV_H
#define TERN_KERNELS_SPIRV_H

#include "runtime/base/base.h"

/* The versions that are read, as in the header: 1.0 to 1.6. */
#define TERN_SPIRV_VERSION(minor) ((uint32_t)1 << 16 | (uint32_t)(minor) << 8)
enum { TERN_SPIRV_MINOR_MOST = 6, TERN_SPIRV_HEADER_WORDS = 5 };
/* The most bytes of a module: what is larger than the compile server takes is refused unread. */
#define TERN_SPIRV_MOST_BYTES ((size_t)255 << 20)

/* The instructions and operands that something here or in the compile server knows. */
enum tern_spirv_op {
	TERN_SPIRV_OP_EXTENSION = 10,
	TERN_SPIRV_OP_MEMORY_MODEL = 14,
	TERN_SPIRV_OP_CAPABILITY = 17,
	TERN_SPIRV_OP_TYPE_BOOL = 20,
	TERN_SPIRV_OP_TYPE_INT = 21,
	TERN_SPIRV_OP_TYPE_FLOAT = 22,
	TERN_SPIRV_OP_SPEC_CONSTANT_TRUE = 48,
	TERN_SPIRV_OP_SPEC_CONSTANT_FALSE = 49,
	TERN_SPIRV_OP_SPEC_CONSTANT = 50,
	TERN_SPIRV_OP_DECORATE = 71,
};
enum { TERN_SPIRV_DECORATION_SPEC_ID = 1 };

struct tern_spirv {
	const unsigned char *bytes; /* the caller's; may be at any address */
	size_t words;
	uint32_t version;
	bool swapped; /* not in this machine's byte order */
};

/*
 * Looks at @size bytes, which must stay as long as @out is used. 0; -EINVAL with *@wrong, the end
 * of a sentence that begins with "the module".
 */
int tern_spirv_open(struct tern_spirv *out, const void *bytes, size_t size,
		    const char **wrong) TERN_MUST_CHECK;
/* Word @at, in this machine's byte order. */
uint32_t tern_spirv_word(const struct tern_spirv *m, size_t at);

struct tern_spirv_instruction {
	size_t at;      /* its first word */
	uint32_t words; /* its length; at least 1 */
	uint32_t op;    /* enum tern_spirv_op, or another */
};

/* Goes to the instruction behind @i, or from a zeroed one to the first. False at the end. */
bool tern_spirv_next(const struct tern_spirv *m, struct tern_spirv_instruction *i);

/* A scalar specialization constant that has a SpecId. */
struct tern_spirv_constant {
	uint32_t id;    /* several may have the same */
	uint32_t bytes; /* of a value: 1 (also a boolean), 2, 4 or 8 */
	bool boolean, is_signed;
	size_t at; /* of its instruction */
	bool set;  /* specialise() puts @value there */
	uint64_t value;
};

/*
 * The constants in *@out, in the order of their ids, for the caller to tern_free(); NULL when there
 * is none. -ENOMEM.
 */
int tern_spirv_constants(const struct tern_spirv *m, struct tern_spirv_constant **out,
			 size_t *count) TERN_MUST_CHECK;
/*
 * Sets all constants @id to the @size bytes at @value. -ENOENT: there is none; -EINVAL: it has
 * another size. Nothing is changed then.
 */
int tern_spirv_constant_set(struct tern_spirv_constant *constants, size_t count, uint32_t id,
			    size_t size, const void *value) TERN_MUST_CHECK;
/* Writes the module in this machine's byte order, with the values that are set, to @words, which
 * has room for m->words. */
void tern_spirv_specialize(const struct tern_spirv *m, const struct tern_spirv_constant *constants,
			   size_t count, uint32_t *words);

/* A capability that modules may declare, and what of kernels/features.h it depends on. */
struct tern_spirv_capability {
	uint32_t number;
	const char *name;
	const char *needs; /* a feature or an extension; "": nothing; NULL: never supported */
};

/* The capabilities that have a name here, *@count of them. */
const struct tern_spirv_capability *tern_spirv_capabilities(size_t *count);
bool tern_spirv_capability_supported(const struct tern_spirv_capability *c);

#endif
