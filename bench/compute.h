/* SPDX-License-Identifier: MIT */
/* The compute kernels: how each is set up and checked. */
#ifndef BENCH_COMPUTE_H
#define BENCH_COMPUTE_H

#include "bench/bench.h"

#define COMPUTE_BUFFERS 3

/* One kernel ready to run. Buffers are host copies of what the device got first. */
struct compute {
	cl_kernel kernel;
	cl_mem mems[COMPUTE_BUFFERS];
	void *host[COMPUTE_BUFFERS];
	size_t sizes[COMPUTE_BUFFERS];
	cl_uint dimensions;
	size_t global[2], local[2]; /* local 0: the runtime's choice */
	double bytes, flops;        /* of one run; 0: not given */
};

struct compute_case {
	const char *name;
	const char *source;
	/* Fills in all but the kernel, and sets the arguments. 0 or -errno. */
	int (*prepare)(struct compute *compute);
	/* After one run: whether @result, read from the buffer @output, is right. */
	bool (*check)(const struct compute *compute, const void *result);
	unsigned output;
};

extern const struct compute_case compute_cases[]; /* ends with a NULL name */

/* Texts of bench/kernels/. */
extern const char kernel_saxpy[], kernel_nbody[], kernel_matmul[], kernel_matmul_tiled[],
	kernel_mandelbrot[], kernel_reduction[], kernel_stencil[], kernel_histogram[],
	kernel_math[];

#endif
