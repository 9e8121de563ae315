/* SPDX-License-Identifier: MIT */
/* Statements: which, assignments, blocks. */
#include "conformance/random/generate.h"

static bool element(const struct generate *g, const struct var *v)
{
	(void)g;
	return v->count && !v->fixed && v->structure < 0;
}

static void assign_element(struct generate *g, const struct var *v)
{
	gen_line(g);
	gen_add(g, "%s", v->name);
	gen_index(g, v->count);
	gen_add(g, " = ");
	gen_expression(g, v->type, gen_between(g, 0, 3));
	gen_add(g, ";\n");
}

/* "v.s1 = ", "v.s20 = " */
static void assign_components(struct generate *g, const struct var *v)
{
	unsigned first = gen_below(g, v->type.width);
	unsigned second = (first + gen_between(g, 1, v->type.width - 1)) % v->type.width;
	bool two = gen_chance(g, 50);

	gen_add(g, "%s.s%x", v->name, first);
	if (two)
		gen_add(g, "%x", second);
	gen_add(g, " = ");
	gen_expression(g, gen_of(v->type.base, two ? 2 : 1), gen_between(g, 0, 2));
}

/* An operator with assignment that never overflows. */
static const char *pick_operator(struct generate *g, struct type t)
{
	static const char *const operators[] = {"^=", "|=", "&=", "+=", "-=", "*="};

	if (gen_is_real(t.base) || gen_chance(g, 50))
		return "=";
	if (gen_is_signed(t.base))
		return operators[gen_below(g, 3)];
	/* a product of two ushort is too much for int */
	return operators[gen_below(g, t.width == 1 && t.base < INT ? 5 : 6)];
}

static void assign(struct generate *g)
{
	struct var *v = gen_chance(g, 25) ? gen_pick_such(g, element) : NULL;

	if (v) {
		assign_element(g, v);
		return;
	}
	v = gen_pick_target(g);
	if (!v) {
		gen_declare(g);
		return;
	}
	gen_line(g);
	g->want_uniform = v->uniform;
	if (v->type.width > 1 && gen_chance(g, 25)) {
		assign_components(g, v);
	} else if (!gen_is_real(v->type.base) && !gen_is_signed(v->type.base) &&
		   gen_chance(g, 15)) {
		gen_add(g, "%s%s", v->name, gen_chance(g, 50) ? "++" : "--");
	} else {
		gen_add(g, "%s %s ", v->name, pick_operator(g, v->type));
		gen_expression(g, v->type, gen_between(g, 1, 3));
	}
	g->want_uniform = false;
	gen_add(g, ";\n");
}

static bool whole(const struct generate *g, const struct var *v)
{
	(void)g;
	return v->structure >= 0;
}

static void assign_structure(struct generate *g)
{
	struct var *v = gen_pick_such(g, whole);

	if (!v) {
		gen_declare_structure(g);
		return;
	}
	gen_line(g);
	gen_add(g, "%s = (struct S%d)", v->name, v->structure);
	gen_structure_value(g, (unsigned)v->structure, 1);
	gen_add(g, ";\n");
}

static void structures(struct generate *g)
{
	if (gen_chance(g, 60))
		gen_declare_structure(g);
	else
		assign_structure(g);
}

struct maker {
	void (*make)(struct generate *g);
	unsigned weight;
	int needs; /* a feature; -1: none */
};

static const struct maker makers[] = {
	{gen_declare, 6, -1},
	{assign, 12, -1},
	{gen_if, 7, -1},
	{gen_store, 5, -1},
	{gen_declare_array, 3, HAS_ARRAYS},
	{structures, 4, HAS_STRUCTS},
	{gen_declare_pointer, 4, HAS_POINTERS},
	{gen_declare_own, 4, HAS_OWN},
	{gen_call_statement, 4, HAS_HELPERS},
	{gen_loop, 7, HAS_LOOPS},
	{gen_leave_loop, 5, HAS_LOOPS},
	{gen_switch, 3, HAS_SWITCH},
	{gen_goto, 3, HAS_GOTO},
	{gen_jump_loop, 2, HAS_GOTO},
	{gen_store_private, 3, HAS_ARRAYS},
	{gen_return, 2, HAS_RETURNS},
	{gen_effects, 4, HAS_EFFECTS},
	{gen_share, 8, HAS_SHARING},
	{gen_atomic, 6, HAS_ATOMICS},
	{gen_collective, 6, HAS_COLLECTIVES},
	{gen_read_row, 7, HAS_ROWS},
	{gen_walk, 5, HAS_ROWS},
	{gen_write_row, 7, HAS_ROWS},
	{gen_copy_row, 3, HAS_ROWS},
	{gen_matrix, 25, HAS_MATRIX},
};

void gen_statement(struct generate *g)
{
	unsigned all = 0, choice;

	g->statements--;
	for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
		if (makers[i].needs < 0 || gen_has(g, (enum feature)makers[i].needs))
			all += makers[i].weight;
	choice = gen_below(g, all);
	for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++) {
		if (makers[i].needs >= 0 && !gen_has(g, (enum feature)makers[i].needs))
			continue;
		if (choice < makers[i].weight) {
			makers[i].make(g);
			return;
		}
		choice -= makers[i].weight;
	}
}

void gen_statements(struct generate *g, unsigned count)
{
	for (unsigned i = 0; i < count && g->statements > 0; i++)
		gen_statement(g);
}

void gen_block(struct generate *g, unsigned count)
{
	unsigned from = g->var_count;

	gen_add(g, "{\n");
	g->depth++;
	gen_statements(g, count);
	/* what was made here should not be for nothing */
	if (gen_chance(g, 70))
		gen_fold(g, from);
	g->depth--;
	g->var_count = from;
	gen_line(g);
	gen_add(g, "}");
}
