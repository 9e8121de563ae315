/* SPDX-License-Identifier: MIT */
/* Programs of several steps; work.h says what each does. */
#include "bench/lab/work.h"
#include <stdlib.h>
#include <string.h>

WORK_TEXT(phases);

/* ---- pipeline ---- */

enum { ARRAYS = 4, KERNELS = 3 };

static uint32_t step_by_host(unsigned kernel, uint32_t *const *p, size_t i, size_t count)
{
	size_t next = i + 1 < count ? i + 1 : i;

	if (kernel == 0)
		return p[0][i] * 3 + 1;
	if (kernel == 1)
		return p[1][i] ^ p[0][next];
	return p[1][i] + (p[2][i] >> 1) + p[3][i];
}

static void pipeline_by_host(uint32_t *const *p, size_t count, unsigned passes)
{
	for (unsigned pass = 0; pass < passes; pass++)
		for (unsigned k = 0; k < KERNELS; k++)
			for (size_t i = 0; i < count; i++)
				p[k + 1][i] = step_by_host(k, p, i, count);
}

static void start_arrays(uint32_t *const *p, size_t count)
{
	for (unsigned a = 0; a < ARRAYS; a++)
		for (size_t i = 0; i < count; i++)
			p[a][i] = a ? 0 : (uint32_t)i;
}

/* All kernels on a slice, then the next slice. */
static void run_pipeline(cl_kernel *kernels, size_t count, const struct work *w)
{
	size_t step = (count / w->slices + 1023) & ~(size_t)1023;

	for (unsigned pass = 0; pass < w->passes; pass++)
		for (size_t first = 0; first < count; first += step)
			for (unsigned k = 0; k < KERNELS; k++)
				work_run(kernels[k], first, work_least(step, count - first));
}

void work_pipeline(const struct work *w)
{
	static const char *const names[] = {"first", "second", "third"};
	cl_kernel kernels[KERNELS];
	size_t count = w->bytes / ARRAYS / sizeof(uint32_t);
	uint32_t *p[ARRAYS], *expected[ARRAYS];

	for (unsigned a = 0; a < ARRAYS; a++) {
		p[a] = work_memory(count * sizeof *p[a]);
		expected[a] = work_plain(count * sizeof *p[a]);
	}
	start_arrays(p, count);
	start_arrays(expected, count);
	pipeline_by_host(expected, count, w->passes);
	for (unsigned a = 0; a < ARRAYS; a++)
		work_device(p[a]);
	for (unsigned k = 0; k < KERNELS; k++) {
		kernels[k] = work_kernel(text_phases, names[k]);
		for (unsigned a = 0; a < ARRAYS; a++)
			work_pointer(kernels[k], a, p[a]);
		work_uint(kernels[k], ARRAYS, (cl_uint)count);
	}
	work_starts();
	run_pipeline(kernels, count, w);
	work_wait();
	work_host(p[ARRAYS - 1]);
	bool right = !memcmp(p[ARRAYS - 1], expected[ARRAYS - 1], count * sizeof *p[0]);
	work_ends();
	work_check(right, "pipeline");
	for (unsigned a = 0; a < ARRAYS; a++) {
		work_free(p[a]);
		free(expected[a]);
	}
}

/* ---- phases ---- */

enum { STRIDE = 256 };

struct phases {
	size_t count; /* of each array */
	uint32_t *a, *b;
};

static void host_phase(const struct phases *p)
{
	for (size_t i = 0; i < p->count / 4; i++)
		p->a[i] += 5;
}

/* The same as run_pass(), in plain C. */
static void pass_by_host(const struct phases *p, uint32_t seed)
{
	for (size_t i = 0; i < p->count; i++)
		p->a[i] += (uint32_t)i;
	for (size_t i = 0; i < p->count / 16; i++) {
		uint32_t h = work_mix((uint32_t)i + seed);
		p->b[h % p->count] += h;
	}
	host_phase(p);
	for (size_t i = 0; i < p->count / STRIDE; i++)
		p->b[i] += p->a[i * STRIDE];
}

static void run_pass(const struct phases *p, const struct work *w, uint32_t seed)
{
	cl_kernel scan = work_kernel(text_phases, "scan");
	cl_kernel update = work_kernel(text_phases, "update");
	cl_kernel pick = work_kernel(text_phases, "pick");

	work_device(p->a);
	work_device(p->b);
	work_pointer(scan, 0, p->a);
	work_slices(scan, p->count, w->slices);
	work_pointer(update, 0, p->b);
	work_uint(update, 1, (cl_uint)p->count);
	work_uint(update, 2, seed);
	work_slices(update, p->count / 16, w->slices);
	work_wait();
	work_host(p->a);
	host_phase(p);
	work_device(p->a);
	work_pointer(pick, 0, p->a);
	work_pointer(pick, 1, p->b);
	work_uint(pick, 2, STRIDE);
	work_slices(pick, p->count / STRIDE, w->slices);
}

void work_phases(const struct work *w)
{
	size_t count = w->bytes / 2 / sizeof(uint32_t), bytes = count * sizeof(uint32_t);
	struct phases p = {count, work_memory(bytes), work_memory(bytes)};
	struct phases expected = {count, work_plain(bytes), work_plain(bytes)};

	memset(p.a, 0, bytes);
	memset(p.b, 0, bytes);
	for (unsigned pass = 0; pass < w->passes; pass++)
		pass_by_host(&expected, w->seed + pass);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++)
		run_pass(&p, w, w->seed + pass);
	work_wait();
	work_host(p.a);
	work_host(p.b);
	bool right = !memcmp(p.a, expected.a, bytes) && !memcmp(p.b, expected.b, bytes);
	work_ends();
	work_check(right, "phases");
	work_free(p.a);
	work_free(p.b);
	free(expected.a);
	free(expected.b);
}
