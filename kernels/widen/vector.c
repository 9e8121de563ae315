/* SPDX-License-Identifier: MIT */
/* One instruction: a scalar copy, a vector form, or lane by lane. */
#include "kernels/widen/internal.h"

/* ---- scalars: uniform and linear values ---- */

static bool is_metadata(LLVMValueRef v)
{
	return LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMMetadataTypeKind;
}

/* A row without active lanes must not load from its address: from that of another row. */
static LLVMValueRef safe_pointer(struct widen_emit *e, LLVMValueRef load, LLVMValueRef pointer)
{
	const struct widen_block_state *state = &e->states[e->block];
	LLVMValueRef other = NULL;
	unsigned row = e->row;
	if (e->rows == 1 || e->shared || !e->fn->blocks[e->block].row_masked)
		return pointer;
	for (e->row = 0; e->row < e->rows; e->row++) {
		LLVMValueRef p = widen_scalar(e, LLVMGetOperand(load, 0));
		other = other ? LLVMBuildSelect(e->builder, widen_any(e, state->mask[e->row]), p,
						other, "")
			      : p;
	}
	e->row = row;
	return LLVMBuildSelect(e->builder, widen_any(e, state->mask[row]), pointer, other, "");
}

static LLVMValueRef copy_scalar(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef operands[WIDEN_MAX_OPERANDS] = {0};
	for (unsigned i = 0; i < widen_operand_count(inst); i++) {
		LLVMValueRef operand = LLVMGetOperand(inst, i);
		operands[i] = is_metadata(operand) ? operand : widen_scalar(e, operand);
	}
	if (LLVMIsALoadInst(inst))
		operands[0] = safe_pointer(e, inst, operands[0]);
	LLVMValueRef copy = widen_rebuild(e, inst, operands);
	if (LLVMTypeOf(inst) != e->fn->nothing)
		widen_set_scalar(e, inst, copy);
	return copy;
}

/* Exact values: what is 32 bits wide in the kernel, in 64 bits. */
static LLVMValueRef exact_value(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	LLVMValueRef a = LLVMGetOperand(inst, 0);
	switch (op) {
	case LLVMCall: /* an id */
		a = widen_work_item(e, widen_call_of(inst), 0);
		a = LLVMBuildTrunc(e->builder, a, e->fn->i32, "");
		return LLVMBuildSExt(e->builder, a, e->fn->i64, "");
	case LLVMTrunc:
		a = LLVMBuildTrunc(e->builder, widen_scalar(e, a), e->fn->i32, "");
		return LLVMBuildSExt(e->builder, a, e->fn->i64, "");
	case LLVMFreeze:
		return LLVMBuildFreeze(e->builder, widen_scalar64(e, a), "");
	case LLVMSelect:
		return LLVMBuildSelect(e->builder, widen_scalar(e, a),
				       widen_scalar64(e, LLVMGetOperand(inst, 1)),
				       widen_scalar64(e, LLVMGetOperand(inst, 2)), "");
	default:
		return LLVMBuildBinOp(e->builder, op == LLVMOr ? LLVMAdd : op, widen_scalar64(e, a),
				      widen_scalar64(e, LLVMGetOperand(inst, 1)), "");
	}
}

static LLVMValueRef linear_address(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef index[WIDEN_MAX_OPERANDS];
	unsigned n = LLVMGetNumIndices(inst);
	if (widen_value_of(e->fn, inst)->element)
		return widen_private_address(e, inst, false);
	for (unsigned i = 0; i < n; i++) {
		LLVMValueRef old = LLVMGetOperand(inst, i + 1);
		bool exact = widen_shape_of(e->fn, old) == WIDEN_LINEAR &&
			     widen_value_of(e->fn, old)->exact;
		index[i] = exact ? widen_scalar64(e, old) : widen_scalar(e, old);
	}
	return LLVMBuildGEP2(e->builder, LLVMGetGEPSourceElementType(inst),
			     widen_scalar(e, LLVMGetOperand(inst, 0)), index, n, "");
}

static LLVMValueRef linear_sum(struct widen_emit *e, LLVMValueRef inst)
{
	return LLVMBuildAdd(e->builder, widen_scalar(e, LLVMGetOperand(inst, 0)),
			    widen_scalar(e, LLVMGetOperand(inst, 1)), "");
}

