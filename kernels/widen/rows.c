/* SPDX-License-Identifier: MIT */
/*
 * What differs between the rows of a chunk, and how many rows pay: register blocking over y.
 *
 * A value is per row when it depends on the second dimension, as data or through control flow; each
 * row has a copy of it. Everything else is shared: in a matrix product the loads of B, which do not
 * depend on y, serve all rows, and of kernels with barriers there are fewer chunks to resume.
 * Where sums leave room, each row has two registers side by side: a value of the row's that serves
 * all lanes then is loaded for two operations, not for one. Blocks whose masks differ between rows
 * are row_masked; shared instructions in them run for the lanes that are active in any row.
 */
#include "kernels/widen/internal.h"

bool widen_per_row(const struct widen_fn *fn, LLVMValueRef ir)
{
	if (!LLVMIsAInstruction(ir))
		return false;
	const struct widen_value *v = widen_value_of(fn, ir);
	return v && v->per_row;
}

/* ---- marking ---- */

static bool is_id_in_y(LLVMValueRef inst)
{
	int64_t dimension;
	if (!LLVMIsACallInst(inst))
		return false;
	enum widen_call call = widen_call_of(inst);
	bool is_id = call == WIDEN_CALL_GLOBAL_ID || call == WIDEN_CALL_LOCAL_ID ||
		     call == WIDEN_CALL_GLOBAL_ID_32;
	return is_id && widen_constant_int(LLVMGetOperand(inst, 0), &dimension) && dimension == 1;
}

static bool has_per_row_operand(const struct widen_fn *fn, LLVMValueRef inst)
{
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(inst); i++)
		if (widen_per_row(fn, LLVMGetOperand(inst, i)))
			return true;
	return false;
}

/* Rows may come to the join on different ways, or leave the loop at different times. */
static bool joins_rows(const struct widen_fn *fn, uint32_t b)
{
	const struct widen_block *block = &fn->blocks[b];
	if (block->exited != WIDEN_NONE)
		return fn->blocks[block->exited].row_loop;
	if (block->latch != WIDEN_NONE || block->pred_count < 2)
		return false;
	LLVMValueRef condition = fn->blocks[block->idom].condition;
	return condition && widen_per_row(fn, condition);
}

static bool mark_block(struct widen_fn *fn, uint32_t b)
{
	struct widen_block *block = &fn->blocks[b];
	const struct widen_block *idom = &fn->blocks[block->idom];
	bool by_condition = block->condition && widen_per_row(fn, block->condition);
	bool masked = idom->row_masked, changed = false;
	if (by_condition && block->header != WIDEN_NONE && fn->blocks[block->header].latch == b &&
	    !fn->blocks[block->header].row_loop)
		changed = fn->blocks[block->header].row_loop = true;
	if (b == 0)
		return changed;
	if (block->exited != WIDEN_NONE)
		masked = fn->blocks[fn->blocks[block->exited].idom].row_masked;
	else if (block->latch != WIDEN_NONE)
		masked = masked || block->row_loop;
	else if (block->pred_count == 1 && idom->condition)
		masked = masked || widen_per_row(fn, idom->condition);
	changed = changed || masked != block->row_masked;
	block->row_masked = masked;
	return changed;
}

bool widen_mark_rows(struct widen_fn *fn)
{
	bool changed = false;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		struct widen_value *v = &fn->values[i];
		if (v->per_row || !LLVMIsAInstruction(v->ir))
			continue;
		v->per_row = is_id_in_y(v->ir) || LLVMIsAAllocaInst(v->ir) ||
			     has_per_row_operand(fn, v->ir) ||
			     (LLVMIsAPHINode(v->ir) && joins_rows(fn, v->block));
		changed = changed || v->per_row;
	}
	for (uint32_t b = 0; b < fn->block_count; b++)
		changed |= mark_block(fn, b);
	return changed;
}

/* ---- the choice ---- */

/* Where a row may have no active lane, what is done once for a row must be harmless. */
static bool is_safe_in_row_masked(const struct widen_fn *fn, const struct widen_value *v)
{
	LLVMTypeRef type = LLVMTypeOf(v->ir);
	switch (LLVMGetInstructionOpcode(v->ir)) {
	case LLVMStore:
		return widen_shape_of(fn, LLVMGetOperand(v->ir, 1)) != WIDEN_UNIFORM;
	case LLVMLoad: /* widen_emit_load() may read vectors without a mask */
		return v->shape == WIDEN_UNIFORM || LLVMGetTypeKind(type) != LLVMVectorTypeKind;
	case LLVMUDiv:
	case LLVMSDiv:
	case LLVMURem:
	case LLVMSRem:
		return v->shape != WIDEN_UNIFORM;
	default:
		return true;
	}
}

