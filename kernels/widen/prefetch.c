/* SPDX-License-Identifier: MIT */
/*
 * Loops in which work-items go on by many elements at once:
 *
 *     for (uint i = get_global_id(0); i < n; i += get_global_size(0))
 *             sum += in[i];
 *
 * On a GPU all of them walk over memory together. Here one chunk takes all its rounds before the
 * next one begins: each round reads a line or two far behind the last, where the processor's own
 * prefetching, which looks no further than a page, does not follow. So the loads ask for what they
 * will load some rounds later. That may be past the end of all memory, where nothing happens.
 */
#include "kernels/widen/access.h"

enum {
	DEEP = 8,
	ROUNDS = 4,       /* how far ahead */
	FAR_APART = 2048, /* bytes: shorter steps the processor sees for itself */
	LINE = 64,
	MOST_LINES = 2, /* of a round */
	READ = 0,
	KEEP = 3,
	DATA = 1,
};

/* By how many bytes a value grows from round to round: @times, of @by where that is not NULL, which
 * is the same in all rounds and lanes. */
struct pace {
	int64_t times;
	LLVMValueRef by;
	bool known;
};

static const struct pace at_rest = {.known = true}, unknown;

struct walk {
	const struct widen_fn *fn;
	uint32_t header;
};

static struct pace pace_of(const struct walk *w, LLVMValueRef v, unsigned depth);

static bool changes(const struct walk *w, LLVMValueRef v)
{
	return LLVMIsAInstruction(v) &&
	       widen_in_loop(w->fn, widen_value_of(w->fn, v)->block, w->header);
}

static struct pace scaled(struct pace p, int64_t by)
{
	if (!p.known || by < 0 || by >= WIDEN_FAR || p.times * by >= WIDEN_FAR)
		return unknown;
	p.times *= by;
	return p;
}

static struct pace sum_of(struct pace a, struct pace b)
{
	if (!a.known || !b.known || (a.times && b.times && a.by != b.by))
		return unknown;
	if (!a.times)
		return b;
	a.times += b.times;
	return a.times < WIDEN_FAR ? a : unknown;
}

static struct pace product(const struct walk *w, LLVMValueRef inst, unsigned depth)
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
	struct pace p = pace_of(w, of, depth);
	if (widen_constant_int(by, &c))
		return c < 0 || (shift && c > 20) ? unknown : scaled(p, shift ? 1ll << c : c);
	if (!p.known || p.by || shift || widen_shape_of(w->fn, by) != WIDEN_UNIFORM)
		return unknown;
	p.by = by;
	return p;
}

static struct pace of_gep(const struct walk *w, LLVMValueRef gep, unsigned depth)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
	struct pace sum = pace_of(w, LLVMGetOperand(gep, 0), depth);
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(gep); i++) {
		uint64_t bytes;
		if (widen_gep_step(w->fn, gep, i, &type, &bytes))
			continue;
		struct pace p = pace_of(w, LLVMGetOperand(gep, i), depth);
		sum = sum_of(sum, scaled(p, (int64_t)tern_min(bytes, (uint64_t)WIDEN_FAR)));
	}
	return sum;
}

/* What is added to it in each round. */
static struct pace of_phi(const struct walk *w, LLVMValueRef phi)
{
	uint32_t latch = w->fn->blocks[w->header].latch;
	if (LLVMGetInstructionParent(phi) != w->fn->blocks[w->header].ir || latch == WIDEN_NONE)
		return unknown;
	for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
		LLVMValueRef next = LLVMGetIncomingValue(phi, i), by;
		int64_t c;
		if (LLVMGetIncomingBlock(phi, i) != w->fn->blocks[latch].ir)
			continue;
		if (!LLVMIsAInstruction(next) || LLVMGetInstructionOpcode(next) != LLVMAdd)
			return unknown;
		by = LLVMGetOperand(next, LLVMGetOperand(next, 0) == phi);
		if ((LLVMGetOperand(next, 0) != phi && LLVMGetOperand(next, 1) != phi) ||
		    changes(w, by))
			return unknown;
		if (widen_constant_int(by, &c))
			return scaled((struct pace){.times = 1, .known = true}, c);
		return widen_shape_of(w->fn, by) == WIDEN_UNIFORM
			       ? (struct pace){.times = 1, .by = by, .known = true}
			       : unknown;
	}
	return unknown;
}

static struct pace pace_of(const struct walk *w, LLVMValueRef v, unsigned depth)
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

void widen_prefetch(struct widen_emit *e, const struct widen_access *a)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef i64 = e->fn->i64, type = e->fn->ptr;
	struct walk w = {.fn = e->fn, .header = e->fn->blocks[e->block].header};
	int64_t bytes = (int64_t)(widen_size_of(e->fn, a->type) * e->lanes);
	if (w.header == WIDEN_NONE || e->rows > 1 || e->rare || a->local || a->private ||
	    a->element || a->stride != (int64_t)widen_size_of(e->fn, a->type) ||
	    !LLVMIsAInstruction(a->pointer) || bytes > MOST_LINES * LINE)
		return;
	struct pace p = pace_of(&w, a->pointer, 0);
	if (!p.known || p.times < (p.by ? 1 : FAR_APART))
		return;
	LLVMValueRef ahead = widen_int(e, i64, p.times * ROUNDS);
	if (p.by) {
		LLVMValueRef by = LLVMBuildIntCast2(b, widen_scalar(e, p.by), i64, true, "");
		ahead = LLVMBuildMul(b, by, ahead, "");
	}
	LLVMValueRef at = LLVMBuildGEP2(b, e->fn->i8, widen_scalar(e, a->pointer), &ahead, 1, "");
	for (int64_t line = 0; line < bytes; line += LINE) {
		LLVMValueRef args[] = {widen_add_bytes(e, at, line), widen_int(e, e->fn->i32, READ),
				       widen_int(e, e->fn->i32, KEEP),
				       widen_int(e, e->fn->i32, DATA)};
		widen_intrinsic(e, "llvm.prefetch", &type, 1, args, 4);
	}
}
