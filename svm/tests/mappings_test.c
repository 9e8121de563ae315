/* SPDX-License-Identifier: MIT */
/* What the host asks for lies in several mappings, and a part of it is at home already. */
#include "svm/tests/mirror.h"

#include <sys/shm.h>

enum { PAGES = 64, SECOND = 16, HOME = 40, AT = 50 };

/* Two mappings side by side, that the kernel keeps apart. */
static unsigned char *two_mappings(void)
{
	unsigned char *p = (unsigned char *)mirror_memory(PAGES * TERN_PAGE);
	REQUIRE(!madvise(p + SECOND * TERN_PAGE, (PAGES - SECOND) * TERN_PAGE, MADV_DONTDUMP));
	for (unsigned i = 0; i < PAGES; i++)
		p[i * TERN_PAGE] = (unsigned char)i;
	return p;
}

/* All but page HOME is the device's, then the host reads or writes to page AT. */
static void test_home(struct mirror *m, bool write)
{
	unsigned char *p = two_mappings();
	mirror_map(m, p, PAGES * TERN_PAGE);
	EXPECT(!tern_space_migrate(&m->devmem, p, PAGES * TERN_PAGE, 0, NULL));
	EXPECT(!tern_space_migrate(NULL, p + HOME * TERN_PAGE, TERN_PAGE, 0, NULL));
	for (unsigned i = 0; i < PAGES; i++)
		REQUIRE(tern_space_place(p + i * TERN_PAGE) ==
			(i == HOME ? TERN_PAGE_HOME : TERN_PAGE_AWAY));
	if (write)
		*(volatile unsigned char *)(p + AT * TERN_PAGE) = AT;
	EXPECT(*(volatile unsigned char *)(p + AT * TERN_PAGE) == AT);
	for (unsigned i = 0; i < PAGES; i++) {
		EXPECT(tern_space_place(p + i * TERN_PAGE) ==
		       (i == HOME || write ? TERN_PAGE_HOME : TERN_PAGE_SHARED));
		EXPECT(p[i * TERN_PAGE] == i);
	}
	munmap(p, PAGES * TERN_PAGE);
	tern_space_fence();
	EXPECT(tern_space_resident(&m->devmem) == 0);
}

/* In the middle of what both sides may read comes a mapping that nobody traps, without an event
 * (shmat()): the host, which writes to a page behind it, gets on. */
static void test_replaced(struct mirror *m)
{
	char *p = mirror_memory(PAGES * TERN_PAGE);
	memset(p, 1, PAGES * TERN_PAGE);
	mirror_map(m, p, PAGES * TERN_PAGE);
	EXPECT(!tern_space_migrate(&m->devmem, p, PAGES * TERN_PAGE, 0, NULL));
	EXPECT(p[AT * TERN_PAGE] == 1);
	EXPECT(tern_space_place(p + AT * TERN_PAGE) == TERN_PAGE_SHARED);
	int id = shmget(IPC_PRIVATE, TERN_PAGE, 0600 | IPC_CREAT);
	if (id < 0) {
		fprintf(stderr, "no System V shared memory here\n");
	} else {
		REQUIRE(shmat(id, p + SECOND * TERN_PAGE, SHM_REMAP) == p + SECOND * TERN_PAGE);
		shmctl(id, IPC_RMID, 0);
	}
	*(volatile char *)(p + AT * TERN_PAGE) = 2;
	EXPECT(p[AT * TERN_PAGE] == 2 && p[(AT + 1) * TERN_PAGE] == 1);
	munmap(p, PAGES * TERN_PAGE);
	tern_space_fence();
	EXPECT(tern_space_resident(&m->devmem) == 0);
}

int main(void)
{
	setenv("TERN_POLICY", "block:pages=512", 1);
	struct mirror *m = mirror_start(64 * TERN_CHUNK);
	alarm(60); /* a fault that is forgotten */
	test_home(m, false);
	test_home(m, true);
	test_replaced(m);
	mirror_stop(m);
	return test_result();
}
