/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"
#include <stdlib.h>
#include <string.h>

/* Memory that has been touched, or NULL and an error in @bench. */
static void *host_memory(struct bench *bench, size_t size)
{
	bench_queue();
	void *memory = aligned_alloc(4096, (size + 4095) & ~(size_t)4095);

	if (!memory) {
		bench_error(bench, "no memory");
		return NULL;
	}
	memset(memory, 1, size);
	return memory;
}

static void transfer(struct bench *bench, size_t size, bool write)
{
	void *host = host_memory(bench, size);

	if (!host)
		return;
	cl_mem mem = bench_new_buffer(size, host);

	while (bench_next(bench))
		MUST(write ? clEnqueueWriteBuffer(bench_queue(), mem, CL_TRUE, 0, size, host, 0,
						  NULL, NULL)
			   : clEnqueueReadBuffer(bench_queue(), mem, CL_TRUE, 0, size, host, 0,
						 NULL, NULL));
	bench_bytes(bench, (double)size);
	MUST(clReleaseMemObject(mem));
	free(host);
}

static void read_buffer(struct bench *bench, int64_t bytes)
{
	transfer(bench, (size_t)bytes, false);
}

static void write_buffer(struct bench *bench, int64_t bytes)
{
	transfer(bench, (size_t)bytes, true);
}

static void copy_buffer(struct bench *bench, int64_t bytes)
{
	size_t size = (size_t)bytes;
	void *host = host_memory(bench, size);

	if (!host)
		return;
	cl_mem from = bench_new_buffer(size, host), to = bench_new_buffer(size, host);

	while (bench_next(bench)) {
		MUST(clEnqueueCopyBuffer(bench_queue(), from, to, 0, 0, size, 0, NULL, NULL));
		MUST(clFinish(bench_queue()));
	}
	bench_bytes(bench, (double)size);
	MUST(clReleaseMemObject(from));
	MUST(clReleaseMemObject(to));
	free(host);
}

static void fill_buffer(struct bench *bench, int64_t bytes)
{
	size_t size = (size_t)bytes;
	cl_mem mem = bench_new_buffer(size, NULL);
	const cl_int pattern = 42;

	bench_queue();
	while (bench_next(bench)) {
		MUST(clEnqueueFillBuffer(bench_queue(), mem, &pattern, sizeof pattern, 0, size, 0,
					 NULL, NULL));
		MUST(clFinish(bench_queue()));
	}
	bench_bytes(bench, (double)size);
	MUST(clReleaseMemObject(mem));
}

static void map_and_unmap(struct bench *bench, int64_t bytes)
{
	size_t size = (size_t)bytes;
	cl_mem mem = bench_new_buffer(size, NULL);

	bench_queue();
	while (bench_next(bench)) {
		cl_int error;
		void *mapped =
			clEnqueueMapBuffer(bench_queue(), mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE,
					   0, size, 0, NULL, NULL, &error);

		MUST(error);
		MUST(clEnqueueUnmapMemObject(bench_queue(), mem, mapped, 0, NULL, NULL));
		MUST(clFinish(bench_queue()));
	}
	MUST(clReleaseMemObject(mem));
}

static void create_buffer(struct bench *bench, int64_t bytes)
{
	bench_context();
	while (bench_next(bench))
		MUST(clReleaseMemObject(bench_new_buffer((size_t)bytes, NULL)));
}

static bool has_svm(struct bench *bench)
{
	cl_ulong svm = 0;

	MUST(clGetDeviceInfo(bench_device(), CL_DEVICE_SVM_CAPABILITIES, sizeof svm, &svm, NULL));
	if (!svm)
		bench_error(bench, "no shared virtual memory");
	return svm != 0;
}

static void svm_allocate(struct bench *bench, int64_t bytes)
{
	if (!has_svm(bench))
		return;
	while (bench_next(bench)) {
		void *memory = clSVMAlloc(bench_context(), CL_MEM_READ_WRITE, (size_t)bytes, 0);

		MUST(memory ? CL_SUCCESS : CL_OUT_OF_RESOURCES);
		clSVMFree(bench_context(), memory);
	}
}

/* With 10,000 others alive. */
static void svm_allocate_among_many(struct bench *bench, int64_t count)
{
	void **others = calloc((size_t)count, sizeof *others);

	if (!others || !has_svm(bench)) {
		free(others);
		return;
	}
	for (int64_t i = 0; i < count; i++)
		others[i] = clSVMAlloc(bench_context(), CL_MEM_READ_WRITE, 4096, 0);
	svm_allocate(bench, 4096);
	for (int64_t i = 0; i < count; i++)
		clSVMFree(bench_context(), others[i]);
	free(others);
}

void bench_add_memory(void)
{
	bench_add("memory/read_64B", read_buffer, 64, 0);
	bench_add("memory/read_64MiB", read_buffer, 64 << 20, 0);
	bench_add("memory/write_64B", write_buffer, 64, 0);
	bench_add("memory/write_64MiB", write_buffer, 64 << 20, 0);
	bench_add("memory/copy_64MiB", copy_buffer, 64 << 20, 0);
	bench_add("memory/fill_64MiB", fill_buffer, 64 << 20, 0);
	bench_add("memory/map_unmap_4KiB", map_and_unmap, 4096, 0);
	bench_add("memory/map_unmap_64MiB", map_and_unmap, 64 << 20, 0);
	bench_add("memory/create_buffer_4KiB", create_buffer, 4096, 0);
	bench_add("memory/create_buffer_64MiB", create_buffer, 64 << 20, 0);
	bench_add("memory/svm_alloc_4KiB", svm_allocate, 4096, 0);
	bench_add("memory/svm_alloc_64MiB", svm_allocate, 64 << 20, 0);
	bench_add("memory/svm_alloc_among_10000", svm_allocate_among_many, 10000, 0);
}
