/* Vectors that are treated element by element, and such that are just not. */

kernel void packed_bytes(global const uchar16 *a, global uchar16 *out, int n)
{
	int i = get_global_id(0);
	uchar16 x = a[i], y = a[i + 1], bright = __builtin_elementwise_add_sat(x, (uchar16)(n & 255));
	out[i] = __builtin_elementwise_max((bright >> (uchar16)1) + (y & (uchar16)3), bright - y);
}

kernel void packed_floats(global const float4 *a, global float4 *out, float f)
{
	int i = get_global_id(0);
	float4 x = a[i], y = a[i + 3];
	out[i] = __builtin_elementwise_fma(x, (float4)f, y) * (float4)(1.0f, 2.0f, 3.0f, 4.0f) - x / y;
}

/* A number for all elements, that differs between work-items; and what is selected. */
kernel void packed_scaled(global const float2 *a, global float2 *out, int n)
{
	int i = get_global_id(0);
	float2 x = a[i];
	float sum = x.x + x.y;
	out[i] = x * sum;
	out[1000 + i] = x > (float2)sum ? -x : x + (float2)1.0f;
	out[2000 + i] = i & 1 ? x : x * (float2)(sum, n);
}

/* Elements that change places, or of which one is different. */
kernel void packed_moved(global const int4 *a, global int4 *out, int n)
{
	int i = get_global_id(0);
	int4 x = a[i], y = a[i + 1];
	out[i] = x.yxzw + y;
	out[500 + i] = (int4)(x.x + y.x, x.y - y.y, x.z + y.z, x.w + y.w);
	out[1000 + i] = (int4)(x.x, y.y, x.z, y.w);
	out[1500 + i] = (x.xxyy + y.xyzw) ^ (int4)(n, n, i, i);
	out[2000 + i] = (int4)(x.x + y.x, x.x + y.y, x.x + y.z, x.x + y.w);
}

kernel void packed_converted(global const uchar4 *a, global int4 *out, int n)
{
	int i = get_global_id(0);
	int4 x = __builtin_convertvector(a[i], int4);
	float4 f = __builtin_convertvector(x, float4) * (float4)0.25f;
	out[i] = __builtin_convertvector(f, int4) + (int4)(n, 1, n, 2);
	out[500 + i] = x / (int4)(3) + x % (int4)(1, 2, 3, 4);
}

/* Under masks, and in place. */
kernel void packed_masked(global const int2 *a, global int2 *out, int n)
{
	int i = get_global_id(0);
	int2 x = a[i];
	if (x.x & 1)
		out[i] = (x + (int2)7) * (int2)(3, n);
	for (int k = 0; k < (x.y & 7); k++)
		out[i + 1000] = x + (int2)k;
}
