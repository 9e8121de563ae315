/* SPDX-License-Identifier: MIT */
/*
 * Whether all chunks of a work-group come from one barrier to the same next one. Then what lies
 * between barriers can be a loop over the chunks (split.c); else chunks are coroutines.
 *
 * A program must see to it that all work-items come to the same barriers, but may do so in a way
 * that is not known here. What is known: a value that is made of arguments, sizes, group ids and
 * what is loaded from addresses made of them is the same in the whole work-group; where another
 * value decides about control flow (*own*: a chunk's), there may be no barrier before the ways meet
 * again, and what the ways yield is a chunk's own, too.
 */
#include <string.h>

#include "kernels/widen/internal.h"
#include "runtime/base/alloc.h"

enum { MOST_BLOCKS = 512, MOST_VALUES = 20000 };

struct survey {
	const struct widen_fn *fn;
	uint8_t *own;    /* by value */
	uint64_t *after; /* by block: the set of blocks that every way from it to the end goes to */
	uint32_t words;  /* of a set */
	uint8_t *seen;   /* by block: between the ways of one branch */
	uint32_t *stack; /* of blocks */
	uint8_t *barriers; /* by block: has one */
};

/* ---- values ---- */

/* What the pointer is made from: an argument, a variable, or not known. */
static bool is_from_known_place(LLVMValueRef pointer)
{
	while (LLVMIsAGetElementPtrInst(pointer) || LLVMIsAAddrSpaceCastInst(pointer))
		pointer = LLVMGetOperand(pointer, 0);
	return LLVMIsAArgument(pointer) || LLVMIsAConstant(pointer) ||
	       (LLVMIsACallInst(pointer) && widen_call_of(pointer) == WIDEN_CALL_COLLECTIVE);
}

static bool is_own_call(LLVMValueRef call)
{
	switch (widen_call_of(call)) {
	case WIDEN_CALL_UNKNOWN: /* an intrinsic */
	case WIDEN_CALL_GROUP_ID:
	case WIDEN_CALL_LOCAL_SIZE:
	case WIDEN_CALL_ENQUEUED_LOCAL_SIZE:
	case WIDEN_CALL_GLOBAL_SIZE:
	case WIDEN_CALL_NUM_GROUPS:
	case WIDEN_CALL_GLOBAL_OFFSET:
	case WIDEN_CALL_WORK_DIM:
	case WIDEN_CALL_COLLECTIVE:
		return false;
	default:
		return true;
	}
}

static bool has_own_operand(const struct survey *s, LLVMValueRef inst)
{
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++) {
		LLVMValueRef operand = LLVMGetOperand(inst, i);
		const struct widen_value *v =
			LLVMIsAInstruction(operand) ? widen_value_of(s->fn, operand) : NULL;
		if (v && s->own[v - s->fn->values])
			return true;
	}
	return false;
}

static bool is_own(const struct survey *s, const struct widen_value *v)
{
	if (v->shape != WIDEN_UNIFORM || widen_is_atomic(v->ir) || LLVMIsAAllocaInst(v->ir) ||
	    has_own_operand(s, v->ir))
		return true;
	if (LLVMIsALoadInst(v->ir))
		return !is_from_known_place(LLVMGetOperand(v->ir, 0));
	return LLVMIsACallInst(v->ir) && is_own_call(v->ir);
}

/* ---- control flow ---- */

static uint64_t *after(const struct survey *s, uint32_t b)
{
	return s->after + (size_t)b * s->words;
}

static bool has(const uint64_t *set, uint32_t b)
{
	return set[b / 64] >> (b % 64) & 1;
}

/* Its set is what all successors' sets have, and itself. */
static bool meet(const struct survey *s, uint32_t b)
{
	const struct widen_block *block = &s->fn->blocks[b];
	uint64_t *set = after(s, b);
	bool changed = false;
	for (uint32_t w = 0; w < s->words; w++) {
		uint64_t bits = block->successor_count ? UINT64_MAX : 0;
		for (uint32_t i = 0; i < block->successor_count; i++)
			bits &= after(s, block->successors[i])[w];
		if (w == b / 64)
			bits |= (uint64_t)1 << (b % 64);
		changed = changed || set[w] != bits;
		set[w] = bits;
	}
	return changed;
}

static void find_after(const struct survey *s)
{
	memset(s->after, 0xff, (size_t)s->fn->block_count * s->words * sizeof(*s->after));
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t b = s->fn->block_count; b-- > 0;)
			changed |= meet(s, b);
	}
}