/* Lane 0 may be inactive: its value must not be poison for that. */
static void emit_linear(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	const struct widen_value *v = widen_value_of(e->fn, inst);
	if (v->exact)
		widen_set_scalar(e, inst, exact_value(e, inst));
	else if (op == LLVMZExt && !LLVMGetNNeg(inst)) /* of an id */
		widen_set_scalar(e, inst,
				 LLVMBuildZExt(e->builder, widen_scalar(e, LLVMGetOperand(inst, 0)),
					       e->fn->i64, ""));
	else if (op == LLVMSExt || op == LLVMZExt)
		widen_set_scalar(e, inst, widen_scalar64(e, LLVMGetOperand(inst, 0)));
	else if (op == LLVMAlloca)
		widen_set_scalar(e, inst, widen_private_variables(e, inst));
	else if (op == LLVMGetElementPtr)
		widen_set_scalar(e, inst, linear_address(e, inst));
	else if (op == LLVMOr) /* disjoint in active lanes only */
		widen_set_scalar(e, inst, linear_sum(e, inst));
	else
		widen_drop_poison_flags(copy_scalar(e, inst));
}

/* ---- vectors ---- */

static void copy_math_flags(LLVMValueRef from, LLVMValueRef to)
{
	if (LLVMIsAInstruction(to) && LLVMCanValueUseFastMathFlags(from) &&
	    LLVMCanValueUseFastMathFlags(to))
		LLVMSetFastMathFlags(to, LLVMGetFastMathFlags(from));
}

static LLVMValueRef binary(struct widen_emit *e, LLVMValueRef inst, LLVMOpcode op, unsigned leaf)
{
	LLVMValueRef a = widen_vector(e, LLVMGetOperand(inst, 0), leaf);
	LLVMValueRef b = widen_vector(e, LLVMGetOperand(inst, 1), leaf);
	LLVMValueRef mask = widen_mask(e);
	/* Inactive lanes divide by 1. (Constants divide by multiplying: that can only be poison.)
	 */
	if (widen_is_integer_division(op) && mask && !LLVMIsConstant(b)) {
		LLVMTypeRef type = LLVMGetElementType(LLVMTypeOf(b));
		LLVMValueRef one = widen_splat(e, widen_int(e, type, 1));
		b = LLVMBuildSelect(e->builder, mask, b, one, "");
	}
	LLVMValueRef quotient = widen_is_integer_division(op) ? widen_divide(e, op, a, b) : NULL;
	return quotient ? quotient : LLVMBuildBinOp(e->builder, op, a, b, "");
}

static LLVMValueRef vector_cast(struct widen_emit *e, LLVMValueRef inst, LLVMOpcode op,
				unsigned leaf)
{
	LLVMTypeRef type = widen_leaf_type(e->fn, LLVMTypeOf(inst), leaf);
	LLVMValueRef from = widen_vector(e, LLVMGetOperand(inst, 0), leaf);
	LLVMTypeRef wide = widen_vector_type(e, type);
	if (op == LLVMAddrSpaceCast || LLVMTypeOf(from) == wide)
		return from;
	return LLVMBuildCast(e->builder, op, from, wide, "");
}

static LLVMValueRef vector_select(struct widen_emit *e, LLVMValueRef inst, unsigned leaf)
{
	LLVMValueRef c = LLVMGetOperand(inst, 0);
	bool each = LLVMGetTypeKind(LLVMTypeOf(c)) == LLVMVectorTypeKind;
	LLVMValueRef condition = !each && widen_shape_of(e->fn, c) == WIDEN_UNIFORM
					 ? widen_scalar(e, c)
					 : widen_vector(e, c, each ? leaf : 0);
	return LLVMBuildSelect(e->builder, condition,
			       widen_vector(e, LLVMGetOperand(inst, 1), leaf),
			       widen_vector(e, LLVMGetOperand(inst, 2), leaf), "");
}

