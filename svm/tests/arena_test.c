/* SPDX-License-Identifier: MIT */
#include "svm/arena.h"

#include <errno.h>
#include <time.h>

#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

#define PAGE TERN_ARENA_PAGE
#define BASE ((char *)0x10000000000) /* no memory: the arena never touches it */
#define GB   ((size_t)1 << 30)

static struct tern_arena arena;

static void begin(size_t small_most)
{
	if (arena.dirty.next)
		tern_arena_finish(&arena);
	tern_arena_init(&arena, small_most);
}

static char *get(size_t size, size_t align)
{
	void *p = NULL;
	REQUIRE(!tern_arena_alloc(&arena, size, align, &p));
	REQUIRE(p && (uintptr_t)p % tern_max(align, TERN_ARENA_GRANULE) == 0);
	return p;
}

/* Returns everything to the state of clean; true when one free extent of @bytes is left. */
static bool is_whole_again(size_t bytes)
{
	struct tern_arena_piece piece;
	while (tern_arena_take_dirty(&arena, 0, &piece))
		tern_arena_give_clean(&arena, piece.extent);
	void *p;
	if (!tern_arena_check(&arena) || tern_arena_alloc(&arena, bytes, PAGE, &p))
		return false;
	tern_arena_free(&arena, p);
	REQUIRE(tern_arena_take_dirty(&arena, 0, &piece) && piece.length == bytes);
	tern_arena_give_clean(&arena, piece.extent);
	return tern_arena_check(&arena);
}

static void best_fit(void)
{
	begin(0);
	REQUIRE(!tern_arena_add(&arena, BASE, 64 * PAGE));
	char *a = get(4 * PAGE, 0), *gap = get(1, 0), *b = get(2 * PAGE, 0), *end = get(1, 0);
	EXPECT(a == BASE && gap == a + 4 * PAGE && b == gap + PAGE && end == b + 2 * PAGE);
	tern_arena_free(&arena, a);
	tern_arena_free(&arena, b);
	EXPECT(arena.dirty_bytes == 6 * PAGE);
	/* the hole of two pages, not that of four nor the rest */
	EXPECT(get(2 * PAGE - 1, 0) == b);
	EXPECT(get(3 * PAGE, 0) == a);
	EXPECT(get(PAGE, 0) == a + 3 * PAGE);
	EXPECT(arena.dirty_bytes == 0 && tern_arena_check(&arena));
	void *p = NULL;
	EXPECT(tern_arena_alloc(&arena, 57 * PAGE, 0, &p) == -ENOSPC && !p);
	EXPECT(tern_arena_alloc(&arena, SIZE_MAX, 0, &p) == -ENOSPC && !p);
	EXPECT(tern_arena_alloc(&arena, SIZE_MAX - 2 * PAGE, 2u << 20, &p) == -ENOSPC && !p);
	EXPECT(get(56 * PAGE, 0) == end + PAGE);
	EXPECT(tern_arena_alloc(&arena, 1, 0, &p) == -ENOSPC && !p);
	for (unsigned i = 0; i < 8; i++) /* in order of address; one is two pages, one three */
		if (i != 1 && i != 2 && i != 6)
			tern_arena_free(&arena, BASE + i * PAGE);
	tern_arena_free(&arena, end + PAGE);
	EXPECT(is_whole_again(64 * PAGE));
}

static void alignment(void)
{
	begin(2048);
	REQUIRE(!tern_arena_add(&arena, BASE + PAGE, GB));
	char *p[23][3];
	for (unsigned bit = 0; bit <= 21; bit++)
		for (unsigned i = 0; i < 3; i++)
			p[bit][i] = get((size_t)(i ? 300 : 1) << (i * 4), (size_t)1 << bit);
	EXPECT(tern_arena_check(&arena));
	for (unsigned bit = 0; bit <= 21; bit++)
		for (unsigned i = 0; i < 3; i++)
			tern_arena_free(&arena, p[bit][i]);
	EXPECT(tern_arena_check(&arena));
}

