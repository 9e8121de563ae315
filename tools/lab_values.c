/* SPDX-License-Identifier: MIT */
/* Values of the laboratory's options. */
#include <stdlib.h>
#include <string.h>

#include "runtime/base/option.h"
#include "tools/lab.h"

bool lab_read_bytes(const char *text, uint64_t *out)
{
	uint64_t n;
	if (!tern_number_parse(text, &n) || !n)
		return false;
	*out = n;
	return true;
}

bool lab_read_number(const char *text, unsigned least, unsigned most, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	*out = (unsigned)n;
	return *text >= '0' && *text <= '9' && !*end && n >= least && n <= most;
}

bool lab_read_list(char *list, const char **out, unsigned most, unsigned *count)
{
	const char *separator = strchr(list, ';') ? ";" : ",";
	char *rest = list;
	*count = 0;
	for (char *word; (word = strtok_r(rest, separator, &rest));) {
		if (*count == most)
			return false;
		out[(*count)++] = word;
	}
	return *count;
}
