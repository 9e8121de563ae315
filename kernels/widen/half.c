/* SPDX-License-Identifier: MIT */
/*
 * After all optimisation: half arithmetic becomes float arithmetic with a rounding after each
 * operation, which is the same because float has more than twice as many digits. Left to itself,
 * code generation takes comparisons, functions and conversions from double lane by lane; and all
 * of it where the machine has no conversions (F16C), for which there is integer code here. Not
 * earlier: instcombine would turn it back.
 */
#include <string.h>

#include "kernels/widen/internal.h"

struct halves {
	LLVMBuilderRef b;
	LLVMTypeRef i16, i32, half, single, twice;
	bool has_f16c, changed;
};

static LLVMTypeRef element_of(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMVectorTypeKind ? LLVMGetElementType(type) : type;
}

static bool is_half(LLVMTypeRef type)
{
	return LLVMGetTypeKind(element_of(type)) == LLVMHalfTypeKind;
}

/* @element, or a vector of as many as @shape is of. */
static LLVMTypeRef like(LLVMTypeRef shape, LLVMTypeRef element)
{
	if (LLVMGetTypeKind(shape) != LLVMVectorTypeKind)
		return element;
	return LLVMVectorType(element, LLVMGetVectorSize(shape));
}

/* A constant in the shape of @v: of its integers, or of float by its bits. */
static LLVMValueRef constant(const struct halves *h, LLVMValueRef v, uint32_t bits)
{
	LLVMTypeRef type = LLVMTypeOf(v), element = element_of(type);
	bool is_float = LLVMGetTypeKind(element) == LLVMFloatTypeKind;
	LLVMValueRef c = LLVMConstInt(is_float ? h->i32 : element, bits, 0);
	if (is_float)
		c = LLVMConstBitCast(c, h->single);
	if (LLVMGetTypeKind(type) != LLVMVectorTypeKind)
		return c;
	LLVMTypeRef i32 = h->i32, vector = LLVMVectorType(element, 1);
	LLVMValueRef one =
		LLVMConstInsertElement(LLVMGetPoison(vector), c, LLVMConstInt(i32, 0, 0));
	LLVMValueRef zeros = LLVMConstNull(LLVMVectorType(i32, LLVMGetVectorSize(type)));
	return LLVMBuildShuffleVector(h->b, one, LLVMGetPoison(vector), zeros, "");
}

static LLVMValueRef masked(struct halves *h, LLVMValueRef v, uint32_t bits)
{
	return LLVMBuildAnd(h->b, v, constant(h, v, bits), "");
}

static LLVMValueRef shifted_left(struct halves *h, LLVMValueRef v, unsigned n)
{
	return LLVMBuildShl(h->b, v, constant(h, v, n), "");
}

static LLVMValueRef shifted_right(struct halves *h, LLVMValueRef v, unsigned n)
{
	return LLVMBuildLShr(h->b, v, constant(h, v, n), "");
}

static LLVMValueRef added(struct halves *h, LLVMValueRef v, uint32_t n)
{
	return LLVMBuildAdd(h->b, v, constant(h, v, n), "");
}

static LLVMValueRef at_least(struct halves *h, LLVMValueRef v, uint32_t n)
{
	return LLVMBuildICmp(h->b, LLVMIntUGE, v, constant(h, v, n), "");
}

/* Half to float. */
static LLVMValueRef extended(struct halves *h, LLVMValueRef v)
{
	LLVMTypeRef type = LLVMTypeOf(v), ints = like(type, h->i32), floats = like(type, h->single);
	if (h->has_f16c || LLVMIsConstant(v))
		return LLVMBuildFPExt(h->b, v, floats, "");
	v = LLVMBuildBitCast(h->b, v, like(type, h->i16), "");
	v = LLVMBuildZExt(h->b, v, ints, "");
	LLVMValueRef magnitude = shifted_left(h, masked(h, v, 0x7fff), 13);
	LLVMValueRef sign = shifted_left(h, masked(h, v, 0x8000), 16);
	/* a denormal half becomes a denormal float, and both are scaled alike, by 2^112 */
	LLVMValueRef small = LLVMBuildBitCast(h->b, magnitude, floats, "");
	LLVMValueRef finite = LLVMBuildFMul(h->b, small, constant(h, small, 0x77800000), "");
	finite = LLVMBuildBitCast(h->b, finite, ints, "");
	LLVMValueRef special = LLVMBuildOr(h->b, magnitude, constant(h, magnitude, 0x7f800000), "");
	v = LLVMBuildSelect(h->b, at_least(h, magnitude, 0x7c00 << 13), special, finite, "");
	return LLVMBuildBitCast(h->b, LLVMBuildOr(h->b, v, sign, ""), floats, "");
}

