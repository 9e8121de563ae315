/* SPDX-License-Identifier: MIT */
/*
 * Compute units. A unit looks for slots with groups to claim, executes what it has claimed, counts
 * it as done, and sleeps on the doorbell when it has found nothing for a while.
 */
#include <asm/unistd.h>

#include "vendors/accel/process/process.h"

struct unit units[ACCEL_UNITS];

/* Fills in what all groups of a packet have in common. */
static void prepare(struct unit *u, const struct accel_packet *p)
{
	struct tern_group *g = &u->group;
	for (unsigned d = 0; d < 3; d++) {
		g->enqueued_local_size[d] = p->enqueued_local_size[d];
		g->global_size[d] = p->global_size[d];
		g->num_groups[d] = p->num_groups[d];
		g->global_offset[d] = p->global_offset[d];
	}
	g->work_dim = p->work_dim;
	g->local_bytes = p->local_bytes;
	g->scratch_bytes = p->scratch_bytes;
	g->local_mem = (unsigned char *)(unit_base(u->index) + UNIT_LOCAL);
	g->scratch = (unsigned char *)(unit_base(u->index) + UNIT_SCRATCH);
	g->printf_buffer = (struct tern_printf_buffer *)p->printf_buffer;
	u->prepared = true;
}

/*
 * Claims groups of slot @i. Nothing of the packet is believed before the claim is known to be good:
 * then it cannot change until the groups are done. The generation is compared before and after the
 * number of groups is read, since a late claim may meet a packet that is being rewritten.
 */
static bool claim(struct unit *u, uint32_t i)
{
	const struct accel_packet *p = &commands()->packets[i];
	struct accel_slot *s = &status()->slots[i];
	const volatile uint64_t *generation = &p->generation;
	uint64_t now = *generation, groups = *(const volatile uint64_t *)&p->groups;
	uint64_t chunk = *(const volatile uint64_t *)&p->chunk, next = atomic_load(&s->next);
	if (next >> ACCEL_GENERATION != now || (next & ACCEL_INDEX) >= groups)
		return false;
	if (!chunk || chunk > groups)
		chunk = 1;
	next = atomic_fetch_add(&s->next, chunk);
	uint64_t first = next & ACCEL_INDEX;
	now = *generation;
	if (next >> ACCEL_GENERATION != now || first >= ACCEL_CLOSED)
		return false;
	groups = *(const volatile uint64_t *)&p->groups;
	atomic_thread_fence(memory_order_acquire);
	if (*generation != now || first >= groups)
		return false;
	if (u->slot != i || u->generation != now)
		u->prepared = false;
	u->slot = i;
	u->generation = now;
	u->groups = groups;
	u->first = first;
	u->end = groups - first < chunk ? groups : first + chunk;
	return true;
}

static void complete(const struct unit *u, struct accel_slot *s)
{
	struct accel_status *all = status();
	uint64_t bit = (uint64_t)1 << u->slot;
	if (commands()->packets[u->slot].flags & ACCEL_PACKET_PROFILED)
		atomic_store_explicit(&s->ended_ns, clock_ns(), memory_order_relaxed);
	atomic_fetch_and(&all->active, ~bit);
	atomic_fetch_or(&all->completed, bit);
	atomic_fetch_add(&all->completion, 1);
	if (atomic_load(&all->waiting))
		futex_wake(&all->completion, INT32_MAX);
}

/* Counts the claimed groups and @more as done. */
static void finish(struct unit *u, uint64_t more)
{
	struct accel_slot *s = &status()->slots[u->slot];
	uint64_t n = u->end - u->first + more;
	u->first = u->end;
	atomic_store_explicit(&status()->units[u->index].slot, 0, memory_order_release);
	if (atomic_fetch_add(&s->done, n) + n == u->groups)
		complete(u, s);
}

static void execute_groups(struct unit *u, const struct accel_packet *p)
{
	struct accel_fault *fault = &status()->slots[u->slot].fault;
	_Atomic uint64_t *shown = &status()->units[u->index].group;
	uint64_t nx = u->group.num_groups[0], ny = u->group.num_groups[1];
	uint64_t x = u->first % nx, y = u->first / nx % ny, z = u->first / nx / ny;
	tern_group_fn *function = (tern_group_fn *)p->function;
	for (uint64_t i = u->first; i < u->end; i++) {
		u->current = i;
		atomic_store_explicit(shown, i, memory_order_relaxed);
		function(p->args, &u->group, x, y, z);
		if (atomic_load_explicit(&fault->taken, memory_order_relaxed))
			break;
		if (++x == nx) {
			x = 0;
			if (++y == ny) {
				y = 0;
				z++;
			}
		}
	}
}

