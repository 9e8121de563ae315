/* SPDX-License-Identifier: MIT */
/* Memory of any kind of SVM, and commands that use it. */
#include "bench/lab/work.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCKS = 64, KERNELS = 32, ITEMS = 256 };

static enum work_svm kind;
static struct {
	void *start;
	size_t bytes;
	bool mapped;
} blocks[BLOCKS];

static void skip(const char *why)
{
	fprintf(stderr, "tern-lab-work: skipped: %s\n", why);
	exit(77);
}

void work_choose_svm(enum work_svm svm)
{
	static const struct {
		cl_device_svm_capabilities needed;
		const char *why;
	} kinds[] = {
		{CL_DEVICE_SVM_FINE_GRAIN_SYSTEM,
		 "the device has no fine-grained system SVM (--svm coarse does without)"},
		{CL_DEVICE_SVM_FINE_GRAIN_BUFFER, "the device has no fine-grained buffer SVM"},
		{CL_DEVICE_SVM_COARSE_GRAIN_BUFFER, "the device has no SVM"},
	};
	cl_device_svm_capabilities have = 0;

	if (clGetDeviceInfo(bench_device(), CL_DEVICE_SVM_CAPABILITIES, sizeof have, &have, NULL))
		have = 0; /* OpenCL 1 */
	if (!(have & kinds[svm].needed))
		skip(kinds[svm].why);
	kind = svm;
}

bool work_shares(void)
{
	cl_device_svm_capabilities have = 0;

	MUST(clGetDeviceInfo(bench_device(), CL_DEVICE_SVM_CAPABILITIES, sizeof have, &have, NULL));
	return kind != WORK_COARSE && (have & CL_DEVICE_SVM_ATOMICS);
}

void work_must_share(void)
{
	if (!work_shares())
		skip("host and device cannot use this memory at once");
}

size_t work_device_bytes(void)
{
	size_t host = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
	cl_ulong bytes = 0;

	MUST(clGetDeviceInfo(bench_device(), CL_DEVICE_GLOBAL_MEM_SIZE, sizeof bytes, &bytes,
			     NULL));
	return work_least(bytes, host / 4);
}

static unsigned block_of(const void *p)
{
	for (unsigned i = 0; i < BLOCKS; i++)
		if (blocks[i].start == p)
			return i;
	fputs("tern-lab-work: a workload has too many blocks, or frees what is none\n", stderr);
	exit(1);
}

static void *allocate(size_t bytes)
{
	cl_svm_mem_flags flags = CL_MEM_READ_WRITE;

	if (kind == WORK_SYSTEM)
		return malloc(bytes);
	if (kind == WORK_FINE)
		flags |= CL_MEM_SVM_FINE_GRAIN_BUFFER;
	if (kind == WORK_FINE && work_shares())
		flags |= CL_MEM_SVM_ATOMICS;
	return clSVMAlloc(bench_context(), flags, bytes, 0);
}

void *work_memory(size_t bytes)
{
	unsigned i = block_of(NULL);
	void *p = allocate(bytes);

	if (!p) {
		fprintf(stderr, "tern-lab-work: no memory of %zu bytes\n", bytes);
		exit(1);
	}
	blocks[i].start = p;
	blocks[i].bytes = bytes;
	blocks[i].mapped = false;
	work_host(p);
	return p;
}

void *work_plain(size_t bytes)
{
	void *p = calloc(1, bytes);

	if (!p) {
		fprintf(stderr, "tern-lab-work: no memory of %zu bytes\n", bytes);
		exit(1);
	}
	return p;
}

void work_host(void *p)
{
	unsigned i = block_of(p);

	if (kind != WORK_COARSE || blocks[i].mapped)
		return;
	MUST(clEnqueueSVMMap(bench_queue(), CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, p, blocks[i].bytes,
			     0, NULL, NULL));
	blocks[i].mapped = true;
}

void work_device(void *p)
{
	unsigned i = block_of(p);

	if (!blocks[i].mapped)
		return;
	MUST(clEnqueueSVMUnmap(bench_queue(), p, 0, NULL, NULL));
	blocks[i].mapped = false;
}

void work_free(void *p)
{
	unsigned i = block_of(p);

	work_device(p);
	work_wait();
	if (kind == WORK_SYSTEM)
		free(p);
	else
		clSVMFree(bench_context(), p);
	blocks[i].start = NULL;
}

/* ---- commands ---- */

static bool has_c3(void)
{
	char version[64] = "";

	MUST(clGetDeviceInfo(bench_device(), CL_DEVICE_OPENCL_C_VERSION, sizeof version, version,
			     NULL));
	return !strncmp(version, "OpenCL C 3", strlen("OpenCL C 3"));
}

static void compile(cl_program program, cl_device_id device)
{
	static char log[4096];
	char options[64];

	snprintf(options, sizeof options, "-cl-std=%s%s", has_c3() ? "CL3.0" : "CL2.0",
		 work_shares() ? " -DSHARED" : "");
	cl_int error = clBuildProgram(program, 1, &device, options, NULL, NULL);
	if (error) {
		(void)clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof log, log,
					    NULL);
		fprintf(stderr, "%s\n", log);
	}
	bench_must(error, "clBuildProgram");
}

static cl_kernel build(const char *text, const char *name)
{
	cl_int error;
	cl_program program = clCreateProgramWithSource(bench_context(), 1, &text, NULL, &error);

	MUST(error);
	compile(program, bench_device());
	cl_kernel kernel = clCreateKernel(program, name, &error);
	MUST(error);
	MUST(clReleaseProgram(program));
	return kernel;
}

cl_kernel work_kernel(const char *text, const char *name)
{
	static struct {
		const char *text, *name;
		cl_kernel kernel;
	} made[KERNELS];
	cl_bool all = CL_TRUE;
	unsigned i = 0;

	for (; i < KERNELS && made[i].text; i++)
		if (made[i].text == text && !strcmp(made[i].name, name))
			return made[i].kernel;
	work_check(i < KERNELS, "too many kernels");
	made[i].text = text;
	made[i].name = name;
	made[i].kernel = build(text, name);
	if (kind == WORK_SYSTEM)
		MUST(clSetKernelExecInfo(made[i].kernel, CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM,
					 sizeof all, &all));
	return made[i].kernel;
}

void work_pointer(cl_kernel kernel, cl_uint index, const void *pointer)
{
	MUST(clSetKernelArgSVMPointer(kernel, index, pointer));
}

void work_uint(cl_kernel kernel, cl_uint index, cl_uint value)
{
	MUST(clSetKernelArg(kernel, index, sizeof value, &value));
}

void work_run(cl_kernel kernel, size_t first, size_t count)
{
	MUST(clEnqueueNDRangeKernel(bench_queue(), kernel, 1, &first, &count, NULL, 0, NULL, NULL));
	MUST(clFlush(bench_queue()));
}

void work_slices(cl_kernel kernel, size_t count, unsigned slices)
{
	size_t step = (count / slices + ITEMS - 1) / ITEMS * ITEMS;

	for (size_t first = 0; first < count; first += step)
		work_run(kernel, first, work_least(step, count - first));
}

void work_wait(void)
{
	MUST(clFinish(bench_queue()));
}
