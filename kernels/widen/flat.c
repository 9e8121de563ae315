/* SPDX-License-Identifier: MIT */
/*
 * Flat bodies: lane l is the work-item whose linear local id is that of lane 0 plus l, so that a
 * chunk goes on over the ends of rows. The ids are vectors; the parameter for the local id in x is
 * the linear one.
 */
#include "kernels/widen/internal.h"

/*
 * @a / @b of vectors of i32, @a below 2^14 (TERN_WIDEN_MOST_ITEMS and lanes): x86 divides no
 * vectors of integers. (a + 0.5) * (1 / b) is right: (a + 0.5) / b is at least 0.5 / b away from
 * the next integer, and the roundings of floats come to less than 2^-23 * 3 * 2^14 / b.
 */
static LLVMValueRef quotient(struct widen_emit *e, LLVMValueRef a, LLVMValueRef b)
{
	LLVMBuilderRef build = e->builder;
	LLVMTypeRef real = LLVMFloatTypeInContext(e->fn->context);
	LLVMTypeRef reals = widen_vector_type(e, real);
	LLVMValueRef half = widen_splat(e, LLVMConstReal(real, 0.5));
	LLVMValueRef one = widen_splat(e, LLVMConstReal(real, 1));
	LLVMValueRef each = LLVMBuildFDiv(build, one, LLVMBuildSIToFP(build, b, reals, ""), "");
	LLVMValueRef x = LLVMBuildFAdd(build, LLVMBuildSIToFP(build, a, reals, ""), half, "");
	return LLVMBuildFPToSI(build, LLVMBuildFMul(build, x, each, ""), LLVMTypeOf(a), "");
}

static LLVMValueRef truncated(struct widen_emit *e, LLVMValueRef v)
{
	return widen_splat(e, LLVMBuildTrunc(e->builder, v, e->fn->i32, ""));
}

/* Inactive lanes have ids beyond the work-group: below lanes more than it has work-items. */
void widen_flat_ids(struct widen_emit *e)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef wide = widen_vector_type(e, e->fn->i64);
	LLVMValueRef nx = truncated(e, e->local_size[0]), ny = truncated(e, e->local_size[1]);
	LLVMValueRef id =
		LLVMBuildAdd(b, truncated(e, e->local_id[0]), widen_steps(e, e->fn->i32, 1), "");
	LLVMValueRef row = quotient(e, id, nx); /* of all planes */
	LLVMValueRef z = quotient(e, row, ny);
	LLVMValueRef x = LLVMBuildSub(b, id, LLVMBuildMul(b, row, nx, ""), "");
	LLVMValueRef y = LLVMBuildSub(b, row, LLVMBuildMul(b, z, ny, ""), "");
	LLVMValueRef ids[] = {x, y, z};
	for (unsigned d = 0; d < 3; d++)
		e->flat_id[d] = LLVMBuildZExt(b, ids[d], wide, "");
}

bool widen_emit_flat_id(struct widen_emit *e, LLVMValueRef inst)
{
	enum widen_call call = WIDEN_CALL_UNKNOWN;
	int64_t d = 0;
	if (e->fn->flat && LLVMIsACallInst(inst))
		call = widen_call_of(inst);
	bool global = call == WIDEN_CALL_GLOBAL_ID || call == WIDEN_CALL_GLOBAL_ID_32;
	if (!global && call != WIDEN_CALL_LOCAL_ID)
		return false;
	(void)widen_constant_int(LLVMGetOperand(inst, 0), &d);
	LLVMValueRef id = e->flat_id[d];
	if (global) {
		LLVMValueRef first = widen_work_item(e, WIDEN_CALL_GLOBAL_ID, (unsigned)d);
		/* without the local id that it counts in */
		first = LLVMBuildSub(e->builder, first, e->local_id[d], "");
		id = LLVMBuildAdd(e->builder, widen_splat(e, first), id, "");
	}
	LLVMTypeRef type = widen_vector_type(e, LLVMTypeOf(inst));
	widen_set_vector(e, inst, 0, LLVMBuildIntCast2(e->builder, id, type, 0, ""));
	return true;
}
