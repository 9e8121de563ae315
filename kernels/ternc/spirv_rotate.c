/* SPDX-License-Identifier: MIT */
/*
 * OpGroupNonUniformRotateKHR, which the translator does not know, as a call of the device library's
 * sub_group_rotate() or sub_group_clustered_rotate(): functions of other modules, which are named
 * by a decoration before the types and declared before the first function of this one.
 */
#include <stdio.h>
#include <string.h>

#include "kernels/ternc/spirv_words.h"

enum {
	OP_TYPE_FUNCTION = 33,
	OP_FUNCTION_PARAMETER = 55,
	OP_FUNCTION_END = 56,
	OP_FUNCTION_CALL = 57,
	OP_ROTATE = 4431,
	CAPABILITY_ROTATE = 6026,
	DECORATION_LINKAGE = 41,
	LINKAGE_IMPORT = 1,
	SCOPE_SUB_GROUP = 3,
	NAME_WORDS = 12,
};

static const char extension[] = "SPV_KHR_subgroup_rotate";

/* The letters of a scalar type in a function's name; NULL: no such function. */
static const char *letters(const struct spv_words *s, uint32_t type)
{
	bool is_float = spv_find(s, type, TERN_SPIRV_OP_TYPE_FLOAT, 3) != SPV_NOT_FOUND;
	switch (spv_scalar_bits(s, type)) {
	case 8:
		return is_float ? NULL : "c";
	case 16:
		return is_float ? "Dh" : "s";
	case 32:
		return is_float ? "f" : "i";
	case 64:
		return is_float ? "d" : "l";
	default:
		return NULL;
	}
}

static bool is_word(const struct spv_words *s, uint32_t type)
{
	return spv_find(s, type, TERN_SPIRV_OP_TYPE_INT, 4) && spv_scalar_bits(s, type) == 32;
}

/* What the call of @i needs; false: it is none that there is a function for. */
static bool needs(const struct spv_words *s, const struct tern_spirv_instruction *i,
		  struct spv_rotation *out)
{
	if (i->op != OP_ROTATE || (i->words != 6 && i->words != 7))
		return false;
	size_t scope = spv_find(s, spv_word(s, i->at + 3), SPV_OP_CONSTANT, 4);
	*out = (struct spv_rotation){.type = spv_word(s, i->at + 1), .clustered = i->words == 7};
	out->delta_type = spv_type_of(s, spv_word(s, i->at + 5));
	bool cluster_fits = !out->clustered || is_word(s, spv_type_of(s, spv_word(s, i->at + 6)));
	return scope && spv_word(s, scope + 3) == SCOPE_SUB_GROUP && letters(s, out->type) &&
	       is_word(s, out->delta_type) && cluster_fits;
}

/* The function for @wanted; NULL: none yet. */
static const struct spv_rotation *find(const struct spv_rotations *r,
				       const struct spv_rotation *wanted)
{
	for (uint32_t k = 0; k < r->count; k++)
		if (r->list[k].type == wanted->type &&
		    r->list[k].delta_type == wanted->delta_type &&
		    r->list[k].clustered == wanted->clustered)
			return &r->list[k];
	return NULL;
}

bool spv_is_rotation(const struct tern_spirv *m, const struct tern_spirv_instruction *i)
{
	if (i->op == TERN_SPIRV_OP_CAPABILITY)
		return i->words == 2 && tern_spirv_word(m, i->at + 1) == CAPABILITY_ROTATE;
	if (i->op != TERN_SPIRV_OP_EXTENSION || i->words != 1 + sizeof(extension) / 4)
		return i->op == OP_ROTATE;
	uint32_t text[sizeof(extension) / 4];
	for (size_t k = 0; k < tern_array_size(text); k++)
		text[k] = tern_spirv_word(m, i->at + 1 + k);
	return !memcmp(text, extension, sizeof(extension));
}

void spv_find_rotation(struct spv_words *s, const struct tern_spirv_instruction *i,
		       struct spv_rotations *r)
{
	struct spv_rotation wanted;
	if (r->count == SPV_ROTATIONS_MOST || !needs(s, i, &wanted) || find(r, &wanted))
		return;
	wanted.function = spv_new_id(s);
	r->list[r->count++] = wanted;
}

void spv_name_rotations(struct spv_words *s, const struct spv_rotations *r)
{
	for (uint32_t k = 0; k < r->count; k++) {
		char text[4 * NAME_WORDS] = "";
		uint32_t operands[3 + NAME_WORDS] = {r->list[k].function, DECORATION_LINKAGE};
		int length = snprintf(text, sizeof(text), "_Z%s%si%s",
				      r->list[k].clustered ? "26sub_group_clustered_rotate"
							   : "16sub_group_rotate",
				      letters(s, r->list[k].type), r->list[k].clustered ? "j" : "");
		uint32_t words = (uint32_t)length / 4 + 1;
		memcpy(&operands[2], text, 4 * (size_t)words);
		operands[2 + words] = LINKAGE_IMPORT;
		spv_put_instruction(s, TERN_SPIRV_OP_DECORATE, operands, 3 + words);
	}
}

void spv_declare_rotations(struct spv_words *s, const struct spv_rotations *r)
{
	for (uint32_t k = 0; k < r->count; k++) {
		const struct spv_rotation *f = &r->list[k];
		uint32_t type = spv_new_id(s);
		if (f->clustered)
			SPV_PUT(s, OP_TYPE_FUNCTION, type, f->type, f->type, f->delta_type,
				f->delta_type);
		else
			SPV_PUT(s, OP_TYPE_FUNCTION, type, f->type, f->type, f->delta_type);
		SPV_PUT(s, SPV_OP_FUNCTION, f->type, f->function, 0, type);
		SPV_PUT(s, OP_FUNCTION_PARAMETER, f->type, spv_new_id(s));
		SPV_PUT(s, OP_FUNCTION_PARAMETER, f->delta_type, spv_new_id(s));
		if (f->clustered)
			SPV_PUT(s, OP_FUNCTION_PARAMETER, f->delta_type, spv_new_id(s));
		spv_put_instruction(s, OP_FUNCTION_END, NULL, 0);
	}
}

bool spv_lower_rotation(struct spv_words *s, const struct tern_spirv_instruction *i,
			const struct spv_rotations *r)
{
	struct spv_rotation wanted;
	const struct spv_rotation *f;
	if (i->op != OP_ROTATE)
		return spv_is_rotation(s->m, i);
	if (!needs(s, i, &wanted) || !(f = find(r, &wanted)))
		return false;
	uint32_t type = spv_word(s, i->at + 1), result = spv_word(s, i->at + 2);
	uint32_t value = spv_word(s, i->at + 4), delta = spv_word(s, i->at + 5);
	if (f->clustered)
		SPV_PUT(s, OP_FUNCTION_CALL, type, result, f->function, value, delta,
			spv_word(s, i->at + 6));
	else
		SPV_PUT(s, OP_FUNCTION_CALL, type, result, f->function, value, delta);
	return true;
}
