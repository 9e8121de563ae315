/* SPDX-License-Identifier: MIT */
kernel void grey(global const uchar4 *in, global uchar *out)
{
	const int at = get_global_id(0);
	const uchar4 pixel = in[at];

	out[at] = convert_uchar_sat_rte(0.299f * pixel.x + 0.587f * pixel.y + 0.114f * pixel.z);
}
