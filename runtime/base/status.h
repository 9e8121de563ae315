/* SPDX-License-Identifier: MIT */
/*
 * DOC: the status page
 *
 * What `tern top` shows of a process lies in its status page: a memory file (memfd) into which the
 * runtime counts as it works. Nobody is asked and no thread answers; a reader maps the file.
 *
 * Where. The page is made with the first command-queue, in a descriptor of the process; its name is
 * TERN_STATUS_FILE. Readers find it in /proc/PID/fd, where the kernel lets the same user (and root)
 * open it, unless the process has made itself undumpable. So there is no folder that must be
 * writable, private or cleaned up, nothing is left behind by a process that is killed, and no page
 * can be taken for another process's. The price: a program that closes descriptors that are not its
 * own cannot be seen any more. Programs with raised rights (set-user-ID) have no page, nor has any
 * with TERN_STATUS=0, and nothing else changes: everybody then counts in memory of his own.
 *
 * Safety. The file is sealed: its size is fixed, and no other process can write to it (Linux 5.1),
 * so nobody can harm the program through it. A reader trusts nothing (status_read.h).
 *
 * fork(): in the child anonymous memory takes the place of the page, for the objects of before, and
 * the descriptor is closed; the child makes a page of its own with its first command-queue. The
 * names of kernels are kept outside the page, so their numbers stay good. exec() closes it.
 *
 * Cost. A command of an in-order queue costs three stores to two cache lines of its queue
 * (runtime/enqueue.c): no look at a clock, no line that another thread writes for another reason,
 * and no atomic read-modify-write, unless another thread enqueues it than made the queue. So
 * commands are counted twice: `enqueued` by the thread that made the queue, alone, and
 * `enqueued_others` by all others; and a command's start is told only when it may take long, or
 * somebody has looked at a clock anyway.
 *
 * How it is read. All is little-endian words that are written whole, in this order, and read in
 * this order: each store releases, each load acquires, which costs nothing on x86-64.
 *
 * - A queue is there while `number` is not 0. It is written last, and zeroed first, and no number
 *   is used twice: who reads the same number before and after has read one queue's constants.
 * - `completed` never overtakes what is enqueued; who reads it first gets a depth that is true.
 * - A running command is a word that says what it is, and one that says when it began. Both have a
 *   count of commands in the upper half, by which a reader knows that they belong together; where
 *   they differ the start has not been told.
 * - In-order queues have one such pair. The count is `completed` + 1, else the command is over.
 * - Out-of-order queues: the count is one more each time in the same place, and a command is over
 *   when the lower half of the first word is 0.
 * - Devices and names only come. A device is there when its `units` are not 0, and was named
 * before.
 */
#ifndef TERN_BASE_STATUS_H
#define TERN_BASE_STATUS_H

#include <stdatomic.h>

#include "runtime/base/base.h"

#define TERN_STATUS_FILE       "tern-top"
#define TERN_STATUS_MAGIC      UINT64_C(0x00504f544e524554) /* "TERNTOP" */
#define TERN_STATUS_VERSION    1u
#define TERN_STATUS_DEVICES    16u
#define TERN_STATUS_QUEUES     64u
#define TERN_STATUS_RUNNING    7u
#define TERN_STATUS_NAMES      128u
#define TERN_STATUS_NAME_BYTES 64u

struct tern_status_header {
	_Atomic uint64_t magic; /* TERN_STATUS_MAGIC, which is written last */
	uint32_t version, page_bytes;
	uint64_t process;    /* as the process itself sees it (getpid()) */
	uint64_t started_ns; /* CLOCK_MONOTONIC */
	char policy[128];    /* the options in force, ended by zeros */
	char accelerator[128];
	_Atomic uint64_t hidden; /* queues that live and found no room */
};

/* Beginning as struct tern_space_stats does, which counts them (svm/account.c). */
enum tern_status_counter {
	TERN_STATUS_DEVICE_READ_FAULTS,
	TERN_STATUS_DEVICE_WRITE_FAULTS,
	TERN_STATUS_HOST_READ_FAULTS,
	TERN_STATUS_HOST_WRITE_FAULTS,
	TERN_STATUS_PAGES_TO_DEVICE,
	TERN_STATUS_PAGES_TO_HOST,
	TERN_STATUS_PAGES_ZEROED,
	TERN_STATUS_PAGES_DROPPED,
	TERN_STATUS_PAGES_EVICTED,
	TERN_STATUS_COUNTERS
};

