/* SPDX-License-Identifier: MIT */
/*
 * Work-items that each walk along elements of their own, and do there what vectors do at once:
 *
 *     for (uint i = id * n; i < (id + 1) * n; i++)
 *             count += text[i] == ' ';
 *
 * Lanes would be far apart in memory. So the kernel stays scalar, and LLVM vectorises the loop of a
 * work-item, which goes through memory in order. That takes sums that may be made in any order:
 * those of integers. (Rows of floats: unroll.c, joined.c.)
 *
 * Such are innermost loops of one block; a kernel that has others, too, or does much else, is none
 * of these. And it must be known that lanes are apart: of images in one dimension they are not.
 */
#include "kernels/widen/internal.h"

enum { DEEP = 8, FEW_ROUNDS = 16, LITTLE = 32, MOST_BLOCKS = 64 };

#define MARK "tern.alone"

static const char vectorise_passes[] =
	"function(loop-simplify,lcssa,loop-vectorize,instcombine<no-verify-fixpoint>,simplifycfg,"
	"loop-simplify,lcssa,loop-mssa(licm))";

/* What is changed from round to round by an operation that may be done in any order. */
static bool is_reduction(LLVMValueRef phi, LLVMValueRef next)
{
	LLVMOpcode op = LLVMIsABinaryOperator(next) ? LLVMGetInstructionOpcode(next) : 0;
	if (op != LLVMAdd && op != LLVMAnd && op != LLVMOr && op != LLVMXor)
		return false;
	for (unsigned depth = 0; depth < DEEP; depth++) {
		LLVMValueRef a = LLVMGetOperand(next, 0), b = LLVMGetOperand(next, 1);
		if (a == phi || b == phi)
			return true;
		LLVMUseRef use = LLVMGetFirstUse(a);
		bool chain = LLVMIsABinaryOperator(a) && LLVMGetInstructionOpcode(a) == op && use &&
			     !LLVMGetNextUse(use);
		next = chain ? a : b;
		use = LLVMGetFirstUse(next);
		if (!LLVMIsABinaryOperator(next) || LLVMGetInstructionOpcode(next) != op || !use ||
		    LLVMGetNextUse(use))
			return false;
	}
	return false;
}

/* p++, or by another constant. */
static bool is_walking_pointer(LLVMValueRef phi, LLVMValueRef next)
{
	int64_t c;
	return LLVMIsAGetElementPtrInst(next) && LLVMGetOperand(next, 0) == phi &&
	       LLVMGetNumOperands(next) == 2 && widen_constant_int(LLVMGetOperand(next, 1), &c);
}

/* Ends after a few rounds, as far as a constant says, or goes on until something is found. */
static bool is_short(LLVMBasicBlockRef loop)
{
	int64_t c;
	LLVMValueRef end = LLVMGetBasicBlockTerminator(loop);
	LLVMValueRef condition = LLVMIsConditional(end) ? LLVMGetCondition(end) : NULL;
	return !condition || !LLVMIsAICmpInst(condition) ||
	       (widen_constant_int(LLVMGetOperand(condition, 1), &c) && c < FEW_ROUNDS &&
		c > -FEW_ROUNDS);
}

bool widen_is_vectorisable(LLVMBasicBlockRef loop)
{
	LLVMValueRef end = LLVMGetBasicBlockTerminator(loop);
	if (!end || !LLVMIsABranchInst(end) || is_short(loop))
		return false;
	unsigned divisions = 0; /* vectors here are quicker at them than LLVM's (divide.c) */
	for (LLVMValueRef i = LLVMGetFirstInstruction(loop); i; i = LLVMGetNextInstruction(i)) {
		divisions += widen_divides(i);
		if (divisions > 1)
			return false;
		if (LLVMIsACallInst(i) && !widen_intrinsic_overloads(i, &(const char *){NULL}))
			return false;
		if (!LLVMIsAPHINode(i))
			continue;
		bool integer = LLVMGetTypeKind(LLVMTypeOf(i)) == LLVMIntegerTypeKind;
		unsigned back = LLVMCountIncoming(i) == 2 && LLVMGetIncomingBlock(i, 1) == loop;
		LLVMValueRef next =
			LLVMCountIncoming(i) == 2 ? LLVMGetIncomingValue(i, back) : NULL;
		if (!next || !(integer ? is_reduction(i, next) : is_walking_pointer(i, next)))
			return false;
	}
	return true;
}

