/* SPDX-License-Identifier: MIT */
/* The faults of policies that learn, and these policies themselves. See learn.h. */
#include "svm/policies/learn.h"

#include <string.h>

#define PAGE         UINT64_C(4096)
#define WINDOW_PAGES 2048u /* that a stream has ahead of it, at most */
#define STREAM_PAGES 64u   /* a plan of that size is of a stream that has gone on for a while */
#define DISPLACED    150u  /* of 1000: used pages that others push out */
#define PRIOR        4u    /* samples that were used, before there are any */
#define SAMPLE_LEAST 4u    /* pages of a plan */
#define SAMPLES      64u   /* that are remembered, at most */
#define STEP         16u   /* pages from one fault of a stream to the next, at most */
#define KNOWN_FAULTS 4u    /* in an object, which show how it is gone through */
#define PASSED_MOST  512u  /* that are remembered */

_Static_assert(sizeof(struct learn) <= TERN_POLICY_DEVICE_BYTES - 128, "within thrash, too");
_Static_assert(sizeof(struct learn_chunk) <= 64, "within thrash, too");

static bool start(struct learn *l, uint32_t features, const char *text)
{
	l->features = features;
	if (tern_policy_sequential.device_state_bytes > sizeof(l->sequential) ||
	    tern_policy_density.device_state_bytes > sizeof(l->leaf8))
		return false; /* a change of theirs was not followed here: tests say so */
	return tern_policy_density.init(l->leaf8, "leaf=8") &&
	       tern_policy_density.init(l->leaf16, "leaf=16") &&
	       tern_policy_sequential.init(l->sequential, "") &&
	       tern_policy_sequential.init(l->host_sequential, "") && !*text;
}

/*
 * The use that the fault is in. In a page one may end and another begin: kernels are more likely to
 * begin there, unless the one that ends there has been gone through up to it.
 */
static struct learn_use *use_of(const struct learn *l, struct learn_command *c,
				const struct tern_policy_fault *f)
{
	struct learn_use *use = c && f->use < c->use_count ? &c->uses[f->use] : NULL;
	uint64_t end = f->address + PAGE;
	if (!(l->features & LEARN_BEGINS) || !use || use->end >= end ||
	    (use->high && use->high + STEP * PAGE >= f->address))
		return use;
	for (uint32_t i = 0; i < c->use_count; i++)
		if (c->uses[i].start > f->address && c->uses[i].start < end &&
		    c->uses[i].end >= end)
			return &c->uses[i];
	return use;
}

/* Memory is short, and what comes of the object pushes out what will be missed. */
static bool is_pressed(const struct learn_object *o, const struct tern_policy_fault *f)
{
	return tern_policy_full(f) && (!o || o->returns * 4 > o->arrivals);
}

/*
 * Samples. What a plan brings along is used or not, and nobody tells. So the last page of a plan is
 * left out now and then, one in a chunk at a time: it is faulted on before the chunk is evicted, or
 * it is not, and so are the others.
 */
static void sample(struct learn *l, struct learn_chunk *c, struct learn_object *o,
		   const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	unsigned last = plan->first + plan->count - 1;
	if (!o || o->jumps < 4 || learn_in_order(o) || c->sample || plan->count < SAMPLE_LEAST ||
	    last == f->page)
		return;
	plan->count--;
	c->sample = (uint16_t)(last + 1);
	c->sample_of = (uint16_t)(o - l->objects + 1);
	o->left++;
}

/* The chunk's sample is none any more. */
static void forget_sample(struct learn *l, struct learn_chunk *c)
{
	if (c->sample && l->objects[c->sample_of - 1].left)
		l->objects[c->sample_of - 1].left--;
	c->sample = 0;
}

static void sampled(struct learn *l, struct learn_object *o, struct learn_chunk *c, bool used)
{
	forget_sample(l, c);
	o->tries++;
	o->hits += used;
	if (o->tries >= SAMPLES) {
		o->tries /= 2;
		o->hits /= 2;
	}
}

