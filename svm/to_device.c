/* SPDX-License-Identifier: MIT */
/* Pages that a device gets. See engine.h for the transitions. */
#include "svm/internal.h"

/* A run's way: what came of each step is in the directory, so a failure needs no undoing. */
static int fill_away(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		     const char *from, bool writable)
{
	while (count) {
		int64_t n = device_fill(e, chunk, first, count, from, writable);
		if (n < 0)
			return (int)n;
		pages_set(e, chunk, first, (unsigned)n, PAGE_AWAY);
		if (!writable)
			bits_fill(chunk->readonly, first, (unsigned)n);
		pages_hold(e, chunk, first, (unsigned)n, true, e->hold_us, true);
		account(e, chunk, from ? STAT(pages_to_device) : STAT(pages_zeroed), (uint64_t)n);
		trace_moved(e, chunk, first, (unsigned)n,
			    from ? TERN_TRACE_TO_DEVICE : TERN_TRACE_ZEROED);
		if (from)
			from += (size_t)n * TERN_PAGE;
		first += (unsigned)n;
		count -= (unsigned)n;
	}
	return 0;
}

static int fill_staged(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		       bool contents)
{
	unsigned end = first + count;
	for (unsigned at = first; (at = bits_next(chunk->staged, at, end)) < end;) {
		unsigned stop = bits_next_clear(chunk->staged, at, end);
		model_host(chunk, at, stop - at, MODEL_NONE);
		int error = fill_away(e, chunk, at, stop - at,
				      contents ? frame_address(chunk->frames, at) : NULL, true);
		if (error)
			return error;
		at = stop;
	}
	return 0;
}

int give_staged(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	return fill_staged(e, chunk, first, count, true);
}

static int fill_holes(struct engine *e, struct chunk *chunk, uint64_t *holes, bool writable)
{
	tern_page_bits home; /* an event may have brought contents for a hole, or unmapped it */
	chunk_pages(chunk, PAGE_HOME, home);
	for (unsigned w = 0; w < BITS_WORDS; w++)
		holes[w] &= home[w] & chunk->registered[w];
	for (unsigned at = 0; (at = bits_next(holes, at, TERN_CHUNK_PAGES)) < TERN_CHUNK_PAGES;) {
		unsigned stop = bits_next_clear(holes, at, TERN_CHUNK_PAGES);
		model_host(chunk, at, stop - at, MODEL_NONE); /* what is missing traps */
		int error = fill_away(e, chunk, at, stop - at, NULL, writable);
		if (error) {
			for (unsigned i = at; i < stop; i++)
				if (page_state(chunk, i) == PAGE_HOME)
					model_host(chunk, i, 1, MODEL_WRITE);
			return error;
		}
		at = stop;
	}
	return 0;
}

int give_exclusive(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		   bool contents)
{
	tern_page_bits home, holes = {0};
	unsigned end = first + count;
	int error = 0;
	for (unsigned at = first; !error;) {
		chunk_pages(chunk, PAGE_HOME, home);
		at = bits_next(home, at, end);
		if (at == end)
			break;
		unsigned stop = bits_next_clear(home, at, end);
		error = take_out(e, chunk, at, stop - at, holes);
		at = stop;
	}
	/* What was taken goes on, whatever hindered the rest. */
	int filled = fill_staged(e, chunk, first, count, contents);
	if (!filled && e->assumed)
		return bits_next(holes, first, end) < end ? -EXDEV : error;
	if (!filled)
		filled = fill_holes(e, chunk, holes, true);
	return filled ? filled : error;
}

/* The host's copies go; what the device has becomes the only one. */
static void upgraded(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	for (unsigned at = first; at < first + count; at++)
		if (page_state(chunk, at) == PAGE_SHARED) {
			model_host(chunk, at, 1, MODEL_NONE);
			pages_set(e, chunk, at, 1, PAGE_AWAY);
		}
	pages_hold(e, chunk, first, count, true, e->hold_us, true);
	unsigned end = first + count;
	for (unsigned at = first; (at = bits_next(chunk->away, at, end)) < end;) {
		unsigned stop = bits_next_clear(chunk->away, at, end);
		device_unprotect(e, chunk, at, stop - at);
		at = stop;
	}
}

/* UFFDIO_MOVE will not take the page, and not because of an event: it is to be dropped. */
static bool is_refusal(struct engine *e, struct chunk *chunk, unsigned at, int64_t r)
{
	return r == -EINVAL || r == -EBUSY ||
	       (r == -EAGAIN && stubborn(e, page_address(chunk, at)) &&
		!protect_host(e, chunk, at, 1, true));
}

