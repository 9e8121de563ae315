/* SPDX-License-Identifier: MIT */
#include "tools/tern.h"

#include <stdio.h>
#include <string.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/option.h"

static int stats(void)
{
	struct tern_cache_stats s;
	if (tern_cache_stats(&s)) {
		fprintf(stderr, "tern cache: the cache is off or its folder cannot be used\n");
		return 1;
	}
	printf("%llu entries, %llu bytes of at most %llu\n", (unsigned long long)s.entries,
	       (unsigned long long)s.bytes, (unsigned long long)s.limit);
	return 0;
}

static int clear(void)
{
	int err = tern_cache_clear();
	if (err) {
		fprintf(stderr, "tern cache: %s\n", strerror(-err));
		return 1;
	}
	return stats();
}

static int path(void)
{
	char *p = tern_path_cache();
	puts(p ? p : "off");
	tern_free(p);
	return 0;
}

int tern_tool_cache(int argc, char **argv)
{
	if (argc > 1 || (argc && !strcmp(argv[0], "--help"))) {
		fprintf(stderr, "usage: tern cache [stats | clear | path]\n");
		return 2;
	}
	const char *what = argc ? argv[0] : "stats";
	if (!strcmp(what, "stats"))
		return stats();
	if (!strcmp(what, "clear"))
		return clear();
	if (!strcmp(what, "path"))
		return path();
	fprintf(stderr, "tern cache: no '%s'; stats, clear or path\n", what);
	return 2;
}
