/* SPDX-License-Identifier: MIT */
/* The program's faults, in memory that is registered because a device touched it. */
#include "svm/internal.h"

#define ZERO_PAGES 16u /* first touches: the least number of pages to fill at once */

static int later(struct engine *e, struct chunk *chunk, struct pending *fault, uint64_t due_ns)
{
	fault->due_ns = due_ns;
	account(e, chunk, STAT(deferred), 1);
	return -EAGAIN;
}

static int wake(struct engine *e, uint64_t address)
{
	e->host->wake(e, address, TERN_PAGE);
	return 0;
}

/* How many pages from the fault's on may be filled: more where the host goes through them. */
static unsigned zero_count(struct chunk *chunk, unsigned page)
{
	if (!chunk)
		return tern_min(ZERO_PAGES, TERN_CHUNK_PAGES - page);
	bool next = page && chunk->zero_next == page;
	chunk->zero_run = next ? tern_min(chunk->zero_run * 2, TERN_CHUNK_PAGES) : ZERO_PAGES;
	unsigned end = tern_min(page + chunk->zero_run, TERN_CHUNK_PAGES);
	end = bits_next_clear(chunk->registered, page, end);
	end = bits_next(chunk->away, page, end);
	end = bits_next(chunk->shared, page, end);
	end = bits_next(chunk->staged, page, end);
	chunk->zero_next = end;
	return end > page ? end - page : 1;
}

/* A first touch. The kernel's page of zeros: a write then takes a page as usual. */
static int zero(struct engine *e, struct chunk *chunk, uint64_t address)
{
	unsigned n = zero_count(chunk, page_index(address));
	int64_t r = e->host->zero(e, address, n * TERN_PAGE);
	if (r == -ENOENT && n > 1)
		r = e->host->zero(e, address, TERN_PAGE);
	if (r == -EAGAIN || r == -ENOMEM) {
		account(e, chunk, STAT(retried), 1);
		return -EAGAIN;
	}
	return r > 0 ? 0 : wake(e, address);
}

static int serve_home(struct engine *e, struct chunk *chunk, struct pending *fault)
{
	if (e->watch.window && chunk &&
	    !fault->number) /* an access, though no fault of migration */
		trace_fault(e, fault);
	if (!fault->protect)
		return zero(e, chunk, fault->address);
	long error = e->host->protect(e, fault->address, TERN_PAGE, 0);
	if (error == -EAGAIN)
		return -EAGAIN;
	return error ? wake(e, fault->address) : 0;
}

static uint64_t away_bytes(const struct chunk *chunk, const struct tern_policy_plan *plan)
{
	return bits_count(chunk->away, plan->first, plan->count) * TERN_PAGE;
}

static bool same_transfer(const struct engine *e, struct pending *fault)
{
	unsigned page = page_index(fault->address);
	for (unsigned i = 0; i < e->pending_count; i++) {
		const struct pending *p = &e->pending[i];
		if (p->planned && !p->device && p->write >= fault->write &&
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

/* 0: carry fault->plan out now. */
static int decide(struct engine *e, struct chunk *chunk, struct pending *fault)
{
	if (fault->planned)
		return 0;
	struct device *device = chunk->device;
	const struct tern_link *link = &device->mem->link;
	if ((link->bytes_per_second || link->latency_ns) && same_transfer(e, fault))
		return later(e, chunk, fault, fault->due_ns);
	if (ahead_takes(device, chunk, fault))
		return fault->due_ns > e->now_ns ? later(e, chunk, fault, fault->due_ns) : 0;
	plan_make(e, chunk, fault, chunk->registered, &fault->plan);
	if (fault->plan.action == TERN_PLAN_DEFER) {
		fault->deferrals++;
		return later(e, chunk, fault, e->now_ns + (uint64_t)fault->plan.hold_us * 1000);
	}
	uint64_t bytes = away_bytes(chunk, &fault->plan);
	if (bytes) {
		fault->planned = true;
		uint64_t due = link_transfer(e, device, chunk, bytes);
		if (due > e->now_ns)
			return later(e, chunk, fault, due);
	}
	return 0;
}

static int serve_away(struct engine *e, struct chunk *chunk, struct pending *fault)
{
	unsigned page = page_index(fault->address);
	uint64_t held = page_held_until(e, chunk, page, false);
	if (held > e->now_ns && !device_gone(chunk->device))
		return later(e, chunk, fault, held);
	int error = decide(e, chunk, fault);
	if (error)
		return error;
	const struct tern_policy_plan *plan = &fault->plan;
	e->hold_us = plan->hold_us;
	if (page_state(chunk, page) == PAGE_SHARED)
		error = unshare_run(e, chunk, plan->first, plan->count);
	else if (!fault->write && plan->action == TERN_PLAN_SHARE && !device_gone(chunk->device))
		error = return_shared(e, chunk, plan->first, plan->count);
	else
		error = return_exclusive(e, chunk, plan->first, plan->count, true);
	e->hold_us = 0;
	fault->planned = fault->planned && error;
	return error ? -EAGAIN : 0;
}

static void count(struct engine *e, struct chunk *chunk, struct pending *fault)
{
	if (!fault->counted) {
		account(e, chunk, fault->write ? STAT(host_write_faults) : STAT(host_read_faults),
			1);
		trace_fault(e, fault);
	}
	fault->counted = true;
	e->serving = fault->number;
}

static int serve(struct engine *e, struct pending *fault)
{
	fault->due_ns = 0;
	struct chunk *chunk = directory_find(&e->directory, fault->address);
	unsigned page = page_index(fault->address);
	enum page_state state = chunk ? page_state(chunk, page) : PAGE_HOME;
	int error;
	switch (state) {
	case PAGE_HOME:
		return serve_home(e, chunk, fault);
	case PAGE_STAGED:
		count(e, chunk, fault);
		return return_staged(e, chunk, page, 1) ? -EAGAIN : 0;
	case PAGE_SHARED:
		if (fault->write && fault->protect)
			break;
		if (host_has(e, fault->address)) /* the message is older than the state */
			return wake(e, fault->address);
		error = quiet(e, fault->address);
		if (error == -ENOENT) /* nor is it ours any more: another mapping is there */
			return wake(e, fault->address);
		if (error)
			return -EAGAIN;
		model_host(chunk, page, 1, MODEL_NONE); /* a drop was cut short */
		pages_set(e, chunk, page, 1, PAGE_AWAY);
		break;
	case PAGE_AWAY:
		break;
	}
	count(e, chunk, fault);
	if (watch_on(e, chunk->device) && page_state(chunk, page) == PAGE_AWAY)
		return watch_host(e, chunk, fault);
	return serve_away(e, chunk, fault);
}

int serve_host(struct engine *e, struct pending *fault)
{
	e->why = TERN_TRACE_BY_FAULT;
	int error = serve(e, fault);
	e->why = TERN_TRACE_BY_OTHER;
	e->serving = 0;
	if (!error)
		trace_served(fault);
	return error;
}
