/* SPDX-License-Identifier: MIT */
/* tern-bench: benchmarks of one OpenCL ICD, the first that the loader finds. bench/compare runs it
 * on several. The options are Google Benchmark's (--benchmark_filter=..., --benchmark_out=...). */
#include "bench/bench.h"

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
