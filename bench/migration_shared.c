/* SPDX-License-Identifier: MIT */
/* Data that host and kernels share, and kernels on more data than the device has memory. */
#include "bench/migration.h"
#include <stdio.h>
#include <stdlib.h>

#define MIB   ((size_t)1 << 20)
#define WARM  2
#define TURNS 11

static const char source[] =
	"kernel void add(global uint *p) { p[get_global_id(0)] += 1; }\n"
	"kernel void saxpy(global float *y, global const float *x, float a) {\n"
	"  size_t i = get_global_id(0); y[i] += a * x[i]; }\n";

static void die(const char *what)
{
	fprintf(stderr, "bench-migration: wrong data after %s\n", what);
	exit(1);
}

/* The host's part of the shared work, the same as the kernel's. */
static void host_adds(uint32_t *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		p[i] += 1;
	__asm__ volatile("" : : "r"(p) : "memory");
}

/* Kernel and host in turn; seconds for one turn of both. */
static double in_turn(struct target *target, cl_kernel add, void *device, void *host, size_t size)
{
	enum { EACH = 4 };
	double start = bench_now();

	MUST(clSetKernelArgSVMPointer(add, 0, device));
	for (int i = 0; i < EACH; i++) {
		target_run(target, add, size / 4, 0);
		host_adds(host, size / 4);
	}
	return (bench_now() - start) / EACH;
}

static void *svm_zeros(struct target *target, size_t size, cl_svm_mem_flags flags)
{
	const cl_uint zero = 0;
	void *p = clSVMAlloc(target->context, CL_MEM_READ_WRITE | flags, size, 0);

	MUST(p ? CL_SUCCESS : CL_OUT_OF_RESOURCES);
	MUST(clEnqueueSVMMemFill(target->queue, p, &zero, sizeof zero, size, 0, NULL, NULL));
	MUST(clFinish(target->queue));
	return p;
}

static void shared_size(struct target *target, cl_kernel add, size_t size, const char *size_name)
{
	uint32_t *shared = svm_zeros(target, size, CL_MEM_SVM_FINE_GRAIN_BUFFER);
	uint32_t *alone = svm_zeros(target, size, CL_MEM_SVM_FINE_GRAIN_BUFFER);
	uint32_t *alone_host = svm_zeros(target, size, CL_MEM_SVM_FINE_GRAIN_BUFFER);
	uint32_t *coarse = svm_zeros(target, size, 0), *program = calloc(1, size);
	struct rounds same_kind = {0}, own_kind = {0};
	char name[64];

	MUST(program ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY);
	for (int turn = 0; turn < WARM + TURNS; turn++) {
		double measured = in_turn(target, add, shared, shared, size);
		double same = in_turn(target, add, alone, alone_host, size);
		double own = in_turn(target, add, coarse, program, size);

		if (turn < WARM)
			continue;
		rounds_add(&same_kind, measured, same);
		rounds_add(&own_kind, measured, own);
	}
	for (size_t i = 0; i < size / 4; i++)
		if (shared[i] != (WARM + TURNS) * 4 * 2)
			die("sharing");
	snprintf(name, sizeof name, "shared/%s_against_unshared", size_name);
	rounds_print(&same_kind, name, "fine-grained memory of each side", AT_LEAST, 0.95);
	snprintf(name, sizeof name, "shared/%s_against_own", size_name);
	rounds_print(&own_kind, name, "malloc and coarse-grained memory", AT_LEAST, 0.95);
	clSVMFree(target->context, shared);
	clSVMFree(target->context, alone);
	clSVMFree(target->context, alone_host);
	clSVMFree(target->context, coarse);
	free(program);
}

/* 64 MiB and more are beyond most caches: with less, lines that wander between caches are measured,
 * which sharing costs on any machine. */
void case_shared(void)
{
	if (!target_has("shared", CL_DEVICE_SVM_FINE_GRAIN_BUFFER))
		return;
	struct target *target = target_tested();
	cl_kernel add = target_kernel(target, source, "add");

	shared_size(target, add, 1 * MIB, "1MiB");
	shared_size(target, add, 64 * MIB, "64MiB");
}

/* y and x, together @times_4 quarters of the device's memory; each run uses all of them. */
static void oversubscribed(struct target *target, unsigned times_4, struct rounds *out)
{
	enum { RUNS = 6 };
	const size_t each = (size_t)target->memory / 8 * times_4;
	const cl_float a = 0.5f;
	cl_kernel kernel = target_kernel(target, source, "saxpy");
	float *y = map_plain(each), *x = map_plain(each);

	for (size_t i = 0; i < each / sizeof *y; i++) {
		y[i] = 1;
		x[i] = 2;
	}
	MUST(clSetKernelArgSVMPointer(kernel, 0, y));
	MUST(clSetKernelArgSVMPointer(kernel, 1, x));
	MUST(clSetKernelArg(kernel, 2, sizeof a, &a));
	for (int run = 0; run < RUNS; run++) {
		double seconds = target_run(target, kernel, each / sizeof *y, 0);

		if (run >= RUNS / 3)
			rounds_add(out, seconds / (double)(2 * each), 0);
	}
	for (size_t i = 0; i < each / sizeof *y; i++)
		if (y[i] != 1 + RUNS)
			die("oversubscription");
	unmap_pages(y, each);
	unmap_pages(x, each);
	MUST(clReleaseKernel(kernel));
}

/* Seconds for a byte. Half of the device's memory is the base; every page that comes in drives one
 * out above it, so memcpy both ways is what moving alone would cost. */
void case_oversubscribed(void)
{
	static const struct {
		const char *name;
		unsigned times;
	} sizes[] = {{"oversubscribed/1x", 1}, {"oversubscribed/2x", 2}, {"oversubscribed/4x", 4}};
	struct rounds base = {0};
	char name[64];

	if (!target_has("oversubscribed", CL_DEVICE_SVM_FINE_GRAIN_SYSTEM))
		return;
	struct target *target = target_tested();

	if (target->memory > 1024 * MIB) {
		print_skip("oversubscribed", "the device has more than 1 GiB of memory");
		return;
	}
	oversubscribed(target, 2, &base);
	for (unsigned i = 0; i < LENGTH(sizes); i++) {
		struct rounds now = {0}, copies;

		oversubscribed(target, 4 * sizes[i].times, &now);
		copies = now;
		for (unsigned j = 0; j < now.count; j++) {
			now.floor[j] = median(base.measured, base.count);
			copies.floor[j] = 2 * floor_memcpy(64 * MIB) / (double)(64 * MIB);
		}
		rounds_print(&now, sizes[i].name, "half of the memory", NO_LIMIT, 0);
		snprintf(name, sizeof name, "%s_against_copies", sizes[i].name);
		rounds_print(&copies, name, "memcpy in and out", NO_LIMIT, 0);
	}
}
