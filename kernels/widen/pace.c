/* SPDX-License-Identifier: MIT */
/* By how much values grow from round to round of a loop. */
#include "kernels/widen/internal.h"

enum { DEEP = 8 };

static const struct widen_pace at_rest = {.known = true}, unknown;

struct walk {
	const struct widen_fn *fn;
	uint32_t header;
};

static struct widen_pace pace_of(const struct walk *w, LLVMValueRef v, unsigned depth);

static bool changes(const struct walk *w, LLVMValueRef v)
{
	return LLVMIsAInstruction(v) &&
	       widen_in_loop(w->fn, widen_value_of(w->fn, v)->block, w->header);
}

static struct widen_pace scaled(struct widen_pace p, int64_t by)
{
	if (!p.known || by < 0 || by >= WIDEN_FAR || p.times * by >= WIDEN_FAR)
		return unknown;
	p.times *= by;
	return p;
}

static struct widen_pace sum_of(struct widen_pace a, struct widen_pace b)
{
	if (!a.known || !b.known || (a.times && b.times && a.by != b.by))
		return unknown;
	if (!a.times)
		return b;
	a.times += b.times;
	return a.times < WIDEN_FAR ? a : unknown;
}

static struct widen_pace product(const struct walk *w, LLVMValueRef inst, unsigned depth)
{
	LLVMValueRef of = LLVMGetOperand(inst, 0), by = LLVMGetOperand(inst, 1);
	bool shift = LLVMGetInstructionOpcode(inst) == LLVMShl;
	int64_t c;
	if (changes(w, by)) {
		LLVMValueRef swap = of;
		of = by;
		by = swap;
	}
	if (changes(w, by) || (shift && of != LLVMGetOperand(inst, 0)))
		return unknown;
	struct widen_pace p = pace_of(w, of, depth);
	if (widen_constant_int(by, &c))
		return c < 0 || (shift && c > 20) ? unknown : scaled(p, shift ? 1ll << c : c);
	if (!p.known || p.by || shift || widen_shape_of(w->fn, by) != WIDEN_UNIFORM)
		return unknown;
	p.by = by;
	return p;
}

static struct widen_pace of_gep(const struct walk *w, LLVMValueRef gep, unsigned depth)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
	struct widen_pace sum = pace_of(w, LLVMGetOperand(gep, 0), depth);
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(gep); i++) {
		uint64_t bytes;
		if (widen_gep_step(w->fn, gep, i, &type, &bytes))
			continue;
		struct widen_pace p = pace_of(w, LLVMGetOperand(gep, i), depth);
		sum = sum_of(sum, scaled(p, (int64_t)tern_min(bytes, (uint64_t)WIDEN_FAR)));
	}
	return sum;
}

/* A pointer that goes on by a constant: p++. */
static struct widen_pace of_pointer(const struct walk *w, LLVMValueRef phi, LLVMValueRef next)
{
	int64_t c;
	if (LLVMGetOperand(next, 0) != phi || LLVMGetNumOperands(next) != 2 ||
	    !widen_constant_int(LLVMGetOperand(next, 1), &c))
		return unknown;
	uint64_t size = widen_size_of(w->fn, LLVMGetGEPSourceElementType(next));
	struct widen_pace p = scaled((struct widen_pace){.times = 1, .known = true}, c);
	return scaled(p, (int64_t)tern_min(size, (uint64_t)WIDEN_FAR));
}

/* What is added to it in each round. */
static struct widen_pace of_phi(const struct walk *w, LLVMValueRef phi)
{
	uint32_t latch = w->fn->blocks[w->header].latch;
	if (LLVMGetInstructionParent(phi) != w->fn->blocks[w->header].ir || latch == WIDEN_NONE)
		return unknown;
	for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
		LLVMValueRef next = LLVMGetIncomingValue(phi, i), by;
		int64_t c;
		if (LLVMGetIncomingBlock(phi, i) != w->fn->blocks[latch].ir)
			continue;
		if (LLVMIsAGetElementPtrInst(next))
			return of_pointer(w, phi, next);
		if (!LLVMIsAInstruction(next) || LLVMGetInstructionOpcode(next) != LLVMAdd)
			return unknown;
		by = LLVMGetOperand(next, LLVMGetOperand(next, 0) == phi);
		if ((LLVMGetOperand(next, 0) != phi && LLVMGetOperand(next, 1) != phi) ||
		    changes(w, by))
			return unknown;
		if (widen_constant_int(by, &c))
			return scaled((struct widen_pace){.times = 1, .known = true}, c);
		return widen_shape_of(w->fn, by) == WIDEN_UNIFORM
			       ? (struct widen_pace){.times = 1, .by = by, .known = true}
			       : unknown;
	}
	return unknown;
}

static struct widen_pace pace_of(const struct walk *w, LLVMValueRef v, unsigned depth)
{
	if (!changes(w, v))
		return at_rest;
	if (++depth > DEEP)
		return unknown;
	switch (LLVMGetInstructionOpcode(v)) {
	case LLVMAdd:
	case LLVMOr:
		return sum_of(pace_of(w, LLVMGetOperand(v, 0), depth),
			      pace_of(w, LLVMGetOperand(v, 1), depth));
	case LLVMMul:
	case LLVMShl:
		return product(w, v, depth);
	case LLVMSExt:
	case LLVMZExt:
	case LLVMTrunc:
	case LLVMAddrSpaceCast:
		return pace_of(w, LLVMGetOperand(v, 0), depth);
	case LLVMGetElementPtr:
		return of_gep(w, v, depth);
	case LLVMPHI:
		return of_phi(w, v);
	default:
		return unknown;
	}
}

struct widen_pace widen_pace_of(const struct widen_fn *fn, uint32_t header, LLVMValueRef v)
{
	const struct walk w = {.fn = fn, .header = header};
	return pace_of(&w, v, 0);
}
