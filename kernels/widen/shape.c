/* SPDX-License-Identifier: MIT */
/* Divergence analysis: the shape of every value, see internal.h. Starts from nothing known and only
 * ever makes shapes less regular, until nothing changes. */
#include "kernels/widen/internal.h"

struct shape {
	enum widen_shape kind;
	int64_t stride;
	bool exact;
};

static const struct shape unknown = {.kind = WIDEN_UNKNOWN};
static const struct shape uniform = {.kind = WIDEN_UNIFORM};
static const struct shape varying = {.kind = WIDEN_VARYING};

static struct shape linear(uint64_t stride, bool exact)
{
	return stride ? (struct shape){WIDEN_LINEAR, (int64_t)stride, exact} : uniform;
}

static struct shape shape_of(const struct widen_fn *fn, LLVMValueRef v)
{
	if (LLVMIsConstant(v) || LLVMIsAArgument(v))
		return uniform;
	const struct widen_value *value = LLVMIsAInstruction(v) ? widen_value_of(fn, v) : NULL;
	if (!value) /* basic blocks, metadata */
		return uniform;
	return (struct shape){value->shape, value->stride, value->exact};
}

enum widen_shape widen_shape_of(const struct widen_fn *fn, LLVMValueRef ir)
{
	return shape_of(fn, ir).kind;
}

static bool is_int(LLVMTypeRef type, unsigned width)
{
	return LLVMGetTypeKind(type) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(type) == width;
}

static bool is_scalar_int(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMIntegerTypeKind;
}

/* get_global_id(0), get_local_id(0) or get_sub_group_local_id() itself: consecutive, and no chunk
 * crosses a multiple of 2^31. */
static bool is_id_in_x(struct widen_fn *fn, LLVMValueRef v)
{
	int64_t dimension;
	if (!LLVMIsACallInst(v))
		return false;
	enum widen_call call = widen_call_of(v);
	if (call == WIDEN_CALL_SUB_GROUP_LOCAL_ID)
		return true;
	bool global = call == WIDEN_CALL_GLOBAL_ID || call == WIDEN_CALL_GLOBAL_ID_32;
	if (fn->flat || (!global && call != WIDEN_CALL_LOCAL_ID))
		return false;
	if (!widen_constant_int(LLVMGetOperand(v, 0), &dimension) || dimension != 0)
		return false;
	/* Local ids are far below 2^31. */
	fn->splits_ids = fn->splits_ids || global;
	return true;
}

/* ---- arithmetic ---- */

/* All uniform: uniform, else varying. */
static struct shape plain(const struct widen_fn *fn, LLVMValueRef inst)
{
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++)
		if (shape_of(fn, LLVMGetOperand(inst, i)).kind != WIDEN_UNIFORM)
			return varying;
	return uniform;
}

static bool is_exact(const struct shape *s)
{
	return s->kind == WIDEN_UNIFORM || s->exact;
}

static struct shape sum(const struct widen_fn *fn, LLVMValueRef inst, LLVMOpcode op)
{
	struct shape a = shape_of(fn, LLVMGetOperand(inst, 0));
	struct shape b = shape_of(fn, LLVMGetOperand(inst, 1));
	if (a.kind == WIDEN_VARYING || b.kind == WIDEN_VARYING || !is_scalar_int(LLVMTypeOf(inst)))
		return plain(fn, inst);
	if (a.kind == WIDEN_UNIFORM && b.kind == WIDEN_UNIFORM)
		return uniform;
	if (op == LLVMOr && !LLVMGetIsDisjoint(inst))
		return varying;
	bool no_wrap = op == LLVMOr || LLVMGetNSW(inst);
	bool exact = no_wrap && is_exact(&a) && is_exact(&b) && is_int(LLVMTypeOf(inst), 32);
	uint64_t sa = (uint64_t)a.stride, sb = (uint64_t)b.stride;
	return linear(op == LLVMSub ? sa - sb : sa + sb, exact);
}

static struct shape product(const struct widen_fn *fn, LLVMValueRef inst, LLVMOpcode op)
{
	LLVMValueRef factor = LLVMGetOperand(inst, 1);
	struct shape a = shape_of(fn, LLVMGetOperand(inst, 0));
	int64_t c;
	if (a.kind != WIDEN_LINEAR || !widen_constant_int(factor, &c))
		return plain(fn, inst);
	if (op == LLVMShl && (c < 0 || c > 63))
		return varying;
	bool exact = LLVMGetNSW(inst) && a.exact;
	uint64_t stride = (uint64_t)a.stride;
	return linear(op == LLVMShl ? stride << c : stride * (uint64_t)c, exact);
}

