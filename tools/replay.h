/* SPDX-License-Identifier: MIT */
/*
 * DOC: tern lab replay
 *
 * A trace with accesses (svm/watch.c) becomes a history: the accesses of both sides in order, what
 * the program computed between them, what it mapped, gave up, advised and asked for. The history is
 * played to the migration engine (svm/replay.h) under each policy and device memory, and compared
 * with what no policy can beat (replay_bound.c).
 *
 *   replay.c         the command: options, the runs, the table
 *   replay_history.c a trace becomes a history
 *   replay_play.c    a history is played to a policy
 *   replay_bound.c   the clairvoyant bound
 *
 * Time in a history is what passed while no fault waited, less what the recording itself takes
 * between two accesses (a fault on its way, a thread woken): the smaller of the median gap and of
 * twice the median time of faults that moved nothing. It is an estimate, and the same for every
 * policy.
 */
#ifndef TERN_TOOLS_REPLAY_H
#define TERN_TOOLS_REPLAY_H

#include "runtime/base/trace_read.h"
#include "svm/replay.h"

/* A record of a trace, with in the place of its time what passed since the step before. */
struct replay_step {
	uint8_t kind, flags; /* FAULT: an access */
	uint16_t n;
	uint32_t x;
	uint64_t gap_ns, a, b;
};

struct replay_history {
	struct replay_step *steps;
	size_t count, size;
	size_t accesses;
	uint64_t memory_bytes; /* of the device that recorded */
	uint64_t compute_ns;   /* all gaps */
	uint64_t span_ns;      /* from the first access to the end of the last, as recorded */
	uint64_t fault_ns;     /* what a fault that moves nothing took */
	uint64_t link;         /* bytes per second of those that moved; 0: not known */
	uint64_t evicted;      /* pages, while it was recorded */
	uint64_t lost;         /* records */
	unsigned window;       /* pages whose accesses are not all there */
};

/* The trace at @path, likewise. */
bool replay_history_open(const char *path, struct replay_history *out, const char **why);
/* False: *@why (static) says what it is not. */
bool replay_history_read(struct tern_trace_reader *reader, struct replay_history *out,
			 const char **why);
/* Stretches or shrinks all gaps, so that they are @ns together. */
void replay_history_compute(struct replay_history *h, uint64_t ns);
void replay_history_finish(struct replay_history *h);

/* 0 or -errno, of svm/replay.h. */
int replay_play(const struct replay_history *h, const struct tern_replay_setup *setup,
		struct tern_replay_result *out);

/* What any policy needs at least; replay_bound.c. */
struct replay_bound {
	uint64_t ns;
	uint64_t pages_to_device, pages_to_host;
};
/* False: no memory. */
bool replay_bound_find(const struct replay_history *h, uint64_t memory_bytes,
		       const struct tern_link *link, struct replay_bound *out);

#endif
