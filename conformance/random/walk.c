/* SPDX-License-Identifier: MIT */
/* Loops that walk along elements, of one row or two. */
#include "conformance/random/generate.h"
#include <stdio.h>
#include <string.h>

enum { MOST_TRIPS = 64, MOST_DEPTH = 5 };

struct walk {
	unsigned number, kind, most; /* rounds */
	struct source source[2];
	unsigned sources;
	struct type sum;
};

enum kind { INDEX, POINTER, DO, END, BACK, STEP, KINDS };

static void declare_rounds(struct generate *g, const struct walk *w)
{
	gen_line(g);
	gen_add(g, "const %s e%u = ", gen_chance(g, 70) ? "int" : "long", w->number);
	switch (gen_below(g, 5)) {
	case 0:
		gen_add(g, "%u", gen_below(g, w->most + 1));
		break;
	case 1:
		gen_add(g, "AT(n %% %u, %u)", w->most + 1, w->most + 1);
		break;
	case 2: /* each as many as it likes */
		gen_add(g, "IN(");
		gen_integer(g, gen_of(INT, 1), gen_below(g, 2));
		gen_add(g, ", %u)", w->most + 1);
		break;
	default:
		gen_add(g, "IN(");
		g->want_uniform = true;
		gen_integer(g, gen_of(INT, 1), gen_below(g, 2));
		g->want_uniform = false;
		gen_add(g, ", %u)", w->most + 1);
	}
	gen_add(g, ";\n");
}

static void declare_walked(struct generate *g, const struct walk *w)
{
	char stride[40];

	for (unsigned i = 0; i < w->sources; i++) {
		const struct source *s = &w->source[i];
		bool rows = gen_chance(g, 35); /* as long as what is walked along */

		snprintf(stride, sizeof stride, "(int)e%u", w->number);
		gen_line(g);
		gen_add(g, "%s %s *%c%u = %s + AT(", s->space, gen_type(s->type), 'p' + (int)i,
			w->number, s->name);
		gen_row_place(g, s->count, w->most, rows ? stride : NULL, w->most);
		gen_add(g, ", %u);\n", s->count - w->most + 1);
	}
}

void gen_as_number(struct generate *g, struct type to, struct type from)
{
	bool real = gen_is_real(from.base), real_to = gen_is_real(to.base);

	if (real && real_to)
		gen_add(g, "(%s)(", gen_type(to));
	else if (real_to)
		gen_add(g, "(%s)(255 & (int)", gen_type(to));
	else
		gen_add(g, real ? "(%s)(int)(" : "(%s)(", gen_type(to));
}

/* An element of the walk, as a number of the sum's type. */
static void walked(struct generate *g, const struct walk *w, unsigned i)
{
	char name = (char)('p' + (int)i);

	gen_as_number(g, w->sum, w->source[i].type);
	if (w->kind == POINTER)
		gen_add(g, "*%c%u", name, w->number);
	else if (w->kind == END && i)
		gen_add(g, "%c%u[x%u - p%u]", name, w->number, w->number, w->number);
	else if (w->kind == END)
		gen_add(g, "*x%u", w->number);
	else
		gen_add(g, "%c%u[k%u]", name, w->number, w->number);
	gen_add(g, ")");
}

static void round_of(struct generate *g, const struct walk *w)
{
	static const char *const reals[] = {"v%u + ", "fmax(v%u, ", "v%u - "};
	static const char *const integers[] = {"v%u * 31 + ", "v%u ^ ", "v%u + ", "max(v%u, ",
					       "(v%u << 1) - "};
	bool real = gen_is_real(w->sum.base);
	const char *f = real ? reals[gen_below(g, 3)] : integers[gen_below(g, 5)];
	bool call = strchr(f, ',');

	if (gen_chance(g, 12)) {
		gen_add(g, "if (");
		walked(g, w, w->sources - 1);
		gen_add(g, " > 7) ");
	}
	gen_add(g, "v%u = ", w->number);
	gen_add(g, f, w->number);
	walked(g, w, 0);
	if (w->sources > 1) {
		gen_add(g, " * ");
		walked(g, w, 1);
	}
	gen_add(g, call ? ");" : ";");
}

static void walk_loop(struct generate *g, const struct walk *w)
{
	static const char *const counters[] = {"int", "int", "uint", "long", "ulong", "short"};
	const char *counter = counters[gen_below(g, 6)];
	unsigned n = w->number;

	gen_line(g);
	if (w->kind == DO)
		gen_add(g, "%s k%u = 0; do { ", counter, n);
	else if (w->kind == END)
		gen_add(g, "for (%s %s *x%u = p%u; x%u %s p%u + e%u; x%u++) { ", w->source[0].space,
			gen_type(w->source[0].type), n, n, n, gen_chance(g, 50) ? "<" : "!=", n, n,
			n);
	else if (w->kind == BACK)
		gen_add(g, "for (%s k%u = e%u; k%u-- > 0;) { ", counter, n, n, n);
	else if (w->kind == STEP)
		gen_add(g, "for (%s k%u = %u; k%u < e%u; k%u += %u) { ", counter, n,
			gen_below(g, 3), n, n, n, gen_between(g, 1, 2));
	else
		gen_add(g, "for (%s k%u = 0; k%u < e%u; k%u++) { ", counter, n, n, n, n);
	round_of(g, w);
	if (w->kind == POINTER)
		gen_add(g, w->sources > 1 ? " p%u++; q%u++;" : " p%u++;", n, n);
	gen_add(g, " }");
	if (w->kind == DO)
		gen_add(g, " while (++k%u < e%u);", n, n);
	gen_add(g, "\n");
}

void gen_walk(struct generate *g)
{
	struct walk w = {.number = gen_name(g),
			 .kind = gen_below(g, KINDS),
			 .most = (1u << gen_between(g, 2, 5)) - 1,
			 .sources = gen_chance(g, 35) ? 2 : 1};
	char name[40];

	if (g->helper || g->depth > MOST_DEPTH || g->trips > MOST_TRIPS) {
		gen_declare(g);
		return;
	}
	for (unsigned i = 0; i < w.sources; i++)
		w.source[i] = gen_pick_source(g, false);
	w.sum = gen_of(gen_chance(g, 70) ? UINT : ULONG, 1);
	if (gen_is_real(w.source[0].type.base) && gen_chance(g, 70))
		w.sum = w.source[0].type;
	declare_rounds(g, &w);
	declare_walked(g, &w);
	snprintf(name, sizeof name, "v%u", w.number);
	gen_line(g);
	gen_add(g, "%s %s = ", gen_type(w.sum), name);
	gen_expression(g, w.sum, 0);
	gen_add(g, ";\n");
	walk_loop(g, &w);
	if (gen_is_real(w.sum.base)) {
		gen_line(g);
		gen_add(g, "%s = FIT(%s, %s);\n", name, gen_type(w.sum), name);
	}
	gen_add_var(g, name, w.sum)->addressable = true;
}
