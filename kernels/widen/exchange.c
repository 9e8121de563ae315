/* SPDX-License-Identifier: MIT */
/*
 * Kernels whose rows are get_global_id(0):
 *
 *     int row = get_global_id(0), column = get_global_id(1);
 *     out[row * width + column] = ..
 *
 * Lanes lie along dimension 0, and here go to as many lines of memory, while their neighbours in
 * dimension 1 are beside each other there. Such a kernel gets a second group function whose first
 * two dimensions are exchanged: ids, sizes and offsets of dimension 0 are the program's of
 * dimension 1. The runtime takes it where dimension 1 is long enough for lanes, and exchanges what
 * the launch says; nobody can tell, since only kernels are taken that do not know what their
 * work-groups are.
 *
 * Both ways are tried here: the exchange pays if it goes to half as many lines or less, and if the
 * kernel does little else.
 */
#include "kernels/widen/internal.h"

enum {
	LINE = 64,
	FAR_AWAY = 8, /* what an access costs that has a line for each lane; 1: another one */
	GAIN = 2,
	MUCH = 4, /* times */
};

static bool is_dimensional(LLVMValueRef inst, int64_t *dimension)
{
	enum widen_call call = LLVMIsACallInst(inst) ? widen_call_of(inst) : WIDEN_CALL_UNKNOWN;
	bool takes_one = (call > WIDEN_CALL_UNKNOWN && call <= WIDEN_CALL_LAST_DIMENSIONAL) ||
			 call == WIDEN_CALL_GLOBAL_ID_32;
	return takes_one && widen_constant_int(LLVMGetOperand(inst, 0), dimension);
}

static void exchange(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		int64_t d;
		if (!is_dimensional(inst, &d) || d > 1)
			continue;
		LLVMTypeRef type = LLVMTypeOf(LLVMGetOperand(inst, 0));
		LLVMSetOperand(inst, 0, LLVMConstInt(type, (uint64_t)(1 - d), 0));
	}
}

/* Where lanes differ, and may differ after an exchange. */
static bool has_both_ids(const struct widen_fn *fn)
{
	bool has[2] = {false, false};
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		int64_t d;
		if (!is_dimensional(inst, &d) || d > 1)
			continue;
		enum widen_call call = widen_call_of(inst);
		has[d] = has[d] || call == WIDEN_CALL_GLOBAL_ID || call == WIDEN_CALL_GLOBAL_ID_32;
	}
	return has[0] && has[1];
}

static bool is_private(LLVMValueRef pointer)
{
	while (LLVMIsAGetElementPtrInst(pointer) || LLVMIsAAddrSpaceCastInst(pointer))
		pointer = LLVMGetOperand(pointer, 0);
	return LLVMIsAAllocaInst(pointer);
}

static bool is_far(const struct widen_fn *fn, LLVMValueRef pointer)
{
	uint64_t stride;
	if (!widen_stride_of(fn, pointer, &stride))
		return true;
	return (int64_t)stride >= LINE || (int64_t)stride <= -LINE;
}

/* Of the memory accesses, with lanes as they are now; 0: none of them is far. */
static uint64_t cost(const struct widen_fn *fn)
{
	uint64_t all = 0;
	bool any = false;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		bool store = LLVMIsAStoreInst(v->ir);
		if (!store && !LLVMIsALoadInst(v->ir))
			continue;
		LLVMValueRef pointer = LLVMGetOperand(v->ir, store);
		if (is_private(pointer))
			continue;
		uint64_t rounds = widen_rounds_of(fn, v);
		bool away = is_far(fn, pointer);
		any = any || away;
		all += rounds * (away ? FAR_AWAY : 1);
	}
	return any ? all : 0;
}

/* What the kernel does beside memory accesses, in the same units. */
static uint64_t work(const struct widen_fn *fn)
{
	enum { AS_A_CALL = 4 };
	uint64_t all = 0;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir) || v->shape != WIDEN_VARYING ||
		    LLVMIsALoadInst(v->ir) || LLVMTypeOf(v->ir) == fn->i64 ||
		    LLVMGetTypeKind(LLVMTypeOf(v->ir)) == LLVMPointerTypeKind)
			continue;
		bool much = LLVMIsACallInst(v->ir) || widen_divides(v->ir);
		all += widen_rounds_of(fn, v) * v->leaves * (much ? AS_A_CALL : 1);
	}
	return all;
}

bool widen_try_exchange(struct widen_fn *fn)
{
	struct tern_widen_kernel *k = fn->kernel;
	if (!fn->any_groups || k->exchanged || !has_both_ids(fn))
		return true;
	widen_hints(fn);
	uint64_t before = cost(fn);
	if (!before || work(fn) > MUCH * before)
		return true;
	exchange(fn);
	if (widen_find_shapes(fn, false)) {
		fn->lanes = widen_choose_lanes(fn);
		widen_hints(fn);
		k->exchange_pays = GAIN * cost(fn) <= before;
	}
	exchange(fn);
	k->reason = NULL;
	bool good = widen_find_shapes(fn, false);
	fn->lanes = widen_choose_lanes(fn);
	return good;
}

void widen_begin_exchanged(struct widen_fn *fn)
{
	exchange(fn);
	fn->kernel->flags |= TERN_KERNEL_EXCHANGED;
}
