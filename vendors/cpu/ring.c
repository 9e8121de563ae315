/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue of many producers and consumers: each cell has a turn number that says whose it
 * is. turn == position: free for the producer at that position; position + 1: filled, for the
 * consumer there. Positions only grow, so a consumer that has read a cell and then moves `head` on
 * knows that it read what it takes.
 */
#include "vendors/cpu/internal.h"

void ring_init(struct ring *ring)
{
	atomic_init(&ring->head, 0);
	atomic_init(&ring->tail, 0);
	atomic_init(&ring->spilled, 0);
	tern_lock_init(&ring->lock, TERN_LOCK_WORKERS);
	ring->spill_head = ring->spill_tail = NULL;
	for (uint64_t i = 0; i < RING_CELLS; i++)
		atomic_init(&ring->cells[i].turn, i);
}

static void spill(struct ring *ring, struct tern_command *command, uint64_t tag)
{
	command->backend_state[STATE_TAG] = tag;
	command->backend_state[STATE_NEXT] = 0;
	tern_lock_acquire(&ring->lock);
	if (ring->spill_head)
		ring->spill_tail->backend_state[STATE_NEXT] = (uintptr_t)command;
	else
		ring->spill_head = command;
	ring->spill_tail = command;
	atomic_fetch_add(&ring->spilled, 1);
	tern_lock_release(&ring->lock);
}

void ring_push(struct ring *ring, struct tern_command *command, uint64_t tag)
{
	if (tern_unlikely(atomic_load_explicit(&ring->spilled, memory_order_relaxed))) {
		spill(ring, command, tag); /* behind those that are there */
		return;
	}
	uint64_t at = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	for (;;) {
		struct cell *cell = &ring->cells[at % RING_CELLS];
		uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
		if (turn == at) {
			if (!atomic_compare_exchange_weak_explicit(&ring->tail, &at, at + 1,
								   memory_order_relaxed,
								   memory_order_relaxed))
				continue;
			atomic_store_explicit(&cell->tag, tag, memory_order_relaxed);
			atomic_store_explicit(&cell->command, command, memory_order_relaxed);
			atomic_store(&cell->turn, at + 1); /* before a look for sleepers */
			return;
		}
		if ((int64_t)(turn - at) < 0) {
			spill(ring, command, tag);
			return;
		}
		at = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	}
}

static struct tern_command *take_spilled(struct ring *ring, ring_accept *accept, const void *arg)
{
	if (tern_likely(!atomic_load_explicit(&ring->spilled, memory_order_relaxed)))
		return NULL;
	tern_lock_acquire(&ring->lock);
	struct tern_command *command = ring->spill_head;
	if (command && accept && !accept(command->backend_state[STATE_TAG], arg))
		command = NULL;
	if (command) {
		ring->spill_head =
			(struct tern_command *)(uintptr_t)command->backend_state[STATE_NEXT];
		atomic_fetch_sub(&ring->spilled, 1);
	}
	tern_lock_release(&ring->lock);
	return command;
}

struct tern_command *ring_take(struct ring *ring, ring_accept *accept, const void *arg)
{
	uint64_t at = atomic_load_explicit(&ring->head, memory_order_relaxed);
	for (;;) {
		struct cell *cell = &ring->cells[at % RING_CELLS];
		uint64_t turn = atomic_load_explicit(&cell->turn, memory_order_acquire);
		if ((int64_t)(turn - (at + 1)) < 0)
			return take_spilled(ring, accept, arg);
		if (turn != at + 1) {
			at = atomic_load_explicit(&ring->head, memory_order_relaxed);
			continue;
		}
		uint64_t tag = atomic_load_explicit(&cell->tag, memory_order_relaxed);
		struct tern_command *command =
			atomic_load_explicit(&cell->command, memory_order_relaxed);
		/* Of a cell that was taken meanwhile the tag may be another's: then either the
		 * exchange fails or, refused, nothing is done. */
		if (accept && !accept(tag, arg))
			return NULL;
		if (atomic_compare_exchange_weak_explicit(
			    &ring->head, &at, at + 1, memory_order_relaxed, memory_order_relaxed)) {
			atomic_store_explicit(&cell->turn, at + RING_CELLS, memory_order_release);
			return command;
		}
	}
}

bool ring_empty(struct ring *ring)
{
	uint64_t at = atomic_load(&ring->head);
	uint64_t turn = atomic_load(&ring->cells[at % RING_CELLS].turn);
	return (int64_t)(turn - (at + 1)) < 0 && !atomic_load(&ring->spilled);
}
