/* SPDX-License-Identifier: MIT */
/*
 * Thrash: a guard around another policy, whose state it holds within its own. It watches pages that
 * change sides and calls a page contended when that happened `events` times, each within `lapse_us`
 * of the one before. With a contended page only other such pages near it are brought along, all of
 * them at once: a working set that is torn apart stops both sides, so a write is deferred until the
 * other side's hold has ended for all of them. And
 *
 * - a read gets a copy;
 * - a write takes the page and keeps it for `hold_us`: the faults of the other side wait for that
 *   long, so each side gets work done before it loses the page again. The time doubles, up to
 *   `pin_us`, while both sides do nothing but write. A side that reads is likely to wait for the
 *   other one's answer, which a longer hold would only delay;
 * - where the program has said which side is preferred, the other one's write is deferred once for
 *   the same time before it is served.
 *
 * A page that has had peace for `lapse_us` after its hold is an ordinary page again.
 *
 * Contended pages further apart than "near it" cannot be had at once, and two sides that need them
 * all would exchange the parts for ever, each lacking one. So while such pages are contended in two
 * places or more the sides take turns: whose turn it is gets what it asks for, the other one's
 * writes are deferred until the turn is over. A turn lasts for twice `hold_us` after the last such
 * fault, and TURN_HOLDS times `hold_us`, or `lapse_us`, at most. Sides that read such pages in
 * between take no turns.
 *
 * A chunk is contended where the sides fault in turn on pages that moved lately, whichever pages
 * these are: blocks are shared falsely, and until the sides have sorted out which page is whose,
 * each fault brings its page alone.
 *
 * In `adaptive` pages that both sides have written since then make a block, of any size and
 * wherever it begins: with a fault on one of them come those around it, unless what lies between
 * costs more than a fault. So pages that one side has for itself stay where they are, and a block
 * goes to and fro at one fault each way, at the first read already, since it will be written; after
 * some reads in a row they get copies until there is a write, for both sides may only read by now.
 * A fault waits until the other side's hold has ended for all of it.
 *
 * Where they come to a chunk one after the other, again and again, each may take back what the
 * other has brought along in vain. A page is left out of a plan, to see: if the side does not fault
 * on it, or the other one does not in its next turn, then only one of them uses it. After some such
 * pages, one after the other, pages of the chunk come alone, until a side wants two that lie side
 * by side.
 */
#include <string.h>

#include "svm/policies/policies.h"

#define INNER_DEVICE_BYTES (TERN_POLICY_DEVICE_BYTES - 128)
#define INNER_CHUNK_BYTES  64u
#define WATCHED            16u

/* The contention of a chunk rises by TURN when the sides take turns, and falls by one when not. */
#define TURN           2u
#define CONTENDED_TURN 12u
#define CONTENTION_MAX 100u

#define TURNS_FIRST 4u  /* of a chunk, until a page is left out of a plan */
#define TURNS_AGAIN 64u /* after both sides have used one */
#define EXCLUSIVE   3u

#define BLOCK_GAP 8u /* pages that cost no more than a fault */
#define READS_OWN 8u /* of blocks, in a row, until reads get copies */

#define PLACES      4u /* with contended pages that are remembered, for turns */
#define TURN_HOLDS  10u
#define WRITES_ONLY 2u /* changes of side without a read, until turns are taken */

/* A page that changed sides not long ago. Times in us, their low 32 bits. */
struct watched {
	uint32_t since;   /* the last event */
	uint32_t hold;    /* of the last plan */
	uint16_t page;    /* + 1; 0: not in use */
	uint8_t events;   /* in a row */
	uint8_t side : 1; /* which one has it, or asked last */
	uint8_t deferred : 1;
	uint8_t growth : 6; /* changes of side by writes alone */
};

struct chunk {
	_Alignas(16) unsigned char inner[INNER_CHUNK_BYTES];
	struct watched watched[WATCHED];
	uint32_t since; /* the last turn, us */
	uint8_t contention, side;
	uint8_t reads;    /* of blocks, since a write */
	uint32_t took[2]; /* when each side took a page that both want, us */
	/* What each of them uses, see above. */
	uint32_t turn_since; /* us */
	uint8_t turn;        /* whose fault was the last one */
	uint8_t turns;       /* since a page was used by both, or there were none */
	bool both;           /* one was */
	uint8_t probed_by;   /* the side whose plan left it out */
	uint8_t exclusive;   /* pages that only one side used, in a row */
	bool taken;          /* that side has faulted on it after all */
	bool apart;          /* pages come alone */
	uint16_t probe;      /* the page, + 1; 0: none */
	/* By side: pages that came alone so; else those that it has written while the chunk was
	 * contended. */
	tern_page_bits wanted[2];
};

