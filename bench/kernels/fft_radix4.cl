/* SPDX-License-Identifier: MIT */
/* As fft_radix2, two passes in one. */
float2 times(float2 a, float2 b)
{
	return (float2)(a.x * b.x - a.y * b.y, a.x * b.y + a.y * b.x);
}

float2 turned(float2 a, float angle)
{
	float cosine;
	const float sine = sincos(angle, &cosine);

	return times(a, (float2)(cosine, sine));
}

kernel void fft_radix4(global const float2 *in, global float2 *out, const int quarter)
{
	const int me = get_global_id(0), items = get_global_size(0);
	const int k = me & (quarter - 1);
	const float angle = -1.57079633f * k / quarter;
	const float2 a = in[me], b = turned(in[me + items], angle);
	const float2 c = turned(in[me + 2 * items], 2.0f * angle);
	const float2 d = turned(in[me + 3 * items], 3.0f * angle);
	const float2 even = a + c, odd = a - c, both = b + d, way = b - d;
	const int to = ((me - k) << 2) + k;

	out[to] = even + both;
	out[to + quarter] = odd + (float2)(way.y, -way.x);
	out[to + 2 * quarter] = even - both;
	out[to + 3 * quarter] = odd - (float2)(way.y, -way.x);
}
