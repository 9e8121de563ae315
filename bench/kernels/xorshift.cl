/* SPDX-License-Identifier: MIT */
/* Random numbers, some from each generator; those of all generators in turn. */
kernel void xorshift(global const uint4 *seeds, global uint *out, const int each)
{
	const int me = get_global_id(0), items = get_global_size(0);
	uint4 state = seeds[me];

	for (int i = 0; i < each; i++) {
		uint t = state.w;

		t ^= t << 11;
		t ^= t >> 8;
		state = (uint4)(t ^ state.x ^ state.x >> 19, state.xyz);
		out[i * items + me] = state.x;
	}
}
