/* SPDX-License-Identifier: MIT */
/*
 * DOC: bench-migration
 *
 * What a device with its own page tables and memory costs, each figure beside a floor that is
 * measured in the same process right before or after it. The OpenCL API only; floors by system
 * calls. bench/migration runs the cases in fresh processes and prints the table.
 *
 * A case prints lines of words separated by tabs:
 *	row NAME MEASURED FLOOR RATIO FLOOR-NAME at-most|at-least|- LIMIT
 *	skip NAME REASON
 * MEASURED and FLOOR are seconds, medians over rounds; RATIO is the median of the rounds' ratios,
 * measured / floor for at-most and "-" (no limit), floor / measured for at-least.
 */
#ifndef BENCH_MIGRATION_H
#define BENCH_MIGRATION_H

#include "bench/bench.h"
#include <stdbool.h>
#include <stdint.h>

#define PAGE ((size_t)4096)

/* A device under test, with a context and an in-order queue of its own. */
struct target {
	cl_device_id device;
	cl_context context;
	cl_command_queue queue;
	cl_device_svm_capabilities svm;
	cl_uint units;
	cl_ulong memory; /* CL_DEVICE_GLOBAL_MEM_SIZE */
};

/* The first device of @type of the first platform; opened at the first call. NULL: there is none.
 */
struct target *target_get(cl_device_type type);
/* The device under test: of the type named by --device, accelerator unless given. */
struct target *target_tested(void);
/* False and a skip line for @name when the device under test is not there or lacks @svm. */
bool target_has(const char *name, cl_device_svm_capabilities svm);

cl_kernel target_kernel(struct target *target, const char *source, const char *name);
/* Runs and waits; seconds from before the enqueue to after the wait. @local 0: the runtime's
 * choice. */
double target_run(struct target *target, cl_kernel kernel, size_t global, size_t local);

/* Pairs of a measured time and its floor, one for each round. */
#define ROUNDS_MAX 64
struct rounds {
	double measured[ROUNDS_MAX], floor[ROUNDS_MAX];
	unsigned count;
};

enum relation { AT_MOST, AT_LEAST, NO_LIMIT };

void rounds_add(struct rounds *rounds, double measured, double floor);
/* Prints the row. Without any round, nothing. */
void rounds_print(const struct rounds *rounds, const char *name, const char *floor_name,
		  enum relation relation, double limit);
void print_skip(const char *name, const char *reason);
double median(const double *values, unsigned count);

/* Floors, seconds for one operation: the mean of a batch. 0: cannot be measured here. */
void floors_start(void);      /* before any OpenCL call: makes the process for the futex floors */
double floor_copy(void);      /* UFFDIO_COPY of a page */
double floor_anonymous(void); /* first touch of an anonymous page */
enum futex_place { FUTEX_SAME_CPU, FUTEX_OTHER_CPU, FUTEX_ANY_CPU };
double floor_futex(enum futex_place place); /* round trip between two processes */
double floor_memcpy(size_t size);           /* both sides touched before */
double floor_trap(void);  /* a fault that another thread answers by a copy, and nothing else */
double floor_fault(void); /* copy + anonymous + futex on the same cpu: of one fault */

/* Anonymous memory, aligned to 2 MiB, not touched: of small pages, or of what the system gives. */
void *map_pages(size_t size);
void *map_plain(size_t size);
void unmap_pages(void *memory, size_t size);

/* Host and device touch @pages pages, one byte each, @stride bytes apart: byte i becomes @value +
 * i, or is expected to be that. Seconds for one page, one after the other; wrong data ends the
 * program. */
struct pages_kernels {
	struct target *target;
	cl_kernel write, read, empty;
};
extern struct pages_kernels pages_kernels;
void pages_prepare(void); /* once, before the others; with system SVM only */
double pages_write_device(volatile uint8_t *p, size_t pages, size_t stride, cl_uchar value);
double pages_read_device(volatile uint8_t *p, size_t pages, size_t stride);
void pages_check_device(size_t pages, uint8_t value); /* what the last read found */
double pages_write_host(volatile uint8_t *p, size_t pages, size_t stride, uint8_t value);
double pages_read_host(volatile uint8_t *p, size_t pages, size_t stride, uint8_t value);

/* The cases. */
void case_faults(void);
void case_bulk(void);
void case_shared(void);
void case_mapped(void);
void case_allocations(void);
void case_round_trip(void);
void case_enqueue(void);
void case_at_rest(void);
void case_oversubscribed(void);

#endif
