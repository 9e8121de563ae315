/* SPDX-License-Identifier: MIT */
/*
 * Memory of Tern's own that never migrates: everything that the engine's thread touches. One
 * reservation of address space, filled from the bottom, plus free lists by size. Zeroed in a child
 * of fork(). tern_pinned_contains() is how the engine knows it.
 */
#ifndef TERN_SVM_PINNED_H
#define TERN_SVM_PINNED_H

#include "runtime/base/base.h"

/* Makes the reservation; idempotent, thread-safe. -ENOMEM. */
int tern_pinned_start(void) TERN_MUST_CHECK;
/* Zeroed, aligned to 64 bytes (to a page from 4 KiB on). NULL: no memory. Any thread; the
 * engine's, whose stack is pinned, never waits for another. */
void *tern_pinned_alloc(size_t size) TERN_MUST_CHECK;
void tern_pinned_free(void *p, size_t size);
bool tern_pinned_contains(const void *p);
void tern_pinned_range(uint64_t *start, uint64_t *end);

#endif
