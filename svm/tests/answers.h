/* SPDX-License-Identifier: MIT */
/*
 * The engine's functions on an address space, and devices, that answer what a test wants: nothing
 * is moved or copied. The test is the engine's thread.
 */
#ifndef TERN_SVM_TESTS_ANSWERS_H
#define TERN_SVM_TESTS_ANSWERS_H

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/base/status.h"
#include "runtime/base/tests/test.h"
#include "svm/open.h"
#include "svm/pinned.h"

#define ANSWERS_BASE    ((uint64_t)1 << 40)
#define ANSWERS_CHUNKS  4u
#define ANSWERS_DEVICES 2u

static struct {
	struct engine *e;
	struct tern_devmem devmem[ANSWERS_DEVICES];
	struct tern_status_device status[ANSWERS_DEVICES];
	int take, give, copy, protect, fill; /* 0: all of it is done; else what is answered */
	unsigned given, dropped;             /* pages that came home by give(); of the device */
	unsigned host_wakes, refused;
	_Atomic int drop;      /* what the helper thread is answered */
	unsigned read;         /* pages at once; 0: all */
	struct uffd_msg event; /* comes while the helper thread drops pages next; 0: none does */
	bool early;            /* it was read before the thread had begun */
	int events;            /* the write end of what the engine takes for its userfaultfd */
	uint64_t file; /* from this address on the mapping is a file's, to be read only; 0: none */
	pthread_t dropper;
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

static void answer_fetch(const struct engine *e, void *to, const void *from, uint64_t bytes)
{
	(void)e, (void)to, (void)from, (void)bytes;
}

static bool answer_mapping(struct engine *e, uint64_t address, bool next, struct vma *out)
{
	uint64_t end = ANSWERS_BASE + ANSWERS_CHUNKS * TERN_CHUNK;
	bool file = answers.file && address >= answers.file;
	(void)e;
	*out = (struct vma){.start = file ? answers.file : ANSWERS_BASE,
			    .end = file || !answers.file ? end : answers.file,
			    .flags = file ? VMA_READ | VMA_FILE : VMA_READ | VMA_WRITE};
	return address < end && (next || address >= ANSWERS_BASE);
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
	.fetch = answer_fetch,
	.mapping = answer_mapping,
	.simulated = true,
};

static int64_t answer_fill(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, const void *src,
			   unsigned flags)
{
	(void)devmem, (void)va, (void)src, (void)flags;
	return answers.fill ? answers.fill : (int64_t)bytes;
}

static int answer_nothing(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)devmem, (void)va, (void)bytes;
	return 0;
}

static int answer_drop(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)va;
	answers.dropped += devmem == &answers.devmem[0] ? (unsigned)(bytes / TERN_PAGE) : 0;
	return 0;
}

static void *answer_window(struct tern_devmem *devmem, uint64_t va)
{
	(void)va;
	return devmem;
}

