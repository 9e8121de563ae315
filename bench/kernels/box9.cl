/* SPDX-License-Identifier: MIT */
/* The mean of nine points, from a tile with a rim of one in local memory. */
#define TILE 16

kernel void box9(global const float *in, global float *out, const int width, const int height)
{
	local float tile[TILE + 2][TILE + 2];
	const int lx = get_local_id(0), ly = get_local_id(1);
	const int x0 = get_group_id(0) * TILE - 1, y0 = get_group_id(1) * TILE - 1;

	for (int i = ly * TILE + lx; i < (TILE + 2) * (TILE + 2); i += TILE * TILE) {
		const int x = clamp(x0 + i % (TILE + 2), 0, width - 1);
		const int y = clamp(y0 + i / (TILE + 2), 0, height - 1);

		tile[i / (TILE + 2)][i % (TILE + 2)] = in[y * width + x];
	}
	barrier(CLK_LOCAL_MEM_FENCE);

	float sum = 0.0f;

	for (int dy = 0; dy < 3; dy++)
		for (int dx = 0; dx < 3; dx++)
			sum += tile[ly + dy][lx + dx];
	out[get_global_id(1) * width + get_global_id(0)] = sum / 9.0f;
}
