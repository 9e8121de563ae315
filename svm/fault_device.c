/* SPDX-License-Identifier: MIT */
/* A device's faults. */
#include "svm/internal.h"

#define TRIES_MOST  1000u /* without memory on the device, or put off by the policy */
#define PAUSE_NS    ((uint64_t)200000)
#define BLOCK_PAGES 16u /* a block: 64 KiB */

static void wake(struct engine *e, const struct pending *fault)
{
	device_wake(e, fault->device, fault->address);
}

/*
 * Another thread's fault may have brought the page since this one was read: then this thread has
 * gone on, maybe to another command, which must not suffer. It faults again if it has not.
 */
static bool stale(const struct engine *e, const struct pending *fault)
{
	const struct chunk *chunk =
		fault->address < ADDRESS_END ? directory_find(&e->directory, fault->address) : NULL;
	return chunk && chunk->woken > fault->wakes;
}

static int refuse(struct engine *e, struct pending *fault, enum tern_devmem_refusal why)
{
	if (stale(e, fault)) {
		wake(e, fault);
		return 0;
	}
	struct tern_devmem_fault f = {
		.address = fault->address,
		.write = fault->write,
		.owner = fault->owner,
		.token = fault->token,
	};
	account(e, NULL, STAT(refused), 1);
	fault->device->mem->ops->refuse(fault->device->mem, &f, why);
	return 0;
}

static int later(struct engine *e, struct chunk *chunk, struct pending *fault, uint64_t due_ns)
{
	fault->due_ns = due_ns;
	account(e, chunk, STAT(deferred), 1);
	return -EAGAIN;
}

/* The chunk becomes the device's. */
static int take_chunk(struct engine *e, struct chunk *chunk, struct device *device)
{
	int error = 0;
	if (chunk->resident && chunk->device != device)
		error = return_all(e, chunk, 0, TERN_CHUNK_PAGES, true);
	if (!error)
		chunk_take(e, chunk, device);
	return error;
}

/* Read-only memory of a file: a copy, without registration. */
static int serve_file(struct engine *e, struct chunk *chunk, struct pending *fault,
		      const struct mapping *m)
{
	unsigned page = page_index(fault->address);
	int error = take_chunk(e, chunk, fault->device);
	if (error)
		return error;
	if (bits_test(chunk->snapshot, page)) {
		wake(e, fault);
		return 0;
	}
	unsigned end = page;
	while (end < TERN_CHUNK_PAGES && end - page < BLOCK_PAGES && bits_test(m->pages, end) &&
	       page_state(chunk, end) == PAGE_HOME && !bits_test(chunk->snapshot, end))
		end++;
	error = evict_for(e, fault->device, end - page, chunk, page, end - page);
	if (!error)
		error = give_snapshot(e, chunk, page, end - page);
	if (error == -EFAULT)
		return refuse(e, fault, TERN_REFUSED_UNMAPPED); /* beyond the end of the file */
	if (error == -ENOMEM)
		return refuse(e, fault, TERN_REFUSED_MEMORY);
	return error == -ENODEV ? 0 : error;
}

/* The whole window is on its way over the imposed link for another thread: wait with it. */
static bool same_transfer(const struct engine *e, struct pending *fault)
{
	unsigned page = page_index(fault->address);
	for (unsigned i = 0; i < e->pending_count; i++) {
		const struct pending *p = &e->pending[i];
		if (p->planned && p->device == fault->device && p->write >= fault->write &&
		    chunk_base(p->address) == chunk_base(fault->address) &&
		    page - p->plan.first < p->plan.count && p->due_ns > e->now_ns) {
			fault->plan = p->plan;
			fault->due_ns = p->due_ns;
			fault->planned = true;
			return true;
		}
	}
	return false;
}

static unsigned to_move(const struct chunk *chunk, const struct tern_policy_plan *plan,
			const struct mapping *m)
{
	tern_page_bits home;
	chunk_pages(chunk, PAGE_HOME, home);
	for (unsigned w = 0; w < BITS_WORDS; w++)
		home[w] &= m->pages[w];
	return bits_count(home, plan->first, plan->count);
}

