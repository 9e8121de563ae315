/* SPDX-License-Identifier: MIT */
/* Structures, functions that the kernel calls, and calls. */
#include "conformance/random/generate.h"
#include <stdio.h>

void gen_structures(struct generate *g)
{
	static const unsigned counts[] = {0, 0, 0, 0, 2, 4};

	g->structure_count = gen_has(g, HAS_STRUCTS) ? gen_between(g, 1, MAX_STRUCTS) : 0;
	for (unsigned i = 0; i < g->structure_count; i++) {
		struct structure *s = &g->structures[i];

		s->count = gen_between(g, 2, MAX_FIELDS);
		gen_add(g, "struct S%u { ", i);
		for (unsigned f = 0; f < s->count; f++) {
			s->fields[f].type = gen_pick_type(g);
			if (s->fields[f].type.width > 4) /* structures are for members */
				s->fields[f].type.width = 4;
			s->fields[f].count = counts[gen_below(g, 6)];
			gen_add(g, "%s m%u", gen_type(s->fields[f].type), f);
			if (s->fields[f].count)
				gen_add(g, "[%u]", s->fields[f].count);
			gen_add(g, "; ");
		}
		gen_add(g, "};\n");
	}
}

void gen_structure_value(struct generate *g, unsigned structure, unsigned depth)
{
	const struct structure *s = &g->structures[structure];

	gen_add(g, "{");
	for (unsigned f = 0; f < s->count; f++) {
		const struct field *field = &s->fields[f];

		gen_add(g, f ? ", " : "");
		gen_add(g, field->count ? "{" : "");
		for (unsigned i = 0; i < (field->count ? field->count : 1); i++) {
			gen_add(g, i ? ", " : "");
			gen_expression(g, field->type, i < 2 ? depth : 0);
		}
		gen_add(g, field->count ? "}" : "");
	}
	gen_add(g, "}");
}

/* ---- functions ---- */

static void pick_signature(struct generate *g, struct helper *h)
{
	*h = (struct helper){.structure = -1, .type = gen_of(UINT, gen_pick_width(g))};
	h->result = gen_pick_integer(g);
	if (gen_has(g, HAS_POINTERS) && gen_chance(g, 40)) {
		h->pointer = true;
		h->generic = gen_has(g, HAS_GENERIC);
		if (h->generic)
			h->type.width = 1;
	} else if (g->structure_count && gen_chance(g, 25)) {
		h->structure = (int)gen_below(g, g->structure_count);
	}
	h->count = gen_between(g, 1, MAX_PARAMETERS);
	for (unsigned i = 0; i < h->count; i++) {
		struct parameter *p = &h->parameters[i];

		p->type = gen_pick_type(g);
		p->structure = g->structure_count && gen_chance(g, 25)
				       ? (int)gen_below(g, g->structure_count)
				       : -1;
		p->input = p->structure < 0 && gen_has(g, HAS_LOADS) && gen_chance(g, 20);
	}
}

static void add_structure_parameter(struct generate *g, const struct parameter *p, unsigned number)
{
	const struct structure *s = &g->structures[p->structure];
	char name[40];

	gen_add(g, "struct S%d g%u", p->structure, number);
	snprintf(name, sizeof name, "g%u", number);
	gen_add_var(g, name, gen_of(UINT, 1))->structure = p->structure;
	for (unsigned f = 0; f < s->count; f++) {
		snprintf(name, sizeof name, "g%u.m%u", number, f);
		gen_add_var(g, name, s->fields[f].type)->count = s->fields[f].count;
	}
}

static void parameter(struct generate *g, const struct parameter *p, unsigned number)
{
	char name[40];

	snprintf(name, sizeof name, "g%u", number);
	if (p->structure >= 0) {
		add_structure_parameter(g, p, number);
	} else if (p->input) {
		gen_add(g, "global const uint *%s", name);
		struct var *v = gen_add_var(g, name, gen_of(UINT, 1));

		v->count = RANDOM_INPUT_BYTES / 4;
		v->fixed = true;
	} else {
		gen_add(g, "%s %s", gen_type(p->type), name);
		gen_add_var(g, name, p->type)->addressable = true;
	}
}

static void head(struct generate *g, const struct helper *h, unsigned number)
{
	if (h->structure >= 0)
		gen_add(g, "struct S%d h%u(", h->structure, number);
	else
		gen_add(g, "%s h%u(", gen_type(h->result), number);
	if (h->pointer) {
		gen_add(g, h->generic ? "%s *g, " : "private %s *g, ", gen_type(h->type));
		gen_add_var(g, "(*g)", h->type);
	}
	for (unsigned i = 0; i < h->count; i++) {
		gen_add(g, i ? ", " : "");
		parameter(g, &h->parameters[i], i);
	}
	gen_add(g, ")\n{\n");
}

void gen_return_value(struct generate *g)
{
	const struct helper *h = g->helper;

	gen_line(g);
	if (!h) {
		gen_add(g, "o64[OUT(0)] = acc;\n");
		gen_line(g);
		gen_add(g, "return;\n");
	} else if (h->structure >= 0) {
		gen_add(g, "return (struct S%d)", h->structure);
		gen_structure_value(g, (unsigned)h->structure, 1);
		gen_add(g, ";\n");
	} else {
		gen_add(g, "return ");
		gen_integer(g, h->result, 1);
		gen_add(g, ";\n");
	}
}

