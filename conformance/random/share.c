/* SPDX-License-Identifier: MIT */
/* What work-items do together: local memory and barriers, atomics, collective functions. */
#include "conformance/random/generate.h"

static bool together(const struct generate *g)
{
	return g->uniform && !g->left && !g->helper;
}

/* Another work-item of the group, once PEER() has cut it. */
static void other(struct generate *g)
{
	gen_add(g, "PEER(");
	switch (gen_below(g, 4)) {
	case 0:
		gen_add(g, "LID + %u", gen_below(g, 20));
		break;
	case 1:
		gen_add(g, "LSIZE - 1 - LID");
		break;
	case 2:
		gen_add(g, "%s", gen_chance(g, 50) ? "0" : "LSIZE - 1");
		break;
	default:
		gen_integer(g, gen_of(UINT, 1), 1);
		break;
	}
	gen_add(g, ")");
}

/* Each writes an element, all wait, each reads one. A line by itself: it is only right as a whole.
 */
static void exchange(struct generate *g, const char *at, const char *fence)
{
	gen_line(g);
	gen_add(g, "%sLID] = ", at);
	gen_integer(g, gen_of(UINT, 1), 2);
	gen_add(g, "; barrier(%s); acc += %s", fence, at);
	other(g);
	gen_add(g, "]; barrier(%s);\n", fence);
}

static void reduction(struct generate *g)
{
	gen_line(g);
	gen_add(g, "lx[LID] = ");
	gen_integer(g, gen_of(UINT, 1), 2);
	gen_add(g,
		"; barrier(CLK_LOCAL_MEM_FENCE); for (uint s = 1; s < LSIZE; s *= 2) "
		"{ if (LID %% (2 * s) == 0 && LID + s < LSIZE) lx[LID] %s lx[LID + s]; "
		"barrier(CLK_LOCAL_MEM_FENCE); } acc += lx[0]; barrier(CLK_LOCAL_MEM_FENCE);\n",
		gen_chance(g, 50) ? "+=" : "^=");
}

/* A copy of input by all of them. */
static void copied(struct generate *g)
{
	gen_line(g);
	gen_add(g, "event_t e = async_work_group_copy(lx, u32 + ");
	g->want_uniform = true;
	gen_place(g, 1024);
	g->want_uniform = false;
	gen_add(g, ", (size_t)LSIZE, 0); wait_group_events(1, &e); acc += lx[");
	other(g);
	gen_add(g, "]; barrier(CLK_LOCAL_MEM_FENCE);\n");
}

/* Local counters, set to something, changed by statements, read. */
static void counters(struct generate *g)
{
	static const char *const operations[] = {"add", "or", "and", "xor", "min", "max"};
	unsigned count = gen_between(g, 1, 3);

	gen_line(g);
	gen_add(g,
		"for (uint i = LID; i < 8; i += LSIZE) lc[i] = %u; "
		"barrier(CLK_LOCAL_MEM_FENCE);\n",
		gen_below(g, 100));
	for (unsigned i = 0; i < count; i++) {
		gen_line(g);
		if (gen_chance(g, 60)) {
			gen_add(g, "if ");
			gen_condition(g, 1);
			gen_add(g, " ");
		}
		/* each operation has counters of its own, so that the order does not matter */
		gen_add(g, "atomic_%s(lc + %u, ", operations[(g->names + i) % 6],
			(g->names + i) % 6);
		gen_integer(g, gen_of(UINT, 1), 1);
		gen_add(g, ");\n");
	}
	gen_line(g);
	gen_add(g, "barrier(CLK_LOCAL_MEM_FENCE); acc += lc[");
	gen_place(g, 8);
	gen_add(g, "]; barrier(CLK_LOCAL_MEM_FENCE);\n");
}

