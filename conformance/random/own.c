/* SPDX-License-Identifier: MIT */
/*
 * Rows of elements or records that a work-item has of its own: it stores to them and loads what it
 * has stored, through one pointer or another that may be equal. The kernel gets the rows in global
 * memory twice, as "rows" and "same"; behind them there is room for as many again.
 */
#include "conformance/random/generate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LENGTH = 20, LOCAL_BYTES = 16384, VIEWS = 4, MOST_TRIPS = 64 };

/* A way to the rows. */
struct view {
	const struct own *own;
	char before[24], after[4]; /* "rg[ROW(" and ")]" around the number */
	unsigned length;           /* records or elements that it leads to */
};

/* ---- types and macros ---- */

static void pick_record(struct generate *g)
{
	struct record *r = &g->record;
	unsigned most = 1, bytes = 0;

	*r = (struct record){.count = gen_between(g, 2, MAX_MEMBERS), .packed = gen_chance(g, 15)};
	if (!r->packed && gen_chance(g, 40))
		r->real = gen_has(g, HAS_DOUBLES) && gen_chance(g, 50) ? DOUBLE : FLOAT;
	/* all alike, or of several sizes */
	struct type all = gen_pick_element(g);
	bool alike = gen_chance(g, 40) && !gen_is_real(all.base);

	gen_add(g, r->packed ? "struct __attribute__((packed)) R { " : "struct R { ");
	for (unsigned m = 0; m < r->count; m++) {
		struct type t = alike ? all : gen_pick_element(g);

		if (gen_is_real(t.base) || (r->real && gen_chance(g, 40)))
			t = gen_of(r->real ? r->real : UINT, 1);
		r->members[m] = t;
		unsigned size = gen_bits(t.base) / 8, align = r->packed ? 1 : size;

		most = align > most ? align : most;
		bytes = (bytes + align - 1) / align * align + size;
		gen_add(g, "%s m%u; ", gen_type(t), m);
	}
	r->bytes = (bytes + most - 1) / most * most;
	gen_add(g, "};\n");
}

static unsigned group_size(const struct generate *g)
{
	return (unsigned)(g->c->local[0] * g->c->local[1] * g->c->local[2]);
}

/* Whose the row is: a number below RANDOM_ITEMS, or below the size of a work-group. */
static void owner(struct generate *g, bool local)
{
	static const char *const casts[] = {"", "(int)", "(uint)", "(long)"};
	const char *number = local ? "LID" : "SLOT", *cast = casts[gen_below(g, 4)];
	unsigned last = (local ? group_size(g) : RANDOM_ITEMS) - 1;

	switch (gen_below(g, 6)) {
	case 0:
		gen_add(g, "(%u - %s%s)", last, cast, number);
		return;
	case 1: /* odd factors and differences in one bit give each another one */
		if (!local)
			gen_add(g, "(%s(%s * %u) & %u)", cast, number, gen_below(g, 9) * 2 + 1,
				RANDOM_ITEMS - 1);
		else
			gen_add(g, "%s%s", cast, number);
		return;
	case 2:
		if (!local) {
			gen_add(g, "(%s%s ^ %u)", cast, number, gen_between(g, 1, 9));
			return;
		}
		/* fall through */
	default:
		gen_add(g, "%s%s", cast, number);
	}
}

static void pick_own(struct generate *g, struct own *o, bool local)
{
	struct own own = {.there = true, .members = gen_chance(g, 35), .type = gen_pick_element(g)};
	unsigned size = own.members ? g->record.bytes : gen_bits(own.type.base) / 8;
	unsigned most = RANDOM_ROW / size < MOST_LENGTH ? RANDOM_ROW / size : MOST_LENGTH;
	unsigned wide = 1; /* distances that are known as the kernel runs: so many */

	if (local && LOCAL_BYTES / size / group_size(g) < most)
		most = LOCAL_BYTES / size / group_size(g);
	if (most < 3)
		return;
	if (most > 5 && gen_chance(g, 30))
		wide = most > 9 && gen_chance(g, 50) ? 8 : 4;
	own.length = own.members ? gen_between(g, 1, 3) : gen_between(g, 2, most - wide + 1);
	if (own.members && own.length + wide - 1 > most)
		wide = 1;
	own.distance = own.length + wide - 1;
	if (wide == 1 && own.distance < most)
		own.distance += gen_chance(g, 30);
	gen_add(g, local ? "#define LROW(j) (" : "#define ROW(j) (");
	owner(g, local);
	if (wide > 1)
		gen_add(g, " * (IN(n, %u) + %u) + (j))\n", wide, own.length);
	else
		gen_add(g, " * %u + (j))\n", own.distance);
	*o = own;
}

