/* SPDX-License-Identifier: MIT */
/* The threads of asynchronous builds. */
#ifndef TERN_RUNTIME_PROGRAM_THREAD_H
#define TERN_RUNTIME_PROGRAM_THREAD_H

#include "runtime/base/base.h"

/* Part of a job. */
struct tern_build_task {
	struct tern_build_task *next;
	void (*run)(struct tern_build_task *task);
};

/*
 * Runs @task->run(@task) soon on a build thread, with no lock held; it may block and may call the
 * program's code. Threads are started as tasks come, at most a few, and end when there are no
 * tasks left. 0 or -errno when no thread can be had (then the task is not run).
 */
int tern_build_thread_run(struct tern_build_task *task) TERN_MUST_CHECK;

/* For fork.c: before a fork(), and after it in both processes. */
void tern_build_thread_fork_before(void);
void tern_build_thread_fork_after(bool child);

#endif
