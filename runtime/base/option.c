/* SPDX-License-Identifier: MIT */
#include "runtime/base/option.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/log.h"

const struct tern_option_info tern_option_table[TERN_OPTION_COUNT] = {
#define X(id, env, fallback, help) {env, fallback, help},
	TERN_OPTIONS(X)
#undef X
};

static const char *values[TERN_OPTION_COUNT];
static pthread_once_t values_once = PTHREAD_ONCE_INIT;

/* The strings are copied: a program may change its environment later. What cannot be copied for
 * want of memory keeps its default. */
static void values_read(void)
{
	for (unsigned i = 0; i < TERN_OPTION_COUNT; i++) {
		const char *v = getenv(tern_option_table[i].env);
		if (v)
			values[i] = strdup(v);
	}
	const char *fault = values[TERN_OPTION_FAULT];
	if (fault && *fault)
		tern_fault_arm(strtoull(fault, NULL, 10), strchr(fault, '+') != NULL);
}

const char *tern_option(enum tern_option option)
{
	pthread_once(&values_once, values_read);
	return values[option] ? values[option] : tern_option_table[option].fallback;
}

bool tern_option_is_set(enum tern_option option)
{
	pthread_once(&values_once, values_read);
	return values[option] != NULL;
}

bool tern_number_parse(const char *text, uint64_t *out)
{
	static const char suffixes[] = "KMG";
	char *end;
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	uint64_t n = strtoull(text, &end, 10);
	const char *suffix = *end ? strchr(suffixes, toupper((unsigned char)*end)) : NULL;
	unsigned shift = suffix ? 10 * (unsigned)(suffix - suffixes + 1) : 0;
	if (errno || (*end && (!suffix || end[1])) || n > UINT64_MAX >> shift)
		return false;
	*out = n << shift;
	return true;
}

uint64_t tern_option_number(enum tern_option option, uint64_t fallback)
{
	const char *s = tern_option(option);
	uint64_t n = fallback;
	if (strcmp(s, "auto") != 0 && !tern_number_parse(s, &n))
		tern_log_warn("%s=%s is not a number; using the default",
			      tern_option_table[option].env, s);
	return n;
}

bool tern_option_has(enum tern_option option, const char *word)
{
	size_t n = strlen(word);
	for (const char *s = tern_option(option); *s;) {
		size_t len = strcspn(s, ",");
		if (len == n && !strncmp(s, word, n))
			return true;
		s += len;
		s += *s == ',';
	}
	return false;
}

char *tern_path_cache(void)
{
	const char *option = tern_option(TERN_OPTION_CACHE);
	if (!strcmp(option, "off"))
		return NULL;
	if (strcmp(option, "auto") != 0)
		return tern_strdup(option);
	const char *xdg = getenv("XDG_CACHE_HOME");
	if (xdg && *xdg == '/')
		return tern_asprintf("%s/tern", xdg);
	const char *home = getenv("HOME");
	return home && *home == '/' ? tern_asprintf("%s/.cache/tern", home) : NULL;
}
