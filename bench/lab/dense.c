/* SPDX-License-Identifier: MIT */
/* A product of matrices, a hash join; work.h says what each does. */
#include "bench/lab/work.h"
#include <math.h>
#include <stdlib.h>

WORK_TEXT(dense);

/* ---- matmul: c (n x n) = a (n x DEPTH) b (DEPTH x n) ---- */

enum { DEPTH = 128, TILE = 16 };

struct product {
	size_t n;
	float *a, *b, *c;
};

/* Small whole numbers: sums are exact in a float. */
static void make_factors(const struct product *p, unsigned seed)
{
	for (size_t i = 0; i < p->n * DEPTH; i++) {
		p->a[i] = (float)(work_mix((uint32_t)i + seed) % 8);
		p->b[i] = (float)(work_mix((uint32_t)i + seed + 1) % 8);
	}
	for (size_t i = 0; i < p->n * p->n; i++)
		p->c[i] = -1;
}

static uint64_t weight(size_t i)
{
	return work_mix((uint32_t)i) | 1;
}

/* a (b r) for a vector of weights r, by plain C: what c r must be (Freivalds' check). A wrong
 * element makes its row's sum wrong, since no weight is 0; several wrong ones of a row would have
 * to cancel out. All n^3 products would take longer than all else. */
static uint64_t *rows_by_host(const struct product *p)
{
	uint64_t *sums = work_plain(p->n * sizeof *sums), inner[DEPTH] = {0};

	for (size_t k = 0; k < DEPTH; k++)
		for (size_t j = 0; j < p->n; j++)
			inner[k] += (uint64_t)p->b[k * p->n + j] * weight(j);
	for (size_t i = 0; i < p->n; i++)
		for (size_t k = 0; k < DEPTH; k++)
			sums[i] += (uint64_t)p->a[i * DEPTH + k] * inner[k];
	return sums;
}

static size_t check_rows(const struct product *p, const uint64_t *sums)
{
	size_t wrong = 0;

	for (size_t i = 0; i < p->n; i++) {
		uint64_t sum = 0;
		for (size_t j = 0; j < p->n; j++)
			sum += (uint64_t)(int64_t)p->c[i * p->n + j] * weight(j);
		wrong += sum != sums[i];
	}
	return wrong;
}

static void enqueue_rows(cl_kernel kernel, size_t n, size_t first, size_t rows)
{
	const size_t offset[] = {0, first}, global[] = {n, rows}, local[] = {TILE, TILE};

	MUST(clEnqueueNDRangeKernel(bench_queue(), kernel, 2, offset, global, local, 0, NULL,
				    NULL));
	MUST(clFlush(bench_queue()));
}

void work_matmul(const struct work *w)
{
	cl_kernel kernel = work_kernel(text_dense, "matmul");
	struct product p = {
		.n = (size_t)(sqrt((double)w->bytes / sizeof(float) + DEPTH * DEPTH) - DEPTH) /
		     TILE * TILE};

	work_check(p.n > 0, "the size is too small");
	p.a = work_memory(p.n * DEPTH * sizeof *p.a);
	p.b = work_memory(p.n * DEPTH * sizeof *p.b);
	p.c = work_memory(p.n * p.n * sizeof *p.c);
	make_factors(&p, w->seed);
	uint64_t *expected = rows_by_host(&p);
	work_device(p.a);
	work_device(p.b);
	work_device(p.c);
	work_pointer(kernel, 0, p.a);
	work_pointer(kernel, 1, p.b);
	work_pointer(kernel, 2, p.c);
	work_uint(kernel, 3, DEPTH);
	size_t step = (p.n / w->slices + TILE - 1) / TILE * TILE;
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++)
		for (size_t row = 0; row < p.n; row += step)
			enqueue_rows(kernel, p.n, row, work_least(step, p.n - row));
	work_wait();
	work_host(p.c);
	size_t wrong = check_rows(&p, expected);
	work_ends();
	work_check(!wrong, "matmul");
	free(expected);
	work_free(p.a);
	work_free(p.b);
	work_free(p.c);
}

/* ---- join ---- */

struct join {
	size_t rows, slots, probes; /* of the small relation, the table, the large relation */
	uint32_t *build, *table;    /* key, value */
	uint32_t *keys, *out;
};

/* A key for each number, never 0: an odd factor makes no two equal. */
static uint32_t key_of(uint32_t n)
{
	return (n + 1) * 0x9e3779b1u;
}

static void make_relations(const struct join *j, unsigned seed)
{
	for (size_t i = 0; i < j->rows; i++) {
		j->build[2 * i] = key_of((uint32_t)i);
		j->build[2 * i + 1] = work_mix((uint32_t)i + seed) & 0x7fffffffu;
	}
	for (size_t i = 0; i < 2 * j->slots; i++)
		j->table[i] = 0;
	for (size_t i = 0; i < j->probes; i++) {
		j->keys[i] = key_of(work_mix((uint32_t)i ^ seed) % (uint32_t)(2 * j->rows));
		j->out[i] = 0;
	}
}

/* What a nested loop over both relations would give. */
static uint32_t joined(const struct join *j, size_t i, unsigned seed)
{
	uint32_t row = work_mix((uint32_t)i ^ seed) % (uint32_t)(2 * j->rows);

	return row < j->rows ? work_mix(row + seed) & 0x7fffffffu : UINT32_MAX;
}

static void run_join(const struct join *j, const struct work *w)
{
	cl_kernel insert = work_kernel(text_dense, "insert");
	cl_kernel probe = work_kernel(text_dense, "probe");

	work_pointer(insert, 0, j->build);
	work_pointer(insert, 1, j->table);
	work_uint(insert, 2, (cl_uint)j->slots);
	work_slices(insert, j->rows, w->slices);
	work_pointer(probe, 0, j->keys);
	work_pointer(probe, 1, j->table);
	work_uint(probe, 2, (cl_uint)j->slots);
	work_pointer(probe, 3, j->out);
	for (unsigned pass = 0; pass < w->passes; pass++)
		work_slices(probe, j->probes, w->slices);
}

void work_join(const struct work *w)
{
	struct join j = {.rows = w->bytes / 40};

	j.slots = 2 * j.rows;
	j.probes = 2 * j.rows;
	j.build = work_memory(2 * j.rows * sizeof *j.build);
	j.table = work_memory(2 * j.slots * sizeof *j.table);
	j.keys = work_memory(j.probes * sizeof *j.keys);
	j.out = work_memory(j.probes * sizeof *j.out);
	make_relations(&j, w->seed);
	work_device(j.build);
	work_device(j.table);
	work_device(j.keys);
	work_device(j.out);
	work_starts();
	run_join(&j, w);
	work_wait();
	work_host(j.out);
	size_t wrong = 0;
	for (size_t i = 0; i < j.probes; i++)
		wrong += j.out[i] != joined(&j, i, w->seed);
	work_ends();
	work_check(!wrong, "join");
	work_free(j.build);
	work_free(j.table);
	work_free(j.keys);
	work_free(j.out);
}
