/* SPDX-License-Identifier: MIT */
/* Loads and stores of a chunk: contiguous, reversed, interleaved vectors, or scattered.c. */
#include "kernels/widen/access.h"

enum { PAGE = 4096 };

/* Memory and registers agree about the bytes of such a type: not for i1, i24, x86_fp80. */
static bool is_regular(const struct widen_fn *fn, LLVMTypeRef type)
{
	uint64_t bits = LLVMSizeOfTypeInBits(fn->layout, type);
	return bits == 8 * LLVMABISizeOfType(fn->layout, type) && tern_is_power_of_two(bits);
}

static bool all_regular(const struct widen_fn *fn, LLVMTypeRef type)
{
	for (unsigned i = 0; i < widen_leaf_count(type); i++)
		if (!is_regular(fn, widen_leaf_type(fn, type, i)))
			return false;
	return true;
}

/* Byte offset of leaf @leaf in memory. */
static uint64_t leaf_offset(const struct widen_fn *fn, LLVMTypeRef type, unsigned leaf)
{
	LLVMTypeRef element;
	unsigned n, i = 0;
	switch (LLVMGetTypeKind(type)) {
	case LLVMVectorTypeKind:
		return leaf * widen_size_of(fn, LLVMGetElementType(type));
	case LLVMArrayTypeKind:
		element = LLVMGetElementType(type);
		n = widen_leaf_count(element);
		return leaf / n * widen_size_of(fn, element) + leaf_offset(fn, element, leaf % n);
	case LLVMStructTypeKind:
		for (;; i++) {
			element = LLVMStructGetTypeAtIndex(type, i);
			n = widen_leaf_count(element);
			if (leaf < n)
				return LLVMOffsetOfElement(fn->layout, type, i) +
				       leaf_offset(fn, element, leaf);
			leaf -= n;
		}
	default:
		return 0;
	}
}

LLVMValueRef widen_add_bytes(struct widen_emit *e, LLVMValueRef pointer, int64_t bytes)
{
	LLVMValueRef index = widen_int(e, e->fn->i64, bytes);
	return bytes ? LLVMBuildGEP2(e->builder, e->fn->i8, pointer, &index, 1, "") : pointer;
}

/* Alignment of what lies @offset bytes from an address that is known only through its stride. */
unsigned widen_alignment(const struct widen_access *a, int64_t offset)
{
	uint64_t bits = (uint64_t)offset | a->align | a->element;
	if (a->shape == WIDEN_LINEAR)
		bits |= (uint64_t)a->stride;
	return (unsigned)(bits & -bits);
}

static LLVMValueRef reversed(struct widen_emit *e, LLVMValueRef v)
{
	int index[WIDEN_MAX_LANES];
	for (unsigned i = 0; i < e->lanes; i++)
		index[i] = (int)(e->lanes - 1 - i);
	return widen_shuffle(e, v, NULL, index, e->lanes);
}

/* ---- two ways ---- */

/* The way to the first block is the one without a jump. */
static void expect_first(struct widen_emit *e, LLVMValueRef branch)
{
	enum { OFTEN = 1000 };
	LLVMContextRef context = e->fn->context;
	LLVMMetadataRef weights[] = {LLVMMDStringInContext2(context, "branch_weights", 14),
				     LLVMValueAsMetadata(widen_int(e, e->fn->i32, OFTEN)),
				     LLVMValueAsMetadata(widen_int(e, e->fn->i32, 1))};
	LLVMMetadataRef node = LLVMMDNodeInContext2(context, weights, 3);
	LLVMSetMetadata(branch, LLVMGetMDKindIDInContext(context, "prof", 4),
			LLVMMetadataAsValue(context, node));
}

