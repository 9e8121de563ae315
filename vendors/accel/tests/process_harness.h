/* SPDX-License-Identifier: MIT */
/* For process_test.c: a process, packets and code without the rest of the runtime; figures. */
#ifndef TERN_VENDORS_ACCEL_TESTS_PROCESS_HARNESS_H
#define TERN_VENDORS_ACCEL_TESTS_PROCESS_HARNESS_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"
#include "svm/heap.h"
#include "svm/pinned.h"
#include "vendors/accel/launch.h"
#include "vendors/accel/tests/blobs.h"

static struct accel the_accel, *const accel = &the_accel;
static struct tern_devmem *const devmem = &the_accel.devmem;
static const struct tern_devmem_ops *ops;
static int system_mode;
static uint64_t generations[ACCEL_SLOTS];

/* What serves the faults of some tests. */
static struct {
	_Atomic bool quit, refuse;
	bool read_only;
	const void *source;
	struct seen {
		unsigned faults, upgrades;
		struct tern_devmem_fault last;
	} seen;
} engine;

struct args {
	uint64_t values[4];
};
#define ARGS(...) (&(struct args){{__VA_ARGS__}})

/* 0, or why there is none: no program, no userfaultfd. */
static inline int harness_start(int system, unsigned units)
{
	void *memory = accel->memory;
	memset(accel, 0, sizeof(*accel));
	accel->memory = memory;
	memset(generations, 0, sizeof(generations));
	system_mode = system;
	accel->system = system;
	accel->options.units = units;
	accel->socket = accel->uffd = accel->helper.pidfd = -1;
	tern_lock_init(&accel->process_lock, TERN_LOCK_DEVICE);
	int error = accel_launch(accel);
	ops = devmem->ops;
	if (units == 2)
		accel->huge = false; /* as without the right to mount */
	return error;
}

static inline void harness_stop(void)
{
	accel_launch_end(accel); /* accel->memory stays: pinned memory is made to last */
}

/* Memory that both sides see; the same at every call. */
static inline void *shared(size_t bytes)
{
	static void *memory;
	if (!memory)
		memory = tern_heap_alloc(TERN_HEAP_SHARED, 1 << 20, 0);
	REQUIRE(memory && bytes <= 1 << 20);
	return memory;
}

static inline uint64_t code_add(const unsigned char *from, const unsigned char *end)
{
	const struct tern_image_place *place = accel_code_place();
	void *at;
	REQUIRE(!place->reserve(place->data, 4096, 4096, &at));
	memcpy(at, from, (size_t)(end - from));
	REQUIRE(!place->protect(place->data, at, 4096, PROT_READ | PROT_EXEC));
	return (uintptr_t)at;
}

static inline void code_remove(uint64_t at)
{
	const struct tern_image_place *place = accel_code_place();
	place->release(place->data, (void *)at, 4096);
}

static inline uint64_t code_cached(const unsigned char *from, const unsigned char *end)
{
	static struct {
		const unsigned char *from;
		uint64_t at;
	} known[64];
	unsigned i = 0;
	while (known[i].from && known[i].from != from)
		i++;
	known[i].from = from;
	if (!known[i].at)
		known[i].at = code_add(from, end);
	return known[i].at;
}
#define code_of(name) code_cached(blob_##name, blob_##name##_end)

static inline void publish(unsigned slot, uint64_t function, uint64_t groups, uint64_t chunk,
			   const struct args *args, uint64_t flags)
{
	struct accel_packet *p = &accel_commands()->packets[slot];
	struct accel_status *status = accel_status();
	struct accel_slot *s = &status->slots[slot];
	uint64_t generation = ++generations[slot];
	atomic_store(&s->next, generation << ACCEL_GENERATION | ACCEL_CLOSED);
	atomic_store(&s->done, 0);
	atomic_store(&s->fault.taken, 0);
	atomic_store(&s->fault.filled, 0);
	__atomic_store_n(&p->generation, generation, __ATOMIC_SEQ_CST);
	p->function = function;
	p->groups = groups;
	p->chunk = chunk;
	p->flags = flags;
	p->printf_buffer = 0;
	p->work_dim = 1;
	p->num_groups[0] = groups, p->num_groups[1] = p->num_groups[2] = 1;
	p->local_bytes = p->scratch_bytes = 4096;
	memcpy(p->args, args, sizeof(*args));
	atomic_store(&s->next, generation << ACCEL_GENERATION);
	atomic_fetch_or(&status->active, UINT64_C(1) << slot);
	atomic_fetch_add(&status->doorbell, 1);
	uint64_t looking = atomic_load(&status->looking);
	if (looking < groups && atomic_load(&status->sleeping))
		syscall(SYS_futex, &status->doorbell, FUTEX_WAKE,
			(int)tern_min(groups - looking, (uint64_t)ACCEL_UNITS), NULL, NULL, 0);
}

