/* SPDX-License-Identifier: MIT */
/*
 * Eviction by distance: of all chunks the one goes whose next use is the furthest away, in pages
 * that the device will go through until then. A command that runs goes through its memory from
 * where its last fault was; those that wait follow in order, each from the start of what it will
 * touch. Beyond the last one the same objects are expected again, from their starts on, those that
 * were named the longest ago last. Memory that is not gone through in order is expected again after
 * as long as it has been there, and the sooner the more often it has come back: when it was used
 * last nobody knows, since accesses without a fault are not seen.
 *
 * A waiting command that takes so much of its memory for each work-item goes through that in order,
 * however the faults have jumped. What kernels write goes home when it is evicted, and comes again:
 * two ways, while what they only read has its copy there. So its distance counts half, where it is
 * known: a page is worth the ways that it saves, for each page of traffic for which it is kept.
 */
#include "svm/policies/learn.h"

#define PAGE       UINT64_C(4096)
#define CHUNK      ((uint64_t)2 << 20)
#define NEVER      ((uint64_t)1 << 50)
#define GUARD      2048u /* pages of traffic during which what came is still in use, at most */
#define BEHIND     1024u /* and what lies so far behind in a stream, at most */
#define PART       64u /* pages that go at once: an eviction costs less than a page for each of them */
#define PART_LEAST 8u /* at first: perhaps no more than that is too large */

static void add_span(struct learn *l, const struct learn_command *c, const struct learn_use *use,
		     uint64_t distance, uint64_t *pages)
{
	struct learn_guess g = learn_guess(l, c, use);
	bool known = g.start < g.end;
	bool line = (l->features & LEARN_WAYS) && known && l->models[use->model].line > 0;
	if (known)
		*pages += (g.end - g.start) / PAGE;
	else
		g = (struct learn_guess){use->start, use->end};
	if (l->span_count == LEARN_SPANS || g.start >= g.end)
		return;
	l->spans[l->span_count++] = (struct learn_span){.start = g.start,
							.end = g.end,
							.distance = distance,
							.object = use->object,
							.running = c->running,
							.line = line,
							.known = known};
}

static void renew(struct learn *l)
{
	uint64_t distance = 0;
	l->span_count = 0;
	l->spans_old = false;
	for (unsigned waiting = 0; waiting < 2; waiting++) {
		const struct learn_command *c = NULL;
		while ((c = learn_command_next(l, !waiting, c ? c->order : 0))) {
			uint64_t pages = 0;
			for (uint32_t i = 0; i < c->use_count; i++)
				add_span(l, c, &c->uses[i], distance, &pages);
			distance += pages;
		}
	}
	l->horizon = distance;
}

static uint64_t age(const struct learn *l, const struct learn_chunk *c)
{
	return tern_min(l->traffic - c->arrived, 4 * l->limit);
}

/* Of memory that is not gone through in order. */
static uint64_t by_age(const struct learn *l, const struct learn_chunk *c)
{
	return age(l, c) / (16 + 2 * (uint64_t)tern_min(c->returns, 32));
}

/* Of @chunk in what a running command goes through. */
static uint64_t in_running(const struct learn *l, const struct learn_chunk *c,
			   const struct learn_span *s, uint64_t chunk)
{
	const struct learn_object *o = &l->objects[s->object];
	uint64_t at = tern_max(chunk, s->start), position = o->position;
	if (!learn_in_order(o))
		return by_age(l, c);
	if (position < s->start || position > s->end)
		return (at - s->start) / PAGE; /* not yet begun */
	if (chunk + CHUNK > position)
		return (tern_max(at, position) - position) / PAGE;
	uint64_t behind = tern_min(BEHIND, l->limit / 16) * PAGE;
	if (position - chunk <= behind + CHUNK &&
	    l->traffic - c->arrived < tern_min(GUARD, l->limit / 8))
		return 0;
	return o->again ? (s->end - position + at - s->start) / PAGE : NEVER;
}

