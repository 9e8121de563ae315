/* SPDX-License-Identifier: MIT */
/* The workloads of bench-policies; policies.h says what each does. */
#include "bench/policies.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define MIB  ((size_t)1 << 20)
#define PAGE ((size_t)4096)

/* Of this name, made anew. */
static cl_kernel kernel_of(const char *name)
{
	static const char source[] =
		"kernel void saxpy(global float *y, global const float *x, float a) {\n"
		"  size_t i = get_global_id(0); y[i] += a * x[i]; }\n"
		"struct node { global struct node *next; uint value; uint pad[118]; };\n"
		"kernel void list(global struct node *n) {\n"
		"  for (; n; n = n->next) n->value += 3; }\n"
		"kernel void gather(global const uint *in, global const uint *where, global uint "
		"*out) {\n"
		"  size_t i = get_global_id(0); out[i] = in[where[i]]; }\n"
		"kernel void stencil(global const uint *a, global uint *b) {\n"
		"  size_t i = get_global_id(0) + 1; b[i] = a[i - 1] + a[i] + a[i + 1]; }\n"
		"kernel void add(global uint *p) { p[get_global_id(0)] += 1; }\n"
		"kernel void count(global atomic_uint *p, uint words, uint n) {\n"
		"  for (uint i = 0; i < n; i++)\n"
		"    atomic_fetch_add_explicit(&p[i * 7 % words], 1u, memory_order_relaxed,\n"
		"                              memory_scope_all_svm_devices); }\n"
		"kernel void between(global uint *p, uint pages, uint times) {\n"
		"  for (uint t = 0; t < times; t++) for (uint i = 0; i < pages; i += 2)\n"
		"    p[i * 1024u] += 1; }\n";
	const char *text = source;
	cl_device_id device = bench_device();
	cl_int error;
	cl_program program = clCreateProgramWithSource(bench_context(), 1, &text, NULL, &error);

	MUST(error);
	MUST(clBuildProgram(program, 1, &device, "-cl-std=CL3.0", NULL, NULL));
	cl_kernel kernel = clCreateKernel(program, name, &error);
	MUST(error);
	MUST(clReleaseProgram(program));
	return kernel;
}

