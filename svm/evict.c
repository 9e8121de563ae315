/* SPDX-License-Identifier: MIT */
/* Keeping a device within its limit. */
#include "svm/internal.h"

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

static struct chunk *victim_of_policy(struct engine *e, struct device *device,
				      const struct chunk *keep)
{
	struct chunk *best = NULL;
	uint64_t least = 0;
	struct tern_list *at;
	tern_list_for_each (at, &device->chunks) {
		struct chunk *chunk = tern_list_entry(at, struct chunk, resident_link);
		if (chunk == keep)
			continue;
		struct tern_policy_candidate c = candidate(e, device, chunk);
		uint64_t worth = policy_keep(e, chunk, &c);
		if (!best || worth < least) {
			best = chunk;
			least = worth;
		}
	}
	return best;
}

struct chunk *evict_victim(struct engine *e, struct device *device, const struct chunk *keep)
{
	if (!e->eviction)
		return victim_of_policy(e, device, keep);
	struct chunk *best = NULL;
	struct tern_policy_candidate best_candidate = {0};
	struct tern_list *at;
	tern_list_for_each (at, &device->chunks) {
		struct chunk *chunk = tern_list_entry(at, struct chunk, resident_link);
		if (chunk == keep)
			continue;
		struct tern_policy_candidate c = candidate(e, device, chunk);
		if (!best || e->eviction->before(&c, &best_candidate)) {
			best = chunk;
			best_candidate = c;
		}
	}
	return best;
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
		error = evict_range(e, device, v, 0, TERN_CHUNK_PAGES);
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
