/* SPDX-License-Identifier: MIT */
/*
 * What cannot be done, however often it is tried: the engine gives up, and is not busy for ever.
 * And what has become wrong by the time it is done.
 */
#include "svm/tests/answers.h"

#define MS UINT64_C(1000000)

/* All of a chunk is with the device. */
static struct chunk *chunk_away(void)
{
	struct pending fault = answers_fault(bare.devmem[0].engine, 5, true);
	REQUIRE(answers_serve(&fault, 10));
	struct chunk *chunk = directory_find(&bare.e->directory, BARE_BASE);
	REQUIRE(bits_count(chunk->away, 0, TERN_CHUNK_PAGES) == TERN_CHUNK_PAGES);
	return chunk;
}

/* Another mapping has come in place of the chunk's, and no event has told (shmat()). */
static void remapped_chunk_is_given_up(void)
{
	answers_start("block:pages=512");
	struct engine *e = bare.e;
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
	bare_end();
}

/* Once again and again is not the same as for ever: the contents are not forgotten. */
static void passing_refusals_do_not_add_up(void)
{
	enum { ROUNDS = 110000 };
	answers_start("demand");
	struct engine *e = bare.e;
	for (unsigned i = 0; i < ROUNDS; i++) {
		unsigned page = i % TERN_CHUNK_PAGES;
		struct pending fault = answers_fault(bare.devmem[0].engine, page, true);
		REQUIRE(answers_serve(&fault, 10));
		struct chunk *chunk = directory_find(&e->directory, BARE_BASE);
		answers.give = answers.copy = -ENOENT;
		REQUIRE(return_all(e, chunk, page, 1, true) == -EAGAIN);
		answers.give = answers.copy = 0;
		return_leftovers(e);
		REQUIRE(answers_state(page) == PAGE_HOME);
	}
	EXPECT(answers.given == ROUNDS);
	bare_end();
}

/* The kernel puts two pages off for ever, and who wants them asks in turn. */
static void put_off_pages_are_copied(bool shared)
{
	enum { TURNS = 60000 };
	answers_start("demand");
	struct device *device = bare.devmem[0].engine;
	struct pending fault[2] = {answers_fault(device, 1, false),
				   answers_fault(device, 7, false)};
	for (unsigned i = 0; i < 2; i++) {
		if (shared)
			REQUIRE(answers_serve(&fault[i], 10));
		fault[i] = answers_fault(device, i ? 7 : 1, true);
	}
	answers.take = -EAGAIN;
	unsigned served = 0;
	for (unsigned turn = 0; turn < TURNS && served != 3; turn++)
		if (!(served >> turn % 2 & 1) && answers_serve(&fault[turn % 2], 1))
			served |= 1u << turn % 2;
	EXPECT(served == 3);
	EXPECT(answers_state(1) == PAGE_AWAY && answers_state(7) == PAGE_AWAY);
	bare_end();
}

/* Likewise those that come home. */
static void put_off_pages_come_home(void)
{
	enum { TURNS = 30000 };
	answers_start("demand");
	struct engine *e = bare.e;
	struct pending fault = answers_fault(bare.devmem[0].engine, 3, true);
	REQUIRE(answers_serve(&fault, 10));
	answers.give = -EAGAIN;
	fault = answers_fault(NULL, 3, true);
	e->now_ns += 1000 * MS;
	EXPECT(answers_serve(&fault, TURNS));
	EXPECT(answers_state(3) == PAGE_HOME);
	bare_end();
}

/* The host has no page where it should have a copy, and its mapping has been replaced. */
static void replaced_mapping_wakes(void)
{
	answers_start("demand");
	struct pending fault = answers_fault(bare.devmem[0].engine, 9, false);
	REQUIRE(answers_serve(&fault, 10) && answers_state(9) == PAGE_SHARED);
	answers.protect = -EAGAIN; /* an event is unread */
	fault = answers_fault(NULL, 9, false);
	EXPECT(!answers_serve(&fault, 10) && !answers.host_wakes);
	answers.protect = -ENOENT;
	EXPECT(answers_serve(&fault, 10) && answers.host_wakes);
	bare_end();
}

