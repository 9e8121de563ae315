/* SPDX-License-Identifier: MIT */
/* Smooths, but not over edges: neighbours count less the more they differ. */
kernel void bilateral(global const float *in, global float *out, const int width, const int height,
		      const int radius, const float nearness, const float likeness)
{
	const int px = get_global_id(0), py = get_global_id(1);
	const float here = in[py * width + px];
	float sum = 0.0f, weights = 0.0f;

	for (int dy = -radius; dy <= radius; dy++)
		for (int dx = -radius; dx <= radius; dx++) {
			const int x = clamp(px + dx, 0, width - 1), y = clamp(py + dy, 0, height - 1);
			const float value = in[y * width + x], step = value - here;
			const float weight = exp(-(dx * dx + dy * dy) * nearness - step * step * likeness);

			sum += weight * value;
			weights += weight;
		}
	out[py * width + px] = sum / weights;
}
