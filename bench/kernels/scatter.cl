/* SPDX-License-Identifier: MIT */
kernel void scatter(global const float *in, global const int *index, global float *out)
{
	const int at = get_global_id(0);

	out[index[at]] = in[at];
}
