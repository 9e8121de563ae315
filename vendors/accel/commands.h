/* SPDX-License-Identifier: MIT */
/*
 * DOC: the commands half of the accelerator
 *
 * A kernel that is ready gets a slot (packet.c): the packet is written and published by the thread
 * that submits it, at once. Without a free slot, or while the process is being restarted, it waits
 * in `pending`. Everything else that a command can be (copies, fills, calls) is work for the host
 * (host.c): it waits in `host` for an agent or for a thread in wait() that waits for its queue.
 *
 * Slots. A bit of each is in `free`, in `in_flight`, or in neither while one thread works on it:
 * who publishes it, or who finishes it; `busy` counts those. A restart takes all of `in_flight`
 * and waits until nobody is busy: then nobody but the restart touches STATUS' slots.
 *
 * Completion. accel_packets_reap() may run on any number of threads at once: each bit of
 * status->completed goes to one. What is to be decided is only who sleeps on the completion word:
 * whoever has `role`. A waiting thread takes it, also from an agent, which then sleeps on (and does
 * no harm when it wakes); a waiter that leaves while something is in flight wakes an agent.
 *
 * Agents are threads that reap, restart, keep time limits and do the host's work. One is there
 * while the device is started; more are made when all are busy, since a call or a copy may take
 * long and completions must not wait for it. They leave when they have had nothing to do for a
 * while; the last one stops the process first.
 *
 * Deferred commands. A kernel is published at once, but nobody is woken to see it complete
 * until the doorbell; the host's work waits for the doorbell or for a waiting thread.
 *
 * Locks: start_lock is held over start, stop and restart of the process. `lock` guards the lists,
 * the free slots, the state and the agents' numbers; nothing is called under it.
 *
 * All of this lies in libtern's own data, which no kernel can reach.
 */
#ifndef TERN_VENDORS_ACCEL_COMMANDS_H
#define TERN_VENDORS_ACCEL_COMMANDS_H

#include "vendors/accel/internal.h"

#define SPARE_NS      1000000000u /* how long an agent stays that has nothing to do */
#define SPIN_NS       60000u /* how long a waiting thread looks on before it sleeps: at most, */
#define SPIN_LEAST_NS 500u   /* and at least */
#define AGENTS_MOST   8
#define AGENT_STACK   ((size_t)1 << 20)
#define RESTARTS_MOST 3           /* failures in a row */
#define WATCH_NS      1000000000u /* how often slots in flight are looked at anyway */
#define GRACE_NS      20000000u   /* from an interrupt to the next, */
#define INTERRUPTS    10          /* and how many before the process is killed */
#define GROUPS_MOST   ((uint64_t)1 << 38)
#define ESTIMATES     256

/* command->backend_state[] */
enum { STATE_NEXT, STATE_STATUS };

enum accel_state {
	ACCEL_STOPPED, /* no process */
	ACCEL_RUNNING,
	ACCEL_DEAD,   /* it has died: an agent restarts it */
	ACCEL_BROKEN, /* and that failed: commands fail */
};

struct command_list {
	struct tern_command *head, *tail;
};

struct slot {
	struct tern_command *command;
	uint64_t generation, groups;
	uint64_t published_ns;
	uint64_t deadline_ns; /* 0: none */
	unsigned interrupts;  /* since then */
	unsigned suspicions;  /* how often in a row something was wrong with it */
	bool alone;           /* nothing else was in flight: its time is its own */
	struct tern_printf_buffer *printf;
};

struct estimate {
	_Atomic(tern_group_fn *) function;
	_Atomic uint64_t item_ps;
};

struct accel_half {
	struct accel *accel;
	struct tern_device *device;
	struct accel_options options; /* here too, since a fork empties pinned memory */
	bool system;
	struct tern_lock start_lock; /* rank RUNTIME: taken before the process' own */
	_Atomic uint32_t starts;     /* start() less stop() */
	uint64_t timeout_ns;         /* TERN_ACCEL_TIMEOUT; 0: none */
	unsigned spinners_most;      /* waiting threads that may look on at once */

	struct tern_lock lock; /* rank WORKERS: what follows */
	enum accel_state state;
	uint64_t free;                           /* slots */
	struct command_list pending[2], host[2]; /* high priority, the rest */
	unsigned agents, idle;

	_Atomic bool quit; /* the process (ours) ends */
	_Alignas(TERN_CACHE_LINE) _Atomic uint64_t in_flight;
	_Atomic uint32_t busy;
	_Atomic uint32_t spinners;
	_Atomic uint32_t spin_ns;                       /* how long it pays now */
	_Atomic uint32_t waiting_pending, waiting_host; /* lengths of the lists */
	_Alignas(TERN_CACHE_LINE) _Atomic uint32_t role;
	_Atomic uint32_t agent_word; /* changes with each wake of an agent */
	struct slot slots[ACCEL_SLOTS];
	struct estimate estimates[ESTIMATES];
};

extern struct accel_half accel_half;

