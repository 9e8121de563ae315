/* SPDX-License-Identifier: MIT */
/*
 * Stores that may go past the caches (non-temporal). A store of whole cache lines needs none of
 * what was in them, but an ordinary one reads them first: a kernel that only writes an array moves
 * it twice. Which is better depends on whether anybody finds the result in a cache afterwards, so
 * whoever enqueues decides: struct tern_group.streams. Here is decided which stores are such:
 *
 *   - to consecutive places of lanes, to where a pointer argument points that nothing is loaded
 *     through, outside loops; where (at run time) the work-group's rows fill whole cache lines;
 *   - in kernels without barriers, fences, atomics and sub-groups: such stores are not ordered with
 *     others until whoever runs the kernel sees to that.
 */
#include "kernels/widen/internal.h"

enum { LINE = 64, LEAST = 16 /* of an instruction */ };

/* The argument that @pointer is based on, or NULL. */
static LLVMValueRef base_argument(LLVMValueRef pointer)
{
	while (LLVMIsAGetElementPtrInst(pointer) || LLVMIsAAddrSpaceCastInst(pointer))
		pointer = LLVMGetOperand(pointer, 0);
	return LLVMIsAArgument(pointer) ? pointer : NULL;
}

/* Memory that no argument of the kernel points to. */
static bool is_elsewhere(LLVMValueRef pointer)
{
	while (LLVMIsAGetElementPtrInst(pointer) || LLVMIsAAddrSpaceCastInst(pointer))
		pointer = LLVMGetOperand(pointer, 0);
	return LLVMIsAAllocaInst(pointer) || LLVMIsAGlobalVariable(pointer);
}

static bool orders_memory(LLVMValueRef inst)
{
	if (widen_is_atomic(inst) || LLVMIsAFenceInst(inst))
		return true;
	switch (LLVMIsACallInst(inst) ? widen_call_of(inst) : WIDEN_CALL_UNKNOWN) {
	case WIDEN_CALL_MEM_FENCE:
	case WIDEN_CALL_ATOMIC_FENCE:
		return true;
	default:
		return false;
	}
}

/* Loads that may read what @argument points to. */
static bool is_read(const struct widen_fn *fn, LLVMValueRef argument)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		if (!LLVMIsALoadInst(inst))
			continue;
		LLVMValueRef pointer = LLVMGetOperand(inst, 0), base = base_argument(pointer);
		if (base ? base == argument : !is_elsewhere(pointer))
			return true;
	}
	return false;
}

static bool is_contiguous(const struct widen_fn *fn, LLVMValueRef store)
{
	LLVMTypeRef type = LLVMTypeOf(LLVMGetOperand(store, 0));
	LLVMValueRef pointer = LLVMGetOperand(store, 1);
	const struct widen_value *v =
		LLVMIsAInstruction(pointer) ? widen_value_of(fn, pointer) : NULL;
	bool vector = LLVMGetTypeKind(type) == LLVMVectorTypeKind;
	if (!v || (v->shape != WIDEN_LINEAR && !v->hinted) ||
	    (!vector && widen_leaf_count(type) > 1))
		return false;
	uint64_t size = widen_size_of(fn, type);
	return v->stride == (int64_t)size && size * fn->lanes % LEAST == 0;
}

static void mark_stores(struct widen_fn *fn, LLVMValueRef argument)
{
	uint64_t most = 0;
	if (is_read(fn, argument))
		return;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		if (!LLVMIsAStoreInst(inst) || base_argument(LLVMGetOperand(inst, 1)) != argument ||
		    fn->blocks[fn->values[i].block].header != WIDEN_NONE ||
		    !is_contiguous(fn, inst))
			continue;
		fn->values[i].streams = true;
		most = tern_max(most, widen_size_of(fn, LLVMTypeOf(LLVMGetOperand(inst, 0))));
	}
	fn->kernel->stream_bytes += most;
}

void widen_find_streams(struct widen_fn *fn)
{
	if (fn->has_barrier || fn->has_sub_groups)
		return;
	for (uint32_t i = 0; i < fn->value_count; i++)
		if (LLVMIsAInstruction(fn->values[i].ir) && orders_memory(fn->values[i].ir))
			return;
	for (unsigned i = 0; i < LLVMCountParams(fn->ir); i++) {
		LLVMValueRef parameter = LLVMGetParam(fn->ir, i);
		if (LLVMGetTypeKind(LLVMTypeOf(parameter)) == LLVMPointerTypeKind &&
		    fn->kernel->args[i].kind == TERN_ARG_GLOBAL)
			mark_stores(fn, parameter);
	}
}

void widen_begin_streams(struct widen_emit *e)
{
	LLVMTypeRef i64 = e->fn->i64;
	if (!e->fn->kernel->stream_bytes)
		return;
	LLVMValueRef streams = widen_group_field(e, offsetof(struct tern_group, streams), i64);
	e->streams = LLVMBuildICmp(e->builder, LLVMIntNE, streams, LLVMConstNull(i64), "");
}

/* What an address must be a multiple of. */
static unsigned alignment(const struct widen_emit *e, LLVMValueRef v)
{
	uint64_t bytes = widen_size_of(e->fn, LLVMTypeOf(v));
	return (unsigned)tern_min(bytes & -bytes, (uint64_t)LINE);
}

LLVMValueRef widen_is_cached_store(struct widen_emit *e, LLVMValueRef v, LLVMValueRef pointer)
{
	LLVMTypeRef i64 = e->fn->i64;
	LLVMBuilderRef b = e->builder;
	LLVMValueRef zero = LLVMConstNull(i64);
	LLVMValueRef size =
		widen_int(e, i64, (int64_t)(widen_size_of(e->fn, LLVMTypeOf(v)) / e->lanes));
	LLVMValueRef row = LLVMBuildMul(b, e->local_size[0], size, "");
	row = LLVMBuildAnd(b, row, widen_int(e, i64, LINE - 1), "");
	LLVMValueRef whole = LLVMBuildICmp(b, LLVMIntEQ, row, zero, "");
	LLVMValueRef on = LLVMBuildAnd(b, e->streams, whole, "");
	/* the bits of the address that must be 0; all, and some is not, for a store as usual */
	LLVMValueRef bits = LLVMBuildSelect(b, on, widen_int(e, i64, alignment(e, v) - 1),
					    widen_int(e, i64, -1), "");
	LLVMValueRef address = LLVMBuildPtrToInt(b, pointer, i64, "");
	bits = LLVMBuildAnd(b, address, bits, "");
	return LLVMBuildICmp(b, LLVMIntNE, bits, zero, "");
}

void widen_store_past_caches(struct widen_emit *e, LLVMValueRef v, LLVMValueRef pointer)
{
	LLVMContextRef context = e->fn->context;
	LLVMMetadataRef one = LLVMValueAsMetadata(widen_int(e, e->fn->i32, 1));
	LLVMMetadataRef node = LLVMMDNodeInContext2(context, &one, 1);
	LLVMValueRef store = LLVMBuildStore(e->builder, v, pointer);
	LLVMSetAlignment(store, alignment(e, v));
	LLVMSetMetadata(store, LLVMGetMDKindIDInContext(context, "nontemporal", 11),
			LLVMMetadataAsValue(context, node));
}
