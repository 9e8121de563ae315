/* SPDX-License-Identifier: MIT */
kernel void math_root(global const float *in, global float *out)
{
	const int at = get_global_id(0);
	const float x = in[at];

	out[at] = sqrt(x) + rsqrt(x + 1.0f) + cbrt(x) + hypot(x, 3.0f) + fmod(x, 0.7f);
}
