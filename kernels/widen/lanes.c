/* SPDX-License-Identifier: MIT */
/*
 * What has no vector form runs lane by lane: unrolled when all lanes take part, else in a loop over
 * the lanes that are set in the mask, with operands and results in memory.
 */
#include "kernels/widen/internal.h"

struct operand {
	LLVMValueRef old;
	LLVMTypeRef type;
	LLVMValueRef scalar;                   /* uniform: the value itself; else NULL */
	LLVMValueRef memory[WIDEN_MAX_LEAVES]; /* varying, in the loop: an array of lanes */
};

static bool is_metadata(LLVMValueRef v)
{
	return LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMMetadataTypeKind;
}

static unsigned collect_operands(struct widen_emit *e, LLVMValueRef inst, struct operand *operands)
{
	unsigned n = widen_operand_count(inst);
	for (unsigned i = 0; i < n; i++) {
		LLVMValueRef old = LLVMGetOperand(inst, i);
		operands[i] = (struct operand){.old = old, .type = LLVMTypeOf(old)};
		if (is_metadata(old))
			operands[i].scalar = old;
		else if (widen_shape_of(e->fn, old) == WIDEN_UNIFORM)
			operands[i].scalar = widen_scalar(e, old);
	}
	return n;
}

static LLVMValueRef lane_value(struct widen_emit *e, const struct operand *o, LLVMValueRef lane)
{
	LLVMValueRef v = LLVMGetPoison(widen_map_type(e->fn, o->type));
	for (unsigned i = 0; i < widen_leaf_count(o->type); i++) {
		LLVMValueRef leaf =
			LLVMBuildExtractElement(e->builder, widen_vector(e, o->old, i), lane, "");
		v = widen_insert_leaf(e, v, o->type, i, leaf);
	}
	return v;
}

static void unrolled(struct widen_emit *e, LLVMValueRef inst)
{
	struct operand operands[WIDEN_MAX_OPERANDS];
	LLVMValueRef args[WIDEN_MAX_OPERANDS], results[WIDEN_MAX_LEAVES] = {0};
	unsigned n = collect_operands(e, inst, operands);
	LLVMTypeRef type = LLVMTypeOf(inst);
	unsigned leaves = widen_leaf_count(type);

	for (unsigned i = 0; i < leaves; i++)
		results[i] = LLVMGetPoison(widen_vector_type(e, widen_leaf_type(e->fn, type, i)));
	for (unsigned l = 0; l < e->lanes; l++) {
		LLVMValueRef lane = widen_int(e, e->fn->i32, l);
		for (unsigned i = 0; i < n; i++)
			args[i] = operands[i].scalar ? operands[i].scalar
						     : lane_value(e, &operands[i], lane);
		LLVMValueRef v = widen_rebuild(e, inst, args);
		for (unsigned i = 0; i < leaves; i++)
			results[i] =
				LLVMBuildInsertElement(e->builder, results[i],
						       widen_extract_leaf(e, v, type, i), lane, "");
	}
	for (unsigned i = 0; i < leaves; i++)
		widen_set_vector(e, inst, i, results[i]);
}

/* ---- the loop ---- */

/* i1 vectors are packed in memory: bytes instead. */
static LLVMTypeRef memory_type(const struct widen_emit *e, LLVMTypeRef type)
{
	return type == e->fn->i1 ? e->fn->i8 : type;
}

static LLVMValueRef lane_array(struct widen_emit *e, LLVMTypeRef type)
{
	LLVMPositionBuilderBefore(e->aux, LLVMGetBasicBlockTerminator(e->prologue));
	LLVMValueRef array =
		LLVMBuildAlloca(e->aux, LLVMArrayType2(memory_type(e, type), e->lanes), "lanes");
	LLVMSetAlignment(array, 64);
	return array;
}

static LLVMValueRef lane_slot(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef array,
			      LLVMValueRef lane)
{
	return LLVMBuildGEP2(e->builder, memory_type(e, type), array, &lane, 1, "");
}

static void spill(struct widen_emit *e, struct operand *o)
{
	for (unsigned i = 0; i < widen_leaf_count(o->type); i++) {
		LLVMTypeRef type = widen_leaf_type(e->fn, o->type, i);
		LLVMValueRef v = widen_vector(e, o->old, i);
		o->memory[i] = lane_array(e, type);
		if (type == e->fn->i1)
			v = LLVMBuildZExt(e->builder, v, widen_vector_type(e, e->fn->i8), "");
		LLVMBuildStore(e->builder, v, o->memory[i]);
	}
}

static LLVMValueRef reload(struct widen_emit *e, const struct operand *o, LLVMValueRef lane)
{
	LLVMValueRef v = LLVMGetPoison(widen_map_type(e->fn, o->type));
	for (unsigned i = 0; i < widen_leaf_count(o->type); i++) {
		LLVMTypeRef type = widen_leaf_type(e->fn, o->type, i);
		LLVMValueRef leaf = LLVMBuildLoad2(e->builder, memory_type(e, type),
						   lane_slot(e, type, o->memory[i], lane), "");
		if (type == e->fn->i1)
			leaf = LLVMBuildTrunc(e->builder, leaf, type, "");
		v = widen_insert_leaf(e, v, o->type, i, leaf);
	}
	return v;
}

static void store_result(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef v,
			 LLVMValueRef *arrays, LLVMValueRef lane)
{
	for (unsigned i = 0; i < widen_leaf_count(type); i++) {
		LLVMTypeRef leaf_type = widen_leaf_type(e->fn, type, i);
		LLVMValueRef leaf = widen_extract_leaf(e, v, type, i);
		if (leaf_type == e->fn->i1)
			leaf = LLVMBuildZExt(e->builder, leaf, e->fn->i8, "");
		LLVMBuildStore(e->builder, leaf, lane_slot(e, leaf_type, arrays[i], lane));
	}
}

