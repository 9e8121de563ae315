/* SPDX-License-Identifier: MIT */
/* Dominators and loops; whether divergent control flow has the form that control.c can emit. */
#include <string.h>

#include "kernels/widen/internal.h"
#include "runtime/base/alloc.h"

/* ---- dominators (Cooper, Harvey, Kennedy); indices are a reverse post-order ---- */

static uint32_t common_dominator(const struct widen_fn *fn, uint32_t a, uint32_t b)
{
	while (a != b) {
		while (a > b)
			a = fn->blocks[a].idom;
		while (b > a)
			b = fn->blocks[b].idom;
	}
	return a;
}

static void find_dominators(struct widen_fn *fn)
{
	for (uint32_t b = 0; b < fn->block_count; b++)
		fn->blocks[b].idom = b ? WIDEN_NONE : 0;
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t b = 1; b < fn->block_count; b++) {
			struct widen_block *block = &fn->blocks[b];
			uint32_t idom = WIDEN_NONE;
			for (uint32_t i = 0; i < block->pred_count; i++) {
				uint32_t p = block->preds[i];
				if (fn->blocks[p].idom == WIDEN_NONE)
					continue;
				idom = idom == WIDEN_NONE ? p : common_dominator(fn, p, idom);
			}
			changed = changed || block->idom != idom;
			block->idom = idom;
		}
	}
}

bool widen_dominates(const struct widen_fn *fn, uint32_t a, uint32_t b)
{
	while (b > a)
		b = fn->blocks[b].idom;
	return a == b;
}

/* ---- loops ---- */

static bool find_latches(struct widen_fn *fn)
{
	for (uint32_t b = 0; b < fn->block_count; b++) {
		fn->blocks[b].latch = fn->blocks[b].header = WIDEN_NONE;
		fn->blocks[b].parent = fn->blocks[b].exited = WIDEN_NONE;
	}
	for (uint32_t b = 0; b < fn->block_count; b++) {
		struct widen_block *block = &fn->blocks[b];
		for (uint32_t i = 0; i < block->successor_count; i++) {
			uint32_t h = block->successors[i];
			if (h > b)
				continue;
			if (!widen_dominates(fn, h, b))
				return widen_refuse(fn, "irreducible control flow", NULL);
			if (fn->blocks[h].latch != WIDEN_NONE)
				return widen_refuse(fn, "a loop with several latches", NULL);
			fn->blocks[h].latch = b;
		}
	}
	return true;
}

/* Marks the loop of header @h: outer loops come first, so inner ones overwrite. */
static void mark_loop(struct widen_fn *fn, uint32_t h, uint32_t *stack, uint8_t *in_loop)
{
	uint32_t depth = 0;
	memset(in_loop, 0, fn->block_count);
	fn->blocks[h].parent = fn->blocks[h].header;
	fn->blocks[h].header = h;
	in_loop[h] = 1;
	if (fn->blocks[h].latch != h) {
		stack[depth++] = fn->blocks[h].latch;
		in_loop[fn->blocks[h].latch] = 1;
	}
	while (depth) {
		struct widen_block *block = &fn->blocks[stack[--depth]];
		block->header = h;
		for (uint32_t i = 0; i < block->pred_count; i++) {
			uint32_t p = block->preds[i];
			if (in_loop[p])
				continue;
			in_loop[p] = 1;
			stack[depth++] = p;
		}
	}
}

/* One entry from a block of its own, one exit from the latch to a block of its own. */
static bool check_loop(struct widen_fn *fn, uint32_t h, const uint8_t *in_loop)
{
	struct widen_block *header = &fn->blocks[h], *latch = &fn->blocks[header->latch];
	for (uint32_t b = h; b < fn->block_count; b++)
		for (uint32_t i = 0; in_loop[b] && i < fn->blocks[b].successor_count; i++)
			if (!in_loop[fn->blocks[b].successors[i]] && b != header->latch)
				return widen_refuse(fn, "a loop left in the middle",
						    fn->blocks[b].terminator);
	if (header->pred_count != 2 || fn->blocks[header->idom].successor_count != 1)
		return widen_refuse(fn, "a loop without preheader", latch->terminator);
	if (latch->successor_count != 2)
		return widen_refuse(fn, "an endless loop", latch->terminator);
	uint32_t exit = latch->successors[latch->successors[0] == h ? 1 : 0];
	if (fn->blocks[exit].pred_count != 1)
		return widen_refuse(fn, "a loop exit with other entries", latch->terminator);
	fn->blocks[exit].exited = h;
	return true;
}

static bool find_loops(struct widen_fn *fn)
{
	uint32_t *stack = tern_zalloc_array(fn->block_count, sizeof(*stack) + 1);
	uint8_t *in_loop = (uint8_t *)(stack + fn->block_count);
	bool good = stack != NULL;
	if (!stack) {
		fn->out_of_memory = true;
		return false;
	}
	for (uint32_t h = 0; good && h < fn->block_count; h++) {
		if (fn->blocks[h].latch == WIDEN_NONE)
			continue;
		mark_loop(fn, h, stack, in_loop);
		good = check_loop(fn, h, in_loop);
	}
	tern_free(stack);
	return good;
}

