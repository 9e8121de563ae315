/* SPDX-License-Identifier: MIT */
kernel void math_trig(global const float *in, global float *out)
{
	const int at = get_global_id(0);
	const float x = in[at];
	float cosine;
	const float sine = sincos(3.0f * x, &cosine);

	out[at] = sin(x) + cos(2.0f * x) + sine * cosine + atan2(x, cosine + 2.0f) + acos(0.1f * x);
}