struct state {
	const struct tern_policy *inner;
	unsigned events, lapse_us, hold_us, pin_us;
	bool blocks; /* pages that both sides want come together */
	struct {
		uint64_t group; /* address / 64 KiB; 0: not in use */
		uint32_t since; /* us */
	} places[PLACES];
	uint32_t turn_began, turn_ends; /* us */
	uint8_t turn_side;
	_Alignas(16) unsigned char inner_state[INNER_DEVICE_BYTES];
};

_Static_assert(sizeof(struct state) <= TERN_POLICY_DEVICE_BYTES, "device state");
_Static_assert(sizeof(struct chunk) <= TERN_POLICY_CHUNK_BYTES, "chunk state");

static bool choose(struct state *s, const struct tern_policy_option *option)
{
	for (const struct tern_policy *const *p = tern_policies; *p; p++) {
		const struct tern_policy *inner = *p;
		if (inner->fault == tern_policy_thrash.fault ||
		    inner->device_state_bytes > INNER_DEVICE_BYTES ||
		    inner->chunk_state_bytes > INNER_CHUNK_BYTES)
			continue;
		if (strlen(inner->name) == option->value_length &&
		    !memcmp(inner->name, option->value, option->value_length)) {
			s->inner = inner;
			return true;
		}
	}
	return false;
}

/* Own options are taken; the others are gathered in @rest, for the inner policy. */
static bool take(struct state *s, const struct tern_policy_option *option, char *rest, size_t size)
{
	if (tern_policy_option_is(option, "over"))
		return choose(s, option);
	if (tern_policy_option_is(option, "events"))
		return tern_policy_option_number(option, 1, 100, &s->events);
	if (tern_policy_option_is(option, "lapse_us"))
		return tern_policy_option_number(option, 1, 1000000, &s->lapse_us);
	if (tern_policy_option_is(option, "hold_us"))
		return tern_policy_option_number(option, 0, 100000, &s->hold_us);
	if (tern_policy_option_is(option, "pin_us"))
		return tern_policy_option_number(option, 0, 100000, &s->pin_us);
	size_t used = strlen(rest), length = option->key_length + 1 + option->value_length;
	if (used + length + 2 > size)
		return false;
	if (used)
		rest[used++] = ',';
	memcpy(rest + used, option->key, length);
	rest[used + length] = '\0';
	return true;
}

static bool init_over(struct state *s, const struct tern_policy *inner, const char *text)
{
	struct tern_policy_option option;
	char rest[256] = "";
	s->inner = inner;
	s->events = 3;
	s->lapse_us = 1000;
	s->hold_us = 100;
	s->pin_us = 100;
	while (tern_policy_option_next(&text, &option))
		if (!take(s, &option, rest, sizeof(rest)))
			return false;
	if (*text)
		return false;
	return s->inner->init ? s->inner->init(s->inner_state, rest) : !*rest;
}

static bool init(void *device_state, const char *text)
{
	return init_over(device_state, &tern_policy_blend, text);
}

static bool init_adaptive(void *device_state, const char *text)
{
	struct state *s = device_state;
	s->blocks = true;
	return init_over(device_state, &tern_policy_learn, text);
}

static struct watched *find(struct chunk *c, unsigned page)
{
	for (unsigned i = 0; i < WATCHED; i++)
		if (c->watched[i].page == page + 1)
			return &c->watched[i];
	return NULL;
}

/* The entry of a page that is new: in the place of the one that has had peace for the longest. */
static struct watched *watch(struct chunk *c, const struct tern_policy_fault *f)
{
	struct watched *w = &c->watched[0];
	uint32_t now = (uint32_t)f->time_us;
	for (unsigned i = 1; i < WATCHED && w->page; i++)
		if (!c->watched[i].page || now - c->watched[i].since > now - w->since)
			w = &c->watched[i];
	*w = (struct watched){.page = (uint16_t)(f->page + 1), .since = now, .side = f->side};
	return w;
}

