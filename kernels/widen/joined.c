/* SPDX-License-Identifier: MIT */
/*
 * Loads of neighbouring elements by a work-item become one, and stores:
 *
 *     p = records[id * size]    p[0] p[1] p[2] p[3]            structures, rows, unrolled loops
 *     out[2 * id] = a           out[2 * id + 1] = b
 *
 * A gather costs a step for each lane: two to sixteen of them are done for one here, and shuffles
 * tell the elements apart. Where the lanes' pieces are beside each other, no gather is left.
 *
 * Joined are accesses of one block, of one type, at constant distances, whose lanes are not beside
 * each other anyway; between them nothing writes what is loaded, nor accesses what is stored. Loads
 * are made where the first one is, stores where the last one is. Gaps between elements may be
 * loaded, nothing outside them.
 */
#include "kernels/widen/internal.h"
#include "runtime/base/alloc.h"

enum { MOST_OPEN = 64, MOST_TERMS = 4 };

/* Where an access goes: root + the sum of the terms * scale + offset. */
struct place {
	LLVMValueRef root, terms[MOST_TERMS]; /* terms: of the width that the kernel adds them in */
	unsigned term_count;
	LLVMOpcode extension; /* of their sum to 64 bits, or 0 */
	int64_t scale, offset;
};

struct open_access {
	struct place place;
	uint32_t value; /* the load or store */
	LLVMTypeRef type;
	int64_t size;
	bool taken;
};

/* Accesses that may be joined as far as the block is read. */
struct open_set {
	struct widen_fn *fn;
	struct open_access access[MOST_OPEN];
	unsigned count;
	bool stores;
};

/* ---- places ---- */

/* Adds @v to the terms, which become no more than @most, and returns the constant part. */
static int64_t add_terms(struct place *p, LLVMValueRef v, unsigned most, unsigned depth)
{
	enum { DEEP = 4 };
	LLVMOpcode op = LLVMIsAInstruction(v) ? LLVMGetInstructionOpcode(v) : 0;
	int64_t c;
	if (widen_constant_int(v, &c) && c < WIDEN_FAR && c > -WIDEN_FAR &&
	    (c >= 0 || p->extension != LLVMZExt))
		return c;
	if (depth < DEEP && p->term_count + 1 < most && (op == LLVMAdd || op == LLVMOr) &&
	    widen_is_exact(v, p->extension)) {
		c = add_terms(p, LLVMGetOperand(v, 0), most - 1, depth + 1);
		return c + add_terms(p, LLVMGetOperand(v, 1), most, depth + 1);
	}
	p->terms[p->term_count++] = v;
	return 0;
}

/* The operands of @gep into *p; false: that has terms already. */
static bool add_gep(const struct widen_fn *fn, LLVMValueRef gep, struct place *p)
{
	LLVMTypeRef type = LLVMGetGEPSourceElementType(gep);
	struct place sum = *p;
	for (unsigned i = 1; i < (unsigned)LLVMGetNumOperands(gep); i++) {
		uint64_t bytes;
		int64_t c = 1;
		LLVMValueRef v = LLVMGetOperand(gep, i);
		if (widen_gep_step(fn, gep, i, &type, &bytes) || widen_constant_int(v, &c)) {
			if (bytes > WIDEN_FAR || c > WIDEN_FAR || c < -WIDEN_FAR)
				return false;
			sum.offset += c * (int64_t)bytes;
			continue;
		}
		if (sum.term_count || bytes > WIDEN_FAR)
			return false;
		sum.extension = widen_extension_of(v);
		v = sum.extension ? LLVMGetOperand(v, 0) : v;
		sum.offset += add_terms(&sum, v, MOST_TERMS, 0) * (int64_t)bytes;
		sum.scale = (int64_t)bytes;
	}
	*p = sum;
	return true;
}

static struct place find_place(const struct widen_fn *fn, LLVMValueRef pointer)
{
	struct place p = {0};
	while (LLVMIsAGetElementPtrInst(pointer) && add_gep(fn, pointer, &p))
		pointer = LLVMGetOperand(pointer, 0);
	p.root = pointer;
	return p;
}

static bool is_same_place(const struct place *a, const struct place *b)
{
	if (a->root != b->root || a->term_count != b->term_count || a->scale != b->scale ||
	    a->extension != b->extension)
		return false;
	for (unsigned i = 0; i < a->term_count; i++)
		if (a->terms[i] != b->terms[i])
			return false;
	return true;
}

/* ---- joining ---- */

static LLVMValueRef pointer_of(LLVMValueRef inst)
{
	return LLVMGetOperand(inst, LLVMIsAStoreInst(inst) ? 1 : 0);
}

static const struct widen_value *pointer_value(const struct widen_fn *fn, LLVMValueRef inst)
{
	LLVMValueRef pointer = pointer_of(inst);
	return LLVMIsAInstruction(pointer) ? widen_value_of(fn, pointer) : NULL;
}

