/* Rows that are get_global_id(0): lanes lie along dimension 1, see exchange.c. */
kernel void xy_copy_exchanged(global const float *fin, global float *fout)
{
	int row = get_global_id(0), column = get_global_id(1), w = get_global_size(1);
	fout[row * w + column] = fin[row * w + column] * 2.0f;
}

kernel void xy_matmul_exchanged(global const float *fa, global const float *fb, global float *fc)
{
	int row = get_global_id(0), column = get_global_id(1), w = get_global_size(1);
	float sum = 0;
	for (int k = 0; k < 9; k++)
		sum += fa[row * 9 + k] * fb[k * w + column];
	fc[row * w + column] = sum;
}

kernel void xy_sizes_exchanged(global int *out, global const int *in)
{
	size_t row = get_global_id(0) - get_global_offset(0);
	size_t column = get_global_id(1) - get_global_offset(1);
	size_t at = row * get_global_size(1) + column;
	out[at] = in[at] + (int)(get_global_size(0) * 1000 + get_global_offset(0) * 100 +
				 get_global_offset(1) * 10 + get_work_dim());
}

kernel void xy_guarded_exchanged(global const int *in, global int *out)
{
	uint row = get_global_id(0), column = get_global_id(1);
	uint h = get_global_size(0) - 1, w = get_global_size(1) - 1;
	if (row < h && column < w && row > 0)
		out[row * w + column] = in[row * w + column + 1] - in[(row - 1) * w + column];
}

kernel void xyz_planes_exchanged(global const int *in, global int *out)
{
	size_t x = get_global_id(0), y = get_global_id(1), z = get_global_id(2);
	size_t at = (z * get_global_size(0) + x) * get_global_size(1) + y;
	out[at] = in[at] ^ (int)(x + 16 * y + 256 * z);
}

kernel void xy_linear_exchanged(global int *out, global const int *in)
{
	int row = get_global_id(0), column = get_global_id(1), w = get_global_size(1);
	out[row * w + column] = in[row * w + column] + (int)get_global_linear_id();
}

/* Fewer lanes than work-items in a row of three or four: their neighbours in x are near, too. */
kernel void xy_pixels_as_written(global const int *in, global int *out)
{
	int pixel = get_global_id(0), channel = get_global_id(1);
	if (channel < 3)
		out[pixel * 3 + channel] = in[pixel * 3 + channel] + channel;
}

kernel void xy_transpose_as_written(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1);
	int w = get_global_size(0), h = get_global_size(1);
	out[x * h + y] = in[y * w + x];
}

kernel void xy_normal_as_written(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0);
	out[y * w + x] = in[y * w + x] + in[(y + 1) * w + x];
}

/* Somebody asks what its work-group is. */
kernel void xy_group_as_written(global const int *in, global int *out)
{
	int row = get_global_id(0), column = get_global_id(1), w = get_global_size(1);
	out[row * w + column] = in[row * w + column] + (int)get_local_id(0);
}

/* An index that nobody knows says nothing. */
kernel void xy_table_as_written(global const int *in, global int *out)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0);
	out[y * w + x] = in[(in[y * w + x] & 1023)];
}
