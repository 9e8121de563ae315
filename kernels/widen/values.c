/* SPDX-License-Identifier: MIT */
/* The kernel's blocks and values, numbered; its types without address spaces. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernels/widen/internal.h"
#include "runtime/base/alloc.h"

/* ---- types ---- */

static LLVMTypeRef map_struct(const struct widen_fn *fn, LLVMTypeRef type)
{
	unsigned n = LLVMCountStructElementTypes(type);
	LLVMTypeRef members[WIDEN_MAX_LEAVES];
	bool same = true;
	if (n > WIDEN_MAX_LEAVES)
		return type; /* never a value: has_exotic_type() */
	for (unsigned i = 0; i < n; i++) {
		LLVMTypeRef member = LLVMStructGetTypeAtIndex(type, i);
		members[i] = widen_map_type(fn, member);
		same = same && members[i] == member;
	}
	if (same)
		return type;
	return LLVMStructTypeInContext(fn->context, members, n, LLVMIsPackedStruct(type));
}

LLVMTypeRef widen_map_type(const struct widen_fn *fn, LLVMTypeRef type)
{
	switch (LLVMGetTypeKind(type)) {
	case LLVMPointerTypeKind:
	case LLVMTargetExtTypeKind:
		return fn->ptr;
	case LLVMVectorTypeKind:
		return LLVMVectorType(widen_map_type(fn, LLVMGetElementType(type)),
				      LLVMGetVectorSize(type));
	case LLVMArrayTypeKind:
		return LLVMArrayType2(widen_map_type(fn, LLVMGetElementType(type)),
				      LLVMGetArrayLength2(type));
	case LLVMStructTypeKind:
		return map_struct(fn, type);
	default:
		return type;
	}
}

unsigned widen_leaf_count(LLVMTypeRef type)
{
	unsigned sum = 0;
	switch (LLVMGetTypeKind(type)) {
	case LLVMVoidTypeKind:
	case LLVMLabelTypeKind:
	case LLVMMetadataTypeKind:
	case LLVMTokenTypeKind:
		return 0;
	case LLVMVectorTypeKind:
		return LLVMGetVectorSize(type);
	case LLVMArrayTypeKind:
		sum = widen_leaf_count(LLVMGetElementType(type));
		if (sum && LLVMGetArrayLength2(type) > WIDEN_MAX_LEAVES / sum)
			return WIDEN_MAX_LEAVES + 1;
		return sum * (unsigned)LLVMGetArrayLength2(type);
	case LLVMStructTypeKind:
		for (unsigned i = 0; i < LLVMCountStructElementTypes(type); i++)
			sum += widen_leaf_count(LLVMStructGetTypeAtIndex(type, i));
		return tern_min(sum, WIDEN_MAX_LEAVES + 1u);
	default:
		return 1;
	}
}

LLVMTypeRef widen_leaf_type(const struct widen_fn *fn, LLVMTypeRef type, unsigned leaf)
{
	for (;;) {
		switch (LLVMGetTypeKind(type)) {
		case LLVMVectorTypeKind:
			return widen_map_type(fn, LLVMGetElementType(type));
		case LLVMArrayTypeKind:
			type = LLVMGetElementType(type);
			leaf %= widen_leaf_count(type);
			break;
		case LLVMStructTypeKind: {
			unsigned i = 0, n;
			while (leaf >= (n = widen_leaf_count(LLVMStructGetTypeAtIndex(type, i)))) {
				leaf -= n;
				i++;
			}
			type = LLVMStructGetTypeAtIndex(type, i);
			break;
		}
		default:
			return widen_map_type(fn, type);
		}
	}
}

uint64_t widen_size_of(const struct widen_fn *fn, LLVMTypeRef type)
{
	return LLVMABISizeOfType(fn->layout, type);
}

bool widen_is_real(LLVMTypeRef type)
{
	LLVMTypeKind kind = LLVMGetTypeKind(type);
	return kind == LLVMFloatTypeKind || kind == LLVMDoubleTypeKind || kind == LLVMHalfTypeKind;
}

bool widen_gep_step(const struct widen_fn *fn, LLVMValueRef gep, unsigned i, LLVMTypeRef *type,
		    uint64_t *bytes)
{
	if (i > 1 && LLVMGetTypeKind(*type) == LLVMStructTypeKind) {
		unsigned member = (unsigned)LLVMConstIntGetZExtValue(LLVMGetOperand(gep, i));
		*bytes = LLVMOffsetOfElement(fn->layout, *type, member);
		*type = LLVMStructGetTypeAtIndex(*type, member);
		return true;
	}
	if (i > 1)
		*type = LLVMGetElementType(*type);
	*bytes = widen_size_of(fn, *type);
	return false;
}

bool widen_is_pointer_to_local(LLVMValueRef pointer)
{
	LLVMTypeRef type = LLVMTypeOf(pointer);
	return LLVMGetTypeKind(type) == LLVMPointerTypeKind &&
	       LLVMGetPointerAddressSpace(type) == WIDEN_LOCAL_SPACE;
}

