/* SPDX-License-Identifier: MIT */
/* The directory's changes of state, and what hangs on them. */
#include "runtime/base/status.h"
#include "svm/internal.h"

#define RECENT_US 10000u

static void resident_changed(struct engine *e, struct chunk *chunk, unsigned before)
{
	struct device *device = chunk->device;
	if (!device) /* nobody ever had any */
		return;
	device->resident += (uint64_t)chunk->resident - before;
	if (device->mem)
		tern_status_put(&device->mem->status->resident, device->resident * TERN_PAGE);
	if (chunk->resident && !before) {
		chunk->allocated = ++e->sequence;
		chunk->returns += chunk->evicted;
		chunk->evicted = false;
		tern_list_remove(&chunk->resident_link);
		tern_list_append(&device->chunks, &chunk->resident_link);
		device->chunk_count++;
	} else if (!chunk->resident && before) {
		tern_list_remove(&chunk->resident_link);
		device->chunk_count--;
	}
	model_check(chunk);
}

static unsigned staged_any(const struct chunk *chunk)
{
	return bits_next(chunk->staged, 0, TERN_CHUNK_PAGES) < TERN_CHUNK_PAGES;
}

static void staged_changed(struct engine *e, struct chunk *chunk)
{
	bool listed = !tern_list_empty(&chunk->staged_link);
	if (staged_any(chunk) == listed)
		return;
	if (!listed) {
		tern_list_append(&e->staged, &chunk->staged_link);
		return;
	}
	tern_list_remove(&chunk->staged_link);
	chunk->refused_ns = 0;
	chunk->given_up = false;
}

void pages_set(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
	       enum page_state to)
{
	unsigned before = chunk->resident;
	model_state(chunk, first, count, to);
	chunk->resident -= bits_count(chunk->away, first, count);
	chunk->resident -= bits_count(chunk->shared, first, count);
	bits_clear(chunk->away, first, count);
	bits_clear(chunk->shared, first, count);
	bits_clear(chunk->staged, first, count);
	bits_clear(chunk->shown, first, count);
	if (to != PAGE_AWAY && to != PAGE_SHARED && sample_in(chunk, first, count))
		chunk->asked = 0;
	bits_clear(chunk->readonly, first, count);
	if (to == PAGE_AWAY)
		bits_fill(chunk->away, first, count);
	else if (to == PAGE_SHARED)
		bits_fill(chunk->shared, first, count);
	else if (to == PAGE_STAGED)
		bits_fill(chunk->staged, first, count);
	if (to == PAGE_AWAY || to == PAGE_SHARED)
		chunk->resident += count;
	if (chunk->resident != before)
		resident_changed(e, chunk, before);
	uint64_t moves = atomic_load_explicit(&e->moves, memory_order_relaxed);
	atomic_store_explicit(&e->moves, moves + 1, memory_order_relaxed);
	staged_changed(e, chunk);
}

void pages_snapshot(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool on)
{
	unsigned before = chunk->resident;
	unsigned had = bits_count(chunk->snapshot, first, count);
	if (on)
		bits_fill(chunk->snapshot, first, count);
	else
		bits_clear(chunk->snapshot, first, count);
	unsigned has = on ? count : 0;
	chunk->resident += has - had;
	e->snapshots += (uint64_t)has - had;
	atomic_store(&e->any_snapshots, e->snapshots);
	if (chunk->resident != before)
		resident_changed(e, chunk, before);
}

void chunk_take(struct engine *e, struct chunk *chunk, struct device *device)
{
	chunk->device = device;
	chunk->touched = ++e->sequence;
}

void pages_hold(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool device,
		uint32_t hold_us, bool changed)
{
	uint32_t now = engine_us(e);
	uint32_t least = (uint32_t)(e->hold_ns / 1000);
	uint32_t until = now + tern_min(tern_max(hold_us, least), 1000000u);
	if (device)
		bits_fill(chunk->device_held, first, count);
	else
		bits_clear(chunk->device_held, first, count);
	for (unsigned i = first; i < first + count; i++) {
		chunk->hold_until[i] = until;
		if (!changed)
			continue;
		if (now - chunk->changed[i] > RECENT_US)
			chunk->changes[i] = 0;
		chunk->changed[i] = now;
		chunk->changes[i] += chunk->changes[i] < UINT8_MAX;
	}
}

uint64_t page_held_until(const struct engine *e, const struct chunk *chunk, unsigned page,
			 bool for_device)
{
	if (!chunk->hold_until[page] || bits_test(chunk->device_held, page) == for_device)
		return 0;
	uint32_t left = chunk->hold_until[page] - engine_us(e);
	if (left > 1000000u) /* over; the clock of microseconds wraps */
		return 0;
	return e->now_ns + (uint64_t)left * 1000;
}

unsigned page_changes(const struct engine *e, const struct chunk *chunk, unsigned page)
{
	return engine_us(e) - chunk->changed[page] > RECENT_US ? 0 : chunk->changes[page];
}
