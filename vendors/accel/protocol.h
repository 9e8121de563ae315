/* SPDX-License-Identifier: MIT */
/*
 * DOC: between libtern and the accelerator process
 *
 * tern-accel is a freestanding program linked at TERN_APERTURE_IMAGE. libtern starts it with one
 * descriptor, a SOCK_SEQPACKET socket, sends struct accel_hello with the memory files, gets struct
 * accel_ready back with the process' userfaultfd (none in buffer-only mode), and from then on talks
 * through shared memory:
 *
 * - COMMANDS (the device may only read): ACCEL_SLOTS packets with room for arguments.
 * - STATUS (both write): one struct accel_slot for each packet, the doorbell and the completion
 *   word. libtern believes nothing there that it cannot check: a kernel may have written over it.
 *
 * A slot's life. Free: libtern's own knowledge. libtern writes the packet, then slot.next =
 * generation << 40 (first group 0), sets the slot's bit in `active` and rings the doorbell. Units
 * claim groups by adding to slot.next, and read the packet after that; a claim is void when its
 * generation is not the packet's or its index is not below packet.groups. Before a packet is
 * rewritten, slot.next is set to the closed index of the new generation, so no late claim can
 * fall into it. Who finishes a group adds to slot.done; whoever brings it to packet.groups clears
 * the `active` bit, sets the slot's bit in `completed` and changes the completion word.
 *
 * Failure. A unit that meets a fault (its own signal, or the engine's refusal) fills slot.fault if
 * it is the first, closes slot.next, and adds the groups that nobody will run to slot.done, so the
 * packet completes at once with an error. Aborting from outside (time limit) is the same, by
 * signal to the units that are in the packet.
 *
 * The socket, afterwards: libtern sends struct accel_protect for the segments of images, and gets
 * its status back. When the socket hangs up the process ends. The engine asks for the removal of
 * page-table entries through struct accel_dma in STATUS (a thread of its own serves it).
 */
#ifndef TERN_VENDORS_ACCEL_PROTOCOL_H
#define TERN_VENDORS_ACCEL_PROTOCOL_H

#include <stdint.h>

#include "kernels/abi.h"
#include "svm/aperture.h"

#define ACCEL_PROTOCOL   1u
#define ACCEL_SLOTS      64u
#define ACCEL_UNITS      64u
#define ACCEL_ARGS       8192u /* bytes of arguments in a packet */
#define ACCEL_GENERATION 40u   /* shift in slot.next */
#define ACCEL_CLOSED     ((uint64_t)1 << 39)
#define ACCEL_INDEX      (((uint64_t)1 << ACCEL_GENERATION) - 1)

enum accel_fd { /* the order of the files in struct accel_hello's message */
		ACCEL_FD_COMMANDS,
		ACCEL_FD_STATUS,
		ACCEL_FD_CODE,
		ACCEL_FD_SHARED,
		ACCEL_FD_VRAM, /* absent in buffer-only mode */
		ACCEL_FD_COUNT,
};

enum {
	ACCEL_HELLO_SYSTEM = 1 << 0, /* map VRAM over the rest of the address space */
	ACCEL_HELLO_OWNER =
		1 << 1, /* a pidfd of the program's follows the files: its end is ours */
};

enum accel_step { /* of the process' start */
		  ACCEL_STEP_HELLO,
		  ACCEL_STEP_UNMAP,
		  ACCEL_STEP_MAP,
		  ACCEL_STEP_VRAM,
		  ACCEL_STEP_USERFAULTFD,
		  ACCEL_STEP_REGISTER,
		  ACCEL_STEP_SIGNALS,
		  ACCEL_STEP_THREADS,
		  ACCEL_STEP_DONE,
};

struct accel_hello {
	uint32_t version, flags, units;
	uint32_t spin_ns;    /* how long an idle unit looks for work before it sleeps, */
	uint32_t spin_units; /* and how many do so at a time */
	uint32_t unused;
	uint64_t stack_bytes, local_bytes, scratch_bytes; /* of each unit, reserved */
};

