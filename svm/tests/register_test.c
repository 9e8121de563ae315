/* SPDX-License-Identifier: MIT */
/* TERN_SVM_REGISTER=page: a page migrates without its neighbours, whatever the policy says. */
#include "svm/tests/mirror.h"

/* The kernel's word whether it watches the page (the VmFlag "um"). */
static bool watched(const void *p)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	char line[500];
	unsigned long start, end;
	bool inside = false, found = false;
	REQUIRE(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = (uintptr_t)p >= start && (uintptr_t)p < end;
		else if (inside && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, " um");
	}
	fclose(file);
	return found;
}

int main(void)
{
	enum { PAGES = 64, AT = 40 };
	setenv("TERN_SVM_REGISTER", "page", 1);
	setenv("TERN_POLICY", "block:pages=16", 1);
	struct mirror *m = mirror_start(64 * TERN_CHUNK);
	char *p = mirror_memory(PAGES * TERN_PAGE);
	memset(p, 1, PAGES * TERN_PAGE);
	mirror_map(m, p, PAGES * TERN_PAGE);
	char *d = mirror_ptr(m, p);
	d[AT * TERN_PAGE] = 2;
	for (size_t i = 0; i < PAGES; i++) {
		EXPECT(tern_space_place(p + i * TERN_PAGE) ==
		       (i == AT ? TERN_PAGE_AWAY : TERN_PAGE_HOME));
		EXPECT(watched(p + i * TERN_PAGE) == (i == AT));
	}
	/* A request means what it names. */
	EXPECT(!tern_space_migrate(&m->devmem, p, 8 * TERN_PAGE, 0, NULL));
	for (size_t i = 0; i < 16; i++)
		EXPECT((tern_space_place(p + i * TERN_PAGE) == TERN_PAGE_AWAY) == (i < 8));
	for (size_t i = 0; i < PAGES; i++)
		EXPECT(p[i * TERN_PAGE] == (i == AT ? 2 : 1));
	mirror_stop(m);
	return test_result();
}