void gen_own_head(struct generate *g)
{
	pick_record(g);
	pick_own(g, &g->own[OWN_GLOBAL], false);
	if (gen_chance(g, 40))
		pick_own(g, &g->own[OWN_LOCAL], true);
}

/* ---- views ---- */

static const char *row_type(const struct own *o)
{
	return o->members ? "struct R" : gen_type(o->type);
}

static bool is_real(const struct generate *g, const struct own *o)
{
	return gen_is_real(o->members ? g->record.real : o->type.base);
}

static struct view view_of(const struct generate *g, unsigned which, const char *name)
{
	struct view v = {.own = &g->own[which], .length = g->own[which].length};

	snprintf(v.before, sizeof v.before, "%s[%s(", name, which == OWN_LOCAL ? "LROW" : "ROW");
	snprintf(v.after, sizeof v.after, ")]");
	return v;
}

/* How many elements, and of which type; a record's members are such. */
static unsigned elements(const struct generate *g, const struct view *v)
{
	return v->length * (v->own->members ? g->record.count : 1);
}

static struct type name_element(const struct generate *g, const struct view *v, unsigned number,
				char *name, size_t bytes)
{
	const struct record *r = &g->record;

	if (!v->own->members) {
		snprintf(name, bytes, "%s%u%s", v->before, number, v->after);
		return v->own->type;
	}
	snprintf(name, bytes, "%s%u%s.m%u", v->before, number / r->count, v->after,
		 number % r->count);
	return r->members[number % r->count];
}

/* Some elements become variables like others. */
static void add_variables(struct generate *g, const struct view *v)
{
	unsigned count = elements(g, v), first = gen_below(g, count);

	for (unsigned i = 0; i < 4 && i < count; i++) {
		char name[40];
		struct type t = name_element(g, v, (first + i) % count, name, sizeof name);

		gen_add_var(g, name, t)->generic = !v->own->members;
	}
}

/* What is in them before anything is stored; integers may be what the host has put there. */
static void fill(struct generate *g, const struct view *v)
{
	const struct own *o = v->own;
	if (o == &g->own[OWN_GLOBAL] && !is_real(g, o) && gen_chance(g, 60))
		return;
	for (unsigned i = 0; i < elements(g, v); i++) {
		char name[40];
		struct type t = name_element(g, v, i, name, sizeof name);

		gen_add(g, " %s = (%s)((LID + %u) & 127);", name, gen_type(t), 13 * i);
	}
}

void gen_own_start(struct generate *g)
{
	const struct own *o = &g->own[OWN_GLOBAL];
	struct view v = view_of(g, OWN_GLOBAL, "rg");

	gen_line(g);
	gen_add(g, "global %s *rg = (global %s *)rows, *rs = (global %s *)same;", row_type(o),
		row_type(o), row_type(o));
	fill(g, &v);
	gen_add(g, "\n");
	add_variables(g, &v);
	o = &g->own[OWN_LOCAL];
	if (o->there) {
		v = view_of(g, OWN_LOCAL, "rl");
		gen_line(g);
		gen_add(g, "local %s rl[%u];", row_type(o), group_size(g) * o->distance);
		fill(g, &v);
		gen_add(g, "\n");
		add_variables(g, &v);
	}
	if (gen_chance(g, 40))
		gen_declare_table(g);
}

/* ---- pointers ---- */

/* A pointer to the row: by one way or another, to its beginning or the next element. */
static struct view declare_pointer(struct generate *g, const struct own *o)
{
	bool local = o == &g->own[OWN_LOCAL];
	unsigned number = gen_name(g), shift = o->length > 1 && gen_chance(g, 50);
	struct view v = {.own = o, .length = o->length - shift, .after = "]"};
	const char *type = row_type(o), *name = local ? "rl" : "rg";
	const char *macro = local ? "LROW" : "ROW";

