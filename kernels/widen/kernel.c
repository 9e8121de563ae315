/* SPDX-License-Identifier: MIT */
/* Step 2: a kernel becomes a group function, widened or scalar. */
#include <errno.h>
#include <string.h>

#include "kernels/widen/internal.h"

enum { MOST_PRIVATE = 64 << 20 }; /* bytes of a work-item: all lanes have as much on the stack */

/* ---- what the kernel contains ---- */

bool widen_is_atomic(LLVMValueRef inst)
{
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMAtomicRMW:
	case LLVMAtomicCmpXchg:
		return true;
	case LLVMLoad:
	case LLVMStore:
		return LLVMGetVolatile(inst) ||
		       LLVMGetOrdering(inst) != LLVMAtomicOrderingNotAtomic;
	default:
		return false;
	}
}

static bool is_atomic_on_global(LLVMValueRef inst)
{
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMAtomicRMW:
	case LLVMAtomicCmpXchg:
		return !widen_is_pointer_to_local(LLVMGetOperand(inst, 0));
	case LLVMLoad:
		return LLVMGetOrdering(inst) != LLVMAtomicOrderingNotAtomic &&
		       !widen_is_pointer_to_local(LLVMGetOperand(inst, 0));
	case LLVMStore:
		return LLVMGetOrdering(inst) != LLVMAtomicOrderingNotAtomic &&
		       !widen_is_pointer_to_local(LLVMGetOperand(inst, 1));
	default:
		return false;
	}
}

/* Says something about the work-group, or orders work-items. Atomics do not: a loop in which one
 * work-item may wait for another is not widened (waiting.c), and what is not is not merged. */
static bool knows_groups(LLVMValueRef inst)
{
	if (LLVMIsAFenceInst(inst))
		return true;
	if (!LLVMIsACallInst(inst) || widen_is_machine_call(widen_call_of(inst)))
		return false;
	switch (widen_call_of(inst)) {
	case WIDEN_CALL_UNKNOWN:
	case WIDEN_CALL_MEMORY_OF:
	case WIDEN_CALL_GLOBAL_ID:
	case WIDEN_CALL_GLOBAL_ID_32:
	case WIDEN_CALL_GLOBAL_SIZE:
	case WIDEN_CALL_GLOBAL_OFFSET:
	case WIDEN_CALL_WORK_DIM:
		return false;
	default:
		return true;
	}
}

static void survey_instruction(struct widen_fn *fn, LLVMValueRef inst)
{
	struct tern_widen_kernel *k = fn->kernel;
	if (is_atomic_on_global(inst))
		k->flags |= TERN_KERNEL_ATOMICS;
	if (knows_groups(inst))
		fn->any_groups = fn->merges = false;
	if (widen_is_atomic(inst))
		fn->any_groups = false;
	if (LLVMIsAAllocaInst(inst)) {
		int64_t count = 1;
		bool constant = widen_constant_int(LLVMGetOperand(inst, 0), &count);
		if (!constant || LLVMGetInstructionParent(inst) != LLVMGetEntryBasicBlock(fn->ir))
			fn->dynamic = inst;
		uint64_t size = widen_size_of(fn, LLVMGetAllocatedType(inst));
		if (__builtin_mul_overflow(size, (uint64_t)count, &size) ||
		    __builtin_add_overflow(size, k->private_bytes, &k->private_bytes))
			k->private_bytes = UINT64_MAX;
	}
	if (!LLVMIsACallInst(inst))
		return;
	enum widen_call call = widen_call_of(inst);
	if (call == WIDEN_CALL_BARRIER) {
		k->flags |= TERN_KERNEL_BARRIER;
		fn->has_barrier = true;
	} else if (call == WIDEN_CALL_PRINTF_BUFFER) {
		k->flags |= TERN_KERNEL_PRINTF;
	} else if (widen_is_sub_group_call(call)) {
		k->flags |= TERN_KERNEL_SUB_GROUPS;
		fn->has_sub_groups = true;
	}
}

