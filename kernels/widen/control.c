/* SPDX-License-Identifier: MIT */
/* Blocks, masks, branches and phis: see "Control flow" in internal.h. */
#include "kernels/widen/internal.h"

enum { CHEAP_INSTRUCTIONS = 24 };

/* ---- masks ---- */

/* The divergent branch of @b's dominator that has @b as its then-block. */
static bool is_then_block(const struct widen_fn *fn, uint32_t b)
{
	const struct widen_block *idom = &fn->blocks[fn->blocks[b].idom];
	return idom->divergent && idom->successor_count == 2 && fn->blocks[b].pred_count == 1 &&
	       idom->successors[widen_then_successor(fn, fn->blocks[b].idom)] == b;
}

static LLVMValueRef block_mask(struct widen_emit *e, uint32_t b)
{
	const struct widen_fn *fn = e->fn;
	const struct widen_block *block = &fn->blocks[b];
	if (block->latch != WIDEN_NONE)
		return block->loop_divergent
			       ? LLVMBuildPhi(e->builder, widen_vector_type(e, fn->i1), "in_loop")
			       : e->states[block->idom].mask[e->row];
	uint32_t exited = widen_exited_loop(fn, b);
	if (exited != WIDEN_NONE)
		return e->states[fn->blocks[exited].idom].mask[e->row];
	if (is_then_block(fn, b))
		return e->states[block->idom].then_mask[e->row];
	return e->states[block->idom].mask[e->row];
}

static bool is_bound(const struct widen_fn *fn, LLVMValueRef condition, unsigned depth);

static bool joins_bound_if(const struct widen_fn *fn, LLVMValueRef phi, unsigned depth)
{
	const struct widen_block *block = &fn->blocks[widen_value_of(fn, phi)->block];
	LLVMValueRef condition = fn->blocks[block->idom].condition;
	return block->latch == WIDEN_NONE && block->exited == WIDEN_NONE && condition &&
	       is_bound(fn, condition, depth + 1);
}

/* Ids and uniform values decide about @condition. */
static bool is_bound(const struct widen_fn *fn, LLVMValueRef condition, unsigned depth)
{
	enum { DEEP = 8 };
	if (widen_shape_of(fn, condition) != WIDEN_VARYING)
		return true;
	if (depth > DEEP || !LLVMIsAInstruction(condition))
		return false;
	switch (LLVMGetInstructionOpcode(condition)) {
	case LLVMICmp:
		return widen_shape_of(fn, LLVMGetOperand(condition, 0)) != WIDEN_VARYING &&
		       widen_shape_of(fn, LLVMGetOperand(condition, 1)) != WIDEN_VARYING;
	case LLVMAnd:
	case LLVMOr:
	case LLVMXor:
	case LLVMSelect:
	case LLVMFreeze:
	case LLVMPHI: /* of an if: what decides which way is one more condition */
		if (LLVMIsAPHINode(condition) && !joins_bound_if(fn, condition, depth))
			return false;
		for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(condition); i++)
			if (!is_bound(fn, LLVMGetOperand(condition, i), depth + 1))
				return false;
		return true;
	default:
		return false;
	}
}

static bool is_bounded(const struct widen_emit *e, uint32_t b)
{
	const struct widen_fn *fn = e->fn;
	const struct widen_block *block = &fn->blocks[b];
	if (block->exited != WIDEN_NONE)
		return e->states[fn->blocks[block->exited].idom].bounded;
	if (block->latch != WIDEN_NONE && block->loop_divergent)
		return false;
	return e->states[block->idom].bounded &&
	       (!is_then_block(fn, b) || is_bound(fn, fn->blocks[block->idom].condition, 0));
}

static void begin_masks(struct widen_emit *e, uint32_t b)
{
	struct widen_block_state *state = &e->states[b];
	if (b == 0)
		state->bounded = !e->tail;
	if (!e->fn->widened || b == 0)
		return;
	bool differ = e->fn->blocks[b].row_masked;
	for (e->row = 0; e->row < e->rows; e->row++)
		state->mask[e->row] = e->row && !differ ? state->mask[0] : block_mask(e, b);
	e->row = 0;
	state->bounded = is_bounded(e, b);
}

