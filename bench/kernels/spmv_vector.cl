/* SPDX-License-Identifier: MIT */
/* A row for 32 work-items, which add their parts in local memory. */
#define LANES 32

kernel void spmv_vector(global const int *start, global const int *column,
			global const float *value, global const float *x, global float *y,
			local float *part)
{
	const int me = get_local_id(0), lane = me % LANES;
	const int row = get_global_id(0) / LANES;
	float sum = 0.0f;

	for (int i = start[row] + lane; i < start[row + 1]; i += LANES)
		sum += value[i] * x[column[i]];
	part[me] = sum;
	for (int apart = LANES / 2; apart > 0; apart /= 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (lane < apart)
			part[me] += part[me + apart];
	}
	if (lane == 0)
		y[row] = part[me];
}
