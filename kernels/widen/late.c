/* SPDX-License-Identifier: MIT */
/*
 * Hinted values (hints.c) that only addresses are made of: as vectors they are wanted where a guard
 * does not hold, at the rims of pictures. There they are made, as often as they are wanted, rather
 * than where they stand in the kernel: some are divisions. Not so what is made of id & (n - 1),
 * steps of networks and trees: that guard fails as often as it holds.
 */
#include "kernels/widen/internal.h"

/* With the guard the access is contiguous, or the same for all lanes. */
static bool is_guarded_access(const struct widen_fn *fn, const struct widen_value *pointer,
			      LLVMValueRef inst)
{
	const struct widen_value *v = widen_value_of(fn, inst);
	bool store = LLVMIsAStoreInst(inst);
	LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(inst, 0) : inst);
	if ((!store && !LLVMIsALoadInst(inst)) ||
	    (store && LLVMGetOperand(inst, 0) == pointer->ir) || widen_is_atomic(inst) || v->join ||
	    v->tall || !widen_is_element(fn, type))
		return false;
	int64_t size = (int64_t)widen_size_of(fn, type);
	if (!pointer->stride)
		return !store && !fn->blocks[v->block].row_masked;
	return pointer->stride == size || pointer->stride == -size;
}

static bool is_kind(LLVMValueRef inst)
{
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMGetElementPtr:
	case LLVMCall:
		return true;
	default:
		return LLVMIsABinaryOperator(inst) || LLVMIsACastInst(inst);
	}
}

/* Sets how often its vector would be made: where users are made more than once, it is, too. */
static bool is_late(const struct widen_fn *fn, struct widen_value *v)
{
	enum { MOST_TIMES = 32 };
	v->times = 0;
	if (!v->hinted || v->leaves != 1 || v->element || !is_kind(v->ir))
		return false;
	for (LLVMUseRef use = LLVMGetFirstUse(v->ir); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		const struct widen_value *u = widen_value_of(fn, user);
		if (u && !u->late && !widen_is_dropped(user) && !is_guarded_access(fn, v, user))
			return false;
		v->times += u && u->late ? u->times : 1;
		if (v->times > MOST_TIMES)
			return false;
	}
	return true;
}

/* Neither a mask that is known at run time only, nor made of one. (Operands come first.) */
static bool mostly_holds(const struct widen_fn *fn, const struct widen_value *v)
{
	bool mask = LLVMGetInstructionOpcode(v->ir) == LLVMAnd;
	if (mask && !LLVMIsConstant(LLVMGetOperand(v->ir, 0)) &&
	    !LLVMIsConstant(LLVMGetOperand(v->ir, 1)))
		return false;
	for (unsigned i = 0; i < widen_operand_count(v->ir); i++) {
		LLVMValueRef operand = LLVMGetOperand(v->ir, i);
		const struct widen_value *o =
			LLVMIsAInstruction(operand) ? widen_value_of(fn, operand) : NULL;
		if (o && o->hinted && !o->late)
			return false;
	}
	return true;
}

void widen_find_late(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++)
		fn->values[i].late = fn->values[i].hinted && mostly_holds(fn, &fn->values[i]);
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = fn->value_count; i-- > 0;) {
			struct widen_value *v = &fn->values[i];
			if (!v->late || is_late(fn, v))
				continue;
			v->late = false;
			changed = true;
		}
	}
}
