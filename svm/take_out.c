/* SPDX-License-Identifier: MIT */
/*
 * From HOME to STAGED: the program's pages are taken away from it, into the chunk's slot. By
 * UFFDIO_MOVE, which takes them atomically; by write-protection, a copy and a drop where that is
 * not there or refuses.
 */
#include "svm/internal.h"

#define FALLBACK_PAGES 64u /* after a refusal that may concern some pages only */
#define STUBBORN       10000u
#define COPIES         64u /* tries of a page that is stubborn, before it is moved again */
#define MISSES         4u  /* holes found one by one before the page table is asked */

#define PAGEMAP_THERE ((uint64_t)3 << 62) /* present or in swap */

/*
 * While mremap() or munmap() is between its deed and its event, what looks like a hole may be a
 * page whose contents the directory has under another address. The kernel then answers EAGAIN.
 */
int quiet(struct engine *e, uint64_t address)
{
	return (int)e->host->protect(e, address, TERN_PAGE, UFFDIO_WRITEPROTECT_MODE_DONTWAKE);
}

int protect_host(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool on)
{
	long r = e->host->protect(e, page_address(chunk, first), count * TERN_PAGE,
				  on ? UFFDIO_WRITEPROTECT_MODE_WP
				     : UFFDIO_WRITEPROTECT_MODE_DONTWAKE);
	if (!r)
		return 0;
	account(e, chunk, STAT(retried), 1);
	if (r == -ENOENT) { /* another mapping is there now, or several */
		bits_clear(chunk->registered, first, count);
		r = -EAGAIN;
	}
	return (int)r;
}

bool host_has(struct engine *e, uint64_t address)
{
	uint64_t *entry = (uint64_t *)e->bounce;
	long n = e->host->entries(e, address, 1, entry);
	return n == sizeof(*entry) && (*entry & PAGEMAP_THERE);
}

unsigned read_host(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, void *to)
{
	long n = e->host->read(e, page_address(chunk, first), count * TERN_PAGE, to);
	return n <= 0 ? 0 : (unsigned)((uint64_t)n / TERN_PAGE);
}

/* Marks in @holes what the page table has nothing for. */
static void find_holes(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		       uint64_t *holes)
{
	uint64_t *entries = (uint64_t *)e->bounce;
	long n = e->host->entries(e, page_address(chunk, first), count, entries);
	for (unsigned i = 0; n > 0 && i < (unsigned long)n / sizeof(*entries); i++)
		if (!(entries[i] & PAGEMAP_THERE))
			bits_fill(holes, first + i, 1);
}

static void staged(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	frames_mark(e, chunk->frames, first, count);
	pages_set(e, chunk, first, count, PAGE_STAGED);
}

/* They have not been dropped, so the host has them. */
static void unstage(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		if (page_state(chunk, i) == PAGE_STAGED) {
			pages_set(e, chunk, i, 1, PAGE_HOME);
			model_host(chunk, i, 1, MODEL_WRITE);
		}
}

/* Up to the first pages that are there, and those: how many, or -errno. Events have been handled
 * when it returns. */
static int copy_out(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		    uint64_t *holes)
{
	int error = protect_host(e, chunk, first, count, true);
	if (error)
		return error;
	struct frames *f = frames_get(e, chunk, false);
	if (!f)
		return -ENOMEM;
	f->tables = true;
	unsigned at = first, end = first + count, n = 0;
	for (; at < end && !(n = read_host(e, chunk, at, end - at, frame_address(f, at))); at++)
		bits_fill(holes, at, 1);
	if (at == end)
		return (int)count;
	account(e, chunk, STAT(fallback), n);
	model_host(chunk, at, n, MODEL_READ);
	staged(e, chunk, at, n);
	error = drop_host(e, chunk, at, n);
	if (error == -ENOMEM)
		return -EAGAIN;
	if (error) {
		unstage(e, chunk, at, n);
		return error;
	}
	return (int)(at + n - first);
}

/* Pages that fall together are counted together: one that is copied in vain is no harm, and there
 * may be as many stubborn ones as faults. */
bool stubborn(struct engine *e, uint64_t address)
{
	uint16_t *count = &e->put_off[address / TERN_PAGE % PUT_OFF_SLOTS];
	*count = (uint16_t)((*count + 1u) % (STUBBORN + COPIES));
	return *count >= STUBBORN;
}