struct widen_fork widen_fork_begin(struct widen_emit *e, LLVMValueRef guard)
{
	struct widen_fork f = {.linear = widen_append_block(e, "linear"),
			       .general = widen_append_block(e, "wraps"),
			       .join = widen_append_block(e, "")};
	/* (a guard may come from an arm that is not chosen) */
	guard = LLVMBuildFreeze(e->builder, guard, "");
	expect_first(e, LLVMBuildCondBr(e->builder, guard, f.linear, f.general));
	LLVMPositionBuilderAtEnd(e->builder, f.linear);
	return f;
}

LLVMBasicBlockRef widen_fork_next(struct widen_emit *e, const struct widen_fork *f,
				  LLVMBasicBlockRef next)
{
	LLVMBasicBlockRef last = LLVMGetInsertBlock(e->builder);
	LLVMBuildBr(e->builder, f->join);
	LLVMPositionBuilderAtEnd(e->builder, next);
	return last;
}

/* ---- the accesses themselves; @mask may be NULL ---- */

LLVMValueRef widen_load_plainly(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef pointer,
				unsigned align)
{
	LLVMValueRef load = LLVMBuildLoad2(e->builder, type, pointer, "");
	LLVMSetAlignment(load, align);
	return load;
}

static LLVMValueRef masked_load(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef pointer,
				unsigned align, LLVMValueRef mask)
{
	LLVMValueRef args[] = {pointer, widen_int(e, e->fn->i32, align), mask, LLVMGetPoison(type)};
	LLVMTypeRef overloads[] = {type, e->fn->ptr};
	return widen_intrinsic(e, "llvm.masked.load", overloads, 2, args, 4);
}

static LLVMValueRef is_on_one_page(struct widen_emit *e, LLVMValueRef pointer, uint64_t bytes)
{
	LLVMTypeRef i64 = e->fn->i64;
	LLVMValueRef address = LLVMBuildPtrToInt(e->builder, pointer, i64, "");
	LLVMValueRef within = LLVMBuildAnd(e->builder, address, widen_int(e, i64, PAGE - 1), "");
	LLVMValueRef most = widen_int(e, i64, (int64_t)(PAGE - bytes));
	return LLVMBuildICmp(e->builder, LLVMIntULE, within, most, "");
}

/*
 * Lanes where a page ends. A masked load whose other lanes are on a page that is not there, as
 * behind an array that ends with its page, takes hundreds of cycles; a gather does not look at
 * them.
 */
static LLVMValueRef load_at_page_end(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef pointer,
				     unsigned align, LLVMValueRef mask)
{
	LLVMTypeRef element = LLVMGetElementType(type);
	if (LLVMGetVectorSize(type) != e->lanes || !widen_has_gather(e, element))
		return masked_load(e, type, pointer, align, mask);
	int64_t size = (int64_t)widen_size_of(e->fn, element);
	LLVMValueRef steps = widen_steps(e, e->fn->i64, size);
	LLVMValueRef pointers = LLVMBuildGEP2(e->builder, e->fn->i8, pointer, &steps, 1, "");
	return widen_gather(e, element, pointers, align, mask);
}

/*
 * Some processors do not fetch ahead of masked loads, which then take several times as long: where
 * bounds make the mask, which is mostly full, that is what is tested. Elsewhere, what lies on a
 * page where an active lane reads can be read: the mask matters at a page's end only. But LLVM
 * knows that no access is larger than the variable it is to.
 */
static LLVMValueRef load_wide(struct widen_emit *e, LLVMTypeRef type, LLVMValueRef pointer,
			      unsigned align, LLVMValueRef mask)
{
	if (!mask)
		return widen_load_plainly(e, type, pointer, align);
	uint64_t bytes = widen_size_of(e->fn, type);
	if (bytes > PAGE || bytes > e->fn->least_variable || e->fn->blocks[e->block].row_masked)
		return masked_load(e, type, pointer, align, mask);
	LLVMBasicBlockRef from[2];
	bool bounded = e->states[e->block].bounded && !e->states[e->block].partial;
	LLVMValueRef guard =
		bounded ? widen_full(e, widen_mask(e)) : is_on_one_page(e, pointer, bytes);
	struct widen_fork f = widen_fork_begin(e, guard);
	LLVMValueRef in[2] = {widen_load_plainly(e, type, pointer, align)};
	from[0] = widen_fork_next(e, &f, f.general);
	in[1] = bounded ? masked_load(e, type, pointer, align, mask)
			: load_at_page_end(e, type, pointer, align, mask);
	from[1] = widen_fork_next(e, &f, f.join);
	LLVMValueRef v = LLVMBuildPhi(e->builder, type, "");
	LLVMAddIncoming(v, in, from, 2);
	/* Denormals where no lane is set would cost as much: other data behind an array's end. */
	bool real = widen_is_real(LLVMGetElementType(type));
	return e->tail && real ? LLVMBuildSelect(e->builder, mask, v, LLVMConstNull(type), "") : v;
}

