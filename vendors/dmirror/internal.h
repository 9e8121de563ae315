/* SPDX-License-Identifier: MIT */
/*
 * DOC: devices over the HMM test driver
 *
 * A device for each node of the driver's that can be opened. The driver is opened when the first
 * queue is made, so that the mirror is the process's, and closed a while after the last one is
 * gone; by then all pages are home (trap_detach()), and what is not the kernel brings.
 *
 * The hardware executes nothing: a thread of libtern's, one for each device, does the work of
 * commands. But it touches no memory of the program's itself: it reads and writes through the
 * device's page tables (mirror.c), in blocks, by svm/trap_kernel.h, which has the exceptions.
 *
 * Commands are executed one after the other, those of high-priority queues first. A waiting thread
 * sleeps.
 *
 * The descriptor may be closed, or replaced, by the program (closefrom() and the like): the driver
 * then is gone in the middle of something, and the kernel has brought all pages home. The command
 * that runs fails, and the next one finds the driver opened again.
 *
 * fork: a child's devices are as at the start; the parent's descriptors are closed there.
 */
#ifndef TERN_VENDORS_DMIRROR_INTERNAL_H
#define TERN_VENDORS_DMIRROR_INTERNAL_H

#include "runtime/base/lock.h"
#include "runtime/queue.h"
#include "svm/trap_kernel.h"
#include "vendors/dmirror/dmirror.h"
#include "vendors/dmirror/driver.h"

/* What is worked on at once: a multiple of the driver's window. */
#define DMIRROR_BLOCK   (TERN_MIRROR_PAGES * (size_t)TERN_PAGE)
#define DMIRROR_BUFFERS 3u /* blocks in work */

struct dmirror_list {
	struct tern_command *head, *tail; /* by next_ready */
};

/* One for each node, as long as the process. */
struct dmirror {
	struct tern_devmem devmem; /* first */
	struct tern_device device;
	const struct dmirror_driver *driver;
	unsigned node;
	char name[64];
	/* The same for all but the names: dmirror0 and so on, which tell their counters apart. */
	char short_name[16];
	struct tern_device_ops ops;
	struct tern_devmem_ops memory_ops;

	struct tern_lock start_lock; /* rank DEVICE: start, stop, the thread's beginning and end */
	unsigned starts;             /* start() less stop(): under lock */
	bool running;                /* there is a thread; the driver is open */
	_Atomic int fd;              /* -1: not open */
	_Atomic bool lost;           /* the driver was gone: it is to be opened again */
	char *check;                 /* a window, for what the driver returns of migrations */
	char *buffers;               /* DMIRROR_BUFFERS blocks: the thread's */

	struct tern_lock lock;        /* rank WORKERS */
	struct dmirror_list ready[2]; /* high priority, normal */
	_Atomic uint32_t word;        /* changes when there is something to do */
};

static inline struct dmirror *dmirror_of(struct tern_device *device)
{
	return device->backend;
}

static inline char *dmirror_buffer(const struct dmirror *d, unsigned index)
{
	return d->buffers + index * DMIRROR_BLOCK;
}

/* mirror.c: the operations of svm/trap_kernel.h on the driver. */
extern const struct tern_mirror_ops dmirror_mirror_ops;
/* 0 or -errno; closes it first when it was lost. */
int dmirror_open(struct dmirror *d) TERN_MUST_CHECK;
void dmirror_close(struct dmirror *d);

/* device.c. Makes the devices of @driver in @out: at most @max; their number, or -errno. */
int dmirror_probe(const struct dmirror_driver *driver, struct tern_device **out, unsigned max);

/* caps.c */
void dmirror_caps_fill(struct dmirror *d);
/* Bytes of device memory that a device may use: TERN_DMIRROR_MEMORY. */
uint64_t dmirror_memory_limit(void);

/* kernels.c: what CL_DEVICE_BUILT_IN_KERNELS lists. */
extern const struct tern_kernel_info dmirror_kernels[];
extern const cl_uint dmirror_kernel_count;

/* worker.c */
/* Starts the thread. 0 or -errno. */
int dmirror_worker_start(struct dmirror *d) TERN_MUST_CHECK;
void dmirror_worker_add(struct dmirror *d, struct tern_command *command);
void dmirror_worker_wake(struct dmirror *d);

/* device.c, for the worker: nobody has started the device for a while, so that it is stopped now.
 * False: somebody has. */
bool dmirror_retire(struct dmirror *d);

/* A command's way to the program's memory. Functions: 0 or -errno, and then `failure` is filled. */
struct dmirror_access {
	struct dmirror *d;
	struct tern_trap_failure failure;
};

static inline int dmirror_read(struct dmirror_access *a, uint64_t va, size_t bytes, void *to)
{
	return tern_trap_read(&a->d->devmem, 0, va, bytes, to, &a->failure);
}

static inline int dmirror_write(struct dmirror_access *a, uint64_t va, size_t bytes,
				const void *from)
{
	return tern_trap_write(&a->d->devmem, 0, va, bytes, from, &a->failure);
}

/* Bytes of the next block: it ends at a page of @va's, so that the next one begins there. At most
 * @left, and but for the last block a multiple of @unit, which divides a page. */
static inline size_t dmirror_block(uint64_t va, uint64_t left, size_t unit)
{
	uint64_t most = DMIRROR_BLOCK - va % TERN_PAGE;
	return (size_t)tern_min(left, va % unit ? most / unit * unit : most);
}

/* transfer.c: copies and fills. */
int dmirror_copy(struct dmirror_access *a, const struct tern_copy *copy);
int dmirror_fill(struct dmirror_access *a, uint64_t to, uint64_t bytes, const void *pattern,
		 size_t pattern_bytes);
int dmirror_copy_bytes(struct dmirror_access *a, uint64_t from, uint64_t to, uint64_t bytes);

/* run.c: a built-in kernel. */
int dmirror_run(struct dmirror_access *a, const struct tern_ndrange *range);

#endif
