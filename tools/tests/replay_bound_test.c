/* SPDX-License-Identifier: MIT */
/*
 * The clairvoyant bound: of strings from textbooks, of histories whose bound is known by hand,
 * against all evictions there are (tried one by one), and below every policy on histories made by
 * chance.
 */
#include <string.h>

#include "runtime/base/tests/test.h"
#include "tools/replay.h"

#define BASE  ((uint64_t)1 << 40)
#define PAGE  ((uint64_t)4096)
#define CHUNK ((uint64_t)2 << 20)

enum { STEPS = 4000 };

static struct replay_step steps[STEPS];
static struct replay_history history;

static void begin(void)
{
	history = (struct replay_history){.steps = steps, .memory_bytes = 1 << 30, .window = 64};
}

static void add(struct replay_step step)
{
	REQUIRE(history.count < STEPS);
	steps[history.count++] = step;
	history.compute_ns += step.gap_ns;
	history.accesses += step.kind == TERN_TRACE_FAULT;
}

static void map(void)
{
	add((struct replay_step){.kind = TERN_TRACE_MAPPED,
				 .flags = TERN_TRACE_WRITABLE,
				 .a = BASE,
				 .b = 4096 * CHUNK});
}

enum { READ = 0, WRITE = TERN_TRACE_WRITE, HOST = TERN_TRACE_HOST };

static void touch(unsigned flags, uint64_t page, uint64_t gap_ns)
{
	add((struct replay_step){.kind = TERN_TRACE_FAULT,
				 .flags = (uint8_t)flags,
				 .gap_ns = gap_ns,
				 .a = BASE + page * PAGE});
}

/* 1 us for a page, 0.5 us of latency. */
static const struct tern_link link = {PAGE * 1000000, 500};

static struct replay_bound bound(unsigned pages)
{
	struct replay_bound b;
	REQUIRE(replay_bound_find(&history, pages * PAGE, &link, &b));
	return b;
}

