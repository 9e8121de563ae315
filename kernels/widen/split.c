/* SPDX-License-Identifier: MIT */
/*
 * Bodies of kernels whose chunks come to the same barriers (regions.c). What is emitted at a
 * barrier is
 *
 *         store number, next
 *         br (call tern.barrier(number)), suspended, behind
 *     behind:
 *         call tern.behind(number)
 *         ...
 *     suspended: (one for the whole body)
 *         return next
 *
 * and after the first passes over it such a function is made one that can be called to go on behind
 * any barrier: it begins with a switch. What lives across a barrier is stored in the frame before,
 * and loaded behind it; or made again there, where that is cheap: addresses and masks made of
 * parameters, mostly. Private variables that are used behind a barrier lie in the frame.
 *
 * The group function calls it in a loop over the chunks for each barrier, with the barrier's number
 * as a constant: inlined, only what lies between that barrier and the next ones is left of it.
 */
#include <stdlib.h>
#include <string.h>

#include "kernels/widen/internal.h"
#include "runtime/base/alloc.h"

/* ---- as the body is made ---- */

/* What passes must neither copy nor merge. */
static LLVMValueRef mark_call(struct widen_emit *e, const char *name, LLVMTypeRef type,
			      LLVMValueRef *args, unsigned count)
{
	struct widen_fn *fn = e->fn;
	LLVMValueRef f = LLVMGetNamedFunction(fn->module, name);
	/* A module of SPIR-V may have a kernel of that name: then this one gets another, and is an
	 * undefined symbol in the end. */
	if (!f || LLVMGlobalGetValueType(f) != type) {
		f = LLVMAddFunction(fn->module, name, type);
		static const char *const attributes[] = {"noduplicate", "nomerge", "nounwind"};
		for (size_t i = 0; i < tern_array_size(attributes); i++)
			widen_add_attribute(fn->context, f, LLVMAttributeFunctionIndex,
					    attributes[i]);
	}
	return LLVMBuildCall2(e->builder, type, f, args, count, "");
}

void widen_begin_regions(struct widen_emit *e)
{
	e->next = LLVMBuildAlloca(e->builder, e->fn->i32, "next");
	e->suspended = widen_append_block(e, "suspended");
}

void widen_end_region(struct widen_emit *e)
{
	struct widen_fn *fn = e->fn;
	LLVMValueRef number = widen_int(e, fn->i32, ++e->barriers);
	LLVMTypeRef type = LLVMFunctionType(fn->i1, &fn->i32, 1, 0);
	LLVMBuildStore(e->builder, number, e->next);
	LLVMValueRef suspends = mark_call(e, WIDEN_BARRIER_MARK, type, &number, 1);
	LLVMBasicBlockRef behind = widen_append_block(e, "behind");
	LLVMBuildCondBr(e->builder, suspends, e->suspended, behind);
	LLVMPositionBuilderAtEnd(e->builder, behind);
	mark_call(e, WIDEN_BEHIND_MARK, type, &number, 1);
}

void widen_end_last_region(struct widen_emit *e)
{
	LLVMBuildStore(e->builder, widen_int(e, e->fn->i32, 0), e->next);
	LLVMBuildBr(e->builder, e->suspended);
}

void widen_finish_regions(struct widen_emit *e)
{
	LLVMPositionBuilderAtEnd(e->builder, e->suspended);
	LLVMBuildRet(e->builder, LLVMBuildLoad2(e->builder, e->fn->i32, e->next, ""));
}

/* ---- a function to be split ---- */

enum {
	MOST_REMADE = 12, /* instructions for a value that is made again */
	MOST_USES = 1000, /* of a private variable's addresses, looked at */
};

_Static_assert(WIDEN_MOST_BARRIERS <= 32, "a bit for each in struct saved");

struct block {
	LLVMBasicBlockRef ir;
	uint32_t first_pred, pred_count; /* in preds */
	uint32_t seen;                   /* stamp: marked for the value in question */
	bool behind;                     /* a barrier was before it */
};

struct barrier {
	LLVMValueRef mark;       /* the call */
	uint32_t before, behind; /* blocks */
	LLVMBasicBlockRef entry; /* where the switch goes */
};

struct saved {
	LLVMValueRef ir, variable; /* variable: an alloca that stands for it */
	uint32_t barriers;         /* bits: across which it lives */
	uint32_t fresh; /* bits: of these, before which it may have been made since the last */
	bool remade;
	uint64_t offset; /* in the frame */
};

