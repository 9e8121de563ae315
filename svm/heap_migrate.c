/* SPDX-License-Identifier: MIT */
/*
 * TERN_HEAP_MIGRATE: anonymous private memory in regions of its own, so that a page holds nothing
 * but such pieces and migrates without disturbing anything else. Large pieces lie in other regions
 * than the rest: theirs ask for huge pages, while a small piece had better not drag 2 MiB along.
 */
#include <errno.h>
#include <sys/mman.h>

#include "runtime/base/alloc.h"
#include "svm/heap.h"
#include "svm/heap_places.h"

#define HUGE         ((size_t)TERN_HEAP_ALIGN_MAX)
#define LARGE        HUGE               /* from here on pieces are large */
#define SMALL        ((size_t)2048)     /* up to here several share a page */
#define REGION       ((size_t)16 << 30) /* address space; memory comes with the first touch */
#define REGION_LEAST ((size_t)64 << 20)
/* Little is kept: what a freed piece still has on a device takes the room of what is in use. */
#define KEEP_BYTES ((size_t)16 << 20)

static struct tern_arena ordinary, large;
static bool initialized;

static struct tern_arena *arena_of_locked(size_t size)
{
	if (!initialized) {
		tern_arena_init(&ordinary, SMALL);
		tern_arena_init(&large, 0);
		initialized = true;
	}
	return size >= LARGE ? &large : &ordinary;
}

/* @length, a multiple of HUGE, at a multiple of HUGE; NULL: no such address space. */
static char *map(size_t length)
{
	if (length > SIZE_MAX - HUGE || tern_fault_hit())
		return NULL;
	char *p = mmap(NULL, length + HUGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	char *base = (char *)tern_round_up((size_t)p, HUGE);
	if (base > p)
		munmap(p, (size_t)(base - p));
	if (p + HUGE > base)
		munmap(base + length, (size_t)(p + HUGE - base));
	return base;
}

/* A region with room for @size bytes: a big one, or what the limits of the process allow. */
static int add_region_locked(struct tern_arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		return -ENOMEM;
	/* One page stays unused: no piece goes over into a neighbouring mapping. */
	size_t need = tern_round_up(size + TERN_ARENA_PAGE, HUGE);
	size_t length = tern_max(REGION, need), least = tern_max(REGION_LEAST, need);
	char *base;
	while (!(base = map(length)) && length > least)
		length = tern_max(length / 2, least);
	if (!base)
		return -ENOMEM;
	/* A system without them serves as well. */
	(void)madvise(base, length, arena == &large ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	int error = tern_arena_add(arena, base, length - TERN_ARENA_PAGE);
	if (error)
		munmap(base, length);
	return error;
}

static void drop(const struct tern_arena_piece *piece)
{
	(void)madvise(piece->base, piece->length, MADV_DONTNEED);
}

static size_t clean(size_t keep)
{
	return tern_heap_clean(&large, keep, drop) + tern_heap_clean(&ordinary, keep, drop);
}

void *tern_heap_migrate_alloc(size_t size, size_t align)
{
	void *p = NULL;
	if (size >= LARGE)
		align = HUGE;
	tern_lock_acquire(&tern_heap_lock);
	struct tern_arena *arena = arena_of_locked(size);
	int error = tern_arena_alloc(arena, size, align, &p);
	if (error == -ENOSPC)
		error = add_region_locked(arena, size);
	if (!error && !p)
		error = tern_arena_alloc(arena, size, align, &p);
	tern_lock_release(&tern_heap_lock);
	return error ? NULL : p;
}

void tern_heap_migrate_free(void *p, size_t size)
{
	tern_lock_acquire(&tern_heap_lock);
	struct tern_arena *arena = arena_of_locked(size);
	tern_arena_free(arena, p);
	bool much = arena->dirty_bytes > KEEP_BYTES;
	tern_lock_release(&tern_heap_lock);
	if (much)
		tern_heap_clean(arena, KEEP_BYTES, drop);
}

void tern_heap_migrate_forked_locked(void)
{
	if (!initialized)
		return;
	tern_arena_forked(&ordinary);
	tern_arena_forked(&large);
}

size_t tern_heap_migrate_trim(void)
{
	tern_lock_acquire(&tern_heap_lock);
	bool used = initialized;
	tern_lock_release(&tern_heap_lock);
	return used ? clean(0) : 0;
}
