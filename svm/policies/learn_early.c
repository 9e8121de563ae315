/* SPDX-License-Identifier: MIT */
/*
 * DOC: what is finished goes home early
 *
 * A pass that is cut into many commands is done with the parts of its result one after the other.
 * What no command that is known touches any more, of an object that the last of these commands
 * still writes, is a part of a result, and the program is likely to read it when all is done: so it
 * goes home as soon as its command has ended, while the others compute and the link would stand
 * still. Copies only: the device keeps what it has.
 *
 * Nobody sees whether the host reads a copy. So of the first, second, fourth, ... part since a
 * command wrote the object anew the last page is left out, a probe: the host faults on it or the
 * program asks for it, or neither. (One that goes home otherwise says nothing.) When a command
 * comes that writes these parts again, and fewer than three of four of the others have been asked
 * for, the kernel's results stay on the device from then on: what that has cost in vain is the way
 * of one result.
 *
 * What nothing touches after the command, nor anything beside it, is learn_host.c's.
 */
#include "svm/policies/learn.h"

#define PAGE UINT64_C(4096)

/* What of @g is not @h's: where that is its start or its end; in the middle: what is before it. */
static struct learn_guess without(struct learn_guess g, const struct learn_guess *h)
{
	if (h->start >= g.end || h->end <= g.start)
		return g;
	if (h->start > g.start)
		g.end = h->start;
	else
		g.start = tern_min(h->end, g.end);
	return g;
}

/* The last command that is known writes to @use's object, too. */
static bool is_written_last(const struct learn *l, const struct learn_use *use)
{
	const struct learn_command *last = NULL;
	for (unsigned i = 0; i < LEARN_COMMANDS; i++)
		if (l->commands[i].number && (!last || l->commands[i].order > last->order))
			last = &l->commands[i];
	for (uint32_t u = 0; last && u < last->use_count; u++)
		if (last->uses[u].object == use->object && l->models[last->uses[u].model].writes)
			return true;
	return false;
}

/* What @c, which has ended, has touched of @use, and no command that is known will. */
static struct learn_guess finished(const struct learn *l, const struct learn_command *c,
				   const struct learn_use *use)
{
	struct learn_guess g = learn_guess(l, c, use);
	for (unsigned i = 0; i < LEARN_COMMANDS && g.start < g.end; i++) {
		const struct learn_command *w = &l->commands[i];
		for (uint32_t u = 0; w->number && u < w->use_count; u++) {
			struct learn_guess h = learn_guess(l, w, &w->uses[u]);
			if (h.start >= h.end)
				h = (struct learn_guess){w->uses[u].start & ~(PAGE - 1),
							 tern_round_up(w->uses[u].end, PAGE)};
			g = without(g, &h);
		}
	}
	return g;
}

struct learn_guess learn_early_part(struct learn *l, const struct learn_command *c,
				    const struct learn_use *use)
{
	struct learn_early *e = &l->objects[use->object].early;
	const struct learn_model *m = &l->models[use->model];
	struct learn_guess g = {0, 0};
	if (!(l->features & LEARN_EARLY) || !m->writes || m->stays || !is_written_last(l, use))
		return g;
	g = finished(l, c, use);
	if (g.start >= g.end || g.end - g.start < 2 * PAGE)
		return (struct learn_guess){0, 0};
	e->parts++;
	if (!tern_is_power_of_two(e->parts) || e->probe_count == LEARN_PROBES)
		return g;
	g.end -= PAGE;
	e->probes[e->probe_count++] = g.end;
	e->model = use->model;
	return g;
}

void learn_early_taken(struct learn_object *o, uint64_t start, uint64_t end)
{
	struct learn_early *e = &o->early;
	for (unsigned i = 0; i < e->probe_count; i++)
		if (e->probes[i] >= start && e->probes[i] < end)
			e->taken |= (uint8_t)(1u << i);
}

void learn_early_gone(struct learn *l, uint64_t start, uint64_t end, bool asked)
{
	for (unsigned i = 0; i < LEARN_OBJECTS; i++) {
		struct learn_early *e = &l->objects[i].early;
		uint8_t taken = e->taken;
		learn_early_taken(&l->objects[i], start, end);
		if (asked)
			continue;
		e->gone |= (uint8_t)(e->taken & ~taken);
		e->taken = taken;
	}
}

/* @g, if it is known, has a probe in it. */
static bool is_over(const struct learn_early *e, const struct learn_guess *g)
{
	for (unsigned i = 0; i < e->probe_count; i++)
		if (g->start >= g->end || (e->probes[i] >= g->start && e->probes[i] < g->end))
			return true;
	return false;
}

void learn_early_again(struct learn *l, const struct learn_command *c)
{
	for (uint32_t i = 0; (l->features & LEARN_EARLY) && i < c->use_count; i++) {
		const struct learn_use *use = &c->uses[i];
		struct learn_early *e = &l->objects[use->object].early;
		struct learn_guess g = learn_guess(l, c, use);
		if (!l->models[use->model].writes || !is_over(e, &g))
			continue;
		unsigned taken = (unsigned)__builtin_popcount(e->taken);
		unsigned known = e->probe_count - (unsigned)__builtin_popcount(e->gone & ~e->taken);
		l->models[e->model].stays = taken * 4 < known * 3;
		*e = (struct learn_early){0};
	}
}
