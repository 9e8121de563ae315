/* SPDX-License-Identifier: MIT */
/* Integer expressions: leaves, operators, indices, conditions. */
#include "conformance/random/generate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gen_expression(struct generate *g, struct type t, unsigned depth)
{
	if (gen_is_real(t.base))
		gen_small_real(g, t, depth);
	else
		gen_integer(g, t, depth);
}

/* ---- ranges ---- */

static bool ranged(const struct generate *g, const struct var *v)
{
	return v->ranged && (v->uniform || !g->want_uniform);
}

static struct range ranged_leaf(struct generate *g)
{
	struct var *v = gen_chance(g, 60) ? gen_pick_such(g, ranged) : NULL;
	unsigned d = gen_below(g, g->c->dimensions);

	if (v) {
		gen_add(g, "%s", v->name);
		return (struct range){v->low, v->high};
	}
	if (gen_chance(g, 25) || (g->want_uniform && gen_chance(g, 50))) {
		int value = (int)gen_below(g, 9);

		gen_add(g, "%d", value);
		return (struct range){value, value};
	}
	if (g->want_uniform) {
		gen_add(g, "(int)get_group_id(%u)", d);
		return (struct range){0, RANDOM_GROUPS};
	}
	if (gen_chance(g, 20)) {
		unsigned mask = (1u << gen_between(g, 1, 7)) - 1;

		gen_add(g, "IN(");
		gen_integer(g, gen_of(INT, 1), 0);
		gen_add(g, ", %u)", mask + 1);
		return (struct range){0, (int)mask};
	}
	if (g->ids_small && gen_chance(g, 70)) {
		gen_add(g, "(int)get_global_id(%u)", d);
		return (struct range){0, 4095};
	}
	gen_add(g, "(int)get_local_id(%u)", d);
	return (struct range){0, RANDOM_LOCAL};
}

struct range gen_ranged(struct generate *g, unsigned depth)
{
	struct range a, b;

	if (!depth)
		return ranged_leaf(g);
	switch (gen_below(g, 5)) {
	case 0:
	case 1:
		gen_add(g, "(");
		a = gen_ranged(g, depth - 1);
		gen_add(g, " + ");
		b = gen_ranged(g, depth - 1);
		gen_add(g, ")");
		return (struct range){a.low + b.low, a.high + b.high};
	case 2:
		gen_add(g, "(");
		a = gen_ranged(g, depth - 1);
		gen_add(g, " - ");
		b = gen_ranged(g, depth - 1);
		gen_add(g, ")");
		return (struct range){a.low - b.high, a.high - b.low};
	case 3: {
		int factor = (int)gen_between(g, 1, 7);

		gen_add(g, "(");
		a = gen_ranged(g, depth - 1);
		gen_add(g, " * %d)", factor);
		return (struct range){a.low * factor, a.high * factor};
	}
	default:
		return ranged_leaf(g);
	}
}

/* Something wild made a place by a mask. */
static void masked_place(struct generate *g, unsigned count)
{
	static const enum base bases[] = {INT, UINT, LONG, ULONG};
	struct type t = gen_of(bases[gen_below(g, gen_has(g, HAS_LONG) ? 4 : 2)], 1);

	gen_add(g, "IN(");
	if (gen_chance(g, 40) && !g->want_uniform) {
		/* linear but for a wrap-around in 32 bits */
		gen_add(g, "(uint)get_global_id(0) + %uu",
			(unsigned)(0 - (uint64_t)gen_below(g, 300)));
	} else {
		gen_integer(g, t, 1);
	}
	gen_add(g, ", %u)", count);
}

/* What is linear but for the ends of a picture or a period. */
static void limited_place(struct generate *g, const char *text, unsigned count)
{
	unsigned last = count - 1;

	switch (gen_below(g, 5)) {
	case 0:
		gen_add(g, "AT(clamp((int)(%s), 0, %u), %u)", text, last, count);
		break;
	case 1:
		gen_add(g, "AT(max(min((int)(%s), %u), 0), %u)", text, last, count);
		break;
	case 2:
		gen_add(g, "AT((uint)(%s) %% %uu, %u)", text, count - gen_below(g, count / 2 + 1),
			count);
		break;
	case 3:
		gen_add(g, "AT((int)(%s) < 0 ? 0 : %u < (int)(%s) ? %u : (%s), %u)", text, last,
			text, last, text, count);
		break;
	default:
		gen_add(g, "AT(min((uint)(%s), (uint)(%u)), %u)", text, last, count);
	}
}

