/* SPDX-License-Identifier: MIT */
/* What the program does to its address space while a device has pages of it. */
#include <fcntl.h>
#include <sys/uio.h>

#include "svm/tests/mirror.h"

#define PAGES ((size_t)64)
#define BYTES (PAGES * TERN_PAGE)
#define WORDS (BYTES / 8)

static uint64_t sum_wrong(volatile const uint64_t *p, size_t n, uint64_t factor, uint64_t add)
{
	uint64_t bad = 0;
	for (size_t i = 0; i < n; i++)
		bad += p[i] != i * factor + add;
	return bad;
}

static void fill(volatile uint64_t *p, size_t n, uint64_t factor, uint64_t add)
{
	for (size_t i = 0; i < n; i++)
		p[i] = i * factor + add;
}

static uint64_t *fresh(struct mirror *m, size_t bytes, uint64_t **device)
{
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	mirror_map(m, p, bytes);
	*device = mirror_ptr(m, p);
	return p;
}

/* Forgets the newest region. */
static void unmap_device(struct mirror *m)
{
	tern_space_resident(&m->devmem); /* the engine has done with the last fault */
	struct mirror_region *r = &m->regions[--m->count];
	munmap((void *)r->device, r->bytes);
	munmap(r->window, r->bytes);
}

static void done(struct mirror *m, void *p, size_t bytes)
{
	munmap(p, bytes);
	tern_space_fence();
	EXPECT(tern_space_resident(&m->devmem) == 0);
	unmap_device(m);
}

static void test_discard(struct mirror *m)
{
	uint64_t *d, *p = fresh(m, BYTES, &d);
	fill(d, WORDS, 1, 1);
	REQUIRE(!madvise(p, BYTES / 4, MADV_DONTNEED));
	tern_space_fence();
	EXPECT(tern_space_place(p) == TERN_PAGE_HOME);
	EXPECT(!sum_wrong(d, WORDS / 4, 0, 0) && !sum_wrong(p, WORDS / 4, 0, 0));
	EXPECT(!sum_wrong(p + WORDS / 4, WORDS / 4, 1, WORDS / 4 + 1));
	/* Shared pages, too. */
	fill(p, WORDS, 2, 0);
	EXPECT(!sum_wrong(d, WORDS, 2, 0));
	REQUIRE(!madvise(p, BYTES, MADV_DONTNEED));
	tern_space_fence();
	EXPECT(!sum_wrong(d, WORDS, 0, 0) && !sum_wrong(p, WORDS, 0, 0));
	done(m, p, BYTES);
}

static void test_unmap(struct mirror *m)
{
	uint64_t *d, *p = fresh(m, BYTES, &d);
	fill(d, WORDS, 3, 1);
	struct tern_space_stats s;
	REQUIRE(!munmap(p, BYTES));
	tern_space_fence();
	EXPECT(tern_space_resident(&m->devmem) == 0);
	tern_space_stats(&s);
	EXPECT(s.invalidated >= PAGES);
	unsigned refused = atomic_load(&m->refused);
	(void)*(volatile uint64_t *)d;
	EXPECT(atomic_load(&m->refused) == refused + 1);
	EXPECT(atomic_load(&m->why) == TERN_REFUSED_UNMAPPED);
	EXPECT(atomic_load(&m->address) >> 12 == (uintptr_t)p >> 12);
	/* New memory in the same place has nothing of the old. */
	REQUIRE(mmap(p, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		     0) == (void *)p);
	EXPECT(!sum_wrong(d + 512, WORDS - 512, 0, 0) && !sum_wrong(p, WORDS, 0, 0));
	done(m, p, BYTES);
}

