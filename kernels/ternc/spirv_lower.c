/* SPDX-License-Identifier: MIT */
/*
 * DOC: SPIR-V that the translator does not know
 *
 * It reads SPIR-V 1.0 to 1.4, but for some instructions, and modules of later versions not at all,
 * although they hardly differ where kernels are concerned. What it lacks, or has wrong, is said
 * here with what it has:
 *
 *	version 1.5, 1.6		1.4
 *	OpConstantNull of a scalar	OpConstant 0, OpConstantFalse
 *	OpVariable with a value		an OpStore behind the function's variables: the translator
 *					makes one variable of it for all work-items
 *	OpCopyMemory			OpLoad, OpStore
 *	OpCopyMemorySized, two operands	one, which promises what both do
 *	OpCompositeConstruct		OpCompositeInsert: the translator takes constants only
 *	OpCompositeExtract, -Insert	with all indices but the last, and with the last: the
 *	of a vector's component		translator takes no vectors inside of composites
 *	OpVectorShuffle of two types	OpCompositeExtract, OpCompositeInsert
 *	OpBitcast of a pointer		by way of a 64-bit integer, from or to a vector
 *	OpPtrEqual, OpPtrNotEqual	OpIEqual, OpINotEqual of the addresses
 *	OpPtrDiff			the addresses' difference, divided by that of two elements
 *	OpCopyLogical			OpCompositeExtract of each scalar, OpCompositeInsert
 *	OpIAddCarry, OpISubBorrow	OpIAdd, OpISub, logic of bits
 *	OpUMulExtended, OpSMulExtended	OpIMul, u_mul_hi, s_mul_hi
 *	OpExpectKHR			OpCopyObject
 *	OpGroupNonUniformRotateKHR	OpFunctionCall of a function of the device library
 *	OpDecorateString, hints		nothing
 *
 * The module is foreign: all that is looked up may be missing, which ends in an instruction that is
 * left as it was. New results get ids from the header's bound on. A 64-bit type and the constant 1
 * are put before the first function where something needs them.
 */
#include "kernels/ternc/spirv_lower.h"

#include "kernels/ternc/spirv_words.h"
#include "runtime/base/alloc.h"

enum {
	STORAGE_FUNCTION = 7,
	DECORATION_UNIFORM = 26,
	DECORATION_UNIFORM_ID = 27,
	MEMORY_ALIGNED = 2,
	MEMORY_KNOWN = 1 | MEMORY_ALIGNED | 4, /* volatile, non-temporal */
};

/* A variable of a function, and the value that it begins with. */
struct beginning {
	uint32_t variable, value;
};

struct lowering {
	struct spv_words s;
	uint32_t ulong_type, one; /* ids; 0: none yet */
	bool wants_ulong, wants_one;
	uint32_t copies;              /* so far, for spv_lower_copy_logical() */
	struct beginning *beginnings; /* of the function that is at hand */
	size_t beginning_count, beginning_room;
	struct spv_rotations rotations;
	struct spv_wides wides;
};

static uint32_t word(const struct lowering *l, size_t at)
{
	return spv_word(&l->s, at);
}

static bool is_pointer(const struct lowering *l, uint32_t type)
{
	return spv_find(&l->s, type, SPV_OP_TYPE_POINTER, 4) != SPV_NOT_FOUND;
}

/* ---- constants, variables ---- */

static bool lower_null(struct lowering *l, const struct tern_spirv_instruction *i)
{
	uint32_t type = i->words == 3 ? word(l, i->at + 1) : 0;
	uint32_t bits = spv_scalar_bits(&l->s, type), result = word(l, i->at + i->words - 1);
	if (bits == 1)
		SPV_PUT(&l->s, SPV_OP_CONSTANT_FALSE, type, result);
	else if (bits == 64)
		SPV_PUT(&l->s, SPV_OP_CONSTANT, type, result, 0, 0);
	else if (bits && bits < 64)
		SPV_PUT(&l->s, SPV_OP_CONSTANT, type, result, 0);
	return bits && bits <= 64;
}

static bool has_beginning(const struct tern_spirv *m, const struct tern_spirv_instruction *i)
{
	return i->op == SPV_OP_VARIABLE && i->words == 5 &&
	       tern_spirv_word(m, i->at + 3) == STORAGE_FUNCTION;
}

static bool lower_variable(struct lowering *l, const struct tern_spirv_instruction *i)
{
	if (!has_beginning(l->s.m, i))
		return false;
	if (l->beginning_count == l->beginning_room) {
		size_t room = l->beginning_room ? 2 * l->beginning_room : 16;
		struct beginning *grown =
			tern_realloc_array(l->beginnings, room, sizeof(*l->beginnings));
		if (!grown) {
			l->s.failed = true;
			return false;
		}
		l->beginnings = grown;
		l->beginning_room = room;
	}
	SPV_PUT(&l->s, SPV_OP_VARIABLE, word(l, i->at + 1), word(l, i->at + 2), STORAGE_FUNCTION);
	l->beginnings[l->beginning_count++] =
		(struct beginning){word(l, i->at + 2), word(l, i->at + 4)};
	return true;
}

