/* SPDX-License-Identifier: MIT */
/* Explicit migration. */
#include "bench/migration.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB   ((size_t)1 << 20)
#define WORDS (PAGE / sizeof(uint32_t)) /* of a page */

static const char source[] =
	"kernel void touch(global uint *p) { p[get_global_id(0) * 1024] += 1; }\n";

struct area {
	const char *kind, *size_name;
	uint32_t *memory;
	size_t size;
	bool coarse; /* has to be mapped before the host may look at it */
};

static double migrate(struct target *target, const struct area *area, bool home)
{
	const void *p = area->memory;
	double start = bench_now();

	MUST(clEnqueueSVMMigrateMem(target->queue, 1, &p, &area->size,
				    home ? CL_MIGRATE_MEM_OBJECT_HOST : 0, 0, NULL, NULL));
	MUST(clFinish(target->queue));
	return bench_now() - start;
}

/* The host adds 1 to the first word of each page; they must have been @expected. */
static void host_touches(struct target *target, const struct area *area, uint32_t expected)
{
	if (area->coarse)
		MUST(clEnqueueSVMMap(target->queue, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE,
				     area->memory, area->size, 0, NULL, NULL));
	for (size_t i = 0; i < area->size / sizeof *area->memory; i += WORDS)
		if (area->memory[i]++ != expected) {
			fprintf(stderr, "bench-migration: wrong data after migration\n");
			exit(1);
		}
	if (area->coarse) {
		MUST(clEnqueueSVMUnmap(target->queue, area->memory, 0, NULL, NULL));
		MUST(clFinish(target->queue));
	}
}

static void print(const struct rounds *rounds, const struct area *area, const char *what,
		  const char *floor, enum relation relation, double limit)
{
	char name[96];

	snprintf(name, sizeof name, "bulk/%s_%s_%s", area->kind, what, area->size_name);
	rounds_print(rounds, name, floor, relation, limit);
}

/* Both sides change a word of each page in between, so that no copy can be left out; that does not
 * count, nor do the first two rounds. */
static void bulk(struct target *target, cl_kernel touch, const struct area *area)
{
	enum { WARM = 2 };
	const uint32_t rounds = area->size > 64 * MIB ? 5 : 11;
	struct rounds to = {0}, back = {0}, touched = {0};

	MUST(clSetKernelArgSVMPointer(touch, 0, area->memory));
	for (uint32_t round = 0; round < WARM + rounds; round++) {
		host_touches(target, area, 3 * round);
		double there = migrate(target, area, false);
		double first = target_run(target, touch, area->size / PAGE, 0);
		double second = target_run(target, touch, area->size / PAGE, 0);
		double home = migrate(target, area, true);
		double floor = (floor_memcpy(area->size) + floor_memcpy(area->size)) / 2;

		if (round < WARM)
			continue;
		rounds_add(&to, there, floor);
		rounds_add(&back, home, floor);
		rounds_add(&touched, first, second);
	}
	host_touches(target, area, 3 * (WARM + rounds));
	print(&to, area, "to_device", "memcpy", AT_LEAST, 0.6);
	print(&back, area, "back", "memcpy", AT_LEAST, 0.6);
	print(&touched, area, "kernel_after", "the same kernel once more", NO_LIMIT, 0);
}

static void bulk_program(struct target *target, cl_kernel touch, struct area area)
{
	area.kind = "program";
	area.memory = map_plain(area.size);
	memset(area.memory, 0, area.size);
	bulk(target, touch, &area);
	unmap_pages(area.memory, area.size);
}

static void bulk_coarse(struct target *target, cl_kernel touch, struct area area)
{
	const cl_uint zero = 0;

	area.kind = "coarse";
	area.coarse = true;
	area.memory = clSVMAlloc(target->context, CL_MEM_READ_WRITE, area.size, 0);
	if (!area.memory) {
		print_skip("bulk/coarse", "clSVMAlloc failed");
		return;
	}
	MUST(clEnqueueSVMMemFill(target->queue, area.memory, &zero, sizeof zero, area.size, 0, NULL,
				 NULL));
	MUST(clFinish(target->queue));
	bulk(target, touch, &area);
	clSVMFree(target->context, area.memory);
}

void case_bulk(void)
{
	static const struct {
		const char *name;
		size_t size;
	} sizes[] = {{"8MiB", 8 * MIB}, {"64MiB", 64 * MIB}, {"256MiB", 256 * MIB}};

	if (!target_has("bulk", CL_DEVICE_SVM_COARSE_GRAIN_BUFFER))
		return;
	struct target *target = target_tested();
	cl_kernel touch = target_kernel(target, source, "touch");

	for (unsigned i = 0; i < LENGTH(sizes); i++) {
		struct area area = {.size_name = sizes[i].name, .size = sizes[i].size};

		if (target->svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM)
			bulk_program(target, touch, area);
		bulk_coarse(target, touch, area);
	}
}
