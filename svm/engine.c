/* SPDX-License-Identifier: MIT */
/* The engine's thread. See engine.h. */
#include "svm/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "svm/pinned.h"

#define STACK_BYTES  ((size_t)2 << 20)
#define FAULTS       16
#define MUTE_NS      ((uint64_t)1000000)
#define STATIC_POLLS 2u
#define EAGER        3u  /* times to give the processor away before going to sleep */
#define STRAIGHT     16u /* faults of one side to take before anybody else is looked after */

struct pending *pending_add(struct engine *e)
{
	if (e->pending_count == PENDING_MAX)
		return NULL;
	struct pending *p = &e->pending[e->pending_count++];
	*p = (struct pending){0};
	return p;
}

void pending_forget(struct engine *e, const struct device *device)
{
	unsigned kept = 0;
	for (unsigned i = 0; i < e->pending_count; i++)
		if (e->pending[i].device != device)
			e->pending[kept++] = e->pending[i];
	e->pending_count = kept;
}

static void device_drain(struct engine *e, struct device *device)
{
	struct tern_devmem_fault faults[FAULTS];
	int n;
	do {
		n = device->mem->ops->faults(device->mem, faults, FAULTS);
		for (int i = 0; i < n; i++) {
			struct pending *p = pending_add(e);
			if (!p) { /* it faults again */
				device_wake(e, device, faults[i].address);
				continue;
			}
			p->address = faults[i].address;
			p->write = faults[i].write;
			p->owner = faults[i].owner;
			p->token = faults[i].token;
			p->device = device;
			p->wakes = e->wakes;
		}
	} while (n == FAULTS);
}

/* The faults that are due; each once. Serving may queue new ones, behind. */
static void serve_all(struct engine *e)
{
	unsigned count = e->pending_count, kept = 0;
	for (unsigned i = 0; i < count; i++) {
		struct pending fault = e->pending[i];
		/* Not to be seen by others as one that waits, while it is worked on. */
		e->pending[i].planned = false;
		if (fault.due_ns > e->now_ns ||
		    (fault.device ? serve_device(e, &fault) : serve_host(e, &fault)))
			e->pending[kept++] = fault;
	}
	for (unsigned i = count; i < e->pending_count; i++)
		e->pending[kept++] = e->pending[i];
	e->pending_count = kept;
}

/* How long to sleep: -1: until something comes. */
static int64_t timeout(const struct engine *e)
{
	uint64_t due = tern_min(requests_due(e), ahead_due(e));
	for (unsigned i = 0; i < e->pending_count; i++)
		due = tern_min(due, e->pending[i].due_ns);
	for (unsigned i = 0; i < DEVICES_MAX; i++)
		if (e->devices[i].mem && e->devices[i].mute_ns > e->now_ns)
			due = tern_min(due, e->devices[i].mute_ns);
	if (!tern_list_empty(&e->staged))
		due = 0;
	if (due == UINT64_MAX)
		return -1;
	uint64_t now = raw_clock_ns() - e->started_ns;
	return due > now ? (int64_t)(due - now) : 0;
}

static unsigned add_devices(struct engine *e, struct pollfd *fds, struct device **of)
{
	unsigned n = 0;
	for (unsigned i = 0; i < DEVICES_MAX; i++) {
		struct device *device = &e->devices[i];
		if (!device->mem || device_gone(device) || device->mute_ns > e->now_ns)
			continue;
		int both[2] = {-1, -1};
		device->mem->ops->poll_fds(device->mem, both);
		for (unsigned j = 0; j < 2; j++)
			if (both[j] >= 0) {
				of[n] = device;
				fds[n++] = (struct pollfd){.fd = both[j], .events = POLLIN};
			}
	}
	return n;
}

/*
 * Faults come in runs: whoever has just been served mostly faults again at once. Giving the
 * processor away a few times costs less than going to sleep. To look on for longer would not pay:
 * while this thread runs, the scheduler puts whoever faults on another processor, and keeps it
 * there, and to be woken there costs more than all the rest of a fault.
 */
static void look(struct engine *e, struct pollfd *fds, unsigned count)
{
	for (unsigned i = 0; e->eager && i < EAGER; i++) {
		if (raw_poll(fds, count, 0) > 0 || timeout(e) == 0)
			return;
		raw_yield();
	}
	e->eager = false;
	raw_poll(fds, count, timeout(e));
}

