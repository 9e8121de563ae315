/* SPDX-License-Identifier: MIT */
/*
 * Addresses that are often beside each other in neighbouring lanes, though what the distance is
 * cannot be said when compiling:
 *
 *     start = rows[get_global_id(0) / 32];           a[start + i]
 *     low = 2 * id - (id & (apart - 1));             keys[low]      (in all steps but the first)
 *
 * They are made of ids and what is the same in all lanes, by arithmetic and bit operations; also of
 * what is loaded from one place by all lanes, as is likely. Loads and stores there look: are the
 * lanes' addresses contiguous, the access is.
 */
#include "kernels/widen/internal.h"

static bool is_regular_operand(const struct widen_fn *fn, LLVMValueRef v)
{
	const struct widen_value *value = LLVMIsAInstruction(v) ? widen_value_of(fn, v) : NULL;
	return !value || value->regular;
}

/* Vectors only in flat bodies. */
static bool is_id(LLVMValueRef call)
{
	enum widen_call which = widen_call_of(call);
	return which == WIDEN_CALL_GLOBAL_ID || which == WIDEN_CALL_GLOBAL_ID_32 ||
	       which == WIDEN_CALL_LOCAL_ID;
}

static bool keeps_regular(const struct widen_fn *fn, LLVMValueRef inst)
{
	const struct widen_value *pointer;
	const char *name;
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMAdd:
	case LLVMSub:
	case LLVMMul:
	case LLVMUDiv:
	case LLVMSDiv:
	case LLVMURem:
	case LLVMSRem:
	case LLVMShl:
	case LLVMLShr:
	case LLVMAShr:
	case LLVMAnd:
	case LLVMOr:
	case LLVMXor:
	case LLVMTrunc:
	case LLVMZExt:
	case LLVMSExt:
	case LLVMGetElementPtr:
	case LLVMAddrSpaceCast:
	case LLVMICmp:
	case LLVMSelect:
	case LLVMPHI:
		break;
	case LLVMCall:
		if (!is_id(inst) && !widen_intrinsic_overloads(inst, &name))
			return false;
		break;
	case LLVMLoad: /* of one place */
		if (!LLVMIsAInstruction(LLVMGetOperand(inst, 0)))
			return false;
		pointer = widen_value_of(fn, LLVMGetOperand(inst, 0));
		return pointer->hinted && !pointer->stride && !widen_is_atomic(inst);
	default:
		return false;
	}
	for (unsigned i = 0; i < widen_operand_count(inst); i++)
		if (!is_regular_operand(fn, LLVMGetOperand(inst, i)))
			return false;
	return true;
}

void widen_find_regular(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++)
		fn->values[i].regular = true;
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = 0; i < fn->value_count; i++) {
			struct widen_value *v = &fn->values[i];
			if (!v->regular || v->shape != WIDEN_VARYING || v->hinted ||
			    !LLVMIsAInstruction(v->ir) || keeps_regular(fn, v->ir))
				continue;
			v->regular = false;
			changed = true;
		}
	}
}
