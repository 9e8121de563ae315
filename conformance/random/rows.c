/* SPDX-License-Identifier: MIT */
/*
 * Loads of neighbouring elements by one work-item, at constant distances from a place that is
 * another one for each: rows and structures.
 */
#include "conformance/random/generate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE = 256 };

struct type gen_pick_element(struct generate *g)
{
	static const enum base bases[] = {CHAR, UCHAR, SHORT, USHORT, INT,
					  UINT, UINT,  LONG,  ULONG,  FLOAT};

	if (gen_has(g, HAS_DOUBLES) && gen_chance(g, 20))
		return gen_of(DOUBLE, 1);
	return gen_of(bases[gen_below(g, 10)], 1);
}

void gen_declare_table(struct generate *g)
{
	struct type t = gen_pick_element(g);

	gen_line(g);
	gen_add(g,
		"local %s rt[%u]; for (uint e = LID; e < %u; e += LSIZE) rt[e] = %s[e + %u]; "
		"barrier(CLK_LOCAL_MEM_FENCE);\n",
		gen_type(t), TABLE, TABLE, gen_input(t.base), gen_below(g, 99));
	g->table = t;
}

static const char *element_type(const struct source *s)
{
	return s->members ? "struct R" : gen_type(s->type);
}

/* Real numbers are where such were put: see child.c. */
static void pick_records(struct generate *g, struct source *s)
{
	const struct record *r = &g->record;
	bool constant = !gen_is_real(r->real) && gen_chance(g, 30);

	s->members = true;
	s->space = constant ? "constant" : "global const";
	s->count = RANDOM_INPUT_BYTES / r->bytes;
	snprintf(s->name, sizeof s->name, "((%s struct R *)%s)", s->space,
		 constant               ? "cu"
		 : gen_is_real(r->real) ? gen_input(r->real)
					: "u8");
}

struct source gen_pick_source(struct generate *g, bool records)
{
	struct source s = {.space = "global const", .type = gen_pick_element(g)};
	unsigned choice = gen_below(g, 10);

	if (records && gen_chance(g, 35)) {
		pick_records(g, &s);
		return s;
	}
	s.count = RANDOM_INPUT_BYTES / (gen_bits(s.type.base) / 8);
	if (choice < 3 && g->table.width) {
		s.space = "local";
		s.type = g->table;
		s.count = TABLE;
		snprintf(s.name, sizeof s.name, "rt");
	} else if (choice < 5 && !gen_is_real(s.type.base)) {
		s.space = "constant";
		snprintf(s.name, sizeof s.name, "((constant %s *)cu)", gen_type(s.type));
	} else {
		snprintf(s.name, sizeof s.name, "%s", gen_input(s.type.base));
	}
	return s;
}

/* ---- places ---- */

static struct range id(struct generate *g)
{
	static const char *const casts[] = {"(int)", "(int)", "(uint)", "(long)", ""};
	const struct random_case *c = g->c;
	unsigned d = gen_chance(g, 70) ? 0 : gen_below(g, c->dimensions);
	bool local = !g->ids_small || gen_chance(g, 30);
	unsigned last = (unsigned)(local ? c->local[d] : c->offset[d] + c->global[d]) - 1;
	unsigned divisor = gen_chance(g, 15) ? gen_between(g, 2, 4) : 1;
	bool back = gen_chance(g, 20);

	if (back)
		gen_add(g, "(%u - ", last / divisor);
	gen_add(g, "%sget_%s_id(%u)", casts[gen_below(g, 5)], local ? "local" : "global", d);
	if (divisor > 1)
		gen_add(g, " / %u", divisor);
	if (back)
		gen_add(g, ")");
	return (struct range){0, (int)(last / divisor)};
}

/* A row's number, 0..@last. */
static void row_number(struct generate *g, unsigned last)
{
	unsigned mask = 1, choice = gen_below(g, 10);
	size_t from = g->text.length;
	struct range r = {0, 1 << 30};

	while (2 * mask - 1 <= last)
		mask *= 2;
	if (choice < 3) { /* from memory, or anything */
		gen_add(g, "IN(");
		gen_integer(g, gen_of(gen_chance(g, 50) ? INT : UINT, 1), gen_below(g, 2));
		gen_add(g, ", %u)", mask);
		return;
	}
	r = choice < 5 ? gen_ranged(g, 1) : id(g);
	char *text = random_text_cut(&g->text, from);

	if (r.low >= 0 && r.high <= (int)last)
		gen_add(g, "(%s)", text);
	else if (gen_chance(g, 60))
		gen_add(g, "IN(%s, %u)", text, mask);
	else if (gen_chance(g, 50))
		gen_add(g, "AT((uint)(%s) %% %uu, %u)", text, last + 1, last + 1);
	else
		gen_add(g, "clamp((int)(%s), 0, %u)", text, last);
	free(text);
}