static bool survey(struct widen_fn *fn)
{
	if (fn->kernel->arg_count != LLVMCountParams(fn->ir))
		return widen_refuse(fn, "arguments that do not fit the parameters", NULL);
	fn->kernel->flags = 0;
	fn->merges = !fn->kernel->required_size[0];
	for (uint32_t i = 0; i < fn->kernel->arg_count; i++)
		fn->merges = fn->merges && fn->kernel->args[i].kind != TERN_ARG_LOCAL;
	fn->any_groups = fn->merges;
	fn->kernel->private_bytes = fn->kernel->stream_bytes = 0;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		if (!LLVMIsAInstruction(inst))
			continue;
		if (!widen_can_rebuild(fn, inst))
			return false;
		survey_instruction(fn, inst);
	}
	if (fn->dynamic && fn->has_barrier)
		return widen_refuse(fn, "a private variable of variable size and a barrier",
				    fn->dynamic);
	if (fn->kernel->private_bytes > MOST_PRIVATE)
		return widen_refuse(fn, "more than 64 MB of private memory", NULL);
	fn->yields = fn->has_sub_groups && widen_may_wait(fn);
	if (fn->yields) { /* chunks are coroutines, as with barriers */
		fn->kernel->flags |= TERN_KERNEL_BARRIER;
		fn->has_barrier = true;
	}
	return true;
}

/* ---- scalar or widened ---- */

static void make_scalar(struct widen_fn *fn)
{
	fn->widened = fn->has_flat = false;
	fn->splits_ids = fn->flat = fn->columns = false;
	fn->lanes = fn->rows = 1;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		fn->values[i].shape = WIDEN_UNIFORM;
		fn->values[i].exact = fn->values[i].per_row = fn->values[i].hinted = false;
	}
	for (uint32_t b = 0; b < fn->block_count; b++)
		fn->blocks[b].divergent = false;
}

/* Values that no code here can hold in vectors. */
static bool check_values(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		int64_t count;
		if (fn->values[i].leaves > WIDEN_MAX_LEAVES)
			return widen_refuse(fn, "a value with too many members", inst);
		if (LLVMIsAAllocaInst(inst) && !widen_constant_int(LLVMGetOperand(inst, 0), &count))
			return widen_refuse(fn, "a private variable of variable size", inst);
		if (LLVMGetTypeKind(LLVMTypeOf(inst)) == LLVMScalableVectorTypeKind ||
		    LLVMGetTypeKind(LLVMTypeOf(inst)) == LLVMTokenTypeKind)
			return widen_refuse(fn, "a value of a type that is not known", inst);
	}
	return true;
}

bool widen_check_barriers(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		if (LLVMIsACallInst(inst) && widen_call_of(inst) == WIDEN_CALL_BARRIER &&
		    fn->blocks[fn->values[i].block].masked)
			return widen_refuse(fn, "a barrier under divergent control flow", inst);
	}
	return true;
}

bool widen_find_shapes(struct widen_fn *fn, bool flat)
{
	fn->flat = flat;
	widen_private_layouts(fn);
	widen_shapes(fn);
	return widen_cfg_check_divergence(fn) && widen_check_barriers(fn) &&
	       widen_check_waiting(fn);
}

/* Analyses for widening; false: the reason is in the kernel. */
static bool make_widened(struct widen_fn *fn)
{
	if (fn->options->register_lanes < 2)
		return widen_refuse(fn, "widening is off", NULL);
	if (!widen_check_size(fn) || !widen_cfg_analyse(fn) || !check_values(fn))
		return false;
	bool flat_will_do = widen_wants_flat(fn) && widen_find_shapes(fn, true);
	if ((fn->has_sub_groups && !flat_will_do) || !widen_find_shapes(fn, false))
		return false;
	fn->lanes = widen_choose_lanes(fn);
	if (!widen_try_exchange(fn) || !widen_check_gain(fn))
		return false;
	fn->widened = true;
	fn->has_flat = flat_will_do;
	fn->rows = fn->lanes > 1 && !fn->has_sub_groups ? widen_rows(fn) : 1;
	widen_choose_columns(fn);
	widen_choose_registers(fn);
	widen_hints(fn);
	if (fn->lanes == 1)
		return widen_refuse(fn, "work-groups with one work-item in x", NULL);
	widen_find_regular(fn);
	widen_find_joins(fn);
	(void)widen_find_tall(fn);
	widen_find_late(fn);
	widen_find_streams(fn);
	fn->kernel->reason = NULL; /* rows may have been refused */
	fn->kernel->reason_detail[0] = '\0';
	fn->kernel->reason_line = 0;
	return true;
}

