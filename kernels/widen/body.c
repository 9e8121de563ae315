/* SPDX-License-Identifier: MIT */
/*
 * A chunk as a function:
 *
 *     body(args, group, group id x y z, local size x y z, local id x y z of the first work-item,
 *          active lanes)
 *
 * inlined into the group function. For kernels with barriers it takes a frame, too, and what lives
 * across a barrier lies there. It is a coroutine, resumed through that frame, or where all chunks
 * come to the same barriers returns at each (split.c): it takes the number of the barrier that it
 * goes on behind, 0: the kernel begins, and returns that of the barrier it came to, 0: its end.
 */
#include <string.h>

#include "kernels/widen/internal.h"
#include "runtime/base/alloc.h"

enum {
	PARAM_ARGS,
	PARAM_GROUP,
	PARAM_GROUP_ID,
	PARAM_LOCAL_SIZE = PARAM_GROUP_ID + 3,
	PARAM_LOCAL_ID = PARAM_LOCAL_SIZE + 3,
	PARAM_ACTIVE = PARAM_LOCAL_ID + 3,
	PARAM_FRAME,
	PARAM_BARRIER,
	PARAM_COUNT,
};

static void add_string_attribute(const struct widen_fn *fn, LLVMValueRef function, const char *key,
				 const char *value)
{
	LLVMAttributeRef a = LLVMCreateStringAttribute(fn->context, key, (unsigned)strlen(key),
						       value, (unsigned)strlen(value));
	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, a);
}

/* The first @bytes behind parameter @index are there: loads from them may leave loops. */
static void add_bytes(const struct widen_fn *fn, LLVMValueRef function, unsigned index,
		      uint64_t bytes, uint64_t align)
{
	unsigned present = LLVMGetEnumAttributeKindForName("dereferenceable", 15);
	unsigned aligned = LLVMGetEnumAttributeKindForName("align", 5);
	LLVMAddAttributeAtIndex(function, index,
				LLVMCreateEnumAttribute(fn->context, aligned, align));
	if (bytes)
		LLVMAddAttributeAtIndex(function, index,
					LLVMCreateEnumAttribute(fn->context, present, bytes));
}

static uint64_t argument_bytes(const struct widen_fn *fn)
{
	uint64_t bytes = 0;
	for (unsigned i = 0; i < fn->kernel->arg_count; i++) {
		const struct tern_widen_arg *arg = &fn->kernel->args[i];
		bytes = tern_max(bytes, (uint64_t)arg->offset + arg->size);
	}
	return bytes;
}

void widen_function_attributes(const struct widen_fn *fn, LLVMValueRef function)
{
	if (fn->options->cpu)
		add_string_attribute(fn, function, "target-cpu", fn->options->cpu);
	if (fn->options->features)
		add_string_attribute(fn, function, "target-features", fn->options->features);
	if (fn->options->register_lanes >= 16) {
		add_string_attribute(fn, function, "prefer-vector-width", "512");
		add_string_attribute(fn, function, "min-legal-vector-width", "512");
	}
	widen_add_attribute(fn->context, function, LLVMAttributeFunctionIndex, "nounwind");
	for (unsigned i = 1; i <= 2; i++) {
		widen_add_attribute(fn->context, function, i, "noalias");
		widen_add_attribute(fn->context, function, i, "readonly");
		widen_add_attribute(fn->context, function, i, "nocapture");
	}
	add_bytes(fn, function, 1, argument_bytes(fn), TERN_ARGS_ALIGN);
	add_bytes(fn, function, 2, sizeof(struct tern_group), _Alignof(struct tern_group));
}

LLVMTypeRef widen_body_type(const struct widen_fn *fn)
{
	LLVMTypeRef types[PARAM_COUNT] = {fn->ptr, fn->ptr};
	for (unsigned i = PARAM_GROUP_ID; i < PARAM_FRAME; i++)
		types[i] = fn->i64;
	types[PARAM_FRAME] = fn->ptr;
	types[PARAM_BARRIER] = fn->i32;
	if (fn->regions)
		return LLVMFunctionType(fn->i32, types, PARAM_COUNT, 0);
	return LLVMFunctionType(fn->nothing, types, PARAM_FRAME + fn->has_barrier, 0);
}

/* ---- coroutines (https://llvm.org/docs/Coroutines.html, switched-resume lowering) ---- */

static LLVMValueRef no_token(struct widen_emit *e)
{
	return LLVMConstNull(LLVMTokenTypeInContext(e->fn->context));
}

