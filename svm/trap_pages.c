/* SPDX-License-Identifier: MIT */
/* Where the pages of a kernel device are, and moving them. */
#include "svm/trap.h"

#include <errno.h>
#include <string.h>

/* What the driver says of [@first, @first + @count), in @out at the same places. */
static int ask(struct trap *t, const struct chunk *chunk, unsigned first, unsigned count,
	       uint8_t *out)
{
	int error = 0;
	for (unsigned at = first; !error && at < first + count; at += TERN_MIRROR_PAGES) {
		unsigned n = tern_min(TERN_MIRROR_PAGES, first + count - at);
		error = t->mem->mirror->look(t->mem, page_address(chunk, at), n, out + at);
	}
	return error;
}

static void set(struct trap *t, struct chunk *chunk, unsigned page, bool away)
{
	if (away) {
		chunk_take(t->e, chunk, t->device);
		model_host(chunk, page, 1, MODEL_NONE);
		pages_set(t->e, chunk, page, 1, PAGE_AWAY);
		model_device(chunk, page, 1, MODEL_WRITE);
	} else {
		model_device(chunk, page, 1, MODEL_NONE);
		pages_set(t->e, chunk, page, 1, PAGE_HOME);
		model_host(chunk, page, 1, MODEL_WRITE);
	}
	bits_clear(chunk->reads, page, 1);
	pages_hold(t->e, chunk, page, 1, away, 0, true);
}

/* The kernel brought it home: the policy hears of it, and its plan comes too late. */
static void host_faulted(struct trap *t, struct chunk *chunk, unsigned page)
{
	struct engine *e = t->e;
	struct pending fault = {.address = page_address(chunk, page), .arrived_ns = e->now_ns};
	struct tern_policy_plan plan;
	tern_page_bits mapped;
	memset(mapped, 0xff, sizeof(mapped));
	account(e, chunk, STAT(host_read_faults), 1);
	account(e, chunk, STAT(pages_to_host), 1);
	trace_fault(e, &fault);
	uint64_t serving = e->serving;
	enum tern_trace_reason why = e->why;
	e->serving = fault.number;
	e->why = TERN_TRACE_BY_FAULT;
	plan_make(e, chunk, &fault, mapped, &plan);
	set(t, chunk, page, false);
	trace_moved(e, chunk, page, 1, TERN_TRACE_TO_HOST);
	trace_served(&fault);
	e->serving = serving;
	e->why = why;
}

static void vanished(struct trap *t, struct chunk *chunk, unsigned page)
{
	set(t, chunk, page, false);
	account(t->e, chunk, STAT(invalidated), 1);
	trace_unmapped(chunk, page, 1);
	policy_moved(t->e, chunk, page, 1, false, TERN_MOVED_UNMAP);
}

/* What the host does meanwhile is not what the command in work has caused. */
static void compare(struct trap *t, struct chunk *chunk, unsigned first, unsigned count)
{
	struct device *device = t->e->for_device;
	struct request *request = t->e->for_request;
	t->e->for_device = NULL;
	t->e->for_request = NULL;
	for (unsigned page = first; page < first + count; page++) {
		bool was = bits_test(chunk->away, page);
		bool is = t->seen[page] == TERN_MIRROR_DEVICE;
		if (is && !was)
			set(t, chunk, page, true); /* mremap() brought it here */
		else if (was && !is && t->seen[page] == TERN_MIRROR_NONE)
			vanished(t, chunk, page);
		else if (was && !is)
			host_faulted(t, chunk, page);
	}
	t->e->for_device = device;
	t->e->for_request = request;
}

int trap_look(struct trap *t, struct chunk *chunk, unsigned first, unsigned count)
{
	int error = ask(t, chunk, first, count, t->seen);
	if (!error)
		compare(t, chunk, first, count);
	return error;
}

