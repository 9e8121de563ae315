/* SPDX-License-Identifier: MIT */
/*
 * Sub-groups: the lanes of a chunk. They run in step, so that a barrier between them has nothing to
 * do, and what they say to each other are shuffles of vectors. Only the lanes set in the mask take
 * part; the others bring a value that changes nothing.
 *
 * The functions are those of kernels/lib/sub_group.cl. Where one work-item is a chunk, it is a
 * sub-group, too.
 */
#include <math.h>

#include "kernels/widen/internal.h"

/* First argument of reductions and scans: the device library knows these numbers. */
enum operation { ADD, MUL, MIN, MAX, UMIN, UMAX, AND, OR, XOR };

bool widen_is_sub_group_call(enum widen_call call)
{
	return call >= WIDEN_CALL_SUB_GROUP_LOCAL_ID && call <= WIDEN_CALL_SUB_GROUP_BEFORE;
}

static enum operation operation_of(LLVMValueRef inst)
{
	int64_t op = ADD;
	(void)widen_constant_int(LLVMGetOperand(inst, 0), &op);
	return op >= ADD && op <= XOR ? (enum operation)op : ADD;
}

/* The scalar that changes nothing. */
static LLVMValueRef identity(enum operation op, LLVMTypeRef type)
{
	if (widen_is_real(type)) {
		static const double values[] = {0, 1, HUGE_VAL, -HUGE_VAL};
		return LLVMConstReal(type, op <= MAX ? values[op] : 0);
	}
	uint64_t top = (uint64_t)1 << (LLVMGetIntTypeWidth(type) - 1);
	const uint64_t values[] = {0, 1, top - 1, top, UINT64_MAX, 0, UINT64_MAX, 0, 0};
	return LLVMConstInt(type, values[op], 0);
}

static LLVMValueRef combine_floats(struct widen_emit *e, enum operation op, LLVMValueRef a,
				   LLVMValueRef b)
{
	LLVMTypeRef type = LLVMTypeOf(a);
	LLVMValueRef args[] = {a, b};
	switch (op) {
	case MUL:
		return LLVMBuildFMul(e->builder, a, b, "");
	case MIN:
		return widen_intrinsic(e, "llvm.minnum", &type, 1, args, 2);
	case MAX:
		return widen_intrinsic(e, "llvm.maxnum", &type, 1, args, 2);
	default:
		return LLVMBuildFAdd(e->builder, a, b, "");
	}
}

static LLVMValueRef combine(struct widen_emit *e, enum operation op, LLVMValueRef a, LLVMValueRef b)
{
	static const char *const better[] = {[MIN] = "llvm.smin",
					     [MAX] = "llvm.smax",
					     [UMIN] = "llvm.umin",
					     [UMAX] = "llvm.umax"};
	LLVMTypeRef type = LLVMTypeOf(a);
	LLVMValueRef args[] = {a, b};
	if (widen_is_real(LLVMGetElementType(type)))
		return combine_floats(e, op, a, b);
	switch (op) {
	case ADD:
		return LLVMBuildAdd(e->builder, a, b, "");
	case MUL:
		return LLVMBuildMul(e->builder, a, b, "");
	case AND:
		return LLVMBuildAnd(e->builder, a, b, "");
	case OR:
		return LLVMBuildOr(e->builder, a, b, "");
	case XOR:
		return LLVMBuildXor(e->builder, a, b, "");
	default:
		return widen_intrinsic(e, better[op], &type, 1, args, 2);
	}
}

/* The operand of @inst, in lanes that take no part @none. */
static LLVMValueRef taking_part(struct widen_emit *e, LLVMValueRef operand, LLVMValueRef none)
{
	LLVMValueRef v = widen_vector(e, operand, 0), mask = widen_mask(e);
	return mask ? LLVMBuildSelect(e->builder, mask, v, none, "") : v;
}

/* Lane l gets the value of lane l ^ @distance. */
static LLVMValueRef exchanged(struct widen_emit *e, LLVMValueRef v, unsigned distance)
{
	int index[WIDEN_MAX_LANES];
	for (unsigned l = 0; l < e->lanes; l++)
		index[l] = (int)(l ^ distance);
	return widen_shuffle(e, v, NULL, index, e->lanes);
}

