/* SPDX-License-Identifier: MIT */
/* Lanes that turn out to be contiguous, or near each other in local memory. */
#define FENCE CLK_LOCAL_MEM_FENCE

kernel void rows_of_lanes(global const int *in, global int *out, int n)
{
	int i = get_global_id(0) - get_global_offset(0), lane = i % 32, sum = 0;
	int row = (get_global_id(0) - get_global_offset(0)) / 32;
	int start = in[row] & 255, end = (in[row + 1] & 255) + 200;
	for (int k = start + lane; k < end; k += 32)
		sum += in[k] * (in[k + 1] & 3);
	out[i] = sum;
}

/* Some chunks have two rows, and so two beginnings. */
kernel void rows_of_few(global const int *in, global int *out, int n)
{
	size_t i = get_global_id(0) - get_global_offset(0);
	int lane = i % 20, row = i / 20, start = (in[row] & 511) - 100;
	global const int *base = in + 200;
	out[i] = base[start + lane];
	out[4096 + 600 * (row & 7) + (start + 100) + lane % 7] = 5;
}

kernel void cleared(global const int *in, global int *out, int n)
{
	size_t i = get_global_id(0) - get_global_offset(0);
	int s = (int)i - 40;
	uint u = (uint)i + 3;
	out[i] = in[(i & -32L) + 5] + in[1000 + (s & -16)] + in[u & 0xffffffe0u] +
		 in[((int)(i / 32) + 1) * 7] + in[((int)(i / 64) - 1) * 3 + 20];
}

kernel void contiguous_types(global const char *in, global char *out, int n)
{
	size_t i = get_global_id(0) - get_global_offset(0);
	uint apart = 32u << (get_group_id(0) & 1);
	uint low = 2 * (uint)i - ((uint)i & (apart - 1));
	out[low] = in[low + apart];
	((global short *)out)[8192 + low] = ((global const short *)in)[low];
	((global double *)out)[8192 + low] = ((global const double *)in)[low];
	((global float2 *)out)[12288 + low] = ((global const float2 *)in)[low + 1];
}

/* A step of a sorting network, in neighbours at first. */
kernel void window_sort(global const int *in, global int *out, local int *keys)
{
	uint me = get_local_id(0), half_size = get_local_size(0);
	size_t i = get_global_id(0) - get_global_offset(0);
	keys[me] = in[i];
	keys[me + half_size] = in[i] ^ 0x155;
	for (uint size = 2; size <= 64; size *= 2)
		for (uint apart = size / 2; apart > 0; apart /= 2) {
			uint low = 2 * me - (me & (apart - 1)), high = low + apart;
			barrier(FENCE);
			if (high < 2 * half_size) {
				int a = keys[low], b = keys[high];
				if ((a > b) == ((low & size) == 0)) {
					keys[low] = b;
					keys[high] = a;
				}
			}
		}
	barrier(FENCE);
	out[2 * i] = keys[2 * me];
	out[2 * i + 1] = keys[2 * me + 1];
}

kernel void window_tree(global const int *in, global int *out, local int *tree)
{
	int me = get_local_id(0), s = get_local_size(0), apart = 1;
	size_t i = get_global_id(0) - get_global_offset(0);
	tree[2 * me] = in[i];
	tree[2 * me + 1] = in[i + 1];
	for (int active = s; active > 0; active >>= 1) {
		barrier(FENCE);
		if (me < active) {
			int left = apart * (2 * me + 1) - 1, right = apart * (2 * me + 2) - 1;
			if (right < 2 * s)
				tree[right] += tree[left];
		}
		apart *= 2;
	}
	barrier(FENCE);
	out[2 * i] = tree[2 * me];
	out[2 * i + 1] = tree[2 * s - 1 - 2 * me];
}

/* Orders that do not grow, lanes on the same place, lanes that are left out. */
kernel void window_orders(global const int *in, global float *fout, local float *tmp, int n)
{
	uint l = get_local_id(0), s = get_local_size(0);
	size_t i = get_global_id(0) - get_global_offset(0);
	float v = (float)in[i], r = 0;
	for (uint k = 0; k < 6; k++) {
		uint way = (l ^ (1u << k)) < s ? l ^ (1u << k) : l;
		barrier(FENCE);
		tmp[l] = v;
		tmp[s + l] = 0;
		barrier(FENCE);
		r = r * 0.5f + tmp[way];
		barrier(FENCE);
		tmp[s + way] = v + k;
		barrier(FENCE);
		if (in[i] & (1 << k))
			tmp[s + (l & ~k)] = 3;
		barrier(FENCE);
		if (in[i] & (2 << k))
			r += tmp[s + ((s - 1 - l) & ~1u)];
		if (l >= (uint)(n & 7) && (l >> k) * 2 < s)
			tmp[(l >> k) * 2] = 4;
		barrier(FENCE);
		r += tmp[l] + tmp[s + l];
	}
	fout[i] = r;
}

