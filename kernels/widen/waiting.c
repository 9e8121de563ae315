/* SPDX-License-Identifier: MIT */
/*
 * Loops in which one lane may wait for another. A lane that has left a divergent loop goes on only
 * when all lanes have left it, so it must not be what the others wait for: a spin lock would never
 * be released. Scalar code runs one work-item after the other and has no such problem.
 *
 * A loop may wait when what an atomic or volatile access yields in it decides about control flow,
 * or is stored, where it may be seen again.
 */
#include "kernels/widen/internal.h"
#include "runtime/base/alloc.h"

static bool yields_what_others_write(LLVMValueRef inst)
{
	return widen_is_atomic(inst) && !LLVMIsAStoreInst(inst) && LLVMGetFirstUse(inst);
}

static bool has_marked_operand(const struct widen_fn *fn, LLVMValueRef inst, const uint8_t *marked)
{
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++) {
		LLVMValueRef operand = LLVMGetOperand(inst, i);
		if (LLVMIsAInstruction(operand) && marked[widen_value_of(fn, operand) - fn->values])
			return true;
	}
	return false;
}

/* Everything in divergent loops that depends on such an access. */
static void mark_dependants(const struct widen_fn *fn, uint8_t *marked)
{
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = 0; i < fn->value_count; i++) {
			LLVMValueRef inst = fn->values[i].ir;
			if (marked[i] || !LLVMIsAInstruction(inst) ||
			    !widen_in_divergent_loop(fn, fn->values[i].block))
				continue;
			marked[i] = yields_what_others_write(inst) ||
				    has_marked_operand(fn, inst, marked);
			changed = changed || marked[i];
		}
	}
}

static bool decides(const struct widen_fn *fn, LLVMValueRef inst, const uint8_t *marked)
{
	if (LLVMIsATerminatorInst(inst))
		return true;
	LLVMValueRef stored = LLVMIsAStoreInst(inst) ? LLVMGetOperand(inst, 0) : NULL;
	return stored && LLVMIsAInstruction(stored) &&
	       marked[widen_value_of(fn, stored) - fn->values];
}

bool widen_check_waiting(struct widen_fn *fn)
{
	uint8_t *marked = tern_zalloc(fn->value_count + 1);
	bool good = marked != NULL;
	if (!marked) {
		fn->out_of_memory = true;
		return false;
	}
	mark_dependants(fn, marked);
	for (uint32_t i = 0; good && i < fn->value_count; i++)
		if (marked[i] && decides(fn, fn->values[i].ir, marked))
			good = widen_refuse(fn, "a loop that may wait for another work-item",
					    fn->values[i].ir);
	tern_free(marked);
	return good;
}
