/* SPDX-License-Identifier: MIT */
/* Through local memory, so that both sides are read and written along rows. */
#define TILE 16

kernel void transpose_tiled(global const float *in, global float *out, const int width,
			    const int height)
{
	local float tile[TILE][TILE + 1];
	const int lx = get_local_id(0), ly = get_local_id(1);
	int x = get_group_id(0) * TILE + lx, y = get_group_id(1) * TILE + ly;

	tile[ly][lx] = in[y * width + x];
	barrier(CLK_LOCAL_MEM_FENCE);
	x = get_group_id(1) * TILE + lx;
	y = get_group_id(0) * TILE + ly;
	out[y * height + x] = tile[lx][ly];
}
