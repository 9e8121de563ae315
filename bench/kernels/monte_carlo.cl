/* SPDX-License-Identifier: MIT */
/* The mean pay-off of an option over random paths, each one normal step by Box and Muller. */
uint step_random(uint *state)
{
	uint x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return *state = x;
}

kernel void monte_carlo(global const uint *seeds, global float *mean, const int paths,
			const float strike, const float drift, const float spread)
{
	const int me = get_global_id(0);
	uint state = seeds[me] | 1;
	float sum = 0.0f;

	for (int path = 0; path < paths; path++) {
		const float u = ((step_random(&state) >> 8) + 1) * (1.0f / 16777216.0f);
		const float v = (step_random(&state) >> 8) * (1.0f / 16777216.0f);
		const float normal = sqrt(-2.0f * log(u)) * cos(6.2831853f * v);

		sum += fmax(exp(drift + spread * normal) - strike, 0.0f);
	}
	mean[me] = sum / paths;
}