static inline void show_state(unsigned slot)
{
	struct accel_status *s = accel_status();
	fprintf(stderr,
		"slot %u: next %llx done %llu; active %llx completed %llx doorbell %u sleeping %u "
		"%s\n",
		slot, (unsigned long long)atomic_load(&s->slots[slot].next),
		(unsigned long long)atomic_load(&s->slots[slot].done),
		(unsigned long long)atomic_load(&s->active),
		(unsigned long long)atomic_load(&s->completed), atomic_load(&s->doorbell),
		atomic_load(&s->sleeping), atomic_load(&accel->alive) ? "alive" : "dead");
	for (unsigned u = 0; u < accel->options.units; u++)
		fprintf(stderr, "unit %u: tid %u slot %u group %llu\n", u,
			atomic_load(&s->units[u].tid), atomic_load(&s->units[u].slot),
			(unsigned long long)atomic_load(&s->units[u].group));
}

/* False: it has not ended within 10 s. */
static inline bool finish(unsigned slot)
{
	struct accel_status *status = accel_status();
	uint64_t bit = UINT64_C(1) << slot, end = tern_clock_ns() + 10000000000u;
	struct timespec t = {.tv_nsec = 100000000};
	atomic_fetch_add(&status->waiting, 1);
	for (;;) {
		uint32_t seen = atomic_load(&status->completion);
		if ((atomic_load(&status->completed) & bit) || tern_clock_ns() > end)
			break;
		syscall(SYS_futex, &status->completion, FUTEX_WAIT, seen, &t, NULL, 0);
	}
	atomic_fetch_sub(&status->waiting, 1);
	bool ended = atomic_fetch_and(&status->completed, ~bit) & bit;
	if (!ended)
		show_state(slot);
	return ended;
}

/* The failure, ACCEL_OK: none. */
static inline uint32_t execute(unsigned slot, uint64_t function, uint64_t groups, uint64_t chunk,
			       const struct args *args)
{
	publish(slot, function, groups, chunk, args, 0);
	REQUIRE(finish(slot));
	struct accel_fault *f = &accel_status()->slots[slot].fault;
	return atomic_load(&f->taken) ? f->failure : ACCEL_OK;
}

/* False if it does not end within a few seconds. Not a child of ours, perhaps a zombie of init's.
 */
static inline bool process_ends(pid_t pid)
{
	for (unsigned i = 0; i < 5000; i++) {
		char path[64], state = 0;
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		FILE *f = fopen(path, "re");
		if (!f)
			return true;
		if (fscanf(f, "%*d %*s %c", &state) != 1 || state == 'Z' || state == 'X')
			state = 0;
		fclose(f);
		if (!state)
			return true;
		usleep(1000);
	}
	return false;
}

static inline uint64_t file_pages(int fd)
{
	struct stat s;
	REQUIRE(!fstat(fd, &s));
	return (uint64_t)s.st_blocks * 512 / 4096;
}

/* Figures, printed: `process_test measure`. */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double median(double *values, unsigned n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

enum { ROUNDS = 4000 };

/* Two processes that wake each other by futexes in shared memory: a round trip in µs. */
static double futex_floor(uint64_t spin_ns)
{
	static double t[ROUNDS];
	_Atomic uint32_t *w =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t child = fork();
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = tern_clock_ns();
		if (child) {
			atomic_store(&w[0], i + 1);
			syscall(SYS_futex, &w[0], FUTEX_WAKE, 1, NULL, NULL, 0);
		}
		_Atomic uint32_t *mine = child ? &w[16] : &w[0];
		while (atomic_load(mine) != i + 1 && tern_clock_ns() - start < spin_ns)
			tern_cpu_relax();
		while (atomic_load(mine) != i + 1)
			syscall(SYS_futex, mine, FUTEX_WAIT, i, NULL, NULL, 0);
		if (!child) {
			atomic_store(&w[16], i + 1);
			syscall(SYS_futex, &w[16], FUTEX_WAKE, 1, NULL, NULL, 0);
		}
		t[i] = (double)(tern_clock_ns() - start) / 1e3;
	}
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	munmap(w, 4096);
	return median(t, ROUNDS);
}

static double round_trip(uint64_t spin_ns)
{
	static double t[ROUNDS];
	uint64_t function = code_of(empty);
	for (unsigned i = 0; i < ROUNDS; i++) {
		uint64_t start = tern_clock_ns();
		publish(i % 8, function, 1, 1, ARGS(0), 0);
		while (!(atomic_load(&accel_status()->completed) >> i % 8 & 1) &&
		       tern_clock_ns() - start < spin_ns)
			tern_cpu_relax();
		REQUIRE(finish(i % 8));
		t[i] = (double)(tern_clock_ns() - start) / 1e3;
	}
	return median(t, ROUNDS);
}