bool widen_constant_int(LLVMValueRef v, int64_t *out)
{
	if (!LLVMIsAConstantInt(v) || LLVMGetIntTypeWidth(LLVMTypeOf(v)) > 64)
		return false;
	*out = LLVMConstIntGetSExtValue(v);
	return true;
}

/* ---- the map from IR to values and blocks ---- */

static struct widen_map_entry *map_entry(const struct widen_fn *fn, const void *key)
{
	uint32_t i = (uint32_t)(((uintptr_t)key >> 4) * 2654435761u) & (fn->map_size - 1);
	while (fn->map[i].key && fn->map[i].key != key)
		i = (i + 1) & (fn->map_size - 1);
	return &fn->map[i];
}

static void map_add(struct widen_fn *fn, const void *key, uint32_t index)
{
	struct widen_map_entry *entry = map_entry(fn, key);
	entry->key = key;
	entry->index = index;
}

struct widen_value *widen_value_of(const struct widen_fn *fn, LLVMValueRef ir)
{
	struct widen_map_entry *entry = map_entry(fn, ir);
	return entry->key ? &fn->values[entry->index] : NULL;
}

uint32_t widen_block_index(const struct widen_fn *fn, LLVMBasicBlockRef ir)
{
	struct widen_map_entry *entry = map_entry(fn, ir);
	return entry->key ? entry->index : WIDEN_NONE;
}

/* ---- numbering ---- */

/* Blocks in reverse post-order, without recursion: functions may have thousands. */
static int number_blocks(struct widen_fn *fn, uint32_t total)
{
	struct frame {
		LLVMBasicBlockRef block;
		unsigned next;
	} *stack = tern_zalloc_array(total, sizeof(*stack));
	fn->blocks = tern_zalloc_array(total, sizeof(*fn->blocks));
	if (!stack || !fn->blocks) {
		tern_free(stack);
		return -ENOMEM;
	}
	uint32_t depth = 1, done = total;
	stack[0].block = LLVMGetEntryBasicBlock(fn->ir);
	map_add(fn, stack[0].block, 0);
	while (depth) {
		struct frame *top = &stack[depth - 1];
		LLVMValueRef terminator = LLVMGetBasicBlockTerminator(top->block);
		if (top->next < LLVMGetNumSuccessors(terminator)) {
			LLVMBasicBlockRef b = LLVMGetSuccessor(terminator, top->next++);
			if (widen_block_index(fn, b) == WIDEN_NONE) {
				map_add(fn, b, 0);
				stack[depth++] = (struct frame){.block = b};
			}
			continue;
		}
		fn->blocks[--done].ir = top->block;
		depth--;
	}
	tern_free(stack);
	fn->block_count = total - done;
	memmove(fn->blocks, fn->blocks + done, fn->block_count * sizeof(*fn->blocks));
	for (uint32_t b = 0; b < fn->block_count; b++)
		map_add(fn, fn->blocks[b].ir, b);
	return 0;
}

static int number_edges(struct widen_fn *fn)
{
	uint32_t edges = 0;
	for (uint32_t b = 0; b < fn->block_count; b++) {
		struct widen_block *block = &fn->blocks[b];
		block->terminator = LLVMGetBasicBlockTerminator(block->ir);
		block->successor_count = LLVMGetNumSuccessors(block->terminator);
		if (block->successor_count > 1)
			block->condition = LLVMGetOperand(block->terminator, 0);
		edges += block->successor_count;
	}
	fn->edges = tern_zalloc_array(edges + 1, 2 * sizeof(*fn->edges));
	if (!fn->edges)
		return -ENOMEM;
	uint32_t *next = fn->edges;
	for (uint32_t b = 0; b < fn->block_count; b++) {
		struct widen_block *block = &fn->blocks[b];
		block->successors = next;
		for (uint32_t i = 0; i < block->successor_count; i++) {
			LLVMBasicBlockRef to = LLVMGetSuccessor(block->terminator, i);
			*next = widen_block_index(fn, to);
			fn->blocks[*next++].pred_count++;
		}
	}
	for (uint32_t b = 0; b < fn->block_count; b++) {
		fn->blocks[b].preds = next;
		next += fn->blocks[b].pred_count;
		fn->blocks[b].pred_count = 0;
	}
	for (uint32_t b = 0; b < fn->block_count; b++)
		for (uint32_t i = 0; i < fn->blocks[b].successor_count; i++) {
			struct widen_block *to = &fn->blocks[fn->blocks[b].successors[i]];
			to->preds[to->pred_count++] = b;
		}
	return 0;
}

static void add_value(struct widen_fn *fn, LLVMValueRef ir, uint32_t block)
{
	struct widen_value *v = &fn->values[fn->value_count];
	v->ir = ir;
	v->block = block;
	v->leaves = widen_leaf_count(LLVMTypeOf(ir));
	v->first_leaf = fn->leaf_count;
	/* Types with too many leaves are never varying. */
	if (v->leaves <= WIDEN_MAX_LEAVES)
		fn->leaf_count += v->leaves;
	map_add(fn, ir, fn->value_count++);
}

