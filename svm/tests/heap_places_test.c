/* SPDX-License-Identifier: MIT */
/* TERN_HEAP_MIGRATE and TERN_HEAP_SHARED. */
#include "svm/heap.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"
#include "svm/aperture.h"

#define KB ((size_t)1 << 10)
#define MB ((size_t)1 << 20)

static bool in_aperture(const void *p)
{
	return (uintptr_t)p >= TERN_APERTURE_SHARED && (uintptr_t)p < TERN_APERTURE_END;
}

static void sizes(enum tern_heap_place place)
{
	static const size_t each[] = {1,       128,     129,     2048,     2049,   4096,      5000,
				      32 * KB, 33 * KB, 64 * KB, MB + 100, 2 * MB, 5 * MB + 1};
	size_t used = tern_heap_used();
	char *p[tern_array_size(each)];
	for (size_t align = 0; align <= TERN_HEAP_ALIGN_MAX; align = align ? align * 8 : 1) {
		for (size_t i = 0; i < tern_array_size(each); i++) {
			p[i] = tern_heap_alloc(place, each[i], align);
			REQUIRE(p[i]);
			EXPECT((uintptr_t)p[i] % tern_max(align, (size_t)TERN_HEAP_ALIGN) == 0);
			EXPECT(each[i] < 2 * MB || (uintptr_t)p[i] % (2 * MB) == 0);
			EXPECT(in_aperture(p[i]) == (place == TERN_HEAP_SHARED));
			memset(p[i], (int)i, each[i]);
		}
		for (size_t i = 0; i < tern_array_size(each); i++) {
			EXPECT(p[i][0] == (char)i && p[i][each[i] - 1] == (char)i);
			tern_heap_free(place, p[i], each[i]);
		}
	}
	EXPECT(tern_heap_used() == used);
	tern_heap_free(place, NULL, 0);
	EXPECT(!tern_heap_alloc(place, SIZE_MAX, 0));
	EXPECT(!tern_heap_alloc(place, SIZE_MAX / 2, 0));
	EXPECT(!tern_heap_alloc(place, (size_t)1 << 47, 0));
	EXPECT(tern_heap_used() == used);
	EXPECT(tern_heap_trim() > 0);
}

static size_t resident(const char *p, size_t bytes)
{
	static unsigned char map[64 * MB / 4096];
	size_t pages = 0;
	REQUIRE(!mincore((void *)p, bytes, map));
	for (size_t i = 0; i < bytes / 4096; i++)
		pages += map[i] & 1;
	return pages * 4096;
}

/* A page of small pieces has nothing else; much freed memory goes back to the system. */
static void migrate(void)
{
	char *small = tern_heap_alloc(TERN_HEAP_MIGRATE, 100, 0);
	char *page = tern_heap_alloc(TERN_HEAP_MIGRATE, 3000, 0);
	REQUIRE(small && page);
	EXPECT((uintptr_t)page % 4096 == 0);
	EXPECT((uintptr_t)small / 4096 != (uintptr_t)page / 4096);
	char *big = tern_heap_alloc(TERN_HEAP_MIGRATE, 48 * MB, 0);
	REQUIRE(big);
	memset(big, 1, 48 * MB);
	EXPECT(resident(big, 48 * MB) == 48 * MB);
	tern_heap_free(TERN_HEAP_MIGRATE, big, 48 * MB);
	EXPECT(resident(big, 48 * MB) == 0); /* the address space stays */
	char *again = tern_heap_alloc(TERN_HEAP_MIGRATE, 48 * MB, 0);
	EXPECT(again == big && again[5 * MB] == 0);
	tern_heap_free(TERN_HEAP_MIGRATE, again, 48 * MB);
	tern_heap_free(TERN_HEAP_MIGRATE, small, 100);
	tern_heap_free(TERN_HEAP_MIGRATE, page, 3000);
}

static size_t file_bytes(void)
{
	struct stat s;
	REQUIRE(!fstat(tern_heap_shared_fd(), &s));
	return (size_t)s.st_blocks * 512;
}

