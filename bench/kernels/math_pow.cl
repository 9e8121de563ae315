/* SPDX-License-Identifier: MIT */
kernel void math_pow(global const float *base, global const float *exponent, global float *out)
{
	const int at = get_global_id(0);

	out[at] = pow(base[at], exponent[at]) + powr(base[at], 0.45f) + pown(base[at], 5);
}
