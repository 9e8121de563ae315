/* SPDX-License-Identifier: MIT */
/* get_global_id() and the others: from struct tern_group and the parameters of the body. */
#include "kernels/widen/internal.h"

LLVMValueRef widen_group_field(struct widen_emit *e, size_t offset, LLVMTypeRef type)
{
	LLVMContextRef context = e->fn->context;
	LLVMValueRef index = widen_int(e, e->fn->i64, (int64_t)offset);
	LLVMValueRef field = LLVMBuildInBoundsGEP2(e->builder, e->fn->i8, e->group, &index, 1, "");
	LLVMValueRef load = LLVMBuildLoad2(e->builder, type, field, "");
	LLVMMetadataRef none = LLVMMDNodeInContext2(context, NULL, 0);
	LLVMSetMetadata(load, LLVMGetMDKindIDInContext(context, "invariant.load", 14),
			LLVMMetadataAsValue(context, none));
	return load;
}

static LLVMValueRef field(struct widen_emit *e, size_t array, unsigned dimension)
{
	return widen_group_field(e, array + dimension * sizeof(uint64_t), e->fn->i64);
}

static LLVMValueRef enqueued_local_size(struct widen_emit *e, unsigned d)
{
	const uint32_t *required = e->fn->kernel->required_size;
	if (required[0])
		return widen_int(e, e->fn->i64, required[d]);
	return field(e, offsetof(struct tern_group, enqueued_local_size), d);
}

/* Of lane 0 in x, and of the current row in y. */
static LLVMValueRef local_id(struct widen_emit *e, unsigned d)
{
	if (d != 1 || !e->row)
		return e->local_id[d];
	return LLVMBuildAdd(e->builder, e->local_id[d], widen_int(e, e->fn->i64, e->row), "");
}

static LLVMValueRef global_id(struct widen_emit *e, unsigned d)
{
	LLVMValueRef first =
		LLVMBuildMul(e->builder, e->group_id[d], enqueued_local_size(e, d), "");
	first = LLVMBuildAdd(e->builder, first,
			     field(e, offsetof(struct tern_group, global_offset), d), "");
	return LLVMBuildAdd(e->builder, first, local_id(e, d), "");
}

LLVMValueRef widen_work_item(struct widen_emit *e, enum widen_call call, unsigned dimension)
{
	switch (call) {
	case WIDEN_CALL_GLOBAL_ID:
	case WIDEN_CALL_GLOBAL_ID_32:
		return global_id(e, dimension);
	case WIDEN_CALL_LOCAL_ID:
		return local_id(e, dimension);
	case WIDEN_CALL_GROUP_ID:
		return e->group_id[dimension];
	case WIDEN_CALL_LOCAL_SIZE:
		return e->local_size[dimension];
	case WIDEN_CALL_ENQUEUED_LOCAL_SIZE:
		return enqueued_local_size(e, dimension);
	case WIDEN_CALL_GLOBAL_SIZE:
		return field(e, offsetof(struct tern_group, global_size), dimension);
	case WIDEN_CALL_NUM_GROUPS:
		return field(e, offsetof(struct tern_group, num_groups), dimension);
	case WIDEN_CALL_GLOBAL_OFFSET:
		return field(e, offsetof(struct tern_group, global_offset), dimension);
	default: /* the linear ids were lowered */
		return field(e, offsetof(struct tern_group, work_dim), 0);
	}
}