static int number_values(struct widen_fn *fn, uint32_t total)
{
	fn->values = tern_zalloc_array(total + 1, sizeof(*fn->values));
	if (!fn->values)
		return -ENOMEM;
	for (unsigned i = 0; i < LLVMCountParams(fn->ir); i++)
		add_value(fn, LLVMGetParam(fn->ir, i), 0);
	for (uint32_t b = 0; b < fn->block_count; b++)
		for (LLVMValueRef i = LLVMGetFirstInstruction(fn->blocks[b].ir); i;
		     i = LLVMGetNextInstruction(i))
			add_value(fn, i, b);
	return 0;
}

static int number_all(struct widen_fn *fn)
{
	uint32_t values = LLVMCountParams(fn->ir), blocks = LLVMCountBasicBlocks(fn->ir);
	for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(fn->ir); b; b = LLVMGetNextBasicBlock(b))
		for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
			values++;
	for (fn->map_size = 64; fn->map_size < 2 * (values + blocks);)
		fn->map_size *= 2;
	fn->map = tern_zalloc_array(fn->map_size, sizeof(*fn->map));
	if (!fn->map)
		return -ENOMEM;
	int error = number_blocks(fn, blocks);
	if (!error)
		error = number_edges(fn);
	return error ? error : number_values(fn, values);
}

static uint64_t least_variable(const struct widen_fn *fn)
{
	uint64_t least = UINT64_MAX;
	for (LLVMValueRef g = LLVMGetFirstGlobal(fn->module); g; g = LLVMGetNextGlobal(g)) {
		LLVMTypeRef type = LLVMGlobalGetValueType(g);
		if (!LLVMIsGlobalConstant(g) && !widen_is_pointer_to_local(g) &&
		    LLVMTypeIsSized(type))
			least = tern_min(least, widen_size_of(fn, type));
	}
	return least;
}

int widen_fn_init(struct widen_fn *fn, LLVMModuleRef module,
		  const struct tern_widen_options *options, struct tern_widen_kernel *kernel)
{
	memset(fn, 0, sizeof(*fn));
	fn->module = module;
	fn->context = LLVMGetModuleContext(module);
	fn->layout = LLVMGetModuleDataLayout(module);
	fn->options = options;
	fn->kernel = kernel;
	fn->ir = kernel->function;
	fn->i1 = LLVMInt1TypeInContext(fn->context);
	fn->i8 = LLVMInt8TypeInContext(fn->context);
	fn->i32 = LLVMInt32TypeInContext(fn->context);
	fn->i64 = LLVMInt64TypeInContext(fn->context);
	fn->ptr = LLVMPointerTypeInContext(fn->context, 0);
	fn->nothing = LLVMVoidTypeInContext(fn->context);
	fn->least_variable = least_variable(fn);
	int error = number_all(fn);
	if (error)
		widen_fn_finish(fn);
	return error;
}

void widen_fn_finish(struct widen_fn *fn)
{
	widen_finish_lines(fn);
	tern_free(fn->values);
	tern_free(fn->blocks);
	tern_free(fn->edges);
	tern_free(fn->map);
	tern_free(fn->locals);
	tern_free(fn->joins);
	memset(fn, 0, sizeof(*fn));
}

bool widen_refuse(struct widen_fn *fn, const char *reason, LLVMValueRef at)
{
	struct tern_widen_kernel *k = fn->kernel;
	k->reason = reason;
	k->reason_detail[0] = '\0';
	k->reason_line = at && LLVMIsAInstruction(at) ? LLVMGetDebugLocLine(at) : 0;
	unsigned length = 0;
	const char *file = k->reason_line ? LLVMGetDebugLocFilename(at, &length) : NULL;
	snprintf(k->reason_file, sizeof(k->reason_file), "%.*s", file ? (int)length : 0,
		 file ? file : "");
	if (at) {
		char *text = LLVMPrintValueToString(at);
		snprintf(k->reason_detail, sizeof(k->reason_detail), "%s",
			 text + strspn(text, " "));
		LLVMDisposeMessage(text);
	}
	return false;
}

uint64_t widen_local_offset(struct widen_fn *fn, LLVMValueRef global)
{
	for (uint32_t i = 0; i < fn->local_count; i++)
		if (fn->locals[i].global == global)
			return fn->locals[i].offset;
	if (fn->local_count == fn->local_capacity) {
		uint32_t capacity = fn->local_capacity ? 2 * fn->local_capacity : 8;
		struct widen_local *grown =
			tern_realloc_array(fn->locals, capacity, sizeof(*grown));
		if (!grown) {
			fn->out_of_memory = true;
			return 0;
		}
		fn->locals = grown;
		fn->local_capacity = capacity;
	}
	/* Vectors of 16 elements are the widest natural alignment. */
	fn->local_bytes = tern_round_up(fn->local_bytes, TERN_ARGS_ALIGN);
	fn->locals[fn->local_count].global = global;
	fn->locals[fn->local_count].offset = fn->local_bytes;
	fn->local_bytes += widen_size_of(fn, LLVMGlobalGetValueType(global));
	return fn->locals[fn->local_count++].offset;
}
