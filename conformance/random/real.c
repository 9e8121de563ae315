/* SPDX-License-Identifier: MIT */
/*
 * Floating point with integers so small that nothing is rounded, whether or not multiplication and
 * addition are contracted. The sign of a zero is never looked at.
 */
#include "conformance/random/generate.h"
#include <stdlib.h>

#define MOST  1000000.0 /* of values between operations */
#define SMALL 512.0     /* of those in memory, and what FIT cuts to */

static double leaf(struct generate *g, struct type t)
{
	struct var *v = gen_chance(g, 60) ? gen_pick_var(g, t) : NULL;

	if (v) {
		gen_add(g, "%s", v->name);
		if (v->count)
			gen_index(g, v->count);
		return SMALL;
	}
	if (gen_has(g, HAS_LOADS) && gen_chance(g, 50) && !g->helper)
		gen_load(g, t);
	else
		gen_literal(g, t);
	return SMALL;
}

static double from_integer(struct generate *g, struct type t, unsigned depth)
{
	gen_add(g, "convert_%s(", gen_type(t));
	if (gen_chance(g, 50)) {
		gen_integer(g, gen_of(gen_below(g, 2) ? CHAR : UCHAR, t.width), depth - 1);
	} else {
		gen_integer(g, gen_of(INT, t.width), depth - 1);
		gen_add(g, " & 255");
	}
	gen_add(g, ")");
	return SMALL;
}

static double one_operand(struct generate *g, struct type t, unsigned depth)
{
	static const char *const names[] = {"fabs", "floor", "ceil", "trunc", "rint", "round", "-"};

	gen_add(g, "%s(", names[gen_below(g, 7)]);
	double bound = gen_real(g, t, depth - 1);

	gen_add(g, ")");
	return bound;
}

/* A fraction, and back to a whole number at once. */
static double rounded(struct generate *g, struct type t, unsigned depth)
{
	static const char *const names[] = {"floor", "ceil", "trunc", "rint", "round"};
	static const char *const factors[] = {"0.5", "0.25", "0.125", "-0.5"};

	gen_add(g, "%s(", names[gen_below(g, 5)]);
	double bound = gen_real(g, t, depth - 1);

	gen_add(g, " * (%s)(%s%s))", gen_type(t), factors[gen_below(g, 4)],
		t.base == FLOAT ? "f" : "");
	return bound;
}

static double two_operands(struct generate *g, struct type t, unsigned depth)
{
	static const char *const names[] = {"fmin", "fmax", "min", "max"};

	/*
	 * fmax(fmax(a, b), fma(a, b, c)) crashes LLVM 19 (foldMinimumMaximumSharedOp()), in
	 * whatever variables the operands are; what is rounded, as it is already, is neither of the
	 * two.
	 */
	gen_add(g, "%s(rint(", names[gen_below(g, 4)]);
	double a = gen_real(g, t, depth - 1);

	gen_add(g, "), ");
	double b = gen_real(g, t, depth - 1);

	gen_add(g, ")");
	return a > b ? a : b;
}

static double sum(struct generate *g, struct type t, unsigned depth)
{
	gen_add(g, "(");
	double a = gen_real(g, t, depth - 1);

	gen_add(g, gen_chance(g, 50) ? " + " : " - ");
	double b = gen_real(g, t, depth - 1);

	gen_add(g, ")");
	return a + b;
}

static double product(struct generate *g, struct type t, unsigned depth)
{
	gen_add(g, "(");
	gen_small_real(g, t, depth - 1);
	gen_add(g, " * ");
	gen_small_real(g, t, depth - 1);
	gen_add(g, ")");
	return SMALL * SMALL;
}

static double multiply_add(struct generate *g, struct type t, unsigned depth)
{
	gen_add(g, gen_chance(g, 50) ? "fma(" : "mad(");
	gen_small_real(g, t, depth - 1);
	gen_add(g, ", ");
	gen_small_real(g, t, depth - 1);
	gen_add(g, ", ");
	double c = gen_real(g, t, depth - 1);

	gen_add(g, ")");
	return SMALL * SMALL + c;
}

static double chosen(struct generate *g, struct type t, unsigned depth)
{
	bool ternary = t.width == 1 && gen_chance(g, 50);

	gen_add(g, ternary ? "(" : "select(");
	if (ternary) {
		gen_condition(g, depth - 1);
		gen_add(g, " ? ");
	}
	double a = gen_real(g, t, depth - 1);

	gen_add(g, ternary ? " : " : ", ");
	double b = gen_real(g, t, depth - 1);

	if (!ternary) {
		gen_add(g, ", (%s)", gen_type(gen_signed(t)));
		gen_integer(g, gen_signed(t), depth - 1);
	}
	gen_add(g, ")");
	return a > b ? a : b;
}

double gen_real(struct generate *g, struct type t, unsigned depth)
{
	static double (*const makers[])(struct generate *g, struct type t, unsigned depth) = {
		from_integer, one_operand, rounded,      two_operands, sum,
		sum,          product,     multiply_add, chosen};
	size_t from = g->text.length;

	if (!depth || gen_chance(g, 10))
		return leaf(g, t);
	double bound = makers[gen_below(g, sizeof makers / sizeof makers[0])](g, t, depth);

	if (bound <= MOST)
		return bound;
	char *text = random_text_cut(&g->text, from);

	gen_add(g, "FIT(%s, %s)", gen_type(t), text);
	free(text);
	return SMALL;
}

void gen_small_real(struct generate *g, struct type t, unsigned depth)
{
	size_t from = g->text.length;
	double bound = gen_real(g, t, depth);

	if (bound <= SMALL)
		return;
	char *text = random_text_cut(&g->text, from);

	gen_add(g, "FIT(%s, %s)", gen_type(t), text);
	free(text);
}
