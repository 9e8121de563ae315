/* SPDX-License-Identifier: MIT */
/* One fault of either side with its migration, page by page: to be run with TERN_POLICY=demand. */
#include "bench/migration.h"
#include <stdio.h>

#define FLOOR "UFFDIO_COPY+anonymous fault+futex same cpu"
#define TRAP  "a bare userfaultfd fault, threads where the kernel puts them"
#define PAGES 512 /* of a range: one chunk of 2 MiB */

enum step {
	HOST_WRITES,        /* of pages that the device owns */
	DEVICE_READS,       /* of pages that the host owns */
	HOST_WRITES_SHARED, /* of pages that both may read */
	DEVICE_WRITES,      /* of pages that the host owns */
	HOST_READS,         /* of pages that the device owns */
	DEVICE_UPGRADES,    /* writes to pages that both may read */
	STEPS
};

static const struct {
	const char *name;
	double limit;
} steps[STEPS] = {
	[DEVICE_WRITES] = {"fault/device_write", 1.5},
	[DEVICE_READS] = {"fault/device_read", 1.5},
	[DEVICE_UPGRADES] = {"fault/device_write_shared", 1.5},
	[HOST_WRITES] = {"fault/host_write", 2},
	[HOST_READS] = {"fault/host_read", 2},
	[HOST_WRITES_SHARED] = {"fault/host_write_shared", 2},
};

/* Each step leaves what the next needs; the device owns all pages before the first and at the end.
 */
static void cycle(volatile uint8_t *p, uint8_t value, double seconds[STEPS])
{
	seconds[HOST_WRITES] = pages_write_host(p, PAGES, PAGE, value);
	seconds[DEVICE_READS] = pages_read_device(p, PAGES, PAGE);
	pages_check_device(PAGES, value);
	seconds[HOST_WRITES_SHARED] = pages_write_host(p, PAGES, PAGE, value + 1);
	seconds[DEVICE_WRITES] = pages_write_device(p, PAGES, PAGE, value + 2);
	seconds[HOST_READS] = pages_read_host(p, PAGES, PAGE, value + 2);
	seconds[DEVICE_UPGRADES] = pages_write_device(p, PAGES, PAGE, value + 3);
}

/* A range is used again and again: what moves has moved before. */
static void steady_faults(void)
{
	enum { RANGES = 3, WARM = 2, TURNS = 7 };
	struct rounds rounds[STEPS] = {0}, bare[STEPS] = {0};

	for (int range = 0; range < RANGES; range++) {
		volatile uint8_t *p = map_pages(PAGES * PAGE);

		pages_write_host(p, PAGES, PAGE, 0);
		pages_write_device(p, PAGES, PAGE, 0);
		for (int turn = 0; turn < WARM + TURNS; turn++) {
			double seconds[STEPS], before = floor_fault();

			cycle(p, (uint8_t)turn, seconds);
			double floor = (before + floor_fault()) / 2, trap = floor_trap();

			for (int step = 0; turn >= WARM && step < STEPS; step++) {
				rounds_add(&rounds[step], seconds[step], floor);
				rounds_add(&bare[step], seconds[step], trap);
			}
		}
		unmap_pages((void *)(uintptr_t)p, PAGES * PAGE);
	}
	for (int step = 0; step < STEPS; step++)
		rounds_print(&rounds[step], steps[step].name, FLOOR, AT_MOST, steps[step].limit);
	for (int step = 0; step < STEPS; step++) {
		char name[64];

		snprintf(name, sizeof name, "%s_bare", steps[step].name);
		rounds_print(&bare[step], name, TRAP, NO_LIMIT, 0);
	}
}

/* Ranges that no device has seen before. */
static void first_faults(void)
{
	enum { RANGES = 15 };
	struct rounds to = {0}, back = {0};

	for (int range = 0; range < RANGES; range++) {
		volatile uint8_t *p = map_pages(PAGES * PAGE);
		double before = floor_fault();

		pages_write_host(p, PAGES, PAGE, 1);
		double there = pages_write_device(p, PAGES, PAGE, (cl_uchar)range);
		double home = pages_write_host(p, PAGES, PAGE, 1);
		double floor = (before + floor_fault()) / 2;

		rounds_add(&to, there, floor);
		rounds_add(&back, home, floor);
		unmap_pages((void *)(uintptr_t)p, PAGES * PAGE);
	}
	rounds_print(&to, "fault/device_write_first", FLOOR, AT_MOST, 1.5);
	rounds_print(&back, "fault/host_write_first", FLOOR, AT_MOST, 2);
}

void case_faults(void)
{
	if (!target_has("fault", CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
		return;
	pages_prepare();
	steady_faults();
	first_faults();
}
