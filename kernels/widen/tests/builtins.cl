/* LLVM intrinsics and odd instructions. */
kernel void integers(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i];
	uint u = v;
	out[8 * i] = __builtin_popcount(u) + (v ? __builtin_clz(u) : 32) + (v ? __builtin_ctz(u) : 32);
	out[8 * i + 1] = __builtin_bswap32(u);
	out[8 * i + 2] = (u << 7) | (u >> 25);
	out[8 * i + 3] = v < 0 ? -v : v;
	out[8 * i + 4] = v > n ? v : n;
	out[8 * i + 5] = __builtin_bitreverse32(u);
	out[8 * i + 6] = (int)(((long)v * in[i + 1]) >> 32);
	int o;
	out[8 * i + 7] = __builtin_smul_overflow(v, in[i + 1], &o) ? 77 : o;
}

kernel void floats(global const float *fin, global float *fout, int n)
{
	int i = get_global_id(0);
	float x = fin[i], y = fin[i + 1];
	fout[8 * i] = __builtin_sqrtf(__builtin_fabsf(x));
	fout[8 * i + 1] = __builtin_fmaf(x, y, x);
	fout[8 * i + 2] = __builtin_floorf(x) + __builtin_ceilf(y) + __builtin_truncf(x);
	fout[8 * i + 3] = __builtin_copysignf(x, y);
	fout[8 * i + 4] = __builtin_fmaxf(x, y) - __builtin_fminf(x, 1.0f);
	fout[8 * i + 5] = __builtin_rintf(x) / y;
	fout[8 * i + 6] = x > y ? x : -y;
	fout[8 * i + 7] = (float)(int)(x * 100.0f) + (float)(uint)(y * y);
}

kernel void saturated(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	char4 a = ((global const char4 *)in)[i], b = ((global const char4 *)in)[i + 1];
	short4 s = __builtin_convertvector(a, short4) * __builtin_convertvector(b, short4);
	out[i] = s.x + s.y * 2 + s.z * 3 + s.w * 4 + __builtin_elementwise_add_sat(a, b).x +
		 __builtin_elementwise_max(a, b).y;
}

kernel void reductions(global const int4 *in, global int *out, int n)
{
	int i = get_global_id(0);
	int4 v = in[i];
	out[i] = __builtin_reduce_add(v) ^ __builtin_reduce_max(v) ^ __builtin_reduce_xor(v * 3);
}

kernel void booleans(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	bool a = in[i] > 0, b = in[i + 1] & 1, c = n > 50, d;
	d = a ^ b;
	bool f[3] = {a, b, d};
	out[i] = (a && !c) * 8 + (b || c) * 4 + d * 2 + f[in[i] & 1];
}

kernel void shifts(global const int *in, global long *out, int n)
{
	int i = get_global_id(0);
	long v = in[i];
	int s = in[i + 1] & 31;
	out[i] = (v << s) ^ (v >> (s & 7)) ^ ((ulong)v >> 3) ^ (i << 2) ^ (long)(i * 12);
}

/* Structures and arrays that memcpy moves. */
struct wide {
	int v[24];
};
kernel void copies(global const struct wide *in, global struct wide *out, int n)
{
	int i = get_global_id(0);
	struct wide w = in[i & 127], u;
	if (w.v[3] & 1)
		u = in[(i + 3) & 127];
	else
		u = w;
	u.v[w.v[2] & 15] = i;
	out[i & 127].v[i & 7] = 0;
	if (i < 128)
		out[i] = u;
}


float helper(float x, int depth, global const float *t)
{
	float r = x;
	for (int k = 0; k < depth; k++) {
		if (r > 4.0f)
			return r - 4.0f;
		r = r * 1.5f + t[k];
	}
	return r;
}

kernel void helpers(global const float *fin, global float *fout, int n)
{
	int i = get_global_id(0);
	fout[i] = helper(fin[i], 5, fin) + helper(fin[i + 1], 9, fin + 3);
}

