/* SPDX-License-Identifier: MIT */
/*
 * What joined.c has found, made as one: a vector for each lane (a *piece*), an integer where a
 * piece is no longer than one, or one access for all lanes.
 */
#include "kernels/widen/access.h"

enum { SHORT = 4 /* elements: of longer pieces, log2(n) steps are fewer shuffles */ };

/*
 * @n registers of elements of all lanes change places with their positions: what is at j * n + i
 * of register r goes to j * n + r of register i. Register r with pieces of the lanes r, r + n, ..
 * becomes all lanes' elements r, and back. log2(n) steps of @n shuffles, which stay within 16 bytes
 * where they can.
 */
static void transpose(struct widen_emit *e, LLVMValueRef *registers, unsigned n)
{
	enum { PART = 16 };
	LLVMTypeRef type = LLVMGetElementType(LLVMTypeOf(registers[0]));
	unsigned together = tern_min(n, PART / (unsigned)widen_size_of(e->fn, type));
	for (unsigned bit = n / 2; bit; bit /= 2) {
		int low[WIDEN_MAX_LANES], high[WIDEN_MAX_LANES];
		for (unsigned p = 0; p < e->lanes; p++) {
			unsigned q = p % together, from = p - q + q / 2;
			bool second = bit >= together ? p & bit : q & 1;
			if (bit >= together)
				from = p & ~bit;
			low[p] = (int)(second * e->lanes + from);
			high[p] = low[p] + (int)(bit >= together ? bit : together / 2);
		}
		for (unsigned r = 0; r < n; r++) {
			if (r & bit)
				continue;
			LLVMValueRef a = registers[r], b = registers[r | bit];
			registers[r] = widen_shuffle(e, a, b, low, e->lanes);
			registers[r | bit] = widen_shuffle(e, a, b, high, e->lanes);
		}
	}
}

/* A vector of more elements, those behind @v's being poison. */
static LLVMValueRef lengthened(struct widen_emit *e, LLVMValueRef v, unsigned length)
{
	int index[WIDEN_MOST_JOINED];
	for (unsigned i = 0; i < length; i++)
		index[i] = (int)i;
	return LLVMGetVectorSize(LLVMTypeOf(v)) == length
		       ? v
		       : widen_shuffle(e, v, NULL, index, length);
}

static void load_pieces(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	LLVMTypeRef type = widen_map_type(e->fn, a->type);
	LLVMValueRef parts[2 * WIDEN_MAX_LANES], mine[2 * WIDEN_MAX_LANES];
	unsigned length = LLVMGetVectorSize(type), n = 1;
	while (n < length)
		n *= 2;
	widen_load_parts(e, a, type, parts);
	for (unsigned r = 0; r < n; r++) {
		for (unsigned i = 0; i < e->lanes / n; i++)
			mine[i] = lengthened(e, parts[r + i * n], n);
		leaves[r] = widen_concatenate(e, mine, e->lanes / n, n);
	}
	transpose(e, leaves, n);
}

void widen_store_pieces(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	LLVMTypeRef type = widen_map_type(e->fn, a->type);
	LLVMValueRef pointers = a->mask ? widen_harmless_pointers(e, a, type, a->offset) : NULL;
	LLVMValueRef registers[WIDEN_MOST_JOINED];
	unsigned n = LLVMGetVectorSize(type);
	int index[WIDEN_MOST_JOINED];
	for (unsigned r = 0; r < n; r++)
		registers[r] = leaves[r];
	transpose(e, registers, n);
	for (unsigned i = 0; i < e->lanes; i++) {
		for (unsigned j = 0; j < n; j++)
			index[j] = (int)((i & ~(n - 1)) + j);
		LLVMValueRef one = widen_shuffle(e, registers[i & (n - 1)], NULL, index, n);
		LLVMValueRef pointer = widen_part_address(e, a, pointers, i);
		LLVMSetAlignment(LLVMBuildStore(e->builder, one, pointer),
				 widen_alignment(a, a->offset));
	}
}

/* Pieces of up to 8 bytes are an integer's, which a gather loads; NULL: they are no such. */
static LLVMTypeRef integer_of(const struct widen_emit *e, const struct widen_access *a)
{
	unsigned bits = 8 * (unsigned)widen_size_of(e->fn, LLVMGetElementType(a->type)) *
			LLVMGetVectorSize(a->type);
	return bits == 16 || bits == 32 || bits == 64 ? LLVMIntTypeInContext(e->fn->context, bits)
						      : NULL;
}

