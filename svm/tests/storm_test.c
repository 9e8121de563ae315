/* SPDX-License-Identifier: MIT */
/*
 * All at once against shadow copies: threads of both sides on the same pages under memory pressure,
 * a thread that maps, unmaps, moves, protects and forks, explicit migration, and a device that
 * dies. STORM_SECONDS (3) and STORM_SEED (1) in the environment.
 */
#include <fcntl.h>

#include "svm/tests/mirror.h"
#include "svm/vma.h"

#define SHARED_PAGES 192u
#define DEVICE_PAGES 128u /* of device memory */
#define WORKERS      4u   /* even: host, odd: device */
#define WORDS        (SHARED_PAGES * 512u)
#define OWN_PAGES    600u /* the mapper's, over two chunks */

static struct mirror *m;
static _Atomic bool stop, frozen;

struct worker {
	_Atomic bool busy;
	_Atomic int tid;
	unsigned index;
	uint64_t seed, bad, operations;
	uint64_t shadow[WORDS / WORKERS];
};
static struct worker *workers; /* pinned, as are the mapper's: out of the storm */
static uint64_t *shared;

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void work_once(struct worker *w, volatile uint64_t *base)
{
	uint64_t r = next(&w->seed);
	unsigned i = (unsigned)(r >> 8) % (WORDS / WORKERS);
	unsigned n = r & 1 ? 1 : (unsigned)(r >> 40) % 64;
	for (; n && i < WORDS / WORKERS; n--, i++) {
		volatile uint64_t *p = base + (size_t)i * WORKERS + w->index;
		w->bad += *p != w->shadow[i];
		if (r & 6)
			*p = ++w->shadow[i];
	}
	w->operations++;
}

static void *work(void *argument)
{
	struct worker *w = argument;
	bool device = w->index & 1;
	volatile uint64_t *base = device ? mirror_ptr(m, shared) : shared;
	atomic_store(&w->tid, (int)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0));
	while (!atomic_load(&stop)) {
		atomic_store(&w->busy, true);
		if (device && atomic_load(&frozen)) {
			atomic_store(&w->busy, false);
			raw_yield();
			continue;
		}
		work_once(w, base);
		atomic_store(&w->busy, false);
	}
	return NULL;
}

struct mapper {
	uint64_t *base, *device, *other, *other_device;
	struct vma_reader maps;
	uint64_t seed, bad, operations;
	_Atomic uint64_t moves;
	uint64_t shadow[OWN_PAGES]; /* the first word of each page */
	_Atomic bool busy;
	_Atomic int tid;
};
static struct mapper *mapper;

static volatile uint64_t *word(uint64_t *base, unsigned page)
{
	return base + (size_t)page * 512;
}

/* Before the device's addresses are used: not while it is being killed. */
static void enter(struct mapper *x, const uint64_t *base)
{
	if (base != x->device && base != x->other_device)
		return;
	while (atomic_load(&frozen)) {
		atomic_store(&x->busy, false);
		raw_yield();
		atomic_store(&x->busy, true);
	}
}

static void check_range(struct mapper *x, uint64_t *base, unsigned first, unsigned count)
{
	enter(x, base);
	for (unsigned i = first; i < first + count; i++)
		x->bad += *word(base, i) != x->shadow[i];
}

static void write_range(struct mapper *x, uint64_t *base, unsigned first, unsigned count)
{
	enter(x, base);
	for (unsigned i = first; i < first + count; i++)
		*word(base, i) = ++x->shadow[i];
}

static void forget_range(struct mapper *x, unsigned first, unsigned count)
{
	memset(&x->shadow[first], 0, count * sizeof(x->shadow[0]));
	tern_space_fence();
}

static void fork_and_check(struct mapper *x, unsigned first, unsigned count)
{
	uint64_t want[OWN_PAGES], *base = x->base; /* pinned memory is empty in the child */
	memcpy(want, x->shadow, sizeof(want));
	pid_t child = fork();
	if (!child) {
		uint64_t bad = 0;
		for (unsigned i = first; i < first + count; i++)
			bad += *word(base, i) != want[i];
		_exit(bad != 0);
	}
	int status = 0;
	x->bad += child < 0 || waitpid(child, &status, 0) != child || status;
}

static void *at(uint64_t *base, unsigned page)
{
	return base + (size_t)page * 512;
}