struct split {
	LLVMContextRef context;
	LLVMTargetDataRef layout;
	LLVMBuilderRef builder;
	LLVMValueRef function, frame;
	LLVMBasicBlockRef entry; /* the new one */
	struct block *blocks;
	uint32_t block_count;
	uint32_t *preds, *stack, stamp;
	struct barrier barriers[WIDEN_MOST_BARRIERS];
	unsigned barrier_count;
	struct saved *saved;
	size_t saved_count;
	uint64_t frame_bytes;
};

static int compare_blocks(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct block *)a)->ir;
	uintptr_t y = (uintptr_t)((const struct block *)b)->ir;
	return (x > y) - (x < y);
}

static uint32_t block_index(const struct split *s, LLVMBasicBlockRef ir)
{
	struct block key = {.ir = ir};
	const struct block *found =
		bsearch(&key, s->blocks, s->block_count, sizeof(key), compare_blocks);
	return (uint32_t)(found - s->blocks);
}

static uint32_t edge_count(const struct split *s)
{
	uint32_t count = 0;
	for (uint32_t b = 0; b < s->block_count; b++)
		count += LLVMGetNumSuccessors(LLVMGetBasicBlockTerminator(s->blocks[b].ir));
	return count;
}

static void find_preds(struct split *s)
{
	uint32_t at = 0;
	for (uint32_t b = 0; b < s->block_count; b++) {
		LLVMValueRef end = LLVMGetBasicBlockTerminator(s->blocks[b].ir);
		for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++)
			s->blocks[block_index(s, LLVMGetSuccessor(end, i))].pred_count++;
	}
	for (uint32_t b = 0; b < s->block_count; b++) {
		s->blocks[b].first_pred = at;
		at += s->blocks[b].pred_count;
		s->blocks[b].pred_count = 0;
	}
	for (uint32_t b = 0; b < s->block_count; b++) {
		LLVMValueRef end = LLVMGetBasicBlockTerminator(s->blocks[b].ir);
		for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++) {
			struct block *to = &s->blocks[block_index(s, LLVMGetSuccessor(end, i))];
			s->preds[to->first_pred + to->pred_count++] = b;
		}
	}
}

/* Blocks, edges and the memory for all that follows. */
static bool survey_blocks(struct split *s)
{
	uint32_t values = 0, i = 0;
	s->block_count = LLVMCountBasicBlocks(s->function);
	s->blocks = tern_zalloc_array(s->block_count, sizeof(*s->blocks));
	if (!s->blocks)
		return false;
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(s->function); b;
	     b = LLVMGetNextBasicBlock(b)) {
		s->blocks[i++].ir = b;
		for (LLVMValueRef v = LLVMGetFirstInstruction(b); v; v = LLVMGetNextInstruction(v))
			values++;
	}
	qsort(s->blocks, s->block_count, sizeof(*s->blocks), compare_blocks);
	s->preds = tern_zalloc_array(edge_count(s) + 1, sizeof(*s->preds));
	s->stack = tern_zalloc_array(s->block_count, sizeof(*s->stack));
	s->saved = tern_zalloc_array(values + 1, sizeof(*s->saved));
	if (!s->preds || !s->stack || !s->saved)
		return false;
	find_preds(s);
	return true;
}

static bool is_call_of(LLVMValueRef v, const char *name)
{
	LLVMValueRef f = LLVMIsACallInst(v) ? LLVMGetCalledValue(v) : NULL;
	size_t length;
	return f && strcmp(LLVMGetValueName2(f, &length), name) == 0;
}

/* The mark of the barrier that the block of terminator @end comes to, or NULL. */
static LLVMValueRef mark_before(LLVMValueRef end)
{
	LLVMValueRef condition =
		LLVMIsABranchInst(end) && LLVMIsConditional(end) ? LLVMGetCondition(end) : NULL;
	return condition && is_call_of(condition, WIDEN_BARRIER_MARK) ? condition : NULL;
}

/* Their marks are last in their blocks. False: too many. */
static bool find_barriers(struct split *s)
{
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(s->function); b;
	     b = LLVMGetNextBasicBlock(b)) {
		LLVMValueRef end = LLVMGetBasicBlockTerminator(b);
		LLVMValueRef mark = mark_before(end);
		if (!mark)
			continue;
		if (s->barrier_count == WIDEN_MOST_BARRIERS)
			return false;
		struct barrier *barrier = &s->barriers[s->barrier_count++];
		barrier->mark = mark;
		barrier->before = block_index(s, b);
		barrier->behind = block_index(s, LLVMGetSuccessor(end, 1)); /* 0: suspended */
	}
	return true;
}

