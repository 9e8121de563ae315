/* SPDX-License-Identifier: MIT */
/* Counts of the low bytes: in local memory first, then added to the whole. */
kernel void histogram(global const uint *in, global uint *counts, const uint total)
{
	local uint mine[256];
	const uint me = get_local_id(0), size = get_local_size(0);

	for (uint i = me; i < 256; i += size)
		mine[i] = 0;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (uint i = get_global_id(0); i < total; i += get_global_size(0))
		atomic_inc(&mine[in[i] & 255]);
	barrier(CLK_LOCAL_MEM_FENCE);
	for (uint i = me; i < 256; i += size)
		atomic_add(&counts[i], mine[i]);
}
