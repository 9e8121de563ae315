/* SPDX-License-Identifier: MIT */
/* A row of the sparse matrix for each work-item. */
kernel void spmv_csr(global const int *start, global const int *column, global const float *value,
		     global const float *x, global float *y)
{
	const int row = get_global_id(0);
	float sum = 0.0f;

	for (int i = start[row]; i < start[row + 1]; i++)
		sum += value[i] * x[column[i]];
	y[row] = sum;
}
