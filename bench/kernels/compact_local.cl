/* SPDX-License-Identifier: MIT */
/* As compact, with one place in the result for a work-group at a time. */
kernel void compact_local(global const uint *in, global uint *out, global uint *kept,
			  const uint limit)
{
	local uint found, start;
	const uint value = in[get_global_id(0)];
	uint place = 0;

	if (get_local_id(0) == 0)
		found = 0;
	barrier(CLK_LOCAL_MEM_FENCE);
	if (value < limit)
		place = atomic_inc(&found);
	barrier(CLK_LOCAL_MEM_FENCE);
	if (get_local_id(0) == 0)
		start = atomic_add(kept, found);
	barrier(CLK_LOCAL_MEM_FENCE);
	if (value < limit)
		out[start + place] = value;
}