/* The half next to magnitudes of float, all as bits. Ties go to even. */
static LLVMValueRef rounded_bits(struct halves *h, LLVMValueRef v, LLVMTypeRef floats)
{
	LLVMTypeRef ints = LLVMTypeOf(v);
	/* added to 1/2, a denormal half ends where the sum does */
	LLVMValueRef number = LLVMBuildBitCast(h->b, v, floats, "");
	LLVMValueRef denormal = LLVMBuildFAdd(h->b, number, constant(h, number, 0x3f000000), "");
	denormal = added(h, LLVMBuildBitCast(h->b, denormal, ints, ""), -0x3f000000u);
	LLVMValueRef odd = masked(h, shifted_right(h, v, 13), 1);
	/* the exponent's bias becomes that of half */
	LLVMValueRef normal = added(h, LLVMBuildAdd(h->b, v, odd, ""), 0xfff - (112u << 23));
	normal = shifted_right(h, normal, 13);
	LLVMValueRef is_normal = at_least(h, v, 113u << 23);
	LLVMValueRef finite = LLVMBuildSelect(h->b, is_normal, normal, denormal, "");
	/* no number: quiet, with what its digits have room for */
	LLVMValueRef digits = masked(h, shifted_right(h, v, 13), 0x3ff);
	LLVMValueRef nan = LLVMBuildOr(h->b, digits, constant(h, v, 0x7e00), "");
	LLVMValueRef special =
		LLVMBuildSelect(h->b, at_least(h, v, 0x7f800001), nan, constant(h, v, 0x7c00), "");
	return LLVMBuildSelect(h->b, at_least(h, v, 0x47800000), special, finite, "");
}

/* Float to half. */
static LLVMValueRef rounded(struct halves *h, LLVMValueRef v)
{
	LLVMTypeRef type = LLVMTypeOf(v), ints = like(type, h->i32), halves = like(type, h->half);
	if (h->has_f16c)
		return LLVMBuildFPTrunc(h->b, v, halves, "");
	LLVMValueRef bits = LLVMBuildBitCast(h->b, v, ints, "");
	LLVMValueRef sign = masked(h, shifted_right(h, bits, 16), 0x8000);
	bits = rounded_bits(h, masked(h, bits, 0x7fffffff), type);
	bits = LLVMBuildTrunc(h->b, LLVMBuildOr(h->b, bits, sign, ""), like(type, h->i16), "");
	return LLVMBuildBitCast(h->b, bits, halves, "");
}

static LLVMValueRef magnitude_of(struct halves *h, LLVMValueRef v)
{
	LLVMTypeRef type = LLVMTypeOf(v);
	unsigned id = LLVMLookupIntrinsicID("llvm.fabs", strlen("llvm.fabs"));
	LLVMModuleRef m = LLVMGetGlobalParent(LLVMGetBasicBlockParent(LLVMGetInsertBlock(h->b)));
	LLVMValueRef f = LLVMGetIntrinsicDeclaration(m, id, &type, 1);
	return LLVMBuildCall2(h->b, LLVMGlobalGetValueType(f), f, &v, 1, "");
}

/*
 * Double to half. What float has no room for shows in its last bit (rounding to odd), so that the
 * rounding to half sees on which side of a tie the number is.
 */
static LLVMValueRef rounded_double(struct halves *h, LLVMValueRef v)
{
	LLVMTypeRef type = LLVMTypeOf(v), ints = like(type, h->i32), floats = like(type, h->single);
	LLVMValueRef near = LLVMBuildFPTrunc(h->b, v, floats, "");
	LLVMValueRef back = LLVMBuildFPExt(h->b, near, type, "");
	LLVMValueRef inexact = LLVMBuildFCmp(h->b, LLVMRealONE, back, v, "");
	LLVMValueRef below =
		LLVMBuildFCmp(h->b, LLVMRealOLT, magnitude_of(h, back), magnitude_of(h, v), "");
	LLVMValueRef bits = LLVMBuildBitCast(h->b, near, ints, "");
	LLVMValueRef even =
		LLVMBuildICmp(h->b, LLVMIntEQ, masked(h, bits, 1), LLVMConstNull(ints), "");
	LLVMValueRef other =
		LLVMBuildSelect(h->b, below, added(h, bits, 1), added(h, bits, -1u), "");
	LLVMValueRef wrong = LLVMBuildAnd(h->b, inexact, even, "");
	bits = LLVMBuildSelect(h->b, wrong, other, bits, "");
	return rounded(h, LLVMBuildBitCast(h->b, bits, floats, ""));
}

