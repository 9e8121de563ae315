/* SPDX-License-Identifier: MIT */
/* New values for old ones, constants, and the small pieces that all emitters use. */
#include <string.h>

#include "kernels/widen/internal.h"

/* ---- small pieces ---- */

LLVMValueRef widen_int(const struct widen_emit *e, LLVMTypeRef type, int64_t v)
{
	(void)e;
	return LLVMConstInt(type, (uint64_t)v, 1);
}

LLVMTypeRef widen_vector_type(const struct widen_emit *e, LLVMTypeRef type)
{
	return LLVMVectorType(type, e->lanes);
}

LLVMBasicBlockRef widen_append_block(struct widen_emit *e, const char *name)
{
	return LLVMAppendBasicBlockInContext(e->fn->context, e->function, name);
}

LLVMValueRef widen_splat(struct widen_emit *e, LLVMValueRef scalar)
{
	LLVMTypeRef type = widen_vector_type(e, LLVMTypeOf(scalar));
	if (LLVMIsConstant(scalar) && !LLVMIsAConstantExpr(scalar)) {
		LLVMValueRef lanes[WIDEN_MAX_LANES];
		for (unsigned i = 0; i < e->lanes; i++)
			lanes[i] = scalar;
		return LLVMConstVector(lanes, e->lanes);
	}
	LLVMValueRef poison = LLVMGetPoison(type);
	LLVMValueRef first =
		LLVMBuildInsertElement(e->builder, poison, scalar, widen_int(e, e->fn->i32, 0), "");
	return LLVMBuildShuffleVector(e->builder, first, poison,
				      LLVMConstNull(widen_vector_type(e, e->fn->i32)), "");
}

LLVMValueRef widen_steps(const struct widen_emit *e, LLVMTypeRef type, int64_t stride)
{
	LLVMValueRef lanes[WIDEN_MAX_LANES];
	for (unsigned i = 0; i < e->lanes; i++)
		lanes[i] = LLVMConstInt(type, (uint64_t)stride * i, 0);
	return LLVMConstVector(lanes, e->lanes);
}

LLVMValueRef widen_intrinsic(struct widen_emit *e, const char *name, LLVMTypeRef *overloads,
			     unsigned overload_count, LLVMValueRef *args, unsigned arg_count)
{
	unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMValueRef f = LLVMGetIntrinsicDeclaration(e->fn->module, id, overloads, overload_count);
	return LLVMBuildCall2(e->builder, LLVMGlobalGetValueType(f), f, args, arg_count, "");
}

LLVMValueRef widen_shuffle(struct widen_emit *e, LLVMValueRef a, LLVMValueRef b, const int *index,
			   unsigned count)
{
	LLVMValueRef mask[WIDEN_MAX_LANES * 2 * 16];
	for (unsigned i = 0; i < count; i++)
		mask[i] = index[i] < 0 ? LLVMGetPoison(e->fn->i32)
				       : widen_int(e, e->fn->i32, index[i]);
	return LLVMBuildShuffleVector(e->builder, a, b ? b : LLVMGetPoison(LLVMTypeOf(a)),
				      LLVMConstVector(mask, count), "");
}

/* Which member of struct or array @type holds *@leaf; leaves the rest in *@leaf. */
static unsigned member_of(LLVMTypeRef type, unsigned *leaf, LLVMTypeRef *member)
{
	if (LLVMGetTypeKind(type) == LLVMArrayTypeKind) {
		*member = LLVMGetElementType(type);
		unsigned n = widen_leaf_count(*member), i = *leaf / n;
		*leaf %= n;
		return i;
	}
	for (unsigned i = 0;; i++) {
		*member = LLVMStructGetTypeAtIndex(type, i);
		unsigned n = widen_leaf_count(*member);
		if (*leaf < n)
			return i;
		*leaf -= n;
	}
}

LLVMValueRef widen_extract_leaf(struct widen_emit *e, LLVMValueRef v, LLVMTypeRef type,
				unsigned leaf)
{
	switch (LLVMGetTypeKind(type)) {
	case LLVMVectorTypeKind:
		return LLVMBuildExtractElement(e->builder, v, widen_int(e, e->fn->i32, leaf), "");
	case LLVMArrayTypeKind:
	case LLVMStructTypeKind: {
		LLVMTypeRef member;
		unsigned i = member_of(type, &leaf, &member);
		return widen_extract_leaf(e, LLVMBuildExtractValue(e->builder, v, i, ""), member,
					  leaf);
	}
	default:
		return v;
	}
}

LLVMValueRef widen_insert_leaf(struct widen_emit *e, LLVMValueRef v, LLVMTypeRef type,
			       unsigned leaf, LLVMValueRef new_leaf)
{
	switch (LLVMGetTypeKind(type)) {
	case LLVMVectorTypeKind:
		return LLVMBuildInsertElement(e->builder, v, new_leaf,
					      widen_int(e, e->fn->i32, leaf), "");
	case LLVMArrayTypeKind:
	case LLVMStructTypeKind: {
		LLVMTypeRef member;
		unsigned i = member_of(type, &leaf, &member);
		LLVMValueRef old = LLVMBuildExtractValue(e->builder, v, i, "");
		LLVMValueRef changed = widen_insert_leaf(e, old, member, leaf, new_leaf);
		return LLVMBuildInsertValue(e->builder, v, changed, i, "");
	}
	default:
		return new_leaf;
	}
}

