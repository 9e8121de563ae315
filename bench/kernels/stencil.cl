/* SPDX-License-Identifier: MIT */
/* Five points; the rim stays as it is. */
kernel void stencil(global const float *in, global float *out, const int width, const int height)
{
	const int x = get_global_id(0), y = get_global_id(1), at = y * width + x;

	if (x == 0 || y == 0 || x == width - 1 || y == height - 1) {
		out[at] = in[at];
		return;
	}
	out[at] = 0.6f * in[at] + 0.1f * (in[at - 1] + in[at + 1] + in[at - width] + in[at + width]);
}
