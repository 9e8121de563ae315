/* SPDX-License-Identifier: MIT */
/* The shared address space as others see it: requests to the engine. */
#include "svm/space.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/status.h"
#include "svm/open.h"
#include "svm/pinned.h"
#include "svm/trap.h"

/*
 * Held over open, close and fork(). No tern_lock: fork() is called with whatever locks the
 * program's thread holds, and other handlers take theirs while it is held.
 */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct engine *_Atomic space; /* NULL: closed */
static unsigned users;
static struct range excluded[EXCLUDED_MAX]; /* before the space is opened */
static unsigned excluded_count;
static bool forks_prepared;

struct engine *space_engine(void)
{
	return atomic_load(&space);
}

static struct request *request_new(enum request_kind kind)
{
	struct request *q;
	while (!(q = tern_pinned_alloc(sizeof(*q)))) /* others give theirs back */
		raw_yield();
	q->kind = kind;
	return q;
}

static int request_end(struct engine *e, struct request *q)
{
	int result = request_run(e, q);
	tern_pinned_free(q, sizeof(*q));
	return result;
}

static int request_simple(enum request_kind kind, struct tern_devmem *devmem)
{
	struct engine *e = atomic_load(&space);
	if (!e)
		return 0;
	struct request *q = request_new(kind);
	q->devmem = devmem;
	return request_end(e, q);
}

static void fork_before(void)
{
	pthread_mutex_lock(&mutex);
	request_simple(REQUEST_PAUSE, NULL);
}

static void fork_parent(void)
{
	request_simple(REQUEST_RESUME, NULL);
	pthread_mutex_unlock(&mutex);
}

/*
 * The child's copy of the arena reads as zeros, and its memory is registered nowhere. The
 * descriptors' numbers are kept here for it, since the engine's structure is gone.
 */
static int fork_fds[6];

static void fork_note(const struct engine *e)
{
	const int fds[] = {e->uffd, e->grave_uffd, e->event, e->mem, e->pagemap, e->maps.maps};
	memcpy(fork_fds, fds, sizeof(fork_fds));
}

static void fork_child(void)
{
	if (atomic_load(&space))
		for (unsigned i = 0; i < tern_array_size(fork_fds); i++)
			raw_close(fork_fds[i]);
	atomic_store(&space, NULL);
	users = 0;
	pthread_mutex_init(&mutex, NULL);
}

static int open_locked(void)
{
	if (!forks_prepared) {
		int error = pthread_atfork(fork_before, fork_parent, fork_child);
		if (error)
			return -error;
		forks_prepared = true;
	}
	struct engine *e;
	int error = engine_create(&e);
	if (error)
		return error;
	fork_note(e);
	for (unsigned i = 0; !error && i < excluded_count; i++) {
		struct request *q = request_new(REQUEST_EXCLUDE);
		q->start = excluded[i].start;
		q->end = excluded[i].end;
		error = request_end(e, q);
	}
	if (error)
		engine_destroy(e);
	else
		atomic_store(&space, e);
	return error;
}

int tern_space_open(void)
{
	pthread_mutex_lock(&mutex);
	int error = users ? 0 : open_locked();
	if (!error)
		users++;
	pthread_mutex_unlock(&mutex);
	return error;
}

void tern_space_close(void)
{
	pthread_mutex_lock(&mutex);
	users -= users > 0;
	if (!users && atomic_load(&space))
		engine_destroy(atomic_exchange(&space, NULL));
	pthread_mutex_unlock(&mutex);
}

int tern_space_attach(struct tern_devmem *devmem)
{
	if (devmem->mirror)
		return trap_attach(devmem);
	struct engine *e = atomic_load(&space);
	if (!e)
		return -ENOSYS;
	size_t bytes = e->policy->device_state_bytes;
	void *state = tern_pinned_alloc(bytes);
	if (!state)
		return -ENOMEM;
	if (!tern_policy_start(e->policy, state,
			       e->policy_options)) { /* it was good at the start */
		tern_pinned_free(state, bytes);
		return -ENOMEM;
	}
	devmem->status = tern_status_device(devmem->ops->name, 0);
	tern_status_put(&devmem->status->limit, devmem->limit);
	tern_status_put(&devmem->status->resident, 0);
	struct request *q = request_new(REQUEST_ATTACH);
	q->devmem = devmem;
	q->value = (uintptr_t)state;
	int error = request_end(e, q);
	if (error)
		tern_pinned_free(state, bytes);
	return error;
}

