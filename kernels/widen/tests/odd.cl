/* Unusual kernels: endless loops, traps, lists, pointers in constants, wide vectors. */
kernel void empty(void)
{
}

kernel void traps(global int *in, global int *out)
{
	int i = get_global_id(0);
	if (in[i] == 0x7ffffffe)
		__builtin_trap();
	if (in[i] == 0x7fffffff)
		__builtin_unreachable();
	out[i] = in[i];
}

kernel void endless(global int *in, global int *out)
{
	int i = get_global_id(0);
	if (in[60000] == 12345678)
		for (;;)
			out[i]++;
	out[i] = 1;
}

kernel void pointers(global int *in, global int *out)
{
	int i = get_global_id(0);
	global int *p[2] = {in, in + 5};
	global int *q = p[in[i] & 1];
	out[i] = q[i];
	out[5000 + i] = (int)((ulong)(q + i) - (ulong)in);
}

struct node {
	global struct node *next;
	int v;
};

kernel void lists(global int *in, global int *out, global struct node *nodes)
{
	int i = get_global_id(0), s = 0;
	global struct node *n = nodes + i * 2;
	n->v = in[i];
	n->next = (in[i] & 1) ? n + 1 : 0;
	n[1].v = 7;
	n[1].next = 0;
	while (n) {
		s += n->v;
		n = n->next;
	}
	nodes[i * 2].next = 0;
	out[i] = s;
}

kernel void local_arguments(global const int *in, global int *out, local int4 *a, local float *f)
{
	int l = get_local_id(0), last = get_local_size(0) - 1;
	size_t i = get_global_id(0) - get_global_offset(0);
	a[l] = (int4)(in[l]);
	f[l] = 1.5f * l;
	barrier(CLK_LOCAL_MEM_FENCE);
	out[i] = a[last - l].y + (int)f[last - l];
}

kernel void null_pointers(global int *in, global int *out)
{
	int i = get_global_id(0);
	global int *p = in[i] & 1 ? out : 0;
	local int *l = 0;
	if (p)
		p[i] = 3;
	if (l == 0)
		out[4096 + i] = 1;
}

kernel void argument_types(global const long *in, global long *out, char c, short s, long l,
			   uchar4 v, double d)
{
	int i = get_global_id(0);
	out[i] = in[i] * l + c + s + v.x + v.w + (long)d;
}

constant char text[] = "hello world";
constant struct {
	int a;
	float b;
	constant char *s;
} entries[2] = {{1, 2.f, text}, {3, 4.f, text + 6}};

kernel void pointers_in_constants(global const int *in, global int *out)
{
	int i = get_global_id(0);
	out[i] = entries[in[i] & 1].a + entries[i & 1].s[in[i] & 3] + (int)entries[1].b;
}

kernel void wide_chars(global char *in, global char *out)
{
	int i = get_global_id(0);
	out[i] = in[i] + in[i + 1];
	out[8192 + 3 * i] = in[2 * i];
	char16 v = ((global char16 *)in)[i & 255];
	((global char16 *)(out + 65536))[i] = v.s1032547698badcfe;
}

kernel void loop_with_barrier(global const int *in, global int *out, local int *t)
{
	int l = get_local_id(0), k = 0;
	while (1) {
		t[l] = k + l;
		barrier(CLK_LOCAL_MEM_FENCE);
		k += t[0] + 1;
		barrier(CLK_LOCAL_MEM_FENCE);
		if (k > 10)
			break;
	}
	out[get_global_id(0) - get_global_offset(0)] = k + t[get_local_size(0) - 1];
}

kernel void wide_doubles(global const double16 *in, global double16 *out, int n)
{
	int i = get_global_id(0);
	if (i < 1024)
		out[i] = in[i] * 2.0 + in[(i * 7) & 511];
}

/* Addresses with more indices than most instructions have operands. */
typedef int row0[2];
typedef row0 row1[2][2][2][2][2];
typedef row1 row2[2][2][2][2][2];
typedef row2 row3[2][2][2][2][2];
typedef row3 row4[2][2][2][2][2];
kernel void many_dimensions(global const int *in, global int *out, int n)
{
	int i = get_global_id(0);
	int z = n >> 31, k = in[i] & 1;
	global const row4 *table = (global const row4 *)in;
	out[i] = (*table)[z][z][z][z][z][z][z][z][z][z][z][z][z][z][z][z][z][k][k][k][k];
	out[i + n] = (*table)[z][z][z][z][z][z][z][z][z][z][z][z][z][z][z][z][z][i][z][z][z];
}
