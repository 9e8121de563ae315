/* SPDX-License-Identifier: MIT */
/* What widening costs and gains: whether it is worth it, how many lanes, how many bodies. */
#include "kernels/widen/internal.h"

/* Instructions, each counted as often as it has leaves. */
enum {
	LARGE_KERNEL = 20000,
	ONE_BODY = 400,    /* from here on compiling a second body costs more than masks do */
	FEW_LINES = 8,     /* of the ways of a first-level cache */
	FEW_ACCESSES = 16, /* but for memory accesses that have none in the body for whole chunks */
};

static uint64_t size_of(const struct widen_fn *fn)
{
	uint64_t leaves = 0;
	for (uint32_t i = 0; i < fn->value_count; i++)
		leaves += tern_max(fn->values[i].leaves, 1u);
	return leaves;
}

/* The vector body of a very large kernel would take seconds to compile. */
bool widen_check_size(struct widen_fn *fn)
{
	return size_of(fn) <= LARGE_KERNEL || widen_refuse(fn, "a very large kernel", NULL);
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

/* Beside each other, or the same for all lanes: so it looks (hints.c). */
static bool is_one_piece(const struct widen_fn *fn, LLVMValueRef inst)
{
	bool store = LLVMIsAStoreInst(inst);
	LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(inst, 0) : inst);
	uint64_t stride;
	return widen_stride_of(fn, LLVMGetOperand(inst, store), &stride) &&
	       stride <= widen_size_of(fn, type);
}

/* One element of each few at most: an access for each lane, too. */
static bool is_far_linear(const struct widen_fn *fn, LLVMValueRef inst)
{
	bool store = LLVMIsAStoreInst(inst);
	LLVMValueRef pointer = store || LLVMIsALoadInst(inst) ? LLVMGetOperand(inst, store) : NULL;
	if (!pointer || widen_shape_of(fn, pointer) != WIDEN_LINEAR)
		return false;
	LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(inst, 0) : inst);
	int64_t far = WIDEN_FEW * (int64_t)widen_size_of(fn, type);
	int64_t stride = widen_value_of(fn, pointer)->stride;
	return stride > far || stride < -far;
}

/* Each round waits some cycles for the one before, which several lanes do at once. */
static bool computes_reals(const struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir) || !widen_in_divergent_loop(fn, v->block))
			continue;
		LLVMOpcode op = LLVMGetInstructionOpcode(v->ir);
		LLVMTypeRef type = LLVMTypeOf(v->ir);
		bool real = widen_is_real(type) || LLVMGetTypeKind(type) == LLVMVectorTypeKind;
		if (real && (LLVMIsABinaryOperator(v->ir) || op == LLVMCall))
			return true;
	}
	return false;
}

/* Part of an access, or nothing at all, where there are no vectors. */
static bool is_address(LLVMValueRef inst)
{
	return LLVMIsAGetElementPtrInst(inst) || LLVMIsASExtInst(inst) || LLVMIsAZExtInst(inst) ||
	       LLVMIsAPHINode(inst);
}

/* What several lanes do at once for certain. */
static bool is_arithmetic(const struct widen_value *v)
{
	return v->shape == WIDEN_VARYING &&
	       (LLVMIsABinaryOperator(v->ir) || LLVMIsAICmpInst(v->ir) || LLVMIsAFCmpInst(v->ir) ||
		LLVMIsASelectInst(v->ir));
}

/*
 * Rows of a sparse matrix, neighbours in a graph, trial divisions: loops that each lane leaves at
 * another time, and that do little but fetch from anywhere or divide. One lane at a time does that
 * as quickly, and waits for none. But there may be more work around them.
 */
