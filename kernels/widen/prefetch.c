/* SPDX-License-Identifier: MIT */
/*
 * Loops in which work-items go on by many elements at once:
 *
 *     for (uint i = get_global_id(0); i < n; i += get_global_size(0))
 *             sum += in[i];
 *
 * On a GPU all of them walk over memory together. Here one chunk takes all its rounds before the
 * next one begins: each round reads a line or two far behind the last, where the processor's own
 * prefetching, which looks no further than a page, does not follow. So the loads ask for what they
 * will load some rounds later. That may be past the end of all memory, where nothing happens.
 */
#include "kernels/widen/access.h"

enum {
	ROUNDS = 4,       /* how far ahead */
	FAR_APART = 2048, /* bytes: shorter steps the processor sees for itself */
	LINE = 64,
	MOST_LINES = 2, /* of a round */
	READ = 0,
	KEEP = 3,
	DATA = 1,
};

void widen_prefetch(struct widen_emit *e, const struct widen_access *a)
{
	LLVMBuilderRef b = e->builder;
	LLVMTypeRef i64 = e->fn->i64, type = e->fn->ptr;
	uint32_t header = e->fn->blocks[e->block].header;
	uint64_t stride, size = widen_size_of(e->fn, a->type);
	int64_t bytes = (int64_t)(size * e->lanes);
	if (header == WIDEN_NONE || e->rows > 1 || e->rare || a->local || a->private ||
	    a->element || !widen_stride_of(e->fn, a->pointer, &stride) || stride != size ||
	    bytes > MOST_LINES * LINE)
		return;
	struct widen_pace p = widen_pace_of(e->fn, header, a->pointer);
	if (!p.known || p.times < (p.by ? 1 : FAR_APART))
		return;
	LLVMValueRef ahead = widen_int(e, i64, p.times * ROUNDS);
	if (p.by) {
		LLVMValueRef by = LLVMBuildIntCast2(b, widen_scalar(e, p.by), i64, true, "");
		ahead = LLVMBuildMul(b, by, ahead, "");
	}
	LLVMValueRef at = LLVMBuildGEP2(b, e->fn->i8, widen_scalar(e, a->pointer), &ahead, 1, "");
	for (int64_t line = 0; line < bytes; line += LINE) {
		LLVMValueRef args[] = {widen_add_bytes(e, at, line), widen_int(e, e->fn->i32, READ),
				       widen_int(e, e->fn->i32, KEEP),
				       widen_int(e, e->fn->i32, DATA)};
		widen_intrinsic(e, "llvm.prefetch", &type, 1, args, 4);
	}
}
