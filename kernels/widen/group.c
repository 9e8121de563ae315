/* SPDX-License-Identifier: MIT */
/*
 * The group function: chunks of a work-group.
 *
 *     for z, for y by rows: for x by lanes: body; what is left in x: tail with fewer lanes
 *     what is left in y: tail, row by row
 *
 * or, where the chunks of a column touch the same cache lines: for z: for x by lanes: for y: body.
 *
 * Kernels with sub-groups take chunks by the linear local id instead, with the flat body, where a
 * row in x is not whole chunks; those that know their work-groups, where rows are narrow.
 *
 * With barriers every chunk has a frame in group->scratch. Where all chunks come to the same
 * barriers, that is done for each of them: what lies between it and the next ones (a region). Else
 * the chunks are started so, and those suspended resumed until all have finished.
 */
#include "kernels/widen/internal.h"
#include "runtime/base/alloc.h"

struct group {
	struct widen_fn *fn;
	struct widen_emit e;         /* builder, function, ids: what workitem.c needs */
	const LLVMValueRef *bodies;  /* by enum widen_body_kind */
	LLVMValueRef end[3];         /* local sizes */
	LLVMValueRef frames, stride; /* with barriers */
	LLVMValueRef count;          /* alloca: chunks so far */
	LLVMValueRef next;           /* alloca, regions: the barrier that the last chunk came to */
	uint32_t region;             /* the number of the barrier before it */
};

/* A counting loop under construction: the builder stands in its body. */
struct loop {
	LLVMBasicBlockRef head, body, exit, before;
	LLVMValueRef i;
};

static LLVMValueRef constant(const struct group *g, uint64_t v)
{
	return LLVMConstInt(g->fn->i64, v, 0);
}

/* for (i = first; i + step <= end; …): the caller ends it with loop_end(next i). */
static struct loop loop_begin(struct group *g, LLVMValueRef first, LLVMValueRef end, uint64_t step,
			      const char *name)
{
	LLVMBuilderRef b = g->e.builder;
	struct loop l = {.before = LLVMGetInsertBlock(b)};
	l.head = widen_append_block(&g->e, name);
	l.body = widen_append_block(&g->e, "");
	l.exit = widen_append_block(&g->e, "");
	LLVMBuildBr(b, l.head);
	LLVMPositionBuilderAtEnd(b, l.head);
	l.i = LLVMBuildPhi(b, g->fn->i64, name);
	LLVMAddIncoming(l.i, &first, &l.before, 1);
	LLVMValueRef next = LLVMBuildAdd(b, l.i, constant(g, step), "");
	LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULE, next, end, ""), l.body, l.exit);
	LLVMPositionBuilderAtEnd(b, l.body);
	return l;
}

static void loop_end(struct group *g, const struct loop *l, LLVMValueRef next)
{
	LLVMBasicBlockRef from = LLVMGetInsertBlock(g->e.builder);
	LLVMBuildBr(g->e.builder, l->head);
	LLVMAddIncoming(l->i, &next, &from, 1);
	LLVMPositionBuilderAtEnd(g->e.builder, l->exit);
}

static LLVMValueRef advance(struct group *g, LLVMValueRef i, uint64_t step)
{
	return LLVMBuildAdd(g->e.builder, i, constant(g, step), "");
}

/* ---- chunks ---- */

static void call_body(struct group *g, LLVMValueRef body, LLVMValueRef x, LLVMValueRef y,
		      LLVMValueRef z, LLVMValueRef active)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef args[] = {g->e.args,
			       g->e.group,
			       g->e.group_id[0],
			       g->e.group_id[1],
			       g->e.group_id[2],
			       g->end[0],
			       g->end[1],
			       g->end[2],
			       x,
			       y,
			       z,
			       active,
			       NULL,
			       NULL};
	unsigned n = tern_array_size(args) - 2;
	if (g->fn->has_barrier) {
		LLVMValueRef i = LLVMBuildLoad2(b, g->fn->i64, g->count, "");
		LLVMValueRef offset = LLVMBuildMul(b, i, g->stride, "");
		args[n++] = LLVMBuildGEP2(b, g->fn->i8, g->frames, &offset, 1, "");
		LLVMBuildStore(b, advance(g, i, 1), g->count);
	}
	if (g->fn->regions)
		args[n++] = LLVMConstInt(g->fn->i32, g->region, 0);
	LLVMValueRef next = LLVMBuildCall2(b, widen_body_type(g->fn), body, args, n, "");
	if (g->fn->regions)
		LLVMBuildStore(b, next, g->next);
}

