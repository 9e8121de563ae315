/* SPDX-License-Identifier: MIT */
/*
 * DOC: virtual time
 *
 * How long the device's work would take if nothing else went on in the machine: the work of its
 * kernels, plus what memory costs by a model.
 *
 *   work     of each kernel that the program ran, the time in which no fault was being served; of
 *            all runs in a comparison the least, since the k-th kernel does the same in each of
 *            them, and all else that the machine does only ever adds. What one thread of the device
 *            computes while another one's fault is served is not seen.
 *   service  each fault of either side, each page that moved, each eviction, at a fixed price, one
 *            after the other. With an imposed link a page's contents cost their time on it, and
 *            each transfer its latency.
 *
 * So it depends on the counts in a trace, not on their times, and runs on a busy machine compare as
 * well as others. What it does not know: the host's own work; what overlaps (a transfer that the
 * program asks for ahead of a kernel costs as if the kernel waited); waits that a policy
 * prescribes.
 */
#ifndef TERN_TOOLS_LAB_COST_H
#define TERN_TOOLS_LAB_COST_H

#include "runtime/base/trace.h"
#include "tools/table.h"

enum { LAB_RUNNING = 16 };

struct lab_cost {
	struct tern_table faults; /* of the device, that are not served */
	unsigned open;            /* how many these are */
	struct {
		uint64_t command;
		size_t kernel; /* in work */
	} running[LAB_RUNNING];
	unsigned running_count;
	double *work; /* ns, of each kernel in the order of their starts */
	size_t kernels, size;
	uint64_t now;
	uint64_t transfer[3]; /* the one that the last move belonged to */
	uint64_t transfers;   /* with contents */
	double copy_ns, latency_ns, service_ns;
};

/* @link: bytes per second, 0: none. */
void lab_cost_init(struct lab_cost *cost, uint64_t link, uint64_t latency_us);
void lab_cost_finish(struct lab_cost *cost);
/* False: no memory. */
bool lab_cost_record(struct lab_cost *cost, const struct tern_trace_record *r);

#endif
