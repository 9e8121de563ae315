/* SPDX-License-Identifier: MIT */
/* Sampled recency on a device: what is in use stays, what is not goes, and nothing is lost by it.
 */
#include "svm/tests/mirror.h"

enum {
	CHUNKS = 12,
	USED = 32, /* pages of each chunk */
	PAGES = CHUNKS * USED,
	ROOM = 4 * USED, /* of the device */
	THREADS = 3,
	ROUNDS = 20000,
};

static char *host, *device;
static struct mirror *m;

static uint64_t offset(unsigned page)
{
	return page / USED * TERN_CHUNK + page % USED * 5 * TERN_PAGE + 64;
}

static struct tern_space_stats stats(void)
{
	struct tern_space_stats s;
	tern_space_stats(&s);
	return s;
}

/* All of a chunk's pages, over and over, while the others pass by. */
static void busy_chunk_stays(void)
{
	struct tern_space_stats before = stats();
	for (unsigned i = 0; i < 10 * (PAGES - USED); i++) {
		*(volatile char *)(device + offset(USED + i % (PAGES - USED))) += 1;
		for (unsigned j = 0; j < USED; j++)
			EXPECT(*(volatile char *)(device + offset(j)) == 1);
	}
	struct tern_space_stats after = stats();
	uint64_t came = after.pages_to_device - before.pages_to_device;
	uint64_t faults = after.device_read_faults - before.device_read_faults +
			  after.device_write_faults - before.device_write_faults;
	printf("%llu pages came, %llu faults\n", (unsigned long long)came,
	       (unsigned long long)faults);
	/* It goes once at most, when nothing has been asked yet. */
	EXPECT(came >= 10 * (PAGES - USED) && came <= 10 * (PAGES - USED) + 2 * USED);
	EXPECT(faults > came);
}

/* Each side has bytes of its own in each page. */
static void random_both(void)
{
	unsigned char values[2][PAGES] = {0};
	unsigned seed = 7;
	for (unsigned i = 0; i < PAGES; i++)
		for (unsigned side = 0; side < 2; side++)
			host[offset(i) + 100 + side] = 0;
	for (unsigned i = 0; i < ROUNDS; i++) {
		seed = seed * 1103515245u + 12345u;
		unsigned page = (seed >> 12) % PAGES, side = seed >> 24 & 3 ? 1 : 0;
		volatile char *base = (side ? device : host) + offset(page) + 100;
		EXPECT((unsigned char)base[!side] == values[!side][page]);
		if (seed >> 26 & 1)
			base[side] = (char)++values[side][page];
	}
	for (unsigned i = 0; i < PAGES; i++)
		EXPECT((unsigned char)host[offset(i) + 101] == values[1][i] &&
		       (unsigned char)host[offset(i) + 100] == values[0][i]);
}

static void *thread(void *arg)
{
	unsigned me = (unsigned)(uintptr_t)arg, seed = me + 1;
	for (unsigned i = 0; i < ROUNDS; i++) {
		seed = seed * 1103515245u + 12345u;
		/* hot and cold */
		unsigned page = seed >> 28 ? (seed >> 12) % (2 * USED) : (seed >> 12) % PAGES;
		volatile char *p = (me ? device : host) + offset(page) + 200 + me;
		*p = (char)(*p + 1);
	}
	return NULL;
}

/* Threads of both sides at once: each counts in bytes of its own, and no count is lost. */
static void threads(void)
{
	pthread_t all[THREADS];
	for (unsigned i = 0; i < PAGES; i++)
		memset(host + offset(i) + 200, 0, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&all[i], NULL, thread, (void *)i));
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(all[i], NULL);
	for (unsigned t = 0; t < THREADS; t++) {
		unsigned char expected[PAGES] = {0};
		unsigned seed = t + 1;
		for (unsigned i = 0; i < ROUNDS; i++) {
			seed = seed * 1103515245u + 12345u;
			expected[seed >> 28 ? (seed >> 12) % (2 * USED) : (seed >> 12) % PAGES]++;
		}
		for (unsigned i = 0; i < PAGES; i++)
			EXPECT((unsigned char)host[offset(i) + 200 + t] == expected[i]);
	}
}

int main(void)
{
	setenv("TERN_EVICT", "sampled", 1);
	setenv("TERN_POLICY", "demand", 1);
	setenv("TERN_SVM_HOLD", "0", 1);
	m = mirror_start(ROOM * TERN_PAGE);
	host = mirror_memory(CHUNKS * TERN_CHUNK);
	for (unsigned i = 0; i < PAGES; i++)
		host[offset(i)] = 1;
	mirror_map(m, host, CHUNKS * TERN_CHUNK);
	device = mirror_ptr(m, host);
	busy_chunk_stays();
	random_both();
	threads();
	mirror_stop(m);
	return test_result();
}
