/* SPDX-License-Identifier: MIT */
/* The cosine transform of blocks of 8 by 8, as in JPEG: along rows, then along columns. */
kernel __attribute__((reqd_work_group_size(8, 8, 1))) void
dct(global const float *in, global float *out, constant float *cosines, const int width)
{
	local float block[8][8], rows[8][8];
	const int x = get_local_id(0), y = get_local_id(1);
	const int at = get_global_id(1) * width + get_global_id(0);
	float sum = 0.0f;

	block[y][x] = in[at];
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int k = 0; k < 8; k++)
		sum += block[y][k] * cosines[x * 8 + k];
	rows[y][x] = sum;
	barrier(CLK_LOCAL_MEM_FENCE);
	sum = 0.0f;
	for (int k = 0; k < 8; k++)
		sum += rows[k][x] * cosines[y * 8 + k];
	out[at] = sum;
}
