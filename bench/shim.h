/* SPDX-License-Identifier: MIT */
/*
 * Google Benchmark for C. A benchmark is a function that loops while bench_next() is true; the time
 * of the whole loop counts, or, with BENCH_MANUAL, what bench_time() was told for each turn.
 *
 *	static void finish(struct bench *bench, int64_t unused)
 *	{
 *		while (bench_next(bench))
 *			clFinish(queue);
 *	}
 *	bench_add("queue/finish", finish, 0, 0);
 */
#ifndef BENCH_SHIM_H
#define BENCH_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bench; /* one run of one benchmark */

typedef void bench_fn(struct bench *bench, int64_t argument);

enum bench_flags {
	BENCH_MANUAL = 1, /* bench_time() gives the time of each turn */
	BENCH_ONCE = 2,   /* one turn only */
	BENCH_FEW = 4,    /* ten turns */
};

/* Registers @function under @name ("group/what"). The name is copied. */
void bench_add(const char *name, bench_fn *function, int64_t argument, unsigned flags);

/* True: do one more turn. */
bool bench_next(struct bench *bench);
/* The last turn took @seconds (BENCH_MANUAL). */
void bench_time(struct bench *bench, double seconds);
/* Time between these two does not count. Costs about 100 ns: for turns that are long. */
void bench_pause(struct bench *bench);
void bench_resume(struct bench *bench);

/* Each turn did @count operations: the time of one is what gets compared. */
void bench_operations(struct bench *bench, double count);
/* Each turn moved @bytes. */
void bench_bytes(struct bench *bench, double bytes);
/* Each turn did @flops floating-point operations. */
void bench_flops(struct bench *bench, double flops);
/* A turn took this much processor time in all threads of the process: for machines that are busy.
 */
void bench_cpu(struct bench *bench, double seconds);
/* What is compared is not a time but @value, in @unit; less is better. */
void bench_value(struct bench *bench, double value, const char *unit);
/* Leaves a message instead of a result; the function must return after it. */
void bench_error(struct bench *bench, const char *message);

/* Runs what the options (Google Benchmark's) choose. 0 or an exit status. */
int bench_run(int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