static void reduce(struct widen_emit *e, LLVMValueRef inst)
{
	enum operation op = operation_of(inst);
	LLVMValueRef none = widen_splat(e, identity(op, LLVMTypeOf(inst)));
	LLVMValueRef v = taking_part(e, LLVMGetOperand(inst, 1), none);
	for (unsigned d = e->lanes / 2; d >= 1; d /= 2)
		v = combine(e, op, v, exchanged(e, v, d));
	widen_set_scalar(e, inst,
			 LLVMBuildExtractElement(e->builder, v, widen_int(e, e->fn->i32, 0), ""));
}

/* Clusters of neighbours: the last operand says how many, a power of two. */
static void reduce_clusters(struct widen_emit *e, LLVMValueRef inst)
{
	enum operation op = operation_of(inst);
	LLVMValueRef none = widen_splat(e, identity(op, LLVMTypeOf(inst)));
	LLVMValueRef v = taking_part(e, LLVMGetOperand(inst, 1), none);
	LLVMValueRef size = widen_vector(e, LLVMGetOperand(inst, 2), 0);
	for (unsigned d = 1; d < e->lanes; d *= 2) {
		LLVMValueRef distance = widen_splat(e, widen_int(e, e->fn->i32, d));
		LLVMValueRef larger = LLVMBuildICmp(e->builder, LLVMIntUGT, size, distance, "");
		LLVMValueRef both = combine(e, op, v, exchanged(e, v, d));
		v = LLVMBuildSelect(e->builder, larger, both, v, "");
	}
	widen_set_vector(e, inst, 0, v);
}

static void scan(struct widen_emit *e, LLVMValueRef inst, bool inclusive)
{
	enum operation op = operation_of(inst);
	LLVMValueRef none = widen_splat(e, identity(op, LLVMTypeOf(inst)));
	LLVMValueRef v = taking_part(e, LLVMGetOperand(inst, 1), none);
	for (unsigned d = 1; d < e->lanes; d *= 2)
		v = combine(e, op, widen_moved(e, v, none, d), v);
	widen_set_vector(e, inst, 0, inclusive ? v : widen_moved(e, v, none, 1));
}

/* A bit for each lane in which the operand is not 0. */
static LLVMValueRef lanes_that_say_yes(struct widen_emit *e, LLVMValueRef operand)
{
	LLVMTypeRef bits = LLVMIntTypeInContext(e->fn->context, e->lanes);
	LLVMValueRef v = widen_vector(e, operand, 0), mask = widen_mask(e);
	LLVMValueRef no = LLVMConstNull(LLVMTypeOf(v));
	LLVMValueRef yes = LLVMBuildICmp(e->builder, LLVMIntNE, v, no, "");
	if (mask)
		yes = LLVMBuildSelect(e->builder, mask, yes, LLVMConstNull(LLVMTypeOf(yes)), "");
	return LLVMBuildIntCast2(e->builder, LLVMBuildBitCast(e->builder, yes, bits, ""),
				 e->fn->i64, 0, "");
}

/* ---- shuffles ---- */

/* Each lane's own choice: a permutation that is known, or one that code generation makes of this.
 */
static LLVMValueRef permuted(struct widen_emit *e, LLVMValueRef v, LLVMValueRef index)
{
	if (LLVMIsConstant(index)) {
		int from[WIDEN_MAX_LANES];
		for (unsigned l = 0; l < e->lanes; l++) {
			int64_t i = 0;
			(void)widen_constant_int(LLVMGetAggregateElement(index, l), &i);
			from[l] = (int)i;
		}
		return widen_shuffle(e, v, NULL, from, e->lanes);
	}
	LLVMValueRef result = LLVMGetPoison(LLVMTypeOf(v));
	for (unsigned l = 0; l < e->lanes; l++) {
		LLVMValueRef lane = widen_int(e, e->fn->i32, l);
		LLVMValueRef i = LLVMBuildExtractElement(e->builder, index, lane, "");
		LLVMValueRef element = LLVMBuildExtractElement(e->builder, v, i, "");
		result = LLVMBuildInsertElement(e->builder, result, element, lane, "");
	}
	return result;
}