/* 0: carry fault->plan out now. */
static int decide(struct engine *e, struct chunk *chunk, struct pending *fault,
		  const struct mapping *m)
{
	if (fault->planned)
		return 0;
	const struct tern_link *link = &fault->device->mem->link;
	if ((link->bytes_per_second || link->latency_ns) && same_transfer(e, fault))
		return later(e, chunk, fault, fault->due_ns);
	if (ahead_takes(fault->device, chunk, fault))
		return fault->due_ns > e->now_ns ? later(e, chunk, fault, fault->due_ns) : 0;
	plan_make(e, chunk, fault, m->pages, &fault->plan);
	if (fault->plan.action == TERN_PLAN_DEFER) {
		fault->deferrals++;
		return later(e, chunk, fault, e->now_ns + (uint64_t)fault->plan.hold_us * 1000);
	}
	unsigned pages = to_move(chunk, &fault->plan, m);
	if (pages) {
		fault->planned = true;
		uint64_t due = link_transfer(e, fault->device, chunk, pages * TERN_PAGE);
		if (due > e->now_ns)
			return later(e, chunk, fault, due);
	}
	return 0;
}

static int carry_out(struct engine *e, struct chunk *chunk, struct pending *fault,
		     const struct mapping *m)
{
	const struct tern_policy_plan *plan = &fault->plan;
	bool share =
		!fault->write && (plan->action == TERN_PLAN_SHARE || !(m->vma.flags & VMA_WRITE));
	unsigned end = plan->first + plan->count;
	int error = evict_for(e, fault->device, to_move(chunk, plan, m), chunk, plan->first,
			      plan->count);
	e->hold_us = plan->hold_us;
	for (unsigned at = plan->first; !error && (at = bits_next(m->pages, at, end)) < end;) {
		unsigned stop = bits_next_clear(m->pages, at, end);
		error = share ? give_shared(e, chunk, at, stop - at)
			      : give_exclusive(e, chunk, at, stop - at, true);
		if (!error && fault->write)
			error = give_upgrade(e, chunk, at, stop - at);
		at = stop;
	}
	e->hold_us = 0;
	return error;
}

/* What is AWAY around @page, in its block, is the device's to write. */
static void unprotect_around(struct engine *e, struct chunk *chunk, unsigned page,
			     const struct mapping *m)
{
	unsigned first = page, end = page;
	while (first % BLOCK_PAGES && bits_test(chunk->away, first - 1) &&
	       bits_test(m->pages, first - 1))
		first--;
	do {
		end++;
	} while (end % BLOCK_PAGES && bits_test(chunk->away, end) && bits_test(m->pages, end));
	device_unprotect(e, chunk, first, end - first);
	bits_clear(chunk->readonly, first, end - first);
}

/* The device has the page and may do what it faulted for. */
static bool may_access(const struct chunk *chunk, const struct pending *fault)
{
	unsigned page = page_index(fault->address);
	enum page_state state = page_state(chunk, page);
	return (state == PAGE_AWAY && !(fault->write && bits_test(chunk->readonly, page))) ||
	       (state == PAGE_SHARED && !fault->write);
}

/* @page is on the device already: somebody else's fault brought it, or only a right is missing. */
static bool there(struct engine *e, struct chunk *chunk, struct pending *fault,
		  const struct mapping *m)
{
	unsigned page = page_index(fault->address);
	enum page_state state = page_state(chunk, page);
	fault->joined = may_access(chunk, fault);
	if (state == PAGE_AWAY && fault->write)
		unprotect_around(e, chunk, page, m);
	if (state == PAGE_AWAY || (state == PAGE_SHARED && !fault->write)) {
		wake(e, fault);
		return true;
	}
	return false;
}

/* The fault's page is the program's to give. */
static int serve(struct engine *e, struct chunk *chunk, struct pending *fault,
		 const struct mapping *m)
{
	struct device *device = fault->device;
	unsigned page = page_index(fault->address);
	int error = take_chunk(e, chunk, device);
	if (error)
		return error;
	if (watch_on(e, device))
		return watch_device(e, chunk, fault, m);
	if (sample_in(chunk, page, 1)) {
		error = sample_answered(e, chunk, fault);
		if (error)
			return error;
		if (may_access(chunk, fault))
			return 0;
	}
	if (there(e, chunk, fault, m))
		return 0;
	uint64_t held = page_held_until(e, chunk, page, true);
	if (held > e->now_ns)
		return later(e, chunk, fault, held);
	if (page_state(chunk, page) == PAGE_STAGED)
		return give_staged(e, chunk, page, 1);
	error = decide(e, chunk, fault, m);
	if (error)
		return error;
	error = carry_out(e, chunk, fault, m);
	fault->planned = fault->planned && (error == -EAGAIN || error == -EXDEV);
	if (error)
		return error;
	/* What happened to the address space meanwhile may have taken it away again. */
	return may_access(chunk, fault) ? 0 : -EAGAIN;
}

