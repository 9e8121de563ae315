/* SPDX-License-Identifier: MIT */
/* Step 2: a kernel becomes a group function, widened or scalar. */
#include <errno.h>
#include <string.h>

#include "kernels/widen/internal.h"

/* Instructions, each counted as often as it has leaves. */
enum {
	LARGE_KERNEL = 20000,
	ONE_BODY = 400,    /* from here on compiling a second body costs more than masks do */
	FEW_ACCESSES = 16, /* but for memory accesses that have none in the body for whole chunks */
};

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

static void survey_instruction(struct widen_fn *fn, LLVMValueRef inst)
{
	struct tern_widen_kernel *k = fn->kernel;
	if (is_atomic_on_global(inst))
		k->flags |= TERN_KERNEL_ATOMICS;
	if (LLVMIsAAllocaInst(inst)) {
		int64_t count = 1;
		uint64_t size = widen_size_of(fn, LLVMGetAllocatedType(inst));
		(void)widen_constant_int(LLVMGetOperand(inst, 0), &count);
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
	fn->kernel->private_bytes = 0;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		if (!LLVMIsAInstruction(inst))
			continue;
		if (!widen_can_rebuild(fn, inst))
			return false;
		survey_instruction(fn, inst);
	}
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
	fn->widened = false;
	fn->splits_ids = fn->flat = false;
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

static bool check_barriers(struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		if (LLVMIsACallInst(inst) && widen_call_of(inst) == WIDEN_CALL_BARRIER &&
		    fn->blocks[fn->values[i].block].masked)
			return widen_refuse(fn, "a barrier under divergent control flow", inst);
	}
	return true;
}

static bool is_gathered(const struct widen_fn *fn, LLVMValueRef inst)
{
	bool store = LLVMIsAStoreInst(inst);
	return (store || LLVMIsALoadInst(inst)) &&
	       widen_shape_of(fn, LLVMGetOperand(inst, store)) == WIDEN_VARYING;
}

/* Nothing in the kernel depends on y or z. */
static bool is_one_dimensional(LLVMValueRef inst)
{
	int64_t dimension = 0;
	switch (LLVMIsACallInst(inst) ? widen_call_of(inst) : WIDEN_CALL_UNKNOWN) {
	case WIDEN_CALL_GLOBAL_ID:
	case WIDEN_CALL_GLOBAL_ID_32:
	case WIDEN_CALL_LOCAL_ID:
	case WIDEN_CALL_LOCAL_SIZE:
		(void)widen_constant_int(LLVMGetOperand(inst, 0), &dimension);
		return dimension == 0;
	default:
		return true;
	}
}

/*
 * How many registers the lanes of a leaf may fill: several operations at once do not wait for each
 * other, and at barriers there are fewer chunks to switch between. In one dimension, where
 * work-groups are long, and only where code stays small.
 */
static unsigned registers_for_lanes(const struct widen_fn *fn)
{
	enum { SMALL = 400, MANY_REGISTERS = 16 };
	uint64_t leaves = 0;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		leaves += tern_max(v->leaves, 1u);
		if (LLVMIsAInstruction(v->ir) &&
		    (!is_one_dimensional(v->ir) || is_gathered(fn, v->ir)))
			return 1;
	}
	if (leaves > SMALL)
		return 1;
	return fn->has_barrier ? 4 : fn->options->register_lanes >= MANY_REGISTERS ? 2 : 1;
}

/*
 * So that a leaf fills a register or two and a value of the kernel's usual vector type not many
 * more; and no more lanes than a work-group can have.
 */
