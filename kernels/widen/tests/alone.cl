/* SPDX-License-Identifier: MIT */
/* Work-items that walk along elements of their own: scalar, their loops vectorised. */

kernel void sums(global const int *in, global int *out, int n)
{
	int i = get_global_id(0) - get_global_offset(0), sum = n;
	for (int k = i * 37; k < i * 37 + 37; k++)
		sum += in[k];
	out[i] = sum;
}

kernel void uneven(global const int *in, global int *out, global const int *index)
{
	uint i = get_global_id(0) - get_global_offset(0), first = i * 20;
	uint end = first + (index[i] & 63);
	int all = -1, any = 0, odd = 0;
	for (uint k = first; k < end; k++) {
		all &= in[k] | 0xff;
		any |= in[k] >> 3;
		odd ^= in[k] + in[k + 1];
	}
	out[3 * i] = all;
	out[3 * i + 1] = any;
	out[3 * i + 2] = odd;
}

kernel void bytes(global const uchar *in, global uint *out, int n)
{
	size_t i = get_global_id(0) - get_global_offset(0);
	uint count = 0;
	for (uint k = 0; k < 100; k++)
		count += in[i * 100 + k] == 32 || in[i * 100 + k] > 200;
	out[i] = count;
}

/* What is written may be what is read next. */
kernel void shifted(global int *out, int n)
{
	size_t i = get_global_id(0) - get_global_offset(0);
	global int *mine = out + i * 64;
	for (int k = 3; k < 64; k++)
		mine[k] = mine[k - 3] + k;
}

kernel void copied(global const int *in, global int *out, int n)
{
	int i = get_global_id(0) - get_global_offset(0), end = i * 23 + 23 < 12000 ? i * 23 + 23 : 12000;
	for (int k = i * 23; k < end; k++)
		out[k] = out[k] * n + in[k];
}

kernel void xy(global const int *in, global int *out, int n)
{
	int x = get_global_id(0) - get_global_offset(0), y = get_global_id(1) - get_global_offset(1);
	int w = get_global_size(0), sum = 0;
	global const int *row = in + (y * w + x) * 20;
	for (int k = 0; k < 60; k++)
		sum += row[k] * 3;
	out[y * w + x] = sum;
}

/* Not so: floats have an order, and this sum is no sum. */
kernel void floats(global const int *in, global float *out, int n)
{
	int i = get_global_id(0) - get_global_offset(0);
	float sum = 0;
	for (int k = 0; k < 24; k++)
		sum += (float)(in[i * 24 + k] & 1023) * 3;
	out[i] = sum;
}

kernel void hash(global const uint *in, global uint *out, int n)
{
	int i = get_global_id(0) - get_global_offset(0);
	uint h = n, last = 0;
	for (int k = 0; k < 24; k++) {
		h = (h ^ in[i * 24 + k]) * 0x9e3779b1u;
		last = in[i * 24 + k] - last;
	}
	out[i] = h + last;
}

/* Rows of rows: unrolled and joined, as sums of floats. */
kernel void nested(global const int *in, global int *out, int n)
{
	int i = get_global_id(0) - get_global_offset(0), all = n;
	for (int r = 0; r < 3; r++) {
		int sum = 0;
		for (int k = 0; k < 24; k++)
			sum += in[(i * 3 + r) * 24 + k];
		all = all * 3 + sum;
	}
	out[i] = all;
}

/* In one dimension what is an image: beside each other but for the rims. */
kernel void image(global const int *in, global int *out, int n)
{
	uint i = get_global_id(0) - get_global_offset(0), w = n & 31 | 16;
	uint x = i % w, y = i / w, sum = 0;
	for (uint k = 0; k < 40; k++)
		sum += in[y * (w + 40) + x + k] * in[k];
	out[i] = sum;
}

kernel void divided(global const int *in, global int *out, int n)
{
	int i = get_global_id(0) - get_global_offset(0), sum = 0, by = n & 7 | 1;
	for (int k = 0; k < 30; k++)
		sum += in[i * 30 + k] / (k + by) + in[i * 30 + k] % by;
	out[i] = sum;
}