static bool waits_or_exchanges(LLVMValueRef inst)
{
	enum widen_call which = LLVMIsACallInst(inst) ? widen_call_of(inst) : WIDEN_CALL_UNKNOWN;
	return which == WIDEN_CALL_BARRIER || which == WIDEN_CALL_COLLECTIVE ||
	       (which >= WIDEN_CALL_SUB_GROUP_LOCAL_ID && which < WIDEN_CALL_MACHINE_SCALE);
}

/* There is a way from @from back to it, but for its own branch to itself. @seen: room for the
 * blocks that are found, each of which is looked at once. */
static bool leads_back(LLVMBasicBlockRef from, LLVMBasicBlockRef *seen)
{
	unsigned count = 0;
	seen[count++] = from;
	for (unsigned next = 0; next < count; next++) {
		LLVMValueRef end = LLVMGetBasicBlockTerminator(seen[next]);
		for (unsigned s = 0; s < LLVMGetNumSuccessors(end); s++) {
			LLVMBasicBlockRef to = LLVMGetSuccessor(end, s);
			unsigned i = 0;
			if (to == from && seen[next] != from)
				return true;
			while (i < count && seen[i] != to)
				i++;
			if (i == count && count == MOST_BLOCKS)
				return true; /* who knows */
			if (i == count)
				seen[count++] = to;
		}
	}
	return false;
}

bool widen_may_walk_alone(LLVMValueRef function)
{
	LLVMBasicBlockRef seen[MOST_BLOCKS];
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b;
	     b = LLVMGetNextBasicBlock(b)) {
		LLVMValueRef end = LLVMGetBasicBlockTerminator(b);
		bool itself = false;
		for (unsigned s = 0; s < LLVMGetNumSuccessors(end); s++)
			itself = itself || LLVMGetSuccessor(end, s) == b;
		if ((itself && !widen_is_vectorisable(b)) || leads_back(b, seen))
			return false;
		for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
			if (waits_or_exchanges(i))
				return false;
	}
	return true;
}

/* 1: walks along elements; 0: stays where it is; -1: something else. */
static int way_of(const struct widen_fn *fn, uint32_t b, LLVMValueRef inst)
{
	bool store = LLVMIsAStoreInst(inst);
	LLVMValueRef pointer = LLVMGetOperand(inst, store);
	LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(inst, 0) : inst);
	struct widen_pace p = widen_pace_of(fn, b, pointer);
	if (widen_is_atomic(inst) || !widen_is_element(fn, type) || !p.known)
		return -1;
	if (!p.times)
		return store ? -1 : 0;
	return !p.by && p.times == (int64_t)widen_size_of(fn, type) ? 1 : -1;
}

/* What a phi of the loop is in the first round. */
static LLVMValueRef at_first(const struct widen_fn *fn, uint32_t b, LLVMValueRef phi)
{
	unsigned back = LLVMGetIncomingBlock(phi, 1) == fn->blocks[b].ir;
	return LLVMGetIncomingValue(phi, !back);
}

/* Lanes are far apart: by a constant, or by a number that is the same for all and is known as the
 * kernel runs. */
