/* SPDX-License-Identifier: MIT */
/*
 * DOC: the kernel suite
 *
 * A case is a kernel with its arguments, its range and a plain C reference. Each is two benchmarks:
 *
 *	compute/NAME	the time of a run, from enqueue to finish; the best of some
 *	compile/NAME	from the source, which nobody has built before, to the end of the first run,
 *			on so little data that the run itself hardly counts
 *
 * Both compare the first run's result with the reference: without that there is no figure.
 *
 *	static void prepare_double_it(struct compute *compute)
 *	{
 *		size_t count = compute_choose(compute, 1 << 20, 1 << 10);
 *
 *		compute_floats(compute, count, 0, 1);			// argument and buffer 0
 *		compute_zeros(compute, count * sizeof(float));		// argument and buffer 1
 *		compute_range(compute, count, 256);
 *		compute->bytes = 2.0 * sizeof(float) * count;
 *	}
 *
 *	static void expect_double_it(const struct compute *compute, void *expected)
 *	{
 *		const float *in = compute_host(compute, 0);
 *		float *out = expected;
 *
 *		for (size_t i = 0; i < compute->global[0]; i++)
 *			out[i] = 2 * in[i];
 *	}
 */
#ifndef BENCH_COMPUTE_H
#define BENCH_COMPUTE_H

#include "bench/bench.h"

#define COMPUTE_BUFFERS   6
#define COMPUTE_ARGUMENTS 12

struct compute_buffer {
	void *host; /* what the device gets */
	size_t size;
	cl_mem mem;
	bool restored; /* gets its first contents again before each run, which is not timed */
};

struct compute_argument {
	int buffer; /* or -1: a value, or, without a value, local memory */
	bool local;
	size_t size;
	unsigned char value[16];
};

/* One kernel with all that it works on. */
struct compute {
	bool small; /* for a check only */
	cl_kernel kernel;
	struct compute_buffer buffers[COMPUTE_BUFFERS];
	unsigned buffer_count;
	struct compute_argument arguments[COMPUTE_ARGUMENTS];
	unsigned argument_count;
	cl_uint dimensions;
	size_t global[3], local[3]; /* local 0: the runtime's choice */
	/* Of one run, for the fraction of the machine's limits; 0: not given. Bytes count what a
	 * perfect cache would move, and writing once; an operation on doubles counts as two. */
	double bytes, flops;
};

enum compute_type {
	COMPUTE_EXACT,  /* 32-bit words, equal */
	COMPUTE_FLOAT,  /* within the tolerance times (1 + expected) */
	COMPUTE_DOUBLE, /* likewise */
	COMPUTE_SET,    /* 32-bit words, equal in any order */
};

struct compute_case {
	const char *name;   /* of the benchmark */
	const char *kernel; /* in the source; NULL: the name */
	const char *source;
	/* Adds arguments in the kernel's order, and sets the range. */
	void (*prepare)(struct compute *compute);
	/* What the buffer @output holds after one run; @expected has its first contents. */
	void (*expect)(const struct compute *compute, void *expected);
	unsigned output;
	enum compute_type type;
	double tolerance;
	double strays; /* part of the values that may be wrong: where rounding decides a branch */
};

/* The case whose functions, kernel and text have the name of the benchmark. */
#define COMPUTE_CASE(name, output, type, tolerance)                                                \
	{#name, NULL, kernel_##name, prepare_##name, expect_##name, output, type, tolerance, 0}

/* The same kernel as case @of, prepared another way. */
#define COMPUTE_VARIANT(name, of, output, type, tolerance)                                         \
	{#name, #of, kernel_##of, prepare_##name, expect_##of, output, type, tolerance, 0}

/* Declares kernel_NAME, the text of bench/kernels/NAME.cl. The assembler finds it where CMake says.
 */
#define COMPUTE_TEXT(name)                                                                         \
	extern const char kernel_##name[];                                                         \
	__asm__(".section .rodata\n"                                                               \
		".global kernel_" #name "\n"                                                       \
		".hidden kernel_" #name "\n"                                                       \
		"kernel_" #name ":\n"                                                              \
		".incbin \"" #name ".cl\"\n"                                                       \
		".byte 0\n"                                                                        \
		".previous\n")

/* Ends with a case without a name. */
extern const struct compute_case compute_memory_cases[], compute_dense_cases[],
	compute_local_cases[], compute_atomic_cases[], compute_branch_cases[], compute_math_cases[],
	compute_sort_cases[], compute_sparse_cases[], compute_grid_cases[], compute_image_cases[],
	compute_fft_cases[], compute_hash_cases[];

/* Each adds a buffer as the kernel's next argument; host memory, which may be changed until
 * prepare() returns. Random values are the same in each run. Without memory the program ends. */
void *compute_zeros(struct compute *compute, size_t bytes);
float *compute_floats(struct compute *compute, size_t count, double low, double high);
double *compute_doubles(struct compute *compute, size_t count, double low, double high);
cl_uint *compute_uints(struct compute *compute, size_t count, cl_uint below); /* 0: any */
/* The buffer added last is what the kernel changes in place: see compute_buffer.restored. */
void compute_restore(struct compute *compute);

/* Adds a value of up to 16 bytes, or that much local memory, as the next argument. */
void compute_value(struct compute *compute, const void *value, size_t size);
void compute_int(struct compute *compute, cl_int value);
void compute_float(struct compute *compute, float value);
void compute_local(struct compute *compute, size_t bytes);

/* @local 0: the runtime's choice. */
void compute_range(struct compute *compute, size_t count, size_t local);
void compute_range_2d(struct compute *compute, size_t x, size_t y, size_t local_x, size_t local_y);

size_t compute_choose(const struct compute *compute, size_t full, size_t small);
void *compute_host(const struct compute *compute, unsigned buffer);
/* The next of a sequence of random numbers. */
cl_uint compute_random(cl_uint *state);

/* Whether @result is what the reference says; else the first error as text in @why. */
bool compute_right(const struct compute_case *which, const struct compute *compute,
		   const void *result, char *why, size_t size);
void *compute_memory(size_t bytes); /* zeroed; the program ends without */

#endif
