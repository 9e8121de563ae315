/* SPDX-License-Identifier: MIT */
/*
 * Atomic read-modify-write operations of a chunk's lanes on one address: counters, sums of a
 * work-group. Nothing says that others must come in between, so the chunk does one operation with
 * what its lanes have together. What a lane gets is as if the lanes had come one after the other:
 * the old value with the lanes before it.
 */
#include "kernels/widen/internal.h"

/* The operation that joins the operands of two lanes. */
static LLVMAtomicRMWBinOp joined_by(LLVMAtomicRMWBinOp op)
{
	return op == LLVMAtomicRMWBinOpSub ? LLVMAtomicRMWBinOpAdd : op;
}

/* The operand that changes nothing, in all lanes; NULL: not an operation for this. */
static LLVMValueRef neutral(struct widen_emit *e, LLVMAtomicRMWBinOp op, LLVMTypeRef type)
{
	uint64_t top = (uint64_t)1 << (LLVMGetIntTypeWidth(type) - 1), v = 0;
	switch (op) {
	case LLVMAtomicRMWBinOpAdd:
	case LLVMAtomicRMWBinOpSub:
	case LLVMAtomicRMWBinOpOr:
	case LLVMAtomicRMWBinOpXor:
	case LLVMAtomicRMWBinOpUMax:
		break;
	case LLVMAtomicRMWBinOpAnd:
	case LLVMAtomicRMWBinOpUMin:
		v = UINT64_MAX;
		break;
	case LLVMAtomicRMWBinOpMax:
		v = top;
		break;
	case LLVMAtomicRMWBinOpMin:
		v = top - 1;
		break;
	default:
		return NULL;
	}
	return widen_splat(e, LLVMConstInt(type, v, 0));
}

/* Each lane gets the value that the lane @distance before it has, the first ones @neutral's. */
LLVMValueRef widen_moved(struct widen_emit *e, LLVMValueRef v, LLVMValueRef neutral,
			 unsigned distance)
{
	int index[WIDEN_MAX_LANES];
	for (unsigned l = 0; l < e->lanes; l++)
		index[l] = (int)(l < distance ? e->lanes : l - distance);
	return widen_shuffle(e, v, neutral, index, e->lanes);
}

static LLVMValueRef reduce(struct widen_emit *e, LLVMAtomicRMWBinOp op, LLVMValueRef v)
{
	static const char *const names[] = {
		[LLVMAtomicRMWBinOpAdd] = "llvm.vector.reduce.add",
		[LLVMAtomicRMWBinOpAnd] = "llvm.vector.reduce.and",
		[LLVMAtomicRMWBinOpOr] = "llvm.vector.reduce.or",
		[LLVMAtomicRMWBinOpXor] = "llvm.vector.reduce.xor",
		[LLVMAtomicRMWBinOpMax] = "llvm.vector.reduce.smax",
		[LLVMAtomicRMWBinOpMin] = "llvm.vector.reduce.smin",
		[LLVMAtomicRMWBinOpUMax] = "llvm.vector.reduce.umax",
		[LLVMAtomicRMWBinOpUMin] = "llvm.vector.reduce.umin",
	};
	LLVMTypeRef type = LLVMTypeOf(v);
	return widen_intrinsic(e, names[op], &type, 1, &v, 1);
}

bool widen_emit_together(struct widen_emit *e, LLVMValueRef inst)
{
	if (!LLVMIsAAtomicRMWInst(inst) || LLVMGetVolatile(inst) ||
	    widen_shape_of(e->fn, LLVMGetOperand(inst, 0)) != WIDEN_UNIFORM)
		return false;
	LLVMTypeRef type = LLVMTypeOf(inst);
	LLVMAtomicRMWBinOp op = LLVMGetAtomicRMWBinOp(inst), join = joined_by(op);
	if (type != e->fn->i32 && type != e->fn->i64)
		return false;
	LLVMValueRef none = neutral(e, op, type), mask = widen_mask(e);
	if (!none)
		return false;
	LLVMValueRef v = widen_vector(e, LLVMGetOperand(inst, 1), 0), total;
	if (mask)
		v = LLVMBuildSelect(e->builder, mask, v, none, "");
	bool used = LLVMGetFirstUse(inst);
	if (used) {
		for (unsigned d = 1; d < e->lanes; d *= 2)
			v = widen_modify(e, join, widen_moved(e, v, none, d), v);
		LLVMValueRef last = widen_int(e, e->fn->i32, e->lanes - 1);
		total = LLVMBuildExtractElement(e->builder, v, last, "");
	} else {
		total = reduce(e, join, v);
	}
	LLVMValueRef args[] = {widen_scalar(e, LLVMGetOperand(inst, 0)), total};
	LLVMValueRef old = widen_rebuild(e, inst, args);
	LLVMValueRef result =
		used ? widen_modify(e, op, widen_splat(e, old), widen_moved(e, v, none, 1))
		     : LLVMGetPoison(widen_vector_type(e, type));
	widen_set_vector(e, inst, 0, result);
	return true;
}