/* The elements of pieces of a few small ones. */
static void take_apart(struct widen_emit *e, LLVMValueRef v, LLVMTypeRef type, unsigned n,
		       LLVMValueRef *leaves)
{
	LLVMTypeRef whole = LLVMTypeOf(v), integer = LLVMGetElementType(whole);
	unsigned bits = LLVMGetIntTypeWidth(integer) / n;
	if (bits == 32) {
		v = LLVMBuildBitCast(e->builder, v, LLVMVectorType(type, n * e->lanes), "");
		for (unsigned i = 0; i < n; i++)
			leaves[i] = widen_deinterleave(e, v, n, i);
		return;
	}
	LLVMTypeRef small = widen_vector_type(e, LLVMIntTypeInContext(e->fn->context, bits));
	for (unsigned i = 0; i < n; i++) {
		LLVMValueRef by = widen_splat(e, widen_int(e, integer, (int64_t)i * bits));
		LLVMValueRef one = LLVMBuildLShr(e->builder, v, by, "");
		one = LLVMBuildTrunc(e->builder, one, small, "");
		leaves[i] = LLVMBuildBitCast(e->builder, one, widen_vector_type(e, type), "");
	}
}

static LLVMValueRef put_together(struct widen_emit *e, LLVMValueRef *leaves, LLVMTypeRef integer,
				 unsigned n)
{
	LLVMTypeRef whole = widen_vector_type(e, integer);
	LLVMTypeRef element = LLVMGetElementType(LLVMTypeOf(leaves[0]));
	unsigned bits = 8 * (unsigned)widen_size_of(e->fn, element);
	for (unsigned i = 0; i < n; i++) /* what is beside it must not become poison */
		leaves[i] = LLVMBuildFreeze(e->builder, leaves[i], "");
	if (bits == 32)
		return LLVMBuildBitCast(e->builder, widen_interleave(e, leaves, n), whole, "");
	LLVMTypeRef small = widen_vector_type(e, LLVMIntTypeInContext(e->fn->context, bits));
	LLVMValueRef v = NULL;
	for (unsigned i = 0; i < n; i++) {
		LLVMValueRef by = widen_splat(e, widen_int(e, integer, (int64_t)i * bits));
		LLVMValueRef one = LLVMBuildBitCast(e->builder, leaves[i], small, "");
		one = LLVMBuildZExt(e->builder, one, whole, "");
		one = LLVMBuildShl(e->builder, one, by, "");
		v = v ? LLVMBuildOr(e->builder, v, one, "") : one;
	}
	return v;
}

static struct widen_access joined_access(const struct widen_emit *e, const struct widen_join *join,
					 LLVMValueRef pointer)
{
	LLVMTypeRef type = LLVMVectorType(join->type, join->length);
	struct widen_access a = widen_access_of(e, join->at, pointer, type);
	a.offset = join->offset;
	return a;
}

/* @a: of vectors, one for each lane. */
static void load_elements(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	LLVMTypeRef integer = integer_of(e, a);
	unsigned n = widen_leaf_count(a->type);
	if (!integer) {
		load_pieces(e, a, leaves);
		return;
	}
	struct widen_access whole = *a;
	whole.type = integer;
	LLVMValueRef v =
		widen_load_scattered(e, &whole, integer, a->offset, widen_alignment(a, a->offset));
	take_apart(e, v, widen_leaf_type(e->fn, a->type, 0), n, leaves);
}

static void store_elements(struct widen_emit *e, const struct widen_access *a, LLVMValueRef *leaves)
{
	LLVMTypeRef integer = widen_is_vector_array(e, a) ? NULL : integer_of(e, a);
	struct widen_access whole = *a;
	if (integer) {
		leaves[0] = put_together(e, leaves, integer, widen_leaf_count(a->type));
		whole.type = integer;
	}
	whole.joined = !integer;
	widen_store_quickly(e, &whole, leaves);
}

/* ---- accesses of one work-item ---- */

static void load_joined(struct widen_emit *e, const struct widen_join *join)
{
	struct widen_access a = joined_access(e, join, LLVMGetOperand(join->at, 0));
	LLVMValueRef leaves[2 * WIDEN_MOST_JOINED] = {0};
	if (e->rare && widen_has_gather(e, a.type)) {
		for (unsigned i = 0; i < join->length; i++)
			leaves[i] = join->members[i] ? widen_load_leaf(e, &a, i) : NULL;
	} else if (widen_is_vector_array(e, &a) && join->length <= SHORT) {
		widen_load_all(e, &a, leaves);
	} else {
		load_elements(e, &a, leaves);
	}
	for (unsigned i = 0; i < join->length; i++)
		if (join->members[i])
			widen_set_vector(e, join->members[i], 0, leaves[i]);
}

static void store_joined(struct widen_emit *e, const struct widen_join *join)
{
	struct widen_access a = joined_access(e, join, LLVMGetOperand(join->at, 1));
	LLVMValueRef leaves[WIDEN_MOST_JOINED] = {0};
	for (unsigned i = 0; i < join->length; i++)
		leaves[i] = widen_vector(e, LLVMGetOperand(join->members[i], 0), 0);
	if (!e->rare || !widen_has_gather(e, a.type)) {
		store_elements(e, &a, leaves);
		return;
	}
	for (unsigned i = 0; i < join->length; i++)
		widen_store_leaf(e, &a, i, leaves[i]);
}

