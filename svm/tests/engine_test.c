/* SPDX-License-Identifier: MIT */
/* The engine's protocol with a device in this process. */
#include "svm/tests/mirror.h"

struct node {
	struct node *next;
	uint64_t value, pad[6];
};

static uint64_t wrong(const uint64_t *p, size_t n, uint64_t add)
{
	uint64_t bad = 0;
	for (size_t i = 0; i < n; i++)
		bad += p[i] != i + add;
	return bad;
}

static void test_states(struct mirror *m)
{
	size_t bytes = 64 * TERN_PAGE, n = bytes / 8;
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	uint64_t *d = mirror_ptr(m, p);
	for (size_t i = 0; i < n; i++)
		p[i] = i;
	EXPECT(tern_space_place(p) == TERN_PAGE_HOME);
	EXPECT(!wrong(d, n, 0));
	for (size_t i = 0; i < n; i++)
		d[i] += 7;
	EXPECT(tern_space_place(p) == TERN_PAGE_AWAY);
	EXPECT(!wrong(p, n, 7));
	EXPECT(tern_space_place(p) != TERN_PAGE_AWAY);
	for (size_t i = 0; i < n; i++)
		p[i] += 1;
	EXPECT(tern_space_place(p) == TERN_PAGE_HOME);
	EXPECT(!wrong(d, n, 8));
	/* Both may read what neither has written: nobody faults any more. */
	struct tern_space_stats before, after;
	EXPECT(!wrong(p, n, 8) && !wrong(d, n, 8));
	tern_space_stats(&before);
	EXPECT(!wrong(p, n, 8) && !wrong(d, n, 8));
	tern_space_stats(&after);
	EXPECT(before.device_read_faults == after.device_read_faults);
	EXPECT(before.host_read_faults == after.host_read_faults);
	EXPECT(!after.refused);
}

/* Memory that nobody has touched reads as zeros on either side, whoever comes first. */
static void test_holes(struct mirror *m)
{
	size_t bytes = 2 * TERN_CHUNK, n = bytes / 8;
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	uint64_t *d = mirror_ptr(m, p);
	for (size_t i = 0; i < n; i += 512 * 3)
		p[i] = i;
	uint64_t bad = 0;
	for (size_t i = 0; i < n; i += 512)
		bad += d[i] != (i % (512 * 3) ? 0 : i);
	for (size_t i = 1; i < n; i += 512)
		d[i] = i;
	for (size_t i = 1; i < n; i += 512)
		bad += p[i] != i || p[i - 1] != ((i - 1) % (512 * 3) ? 0 : i - 1) || p[i + 1];
	EXPECT(!bad);
}

