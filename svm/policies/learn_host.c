/* SPDX-License-Identifier: MIT */
/*
 * The host's faults. It goes through what kernels made, or are to be given, by objects, as they do:
 * a plan ends where another object begins, since that may be in use. And it mostly does the same
 * after each run of a kernel. So where it has taken all of an argument's memory, twice, before the
 * next command with it was known, it is going to do so again: its first fault gets all of that; and
 * what the kernel has written goes home when it has ended, before anybody asks. Then there are no
 * faults left to learn from, so a page is left out now and then, to see whether the host still
 * wants it.
 */
#include "svm/policies/learn.h"

#define PAGE       UINT64_C(4096)
#define TAKES_SURE 2
#define AHEAD_MOST 1024u /* pages that are moved ahead of a stream */
#define SLACK      16u   /* that it leaves out */
#define LEFT_OUT   4u    /* one page of each so many objects that go home */

/* The pages of @o, but for one in which another object begins. */
static struct learn_guess pages_of(const struct learn *l, const struct learn_object *o)
{
	struct learn_guess g = {o->start & ~(PAGE - 1), tern_round_up(o->end, PAGE)};
	if (g.end > o->end && learn_object_at(l, g.end - 1) != LEARN_NONE)
		g.end -= PAGE;
	return g;
}

static uint16_t object_of_page(const struct learn *l, uint64_t page)
{
	/* By its last byte: what begins within a page goes on behind it. */
	uint16_t object = learn_object_at(l, page | (PAGE - 1));
	return object != LEARN_NONE ? object : learn_object_at(l, page);
}

static void add_ahead(struct tern_policy_plan *plan, uint64_t start, uint64_t end)
{
	if (start < end)
		plan->ahead[plan->ahead_count++] = (struct tern_policy_range){
			.start = start,
			.end = end,
			.way = plan->action == TERN_PLAN_SHARE ? TERN_AHEAD_COPY_TO_HOST
							       : TERN_AHEAD_TO_HOST};
}

/* Makes the plan what @pages and the chunk have in common; the rest is moved behind. */
static void take_all(const struct learn_guess *pages, const struct tern_policy_fault *f,
		     struct tern_policy_plan *plan)
{
	uint64_t chunk = f->address - f->page * PAGE, end = chunk + TERN_POLICY_PAGES * PAGE;
	tern_page_bits lacking;
	unsigned first = (unsigned)((tern_max(chunk, pages->start) - chunk) / PAGE);
	unsigned last = (unsigned)((tern_min(end, pages->end) - chunk) / PAGE);
	tern_policy_lacking(f, lacking);
	tern_policy_range(plan, f, lacking, first, last - first);
	plan->rule = "learn: what the host takes each time";
	add_ahead(plan, end, pages->end);
}

/*
 * Where the host goes on from its last plan, or from the end of what was copied behind that, half
 * as much as it has gone through so is copied meanwhile; but not beyond where it stopped the last
 * time. Copies only: what the device still has it need not get back.
 */
static void copy_behind(struct learn_object *o, const struct learn_guess *pages,
			const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	uint64_t end = f->address + (plan->first + plan->count - f->page) * PAGE;
	uint64_t most = o->reach > f->address ? tern_min(o->reach, pages->end) : pages->end;
	if (f->address < o->home.start || f->address > o->home.end + SLACK * PAGE)
		o->run = f->address;
	uint64_t went = f->address - o->run;
	uint64_t window = tern_min(went / 2, AHEAD_MOST * PAGE) & ~(PAGE - 1);
	o->home = (struct learn_guess){end, tern_max(end, tern_min(end + window, most))};
	add_ahead(plan, o->home.start, o->home.end);
}

static void cut(const struct learn_guess *pages, const struct tern_policy_fault *f,
		struct tern_policy_plan *plan)
{
	uint64_t chunk = f->address - f->page * PAGE;
	uint64_t start = tern_max(chunk + plan->first * PAGE, pages->start);
	uint64_t end = tern_min(chunk + (plan->first + plan->count) * PAGE, pages->end);
	plan->first = (unsigned)((start - chunk) / PAGE);
	plan->count = (unsigned)((end - start) / PAGE);
}

