/* SPDX-License-Identifier: MIT */
/*
 * The shared address space as far as a CPU device needs it: the registry of what clSVMAlloc gave
 * out. Any other pointer of the program is valid too (fine-grained system SVM); the registry serves
 * clSVMFree, the queries and the checks. Thread-safe; 0 or -errno.
 */
#ifndef TERN_SVM_SVM_H
#define TERN_SVM_SVM_H

#include "runtime/base/base.h"

struct tern_svm_range {
	void *base;
	size_t size;
	uint64_t flags;    /* the caller's own */
	const void *owner; /* the context that it was allocated for */
};

/* @align: a power of two up to TERN_HEAP_ALIGN_MAX; 0 means 128. Memory is not zeroed; large ranges
 * are aligned to huge pages. NULL when there is no memory or @size is 0. */
void *tern_svm_alloc(const void *owner, size_t size, size_t align, uint64_t flags) TERN_MUST_CHECK;
/* -ENOENT when @base was not given out by tern_svm_alloc(). */
int tern_svm_free(void *base) TERN_MUST_CHECK;
/* The allocation that @p lies in: true and *@out, else false. O(log n). */
bool tern_svm_find(const void *p, struct tern_svm_range *out);
/* Frees all that @owner still holds. Takes time in the number of all allocations. */
void tern_svm_free_owner(const void *owner);
/* How many allocations there are, of any owner. */
size_t tern_svm_count(void);
/* Holds the locks of this folder over a fork(), so that the child finds all whole. */
void tern_svm_fork_before(void);
void tern_svm_fork_after(void);

#endif
