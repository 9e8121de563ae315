/* SPDX-License-Identifier: MIT */
/*
 * Commands that move or set bytes (sections 5.2.2 to 5.2.4, 5.6). The arguments were checked by the
 * caller, but for the wait list. All return the errors of tern_command_enqueue() or
 * CL_OUT_OF_HOST_MEMORY.
 */
#ifndef TERN_RUNTIME_TRANSFER_H
#define TERN_RUNTIME_TRANSFER_H

#include "runtime/memory.h"
#include "svm/space.h"

/* Copies a box. @a, @b: memory objects kept alive until the command has finished; may be NULL. */
cl_int tern_transfer_copy(const struct tern_submission *submission, cl_command_type type,
			  const struct tern_copy *copy, struct tern_memory *a,
			  struct tern_memory *b) TERN_MUST_CHECK;
/* The same for @bytes in a row; 0 is a command that does nothing. */
cl_int tern_transfer_copy_bytes(const struct tern_submission *submission, cl_command_type type,
				void *dst, const void *src, size_t bytes, struct tern_memory *a,
				struct tern_memory *b) TERN_MUST_CHECK;
/* Fills @bytes, a multiple of @pattern_bytes (1 to 128), at @dst. @memory may be NULL. */
cl_int tern_transfer_fill(const struct tern_submission *submission, cl_command_type type, void *dst,
			  size_t bytes, const void *pattern, size_t pattern_bytes,
			  struct tern_memory *memory) TERN_MUST_CHECK;
/*
 * A command without work, in its place in the order: SVM unmaps, migrations on devices that share
 * the host's memory. Keeps @count memory objects alive.
 */
cl_int tern_transfer_none(const struct tern_submission *submission, cl_command_type type,
			  struct tern_memory *const *memory, cl_uint count) TERN_MUST_CHECK;

struct tern_range {
	const void *start;
	size_t bytes;
};

/*
 * A command that brings @ranges (copied; whole pages are moved) to the queue's device, or home with
 * CL_MIGRATE_MEM_OBJECT_HOST or when the device works in the host's memory. A hint: what cannot be
 * moved stays, and is logged. Without work where no device of the context has memory of its own.
 * Keeps @count memory objects alive.
 */
cl_int tern_transfer_migrate(const struct tern_submission *submission, cl_command_type type,
			     cl_mem_migration_flags flags, const struct tern_range *ranges,
			     cl_uint range_count, struct tern_memory *const *memory,
			     cl_uint count) TERN_MUST_CHECK;
/* Brings a range home, now; @undefined: nobody needs what whole pages of it contain. Blocks. */
void tern_transfer_bring_home(const void *start, size_t bytes, bool undefined);

/*
 * A command that advises the migration policy on the chunks that lie wholly in the range. Without
 * work where no device of the context has memory of its own, or when there is no such chunk.
 */
cl_int tern_transfer_advise(const struct tern_submission *submission, cl_command_type type,
			    const void *start, size_t bytes,
			    enum tern_advice advice) TERN_MUST_CHECK;
/* Takes all advice on the range back, before its memory may be used for something else. Blocks when
 * any was ever given. */
void tern_transfer_forget_advice(const void *start, size_t bytes);
/* Whole pages of the range, whose contents nobody needs, go to @device. A hint; nothing happens
 * when it is not started or has no memory. Blocks. */
void tern_transfer_place(struct tern_device *device, const void *start, size_t bytes);

/*
 * clEnqueueSVMFree: @pointers are copied. With @fn the program frees them; without it they go back
 * to the registry, and one that is not (or no longer) there ends the command with CL_INVALID_VALUE
 * after the others are freed. NULL pointers are skipped.
 */
cl_int tern_transfer_svm_free(const struct tern_submission *submission, void *const *pointers,
			      cl_uint count,
			      void(CL_CALLBACK *fn)(cl_command_queue, cl_uint, void **, void *),
			      void *user_data) TERN_MUST_CHECK;

#endif
