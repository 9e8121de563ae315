/* SPDX-License-Identifier: MIT */
/*
 * Accesses at places that are beside each other along dimension 1, where they are far from each
 * other along dimension 0: a matrix is transposed. Each work-item has cells of its own. Such
 * kernels are small, have two dimensions or three, and no loops.
 */
#include "conformance/random/generate.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CELLS = 2, PAD = 3 };

/* Columns of elements. */
struct columns {
	bool local; /* of a work-group's, else of all work-items */
	unsigned count, height;
	unsigned most;     /* elements from one to the next, at most */
	char distance[40]; /* the number of them */
};

static struct columns columns_of(const struct generate *g, bool local)
{
	const uint64_t *size = local ? g->c->local : g->c->global;

	return (struct columns){.local = local,
				.count = (unsigned)(size[0] * size[2]),
				.height = (unsigned)size[1]};
}

/* No more than @limit elements; they are as many if there is nothing between columns. */
static void pick_distance(struct generate *g, struct columns *c, unsigned limit)
{
	unsigned choice = gen_below(g, 5);

	c->most = c->height;
	if (choice < 2 && c->count * (c->height + PAD) <= limit) {
		c->most += PAD;
		if (choice)
			snprintf(c->distance, sizeof c->distance, "%u", c->most);
		else
			snprintf(c->distance, sizeof c->distance, "(IN(n, %u) + %u)", PAD + 1,
				 c->height);
	} else if (choice == 2) {
		snprintf(c->distance, sizeof c->distance, "get_%s_size(1)",
			 c->local ? "local" : "global");
	} else {
		snprintf(c->distance, sizeof c->distance, "%u", c->most);
	}
}

/* A work-item's number in a dimension, from 0 on or back to it. */
static void coordinate(struct generate *g, const struct columns *c, unsigned d)
{
	static const char *const casts[] = {"(int)", "(int)", "(uint)", "(long)", ""};
	const char *cast = casts[gen_below(g, 5)];
	uint64_t offset = c->local ? 0 : g->c->offset[d];
	uint64_t size = c->local ? g->c->local[d] : g->c->global[d];
	bool back = gen_chance(g, 15);

	if (back)
		gen_add(g, "(%u - ", (unsigned)size - 1);
	if (!offset)
		gen_add(g, "%sget_%s_id(%u)", cast, c->local ? "local" : "global", d);
	else if (gen_chance(g, 50))
		gen_add(g, "%s(get_global_id(%u) - get_global_offset(%u))", cast, d, d);
	else
		gen_add(g, "(get_global_id(%u) - %" PRIu64 "ul)", d, offset);
	if (back)
		gen_add(g, ")");
}

static void column(struct generate *g, const struct columns *c)
{
	if (g->c->dimensions < 3) {
		coordinate(g, c, 0);
		return;
	}
	gen_add(g, "(");
	coordinate(g, c, 2);
	gen_add(g, " * %u + ", (unsigned)(c->local ? g->c->local[0] : g->c->global[0]));
	coordinate(g, c, 0);
	gen_add(g, ")");
}

/* ---- a work-item's own ---- */

void gen_matrix_head(struct generate *g)
{
	struct columns c = columns_of(g, false);
	unsigned kind = gen_below(g, 3);

	g->cell = gen_pick_element(g);
	pick_distance(g, &c, RANDOM_MATRIX / (CELLS * sizeof(uint64_t)));
	gen_add(g, "#define CELL(j) (");
	if (kind == 0) /* one matrix behind the other */
		gen_add(g, "(j) * %u + ", c.count * c.most);
	else
		gen_add(g, kind == 1 ? "(" : "((");
	column(g, &c);
	if (kind == 2) /* one column beside the other */
		gen_add(g, " * %d + (j))", CELLS);
	gen_add(g, " * %s + ", c.distance);
	coordinate(g, &c, 1);
	if (kind == 1) /* one element beside the other */
		gen_add(g, ") * %d + (j)", CELLS);
	else if (kind == 2)
		gen_add(g, ")");
	gen_add(g, ")\n");
}

void gen_matrix_start(struct generate *g)
{
	const char *type = gen_type(g->cell);

	gen_line(g);
	gen_add(g, "global %s *tg = (global %s *)(rows + %u), *ts = (global %s *)(same + %u);",
		type, type, 2 * RANDOM_ROWS, type, 2 * RANDOM_ROWS);
	/* integers may be what the host has put there */
	if (gen_is_real(g->cell.base) || gen_chance(g, 20))
		gen_add(g, " tg[CELL(0)] = 5; tg[CELL(1)] = 7;");
	gen_add(g, "\n");
	if (gen_chance(g, 40))
		gen_add_var(g, "tg[CELL(0)]", g->cell);
	if (gen_chance(g, 40))
		gen_add_var(g, gen_chance(g, 50) ? "ts[CELL(1)]" : "ts[CELL(0)]", g->cell);
}

/* ---- statements ---- */

/* An element of input, malloc'ed; of its columns, or of rows that are no such. */
static char *pick_load(struct generate *g, struct type *type)
{
	struct source s = gen_pick_source(g, false);
	unsigned factor = gen_chance(g, 25) ? 2 : 1;
	struct columns c = columns_of(g, false);
	size_t from = g->text.length;

	if (c.count * c.height * factor > s.count || gen_chance(g, 30))
		c = columns_of(g, true);
	gen_add(g, "%s[AT(", s.name);
	if (gen_chance(g, 25)) {
		coordinate(g, &c, 1);
		gen_add(g, " * %u + ", c.count);
		column(g, &c);
		gen_add(g, ", %u)]", s.count);
	} else {
		pick_distance(g, &c, s.count / factor);
		unsigned left = s.count - c.count * c.most * factor;

		gen_add(g, factor > 1 ? "(" : "");
		column(g, &c);
		gen_add(g, " * %s + ", c.distance);
		coordinate(g, &c, 1);
		gen_add(g, factor > 1 ? ") * 2" : "");
		gen_add(g, " + %u, %u)]", gen_below(g, left < 9 ? left + 1 : 9), s.count);
	}
	*type = s.type;
	return random_text_cut(&g->text, from);
}

static void load(struct generate *g)
{
	struct type t;
	char *text = pick_load(g, &t), name[40];

	snprintf(name, sizeof name, "v%u", gen_name(g));
	gen_line(g);
	gen_add(g, "%s %s = %s;\n", gen_type(t), name, text);
	gen_add_var(g, name, t);
	free(text);
}

static void store(struct generate *g)
{
	bool real = gen_is_real(g->cell.base);
	struct type t;
	char *text = pick_load(g, &t);

	gen_line(g);
	gen_add(g, "%s[CELL(%u)] = ", gen_chance(g, 80) ? "tg" : "ts", gen_below(g, CELLS));
	gen_add(g, real ? "FIT(%s, " : "(%s)(", gen_type(g->cell));
	gen_as_number(g, g->cell, t);
	gen_add(g, "%s)", text);
	free(text);
	if (gen_chance(g, 60)) {
		gen_add(g, real ? " + " : " ^ ");
		gen_expression(g, g->cell, gen_below(g, 3));
	}
	gen_add(g, ");\n");
}

void gen_matrix(struct generate *g)
{
	if (gen_chance(g, 70))
		store(g);
	else
		load(g);
}
