/* SPDX-License-Identifier: MIT */
#include "runtime/base/alloc.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic bool fault_armed;
static _Atomic bool fault_sticky;
static _Atomic uint64_t fault_at;
static _Atomic uint64_t fault_asked;

bool tern_fault_hit(void)
{
	if (tern_likely(!atomic_load_explicit(&fault_armed, memory_order_relaxed)))
		return false;
	uint64_t n = atomic_fetch_add_explicit(&fault_asked, 1, memory_order_relaxed) + 1;
	uint64_t at = atomic_load_explicit(&fault_at, memory_order_relaxed);
	return n == at || (n > at && atomic_load_explicit(&fault_sticky, memory_order_relaxed));
}

void tern_fault_arm(uint64_t n, bool sticky)
{
	if (n)
		atomic_store(&fault_asked, 0);
	atomic_store(&fault_at, n);
	atomic_store(&fault_sticky, sticky);
	atomic_store(&fault_armed, n != 0);
}

uint64_t tern_fault_count(void)
{
	return atomic_load(&fault_asked);
}

void *tern_alloc(size_t size)
{
	return tern_fault_hit() ? NULL : malloc(size ? size : 1);
}

void *tern_zalloc(size_t size)
{
	return tern_fault_hit() ? NULL : calloc(1, size ? size : 1);
}

void *tern_zalloc_array(size_t n, size_t size)
{
	size_t bytes;
	if (tern_fault_hit() || __builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return calloc(1, bytes ? bytes : 1);
}

void *tern_realloc_array(void *p, size_t n, size_t size)
{
	size_t bytes;
	if (tern_fault_hit() || __builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return realloc(p, bytes ? bytes : 1);
}

void *tern_alloc_aligned(size_t align, size_t size)
{
	void *p = NULL;
	if (tern_fault_hit() || posix_memalign(&p, align, size ? size : 1) != 0)
		return NULL;
	return p;
}

char *tern_strdup(const char *s)
{
	return tern_strndup(s, strlen(s));
}

char *tern_strndup(const char *s, size_t n)
{
	if (n == SIZE_MAX)
		return NULL;
	char *copy = tern_alloc(n + 1);
	if (!copy)
		return NULL;
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

char *tern_asprintf(const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	int n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		return NULL;
	char *s = tern_alloc((size_t)n + 1);
	if (!s)
		return NULL;
	va_start(ap, format);
	vsnprintf(s, (size_t)n + 1, format, ap);
	va_end(ap);
	return s;
}

void tern_free(void *p)
{
	free(p);
}