static int upgrade_step(struct engine *e, struct chunk *chunk, unsigned at, unsigned count)
{
	struct frames *f = chunk->frames;
	int64_t r = e->move ? e->host->take(e, frame_address(f, at), page_address(chunk, at),
					    count * TERN_PAGE)
			    : -EINVAL;
	f->tables = true;
	unsigned n = count;
	if (r > 0) {
		n = (unsigned)((uint64_t)r / TERN_PAGE);
		frames_mark(e, f, at, n);
	} else if (r == -EEXIST) {
		frames_clear(e, f, at, 1);
		return 0;
	} else if (r == -ENOENT) {
		if (quiet(e, page_address(chunk, at)))
			return -EAGAIN;
		n = 1;
	} else if (is_refusal(e, chunk, at, r)) {
		if (e->assumed)
			return -EXDEV;
		account(e, chunk, STAT(fallback), n);
		int error = drop_host(e, chunk, at, n);
		if (error && error != -ENOMEM) /* that: some of it has been unmapped meanwhile */
			return error;
	} else {
		account(e, chunk, STAT(retried), 1);
		return -EAGAIN;
	}
	upgraded(e, chunk, at, n);
	return (int)n;
}

int give_upgrade(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	unsigned end = first + count;
	for (unsigned at = first; (at = bits_next(chunk->shared, at, end)) < end;) {
		unsigned stop = bits_next_clear(chunk->shared, at, end);
		struct frames *f = frames_get(e, chunk, false);
		if (!f)
			return -ENOMEM;
		if (bits_count(f->present, at, stop - at))
			frames_clear(e, f, at, stop - at);
		int error = protect_host(e, chunk, at, 1, true); /* see take_out() */
		if (error)
			return error;
		int n = upgrade_step(e, chunk, at, stop - at);
		if (n < 0)
			return n;
		at += (unsigned)n;
	}
	return 0;
}

/* The host's pages are write-protected. Pages dealt with, or -errno. */
static int share_step(struct engine *e, struct chunk *chunk, unsigned at, unsigned count,
		      uint64_t *holes)
{
	unsigned n = read_host(e, chunk, at, count, e->bounce);
	if (!n) {
		model_host(chunk, at, 1, MODEL_WRITE);
		bits_fill(holes, at, 1);
		return 1;
	}
	int64_t filled = device_fill(e, chunk, at, n, e->bounce, false);
	if (filled < 0)
		return (int)filled;
	pages_set(e, chunk, at, (unsigned)filled, PAGE_SHARED);
	pages_hold(e, chunk, at, (unsigned)filled, true, e->hold_us, true);
	account(e, chunk, STAT(pages_to_device), (uint64_t)filled);
	trace_moved(e, chunk, at, (unsigned)filled, TERN_TRACE_COPIED_TO_DEVICE);
	return (int)filled;
}

static int share_run(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		     uint64_t *holes)
{
	int error = protect_host(e, chunk, first, count, true);
	if (error)
		return error;
	model_host(chunk, first, count, MODEL_READ);
	for (unsigned at = first; at < first + count;) {
		int n = share_step(e, chunk, at, first + count - at, holes);
		if (n < 0) { /* a protected HOME page is unprotected at the host's next write */
			model_host(chunk, at, first + count - at, MODEL_WRITE);
			e->host->protect(e, page_address(chunk, at),
					 (first + count - at) * TERN_PAGE, 0);
			return n;
		}
		at += (unsigned)n;
	}
	return 0;
}

int give_shared(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	tern_page_bits home, holes = {0};
	unsigned end = first + count;
	chunk_pages(chunk, PAGE_HOME, home);
	for (unsigned at = first; (at = bits_next(home, at, end)) < end;) {
		unsigned stop = bits_next_clear(home, at, end);
		int error = share_run(e, chunk, at, stop - at, holes);
		if (error)
			return error;
		at = stop;
	}
	unsigned hole = bits_next(holes, first, end);
	if (hole == end)
		return 0;
	if (quiet(e, page_address(chunk, hole)))
		return -EAGAIN;
	/* Read-only for the device: a write is looked at anew, as the mapping may forbid it. */
	return fill_holes(e, chunk, holes, false);
}

int give_snapshot(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	unsigned n = read_host(e, chunk, first, count, e->bounce);
	if (!n)
		return -EFAULT;
	model_host(chunk, first, n, MODEL_READ);
	/* Before the device goes on: its program's next fence must know. */
	atomic_store(&e->any_snapshots, e->snapshots + n);
	int64_t filled = device_fill(e, chunk, first, n, e->bounce, false);
	if (filled < 0) {
		atomic_store(&e->any_snapshots, e->snapshots);
		return (int)filled;
	}
	pages_snapshot(e, chunk, first, (unsigned)filled, true);
	account(e, chunk, STAT(pages_to_device), (uint64_t)filled);
	trace_moved(e, chunk, first, (unsigned)filled, TERN_TRACE_COPIED_TO_DEVICE);
	return 0;
}