/* What the calling thread is at: it will look for work again soon. */
struct attendance {
	bool agent;
	struct tern_queue *queue; /* a waiter: whose host work it does */
};
extern _Thread_local const struct attendance *accel_attending;

/* caps.c */
void accel_caps_fill(struct tern_device_caps *caps, const struct accel_options *options,
		     bool system);
/* Whether any pointer of the program's can work; says why not. */
bool accel_caps_system(void);

/* choose.c */
void accel_choose_local(struct tern_device *device, const struct tern_kernel_info *kernel,
			unsigned dim, const size_t global[3], size_t local[3]);

/* estimate.c: what commands take, from what they took before. */
uint64_t accel_expect(struct tern_device *device, const struct tern_command *command);
/* Picoseconds of one work-item; 0: not known. */
uint64_t accel_estimate_get(tern_group_fn *function);
void accel_estimate_put(tern_group_fn *function, uint64_t items, uint64_t ns);
/* Work-items of @n; 0: too many to count. */
uint64_t accel_ndrange_items(const struct tern_ndrange *n);
/* Work-groups of @n, and of each dimension; 0: none; UINT64_MAX: too many. */
uint64_t accel_ndrange_groups(const struct tern_ndrange *n, uint64_t each[3]);
size_t accel_copy_bytes(const struct tern_copy *copy);

/* describe.c: what kernels will touch, told to the space. */
void accel_announce(struct tern_device *device, const struct tern_command *command);
void accel_retract(struct tern_device *device, const struct tern_command *command);
/* @command is about to begin in slot @slot. */
void accel_describe_beginning(const struct tern_command *command, unsigned slot);

/* packet.c */
/* Publishes a ready kernel or lets it wait for a slot. */
void accel_packet_submit(struct tern_command *command);
/* Publishes what waits and has room now; false: nothing. */
bool accel_packets_publish(void);
/* Frees what slots have kept. */
void accel_packets_finish(void);
/* Rings for all units: what is published must not have been missed. */
void accel_packets_ring(void);

/* complete.c */
/* Completes what has ended; false: nothing had. Any thread. */
bool accel_packets_reap(void);
static inline bool accel_packets_ended(void)
{
	return atomic_load(&accel_status()->completed) & atomic_load(&accel_half.in_flight);
}
/* The process is dead and nobody is busy: what had not begun waits again, the rest of what was in
 * flight is returned, to be failed when the process has been replaced. */
void accel_packets_lost(struct command_list *failed);
/* Looks after the slots in flight: time limits, and what a kernel may have damaged. */
void accel_packets_watch(void);

/* report.c: logs why @command failed; @fault is a private copy. */
void accel_report(const struct tern_command *command, const struct accel_fault *fault);

/* host.c */
/* Adds work for the host; @wake: an agent is to do it now. */
void accel_host_submit(struct tern_command *command, bool wake);
/* Does one command of those that the thread may do, and what follows it; false: there is none. */
bool accel_host_work(void);
/* Hands what tern_command_complete() returned to whoever is to execute it. */
void accel_command_dispatch(struct tern_command *command);

/* agent.c */
void accel_command_append(struct command_list *list, struct tern_command *command);
void accel_command_prepend(struct command_list *list, struct tern_command *command);
struct tern_command *accel_command_take(struct command_list *list);
struct tern_command *accel_command_next(const struct tern_command *command);
/* @before: what comes before @command in @list, or NULL. */
void accel_command_remove(struct command_list *list, struct tern_command *before,
			  struct tern_command *command);
static inline unsigned accel_command_rank(const struct tern_command *command)
{
	return command->event.queue->priority == CL_QUEUE_PRIORITY_HIGH_KHR ? 0 : 1;
}
/* Something is to be done that no waiting thread does: wakes an agent, or makes one. */
void accel_agent_wake(void);
/* Makes the first agent. 0 or -errno. */
int accel_agent_start(void) TERN_MUST_CHECK;
/* What an agent would do, on the calling thread, without sleeping. False: there is nothing. */
bool accel_agent_duties(void);
/* Sees to it that somebody completes what is in flight while the calling thread does not. */
void accel_agent_cover(void);

/* wait.c */
void accel_wait(struct tern_device *device, struct tern_queue *queue, bool (*done)(void *),
		void *arg, _Atomic uint32_t *word);
/*
 * Sleeps until @completion, which device processes change, is not @completion_seen, or *@word is
 * not @seen, or @ns nanoseconds are over, or for no reason.
 */
void accel_sleep(_Atomic uint32_t *completion, uint32_t completion_seen, _Atomic uint32_t *word,
		 uint32_t seen, uint64_t ns);

enum { ROLE_NONE, ROLE_WAITER }; /* others are agents' */

/* device.c */
/* Starts a fresh process in place of a dead one; on an agent, or on whoever waits at the end. */
void accel_device_restart(void);
/* Stops the process when no queue is left. False: there is one. */
bool accel_device_retire(void);

#endif
