/* SPDX-License-Identifier: MIT */
/*
 * Dropping pages of the program's where UFFDIO_MOVE cannot take them. madvise() in a range that is
 * registered for events sleeps until the event has been read, so a thread of its own calls it,
 * while the engine reads. The event is known by its range.
 *
 * The engine reads nothing before that thread is about to make the call: who waits in munmap()
 * would go on, and have other memory there by the time it is dropped.
 */
#include "svm/internal.h"
#include "svm/message.h"
#include "svm/pinned.h"

#define STACK_BYTES ((size_t)1 << 20) /* a sanitizer wants most of it */

static long drop_now(const struct dropper *d)
{
	long r = raw_madvise(d->start, d->bytes, MADV_DONTNEED);
	return r == -EINVAL ? raw_madvise(d->start, d->bytes, MADV_DONTNEED_LOCKED) : r;
}

/* Not while an event is unread, or where nothing is registered: what is there may be other memory.
 * The pages are write-protected, so this changes nothing else. */
static long drop(const struct engine *e, struct dropper *d)
{
	long r = uffd_protect(e->uffd, d->start, TERN_PAGE, UFFDIO_WRITEPROTECT_MODE_WP);
	if (r)
		return r;
	atomic_store(&d->state, DROPPER_BEGUN);
	return drop_now(d);
}

static void *run(void *argument)
{
	struct engine *e = argument;
	struct dropper *d = &e->dropper;
	for (;;) {
		uint32_t state = atomic_load(&d->state);
		if (state == DROPPER_STOP)
			return NULL;
		if (state != DROPPER_POSTED) {
			raw_futex_wait(&d->state, state);
			continue;
		}
		d->result = drop(e, d);
		atomic_store(&d->state, DROPPER_DONE);
	}
}

int dropper_start(struct engine *e)
{
	struct dropper *d = &e->dropper;
	d->stack = tern_pinned_alloc(STACK_BYTES);
	if (!d->stack)
		return -ENOMEM;
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);
	if (!error) {
		error = pthread_attr_setstack(&attr, d->stack, STACK_BYTES);
		if (!error)
			error = pthread_create(&d->thread, &attr, run, e);
		pthread_attr_destroy(&attr);
	}
	d->started = !error;
	if (error)
		tern_pinned_free(d->stack, STACK_BYTES);
	return -error;
}

void dropper_stop(struct engine *e)
{
	struct dropper *d = &e->dropper;
	if (!d->started)
		return;
	atomic_store(&d->state, DROPPER_STOP);
	raw_futex_wake(&d->state, 1);
	pthread_join(d->thread, NULL);
	tern_pinned_free(d->stack, STACK_BYTES);
	d->started = false;
}

/* A mapping has its boundary at @address, as far as it can be told by now. */
static bool is_boundary(struct engine *e, uint64_t address)
{
	struct vma vma;
	return !e->host->mapping(e, address, false, &vma) || vma.start == address;
}

/*
 * The kernel sends one for each mapping in the range, in order, and each once, from the mapping's
 * start or the range's to its end or the range's. The program may drop a part meanwhile, or just
 * the same.
 */
bool drop_is_ours(struct engine *e, uint64_t start, uint64_t end)
{
	struct dropper *d = &e->dropper;
	uint64_t limit = d->start + d->bytes;
	if (!d->next || start < d->next || end > limit)
		return false;
	if ((start > d->next && !is_boundary(e, start)) || (end < limit && !is_boundary(e, end)))
		return false;
	d->next = end;
	return true;
}

/* Those pages that still are as they were when the drop began: events came in between. */
static void dropped(struct chunk *chunk, unsigned first, unsigned count)
{
	for (unsigned i = first; i < first + count; i++)
		if (page_state(chunk, i) != PAGE_HOME)
			model_host(chunk, i, 1, MODEL_NONE);
}

int drop_host(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	struct dropper *d = &e->dropper;
	d->start = page_address(chunk, first);
	d->bytes = count * TERN_PAGE;
	d->next = d->start;
	atomic_store(&d->state, DROPPER_POSTED);
	raw_futex_wake(&d->state, 1);
	for (uint32_t state; (state = atomic_load(&d->state)) != DROPPER_DONE;)
		if (state == DROPPER_POSTED || !events_drain(e))
			raw_yield();
	d->next = 0;
	long result = d->result;
	atomic_store(&d->state, DROPPER_IDLE);
	if (!result)
		dropped(chunk, first, count);
	return (int)result;
}
