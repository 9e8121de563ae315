/* SPDX-License-Identifier: MIT */
/*
 * DOC: the kinds of memory that extensions allocate
 *
 * cl_intel_unified_shared_memory (usm.c) and cl_khr_unified_svm (unified_svm.c) name what a program
 * means to do with an allocation. On Tern every pointer is valid on the host and on every device
 * that has fine-grained system SVM, and all allocations are on the others, so a type does not
 *decide what may be accessed but where the memory lies:
 *
 *	type	place (context.h)	meant for
 *	COARSE	memory.coarse		host and device in turn, mapped for the host
 *	FINE	memory.fine		both at once: never moves
 *	DEVICE	memory.coarse		its device: moves there at the first access, and stays
 *	HOST	memory.fine		the host: never moves
 *	SHARED	memory.coarse		both in turn: moves to who accesses it
 *	SYSTEM	memory.coarse		as malloc'ed memory
 *
 * The capabilities that are reported are what holds for every device that supports the type; they
 * are less than the truth where a type is to stay distinct from another.
 *
 * An allocation's details are kept with it by the registry (svm/svm.h). The device in there needs
 *no reference: the allocation is freed with its context at the latest, which holds one.
 */
#ifndef TERN_ICD_SVM_TYPES_H
#define TERN_ICD_SVM_TYPES_H

#include "icd/api.h"
#include "icd/cl_tern.h"
#include "icd/unified_svm.h"
#include "runtime/event.h"
#include "svm/svm.h"

#define TERN_EXTENSION_FUNCTION(name) __typeof__(*(name##_fn)NULL) tern_##name;
#include "icd/extension_functions.def"
#undef TERN_EXTENSION_FUNCTION

enum tern_svm_type {
	TERN_SVM_COARSE, /* 0: what clSVMAlloc makes has no details */
	TERN_SVM_FINE,
	TERN_SVM_DEVICE,
	TERN_SVM_HOST,
	TERN_SVM_SHARED,
	TERN_SVM_SYSTEM,
	TERN_SVM_TYPES
};

/* Each of the three properties at most once, and the final 0. */
#define TERN_SVM_PROPERTY_WORDS 7

struct tern_kernel;

struct tern_svm_details {
	enum tern_svm_type type;
	struct tern_device *device; /* associated; NULL: none */
	uint64_t flags;             /* access flags; for USM, cl_mem_alloc_flags_intel */
	size_t align;               /* 0: TERN_HEAP_ALIGN */
	size_t properties_bytes;    /* 0: none were given */
	cl_properties properties[TERN_SVM_PROPERTY_WORDS];
};

/* The largest data type's size: the most that may be asked of the extensions' alignments. */
#define TERN_LARGEST_TYPE 128u

static inline bool tern_type_alignment_valid(uint64_t align)
{
	return !align || (tern_is_power_of_two(align) && align <= TERN_LARGEST_TYPE);
}

/* What @type offers on @device; 0: not supported. */
cl_svm_capabilities_khr tern_svm_type_caps(enum tern_svm_type type,
					   const struct tern_device *device);
/* What it offers on each of the @devices that support it; 0: none does. */
cl_svm_capabilities_khr tern_svm_type_shared_caps(enum tern_svm_type type,
						  struct tern_device *const *devices,
						  cl_uint count);
/* The types that some root device of the platform supports, by ascending number: their indices in
 * the queries are places in this list. Returns how many. After the runtime's start. */
cl_uint tern_svm_type_list(enum tern_svm_type list[TERN_SVM_TYPES]);
/* The index of @type; CL_UINT_MAX: there is no such type. */
cl_uint tern_svm_type_index(enum tern_svm_type type);

/* Allocates @size > 0 bytes. CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY. */
cl_int tern_svm_type_alloc(struct tern_context *context, enum tern_svm_kind kind,
			   const struct tern_svm_details *details, size_t size,
			   void **out) TERN_MUST_CHECK;
/* -ENOENT: @p is no allocation of @kind in @context. */
int tern_svm_type_free(struct tern_context *context, enum tern_svm_kind kind,
		       void *p) TERN_MUST_CHECK;
/* The allocation of @kind in @context that @p lies in, and its details; false: there is none. */
bool tern_svm_type_find(const struct tern_context *context, enum tern_svm_kind kind, const void *p,
			struct tern_svm_range *range, struct tern_svm_details *details);

/* CL_PLATFORM_SVM_TYPE_CAPABILITIES_KHR */
cl_int tern_svm_platform_info(const struct tern_info *out);
/* The queries that the extensions add to clGetDeviceInfo; CL_INVALID_VALUE: not one of them. */
cl_int tern_svm_device_info(const struct tern_device *device, cl_device_info param,
			    const struct tern_info *out);
/* The same for clSetKernelExecInfo. @bytes, @value: as given. */
cl_int tern_svm_kernel_exec_info(struct tern_kernel *kernel, cl_kernel_exec_info param,
				 size_t bytes, const void *value);
/* CL_EVENT_SVM_STATISTICS_TERN */
cl_int tern_svm_event_info(struct tern_event *event, const struct tern_info *out);

#endif