bool widen_cfg_analyse(struct widen_fn *fn)
{
	uint32_t exits = 0;
	for (uint32_t b = 0; b < fn->block_count; b++) {
		LLVMOpcode op = LLVMGetInstructionOpcode(fn->blocks[b].terminator);
		if (op != LLVMBr && op != LLVMRet)
			return widen_refuse(fn, "a terminator that is not known",
					    fn->blocks[b].terminator);
		exits += op == LLVMRet;
	}
	if (exits != 1)
		return widen_refuse(fn, "no single return", NULL);
	find_dominators(fn);
	return find_latches(fn) && find_loops(fn);
}

bool widen_in_loop(const struct widen_fn *fn, uint32_t b, uint32_t h)
{
	if (h == WIDEN_NONE)
		return true;
	uint32_t in = fn->blocks[b].header;
	while (in != WIDEN_NONE && in != h)
		in = fn->blocks[in].parent;
	return in == h;
}

uint32_t widen_exited_loop(const struct widen_fn *fn, uint32_t b)
{
	return fn->blocks[b].exited;
}

/* ---- divergence ---- */

unsigned widen_then_successor(const struct widen_fn *fn, uint32_t b)
{
	return fn->blocks[fn->blocks[b].successors[0]].pred_count > 1 ? 1 : 0;
}

/* All that is reached from the then-block before the join belongs to it. */
static bool is_closed_region(const struct widen_fn *fn, uint32_t then, uint32_t join,
			     uint32_t *stack, uint8_t *seen)
{
	uint32_t depth = 0;
	memset(seen, 0, fn->block_count);
	stack[depth++] = then;
	seen[then] = 1;
	while (depth) {
		const struct widen_block *block = &fn->blocks[stack[--depth]];
		if (block->successor_count == 0)
			return false;
		for (uint32_t i = 0; i < block->successor_count; i++) {
			uint32_t to = block->successors[i];
			if (to == join || seen[to])
				continue;
			if (!widen_dominates(fn, then, to))
				return false;
			seen[to] = 1;
			stack[depth++] = to;
		}
	}
	return true;
}

static bool is_if_then(const struct widen_fn *fn, uint32_t b, uint32_t *stack, uint8_t *seen)
{
	const struct widen_block *block = &fn->blocks[b];
	unsigned t = widen_then_successor(fn, b);
	uint32_t then = block->successors[t], join = block->successors[!t];
	const struct widen_block *j = &fn->blocks[join];
	if (block->successor_count != 2 || then == join)
		return false;
	if (fn->blocks[then].pred_count != 1 || j->pred_count != 2 || j->idom != b)
		return false;
	if (j->latch != WIDEN_NONE || j->exited != WIDEN_NONE || j->header != block->header)
		return false;
	if (fn->blocks[then].latch != WIDEN_NONE || fn->blocks[then].header != block->header)
		return false;
	return is_closed_region(fn, then, join, stack, seen);
}

/* What a divergent loop defines is used outside by the phis of its exit only. */
static bool check_use(struct widen_fn *fn, LLVMValueRef operand, uint32_t used_in,
		      LLVMValueRef user)
{
	if (!LLVMIsAInstruction(operand))
		return true;
	uint32_t h = fn->blocks[widen_value_of(fn, operand)->block].header;
	for (; h != WIDEN_NONE && !widen_in_loop(fn, used_in, h); h = fn->blocks[h].parent)
		if (fn->blocks[h].loop_divergent)
			return widen_refuse(fn, "a loop that is not in LCSSA form", user);
	return true;
}

static bool check_uses(struct widen_fn *fn)
{
	for (uint32_t v = 0; v < fn->value_count; v++) {
		LLVMValueRef inst = fn->values[v].ir;
		if (!LLVMIsAInstruction(inst))
			continue;
		bool phi = LLVMIsAPHINode(inst);
		for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++) {
			uint32_t in = fn->values[v].block;
			if (phi)
				in = widen_block_index(fn, LLVMGetIncomingBlock(inst, i));
			if (in != WIDEN_NONE && !check_use(fn, LLVMGetOperand(inst, i), in, inst))
				return false;
		}
	}
	return true;
}

bool widen_cfg_check_divergence(struct widen_fn *fn)
{
	uint32_t *stack = tern_zalloc_array(fn->block_count, sizeof(*stack) + 1);
	uint8_t *seen = (uint8_t *)(stack + fn->block_count);
	bool good = stack != NULL;
	if (!stack) {
		fn->out_of_memory = true;
		return false;
	}
	for (uint32_t b = 0; good && b < fn->block_count; b++) {
		const struct widen_block *block = &fn->blocks[b];
		bool latch = block->header != WIDEN_NONE && fn->blocks[block->header].latch == b;
		if (block->divergent && !latch && !is_if_then(fn, b, stack, seen))
			good = widen_refuse(fn, "divergent control flow that is not structured",
					    block->terminator);
	}
	tern_free(stack);
	return good && check_uses(fn);
}

bool widen_in_divergent_loop(const struct widen_fn *fn, uint32_t b)
{
	uint32_t h = fn->blocks[b].header;
	while (h != WIDEN_NONE && !fn->blocks[h].loop_divergent)
		h = fn->blocks[h].parent;
	return h != WIDEN_NONE;
}
