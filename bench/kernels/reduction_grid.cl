/* SPDX-License-Identifier: MIT */
/* Each work-item sums every so manyth number; then a tree in local memory, its end unrolled. */
kernel void reduction_grid(global const float *in, global float *sums, local float *part,
			   const int count)
{
	const int me = get_local_id(0);
	float sum = 0.0f;

	for (int i = get_global_id(0); i < count; i += get_global_size(0))
		sum += in[i];
	part[me] = sum;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int half_size = get_local_size(0) >> 1; half_size > 4; half_size >>= 1) {
		if (me < half_size)
			part[me] += part[me + half_size];
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	if (me == 0)
		sums[get_group_id(0)] = part[0] + part[1] + part[2] + part[3] + part[4] + part[5] +
					part[6] + part[7];
}