static LLVMValueRef arithmetic(struct halves *h, LLVMValueRef inst)
{
	LLVMValueRef a = extended(h, LLVMGetOperand(inst, 0));
	LLVMValueRef b = extended(h, LLVMGetOperand(inst, 1));
	return rounded(h, LLVMBuildBinOp(h->b, LLVMGetInstructionOpcode(inst), a, b, ""));
}

static LLVMValueRef comparison(struct halves *h, LLVMValueRef inst)
{
	return LLVMBuildFCmp(h->b, LLVMGetFCmpPredicate(inst), extended(h, LLVMGetOperand(inst, 0)),
			     extended(h, LLVMGetOperand(inst, 1)), "");
}

/* Conversions from half (but to float) and to half; NULL: as it is. */
static LLVMValueRef conversion(struct halves *h, LLVMValueRef inst)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	LLVMValueRef v = LLVMGetOperand(inst, 0);
	LLVMTypeRef from = LLVMTypeOf(v), to = LLVMTypeOf(inst);
	LLVMTypeKind kind = LLVMGetTypeKind(element_of(is_half(to) ? from : to));
	if (op == LLVMFPTrunc && kind == LLVMDoubleTypeKind)
		return rounded_double(h, v);
	if (kind == LLVMFloatTypeKind) {
		if (h->has_f16c)
			return NULL;
		return op == LLVMFPTrunc ? rounded(h, v) : extended(h, v);
	}
	if (is_half(from))
		return LLVMBuildCast(h->b, op, extended(h, v), to, "");
	/* integers that float does not hold are beyond all halves */
	return rounded(h, LLVMBuildCast(h->b, op, v, like(to, h->single), ""));
}

/* Both of its operations round: the halves' product would not show in a float's sum. */
static LLVMValueRef multiply_add(struct halves *h, LLVMValueRef inst)
{
	LLVMValueRef x[3];
	for (unsigned i = 0; i < 3; i++)
		x[i] = extended(h, LLVMGetOperand(inst, i));
	LLVMValueRef product = rounded(h, LLVMBuildFMul(h->b, x[0], x[1], ""));
	return rounded(h, LLVMBuildFAdd(h->b, extended(h, product), x[2], ""));
}

/* Exact but for the last rounding: the product in double, and the sum where it matters. */
static LLVMValueRef fused_multiply_add(struct halves *h, LLVMValueRef inst)
{
	LLVMValueRef x[3];
	for (unsigned i = 0; i < 3; i++) {
		LLVMValueRef v = extended(h, LLVMGetOperand(inst, i));
		x[i] = LLVMBuildFPExt(h->b, v, like(LLVMTypeOf(v), h->twice), "");
	}
	LLVMValueRef product = LLVMBuildFMul(h->b, x[0], x[1], "");
	return rounded_double(h, LLVMBuildFAdd(h->b, product, x[2], ""));
}

/*
 * @v with the sign of @sign, NULL: without. Code generation would convert numbers that are none, to
 * quiet ones, also where the source only looked at bits.
 */
static LLVMValueRef with_sign(struct halves *h, LLVMValueRef v, LLVMValueRef sign)
{
	LLVMTypeRef type = LLVMTypeOf(v), ints = like(type, h->i16);
	v = masked(h, LLVMBuildBitCast(h->b, v, ints, ""), 0x7fff);
	if (sign) {
		sign = masked(h, LLVMBuildBitCast(h->b, sign, ints, ""), 0x8000);
		v = LLVMBuildOr(h->b, v, sign, "");
	}
	return LLVMBuildBitCast(h->b, v, type, "");
}

static LLVMValueRef negated(struct halves *h, LLVMValueRef v)
{
	LLVMTypeRef type = LLVMTypeOf(v);
	v = LLVMBuildBitCast(h->b, v, like(type, h->i16), "");
	v = LLVMBuildXor(h->b, v, constant(h, v, 0x8000), "");
	return LLVMBuildBitCast(h->b, v, type, "");
}

