/* SPDX-License-Identifier: MIT */
kernel void add(global uint *p)
{
	p[get_global_id(0)] += 1;
}

kernel void add_strided(global uint *p, uint stride)
{
	p[get_global_id(0) * stride] += 1;
}

/* One step over a grid; what is at the edge stays. */
kernel void stencil(global const uint *a, global uint *b, uint width, uint rows)
{
	uint i = get_global_id(0);
	uint x = i % width, y = i / width;

	if (x && x + 1 < width && y && y + 1 < rows)
		b[i] = 3 * a[i] + a[i - 1] + a[i + 1] + a[i - width] + a[i + width];
}
