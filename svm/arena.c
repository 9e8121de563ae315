/* SPDX-License-Identifier: MIT */
#include "svm/arena.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"

#define PAGE  TERN_ARENA_PAGE
#define WORDS (TERN_ARENA_SPAN / TERN_ARENA_GRANULE / 64)

enum extent_state {
	EXTENT_USED,
	EXTENT_CLEAN, /* free, without memory */
	EXTENT_DIRTY, /* free, in the list of the dirty ones */
	EXTENT_TAKEN, /* out for cleaning */
};

struct span;

struct tern_arena_extent {
	struct tern_itree_node at;  /* in by_address */
	struct tern_itree_node fit; /* free: in by_length, a point at the length */
	struct tern_list age;       /* dirty: by age; a span with a free slot: of its class */
	enum extent_state state;
	struct span *span; /* used for small pieces, or NULL */
};

struct span {
	size_t slot; /* bytes */
	unsigned class, slots, free;
	uint64_t map[WORDS]; /* 1: a free slot */
};

typedef struct tern_arena_extent extent;

static size_t length_of(const extent *e)
{
	return e->at.last - e->at.start + 1;
}

static extent *extent_at(const struct tern_arena *arena, uintptr_t at)
{
	struct tern_itree_node *n = tern_itree_first(&arena->by_address, at, at);
	return n ? tern_container_of(n, extent, at) : NULL;
}

static bool is_free(const extent *e)
{
	return e->state == EXTENT_CLEAN || e->state == EXTENT_DIRTY;
}

/* Out of the trees of what is free; the state is then the caller's to set. */
static void unlink_free(struct tern_arena *arena, extent *e)
{
	tern_itree_remove(&arena->by_length, &e->fit);
	if (e->state != EXTENT_DIRTY)
		return;
	tern_list_remove(&e->age);
	arena->dirty_bytes -= length_of(e);
}

static void link_free(struct tern_arena *arena, extent *e, enum extent_state state)
{
	e->state = state;
	e->fit.start = e->fit.last = length_of(e);
	tern_itree_insert(&arena->by_length, &e->fit);
	if (state != EXTENT_DIRTY)
		return;
	tern_list_append(&arena->dirty, &e->age);
	arena->dirty_bytes += length_of(e);
}

static void place(struct tern_arena *arena, extent *e, uintptr_t start, uintptr_t last)
{
	e->at.start = start;
	e->at.last = last;
	tern_itree_insert(&arena->by_address, &e->at);
}

/* @e, in by_address only, becomes free and takes in its neighbours of the same kind. */
static void join(struct tern_arena *arena, extent *e, enum extent_state state)
{
	uintptr_t start = e->at.start, last = e->at.last;
	extent *before = start ? extent_at(arena, start - 1) : NULL;
	extent *after = last < UINTPTR_MAX ? extent_at(arena, last + 1) : NULL;
	extent *others[2] = {before, after};
	tern_itree_remove(&arena->by_address, &e->at);
	for (unsigned i = 0; i < 2; i++) {
		extent *o = others[i];
		if (!o || o->state != state)
			continue;
		unlink_free(arena, o);
		tern_itree_remove(&arena->by_address, &o->at);
		start = tern_min(start, o->at.start);
		last = tern_max(last, o->at.last);
		tern_free(o);
	}
	place(arena, e, start, last);
	link_free(arena, e, state);
}

static extent *new_extent(void)
{
	extent *e = tern_zalloc(sizeof(*e));
	if (e)
		tern_list_init(&e->age);
	return e;
}

void tern_arena_init(struct tern_arena *arena, size_t small_most)
{
	*arena = (struct tern_arena){.small_most = small_most};
	tern_list_init(&arena->dirty);
	for (unsigned i = 0; i < TERN_ARENA_CLASSES; i++)
		tern_list_init(&arena->partial[i]);
}

void tern_arena_finish(struct tern_arena *arena)
{
	struct tern_itree_node *n;
	while ((n = arena->by_address.root)) {
		extent *e = tern_container_of(n, extent, at);
		tern_itree_remove(&arena->by_address, n);
		tern_free(e->span);
		tern_free(e);
	}
	tern_arena_init(arena, arena->small_most);
}

int tern_arena_add(struct tern_arena *arena, void *base, size_t bytes)
{
	extent *e = new_extent();
	if (!e)
		return -ENOMEM;
	place(arena, e, (uintptr_t)base, (uintptr_t)base + bytes - 1);
	link_free(arena, e, EXTENT_CLEAN);
	return 0;
}

