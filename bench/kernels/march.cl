/* SPDX-License-Identifier: MIT */
/* Rays through a field of distances to balls on a grid; each ends where it hits or gets lost. */
float distance_to(float3 at)
{
	const float3 cell = at - 2.0f * floor(at * 0.5f) - 1.0f;

	return length(cell) - 0.5f;
}

kernel void march(global float *depth, const int width, const int height, const float far)
{
	const int px = get_global_id(0), py = get_global_id(1);
	const float3 way = normalize((float3)((px + 0.5f) / width - 0.5f,
					      (py + 0.5f) / height - 0.5f, 0.8f));
	float travelled = 0.0f;

	for (int step = 0; step < 100; step++) {
		const float left = distance_to(travelled * way);

		if (left < 0.001f)
			break;
		travelled += left;
		if (travelled > far) {
			travelled = -1.0f;
			break;
		}
	}
	depth[py * width + px] = travelled;
}
