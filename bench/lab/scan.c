/* SPDX-License-Identifier: MIT */
/* Workloads that go through their data in order; work.h says what each does. */
#include "bench/lab/work.h"
#include <stdlib.h>

WORK_TEXT(stream);
WORK_TEXT(scan);

/* ---- stream ---- */

struct stream {
	cl_kernel kernel;
	uint32_t *x, *y;
	size_t count, step; /* words in all, in a slice */
	bool crowded;       /* the device has no room for all: what is done must go */
};

static size_t slice(const struct stream *s, size_t first)
{
	return work_least(s->step, s->count - first);
}

static void move(cl_command_queue queue, const struct stream *s, size_t first, bool to_device,
		 bool both, cl_uint waits, const cl_event *wait, cl_event *done)
{
	const void *pointers[] = {&s->y[first], &s->x[first]};
	const size_t sizes[] = {slice(s, first) * sizeof *s->y, slice(s, first) * sizeof *s->x};

	MUST(clEnqueueSVMMigrateMem(queue, both ? 2 : 1, pointers, sizes,
				    to_device ? 0 : CL_MIGRATE_MEM_OBJECT_HOST, waits, wait, done));
	MUST(clFlush(queue));
}

/* By hand: while a slice is worked on, the next one comes, and what the one before made goes. */
static void stream_ahead(const struct stream *s)
{
	static cl_command_queue mover;
	cl_event here = NULL, done = NULL;

	if (!mover)
		mover = bench_new_queue(0);
	move(mover, s, 0, true, true, 0, NULL, &here);
	for (size_t first = 0; first < s->count; first += s->step) {
		size_t next = first + s->step, count = slice(s, first);
		cl_event before = done;

		MUST(clEnqueueNDRangeKernel(bench_queue(), s->kernel, 1, &first, &count, NULL, 1,
					    &here, &done));
		MUST(clFlush(bench_queue()));
		MUST(clReleaseEvent(here));
		if (next < s->count)
			move(mover, s, next, true, true, 0, NULL, &here);
		if (before) {
			move(mover, s, first - s->step, false, s->crowded, 1, &before, NULL);
			MUST(clReleaseEvent(before));
		}
	}
	MUST(clReleaseEvent(done));
	work_wait();
	MUST(clFinish(mover));
}

void work_stream(const struct work *w)
{
	struct stream s = {.kernel = work_kernel(text_stream, "stream"),
			   .count = w->bytes / 2 / sizeof(uint32_t)};
	uint32_t a = w->seed | 1;

	s.step = (s.count / w->slices + 1023) & ~(size_t)1023;
	s.crowded = w->bytes > work_device_bytes();
	s.x = work_memory(s.count * sizeof *s.x);
	s.y = work_memory(s.count * sizeof *s.y);
	for (size_t i = 0; i < s.count; i++) {
		s.x[i] = (uint32_t)i;
		s.y[i] = 1;
	}
	work_device(s.x);
	work_device(s.y);
	work_pointer(s.kernel, 0, s.y);
	work_pointer(s.kernel, 1, s.x);
	work_uint(s.kernel, 2, a);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++) {
		if (w->prefetch)
			stream_ahead(&s);
		else
			work_slices(s.kernel, s.count, w->slices);
	}
	work_wait();
	work_host(s.y);
	size_t wrong = 0;
	for (size_t i = 0; i < s.count; i++)
		wrong += s.y[i] != 1 + w->passes * a * (uint32_t)i;
	work_ends();
	work_check(!wrong, "stream");
	work_free(s.x);
	work_free(s.y);
}

/* ---- stride, sweep ---- */

static uint32_t *numbers(size_t count)
{
	uint32_t *p = work_memory(count * sizeof *p);

	for (size_t i = 0; i < count; i++)
		p[i] = (uint32_t)i;
	return p;
}