/* One call of the tail if @from < @end. */
static void remainder_in_x(struct group *g, LLVMValueRef from, LLVMValueRef end, LLVMValueRef y,
			   LLVMValueRef z, unsigned rows)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMBasicBlockRef some = widen_append_block(&g->e, "tail");
	LLVMBasicBlockRef done = widen_append_block(&g->e, "");
	LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, from, end, ""), some, done);
	LLVMPositionBuilderAtEnd(b, some);
	LLVMValueRef active = LLVMBuildSub(b, end, from, "");
	for (unsigned row = 0; row < rows; row++)
		call_body(g, g->bodies[WIDEN_BODY_TAIL], from, advance(g, y, row), z, active);
	LLVMBuildBr(b, done);
	LLVMPositionBuilderAtEnd(b, done);
}

/* How many lanes a chunk at @i has before @end. */
static LLVMValueRef active_lanes(struct group *g, LLVMValueRef i, LLVMValueRef end)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef left = LLVMBuildSub(b, end, i, ""), lanes = constant(g, g->fn->lanes);
	return LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntULT, left, lanes, ""), left, lanes, "");
}

/* Without a body for whole chunks: all are tails. */
static void masked_segment(struct group *g, LLVMValueRef from, LLVMValueRef end, LLVMValueRef y,
			   LLVMValueRef z)
{
	struct loop x = loop_begin(g, from, end, 1, "x");
	call_body(g, g->bodies[WIDEN_BODY_TAIL], x.i, y, z, active_lanes(g, x.i, end));
	loop_end(g, &x, advance(g, x.i, g->fn->lanes));
}

/* All of a column of chunks at @x. */
static void column(struct group *g, LLVMValueRef body, LLVMValueRef x, LLVMValueRef z,
		   LLVMValueRef active)
{
	struct loop y = loop_begin(g, constant(g, 0), g->end[1], 1, "y");
	call_body(g, body, x, y.i, z, active);
	loop_end(g, &y, advance(g, y.i, 1));
}

/* Chunks of [from, end) in x and of all rows. */
static void columns(struct group *g, LLVMValueRef from, LLVMValueRef end, LLVMValueRef z)
{
	unsigned lanes = g->fn->lanes;
	LLVMBuilderRef b = g->e.builder;
	struct loop x = loop_begin(g, from, end, lanes, "x");
	column(g, g->bodies[WIDEN_BODY_FULL], x.i, z, constant(g, lanes));
	loop_end(g, &x, advance(g, x.i, lanes));
	LLVMBasicBlockRef some = widen_append_block(&g->e, "tail");
	LLVMBasicBlockRef done = widen_append_block(&g->e, "");
	LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntULT, x.i, end, ""), some, done);
	LLVMPositionBuilderAtEnd(b, some);
	column(g, g->bodies[WIDEN_BODY_TAIL], x.i, z, LLVMBuildSub(b, end, x.i, ""));
	LLVMBuildBr(b, done);
	LLVMPositionBuilderAtEnd(b, done);
}

/* Chunks of [from, end) in x: whole ones by @body, of @rows rows; @y NULL: by columns. */
static void segment(struct group *g, LLVMValueRef body, LLVMValueRef from, LLVMValueRef end,
		    LLVMValueRef y, LLVMValueRef z, unsigned rows)
{
	unsigned lanes = g->fn->lanes;
	if (!y) {
		columns(g, from, end, z);
		return;
	}
	if (!body) {
		masked_segment(g, from, end, y, z);
		return;
	}
	struct loop x = loop_begin(g, from, end, lanes, "x");
	call_body(g, body, x.i, y, z, constant(g, lanes));
	loop_end(g, &x, advance(g, x.i, lanes));
	if (lanes > 1)
		remainder_in_x(g, x.i, end, y, z, rows);
}