/* What another process would map is what the program has. */
static void shared_file(void)
{
	int fd = tern_heap_shared_fd();
	REQUIRE(fd >= 0);
	EXPECT(tern_heap_shared_fd() == fd);
	char *p = tern_heap_alloc(TERN_HEAP_SHARED, 3 * MB, 0);
	REQUIRE(p);
	off_t at = (off_t)((uintptr_t)p - TERN_APERTURE_SHARED);
	char *q = mmap(NULL, 3 * MB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	REQUIRE(q != MAP_FAILED);
	strcpy(p, "of the program");
	EXPECT(!strcmp(q, "of the program"));
	q[3 * MB - 1] = 9;
	EXPECT(p[3 * MB - 1] == 9);
	munmap(q, 3 * MB);
	tern_heap_free(TERN_HEAP_SHARED, p, 3 * MB);
	tern_heap_trim();
	EXPECT(file_bytes() <= 2 * MB); /* one span of each small size may stay */
	p = tern_heap_alloc(TERN_HEAP_SHARED, 100 * MB, 0);
	REQUIRE(p);
	memset(p, 1, 100 * MB);
	EXPECT(file_bytes() >= 100 * MB);
	tern_heap_free(TERN_HEAP_SHARED, p, 100 * MB);
	EXPECT(file_bytes() <= 64 * MB);
}

static void many_small(enum tern_heap_place place)
{
	enum { COUNT = 200000 };
	char **p = tern_zalloc_array(COUNT, sizeof(*p));
	REQUIRE(p);
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < COUNT; i++) {
			REQUIRE((p[i] = tern_heap_alloc(place, 1 + i % 300, 0)));
			*(unsigned *)p[i] = i;
		}
		for (unsigned i = 0; i < COUNT; i++) {
			EXPECT(*(unsigned *)p[i] == i);
			tern_heap_free(place, p[i], 1 + i % 300);
		}
	}
	tern_free(p);
}

static void *churn(void *arg)
{
	enum tern_heap_place place = *(enum tern_heap_place *)arg;
	unsigned seed = (unsigned)(uintptr_t)&seed;
	char *p[32] = {0};
	size_t size[32];
	for (unsigned step = 0; step < 3000; step++) {
		unsigned i = (unsigned)rand_r(&seed) % 32;
		if (p[i]) {
			EXPECT(p[i][0] == (char)i && p[i][size[i] - 1] == (char)i);
			tern_heap_free(place, p[i], size[i]);
			p[i] = NULL;
			continue;
		}
		size[i] = 1 + (size_t)rand_r(&seed) % ((size_t)1 << (unsigned)rand_r(&seed) % 23);
		REQUIRE((p[i] = tern_heap_alloc(place, size[i], 0)));
		p[i][0] = p[i][size[i] - 1] = (char)i;
		if (step % 500 == 0)
			tern_heap_trim();
	}
	for (unsigned i = 0; i < 32; i++)
		if (p[i])
			tern_heap_free(place, p[i], size[i]);
	return NULL;
}

