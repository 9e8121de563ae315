/* SPDX-License-Identifier: MIT */
/*
 * Moves that nobody waits for, as policies ask for them. The ranges of a device wait in a queue and
 * are cut into pieces; one piece is done, or one is on its way over the imposed link, at a time,
 * and none is begun while a fault could be served or the link has something to do. So a fault waits
 * for a piece at most; one whose page is on its way takes the piece over.
 */
#include "svm/internal.h"

#include <string.h>

#define PIECE_PAGES      128u /* 512 KiB: a fault waits for less than half a millisecond */
#define PIECE_LINK_PAGES TERN_CHUNK_PAGES /* what is imposed is more than that takes */
#define SKIPS_MOST       256u             /* chunks to look at for the next piece, at once */
#define TRIES_MOST       16u

static bool to_device(uint8_t way)
{
	return way == TERN_AHEAD_TO_DEVICE || way == TERN_AHEAD_COPY;
}

static bool imposed(const struct device *device)
{
	return device->mem->link.bytes_per_second || device->mem->link.latency_ns;
}

static void remove_range(struct ahead *a, unsigned index)
{
	a->count--;
	memmove(&a->ranges[index], &a->ranges[index + 1],
		(a->count - index) * sizeof(a->ranges[0]));
}

static bool is_asked(const struct ahead *a, const struct ahead_range *r)
{
	for (unsigned i = 0; i < a->count; i++)
		if (a->ranges[i].end == r->end && a->ranges[i].at >= r->at &&
		    a->ranges[i].command == r->command && a->ranges[i].way == r->way)
			return true;
	return false;
}

void ahead_add(struct engine *e, struct device *device, const struct tern_policy_range *ranges,
	       unsigned count, uint64_t command, uint64_t fault)
{
	struct ahead *a = &device->ahead;
	for (unsigned i = 0; i < count; i++) {
		trace_ahead(device, &ranges[i], command, fault);
		if (e->single_pages || device_gone(device))
			continue;
		struct ahead_range r = {
			.at = ranges[i].start,
			.end = ranges[i].end,
			.command = ranges[i].command ? ranges[i].command : command,
			.way = ranges[i].way,
			.room = ranges[i].room,
		};
		if (is_asked(a, &r))
			continue;
		if (a->count == AHEAD_MAX)
			remove_range(a, 0);
		a->ranges[a->count++] = r;
	}
}

void ahead_cancel(struct device *device, uint64_t command)
{
	struct ahead *a = &device->ahead;
	for (unsigned i = a->count; i-- > 0;)
		if (a->ranges[i].command == command)
			remove_range(a, i);
}

void ahead_forget(struct device *device)
{
	device->ahead.count = 0;
	device->ahead.pages = 0;
}

/* What of [@first, @end) of @chunk the piece is about: the state from which pages go that way. */
static void sources(const struct ahead *a, const struct chunk *chunk, uint64_t *out)
{
	if (to_device(a->way))
		chunk_pages(chunk, PAGE_HOME, out);
	else
		memcpy(out, chunk->away, sizeof(chunk->away));
}

static bool held(const struct engine *e, const struct chunk *chunk, unsigned page, uint8_t way)
{
	return page_held_until(e, chunk, page, to_device(way)) > e->now_ns;
}

/* Whether the range's next page is mapped, and up to where at most; else it goes on at the next one
 * that is. */
static bool in_mapping(struct engine *e, struct ahead_range *r, uint64_t *stop)
{
	struct vma vma;
	if (!e->host->mapping(e, r->at, true, &vma)) {
		r->at = r->end;
		return false;
	}
	*stop = tern_min(*stop, vma.end);
	bool there = vma.start <= r->at;
	if (!there)
		r->at = vma.start;
	return there;
}

/*
 * The next piece of the first range: a->chunk, first, pages. False: the range has no more. A range
 * is left at its cursor when much of it had to be skipped (a->pages is 0 then).
 */