/*
 * Whether pages that come along with others are worth their way, and that of what they push out:
 * the share of them that will be used saves a fault each, the others cost. And they push out others
 * that might be used. A chunk of 16 is tried all the same, so that it is known when that changes,
 * but not where accesses are all over.
 */
static bool pays(const struct learn_object *o, const struct tern_policy_fault *f)
{
	uint64_t cost = 2 * learn_page_ns(&f->link), saved = learn_fault_ns(&f->link);
	uint64_t least = 1000 * cost / (cost + saved) + DISPLACED;
	if (!o || learn_anywhere(o))
		return false;
	return (o->hits + PRIOR) * 1000 >= (o->tries + PRIOR) * least ||
	       (f->address >> 21) % 16 == 0;
}

/*
 * Likewise while there is room: then the others cost no more than their way, and samples that have
 * not been used so far, in as many chunks, are likely not to be; and so are the first ones where
 * @few accesses are to come.
 */
static bool is_unused(const struct learn *l, const struct learn_object *o, bool few,
		      const struct tern_policy_fault *f)
{
	uint64_t cost = learn_page_ns(&f->link), saved = learn_fault_ns(&f->link);
	if (!(l->features & LEARN_UNUSED) || !o || (f->address >> 21) % 16 == 0)
		return false;
	uint64_t used = o->hits + (few ? 0 : PRIOR);
	return used * (cost + saved) < (o->tries + o->left + PRIOR) * cost;
}

/* 64 KiB cost no more than a fault. */
static bool is_cheap(const struct tern_policy_fault *f)
{
	return TERN_POLICY_GROUP * learn_page_ns(&f->link) <= learn_fault_ns(&f->link);
}

/* The sides take turns on the memory, and pages in vain, there and back, are dear. */
static bool is_shared(const struct tern_policy_fault *f)
{
	return f->moved_recently && !is_cheap(f);
}

/* A stream where there is one that goes on, else, which is true, the part of the chunk that is
 * mostly there. */
static bool by_pattern(struct learn *l, struct learn_chunk *c, const struct learn_object *o,
		       bool few, const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	bool device = f->side == TERN_SIDE_DEVICE;
	struct tern_policy_plan stream = *plan;
	tern_policy_sequential.fault(device ? l->sequential : l->host_sequential, c, f, &stream);
	tern_policy_density.fault(is_cheap(f) ? l->leaf16 : l->leaf8, c, f, plan);
	if ((is_pressed(o, f) && !pays(o, f)) || is_unused(l, o, few, f)) {
		*plan = stream;
		return false;
	}
	bool streams = (l->features & LEARN_CLASSES) && stream.count > plan->count &&
		       stream.count > TERN_POLICY_GROUP &&
		       (!is_shared(f) || learn_is_done_with(l, f));
	if (streams)
		*plan = stream;
	return !streams;
}

/* What the command will touch of the chunk anyway. */
static bool by_guess(const struct learn_guess *g, const struct tern_policy_fault *f,
		     struct tern_policy_plan *plan)
{
	uint64_t chunk = f->address - f->page * PAGE, end = chunk + TERN_POLICY_PAGES * PAGE;
	tern_page_bits lacking;
	if (f->address < g->start || f->address >= g->end)
		return false;
	unsigned first = (unsigned)((tern_max(chunk, g->start) - chunk) / PAGE);
	unsigned last = (unsigned)((tern_min(end, g->end) - chunk) / PAGE);
	tern_policy_lacking(f, lacking);
	/* What lies behind has been gone through. */
	first = tern_max(first, f->page / TERN_POLICY_GROUP * TERN_POLICY_GROUP);
	tern_policy_range(plan, f, lacking, first, last - first);
	plan->rule = "learn: what the kernel touches";
	return true;
}

/* A stream goes on: what follows is moved while the device works on what it has. Where nobody knows
 * its end, that is no more than what it has gone through. */
