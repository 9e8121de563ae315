/* SPDX-License-Identifier: MIT */
/* Keeping a device within its limit. */
#include "svm/internal.h"

#define SAMPLE_NEXT 2u  /* svm/sample.c */
#define SHARE       64u /* of the chunks, one goes before they are ranked anew */

static struct tern_policy_candidate candidate(const struct engine *e, struct device *device,
					      const struct chunk *chunk)
{
	bool wanted = e->eviction ? e->eviction->wants_commands : e->policy->keep_wants_commands;
	struct tern_policy_candidate c = {
		.chunk = chunk->base,
		.allocated = chunk->allocated,
		.touched = chunk->touched,
		.pages = chunk->resident,
		.advice = chunk->advice,
		.next_use = wanted ? commands_next_use(device, chunk) : UINT32_MAX,
		.returns = chunk->returns,
	};
	return c;
}

/* Who goes first, and those behind it. */
struct ranking {
	struct ranked {
		uint64_t worth; /* by the policy */
		struct tern_policy_candidate candidate;
		struct chunk *chunk;
	} first[VICTIMS_MAX + SAMPLE_NEXT];
	unsigned count;
};

static bool goes_before(const struct engine *e, const struct ranked *a, const struct ranked *b)
{
	return e->eviction ? e->eviction->before(&a->candidate, &b->candidate)
			   : a->worth < b->worth;
}

static void rank(const struct engine *e, struct ranking *r, unsigned most, const struct ranked *new)
{
	unsigned at = r->count;
	while (at && goes_before(e, new, &r->first[at - 1]))
		at--;
	if (at == most)
		return;
	r->count = tern_min(r->count + 1, most);
	for (unsigned i = r->count - 1; i > at; i--)
		r->first[i] = r->first[i - 1];
	r->first[at] = *new;
}

static void rank_all(struct engine *e, struct device *device, const struct chunk *keep,
		     unsigned most, struct ranking *r)
{
	struct tern_list *at;
	r->count = 0;
	tern_list_for_each (at, &device->chunks) {
		struct chunk *chunk = tern_list_entry(at, struct chunk, resident_link);
		if (chunk == keep)
			continue;
		struct ranked new = {.chunk = chunk, .candidate = candidate(e, device, chunk)};
		if (!e->eviction)
			new.worth = policy_keep(e, chunk, &new.candidate);
		rank(e, r, most, &new);
	}
}

/*
 * All chunks are asked what they are worth for one of them in SHARE to go, and these go in turn:
 * else an eviction would take as long as there are chunks. What has been touched since stays.
 */
static void renew_victims(struct engine *e, struct device *device, const struct chunk *keep)
{
	struct ranking r;
	unsigned batch = tern_min(tern_max(device->chunk_count / SHARE, 1u), VICTIMS_MAX);
	rank_all(e, device, keep, batch + (e->wants_samples ? SAMPLE_NEXT : 0), &r);
	device->victim_next = 0;
	device->victim_count = tern_min(r.count, batch);
	for (unsigned i = 0; i < r.count; i++) {
		if (i < batch)
			device->victims[i] =
				(struct victim){r.first[i].chunk, r.first[i].chunk->touched};
		if (i)
			sample_ask(e, r.first[i].chunk);
	}
}

struct chunk *evict_victim(struct engine *e, struct device *device, const struct chunk *keep)
{
	for (bool renewed = false;; renewed = true) {
		while (device->victim_next < device->victim_count) {
			struct victim v = device->victims[device->victim_next++];
			if (v.chunk != keep && v.chunk->device == device && v.chunk->resident &&
			    v.chunk->touched == v.touched)
				return v.chunk;
		}
		if (renewed)
			return NULL;
		renew_victims(e, device, keep);
	}
}

static int evict_range(struct engine *e, struct device *device, struct chunk *chunk, unsigned first,
		       unsigned count)
{
	if (!count)
		return 0;
	unsigned away = bits_count(chunk->away, first, count);
	unsigned before = chunk->resident;
	if (away)
		link_transfer(e, device, chunk, away * TERN_PAGE);
	enum tern_trace_reason why = e->why;
	e->why = TERN_TRACE_BY_EVICTION;
	int error = return_all(e, chunk, first, count, true);
	e->why = why;
	account(e, chunk, STAT(evicted), before - chunk->resident);
	chunk->evicted |= chunk->resident < before;
	policy_moved(e, chunk, first, count, false, TERN_MOVED_EVICTION);
	/* Pages that wait for the events to be read are off the device already. */
	return error == -EAGAIN ? 0 : error;
}

/* What waits to come home is off the device already. */
static bool is_resident(const struct chunk *chunk, unsigned page)
{
	return bits_test(chunk->away, page) || bits_test(chunk->shared, page) ||
	       bits_test(chunk->snapshot, page);
}

/* @pages of @chunk go, or more, from its start on, where the policy wants no more than it must. */
static int evict_some(struct engine *e, struct device *device, struct chunk *chunk, uint64_t pages)
{
	unsigned before = chunk->resident, first = TERN_CHUNK_PAGES, end = 0;
	pages = tern_max(pages, e->eviction ? TERN_CHUNK_PAGES : policy_part(e, chunk));
	if (pages >= chunk->resident)
		return evict_range(e, device, chunk, 0, TERN_CHUNK_PAGES);
	for (unsigned n = 0; n < pages && end < TERN_CHUNK_PAGES; end++)
		if (is_resident(chunk, end)) {
			first = tern_min(first, end);
			n++;
		}
	int error = evict_range(e, device, chunk, first, end - first);
	if (chunk->resident < before)
		device->victim_next--; /* and it goes on with what is left */
	return error;
}

int evict_for(struct engine *e, struct device *device, unsigned pages, const struct chunk *chunk,
	      unsigned first, unsigned count)
{
	uint64_t limit = device->mem->limit / TERN_PAGE;
	uint32_t hold_us = e->hold_us;
	e->hold_us = 0;
	int error = 0;
	while (!error && device->resident + pages > limit) {
		struct chunk *v = evict_victim(e, device, chunk);
		if (!v)
			break;
		uint64_t before = device->resident;
		error = evict_some(e, device, v, before + pages - limit);
		if (!error && device->resident == before) /* not without the events */
			error = -EAGAIN;
	}
	if (!error && device->resident + pages > limit && chunk->device == device) {
		struct chunk *self = directory_find(&e->directory, chunk->base);
		error = evict_range(e, device, self, 0, first);
		if (!error)
			error = evict_range(e, device, self, first + count,
					    TERN_CHUNK_PAGES - first - count);
	}
	e->hold_us = hold_us;
	const struct tern_devmem_ops *ops = device->mem->ops;
	uint64_t used = (device->resident + pages) * TERN_PAGE + ops->trim(device->mem, 0);
	if (used > device->mem->limit)
		ops->trim(device->mem, used - device->mem->limit);
	return error;
}