/* (id << 32) >> c with sign: what is left of (long)(int)id << (32 - c). */
static struct shape shift_right(struct widen_fn *fn, LLVMValueRef inst)
{
	LLVMValueRef shifted = LLVMGetOperand(inst, 0);
	int64_t left, right;
	if (LLVMIsAInstruction(shifted) && LLVMGetInstructionOpcode(shifted) == LLVMShl &&
	    is_int(LLVMTypeOf(inst), 64) && widen_constant_int(LLVMGetOperand(shifted, 1), &left) &&
	    left == 32 && widen_constant_int(LLVMGetOperand(inst, 1), &right) && right > 0 &&
	    right <= 32 && is_id_in_x(fn, LLVMGetOperand(shifted, 0)))
		return linear((uint64_t)1 << (32 - right), false);
	return plain(fn, inst);
}

/* id & 0xffffffff: (ulong)(uint)id; or the same of an id that is known to be no negative int. */
static struct shape bit_and(struct widen_fn *fn, LLVMValueRef inst)
{
	int64_t mask;
	if (is_int(LLVMTypeOf(inst), 64) && widen_constant_int(LLVMGetOperand(inst, 1), &mask) &&
	    (mask == 0xffffffff || mask == 0x7fffffff) && is_id_in_x(fn, LLVMGetOperand(inst, 0)))
		return linear(1, false);
	return plain(fn, inst);
}

static struct shape cast(struct widen_fn *fn, LLVMValueRef inst, LLVMOpcode op)
{
	LLVMValueRef from = LLVMGetOperand(inst, 0);
	struct shape s = shape_of(fn, from);
	LLVMTypeRef type = LLVMTypeOf(inst);
	if (s.kind != WIDEN_LINEAR)
		return plain(fn, inst);
	switch (op) {
	case LLVMTrunc:
		if (is_int(type, 1))
			return varying;
		return linear((uint64_t)s.stride, is_int(type, 32) && is_id_in_x(fn, from));
	case LLVMZExt:
		if (is_int(type, 64) && is_id_in_x(fn, from))
			return linear((uint64_t)s.stride, false);
		return s.exact && LLVMGetNNeg(inst) && is_int(type, 64)
			       ? linear((uint64_t)s.stride, false)
			       : varying;
	case LLVMSExt:
		return s.exact && is_int(type, 64) ? linear((uint64_t)s.stride, false) : varying;
	case LLVMPtrToInt:
		return is_int(type, 64) ? s : varying;
	case LLVMIntToPtr:
		return is_int(LLVMTypeOf(from), 64) ? s : varying;
	case LLVMAddrSpaceCast:
		return s;
	default:
		return varying;
	}
}

static struct shape address(const struct widen_fn *fn, LLVMValueRef inst)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(inst);
	struct shape base = shape_of(fn, LLVMGetOperand(inst, 0));
	uint64_t stride = (uint64_t)base.stride;
	bool interleaved = widen_value_of(fn, inst)->element != 0;
	if (base.kind == WIDEN_VARYING || LLVMGetTypeKind(LLVMTypeOf(inst)) != LLVMPointerTypeKind)
		return plain(fn, inst);
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(inst); i++) {
		LLVMValueRef index = LLVMGetOperand(inst, i);
		struct shape s = shape_of(fn, index);
		uint64_t bytes;
		if (widen_gep_step(fn, inst, i, &type, &bytes))
			continue;
		/* Interleaved: linear indices have a stride of many elements. */
		if (s.kind == WIDEN_VARYING || (interleaved && s.kind == WIDEN_LINEAR))
			return varying;
		if (s.kind == WIDEN_LINEAR && !is_int(LLVMTypeOf(index), 64) && !s.exact)
			return varying;
		stride += (uint64_t)s.stride * bytes;
	}
	return linear(stride, false);
}

/* ---- memory, calls ---- */

static struct shape load(const struct widen_fn *fn, LLVMValueRef inst)
{
	if (LLVMGetVolatile(inst) || LLVMGetOrdering(inst) != LLVMAtomicOrderingNotAtomic)
		return varying;
	return shape_of(fn, LLVMGetOperand(inst, 0)).kind == WIDEN_UNIFORM ? uniform : varying;
}

