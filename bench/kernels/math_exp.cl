/* SPDX-License-Identifier: MIT */
kernel void math_exp(global const float *in, global float *out)
{
	const int at = get_global_id(0);
	const float x = in[at];

	out[at] = exp(x) + exp2(-x) + log(x + 1.5f) + log2(x + 2.5f) + tanh(x);
}
