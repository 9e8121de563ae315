/* SPDX-License-Identifier: MIT */
/*
 * DOC: frame slots
 *
 * A slot is 2 MiB of scratch for one chunk, at the same offsets. UFFDIO_MOVE puts the program's
 * page frames there when they leave, the device is filled from there, and on the way home the
 * contents are copied into the same frames, which are moved back: no allocation, no zeroing. Frames
 * of AWAY pages are spare. There is a limit to the pages in slots; beyond it the slots that were
 * unused the longest are emptied, but those with STAGED pages, whose contents lie nowhere else.
 *
 * Slots are registered for write-protection only (nothing is ever protected), because UFFDIO_MOVE
 * wants a registered target, and a missing page of a slot must not trap. With the program's
 * userfaultfd: so the kernel refuses a move (EAGAIN) while an event waits to be read, that is while
 * the program's page may be another than the directory believes. (take_out() has looked before
 * whether that page is registered at all, which a move does not ask.) For this, dropping a part of
 * a slot would raise an event, which the engine itself would have to read: frames are moved to a
 * graveyard, which another userfaultfd has, and are dropped there.
 */
#include "svm/internal.h"
#include "svm/pinned.h"

#define REGION_SLOTS 32u
#define SLOTS_MAX    4096u
#define PATIENCE     100000u
#define BURY_MOST    16u /* pages to drop by the graveyard; more at once are unregistered first */

struct frame_region {
	struct frame_region *next;
	void *memory;
	struct frames slots[REGION_SLOTS];
};
#define REGION_BYTES ((REGION_SLOTS + 1) * TERN_CHUNK)

/* Locked memory, too: a program may have called mlockall(). */
static void free_pages(uintptr_t at, uint64_t bytes)
{
	if (raw_madvise(at, bytes, MADV_DONTNEED) == -EINVAL)
		raw_madvise(at, bytes, MADV_DONTNEED_LOCKED);
}

int frames_init(struct engine *e)
{
	tern_list_init(&e->pool.used);
	tern_list_init(&e->pool.unused);
	e->pool.limit = ((uint64_t)32 << 20) / TERN_PAGE;
	if (!e->move || e->host->simulated)
		return 0;
	e->pool.grave = tern_pinned_alloc(TERN_CHUNK);
	if (!e->pool.grave)
		return -ENOMEM;
	e->pool.buried = TERN_CHUNK_PAGES; /* used before, it has pages */
	return (int)uffd_register(e->grave_uffd, (uintptr_t)e->pool.grave, TERN_CHUNK,
				  UFFDIO_REGISTER_MODE_WP);
}

void frames_finish(struct engine *e)
{
	struct frame_region *region;
	if (e->pool.grave) {
		uffd_unregister(e->grave_uffd, (uintptr_t)e->pool.grave, TERN_CHUNK);
		free_pages((uintptr_t)e->pool.grave, TERN_CHUNK);
		tern_pinned_free(e->pool.grave, TERN_CHUNK);
		e->pool.grave = NULL;
	}
	while ((region = e->pool.regions)) {
		e->pool.regions = region->next;
		if (e->uffd >= 0) /* else it is closed, and nothing is registered */
			uffd_unregister(e->uffd, (uintptr_t)region->slots[0].base,
					REGION_SLOTS * TERN_CHUNK);
		if (region->memory) {
			free_pages((uintptr_t)region->memory, REGION_BYTES);
			tern_pinned_free(region->memory, REGION_BYTES);
		}
		tern_pinned_free(region, sizeof(*region));
	}
}

static void add_region(struct engine *e, struct frame_region *region, char *base)
{
	region->next = e->pool.regions;
	e->pool.regions = region;
	for (unsigned i = 0; i < REGION_SLOTS; i++) {
		region->slots[i].base = base + i * TERN_CHUNK;
		tern_list_append(&e->pool.unused, &region->slots[i].link);
	}
	e->pool.slots += REGION_SLOTS;
}

static bool grow(struct engine *e)
{
	if (e->pool.slots >= SLOTS_MAX)
		return false;
	struct frame_region *region = tern_pinned_alloc(sizeof(*region));
	if (region && e->host->simulated) {
		add_region(e, region, (char *)TERN_CHUNK);
		return true;
	}
	void *memory = region ? tern_pinned_alloc(REGION_BYTES) : NULL;
	if (!memory) {
		tern_pinned_free(region, sizeof(*region));
		return false;
	}
	char *base = (char *)tern_round_up((size_t)memory, TERN_CHUNK);
	free_pages((uintptr_t)base, REGION_SLOTS * TERN_CHUNK); /* used before, it has pages */
	if (e->move && uffd_register(e->uffd, (uintptr_t)base, REGION_SLOTS * TERN_CHUNK,
				     UFFDIO_REGISTER_MODE_WP)) {
		tern_pinned_free(memory, REGION_BYTES);
		tern_pinned_free(region, sizeof(*region));
		return false;
	}
	region->memory = memory;
	add_region(e, region, base);
	return true;
}

void frames_mark(struct engine *e, struct frames *f, unsigned first, unsigned count)
{
	e->pool.pages += count - bits_count(f->present, first, count);
	bits_fill(f->present, first, count);
}

