/* SPDX-License-Identifier: MIT */
/* What commands are expected to take. Times of kernels are kept in a small lossy table. */
#include "vendors/cpu/internal.h"

#define TRY_AGAIN         32 /* of so many jobs of a contended kernel, one is run by all */
#define PROBE_AGAIN       8  /* of so many jobs with atomics, one begins with one thread */
#define COPY_BYTES_PER_NS 8  /* a low guess: it only tells short from long */

static struct estimate *slot(struct root *root, tern_group_fn *function)
{
	uint64_t hash = (uint64_t)(uintptr_t)function * 0x9e3779b97f4a7c15u;
	return &root->estimates[hash >> 56];
}

uint64_t estimate_get(struct root *root, tern_group_fn *function)
{
	struct estimate *e = slot(root, function);
	uint64_t ps = atomic_load_explicit(&e->item_ps, memory_order_relaxed);
	return atomic_load_explicit(&e->function, memory_order_relaxed) == function ? ps : 0;
}

void estimate_put(struct root *root, tern_group_fn *function, uint64_t items, uint64_t ns)
{
	if (!items || ns > UINT64_MAX / 1024)
		return;
	struct estimate *e = slot(root, function);
	uint64_t ps = ns * 1000 / items, old = estimate_get(root, function);
	if (old)
		ps = (old * 3 + ps) / 4;
	atomic_store_explicit(&e->function, function, memory_order_relaxed);
	atomic_store_explicit(&e->item_ps, ps ? ps : 1, memory_order_relaxed);
}

static void average(_Atomic uint64_t *into, uint64_t ps)
{
	uint64_t old = atomic_load_explicit(into, memory_order_relaxed);
	ps = old ? (old * 3 + ps) / 4 : ps;
	atomic_store_explicit(into, ps ? ps : 1, memory_order_relaxed);
}

void estimate_put_users(struct root *root, tern_group_fn *function, uint64_t items, uint64_t ns,
			unsigned users)
{
	struct estimate *e = slot(root, function);
	if (!items || ns > UINT64_MAX / 1024)
		return;
	if (atomic_load_explicit(&e->function, memory_order_relaxed) != function) {
		atomic_store_explicit(&e->alone_ps, 0, memory_order_relaxed);
		atomic_store_explicit(&e->beside_ps, 0, memory_order_relaxed);
	}
	estimate_put(root, function, items, ns);
	if (users == 1)
		average(&e->alone_ps, ns * 1000 / items);
	else
		average(&e->beside_ps, ns * 1000 / items / users);
}

bool estimate_contended(struct root *root, tern_group_fn *function)
{
	struct estimate *e = slot(root, function);
	if (atomic_load_explicit(&e->function, memory_order_relaxed) != function)
		return false;
	uint64_t alone = atomic_load_explicit(&e->alone_ps, memory_order_relaxed);
	uint64_t beside = atomic_load_explicit(&e->beside_ps, memory_order_relaxed);
	uint32_t jobs = atomic_load_explicit(&e->jobs, memory_order_relaxed);
	return alone && beside > alone + alone / 4 && jobs % TRY_AGAIN;
}

bool estimate_probe(struct root *root, tern_group_fn *function)
{
	struct estimate *e = slot(root, function);
	return atomic_fetch_add_explicit(&e->jobs, 1, memory_order_relaxed) % PROBE_AGAIN == 0;
}

bool command_has_atomics(const struct tern_command *command)
{
	return command->work == TERN_WORK_NDRANGE &&
	       (command->ndrange.info->flags & TERN_KERNEL_ATOMICS);
}

size_t copy_bytes(const struct tern_copy *copy)
{
	size_t bytes;
	if (__builtin_mul_overflow(copy->region[0], copy->region[1], &bytes) ||
	    __builtin_mul_overflow(bytes, copy->region[2], &bytes))
		return SIZE_MAX;
	return bytes;
}

enum ring_kind command_ring(const struct tern_command *command)
{
	if (command->work == TERN_WORK_NATIVE ||
	    (command->work == TERN_WORK_CALL && command->call.user_code) ||
	    (command->work == TERN_WORK_NDRANGE &&
	     command->ndrange.info->stack_bytes > FOREIGN_STACK))
		return RING_WORKERS;
	bool high = command->event.queue->priority == CL_QUEUE_PRIORITY_HIGH_KHR;
	return high ? RING_HIGH : RING_NORMAL;
}

/* Nanoseconds; UNKNOWN when there is no telling. */
#define UNKNOWN UINT64_MAX
#define CALL_NS 100

static uint64_t expect_kernel(struct root *root, const struct tern_ndrange *n)
{
	uint64_t ps = estimate_get(root, n->function);
	if (!ps)
		return UNKNOWN;
	for (unsigned d = 0; d < 3; d++)
		if (__builtin_mul_overflow(ps, n->global[d], &ps))
			return UNKNOWN;
	return ps / 1000;
}

uint64_t command_expect(struct root *root, const struct tern_command *command)
{
	switch (command->work) {
	case TERN_WORK_COPY:
		return copy_bytes(&command->copy) / COPY_BYTES_PER_NS;
	case TERN_WORK_FILL:
		return command->fill.bytes / COPY_BYTES_PER_NS;
	case TERN_WORK_NDRANGE:
		return expect_kernel(root, &command->ndrange);
	case TERN_WORK_CALL:
		return command->call.user_code ? UNKNOWN : CALL_NS;
	case TERN_WORK_NONE:
		return 0;
	default:
		return UNKNOWN;
	}
}

/* A thread that waits must not take up a command that may itself wait for this thread, unless the
 * queue's order makes it wait for that one anyway. Kernels can wait only by atomics. */
uint64_t command_tag(struct root *root, const struct tern_command *command)
{
	const struct tern_queue *queue = command->event.queue;
	bool in_order = !(queue->properties & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE);
	bool waits = command_has_atomics(command);
	uint64_t tag = in_order || !waits ? (uintptr_t)queue : 0;
	if (command_expect(root, command) < SHORT_NS)
		tag |= waits ? TAG_SHORT : TAG_SHORT | TAG_ANYBODY;
	return tag;
}