static LLVMValueRef vector_address(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef operands[WIDEN_MAX_OPERANDS] = {0};
	unsigned n = LLVMGetNumIndices(inst) + 1;
	if (widen_value_of(e->fn, inst)->element)
		return widen_private_address(e, inst, true);
	for (unsigned i = 0; i < n; i++) {
		LLVMValueRef old = LLVMGetOperand(inst, i);
		operands[i] = widen_shape_of(e->fn, old) == WIDEN_UNIFORM ? widen_scalar(e, old)
									  : widen_vector(e, old, 0);
	}
	return LLVMBuildGEP2(e->builder, LLVMGetGEPSourceElementType(inst), operands[0],
			     operands + 1, n - 1, "");
}

/* Element @index of a vector, wherever the index comes from. */
static LLVMValueRef extract_element(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef from = LLVMGetOperand(inst, 0), index = LLVMGetOperand(inst, 1);
	unsigned n = LLVMGetVectorSize(LLVMTypeOf(from));
	int64_t c;
	if (widen_constant_int(index, &c))
		return c >= 0 && c < (int64_t)n
			       ? widen_vector(e, from, (unsigned)c)
			       : LLVMGetPoison(LLVMTypeOf(widen_vector(e, from, 0)));
	LLVMValueRef result = widen_vector(e, from, 0);
	for (unsigned i = 1; i < n; i++) {
		LLVMValueRef k = widen_splat(e, widen_int(e, LLVMTypeOf(index), i));
		LLVMValueRef is =
			LLVMBuildICmp(e->builder, LLVMIntEQ, widen_vector(e, index, 0), k, "");
		result = LLVMBuildSelect(e->builder, is, widen_vector(e, from, i), result, "");
	}
	return result;
}

static LLVMValueRef insert_element(struct widen_emit *e, LLVMValueRef inst, unsigned leaf)
{
	LLVMValueRef old = LLVMGetOperand(inst, 0), v = LLVMGetOperand(inst, 1);
	LLVMValueRef index = LLVMGetOperand(inst, 2);
	int64_t c;
	if (widen_constant_int(index, &c))
		return c == (int64_t)leaf ? widen_vector(e, v, 0) : widen_vector(e, old, leaf);
	LLVMValueRef k = widen_splat(e, widen_int(e, LLVMTypeOf(index), leaf));
	LLVMValueRef is = LLVMBuildICmp(e->builder, LLVMIntEQ, widen_vector(e, index, 0), k, "");
	return LLVMBuildSelect(e->builder, is, widen_vector(e, v, 0), widen_vector(e, old, leaf),
			       "");
}

static LLVMValueRef shuffle(struct widen_emit *e, LLVMValueRef inst, unsigned leaf)
{
	LLVMValueRef a = LLVMGetOperand(inst, 0);
	int from = LLVMGetMaskValue(inst, leaf), n = (int)LLVMGetVectorSize(LLVMTypeOf(a));
	if (from < 0)
		return LLVMGetPoison(
			widen_vector_type(e, widen_leaf_type(e->fn, LLVMTypeOf(inst), leaf)));
	return from < n ? widen_vector(e, a, (unsigned)from)
			: widen_vector(e, LLVMGetOperand(inst, 1), (unsigned)(from - n));
}

/* The first leaf of what the indices of extractvalue or insertvalue name in @type. */
static unsigned named_leaf(LLVMValueRef inst, LLVMTypeRef type, unsigned *count)
{
	unsigned leaf = 0;
	for (unsigned i = 0; i < LLVMGetNumIndices(inst); i++) {
		unsigned index = LLVMGetIndices(inst)[i];
		if (LLVMGetTypeKind(type) == LLVMArrayTypeKind) {
			type = LLVMGetElementType(type);
			leaf += index * widen_leaf_count(type);
			continue;
		}
		for (unsigned j = 0; j < index; j++)
			leaf += widen_leaf_count(LLVMStructGetTypeAtIndex(type, j));
		type = LLVMStructGetTypeAtIndex(type, index);
	}
	*count = widen_leaf_count(type);
	return leaf;
}

static LLVMValueRef extract_value(struct widen_emit *e, LLVMValueRef inst, unsigned leaf)
{
	LLVMValueRef from = LLVMGetOperand(inst, 0);
	unsigned count, first = named_leaf(inst, LLVMTypeOf(from), &count);
	return widen_vector(e, from, first + leaf);
}

