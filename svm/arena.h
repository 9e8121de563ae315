/* SPDX-License-Identifier: MIT */
/*
 * DOC: arenas
 *
 * An allocator for memory that cannot hold its own bookkeeping, because kernels write there: it
 * gives out pieces of address ranges that the caller adds and never touches them.
 *
 * Extents are multiples of a page, in one tree by address, the free ones in another by length: best
 * fit, in O(log n). A free extent is dirty when it may have memory, else clean; one that is freed
 * joins its free neighbours of the same kind. What an extent needs is allocated when it is given
 * out, nothing when it comes back, so that freeing cannot fail.
 *
 * Small pieces lie in spans: extents of 64 KiB cut into equal slots, with a bitmap apart. A span of
 * one size has nothing else on its pages.
 *
 * The caller returns the memory of dirty extents to the system when there is much of it:
 *
 *	while (tern_arena_take_dirty(&arena, keep, &piece)) {
 *		(release the lock, drop the pages of the piece, acquire it again)
 *		tern_arena_give_clean(&arena, piece.extent);
 *	}
 *
 * Not thread-safe: the caller's lock is held over each call.
 */
#ifndef TERN_SVM_ARENA_H
#define TERN_SVM_ARENA_H

#include "runtime/base/itree.h"
#include "runtime/base/list.h"

#define TERN_ARENA_PAGE    ((size_t)4096)
#define TERN_ARENA_GRANULE ((size_t)128)      /* the least alignment */
#define TERN_ARENA_SPAN    ((size_t)64 << 10) /* also its alignment */
#define TERN_ARENA_SMALL   ((size_t)32 << 10) /* the largest slot */
#define TERN_ARENA_CLASSES 28                 /* slot sizes up to that */

struct tern_arena_extent;

struct tern_arena {
	struct tern_itree by_address; /* all extents */
	struct tern_itree by_length;  /* the free ones */
	struct tern_list dirty;       /* free extents that may have memory, the oldest first */
	size_t dirty_bytes;
	size_t small_most;                            /* larger pieces are extents */
	struct tern_list partial[TERN_ARENA_CLASSES]; /* spans with a free slot */
};

struct tern_arena_piece {
	char *base;
	size_t length;
	struct tern_arena_extent *extent;
};

/* @small_most: the largest piece that shares pages with others, at most TERN_ARENA_SMALL. */
void tern_arena_init(struct tern_arena *arena, size_t small_most);
/* Frees the bookkeeping, of what is still given out too. */
void tern_arena_finish(struct tern_arena *arena);
/* Adds clean address space, whole pages, that touches none added before. -ENOMEM. */
int tern_arena_add(struct tern_arena *arena, void *base, size_t bytes) TERN_MUST_CHECK;
/*
 * @size > 0 bytes at a multiple of @align, a power of two (0: TERN_ARENA_GRANULE); *@out. -ENOSPC:
 * no address space is left; -ENOMEM.
 */
int tern_arena_alloc(struct tern_arena *arena, size_t size, size_t align,
		     void **out) TERN_MUST_CHECK;
/* @p: from tern_arena_alloc(). */
void tern_arena_free(struct tern_arena *arena, void *p);
/* Takes the oldest dirty extent out when there are more than @keep dirty bytes. */
bool tern_arena_take_dirty(struct tern_arena *arena, size_t keep, struct tern_arena_piece *out);
/* The pages of the extent that was taken out have been returned. */
void tern_arena_give_clean(struct tern_arena *arena, struct tern_arena_extent *extent);
/* In a child of fork(), where nobody gives back what others had taken out: it is dirty again. */
void tern_arena_forked(struct tern_arena *arena);
/* The first extent that holds pieces at @from or above: *@base and *@length. False: none. */
bool tern_arena_next_used(const struct tern_arena *arena, uintptr_t from, uintptr_t *base,
			  size_t *length);
/* For tests: whether all invariants hold. Takes time in the number of extents. */
bool tern_arena_check(const struct tern_arena *arena);

#endif