/* What cannot be dropped now stays where it is: else the host would have another copy. */
static void undropped_pages_stay(void)
{
	enum { PAGES = 16 };
	answers_start("block:pages=16");
	answers.take = -EBUSY;
	atomic_store(&answers.drop, -EAGAIN);
	struct pending fault = answers_fault(bare.devmem[0].engine, 0, true);
	EXPECT(!answers_serve(&fault, 10));
	for (unsigned i = 0; i < PAGES; i++)
		EXPECT(answers_state(i) == PAGE_HOME);
	atomic_store(&answers.drop, 0);
	EXPECT(answers_serve(&fault, 10));
	EXPECT(answers_state(0) == PAGE_AWAY && answers_state(PAGES - 1) == PAGE_AWAY);
	bare_end();
}

/* Pages are copied one by one, and while the first is dropped the program unmaps the others: what
 * is there from then on is not the device's to take; nor may it be there before the first has been
 * dropped. */
static void unmapped_pages_are_not_copied(void)
{
	enum { PAGES = 16 };
	answers_start("block:pages=16");
	answers.take = -EBUSY;
	answers.read = 1;
	answers.event.event = UFFD_EVENT_UNMAP;
	answers.event.arg.remove.start = answers_page(1);
	answers.event.arg.remove.end = answers_page(PAGES);
	struct pending fault = answers_fault(bare.devmem[0].engine, 0, true);
	EXPECT(answers_serve(&fault, 1) && !answers.event.event && !answers.early);
	EXPECT(answers_state(0) == PAGE_AWAY);
	for (unsigned i = 1; i < PAGES; i++)
		EXPECT(answers_state(i) == PAGE_HOME);
	bare_end();
}

/* Advice for what there may be in all of the address space: nothing is kept but for memory. */
static void advice_is_for_memory(void)
{
	answers_start("demand");
	struct engine *e = bare.e;
	struct host_ops program = answers_host;
	struct request q = {
		.kind = REQUEST_ADVISE, .end = ADDRESS_END, .flags = TERN_ADVICE_PREFER_DEVICE};
	program.simulated = false;
	e->host = &program;
	e->directory.most = 100;
	e->working = &q;
	requests_work(e);
	EXPECT(q.done && !q.result);
	EXPECT(e->directory.count == BARE_CHUNKS);
	const struct chunk *chunk = directory_find(&e->directory, answers_page(600));
	EXPECT(chunk && chunk->advice == TERN_ADVICE_PREFER_DEVICE);
	e->host = &answers_host;
	bare_end();
}

/* A copy of a file that the device has no room for: no fence has to take it back. */
static void failed_copy_is_no_snapshot(void)
{
	answers_start("demand");
	answers.file = answers_page(256);
	answers.fill = -ENOMEM;
	struct pending fault = answers_fault(bare.devmem[0].engine, 300, false);
	EXPECT(answers_serve(&fault, 10) && answers.refused == 1);
	EXPECT(!bare.e->any_snapshots && !bare.e->snapshots);
	bare_end();
}

/* Of two devices, one has pages of a chunk that the other reads a file in: they are not mixed up.
 */
static void file_beside_anothers_pages(void)
{
	answers_start("demand");
	bare_attach(1);
	struct device *one = bare.devmem[0].engine, *other = bare.devmem[1].engine;
	answers.file = answers_page(256);
	struct pending fault = answers_fault(one, 3, true);
	REQUIRE(answers_serve(&fault, 10) && answers_state(3) == PAGE_AWAY);
	fault = answers_fault(one, 300, false);
	REQUIRE(answers_serve(&fault, 10) && one->resident > 1 && !other->resident);
	fault = answers_fault(other, 300, false);
	REQUIRE(answers_serve(&fault, 10));
	EXPECT(answers_state(3) == PAGE_HOME && answers.dropped);
	EXPECT(!one->resident && other->resident);
	EXPECT(one->chunk_count == 0 && other->chunk_count == 1);
	bare_end();
}

int main(void)
{
	alarm(100);
	remapped_chunk_is_given_up();
	passing_refusals_do_not_add_up();
	put_off_pages_are_copied(false);
	put_off_pages_are_copied(true);
	put_off_pages_come_home();
	replaced_mapping_wakes();
	undropped_pages_stay();
	unmapped_pages_are_not_copied();
	advice_is_for_memory();
	failed_copy_is_no_snapshot();
	file_beside_anothers_pages();
	return test_result();
}