struct tern_status_device {
	char name[32]; /* as in TERN_DEVICES */
	_Atomic uint32_t units;
	uint32_t unused;
	_Atomic uint64_t limit;    /* bytes of memory for pages of the program's; 0: none */
	_Atomic uint64_t resident; /* of which are in use */
	_Atomic uint64_t counters[TERN_STATUS_COUNTERS]; /* enum tern_status_counter; only grow */
};

struct tern_status_command {
	_Atomic uint64_t what;    /* count, cl_command_type in 16 bits, name in 16 bits */
	_Atomic uint64_t started; /* count, CLOCK_MONOTONIC's milliseconds in 32 bits */
};

enum { TERN_STATUS_OUT_OF_ORDER = 1, TERN_STATUS_PROFILED = 2 };

struct tern_status_queue {
	/* Constant, but for the first. */
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t number; /* from 1 on, ascending; 0: not in use */
	_Atomic uint64_t made_ns;
	_Atomic uint32_t device, thread;     /* index; who made it, as the process sees it */
	_Atomic uint32_t units, flags;       /* compute units it may use */
	_Atomic uint32_t priority, throttle; /* CL_QUEUE_PRIORITY_*, CL_QUEUE_THROTTLE_*; or 0 */
	/* By whoever enqueues. */
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t enqueued;
	_Atomic uint64_t enqueued_others;
	/* By whoever executes. */
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t completed;
	_Atomic uint64_t failed; /* of which ended with an error */
	struct tern_status_command running[TERN_STATUS_RUNNING];
};

struct tern_status_page {
	struct tern_status_header header;
	_Alignas(TERN_CACHE_LINE) struct tern_status_device devices[TERN_STATUS_DEVICES];
	_Alignas(4096) struct tern_status_queue queues[TERN_STATUS_QUEUES];
	_Alignas(4096) char names[TERN_STATUS_NAMES][TERN_STATUS_NAME_BYTES]; /* 0: none */
};

/* Makes the page, unless it is there, or must not or cannot be: then the rest works, unseen. */
void tern_status_start(void);
/* The record of the device called @name (TERN_DEVICES), made if need be; never NULL. @units: 0: as
 * they were. */
struct tern_status_device *tern_status_device(const char *name, uint32_t units);

struct tern_status_queue_info {
	const struct tern_status_device *device;
	uint32_t units, flags, priority, throttle;
};
/* A record for a queue: one of the page's, or @own, which is then unseen. */
struct tern_status_queue *tern_status_queue_get(struct tern_status_queue *own,
						const struct tern_status_queue_info *info);
/* No command of the queue is left. */
void tern_status_queue_put(struct tern_status_queue *queue, struct tern_status_queue *own);
/* The number of @name; 0 when there are too many. */
uint16_t tern_status_name(const char *name);

/* For counters that one thread at a time adds to. */
static inline void tern_status_add(_Atomic uint64_t *counter, uint64_t n)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
	atomic_store_explicit(counter, value + n, memory_order_release);
}

static inline void tern_status_put(_Atomic uint64_t *to, uint64_t value)
{
	atomic_store_explicit(to, value, memory_order_release);
}

static inline void tern_status_set(struct tern_status_command *command, uint64_t count,
				   unsigned type, unsigned name)
{
	atomic_store_explicit(&command->what,
			      count << 32 | (uint32_t)(uint16_t)type << 16 | (uint16_t)name,
			      memory_order_release);
}

/* In-order queues: the command after the last that has completed is running. */
static inline void tern_status_begin(struct tern_status_queue *queue, unsigned type, unsigned name)
{
	uint64_t completed = atomic_load_explicit(&queue->completed, memory_order_relaxed);
	tern_status_set(&queue->running[0], completed + 1, type, name);
}

/* Out-of-order queues: the place that was taken for a command, or NULL. */
struct tern_status_command *tern_status_take(struct tern_status_queue *queue, unsigned type,
					     unsigned name);
static inline void tern_status_leave(struct tern_status_command *command)
{
	uint64_t what = atomic_load_explicit(&command->what, memory_order_relaxed);
	atomic_store_explicit(&command->what, what >> 32 << 32, memory_order_release);
}

/* The command there began at @ns. */
static inline void tern_status_started(struct tern_status_command *command, uint64_t ns)
{
	uint64_t what = atomic_load_explicit(&command->what, memory_order_relaxed);
	atomic_store_explicit(&command->started, what >> 32 << 32 | (uint32_t)(ns / 1000000),
			      memory_order_release);
}

/* Around fork(). */
void tern_status_fork_before(void);
void tern_status_fork_after(bool child);

#endif