static void count(struct engine *e, struct chunk *chunk, struct pending *fault)
{
	if (!fault->counted) {
		account(e, chunk,
			fault->write ? STAT(device_write_faults) : STAT(device_read_faults), 1);
		trace_fault(e, fault);
	}
	fault->counted = true;
	e->serving = fault->number;
}

static int serve_mapped(struct engine *e, struct pending *fault, struct mapping *m)
{
	struct chunk *chunk = directory_get(&e->directory, fault->address);
	if (!chunk)
		return refuse(e, fault, TERN_REFUSED_MEMORY);
	count(e, chunk, fault);
	if (e->watch.window)
		trace_mapping(chunk, &m->vma);
	if (!m->file && mapping_register(e, chunk, m, fault->address))
		return refuse(e, fault, TERN_REFUSED_NO_ACCESS);
	int error = m->file ? serve_file(e, chunk, fault, m) : serve(e, chunk, fault, m);
	if (error == -ENODEV)
		return 0;
	if (error == -EXDEV)
		return error;
	if (error && error != -EAGAIN && fault->tries++ > TRIES_MOST)
		return refuse(e, fault,
			      error == -ENOMEM ? TERN_REFUSED_MEMORY : TERN_REFUSED_NO_ACCESS);
	return error ? -EAGAIN : 0;
}

static int serve_found(struct engine *e, struct pending *fault)
{
	struct mapping m;
	int why = mapping_find(e, fault->address, fault->write, &m);
	return why ? refuse(e, fault, (enum tern_devmem_refusal)(why - 1))
		   : serve_mapped(e, fault, &m);
}

/* What follows is done, and counted, for @fault's owner; NULL: it is over. */
static void work_for(struct engine *e, const struct pending *fault)
{
	if (e->for_device)
		atomic_store(&e->for_device->owners[e->for_owner].served, 0);
	e->for_device = fault ? fault->device : NULL;
	e->why = fault ? TERN_TRACE_BY_FAULT : TERN_TRACE_BY_OTHER;
	if (!fault) {
		e->serving = 0;
		return;
	}
	e->for_owner = tern_min(fault->owner, TERN_DEVMEM_NO_OWNER);
	atomic_store(&e->for_device->owners[e->for_owner].served, 1);
}

/* The engine's clock, looked at anew; a replay's goes on by itself. */
static uint64_t clock_now(const struct engine *e)
{
	return e->host->simulated ? e->now_ns : raw_clock_ns() - e->started_ns;
}

/* The thread that faulted goes on, or its command has failed. */
static void end(struct engine *e, const struct pending *fault)
{
	account(e, NULL, STAT(stalled_ns), clock_now(e) - fault->arrived_ns);
	trace_served(fault);
}

int serve_device(struct engine *e, struct pending *fault)
{
	if (!fault->arrived_ns)
		fault->arrived_ns = e->now_ns;
	if (!fault->device->mem || device_gone(fault->device))
		return 0;
	if (e->paused) {
		fault->due_ns = e->now_ns + PAUSE_NS;
		return -EAGAIN;
	}
	fault->due_ns = 0;
	work_for(e, fault);
	struct mapping m;
	int error = -EXDEV;
	e->assumed = fault->write && !fault->asked && !e->watch.window &&
		     mapping_assume(e, fault->address, fault->device, &m);
	if (e->assumed)
		error = serve_mapped(e, fault, &m);
	e->assumed = false;
	if (error == -EXDEV) {
		fault->asked = true;
		error = serve_found(e, fault);
	}
	if (!error)
		end(e, fault);
	work_for(e, NULL);
	return error;
}
