/* SPDX-License-Identifier: MIT */
/*
 * Loads and stores of lanes that are not known to be beside each other: in local memory perhaps
 * near each other (window.c), one of every few elements, lane by lane, or gather and scatter.
 */
#include "kernels/widen/access.h"

LLVMValueRef widen_gather(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef pointers,
			  unsigned align, LLVMValueRef mask)
{
	LLVMTypeRef wide = widen_vector_type(e, type);
	LLVMValueRef args[] = {pointers, widen_int(e, e->fn->i32, align),
			       widen_mask_or_all(e, mask), LLVMGetPoison(wide)};
	LLVMTypeRef overloads[] = {wide, widen_vector_type(e, e->fn->ptr)};
	return widen_intrinsic(e, "llvm.masked.gather", overloads, 2, args, 4);
}

static void scatter(struct widen_emit *e, LLVMValueRef v, LLVMValueRef pointers, unsigned align,
		    LLVMValueRef mask)
{
	LLVMValueRef args[] = {v, pointers, widen_int(e, e->fn->i32, align),
			       widen_mask_or_all(e, mask)};
	LLVMTypeRef overloads[] = {LLVMTypeOf(v), widen_vector_type(e, e->fn->ptr)};
	widen_intrinsic(e, "llvm.masked.scatter", overloads, 2, args, 4);
}

/* There is an instruction that gathers or scatters, and none of its lanes need be set. */
bool widen_has_gather(const struct widen_emit *e, LLVMTypeRef type)
{
	return e->fn->options->register_lanes >= 16 && widen_size_of(e->fn, type) >= 4;
}

/*
 * The addresses of the leaf at @offset, where lanes that are not set do no harm: without such an
 * instruction, a branch around each lane, which LLVM would make of a mask, is mispredicted more
 * often than an access is too many.
 */
LLVMValueRef widen_harmless_pointers(struct widen_emit *e, const struct widen_access *a,
				     LLVMTypeRef type, int64_t offset)
{
	LLVMValueRef pointers = widen_add_bytes(e, widen_vector(e, a->pointer, 0), offset);
	if (!a->mask)
		return pointers;
	LLVMPositionBuilderBefore(e->aux, LLVMGetBasicBlockTerminator(e->prologue));
	LLVMValueRef nowhere = LLVMBuildAlloca(e->aux, type, "nowhere");
	LLVMSetAlignment(nowhere, 64);
	return LLVMBuildSelect(e->builder, a->mask, pointers, widen_splat(e, nowhere), "");
}

/* A load for each lane. */
static LLVMValueRef load_lanes(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
			       int64_t offset, unsigned align)
{
	LLVMValueRef pointers = widen_harmless_pointers(e, a, type, offset);
	LLVMValueRef v = LLVMGetPoison(widen_vector_type(e, type));
	for (unsigned i = 0; i < e->lanes; i++) {
		LLVMValueRef lane = widen_int(e, e->fn->i32, i);
		LLVMValueRef pointer = LLVMBuildExtractElement(e->builder, pointers, lane, "");
		LLVMValueRef load = LLVMBuildLoad2(e->builder, type, pointer, "");
		LLVMSetAlignment(load, align);
		v = LLVMBuildInsertElement(e->builder, v, load, lane, "");
	}
	return v;
}

/*
 * The lanes' addresses are far apart by the same distance, which may be known at run time only:
 * then the hardware fetches ahead for loads but not for gathers. (If 32-bit indices wrap it is no
 * harm.)
 */
bool widen_is_strided(const struct widen_fn *fn, LLVMValueRef v, unsigned depth)
{
	enum { DEEP = 10 };
	if (widen_shape_of(fn, v) != WIDEN_VARYING)
		return true;
	if (depth > DEEP || !LLVMIsAInstruction(v))
		return false;
	switch (LLVMGetInstructionOpcode(v)) {
	case LLVMMul:
	case LLVMShl:
		if (widen_shape_of(fn, LLVMGetOperand(v, 1)) == WIDEN_UNIFORM)
			return widen_is_strided(fn, LLVMGetOperand(v, 0), depth + 1);
		return LLVMGetInstructionOpcode(v) == LLVMMul &&
		       widen_shape_of(fn, LLVMGetOperand(v, 0)) == WIDEN_UNIFORM &&
		       widen_is_strided(fn, LLVMGetOperand(v, 1), depth + 1);
	case LLVMAdd:
	case LLVMSub:
	case LLVMSExt:
	case LLVMZExt:
	case LLVMTrunc:
	case LLVMGetElementPtr:
	case LLVMAddrSpaceCast:
		for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(v); i++)
			if (!widen_is_strided(fn, LLVMGetOperand(v, i), depth + 1))
				return false;
		return true;
	default:
		return false;
	}
}

