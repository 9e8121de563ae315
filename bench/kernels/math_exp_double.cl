/* SPDX-License-Identifier: MIT */
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

kernel void math_exp_double(global const double *in, global double *out)
{
	const int at = get_global_id(0);
	const double x = in[at];

	out[at] = exp(-x) + log(x + 1.5) + pow(x, 1.3) + sqrt(x);
}