bool widen_is_element(const struct widen_fn *fn, LLVMTypeRef type)
{
	LLVMTypeKind kind = LLVMGetTypeKind(type);
	uint64_t bits = LLVMSizeOfTypeInBits(fn->layout, type);
	return (kind == LLVMIntegerTypeKind || kind == LLVMHalfTypeKind ||
		kind == LLVMFloatTypeKind || kind == LLVMDoubleTypeKind) &&
	       (bits == 8 || bits == 16 || bits == 32 || bits == 64);
}

/* The lanes are not beside each other, nor likely to be found so as the kernel runs. */
static bool is_candidate(const struct widen_fn *fn, LLVMValueRef inst, LLVMTypeRef type)
{
	const struct widen_value *v = pointer_value(fn, inst);
	if (!v || !widen_is_element(fn, type) || v->element ||
	    widen_is_private_place(fn, pointer_of(inst), 1))
		return false;
	int64_t size = (int64_t)widen_size_of(fn, type);
	if (v->hinted)
		return v->stride > WIDEN_FEW * size || v->stride < -WIDEN_FEW * size;
	if (v->shape == WIDEN_LINEAR)
		return v->stride != size && v->stride != -size;
	return v->shape == WIDEN_VARYING &&
	       (!v->regular || widen_is_strided(fn, pointer_of(inst), 0));
}

static void add_access(struct open_set *set, LLVMValueRef inst, LLVMTypeRef type)
{
	struct open_access *a = &set->access[set->count++];
	*a = (struct open_access){
		.place = find_place(set->fn, pointer_of(inst)),
		.value = (uint32_t)(widen_value_of(set->fn, inst) - set->fn->values),
		.type = type,
		.size = (int64_t)widen_size_of(set->fn, type)};
}

/* How many elements from access @first on are one piece; which access is each, or -1: a gap. */
static unsigned piece(const struct open_set *set, unsigned first, int *of)
{
	const struct open_access *from = &set->access[first];
	const struct widen_value *v = pointer_value(set->fn, set->fn->values[from->value].ir);
	int64_t most = tern_min(WIDEN_MOST_JOINED, (int)set->fn->lanes);
	unsigned members = 0, length = 0;
	if (v->shape == WIDEN_LINEAR)
		most = tern_min(most, (v->stride < 0 ? -v->stride : v->stride) / from->size);
	for (int64_t i = 0; i < most; i++)
		of[i] = -1;
	for (unsigned i = 0; i < set->count; i++) {
		const struct open_access *a = &set->access[i];
		int64_t at = (a->place.offset - from->place.offset) / from->size;
		if (a->taken || !is_same_place(&a->place, &from->place) || a->type != from->type ||
		    a->place.offset < from->place.offset ||
		    (a->place.offset - from->place.offset) % from->size || at >= most)
			continue;
		if (of[at] >= 0) {
			if (set->stores) /* written twice: the order would be lost */
				return 0;
			continue;
		}
		of[at] = (int)i;
	}
	for (unsigned i = 0; i < most && i - length < 2; i++) {
		if (of[i] < 0) {
			if (set->stores)
				break;
			continue;
		}
		members++;
		length = i + 1;
	}
	for (; set->stores && length & (length - 1);)
		length &= length - 1;
	if (members < 2 || (v->shape == WIDEN_LINEAR && most <= WIDEN_FEW && length != most))
		return 0;
	return length;
}

static void add_join(struct open_set *set, const int *of, unsigned length)
{
	struct widen_fn *fn = set->fn;
	struct widen_join join = {.length = length, .type = set->access[of[0]].type};
	if (fn->join_count == fn->join_capacity) {
		uint32_t capacity = fn->join_capacity ? 2 * fn->join_capacity : 16;
		struct widen_join *grown = tern_realloc_array(fn->joins, capacity, sizeof(*grown));
		if (!grown) {
			fn->out_of_memory = true;
			return;
		}
		fn->joins = grown;
		fn->join_capacity = capacity;
	}
	int at = -1;
	for (unsigned i = 1; i < length; i++)
		if (of[i] >= 0 && fn->values[set->access[of[i]].value].per_row !=
					  fn->values[set->access[of[0]].value].per_row)
			return;
	for (unsigned i = 0; i < length; i++) {
		if (of[i] < 0)
			continue;
		struct open_access *a = &set->access[of[i]];
		a->taken = true;
		join.members[i] = fn->values[a->value].ir;
		fn->values[a->value].join = fn->join_count + 1;
		if (at < 0 || (set->stores ? of[i] > at : of[i] < at))
			at = of[i];
	}
	join.at = fn->values[set->access[at].value].ir;
	join.offset = set->access[of[0]].place.offset - set->access[at].place.offset;
	fn->joins[fn->join_count++] = join;
}

/* Nothing more comes to these. */
static void close_set(struct open_set *set)
{
	int of[WIDEN_MOST_JOINED];
	for (unsigned left = set->count; left > 1; left--) {
		const struct open_access *lowest = NULL;
		for (unsigned i = 0; i < set->count; i++) {
			const struct open_access *a = &set->access[i];
			if (!a->taken && (!lowest || a->place.offset < lowest->place.offset))
				lowest = a;
		}
		if (!lowest)
			break;
		unsigned first = (unsigned)(lowest - set->access);
		unsigned length = piece(set, first, of);
		set->access[first].taken = true;
		if (length > 1)
			add_join(set, of, length);
	}
	set->count = 0;
}