bool trap_mapped(struct trap *t, const struct chunk *chunk, uint64_t address, uint64_t *out)
{
	struct vma vma;
	memset(out, 0, sizeof(tern_page_bits));
	if (!t->e->host->mapping(t->e, address, false, &vma) || !(vma.flags & VMA_READ) ||
	    (vma.flags & (VMA_FILE | VMA_SHARED | VMA_HUGETLB)))
		return false;
	uint64_t start = tern_max(vma.start, chunk->base);
	uint64_t end = tern_min(vma.end, chunk->base + TERN_CHUNK);
	bits_fill(out, page_index(start), (unsigned)((end - start) / TERN_PAGE));
	return true;
}

/* Calls the driver for the pages that are HOME (@away false: to the device) or AWAY. */
static int move(struct trap *t, struct chunk *chunk, unsigned first, unsigned count, bool away)
{
	const struct tern_mirror_ops *ops = t->mem->mirror;
	unsigned end = first + count;
	int error = 0;
	for (unsigned at = first; at < end && !error;) {
		unsigned from = away ? bits_next(chunk->away, at, end)
				     : bits_next_clear(chunk->away, at, end);
		if (from == end)
			break;
		at = away ? bits_next_clear(chunk->away, from, end)
			  : bits_next(chunk->away, from, end);
		at = tern_min(at, from + TERN_MIRROR_PAGES);
		uint64_t va = page_address(chunk, from);
		error = away ? ops->to_host(t->mem, va, at - from)
			     : ops->to_device(t->mem, va, at - from);
	}
	return error;
}

/* Tells of pages that have moved, run by run: [@first, @end) of @moved. */
static void tell(struct trap *t, struct chunk *chunk, const uint64_t *moved, unsigned first,
		 unsigned end, enum tern_trace_way way)
{
	static const enum tern_policy_cause causes[] = {
		[TERN_TRACE_BY_OTHER] = TERN_MOVED_REQUEST,
		[TERN_TRACE_BY_FAULT] = TERN_MOVED_REQUEST,
		[TERN_TRACE_BY_EVICTION] = TERN_MOVED_EVICTION,
		[TERN_TRACE_BY_REQUEST] = TERN_MOVED_REQUEST,
		[TERN_TRACE_BY_AHEAD] = TERN_MOVED_AHEAD,
	};
	for (unsigned at = first; (at = bits_next(moved, at, end)) < end;) {
		unsigned stop = bits_next_clear(moved, at, end);
		trace_moved(t->e, chunk, at, stop - at, way);
		if (t->e->why != TERN_TRACE_BY_FAULT) /* else it is what the policy said */
			policy_moved(t->e, chunk, at, stop - at, way != TERN_TRACE_TO_HOST,
				     causes[t->e->why]);
		at = stop;
	}
}

int trap_to_host(struct trap *t, struct chunk *chunk, unsigned first, unsigned count)
{
	unsigned end = first + count;
	tern_page_bits moved = {0};
	int error = trap_look(t, chunk, first, count);
	if (error || !bits_count(chunk->away, first, count))
		return error;
	error = move(t, chunk, first, count, true);
	int looked = ask(t, chunk, first, count, t->next);
	for (unsigned page = first; !looked && page < end; page++) {
		if (!bits_test(chunk->away, page) || t->next[page] == TERN_MIRROR_DEVICE)
			continue;
		set(t, chunk, page, false);
		bits_fill(moved, page, 1);
	}
	unsigned n = bits_count(moved, first, count);
	account(t->e, chunk, STAT(pages_to_host), n);
	if (t->e->why == TERN_TRACE_BY_EVICTION) {
		account(t->e, chunk, STAT(evicted), n);
		chunk->evicted |= n > 0;
	}
	tell(t, chunk, moved, first, end, TERN_TRACE_TO_HOST);
	return error ? error : looked;
}

/* Room for @pages more; never of [@first, @first + @count) of @chunk. */
static int make_room(struct trap *t, unsigned pages, struct chunk *chunk, unsigned first,
		     unsigned count)
{
	struct device *device = t->device;
	uint64_t limit = t->mem->limit / TERN_PAGE;
	enum tern_trace_reason why = t->e->why;
	int error = 0;
	t->e->why = TERN_TRACE_BY_EVICTION;
	while (!error && device->resident + pages > limit) {
		struct chunk *v = evict_victim(t->e, device, chunk);
		if (!v)
			break;
		uint64_t before = device->resident;
		error = trap_to_host(t, v, 0, TERN_CHUNK_PAGES);
		if (!error && device->resident == before)
			error = -ENOMEM; /* it is pinned */
	}
	if (!error && device->resident + pages > limit) {
		error = trap_to_host(t, chunk, 0, first);
		if (!error)
			error = trap_to_host(t, chunk, first + count,
					     TERN_CHUNK_PAGES - first - count);
	}
	t->e->why = why;
	return error == -ENODEV ? error : 0;
}

