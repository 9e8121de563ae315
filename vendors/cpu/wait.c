/* SPDX-License-Identifier: MIT */
/* What a thread of the program does that waits: it helps, looks on for a moment, then sleeps. */
#include <pthread.h>

#include "runtime/base/alloc.h"
#include "vendors/cpu/internal.h"

/* What a helper's executor has grown is kept for the thread's next wait. */
static _Thread_local struct executor *own;
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static bool key_made;

static void own_finish(void *executor)
{
	executor_finish(executor);
	tern_free(executor);
	own = NULL;
}

static void key_make(void)
{
	key_made = pthread_key_create(&key, own_finish) == 0;
}

static struct executor *own_executor(void)
{
	pthread_once(&key_once, key_make);
	struct executor *executor = tern_zalloc(sizeof(*executor));
	if (executor && (!key_made || pthread_setspecific(key, executor))) {
		tern_free(executor);
		executor = NULL;
	}
	own = executor;
	return executor;
}

/* @spare serves when there is no memory for one that is kept; the caller finishes it. */
static struct executor *helper_executor(struct root *root, struct executor *spare)
{
	struct executor *executor = own;
	if (tern_unlikely(!executor))
		executor = own_executor();
	if (!executor)
		executor = spare;
	executor->root = root;
	executor->stack_bytes = root_is_workerless(root) ? ALONE_STACK : FOREIGN_STACK;
	return executor;
}

struct help {
	struct root *root;
	struct domain *domain;
	struct tern_queue *queue;
	bool (*done)(void *arg);
	void *arg;
	bool everything; /* nobody else does */
};

static bool accept(uint64_t tag, const void *arg)
{
	const struct help *h = arg;
	return h->everything || (tag & TAG_ANYBODY) ||
	       (h->queue && (tag & ~(uint64_t)TAG_FLAGS) == (uintptr_t)h->queue);
}

static bool stop(void *arg)
{
	const struct help *h = arg;
	return h->done(h->arg);
}

static struct job *join_own(const struct help *h)
{
	struct job *job = job_join(h->domain, 0, false);
	if (job && (!accept(job->tag, h) || (job->workers_only && !h->everything))) {
		job_leave(job);
		return NULL;
	}
	return job;
}

/* Executes something; false when there is nothing that this thread may. */
static bool help(struct help *h, struct executor *executor)
{
	struct tern_command *command = NULL;
	for (unsigned r = 0; r < (h->everything ? RING_KINDS : RING_WORKERS) && !command; r++)
		command = ring_take(&h->domain->rings[r], accept, h);
	struct job *job = command ? NULL : join_own(h);
	if (!command && !job)
		return false;
	struct fp_state state = fp_save();
	struct executor *before = worker_executor();
	fp_default();
	worker_set_executor(executor);
	if (job)
		command = execute_job(executor, h->domain, job, stop, h);
	execute_chain(executor, h->domain, command, stop, h);
	worker_set_executor(before);
	fp_set(state);
	return true;
}

/* Looks on for a part of SPIN_NS, which ends at *@end (0: begins now); false: it is over. */
static bool look_on(const struct help *h, uint64_t *end)
{
	uint64_t now = tern_clock_ns();
	if (!*end)
		*end = now + SPIN_NS;
	for (unsigned i = 0; i < 32 && !h->done(h->arg); i++)
		tern_cpu_relax();
	return now < *end;
}

static void sleep_alone(struct help *h, _Atomic uint32_t *word)
{
	/* Others like this one may have taken what it waits for, and gone. */
	uint32_t seen = atomic_fetch_or(word, TERN_WAKE_SLEEPERS);
	if (!h->done(h->arg) && !(seen & TERN_WAKE_DONE))
		tern_futex_wait_for(word, TERN_WAKE_SLEEPERS, 1000000);
}

/*
 * Somebody's short command may have been added behind this thread's last look, without waking
 * anybody: that was before `waiting` was raised, and is seen here, or the one who adds sees it.
 */
static void sleep_beside_workers(struct help *h, _Atomic uint32_t *word)
{
	atomic_fetch_add(&h->root->waiting, 1);
	if (domain_has_work(h->domain))
		domain_wake(h->domain);
	tern_wake_sleep(word, h->done, h->arg);
	atomic_fetch_sub(&h->root->waiting, 1);
}

void cpu_wait(struct tern_device *device, struct tern_queue *queue, bool (*done)(void *), void *arg,
	      _Atomic uint32_t *word)
{
	struct domain *domain = device_domain(device);
	if (done(arg))
		return;
	struct help h = {
		.root = domain->root, .domain = domain, .queue = queue, .done = done, .arg = arg};
	/* A sub-device has as many units as it was given. */
	bool whole = domain->count == h.root->units;
	struct executor spare, *executor = NULL;
	spare.local = spare.scratch = NULL;
	spare.local_bytes = spare.scratch_bytes = 0;
	spare.worker = false;
	spare.unit = spare.runs = 0;
	if (whole)
		executor = helper_executor(h.root, &spare);
	uint64_t spin_end = 0;
	while (!done(arg)) {
		h.everything = root_is_workerless(h.root);
		if (h.everything)
			executor = helper_executor(h.root, &spare);
		if (executor && help(&h, executor)) {
			spin_end = 0;
			continue;
		}
		if (domain_has_work(domain))
			domain_wake(domain);
		if (h.root->cpus > 1 && look_on(&h, &spin_end))
			continue;
		if (h.everything)
			sleep_alone(&h, word);
		else
			sleep_beside_workers(&h, word);
		spin_end = 0;
	}
	if (domain_has_work(domain))
		domain_wake(domain);
	executor_finish(&spare);
}
