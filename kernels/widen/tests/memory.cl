/* Loads, stores, address spaces, private memory, structures, vectors. */
struct pair {
	int a;
	float b;
};
struct big {
	int a[5];
	short s;
	char c[3];
};
constant int table[8] = {3, 1, 4, 1, 5, 9, 2, 6};
global int program_scope[16] = {10, 20, 30};
global int *constant indirect = program_scope + 1;

kernel void saxpy(float a, global const float *fx, global float *fy)
{
	size_t i = get_global_id(0);
	fy[i] = a * fx[i] + fy[i];
}

kernel void strided(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	out[2 * i] = in[3 * i + 1];
	out[2 * i + 1] = in[1500 - i];
	out[8000 - i] = i;
}

kernel void gathers(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	int j = in[i] & 1023;
	out[i] = in[j] + in[in[j] & 1023];
	out[4096 + ((i * 7) & 2047)] = i;
}

kernel void narrow(global const char *in, global short *out, global uchar *out2, global long *out3)
{
	size_t i = get_global_id(0);
	out[i] = in[i] * 3 + in[i + 1];
	out2[i] = (uchar)in[i] >> 1;
	out3[i] = (long)in[i] * 0x123456789abcl;
}

kernel void private_array(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), a[8], s = 0;
	for (int j = 0; j < 8; j++)
		a[j] = in[(i + j) % n];
	for (int j = 0; j < 8; j++)
		s += a[(in[i] + j * 3) & 7] * (j + 1);
	out[i] = s;
}

kernel void private_struct(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	struct big b, c;
	for (int j = 0; j < 5; j++)
		b.a[j] = in[i + j];
	b.s = in[i];
	b.c[0] = b.c[1] = b.c[2] = 5;
	b.c[in[i] & 1] = 9;
	if (in[i] & 2)
		c = b;
	else {
		c = b;
		c.a[in[i] & 3] = 77;
	}
	out[i] = c.a[0] + c.a[1] * 2 + c.a[2] * 3 + c.a[3] * 4 + c.a[4] + c.s + c.c[0] + c.c[1] * 2;
}

kernel void by_value(global const int *in, global int *out, struct pair p, struct big b)
{
	int i = get_global_id(0);
	b.a[i % 5] += p.a + in[i];
	p.b += i;
	out[i] = b.a[0] + b.a[1] + b.a[2] + b.a[3] + b.a[4] + (int)p.b + b.s;
}

kernel void struct_buffers(global struct pair *io, global const struct pair *in)
{
	int i = get_global_id(0);
	struct pair p = in[i];
	p.a += 3;
	io[i] = p;
	io[i].b = p.a;
	if (p.a & 4)
		io[i] = in[i + 1];
}

kernel void constants(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	out[i] = table[in[i] & 7] + table[n & 7] + program_scope[i & 3] + indirect[1];
}

kernel void address_spaces(global int *in, global int *out, int n)
{
	local int l[64];
	int i = get_global_id(0), p[2] = {in[i], 5};
	int k = get_local_id(0) & 63;
	l[k] = k;
	int *q = (in[i] & 1) ? (int *)&l[k] : (in[i] & 2) ? (int *)&p[1] : (int *)(in + i);
	global int *g = (in[i] & 4) ? in + 1 : in + 2;
	out[i] = *q + *g + (q == p + 1);
}

kernel void uniform_store(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	if (in[i] & 1)
		out[i] = n;
	out[5000] = n * 3;
	if (i == n - 1)
		out[5001] = i;
}

kernel void vectors(global const float4 *fin, global float4 *fout, float4 s)
{
	int i = get_global_id(0);
	float4 v = fin[i], w = fin[i + 1];
	v = v.wzyx * s + w.xxyy;
	v.y = w.z;
	if (v.x > v.y)
		v += w;
	else
		v.lo = w.hi;
	fout[i] = v;
	fout[2000 + (i & 31)].xy = (float2)(1.0f, 2.0f);
}

kernel void vector_select(global const int4 *in, global int4 *out, int n)
{
	int i = get_global_id(0);
	int4 a = in[i], b = in[(a.x & 255)];
	int4 m = a < b;
	int4 r = m ? a * 3 : b - a;
	r.s1 = ((int *)&a)[b.x & 3];
	out[i] = r ^ (a >> 3) ^ -b;
	out[1024 + i].w = r.x;
}

