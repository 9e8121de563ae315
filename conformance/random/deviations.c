/* SPDX-License-Identifier: MIT */
/* What other vendors' runtimes are known to get wrong: they are not asked about such kernels. */
#include "conformance/random/random.h"
#include <ctype.h>
#include <string.h>

struct deviation {
	const char *config, *use; /* in the source, as a word of its own */
	const char *reason;
};

#define BEHIND_BARRIER                                                                             \
	"loops behind a barrier, where work-items have gone through a loop before it: some "       \
	"work-items' values are lost, or it crashes"

/*
 * Seen with pocl 3.1 of Debian 12. Beside these it crashes, or gives another result each time, for
 * one kernel in about a thousand, of those with local variables or much private memory.
 */
static const struct deviation table[] = {
	{"pocl", "abs(", "abs() of the least number is taken to be positive"},
	{"pocl", "i += LSIZE", BEHIND_BARRIER},
	{"pocl", "e += LSIZE", BEHIND_BARRIER},
};

static bool uses(const char *source, const char *use)
{
	for (const char *at = source; (at = strstr(at, use)); at++)
		if (at == source || !(isalnum((unsigned char)at[-1]) || at[-1] == '_'))
			return true;
	return false;
}

const char *random_deviation(const char *config, const struct random_case *c)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (!strcmp(table[i].config, config) && uses(c->source, table[i].use))
			return table[i].reason;
	return NULL;
}