struct accel_ready {
	uint32_t version;
	int32_t error; /* 0, or a negative errno of the step below */
	uint32_t step; /* enum accel_step */
	uint32_t unused;
};

/* Over the socket, answered by an int32_t. */
struct accel_protect {
	uint64_t address, bytes; /* inside CODE */
	uint32_t protection;     /* PROT_* */
	uint32_t unused;
};

enum { ACCEL_PACKET_PROFILED = 1 << 0 };

/* In COMMANDS. */
struct accel_packet {
	uint64_t generation;
	uint64_t function; /* tern_group_fn, in CODE */
	uint64_t groups;   /* all of them */
	uint64_t chunk;    /* how many to claim at once */
	uint64_t flags;
	uint64_t printf_buffer; /* struct tern_printf_buffer in SHARED, or 0 */
	uint64_t enqueued_local_size[3], global_size[3], num_groups[3], global_offset[3];
	uint64_t work_dim, local_bytes, scratch_bytes;
	_Alignas(TERN_ARGS_ALIGN) unsigned char args[ACCEL_ARGS];
};

struct accel_commands {
	struct accel_packet packets[ACCEL_SLOTS];
};

enum accel_failure {
	ACCEL_OK,
	ACCEL_REFUSED,   /* the engine refused an access: `why` is enum tern_devmem_refusal */
	ACCEL_SIGNALLED, /* `why` is the signal: SIGFPE, SIGILL, SIGSEGV (buffer-only, stack), … */
	ACCEL_ABORTED,   /* from outside: the time limit */
};

struct accel_fault {
	_Atomic uint32_t taken; /* the first unit to fail fills the rest */
	uint32_t failure, why, unit;
	uint64_t address; /* of the access; 0: not known */
	uint64_t write;
	uint64_t group[3]; /* the work-group that was running */
	_Atomic uint32_t filled;
};

/* In STATUS. */
struct accel_slot {
	_Alignas(64) _Atomic uint64_t next;
	_Alignas(64) _Atomic uint64_t done;
	_Atomic uint64_t started_ns, ended_ns; /* CLOCK_MONOTONIC, when profiled */
	struct accel_fault fault;
};

struct accel_unit {
	_Alignas(64) _Atomic uint32_t tid; /* as the kernel counts, for signals */
	_Atomic uint32_t slot;             /* what it runs: slot + 1, or 0 */
	_Atomic uint64_t group;            /* index of the work-group that it runs */
	/* Written by libtern before it signals the unit: what the signal means, and for whom:
	 * generation << 8 | slot + 1, or 0: whatever runs. */
	_Atomic uint64_t kill_target;
	_Atomic uint32_t kill_failure, kill_why;
	_Atomic uint64_t kill_address, kill_write;
};

enum accel_dma_state { ACCEL_DMA_IDLE, ACCEL_DMA_POSTED, ACCEL_DMA_DONE };
struct accel_dma {
	_Alignas(64) _Atomic uint32_t state; /* a futex word */
	int32_t result;
	uint64_t address, bytes; /* madvise(DONTNEED): the entries go, VRAM keeps the contents */
};

struct accel_status {
	_Alignas(64) _Atomic uint32_t doorbell; /* changes; units sleep on it (not private) */
	_Atomic uint32_t sleeping;              /* units that sleep or are about to */
	/* Units that see the doorbell change without being woken: as many need no wake-up. One that
	 * finds more than it can do wakes another. */
	_Atomic uint32_t looking;
	_Alignas(64) _Atomic uint64_t active;    /* slots with groups to claim or to finish */
	_Alignas(64) _Atomic uint64_t completed; /* slots that have ended; libtern clears */
	_Atomic uint32_t completion;             /* changes with each; libtern sleeps on it */
	_Atomic uint32_t waiting;                /* libtern's sleepers on it */
	_Alignas(64) _Atomic uint32_t ready;     /* units that serve */
	struct accel_dma dma;
	struct accel_unit units[ACCEL_UNITS];
	struct accel_slot slots[ACCEL_SLOTS];
};

#endif
