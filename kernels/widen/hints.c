/* SPDX-License-Identifier: MIT */
/*
 * Values that are linear unless a 32-bit index wraps around between lanes:
 *
 *     uint x = get_global_id(0); a[y * w + x]
 *
 * The index wraps in well-defined manner, so the address is varying; but a wrap is rare. Such a
 * value has, besides its vector, a scalar base (of lane 0), a stride, and a guard: an i1 that says
 * that no lane wraps. Loads and stores through such a pointer test the guard and have both a
 * contiguous and a general form.
 */
#include "kernels/widen/internal.h"

/* ---- analysis: after the shapes are known ---- */

static bool is_hinted(const struct widen_fn *fn, LLVMValueRef v)
{
	return LLVMIsAInstruction(v) && widen_value_of(fn, v)->hinted;
}

/* The stride of what is uniform, linear or hinted. */
static bool stride_of(const struct widen_fn *fn, LLVMValueRef v, uint64_t *stride)
{
	enum widen_shape shape = widen_shape_of(fn, v);
	*stride = shape == WIDEN_UNIFORM ? 0 : (uint64_t)widen_value_of(fn, v)->stride;
	return shape != WIDEN_VARYING || is_hinted(fn, v);
}

/*
 * What @inst extends from 32 to 64 bits: zext and sext, and what instcombine makes of them. The
 * source has 32 or 64 bits, of which the low 32 count.
 */
static LLVMValueRef extended(LLVMValueRef inst, bool *is_signed)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	LLVMTypeRef type = LLVMTypeOf(inst);
	int64_t c;
	if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind || LLVMGetIntTypeWidth(type) != 64)
		return NULL;
	LLVMValueRef from = LLVMGetOperand(inst, 0);
	*is_signed = op == LLVMSExt || op == LLVMAShr;
	if (op == LLVMSExt || op == LLVMZExt)
		return LLVMGetTypeKind(LLVMTypeOf(from)) == LLVMIntegerTypeKind &&
				       LLVMGetIntTypeWidth(LLVMTypeOf(from)) == 32
			       ? from
			       : NULL;
	if (op == LLVMAnd && widen_constant_int(LLVMGetOperand(inst, 1), &c) && c == 0xffffffff)
		return from;
	if (op == LLVMAShr && widen_constant_int(LLVMGetOperand(inst, 1), &c) && c == 32 &&
	    LLVMIsAInstruction(from) && LLVMGetInstructionOpcode(from) == LLVMShl &&
	    widen_constant_int(LLVMGetOperand(from, 1), &c) && c == 32)
		return LLVMGetOperand(from, 0);
	return NULL;
}

static bool hint_extension(const struct widen_fn *fn, LLVMValueRef from, uint64_t *stride)
{
	enum { FAR = 1 << 20 }; /* such strides are not contiguous anyway */
	if (widen_shape_of(fn, from) != WIDEN_LINEAR)
		return false;
	int64_t s = (int32_t)widen_value_of(fn, from)->stride;
	*stride = (uint64_t)s;
	return s && s > -FAR && s < FAR;
}

static bool hint_sum(const struct widen_fn *fn, LLVMValueRef inst, LLVMOpcode op, uint64_t *stride)
{
	uint64_t a, b;
	if (!stride_of(fn, LLVMGetOperand(inst, 0), &a) ||
	    !stride_of(fn, LLVMGetOperand(inst, 1), &b) ||
	    (op == LLVMOr && !LLVMGetIsDisjoint(inst)))
		return false;
	*stride = op == LLVMSub ? a - b : a + b;
	return true;
}

static bool hint_product(const struct widen_fn *fn, LLVMValueRef inst, LLVMOpcode op,
			 uint64_t *stride)
{
	uint64_t a;
	int64_t c;
	if (!stride_of(fn, LLVMGetOperand(inst, 0), &a) ||
	    !widen_constant_int(LLVMGetOperand(inst, 1), &c) ||
	    (op == LLVMShl && (c < 0 || c > 63)))
		return false;
	*stride = op == LLVMShl ? a << c : a * (uint64_t)c;
	return true;
}

static bool hint_address(const struct widen_fn *fn, LLVMValueRef inst, uint64_t *stride)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(inst);
	uint64_t s, bytes;
	if (!stride_of(fn, LLVMGetOperand(inst, 0), stride))
		return false;
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(inst); i++) {
		LLVMValueRef index = LLVMGetOperand(inst, i);
		if (widen_gep_step(fn, inst, i, &type, &bytes))
			continue;
		if (!stride_of(fn, index, &s))
			return false;
		if (s && LLVMGetIntTypeWidth(LLVMTypeOf(index)) != 64)
			return false;
		*stride += s * bytes;
	}
	return true;
}