/* All variables come first in a function. */
static void put_beginnings(struct lowering *l)
{
	for (size_t i = 0; i < l->beginning_count; i++)
		SPV_PUT(&l->s, SPV_OP_STORE, l->beginnings[i].variable, l->beginnings[i].value);
	l->beginning_count = 0;
}

/* ---- memory ---- */

/* Words of the memory operands at @at, within @left; 0: none, or of a kind that is not known. */
static uint32_t operand_words(const struct lowering *l, size_t at, uint32_t left)
{
	uint32_t mask = left ? word(l, at) : 0, words = mask & MEMORY_ALIGNED ? 2 : 1;
	return left && !(mask & ~(uint32_t)MEMORY_KNOWN) && words <= left ? words : 0;
}

/* Memory operands of the target and of the source of a copy, which are the same if there is one. */
struct copy_operands {
	size_t target, source; /* where they are */
	uint32_t target_words, source_words;
};

static bool get_copy_operands(const struct lowering *l, const struct tern_spirv_instruction *i,
			      uint32_t fixed, struct copy_operands *out)
{
	uint32_t left = i->words > fixed ? i->words - fixed : 0;
	size_t at = i->at + fixed;
	uint32_t words = operand_words(l, at, left);
	*out = (struct copy_operands){at, at, words, words};
	if (left <= words)
		return left == words;
	out->source = at + words;
	out->source_words = words ? operand_words(l, at + words, left - words) : 0;
	return out->source_words && words + out->source_words == left;
}

static bool lower_copy_memory(struct lowering *l, const struct tern_spirv_instruction *i)
{
	struct copy_operands c;
	uint32_t operands[8], n = 0;
	if (i->words < 3 || !get_copy_operands(l, i, 3, &c))
		return false;
	uint32_t target = word(l, i->at + 1), source = word(l, i->at + 2), id = spv_new_id(&l->s);
	size_t pointer = spv_find(&l->s, spv_type_of(&l->s, source), SPV_OP_TYPE_POINTER, 4);
	if (!pointer)
		return false;
	operands[n++] = word(l, pointer + 3);
	operands[n++] = id;
	operands[n++] = source;
	for (uint32_t k = 0; k < c.source_words; k++)
		operands[n++] = word(l, c.source + k);
	spv_put_instruction(&l->s, SPV_OP_LOAD, operands, n);
	n = 0;
	operands[n++] = target;
	operands[n++] = id;
	for (uint32_t k = 0; k < c.target_words; k++)
		operands[n++] = word(l, c.target + k);
	spv_put_instruction(&l->s, SPV_OP_STORE, operands, n);
	return true;
}

static bool lower_copy_memory_sized(struct lowering *l, const struct tern_spirv_instruction *i)
{
	struct copy_operands c;
	if (i->words < 4 || !get_copy_operands(l, i, 4, &c) || c.source == c.target)
		return false;
	uint32_t a = word(l, c.target), b = word(l, c.source);
	uint32_t mask = (a | b) & ~(uint32_t)MEMORY_ALIGNED;
	uint32_t target = word(l, i->at + 1), source = word(l, i->at + 2),
		 size = word(l, i->at + 3);
	if (a & b & MEMORY_ALIGNED)
		SPV_PUT(&l->s, i->op, target, source, size, mask | MEMORY_ALIGNED,
			tern_min(word(l, c.target + 1), word(l, c.source + 1)));
	else
		SPV_PUT(&l->s, i->op, target, source, size, mask);
	return true;
}

/* ---- pointers ---- */

static uint32_t put_address(struct lowering *l, uint32_t pointer)
{
	uint32_t id = spv_new_id(&l->s);
	SPV_PUT(&l->s, SPV_OP_CONVERT_PTR_TO_U, l->ulong_type, id, pointer);
	return id;
}

static bool lower_ptr_compare(struct lowering *l, const struct tern_spirv_instruction *i)
{
	if (i->words != 5)
		return false;
	uint32_t a = put_address(l, word(l, i->at + 3)), b = put_address(l, word(l, i->at + 4));
	SPV_PUT(&l->s, i->op == SPV_OP_PTR_EQUAL ? SPV_OP_I_EQUAL : SPV_OP_I_NOT_EQUAL,
		word(l, i->at + 1), word(l, i->at + 2), a, b);
	return true;
}

