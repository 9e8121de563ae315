/* SPDX-License-Identifier: MIT */
/* Sparse matrices and graphs. */
#include "bench/compute.h"

#define MOST    32 /* entries of a row; half as many on average */
#define LANES   32
#define DEPTH   3
#define DAMPING 0.85f

static size_t row_count(const struct compute *compute)
{
	return compute_choose(compute, 1 << 16, 1 << 10);
}

/* Adds the places where rows start and the column of each entry. Returns how many there are. */
static size_t add_rows(struct compute *compute, size_t rows)
{
	cl_int *start = compute_zeros(compute, (rows + 1) * sizeof *start);
	cl_uint state = 5;

	for (size_t row = 0; row < rows; row++)
		start[row + 1] = start[row] + (cl_int)(compute_random(&state) % (MOST + 1));
	compute_uints(compute, (size_t)start[rows], (cl_uint)rows);
	return (size_t)start[rows];
}

static void prepare_spmv_csr(struct compute *compute)
{
	size_t rows = row_count(compute), entries = add_rows(compute, rows);

	compute_floats(compute, entries, -1, 1);
	compute_floats(compute, rows, -1, 1);
	compute_zeros(compute, rows * sizeof(float));
	compute_range(compute, rows, 0);
	compute->bytes = 8.0 * (double)entries + 12.0 * (double)rows;
	compute->flops = 2.0 * (double)entries;
}

static void prepare_spmv_vector(struct compute *compute)
{
	prepare_spmv_csr(compute);
	compute_local(compute, 4ul * LANES * sizeof(float));
	compute_range(compute, compute->global[0] * LANES, 4ul * LANES);
}

static void expect_spmv(const struct compute *compute, void *expected)
{
	const cl_int *start = compute_host(compute, 0), *column = compute_host(compute, 1);
	const float *value = compute_host(compute, 2), *x = compute_host(compute, 3);
	float *y = expected;

	for (size_t row = 0; row < row_count(compute); row++) {
		double sum = 0;

		for (cl_int i = start[row]; i < start[row + 1]; i++)
			sum += (double)value[i] * x[column[i]];
		y[row] = (float)sum;
	}
}

static void prepare_spmv_ell(struct compute *compute)
{
	size_t rows = row_count(compute), all = MOST * rows;
	cl_uint state = 6;

	compute_uints(compute, all, (cl_uint)rows);
	float *value = compute_floats(compute, all, -1, 1);

	for (size_t row = 0; row < rows; row++)
		for (size_t i = compute_random(&state) % (MOST + 1); i < MOST; i++)
			value[i * rows + row] = 0;
	compute_floats(compute, rows, -1, 1);
	compute_zeros(compute, rows * sizeof(float));
	compute_int(compute, MOST);
	compute_int(compute, (cl_int)rows);
	compute_range(compute, rows, 0);
	compute->bytes = 8.0 * (double)all + 8.0 * (double)rows;
}

static void expect_spmv_ell(const struct compute *compute, void *expected)
{
	const cl_int *column = compute_host(compute, 0);
	const float *value = compute_host(compute, 1), *x = compute_host(compute, 2);
	size_t rows = compute->global[0];
	float *y = expected;

	for (size_t row = 0; row < rows; row++) {
		double sum = 0;

		for (size_t i = row; i < MOST * rows; i += rows)
			sum += (double)value[i] * x[column[i]];
		y[row] = (float)sum;
	}
}

/* A fifth of the nodes are on the level that is left, a half has not been seen. */
static void prepare_bfs(struct compute *compute)
{
	size_t nodes = compute_choose(compute, 1 << 18, 1 << 10);

	add_rows(compute, nodes);
	cl_int *level = compute_zeros(compute, nodes * sizeof *level);
	cl_uint state = 8;

	for (size_t node = 0; node < nodes; node++) {
		level[node] = (cl_int)(compute_random(&state) % 10) - 4;
		level[node] = level[node] > DEPTH ? DEPTH : level[node] < 0 ? -1 : level[node];
	}
	compute_zeros(compute, nodes * sizeof(cl_int));
	compute_int(compute, DEPTH);
	compute_range(compute, nodes, 0);
}

static void expect_bfs(const struct compute *compute, void *expected)
{
	const cl_int *start = compute_host(compute, 0), *neighbour = compute_host(compute, 1);
	const cl_int *level = compute_host(compute, 2);
	cl_int *next = expected;

	for (size_t node = 0; node < compute->global[0]; node++)
		for (cl_int i = start[node]; level[node] == DEPTH && i < start[node + 1]; i++)
			if (level[neighbour[i]] < 0)
				next[neighbour[i]] = DEPTH + 1;
}

static void prepare_pagerank(struct compute *compute)
{
	size_t nodes = row_count(compute), links = add_rows(compute, nodes);

	compute_floats(compute, nodes, 0, 1);
	cl_uint *degree = compute_uints(compute, nodes, MOST);

	for (size_t node = 0; node < nodes; node++)
		degree[node]++;
	compute_zeros(compute, nodes * sizeof(float));
	compute_float(compute, DAMPING);
	compute_range(compute, nodes, 0);
	compute->bytes = 4.0 * (double)links + 16.0 * (double)nodes;
}

static void expect_pagerank(const struct compute *compute, void *expected)
{
	const cl_int *start = compute_host(compute, 0), *from = compute_host(compute, 1);
	const float *rank = compute_host(compute, 2);
	const cl_int *degree = compute_host(compute, 3);
	size_t nodes = compute->global[0];
	float *next = expected;

	for (size_t node = 0; node < nodes; node++) {
		double sum = 0;

		for (cl_int i = start[node]; i < start[node + 1]; i++)
			sum += (double)rank[from[i]] / degree[from[i]];
		next[node] = (float)((1.0 - DAMPING) / (double)nodes + DAMPING * sum);
	}
}

COMPUTE_TEXT(spmv_csr);
COMPUTE_TEXT(spmv_vector);
COMPUTE_TEXT(spmv_ell);
COMPUTE_TEXT(bfs);
COMPUTE_TEXT(pagerank);

const struct compute_case compute_sparse_cases[] = {
	{"spmv_csr", NULL, kernel_spmv_csr, prepare_spmv_csr, expect_spmv, 4, COMPUTE_FLOAT, 1e-5,
	 0},
	{"spmv_vector", NULL, kernel_spmv_vector, prepare_spmv_vector, expect_spmv, 4,
	 COMPUTE_FLOAT, 1e-5, 0},
	COMPUTE_CASE(spmv_ell, 3, COMPUTE_FLOAT, 1e-5),
	COMPUTE_CASE(bfs, 3, COMPUTE_EXACT, 0),
	COMPUTE_CASE(pagerank, 4, COMPUTE_FLOAT, 1e-5),
	{0},
};
