/* SPDX-License-Identifier: MIT */
/* Requests of other threads. */
#include "svm/internal.h"

struct device *device_of(struct engine *e, const struct tern_devmem *mem)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		if (e->devices[i].mem == mem)
			return &e->devices[i];
	return NULL;
}

#define FRAMES_LEAST ((uint64_t)32 << 20)

/* All that a device can hold may keep its frames, within reason. */
static void set_frames_limit(struct engine *e)
{
	uint64_t bytes = 0;
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		if (e->devices[i].mem)
			bytes += e->devices[i].mem->limit;
	bytes = tern_min(bytes, e->host_bytes / 8);
	e->pool.limit = tern_max(bytes, FRAMES_LEAST) / TERN_PAGE;
}

/* q->value: the policy's state for the device. */
static int attach(struct engine *e, struct request *q)
{
	struct device *device = device_of(e, NULL);
	if (!device)
		return -EBUSY;
	device->index = (unsigned)(device - e->devices);
	device->failed = false;
	atomic_store(&device->dead, false);
	device->resident = 0;
	device->link_free_ns = device->mute_ns = 0;
	device->policy_state = (void *)(uintptr_t)q->value;
	tern_list_init(&device->chunks);
	device->chunk_count = device->victim_count = 0;
	commands_forget(device);
	ahead_forget(device);
	device->mem = q->devmem;
	device->mem->engine = device;
	set_frames_limit(e);
	trace_device(device);
	return 0;
}

/* Brings home what is on @device. -EAGAIN: not all yet. */
static int empty(struct engine *e, struct device *device)
{
	struct tern_list *at, *next;
	int error = 0;
	tern_list_for_each_safe (at, next, &device->chunks) {
		struct chunk *chunk = tern_list_entry(at, struct chunk, resident_link);
		int r = return_all(e, chunk, 0, TERN_CHUNK_PAGES, true);
		if (r)
			error = r;
	}
	if (!error)
		return_leftovers(e);
	if (error == -ENOMEM || !tern_list_empty(&device->chunks) || !tern_list_empty(&e->staged))
		return -EAGAIN;
	return error;
}

static int detach(struct engine *e, struct request *q)
{
	struct device *device = device_of(e, q->devmem);
	if (!device)
		return 0;
	pending_forget(e, device);
	ahead_forget(device);
	if (!q->begun)
		trace_detached(device);
	q->begun = true;
	int error = empty(e, device);
	if (error)
		return error;
	device->mem->engine = NULL;
	device->mem = NULL;
	q->value = (uintptr_t)device->policy_state;
	device->policy_state = NULL;
	set_frames_limit(e);
	return 0;
}

static int recover(struct engine *e, struct request *q)
{
	struct device *device = device_of(e, q->devmem);
	if (!device)
		return 0;
	device->failed = true;
	pending_forget(e, device);
	commands_end(e, device);
	ahead_forget(device);
	return empty(e, device);
}

static int revive(struct engine *e, struct request *q)
{
	struct device *device = device_of(e, q->devmem);
	if (device) {
		device->failed = false;
		atomic_store(&device->dead, false);
	}
	return 0;
}

static int pause_all(struct engine *e, struct request *q)
{
	if (!q->begun) {
		e->paused++;
		q->end = ADDRESS_END; /* all of it goes home */
		q->begun_ns = e->now_ns;
		if (e->watch.window)
			trace_request(e, NULL, q);
	}
	q->begun = true;
	int error = 0;
	for (unsigned i = 0; i < DEVICES_MAX && !error; i++)
		if (e->devices[i].mem)
			error = empty(e, &e->devices[i]);
	return error;
}

static int advise(struct engine *e, const struct request *q)
{
	uint64_t end = tern_min(q->end, ADDRESS_END);
	trace_advice(q->start, q->end, q->flags);
	for (uint64_t at = chunk_base(q->start); (at = mapping_next_chunk(e, at)) < end;
	     at += TERN_CHUNK) {
		struct chunk *chunk = q->flags ? directory_get(&e->directory, at)
					       : directory_find(&e->directory, at);
		if (!chunk && q->flags)
			return -ENOMEM;
		if (!chunk)
			continue;
		chunk->advice = q->flags;
		if (chunk->device)
			chunk->device->victim_count = 0; /* were chosen without it */
	}
	return 0;
}

static void range_stats(const struct engine *e, struct request *q)
{
	uint64_t *out = (uint64_t *)&q->stats;
	struct chunk *chunk;
	for (uint64_t at = chunk_base(q->start);
	     (chunk = directory_next(&e->directory, at, q->end)); at = chunk->base + TERN_CHUNK)
		for (unsigned i = 0; i < STATS; i++)
			out[i] += ((const uint64_t *)&chunk->stats)[i];
}