/* Those that are not float's; NULL: others, or as it is. */
static LLVMValueRef special_intrinsic(struct halves *h, LLVMValueRef inst, const char *name,
				      bool *stays)
{
	LLVMValueRef v = LLVMGetOperand(inst, 0);
	/* float has another idea of what is denormal */
	*stays = !strcmp(name, "llvm.is.fpclass");
	if (!strcmp(name, "llvm.fabs"))
		return with_sign(h, v, NULL);
	if (!strcmp(name, "llvm.copysign"))
		return with_sign(h, v, LLVMGetOperand(inst, 1));
	if (!strcmp(name, "llvm.fmuladd"))
		return multiply_add(h, inst);
	if (!strcmp(name, "llvm.fma"))
		return fused_multiply_add(h, inst);
	return NULL;
}

/* NULL: not one that the vectoriser knows, or as it is. */
static LLVMValueRef intrinsic(struct halves *h, LLVMValueRef inst)
{
	const char *name, *overloads = widen_intrinsic_overloads(inst, &name);
	unsigned count = LLVMGetNumArgOperands(inst), n = 0;
	LLVMTypeRef types[2], result = LLVMTypeOf(inst);
	LLVMValueRef args[4];
	bool stays;
	if (!overloads || count > tern_array_size(args))
		return NULL;
	LLVMValueRef v = special_intrinsic(h, inst, name, &stays);
	if (v || stays)
		return v;
	for (unsigned i = 0; i < count; i++) {
		args[i] = LLVMGetOperand(inst, i);
		if (is_half(LLVMTypeOf(args[i])))
			args[i] = extended(h, args[i]);
	}
	for (const char *o = overloads; *o; o++)
		types[n++] = *o != 'r'         ? LLVMTypeOf(args[*o - '0'])
			     : is_half(result) ? like(result, h->single)
					       : result;
	unsigned id = LLVMLookupIntrinsicID(name, strlen(name));
	LLVMModuleRef m = LLVMGetGlobalParent(LLVMGetBasicBlockParent(LLVMGetInsertBlock(h->b)));
	LLVMValueRef f = LLVMGetIntrinsicDeclaration(m, id, types, n);
	v = LLVMBuildCall2(h->b, LLVMGlobalGetValueType(f), f, args, count, "");
	return is_half(result) ? rounded(h, v) : v;
}

static LLVMValueRef lowered(struct halves *h, LLVMValueRef inst)
{
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMFAdd:
	case LLVMFSub:
	case LLVMFMul:
	case LLVMFDiv:
	case LLVMFRem:
		return arithmetic(h, inst);
	case LLVMFNeg:
		return negated(h, LLVMGetOperand(inst, 0));
	case LLVMFCmp:
		return comparison(h, inst);
	case LLVMFPTrunc:
	case LLVMFPExt:
	case LLVMSIToFP:
	case LLVMUIToFP:
	case LLVMFPToSI:
	case LLVMFPToUI:
		return conversion(h, inst);
	case LLVMCall:
		return intrinsic(h, inst);
	default:
		return NULL;
	}
}

static bool has_half(LLVMValueRef inst)
{
	return is_half(LLVMTypeOf(inst)) ||
	       (LLVMGetNumOperands(inst) > 0 && is_half(LLVMTypeOf(LLVMGetOperand(inst, 0))));
}

static void lower_block(struct halves *h, LLVMBasicBlockRef block)
{
	LLVMValueRef next;
	for (LLVMValueRef i = LLVMGetFirstInstruction(block); i; i = next) {
		next = LLVMGetNextInstruction(i);
		if (!has_half(i))
			continue;
		LLVMPositionBuilderBefore(h->b, i);
		LLVMValueRef v = lowered(h, i);
		if (!v)
			continue;
		LLVMReplaceAllUsesWith(i, v);
		LLVMInstructionEraseFromParent(i);
		h->changed = true;
	}
}

bool widen_lower_halves(LLVMModuleRef module, const struct tern_widen_options *options)
{
	LLVMContextRef c = LLVMGetModuleContext(module);
	struct halves h = {
		.b = LLVMCreateBuilderInContext(c),
		.i16 = LLVMInt16TypeInContext(c),
		.i32 = LLVMInt32TypeInContext(c),
		.half = LLVMHalfTypeInContext(c),
		.single = LLVMFloatTypeInContext(c),
		.twice = LLVMDoubleTypeInContext(c),
		/* of the same level of processors */
		.has_f16c = strstr(options->features, "+avx2") != NULL,
	};
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
		for (LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f); block;
		     block = LLVMGetNextBasicBlock(block))
			lower_block(&h, block);
	LLVMDisposeBuilder(h.b);
	return h.changed;
}
