/* SPDX-License-Identifier: MIT */
/*
 * Objects that are accessed all over. A plan cannot bring what will be touched next there, and what
 * lies around is touched some time or not. But how many accesses are to come is known, more or
 * less: each work-item of the commands that run and wait is good for one. Were each of them to
 * fault, they would cost so much; and if the way of all pages costs less than that, all are
 * brought, first those of the chunk, the others ahead. Where that is not known, since a work-item
 * follows a list, which more faults than work-items show, the rest is brought when the faults so
 * far have cost as much: so the cost is twice the least at most, whatever comes. "All" is the
 * object when faults have been in most of it, else what lies between the lowest and the highest
 * one. It is brought into free memory, or, where a policy makes room, if all that the known
 * commands touch fits: then it pushes out what none of them needs. Else that may be as dear.
 *
 * Likewise of what lies around a fault: of a page there, the share that will be used saves a fault
 * each, and that is no more than there are work-items for each page, as long as there have been no
 * more faults than work-items. Where they are too few, learn.c brings none of it, unless its
 * samples show that work-items are near each other.
 */
#include "svm/policies/learn.h"

#define PAGE        UINT64_C(4096)
#define JUMPS_LEAST 4u /* that show how an object is accessed */

/* Accesses jump to and fro in it. */
static bool jumps(const struct learn_object *o)
{
	return o->jumps >= JUMPS_LEAST && o->jumps > o->in_order;
}

static bool touches(const struct learn_command *c, const struct learn_use *use)
{
	for (uint32_t i = 0; i < c->use_count; i++)
		if (c->uses[i].object == use->object && c->uses[i].model == use->model)
			return true;
	return false;
}

/* Of the commands that are known to do with the object what @c does: from the first to the last of
 * them, since who comes again is likely to touch the same. */
static uint64_t items_to_come(const struct learn *l, const struct learn_command *c,
			      const struct learn_use *use)
{
	uint64_t first = c->first, end = c->first + c->items;
	for (unsigned i = 0; i < LEARN_COMMANDS; i++) {
		const struct learn_command *w = &l->commands[i];
		if (!w->number || !touches(w, use))
			continue;
		first = tern_min(first, w->first);
		end = tern_max(end, w->first + w->items);
	}
	return end - first;
}

static struct learn_guess extent(const struct learn_object *o, const struct learn_use *use,
				 const struct tern_policy_fault *f)
{
	struct learn_guess g = {tern_min(use->low, f->address),
				tern_max(use->high, f->address + PAGE)};
	if (!use->guessed && (g.end - g.start) * 2 >= o->end - o->start)
		g = (struct learn_guess){tern_min(g.start, o->start), tern_max(g.end, o->end)};
	g.start &= ~(PAGE - 1);
	g.end = (g.end + PAGE - 1) & ~(PAGE - 1);
	return g;
}

static bool is_free(const struct tern_policy_fault *f, uint64_t pages)
{
	return !f->limit_pages ||
	       (f->resident_pages < f->limit_pages && pages <= f->limit_pages - f->resident_pages);
}

/* What @c touches is in @extents, by object: where nobody said how large that is, as far as faults
 * have been. */
static void add_extents(const struct learn *l, const struct learn_command *c,
			struct learn_guess *extents)
{
	for (uint32_t i = 0; i < c->use_count; i++) {
		const struct learn_use *use = &c->uses[i];
		const struct learn_object *o = &l->objects[use->object];
		struct learn_guess g = learn_guess(l, c, use), *e = &extents[use->object];
		if (g.start >= g.end && use->guessed && o->seen.end)
			g = o->seen;
		else if (g.start >= g.end)
			g = (struct learn_guess){o->start, o->end};
		bool none = e->start >= e->end;
		e->start = none ? g.start : tern_min(e->start, g.start);
		e->end = none ? g.end : tern_max(e->end, g.end);
	}
}

