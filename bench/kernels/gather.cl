/* SPDX-License-Identifier: MIT */
kernel void gather(global const float *in, global const int *index, global float *out)
{
	const int at = get_global_id(0);

	out[at] = in[index[at]];
}
