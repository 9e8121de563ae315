/* SPDX-License-Identifier: MIT */
/*
 * Loops in which each work-item walks along elements of its own:
 *
 *     for (int i = 0; i < n; i++)
 *             sum += a[get_global_id(0) * n + i];
 *
 * Several rounds become one, whose loads joined.c makes as one.
 *
 * Such are innermost loops of one block that write nothing and have as many rounds in all lanes, as
 * far as one can tell before the shapes are known.
 */
#include <string.h>

#include <llvm-c/DebugInfo.h>

#include "kernels/widen/internal.h"

enum { DEEP = 12, MOST_STEPS = 300, MOST_INSTRUCTIONS = 48, ROUNDS = 8, UNKNOWN = -1 };

struct walk {
	const struct widen_fn *fn; /* types only */
	LLVMBasicBlockRef loop;
	unsigned steps; /* taken: expressions may share much */
};

/* By how much a value grows from round to round (by_lane: from lane to lane), or UNKNOWN. */
static int64_t growth(struct walk *w, LLVMValueRef v, bool by_lane, unsigned depth);

static int64_t sum_of(int64_t a, int64_t b)
{
	return a == UNKNOWN || b == UNKNOWN || a + b >= WIDEN_FAR ? UNKNOWN : a + b;
}

static int64_t times(int64_t a, uint64_t by)
{
	return a <= 0                                            ? a
	       : by >= WIDEN_FAR || a * (int64_t)by >= WIDEN_FAR ? UNKNOWN
								 : a * (int64_t)by;
}

static int64_t growth_of_product(struct walk *w, LLVMValueRef v, bool by_lane, unsigned depth)
{
	int64_t a = growth(w, LLVMGetOperand(v, 0), by_lane, depth), c;
	int64_t b = growth(w, LLVMGetOperand(v, 1), by_lane, depth);
	if (a == 0 && b == 0)
		return 0;
	if (b != 0 || !widen_constant_int(LLVMGetOperand(v, 1), &c) || c < 0)
		return UNKNOWN;
	if (LLVMGetInstructionOpcode(v) == LLVMMul)
		return times(a, (uint64_t)c);
	return c < 20 ? times(a, 1ull << c) : UNKNOWN;
}

static int64_t growth_of_gep(struct walk *w, LLVMValueRef v, bool by_lane, unsigned depth)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(v);
	int64_t sum = growth(w, LLVMGetOperand(v, 0), by_lane, depth);
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(v); i++) {
		uint64_t bytes;
		if (!widen_gep_step(w->fn, v, i, &type, &bytes))
			sum = sum_of(sum,
				     times(growth(w, LLVMGetOperand(v, i), by_lane, depth), bytes));
	}
	return sum;
}

/* What is added to the phi in each round. */
static int64_t step_of(struct walk *w, LLVMValueRef phi, LLVMValueRef next)
{
	LLVMOpcode op = LLVMIsAInstruction(next) ? LLVMGetInstructionOpcode(next) : 0;
	int64_t c;
	if ((op != LLVMAdd && op != LLVMGetElementPtr) || LLVMGetNumOperands(next) != 2 ||
	    LLVMGetOperand(next, 0) != phi || !widen_constant_int(LLVMGetOperand(next, 1), &c) ||
	    c <= 0)
		return UNKNOWN;
	LLVMTypeRef type = op == LLVMGetElementPtr ? LLVMGetGEPSourceElementType(next) : NULL;
	return times(c, type ? widen_size_of(w->fn, type) : 1);
}

static int64_t growth_of_phi(struct walk *w, LLVMValueRef phi, bool by_lane, unsigned depth)
{
	unsigned n = LLVMCountIncoming(phi);
	if (LLVMGetInstructionParent(phi) != w->loop)
		return n == 1 ? growth(w, LLVMGetIncomingValue(phi, 0), by_lane, depth) : UNKNOWN;
	unsigned back = n == 2 && LLVMGetIncomingBlock(phi, 1) == w->loop;
	int64_t step = n == 2 ? step_of(w, phi, LLVMGetIncomingValue(phi, back)) : UNKNOWN;
	return step == UNKNOWN || !by_lane
		       ? step
		       : growth(w, LLVMGetIncomingValue(phi, !back), by_lane, depth);
}

static int64_t growth_of_call(LLVMValueRef call)
{
	enum widen_call which = widen_call_of(call);
	int64_t dimension;
	if (which > WIDEN_CALL_LAST_DIMENSIONAL && which != WIDEN_CALL_GLOBAL_ID_32)
		return which == WIDEN_CALL_WORK_DIM ? 0 : UNKNOWN;
	if (which == WIDEN_CALL_UNKNOWN || !widen_constant_int(LLVMGetOperand(call, 0), &dimension))
		return UNKNOWN;
	bool id = which == WIDEN_CALL_GLOBAL_ID || which == WIDEN_CALL_GLOBAL_ID_32 ||
		  which == WIDEN_CALL_LOCAL_ID;
	return id && !dimension;
}

