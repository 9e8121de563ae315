/* SPDX-License-Identifier: MIT */
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

kernel void matmul_double(global const double *a, global const double *b, global double *c,
			  const int n)
{
	const int x = get_global_id(0), y = get_global_id(1);
	double sum = 0.0;

	for (int k = 0; k < n; k++)
		sum += a[y * n + k] * b[k * n + x];
	c[y * n + x] = sum;
}