void tern_space_detach(struct tern_devmem *devmem)
{
	if (devmem->mirror) {
		trap_detach(devmem);
		return;
	}
	struct engine *e = atomic_load(&space);
	if (!e || !devmem->engine)
		return;
	struct request *q = request_new(REQUEST_DETACH);
	q->devmem = devmem;
	request_run(e, q);
	tern_pinned_free((void *)(uintptr_t)q->value, e->policy->device_state_bytes);
	tern_pinned_free(q, sizeof(*q));
}

void tern_space_recover(struct tern_devmem *devmem)
{
	struct device *device = devmem->engine;
	if (!device || devmem->mirror) /* the kernel does it */
		return;
	atomic_store(&device->dead, true);
	request_simple(REQUEST_RECOVER, devmem);
}

void tern_space_revive(struct tern_devmem *devmem)
{
	request_simple(REQUEST_REVIVE, devmem);
}

void tern_space_fence(void)
{
	struct engine *e = atomic_load(&space);
	if (!e)
		return;
	if (atomic_load(&e->any_snapshots))
		request_simple(REQUEST_FORGET_SNAPSHOTS, NULL);
	uint32_t now = atomic_load(&e->fence);
	if (!(now & 1))
		return;
	atomic_fetch_add(&e->fence_waiters, 1);
	while (atomic_load(&e->fence) == now)
		raw_futex_wait(&e->fence, now);
	atomic_fetch_sub(&e->fence_waiters, 1);
}

/* False: not a range. */
static bool range_of(const void *address, size_t bytes, struct request *q)
{
	uint64_t start = (uintptr_t)address;
	if (!bytes || start >= ADDRESS_END || bytes > ADDRESS_END - start)
		return false;
	q->start = start;
	q->end = start + bytes;
	return true;
}

/* @caused: what it caused is added to it; or NULL. */
static int request_range(enum request_kind kind, struct tern_devmem *devmem, const void *address,
			 size_t bytes, unsigned flags, struct tern_space_stats *caused)
{
	struct engine *e = atomic_load(&space);
	if (!e)
		return 0;
	struct request *q = request_new(kind);
	q->devmem = devmem;
	q->flags = flags;
	int error = range_of(address, bytes, q) ? request_run(e, q) : 0;
	for (unsigned i = 0; caused && i < STATS; i++)
		((uint64_t *)caused)[i] += ((const uint64_t *)&q->stats)[i];
	tern_pinned_free(q, sizeof(*q));
	return error;
}

/* Where devices of both kinds are attached, one kind gives the pages back before the other gets
 * them (trap_kernel.h). */
int tern_space_migrate(struct tern_devmem *devmem, const void *address, size_t bytes,
		       unsigned flags, struct tern_space_stats *caused)
{
	struct request q;
	int error = 0;
	bool mirror = devmem && devmem->mirror;
	if (!mirror && !trap_any())
		return request_range(REQUEST_MIGRATE, devmem, address, bytes, flags, caused);
	if (!range_of(address, bytes, &q))
		return 0;
	/* What they have is none of @devmem's business, but when it is to go home. */
	error = trap_bring_home(devmem, q.start, q.end, devmem ? NULL : caused);
	if (!error)
		error = request_range(REQUEST_MIGRATE, mirror ? NULL : devmem, address, bytes,
				      mirror ? 0 : flags, mirror ? NULL : caused);
	if (!error && mirror)
		error = trap_migrate(devmem, q.start, q.end, flags, caused);
	return error;
}

int tern_space_advise(const void *address, size_t bytes, enum tern_advice advice)
{
	struct request q;
	int error = request_range(REQUEST_ADVISE, NULL, address, bytes, advice, NULL);
	if (!error && trap_any() && range_of(address, bytes, &q))
		error = trap_advise(q.start, q.end, advice);
	return error;
}