/* ---- what lies between ---- */

static unsigned space_of(LLVMValueRef inst)
{
	return LLVMGetPointerAddressSpace(LLVMTypeOf(pointer_of(inst)));
}

/* Memory of its own, or memory that nothing is written to. */
static bool is_apart(unsigned space, unsigned other)
{
	return space == WIDEN_CONSTANT_SPACE ||
	       (space == WIDEN_LOCAL_SPACE && other == WIDEN_GLOBAL_SPACE);
}

/* What @inst accesses may be what accesses of @set do. */
static bool may_meet(const struct open_set *set, LLVMValueRef inst, LLVMTypeRef type)
{
	unsigned space = space_of(inst);
	struct place place = find_place(set->fn, pointer_of(inst));
	int64_t size = (int64_t)widen_size_of(set->fn, type);
	for (unsigned i = 0; i < set->count; i++) {
		const struct open_access *a = &set->access[i];
		unsigned other = space_of(set->fn->values[a->value].ir);
		if (is_apart(space, other) || is_apart(other, space))
			continue;
		if (is_same_place(&a->place, &place) &&
		    (place.offset >= a->place.offset + a->size ||
		     a->place.offset >= place.offset + size))
			continue;
		return true;
	}
	return false;
}

static bool is_pure_call(LLVMValueRef inst)
{
	static const char memory[] = "memory";
	LLVMValueRef callee = LLVMIsACallInst(inst) ? LLVMGetCalledValue(inst) : NULL;
	unsigned kind = LLVMGetEnumAttributeKindForName(memory, sizeof(memory) - 1);
	if (!callee || !LLVMIsAFunction(callee))
		return false;
	LLVMAttributeRef a = LLVMGetEnumAttributeAtIndex(callee, LLVMAttributeFunctionIndex, kind);
	return a && LLVMGetEnumAttributeValue(a) == 0;
}

static bool touches_memory(LLVMValueRef inst)
{
	switch (LLVMGetInstructionOpcode(inst)) {
	case LLVMLoad:
	case LLVMStore:
	case LLVMAtomicRMW:
	case LLVMAtomicCmpXchg:
	case LLVMFence:
		return true;
	case LLVMCall:
		return !is_pure_call(inst);
	default:
		return false;
	}
}

/* A block as far as it is read. */
struct block_state {
	struct open_set loads, stores;
	struct open_set since; /* all stores made behind the first of the open loads */
};

static void close_loads(struct block_state *s)
{
	close_set(&s->loads);
	s->since.count = 0;
}

static void join_load(struct block_state *s, LLVMValueRef inst, LLVMTypeRef type)
{
	if (may_meet(&s->stores, inst, type))
		close_set(&s->stores);
	if (may_meet(&s->since, inst, type) || s->loads.count == MOST_OPEN)
		close_loads(s);
	if (!is_candidate(s->loads.fn, inst, type))
		return;
	if (!s->loads.count) {
		s->since = s->stores; /* these may be made later than here */
		s->since.stores = false;
	}
	add_access(&s->loads, inst, type);
}

static void join_store(struct block_state *s, LLVMValueRef inst, LLVMTypeRef type)
{
	if (may_meet(&s->loads, inst, type) || s->since.count == MOST_OPEN)
		close_loads(s);
	if (may_meet(&s->stores, inst, type) || s->stores.count == MOST_OPEN)
		close_set(&s->stores);
	if (s->loads.count)
		add_access(&s->since, inst, type);
	if (is_candidate(s->stores.fn, inst, type))
		add_access(&s->stores, inst, type);
}

static void join_instruction(struct block_state *s, LLVMValueRef inst)
{
	bool load = LLVMIsALoadInst(inst), store = LLVMIsAStoreInst(inst);
	if (!touches_memory(inst))
		return;
	if ((!load && !store) || widen_is_atomic(inst)) {
		close_loads(s);
		close_set(&s->stores);
	} else if (load) {
		join_load(s, inst, LLVMTypeOf(inst));
	} else {
		join_store(s, inst, LLVMTypeOf(LLVMGetOperand(inst, 0)));
	}
}

void widen_find_joins(struct widen_fn *fn)
{
	struct block_state s = {
		.loads = {.fn = fn}, .stores = {.fn = fn, .stores = true}, .since = {.fn = fn}};
	fn->join_count = 0;
	for (uint32_t i = 0; i < fn->value_count; i++)
		fn->values[i].join = 0;
	for (uint32_t b = 0; b < fn->block_count; b++) {
		if (widen_is_rare(fn->blocks[b].ir))
			continue; /* their code is to be small */
		for (LLVMValueRef i = LLVMGetFirstInstruction(fn->blocks[b].ir); i;
		     i = LLVMGetNextInstruction(i))
			join_instruction(&s, i);
		close_loads(&s);
		close_set(&s.stores);
	}
}
