/* SPDX-License-Identifier: MIT */
/*
 * The engine's functions on an address space, and devices, that answer what a test wants: nothing
 * is moved or copied. The test is the engine's thread.
 */
#ifndef TERN_SVM_TESTS_ANSWERS_H
#define TERN_SVM_TESTS_ANSWERS_H

#include <time.h>

#include "svm/tests/bare.h"

static struct {
	int take, give, copy, protect, fill; /* 0: all of it is done; else what is answered */
	unsigned given, dropped;             /* pages that came home by give(); of the device */
	unsigned host_wakes, refused;
	_Atomic int drop;      /* what the helper thread is answered */
	unsigned read;         /* pages at once; 0: all */
	struct uffd_msg event; /* comes while the helper thread drops pages next; 0: none does */
	bool early;            /* it was read before the thread had begun */
	uint64_t file; /* from this address on the mapping is a file's, to be read only; 0: none */
} answers;

static int64_t answer_take(struct engine *e, const char *slot, uint64_t at, uint64_t bytes)
{
	(void)e, (void)slot, (void)at;
	return answers.take ? answers.take : (int64_t)bytes;
}

static int64_t answer_give(struct engine *e, uint64_t at, const char *slot, uint64_t bytes)
{
	(void)e, (void)slot, (void)at;
	answers.given += answers.give ? 0 : (unsigned)(bytes / TERN_PAGE);
	return answers.give ? answers.give : (int64_t)bytes;
}

static int64_t answer_copy(struct engine *e, uint64_t to, const void *from, uint64_t bytes,
			   uint64_t mode)
{
	(void)e, (void)to, (void)from, (void)mode;
	return answers.copy ? answers.copy : (int64_t)bytes;
}

static int64_t answer_zero(struct engine *e, uint64_t at, uint64_t bytes)
{
	(void)e, (void)at;
	return (int64_t)bytes;
}

static long answer_protect(struct engine *e, uint64_t at, uint64_t bytes, uint64_t mode)
{
	(void)e, (void)at, (void)bytes, (void)mode;
	return answers.protect;
}

static void answer_wake(struct engine *e, uint64_t at, uint64_t bytes)
{
	(void)e, (void)at, (void)bytes;
	answers.host_wakes++;
}

static long answer_track(struct engine *e, uint64_t at, uint64_t bytes)
{
	(void)e, (void)at, (void)bytes;
	return 0;
}

static long answer_read(struct engine *e, uint64_t at, uint64_t bytes, void *to)
{
	(void)e, (void)at, (void)to;
	return (long)(answers.read ? tern_min(bytes, answers.read * TERN_PAGE) : bytes);
}

/* Nothing is there. */
static long answer_entries(struct engine *e, uint64_t at, unsigned count, uint64_t *to)
{
	(void)e, (void)at;
	for (unsigned i = 0; i < count; i++)
		to[i] = 0;
	return (long)(count * sizeof(*to));
}

static bool answer_mapping(struct engine *e, uint64_t address, bool next, struct vma *out)
{
	uint64_t end = BARE_BASE + BARE_CHUNKS * TERN_CHUNK;
	bool file = answers.file && address >= answers.file;
	(void)e;
	*out = (struct vma){.start = file ? answers.file : BARE_BASE,
			    .end = file || !answers.file ? end : answers.file,
			    .flags = file ? VMA_READ | VMA_FILE : VMA_READ | VMA_WRITE};
	return address < end && (next || address >= BARE_BASE);
}

static const struct host_ops answers_host = {
	.take = answer_take,
	.give = answer_give,
	.copy = answer_copy,
	.zero = answer_zero,
	.protect = answer_protect,
	.wake = answer_wake,
	.track = answer_track,
	.read = answer_read,
	.entries = answer_entries,
	.fetch = bare_fetch,
	.mapping = answer_mapping,
	.simulated = true,
};

static int64_t answer_fill(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, const void *src,
			   unsigned flags)
{
	(void)devmem, (void)va, (void)src, (void)flags;
	return answers.fill ? answers.fill : (int64_t)bytes;
}

static int answer_drop(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)va;
	answers.dropped += devmem == &bare.devmem[0] ? (unsigned)(bytes / TERN_PAGE) : 0;
	return 0;
}

static void *answer_window(struct tern_devmem *devmem, uint64_t va)
{
	(void)va;
	return devmem;
}

static void answer_device_wake(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)devmem, (void)va, (void)bytes;
}

static void answer_refuse(struct tern_devmem *devmem, const struct tern_devmem_fault *fault,
			  enum tern_devmem_refusal why)
{
	(void)devmem, (void)fault, (void)why;
	answers.refused++;
}

static const struct tern_devmem_ops answers_device = {
	.name = "answers",
	.fill = answer_fill,
	.protect = bare_nothing,
	.unprotect = bare_nothing,
	.unmap = answer_drop,
	.drop = answer_drop,
	.window = answer_window,
	.read = bare_read,
	.wake = answer_device_wake,
	.refuse = answer_refuse,
	.trim = bare_trim,
};

/* An event comes before the helper thread has begun to drop, and the program goes on when it has
 * been read. */
static void answers_event(struct dropper *d)
{
	struct timespec t = {.tv_nsec = 20000000};
	bare_event(&answers.event);
	answers.event.event = 0;
	nanosleep(&t, NULL);
	answers.early = !bare_events_unread();
	atomic_store(&d->state, DROPPER_BEGUN);
	while (bare_events_unread())
		raw_yield();
}

static void answers_drop(struct dropper *d)
{
	d->result = atomic_load(&answers.drop);
	if (answers.event.event)
		answers_event(d);
}

/* An engine with one device, where all succeeds. */
static inline void answers_start(const char *policy)
{
	struct bare_setup setup = {.host = &answers_host,
				   .device = &answers_device,
				   .policy = policy,
				   .eviction = "recency",
				   .limit = BARE_CHUNKS * TERN_CHUNK,
				   .drop = answers_drop};
	memset(&answers, 0, sizeof(answers));
	bare_start(&setup);
}

static inline uint64_t answers_page(unsigned page)
{
	return BARE_BASE + page * TERN_PAGE;
}

static inline enum page_state answers_state(unsigned page)
{
	const struct chunk *chunk = directory_find(&bare.e->directory, answers_page(page));
	return chunk ? page_state(chunk, page % TERN_CHUNK_PAGES) : PAGE_HOME;
}

/* A fault that the engine is to serve. @device: NULL: the host's. */
static inline struct pending answers_fault(struct device *device, unsigned page, bool write)
{
	return (struct pending){.address = answers_page(page),
				.device = device,
				.owner = TERN_DEVMEM_NO_OWNER,
				.write = write,
				.wakes = bare.e->wakes};
}

/* How often the fault had to be tried, at @most, until it was served; 0: it was not. */
static inline unsigned answers_serve(struct pending *fault, unsigned most)
{
	struct engine *e = bare.e;
	for (unsigned tries = 1; tries <= most; tries++) {
		int error = fault->device ? serve_device(e, fault) : serve_host(e, fault);
		e->now_ns = tern_max(e->now_ns + 1000, fault->due_ns);
		if (!error)
			return tries;
	}
	return 0;
}

#endif