static bool check_gathers(struct widen_fn *fn)
{
	enum { WORK_FOR_EACH = 5, AS_A_DIVISION = 2 };
	uint64_t gathers = 0, others = 0;
	LLVMValueRef at = NULL;
	bool reals = computes_reals(fn);
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir))
			continue;
		bool uneven = widen_in_divergent_loop(fn, v->block);
		bool division = uneven && widen_divides(v->ir);
		uint64_t rounds = widen_rounds_of(fn, v);
		if (!uneven) {
			others += is_arithmetic(v) ? v->leaves * rounds : 0;
		} else if (division || (is_gathered(fn, v->ir) && !is_one_piece(fn, v->ir)) ||
			   (!reals && is_far_linear(fn, v->ir))) {
			gathers += (division ? AS_A_DIVISION : 1) * rounds;
			at = v->ir;
		} else if (v->shape == WIDEN_VARYING && (reals || !is_address(v->ir))) {
			others += v->leaves * rounds;
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

/*
 * Vectors of the program's that fill registers: lanes would take as many registers as there are
 * elements, for each value, and compute no more at once.
 */
static bool check_registers(struct widen_fn *fn)
{
	enum { MOST = 4, SHORT = 8 };
	uint64_t register_bits = 32 * (uint64_t)fn->options->register_lanes, full = 0, all = 0;
	LLVMValueRef at = NULL;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!is_arithmetic(v) && (v->shape != WIDEN_VARYING || !LLVMIsACallInst(v->ir)))
			continue;
		uint64_t amount = widen_rounds_of(fn, v) * v->leaves;
		all += amount;
		LLVMTypeRef type = LLVMTypeOf(v->ir);
		if (v->leaves >= SHORT && LLVMGetTypeKind(type) == LLVMVectorTypeKind &&
		    8 * widen_size_of(fn, type) >= register_bits) {
			full += amount;
			at = v->ir;
		}
	}
	return full <= all - all / MOST ||
	       widen_refuse(fn, "vectors of its own that fill registers", at);
}

bool widen_check_gain(struct widen_fn *fn)
{
	if (fn->has_barrier || fn->has_sub_groups)
		return true;
	widen_hints(fn);
	fn->alone = widen_walks_alone(fn);
	if (fn->alone)
		return widen_refuse(
			fn, "loops along elements of a work-item's own, vectorised instead", NULL);
	return check_gathers(fn) && check_private_elements(fn) && check_registers(fn);
}

/* Each lane walks along elements of its own: the processor sees where to only a few of them. */
static bool walks_far(const struct widen_fn *fn, LLVMValueRef inst)
{
	bool store = LLVMIsAStoreInst(inst);
	LLVMValueRef pointer = store || LLVMIsALoadInst(inst) ? LLVMGetOperand(inst, store) : NULL;
	if (!pointer || !LLVMIsAInstruction(pointer))
		return false;
	const struct widen_value *v = widen_value_of(fn, pointer);
	LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(inst, 0) : inst);
	int64_t far = 2 * WIDEN_FEW * (int64_t)widen_size_of(fn, type);
	if (v->hinted || v->shape == WIDEN_LINEAR)
		return v->stride > far || v->stride < -far;
	return v->shape == WIDEN_VARYING && widen_is_strided(fn, pointer, 0);
}

/*
 * How many registers the lanes of a leaf may fill: in loops, where each round waits for the one
 * before, several operations at once do not wait for each other, and at barriers there are fewer
 * chunks to switch between. Only where work-groups are long in x, or can be made so, where code
 * stays small, and where there are registers enough for what lives in the loop.
 */
static unsigned registers_for_lanes(const struct widen_fn *fn)
{
	enum { SMALL = 400, VERY_SMALL = 80, MUCH_PRIVATE = 512, MANY_REGISTERS = 16 };
	bool gathers = false, loops = false, flat = true, walks = false, anywhere = false;
	if (size_of(fn) > SMALL || fn->kernel->private_bytes > MUCH_PRIVATE)
		return 1;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir))
			continue;
		if (fn->blocks[v->block].header != WIDEN_NONE && walks_far(fn, v->ir))
			walks = true;
		else
			anywhere = anywhere || is_gathered(fn, v->ir);
		flat = flat && is_one_dimensional(v->ir);
		gathers = gathers || is_gathered(fn, v->ir);
		loops = loops || fn->blocks[v->block].header != WIDEN_NONE;
	}
	if (walks && !anywhere)
		return 1;
	if (fn->has_barrier)
		return flat && !gathers ? 4 : 1;
	if ((!flat && !fn->any_groups) || (gathers && !loops))
		return 1;
	bool many = fn->options->register_lanes >= MANY_REGISTERS;
	if (!loops || size_of(fn) > VERY_SMALL)
		return many ? 2 : 1;
	return many && fn->any_groups ? 4 : 2;
}

