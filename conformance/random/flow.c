/* SPDX-License-Identifier: MIT */
/* Control flow. */
#include "conformance/random/generate.h"
#include <stdio.h>

enum { MOST_DEPTH = 5, MOST_TRIPS = 300 };

void gen_if(struct generate *g)
{
	bool uniform = g->uniform, together = uniform && gen_chance(g, 40);

	if (g->depth > MOST_DEPTH) {
		gen_declare(g);
		return;
	}
	gen_line(g);
	gen_add(g, "if ");
	g->want_uniform = together;
	gen_condition(g, gen_between(g, 0, 2));
	g->want_uniform = false;
	g->uniform = together;
	gen_add(g, " ");
	gen_block(g, gen_between(g, 1, 4));
	if (gen_chance(g, 40)) {
		gen_add(g, " else ");
		gen_block(g, gen_between(g, 1, 4));
	}
	gen_add(g, "\n");
	g->uniform = uniform;
}

/* ---- loops ---- */

/* An int 0..@most, a power of two less one. */
static void bound(struct generate *g, bool uniform, unsigned most)
{
	g->want_uniform = uniform;
	if (gen_chance(g, 30)) {
		gen_add(g, "%u", gen_between(g, 1, most));
	} else {
		gen_add(g, "IN(");
		gen_integer(g, gen_of(INT, 1), gen_below(g, 3));
		gen_add(g, ", %u)", most + 1);
	}
	g->want_uniform = false;
}

static void for_header(struct generate *g, unsigned number, bool uniform, unsigned most)
{
	switch (gen_below(g, 4)) {
	case 0:
		gen_add(g, "for (int t%u = ", number);
		bound(g, uniform, most);
		gen_add(g, "; t%u > 0; t%u--) ", number, number);
		return;
	case 1:
		gen_add(g, "for (int t%u = ", number);
		bound(g, uniform, 3);
		gen_add(g, "; t%u < %u; t%u += 1 + ", number, most, number);
		g->want_uniform = uniform;
		gen_condition(g, 0);
		g->want_uniform = false;
		gen_add(g, ") ");
		return;
	default:
		gen_add(g, "for (int t%u = 0; t%u < ", number, number);
		bound(g, uniform, most);
		gen_add(g, "; t%u++) ", number);
	}
}

/* The body in braces of a loop with a counter, a ranged variable. */
static void body(struct generate *g, unsigned number, bool uniform, unsigned most)
{
	unsigned from = g->var_count, trips = g->trips, loops = g->loops;
	bool breakable = g->breakable;
	char name[40];

	snprintf(name, sizeof name, "t%u", number);
	struct var *v = gen_add_var(g, name, gen_of(INT, 1));

	v->fixed = true;
	v->ranged = true;
	v->high = (int)most + 1;
	v->uniform = uniform;
	g->trips *= most;
	g->loops++;
	g->breakable = true;
	gen_block(g, gen_between(g, 1, 5));
	g->breakable = breakable;
	g->loops = loops;
	g->trips = trips;
	g->var_count = from;
}

void gen_loop(struct generate *g)
{
	bool uniform = g->uniform, together = uniform && gen_chance(g, 50);
	unsigned most = gen_chance(g, 50) ? 3 : 7, number = gen_name(g);
	unsigned kind = gen_below(g, 4), around = g->together;
	bool loop_together = g->loop_together;

	if (g->depth > MOST_DEPTH || g->trips * most > MOST_TRIPS) {
		gen_declare(g);
		return;
	}
	g->uniform = together;
	g->together += together;
	g->loop_together = together;
	gen_line(g);
	if (kind >= 2 && gen_chance(g, 8))
		gen_add(g, "__attribute__((opencl_unroll_hint(%u))) ", gen_between(g, 1, 4));
	if (kind >= 2) {
		for_header(g, number, together, most);
		body(g, number, together, most);
		gen_add(g, "\n");
	} else {
		gen_add(g, "int t%u = 0;\n", number);
		gen_line(g);
		if (kind == 0) {
			gen_add(g, "do ");
			body(g, number, together, most);
			gen_add(g, " ");
		}
		gen_add(g, "while (LIMIT(t%u, %u) && ", number, most);
		g->want_uniform = together;
		gen_condition(g, 1);
		g->want_uniform = false;
		gen_add(g, kind == 0 ? ");\n" : ") ");
		if (kind == 1) {
			body(g, number, together, most);
			gen_add(g, "\n");
		}
	}
	g->loop_together = loop_together;
	g->together = around;
	g->uniform = uniform;
}

/* ---- loops of jumps ---- */

/* A loop without a head: back to a label, at most so many times. */
static void jump_back(struct generate *g, unsigned number)
{
	gen_add(g, "int t%u = 0;\n", number);
	gen_line(g);
	gen_add(g, "y%u:;\n", number);
	gen_line(g);
	gen_block(g, gen_between(g, 1, 3));
	gen_add(g, "\n");
	gen_line(g);
	gen_add(g, "if (LIMIT(t%u, 4) && ", number);
	gen_condition(g, 1);
	gen_add(g, ") goto y%u;\n", number);
}

/* A loop that some enter in the middle: no structure of ifs and loops is like that. */
static void jump_into(struct generate *g, unsigned number)
{
	gen_add(g, "int t%u = 0;\n", number);
	gen_line(g);
	gen_add(g, "if ");
	gen_condition(g, 1);
	gen_add(g, " goto y%u;\n", number);
	gen_line(g);
	gen_add(g, "while (LIMIT(t%u, 4)) {\n", number);
	g->depth++;
	gen_line(g);
	gen_block(g, gen_between(g, 1, 2));
	gen_add(g, "\n");
	gen_line(g);
	gen_add(g, "y%u:;\n", number);
	gen_line(g);
	gen_block(g, gen_between(g, 1, 2));
	gen_add(g, "\n");
	g->depth--;
	gen_line(g);
	gen_add(g, "}\n");
}

