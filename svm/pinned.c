/* SPDX-License-Identifier: MIT */
/*
 * The arena's own bookkeeping lies in its first page, so a child of fork(), in which the kernel has
 * wiped the arena (MADV_WIPEONFORK), finds an empty one with a free lock.
 *
 * Address space is reserved without access, which no kernel accounts for, and made accessible in
 * steps as it is filled.
 *
 * The lock guards the free lists. A thread of the program's that has it may wait for the engine:
 * for a page of its stack, or in a signal handler, which touches what it likes. So threads with
 * pinned stacks, the engine's, never wait for the lock: without it they take fresh memory and leave
 * what they free to whoever has it next.
 */
#include "svm/pinned.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

#include "svm/raw.h"

#define RESERVED     ((size_t)64 << 30)
#define RESERVED_MIN ((size_t)1 << 30)
#define STEP         ((size_t)32 << 20)
#define ALIGN        ((size_t)2 << 20)
#define LINE         ((size_t)64)
#define PAGE         ((size_t)4096)
#define CLASSES      64u
#define TRIES        8u /* for the lock, of those that may not wait for it */

struct free_piece {
	struct free_piece *next;
	size_t size;
};

struct arena {
	_Atomic uint32_t lock;
	_Atomic size_t used, open; /* bytes from the base: given out at some time; accessible */
	_Atomic(struct free_piece *) later; /* was freed without the lock */
	/* By the power of two that a piece has at least. */
	struct free_piece *free[CLASSES];
};

static _Atomic uintptr_t arena_base; /* 0: not reserved */
static _Atomic size_t arena_bytes;

/* Aligned inside a larger reservation, whose rest is given back. 0: no room. */
static uintptr_t reserve(size_t bytes)
{
	long at = raw_mmap(0, bytes + ALIGN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
			   -1, 0);
	if (at < 0 && at > -4096)
		return 0;
	uintptr_t base = tern_round_up((size_t)at, ALIGN);
	if (base > (uintptr_t)at)
		raw_munmap((unsigned long)at, base - (uintptr_t)at);
	raw_munmap(base + bytes, (uintptr_t)at + ALIGN - base);
	/* Sanitizers leave what the program must not have; elsewhere a core dump leaves it out. */
	raw_madvise(base, bytes, MADV_DONTDUMP);
	if (raw_madvise(base, bytes, MADV_WIPEONFORK) ||
	    raw_mprotect(base, STEP, PROT_READ | PROT_WRITE)) {
		raw_munmap(base, bytes);
		return 0;
	}
	return base;
}

static struct arena *arena(void)
{
	return (struct arena *)atomic_load_explicit(&arena_base, memory_order_acquire);
}

int tern_pinned_start(void)
{
	if (arena())
		return 0;
	size_t bytes = RESERVED;
	uintptr_t base = 0;
	for (; !base && bytes >= RESERVED_MIN; bytes /= 2)
		base = reserve(bytes);
	if (!base)
		return -ENOMEM;
	bytes *= 2;
	uintptr_t none = 0;
	/* The size is the same for whoever wins, or the loser's reservation was smaller. */
	atomic_store(&arena_bytes, bytes);
	if (!atomic_compare_exchange_strong(&arena_base, &none, base))
		raw_munmap(base, bytes);
	return 0;
}

static size_t rounded(size_t size)
{
	size_t align = size >= PAGE ? PAGE : LINE;
	return tern_round_up(size ? size : 1, align);
}

static unsigned class_of(size_t size)
{
	return 63u - (unsigned)__builtin_clzl(size);
}

static void put_locked(struct arena *a, uintptr_t at, size_t size)
{
	struct free_piece *piece = (struct free_piece *)at;
	unsigned c = class_of(size);
	piece->size = size;
	piece->next = a->free[c];
	a->free[c] = piece;
}

