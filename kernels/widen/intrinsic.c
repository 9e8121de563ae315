/* SPDX-License-Identifier: MIT */
/* Intrinsics that exist for vectors. */
#include <string.h>

#include "kernels/widen/internal.h"

static const struct {
	const char *name;
	/* Types that name the overload: r result, 0 and 1 operands. */
	char overloads[3];
	/* Operands that stay scalar (immediates and exponents), a bit each. */
	unsigned scalar;
} vector_forms[] = {
	{"llvm.abs", "r", 2},
	{"llvm.arithmetic.fence", "r", 0},
	{"llvm.bitreverse", "r", 0},
	{"llvm.bswap", "r", 0},
	{"llvm.canonicalize", "r", 0},
	{"llvm.ceil", "r", 0},
	{"llvm.copysign", "r", 0},
	{"llvm.ctlz", "r", 2},
	{"llvm.ctpop", "r", 0},
	{"llvm.cttz", "r", 2},
	{"llvm.fabs", "r", 0},
	{"llvm.floor", "r", 0},
	{"llvm.fma", "r", 0},
	{"llvm.fmuladd", "r", 0},
	{"llvm.fptosi.sat", "r0", 0},
	{"llvm.fptoui.sat", "r0", 0},
	{"llvm.fshl", "r", 0},
	{"llvm.fshr", "r", 0},
	{"llvm.is.fpclass", "0", 2},
	{"llvm.ldexp", "r1", 0},
	{"llvm.llrint", "r0", 0},
	{"llvm.lrint", "r0", 0},
	{"llvm.maximum", "r", 0},
	{"llvm.maxnum", "r", 0},
	{"llvm.minimum", "r", 0},
	{"llvm.minnum", "r", 0},
	{"llvm.nearbyint", "r", 0},
	{"llvm.powi", "r1", 2},
	{"llvm.rint", "r", 0},
	{"llvm.round", "r", 0},
	{"llvm.roundeven", "r", 0},
	{"llvm.sadd.sat", "r", 0},
	{"llvm.sadd.with.overflow", "0", 0},
	{"llvm.smax", "r", 0},
	{"llvm.smin", "r", 0},
	{"llvm.smul.with.overflow", "0", 0},
	{"llvm.sqrt", "r", 0},
	{"llvm.sshl.sat", "r", 0},
	{"llvm.ssub.sat", "r", 0},
	{"llvm.ssub.with.overflow", "0", 0},
	{"llvm.trunc", "r", 0},
	{"llvm.uadd.sat", "r", 0},
	{"llvm.uadd.with.overflow", "0", 0},
	{"llvm.umax", "r", 0},
	{"llvm.umin", "r", 0},
	{"llvm.umul.with.overflow", "0", 0},
	{"llvm.ushl.sat", "r", 0},
	{"llvm.usub.sat", "r", 0},
	{"llvm.usub.with.overflow", "0", 0},
};

/* Reductions over the elements of a vector: over its leaves. */
static const struct {
	const char *name;
	LLVMOpcode op;         /* or */
	const char *intrinsic; /* of two values */
} reductions[] = {
	{"llvm.vector.reduce.add", LLVMAdd, NULL},
	{"llvm.vector.reduce.mul", LLVMMul, NULL},
	{"llvm.vector.reduce.and", LLVMAnd, NULL},
	{"llvm.vector.reduce.or", LLVMOr, NULL},
	{"llvm.vector.reduce.xor", LLVMXor, NULL},
	{"llvm.vector.reduce.smax", 0, "llvm.smax"},
	{"llvm.vector.reduce.smin", 0, "llvm.smin"},
	{"llvm.vector.reduce.umax", 0, "llvm.umax"},
	{"llvm.vector.reduce.umin", 0, "llvm.umin"},
	{"llvm.vector.reduce.fmax", 0, "llvm.maxnum"},
	{"llvm.vector.reduce.fmin", 0, "llvm.minnum"},
};

static const char *base_name(LLVMValueRef inst)
{
	size_t length;
	unsigned id = LLVMGetIntrinsicID(LLVMGetCalledValue(inst));
	return id ? LLVMIntrinsicGetName(id, &length) : "";
}

/* Type of the @leaf-th element of result or operand @which ('r', '0', '1'), as a vector. */
static LLVMTypeRef overload_type(struct widen_emit *e, LLVMValueRef inst, char which,
				 unsigned scalar, unsigned leaf)
{
	LLVMTypeRef type = LLVMTypeOf(inst);
	if (which != 'r')
		type = LLVMTypeOf(LLVMGetOperand(inst, (unsigned)(which - '0')));
	type = widen_leaf_type(e->fn, type, widen_leaf_count(type) > 1 ? leaf : 0);
	bool stays = which != 'r' && (scalar >> (which - '0') & 1);
	return stays ? type : widen_vector_type(e, type);
}

static LLVMValueRef call_leaf(struct widen_emit *e, LLVMValueRef inst, size_t form, unsigned leaf)
{
	LLVMTypeRef overloads[2];
	LLVMValueRef args[4];
	unsigned n = 0, count = LLVMGetNumArgOperands(inst), scalar = vector_forms[form].scalar;
	for (const char *o = vector_forms[form].overloads; *o; o++)
		overloads[n++] = overload_type(e, inst, *o, scalar, leaf);
	for (unsigned i = 0; i < count; i++) {
		LLVMValueRef operand = LLVMGetOperand(inst, i);
		args[i] =
			scalar >> i & 1 ? widen_scalar(e, operand) : widen_vector(e, operand, leaf);
	}
	LLVMValueRef call = widen_intrinsic(e, vector_forms[form].name, overloads, n, args, count);
	if (LLVMCanValueUseFastMathFlags(inst) && LLVMIsAInstruction(call))
		LLVMSetFastMathFlags(call, LLVMGetFastMathFlags(inst));
	return call;
}