static void measure_memory(void)
{
	enum { CHUNKS = 64 };
	const uint64_t va = 0x123400000000, sizes[] = {4096, 65536, TERN_CHUNK};
	unsigned char *source = tern_pinned_alloc(CHUNKS * TERN_CHUNK);
	unsigned char *warm = tern_pinned_alloc(CHUNKS * TERN_CHUNK);
	REQUIRE(source && warm);
	memset(source, 1, CHUNKS * TERN_CHUNK);
	memset(warm, 1, CHUNKS * TERN_CHUNK);
	printf("%-30s %10s %10s %10s   GB/s\n", "", "4K", "64K", "2M");
#define MEASURE(name, prepare, action)                                                             \
	do {                                                                                       \
		printf("%-30s", name);                                                             \
		for (unsigned s = 0; s < 3; s++) {                                                 \
			double best = 0;                                                           \
			for (unsigned k = 0; k < 3; k++) {                                         \
				for (uint64_t o = 0; o < CHUNKS * TERN_CHUNK; o += TERN_CHUNK) {   \
					prepare;                                                   \
				}                                                                  \
				uint64_t begin = tern_clock_ns(), n = sizes[s];                    \
				for (uint64_t o = 0; o < CHUNKS * TERN_CHUNK; o += n) {            \
					action;                                                    \
				}                                                                  \
				double r = (double)(CHUNKS * TERN_CHUNK) /                         \
					   (double)(tern_clock_ns() - begin);                      \
				best = r > best ? r : best;                                        \
			}                                                                          \
			printf(" %10.2f", best);                                                   \
		}                                                                                  \
		printf("\n");                                                                      \
	} while (0)
	MEASURE("memcpy, warm", (void)o, memcpy(warm + o, source + o, n));
	MEASURE("fill, cold", (ops->drop(devmem, va + o, TERN_CHUNK), ops->trim(devmem, 1ul << 40)),
		REQUIRE(ops->fill(devmem, va + o, n, source + o, TERN_FILL_WRITABLE) ==
			(int64_t)n));
	MEASURE("fill, warm", ops->drop(devmem, va + o, TERN_CHUNK),
		REQUIRE(ops->fill(devmem, va + o, n, source + o, TERN_FILL_WRITABLE) ==
			(int64_t)n));
	MEASURE("fill, warm, read-only", ops->drop(devmem, va + o, TERN_CHUNK),
		REQUIRE(ops->fill(devmem, va + o, n, source + o, 0) == (int64_t)n));
	MEASURE("fill, zeros, cold",
		(ops->drop(devmem, va + o, TERN_CHUNK), ops->trim(devmem, 1ul << 40)),
		REQUIRE(ops->fill(devmem, va + o, n, NULL, TERN_FILL_WRITABLE) == (int64_t)n));
#define REFILL                                                                                     \
	(ops->drop(devmem, va + o, TERN_CHUNK),                                                    \
	 (void)!ops->fill(devmem, va + o, TERN_CHUNK, source + o, TERN_FILL_WRITABLE))
	MEASURE("protect", REFILL, ops->protect(devmem, va + o, n));
	MEASURE("unprotect", (REFILL, ops->protect(devmem, va + o, TERN_CHUNK)),
		ops->unprotect(devmem, va + o, n));
	MEASURE("unmap", REFILL, ops->unmap(devmem, va + o, n));
	MEASURE("drop", REFILL, ops->drop(devmem, va + o, n));
	MEASURE("window to warm memory", REFILL, memcpy(warm + o, ops->window(devmem, va + o), n));
}

static inline int measure(void)
{
	for (int mode = 0; mode < 2; mode++) {
		double t[20];
		for (unsigned i = 0; i < 20; i++) {
			uint64_t start = tern_clock_ns();
			if (harness_start(mode, 3))
				return TEST_SKIP;
			t[i] = (double)(tern_clock_ns() - start) / 1e3;
			if (i < 19)
				harness_stop();
		}
		printf("%s: start to ready %.0f us\n", mode ? "system" : "buffers", median(t, 20));
		for (unsigned k = 0; k < 3; k++)
			printf("empty packet: sleeping %.1f us, futex %.1f us; spinning %.1f us, "
			       "futex %.1f us\n",
			       round_trip(0), futex_floor(0), round_trip(20000),
			       futex_floor(20000));
		if (mode)
			measure_memory();
		harness_stop();
	}
	return 0;
}

#endif
