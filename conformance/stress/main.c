/* SPDX-License-Identifier: MIT */
/* tern-stress: see stress.h. */
#include "conformance/stress/stress.h"
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WATCHDOG_SECONDS 60.0
#define MOST_FINDINGS    20u

static const char usage[] =
	"usage: tern-stress [option]...\n"
	"Host threads and kernels of all devices with fine-grained system SVM share one heap, and\n"
	"check it. Only the OpenCL API and POSIX are used.\n"
	"  --seconds N     how long (20)\n"
	"  --seed S        of the random sequences (1)\n"
	"  --devices LIST  sets TERN_DEVICES, e.g. cpu,accel\n"
	"  --memory MIB    how much data the flood has (4 times the smallest device's memory,\n"
	"                  at most 1024)\n"
	"  --no-kill       let the accelerator's process live\n"
	"  --only ROLE     heap, thief, fork, flood, count or kill; may be repeated\n"
	"Exit status: 0 nothing found, 1 findings, 77 no such device. Without TERN_ACCEL the\n"
	"accelerator gets 64 MiB.\n";

struct stress stress = {.seconds = 20, .seed = 1, .kill = true};

static struct stress_role roles[] = {
	{.name = "heap", .run = stress_heap},   {.name = "heap", .run = stress_heap},
	{.name = "thief", .run = stress_thief}, {.name = "thief", .run = stress_thief},
	{.name = "fork", .run = stress_fork},   {.name = "flood", .run = stress_flood},
	{.name = "count", .run = stress_count}, {.name = "kill", .run = stress_kill},
};

#define ROLES (sizeof roles / sizeof roles[0])

static bool left_out[ROLES];

double stress_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

uint32_t stress_random(struct stress_role *role)
{
	uint32_t x = role->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return role->random = x;
}

void stress_at(struct stress_role *role, const char *where)
{
	atomic_store_explicit(&role->where, where, memory_order_relaxed);
	atomic_fetch_add_explicit(&role->steps, 1, memory_order_relaxed);
}

void stress_found(struct stress_role *role, const char *format, ...)
{
	char text[500];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (atomic_fetch_add(&stress.counts.findings, 1) < MOST_FINDINGS)
		fprintf(stderr, "stress: %s: %s\n", role->name, text);
	else
		atomic_store(&stress.stop, true);
}

static void leave_out_others(const char *name)
{
	static bool first = true;

	for (size_t i = 0; i < ROLES; i++) {
		if (first)
			left_out[i] = true;
		if (!strcmp(roles[i].name, name))
			left_out[i] = false;
	}
	first = false;
}

