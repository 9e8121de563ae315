/* SPDX-License-Identifier: MIT */
/*
 * A block whose mask is mostly full, made twice: for all lanes, and for some. One test takes the
 * place of one at every access (memory.c), and most chunks go through code without masks.
 */
#include "kernels/widen/internal.h"

enum { MOST_INSTRUCTIONS = 96, MOST_SLOTS = 256, LEAST_ACCESSES = 2 };

static bool is_intrinsic(LLVMValueRef call)
{
	LLVMValueRef callee = LLVMGetCalledValue(call);
	return LLVMIsAFunction(callee) && LLVMGetIntrinsicID(callee) != 0;
}

/* An access that is masked in blocks with a mask. */
static bool is_masked_access(const struct widen_fn *fn, LLVMValueRef inst)
{
	bool store = LLVMIsAStoreInst(inst);
	return (store || LLVMIsALoadInst(inst)) && !widen_is_atomic(inst) &&
	       widen_shape_of(fn, LLVMGetOperand(inst, store)) != WIDEN_UNIFORM;
}

/* Nothing in it suspends, and twice the code is not too much. */
static bool is_worthwhile(const struct widen_fn *fn, uint32_t b)
{
	const struct widen_block *block = &fn->blocks[b];
	unsigned count = 0, accesses = 0;
	for (LLVMValueRef i = LLVMGetFirstInstruction(block->ir); i != block->terminator;
	     i = LLVMGetNextInstruction(i)) {
		if (LLVMIsAPHINode(i))
			continue;
		if (LLVMIsAAllocaInst(i) || LLVMIsAFenceInst(i) || widen_is_atomic(i) ||
		    (LLVMIsACallInst(i) && !is_intrinsic(i)))
			return false;
		accesses += is_masked_access(fn, i);
		if (++count > MOST_INSTRUCTIONS)
			return false;
	}
	return accesses >= LEAST_ACCESSES;
}

static bool is_used_elsewhere(const struct widen_fn *fn, uint32_t b, LLVMValueRef inst)
{
	for (LLVMUseRef use = LLVMGetFirstUse(inst); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		const struct widen_value *u = widen_value_of(fn, user);
		if (LLVMIsAPHINode(user) || user == fn->blocks[b].terminator ||
		    LLVMGetInstructionParent(user) != fn->blocks[b].ir ||
		    (u && u->late)) /* made wherever it is used */
			return true;
	}
	return false;
}

/* ---- where the new values of an instruction are ---- */

struct slots {
	LLVMValueRef *at[MOST_SLOTS];
	unsigned count;
};

static bool add_slots(struct widen_emit *e, struct slots *s, LLVMValueRef inst)
{
	const struct widen_value *v = widen_value_of(e->fn, inst);
	unsigned rows = v->per_row ? e->rows : 1;
	uint32_t index = (uint32_t)(v - e->fn->values) * e->rows;
	if (s->count + rows * (2 + v->leaves) > MOST_SLOTS)
		return false;
	for (unsigned row = 0; row < rows; row++) {
		s->at[s->count++] = &e->scalars[index + row];
		s->at[s->count++] = &e->guards[index + row];
		for (unsigned leaf = 0; leaf < v->leaves; leaf++)
			s->at[s->count++] = &e->vectors[(v->first_leaf + leaf) * e->rows + row];
	}
	return true;
}

/* Those of the block's instructions (not its phis), of which only what others use if @used. */
static bool find_slots(struct widen_emit *e, uint32_t b, bool used, struct slots *s)
{
	const struct widen_block *block = &e->fn->blocks[b];
	s->count = 0;
	for (LLVMValueRef i = LLVMGetFirstInstruction(block->ir); i != block->terminator;
	     i = LLVMGetNextInstruction(i))
		if (!LLVMIsAPHINode(i) && LLVMTypeOf(i) != e->fn->nothing &&
		    (!used || is_used_elsewhere(e->fn, b, i)) && !add_slots(e, s, i))
			return false;
	return true;
}

/* ---- making it ---- */

bool widen_is_made_twice(struct widen_emit *e, uint32_t b)
{
	const struct widen_block_state *state = &e->states[b];
	struct slots s;
	return e->fn->widened && !e->tail && state->bounded && !e->fn->blocks[b].row_masked &&
	       state->mask[0] && !LLVMIsConstant(state->mask[0]) && is_worthwhile(e->fn, b) &&
	       find_slots(e, b, false, &s);
}

/* What only one of the two has can be made again from the other values (emit.c), or is not needed.
 */
static LLVMValueRef merged(struct widen_emit *e, LLVMValueRef *values, LLVMBasicBlockRef *from)
{
	if (!values[0] || !values[1])
		return NULL;
	LLVMValueRef phi = LLVMBuildPhi(e->builder, LLVMTypeOf(values[0]), "");
	LLVMAddIncoming(phi, values, from, 2);
	return phi;
}

void widen_emit_twice(struct widen_emit *e, uint32_t b, LLVMValueRef first)
{
	struct widen_block_state *state = &e->states[b], saved = *state;
	struct slots all, used;
	LLVMValueRef values[MOST_SLOTS];
	LLVMBasicBlockRef from[2];
	(void)find_slots(e, b, false, &all);
	(void)find_slots(e, b, true, &used);
	struct widen_fork f = widen_fork_begin(e, widen_full(e, state->mask[0]));
	for (unsigned row = 0; row < e->rows; row++)
		state->mask[row] = NULL;
	state->shared_mask = NULL;
	widen_emit_instructions(e, b, first);
	for (unsigned i = 0; i < used.count; i++)
		values[i] = *used.at[i];
	for (unsigned i = 0; i < all.count; i++)
		*all.at[i] = NULL;
	from[0] = widen_fork_next(e, &f, f.general);
	*state = saved;
	state->partial = true;
	widen_emit_instructions(e, b, first);
	from[1] = widen_fork_next(e, &f, f.join);
	state->partial = false;
	for (unsigned i = 0; i < used.count; i++) {
		LLVMValueRef both[2] = {values[i], *used.at[i]};
		*used.at[i] = merged(e, both, from);
	}
}
