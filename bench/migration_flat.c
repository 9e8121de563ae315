/* SPDX-License-Identifier: MIT */
/* Whether a fault's cost depends on how much the program has mapped or allocated. */
#include "bench/migration.h"
#include <stdio.h>
#include <stdlib.h>

#define FEW_PAGES 256 /* that fault in each measurement: 1 MiB */
#define FLAT      1.3 /* what counts as flat: noise on a busy machine is 10 to 20 % */

/* To the device and back, FEW_PAGES pages at @stride, seconds for one fault; the first two turns do
 * not count. The floor of each round is the base's figure of the same round, or 0. */
struct there_and_back {
	struct rounds to, back;
};

static void fault_there_and_back(volatile uint8_t *p, size_t stride, struct there_and_back *out)
{
	enum { WARM = 2, TURNS = 11 };

	*out = (struct there_and_back){0};
	pages_write_host(p, FEW_PAGES, stride, 0);
	for (int turn = 0; turn < WARM + TURNS; turn++) {
		double to = pages_write_device(p, FEW_PAGES, stride, (cl_uchar)turn);
		double back = pages_write_host(p, FEW_PAGES, stride, (uint8_t)turn);

		if (turn < WARM)
			continue;
		rounds_add(&out->to, to, 0);
		rounds_add(&out->back, back, 0);
	}
}

/* @rounds against @base, figure by figure. */
static void print_flat(const struct rounds *rounds, const struct rounds *base, const char *what,
		       const char *size, const char *floor_name)
{
	struct rounds both = *rounds;
	char name[96];

	for (unsigned i = 0; i < both.count; i++)
		both.floor[i] = base->floor[i] > 0 ? base->floor[i] : base->measured[i];
	snprintf(name, sizeof name, "%s_%s", what, size);
	rounds_print(&both, name, floor_name, AT_MOST, FLAT);
}

static void print_flat_pair(const struct there_and_back *now, const struct there_and_back *base,
			    const char *what, const char *size, const char *floor_name)
{
	char name[64];

	snprintf(name, sizeof name, "%s/device", what);
	print_flat(&now->to, &base->to, name, size, floor_name);
	snprintf(name, sizeof name, "%s/host", what);
	print_flat(&now->back, &base->back, name, size, floor_name);
}

static const struct {
	const char *name;
	size_t bytes;
} mapped[] = {
	{"1MiB", (size_t)1 << 20},
	{"64MiB", (size_t)64 << 20},
	{"1GiB", (size_t)1 << 30},
	{"16GiB", (size_t)16 << 30},
};

/* beside: faults in 1 MiB while a page of each 2 MiB of the rest is on the device; spread: faults
 * that lie evenly in all of the memory. The base, 1 MiB, is measured again beside each. */
void case_mapped(void)
{
	struct there_and_back now, base;

	if (!target_has("mapped", CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
		return;
	pages_prepare();
	volatile uint8_t *few = map_pages(FEW_PAGES * PAGE);

	for (unsigned i = 0; i < LENGTH(mapped); i++) {
		size_t bytes = mapped[i].bytes, chunk = (size_t)2 << 20;
		size_t chunks = bytes / chunk ? bytes / chunk : 1;

		fault_there_and_back(few, PAGE, &base);
		volatile uint8_t *all = map_pages(bytes);

		pages_write_host(all, chunks, chunk, 0);
		pages_write_device(all, chunks, chunk, 0);
		fault_there_and_back(few, PAGE, &now);
		print_flat_pair(&now, &base, "mapped_beside", mapped[i].name,
				"nothing else mapped");
		fault_there_and_back(all, bytes / FEW_PAGES, &now);
		print_flat_pair(&now, &base, "mapped_spread", mapped[i].name, "1 MiB");
		unmap_pages((void *)(uintptr_t)all, bytes);
	}
	unmap_pages((void *)(uintptr_t)few, FEW_PAGES * PAGE);
}

/* Empty kernels' round trips, for the cost of a launch. */
static void launches(struct rounds *out)
{
	enum { WARM = 2, TURNS = 11, EACH = 100 };

	out->count = 0;
	for (int turn = 0; turn < WARM + TURNS; turn++) {
		double start = bench_now();

		for (int i = 0; i < EACH; i++)
			target_run(pages_kernels.target, pages_kernels.empty, 1, 1);
		if (turn >= WARM)
			rounds_add(out, (bench_now() - start) / EACH, 0);
	}
}

static void *allocate(bool svm)
{
	void *p = svm ? clSVMAlloc(pages_kernels.target->context, CL_MEM_READ_WRITE, 64, 0)
		      : malloc(64);

	MUST(p ? CL_SUCCESS : CL_OUT_OF_RESOURCES);
	*(volatile char *)p = 1;
	return p;
}

static void measure_among(volatile uint8_t *few, size_t count, bool svm, const char *size)
{
	struct there_and_back now, base;
	struct rounds launch, base_launch;
	const char *what = svm ? "among_clSVMAlloc" : "among_malloc";
	void **all = malloc(count * sizeof *all);
	char name[64];

	MUST(all ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY);
	fault_there_and_back(few, PAGE, &base);
	launches(&base_launch);
	for (size_t i = 0; i < count; i++)
		all[i] = allocate(svm);
	fault_there_and_back(few, PAGE, &now);
	launches(&launch);
	print_flat_pair(&now, &base, what, size, "no allocation");
	snprintf(name, sizeof name, "%s/launch", what);
	print_flat(&launch, &base_launch, name, size, "no allocation");
	for (size_t i = 0; i < count; i++) {
		if (svm)
			clSVMFree(pages_kernels.target->context, all[i]);
		else
			free(all[i]);
	}
	free(all);
}

void case_allocations(void)
{
	static const struct {
		const char *name;
		size_t count;
	} counts[] = {{"1", 1}, {"1000", 1000}, {"100000", 100000}, {"1000000", 1000000}};

	if (!target_has("allocations", CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
		return;
	pages_prepare();
	volatile uint8_t *few = map_pages(FEW_PAGES * PAGE);

	for (unsigned i = 0; i < LENGTH(counts); i++) {
		measure_among(few, counts[i].count, false, counts[i].name);
		measure_among(few, counts[i].count, true, counts[i].name);
	}
	unmap_pages((void *)(uintptr_t)few, FEW_PAGES * PAGE);
}
