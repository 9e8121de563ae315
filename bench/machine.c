/* SPDX-License-Identifier: MIT */
/* The machine's own limits, without OpenCL: what the other figures can be held against. */
#include "bench/bench.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The loop that suits the processor is chosen at run time. */
#ifdef __x86_64__
#define FOR_EACH_CPU __attribute__((target_clones("avx512f", "fma", "default")))
#else
#define FOR_EACH_CPU
#endif

#define TRIAD_FLOATS  (8u << 20)
#define TRIAD_CHUNK   (32u << 10)
#define LIMIT_SECONDS 0.4 /* a busy machine shows its best only now and then */

static unsigned cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) ? 1 : (unsigned)CPU_COUNT(&set);
}

static void copy(struct bench *bench, int64_t size)
{
	char *from = malloc((size_t)size), *to = malloc((size_t)size);

	if (!from || !to) {
		bench_error(bench, "no memory");
		free(from);
		free(to);
		return;
	}
	memset(from, 1, (size_t)size);
	memset(to, 2, (size_t)size);
	while (bench_next(bench)) {
		memcpy(to, from, (size_t)size);
		__asm__ volatile("" : : "r"(to) : "memory");
	}
	bench_bytes(bench, 2.0 * (double)size);
	free(from);
	free(to);
}

/* Threads take chunks when they come to it: one that has to wait for a processor holds up no other.
 */
struct triad {
	float *a, *b, *c;
	atomic_size_t next;
};

struct part {
	pthread_t thread;
	struct triad *triad;
	double sink;
};

FOR_EACH_CPU static void triad_part(float *restrict a, const float *restrict b,
				    const float *restrict c, size_t count)
{
	for (size_t i = 0; i < count; i++)
		a[i] = b[i] + 3.0f * c[i];
}

static void *triad_thread(void *data)
{
	struct triad *triad = ((struct part *)data)->triad;
	size_t at;

	while ((at = atomic_fetch_add(&triad->next, TRIAD_CHUNK)) < TRIAD_FLOATS)
		triad_part(triad->a + at, triad->b + at, triad->c + at, TRIAD_CHUNK);
	return NULL;
}

struct parallel {
	void *(*body)(void *part);
	struct part *parts;
	unsigned count;
};

/* Threads are made in each turn: some 20 us of 10 ms. */
static void in_parallel(void *data)
{
	const struct parallel *all = data;

	for (unsigned i = 1; i < all->count; i++)
		if (pthread_create(&all->parts[i].thread, NULL, all->body, &all->parts[i]))
			abort();
	all->body(&all->parts[0]);
	for (unsigned i = 1; i < all->count; i++)
		pthread_join(all->parts[i].thread, NULL);
}

static void rewind_triad(void *data)
{
	atomic_store(&((struct parallel *)data)->parts->triad->next, 0);
}

static void triad(struct bench *bench, int64_t unused)
{
	unsigned count = cpus();
	struct part *parts = calloc(count, sizeof *parts);
	float *all = aligned_alloc(2 << 20, 3ul * TRIAD_FLOATS * sizeof *all);
	struct triad arrays = {all, all + TRIAD_FLOATS, all + 2 * TRIAD_FLOATS, 0};
	struct parallel all_parts = {triad_thread, parts, count};

	(void)unused;
	if (!parts || !all) {
		bench_error(bench, "no memory");
		free(parts);
		free(all);
		return;
	}
	/* As a runtime's large buffers are. Without it, this limit would be one of small pages. */
	(void)madvise(all, 3ul * TRIAD_FLOATS * sizeof *all, MADV_HUGEPAGE);
	for (size_t i = 0; i < 3ul * TRIAD_FLOATS; i++)
		all[i] = (float)i;
	for (unsigned i = 0; i < count; i++)
		parts[i].triad = &arrays;
	bench_best(bench, LIMIT_SECONDS, in_parallel, rewind_triad, &all_parts);
	bench_bytes(bench, 3.0 * TRIAD_FLOATS * sizeof(float));
	free(parts);
	free(all);
}

#define FMA_VECTORS 8 /* independent chains: as many as two units of latency 4 need */
#define FMA_TURNS   400000

/*
 * One for each width of register, since compilers keep wider vectors in memory. The chains begin
 * with different numbers: equal ones would be computed once.
 */
