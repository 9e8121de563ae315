/* SPDX-License-Identifier: MIT */
/*
 * DOC: the laboratory's workloads
 *
 * tern-lab-work runs one kind of program on one device, checks its result against plain C and
 * prints a line. It uses the OpenCL API only. Its data are from malloc() where the device has
 * fine-grained system SVM, or from clSVMAlloc() (--svm), then mapped and unmapped as the
 * specification wants it for coarse-grained memory.
 *
 * A workload makes its data and what is expected, calls work_starts(), runs, reads what came of it
 * as a program that wants the result would, calls work_ends(), and checks. All random numbers come
 * from work_mix(), so that two runs do the same. To add one: a text in kernels/, a function, and a
 * line in main.c's table.
 */
#ifndef BENCH_LAB_WORK_H
#define BENCH_LAB_WORK_H

#include "bench/bench.h"
#include <stdbool.h>
#include <stdint.h>

/* What the command line asks for. */
struct work {
	size_t bytes;    /* of all data together */
	unsigned passes; /* over the data, or what else the workload repeats */
	unsigned slices; /* commands that a pass is cut into */
	unsigned seed;
	bool prefetch; /* the program moves its data itself, ahead of the commands (stream) */
};

/* Around what is to be measured: time and counters. */
void work_starts(void);
void work_ends(void);
/* Ends the program: a result is wrong. */
_Noreturn void work_fail(const char *what);

static inline void work_check(bool good, const char *what)
{
	if (!good)
		work_fail(what);
}

/* ---- memory ---- */

enum work_svm { WORK_SYSTEM, WORK_FINE, WORK_COARSE };

/* Which memory work_memory() gives. Ends the program (77) when the device has none of it. */
void work_choose_svm(enum work_svm svm);
/* Whether host and device may use the same memory at once. Ends the program (77) if not @or_end. */
bool work_shares(void);
void work_must_share(void);
/* The device's memory, bytes; for devices in the host's memory no more than a quarter of that. */
size_t work_device_bytes(void);

/* Memory that cannot fail; the host's to use until work_device(). */
void *work_memory(size_t bytes);
void work_free(void *p);
/* Zeros that no device is to see, for references; free() frees them. */
void *work_plain(size_t bytes);
/* Whose turn it is. The host's waits for the commands before it. Nothing happens but in
 * coarse-grained memory. */
void work_host(void *p);
void work_device(void *p);

/* ---- commands ---- */

/* Of a text that WORK_TEXT took in; made once, then kept. */
cl_kernel work_kernel(const char *text, const char *name);
void work_pointer(cl_kernel kernel, cl_uint index, const void *pointer);
void work_uint(cl_kernel kernel, cl_uint index, cl_uint value);
/* Work-items [@first, @first + @count). */
void work_run(cl_kernel kernel, size_t first, size_t count);
/* All @count of them, in @slices commands. */
void work_slices(cl_kernel kernel, size_t count, unsigned slices);
void work_wait(void);

/* ---- data ---- */

/* A number without a pattern for each. kernels/ have the same function. */
static inline uint32_t work_mix(uint32_t n)
{
	n = (n ^ n >> 16) * 0x21f0aaadu;
	n = (n ^ n >> 15) * 0x735a2d97u;
	return n ^ n >> 15;
}

static inline size_t work_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The text of kernels/NAME.cl, as text_NAME. */
#define WORK_TEXT(name)                                                                            \
	extern const char text_##name[];                                                           \
	__asm__(".section .rodata\n"                                                               \
		".global text_" #name "\n"                                                         \
		".hidden text_" #name "\n"                                                         \
		"text_" #name ":\n"                                                                \
		".incbin \"" #name ".cl\"\n"                                                       \
		".byte 0\n"                                                                        \
		".previous\n")

/* ---- the workloads ---- */

void work_stream(const struct work *w);    /* y += a x, once through: by slices, or by itself */
void work_stride(const struct work *w);    /* every 4096th word, then every 1024th, ... */
void work_sweep(const struct work *w);     /* the same data again and again, read and written */
void work_stencil(const struct work *w);   /* five points in two dimensions, iterated */
void work_pipeline(const struct work *w);  /* three kernels over four arrays */
void work_phases(const struct work *w);    /* scan, random update, host, strides: in turn */
void work_update(const struct work *w);    /* random words changed */
void work_gather(const struct work *w);    /* random words read, in the end of each page */
void work_sparse(const struct work *w);    /* few words of much memory read */
void work_chase(const struct work *w);     /* a list in random order, each node changed */
void work_bfs(const struct work *w);       /* breadth first, a graph in compressed rows */
void work_spmv(const struct work *w);      /* a sparse matrix times a vector, iterated */
void work_matmul(const struct work *w);    /* tiles of a large product of thin matrices */
void work_join(const struct work *w);      /* a hash table made, then probed */
void work_pipe(const struct work *w);      /* the host fills blocks, the device changes them */
void work_histogram(const struct work *w); /* host and device count at once */
void work_contended(const struct work *w); /* both add to four pages at once, without end */
void work_between(const struct work *w);   /* both write at once, every other page each */
void work_handover(const struct work *w);  /* both change the same block in turn */

#endif
