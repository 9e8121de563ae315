/* SPDX-License-Identifier: MIT */
#ifndef TERN_RUNTIME_CONTEXT_H
#define TERN_RUNTIME_CONTEXT_H

#include "runtime/base/list.h"
#include "runtime/base/lock.h"
#include "runtime/device.h"
#include "svm/heap.h"

struct tern_destructor {
	struct tern_destructor *next;
	void(CL_CALLBACK *fn)(cl_context context, void *data);
	void *data;
};

/*
 * Where what the program allocates in a context lies, by what its devices reach:
 *
 *	devices of the context				coarse	fine	system	migrates
 *	all work in the host's memory			HOST	HOST	yes	no
 *	one has private memory				MIGRATE	SHARED	yes	yes
 *	one has coherent memory				SHARED	SHARED	yes	yes
 *	one reaches the aperture only (no userfaultfd)	SHARED	SHARED	no	no
 *
 * A line further down prevails; a context has migrating memory when any of its devices has.
 */
struct tern_context_memory {
	enum tern_heap_place coarse; /* buffers, coarse-grained SVM allocations */
	enum tern_heap_place fine;   /* fine-grained SVM allocations */
	bool system;                 /* every device reaches any memory of the program's */
	bool migrates;               /* pages of the program's memory may be on a device */
};

struct tern_context {
	struct tern_object obj;
	struct tern_device **devices; /* references, no device twice */
	cl_uint device_count;
	cl_context_properties *properties; /* as given, with the final 0; NULL when none were */
	size_t properties_bytes;
	struct tern_context_memory memory;
	void(CL_CALLBACK *notify)(const char *errinfo, const void *private_info, size_t cb,
				  void *data);
	void *notify_data;
	struct tern_lock lock;               /* rank CONTEXT: the destructors */
	struct tern_destructor *destructors; /* last registered first */
	/* context_queues.c's lock */
	struct tern_list queues; /* all that live, oldest first */
	uint64_t queue_count;    /* how many there ever were */
};

TERN_DEFINE_HANDLE(context, cl_context, TERN_KIND_CONTEXT)

/* Takes references on the devices; copies @properties. NULL when there is no memory. */
struct tern_context *tern_context_create(struct tern_device *const *devices, cl_uint count,
					 const cl_context_properties *properties,
					 void(CL_CALLBACK *notify)(const char *, const void *,
								   size_t, void *),
					 void *notify_data) TERN_MUST_CHECK;
bool tern_context_has_device(const struct tern_context *context, const struct tern_device *device);
/* Runs at the context's end, in reverse order of registration, with no lock held. -ENOMEM. */
int tern_context_add_destructor(struct tern_context *context,
				void(CL_CALLBACK *fn)(cl_context, void *),
				void *data) TERN_MUST_CHECK;
/*
 * Waits until all commands that have been enqueued in @context, to any queue, have finished: for
 * functions that free what such commands may use. Commands may fail; queues of before a fork are
 * passed over. CL_OUT_OF_HOST_MEMORY.
 */
cl_int tern_context_finish(struct tern_context *context) TERN_MUST_CHECK;

#endif
