/* SPDX-License-Identifier: MIT */
/* Kernels that do not fault: launches, and data at rest. */
#include "bench/migration.h"
#include <stdio.h>
#include <stdlib.h>

#define MIB   ((size_t)1 << 20)
#define WARM  2
#define TURNS 11

static const char source[] =
	"kernel void empty(void) {}\n"
	"kernel void saxpy(global float *y, global const float *x, float a) {\n"
	"  size_t i = get_global_id(0); y[i] += a * x[i]; }\n";

static void die(const char *what)
{
	fprintf(stderr, "bench-migration: wrong data after %s\n", what);
	exit(1);
}

/* Seconds for one enqueue of an empty kernel and the wait for it. */
static double round_trips(struct target *target, cl_kernel empty)
{
	enum { EACH = 500 };
	double start = bench_now();

	for (int i = 0; i < EACH; i++)
		target_run(target, empty, 1, 1);
	return (bench_now() - start) / EACH;
}

void case_round_trip(void)
{
	static const struct {
		const char *name, *floor;
		enum futex_place place;
	} floors[] = {
		{"round_trip/against_same_cpu", "futex, same cpu", FUTEX_SAME_CPU},
		{"round_trip/against_any_cpu", "futex, where the kernel puts them", FUTEX_ANY_CPU},
		{"round_trip/against_other_cpu", "futex, two cpus", FUTEX_OTHER_CPU},
	};
	struct rounds rounds[LENGTH(floors)] = {0};

	if (!target_has("round_trip", 0))
		return;
	struct target *target = target_tested();
	cl_kernel empty = target_kernel(target, source, "empty");

	for (int turn = 0; turn < WARM + 2 * TURNS; turn++) {
		double measured = round_trips(target, empty);

		for (unsigned i = 0; i < LENGTH(floors); i++) {
			double floor = floor_futex(floors[i].place);

			if (turn >= WARM)
				rounds_add(&rounds[i], measured, floor);
		}
	}
	for (unsigned i = 0; i < LENGTH(floors); i++)
		rounds_print(&rounds[i], floors[i].name, floors[i].floor, AT_MOST, 2);
}

/* Seconds for one command; *@finished counts up to the end of the last one. */
static double enqueue_many(struct target *target, cl_kernel empty, double *finished)
{
	enum { COMMANDS = 10000 };
	const size_t one = 1;
	double start = bench_now();

	for (int i = 0; i < COMMANDS; i++)
		MUST(clEnqueueNDRangeKernel(target->queue, empty, 1, NULL, &one, &one, 0, NULL,
					    NULL));
	double enqueued = (bench_now() - start) / COMMANDS;

	MUST(clFinish(target->queue));
	*finished = (bench_now() - start) / COMMANDS;
	return enqueued;
}

/* Both devices, or false and a skip line. */
static bool two_targets(const char *name, struct target **tested, struct target **cpu)
{
	if (!target_has(name, 0))
		return false;
	*tested = target_tested();
	*cpu = target_get(CL_DEVICE_TYPE_CPU);
	if (!*cpu || *cpu == *tested) {
		print_skip(name, "no cpu device to compare with");
		return false;
	}
	return true;
}

void case_enqueue(void)
{
	struct target *tested, *cpu;
	struct rounds calls = {0}, all = {0};

	if (!two_targets("enqueue", &tested, &cpu))
		return;
	cl_kernel empty = target_kernel(tested, source, "empty");
	cl_kernel cpu_empty = target_kernel(cpu, source, "empty");

	for (int turn = 0; turn < WARM + TURNS; turn++) {
		double finished, cpu_finished;
		double enqueued = enqueue_many(tested, empty, &finished);
		double cpu_enqueued = enqueue_many(cpu, cpu_empty, &cpu_finished);

		if (turn < WARM)
			continue;
		rounds_add(&calls, enqueued, cpu_enqueued);
		rounds_add(&all, finished, cpu_finished);
	}
	rounds_print(&calls, "enqueue/in_order", "the cpu device", NO_LIMIT, 0);
	rounds_print(&all, "enqueue/in_order_and_finish", "the cpu device", NO_LIMIT, 0);
}

/* saxpy's two buffers, made and filled by the device. */
struct saxpy {
	cl_kernel kernel;
	cl_mem y, x;
	size_t count;
};

static void saxpy_make(struct target *target, size_t count, struct saxpy *out)
{
	const cl_float a = 0.5f, one = 1, two = 2;
	const size_t size = count * sizeof(cl_float);
	cl_int error;

	out->count = count;
	out->kernel = target_kernel(target, source, "saxpy");
	out->y = clCreateBuffer(target->context, 0, size, NULL, &error);
	MUST(error);
	out->x = clCreateBuffer(target->context, 0, size, NULL, &error);
	MUST(error);
	MUST(clEnqueueFillBuffer(target->queue, out->y, &one, sizeof one, 0, size, 0, NULL, NULL));
	MUST(clEnqueueFillBuffer(target->queue, out->x, &two, sizeof two, 0, size, 0, NULL, NULL));
	MUST(clFinish(target->queue));
	MUST(clSetKernelArg(out->kernel, 0, sizeof out->y, &out->y));
	MUST(clSetKernelArg(out->kernel, 1, sizeof out->x, &out->x));
	MUST(clSetKernelArg(out->kernel, 2, sizeof a, &a));
}

/* Each of the @runs has added 1. */
static void saxpy_end(struct target *target, struct saxpy *saxpy, unsigned runs)
{
	const size_t last = (saxpy->count - 1) * sizeof(cl_float);
	cl_float got = 0;

	MUST(clEnqueueReadBuffer(target->queue, saxpy->y, CL_TRUE, last, sizeof got, &got, 0, NULL,
				 NULL));
	if (got != (cl_float)(1 + runs))
		die("saxpy");
	MUST(clReleaseMemObject(saxpy->y));
	MUST(clReleaseMemObject(saxpy->x));
	MUST(clReleaseKernel(saxpy->kernel));
}

void case_at_rest(void)
{
	struct target *tested, *cpu;
	struct saxpy ours, theirs;
	struct rounds rounds = {0};
	char floor[64];

	if (!two_targets("at_rest", &tested, &cpu))
		return;
	saxpy_make(tested, 4 * MIB, &ours);
	saxpy_make(cpu, 4 * MIB, &theirs);
	for (int turn = 0; turn < WARM + 2 * TURNS; turn++) {
		double measured = target_run(tested, ours.kernel, ours.count, 0);
		double floor_time = target_run(cpu, theirs.kernel, theirs.count, 0);

		if (turn >= WARM)
			rounds_add(&rounds, measured, floor_time);
	}
	saxpy_end(tested, &ours, WARM + 2 * TURNS);
	saxpy_end(cpu, &theirs, WARM + 2 * TURNS);
	snprintf(floor, sizeof floor, "the cpu device (%u units to %u)", tested->units, cpu->units);
	rounds_print(&rounds, "at_rest/saxpy_2x16MiB", floor, NO_LIMIT, 0);
}