/* Blocks that can be reached from behind a barrier. */
static void find_what_is_behind(struct split *s)
{
	uint32_t depth = 0;
	for (unsigned i = 0; i < s->barrier_count; i++) {
		struct block *b = &s->blocks[s->barriers[i].behind];
		if (!b->behind)
			s->stack[depth++] = s->barriers[i].behind;
		b->behind = true;
	}
	while (depth) {
		LLVMValueRef end = LLVMGetBasicBlockTerminator(s->blocks[s->stack[--depth]].ir);
		for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++) {
			uint32_t next = block_index(s, LLVMGetSuccessor(end, i));
			if (s->blocks[next].behind)
				continue;
			s->blocks[next].behind = true;
			s->stack[depth++] = next;
		}
	}
}

/* ---- what lives across barriers ---- */

static void mark(struct split *s, uint32_t b, uint32_t *depth)
{
	if (s->blocks[b].seen == s->stamp)
		return;
	s->blocks[b].seen = s->stamp;
	s->stack[(*depth)++] = b;
}

/* Marks the blocks at whose beginning @v is wanted. */
static void follow_uses(struct split *s, LLVMValueRef v)
{
	uint32_t home = block_index(s, LLVMGetInstructionParent(v)), depth = 0;
	s->stamp++;
	for (LLVMUseRef use = LLVMGetFirstUse(v); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		uint32_t b = block_index(s, LLVMGetInstructionParent(user));
		if (!LLVMIsAPHINode(user)) {
			if (b != home)
				mark(s, b, &depth);
			continue;
		}
		for (unsigned i = 0; i < LLVMCountIncoming(user); i++) {
			uint32_t from = block_index(s, LLVMGetIncomingBlock(user, i));
			if (LLVMGetIncomingValue(user, i) == v && from != home)
				mark(s, from, &depth);
		}
	}
	while (depth) {
		const struct block *b = &s->blocks[s->stack[--depth]];
		for (uint32_t i = 0; i < b->pred_count; i++)
			if (s->preds[b->first_pred + i] != home)
				mark(s, s->preds[b->first_pred + i], &depth);
	}
}

/* Marks the blocks that can be reached from @v without coming to a barrier before. */
static void follow_ways(struct split *s, LLVMValueRef v)
{
	uint32_t depth = 0;
	s->stamp++;
	mark(s, block_index(s, LLVMGetInstructionParent(v)), &depth);
	while (depth) {
		LLVMValueRef end = LLVMGetBasicBlockTerminator(s->blocks[s->stack[--depth]].ir);
		if (mark_before(end))
			continue;
		for (unsigned i = 0; i < LLVMGetNumSuccessors(end); i++)
			mark(s, block_index(s, LLVMGetSuccessor(end, i)), &depth);
	}
}

static bool is_invariant_load(const struct split *s, LLVMValueRef load)
{
	LLVMValueRef pointer = LLVMGetOperand(load, 0);
	if (LLVMGetVolatile(load) || LLVMGetOrdering(load) != LLVMAtomicOrderingNotAtomic)
		return false;
	while (LLVMIsAGetElementPtrInst(pointer))
		pointer = LLVMGetOperand(pointer, 0);
	/* The argument block and the group, which nobody writes to meanwhile. */
	return pointer == LLVMGetParam(s->function, 0) || pointer == LLVMGetParam(s->function, 1);
}

/* Cheap, and the same whenever it is made of the same. */
static bool can_be_remade(const struct split *s, LLVMValueRef inst)
{
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMLoad:
		return is_invariant_load(s, inst);
	case LLVMAdd:
	case LLVMSub:
	case LLVMMul:
	case LLVMShl:
	case LLVMLShr:
	case LLVMAShr:
	case LLVMAnd:
	case LLVMOr:
	case LLVMXor:
	case LLVMICmp:
	case LLVMSelect:
	case LLVMTrunc:
	case LLVMZExt:
	case LLVMSExt:
	case LLVMPtrToInt:
	case LLVMIntToPtr:
	case LLVMBitCast:
	case LLVMGetElementPtr:
	case LLVMInsertElement:
	case LLVMShuffleVector:
		return true;
	case LLVMFreeze: /* what may be poison is not frozen twice */
		return LLVMIsAArgument(LLVMGetOperand(inst, 0)) ||
		       (LLVMIsALoadInst(LLVMGetOperand(inst, 0)) &&
			is_invariant_load(s, LLVMGetOperand(inst, 0)));
	default:
		return false;
	}
}

