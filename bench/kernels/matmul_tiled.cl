/* SPDX-License-Identifier: MIT */
/* Work-groups of 16 by 16 load tiles of both matrices into local memory. */
#define SIDE 16

kernel __attribute__((reqd_work_group_size(SIDE, SIDE, 1))) void
matmul_tiled(global const float *a, global const float *b, global float *c, const int n)
{
	local float left[SIDE][SIDE], right[SIDE][SIDE];
	const int lx = get_local_id(0), ly = get_local_id(1);
	const int x = get_global_id(0), y = get_global_id(1);
	float sum = 0.0f;

	for (int start = 0; start < n; start += SIDE) {
		left[ly][lx] = a[y * n + start + lx];
		right[ly][lx] = b[(start + ly) * n + x];
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int k = 0; k < SIDE; k++)
			sum += left[ly][k] * right[k][lx];
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	c[y * n + x] = sum;
}
