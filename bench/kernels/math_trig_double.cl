/* SPDX-License-Identifier: MIT */
#pragma OPENCL EXTENSION cl_khr_fp64 : enable

kernel void math_trig_double(global const double *in, global double *out)
{
	const int at = get_global_id(0);
	const double x = in[at];

	out[at] = sin(x) + cos(2.0 * x) + atan(x) + erf(x);
}
