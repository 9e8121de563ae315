/* SPDX-License-Identifier: MIT */
/* What commands are expected to take. Times of kernels are kept in a small lossy table. */
#include "vendors/accel/commands.h"

#define COPY_BYTES_PER_NS 4 /* a low guess: it only tells short from long */
#define CALL_NS           100
#define UNKNOWN           UINT64_MAX

static struct estimate *place(tern_group_fn *function)
{
	uint64_t hash = (uint64_t)(uintptr_t)function * 0x9e3779b97f4a7c15u;
	return &accel_half.estimates[hash >> 56];
}

uint64_t accel_estimate_get(tern_group_fn *function)
{
	struct estimate *e = place(function);
	uint64_t ps = atomic_load_explicit(&e->item_ps, memory_order_relaxed);
	return atomic_load_explicit(&e->function, memory_order_relaxed) == function ? ps : 0;
}

void accel_estimate_put(tern_group_fn *function, uint64_t items, uint64_t ns)
{
	if (!items || ns > UINT64_MAX / 1024)
		return;
	struct estimate *e = place(function);
	uint64_t ps = ns * 1000 / items, old = accel_estimate_get(function);
	if (old)
		ps = (old * 3 + ps) / 4;
	atomic_store_explicit(&e->function, function, memory_order_relaxed);
	atomic_store_explicit(&e->item_ps, ps ? ps : 1, memory_order_relaxed);
}

uint64_t accel_ndrange_items(const struct tern_ndrange *n)
{
	uint64_t items = 1;
	for (unsigned d = 0; d < 3; d++)
		if (__builtin_mul_overflow(items, (uint64_t)n->global[d], &items))
			return 0;
	return items;
}

uint64_t accel_ndrange_groups(const struct tern_ndrange *n, uint64_t each[3])
{
	uint64_t groups = 1;
	bool overflow = false;
	for (unsigned d = 0; d < 3; d++) {
		each[d] = n->global[d] / n->local[d] + !!(n->global[d] % n->local[d]);
		overflow |= __builtin_mul_overflow(groups, each[d], &groups);
	}
	if (!each[0] || !each[1] || !each[2])
		return 0;
	return overflow ? UINT64_MAX : groups;
}

size_t accel_copy_bytes(const struct tern_copy *copy)
{
	size_t bytes;
	if (__builtin_mul_overflow(copy->region[0], copy->region[1], &bytes) ||
	    __builtin_mul_overflow(bytes, copy->region[2], &bytes))
		return SIZE_MAX;
	return bytes;
}

static uint64_t expect_kernel(const struct tern_ndrange *n)
{
	uint64_t ps = accel_estimate_get(n->function), items = accel_ndrange_items(n);
	if (!ps || !items || __builtin_mul_overflow(ps, items, &ps))
		return UNKNOWN;
	return ps / 1000;
}

uint64_t accel_expect(struct tern_device *device, const struct tern_command *command)
{
	(void)device;
	switch (command->work) {
	case TERN_WORK_COPY:
		return accel_copy_bytes(&command->copy) / COPY_BYTES_PER_NS;
	case TERN_WORK_FILL:
		return command->fill.bytes / COPY_BYTES_PER_NS;
	case TERN_WORK_NDRANGE:
		return expect_kernel(&command->ndrange);
	case TERN_WORK_CALL:
		return command->call.user_code ? UNKNOWN : CALL_NS;
	case TERN_WORK_NONE:
		return 0;
	default:
		return UNKNOWN;
	}
}