/* Goes on behind the suspension, in a new block; the final one has nothing behind it. */
void widen_emit_suspend(struct widen_emit *e, bool final)
{
	LLVMValueRef args[] = {no_token(e), widen_int(e, e->fn->i1, final)};
	LLVMValueRef how = widen_intrinsic(e, "llvm.coro.suspend", NULL, 0, args, 2);
	LLVMBasicBlockRef resumed = widen_append_block(e, "resumed");
	LLVMValueRef go = LLVMBuildSwitch(e->builder, how, e->suspended, 2);
	LLVMAddCase(go, widen_int(e, e->fn->i8, 0), resumed);
	LLVMAddCase(go, widen_int(e, e->fn->i8, 1), e->cleanup);
	LLVMPositionBuilderAtEnd(e->builder, resumed);
	if (final)
		LLVMBuildUnreachable(e->builder);
}

void widen_emit_barrier(struct widen_emit *e)
{
	if (e->fn->regions) {
		widen_end_region(e);
		return;
	}
	if (e->at_barrier)
		LLVMBuildStore(e->builder, widen_int(e, e->fn->i64, 1), e->at_barrier);
	widen_emit_suspend(e, false);
}

LLVMValueRef widen_mark_function(const struct widen_fn *fn, const char *mark, LLVMTypeRef type)
{
	char *name = tern_asprintf("%s%s", mark, fn->kernel->name);
	if (!name)
		return NULL;
	LLVMValueRef f = LLVMGetNamedFunction(fn->module, name);
	if (!f)
		f = LLVMAddFunction(fn->module, name, type);
	tern_free(name);
	return f;
}

/* The call is where passes find the frame. */
static bool mark_frame(struct widen_emit *e, LLVMValueRef size)
{
	struct widen_fn *fn = e->fn;
	LLVMTypeRef type = LLVMFunctionType(fn->nothing, &fn->i64, 1, 0);
	LLVMValueRef mark = widen_mark_function(fn, WIDEN_FRAME_MARK, type);
	if (mark)
		LLVMBuildCall2(e->builder, type, mark, &size, 1, "");
	return mark != NULL;
}

static bool begin_coroutine(struct widen_emit *e)
{
	struct widen_fn *fn = e->fn;
	LLVMValueRef null = LLVMConstNull(fn->ptr);
	e->suspended = widen_append_block(e, "suspended");
	e->cleanup = widen_append_block(e, "cleanup");
	if (fn->yields)
		e->at_barrier = LLVMBuildAlloca(e->builder, fn->i64, "at_barrier");
	LLVMValueRef id[] = {widen_int(e, fn->i32, WIDEN_FRAME_ALIGN),
			     e->at_barrier ? e->at_barrier : null, null, null};
	e->coro_id = widen_intrinsic(e, "llvm.coro.id", NULL, 0, id, 4);
	LLVMValueRef begin[] = {e->coro_id, e->frame};
	e->handle = widen_intrinsic(e, "llvm.coro.begin", NULL, 0, begin, 2);
	if (e->at_barrier)
		LLVMBuildStore(e->builder, widen_int(e, fn->i64, 0), e->at_barrier);
	return mark_frame(e, widen_intrinsic(e, "llvm.coro.size", &fn->i64, 1, NULL, 0));
}

static void end_coroutine(struct widen_emit *e)
{
	LLVMPositionBuilderAtEnd(e->builder, e->cleanup);
	LLVMValueRef free_args[] = {e->coro_id, e->handle};
	widen_intrinsic(e, "llvm.coro.free", NULL, 0, free_args, 2);
	LLVMBuildBr(e->builder, e->suspended);
	LLVMPositionBuilderAtEnd(e->builder, e->suspended);
	LLVMValueRef end[] = {e->handle, widen_int(e, e->fn->i1, 0), no_token(e)};
	widen_intrinsic(e, "llvm.coro.end", NULL, 0, end, 3);
	LLVMBuildRetVoid(e->builder);
}

/* ---- the prologue ---- */

static LLVMValueRef load_argument(struct widen_emit *e, LLVMValueRef parameter,
				  const struct tern_widen_arg *arg)
{
	struct widen_fn *fn = e->fn;
	LLVMValueRef offset = widen_int(e, fn->i64, arg->offset);
	LLVMValueRef at = LLVMBuildInBoundsGEP2(e->builder, fn->i8, e->args, &offset, 1, "");
	if (arg->by_value_align)
		return at;
	LLVMTypeRef type = widen_map_type(fn, LLVMTypeOf(parameter));
	bool local = arg->kind == TERN_ARG_LOCAL;
	LLVMValueRef v = LLVMBuildLoad2(e->builder, local ? fn->i64 : type, at, "");
	uint32_t align = arg->offset | TERN_ARGS_ALIGN;
	LLVMSetAlignment(v, align & -align);
	LLVMMetadataRef none = LLVMMDNodeInContext2(fn->context, NULL, 0);
	LLVMSetMetadata(v, LLVMGetMDKindIDInContext(fn->context, "invariant.load", 14),
			LLVMMetadataAsValue(fn->context, none));
	return local ? LLVMBuildGEP2(e->builder, fn->i8, e->local_mem, &v, 1, "") : v;
}

