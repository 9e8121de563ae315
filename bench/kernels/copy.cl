/* SPDX-License-Identifier: MIT */
kernel void copy(global const float *in, global float *out)
{
	const size_t at = get_global_id(0);

	out[at] = in[at];
}
