/* SPDX-License-Identifier: MIT */
/* A whole transform of 512 for each work-group of 256, in local memory. */
#define SIZE 512

kernel __attribute__((reqd_work_group_size(SIZE / 2, 1, 1))) void
fft_local(global const float2 *in, global float2 *out)
{
	local float2 data[SIZE];
	const int me = get_local_id(0), base = get_group_id(0) * SIZE;

	data[me] = in[base + me];
	data[me + SIZE / 2] = in[base + me + SIZE / 2];
	barrier(CLK_LOCAL_MEM_FENCE);
	for (int half_size = 1; half_size < SIZE; half_size *= 2) {
		const int k = me & (half_size - 1), to = ((me - k) << 1) + k;
		const float angle = -M_PI_F * k / half_size;
		const float c = native_cos(angle), s = native_sin(angle);
		const float2 a = data[me], b = data[me + SIZE / 2];
		const float2 t = (float2)(b.x * c - b.y * s, b.x * s + b.y * c);

		barrier(CLK_LOCAL_MEM_FENCE);
		data[to] = a + t;
		data[to + half_size] = a - t;
		barrier(CLK_LOCAL_MEM_FENCE);
	}
	out[base + me] = data[me];
	out[base + me + SIZE / 2] = data[me + SIZE / 2];
}
