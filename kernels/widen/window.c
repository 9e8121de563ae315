/* SPDX-License-Identifier: MIT */
/*
 * Gathers from local memory, and scatters to it, of lanes whose addresses lie in two neighbouring
 * registers' worth of it (a *window*), in any order: butterflies, steps of sorting networks, trees.
 * The processor's own gathers and scatters take a step for each lane, and more. Here a gather is
 * two loads and a permutation; a scatter, where addresses grow from lane to lane, two expansions
 * into what was there; not so on processors whose scatters are as quick as that. Nobody else sees
 * local memory meanwhile.
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

/* Adds to *sum (NULL: none yet) what index @i of a vector GEP does, in units of @unit bytes. */
static bool add_index(struct widen_emit *e, LLVMValueRef gep, unsigned i, LLVMTypeRef *type,
		      uint64_t unit, LLVMValueRef *sum)
{
	LLVMBuilderRef b = e->builder;
	LLVMValueRef index = LLVMGetOperand(gep, i), v;
	LLVMTypeRef i32 = e->fn->i32;
	bool vector = LLVMGetTypeKind(LLVMTypeOf(index)) == LLVMVectorTypeKind;
	uint64_t bytes;
	if (i > 1 && LLVMGetTypeKind(*type) == LLVMStructTypeKind && !LLVMIsAConstantInt(index))
		return false;
	bool member = widen_gep_step(e->fn, gep, i, type, &bytes);
	LLVMValueRef size = widen_int(e, i32, (int64_t)(bytes / unit));
	if (bytes % unit)
		return false;
	if (member) {
		v = widen_splat(e, size);
	} else if (vector) {
		v = LLVMBuildIntCast2(b, index, widen_vector_type(e, i32), true, "");
		v = LLVMBuildMul(b, v, widen_splat(e, size), "");
	} else {
		v = LLVMBuildIntCast2(b, index, i32, true, "");
		v = widen_splat(e, LLVMBuildMul(b, v, size, ""));
	}
	*sum = *sum ? LLVMBuildAdd(b, *sum, v, "") : v;
	return true;
}

static bool add_indices(struct widen_emit *e, LLVMValueRef gep, uint64_t unit, LLVMValueRef *sum)
{
	LLVMValueRef with = *sum;
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(gep); i++)
		if (!add_index(e, gep, i, &type, unit, &with))
			return false;
	*sum = with;
	return true;
}

/*
 * How many units (NULL: none) @pointers are from *base, which may be vectors still: the last 32
 * bits. In lanes that access local memory the number is not near a half of that; in others it may
 * be any.
 */
static LLVMValueRef places(struct widen_emit *e, LLVMValueRef pointers, uint64_t unit,
			   LLVMValueRef *base)
{
	LLVMValueRef sum = NULL;
	while (LLVMIsAGetElementPtrInst(pointers) && add_indices(e, pointers, unit, &sum))
		pointers = LLVMGetOperand(pointers, 0);
	*base = pointers;
	return sum;
}

static bool is_one(LLVMValueRef base)
{
	return LLVMGetTypeKind(LLVMTypeOf(base)) != LLVMVectorTypeKind;
}

static LLVMValueRef places_of_elements(struct widen_emit *e, LLVMValueRef pointers,
				       LLVMValueRef *base)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef i32 = e->fn->i32, type = widen_vector_type(e, i32);
	LLVMValueRef sum = places(e, pointers, BYTES, base);
	if (!is_one(*base)) {
		LLVMValueRef v = LLVMBuildPtrToInt(b, *base, type, "");
		*base = e->local_mem;
		LLVMValueRef from = LLVMBuildPtrToInt(b, *base, i32, "");
		v = LLVMBuildSub(b, v, widen_splat(e, from), "");
		v = LLVMBuildAShr(b, v, widen_splat(e, widen_int(e, i32, 2)), "");
		sum = sum ? LLVMBuildAdd(b, sum, v, "") : v;
	}
	return LLVMBuildFreeze(b, sum ? sum : LLVMConstNull(type), "");
}

LLVMValueRef widen_local_pointers(struct widen_emit *e, LLVMValueRef pointers, LLVMTypeRef type)
{
	uint64_t size = widen_size_of(e->fn, type);
	LLVMTypeRef unit = LLVMIntTypeInContext(e->fn->context, (unsigned)size * 8);
	LLVMValueRef base, place = size > 8 ? NULL : places(e, pointers, size, &base);
	if (!place || !is_one(base))
		return pointers;
	place = LLVMBuildSExt(e->builder, place, widen_vector_type(e, e->fn->i64), "");
	return LLVMBuildGEP2(e->builder, unit, base, &place, 1, "");
}

/* From lane 0's place, which may be anywhere when it is not set. */
LLVMValueRef widen_window(struct widen_emit *e, LLVMValueRef pointers, LLVMValueRef mask,
			  bool growing, struct widen_window *w)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef i32 = e->fn->i32, i64 = e->fn->i64;
	LLVMValueRef base, place = places_of_elements(e, pointers, &base);
	LLVMValueRef past = LLVMBuildPtrToInt(b, base, i32, "");
	past = LLVMBuildAnd(b, past, widen_int(e, i32, HALF - 1), "");
	LLVMValueRef skew = LLVMBuildLShr(b, past, widen_int(e, i32, 2), "");
	place = LLVMBuildAdd(b, place, widen_splat(e, skew), "");
	LLVMValueRef first = LLVMBuildExtractElement(b, place, widen_int(e, i32, 0), "");
	first = LLVMBuildAnd(b, first, widen_int(e, i32, -ELEMENTS), "");

	w->elements = LLVMBuildSub(b, place, widen_splat(e, first), "");
	LLVMValueRef most = widen_splat(e, widen_int(e, i32, 2 * ELEMENTS));
	w->inside = LLVMBuildICmp(b, LLVMIntULT, w->elements, most, "");
	LLVMValueRef bytes = LLVMBuildSExt(b, LLVMBuildSub(b, first, skew, ""), i64, "");
	bytes = LLVMBuildMul(b, bytes, widen_int(e, i64, BYTES), "");
	LLVMValueRef half = widen_int(e, i64, HALF);
	w->low = LLVMBuildGEP2(b, e->fn->i8, base, &bytes, 1, "");
	w->high = LLVMBuildGEP2(b, e->fn->i8, w->low, &half, 1, "");
	LLVMValueRef guard = widen_all_of(e, w->inside, mask);
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

/*
 * Other lanes than those of @mask that lie inside store what is there: so what goes where depends
 * on the addresses alone, which are known early, and not on @mask.
 */
void widen_store_window(struct widen_emit *e, const struct widen_window *w, LLVMValueRef v,
			LLVMValueRef mask)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef type = register_type(e), i32 = e->fn->i32;
	LLVMValueRef one = widen_splat(e, widen_int(e, i32, 1)), none = LLVMConstNull(type);
	LLVMValueRef shift[] = {one, w->elements}; /* zero where these are not inside */
	LLVMValueRef bits = widen_intrinsic(e, "llvm.x86.avx512.psllv.d.512", NULL, 0, shift, 2);
	v = LLVMBuildBitCast(b, v, type, "");
	if (mask) {
		v = LLVMBuildSelect(b, mask, v, widen_load_window(e, w, i32), "");
		LLVMValueRef args[] = {v, none, w->inside};
		v = widen_intrinsic(e, "llvm.x86.avx512.mask.compress", &type, 1, args, 3);
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