/* At both ends of local memory, with lanes far outside that are left out. */
kernel void window_ends(global const int *in, global int *out)
{
	local int t[40];
	int l = get_local_id(0), s = get_local_size(0), r = 0;
	size_t i = get_global_id(0) - get_global_offset(0);
	for (int k = l; k < 40; k += s)
		t[k] = in[k];
	barrier(FENCE);
	int at = ((l * 2) ^ 1) - 1;
	if (at >= 0 && at < 40)
		r = t[at];
	at = (l ^ 3) + 30;
	if (at < 40)
		r += t[at] * 3;
	at = (l ^ 5) * 100 - 700;
	if (at >= 0 && at < 40)
		r += t[at] * 5;
	barrier(FENCE);
	at = (l & 1 ? l : l ^ 2) + 25;
	if (at < 40)
		t[at] = l;
	barrier(FENCE);
	out[i] = r + t[(l ^ 1) % 40];
}

/* Lanes that are not set, four gigabytes away: their low 32 bits look near. */
kernel void window_far(global const int *in, global int *out, local int *tmp)
{
	uint l = get_local_id(0), s = get_local_size(0), one = in[0] == 0x7fffffff ? 0 : 1;
	size_t i = get_global_id(0) - get_global_offset(0);
	int r = 0, from = one ? -1 : 7;
	tmp[l] = in[i];
	barrier(FENCE);
	uint left = (l ^ one) - 2;
	if (left < s)
		r = tmp[left];
	if (l >= 3) {
		from = l - 3;
		if (l & 1)
			from ^= 2;
	}
	if (from >= 0 && from < (int)s)
		r += tmp[from] * 3;
	int at = (int)((l + one) * (0x40000000u * one + 1));
	if (at >= 0 && at < (int)s)
		r += tmp[at] * 5;
	barrier(FENCE);
	left = l - 2 * one;
	left += left & (one - 1);
	if (left < s)
		tmp[left] = l;
	barrier(FENCE);
	out[i] = r + tmp[l];
}

/* Windows from bases that no window begins at, by several indices, bytes, and places before one. */
struct __attribute__((packed)) window_odd {
	char name;
	int value;
};
struct window_pair {
	int key, value[2];
};

kernel void window_bases(global const int *in, global int *out)
{
	local struct window_odd odd[64];
	local int skewed[3], grid[9][8];
	local struct window_pair pairs[64];
	uint l = get_local_id(0) & 63, s = get_local_size(0), apart = in[0] == 77 ? 3 : 1;
	size_t i = get_global_id(0) - get_global_offset(0);
	uint swap = (l ^ apart) < s ? l ^ apart : l, row = swap / 8 & 7;
	int r = 0;
	if (l == get_local_id(0)) {
		odd[l].value = in[i];
		pairs[l].key = in[i] + 1;
		pairs[l].value[0] = pairs[l].value[1] = in[i] - 1;
		grid[l / 8][l & 7] = in[i] * 3;
		skewed[l % 3] = 9;
	}
	barrier(FENCE);
	r += odd[swap].value + pairs[swap].key * 3 + pairs[swap].value[l & apart & 1] * 5;
	r += grid[row][swap & 7] * 7;
	r += (&grid[8][0])[(int)(row * 8 + (swap & 7)) - 64] * 11;
	r += *(local int *)((local char *)grid + swap * 4) * 13;
	r += skewed[(l & apart) * 2];
	barrier(FENCE);
	if (l == get_local_id(0) && l / 8 < 8) {
		odd[2 * l - (l & (2 * apart - 1)) < s ? l : l].value = r;
		grid[row][swap & 7] = r;
		pairs[swap].value[1] = r * 3;
	}
	barrier(FENCE);
	if (l == get_local_id(0) && (r & 1))
		(&grid[1][0])[(int)(l & ~apart & 63) - 8] = 5;
	barrier(FENCE);
	out[i] = r + odd[l].value + grid[l / 8][l & 7] * 3 + pairs[l].value[1] * 5;
}

/* Apart by as much as is known when it runs: elements of all sizes, forwards and backwards. */
kernel __attribute__((reqd_work_group_size(48, 1, 1))) void
window_strides(global const int *in, global int *out)
{
	local char bytes[48 * 4];
	local short shorts[48 * 4];
	local int words[48 * 4];
	local long longs[48 * 4];
	local float2 pairs[48 * 4];
	local struct window_pair keys[48 * 4];
	int l = get_local_id(0), apart = 2 + (in[0] & 2);
	int back = ((int)get_local_size(0) - 1 - l) * apart;
	size_t i = get_global_id(0) - get_global_offset(0);
	int v = in[i];
	bytes[back] = v;
	bytes[l * apart + 1] = v + 1;
	shorts[l * apart] = v;
	shorts[back + 1] = v + 2;
	words[l * apart] = v;
	words[back + 1] = v ^ 0x333;
	longs[l * apart + 1] = (long)v << 33;
	longs[back] = v;
	pairs[back + 1] = (float2)(v & 0xffff, 3);
	keys[l * apart].value[1] = v * 5;
	keys[l * apart].key = v;
	barrier(FENCE);
	int r = bytes[l * apart] + bytes[back + 1] + shorts[back] + shorts[l * apart + 1];
	r += words[back] * 3 + words[l * apart + 1] * 5;
	r += (int)(longs[back + 1] >> 30) + (int)longs[l * apart] + (int)pairs[l * apart + 1].x;
	r += keys[back].value[1] + keys[l * apart].key * 7;
	barrier(FENCE);
	words[l * apart] = r;
	words[l * apart + 1] += words[l * apart] * 9;
	barrier(FENCE);
	out[i] = r + words[back + 1] * 11;
}