/* Elements from row to row: their greatest number. */
static unsigned pick_stride(struct generate *g, char *text, size_t bytes, unsigned most)
{
	static const unsigned strides[] = {1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 8, 9, 10, 12, 16, 20};
	unsigned constant = strides[gen_below(g, 17)];
	unsigned local = (unsigned)g->c->local[0];

	switch (gen_below(g, 10)) {
	case 0:
		snprintf(text, bytes, "(IN(n, 16) + 2)");
		constant = 17;
		break;
	case 1:
		snprintf(text, bytes, "n");
		constant = 99;
		break;
	case 2:
		snprintf(text, bytes, "(n %% 7 + 2)");
		constant = 8;
		break;
	case 3:
		snprintf(text, bytes, "IN(m, 8)");
		constant = 7;
		break;
	case 4:
		snprintf(text, bytes, "(int)get_local_size(0)");
		constant = local;
		break;
	default:
		snprintf(text, bytes, "%u", constant);
	}
	if (constant <= most)
		return constant;
	snprintf(text, bytes, "2");
	return 2;
}

void gen_row_place(struct generate *g, unsigned count, unsigned span, const char *stride,
		   unsigned most)
{
	char text[40];

	if (!stride) {
		most = pick_stride(g, text, sizeof text, (count - span) / 4);
		stride = text;
	}
	unsigned last = (count - span) / most, left = count - span - last * most;

	gen_add(g, "(");
	if (gen_chance(g, 20))
		gen_add(g, "%u - ", last * most);
	row_number(g, last);
	gen_add(g, " * %s", stride);
	if (left && gen_chance(g, 40))
		gen_add(g, " + %u", gen_below(g, left < 9 ? left + 1 : 9));
	gen_add(g, ")");
}

/* ---- rows ---- */

/* How the elements of a row are named. */
struct row {
	struct source source;
	unsigned span;
	char *before; /* of the element's number, malloc'ed; and behind it */
	char after[20];
};

static void declare_row_pointer(struct generate *g, struct row *r, unsigned number)
{
	const struct source *s = &r->source;
	char name[40];

	gen_add(g, "%s %s *p%u = %s + AT(", s->space, element_type(s), number, s->name);
	gen_row_place(g, s->count, r->span, NULL, 0);
	gen_add(g, ", %u);\n", s->count - r->span + 1);
	snprintf(name, sizeof name, "p%u", number);
	if (s->members)
		return;
	struct var *v = gen_add_var(g, name, s->type);

	for (v->count = 1; 2 * v->count <= r->span;)
		v->count *= 2;
	v->fixed = true;
}

/* A variable with the first element's number. */
static void declare_row_number(struct generate *g, const struct row *r, unsigned number)
{
	static const char *const types[] = {"int", "uint", "long", "ulong"};

	gen_add(g, "const %s w%u = AT(", types[gen_below(g, 4)], number);
	gen_row_place(g, r->source.count, r->span, NULL, 0);
	gen_add(g, ", %u);\n", r->source.count - r->span + 1);
}

/* Numbers that wrap around between the elements: some are not where they seem to be. */
static void wrapping(struct generate *g, struct row *r, unsigned number)
{
	const char *name = r->source.name;
	bool narrow = r->source.count >= 256;

	gen_add(g, "const %s w%u = IN(", gen_chance(g, 50) ? "int" : "uint", number);
	gen_integer(g, gen_of(UINT, 1), gen_below(g, 2));
	gen_add(g, ", 256);\n");
	size_t from = g->text.length;

	if (narrow && gen_chance(g, 40))
		gen_add(g, "%s[(uchar)(w%u + ", name, number);
	else if (narrow && gen_chance(g, 40))
		gen_add(g, "(%s + 128)[(char)(w%u + ", name, number);
	else
		gen_add(g, "%s[IN(w%u + ", name, number);
	r->before = random_text_cut(&g->text, from);
	snprintf(r->after, sizeof r->after, strstr(r->before, "IN(") ? ", 64)]" : ")]");
}