/* A part of the kernel in which everybody reads what all have written. */
static void readable_part(struct generate *g)
{
	unsigned around = g->together, from = g->var_count;

	gen_line(g);
	gen_add(g, "lx[LID] = ");
	gen_integer(g, gen_of(UINT, 1), 2);
	gen_add(g, "; barrier(CLK_LOCAL_MEM_FENCE);\n");
	gen_add_var(g, gen_chance(g, 50) ? "lx[PEER(LID + 3)]" : "lx[PEER(LSIZE - 1 - LID)]",
		    gen_of(UINT, 1))
		->fixed = true;
	g->together++;
	g->local_readable = true;
	gen_statements(g, gen_between(g, 1, 4));
	gen_fold(g, from);
	g->local_readable = false;
	g->together = around;
	g->var_count = from;
	gen_line(g);
	gen_add(g, "barrier(CLK_LOCAL_MEM_FENCE);\n");
}

void gen_share(struct generate *g)
{
	unsigned choice = gen_below(g, 6);

	if (!together(g) || (g->local_readable && choice != 1 && choice != 4)) {
		gen_store(g);
		return;
	}
	gen_line(g);
	gen_add(g, "{\n");
	g->depth++;
	if (choice == 0)
		exchange(g, "lx[", "CLK_LOCAL_MEM_FENCE");
	else if (choice == 1)
		exchange(g, "gx[GROUP * 256 + ", "CLK_GLOBAL_MEM_FENCE");
	else if (choice == 2)
		reduction(g);
	else if (choice == 3)
		readable_part(g);
	else if (choice == 5)
		copied(g);
	else
		counters(g);
	g->depth--;
	gen_line(g);
	gen_add(g, "}\n");
}

/* ---- atomics of the whole launch ---- */

/* The place of a counter of family @family. */
static void counter(struct generate *g, unsigned family)
{
	gen_add(g, "%u + ", 4 * family);
	if (gen_chance(g, 50))
		gen_add(g, "%u", gen_below(g, 4));
	else
		gen_place(g, 4);
}

enum { TICKETS = 9, TICKET_SUMS, EXCHANGED_SUM, EXCHANGED_XOR };

static void loop_of_exchanges(struct generate *g)
{
	bool sum = gen_chance(g, 50);

	gen_add(g, "{ const uint x = ");
	gen_integer(g, gen_of(UINT, 1), 1);
	gen_add(g, "; volatile global uint *at = c32 + ");
	counter(g, sum ? EXCHANGED_SUM : EXCHANGED_XOR);
	gen_add(g,
		"; uint old, now = atomic_add(at, 0); do { old = now; now = atomic_cmpxchg(at, "
		"old, old %s x); } while (now != old); }\n",
		sum ? "+" : "^");
}

static void modern(struct generate *g)
{
	static const char *const operations[] = {"add", "or", "and", "xor", "min", "max"};
	unsigned family = gen_below(g, 6);

	gen_add(g, "atomic_fetch_%s_explicit((volatile global atomic_uint *)c32 + ",
		operations[family]);
	counter(g, family);
	gen_add(g, ", ");
	gen_integer(g, gen_of(UINT, 1), 1);
	gen_add(g, ", memory_order_%s, memory_scope_device);\n",
		gen_chance(g, 70) ? "relaxed" : "acq_rel");
}

static void classic(struct generate *g, bool wide)
{
	static const char *const operations[] = {"add", "or", "and", "xor", "min", "max", "sub"};
	unsigned operation = gen_below(g, 7);
	unsigned family = operation == 6 ? 0 : operation;
	bool is_signed = (operation == 4 || operation == 5) && gen_chance(g, 50);

	gen_add(g, wide ? "atom_%s(" : "atomic_%s(", operations[operation]);
	if (is_signed) {
		family += 2; /* 6 and 7 */
		gen_add(g, "(volatile global %s *)", wide ? "long" : "int");
	}
	gen_add(g, wide ? "c64 + " : "c32 + ");
	counter(g, family);
	gen_add(g, ", ");
	gen_integer(g, gen_of((wide ? LONG : INT) + !is_signed, 1), 1);
	gen_add(g, ");\n");
}