#define FMA_LOOP(name, lanes, attribute)                                                           \
	attribute static double name(void)                                                         \
	{                                                                                          \
		typedef float vector __attribute__((vector_size(4 * (lanes))));                    \
		vector x[FMA_VECTORS], sum = {0};                                                  \
                                                                                                   \
		for (int i = 0; i < FMA_VECTORS; i++)                                              \
			x[i] = (vector){0} + (float)i;                                             \
		for (int turn = 0; turn < FMA_TURNS; turn++)                                       \
			_Pragma("GCC unroll 8") for (int i = 0; i < FMA_VECTORS; i++) x[i] =       \
				x[i] * 0.999f + 0.5f;                                              \
		for (int i = 0; i < FMA_VECTORS; i++)                                              \
			sum += x[i];                                                               \
		return (double)sum[0] + (double)sum[(lanes) - 1];                                  \
	}

struct fma {
	double (*loop)(void);
	unsigned lanes;
};

#ifdef __x86_64__
FMA_LOOP(fma_loop_16, 16, __attribute__((target("avx512f"))))
FMA_LOOP(fma_loop_8, 8, __attribute__((target("fma"))))
#endif
FMA_LOOP(fma_loop_4, 4, )

static struct fma best_fma(void)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("avx512f"))
		return (struct fma){fma_loop_16, 16};
	if (__builtin_cpu_supports("fma"))
		return (struct fma){fma_loop_8, 8};
#endif
	return (struct fma){fma_loop_4, 4};
}

static void *fma_thread(void *data)
{
	struct part *part = data;

	part->sink = best_fma().loop();
	return NULL;
}

static void fma_peak(struct bench *bench, int64_t unused)
{
	unsigned count = cpus();
	struct part *parts = calloc(count, sizeof *parts);

	(void)unused;
	if (!parts) {
		bench_error(bench, "no memory");
		return;
	}
	struct parallel all_parts = {fma_thread, parts, count};

	bench_best(bench, LIMIT_SECONDS, in_parallel, NULL, &all_parts);
	bench_flops(bench, 2.0 * FMA_VECTORS * best_fma().lanes * FMA_TURNS * count);
	free(parts);
}

static void system_call(struct bench *bench, int64_t unused)
{
	(void)unused;
	while (bench_next(bench))
		for (int i = 0; i < 1000; i++)
			syscall(SYS_getppid);
	bench_operations(bench, 1000);
}

static atomic_uint turn_word;

static void pass_turn(unsigned mine, unsigned next)
{
	while (atomic_load(&turn_word) != mine) {
		unsigned now = atomic_load(&turn_word);

		if (now != mine && now != 2)
			syscall(SYS_futex, &turn_word, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
		if (now == 2)
			return;
	}
	atomic_store(&turn_word, next);
	syscall(SYS_futex, &turn_word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *futex_thread(void *data)
{
	(void)data;
	while (atomic_load(&turn_word) != 2)
		pass_turn(1, 0);
	return NULL;
}

/* There and back between two threads that sleep in turn. */
static void futex_round_trip(struct bench *bench, int64_t unused)
{
	pthread_t thread;

	(void)unused;
	atomic_store(&turn_word, 0);
	if (pthread_create(&thread, NULL, futex_thread, NULL)) {
		bench_error(bench, "pthread_create");
		return;
	}
	while (bench_next(bench))
		for (int i = 0; i < 100; i++)
			pass_turn(0, 1);
	bench_operations(bench, 100);
	while (atomic_load(&turn_word) == 1)
		sched_yield();
	atomic_store(&turn_word, 2);
	syscall(SYS_futex, &turn_word, FUTEX_WAKE_PRIVATE, 2, NULL, NULL, 0);
	pthread_join(thread, NULL);
}

void bench_add_machine(void)
{
	bench_add("machine/memcpy_4KiB", copy, 4096, 0);
	bench_add("machine/memcpy_64MiB", copy, 64 << 20, 0);
	bench_add("machine/triad", triad, 0, BENCH_MANUAL | BENCH_ONCE);
	bench_add("machine/fma_peak", fma_peak, 0, BENCH_MANUAL | BENCH_ONCE);
	bench_add("machine/syscall", system_call, 0, 0);
	bench_add("machine/futex_round_trip", futex_round_trip, 0, 0);
}
