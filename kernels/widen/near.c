/* SPDX-License-Identifier: MIT */
/*
 * What is linear as its operand is, unless the lanes come to a limit or to the end of a period: the
 * rims of pictures and grids.
 *
 *     min(x, most), max(x, least), x < most ? x : most, x % period, x & (power of two - 1)
 *     x << 32 >> 28: what instcombine makes of (long)(int)x * 16
 *
 * or the same in all lanes, a stride of 0, while they are in one period:
 *
 *     x / period, x >> 4, x & -16
 *
 * The lanes' numbers grow: the first and the last one tell about all of them.
 */
#include <string.h>

#include "kernels/widen/internal.h"

enum near_kind {
	NEAR_NOTHING,
	NEAR_LEAST,    /* not below the limit */
	NEAR_MOST,     /* not above it */
	NEAR_PERIODIC, /* modulo the limit, or with the mask; or divided by the limit */
	NEAR_SHIFTED,  /* to the right: bits go that are the same in all lanes, or the lanes' all */
	NEAR_CHOSEN,   /* where what is compared with the limit is as expected */
};

struct near {
	enum near_kind kind;
	bool is_signed;
	LLVMValueRef of, limit; /* old values */
	uint64_t mask;
	bool is_mask, divided; /* periodic: the limit is a mask, the result is the quotient */
	unsigned shift;
	bool cleared; /* shifted: and back again */
	LLVMValueRef compared;
	LLVMIntPredicate expected;
};

struct order {
	LLVMIntPredicate is, swapped, inverse;
	bool is_signed;
};

static const struct order *order_of(LLVMIntPredicate is)
{
	static const struct order orders[] = {
		{LLVMIntSLT, LLVMIntSGT, LLVMIntSGE, true},
		{LLVMIntSLE, LLVMIntSGE, LLVMIntSGT, true},
		{LLVMIntSGT, LLVMIntSLT, LLVMIntSLE, true},
		{LLVMIntSGE, LLVMIntSLE, LLVMIntSLT, true},
		{LLVMIntULT, LLVMIntUGT, LLVMIntUGE, false},
		{LLVMIntULE, LLVMIntUGE, LLVMIntUGT, false},
		{LLVMIntUGT, LLVMIntULT, LLVMIntULE, false},
		{LLVMIntUGE, LLVMIntULE, LLVMIntULT, false},
	};
	for (unsigned i = 0; i < tern_array_size(orders); i++)
		if (orders[i].is == is)
			return &orders[i];
	return NULL;
}

/* What is expected of @compare, so that it is @wanted; false: it orders no lanes. */
static bool find_comparison(const struct widen_fn *fn, LLVMValueRef compare, bool wanted,
			    struct near *near)
{
	const struct order *order =
		LLVMIsAICmpInst(compare) ? order_of(LLVMGetICmpPredicate(compare)) : NULL;
	unsigned width = order ? widen_integer_width(LLVMTypeOf(LLVMGetOperand(compare, 0))) : 0;
	uint64_t stride;
	if (width != 32 && width != 64)
		return false;
	bool swap = widen_shape_of(fn, LLVMGetOperand(compare, 0)) == WIDEN_UNIFORM;
	near->compared = LLVMGetOperand(compare, swap);
	near->limit = LLVMGetOperand(compare, !swap);
	if (swap)
		order = order_of(order->swapped);
	if (!wanted)
		order = order_of(order->inverse);
	near->expected = order->is;
	near->is_signed = order->is_signed;
	return widen_stride_of(fn, near->compared, &stride) && stride && stride < WIDEN_FAR;
}

/* Where the arm that is not uniform is taken. */
static struct near near_choice(const struct widen_fn *fn, LLVMValueRef select)
{
	struct near near = {0};
	bool first = widen_shape_of(fn, LLVMGetOperand(select, 1)) != WIDEN_UNIFORM;
	near.of = LLVMGetOperand(select, first ? 1 : 2);
	if (find_comparison(fn, LLVMGetOperand(select, 0), first, &near))
		near.kind = NEAR_CHOSEN;
	return near;
}

