/* SPDX-License-Identifier: MIT */
#include "kernels/spirv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"

enum { MAGIC = 0x07230203, VERSION_AT = 1, BOUND_AT = 3, SCHEMA_AT = 4 };

uint32_t tern_spirv_word(const struct tern_spirv *m, size_t at)
{
	uint32_t word;
	memcpy(&word, m->bytes + 4 * at, sizeof(word));
	return m->swapped ? __builtin_bswap32(word) : word;
}

bool tern_spirv_next(const struct tern_spirv *m, struct tern_spirv_instruction *i)
{
	size_t at = i->words ? i->at + i->words : TERN_SPIRV_HEADER_WORDS;
	if (at >= m->words)
		return false;
	uint32_t first = tern_spirv_word(m, at);
	*i = (struct tern_spirv_instruction){.at = at, .words = first >> 16, .op = first & 0xffff};
	return true;
}

static const char *check_header(struct tern_spirv *m)
{
	m->swapped = false;
	m->swapped = tern_spirv_word(m, 0) != MAGIC;
	if (tern_spirv_word(m, 0) != MAGIC)
		return "is not SPIR-V";
	m->version = tern_spirv_word(m, VERSION_AT);
	if (m->version & 0xff0000ff || m->version < TERN_SPIRV_VERSION(0) ||
	    m->version > TERN_SPIRV_VERSION(TERN_SPIRV_MINOR_MOST))
		return "has a version other than 1.0 to 1.6";
	if (!tern_spirv_word(m, BOUND_AT) || tern_spirv_word(m, SCHEMA_AT))
		return "has a wrong header";
	return NULL;
}

/* The instructions fill the module exactly, so that whoever goes through it never leaves it. */
static const char *check_instructions(const struct tern_spirv *m)
{
	for (size_t at = TERN_SPIRV_HEADER_WORDS; at < m->words;) {
		uint32_t words = tern_spirv_word(m, at) >> 16;
		if (!words)
			return "has an instruction without words";
		if (words > m->words - at)
			return "ends within an instruction";
		at += words;
	}
	return NULL;
}

int tern_spirv_open(struct tern_spirv *out, const void *bytes, size_t size, const char **wrong)
{
	struct tern_spirv m = {.bytes = bytes, .words = size / 4};
	if (size > TERN_SPIRV_MOST_BYTES)
		*wrong = "is larger than 255 MiB";
	else if (size % 4 || m.words < TERN_SPIRV_HEADER_WORDS)
		*wrong = "is no row of words with a header";
	else
		*wrong = check_header(&m);
	if (!*wrong)
		*wrong = check_instructions(&m);
	if (*wrong)
		return -EINVAL;
	*out = m;
	return 0;
}

/* ---- specialization constants ---- */

/* Something that is known of the result of an instruction. */
struct fact {
	uint32_t result, value;
};

struct facts {
	struct fact *item;
	size_t count, room;
};