/* Whoever was served last has mostly faulted again by now: no need to ask all others first. */
static bool read_straight(struct engine *e)
{
	unsigned before = e->pending_count;
	if (!e->eager || before || e->straight == STRAIGHT || ahead_due(e) <= e->now_ns ||
	    (e->last && (!e->last->mem || device_gone(e->last))))
		return false;
	e->straight++;
	for (unsigned i = 0; i < EAGER; i++) {
		raw_yield();
		if (e->last)
			device_drain(e, e->last);
		else
			events_drain(e);
		if (e->pending_count > before)
			return true;
	}
	e->eager = false;
	return false;
}

/* Sleeps until there is work, and queues what the devices have. */
static void wait_and_read(struct engine *e)
{
	struct pollfd fds[STATIC_POLLS + 2 * DEVICES_MAX] = {
		{.fd = e->uffd, .events = POLLIN},
		{.fd = e->event, .events = POLLIN},
	};
	struct device *of[2 * DEVICES_MAX];
	unsigned n = add_devices(e, fds + STATIC_POLLS, of);
	look(e, fds, STATIC_POLLS + n);
	engine_tick(e);
	e->straight = 0;
	uint64_t pokes;
	if (fds[1].revents)
		raw_read(e->event, &pokes, sizeof(pokes));
	if (fds[0].revents)
		events_drain(e);
	for (unsigned i = 0; i < n; i++) {
		unsigned before = e->pending_count;
		if (!fds[STATIC_POLLS + i].revents || device_gone(of[i]))
			continue;
		device_drain(e, of[i]);
		/* A dead one's descriptor stays readable, until somebody tells us. */
		if (e->pending_count == before &&
		    (fds[STATIC_POLLS + i].revents & (POLLERR | POLLHUP)))
			of[i]->mute_ns = e->now_ns + MUTE_NS;
	}
}

/* Resolves what the C library binds at the first call, before any page can be away. */
static void warm(struct engine *e)
{
	memcpy(e->bounce, e->zeros, TERN_PAGE);
	memset(e->bounce, 0, TERN_PAGE);
	memmove(e->bounce, e->bounce + 64, 64);
	if (memchr(e->bounce, 1, 64) || memcmp(e->bounce, e->zeros, 64) != 0)
		e->stop = true;
	raw_clock_ns();
}

/* Of faults that came just now; those that wait for something are older. */
static void note_arrival(struct engine *e)
{
	if (!e->pending_count)
		return;
	const struct pending *newest = &e->pending[e->pending_count - 1];
	if (newest->due_ns || newest->counted)
		return;
	e->last = newest->device;
	e->eager = true;
}

static void *run(void *argument)
{
	struct engine *e = argument;
	raw_call(SYS_prctl, PR_SET_NAME, (long)"tern-engine", 0, 0, 0, 0);
	warm(e);
	while (!e->stop) {
		if (read_straight(e))
			engine_tick(e);
		else
			wait_and_read(e);
		unsigned before = e->pending_count;
		note_arrival(e);
		commands_read(e);
		serve_all(e);
		if (!tern_list_empty(&e->staged))
			return_leftovers(e);
		requests_work(e);
		ahead_work(e);
		/* Nothing went on: who holds us up needs the processor. */
		if (before && e->pending_count >= before && timeout(e) == 0)
			raw_yield();
	}
	/* The end of a thread frees memory, which may be registered: nobody reads of it any more.
	 */
	raw_close(e->uffd);
	e->uffd = -1;
	return NULL;
}

int engine_start(struct engine *e)
{
	e->stack = tern_pinned_alloc(STACK_BYTES);
	if (!e->stack)
		return -ENOMEM;
	pthread_attr_t attr;
	int error = pthread_attr_init(&attr);
	if (!error) {
		error = pthread_attr_setstack(&attr, e->stack, STACK_BYTES);
		if (!error)
			error = pthread_create(&e->thread, &attr, run, e);
		pthread_attr_destroy(&attr);
	}
	e->running = !error;
	if (error)
		tern_pinned_free(e->stack, STACK_BYTES);
	return -error;
}

void engine_join(struct engine *e)
{
	pthread_join(e->thread, NULL);
	tern_pinned_free(e->stack, STACK_BYTES);
	e->running = false;
}

void engine_poke(const struct engine *e)
{
	uint64_t one = 1;
	raw_write(e->event, &one, sizeof(one));
}