/* Work-items in x before the next multiple of 2^31 of the global id, or all: at least one. */
static LLVMValueRef first_segment(struct group *g)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef id = widen_work_item(&g->e, WIDEN_CALL_GLOBAL_ID, 0);
	LLVMValueRef low = LLVMBuildAnd(b, id, constant(g, 0x7fffffff), "");
	LLVMValueRef room = LLVMBuildSub(b, constant(g, 0x80000000), low, "");
	LLVMValueRef fits = LLVMBuildICmp(b, LLVMIntULE, g->end[0], room, "");
	return LLVMBuildSelect(b, fits, g->end[0], room, "");
}

/* No chunk crosses a multiple of 2^31 of the global id in x: then there are two segments. */
static void row_of_chunks(struct group *g, LLVMValueRef body, LLVMValueRef y, LLVMValueRef z,
			  unsigned rows)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef zero = constant(g, 0);
	if (!g->fn->splits_ids) {
		segment(g, body, zero, g->end[0], y, z, rows);
		return;
	}
	LLVMValueRef size = first_segment(g);
	struct loop s = loop_begin(g, zero, g->end[0], 1, "segment");
	LLVMValueRef is_first = LLVMBuildICmp(b, LLVMIntEQ, s.i, zero, "");
	LLVMValueRef end = LLVMBuildSelect(b, is_first, size, g->end[0], "");
	segment(g, body, s.i, end, y, z, rows);
	loop_end(g, &s, end);
}

/* For y from @from on, by @rows; where it ends. */
static LLVMValueRef some_rows(struct group *g, enum widen_body_kind kind, LLVMValueRef from,
			      LLVMValueRef z, unsigned rows)
{
	struct loop y = loop_begin(g, from, g->end[1], rows, "y");
	row_of_chunks(g, g->bodies[kind], y.i, z, rows);
	loop_end(g, &y, advance(g, y.i, rows));
	return y.i;
}

static void chunks_in_rows(struct group *g)
{
	LLVMValueRef zero = constant(g, 0);
	unsigned rows = g->fn->rows;
	struct loop z = loop_begin(g, zero, g->end[2], 1, "z");
	if (g->fn->columns) {
		row_of_chunks(g, NULL, NULL, z.i, 1);
		loop_end(g, &z, advance(g, z.i, 1));
		return;
	}
	LLVMValueRef y = some_rows(g, WIDEN_BODY_FULL, zero, z.i, rows);
	if (g->bodies[WIDEN_BODY_HALF])
		y = some_rows(g, WIDEN_BODY_HALF, y, z.i, rows / 2);
	if (rows > 1)
		(void)some_rows(g, WIDEN_BODY_TAIL, y, z.i, 1);
	loop_end(g, &z, advance(g, z.i, 1));
}

static void flat_chunks(struct group *g)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef zero = constant(g, 0);
	LLVMValueRef plane = LLVMBuildMul(b, g->end[0], g->end[1], "");
	LLVMValueRef all = LLVMBuildMul(b, plane, g->end[2], "");
	struct loop l = loop_begin(g, zero, all, 1, "flat");
	call_body(g, g->bodies[WIDEN_BODY_FLAT], l.i, zero, zero, active_lanes(g, l.i, all));
	loop_end(g, &l, advance(g, l.i, g->fn->lanes));
}

static LLVMValueRef is_one_row(struct group *g)
{
	LLVMValueRef rows = LLVMBuildMul(g->e.builder, g->end[1], g->end[2], "");
	return LLVMBuildICmp(g->e.builder, LLVMIntEQ, rows, constant(g, 1), "");
}

/* Rows of chunks make sub-groups as they must be: one row, or rows of whole chunks; none cut. */
static LLVMValueRef rows_are_sub_groups(struct group *g)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef one = is_one_row(g);
	LLVMValueRef rest = LLVMBuildAnd(b, g->end[0], constant(g, g->fn->lanes - 1), "");
	LLVMValueRef whole = LLVMBuildICmp(b, LLVMIntEQ, rest, constant(g, 0), "");
	LLVMValueRef good = LLVMBuildOr(b, one, whole, "");
	if (!g->fn->splits_ids)
		return good;
	LLVMValueRef id = widen_work_item(&g->e, WIDEN_CALL_GLOBAL_ID, 0);
	LLVMValueRef low = LLVMBuildAnd(b, id, constant(g, 0x7fffffff), "");
	LLVMValueRef end = LLVMBuildAdd(b, low, g->end[0], "");
	LLVMValueRef uncut = LLVMBuildICmp(b, LLVMIntULE, end, constant(g, 0x80000000), "");
	return LLVMBuildAnd(b, good, uncut, "");
}

