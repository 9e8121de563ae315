/* SPDX-License-Identifier: MIT */
#include "bench/shim.h"

#include <benchmark/benchmark.h>

struct bench {
	benchmark::State *state;
};

namespace
{
void set_counter(struct bench *bench, const char *name, double value)
{
	bench->state->counters[name] = value;
}
} // namespace

void bench_add(const char *name, bench_fn *function, int64_t argument, unsigned flags)
{
	auto *made = benchmark::RegisterBenchmark(name, [=](benchmark::State &state) {
		struct bench bench = {&state};

		function(&bench, argument);
	});

	made->MeasureProcessCPUTime();
	if (flags & BENCH_MANUAL)
		made->UseManualTime();
	else
		made->UseRealTime();
	if (flags & BENCH_ONCE)
		made->Iterations(1);
	if (flags & BENCH_FEW)
		made->Iterations(10);
}

bool bench_next(struct bench *bench)
{
	return bench->state->KeepRunning();
}

void bench_time(struct bench *bench, double seconds)
{
	bench->state->SetIterationTime(seconds);
}

void bench_pause(struct bench *bench)
{
	bench->state->PauseTiming();
}

void bench_resume(struct bench *bench)
{
	bench->state->ResumeTiming();
}

void bench_operations(struct bench *bench, double count)
{
	set_counter(bench, "operations", count);
}

void bench_bytes(struct bench *bench, double bytes)
{
	set_counter(bench, "bytes", bytes);
}

void bench_flops(struct bench *bench, double flops)
{
	set_counter(bench, "flops", flops);
}

void bench_cpu(struct bench *bench, double seconds)
{
	set_counter(bench, "cpu_seconds", seconds);
}

void bench_value(struct bench *bench, double value, const char *unit)
{
	set_counter(bench, "value", value);
	bench->state->SetLabel(unit);
}

void bench_error(struct bench *bench, const char *message)
{
	bench->state->SkipWithError(message);
}

int bench_run(int argc, char **argv)
{
	benchmark::Initialize(&argc, argv);
	if (benchmark::ReportUnrecognizedArguments(argc, argv))
		return 2;
	benchmark::RunSpecifiedBenchmarks();
	benchmark::Shutdown();
	return 0;
}
