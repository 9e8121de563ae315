/* SPDX-License-Identifier: MIT */
/*
 * bench-policies WORKLOAD [REPEATS]: one kind of program on a device with its own memory, for
 * comparisons of migration policies, which a process chooses once; bench/policies runs the matrix.
 * Prints a line of words separated by tabs for each repetition, the first one not counted:
 *	run SECONDS FAULTS PAGES-IN PAGES-OUT EVICTED DEFERRED LINK-SECONDS
 * All memory is plain malloc(). Wrong data ends the program.
 */
#include "bench/policies.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	void (*run)(void);
} workloads[] = {
	{"saxpy", work_saxpy},         {"list", work_list},       {"gather", work_gather},
	{"sparse", work_sparse},       {"stencil", work_stencil}, {"cyclic", work_cyclic},
	{"contended", work_contended}, {"between", work_between}, {"handover", work_handover},
};

static double started, seconds;
static struct cl_svm_statistics_tern before, after;

static void statistics(struct cl_svm_statistics_tern *out)
{
	static clGetSVMStatisticsTERN_fn get;
	cl_platform_id platform;

	if (!get) {
		MUST(clGetPlatformIDs(1, &platform, NULL));
		get = (clGetSVMStatisticsTERN_fn)clGetExtensionFunctionAddressForPlatform(
			platform, "clGetSVMStatisticsTERN");
	}
	memset(out, 0, sizeof *out);
	if (get)
		MUST(get(bench_device(), NULL, 0, sizeof *out, out));
}

void work_starts(void)
{
	statistics(&before);
	started = bench_now();
}

void work_ends(void)
{
	seconds = bench_now() - started;
	statistics(&after);
}

void work_check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "bench-policies: wrong data: %s\n", what);
	exit(1);
}

void *work_memory(size_t bytes)
{
	void *p = malloc(bytes);

	if (!p) {
		perror("bench-policies");
		exit(1);
	}
	return p;
}

void work_pointer(cl_kernel kernel, cl_uint index, const void *pointer)
{
	MUST(clSetKernelArgSVMPointer(kernel, index, pointer));
}

void work_kernel(cl_kernel kernel, size_t global)
{
	cl_bool all = CL_TRUE;

	MUST(clSetKernelExecInfo(kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM, sizeof all,
				 &all));
	MUST(clEnqueueNDRangeKernel(bench_queue(), kernel, 1, NULL, &global, NULL, 0, NULL, NULL));
	MUST(clFlush(bench_queue()));
}

void work_wait(void)
{
	MUST(clFinish(bench_queue()));
}

static void print(void)
{
	cl_ulong faults = after.device_read_faults + after.device_write_faults +
			  after.host_read_faults + after.host_write_faults -
			  before.device_read_faults - before.device_write_faults -
			  before.host_read_faults - before.host_write_faults;

	printf("run\t%.9f\t%llu\t%llu\t%llu\t%llu\t%llu\t%.9f\n", seconds,
	       (unsigned long long)faults,
	       (unsigned long long)(after.pages_to_device - before.pages_to_device +
				    after.pages_zeroed - before.pages_zeroed),
	       (unsigned long long)(after.pages_to_host - before.pages_to_host),
	       (unsigned long long)(after.pages_evicted - before.pages_evicted),
	       (unsigned long long)(after.faults_deferred - before.faults_deferred),
	       (double)(after.link_ns - before.link_ns) * 1e-9);
}

static bool can_share(void)
{
	cl_device_svm_capabilities svm = 0;

	MUST(clGetDeviceInfo(bench_device(), CL_DEVICE_SVM_CAPABILITIES, sizeof svm, &svm, NULL));
	return svm & CL_DEVICE_SVM_FINE_GRAIN_SYSTEM;
}

int main(int argc, char **argv)
{
	int repeats = argc > 2 ? atoi(argv[2]) : 3;

	for (unsigned i = 0; argc > 1 && i < LENGTH(workloads); i++) {
		if (strcmp(workloads[i].name, argv[1]) != 0)
			continue;
		if (!can_share()) {
			puts("skip\tthe device cannot reach all of the program's memory");
			return 77;
		}
		workloads[i].run();
		for (int n = 0; n < repeats; n++) {
			workloads[i].run();
			print();
		}
		return 0;
	}
	fputs("usage: bench-policies WORKLOAD [REPEATS]\n", stderr);
	for (unsigned i = 0; i < LENGTH(workloads); i++)
		fprintf(stderr, "\t%s\n", workloads[i].name);
	return 1;
}
