/* SPDX-License-Identifier: MIT */
/* One sum for each work-group, by halves in local memory. */
kernel void reduction(global const float *in, global float *sums, local float *part)
{
	const int me = get_local_id(0);

	part[me] = in[get_global_id(0)];
	for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (me < half_size)
			part[me] += part[me + half_size];
	}
	if (me == 0)
		sums[get_group_id(0)] = part[0];
}