static bool build_prologue(struct widen_emit *e)
{
	struct widen_fn *fn = e->fn;
	e->args = LLVMGetParam(e->function, PARAM_ARGS);
	e->group = LLVMGetParam(e->function, PARAM_GROUP);
	for (unsigned d = 0; d < 3; d++) {
		e->group_id[d] = LLVMGetParam(e->function, PARAM_GROUP_ID + d);
		e->local_size[d] = LLVMGetParam(e->function, PARAM_LOCAL_SIZE + d);
		e->local_id[d] = LLVMGetParam(e->function, PARAM_LOCAL_ID + d);
	}
	e->active = LLVMGetParam(e->function, PARAM_ACTIVE);
	e->prologue = widen_append_block(e, "prologue");
	LLVMPositionBuilderAtEnd(e->builder, e->prologue);
	if (fn->has_barrier) {
		e->frame = LLVMGetParam(e->function, PARAM_FRAME);
		if (fn->regions)
			widen_begin_regions(e);
		if (fn->regions ? !mark_frame(e, widen_int(e, fn->i64, 0)) : !begin_coroutine(e))
			return false;
	}
	e->local_mem = widen_group_field(e, offsetof(struct tern_group, local_mem), fn->ptr);
	for (unsigned i = 0; i < fn->kernel->arg_count; i++) {
		LLVMValueRef parameter = LLVMGetParam(fn->ir, i);
		widen_set_scalar(e, parameter, load_argument(e, parameter, &fn->kernel->args[i]));
	}
	if (fn->flat)
		widen_flat_ids(e);
	widen_begin_streams(e);
	return true;
}

/* ---- the whole ---- */

static LLVMValueRef add_body_function(const struct widen_fn *fn, enum widen_body_kind body)
{
	static const char *const names[] = {"body", "tail", "flat", "half"};
	char *name = tern_asprintf("tern.%s.%s", names[body], fn->kernel->name);
	if (!name)
		return NULL;
	LLVMValueRef f = LLVMAddFunction(fn->module, name, widen_body_type(fn));
	tern_free(name);
	LLVMSetLinkage(f, LLVMInternalLinkage);
	widen_function_attributes(fn, f);
	if (fn->regions)
		add_string_attribute(fn, f, WIDEN_REGIONS, "");
	if (body == (widen_one_body_will_do(fn) ? WIDEN_BODY_TAIL : WIDEN_BODY_FULL))
		add_string_attribute(fn, f, WIDEN_MAIN_BODY, "");
	bool coroutine = fn->has_barrier && !fn->regions;
	const char *kind = coroutine ? "presplitcoroutine" : "alwaysinline";
	/* With rows the tail is called from several places; with regions bodies are not whole yet.
	 */
	if (coroutine || (!fn->regions && (body != WIDEN_BODY_TAIL || fn->rows == 1)))
		widen_add_attribute(fn->context, f, LLVMAttributeFunctionIndex, kind);
	return f;
}

static bool allocate_tables(struct widen_emit *e)
{
	const struct widen_fn *fn = e->fn;
	e->scalars = tern_zalloc_array(fn->value_count + 1, e->rows * sizeof(*e->scalars));
	e->vectors = tern_zalloc_array(fn->leaf_count + 1, e->rows * sizeof(*e->vectors));
	e->guards = tern_zalloc_array(fn->value_count + 1, e->rows * sizeof(*e->guards));
	e->accumulators = tern_zalloc_array(fn->leaf_count + 1, e->rows * sizeof(*e->vectors));
	e->states = tern_zalloc_array(fn->block_count + 1, sizeof(*e->states));
	return e->scalars && e->vectors && e->guards && e->accumulators && e->states;
}

LLVMValueRef widen_body(struct widen_fn *fn, unsigned rows, enum widen_body_kind kind)
{
	struct widen_emit e = {.fn = fn, .lanes = fn->lanes, .rows = rows};
	e.tail = kind == WIDEN_BODY_TAIL || kind == WIDEN_BODY_FLAT;
	e.rare = kind == WIDEN_BODY_TAIL && !widen_one_body_will_do(fn);
	e.builder = LLVMCreateBuilderInContext(fn->context);
	e.aux = LLVMCreateBuilderInContext(fn->context);
	e.function = add_body_function(fn, kind);
	if (e.function)
		widen_begin_lines(&e);
	bool made = e.function && allocate_tables(&e) && build_prologue(&e);
	if (made) {
		widen_emit_blocks(&e);
		if (fn->regions)
			widen_finish_regions(&e);
		else if (fn->has_barrier)
			end_coroutine(&e);
	}
	tern_free(e.scalars);
	tern_free(e.vectors);
	tern_free(e.guards);
	tern_free(e.accumulators);
	tern_free(e.states);
	LLVMDisposeBuilder(e.builder);
	LLVMDisposeBuilder(e.aux);
	return made && !fn->out_of_memory ? e.function : NULL;
}
