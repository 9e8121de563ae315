/* SPDX-License-Identifier: MIT */
/* Half of a separable filter. Beyond the picture its rim goes on. */
kernel void blur_rows(global const float *in, global float *out, constant float *weights,
		      const int radius, const int width)
{
	const int x = get_global_id(0), y = get_global_id(1);
	float sum = 0.0f;

	for (int i = -radius; i <= radius; i++)
		sum += weights[i + radius] * in[y * width + clamp(x + i, 0, width - 1)];
	out[y * width + x] = sum;
}