static struct shape id_in(const struct widen_fn *fn, LLVMValueRef dimension, bool exact)
{
	int64_t d = 0;
	(void)widen_constant_int(dimension, &d);
	if (fn->flat)
		return varying;
	return d == 0 ? linear(1, exact) : uniform;
}

static struct shape call(struct widen_fn *fn, LLVMValueRef inst)
{
	enum widen_call kind = widen_call_of(inst);
	switch (kind) {
	case WIDEN_CALL_GLOBAL_ID_32:
		fn->splits_ids = fn->splits_ids || is_id_in_x(fn, inst);
		return id_in(fn, LLVMGetOperand(inst, 0), true);
	case WIDEN_CALL_GLOBAL_ID:
	case WIDEN_CALL_LOCAL_ID:
		return id_in(fn, LLVMGetOperand(inst, 0), false);
	case WIDEN_CALL_UNKNOWN:
	case WIDEN_CALL_MEMORY_OF:
		return plain(fn, inst);
	case WIDEN_CALL_SUB_GROUP_LOCAL_ID:
		return linear(1, false);
	case WIDEN_CALL_SUB_GROUP_SHUFFLE: /* from one lane: to all the same */
		return shape_of(fn, LLVMGetOperand(inst, 1)).kind == WIDEN_UNIFORM
			       ? uniform
			       : plain(fn, inst);
	case WIDEN_CALL_SUB_GROUP_CLUSTER:
	case WIDEN_CALL_SUB_GROUP_SCAN:
	case WIDEN_CALL_SUB_GROUP_BEFORE:
		return varying;
	default:
		return widen_is_machine_call(kind) ? plain(fn, inst) : uniform;
	}
}

/* ---- joins ---- */

/* Value of the loop left, or an older one? */
static bool defined_in_loop(const struct widen_fn *fn, LLVMValueRef v, uint32_t header)
{
	return LLVMIsAInstruction(v) && widen_in_loop(fn, widen_value_of(fn, v)->block, header);
}

static struct shape phi(const struct widen_fn *fn, LLVMValueRef inst, uint32_t b)
{
	const struct widen_block *block = &fn->blocks[b];
	LLVMValueRef first = NULL;
	struct shape result = unknown;
	bool same = true;
	for (unsigned i = 0; i < LLVMCountIncoming(inst); i++) {
		LLVMValueRef in = LLVMGetIncomingValue(inst, i);
		if (LLVMIsUndef(in) || in == inst)
			continue;
		struct shape s = shape_of(fn, in);
		same = same && (!first || first == in);
		first = in;
		if (s.kind == WIDEN_UNKNOWN)
			continue;
		if (result.kind == WIDEN_UNKNOWN)
			result = s;
		else if (result.kind != s.kind || result.stride != s.stride)
			result = varying;
		else
			result.exact = result.exact && s.exact;
	}
	if (!first) /* only undefined values */
		return uniform;
	if (block->exited != WIDEN_NONE)
		return fn->blocks[block->exited].loop_divergent &&
				       defined_in_loop(fn, first, block->exited)
			       ? varying
			       : result;
	/* The headers' phis are equal in all lanes that are still in the loop. */
	if (block->latch != WIDEN_NONE || same || block->pred_count < 2)
		return result;
	return fn->blocks[block->idom].divergent ? varying : result;
}

static struct shape shape_select(const struct widen_fn *fn, LLVMValueRef inst)
{
	struct shape c = shape_of(fn, LLVMGetOperand(inst, 0));
	struct shape a = shape_of(fn, LLVMGetOperand(inst, 1));
	struct shape b = shape_of(fn, LLVMGetOperand(inst, 2));
	if (c.kind == WIDEN_UNIFORM && a.kind == b.kind && a.stride == b.stride) {
		a.exact = a.exact && b.exact;
		return a;
	}
	return varying;
}

/* ---- the analysis ---- */

static bool has_unknown_operand(const struct widen_fn *fn, LLVMValueRef inst)
{
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++)
		if (shape_of(fn, LLVMGetOperand(inst, i)).kind == WIDEN_UNKNOWN)
			return true;
	return false;
}