/* From every block there is a way to the end. */
static bool all_end(const struct survey *s)
{
	const struct widen_fn *fn = s->fn;
	memset(s->seen, 0, fn->block_count);
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t b = fn->block_count; b-- > 0;) {
			bool ends = fn->blocks[b].successor_count == 0;
			for (uint32_t i = 0; i < fn->blocks[b].successor_count; i++)
				ends = ends || s->seen[fn->blocks[b].successors[i]];
			changed = changed || ends != s->seen[b];
			s->seen[b] = ends;
		}
	}
	return !memchr(s->seen, 0, fn->block_count);
}

/* Marks the blocks on the ways from @b up to where they meet again, that place included. */
static void mark_ways(const struct survey *s, uint32_t b)
{
	const uint64_t *meeting = after(s, b);
	uint32_t depth = 0;
	memset(s->seen, 0, s->fn->block_count);
	s->stack[depth++] = b;
	while (depth) {
		const struct widen_block *block = &s->fn->blocks[s->stack[--depth]];
		for (uint32_t i = 0; i < block->successor_count; i++) {
			uint32_t next = block->successors[i];
			if (s->seen[next])
				continue;
			s->seen[next] = 1;
			if (next == b || !has(meeting, next))
				s->stack[depth++] = next;
		}
	}
}

/* The ways of a branch that chunks take differently; false: there is a barrier on one. */
static bool follow_ways(struct survey *s, uint32_t b, bool *changed)
{
	const struct widen_fn *fn = s->fn;
	mark_ways(s, b);
	for (uint32_t i = 0; i < fn->block_count; i++)
		if (s->seen[i] && s->barriers[i] && (i == b || !has(after(s, b), i)))
			return false;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (s->own[i] || !LLVMIsAPHINode(v->ir) || !s->seen[v->block])
			continue;
		s->own[i] = 1;
		*changed = true;
	}
	return true;
}

static bool is_own_branch(const struct survey *s, uint32_t b)
{
	LLVMValueRef condition = s->fn->blocks[b].condition;
	if (!condition || !LLVMIsAInstruction(condition))
		return false;
	const struct widen_value *v = widen_value_of(s->fn, condition);
	return s->own[v - s->fn->values];
}

/* False: chunks may come to different barriers. */
static bool come_together(struct survey *s)
{
	const struct widen_fn *fn = s->fn;
	for (bool changed = true; changed;) {
		changed = false;
		for (uint32_t i = 0; i < fn->value_count; i++) {
			if (s->own[i] || !LLVMIsAInstruction(fn->values[i].ir))
				continue;
			s->own[i] = is_own(s, &fn->values[i]);
			changed = changed || s->own[i];
		}
		for (uint32_t b = 0; b < fn->block_count; b++)
			if (is_own_branch(s, b) && !follow_ways(s, b, &changed))
				return false;
	}
	return true;
}

/* ---- the whole ---- */

static unsigned find_barriers(const struct survey *s)
{
	unsigned count = 0;
	for (uint32_t i = 0; i < s->fn->value_count; i++) {
		const struct widen_value *v = &s->fn->values[i];
		if (!LLVMIsACallInst(v->ir) || widen_call_of(v->ir) != WIDEN_CALL_BARRIER)
			continue;
		s->barriers[v->block] = 1;
		count++;
	}
	return count;
}

void widen_find_regions(struct widen_fn *fn)
{
	struct survey s = {.fn = fn, .words = (fn->block_count + 63) / 64};
	fn->regions = 0;
	if (!fn->has_barrier || fn->yields || fn->block_count > MOST_BLOCKS)
		return;
	s.own = tern_zalloc(fn->value_count + 1);
	s.after = tern_zalloc_array((size_t)fn->block_count * s.words, sizeof(*s.after));
	s.seen = tern_zalloc(fn->block_count);
	s.stack = tern_zalloc_array(fn->block_count, sizeof(*s.stack));
	s.barriers = tern_zalloc(fn->block_count);
	if (s.own && s.after && s.seen && s.stack && s.barriers) {
		unsigned barriers = find_barriers(&s);
		find_after(&s);
		if (barriers <= WIDEN_MOST_BARRIERS && barriers * fn->value_count <= MOST_VALUES &&
		    all_end(&s) && come_together(&s))
			fn->regions = barriers + 1;
	} else {
		fn->out_of_memory = true;
	}
	tern_free(s.own);
	tern_free(s.after);
	tern_free(s.seen);
	tern_free(s.stack);
	tern_free(s.barriers);
}