static void store_plainly(struct widen_emit *e, LLVMValueRef v, LLVMValueRef pointer,
			  unsigned align, bool streams)
{
	if (!streams) {
		LLVMSetAlignment(LLVMBuildStore(e->builder, v, pointer), align);
		return;
	}
	struct widen_fork f = widen_fork_begin(e, widen_is_cached_store(e, v, pointer));
	LLVMSetAlignment(LLVMBuildStore(e->builder, v, pointer), align);
	widen_fork_next(e, &f, f.general);
	widen_store_past_caches(e, v, pointer);
	widen_fork_next(e, &f, f.join);
}

static void store_wide(struct widen_emit *e, LLVMValueRef v, LLVMValueRef pointer, unsigned align,
		       LLVMValueRef mask, bool streams)
{
	if (!mask) {
		store_plainly(e, v, pointer, align, streams);
		return;
	}
	LLVMValueRef args[] = {v, pointer, widen_int(e, e->fn->i32, align), mask};
	LLVMTypeRef overloads[] = {LLVMTypeOf(v), e->fn->ptr};
	widen_intrinsic(e, "llvm.masked.store", overloads, 2, args, 4);
}

/* ---- one leaf ---- */

/* 1: lanes follow each other, -1: backwards, 0: neither. */
static int direction(const struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type)
{
	int64_t size = (int64_t)widen_size_of(e->fn, type);
	if (a->shape != WIDEN_LINEAR)
		return 0;
	return a->stride == size ? 1 : a->stride == -size ? -1 : 0;
}

/*
 * The bytes of all lanes lie together where no other thread writes and where it does no harm to
 * read them, as one lane is active: the mask does not matter, or what was there is written back.
 */
bool widen_is_close(const struct widen_emit *e, const struct widen_access *a)
{
	return a->local && !e->fn->blocks[e->block].row_masked &&
	       e->lanes * widen_size_of(e->fn, a->type) <= TERN_LOCAL_SLACK;
}

/* The lowest address of a contiguous access. */
static LLVMValueRef lowest(struct widen_emit *e, const struct widen_access *a, int64_t offset,
			   int way)
{
	if (way < 0)
		offset += ((int64_t)e->lanes - 1) * a->stride;
	return widen_add_bytes(e, widen_scalar(e, a->pointer), offset);
}

LLVMValueRef widen_load_leaf(struct widen_emit *e, const struct widen_access *a, unsigned leaf)
{
	LLVMTypeRef type = widen_leaf_type(e->fn, a->type, leaf);
	int64_t offset = a->offset + (int64_t)leaf_offset(e->fn, a->type, leaf);
	int way = direction(e, a, type);
	unsigned align = widen_alignment(a, offset);
	if (!way)
		return widen_load_scattered(e, a, type, offset, align);
	LLVMValueRef mask = widen_is_close(e, a) ? NULL : a->mask;
	mask = way < 0 && mask ? reversed(e, mask) : mask;
	LLVMValueRef v =
		load_wide(e, widen_vector_type(e, type), lowest(e, a, offset, way), align, mask);
	return way < 0 ? reversed(e, v) : v;
}