static int64_t growth_of_others(struct walk *w, LLVMValueRef v, bool by_lane, unsigned depth)
{
	for (unsigned i = 0; i < widen_operand_count(v); i++)
		if (growth(w, LLVMGetOperand(v, i), by_lane, depth))
			return UNKNOWN;
	return 0;
}

static int64_t growth(struct walk *w, LLVMValueRef v, bool by_lane, unsigned depth)
{
	if (!LLVMIsAInstruction(v) || (!by_lane && LLVMGetInstructionParent(v) != w->loop))
		return 0;
	if (++depth > DEEP || ++w->steps > MOST_STEPS)
		return UNKNOWN;
	switch (LLVMGetInstructionOpcode(v)) {
	case LLVMOr:
		if (!LLVMGetIsDisjoint(v))
			return growth_of_others(w, v, by_lane, depth);
		/* fall through */
	case LLVMAdd:
		return sum_of(growth(w, LLVMGetOperand(v, 0), by_lane, depth),
			      growth(w, LLVMGetOperand(v, 1), by_lane, depth));
	case LLVMMul:
	case LLVMShl:
		return growth_of_product(w, v, by_lane, depth);
	case LLVMSExt:
	case LLVMZExt:
	case LLVMTrunc:
	case LLVMAddrSpaceCast:
	case LLVMFreeze:
		return growth(w, LLVMGetOperand(v, 0), by_lane, depth);
	case LLVMGetElementPtr:
		return growth_of_gep(w, v, by_lane, depth);
	case LLVMPHI:
		return growth_of_phi(w, v, by_lane, depth);
	case LLVMCall:
		if (widen_call_of(v) != WIDEN_CALL_UNKNOWN)
			return by_lane ? growth_of_call(v) : UNKNOWN;
		/* fall through */
	default:
		return growth_of_others(w, v, by_lane, depth);
	}
}

/* A load whose elements follow each other from round to round, but not from lane to lane. */
static bool walks(struct walk *w, LLVMValueRef load)
{
	LLVMTypeRef type = LLVMTypeOf(load);
	int64_t size = (int64_t)widen_size_of(w->fn, type);
	w->steps = 0;
	if (widen_leaf_count(type) != 1 || widen_is_atomic(load) ||
	    growth(w, LLVMGetOperand(load, 0), false, 0) != size)
		return false;
	int64_t by_lane = growth(w, LLVMGetOperand(load, 0), true, 0);
	return by_lane == UNKNOWN || by_lane > size;
}

static bool is_worthwhile(struct walk *w)
{
	unsigned count = 0;
	bool any = false;
	LLVMValueRef end = LLVMGetBasicBlockTerminator(w->loop);
	if (!LLVMIsABranchInst(end) || !LLVMIsConditional(end) ||
	    (LLVMGetSuccessor(end, 0) != w->loop && LLVMGetSuccessor(end, 1) != w->loop) ||
	    growth(w, LLVMGetCondition(end), true, 0) != 0)
		return false;
	for (LLVMValueRef i = LLVMGetFirstInstruction(w->loop); i; i = LLVMGetNextInstruction(i)) {
		if (++count > MOST_INSTRUCTIONS || LLVMIsAStoreInst(i) || widen_is_atomic(i) ||
		    LLVMIsAFenceInst(i) ||
		    (LLVMIsACallInst(i) && (!LLVMIsAFunction(LLVMGetCalledValue(i)) ||
					    !LLVMGetIntrinsicID(LLVMGetCalledValue(i)))))
			return false;
		any = any || (LLVMIsALoadInst(i) && walks(w, i));
	}
	return any;
}

/* The metadata that asks for it: a node that names itself first, then what is wanted. */
static void ask(LLVMContextRef context, LLVMValueRef branch)
{
	static const char count[] = "llvm.loop.unroll.count", loop[] = "llvm.loop";
	LLVMValueRef rounds = LLVMConstInt(LLVMInt32TypeInContext(context), ROUNDS, 0);
	LLVMMetadataRef wanted[] = {LLVMMDStringInContext2(context, count, sizeof(count) - 1),
				    LLVMValueAsMetadata(rounds)};
	LLVMMetadataRef itself = LLVMTemporaryMDNode(context, NULL, 0);
	LLVMMetadataRef parts[] = {itself, LLVMMDNodeInContext2(context, wanted, 2)};
	LLVMMetadataRef node = LLVMMDNodeInContext2(context, parts, 2);
	LLVMMetadataReplaceAllUsesWith(itself, node);
	LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(context, loop, sizeof(loop) - 1),
			LLVMMetadataAsValue(context, node));
}

bool widen_ask_for_unrolling(LLVMModuleRef module)
{
	struct widen_fn fn = {.layout = LLVMGetModuleDataLayout(module)};
	bool any = false;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (LLVMIsDeclaration(f) || widen_may_walk_alone(f))
			continue;
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b)) {
			struct walk w = {.fn = &fn, .loop = b};
			if (!is_worthwhile(&w))
				continue;
			ask(LLVMGetModuleContext(module), LLVMGetBasicBlockTerminator(b));
			any = true;
		}
	}
	return any;
}
