/* SPDX-License-Identifier: MIT */
/* Pages that come home. See engine.h for the transitions. */
#include "svm/internal.h"
#include "svm/message.h"

/* What is refused for so long has lost its mapping, and is forgotten. */
#define GIVE_UP_NS ((uint64_t)100000000)

/* The contents of a run that is AWAY go to the slot; the device has nothing afterwards. */
static int stage(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	struct frames *f = frames_get(e, chunk, false);
	const char *from = f && count > SMALL_RUN ? device_window(e, chunk, first) : NULL;
	if (!f || (count > SMALL_RUN && !from))
		return -ENOMEM;
	/* A dead device can do no harm; what it had is dropped when it has been copied. */
	bool keep = count > SMALL_RUN && !device_gone(chunk->device);
	if (keep) {
		device_unmap(e, chunk, first, count, true);
		if (e->soon) /* meanwhile */
			device_unmap_soon(e->soon);
		e->soon = NULL;
	} else {
		device_protect(e, chunk, first, count);
	}
	f->tables = f->tables || bits_count(f->present, first, count) < count;
	if (from)
		e->host->fetch(e, frame_address(f, first), from, count * TERN_PAGE);
	else if (device_read(e, chunk, first, count, frame_address(f, first)))
		return -ENOMEM; /* it is still there, to be read only until the device writes */
	frames_mark(e, f, first, count);
	if (!keep || device_gone(chunk->device))
		device_unmap(e, chunk, first, count, false);
	pages_set(e, chunk, first, count, PAGE_STAGED);
	account(e, chunk, STAT(pages_to_host), count);
	trace_moved(e, chunk, first, count, TERN_TRACE_TO_HOST);
	return 0;
}

/* Frames come back with what they had; pages without one become holes. */
static void stage_undefined(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	device_unmap(e, chunk, first, count, true);
	for (unsigned at = first; at < first + count; at++) {
		bool frame = chunk->frames && bits_test(chunk->frames->present, at);
		if (!frame)
			model_host(chunk, at, 1, MODEL_WRITE);
		pages_set(e, chunk, at, 1, frame ? PAGE_STAGED : PAGE_HOME);
	}
}

int return_exclusive(struct engine *e, struct chunk *chunk, unsigned first, unsigned count,
		     bool contents)
{
	unsigned end = first + count;
	for (unsigned at = first; (at = bits_next(chunk->away, at, end)) < end;) {
		unsigned stop = bits_next_clear(chunk->away, at, end);
		int error = 0;
		if (contents)
			error = stage(e, chunk, at, stop - at);
		else
			stage_undefined(e, chunk, at, stop - at);
		if (error)
			return error;
		at = stop;
	}
	return return_staged(e, chunk, first, count);
}

static void at_home(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	pages_set(e, chunk, first, count, PAGE_HOME);
	model_host(chunk, first, count, MODEL_WRITE);
	pages_hold(e, chunk, first, count, false, e->hold_us, true);
}

/* Where UFFDIO_MOVE cannot: the frames stay, as spare ones. */
static int copy_in(struct engine *e, struct chunk *chunk, unsigned at, unsigned count)
{
	int64_t r = e->host->copy(e, page_address(chunk, at), frame_address(chunk->frames, at),
				  count * TERN_PAGE, e->protect_home ? UFFDIO_COPY_MODE_WP : 0);
	if (r <= 0)
		return (int)r;
	unsigned n = (unsigned)((uint64_t)r / TERN_PAGE);
	at_home(e, chunk, at, n);
	return (int)n;
}

static int move_in(struct engine *e, struct chunk *chunk, unsigned at, unsigned count)
{
	if (!e->move || e->protect_home)
		return copy_in(e, chunk, at, count);
	int64_t r = e->host->give(e, page_address(chunk, at), frame_address(chunk->frames, at),
				  count * TERN_PAGE);
	if (r == -EINVAL || r == -EBUSY || r == -ENOENT ||
	    (r == -EAGAIN && stubborn(e, page_address(chunk, at))))
		return copy_in(e, chunk, at, count);
	if (r <= 0)
		return (int)r;
	unsigned n = (unsigned)((uint64_t)r / TERN_PAGE);
	frames_unmark(e, chunk->frames, at, n);
	at_home(e, chunk, at, n);
	return (int)n;
}

/*
 * Pages of the chunk have been refused for so long that it will not get better. Counted for all of
 * them, from the first refusal on while any is STAGED: one after the other would take minutes.
 */
static bool hopeless(struct engine *e, struct chunk *chunk, unsigned at, int error)
{
	if (!chunk->refused_ns)
		chunk->refused_ns = e->now_ns;
	if (e->now_ns - chunk->refused_ns < GIVE_UP_NS)
		return false;
	if (!chunk->given_up)
		message("pages from %x on cannot come home: error %d", page_address(chunk, at),
			error);
	chunk->given_up = true;
	return true;
}

/*
 * The host has a page there already (a drop that failed): it has the same contents. Others: the
 * mapping has gone and its event is on its way, or there is no memory; both pass.
 */
