/* SPDX-License-Identifier: MIT */
/* The tree that neighbours begin: fewer and fewer work-items, ever further apart. */
kernel void reduction_modulo(global const float *in, global float *sums, local float *part)
{
	const uint me = get_local_id(0), size = get_local_size(0);

	part[me] = in[get_global_id(0)];
	barrier(CLK_LOCAL_MEM_FENCE);
	for (uint apart = 1; apart < size; apart *= 2) {
		if (me % (2 * apart) == 0)
			part[me] += part[me + apart];
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	if (me == 0)
		sums[get_group_id(0)] = part[0];
}
