/* SPDX-License-Identifier: MIT */
/* Loads of input, stores of output, and declarations of variables of all kinds. */
#include "conformance/random/generate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const inputs[] = {"i8",  "u8",  "i16", "u16", "i32",
				     "u32", "i64", "u64", "f32", "f64"};

const char *gen_input(enum base base)
{
	return inputs[base];
}

/* vload3(place, input) or input[place]. */
void gen_load(struct generate *g, struct type t)
{
	unsigned count = RANDOM_INPUT_BYTES / (gen_bits(t.base) / 8);

	if (t.width == 1) {
		gen_add(g, "%s", inputs[t.base]);
		gen_index(g, count);
		return;
	}
	unsigned vectors = count / (t.width == 3 ? 4 : t.width);

	if (gen_has(g, HAS_ARRAYS) && gen_chance(g, 30) && gen_load_private(g, t))
		return;
	if (t.width != 3 && gen_chance(g, 30)) {
		gen_add(g, "(((global const %s *)%s)", gen_type(t), inputs[t.base]);
		gen_index(g, vectors);
		gen_add(g, ")");
		return;
	}
	gen_add(g, "vload%u(", t.width);
	gen_place(g, vectors / 2);
	gen_add(g, ", %s + ", inputs[t.base]);
	gen_place(g, 16);
	gen_add(g, ")");
}

void gen_store(struct generate *g)
{
	static const enum base bases[] = {UCHAR, USHORT, UINT, ULONG};
	struct type t = gen_of(bases[gen_below(g, gen_has(g, HAS_LONG) ? 4 : 3)], 1);
	unsigned bits = gen_bits(t.base);

	if (g->helper) {
		gen_declare(g);
		return;
	}
	gen_line(g);
	t.width = g->slots_together ? gen_pick_width(g) : 1;
	if (t.width == 1) {
		gen_add(g, "o%u[OUT(", bits);
		gen_place(g, RANDOM_SLOTS);
		gen_add(g, ")] %s ", gen_chance(g, 80) ? "=" : "^=");
		gen_integer(g, t, 2);
		gen_add(g, ";\n");
		return;
	}
	gen_add(g, "vstore%u(", t.width);
	gen_integer(g, t, 2);
	gen_add(g, ", ");
	gen_place(g, t.width == 16 ? 1 : t.width == 8 ? 2 : 4);
	gen_add(g, ", o%u + OUT(0));\n", bits);
}

static void name_of(char *name, size_t bytes, const char *prefix, unsigned number)
{
	snprintf(name, bytes, "%s%u", prefix, number);
}

static void declare_boolean(struct generate *g)
{
	unsigned number = gen_name(g);
	char name[40];

	gen_line(g);
	gen_add(g, "bool b%u = ", number);
	gen_condition(g, 2);
	gen_add(g, ";\n");
	name_of(name, sizeof name, "b", number);
	/* to be read as an int, so not to be assigned as one */
	gen_add_var(g, name, gen_of(INT, 1))->fixed = true;
}

void gen_declare(struct generate *g)
{
	struct type t = gen_pick_type(g);
	bool uniform = g->uniform && gen_chance(g, 25), changing = gen_chance(g, 3);
	char name[40];

	if (!uniform && gen_chance(g, 12)) {
		declare_boolean(g);
		return;
	}
	name_of(name, sizeof name, "v", gen_name(g));
	gen_line(g);
	gen_add(g, changing ? "volatile %s %s = " : "%s %s = ", gen_type(t), name);
	g->want_uniform = uniform;
	gen_expression(g, t, gen_between(g, 0, 3));
	g->want_uniform = false;
	gen_add(g, ";\n");
	struct var *v = gen_add_var(g, name, t);

	v->uniform = uniform;
	v->addressable = !uniform && !changing;
}

/* The structure's members under the names of the whole. */
static void add_members(struct generate *g, unsigned structure, const char *whole,
			const char *access)
{
	const struct structure *s = &g->structures[structure];
	char name[40];

	for (unsigned i = 0; i < s->count; i++) {
		snprintf(name, sizeof name, "%s%sm%u", whole, access, i);
		gen_add_var(g, name, s->fields[i].type)->count = s->fields[i].count;
	}
}

/* An element of an array of structures, found anew at each use. */
static void declare_structures(struct generate *g)
{
	unsigned structure = gen_below(g, g->structure_count), number = gen_name(g);
	size_t from;
	char name[40], *place;

	gen_line(g);
	gen_add(g, "struct S%u a%u[2] = {", structure, number);
	gen_structure_value(g, structure, 1);
	gen_add(g, ", ");
	gen_structure_value(g, structure, 0);
	gen_add(g, "};\n");
	gen_line(g);
	from = g->text.length;
	gen_place(g, 2);
	place = random_text_cut(&g->text, from);
	gen_add(g, "const int w%u = %s;\n", number, place);
	free(place);
	snprintf(name, sizeof name, "a%u[w%u].", number, number);
	add_members(g, structure, name, "");
}