static void stats(const struct engine *e, struct request *q)
{
	for (unsigned i = 0; i < STATS; i++)
		((uint64_t *)&q->stats)[i] =
			atomic_load_explicit(&e->stats[i], memory_order_relaxed);
}

static uint64_t place(const struct engine *e, uint64_t address)
{
	const struct chunk *chunk =
		address < ADDRESS_END ? directory_find(&e->directory, address) : NULL;
	switch (chunk ? page_state(chunk, page_index(address)) : PAGE_HOME) {
	case PAGE_AWAY:
		return TERN_PAGE_AWAY;
	case PAGE_SHARED:
		return TERN_PAGE_SHARED;
	default:
		return TERN_PAGE_HOME;
	}
}

static int exclude_now(struct engine *e, struct request *q)
{
	int error = q->begun ? 0 : exclude(e, q->start, q->end);
	if (error)
		return error;
	q->begun = true;
	struct chunk *chunk;
	for (uint64_t at = chunk_base(q->start);
	     (chunk = directory_next(&e->directory, at, q->end)); at = chunk->base + TERN_CHUNK) {
		error = return_all(e, chunk, 0, TERN_CHUNK_PAGES, true);
		if (error)
			return error;
	}
	return 0;
}

static int forget_all_snapshots(struct engine *e)
{
	for (unsigned i = 0; i < DEVICES_MAX; i++) {
		struct tern_list *at, *next;
		if (!e->devices[i].mem)
			continue;
		tern_list_for_each_safe (at, next, &e->devices[i].chunks)
			forget_snapshots(e, tern_list_entry(at, struct chunk, resident_link), 0,
					 TERN_CHUNK_PAGES);
	}
	return 0;
}

static int step(struct engine *e, struct request *q)
{
	struct device *device;
	switch (q->kind) {
	case REQUEST_STOP:
		e->stop = true;
		return 0;
	case REQUEST_ATTACH:
		return attach(e, q);
	case REQUEST_DETACH:
		return detach(e, q);
	case REQUEST_RECOVER:
		return recover(e, q);
	case REQUEST_REVIVE:
		return revive(e, q);
	case REQUEST_MIGRATE:
		return migrate_step(e, q);
	case REQUEST_ADVISE:
		return advise(e, q);
	case REQUEST_STATS:
		stats(e, q);
		return 0;
	case REQUEST_RANGE_STATS:
		range_stats(e, q);
		return 0;
	case REQUEST_RESIDENT:
		device = device_of(e, q->devmem);
		q->value = device ? device->resident * TERN_PAGE : 0;
		return 0;
	case REQUEST_PLACE:
		q->value = place(e, q->start);
		return 0;
	case REQUEST_EXCLUDE:
		return exclude_now(e, q);
	case REQUEST_PAUSE:
		return pause_all(e, q);
	case REQUEST_RESUME:
		e->paused--;
		return 0;
	case REQUEST_FORGET_SNAPSHOTS:
		return forget_all_snapshots(e);
	}
	return -EINVAL;
}

/* New ones come the newest first. */
static void take_new(struct engine *e)
{
	struct request *q = atomic_exchange(&e->requests, NULL), *oldest = NULL;
	while (q) {
		struct request *next = q->next;
		q->next = oldest;
		oldest = q;
		q = next;
	}
	struct request **end = &e->working;
	while (*end)
		end = &(*end)->next;
	*end = oldest;
}

void requests_work(struct engine *e)
{
	if (atomic_load(&e->requests))
		take_new(e);
	for (struct request **at = &e->working; *at;) {
		struct request *q = *at;
		int result = -EAGAIN;
		if (q->due_ns <= e->now_ns)
			result = step(e, q);
		if (result == -EAGAIN) {
			at = &q->next;
			continue;
		}
		*at = q->next;
		q->result = result;
		atomic_store(&q->done, 1);
		raw_futex_wake(&q->done, 1);
	}
}

uint64_t requests_due(const struct engine *e)
{
	uint64_t due = UINT64_MAX;
	for (const struct request *q = e->working; q; q = q->next)
		due = tern_min(due, q->due_ns);
	return due;
}

int request_run(struct engine *e, struct request *q)
{
	q->next = atomic_load(&e->requests);
	while (!atomic_compare_exchange_weak(&e->requests, &q->next, q))
		;
	engine_poke(e);
	while (!atomic_load(&q->done))
		raw_futex_wait(&q->done, 0);
	return q->result;
}