static void execute(struct unit *u)
{
	const struct accel_packet *p = &commands()->packets[u->slot];
	if (!u->prepared)
		prepare(u, p);
	if (!u->first && (p->flags & ACCEL_PACKET_PROFILED))
		atomic_store_explicit(&status()->slots[u->slot].started_ns, clock_ns(),
				      memory_order_relaxed);
	u->current = u->first;
	atomic_store(&status()->units[u->index].slot, u->slot + 1);
	default_float_state();
	atomic_signal_fence(memory_order_seq_cst);
	u->running = 1;
	atomic_signal_fence(memory_order_seq_cst);
	execute_groups(u, p);
	atomic_signal_fence(memory_order_seq_cst);
	u->running = 0;
	atomic_signal_fence(memory_order_seq_cst);
	finish(u, 0);
}

/* Serves each slot that has something, beginning after the last one; false: there was nothing. */
static bool serve(struct unit *u)
{
	uint64_t active = atomic_load(&status()->active);
	uint32_t turn = u->slot + 1;
	while (active) {
		uint64_t above = turn < ACCEL_SLOTS ? active >> turn << turn : 0;
		uint32_t i = (uint32_t)__builtin_ctzll(above ? above : active);
		if (claim(u, i)) {
			execute(u);
			return true;
		}
		active &= ~((uint64_t)1 << i);
		turn = i + 1;
	}
	return false;
}

/* False: the doorbell has not rung for hello.spin_ns, or enough others look. */
static bool look(uint32_t seen)
{
	enum { LOOKS = 32 };
	struct accel_status *s = status();
	bool rung = false;
	if (atomic_fetch_add(&s->looking, 1) < hello.spin_units) {
		uint64_t start = clock_ns();
		do {
			for (unsigned i = 0; i < LOOKS && !rung; i++) {
				rung = atomic_load_explicit(&s->doorbell, memory_order_acquire) !=
				       seen;
				__builtin_ia32_pause();
			}
		} while (!rung && clock_ns() - start < hello.spin_ns);
	}
	/* before the slots are looked at: see struct accel_status */
	atomic_fetch_sub(&s->looking, 1);
	return rung;
}

static void unit_loop(struct unit *u) __attribute__((noreturn));
static void unit_loop(struct unit *u)
{
	struct accel_status *s = status();
	for (;;) {
		uint32_t seen = atomic_load(&s->doorbell);
		if (serve(u))
			continue;
		if (look(seen)) {
			uint64_t active = atomic_load(&s->active);
			if ((active & (active - 1)) && atomic_load(&s->sleeping))
				futex_wake(&s->doorbell, 1);
			continue;
		}
		atomic_fetch_add(&s->sleeping, 1);
		if (atomic_load(&s->doorbell) == seen)
			futex_wait(&s->doorbell, seen);
		atomic_fetch_sub(&s->sleeping, 1);
	}
}

void unit_main(uint64_t index)
{
	struct unit *u = &units[index];
	u->index = (uint32_t)index;
	atomic_store(&status()->units[index].tid, (uint32_t)CALL(__NR_gettid));
	if (signals_stack(u->index) || restrict_calls(NULL, 0))
		process_exit(1);
	atomic_fetch_add(&status()->ready, 1);
	futex_wake(&status()->ready, 1);
	unit_loop(u);
}

/* Says what has happened if no other unit has. */
static void report(const struct unit *u, struct accel_fault *out)
{
	const struct fault *fault = &faults[u->index];
	uint32_t free = 0;
	if (!atomic_compare_exchange_strong(&out->taken, &free, 1))
		return;
	uint64_t nx = u->group.num_groups[0], ny = u->group.num_groups[1];
	out->failure = fault->failure;
	out->why = fault->why;
	out->unit = u->index;
	out->address = fault->address;
	out->write = fault->write;
	out->group[0] = u->current % nx;
	out->group[1] = u->current / nx % ny;
	out->group[2] = u->current / nx / ny;
	atomic_store(&out->filled, 1);
}

void unit_recover(uint64_t index)
{
	struct unit *u = &units[index];
	struct accel_slot *s = &status()->slots[u->slot];
	default_float_state();
	report(u, &s->fault);
	uint64_t next = atomic_exchange(&s->next, u->generation << ACCEL_GENERATION | ACCEL_CLOSED);
	uint64_t unclaimed = next & ACCEL_INDEX;
	finish(u, unclaimed < u->groups ? u->groups - unclaimed : 0);
	unit_loop(u);
}