/* Pieces of each small size: none overlaps, spans come and go. */
static void small_sizes(void)
{
	enum { COUNT = 300 };
	static char *p[COUNT];
	begin(TERN_ARENA_SMALL);
	REQUIRE(!tern_arena_add(&arena, BASE, GB));
	for (size_t size = 1; size <= TERN_ARENA_SMALL; size += size < 2000 ? 100 : 1500) {
		for (unsigned i = 0; i < COUNT; i++) {
			p[i] = get(size, 0);
			EXPECT(!i || p[i] >= p[i - 1] + size || p[i] + size <= p[i - 1]);
		}
		EXPECT(tern_arena_check(&arena));
		/* what is freed is given out again before anything new */
		char *again = p[COUNT / 2];
		tern_arena_free(&arena, again);
		p[COUNT / 2] = get(size, 0);
		EXPECT(p[COUNT / 2] == again || COUNT % 2 == 0);
		for (unsigned i = 0; i < COUNT; i++)
			tern_arena_free(&arena, p[i]);
		EXPECT(tern_arena_check(&arena));
	}
	/* no more is kept than one span of each size */
	struct tern_arena_piece piece;
	while (tern_arena_take_dirty(&arena, 0, &piece))
		tern_arena_give_clean(&arena, piece.extent);
	EXPECT(tern_arena_check(&arena));
	get(GB - 2 * TERN_ARENA_CLASSES * TERN_ARENA_SPAN, PAGE);
}

/* What others had taken out when this process was forked is not lost. */
static void forked(void)
{
	struct tern_arena_piece piece;
	char *p[5];
	begin(0);
	REQUIRE(!tern_arena_add(&arena, BASE, 5 * PAGE));
	for (unsigned i = 0; i < 5; i++)
		p[i] = get(PAGE, 0);
	tern_arena_free(&arena, p[1]);
	tern_arena_free(&arena, p[3]);
	REQUIRE(tern_arena_take_dirty(&arena, 0, &piece));
	REQUIRE(tern_arena_take_dirty(&arena, 0, &piece));
	tern_arena_free(&arena, p[2]);
	EXPECT(arena.dirty_bytes == PAGE);
	tern_arena_forked(&arena);
	EXPECT(arena.dirty_bytes == 3 * PAGE && tern_arena_check(&arena));
	tern_arena_free(&arena, p[0]);
	tern_arena_free(&arena, p[4]);
	EXPECT(is_whole_again(5 * PAGE));
}

struct held {
	char *p;
	size_t size;
};

