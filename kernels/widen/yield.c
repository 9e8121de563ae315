/* SPDX-License-Identifier: MIT */
/*
 * Sub-groups that wait for each other. One thread runs a work-group, so a loop that waits until
 * another sub-group has written something must let it run: in kernels with sub-groups, chunks
 * suspend after each round of a loop that has atomics. (Kernels without sub-groups have no right to
 * wait within a work-group but at barriers.)
 */
#include "kernels/widen/internal.h"

static bool has_atomics(const struct widen_fn *fn, uint32_t b)
{
	const struct widen_block *block = &fn->blocks[b];
	for (LLVMValueRef i = LLVMGetFirstInstruction(block->ir); i; i = LLVMGetNextInstruction(i))
		if (widen_is_atomic(i))
			return true;
	return false;
}

/* In reverse post-order a loop lies between its header and the block that goes back; others may lie
 * there, too. */
bool widen_ends_waiting_round(const struct widen_fn *fn, uint32_t b)
{
	const struct widen_block *block = &fn->blocks[b];
	for (uint32_t i = 0; i < block->successor_count; i++)
		for (uint32_t in = block->successors[i]; in <= b; in++)
			if (has_atomics(fn, in))
				return true;
	return false;
}

bool widen_may_wait(const struct widen_fn *fn)
{
	for (uint32_t b = 0; b < fn->block_count; b++)
		if (widen_ends_waiting_round(fn, b))
			return true;
	return false;
}
