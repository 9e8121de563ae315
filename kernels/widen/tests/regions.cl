/* SPDX-License-Identifier: MIT */
/*
 * Barriers: chunks that all come to the same ones (..._regions) and chunks of which nobody can tell
 * (..._resumed); what lives across barriers.
 */
#define FENCE CLK_LOCAL_MEM_FENCE

kernel void loop_regions(global const int *in, global int *out, local int *tmp, int n)
{
	int l = get_local_id(0), s = get_local_size(0);
	size_t i = get_global_id(0) - get_global_offset(0);
	int sum = in[i], rounds = n & 7;
	long wide = in[i];
	short narrow = (short)in[i];
	float4 four = (float4)(in[i] & 255, 1, 2, 3);
	bool odd = in[i] & 1;
	for (int k = 0; k < rounds; k++) {
		tmp[l] = sum;
		barrier(FENCE);
		sum += tmp[(l + k) % s];
		wide = wide * 3 + tmp[0];
		barrier(FENCE);
		narrow ^= (short)sum;
		four = four.yzwx + (float4)(sum & 15);
		odd ^= sum & 1;
	}
	out[i] = sum + (int)wide + narrow + (int)(four.x + 2 * four.w) + (odd ? 100 : 0);
}

kernel void nested_regions(global const int *in, global int *out, local int *tmp, int n)
{
	int l = get_local_id(0), s = get_local_size(0), r = 0;
	size_t i = get_global_id(0) - get_global_offset(0);
	barrier(FENCE);
	tmp[l] = in[i];
	for (int j = 1; j < 4; j++) {
		r += j;
		for (int k = s; k > j; k /= 2) {
			barrier(FENCE);
			int v = tmp[(l + k) % s];
			barrier(FENCE);
			tmp[l] = v + k;
		}
		if (j == (n & 3))
			continue;
		barrier(FENCE);
		r ^= tmp[s - 1 - l];
	}
	out[i] = r;
	barrier(FENCE);
}

/* Which way a work-group goes is the same for all of it. */
kernel void ways_regions(global const int *in, global int *out, local int *tmp, int n)
{
	int l = get_local_id(0), s = get_local_size(0), r = 1;
	size_t i = get_global_id(0) - get_global_offset(0);
	tmp[l] = in[i];
	switch ((get_group_id(0) + n) & 3) {
	case 0:
		barrier(FENCE);
		r = tmp[s - 1 - l];
		break;
	case 1:
		barrier(FENCE);
		r = tmp[0];
		barrier(FENCE);
		tmp[l] = r + l;
		barrier(FENCE);
		r += tmp[(l + 1) % s];
		break;
	case 2:
		out[i] = r;
		return;
	default:
		r = l;
	}
	barrier(FENCE);
	tmp[l] = r;
	barrier(FENCE);
	out[i] = tmp[(l + 1) % s] + r;
}

/* What decides is loaded: from memory that is the same for all, or what one has written. */
kernel void loaded_regions(global const int *in, global int *out, local int *tmp)
{
	local int rounds;
	int l = get_local_id(0), s = get_local_size(0), r = 0;
	size_t i = get_global_id(0) - get_global_offset(0);
	if (l == 0)
		rounds = in[i] & 3;
	tmp[l] = in[i];
	barrier(FENCE);
	for (int k = 0; k < rounds; k++) {
		r += tmp[(l + k) % s];
		barrier(FENCE);
		tmp[l] ^= r;
		barrier(FENCE);
	}
	if (in[0] & 1) {
		r += tmp[s - 1 - l];
		barrier(FENCE);
	}
	for (;;) {
		if (l == s - 1)
			rounds++;
		barrier(FENCE);
		if (rounds > 5)
			break;
		r = r * 3 + tmp[(l + rounds) % s];
		barrier(FENCE);
	}
	out[i] = r;
}

/* Chunks go different ways, but there is no barrier on them. */
kernel void xy_own_ways_regions(global const int *in, global int *out)
{
	local int t[64 * 64];
	int x = get_local_id(0), y = get_local_id(1), w = get_local_size(0), h = get_local_size(1);
	size_t i = get_global_linear_id();
	int v = 7, rounds = y & 3;
	if (y == 1)
		v = in[i];
	for (int k = 0; k < rounds; k++)
		v += in[i] >> k;
	t[y * w + x] = v;
	barrier(FENCE);
	if (v == 7 && y != 1)
		v += t[(h - 1 - y) * w + x];
	barrier(FENCE);
	t[y * w + x] = v * 2;
	barrier(FENCE);
	out[i] = t[y * w + (w - 1 - x)] + rounds + v;
}

/* The same for all in fact, but not as far as anyone can tell. */
kernel void xy_rounds_resumed(global const int *in, global int *out)
{
	local int t[64 * 64];
	int x = get_local_id(0), y = get_local_id(1), w = get_local_size(0), h = get_local_size(1);
	size_t i = get_global_linear_id();
	int rounds = in[y] == 0x7fffffff ? 2 : 3, v = in[i];
	for (int k = 0; k < rounds; k++) {
		t[y * w + x] = v;
		barrier(FENCE);
		v += t[(h - 1 - y) * w + x];
		barrier(FENCE);
	}
	out[i] = v;
}

