/* SPDX-License-Identifier: MIT */
/* Values of the laboratory's options. */
#include <stdlib.h>
#include <string.h>

#include "tools/lab.h"

bool lab_read_number(const char *text, unsigned least, unsigned most, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n < least || n > most)
		return false;
	*out = (unsigned)n;
	return true;
}

bool lab_read_percent(const char *text, unsigned *out)
{
	char number[16];
	size_t length = strlen(text);
	length -= length && text[length - 1] == '%';
	return (size_t)snprintf(number, sizeof(number), "%.*s", (int)length, text) <
		       sizeof(number) &&
	       lab_read_number(number, 1, 10000, out);
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
