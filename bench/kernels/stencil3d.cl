/* SPDX-License-Identifier: MIT */
/* Seven points in a box; its sides stay as they are. */
kernel void stencil3d(global const float *in, global float *out, const float middle,
		      const float around)
{
	const int x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
	const int width = get_global_size(0), height = get_global_size(1), depth = get_global_size(2);
	const int at = (z * height + y) * width + x;

	if (x > 0 && y > 0 && z > 0 && x < width - 1 && y < height - 1 && z < depth - 1)
		out[at] = middle * in[at] +
			  around * (in[at - 1] + in[at + 1] + in[at - width] + in[at + width] +
				    in[at - width * height] + in[at + width * height]);
	else
		out[at] = in[at];
}
