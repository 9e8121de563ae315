/* SPDX-License-Identifier: MIT */
/* How often each digit of four bits is in a work-group's part of the keys. */
kernel void radix_count(global const uint *keys, global uint *counts, const uint shift,
			const uint each)
{
	local uint mine[16];
	const uint me = get_local_id(0), size = get_local_size(0), group = get_group_id(0);

	if (me < 16)
		mine[me] = 0;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (uint i = 0; i < each; i++)
		atomic_inc(&mine[(keys[(group * each + i) * size + me] >> shift) & 15]);
	barrier(CLK_LOCAL_MEM_FENCE);
	if (me < 16)
		counts[me * get_num_groups(0) + group] = mine[me];
}
