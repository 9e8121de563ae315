/* SPDX-License-Identifier: MIT */
/* A polynomial of degree 31, for four values at once. */
kernel void horner(global const float4 *in, global float4 *out, constant float *factors,
		   const int degree)
{
	const int at = get_global_id(0);
	const float4 x = in[at];
	float4 sum = factors[degree];

	for (int i = degree - 1; i >= 0; i--)
		sum = mad(sum, x, (float4)(factors[i]));
	out[at] = sum;
}