static struct near near_limit(const struct widen_fn *fn, LLVMValueRef call)
{
	static const struct {
		const char *name;
		enum near_kind kind;
		bool is_signed;
	} limits[] = {{"llvm.smin", NEAR_MOST, true},
		      {"llvm.smax", NEAR_LEAST, true},
		      {"llvm.umin", NEAR_MOST, false},
		      {"llvm.umax", NEAR_LEAST, false}};
	const char *name = NULL;
	struct near near = {0};
	if (!widen_intrinsic_overloads(call, &name))
		return near;
	for (unsigned i = 0; i < tern_array_size(limits); i++)
		if (!strcmp(name, limits[i].name))
			near = (struct near){.kind = limits[i].kind,
					     .is_signed = limits[i].is_signed,
					     .of = LLVMGetOperand(call, 0),
					     .limit = LLVMGetOperand(call, 1)};
	if (near.kind && widen_shape_of(fn, near.of) == WIDEN_UNIFORM) {
		near.of = LLVMGetOperand(call, 1);
		near.limit = LLVMGetOperand(call, 0);
	}
	return near;
}

/* A mask that is known at run time only may be a power of two less 1. */
static struct near near_mask(const struct widen_fn *fn, LLVMValueRef inst)
{
	LLVMValueRef a = LLVMGetOperand(inst, 0), b = LLVMGetOperand(inst, 1);
	int64_t mask;
	if (widen_constant_int(b, &mask) && mask < -1 && tern_is_power_of_two(-(uint64_t)mask) &&
	    mask > INT64_MIN)
		return (struct near){.kind = NEAR_SHIFTED,
				     .is_signed = true,
				     .of = a,
				     .shift = (unsigned)__builtin_ctzll(-(uint64_t)mask),
				     .cleared = true};
	if (widen_constant_int(b, &mask))
		return mask > 0 && mask < INT64_MAX && !(mask & (mask + 1))
			       ? (struct near){.kind = NEAR_PERIODIC,
					       .of = a,
					       .mask = (uint64_t)mask}
			       : (struct near){0};
	bool swap = widen_shape_of(fn, a) == WIDEN_UNIFORM;
	return (struct near){
		.kind = NEAR_PERIODIC, .is_mask = true, .of = swap ? b : a, .limit = swap ? a : b};
}

static struct near near_of(const struct widen_fn *fn, LLVMValueRef inst)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	struct near near = {0};
	int64_t shift;
	if (LLVMIsACallInst(inst))
		near = near_limit(fn, inst);
	else if (op == LLVMSelect)
		near = near_choice(fn, inst);
	else if (widen_is_integer_division(op))
		near = (struct near){.kind = NEAR_PERIODIC,
				     .is_signed = op == LLVMSRem || op == LLVMSDiv,
				     .divided = op == LLVMUDiv || op == LLVMSDiv,
				     .of = LLVMGetOperand(inst, 0),
				     .limit = LLVMGetOperand(inst, 1)};
	else if (op == LLVMAnd)
		near = near_mask(fn, inst);
	else if ((op == LLVMAShr || op == LLVMLShr) &&
		 widen_constant_int(LLVMGetOperand(inst, 1), &shift) && shift >= 0 && shift <= 32 &&
		 shift < (int64_t)widen_integer_width(LLVMTypeOf(inst)))
		near = (struct near){.kind = NEAR_SHIFTED,
				     .is_signed = op == LLVMAShr,
				     .of = LLVMGetOperand(inst, 0),
				     .shift = (unsigned)shift};
	if (near.limit && widen_shape_of(fn, near.limit) != WIDEN_UNIFORM)
		near.kind = NEAR_NOTHING;
	return near;
}

/* The lanes' own bits are among those that go. (near_shifted() has looked for an overflow.) */
static bool shifts_lanes_out(const struct widen_fn *fn, const struct near *near, uint64_t stride)
{
	uint64_t most = (UINT64_C(1) << near->shift) - 1;
	return (int64_t)stride > 0 && stride * (fn->lanes - 1) <= most;
}