/* In local memory, and likely to be near it for all lanes: nobody can say, or says that it is. */
static bool may_have_window(const struct widen_emit *e, const struct widen_access *a,
			    LLVMTypeRef type, unsigned align)
{
	const struct widen_value *v =
		LLVMIsAInstruction(a->pointer) ? widen_value_of(e->fn, a->pointer) : NULL;
	if (e->rare || !a->local || a->element || e->fn->blocks[e->block].row_masked || !v ||
	    !v->regular || align < widen_size_of(e->fn, type) || !widen_has_windows(e, type))
		return false;
	int64_t most = 2 * (int64_t)widen_size_of(e->fn, type);
	return (v->shape != WIDEN_LINEAR && !v->hinted) ||
	       (v->stride <= most && v->stride >= -most);
}

/* One element of each few: all of them are loaded, from the first lane's to the last one's. */
static LLVMValueRef load_each_of_few(struct widen_emit *e, const struct widen_access *a,
				     LLVMTypeRef type, int64_t offset, unsigned align)
{
	LLVMTypeRef wide = widen_vector_type(e, type);
	int64_t size = (int64_t)widen_size_of(e->fn, type);
	int lanes = (int)e->lanes, few = (int)(a->stride / size), index[WIDEN_MAX_LANES];
	LLVMValueRef first = widen_add_bytes(e, widen_scalar(e, a->pointer), offset), v = NULL;
	align = tern_min(align, (unsigned)size);
	for (int i = 0, lane = 0; i < few; i++) {
		int most = few * (lanes - 1) + 1 - lanes, from = tern_min(i * lanes, most);
		LLVMValueRef part =
			widen_load_plainly(e, wide, widen_add_bytes(e, first, from * size), align);
		for (int l = 0; l < lanes; l++)
			index[l] = l;
		for (; lane < lanes && lane * few < from + lanes; lane++)
			index[lane] = (v ? lanes : 0) + lane * few - from;
		v = widen_shuffle(e, v ? v : part, v ? part : NULL, index, e->lanes);
	}
	return v;
}

static bool is_each_of_few(const struct widen_emit *e, const struct widen_access *a,
			   LLVMTypeRef type)
{
	int64_t size = (int64_t)widen_size_of(e->fn, type);
	return a->shape == WIDEN_LINEAR && !a->element && !a->private &&
	       (!a->mask || (widen_is_close(e, a) && e->lanes * a->stride <= TERN_LOCAL_SLACK)) &&
	       a->stride > size && a->stride <= WIDEN_FEW * size && a->stride % size == 0 &&
	       e->lanes > WIDEN_FEW;
}

static LLVMValueRef pointers_of(struct widen_emit *e, const struct widen_access *a,
				LLVMTypeRef type, int64_t offset)
{
	LLVMValueRef pointers = widen_add_bytes(e, widen_vector(e, a->pointer, 0), offset);
	return a->local ? widen_local_pointers(e, pointers, type) : pointers;
}

/*
 * Lane by lane: the hardware fetches ahead for that. Local memory is at hand; there a gather and a
 * scatter by 32-bit places are quicker, on processors that do them well.
 */
static bool goes_by_lane(const struct widen_emit *e, const struct widen_access *a)
{
	return !a->mask && !a->private && widen_is_strided(e->fn, a->pointer, 0) &&
	       !(a->local && widen_machine_has(e->fn->options, "scatter"));
}

/* Lanes that are anywhere. */
static LLVMValueRef load_anywhere(struct widen_emit *e, const struct widen_access *a,
				  LLVMTypeRef type, int64_t offset, unsigned align)
{
	if (goes_by_lane(e, a) || !widen_has_gather(e, type))
		return load_lanes(e, a, type, offset, align);
	return widen_gather(e, type, pointers_of(e, a, type, offset), align, a->mask);
}

