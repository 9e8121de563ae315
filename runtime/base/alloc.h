/* SPDX-License-Identifier: MIT */
/*
 * Every allocation of libtern goes through here, so that the tests can make the nth one fail
 * (option TERN_FAULT, see option.h). All functions are thread-safe and return NULL when there is no
 * memory; nothing is logged. Memory from any of them is returned with tern_free().
 */
#ifndef TERN_BASE_ALLOC_H
#define TERN_BASE_ALLOC_H

#include "runtime/base/base.h"

void *tern_alloc(size_t size) TERN_MUST_CHECK __attribute__((malloc));
void *tern_zalloc(size_t size) TERN_MUST_CHECK __attribute__((malloc));
/* Zeroed array of @n elements of @size bytes; NULL also when n * size overflows. */
void *tern_zalloc_array(size_t n, size_t size) TERN_MUST_CHECK __attribute__((malloc));
/* Grows or shrinks @p to @n elements of @size bytes; on failure @p stays valid. */
void *tern_realloc_array(void *p, size_t n, size_t size) TERN_MUST_CHECK;
/* @align: a power of two, at least sizeof(void *). The memory is not zeroed. */
void *tern_alloc_aligned(size_t align, size_t size) TERN_MUST_CHECK __attribute__((malloc));
char *tern_strdup(const char *s) TERN_MUST_CHECK;
/* Copies @n bytes and ends them with a NUL. */
char *tern_strndup(const char *s, size_t n) TERN_MUST_CHECK;
char *tern_asprintf(const char *format, ...) TERN_MUST_CHECK TERN_PRINTF(1, 2);
void tern_free(void *p);

/*
 * Fault injection. tern_fault_hit() is asked before each allocation and each system call that can
 * fail; it says true when this one must fail. tern_fault_arm(n) makes the nth call from now on fail
 * (1: the next), 0 disarms; @sticky makes all later ones fail too. tern_fault_count() is the number
 * of asks since the last arm with @n > 0.
 */
bool tern_fault_hit(void);
void tern_fault_arm(uint64_t n, bool sticky);
uint64_t tern_fault_count(void);

#endif