/* Work-groups may have half as many rows as a chunk, or as many more. */
static bool needs_half(const struct widen_fn *fn)
{
	const uint32_t *required = fn->kernel->required_size;
	return fn->rows == WIDEN_MAX_ROWS && (!required[0] || required[1] % fn->rows);
}

static int emit_body(struct widen_fn *fn, LLVMValueRef *bodies, enum widen_body_kind kind,
		     unsigned rows)
{
	bodies[kind] = widen_body(fn, rows, kind);
	return bodies[kind] ? 0 : -ENOMEM;
}

/* The last, as it changes what is known of all values. */
static int emit_flat_body(struct widen_fn *fn, LLVMValueRef *bodies)
{
	(void)widen_find_shapes(fn, true); /* was good before */
	widen_hints(fn);
	widen_find_regular(fn);
	widen_find_joins(fn);
	widen_find_late(fn);
	return emit_body(fn, bodies, WIDEN_BODY_FLAT, 1);
}

static int emit_bodies(struct widen_fn *fn, LLVMValueRef *bodies)
{
	int error = 0;
	if (!widen_one_body_will_do(fn))
		error = emit_body(fn, bodies, WIDEN_BODY_FULL, fn->rows);
	if (!error && fn->lanes > 1)
		error = emit_body(fn, bodies, WIDEN_BODY_TAIL, 1);
	if (!error && needs_half(fn))
		error = emit_body(fn, bodies, WIDEN_BODY_HALF, fn->rows / 2);
	if (!error && fn->has_flat)
		error = emit_flat_body(fn, bodies);
	return error;
}

static int emit_kernel(struct widen_fn *fn)
{
	struct tern_widen_kernel *k = fn->kernel;
	LLVMValueRef bodies[WIDEN_BODY_COUNT] = {0};
	bool contiguous = fn->widened && widen_is_contiguous(fn);
	int error = emit_bodies(fn, bodies);
	if (error)
		return error;
	k->group_function = widen_group(fn, bodies);
	if (!k->group_function)
		return -ENOMEM;
	if (fn->alone)
		widen_mark_alone(fn, k->group_function);
	if (fn->widened)
		k->flags |= TERN_KERNEL_WIDENED;
	if (fn->merges && !fn->local_bytes)
		k->flags |= TERN_KERNEL_ANY_GROUPS;
	if (contiguous)
		k->flags |= TERN_KERNEL_CONTIGUOUS;
	k->resumed = fn->has_barrier && !fn->regions;
	k->lanes = fn->lanes;
	k->rows = fn->rows;
	k->local_bytes = fn->local_bytes;
	return 0;
}

int tern_widen_kernel(LLVMModuleRef module, const struct tern_widen_options *options,
		      struct tern_widen_kernel *kernel)
{
	struct widen_fn fn;
	int error = widen_fn_init(&fn, module, options, kernel);
	if (error)
		return error;
	kernel->reason = NULL;
	kernel->reason_detail[0] = '\0';
	kernel->reason_line = 0;
	kernel->exchange_pays = false;
	if (!survey(&fn)) {
		widen_fn_finish(&fn);
		return -ENOTSUP;
	}
	if (kernel->exchanged)
		widen_begin_exchanged(&fn);
	if (!make_widened(&fn))
		make_scalar(&fn);
	widen_find_regions(&fn);
	error = emit_kernel(&fn);
	widen_fn_finish(&fn);
	return error;
}