static LLVMValueRef load_near(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
			      int64_t offset, unsigned align)
{
	struct widen_window w;
	LLVMBasicBlockRef from[2];
	LLVMValueRef pointers = widen_add_bytes(e, widen_vector(e, a->pointer, 0), offset), in[2];
	struct widen_fork f = widen_fork_begin(e, widen_window(e, pointers, a->mask, false, &w));
	in[0] = widen_load_window(e, &w, type);
	from[0] = widen_fork_next(e, &f, f.general);
	in[1] = load_anywhere(e, a, type, offset, align);
	from[1] = widen_fork_next(e, &f, f.join);
	LLVMValueRef v = LLVMBuildPhi(e->builder, LLVMTypeOf(in[0]), "");
	LLVMAddIncoming(v, in, from, 2);
	return v;
}

/* The address of a lane, from the first one's where the distance is known. */
LLVMValueRef widen_lane_address(struct widen_emit *e, const struct widen_access *a, unsigned lane)
{
	if (a->shape == WIDEN_LINEAR && !a->element)
		return widen_add_bytes(e, widen_scalar(e, a->pointer), (int64_t)lane * a->stride);
	return LLVMBuildExtractElement(e->builder, widen_vector(e, a->pointer, 0),
				       widen_int(e, e->fn->i32, lane), "");
}

LLVMValueRef widen_part_address(struct widen_emit *e, const struct widen_access *a,
				LLVMValueRef harmless, unsigned lane)
{
	if (!harmless)
		return widen_add_bytes(e, widen_lane_address(e, a, lane), a->offset);
	return LLVMBuildExtractElement(e->builder, harmless, widen_int(e, e->fn->i32, lane), "");
}

/* A store for each lane, as load_lanes(). */
static void store_lanes(struct widen_emit *e, const struct widen_access *a, int64_t offset,
			unsigned align, LLVMValueRef v)
{
	bool linear = a->shape == WIDEN_LINEAR && !a->element;
	LLVMValueRef pointers = linear ? NULL : widen_vector(e, a->pointer, 0);
	for (unsigned i = 0; i < e->lanes; i++) {
		LLVMValueRef lane = widen_int(e, e->fn->i32, i);
		LLVMValueRef one = LLVMBuildExtractElement(e->builder, v, lane, "");
		LLVMValueRef pointer =
			linear ? widen_lane_address(e, a, i)
			       : LLVMBuildExtractElement(e->builder, pointers, lane, "");
		pointer = widen_add_bytes(e, pointer, offset);
		LLVMSetAlignment(LLVMBuildStore(e->builder, one, pointer), align);
	}
}

static void store_anywhere(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
			   int64_t offset, unsigned align, LLVMValueRef v)
{
	bool masked = widen_has_gather(e, type);
	if (goes_by_lane(e, a))
		store_lanes(e, a, offset, align, v);
	else
		scatter(e, v,
			masked ? pointers_of(e, a, type, offset)
			       : widen_harmless_pointers(e, a, type, offset),
			align, masked ? a->mask : NULL);
}

static void store_near(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
		       int64_t offset, unsigned align, LLVMValueRef v)
{
	struct widen_window w;
	LLVMValueRef pointers = widen_add_bytes(e, widen_vector(e, a->pointer, 0), offset);
	struct widen_fork f = widen_fork_begin(e, widen_window(e, pointers, a->mask, true, &w));
	widen_store_window(e, &w, v, a->mask);
	widen_fork_next(e, &f, f.general);
	store_anywhere(e, a, type, offset, align, v);
	widen_fork_next(e, &f, f.join);
}

LLVMValueRef widen_load_scattered(struct widen_emit *e, const struct widen_access *a,
				  LLVMTypeRef type, int64_t offset, unsigned align)
{
	if (is_each_of_few(e, a, type))
		return load_each_of_few(e, a, type, offset, align);
	return may_have_window(e, a, type, align) ? load_near(e, a, type, offset, align)
						  : load_anywhere(e, a, type, offset, align);
}

void widen_store_scattered(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
			   int64_t offset, unsigned align, LLVMValueRef v)
{
	bool quick = widen_machine_has(e->fn->options, "scatter");
	if (!quick && may_have_window(e, a, type, align))
		store_near(e, a, type, offset, align, v);
	else
		store_anywhere(e, a, type, offset, align, v);
}
