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
 * Such are innermost loops of one block; a kernel that has others, too, is none of these.
 */
#include "kernels/widen/internal.h"

enum { DEEP = 8, FEW_ROUNDS = 16 };

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

/* Ends after a few rounds, as a constant says. */
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
	for (LLVMValueRef i = LLVMGetFirstInstruction(loop); i; i = LLVMGetNextInstruction(i)) {
		if (LLVMIsACallInst(i) && !widen_intrinsic_overloads(i, &(const char *){NULL}))
			return false;
		if (!LLVMIsAPHINode(i))
			continue;
		bool integer = LLVMGetTypeKind(LLVMTypeOf(i)) == LLVMIntegerTypeKind;
		unsigned back = LLVMCountIncoming(i) == 2 && LLVMGetIncomingBlock(i, 1) == loop;
		if (LLVMCountIncoming(i) != 2 || !integer ||
		    !is_reduction(i, LLVMGetIncomingValue(i, back)))
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
	return !p.times                                               ? (store ? -1 : 0)
	       : !p.by && p.times == (int64_t)widen_size_of(fn, type) ? 1
								      : -1;
}

/* Lanes next to each other are so in memory, too. */
static bool is_beside(const struct widen_fn *fn, LLVMValueRef pointer, uint64_t size)
{
	uint64_t stride;
	return widen_stride_of(fn, pointer, &stride) && (stride <= WIDEN_FEW * size);
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
		if (way < 0 || (way && is_beside(fn, pointer, widen_size_of(fn, type)) &&
				widen_shape_of(fn, pointer) != WIDEN_UNIFORM))
			return false;
		any = any || (way && widen_shape_of(fn, pointer) != WIDEN_UNIFORM);
	}
	return any;
}

/* (Hints are known.) */
bool widen_walks_alone(const struct widen_fn *fn)
{
	bool any = false;
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
