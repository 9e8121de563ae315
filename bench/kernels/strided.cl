/* SPDX-License-Identifier: MIT */
/* One field of each record. */
kernel void strided(global const float *records, global float *field, const int stride,
		    const int offset)
{
	const int at = get_global_id(0);

	field[at] = records[at * stride + offset];
}