/* Behind the phis: the lanes of any row. */
static void join_row_masks(struct widen_emit *e, uint32_t b)
{
	struct widen_block_state *state = &e->states[b];
	state->shared_mask = state->mask[0];
	for (unsigned row = 1; row < e->rows && e->fn->blocks[b].row_masked; row++)
		state->shared_mask =
			LLVMBuildOr(e->builder, state->shared_mask, state->mask[row], "");
}

/* ---- phis ---- */

static unsigned copies(const struct widen_emit *e, LLVMValueRef inst)
{
	return widen_per_row(e->fn, inst) ? e->rows : 1;
}

/* The exit phis of a divergent loop take what the accumulators hold: no phi. */
static bool is_accumulated(const struct widen_fn *fn, uint32_t b, const struct widen_value *v)
{
	if (!fn->widened || v->shape != WIDEN_VARYING)
		return false;
	uint32_t loop = widen_exited_loop(fn, b);
	return loop != WIDEN_NONE && fn->blocks[loop].loop_divergent;
}

static void begin_phi(struct widen_emit *e, uint32_t b, LLVMValueRef phi)
{
	const struct widen_value *v = widen_value_of(e->fn, phi);
	LLVMTypeRef type = LLVMTypeOf(phi);
	if (v->shape != WIDEN_VARYING) {
		bool exact = v->shape == WIDEN_LINEAR && v->exact;
		type = exact ? e->fn->i64 : widen_map_type(e->fn, type);
		widen_set_scalar(e, phi, LLVMBuildPhi(e->builder, type, ""));
		return;
	}
	for (unsigned leaf = 0; leaf < v->leaves; leaf++) {
		LLVMTypeRef leaf_type = widen_leaf_type(e->fn, type, leaf);
		LLVMValueRef new_phi = NULL;
		if (is_accumulated(e->fn, b, v))
			new_phi = e->accumulators[(v->first_leaf + leaf) * e->rows +
						  (v->per_row ? e->row : 0)];
		else
			new_phi = LLVMBuildPhi(e->builder, widen_vector_type(e, leaf_type), "");
		widen_set_vector(e, phi, leaf, new_phi);
	}
}

static uint32_t exit_of(const struct widen_fn *fn, uint32_t header)
{
	const struct widen_block *latch = &fn->blocks[fn->blocks[header].latch];
	return latch->successors[latch->successors[0] == header ? 1 : 0];
}

static LLVMValueRef *accumulator(struct widen_emit *e, const struct widen_value *v, unsigned leaf)
{
	return &e->accumulators[(v->first_leaf + leaf) * e->rows + (v->per_row ? e->row : 0)];
}

/* In the header of a divergent loop: a phi for each value that leaves it. */
static void begin_accumulators(struct widen_emit *e, uint32_t header)
{
	const struct widen_fn *fn = e->fn;
	LLVMBasicBlockRef exit = fn->blocks[exit_of(fn, header)].ir;
	for (LLVMValueRef phi = LLVMGetFirstInstruction(exit); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		const struct widen_value *v = widen_value_of(fn, phi);
		if (v->shape != WIDEN_VARYING)
			continue;
		for (e->row = 0; e->row < copies(e, phi); e->row++)
			for (unsigned leaf = 0; leaf < v->leaves; leaf++) {
				LLVMTypeRef type = widen_leaf_type(fn, LLVMTypeOf(phi), leaf);
				*accumulator(e, v, leaf) = LLVMBuildPhi(
					e->builder, widen_vector_type(e, type), "leaving");
			}
		e->row = 0;
	}
}

/* In its latch: lanes that took part in this round bring their values. */
static void update_accumulators(struct widen_emit *e, uint32_t header, uint32_t latch)
{
	const struct widen_fn *fn = e->fn;
	LLVMBasicBlockRef exit = fn->blocks[exit_of(fn, header)].ir;
	LLVMBasicBlockRef from[] = {e->states[fn->blocks[header].idom].last, e->states[latch].last};
	for (LLVMValueRef phi = LLVMGetFirstInstruction(exit); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		const struct widen_value *v = widen_value_of(fn, phi);
		if (v->shape != WIDEN_VARYING)
			continue;
		for (e->row = 0; e->row < copies(e, phi); e->row++)
			for (unsigned leaf = 0; leaf < v->leaves; leaf++) {
				LLVMValueRef *slot = accumulator(e, v, leaf), old = *slot;
				LLVMValueRef now =
					widen_vector(e, LLVMGetIncomingValue(phi, 0), leaf);
				e->shared = !v->per_row;
				LLVMValueRef mask = widen_mask_or_all(e, widen_mask(e));
				e->shared = false;
				*slot = LLVMBuildSelect(e->builder, mask, now, old, "");
				LLVMValueRef in[] = {LLVMGetPoison(LLVMTypeOf(old)), *slot};
				LLVMAddIncoming(old, in, from, 2);
			}
		e->row = 0;
	}
}

