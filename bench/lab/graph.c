/* SPDX-License-Identifier: MIT */
/* Workloads on compressed rows: a graph, a sparse matrix. work.h says what each does. */
#include "bench/lab/work.h"
#include <stdlib.h>
#include <string.h>

WORK_TEXT(graph);

enum { DEGREE = 8, NEAR = 1024 };
#define UNSEEN UINT32_MAX

struct graph {
	size_t nodes;
	uint32_t *start, *edges, *level, *more;
};

/* Between half and one and a half times DEGREE edges each; half of them go nearby. */
static void make_edges(struct graph *g, unsigned seed)
{
	size_t edge = 0;

	for (size_t v = 0; v < g->nodes; v++) {
		unsigned degree = DEGREE / 2 + work_mix((uint32_t)v ^ seed) % (DEGREE + 1);
		g->start[v] = (uint32_t)edge;
		for (unsigned i = 0; i < degree && edge < g->nodes * DEGREE; i++, edge++) {
			uint32_t h = work_mix((uint32_t)edge + seed);
			g->edges[edge] =
				(uint32_t)((h & 1 ? h >> 1 : v + (h >> 1) % NEAR) % g->nodes);
		}
	}
	g->start[g->nodes] = (uint32_t)edge;
	memset(g->level, 0xff, g->nodes * sizeof *g->level);
	g->level[0] = 0;
}

static uint32_t *levels_by_host(const struct graph *g)
{
	uint32_t *level = work_plain(g->nodes * sizeof *level);
	uint32_t *queue = work_plain(g->nodes * sizeof *queue);
	size_t end = 1;

	memset(level, 0xff, g->nodes * sizeof *level);
	level[0] = 0;
	for (size_t at = 0; at < end; at++) {
		uint32_t v = queue[at];
		for (uint32_t i = g->start[v]; i < g->start[v + 1]; i++) {
			uint32_t to = g->edges[i];
			if (level[to] == UNSEEN) {
				level[to] = level[v] + 1;
				queue[end++] = to;
			}
		}
	}
	free(queue);
	return level;
}

static void search(const struct graph *g, const struct work *w)
{
	cl_kernel kernel = work_kernel(text_graph, "bfs");

	work_pointer(kernel, 0, g->start);
	work_pointer(kernel, 1, g->edges);
	work_pointer(kernel, 2, g->level);
	work_pointer(kernel, 3, g->more);
	for (uint32_t depth = 0, more = 1; more; depth++) {
		*g->more = 0;
		work_device(g->more);
		work_uint(kernel, 4, depth);
		work_slices(kernel, g->nodes, w->slices);
		work_wait();
		work_host(g->more);
		more = *g->more;
	}
}

void work_bfs(const struct work *w)
{
	struct graph g = {.nodes = w->bytes / sizeof(uint32_t) / (DEGREE + 2)};

	g.start = work_memory((g.nodes + 1) * sizeof *g.start);
	g.edges = work_memory(g.nodes * DEGREE * sizeof *g.edges);
	g.level = work_memory(g.nodes * sizeof *g.level);
	g.more = work_memory(sizeof *g.more);
	make_edges(&g, w->seed);
	uint32_t *expected = levels_by_host(&g);
	work_device(g.start);
	work_device(g.edges);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++) {
		if (pass) { /* searched again, from the same node */
			work_host(g.level);
			memset(g.level, 0xff, g.nodes * sizeof *g.level);
			g.level[0] = 0;
		}
		work_device(g.level);
		search(&g, w);
	}
	work_host(g.level);
	size_t wrong = 0;
	for (size_t v = 0; v < g.nodes; v++)
		wrong += g.level[v] != expected[v];
	work_ends();
	work_check(!wrong, "bfs");
	free(expected);
	work_free(g.start);
	work_free(g.edges);
	work_free(g.level);
	work_free(g.more);
}

/* ---- spmv ---- */

struct matrix {
	size_t rows;
	uint32_t *start, *column, *value;
};

static void make_matrix(struct matrix *m, unsigned seed)
{
	for (size_t row = 0; row <= m->rows; row++)
		m->start[row] = (uint32_t)(row * DEGREE);
	for (size_t i = 0; i < m->rows * DEGREE; i++) {
		uint32_t h = work_mix((uint32_t)i + seed);
		size_t row = i / DEGREE;
		m->column[i] = (uint32_t)((h & 3 ? row + (h >> 2) % NEAR : h >> 2) % m->rows);
		m->value[i] = h & 15;
	}
}

static void multiply(const struct matrix *m, const uint32_t *x, uint32_t *y)
{
	for (size_t row = 0; row < m->rows; row++) {
		uint32_t sum = 0;
		for (uint32_t i = m->start[row]; i < m->start[row + 1]; i++)
			sum += m->value[i] * x[m->column[i]];
		y[row] = sum;
	}
}

static uint32_t *product_by_host(const struct matrix *m, unsigned passes)
{
	uint32_t *x = work_plain(m->rows * sizeof *x), *y = work_plain(m->rows * sizeof *y);

	for (size_t row = 0; row < m->rows; row++)
		x[row] = (uint32_t)row | 1;
	for (unsigned pass = 0; pass < passes; pass++) {
		uint32_t *swap = x;
		multiply(m, x, y);
		x = y;
		y = swap;
	}
	free(y);
	return x;
}

void work_spmv(const struct work *w)
{
	cl_kernel kernel = work_kernel(text_graph, "spmv");
	struct matrix m = {.rows = w->bytes / sizeof(uint32_t) / (2 * DEGREE + 3)};
	uint32_t *vectors[2];

	m.start = work_memory((m.rows + 1) * sizeof *m.start);
	m.column = work_memory(m.rows * DEGREE * sizeof *m.column);
	m.value = work_memory(m.rows * DEGREE * sizeof *m.value);
	make_matrix(&m, w->seed);
	uint32_t *expected = product_by_host(&m, w->passes);
	for (unsigned v = 0; v < 2; v++) {
		vectors[v] = work_memory(m.rows * sizeof(uint32_t));
		for (size_t row = 0; row < m.rows; row++)
			vectors[v][row] = (uint32_t)row | 1;
		work_device(vectors[v]);
	}
	work_device(m.start);
	work_device(m.column);
	work_device(m.value);
	work_pointer(kernel, 0, m.start);
	work_pointer(kernel, 1, m.column);
	work_pointer(kernel, 2, m.value);
	work_starts();
	for (unsigned pass = 0; pass < w->passes; pass++) {
		work_pointer(kernel, 3, vectors[pass % 2]);
		work_pointer(kernel, 4, vectors[(pass + 1) % 2]);
		work_slices(kernel, m.rows, w->slices);
	}
	work_wait();
	const uint32_t *result = vectors[w->passes % 2];
	work_host(vectors[w->passes % 2]);
	size_t wrong = 0;
	for (size_t row = 0; row < m.rows; row++)
		wrong += result[row] != expected[row];
	work_ends();
	work_check(!wrong, "spmv");
	free(expected);
	work_free(m.start);
	work_free(m.column);
	work_free(m.value);
	work_free(vectors[0]);
	work_free(vectors[1]);
}