/* Takes what making @v again costs from *budget; false: too much. */
static bool remaking_pays(const struct split *s, LLVMValueRef v, int *budget)
{
	if (!LLVMIsAInstruction(v) || LLVMIsAAllocaInst(v))
		return true;
	if (!can_be_remade(s, v) || --*budget < 0)
		return false;
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(v); i++)
		if (!remaking_pays(s, LLVMGetOperand(v, i), budget))
			return false;
	return true;
}

static uint64_t take_frame(struct split *s, uint64_t size, uint64_t align)
{
	uint64_t offset = tern_round_up(s->frame_bytes, align);
	s->frame_bytes = offset + size;
	return offset;
}

static unsigned align_in_frame(const struct split *s, LLVMTypeRef type)
{
	return tern_min(LLVMABIAlignmentOfType(s->layout, type), 64u);
}

static void survey_value(struct split *s, LLVMValueRef v)
{
	struct saved saved = {.ir = v};
	int budget = MOST_REMADE;
	if (!LLVMGetFirstUse(v) || LLVMIsAAllocaInst(v))
		return;
	follow_uses(s, v);
	for (unsigned i = 0; i < s->barrier_count; i++)
		if (s->blocks[s->barriers[i].behind].seen == s->stamp)
			saved.barriers |= (uint32_t)1 << i;
	if (!saved.barriers)
		return;
	saved.remade = remaking_pays(s, v, &budget);
	if (!saved.remade) {
		LLVMTypeRef type = LLVMTypeOf(v);
		saved.offset =
			take_frame(s, LLVMABISizeOfType(s->layout, type), align_in_frame(s, type));
		follow_ways(s, v);
		for (unsigned i = 0; i < s->barrier_count; i++)
			if (s->blocks[s->barriers[i].before].seen == s->stamp)
				saved.fresh |= saved.barriers & (uint32_t)1 << i;
	}
	s->saved[s->saved_count++] = saved;
}

static void survey_values(struct split *s)
{
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(s->function); b;
	     b = LLVMGetNextBasicBlock(b))
		for (LLVMValueRef v = LLVMGetFirstInstruction(b); v; v = LLVMGetNextInstruction(v))
			survey_value(s, v);
}

/* ---- the change ---- */

static LLVMValueRef frame_at(struct split *s, uint64_t offset)
{
	LLVMTypeRef i64 = LLVMInt64TypeInContext(s->context);
	LLVMValueRef index = LLVMConstInt(i64, offset, 0);
	return LLVMBuildGEP2(s->builder, LLVMInt8TypeInContext(s->context), s->frame, &index, 1,
			     "");
}

static bool is_called(LLVMValueRef call, const char *prefix)
{
	LLVMValueRef f = LLVMGetCalledValue(call);
	size_t length;
	return f && LLVMIsAFunction(f) &&
	       strncmp(LLVMGetValueName2(f, &length), prefix, strlen(prefix)) == 0;
}

enum use { ACCESSES, MAKES_ANOTHER, ESCAPES };

/* What @user does with the address @pointer: no more than to read and write there, or what is not
 * known. */
static enum use use_of(LLVMValueRef user, LLVMValueRef pointer)
{
	switch (LLVMGetInstructionOpcode(user)) {
	case LLVMLoad:
	case LLVMICmp:
		return ACCESSES;
	case LLVMStore:
		return LLVMGetOperand(user, 0) == pointer ? ESCAPES : ACCESSES;
	case LLVMAtomicRMW:
		return LLVMGetOperand(user, 1) == pointer ? ESCAPES : ACCESSES;
	case LLVMCall:
		if (is_called(user, "llvm.masked.load") || is_called(user, "llvm.masked.gather") ||
		    is_called(user, "llvm.memset") || is_called(user, "llvm.memcpy"))
			return ACCESSES;
		return (is_called(user, "llvm.masked.store") ||
			is_called(user, "llvm.masked.scatter")) &&
				       LLVMGetOperand(user, 0) != pointer
			       ? ACCESSES
			       : ESCAPES;
	case LLVMGetElementPtr:
	case LLVMAddrSpaceCast:
	case LLVMSelect:
	case LLVMInsertElement:
	case LLVMExtractElement:
	case LLVMShuffleVector:
	case LLVMFreeze:
		return MAKES_ANOTHER;
	default:
		return ESCAPES;
	}
}