bool widen_emit_joined(struct widen_emit *e, LLVMValueRef inst)
{
	uint32_t index = widen_value_of(e->fn, inst)->join;
	if (!index)
		return false;
	const struct widen_join *join = &e->fn->joins[index - 1];
	if (join->at == inst && LLVMIsALoadInst(inst))
		load_joined(e, join);
	else if (join->at == inst)
		store_joined(e, join);
	return true;
}

/* ---- accesses of rows that are beside each other ---- */

/* i1: all lanes of all rows are active, and the rows' ids do not wrap around; NULL: always. */
static LLVMValueRef tall_guard(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef guard = NULL, id = widen_tall_id(e->fn, inst);
	LLVMTypeRef i32 = e->fn->i32;
	for (e->row = 0; e->row < e->rows; e->row++)
		if (widen_mask(e))
			guard = widen_both(e, guard, widen_full(e, widen_mask(e)));
	e->row = 0;
	if (!id)
		return guard;
	LLVMValueRef positive = widen_int(e, i32, INT32_MAX);
	LLVMValueRef first = LLVMBuildAnd(e->builder, widen_scalar(e, id), positive, "");
	LLVMValueRef most = widen_int(e, i32, INT32_MAX - (int64_t)e->rows);
	return widen_both(e, guard, LLVMBuildICmp(e->builder, LLVMIntULE, first, most, ""));
}

static struct widen_access tall_access(struct widen_emit *e, LLVMValueRef inst)
{
	bool store = LLVMIsAStoreInst(inst);
	LLVMTypeRef type = LLVMTypeOf(store ? LLVMGetOperand(inst, 0) : inst);
	struct widen_access a = widen_access_of(e, inst, LLVMGetOperand(inst, store),
						LLVMVectorType(type, e->rows));
	a.mask = NULL;
	return a;
}

/* The values of all rows. */
static void take_rows(struct widen_emit *e, LLVMValueRef v, LLVMValueRef *rows)
{
	for (e->row = 0; e->row < e->rows; e->row++)
		rows[e->row] = widen_vector(e, v, 0);
	e->row = 0;
}

static void load_tall(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef guard = tall_guard(e, inst), leaves[2 * WIDEN_MOST_JOINED] = {0};
	struct widen_access a = tall_access(e, inst);
	LLVMValueRef general[WIDEN_MAX_ROWS];
	LLVMBasicBlockRef from[2];
	struct widen_fork f = {0};
	(void)widen_lane_address(e, &a, 0); /* dominates both ways */
	if (guard)
		f = widen_fork_begin(e, guard);
	load_elements(e, &a, leaves);
	if (guard) {
		from[0] = widen_fork_next(e, &f, f.general);
		for (e->row = 0; e->row < e->rows; e->row++)
			widen_emit_one_load(e, inst);
		take_rows(e, inst, general);
		from[1] = widen_fork_next(e, &f, f.join);
	}
	for (e->row = 0; e->row < e->rows; e->row++) {
		LLVMValueRef in[] = {leaves[e->row], guard ? general[e->row] : NULL}, v = in[0];
		if (guard) {
			v = LLVMBuildPhi(e->builder, LLVMTypeOf(v), "");
			LLVMAddIncoming(v, in, from, 2);
		}
		widen_set_vector(e, inst, 0, v);
	}
	e->row = 0;
}

static void store_tall(struct widen_emit *e, LLVMValueRef inst)
{
	LLVMValueRef guard = tall_guard(e, inst), leaves[WIDEN_MOST_JOINED] = {0};
	struct widen_access a = tall_access(e, inst);
	struct widen_fork f = {0};
	take_rows(e, LLVMGetOperand(inst, 0), leaves);
	(void)widen_lane_address(e, &a, 0); /* dominates both ways */
	if (guard)
		f = widen_fork_begin(e, guard);
	store_elements(e, &a, leaves);
	if (!guard)
		return;
	widen_fork_next(e, &f, f.general);
	for (e->row = 0; e->row < e->rows; e->row++)
		widen_emit_one_store(e, inst);
	e->row = 0;
	widen_fork_next(e, &f, f.join);
}

bool widen_emit_tall(struct widen_emit *e, LLVMValueRef inst)
{
	unsigned row = e->row, last = e->rows - 1;
	if (!widen_value_of(e->fn, inst)->tall || e->rows == 1)
		return false;
	if (LLVMIsALoadInst(inst) && row == 0)
		load_tall(e, inst);
	else if (LLVMIsAStoreInst(inst) && row == last)
		store_tall(e, inst);
	e->row = row;
	return true;
}
