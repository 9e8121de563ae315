/* SPDX-License-Identifier: MIT */
kernel void saxpy(const float a, global const float *restrict x, global float *restrict y)
{
	const size_t at = get_global_id(0);

	y[at] += a * x[at];
}
