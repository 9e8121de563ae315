/* SPDX-License-Identifier: MIT */
/*
 * DOC: tern-accel, the accelerator process
 *
 * Freestanding: no C library, since nothing may lie outside the aperture. Its parts:
 *
 *	main.c		the start: leaves the address space empty, maps what protocol.h names
 *	unit.c		compute units: threads that claim and execute work-groups
 *	fault.c		signals: faults of kernels and interrupts
 *	service.c	the thread that removes page-table entries, and the keeper of the socket
 *	system.c	system calls, threads, seccomp, what the compiler wants of a C library
 *
 * A unit's memory, at TERN_APERTURE_UNITS + its number * TERN_APERTURE_UNIT_BYTES, has gaps of at
 * least half a GiB between its parts, so that an overflow of one hits nothing:
 *
 *	1 GiB		stack, growing down to there
 *	1.5 GiB		the signal handler's stack
 *	2 GiB		local memory, with TERN_LOCAL_SLACK (a page) before and behind it
 *	4 GiB		scratch memory
 *
 * What a unit knows lies in `units`, not on its stack: after a fault it starts again at the top of
 * its stack, with what is there forgotten.
 */
#ifndef TERN_VENDORS_ACCEL_PROCESS_PROCESS_H
#define TERN_VENDORS_ACCEL_PROCESS_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "vendors/accel/protocol.h"

/* nothing is found through a table: the image lies above what 32 bits can name */
#pragma GCC visibility push(hidden)

#define UNIT_STACK        0x40000000ul
#define UNIT_STACK_MOST   0x10000000ul
#define UNIT_SIGNAL_STACK 0x60000000ul
#define UNIT_SIGNAL_BYTES 0x10000ul
#define UNIT_LOCAL        0x80000000ul
#define UNIT_LOCAL_MOST   0x40000000ul
#define UNIT_SCRATCH      0x100000000ul
#define UNIT_SCRATCH_MOST 0xc0000000ul

#define PAGE          4096ul
#define ACCEL_SOCKET  3 /* the descriptor that we are started with */
#define DEFAULT_MXCSR 0x1f80u

struct unit {
	_Alignas(64) uint32_t index;
	/* A kernel runs: set last before it is called, cleared first after it. */
	volatile uint32_t running;
	uint32_t slot;
	uint64_t generation, groups;
	uint64_t first, end;       /* claimed and not yet counted as done */
	volatile uint64_t current; /* of these, the one that runs */
	bool prepared;             /* `group` is that of slot and generation */
	struct tern_group group;
};

extern struct unit units[ACCEL_UNITS];
extern struct accel_hello hello;

static inline const struct accel_commands *commands(void)
{
	return (const struct accel_commands *)TERN_APERTURE_COMMANDS;
}

static inline struct accel_status *status(void)
{
	return (struct accel_status *)TERN_APERTURE_STATUS;
}

static inline uint64_t unit_base(uint32_t index)
{
	return TERN_APERTURE_UNITS + index * TERN_APERTURE_UNIT_BYTES;
}

static inline uint64_t unit_stack_top(uint32_t index)
{
	return unit_base(index) + UNIT_STACK + hello.stack_bytes;
}

/* system.c */
long system_call(long number, long a, long b, long c, long d, long e, long f);
#define CALL_(n, a, b, c, d, e, f, ...)                                                            \
	system_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL(...) CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

void process_exit(int code) __attribute__((noreturn));
/* A thread that runs @fn(@arg), which does not return, on the stack below @stack. 0 or -errno. */
long thread_create(void (*fn)(uint64_t arg), uint64_t arg, uint64_t stack);
/* From here on the thread may make no system calls but the @count of @allowed, those that a signal
 * handler and an exit need, and futex. Any other raises SIGSYS. 0 or -errno. */
long restrict_calls(const int *allowed, unsigned count);
uint64_t clock_ns(void);
/* Shared with libtern: not the private kind. */
void futex_wait(_Atomic uint32_t *word, uint32_t expected);
void futex_wake(_Atomic uint32_t *word, uint32_t count);
void default_float_state(void);
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);

/* unit.c */
void unit_main(uint64_t index) __attribute__((noreturn));
/* Where a unit goes on after a fault: the kernel that ran has failed, as `fault` of fault.c says.
 */
void unit_recover(uint64_t index) __attribute__((noreturn));

/* fault.c */
struct fault {
	uint32_t failure, why;
	uint64_t address, write;
};
extern struct fault faults[ACCEL_UNITS];
long signals_install(void);
long signals_stack(uint32_t unit);

/* service.c */
void dma_main(uint64_t unused) __attribute__((noreturn));
/* Serves the socket until it hangs up or the program, whose pidfd is @owner (-1: none), ends. */
void keeper_serve(int owner) __attribute__((noreturn));

#pragma GCC visibility pop

#endif
