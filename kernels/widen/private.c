/* SPDX-License-Identifier: MIT */
/*
 * Private variables in memory: what is left of them are mostly arrays with indices that are known
 * at run time only. Each lane has a copy. If all accesses of a variable have the same size, its
 * lanes are interleaved,
 *
 *     element 0 of lanes 0, 1, 2, ...; element 1 of lanes 0, 1, 2, ...
 *
 * so that a uniform index makes a contiguous access. Byte offsets into such a variable are those of
 * the kernel times the number of lanes. Otherwise the lanes' copies lie one behind the other.
 */
#include <string.h>

#include "kernels/widen/internal.h"

/* ---- which variables can be interleaved ---- */

struct scan {
	const struct widen_fn *fn;
	uint64_t element; /* size of all accesses so far; 0: none */
	uint64_t offsets; /* or of all that is added to addresses */
};

static bool scan_access(struct scan *s, LLVMValueRef inst, LLVMTypeRef type)
{
	uint64_t size = widen_size_of(s->fn, type);
	bool scalar = widen_leaf_count(type) == 1 || LLVMGetTypeKind(type) == LLVMVectorTypeKind;
	if (!scalar || widen_is_atomic(inst) || !tern_is_power_of_two(size) ||
	    LLVMSizeOfTypeInBits(s->fn->layout, type) != 8 * size ||
	    (s->element && s->element != size))
		return false;
	s->element = size;
	return true;
}

static void scan_offsets(struct scan *s, LLVMValueRef gep)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(gep); i++) {
		uint64_t bytes;
		int64_t index = 1;
		if (!widen_gep_step(s->fn, gep, i, &type, &bytes))
			(void)widen_constant_int(LLVMGetOperand(gep, i), &index);
		s->offsets |= bytes * (uint64_t)index;
	}
}

static bool scan_uses(struct scan *s, LLVMValueRef pointer)
{
	for (LLVMUseRef use = LLVMGetFirstUse(pointer); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		if (LLVMIsALoadInst(user)) {
			if (!scan_access(s, user, LLVMTypeOf(user)))
				return false;
		} else if (LLVMIsAStoreInst(user)) {
			LLVMValueRef v = LLVMGetOperand(user, 0);
			if (v == pointer || !scan_access(s, user, LLVMTypeOf(v)))
				return false;
		} else if (LLVMIsAGetElementPtrInst(user)) {
			if (LLVMGetTypeKind(LLVMTypeOf(user)) != LLVMPointerTypeKind)
				return false;
			scan_offsets(s, user);
			if (!scan_uses(s, user))
				return false;
		} else if (!widen_is_dropped(user)) {
			return false;
		}
	}
	return true;
}

static void mark_addresses(struct widen_fn *fn, LLVMValueRef pointer, uint64_t element)
{
	struct widen_value *v = widen_value_of(fn, pointer);
	if (v) /* else in a block that is not reached */
		v->element = (uint32_t)element;
	for (LLVMUseRef use = LLVMGetFirstUse(pointer); use; use = LLVMGetNextUse(use))
		if (LLVMIsAGetElementPtrInst(LLVMGetUser(use)))
			mark_addresses(fn, LLVMGetUser(use), element);
}

void widen_private_layouts(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		struct scan s = {.fn = fn};
		LLVMValueRef inst = fn->values[i].ir;
		if (LLVMIsAAllocaInst(inst) && scan_uses(&s, inst) && s.element &&
		    !(s.offsets & (s.element - 1)))
			mark_addresses(fn, inst, s.element);
	}
}

static uint64_t lane_bytes(const struct widen_fn *fn, LLVMValueRef variable)
{
	int64_t count = 1;
	(void)widen_constant_int(LLVMGetOperand(variable, 0), &count);
	uint64_t size = widen_size_of(fn, LLVMGetAllocatedType(variable)) * (uint64_t)count;
	/* Not zero: the lanes' variables have different addresses. */
	return tern_round_up(size ? size : 1, LLVMGetAlignment(variable));
}

uint64_t widen_private_stride(const struct widen_fn *fn, LLVMValueRef variable)
{
	uint32_t element = widen_value_of(fn, variable)->element;
	return element ? element : lane_bytes(fn, variable);
}

