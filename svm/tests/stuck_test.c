/* SPDX-License-Identifier: MIT */
/* What cannot be done, however often it is tried: the engine gives up, and is not busy for ever. */
#include "svm/tests/answers.h"

#define MS UINT64_C(1000000)

/* All of a chunk is with the device. */
static struct chunk *chunk_away(void)
{
	struct pending fault = answers_fault(answers.devmem[0].engine, 5, true);
	REQUIRE(answers_serve(&fault, 10));
	struct chunk *chunk = directory_find(&answers.e->directory, ANSWERS_BASE);
	REQUIRE(bits_count(chunk->away, 0, TERN_CHUNK_PAGES) == TERN_CHUNK_PAGES);
	return chunk;
}

/* Another mapping has come in place of the chunk's, and no event has told (shmat()). */
static void remapped_chunk_is_given_up(void)
{
	answers_start("block:pages=512");
	struct engine *e = answers.e;
	struct chunk *chunk = chunk_away();
	answers.give = answers.copy = -ENOENT;
	uint64_t begin = e->now_ns;
	EXPECT(return_all(e, chunk, 0, TERN_CHUNK_PAGES, true) == -EAGAIN);
	EXPECT(!tern_list_empty(&e->staged));
	while (!tern_list_empty(&e->staged) && e->now_ns < begin + 1000 * MS) {
		e->now_ns += MS;
		return_leftovers(e);
	}
	EXPECT(tern_list_empty(&e->staged));
	EXPECT(answers_state(0) == PAGE_HOME && answers_state(511) == PAGE_HOME);
	EXPECT(answers.host_wakes == TERN_CHUNK_PAGES);
	answers_end();
}

/* Once again and again is not the same as for ever: the contents are not forgotten. */
static void passing_refusals_do_not_add_up(void)
{
	enum { ROUNDS = 110000 };
	answers_start("demand");
	struct engine *e = answers.e;
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned page = i % TERN_CHUNK_PAGES;
		struct pending fault = answers_fault(answers.devmem[0].engine, page, true);
		REQUIRE(answers_serve(&fault, 10));
		struct chunk *chunk = directory_find(&e->directory, ANSWERS_BASE);
		answers.give = answers.copy = -ENOENT;
		REQUIRE(return_all(e, chunk, page, 1, true) == -EAGAIN);
		answers.give = answers.copy = 0;
		return_leftovers(e);
		REQUIRE(answers_state(page) == PAGE_HOME);
	}
	EXPECT(answers.given == ROUNDS);
	answers_end();
}

int main(void)
{
	alarm(100);
	remapped_chunk_is_given_up();
	passing_refusals_do_not_add_up();
	return test_result();
}
