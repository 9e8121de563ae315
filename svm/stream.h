/* SPDX-License-Identifier: MIT */
/* Copies past the caches. */
#ifndef TERN_SVM_STREAM_H
#define TERN_SVM_STREAM_H

#include <string.h>

#include "runtime/base/base.h"

#if defined(__x86_64__)
#include <emmintrin.h>
/*
 * As memcpy() of whole pages, aligned to 64 bytes, but the target's lines are neither read before
 * they are written nor kept in the caches: faster for what no cache can hold.
 */
static inline void tern_stream_copy(void *to, const void *from, size_t bytes)
{
	__m128i *t = to;
	const __m128i *f = from;
	for (size_t i = 0; i < bytes / sizeof(*t); i += 4) {
		__m128i a = _mm_load_si128(f + i), b = _mm_load_si128(f + i + 1);
		__m128i c = _mm_load_si128(f + i + 2), d = _mm_load_si128(f + i + 3);
		_mm_stream_si128(t + i, a);
		_mm_stream_si128(t + i + 1, b);
		_mm_stream_si128(t + i + 2, c);
		_mm_stream_si128(t + i + 3, d);
	}
	_mm_sfence();
}
#else
static inline void tern_stream_copy(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
}
#endif

#endif
