/* Half arithmetic: by way of float in the group functions, as LLVM has it in the reference. */
#pragma OPENCL EXTENSION cl_khr_fp16 : enable

/* Not a number in one way only: its digits may differ. */
half tidy(half x)
{
	return x != x ? as_half((ushort)0x7e00) : x;
}

kernel void operators(global const half *in, global half *out, int n)
{
	int i = get_global_id(0);
	half x = in[i], y = in[i + 1];
	out[8 * i] = tidy(x + y);
	out[8 * i + 1] = tidy(x - y);
	out[8 * i + 2] = tidy(x * y);
	out[8 * i + 3] = tidy(x / y);
	out[8 * i + 4] = tidy(-x * 0.5h);
	out[8 * i + 5] = tidy((x + y) * (x - y) / 3.0h);
	x += y;
	x *= in[i + 2];
	out[8 * i + 6] = tidy(x);
	out[8 * i + 7] = tidy(x++ - (half)n);
}

kernel void comparisons(global const half *in, global int *out, int n)
{
	int i = get_global_id(0);
	half x = in[i], y = in[i + 1], z = n;
	out[i] = (x < y) + 2 * (x <= y) + 4 * (x > y) + 8 * (x >= z) + 16 * (x == y) + 32 * (x != x) +
		 64 * !x + 128 * (x < z && y < z);
}

kernel void conversions(global const half *in, global half *out, global float *fout, int n)
{
	int i = get_global_id(0);
	global const float *floats = (global const float *)in;
	global const long *longs = (global const long *)in;
	out[8 * i] = (half)longs[i / 2];
	out[8 * i + 1] = tidy((half)floats[i]);
	out[8 * i + 2] = (half)((global const int *)in)[i];
	out[8 * i + 3] = (half)((global const uint *)in)[i];
	out[8 * i + 4] = (half)((global const char *)in)[i];
	out[8 * i + 5] = (half)((global const ulong *)in)[i / 2];
	half x = tidy(in[i]);
	/* near ties */
	out[8 * i + 6] = tidy((half)((double)x + (double)in[i + 1] * 0x1p-11));
	out[8 * i + 7] = tidy((half)((double)x * (1 + 0x1p-11) + (i % 3 - 1) * 0x1p-50));
	fout[2 * i] = x;
	/* in the range of the type */
	x = x > -1000.0h && x < 1000.0h ? x : 0.0h;
	fout[2 * i + 1] = (float)(int)x + (float)(short)x + (float)(long)x + (float)(uint)(x + 1000.0h);
}

kernel void functions(global const half *in, global half *out, int n)
{
	int i = get_global_id(0);
	half x = tidy(in[i]), y = tidy(in[i + 1]);
	out[8 * i] = tidy(__builtin_elementwise_sqrt(__builtin_elementwise_abs(x)));
	out[8 * i + 1] = tidy(__builtin_elementwise_floor(x) + __builtin_elementwise_ceil(y));
	out[8 * i + 2] = tidy(__builtin_elementwise_rint(x));
	out[8 * i + 3] = tidy(__builtin_elementwise_trunc(x));
	out[8 * i + 4] = tidy(__builtin_elementwise_copysign(x, y));
	out[8 * i + 5] = tidy(__builtin_elementwise_max(x, y));
	out[8 * i + 6] = tidy(__builtin_elementwise_min(x, y));
	out[8 * i + 7] = tidy(__builtin_elementwise_round(x));
}

kernel void vectors(global const half4 *in, global half4 *out, half a, int n)
{
	int i = get_global_id(0);
	half4 v = in[i], w = v.wzyx;
	v = v == v ? v : (half4)(1.0h);
	w = w == w ? w : (half4)(2.0h, 3.0h, 4.0h, 5.0h);
	half4 r = v < w ? w : v;
	r = r * w + v;
	r.xy = r.yx;
	out[i] = r == r ? r : (half4)(a);
}

kernel void branches(global const half *in, global half *out, int n)
{
	int i = get_global_id(0);
	half x = tidy(in[i]), sum = 0;
	if (x > 0.0h) {
		for (int k = 0; k < (i & 7); k++)
			sum += x / (half)(k + 1);
		out[i] = tidy(sum);
	} else if (n > 3)
		out[i] = tidy(x * x);
}

kernel void private_memory(global const half *in, global half *out, int n)
{
	int i = get_global_id(0);
	half p[8];
	for (int k = 0; k < 8; k++)
		p[k] = tidy(in[i + k]);
	p[n & 7] = p[i & 7];
	half3 v = *(half3 *)(p + 4 * (n & 1));
	out[i] = tidy(v.x + v.z);
}
