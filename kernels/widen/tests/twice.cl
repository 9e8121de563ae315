/* SPDX-License-Identifier: MIT */
/* Blocks that ids and uniform values mask, with what they leave to others; masked local memory. */

kernel void bounded_results(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), a = 1, b = 2, at = i;
	if (i > 2 && i < n - 3) {
		a = in[i - 1] + in[i + 1];
		b = in[i] ^ in[i + 2];
		at = in[i] & 31;
		out[4096 + i] = a - b;
	}
	out[i] = a * 3 + b;
	out[8192 + i] = in[at];
}

/* Its condition comes from the block itself. */
kernel void bounded_chain(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), sum = 0;
	if (i < n - 5) {
		int v = in[i] + in[i + 5];
		out[i] = v;
		if (v & 1) {
			sum = in[(v >> 4) & 63] + v;
			if (i > 4)
				out[4096 + i] = in[i - 4] + in[i - 3] + sum;
		}
	}
	out[8192 + i] = sum;
}

kernel void bounded_loop(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), sum = 0, last = -1;
	for (int k = 0; k < 5; k++)
		if (i >= k && i + k < n) {
			last = in[i - k];
			sum += last * in[i + k];
		}
	out[i] = sum ^ last;
}

/* A uniform value and an address that are made in the block and used behind it. */
kernel void bounded_values(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), u = 0;
	global const int *p = in;
	if (i > 0) {
		u = in[n & 7] + 3;
		p = in + i + (u & 1);
		out[4096 + i] = in[i] + in[i - 1];
	}
	out[i] = *p + u;
}

kernel void xy_bounded(global const int *in, global int *out, global float4 *f4)
{
	int x = get_global_id(0), y = get_global_id(1);
	int w = get_global_size(0), h = get_global_size(1), at = y * w + x, v = 7;
	if (x == 0 || y == 0 || x == w - 1 || y == h - 1) {
		out[at] = in[at];
	} else {
		v = in[at - 1] + in[at + 1] + in[at - w] + in[at + w];
		out[at] = v;
		f4[at] = (float4)(v & 255, at, x, y);
	}
	out[8192 + at] = v;
}

kernel void bounded_vectors(global const char4 *in, global char4 *out, global float2 *f, int n)
{
	int i = get_global_id(0);
	char4 v = (char4)(1, 2, 3, 4);
	if (i >= 3 && i < n - 1) {
		v = in[i + 1] + in[i - 3];
		out[i] = v;
		f[i ^ 1] = (float2)(v.x, v.w);
	}
	out[4096 + i] = v.wzyx;
}

/* What lies beside the lanes that store keeps its value. */
kernel void local_edges(global const int *in, global int *out, local int *keys)
{
	int me = get_local_id(0), size = get_local_size(0), v = in[get_global_id(0)];
	keys[me] = v;
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int apart = 1; apart < size; apart *= 2) {
		int other = me >= apart ? keys[me - apart] : 0;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (me >= apart)
			keys[me] += other;
		barrier(CLK_LOCAL_MEM_FENCE);
		int from = me + apart < size ? keys[me + apart] : 0;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (v & 1 && me + apart < size)
			keys[size - 1 - me] ^= from & 0xff00;
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	out[get_global_id(0)] = keys[me];
}

kernel void local_vectors(global const int *in, global int *out, local short4 *four,
			  local uchar *bytes)
{
	int me = get_local_id(0), size = get_local_size(0), v = in[get_global_id(0)];
	four[me] = (short4)((short)v, 1, (short)me, 3);
	bytes[me] = (uchar)v;
	barrier(CLK_LOCAL_MEM_FENCE);
	if (v & 4)
		four[me] = four[me].wzyx + (short4)(5);
	if (me > 1)
		bytes[me] = (uchar)(v >> 8);
	barrier(CLK_LOCAL_MEM_FENCE);
	if (v & 8)
		bytes[size - 1 - me] = (uchar)me;
	barrier(CLK_LOCAL_MEM_FENCE);
	short4 s = four[size - 1 - me];
	out[get_global_id(0)] = s.x + s.y * 3 + s.z * 5 + s.w * 7 + bytes[me] * 11;
}
