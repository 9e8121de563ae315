/* SPDX-License-Identifier: MIT */
/* The storm on the heap: blocks whose words follow from their tags. */
#include "conformance/stress/stress.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

struct stress_block stress_blocks[STRESS_BLOCKS];
static atomic_uint next_tag;

/* The kernels' pattern() is the same. */
uint32_t stress_pattern(uint32_t tag, size_t index)
{
	uint32_t x = tag + (uint32_t)index * 0x9e3779b9u;

	x ^= x >> 15;
	x *= 0x85ebca6bu;
	return x ^ (x >> 13);
}

void stress_heap_init(void)
{
	for (unsigned i = 0; i < STRESS_BLOCKS; i++)
		pthread_mutex_init(&stress_blocks[i].lock, NULL);
	atomic_store(&next_tag, stress.seed);
}

static void fill(struct stress_block *block, size_t from)
{
	for (size_t i = from; i < block->count; i++)
		block->words[i] = stress_pattern(block->tag, i);
}

size_t stress_block_wrong(const struct stress_block *block)
{
	size_t wrong = 0;

	for (size_t i = 0; i < block->count; i++)
		wrong += block->words[i] != stress_pattern(block->tag, i);
	return wrong;
}

/* A block that is wrong is put right, so that one finding is one line. */
static void check(struct stress_role *role, struct stress_block *block)
{
	size_t wrong = stress_block_wrong(block), first = 0;

	atomic_fetch_add(&stress.counts.checked, 1);
	if (!wrong)
		return;
	while (block->words[first] == stress_pattern(block->tag, first))
		first++;
	stress_found(role, "%zu of %zu words at %p are wrong: word %zu is %08x instead of %08x%s",
		     wrong, block->count, (void *)block->words, first, block->words[first],
		     stress_pattern(block->tag, first), block->mapped ? " (mmap)" : "");
	fill(block, 0);
}

/* Mostly small, sometimes a few pages, rarely so large that malloc maps it. */
static size_t some_count(struct stress_role *role)
{
	uint32_t dice = stress_random(role) % 100;
	uint32_t most = dice < 60 ? 64 : dice < 90 ? 4096 : dice < 98 ? 65536 : 400000;

	return 1 + stress_random(role) % most;
}

static size_t whole_pages(size_t count)
{
	size_t page = STRESS_PAGE / sizeof(uint32_t);

	return (count + page - 1) / page * page;
}

static void discard(struct stress_block *block)
{
	if (block->mapped)
		munmap(block->words, block->count * sizeof *block->words);
	else
		free(block->words);
	block->words = NULL;
	block->count = 0;
	atomic_fetch_add(&stress.counts.freed, 1);
}

static void allocate(struct stress_role *role, struct stress_block *block)
{
	size_t count = some_count(role);
	void *p;

	block->mapped = stress_random(role) % 8 == 0;
	if (block->mapped) {
		count = whole_pages(count);
		p = mmap(NULL, count * sizeof *block->words, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		p = p == MAP_FAILED ? NULL : p;
	} else {
		p = malloc(count * sizeof *block->words);
	}
	if (!p)
		return;
	block->words = p;
	block->count = count;
	block->tag = atomic_fetch_add(&next_tag, 0x1000193u);
	fill(block, 0);
	atomic_fetch_add(&stress.counts.allocated, 1);
}

/* Grows or shrinks; what was there must be there. */
static void resize(struct stress_role *role, struct stress_block *block)
{
	size_t old = block->count, count = some_count(role);
	void *p;

	if (block->mapped) {
		count = whole_pages(count);
		p = mremap(block->words, old * sizeof *block->words, count * sizeof *block->words,
			   MREMAP_MAYMOVE);
		p = p == MAP_FAILED ? NULL : p;
		atomic_fetch_add(&stress.counts.remapped, 1);
	} else {
		p = realloc(block->words, count * sizeof *block->words);
		atomic_fetch_add(&stress.counts.reallocated, 1);
	}
	if (!p)
		return;
	block->words = p;
	block->count = count < old ? count : old;
	check(role, block);
	block->count = count;
	fill(block, old);
}

/* The pages become zeros, are checked to be, and are filled anew. */
static void advise(struct stress_role *role, struct stress_block *block)
{
	size_t wrong = 0;

	if (madvise(block->words, block->count * sizeof *block->words, MADV_DONTNEED))
		return;
	for (size_t i = 0; i < block->count; i += stress_random(role) % 2 ? 1 : 500)
		wrong += block->words[i] != 0;
	if (wrong)
		stress_found(role, "%zu words are not 0 after MADV_DONTNEED", wrong);
	fill(block, 0);
	atomic_fetch_add(&stress.counts.advised, 1);
}

struct stress_block *stress_block_take(struct stress_role *role)
{
	for (int tries = 0; tries < 20; tries++) {
		struct stress_block *block = &stress_blocks[stress_random(role) % STRESS_BLOCKS];

		if (pthread_mutex_trylock(&block->lock))
			continue;
		if (block->count)
			return block;
		pthread_mutex_unlock(&block->lock);
	}
	return NULL;
}

void stress_block_release(struct stress_block *block)
{
	pthread_mutex_unlock(&block->lock);
}

static void one_step(struct stress_role *role, struct stress_block *block)
{
	uint32_t dice = stress_random(role) % 10;

	if (!block->count) {
		stress_at(role, "allocating");
		allocate(role, block);
	} else if (dice < 4) {
		stress_at(role, "checking and freeing");
		check(role, block);
		discard(block);
	} else if (dice < 7) {
		stress_at(role, "reallocating");
		resize(role, block);
	} else if (dice < 8 && block->mapped) {
		stress_at(role, "madvise(MADV_DONTNEED)");
		advise(role, block);
	} else {
		stress_at(role, "checking");
		check(role, block);
	}
}

void stress_heap(struct stress_role *role)
{
	while (!atomic_load(&stress.stop)) {
		struct stress_block *block = &stress_blocks[stress_random(role) % STRESS_BLOCKS];

		stress_at(role, "looking for a block");
		if (pthread_mutex_trylock(&block->lock))
			continue;
		one_step(role, block);
		pthread_mutex_unlock(&block->lock);
		/* Leave some of few processors to the kernels. */
		if (stress_random(role) % 4 == 0)
			nanosleep(&(struct timespec){0, 100000}, NULL);
	}
}

void stress_heap_finish(void)
{
	struct stress_role last = {.name = "last look"};

	for (unsigned i = 0; i < STRESS_BLOCKS; i++) {
		struct stress_block *block = &stress_blocks[i];

		if (block->count) {
			check(&last, block);
			discard(block);
		}
		pthread_mutex_destroy(&block->lock);
	}
}
