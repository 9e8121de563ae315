/* SPDX-License-Identifier: MIT */
kernel void math(global const float *in, global float *out)
{
	const size_t at = get_global_id(0);
	const float x = in[at];

	out[at] = sin(x) * exp(-x * x) + pow(fabs(x) + 0.5f, 1.25f) + log(1.0f + fabs(x));
}