void gen_declare_array(struct generate *g)
{
	static const unsigned counts[] = {2, 4, 8, 16};
	struct type t = gen_pick_type(g);
	unsigned count = counts[gen_below(g, t.width > 4 ? 2 : 4)];
	char name[40];

	if (g->structure_count && gen_chance(g, 30)) {
		declare_structures(g);
		return;
	}
	name_of(name, sizeof name, "a", gen_name(g));
	gen_line(g);
	gen_add(g, "%s %s[%u] = {", gen_type(t), name, count);
	for (unsigned i = 0; i < count; i++) {
		gen_add(g, "%s", i ? ", " : "");
		gen_expression(g, t, i < 3);
	}
	gen_add(g, "};\n");
	gen_add_var(g, name, t)->count = count;
}

void gen_declare_structure(struct generate *g)
{
	unsigned structure = gen_below(g, g->structure_count);
	char name[40];

	if (!g->structure_count) {
		gen_declare(g);
		return;
	}
	name_of(name, sizeof name, "s", gen_name(g));
	gen_line(g);
	gen_add(g, "struct S%u %s = ", structure, name);
	gen_structure_value(g, structure, 1);
	gen_add(g, ";\n");
	struct var *v = gen_add_var(g, name, gen_of(UINT, 1));

	v->structure = (int)structure;
	v->addressable = true;
	add_members(g, structure, name, ".");
	if (!gen_has(g, HAS_POINTERS) || gen_chance(g, 50))
		return;
	unsigned number = gen_name(g);

	gen_line(g);
	gen_add(g, "struct S%u *p%u = &%s;\n", structure, number, name);
	name_of(name, sizeof name, "p", number);
	add_members(g, structure, name, "->");
}

static bool addressable(const struct generate *g, const struct var *v)
{
	(void)g;
	return v->addressable && v->structure < 0;
}

static bool addressable_generic(const struct generate *g, const struct var *v)
{
	return v->structure < 0 && (v->addressable || v->generic) && v->type.base == UINT &&
	       v->type.width == 1 && gen_has(g, HAS_GENERIC);
}

/* "&v", or an element of an array of that type. */
static void address(struct generate *g, const struct var *v)
{
	gen_add(g, "&%s", v->name);
}

/* Another variable of the same type that a pointer may point to. */
static struct var *second_target(struct generate *g, struct type t, bool generic)
{
	struct var *found = NULL;
	unsigned seen = 0;

	for (unsigned i = 0; i < g->var_count; i++) {
		struct var *v = &g->vars[i];

		if ((generic ? addressable_generic(g, v) : addressable(g, v)) &&
		    gen_same(v->type, t) && !gen_below(g, ++seen))
			found = v;
	}
	return found;
}

static void declare_variable_pointer(struct generate *g)
{
	bool generic = gen_has(g, HAS_GENERIC);
	struct var *a = gen_pick_such(g, generic ? addressable_generic : addressable);
	char name[40];

	if (!a) {
		gen_declare(g);
		return;
	}
	struct type t = a->type;
	unsigned number = gen_name(g);

	gen_line(g);
	gen_add(g, generic ? "%s *p%u = " : "private %s *p%u = ", gen_type(t), number);
	if (gen_chance(g, 70)) {
		gen_condition(g, 1);
		gen_add(g, generic ? " ? (%s *)" : " ? ", gen_type(t));
		address(g, a);
		gen_add(g, generic ? " : (%s *)" : " : ", gen_type(t));
		a = second_target(g, t, generic);
	}
	address(g, a);
	gen_add(g, ";\n");
	snprintf(name, sizeof name, "(*p%u)", number);
	gen_add_var(g, name, t);
}

/* Into the input, to one place or another. */
static void declare_input_pointer(struct generate *g)
{
	struct type t = gen_of(gen_has(g, HAS_FLOATS) && gen_chance(g, 30) ? FLOAT : UINT, 1);
	const char *input = t.base == FLOAT ? "f32" : "u32";
	unsigned number = gen_name(g), count = RANDOM_INPUT_BYTES / 4;
	char name[40];

	gen_line(g);
	gen_add(g, "global const %s *p%u = ", gen_type(t), number);
	if (gen_chance(g, 70)) {
		gen_condition(g, 1);
		gen_add(g, " ? %s + ", input);
		gen_place(g, count / 2);
		gen_add(g, " : ");
	}
	gen_add(g, "%s + ", input);
	gen_place(g, count / 2);
	gen_add(g, ";\n");
	name_of(name, sizeof name, "p", number);
	struct var *v = gen_add_var(g, name, t);

	v->count = count / 2;
	v->fixed = true;
}

