/* SPDX-License-Identifier: MIT */
/*
 * The work-group size when the program gives none. One unit executes a work-group, vectorised along
 * x, and units claim groups in chunks; so a group should fill the lanes, be large enough to be
 * worth its call, and leave each unit several. Sizes that divide the global size are preferred: all
 * groups are equal then.
 */
#include "vendors/accel/commands.h"

#define GROUP_ITEMS    1024 /* of one group, when there is enough work */
#define GROUPS_OF_UNIT 8

/* The largest divisor of @n that is at most @most and a multiple of @step; 0: none. */
static size_t divisor(size_t n, size_t most, size_t step)
{
	for (size_t d = tern_min(n, most) / step * step; d; d -= step)
		if (n % d == 0)
			return d;
	return 0;
}

static size_t items_wanted(const struct tern_device *device, const struct tern_kernel_info *kernel,
			   const size_t global[3])
{
	size_t all = 1, lanes = (size_t)tern_max(kernel->lanes, 1u) * tern_max(kernel->rows, 1u);
	for (unsigned d = 0; d < 3; d++)
		if (__builtin_mul_overflow(all, tern_max(global[d], (size_t)1), &all))
			all = SIZE_MAX;
	size_t want = all / ((size_t)device->caps.compute_units * GROUPS_OF_UNIT);
	want = tern_max(tern_min(want, (size_t)GROUP_ITEMS), lanes);
	size_t most = device->caps.max_group_size;
	if (kernel->max_group_size)
		most = tern_min(most, (size_t)kernel->max_group_size);
	return tern_max(tern_min(want, most), (size_t)1);
}

static size_t choose_x(size_t global, size_t most, size_t lanes)
{
	size_t x = most >= lanes ? divisor(global, most, lanes) : 0;
	if (x)
		return x;
	if (global > lanes && most >= lanes)
		return most / lanes * lanes; /* the last group is smaller */
	x = global ? divisor(global, most, 1) : 1;
	return x ? x : 1;
}

void accel_choose_local(struct tern_device *device, const struct tern_kernel_info *kernel,
			unsigned dim, const size_t global[3], size_t local[3])
{
	if (kernel->required_size[0]) {
		for (unsigned d = 0; d < 3; d++)
			local[d] = kernel->required_size[d];
		return;
	}
	const size_t *most = device->caps.max_item_sizes;
	size_t want = items_wanted(device, kernel, global);
	local[0] = choose_x(global[0], tern_min(want, most[0]), tern_max(kernel->lanes, 1u));
	local[1] = local[2] = 1;
	for (unsigned d = 1; d < dim && d < 3; d++) {
		want = tern_max(want / local[d - 1], (size_t)1);
		size_t n = global[d] ? divisor(global[d], tern_min(want, most[d]), 1) : 1;
		local[d] = n ? n : 1;
	}
}
