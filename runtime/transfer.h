/* SPDX-License-Identifier: MIT */
/*
 * Commands that move or set bytes (sections 5.2.2 to 5.2.4, 5.6). The arguments were checked by the
 * caller, but for the wait list. All return the errors of tern_command_enqueue() or
 * CL_OUT_OF_HOST_MEMORY.
 */
#ifndef TERN_RUNTIME_TRANSFER_H
#define TERN_RUNTIME_TRANSFER_H

#include "runtime/memory.h"

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
 * A command without work, in its place in the order: SVM maps, migrations on devices that share the
 * host's memory. Keeps @count memory objects alive.
 */
cl_int tern_transfer_none(const struct tern_submission *submission, cl_command_type type,
			  struct tern_memory *const *memory, cl_uint count) TERN_MUST_CHECK;

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
