/* SPDX-License-Identifier: MIT */
/*
 * What the program does to its address space. The kernel lets it go on when an event has been read;
 * the counter e->fence is odd until it has been handled, too.
 */
#include "svm/internal.h"
#include "svm/message.h"

#define MESSAGES 32u

/* The program gave the contents up. */
static void discard(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	for (unsigned at = first; at < first + count;) {
		enum page_state state = page_state(chunk, at);
		unsigned n = 1;
		while (at + n < first + count && page_state(chunk, at + n) == state)
			n++;
		if (state == PAGE_AWAY || state == PAGE_SHARED)
			device_unmap(e, chunk, at, n, n > SMALL_RUN);
		if (state != PAGE_HOME) {
			pages_set(e, chunk, at, n, PAGE_HOME);
			model_host(chunk, at, n, MODEL_WRITE);
			account(e, chunk, STAT(invalidated), n);
			trace_unmapped(chunk, at, n);
		}
		at += n;
	}
}

void pages_removed(struct engine *e, uint64_t start, uint64_t end, bool unmapped)
{
	struct chunk *chunk;
	if (unmapped)
		commands_unmapped(e, start, end);
	if (e->watch.window)
		trace_removed(start, end, unmapped);
	for (uint64_t at = chunk_base(start); (chunk = directory_next(&e->directory, at, end));
	     at = chunk->base + TERN_CHUNK) {
		unsigned first = chunk->base < start ? page_index(start) : 0;
		uint64_t stop = tern_min(end, chunk->base + TERN_CHUNK);
		unsigned count = (unsigned)((stop - page_address(chunk, first)) / TERN_PAGE);
		discard(e, chunk, first, count);
		if (!unmapped)
			continue;
		forget_snapshots(e, chunk, first, count);
		bits_clear(chunk->registered, first, count);
		chunk->told_end = 0;
		if (count == TERN_CHUNK_PAGES)
			chunk->advice = TERN_ADVICE_NONE;
		policy_moved(e, chunk, first, count, false, TERN_MOVED_UNMAP);
	}
}

/* The contents of an AWAY or STAGED page. */
static const char *contents(struct engine *e, struct chunk *chunk, unsigned page)
{
	if (page_state(chunk, page) == PAGE_STAGED)
		return frame_address(chunk->frames, page);
	return device_window(e, chunk, page);
}

/* @page of @chunk, AWAY or STAGED, is at @to now: its contents wait there, STAGED. */
static void remap_page(struct engine *e, struct chunk *chunk, unsigned page, uint64_t to)
{
	struct chunk *target = directory_get(&e->directory, to);
	struct frames *f = target ? frames_get(e, target, false) : NULL;
	const char *from = contents(e, chunk, page);
	if (!f || !from) {
		message("no memory: the contents of the page at %x are lost in mremap()",
			page_address(chunk, page));
		return;
	}
	unsigned at = page_index(to);
	bool first = chunk->device && bits_test(chunk->away, page);
	if (first)
		device_protect(e, chunk, page, 1);
	discard(e, target, at, 1); /* what was there has been unmapped */
	f->tables = true;
	e->host->fetch(e, frame_address(f, at), from, TERN_PAGE);
	frames_mark(e, f, at, 1);
	model_host(target, at, 1, MODEL_NONE);
	pages_set(e, target, at, 1, PAGE_STAGED);
}

static void remapped(struct engine *e, uint64_t from, uint64_t to, uint64_t bytes)
{
	struct chunk *chunk;
	if (e->watch.window)
		trace_remapped(from, to, bytes);
	for (uint64_t at = chunk_base(from);
	     (chunk = directory_next(&e->directory, at, from + bytes));
	     at = chunk->base + TERN_CHUNK) {
		unsigned first = chunk->base < from ? page_index(from) : 0;
		uint64_t stop = tern_min(from + bytes, chunk->base + TERN_CHUNK);
		unsigned count = (unsigned)((stop - page_address(chunk, first)) / TERN_PAGE);
		for (unsigned page = first; page < first + count; page++) {
			enum page_state state = page_state(chunk, page);
			if (state == PAGE_AWAY || state == PAGE_STAGED)
				remap_page(e, chunk, page, page_address(chunk, page) - from + to);
		}
		/* Read-only copies of the host's went with the mapping, protected as they are: the
		 * next write there finds them so. */
		discard(e, chunk, first, count);
		bits_clear(chunk->registered, first, count);
		chunk->told_end = 0;
	}
}

static void handle(struct engine *e, const struct uffd_msg *m)
{
	switch (m->event) {
	case UFFD_EVENT_REMOVE:
		if (!drop_is_ours(e, m->arg.remove.start, m->arg.remove.end))
			pages_removed(e, m->arg.remove.start, m->arg.remove.end, false);
		break;
	case UFFD_EVENT_UNMAP:
		pages_removed(e, m->arg.remove.start, m->arg.remove.end, true);
		break;
	case UFFD_EVENT_REMAP:
		remapped(e, m->arg.remap.from, m->arg.remap.to, m->arg.remap.len);
		break;
	default:
		break;
	}
}

static void queue(struct engine *e, const struct uffd_msg *m)
{
	uint64_t address = m->arg.pagefault.address & ~(TERN_PAGE - 1);
	struct pending *fault = pending_add(e);
	if (!fault) { /* it faults again */
		e->host->wake(e, address, TERN_PAGE);
		return;
	}
	fault->address = address;
	fault->owner = TERN_DEVMEM_NO_OWNER;
	fault->write = m->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WRITE;
	fault->protect = m->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP;
}

static void fence_end(struct engine *e)
{
	atomic_fetch_add(&e->fence, 1);
	if (atomic_load(&e->fence_waiters))
		raw_futex_wake(&e->fence, INT32_MAX);
}

unsigned events_drain(struct engine *e)
{
	struct uffd_msg messages[MESSAGES] = {0};
	unsigned total = 0;
	long n;
	do {
		atomic_fetch_add(&e->fence, 1);
		n = raw_read(e->uffd, messages, sizeof(messages));
		unsigned count = n > 0 ? (unsigned)((unsigned long)n / sizeof(messages[0])) : 0;
		for (unsigned i = 0; i < count; i++) {
			if (messages[i].event == UFFD_EVENT_PAGEFAULT)
				queue(e, &messages[i]);
			else
				handle(e, &messages[i]);
		}
		fence_end(e);
		total += count;
	} while (n == sizeof(messages)); /* less: there is no more */
	return total;
}
