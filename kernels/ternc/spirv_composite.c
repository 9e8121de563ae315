/* SPDX-License-Identifier: MIT */
/* What spirv_lower.c does with composites. */
#include "kernels/ternc/spirv_words.h"
#include "runtime/base/alloc.h"

enum {
	DEPTH_MOST = 16,       /* of a type that is copied */
	COPIES_MOST = 1 << 16, /* scalars, in all */
	VECTOR_MOST = 16,
};

void spv_put_composite(struct spv_words *s, uint32_t type, uint32_t result, const uint32_t *parts,
		       uint32_t count)
{
	uint32_t whole = spv_new_id(s);
	SPV_PUT(s, SPV_OP_UNDEF, type, whole);
	for (uint32_t k = 0; k < count; k++) {
		uint32_t more = k + 1 < count ? spv_new_id(s) : result;
		SPV_PUT(s, SPV_OP_COMPOSITE_INSERT, type, more, parts[k], whole, k);
		whole = more;
	}
}

/* The parts of a vector may be vectors. */
static bool construct_vector(struct spv_words *s, const struct tern_spirv_instruction *i,
			     uint32_t scalar)
{
	uint32_t parts[VECTOR_MOST], count = 0;
	for (uint32_t k = 3; k < i->words; k++) {
		uint32_t part = spv_word(s, i->at + k);
		size_t type = spv_find(s, spv_type_of(s, part), SPV_OP_TYPE_VECTOR, 4);
		uint32_t size = type ? spv_word(s, type + 3) : 1;
		if (size > VECTOR_MOST - count)
			return false;
		for (uint32_t n = 0; type && n < size; n++) {
			parts[count + n] = spv_new_id(s);
			SPV_PUT(s, SPV_OP_COMPOSITE_EXTRACT, scalar, parts[count + n], part, n);
		}
		if (!type)
			parts[count] = part;
		count += size;
	}
	if (count)
		spv_put_composite(s, spv_word(s, i->at + 1), spv_word(s, i->at + 2), parts, count);
	return count;
}

bool spv_lower_construct(struct spv_words *s, const struct tern_spirv_instruction *i)
{
	size_t before = s->count;
	if (i->words < 4)
		return false;
	size_t vector = spv_find(s, spv_word(s, i->at + 1), SPV_OP_TYPE_VECTOR, 4);
	if (vector) {
		if (construct_vector(s, i, spv_word(s, vector + 2)))
			return true;
		s->count = before;
		return false;
	}
	uint32_t count = i->words - 3;
	uint32_t *parts = tern_zalloc_array(count, sizeof(*parts));
	s->failed |= !parts;
	for (uint32_t k = 0; parts && k < count; k++)
		parts[k] = spv_word(s, i->at + 3 + k);
	if (parts)
		spv_put_composite(s, spv_word(s, i->at + 1), spv_word(s, i->at + 2), parts, count);
	tern_free(parts);
	return true;
}

bool spv_lower_shuffle(struct spv_words *s, const struct tern_spirv_instruction *i)
{
	uint32_t parts[VECTOR_MOST], count = i->words > 5 ? i->words - 5 : 0;
	if (!count || count > VECTOR_MOST)
		return false;
	uint32_t a = spv_word(s, i->at + 3), b = spv_word(s, i->at + 4);
	size_t type = spv_find(s, spv_type_of(s, a), SPV_OP_TYPE_VECTOR, 4);
	if (!type || spv_type_of(s, a) == spv_type_of(s, b))
		return false;
	for (uint32_t k = 0; k < count; k++) {
		uint32_t from = spv_word(s, i->at + 5 + k), size = spv_word(s, type + 3);
		bool second = from >= size && from != UINT32_MAX; /* that one: any value will do */
		uint32_t index = second ? from - size : from != UINT32_MAX ? from : 0;
		parts[k] = spv_new_id(s);
		SPV_PUT(s, SPV_OP_COMPOSITE_EXTRACT, spv_word(s, type + 2), parts[k],
			second ? b : a, index);
	}
	spv_put_composite(s, spv_word(s, i->at + 1), spv_word(s, i->at + 2), parts, count);
	return true;
}

/* The members of a structure, the elements of an array; 0 for other types. */
static uint32_t member_count(const struct spv_words *s, uint32_t type)
{
	size_t at = spv_find(s, type, SPV_OP_TYPE_STRUCT, 2);
	if (at)
		return (spv_word(s, at) >> 16) - 2;
	at = spv_find(s, type, SPV_OP_TYPE_ARRAY, 4);
	size_t length = at ? spv_find(s, spv_word(s, at + 3), SPV_OP_CONSTANT, 4) : SPV_NOT_FOUND;
	return length ? spv_word(s, length + 3) : 0;
}