/* ---- branches ---- */

/* Harmless without an active lane, and quicker than a test. */
static bool is_cheap(const struct widen_fn *fn, uint32_t then_block, uint32_t join)
{
	const struct widen_block *block = &fn->blocks[then_block];
	unsigned count = 0;
	if (block->successor_count != 1 || block->successors[0] != join)
		return false;
	for (LLVMValueRef i = LLVMGetFirstInstruction(block->ir); i != block->terminator;
	     i = LLVMGetNextInstruction(i)) {
		switch (LLVMGetInstructionOpcode(i)) {
		case LLVMLoad:
		case LLVMStore:
		case LLVMUDiv:
		case LLVMSDiv:
		case LLVMURem:
		case LLVMSRem:
		case LLVMAtomicRMW:
		case LLVMAtomicCmpXchg:
		case LLVMFence:
		case LLVMCall:
		case LLVMAlloca:
			return false;
		default:
			break;
		}
		if (++count > CHEAP_INSTRUCTIONS)
			return false;
	}
	return true;
}

/* Lanes of @mask for which the condition of @b is @wanted; never poison where @mask is clear. */
static LLVMValueRef mask_and_condition(struct widen_emit *e, uint32_t b, bool wanted)
{
	LLVMValueRef condition = widen_vector(e, e->fn->blocks[b].condition, 0);
	LLVMValueRef mask = widen_mask(e);
	if (!wanted)
		condition = LLVMBuildNot(e->builder, condition, "");
	if (!mask)
		return condition;
	return LLVMBuildSelect(e->builder, mask, condition, LLVMConstNull(LLVMTypeOf(condition)),
			       "");
}

static LLVMValueRef join_masks(struct widen_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return a ? LLVMBuildOr(e->builder, a, b, "") : b;
}

static void divergent_latch(struct widen_emit *e, uint32_t b, uint32_t header)
{
	const struct widen_block *block = &e->fn->blocks[b];
	bool back_if = block->successors[0] == header;
	uint32_t before = e->fn->blocks[header].idom;
	LLVMBasicBlockRef from[] = {e->states[before].last, e->states[b].last};
	LLVMValueRef any = NULL;

	update_accumulators(e, header, b);
	unsigned rows = e->fn->blocks[header].row_masked ? e->rows : 1;
	for (e->row = 0; e->row < rows; e->row++) {
		LLVMValueRef stay = mask_and_condition(e, b, back_if);
		LLVMValueRef in[] = {widen_mask_or_all(e, e->states[before].mask[e->row]), stay};
		LLVMAddIncoming(e->states[header].mask[e->row], in, from, 2);
		any = join_masks(e, any, stay);
	}
	e->row = 0;
	LLVMBuildCondBr(e->builder, widen_any(e, any), e->states[header].first,
			e->states[exit_of(e->fn, header)].first);
}

static void divergent_if(struct widen_emit *e, uint32_t b)
{
	const struct widen_block *block = &e->fn->blocks[b];
	unsigned then = widen_then_successor(e->fn, b);
	uint32_t then_block = block->successors[then], join = block->successors[!then];
	LLVMValueRef any = NULL;

	unsigned rows = e->fn->blocks[then_block].row_masked ? e->rows : 1;
	for (e->row = 0; e->row < rows; e->row++) {
		LLVMValueRef mask = mask_and_condition(e, b, then == 0);
		e->states[b].then_mask[e->row] = mask;
		any = join_masks(e, any, mask);
	}
	for (; e->row < e->rows; e->row++)
		e->states[b].then_mask[e->row] = any;
	e->states[b].shared_then_mask = any;
	e->row = 0;
	e->states[b].flat = is_cheap(e->fn, then_block, join);
	if (e->states[b].flat)
		LLVMBuildBr(e->builder, e->states[then_block].first);
	else
		LLVMBuildCondBr(e->builder, widen_any(e, any), e->states[then_block].first,
				e->states[join].first);
}