/*
 * So that a leaf fills a register or two, whatever the number of leaves: with fewer lanes, values
 * of the program's vector types would take as many registers. No more than a work-group can have.
 */
unsigned widen_choose_lanes(const struct widen_fn *fn)
{
	unsigned lanes = fn->options->register_lanes, narrow = 0, wide = 0;
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
	}
	if (wide > 2 * narrow && lanes > 4)
		lanes /= 2;
	while (required && lanes > required)
		lanes /= 2;
	return tern_min(lanes, (unsigned)WIDEN_MAX_LANES);
}

/*
 * Where work-groups cannot be made wider, rows narrower than a chunk leave most lanes with nothing
 * to do. What each work-item is then has to be found from the linear id.
 */
bool widen_wants_flat(const struct widen_fn *fn)
{
	bool one_dimensional = true;
	if (fn->has_sub_groups)
		return true;
	if (fn->kernel->required_size[0] || fn->merges)
		return false;
	for (uint32_t i = 0; i < fn->value_count; i++)
		one_dimensional = one_dimensional && is_one_dimensional(fn->values[i].ir);
	return !one_dimensional;
}

void widen_choose_registers(struct widen_fn *fn)
{
	uint32_t required = fn->kernel->required_size[0];
	if (fn->rows > 1 || fn->columns || fn->has_sub_groups || fn->kernel->required_lanes)
		return;
	unsigned lanes = fn->lanes * registers_for_lanes(fn);
	while (lanes > WIDEN_MAX_LANES || (required && lanes > required && lanes > fn->lanes))
		lanes /= 2;
	fn->lanes = lanes;
}

bool widen_is_contiguous(const struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		LLVMValueRef inst = fn->values[i].ir;
		bool store = LLVMIsAStoreInst(inst);
		uint64_t stride;
		if (!store && !LLVMIsALoadInst(inst))
			continue;
		LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(inst, 0) : inst);
		if (!widen_stride_of(fn, LLVMGetOperand(inst, store), &stride))
			return false;
		uint64_t size = widen_size_of(fn, type);
		if (stride > size && -stride > size)
			return false;
	}
	return true;
}

static bool is_far_strided(const struct widen_fn *fn, LLVMValueRef inst)
{
	if (!is_gathered(fn, inst))
		return false;
	LLVMValueRef pointer = LLVMGetOperand(inst, LLVMIsAStoreInst(inst) != NULL);
	const struct widen_value *v =
		LLVMIsAInstruction(pointer) ? widen_value_of(fn, pointer) : NULL;
	return v && !v->hinted && widen_is_strided(fn, pointer, 0);
}

/*
 * Each lane has a cache line of its own, a distance away that is known at run time only, and the
 * work-item below goes to the same one: to transpose a matrix. Such distances are often powers of
 * two, so that all these lines compete for few places in the cache: they stay there while there are
 * not more of them than it has ways. Nothing is lost by fewer lanes where there is little else to
 * do.
 */
void widen_choose_columns(struct widen_fn *fn)
{
	enum { LITTLE = 64 };
	bool strided = false, one_dimensional = true;
	fn->columns = false;
	if (fn->rows > 1 || fn->has_barrier || fn->has_sub_groups || fn->kernel->required_lanes ||
	    size_of(fn) > LITTLE)
		return;
	widen_hints(fn);
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir))
			continue;
		if (fn->blocks[v->block].header != WIDEN_NONE)
			return;
		one_dimensional = one_dimensional && is_one_dimensional(v->ir);
		strided = strided || is_far_strided(fn, v->ir);
	}
	fn->columns = strided && !one_dimensional;
	if (fn->columns)
		fn->lanes = tern_min(fn->lanes, (unsigned)FEW_LINES);
}

/* Branches mask most of the large kernels anyway: then the body for tails will do for all chunks.
 */
bool widen_one_body_will_do(const struct widen_fn *fn)
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