void widen_store_leaf(struct widen_emit *e, const struct widen_access *a, unsigned leaf,
		      LLVMValueRef v)
{
	LLVMTypeRef type = widen_leaf_type(e->fn, a->type, leaf);
	int64_t offset = a->offset + (int64_t)leaf_offset(e->fn, a->type, leaf);
	int way = direction(e, a, type);
	unsigned align = widen_alignment(a, offset);
	if (!way) {
		widen_store_scattered(e, a, type, offset, align, v);
		return;
	}
	LLVMValueRef mask = way < 0 && a->mask ? reversed(e, a->mask) : a->mask;
	store_wide(e, way < 0 ? reversed(e, v) : v, lowest(e, a, offset, way), align, mask,
		   a->streams && way > 0);
}

/* ---- vectors that follow each other: one wide access and shuffles ---- */

/* Concatenates @n vectors of equal length in a tree. */
LLVMValueRef widen_concatenate(struct widen_emit *e, LLVMValueRef *parts, unsigned n,
			       unsigned length)
{
	int index[WIDEN_MAX_LANES * 32];
	for (; n & (n - 1); n++)
		parts[n] = LLVMGetPoison(LLVMTypeOf(parts[0]));
	for (unsigned i = 0; i < n * length; i++)
		index[i] = (int)i;
	for (; n > 1; n /= 2, length *= 2)
		for (unsigned i = 0; i < n / 2; i++)
			parts[i] =
				widen_shuffle(e, parts[2 * i], parts[2 * i + 1], index, 2 * length);
	return parts[0];
}

LLVMValueRef widen_interleave(struct widen_emit *e, LLVMValueRef *leaves, unsigned count)
{
	LLVMValueRef parts[2 * WIDEN_MAX_LEAVES] = {0};
	int index[WIDEN_MAX_LANES * 16];
	for (unsigned i = 0; i < count; i++)
		parts[i] = leaves[i];
	if (count == 1)
		return leaves[0];
	LLVMValueRef all = widen_concatenate(e, parts, count, e->lanes);
	for (unsigned i = 0; i < e->lanes * count; i++)
		index[i] = (int)(i % count * e->lanes + i / count);
	return widen_shuffle(e, all, NULL, index, e->lanes * count);
}

LLVMValueRef widen_deinterleave(struct widen_emit *e, LLVMValueRef wide, unsigned count,
				unsigned leaf)
{
	int index[WIDEN_MAX_LANES];
	for (unsigned i = 0; i < e->lanes; i++)
		index[i] = (int)(i * count + leaf);
	return count == 1 ? wide : widen_shuffle(e, wide, NULL, index, e->lanes);
}

static LLVMValueRef repeat_mask(struct widen_emit *e, LLVMValueRef mask, unsigned count)
{
	int index[WIDEN_MAX_LANES * 16];
	for (unsigned i = 0; i < e->lanes * count; i++)
		index[i] = (int)(i / count);
	return mask ? widen_shuffle(e, mask, NULL, index, e->lanes * count) : NULL;
}

static bool is_short_vector(LLVMTypeRef type)
{
	return LLVMGetTypeKind(type) == LLVMVectorTypeKind && LLVMGetVectorSize(type) <= 16;
}

bool widen_is_vector_array(const struct widen_emit *e, const struct widen_access *a)
{
	if (!is_short_vector(a->type) || a->shape != WIDEN_LINEAR)
		return false;
	uint64_t element = widen_size_of(e->fn, LLVMGetElementType(a->type));
	return a->stride == (int64_t)(element * LLVMGetVectorSize(a->type));
}

static LLVMTypeRef wide_type(const struct widen_emit *e, LLVMTypeRef type)
{
	unsigned n = LLVMGetVectorSize(type);
	return LLVMVectorType(widen_leaf_type(e->fn, type, 0), n * e->lanes);
}

