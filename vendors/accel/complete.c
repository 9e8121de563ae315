/* SPDX-License-Identifier: MIT */
/*
 * The end of kernels: what the device says is taken from STATUS and checked, since a kernel may
 * have written over it. What cannot be right ends the process: a fresh one has fresh state.
 */
#include <string.h>

#include "runtime/base/log.h"
#include "runtime/base/thread.h"
#include "runtime/printf.h"
#include "vendors/accel/commands.h"

#define LATENCY_NS 4000 /* of publication and completion, not the kernel's own */

/* Takes slot @i out of in_flight: from then on it is the caller's, who counts as busy. */
static bool own(unsigned i)
{
	uint64_t bit = UINT64_C(1) << i;
	atomic_fetch_add(&accel_half.busy, 1);
	if (atomic_fetch_and(&accel_half.in_flight, ~bit) & bit)
		return true;
	atomic_fetch_sub(&accel_half.busy, 1);
	return false;
}

/* Gives it back as it was. */
static void disown(unsigned i)
{
	atomic_fetch_or(&accel_half.in_flight, UINT64_C(1) << i);
	atomic_fetch_sub(&accel_half.busy, 1);
}

static void release(unsigned i)
{
	struct accel_half *h = &accel_half;
	h->slots[i].command = NULL;
	tern_lock_acquire(&h->lock);
	h->free |= UINT64_C(1) << i;
	tern_lock_release(&h->lock);
	atomic_fetch_sub(&h->busy, 1);
}

static void damaged(const char *what)
{
	tern_log_error("accel: a kernel has damaged the device's state (%s): the device is reset",
		       what);
	accel_process_kill(accel_half.accel);
}

/* A private copy of what the device says about a failure; false: it says that there was none. */
static bool copy_fault(struct accel_slot *s, struct accel_fault *out)
{
	memset(out, 0, sizeof(*out));
	if (!atomic_load(&s->fault.taken))
		return false;
	/* It was filled before the groups were counted; if not, something wrote `taken`. */
	if (!atomic_load(&s->fault.filled)) {
		out->failure = ACCEL_SIGNALLED;
		return true;
	}
	out->failure = s->fault.failure;
	out->why = s->fault.why;
	out->unit = s->fault.unit;
	out->address = s->fault.address;
	out->write = s->fault.write;
	memcpy(out->group, s->fault.group, sizeof(out->group));
	return true;
}

/* The device's own clock is the system's; times outside of what can be are not taken. */
static void take_times(struct tern_command *command, const struct slot *slot, struct accel_slot *s,
		       uint64_t now)
{
	uint64_t started = atomic_load(&s->started_ns), ended = atomic_load(&s->ended_ns);
	if (slot->alone && now - slot->published_ns > LATENCY_NS)
		accel_estimate_put(command->ndrange.function,
				   accel_ndrange_items(&command->ndrange),
				   now - slot->published_ns - LATENCY_NS);
	else if (slot->alone)
		accel_estimate_put(command->ndrange.function,
				   accel_ndrange_items(&command->ndrange), 1);
	if (!(command->event.queue->properties & CL_QUEUE_PROFILING_ENABLE))
		return;
	if (started < slot->published_ns || ended < started || ended > now)
		return;
	command->event.time_started = started;
	command->event.time_ended = ended;
}

static void take_statistics(struct tern_command *command, unsigned i)
{
	const struct tern_event *event = &command->event;
	struct tern_space_stats stats;
	if (!accel_half.accel->system)
		return;
	tern_space_owner_stats(&accel_half.accel->devmem, i, &stats);
	tern_command_caused(command, &stats);
	if (event->svm_faults || event->svm_pages_in || event->svm_pages_out)
		tern_log_debug("accel: kernel %s: %u faults, %u pages in, %u out",
			       command->ndrange.info->name, event->svm_faults, event->svm_pages_in,
			       event->svm_pages_out);
}

static void flush_printf(struct tern_command *command, struct slot *slot)
{
	struct tern_printf_buffer *b = slot->printf;
	if (!b || !(command->ndrange.info->flags & TERN_KERNEL_PRINTF))
		return;
	uint64_t bytes = accel_half.device->caps.printf_bytes;
	b->capacity = bytes; /* a kernel can write it */
	uint64_t used = tern_min(b->used, bytes);
	if (command->ndrange.module)
		tern_printf_flush(b, tern_code_info(tern_module_code(command->ndrange.module)));
	memset(b->data, 0, used);
}

/* Completes slot @i, when it has really ended. */
static bool finish(unsigned i)
{
	struct slot *slot = &accel_half.slots[i];
	struct accel_slot *s = &accel_status()->slots[i];
	uint64_t bit = UINT64_C(1) << i;
	if (!own(i))
		return false;
	if (!(atomic_load(&accel_status()->completed) & bit)) {
		disown(i); /* another thread was faster, and it is in use again */
		return false;
	}
	atomic_fetch_and(&accel_status()->completed, ~bit);
	if (atomic_load(&s->done) != slot->groups) {
		disown(i);
		damaged("completion");
		return false;
	}
	struct tern_command *command = slot->command;
	struct accel_fault fault;
	bool failed = copy_fault(s, &fault);
	take_times(command, slot, s, tern_clock_ns());
	take_statistics(command, i);
	flush_printf(command, slot);
	release(i);
	if (failed)
		accel_report(command, &fault);
	accel_command_dispatch(
		tern_command_complete(command, failed ? CL_OUT_OF_RESOURCES : CL_SUCCESS));
	return true;
}

