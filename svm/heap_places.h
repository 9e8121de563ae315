/* SPDX-License-Identifier: MIT */
/* Between heap.c and heap_migrate.c, heap_shared.c only: memory whose bookkeeping is apart from it.
 */
#ifndef TERN_SVM_HEAP_PLACES_H
#define TERN_SVM_HEAP_PLACES_H

#include "runtime/base/lock.h"
#include "svm/arena.h"

/* Rank HEAP: all of the heap's bookkeeping. */
extern struct tern_lock tern_heap_lock;

/* Returns dirty extents of @arena to the system by @drop, which is called without the lock, until
 * no more than @keep bytes are left; the number of bytes. */
size_t tern_heap_clean(struct tern_arena *arena, size_t keep,
		       void (*drop)(const struct tern_arena_piece *piece));

void *tern_heap_migrate_alloc(size_t size, size_t align) TERN_MUST_CHECK;
void tern_heap_migrate_free(void *p, size_t size);
size_t tern_heap_migrate_trim(void);
/* In the child, with the lock held. */
void tern_heap_migrate_forked_locked(void);

void *tern_heap_shared_alloc(size_t size, size_t align) TERN_MUST_CHECK;
void tern_heap_shared_free(void *p);
size_t tern_heap_shared_trim(void);
/* In the child, with the lock held: the file is the parent's too. */
void tern_heap_shared_forked_locked(void);

#endif
