/* SPDX-License-Identifier: MIT */
/* Kernels on their way to the device: slots and packets; see commands.h and protocol.h. */
#include <string.h>
#include <sys/mman.h>

#include "svm/heap.h"
#include "vendors/accel/commands.h"

#define CHUNK_NS         20000 /* about what one claim of groups should take */
#define CHUNKS_OF_UNIT   8     /* at least, where there are as many groups */
#define CHUNKS_UNKNOWN   64    /* likewise, when the kernel's time is not known */
#define GENERATIONS_MASK ((UINT64_C(1) << (64 - ACCEL_GENERATION)) - 1)

static void ring(unsigned units)
{
	struct accel_status *status = accel_status();
	atomic_fetch_add(&status->doorbell, 1);
	uint32_t looking = atomic_load(&status->looking);
	if (looking < units && atomic_load(&status->sleeping))
		syscall(SYS_futex, &status->doorbell, FUTEX_WAKE, (int)(units - looking), NULL,
			NULL, 0);
}

void accel_packets_ring(void)
{
	struct accel_status *status = accel_status();
	atomic_fetch_add(&status->doorbell, 1);
	syscall(SYS_futex, &status->doorbell, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Takes a slot for a command while the process runs; ACCEL_SLOTS: none now. Locked. */
static unsigned reserve_locked(struct accel_half *h)
{
	if (h->state != ACCEL_RUNNING || !h->free)
		return ACCEL_SLOTS;
	unsigned i = (unsigned)__builtin_ctzll(h->free);
	h->free &= h->free - 1;
	atomic_fetch_add(&h->busy, 1);
	return i;
}

static uint64_t chunk_of(const struct tern_ndrange *n, uint64_t groups)
{
	uint64_t units = accel_half.accel->options.units, ps = accel_estimate_get(n->function),
		 items;
	if (!ps ||
	    __builtin_mul_overflow((uint64_t)n->local[0] * n->local[1], n->local[2], &items) ||
	    __builtin_mul_overflow(ps, items, &ps) || !ps)
		return tern_max(groups / (units * CHUNKS_UNKNOWN), (uint64_t)1);
	uint64_t most = groups / (units * CHUNKS_OF_UNIT), want = CHUNK_NS * UINT64_C(1000) / ps;
	return tern_max(tern_min(want, most), (uint64_t)1);
}

/* The slot's buffer, empty: after its use only what was written is cleared (complete.c). */
static struct tern_printf_buffer *printf_buffer(struct slot *slot)
{
	uint64_t bytes = accel_half.device->caps.printf_bytes;
	if (!slot->printf) {
		slot->printf = tern_heap_alloc(TERN_HEAP_SHARED, sizeof(*slot->printf) + bytes, 0);
		if (slot->printf)
			memset(slot->printf, 0, sizeof(*slot->printf) + bytes);
	}
	if (!slot->printf)
		return NULL; /* printf() returns -1 */
	slot->printf->used = 0;
	slot->printf->capacity = bytes;
	return slot->printf;
}

static void write_packet(struct accel_packet *p, uint64_t generation, struct tern_command *command,
			 struct tern_printf_buffer *printf, uint64_t groups, const uint64_t each[3])
{
	const struct tern_ndrange *n = &command->ndrange;
	/* A unit that comes late with a claim of before must not take this packet for the old
	 * one: it looks at the generation before and after the rest. */
	__atomic_exchange_n(&p->generation, generation, __ATOMIC_SEQ_CST);
	p->function = (uintptr_t)n->function;
	p->groups = groups;
	p->chunk = chunk_of(n, groups);
	bool timed = accel_half.timeout_ns ||
		     (command->event.queue->properties & CL_QUEUE_PROFILING_ENABLE);
	p->flags = timed ? ACCEL_PACKET_PROFILED : 0;
	p->printf_buffer = (uintptr_t)printf;
	for (unsigned d = 0; d < 3; d++) {
		p->enqueued_local_size[d] = n->local[d];
		p->global_size[d] = n->global[d];
		p->num_groups[d] = each[d];
		p->global_offset[d] = n->offset[d];
	}
	p->work_dim = n->dim;
	p->local_bytes = n->local_bytes;
	p->scratch_bytes = tern_kernel_scratch(n->info, n->local[0], n->local[1], n->local[2]);
	if (n->args && n->info->args_bytes)
		memcpy(p->args, n->args, n->info->args_bytes);
}

static void clear_status(struct accel_slot *s, uint64_t closed)
{
	/* No claim falls into the packet while it is written. */
	atomic_store(&s->next, closed);
	atomic_store_explicit(&s->done, 0, memory_order_relaxed);
	atomic_store_explicit(&s->started_ns, 0, memory_order_relaxed);
	atomic_store_explicit(&s->ended_ns, 0, memory_order_relaxed);
	s->fault.failure = ACCEL_OK;
	atomic_store_explicit(&s->fault.filled, 0, memory_order_relaxed);
	atomic_store_explicit(&s->fault.taken, 0, memory_order_relaxed);
}

/* Writes and publishes @command in slot @i, which the caller has reserved. */
static void publish(unsigned i, struct tern_command *command)
{
	struct accel_half *h = &accel_half;
	struct slot *slot = &h->slots[i];
	struct accel_status *status = accel_status();
	struct accel_slot *s = &status->slots[i];
	uint64_t each[3], groups = accel_ndrange_groups(&command->ndrange, each),
			  bit = UINT64_C(1) << i;
	bool prints = command->ndrange.info->flags & TERN_KERNEL_PRINTF;
	tern_command_running(command);
	slot->command = command;
	slot->groups = groups;
	slot->generation = (slot->generation + 1) & GENERATIONS_MASK;
	slot->published_ns = tern_clock_ns();
	tern_command_began(command, slot->published_ns);
	slot->alone = !atomic_load_explicit(&h->in_flight, memory_order_relaxed);
	slot->deadline_ns = h->timeout_ns ? slot->published_ns + h->timeout_ns : 0;
	slot->interrupts = slot->suspicions = 0;
	uint64_t open = slot->generation << ACCEL_GENERATION;
	clear_status(s, open | ACCEL_CLOSED);
	if (atomic_load_explicit(&status->completed, memory_order_relaxed) & bit)
		atomic_fetch_and(&status->completed, ~bit);
	struct accel_packet *packet = &accel_commands()->packets[i];
	write_packet(packet, slot->generation, command, prints ? printf_buffer(slot) : NULL, groups,
		     each);
	uint64_t chunks = groups / packet->chunk + !!(groups % packet->chunk);
	if (h->accel->system) {
		tern_space_owner_begin(&h->accel->devmem, i, (uintptr_t)command);
		accel_describe_beginning(command, i);
	}
	atomic_fetch_or(&h->in_flight, bit);
	atomic_store(&s->next, open);
	atomic_fetch_or(&status->active, bit);
	ring((unsigned)tern_min(chunks, (uint64_t)h->accel->options.units));
	atomic_fetch_sub(&h->busy, 1);
}

static cl_int check(const struct tern_command *command, uint64_t groups)
{
	const struct tern_ndrange *n = &command->ndrange;
	uint64_t scratch = tern_kernel_scratch(n->info, n->local[0], n->local[1], n->local[2]);
	if (groups > GROUPS_MOST || n->info->args_bytes > ACCEL_ARGS ||
	    n->info->stack_bytes > ACCEL_STACK_BYTES - ACCEL_STACK_RESERVE ||
	    scratch > ACCEL_SCRATCH_BYTES || n->local_bytes > ACCEL_LOCAL_BYTES)
		return CL_OUT_OF_RESOURCES;
	return CL_SUCCESS;
}

static void fence(struct accel_half *h)
{
	if (h->accel->system)
		tern_space_fence();
}

void accel_packet_submit(struct tern_command *command)
{
	struct accel_half *h = &accel_half;
	uint64_t each[3], groups = accel_ndrange_groups(&command->ndrange, each);
	command->backend_state[STATE_STATUS] = (uint64_t)(int64_t)check(command, groups);
	if (!groups || command->backend_state[STATE_STATUS]) {
		accel_host_submit(command,
				  true); /* nothing to execute: it is completed from there */
		return;
	}
	fence(h);
	unsigned rank = accel_command_rank(command), i = ACCEL_SLOTS;
	tern_lock_acquire(&h->lock);
	enum accel_state state = h->state;
	if (!h->pending[0].head && (rank == 0 || !h->pending[1].head))
		i = reserve_locked(h);
	if (i == ACCEL_SLOTS) {
		accel_command_append(&h->pending[rank], command);
		atomic_fetch_add(&h->waiting_pending, 1);
	}
	tern_lock_release(&h->lock);
	if (i < ACCEL_SLOTS)
		publish(i, command);
	else if (state != ACCEL_RUNNING)
		accel_agent_wake();
}

bool accel_packets_publish(void)
{
	struct accel_half *h = &accel_half;
	bool any = false;
	while (atomic_load(&h->waiting_pending)) {
		struct tern_command *command = NULL;
		fence(h);
		tern_lock_acquire(&h->lock);
		unsigned i =
			h->pending[0].head || h->pending[1].head ? reserve_locked(h) : ACCEL_SLOTS;
		if (i < ACCEL_SLOTS) {
			command = accel_command_take(&h->pending[0]);
			if (!command)
				command = accel_command_take(&h->pending[1]);
			atomic_fetch_sub(&h->waiting_pending, 1);
		}
		tern_lock_release(&h->lock);
		if (!command)
			break;
		publish(i, command);
		any = true;
	}
	return any;
}

void accel_packets_finish(void)
{
	for (unsigned i = 0; i < ACCEL_SLOTS; i++) {
		struct slot *slot = &accel_half.slots[i];
		if (slot->printf)
			tern_heap_free(TERN_HEAP_SHARED, slot->printf,
				       sizeof(*slot->printf) +
					       accel_half.device->caps.printf_bytes);
		slot->printf = NULL;
	}
}
