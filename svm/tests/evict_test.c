/* SPDX-License-Identifier: MIT */
/* A device that is full of what is not moved but copied: snapshots of files. */
#include "svm/tests/mirror.h"

enum { LIMIT = 128, FILE_PAGES = 120, PAGES = 64 };

/* Read-only memory of a file that begins with a chunk; page i holds i. */
static unsigned char *file_memory(void)
{
	int file = memfd_create("evict_test", MFD_CLOEXEC);
	REQUIRE(file >= 0 && !ftruncate(file, FILE_PAGES * TERN_PAGE));
	for (unsigned i = 0; i < FILE_PAGES; i++) {
		unsigned char value = (unsigned char)i;
		REQUIRE(pwrite(file, &value, 1, i * TERN_PAGE) == 1);
	}
	char *p = mirror_memory(FILE_PAGES * TERN_PAGE);
	REQUIRE(mmap(p, FILE_PAGES * TERN_PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) == p);
	close(file);
	return (unsigned char *)p;
}

int main(void)
{
	struct mirror *m = mirror_start(LIMIT * TERN_PAGE);
	unsigned char *constants = file_memory();
	unsigned char *p = (unsigned char *)mirror_memory(PAGES * TERN_PAGE);
	mirror_map(m, constants, FILE_PAGES * TERN_PAGE);
	mirror_map(m, p, PAGES * TERN_PAGE);
	for (unsigned i = 0; i < PAGES; i++)
		p[i * TERN_PAGE] = (unsigned char)(i + 1);
	alarm(60);
	const volatile unsigned char *c = mirror_ptr(m, constants), *d = mirror_ptr(m, p);
	for (unsigned turn = 0; turn < 3; turn++) {
		for (unsigned i = 0; i < FILE_PAGES; i++)
			EXPECT(c[i * TERN_PAGE] == i);
		for (unsigned i = 0; i < PAGES; i++)
			EXPECT(d[i * TERN_PAGE] == i + 1);
		EXPECT(tern_space_resident(&m->devmem) <= LIMIT * TERN_PAGE);
	}
	struct tern_space_stats s;
	tern_space_stats(&s);
	EXPECT(s.evicted > 0);
	mirror_stop(m);
	return test_result();
}