static int parse(int argc, char **argv)
{
	static const struct option table[] = {
		{"seconds", required_argument, NULL, 's'}, {"seed", required_argument, NULL, 'r'},
		{"devices", required_argument, NULL, 'd'}, {"memory", required_argument, NULL, 'm'},
		{"no-kill", no_argument, NULL, 'k'},       {"only", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		const char *value = optarg ? optarg : "";
		unsigned long number = strtoul(value, NULL, 10);

		if (option == 's')
			stress.seconds = (unsigned)number;
		else if (option == 'r')
			stress.seed = (unsigned)number;
		else if (option == 'd')
			setenv("TERN_DEVICES", value, 1);
		else if (option == 'm')
			stress.flood_bytes = number << 20;
		else if (option == 'k')
			stress.kill = false;
		else if (option == 'o')
			leave_out_others(value);
		else
			return option == 'h' ? -1 : -2;
	}
	return 0;
}

static void *start(void *data)
{
	struct stress_role *role = data;

	role->run(role);
	/* Done roles must not look as if they were stuck. */
	atomic_store(&role->where, NULL);
	return NULL;
}

static bool runs(size_t i)
{
	return !left_out[i] && (stress.kill || roles[i].run != stress_kill);
}

/* Says where everybody is and ends the process: nothing can be joined any more. */
static _Noreturn void stuck(const struct stress_role *role)
{
	fprintf(stderr, "stress: %s has not moved for %.0f s\n", role->name, WATCHDOG_SECONDS);
	for (size_t i = 0; i < ROLES; i++) {
		const char *where = atomic_load(&roles[i].where);

		if (where)
			fprintf(stderr, "stress:   %s (step %lu): %s\n", roles[i].name,
				atomic_load(&roles[i].steps), where);
	}
	fprintf(stderr, "stress: seed %u, process %d\n", stress.seed, (int)getpid());
	/* For a debugger: STRESS_WAIT=1 keeps the process. */
	if (getenv("STRESS_WAIT"))
		pause();
	_exit(1);
}

/* Until @end, and then until all roles are done; no role may stand still for long. */
static void watch(double end)
{
	unsigned long seen[ROLES] = {0};
	double moved[ROLES], now = stress_now();
	bool busy = true;

	for (size_t i = 0; i < ROLES; i++)
		moved[i] = now;
	while (busy) {
		nanosleep(&(struct timespec){0, 100000000}, NULL);
		now = stress_now();
		if (now > end)
			atomic_store(&stress.stop, true);
		busy = false;
		for (size_t i = 0; i < ROLES; i++) {
			unsigned long steps = atomic_load(&roles[i].steps);

			if (!runs(i) || !atomic_load(&roles[i].where))
				continue;
			busy = true;
			if (steps != seen[i])
				moved[i] = now;
			seen[i] = steps;
			if (now - moved[i] > WATCHDOG_SECONDS)
				stuck(&roles[i]);
		}
	}
}

static void report(double seconds)
{
	const struct stress_counts *c = &stress.counts;

	printf("stress: %.1f s, seed %u\n", seconds, stress.seed);
	printf("  heap    %lu allocated, %lu freed, %lu reallocated, %lu moved, %lu advised, "
	       "%lu checked\n",
	       c->allocated, c->freed, c->reallocated, c->remapped, c->advised, c->checked);
	printf("  kernels %lu blocks stolen, %lu migrated, %lu windows of %zu MiB, %lu additions\n",
	       c->stolen, c->migrated, c->windows, stress.flood_bytes >> 20, c->additions);
	for (unsigned i = 0; i < stress.device_count; i++)
		printf("  device  %s: %lu commands done, %lu failed\n", stress.devices[i].name,
		       stress.devices[i].done, stress.devices[i].failed);
	printf("  others  %lu forks, %lu kills\n", c->forks, c->kills);
	printf("  %lu findings\n", c->findings);
}

static void choose_flood(void)
{
	size_t smallest = SIZE_MAX;

	for (unsigned i = 0; i < stress.device_count; i++)
		if (stress.devices[i].memory < smallest)
			smallest = stress.devices[i].memory;
	if (!stress.flood_bytes)
		stress.flood_bytes = smallest < (size_t)256 << 20 ? 4 * smallest : (size_t)1 << 30;
}

int main(int argc, char **argv)
{
	int code = parse(argc, argv);

	if (code) {
		fputs(usage, code == -1 ? stdout : stderr);
		return code == -1 ? 0 : 2;
	}
	setenv("TERN_ACCEL", "mem=64M", 0);
	code = stress_open();
	if (code)
		return code;
	choose_flood();
	stress_heap_init();
	double begin = stress_now();

	for (size_t i = 0; i < ROLES; i++) {
		roles[i].random = (stress.seed + 1) * 2654435761u ^ (uint32_t)(i + 1) * 40503u;
		roles[i].random = roles[i].random ? roles[i].random : 1;
		if (!runs(i))
			continue;
		atomic_store(&roles[i].where, "starting");
		if (pthread_create(&roles[i].thread, NULL, start, &roles[i])) {
			fputs("stress: no thread\n", stderr);
			return 1;
		}
	}
	watch(begin + stress.seconds);
	for (size_t i = 0; i < ROLES; i++)
		if (runs(i))
			pthread_join(roles[i].thread, NULL);
	stress_heap_finish();
	report(stress_now() - begin);
	stress_close();
	return atomic_load(&stress.counts.findings) ? 1 : 0;
}