kernel void vector_odd(global const int *in, global int *out, global const uchar *bytes)
{
	int i = get_global_id(0);
	int3 v = (int3)(in[3 * i], in[3 * i + 1], in[3 * i + 2]) + (int3)(1, 2, 3);
	v = v.zxy;
	out[3 * i] = v.x;
	out[3 * i + 1] = v.y;
	out[3 * i + 2] = v.z;
	uchar8 c = *(global const uchar8 *)(bytes + 8 * i);
	ulong u = as_ulong(c);
	char4 d = as_char4(in[i]);
	out[6000 + 2 * i] = (int)(u >> 32) ^ (int)u;
	out[6001 + 2 * i] = as_int(d.wzyx) + d.x;
}

kernel void vector_index(global const int *in, global float *fout, int n)
{
	int i = get_global_id(0);
	float8 v = (float8)(1, 2, 3, 4, 5, 6, 7, 8) * (float)i;
	float *p = (float *)&v;
	p[in[i] & 7] = 100.0f;
	p[n & 7] = 50.0f;
	fout[i] = v.s0 + v.s1 + v.s2 + v.s3 + v.s4 + v.s5 + v.s6 + v.s7 + p[(in[i] >> 4) & 7];
}

kernel void doubles(global const float *fin, global double *out, double d)
{
	int i = get_global_id(0);
	double x = fin[i];
	if (x > 1.0)
		x = x * d - 1.0 / x;
	out[i] = x + (double)(long)(x * 16.0);
}

kernel void volatiles(global volatile int *in, global int *out, int n)
{
	int i = get_global_id(0);
	int v = in[i];
	if (v & 1)
		v += in[5];
	out[i] = v;
}

kernel void unsigned_index(global const int *in, global int *out, uint n)
{
	uint i = get_global_id(0);
	out[i] = in[i + 1] + in[(i - 1) & 1023];
	if (i >= 2)
		out[4000 + i - 2] = in[i - 2];
}

kernel void short_index(global const int *in, global int *out, int n)
{
	short i = (short)get_global_id(0);
	uchar c = (uchar)get_global_id(0);
	out[i] = in[i] + in[c];
}

kernel void chars_to_words(global const uchar4 *in, global uint *out, int n)
{
	size_t i = get_global_id(0);
	uchar4 v = in[i];
	if (v.x > 128 || v.y > 128)
		v += (uchar4)(1, 2, 3, 4);
	out[i] = as_uint(v) + v.x * v.y;
}

kernel void xy_unsigned_index(global const uint *in, global uint *out, global const float4 *fin,
			      global float4 *fout, uint k)
{
	uint x = get_global_id(0), y = get_global_id(1), w = 48;
	out[y * w + x] = in[y * w + x + 1] + in[y * w + (x + w - 1) % w] + in[4095 - x];
	uint i = y * w + x;
	fout[i + 1] = fin[i + 3] + fin[i & 1023];
	if (x > 2)
		out[4096 + y * w + x - 3] = in[y * w + x - 3];
}

kernel void wrap_unsigned(global const int *in, global int *out, uint n)
{
	uint i = get_global_id(0);
	size_t k = i - (uint)get_global_offset(0);
	global const int *wrapped = in - 0xfffffff0l + 4096;
	uint j = i + 20;
	out[k] = in[j] + wrapped[j] + wrapped[i - 5];
	out[1000 + k] = (int)((ulong)(i + 3) >> 3) + (int)((long)(int)(i + 7) >> 20);
}

kernel void initialised_arrays(global const int *in, global int *out, global float *fout, int n)
{
	int i = get_global_id(0), zero[8] = {0}, some[6] = {3, 1, 4, 1, 5, 9};
	float4 f[4] = {(float4)(1.0f), (float4)(2.0f)};
	struct big b = {{1, 2, 3, 4, 5}, 6, {7, 8, 9}}, c[2];
	short s[3][5] = {{0}};
	for (int j = 0; j < n % 20; j++) {
		zero[in[i + j] & 7] += j;
		some[(in[i] & 3) + 2] ^= some[in[j] & 3];
		s[(j + n) % 3][(in[i + j] & 0x7fffffff) % 5] = j;
		f[in[j] & 3].y += 1.0f;
		f[in[i] & 3] = f[j & 3].yxwz;
	}
	b.a[in[i] & 3] = zero[n & 7];
	c[in[i] & 1] = b;
	out[i] = s[1][in[i] & 3] + zero[in[i] & 7] + some[n % 6] + c[in[i] & 1].a[2] + c[in[i] & 1].s;
	fout[i] = f[n & 3].y + f[in[i] & 3].x;
}

