/* SPDX-License-Identifier: MIT */
/* Agents: threads that do what no waiting thread does; see commands.h. */
#include <errno.h>

#include "runtime/base/log.h"
#include "runtime/base/thread.h"
#include "vendors/accel/commands.h"

#define FOREVER_NS (UINT64_C(3600) * 1000000000)

_Thread_local const struct attendance *accel_attending;

/* Lists, linked through backend_state. */

struct tern_command *accel_command_next(const struct tern_command *command)
{
	return (struct tern_command *)(uintptr_t)command->backend_state[STATE_NEXT];
}

static void set_next(struct tern_command *command, struct tern_command *next)
{
	command->backend_state[STATE_NEXT] = (uintptr_t)next;
}

void accel_command_append(struct command_list *list, struct tern_command *command)
{
	set_next(command, NULL);
	if (list->head)
		set_next(list->tail, command);
	else
		list->head = command;
	list->tail = command;
}

void accel_command_prepend(struct command_list *list, struct tern_command *command)
{
	set_next(command, list->head);
	if (!list->head)
		list->tail = command;
	list->head = command;
}

void accel_command_remove(struct command_list *list, struct tern_command *before,
			  struct tern_command *command)
{
	if (before)
		set_next(before, accel_command_next(command));
	else
		list->head = accel_command_next(command);
	if (list->tail == command)
		list->tail = before;
}

struct tern_command *accel_command_take(struct command_list *list)
{
	struct tern_command *command = list->head;
	if (command)
		accel_command_remove(list, NULL, command);
	return command;
}

/* Waking. */

static void *agent_main(void *arg);

static int make_agent(void)
{
	int error = tern_thread_start(agent_main, NULL, AGENT_STACK);
	if (!error)
		return 0;
	tern_lock_acquire(&accel_half.lock);
	accel_half.agents--;
	tern_lock_release(&accel_half.lock);
	return error;
}

int accel_agent_start(void)
{
	struct accel_half *h = &accel_half;
	tern_lock_acquire(&h->lock);
	bool make = !h->agents;
	h->agents += make;
	tern_lock_release(&h->lock);
	return make ? make_agent() : 0;
}

void accel_agent_wake(void)
{
	struct accel_half *h = &accel_half;
	bool make = false;
	tern_lock_acquire(&h->lock);
	atomic_fetch_add(&h->agent_word, 1);
	bool wake = h->idle;
	if (!wake && h->agents < AGENTS_MOST && h->state != ACCEL_STOPPED &&
	    !atomic_load(&h->quit)) {
		h->agents++;
		make = true;
	}
	tern_lock_release(&h->lock);
	if (wake)
		tern_futex_wake(&h->agent_word, 1);
	/* Without memory for another the ones that there are do it, one thing after the other. */
	if (make && make_agent())
		tern_log_debug("accel: no further agent thread");
}

void accel_agent_cover(void)
{
	struct accel_half *h = &accel_half;
	if ((atomic_load(&h->in_flight) || atomic_load(&h->waiting_pending)) &&
	    atomic_load(&h->role) == ROLE_NONE)
		accel_agent_wake();
}

/* Duties. */

/* The device cannot be had: what waits for it fails. */
static bool fail_pending(void)
{
	struct accel_half *h = &accel_half;
	struct tern_command *command = NULL;
	tern_lock_acquire(&h->lock);
	if (h->state == ACCEL_BROKEN) {
		command = accel_command_take(&h->pending[0]);
		if (!command)
			command = accel_command_take(&h->pending[1]);
		if (command)
			atomic_fetch_sub(&h->waiting_pending, 1);
	}
	tern_lock_release(&h->lock);
	if (!command)
		return false;
	tern_log_error("accel: kernel %s cannot run: the device does not start",
		       command->ndrange.info->name);
	accel_command_dispatch(tern_command_complete(command, CL_OUT_OF_RESOURCES));
	return true;
}

static enum accel_state state(void)
{
	tern_lock_acquire(&accel_half.lock);
	enum accel_state s = accel_half.state;
	tern_lock_release(&accel_half.lock);
	return s;
}

