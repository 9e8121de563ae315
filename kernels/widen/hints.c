/* SPDX-License-Identifier: MIT */
/*
 * Values that are linear unless a 32-bit index wraps around between lanes, a limit or the end of a
 * period lies between them:
 *
 *     uint x = get_global_id(0);
 *     a[y * w + x]    a[clamp(x + 1, 0, w - 1)]    a[(x + 1) % w]
 *
 * The index wraps in well-defined manner, so the address is varying; but a wrap is rare. Such a
 * value has, besides its vector, a scalar base (of lane 0), a stride, and a guard: an i1 that says
 * that no lane wraps. Loads and stores through such a pointer test the guard and have both a
 * contiguous and a general form. A stride of 0 means the same in all lanes. near.c has the limits
 * and the periods.
 */
#include "kernels/widen/internal.h"

/* ---- analysis: after the shapes are known ---- */

static bool is_hinted(const struct widen_fn *fn, LLVMValueRef v)
{
	const struct widen_value *value = LLVMIsAInstruction(v) ? widen_value_of(fn, v) : NULL;
	return value && value->hinted;
}

unsigned widen_integer_width(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMIntegerTypeKind ? LLVMGetIntTypeWidth(type) : 0;
}

bool widen_stride_of(const struct widen_fn *fn, LLVMValueRef v, uint64_t *stride)
{
	enum widen_shape shape = widen_shape_of(fn, v);
	*stride = shape == WIDEN_UNIFORM ? 0 : (uint64_t)widen_value_of(fn, v)->stride;
	return shape != WIDEN_VARYING || is_hinted(fn, v);
}

/*
 * What @inst extends from 32 to 64 bits: zext and sext, and what instcombine makes of the former.
 * The source has 32 or 64 bits, of which the low 32 count.
 */
static LLVMValueRef extended(LLVMValueRef inst, bool *is_signed)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	int64_t c;
	if (widen_integer_width(LLVMTypeOf(inst)) != 64)
		return NULL;
	LLVMValueRef from = LLVMGetOperand(inst, 0);
	*is_signed = op == LLVMSExt;
	if (op == LLVMSExt || op == LLVMZExt)
		return widen_integer_width(LLVMTypeOf(from)) == 32 ? from : NULL;
	if (op == LLVMAnd && widen_constant_int(LLVMGetOperand(inst, 1), &c) && c == 0xffffffff)
		return from;
	return NULL;
}

LLVMOpcode widen_extension_of(LLVMValueRef v)
{
	LLVMOpcode op = LLVMIsAInstruction(v) ? LLVMGetInstructionOpcode(v) : 0;
	if (op == LLVMZExt && LLVMGetNNeg(v))
		return LLVMSExt;
	return op == LLVMSExt || op == LLVMZExt ? op : 0;
}

bool widen_is_exact(LLVMValueRef v, LLVMOpcode extension)
{
	if (LLVMGetInstructionOpcode(v) == LLVMOr) /* at most one has the sign's bit */
		return LLVMGetIsDisjoint(v);
	return !extension || (extension == LLVMSExt ? LLVMGetNSW(v) : LLVMGetNUW(v));
}

static bool hint_extension(const struct widen_fn *fn, LLVMValueRef from, uint64_t *stride)
{
	if (widen_shape_of(fn, from) != WIDEN_LINEAR && !is_hinted(fn, from))
		return false;
	int64_t s = (int32_t)widen_value_of(fn, from)->stride;
	*stride = (uint64_t)s;
	return s > -WIDEN_FAR && s < WIDEN_FAR;
}

static bool hint_sum(const struct widen_fn *fn, LLVMValueRef inst, LLVMOpcode op, uint64_t *stride)
{
	uint64_t a, b;
	if (!widen_stride_of(fn, LLVMGetOperand(inst, 0), &a) ||
	    !widen_stride_of(fn, LLVMGetOperand(inst, 1), &b) ||
	    (op == LLVMOr && !LLVMGetIsDisjoint(inst)))
		return false;
	*stride = op == LLVMSub ? a - b : a + b;
	return true;
}

static bool hint_product(const struct widen_fn *fn, LLVMValueRef inst, LLVMOpcode op,
			 uint64_t *stride)
{
	uint64_t a, b;
	int64_t c;
	if (!widen_stride_of(fn, LLVMGetOperand(inst, 0), &a))
		return false;
	if (op == LLVMMul && !a && widen_stride_of(fn, LLVMGetOperand(inst, 1), &b) && !b) {
		*stride = 0; /* the same in all lanes */
		return true;
	}
	if (!widen_constant_int(LLVMGetOperand(inst, 1), &c) ||
	    (op == LLVMShl && (c < 0 || c > 63)))
		return false;
	*stride = op == LLVMShl ? a << c : a * (uint64_t)c;
	return true;
}

