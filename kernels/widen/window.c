/* SPDX-License-Identifier: MIT */
/*
 * Gathers from local memory, and scatters to it, of lanes whose addresses lie in two neighbouring
 * registers' worth of it (a *window*), in any order: butterflies, steps of sorting networks, trees.
 * The processor's own gathers and scatters take a step for each lane, and more. Here a gather is
 * two loads and a permutation; a scatter, where addresses grow from lane to lane, two expansions
 * into what was there. Nobody else sees local memory meanwhile.
 *
 * For AVX-512, elements of 32 bits, and one register of lanes.
 */
#include "kernels/widen/internal.h"

enum { ELEMENTS = 16, BYTES = 4, HALF = ELEMENTS * BYTES };

static LLVMTypeRef register_type(const struct widen_emit *e)
{
	return LLVMVectorType(e->fn->i32, ELEMENTS);
}

bool widen_has_windows(const struct widen_emit *e, LLVMTypeRef type)
{
	return widen_machine_has(e->fn->options, "avx512") && e->lanes == ELEMENTS &&
	       widen_size_of(e->fn, type) == BYTES && LLVMGetTypeKind(type) != LLVMPointerTypeKind;
}

/* i1: the lanes' elements follow each other, with or without gaps. */
static LLVMValueRef grow(struct widen_emit *e, LLVMValueRef elements)
{
	int next[ELEMENTS];
	for (int i = 0; i < ELEMENTS; i++)
		next[i] = i + 1;
	LLVMValueRef most = widen_splat(e, widen_int(e, e->fn->i32, -1));
	LLVMValueRef after = widen_shuffle(e, elements, most, next, ELEMENTS);
	return widen_full(e, LLVMBuildICmp(e->builder, LLVMIntULT, elements, after, ""));
}

/* From lane 0's address, which may be anywhere when it is not set: all 64 bits count. */
LLVMValueRef widen_window(struct widen_emit *e, LLVMValueRef pointers, LLVMValueRef mask,
			  bool growing, struct widen_window *w)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef i64 = e->fn->i64, i32 = e->fn->i32;
	pointers = LLVMBuildFreeze(b, pointers, "");
	LLVMValueRef first = LLVMBuildExtractElement(b, pointers, widen_int(e, i32, 0), "");
	LLVMValueRef at = LLVMBuildPtrToInt(b, first, i64, "");
	LLVMValueRef back = LLVMBuildAnd(b, at, widen_int(e, i64, HALF - 1), "");
	LLVMValueRef before = LLVMBuildNeg(b, back, ""), half = widen_int(e, i64, HALF);
	w->low = LLVMBuildGEP2(b, e->fn->i8, first, &before, 1, "");
	w->high = LLVMBuildGEP2(b, e->fn->i8, w->low, &half, 1, "");

	LLVMValueRef bytes = LLVMBuildPtrToInt(b, pointers, widen_vector_type(e, i64), "");
	LLVMValueRef low = LLVMBuildSub(b, at, back, "");
	bytes = LLVMBuildSub(b, bytes, widen_splat(e, low), "");
	LLVMValueRef others = widen_splat(e, widen_int(e, i64, ~(2 * HALF - BYTES)));
	LLVMValueRef outside = LLVMBuildAnd(b, bytes, others, "");
	LLVMValueRef inside =
		LLVMBuildICmp(b, LLVMIntEQ, outside, LLVMConstNull(LLVMTypeOf(outside)), "");
	bytes = LLVMBuildTrunc(b, bytes, widen_vector_type(e, i32), "");
	w->elements = LLVMBuildLShr(b, bytes, widen_splat(e, widen_int(e, i32, 2)), "");
	LLVMValueRef guard = widen_all_of(e, inside, mask);
	return growing ? widen_both(e, guard, grow(e, w->elements)) : guard;
}

static LLVMValueRef load_half(struct widen_emit *e, LLVMValueRef pointer)
{
	LLVMValueRef v = LLVMBuildLoad2(e->builder, register_type(e), pointer, "");
	LLVMSetAlignment(v, HALF);
	return v;
}

LLVMValueRef widen_load_window(struct widen_emit *e, const struct widen_window *w, LLVMTypeRef type)
{
	LLVMValueRef args[] = {load_half(e, w->low), w->elements, load_half(e, w->high)};
	LLVMValueRef v = widen_intrinsic(e, "llvm.x86.avx512.vpermi2var.d.512", NULL, 0, args, 3);
	return LLVMBuildBitCast(e->builder, v, widen_vector_type(e, type), "");
}

/* A half with elements of @v, in turn, where the 16 @bits are set. */
static void store_half(struct widen_emit *e, LLVMValueRef pointer, LLVMValueRef v,
		       LLVMValueRef bits)
{
	LLVMTypeRef type = register_type(e), i16 = LLVMInt16TypeInContext(e->fn->context);
	LLVMValueRef mask = LLVMBuildTrunc(e->builder, bits, i16, "");
	mask = LLVMBuildBitCast(e->builder, mask, widen_vector_type(e, e->fn->i1), "");
	LLVMValueRef args[] = {v, load_half(e, pointer), mask};
	v = widen_intrinsic(e, "llvm.x86.avx512.mask.expand", &type, 1, args, 3);
	LLVMSetAlignment(LLVMBuildStore(e->builder, v, pointer), HALF);
}

void widen_store_window(struct widen_emit *e, const struct widen_window *w, LLVMValueRef v,
			LLVMValueRef mask)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef type = register_type(e), i32 = e->fn->i32;
	LLVMValueRef one = widen_splat(e, widen_int(e, i32, 1)), none = LLVMConstNull(type);
	LLVMValueRef bits = LLVMBuildShl(b, one, w->elements, "");
	v = LLVMBuildBitCast(b, v, type, "");
	if (mask) {
		LLVMValueRef args[] = {v, none, mask};
		v = widen_intrinsic(e, "llvm.x86.avx512.mask.compress", &type, 1, args, 3);
		bits = LLVMBuildSelect(b, mask, bits, none, "");
	}
	LLVMValueRef all = widen_intrinsic(e, "llvm.vector.reduce.or", &type, 1, &bits, 1);
	LLVMValueRef lower = LLVMBuildAnd(b, all, widen_int(e, i32, 0xffff), "");
	LLVMValueRef upper = LLVMBuildLShr(b, all, widen_int(e, i32, ELEMENTS), "");
	LLVMValueRef count = widen_intrinsic(e, "llvm.ctpop", &e->fn->i32, 1, &lower, 1);
	LLVMValueRef rest = LLVMBuildAdd(b, widen_steps(e, i32, 1), widen_splat(e, count), "");
	LLVMValueRef args[] = {v, rest};
	rest = widen_intrinsic(e, "llvm.x86.avx512.permvar.si.512", NULL, 0, args, 2);
	store_half(e, w->low, v, lower);
	store_half(e, w->high, rest, upper);
}
