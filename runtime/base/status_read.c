/* SPDX-License-Identifier: MIT */
#include "runtime/base/status_read.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "runtime/base/futex.h"

#define LOAD(field) atomic_load_explicit(&(field), memory_order_acquire)

static const char *check_file(int fd)
{
	struct stat s;
	/* One that could be made smaller would be a signal for us. */
	int seals = fcntl(fd, F_GET_SEALS);
	if (fstat(fd, &s) || !S_ISREG(s.st_mode) || seals < 0 || !(seals & F_SEAL_SHRINK))
		return "not a status page of Tern's";
	if (s.st_size != (off_t)sizeof(struct tern_status_page))
		return "a status page of another version";
	return NULL;
}

static const char *check_header(const struct tern_status_header *h)
{
	if (LOAD(h->magic) != TERN_STATUS_MAGIC)
		return "not a status page of Tern's";
	if (h->version != TERN_STATUS_VERSION || h->page_bytes != sizeof(struct tern_status_page))
		return "a status page of another version";
	return NULL;
}

const struct tern_status_page *tern_status_map(int fd, const char **why)
{
	*why = check_file(fd);
	if (*why)
		return NULL;
	void *at = mmap(NULL, sizeof(struct tern_status_page), PROT_READ, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		*why = "cannot be mapped";
		return NULL;
	}
	*why = check_header(at);
	if (!*why)
		return at;
	munmap(at, sizeof(struct tern_status_page));
	return NULL;
}

void tern_status_unmap(const struct tern_status_page *page)
{
	munmap((void *)(uintptr_t)page, sizeof(*page));
}

static void copy_text(char *to, const char *from, size_t size)
{
	memcpy(to, from, size - 1);
	to[size - 1] = '\0';
}

static void read_device(const struct tern_status_device *d, struct tern_status_seen_device *out)
{
	out->units = LOAD(d->units);
	copy_text(out->name, d->name, sizeof(out->name));
	out->limit = LOAD(d->limit);
	out->resident = LOAD(d->resident);
	for (unsigned i = 0; i < TERN_STATUS_COUNTERS; i++)
		out->counters[i] = LOAD(d->counters[i]);
}

/* ---- running commands ---- */

/* Whether a command runs in @place of a queue, which *@what is then. */
static bool is_running(const struct tern_status_queue *q, unsigned place, bool in_order,
		       uint64_t *what)
{
	*what = LOAD(q->running[place].what);
	if (!(uint16_t)(*what >> 16))
		return false;
	return !in_order || (uint32_t)(LOAD(q->completed) + 1) == *what >> 32;
}

static void read_running(const struct tern_status_page *page, const struct tern_status_queue *q,
			 uint64_t now_ns, struct tern_status_seen_queue *out)
{
	bool in_order = !(out->flags & TERN_STATUS_OUT_OF_ORDER);
	unsigned places = in_order ? 1 : TERN_STATUS_RUNNING;
	out->running_count = 0;
	for (unsigned i = 0; i < places; i++) {
		struct tern_status_seen_command *c = &out->running[out->running_count];
		uint64_t what, started;
		if (!is_running(q, i, in_order, &what))
			continue;
		started = LOAD(q->running[i].started);
		unsigned name = (uint16_t)what;
		c->type = (uint16_t)(what >> 16);
		c->count = (uint32_t)(what >> 32);
		c->place = i;
		c->timed = what >> 32 == started >> 32;
		c->ms = (uint32_t)(now_ns / 1000000) - (uint32_t)started;
		if (!c->timed || c->ms > UINT32_MAX - 60000) /* it began after we looked */
			c->ms = 0;
		*c->name = '\0';
		if (name && name < TERN_STATUS_NAMES)
			copy_text(c->name, page->names[name], sizeof(c->name));
		out->running_count++;
	}
}

/* ---- queues ---- */

/* False: there is none, or it goes just now. */
static bool read_queue(const struct tern_status_page *page, const struct tern_status_queue *q,
		       uint64_t now_ns, struct tern_status_seen_queue *out)
{
	out->number = LOAD(q->number);
	if (!out->number)
		return false;
	out->made_ns = LOAD(q->made_ns);
	out->device = tern_min(LOAD(q->device), TERN_STATUS_DEVICES);
	if (out->device < TERN_STATUS_DEVICES && !LOAD(page->devices[out->device].units))
		out->device = TERN_STATUS_DEVICES;
	out->thread = LOAD(q->thread);
	out->units = LOAD(q->units);
	out->flags = LOAD(q->flags);
	out->priority = LOAD(q->priority);
	out->throttle = LOAD(q->throttle);
	out->failed = LOAD(q->failed);
	out->completed = LOAD(q->completed);
	uint64_t enqueued = LOAD(q->enqueued) + LOAD(q->enqueued_others);
	out->depth = enqueued > out->completed ? enqueued - out->completed : 0;
	read_running(page, q, now_ns, out);
	return LOAD(q->number) == out->number;
}

static int by_number(const void *a, const void *b)
{
	const struct tern_status_seen_queue *x = a, *y = b;
	return x->number < y->number ? -1 : x->number > y->number;
}

void tern_status_read(const struct tern_status_page *page, struct tern_status_seen *out)
{
	const struct tern_status_header *h = &page->header;
	out->process = h->process;
	out->started_ns = h->started_ns;
	out->hidden = LOAD(h->hidden);
	copy_text(out->policy, h->policy, sizeof(out->policy));
	copy_text(out->accelerator, h->accelerator, sizeof(out->accelerator));
	for (unsigned i = 0; i < TERN_STATUS_DEVICES; i++)
		read_device(&page->devices[i], &out->devices[i]);
	out->read_ns = tern_clock_ns();
	out->queue_count = 0;
	for (unsigned i = 0; i < TERN_STATUS_QUEUES; i++)
		if (read_queue(page, &page->queues[i], out->read_ns,
			       &out->queues[out->queue_count]))
			out->queue_count++;
	qsort(out->queues, out->queue_count, sizeof(out->queues[0]), by_number);
}