static void textbook(void)
{
	static const unsigned string[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
	static const unsigned loads[] = {12, 9, 7, 6, 5, 5}; /* of 1 to 6 pages */
	begin();
	map();
	for (unsigned i = 0; i < tern_array_size(string); i++)
		touch(READ, string[i], 0);
	for (unsigned i = 0; i < tern_array_size(loads); i++) {
		struct replay_bound b = bound(i + 1);
		EXPECT(b.pages_to_device == loads[i] && b.pages_to_host == 0);
		EXPECT(b.ns == loads[i] * 1000 + 500);
	}
}

/* What is computed, what passes the link, and what of both cannot be at once. */
static void times(void)
{
	begin();
	map();
	touch(READ, 0, 0);
	touch(READ, 0, 10000);
	EXPECT(bound(4).ns == 1500 + 10000); /* the page is wanted before anything is computed */
	begin();
	map();
	touch(READ, 0, 10000);
	EXPECT(bound(4).ns == 10000); /* and here it comes meanwhile */
	touch(WRITE, 0, 0);
	touch(HOST, 0, 0);
	EXPECT(bound(4).ns == 10000 + 1500); /* it cannot go home before it was written */
	touch(READ, 0, 20000);
	EXPECT(bound(4).ns == 10000 + 1500 + 20000);
	struct replay_bound b = bound(4);
	EXPECT(b.pages_to_device == 1 && b.pages_to_host == 1);
	/* Many pages, long computing: the link is the longer one until it is not. */
	begin();
	map();
	for (unsigned i = 0; i < 100; i++)
		touch(READ, i, 500);
	EXPECT(bound(100).ns == 100 * 1000 + 500);
	begin();
	map();
	for (unsigned i = 0; i < 100; i++)
		touch(READ, i, 2000);
	EXPECT(bound(100).ns == 100 * 2000);
}

/* Stays end where the host writes, or the program gives up what it had. */
static void stays(void)
{
	begin();
	map();
	add((struct replay_step){.kind = TERN_TRACE_MOVED,
				 .flags = TERN_TRACE_ZEROED,
				 .x = 1,
				 .a = BASE + 9 * PAGE});
	touch(WRITE, 9, 0);        /* a hole: nothing passes the link */
	touch(HOST, 9, 0);         /* home */
	touch(READ, 9, 0);         /* both have it */
	touch(HOST | WRITE, 9, 0); /* the device's is of no use any more */
	touch(READ, 9, 0);         /* in */
	add((struct replay_step){.kind = TERN_TRACE_REMOVED, .a = BASE, .b = CHUNK});
	touch(WRITE, 9, 0); /* a hole again */
	struct replay_bound b = bound(4);
	EXPECT(b.pages_to_device == 1 && b.pages_to_host == 1);
	add((struct replay_step){.kind = TERN_TRACE_DEVICE});
	EXPECT(bound(4).pages_to_host == 2);
	touch(READ, 9, 0);
	EXPECT(bound(4).pages_to_device == 2);
	add((struct replay_step){.kind = TERN_TRACE_REQUEST,
				 .flags = TERN_MIGRATE_UNDEFINED,
				 .a = BASE,
				 .b = CHUNK});
	touch(READ, 9, 0);
	EXPECT(bound(4).pages_to_device == 2);
}

/* ---- against every choice ---- */

static unsigned least; /* loads found */

/* From step @at on with the pages of the set @there on the device, after @loads. */
static void try_all(size_t at, unsigned there, unsigned pages, unsigned loads)
{
	for (; at < history.count; at++) {
		const struct replay_step *s = &steps[at];
		if (s->kind != TERN_TRACE_FAULT)
			continue;
		unsigned bit = 1u << (s->a - BASE) / PAGE;
		if (s->flags == (HOST | WRITE))
			there &= ~bit;
		if (s->flags & HOST || there & bit)
			continue;
		if (++loads >= least)
			return;
		if ((unsigned)__builtin_popcount(there) < pages) {
			there |= bit;
			continue;
		}
		for (unsigned i = 0; i < 8; i++)
			if (there >> i & 1)
				try_all(at + 1, (there & ~(1u << i)) | bit, pages, loads);
		return;
	}
	least = tern_min(least, loads);
}

static uint64_t hash(uint64_t n)
{
	n = (n ^ n >> 31) * 0x7fb5d329728ea185u;
	n = (n ^ n >> 27) * 0x81dadef4bc2dd44du;
	return n ^ n >> 33;
}

static void every_choice(void)
{
	for (uint64_t seed = 0; seed < 3000; seed++) {
		unsigned pages = 1 + seed % 4;
		begin();
		for (uint64_t i = 0; i < 13; i++) {
			uint64_t h = hash(seed * 64 + i);
			touch(h >> 8 & 7 ? READ : HOST | (h >> 16 & 1 ? WRITE : READ), h % 6, 0);
		}
		least = UINT32_MAX;
		try_all(0, 0, pages, 0);
		EXPECT(bound(pages).pages_to_device == least);
	}
}

/* ---- against every policy ---- */

static void chance(uint64_t seed)
{
	uint64_t span = 64 << seed % 6;
	begin();
	map();
	for (uint64_t i = 0; i < 1500; i++) {
		uint64_t h = hash(seed << 32 | i), page = h % span;
		if (i / 100 % 3 == 0) /* streams, too */
			page = i % 100 * (span / 64) % span;
		unsigned host = h >> 20 & 7 ? READ : HOST;
		touch(host | (h >> 24 & 1 ? WRITE : READ), page, h >> 30 & 4095);
		if (h >> 50 == 0)
			add((struct replay_step){.kind = TERN_TRACE_REMOVED,
						 .a = BASE + page * PAGE,
						 .b = 16 * PAGE});
		if (h >> 50 == 1)
			add((struct replay_step){.kind = TERN_TRACE_REQUEST,
						 .flags = h >> 40 & 1 ? TERN_MIGRATE_UNDEFINED : 0,
						 .n = h >> 41 & 1 ? UINT16_MAX : 0,
						 .a = BASE + page * PAGE,
						 .b = 16 * PAGE});
	}
}

static void every_policy(void)
{
	for (uint64_t seed = 0; seed < 12; seed++) {
		chance(seed);
		for (unsigned pages = 40; pages <= 2560; pages *= 4) {
			struct replay_bound b = bound(pages);
			EXPECT(b.ns >= history.compute_ns);
			for (const struct tern_policy *const *p = tern_policies; *p; p++) {
				struct tern_replay_setup setup = {.policy = (*p)->name,
								  .memory_bytes = pages * PAGE,
								  .link = link};
				struct tern_replay_result r;
				REQUIRE(!replay_play(&history, &setup, &r));
				EXPECT(r.ns >= b.ns);
				EXPECT(r.stats.pages_to_device >= b.pages_to_device);
				EXPECT(r.stats.pages_to_host >= b.pages_to_host);
				EXPECT(r.stats.pages_to_device + r.stats.pages_zeroed &&
				       r.peak_pages <= pages);
			}
		}
	}
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
	fprintf(stderr, "one thread, and minutes of it: nothing for the thread sanitizer\n");
	return TEST_SKIP;
#endif
	textbook();
	times();
	stays();
	every_choice();
	every_policy();
	return test_result();
}