/* The shortest free extent of at least @length bytes, or NULL. */
static extent *shortest(const struct tern_arena *arena, size_t length)
{
	struct tern_itree_node *n = tern_itree_first(&arena->by_length, length, UINTPTR_MAX);
	return n ? tern_container_of(n, extent, fit) : NULL;
}

static uintptr_t aligned_start(const extent *e, size_t align)
{
	return tern_round_up(e->at.start, align);
}

static bool fits(const extent *e, size_t length, size_t align)
{
	uintptr_t start = aligned_start(e, align);
	return start >= e->at.start && start <= e->at.last && e->at.last - start >= length - 1;
}

static extent *best_fit(const struct tern_arena *arena, size_t length, size_t align)
{
	extent *e = shortest(arena, length);
	if (!e || fits(e, length, align))
		return e;
	return length > SIZE_MAX - align ? NULL : shortest(arena, length + align - PAGE);
}

/* Puts what remains of a free extent back as one of the same state; @rest: NULL when nothing does.
 */
static void put_rest(struct tern_arena *arena, extent *rest, uintptr_t start, uintptr_t end,
		     enum extent_state state)
{
	if (!rest)
		return;
	place(arena, rest, start, end - 1);
	link_free(arena, rest, state);
}

/* An extent of @length bytes, a multiple of a page; @align: at least a page. */
static int take(struct tern_arena *arena, size_t length, size_t align, extent **out)
{
	extent *e = best_fit(arena, length, align);
	if (!e)
		return -ENOSPC;
	uintptr_t start = e->at.start, end = e->at.last + 1, at = aligned_start(e, align);
	enum extent_state state = e->state;
	extent *front = NULL, *back = NULL;
	if (at != start && !(front = new_extent()))
		return -ENOMEM;
	if (at + length != end && !(back = new_extent())) {
		tern_free(front);
		return -ENOMEM;
	}
	unlink_free(arena, e);
	tern_itree_remove(&arena->by_address, &e->at);
	e->state = EXTENT_USED;
	place(arena, e, at, at + length - 1);
	put_rest(arena, front, start, at, state);
	put_rest(arena, back, at + length, end, state);
	*out = e;
	return 0;
}

/*
 * Slot sizes in granules: 1 to 8, then four for each doubling: 10, 12, 14, 16, 20, … All powers of
 * two are among them.
 */
static unsigned class_of(size_t size, size_t *slot)
{
	size_t granules = (size + TERN_ARENA_GRANULE - 1) / TERN_ARENA_GRANULE;
	if (granules <= 8) {
		*slot = granules * TERN_ARENA_GRANULE;
		return (unsigned)granules - 1;
	}
	size_t most = granules - 1;
	unsigned bit = 63 - (unsigned)__builtin_clzll(most);
	size_t quarter = most >> (bit - 2);
	*slot = ((quarter + 1) << (bit - 2)) * TERN_ARENA_GRANULE;
	return 8 + (bit - 3) * 4 + (unsigned)(quarter & 3);
}

static size_t next_power_of_two(size_t n)
{
	return n <= 1 ? 1 : (size_t)1 << (64 - __builtin_clzll(n - 1));
}

static int new_span(struct tern_arena *arena, unsigned class, size_t slot, extent **out)
{
	struct span *span = tern_zalloc(sizeof(*span));
	if (!span)
		return -ENOMEM;
	int error = take(arena, TERN_ARENA_SPAN, TERN_ARENA_SPAN, out);
	if (error) {
		tern_free(span);
		return error;
	}
	span->slot = slot;
	span->class = class;
	span->slots = span->free = (unsigned)(TERN_ARENA_SPAN / slot);
	for (unsigned i = 0; i < span->slots; i++)
		span->map[i / 64] |= UINT64_C(1) << (i % 64);
	(*out)->span = span;
	tern_list_append(&arena->partial[class], &(*out)->age);
	return 0;
}

static int alloc_small(struct tern_arena *arena, size_t size, void **out)
{
	size_t slot;
	unsigned class = class_of(size, &slot);
	struct tern_list *list = &arena->partial[class];
	extent *e;
	if (tern_list_empty(list)) {
		int error = new_span(arena, class, slot, &e);
		if (error)
			return error;
	} else {
		e = tern_list_entry(list->next, extent, age);
	}
	struct span *span = e->span;
	unsigned word = 0;
	while (!span->map[word])
		word++;
	unsigned bit = (unsigned)__builtin_ctzll(span->map[word]);
	span->map[word] &= span->map[word] - 1;
	if (!--span->free)
		tern_list_remove(&e->age);
	*out = (char *)e->at.start + (word * 64 + bit) * slot;
	return 0;
}