static void read_ahead(struct learn_object *o, const struct learn_use *use,
		       const struct learn_guess *g, const struct tern_policy_fault *f,
		       struct tern_policy_plan *plan)
{
	uint64_t chunk = f->address - f->page * PAGE;
	uint64_t from = chunk + (plan->first + plan->count) * PAGE;
	uint64_t window = tern_min(WINDOW_PAGES, f->limit_pages / 16) * PAGE;
	bool known = g->start < g->end;
	uint64_t end = known ? g->end : o->end & ~(PAGE - 1);
	if (!known && use->guessed)
		window = tern_min(window, (use->high - use->low) & ~(PAGE - 1));
	bool asked = o->asked > from && o->asked - from <= window;
	if (asked && o->asked - from > window / 2)
		return;
	uint64_t start = asked ? o->asked : from;
	end = tern_min(end, from + window);
	if (start >= end)
		return;
	plan->ahead[plan->ahead_count++] = (struct tern_policy_range){
		.start = start,
		.end = end,
		.way = plan->action == TERN_PLAN_SHARE ? TERN_AHEAD_COPY : TERN_AHEAD_TO_DEVICE,
		.room = true};
	o->asked = end;
}

/* What lies between two faults of a stream whose pages came alone is left out by it, but for what
 * is there. What goes on elsewhere is no stream. */
static void note_step(struct learn_object *o, const struct tern_policy_fault *f)
{
	uint64_t step = (f->address - o->alone) / PAGE;
	if (!o->alone || (step <= STEP && step > f->page)) /* from another chunk */
		return;
	bool on = step && step <= STEP;
	if (on) {
		o->passed += (uint32_t)step;
		o->used_of +=
			(uint32_t)step - tern_policy_count(f->host, f->page - (unsigned)step + 1,
							   (unsigned)step - 1);
	}
	if (!on || o->passed >= PASSED_MOST) {
		o->passed /= 2;
		o->used_of /= 2;
	}
}

static bool seen_before(const struct learn_command *c, uint32_t use)
{
	for (uint32_t i = 0; i < use; i++)
		if (c->uses[i].object == c->uses[use].object)
			return true;
	return false;
}

/* All that the command goes through is more than the memory holds, but what it uses of that is
 * not. */
static bool used_fits(const struct learn *l, const struct learn_command *c, uint64_t limit)
{
	uint64_t all = 0, used = 0;
	for (uint32_t i = 0; i < c->use_count; i++) {
		const struct learn_object *o = &l->objects[c->uses[i].object];
		struct learn_guess g = learn_guess(l, c, &c->uses[i]);
		uint64_t pages = (g.end > g.start ? g.end - g.start : o->end - o->start) / PAGE;
		if (seen_before(c, i))
			continue;
		pages = tern_min(pages, UINT32_MAX);
		all += pages;
		used += o->passed < LEARN_PASSED_LEAST ? pages : pages * o->used_of / o->passed;
	}
	return all > limit && used <= limit;
}

/*
 * A stream that leaves pages out, again and again: what lies between the pages that it uses would
 * push these out, and each pass would bring all of it anew. So each page comes alone.
 */
static bool comes_alone(const struct learn *l, const struct learn_command *command,
			const struct learn_object *o, const struct tern_policy_fault *f,
			struct tern_policy_plan *plan)
{
	if (o->returns * 4 <= o->arrivals || !used_fits(l, command, f->limit_pages))
		return false;
	plan->first = f->page;
	plan->count = 1;
	plan->rule = "learn: what is used fits alone";
	return true;
}

/* The blocks after this one that were touched the last time. */
static void follow_blocks(const struct learn *l, const struct learn_use *use,
			  struct learn_object *o, const struct tern_policy_fault *f,
			  struct tern_policy_plan *plan)
{
	const struct learn_model *m = &l->models[use->model];
	uint64_t end = f->address + (plan->first + plan->count - f->page) * PAGE;
	uint64_t window = tern_min(WINDOW_PAGES, f->limit_pages / 16) * PAGE;
	uint64_t from = o->asked > end && o->asked - end <= window ? o->asked : end;
	while (plan->ahead_count < TERN_POLICY_PLAN_AHEAD && from < end + window) {
		struct learn_guess g = learn_run(m, use, from, window);
		if (g.start >= g.end || g.start > end + window)
			return;
		plan->ahead[plan->ahead_count++] = (struct tern_policy_range){
			.start = g.start,
			.end = g.end,
			.way = m->writes ? TERN_AHEAD_TO_DEVICE : TERN_AHEAD_COPY,
			.room = learn_in_order(o)};
		from = o->asked = g.end;
	}
}