static bool hint_address(const struct widen_fn *fn, LLVMValueRef inst, uint64_t *stride)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(inst);
	uint64_t s, bytes;
	if (!widen_stride_of(fn, LLVMGetOperand(inst, 0), stride))
		return false;
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(inst); i++) {
		LLVMValueRef index = LLVMGetOperand(inst, i);
		if (widen_gep_step(fn, inst, i, &type, &bytes))
			continue;
		if (!widen_stride_of(fn, index, &s))
			return false;
		if (s && LLVMGetIntTypeWidth(LLVMTypeOf(index)) != 64)
			return false;
		*stride += s * bytes;
	}
	return true;
}

static bool hint_truncation(const struct widen_fn *fn, LLVMValueRef inst, uint64_t *stride)
{
	LLVMValueRef from = LLVMGetOperand(inst, 0);
	if (widen_integer_width(LLVMTypeOf(from)) != 64 || !is_hinted(fn, from))
		return false;
	*stride = (uint64_t)(int64_t)(int32_t)widen_value_of(fn, from)->stride;
	return widen_integer_width(LLVMTypeOf(inst)) == 32;
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
		return widen_stride_of(fn, LLVMGetOperand(inst, 0), stride);
	if (widen_integer_width(type) != 64 && widen_integer_width(type) != 32)
		return false;
	if (widen_near(fn, inst, stride))
		return true;
	if (op == LLVMTrunc)
		return hint_truncation(fn, inst, stride);
	if (op == LLVMAdd || op == LLVMSub || op == LLVMOr)
		return hint_sum(fn, inst, op, stride);
	return (op == LLVMMul || op == LLVMShl) && hint_product(fn, inst, op, stride);
}

void widen_hints(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		struct widen_value *v = &fn->values[i];
		uint64_t stride = 0;
		if (v->shape != WIDEN_VARYING) {
			v->hinted = false;
			continue;
		}
		v->hinted = LLVMIsAInstruction(v->ir) && hint(fn, v->ir, &stride);
		v->stride = v->hinted ? (int64_t)stride : 0;
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

LLVMValueRef widen_no_wrap(struct widen_emit *e, LLVMValueRef base, int64_t stride, bool is_signed)
{
	LLVMTypeRef type = LLVMTypeOf(base);
	unsigned width = LLVMGetIntTypeWidth(type);
	uint64_t span = (uint64_t)(stride * ((int64_t)e->lanes - 1));
	uint64_t most = UINT64_MAX >> (64 - width + is_signed), least = is_signed ? ~most : 0;
	uint64_t limit = (stride > 0 ? most : least) - span;
	LLVMIntPredicate predicate = stride > 0 ? (is_signed ? LLVMIntSLE : LLVMIntULE)
						: (is_signed ? LLVMIntSGE : LLVMIntUGE);
	return LLVMBuildICmp(e->builder, predicate, base,
			     LLVMConstInt(type, limit << (64 - width) >> (64 - width), 0), "");
}

LLVMValueRef widen_both(struct widen_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	return a && b ? LLVMBuildAnd(e->builder, a, b, "") : a ? a : b;
}

static LLVMValueRef extension_base(struct widen_emit *e, LLVMValueRef from, bool is_signed,
				   LLVMValueRef *guard)
{
	LLVMValueRef base = widen_scalar(e, from);
	int64_t stride = (int32_t)widen_value_of(e->fn, from)->stride;
	base = LLVMBuildIntCast2(e->builder, base, e->fn->i32, 0, "");
	*guard = widen_both(e, widen_guard(e, from), widen_no_wrap(e, base, stride, is_signed));
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
	if (op == LLVMTrunc)
		return LLVMBuildTrunc(e->builder, operands[0], e->fn->i32, "");
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
	LLVMValueRef base = widen_near_base(e, inst, &guard);
	if (base) {
		widen_set_scalar(e, inst, base);
		*guard_slot(e, inst) = guard;
		return;
	}
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++)
		guard = widen_both(e, guard, widen_guard(e, LLVMGetOperand(inst, i)));
	widen_set_scalar(e, inst, hinted_base(e, inst));
	*guard_slot(e, inst) = guard;
}