/* A sequence without a pattern, always the same. */
static unsigned next(unsigned *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static unsigned *numbers(size_t count, unsigned first)
{
	unsigned *p = work_memory(count * sizeof *p);

	for (size_t i = 0; i < count; i++)
		p[i] = first + (unsigned)i;
	return p;
}

void work_saxpy(void)
{
	static cl_kernel kernel;
	size_t n = 32 * MIB / sizeof(float);
	float *x = work_memory(n * sizeof *x), *y = work_memory(n * sizeof *y), a = 2;

	kernel = kernel ? kernel : kernel_of("saxpy");
	for (size_t i = 0; i < n; i++) {
		x[i] = (float)(i % 1000);
		y[i] = 1;
	}
	work_pointer(kernel, 0, y);
	work_pointer(kernel, 1, x);
	MUST(clSetKernelArg(kernel, 2, sizeof a, &a));
	work_starts();
	work_kernel(kernel, n);
	work_wait();
	size_t wrong = 0;
	for (size_t i = 0; i < n; i++)
		wrong += y[i] != 1 + 2 * (float)(i % 1000);
	work_ends();
	work_check(!wrong, "saxpy");
	free(x);
	free(y);
}

struct node {
	struct node *next;
	unsigned value, pad[118];
};

void work_list(void)
{
	enum { NODES = 32768 };
	static cl_kernel kernel;
	struct node *nodes = work_memory(NODES * sizeof *nodes), *n = NULL;
	unsigned *order = numbers(NODES, 0), seed = 1;

	kernel = kernel ? kernel : kernel_of("list");
	for (unsigned i = NODES - 1; i; i--) {
		unsigned j = next(&seed) % (i + 1), t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
	for (unsigned i = 0; i < NODES; i++) {
		nodes[order[i]].next = n;
		nodes[order[i]].value = i;
		n = &nodes[order[i]];
	}
	work_pointer(kernel, 0, n);
	work_starts();
	work_kernel(kernel, 1);
	work_wait();
	unsigned long sum = 0;
	for (; n; n = n->next)
		sum += n->value;
	work_ends();
	work_check(sum == (unsigned long)NODES * (NODES - 1) / 2 + 3ul * NODES, "list");
	free(order);
	free(nodes);
}

static void gather(size_t bytes, size_t count)
{
	static cl_kernel kernel;
	size_t n = bytes / sizeof(unsigned);
	unsigned *in = numbers(n, 5), *where = work_memory(count * sizeof *where),
		 *out = work_memory(count * sizeof *out), seed = 7;

	kernel = kernel ? kernel : kernel_of("gather");
	for (size_t i = 0; i < count; i++)
		where[i] = next(&seed) % (unsigned)n;
	work_pointer(kernel, 0, in);
	work_pointer(kernel, 1, where);
	work_pointer(kernel, 2, out);
	work_starts();
	work_kernel(kernel, count);
	work_wait();
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++)
		wrong += out[i] != where[i] + 5;
	work_ends();
	work_check(!wrong, "gather");
	free(in);
	free(where);
	free(out);
}

void work_gather(void)
{
	gather(64 * MIB, 131072);
}

void work_sparse(void)
{
	gather(256 * MIB, 2048);
}

void work_stencil(void)
{
	enum { SWEEPS = 4 };
	static cl_kernel kernel;
	size_t n = 8 * MIB / sizeof(unsigned);
	unsigned *a = numbers(n, 0), *b = numbers(n, 0);

	kernel = kernel ? kernel : kernel_of("stencil");
	for (size_t i = 0; i < n; i++)
		a[i] = b[i] = 1;
	work_starts();
	for (unsigned sweep = 0; sweep < SWEEPS; sweep++) {
		work_pointer(kernel, 0, a);
		work_pointer(kernel, 1, b);
		work_kernel(kernel, n - 2);
		work_wait();
		for (size_t i = 1; i < n - 1; i++)
			a[i] = b[i - 1] + b[i] + b[i + 1];
	}
	work_ends();
	work_check(a[n / 2] == 6561, "stencil"); /* 3 to the power of 2 * SWEEPS */
	free(a);
	free(b);
}

void work_cyclic(void)
{
	static cl_kernel kernel;
	size_t n = 64 * MIB / sizeof(unsigned);
	unsigned *p = numbers(n, 0);

	kernel = kernel ? kernel : kernel_of("add");
	work_pointer(kernel, 0, p);
	work_starts();
	for (int pass = 0; pass < 3; pass++)
		work_kernel(kernel, n);
	work_wait();
	size_t wrong = 0;
	for (size_t i = 0; i < n; i++)
		wrong += p[i] != i + 3;
	work_ends();
	work_check(!wrong, "cyclic");
	free(p);
}

void work_contended(void)
{
	enum { WORDS = 4 * 1024, TIMES = 1 << 23 };
	static cl_kernel kernel;
	cl_uint words = WORDS, times = TIMES;
	_Atomic unsigned *p = work_memory(WORDS * sizeof *p);

	kernel = kernel ? kernel : kernel_of("count");
	memset((void *)p, 0, WORDS * sizeof *p);
	work_pointer(kernel, 0, (void *)p);
	MUST(clSetKernelArg(kernel, 1, sizeof words, &words));
	MUST(clSetKernelArg(kernel, 2, sizeof times, &times));
	work_starts();
	work_kernel(kernel, 1);
	for (unsigned i = 0; i < TIMES; i++)
		atomic_fetch_add_explicit(&p[i * 7 % WORDS], 1, memory_order_relaxed);
	work_wait();
	unsigned long sum = 0;
	for (unsigned i = 0; i < WORDS; i++)
		sum += p[i];
	work_ends();
	work_check(sum == 2ul * TIMES, "contended");
	free((void *)p);
}

void work_between(void)
{
	enum { PAGES = 2048, TIMES = 2000 };
	static cl_kernel kernel;
	cl_uint pages = PAGES, times = TIMES;
	unsigned *memory = work_memory((PAGES + 1) * PAGE);
	unsigned *p = (unsigned *)(((size_t)memory + PAGE - 1) & ~(PAGE - 1));

	kernel = kernel ? kernel : kernel_of("between");
	memset(p, 0, PAGES * PAGE);
	work_pointer(kernel, 0, p);
	MUST(clSetKernelArg(kernel, 1, sizeof pages, &pages));
	MUST(clSetKernelArg(kernel, 2, sizeof times, &times));
	work_starts();
	work_kernel(kernel, 1);
	for (unsigned t = 0; t < TIMES; t++)
		for (unsigned i = 1; i < PAGES; i += 2)
			*(volatile unsigned *)&p[i * 1024] += 1;
	work_wait();
	work_ends();
	size_t wrong = 0;
	for (unsigned i = 0; i < PAGES; i++)
		wrong += p[i * 1024] != TIMES;
	work_check(!wrong, "between");
	free(memory);
}

void work_handover(void)
{
	enum { TIMES = 200 };
	static cl_kernel kernel;
	size_t n = 16 * 1024;
	unsigned *p = numbers(n, 0);

	kernel = kernel ? kernel : kernel_of("add");
	work_pointer(kernel, 0, p);
	work_starts();
	for (unsigned t = 0; t < TIMES; t++) {
		work_kernel(kernel, n);
		work_wait();
		for (size_t i = 0; i < n; i++)
			p[i] += 1;
	}
	work_ends();
	size_t wrong = 0;
	for (size_t i = 0; i < n; i++)
		wrong += p[i] != i + 2 * TIMES;
	work_check(!wrong, "handover");
	free(p);
}
