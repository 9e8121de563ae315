/* SPDX-License-Identifier: MIT */
/* What is remembered of objects, kernels and commands. See learn.h. */
#include <string.h>

#include "svm/policies/learn.h"

#define PAGE UINT64_C(4096)
#define NEAR ((uint64_t)2 << 20) /* a fault no further from the end of another goes on with it, */
/* or, in a small object, than such a part of it: what is near any of the ends must be less than
 * all, else random accesses would be in order */
#define NEAR_PART 128u
#define PLAN_PART 32u /* a plan is no larger, where little is known */
#define SURE      4
#define GOES_ON   (16 * PAGE) /* threads at work at once leave out no more, at first */

static uint16_t object(struct learn *l, uint64_t start, uint64_t end)
{
	unsigned oldest = 0;
	for (unsigned i = 0; i < LEARN_OBJECTS; i++) {
		struct learn_object *o = &l->objects[i];
		if (o->start == start && o->end == end) {
			o->used = ++l->clock;
			return (uint16_t)i;
		}
		if (l->clock - o->used > l->clock - l->objects[oldest].used)
			oldest = i;
	}
	l->objects[oldest] = (struct learn_object){
		.start = start, .end = end, .position = start, .used = ++l->clock};
	return (uint16_t)oldest;
}

uint16_t learn_object_at(const struct learn *l, uint64_t address)
{
	uint16_t best = LEARN_NONE;
	uint64_t least = UINT64_MAX;
	for (unsigned i = 0; i < LEARN_OBJECTS; i++) {
		const struct learn_object *o = &l->objects[i];
		if (address < o->start || address >= o->end || o->end - o->start >= least)
			continue;
		best = (uint16_t)i;
		least = o->end - o->start;
		if (!(l->features & LEARN_HOST))
			break;
	}
	return best;
}

bool learn_is_wanted(const struct learn *l, const struct learn_object *o,
		     const struct learn_command *but)
{
	for (unsigned i = 0; i < LEARN_COMMANDS; i++) {
		const struct learn_command *c = &l->commands[i];
		for (uint32_t u = 0; c != but && c->number && u < c->use_count; u++)
			if (c->uses[u].start < o->end && o->start < c->uses[u].end)
				return true;
	}
	return false;
}

/* Blocks of 64 KiB, or as large as the object needs. */
static uint8_t block_shift(uint64_t bytes)
{
	uint8_t shift = 16;
	while (bytes >> shift >= LEARN_BLOCKS && shift < 40)
		shift++;
	return shift;
}

static uint16_t model(struct learn *l, uint64_t kernel, uint16_t argument, uint64_t bytes)
{
	unsigned oldest = 0;
	struct learn_model *m = NULL;
	for (unsigned i = 0; i < LEARN_MODELS && !m; i++) {
		struct learn_model *at = &l->models[i];
		if (at->in_use && at->kernel == kernel && at->argument == argument)
			m = at;
		else if (l->clock - at->used > l->clock - l->models[oldest].used)
			oldest = i;
	}
	if (!m) {
		m = &l->models[oldest];
		memset(m, 0, sizeof(*m));
		m->kernel = kernel;
		m->argument = argument;
		m->in_use = true;
	}
	uint8_t shift = block_shift(bytes);
	if (shift > m->shift) {
		memset(m->blocks, 0, sizeof(m->blocks));
		m->shift = shift;
	}
	m->used = ++l->clock;
	return (uint16_t)(m - l->models);
}

struct learn_command *learn_command_find(struct learn *l, uint64_t number)
{
	for (unsigned i = 0; i < LEARN_COMMANDS; i++)
		if (l->commands[i].number == number)
			return &l->commands[i];
	return NULL;
}

const struct learn_command *learn_command_next(const struct learn *l, bool running, uint64_t order)
{
	const struct learn_command *next = NULL;
	for (unsigned i = 0; i < LEARN_COMMANDS; i++) {
		const struct learn_command *c = &l->commands[i];
		if (c->number && c->running == running && c->order > order &&
		    (!next || c->order < next->order))
			next = c;
	}
	return next;
}

/* A free place, or that of the one queued last. */
static struct learn_command *place(struct learn *l)
{
	struct learn_command *last = &l->commands[0];
	for (unsigned i = 0; i < LEARN_COMMANDS; i++) {
		struct learn_command *c = &l->commands[i];
		if (!c->number)
			return c;
		if (!c->running && (last->running || c->order > last->order))
			last = c;
	}
	return last;
}

