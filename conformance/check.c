/* SPDX-License-Identifier: MIT */
/* The CHECK macros' side: counts and texts of the running case, and how a case is left early. */
#include "conformance/report.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

void conf_release_kept(void); /* objects.c */

static struct conf_record *current;
static jmp_buf leave;
static pthread_t case_thread;
static pthread_mutex_t text_lock = PTHREAD_MUTEX_INITIALIZER;

static void add_text(const char *format, va_list args)
{
	pthread_mutex_lock(&text_lock);
	unsigned used = atomic_load(&current->used);
	size_t room = sizeof current->text - used;
	int length = room > 1 ? vsnprintf(current->text + used, room, format, args) : 0;

	if (length > 0)
		used += (size_t)length < room ? (unsigned)length : (unsigned)room - 1;
	atomic_store(&current->used, used);
	pthread_mutex_unlock(&text_lock);
}

void conf_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_text(format, args);
	va_end(args);
}

bool conf_check(bool ok, const char *file, int line, const char *format, ...)
{
	atomic_fetch_add(&current->checks, 1);
	if (ok)
		return true;
	/* A loop that fails everywhere need not say so everywhere. */
	if (atomic_fetch_add(&current->failures, 1) >= 20)
		return false;
	char text[1600];
	const char *base = strrchr(file, '/');
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	conf_note("%s:%d: %s\n", base ? base + 1 : file, line, text);
	return false;
}

bool conf_check_error(cl_int expected, cl_int other, cl_int actual, const char *file, int line,
		      const char *what)
{
	if (actual == expected || actual == other)
		return conf_check(true, file, line, "%s", what);
	if (expected == other)
		return conf_check(false, file, line, "%s: expected %s, is %s", what,
				  conf_error_name(expected), conf_error_name(actual));
	char first[64];

	snprintf(first, sizeof first, "%s", conf_error_name(expected));
	return conf_check(false, file, line, "%s: expected %s or %s, is %s", what, first,
			  conf_error_name(other), conf_error_name(actual));
}

bool conf_check_equal(intmax_t expected, intmax_t actual, const char *file, int line,
		      const char *what)
{
	return conf_check(expected == actual, file, line, "%s: expected %jd, is %jd", what,
			  expected, actual);
}

bool conf_failed(void)
{
	return atomic_load(&current->failures) > 0;
}

_Noreturn void conf_leave(void)
{
	if (pthread_equal(pthread_self(), case_thread))
		longjmp(leave, 1);
	pthread_exit(NULL);
}

_Noreturn void conf_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_text(format, args);
	va_end(args);
	conf_note("\n");
	atomic_store(&current->skipped, true);
	conf_leave();
}

void conf_execute(const struct conf_case *test, struct conf_record *record)
{
	current = record;
	case_thread = pthread_self();
	if (!setjmp(leave))
		test->run();
	/* Releasing may find faults too: a left case must not be entered again. */
	if (!setjmp(leave))
		conf_release_kept();
	if (!atomic_load(&record->skipped) && atomic_load(&record->checks) == 0)
		conf_check(false, test->name, 0, "the case made no checks");
	atomic_store(&record->finished, true);
}