static bool cut(struct engine *e, struct device *device, struct ahead_range *r)
{
	struct ahead *a = &device->ahead;
	uint64_t half = tern_max(device->mem->limit / TERN_PAGE / 2, (uint64_t)1);
	unsigned most = (unsigned)tern_min(imposed(device) ? PIECE_LINK_PAGES : PIECE_PAGES, half);
	a->way = r->way;
	a->pages = 0;
	for (unsigned skips = 0; r->at < r->end && skips < SKIPS_MOST; skips++) {
		uint64_t stop = tern_min(r->end, chunk_base(r->at) + TERN_CHUNK);
		if (to_device(r->way) && !in_mapping(e, r, &stop))
			continue;
		struct chunk *chunk = to_device(r->way) ? directory_get(&e->directory, r->at)
							: directory_find(&e->directory, r->at);
		tern_page_bits from;
		bool other = chunk && chunk->resident && chunk->device != device;
		if (!chunk || other) {
			r->at = stop;
			continue;
		}
		sources(a, chunk, from);
		unsigned end = page_index(stop - TERN_PAGE) + 1;
		unsigned first = bits_next(from, page_index(r->at), end);
		while (first < end && held(e, chunk, first, r->way))
			first = bits_next(from, first + 1, end);
		if (first == end) {
			r->at = stop;
			continue;
		}
		end = tern_min(end, first + most);
		for (unsigned page = first + 1; page < end; page++)
			if (bits_test(from, page) && held(e, chunk, page, r->way))
				end = page;
		a->chunk = chunk;
		a->first = first;
		a->pages = end - first;
		return true;
	}
	return r->at < r->end;
}

/* The piece's pages that may migrate, and are to: a mapping at a time. False: none of it. */
static bool find_pages(struct engine *e, struct ahead *a, struct mapping *m)
{
	uint64_t address = page_address(a->chunk, a->first);
	bool copy = a->way == TERN_AHEAD_COPY;
	if (mapping_find(e, address, !copy, m) || m->file)
		return false;
	return !mapping_register(e, a->chunk, m, address);
}

static unsigned pages_of(const struct ahead *a, const uint64_t *allowed)
{
	tern_page_bits from;
	sources(a, a->chunk, from);
	for (unsigned w = 0; allowed && w < BITS_WORDS; w++)
		from[w] &= allowed[w];
	return bits_count(from, a->first, a->pages);
}

static int give(struct engine *e, struct device *device, struct ahead *a)
{
	struct chunk *chunk = a->chunk;
	struct mapping m;
	if (!find_pages(e, a, &m))
		return 0;
	unsigned n = pages_of(a, m.pages), end = a->first + a->pages;
	if (device->resident + n > device->mem->limit / TERN_PAGE && !a->room)
		return -ENOSPC;
	chunk_take(e, chunk, device);
	int error = evict_for(e, device, n, chunk, a->first, a->pages);
	for (unsigned at = a->first; !error && (at = bits_next(m.pages, at, end)) < end;) {
		unsigned stop = bits_next_clear(m.pages, at, end);
		error = a->way == TERN_AHEAD_COPY ? give_shared(e, chunk, at, stop - at)
						  : give_exclusive(e, chunk, at, stop - at, true);
		at = stop;
	}
	if (!error)
		policy_moved(e, chunk, a->first, a->pages, true, TERN_MOVED_AHEAD);
	return error;
}

static int bring_home(struct engine *e, struct ahead *a)
{
	int error = a->way == TERN_AHEAD_COPY_TO_HOST
			    ? return_shared(e, a->chunk, a->first, a->pages)
			    : return_exclusive(e, a->chunk, a->first, a->pages, true);
	if (!error)
		policy_moved(e, a->chunk, a->first, a->pages, false, TERN_MOVED_AHEAD);
	return error;
}

/* Carries the piece out; it is done with, unless it can be tried again. */
static void carry_out(struct engine *e, struct device *device)
{
	struct ahead *a = &device->ahead;
	bool other = a->chunk->resident && a->chunk->device != device;
	int error = 0;
	e->why = TERN_TRACE_BY_AHEAD;
	if (!other)
		error = to_device(a->way) ? give(e, device, a) : bring_home(e, a);
	e->why = TERN_TRACE_BY_OTHER;
	if (error == -EAGAIN && a->tries++ < TRIES_MOST)
		return;
	a->pages = 0;
	if (error == -ENOSPC || error == -ENOMEM) /* memory is short */
		ahead_cancel(device, a->command);
}