/* What each lane loads. */
void widen_load_parts(struct widen_emit *e, const struct widen_access *a, LLVMTypeRef type,
		      LLVMValueRef *parts)
{
	LLVMValueRef pointers = a->mask ? widen_harmless_pointers(e, a, type, a->offset) : NULL;
	for (unsigned i = 0; i < e->lanes; i++) {
		LLVMValueRef pointer = widen_part_address(e, a, pointers, i);
		parts[i] = widen_load_plainly(e, type, pointer, widen_alignment(a, a->offset));
	}
}

/* Vectors from anywhere: a load for each lane is quicker than a gather for each element. */
static LLVMValueRef load_each(struct widen_emit *e, const struct widen_access *a)
{
	LLVMTypeRef type = widen_map_type(e->fn, a->type);
	LLVMValueRef parts[2 * WIDEN_MAX_LANES];
	widen_load_parts(e, a, type, parts);
	return widen_concatenate(e, parts, e->lanes, LLVMGetVectorSize(type));
}

/* Likewise: one for each lane, or one scatter of them, is quicker than one for each element. */
static void store_each(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	unsigned n = LLVMGetVectorSize(a->type);
	LLVMTypeRef type = widen_map_type(e->fn, a->type), i64 = e->fn->i64;
	LLVMValueRef wide = widen_interleave(e, leaves, n);
	if (LLVMSizeOfTypeInBits(e->fn->layout, type) == 64 &&
	    widen_machine_has(e->fn->options, "scatter")) {
		struct widen_access whole = *a;
		whole.type = i64;
		wide = LLVMBuildFreeze(e->builder, wide, ""); /* for the elements beside poison */
		wide = LLVMBuildBitCast(e->builder, wide, widen_vector_type(e, i64), "");
		widen_store_scattered(e, &whole, i64, a->offset, widen_alignment(a, a->offset),
				      wide);
		return;
	}
	LLVMValueRef pointers = a->mask ? widen_harmless_pointers(e, a, type, a->offset) : NULL;
	int index[16];
	for (unsigned i = 0; i < e->lanes; i++) {
		for (unsigned j = 0; j < n; j++)
			index[j] = (int)(i * n + j);
		LLVMValueRef one = widen_shuffle(e, wide, NULL, index, n);
		LLVMValueRef pointer = widen_part_address(e, a, pointers, i);
		LLVMSetAlignment(LLVMBuildStore(e->builder, one, pointer),
				 widen_alignment(a, a->offset));
	}
}

/* ---- instructions ---- */

struct widen_access widen_access_of(const struct widen_emit *e, LLVMValueRef inst,
				    LLVMValueRef pointer, LLVMTypeRef type)
{
	const struct widen_value *v =
		LLVMIsAInstruction(pointer) ? widen_value_of(e->fn, pointer) : NULL;
	return (struct widen_access){
		.pointer = pointer,
		.type = type,
		.shape = v ? v->shape : WIDEN_UNIFORM,
		.stride = v ? v->stride : 0,
		.element = v ? v->element : 0,
		.align = LLVMGetAlignment(inst),
		.private = widen_is_private_place(e->fn, pointer, widen_size_of(e->fn, type)),
		.local = widen_is_pointer_to_local(pointer),
		.mask = widen_mask(e)};
}

static bool is_plain(const struct widen_fn *fn, LLVMValueRef inst, LLVMTypeRef type)
{
	return !LLVMGetVolatile(inst) && LLVMGetOrdering(inst) == LLVMAtomicOrderingNotAtomic &&
	       all_regular(fn, type);
}

void widen_load_all(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	unsigned n = widen_leaf_count(a->type);
	LLVMValueRef wide = NULL;
	if (widen_is_vector_array(e, a))
		wide = load_wide(e, wide_type(e, a->type), lowest(e, a, a->offset, 1),
				 widen_alignment(a, a->offset),
				 widen_is_close(e, a) ? NULL : repeat_mask(e, a->mask, n));
	else if (is_short_vector(a->type) && n > 1 && e->lanes * n <= 256)
		wide = load_each(e, a);
	for (unsigned i = 0; i < n; i++)
		leaves[i] = wide ? widen_deinterleave(e, wide, n, i) : widen_load_leaf(e, a, i);
}