void frames_unmark(struct engine *e, struct frames *f, unsigned first, unsigned count)
{
	e->pool.pages -= bits_count(f->present, first, count);
	bits_clear(f->present, first, count);
}

/* Pages moved, from the first on; holes count. */
static unsigned bury(struct engine *e, uintptr_t from, unsigned count)
{
	struct frame_pool *pool = &e->pool;
	if (pool->buried + count > TERN_CHUNK_PAGES) {
		free_pages((uintptr_t)pool->grave, TERN_CHUNK);
		pool->buried = 0;
	}
	int64_t r = uffd_move(e->grave_uffd, (uintptr_t)pool->grave + pool->buried * TERN_PAGE,
			      from, count * TERN_PAGE, UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES);
	if (r <= 0) {
		pool->buried = TERN_CHUNK_PAGES; /* to be emptied first, next time */
		return 0;
	}
	pool->buried += (unsigned)((uint64_t)r / TERN_PAGE);
	return (unsigned)((uint64_t)r / TERN_PAGE);
}

/* Registering again what was: the parts are mappings already, and what hinders it passes. */
static void register_slots(struct engine *e, uintptr_t at, uint64_t bytes)
{
	for (unsigned i = 0; i < PATIENCE; i++) {
		long r = uffd_register(e->uffd, at, bytes, UFFDIO_REGISTER_MODE_WP);
		if (r != -ENOMEM && r != -EAGAIN)
			return;
		raw_yield();
	}
}

/* Splits a mapping of the kernel's, of which a program may have all that it may have: then false.
 */
static bool drop_unregistered(struct engine *e, uintptr_t at, uint64_t bytes)
{
	if (uffd_unregister(e->uffd, at, bytes))
		return false;
	free_pages(at, bytes);
	register_slots(e, at, bytes);
	return true;
}

/* Without an event. */
static void drop(struct engine *e, uintptr_t at, unsigned count)
{
	if (e->host->simulated)
		return;
	if (!e->move) {
		free_pages(at, count * TERN_PAGE);
		return;
	}
	if (count > BURY_MOST && drop_unregistered(e, at, count * TERN_PAGE))
		return;
	for (unsigned tries = 0; count && tries < PATIENCE; tries++) {
		unsigned buried = bury(e, at, tern_min(count, BURY_MOST));
		at += buried * TERN_PAGE;
		count -= buried;
		if (!buried && drop_unregistered(e, at, count * TERN_PAGE))
			return;
	}
}

void frames_clear(struct engine *e, struct frames *f, unsigned first, unsigned count)
{
	drop(e, (uintptr_t)frame_address(f, first), count);
	frames_unmark(e, f, first, count);
}

/* Takes the slot from its chunk. */
static void release(struct engine *e, struct frames *f)
{
	if (bits_next(f->present, 0, TERN_CHUNK_PAGES) < TERN_CHUNK_PAGES)
		frames_clear(e, f, 0, TERN_CHUNK_PAGES);
	f->chunk->frames = NULL;
	f->chunk = NULL;
	tern_list_remove(&f->link);
	tern_list_append(&e->pool.unused, &f->link);
}

static struct frames *oldest(struct engine *e, const struct chunk *keep)
{
	struct tern_list *at;
	tern_list_for_each (at, &e->pool.used) {
		struct frames *f = tern_list_entry(at, struct frames, link);
		if (f->chunk && f->chunk != keep && tern_list_empty(&f->chunk->staged_link))
			return f;
	}
	return NULL;
}

void frames_trim(struct engine *e, const struct chunk *keep)
{
	struct frames *f;
	while (e->pool.pages > e->pool.limit && (f = oldest(e, keep)))
		release(e, f);
}

/* Fresh address space in its place: only where there is no page table a huge page can be moved as
 * one. */
static void renew(struct engine *e, struct frames *f)
{
	uintptr_t at = (uintptr_t)f->base;
	if (e->host->simulated)
		return;
	if (e->move && uffd_unregister(e->uffd, at, TERN_CHUNK))
		return;
	long r = raw_mmap(at, TERN_CHUNK, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (r == (long)at) {
		raw_madvise(at, TERN_CHUNK, MADV_WIPEONFORK);
		raw_madvise(at, TERN_CHUNK, MADV_DONTDUMP);
		f->tables = false;
	}
	if (e->move)
		register_slots(e, at, TERN_CHUNK);
}

struct frames *frames_get(struct engine *e, struct chunk *chunk, bool whole)
{
	struct frames *f = chunk->frames;
	if (!f) {
		if (tern_list_empty(&e->pool.unused) && !grow(e)) {
			f = oldest(e, chunk);
			if (!f)
				return NULL;
			release(e, f);
		}
		f = tern_list_entry(e->pool.unused.next, struct frames, link);
		if (whole && f->tables)
			renew(e, f);
		f->chunk = chunk;
		chunk->frames = f;
	}
	tern_list_remove(&f->link);
	tern_list_append(&e->pool.used, &f->link);
	frames_trim(e, chunk);
	return f;
}
