/* SPDX-License-Identifier: MIT */
/* The parts of `tern top`. */
#ifndef TERN_TOOLS_TOP_H
#define TERN_TOOLS_TOP_H

#include <stdio.h>
#include <sys/types.h>

#include "runtime/base/status_read.h"

struct tern_top_process {
	pid_t pid;
	uid_t uid;
	ino_t inode; /* of its page: with its number it is one process */
	char user[33];
	char program[512]; /* its arguments, with spaces between them; never empty */
	struct tern_status_seen *now, *before; /* before: NULL the first time */
};

struct tern_top {
	pid_t only;                         /* 0: all */
	bool everybody;                     /* processes of other users, too */
	struct tern_top_process *processes; /* by ascending number */
	size_t count;
};

/* Looks at all processes; what was there before is kept for the rates. 0 or -errno. */
int tern_top_scan(struct tern_top *top) TERN_MUST_CHECK;
void tern_top_finish(struct tern_top *top);

/* ---- what both ways of telling need ---- */

/* Per second, of a counter that only grows. Negative: there is no earlier look. */
double tern_top_rate(const struct tern_top_process *process, uint64_t before, uint64_t now);
/* Of @count counters of a device, from @first on, together; less than 0: not known. */
double tern_top_device_rate(const struct tern_top_process *process, unsigned device, unsigned first,
			    unsigned count);
/* The queue as it was at the earlier look, or NULL. */
const struct tern_status_seen_queue *tern_top_before(const struct tern_top_process *process,
						     const struct tern_status_seen_queue *queue);
/* How many seconds @command has been running. *@at_least: it is that long that we have known it. */
double tern_top_seconds(const struct tern_top_process *process,
			const struct tern_status_seen_queue *queue,
			const struct tern_status_seen_command *command, bool *at_least);
const char *tern_top_priority(uint32_t priority);
const char *tern_top_device(const struct tern_status_seen *seen, unsigned index);

/* For people. */
void tern_top_table(const struct tern_top *top, FILE *out);
/* For programs: the schema is in docs/manual.md. */
void tern_top_json(const struct tern_top *top, FILE *out);
/* Live on the terminal until the user has enough. An exit code. */
int tern_top_live(struct tern_top *top);

#endif
