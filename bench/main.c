/* SPDX-License-Identifier: MIT */
/* tern-bench: benchmarks of one OpenCL ICD, the first that the loader finds. bench/compare runs it
 * on several. The options are Google Benchmark's (--benchmark_filter=..., --benchmark_out=...). */
#include "bench/bench.h"
#include <time.h>

#define BEST_RUNS 200 /* at most */

static double processor_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void bench_best(struct bench *bench, double seconds, void (*run)(void *data),
		void (*before)(void *data), void *data)
{
	double best = 0, between = 0, start_cpu = processor_time(), end = bench_now() + seconds;
	int runs = 0;

	for (; !runs || (runs < BEST_RUNS && bench_now() < end); runs++) {
		double prepared = bench_now();

		if (before)
			before(data);
		double start = bench_now();

		run(data);
		double time = bench_now() - start;

		best = runs && best < time ? best : time;
		between += start - prepared;
	}
	/* Of all runs: the system accounts what another processor's thread uses milliseconds late.
	 */
	double cpu = processor_time() - start_cpu - between;

	while (bench_next(bench))
		bench_time(bench, best);
	bench_cpu(bench, cpu / runs);
}

int main(int argc, char **argv)
{
	bench_add_machine();
	bench_add_startup();
	bench_add_build();
	bench_add_enqueue();
	bench_add_event();
	bench_add_memory();
	bench_add_scale();
	bench_add_compute();
	return bench_run(argc, argv);
}
