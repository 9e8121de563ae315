/* SPDX-License-Identifier: MIT */
#include "runtime/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/option.h"

static const char *const names[] = {"off", "error", "warn", "info", "debug"};

static enum tern_log_level level_in_force(void)
{
	static _Atomic int cached = -1;
	int level = cached;
	if (tern_likely(level >= 0))
		return (enum tern_log_level)level;
	const char *s = tern_option(TERN_OPTION_LOG);
	level = TERN_LOG_OFF;
	for (unsigned i = 0; i < tern_array_size(names); i++)
		if (!strcmp(s, names[i]))
			level = (int)i;
	cached = level;
	return (enum tern_log_level)level;
}

bool tern_log_enabled(enum tern_log_level level)
{
	return level <= level_in_force();
}

/* One write(2) a line: whole lines from several threads, and nothing of stdio's in between. */
void tern_log(enum tern_log_level level, const char *format, ...)
{
	char line[1024];
	int n = snprintf(line, sizeof(line), "tern: %s: ", names[level]);
	va_list ap;
	va_start(ap, format);
	int m = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, ap);
	va_end(ap);
	if (m < 0)
		return;
	size_t len = tern_min((size_t)(n + m), sizeof(line) - 2);
	line[len++] = '\n';
	ssize_t written = write(STDERR_FILENO, line, len);
	(void)written; /* there is nowhere left to report it */
}
