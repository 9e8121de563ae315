/* SPDX-License-Identifier: MIT */
/*
 * fork() in the program. A child has one thread, so nobody completes what the parent's workers were
 * at: command queues and their unfinished commands do not survive, see schedule.h. The locks that
 * are taken on any thread are held over the fork, so that a child finds them free and what they
 * guard whole. A back end does the same for its own (pthread_atfork).
 */
#include <pthread.h>

#include "runtime/base/status.h"
#include "runtime/program_thread.h"
#include "runtime/schedule.h"
#include "svm/svm.h"

uint32_t tern_fork_generation;

static void before(void)
{
	tern_context_fork_before();
	tern_build_thread_fork_before();
	tern_svm_fork_before();
	tern_callback_fork_before();
	tern_pool_fork_before();
	tern_status_fork_before();
}

static void after(bool child)
{
	tern_status_fork_after(child);
	tern_pool_fork_after(child);
	tern_callback_fork_after(child);
	tern_svm_fork_after(child);
	tern_build_thread_fork_after(child);
	tern_context_fork_after();
}

static void parent(void)
{
	after(false);
}

static void child(void)
{
	tern_fork_generation++;
	after(true);
}

int tern_fork_prepare_once(void)
{
	static bool prepared;
	if (prepared)
		return 0;
	int error = pthread_atfork(before, parent, child);
	prepared = !error;
	return -error;
}
