/* SPDX-License-Identifier: MIT */
/* A pass of Stockham's transform over the whole: half_size is that of the parts done so far. */
float2 times(float2 a, float2 b)
{
	return (float2)(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

kernel void fft_radix2(global const float2 *in, global float2 *out, const int half_size)
{
	const int me = get_global_id(0), items = get_global_size(0);
	const int k = me & (half_size - 1);
	const float angle = -3.14159265f * k / half_size;
	const float2 a = in[me];
	const float2 b = times(in[me + items], (float2)(cos(angle), sin(angle)));
	const int to = ((me - k) << 1) + k;

	out[to] = a + b;
	out[to + half_size] = a - b;
}
