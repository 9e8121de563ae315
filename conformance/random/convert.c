/* SPDX-License-Identifier: MIT */
/* Conversions, and what is made of parts of vectors. */
#include "conformance/random/generate.h"

static const unsigned widths[] = {2, 3, 4, 8, 16};

static struct type other_base(struct generate *g, struct type t)
{
	struct type from = gen_pick_integer(g);

	return gen_of(from.base, t.width);
}

static void from_integer(struct generate *g, struct type t, unsigned depth)
{
	struct type from = other_base(g, t);

	if (t.width == 1 && gen_chance(g, 50))
		gen_add(g, "(%s)(", gen_type(t));
	else
		gen_add(g, "convert_%s%s(", gen_type(t), gen_chance(g, 30) ? "_sat" : "");
	gen_integer(g, from, depth - 1);
	gen_add(g, ")");
}

static bool from_real(struct generate *g, struct type t, unsigned depth)
{
	static const char *const roundings[] = {"", "", "_rte", "_rtz", "_rtp", "_rtn"};
	enum base base = gen_has(g, HAS_DOUBLES) && gen_chance(g, 50) ? DOUBLE : FLOAT;

	if (!gen_has(g, base == DOUBLE ? HAS_DOUBLES : HAS_FLOATS))
		return false;
	if (t.width == 1 && gen_is_signed(t.base) && t.base >= INT && gen_chance(g, 60))
		gen_add(g, "(%s)(", gen_type(t));
	else
		gen_add(g, "convert_%s_sat%s(", gen_type(t), roundings[gen_below(g, 6)]);
	gen_small_real(g, gen_of(base, t.width), depth - 1);
	gen_add(g, ")");
	return true;
}

/* Bits of another type of the same size; three components have a hidden fourth: not these. */
static bool reinterpreted(struct generate *g, struct type t, unsigned depth)
{
	unsigned bytes = t.width * gen_bits(t.base) / 8;
	struct type from = gen_of(gen_below(g, FLOAT), 1);

	if (t.width == 3) {
		from = gen_chance(g, 50) ? gen_signed(t) : gen_unsigned(t);
	} else {
		from.width = bytes / (gen_bits(from.base) / 8);
		if (from.width < 1 || from.width > 16 ||
		    (from.width > 1 && !gen_has(g, HAS_VECTORS)))
			return false;
	}
	gen_add(g, "as_%s(", gen_type(t));
	if (from.width == 1)
		gen_add(g, "(%s)", gen_type(from)); /* not promoted */
	gen_integer(g, from, depth - 1);
	gen_add(g, ")");
	return true;
}

bool gen_conversion(struct generate *g, struct type t, unsigned depth)
{
	unsigned choice = gen_below(g, 4);

	if (choice == 0 && from_real(g, t, depth))
		return true;
	if (choice == 1)
		return reinterpreted(g, t, depth);
	from_integer(g, t, depth);
	return true;
}

/* ".s1", ".s031" ... of @count of @width components. */
static void components(struct generate *g, unsigned count, unsigned width)
{
	gen_add(g, ".s");
	for (unsigned i = 0; i < count; i++)
		gen_add(g, "%x", gen_below(g, width));
}

static void part(struct generate *g, struct type t, unsigned depth)
{
	struct type whole = gen_of(t.base, widths[gen_below(g, 5)]);

	/* parenthesised twice: behind a cast "(long4)(a).s01" would be a literal */
	gen_add(g, "((");
	gen_integer(g, whole, depth - 1);
	gen_add(g, ")");
	components(g, t.width, whole.width);
	gen_add(g, ")");
}

/* (int4)(a, b, c.xy) */
static void composed(struct generate *g, struct type t, unsigned depth)
{
	unsigned half = t.width / 2;
	bool halves = t.width > 2 && t.width % 2 == 0 && gen_chance(g, 50);

	gen_add(g, "(%s)(", gen_type(t));
	if (gen_chance(g, 30)) {
		gen_integer(g, gen_of(t.base, 1), depth - 1);
	} else if (halves) {
		gen_integer(g, gen_of(t.base, half), depth - 1);
		gen_add(g, ", ");
		gen_integer(g, gen_of(t.base, half), depth - 1);
	} else {
		for (unsigned i = 0; i < t.width; i++) {
			gen_add(g, "%s", i ? ", " : "");
			gen_integer(g, gen_of(t.base, 1), i < 3 ? depth - 1 : 0);
		}
	}
	gen_add(g, ")");
}

static bool shuffled(struct generate *g, struct type t, unsigned depth)
{
	static const unsigned even[] = {2, 4, 8, 16};
	struct type from = gen_of(t.base, even[gen_below(g, 4)]);
	bool two = gen_chance(g, 50);

	if (t.width == 3 || t.width == 1)
		return false;
	gen_add(g, two ? "shuffle2(" : "shuffle(");
	gen_integer(g, from, depth - 1);
	if (two) {
		gen_add(g, ", ");
		gen_integer(g, from, depth - 1);
	}
	gen_add(g, ", ");
	gen_integer(g, gen_unsigned(t), depth - 1);
	gen_add(g, ")");
	return true;
}

bool gen_vector(struct generate *g, struct type t, unsigned depth)
{
	if (t.width == 1 || gen_chance(g, 40)) {
		part(g, t, depth);
		return true;
	}
	if (gen_chance(g, 60)) {
		composed(g, t, depth);
		return true;
	}
	return shuffled(g, t, depth);
}