void gen_place(struct generate *g, unsigned count)
{
	size_t from = g->text.length;

	if (gen_chance(g, 30)) {
		masked_place(g, count);
		return;
	}
	struct range r = gen_ranged(g, gen_below(g, 3));
	char *text = random_text_cut(&g->text, from);
	int last = (int)count - 1;

	if (gen_chance(g, 20))
		limited_place(g, text, count);
	else if (r.low >= 0 && r.high <= last)
		gen_add(g, "AT(%s, %u)", text, count);
	else if (r.high - r.low <= last && gen_chance(g, 50))
		gen_add(g, "AT(%s + %d, %u)", text, -r.low, count);
	else if (r.high - r.low <= last)
		gen_add(g, "AT(%d - %s, %u)", r.high, text, count);
	else
		gen_add(g, "IN(%s, %u)", text, count);
	free(text);
}

void gen_index(struct generate *g, unsigned count)
{
	gen_add(g, "[");
	gen_place(g, count);
	gen_add(g, "]");
}

/* ---- leaves ---- */

static void id_leaf(struct generate *g, struct type t)
{
	static const char *const ids[] = {"get_global_id",  "get_local_id",    "get_group_id",
					  "get_local_size", "get_global_size", "get_num_groups"};
	unsigned first = g->want_uniform ? 2 : 0;

	gen_add(g, "(%s)%s(%u)", gen_type(t),
		ids[first + gen_below(g, gen_chance(g, 70) && !first ? 2 : 6 - first)],
		gen_below(g, g->c->dimensions));
}

void gen_integer_leaf(struct generate *g, struct type t)
{
	struct var *v = gen_chance(g, 60) ? gen_pick_var(g, t) : NULL;

	if (v) {
		gen_add(g, "%s", v->name);
		if (v->count)
			gen_index(g, v->count);
	} else if (gen_has(g, HAS_LOADS) && gen_chance(g, 45) && !g->helper) {
		gen_load(g, t);
	} else if (t.width == 1 && gen_chance(g, 50)) {
		id_leaf(g, t);
	} else {
		gen_literal(g, t);
	}
}

/* ---- operators ---- */

/* Unsigned, so that it wraps; small ones are computed as uint and cut. */
static void arithmetic(struct generate *g, struct type t, unsigned depth)
{
	static const char *const operators[] = {"+", "-", "*"};
	bool small = t.width == 1 && t.base < INT;

	if (gen_is_signed(t.base)) {
		gen_add(g, "as_%s(", gen_type(t));
		gen_integer(g, gen_unsigned(t), depth);
		gen_add(g, ")");
		return;
	}
	gen_add(g, small ? "(%s)((uint)" : "(", gen_type(t));
	gen_integer(g, t, depth - 1);
	gen_add(g, " %s ", operators[gen_below(g, 3)]);
	gen_integer(g, t, depth - 1);
	gen_add(g, ")");
}

static void logic(struct generate *g, struct type t, unsigned depth)
{
	static const char *const operators[] = {"&", "|", "^"};

	if (t.width == 1 && t.base < INT)
		gen_add(g, "(%s)", gen_type(t));
	gen_add(g, "(");
	gen_integer(g, t, depth - 1);
	gen_add(g, " %s ", operators[gen_below(g, 3)]);
	gen_integer(g, t, depth - 1);
	gen_add(g, ")");
}

static void shift(struct generate *g, struct type t, unsigned depth)
{
	bool left = gen_chance(g, 50);
	bool small = t.width == 1 && t.base < INT;

	if (left && gen_is_signed(t.base)) {
		arithmetic(g, t, depth);
		return;
	}
	gen_add(g, small ? "(%s)(%s" : "(", gen_type(t), left ? "(uint)" : "");
	gen_integer(g, t, depth - 1);
	gen_add(g, left ? " << " : " >> ");
	if (gen_chance(g, 50))
		gen_add(g, "%u", gen_below(g, gen_bits(t.base)));
	else
		gen_integer(g, gen_unsigned(t), depth - 1);
	gen_add(g, ")");
}

static void division(struct generate *g, struct type t, unsigned depth)
{
	if (t.width == 1 && t.base < INT)
		gen_add(g, "(%s)", gen_type(t));
	gen_add(g, "(");
	gen_integer(g, t, depth - 1);
	gen_add(g, gen_chance(g, 50) ? " / " : " %% ");
	gen_add(g, gen_is_signed(t.base) ? "DIVISOR(%s, " : "UDIVISOR(%s, ", gen_type(t));
	gen_integer(g, t, depth - 1);
	gen_add(g, "))");
}

