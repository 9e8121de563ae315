/* Indices that are linear but for limits and periods. */
#define min(a, b)       __builtin_elementwise_min(a, b)
#define max(a, b)       __builtin_elementwise_max(a, b)
#define clamp(x, lo, hi) min(max(x, lo), hi)

kernel void near_clamps(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), w = n * 3 / 4 + 1;
	int left = i - 1 < 0 ? 0 : i - 1, right = i + 1 >= w ? w - 1 : i + 1;
	out[i] = in[left] + 3 * in[right];
	out[2000 + i] = in[min(max(i - 20, 0), w)] + in[max(min(i + 7, w), 5)];
	out[4000 + i] = in[i > w ? w : i] - in[w < i ? i : w] + in[i <= w ? i : 3];
	out[6000 + i] = in[w > i ? 2 : i] - in[w >= i ? i : w] + in[i >= w ? 1 : i];
	out[8000 + min(i, w)] = 7;
	out[12000 + max(i, w)] = i;
}

kernel void near_unsigned(global const int *in, global int *out, int n)
{
	uint i = get_global_id(0), w = (uint)n / 2 + 3;
	out[i] = in[min(i, w)] + in[max(i, w)] + in[i < w ? i : w] + in[w < i ? w : i];
	out[2000 + i] = in[min(i - 1u, w)] + in[(i - 3u) > 4000u ? 9u : i - 3u];
	out[4000 + i] = in[i >= 5u ? i - 5u : 0u] + in[10u <= i ? i - 10u : i + 1u];
}

kernel void near_sizes(global const int *in, global int *out, int n)
{
	size_t i = get_global_id(0), w = (size_t)n / 2;
	long l = (long)i - 17;
	out[i] = in[min(i, w)] + in[max(l, 0L)] + in[l < 0 ? 0 : l] + in[(i + 3) % (w + 1)];
	out[2000 + i] = in[i & 127] + in[(i + 60) & 63] + in[i & 3] + in[l & 255];
	out[4000 + (i & 511)] = 5;
}

kernel void near_periods(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), w = n + 1;
	uint u = i;
	out[i] = in[(i + 1) % w] + in[(i + w - 1) % w] + in[i % 40] + in[i % 17];
	out[2000 + i] = in[u % 24u] + in[(u + 5u) % (uint)w] + in[(u - 9u) % 1000u];
	out[4000 + i] = in[4000 + (i - 30) % w] + in[4000 + (30 - i) % 50] + in[4000 + (i - 8) % 16];
	out[6000 + i] = in[(i + 5) % (in[0] & 31 | 1)] + in[u % (uint)(n - n + 33)];
	out[8000 + i % w] = 3;
}

/* Divisors without a result, and negative ones. */
kernel void near_divisors(global const int *in, global int *out, int n, int two)
{
	int i = get_global_id(0), zero = n - n, minus = zero - 1;
	int a = i % -(n + 2), b = i % minus, c = (int)(0x80000000u + (uint)i) % minus;
	out[i] = in[a] + in[b & 1023] + (c == 0) + in[4000 + (int)(0x80000000u + (uint)i) % -(n + 40)];
	if (zero)
		out[2000 + i] = in[i % zero];
	out[4000 + i] = in[(uint)i % 0x80000001u & 1023u] + in[(uint)i % (uint)minus & 1023u];
}

/* Extensions that become pairs of shifts. */
kernel void near_shifted(global const int4 *in, global int4 *out, global int *out2, int n)
{
	int first = get_group_id(0) * get_local_size(0) * 2 + get_local_id(0);
	uint second = get_group_id(0) * get_local_size(0) + get_local_id(0) + 7;
	long l = get_global_id(0), odd = (l << 32) + 0x7fffffff;
	out[first] = in[first] + in[second];
	out2[get_global_id(0)] = in[(odd >> 32) + 1].x + in[(ulong)odd >> 33].y + in[l * 6 >> 1].z;
	out2[2000 + get_global_id(0)] = in[100 - (int)(l * 8 % 800 / 8 >> 1)].w + in[(2000 - l * 2) >> 1].x;
}