/* To the other place and back. */
static void move_range(struct mapper *x, unsigned first, unsigned count)
{
	size_t bytes = count * TERN_PAGE;
	struct vma vma; /* of several mappings the kernel would move some and refuse the rest */
	if (!vma_find(&x->maps, (uintptr_t)at(x->base, first), &vma) ||
	    vma.end < (uintptr_t)at(x->base, first) + bytes)
		return;
	void *to = mremap(at(x->base, first), bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
			  at(x->other, first));
	x->bad += to == MAP_FAILED;
	if (to == MAP_FAILED)
		return;
	x->moves++;
	tern_space_fence();
	check_range(x, next(&x->seed) & 1 ? x->other : x->other_device, first, count);
	write_range(x, next(&x->seed) & 1 ? x->other : x->other_device, first, count);
	x->bad += mremap(to, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, at(x->base, first)) !=
		  at(x->base, first);
	tern_space_fence();
	void *again = mmap(at(x->other, first), bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	x->bad += again == MAP_FAILED;
}

static void map_once(struct mapper *x)
{
	uint64_t r = next(&x->seed);
	unsigned first = (unsigned)(r >> 8) % OWN_PAGES;
	unsigned most = r & 0x80 ? OWN_PAGES : 24;
	unsigned count = 1 + (unsigned)(r >> 32) % tern_min(OWN_PAGES - first, most);
	size_t bytes = count * TERN_PAGE;
	switch (r >> 56 & 15) {
	case 0:
		x->bad += madvise(at(x->base, first), bytes, MADV_DONTNEED) != 0;
		forget_range(x, first, count);
		break;
	case 1:
		x->bad += mmap(at(x->base, first), bytes, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED;
		forget_range(x, first, count);
		break;
	case 2:
		move_range(x, first, count);
		break;
	case 3:
		x->bad += mprotect(at(x->base, first), bytes, PROT_READ) != 0;
		check_range(x, r & 1 ? x->base : x->device, first, count);
		x->bad += mprotect(at(x->base, first), bytes, PROT_READ | PROT_WRITE) != 0;
		break;
	case 4: {
		int error = tern_space_migrate(r & 1 ? &m->devmem : NULL, at(x->base, first), bytes,
					       0, NULL);
		x->bad += error && error != -ENODEV;
		break;
	}
	case 5:
		if (r >> 20 & 15)
			break;
		fork_and_check(x, first, count);
		break;
	case 6:
	case 7:
	case 8:
		check_range(x, r & 1 ? x->base : x->device, first, count);
		break;
	default:
		write_range(x, r & 1 ? x->base : x->device, first, count);
		break;
	}
	x->operations++;
}

static void *map(void *argument)
{
	struct mapper *x = argument;
	atomic_store(&x->tid, (int)raw_call(SYS_gettid, 0, 0, 0, 0, 0, 0));
	while (!atomic_load(&stop)) {
		atomic_store(&x->busy, true);
		if (atomic_load(&frozen)) {
			atomic_store(&x->busy, false);
			raw_yield();
			continue;
		}
		map_once(x);
		atomic_store(&x->busy, false);
	}
	return NULL;
}

static void read_task(int tid, const char *name, char text[256])
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/%s", tid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, 255);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* Neither at rest nor waiting for the engine, in a fault or otherwise. One that waits for a lock of
 * the kernel's goes on by itself; where the kernel does not say what a thread waits for, it is
 * taken for a fault. */
static bool runs(_Atomic bool *busy, _Atomic int *tid)
{
	char stat[256], wait[256];
	if (!atomic_load(busy))
		return false;
	read_task(atomic_load(tid), "wchan", wait);
	read_task(atomic_load(tid), "stat", stat);
	const char *end = strrchr(stat, ')');
	bool known = wait[0] && strcmp(wait, "0") != 0;
	return ((end && end[2] == 'R') ||
		(known && !strstr(wait, "userfault") && !strstr(wait, "futex"))) &&
	       atomic_load(busy);
}

/* The device dies: what runs on it stops where it is, most likely in a fault. */
static void kill_device(void)
{
	mirror_hold(m);
	atomic_store(&frozen, true);
	for (unsigned quiet = 0; quiet < 5; quiet++) {
		while (runs(&workers[1].busy, &workers[1].tid) ||
		       runs(&workers[3].busy, &workers[3].tid) ||
		       runs(&mapper->busy, &mapper->tid)) {
			quiet = 0;
			raw_yield();
		}
	}
	mirror_kill(m);
	usleep(2000); /* the engine finds out by itself, or not */
	tern_space_recover(&m->devmem);
	EXPECT(tern_space_resident(&m->devmem) == 0);
	/* The next process has no page tables. */
	for (unsigned i = 0; i < m->count; i++)
		raw_madvise(m->regions[i].device, m->regions[i].bytes, MADV_DONTNEED);
	atomic_store(&m->died, false);
	tern_space_revive(&m->devmem);
	for (unsigned i = 0; i < m->count; i++)
		uffd_wake(m->uffd, m->regions[i].device, m->regions[i].bytes);
	atomic_store(&frozen, false);
}

static void *kill_now_and_then(void *unused)
{
	(void)unused;
	while (!atomic_load(&stop)) {
		usleep(100000);
		kill_device();
	}
	return NULL;
}

static uint64_t number(const char *name, uint64_t fallback)
{
	const char *text = getenv(name);
	return text ? strtoull(text, NULL, 10) : fallback;
}

static void prepare(void)
{
	m = mirror_start(DEVICE_PAGES * TERN_PAGE);
	shared = (uint64_t *)mirror_memory(SHARED_PAGES * TERN_PAGE);
	mirror_map(m, shared, SHARED_PAGES * TERN_PAGE);
	workers = tern_pinned_alloc(WORKERS * sizeof(*workers));
	mapper = tern_pinned_alloc(sizeof(*mapper));
	REQUIRE(workers && mapper && !vma_reader_init(&mapper->maps));
	mapper->base = (uint64_t *)mirror_memory(OWN_PAGES * TERN_PAGE);
	mirror_map(m, mapper->base, OWN_PAGES * TERN_PAGE);
	mapper->device = mirror_ptr(m, mapper->base);
	mapper->other = (uint64_t *)mirror_memory(OWN_PAGES * TERN_PAGE);
	mirror_map(m, mapper->other, OWN_PAGES * TERN_PAGE);
	mapper->other_device = mirror_ptr(m, mapper->other);
	mapper->seed = number("STORM_SEED", 1) * 0x9E3779B97F4A7C15ul + 12345;
	for (unsigned i = 0; i < WORKERS; i++) {
		workers[i].index = i;
		workers[i].seed = mapper->seed + i + 1;
	}
}

/* Each kind of thing has happened. */
static bool all_seen(void)
{
	struct tern_space_stats s;
	tern_space_stats(&s);
	return mapper->moves && s.pages_to_device && s.pages_to_host && s.evicted && s.invalidated;
}

/* For @seconds, and on a loaded machine for as long as it takes. */
static void wait_for_all(unsigned seconds)
{
	enum { MOST_SECONDS = 30, A_SECOND = 100 };
	sleep(seconds);
	for (unsigned i = 0; i < MOST_SECONDS * A_SECOND && !all_seen(); i++)
		usleep(1000000 / A_SECOND);
}

static void check_end(void)
{
	uint64_t bad = 0, operations = mapper->operations;
	for (unsigned i = 0; i < WORKERS; i++) {
		EXPECT(!workers[i].bad);
		operations += workers[i].operations;
		for (unsigned j = 0; j < WORDS / WORKERS; j++)
			bad += shared[(size_t)j * WORKERS + i] != workers[i].shadow[j];
	}
	EXPECT(!bad);
	check_range(mapper, mapper->base, 0, OWN_PAGES);
	EXPECT(!mapper->bad);
	struct tern_space_stats s;
	tern_space_stats(&s);
	printf("%lu operations; to the device %lu, home %lu, dropped %lu, evicted %lu, deferred "
	       "%lu, retried %lu, fallback %lu, invalidated %lu pages\n",
	       operations, s.pages_to_device, s.pages_to_host, s.pages_dropped, s.evicted,
	       s.deferred, s.retried, s.fallback, s.invalidated);
	EXPECT(all_seen());
}

int main(int argc, char **argv)
{
	(void)argc;
	mirror_variants(argv);
	prepare();
	pthread_t threads[WORKERS + 2];
	for (unsigned i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work, &workers[i]));
	REQUIRE(!pthread_create(&threads[WORKERS], NULL, map, mapper));
	REQUIRE(!pthread_create(&threads[WORKERS + 1], NULL, kill_now_and_then, NULL));
	wait_for_all((unsigned)number("STORM_SECONDS", 3));
	atomic_store(&stop, true);
	for (unsigned i = 0; i < WORKERS + 2; i++)
		pthread_join(threads[i], NULL);
	check_end();
	mirror_stop(m);
	return test_result();
}
