/* SPDX-License-Identifier: MIT */
#include "vendors/accel/pages.h"

#include "svm/pinned.h"

struct accel_leaf *accel_leaf(struct accel_pages *pages, uint64_t va, bool create)
{
	if (va >> ADDRESS_SHIFT)
		return NULL;
	struct accel_leaf **leaf = &pages->leaves[va >> LEAF_SHIFT];
	if (!*leaf && create)
		*leaf = tern_pinned_alloc(sizeof(**leaf));
	return *leaf;
}

struct accel_chunk *accel_chunk(struct accel_pages *pages, uint64_t va, bool create)
{
	struct accel_leaf *leaf = accel_leaf(pages, va, create);
	if (!leaf)
		return NULL;
	struct accel_chunk **chunk = &leaf->chunks[va % (UINT64_C(1) << LEAF_SHIFT) / TERN_CHUNK];
	if (!*chunk && create) {
		struct accel_chunk *c = tern_pinned_alloc(sizeof(*c));
		if (!c)
			return NULL;
		c->va = va / TERN_CHUNK * TERN_CHUNK;
		c->next = pages->chunks;
		pages->chunks = c;
		*chunk = c;
	}
	return *chunk;
}

/* Bits @from to @to, exclusive, of one word. */
static uint64_t mask(unsigned from, unsigned to)
{
	return (to == 64 ? ~UINT64_C(0) : (UINT64_C(1) << to) - 1) & ~UINT64_C(0) << from;
}

unsigned bits_run(const uint64_t *map, unsigned first, unsigned end)
{
	uint64_t invert = bits_test(map, first) ? ~UINT64_C(0) : 0;
	for (unsigned i = first; i < end; i = (i / 64 + 1) * 64) {
		uint64_t differ = (map[i / 64] ^ invert) & mask(i % 64, 64);
		if (differ) {
			unsigned at = i / 64 * 64 + (unsigned)__builtin_ctzll(differ);
			return tern_min(at, end) - first;
		}
	}
	return end - first;
}

/* Calls for each word that the range touches: the word's number and the bits in it. */
#define FOR_WORDS(w, m, first, count)                                                              \
	for (unsigned i_ = (first), e_ = (first) + (count), w = i_ / 64; i_ < e_;                  \
	     i_ = (w + 1) * 64, w++)                                                               \
		for (uint64_t m = mask(i_ % 64, tern_min(e_ - w * 64, 64u)); m; m = 0)

unsigned bits_set(uint64_t *map, unsigned first, unsigned count)
{
	unsigned changed = 0;
	FOR_WORDS(w, m, first, count)
	{
		changed += (unsigned)__builtin_popcountll(m & ~map[w]);
		map[w] |= m;
	}
	return changed;
}

unsigned bits_clear(uint64_t *map, unsigned first, unsigned count)
{
	unsigned changed = 0;
	FOR_WORDS(w, m, first, count)
	{
		changed += (unsigned)__builtin_popcountll(m & map[w]);
		map[w] &= ~m;
	}
	return changed;
}

bool bits_any(const uint64_t *map, unsigned first, unsigned count)
{
	uint64_t any = 0;
	FOR_WORDS(w, m, first, count)
	any |= map[w] & m;
	return any;
}
