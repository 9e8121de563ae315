/* SPDX-License-Identifier: MIT */
/*
 * The yardstick of `tern lab run --regret`: the program is run once with its accesses recorded, and
 * the bound of replay_bound.c for each memory, with what the process does before its first and
 * after its last access, is what no policy can beat.
 *
 * What is computed between accesses is estimated from a run that is slow for being recorded. A run
 * that was over sooner than its bound shows how much too high that is at least, and all bounds are
 * lowered by so much. Where no link is imposed, transfers take no time in the bound.
 */
#include "runtime/base/alloc.h"
#include "tools/lab.h"
#include "tools/replay.h"

void lab_regret_record(struct lab *lab, uint64_t memory)
{
	struct replay_history *h = tern_zalloc(sizeof(*h));
	struct lab_result r = {.policy = "auto", .memory = memory};
	if (!h || !lab_run_recording(lab, &r, h)) {
		tern_free(h);
		return;
	}
	lab->history = h;
	lab->outside = tern_max(r.m.seconds - (double)h->span_ns / 1e9, 0.0);
	if (r.status || h->evicted || h->lost)
		fprintf(stderr,
			"tern lab: the recording of accesses is not whole: status %d, %llu pages "
			"evicted, %llu records lost\n",
			r.status, (unsigned long long)h->evicted, (unsigned long long)h->lost);
}

/* Estimates cannot be right that say of a run that it was impossible. */
static void lower(struct lab *lab)
{
	double excess = 0;
	for (unsigned i = 0; i < lab->count; i++) {
		const struct lab_result *r = &lab->results[i];
		if (!r->status)
			excess = tern_max(excess, r->m.bound_seconds - r->m.seconds);
	}
	for (unsigned i = 0; i < lab->count; i++)
		lab->results[i].m.bound_seconds -= excess;
}

void lab_regret_find(struct lab *lab)
{
	struct tern_link link = {lab->link, lab->link ? lab->latency_us * 1000 : 0};
	for (unsigned i = 0; lab->history && i < lab->count; i++) {
		struct lab_result *r = &lab->results[i];
		struct replay_bound bound;
		if (!replay_bound_find(lab->history, r->memory, &link, &bound)) {
			fputs("tern lab: no regret: no memory\n", stderr);
			return;
		}
		r->m.bound_seconds = lab->outside + (double)bound.ns / 1e9;
	}
	lower(lab);
}

void lab_regret_finish(struct lab *lab)
{
	if (lab->history)
		replay_history_finish(lab->history);
	tern_free(lab->history);
	lab->history = NULL;
}
