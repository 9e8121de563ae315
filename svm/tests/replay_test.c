/* SPDX-License-Identifier: MIT */
/* Replays of accesses whose faults, pages and times are known by hand. */
#include "svm/replay.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

#define BASE ((uint64_t)1 << 40)

#define D TERN_SIDE_DEVICE
#define H TERN_SIDE_HOST

static struct tern_replay *start(const char *policy, const char *eviction, unsigned pages)
{
	struct tern_replay_setup setup = {
		.policy = policy, .eviction = eviction, .memory_bytes = pages * TERN_PAGE};
	struct tern_replay *r;
	REQUIRE(!tern_replay_create(&setup, &r));
	REQUIRE(!tern_replay_mapped(r, BASE, 4096 * TERN_CHUNK, TERN_REPLAY_WRITABLE));
	return r;
}

static struct tern_replay_result end(struct tern_replay *r)
{
	struct tern_replay_result result;
	tern_replay_result(r, &result);
	tern_replay_destroy(r);
	return result;
}

static int touch(struct tern_replay *r, enum tern_policy_side side, bool write, uint64_t page)
{
	int faults = tern_replay_access(r, side, BASE + page * TERN_PAGE, write, 0);
	REQUIRE(faults >= 0);
	return faults;
}

/* A page in a chunk of its own, so that chunks are evicted page by page. */
static struct tern_replay_result textbook(const char *eviction, unsigned pages, bool write)
{
	static const unsigned string[] = {1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5};
	struct tern_replay *r = start("demand", eviction, pages);
	for (unsigned i = 0; i < tern_array_size(string); i++)
		touch(r, D, write, string[i] * TERN_CHUNK_PAGES);
	return end(r);
}

/* The string that showed Belady's anomaly: more memory, more faults. */
static void anomaly(void)
{
	struct tern_replay_result three = textbook("allocation", 3, false);
	struct tern_replay_result four = textbook("allocation", 4, false);
	EXPECT(three.stats.device_read_faults == 9 && four.stats.device_read_faults == 10);
	EXPECT(three.stats.pages_to_device == 9 && four.stats.pages_to_device == 10);
	EXPECT(three.stats.evicted == 6 && four.stats.evicted == 6);
	EXPECT(three.stats.pages_to_host == 0 && three.stats.pages_dropped == 6);
	EXPECT(three.pages_again == 4 && four.pages_again == 5);
	EXPECT(three.peak_pages == 3 && four.peak_pages == 4);
	/* Hits are no touches for the engine: the recency of faults is that of allocation here. */
	EXPECT(textbook("recency", 3, false).stats.device_read_faults == 9);
	struct tern_replay_result written = textbook("allocation", 3, true);
	EXPECT(written.stats.device_write_faults == 9 && written.stats.pages_to_host == 6);
	EXPECT(textbook("allocation", 5, false).stats.device_read_faults == 5);
}

/* One page is read all the time while others come and go. */
static struct tern_replay_result busy(const char *eviction, bool write)
{
	enum { ROUNDS = 64 };
	struct tern_replay *r = start("demand", eviction, 8);
	for (unsigned i = 1; i <= ROUNDS; i++) {
		touch(r, D, write, 0);
		touch(r, D, false, i * TERN_CHUNK_PAGES);
	}
	return end(r);
}

/* It stays where the device is asked about it, which costs faults but moves nothing. (It is the
 * first that goes, before anything was asked.) */
static void sampled(void)
{
	for (unsigned write = 0; write < 2; write++) {
		struct tern_replay_result old = busy("recency", write);
		struct tern_replay_result new = busy("sampled", write);
		uint64_t faults = new.stats.device_read_faults + new.stats.device_write_faults;
		EXPECT(old.stats.pages_to_device == 64 + 8);
		EXPECT(new.stats.pages_to_device == 64 + 2);
		EXPECT(faults > 64 + 2 && faults <= 64 + 2 + new.stats.evicted);
		EXPECT(new.peak_pages == 8 && new.pages_again == 1);
	}
}

/* What is missing for one page is not a chunk, where the policy's own eviction wants that. */
static void in_parts(void)
{
	enum { ROOM = 3 * TERN_CHUNK_PAGES };
	static const char *const policies[] = {"auto", "lookahead", "density"};
	for (unsigned p = 0; p < tern_array_size(policies); p++) {
		struct tern_replay *r = start(policies[p], "auto", ROOM);
		struct tern_replay_result result;
		for (unsigned i = 0; i < ROOM; i++)
			EXPECT(touch(r, D, true, i) <= 1);
		EXPECT(touch(r, D, true, ROOM + TERN_CHUNK_PAGES) == 1);
		tern_replay_result(r, &result);
		bool whole = p == 2;
		EXPECT(result.stats.evicted && (result.stats.evicted >= TERN_CHUNK_PAGES) == whole);
		tern_replay_destroy(r);
	}
}