/* Private variables in memory, used behind a barrier: lane by lane, and as whole vectors. */
kernel void volatile_behind_barrier(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	volatile int v = in[i] * 3;
	barrier(CLK_LOCAL_MEM_FENCE);
	out[i] = v;
	barrier(CLK_GLOBAL_MEM_FENCE);
	v += 5;
	barrier(CLK_LOCAL_MEM_FENCE);
	out[i] += v;
}

kernel void vectors_behind_barrier(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	int4 a[4];
	for (int k = 0; k < 4; k++)
		a[k] = (int4)(in[i] + k, i, k, n);
	barrier(CLK_LOCAL_MEM_FENCE);
	int4 r = a[in[i] & 3];
	a[i & 3] = r;
	barrier(CLK_LOCAL_MEM_FENCE);
	out[i] = r.x ^ (a[(in[i] >> 2) & 3].y + r.z);
}

/* Members at known places in private variables, read and written under masks. */
struct mixed {
	int a[2];
	short b;
	char c;
	long d;
};

struct mixed mixed_of(int v)
{
	struct mixed m = {{v, ~v}, (short)v, (char)(v >> 3), (long)v * 3};
	return m;
}

kernel void members_under_masks(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), v = in[i];
	struct mixed m = mixed_of(v), k = mixed_of(i);
	if (v & 1) {
		m = k;
		m.b += v;
		if (v & 2)
			k.d = m.a[v >> 4 & 1];
	} else if (i % 3 == 0) {
		k.c = m.c;
		m.d ^= k.d;
	}
	m.a[v & 1] += m.c;
	out[i] = m.a[i & 1] ^ m.b ^ m.c ^ (int)m.d ^ k.a[v & 1] ^ k.b ^ k.c ^ (int)(k.d >> 1);
}

/* Smaller than a vector; all that is stored is even. */
global int small[5];

kernel void small_variable(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), zero = n >> 31;
	if (i < 0 || i >= 5)
		return;
	int before = small[i];
	small[i + zero] = in[i] * 2;
	out[i] = small[i] - before % 2;
}

/* Rows without an active lane: their addresses are nowhere. */
kernel void xy_far_rows(global const uchar *bytes, global const int *in, global int *out, int q)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0), sum = 0;
	long far = (long)q << 40;
	for (int k = 0; k < q + 20; k++) {
		int f = in[k * 64 + x];
		if (y + k < 4)
			sum += f * bytes[2 * x + ((y + k) >> 2) * far];
	}
	out[y * w + x] = sum;
}

/* Short vectors and strides: a store for each lane. */
kernel void stored_each(global const float2 *f, global float2 *fout, global char4 *out4,
			global short2 *out2, int n, int few)
{
	int i = get_global_id(0), k = i & (few | 7);
	float2 v = f[i];
	fout[(i - k) * 2 + k * 3] = v.yx;
	fout[4000 + (i ^ 5)] = v + 1.0f;
	if (i % 3)
		fout[8000 + (i ^ 2)] = v * 2.0f;
	out4[(i * 7) & 1023] = (char4)((char)i, (char)k, 3, 4);
	out2[i & 3] = (short2)((short)i, (short)-k); /* the last one stays */
	out2[100 + 3 * i] = (short2)((short)k, (short)i);
}

kernel void stored_strided(global const int *in, global int *out, global double4 *f4, int n, int few)
{
	int i = get_global_id(0), w = few + 5;
	out[i * 3] = in[i];
	out[8000 + i * w] = in[i] + 1;
	f4[2 * i + 1] = (double4)(i, in[i], 3, 4);
	f4[4000 + (i * w & 511)].z = in[i + 1];
	if (in[i] & 1)
		out[40000 + 2 * i] = 7;
}

/* One element of two, three, four, at the very ends of what is there. */
kernel void each_of_few(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), s = get_local_size(0);
	size_t i = get_global_id(0) - get_global_offset(0);
	global const uchar *bytes = (global const uchar *)in;
	global const double *doubles = (global const double *)in;
	int r = in[2 * i] + in[2 * i + 1] * 3 + in[3 * i + 2] + in[4 * i + 3] + in[5 * i];
	r += bytes[3 * i] + bytes[3 * i + 1] * 5 + bytes[4 * i + 2] + (doubles[3 * i + 1] > 0.5);
	for (int k = l; k < 4 * s; k += s)
		tmp[k] = in[k];
	barrier(CLK_LOCAL_MEM_FENCE);
	r += tmp[2 * l + 1] + tmp[3 * l];
	if (in[i] & 1)
		r += tmp[4 * l + 3] * 7 + in[4 * i];
	out[i] = r;
}