static void pick_row(struct generate *g, struct row *r)
{
	unsigned number = gen_name(g), choice = gen_below(g, 10);
	const struct source *s = &r->source;
	size_t from;

	if (choice == 0) { /* all on one line */
		from = g->text.length;
		gen_add(g, "%s[AT(", s->name);
		gen_row_place(g, s->count, r->span, NULL, 0);
		gen_add(g, " + ");
		r->before = random_text_cut(&g->text, from);
		snprintf(r->after, sizeof r->after, ", %u)]", s->count);
		return;
	}
	gen_line(g);
	if (choice < 6) {
		declare_row_pointer(g, r, number);
	} else if (choice < 8) {
		declare_row_number(g, r, number);
	} else if (choice == 8) {
		wrapping(g, r, number);
		return;
	} else {
		gen_add(g, "const int w%u = ", number);
		row_number(g, s->count / 16 - 1);
		gen_add(g, ";\n");
	}
	from = g->text.length;
	if (choice < 6)
		gen_add(g, "p%u[", number);
	else if (choice < 8)
		gen_add(g, "%s[w%u + ", s->name, number);
	else
		gen_add(g, "%s[w%u * 16 | ", s->name, number);
	r->before = random_text_cut(&g->text, from);
	snprintf(r->after, sizeof r->after, "]");
}

/* Element @number of the row, a record's members having numbers of their own; its type. */
static struct type element(struct generate *g, const struct row *r, unsigned number)
{
	const struct record *record = &g->record;

	if (!r->source.members) {
		gen_add(g, "%s%u%s", r->before, number, r->after);
		return r->source.type;
	}
	unsigned member = number % record->count;

	gen_add(g, "%s%u%s.m%u", r->before, number / record->count, r->after, member);
	return record->members[member];
}

static struct type element_type_of(const struct generate *g, const struct row *r, unsigned number)
{
	return r->source.members ? g->record.members[number % g->record.count] : r->source.type;
}

/* Some elements into variables, now and then with something else between them. */
static void declare_elements(struct generate *g, const struct row *r, const unsigned *which,
			     unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct type t = element_type_of(g, r, which[i]);
		char name[40];

		snprintf(name, sizeof name, "v%u", gen_name(g));
		gen_line(g);
		gen_add(g, "%s %s = ", gen_type(t), name);
		element(g, r, which[i]);
		gen_add(g, ";\n");
		gen_add_var(g, name, t)->addressable = true;
		if (g->statements > 0 && gen_chance(g, 12))
			gen_statement(g);
	}
}

static void add_elements(struct generate *g, const struct row *r, const unsigned *which,
			 unsigned count)
{
	gen_line(g);
	gen_add(g, "acc = acc * 31");
	for (unsigned i = 0; i < count; i++) {
		gen_add(g, gen_chance(g, 50) ? " + %uul * FOLD1(" : " ^ %uul * FOLD1(", 2 * i + 1);
		element(g, r, which[i]);
		gen_add(g, ")");
	}
	gen_add(g, ";\n");
}

/* Which elements: one behind the other, with gaps, in any order, some twice. */
static unsigned pick_elements(struct generate *g, unsigned *which, unsigned most, unsigned span)
{
	unsigned count = gen_between(g, 2, most < span ? most : span);
	unsigned first = gen_below(g, span - count + 1);
	bool gaps = gen_chance(g, 35), mixed = gen_chance(g, 40);

	for (unsigned i = 0; i < count; i++)
		which[i] = gaps ? gen_below(g, span) : first + i;
	for (unsigned i = 1; mixed && i < count; i++) {
		unsigned j = gen_below(g, i + 1), old = which[i];

		which[i] = which[j];
		which[j] = old;
	}
	return count;
}

void gen_read_row(struct generate *g)
{
	enum { MOST = 10 };
	unsigned which[MOST];

	if (g->helper) {
		gen_declare(g);
		return;
	}
	struct row r = {.source = gen_pick_source(g, true)};

	r.span = r.source.members ? gen_between(g, 1, 2) : gen_between(g, 2, 16);
	pick_row(g, &r);
	unsigned elements = r.span * (r.source.members ? g->record.count : 1);
	unsigned count = pick_elements(g, which, MOST, elements);

	if (gen_chance(g, 60))
		declare_elements(g, &r, which, count);
	else
		add_elements(g, &r, which, count);
	free(r.before);
}
