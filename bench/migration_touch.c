/* SPDX-License-Identifier: MIT */
/* Host and device touch pages in turn. */
#include "bench/migration.h"
#include <stdio.h>
#include <stdlib.h>

/* One work-item: each fault waits for the one before. */
static const char source[] =
	"kernel void write_pages(global uchar *p, ulong pages, ulong stride, uchar value) {\n"
	"  for (ulong i = 0; i < pages; i++) p[i * stride] = value + (uchar)i; }\n"
	"kernel void read_pages(global const volatile uchar *p, ulong pages, ulong stride,\n"
	"                       global uint *out) {\n"
	"  uint sum = 0;\n"
	"  for (ulong i = 0; i < pages; i++) sum += p[i * stride];\n"
	"  *out = sum; }\n"
	"kernel void empty(void) {}\n";

struct pages_kernels pages_kernels;

static cl_mem sum_buffer;

void pages_prepare(void)
{
	struct target *target = target_tested();
	cl_int error;

	if (pages_kernels.target)
		return;
	pages_kernels.target = target;
	pages_kernels.write = target_kernel(target, source, "write_pages");
	pages_kernels.read = target_kernel(target, source, "read_pages");
	pages_kernels.empty = target_kernel(target, source, "empty");
	sum_buffer = clCreateBuffer(target->context, 0, sizeof(cl_uint), NULL, &error);
	MUST(error);
	MUST(clSetKernelArg(pages_kernels.read, 3, sizeof sum_buffer, &sum_buffer));
}

static void set_range(cl_kernel kernel, const volatile void *p, cl_ulong pages, cl_ulong stride)
{
	MUST(clSetKernelArgSVMPointer(kernel, 0, (const void *)(uintptr_t)p));
	MUST(clSetKernelArg(kernel, 1, sizeof pages, &pages));
	MUST(clSetKernelArg(kernel, 2, sizeof stride, &stride));
}

double pages_write_device(volatile uint8_t *p, size_t pages, size_t stride, cl_uchar value)
{
	set_range(pages_kernels.write, p, pages, stride);
	MUST(clSetKernelArg(pages_kernels.write, 3, sizeof value, &value));
	return target_run(pages_kernels.target, pages_kernels.write, 1, 1) / (double)pages;
}

double pages_read_device(volatile uint8_t *p, size_t pages, size_t stride)
{
	set_range(pages_kernels.read, p, pages, stride);
	return target_run(pages_kernels.target, pages_kernels.read, 1, 1) / (double)pages;
}

double pages_write_host(volatile uint8_t *p, size_t pages, size_t stride, uint8_t value)
{
	double start = bench_now();

	for (size_t i = 0; i < pages; i++)
		p[i * stride] = (uint8_t)(value + i);
	return (bench_now() - start) / (double)pages;
}

static uint32_t expected_sum(size_t pages, uint8_t value)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < pages; i++)
		sum += (uint8_t)(value + i);
	return sum;
}

static void check(bool right, const char *what)
{
	if (right)
		return;
	fprintf(stderr, "bench-migration: wrong data after %s\n", what);
	exit(1);
}

double pages_read_host(volatile uint8_t *p, size_t pages, size_t stride, uint8_t value)
{
	uint32_t sum = 0;
	double start = bench_now();

	for (size_t i = 0; i < pages; i++)
		sum += p[i * stride];
	double seconds = (bench_now() - start) / (double)pages;

	check(sum == expected_sum(pages, value), "a kernel's writes");
	return seconds;
}

void pages_check_device(size_t pages, uint8_t value)
{
	cl_uint sum = 0;

	MUST(clEnqueueReadBuffer(pages_kernels.target->queue, sum_buffer, CL_TRUE, 0, sizeof sum,
				 &sum, 0, NULL, NULL));
	check(sum == expected_sum(pages, value), "the host's writes");
}
