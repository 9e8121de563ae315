/* SPDX-License-Identifier: MIT */
/*
 * fmax(fmax(a, b), fma(a, b, c)) crashes LLVM 19: where it simplifies minima and maxima of minima
 * and maxima of the same two numbers (foldMinimumMaximumSharedOp), it takes any intrinsic for one
 * of them. A fence that does nothing keeps such operands from it.
 */
#include <string.h>

#include "kernels/widen/internal.h"

static unsigned intrinsic_of(LLVMValueRef v)
{
	LLVMValueRef callee = LLVMIsACallInst(v) ? LLVMGetCalledValue(v) : NULL;
	return callee && LLVMIsAFunction(callee) ? LLVMGetIntrinsicID(callee) : 0;
}

static bool is_minimum(LLVMValueRef v)
{
	static const char *const names[] = {"llvm.maxnum", "llvm.minnum", "llvm.maximum",
					    "llvm.minimum"};
	unsigned id = intrinsic_of(v);
	for (size_t i = 0; i < tern_array_size(names) && id; i++)
		if (id == LLVMLookupIntrinsicID(names[i], strlen(names[i])))
			return true;
	return false;
}

static void fence(LLVMModuleRef module, LLVMBuilderRef builder, LLVMValueRef inst, unsigned operand)
{
	static const char name[] = "llvm.arithmetic.fence";
	LLVMValueRef v = LLVMGetOperand(inst, operand);
	LLVMTypeRef type = LLVMTypeOf(v);
	unsigned id = LLVMLookupIntrinsicID(name, sizeof(name) - 1);
	LLVMValueRef f = LLVMGetIntrinsicDeclaration(module, id, &type, 1);
	LLVMPositionBuilderBefore(builder, inst);
	v = LLVMBuildCall2(builder, LLVMGlobalGetValueType(f), f, &v, 1, "");
	LLVMSetOperand(inst, operand, v);
}

void widen_fence_minima(LLVMModuleRef module)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b))
			for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
			     i = LLVMGetNextInstruction(i)) {
				if (!is_minimum(i))
					continue;
				for (unsigned n = 0; n < 2; n++) {
					LLVMValueRef v = LLVMGetOperand(i, n);
					if (is_minimum(LLVMGetOperand(i, 1 - n)) &&
					    intrinsic_of(v) && !is_minimum(v) &&
					    LLVMGetNumArgOperands(v) > 1)
						fence(module, builder, i, n);
				}
			}
	LLVMDisposeBuilder(builder);
}
