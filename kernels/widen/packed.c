/* SPDX-License-Identifier: MIT */
/*
 * Vectors of work-items that are only ever treated element by element: from a wide load to a wide
 * store the elements of all lanes may stay as they lie in memory. At the store, where the leaves
 * would be interleaved, the operations that made them are done again on whole vectors, if they are
 * the same for all leaves; those on leaves go away when nobody else uses them.
 */
#include <string.h>

#include "kernels/widen/internal.h"

enum { DEEP = 24, MOST_VALUES = 64, MOST_ELEMENTS = 16 };

struct packing {
	struct widen_emit *e;
	unsigned n;                                      /* leaves */
	unsigned count;                                  /* of what has been made */
	LLVMValueRef leaves[MOST_VALUES][MOST_ELEMENTS]; /* of it */
	LLVMValueRef packed[MOST_VALUES];
};

static LLVMValueRef pack(struct packing *p, LLVMValueRef *leaves, unsigned depth);

static bool are_equal(const struct packing *p, LLVMValueRef *leaves)
{
	for (unsigned i = 1; i < p->n; i++)
		if (leaves[i] != leaves[0])
			return false;
	return true;
}

static LLVMTypeRef wide_type(const struct packing *p, LLVMValueRef leaf)
{
	LLVMTypeRef type = LLVMTypeOf(leaf);
	return LLVMVectorType(LLVMGetElementType(type), LLVMGetVectorSize(type) * p->n);
}

/* ---- what leaves come from ---- */

/* Leaf @i is what widen_deinterleave() made of a vector: that vector. */
static LLVMValueRef taken_from(const struct packing *p, LLVMValueRef leaf, unsigned i)
{
	if (!LLVMIsAShuffleVectorInst(leaf))
		return NULL;
	LLVMValueRef wide = LLVMGetOperand(leaf, 0);
	unsigned lanes = LLVMGetNumMaskElements(leaf);
	if (LLVMGetVectorSize(LLVMTypeOf(wide)) != lanes * p->n)
		return NULL;
	for (unsigned l = 0; l < lanes; l++)
		if (LLVMGetMaskValue(leaf, l) != (int)(l * p->n + i))
			return NULL;
	return wide;
}

/* Leaf @i of all is what taken_from() says of the same vector: that one. */
static LLVMValueRef common_source(const struct packing *p, LLVMValueRef *leaves)
{
	LLVMValueRef source = taken_from(p, leaves[0], 0);
	for (unsigned i = 1; i < p->n && source; i++)
		if (taken_from(p, leaves[i], i) != source)
			return NULL;
	return source;
}

/* @leaf has in all lanes one element of a uniform vector: that vector. */
static LLVMValueRef spread_from(LLVMValueRef leaf, int64_t *element)
{
	int64_t zero;
	if (!LLVMIsAShuffleVectorInst(leaf))
		return NULL;
	for (unsigned l = 0; l < LLVMGetNumMaskElements(leaf); l++)
		if (LLVMGetMaskValue(leaf, l) != 0)
			return NULL;
	LLVMValueRef insert = LLVMGetOperand(leaf, 0);
	if (!LLVMIsAInsertElementInst(insert) ||
	    !widen_constant_int(LLVMGetOperand(insert, 2), &zero) || zero != 0)
		return NULL;
	LLVMValueRef extract = LLVMGetOperand(insert, 1);
	if (!LLVMIsAExtractElementInst(extract) ||
	    !widen_constant_int(LLVMGetOperand(extract, 1), element))
		return NULL;
	return LLVMGetOperand(extract, 0);
}

/* All leaves are elements of one uniform vector. */
static LLVMValueRef pack_spread(struct packing *p, LLVMValueRef *leaves)
{
	int64_t element[MOST_ELEMENTS];
	int index[WIDEN_MAX_LANES * MOST_ELEMENTS];
	LLVMValueRef source = spread_from(leaves[0], &element[0]);
	for (unsigned i = 1; i < p->n && source; i++)
		if (spread_from(leaves[i], &element[i]) != source)
			return NULL;
	unsigned count = p->e->lanes * p->n;
	for (unsigned i = 0; i < count && source; i++)
		index[i] = (int)element[i % p->n];
	return source ? widen_shuffle(p->e, source, NULL, index, count) : NULL;
}

/* All leaves are the same: each element comes as often as there are leaves. */
static LLVMValueRef repeat(struct packing *p, LLVMValueRef leaf)
{
	int index[WIDEN_MAX_LANES * MOST_ELEMENTS];
	unsigned count = p->e->lanes * p->n;
	for (unsigned i = 0; i < count; i++)
		index[i] = (int)(i / p->n);
	return widen_shuffle(p->e, leaf, NULL, index, count);
}

static LLVMValueRef pack_constants(struct packing *p, LLVMValueRef *leaves)
{
	LLVMValueRef elements[WIDEN_MAX_LANES * MOST_ELEMENTS];
	for (unsigned i = 0; i < p->e->lanes * p->n; i++) {
		LLVMValueRef leaf = leaves[i % p->n];
		elements[i] = LLVMIsConstant(leaf) ? LLVMGetAggregateElement(leaf, i / p->n) : NULL;
		if (!elements[i])
			return NULL;
	}
	return LLVMConstVector(elements, p->e->lanes * p->n);
}

/* ---- what made them ---- */