bool accel_agent_duties(void)
{
	if (accel_packets_reap() || accel_packets_publish())
		return true;
	enum accel_state now = state();
	if (now == ACCEL_DEAD) {
		accel_device_restart();
		return true;
	}
	if (now == ACCEL_BROKEN && fail_pending())
		return true;
	if (accel_host_work())
		return true;
	accel_packets_watch();
	return accel_packets_reap();
}

/* Sleeping. */

/* Whether there is something to do that a wake before this moment may have been meant for. Locked.
 */
static bool is_needed_locked(const struct accel_half *h)
{
	return atomic_load(&h->waiting_host) || h->state == ACCEL_DEAD || accel_packets_ended() ||
	       (h->state == ACCEL_BROKEN && atomic_load(&h->waiting_pending)) ||
	       (h->state == ACCEL_RUNNING && h->free && atomic_load(&h->waiting_pending));
}

/* How long an agent stays without work. */
static uint64_t stay_ns(void)
{
	return atomic_load(&accel_half.starts) ? SPARE_NS : accel_half.options.linger_ns;
}

/* @last: no other agent is there, and this one must not leave while the device is started. */
static uint64_t nap_ns(bool reaper, bool last)
{
	if (reaper && accel_half.timeout_ns)
		return tern_min(tern_max(accel_half.timeout_ns / 4, (uint64_t)1000000),
				(uint64_t)GRACE_NS);
	if (reaper)
		return WATCH_NS;
	return last && atomic_load(&accel_half.starts) ? FOREVER_NS : stay_ns();
}

/* Sleeps; false: the agent leaves. @self: its value of `role`. */
static bool nap(uint32_t self)
{
	struct accel_half *h = &accel_half;
	uint32_t none = ROLE_NONE, mine = self;
	tern_lock_acquire(&h->lock);
	if (atomic_load(&h->quit)) {
		h->agents--;
		tern_lock_release(&h->lock);
		return false;
	}
	bool reaper =
		atomic_load(&h->in_flight) && atomic_compare_exchange_strong(&h->role, &none, self);
	uint32_t seen = atomic_load(&h->agent_word);
	struct accel_status *status = accel_status();
	uint32_t completion = reaper ? atomic_load(&status->completion) : 0;
	if (reaper)
		atomic_store(&status->waiting, 1);
	bool needed = is_needed_locked(h) || atomic_load(&h->quit);
	uint64_t begin = tern_clock_ns(), stay = stay_ns(), ns = nap_ns(reaper, h->agents == 1);
	h->idle++;
	tern_lock_release(&h->lock);
	if (!needed && reaper)
		accel_sleep(&status->completion, completion, &h->agent_word, seen, ns);
	else if (!needed)
		tern_futex_wait_for(&h->agent_word, seen, ns);
	if (reaper)
		atomic_compare_exchange_strong(&h->role, &mine, ROLE_NONE);
	tern_lock_acquire(&h->lock);
	h->idle--;
	/* One who was woken, be it at the last moment, has something to look after. */
	bool long_idle = !needed && !reaper && atomic_load(&h->agent_word) == seen &&
			 tern_clock_ns() - begin >= stay;
	bool spare = long_idle && h->agents > 1 && !is_needed_locked(h);
	h->agents -= spare;
	tern_lock_release(&h->lock);
	if (spare)
		return false;
	return !long_idle || atomic_load(&h->starts) || !accel_device_retire();
}

static void *agent_main(void *arg)
{
	static _Atomic uint32_t made;
	static const struct attendance agent = {.agent = true};
	/* Any value but the waiters' and none. */
	uint32_t self = (atomic_fetch_add(&made, 1) << 1 | 1) + 2;
	(void)arg;
	tern_thread_name("tern-accel");
	accel_attending = &agent;
	do {
		while (!atomic_load(&accel_half.quit) && accel_agent_duties())
			;
	} while (nap(self));
	return NULL;
}