/* Divisors merged with conditions. */
kernel void near_divisor_chosen(global const int *in, global int *out, int n, int two)
{
	int i = get_global_id(0);
	uint u = i, d = n > 5 ? 1u : (uint)n * 4096u;
	out[i] = in[u % d] + in[u % (u > 20u ? 1u : (uint)n + 5u)];
	int s = n > 5 ? 1 : n * 4096;
	out[2000 + i] = in[i % s] + in[(long)i % (n > 5 ? 1 : (long)n * 4096)];
}

/* Strides that are as large as the type. */
kernel void near_shl(global const int *in, global int *out, int n, int two)
{
	int i = get_global_id(0);
	out[i] = in[100 + ((int)((uint)(i + two) << 30) >> 30)];
	out[2000 + i] = in[100 + ((uint)(i + two) << 29 >> 29)];
}

kernel void near_masked(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), w = n * 2 / 3 + 1, sum = 0;
	if (in[i] & 1)
		sum += in[min(i + 9, w)] * 3;
	for (int k = 0; k < (in[i] & 7); k++)
		sum += in[(i + k) % w] + in[clamp(i - k, 0, w)];
	if (i > 2)
		out[2000 + max(i - 5, 1)] = 4;
	out[i] = sum;
}

kernel void xy_near(global const int *in, global int *out, int q)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0), sum = 0;
	int h = get_global_size(1);
	for (int dy = -1; dy <= 1; dy++)
		for (int dx = -2; dx <= 2; dx++) {
			sum += in[clamp(y + dy, 0, h - 1) * w + clamp(x + dx, 0, w - 1)] * (dx + 3);
			sum -= in[(y + dy + h) % h * w + (x + dx + 2 * w) % w] * (dy + 5);
		}
	out[y * w + x] = sum;
}

kernel void wrap_near(global const int *in, global int *out, int n)
{
	int at = get_global_id(0) - get_global_offset(0);
	int i = (int)get_global_id(0), low = 0x7fffffd8;
	uint u = (uint)get_global_id(0);
	out[at] = in[(min(i, low) ^ low) & 255] + in[max(i, low) & 255] + in[i % 100 & 255];
	out[1000 + at] = in[u % 200u] + in[min(u, 0x80000010u) & 511u] + in[(i + 60) % 300 & 1023];
	out[2000 + at] = in[(i < low + 30 ? i : low) & 63] + in[u & 0xffffu];
	int top = 0x7ffffff0 + 15 * (int)(get_global_size(0) > 0);
	int over = (int)((uint)i + 24u);
	out[4000 + at] = in[((uint)(over < top ? over : 9) + 24u) & 63];
	long far = (long)(((ulong)get_global_id(0) + 16) << 32);
	out[5000 + at] = in[(far >> 30) & 1023] + in[((ulong)far >> 30) & 1023];
	out[3000 + at] = in[(uint)(i + 20) % 0xfffffff0u & 1023u];
}

kernel void wrap_div(global const int *in, global int *out, int n, int q)
{
	int at = get_global_id(0) - get_global_offset(0), i = get_global_id(0); uint u = i;
	out[at] = in[i % (q * 50) & 1023] + in[u % (uint)(q * 50)] + in[(i - 5) % (n | 64) & 1023];
	out[2000+at] = in[(u + 0x10u) % (uint)-q & 1023] + in[((int)(u + 9u) % -1) & 15];
}

/* Masks that are known at run time only: powers of two less 1, and others. */
kernel void near_masks(global const int *in, global int *out, int n, int few)
{
	int i = get_global_id(0), m = 1 << (few & 7), low = m - 1;
	uint u = i, odd = (uint)n | 9u;
	size_t l = get_global_id(0), wide = (size_t)low << 1 | 1;
	out[i] = in[i & low] + in[u & odd] + in[(i + 5) & (n - n + 63)] + in[l & wide];
	out[2000 + i] = in[(u - 3u) & (uint)(n - n + 15)] + in[i & (n - n - 1)] + in[u & (odd << 1)];
	out[4000 + ((i - (i & low)) << 1) + (i & low)] = i;
	out[8000 + (((i & 15) << 4) & low) + i] = 4;
}