/* The pointer is linear if its guard holds, and then the access is contiguous. */
static LLVMValueRef useful_guard(struct widen_emit *e, const struct widen_access *a)
{
	LLVMValueRef guard = widen_guard(e, a->pointer);
	struct widen_access linear = *a;
	linear.shape = WIDEN_LINEAR;
	if (guard && (widen_is_vector_array(e, &linear) ||
		      (widen_leaf_count(a->type) == 1 &&
		       direction(e, &linear, widen_leaf_type(e->fn, a->type, 0)))))
		return guard;
	return NULL;
}

/*
 * i1: the addresses of the lanes are beside each other, though nobody could say so before. *a then
 * is that contiguous access, with lane 0's address (whether or not that lane is active). NULL: not
 * likely enough.
 */
static LLVMValueRef guard_of_found(struct widen_emit *e, struct widen_access *a)
{
	LLVMTypeRef i64 = e->fn->i64;
	unsigned leaves = widen_leaf_count(a->type);
	if (e->rare || a->shape != WIDEN_VARYING || a->element || a->private || leaves > 4 ||
	    (leaves > 1 && !is_short_vector(a->type)) || e->fn->blocks[e->block].row_masked ||
	    !LLVMIsAInstruction(a->pointer) || widen_is_strided(e->fn, a->pointer, 0))
		return NULL;
	const struct widen_value *v = widen_value_of(e->fn, a->pointer);
	if (!v->regular || v->hinted) /* hinted: known to be something else */
		return NULL;
	a->stride = (int64_t)widen_size_of(e->fn, a->type);
	a->shape = WIDEN_LINEAR;
	if (leaves > 1 && !widen_is_vector_array(e, a))
		return NULL;
	LLVMValueRef steps = widen_steps(e, i64, a->stride);
	LLVMValueRef found = LLVMBuildFreeze(e->builder, widen_vector(e, a->pointer, 0), "");
	LLVMValueRef base =
		LLVMBuildExtractElement(e->builder, found, widen_int(e, e->fn->i32, 0), "");
	LLVMValueRef expected = LLVMBuildGEP2(e->builder, e->fn->i8, base, &steps, 1, "");
	LLVMValueRef good = LLVMBuildICmp(e->builder, LLVMIntEQ, found, expected, "");
	widen_set_scalar(e, a->pointer, base);
	return widen_all_of(e, good, a->mask);
}

/* The pointer is the same in all lanes, of which one is active, if its guard holds. */
static LLVMValueRef guard_of_same(struct widen_emit *e, const struct widen_access *a)
{
	bool row = e->fn->blocks[e->block].row_masked;
	return a->shape == WIDEN_VARYING && !a->stride && !row ? widen_guard(e, a->pointer) : NULL;
}

static void load_same(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	LLVMValueRef v = widen_load_plainly(e, widen_map_type(e->fn, a->type),
					    widen_scalar(e, a->pointer), a->align);
	for (unsigned i = 0; i < widen_leaf_count(a->type); i++)
		leaves[i] = widen_splat(e, widen_extract_leaf(e, v, a->type, i));
}

/* The lanes' addresses, so that they dominate both ways. */
static void make_pointers(struct widen_emit *e, const struct widen_access *a)
{
	if (!LLVMIsAInstruction(a->pointer) || !widen_value_of(e->fn, a->pointer)->late)
		(void)widen_vector(e, a->pointer, 0);
}

/* @linear: where @guard holds. */
static void load_guarded(struct widen_emit *e, const struct widen_access *a,
			 const struct widen_access *linear, LLVMValueRef guard,
			 LLVMValueRef *leaves)
{
	LLVMValueRef general[WIDEN_MAX_LEAVES] = {0};
	LLVMBasicBlockRef from[2];
	make_pointers(e, a);
	struct widen_fork f = widen_fork_begin(e, guard);
	if (linear->stride)
		widen_load_all(e, linear, leaves);
	else
		load_same(e, linear, leaves);
	from[0] = widen_fork_next(e, &f, f.general);
	widen_load_all(e, a, general);
	from[1] = widen_fork_next(e, &f, f.join);
	for (unsigned i = 0; i < widen_leaf_count(a->type); i++) {
		LLVMValueRef in[] = {leaves[i], general[i]};
		leaves[i] = LLVMBuildPhi(e->builder, LLVMTypeOf(in[0]), "");
		LLVMAddIncoming(leaves[i], in, from, 2);
	}
}