/* Of many chunks some are chosen at once: in their order, but for those touched or
 * spoken for meanwhile. */
static void many(void)
{
	enum { ROOM = 1024, LATER = 20 };
	struct tern_replay *r = start("demand", "recency", ROOM);
	for (unsigned i = 0; i <= ROOM; i++)
		EXPECT(touch(r, D, false, i * TERN_CHUNK_PAGES) == 1);
	EXPECT(touch(r, D, true, 5 * TERN_CHUNK_PAGES) == 1); /* the right to write */
	EXPECT(!tern_replay_advise(r, BASE + 7 * TERN_CHUNK, TERN_CHUNK,
				   TERN_ADVICE_PREFER_DEVICE));
	for (unsigned i = 1; i <= LATER; i++)
		EXPECT(touch(r, D, false, (ROOM + i) * TERN_CHUNK_PAGES) == 1);
	struct tern_replay_result result;
	tern_replay_result(r, &result);
	EXPECT(result.stats.evicted == 1 + LATER && result.peak_pages == ROOM);
	EXPECT(touch(r, D, false, 5 * TERN_CHUNK_PAGES) == 0);
	EXPECT(touch(r, D, false, 7 * TERN_CHUNK_PAGES) == 0);
	EXPECT(touch(r, D, false, (LATER + 3) * TERN_CHUNK_PAGES) == 0);
	EXPECT(touch(r, D, false, (LATER + 2) * TERN_CHUNK_PAGES) == 1);
	(void)end(r);
}

/* Both sides and one page. */
static void sides(void)
{
	struct tern_replay *r = start("demand", NULL, 64);
	EXPECT(touch(r, H, true, 0) == 0);
	EXPECT(touch(r, D, true, 0) == 1); /* 1 page in */
	EXPECT(touch(r, D, false, 0) == 0);
	EXPECT(touch(r, H, false, 0) == 1); /* a copy out */
	EXPECT(touch(r, H, false, 0) == 0);
	EXPECT(touch(r, D, false, 0) == 0);
	EXPECT(touch(r, H, true, 0) == 1); /* the device's is dropped */
	EXPECT(touch(r, H, true, 0) == 0);
	EXPECT(touch(r, D, false, 0) == 1); /* a copy in */
	EXPECT(touch(r, H, false, 0) == 0);
	EXPECT(touch(r, D, true, 0) == 1); /* the right to write */
	EXPECT(touch(r, H, true, 0) == 1); /* out */
	struct tern_replay_result result = end(r);
	EXPECT(result.stats.device_write_faults == 2 && result.stats.device_read_faults == 1);
	EXPECT(result.stats.host_write_faults == 2 && result.stats.host_read_faults == 1);
	EXPECT(result.stats.pages_to_device == 2 && result.stats.pages_to_host == 2);
	EXPECT(result.stats.pages_dropped == 1 && result.stats.pages_zeroed == 0);
}

static void blocks(void)
{
	struct tern_replay *r = start("block:pages=16", NULL, 512);
	EXPECT(touch(r, D, false, 5) == 1);
	for (unsigned i = 0; i < 16; i++)
		EXPECT(touch(r, D, false, i) == 0);
	EXPECT(touch(r, D, false, 16) == 1);
	struct tern_replay_result result = end(r);
	EXPECT(result.stats.device_read_faults == 2 && result.stats.pages_to_device == 32);
}

static void holes(void)
{
	struct tern_replay *r = start("block:pages=16", NULL, 512);
	REQUIRE(!tern_replay_contents(r, BASE, 32, true));
	EXPECT(touch(r, D, true, 0) == 1);
	EXPECT(touch(r, H, false, 3) == 1);
	struct tern_replay_result result;
	tern_replay_result(r, &result);
	EXPECT(result.stats.pages_zeroed == 16 && result.stats.pages_to_device == 0);
	EXPECT(result.stats.pages_to_host == 16);
	/* The host's own first touches are no faults of migration; they fill what lies behind. */
	EXPECT(touch(r, H, true, 20) == 0);
	EXPECT(touch(r, D, true, 24) == 1);
	tern_replay_result(r, &result);
	/* The engine leaves the block's holes where contents have answered the fault. */
	EXPECT(result.stats.pages_zeroed == 16 && result.stats.pages_to_device == 12);
	/* A device's read of a hole is a right to read it: the write is a fault of its own. */
	REQUIRE(!tern_replay_contents(r, BASE + 64 * TERN_PAGE, 16, true));
	EXPECT(touch(r, D, false, 64) == 1 && touch(r, D, true, 64) == 1);
	end(r);
}

