/* SPDX-License-Identifier: MIT */
/* As many entries in each row, column by column; those too many are zero. */
kernel void spmv_ell(global const int *column, global const float *value, global const float *x,
		     global float *y, const int entries, const int rows)
{
	const int row = get_global_id(0);
	float sum = 0.0f;

	for (int i = 0; i < entries; i++) {
		const float factor = value[i * rows + row];

		if (factor != 0.0f)
			sum += factor * x[column[i * rows + row]];
	}
	y[row] = sum;
}