int tern_arena_alloc(struct tern_arena *arena, size_t size, size_t align, void **out)
{
	if (!align)
		align = TERN_ARENA_GRANULE;
	/* A slot whose size is a power of two lies at a multiple of it. */
	size_t small = align > TERN_ARENA_GRANULE && size <= TERN_ARENA_SMALL
			       ? next_power_of_two(tern_max(size, align))
			       : size;
	if (small <= arena->small_most)
		return alloc_small(arena, small, out);
	if (size > SIZE_MAX - PAGE)
		return -ENOSPC;
	extent *e;
	int error = take(arena, tern_round_up(size, PAGE), tern_max(align, PAGE), &e);
	if (!error)
		*out = (void *)e->at.start;
	return error;
}

/* All slots of @e are free. */
static void retire(struct tern_arena *arena, extent *e)
{
	tern_list_remove(&e->age);
	tern_free(e->span);
	e->span = NULL;
	join(arena, e, EXTENT_DIRTY);
}

static void free_small(struct tern_arena *arena, extent *e, const void *p)
{
	struct span *span = e->span;
	struct tern_list *list = &arena->partial[span->class];
	unsigned i = (unsigned)(((uintptr_t)p - e->at.start) / span->slot);
	span->map[i / 64] |= UINT64_C(1) << (i % 64);
	if (!span->free++)
		tern_list_append(list, &e->age);
	/* The last one of its class with a free slot stays: the next piece will want it. */
	if (span->free == span->slots && list->next->next != list)
		retire(arena, e);
}

void tern_arena_free(struct tern_arena *arena, void *p)
{
	extent *e = extent_at(arena, (uintptr_t)p);
	if (e->span)
		free_small(arena, e, p);
	else
		join(arena, e, EXTENT_DIRTY);
}

bool tern_arena_take_dirty(struct tern_arena *arena, size_t keep, struct tern_arena_piece *out)
{
	if (arena->dirty_bytes <= keep)
		return false;
	extent *e = tern_list_entry(arena->dirty.next, extent, age);
	unlink_free(arena, e);
	e->state = EXTENT_TAKEN;
	*out = (struct tern_arena_piece){(char *)e->at.start, length_of(e), e};
	return true;
}

void tern_arena_give_clean(struct tern_arena *arena, struct tern_arena_extent *e)
{
	join(arena, e, EXTENT_CLEAN);
}

static extent *taken(const struct tern_arena *arena)
{
	struct tern_itree_node *n = tern_itree_first(&arena->by_address, 0, UINTPTR_MAX);
	while (n && tern_container_of(n, extent, at)->state != EXTENT_TAKEN)
		n = tern_itree_next(&arena->by_address, n, 0, UINTPTR_MAX);
	return n ? tern_container_of(n, extent, at) : NULL;
}

void tern_arena_forked(struct tern_arena *arena)
{
	extent *e;
	while ((e = taken(arena)))
		join(arena, e, EXTENT_DIRTY);
}

bool tern_arena_next_used(const struct tern_arena *arena, uintptr_t from, uintptr_t *base,
			  size_t *length)
{
	struct tern_itree_node *n = tern_itree_first(&arena->by_address, from, UINTPTR_MAX);
	for (; n; n = tern_itree_next(&arena->by_address, n, from, UINTPTR_MAX)) {
		const extent *e = tern_container_of(n, extent, at);
		if (e->state != EXTENT_USED || e->at.start < from)
			continue;
		*base = e->at.start;
		*length = length_of(e);
		return true;
	}
	return false;
}

static bool check_span(const struct span *span)
{
	unsigned free = 0;
	for (unsigned i = 0; i < WORDS; i++)
		free += (unsigned)__builtin_popcountll(span->map[i]);
	return free == span->free && free <= span->slots;
}

bool tern_arena_check(const struct tern_arena *arena)
{
	size_t dirty = 0;
	const extent *before = NULL;
	struct tern_itree_node *n = tern_itree_first(&arena->by_address, 0, UINTPTR_MAX);
	for (; n; n = tern_itree_next(&arena->by_address, n, 0, UINTPTR_MAX)) {
		const extent *e = tern_container_of(n, extent, at);
		if (e->at.start % PAGE || length_of(e) % PAGE)
			return false;
		if (before && before->at.last >= e->at.start)
			return false;
		if (before && is_free(e) && before->state == e->state &&
		    before->at.last + 1 == e->at.start)
			return false; /* not joined */
		if (is_free(e) && e->fit.start != length_of(e))
			return false;
		if (e->span && (e->state != EXTENT_USED || !check_span(e->span)))
			return false;
		dirty += e->state == EXTENT_DIRTY ? length_of(e) : 0;
		before = e;
	}
	return dirty == arena->dirty_bytes;
}
