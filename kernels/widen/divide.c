/* SPDX-License-Identifier: MIT */
/*
 * Integer division that has no result: by zero, or of the smallest number by -1. In OpenCL C the
 * value is unspecified but there is no exception (Arithmetic Operators), while x86-64 traps and
 * LLVM assumes that it does not happen. Such divisors become 1, before any optimisation.
 */
#include "kernels/widen/internal.h"

bool widen_is_integer_division(LLVMOpcode op)
{
	return op == LLVMUDiv || op == LLVMSDiv || op == LLVMURem || op == LLVMSRem;
}

bool widen_divides(LLVMValueRef inst)
{
	return widen_is_integer_division(LLVMGetInstructionOpcode(inst)) &&
	       !LLVMIsConstant(LLVMGetOperand(inst, 1));
}

static LLVMTypeRef element_type(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetElementType(type) : type;
}

static LLVMValueRef constant(LLVMTypeRef type, uint64_t v)
{
	LLVMValueRef elements[WIDEN_MAX_LEAVES], c = LLVMConstInt(element_type(type), v, 0);
	if (LLVMGetTypeKind(type) != LLVMVectorTypeKind)
		return c;
	unsigned n = tern_min(LLVMGetVectorSize(type), (unsigned)WIDEN_MAX_LEAVES);
	for (unsigned i = 0; i < n; i++)
		elements[i] = c;
	return LLVMConstVector(elements, n);
}

static bool is_safe_number(LLVMValueRef divisor, bool is_signed)
{
	int64_t v;
	return widen_constant_int(divisor, &v) && v != 0 && !(is_signed && v == -1);
}

static bool is_safe(LLVMValueRef divisor, bool is_signed)
{
	LLVMTypeRef type = LLVMTypeOf(divisor);
	if (LLVMGetTypeKind(type) != LLVMVectorTypeKind)
		return is_safe_number(divisor, is_signed);
	if (!LLVMIsConstant(divisor))
		return false;
	for (unsigned i = 0; i < LLVMGetVectorSize(type); i++) {
		LLVMValueRef element = LLVMGetAggregateElement(divisor, i);
		if (!element || !is_safe_number(element, is_signed))
			return false;
	}
	return true;
}

static void guard(LLVMBuilderRef b, LLVMValueRef inst, bool is_signed)
{
	LLVMValueRef dividend = LLVMGetOperand(inst, 0), divisor = LLVMGetOperand(inst, 1);
	LLVMTypeRef type = LLVMTypeOf(inst);
	unsigned width = LLVMGetIntTypeWidth(element_type(type));
	/* OpenCL C has no integers or vectors that are larger. */
	if (is_safe(divisor, is_signed) || width > 64 || widen_leaf_count(type) > WIDEN_MAX_LEAVES)
		return;
	LLVMPositionBuilderBefore(b, inst);
	LLVMValueRef bad = LLVMBuildICmp(b, LLVMIntEQ, divisor, LLVMConstNull(type), "");
	if (is_signed) {
		LLVMValueRef minus =
			LLVMBuildICmp(b, LLVMIntEQ, divisor, LLVMConstAllOnes(type), "");
		LLVMValueRef least = constant(type, (uint64_t)1 << (width - 1));
		/* A remainder is 0 for both, whatever the dividend: no need to look at that. */
		if (LLVMGetInstructionOpcode(inst) == LLVMSDiv)
			minus = LLVMBuildAnd(b, LLVMBuildICmp(b, LLVMIntEQ, dividend, least, ""),
					     minus, "");
		bad = LLVMBuildOr(b, bad, minus, "");
	}
	LLVMSetOperand(inst, 1, LLVMBuildSelect(b, bad, constant(type, 1), divisor, ""));
}

/* ---- in vectors ---- */

/*
 * x86-64 has no instruction that divides a vector of integers: each lane would be taken out. As
 * floating-point numbers they divide all at once, and the result is right: a quotient that is no
 * integer is at least 1 / b below the next one, and rounds by less than a / b / 2^p, with p bits of
 * precision and a < 2^p. (Signed numbers: the same of their magnitudes.)
 */
LLVMValueRef widen_divide(struct widen_emit *e, LLVMOpcode op, LLVMValueRef a, LLVMValueRef b)
{
	LLVMTypeRef type = LLVMTypeOf(a);
	unsigned width = LLVMGetIntTypeWidth(LLVMGetElementType(type));
	bool is_signed = op == LLVMSDiv || op == LLVMSRem;
	if (width > 32 || width < 8 || LLVMIsConstant(b)) /* by constants: multiplications */
		return NULL;
	LLVMContextRef context = e->fn->context;
	LLVMTypeRef real = widen_vector_type(e, width > 16 ? LLVMDoubleTypeInContext(context)
							   : LLVMFloatTypeInContext(context));
	LLVMOpcode to = is_signed ? LLVMSIToFP : LLVMUIToFP;
	LLVMValueRef x = LLVMBuildCast(e->builder, to, a, real, "");
	LLVMValueRef y = LLVMBuildCast(e->builder, to, b, real, "");
	LLVMValueRef q = LLVMBuildFDiv(e->builder, x, y, "");
	q = LLVMBuildCast(e->builder, is_signed ? LLVMFPToSI : LLVMFPToUI, q, type, "");
	if (op == LLVMUDiv || op == LLVMSDiv)
		return q;
	return LLVMBuildSub(e->builder, a, LLVMBuildMul(e->builder, q, b, ""), "");
}

/* ---- before all else ---- */

static void lower_function(LLVMBuilderRef b, LLVMValueRef f)
{
	for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block;
	     block = LLVMGetNextBasicBlock(block)) {
		for (LLVMValueRef i = LLVMGetFirstInstruction(block); i;
		     i = LLVMGetNextInstruction(i)) {
			LLVMOpcode op = LLVMGetInstructionOpcode(i);
			if (op == LLVMSDiv || op == LLVMSRem)
				guard(b, i, true);
			else if (op == LLVMUDiv || op == LLVMURem)
				guard(b, i, false);
		}
	}
}

void widen_lower_divisions(LLVMModuleRef module)
{
	LLVMBuilderRef b = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		lower_function(b, f);
	LLVMDisposeBuilder(b);
}