	snprintf(v.before, sizeof v.before, "p%u[", number);
	gen_line(g);
	gen_add(g, "%s %s *p%u = ", local ? "local" : "global", type, number);
	g->want_uniform = g->uniform && gen_chance(g, 70);
	gen_condition(g, 1);
	g->want_uniform = false;
	gen_add(g, " ? %s + %s(%u) : ", gen_chance(g, 50) && !local ? "rs" : name, macro, shift);
	/* behind the rows are integers */
	if (local || is_real(g, o) || gen_chance(g, 60))
		gen_add(g, "%s + %s(0);\n", local ? "rl" : "rs", macro);
	else
		gen_add(g, "(global %s *)(rows + %u) + ROW(0);\n", type, RANDOM_ROWS);
	add_variables(g, &v);
	return v;
}

/* The ways to a row in memory that is there; how many. */
static unsigned pick_views(struct generate *g, struct view *views)
{
	bool local = g->own[OWN_LOCAL].there && gen_chance(g, 40);
	unsigned count = 0;

	if (local) {
		views[count++] = view_of(g, OWN_LOCAL, "rl");
	} else {
		views[count++] = view_of(g, OWN_GLOBAL, "rg");
		if (gen_chance(g, 50))
			views[count++] = view_of(g, OWN_GLOBAL, "rs");
	}
	if (gen_chance(g, 50))
		views[count++] = declare_pointer(g, views[0].own);
	return count;
}

/* ---- statements ---- */

static void load_element(struct generate *g, const char *from, struct type t)
{
	char name[40];

	snprintf(name, sizeof name, "v%u", gen_name(g));
	gen_line(g);
	gen_add(g, "%s %s = %s;\n", gen_type(t), name, from);
	gen_add_var(g, name, t)->addressable = true;
}

static void store_element(struct generate *g, const char *to, struct type t)
{
	gen_line(g);
	gen_add(g, gen_chance(g, 15) && !gen_is_real(t.base) ? "%s ^= " : "%s = ", to);
	gen_expression(g, t, gen_chance(g, 20) ? 2 : gen_below(g, 2));
	gen_add(g, ";\n");
}

void gen_write_row(struct generate *g)
{
	unsigned count = gen_between(g, 2, 10), loads = gen_chance(g, 50) ? 25 : 0;
	bool mixed = gen_chance(g, 35);
	struct view views[VIEWS];

	if (g->helper) {
		gen_declare(g);
		return;
	}
	unsigned ways = pick_views(g, views), next = gen_below(g, 8), few = gen_chance(g, 50);

	for (unsigned i = 0; i < count; i++) {
		/* mostly by the first way, element by element */
		const struct view *v = &views[few && gen_chance(g, 75) ? 0 : gen_below(g, ways)];
		unsigned all = elements(g, v), number = mixed ? gen_below(g, all) : next++ % all;
		char name[40];
		struct type t = name_element(g, v, number, name, sizeof name);

		if (gen_chance(g, loads))
			load_element(g, name, t);
		else
			store_element(g, name, t);
		if (g->statements > 0 && gen_chance(g, 6))
			gen_statement(g);
	}
}

/* "rg[ROW(k + 1)]" */
static void walked(struct generate *g, const struct view *v, const char *counter, unsigned shift)
{
	gen_add(g, "%s%s + %u%s", v->before, counter, shift, v->after);
}

void gen_copy_row(struct generate *g)
{
	struct view views[VIEWS];
	unsigned number = gen_name(g), count, shifts[2], length = MOST_LENGTH;
	const struct view *used[2];
	char counter[20];

	if (g->helper || g->trips > MOST_TRIPS) {
		gen_declare(g);
		return;
	}
	count = pick_views(g, views);
	if (views[0].own->members)
		return;
	for (unsigned i = 0; i < 2; i++) {
		used[i] = &views[gen_below(g, count)];
		shifts[i] = used[i]->length > 2 ? gen_below(g, 3) : 0;
		if (used[i]->length - shifts[i] < length)
			length = used[i]->length - shifts[i];
	}
	struct type t = used[0]->own->type;

	snprintf(counter, sizeof counter, "k%u", number);
	gen_line(g);
	gen_add(g, "for (int %s = 0; %s < ", counter, counter);
	if (gen_chance(g, 50))
		gen_add(g, "%u", length);
	else
		gen_add(g, "AT(n %% %u, %u)", length + 1, length + 1);
	gen_add(g, "; %s++) { ", counter);
	walked(g, used[0], counter, shifts[0]);
	gen_add(g, gen_is_real(t.base) ? " = FIT(%s, " : " = (%s)(", gen_type(t));
	walked(g, used[1], counter, shifts[1]);
	gen_add(g, gen_is_real(t.base) ? " + (%s)%s); }\n" : " ^ (%s)(%s * 3)); }\n", gen_type(t),
		counter);
}