static struct shape shape_now(struct widen_fn *fn, LLVMValueRef inst, uint32_t b)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	if (op == LLVMPHI)
		return phi(fn, inst, b);
	if (has_unknown_operand(fn, inst))
		return unknown;
	switch (op) {
	case LLVMAlloca:
		return linear(widen_private_stride(fn, inst), false);
	case LLVMGetElementPtr:
		return address(fn, inst);
	case LLVMLoad:
		return load(fn, inst);
	case LLVMCall:
		return call(fn, inst);
	case LLVMAtomicRMW:
	case LLVMAtomicCmpXchg:
		return varying;
	case LLVMAdd:
	case LLVMSub:
	case LLVMOr:
		return sum(fn, inst, op);
	case LLVMMul:
	case LLVMShl:
		return product(fn, inst, op);
	case LLVMAShr:
		return shift_right(fn, inst);
	case LLVMAnd:
		return bit_and(fn, inst);
	case LLVMTrunc:
	case LLVMSExt:
	case LLVMZExt:
	case LLVMPtrToInt:
	case LLVMIntToPtr:
	case LLVMAddrSpaceCast:
		return cast(fn, inst, op);
	case LLVMFreeze:
		return shape_of(fn, LLVMGetOperand(inst, 0));
	case LLVMSelect:
		return shape_select(fn, inst);
	default:
		return plain(fn, inst);
	}
}

static bool update_value(struct widen_value *v, struct shape s)
{
	if (s.kind == WIDEN_UNKNOWN || v->shape == WIDEN_VARYING)
		return false;
	if (v->shape == s.kind && v->stride == s.stride && (v->exact == s.exact || !v->exact))
		return false;
	/* From linear there is only less exact, and varying. */
	if (v->shape == WIDEN_LINEAR && (s.kind != WIDEN_LINEAR || v->stride != s.stride))
		s = varying;
	v->shape = (uint8_t)s.kind;
	v->stride = s.stride;
	v->exact = s.exact;
	return true;
}

static bool update_branch(struct widen_fn *fn, uint32_t b)
{
	struct widen_block *block = &fn->blocks[b];
	if (!block->condition || block->divergent)
		return false;
	enum widen_shape shape = widen_shape_of(fn, block->condition);
	bool divergent = shape == WIDEN_VARYING || shape == WIDEN_LINEAR ||
			 widen_per_row(fn, block->condition);
	if (!divergent)
		return false;
	block->divergent = true;
	if (block->header != WIDEN_NONE && fn->blocks[block->header].latch == b)
		fn->blocks[block->header].loop_divergent = true;
	return true;
}

static void mark_masked(struct widen_fn *fn)
{
	for (uint32_t b = 1; b < fn->block_count; b++) {
		struct widen_block *block = &fn->blocks[b];
		const struct widen_block *idom = &fn->blocks[block->idom];
		if (block->exited != WIDEN_NONE)
			block->masked = fn->blocks[fn->blocks[block->exited].idom].masked;
		else
			block->masked = idom->masked || block->loop_divergent ||
					(idom->divergent && block->pred_count == 1);
	}
}

static void reset(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		fn->values[i].shape = WIDEN_UNKNOWN;
		fn->values[i].stride = 0;
		fn->values[i].exact = fn->values[i].per_row = false;
	}
	for (uint32_t b = 0; b < fn->block_count; b++) {
		struct widen_block *block = &fn->blocks[b];
		block->divergent = block->loop_divergent = block->masked = false;
		block->row_masked = block->row_loop = false;
	}
}

/*
 * A phi that is still unknown comes from undefined values and itself, as that of a vector made
 * element by element in a loop: uniform, until what the loop adds to it says otherwise. False:
 * there is none.
 */
static bool enter_undefined(struct widen_fn *fn)
{
	bool found = false;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		struct widen_value *v = &fn->values[i];
		if (v->shape != WIDEN_UNKNOWN || !LLVMIsAPHINode(v->ir))
			continue;
		v->shape = WIDEN_UNIFORM;
		found = true;
	}
	return found;
}

static bool update_all(struct widen_fn *fn)
{
	bool changed = false;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir))
			v->shape = WIDEN_UNIFORM;
		else if (LLVMTypeOf(v->ir) != fn->nothing)
			changed |= update_value(v, shape_now(fn, v->ir, v->block));
	}
	for (uint32_t b = 0; b < fn->block_count; b++)
		changed |= update_branch(fn, b);
	if (fn->marks_rows)
		changed |= widen_mark_rows(fn);
	return changed;
}

/* What is left unknown depends on nothing but itself. */
static void settle(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++)
		if (fn->values[i].shape == WIDEN_UNKNOWN)
			fn->values[i].shape = WIDEN_UNIFORM;
}

void widen_shapes(struct widen_fn *fn)
{
	reset(fn);
	do {
		while (update_all(fn))
			;
	} while (enter_undefined(fn));
	settle(fn);
	mark_masked(fn);
}