static void uniform_branch(struct widen_emit *e, uint32_t b)
{
	const struct widen_block *block = &e->fn->blocks[b];
	LLVMValueRef condition = widen_scalar(e, block->condition);
	LLVMBasicBlockRef first = e->states[block->successors[0]].first;
	if (LLVMGetInstructionOpcode(block->terminator) == LLVMBr) {
		LLVMBuildCondBr(e->builder, condition, first,
				e->states[block->successors[1]].first);
		return;
	}
	LLVMValueRef go = LLVMBuildSwitch(e->builder, condition, first, block->successor_count - 1);
	for (unsigned i = 1; i < block->successor_count; i++)
		LLVMAddCase(go, LLVMGetOperand(block->terminator, 2 * i),
			    e->states[block->successors[i]].first);
}

static void end_block(struct widen_emit *e, uint32_t b)
{
	const struct widen_fn *fn = e->fn;
	const struct widen_block *block = &fn->blocks[b];
	if (LLVMGetInstructionOpcode(block->terminator) == LLVMUnreachable)
		LLVMBuildUnreachable(e->builder);
	else if (block->successor_count == 0 && fn->regions)
		widen_end_last_region(e);
	else if (block->successor_count == 0 && fn->has_barrier)
		widen_emit_suspend(e, true);
	else if (block->successor_count == 0)
		LLVMBuildRetVoid(e->builder);
	else if (block->successor_count == 1)
		LLVMBuildBr(e->builder, e->states[block->successors[0]].first);
	else if (!block->divergent)
		uniform_branch(e, b);
	else if (block->header != WIDEN_NONE && fn->blocks[block->header].latch == b)
		divergent_latch(e, b, block->header);
	else
		divergent_if(e, b);
}

/* ---- incoming values, once everything has been made ---- */

static LLVMValueRef incoming_from(const struct widen_fn *fn, LLVMValueRef phi, uint32_t pred)
{
	for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
		if (widen_block_index(fn, LLVMGetIncomingBlock(phi, i)) == pred)
			return LLVMGetIncomingValue(phi, i);
	return NULL;
}

/*
 * Where @pred is the then side of a divergent if that ends in @b: what the phi has in the lanes
 * that do not take it. Else, and where that is undefined: NULL.
 */
static LLVMValueRef value_beside(const struct widen_fn *fn, uint32_t b, LLVMValueRef phi,
				 uint32_t pred)
{
	uint32_t idom = fn->blocks[b].idom;
	bool join = fn->blocks[b].latch == WIDEN_NONE && fn->blocks[b].pred_count > 1 &&
		    fn->blocks[idom].divergent && pred != idom;
	LLVMValueRef other = join ? incoming_from(fn, phi, idom) : NULL;
	return other && !LLVMIsUndef(other) ? other : NULL;
}

static LLVMValueRef incoming_vector(struct widen_emit *e, uint32_t b, LLVMValueRef phi,
				    LLVMValueRef in, uint32_t pred, unsigned leaf)
{
	const struct widen_fn *fn = e->fn;
	uint32_t idom = fn->blocks[b].idom;
	LLVMValueRef v = widen_vector(e, in, leaf);
	LLVMValueRef other = value_beside(fn, b, phi, pred);
	if (!other)
		return v;
	LLVMValueRef mask = widen_per_row(fn, phi) ? e->states[idom].then_mask[e->row]
						   : e->states[idom].shared_then_mask;
	return LLVMBuildSelect(e->builder, mask, v, widen_vector(e, other, leaf), "");
}

/* One value for all lanes: what is undefined on the then side is what the other lanes need. */
static LLVMValueRef incoming_scalar(struct widen_emit *e, uint32_t b, LLVMValueRef phi,
				    LLVMValueRef in, uint32_t pred)
{
	const struct widen_value *v = widen_value_of(e->fn, phi);
	LLVMValueRef other = LLVMIsUndef(in) ? value_beside(e->fn, b, phi, pred) : NULL;
	in = other ? other : in;
	return v->shape == WIDEN_LINEAR && v->exact ? widen_scalar64(e, in) : widen_scalar(e, in);
}

