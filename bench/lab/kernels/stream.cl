/* SPDX-License-Identifier: MIT */
kernel void stream(global uint *y, global const uint *x, uint a)
{
	size_t i = get_global_id(0);

	y[i] += a * x[i];
}