void widen_emit_one_load(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMTypeRef type = LLVMTypeOf(inst);
	struct widen_access a = widen_access_of(e, inst, LLVMGetOperand(inst, 0), type);
	if (a.private)
		a.mask = NULL; /* cheaper, and far less code where masked gathers are branches */
	LLVMValueRef leaves[WIDEN_MAX_LEAVES] = {0}, guard = useful_guard(e, &a);
	widen_prefetch(e, &a);
	if (!is_plain(e->fn, inst, type)) {
		widen_emit_lanes(e, inst, true);
		return;
	}
	struct widen_access linear = a;
	guard = guard ? guard : guard_of_same(e, &a);
	if (guard)
		linear.shape = WIDEN_LINEAR;
	else
		guard = guard_of_found(e, &linear);
	if (guard)
		load_guarded(e, &a, &linear, guard, leaves);
	else
		widen_load_all(e, &a, leaves);
	for (unsigned i = 0; i < widen_leaf_count(type); i++)
		widen_set_vector(e, inst, i, leaves[i]);
}

static LLVMValueRef last_active_lane(struct widen_emit *e, LLVMValueRef mask)
{
	LLVMValueRef last = widen_int(e, e->fn->i32, e->lanes - 1);
	if (!mask)
		return last;
	LLVMTypeRef bits = LLVMIntTypeInContext(e->fn->context, e->lanes);
	LLVMValueRef args[] = {LLVMBuildBitCast(e->builder, mask, bits, ""),
			       widen_int(e, e->fn->i1, 1)};
	LLVMValueRef zeros = widen_intrinsic(e, "llvm.ctlz", &bits, 1, args, 2);
	zeros = LLVMBuildIntCast2(e->builder, zeros, e->fn->i32, 0, "");
	return LLVMBuildSub(e->builder, last, zeros, "");
}

/* All lanes write the same place: the last one wins. */
static void store_last(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef v = LLVMGetOperand(inst, 0);
	LLVMTypeRef type = LLVMTypeOf(v);
	LLVMValueRef operands[] = {LLVMGetPoison(widen_map_type(e->fn, type)),
				   widen_scalar(e, LLVMGetOperand(inst, 1))};
	LLVMValueRef lane = last_active_lane(e, widen_mask(e));
	for (unsigned i = 0; i < widen_leaf_count(type); i++) {
		LLVMValueRef leaf =
			LLVMBuildExtractElement(e->builder, widen_vector(e, v, i), lane, "");
		operands[0] = widen_insert_leaf(e, operands[0], type, i, leaf);
	}
	widen_rebuild(e, inst, operands);
}

static void store_all(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	unsigned n = widen_leaf_count(a->type);
	if (widen_is_vector_array(e, a)) {
		LLVMValueRef wide = a->packed ? a->packed : widen_interleave(e, leaves, n);
		store_wide(e, wide, lowest(e, a, a->offset, 1), widen_alignment(a, a->offset),
			   repeat_mask(e, a->mask, n), a->streams);
		return;
	}
	if (a->joined) {
		widen_store_pieces(e, a, leaves);
		return;
	}
	if (is_short_vector(a->type) && n > 1 && e->lanes * n <= 256) {
		store_each(e, a, leaves);
		return;
	}
	for (unsigned i = 0; i < n; i++)
		widen_store_leaf(e, a, i, leaves[i]);
}

