/* SPDX-License-Identifier: MIT */
/* The other half: four channels at once. */
kernel void blur_columns(global const float4 *in, global float4 *out, constant float *weights,
			 const int radius, const int height)
{
	const int x = get_global_id(0), y = get_global_id(1), width = get_global_size(0);
	float4 sum = (float4)(0.0f);

	for (int i = -radius; i <= radius; i++)
		sum += weights[i + radius] * in[clamp(y + i, 0, height - 1) * width + x];
	out[y * width + x] = sum;
}