static void load_results(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *arrays)
{
	LLVMTypeRef type = LLVMTypeOf(inst);
	for (unsigned i = 0; i < widen_leaf_count(type); i++) {
		LLVMTypeRef leaf_type = widen_leaf_type(e->fn, type, i);
		LLVMTypeRef wide = widen_vector_type(e, memory_type(e, leaf_type));
		LLVMValueRef v = LLVMBuildLoad2(e->builder, wide, arrays[i], "");
		if (leaf_type == e->fn->i1)
			v = LLVMBuildTrunc(e->builder, v, widen_vector_type(e, e->fn->i1), "");
		widen_set_vector(e, inst, i, v);
	}
}

/* One lane: the lowest bit of @bits. */
static void one_lane(struct widen_emit *e, LLVMValueRef inst, struct operand *operands, unsigned n,
		     LLVMValueRef *results, LLVMValueRef bits)
{
	LLVMValueRef args[WIDEN_MAX_OPERANDS];
	LLVMValueRef count[] = {bits, widen_int(e, e->fn->i1, 1)};
	LLVMValueRef lane = widen_intrinsic(e, "llvm.cttz", &e->fn->i64, 1, count, 2);
	for (unsigned i = 0; i < n; i++)
		args[i] = operands[i].scalar ? operands[i].scalar : reload(e, &operands[i], lane);
	LLVMValueRef v = widen_rebuild(e, inst, args);
	if (LLVMTypeOf(inst) != e->fn->nothing)
		store_result(e, LLVMTypeOf(inst), v, results, lane);
}

static void looped(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef mask)
{
	struct operand operands[WIDEN_MAX_OPERANDS];
	LLVMValueRef results[WIDEN_MAX_LEAVES] = {0};
	LLVMTypeRef type = LLVMTypeOf(inst), i64 = e->fn->i64;
	unsigned n = collect_operands(e, inst, operands);

	for (unsigned i = 0; i < n; i++)
		if (!operands[i].scalar)
			spill(e, &operands[i]);
	for (unsigned i = 0; i < widen_leaf_count(type); i++)
		results[i] = lane_array(e, widen_leaf_type(e->fn, type, i));
	LLVMTypeRef mask_type = LLVMIntTypeInContext(e->fn->context, e->lanes);
	LLVMValueRef all = LLVMBuildBitCast(e->builder, mask, mask_type, "");
	all = LLVMBuildIntCast2(e->builder, all, i64, 0, "");

	LLVMBasicBlockRef before = LLVMGetInsertBlock(e->builder);
	LLVMBasicBlockRef head = widen_append_block(e, "lanes"), body = widen_append_block(e, "");
	LLVMBasicBlockRef done = widen_append_block(e, "");
	LLVMBuildBr(e->builder, head);
	LLVMPositionBuilderAtEnd(e->builder, head);
	LLVMValueRef bits = LLVMBuildPhi(e->builder, i64, "");
	LLVMValueRef more = LLVMBuildICmp(e->builder, LLVMIntNE, bits, LLVMConstNull(i64), "");
	LLVMBuildCondBr(e->builder, more, body, done);
	LLVMPositionBuilderAtEnd(e->builder, body);
	one_lane(e, inst, operands, n, results, bits);
	LLVMValueRef less = LLVMBuildSub(e->builder, bits, widen_int(e, i64, 1), "");
	LLVMValueRef in[] = {all, LLVMBuildAnd(e->builder, bits, less, "")};
	LLVMBasicBlockRef from[] = {before, LLVMGetInsertBlock(e->builder)};
	LLVMAddIncoming(bits, in, from, 2);
	LLVMBuildBr(e->builder, head);
	LLVMPositionBuilderAtEnd(e->builder, done);
	load_results(e, inst, results);
}

/* Histograms: nearly always all lanes take part, and then there is no loop. */
static void unrolled_or_looped(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef mask)
{
	LLVMTypeRef bits = LLVMIntTypeInContext(e->fn->context, e->lanes);
	LLVMBasicBlockRef all = widen_append_block(e, "all"), some = widen_append_block(e, "some");
	LLVMBasicBlockRef done = widen_append_block(e, "");
	/* Both ways are dominated by the vectors. */
	for (unsigned i = 0; i < widen_operand_count(inst); i++)
		if (widen_shape_of(e->fn, LLVMGetOperand(inst, i)) != WIDEN_UNIFORM)
			(void)widen_vector(e, LLVMGetOperand(inst, i), 0);
	LLVMValueRef set = LLVMBuildBitCast(e->builder, mask, bits, "");
	LLVMValueRef full = LLVMBuildICmp(e->builder, LLVMIntEQ, set, LLVMConstAllOnes(bits), "");
	LLVMBuildCondBr(e->builder, full, all, some);
	LLVMPositionBuilderAtEnd(e->builder, all);
	unrolled(e, inst);
	LLVMBuildBr(e->builder, done);
	LLVMPositionBuilderAtEnd(e->builder, some);
	looped(e, inst, mask);
	LLVMBuildBr(e->builder, done);
	LLVMPositionBuilderAtEnd(e->builder, done);
}

void widen_emit_lanes(struct widen_emit *e, LLVMValueRef inst, bool guarded)
{
	LLVMValueRef mask = widen_mask(e);
	if (!guarded || !mask)
		unrolled(e, inst);
	else if (LLVMIsAAtomicRMWInst(inst) && !LLVMGetFirstUse(inst) && e->lanes <= 16)
		unrolled_or_looped(e, inst, mask);
	else
		looped(e, inst, mask);
}