static LLVMValueRef insert_value(struct widen_emit *e, LLVMValueRef inst, unsigned leaf)
{
	unsigned count, first = named_leaf(inst, LLVMTypeOf(inst), &count);
	if (leaf >= first && leaf < first + count)
		return widen_vector(e, LLVMGetOperand(inst, 1), leaf - first);
	return widen_vector(e, LLVMGetOperand(inst, 0), leaf);
}

/* NULL: there is no vector form. */
static LLVMValueRef vector_leaf(struct widen_emit *e, LLVMValueRef inst, unsigned leaf)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	LLVMValueRef a = LLVMGetOperand(inst, 0);
	switch (op) {
	case LLVMFNeg:
		return LLVMBuildFNeg(e->builder, widen_vector(e, a, leaf), "");
	case LLVMFreeze:
		return LLVMBuildFreeze(e->builder, widen_vector(e, a, leaf), "");
	case LLVMICmp:
		return LLVMBuildICmp(e->builder, LLVMGetICmpPredicate(inst),
				     widen_vector(e, a, leaf),
				     widen_vector(e, LLVMGetOperand(inst, 1), leaf), "");
	case LLVMFCmp:
		return LLVMBuildFCmp(e->builder, LLVMGetFCmpPredicate(inst),
				     widen_vector(e, a, leaf),
				     widen_vector(e, LLVMGetOperand(inst, 1), leaf), "");
	case LLVMSelect:
		return vector_select(e, inst, leaf);
	case LLVMGetElementPtr:
		return vector_address(e, inst);
	case LLVMExtractElement:
		return extract_element(e, inst);
	case LLVMInsertElement:
		return insert_element(e, inst, leaf);
	case LLVMShuffleVector:
		return shuffle(e, inst, leaf);
	case LLVMExtractValue:
		return extract_value(e, inst, leaf);
	case LLVMInsertValue:
		return insert_value(e, inst, leaf);
	default:
		if (LLVMIsACastInst(inst))
			return vector_cast(e, inst, op, leaf);
		if (LLVMIsABinaryOperator(inst))
			return binary(e, inst, op, leaf);
		return NULL;
	}
}

/* ---- bits of a lane seen as another type: as_uchar4(uint) ---- */

static LLVMValueRef bits_from_flags(struct widen_emit *e, LLVMValueRef from, LLVMTypeRef type)
{
	LLVMTypeRef wide = widen_vector_type(e, type);
	LLVMValueRef sum = LLVMConstNull(wide);
	for (unsigned i = 0; i < widen_leaf_count(LLVMTypeOf(from)); i++) {
		LLVMValueRef bit = LLVMBuildZExt(e->builder, widen_vector(e, from, i), wide, "");
		LLVMValueRef by = widen_splat(e, widen_int(e, type, i));
		sum = LLVMBuildOr(e->builder, sum, LLVMBuildShl(e->builder, bit, by, ""), "");
	}
	return sum;
}

static LLVMValueRef flag_from_bits(struct widen_emit *e, LLVMValueRef from, unsigned leaf)
{
	LLVMValueRef v = widen_vector(e, from, 0);
	LLVMValueRef by = widen_splat(e, widen_int(e, LLVMTypeOf(from), leaf));
	return LLVMBuildTrunc(e->builder, LLVMBuildLShr(e->builder, v, by, ""),
			      widen_vector_type(e, e->fn->i1), "");
}

static bool is_integer(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMIntegerTypeKind;
}

static bool emit_reinterpretation(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef from = LLVMGetOperand(inst, 0), leaves[WIDEN_MAX_LEAVES];
	LLVMTypeRef to_type = LLVMTypeOf(inst);
	unsigned n = widen_leaf_count(LLVMTypeOf(from)), m = widen_leaf_count(to_type);
	LLVMTypeRef a = widen_leaf_type(e->fn, LLVMTypeOf(from), 0);
	LLVMTypeRef b = widen_leaf_type(e->fn, to_type, 0);
	if (a == e->fn->i1 && m == 1 && is_integer(b)) {
		widen_set_vector(e, inst, 0, bits_from_flags(e, from, b));
		return true;
	}
	if (b == e->fn->i1 && n == 1 && is_integer(a)) {
		for (unsigned i = 0; i < m; i++)
			widen_set_vector(e, inst, i, flag_from_bits(e, from, i));
		return true;
	}
	if (a == e->fn->i1 || b == e->fn->i1 || n > 16 || m > 16)
		return false;
	for (unsigned i = 0; i < n; i++)
		leaves[i] = widen_vector(e, from, i);
	LLVMValueRef wide = widen_interleave(e, leaves, n);
	wide = LLVMBuildBitCast(e->builder, wide, LLVMVectorType(b, m * e->lanes), "");
	for (unsigned i = 0; i < m; i++)
		widen_set_vector(e, inst, i, widen_deinterleave(e, wide, m, i));
	return true;
}

