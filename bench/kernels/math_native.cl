/* SPDX-License-Identifier: MIT */
kernel void math_native(global const float *in, global float *out)
{
	const int at = get_global_id(0);
	const float x = in[at];

	out[at] = native_sin(x) * native_exp(-x) + native_sqrt(x) + native_log(x + 1.0f) +
		  native_divide(x, x + 2.0f);
}