/* Counts what this fault says about its page. NULL: nothing. */
static struct watched *note(const struct state *s, struct chunk *c,
			    const struct tern_policy_fault *f)
{
	struct watched *w = find(c, f->page);
	uint32_t now = (uint32_t)f->time_us;
	if (!w)
		return f->moved_recently ? watch(c, f) : NULL;
	if (w->side == f->side)
		return w;
	if (now - w->since > s->lapse_us + w->hold) {
		w->events = 0;
		w->hold = 0;
		w->growth = 0;
	}
	if (w->events < UINT8_MAX)
		w->events++;
	if (w->events > s->events && w->growth < 20)
		w->growth++;
	w->since = now;
	w->side = f->side;
	w->deferred = false;
	return w;
}

static uint32_t hold(const struct state *s, const struct watched *w)
{
	uint64_t us = (uint64_t)s->hold_us << w->growth;
	return (uint32_t)tern_min(us, (uint64_t)s->pin_us);
}

/* The program has said that the page belongs to the other side. */
static bool is_guest(const struct tern_policy_fault *f)
{
	return f->advice ==
	       (f->side == TERN_SIDE_HOST ? TERN_ADVICE_PREFER_DEVICE : TERN_ADVICE_PREFER_HOST);
}

static bool contended(const struct state *s, const struct watched *w, uint32_t now)
{
	return w->page && w->events >= s->events && now - w->since <= s->lapse_us + w->hold;
}

static bool fellow(const struct state *s, const struct watched *w,
		   const struct tern_policy_fault *f)
{
	unsigned page = w->page - 1u;
	return contended(s, w, (uint32_t)f->time_us) &&
	       page / TERN_POLICY_GROUP == f->page / TERN_POLICY_GROUP;
}

static bool both_want(const struct chunk *c, unsigned page)
{
	return tern_policy_bit(c->wanted[0], page) && tern_policy_bit(c->wanted[1], page);
}

/* The page belongs to a block that goes to and fro. */
static bool is_block(const struct state *s, const struct chunk *c,
		     const struct tern_policy_fault *f)
{
	return s->blocks && !c->apart && both_want(c, f->page);
}

/* The plan's range: the page, and those around it that both sides want. */
static void take_block(const struct state *s, const struct chunk *c,
		       const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	unsigned first = f->page, last = f->page;
	bool block = is_block(s, c, f);
	for (unsigned i = first; block && i > 0 && first - i < BLOCK_GAP; i--)
		first = both_want(c, i - 1) ? i - 1 : first;
	for (unsigned i = last + 1; block && i < TERN_POLICY_PAGES && i - last <= BLOCK_GAP; i++)
		last = both_want(c, i) ? i : last;
	plan->first = first;
	plan->count = last - first + 1;
}

/* How long the other side may still keep a contended page of the group, or of the block that the
 * plan is, us. */
static uint32_t kept(const struct state *s, const struct chunk *c,
		     const struct tern_policy_fault *f, const struct tern_policy_plan *plan)
{
	uint32_t now = (uint32_t)f->time_us, longest = 0, since = now - c->took[!f->side];
	if (plan->count > 1 && since < s->hold_us)
		longest = s->hold_us - since;
	for (unsigned i = 0; i < WATCHED; i++) {
		const struct watched *w = &c->watched[i];
		uint32_t hold = tern_max(w->hold, s->hold_us);
		if (w->side != f->side && fellow(s, w, f) && now - w->since < hold)
			longest = tern_max(longest, hold - (now - w->since));
	}
	return longest;
}

static bool is_planned(const struct watched *w, const struct tern_policy_plan *plan)
{
	return w->page > plan->first && w->page <= plan->first + plan->count;
}

/* The plan's range: that of the block, and the contended pages of the group, from the first to the
 * last. */
static void gather(const struct state *s, struct chunk *c, const struct tern_policy_fault *f,
		   struct tern_policy_plan *plan)
{
	unsigned first = plan->first, last = first + plan->count - 1;
	for (unsigned i = 0; i < WATCHED; i++) {
		struct watched *w = &c->watched[i];
		if (!fellow(s, w, f) && !is_planned(w, plan))
			continue;
		first = tern_min(first, w->page - 1u);
		last = tern_max(last, w->page - 1u);
		w->since = (uint32_t)f->time_us;
		w->side = f->side;
		w->hold = plan->hold_us;
	}
	plan->first = first;
	plan->count = last - first + 1;
}

