/* SPDX-License-Identifier: MIT */
/* A group of 16 by 16 makes a tile of 64 by 64: each work-item 4 by 4 of it, kept in registers. */
#define GROUP 16
#define EACH  4
#define TILE  (GROUP * EACH)
#define STEP  16

kernel __attribute__((reqd_work_group_size(GROUP, GROUP, 1))) void
matmul_blocked(global const float *a, global const float *b, global float *c, const int n)
{
	local float left[STEP][TILE], right[STEP][TILE];
	const int lx = get_local_id(0), ly = get_local_id(1), me = ly * GROUP + lx;
	const int x0 = get_group_id(0) * TILE, y0 = get_group_id(1) * TILE;
	float sum[EACH][EACH] = {{0.0f}};

	for (int start = 0; start < n; start += STEP) {
		for (int i = me; i < TILE * STEP; i += GROUP * GROUP) {
			left[i % STEP][i / STEP] = a[(y0 + i / STEP) * n + start + i % STEP];
			right[i / TILE][i % TILE] = b[(start + i / TILE) * n + x0 + i % TILE];
		}
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int k = 0; k < STEP; k++) {
			float l[EACH], r[EACH];

			for (int i = 0; i < EACH; i++) {
				l[i] = left[k][ly + i * GROUP];
				r[i] = right[k][lx + i * GROUP];
			}
			for (int y = 0; y < EACH; y++)
				for (int x = 0; x < EACH; x++)
					sum[y][x] += l[y] * r[x];
		}
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	for (int y = 0; y < EACH; y++)
		for (int x = 0; x < EACH; x++)
			c[(y0 + ly + y * GROUP) * n + x0 + lx + x * GROUP] = sum[y][x];
}