void work_stride(const struct work *w)
{
	static const unsigned strides[] = {4096, 1024, 256, 64};
	cl_kernel kernel = work_kernel(text_scan, "add_strided");
	size_t count = w->bytes / sizeof(uint32_t);
	uint32_t *p = numbers(count);

	work_device(p);
	work_pointer(kernel, 0, p);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++)
		for (unsigned s = 0; s < LENGTH(strides); s++) {
			work_uint(kernel, 1, strides[s]);
			work_slices(kernel, count / strides[s], w->slices);
		}
	work_wait();
	work_host(p);
	size_t wrong = 0, end = count / strides[0] * strides[0];
	for (size_t i = 0; i < end; i += 64) {
		uint32_t expected = (uint32_t)i;
		for (unsigned s = 0; s < LENGTH(strides); s++)
			expected += i % strides[s] ? 0 : w->passes;
		wrong += p[i] != expected || p[i + 1] != (uint32_t)i + 1;
	}
	work_ends();
	work_check(!wrong, "stride");
	work_free(p);
}

void work_sweep(const struct work *w)
{
	cl_kernel kernel = work_kernel(text_scan, "add");
	size_t count = w->bytes / sizeof(uint32_t);
	uint32_t *p = numbers(count);

	work_device(p);
	work_pointer(kernel, 0, p);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++)
		work_slices(kernel, count, w->slices);
	work_wait();
	work_host(p);
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++)
		wrong += p[i] != i + w->passes;
	work_ends();
	work_check(!wrong, "sweep");
	work_free(p);
}

/* ---- stencil ---- */

enum { WIDTH = 1024 };

static uint32_t five_points(const uint32_t *a, size_t i)
{
	return 3 * a[i] + a[i - 1] + a[i + 1] + a[i - WIDTH] + a[i + WIDTH];
}

/* Two grids of @rows rows; the edge keeps its values. */
static void make_grid(uint32_t *grid, size_t rows, unsigned seed)
{
	for (size_t i = 0; i < rows * WIDTH; i++)
		grid[i] = work_mix((uint32_t)i + seed) & 255;
}

static uint32_t *stencil_by_host(size_t rows, const struct work *w)
{
	size_t count = rows * WIDTH;
	uint32_t *a = work_plain(count * sizeof *a), *b = work_plain(count * sizeof *b);

	make_grid(a, rows, w->seed);
	make_grid(b, rows, w->seed);
	for (unsigned pass = 0; pass < w->passes; pass++) {
		uint32_t *swap = a;

		for (size_t i = WIDTH; i < count - WIDTH; i++)
			if (i % WIDTH && (i + 1) % WIDTH)
				b[i] = five_points(a, i);
		a = b;
		b = swap;
	}
	free(b);
	return a;
}

void work_stencil(const struct work *w)
{
	cl_kernel kernel = work_kernel(text_scan, "stencil");
	size_t rows = w->bytes / 2 / sizeof(uint32_t) / WIDTH, count = rows * WIDTH;

	work_check(rows > 2, "the size is too small");
	uint32_t *expected = stencil_by_host(rows, w);
	uint32_t *grids[] = {work_memory(count * sizeof(uint32_t)),
			     work_memory(count * sizeof(uint32_t))};
	for (unsigned i = 0; i < 2; i++) {
		make_grid(grids[i], rows, w->seed);
		work_device(grids[i]);
	}
	work_uint(kernel, 2, WIDTH);
	work_uint(kernel, 3, (cl_uint)rows);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++) {
		work_pointer(kernel, 0, grids[pass % 2]);
		work_pointer(kernel, 1, grids[(pass + 1) % 2]);
		work_slices(kernel, count, w->slices);
	}
	work_wait();
	uint32_t *result = grids[w->passes % 2];
	work_host(result);
	size_t wrong = 0;
	for (size_t i = 0; i < count; i++)
		wrong += result[i] != expected[i];
	work_ends();
	work_check(!wrong, "stencil");
	free(expected);
	work_free(grids[0]);
	work_free(grids[1]);
}