static void describe(struct learn *l, struct learn_command *c,
		     const struct tern_policy_command *from)
{
	c->number = from->number;
	c->items = from->items;
	c->first = from->first;
	c->use_count = from->use_count;
	c->order = ++l->order;
	for (uint32_t i = 0; i < from->use_count; i++) {
		const struct tern_policy_use *use = &from->uses[i];
		c->uses[i] = (struct learn_use){
			.address = use->address,
			.start = use->start,
			.end = use->end,
			.object = object(l, use->start, use->end),
			.offset = use->end - use->start,
			.model = model(l, from->kernel, use->argument, use->end - use->start),
			.read_only = use->flags & TERN_USE_READ_ONLY,
			.guessed = use->flags & TERN_USE_GUESSED,
		};
	}
}

struct learn_command *learn_command_note(struct learn *l, const struct tern_policy_command *command,
					 bool running)
{
	struct learn_command *c = learn_command_find(l, command->number);
	if (!c) {
		c = place(l);
		describe(l, c, command);
		if (l->features & LEARN_HOST)
			learn_host_named(l, c);
	}
	c->running = running;
	for (uint32_t i = 0; running && i < c->use_count; i++) {
		struct learn_object *o = &l->objects[c->uses[i].object];
		o->named = l->traffic;
		o->asked = 0;
		o->all.start = o->all.end = 0;
		o->moved = o->lost = 0;
	}
	l->spans_old = true;
	return c;
}

static uint64_t near_of(const struct learn_object *o, unsigned part)
{
	return tern_min(NEAR, (o->end - o->start) / part) + 4 * PAGE;
}

/* The fault at @at goes on where end @i was, or a little further, or at the end of what was moved
 * ahead from there: not somewhere in between, where all has been. */
static bool is_next(const struct learn_object *o, unsigned i, uint64_t at, uint64_t near)
{
	uint64_t plan = o->ends[i].plan, ahead = o->ends[i].ahead;
	return plan && at + near >= plan && at <= ahead + near &&
	       (at <= plan + 4 * near || at + 4 * near >= ahead);
}

/* The fault at @at, which gets up to @end, goes on where one of the last ones was: 1; or does not:
 * 0; or is the first one: -1. */
static int goes_on(struct learn_object *o, uint64_t at, uint64_t end, uint64_t ahead, uint64_t near)
{
	bool first = !o->ends[0].plan;
	unsigned i = 0;
	while (i < LEARN_ENDS && !is_next(o, i, at, near))
		i++;
	bool on = i < LEARN_ENDS;
	if (!on) {
		i = o->oldest_end;
		o->oldest_end = (uint8_t)((i + 1) % LEARN_ENDS);
		o->ends[i].start = at;
	}
	o->ends[i].plan = end;
	o->ends[i].ahead = tern_max(end, ahead);
	return first ? -1 : on;
}

struct learn_guess learn_goes_on(const struct learn_object *o, uint64_t at)
{
	for (unsigned i = 0; i < LEARN_ENDS; i++) {
		uint64_t ahead = o->ends[i].ahead, start = o->ends[i].start;
		if (ahead > o->ends[i].plan && ahead > start && at >= ahead &&
		    at - ahead <= GOES_ON)
			return (struct learn_guess){ahead,
						    ahead + (ahead - start) / 2 / PAGE * PAGE};
	}
	return (struct learn_guess){0, 0};
}

void learn_moved_ahead(struct learn_object *o, uint64_t start, uint64_t end)
{
	o->moved += (end - start) / PAGE;
	for (unsigned i = 0; i < LEARN_ENDS; i++)
		if (o->ends[i].plan && start <= o->ends[i].ahead + near_of(o, NEAR_PART) &&
		    start >= o->ends[i].plan && end > o->ends[i].ahead)
			o->ends[i].ahead = end;
}

static void learn_way(struct learn_object *o, uint64_t at, uint64_t end, uint64_t ahead,
		      uint64_t near)
{
	int on = goes_on(o, at, end, ahead, near);
	o->in_order += on > 0;
	o->jumps += !on;
	if (o->in_order + o->jumps > 256) {
		o->in_order /= 2;
		o->jumps /= 2;
	}
	if (!on && at < o->position && o->position - at > (o->end - o->start) / 2 &&
	    learn_in_order(o))
		o->again = true;
	o->position = end;
}