static void threads(enum tern_heap_place place)
{
	pthread_t t[4];
	for (unsigned i = 0; i < 4; i++)
		REQUIRE(!pthread_create(&t[i], NULL, churn, &place));
	for (unsigned i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static int wait_for(pid_t pid)
{
	int status = -1;
	REQUIRE(waitpid(pid, &status, 0) == pid);
	return status;
}

/* In the child: its own memory is not the parent's, also after the parent's was freed there.
 * @untouched: nobody has written there yet. */
static int child(char *migrate, char *shared, char *untouched)
{
	test_failures = 0; /* the parent's */
	REQUIRE(migrate[100] == 1 && shared[100] == 2);
	migrate[100] = 11;
	memset(untouched, 14, MB);
	shared[4 * MB] = 15;
	tern_heap_fork_before();
	pid_t pid = fork(); /* its child has that, too */
	tern_heap_fork_after(!pid);
	if (!pid)
		_exit(shared[4 * MB] != 15 || untouched[MB - 1] != 14);
	REQUIRE(wait_for(pid) == 0);
	REQUIRE(tern_heap_shared_fd() >= 0);
	REQUIRE(shared[4 * MB] == 15 && shared[5 * MB] == 2);
	REQUIRE(untouched[0] == 14 && untouched[MB - 1] == 14);
	tern_heap_free(TERN_HEAP_SHARED, shared, 8 * MB);
	tern_heap_trim();
	char *p = tern_heap_alloc(TERN_HEAP_SHARED, 8 * MB, 0);
	REQUIRE(p == shared); /* the same address: another file */
	memset(p, 12, 8 * MB);
	char *q = tern_heap_alloc(TERN_HEAP_MIGRATE, 8 * MB, 0);
	REQUIRE(q && q != migrate);
	memset(q, 13, 8 * MB);
	tern_heap_free(TERN_HEAP_SHARED, p, 8 * MB);
	tern_heap_trim();
	return test_result();
}

static void forks(void)
{
	char *migrate_p = tern_heap_alloc(TERN_HEAP_MIGRATE, 8 * MB, 0);
	char *shared_p = tern_heap_alloc(TERN_HEAP_SHARED, 8 * MB, 0);
	char *small = tern_heap_alloc(TERN_HEAP_SHARED, 10, 0);
	char *untouched = tern_heap_alloc(TERN_HEAP_SHARED, MB, 0);
	REQUIRE(migrate_p && shared_p && small && untouched);
	tern_heap_trim();
	memset(migrate_p, 1, 8 * MB);
	memset(shared_p, 2, 8 * MB);
	strcpy(small, "small");
	tern_heap_fork_before();
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	tern_heap_fork_after(!pid);
	if (!pid) {
		REQUIRE(!strcmp(small, "small"));
		int result = child(migrate_p, shared_p, untouched);
		REQUIRE(!strcmp(small, "small"));
		strcpy(small, "child");
		_exit(result);
	}
	EXPECT(wait_for(pid) == 0);
	EXPECT(migrate_p[100] == 1 && !strcmp(small, "small"));
	for (size_t i = 0; i < 8 * MB; i += 4096)
		EXPECT(shared_p[i] == 2);
	for (size_t i = 0; i < MB; i += 4096)
		EXPECT(untouched[i] != 14);
	tern_heap_free(TERN_HEAP_SHARED, untouched, MB);
	tern_heap_free(TERN_HEAP_MIGRATE, migrate_p, 8 * MB);
	tern_heap_free(TERN_HEAP_SHARED, shared_p, 8 * MB);
	tern_heap_free(TERN_HEAP_SHARED, small, 10);
}

/* Each allocation and system call of the first use fails in turn, in a process of its own. */
static void first_use_fails(void)
{
	for (uint64_t n = 1; n < 40; n++) {
		pid_t pid = fork();
		REQUIRE(pid >= 0);
		if (!pid) {
			tern_fault_arm(n, false);
			char *p = tern_heap_alloc(TERN_HEAP_SHARED, 5000, 0);
			char *q = tern_heap_alloc(TERN_HEAP_MIGRATE, 5000, 0);
			bool hit = tern_fault_count() >= n;
			tern_fault_arm(0, false);
			if (!p)
				p = tern_heap_alloc(TERN_HEAP_SHARED, 5000, 0);
			if (!q)
				q = tern_heap_alloc(TERN_HEAP_MIGRATE, 5000, 0);
			REQUIRE(p && q);
			memset(p, 1, 5000);
			memset(q, 1, 5000);
			_exit(hit ? 2 : 0);
		}
		int status = wait_for(pid);
		EXPECT(WIFEXITED(status) && (WEXITSTATUS(status) == 2 || WEXITSTATUS(status) == 0));
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			return;
	}
	EXPECT(false);
}

/* A limit on the size of files makes the heap smaller, not impossible, and no signal is raised. */
static void file_limit(void)
{
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	if (!pid) {
		struct rlimit limit = {64 * MB + 12345, 64 * MB + 12345};
		REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
		char *p = tern_heap_alloc(TERN_HEAP_SHARED, 32 * MB, 0);
		REQUIRE(p && !tern_heap_alloc(TERN_HEAP_SHARED, 40 * MB, 0));
		memset(p, 1, 32 * MB);
		_exit(test_result());
	}
	EXPECT(wait_for(pid) == 0);
}

/* Likewise of a child that has to copy what the file of its parent has: it is refused. */
static void file_limit_of_child(void)
{
	char *p = tern_heap_alloc(TERN_HEAP_SHARED, 10, 0);
	REQUIRE(p);
	strcpy(p, "shared");
	tern_heap_fork_before();
	pid_t pid = fork();
	REQUIRE(pid >= 0);
	tern_heap_fork_after(!pid);
	if (!pid) {
		struct rlimit limit = {64 * MB, 64 * MB};
		REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
		REQUIRE(tern_heap_shared_fd() == -EFBIG);
		REQUIRE(!tern_heap_alloc(TERN_HEAP_SHARED, 10, 0) && !strcmp(p, "shared"));
		_exit(0);
	}
	EXPECT(wait_for(pid) == 0);
	tern_heap_free(TERN_HEAP_SHARED, p, 10);
}

int main(void)
{
	first_use_fails();
	file_limit();
	if (tern_aperture_reserve())
		return TEST_SKIP;
	for (enum tern_heap_place place = TERN_HEAP_MIGRATE; place <= TERN_HEAP_SHARED; place++) {
		sizes(place);
		many_small(place);
		threads(place);
	}
	migrate();
	shared_file();
	forks();
	file_limit_of_child();
	EXPECT(tern_heap_used() == 0);
	return test_result();
}
