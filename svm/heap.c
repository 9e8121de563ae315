/* SPDX-License-Identifier: MIT */
#include "svm/heap.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "runtime/base/alloc.h"
#include "runtime/base/lock.h"

#define HUGE       ((size_t)TERN_HEAP_ALIGN_MAX)
#define LARGE      HUGE               /* from here on pieces are mapped */
#define UNIT       ((size_t)64 << 10) /* lengths of mapped pieces are multiples of it */
#define KEEP       16u
#define KEEP_BYTES ((size_t)64 << 20)

struct piece {
	char *base;
	size_t length;
};

static struct tern_lock lock = TERN_LOCK_INIT(TERN_LOCK_HEAP);
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
	tern_lock_acquire(&lock);
	unsigned i = best_locked(length);
	if (i != KEEP)
		p = take_kept(i);
	tern_lock_release(&lock);
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

static void *alloc_large(size_t size)
{
	if (size > SIZE_MAX - UNIT)
		return NULL;
	size_t length = mapped_length(size);
	void *p = length <= KEEP_BYTES ? reuse(length) : NULL;
	if (!p)
		p = map(length);
	if (!p && tern_heap_trim())
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
	tern_lock_acquire(&lock);
	while (kept_count == KEEP || kept_bytes + length > KEEP_BYTES)
		drop[count++] = take_kept(0);
	kept[kept_count++] = (struct piece){p, length};
	kept_bytes += length;
	tern_lock_release(&lock);
	while (count--)
		munmap(drop[count].base, drop[count].length);
}

void *tern_heap_alloc(size_t size, size_t align)
{
	void *p = size >= LARGE
			  ? alloc_large(size)
			  : tern_alloc_aligned(tern_max(align, (size_t)TERN_HEAP_ALIGN), size);
	if (p)
		atomic_fetch_add_explicit(&used, size, memory_order_relaxed);
	return p;
}

void tern_heap_free(void *p, size_t size)
{
	if (!p)
		return;
	atomic_fetch_sub_explicit(&used, size, memory_order_relaxed);
	if (size >= LARGE)
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
	size_t bytes = 0;
	for (;;) {
		struct piece p = {NULL, 0};
		tern_lock_acquire(&lock);
		if (kept_count)
			p = take_kept(0);
		tern_lock_release(&lock);
		if (!p.base)
			return bytes;
		munmap(p.base, p.length);
		bytes += p.length;
	}
}

/* libtern is unloaded: what is kept would stay mapped. */
__attribute__((destructor)) static void heap_end(void)
{
	tern_heap_trim();
}

void tern_heap_fork_before(void)
{
	tern_lock_acquire(&lock);
}

void tern_heap_fork_after(void)
{
	tern_lock_release(&lock);
}