/* Begins the next piece: now, or over the imposed link. */
static void begin(struct engine *e, struct device *device)
{
	struct ahead *a = &device->ahead;
	struct ahead_range *r = &a->ranges[0];
	if (!cut(e, device, r)) {
		remove_range(a, 0);
		return;
	}
	if (!a->pages)
		return;
	a->room = r->room;
	a->command = r->command;
	a->tries = 0;
	a->due_ns = 0;
	r->at = page_address(a->chunk, a->first + a->pages);
	unsigned n = pages_of(a, NULL);
	if (to_device(a->way) && !a->room &&
	    device->resident + n > device->mem->limit / TERN_PAGE) {
		a->pages = 0;
		ahead_cancel(device, a->command);
		return;
	}
	if (imposed(device))
		a->due_ns = link_transfer(e, device, a->chunk, n * TERN_PAGE);
}

/* When there is something to do for @device. */
static uint64_t device_due(const struct engine *e, const struct device *device)
{
	const struct ahead *a = &device->ahead;
	if (!device->mem || e->paused || (!a->pages && !a->count))
		return UINT64_MAX;
	if (a->pages)
		return a->due_ns;
	return device->link_free_ns > e->now_ns ? device->link_free_ns : 0;
}

static bool fault_is_due(const struct engine *e)
{
	for (unsigned i = 0; i < e->pending_count; i++)
		if (e->pending[i].due_ns <= e->now_ns)
			return true;
	return false;
}

/* Whom the piece, or the next one, is for. */
static uint64_t for_command(const struct device *device)
{
	const struct ahead *a = &device->ahead;
	return a->pages ? a->command : a->ranges[0].command;
}

/* Who pays: that command, if it runs. */
static uint32_t owner_of(const struct device *device, uint64_t number)
{
	for (uint32_t owner = 0; number && owner < TERN_DEVMEM_OWNERS; owner++)
		if (device->running[owner] && device->running[owner]->command.number == number)
			return owner;
	return TERN_DEVMEM_NO_OWNER;
}

void ahead_work(struct engine *e)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++) {
		struct device *device = &e->devices[i];
		if (device_due(e, device) > e->now_ns || fault_is_due(e))
			continue;
		if (device_gone(device)) {
			ahead_forget(device);
			continue;
		}
		e->for_device = device;
		uint64_t number = for_command(device);
		e->for_owner = owner_of(device, number);
		if (e->for_owner == TERN_DEVMEM_NO_OWNER)
			e->for_advance = advance_of(device, number);
		struct owner *owner = &device->owners[e->for_owner];
		atomic_store(&owner->served, e->for_owner < TERN_DEVMEM_NO_OWNER);
		if (!device->ahead.pages)
			begin(e, device);
		if (device->ahead.pages && device->ahead.due_ns <= e->now_ns)
			carry_out(e, device);
		atomic_store(&owner->served, 0);
		e->for_device = NULL;
		e->for_advance = NULL;
	}
}

uint64_t ahead_due(const struct engine *e)
{
	uint64_t due = UINT64_MAX;
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		due = tern_min(due, device_due(e, &e->devices[i]));
	return due;
}

bool ahead_takes(struct device *device, const struct chunk *chunk, struct pending *fault)
{
	struct ahead *a = &device->ahead;
	unsigned page = page_index(fault->address);
	if (!a->pages || a->chunk != chunk || page - a->first >= a->pages ||
	    to_device(a->way) != !!fault->device || !imposed(device) ||
	    page_state(chunk, page) != (fault->device ? PAGE_HOME : PAGE_AWAY))
		return false;
	bool copy = a->way == TERN_AHEAD_COPY || a->way == TERN_AHEAD_COPY_TO_HOST;
	if (copy && fault->write)
		return false;
	fault->plan = (struct tern_policy_plan){
		.action = copy ? TERN_PLAN_SHARE : TERN_PLAN_MIGRATE,
		.first = a->first,
		.count = a->pages,
	};
	fault->planned = true;
	fault->due_ns = a->due_ns;
	a->pages = 0;
	return true;
}