/* More than half of the lanes of a row's chunks have work-items, or there is one row only. */
static LLVMValueRef rows_fill_chunks(struct group *g)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef one = is_one_row(g);
	LLVMValueRef half = constant(g, g->fn->lanes / 2);
	return LLVMBuildOr(b, one, LLVMBuildICmp(b, LLVMIntUGT, g->end[0], half, ""), "");
}

static void all_chunks(struct group *g)
{
	LLVMBuilderRef b = g->e.builder;
	if (!g->bodies[WIDEN_BODY_FLAT]) {
		chunks_in_rows(g);
		return;
	}
	LLVMBasicBlockRef rows = widen_append_block(&g->e, "rows");
	LLVMBasicBlockRef flat = widen_append_block(&g->e, "flat");
	LLVMBasicBlockRef done = widen_append_block(&g->e, "");
	LLVMValueRef by_rows = g->fn->has_sub_groups ? rows_are_sub_groups(g) : rows_fill_chunks(g);
	LLVMBuildCondBr(b, by_rows, rows, flat);
	LLVMPositionBuilderAtEnd(b, rows);
	chunks_in_rows(g);
	LLVMBuildBr(b, done);
	LLVMPositionBuilderAtEnd(b, flat);
	flat_chunks(g);
	LLVMBuildBr(b, done);
	LLVMPositionBuilderAtEnd(b, done);
}

/* ---- barriers ---- */

static LLVMValueRef chunks_of_plane(struct group *g)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef x = g->end[0], y = g->end[1];
	LLVMValueRef lanes = constant(g, g->fn->lanes), rows = constant(g, g->fn->rows);
	if (g->fn->rows == 1) {
		x = advance(g, x, 2 * g->fn->lanes - 2);
		return LLVMBuildMul(b, LLVMBuildUDiv(b, x, lanes, ""), y, "");
	}
	LLVMValueRef few = LLVMBuildICmp(b, LLVMIntULT, y, rows, "");
	LLVMValueRef left = LLVMBuildSelect(b, few, y, constant(g, g->fn->rows - 1), "");
	LLVMValueRef per_y = LLVMBuildAdd(b, LLVMBuildUDiv(b, y, rows, ""), left, "");
	x = LLVMBuildMul(b, LLVMBuildUDiv(b, x, lanes, ""), per_y, "");
	return LLVMBuildAdd(b, x, LLVMBuildShl(b, y, constant(g, 1), ""), "");
}

/* The formula is tern_kernel_scratch()'s; this work-group may be smaller than that counted with. */
static void find_frames(struct group *g)
{
	struct widen_fn *fn = g->fn;
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef chunks = LLVMBuildMul(b, chunks_of_plane(g), g->end[2], "");
	LLVMValueRef table = LLVMBuildMul(b, chunks, constant(g, 8), "");
	table = LLVMBuildAnd(b, advance(g, table, 127), constant(g, ~(uint64_t)127), "");
	LLVMValueRef scratch =
		widen_group_field(&g->e, offsetof(struct tern_group, scratch), fn->ptr);
	g->frames = LLVMBuildGEP2(b, fn->i8, scratch, &table, 1, "");
	g->count = LLVMBuildAlloca(b, fn->i64, "");
	LLVMBuildStore(b, constant(g, 0), g->count);
}

static LLVMValueRef frame_of(struct group *g, LLVMValueRef chunk)
{
	LLVMValueRef offset = LLVMBuildMul(g->e.builder, chunk, g->stride, "");
	return LLVMBuildGEP2(g->e.builder, g->fn->i8, g->frames, &offset, 1, "");
}

/* Where the chunk of @frame says that it is at a barrier. */
static LLVMValueRef promise_of(struct group *g, LLVMValueRef frame)
{
	LLVMValueRef args[] = {frame, LLVMConstInt(g->fn->i32, 8, 0), LLVMConstNull(g->fn->i1)};
	return widen_intrinsic(&g->e, "llvm.coro.promise", NULL, 0, args, 3);
}

