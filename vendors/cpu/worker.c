/* SPDX-License-Identifier: MIT */
/* Worker threads: how they start, look for work, sleep, wake and leave; see internal.h. */
#include <errno.h>
#include <sched.h>

#include "runtime/base/log.h"
#include "runtime/base/thread.h"
#include "vendors/cpu/internal.h"

static _Thread_local struct executor *current;

struct executor *worker_executor(void)
{
	return current;
}

void worker_set_executor(struct executor *executor)
{
	current = executor;
}

/* The first domain from index *@i on that the worker serves, with *@i moved behind it, or NULL. */
static struct domain *next_domain(const struct worker *worker, unsigned *i)
{
	for (unsigned w = *i / 64; w < DOMAIN_WORDS; w++) {
		uint64_t set = atomic_load_explicit(&worker->member[w], memory_order_acquire);
		if (w == *i / 64)
			set &= UINT64_MAX << (*i % 64);
		if (!set)
			continue;
		unsigned found = w * 64 + (unsigned)__builtin_ctzll(set);
		*i = found + 1;
		return atomic_load_explicit(&worker->executor.root->domains[found],
					    memory_order_acquire);
	}
	return NULL;
}

bool domain_has_commands(struct domain *domain)
{
	for (unsigned r = 0; r < RING_KINDS; r++)
		if (!ring_empty(&domain->rings[r]))
			return true;
	return false;
}

bool domain_has_work(struct domain *domain)
{
	return domain_has_commands(domain) || job_waits(domain, false);
}

static bool has_work(struct worker *worker)
{
	struct domain *domain;
	for (unsigned i = 0; (domain = next_domain(worker, &i));)
		if (domain_has_work(domain))
			return true;
	return false;
}

static bool accept_short(uint64_t tag, const void *unused)
{
	(void)unused;
	return tag & TAG_SHORT;
}

struct stop_arg {
	struct root *root;
	struct domain *domain;
};

/* Between the chunks of a job: is there something more urgent, or something that ought to run
 * beside it? */
static bool should_stop(void *arg)
{
	const struct stop_arg *s = arg;
	struct domain *d = s->domain;
	if (atomic_load_explicit(&s->root->quit, memory_order_relaxed))
		return true;
	if (!ring_empty(&d->rings[RING_HIGH]) || atomic_load(&d->active[0]))
		return true;
	return job_count(d) < JOBS_ENOUGH &&
	       (!ring_empty(&d->rings[RING_WORKERS]) || !ring_empty(&d->rings[RING_NORMAL]));
}

static struct tern_command *take(struct domain *domain)
{
	struct tern_command *command = ring_take(&domain->rings[RING_HIGH], NULL, NULL);
	bool enough = job_count(domain) >= JOBS_ENOUGH;
	if (!command && !job_waits(domain, true) && !enough) {
		command = ring_take(&domain->rings[RING_WORKERS], NULL, NULL);
		if (!command)
			command = ring_take(&domain->rings[RING_NORMAL], NULL, NULL);
	} else if (!command && enough) {
		command = ring_take(&domain->rings[RING_NORMAL], accept_short, NULL);
	}
	return command;
}

/* Does something for @domain; false when there was nothing to do. */
static bool serve(struct worker *worker, struct domain *domain)
{
	struct executor *executor = &worker->executor;
	struct stop_arg stop = {executor->root, domain};
	struct tern_command *command = take(domain);
	if (!command) {
		struct job *job = job_join(domain, executor->unit, false);
		if (!job)
			return false;
		if (job_waits(domain, false))
			domain_wake(domain);
		command = execute_job(executor, domain, job, should_stop, &stop);
	}
	execute_chain(executor, domain, command, should_stop, &stop);
	return true;
}

static bool poll(struct worker *worker)
{
	struct domain *domain;
	bool found = false;
	for (unsigned i = 0; (domain = next_domain(worker, &i));)
		found |= serve(worker, domain);
	return found;
}

/* Looks on for a moment; true when there is something. */
static bool spin(struct worker *worker)
{
	struct root *root = worker->executor.root;
	uint32_t others = atomic_load(&root->searching);
	do {
		if (others >= root->spinners_most)
			return false;
	} while (!atomic_compare_exchange_weak(&root->searching, &others, others + 1));
	uint64_t end = tern_clock_ns() + SPIN_NS;
	bool found = false;
	do {
		for (unsigned i = 0; i < 64 && !found; i++) {
			tern_cpu_relax();
			found = has_work(worker);
		}
	} while (!found && !atomic_load_explicit(&root->quit, memory_order_relaxed) &&
		 tern_clock_ns() < end);
	atomic_fetch_sub(&root->searching, 1);
	return found;
}

static bool clear_bit(_Atomic uint64_t *words, unsigned i)
{
	uint64_t bit = UINT64_C(1) << (i % 64);
	return atomic_fetch_and(&words[i / 64], ~bit) & bit;
}

static void set_bit(_Atomic uint64_t *words, unsigned i)
{
	atomic_fetch_or(&words[i / 64], UINT64_C(1) << (i % 64));
}

/* Sleeps until woken. False: nobody has needed the worker for long, and its device is not in use.
 */