static bool is_same_operation(LLVMValueRef a, LLVMValueRef b)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(a);
	if (LLVMGetInstructionOpcode(b) != op || LLVMTypeOf(a) != LLVMTypeOf(b))
		return false;
	for (unsigned i = 0; i < widen_operand_count(a); i++)
		if (LLVMTypeOf(LLVMGetOperand(a, i)) != LLVMTypeOf(LLVMGetOperand(b, i)))
			return false;
	switch (op) {
	case LLVMICmp:
		return LLVMGetICmpPredicate(a) == LLVMGetICmpPredicate(b);
	case LLVMFCmp:
		return LLVMGetFCmpPredicate(a) == LLVMGetFCmpPredicate(b);
	case LLVMCall:
		return LLVMGetCalledValue(a) == LLVMGetCalledValue(b);
	default:
		return true;
	}
}

/* Element by element, without effects, and with no more to say than opcode and operands. */
static bool is_elementwise(LLVMValueRef inst)
{
	const char *name, *overloads;
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	switch (op) {
	case LLVMICmp:
	case LLVMFCmp:
	case LLVMFNeg:
	case LLVMSelect:
		return true;
	case LLVMCall:
		overloads = widen_intrinsic_overloads(inst, &name);
		return overloads && overloads[0] == 'r' && !overloads[1];
	default:
		return (LLVMIsACastInst(inst) && op != LLVMBitCast) ||
		       (LLVMIsABinaryOperator(inst) && !widen_is_integer_division(op));
	}
}

static LLVMValueRef build(struct packing *p, LLVMValueRef leaf, LLVMValueRef *operands)
{
	LLVMBuilderRef b = p->e->builder;
	LLVMOpcode op = LLVMGetInstructionOpcode(leaf);
	LLVMTypeRef type = wide_type(p, leaf);
	const char *name;
	switch (op) {
	case LLVMICmp:
		return LLVMBuildICmp(b, LLVMGetICmpPredicate(leaf), operands[0], operands[1], "");
	case LLVMFCmp:
		return LLVMBuildFCmp(b, LLVMGetFCmpPredicate(leaf), operands[0], operands[1], "");
	case LLVMFNeg:
		return LLVMBuildFNeg(b, operands[0], "");
	case LLVMSelect:
		return LLVMBuildSelect(b, operands[0], operands[1], operands[2], "");
	case LLVMCall:
		(void)widen_intrinsic_overloads(leaf, &name);
		return widen_intrinsic(p->e, name, &type, 1, operands, widen_operand_count(leaf));
	default:
		return LLVMIsACastInst(leaf) ? LLVMBuildCast(b, op, operands[0], type, "")
					     : LLVMBuildBinOp(b, op, operands[0], operands[1], "");
	}
}

/* Those that all leaves have. */
static void copy_math_flags(const struct packing *p, LLVMValueRef *leaves, LLVMValueRef v)
{
	LLVMFastMathFlags flags = LLVMFastMathAll;
	if (!LLVMIsAInstruction(v) || !LLVMCanValueUseFastMathFlags(v))
		return;
	for (unsigned i = 0; i < p->n; i++)
		flags &= LLVMGetFastMathFlags(leaves[i]);
	LLVMSetFastMathFlags(v, flags);
}

static LLVMValueRef pack_operation(struct packing *p, LLVMValueRef *leaves, unsigned depth)
{
	enum { MOST_OPERANDS = 3 };
	LLVMValueRef operands[MOST_OPERANDS] = {0}, parts[MOST_ELEMENTS];
	if (!LLVMIsAInstruction(leaves[0]) || !is_elementwise(leaves[0]))
		return NULL;
	for (unsigned i = 1; i < p->n; i++)
		if (!LLVMIsAInstruction(leaves[i]) || !is_same_operation(leaves[0], leaves[i]))
			return NULL;
	unsigned count = widen_operand_count(leaves[0]);
	for (unsigned k = 0; k < count; k++) {
		if (k == MOST_OPERANDS)
			return NULL;
		for (unsigned i = 0; i < p->n; i++)
			parts[i] = LLVMGetOperand(leaves[i], k);
		bool vector = LLVMGetTypeKind(LLVMTypeOf(parts[0])) == LLVMVectorTypeKind;
		operands[k] = vector                ? pack(p, parts, depth + 1)
			      : are_equal(p, parts) ? parts[0]
						    : NULL;
		if (!operands[k])
			return NULL;
	}
	LLVMValueRef v = build(p, leaves[0], operands);
	copy_math_flags(p, leaves, v);
	return v;
}

static LLVMValueRef pack(struct packing *p, LLVMValueRef *leaves, unsigned depth)
{
	LLVMValueRef v;
	for (unsigned i = 0; i < p->count; i++)
		if (!memcmp(p->leaves[i], leaves, p->n * sizeof(*leaves)))
			return p->packed[i];
	if (depth > DEEP || p->count == MOST_VALUES)
		return NULL;
	if ((v = common_source(p, leaves)))
		return v;
	if (are_equal(p, leaves))
		return repeat(p, leaves[0]);
	v = pack_constants(p, leaves);
	v = v ? v : pack_spread(p, leaves);
	v = v ? v : pack_operation(p, leaves, depth);
	if (v && p->count < MOST_VALUES) {
		memcpy(p->leaves[p->count], leaves, p->n * sizeof(*leaves));
		p->packed[p->count++] = v;
	}
	return v;
}

LLVMValueRef widen_packed(struct widen_emit *e, LLVMValueRef *leaves, unsigned count)
{
	struct packing p = {.e = e, .n = count};
	if (count < 2 || count > MOST_ELEMENTS)
		return NULL;
	return pack(&p, leaves, 0);
}
