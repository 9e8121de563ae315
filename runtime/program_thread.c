/* SPDX-License-Identifier: MIT */
#include "runtime/program_thread.h"

#include "runtime/base/lock.h"
#include "runtime/base/thread.h"

/* A build thread may be held up by the program's callback, which may wait for another build. */
#define MAX_THREADS 16

/* Rank PROGRAM: it is taken with no other lock held, and none is taken under it. */
static struct {
	struct tern_lock lock;
	struct tern_build_task *first, **last;
	unsigned threads; /* each of them looks for tasks before it ends */
	unsigned busy;    /* those that run a task */
	unsigned waiting; /* tasks in the list */
} pool = {.lock = TERN_LOCK_INIT(TERN_LOCK_PROGRAM), .last = &pool.first};

static struct tern_build_task *take_locked(void)
{
	struct tern_build_task *task = pool.first;
	if (!task)
		return NULL;
	pool.first = task->next;
	if (!pool.first)
		pool.last = &pool.first;
	pool.waiting--;
	return task;
}

static void *build_thread(void *unused)
{
	(void)unused;
	tern_thread_name("tern-build");
	tern_lock_acquire(&pool.lock);
	for (struct tern_build_task *task; (task = take_locked());) {
		pool.busy++;
		tern_lock_release(&pool.lock);
		task->run(task);
		tern_lock_acquire(&pool.lock);
		pool.busy--;
	}
	pool.threads--;
	tern_lock_release(&pool.lock);
	return NULL;
}

static void append_locked(struct tern_build_task *task)
{
	task->next = NULL;
	*pool.last = task;
	pool.last = &task->next;
	pool.waiting++;
}

int tern_build_thread_run(struct tern_build_task *task)
{
	int error = 0;
	tern_lock_acquire(&pool.lock);
	append_locked(task);
	if (pool.threads - pool.busy < pool.waiting && pool.threads < MAX_THREADS) {
		pool.threads++;
		error = tern_thread_start(build_thread, NULL, 0);
		if (error) {
			pool.threads--;
			if (pool.threads)
				error = 0; /* one of them will come to it */
			else
				(void)take_locked(); /* the only one in the list */
		}
	}
	tern_lock_release(&pool.lock);
	return error;
}

void tern_build_thread_fork_before(void)
{
	tern_lock_acquire(&pool.lock);
}

void tern_build_thread_fork_after(bool child)
{
	if (child) {
		/* What is in the list is the parent's threads' to do. */
		pool.threads = pool.busy = pool.waiting = 0;
		pool.first = NULL;
		pool.last = &pool.first;
	}
	tern_lock_release(&pool.lock);
}
