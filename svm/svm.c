/* SPDX-License-Identifier: MIT */
#include "svm/svm.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/itree.h"
#include "runtime/base/lock.h"

/* Kept apart from the memory itself, which the program writes. */
struct range {
	struct tern_itree_node node;
	uint64_t flags;
	const void *owner;
	enum tern_heap_place place;
	enum tern_svm_kind kind;
	size_t details_bytes;
	unsigned char details[];
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

void *tern_svm_alloc_request(const struct tern_svm_request *request)
{
	if (!request->size)
		return NULL;
	struct range *r = tern_alloc(sizeof(*r) + request->details_bytes);
	if (!r)
		return NULL;
	void *base = tern_heap_alloc(request->place, request->size, request->align);
	if (!base)
		goto err_range;
	r->node.start = (uintptr_t)base;
	r->node.last = (uintptr_t)base + request->size - 1;
	r->flags = request->flags;
	r->owner = request->owner;
	r->place = request->place;
	r->kind = request->kind;
	r->details_bytes = request->details_bytes;
	if (request->details_bytes)
		memcpy(r->details, request->details, request->details_bytes);
	tern_lock_acquire(&lock);
	tern_itree_insert(&ranges, &r->node);
	range_count++;
	tern_lock_release(&lock);
	return base;

err_range:
	tern_free(r);
	return NULL;
}

void *tern_svm_alloc(const void *owner, enum tern_heap_place place, size_t size, size_t align,
		     uint64_t flags)
{
	return tern_svm_alloc_request(&(struct tern_svm_request){
		.owner = owner, .place = place, .size = size, .align = align, .flags = flags});
}

static void free_range(struct range *r)
{
	tern_heap_free(r->place, (void *)r->node.start, range_size(r));
	tern_free(r);
}

int tern_svm_free_kind(void *base, enum tern_svm_kind kind, const void *owner)
{
	tern_lock_acquire(&lock);
	struct range *r = find_locked(base);
	if (r && r->node.start == (uintptr_t)base && r->kind == kind &&
	    (!owner || r->owner == owner)) {
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

int tern_svm_free(void *base)
{
	return tern_svm_free_kind(base, TERN_SVM_KIND_SVM, NULL);
}

bool tern_svm_find_details(const void *p, struct tern_svm_range *out, void *details, size_t bytes)
{
	if (bytes)
		memset(details, 0, bytes);
	tern_lock_acquire(&lock);
	const struct range *r = find_locked(p);
	if (r) {
		*out = (struct tern_svm_range){.base = (void *)r->node.start,
					       .size = range_size(r),
					       .flags = r->flags,
					       .owner = r->owner,
					       .place = r->place,
					       .kind = r->kind,
					       .details_bytes = r->details_bytes};
		if (bytes)
			memcpy(details, r->details, tern_min(bytes, r->details_bytes));
	}
	tern_lock_release(&lock);
	return r;
}

bool tern_svm_find(const void *p, struct tern_svm_range *out)
{
	return tern_svm_find_details(p, out, NULL, 0);
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

void tern_svm_fork_after(bool child)
{
	tern_heap_fork_after(child);
	tern_lock_release(&lock);
}
