/* SPDX-License-Identifier: MIT */
/* What the benchmarks share: the device, objects on it, clocks. Errors end the program: there is
 * nothing to measure on a runtime that fails here. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include "bench/shim.h"
#include <stddef.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))
#define MUST(call)    bench_must((call), #call)

void bench_must(cl_int error, const char *what);

/* The first device of the first platform; all made on first use and kept. */
cl_device_id bench_device(void);
cl_context bench_context(void);
cl_command_queue bench_queue(void);

cl_command_queue bench_new_queue(cl_command_queue_properties properties);
cl_mem bench_new_buffer(size_t size, const void *from);
/* Builds @source and makes its kernel @name. */
cl_kernel bench_new_kernel(const char *source, const char *name);
/* A kernel of one work-item that does nothing; kept. */
cl_kernel bench_empty_kernel(void);
void bench_enqueue_empty(cl_command_queue queue, cl_uint waits, const cl_event *wait,
			 cl_event *event);

double bench_now(void); /* seconds, CLOCK_MONOTONIC */

/* The benchmark's time is the best of some calls of @run, for @seconds and one at least: whatever
 * else the machine does only ever adds. @before, or NULL, is called before each and does not count.
 * For benchmarks that are BENCH_MANUAL and BENCH_ONCE. */
void bench_best(struct bench *bench, double seconds, void (*run)(void *data),
		void (*before)(void *data), void *data);

/* Each file's benchmarks. */
void bench_add_machine(void);
void bench_add_startup(void);
void bench_add_build(void);
void bench_add_enqueue(void);
void bench_add_event(void);
void bench_add_memory(void);
void bench_add_scale(void);
void bench_add_compute(void);

/* Starts bench-probe, which lies beside this program, with @mode and @argument (or NULL); gives
 * what it printed. Returns the time right before its start, or a negative number. */
double bench_probe(const char *mode, const char *argument, char *out, size_t size);

#endif
