/* SPDX-License-Identifier: MIT */
/* Text that grows, random numbers, time. */
#include "conformance/random/random.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void *random_allocate(void *old, size_t bytes)
{
	void *memory = realloc(old, bytes ? bytes : 1);

	if (memory)
		return memory;
	fputs("tern-random: no memory\n", stderr);
	exit(2);
}

void random_text_add(struct random_text *text, const char *format, ...)
{
	va_list args, again;

	va_start(args, format);
	va_copy(again, args);
	int bytes = vsnprintf(NULL, 0, format, args);

	if (bytes >= 0) {
		size_t need = text->length + (size_t)bytes + 1;

		if (need > text->capacity) {
			text->capacity = 2 * need;
			text->data = random_allocate(text->data, text->capacity);
		}
		vsnprintf(text->data + text->length, (size_t)bytes + 1, format, again);
		text->length += (size_t)bytes;
	}
	va_end(again);
	va_end(args);
}

char *random_text_cut(struct random_text *text, size_t from)
{
	size_t bytes = text->length - from;
	char *cut = random_allocate(NULL, bytes + 1);

	if (bytes)
		memcpy(cut, text->data + from, bytes);
	cut[bytes] = '\0';
	text->length = from;
	if (text->data)
		text->data[from] = '\0';
	return cut;
}

/* splitmix64: any state is a good one, so seeds may be small numbers. */
uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

double random_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
