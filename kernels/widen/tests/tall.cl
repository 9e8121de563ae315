/*
 * Rows beside each other where lanes are not: transposed matrices. Kernels without a side that is
 * contiguous in x ask for their work-group, lest their dimensions be exchanged (exchange.c).
 */
#define GROUP ((int)get_group_id(2)) /* 0 */

kernel void xy_transpose(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1);
	int w = get_global_size(0), h = get_global_size(1);
	out[x * h + y] = in[y * w + x];
}

kernel void xy_transposed(global const float *fin, global float *fout)
{
	int x = get_global_id(0), y = get_global_id(1);
	int w = get_global_size(0), h = get_global_size(1);
	fout[y * w + x] = fin[x * h + y] + 1.0f;
}

kernel void xy_both(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1), h = get_global_size(1) + GROUP;
	out[x * h + y] = in[x * h + y] * 3 + in[x * h + y + 1];
}

kernel void xy_bytes(global const uchar *in, global uchar *out)
{
	int x = get_global_id(0), y = get_global_id(1);
	int w = get_global_size(0), h = get_global_size(1);
	out[x * h + y] = in[y * w + x] ^ 0x55;
}

kernel void xy_shorts(global const short *in, global short *out)
{
	int x = get_global_id(0), y = get_global_id(1);
	int w = get_global_size(0), h = get_global_size(1);
	out[y * w + x] = in[x * h + y] * 5;
}

kernel void xy_longs(global const long *in, global long *out)
{
	size_t x = get_global_id(0), y = get_global_id(1);
	size_t w = get_global_size(0), h = get_global_size(1);
	out[x * h + y] = in[y * w + x] - 7;
}

kernel void xy_guarded(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1);
	int w = get_global_size(0) - 1, h = get_global_size(1) - 1;
	if (x < w && y < h)
		out[x * h + y] = in[y * w + x];
}

kernel void xy_some(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1), h = get_global_size(1);
	int v = in[x * h + y];
	if (v & 1)
		out[x * h + y] = in[x * h + y + 1];
}

/* Not exact: indices of unsigned numbers wrap. */
kernel void xy_unsigned(global const int *in, global int *out)
{
	uint x = get_global_id(0), y = get_global_id(1);
	uint w = get_global_size(0), h = get_global_size(1);
	out[x * h + y] = in[y * w + x];
}

kernel void xy_fixed(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1) + GROUP;
	out[x * 64 + (y & 31) + 2 * (y & ~31)] = in[x * 64 + y];
}

kernel void xy_same_value(global int *out, int n)
{
	int x = get_global_id(0), y = get_global_id(1), h = get_global_size(1) + GROUP;
	out[x * h + y] = n + x;
}

kernel void xy_backwards(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1);
	int w = get_global_size(0), h = get_global_size(1) + GROUP;
	out[(w + 2 - x) * h + y] = in[(w + 2 - x) * h + (h + 3 - y)];
}

kernel void xy_tile(global const int *in, global int *out, local int *tmp)
{
	int lx = get_local_id(0), ly = get_local_id(1), n = get_local_size(0);
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0);
	int h = get_local_size(1);
	tmp[lx * h + ly] = in[y * w + x];
	barrier(CLK_LOCAL_MEM_FENCE);
	int at = (n - 1 - lx) * h + ly;
	out[y * w + x] = tmp[at] * 3 + tmp[(lx * h + ly + 1) % (n * h)];
}

kernel void xyz_transpose(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
	int w = get_global_size(0), h = get_global_size(1);
	out[(z * w + x) * h + y] = in[(z * h + y) * w + x];
}

/* Every other one: rows are not beside each other. */
kernel void xy_every_other(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1), h = get_global_size(1) + GROUP;
	out[2 * (x * h + y) + 1] = in[2 * (x * h + y)];
}

/* More rows than lanes: no pieces. */
kernel void xy_prodb(global const float *fa, global const float *fb, global float *fc, local float *t)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0), h = get_global_size(1);
	float sum = 0;
	for (int k = 0; k < w; k++) {
		barrier(CLK_LOCAL_MEM_FENCE);
		t[get_local_id(1) * get_local_size(0) + get_local_id(0)] = k;
		barrier(CLK_LOCAL_MEM_FENCE);
		sum += fa[y * w + k] * (fb[k * w + x] + t[get_local_id(1) * get_local_size(0) + get_local_id(0)]);
	}
	fc[x * h + y] = sum;
}

kernel __attribute__((reqd_work_group_size(2, 8, 1))) void xy_prod2(global const float *fa, global const float *fb, global float *fc)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0), h = get_global_size(1);
	float sum = 0;
	for (int k = 0; k < w; k++)
		sum += fa[y * w + k] * fb[k * w + x];
	fc[x * h + y] = sum;
}