/* i1: this chunk has something to do now. */
static LLVMValueRef can_go_on(struct group *g, LLVMValueRef frame)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef done = widen_intrinsic(&g->e, "llvm.coro.done", NULL, 0, &frame, 1);
	LLVMValueRef go = LLVMBuildNot(b, done, "");
	if (!g->fn->yields)
		return go;
	LLVMValueRef state = LLVMBuildLoad2(b, g->fn->i64, promise_of(g, frame), "");
	LLVMValueRef free = LLVMBuildICmp(b, LLVMIntEQ, state, constant(g, 0), "");
	return LLVMBuildAnd(b, go, free, "");
}

/* Calls @act for the chunks that @test chooses; i1: there were any. */
static LLVMValueRef for_chunks(struct group *g, LLVMValueRef count,
			       LLVMValueRef (*test)(struct group *, LLVMValueRef frame),
			       void (*act)(struct group *, LLVMValueRef frame))
{
	struct widen_fn *fn = g->fn;
	LLVMBuilderRef b = g->e.builder;
	LLVMBasicBlockRef before = LLVMGetInsertBlock(b);
	struct loop l = loop_begin(g, constant(g, 0), count, 1, "chunk");
	LLVMPositionBuilderBefore(b, LLVMGetNextInstruction(l.i));
	LLVMValueRef any = LLVMBuildPhi(b, fn->i1, "any");
	LLVMPositionBuilderAtEnd(b, l.body);
	LLVMValueRef frame = frame_of(g, l.i), chosen = test(g, frame);
	LLVMBasicBlockRef tested = LLVMGetInsertBlock(b);
	LLVMBasicBlockRef doing = widen_append_block(&g->e, "resume");
	LLVMBasicBlockRef next = widen_append_block(&g->e, "");
	LLVMBuildCondBr(b, chosen, doing, next);
	LLVMPositionBuilderAtEnd(b, doing);
	act(g, frame);
	LLVMBuildBr(b, next);
	LLVMPositionBuilderAtEnd(b, next);
	LLVMValueRef still = LLVMBuildPhi(b, fn->i1, ""), yes = LLVMConstInt(fn->i1, 1, 0);
	LLVMValueRef in[] = {any, yes}, no = LLVMConstNull(fn->i1);
	LLVMBasicBlockRef from[] = {tested, doing};
	LLVMAddIncoming(still, in, from, 2);
	LLVMAddIncoming(any, &no, &before, 1);
	LLVMAddIncoming(any, &still, &next, 1);
	loop_end(g, &l, advance(g, l.i, 1));
	return any;
}

static void resume(struct group *g, LLVMValueRef frame)
{
	widen_intrinsic(&g->e, "llvm.coro.resume", NULL, 0, &frame, 1);
}

static void leave_barrier(struct group *g, LLVMValueRef frame)
{
	LLVMBuildStore(g->e.builder, constant(g, 0), promise_of(g, frame));
}

static LLVMValueRef is_suspended(struct group *g, LLVMValueRef frame)
{
	LLVMValueRef done = widen_intrinsic(&g->e, "llvm.coro.done", NULL, 0, &frame, 1);
	return LLVMBuildNot(g->e.builder, done, "");
}

/*
 * Goes over all chunks until none is suspended: they may end at different barriers. Where chunks
 * yield, one round is over when all that have not finished are at a barrier: then it opens.
 */
static void resume_all(struct group *g)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMBasicBlockRef round = widen_append_block(&g->e, "round");
	LLVMBasicBlockRef open = widen_append_block(&g->e, "open");
	LLVMBasicBlockRef over = widen_append_block(&g->e, "over");
	LLVMValueRef count = LLVMBuildLoad2(b, g->fn->i64, g->count, "");
	LLVMBuildBr(b, round);
	LLVMPositionBuilderAtEnd(b, round);
	LLVMValueRef running = for_chunks(g, count, can_go_on, resume);
	LLVMBuildCondBr(b, running, round, open);
	LLVMPositionBuilderAtEnd(b, open);
	if (g->fn->yields) {
		LLVMValueRef opened = for_chunks(g, count, is_suspended, leave_barrier);
		LLVMBuildCondBr(b, opened, round, over);
	} else {
		LLVMBuildBr(b, over);
	}
	LLVMPositionBuilderAtEnd(b, over);
}