static unsigned choose_lanes(const struct widen_fn *fn)
{
	unsigned lanes = fn->options->register_lanes, narrow = 0, wide = 0, values = 0, leaves = 0;
	uint32_t required = fn->kernel->required_size[0];
	if (fn->kernel->required_lanes)
		return fn->kernel->required_lanes;
	if (fn->has_sub_groups) /* their size is a matter of the device, not of the kernel */
		return lanes;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (v->shape != WIDEN_VARYING)
			continue;
		LLVMTypeRef type = widen_leaf_type(fn, LLVMTypeOf(v->ir), 0);
		uint64_t bits = LLVMSizeOfTypeInBits(fn->layout, type);
		bool pointer = LLVMGetTypeKind(type) == LLVMPointerTypeKind;
		wide += bits == 64 && !pointer;
		narrow += bits < 64;
		leaves += v->leaves;
		values++;
	}
	if (wide > 2 * narrow && lanes > 4)
		lanes /= 2;
	for (; leaves > 6 * values && lanes > 4; lanes /= 2)
		leaves /= 2;
	lanes *= registers_for_lanes(fn);
	while (required && lanes > required)
		lanes /= 2;
	return tern_min(lanes, (unsigned)WIDEN_MAX_LANES);
}

static uint64_t size_of(const struct widen_fn *fn)
{
	uint64_t leaves = 0;
	for (uint32_t i = 0; i < fn->value_count; i++)
		leaves += tern_max(fn->values[i].leaves, 1u);
	return leaves;
}

/* The vector body of a very large kernel would take seconds to compile. */
static bool check_size(struct widen_fn *fn)
{
	return size_of(fn) <= LARGE_KERNEL || widen_refuse(fn, "a very large kernel", NULL);
}

static bool find_shapes(struct widen_fn *fn, bool flat)
{
	fn->flat = flat;
	widen_private_layouts(fn);
	widen_shapes(fn);
	return widen_cfg_check_divergence(fn) && check_barriers(fn) && widen_check_waiting(fn);
}

static bool in_divergent_loop(const struct widen_fn *fn, uint32_t b)
{
	uint32_t h = fn->blocks[b].header;
	while (h != WIDEN_NONE && !fn->blocks[h].loop_divergent)
		h = fn->blocks[h].parent;
	return h != WIDEN_NONE;
}

static bool divides(LLVMValueRef inst)
{
	LLVMOpcode op = LLVMGetInstructionOpcode(inst);
	bool division = op == LLVMUDiv || op == LLVMSDiv || op == LLVMURem || op == LLVMSRem;
	return division && !LLVMIsConstant(LLVMGetOperand(inst, 1));
}

/*
 * Rows of a sparse matrix, neighbours in a graph, trial divisions: loops that each lane leaves at
 * another time, and that do little but fetch from anywhere or divide. One lane at a time does that
 * as quickly, and waits for none.
 */
static bool check_gathers(struct widen_fn *fn)
{
	enum { WORK_FOR_EACH = 5, AS_A_DIVISION = 2 };
	uint64_t gathers = 0, others = 0;
	LLVMValueRef at = NULL;
	if (fn->has_barrier || fn->has_sub_groups)
		return true;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir) || !in_divergent_loop(fn, v->block))
			continue;
		bool division = divides(v->ir);
		if (division || is_gathered(fn, v->ir)) {
			gathers += division ? AS_A_DIVISION : 1;
			at = v->ir;
		} else if (v->shape == WIDEN_VARYING) {
			others += v->leaves;
		}
	}
	return gathers * WORK_FOR_EACH < others || !gathers ||
	       widen_refuse(fn, "a loop of uneven length that does little but gather or divide",
			    at);
}

/* An element of a private array whose index differs between lanes. */
static bool is_private_element(const struct widen_fn *fn, LLVMValueRef inst)
{
	LLVMValueRef pointer = LLVMGetOperand(inst, LLVMIsAStoreInst(inst) != NULL);
	while (LLVMIsAGetElementPtrInst(pointer) || LLVMIsAAddrSpaceCastInst(pointer))
		pointer = LLVMGetOperand(pointer, 0);
	return LLVMIsAAllocaInst(pointer) && is_gathered(fn, inst);
}