/* Where UFFDIO_MOVE said @why: pages dealt with, or -errno. */
static int refused(struct engine *e, struct chunk *chunk, unsigned at, unsigned count, int64_t why,
		   uint64_t *holes)
{
	/* EBUSY: shared by copy-on-write, pinned. EINVAL: locked, executable, no UFFDIO_MOVE; the
	 * same for all of the mapping. */
	unsigned n = why == -EBUSY ? tern_min(count, FALLBACK_PAGES) : count;
	return copy_out(e, chunk, at, n, holes);
}

/* One step of take_out() at @at: pages dealt with, or -errno. */
static int move_out(struct engine *e, struct chunk *chunk, unsigned at, unsigned count,
		    uint64_t *holes)
{
	struct frames *f = frames_get(e, chunk, count == TERN_CHUNK_PAGES);
	if (!f)
		return -ENOMEM;
	int64_t r = e->move ? e->host->take(e, frame_address(f, at), page_address(chunk, at),
					    count * TERN_PAGE)
			    : -EINVAL;
	if (count < TERN_CHUNK_PAGES || r < (int64_t)TERN_CHUNK)
		f->tables = true;
	if (r > 0) {
		unsigned n = (unsigned)((uint64_t)r / TERN_PAGE);
		model_host(chunk, at, n, MODEL_NONE);
		staged(e, chunk, at, n);
		return (int)n;
	}
	switch (r) {
	case -ENOENT:
		bits_fill(holes, at, 1);
		return 1;
	case -EEXIST:
		if (page_state(chunk, at) == PAGE_STAGED) /* mremap() brought it just now */
			return 1;
		frames_clear(e, f, at, 1);
		return 0;
	case -EINVAL: /* also: may not be written */
	case -EBUSY:
		return e->assumed ? -EXDEV : refused(e, chunk, at, count, r, holes);
	default: /* busy for a moment, or unmapped meanwhile: an event will tell */
		account(e, chunk, STAT(retried), 1);
		if (!stubborn(e, page_address(chunk, at)))
			return -EAGAIN;
		return e->assumed ? -EXDEV : refused(e, chunk, at, 1, r, holes);
	}
}

/* Frames of an earlier stay that never were needed again. */
static void clear_stale(struct engine *e, struct frames *f, unsigned first, unsigned count)
{
	unsigned end = first + count;
	for (unsigned at = first; (at = bits_next(f->present, at, end)) < end;) {
		unsigned stop = bits_next_clear(f->present, at, end);
		frames_clear(e, f, at, stop - at);
		at = stop;
	}
}

/* Up to where the pages from @at on still are what they were: events have been handled. */
static unsigned unchanged(const struct chunk *chunk, unsigned at, unsigned end)
{
	tern_page_bits home;
	chunk_pages(chunk, PAGE_HOME, home);
	end = bits_next_clear(home, at, end);
	return bits_next_clear(chunk->registered, at, end);
}

int take_out(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, uint64_t *holes)
{
	struct frames *f = frames_get(e, chunk, count == TERN_CHUNK_PAGES);
	if (!f)
		return -ENOMEM;
	/* A move asks no questions about where it takes from: a mapping that has come in place of
	 * one that was registered, without an event (shmat() with SHM_REMAP), is found here. */
	int error = protect_host(e, chunk, first, 1, false);
	if (error)
		return error;
	clear_stale(e, f, first, count);
	unsigned at = first, end = first + count, misses = 0;
	tern_page_bits found = {0};
	while ((at = bits_next_clear(found, at, end)) < end) {
		if (misses == MISSES) {
			find_holes(e, chunk, at, end - at, found);
			misses++;
		}
		unsigned stop = bits_next(found, at, end);
		if (stop == at) {
			misses++;
			continue;
		}
		int n = move_out(e, chunk, at, stop - at, found);
		if (n < 0) {
			error = n;
			break;
		}
		misses += n == 1;
		at += (unsigned)n;
		end = unchanged(chunk, at, end);
	}
	end = first + count;
	if (bits_next(found, first, end) == end)
		return error;
	if (quiet(e, page_address(chunk, bits_next(found, first, end))))
		return -EAGAIN;
	for (unsigned w = 0; w < BITS_WORDS; w++)
		holes[w] |= found[w];
	return error;
}
