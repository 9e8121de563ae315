/* SPDX-License-Identifier: MIT */
/* One turn of the game of life on a torus of bytes. */
kernel void life(global const uchar *in, global uchar *out)
{
	const int x = get_global_id(0), y = get_global_id(1);
	const int width = get_global_size(0), height = get_global_size(1);
	int around = 0;

	for (int dy = -1; dy <= 1; dy++)
		for (int dx = -1; dx <= 1; dx++)
			if (dx || dy)
				around += in[(y + dy + height) % height * width +
					     (x + dx + width) % width];
	out[y * width + x] = around == 3 || (around == 2 && in[y * width + x]);
}