static void gives_up(void)
{
	struct tern_replay *r = start("demand", NULL, 512);
	EXPECT(touch(r, D, true, 7) == 1);
	tern_replay_removed(r, BASE + 7 * TERN_PAGE, TERN_PAGE, false);
	EXPECT(touch(r, D, true, 7) == 1);
	tern_replay_removed(r, BASE, TERN_CHUNK, true);
	EXPECT(touch(r, D, true, 7) == 0); /* not mapped */
	REQUIRE(!tern_replay_remapped(r, BASE + TERN_CHUNK, BASE, TERN_CHUNK));
	EXPECT(touch(r, D, true, 7) == 1);
	struct tern_replay_result result = end(r);
	EXPECT(result.stats.pages_to_device == 1 && result.stats.pages_zeroed == 2);
	EXPECT(result.stats.invalidated == 2 && result.refused == 1);
	EXPECT(result.stats.pages_to_host == 0);
}

static void requests(void)
{
	struct tern_replay *r = start("demand", NULL, 2048);
	REQUIRE(!tern_replay_migrate(r, D, BASE, TERN_CHUNK, 0));
	for (unsigned i = 0; i < TERN_CHUNK_PAGES; i++)
		EXPECT(touch(r, D, i % 2, i) == 0);
	REQUIRE(!tern_replay_migrate(r, H, BASE, TERN_CHUNK, 0));
	for (unsigned i = 0; i < TERN_CHUNK_PAGES; i++)
		EXPECT(touch(r, H, i % 2, i) == 0);
	REQUIRE(!tern_replay_migrate(r, D, BASE, TERN_CHUNK, TERN_MIGRATE_UNDEFINED));
	struct tern_replay_result result;
	tern_replay_result(r, &result);
	EXPECT(result.stats.pages_to_device == 512 && result.stats.pages_to_host == 512);
	EXPECT(result.stats.pages_zeroed == 512);
	REQUIRE(!tern_replay_advise(r, BASE, TERN_CHUNK, TERN_ADVICE_READ_MOSTLY));
	REQUIRE(!tern_replay_detach(r));
	tern_replay_result(r, &result);
	EXPECT(result.stats.pages_to_host == 1024);
	EXPECT(touch(r, D, true, 0) == 1); /* it is there again */
	end(r);
}

/* Read-only files: blocks of copies, until the next command. */
static void files(void)
{
	struct tern_replay *r = start("demand", NULL, 512);
	uint64_t at = BASE + 8192 * TERN_CHUNK;
	REQUIRE(!tern_replay_mapped(r, at, TERN_CHUNK, TERN_REPLAY_FILE));
	EXPECT(tern_replay_access(r, TERN_SIDE_DEVICE, at, false, 0) == 1);
	EXPECT(tern_replay_access(r, TERN_SIDE_DEVICE, at + 15 * TERN_PAGE, false, 0) == 0);
	REQUIRE(!tern_replay_command(r));
	EXPECT(tern_replay_access(r, TERN_SIDE_DEVICE, at, false, 0) == 1);
	EXPECT(tern_replay_access(r, TERN_SIDE_DEVICE, at, true, 0) == 0);
	struct tern_replay_result result = end(r);
	EXPECT(result.stats.pages_to_device == 32 && result.refused == 1);
}

/* 1 us for a page, 0.5 us of latency, 2 us for a fault, 0.1 us computed between two. */
static void times(void)
{
	struct tern_replay_setup setup = {.policy = "demand",
					  .memory_bytes = 100 * TERN_PAGE,
					  .link = {TERN_PAGE * 1000000, 500},
					  .fault_ns = 2000};
	struct tern_replay *r;
	REQUIRE(!tern_replay_create(&setup, &r));
	REQUIRE(!tern_replay_mapped(r, BASE, TERN_CHUNK, TERN_REPLAY_WRITABLE));
	for (unsigned i = 0; i < 50; i++) {
		tern_replay_pass(r, 100);
		EXPECT(touch(r, D, true, i) == 1);
		EXPECT(touch(r, D, true, i) == 0);
	}
	struct tern_replay_result result;
	tern_replay_result(r, &result);
	EXPECT(result.ns == 50 * (100 + 2000 + 1000 + 500));
	EXPECT(result.stats.link_ns == 50 * 1500);
	/* The page is held for 100 us since it came. */
	uint64_t before = result.ns;
	EXPECT(touch(r, H, true, 49) == 1);
	result = end(r);
	EXPECT(result.ns >= before - 1000 + 100000 && result.ns <= before + 100000 + 5000);
	EXPECT(result.stats.deferred == 52);
}