/* Takes the uses looked at from *budget: when there are too many, it may be. */
static bool is_used_behind(const struct split *s, LLVMValueRef pointer, int *budget)
{
	for (LLVMUseRef use = LLVMGetFirstUse(pointer); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		enum use how = use_of(user, pointer);
		if (--*budget < 0 || how == ESCAPES ||
		    s->blocks[block_index(s, LLVMGetInstructionParent(user))].behind ||
		    (how == MAKES_ANOTHER && is_used_behind(s, user, budget)))
			return true;
	}
	return false;
}

/* A private variable of the chunk in its frame. */
static LLVMValueRef place_in_frame(struct split *s, LLVMValueRef variable)
{
	uint64_t size = LLVMABISizeOfType(s->layout, LLVMGetAllocatedType(variable));
	uint64_t align = LLVMGetAlignment(variable), frame = WIDEN_FRAME_ALIGN;
	int64_t count = 1;
	(void)widen_constant_int(LLVMGetOperand(variable, 0), &count);
	uint64_t spare = align > frame ? align - frame : 0;
	LLVMValueRef at =
		frame_at(s, take_frame(s, size * (uint64_t)count + spare, tern_min(align, frame)));
	if (!spare)
		return at;
	LLVMTypeRef i64 = LLVMInt64TypeInContext(s->context);
	LLVMValueRef low = LLVMConstInt(i64, align - 1, 0);
	LLVMValueRef address = LLVMBuildPtrToInt(s->builder, at, i64, "");
	address = LLVMBuildAdd(s->builder, address, low, "");
	address = LLVMBuildAnd(s->builder, address, LLVMConstNot(low), "");
	return LLVMBuildIntToPtr(s->builder, address, LLVMTypeOf(at), "");
}

/* The switch's block gets all variables. @next is written before it is read, wherever that is. */
static void move_variables(struct split *s, LLVMBasicBlockRef old_entry, LLVMValueRef next)
{
	for (LLVMValueRef v = LLVMGetFirstInstruction(old_entry), after; v; v = after) {
		after = LLVMGetNextInstruction(v);
		if (!LLVMIsAAllocaInst(v))
			continue;
		int budget = MOST_USES;
		if (v != next && is_used_behind(s, v, &budget)) {
			LLVMReplaceAllUsesWith(v, place_in_frame(s, v));
			LLVMInstructionEraseFromParent(v);
			continue;
		}
		LLVMInstructionRemoveFromParent(v);
		LLVMInsertIntoBuilder(s->builder, v);
	}
}

static LLVMValueRef remake(struct split *s, LLVMValueRef v)
{
	if (!LLVMIsAInstruction(v) || LLVMGetInstructionParent(v) == s->entry)
		return v;
	LLVMValueRef copy = LLVMInstructionClone(v);
	for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(v); i++)
		LLVMSetOperand(copy, i, remake(s, LLVMGetOperand(v, i)));
	LLVMInsertIntoBuilder(s->builder, copy);
	return copy;
}

/* What lives across the barrier, before the body goes on behind it. */
static void make_entry(struct split *s, unsigned number)
{
	struct barrier *barrier = &s->barriers[number];
	LLVMBasicBlockRef behind = s->blocks[barrier->behind].ir;
	barrier->entry = LLVMInsertBasicBlockInContext(s->context, behind, "go_on");
	LLVMPositionBuilderAtEnd(s->builder, barrier->entry);
	for (size_t i = 0; i < s->saved_count; i++) {
		const struct saved *v = &s->saved[i];
		LLVMTypeRef type = LLVMTypeOf(v->ir);
		LLVMValueRef value;
		if (!(v->barriers >> number & 1))
			continue;
		if (v->remade) {
			value = remake(s, v->ir);
		} else {
			value = LLVMBuildLoad2(s->builder, type, frame_at(s, v->offset), "");
			LLVMSetAlignment(value, align_in_frame(s, type));
		}
		LLVMBuildStore(s->builder, value, v->variable);
	}
	LLVMBuildBr(s->builder, behind);
}

