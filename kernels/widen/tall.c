/* SPDX-License-Identifier: MIT */
/*
 * Accesses of rows that are beside each other where lanes are not: a matrix is transposed.
 *
 *     out[get_global_id(0) * height + get_global_id(1)] = ..
 *
 * With several rows in a chunk each lane has a piece of the rows' elements: pieces.c loads or
 * stores them, and the block of lanes and rows is transposed in registers. Each line of memory then
 * is touched once for several elements.
 *
 * What is known here is exact: addresses are sums of what does not depend on the row, and of the
 * row's number. Only (int)get_global_id(1) may wrap around, which is looked at as the kernel runs.
 */
#include "kernels/widen/internal.h"

enum { DEEP = 12, MOST_STEPS = 300, UNKNOWN = -1 };

struct climb {
	const struct widen_fn *fn;
	LLVMValueRef id; /* the 32-bit id that it depends on, or NULL */
	unsigned steps;  /* taken: expressions may share much */
};

/* By how much @v, extended to 64 bits as @extension says, grows from row to row; or UNKNOWN. */
static int64_t growth(struct climb *c, LLVMValueRef v, LLVMOpcode extension, unsigned depth);

static int64_t growth_of_call(struct climb *c, LLVMValueRef v)
{
	switch (widen_call_of(v)) {
	case WIDEN_CALL_GLOBAL_ID_32:
		if (c->id && c->id != v)
			return UNKNOWN;
		c->id = v;
		return 1;
	case WIDEN_CALL_GLOBAL_ID:
	case WIDEN_CALL_LOCAL_ID:
		return 1; /* (of dimension 1: it differs between rows) */
	default:
		return UNKNOWN;
	}
}

static int64_t growth_of_sum(struct climb *c, LLVMValueRef v, LLVMOpcode extension, unsigned depth)
{
	int64_t a = growth(c, LLVMGetOperand(v, 0), extension, depth);
	int64_t b = growth(c, LLVMGetOperand(v, 1), extension, depth);
	bool sub = LLVMGetInstructionOpcode(v) == LLVMSub;
	if (a == UNKNOWN || b == UNKNOWN || (sub && b) || !widen_is_exact(v, extension))
		return UNKNOWN;
	return a + b < WIDEN_FAR ? a + b : UNKNOWN;
}

static int64_t growth_of_product(struct climb *c, LLVMValueRef v, LLVMOpcode extension,
				 unsigned depth)
{
	int64_t a = growth(c, LLVMGetOperand(v, 0), extension, depth), by;
	bool shift = LLVMGetInstructionOpcode(v) == LLVMShl;
	if (a == UNKNOWN || !widen_constant_int(LLVMGetOperand(v, 1), &by) || by < 0 ||
	    by >= (shift ? 20 : WIDEN_FAR) || !widen_is_exact(v, extension))
		return UNKNOWN;
	a = shift ? a << by : a * by;
	return a < WIDEN_FAR ? a : UNKNOWN;
}

static int64_t growth_of_gep(struct climb *c, LLVMValueRef v, unsigned depth)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(v);
	int64_t sum = growth(c, LLVMGetOperand(v, 0), 0, depth);
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(v) && sum != UNKNOWN; i++) {
		uint64_t bytes;
		if (widen_gep_step(c->fn, v, i, &type, &bytes))
			continue;
		int64_t one = growth(c, LLVMGetOperand(v, i), 0, depth);
		if (one == UNKNOWN || (one && bytes >= WIDEN_FAR) ||
		    sum + one * (int64_t)bytes >= WIDEN_FAR)
			return UNKNOWN;
		sum += one * (int64_t)bytes;
	}
	return sum;
}

static int64_t growth(struct climb *c, LLVMValueRef v, LLVMOpcode extension, unsigned depth)
{
	if (!LLVMIsAInstruction(v) || !widen_per_row(c->fn, v))
		return 0;
	if (++depth > DEEP || ++c->steps > MOST_STEPS)
		return UNKNOWN;
	switch (LLVMGetInstructionOpcode(v)) {
	case LLVMAdd:
	case LLVMSub:
	case LLVMOr:
		return growth_of_sum(c, v, extension, depth);
	case LLVMMul:
	case LLVMShl:
		return growth_of_product(c, v, extension, depth);
	case LLVMZExt:
	case LLVMSExt:
		if (extension)
			return UNKNOWN;
		return growth(c, LLVMGetOperand(v, 0), widen_extension_of(v), depth);
	case LLVMTrunc: /* local ids are small */
		if (LLVMTypeOf(v) != c->fn->i32)
			return UNKNOWN;
		v = LLVMGetOperand(v, 0);
		return LLVMIsACallInst(v) && widen_call_of(v) == WIDEN_CALL_LOCAL_ID ? 1 : UNKNOWN;
	case LLVMAddrSpaceCast:
		return growth(c, LLVMGetOperand(v, 0), extension, depth);
	case LLVMGetElementPtr:
		return growth_of_gep(c, v, depth);
	case LLVMCall:
		return growth_of_call(c, v);
	default:
		return UNKNOWN;
	}
}

static bool is_tall(const struct widen_fn *fn, const struct widen_value *v)
{
	bool store = LLVMIsAStoreInst(v->ir);
	if ((!store && !LLVMIsALoadInst(v->ir)) || widen_is_atomic(v->ir) || v->join)
		return false;
	LLVMValueRef pointer = LLVMGetOperand(v->ir, store);
	LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(v->ir, 0) : v->ir);
	const struct widen_value *p = widen_value_of(fn, pointer);
	struct climb c = {.fn = fn};
	if (!p || !widen_per_row(fn, pointer) || p->hinted || p->element ||
	    !widen_is_element(fn, type) || widen_is_private_place(fn, pointer, 1))
		return false;
	int64_t size = (int64_t)widen_size_of(fn, type);
	int64_t most = WIDEN_MAX_ROWS * size;
	bool apart = p->shape == WIDEN_LINEAR
			     ? p->stride >= most || p->stride <= -most
			     : p->shape == WIDEN_VARYING && widen_is_strided(fn, pointer, 0);
	return apart && growth(&c, pointer, 0, 0) == size;
}

LLVMValueRef widen_tall_id(const struct widen_fn *fn, LLVMValueRef inst)
{
	struct climb c = {.fn = fn};
	(void)growth(&c, LLVMGetOperand(inst, LLVMIsAStoreInst(inst) != NULL), 0, 0);
	return c.id;
}

bool widen_find_tall(struct widen_fn *fn)
{
	bool any = false, fits = fn->lanes >= fn->rows; /* pieces.c: whole pieces in a register */
	for (uint32_t i = 0; i < fn->value_count; i++)
		any |= fn->values[i].tall = fits && is_tall(fn, &fn->values[i]);
	return any;
}