bool widen_is_private_place(const struct widen_fn *fn, LLVMValueRef pointer, uint64_t size)
{
	int64_t offset = 0, index, count = 1;
	for (; LLVMIsAGetElementPtrInst(pointer); pointer = LLVMGetOperand(pointer, 0)) {
		LLVMTypeRef type = LLVMGetGEPSourceElementType(pointer);
		for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(pointer); i++) {
			uint64_t bytes;
			bool member = widen_gep_step(fn, pointer, i, &type, &bytes);
			if (!widen_constant_int(LLVMGetOperand(pointer, i), &index))
				return false;
			offset += (member ? 1 : index) * (int64_t)bytes;
		}
	}
	if (!LLVMIsAAllocaInst(pointer) || !widen_constant_int(LLVMGetOperand(pointer, 0), &count))
		return false;
	int64_t whole = (int64_t)widen_size_of(fn, LLVMGetAllocatedType(pointer)) * count;
	return offset >= 0 && offset + (int64_t)size <= whole;
}

/* ---- emission ---- */

/* Lanes of the variable are used one by one, each with its own part of a vector of addresses. */
static bool used_in_parts(LLVMValueRef pointer)
{
	for (LLVMUseRef use = LLVMGetFirstUse(pointer); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		bool load = LLVMIsALoadInst(user), store = LLVMIsAStoreInst(user);
		if (load || store) {
			LLVMValueRef v = load ? user : LLVMGetOperand(user, 0);
			if (widen_is_atomic(user) ||
			    LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMVectorTypeKind)
				return true;
		} else if (LLVMIsAGetElementPtrInst(user)) {
			if (used_in_parts(user))
				return true;
		} else if (!widen_is_dropped(user)) {
			return true;
		}
	}
	return false;
}

/* coro-split follows addresses, but not through vectors: it would leave a variable on the stack
 * that is used behind a barrier. What a call may know lies in the frame. */
static void keep_in_frame(struct widen_emit *e, LLVMValueRef v)
{
	LLVMTypeRef type = LLVMFunctionType(e->fn->nothing, &e->fn->ptr, 1, 0);
	LLVMValueRef mark = widen_mark_function(e->fn, WIDEN_KEEP_MARK, type);
	if (mark)
		LLVMBuildCall2(e->aux, type, mark, &v, 1, "");
	else
		e->fn->out_of_memory = true;
}

LLVMValueRef widen_private_variables(struct widen_emit *e, LLVMValueRef variable)
{
	LLVMTypeRef type = LLVMArrayType2(e->fn->i8, lane_bytes(e->fn, variable) * e->lanes);
	LLVMPositionBuilderBefore(e->aux, LLVMGetBasicBlockTerminator(e->prologue));
	LLVMValueRef v = LLVMBuildAlloca(e->aux, type, "private");
	LLVMSetAlignment(v, tern_max(LLVMGetAlignment(variable), 64u));
	if (e->fn->has_barrier && !e->fn->regions && used_in_parts(variable))
		keep_in_frame(e, v);
	return v;
}

/* @sum + (long)@index * @bytes; scalars or vectors. */
static LLVMValueRef add_index(struct widen_emit *e, LLVMValueRef sum, LLVMValueRef index,
			      uint64_t bytes)
{
	LLVMTypeRef type = LLVMTypeOf(sum);
	LLVMValueRef factor = widen_int(e, e->fn->i64, (int64_t)bytes);
	if (LLVMGetTypeKind(type) == LLVMVectorTypeKind)
		factor = widen_splat(e, factor);
	if (LLVMTypeOf(index) != type)
		index = LLVMBuildIntCast2(e->builder, index, type, 1, "");
	return LLVMBuildAdd(e->builder, sum, LLVMBuildMul(e->builder, index, factor, ""), "");
}

/* The address of an interleaved element, from that of another. */
LLVMValueRef widen_private_address(struct widen_emit *e, LLVMValueRef gep, bool vector)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
	LLVMValueRef base = LLVMGetOperand(gep, 0), sum = widen_int(e, e->fn->i64, 0);
	sum = vector ? widen_splat(e, sum) : sum;
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(gep); i++) {
		uint64_t bytes;
		bool member = widen_gep_step(e->fn, gep, i, &type, &bytes);
		LLVMValueRef index = member ? widen_int(e, e->fn->i64, 1) : LLVMGetOperand(gep, i);
		sum = add_index(e, sum, vector ? widen_vector(e, index, 0) : widen_scalar(e, index),
				bytes * e->lanes);
	}
	return LLVMBuildGEP2(e->builder, e->fn->i8,
			     vector ? widen_vector(e, base, 0) : widen_scalar(e, base), &sum, 1,
			     "");
}
