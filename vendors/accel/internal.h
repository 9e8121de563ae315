/* SPDX-License-Identifier: MIT */
/*
 * DOC: the accelerator's back end
 *
 * Two halves with this header between them.
 *
 * The process (launch.c, code.c, memory.c, process/): starts tern-accel, hands it its memory files,
 * loads kernels into the aperture's CODE, and is the engine's device memory. Fresh processes take
 * the place of dead ones; memory files and CODE's contents outlive them.
 *
 * The commands (device.c, caps.c, options.c, packet.c, agent.c, wait.c, host.c, report.c): packets,
 * completion, the agent thread, work that the host does for the device (copies, fills, calls), what
 * is said about faults.
 *
 * Threads in libtern while the device is started (first queue to last, and a while after): the
 * engine's (svm/), the agent, which completes commands when nobody waits, executes the device's
 * host work and restarts a dead process, and the watcher, which sleeps until the process ends.
 *
 * Who completes. Finished packets are taken from status->completed by whoever holds the reaper's
 * role: a thread in wait(), else the agent. Only the holder sleeps on status->completion, so a
 * completion wakes one thread. A waiter that leaves while packets run hands the role to the agent.
 */
#ifndef TERN_VENDORS_ACCEL_INTERNAL_H
#define TERN_VENDORS_ACCEL_INTERNAL_H

#include "kernels/image.h"
#include "kernels/spawn.h"
#include "runtime/base/futex.h"
#include "runtime/base/lock.h"
#include "runtime/queue.h"
#include "svm/device_memory.h"
#include "svm/space.h"
#include "vendors/accel/accel.h"
#include "vendors/accel/protocol.h"

/* Of each unit (struct accel_hello); what a kernel may use. */
#define ACCEL_STACK_BYTES   ((uint64_t)8 << 20)
#define ACCEL_STACK_RESERVE ((uint64_t)64 << 10) /* of it, for the process itself */
#define ACCEL_LOCAL_BYTES   ((uint64_t)256 << 10)
#define ACCEL_SCRATCH_BYTES ((uint64_t)1 << 30)

/* TERN_ACCEL, checked. */
struct accel_options {
	uint64_t memory_bytes; /* mem= */
	unsigned units;        /* units=, 1..ACCEL_UNITS */
	struct tern_link link; /* link=, latency= */
	enum tern_memory_model model;
	uint64_t linger_ns; /* linger= */
};

/* One for the process; pinned, since the engine's callbacks touch it. */
struct accel {
	struct tern_devmem devmem; /* first */
	struct accel_options options;
	struct tern_device *device;
	bool system; /* any pointer works; else TERN_HEAP_SHARED only. Constant. */

	/* The process half's. */
	struct tern_lock process_lock; /* rank DEVICE: start, stop, restart, protect */
	struct tern_helper helper;
	int socket;              /* -1: none */
	int uffd;                /* the process', -1: none */
	int fds[ACCEL_FD_COUNT]; /* memory files, made once; -1: none */
	bool huge;               /* the device memory may have huge pages */
	_Atomic bool alive;
	_Atomic uint32_t incarnation; /* counts processes */
	uint32_t tids[ACCEL_UNITS];   /* threads of its units, as it said at its start */
	void *memory;                 /* memory.c's own, pinned */
	void *code;                   /* code.c's own */

	/* The commands half's. */
	void *commands;
};

static inline struct accel_commands *accel_commands(void)
{
	return (struct accel_commands *)TERN_APERTURE_COMMANDS;
}

static inline struct accel_status *accel_status(void)
{
	return (struct accel_status *)TERN_APERTURE_STATUS;
}

/* launch.c. All blocking; 0 or -errno. */
/* Reserves the aperture, makes the memory files and maps COMMANDS, STATUS (also before any process
 * runs); idempotent. */
int accel_process_prepare(struct accel *accel) TERN_MUST_CHECK;
/* Starts the process and waits until its units serve; in system mode the space is open and the
 * memory attached. Undone by accel_process_stop(). */
int accel_process_start(struct accel *accel) TERN_MUST_CHECK;
/* No packet is in flight. Brings all pages home and ends the process. */
void accel_process_stop(struct accel *accel);
/* The process has died (accel->alive is false): recovers its pages, resets STATUS and starts a
 * fresh one with all CODE in place. */
int accel_process_restart(struct accel *accel) TERN_MUST_CHECK;
/* Ends it at once; the watcher then sees it die. Any thread. */
void accel_process_kill(struct accel *accel);
/* Interrupts what unit @unit runs, if it still runs generation @generation of slot @slot
 * (ACCEL_SLOTS: whatever it runs): it fails as @failure says. Pinned memory and system calls only:
 * the engine calls it too. */
void accel_process_interrupt(struct accel *accel, unsigned unit, unsigned slot, uint64_t generation,
			     enum accel_failure failure, uint32_t why, uint64_t address,
			     bool write);
static inline uint64_t accel_generation(unsigned slot)
{
	return __atomic_load_n(&accel_commands()->packets[slot].generation, __ATOMIC_RELAXED);
}
/* In the child of a fork: there is no process. */
void accel_process_forget(struct accel *accel);

/* code.c */
const struct tern_image_place *accel_code_place(void);
/* Applies the protection of all images that are loaded to a fresh process. */
int accel_code_replay(struct accel *accel) TERN_MUST_CHECK;

/* memory.c: fills accel->devmem (all but the limits) and makes its state. */
int accel_memory_init(struct accel *accel) TERN_MUST_CHECK;
/* A fresh process has the userfaultfd accel->uffd. */
void accel_memory_renew(struct accel *accel);

/* device.c: the watcher saw the process end (accel->alive is false already). Any thread. */
void accel_device_died(struct accel *accel);

/* options.c: parses TERN_ACCEL; what is not understood is logged and keeps its default. */
void accel_options_read(struct accel_options *out);

#endif