/* Pages, until one that somebody uses is missed. */
static uint64_t few_evictions(const struct learn *l)
{
	return tern_max(l->limit / 4, 2 * (uint64_t)TERN_POLICY_PAGES);
}

/* Streams come to what is not there at one of its ends, which says nothing of what was evicted. */
static bool is_inside(const struct tern_policy_fault *f)
{
	unsigned first = f->page, end = f->page + 1;
	while (first && tern_policy_bit(f->host, first - 1))
		first--;
	while (end < TERN_POLICY_PAGES && tern_policy_bit(f->host, end))
		end++;
	unsigned margin = tern_max((end - first) / 32, 1u);
	return f->page - first >= margin && end - f->page > margin;
}

/* @f: NULL: without a fault. */
static void note_chunk(struct learn *l, struct learn_chunk *c, uint16_t object,
		       const struct tern_policy_fault *f)
{
	c->object = object == LEARN_NONE ? 0 : (uint16_t)(object + 1);
	c->returns += c->evicted && c->returns < UINT16_MAX;
	if (!c->faults && object != LEARN_NONE) {
		struct learn_object *o = &l->objects[object];
		o->arrivals++;
		o->returns += c->evicted;
		o->missed += c->evicted && l->evictions - c->gone <= few_evictions(l) && f &&
			     is_inside(f);
		if (o->arrivals >= 64) {
			o->arrivals /= 2;
			o->returns /= 2;
			o->missed /= 2;
		}
	}
	if (!c->faults)
		c->arrived = l->traffic;
	c->evicted = false;
	c->faults += c->faults < UINT16_MAX;
}

/* What the program says of the chunk: memory that is to live on the device comes as a whole while
 * there is room, and no more of it goes home than the host asks for. */
static bool by_advice(const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	tern_page_bits lacking;
	unsigned first = 0, count = TERN_POLICY_PAGES;
	if (f->advice != TERN_ADVICE_PREFER_DEVICE || tern_policy_full(f))
		return false;
	if (f->side == TERN_SIDE_HOST) {
		first = f->page / TERN_POLICY_GROUP * TERN_POLICY_GROUP;
		count = TERN_POLICY_GROUP;
	}
	tern_policy_lacking(f, lacking);
	tern_policy_range(plan, f, lacking, first, count);
	plan->rule = "learn: as the program advises";
	return true;
}

/* Where what @c touches of @object ends, or what those that wait behind it touch of it one after
 * the other: they come next. */
static uint64_t goes_on(const struct learn *l, const struct learn_command *c, uint16_t object,
			uint64_t end, uint64_t most)
{
	const struct learn_command *w = c;
	bool on = true;
	while (on && end < most && (w = learn_command_next(l, false, w->order))) {
		on = false;
		for (uint32_t i = 0; i < w->use_count; i++) {
			if (w->uses[i].object != object)
				continue;
			struct learn_guess g = learn_guess(l, w, &w->uses[i]);
			if (g.start > end || g.end <= end)
				continue;
			end = g.end;
			on = true;
		}
	}
	return tern_min(end, most);
}

/* What the command will touch of the chunk, and those behind it, up to a part of the memory. */
static bool by_commands(const struct learn *l, const struct learn_command *c,
			const struct learn_use *use, struct learn_guess g,
			const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	uint64_t chunk = f->address - f->page * PAGE, end = chunk + TERN_POLICY_PAGES * PAGE;
	uint64_t most = tern_min(end, f->address + f->limit_pages / 16 * PAGE);
	if (f->address >= g.start && f->address < g.end)
		g.end = goes_on(l, c, use->object, g.end, most);
	return by_guess(&g, f, plan);
}

/* Of what is new, the kernel says how it is gone through. */
static bool is_ordered(const struct learn *l, const struct learn_use *use)
{
	const struct learn_object *o = &l->objects[use->object];
	bool new = (l->features & LEARN_ORDER) && o->in_order + o->jumps < KNOWN_FAULTS;
	return learn_in_order(o) || (new && l->models[use->model].line > 0);
}