/* ---- the choice ---- */

static bool has_vector_pointers(LLVMValueRef inst)
{
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++)
		if (LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(inst, i))) == LLVMVectorTypeKind)
			return true;
	return false;
}

static bool emit_vector(struct widen_emit *e, LLVMValueRef inst)
{
	unsigned leaves = widen_leaf_count(LLVMTypeOf(inst));
	if (LLVMIsABitCastInst(inst) &&
	    leaves != widen_leaf_count(LLVMTypeOf(LLVMGetOperand(inst, 0))))
		return emit_reinterpretation(e, inst);
	if (LLVMIsAGetElementPtrInst(inst) && has_vector_pointers(inst))
		return false;
	for (unsigned leaf = 0; leaf < leaves; leaf++) {
		LLVMValueRef v = vector_leaf(e, inst, leaf);
		if (!v)
			return false;
		copy_math_flags(inst, v);
		widen_set_vector(e, inst, leaf, v);
	}
	return leaves > 0;
}

static bool operands_are_uniform(struct widen_emit *e, LLVMValueRef inst)
{
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++)
		if (widen_shape_of(e->fn, LLVMGetOperand(inst, i)) != WIDEN_UNIFORM)
			return false;
	return true;
}

static void emit_without_result(struct widen_emit *e, LLVMValueRef inst)
{
	bool repeated =
		LLVMIsAStoreInst(inst) &&
		(LLVMGetVolatile(inst) || LLVMGetOrdering(inst) != LLVMAtomicOrderingNotAtomic);
	if (operands_are_uniform(e, inst) && !repeated)
		copy_scalar(e, inst);
	else if (LLVMIsAStoreInst(inst))
		widen_emit_store(e, inst);
	else
		widen_emit_lanes(e, inst, true);
}

static void emit_varying(struct widen_emit *e, LLVMValueRef inst)
{
	if (widen_value_of(e->fn, inst)->late)
		; /* later */
	else if (LLVMIsALoadInst(inst))
		widen_emit_load(e, inst);
	else if (LLVMIsACallInst(inst)
			 ? !widen_emit_intrinsic(e, inst) && !widen_emit_machine(e, inst) &&
				   !widen_emit_together(e, inst)
			 : !widen_emit_together(e, inst) && !emit_vector(e, inst))
		widen_emit_lanes(e, inst, true);
	if (widen_value_of(e->fn, inst)->hinted)
		widen_emit_hint(e, inst);
}

LLVMValueRef widen_late_vector(struct widen_emit *e, LLVMValueRef v)
{
	if (LLVMIsACallInst(v) ? !widen_emit_intrinsic(e, v) : !emit_vector(e, v))
		widen_emit_lanes(e, v, true);
	LLVMValueRef vector = widen_vector(e, v, 0);
	widen_set_vector(e, v, 0, NULL);
	return vector;
}

void widen_emit_instruction(struct widen_emit *e, LLVMValueRef inst)
{
	const struct widen_value *v = widen_value_of(e->fn, inst);
	if (widen_is_dropped(inst))
		return;
	if (!e->fn->widened)
		copy_scalar(e, inst);
	else if (widen_emit_sub_group(e, inst) || widen_emit_flat_id(e, inst))
		return;
	else if (LLVMTypeOf(inst) == e->fn->nothing)
		emit_without_result(e, inst);
	else if (v->shape == WIDEN_LINEAR)
		emit_linear(e, inst);
	else if (v->shape == WIDEN_UNIFORM)
		copy_scalar(e, inst);
	else
		emit_varying(e, inst);
}