/* Of @chunk in what a waiting command goes through: where nobody knows what part of an object that
 * is, it goes on where the last one ended. */
static uint64_t in_waiting(const struct learn *l, const struct learn_span *s, uint64_t chunk)
{
	uint64_t at = tern_max(chunk, s->start), position = l->objects[s->object].position;
	if (s->known || position < s->start || position > s->end)
		return (at - s->start) / PAGE;
	return (at >= position ? at - position : s->end - position + at - s->start) / PAGE;
}

/* Likewise, from now on. */
static uint64_t until_waiting(const struct learn *l, const struct learn_chunk *c,
			      const struct learn_span *s, uint64_t chunk)
{
	const struct learn_object *o = &l->objects[s->object];
	if (!s->line && !learn_in_order(o))
		return s->distance + by_age(l, c);
	uint64_t distance = s->distance + in_waiting(l, s, chunk);
	return s->line && o->written ? distance / 2 : distance;
}

static uint64_t in_known(const struct learn *l, const struct learn_chunk *c, uint64_t chunk)
{
	uint64_t least = NEVER;
	for (uint32_t i = 0; i < l->span_count; i++) {
		const struct learn_span *s = &l->spans[i];
		if (s->start >= chunk + CHUNK || s->end <= chunk)
			continue;
		uint64_t d =
			s->running ? in_running(l, c, s, chunk) : until_waiting(l, c, s, chunk);
		least = tern_min(least, d);
	}
	return least;
}

static uint64_t beyond(const struct learn *l, const struct learn_chunk *c, uint64_t chunk)
{
	const struct learn_object *o = c->object ? &l->objects[c->object - 1] : NULL;
	if (!o || chunk + CHUNK <= o->start || chunk >= o->end)
		return l->horizon + age(l, c);
	uint64_t since = l->traffic - o->named;
	if (!learn_in_order(o))
		return l->horizon + since + age(l, c);
	return l->horizon + since + (tern_max(chunk, o->start) - o->start) / PAGE;
}

/* Pages of the object lie between those that are used. */
static bool has_gaps(const struct learn *l, const struct learn_chunk *c)
{
	const struct learn_object *o = c->object ? &l->objects[c->object - 1] : NULL;
	return o && o->passed >= LEARN_PASSED_LEAST && o->used_of < o->passed;
}

uint64_t learn_keep(void *device_state, const void *chunk_state,
		    const struct tern_policy_candidate *candidate)
{
	struct learn *l = device_state;
	const struct learn_chunk *c = chunk_state;
	if (l->spans_old)
		renew(l);
	uint64_t d = in_known(l, c, candidate->chunk);
	if (d >= NEVER)
		d = beyond(l, c, candidate->chunk);
	/* What has come along there goes before what has come alone. */
	if (has_gaps(l, c) && candidate->pages > 2 * c->faults)
		d += l->limit;
	d = tern_min(d, NEVER);
	return NEVER - d + ((uint64_t)tern_policy_advice_rank(candidate->advice) << 52);
}

/*
 * No more than is needed goes, since all of it may be missed: what is a little too large would else
 * be exchanged by the chunk. So few pages go at first, and more when that was not enough. Of a
 * stream more goes at once when much has gone: then it is not only a little too large, and each
 * eviction costs about as much as a fault, beyond its pages. But where the pages between those that
 * are used have come along, the chunk is rid of them.
 */
unsigned learn_part(void *device_state, const void *chunk_state)
{
	const struct learn *l = device_state;
	const struct learn_chunk *c = chunk_state;
	const struct learn_object *o = c->object ? &l->objects[c->object - 1] : NULL;
	bool much = l->evictions > l->traffic / 8;
	if (has_gaps(l, c))
		return TERN_POLICY_PAGES;
	if (much && o && learn_in_order(o))
		return TERN_POLICY_PAGES / 2;
	if (!(l->features & LEARN_SLOWLY))
		return PART;
	return (unsigned)tern_max(tern_min(l->evictions / 8, PART), PART_LEAST);
}
