/* SPDX-License-Identifier: MIT */
/*
 * DOC: the stress program
 *
 * Host threads and kernels use one address space as hard as they can, each of them checking all the
 * time that nobody else's work has changed its data:
 *
 *	heap	malloc, free, realloc, mmap, mremap and madvise storms; every byte of every live
 *		allocation follows from the allocation's tag
 *	thief	kernels on all devices check and atomically add 0 to live allocations ("steal the
 *		heap"), and migrate them; what else lies on the same pages goes along
 *	fork	children look at allocations while the parent goes on, and overwrite their copies
 *	flood	four times the memory of the smallest device, changed and checked in windows
 *	count	atomics from host threads and all devices at once, sums exact
 *	kill	now and then kill -9 for the accelerator's process: commands may fail then, but data
 *		that no kernel wrote is as it was, and later commands run
 *
 * Each is a role: one or more threads with a random sequence of their own. A role says where it is
 * (stress_at); the main thread fails the run when one has not moved for a minute.
 *
 * Only the OpenCL API and POSIX are used.
 */
#ifndef CONFORMANCE_STRESS_H
#define CONFORMANCE_STRESS_H

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRESS_PAGE    ((size_t)4096)
#define STRESS_DEVICES 8u

struct stress_role {
	const char *name;
	void (*run)(struct stress_role *role);
	pthread_t thread;
	uint32_t random;
	atomic_ulong steps;          /* grows while the role makes progress */
	_Atomic(const char *) where; /* what it is doing; a literal */
};

struct stress_device {
	cl_device_id id;
	char name[64];
	size_t memory; /* bytes */
	atomic_ulong done, failed;
};

/* What was done, for the report. */
struct stress_counts {
	atomic_ulong allocated, freed, reallocated, remapped, advised, checked;
	atomic_ulong stolen, migrated, forks, windows, additions, kills, findings;
};

struct stress {
	unsigned seconds, seed;
	bool kill; /* kill the accelerator now and then */
	size_t flood_bytes;
	cl_context context;
	cl_program program;
	struct stress_device devices[STRESS_DEVICES];
	unsigned device_count;
	struct stress_counts counts;
	atomic_bool stop;
	_Atomic double killed_at; /* stress_now() of the latest kill; 0: none */
};

extern struct stress stress;

double stress_now(void); /* seconds, monotonic */
uint32_t stress_random(struct stress_role *role);
/* Says what the role is about to do and that it moves. @where: a literal. */
void stress_at(struct stress_role *role, const char *where);
/* A finding: printed, and the run fails. */
void stress_found(struct stress_role *role, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* device.c */
int stress_open(void); /* 0, 1 or 77, with a line on stderr */
void stress_close(void);
/* A queue of the role's own on each device, and a kernel of its own. Ends the process on failure.
 */
struct stress_runner {
	struct stress_role *role;
	cl_kernel kernel;
	cl_command_queue queues[STRESS_DEVICES];
};
void stress_runner_open(struct stress_runner *runner, struct stress_role *role, const char *kernel);
void stress_runner_close(struct stress_runner *runner);
/* Runs the kernel, whose arguments are set, on a device and waits. False: it failed, which is a
 * finding unless the accelerator was killed shortly before. */
bool stress_run(struct stress_runner *runner, unsigned device, size_t global);
/* The same for a command that gave @error when enqueued and has @event. Releases the event. */
bool stress_wait(struct stress_runner *runner, unsigned device, cl_int error, cl_event event);

/* heap.c: the live allocations. */
struct stress_block {
	pthread_mutex_t lock;
	uint32_t *words;
	size_t count; /* words; 0: free */
	uint32_t tag;
	bool mapped; /* by mmap, in whole pages; else by malloc */
};
#define STRESS_BLOCKS 512u
extern struct stress_block stress_blocks[STRESS_BLOCKS];
void stress_heap_init(void);
void stress_heap_finish(void);
uint32_t stress_pattern(uint32_t tag, size_t index);
/* Locks a random live block that is not locked; NULL when a few tries found none. */
struct stress_block *stress_block_take(struct stress_role *role);
void stress_block_release(struct stress_block *block);
size_t stress_block_wrong(const struct stress_block *block);

void stress_heap(struct stress_role *role);
void stress_thief(struct stress_role *role);
void stress_fork(struct stress_role *role);
void stress_flood(struct stress_role *role);
void stress_count(struct stress_role *role);
void stress_kill(struct stress_role *role);

#endif