LLVMValueRef widen_mask(const struct widen_emit *e)
{
	const struct widen_block_state *state = &e->states[e->block];
	return e->shared ? state->shared_mask : state->mask[e->row];
}

LLVMValueRef widen_mask_or_all(struct widen_emit *e, LLVMValueRef mask)
{
	return mask ? mask : LLVMConstAllOnes(widen_vector_type(e, e->fn->i1));
}

LLVMValueRef widen_any(struct widen_emit *e, LLVMValueRef mask)
{
	LLVMTypeRef bits = LLVMIntTypeInContext(e->fn->context, e->lanes);
	LLVMValueRef v = LLVMBuildBitCast(e->builder, mask, bits, "");
	return LLVMBuildICmp(e->builder, LLVMIntNE, v, LLVMConstNull(bits), "");
}

LLVMValueRef widen_full(struct widen_emit *e, LLVMValueRef mask)
{
	LLVMTypeRef bits = LLVMIntTypeInContext(e->fn->context, e->lanes);
	LLVMValueRef v = LLVMBuildBitCast(e->builder, mask, bits, "");
	return LLVMBuildICmp(e->builder, LLVMIntEQ, v, LLVMConstAllOnes(bits), "");
}

LLVMValueRef widen_all_of(struct widen_emit *e, LLVMValueRef good, LLVMValueRef mask)
{
	if (mask)
		good = LLVMBuildSelect(e->builder, mask, good, LLVMConstAllOnes(LLVMTypeOf(good)),
				       "");
	return widen_full(e, good);
}

/* ---- constants ---- */

static bool names_other_space(const struct widen_fn *fn, LLVMValueRef constant)
{
	if (widen_map_type(fn, LLVMTypeOf(constant)) != LLVMTypeOf(constant))
		return true;
	if (LLVMIsAGlobalValue(constant))
		return false;
	for (int i = 0; i < LLVMGetNumOperands(constant); i++)
		if (names_other_space(fn, LLVMGetOperand(constant, (unsigned)i)))
			return true;
	return false;
}

static LLVMValueRef local_variable(struct widen_emit *e, LLVMValueRef global)
{
	LLVMValueRef offset = widen_int(e, e->fn->i64, (int64_t)widen_local_offset(e->fn, global));
	return LLVMBuildGEP2(e->builder, e->fn->i8, e->local_mem, &offset, 1, "");
}

static LLVMValueRef map_constant(struct widen_emit *e, LLVMValueRef c);

static LLVMValueRef map_expression(struct widen_emit *e, LLVMValueRef c)
{
	LLVMTypeRef type = widen_map_type(e->fn, LLVMTypeOf(c));
	LLVMOpcode op = LLVMGetConstOpcode(c);
	LLVMValueRef operands[WIDEN_MAX_OPERANDS] = {0};
	unsigned n = (unsigned)LLVMGetNumOperands(c);
	for (unsigned i = 0; i < n; i++)
		operands[i] = map_constant(e, LLVMGetOperand(c, i));
	switch (op) {
	case LLVMGetElementPtr:
		return LLVMBuildGEP2(e->builder, LLVMGetGEPSourceElementType(c), operands[0],
				     operands + 1, n - 1, "");
	case LLVMAddrSpaceCast:
		return operands[0];
	case LLVMPtrToInt:
	case LLVMIntToPtr:
	case LLVMTrunc:
	case LLVMBitCast:
		return LLVMTypeOf(operands[0]) == type
			       ? operands[0]
			       : LLVMBuildCast(e->builder, op, operands[0], type, "");
	default: /* add, sub, mul, xor: all that LLVM 19 has left */
		return LLVMBuildBinOp(e->builder, op, operands[0], operands[1], "");
	}
}

static LLVMValueRef map_aggregate(struct widen_emit *e, LLVMValueRef c)
{
	LLVMTypeRef type = LLVMTypeOf(c);
	LLVMValueRef result = LLVMGetPoison(widen_map_type(e->fn, type));
	bool vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
	for (unsigned i = 0;; i++) {
		LLVMValueRef element = LLVMGetAggregateElement(c, i);
		if (!element)
			return result;
		element = map_constant(e, element);
		if (vector)
			result = LLVMBuildInsertElement(e->builder, result, element,
							widen_int(e, e->fn->i32, i), "");
		else
			result = LLVMBuildInsertValue(e->builder, result, element, i, "");
	}
}

