/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic with two results, which the translator does not know: OpIAddCarry, OpISubBorrow,
 * OpUMulExtended, OpSMulExtended. The carry of a sum is the highest bit of what both operands have,
 * or one of them and not the sum; likewise the borrow. The high half of a product is a function of
 * OpenCL.std. Vectors are taken apart.
 */
#include <string.h>

#include "kernels/ternc/spirv_words.h"

enum {
	OP_EXT_INST_IMPORT = 11,
	OP_I_ADD = 128,
	OP_I_MUL = 132,
	OP_ADD_CARRY = 149,
	OP_SUB_BORROW = 150,
	OP_U_MUL_EXTENDED = 151,
	OP_S_MUL_EXTENDED = 152,
	OP_SHIFT_RIGHT = 194,
	OP_OR = 197,
	OP_AND = 199,
	OP_NOT = 200,
	S_MUL_HI = 160,
	U_MUL_HI = 203,
	VECTOR_MOST = 16,
};

/* The set's name, as words of an instruction. */
static const uint32_t opencl_std[3] = {0x6e65704f, 0x732e4c43, 0x00006474};

/* An operation that is at hand. */
struct wide {
	uint32_t op, type; /* of each of the two results */
	uint32_t scalar, count;
	uint32_t shift; /* id of the scalar's bits - 1 */
	uint32_t a, b, result_type, result;
};

bool spv_is_wide(const struct tern_spirv_instruction *i)
{
	return i->op >= OP_ADD_CARRY && i->op <= OP_S_MUL_EXTENDED;
}

/* All but the shift; false: it is none, or not whole. */
static bool get_wide(const struct spv_words *s, const struct tern_spirv_instruction *i,
		     struct wide *out)
{
	if (!spv_is_wide(i) || i->words != 5)
		return false;
	size_t pair = spv_find(s, spv_word(s, i->at + 1), SPV_OP_TYPE_STRUCT, 4);
	if (!pair || spv_word(s, pair) >> 16 != 4 || spv_word(s, pair + 2) != spv_word(s, pair + 3))
		return false;
	*out = (struct wide){.op = i->op,
			     .type = spv_word(s, pair + 2),
			     .scalar = spv_word(s, pair + 2),
			     .count = 1,
			     .result_type = spv_word(s, i->at + 1),
			     .result = spv_word(s, i->at + 2),
			     .a = spv_word(s, i->at + 3),
			     .b = spv_word(s, i->at + 4)};
	size_t vector = spv_find(s, out->type, SPV_OP_TYPE_VECTOR, 4);
	if (vector) {
		out->scalar = spv_word(s, vector + 2);
		out->count = spv_word(s, vector + 3);
	}
	return spv_find(s, out->scalar, TERN_SPIRV_OP_TYPE_INT, 4) && out->count &&
	       out->count <= VECTOR_MOST;
}

static bool is_product(uint32_t op)
{
	return op == OP_U_MUL_EXTENDED || op == OP_S_MUL_EXTENDED;
}

static bool is_opencl_std(const struct tern_spirv *m, const struct tern_spirv_instruction *i)
{
	bool is = i->op == OP_EXT_INST_IMPORT && i->words == 2 + tern_array_size(opencl_std);
	for (size_t k = 0; is && k < tern_array_size(opencl_std); k++)
		is = tern_spirv_word(m, i->at + 2 + k) == opencl_std[k];
	return is;
}

void spv_find_wide(struct spv_words *s, const struct tern_spirv_instruction *i, struct spv_wides *w)
{
	struct wide wide;
	if (is_opencl_std(s->m, i)) {
		w->set = spv_word(s, i->at + 1);
		w->new_set = false;
	}
	if (!get_wide(s, i, &wide))
		return;
	if (is_product(wide.op) && !w->set) {
		w->set = spv_new_id(s);
		w->new_set = true;
	}
	for (uint32_t k = 0; k < w->count; k++)
		if (w->types[k] == wide.scalar)
			return;
	if (w->count < SPV_WIDES_MOST) {
		w->types[w->count] = wide.scalar;
		w->shifts[w->count++] = spv_new_id(s);
	}
}

