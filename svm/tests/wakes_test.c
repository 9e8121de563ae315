/* SPDX-License-Identifier: MIT */
/*
 * A fault that counts as served has woken who waits for it, whatever the kernel and the device
 * answer: the engine's functions on an address space that is nothing but random answers. And it is
 * served some time, when the answers are good again.
 */
#include "svm/tests/bare.h"

#ifdef __SANITIZE_THREAD__ /* one thread: it finds nothing, and is forty times as slow */
enum { ROUNDS = 400 };
#else
enum { ROUNDS = 4000 };
#endif
enum { TRIES = 3000, HARD = 64, WINDOW = 16 };

static struct {
	uint64_t seed;
	unsigned failing; /* of 256 operations */
	uint64_t waiting; /* the page; */
	bool device;      /* whose thread it is */
	bool woken;
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

/* The chunks are mappings of half a chunk each. */
static bool host_mapping(struct engine *e, uint64_t address, bool next, struct vma *out)
{
	(void)e, (void)next;
	uint64_t half = TERN_CHUNK / 2;
	*out = (struct vma){.start = address / half * half,
			    .end = address / half * half + half,
			    .flags = VMA_READ | VMA_WRITE};
	return address - BARE_BASE < BARE_CHUNKS * TERN_CHUNK;
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
	.fetch = bare_fetch,
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

static const struct tern_devmem_ops device_ops = {
	.name = "random",
	.fill = device_op_fill,
	.protect = bare_nothing,
	.unprotect = device_op_unprotect,
	.unmap = bare_nothing,
	.hide = bare_nothing,
	.show = device_op_show,
	.drop = bare_nothing,
	.window = device_op_window,
	.read = bare_read,
	.wake = device_op_wake,
	.refuse = device_op_refuse,
	.trim = bare_trim,
};

/* Not seldom the one that is waited for. */
static uint64_t some_page(void)
{
	if (t.waiting && !pick(4))
		return t.waiting;
	return BARE_BASE + pick(BARE_CHUNKS * TERN_CHUNK_PAGES) * TERN_PAGE;
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
	bare_event(&m);
}

/* As the helper thread, for which the engine reads events. */
static void drop(struct dropper *d)
{
	if (!chance)
		chance = ~t.seed;
	atomic_store(&d->state, DROPPER_BEGUN);
	d->result = fails() ? -ENOMEM : 0;
	if (t.failing && !pick(4))
		event();
	while (bare_events_unread())
		raw_yield(); /* as the kernel does */
}

/* As the engine's thread goes round. */
static int turn(struct pending *fault)
{
	struct engine *e = bare.e;
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
	struct engine *e = bare.e;
	struct pending fault = {.owner = TERN_DEVMEM_NO_OWNER};
	t.waiting = 0;
	fault.address = some_page();
	fault.device = pick(2) ? bare.devmem[0].engine : NULL;
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
			(unsigned long long)((fault.address - BARE_BASE) / TERN_PAGE),
			error ? "not served" : "served, and nobody woken", tries);
		EXPECT(!error && t.woken);
	}
}

/* Bits of what is different from one test to the next. */
enum { SMALL = 1, COPIES = 2, LINK = 4, WATCH = 8, VARIANTS = 16 };

static void test(const char *policy, const char *eviction, unsigned variant, uint64_t seed)
{
	chance = t.seed = seed;
	struct bare_setup setup = {.host = &host,
				   .device = &device_ops,
				   .policy = policy,
				   .eviction = eviction,
				   .limit = variant & SMALL ? TERN_CHUNK : BARE_CHUNKS * TERN_CHUNK,
				   .drop = drop};
	bare_start(&setup);
	bare.e->move = !(variant & COPIES);
	bare.devmem[0].link.latency_ns = variant & LINK ? 20000 : 0;
	if (variant & WATCH) {
		bare.e->watch.window = WINDOW;
		bare.e->watch.pages = tern_pinned_alloc(WINDOW * sizeof(uint64_t));
		REQUIRE(bare.e->watch.pages);
	}
	for (unsigned i = 0; i < ROUNDS && !test_failures; i++)
		round_of(i);
	if (test_failures)
		fprintf(stderr, "policy %s, eviction %s, variant %u\n", policy, eviction, variant);
	watch_finish(bare.e);
	bare_end();
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
