/* SPDX-License-Identifier: MIT */
/*
 * The shared address space as far as a CPU device needs it: the registry of what clSVMAlloc gave
 * out. Any other pointer of the program is valid too (fine-grained system SVM); the registry serves
 * clSVMFree, the queries and the checks. Thread-safe; 0 or -errno.
 */
#ifndef TERN_SVM_SVM_H
#define TERN_SVM_SVM_H

#include "runtime/base/base.h"
#include "svm/heap.h"

/* Which functions gave an allocation out: those of one kind do not free another's. */
enum tern_svm_kind {
	TERN_SVM_KIND_SVM, /* clSVMAlloc, clSVMAllocWithPropertiesKHR */
	TERN_SVM_KIND_USM, /* cl_intel_unified_shared_memory */
};

struct tern_svm_range {
	void *base;
	size_t size;
	uint64_t flags;    /* the caller's own */
	const void *owner; /* the context that it was allocated for */
	enum tern_heap_place place;
	enum tern_svm_kind kind;
	size_t details_bytes;
};

/* @align: a power of two up to TERN_HEAP_ALIGN_MAX; 0 means 128. Memory is not zeroed; large ranges
 * are aligned to huge pages. NULL when there is no memory or @size is 0. */
void *tern_svm_alloc(const void *owner, enum tern_heap_place place, size_t size, size_t align,
		     uint64_t flags) TERN_MUST_CHECK;
/* The same for an allocation of any kind, with details. */
struct tern_svm_request {
	const void *owner;
	enum tern_heap_place place;
	enum tern_svm_kind kind;
	size_t size, align;
	uint64_t flags;
	const void *details; /* the caller's own, copied and kept with the allocation */
	size_t details_bytes;
};
void *tern_svm_alloc_request(const struct tern_svm_request *request) TERN_MUST_CHECK;
/* -ENOENT when @base was not given out by tern_svm_alloc(), or is not of TERN_SVM_KIND_SVM. */
int tern_svm_free(void *base) TERN_MUST_CHECK;
/* As above for @kind. -ENOENT, too, when it is another owner's. @owner NULL: anybody's. */
int tern_svm_free_kind(void *base, enum tern_svm_kind kind, const void *owner) TERN_MUST_CHECK;
/* The allocation that @p lies in: true and *@out, else false. O(log n). */
bool tern_svm_find(const void *p, struct tern_svm_range *out);
/* As above; also copies at most @bytes of the details, and zeros the rest, to @details. */
bool tern_svm_find_details(const void *p, struct tern_svm_range *out, void *details, size_t bytes);
/* Frees all that @owner still holds. Takes time in the number of all allocations. */
void tern_svm_free_owner(const void *owner);
/* How many allocations there are, of any owner. */
size_t tern_svm_count(void);
/* Holds the locks of this folder over a fork(), so that the child finds all whole. */
void tern_svm_fork_before(void);
void tern_svm_fork_after(bool child);

#endif