void gen_helper(struct generate *g)
{
	struct helper *h = &g->helpers[g->helper_count];
	bool uniform = g->uniform, left = g->left;
	unsigned from = g->var_count;
	int statements = g->statements;

	pick_signature(g, h);
	g->helper = h;
	g->uniform = false;
	g->statements = (int)gen_between(g, 1, 7);
	g->trips = 10;
	g->calls = 1;
	head(g, h, g->helper_count);
	g->depth = 1;
	gen_line(g);
	gen_add(g, "ulong acc = 0;\n");
	gen_statements(g, 8);
	gen_fold(g, from);
	if (h->structure < 0 && gen_chance(g, 70)) {
		gen_line(g);
		gen_add(g, "return convert_%s((%s)acc);\n", gen_type(h->result),
			gen_type(gen_of(ULONG, h->result.width)));
	} else {
		gen_return_value(g);
	}
	gen_add(g, "}\n");
	g->depth = 0;
	g->trips = 1;
	g->statements = statements;
	g->uniform = uniform;
	g->left = left;
	g->helper = NULL;
	h->calls = g->calls;
	g->calls = 0;
	g->var_count = from;
	g->helper_count++;
}

/* ---- calls ---- */

static void argument(struct generate *g, const struct parameter *p, unsigned depth)
{
	const struct var *found = NULL;
	unsigned seen = 0;

	if (p->input) {
		gen_add(g, g->helper ? "g_none" : "u32");
		return;
	}
	if (p->structure < 0) {
		gen_add(g, p->type.width == 1 ? "(%s)" : "", gen_type(p->type));
		gen_expression(g, p->type, depth);
		return;
	}
	for (unsigned i = 0; i < g->var_count; i++)
		if (g->vars[i].structure == p->structure && !gen_below(g, ++seen))
			found = &g->vars[i];
	if (found) {
		gen_add(g, "%s", found->name);
		return;
	}
	gen_add(g, "(struct S%d)", p->structure);
	gen_structure_value(g, (unsigned)p->structure, depth ? depth - 1 : 0);
}

static void arguments(struct generate *g, const struct helper *h, unsigned depth)
{
	g->calls += h->calls;
	for (unsigned i = 0; i < h->count; i++) {
		gen_add(g, i ? ", " : "");
		argument(g, &h->parameters[i], depth);
	}
	gen_add(g, ")");
}

/* Helpers that read the input get it from the kernel only. Everything is inlined in the end: there
 * is a limit to how much that may be. */
static bool callable(const struct generate *g, const struct helper *h)
{
	if (g->calls + h->calls > (g->helper ? 4 : 10))
		return false;
	for (unsigned i = 0; i < h->count; i++)
		if (h->parameters[i].input && g->helper)
			return false;
	return true;
}

bool gen_call(struct generate *g, struct type t, unsigned depth)
{
	for (unsigned i = 0; i < g->helper_count; i++) {
		const struct helper *h = &g->helpers[i];

		if (h->pointer || h->structure >= 0 || !gen_same(h->result, t) || !callable(g, h))
			continue;
		gen_add(g, "h%u(", i);
		arguments(g, h, depth - 1);
		return true;
	}
	return false;
}

/* "&v" of a variable that the helper may change; declared for it when there is none. */
static bool pointer_argument(struct generate *g, const struct helper *h, char *name, size_t bytes)
{
	const struct var *found = NULL;
	unsigned seen = 0;

	for (unsigned i = 0; i < g->var_count; i++) {
		const struct var *v = &g->vars[i];

		if (v->structure < 0 && gen_same(v->type, h->type) &&
		    (v->addressable || (v->generic && h->generic)) && !gen_below(g, ++seen))
			found = v;
	}
	if (!found)
		return false;
	snprintf(name, bytes, "%s", found->name);
	return true;
}

static void structure_call(struct generate *g, const struct helper *h, unsigned number)
{
	unsigned name = gen_name(g);
	char text[40];

	gen_line(g);
	gen_add(g, "struct S%d s%u = h%u(", h->structure, name, number);
	arguments(g, h, 1);
	gen_add(g, ";\n");
	snprintf(text, sizeof text, "s%u", name);
	gen_add_var(g, text, gen_of(UINT, 1))->structure = h->structure;
	for (unsigned f = 0; f < g->structures[h->structure].count; f++) {
		const struct field *field = &g->structures[h->structure].fields[f];

		snprintf(text, sizeof text, "s%u.m%u", name, f);
		gen_add_var(g, text, field->type)->count = field->count;
	}
}

void gen_call_statement(struct generate *g)
{
	unsigned number = g->helper_count ? gen_below(g, g->helper_count) : 0;
	const struct helper *h = &g->helpers[number];
	char name[40];

	if (!g->helper_count || !callable(g, h)) {
		gen_declare(g);
		return;
	}
	if (h->structure >= 0) {
		structure_call(g, h, number);
		return;
	}
	if (h->pointer && !pointer_argument(g, h, name, sizeof name)) {
		unsigned v = gen_name(g);

		snprintf(name, sizeof name, "v%u", v);
		gen_line(g);
		gen_add(g, "%s %s = %u;\n", gen_type(h->type), name, gen_below(g, 9));
		gen_add_var(g, name, h->type)->addressable = true;
	}
	gen_line(g);
	gen_add(g, "acc += FOLD%u(h%u(", h->result.width, number);
	if (h->pointer)
		gen_add(g, h->generic ? "(%s *)&%s, " : "&%s, ",
			h->generic ? gen_type(h->type) : name, name);
	arguments(g, h, 1);
	gen_add(g, ");\n");
}