static int return_refused(struct engine *e, struct chunk *chunk, unsigned at, int error)
{
	account(e, chunk, STAT(retried), 1);
	if (error == -EEXIST) {
		at_home(e, chunk, at, 1);
		if (e->host->protect(e, page_address(chunk, at), TERN_PAGE, 0))
			e->host->wake(e, page_address(chunk, at), TERN_PAGE);
		return 1;
	}
	if (error != -EAGAIN && error != -ENOMEM && hopeless(e, chunk, at, error)) {
		at_home(e, chunk, at, 1);
		e->host->wake(e, page_address(chunk, at), TERN_PAGE);
		return 1;
	}
	return -EAGAIN;
}

/* How much of a run is in one mapping: the kernel takes no more at once. */
static unsigned in_mapping(struct engine *e, const struct chunk *chunk, unsigned at, unsigned count)
{
	struct vma vma;
	uint64_t start = page_address(chunk, at);
	if (!e->host->mapping(e, start, false, &vma))
		return 1;
	return (unsigned)tern_min((uint64_t)count, (vma.end - start) / TERN_PAGE);
}

int return_staged(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	unsigned end = first + count;
	for (unsigned at = first; (at = bits_next(chunk->staged, at, end)) < end;) {
		unsigned stop = bits_next_clear(chunk->staged, at, end);
		int n = move_in(e, chunk, at, stop - at);
		if (n == -ENOENT && stop - at > 1)
			n = move_in(e, chunk, at, in_mapping(e, chunk, at, stop - at));
		if (n <= 0)
			n = return_refused(e, chunk, at, n);
		if (n < 0)
			return n;
		at += (unsigned)n;
	}
	return 0;
}

/* Gives the host a copy of pages that are AWAY. Pages dealt with, or -errno. */
static int copy_home(struct engine *e, struct chunk *chunk, unsigned at, unsigned count)
{
	bool few = count <= SMALL_RUN;
	const char *from = few ? e->bounce : device_window(e, chunk, at);
	if (!from)
		return -ENOMEM;
	device_protect(e, chunk, at, count);
	if (few && device_read(e, chunk, at, count, e->bounce))
		return -ENOMEM;
	int64_t r = e->host->copy(e, page_address(chunk, at), from, count * TERN_PAGE,
				  UFFDIO_COPY_MODE_WP);
	if (r <= 0)
		return (int)r;
	unsigned n = (unsigned)((uint64_t)r / TERN_PAGE);
	model_host(chunk, at, n, MODEL_READ);
	pages_set(e, chunk, at, n, PAGE_SHARED);
	pages_hold(e, chunk, at, n, false, e->hold_us, true);
	account(e, chunk, STAT(pages_to_host), n);
	trace_moved(e, chunk, at, n, TERN_TRACE_COPIED_TO_HOST);
	return (int)n;
}

int return_shared(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	unsigned end = first + count;
	for (unsigned at = first; (at = bits_next(chunk->away, at, end)) < end;) {
		unsigned stop = bits_next_clear(chunk->away, at, end);
		int n = copy_home(e, chunk, at, stop - at);
		if (n == -ENOENT && stop - at > 1)
			n = copy_home(e, chunk, at, in_mapping(e, chunk, at, stop - at));
		if (n == -EAGAIN || n == -ENOMEM) {
			account(e, chunk, STAT(retried), 1);
			return -EAGAIN;
		}
		if (n <= 0) {
			int error = return_exclusive(e, chunk, at, stop - at, true);
			if (error)
				return error;
			n = (int)(stop - at);
		}
		at += (unsigned)n;
	}
	return 0;
}

int unshare_run(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	unsigned end = first + count;
	int error = 0;
	for (unsigned at = first; (at = bits_next(chunk->shared, at, end)) < end;) {
		unsigned n = bits_next_clear(chunk->shared, at, end) - at;
		device_unmap(e, chunk, at, n, n > SMALL_RUN);
		at_home(e, chunk, at, n);
		account(e, chunk, STAT(pages_dropped), n);
		trace_moved(e, chunk, at, n, TERN_TRACE_DROPPED);
		/* A page that stays protected is HOME all the same: the next write finds it so. */
		long r = e->host->protect(e, page_address(chunk, at), n * TERN_PAGE, 0);
		if (r == -EAGAIN)
			error = -EAGAIN;
		else if (r) /* nobody was woken: the kernel went up to another mapping at most */
			e->host->wake(e, page_address(chunk, at), n * TERN_PAGE);
		at += n;
	}
	return error;
}

void forget_snapshots(struct engine *e, struct chunk *chunk, unsigned first, unsigned count)
{
	unsigned end = first + count;
	for (unsigned at = first; (at = bits_next(chunk->snapshot, at, end)) < end;) {
		unsigned n = bits_next_clear(chunk->snapshot, at, end) - at;
		device_unmap(e, chunk, at, n, false);
		model_host(chunk, at, n, MODEL_WRITE);
		pages_snapshot(e, chunk, at, n, false);
		at += n;
	}
}

int return_all(struct engine *e, struct chunk *chunk, unsigned first, unsigned count, bool contents)
{
	forget_snapshots(e, chunk, first, count);
	unshare_run(e, chunk, first, count);
	return return_exclusive(e, chunk, first, count, contents);
}

void return_leftovers(struct engine *e)
{
	struct tern_list *at, *next;
	tern_list_for_each_safe (at, next, &e->staged) {
		struct chunk *chunk = tern_list_entry(at, struct chunk, staged_link);
		return_staged(e, chunk, 0, TERN_CHUNK_PAGES);
	}
}
