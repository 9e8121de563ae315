/* SPDX-License-Identifier: MIT */
/* Messages on stderr at the level that TERN_LOG sets; one line each, "tern: level: text". */
#ifndef TERN_BASE_LOG_H
#define TERN_BASE_LOG_H

#include "runtime/base/base.h"

enum tern_log_level {
	TERN_LOG_OFF,
	TERN_LOG_ERROR,
	TERN_LOG_WARN,
	TERN_LOG_INFO,
	TERN_LOG_DEBUG,
};

/* True when messages of @level are shown. Cheap; thread-safe. */
bool tern_log_enabled(enum tern_log_level level);
void tern_log(enum tern_log_level level, const char *format, ...) TERN_PRINTF(2, 3);

#define tern_log_at(level, ...)                                                                    \
	do {                                                                                       \
		if (tern_unlikely(tern_log_enabled(level)))                                        \
			tern_log(level, __VA_ARGS__);                                              \
	} while (0)
#define tern_log_error(...) tern_log_at(TERN_LOG_ERROR, __VA_ARGS__)
#define tern_log_warn(...)  tern_log_at(TERN_LOG_WARN, __VA_ARGS__)
#define tern_log_info(...)  tern_log_at(TERN_LOG_INFO, __VA_ARGS__)
#define tern_log_debug(...) tern_log_at(TERN_LOG_DEBUG, __VA_ARGS__)

#endif