/* There is another place with contended pages, which the plan does not have. */
static bool note_place(struct state *s, const struct tern_policy_fault *f,
		       const struct tern_policy_plan *plan)
{
	uint64_t group = f->address / 4096 / TERN_POLICY_GROUP;
	uint64_t chunk = f->address / 4096 - f->page;
	uint64_t first = (chunk + plan->first) / TERN_POLICY_GROUP;
	uint64_t last = (chunk + plan->first + plan->count - 1) / TERN_POLICY_GROUP;
	uint32_t now = (uint32_t)f->time_us;
	unsigned oldest = 0, own = PLACES;
	bool others = false;
	for (unsigned i = 0; i < PLACES; i++) {
		if (s->places[i].group == group)
			own = i;
		else if (s->places[i].group && now - s->places[i].since <= s->lapse_us &&
			 (s->places[i].group < first || s->places[i].group > last))
			others = true;
		if (now - s->places[i].since > now - s->places[oldest].since)
			oldest = i;
	}
	own = own == PLACES ? oldest : own;
	s->places[own].group = group;
	s->places[own].since = now;
	return others;
}

static bool turn_lasts(const struct state *s, uint32_t now)
{
	return now - s->turn_began < s->turn_ends - s->turn_began;
}

/* How long the fault has to wait for the end of the other side's turn, us. */
static uint32_t turn_left(const struct state *s, const struct tern_policy_fault *f)
{
	uint32_t now = (uint32_t)f->time_us;
	return turn_lasts(s, now) && s->turn_side != f->side ? s->turn_ends - now : 0;
}

/* The turn is this side's, or becomes it. */
static void take_turn(struct state *s, const struct tern_policy_fault *f)
{
	uint32_t now = (uint32_t)f->time_us;
	if (!turn_lasts(s, now) || s->turn_side != f->side)
		s->turn_began = now;
	s->turn_side = f->side;
	s->turn_ends = s->turn_began + tern_min(now - s->turn_began + 2 * s->hold_us,
						tern_min(TURN_HOLDS * s->hold_us, s->lapse_us));
}

/* The side gets the pages for itself. A block that is read is going to be written, but for the
 * reads after many in a row. */
static bool gets_alone(const struct state *s, struct chunk *c, const struct tern_policy_fault *f)
{
	if (f->write)
		c->reads = 0;
	if (f->write || !is_block(s, c, f))
		return f->write;
	c->reads += c->reads < READS_OWN && !f->deferrals;
	return c->reads < READS_OWN;
}

static void contend(struct state *s, struct chunk *c, struct watched *w,
		    const struct tern_policy_fault *f, struct tern_policy_plan *plan)
{
	bool owns = gets_alone(s, c, f);
	take_block(s, c, f, plan);
	uint32_t wait = owns ? kept(s, c, f, plan) : 0;
	plan->hold_us = 0;
	plan->action = owns ? TERN_PLAN_MIGRATE : TERN_PLAN_SHARE;
	plan->rule = "thrash: contended pages";
	if (!f->write)
		w->growth = 0;
	if (owns)
		plan->hold_us = hold(s, w);
	if (is_guest(f) && plan->hold_us && !w->deferred)
		wait = tern_max(wait, plan->hold_us);
	/* Who reads in between waits for the other side's answer, and is not to wait for a turn. */
	bool turns = f->write && w->growth >= WRITES_ONLY && note_place(s, f, plan);
	wait = tern_max(w->deferred ? 0 : wait, turns ? turn_left(s, f) : 0);
	if (wait) {
		w->deferred = true;
		plan->action = TERN_PLAN_DEFER;
		plan->hold_us = wait;
		plan->rule = "thrash: the other side's turn is not over";
		return;
	}
	if (turns)
		take_turn(s, f);
	gather(s, c, f, plan);
}

/* True while the sides fault in turn in this chunk. */
static bool note_chunk(const struct state *s, struct chunk *c, const struct tern_policy_fault *f)
{
	uint32_t now = (uint32_t)f->time_us;
	if (now - c->since > s->lapse_us) {
		c->contention = 0;
		if (!c->apart)
			memset(c->wanted, 0, sizeof(c->wanted));
	}
	if (!f->moved_recently)
		return false;
	if (c->side == f->side)
		c->contention -= c->contention > 0;
	else if (c->contention < CONTENTION_MAX)
		c->contention += TURN;
	c->side = f->side;
	c->since = now;
	return c->contention >= CONTENDED_TURN;
}

