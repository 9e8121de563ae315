/* SPDX-License-Identifier: MIT */
kernel void triad(global float *a, global const float *b, global const float *c, const float scale)
{
	const int at = get_global_id(0);

	a[at] = b[at] + scale * c[at];
}
