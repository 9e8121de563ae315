/* SPDX-License-Identifier: MIT */
/*
 * DOC: memory objects (section 5.2)
 *
 * A buffer is a range of the one address space: `host` is where its bytes are, on every device and
 * for the host alike; a sub-buffer points into its parent. So a map is bookkeeping only: the
 * program gets a pointer into the buffer itself. Where pages migrate, the map's command brings home
 * what is mapped, as a hint.
 *
 * A device that reaches the aperture only (runtime/context.h) cannot use a host_ptr of the
 * program's. The bytes of such a buffer are in the aperture, copied from host_ptr at its creation;
 * a map gives a pointer into host_ptr, its command copies the region out, and the command of the
 * unmap copies it back when it was mapped for writing. Nothing is copied when host_ptr lies in the
 * aperture itself.
 *
 * Maps are counted and recorded when they are enqueued, and forgotten when the unmap is enqueued;
 * if the command then does not execute because an event that it waited for failed, that is undone.
 * The records of a buffer and of its sub-buffers are in one interval tree, at the buffer, for the
 * check that no two maps for writing overlap.
 *
 * A memory object dies at the last put: the program's references are released and no command,
 * kernel argument or sub-buffer uses it any more. Its destructor callbacks run first, in the thread
 * that called clReleaseMemObject() when that was the last use, else on the callback thread: a
 * thread that happens to finish a command may hold locks of the program's.
 */
#ifndef TERN_RUNTIME_MEMORY_H
#define TERN_RUNTIME_MEMORY_H

#include "runtime/base/itree.h"
#include "runtime/queue.h"

/* CL_DEVICE_MEM_BASE_ADDR_ALIGN of every device, in bytes: the alignment of new buffers and of the
 * origins of sub-buffers. */
#define TERN_MEMORY_BASE_ALIGN 128u

struct tern_memory_destructor {
	struct tern_memory_destructor *next;
	void(CL_CALLBACK *fn)(cl_mem memory, void *data);
	void *data;
};

struct tern_memory {
	struct tern_object obj;
	struct tern_context *context; /* reference */
	cl_mem_object_type type;      /* CL_MEM_OBJECT_BUFFER */
	cl_mem_flags flags;           /* as reported: inherited ones included */
	size_t size;
	unsigned char *host;        /* the bytes */
	void *host_ptr;             /* as given with CL_MEM_USE_HOST_PTR (+ origin), else NULL */
	enum tern_heap_place place; /* of the bytes */
	bool owns_host;
	bool copied;   /* host_ptr has no more than a copy, made and taken back by maps */
	bool uses_svm; /* CL_MEM_USES_SVM_POINTER */
	struct tern_memory *parent;    /* reference; sub-buffers */
	size_t origin;                 /* in the parent */
	cl_mem_properties *properties; /* as given, with the final 0, or NULL */
	size_t properties_bytes;
	struct tern_lock lock; /* rank MEMORY: what follows; maps and map counts: the root's lock */
	struct tern_itree maps; /* of a buffer and its sub-buffers; in the buffer only */
	cl_uint map_count;
	struct tern_memory_destructor *destructors; /* last registered first */
};

TERN_DEFINE_HANDLE(memory, cl_mem, TERN_KIND_MEMORY)

/* The buffer itself, or the one that a sub-buffer is part of. */
static inline struct tern_memory *tern_memory_root(struct tern_memory *memory)
{
	return memory->parent ? memory->parent : memory;
}

/* The bytes as maps show them to the program. */
static inline unsigned char *tern_memory_view(const struct tern_memory *memory)
{
	return memory->copied ? memory->host_ptr : memory->host;
}

/* Whether pages of @memory may be on a device. */
static inline bool tern_memory_migrates(const struct tern_memory *memory)
{
	return memory->context->memory.migrates && memory->place != TERN_HEAP_SHARED;
}

struct tern_buffer_options {
	cl_mem_flags flags; /* valid ones (5.2.1) */
	size_t size;        /* > 0 */
	void *host_ptr;
	const cl_mem_properties *properties; /* copied; NULL: none given */
	size_t properties_bytes;
};

/*
 * Whether a device of @context can be given @size bytes more. The system itself promises
 * more memory than there is, and kills whoever then uses it.
 */
bool tern_memory_available(const struct tern_context *context, size_t size);
/* CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_HOST_MEMORY. */
cl_int tern_memory_create_buffer(struct tern_context *context,
				 const struct tern_buffer_options *options,
				 struct tern_memory **out) TERN_MUST_CHECK;
/* A sub-buffer of @size > 0 bytes at @origin of the buffer @parent. @flags: as given; others are
 * inherited here. CL_OUT_OF_HOST_MEMORY. */
cl_int tern_memory_create_sub(struct tern_memory *parent, cl_mem_flags flags, size_t origin,
			      size_t size, struct tern_memory **out) TERN_MUST_CHECK;
/* clReleaseMemObject */
void tern_memory_release(struct tern_memory *memory);
/* clSetMemObjectDestructorCallback: CL_OUT_OF_HOST_MEMORY. */
cl_int tern_memory_add_destructor(struct tern_memory *memory, void(CL_CALLBACK *fn)(cl_mem, void *),
				  void *data) TERN_MUST_CHECK;
/* CL_MEM_MAP_COUNT */
cl_uint tern_memory_map_count(struct tern_memory *memory);

/* How a command is to be enqueued: the last parameters of every clEnqueue function. */
struct tern_submission {
	struct tern_queue *queue;
	cl_uint wait_count;
	const cl_event *wait_list; /* not yet checked */
	cl_event *event;           /* may be NULL */
	bool blocking;
};

/*
 * clEnqueueMapBuffer, of valid arguments: *@out is the pointer for the program.
 * CL_INVALID_OPERATION when another map for writing overlaps; the errors of tern_command_enqueue().
 */
cl_int tern_memory_map(const struct tern_submission *submission, struct tern_memory *memory,
		       cl_map_flags flags, size_t offset, size_t size, void **out) TERN_MUST_CHECK;
/* clEnqueueUnmapMemObject: CL_INVALID_VALUE when @ptr is no pointer of a map of @memory. */
cl_int tern_memory_unmap(const struct tern_submission *submission, struct tern_memory *memory,
			 const void *ptr) TERN_MUST_CHECK;
/* Forgets the maps that a dying @memory still has. */
void tern_memory_drop_maps(struct tern_memory *memory);

#endif