static void mark_blocks(struct learn_model *m, const struct learn_command *c,
			const struct learn_use *use, uint64_t start, uint64_t end)
{
	if (m->first != c->first || m->items != c->items) {
		memset(m->blocks, 0, sizeof(m->blocks));
		m->runs = 0;
		m->first = c->first;
		m->items = c->items;
	}
	for (uint64_t b = (start - use->start) >> m->shift;
	     b <= (end - 1 - use->start) >> m->shift && b < LEARN_BLOCKS; b++)
		m->blocks[b / 64] |= (uint64_t)1 << b % 64;
}

/* Bytes for a work-item, * 65536: what has been seen is mostly a little too much, since plans are
 * rounded up; a power of two is likely. */
static uint64_t per_item(uint64_t bytes, uint64_t items)
{
	if (!items || bytes > UINT64_MAX >> 17)
		return 0;
	uint64_t q16 = (bytes << 16) / items;
	for (unsigned shift = 8; shift < 48; shift++) {
		uint64_t even = (uint64_t)1 << shift;
		if (even * 9 <= q16 * 10 && even * 10 >= q16 * 6)
			return even;
	}
	return q16;
}

/* The command's first work-item is at or before a fault @offset bytes behind the pointer: so much
 * is the most that each takes. If that is far less, it is a header, or something else again. */
static void shorten(struct learn_model *m, const struct learn_command *c, uint64_t offset)
{
	uint64_t most = per_item(offset + PAGE, c->first);
	if (most < m->q16 / 5 * 4 && most >= m->q16 / 4)
		m->q16 = most;
}

void learn_use_faulted(struct learn *l, const struct learn_command *c, struct learn_use *use,
		       const struct tern_policy_fault *f)
{
	struct learn_model *m = &l->models[use->model];
	use->reached = tern_max(use->reached, f->address + PAGE);
	use->faults++;
	if (f->address < use->address)
		return;
	use->offset = tern_min(use->offset, f->address - use->address);
	if (m->line)
		shorten(m, c, use->offset);
}

void learn_use_touched(struct learn *l, const struct learn_command *c, struct learn_use *use,
		       const struct tern_policy_fault *f, uint64_t start, uint64_t end,
		       uint64_t ahead)
{
	struct learn_model *m = &l->models[use->model];
	struct learn_object *o = &l->objects[use->object];
	/* A page that was read and is written now lies at the beginning of the last plan. */
	bool read_before = f->write && !tern_policy_bit(f->host, f->page);
	learn_way(o, f->address, end, ahead, near_of(o, read_before ? PLAN_PART : NEAR_PART));
	m->writes |= f->write;
	o->written |= m->writes;
	start = tern_max(start, use->start);
	end = tern_min(end, use->end);
	if (start >= end)
		return;
	o->seen.start = o->seen.end ? tern_min(o->seen.start, start) : start;
	o->seen.end = tern_max(o->seen.end, end);
	use->low = use->high ? tern_min(use->low, start) : start;
	use->high = tern_max(use->high, end);
	use->pages += (end - start) / PAGE;
	mark_blocks(m, c, use, start, end);
}

static struct learn_guess line(const struct learn_command *c, const struct learn_use *use,
			       uint64_t q16)
{
	struct learn_guess g = {0, 0};
	unsigned __int128 from = (unsigned __int128)c->first * q16 >> 16;
	unsigned __int128 to = (unsigned __int128)(c->first + c->items) * q16 >> 16;
	if (to > use->end - use->address)
		to = use->end - use->address;
	if (from >= to)
		return g;
	g.start = (use->address + (uint64_t)from) & ~(PAGE - 1);
	g.end = (use->address + (uint64_t)to + PAGE - 1) & ~(PAGE - 1);
	return g;
}

int8_t learn_surer(int8_t confidence, bool right)
{
	if (right)
		return confidence < SURE ? (int8_t)(confidence + 1) : confidence;
	return confidence > 1 ? (int8_t)(confidence - 2) : 0;
}

/* Everything that was seen lies in @g, but for what plans may have brought around it. */
static bool fits(const struct learn_guess *g, const struct learn_use *use)
{
	return use->low + NEAR >= g->start && use->high <= g->end + NEAR;
}

/* Faults behind the end of what was guessed: it was too little. */
static void stretch(struct learn_model *m, const struct learn_command *c,
		    const struct learn_use *use, const struct learn_guess *g)
{
	if (use->reached <= g->end || use->reached <= use->address)
		return;
	m->q16 = tern_max(m->q16, per_item(use->reached - use->address, c->first + c->items));
}

