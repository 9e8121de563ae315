/* SPDX-License-Identifier: MIT */
#include "svm/svm.h"

#include <errno.h>

#include "runtime/base/alloc.h"
#include "runtime/base/itree.h"
#include "runtime/base/lock.h"
#include "svm/heap.h"

/* Kept apart from the memory itself, which the program writes. */
struct range {
	struct tern_itree_node node;
	uint64_t flags;
	const void *owner;
};

static struct tern_lock lock = TERN_LOCK_INIT(TERN_LOCK_SVM);
static struct tern_itree ranges;
static size_t range_count;

static size_t range_size(const struct range *r)
{
	return r->node.last - r->node.start + 1;
}

static struct range *find_locked(const void *p)
{
	struct tern_itree_node *n = tern_itree_first(&ranges, (uintptr_t)p, (uintptr_t)p);
	return n ? tern_container_of(n, struct range, node) : NULL;
}

void *tern_svm_alloc(const void *owner, size_t size, size_t align, uint64_t flags)
{
	if (!size)
		return NULL;
	struct range *r = tern_alloc(sizeof(*r));
	if (!r)
		return NULL;
	void *base = tern_heap_alloc(size, align);
	if (!base)
		goto err_range;
	r->node.start = (uintptr_t)base;
	r->node.last = (uintptr_t)base + size - 1;
	r->flags = flags;
	r->owner = owner;
	tern_lock_acquire(&lock);
	tern_itree_insert(&ranges, &r->node);
	range_count++;
	tern_lock_release(&lock);
	return base;

err_range:
	tern_free(r);
	return NULL;
}

static void free_range(struct range *r)
{
	tern_heap_free((void *)r->node.start, range_size(r));
	tern_free(r);
}

int tern_svm_free(void *base)
{
	tern_lock_acquire(&lock);
	struct range *r = find_locked(base);
	if (r && r->node.start == (uintptr_t)base) {
		tern_itree_remove(&ranges, &r->node);
		range_count--;
	} else {
		r = NULL;
	}
	tern_lock_release(&lock);
	if (!r)
		return -ENOENT;
	free_range(r);
	return 0;
}

bool tern_svm_find(const void *p, struct tern_svm_range *out)
{
	tern_lock_acquire(&lock);
	const struct range *r = find_locked(p);
	if (r)
		*out = (struct tern_svm_range){.base = (void *)r->node.start,
					       .size = range_size(r),
					       .flags = r->flags,
					       .owner = r->owner};
	tern_lock_release(&lock);
	return r;
}

/* Takes one range of @owner's at @from or above out of the registry, or returns NULL. */
static struct range *take_owned(const void *owner, uintptr_t from)
{
	struct range *r = NULL;
	tern_lock_acquire(&lock);
	struct tern_itree_node *n = tern_itree_first(&ranges, from, UINTPTR_MAX);
	while (n && (r = tern_container_of(n, struct range, node))->owner != owner)
		n = tern_itree_next(&ranges, n, from, UINTPTR_MAX);
	if (n) {
		tern_itree_remove(&ranges, n);
		range_count--;
	}
	tern_lock_release(&lock);
	return n ? r : NULL;
}

void tern_svm_free_owner(const void *owner)
{
	uintptr_t from = 0;
	for (struct range *r; (r = take_owned(owner, from));) {
		from = r->node.last;
		free_range(r);
	}
}

size_t tern_svm_count(void)
{
	tern_lock_acquire(&lock);
	size_t n = range_count;
	tern_lock_release(&lock);
	return n;
}

void tern_svm_fork_before(void)
{
	tern_lock_acquire(&lock);
	tern_heap_fork_before();
}

void tern_svm_fork_after(void)
{
	tern_heap_fork_after();
	tern_lock_release(&lock);
}
