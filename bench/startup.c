/* SPDX-License-Identifier: MIT */
/* What a new process pays: the first query, a cached build, memory. */
#include "bench/bench.h"
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool probe_path(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 32);

	if (length <= 0)
		return false;
	path[length] = '\0';
	char *slash = strrchr(path, '/');

	strcpy(slash ? slash + 1 : path, "bench-probe");
	return true;
}

double bench_probe(const char *mode, const char *argument, char *out, size_t size)
{
	char path[4096];
	char *argv[4] = {path, (char *)(uintptr_t)mode, (char *)(uintptr_t)argument, NULL};
	posix_spawn_file_actions_t actions;
	int ends[2], status = -1;
	pid_t pid;

	if (!probe_path(path, sizeof path) || pipe(ends))
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addclose(&actions, ends[0]);
	double start = bench_now();
	int error = posix_spawn(&pid, path, &actions, NULL, argv, environ);

	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	size_t used = 0;
	ssize_t got;

	while (!error && used + 1 < size && (got = read(ends[0], out + used, size - used - 1)) > 0)
		used += (size_t)got;
	out[used] = '\0';
	close(ends[0]);
	if (error)
		return -1;
	waitpid(pid, &status, 0);
	return status == 0 ? start : -1;
}

/* Seconds from before the process is made to what it reports, or a negative number. */
static double span_of(const char *mode)
{
	char out[256];
	double start = bench_probe(mode, NULL, out, sizeof out), end;

	return start < 0 || sscanf(out, "%lf", &end) != 1 ? -1 : end - start;
}

/* From exec to the first platform's handle, less what an empty process of the same kind takes. */
static void first_platform_query(struct bench *bench, int64_t unused)
{
	(void)unused;
	while (bench_next(bench)) {
		double best_empty = 1e9;

		for (int i = 0; i < 3; i++) {
			double empty = span_of("empty");

			best_empty = empty > 0 && empty < best_empty ? empty : best_empty;
		}
		double span = span_of("platforms");

		if (span < 0) {
			bench_error(bench, "bench-probe failed");
			return;
		}
		bench_time(bench, span > best_empty ? span - best_empty : 1e-7);
	}
}

static void empty_process(struct bench *bench, int64_t unused)
{
	(void)unused;
	while (bench_next(bench)) {
		double span = span_of("empty");

		if (span < 0) {
			bench_error(bench, "bench-probe failed");
			return;
		}
		bench_time(bench, span);
	}
}

/* @which 0: the build; 1: up to the first result. The first process fills the cache. */
static void cached_build(struct bench *bench, int64_t which)
{
	char out[256], number[16];
	double times[2];

	snprintf(number, sizeof number, "%d", (int)(getpid() % 100000) + 1000);
	bench_probe("build", number, out, sizeof out);
	while (bench_next(bench)) {
		if (bench_probe("build", number, out, sizeof out) < 0 ||
		    sscanf(out, "%lf %lf", &times[0], &times[1]) != 2) {
			bench_error(bench, "bench-probe failed");
			return;
		}
		bench_time(bench, times[which]);
	}
}

/* The same without anything in the cache: another source each time. */
static void uncached_build(struct bench *bench, int64_t which)
{
	static unsigned next;
	char out[256], number[16];
	double times[2];

	while (bench_next(bench)) {
		snprintf(number, sizeof number, "%u",
			 100000 + (unsigned)getpid() % 10000 * 1000 + next++ % 1000);
		if (bench_probe("build", number, out, sizeof out) < 0 ||
		    sscanf(out, "%lf %lf", &times[0], &times[1]) != 2) {
			bench_error(bench, "bench-probe failed");
			return;
		}
		bench_time(bench, times[which]);
	}
}

/* @which 0: resident at the end, 1: the peak; of a process that has to compile its kernel, or with
 * CACHED added, of one that finds it in the cache. */
#define CACHED 2

static void resident(struct bench *bench, int64_t which)
{
	char out[256], number[16];
	long sizes[2] = {0, 0};

	snprintf(number, sizeof number, "%u",
		 7000 + (unsigned)getpid() % 100000 * 10 + (unsigned)which);
	if (which & CACHED)
		bench_probe("rss", number, out, sizeof out);
	while (bench_next(bench)) {
		double start = bench_now();

		if (bench_probe("rss", number, out, sizeof out) < 0 ||
		    sscanf(out, "%ld %ld", &sizes[0], &sizes[1]) != 2) {
			bench_error(bench, "bench-probe failed");
			return;
		}
		bench_time(bench, bench_now() - start);
	}
	bench_value(bench, (double)sizes[which & 1] / 1024, "MiB");
}

void bench_add_startup(void)
{
	bench_add("startup/empty_process", empty_process, 0, BENCH_MANUAL | BENCH_FEW);
	bench_add("startup/first_platform_query", first_platform_query, 0,
		  BENCH_MANUAL | BENCH_FEW);
	bench_add("startup/cached_build", cached_build, 0, BENCH_MANUAL | BENCH_FEW);
	bench_add("startup/cached_build_and_run", cached_build, 1, BENCH_MANUAL | BENCH_FEW);
	bench_add("startup/uncached_build", uncached_build, 0, BENCH_MANUAL | BENCH_FEW);
	bench_add("startup/uncached_build_and_run", uncached_build, 1, BENCH_MANUAL | BENCH_FEW);
	bench_add("startup/resident_uncached", resident, 0, BENCH_MANUAL | BENCH_ONCE);
	bench_add("startup/resident_uncached_peak", resident, 1, BENCH_MANUAL | BENCH_ONCE);
	bench_add("startup/resident_cached", resident, CACHED, BENCH_MANUAL | BENCH_ONCE);
}
