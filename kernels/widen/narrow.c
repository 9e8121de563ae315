/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic on bytes is done in 32 bits, as the language wants it. Where intervals show that 16
 * bits hold the operands and the result, half a vector register holds a chunk's values: each such
 * instruction becomes one of 16 bits and a sign extension, which disappears when all users are
 * narrow, too. Images are full of it.
 */
#include "kernels/widen/internal.h"

enum { DEEP = 24 };

struct interval {
	int64_t least, most;
};

static const struct interval nothing_known = {INT64_MIN, INT64_MAX};

static bool fits(struct interval i)
{
	return i.least >= INT16_MIN && i.most <= INT16_MAX;
}

static LLVMTypeRef element_of(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetElementType(type) : type;
}

/* 0: no integer. */
static unsigned width_of(LLVMValueRef v)
{
	LLVMTypeRef type = element_of(LLVMTypeOf(v));
	return LLVMGetTypeKind(type) == LLVMIntegerTypeKind ? LLVMGetIntTypeWidth(type) : 0;
}

/* The type of @v with elements of 16 bits. */
static LLVMTypeRef narrow_type(LLVMValueRef v)
{
	LLVMTypeRef type = LLVMTypeOf(v);
	LLVMTypeRef i16 = LLVMInt16TypeInContext(LLVMGetTypeContext(type));
	return LLVMGetTypeKind(type) == LLVMVectorTypeKind
		       ? LLVMVectorType(i16, LLVMGetVectorSize(type))
		       : i16;
}

static struct interval interval_of_constant(LLVMValueRef c)
{
	LLVMTypeRef type = LLVMTypeOf(c);
	bool vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
	unsigned count = vector ? LLVMGetVectorSize(type) : 1;
	struct interval all = {INT64_MAX, INT64_MIN};
	for (unsigned i = 0; i < count; i++) {
		LLVMValueRef element = vector ? LLVMGetAggregateElement(c, i) : c;
		int64_t value;
		if (!element || !widen_constant_int(element, &value))
			return nothing_known;
		all.least = tern_min(all.least, value);
		all.most = tern_max(all.most, value);
	}
	return all;
}

static struct interval product(struct interval a, struct interval b)
{
	int64_t p[] = {a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most};
	struct interval all = {p[0], p[0]};
	for (unsigned i = 1; i < 4; i++) {
		all.least = tern_min(all.least, p[i]);
		all.most = tern_max(all.most, p[i]);
	}
	return all;
}

/* Of operands that fit 16 bits; shifts by a constant only. */
static struct interval interval_of_operation(LLVMOpcode op, struct interval a, struct interval b)
{
	bool shift = b.least == b.most && b.least >= 0 && b.least < 16;
	switch (op) {
	case LLVMAdd:
		return (struct interval){a.least + b.least, a.most + b.most};
	case LLVMSub:
		return (struct interval){a.least - b.most, a.most - b.least};
	case LLVMMul:
		return product(a, b);
	case LLVMShl:
		return shift ? product(a, (struct interval){1 << b.least, 1 << b.least})
			     : nothing_known;
	case LLVMAShr:
	case LLVMLShr:
		if (!shift || (op == LLVMLShr && a.least < 0))
			return nothing_known;
		return (struct interval){a.least >> b.least, a.most >> b.least};
	case LLVMAnd:
		if (a.least < 0 || b.least < 0)
			return nothing_known;
		return (struct interval){0, tern_min(a.most, b.most)};
	default:
		return nothing_known;
	}
}

/* Of a value of 16 or 32 bits, as a signed number. */
static struct interval interval_of(LLVMValueRef v, unsigned depth)
{
	static const struct interval byte = {0, UINT8_MAX}, signed_byte = {INT8_MIN, INT8_MAX};
	if (LLVMIsConstant(v))
		return interval_of_constant(v);
	if (!LLVMIsAInstruction(v) || depth > DEEP)
		return nothing_known;
	LLVMOpcode op = LLVMGetInstructionOpcode(v);
	switch (op) {
	case LLVMZExt:
		return width_of(LLVMGetOperand(v, 0)) <= 8 ? byte : nothing_known;
	case LLVMSExt:
		if (width_of(LLVMGetOperand(v, 0)) == 16)
			return interval_of(LLVMGetOperand(v, 0), depth + 1);
		return width_of(LLVMGetOperand(v, 0)) <= 8 ? signed_byte : nothing_known;
	case LLVMAdd:
	case LLVMSub:
	case LLVMMul:
	case LLVMShl:
	case LLVMAShr:
	case LLVMLShr:
	case LLVMAnd: {
		struct interval a = interval_of(LLVMGetOperand(v, 0), depth + 1);
		struct interval b = fits(a) ? interval_of(LLVMGetOperand(v, 1), depth + 1) : a;
		return fits(a) && fits(b) ? interval_of_operation(op, a, b) : nothing_known;
	}
	default:
		return nothing_known;
	}
}

/* Whether narrowed() has a form of 16 bits for @v, which fits. */
static bool is_narrow(LLVMValueRef v)
{
	if (LLVMIsConstant(v))
		return true;
	if (!LLVMIsAInstruction(v))
		return false;
	LLVMOpcode op = LLVMGetInstructionOpcode(v);
	return op == LLVMZExt || op == LLVMSExt;
}

static LLVMValueRef narrowed(LLVMBuilderRef builder, LLVMValueRef v)
{
	LLVMTypeRef type = narrow_type(v);
	if (LLVMIsConstant(v))
		return LLVMBuildTrunc(builder, v, type, "");
	LLVMValueRef from = LLVMGetOperand(v, 0);
	if (width_of(from) == 16)
		return from;
	return LLVMBuildCast(builder, LLVMGetInstructionOpcode(v), from, type, "");
}

static void narrow(LLVMBuilderRef builder, LLVMValueRef inst)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	if (width_of(inst) != 32 || !fits(interval_of(inst, 0)) || op == LLVMZExt ||
	    op == LLVMSExt || !is_narrow(LLVMGetOperand(inst, 0)) ||
	    !is_narrow(LLVMGetOperand(inst, 1)))
		return;
	LLVMPositionBuilderBefore(builder, inst);
	LLVMValueRef a = narrowed(builder, LLVMGetOperand(inst, 0));
	LLVMValueRef b = narrowed(builder, LLVMGetOperand(inst, 1));
	LLVMValueRef small = LLVMBuildBinOp(builder, op, a, b, "");
	LLVMReplaceAllUsesWith(inst, LLVMBuildSExt(builder, small, LLVMTypeOf(inst), ""));
}

/* An instruction whose value nobody uses goes, and then perhaps its operands. */
static void erase_unused(LLVMValueRef inst)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	bool pure = LLVMIsABinaryOperator(inst) || op == LLVMSExt || op == LLVMZExt;
	if (pure && width_of(inst) == 32 && !LLVMGetFirstUse(inst))
		LLVMInstructionEraseFromParent(inst);
}

void widen_narrow(LLVMModuleRef module)
{
	LLVMBuilderRef builder = LLVMCreateBuilderInContext(LLVMGetModuleContext(module));
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b;
		     b = LLVMGetNextBasicBlock(b)) {
			for (LLVMValueRef i = LLVMGetFirstInstruction(b); i;
			     i = LLVMGetNextInstruction(i))
				narrow(builder, i);
			for (LLVMValueRef i = LLVMGetLastInstruction(b), before; i; i = before) {
				before = LLVMGetPreviousInstruction(i);
				erase_unused(i);
			}
		}
	LLVMDisposeBuilder(builder);
}
