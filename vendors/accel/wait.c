/* SPDX-License-Identifier: MIT */
/* What a thread of the program does that waits: it completes what ends, does its queue's host work,
 * looks on for a moment, then sleeps. */
#include <errno.h>

#include "vendors/accel/commands.h"

#define LOOKS  16       /* from one look at the clock to the next */
#define TRIAL  16       /* every so many times the longest is tried */
#define NAP_NS 1000000u /* where the system cannot wait for two words at once */

/* Waits for two words. -ENOSYS where the system cannot. */
static int wait_two(_Atomic uint32_t *shared, uint32_t shared_seen, _Atomic uint32_t *word,
		    uint32_t seen, uint64_t ns)
{
#ifdef SYS_futex_waitv
	static _Atomic bool missing;
	if (atomic_load_explicit(&missing, memory_order_relaxed))
		return -ENOSYS;
	struct futex_waitv words[2] = {
		{.val = shared_seen, .uaddr = (uintptr_t)shared, .flags = FUTEX_32},
		{.val = seen, .uaddr = (uintptr_t)word, .flags = FUTEX_32 | FUTEX_PRIVATE_FLAG},
	};
	uint64_t end = tern_clock_ns() + ns;
	struct timespec t = {.tv_sec = (time_t)(end / 1000000000u),
			     .tv_nsec = (long)(end % 1000000000u)};
	if (syscall(SYS_futex_waitv, words, 2, 0, &t, CLOCK_MONOTONIC) >= 0)
		return 0;
	if (errno != ENOSYS && errno != EPERM && errno != EINVAL)
		return 0;
	atomic_store_explicit(&missing, true, memory_order_relaxed);
#else
	(void)shared, (void)shared_seen, (void)word, (void)seen, (void)ns;
#endif
	return -ENOSYS;
}

void accel_sleep(_Atomic uint32_t *completion, uint32_t completion_seen, _Atomic uint32_t *word,
		 uint32_t seen, uint64_t ns)
{
	if (!wait_two(completion, completion_seen, word, seen, ns))
		return;
	struct timespec t = {.tv_nsec = NAP_NS};
	syscall(SYS_futex, completion, FUTEX_WAIT, completion_seen, &t, NULL, 0);
}

/* Becomes the one who sleeps on the completion word; an agent that does gives way. */
static bool take_role(void)
{
	struct accel_half *h = &accel_half;
	uint32_t role = atomic_load(&h->role);
	while (role != ROLE_WAITER)
		if (atomic_compare_exchange_weak(&h->role, &role, ROLE_WAITER))
			return true;
	return false;
}

static void sleep_until(bool (*done)(void *), void *arg, _Atomic uint32_t *word)
{
	struct accel_half *h = &accel_half;
	struct accel_status *status = accel_status();
	if (!take_role()) {
		tern_wake_sleep(word, done, arg);
		return;
	}
	uint32_t completion = atomic_load(&status->completion);
	atomic_store(&status->waiting, 1);
	uint32_t seen = atomic_fetch_or(word, TERN_WAKE_SLEEPERS);
	if (!accel_packets_ended() && !done(arg) && !(seen & TERN_WAKE_DONE))
		accel_sleep(&status->completion, completion, word, TERN_WAKE_SLEEPERS,
			    h->timeout_ns ? tern_min(h->timeout_ns, (uint64_t)GRACE_NS) : WATCH_NS);
	atomic_store(&h->role, ROLE_NONE);
	accel_packets_watch();
}

/*
 * How long it pays to look on: where the unit that was woken waits for this very processor, not at
 * all; where it has one of its own, until it is awake and has done something short. What happened
 * before tells; now and then the longest time is tried again.
 */
static uint32_t patience(bool *trial)
{
	static _Atomic uint32_t looks;
	*trial = atomic_fetch_add_explicit(&looks, 1, memory_order_relaxed) % TRIAL == 0;
	return *trial ? SPIN_NS : atomic_load_explicit(&accel_half.spin_ns, memory_order_relaxed);
}

static void learn(bool found, bool trial, uint32_t ns)
{
	uint32_t next = found ? tern_min(ns * 2, SPIN_NS) : tern_max(ns / 4, SPIN_LEAST_NS);
	if (found || !trial)
		atomic_store_explicit(&accel_half.spin_ns, next, memory_order_relaxed);
}

/* Looks on for a while; true: something has happened. */
static bool look_on(bool (*done)(void *), void *arg)
{
	struct accel_half *h = &accel_half;
	bool found = false, trial = false;
	uint32_t ns = 0;
	if (atomic_fetch_add(&h->spinners, 1) < h->spinners_most)
		ns = patience(&trial);
	uint64_t end = ns ? tern_clock_ns() + ns : 0;
	while (!found && end && tern_clock_ns() < end)
		for (unsigned i = 0; i < LOOKS && !found; i++) {
			tern_cpu_relax();
			found = accel_packets_ended() || done(arg);
		}
	atomic_fetch_sub(&h->spinners, 1);
	if (ns)
		learn(found, trial, ns);
	return found;
}

static bool something_done(void)
{
	if (accel_packets_reap() || accel_packets_publish() || accel_host_work())
		return true;
	return atomic_load(&accel_half.quit) && accel_agent_duties();
}

void accel_wait(struct tern_device *device, struct tern_queue *queue, bool (*done)(void *),
		void *arg, _Atomic uint32_t *word)
{
	(void)device;
	if (done(arg))
		return;
	const struct attendance *before = accel_attending;
	struct attendance self = {.queue = queue};
	accel_attending = &self;
	while (!done(arg)) {
		self.agent = atomic_load(&accel_half.quit); /* then nobody else is */
		if (something_done() || look_on(done, arg))
			continue;
		if (atomic_load(&accel_half.waiting_host))
			accel_agent_wake(); /* not this thread's to do */
		sleep_until(done, arg, word);
	}
	accel_attending = before;
	accel_agent_cover();
	if (atomic_load(&accel_half.waiting_host))
		accel_agent_wake();
}