static void test_list(struct mirror *m)
{
	size_t bytes = 4 * TERN_CHUNK, count = bytes / sizeof(struct node);
	struct node *p = (struct node *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	for (size_t i = 0; i < count; i++) {
		size_t at = i * 7919 % count;
		p[at].value = i;
		p[at].next = i + 1 < count ? &p[(i + 1) * 7919 % count] : NULL;
	}
	uint64_t sum = 0, n = 0;
	for (struct node *at = p; at; at = ((struct node *)mirror_ptr(m, at))->next) {
		struct node *d = mirror_ptr(m, at);
		d->value = d->value * 3 + 1;
		sum += d->value;
		n++;
	}
	EXPECT(n == count);
	for (struct node *at = p; at; at = at->next)
		sum -= at->value;
	EXPECT(!sum);
}

struct adder {
	_Atomic uint64_t *base;
	unsigned pages, rounds;
};

static void *add(void *argument)
{
	struct adder *a = argument;
	for (unsigned r = 0; r < a->rounds; r++)
		for (unsigned i = 0; i < a->pages; i++)
			atomic_fetch_add(a->base + (size_t)i * 512, 1);
	return NULL;
}

static void test_atomics(struct mirror *m, unsigned pages, unsigned rounds)
{
	uint64_t *p = (uint64_t *)mirror_memory(pages * TERN_PAGE);
	mirror_map(m, p, pages * TERN_PAGE);
	struct adder sides[2] = {
		{(_Atomic uint64_t *)p, pages, rounds},
		{mirror_ptr(m, p), pages, rounds},
	};
	pthread_t threads[4];
	for (unsigned i = 0; i < 4; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, add, &sides[i % 2]));
	for (unsigned i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	uint64_t bad = 0;
	for (unsigned i = 0; i < pages; i++)
		bad += p[(size_t)i * 512] != 4u * rounds;
	EXPECT(!bad);
}

static void test_eviction(uint64_t limit)
{
	struct mirror *m = mirror_start(limit);
	size_t bytes = 4 * limit, n = bytes / 8;
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	uint64_t *d = mirror_ptr(m, p), most = 0;
	for (size_t i = 0; i < n; i += 64) {
		d[i] = i * 3;
		if (i % 32768 == 0)
			most = tern_max(most, tern_space_resident(&m->devmem));
	}
	EXPECT(most <= limit);
	uint64_t bad = 0;
	for (size_t i = 0; i < n; i += 64)
		bad += d[i] != i * 3;
	EXPECT(!bad);
	for (size_t i = 0; i < n; i += 64)
		bad += p[i] != i * 3;
	EXPECT(!bad);
	struct tern_space_stats s;
	tern_space_stats(&s);
	EXPECT(s.evicted >= (bytes - limit) / TERN_PAGE);
	mirror_stop(m);
}

static void test_migrate(struct mirror *m)
{
	size_t bytes = 4 * TERN_CHUNK, n = bytes / 8;
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	uint64_t *d = mirror_ptr(m, p);
	for (size_t i = 0; i < n; i++)
		p[i] = i;
	EXPECT(!tern_space_migrate(&m->devmem, p, bytes, 0, NULL));
	EXPECT(tern_space_place(p) == TERN_PAGE_AWAY &&
	       tern_space_place(p + n - 1) == TERN_PAGE_AWAY);
	struct tern_space_stats before, after;
	tern_space_stats(&before);
	EXPECT(!wrong(d, n, 0));
	tern_space_stats(&after);
	EXPECT(after.device_read_faults == before.device_read_faults);
	EXPECT(!tern_space_migrate(NULL, p, bytes, 0, NULL));
	EXPECT(tern_space_place(p) == TERN_PAGE_HOME &&
	       tern_space_place(p + n - 1) == TERN_PAGE_HOME);
	EXPECT(!wrong(p, n, 0));
	/* Undefined: only whole pages inside the range. */
	EXPECT(!tern_space_migrate(&m->devmem, p + 10, bytes - 160, TERN_MIGRATE_UNDEFINED, NULL));
	EXPECT(d[0] == 0 && d[9] == 9 && d[511] == 511 && d[n - 1] == n - 1 &&
	       d[n - 512] == n - 512);
	EXPECT(!tern_space_migrate(NULL, p + 10, bytes - 160, TERN_MIGRATE_UNDEFINED, NULL));
	EXPECT(p[0] == 0 && p[511] == 511 && p[n - 1] == n - 1);
	/* Odd ranges are hints that do nothing. */
	EXPECT(!tern_space_migrate(&m->devmem, NULL, 4096, 0, NULL));
	EXPECT(!tern_space_migrate(&m->devmem, (void *)0xdead000000000000, 4096, 0, NULL));
	EXPECT(!tern_space_migrate(&m->devmem, p, 0, 0, NULL));
	EXPECT(!tern_space_migrate(&m->devmem, (char *)p - TERN_CHUNK / 2, TERN_CHUNK, 0, NULL));
	EXPECT(tern_space_resident(&m->devmem) <= m->devmem.limit);
	EXPECT(!tern_space_migrate(NULL, p, bytes, 0, NULL));
}

static void test_statistics(struct mirror *m)
{
	size_t bytes = TERN_CHUNK;
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	volatile uint64_t *d = mirror_ptr(m, p);
	struct tern_space_stats s;
	tern_space_range_stats(p, bytes, &s);
	EXPECT(!s.device_write_faults && !s.pages_to_device);
	p[0] = 1;
	tern_space_owner_begin(&m->devmem, 0, 0);
	d[0] = 2;
	tern_space_range_stats(p, bytes, &s);
	EXPECT(s.device_write_faults == 1 && s.pages_to_device >= 1);
	struct tern_space_stats owner;
	tern_space_owner_stats(&m->devmem, 0, &owner);
	EXPECT(owner.device_write_faults == 1 && owner.pages_to_device == s.pages_to_device);
	EXPECT(p[0] == 2);
	tern_space_range_stats(p, bytes, &s);
	EXPECT(s.host_read_faults == 1 && s.pages_to_host >= 1);
	EXPECT(!tern_space_advise(p, bytes, TERN_ADVICE_READ_MOSTLY));
	EXPECT(!tern_space_advise(p, bytes, TERN_ADVICE_NONE));
}

static uint64_t clock_us(void)
{
	return raw_clock_ns() / 1000;
}

/* An imposed link: its time passes, and is accounted for, without anybody's noise. */
static void test_link(void)
{
	struct mirror *m = mirror_start((uint64_t)64 << 20);
	m->devmem.link =
		(struct tern_link){.bytes_per_second = (uint64_t)1 << 30, .latency_ns = 2000000};
	size_t bytes = 4 * TERN_CHUNK;
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	memset(p, 1, bytes);
	uint64_t start = clock_us();
	*(volatile uint64_t *)mirror_ptr(m, p) = 1;
	EXPECT(clock_us() - start >= 2000);
	start = clock_us();
	EXPECT(!tern_space_migrate(&m->devmem, p + TERN_CHUNK / 8, bytes - TERN_CHUNK, 0, NULL));
	uint64_t took = clock_us() - start;
	EXPECT(took >= 3 * 1953 + 2000);
	struct tern_space_stats s;
	tern_space_stats(&s);
	EXPECT(s.link_ns >= 4 * 2000000 + 3 * 1953000);
	EXPECT(s.deferred >= 1);
	mirror_stop(m);
}

/* The device dies while it is given pages: nothing is lost, and its successor works. */
static void test_death(struct mirror *m, int after)
{
	size_t bytes = 4 * TERN_CHUNK, n = bytes / 8;
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	uint64_t *d = mirror_ptr(m, p);
	for (size_t i = 0; i < n / 2; i++)
		d[i] = i;
	for (size_t i = n / 2; i < n; i++)
		p[i] = i;
	atomic_store(&m->fail_fill_after, after);
	int error = tern_space_migrate(&m->devmem, p, bytes, 0, NULL);
	EXPECT(error == -ENODEV || error == 0);
	tern_space_recover(&m->devmem);
	EXPECT(tern_space_resident(&m->devmem) == 0);
	EXPECT(!wrong(p, n, 0));
	EXPECT(tern_space_migrate(&m->devmem, p, bytes, 0, NULL) == -ENODEV);
	atomic_store(&m->fail_fill_after, 0);
	atomic_store(&m->died, false);
	tern_space_revive(&m->devmem);
	EXPECT(!wrong(d, n, 0));
	for (size_t i = 0; i < n; i++)
		d[i] += 1;
	EXPECT(!wrong(p, n, 1));
	EXPECT(!tern_space_migrate(NULL, p, bytes, 0, NULL));
	m->count--;
	munmap((void *)m->regions[m->count].device, bytes);
	munmap(m->regions[m->count].window, bytes);
}

int main(int argc, char **argv)
{
	(void)argc;
	mirror_variants(argv);
	struct mirror *m = mirror_start((uint64_t)64 << 20);
	test_states(m);
	test_holes(m);
	test_list(m);
	test_atomics(m, 16, 500);
	test_atomics(m, 1, 20000);
	mirror_stop(m);
	m = mirror_start((uint64_t)64 << 20);
	test_migrate(m);
	test_statistics(m);
	test_death(m, 1);
	test_death(m, 2);
	test_death(m, 3);
	mirror_stop(m);
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	test_eviction((uint64_t)4 << 20); /* the same in a quarter of the time */
#else
	test_eviction((uint64_t)16 << 20);
#endif
	test_eviction((uint64_t)1 << 20);
	test_link();
	return test_result();
}