void gen_atomic(struct generate *g)
{
	if (g->helper) {
		gen_declare(g);
		return;
	}
	gen_line(g);
	switch (gen_below(g, 8)) {
	case 0:
		gen_add(g, gen_chance(g, 50) ? "atomic_inc(c32 + " : "atomic_dec(c32 + ");
		counter(g, 0);
		gen_add(g, ");\n");
		return;
	case 1: /* the tickets differ, their sum does not */
		gen_add(g, "atomic_add(c32 + %d, atomic_inc(c32 + %d));\n", 4 * TICKET_SUMS,
			4 * TICKETS);
		return;
	case 2:
		if (gen_chance(g, 40)) {
			loop_of_exchanges(g);
			return;
		}
		break;
	case 3:
	case 4:
		modern(g);
		return;
	case 5:
		if (gen_has(g, HAS_LONG)) {
			g->c->needs |= RANDOM_ATOMIC64;
			classic(g, true);
			return;
		}
		break;
	default:
		break;
	}
	classic(g, false);
}

/* ---- collective functions ---- */

static void broadcast(struct generate *g)
{
	gen_add(g, "work_group_broadcast(");
	gen_integer(g, gen_of(UINT, 1), 2);
	for (unsigned d = 0; d < g->c->dimensions; d++)
		gen_add(g, gen_chance(g, 50) ? ", 0" : ", get_local_size(%u) - 1", d);
	gen_add(g, ")");
}

/*
 * What is the same for sub-groups of any size: how large they are is not known. All add to one
 * counter, since which sub-group a work-item is in must not matter.
 */
static void sub_group(struct generate *g)
{
	g->c->needs |= RANDOM_SUB_GROUPS;
	gen_line(g);
	gen_add(g, "{ const uint x = ");
	gen_integer(g, gen_of(UINT, 1), 2);
	switch (gen_below(g, 5)) {
	case 0:
		gen_add(g,
			"; const uint s = sub_group_reduce_add(x); "
			"if (get_sub_group_local_id() == 0) atomic_add(c32 + %u, s); }\n",
			gen_below(g, 4));
		return;
	case 1:
		gen_add(g, "; atomic_max(c32 + %u, sub_group_reduce_max(x)); }\n",
			20 + gen_below(g, 4));
		return;
	case 2:
		gen_add(g, "; acc += sub_group_scan_inclusive_add(x) - "
			   "sub_group_scan_exclusive_add(x); }\n");
		return;
	case 3:
		gen_add(g, "; acc += !sub_group_any(x > 7) + !sub_group_all(x <= 7); }\n");
		return;
	default:
		gen_add(g, "; sub_group_barrier(CLK_LOCAL_MEM_FENCE); "
			   "acc += x + (sub_group_broadcast(x, 0) == x || "
			   "get_sub_group_local_id()); }\n");
	}
}

void gen_collective(struct generate *g)
{
	static const char *const names[] = {"reduce", "scan_exclusive", "scan_inclusive"};
	static const char *const operations[] = {"add", "min", "max"};
	static const enum base bases[] = {UINT, ULONG, INT, LONG};

	if (!together(g)) {
		gen_store(g);
		return;
	}
	if (gen_chance(g, 40)) {
		sub_group(g);
		return;
	}
	g->c->needs |= RANDOM_COLLECTIVE;
	gen_line(g);
	gen_add(g, "acc += ");
	if (gen_chance(g, 20)) {
		broadcast(g);
	} else if (gen_chance(g, 20)) {
		gen_add(g, gen_chance(g, 50) ? "work_group_any(" : "work_group_all(");
		gen_condition(g, 1);
		gen_add(g, ")");
	} else {
		unsigned operation = gen_below(g, 3);
		/* sums of signed numbers might overflow */
		struct type t = gen_of(bases[gen_below(g, operation ? 4 : 2)], 1);

		gen_add(g, "work_group_%s_%s((%s)", names[gen_below(g, 3)], operations[operation],
			gen_type(t));
		gen_integer(g, t, 2);
		gen_add(g, ")");
	}
	gen_add(g, ";\n");
}
