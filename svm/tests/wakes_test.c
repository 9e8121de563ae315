/* SPDX-License-Identifier: MIT */
/*
 * A fault that counts as served has woken who waits for it, whatever the kernel and the device
 * answer: the engine's functions on an address space that is nothing but random answers. And it is
 * served some time, when the answers are good again.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "runtime/base/status.h"
#include "runtime/base/tests/test.h"
#include "svm/open.h"
#include "svm/pinned.h"

#ifdef __SANITIZE_THREAD__ /* one thread: it finds nothing, and is forty times as slow */
enum { ROUNDS = 400 };
#else
enum { ROUNDS = 4000 };
#endif
enum { CHUNKS = 4, TRIES = 3000, HARD = 64, WINDOW = 16 };
#define BASE ((uint64_t)1 << 40)

static struct {
	struct engine *e;
	struct tern_devmem devmem;
	struct tern_status_device status;
	uint64_t seed;
	unsigned failing; /* of 256 operations */
	uint64_t waiting; /* the page; */
	bool device;      /* whose thread it is */
	bool woken;
	int events; /* the write end of what the engine takes for its userfaultfd */
	pthread_t dropper;
} t;

static _Thread_local uint64_t chance;

static uint32_t pick(uint32_t n)
{
	chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(chance >> 33) % n;
}

static bool fails(void)
{
	return pick(256) < t.failing;
}

static bool fails_seldom(void)
{
	return fails() && !pick(8);
}

static void wakes(bool device, uint64_t at, uint64_t bytes)
{
	t.woken |= device == t.device && t.waiting - at < bytes;
}

/* An error, or a part, or all. */
static int64_t answer(uint64_t bytes, const int *errors, unsigned count)
{
	if (!fails())
		return (int64_t)bytes;
	if (pick(2))
		return errors[pick(count)];
	return (int64_t)((1 + pick((uint32_t)(bytes / TERN_PAGE))) * TERN_PAGE);
}
#define ANSWER(bytes, ...)                                                                         \
	answer(bytes, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static int64_t host_take(struct engine *e, const char *slot, uint64_t at, uint64_t bytes)
{
	(void)e, (void)slot, (void)at;
	return ANSWER(bytes, -EAGAIN, -ENOENT, -EEXIST, -EBUSY, -EINVAL, -ENOMEM);
}

static int64_t host_give(struct engine *e, uint64_t at, const char *slot, uint64_t bytes)
{
	(void)e, (void)slot;
	int64_t r = ANSWER(bytes, -EAGAIN, -ENOENT, -EEXIST, -EBUSY, -EINVAL, -ENOMEM);
	wakes(false, at, r > 0 ? (uint64_t)r : 0);
	return r;
}

static int64_t host_copy(struct engine *e, uint64_t to, const void *from, uint64_t bytes,
			 uint64_t mode)
{
	(void)e, (void)from, (void)mode;
	int64_t r = ANSWER(bytes, -EAGAIN, -ENOENT, -EEXIST, -ENOMEM);
	wakes(false, to, r > 0 ? (uint64_t)r : 0);
	return r;
}

static int64_t host_zero(struct engine *e, uint64_t at, uint64_t bytes)
{
	(void)e;
	int64_t r = ANSWER(bytes, -EAGAIN, -ENOENT, -EEXIST, -ENOMEM);
	wakes(false, at, r > 0 ? (uint64_t)r : 0);
	return r;
}

static long host_protect(struct engine *e, uint64_t at, uint64_t bytes, uint64_t mode)
{
	static const int errors[] = {-EAGAIN, -ENOENT, -ENOMEM};
	(void)e;
	if (fails())
		return errors[pick(3)];
	if (!mode)
		wakes(false, at, bytes);
	return 0;
}

static void host_wake(struct engine *e, uint64_t at, uint64_t bytes)
{
	(void)e;
	wakes(false, at, bytes);
}

static long host_track(struct engine *e, uint64_t at, uint64_t bytes)
{
	(void)e, (void)at, (void)bytes;
	return fails_seldom() ? -ENOMEM : 0;
}

static long host_read(struct engine *e, uint64_t at, uint64_t bytes, void *to)
{
	(void)e, (void)at, (void)to;
	return ANSWER(bytes, 0, -EIO);
}

static long host_entries(struct engine *e, uint64_t at, unsigned count, uint64_t *to)
{
	(void)e, (void)at;
	for (unsigned i = 0; i < count; i++)
		to[i] = fails() ? 0 : (uint64_t)1 << 63;
	return (long)(count * sizeof(*to));
}

static void host_fetch(const struct engine *e, void *to, const void *from, uint64_t bytes)
{
	(void)e, (void)to, (void)from, (void)bytes;
}

/* The chunks are mappings of half a chunk each. */
static bool host_mapping(struct engine *e, uint64_t address, bool next, struct vma *out)
{
	(void)e, (void)next;
	uint64_t half = TERN_CHUNK / 2;
	*out = (struct vma){.start = address / half * half,
			    .end = address / half * half + half,
			    .flags = VMA_READ | VMA_WRITE};
	return address - BASE < CHUNKS * TERN_CHUNK;
}

static const struct host_ops host = {
	.take = host_take,
	.give = host_give,
	.copy = host_copy,
	.zero = host_zero,
	.protect = host_protect,
	.wake = host_wake,
	.track = host_track,
	.read = host_read,
	.entries = host_entries,
	.fetch = host_fetch,
	.mapping = host_mapping,
	.simulated = true,
};

static int64_t device_op_fill(struct tern_devmem *devmem, uint64_t va, uint64_t bytes,
			      const void *src, unsigned flags)
{
	(void)devmem, (void)src;
	int64_t r = ANSWER(bytes, -EAGAIN, -EEXIST, -ENOMEM);
	if (r > 0 && !(flags & (TERN_FILL_HIDDEN | TERN_FILL_NO_WAKE)))
		wakes(true, va, (uint64_t)r);
	return r;
}

static int nothing(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)devmem, (void)va, (void)bytes;
	return 0;
}

