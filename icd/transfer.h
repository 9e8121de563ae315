/* SPDX-License-Identifier: MIT */
/* Argument checks that the entry points of icd/memory.c, map.c, transfer*.c and svm*.c share. */
#ifndef TERN_ICD_TRANSFER_H
#define TERN_ICD_TRANSFER_H

#include "runtime/transfer.h"

/* What makes bits of cl_mem_flags that exclude each other. */
static inline bool tern_at_most_one_bit(cl_bitfield bits)
{
	return !(bits & (bits - 1));
}

/* The buffer @handle, or NULL when it is no buffer. */
static inline struct tern_memory *tern_buffer_from(cl_mem handle)
{
	struct tern_memory *memory = tern_memory_from(handle);
	return memory && memory->type == CL_MEM_OBJECT_BUFFER ? memory : NULL;
}

/* Whether bytes [offset, offset + size) lie in @memory. */
static inline bool tern_in_bounds(const struct tern_memory *memory, size_t offset, size_t size)
{
	return offset <= memory->size && size <= memory->size - offset;
}

/* Whether the program may read (write) @memory from the host; else CL_INVALID_OPERATION. */
static inline bool tern_host_may_read(const struct tern_memory *memory)
{
	return !(memory->flags & (CL_MEM_HOST_WRITE_ONLY | CL_MEM_HOST_NO_ACCESS));
}

static inline bool tern_host_may_write(const struct tern_memory *memory)
{
	return !(memory->flags & (CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS));
}

/* CL_MAP_*: CL_MAP_WRITE_INVALIDATE_REGION excludes the others. 0 is accepted: a map for nothing.
 */
static inline bool tern_map_flags_valid(cl_map_flags flags)
{
	const cl_map_flags both = CL_MAP_READ | CL_MAP_WRITE;
	return !(flags & ~both) || flags == CL_MAP_WRITE_INVALIDATE_REGION;
}

static inline bool tern_migration_flags_valid(cl_mem_migration_flags flags)
{
	return !(flags & ~(cl_mem_migration_flags)(CL_MIGRATE_MEM_OBJECT_HOST |
						   CL_MIGRATE_MEM_OBJECT_CONTENT_UNDEFINED));
}

/* Whether @size bytes may be copied (5.6.1): they wrap around the address space, or overlap. */
static inline cl_int tern_copy_check(const void *dst, const void *src, size_t size)
{
	uintptr_t from = (uintptr_t)src, to = (uintptr_t)dst;
	if (size && (from > UINTPTR_MAX - size || to > UINTPTR_MAX - size))
		return CL_INVALID_VALUE;
	return from < to + size && to < from + size ? CL_MEM_COPY_OVERLAP : CL_SUCCESS;
}

/* Whether @pattern of @bytes may fill a range of @size bytes at a place @at (5.2.3, 5.6.1). */
static inline bool tern_fill_valid(const void *pattern, size_t bytes, size_t at, size_t size)
{
	return pattern && bytes <= 128 && tern_is_power_of_two(bytes) && at % bytes == 0 &&
	       size % bytes == 0;
}

#endif