static uint64_t hash(uint64_t n)
{
	n = (n ^ n >> 31) * 0x7fb5d329728ea185u;
	n = (n ^ n >> 27) * 0x81dadef4bc2dd44du;
	return n ^ n >> 33;
}

static struct tern_replay_result chance(const char *policy, const char *eviction)
{
	struct tern_replay *r = start(policy, eviction, 600);
	for (uint64_t i = 0; i < 20000; i++) {
		uint64_t h = hash(i), page = h % 4096;
		tern_replay_pass(r, h >> 32 & 1023);
		touch(r, h >> 20 & 3 ? D : H, h >> 22 & 1, page);
		if ((h >> 24) % 64 == 0)
			tern_replay_removed(r, BASE + page * TERN_PAGE, 8 * TERN_PAGE, false);
	}
	return end(r);
}

/* Equal calls, equal results; whatever a policy does, the device's limit holds. */
static void determinism(void)
{
	static const char *const evictions[] = {"auto", "allocation", "recency"};
	for (const struct tern_policy *const *p = tern_policies; *p; p++)
		for (unsigned i = 0; i < tern_array_size(evictions); i++) {
			struct tern_replay_result a = chance((*p)->name, evictions[i]);
			struct tern_replay_result b = chance((*p)->name, evictions[i]);
			EXPECT(!memcmp(&a, &b, sizeof(a)));
			EXPECT(a.peak_pages <= 600 && a.stats.evicted && !a.refused);
			EXPECT(a.stats.device_read_faults && a.stats.host_write_faults);
		}
}

static void errors(void)
{
	struct tern_replay_setup setup = {.policy = "nonsense", .memory_bytes = TERN_CHUNK};
	struct tern_replay *r;
	EXPECT(tern_replay_create(&setup, &r) == -EINVAL);
	setup.policy = "block:pages=0";
	EXPECT(tern_replay_create(&setup, &r) == -EINVAL);
	setup.policy = "demand";
	setup.eviction = "nonsense";
	EXPECT(tern_replay_create(&setup, &r) == -EINVAL);
	r = start("auto", NULL, 1);
	EXPECT(touch(r, D, true, 3) == 1 && touch(r, D, true, 4) == 1);
	EXPECT(tern_replay_access(r, TERN_SIDE_DEVICE, UINT64_MAX, true, 99) == 0);
	EXPECT(!tern_replay_mapped(r, UINT64_MAX, UINT64_MAX, 3));
	EXPECT(!tern_replay_mapped(r, 5, UINT64_MAX, TERN_REPLAY_WRITABLE));
	tern_replay_removed(r, 0, UINT64_MAX, false);
	EXPECT(tern_replay_advise(r, 0, UINT64_MAX, 7) == -E2BIG);
	int error = 0;
	for (uint64_t at = 0; !error && at < (uint64_t)1 << 47; at += (uint64_t)16 << 30)
		error = tern_replay_access(r, TERN_SIDE_DEVICE, at, true, 0) < 0;
	EXPECT(error);
	EXPECT(tern_replay_access(r, TERN_SIDE_DEVICE, 0, true, 0) < 0);
	end(r);
}

/* Every allocation fails once. */
static void shortage(void)
{
	for (unsigned n = 1; n < 200; n++) {
		struct tern_replay_setup setup = {.policy = "demand",
						  .memory_bytes = 8 * TERN_CHUNK};
		struct tern_replay *r;
		tern_fault_arm(n, false);
		int error = tern_replay_create(&setup, &r);
		if (!error) {
			error = tern_replay_mapped(r, BASE, 64 * TERN_CHUNK, TERN_REPLAY_WRITABLE);
			for (unsigned i = 0; error >= 0 && i < 64; i++)
				error = tern_replay_access(r, TERN_SIDE_DEVICE,
							   BASE + i * TERN_CHUNK, true, 0);
			tern_replay_destroy(r);
		}
		tern_fault_arm(0, false);
		EXPECT(error >= 0 || error == -ENOMEM);
		if (error >= 0) {
			EXPECT(n > 10);
			return;
		}
	}
	EXPECT(false);
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
	fprintf(stderr, "one thread, and minutes of it: nothing for the thread sanitizer\n");
	return TEST_SKIP;
#endif
	anomaly();
	sampled();
	in_parts();
	many();
	sides();
	blocks();
	holes();
	gives_up();
	requests();
	files();
	times();
	determinism();
	errors();
	shortage();
	return test_result();
}