/* (a - b) / (&a[1] - a), in bytes */
static bool lower_ptr_diff(struct lowering *l, const struct tern_spirv_instruction *i)
{
	struct spv_words *s = &l->s;
	if (i->words != 5)
		return false;
	uint32_t pointer = word(l, i->at + 3), type = spv_type_of(s, pointer);
	uint32_t bits = spv_scalar_bits(s, word(l, i->at + 1));
	if (!type || !bits)
		return false;
	uint32_t a = put_address(l, pointer), b = put_address(l, word(l, i->at + 4));
	uint32_t bytes = spv_new_id(s), behind = spv_new_id(s), element = spv_new_id(s);
	SPV_PUT(s, SPV_OP_I_SUB, l->ulong_type, bytes, a, b);
	SPV_PUT(s, SPV_OP_PTR_ACCESS_CHAIN, type, behind, pointer, l->one);
	uint32_t c = put_address(l, behind);
	SPV_PUT(s, SPV_OP_I_SUB, l->ulong_type, element, c, a);
	if (bits == 64) {
		SPV_PUT(s, SPV_OP_S_DIV, word(l, i->at + 1), word(l, i->at + 2), bytes, element);
		return true;
	}
	uint32_t elements = spv_new_id(s);
	SPV_PUT(s, SPV_OP_S_DIV, l->ulong_type, elements, bytes, element);
	SPV_PUT(s, SPV_OP_U_CONVERT, word(l, i->at + 1), word(l, i->at + 2), elements);
	return true;
}

/* What is no pointer may be a vector: an integer comes between. */
static bool lower_bitcast(struct lowering *l, const struct tern_spirv_instruction *i)
{
	struct spv_words *s = &l->s;
	if (i->words != 4)
		return false;
	uint32_t type = word(l, i->at + 1), result = word(l, i->at + 2), value = word(l, i->at + 3);
	bool to = is_pointer(l, type), from = is_pointer(l, spv_type_of(s, value));
	uint32_t between = spv_new_id(s);
	if (to == from)
		return false;
	if (from) {
		SPV_PUT(s, SPV_OP_CONVERT_PTR_TO_U, l->ulong_type, between, value);
		SPV_PUT(s, SPV_OP_BITCAST, type, result, between);
	} else {
		SPV_PUT(s, SPV_OP_BITCAST, l->ulong_type, between, value);
		SPV_PUT(s, SPV_OP_CONVERT_U_TO_PTR, type, result, between);
	}
	return true;
}

/* ---- the module ---- */

static bool lower_expect(struct lowering *l, const struct tern_spirv_instruction *i)
{
	if (i->words != 5)
		return false;
	SPV_PUT(&l->s, SPV_OP_COPY_OBJECT, word(l, i->at + 1), word(l, i->at + 2),
		word(l, i->at + 3));
	return true;
}

/* Instructions and decorations that are no more than hints, or comments. */
static bool is_hint(const struct tern_spirv *m, const struct tern_spirv_instruction *i)
{
	uint32_t decoration = i->words >= 3 ? tern_spirv_word(m, i->at + 2) : 0;
	return i->op == SPV_OP_ASSUME_TRUE || i->op == SPV_OP_DECORATE_STRING ||
	       i->op == SPV_OP_MEMBER_DECORATE_STRING ||
	       (i->op == TERN_SPIRV_OP_DECORATE && decoration == DECORATION_UNIFORM) ||
	       (i->op == SPV_OP_DECORATE_ID && decoration == DECORATION_UNIFORM_ID);
}

/* True when something was put in the place of @i. */
static bool lower(struct lowering *l, const struct tern_spirv_instruction *i)
{
	switch (i->op) {
	case SPV_OP_CONSTANT_NULL:
		return lower_null(l, i);
	case SPV_OP_VARIABLE:
		return lower_variable(l, i);
	case SPV_OP_COPY_MEMORY:
		return lower_copy_memory(l, i);
	case SPV_OP_COPY_MEMORY_SIZED:
		return lower_copy_memory_sized(l, i);
	case SPV_OP_VECTOR_SHUFFLE:
		return spv_lower_shuffle(&l->s, i);
	case SPV_OP_COMPOSITE_CONSTRUCT:
		return spv_lower_construct(&l->s, i);
	case SPV_OP_COMPOSITE_EXTRACT:
	case SPV_OP_COMPOSITE_INSERT:
		return spv_lower_component(&l->s, i);
	case SPV_OP_BITCAST:
		return lower_bitcast(l, i);
	case SPV_OP_PTR_EQUAL:
	case SPV_OP_PTR_NOT_EQUAL:
		return lower_ptr_compare(l, i);
	case SPV_OP_PTR_DIFF:
		return lower_ptr_diff(l, i);
	case SPV_OP_COPY_LOGICAL:
		return spv_lower_copy_logical(&l->s, i, &l->copies);
	case SPV_OP_EXPECT:
		return lower_expect(l, i);
	default:
		return is_hint(l->s.m, i) || spv_lower_rotation(&l->s, i, &l->rotations) ||
		       spv_lower_wide(&l->s, i, &l->wides);
	}
}

