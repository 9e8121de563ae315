/* SPDX-License-Identifier: MIT */
/* One of the steps that sort the whole. */
kernel void bitonic_step(global uint *keys, const uint size, const uint apart)
{
	const uint at = get_global_id(0), partner = at ^ apart;

	if (partner > at) {
		const uint a = keys[at], b = keys[partner];
		const bool up = (at & size) == 0;

		if ((a > b) == up) {
			keys[at] = b;
			keys[partner] = a;
		}
	}
}
