/* SPDX-License-Identifier: MIT */
/* Four numbers for each work-item; the sum by halves. */
kernel void reduction_float4(global const float4 *in, global float *sums, local float4 *part)
{
	const int me = get_local_id(0);
	const int first = get_group_id(0) * get_local_size(0) * 2 + me;

	part[me] = in[first] + in[first + get_local_size(0)];
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int half_size = get_local_size(0) / 2; half_size > 0; half_size /= 2) {
		if (me < half_size)
			part[me] += part[me + half_size];
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	if (me == 0)
		sums[get_group_id(0)] = dot(part[0], (float4)(1.0f));
}
