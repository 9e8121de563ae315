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
		LLVMValueRef lane = widen_int(e, e->fn->i32, i);
		LLVMValueRef pointer =
			pointers ? LLVMBuildExtractElement(e->builder, pointers, lane, "")
				 : widen_add_bytes(e, widen_lane_address(e, a, i), a->offset);
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

static void load_joined(struct widen_emit *e, const struct widen_join *join)
{
	struct widen_access a = joined_access(e, join, LLVMGetOperand(join->at, 0));
	LLVMTypeRef integer = integer_of(e, &a);
	LLVMValueRef leaves[2 * WIDEN_MOST_JOINED] = {0};
	if (e->rare && widen_has_gather(e, a.type)) {
		for (unsigned i = 0; i < join->length; i++)
			leaves[i] = join->members[i] ? widen_load_leaf(e, &a, i) : NULL;
	} else if (widen_is_vector_array(e, &a) && join->length <= SHORT) {
		widen_load_all(e, &a, leaves);
	} else if (integer) {
		unsigned align = widen_alignment(&a, a.offset);
		struct widen_access whole = a;
		whole.type = integer;
		LLVMValueRef v = widen_load_scattered(e, &whole, integer, a.offset, align);
		take_apart(e, v, widen_leaf_type(e->fn, a.type, 0), join->length, leaves);
	} else {
		load_pieces(e, &a, leaves);
	}
	for (unsigned i = 0; i < join->length; i++)
		if (join->members[i])
			widen_set_vector(e, join->members[i], 0, leaves[i]);
}

static void store_joined(struct widen_emit *e, const struct widen_join *join)
{
	struct widen_access a = joined_access(e, join, LLVMGetOperand(join->at, 1));
	LLVMTypeRef integer = integer_of(e, &a);
	LLVMValueRef leaves[WIDEN_MOST_JOINED] = {0};
	for (unsigned i = 0; i < join->length; i++)
		leaves[i] = widen_vector(e, LLVMGetOperand(join->members[i], 0), 0);
	if (integer && !widen_is_vector_array(e, &a)) {
		leaves[0] = put_together(e, leaves, integer, join->length);
		a.type = integer;
	}
	if (e->rare && widen_has_gather(e, a.type)) {
		for (unsigned i = 0; i < widen_leaf_count(a.type); i++)
			widen_store_leaf(e, &a, i, leaves[i]);
		return;
	}
	a.joined = a.type != integer;
	widen_store_quickly(e, &a, leaves);
}

bool widen_emit_joined(struct widen_emit *e, LLVMValueRef inst)
{
	uint32_t index = widen_value_of(e->fn, inst)->join;
	const struct widen_join *join = &e->fn->joins[index ? index - 1 : 0];
	if (!index)
		return false;
	if (join->at == inst && LLVMIsALoadInst(inst))
		load_joined(e, join);
	else if (join->at == inst)
		store_joined(e, join);
	return true;
}
