/* SPDX-License-Identifier: MIT */
#ifndef TERN_RUNTIME_CONTEXT_H
#define TERN_RUNTIME_CONTEXT_H

#include "runtime/base/lock.h"
#include "runtime/device.h"

struct tern_destructor {
	struct tern_destructor *next;
	void(CL_CALLBACK *fn)(cl_context context, void *data);
	void *data;
};

struct tern_context {
	struct tern_object obj;
	struct tern_device **devices; /* references, no device twice */
	cl_uint device_count;
	cl_context_properties *properties; /* as given, with the final 0; NULL when none were */
	size_t properties_bytes;
	void(CL_CALLBACK *notify)(const char *errinfo, const void *private_info, size_t cb,
				  void *data);
	void *notify_data;
	struct tern_lock lock;               /* rank CONTEXT: the destructors */
	struct tern_destructor *destructors; /* last registered first */
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

#endif
