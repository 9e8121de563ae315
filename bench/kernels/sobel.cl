/* SPDX-License-Identifier: MIT */
/* How steep a picture of bytes is. */
kernel void sobel(global const uchar *in, global uchar *out, const int width, const int height)
{
	const int x = get_global_id(0), y = get_global_id(1);

	if (x < 1 || y < 1 || x >= width - 1 || y >= height - 1) {
		out[y * width + x] = 0;
		return;
	}
	global const uchar *above = in + (y - 1) * width + x, *here = above + width,
			   *below = here + width;
	const int gx = above[1] + 2 * here[1] + below[1] - above[-1] - 2 * here[-1] - below[-1];
	const int gy = below[-1] + 2 * below[0] + below[1] - above[-1] - 2 * above[0] - above[1];

	out[y * width + x] = convert_uchar_sat(sqrt((float)(gx * gx + gy * gy)));
}
