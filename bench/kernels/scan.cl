/* SPDX-License-Identifier: MIT */
/* Inclusive, within each work-group: Hillis and Steele's, between two halves of local memory. */
kernel void scan(global const int *in, global int *out, local int *from, local int *to)
{
	const int me = get_local_id(0), size = get_local_size(0);

	from[me] = in[get_global_id(0)];
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int apart = 1; apart < size; apart *= 2) {
		if (me >= apart)
			to[me] = from[me] + from[me - apart];
		else
			to[me] = from[me];
		barrier(CLK_LOCAL_MEM_FENCE);
		local int *swap = from;

		from = to;
		to = swap;
	}
	out[get_global_id(0)] = from[me];
}