void spv_import_for_wide(struct spv_words *s, const struct spv_wides *w)
{
	if (w->new_set)
		SPV_PUT(s, OP_EXT_INST_IMPORT, w->set, opencl_std[0], opencl_std[1], opencl_std[2]);
}

void spv_constants_for_wide(struct spv_words *s, const struct spv_wides *w)
{
	for (uint32_t k = 0; k < w->count; k++) {
		uint32_t bits = spv_scalar_bits(s, w->types[k]);
		if (bits == 64)
			SPV_PUT(s, SPV_OP_CONSTANT, w->types[k], w->shifts[k], bits - 1, 0);
		else
			SPV_PUT(s, SPV_OP_CONSTANT, w->types[k], w->shifts[k], bits - 1);
	}
}

static uint32_t put_unary(struct spv_words *s, uint32_t op, uint32_t type, uint32_t a)
{
	uint32_t id = spv_new_id(s);
	SPV_PUT(s, op, type, id, a);
	return id;
}

static uint32_t put_binary(struct spv_words *s, uint32_t op, uint32_t type, uint32_t a, uint32_t b)
{
	uint32_t id = spv_new_id(s);
	SPV_PUT(s, op, type, id, a, b);
	return id;
}

/* Both results for two scalars. */
static void put_scalars(struct spv_words *s, const struct wide *w, const struct spv_wides *all,
			uint32_t a, uint32_t b, uint32_t out[2])
{
	if (is_product(w->op)) {
		out[0] = put_binary(s, OP_I_MUL, w->scalar, a, b);
		out[1] = spv_new_id(s);
		SPV_PUT(s, SPV_OP_EXT_INST, w->scalar, out[1], all->set,
			w->op == OP_U_MUL_EXTENDED ? U_MUL_HI : S_MUL_HI, a, b);
		return;
	}
	bool add = w->op == OP_ADD_CARRY;
	out[0] = put_binary(s, add ? OP_I_ADD : SPV_OP_I_SUB, w->scalar, a, b);
	uint32_t x = add ? a : put_unary(s, OP_NOT, w->scalar, a);
	uint32_t y = add ? put_unary(s, OP_NOT, w->scalar, out[0]) : out[0];
	uint32_t both = put_binary(s, OP_AND, w->scalar, x, b);
	uint32_t either = put_binary(s, OP_OR, w->scalar, x, b);
	uint32_t lost = put_binary(s, OP_AND, w->scalar, either, y);
	uint32_t sign = put_binary(s, OP_OR, w->scalar, both, lost);
	out[1] = put_binary(s, OP_SHIFT_RIGHT, w->scalar, sign, w->shift);
}

static uint32_t part_of(struct spv_words *s, const struct wide *w, uint32_t value, uint32_t index)
{
	if (w->type == w->scalar)
		return value;
	uint32_t id = spv_new_id(s);
	SPV_PUT(s, SPV_OP_COMPOSITE_EXTRACT, w->scalar, id, value, index);
	return id;
}

bool spv_lower_wide(struct spv_words *s, const struct tern_spirv_instruction *i,
		    const struct spv_wides *all)
{
	struct wide w;
	uint32_t parts[2][VECTOR_MOST], results[2];
	if (!get_wide(s, i, &w))
		return false;
	for (uint32_t k = 0; k < all->count; k++)
		if (all->types[k] == w.scalar)
			w.shift = all->shifts[k];
	if (!w.shift)
		return false;
	for (uint32_t k = 0; k < w.count; k++) {
		uint32_t two[2];
		uint32_t a = part_of(s, &w, w.a, k), b = part_of(s, &w, w.b, k);
		put_scalars(s, &w, all, a, b, two);
		parts[0][k] = two[0];
		parts[1][k] = two[1];
	}
	for (unsigned n = 0; n < 2; n++) {
		results[n] = parts[n][0];
		if (w.type != w.scalar) {
			results[n] = spv_new_id(s);
			spv_put_composite(s, w.type, results[n], parts[n], w.count);
		}
	}
	spv_put_composite(s, w.result_type, w.result, results, 2);
	return true;
}
