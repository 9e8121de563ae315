/* SPDX-License-Identifier: MIT */
kernel void first(global uint *a, global uint *b, global uint *c, global uint *d, uint count)
{
	size_t i = get_global_id(0);

	b[i] = a[i] * 3 + 1;
}

kernel void second(global uint *a, global uint *b, global uint *c, global uint *d, uint count)
{
	size_t i = get_global_id(0);

	c[i] = b[i] ^ a[i + 1 < count ? i + 1 : i];
}

kernel void third(global uint *a, global uint *b, global uint *c, global uint *d, uint count)
{
	size_t i = get_global_id(0);

	d[i] += b[i] + (c[i] >> 1);
}

kernel void scan(global uint *a)
{
	size_t i = get_global_id(0);

	a[i] += (uint)i;
}

kernel void update(global volatile uint *b, uint count, uint seed)
{
	uint h = (uint)get_global_id(0) + seed;

	h = (h ^ h >> 16) * 0x21f0aaadu;
	h = (h ^ h >> 15) * 0x735a2d97u;
	h ^= h >> 15;
	atomic_add(&b[h % count], h);
}

kernel void pick(global const uint *a, global uint *b, uint stride)
{
	size_t i = get_global_id(0);

	b[i] += a[i * stride];
}