static int add_fact(struct facts *f, uint32_t result, uint32_t value)
{
	if (f->count == f->room) {
		size_t room = f->room ? 2 * f->room : 16;
		struct fact *grown = tern_realloc_array(f->item, room, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		f->item = grown;
		f->room = room;
	}
	f->item[f->count++] = (struct fact){result, value};
	return 0;
}

static int compare_facts(const void *a, const void *b)
{
	uint32_t x = ((const struct fact *)a)->result, y = ((const struct fact *)b)->result;
	return (x > y) - (x < y);
}

static void sort_facts(struct facts *f)
{
	if (f->count)
		qsort(f->item, f->count, sizeof(*f->item), compare_facts);
}

static const struct fact *find_fact(const struct facts *f, uint32_t result)
{
	const struct fact key = {.result = result};
	return f->count ? bsearch(&key, f->item, f->count, sizeof(key), compare_facts) : NULL;
}

/* A scalar type as a fact's value. */
enum { SCALAR_BOOL = 1, SCALAR_SIGNED = 1 << 8 };

/* What a module says of its specialization constants. */
struct survey {
	struct facts ids;       /* of a constant: its SpecId */
	struct facts types;     /* of a type: its bytes (1: boolean or 8 bits), SCALAR_SIGNED */
	struct facts constants; /* of a constant: where its instruction is */
};

/* 0 for a type that no such constant may have. */
static uint32_t scalar_type(const struct tern_spirv *m, const struct tern_spirv_instruction *i)
{
	if (i->op == TERN_SPIRV_OP_TYPE_BOOL)
		return i->words == 2 ? SCALAR_BOOL : 0;
	uint32_t wanted = i->op == TERN_SPIRV_OP_TYPE_INT ? 4 : 3;
	uint32_t bits = i->words == wanted ? tern_spirv_word(m, i->at + 2) : 0;
	bool is_signed = i->op == TERN_SPIRV_OP_TYPE_INT && bits && tern_spirv_word(m, i->at + 3);
	if (bits != 8 && bits != 16 && bits != 32 && bits != 64)
		return 0;
	return bits / 8 | (is_signed ? SCALAR_SIGNED : 0);
}

static int survey_instruction(const struct tern_spirv *m, const struct tern_spirv_instruction *i,
			      struct survey *s)
{
	uint32_t type;
	switch (i->op) {
	case TERN_SPIRV_OP_DECORATE:
		if (i->words == 4 && tern_spirv_word(m, i->at + 2) == TERN_SPIRV_DECORATION_SPEC_ID)
			return add_fact(&s->ids, tern_spirv_word(m, i->at + 1),
					tern_spirv_word(m, i->at + 3));
		return 0;
	case TERN_SPIRV_OP_TYPE_BOOL:
	case TERN_SPIRV_OP_TYPE_INT:
	case TERN_SPIRV_OP_TYPE_FLOAT:
		type = scalar_type(m, i);
		return type ? add_fact(&s->types, tern_spirv_word(m, i->at + 1), type) : 0;
	case TERN_SPIRV_OP_SPEC_CONSTANT_TRUE:
	case TERN_SPIRV_OP_SPEC_CONSTANT_FALSE:
	case TERN_SPIRV_OP_SPEC_CONSTANT:
		return i->words >= 3 ? add_fact(&s->constants, tern_spirv_word(m, i->at + 2),
						(uint32_t)i->at)
				     : 0;
	default:
		return 0;
	}
}

/* What is at @at, if it is such a constant with the instruction's right length. */
static bool describe(const struct tern_spirv *m, const struct survey *s, size_t at,
		     struct tern_spirv_constant *out)
{
	uint32_t first = tern_spirv_word(m, at), words = first >> 16;
	const struct fact *type = find_fact(&s->types, tern_spirv_word(m, at + 1));
	const struct fact *id = find_fact(&s->ids, tern_spirv_word(m, at + 2));
	if (!type || !id)
		return false;
	*out = (struct tern_spirv_constant){
		.id = id->value,
		.bytes = type->value & 0xff,
		.boolean = (first & 0xffff) != TERN_SPIRV_OP_SPEC_CONSTANT,
		.is_signed = type->value & SCALAR_SIGNED,
		.at = at,
	};
	return words == (out->boolean      ? 3
			 : out->bytes == 8 ? 5
					   : 4) &&
	       (!out->boolean || out->bytes == 1);
}

static int compare_constants(const void *a, const void *b)
{
	const struct tern_spirv_constant *x = a, *y = b;
	return x->id != y->id ? (x->id > y->id) - (x->id < y->id)
			      : (x->at > y->at) - (x->at < y->at);
}

int tern_spirv_constants(const struct tern_spirv *m, struct tern_spirv_constant **out,
			 size_t *count)
{
	struct survey s = {0};
	struct tern_spirv_instruction i = {0};
	struct tern_spirv_constant *list = NULL;
	size_t n = 0;
	int e = 0;
	while (!e && tern_spirv_next(m, &i))
		e = survey_instruction(m, &i, &s);
	if (!e && s.constants.count && s.ids.count) {
		list = tern_zalloc_array(s.constants.count, sizeof(*list));
		e = list ? 0 : -ENOMEM;
	}
	if (list) {
		sort_facts(&s.ids);
		sort_facts(&s.types);
		for (size_t k = 0; k < s.constants.count; k++)
			n += describe(m, &s, s.constants.item[k].value, &list[n]);
		if (n)
			qsort(list, n, sizeof(*list), compare_constants);
	}
	tern_free(s.ids.item);
	tern_free(s.types.item);
	tern_free(s.constants.item);
	if (e)
		return e;
	*out = list;
	*count = n;
	return 0;
}

int tern_spirv_constant_set(struct tern_spirv_constant *constants, size_t count, uint32_t id,
			    size_t size, const void *value)
{
	size_t first = 0, end;
	while (first < count && constants[first].id != id)
		first++;
	if (first == count)
		return -ENOENT;
	for (end = first; end < count && constants[end].id == id; end++)
		if (constants[end].bytes != size)
			return -EINVAL;
	for (size_t i = first; i < end; i++) {
		constants[i].value = 0;
		memcpy(&constants[i].value, value, size);
		constants[i].set = true;
	}
	return 0;
}

/* Values narrower than a word fill it: with their sign, or with zeros. */
static uint64_t literal_of(const struct tern_spirv_constant *c)
{
	unsigned unused = 64 - 8 * c->bytes;
	if (!c->is_signed)
		return c->value;
	return (uint64_t)((int64_t)(c->value << unused) >> unused);
}

void tern_spirv_specialize(const struct tern_spirv *m, const struct tern_spirv_constant *constants,
			   size_t count, uint32_t *words)
{
	for (size_t i = 0; i < m->words; i++)
		words[i] = tern_spirv_word(m, i);
	for (size_t i = 0; i < count; i++) {
		const struct tern_spirv_constant *c = &constants[i];
		uint64_t literal = literal_of(c);
		if (!c->set)
			continue;
		if (c->boolean) {
			words[c->at] = 3u << 16 | (c->value ? TERN_SPIRV_OP_SPEC_CONSTANT_TRUE
							    : TERN_SPIRV_OP_SPEC_CONSTANT_FALSE);
			continue;
		}
		words[c->at + 3] = (uint32_t)literal;
		if (c->bytes == 8)
			words[c->at + 4] = (uint32_t)(literal >> 32);
	}
}
