/* SPDX-License-Identifier: MIT */
/*
 * DOC: the directory
 *
 * Which page of the program is where. A two-level table of chunks (2 MiB), made when a device first
 * touches them, so a look-up is two loads, whatever the program has mapped.
 *
 * States of a page (engine.h has the transitions between HOME, SHARED and AWAY):
 *
 *	HOME	only the host has it
 *	SHARED	host and device may read; host write-protected, device read-only
 *	STAGED	on the way: neither side can access it, its contents lie in the chunk's slot
 *	AWAY	only the device has it
 *
 * Every transition that moves the only copy goes through STAGED, so one that cannot go on (events
 * are unread, the device died) leaves nothing undone: the page goes on from there.
 *
 * Beside them, SNAPSHOT marks HOME pages of read-only file mappings of which the device has a copy.
 * No event tells when such a mapping goes, so the copies last until the next fence at most.
 *
 * A chunk's pages are on one device at a time.
 */
#ifndef TERN_SVM_DIRECTORY_H
#define TERN_SVM_DIRECTORY_H

#include "runtime/base/list.h"
#include "svm/bits.h"
#include "svm/device_memory.h"
#include "svm/policy.h"
#include "svm/space.h"

#define CHUNK_SHIFT 21u
#define PAGE_SHIFT  12u
/* User addresses are below. */
#define ADDRESS_END ((uint64_t)1 << 47)
#define TABLE_BITS  13u
#define TABLE_SIZE  (1u << TABLE_BITS)

enum page_state { PAGE_HOME, PAGE_SHARED, PAGE_STAGED, PAGE_AWAY };

struct device;
struct frames;
struct model;

struct chunk {
	uint64_t base;
	struct device *device; /* who has its SHARED, AWAY and SNAPSHOT pages, if there are any */
	tern_page_bits shared, staged, away, snapshot;
	tern_page_bits registered;  /* with the program's userfaultfd, as far as we know */
	tern_page_bits readonly;    /* AWAY pages that the device may only read as yet */
	tern_page_bits shown;       /* AWAY pages that a watched device reaches (watch.c) */
	tern_page_bits reads;       /* HOME pages that a kernel device reads in place (trap.h) */
	tern_page_bits device_held; /* whom hold_until is for: set: the device */
	uint32_t hold_until[TERN_CHUNK_PAGES]; /* microseconds of the engine's clock, wraps */
	uint32_t changed[TERN_CHUNK_PAGES];    /* when it last changed sides; the same clock */
	uint8_t changes[TERN_CHUNK_PAGES];     /* how often within the last while */
	uint32_t resident;                     /* SHARED, AWAY and SNAPSHOT pages */
	uint32_t advice;                       /* enum tern_advice */
	unsigned zero_next, zero_run;          /* sequential first touches of the host */
	struct frames *frames;                 /* NULL: none */
	struct tern_list resident_link, staged_link;
	uint64_t refused_ns;         /* when a STAGED page was first refused at home; 0: none was */
	bool given_up;               /* that was too long ago */
	uint64_t allocated, touched; /* struct tern_policy_candidate */
	uint16_t asked; /* the page that is hidden from the device, + 1; 0: none (sample.c) */
	struct tern_space_stats stats;
	uint64_t woken; /* number of the last wake of threads that wait for one of its pages */
	uint64_t told_start, told_end; /* the mapping that a trace was last told of */
	uint32_t returns;              /* struct tern_policy_candidate */
	bool evicted;                  /* and has not come again */
	struct model *model;           /* debug builds */
	_Alignas(16) unsigned char policy_state[];
};

struct directory {
	struct chunk **tables[TABLE_SIZE];
	uint32_t chunk_bytes; /* of each chunk, with the policy's state */
	uint32_t count, most; /* chunks; 0: as many as there is memory for (replays have a limit) */
	uint32_t table_count, tables_most;
};

static inline uint64_t chunk_base(uint64_t address)
{
	return address & ~(TERN_CHUNK - 1);
}

static inline unsigned page_index(uint64_t address)
{
	return (unsigned)(address >> PAGE_SHIFT) & (TERN_CHUNK_PAGES - 1);
}

static inline uint64_t page_address(const struct chunk *chunk, unsigned page)
{
	return chunk->base + (uint64_t)page * TERN_PAGE;
}

/* NULL: no device ever touched it. @address < ADDRESS_END. */
struct chunk *directory_find(const struct directory *dir, uint64_t address);
/* As above; made when there is none. NULL: no memory. */
struct chunk *directory_get(struct directory *dir, uint64_t address);
/* The first chunk with a base at or above @address and below @end, or NULL. */
struct chunk *directory_next(const struct directory *dir, uint64_t address, uint64_t end);
/* Frees all. */
void directory_finish(struct directory *dir);

static inline enum page_state page_state(const struct chunk *chunk, unsigned page)
{
	if (bits_test(chunk->away, page))
		return PAGE_AWAY;
	if (bits_test(chunk->shared, page))
		return PAGE_SHARED;
	return bits_test(chunk->staged, page) ? PAGE_STAGED : PAGE_HOME;
}

/* *@out: the pages of @chunk in state @state. */
void chunk_pages(const struct chunk *chunk, enum page_state state, uint64_t *out);

#endif