static bool is_apart(const struct widen_fn *fn, uint32_t b, LLVMValueRef v, uint64_t size,
		     unsigned depth)
{
	uint64_t stride;
	if (widen_stride_of(fn, v, &stride))
		return (int64_t)stride > (int64_t)(WIDEN_FEW * size) ||
		       (int64_t)stride < -(int64_t)(WIDEN_FEW * size);
	if (++depth > DEEP || !LLVMIsAInstruction(v))
		return false;
	switch (LLVMGetInstructionOpcode(v)) {
	case LLVMPHI:
		return LLVMGetInstructionParent(v) == fn->blocks[b].ir &&
		       is_apart(fn, b, at_first(fn, b, v), 1, depth);
	case LLVMAdd:
	case LLVMOr:
		return (widen_shape_of(fn, LLVMGetOperand(v, 1)) == WIDEN_UNIFORM &&
			is_apart(fn, b, LLVMGetOperand(v, 0), 1, depth)) ||
		       (widen_shape_of(fn, LLVMGetOperand(v, 0)) == WIDEN_UNIFORM &&
			is_apart(fn, b, LLVMGetOperand(v, 1), 1, depth));
	case LLVMMul:
		return widen_is_strided(fn, v, 0);
	case LLVMSExt:
	case LLVMZExt:
	case LLVMTrunc:
	case LLVMAddrSpaceCast:
		return is_apart(fn, b, LLVMGetOperand(v, 0), 1, depth);
	case LLVMGetElementPtr:
		return LLVMGetNumOperands(v) == 2 &&
		       widen_shape_of(fn, LLVMGetOperand(v, 0)) == WIDEN_UNIFORM &&
		       is_apart(fn, b, LLVMGetOperand(v, 1), 1, depth);
	default:
		return false;
	}
}

static bool walks_alone(const struct widen_fn *fn, uint32_t b)
{
	bool any = false;
	if (fn->blocks[b].latch != b || !widen_is_vectorisable(fn->blocks[b].ir))
		return false;
	for (LLVMValueRef i = LLVMGetFirstInstruction(fn->blocks[b].ir); i;
	     i = LLVMGetNextInstruction(i)) {
		bool store = LLVMIsAStoreInst(i);
		if (!store && !LLVMIsALoadInst(i))
			continue;
		LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(i, 0) : i);
		LLVMValueRef pointer = LLVMGetOperand(i, store);
		int way = way_of(fn, b, i);
		bool differs = way && widen_shape_of(fn, pointer) != WIDEN_UNIFORM;
		if (way < 0 || (differs && !is_apart(fn, b, pointer, widen_size_of(fn, type), 0)))
			return false;
		any = any || differs;
	}
	return any;
}

/* (Hints are known.) */
bool widen_walks_alone(const struct widen_fn *fn)
{
	bool any = false;
	uint64_t others = 0;
	for (uint32_t i = 0; i < fn->value_count; i++)
		if (LLVMIsAInstruction(fn->values[i].ir) &&
		    fn->blocks[fn->values[i].block].header == WIDEN_NONE &&
		    fn->values[i].shape != WIDEN_UNIFORM)
			others += fn->values[i].leaves;
	if (others > LITTLE)
		return false;
	for (uint32_t b = 0; b < fn->block_count; b++) {
		if (fn->blocks[b].header == WIDEN_NONE)
			continue;
		if (!walks_alone(fn, b))
			return false;
		any = true;
	}
	return any;
}

/* ---- what LLVM does ---- */

void widen_mark_alone(const struct widen_fn *fn, LLVMValueRef group)
{
	LLVMAttributeRef mark =
		LLVMCreateStringAttribute(fn->context, MARK, sizeof(MARK) - 1, "", 0);
	LLVMAddAttributeAtIndex(group, LLVMAttributeFunctionIndex, mark);
}

static bool is_marked(LLVMValueRef f)
{
	return LLVMGetStringAttributeAtIndex(f, LLVMAttributeFunctionIndex, MARK,
					     sizeof(MARK) - 1) != NULL;
}

int widen_vectorise_alone(LLVMModuleRef module, LLVMTargetMachineRef machine, char **message)
{
	static const char leave[] = "noimplicitfloat"; /* functions that it does not vectorise */
	unsigned kind = LLVMGetEnumAttributeKindForName(leave, sizeof(leave) - 1);
	LLVMContextRef context = LLVMGetModuleContext(module);
	bool any = false;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (is_marked(f))
			any = true;
		else
			widen_add_attribute(context, f, LLVMAttributeFunctionIndex, leave);
	}
	int error = any ? widen_run_passes(module, machine, vectorise_passes, message) : 0;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		LLVMRemoveEnumAttributeAtIndex(f, LLVMAttributeFunctionIndex, kind);
	return error;
}
