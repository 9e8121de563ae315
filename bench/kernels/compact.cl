/* SPDX-License-Identifier: MIT */
/* Keeps the numbers below the limit, in any order. */
kernel void compact(global const uint *in, global uint *out, global uint *kept, const uint limit)
{
	const uint value = in[get_global_id(0)];

	if (value < limit)
		out[atomic_inc(kept)] = value;
}