static bool near_shifted(const struct widen_fn *fn, const struct near *near, LLVMTypeRef type,
			 uint64_t *stride)
{
	int64_t s = (int64_t)*stride >> near->shift;
	/* (widen_no_wrap() needs a span that the type holds) */
	int64_t most = INT64_MAX >> (64 - widen_integer_width(type));
	most /= (int64_t)fn->lanes;
	if ((int64_t)*stride > most || (int64_t)*stride < -most)
		return false;
	bool same = !(*stride & ((UINT64_C(1) << near->shift) - 1));
	if (!same && shifts_lanes_out(fn, near, *stride)) {
		*stride = 0;
		return true;
	}
	*stride = (uint64_t)s;
	return same && !near->cleared && s > -WIDEN_FAR && s < WIDEN_FAR;
}

bool widen_near(const struct widen_fn *fn, LLVMValueRef inst, uint64_t *stride)
{
	struct near near = near_of(fn, inst);
	int64_t period = INT64_MAX;
	if (!near.kind || !widen_stride_of(fn, near.of, stride))
		return false;
	if (!*stride) /* the same in all lanes, and remains so */
		return near.kind == NEAR_SHIFTED;
	if (near.kind == NEAR_SHIFTED)
		return near_shifted(fn, &near, LLVMTypeOf(inst), stride);
	if (*stride >= WIDEN_FAR)
		return false;
	if (near.mask)
		period = (int64_t)near.mask + 1;
	else if (near.kind == NEAR_PERIODIC && !near.is_mask &&
		 widen_constant_int(near.limit, &period) && period < 0)
		return false;
	bool fits = period > (int64_t)*stride * ((int64_t)fn->lanes - 1);
	if (near.divided)
		*stride = 0;
	return fits;
}

/* ---- emission ---- */

/* Lane 0's place in the period; *@fits: the last lane's is behind it in the same period. */
static LLVMValueRef masked_base(struct widen_emit *e, const struct near *near, LLVMValueRef base,
				LLVMValueRef span, LLVMValueRef *fits)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef type = LLVMTypeOf(base);
	LLVMValueRef mask =
		near->limit ? widen_scalar(e, near->limit) : LLVMConstInt(type, near->mask, 0);
	base = LLVMBuildAnd(b, base, mask, "");
	*fits = LLVMBuildICmp(b, LLVMIntULE, LLVMBuildAdd(b, base, span, ""), mask, "");
	if (!near->limit)
		return base;
	LLVMValueRef next = LLVMBuildAdd(b, mask, LLVMConstInt(type, 1, 0), "");
	LLVMValueRef common = LLVMBuildAnd(b, mask, next, "");
	LLVMValueRef ones = LLVMBuildICmp(b, LLVMIntEQ, common, LLVMConstNull(type), "");
	*fits = widen_both(e, *fits, ones);
	return base;
}

/* Likewise; or the quotient. */
static LLVMValueRef periodic_base(struct widen_emit *e, const struct near *near, LLVMValueRef base,
				  LLVMValueRef span, LLVMValueRef *fits)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef type = LLVMTypeOf(base);
	LLVMValueRef zero = LLVMConstNull(type), one = LLVMConstInt(type, 1, 0);
	if (near->mask || near->is_mask)
		return masked_base(e, near, base, span, fits);
	/* (a division by poison would be undefined even where nobody looks at the result) */
	LLVMValueRef period = LLVMBuildFreeze(b, widen_scalar(e, near->limit), "");
	base = LLVMBuildFreeze(b, base, "");
	LLVMIntPredicate more = near->is_signed ? LLVMIntSGT : LLVMIntUGT;
	LLVMValueRef good = LLVMBuildICmp(b, more, period, span, "");
	if (near->is_signed)
		good = widen_both(e, good, LLVMBuildICmp(b, LLVMIntSGE, base, zero, ""));
	/* No division but of numbers that are not negative by such as are more than 0. */
	LLVMValueRef divisor = LLVMBuildSelect(b, good, period, one, "");
	LLVMValueRef dividend = LLVMBuildSelect(b, good, base, zero, "");
	LLVMValueRef rest = LLVMBuildURem(b, dividend, divisor, "");
	LLVMValueRef room = LLVMBuildSub(b, divisor, span, "");
	*fits = widen_both(e, good, LLVMBuildICmp(b, LLVMIntULT, rest, room, ""));
	return near->divided ? LLVMBuildUDiv(b, dividend, divisor, "") : rest;
}