static int answer_device_read(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, void *to)
{
	(void)devmem, (void)va, (void)bytes, (void)to;
	return 0;
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

static uint64_t answer_trim(struct tern_devmem *devmem, uint64_t bytes)
{
	(void)devmem, (void)bytes;
	return 0;
}

static const struct tern_devmem_ops answers_device = {
	.name = "answers",
	.fill = answer_fill,
	.protect = answer_nothing,
	.unprotect = answer_nothing,
	.unmap = answer_drop,
	.drop = answer_drop,
	.window = answer_window,
	.read = answer_device_read,
	.wake = answer_device_wake,
	.refuse = answer_refuse,
	.trim = answer_trim,
};

static bool answers_unread(void)
{
	int bytes = 0;
	return !ioctl(answers.events, FIONREAD, &bytes) && bytes;
}

/* An event comes before the helper thread has begun to drop, and the program goes on when it has
 * been read. */
static void answers_event(struct dropper *d)
{
	struct timespec t = {.tv_nsec = 20000000};
	REQUIRE(write(answers.events, &answers.event, sizeof(answers.event)) ==
		sizeof(answers.event));
	answers.event.event = 0;
	nanosleep(&t, NULL);
	answers.early = !answers_unread();
	atomic_store(&d->state, DROPPER_BEGUN);
	while (answers_unread())
		raw_yield();
}

/* The helper thread, which the engine waits for. */
static void *answers_dropper(void *arg)
{
	struct dropper *d = arg;
	uint32_t state;
	while ((state = atomic_load(&d->state)) != DROPPER_STOP) {
		if (state != DROPPER_POSTED) {
			raw_futex_wait(&d->state, state);
			continue;
		}
		d->result = atomic_load(&answers.drop);
		if (answers.event.event)
			answers_event(d);
		atomic_store(&d->state, DROPPER_DONE);
	}
	return NULL;
}

static inline void answers_attach(unsigned i)
{
	struct engine *e = answers.e;
	void *state = tern_pinned_alloc(e->policy->device_state_bytes);
	REQUIRE(state && tern_policy_start(e->policy, state, e->policy_options));
	answers.devmem[i] = (struct tern_devmem){.ops = &answers_device,
						 .model = TERN_MEMORY_PRIVATE,
						 .limit = ANSWERS_CHUNKS * TERN_CHUNK,
						 .status = &answers.status[i]};
	struct request q = {
		.kind = REQUEST_ATTACH, .devmem = &answers.devmem[i], .value = (uintptr_t)state};
	e->working = &q;
	requests_work(e);
	REQUIRE(q.done && !q.result);
}

/* An engine with one device, where all succeeds. */
static inline void answers_start(const char *policy)
{
	int fds[2];
	REQUIRE(!tern_pinned_start());
	memset(&answers, 0, sizeof(answers));
	struct engine *e = answers.e = tern_pinned_alloc(sizeof(*e));
	REQUIRE(e && !pipe2(fds, O_NONBLOCK | O_CLOEXEC));
	answers.events = fds[1];
	e->host = &answers_host;
	e->uffd = fds[0];
	e->grave_uffd = e->event = e->mem = e->pagemap = e->maps.maps = -1;
	e->move = true;
	e->host_bytes = UINT64_C(1) << 40;
	e->now_ns = 1000000;
	tern_list_init(&e->staged);
	REQUIRE(!engine_choose(e, policy, "recency") && !frames_init(e));
	e->bounce = tern_pinned_alloc(TERN_CHUNK);
	REQUIRE(e->bounce);
	answers_attach(0);
	REQUIRE(!pthread_create(&answers.dropper, NULL, answers_dropper, &e->dropper));
}

static inline void answers_end(void)
{
	struct engine *e = answers.e;
	atomic_store(&e->dropper.state, DROPPER_STOP);
	raw_futex_wake(&e->dropper.state, 1);
	pthread_join(answers.dropper, NULL);
	for (unsigned i = 0; i < ANSWERS_DEVICES; i++)
		if (e->devices[i].mem)
			tern_pinned_free(e->devices[i].policy_state, e->policy->device_state_bytes);
	frames_finish(e);
	directory_finish(&e->directory);
	close(e->uffd);
	close(answers.events);
	tern_pinned_free(e->bounce, TERN_CHUNK);
	tern_pinned_free(e, sizeof(*e));
}

static inline uint64_t answers_page(unsigned page)
{
	return ANSWERS_BASE + page * TERN_PAGE;
}

static inline enum page_state answers_state(unsigned page)
{
	const struct chunk *chunk = directory_find(&answers.e->directory, answers_page(page));
	return chunk ? page_state(chunk, page % TERN_CHUNK_PAGES) : PAGE_HOME;
}

/* A fault that the engine is to serve. @device: NULL: the host's. */
static inline struct pending answers_fault(struct device *device, unsigned page, bool write)
{
	return (struct pending){.address = answers_page(page),
				.device = device,
				.owner = TERN_DEVMEM_NO_OWNER,
				.write = write,
				.wakes = answers.e->wakes};
}

/* How often the fault had to be tried, at @most, until it was served; 0: it was not. */
static inline unsigned answers_serve(struct pending *fault, unsigned most)
{
	struct engine *e = answers.e;
	for (unsigned tries = 1; tries <= most; tries++) {
		int error = fault->device ? serve_device(e, fault) : serve_host(e, fault);
		e->now_ns = tern_max(e->now_ns + 1000, fault->due_ns);
		if (!error)
			return tries;
	}
	return 0;
}

#endif