static int device_op_unprotect(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)devmem;
	wakes(true, va, bytes);
	return 0;
}

static int device_op_show(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, unsigned flags)
{
	(void)devmem, (void)flags;
	if (fails())
		return pick(2) ? -EAGAIN : -ENOMEM;
	wakes(true, va, bytes);
	return 0;
}

static void *device_op_window(struct tern_devmem *devmem, uint64_t va)
{
	(void)va;
	return fails_seldom() ? NULL : devmem;
}

static int device_op_read(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, void *to)
{
	(void)devmem, (void)va, (void)bytes, (void)to;
	return 0;
}

static void device_op_wake(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)devmem;
	wakes(true, va, bytes);
}

static void device_op_refuse(struct tern_devmem *devmem, const struct tern_devmem_fault *fault,
			     enum tern_devmem_refusal why)
{
	(void)devmem, (void)why;
	wakes(true, fault->address, 1);
}

static uint64_t device_op_trim(struct tern_devmem *devmem, uint64_t bytes)
{
	(void)devmem, (void)bytes;
	return 0;
}

static const struct tern_devmem_ops device_ops = {
	.name = "random",
	.fill = device_op_fill,
	.protect = nothing,
	.unprotect = device_op_unprotect,
	.unmap = nothing,
	.hide = nothing,
	.show = device_op_show,
	.drop = nothing,
	.window = device_op_window,
	.read = device_op_read,
	.wake = device_op_wake,
	.refuse = device_op_refuse,
	.trim = device_op_trim,
};

/* Not seldom the one that is waited for. */
static uint64_t some_page(void)
{
	if (t.waiting && !pick(4))
		return t.waiting;
	return BASE + pick(CHUNKS * TERN_CHUNK_PAGES) * TERN_PAGE;
}

/* The program does something with its address space. */
static void event(void)
{
	static const uint8_t kinds[] = {UFFD_EVENT_REMOVE, UFFD_EVENT_UNMAP, UFFD_EVENT_REMAP};
	struct uffd_msg m = {.event = kinds[pick(3)]};
	uint64_t bytes = (1 + pick(HARD)) * TERN_PAGE;
	if (m.event == UFFD_EVENT_REMAP) {
		m.arg.remap.from = some_page();
		m.arg.remap.to = some_page();
		m.arg.remap.len = bytes;
	} else {
		m.arg.remove.start = some_page();
		m.arg.remove.end = m.arg.remove.start + bytes;
	}
	REQUIRE(write(t.events, &m, sizeof(m)) == sizeof(m));
}

/* The helper thread, which the engine waits for, while it reads events. */
static void *dropper(void *arg)
{
	struct dropper *d = &t.e->dropper;
	(void)arg;
	chance = ~t.seed;
	for (;;) {
		uint32_t state = atomic_load(&d->state);
		if (state == DROPPER_STOP)
			return NULL;
		if (state != DROPPER_POSTED) {
			raw_futex_wait(&d->state, state);
			continue;
		}
		atomic_store(&d->state, DROPPER_BEGUN);
		d->result = fails() ? -ENOMEM : 0;
		if (t.failing && !pick(4))
			event();
		for (int unread = 1; unread && !ioctl(t.events, FIONREAD, &unread);)
			raw_yield(); /* as the kernel does */
		atomic_store(&d->state, DROPPER_DONE);
	}
}