static void add_incoming(struct widen_emit *e, uint32_t b, LLVMValueRef phi, unsigned i)
{
	const struct widen_fn *fn = e->fn;
	const struct widen_value *v = widen_value_of(fn, phi);
	LLVMValueRef in = LLVMGetIncomingValue(phi, i), new_in;
	uint32_t pred = widen_block_index(fn, LLVMGetIncomingBlock(phi, i));
	uint32_t slot_row = v->per_row ? e->row : 0;
	if (pred == WIDEN_NONE || (e->states[pred].flat && pred == fn->blocks[b].idom))
		return;
	LLVMBasicBlockRef from = e->states[pred].last;
	LLVMPositionBuilderBefore(e->builder, LLVMGetBasicBlockTerminator(from));
	if (v->shape != WIDEN_VARYING) {
		LLVMValueRef new_phi = e->scalars[(v - fn->values) * e->rows + slot_row];
		new_in = incoming_scalar(e, b, phi, in, pred);
		LLVMAddIncoming(new_phi, &new_in, &from, 1);
		return;
	}
	for (unsigned leaf = 0; leaf < v->leaves; leaf++) {
		LLVMValueRef new_phi = e->vectors[(v->first_leaf + leaf) * e->rows + slot_row];
		new_in = incoming_vector(e, b, phi, in, pred, leaf);
		LLVMAddIncoming(new_phi, &new_in, &from, 1);
	}
}

static void complete_phis(struct widen_emit *e, uint32_t b)
{
	for (LLVMValueRef phi = LLVMGetFirstInstruction(e->fn->blocks[b].ir); LLVMIsAPHINode(phi);
	     phi = LLVMGetNextInstruction(phi)) {
		if (is_accumulated(e->fn, b, widen_value_of(e->fn, phi)))
			continue;
		for (e->row = 0; e->row < copies(e, phi); e->row++)
			for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
				add_incoming(e, b, phi, i);
		e->row = 0;
	}
}

/* ---- the whole ---- */

void widen_emit_instructions(struct widen_emit *e, uint32_t b, LLVMValueRef first)
{
	for (LLVMValueRef i = first; i != e->fn->blocks[b].terminator;
	     i = LLVMGetNextInstruction(i)) {
		e->shared = !widen_per_row(e->fn, i);
		widen_set_line(e, i);
		for (e->row = 0; e->row < copies(e, i); e->row++)
			widen_emit_instruction(e, i);
		e->row = 0;
	}
	e->shared = false;
}

static void emit_block(struct widen_emit *e, uint32_t b)
{
	const struct widen_block *block = &e->fn->blocks[b];
	LLVMValueRef i = LLVMGetFirstInstruction(block->ir);
	e->block = b;
	LLVMPositionBuilderAtEnd(e->builder, e->states[b].first);
	begin_masks(e, b);
	for (; LLVMIsAPHINode(i); i = LLVMGetNextInstruction(i)) {
		for (e->row = 0; e->row < copies(e, i); e->row++)
			begin_phi(e, b, i);
		e->row = 0;
	}
	if (e->fn->widened && block->latch != WIDEN_NONE && block->loop_divergent)
		begin_accumulators(e, b);
	join_row_masks(e, b);
	if (widen_is_made_twice(e, b))
		widen_emit_twice(e, b, i);
	else
		widen_emit_instructions(e, b, i);
	widen_set_line(e, block->terminator);
	if (e->fn->yields && widen_ends_waiting_round(e->fn, b))
		widen_emit_suspend(e, false);
	e->states[b].last = LLVMGetInsertBlock(e->builder);
	end_block(e, b);
}

/* The prologue's branch comes first: constants go before it. */
static void begin_blocks(struct widen_emit *e)
{
	const struct widen_fn *fn = e->fn;
	LLVMValueRef mask = NULL;
	for (uint32_t b = 0; b < fn->block_count; b++)
		e->states[b].first = e->states[b].last = widen_append_block(e, "");
	if (e->tail && fn->widened) {
		LLVMValueRef active = LLVMBuildTrunc(e->builder, e->active, fn->i32, "");
		mask = LLVMBuildICmp(e->builder, LLVMIntULT, widen_steps(e, fn->i32, 1),
				     widen_splat(e, active), "");
	}
	for (unsigned row = 0; row < e->rows; row++)
		e->states[0].mask[row] = mask;
	LLVMBuildBr(e->builder, e->states[0].first);
}

void widen_emit_blocks(struct widen_emit *e)
{
	begin_blocks(e);
	for (uint32_t b = 0; b < e->fn->block_count; b++)
		emit_block(e, b);
	for (uint32_t b = 0; b < e->fn->block_count; b++)
		complete_phis(e, b);
}