static bool hint(const struct widen_fn *fn, LLVMValueRef inst, uint64_t *stride)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	LLVMTypeRef type = LLVMTypeOf(inst);
	bool is_signed;
	LLVMValueRef from = extended(inst, &is_signed);
	if (widen_value_of(fn, inst)->element)
		return false;
	if (from)
		return hint_extension(fn, from, stride);
	if (op == LLVMGetElementPtr && LLVMGetTypeKind(type) == LLVMPointerTypeKind)
		return hint_address(fn, inst, stride);
	if (op == LLVMAddrSpaceCast)
		return stride_of(fn, LLVMGetOperand(inst, 0), stride);
	if (LLVMGetTypeKind(type) != LLVMIntegerTypeKind || LLVMGetIntTypeWidth(type) != 64)
		return false;
	if (op == LLVMAdd || op == LLVMSub || op == LLVMOr)
		return hint_sum(fn, inst, op, stride);
	return (op == LLVMMul || op == LLVMShl) && hint_product(fn, inst, op, stride);
}

void widen_hints(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		struct widen_value *v = &fn->values[i];
		uint64_t stride = 0;
		v->hinted = LLVMIsAInstruction(v->ir) && v->shape == WIDEN_VARYING &&
			    hint(fn, v->ir, &stride);
		if (v->hinted)
			v->stride = (int64_t)stride;
	}
}

/* ---- emission ---- */

static LLVMValueRef *guard_slot(struct widen_emit *e, LLVMValueRef v)
{
	const struct widen_value *value = widen_value_of(e->fn, v);
	uint32_t index = (uint32_t)(value - e->fn->values) * e->rows;
	return &e->guards[index + (value->per_row ? e->row : 0)];
}

LLVMValueRef widen_guard(struct widen_emit *e, LLVMValueRef v)
{
	return is_hinted(e->fn, v) ? *guard_slot(e, v) : NULL;
}

/* No lane's 32-bit value wraps around, seen from lane 0's @base. */
static LLVMValueRef no_wrap(struct widen_emit *e, LLVMValueRef base, int64_t stride, bool is_signed)
{
	int64_t span = stride * ((int64_t)e->lanes - 1), limit;
	LLVMIntPredicate predicate;
	if (stride > 0) {
		limit = (is_signed ? INT32_MAX : (int64_t)UINT32_MAX) - span;
		predicate = is_signed ? LLVMIntSLE : LLVMIntULE;
	} else {
		limit = (is_signed ? INT32_MIN : 0) - span;
		predicate = is_signed ? LLVMIntSGE : LLVMIntUGE;
	}
	return LLVMBuildICmp(e->builder, predicate, base,
			     LLVMConstInt(e->fn->i32, (uint64_t)limit & UINT32_MAX, 0), "");
}

static LLVMValueRef extension_base(struct widen_emit *e, LLVMValueRef from, bool is_signed,
				   LLVMValueRef *guard)
{
	LLVMValueRef base = widen_scalar(e, from);
	int64_t stride = (int32_t)widen_value_of(e->fn, from)->stride;
	base = LLVMBuildIntCast2(e->builder, base, e->fn->i32, 0, "");
	*guard = no_wrap(e, base, stride, is_signed);
	return LLVMBuildIntCast2(e->builder, base, e->fn->i64, is_signed, "");
}

static LLVMValueRef hinted_base(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef operands[WIDEN_MAX_OPERANDS] = {0};
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	unsigned n = (unsigned)LLVMGetNumOperands(inst);
	for (unsigned i = 0; i < n; i++)
		operands[i] = widen_scalar(e, LLVMGetOperand(inst, i));
	if (op == LLVMAddrSpaceCast)
		return operands[0];
	if (op == LLVMGetElementPtr)
		return LLVMBuildGEP2(e->builder, LLVMGetGEPSourceElementType(inst), operands[0],
				     operands + 1, n - 1, "");
	/* Disjoint in active lanes only. */
	return LLVMBuildBinOp(e->builder, op == LLVMOr ? LLVMAdd : op, operands[0], operands[1],
			      "");
}

void widen_emit_hint(struct widen_emit *e, LLVMValueRef inst)
{
	bool is_signed;
	LLVMValueRef from = extended(inst, &is_signed), guard = NULL;
	if (from) {
		widen_set_scalar(e, inst, extension_base(e, from, is_signed, &guard));
		*guard_slot(e, inst) = guard;
		return;
	}
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++) {
		LLVMValueRef g = widen_guard(e, LLVMGetOperand(inst, i));
		if (g)
			guard = guard ? LLVMBuildAnd(e->builder, guard, g, "") : g;
	}
	widen_set_scalar(e, inst, hinted_base(e, inst));
	*guard_slot(e, inst) = guard;
}