/* Against a map of which granule belongs to which piece. */
static void random_walk(unsigned seed)
{
	bool spans = seed % 3;
	enum { HELD = 700, STEPS = 60000, GRANULES = 1 << 16 };
	static struct held held[HELD];
	static unsigned short owner[GRANULES];
	begin(spans ? seed % 3 * 1024 : 0);
	REQUIRE(!tern_arena_add(&arena, BASE, GRANULES * TERN_ARENA_GRANULE));
	for (unsigned step = 0; step < STEPS; step++) {
		unsigned i = (unsigned)rand_r(&seed) % HELD;
		size_t first = (size_t)(held[i].p - BASE) / TERN_ARENA_GRANULE;
		size_t count = (held[i].size + TERN_ARENA_GRANULE - 1) / TERN_ARENA_GRANULE;
		if (held[i].p) {
			for (size_t g = first; g < first + count; g++) {
				REQUIRE(owner[g] == i + 1);
				owner[g] = 0;
			}
			tern_arena_free(&arena, held[i].p);
			held[i].p = NULL;
			continue;
		}
		unsigned bits = (unsigned)rand_r(&seed) % 17;
		size_t size = 1 + (size_t)rand_r(&seed) % ((size_t)1 << bits);
		size_t align = rand_r(&seed) % 4 ? 0 : (size_t)1 << rand_r(&seed) % 15;
		void *p;
		if (tern_arena_alloc(&arena, size, align, &p))
			continue;
		held[i] = (struct held){p, size};
		first = (size_t)((char *)p - BASE) / TERN_ARENA_GRANULE;
		count = (size + TERN_ARENA_GRANULE - 1) / TERN_ARENA_GRANULE;
		REQUIRE(first + count <= GRANULES);
		for (size_t g = first; g < first + count; g++) {
			REQUIRE(!owner[g]);
			owner[g] = (unsigned short)(i + 1);
		}
		struct tern_arena_piece piece;
		if (step % 50 == 0 && tern_arena_take_dirty(&arena, PAGE * 64, &piece)) {
			size_t at = (size_t)(piece.base - BASE) / TERN_ARENA_GRANULE;
			for (size_t g = 0; g < piece.length / TERN_ARENA_GRANULE; g++)
				REQUIRE(!owner[at + g]);
			tern_arena_give_clean(&arena, piece.extent);
		}
		if (step % 1000 == 0)
			REQUIRE(tern_arena_check(&arena));
	}
	for (unsigned i = 0; i < HELD; i++) {
		if (held[i].p)
			tern_arena_free(&arena, held[i].p);
		held[i].p = NULL;
	}
	for (size_t g = 0; g < GRANULES; g++)
		owner[g] = 0;
	if (!spans)
		EXPECT(is_whole_again(GRANULES * TERN_ARENA_GRANULE));
	EXPECT(tern_arena_check(&arena));
}

/* Of this thread: other load does not count. */
static uint64_t cpu_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Nanoseconds of an allocation and of its end, with @count of them alive. */
static double cost(size_t size, size_t count)
{
	char **p = tern_zalloc_array(count, sizeof(*p));
	REQUIRE(p);
	begin(TERN_ARENA_SMALL);
	REQUIRE(!tern_arena_add(&arena, BASE, 64 * GB));
	uint64_t start = cpu_ns();
	for (size_t i = 0; i < count; i++)
		p[i] = get(size, 0);
	for (size_t i = 0; i < count; i += 2) /* every second one: nothing can join */
		tern_arena_free(&arena, p[i]);
	for (size_t i = 1; i < count; i += 2)
		tern_arena_free(&arena, p[i]);
	uint64_t ns = cpu_ns() - start;
	tern_free(p);
	return (double)ns / (double)count;
}

static void a_million(void)
{
	double few = cost(200, 10000), many = cost(200, 1000000);
	double few_pages = cost(5000, 10000), many_pages = cost(5000, 500000);
	printf("ns a piece: 200 bytes %.0f (10^4) %.0f (10^6); pages %.0f, %.0f\n", few, many,
	       few_pages, many_pages);
	EXPECT(tern_arena_check(&arena));
	EXPECT(many < few * 20 &&
	       many_pages < few_pages * 20); /* not linear: that were 100 times */
}

static void no_memory(void)
{
	for (uint64_t n = 1; n < 40; n++) {
		void *p = NULL;
		begin(2048);
		tern_fault_arm(n, false);
		int error = tern_arena_add(&arena, BASE, GB);
		if (!error)
			error = tern_arena_alloc(&arena, 100, 0, &p);
		if (!error)
			error = tern_arena_alloc(&arena, 3 * PAGE, 64 * PAGE, &p);
		bool hit = tern_fault_count() >= n;
		tern_fault_arm(0, false);
		EXPECT(error == (hit ? -ENOMEM : 0));
		EXPECT(tern_arena_check(&arena));
		if (!hit)
			return;
	}
	EXPECT(false);
}

int main(void)
{
	best_fit();
	alignment();
	small_sizes();
	forked();
	for (unsigned seed = 1; seed <= 6; seed++)
		random_walk(seed);
	no_memory();
	a_million();
	tern_arena_finish(&arena);
	EXPECT(!arena.by_address.root && !arena.dirty_bytes && tern_arena_check(&arena));
	return test_result();
}