/* False: it is taken, and the thread may not wait for it. */
static bool lock(struct arena *a)
{
	bool waits = !tern_pinned_contains(__builtin_frame_address(0));
	for (unsigned i = 0; atomic_exchange_explicit(&a->lock, 1, memory_order_acquire); i++) {
		if (!waits && i == TRIES)
			return false;
		raw_yield();
	}
	struct free_piece *next, *piece = NULL;
	if (atomic_load_explicit(&a->later, memory_order_relaxed))
		piece = atomic_exchange(&a->later, NULL);
	for (; piece; piece = next) {
		next = piece->next;
		put_locked(a, (uintptr_t)piece, piece->size);
	}
	return true;
}

static void unlock(struct arena *a)
{
	atomic_store_explicit(&a->lock, 0, memory_order_release);
}

/* A freed piece of just @size bytes, or the first of a larger class, cut. */
static void *reuse_locked(struct arena *a, size_t size)
{
	unsigned tries = 16;
	for (unsigned c = class_of(size); c < CLASSES; c++)
		for (struct free_piece **at = &a->free[c]; *at && tries--; at = &(*at)->next) {
			struct free_piece *piece = *at;
			if (piece->size < size || (size < PAGE && piece->size >= PAGE))
				continue;
			*at = piece->next;
			if (piece->size > size)
				put_locked(a, (uintptr_t)piece + size, piece->size - size);
			return piece;
		}
	return NULL;
}

/* Makes what lies below @end, in bytes from the base, accessible. */
static bool make_open(struct arena *a, size_t end)
{
	/* In a child of fork() it is 0; the kernel keeps the protection. */
	size_t open = atomic_load(&a->open), from = tern_max(open, STEP);
	end = tern_round_up(end, STEP);
	if (end > from && raw_mprotect((uintptr_t)a + from, end - from, PROT_READ | PROT_WRITE))
		return false;
	while (open < end && !atomic_compare_exchange_weak(&a->open, &open, end))
		;
	return true;
}

/* With or without the lock. */
static void *fresh(struct arena *a, size_t size)
{
	size_t bytes = atomic_load(&arena_bytes), start, used = atomic_load(&a->used);
	do {
		start = used ? used : tern_round_up(sizeof(*a), PAGE);
		start = tern_round_up(start, size >= PAGE ? PAGE : LINE);
		if (size > bytes - start || !make_open(a, start + size))
			return NULL;
	} while (!atomic_compare_exchange_weak(&a->used, &used, start + size));
	return (char *)a + start;
}

void *tern_pinned_alloc(size_t size)
{
	struct arena *a = arena();
	if (!a || size > RESERVED)
		return NULL;
	size = rounded(size);
	void *p = NULL;
	if (lock(a)) {
		p = reuse_locked(a, size);
		unlock(a);
	}
	bool used = p;
	if (!p)
		p = fresh(a, size);
#if defined(__SANITIZE_ADDRESS__)
	if (p) /* in a child of fork() it knows the parent's threads' stacks there */
		__asan_unpoison_memory_region(p, size);
#endif
	if (used)
		memset(p, 0, size);
	return p;
}

void tern_pinned_free(void *p, size_t size)
{
	struct arena *a = arena();
	if (!p || !a)
		return;
	size = rounded(size);
	if (lock(a)) {
		put_locked(a, (uintptr_t)p, size);
		unlock(a);
		return;
	}
	struct free_piece *piece = p;
	piece->size = size;
	piece->next = atomic_load(&a->later);
	while (!atomic_compare_exchange_weak(&a->later, &piece->next, piece))
		;
}

bool tern_pinned_contains(const void *p)
{
	uintptr_t base = atomic_load_explicit(&arena_base, memory_order_acquire);
	return base && (uintptr_t)p - base < atomic_load(&arena_bytes);
}

void tern_pinned_range(uint64_t *start, uint64_t *end)
{
	*start = atomic_load_explicit(&arena_base, memory_order_acquire);
	*end = *start ? *start + atomic_load(&arena_bytes) : 0;
}