kernel void way_resumed(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), s = get_local_size(0), v;
	size_t i = get_global_id(0) - get_global_offset(0);
	v = tmp[l] = in[i];
	if (in[i] != 0x7fffffff) {
		barrier(FENCE);
		v += tmp[s - 1 - l];
	}
	out[i] = v;
}

/* Rounds that a join of a chunk's own ways has decided. */
kernel void xy_join_resumed(global const int *in, global int *out)
{
	local int t[64 * 64];
	int x = get_local_id(0), y = get_local_id(1), w = get_local_size(0), h = get_local_size(1);
	size_t i = get_global_linear_id();
	int rounds = 2, v = in[i];
	if (in[y] == 0x7fffffff) {
		out[i] = v;
		rounds = 3;
	}
	for (int k = 0; k < rounds; k++) {
		t[y * w + x] = v;
		barrier(FENCE);
		v += t[(h - 1 - y) * w + x];
		barrier(FENCE);
	}
	out[i] = v;
}

kernel void private_regions(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), s = get_local_size(0), r = 0;
	size_t i = get_global_id(0) - get_global_offset(0);
	int before[8], across[8];
	char small[16];
	for (int k = 0; k < 8; k++) {
		before[(k + in[i]) & 7] = in[i + k];
		across[k] = in[i] >> k;
		small[k + (in[i] & 7)] = (char)(k * in[i]);
	}
	for (int k = 0; k < 8; k++)
		r += before[k] * k;
	tmp[l] = r;
	barrier(FENCE);
	for (int k = 0; k < 4; k++) {
		across[(k + r) & 7] += tmp[(l + k) % s];
		barrier(FENCE);
		tmp[l] += across[k] + small[k + (in[i] & 7)];
		barrier(FENCE);
	}
	for (int k = 0; k < 8; k++)
		r = r * 5 + across[(k + in[i]) & 7];
	out[i] = r;
}

kernel void aligned_regions(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), s = get_local_size(0), r = 0;
	size_t i = get_global_id(0) - get_global_offset(0);
	long16 own[2] __attribute__((aligned(256)));
	own[0] = (long16)(in[i]);
	own[1] = (long16)(l);
	own[in[i] & 1].s3 = 5;
	tmp[l] = ((uintptr_t)&own[0] & 255) + in[i];
	barrier(FENCE);
	r = tmp[s - 1 - l] + (int)own[(in[i] >> 1) & 1].s3 + (int)own[1].sf;
	out[i] = r;
}

kernel void many_values_regions(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), s = get_local_size(0), v[20];
	size_t i = get_global_id(0) - get_global_offset(0);
	for (int k = 0; k < 20; k++)
		v[k] = in[i] * (k + 1) ^ (in[i] >> k);
	tmp[l] = in[i];
	barrier(FENCE);
	int r = tmp[(l + 1) % s];
	for (int k = 0; k < 20; k++)
		r = r * 3 + v[k];
	barrier(FENCE);
	tmp[l] = r;
	barrier(FENCE);
	out[i] = tmp[s - 1 - l] + v[19] - v[0];
}

/* Lane by lane, with an array of the lanes behind a barrier. */
kernel void atomics_regions(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), s = get_local_size(0);
	size_t i = get_global_id(0) - get_global_offset(0);
	tmp[l] = 0;
	barrier(FENCE);
	for (int k = 0; k < (in[i] & 3); k++)
		__opencl_atomic_fetch_add((local atomic_int *)&tmp[(unsigned)(in[i] + k) % s],
					  k + l, memory_order_relaxed, memory_scope_work_group);
	barrier(FENCE);
	if (in[i] & 1)
		__opencl_atomic_fetch_max((local atomic_int *)&tmp[s - 1 - l], in[i] & 63,
					  memory_order_relaxed, memory_scope_work_group);
	barrier(FENCE);
	out[i] = tmp[l];
}

/* Addresses of private variables by ways on which nobody follows them. */
kernel void escapes_regions(global const int *in, global int *out, local ulong *boxes, int n)
{
	int l = get_local_id(0), s = get_local_size(0), a[4], b[4], c[4];
	size_t i = get_global_id(0) - get_global_offset(0);
	for (int k = 0; k < 4; k++) {
		a[k] = in[i] + k;
		b[k] = in[i] * k;
		c[k] = l - k;
	}
	boxes[l] = (ulong)&a[n & 3];
	ulong p = __builtin_elementwise_max((ulong)&b[n & 3], (ulong)n);
	ulong h = (ulong)&c[n & 3] ^ 1;
	if (*(int *)p == 1000000)
		out[i] = 1;
	barrier(FENCE);
	*(int *)boxes[l] += 1;
	*(int *)p += 2;
	*(int *)(h ^ 1) += 4;
	barrier(FENCE);
	ulong old = __opencl_atomic_exchange((local atomic_ulong *)&boxes[l], 0, memory_order_relaxed,
					     memory_scope_work_group);
	out[i] = *(int *)old + *(int *)p * 3 + *(int *)(h ^ 1) * 5 + s;
}
