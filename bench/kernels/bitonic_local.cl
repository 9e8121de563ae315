/* SPDX-License-Identifier: MIT */
/* Each work-group sorts two keys for each work-item in local memory. */
kernel void bitonic_local(global const uint *in, global uint *out, local uint *keys)
{
	const uint me = get_local_id(0), half_size = get_local_size(0);
	const uint base = get_group_id(0) * 2 * half_size;

	keys[me] = in[base + me];
	keys[me + half_size] = in[base + me + half_size];
	for (uint size = 2; size <= 2 * half_size; size *= 2)
		for (uint apart = size / 2; apart > 0; apart /= 2) {
			const uint low = 2 * me - (me & (apart - 1)), high = low + apart;
			const bool up = (low & size) == 0;

			barrier(CLK_LOCAL_MEM_FENCE);
			const uint a = keys[low], b = keys[high];

			if ((a > b) == up) {
				keys[low] = b;
				keys[high] = a;
			}
		}
	barrier(CLK_LOCAL_MEM_FENCE);
	out[base + me] = keys[me];
	out[base + me + half_size] = keys[me + half_size];
}
