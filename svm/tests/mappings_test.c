/* SPDX-License-Identifier: MIT */
/* What the host asks for lies in several mappings, and a part of it is at home already. */
#include "svm/tests/mirror.h"

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

int main(void)
{
	setenv("TERN_POLICY", "block:pages=512", 1);
	struct mirror *m = mirror_start(64 * TERN_CHUNK);
	alarm(60); /* a fault that is forgotten */
	test_home(m, false);
	test_home(m, true);
	mirror_stop(m);
	return test_result();
}