/* Cuts contended pages, and what lies behind them, off a plan for another page. */
static void avoid(const struct state *s, const struct chunk *c, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	for (unsigned i = 0; i < WATCHED; i++) {
		const struct watched *w = &c->watched[i];
		unsigned page = w->page - 1u, end = plan->first + plan->count;
		if (!contended(s, w, (uint32_t)f->time_us) || page < plan->first || page >= end)
			continue;
		if (page > f->page)
			plan->count = page - plan->first;
		if (page < f->page) {
			plan->first = page + 1;
			plan->count = end - plan->first;
		}
	}
}

static void probe_over(struct chunk *c, bool both)
{
	c->probe = 0;
	c->turns = both ? 0 : c->turns;
	c->both = both;
	c->exclusive = both ? 0 : (uint8_t)(c->exclusive + 1);
	if (c->apart || c->exclusive >= EXCLUSIVE)
		memset(c->wanted, 0, sizeof(c->wanted));
	c->apart = c->exclusive >= EXCLUSIVE;
}

static void forget_probes(struct chunk *c)
{
	probe_over(c, true);
	c->both = false;
}

/* The probe comes or goes in a way that says nothing of who uses it. */
static void spoil(struct chunk *c, unsigned first, unsigned count)
{
	if (c->probe > first && c->probe <= first + count)
		c->probe = 0;
}

/* The side writes the page, or will. */
static void note_wanted(struct chunk *c, const struct tern_policy_fault *f)
{
	if (f->moved_recently && !c->apart)
		c->wanted[f->side][f->page / 64] |= (uint64_t)1 << f->page % 64;
}

/* A fault that takes pages for one side alone. */
static void note_turn(const struct state *s, struct chunk *c, const struct tern_policy_fault *f)
{
	uint32_t now = (uint32_t)f->time_us;
	bool first = c->turn != f->side, hasty = first && now - c->turn_since < s->lapse_us / 5;
	c->turn_since = first ? now : c->turn_since;
	c->turn = f->side;
	if (c->probe == f->page + 1) {
		if (c->taken && c->probed_by != f->side)
			probe_over(c, true);
		else if (c->probed_by == f->side)
			c->taken = true;
	} else if (hasty) {
		c->probe = 0; /* in so short a turn nobody comes to all that it uses */
	} else if (first && c->probe && c->taken == (c->probed_by == f->side)) {
		probe_over(c, false);
	}
	if (first && c->turns < UINT8_MAX)
		c->turns++;
}

/* The page comes alone; false: the side has had the one before or behind it so. */
static bool takes_alone(struct chunk *c, const struct tern_policy_fault *f)
{
	uint64_t *alone = c->wanted[f->side];
	if ((f->page > 0 && tern_policy_bit(alone, f->page - 1)) ||
	    (f->page + 1 < TERN_POLICY_PAGES && tern_policy_bit(alone, f->page + 1)))
		return false;
	alone[f->page / 64] |= (uint64_t)1 << f->page % 64;
	return true;
}

/* Keeps the probe out of the plan, or makes one of its last pages the probe. */
static void leave_out(struct chunk *c, const struct tern_policy_fault *f,
		      struct tern_policy_plan *plan)
{
	unsigned end = plan->first + plan->count, page = end - 1 - (c->exclusive & 1);
	const uint64_t *own = f->side == TERN_SIDE_HOST ? f->host : f->device;
	bool wanted = c->turns >= (c->both ? TURNS_AGAIN : TURNS_FIRST);
	if (!c->probe && wanted && plan->count > 3 && page > f->page &&
	    tern_policy_bit(f->mapped, page) && !tern_policy_bit(own, page)) {
		c->probe = (uint16_t)(page + 1);
		c->probed_by = f->side;
		c->taken = false;
	}
	if (c->probe <= plan->first || c->probe > end)
		return;
	page = c->probe - 1u;
	if (page == f->page) {
		plan->first = page;
		plan->count = 1;
	} else if (page > f->page) {
		plan->count = page - plan->first;
	} else {
		plan->first = page + 1;
		plan->count = end - plan->first;
	}
}