static void test_remap(struct mirror *m, size_t pages)
{
	size_t bytes = pages * TERN_PAGE, words = bytes / 8;
	uint64_t *d, *p = fresh(m, bytes, &d);
	fill(p, words, 5, 0);
	fill(d, words / 2, 5, 1);
	EXPECT(!sum_wrong(d + words / 2, words / 4, 5, words / 2 * 5));
	char *to = mirror_memory(bytes * 2);
	uint64_t *q = mremap(p, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	REQUIRE(q != MAP_FAILED);
	tern_space_fence();
	mirror_map(m, q, bytes);
	uint64_t *e = mirror_ptr(m, q);
	EXPECT(!sum_wrong(e, words / 8, 5, 1)); /* the device first, then the host */
	EXPECT(!sum_wrong(q, words / 2, 5, 1));
	EXPECT(!sum_wrong(q + words / 2, words / 2, 5, words / 2 * 5));
	fill(q, words, 7, 7);
	EXPECT(!sum_wrong(e, words, 7, 7));
	fill(e, words, 9, 9);
	/* It grows, as realloc() has it. */
	uint64_t *r = mremap(q, bytes, bytes * 4, MREMAP_MAYMOVE);
	REQUIRE(r != MAP_FAILED);
	EXPECT(!sum_wrong(r, words, 9, 9) && !sum_wrong(r + words, words * 3, 0, 0));
	munmap(r, bytes * 4);
	tern_space_fence();
	EXPECT(tern_space_resident(&m->devmem) == 0);
	unmap_device(m);
	unmap_device(m);
}

static void test_rights(struct mirror *m)
{
	uint64_t *d, *p = fresh(m, BYTES, &d);
	fill(p, WORDS, 1, 0);
	REQUIRE(!mprotect(p, BYTES, PROT_READ));
	EXPECT(!sum_wrong(d, WORDS, 1, 0));
	unsigned refused = atomic_load(&m->refused);
	*(volatile uint64_t *)d = 1;
	EXPECT(atomic_load(&m->refused) == refused + 1);
	EXPECT(atomic_load(&m->why) == TERN_REFUSED_READ_ONLY);
	REQUIRE(!mprotect(p, BYTES, PROT_READ | PROT_WRITE));
	EXPECT(p[0] == 0);
	fill(p, WORDS, 1, 5);
	fill(d + 512, WORDS - 512, 1, 517);
	/* Contents come home to memory that has become read-only, too. */
	REQUIRE(!mprotect(p, BYTES, PROT_READ));
	EXPECT(!sum_wrong(p, WORDS, 1, 5));
	REQUIRE(!mprotect(p, BYTES, PROT_NONE));
	EXPECT(!tern_space_migrate(NULL, p, BYTES, 0, NULL));
	refused = atomic_load(&m->refused);
	(void)*(volatile uint64_t *)(d + 1024);
	EXPECT(atomic_load(&m->refused) == refused + 1);
	EXPECT(atomic_load(&m->why) == TERN_REFUSED_NO_ACCESS);
	done(m, p, BYTES);
}

/* Memory that was registered while all could be written, and of which parts no longer can be. A
 * device's write is refused there, and what comes along with its neighbour is not made writable. */
static void test_lost_rights(struct mirror *m)
{
	static const int less[] = {PROT_READ, PROT_NONE};
	for (unsigned i = 0; i < tern_array_size(less); i++) {
		uint64_t *d, *p = fresh(m, BYTES, &d);
		fill(p, WORDS, 1, 0);
		fill(d, WORDS, 1, 0); /* registers all */
		EXPECT(!sum_wrong(p, WORDS, 1, 0));
		fill(p, WORDS, 1, 0); /* all is home */
		/* Pages 0 and 1 of the second block: one with contents, one never touched since. */
		REQUIRE(!madvise(p + 17 * 512, TERN_PAGE, MADV_DONTNEED));
		REQUIRE(!mprotect(p + 16 * 512, 2 * TERN_PAGE, less[i]));
		d[18 * 512] = 18 * 512; /* their neighbour */
		unsigned refused = atomic_load(&m->refused);
		EXPECT(tern_space_place(p + 18 * 512) == TERN_PAGE_AWAY);
		*(volatile uint64_t *)(d + 16 * 512) = 1;
		EXPECT(atomic_load(&m->refused) == refused + 1);
		*(volatile uint64_t *)(d + 17 * 512) = 1;
		EXPECT(atomic_load(&m->refused) == refused + 2);
		EXPECT(atomic_load(&m->why) ==
		       (less[i] == PROT_READ ? TERN_REFUSED_READ_ONLY : TERN_REFUSED_NO_ACCESS));
		REQUIRE(!mprotect(p + 16 * 512, 2 * TERN_PAGE, PROT_READ | PROT_WRITE));
		EXPECT(!sum_wrong(p, 17 * 512, 1, 0) && !sum_wrong(p + 17 * 512, 512, 0, 0));
		EXPECT(!sum_wrong(p + 18 * 512, WORDS - 18 * 512, 1, 18 * 512));
		done(m, p, BYTES);
	}
}

static void expect_refusal(struct mirror *m, void *p, bool write, enum tern_devmem_refusal why)
{
	mirror_map(m, p, TERN_PAGE);
	volatile uint64_t *d = mirror_ptr(m, p);
	unsigned refused = atomic_load(&m->refused);
	if (write)
		*d = 1;
	else
		(void)*d;
	EXPECT(atomic_load(&m->refused) == refused + 1);
	EXPECT(atomic_load(&m->why) == (int)why);
	unmap_device(m);
}

static uint64_t data_word[1024] __attribute__((aligned(4096))) = {1};
static const uint64_t constant[1024] __attribute__((aligned(4096))) = {11, 12};

static void test_kinds(struct mirror *m)
{
	char *shared =
		mmap(NULL, TERN_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	expect_refusal(m, shared, true, TERN_REFUSED_SHARED);
	void *pinned = tern_pinned_alloc(TERN_PAGE);
	expect_refusal(m, pinned, false, TERN_REFUSED_RUNTIME);
	expect_refusal(m, (void *)0x200000000000, false, TERN_REFUSED_RUNTIME);
	expect_refusal(m, NULL, true, TERN_REFUSED_UNMAPPED);
	FILE *f = tmpfile();
	REQUIRE(f && !ftruncate(fileno(f), 4096));
	char *file = mmap(NULL, TERN_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fileno(f), 0);
	REQUIRE(file != MAP_FAILED);
	expect_refusal(m, file, true, TERN_REFUSED_FILE);
	expect_refusal(m, (void *)((uintptr_t)constant & ~(TERN_PAGE - 1)), true,
		       TERN_REFUSED_READ_ONLY);
	char *huge = mmap(NULL, TERN_CHUNK, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (huge != MAP_FAILED)
		expect_refusal(m, huge, true, TERN_REFUSED_HUGETLB);
	char *named = mirror_memory(TERN_PAGE);
	EXPECT(!tern_space_exclude(named, TERN_PAGE));
	expect_refusal(m, named, true, TERN_REFUSED_RUNTIME);
	data_word[0]++;
	fclose(f);
	tern_pinned_free(pinned, TERN_PAGE);
}

/* Constants of the program: read-only pages of a file. A copy lasts until the next fence. */
static void test_constants(struct mirror *m)
{
	char *p = (char *)((uintptr_t)constant & ~(TERN_PAGE - 1));
	mirror_map(m, p, 32 * TERN_PAGE); /* a few neighbours come with it */
	volatile const uint64_t *d = mirror_ptr(m, constant);
	EXPECT(d[0] == 11 && d[1] == 12);
	EXPECT(tern_space_resident(&m->devmem) > 0);
	tern_space_fence();
	EXPECT(tern_space_resident(&m->devmem) == 0);
	EXPECT(d[0] == 11);
	tern_space_fence();
	unmap_device(m);
}

/* Pages that UFFDIO_MOVE refuses. */
static void test_locked(struct mirror *m)
{
	uint64_t *d, *p = fresh(m, BYTES, &d);
	fill(p, WORDS, 1, 0);
	if (mlock(p, BYTES)) {
		done(m, p, BYTES);
		return;
	}
	EXPECT(!sum_wrong(d, WORDS, 1, 0));
	fill(d, WORDS, 2, 0);
	EXPECT(tern_space_place(p) == TERN_PAGE_AWAY);
	EXPECT(!sum_wrong(p, WORDS, 2, 0));
	fill(p, WORDS, 3, 0);
	fill(d, WORDS / 2, 4, 0);
	EXPECT(!sum_wrong(d + WORDS / 2, WORDS / 2, 3, WORDS / 2 * 3));
	EXPECT(!sum_wrong(p, WORDS / 2, 4, 0));
	done(m, p, BYTES);
}

static void test_executable(struct mirror *m)
{
	uint64_t *d, *p = fresh(m, BYTES, &d);
	REQUIRE(!mprotect(p, BYTES, PROT_READ | PROT_WRITE | PROT_EXEC));
	fill(p, WORDS, 1, 0);
	EXPECT(!tern_space_migrate(&m->devmem, p, BYTES, 0, NULL));
	EXPECT(tern_space_place(p) == TERN_PAGE_AWAY);
	EXPECT(!sum_wrong(d, WORDS, 1, 0));
	fill(d, WORDS, 2, 0);
	EXPECT(!tern_space_migrate(NULL, p, BYTES, 0, NULL));
	EXPECT(!sum_wrong(p, WORDS, 2, 0));
	done(m, p, BYTES);
}

/* Children see what was there at the fork, wherever it was; parents go on. */
static void test_fork(struct mirror *m)
{
	uint64_t *d, *p = fresh(m, BYTES, &d);
	fill(d, WORDS, 1, 0);
	int pipes[2];
	REQUIRE(!pipe(pipes));
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (!child) {
		char c;
		bool bad = tern_space_place(p) != TERN_PAGE_HOME; /* closed there */
		tern_space_fence();
		bad |= read(pipes[0], &c, 1) != 1;
		bad |= sum_wrong(p, WORDS, 1, 0) != 0;
		fill(p, WORDS, 5, 5);
		_exit(bad || sum_wrong(p, WORDS, 5, 5));
	}
	EXPECT(tern_space_place(p) == TERN_PAGE_HOME);
	/* Copy-on-write pages now. */
	EXPECT(!sum_wrong(d, WORDS, 1, 0));
	fill(d, WORDS, 2, 0);
	EXPECT(write(pipes[1], "x", 1) == 1);
	int status;
	REQUIRE(waitpid(child, &status, 0) == child);
	EXPECT(!status);
	EXPECT(!sum_wrong(p, WORDS, 2, 0));
	struct tern_space_stats s;
	tern_space_stats(&s);
	EXPECT(s.fallback >= PAGES);
	close(pipes[0]);
	close(pipes[1]);
	done(m, p, BYTES);
}

/* A child opens a space of its own. */
__attribute__((unused)) static void test_fork_open(void)
{
	struct mirror *m = mirror_start((uint64_t)32 << 20);
	uint64_t *d, *p = fresh(m, BYTES, &d);
	fill(d, WORDS, 1, 0);
	pid_t child = fork();
	REQUIRE(child >= 0);
	if (!child) {
		test_failures = 0;
		struct mirror *own = mirror_start((uint64_t)32 << 20);
		uint64_t *e, *q = fresh(own, BYTES, &e);
		fill(e, WORDS, 3, 0);
		EXPECT(!sum_wrong(q, WORDS, 3, 0));
		EXPECT(!sum_wrong(p, WORDS, 1, 0));
		mirror_stop(own);
		_exit(test_failures != 0);
	}
	int status;
	REQUIRE(waitpid(child, &status, 0) == child);
	EXPECT(!status);
	EXPECT(!sum_wrong(p, WORDS, 1, 0));
	mirror_stop(m);
}

/* The kernel reads and writes pages that the device has. */
static void test_io(struct mirror *m)
{
	uint64_t *d, *p = fresh(m, BYTES, &d);
	char name[] = "/var/tmp/tern-space-test-XXXXXX";
	int fd = mkstemp(name);
	REQUIRE(fd >= 0);
	unlink(name);
	fill(d, WORDS, 1, 0);
	EXPECT(write(fd, p, BYTES) == (ssize_t)BYTES);
	fill(d, WORDS, 2, 0);
	EXPECT(pread(fd, p, BYTES, 0) == (ssize_t)BYTES);
	EXPECT(!sum_wrong(d, WORDS, 1, 0));
	fill(d, WORDS, 3, 0);
	struct iovec v[2] = {{p, BYTES / 2}, {p + WORDS / 2, BYTES / 2}};
	EXPECT(preadv(fd, v, 2, 0) == (ssize_t)BYTES);
	EXPECT(!sum_wrong(p, WORDS, 1, 0));
	fill(d, WORDS, 4, 0);
	fsync(fd);
	if (!fcntl(fd, F_SETFL, O_DIRECT)) {
		ssize_t n = pread(fd, p, BYTES, 0);
		if (n == (ssize_t)BYTES)
			EXPECT(!sum_wrong(d, WORDS, 1, 0));
		fill(d, WORDS, 6, 0);
		if (n == (ssize_t)BYTES && pwrite(fd, p, BYTES, 0) == (ssize_t)BYTES) {
			EXPECT(pread(fd, p, BYTES, 0) == (ssize_t)BYTES);
			EXPECT(!sum_wrong(d, WORDS, 6, 0));
		}
	}
	close(fd);
	done(m, p, BYTES);
}

static void test_stack(struct mirror *m)
{
	volatile uint64_t local[4 * 512 + 512];
	uint64_t *p = (uint64_t *)tern_round_up((uintptr_t)local, TERN_PAGE);
	/* What the policy takes beside it, too. */
	mirror_map(m, (void *)(((uintptr_t)p & ~(TERN_CHUNK - 1)) - TERN_CHUNK), 4 * TERN_CHUNK);
	uint64_t *d = mirror_ptr(m, p);
	fill(p, 1536, 1, 0);
	EXPECT(!sum_wrong(d, 1536, 1, 0));
	fill(d, 1536, 2, 0);
	EXPECT(!sum_wrong(p, 1536, 2, 0));
	char *start = (char *)m->regions[m->count - 1].start;
	EXPECT(!tern_space_migrate(NULL, start, 4 * TERN_CHUNK, 0, NULL));
	unmap_device(m);
}

static void test_huge(struct mirror *m)
{
	size_t bytes = 2 * TERN_CHUNK, words = bytes / 8;
	uint64_t *p = (uint64_t *)mirror_memory(bytes);
	REQUIRE(!madvise(p, bytes, MADV_HUGEPAGE));
	fill(p, words, 1, 0);
	mirror_map(m, p, bytes);
	uint64_t *d = mirror_ptr(m, p);
	EXPECT(!sum_wrong(d, words / 4, 1, 0)); /* a part of the huge page */
	fill(d, 1024, 2, 0);
	EXPECT(!sum_wrong(p, 1024, 2, 0) && !sum_wrong(p + 1024, 1024, 1, 1024));
	for (int i = 0; i < 3; i++) { /* whole ones */
		EXPECT(!tern_space_migrate(&m->devmem, p + words / 2, bytes / 2, 0, NULL));
		EXPECT(!sum_wrong(d + words / 2, words / 2, 1, words / 2 + (uint64_t)i));
		fill(d + words / 2, words / 2, 1, words / 2 + (uint64_t)i + 1);
		EXPECT(!tern_space_migrate(NULL, p + words / 2, bytes / 2, 0, NULL));
	}
	EXPECT(!sum_wrong(p + words / 2, words / 2, 1, words / 2 + 3));
	munmap(p, bytes);
	tern_space_fence();
	EXPECT(tern_space_resident(&m->devmem) == 0);
	unmap_device(m);
}

/* First touches of the host in memory that is registered. */
static void test_first_touch(struct mirror *m)
{
	size_t bytes = 4 * TERN_CHUNK;
	volatile char *p = mirror_memory(bytes);
	mirror_map(m, (char *)p, bytes);
	*(volatile char *)mirror_ptr(m, (char *)p + TERN_CHUNK) = 1;
	uint64_t bad = 0;
	for (size_t i = 0; i < bytes; i += TERN_PAGE) {
		bad += p[i] != (i == TERN_CHUNK);
		p[i] = (char)(i / TERN_PAGE);
	}
	for (size_t i = 0; i < bytes; i += TERN_PAGE)
		bad += p[i] != (char)(i / TERN_PAGE);
	EXPECT(!bad);
	done(m, (void *)p, bytes);
}

int main(int argc, char **argv)
{
	(void)argc;
	mirror_variants(argv);
	struct mirror *m = mirror_start((uint64_t)64 << 20);
	test_discard(m);
	test_unmap(m);
	test_remap(m, 64);
	test_remap(m, 1200);
	test_rights(m);
	test_lost_rights(m);
	test_kinds(m);
	test_constants(m);
	test_locked(m);
	test_executable(m);
	test_io(m);
	test_stack(m);
	test_huge(m);
	test_first_touch(m);
	test_fork(m);
	mirror_stop(m);
#ifndef __SANITIZE_THREAD__ /* which lets no child of fork() start threads */
	test_fork_open();
#endif
	return test_result();
}
