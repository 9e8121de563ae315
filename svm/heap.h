/* SPDX-License-Identifier: MIT */
/*
 * The memory behind buffers and SVM allocations: small pieces from the C library, large ones mapped
 * at huge-page boundaries with the advice to use huge pages. A bounded amount of freed large pieces
 * is kept, since the page faults of fresh memory cost more than most kernels. Contents are not
 * cleared. Thread-safe.
 */
#ifndef TERN_SVM_HEAP_H
#define TERN_SVM_HEAP_H

#include "runtime/base/base.h"

#define TERN_HEAP_ALIGN     128u       /* the least alignment: OpenCL's largest type, long16 */
#define TERN_HEAP_ALIGN_MAX (2u << 20) /* a huge page */

/*
 * @size > 0 bytes at a multiple of @align, a power of two, at most TERN_HEAP_ALIGN_MAX; 0 counts as
 * TERN_HEAP_ALIGN. NULL when there is no memory.
 */
void *tern_heap_alloc(size_t size, size_t align) TERN_MUST_CHECK;
/* @size: as given to tern_heap_alloc(). @p may be NULL. */
void tern_heap_free(void *p, size_t size);
/* Bytes given out and not freed. */
size_t tern_heap_used(void);
/* Returns what is kept of freed pieces to the system; the number of bytes. */
size_t tern_heap_trim(void);
/* tern_svm_fork_before() and _after() call these. */
void tern_heap_fork_before(void);
void tern_heap_fork_after(void);

#endif