/* Counts what has come, by what it was before. */
static void arrived(struct trap *t, struct chunk *chunk, unsigned first, unsigned end)
{
	tern_page_bits copied = {0}, zeroed = {0};
	for (unsigned page = first; page < end; page++) {
		if (bits_test(chunk->away, page) || t->next[page] != TERN_MIRROR_DEVICE)
			continue;
		set(t, chunk, page, true);
		bool hole = t->seen[page] == TERN_MIRROR_NONE || t->seen[page] == TERN_MIRROR_ZERO;
		bits_fill(hole ? zeroed : copied, page, 1);
	}
	account(t->e, chunk, STAT(pages_to_device), bits_count(copied, first, end - first));
	account(t->e, chunk, STAT(pages_zeroed), bits_count(zeroed, first, end - first));
	tell(t, chunk, copied, first, end, TERN_TRACE_TO_DEVICE);
	tell(t, chunk, zeroed, first, end, TERN_TRACE_ZEROED);
}

int trap_to_device(struct trap *t, struct chunk *chunk, unsigned first, unsigned count)
{
	int error = trap_look(t, chunk, first, count);
	if (error)
		return error;
	unsigned missing = count - bits_count(chunk->away, first, count);
	if (!missing)
		return 0;
	error = make_room(t, missing, chunk, first, count);
	if (!error)
		error = ask(t, chunk, first, count, t->seen);
	if (error)
		return error;
	error = move(t, chunk, first, count, false);
	int looked = ask(t, chunk, first, count, t->next);
	if (!looked)
		arrived(t, chunk, first, first + count);
	return error ? error : looked;
}

/* One range's part of a chunk. False: the range ends here. */
static bool ahead_part(struct trap *t, const struct ahead_range *r, struct chunk *chunk,
		       uint64_t start, uint64_t end)
{
	unsigned first = page_index(start), count = (unsigned)((end - start) / TERN_PAGE);
	uint64_t limit = t->mem->limit / TERN_PAGE;
	if (r->way == TERN_AHEAD_TO_HOST)
		return !trap_to_host(t, chunk, first, count);
	unsigned missing = count - bits_count(chunk->away, first, count);
	if (t->device->resident + missing > limit && !r->room)
		return false;
	return !trap_to_device(t, chunk, first, count);
}

static void ahead_one(struct trap *t, struct ahead_range r)
{
	struct engine *e = t->e;
	struct vma vma;
	r.end = tern_min(r.end, r.at + t->mem->limit);
	while (r.at < r.end && e->host->mapping(e, r.at, true, &vma) && vma.start < r.end) {
		uint64_t start = tern_max(r.at, vma.start);
		uint64_t end = tern_min(tern_min(r.end, vma.end), chunk_base(start) + TERN_CHUNK);
		struct chunk *chunk = directory_get(&e->directory, start);
		tern_page_bits mapped;
		if (!chunk)
			return;
		if (trap_mapped(t, chunk, start, mapped) && !ahead_part(t, &r, chunk, start, end))
			return;
		r.at = end;
	}
}

void trap_ahead(struct trap *t)
{
	struct ahead *a = &t->device->ahead;
	enum tern_trace_reason why = t->e->why;
	t->e->why = TERN_TRACE_BY_AHEAD;
	for (unsigned i = 0; i < a->count; i++) {
		uint8_t way = a->ranges[i].way;
		/* To read each other's memory neither side needs a copy. */
		if (way != TERN_AHEAD_COPY && way != TERN_AHEAD_COPY_TO_HOST)
			ahead_one(t, a->ranges[i]);
	}
	ahead_forget(t->device);
	t->e->why = why;
}