/* Lanes that do not exist: any value will do. */
static void shuffle(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef index = LLVMGetOperand(inst, 1), last = widen_int(e, e->fn->i32, e->lanes - 1);
	if (widen_shape_of(e->fn, LLVMGetOperand(inst, 0)) == WIDEN_UNIFORM) {
		LLVMValueRef v = widen_scalar(e, LLVMGetOperand(inst, 0));
		if (widen_shape_of(e->fn, inst) == WIDEN_UNIFORM)
			widen_set_scalar(e, inst, v);
		else
			widen_set_vector(e, inst, 0, widen_splat(e, v));
		return;
	}
	LLVMValueRef v = widen_vector(e, LLVMGetOperand(inst, 0), 0);
	if (widen_shape_of(e->fn, index) == WIDEN_UNIFORM) {
		LLVMValueRef i = LLVMBuildAnd(e->builder, widen_scalar(e, index), last, "");
		widen_set_scalar(e, inst, LLVMBuildExtractElement(e->builder, v, i, ""));
		return;
	}
	LLVMValueRef lanes = widen_vector(e, index, 0);
	lanes = LLVMBuildAnd(e->builder, lanes, widen_splat(e, last), "");
	widen_set_vector(e, inst, 0, permuted(e, v, lanes));
}

/* ---- which sub-group ---- */

static LLVMValueRef sub_group_id(struct widen_emit *e)
{
	LLVMValueRef id = e->local_id[2];
	for (unsigned d = 2; d-- > 0;) {
		id = LLVMBuildMul(e->builder, id, e->local_size[d], "");
		id = LLVMBuildAdd(e->builder, id, e->local_id[d], "");
	}
	return LLVMBuildUDiv(e->builder, id, widen_int(e, e->fn->i64, e->lanes), "");
}

bool widen_emit_sub_group(struct widen_emit *e, LLVMValueRef inst)
{
	enum widen_call call = LLVMIsACallInst(inst) ? widen_call_of(inst) : WIDEN_CALL_UNKNOWN;
	switch (call) {
	case WIDEN_CALL_SUB_GROUP_LOCAL_ID: /* linear */
		widen_set_scalar(e, inst, widen_int(e, e->fn->i64, 0));
		return true;
	case WIDEN_CALL_SUB_GROUP_ID:
		widen_set_scalar(e, inst, sub_group_id(e));
		return true;
	case WIDEN_CALL_SUB_GROUP_SIZE:
		widen_set_scalar(e, inst, e->active);
		return true;
	case WIDEN_CALL_SUB_GROUP_MAX_SIZE:
		widen_set_scalar(e, inst, widen_int(e, e->fn->i64, e->lanes));
		return true;
	case WIDEN_CALL_SUB_GROUP_BARRIER:
		return true;
	case WIDEN_CALL_SUB_GROUP_MASK:
		widen_set_scalar(e, inst, lanes_that_say_yes(e, LLVMGetOperand(inst, 0)));
		return true;
	case WIDEN_CALL_SUB_GROUP_SHUFFLE:
		shuffle(e, inst);
		return true;
	case WIDEN_CALL_SUB_GROUP_REDUCE:
		reduce(e, inst);
		return true;
	case WIDEN_CALL_SUB_GROUP_CLUSTER:
		reduce_clusters(e, inst);
		return true;
	case WIDEN_CALL_SUB_GROUP_SCAN:
	case WIDEN_CALL_SUB_GROUP_BEFORE:
		scan(e, inst, call == WIDEN_CALL_SUB_GROUP_SCAN);
		return true;
	default:
		return false;
	}
}

LLVMValueRef widen_scalar_sub_group(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *operands)
{
	LLVMValueRef none = LLVMConstNull(e->fn->i32), yes;
	switch (widen_call_of(inst)) {
	case WIDEN_CALL_SUB_GROUP_BARRIER:
		return NULL;
	case WIDEN_CALL_SUB_GROUP_LOCAL_ID:
		return widen_int(e, e->fn->i64, 0);
	case WIDEN_CALL_SUB_GROUP_ID:
		return sub_group_id(e);
	case WIDEN_CALL_SUB_GROUP_MASK:
		yes = LLVMBuildICmp(e->builder, LLVMIntNE, operands[0], none, "");
		return LLVMBuildZExt(e->builder, yes, e->fn->i64, "");
	case WIDEN_CALL_SUB_GROUP_SHUFFLE:
		return operands[0];
	case WIDEN_CALL_SUB_GROUP_REDUCE:
	case WIDEN_CALL_SUB_GROUP_CLUSTER:
	case WIDEN_CALL_SUB_GROUP_SCAN:
		return operands[1];
	case WIDEN_CALL_SUB_GROUP_BEFORE:
		return identity(operation_of(inst), LLVMTypeOf(inst));
	default: /* sizes */
		return widen_int(e, e->fn->i64, 1);
	}
}
