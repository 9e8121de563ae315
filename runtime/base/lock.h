/* SPDX-License-Identifier: MIT */
/*
 * DOC: locks with ranks
 *
 * A thread may take a lock only when every lock it holds has a lower rank. The ranks below are the
 * lock-order document. With TERN_DEBUG defined (debug and sanitizer builds) each thread records
 * what it holds and a violation aborts with both ranks named; in release builds a lock is a plain
 * pthread mutex.
 *
 * No user callback, no wait for a device and no final put of an object happens under a lock.
 */
#ifndef TERN_BASE_LOCK_H
#define TERN_BASE_LOCK_H

#include <pthread.h>
#include "runtime/base/base.h"

enum tern_lock_rank {
	TERN_LOCK_RUNTIME = 1, /* start-up of the runtime; the list of devices */
	TERN_LOCK_DEVICE,      /* start and stop of a device, its partitions */
	TERN_LOCK_CONTEXT,     /* a context's destructor callbacks */
	TERN_LOCK_PROGRAM,     /* a program's build state and kernels */
	TERN_LOCK_KERNEL,      /* a kernel's arguments */
	TERN_LOCK_COMPILER,    /* the connection to the compile server */
	TERN_LOCK_CODE,        /* kernels in an accelerator's memory, and the socket to it */
	TERN_LOCK_CACHE,       /* the disk cache's bookkeeping */
	TERN_LOCK_MEMORY,      /* a memory object's maps, sub-buffers, callbacks */
	TERN_LOCK_SVM,         /* the registry of SVM allocations */
	TERN_LOCK_HEAP,        /* freed memory that is kept */
	TERN_LOCK_TRAP,        /* where the pages of a kernel device are, and its driver */
	TERN_LOCK_QUEUE,       /* an out-of-order queue's list of live commands */
	TERN_LOCK_EVENT,       /* an event's callbacks */
	TERN_LOCK_CALLBACK,    /* the callback thread's list */
	TERN_LOCK_WORKERS,     /* a device's sleeping workers */
	TERN_LOCK_POOL,        /* free lists of commands */
	TERN_LOCK_STATUS,      /* what the status page has */
	TERN_LOCK_LOG,         /* last: any code may log */
};

struct tern_lock {
	pthread_mutex_t mutex;
	enum tern_lock_rank rank;
};

#define TERN_LOCK_INIT(r) {.mutex = PTHREAD_MUTEX_INITIALIZER, .rank = (r)}

void tern_lock_init(struct tern_lock *lock, enum tern_lock_rank rank);
void tern_lock_finish(struct tern_lock *lock);
void tern_lock_acquire(struct tern_lock *lock);
void tern_lock_release(struct tern_lock *lock);
/* Waits on @cond; @lock must be the last lock that the thread took. */
void tern_lock_wait(struct tern_lock *lock, pthread_cond_t *cond);
/* Aborts in debug builds when the calling thread holds any lock (before user callbacks and waits).
 */
void tern_lock_assert_none(void);

#endif