/* The same in all lanes while they are in one period. */
kernel void near_quotients(global const int *in, global const int4 *in4, global int *out, int n)
{
	int i = get_global_id(0), w = n / 3 + 40, k = i - 30;
	uint u = i;
	size_t l = get_global_id(0);
	out[i] = in[i / w] + in[i >> 5] + in[u / 48u] + in[u >> 4] + in[l / (size_t)w];
	out[2000 + i] = in[100 + k / w] + in[100 + (k >> 6)] + in[100 + k / 64];
	out[4000 + i] = in[i / w * 7 + i % w] + in[(u >> 4) * (uint)w + (u & 15u)];
	int4 v = in4[i / 32], x = in4[u >> 5];
	out[6000 + i] = v.x + 3 * v.y - v.z * x.w + x.x + (int)(l / 64 + in[(int)(l >> 6)]);
	if (i % 3)
		out[8000 + i] = in[i >> 6] + in[(i / w + 3) * w];
	out[10000 + i / w * 40 + i % w] = 3;
}

/* Tiles loaded by a group together. */
kernel void near_tiles(global const int *in, global int *out, int n)
{
	local int tile[16][64], turned[64][17];
	int me = get_local_id(0), size = get_local_size(0), base = get_group_id(0) * size;
	for (int i = me; i < 1024; i += size) {
		tile[i / 64][i % 64] = in[base + i / 64 * 5 + i % 64];
		turned[i % 64][i / 64] = in[i >> 4] - i;
	}
	barrier(CLK_LOCAL_MEM_FENCE);
	int sum = 0;
	for (int i = 0; i < 16; i++)
		sum += tile[i][(me * 3 + i) & 63] * 3 + turned[(me + i) & 63][i];
	out[base + me] = sum;
}

/* No divisor for the quotient, and negative ones. */
kernel void near_no_quotients(global const int *in, global int *out, int n, int two)
{
	int i = get_global_id(0), zero = n - n, minus = zero - 1;
	out[i] = in[100 - i / -(n + 2)] + in[(i / minus) & 1023] + in[(uint)i / (uint)minus];
	out[2000 + i] = in[(uint)i / 0x80000001u] + in[100 + (i - n) / (n + 1)];
	if (zero)
		out[4000 + i] = in[i / zero];
}

/* The same in all lanes, and what is made of it: rows of a matrix for 32 work-items. */
kernel void of_rows(global const int *start, global const int *in, global int *out)
{
	int lane = get_local_id(0) % 32, row = get_global_id(0) / 32, sum = 0;
	for (int i = (start[row] & 15) + lane; i < (start[row + 1] & 255); i += 32)
		sum += in[i];
	out[get_global_id(0)] = sum;
}

/* A hinted address of a block that is made twice, used in another one. */
kernel void late2(global const int *in, global int *out, global long *out2, global const int *index, uint u, int n)
{
	uint i = get_global_id(0);
	if (i + 3 < n) {
		uint j = i + u;
		out2[i] = j;
		int v = in[j];
		out[i] = v;
		if (index[i] & 1)
			out[i] = in[j] * 3 + v;
	}
}

/* Each value is used twice by the next: as many vectors as values, not as paths to them. */
kernel void late_paths(global const int *in, global int *out)
{
	uint i = get_global_id(0), j = i;
	for (int k = 0; k < 30; k++)
		j += j >> 12;
	out[i] = in[j];
}

/* Near each other in as many lanes as there were before there were more, and far ahead. */
kernel void near_then_not(global const char *in, global char *out, int n)
{
	uint i = get_global_id(0);
	char sum = n;
	for (int k = 0; k < 20; k++)
		sum = sum * 3 + in[(i & 31) + k * 4096];
	out[i] = sum;
}
