/* SPDX-License-Identifier: MIT */
kernel void transpose(global const float *in, global float *out, const int width, const int height)
{
	const int x = get_global_id(0), y = get_global_id(1);

	out[x * height + y] = in[y * width + x];
}