static LLVMValueRef behind_phis(LLVMBasicBlockRef block)
{
	LLVMValueRef v = LLVMGetFirstInstruction(block);
	while (LLVMIsAPHINode(v))
		v = LLVMGetNextInstruction(v);
	return v;
}

static LLVMValueRef load_variable(struct split *s, const struct saved *v, LLVMValueRef before)
{
	LLVMPositionBuilderBefore(s->builder, before);
	return LLVMBuildLoad2(s->builder, LLVMTypeOf(v->ir), v->variable, "");
}

/* Ways that come from the same block bring the same value. */
static void load_for_phi(struct split *s, const struct saved *v, LLVMValueRef phi)
{
	for (unsigned i = 0; i < LLVMCountIncoming(phi); i++) {
		LLVMBasicBlockRef from = LLVMGetIncomingBlock(phi, i);
		if (LLVMGetIncomingValue(phi, i) != v->ir)
			continue;
		LLVMValueRef value = load_variable(s, v, LLVMGetBasicBlockTerminator(from));
		for (unsigned k = i; k < LLVMCountIncoming(phi); k++)
			if (LLVMGetIncomingBlock(phi, k) == from)
				LLVMSetOperand(phi, k, value);
	}
}

/* A use in another block than the value's own, or NULL. */
static LLVMValueRef use_elsewhere(const struct saved *v)
{
	LLVMBasicBlockRef home = LLVMGetInstructionParent(v->ir);
	for (LLVMUseRef use = LLVMGetFirstUse(v->ir); use; use = LLVMGetNextUse(use)) {
		LLVMValueRef user = LLVMGetUser(use);
		if (LLVMIsAPHINode(user) || LLVMGetInstructionParent(user) != home)
			return user;
	}
	return NULL;
}

/* Uses load from the variable what is stored there behind the definition. */
static void use_variable(struct split *s, const struct saved *v)
{
	for (LLVMValueRef user; (user = use_elsewhere(v));) {
		if (LLVMIsAPHINode(user)) {
			load_for_phi(s, v, user);
			continue;
		}
		LLVMValueRef value = load_variable(s, v, user);
		for (unsigned i = 0; i < (unsigned)LLVMGetNumOperands(user); i++)
			if (LLVMGetOperand(user, i) == v->ir)
				LLVMSetOperand(user, i, value);
	}
	LLVMPositionBuilderBefore(s->builder, LLVMIsAPHINode(v->ir)
						      ? behind_phis(LLVMGetInstructionParent(v->ir))
						      : LLVMGetNextInstruction(v->ir));
	LLVMBuildStore(s->builder, v->ir, v->variable);
}

/* What has not been made since the last barrier is there already. */
static void save_in_frame(struct split *s, unsigned number)
{
	LLVMValueRef mark = s->barriers[number].mark;
	for (size_t i = 0; i < s->saved_count; i++) {
		const struct saved *v = &s->saved[i];
		if (!(v->fresh >> number & 1))
			continue;
		LLVMValueRef value = load_variable(s, v, mark);
		LLVMValueRef store = LLVMBuildStore(s->builder, value, frame_at(s, v->offset));
		LLVMSetAlignment(store, align_in_frame(s, LLVMTypeOf(v->ir)));
	}
}

static void remove_marks(struct split *s, unsigned number)
{
	const struct barrier *barrier = &s->barriers[number];
	LLVMValueRef behind = LLVMGetFirstInstruction(s->blocks[barrier->behind].ir);
	LLVMReplaceAllUsesWith(barrier->mark, LLVMConstInt(LLVMTypeOf(barrier->mark), 1, 0));
	LLVMInstructionEraseFromParent(barrier->mark);
	while (behind && !is_call_of(behind, WIDEN_BEHIND_MARK))
		behind = LLVMGetNextInstruction(behind);
	if (behind)
		LLVMInstructionEraseFromParent(behind);
}

static void make_switch(struct split *s, LLVMBasicBlockRef old_entry)
{
	LLVMValueRef number = LLVMGetParam(s->function, LLVMCountParams(s->function) - 1);
	LLVMPositionBuilderAtEnd(s->builder, s->entry);
	LLVMValueRef go = LLVMBuildSwitch(s->builder, number, old_entry, s->barrier_count);
	for (unsigned i = 0; i < s->barrier_count; i++)
		LLVMAddCase(go, LLVMGetOperand(s->barriers[i].mark, 0), s->barriers[i].entry);
}

