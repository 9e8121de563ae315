/* SPDX-License-Identifier: MIT */
/*
 * DOC: recording accesses
 *
 * A policy's trace has faults, and a fault is an access that missed under that policy: what another
 * policy would have met is not in it. With TERN_TRACE_ACCESSES=WINDOW the engine makes accesses
 * fault that would hit, and records each as a fault (TERN_TRACE_FAULT), so that a replay (replay.h)
 * can ask any policy what it would have done. No policy is asked while this goes on:
 *
 * - At a fault of the device, all of the chunk's pages in the same mapping go to the device, but
 *   hidden from it (hide() in device_memory.h); only the faulting page is shown, read-only for a
 *   read. So the next access of the host to any page that some plan could have brought along is a
 *   fault as well.
 * - The device reaches the WINDOW pages that were shown last, at most, and half as many at least:
 *   when there are so many, the older half is hidden again. An access to a hidden page moves
 *   nothing: it costs a fault and an entry of a page table.
 * - A page that the host faults on comes home alone, write-protected for a read.
 *
 * The trace then has, in order: of the device, the first read and the first write of each page
 * since it was hidden or away; of the host, the first read and the first write of each page since
 * the last recorded access of the device in its chunk. Faults of other threads on a page that one
 * has brought by the time they are looked at are marked (TERN_TRACE_JOINED), as in every trace.
 *
 * Not seen: accesses to the pages in the window again; accesses of the host to chunks that no
 * device touches between them, which no plan concerns; the host's accesses to what was evicted or
 * brought home by request (a recording wants enough device memory: none is evicted then). The order
 * of accesses of threads that run at once is that of this run. Where the kernel is older than 6.4,
 * a page that the device reads is shown writable, and the write that follows is not seen. Snapshots
 * of files are given as always, since no policy decides about them.
 */
#include "svm/internal.h"

#include "runtime/base/option.h"
#include "svm/message.h"
#include "svm/pinned.h"

#define WINDOW_LEAST 16u /* the pages that one instruction needs, for a few threads at once */
#define WINDOW_MOST  4096u

int watch_init(struct engine *e)
{
	struct watch *w = &e->watch;
	uint64_t n = tern_trace_is_on() ? tern_option_number(TERN_OPTION_TRACE_ACCESSES, 0) : 0;
	if (!n)
		return 0;
	n = tern_min(tern_max(n, (uint64_t)WINDOW_LEAST), (uint64_t)WINDOW_MOST);
	w->pages = tern_pinned_alloc(n * sizeof(*w->pages));
	if (!w->pages)
		return -ENOMEM;
	w->window = (unsigned)n;
	return 0;
}

void watch_finish(struct engine *e)
{
	tern_pinned_free(e->watch.pages, e->watch.window * sizeof(*e->watch.pages));
	e->watch.pages = NULL;
}

static struct chunk *shown_chunk(struct engine *e, uint64_t address)
{
	struct chunk *chunk = directory_find(&e->directory, address);
	return chunk && bits_test(chunk->shown, page_index(address)) ? chunk : NULL;
}

/* All of [@from, @to) of the window that lie in @chunk, run by run. */
static void hide_in(struct engine *e, struct chunk *chunk, unsigned from, unsigned to)
{
	tern_page_bits old = {0};
	for (unsigned i = from; i < to; i++)
		if (chunk_base(e->watch.pages[i]) == chunk->base)
			bits_fill(old, page_index(e->watch.pages[i]), 1);
	for (unsigned w = 0; w < BITS_WORDS; w++)
		old[w] &= chunk->shown[w];
	for (unsigned at = 0; (at = bits_next(old, at, TERN_CHUNK_PAGES)) < TERN_CHUNK_PAGES;) {
		unsigned stop = bits_next_clear(old, at, TERN_CHUNK_PAGES);
		device_hide(e, chunk, at, stop - at);
		bits_clear(chunk->shown, at, stop - at);
		at = stop;
	}
}

static void hide_older_half(struct engine *e)
{
	struct watch *w = &e->watch;
	unsigned half = w->count / 2;
	for (unsigned i = 0; i < half; i++) {
		struct chunk *chunk = shown_chunk(e, w->pages[i]);
		if (chunk)
			hide_in(e, chunk, i, half);
	}
	w->count -= half;
	__builtin_memmove(w->pages, w->pages + half, w->count * sizeof(*w->pages));
}

static int show(struct engine *e, struct chunk *chunk, unsigned page, bool writable)
{
	struct watch *w = &e->watch;
	if (w->count == w->window)
		hide_older_half(e);
	int error = device_show(e, chunk, page, 1, writable);
	if (error)
		return error;
	w->pages[w->count++] = page_address(chunk, page);
	bits_fill(chunk->shown, page, 1);
	if (!writable)
		bits_fill(chunk->readonly, page, 1);
	return 0;
}

/* What is at home of the mapping goes to the device, hidden. */
static int take_all(struct engine *e, struct chunk *chunk, const struct mapping *m)
{
	tern_page_bits home;
	chunk_pages(chunk, PAGE_HOME, home);
	for (unsigned w = 0; w < BITS_WORDS; w++)
		home[w] &= m->pages[w];
	unsigned n = bits_count(home, 0, TERN_CHUNK_PAGES);
	int error = n ? evict_for(e, chunk->device, n, chunk, 0, TERN_CHUNK_PAGES) : 0;
	e->hide = true;
	if (!error)
		error = give_staged(e, chunk, 0, TERN_CHUNK_PAGES);
	for (unsigned at = 0;
	     !error && (at = bits_next(home, at, TERN_CHUNK_PAGES)) < TERN_CHUNK_PAGES;) {
		unsigned stop = bits_next_clear(home, at, TERN_CHUNK_PAGES);
		error = give_exclusive(e, chunk, at, stop - at, true);
		at = stop;
	}
	e->hide = false;
	return error;
}

int watch_device(struct engine *e, struct chunk *chunk, struct pending *fault,
		 const struct mapping *m)
{
	unsigned page = page_index(fault->address);
	if (bits_test(chunk->shown, page)) { /* a right is missing, or the fault is an old one */
		fault->joined = !(fault->write && bits_test(chunk->readonly, page));
		bits_clear(chunk->readonly, page, fault->write);
		if (fault->write)
			device_unprotect(e, chunk, page, 1);
		else
			device_wake(e, fault->device, fault->address);
		return 0;
	}
	uint64_t held = page_held_until(e, chunk, page, true);
	if (held > e->now_ns && page_state(chunk, page) == PAGE_HOME) {
		fault->due_ns = held;
		return -EAGAIN;
	}
	int error = take_all(e, chunk, m);
	if (page_state(chunk, page) != PAGE_AWAY)
		return error ? error : -EAGAIN;
	return show(e, chunk, page, fault->write);
}

int watch_host(struct engine *e, struct chunk *chunk, const struct pending *fault)
{
	e->protect_home = !fault->write;
	int error = return_exclusive(e, chunk, page_index(fault->address), 1, true);
	e->protect_home = false;
	return error ? -EAGAIN : 0;
}
