/* SPDX-License-Identifier: MIT */
/* What the workloads of bench-policies use. */
#ifndef BENCH_POLICIES_H
#define BENCH_POLICIES_H

#include "bench/bench.h"
#include "icd/cl_tern.h"
#include <stdbool.h>

/* Around what is to be measured: time and counters. */
void work_starts(void);
void work_ends(void);
/* Ends the program when not @good. */
void work_check(bool good, const char *what);
/* malloc() that cannot fail. */
void *work_memory(size_t bytes);

/* Any pointer as an argument of a kernel; its start; the end of all that were started. */
void work_pointer(cl_kernel kernel, cl_uint index, const void *pointer);
void work_kernel(cl_kernel kernel, size_t global);
void work_wait(void);

/* The workloads. */
void work_saxpy(void);     /* y += a x over 64 MiB, then the host reads y */
void work_list(void);      /* a list in random order, each node changed */
void work_gather(void);    /* reads all over 64 MiB, in the end of each page */
void work_sparse(void);    /* reads few pages of 256 MiB */
void work_stencil(void);   /* sweeps over two arrays, by the device and the host in turn */
void work_cyclic(void);    /* three passes over 64 MiB, read and written */
void work_contended(void); /* both sides add to four pages at once, without end */
void work_between(void);   /* both sides write at once, every other page each */
void work_handover(void);  /* both sides change 64 KiB in turn */

#endif
