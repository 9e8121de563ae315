/* SPDX-License-Identifier: MIT */
#include "kernels/ternc/spirv_words.h"

#include <stdlib.h>

#include "runtime/base/alloc.h"

/* The result of an instruction: most have their result's type before it. Those that have none and
 * are not known here give a wrong pair, which nothing refers to in a valid module. */
static uint32_t result_of(const struct tern_spirv *m, const struct tern_spirv_instruction *i)
{
	if ((i->op >= SPV_OP_TYPE_FIRST && i->op <= SPV_OP_TYPE_LAST) || i->op == SPV_OP_LABEL)
		return i->words >= 2 ? tern_spirv_word(m, i->at + 1) : 0;
	bool none =
		(i->op < SPV_OP_TYPE_FIRST && i->op != SPV_OP_UNDEF && i->op != SPV_OP_EXT_INST) ||
		(i->op >= SPV_OP_STORE && i->op <= SPV_OP_COPY_MEMORY_SIZED) ||
		(i->op >= TERN_SPIRV_OP_DECORATE && i->op <= SPV_OP_GROUP_MEMBER_DECORATE);
	return none || i->words < 3 ? 0 : tern_spirv_word(m, i->at + 2);
}

static int compare_definitions(const void *a, const void *b)
{
	const struct spv_definition *x = a, *y = b;
	if (x->result != y->result)
		return (x->result > y->result) - (x->result < y->result);
	return (x->at > y->at) - (x->at < y->at);
}

static bool find_definitions(struct spv_words *s)
{
	struct tern_spirv_instruction i = {0};
	size_t n = 0;
	while (tern_spirv_next(s->m, &i))
		n += result_of(s->m, &i) != 0;
	s->definitions = tern_zalloc_array(n, sizeof(*s->definitions));
	if (!s->definitions)
		return false;
	i = (struct tern_spirv_instruction){0};
	while (tern_spirv_next(s->m, &i)) {
		uint32_t result = result_of(s->m, &i);
		if (result)
			s->definitions[s->definition_count++] =
				(struct spv_definition){result, (uint32_t)i.at};
	}
	if (n)
		qsort(s->definitions, n, sizeof(*s->definitions), compare_definitions);
	return true;
}

void spv_words_init(struct spv_words *s, const struct tern_spirv *m)
{
	*s = (struct spv_words){.m = m, .room = m->words + 16};
	s->next_id = tern_spirv_word(m, SPV_BOUND_AT);
	s->words = tern_zalloc_array(s->room, sizeof(*s->words));
	s->failed = !s->words || !find_definitions(s);
}

void spv_words_finish(struct spv_words *s)
{
	tern_free(s->definitions);
	s->definitions = NULL;
	s->definition_count = 0;
}

size_t spv_find(const struct spv_words *s, uint32_t id, uint32_t op, uint32_t words)
{
	size_t low = 0, high = s->definition_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (s->definitions[middle].result < id)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == s->definition_count || s->definitions[low].result != id)
		return SPV_NOT_FOUND;
	size_t at = s->definitions[low].at;
	uint32_t first = spv_word(s, at);
	return (!op || (first & 0xffff) == op) && first >> 16 >= words ? at : SPV_NOT_FOUND;
}

uint32_t spv_type_of(const struct spv_words *s, uint32_t id)
{
	size_t at = spv_find(s, id, 0, 3);
	return at ? spv_word(s, at + 1) : 0;
}

uint32_t spv_scalar_bits(const struct spv_words *s, uint32_t type)
{
	size_t at = spv_find(s, type, TERN_SPIRV_OP_TYPE_INT, 4);
	if (!at)
		at = spv_find(s, type, TERN_SPIRV_OP_TYPE_FLOAT, 3);
	if (at)
		return spv_word(s, at + 2);
	return spv_find(s, type, TERN_SPIRV_OP_TYPE_BOOL, 2) ? 1 : 0;
}

void spv_put(struct spv_words *s, uint32_t word)
{
	if (s->count == s->room) {
		size_t room = 2 * s->room;
		uint32_t *grown =
			s->failed ? NULL : tern_realloc_array(s->words, room, sizeof(*grown));
		if (!grown) {
			s->failed = true;
			return;
		}
		s->words = grown;
		s->room = room;
	}
	s->words[s->count++] = word;
}

void spv_put_instruction(struct spv_words *s, uint32_t op, const uint32_t *operands, uint32_t count)
{
	spv_put(s, (count + 1) << 16 | op);
	for (uint32_t i = 0; i < count; i++)
		spv_put(s, operands[i]);
}

void spv_put_same(struct spv_words *s, const struct tern_spirv_instruction *i)
{
	for (uint32_t k = 0; k < i->words; k++)
		spv_put(s, spv_word(s, i->at + k));
}
