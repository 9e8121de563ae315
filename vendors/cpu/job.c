/* SPDX-License-Identifier: MIT */
/* The table of jobs; see internal.h. */
#include "vendors/cpu/internal.h"

#define JOB_ACTIVE  (UINT64_C(1) << 63)
#define JOB_FILLING (UINT64_C(1) << 62)
#define JOB_USERS   UINT64_C(0xffffffff)
#define JOB_BUSY    (JOB_ACTIVE | JOB_FILLING | JOB_USERS)

/* Throttle hints (cl_khr_throttle_hints): how many units one command may use. */
static uint64_t most_users(const struct domain *domain, const struct tern_command *command)
{
	unsigned all = tern_min(domain->count + 64, 0xffffu); /* helpers come on top */
	if (command_has_atomics(command) &&
	    estimate_contended(domain->root, command->ndrange.function))
		return 1;
	switch (command->event.queue->throttle) {
	case CL_QUEUE_THROTTLE_LOW_KHR:
		return tern_max(domain->count / 4, 1u);
	case CL_QUEUE_THROTTLE_MED_KHR:
		return tern_max(domain->count / 2, 1u);
	default:
		return all;
	}
}

static struct job *claim_slot(struct domain *domain)
{
	for (unsigned i = 0; i < JOBS; i++) {
		struct job *job = &domain->jobs[i];
		uint64_t state = atomic_load_explicit(&job->state, memory_order_relaxed);
		if (!(state & JOB_BUSY) &&
		    atomic_compare_exchange_strong(&job->state, &state, JOB_FILLING))
			return job;
	}
	return NULL;
}

static void make_shares(struct domain *domain, struct job *job, uint64_t first, uint64_t total)
{
	const struct tern_command *command =
		job->command; /* whose groups may wait for earlier ones */
	unsigned n = command_has_atomics(command) ? 1 : tern_min(domain->count, (unsigned)SHARES),
		 left = 0;
	for (unsigned i = 0; i < n; i++) {
		uint64_t begin = total / n * i + tern_min((uint64_t)i, total % n);
		uint64_t end = begin + total / n + (i < total % n);
		begin = tern_min(tern_max(begin, first), end);
		atomic_store_explicit(&job->shares[i].next, begin, memory_order_relaxed);
		job->shares[i].end = end;
		left += begin < end;
	}
	job->share_count = n;
	atomic_store_explicit(&job->left, left, memory_order_relaxed);
}

struct job *job_publish(struct domain *domain, struct tern_command *command, uint64_t first,
			uint64_t total, uint64_t part_ps)
{
	struct job *job = claim_slot(domain);
	if (!job)
		return NULL;
	bool high = command->event.queue->priority == CL_QUEUE_PRIORITY_HIGH_KHR;
	atomic_store_explicit(&job->done, first, memory_order_relaxed);
	atomic_store_explicit(&job->part_ps, part_ps, memory_order_relaxed);
	atomic_store_explicit(&job->status, CL_SUCCESS, memory_order_relaxed);
	job->command = command;
	job->total = total;
	make_shares(domain, job, first, total);
	job->tag = command_tag(domain->root, command) & ~(uint64_t)TAG_FLAGS;
	job->priority = high ? 0 : 1;
	job->workers_only = command_ring(command) == RING_WORKERS;
	uint64_t users = most_users(domain, command);
	/* First: who joins may be done, and clear it, before this thread comes to it. */
	atomic_fetch_or(&domain->active[job->priority], UINT64_C(1) << (job - domain->jobs));
	atomic_store(&job->state, JOB_ACTIVE | users << 32 | 1);
	return job;
}

static bool try_join(struct job *job)
{
	uint64_t state = atomic_load(&job->state);
	do {
		uint64_t most = state >> 32 & 0xffff;
		if (!(state & JOB_ACTIVE) || (state & JOB_USERS) >= most)
			return false;
	} while (!atomic_compare_exchange_weak(&job->state, &state, state + 1));
	return true;
}

static bool can_join(struct job *job)
{
	uint64_t state = atomic_load(&job->state);
	return (state & JOB_ACTIVE) && (state & JOB_USERS) < (state >> 32 & 0xffff);
}

bool job_waits(struct domain *domain, bool high_only)
{
	uint64_t active = atomic_load(&domain->active[0]);
	if (!high_only)
		active |= atomic_load(&domain->active[1]);
	for (; active; active &= active - 1)
		if (can_join(&domain->jobs[__builtin_ctzll(active)]))
			return true;
	return false;
}

struct job *job_join(struct domain *domain, unsigned unit, bool high_only)
{
	for (unsigned p = 0; p < (high_only ? 1u : 2u); p++) {
		uint64_t active = atomic_load(&domain->active[p]);
		if (!active)
			continue;
		/* Each worker starts at another of the active ones. */
		uint64_t from = active;
		for (unsigned skip = unit % (unsigned)__builtin_popcountll(active); skip; skip--)
			from &= from - 1;
		unsigned at = (unsigned)__builtin_ctzll(from);
		for (unsigned i = 0; i < JOBS; i++) {
			unsigned slot = (at + i) % JOBS;
			if ((active >> slot & 1) && try_join(&domain->jobs[slot]))
				return &domain->jobs[slot];
		}
	}
	return NULL;
}

unsigned job_count(struct domain *domain)
{
	uint64_t active = atomic_load(&domain->active[0]) | atomic_load(&domain->active[1]);
	unsigned n = 0;
	for (; active; active &= active - 1)
		n += can_join(&domain->jobs[__builtin_ctzll(active)]);
	return n;
}

/* A part of what is left at most, so that the end comes for all at about the same time. */
static uint64_t claim_of(struct share *share, unsigned units, uint64_t most, uint64_t *first,
			 bool *emptied)
{
	uint64_t next = atomic_load_explicit(&share->next, memory_order_relaxed), end = share->end;
	if (next >= end)
		return 0;
	uint64_t n = tern_min(most, tern_max((end - next) / (2 * units), (uint64_t)1));
	*first = atomic_fetch_add_explicit(&share->next, n, memory_order_relaxed);
	if (*first >= end)
		return 0;
	*emptied = n >= end - *first;
	return tern_min(n, end - *first);
}

uint64_t job_claim(struct domain *domain, struct job *job, unsigned from, uint64_t most,
		   uint64_t *first)
{
	for (unsigned i = 0; i < job->share_count; i++) {
		struct share *share = &job->shares[(from + i) % job->share_count];
		bool emptied = false;
		uint64_t n = claim_of(share, domain->count, most, first, &emptied);
		if (emptied && atomic_fetch_sub(&job->left, 1) == 1)
			atomic_fetch_and(&domain->active[job->priority],
					 ~(UINT64_C(1) << (job - domain->jobs)));
		if (n)
			return n;
	}
	return 0;
}

unsigned job_users(const struct job *job)
{
	return (unsigned)(atomic_load_explicit(&job->state, memory_order_relaxed) & JOB_USERS);
}

bool job_open(struct domain *domain, struct job *job)
{
	uint64_t users = most_users(domain, job->command), state = atomic_load(&job->state);
	do {
		if (users <= (state >> 32 & 0xffff))
			return false;
	} while (!atomic_compare_exchange_weak(&job->state, &state,
					       (state & ~(UINT64_C(0xffff) << 32)) | users << 32));
	return true;
}

void job_leave(struct job *job)
{
	atomic_fetch_sub(&job->state, 1);
}

void job_end(struct job *job)
{
	atomic_fetch_and(&job->state, ~JOB_ACTIVE);
}