/* A stream that goes on where what was moved ahead ends does not begin anew: it gets half as much
 * as it has gone through. */
static void by_stream(const struct learn *l, const struct learn_object *o,
		      const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	struct learn_guess g = {0, 0};
	if (l->features & LEARN_ON)
		g = learn_goes_on(o, f->address);
	uint64_t chunk = f->address - f->page * PAGE, most = f->limit_pages / 16 * PAGE;
	g.start = tern_max(g.start, chunk);
	g.end = tern_min(tern_min(g.end, f->address + most), chunk + TERN_POLICY_PAGES * PAGE);
	if (f->address >= g.end || (g.end - g.start) / PAGE <= plan->count)
		return;
	tern_page_bits lacking;
	tern_policy_lacking(f, lacking);
	tern_policy_range(plan, f, lacking, (unsigned)((g.start - chunk) / PAGE),
			  (unsigned)((g.end - g.start) / PAGE));
	plan->rule = "learn: a stream goes on";
}

static void of_device(struct learn *l, struct learn_chunk *c, const struct tern_policy_fault *f,
		      struct tern_policy_plan *plan)
{
	struct learn_command *command =
		f->running ? learn_command_find(l, f->running->number) : NULL;
	struct learn_use *use = use_of(l, command, f);
	struct learn_object *o = use ? &l->objects[use->object] : NULL;
	struct learn_guess g = {0, 0};
	bool ordered = use && is_ordered(l, use);
	if (use)
		learn_use_faulted(l, command, use, f);
	if (use && (l->features & LEARN_LOOKAHEAD))
		g = learn_guess(l, command, use);
	if (use && c->sample == f->page + 1)
		sampled(l, o, c, true);
	bool few = use && !ordered && learn_too_few(l, command, use, f);
	bool dense = by_pattern(l, c, o, few, f, plan);
	if (ordered)
		note_step(o, f);
	bool alone = ordered && comes_alone(l, command, o, f, plan);
	bool guessed = ordered && !alone && by_commands(l, command, use, g, f, plan);
	if (ordered && !alone && !guessed)
		by_stream(l, o, f, plan);
	bool stream = ordered && (guessed || plan->count >= STREAM_PAGES);
	bool all = use && !ordered && learn_bring(l, command, use, f, plan);
	/* What the kernel reads in this stream it is going to write, too. */
	if (stream && l->models[use->model].writes && f->advice != TERN_ADVICE_READ_MOSTLY)
		plan->action = TERN_PLAN_MIGRATE;
	if (stream && (l->features & (LEARN_CLASSES | LEARN_LOOKAHEAD)))
		read_ahead(o, use, &g, f, plan);
	else if (use && !alone && !all && g.start >= g.end && (l->features & LEARN_FOOTPRINT) &&
		 learn_same_blocks(&l->models[use->model], command))
		follow_blocks(l, use, o, f, plan);
	bool advised = by_advice(f, plan);
	learn_cut_at_pointers(l, command, f, plan);
	if (c->sample > plan->first && c->sample <= plan->first + plan->count)
		forget_sample(l, c); /* it comes along: nobody will fault on it */
	if (dense && !guessed && !advised && !all)
		sample(l, c, o, f, plan);
	tern_policy_shared(&c->reads, f, plan);
	l->traffic += plan->count;
	l->limit = f->limit_pages;
	note_chunk(l, c, use ? use->object : learn_object_at(l, f->address), f);
	uint64_t end = f->address + (plan->first + plan->count - f->page) * PAGE;
	uint64_t start = end - plan->count * PAGE;
	uint64_t ahead = stream && o->asked > end ? o->asked : end;
	if (guessed && end > g.end)
		end = g.end; /* the rest is for those behind it */
	if (o)
		o->alone = plan->count == 1 ? f->address : 0;
	if (use)
		learn_use_touched(l, command, use, f, start, end, ahead);
}