bool accel_packets_reap(void)
{
	uint64_t ended;
	bool any = false;
	/* Until there is none: what this thread held for a moment no other has seen. */
	while ((ended = atomic_load(&accel_status()->completed) &
			atomic_load(&accel_half.in_flight)))
		for (; ended; ended &= ended - 1)
			any |= finish((unsigned)__builtin_ctzll(ended));
	if (any)
		accel_packets_publish();
	return any;
}

/* Whether some unit has claimed a group of what is in slot @i. */
static bool has_begun(unsigned i)
{
	const struct slot *slot = &accel_half.slots[i];
	struct accel_slot *s = &accel_status()->slots[i];
	return atomic_load(&s->next) != slot->generation << ACCEL_GENERATION ||
	       atomic_load(&s->fault.taken);
}

static void lose(uint64_t slots, struct command_list *failed)
{
	struct accel_half *h = &accel_half;
	tern_lock_acquire(&h->lock);
	for (uint64_t left = slots; left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);
		struct tern_command *command = h->slots[i].command;
		h->slots[i].command = NULL;
		if (has_begun(i)) {
			accel_command_append(failed, command);
		} else {
			accel_command_prepend(&h->pending[accel_command_rank(command)], command);
			atomic_fetch_add(&h->waiting_pending, 1);
		}
	}
	h->free |= slots;
	tern_lock_release(&h->lock);
}

void accel_packets_lost(struct command_list *failed)
{
	struct accel_half *h = &accel_half;
	lose(atomic_exchange(&h->in_flight, 0), failed);
	while (atomic_load(&h->busy))
		tern_sleep_ms(1);
	lose(atomic_exchange(&h->in_flight, 0), failed);
}

static void interrupt(unsigned i, struct slot *slot, uint64_t now)
{
	struct accel *accel = accel_half.accel;
	if (slot->interrupts++ == INTERRUPTS) {
		tern_log_error(
			"accel: kernel %s does not end when it is interrupted: the device is "
			"reset",
			slot->command->ndrange.info->name);
		accel_process_kill(accel);
		return;
	}
	for (unsigned u = 0; u < accel->options.units; u++)
		if (atomic_load(&accel_status()->units[u].slot) == i + 1)
			accel_process_interrupt(accel, u, i, slot->generation, ACCEL_ABORTED, 0, 0,
						false);
	slot->deadline_ns = now + GRACE_NS;
}

/* The time limit counts from when the device began, as far as that can be believed. */
static void keep_limit(unsigned i, struct slot *slot, uint64_t now)
{
	uint64_t started = atomic_load(&accel_status()->slots[i].started_ns);
	bool believed = started >= slot->published_ns && started <= now;
	if (!slot->interrupts && !has_begun(i))
		slot->deadline_ns = now + accel_half.timeout_ns;
	else if (!slot->interrupts && believed && started + accel_half.timeout_ns > now)
		slot->deadline_ns = started + accel_half.timeout_ns;
	else
		interrupt(i, slot, now);
}

/* What cannot last: all groups done and no completion, or an unfinished slot that no unit sees. */
static bool is_suspect(unsigned i, const struct slot *slot)
{
	struct accel_status *status = accel_status();
	uint64_t bit = UINT64_C(1) << i, done = atomic_load(&status->slots[i].done);
	if (atomic_load(&status->completed) & bit)
		return false;
	return done >= slot->groups || !(atomic_load(&status->active) & bit);
}

static void watch(unsigned i, uint64_t now, bool thorough)
{
	struct slot *slot = &accel_half.slots[i];
	if (!own(i))
		return;
	if (slot->deadline_ns && slot->deadline_ns <= now)
		keep_limit(i, slot, now);
	if (thorough)
		slot->suspicions = is_suspect(i, slot) ? slot->suspicions + 1 : 0;
	bool bad = slot->suspicions > 2;
	disown(i);
	if (bad)
		damaged("a command was lost");
}

void accel_packets_watch(void)
{
	static _Atomic uint64_t last; /* of the thorough looks */
	uint64_t in_flight = atomic_load(&accel_half.in_flight), now = tern_clock_ns();
	uint64_t before = atomic_load(&last);
	bool thorough =
		now - before >= WATCH_NS && atomic_compare_exchange_strong(&last, &before, now);
	if (!in_flight || (!thorough && !accel_half.timeout_ns))
		return;
	for (; in_flight; in_flight &= in_flight - 1)
		watch((unsigned)__builtin_ctzll(in_flight), now, thorough);
	if (thorough)
		accel_packets_ring();
}
