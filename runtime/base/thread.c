/* SPDX-License-Identifier: MIT */
#include "runtime/base/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "runtime/base/alloc.h"

static void block_signals(sigset_t *old)
{
	static const int raised[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
	sigset_t set;
	sigfillset(&set);
	for (unsigned i = 0; i < tern_array_size(raised); i++)
		sigdelset(&set, raised[i]);
	pthread_sigmask(SIG_SETMASK, &set, old);
}

int tern_thread_start(void *(*fn)(void *), void *arg, size_t stack_bytes)
{
	if (tern_fault_hit())
		return -EAGAIN;
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);
	if (error)
		return -error;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (stack_bytes)
		error = pthread_attr_setstacksize(&attr, stack_bytes);
	pthread_t thread;
	if (!error) {
		sigset_t old; /* the new thread inherits the mask */
		block_signals(&old);
		error = pthread_create(&thread, &attr, fn, arg);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	pthread_attr_destroy(&attr);
	return -error;
}

void tern_thread_name(const char *name)
{
	pthread_setname_np(pthread_self(), name);
}

void tern_sleep_ms(unsigned ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
	nanosleep(&t, NULL);
}