static void conclude(struct learn *l, const struct learn_command *c, const struct learn_use *use)
{
	struct learn_model *m = &l->models[use->model];
	const struct learn_object *o = &l->objects[use->object];
	m->runs |= m->first == c->first && m->items == c->items;
	uint64_t seen = use->high - use->low, size = use->end - use->start;
	if (!use->high)
		return;
	bool dense = (use->pages + o->moved) * PAGE * 2 >= seen;
	struct learn_guess g = line(c, use, m->q16);
	if (m->line && g.start < g.end) {
		bool fitted = fits(&g, use);
		m->line = learn_surer(m->line, fitted);
		if (fitted)
			stretch(m, c, use, &g);
	} else if (learn_in_order(o) && dense) {
		m->q16 = per_item(seen, c->items);
		shorten(m, c, use->offset);
		g = line(c, use, m->q16);
		m->line = m->q16 && g.start < g.end && fits(&g, use);
	}
	if (m->whole || (dense && seen * 10 >= size * 7))
		m->whole = learn_surer(m->whole, dense);
}

void learn_command_ended(struct learn *l, struct learn_command *c)
{
	for (uint32_t i = 0; c->running && i < c->use_count; i++)
		conclude(l, c, &c->uses[i]);
	c->number = 0;
	c->running = false;
	l->spans_old = true;
}

struct learn_guess learn_guess(const struct learn *l, const struct learn_command *c,
			       const struct learn_use *use)
{
	const struct learn_model *m = &l->models[use->model];
	if (m->line > 0)
		return line(c, use, m->q16);
	bool begins = (l->features & LEARN_POINTER) && use->guessed;
	if (m->whole > 0)
		return (struct learn_guess){(begins ? use->address : use->start) & ~(PAGE - 1),
					    (use->end + PAGE - 1) & ~(PAGE - 1)};
	return (struct learn_guess){0, 0};
}

static void cut_at(uint64_t pointer, const struct tern_policy_fault *f,
		   struct tern_policy_plan *plan)
{
	uint64_t chunk = f->address - f->page * PAGE, page = pointer & ~(PAGE - 1);
	uint64_t start = chunk + plan->first * PAGE, end = start + plan->count * PAGE;
	if (page <= start || page >= end)
		return;
	if (f->address < page)
		end = page;
	else
		start = page;
	plan->first = (unsigned)((start - chunk) / PAGE);
	plan->count = (unsigned)((end - start) / PAGE);
}

/* Likewise what is moved behind; what is empty then the engine leaves out. */
static void cut_ahead(uint64_t pointer, const struct tern_policy_fault *f,
		      struct tern_policy_plan *plan)
{
	uint64_t page = pointer & ~(PAGE - 1);
	for (uint32_t i = 0; i < plan->ahead_count; i++) {
		struct tern_policy_range *r = &plan->ahead[i];
		if (f->address < page)
			r->end = tern_min(r->end, page);
		else
			r->start = tern_max(r->start, page);
	}
}

void learn_cut_at_pointers(const struct learn *l, const struct learn_command *only,
			   const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	for (unsigned i = 0; (l->features & LEARN_POINTER) && i < LEARN_COMMANDS; i++) {
		const struct learn_command *c = &l->commands[i];
		if (!c->number || (only && c != only))
			continue;
		for (uint32_t u = 0; u < c->use_count; u++)
			if (c->uses[u].guessed) {
				cut_at(c->uses[u].address, f, plan);
				cut_ahead(c->uses[u].address, f, plan);
			}
	}
}

struct learn_guess learn_run(const struct learn_model *m, const struct learn_use *use,
			     uint64_t from, uint64_t most)
{
	struct learn_guess g = {0, 0};
	if (use->start >= use->end)
		return g;
	uint64_t block = (uint64_t)1 << m->shift;
	uint64_t last = tern_min((use->end - 1 - use->start) >> m->shift, LEARN_BLOCKS - 1u);
	uint64_t b = from > use->start ? (from - use->start + block - 1) >> m->shift : 0;
	while (b <= last && !(m->blocks[b / 64] >> b % 64 & 1))
		b++;
	if (b > last)
		return g;
	g.start = (use->start + b * block) & ~(PAGE - 1);
	while (b <= last && (m->blocks[b / 64] >> b % 64 & 1) &&
	       use->start + b * block < g.start + most)
		b++;
	g.end = (tern_min(use->start + b * block, use->end) + PAGE - 1) & ~(PAGE - 1);
	return g;
}
