/* SPDX-License-Identifier: MIT */
/* Bitmaps of a chunk's pages (tern_page_bits of policy.h): 512 bits. */
#ifndef TERN_SVM_BITS_H
#define TERN_SVM_BITS_H

#include "runtime/base/base.h"

#define BITS_WORDS 8u
#define BITS_PAGES 512u

static inline bool bits_test(const uint64_t *b, unsigned i)
{
	return b[i / 64] >> (i % 64) & 1;
}

/* The bits of word @word that are in [@first, @end). */
static inline uint64_t bits_mask(unsigned word, unsigned first, unsigned end)
{
	unsigned low = word * 64, high = low + 64;
	if (first >= high || end <= low || first >= end)
		return 0;
	uint64_t mask = ~(uint64_t)0;
	if (first > low)
		mask &= ~(uint64_t)0 << (first - low);
	if (end < high)
		mask &= ~(uint64_t)0 >> (high - end);
	return mask;
}

static inline void bits_fill(uint64_t *b, unsigned first, unsigned count)
{
	for (unsigned w = first / 64; w < BITS_WORDS && w * 64 < first + count; w++)
		b[w] |= bits_mask(w, first, first + count);
}

static inline void bits_clear(uint64_t *b, unsigned first, unsigned count)
{
	for (unsigned w = first / 64; w < BITS_WORDS && w * 64 < first + count; w++)
		b[w] &= ~bits_mask(w, first, first + count);
}

static inline unsigned bits_count(const uint64_t *b, unsigned first, unsigned count)
{
	unsigned n = 0;
	for (unsigned w = first / 64; w < BITS_WORDS && w * 64 < first + count; w++)
		n += (unsigned)__builtin_popcountl(b[w] & bits_mask(w, first, first + count));
	return n;
}

/* The first bit of [@from, @end) that is set, or @end. */
static inline unsigned bits_next(const uint64_t *b, unsigned from, unsigned end)
{
	for (unsigned w = from / 64; w < BITS_WORDS && w * 64 < end; w++) {
		uint64_t here = b[w] & bits_mask(w, from, end);
		if (here)
			return w * 64 + (unsigned)__builtin_ctzl(here);
	}
	return end;
}

/* The first bit of [@from, @end) that is clear, or @end. */
static inline unsigned bits_next_clear(const uint64_t *b, unsigned from, unsigned end)
{
	for (unsigned w = from / 64; w < BITS_WORDS && w * 64 < end; w++) {
		uint64_t here = ~b[w] & bits_mask(w, from, end);
		if (here)
			return w * 64 + (unsigned)__builtin_ctzl(here);
	}
	return end;
}

#endif