static void start(const char *policy, const char *eviction, uint64_t limit)
{
	int fds[2];
	REQUIRE(!tern_pinned_start());
	struct engine *e = t.e = tern_pinned_alloc(sizeof(*e));
	REQUIRE(e && !pipe2(fds, O_NONBLOCK | O_CLOEXEC));
	e->host = &host;
	e->uffd = fds[0];
	t.events = fds[1];
	e->grave_uffd = e->event = e->mem = e->pagemap = e->maps.maps = -1;
	e->move = true;
	e->host_bytes = UINT64_C(1) << 40;
	e->now_ns = 1000000;
	tern_list_init(&e->staged);
	REQUIRE(!engine_choose(e, policy, eviction) && !frames_init(e));
	e->bounce = tern_pinned_alloc(TERN_CHUNK);
	void *state = tern_pinned_alloc(e->policy->device_state_bytes);
	REQUIRE(e->bounce && state && tern_policy_start(e->policy, state, e->policy_options));
	t.devmem = (struct tern_devmem){.ops = &device_ops,
					.model = TERN_MEMORY_PRIVATE,
					.limit = limit,
					.status = &t.status};
	struct request q = {.kind = REQUEST_ATTACH, .devmem = &t.devmem, .value = (uintptr_t)state};
	e->working = &q;
	requests_work(e);
	REQUIRE(q.done && !q.result);
	REQUIRE(!pthread_create(&t.dropper, NULL, dropper, NULL));
}

static void end(void)
{
	struct engine *e = t.e;
	atomic_store(&e->dropper.state, DROPPER_STOP);
	raw_futex_wake(&e->dropper.state, 1);
	pthread_join(t.dropper, NULL);
	frames_finish(e);
	directory_finish(&e->directory);
	close(e->uffd);
	close(t.events);
	tern_pinned_free(e->bounce, TERN_CHUNK);
	tern_pinned_free(e, sizeof(*e));
}

/* As the engine's thread goes round. */
static int turn(struct pending *fault)
{
	struct engine *e = t.e;
	events_drain(e);
	int error = fault->device ? serve_device(e, fault) : serve_host(e, fault);
	if (!tern_list_empty(&e->staged))
		return_leftovers(e);
	requests_work(e);
	ahead_work(e);
	e->now_ns = tern_max(e->now_ns + 1000, fault->due_ns);
	return error;
}

static void round_of(unsigned round)
{
	struct engine *e = t.e;
	struct pending fault = {.owner = TERN_DEVMEM_NO_OWNER};
	t.waiting = 0;
	fault.address = some_page();
	fault.device = pick(2) ? t.devmem.engine : NULL;
	fault.write = pick(2);
	fault.protect = !fault.device && fault.write && pick(4);
	fault.wakes = e->wakes;
	t.failing = pick(3) ? pick(HARD) : 0;
	if (!pick(16))
		event();
	t.waiting = fault.address;
	t.device = fault.device;
	t.woken = false;
	unsigned tries = 0;
	int error;
	do {
		if (tries == TRIES / 2)
			t.failing = 0;
		error = turn(&fault);
	} while (error && ++tries < TRIES);
	if (error || !t.woken) {
		fprintf(stderr, "seed %llu round %u: %s of %s at page %llu: %s after %u tries\n",
			(unsigned long long)t.seed, round, fault.write ? "write" : "read",
			fault.device ? "device" : "host",
			(unsigned long long)((fault.address - BASE) / TERN_PAGE),
			error ? "not served" : "served, and nobody woken", tries);
		EXPECT(!error && t.woken);
	}
}

/* Bits of what is different from one test to the next. */
enum { SMALL = 1, COPIES = 2, LINK = 4, WATCH = 8, VARIANTS = 16 };

static void test(const char *policy, const char *eviction, unsigned variant, uint64_t seed)
{
	chance = t.seed = seed;
	start(policy, eviction, variant & SMALL ? TERN_CHUNK : CHUNKS * TERN_CHUNK);
	t.e->move = !(variant & COPIES);
	t.devmem.link.latency_ns = variant & LINK ? 20000 : 0;
	if (variant & WATCH) {
		t.e->watch.window = WINDOW;
		t.e->watch.pages = tern_pinned_alloc(WINDOW * sizeof(uint64_t));
		REQUIRE(t.e->watch.pages);
	}
	for (unsigned i = 0; i < ROUNDS && !test_failures; i++)
		round_of(i);
	if (test_failures)
		fprintf(stderr, "policy %s, eviction %s, variant %u\n", policy, eviction, variant);
	watch_finish(t.e);
	end();
}

int main(int argc, char **argv)
{
	static const char *const policies[] = {"demand", "block:pages=512", "thrash", "auto"};
	static const char *const evictions[] = {"recency", "sampled"};
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	alarm(100);
	for (unsigned i = 0; i < tern_array_size(policies); i++)
		for (unsigned variant = 0; variant < VARIANTS && !test_failures; variant++)
			test(policies[i], evictions[pick(2)], variant, seed++);
	return test_result();
}
