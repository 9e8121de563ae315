/* SPDX-License-Identifier: MIT */
#include "runtime/object.h"

const void *tern_dispatch;

void tern_object_init(struct tern_object *object, enum tern_kind kind,
		      void (*destroy)(struct tern_object *))
{
	object->dispatch = tern_dispatch;
	object->destroy = destroy;
	atomic_init(&object->api_refs, 1);
	atomic_init(&object->refs, 1);
	atomic_store_explicit(&object->kind, (uint32_t)kind, memory_order_release);
}

void tern_object_get(struct tern_object *object)
{
	atomic_fetch_add_explicit(&object->refs, 1, memory_order_relaxed);
}

void tern_object_put(struct tern_object *object)
{
	if (atomic_fetch_sub_explicit(&object->refs, 1, memory_order_release) != 1)
		return;
	/* Pairs with the other puts; a fence would do, but the thread sanitizer knows none. */
	(void)atomic_load_explicit(&object->refs, memory_order_acquire);
	atomic_store_explicit(&object->kind, TERN_KIND_DEAD, memory_order_relaxed);
	object->destroy(object);
}

bool tern_object_try_get(struct tern_object *object)
{
	uint32_t refs = atomic_load_explicit(&object->refs, memory_order_relaxed);
	while (refs &&
	       !atomic_compare_exchange_weak_explicit(&object->refs, &refs, refs + 1,
						      memory_order_relaxed, memory_order_relaxed))
		;
	return refs;
}

void tern_object_retain(struct tern_object *object)
{
	atomic_fetch_add_explicit(&object->api_refs, 1, memory_order_relaxed);
}

void tern_object_release(struct tern_object *object)
{
	if (atomic_fetch_sub_explicit(&object->api_refs, 1, memory_order_acq_rel) == 1)
		tern_object_put(object);
}

cl_uint tern_object_count(struct tern_object *object)
{
	return atomic_load_explicit(&object->api_refs, memory_order_relaxed);
}
