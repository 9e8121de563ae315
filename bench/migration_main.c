/* SPDX-License-Identifier: MIT */
/* bench-migration: see migration.h. */
#include "bench/migration.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name, *help;
	void (*run)(void);
} cases[] = {
	{"faults", "one fault of either side, page by page", case_faults},
	{"bulk", "clEnqueueSVMMigrateMem there and back", case_bulk},
	{"shared", "fine-grained memory used by host and kernel in turn", case_shared},
	{"mapped", "faults with much memory mapped", case_mapped},
	{"allocations", "faults and launches with many allocations", case_allocations},
	{"round_trip", "an empty kernel and the wait for it", case_round_trip},
	{"enqueue", "in-order commands, beside the cpu device", case_enqueue},
	{"at_rest", "a kernel on resident data, beside the cpu device", case_at_rest},
	{"oversubscribed", "a kernel on more data than the device has memory", case_oversubscribed},
};

static cl_device_type tested = CL_DEVICE_TYPE_ACCELERATOR;

static void open_target(struct target *target, cl_device_id device)
{
	cl_int error;

	target->device = device;
	target->context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	MUST(error);
	target->queue = clCreateCommandQueueWithProperties(target->context, device, NULL, &error);
	MUST(error);
	MUST(clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof target->svm, &target->svm,
			     NULL));
	MUST(clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof target->units,
			     &target->units, NULL));
	MUST(clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof target->memory,
			     &target->memory, NULL));
}

struct target *target_get(cl_device_type type)
{
	static struct target targets[2];
	struct target *target = &targets[type == CL_DEVICE_TYPE_CPU];
	cl_platform_id platform;
	cl_device_id device;

	if (target->device)
		return target;
	if (clGetPlatformIDs(1, &platform, NULL) ||
	    clGetDeviceIDs(platform, type, 1, &device, NULL))
		return NULL;
	open_target(target, device);
	return target;
}

struct target *target_tested(void)
{
	return target_get(tested);
}

bool target_has(const char *name, cl_device_svm_capabilities svm)
{
	struct target *target = target_tested();

	if (!target)
		print_skip(name, "no such device");
	else if ((target->svm & svm) != svm)
		print_skip(name, "the device has not the kind of shared memory");
	else
		return true;
	return false;
}

cl_kernel target_kernel(struct target *target, const char *source, const char *name)
{
	cl_int error;
	cl_program program = clCreateProgramWithSource(target->context, 1, &source, NULL, &error);

	MUST(error);
	MUST(clBuildProgram(program, 1, &target->device, NULL, NULL, NULL));
	cl_kernel kernel = clCreateKernel(program, name, &error);

	MUST(error);
	MUST(clReleaseProgram(program));
	return kernel;
}

double target_run(struct target *target, cl_kernel kernel, size_t global, size_t local)
{
	double start = bench_now();

	MUST(clEnqueueNDRangeKernel(target->queue, kernel, 1, NULL, &global, local ? &local : NULL,
				    0, NULL, NULL));
	MUST(clFinish(target->queue));
	return bench_now() - start;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

double median(const double *values, unsigned count)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, values, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_value);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

void rounds_add(struct rounds *rounds, double measured, double floor)
{
	if (rounds->count == ROUNDS_MAX)
		return;
	rounds->measured[rounds->count] = measured;
	rounds->floor[rounds->count++] = floor;
}

void rounds_print(const struct rounds *rounds, const char *name, const char *floor_name,
		  enum relation relation, double limit)
{
	static const char *const words[] = {"at-most", "at-least", "-"};
	double ratios[ROUNDS_MAX];

	if (!rounds->count)
		return;
	for (unsigned i = 0; i < rounds->count; i++) {
		double floor = rounds->floor[i], measured = rounds->measured[i];

		if (floor <= 0 || measured <= 0) {
			print_skip(name, "its floor cannot be measured here");
			return;
		}
		ratios[i] = relation == AT_LEAST ? floor / measured : measured / floor;
	}
	printf("row\t%s\t%.9g\t%.9g\t%.6g\t%s\t%s\t%g\n", name,
	       median(rounds->measured, rounds->count), median(rounds->floor, rounds->count),
	       median(ratios, rounds->count), floor_name, words[relation], limit);
	fflush(stdout);
}

void print_skip(const char *name, const char *reason)
{
	printf("skip\t%s\t%s\n", name, reason);
	fflush(stdout);
}

static int usage(void)
{
	fputs("usage: bench-migration [--device accelerator|cpu|gpu] CASE...\n", stderr);
	for (unsigned i = 0; i < LENGTH(cases); i++)
		fprintf(stderr, "  %-16s%s\n", cases[i].name, cases[i].help);
	return 2;
}

static bool choose_device(const char *name)
{
	if (!strcmp(name, "accelerator"))
		tested = CL_DEVICE_TYPE_ACCELERATOR;
	else if (!strcmp(name, "cpu"))
		tested = CL_DEVICE_TYPE_CPU;
	else if (!strcmp(name, "gpu"))
		tested = CL_DEVICE_TYPE_GPU;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"device", required_argument, NULL, 'd'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "d:", options, NULL)) != -1)
		if (option != 'd' || !choose_device(optarg))
			return usage();
	if (optind == argc)
		return usage();
	floors_start();
	for (; optind < argc; optind++) {
		unsigned i = 0;

		while (i < LENGTH(cases) && strcmp(cases[i].name, argv[optind]) != 0)
			i++;
		if (i == LENGTH(cases))
			return usage();
		cases[i].run();
	}
	return 0;
}