bool learn_is_done_with(const struct learn *l, const struct tern_policy_fault *f)
{
	if (f->side != TERN_SIDE_HOST || !(l->features & LEARN_HOST))
		return false;
	uint16_t object = object_of_page(l, f->address);
	return object != LEARN_NONE && !learn_is_wanted(l, &l->objects[object], NULL);
}

void learn_by_host(struct learn *l, const struct tern_policy_fault *f,
		   struct tern_policy_plan *plan)
{
	uint16_t object = object_of_page(l, f->address);
	if (!(l->features & LEARN_HOST) || object == LEARN_NONE)
		return;
	struct learn_object *o = &l->objects[object];
	struct learn_guess pages = pages_of(l, o);
	if (f->address < pages.start || f->address >= pages.end)
		return;
	const struct learn_model *m = o->user ? &l->models[o->user - 1] : NULL;
	if (m && m->host_takes >= TAKES_SURE)
		take_all(&pages, f, plan);
	else
		cut(&pages, f, plan);
	if (!plan->ahead_count && plan->action == TERN_PLAN_SHARE && !learn_is_wanted(l, o, NULL))
		copy_behind(o, &pages, f, plan);
	uint64_t end = f->address + (plan->first + plan->count - f->page) * PAGE;
	learn_early_taken(o, f->address, end);
	o->reached = tern_max(o->reached, end);
	o->taken += plan->count;
	o->host_writes |= f->write;
}

static void conclude(struct learn *l, struct learn_object *o)
{
	struct learn_guess pages = pages_of(l, o);
	if (!o->user)
		return;
	struct learn_model *m = &l->models[o->user - 1];
	uint64_t taken = o->left_out && o->taken ? UINT64_MAX / PAGE / 4 : o->taken;
	/* What was sent home without leaving a page out says nothing. */
	if (!o->sent || o->left_out)
		m->host_takes = learn_surer(m->host_takes,
					    taken * PAGE * 4 >= (pages.end - pages.start) * 3);
	m->host_writes = o->host_writes;
	o->reach = o->reached;
	o->user = 0;
}

void learn_host_named(struct learn *l, const struct learn_command *c)
{
	for (uint32_t i = 0; i < c->use_count; i++)
		conclude(l, &l->objects[c->uses[i].object]);
}

/* What of @use goes home now: one range, or nothing. */
static struct learn_guess goes_home(const struct learn *l, struct learn_object *o,
				    struct learn_model *m)
{
	struct learn_guess g = pages_of(l, o);
	if (!m->writes || m->host_takes < TAKES_SURE)
		return (struct learn_guess){0, 0};
	o->sent = true;
	o->left_out = m->sent++ % LEFT_OUT == 0;
	g.end -= o->left_out ? PAGE : 0;
	return g;
}

unsigned learn_host_ended(struct learn *l, const struct learn_command *c,
			  struct tern_policy_range *out)
{
	unsigned count = 0;
	for (uint32_t i = 0; i < c->use_count; i++) {
		const struct learn_use *use = &c->uses[i];
		struct learn_object *o = &l->objects[use->object];
		struct learn_model *m = &l->models[use->model];
		o->user = (uint16_t)(use->model + 1);
		o->taken = o->reached = 0;
		o->host_writes = o->sent = o->left_out = false;
		bool wanted = learn_is_wanted(l, o, c);
		if (wanted)
			conclude(l, o);
		struct learn_guess g = wanted ? learn_early_part(l, c, use) : goes_home(l, o, m);
		bool copy = wanted || !m->host_writes;
		if (g.start < g.end)
			out[count++] = (struct tern_policy_range){
				.start = g.start,
				.end = g.end,
				.way = copy ? TERN_AHEAD_COPY_TO_HOST : TERN_AHEAD_TO_HOST};
	}
	return count;
}
