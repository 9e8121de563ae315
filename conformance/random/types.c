/* SPDX-License-Identifier: MIT */
/* Types, literals, and variables. */
#include "conformance/random/generate.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const names[] = {"char", "uchar", "short", "ushort", "int",
				    "uint", "long",  "ulong", "float",  "double"};

bool gen_is_real(enum base base)
{
	return base >= FLOAT;
}

bool gen_is_signed(enum base base)
{
	return base < FLOAT && base % 2 == 0;
}

unsigned gen_bits(enum base base)
{
	return base == FLOAT ? 32 : base == DOUBLE ? 64 : 8u << (unsigned)base / 2;
}

struct type gen_of(enum base base, unsigned width)
{
	return (struct type){base, width};
}

struct type gen_unsigned(struct type t)
{
	static const enum base same[] = {[FLOAT] = UINT, [DOUBLE] = ULONG};

	return gen_of(gen_is_real(t.base) ? same[t.base] : t.base | 1u, t.width);
}

struct type gen_signed(struct type t)
{
	t = gen_unsigned(t);
	return gen_of(t.base & ~1u, t.width);
}

bool gen_same(struct type a, struct type b)
{
	return a.base == b.base && a.width == b.width;
}

const char *gen_type(struct type t)
{
	static char places[8][12];
	static unsigned next;
	char *place = places[next++ % 8];

	if (t.width == 1)
		return names[t.base];
	snprintf(place, sizeof places[0], "%s%u", names[t.base], t.width);
	return place;
}

unsigned gen_pick_width(struct generate *g)
{
	static const unsigned widths[] = {2, 3, 4, 4, 8, 16};

	if (!gen_has(g, HAS_VECTORS) || gen_chance(g, 60))
		return 1;
	return widths[gen_below(g, 6)];
}

struct type gen_pick_integer(struct generate *g)
{
	enum base base = INT + gen_below(g, 2);

	if (gen_has(g, HAS_SMALL) && gen_chance(g, 40))
		base = gen_below(g, 4);
	else if (gen_has(g, HAS_LONG) && gen_chance(g, 35))
		base = LONG + gen_below(g, 2);
	return gen_of(base, gen_pick_width(g));
}

struct type gen_pick_type(struct generate *g)
{
	if (gen_has(g, HAS_FLOATS) && gen_chance(g, 30))
		return gen_of(FLOAT, gen_pick_width(g));
	if (gen_has(g, HAS_DOUBLES) && gen_chance(g, 20))
		return gen_of(DOUBLE, gen_pick_width(g));
	return gen_pick_integer(g);
}

/* A value of @bits bits, often an extreme or a small one. */
static uint64_t pick_value(struct generate *g, unsigned bits)
{
	uint64_t all = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;

	switch (gen_below(g, 10)) {
	case 0:
		return all;
	case 1:
		return all >> 1;
	case 2:
		return (all >> 1) + 1;
	case 3:
		return random_next(&g->state) & all;
	case 4:
		return (uint64_t)1 << gen_below(g, bits);
	case 5:
		return (0 - (uint64_t)gen_below(g, 20)) & all;
	default:
		return gen_below(g, 12);
	}
}

static void scalar_literal(struct generate *g, enum base base)
{
	unsigned bits = gen_bits(base);
	uint64_t value = pick_value(g, bits);
	int64_t number = (int64_t)(value << (64 - bits)) >> (64 - bits);

	if (gen_is_real(base))
		gen_add(g, "%d.0%s", (int)gen_below(g, 40), base == FLOAT ? "f" : "");
	else if (base == ULONG)
		gen_add(g, "0x%" PRIx64 "UL", value);
	else if (base == UINT)
		gen_add(g, "%" PRIu64 "u", value);
	else if (base == LONG && number == INT64_MIN)
		gen_add(g, "(-0x7fffffffffffffffL - 1)");
	else if (base == INT && number == INT32_MIN)
		gen_add(g, "(-0x7fffffff - 1)");
	else if (base == LONG || base == INT)
		gen_add(g, number < 0 ? "(%" PRId64 "%s)" : "%" PRId64 "%s", number,
			base == LONG ? "L" : "");
	else
		gen_add(g, "(%s)%" PRId64, names[base],
			gen_is_signed(base) ? number : (int64_t)value);
}

void gen_literal(struct generate *g, struct type t)
{
	unsigned count = t.width > 1 && gen_chance(g, 60) ? t.width : 1;

	if (t.width > 1)
		gen_add(g, "(%s)(", gen_type(t));
	for (unsigned i = 0; i < count; i++) {
		if (i)
			gen_add(g, ", ");
		scalar_literal(g, t.base);
	}
	if (t.width > 1)
		gen_add(g, ")");
}

struct var *gen_add_var(struct generate *g, const char *name, struct type t)
{
	static struct var lost; /* more than can be remembered: nobody will use it */
	struct var *v = g->var_count < MAX_VARS ? &g->vars[g->var_count++] : &lost;

	*v = (struct var){.type = t, .structure = -1, .uniform = false};
	snprintf(v->name, sizeof v->name, "%s", name);
	return v;
}

struct var *gen_pick_such(struct generate *g,
			  bool (*wanted)(const struct generate *g, const struct var *v))
{
	struct var *found = NULL;
	unsigned seen = 0;

	/* Each that fits has the same chance. */
	for (unsigned i = 0; i < g->var_count; i++)
		if (wanted(g, &g->vars[i]) && !gen_below(g, ++seen))
			found = &g->vars[i];
	return found;
}

static bool readable(const struct generate *g, const struct var *v)
{
	return v->structure < 0 && (v->uniform || !g->want_uniform);
}

struct var *gen_pick_var(struct generate *g, struct type t)
{
	struct var *found = NULL;
	unsigned seen = 0;

	for (unsigned i = 0; i < g->var_count; i++) {
		struct var *v = &g->vars[i];

		if (readable(g, v) && gen_same(v->type, t) && !gen_below(g, ++seen))
			found = v;
	}
	return found;
}

static bool assignable(const struct generate *g, const struct var *v)
{
	return v->structure < 0 && !v->fixed && !v->count && (!v->uniform || g->uniform);
}

struct var *gen_pick_target(struct generate *g)
{
	return gen_pick_such(g, assignable);
}