/* Whether there may be something to lower: most modules have nothing. */
static bool is_needed(const struct tern_spirv *m)
{
	struct tern_spirv_instruction i = {0};
	bool any = m->version > TERN_SPIRV_VERSION(4);
	while (!any && tern_spirv_next(m, &i))
		any = i.op == SPV_OP_CONSTANT_NULL || i.op == SPV_OP_COPY_MEMORY ||
		      i.op == SPV_OP_COPY_MEMORY_SIZED || i.op == SPV_OP_VECTOR_SHUFFLE ||
		      i.op == SPV_OP_COMPOSITE_CONSTRUCT || i.op == SPV_OP_BITCAST ||
		      i.op == SPV_OP_COMPOSITE_EXTRACT || i.op == SPV_OP_COMPOSITE_INSERT ||
		      i.op == SPV_OP_EXPECT ||
		      (i.op >= SPV_OP_COPY_LOGICAL && i.op <= SPV_OP_PTR_DIFF) ||
		      has_beginning(m, &i) || is_hint(m, &i) || spv_is_rotation(m, &i) ||
		      spv_is_wide(&i);
	return any;
}

/* What the instructions need besides. */
static void find_needs(struct lowering *l)
{
	struct tern_spirv_instruction i = {0};
	while (tern_spirv_next(l->s.m, &i)) {
		l->wants_one |= i.op == SPV_OP_PTR_DIFF;
		l->wants_ulong |= (i.op >= SPV_OP_PTR_EQUAL && i.op <= SPV_OP_PTR_DIFF) ||
				  i.op == SPV_OP_BITCAST;
		if (i.op == TERN_SPIRV_OP_TYPE_INT && i.words == 4 && word(l, i.at + 2) == 64)
			l->ulong_type = word(l, i.at + 1);
		spv_find_rotation(&l->s, &i, &l->rotations);
		spv_find_wide(&l->s, &i, &l->wides);
	}
}

/* Before the first function. */
static void put_needs(struct lowering *l)
{
	if (l->wants_ulong && !l->ulong_type) {
		l->ulong_type = spv_new_id(&l->s);
		SPV_PUT(&l->s, TERN_SPIRV_OP_TYPE_INT, l->ulong_type, 64, 0);
	}
	if (l->wants_one) {
		l->one = spv_new_id(&l->s);
		SPV_PUT(&l->s, SPV_OP_CONSTANT, l->ulong_type, l->one, 1, 0);
	}
	spv_constants_for_wide(&l->s, &l->wides);
	spv_declare_rotations(&l->s, &l->rotations);
}

static void put_module(struct lowering *l)
{
	struct tern_spirv_instruction i = {0};
	bool in_functions = false, in_types = false;
	for (size_t k = 0; k < TERN_SPIRV_HEADER_WORDS; k++)
		spv_put(&l->s, word(l, k));
	l->s.words[1] = tern_min(l->s.m->version, TERN_SPIRV_VERSION(4));
	while (tern_spirv_next(l->s.m, &i)) {
		if (i.op == TERN_SPIRV_OP_MEMORY_MODEL)
			spv_import_for_wide(&l->s, &l->wides);
		if (i.op >= SPV_OP_TYPE_FIRST && i.op <= SPV_OP_TYPE_LAST && !in_types) {
			spv_name_rotations(&l->s, &l->rotations);
			in_types = true;
		}
		if (i.op == SPV_OP_FUNCTION && !in_functions) {
			put_needs(l);
			in_functions = true;
		}
		if (i.op != SPV_OP_VARIABLE && l->beginning_count)
			put_beginnings(l);
		if (!lower(l, &i))
			spv_put_same(&l->s, &i);
	}
	l->s.words[SPV_BOUND_AT] = l->s.next_id;
}

bool tern_spirv_lower(const struct tern_spirv *m, uint32_t **out, size_t *bytes)
{
	struct lowering l = {0};
	*out = NULL;
	if (!is_needed(m))
		return true;
	spv_words_init(&l.s, m);
	if (!l.s.failed) {
		find_needs(&l);
		put_module(&l);
	}
	spv_words_finish(&l.s);
	tern_free(l.beginnings);
	if (l.s.failed) {
		tern_free(l.s.words);
		return false;
	}
	*out = l.s.words;
	*bytes = 4 * l.s.count;
	return true;
}
