/* SPDX-License-Identifier: MIT */
/* Threads of libtern's own: detached, deaf to signals. */
#ifndef TERN_BASE_THREAD_H
#define TERN_BASE_THREAD_H

#include "runtime/base/base.h"

/* What no other thread has meanwhile; cheap. */
static inline const void *tern_thread_self(void)
{
	return __builtin_thread_pointer();
}

/*
 * Starts a detached thread with all signals blocked but those that its own instructions can raise
 * (SIGSEGV and such: a program may handle faults on its memory). @stack_bytes: 0 is the system's
 * default. 0 or -errno.
 */
int tern_thread_start(void *(*fn)(void *), void *arg, size_t stack_bytes) TERN_MUST_CHECK;
/* Names the calling thread. @name: at most 15 bytes. */
void tern_thread_name(const char *name);
void tern_sleep_ms(unsigned ms);

#endif
