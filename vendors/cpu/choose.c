/* SPDX-License-Identifier: MIT */
/*
 * The work-group size when the program gives none. A group is what one thread executes, vectorised
 * along x: it should fill the vector's lanes and be long enough to pay for its call, and there
 * should be several groups for each unit. Sizes that divide the global size are preferred, so that
 * all groups are equal; along x, where no fitting divisor fills the lanes, the last group is
 * smaller.
 */
#include "vendors/cpu/internal.h"

#define GROUP_ITEMS    1024 /* of one group, when there is enough work */
#define GROUPS_OF_UNIT 4
#define MERGED_VECTORS 4  /* that merged groups have in x */
#define MERGED_OF_UNIT 16 /* of them for each unit, at least */

/* The largest divisor of @n that is at most @most; at least 1. */
static size_t divisor(size_t n, size_t most)
{
	for (size_t d = tern_min(n, most); d > 1; d--)
		if (n % d == 0)
			return d;
	return 1;
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

void cpu_choose_local(struct tern_device *device, const struct tern_kernel_info *kernel,
		      unsigned dim, const size_t global[3], size_t local[3])
{
	if (kernel->required_size[0]) {
		for (unsigned d = 0; d < 3; d++)
			local[d] = kernel->required_size[d];
		return;
	}
	size_t want = items_wanted(device, kernel, global), lanes = tern_max(kernel->lanes, 1u);
	const size_t *most = device->caps.max_item_sizes;
	local[0] = local[1] = local[2] = 1;
	size_t x = tern_min(want, most[0]);
	local[0] = divisor(global[0], x);
	/* Filling the lanes counts more than being as large as wanted. */
	if (local[0] % lanes != 0)
		for (size_t d = x / lanes * lanes; d; d -= lanes)
			if (global[0] % d == 0) {
				local[0] = d;
				break;
			}
	if (local[0] < lanes && global[0] > lanes)
		local[0] = tern_max(x / lanes * lanes, tern_min(lanes, x));
	if (!local[0])
		local[0] = 1;
	for (unsigned d = 1; d < dim && d < 3; d++) {
		want = tern_max(want / local[d - 1], (size_t)1);
		local[d] = global[d] ? divisor(global[d], tern_min(want, most[d])) : 1;
	}
}

/*
 * Whole vectors and whole cache lines in x: groups of 1 by 64 leave all lanes of a vector but one
 * idle, those of 16 by 16 bytes take a quarter of each line (but where work-items beside each other
 * go to different lines, vectors only: more of them need more lines at once). In y they grow to
 * the rows of a chunk, no more, since the program may have chosen them so that they find data in
 * the cache.
 */
void cpu_merge_groups(const struct domain *domain, struct tern_ndrange *range)
{
	const struct tern_kernel_info *k = range->info;
	const struct tern_device_caps *caps = &domain->root->device->caps;
	size_t x = range->local[0], y = range->local[1], z = range->local[2], groups = 1;
	if (!(k->flags & TERN_KERNEL_ANY_GROUPS) || !(k->flags & TERN_KERNEL_WIDENED))
		return;
	size_t most = tern_min(caps->max_group_size, (size_t)k->max_group_size);
	size_t wide = k->flags & TERN_KERNEL_CONTIGUOUS ? k->lanes * MERGED_VECTORS : k->lanes;
	for (unsigned d = 0; d < 3; d++)
		if (__builtin_mul_overflow(groups, range->global[d] / range->local[d], &groups))
			groups = SIZE_MAX;
	groups /= (size_t)domain->count * MERGED_OF_UNIT;
	for (; 2 * y <= k->rows && y < range->global[1] && 2 * x * y * z <= most && groups > 1;
	     groups /= 2)
		y *= 2;
	for (; 2 * x <= wide && x < range->global[0] && 2 * x * y * z <= most && groups > 1;
	     groups /= 2)
		x *= 2;
	range->local[0] = x;
	range->local[1] = y;
}
