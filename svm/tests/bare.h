/* SPDX-License-Identifier: MIT */
/*
 * The engine's functions without its thread, its userfaultfd and devices: what they are told is the
 * test's, which is the engine's thread. Events are what the test writes to bare.events.
 */
#ifndef TERN_SVM_TESTS_BARE_H
#define TERN_SVM_TESTS_BARE_H

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/status.h"
#include "runtime/base/tests/test.h"
#include "svm/open.h"
#include "svm/pinned.h"

#define BARE_BASE    ((uint64_t)1 << 40)
#define BARE_CHUNKS  4u
#define BARE_DEVICES 2u

struct bare_setup {
	const struct host_ops *host;
	const struct tern_devmem_ops *device;
	const char *policy, *eviction;
	uint64_t limit;                 /* of a device's memory */
	void (*drop)(struct dropper *); /* as the helper thread: sets what comes of it */
};

static struct {
	struct engine *e;
	struct tern_devmem devmem[BARE_DEVICES];
	struct tern_status_device status[BARE_DEVICES];
	int events; /* the write end of what the engine takes for its userfaultfd */
	struct bare_setup setup;
	pthread_t dropper;
} bare;

/* ---- operations that do nothing ---- */

static inline void bare_fetch(const struct engine *e, void *to, const void *from, uint64_t bytes)
{
	(void)e, (void)to, (void)from, (void)bytes;
}

static inline int bare_nothing(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)devmem, (void)va, (void)bytes;
	return 0;
}

static inline int bare_read(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, void *to)
{
	(void)devmem, (void)va, (void)bytes, (void)to;
	return 0;
}

static inline uint64_t bare_trim(struct tern_devmem *devmem, uint64_t bytes)
{
	(void)devmem, (void)bytes;
	return 0;
}

/* ---- events and the helper thread ---- */

static inline bool bare_events_unread(void)
{
	int bytes = 0;
	return !ioctl(bare.events, FIONREAD, &bytes) && bytes;
}

static inline void bare_event(const struct uffd_msg *event)
{
	REQUIRE(write(bare.events, event, sizeof(*event)) == sizeof(*event));
}

static inline void *bare_dropper(void *arg)
{
	struct dropper *d = arg;
	uint32_t state;
	while ((state = atomic_load(&d->state)) != DROPPER_STOP) {
		if (state != DROPPER_POSTED) {
			raw_futex_wait(&d->state, state);
			continue;
		}
		bare.setup.drop(d);
		atomic_store(&d->state, DROPPER_DONE);
	}
	return NULL;
}

/* ---- the engine ---- */

static inline void bare_attach(unsigned i)
{
	struct engine *e = bare.e;
	void *state = tern_pinned_alloc(e->policy->device_state_bytes);
	REQUIRE(state && tern_policy_start(e->policy, state, e->policy_options));
	bare.devmem[i] = (struct tern_devmem){.ops = bare.setup.device,
					      .model = TERN_MEMORY_PRIVATE,
					      .limit = bare.setup.limit,
					      .status = &bare.status[i]};
	struct request q = {
		.kind = REQUEST_ATTACH, .devmem = &bare.devmem[i], .value = (uintptr_t)state};
	e->working = &q;
	requests_work(e);
	REQUIRE(q.done && !q.result);
}

/* An engine with one device. */
static inline void bare_start(const struct bare_setup *setup)
{
	int fds[2];
	REQUIRE(!tern_pinned_start());
	memset(&bare, 0, sizeof(bare));
	struct engine *e = bare.e = tern_pinned_alloc(sizeof(*e));
	REQUIRE(e && !pipe2(fds, O_NONBLOCK | O_CLOEXEC));
	bare.setup = *setup;
	bare.events = fds[1];
	e->host = setup->host;
	e->uffd = fds[0];
	e->grave_uffd = e->event = e->mem = e->pagemap = e->maps.maps = -1;
	e->move = true;
	e->host_bytes = UINT64_C(1) << 40;
	e->now_ns = 1000000;
	tern_list_init(&e->staged);
	REQUIRE(!engine_choose(e, setup->policy, setup->eviction) && !frames_init(e));
	e->bounce = tern_pinned_alloc(TERN_CHUNK);
	REQUIRE(e->bounce);
	bare_attach(0);
	REQUIRE(!pthread_create(&bare.dropper, NULL, bare_dropper, &e->dropper));
}

static inline void bare_end(void)
{
	struct engine *e = bare.e;
	atomic_store(&e->dropper.state, DROPPER_STOP);
	raw_futex_wake(&e->dropper.state, 1);
	pthread_join(bare.dropper, NULL);
	for (unsigned i = 0; i < BARE_DEVICES; i++)
		if (e->devices[i].mem)
			tern_pinned_free(e->devices[i].policy_state, e->policy->device_state_bytes);
	frames_finish(e);
	directory_finish(&e->directory);
	close(e->uffd);
	close(bare.events);
	tern_pinned_free(e->bounce, TERN_CHUNK);
	tern_pinned_free(e, sizeof(*e));
}

#endif
