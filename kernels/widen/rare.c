/* SPDX-License-Identifier: MIT */
/*
 * Blocks that __builtin_expect() says are rare, as the special cases of mathematical functions.
 * Short ones would be executed under a mask without a look at whether any lane needs them
 * (control.c), and the structuriser forgets what was expected: an intrinsic that does nothing, but
 * is no arithmetic, keeps them branches until then.
 */
#include <string.h>

#include "kernels/widen/internal.h"

enum { RARE = 64, MOST_WEIGHTS = 4 };

/* Which successor of @branch is taken at most once in RARE times; -1: none. */
static int rare_successor(LLVMValueRef branch, unsigned prof)
{
	LLVMValueRef operands[MOST_WEIGHTS], weights = LLVMGetMetadata(branch, prof);
	unsigned n = weights ? LLVMGetMDNodeNumOperands(weights) : 0;
	int64_t first, second;
	if (n < 3 || n > MOST_WEIGHTS) /* a name, perhaps a word on its origin, the weights */
		return -1;
	LLVMGetMDNodeOperands(weights, operands);
	if (!widen_constant_int(operands[n - 2], &first) ||
	    !widen_constant_int(operands[n - 1], &second))
		return -1;
	return first < second / RARE ? 0 : second < first / RARE ? 1 : -1;
}

static bool has_one_use(LLVMBasicBlockRef block)
{
	LLVMUseRef use = LLVMGetFirstUse(LLVMBasicBlockAsValue(block));
	return use && !LLVMGetNextUse(use);
}

static unsigned mark_id(void)
{
	static const char name[] = "llvm.sideeffect";
	return LLVMLookupIntrinsicID(name, sizeof(name) - 1);
}

bool widen_is_rare(LLVMBasicBlockRef block)
{
	unsigned id = mark_id();
	for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = LLVMGetNextInstruction(i))
		if (LLVMIsACallInst(i) && LLVMIsAFunction(LLVMGetCalledValue(i)) &&
		    LLVMGetIntrinsicID(LLVMGetCalledValue(i)) == id)
			return true;
	return false;
}

static void mark(LLVMModuleRef module, LLVMBuilderRef builder, LLVMBasicBlockRef block)
{
	LLVMValueRef f = LLVMGetIntrinsicDeclaration(module, mark_id(), NULL, 0);
	LLVMValueRef at = LLVMGetFirstInstruction(block);
	while (LLVMIsAPHINode(at))
		at = LLVMGetNextInstruction(at);
	LLVMPositionBuilderBefore(builder, at);
	LLVMBuildCall2(builder, LLVMGlobalGetValueType(f), f, NULL, 0, "");
}

void widen_mark_rare(LLVMModuleRef module)
{
	LLVMContextRef context = LLVMGetModuleContext(module);
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(context);
	unsigned prof = LLVMGetMDKindIDInContext(context, "prof", strlen("prof"));
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b)) {
			LLVMValueRef end = LLVMGetBasicBlockTerminator(b);
			int rare = LLVMIsABranchInst(end) && LLVMIsConditional(end)
					   ? rare_successor(end, prof)
					   : -1;
			if (rare >= 0 && has_one_use(LLVMGetSuccessor(end, (unsigned)rare)))
				mark(module, builder, LLVMGetSuccessor(end, (unsigned)rare));
		}
	LLVMDisposeBuilder(builder);
}
