/* SPDX-License-Identifier: MIT */
/* Of three by three, by a network that leaves the middle value in place 4. */
#define SORT(a, b)                                                                                 \
	{                                                                                          \
		const float low = fmin(a, b), high = fmax(a, b);                                   \
		a = low;                                                                           \
		b = high;                                                                          \
	}

kernel void median(global const float *in, global float *out, const int width, const int height)
{
	const int px = get_global_id(0), py = get_global_id(1);
	float v[9];

	for (int i = 0; i < 9; i++) {
		const int x = clamp(px + i % 3 - 1, 0, width - 1);
		const int y = clamp(py + i / 3 - 1, 0, height - 1);

		v[i] = in[y * width + x];
	}
	SORT(v[1], v[2]) SORT(v[4], v[5]) SORT(v[7], v[8])
	SORT(v[0], v[1]) SORT(v[3], v[4]) SORT(v[6], v[7])
	SORT(v[1], v[2]) SORT(v[4], v[5]) SORT(v[7], v[8])
	SORT(v[0], v[3]) SORT(v[5], v[8]) SORT(v[4], v[7])
	SORT(v[3], v[6]) SORT(v[1], v[4]) SORT(v[2], v[5])
	SORT(v[4], v[7]) SORT(v[4], v[2]) SORT(v[6], v[4])
	SORT(v[4], v[2])
	out[py * width + px] = v[4];
}