static uint32_t member_type(const struct spv_words *s, uint32_t type, uint32_t index)
{
	size_t at = spv_find(s, type, SPV_OP_TYPE_STRUCT, 2);
	return at ? spv_word(s, at + 2 + index)
		  : spv_word(s, spv_find(s, type, SPV_OP_TYPE_ARRAY, 4) + 2);
}

/* A copy that is at hand. */
struct copy {
	uint32_t to, from, value, result; /* result 0: a new id */
};

/* Puts a value together anew as one of another type. Returns its id; 0: the types do not fit, or
 * are too much. */
static uint32_t put_copy(struct spv_words *s, struct copy c, uint32_t *copies, unsigned depth)
{
	uint32_t count = member_count(s, c.to), result = 0;
	if (c.to == c.from && !c.result)
		return c.value;
	if (!count || count != member_count(s, c.from) || count > COPIES_MOST || !depth)
		return 0;
	uint32_t *parts = tern_zalloc_array(count, sizeof(*parts)), k = 0;
	s->failed |= !parts;
	for (; parts && k < count && *copies < COPIES_MOST; k++, ++*copies) {
		struct copy part = {.to = member_type(s, c.to, k),
				    .from = member_type(s, c.from, k),
				    .value = spv_new_id(s)};
		SPV_PUT(s, SPV_OP_COMPOSITE_EXTRACT, part.from, part.value, c.value, k);
		parts[k] = put_copy(s, part, copies, depth - 1);
		if (!parts[k])
			break;
	}
	if (parts && k == count) {
		result = c.result ? c.result : spv_new_id(s);
		spv_put_composite(s, c.to, result, parts, count);
	}
	tern_free(parts);
	return result;
}

bool spv_lower_copy_logical(struct spv_words *s, const struct tern_spirv_instruction *i,
			    uint32_t *copies)
{
	size_t before = s->count;
	if (i->words != 4)
		return false;
	struct copy c = {.to = spv_word(s, i->at + 1),
			 .from = spv_type_of(s, spv_word(s, i->at + 3)),
			 .value = spv_word(s, i->at + 3),
			 .result = spv_word(s, i->at + 2)};
	if (c.from && put_copy(s, c, copies, DEPTH_MOST))
		return true;
	s->count = before;
	return false;
}

/* The type that @count indices at @at lead to from @type; 0: they lead nowhere. */
static uint32_t part_type(const struct spv_words *s, uint32_t type, size_t at, uint32_t count)
{
	for (uint32_t k = 0; k < count && type; k++) {
		uint32_t index = spv_word(s, at + k);
		type = index < member_count(s, type) ? member_type(s, type, index) : 0;
	}
	return type;
}

/* OpCompositeExtract, OpCompositeInsert with the @fixed first words and @count indices of @i. */
static void put_at(struct spv_words *s, uint32_t op, const uint32_t *fixed, uint32_t fixed_count,
		   size_t indices, uint32_t count)
{
	spv_put(s, (1 + fixed_count + count) << 16 | op);
	for (uint32_t k = 0; k < fixed_count; k++)
		spv_put(s, fixed[k]);
	for (uint32_t k = 0; k < count; k++)
		spv_put(s, spv_word(s, indices + k));
}

bool spv_lower_component(struct spv_words *s, const struct tern_spirv_instruction *i)
{
	bool insert = i->op == SPV_OP_COMPOSITE_INSERT;
	uint32_t fixed = insert ? 5 : 4;
	if (i->words < fixed + 2)
		return false;
	size_t indices = i->at + fixed;
	uint32_t count = i->words - fixed - 1; /* to the vector */
	uint32_t type = spv_word(s, i->at + 1), result = spv_word(s, i->at + 2);
	uint32_t whole = spv_word(s, i->at + fixed - 1), vector = spv_new_id(s);
	uint32_t vector_type = part_type(s, spv_type_of(s, whole), indices, count);
	if (!spv_find(s, vector_type, SPV_OP_TYPE_VECTOR, 4))
		return false;
	put_at(s, SPV_OP_COMPOSITE_EXTRACT, (const uint32_t[]){vector_type, vector, whole}, 3,
	       indices, count);
	if (!insert) {
		put_at(s, SPV_OP_COMPOSITE_EXTRACT, (const uint32_t[]){type, result, vector}, 3,
		       indices + count, 1);
		return true;
	}
	uint32_t changed = spv_new_id(s), object = spv_word(s, i->at + 3);
	put_at(s, SPV_OP_COMPOSITE_INSERT, (const uint32_t[]){vector_type, changed, object, vector},
	       4, indices + count, 1);
	put_at(s, SPV_OP_COMPOSITE_INSERT, (const uint32_t[]){type, result, changed, whole}, 4,
	       indices, count);
	return true;
}