static bool is_possible(const struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		if (!LLVMIsAInstruction(v->ir))
			continue;
		if (widen_is_atomic(v->ir) || LLVMIsAFenceInst(v->ir) || LLVMIsAAllocaInst(v->ir))
			return false;
		enum widen_call call =
			LLVMIsACallInst(v->ir) ? widen_call_of(v->ir) : WIDEN_CALL_UNKNOWN;
		if (call > WIDEN_CALL_WORK_DIM && call != WIDEN_CALL_GLOBAL_ID_32 &&
		    !widen_is_machine_call(call) && call != WIDEN_CALL_BARRIER)
			return false;
		if (fn->blocks[v->block].row_masked && v->per_row && !is_safe_in_row_masked(fn, v))
			return false;
	}
	return true;
}

unsigned widen_loop_depth(const struct widen_fn *fn, uint32_t header)
{
	unsigned depth = 0;
	for (; header != WIDEN_NONE; header = fn->blocks[header].parent)
		depth++;
	return depth;
}

uint64_t widen_rounds_of(const struct widen_fn *fn, const struct widen_value *v)
{
	/* a loop has 16 rounds, as far as anybody knows */
	enum { ROUNDS_BITS = 4, DEEPEST_COUNTED = 3 };
	unsigned depth = widen_loop_depth(fn, fn->blocks[v->block].header);
	return UINT64_C(1) << ROUNDS_BITS * tern_min(depth, (unsigned)DEEPEST_COUNTED);
}

/* What is done most often counts: other loops around it are no matter. */
static unsigned deepest(const struct widen_fn *fn)
{
	unsigned most = 1;
	for (uint32_t b = 0; b < fn->block_count; b++)
		most = tern_max(most, widen_loop_depth(fn, fn->blocks[b].header));
	return most;
}

/* A work-group may have any size in x, and code stays small. */
static bool may_be_wide(const struct widen_fn *fn)
{
	enum { SMALL = 100 };
	return fn->any_groups && !fn->has_barrier && !fn->kernel->required_lanes &&
	       2 * fn->lanes <= WIDEN_MAX_LANES && fn->value_count <= SMALL;
}

/* In loops: shared vector loads that feed arithmetic of each row. @wide: two registers for each. */
static unsigned rows_that_pay(const struct widen_fn *fn, bool *wide)
{
	enum { WIDE_ROWS = 4 }; /* at least */
	unsigned shared_loads = 0, per_row_phis = 0, per_row_loads = 0;
	unsigned depth = fn->has_barrier ? deepest(fn) : 1;
	for (uint32_t i = 0; i < fn->value_count; i++) {
		const struct widen_value *v = &fn->values[i];
		const struct widen_block *block = &fn->blocks[v->block];
		if (widen_loop_depth(fn, block->header) < depth || v->shape != WIDEN_VARYING)
			continue;
		if (LLVMIsALoadInst(v->ir))
			*(v->per_row ? &per_row_loads : &shared_loads) += v->leaves;
		if (LLVMIsAPHINode(v->ir) && v->per_row)
			per_row_phis += v->leaves;
	}
	if (!shared_loads || !per_row_phis || per_row_loads > shared_loads)
		return 1;
	/* Half of the registers for sums. */
	unsigned registers = fn->options->register_lanes >= 16 ? 16 : 8;
	unsigned rows = WIDEN_MAX_ROWS;
	*wide = may_be_wide(fn) && per_row_phis * 2 * WIDE_ROWS <= registers;
	while (rows > 1 && per_row_phis * (1 + *wide) * rows > registers)
		rows /= 2;
	return rows;
}

/* Little is done but to bring what is beside itself in y to where it is so in x, or back. */
static bool transposes(struct widen_fn *fn)
{
	enum { SMALL = 100 };
	if (fn->value_count > SMALL || fn->lanes < WIDEN_MAX_ROWS)
		return false;
	for (uint32_t b = 0; b < fn->block_count; b++)
		if (fn->blocks[b].header != WIDEN_NONE)
			return false;
	return widen_find_tall(fn);
}

static bool has_id_in_y(const struct widen_fn *fn)
{
	for (uint32_t i = 0; i < fn->value_count; i++)
		if (is_id_in_y(fn->values[i].ir))
			return true;
	return false;
}

unsigned widen_rows(struct widen_fn *fn)
{
	const uint32_t *required = fn->kernel->required_size;
	unsigned rows = 1;
	bool wide = false;
	if (fn->yields || !has_id_in_y(fn))
		return 1;
	fn->marks_rows = true;
	widen_shapes(fn);
	if (is_possible(fn) && widen_cfg_check_divergence(fn) && widen_check_barriers(fn))
		rows = transposes(fn) ? WIDEN_MAX_ROWS : rows_that_pay(fn, &wide);
	while (required[0] && rows > required[1])
		rows /= 2;
	if (rows > 1) {
		fn->lanes *= 1 + wide;
		return rows;
	}
	fn->marks_rows = false;
	widen_shapes(fn);
	return 1;
}
