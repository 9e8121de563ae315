/* SPDX-License-Identifier: MIT */
#include "runtime/base/lock.h"

#include <stdio.h>
#include <stdlib.h>

#ifdef TERN_DEBUG
#define HELD_MAX 16
static _Thread_local struct {
	const struct tern_lock *lock[HELD_MAX];
	unsigned count;
} held;

static void held_push(const struct tern_lock *lock)
{
	if (held.count && held.lock[held.count - 1]->rank >= lock->rank) {
		fprintf(stderr, "tern: lock order: rank %d taken while rank %d is held\n",
			(int)lock->rank, (int)held.lock[held.count - 1]->rank);
		abort();
	}
	if (held.count == HELD_MAX)
		abort();
	held.lock[held.count++] = lock;
}

static void held_pop(const struct tern_lock *lock)
{
	unsigned i = held.count;
	while (i && held.lock[i - 1] != lock)
		i--;
	if (!i) {
		fprintf(stderr, "tern: lock of rank %d released but not held\n", (int)lock->rank);
		abort();
	}
	for (; i < held.count; i++)
		held.lock[i - 1] = held.lock[i];
	held.count--;
}

void tern_lock_assert_none(void)
{
	if (held.count) {
		fprintf(stderr, "tern: lock of rank %d held where none may be\n",
			(int)held.lock[held.count - 1]->rank);
		abort();
	}
}
#else
static void held_push(const struct tern_lock *lock)
{
	(void)lock;
}

static void held_pop(const struct tern_lock *lock)
{
	(void)lock;
}

void tern_lock_assert_none(void)
{
}
#endif

void tern_lock_init(struct tern_lock *lock, enum tern_lock_rank rank)
{
	pthread_mutex_init(&lock->mutex, NULL);
	lock->rank = rank;
}

void tern_lock_finish(struct tern_lock *lock)
{
	pthread_mutex_destroy(&lock->mutex);
}

void tern_lock_acquire(struct tern_lock *lock)
{
	held_push(lock);
	pthread_mutex_lock(&lock->mutex);
}

void tern_lock_release(struct tern_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
	held_pop(lock);
}

void tern_lock_wait(struct tern_lock *lock, pthread_cond_t *cond)
{
	pthread_cond_wait(cond, &lock->mutex);
}