static bool scalar_operands_are_uniform(struct widen_emit *e, LLVMValueRef inst, unsigned scalar)
{
	for (unsigned i = 0; i < LLVMGetNumArgOperands(inst); i++)
		if (scalar >> i & 1 &&
		    widen_shape_of(e->fn, LLVMGetOperand(inst, i)) != WIDEN_UNIFORM)
			return false;
	return true;
}

/* {value, flag} of vectors: the leaves of the first operand's elements. */
static void set_overflow(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef call, unsigned leaf,
			 unsigned elements)
{
	widen_set_vector(e, inst, leaf, LLVMBuildExtractValue(e->builder, call, 0, ""));
	widen_set_vector(e, inst, elements + leaf, LLVMBuildExtractValue(e->builder, call, 1, ""));
}

static bool emit_vector_form(struct widen_emit *e, LLVMValueRef inst, size_t form)
{
	LLVMTypeRef type = LLVMTypeOf(inst);
	bool overflow = LLVMGetTypeKind(type) == LLVMStructTypeKind;
	unsigned elements = widen_leaf_count(type) / (overflow ? 2 : 1);
	if (!scalar_operands_are_uniform(e, inst, vector_forms[form].scalar))
		return false;
	for (unsigned leaf = 0; leaf < elements; leaf++) {
		LLVMValueRef call = call_leaf(e, inst, form, leaf);
		if (overflow)
			set_overflow(e, inst, call, leaf, elements);
		else
			widen_set_vector(e, inst, leaf, call);
	}
	return true;
}

static bool emit_reduction(struct widen_emit *e, LLVMValueRef inst, size_t form)
{
	LLVMValueRef operand = LLVMGetOperand(inst, 0), sum = widen_vector(e, operand, 0);
	for (unsigned i = 1; i < widen_leaf_count(LLVMTypeOf(operand)); i++) {
		LLVMValueRef args[] = {sum, widen_vector(e, operand, i)};
		LLVMTypeRef type = LLVMTypeOf(sum);
		if (reductions[form].intrinsic)
			sum = widen_intrinsic(e, reductions[form].intrinsic, &type, 1, args, 2);
		else
			sum = LLVMBuildBinOp(e->builder, reductions[form].op, args[0], args[1], "");
	}
	widen_set_vector(e, inst, 0, sum);
	return true;
}

static LLVMValueRef bound(struct widen_emit *e, const char *intrinsic, LLVMValueRef v, double limit)
{
	LLVMTypeRef type = LLVMTypeOf(v);
	LLVMValueRef args[] = {v, widen_splat(e, LLVMConstReal(LLVMGetElementType(type), limit))};
	return widen_intrinsic(e, intrinsic, &type, 1, args, 2);
}

/*
 * Conversions that saturate, to integers of less than 32 bits: code generation takes them apart
 * lane by lane. The type's limits are exact in float and double; what is not a number becomes 0.
 */
static bool emit_narrow_conversion(struct widen_emit *e, LLVMValueRef inst, bool is_signed)
{
	LLVMTypeRef type = widen_leaf_type(e->fn, LLVMTypeOf(inst), 0);
	LLVMTypeRef from = widen_leaf_type(e->fn, LLVMTypeOf(LLVMGetOperand(inst, 0)), 0);
	LLVMTypeKind kind = LLVMGetTypeKind(from);
	unsigned width = LLVMGetIntTypeWidth(type);
	if (width >= 32 || (kind != LLVMFloatTypeKind && kind != LLVMDoubleTypeKind))
		return false;
	double most = (double)((1u << (width - is_signed)) - 1), least = is_signed ? -most - 1 : 0;
	LLVMTypeRef i32 = widen_vector_type(e, e->fn->i32), narrow = widen_vector_type(e, type);
	for (unsigned leaf = 0; leaf < widen_leaf_count(LLVMTypeOf(inst)); leaf++) {
		LLVMValueRef v = widen_vector(e, LLVMGetOperand(inst, 0), leaf);
		if (is_signed) {
			LLVMValueRef number = LLVMBuildFCmp(e->builder, LLVMRealORD, v, v, "");
			v = LLVMBuildSelect(e->builder, number, v, LLVMConstNull(LLVMTypeOf(v)),
					    "");
		}
		v = bound(e, "llvm.minnum", bound(e, "llvm.maxnum", v, least), most);
		v = LLVMBuildFPToSI(e->builder, v, i32, "");
		widen_set_vector(e, inst, leaf, LLVMBuildTrunc(e->builder, v, narrow, ""));
	}
	return true;
}

bool widen_emit_intrinsic(struct widen_emit *e, LLVMValueRef inst)
{
	const char *name = base_name(inst);
	bool is_signed = !strcmp(name, "llvm.fptosi.sat");
	if ((is_signed || !strcmp(name, "llvm.fptoui.sat")) &&
	    emit_narrow_conversion(e, inst, is_signed))
		return true;
	for (size_t i = 0; i < tern_array_size(vector_forms); i++)
		if (!strcmp(name, vector_forms[i].name))
			return emit_vector_form(e, inst, i);
	for (size_t i = 0; i < tern_array_size(reductions); i++)
		if (!strcmp(name, reductions[i].name))
			return emit_reduction(e, inst, i);
	return false;
}

const char *widen_intrinsic_overloads(LLVMValueRef call, const char **name)
{
	*name = base_name(call);
	for (size_t i = 0; i < tern_array_size(vector_forms); i++)
		if (!strcmp(*name, vector_forms[i].name))
			return vector_forms[i].overloads;
	return NULL;
}