/* Lane 0's; *@fits: the last lane's is the same where no lane's own bits are left. */
static LLVMValueRef shifted_base(struct widen_emit *e, const struct near *near, LLVMValueRef base,
				 LLVMValueRef span, LLVMValueRef *fits)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef type = LLVMTypeOf(base);
	uint64_t bits = (UINT64_C(1) << near->shift) - 1;
	uint64_t stride = (uint64_t)widen_value_of(e->fn, near->of)->stride;
	if (stride & bits) {
		LLVMValueRef gone = LLVMConstInt(type, bits, 0);
		LLVMValueRef last = LLVMBuildAnd(b, base, gone, "");
		last = LLVMBuildAdd(b, last, span, "");
		*fits = LLVMBuildICmp(b, LLVMIntULE, last, gone, "");
	}
	if (near->cleared)
		return LLVMBuildAnd(b, base, LLVMConstInt(type, ~bits, 0), "");
	return LLVMBuildBinOp(b, near->is_signed ? LLVMAShr : LLVMLShr, base,
			      LLVMConstInt(type, near->shift, 0), "");
}

static LLVMValueRef span_of(struct widen_emit *e, LLVMValueRef old, LLVMValueRef base)
{
	uint64_t stride = (uint64_t)widen_value_of(e->fn, old)->stride;
	return LLVMConstInt(LLVMTypeOf(base), stride * (e->lanes - 1), 0);
}

static LLVMValueRef is_expected(struct widen_emit *e, const struct near *near)
{
	LLVMValueRef first = widen_scalar(e, near->compared), limit = widen_scalar(e, near->limit);
	LLVMValueRef last = LLVMBuildAdd(e->builder, first, span_of(e, near->compared, first), "");
	int64_t stride = widen_value_of(e->fn, near->compared)->stride;
	LLVMValueRef good = widen_both(e, widen_guard(e, near->compared),
				       widen_no_wrap(e, first, stride, near->is_signed));
	good = widen_both(e, good, LLVMBuildICmp(e->builder, near->expected, first, limit, ""));
	return widen_both(e, good, LLVMBuildICmp(e->builder, near->expected, last, limit, ""));
}

LLVMValueRef widen_near_base(struct widen_emit *e, LLVMValueRef inst, LLVMValueRef *guard)
{
	struct near near = near_of(e->fn, inst);
	if (!near.kind)
		return NULL;
	LLVMValueRef base = widen_scalar(e, near.of), fits = NULL;
	LLVMValueRef span = span_of(e, near.of, base);
	int64_t stride = widen_value_of(e->fn, near.of)->stride;
	*guard = widen_guard(e, near.of);
	if (near.kind == NEAR_CHOSEN) {
		*guard = widen_both(e, *guard, is_expected(e, &near));
		return base;
	}
	*guard = widen_both(e, *guard, widen_no_wrap(e, base, stride, near.is_signed));
	if (near.kind == NEAR_SHIFTED) {
		base = shifted_base(e, &near, base, span, &fits);
	} else if (near.kind == NEAR_PERIODIC) {
		base = periodic_base(e, &near, base, span, &fits);
	} else if (near.kind == NEAR_MOST) {
		LLVMValueRef last = LLVMBuildAdd(e->builder, base, span, "");
		fits = LLVMBuildICmp(e->builder, near.is_signed ? LLVMIntSLE : LLVMIntULE, last,
				     widen_scalar(e, near.limit), "");
	} else {
		fits = LLVMBuildICmp(e->builder, near.is_signed ? LLVMIntSGE : LLVMIntUGE, base,
				     widen_scalar(e, near.limit), "");
	}
	*guard = widen_both(e, *guard, fits);
	return base;
}
