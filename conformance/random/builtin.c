/* SPDX-License-Identifier: MIT */
/* Built-in functions of integers. */
#include "conformance/random/generate.h"

/* name(a, b, ...) with arguments of the given types. */
static void call(struct generate *g, const char *name, unsigned depth, unsigned count,
		 const struct type *types)
{
	gen_add(g, "%s(", name);
	for (unsigned i = 0; i < count; i++) {
		if (i)
			gen_add(g, ", ");
		/* literals and promoted operands would choose another overload */
		if (types[i].width == 1)
			gen_add(g, "(%s)", gen_type(types[i]));
		gen_integer(g, types[i], depth - 1);
	}
	gen_add(g, ")");
}

static void one(struct generate *g, struct type t, unsigned depth)
{
	static const char *const names[] = {"clz", "popcount", "abs", "ctz"};
	unsigned choice = gen_below(g, gen_is_signed(t.base) ? 2 : 3);

	if (choice == 2 && gen_chance(g, 50))
		t = gen_signed(t);
	call(g, names[choice], depth, 1, &t);
}

static void two(struct generate *g, struct type t, unsigned depth)
{
	static const char *const names[] = {"add_sat", "sub_sat", "hadd", "rhadd",   "mul_hi",
					    "rotate",  "min",     "max",  "abs_diff"};
	unsigned choice = gen_below(g, gen_is_signed(t.base) ? 8 : 9);
	struct type types[2] = {t, t};

	if (choice == 8 && gen_chance(g, 50))
		types[0] = types[1] = gen_signed(t);
	call(g, names[choice], depth, 2, types);
}

static void three(struct generate *g, struct type t, unsigned depth)
{
	static const char *const names[] = {"bitselect", "select", "mad_sat", "mad_hi"};
	unsigned choice = gen_below(g, gen_is_signed(t.base) ? 3 : 4);
	struct type types[3] = {t, t, t};

	if (choice == 1)
		types[2] = gen_chance(g, 50) ? gen_signed(t) : gen_unsigned(t);
	call(g, names[choice], depth, 3, types);
}

static void clamped(struct generate *g, struct type t, unsigned depth)
{
	unsigned low = gen_below(g, 50);

	gen_add(g, "clamp(");
	if (t.width == 1)
		gen_add(g, "(%s)", gen_type(t));
	gen_integer(g, t, depth - 1);
	gen_add(g, ", (%s)(%u), (%s)(%u))", gen_type(t), low, gen_type(t), low + gen_below(g, 70));
}

/* 24-bit multiplication of numbers that have as many. */
static bool small_product(struct generate *g, struct type t, unsigned depth)
{
	unsigned count = gen_between(g, 2, 3);

	if (t.base != INT && t.base != UINT)
		return false;
	gen_add(g, count == 2 ? "mul24(" : "mad24(");
	for (unsigned i = 0; i < count; i++) {
		gen_add(g, "%sSMALL(%s, ", i ? ", " : "", gen_type(t));
		gen_integer(g, t, depth - 1);
		gen_add(g, ")");
	}
	gen_add(g, ")");
	return true;
}

static bool upsampled(struct generate *g, struct type t, unsigned depth)
{
	struct type types[2] = {t, t};

	if (t.base == CHAR || t.base == UCHAR)
		return false;
	types[0].base -= 2;
	types[1].base = (t.base - 2) | 1u;
	call(g, "upsample", depth, 2, types);
	return true;
}

/* any, all: an int from a vector */
static bool of_vector(struct generate *g, struct type t, unsigned depth)
{
	struct type of = gen_signed(gen_pick_integer(g));

	if (t.base != INT || t.width != 1 || of.width == 1)
		return false;
	call(g, gen_chance(g, 50) ? "any" : "all", depth, 1, &of);
	return true;
}

bool gen_builtin(struct generate *g, struct type t, unsigned depth)
{
	switch (gen_below(g, 9)) {
	case 0:
	case 1:
		one(g, t, depth);
		return true;
	case 2:
	case 3:
		two(g, t, depth);
		return true;
	case 4:
		three(g, t, depth);
		return true;
	case 5:
		clamped(g, t, depth);
		return true;
	case 6:
		return small_product(g, t, depth);
	case 7:
		return upsampled(g, t, depth);
	default:
		return of_vector(g, t, depth);
	}
}