static void ternary(struct generate *g, struct type t, unsigned depth)
{
	if (t.width == 1 && t.base < INT)
		gen_add(g, "(%s)", gen_type(t));
	gen_add(g, "(");
	if (t.width == 1)
		gen_condition(g, depth - 1);
	else
		gen_integer(g, gen_signed(t), depth - 1);
	gen_add(g, " ? ");
	gen_integer(g, t, depth - 1);
	gen_add(g, " : ");
	gen_integer(g, t, depth - 1);
	gen_add(g, ")");
}

/* Vectors: -1 where it holds. Scalars: 1. */
static void comparison(struct generate *g, struct type t, unsigned depth)
{
	static const char *const operators[] = {"<", "<=", ">", ">=", "==", "!="};
	struct type of = gen_chance(g, 50) ? gen_signed(t) : gen_unsigned(t);

	if (t.base == INT && gen_has(g, HAS_FLOATS) && gen_chance(g, 30))
		of.base = FLOAT;
	if (!gen_is_signed(t.base) || (t.width == 1 && t.base != INT)) {
		logic(g, t, depth);
		return;
	}
	gen_add(g, "(");
	gen_expression(g, of, depth - 1);
	gen_add(g, " %s ", operators[gen_below(g, 6)]);
	gen_expression(g, of, depth - 1);
	gen_add(g, ")");
}

static void one_operand(struct generate *g, struct type t, unsigned depth)
{
	if (t.width == 1 && t.base < INT)
		gen_add(g, "(%s)", gen_type(t));
	gen_add(g, gen_chance(g, 50) || gen_is_signed(t.base) ? "(~" : "(-");
	gen_integer(g, t, depth - 1);
	gen_add(g, ")");
}

void gen_integer(struct generate *g, struct type t, unsigned depth)
{
	static void (*const makers[])(struct generate *g, struct type t, unsigned depth) = {
		arithmetic, arithmetic, logic, shift, division, ternary, comparison, one_operand};
	unsigned choice = gen_below(g, 20);

	if (!depth || choice == 0) {
		gen_integer_leaf(g, t);
		return;
	}
	if (choice < 3 && t.base == INT && t.width == 1) {
		gen_ranged(g, depth);
		return;
	}
	if (choice < 7 && gen_has(g, HAS_BUILTINS) && gen_builtin(g, t, depth))
		return;
	if (choice < 10 && gen_conversion(g, t, depth))
		return;
	if (choice < 12 && gen_has(g, HAS_VECTORS) && gen_vector(g, t, depth))
		return;
	if (choice < 14 && gen_has(g, HAS_HELPERS) && !g->want_uniform && gen_call(g, t, depth))
		return;
	makers[gen_below(g, sizeof makers / sizeof makers[0])](g, t, depth);
}

/* ---- conditions ---- */

static void id_condition(struct generate *g)
{
	unsigned d = gen_below(g, g->c->dimensions);

	if (g->want_uniform)
		gen_add(g, "get_group_id(%u) %% %uu == %uu", d, gen_between(g, 2, 3),
			gen_below(g, 2));
	else if (gen_chance(g, 50))
		gen_add(g, "get_global_id(%u) %% %uu == %uu", d, gen_between(g, 2, 9),
			gen_below(g, 3));
	else if (g->ids_small && gen_chance(g, 50))
		gen_add(g, "(int)get_global_id(%u) < %d", d, (int)gen_below(g, 60));
	else
		gen_add(g, "get_local_id(%u) %s %uu", d,
			gen_chance(g, 50) ? "<" : ">=", gen_below(g, 20));
}

void gen_condition(struct generate *g, unsigned depth)
{
	struct type t = gen_pick_integer(g);

	gen_add(g, "(");
	if (gen_chance(g, 25)) {
		id_condition(g);
	} else if (depth && gen_chance(g, 20)) {
		gen_add(g, gen_chance(g, 20) ? "!" : "");
		gen_condition(g, depth - 1);
		gen_add(g, gen_chance(g, 50) ? " && " : " || ");
		gen_condition(g, depth - 1);
	} else if (t.width > 1 && gen_has(g, HAS_BUILTINS)) {
		gen_add(g, gen_chance(g, 50) ? "any(" : "all(");
		gen_integer(g, gen_signed(t), depth);
		gen_add(g, ")");
	} else if (gen_chance(g, 30)) {
		gen_integer(g, gen_of(t.base, 1), depth);
		gen_add(g, " & %u", 1u << gen_below(g, 5));
	} else {
		comparison(g, gen_of(INT, 1), depth + 1);
	}
	gen_add(g, ")");
}