/* All that the known commands touch fits into the device's memory. */
static bool all_fit(const struct learn *l, uint64_t limit)
{
	struct learn_guess extents[LEARN_OBJECTS] = {0};
	uint64_t pages = 0;
	for (unsigned i = 0; i < LEARN_COMMANDS; i++)
		if (l->commands[i].number)
			add_extents(l, &l->commands[i], extents);
	for (unsigned i = 0; i < LEARN_OBJECTS; i++)
		pages += (extents[i].end - extents[i].start + PAGE - 1) / PAGE;
	return pages <= limit;
}

/* What lies beside what has been asked for; @room: it may push out others. */
static void ask(struct learn_object *o, const struct learn_guess *g, bool room,
		struct tern_policy_plan *plan)
{
	struct learn_guess parts[2] = {{g->start, tern_min(o->all.start, g->end)},
				       {tern_max(o->all.end, g->start), g->end}};
	if (o->all.start >= o->all.end)
		parts[1] = *g;
	for (unsigned i = o->all.start >= o->all.end; i < 2; i++)
		if (parts[i].start < parts[i].end && plan->ahead_count < TERN_POLICY_PLAN_AHEAD)
			plan->ahead[plan->ahead_count++] = (struct tern_policy_range){
				.start = parts[i].start,
				.end = parts[i].end,
				.way = plan->action == TERN_PLAN_SHARE ? TERN_AHEAD_COPY
								       : TERN_AHEAD_TO_DEVICE,
				.room = room};
	o->all.start = g->start;
	o->all.end = g->end;
}

/* Nobody knows how many accesses are to come, since work-items have more than one each, and the
 * faults, which somebody waited for, have cost more than the way of the @rest would. */
static bool has_cost(const struct learn_command *c, const struct learn_use *use,
		     const struct tern_policy_fault *f, uint64_t rest)
{
	return use->faults > c->items &&
	       use->faults * learn_fault_ns(&f->link) >=
		       tern_min(rest, UINT32_MAX) * learn_page_ns(&f->link);
}

bool learn_too_few(const struct learn *l, const struct learn_command *c,
		   const struct learn_use *use, const struct tern_policy_fault *f)
{
	const struct learn_object *o = &l->objects[use->object];
	if (!use->high || !jumps(o) || use->faults > c->items)
		return false;
	struct learn_guess g = extent(o, use, f);
	uint64_t pages = tern_min((g.end - g.start) / PAGE, UINT32_MAX);
	uint64_t items = tern_min(items_to_come(l, c, use), UINT32_MAX);
	uint64_t page = learn_page_ns(&f->link);
	return items * (page + learn_fault_ns(&f->link)) < pages * page;
}

bool learn_bring(struct learn *l, const struct learn_command *c, const struct learn_use *use,
		 const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	struct learn_object *o = &l->objects[use->object];
	uint64_t chunk = f->address - f->page * PAGE, chunk_end = chunk + TERN_POLICY_PAGES * PAGE;
	if (!(l->features & LEARN_LOOKAHEAD) || !use->high || o->lost || !(o->all.end || jumps(o)))
		return false;
	struct learn_guess g = extent(o, use, f);
	uint64_t pages = (g.end - g.start) / PAGE, there = tern_min(use->pages + o->moved, pages);
	uint64_t items = tern_min(items_to_come(l, c, use), UINT32_MAX);
	if (items * learn_fault_ns(&f->link) <
		    tern_min(pages, UINT32_MAX) * learn_page_ns(&f->link) &&
	    !((l->features & LEARN_ROOM) && has_cost(c, use, f, pages - there)))
		return false;
	bool room = !is_free(f, pages - there);
	if (room && !((l->features & LEARN_ROOM) && all_fit(l, f->limit_pages)))
		return false;
	tern_page_bits lacking;
	unsigned first = (unsigned)((tern_max(chunk, g.start) - chunk) / PAGE);
	unsigned last = (unsigned)((tern_min(chunk_end, g.end) - chunk) / PAGE);
	tern_policy_lacking(f, lacking);
	tern_policy_range(plan, f, lacking, first, last - first);
	ask(o, &g, room, plan);
	plan->rule = "learn: all of what is accessed all over";
	return true;
}