/* What each side brings along of a chunk that they use in turn. */
static void by_turn(struct chunk *c, const struct tern_policy_fault *f,
		    struct tern_policy_plan *plan)
{
	if (plan->action != TERN_PLAN_MIGRATE) {
		spoil(c, plan->first, plan->count);
		return;
	}
	if (c->apart && !takes_alone(c, f))
		probe_over(c, true);
	if (!c->apart) {
		leave_out(c, f, plan);
		return;
	}
	plan->ahead_count = 0;
	plan->first = f->page;
	plan->count = 1;
	plan->rule = "thrash: the sides use different pages of the chunk";
}

static void fault(void *device_state, void *chunk_state, const struct tern_policy_fault *f,
		  struct tern_policy_plan *plan)
{
	struct state *s = device_state;
	struct chunk *c = chunk_state;
	tern_policy_ask(s->inner, s->inner_state, c->inner, f, plan);
	struct watched *w = note(s, c, f);
	bool turns = note_chunk(s, c, f);
	if (plan->action == TERN_PLAN_MIGRATE) {
		note_wanted(c, f);
		note_turn(s, c, f);
	}
	bool block = turns && is_block(s, c, f);
	if (w && (block || contended(s, w, (uint32_t)f->time_us))) {
		plan->ahead_count = 0;
		contend(s, c, w, f, plan);
		if (plan->count > 1 || plan->action == TERN_PLAN_SHARE)
			spoil(c, plan->first, plan->count);
	} else if (turns) {
		plan->ahead_count = 0;
		plan->first = f->page;
		plan->count = 1;
		plan->rule = "thrash: the sides take turns in the chunk";
	} else {
		avoid(s, c, f, plan);
		by_turn(c, f, plan);
	}
	if (plan->action == TERN_PLAN_MIGRATE && both_want(c, f->page))
		c->took[f->side] = (uint32_t)f->time_us;
}

static void moved(void *device_state, void *chunk_state, uint64_t chunk, unsigned first,
		  unsigned count, bool to_device, enum tern_policy_cause cause)
{
	struct state *s = device_state;
	struct chunk *c = chunk_state;
	spoil(c, first, count);
	if (cause == TERN_MOVED_UNMAP)
		forget_probes(c);
	if (s->inner->moved)
		s->inner->moved(s->inner_state, c->inner, chunk, first, count, to_device, cause);
}

static unsigned ahead(void *device_state, const struct tern_policy_moment *moment,
		      struct tern_policy_range *out)
{
	struct state *s = device_state;
	return s->inner->ahead ? s->inner->ahead(s->inner_state, moment, out) : 0;
}

/* As the other policy has it, or in the order in which chunks came. */
static uint64_t keep(void *device_state, const void *chunk_state,
		     const struct tern_policy_candidate *candidate)
{
	struct state *s = device_state;
	const struct chunk *c = chunk_state;
	if (s->inner->keep)
		return s->inner->keep(s->inner_state, c->inner, candidate);
	return candidate->allocated | (uint64_t)tern_policy_advice_rank(candidate->advice) << 62;
}

static unsigned part(void *device_state, const void *chunk_state)
{
	struct state *s = device_state;
	const struct chunk *c = chunk_state;
	return s->inner->part ? s->inner->part(s->inner_state, c->inner) : TERN_POLICY_PAGES;
}

const struct tern_policy tern_policy_thrash = {
	.version = TERN_POLICY_VERSION,
	.name = "thrash",
	.help = "a guard against ping-pong; over=blend, events=3, lapse_us=1000, hold_us=100, "
		"pin_us=100, and the other policy's own options",
	.device_state_bytes = sizeof(struct state),
	.chunk_state_bytes = sizeof(struct chunk),
	.init = init,
	.fault = fault,
	.moved = moved,
};

const struct tern_policy tern_policy_adaptive = {
	.version = TERN_POLICY_VERSION,
	.name = "adaptive",
	.help = "the default: thrash over learn",
	.device_state_bytes = sizeof(struct state),
	.chunk_state_bytes = sizeof(struct chunk),
	.init = init_adaptive,
	.fault = fault,
	.moved = moved,
	.ahead = ahead,
	.keep = keep,
	.part = part,
};
