/* SPDX-License-Identifier: MIT */
/*
 * What is known of the pages of the accelerator's memory; pinned, for the engine's thread. Facts of
 * each page, of which each implies the one behind it:
 *
 *	hidden	the process has no page-table entry, and gets it by show() only
 *	mapped	it has one, or gets it back from us when it faults, unless it is hidden
 *	present	the memory file has a page; warm, when it is not mapped
 */
#ifndef TERN_VENDORS_ACCEL_PAGES_H
#define TERN_VENDORS_ACCEL_PAGES_H

#include "svm/device_memory.h"

#define PAGES_WORDS   (TERN_CHUNK_PAGES / 64)
#define WINDOW_SHIFT  30u /* the file is mapped by pieces of 1 GiB */
#define LEAF_SHIFT    34u
#define ADDRESS_SHIFT 47u

struct accel_chunk {
	struct accel_chunk *next; /* of all */
	uint64_t va;
	bool huge; /* one page of the file, as far as it is known */
	uint64_t mapped[PAGES_WORDS], present[PAGES_WORDS];
	uint64_t readonly[PAGES_WORDS]; /* of what is mapped */
	uint64_t hidden[PAGES_WORDS];   /* of what is mapped: the entry comes back by show() only */
};

struct accel_leaf { /* 16 GiB */
	struct accel_chunk *chunks[(UINT64_C(1) << LEAF_SHIFT) / TERN_CHUNK];
	unsigned char *windows[1u << (LEAF_SHIFT - WINDOW_SHIFT)];
};

struct accel_pages {
	struct accel_leaf *leaves[1u << (ADDRESS_SHIFT - LEAF_SHIFT)];
	struct accel_chunk *chunks;
	struct accel_chunk *trimmed; /* where the last trim() ended */
	uint64_t present, mapped;    /* pages, of all chunks */
	/* A chunk whose entries the process was asked to remove before that had to be: whether it
	 * is still at it, and whether entries have been made since. NULL: none. */
	struct accel_chunk *early;
	bool early_posted, early_touched;
	bool no_populate; /* the process' memory cannot be read from here */
};

/* NULL: no memory, or no such address; without @create also when nothing is known of it. */
struct accel_leaf *accel_leaf(struct accel_pages *pages, uint64_t va, bool create);
struct accel_chunk *accel_chunk(struct accel_pages *pages, uint64_t va, bool create);

static inline bool bits_test(const uint64_t *map, unsigned i)
{
	return map[i / 64] >> i % 64 & 1;
}

/* How many bits from @first on, before @end, are all as @first is. */
unsigned bits_run(const uint64_t *map, unsigned first, unsigned end);
/* Set and clear @count bits; how many have changed. */
unsigned bits_set(uint64_t *map, unsigned first, unsigned count);
unsigned bits_clear(uint64_t *map, unsigned first, unsigned count);
/* Whether any of @count bits is set. */
bool bits_any(const uint64_t *map, unsigned first, unsigned count);

#endif