/* Counters that a work-item keeps in an array: each lane's own place, read again at once. */
static bool check_private_elements(struct widen_fn *fn)
{
	enum { WORK_FOR_EACH = 8 };
	uint64_t elements = 0, others = 0;
	LLVMValueRef written = NULL;
	if (fn->has_barrier || fn->has_sub_groups)
		return true;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir) || fn->blocks[v->block].header == WIDEN_NONE)
			continue;
		if (is_gathered(fn, v->ir) && is_private_element(fn, v->ir)) {
			elements++;
			written = LLVMIsAStoreInst(v->ir) ? v->ir : written;
		} else if (v->shape == WIDEN_VARYING) {
			others += v->leaves;
		}
	}
	return !written || elements * WORK_FOR_EACH < others ||
	       widen_refuse(fn, "a loop that does little but change private arrays", written);
}

/* Branches mask most of the large kernels anyway: then the body for tails will do for all chunks.
 */
static bool one_body_will_do(const struct widen_fn *fn)
{
	uint64_t unmasked = 0;
	if (fn->lanes == 1 || fn->rows > 1 || size_of(fn) <= ONE_BODY)
		return false;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		bool store = LLVMIsAStoreInst(v->ir);
		if (fn->blocks[v->block].masked || (!store && !LLVMIsALoadInst(v->ir)))
			continue;
		LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(v->ir, 0) : v->ir);
		if (store || v->shape == WIDEN_VARYING)
			unmasked += widen_leaf_count(type);
	}
	return unmasked <= FEW_ACCESSES;
}

/* Analyses for widening; false: the reason is in the kernel. */
static bool make_widened(struct widen_fn *fn)
{
	if (fn->options->register_lanes < 2)
		return widen_refuse(fn, "widening is off", NULL);
	if (!check_size(fn) || !widen_cfg_analyse(fn) || !check_values(fn))
		return false;
	if ((fn->has_sub_groups && !find_shapes(fn, true)) || !find_shapes(fn, false))
		return false;
	if (!check_gathers(fn) || !check_private_elements(fn))
		return false;
	fn->widened = true;
	fn->lanes = choose_lanes(fn);
	fn->rows = fn->lanes > 1 && !fn->has_sub_groups ? widen_rows(fn) : 1;
	widen_hints(fn);
	if (fn->lanes == 1)
		return widen_refuse(fn, "work-groups with one work-item in x", NULL);
	fn->kernel->reason = NULL; /* rows may have been refused */
	fn->kernel->reason_detail[0] = '\0';
	fn->kernel->reason_line = 0;
	return true;
}

static int emit_kernel(struct widen_fn *fn)
{
	struct tern_widen_kernel *k = fn->kernel;
	LLVMValueRef bodies[WIDEN_BODY_COUNT] = {0};
	unsigned count = fn->lanes == 1 ? 1 : fn->has_sub_groups ? 3 : 2;
	unsigned first = one_body_will_do(fn) ? WIDEN_BODY_TAIL : WIDEN_BODY_FULL;
	for (unsigned i = first; i < count; i++) {
		if (i == WIDEN_BODY_FLAT) {
			(void)find_shapes(fn, true); /* was good before */
			widen_hints(fn);
		}
		bodies[i] = widen_body(fn, i == WIDEN_BODY_FULL ? fn->rows : 1,
				       (enum widen_body_kind)i);
		if (!bodies[i])
			return -ENOMEM;
	}
	if (fn->rows == WIDEN_MAX_ROWS) {
		bodies[WIDEN_BODY_HALF] = widen_body(fn, fn->rows / 2, WIDEN_BODY_HALF);
		if (!bodies[WIDEN_BODY_HALF])
			return -ENOMEM;
	}
	k->group_function = widen_group(fn, bodies);
	if (!k->group_function)
		return -ENOMEM;
	if (fn->widened)
		k->flags |= TERN_KERNEL_WIDENED;
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
	if (!survey(&fn)) {
		widen_fn_finish(&fn);
		return -ENOTSUP;
	}
	if (!make_widened(&fn))
		make_scalar(&fn);
	error = emit_kernel(&fn);
	widen_fn_finish(&fn);
	return error;
}