static LLVMValueRef map_constant(struct widen_emit *e, LLVMValueRef c)
{
	if (!names_other_space(e->fn, c))
		return c;
	LLVMTypeRef type = widen_map_type(e->fn, LLVMTypeOf(c));
	if (LLVMIsPoison(c))
		return LLVMGetPoison(type);
	if (LLVMIsUndef(c))
		return LLVMGetUndef(type);
	if (LLVMIsNull(c))
		return LLVMConstNull(type);
	if (LLVMIsAGlobalVariable(c))
		return local_variable(e, c);
	if (LLVMIsAConstantExpr(c))
		return map_expression(e, c);
	return map_aggregate(e, c);
}

LLVMValueRef widen_constant(struct widen_emit *e, LLVMValueRef constant)
{
	LLVMBuilderRef builder = e->builder;
	if (!names_other_space(e->fn, constant))
		return constant;
	LLVMPositionBuilderBefore(e->aux, LLVMGetBasicBlockTerminator(e->prologue));
	e->builder = e->aux;
	LLVMValueRef result = map_constant(e, constant);
	e->builder = builder;
	return result;
}

/* ---- values ---- */

static uint32_t scalar_index(const struct widen_emit *e, const struct widen_value *v)
{
	return (uint32_t)(v - e->fn->values) * e->rows + (v->per_row ? e->row : 0);
}

static uint32_t vector_index(const struct widen_emit *e, const struct widen_value *v, unsigned leaf)
{
	return (v->first_leaf + leaf) * e->rows + (v->per_row ? e->row : 0);
}

void widen_set_scalar(struct widen_emit *e, LLVMValueRef v, LLVMValueRef new_value)
{
	e->scalars[scalar_index(e, widen_value_of(e->fn, v))] = new_value;
}

void widen_set_vector(struct widen_emit *e, LLVMValueRef v, unsigned leaf, LLVMValueRef new_value)
{
	e->vectors[vector_index(e, widen_value_of(e->fn, v), leaf)] = new_value;
}

LLVMValueRef widen_scalar(struct widen_emit *e, LLVMValueRef v)
{
	if (LLVMIsConstant(v))
		return widen_constant(e, v);
	const struct widen_value *value = widen_value_of(e->fn, v);
	LLVMValueRef scalar = e->scalars[scalar_index(e, value)];
	if (value->shape == WIDEN_LINEAR && value->exact)
		return LLVMBuildTrunc(e->builder, scalar, LLVMTypeOf(v), "");
	return scalar;
}

LLVMValueRef widen_scalar64(struct widen_emit *e, LLVMValueRef v)
{
	const struct widen_value *value = LLVMIsConstant(v) ? NULL : widen_value_of(e->fn, v);
	if (value && value->shape == WIDEN_LINEAR && value->exact)
		return e->scalars[scalar_index(e, value)];
	return LLVMBuildSExt(e->builder, widen_scalar(e, v), e->fn->i64, "");
}

/* Just behind the definition of new value @v, so that every use is dominated. */
static void position_after(struct widen_emit *e, LLVMBuilderRef builder, LLVMValueRef v)
{
	if (!LLVMIsAInstruction(v)) {
		LLVMPositionBuilderBefore(builder, LLVMGetBasicBlockTerminator(e->prologue));
		return;
	}
	LLVMValueRef next = LLVMGetNextInstruction(v);
	if (LLVMIsAPHINode(v))
		while (next && LLVMIsAPHINode(next))
			next = LLVMGetNextInstruction(next);
	if (next)
		LLVMPositionBuilderBefore(builder, next);
	else
		LLVMPositionBuilderAtEnd(builder, LLVMGetInstructionParent(v));
}

static LLVMValueRef spread(struct widen_emit *e, LLVMValueRef v, const struct widen_value *value,
			   unsigned leaf)
{
	if (value->shape != WIDEN_LINEAR)
		return widen_splat(e,
				   widen_extract_leaf(e, widen_scalar(e, v), LLVMTypeOf(v), leaf));
	LLVMValueRef base = widen_scalar(e, v);
	LLVMTypeRef type = LLVMTypeOf(base);
	if (type == e->fn->ptr) {
		LLVMValueRef steps = widen_steps(e, e->fn->i64, value->stride);
		return LLVMBuildGEP2(e->builder, e->fn->i8, base, &steps, 1, "");
	}
	return LLVMBuildAdd(e->builder, widen_splat(e, base), widen_steps(e, type, value->stride),
			    "");
}

LLVMValueRef widen_vector(struct widen_emit *e, LLVMValueRef v, unsigned leaf)
{
	if (LLVMIsConstant(v))
		return widen_splat(
			e, widen_extract_leaf(e, widen_constant(e, v), LLVMTypeOf(v), leaf));
	const struct widen_value *value = widen_value_of(e->fn, v);
	LLVMValueRef *slot = &e->vectors[vector_index(e, value, leaf)];
	if (*slot)
		return *slot;
	if (value->late)
		return widen_late_vector(e, v);
	LLVMBuilderRef builder = e->builder;
	position_after(e, e->aux, e->scalars[scalar_index(e, value)]);
	e->builder = e->aux;
	*slot = spread(e, v, value, leaf);
	e->builder = builder;
	return *slot;
}
