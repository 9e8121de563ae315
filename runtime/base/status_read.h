/* SPDX-License-Identifier: MIT */
/*
 * Reading status pages (status.h) of other processes, which may change while they are read, be
 * damaged, or be made by somebody hostile: what a reader gives is whole, its texts end, its indices
 * are in range; whether it is true is the page's affair. Nothing here waits.
 */
#ifndef TERN_BASE_STATUS_READ_H
#define TERN_BASE_STATUS_READ_H

#include "runtime/base/status.h"

struct tern_status_seen_device {
	char name[sizeof(((struct tern_status_device *)NULL)->name)];
	uint32_t units; /* 0: the device is not there */
	uint64_t limit, resident;
	uint64_t counters[TERN_STATUS_COUNTERS];
};

struct tern_status_seen_command {
	uint32_t type;                     /* cl_command_type */
	char name[TERN_STATUS_NAME_BYTES]; /* of the kernel, if it is one and is known; else "" */
	bool timed;                        /* false: when it began is not known: lately, mostly */
	uint32_t ms;                       /* for how long it has been running */
	unsigned place;                    /* in the queue's record, and its count there: the */
	uint32_t count;                    /* same command as before when both are the same */
};

struct tern_status_seen_queue {
	uint64_t number, made_ns;
	unsigned device; /* index; TERN_STATUS_DEVICES: not known */
	uint32_t thread, units, flags, priority, throttle;
	uint64_t depth; /* commands enqueued and not completed */
	uint64_t completed, failed;
	unsigned running_count;
	struct tern_status_seen_command running[TERN_STATUS_RUNNING];
};

struct tern_status_seen {
	uint64_t process, started_ns, hidden;
	uint64_t read_ns; /* CLOCK_MONOTONIC */
	char policy[sizeof(((struct tern_status_header *)NULL)->policy)];
	char accelerator[sizeof(((struct tern_status_header *)NULL)->accelerator)];
	struct tern_status_seen_device devices[TERN_STATUS_DEVICES];
	unsigned queue_count;
	struct tern_status_seen_queue queues[TERN_STATUS_QUEUES]; /* by ascending number */
};

/*
 * Maps the page in @fd, which stays the caller's. NULL: it is none, is not ready yet, or is of
 * another version, which *@why (static) says.
 */
const struct tern_status_page *tern_status_map(int fd, const char **why) TERN_MUST_CHECK;
void tern_status_unmap(const struct tern_status_page *page);
/* What is in @page now. */
void tern_status_read(const struct tern_status_page *page, struct tern_status_seen *out);

#endif
