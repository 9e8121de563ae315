/* SPDX-License-Identifier: MIT */
/*
 * The memory of commands. Each thread keeps some blocks for itself; threads that only take (they
 * enqueue) and threads that only give (they complete) exchange whole batches through a depot, so
 * that its lock is taken once in BATCH commands.
 */
#include <pthread.h>

#include "runtime/base/alloc.h"
#include "runtime/schedule.h"

#define BATCH      32
#define DEPOT_MOST 512 /* batches; more goes back to the system */

struct block {
	struct block *next;  /* in a thread's list or in a batch */
	struct block *batch; /* the depot's next batch; in the first block of a batch */
};

struct cache {
	struct block *head;
	unsigned count;
	bool known; /* the key's destructor will run for this thread */
};

static _Thread_local struct cache cache;
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static bool key_made;

static struct {
	struct tern_lock lock;
	struct block *batches;
	unsigned count;
} depot = {.lock = TERN_LOCK_INIT(TERN_LOCK_POOL)};

#if defined(__SANITIZE_ADDRESS__)
#define POOL_OFF 1 /* so that the sanitizer sees each command's end */
#else
#define POOL_OFF 0
#endif

static void free_blocks(struct block *b)
{
	while (b) {
		struct block *next = b->next;
		tern_free(b);
		b = next;
	}
}

/* At a thread's end. */
static void cache_finish(void *unused)
{
	(void)unused;
	free_blocks(cache.head);
	cache = (struct cache){0};
}

static void key_make(void)
{
	key_made = pthread_key_create(&key, cache_finish) == 0;
}

static bool cache_usable(void)
{
	if (tern_likely(cache.known))
		return true;
	if (POOL_OFF)
		return false;
	pthread_once(&key_once, key_make);
	cache.known = key_made && pthread_setspecific(key, &cache) == 0;
	return cache.known;
}

static struct block *depot_take(void)
{
	tern_lock_acquire(&depot.lock);
	struct block *b = depot.batches;
	if (b) {
		depot.batches = b->batch;
		depot.count--;
	}
	tern_lock_release(&depot.lock);
	return b;
}

static void depot_give(struct block *batch)
{
	tern_lock_acquire(&depot.lock);
	bool kept = depot.count < DEPOT_MOST;
	if (kept) {
		batch->batch = depot.batches;
		depot.batches = batch;
		depot.count++;
	}
	tern_lock_release(&depot.lock);
	if (!kept)
		free_blocks(batch);
}

void *tern_pool_take(void)
{
	if (tern_unlikely(tern_fault_hit()))
		return NULL;
	if (cache_usable()) {
		if (!cache.head) {
			cache.head = depot_take();
			cache.count = cache.head ? BATCH : 0;
		}
		struct block *b = cache.head;
		if (b) {
			cache.head = b->next;
			cache.count--;
			return b;
		}
	}
	return tern_alloc_aligned(_Alignof(struct tern_command_block),
				  sizeof(struct tern_command_block));
}

void tern_pool_give(void *memory)
{
	struct block *b = memory;
	if (!cache_usable()) {
		tern_free(b);
		return;
	}
	b->next = cache.head;
	cache.head = b;
	if (++cache.count < 2 * BATCH)
		return;
	struct block *last = b;
	for (unsigned i = 1; i < BATCH; i++)
		last = last->next;
	cache.head = last->next;
	cache.count -= BATCH;
	last->next = NULL;
	depot_give(b);
}

void tern_pool_fork_before(void)
{
	tern_lock_acquire(&depot.lock);
}

void tern_pool_fork_after(bool child)
{
	(void)child;
	tern_lock_release(&depot.lock);
}
