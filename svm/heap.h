/* SPDX-License-Identifier: MIT */
/*
 * The memory behind buffers and SVM allocations. HOST: small pieces from the C library, large ones
 * mapped at huge-page boundaries with the advice to use huge pages. MIGRATE, SHARED: from arenas
 * (arena.h). A bounded amount of freed memory is kept, since the page faults of fresh memory cost
 * more than most kernels. Contents are not cleared. Thread-safe.
 *
 * fork: a child has all memory that was there, and what it writes there is its own. What it has not
 * yet written in SHARED may change as the parent writes it, until the child allocates there itself
 * or starts a device.
 */
#ifndef TERN_SVM_HEAP_H
#define TERN_SVM_HEAP_H

#include "runtime/base/base.h"

#define TERN_HEAP_ALIGN     128u       /* the least alignment: OpenCL's largest type, long16 */
#define TERN_HEAP_ALIGN_MAX (2u << 20) /* a huge page */

/*
 * What the memory is for. MIGRATE and SHARED keep all of their bookkeeping apart from the memory,
 * so that a kernel's wild write cannot damage it.
 */
enum tern_heap_place {
	TERN_HEAP_HOST,    /* no device but the host's own uses it */
	TERN_HEAP_MIGRATE, /* pages of their own, anonymous, that migrate as a whole */
	TERN_HEAP_SHARED,  /* in the aperture: mapped by the host and by device processes alike */
};

/*
 * @size > 0 bytes at a multiple of @align, a power of two, at most TERN_HEAP_ALIGN_MAX; 0 counts as
 * TERN_HEAP_ALIGN. NULL when there is no memory. O(log n) in the number of allocations.
 */
void *tern_heap_alloc(enum tern_heap_place place, size_t size, size_t align) TERN_MUST_CHECK;
/* @place, @size: as given to tern_heap_alloc(). @p may be NULL. */
void tern_heap_free(enum tern_heap_place place, void *p, size_t size);
/*
 * The memory file behind TERN_HEAP_SHARED, made (and the aperture reserved) at the first call,
 * whose offset 0 is TERN_APERTURE_SHARED; for device processes to map. -errno. It stays the heap's.
 */
int tern_heap_shared_fd(void) TERN_MUST_CHECK;
/* Bytes given out and not freed. */
size_t tern_heap_used(void);
/* Returns what is kept of freed pieces to the system; the number of bytes. */
size_t tern_heap_trim(void);
/* tern_svm_fork_before() and _after() call these. */
void tern_heap_fork_before(void);
void tern_heap_fork_after(bool child);

#endif