/* There is an instruction for what is no more than many branches elsewhere. */
static bool scatters(const struct widen_emit *e, const struct widen_access *a)
{
	LLVMTypeRef type = widen_leaf_type(e->fn, a->type, 0);
	return widen_has_gather(e, type) && !widen_is_vector_array(e, a) && !direction(e, a, type);
}

/* All lanes' bytes, and no others, are one piece of such memory. */
static bool is_close_row(const struct widen_emit *e, const struct widen_access *a)
{
	return widen_is_close(e, a) && (widen_is_vector_array(e, a) ||
					(widen_leaf_count(a->type) == 1 &&
					 direction(e, a, widen_leaf_type(e->fn, a->type, 0))));
}

/* Nobody else sees the place: the other lanes write what was there. */
static void store_blended(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	LLVMValueRef old[WIDEN_MAX_LEAVES] = {0};
	struct widen_access whole = *a;
	whole.mask = whole.packed = NULL;
	widen_load_all(e, &whole, old);
	for (unsigned i = 0; i < widen_leaf_count(a->type); i++)
		old[i] = LLVMBuildSelect(e->builder, a->mask, leaves[i], old[i], "");
	store_all(e, &whole, old);
}

/* Masked stores take many times as long as others, on some processors: mostly all lanes are set. */
void widen_store_quickly(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	if (!a->mask || LLVMIsConstant(a->mask) || (a->private && scatters(e, a)) ||
	    (e->states[e->block].partial && !a->private && !is_close_row(e, a))) {
		store_all(e, a, leaves);
		return;
	}
	if (a->private || is_close_row(e, a)) {
		store_blended(e, a, leaves);
		return;
	}
	struct widen_access whole = *a;
	LLVMValueRef full = widen_full(e, a->mask);
	whole.mask = NULL;
	make_pointers(e, a);
	struct widen_fork f = widen_fork_begin(e, full);
	store_all(e, &whole, leaves);
	widen_fork_next(e, &f, f.general);
	store_all(e, a, leaves);
	widen_fork_next(e, &f, f.join);
}

void widen_emit_one_store(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef v = LLVMGetOperand(inst, 0), pointer = LLVMGetOperand(inst, 1);
	LLVMTypeRef type = LLVMTypeOf(v);
	struct widen_access a = widen_access_of(e, inst, pointer, type);
	a.streams = widen_value_of(e->fn, inst)->streams;
	unsigned leaves = widen_leaf_count(type);
	LLVMValueRef vectors[WIDEN_MAX_LEAVES] = {0};
	if (!is_plain(e->fn, inst, type)) {
		widen_emit_lanes(e, inst, true);
		return;
	}
	if (a.shape == WIDEN_UNIFORM) {
		store_last(e, inst);
		return;
	}
	for (unsigned i = 0; i < leaves; i++)
		vectors[i] = widen_vector(e, v, i);
	LLVMValueRef guard = useful_guard(e, &a);
	struct widen_access linear = a;
	if (guard)
		linear.shape = WIDEN_LINEAR;
	else
		guard = guard_of_found(e, &linear);
	if (!guard)
		linear = a;
	if (widen_is_vector_array(e, &linear) && !LLVMGetNextUse(LLVMGetFirstUse(v)))
		a.packed = linear.packed = widen_packed(e, vectors, leaves);
	if (guard) {
		struct widen_fork f = widen_fork_begin(e, guard);
		widen_store_quickly(e, &linear, vectors);
		widen_fork_next(e, &f, f.general);
		store_all(e, &a, vectors);
		widen_fork_next(e, &f, f.join);
		return;
	}
	widen_store_quickly(e, &a, vectors);
}

void widen_emit_load(struct widen_emit *e, LLVMValueRef inst)
{
	if (!widen_emit_joined(e, inst) && !widen_emit_tall(e, inst))
		widen_emit_one_load(e, inst);
}

void widen_emit_store(struct widen_emit *e, LLVMValueRef inst)
{
	if (!widen_emit_joined(e, inst) && !widen_emit_tall(e, inst))
		widen_emit_one_store(e, inst);
}