/* What follows the beginning or a barrier, for each of them; which one is next the chunks tell. */
static void all_regions(struct group *g)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMTypeRef i32 = g->fn->i32;
	LLVMBasicBlockRef dispatch = widen_append_block(&g->e, "dispatch");
	LLVMBasicBlockRef over = widen_append_block(&g->e, "over");
	LLVMBasicBlockRef first = widen_append_block(&g->e, "region");
	g->next = LLVMBuildAlloca(b, i32, "next");
	LLVMBuildBr(b, first);
	LLVMPositionBuilderAtEnd(b, dispatch);
	LLVMValueRef next = LLVMBuildLoad2(b, i32, g->next, "");
	LLVMValueRef go = LLVMBuildSwitch(b, next, over, g->fn->regions);
	for (g->region = 0; g->region < g->fn->regions; g->region++) {
		LLVMBasicBlockRef region = first;
		if (g->region) {
			region = widen_append_block(&g->e, "region");
			LLVMAddCase(go, LLVMConstInt(i32, g->region, 0), region);
		}
		LLVMPositionBuilderAtEnd(b, region);
		LLVMBuildStore(b, constant(g, 0), g->count);
		all_chunks(g);
		LLVMBuildBr(b, dispatch);
	}
	LLVMPositionBuilderAtEnd(b, over);
}

/* ---- the whole ---- */

/* The last work-group of a dimension may be smaller. */
static LLVMValueRef local_size(struct group *g, unsigned d)
{
	LLVMBuilderRef b = g->e.builder;
	LLVMValueRef full = widen_work_item(&g->e, WIDEN_CALL_ENQUEUED_LOCAL_SIZE, d);
	LLVMValueRef before = LLVMBuildMul(b, g->e.group_id[d], full, "");
	LLVMValueRef left =
		LLVMBuildSub(b, widen_work_item(&g->e, WIDEN_CALL_GLOBAL_SIZE, d), before, "");
	return LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntULT, left, full, ""), left, full, "");
}

static LLVMValueRef add_group_function(struct widen_fn *fn)
{
	LLVMTypeRef types[] = {fn->ptr, fn->ptr, fn->i64, fn->i64, fn->i64};
	char *name = tern_asprintf(WIDEN_GROUP_PREFIX "%s", fn->kernel->name);
	if (!name)
		return NULL;
	LLVMTypeRef type = LLVMFunctionType(fn->nothing, types, 5, 0);
	LLVMValueRef f = LLVMAddFunction(fn->module, name, type);
	tern_free(name);
	widen_function_attributes(fn, f);
	return f;
}

static bool find_stride(struct group *g)
{
	LLVMTypeRef type = LLVMFunctionType(g->fn->i64, NULL, 0, 0);
	LLVMValueRef mark = widen_mark_function(g->fn, WIDEN_STRIDE_MARK, type);
	if (mark)
		g->stride = LLVMBuildCall2(g->e.builder, type, mark, NULL, 0, "");
	return mark != NULL;
}

LLVMValueRef widen_group(struct widen_fn *fn, const LLVMValueRef *bodies)
{
	struct group g = {.fn = fn, .bodies = bodies};
	struct widen_emit *e = &g.e;
	e->fn = fn;
	e->function = add_group_function(fn);
	if (!e->function)
		return NULL;
	e->builder = LLVMCreateBuilderInContext(fn->context);
	LLVMPositionBuilderAtEnd(e->builder, widen_append_block(e, "entry"));
	widen_begin_lines(e);
	e->args = LLVMGetParam(e->function, 0);
	e->group = LLVMGetParam(e->function, 1);
	for (unsigned d = 0; d < 3; d++) {
		e->group_id[d] = LLVMGetParam(e->function, 2 + d);
		e->local_id[d] = constant(&g, 0);
	}
	for (unsigned d = 0; d < 3; d++)
		g.end[d] = local_size(&g, d);
	bool made = !fn->has_barrier || find_stride(&g);
	if (made) {
		if (fn->has_barrier)
			find_frames(&g);
		if (fn->regions)
			all_regions(&g);
		else
			all_chunks(&g);
		if (fn->has_barrier && !fn->regions)
			resume_all(&g);
		LLVMBuildRetVoid(e->builder);
	}
	LLVMDisposeBuilder(e->builder);
	return made ? e->function : NULL;
}
