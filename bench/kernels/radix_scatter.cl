/* SPDX-License-Identifier: MIT */
/* Each work-item puts its run of keys where the digits' offsets say. */
kernel void radix_scatter(global const uint *keys, global uint *out, global const uint *offsets,
			  const uint shift, const uint each)
{
	const uint me = get_global_id(0), items = get_global_size(0);
	uint next[16];

	for (uint digit = 0; digit < 16; digit++)
		next[digit] = offsets[digit * items + me];
	for (uint i = 0; i < each; i++) {
		const uint key = keys[me * each + i];

		out[next[(key >> shift) & 15]++] = key;
	}
}