static void of_host(struct learn *l, struct learn_chunk *c, const struct tern_policy_fault *f,
		    struct tern_policy_plan *plan)
{
	(void)by_pattern(l, c, NULL, false, f, plan);
	learn_by_host(l, f, plan);
	(void)by_advice(f, plan);
	learn_cut_at_pointers(l, NULL, f, plan);
}

static void fault(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	struct learn *l = device_state;
	struct learn_chunk *c = chunk_state;
	if (f->side == TERN_SIDE_DEVICE)
		of_device(l, c, f, plan);
	else
		of_host(l, c, f, plan);
}

static void moved(void *device_state, void *chunk_state, uint64_t chunk, unsigned first,
		  unsigned count, bool to_device, enum tern_policy_cause cause)
{
	struct learn *l = device_state;
	struct learn_chunk *c = chunk_state;
	if (to_device) {
		l->traffic += count;
		uint64_t start = chunk + first * PAGE;
		uint16_t object = learn_object_at(l, start);
		note_chunk(l, c, object, NULL);
		if (cause == TERN_MOVED_AHEAD && object != LEARN_NONE)
			learn_moved_ahead(&l->objects[object], start, start + count * PAGE);
		return;
	}
	c->faults = 0;
	bool left_out = c->sample > first && c->sample <= first + count;
	if (cause == TERN_MOVED_EVICTION) {
		c->evicted = true;
		c->gone = l->evictions += count;
		if (c->object)
			l->objects[c->object - 1].lost += count;
		if (c->object && left_out)
			sampled(l, &l->objects[c->object - 1], c, false);
	}
	if (left_out)
		forget_sample(l, c);
	if ((l->features & LEARN_EARLY) && cause != TERN_MOVED_AHEAD)
		learn_early_gone(l, chunk + first * PAGE, chunk + (first + count) * PAGE,
				 cause == TERN_MOVED_REQUEST);
	if (cause == TERN_MOVED_UNMAP)
		c->returns = 0;
}

static bool init_learn(void *device_state, const char *text)
{
	return start(device_state,
		     LEARN_CLASSES | LEARN_LOOKAHEAD | LEARN_FOOTPRINT | LEARN_SLOWLY | LEARN_ROOM |
			     LEARN_HOST | LEARN_ORDER | LEARN_EARLY | LEARN_BEGINS | LEARN_ON |
			     LEARN_POINTER | LEARN_UNUSED | LEARN_WAYS,
		     text);
}

static bool init_lookahead(void *device_state, const char *text)
{
	return start(device_state, LEARN_LOOKAHEAD, text);
}

static bool init_footprint(void *device_state, const char *text)
{
	return start(device_state, LEARN_FOOTPRINT, text);
}

static bool init_classes(void *device_state, const char *text)
{
	return start(device_state, LEARN_CLASSES, text);
}

static bool init_tree(void *device_state, const char *text)
{
	return start(device_state, 0, text);
}

#define LEARNS                                                                                     \
	.version = TERN_POLICY_VERSION, .device_state_bytes = sizeof(struct learn),                \
	.chunk_state_bytes = sizeof(struct learn_chunk), .fault = fault, .moved = moved,           \
	.ahead = learn_ahead

const struct tern_policy tern_policy_learn = {
	LEARNS,
	.name = "learn",
	.help = "all of lookahead, footprint, classes and tree, and eviction by distance",
	.init = init_learn,
	.keep = learn_keep,
	.part = learn_part,
};

const struct tern_policy tern_policy_lookahead = {
	LEARNS,
	.name = "lookahead",
	.help = "what this command and the next will touch, by work-item",
	.init = init_lookahead,
	.keep = learn_keep,
	.part = learn_part,
};

const struct tern_policy tern_policy_footprint = {
	LEARNS,
	.name = "footprint",
	.help = "the 64 KiB blocks that a kernel touched the last time, by argument",
	.init = init_footprint,
};

const struct tern_policy tern_policy_classes = {
	LEARNS,
	.name = "classes",
	.help = "streams read ahead, all else by density, as each object is gone through",
	.init = init_classes,
};

const struct tern_policy tern_policy_tree = {
	LEARNS,
	.name = "tree",
	.help = "density that brings no more along than is used, once the device is full",
	.init = init_tree,
};
