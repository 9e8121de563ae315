/* SPDX-License-Identifier: MIT */
/* How many numbers are above the limit: one counter for each work-group. */
kernel void count(global const float *in, global uint *counts, const float limit)
{
	local uint found;

	if (get_local_id(0) == 0)
		found = 0;
	barrier(CLK_LOCAL_MEM_FENCE);
	if (in[get_global_id(0)] > limit)
		atomic_inc(&found);
	barrier(CLK_LOCAL_MEM_FENCE);
	if (get_local_id(0) == 0)
		counts[get_group_id(0)] = found;
}
