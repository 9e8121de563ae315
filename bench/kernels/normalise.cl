/* SPDX-License-Identifier: MIT */
kernel void normalise(global const float4 *in, global float4 *out)
{
	const size_t at = get_global_id(0);
	const float4 v = in[at];

	out[at] = v * rsqrt(dot(v, v));
}