static bool sleep_worker(struct worker *worker)
{
	struct root *root = worker->executor.root;
	unsigned unit = worker->executor.unit;
	uint32_t seen = atomic_load(&worker->word);
	set_bit(root->idle, unit);
	if (has_work(worker) || atomic_load(&root->quit)) {
		clear_bit(root->idle, unit);
		return true;
	}
	while (atomic_load(&worker->word) == seen && !atomic_load(&root->quit)) {
		if (atomic_load(&root->starts)) {
			tern_futex_wait(&worker->word, seen);
			continue;
		}
		uint64_t begin = tern_clock_ns();
		tern_futex_wait_for(&worker->word, seen, LINGER_NS);
		if (tern_clock_ns() - begin >= LINGER_NS && !atomic_load(&root->starts))
			return !clear_bit(root->idle, unit); /* not cleared: a wake is coming */
	}
	clear_bit(root->idle, unit); /* set still when the wake was meant for an earlier sleep */
	return true;
}

/* Gives the unit back. False: work came in between, and the worker stays. */
static bool leave(struct worker *worker)
{
	struct root *root = worker->executor.root;
	executor_finish(&worker->executor);
	current = NULL;
	/* From here on another thread may be made for the unit. */
	set_bit(root->unborn, worker->executor.unit);
	if (!atomic_load(&root->quit) && has_work(worker) &&
	    clear_bit(root->unborn, worker->executor.unit)) {
		current = &worker->executor;
		return false;
	}
	atomic_fetch_sub(&root->alive, 1);
	return true;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct root *root = worker->executor.root;
	tern_thread_name("tern-cpu");
	fp_default();
	current = &worker->executor;
	for (;;) {
		while (!atomic_load(&root->quit)) {
			topology_bind(root, worker);
			if (poll(worker) || spin(worker))
				continue;
			if (!sleep_worker(worker))
				break;
		}
		if (leave(worker))
			return NULL;
	}
}

/* Makes a thread for @unit, whose unborn bit the caller has cleared. */
static bool give_birth(struct root *root, unsigned unit)
{
	atomic_fetch_add(&root->alive, 1);
	int error = tern_thread_start(worker_main, &root->workers[unit], WORKER_STACK);
	if (!error) {
		atomic_store(&root->workerless, false);
		return true;
	}
	set_bit(root->unborn, unit);
	if (atomic_fetch_sub(&root->alive, 1) == 1 && !atomic_exchange(&root->workerless, true))
		tern_log_error("no worker threads (error %d): commands run only while the program "
			       "waits for them",
			       -error);
	return false;
}

/* The bits of word @w that are units of @domain. */
static uint64_t domain_mask(const struct domain *domain, unsigned w)
{
	unsigned low = w * 64, end = domain->first + domain->count;
	unsigned from = tern_max(domain->first, low), to = tern_min(end, low + 64);
	if (from >= to)
		return 0;
	uint64_t upto = to - low == 64 ? UINT64_MAX : (UINT64_C(1) << (to - low)) - 1;
	return upto & ~((UINT64_C(1) << (from - low)) - 1);
}

/* Clears a bit of @domain's in @words, but not @but's, and returns which; MAX_UNITS: none is set.
 */
static unsigned pick(_Atomic uint64_t *words, const struct domain *domain, unsigned but)
{
	unsigned last = (domain->first + domain->count - 1) / 64;
	for (unsigned w = domain->first / 64; w <= last; w++) {
		uint64_t mask = domain_mask(domain, w), set;
		if (but / 64 == w)
			mask &= ~(UINT64_C(1) << (but % 64));
		while ((set = atomic_load(&words[w]) & mask)) {
			unsigned unit = w * 64 + (unsigned)__builtin_ctzll(set);
			if (clear_bit(words, unit))
				return unit;
		}
	}
	return MAX_UNITS;
}

static void wake(struct domain *domain, unsigned but)
{
	struct root *root = domain->root;
	if (atomic_load(&root->quit))
		return;
	/* Whoever searches serves the root domain; a sub-device's, perhaps not. */
	if (domain->count == root->units && atomic_load(&root->searching))
		return;
	unsigned unit = pick(root->idle, domain, but);
	if (unit < MAX_UNITS) {
		struct worker *worker = &root->workers[unit];
		atomic_fetch_add(&worker->word, 1);
		tern_futex_wake(&worker->word, 1);
		return;
	}
	unit = pick(root->unborn, domain, but);
	if (unit < MAX_UNITS)
		give_birth(root, unit);
}

void domain_wake(struct domain *domain)
{
	wake(domain, MAX_UNITS);
}

void domain_wake_beside(struct domain *domain)
{
	wake(domain, topology_here(domain->root));
}

bool root_is_workerless(struct root *root)
{
	return atomic_load_explicit(&root->quit, memory_order_relaxed) ||
	       (atomic_load_explicit(&root->workerless, memory_order_relaxed) &&
		!atomic_load(&root->alive));
}

void root_quit(struct root *root)
{
	atomic_store(&root->quit, true);
	for (unsigned i = 0; i < root->units; i++) {
		atomic_fetch_add(&root->workers[i].word, 1);
		tern_futex_wake(&root->workers[i].word, 1);
	}
	for (unsigned ms = 0; ms < 50 && atomic_load(&root->alive); ms++)
		tern_sleep_ms(1);
}

void root_renew(struct root *root)
{
	for (unsigned i = 0; i < UNIT_WORDS; i++) {
		atomic_store(&root->idle[i], 0);
		atomic_store(&root->unborn[i], 0);
	}
	for (unsigned i = 0; i < root->units; i++) {
		set_bit(root->unborn, i);
		struct worker *worker = &root->workers[i];
		worker->executor = (struct executor){.root = root,
						     .stack_bytes = WORKER_STACK - STACK_RESERVE,
						     .unit = i,
						     .worker = true};
		worker->pinned = 0;
	}
	atomic_store(&root->searching, 0);
	atomic_store(&root->waiting, 0);
	atomic_store(&root->alive, 0);
	atomic_store(&root->workerless, false);
}