void gen_jump_loop(struct generate *g)
{
	bool uniform = g->uniform, loop_together = g->loop_together;
	unsigned loops = g->loops, number = gen_name(g);

	if (g->depth + 1 > MOST_DEPTH || g->trips * 4 > MOST_TRIPS) {
		gen_declare(g);
		return;
	}
	g->uniform = false;
	g->loop_together = false;
	g->loops = 0; /* break and continue would mean the loop around */
	g->trips *= 4;
	gen_line(g);
	if (gen_chance(g, 60))
		jump_back(g, number);
	else
		jump_into(g, number);
	g->trips /= 4;
	g->loops = loops;
	g->loop_together = loop_together;
	g->uniform = uniform;
}

void gen_leave_loop(struct generate *g)
{
	if (!g->loops || (g->loop_together && !g->uniform)) {
		gen_store(g);
		return;
	}
	gen_line(g);
	gen_add(g, "if ");
	/* where the group goes through the loop together it leaves it so, too */
	g->want_uniform = g->uniform;
	gen_condition(g, 1);
	g->want_uniform = false;
	gen_add(g, gen_chance(g, 50) && g->breakable ? " break;\n" : " continue;\n");
}

/* ---- jumps ---- */

void gen_switch(struct generate *g)
{
	bool uniform = g->uniform, breakable = g->breakable;
	unsigned cases = gen_between(g, 2, 5);

	if (g->depth > MOST_DEPTH) {
		gen_declare(g);
		return;
	}
	gen_line(g);
	gen_add(g, "switch (IN(");
	gen_integer(g, gen_of(INT, 1), gen_between(g, 0, 2));
	gen_add(g, ", 8)) {\n");
	g->uniform = false;
	g->breakable = false;
	for (unsigned i = 0; i < cases; i++) {
		gen_line(g);
		if (i == cases - 1 && gen_chance(g, 70))
			gen_add(g, "default: ");
		else
			gen_add(g, "case %u: ", i);
		gen_block(g, gen_between(g, 1, 3));
		gen_add(g, "\n");
		if (gen_chance(g, 60)) {
			gen_line(g);
			gen_add(g, "break;\n");
		}
	}
	gen_line(g);
	gen_add(g, "}\n");
	g->breakable = breakable;
	g->uniform = uniform;
}

/* Two loops, and a jump from the inner one behind both. */
void gen_goto(struct generate *g)
{
	bool uniform = g->uniform, loop_together = g->loop_together;
	unsigned number = gen_name(g), from = g->var_count;

	if (g->depth + 2 > MOST_DEPTH || g->trips * 16 > MOST_TRIPS) {
		gen_declare(g);
		return;
	}
	g->uniform = false;
	g->loop_together = false;
	gen_line(g);
	gen_add(g, "for (int t%u = 0; t%u < ", number, number);
	bound(g, false, 3);
	gen_add(g, "; t%u++) {\n", number);
	g->depth++;
	g->trips *= 4;
	gen_statements(g, gen_below(g, 2));
	gen_line(g);
	gen_add(g, "for (int w%u = 0; w%u < ", number, number);
	bound(g, false, 3);
	gen_add(g, "; w%u++) {\n", number);
	g->depth++;
	g->trips *= 4;
	gen_statements(g, gen_between(g, 0, 2));
	gen_line(g);
	gen_add(g, "if ");
	gen_condition(g, 1);
	gen_add(g, " goto x%u;\n", number);
	gen_statements(g, gen_between(g, 1, 2));
	gen_fold(g, from);
	g->depth -= 2;
	g->trips /= 16;
	for (int i = 1; i >= 0; i--) {
		g->depth += (unsigned)i;
		gen_line(g);
		gen_add(g, "}\n");
		g->depth -= (unsigned)i;
	}
	gen_line(g);
	gen_add(g, "x%u:;\n", number);
	g->var_count = from;
	g->loop_together = loop_together;
	g->uniform = uniform;
}

void gen_return(struct generate *g)
{
	if (g->together) { /* the others would wait for it at a barrier */
		gen_store(g);
		return;
	}
	gen_line(g);
	gen_add(g, "if ");
	gen_condition(g, 1);
	gen_add(g, " {\n");
	g->depth++;
	gen_return_value(g);
	g->depth--;
	gen_line(g);
	gen_add(g, "}\n");
	g->left = true;
}

static bool counter(const struct generate *g, const struct var *v)
{
	(void)g;
	return v->structure < 0 && !v->fixed && !v->count && !v->uniform && v->type.width == 1 &&
	       !gen_is_real(v->type.base) && !gen_is_signed(v->type.base);
}

/* What is right of && and || may happen or not. */
void gen_effects(struct generate *g)
{
	struct var *v = gen_pick_such(g, counter);
	bool uniform = g->uniform;

	if (!v || g->depth > MOST_DEPTH) {
		gen_declare(g);
		return;
	}
	gen_line(g);
	gen_add(g, "if (");
	gen_condition(g, 1);
	gen_add(g, " %s (%s %s ", gen_chance(g, 50) ? "&&" : "||", v->name,
		gen_chance(g, 50) ? "+=" : "=");
	gen_integer(g, v->type, 1);
	gen_add(g, ") > ");
	gen_literal(g, v->type);
	gen_add(g, ") ");
	g->uniform = false;
	gen_block(g, gen_between(g, 1, 3));
	gen_add(g, "\n");
	g->uniform = uniform;
}
