/* SPDX-License-Identifier: MIT */
/*
 * DOC: objects
 *
 * Every OpenCL handle points at a structure that starts with struct tern_object, whose first word
 * is the dispatch table that the ICD loader calls through (cl_khr_icd). Two counts:
 *
 * - api_refs: what clRetain* and clRelease* change and CL_*_REFERENCE_COUNT reports. All of them
 *   together hold one of refs.
 * - refs: everything that keeps the structure alive: the program's references as one, and each use
 * by the runtime (a command that runs, an object made from this one).
 *
 * A handle is valid while its kind word is right. tern_<kind>_from() casts a handle and returns
 * NULL for a null, foreign or dead one. destroy() runs at the last put, on whatever thread that is,
 * with no lock held; it may put other objects, but no chain of events (events do not refer to
 * events once they are complete, see event.h), so the recursion is bounded.
 */
#ifndef TERN_RUNTIME_OBJECT_H
#define TERN_RUNTIME_OBJECT_H

#include <stdatomic.h>

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 300
#endif
#ifndef CL_USE_DEPRECATED_OPENCL_1_0_APIS
#define CL_USE_DEPRECATED_OPENCL_1_0_APIS
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#define CL_USE_DEPRECATED_OPENCL_2_0_APIS
#define CL_USE_DEPRECATED_OPENCL_2_1_APIS
#define CL_USE_DEPRECATED_OPENCL_2_2_APIS
#endif
#include <CL/cl.h>
#include <CL/cl_ext.h>

#include "runtime/base/base.h"

enum tern_kind {
	TERN_KIND_DEAD = 0x64616564,
	TERN_KIND_PLATFORM = 0x54504c41,
	TERN_KIND_DEVICE = 0x54444556,
	TERN_KIND_CONTEXT = 0x5443544c,
	TERN_KIND_QUEUE = 0x54515545,
	TERN_KIND_EVENT = 0x54455654,
	TERN_KIND_MEMORY = 0x544d454d,
	TERN_KIND_SAMPLER = 0x54534d50,
	TERN_KIND_PROGRAM = 0x54504752,
	TERN_KIND_KERNEL = 0x544b524e,
};

struct tern_object {
	const void *dispatch; /* struct _cl_icd_dispatch; must stay first */
	_Atomic uint32_t kind;
	_Atomic uint32_t api_refs;
	_Atomic uint32_t refs;
	void (*destroy)(struct tern_object *object);
};

/* The dispatch table that icd/ installs before the first object is made. */
extern const void *tern_dispatch;

/* One reference of the program's. */
void tern_object_init(struct tern_object *object, enum tern_kind kind,
		      void (*destroy)(struct tern_object *));
void tern_object_get(struct tern_object *object);
void tern_object_put(struct tern_object *object);
/* For a list of objects that does not count as a use: false when the last put has begun. */
bool tern_object_try_get(struct tern_object *object) TERN_MUST_CHECK;
/* clRetain*, clRelease*. */
void tern_object_retain(struct tern_object *object);
void tern_object_release(struct tern_object *object);
/* CL_*_REFERENCE_COUNT */
cl_uint tern_object_count(struct tern_object *object);

/* True when @object is a live object of @kind. @object may be NULL. */
static inline bool tern_object_is(const void *object, enum tern_kind kind)
{
	return object && atomic_load_explicit(&((struct tern_object *)object)->kind,
					      memory_order_relaxed) == (uint32_t)kind;
}

/*
 * Defines tern_<name>_from(handle), the checked cast, and <name>_get/_put by the internal count.
 * The structure's first member must be `struct tern_object obj`.
 */
#define TERN_DEFINE_HANDLE(name, handle, KIND)                                                     \
	static inline struct tern_##name *tern_##name##_from(handle h)                             \
	{                                                                                          \
		return tern_object_is(h, KIND) ? (struct tern_##name *)(void *)h : NULL;           \
	}                                                                                          \
	static inline handle tern_##name##_handle(struct tern_##name *o)                           \
	{                                                                                          \
		return (handle)(void *)o;                                                          \
	}                                                                                          \
	static inline void tern_##name##_get(struct tern_##name *o)                                \
	{                                                                                          \
		tern_object_get(&o->obj);                                                          \
	}                                                                                          \
	static inline void tern_##name##_put(struct tern_##name *o)                                \
	{                                                                                          \
		tern_object_put(&o->obj);                                                          \
	}

#endif
