/* SPDX-License-Identifier: MIT */
/*
 * DOC: traces
 *
 * TERN_TRACE=file (or `tern trace`) records what happens in a process: commands, faults, what the
 * migration policy said to each and why, every move of pages, advice. Any thread may record, the
 * migration engine's too: recording is a clock, an atomic add and a store of 32 bytes.
 *
 * The file: one page of struct tern_trace_header, then slots of one struct tern_trace_record each,
 * in the order in which they were reserved, which is nearly that of their times. Integers are
 * little-endian. A slot whose kind is 0 was reserved and not written, or lost; readers skip it, and
 * kinds that they do not know. Nothing needs to be closed: the slots are stores into a shared
 * mapping of the file, so that a program that is killed leaves all that it had recorded. A thread
 * reserves blocks of the file and maps them before they are needed. Whoever makes the file smaller
 * while it is written to ends the program (SIGBUS): do not. Where the disk is full, or that thread
 * is late, records are counted as lost instead: nobody waits.
 *
 * A child of fork() records nothing. The file must not be there before: what a traced program
 * starts records nothing either, unless the name has a %p, the number of the process.
 */
#ifndef TERN_BASE_TRACE_H
#define TERN_BASE_TRACE_H

#include <stdatomic.h>

#include "runtime/base/base.h"

#define TERN_TRACE_MAGIC        "TERNTRC"
#define TERN_TRACE_VERSION      1u
#define TERN_TRACE_HEADER_BYTES 4096u

struct tern_trace_header {
	char magic[8];
	uint32_t version, record_bytes;
	uint64_t process;
	uint64_t started_ns,
		started_unix_ns; /* the records' clock, and seconds since 1970, at once */
	_Atomic uint64_t next;   /* slots that have been reserved */
	_Atomic uint64_t lost;   /* records that found no room */
	char program[1024];      /* its arguments, ended by zeros, as in /proc */
	char policy[512], eviction[64], accelerator[512]; /* the options in force */
	uint32_t accesses; /* TERN_TRACE_ACCESSES: each access is a FAULT (svm/watch.c); 0: not */
};

enum tern_trace_kind {
	TERN_TRACE_NONE,
	/* x: number of the text, its hash; n: part, the highest bit: the last; in the place of ns,
	 * a and b: 24 bytes of it */
	TERN_TRACE_TEXT,
	TERN_TRACE_QUEUE,   /* a: queue, x: text of its device's name */
	TERN_TRACE_QUEUED,  /* a: command, b: queue, x: cl_command_type */
	TERN_TRACE_RUNNING, /* a: command, b: queue, x: text of the kernel's name or 0 */
	TERN_TRACE_ENDED,   /* a: command, b: queue, x: its status */
	TERN_TRACE_OWNER,   /* a: command, x: the number that its faults on device n carry */
	TERN_TRACE_DEVICE,  /* device n: a: bytes of memory (0: it goes), b: of the link per second,
			       x: latency, ns */
	TERN_TRACE_FAULT,   /* a: address, b: number, x: owner; flags: HOST, WRITE; n: device */
	TERN_TRACE_SERVED,  /* b: the fault's number; flags: JOINED */
	TERN_TRACE_PLAN,    /* a: address, b: the fault's number, x: pages, n: hold in us (65535:
			     * more),    flags: the action */
	TERN_TRACE_RULE,    /* b: the fault's number, x: text of the rule that made the plan */
	TERN_TRACE_MOVED,   /* a: address, b: the fault's number or 0, x: pages; flags: the way, the
			     * reason << 4; n: device */
	TERN_TRACE_UNMAPPED, /* a: address, x: pages that the program gave up */
	TERN_TRACE_ADVICE,   /* a: address, b: bytes, x: enum tern_advice */
	/* With TERN_TRACE_ACCESSES only: */
	TERN_TRACE_MAPPED,   /* a: address, b: bytes of a mapping; flags: WRITABLE, FILE */
	TERN_TRACE_REMOVED,  /* a: address, b: bytes whose contents the program gave up; flags: 1:
				unmapped */
	TERN_TRACE_REMAPPED, /* a: from, b: to, x: pages */
	TERN_TRACE_REQUEST,  /* a: address, b: bytes that the program had moved to device n (65535:
				home), at the end of it, x: us that it took; flags: TERN_MIGRATE_* */
	TERN_TRACE_POLICY, /* x: text of the name of the policy that decides from here on; n: 1: it
			      is the default in the place of what the header has */
	/* What a policy is told: a: command, b: kernel, x: number of uses, n: device; flags: enum
	 * tern_policy_event. Its uses follow, unless it has ended. */
	TERN_TRACE_COMMAND,
	/* Of the COMMAND before: a: work-items, b: the first one's number */
	TERN_TRACE_ITEMS,
	/* a: start of the memory, b: bytes, x: where the pointer is in it (the most: further on),
	 * n: argument; flags: as in svm/policy.h */
	TERN_TRACE_USE,
	/* To be moved ahead: a: address, b: command or the fault's number, x: pages (the most:
	 * more), n: device; flags: enum tern_policy_way, worth an eviction << 3, by a fault << 4 */
	TERN_TRACE_AHEAD,
	TERN_TRACE_KINDS
};

enum { TERN_TRACE_HOST = 1, TERN_TRACE_WRITE = 2 }; /* flags of FAULT */
/* Of SERVED: another thread's fault had brought the page when this one was looked at. */
enum { TERN_TRACE_JOINED = 1 };
enum { TERN_TRACE_WRITABLE = 1, TERN_TRACE_FILE = 2 }; /* flags of MAPPED */

enum tern_trace_way {
	TERN_TRACE_TO_DEVICE,
	TERN_TRACE_COPIED_TO_DEVICE, /* both sides may read */
	TERN_TRACE_ZEROED,           /* new on the device */
	TERN_TRACE_TO_HOST,
	TERN_TRACE_COPIED_TO_HOST,
	TERN_TRACE_DROPPED, /* the device's copy, which was the host's, too */
};

enum tern_trace_reason {
	TERN_TRACE_BY_OTHER, /* the device goes or died, a fork */
	TERN_TRACE_BY_FAULT,
	TERN_TRACE_BY_EVICTION,
	TERN_TRACE_BY_REQUEST, /* of the program's: clEnqueueSVMMigrateMem and the like */
	TERN_TRACE_BY_AHEAD,   /* of the policy's, before anybody faulted */
};

struct tern_trace_record {
	uint8_t kind; /* enum tern_trace_kind */
	uint8_t flags;
	uint16_t n;
	uint32_t x;
	uint64_t ns, a, b;
};

extern _Atomic bool tern_trace_enabled;

static inline bool tern_trace_is_on(void)
{
	return tern_unlikely(atomic_load_explicit(&tern_trace_enabled, memory_order_relaxed));
}

/* Begins where TERN_TRACE says so. Once, early; what fails is logged, and nothing is traced. */
void tern_trace_start(void);
/* Records, if tracing is on; the time is put in. Any thread. */
void tern_trace_put(struct tern_trace_record record);
/* The number of @text, 0 for NULL: records it unless that was done lately. 96 bytes of it count. */
uint32_t tern_trace_text(const char *text);
/* Memory that must not migrate; false: none. */
bool tern_trace_memory(uint64_t *start, uint64_t *end);

#endif