static void request_stats(enum request_kind kind, const void *address, size_t bytes,
			  struct tern_space_stats *out)
{
	struct engine *e = atomic_load(&space);
	*out = (struct tern_space_stats){0};
	if (!e)
		return;
	struct request *q = request_new(kind);
	if (!bytes || range_of(address, bytes, q)) {
		request_run(e, q);
		*out = q->stats;
	}
	tern_pinned_free(q, sizeof(*q));
}

void tern_space_stats(struct tern_space_stats *out)
{
	request_stats(REQUEST_STATS, NULL, 0, out);
	if (trap_any())
		trap_stats(out);
}

void tern_space_range_stats(const void *address, size_t bytes, struct tern_space_stats *out)
{
	struct request q;
	bytes += !bytes;
	request_stats(REQUEST_RANGE_STATS, address, bytes, out);
	if (trap_any() && range_of(address, bytes, &q))
		trap_range_stats(q.start, q.end, out);
}

static struct owner *owner_of(struct tern_devmem *devmem, unsigned owner)
{
	struct device *device = devmem ? devmem->engine : NULL;
	return device && owner <= TERN_DEVMEM_NO_OWNER ? &device->owners[owner] : NULL;
}

void tern_space_owner_begin(struct tern_devmem *devmem, unsigned owner, uint64_t command)
{
	struct owner *o = owner_of(devmem, owner);
	if (o)
		trace_owner(devmem->engine, owner, command);
	struct advance *a =
		o && tern_space_wants_commands(devmem) ? advance_of(devmem->engine, command) : NULL;
	for (unsigned i = 0; o && i < STATS; i++) {
		uint64_t moved = a ? atomic_exchange(&a->moved[i], 0) : 0;
		atomic_store_explicit(
			&o->base[i], atomic_load_explicit(&o->now[i], memory_order_relaxed) - moved,
			memory_order_relaxed);
	}
}

void tern_space_owner_stats(struct tern_devmem *devmem, unsigned owner,
			    struct tern_space_stats *out)
{
	struct owner *o = owner_of(devmem, owner);
	*out = (struct tern_space_stats){0};
	/* Its last page is there before that is counted. */
	while (o && atomic_load(&o->served))
		raw_yield();
	for (unsigned i = 0; o && i < STATS; i++)
		((uint64_t *)out)[i] = atomic_load_explicit(&o->now[i], memory_order_relaxed) -
				       atomic_load_explicit(&o->base[i], memory_order_relaxed);
}

static uint64_t request_value(enum request_kind kind, struct tern_devmem *devmem,
			      const void *address)
{
	struct engine *e = atomic_load(&space);
	if (!e)
		return 0;
	struct request *q = request_new(kind);
	q->devmem = devmem;
	q->start = (uintptr_t)address;
	request_run(e, q);
	uint64_t value = q->value;
	tern_pinned_free(q, sizeof(*q));
	return value;
}

uint64_t tern_space_resident(struct tern_devmem *devmem)
{
	if (devmem->mirror)
		return trap_resident(devmem);
	return request_value(REQUEST_RESIDENT, devmem, NULL);
}

enum tern_page_place tern_space_place(const void *address)
{
	if (trap_any() && trap_has((uintptr_t)address))
		return TERN_PAGE_AWAY;
	return (enum tern_page_place)request_value(REQUEST_PLACE, NULL, address);
}

int tern_space_exclude(const void *address, size_t bytes)
{
	struct engine *e = atomic_load(&space);
	if (e)
		return request_range(REQUEST_EXCLUDE, NULL, address, bytes, 0, NULL);
	struct request q;
	int error = 0;
	pthread_mutex_lock(&mutex);
	if (range_of(address, bytes, &q) && excluded_count < EXCLUDED_MAX)
		excluded[excluded_count++] = (struct range){q.start, q.end};
	else
		error = -ENOMEM;
	pthread_mutex_unlock(&mutex);
	return error;
}
