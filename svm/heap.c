/* SPDX-License-Identifier: MIT */
#include "svm/heap.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "runtime/base/alloc.h"
#include "svm/heap_places.h"

#define HUGE       ((size_t)TERN_HEAP_ALIGN_MAX)
#define LARGE      HUGE               /* from here on pieces are mapped */
#define UNIT       ((size_t)64 << 10) /* lengths of mapped pieces are multiples of it */
#define KEEP       16u
#define KEEP_BYTES ((size_t)64 << 20)

struct piece {
	char *base;
	size_t length;
};

struct tern_lock tern_heap_lock = TERN_LOCK_INIT(TERN_LOCK_HEAP);
static struct piece kept[KEEP]; /* freed pieces, the oldest first */
static unsigned kept_count;
static size_t kept_bytes;

static _Atomic size_t used;

static size_t mapped_length(size_t size)
{
	return tern_round_up(size, UNIT);
}

static struct piece take_kept(unsigned i)
{
	struct piece p = kept[i];
	kept_count--;
	kept_bytes -= p.length;
	for (; i < kept_count; i++)
		kept[i] = kept[i + 1];
	return p;
}

/* The newest kept piece of just @length bytes, or else one not much longer; KEEP: none. */
static unsigned best_locked(size_t length)
{
	unsigned best = KEEP;
	for (unsigned i = kept_count; i--;) {
		if (kept[i].length == length)
			return i;
		if (best == KEEP && kept[i].length > length &&
		    kept[i].length - length <= length / 4)
			best = i;
	}
	return best;
}

/* A kept piece, cut to @length bytes, or NULL. */
static void *reuse(size_t length)
{
	struct piece p = {NULL, 0};
	tern_lock_acquire(&tern_heap_lock);
	unsigned i = best_locked(length);
	if (i != KEEP)
		p = take_kept(i);
	tern_lock_release(&tern_heap_lock);
	if (p.length > length)
		munmap(p.base + length, p.length - length);
	return p.base;
}

static void *map(size_t length)
{
	if (length > SIZE_MAX - HUGE || tern_fault_hit())
		return NULL;
	char *p = mmap(NULL, length + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	if (p == MAP_FAILED)
		return NULL;
	char *base = (char *)tern_round_up((size_t)p, HUGE);
	if (base > p)
		munmap(p, (size_t)(base - p));
	if (p + HUGE > base)
		munmap(base + length, (size_t)(p + HUGE - base));
	(void)madvise(base, length, MADV_HUGEPAGE); /* a system without them serves as well */
	return base;
}

static size_t trim_host(void)
{
	size_t bytes = 0;
	for (;;) {
		struct piece p = {NULL, 0};
		tern_lock_acquire(&tern_heap_lock);
		if (kept_count)
			p = take_kept(0);
		tern_lock_release(&tern_heap_lock);
		if (!p.base)
			return bytes;
		munmap(p.base, p.length);
		bytes += p.length;
	}
}

static void *alloc_large(size_t size)
{
	if (size > SIZE_MAX - UNIT)
		return NULL;
	size_t length = mapped_length(size);
	void *p = length <= KEEP_BYTES ? reuse(length) : NULL;
	if (!p)
		p = map(length);
	if (!p && trim_host())
		p = map(length);
	return p;
}

static void free_large(void *p, size_t size)
{
	struct piece drop[KEEP];
	unsigned count = 0;
	size_t length = mapped_length(size);
	if (length > KEEP_BYTES) {
		munmap(p, length);
		return;
	}
	tern_lock_acquire(&tern_heap_lock);
	while (kept_count == KEEP || kept_bytes + length > KEEP_BYTES)
		drop[count++] = take_kept(0);
	kept[kept_count++] = (struct piece){p, length};
	kept_bytes += length;
	tern_lock_release(&tern_heap_lock);
	while (count--)
		munmap(drop[count].base, drop[count].length);
}

static void *alloc_host(size_t size, size_t align)
{
	return size >= LARGE ? alloc_large(size)
			     : tern_alloc_aligned(tern_max(align, (size_t)TERN_HEAP_ALIGN), size);
}

static void *alloc_in(enum tern_heap_place place, size_t size, size_t align)
{
	switch (place) {
	case TERN_HEAP_HOST:
		break;
	case TERN_HEAP_MIGRATE:
		return tern_heap_migrate_alloc(size, align);
	case TERN_HEAP_SHARED:
		return tern_heap_shared_alloc(size, align);
	}
	return alloc_host(size, align);
}

void *tern_heap_alloc(enum tern_heap_place place, size_t size, size_t align)
{
	void *p = alloc_in(place, size, align);
	if (p)
		atomic_fetch_add_explicit(&used, size, memory_order_relaxed);
	return p;
}

void tern_heap_free(enum tern_heap_place place, void *p, size_t size)
{
	if (!p)
		return;
	atomic_fetch_sub_explicit(&used, size, memory_order_relaxed);
	if (place == TERN_HEAP_MIGRATE)
		tern_heap_migrate_free(p, size);
	else if (place == TERN_HEAP_SHARED)
		tern_heap_shared_free(p);
	else if (size >= LARGE)
		free_large(p, size);
	else
		tern_free(p);
}

size_t tern_heap_used(void)
{
	return atomic_load_explicit(&used, memory_order_relaxed);
}

size_t tern_heap_trim(void)
{
	return trim_host() + tern_heap_migrate_trim() + tern_heap_shared_trim();
}

size_t tern_heap_clean(struct tern_arena *arena, size_t keep,
		       void (*drop)(const struct tern_arena_piece *piece))
{
	size_t bytes = 0;
	struct tern_arena_piece piece;
	tern_lock_acquire(&tern_heap_lock);
	while (tern_arena_take_dirty(arena, keep, &piece)) {
		tern_lock_release(&tern_heap_lock);
		drop(&piece);
		bytes += piece.length;
		tern_lock_acquire(&tern_heap_lock);
		tern_arena_give_clean(arena, piece.extent);
	}
	tern_lock_release(&tern_heap_lock);
	return bytes;
}

/* libtern is unloaded: what is kept would stay mapped. */
__attribute__((destructor)) static void heap_end(void)
{
	trim_host();
}

void tern_heap_fork_before(void)
{
	tern_lock_acquire(&tern_heap_lock);
}

void tern_heap_fork_after(bool child)
{
	if (child) {
		tern_heap_shared_forked_locked();
		tern_heap_migrate_forked_locked();
	}
	tern_lock_release(&tern_heap_lock);
}
