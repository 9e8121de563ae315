/* SPDX-License-Identifier: MIT */
/* Memory that is not any more what the directory has seen it to be, without an event. */
#include "svm/tests/mirror.h"

#include <sys/shm.h>

enum { PAGES = 64, AT = 33 };

static volatile char *device(struct mirror *m, const char *p, size_t page)
{
	return mirror_ptr(m, p + page * TERN_PAGE);
}

/* Pages with contents, registered, and all home. */
static char *home(struct mirror *m)
{
	char *p = mirror_memory(PAGES * TERN_PAGE);
	memset(p, 1, PAGES * TERN_PAGE);
	mirror_map(m, p, PAGES * TERN_PAGE);
	*device(m, p, 0) = 2;
	p[0] = 3;
	return p;
}

static void done(struct mirror *m, char *p)
{
	munmap(p, PAGES * TERN_PAGE);
	tern_space_fence();
	m->count--;
	munmap((void *)m->regions[m->count].device, PAGES * TERN_PAGE);
	munmap(m->regions[m->count].window, PAGES * TERN_PAGE);
}

/* What is excluded after it was registered does not migrate, not even beside its neighbour. */
static void test_excluded_later(struct mirror *m)
{
	char *p = home(m);
	unsigned refused = atomic_load(&m->refused);
	EXPECT(!tern_space_exclude(p + AT * TERN_PAGE, TERN_PAGE));
	*device(m, p, AT + 1) = 9;
	EXPECT(tern_space_place(p + (AT + 1) * TERN_PAGE) == TERN_PAGE_AWAY);
	EXPECT(tern_space_place(p + AT * TERN_PAGE) == TERN_PAGE_HOME);
	*device(m, p, AT) = 9;
	EXPECT(atomic_load(&m->refused) == refused + 1);
	EXPECT(atomic_load(&m->why) == TERN_REFUSED_RUNTIME);
	EXPECT(p[AT * TERN_PAGE] == 1 && p[(AT + 1) * TERN_PAGE] == 9);
	done(m, p);
}

/* shmat() over memory tells no userfaultfd; @then: what comes in its place. */
enum then { CONTENTS, HOLES, NOTHING };

static void test_replaced(struct mirror *m, enum then then)
{
	char *p = home(m), *part = p + 32 * TERN_PAGE;
	int id = shmget(IPC_PRIVATE, 4 * TERN_PAGE, 0600 | IPC_CREAT);
	if (id < 0) {
		fprintf(stderr, "no System V shared memory here\n");
		done(m, p);
		return;
	}
	REQUIRE(shmat(id, part, SHM_REMAP) == part);
	shmctl(id, IPC_RMID, 0);
	REQUIRE(!shmdt(part));
	if (then != NOTHING)
		REQUIRE(mmap(part, 4 * TERN_PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == part);
	if (then == CONTENTS)
		memset(part, 5, 4 * TERN_PAGE);
	unsigned refused = atomic_load(&m->refused);
	*device(m, p, AT) = 9;
	if (then == NOTHING) {
		EXPECT(atomic_load(&m->refused) == refused + 1);
		EXPECT(atomic_load(&m->why) == TERN_REFUSED_UNMAPPED);
	} else {
		EXPECT(p[AT * TERN_PAGE] == 9);
		EXPECT(p[AT * TERN_PAGE + 1] == (then == CONTENTS ? 5 : 0));
		EXPECT(p[(AT + 1) * TERN_PAGE] == (then == CONTENTS ? 5 : 0));
	}
	EXPECT(p[31 * TERN_PAGE] == 1 && p[36 * TERN_PAGE] == 1);
	done(m, p);
}

/* With an imposed link, where a plan is paid for first: what no move can serve. */
static void test_link(void)
{
	struct mirror *m = mirror_start(64 * TERN_CHUNK);
	m->devmem.link.latency_ns = 20000;
	char *p = home(m);
	REQUIRE(!madvise(p + AT * TERN_PAGE, TERN_PAGE, MADV_DONTNEED));
	*device(m, p, AT) = 9;
	EXPECT(p[AT * TERN_PAGE] == 9 && p[AT * TERN_PAGE + 1] == 0);
	REQUIRE(!mprotect(p + 40 * TERN_PAGE, 4 * TERN_PAGE, PROT_READ | PROT_WRITE | PROT_EXEC));
	*device(m, p, 41) = 9;
	EXPECT(p[41 * TERN_PAGE] == 9 && p[41 * TERN_PAGE + 1] == 1);
	done(m, p);
	mirror_stop(m);
}

/* Frames that became stale are dropped again and again, in a space that was opened anew, too. */
static void test_stale_frames(struct mirror *m)
{
	char *p = home(m), *page = p + AT * TERN_PAGE;
	for (int i = 0; i < 700; i++) {
		*device(m, p, AT) = 4;
		REQUIRE(!madvise(page, TERN_PAGE, MADV_DONTNEED));
		*page = 7;
		EXPECT(page[1] == 0 && *device(m, p, AT) == 7);
	}
	done(m, p);
}

int main(int argc, char **argv)
{
	(void)argc;
	mirror_variants(argv);
	alarm(100);
	for (int i = 0; i < 2; i++) {
		struct mirror *m = mirror_start(64 * TERN_CHUNK);
		test_replaced(m, CONTENTS);
		test_replaced(m, HOLES);
		test_replaced(m, NOTHING);
		test_stale_frames(m);
		test_excluded_later(m);
		mirror_stop(m);
		test_link();
	}
	return test_result();
}
