/* SPDX-License-Identifier: MIT */
/* Private futexes and the monotonic clock. Linux only. */
#ifndef TERN_BASE_FUTEX_H
#define TERN_BASE_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "runtime/base/base.h"

/* Sleeps while *@word is @expected; returns on a wake, a signal or a change (the caller rechecks).
 */
static inline void tern_futex_wait(_Atomic uint32_t *word, uint32_t expected)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

/* As above, for at most @ns nanoseconds. */
static inline void tern_futex_wait_for(_Atomic uint32_t *word, uint32_t expected, uint64_t ns)
{
	struct timespec t = {.tv_sec = (time_t)(ns / 1000000000u),
			     .tv_nsec = (long)(ns % 1000000000u)};
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, &t, NULL, 0);
}

static inline void tern_futex_wake(_Atomic uint32_t *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

/* CLOCK_MONOTONIC in nanoseconds: the device clock of the profiling queries. */
static inline uint64_t tern_clock_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The same clock, by the kernel's last tick (1 to 10 ms): cheaper. */
static inline uint64_t tern_clock_coarse_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