static bool array_of_scalars(const struct generate *g, const struct var *v)
{
	(void)g;
	return v->count >= 4 && v->type.width == 1 && v->name[0] == 'a' && !v->fixed &&
	       !v->name[strcspn(v->name, ".[-")];
}

bool gen_load_private(struct generate *g, struct type t)
{
	struct var *found = NULL;
	unsigned seen = 0, width = t.width == 3 ? 4 : t.width;

	for (unsigned i = 0; i < g->var_count; i++) {
		struct var *v = &g->vars[i];

		if (array_of_scalars(g, v) && v->type.base == t.base && v->count >= 2 * width &&
		    (v->uniform || !g->want_uniform) && !gen_below(g, ++seen))
			found = v;
	}
	if (!found)
		return false;
	gen_add(g, "vload%u(", t.width);
	gen_place(g, found->count / width);
	gen_add(g, ", %s)", found->name);
	return true;
}

void gen_store_private(struct generate *g)
{
	struct var *a = gen_pick_such(g, array_of_scalars);
	struct type t;

	if (!a || !gen_has(g, HAS_VECTORS)) {
		gen_declare(g);
		return;
	}
	t = gen_of(a->type.base, a->count >= 8 && gen_chance(g, 50) ? 4 : 2);
	gen_line(g);
	gen_add(g, "vstore%u(", t.width);
	unsigned places = a->count / t.width;
	char name[40];

	snprintf(name, sizeof name, "%s", a->name);
	gen_expression(g, t, 2);
	gen_add(g, ", ");
	gen_place(g, places);
	gen_add(g, ", %s);\n", name);
}

static bool array_of_integers(const struct generate *g, const struct var *v)
{
	(void)g;
	/* "a7": not a part of a structure, nor reached by a pointer; a8: an array */
	return v->count && v->name[0] == 'a' && !v->fixed && !v->name[strcspn(v->name, ".[-")];
}

/* To an element of an array; it can be moved and read like an array of the rest. */
static bool declare_element_pointer(struct generate *g)
{
	struct var *a = gen_pick_such(g, array_of_integers);
	unsigned number;
	char name[40];

	if (!a || a->count < 4)
		return false;
	number = gen_name(g);
	gen_line(g);
	gen_add(g, "private %s *p%u = &%s[", gen_type(a->type), number, a->name);
	unsigned half = a->count / 2;
	struct type t = a->type;

	gen_place(g, half);
	gen_add(g, "];\n");
	name_of(name, sizeof name, "p", number);
	gen_add_var(g, name, t)->count = half;
	return true;
}

void gen_declare_pointer(struct generate *g)
{
	if (gen_chance(g, 30) && gen_has(g, HAS_LOADS) && !g->helper) {
		declare_input_pointer(g);
		return;
	}
	if (gen_chance(g, 40) && declare_element_pointer(g))
		return;
	declare_variable_pointer(g);
}

/* An element that no other work-item uses. */
void gen_declare_own(struct generate *g)
{
	bool local = gen_chance(g, 60);
	unsigned number;
	char name[40];

	if (g->helper || g->depth > 1) { /* local variables belong to the kernel's scope */
		gen_declare(g);
		return;
	}
	number = gen_name(g);
	/* on one line, so that the minimiser does not take the value away alone */
	gen_line(g);
	if (local) {
		gen_add(g, "local uint l%u[%u]; ", number, RANDOM_LOCAL);
		snprintf(name, sizeof name, "l%u[LID]", number);
	} else {
		gen_add(g, "global uint *l%u = o32; ", number);
		snprintf(name, sizeof name, "l%u[OUT(%u)]", number, gen_below(g, RANDOM_SLOTS));
	}
	gen_add(g, "%s = ", name);
	gen_integer(g, gen_of(UINT, 1), 1);
	gen_add(g, ";\n");
	gen_add_var(g, name, gen_of(UINT, 1))->generic = true;
}

void gen_fold(struct generate *g, unsigned from)
{
	for (unsigned i = from; i < g->var_count; i++) {
		const struct var *v = &g->vars[i];

		if (v->structure >= 0 || v->count || v->fixed)
			continue;
		gen_line(g);
		gen_add(g, "acc = acc * 31 + FOLD%u(%s);\n", v->type.width, v->name);
	}
}