/* The variable that the function returns: the barrier's number. */
static LLVMValueRef find_next(const struct split *s)
{
	for (uint32_t b = 0; b < s->block_count; b++) {
		LLVMValueRef end = LLVMGetBasicBlockTerminator(s->blocks[b].ir);
		LLVMValueRef v = LLVMIsAReturnInst(end) ? LLVMGetOperand(end, 0) : NULL;
		if (v && LLVMIsALoadInst(v))
			return LLVMGetOperand(v, 0);
	}
	return NULL;
}

static void change(struct split *s)
{
	LLVMBasicBlockRef old_entry = LLVMGetEntryBasicBlock(s->function);
	LLVMValueRef next = find_next(s);
	s->entry = LLVMInsertBasicBlockInContext(s->context, old_entry, "entry");
	LLVMPositionBuilderAtEnd(s->builder, s->entry);
	move_variables(s, old_entry, next);
	for (size_t i = 0; i < s->saved_count; i++)
		s->saved[i].variable =
			LLVMBuildAlloca(s->builder, LLVMTypeOf(s->saved[i].ir), "saved");
	for (unsigned i = 0; i < s->barrier_count; i++)
		make_entry(s, i); /* of the old values: these are still as they were */
	make_switch(s, old_entry);
	for (size_t i = 0; i < s->saved_count; i++)
		use_variable(s, &s->saved[i]);
	for (unsigned i = 0; i < s->barrier_count; i++)
		save_in_frame(s, i);
	for (unsigned i = 0; i < s->barrier_count; i++)
		remove_marks(s, i);
}

/* ---- the whole ---- */

/* The call in the function that says how large its frame is. */
static LLVMValueRef frame_mark(LLVMValueRef function)
{
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(function); b;
	     b = LLVMGetNextBasicBlock(b))
		for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
			if (LLVMIsACallInst(i) && is_called(i, WIDEN_FRAME_MARK))
				return i;
	return NULL;
}

static bool split_body(LLVMModuleRef module, LLVMValueRef function)
{
	struct split s = {.context = LLVMGetModuleContext(module),
			  .layout = LLVMGetModuleDataLayout(module),
			  .function = function,
			  .frame = LLVMGetParam(function, LLVMCountParams(function) - 2),
			  .frame_bytes = sizeof(uint64_t)}; /* 0: the kernel never suspends */
	bool good = survey_blocks(&s) && find_barriers(&s);
	if (good) {
		s.builder = LLVMCreateBuilderInContext(s.context);
		find_what_is_behind(&s);
		survey_values(&s);
		change(&s);
		LLVMValueRef mark = frame_mark(function), size = LLVMGetOperand(mark, 0);
		LLVMSetOperand(mark, 0, LLVMConstInt(LLVMTypeOf(size), s.frame_bytes, 0));
		LLVMDisposeBuilder(s.builder);
	}
	tern_free(s.blocks);
	tern_free(s.preds);
	tern_free(s.stack);
	tern_free(s.saved);
	return good;
}

static bool is_body(LLVMValueRef function)
{
	return !LLVMIsDeclaration(function) &&
	       LLVMGetStringAttributeAtIndex(function, LLVMAttributeFunctionIndex, WIDEN_REGIONS,
					     strlen(WIDEN_REGIONS));
}

static void delete_function(LLVMModuleRef module, const char *name)
{
	LLVMValueRef f = LLVMGetNamedFunction(module, name);
	if (f && LLVMIsDeclaration(f) && !LLVMGetFirstUse(f))
		LLVMDeleteFunction(f);
}

bool widen_split_regions(LLVMModuleRef module, bool *out_of_memory)
{
	bool any = false;
	for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f)) {
		if (!is_body(f))
			continue;
		any = true;
		if (!split_body(module, f)) {
			*out_of_memory = true;
			return any;
		}
		if (LLVMGetStringAttributeAtIndex(f, LLVMAttributeFunctionIndex, WIDEN_MAIN_BODY,
						  strlen(WIDEN_MAIN_BODY)))
			widen_add_attribute(LLVMGetModuleContext(module), f,
					    LLVMAttributeFunctionIndex, "alwaysinline");
	}
	delete_function(module, WIDEN_BARRIER_MARK);
	delete_function(module, WIDEN_BEHIND_MARK);
	return any;
}
