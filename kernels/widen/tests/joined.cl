/* Neighbouring elements of a work-item: structures, rows, unrolled loops. */
struct point {
	float fx, fy, fz;
};
struct mixed {
	int a;
	float fb;
	short c, d;
	char e[8];
};

kernel void pairs(global const int *in, global int *out)
{
	int i = get_global_id(0);
	int a = in[2 * i], b = in[2 * i + 1];
	out[2 * i] = a - b;
	out[2 * i + 1] = a * b;
}

kernel void triples(global const struct point *in, global struct point *out)
{
	int i = get_global_id(0);
	struct point p = in[i];
	out[i].fx = p.fy;
	out[i].fy = p.fz + 1.0f;
	out[i].fz = p.fx * 2.0f;
}

/* Two of four, three of four with a gap, one beyond. */
kernel void gaps(global const int *in, global int *out)
{
	int i = get_global_id(0);
	global const int *p = in + 7 * i;
	out[i] = p[0] + 3 * p[1] - p[3] * 5 + p[6];
	out[i + 2048] = in[4 * i + 1] * in[4 * i + 2];
}

kernel void eights(global const int *in, global int *out)
{
	int i = get_global_id(0), sum = 0;
	for (int k = 0; k < 8; k++)
		sum = sum * 3 + in[8 * i + k];
	for (int k = 0; k < 8; k++)
		out[8 * i + k] = sum ^ k;
}

kernel void sixteens(global const int *in, global int *out)
{
	int i = get_global_id(0), sum = 0;
	for (int k = 0; k < 16; k++)
		sum = sum * 3 + in[20 * i + k];
	out[i] = sum;
}

kernel void far(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), step = 11 + (n & 1);
	global const int *p = in + i * step;
	global int *q = out + i * step;
	int a = p[0], b = p[1], c = p[2], d = p[3], e = p[4];
	q[0] = a + b;
	q[1] = c;
	q[2] = d;
	q[3] = e;
	q[4] = a;
	q[6] = b;
}

kernel void backwards(global const int *in, global int *out)
{
	int i = get_global_id(0);
	global const int *p = in + 8000 - 4 * i;
	global int *q = out + 8000 - 2 * i;
	int sum = p[0] + 2 * p[1] + 3 * p[2] + 4 * p[3];
	q[0] = sum;
	q[1] = -sum;
}

kernel void anywhere(global const int *in, global int *out, global const int *index)
{
	int i = get_global_id(0), j = (index[i] & 255) * 4;
	out[i] = in[j] * 3 + in[j + 1] * 5 + in[j + 2] * 7 + in[j + 3];
	out[2048 + 2 * i] = in[j + 9];
	out[2048 + 2 * i + 1] = in[j + 8];
}

kernel void masked(global const int *in, global int *out, global const int *index)
{
	int i = get_global_id(0);
	if (index[i] & 1) {
		int j = (index[i] & 511) * 3;
		out[4 * i] = in[j] + in[j + 1];
		out[4 * i + 1] = in[j + 2];
	} else if (index[i] & 2) {
		out[4 * i + 2] = in[2 * i] - in[2 * i + 1];
		out[4 * i + 3] = 9;
	}
}

kernel void bytes(global const uchar *in, global uchar *out, int n)
{
	int i = get_global_id(0), step = 5 + (n & 1);
	global const uchar *p = in + i * step;
	global uchar *q = out + i * 4;
	uint word = p[0] | p[1] << 8 | p[2] << 16 | (uint)p[3] << 24;
	word *= 2654435761u;
	q[0] = word;
	q[1] = word >> 8;
	q[2] = word >> 16;
	q[3] = word >> 24;
}

kernel void shorts(global const short *in, global short *out, int n)
{
	int i = get_global_id(0), step = 9 + (n & 1);
	global const short *p = in + i * step;
	global short *q = out + i * step;
	int a = p[0] * p[1] + p[2], b = p[3] - p[4] * p[5] + p[6] + p[7];
	q[0] = a;
	q[1] = b;
	q[3] = a + b;
	q[4] = a - b;
	q[5] = a ^ b;
	q[6] = a & b;
}

kernel void longs(global const long *in, global long *out, int n)
{
	int i = get_global_id(0), step = 5 + (n & 1);
	global const long *p = in + i * step;
	global long *q = out + i * step;
	long a = p[0] * p[1], b = p[2] - p[3];
	q[0] = a;
	q[1] = b;
	q[2] = a + b;
	q[3] = a - b;
}

kernel void structures(global const struct mixed *in, global struct mixed *out,
		       global const int *index)
{
	int i = get_global_id(0);
	struct mixed m = in[index[i] & 127];
	m.a += m.c * m.d;
	m.e[3] = m.e[1] + m.e[2];
	m.fb = m.a + 0.5f;
	out[i] = m;
}

/* What is written comes between. */
kernel void between(global int *out, int n)
{
	int i = get_global_id(0);
	global int *p = out + 6 * i;
	int a = p[0], b = p[1];
	p[0] = b;
	p[1] = a;
	p[2] = p[0] + p[1];
	p[3] = p[2] + 1;
	p[2] = 5;
	p[4] = p[3] * p[2];
	p[5] = p[4];
}

kernel void other_pointer(global int *out, global int *out2, global const int *index)
{
	int i = get_global_id(0);
	global int *p = out + 8 * i, *q = index[0] == 12345 ? out2 : out + 8 * i;
	int a = p[0];
	q[1] = a + 1;
	int b = p[1];
	q[2] = b;
	p[3] = p[2] + q[1];
}

/* Stores that are read, or written by others, before the last of them. */
kernel void read_between(global int *out, global int *out2, global const int *index)
{
	int i = get_global_id(0);
	global int *p = out + 8 * i, *q = index[0] == 12345 ? out2 : out + 8 * i;
	p[0] = i;
	int a = q[0];
	p[1] = a + 7;
	p[4] = i;
	q[4] = 9;
	p[5] = 11;
}

/* Neighbours of the next work-item's, and of itself. */
kernel void overlapping(global const int *in, global int *out, global const int *index)
{
	int i = get_global_id(0), j = index[i] & 1023;
	out[i] = in[j] + in[j + 1] * 3 + in[j + 2] * 5 + in[2 * i - 1 + (i == 0)] + in[2 * i] +
		 in[2 * i + 1];
}

/* (So long that LLVM does not look back from the load to the store.) */
int mixed(int v, int i)
{
	for (int k = 0; k < 8; k++)
		v = (v * 3 ^ i + k) - (v >> k);
	return v;
}

/* Loads behind stores of the same: they do not go to the loads before these. */
kernel void stored_before(global int *out)
{
	int i = get_global_id(0);
	global int *p = out + 6 * i;
	p[2] = i;
	p[3] = mixed(p[0], i);
	p[0] = p[2];
}

kernel void stored_before_closed(global int *out, int n)
{
	int i = get_global_id(0);
	global int *p = out + 12 * i;
	int a = mixed(p[0], i);
	p[2] = a + 1;
	*(global char *)(p + 2) = i; /* closes the stores, but not the loads */
	a = mixed(a, n);
	p[6] = mixed(p[2] + p[1], i);
	p[1] = a;
}

kernel void written_twice(global const int *in, global int *out)
{
	int i = get_global_id(0);
	out[2 * i] = in[i];
	out[2 * i + 1] = 3;
	out[2 * i] = in[i + 1];
}

kernel void in_local(global const int *in, global int *out, local int *tmp)
{
	int l = get_local_id(0), n = get_local_size(0), g = get_global_id(0);
	tmp[2 * l] = in[2 * g];
	tmp[2 * l + 1] = in[2 * g + 1];
	barrier(CLK_LOCAL_MEM_FENCE);
	int other = n - 1 - l;
	int a = tmp[2 * other], b = tmp[2 * other + 1];
	barrier(CLK_LOCAL_MEM_FENCE);
	tmp[2 * l + 1] = a;
	tmp[2 * l] = b;
	barrier(CLK_LOCAL_MEM_FENCE);
	out[2 * g] = tmp[2 * l];
	out[2 * g + 1] = tmp[2 * l + 1];
}

/* Loops that are unrolled, with all remainders. */
kernel void rows(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), count = n % 23;
	int sum = 0;
	for (int k = 0; k < count; k++)
		sum = sum * 31 + in[i * count + k];
	out[i] = sum;
}

kernel void rows_of_bytes(global const uchar *in, global uint *out, int n)
{
	int i = get_global_id(0), count = n % 19 + 1;
	uint sum = ~0u;
	for (int k = 0; k < count; k++)
		sum = (sum ^ in[i * count + k]) * 16777619u;
	out[i] = sum;
}

kernel void rows_of_two(global const int *in, global const short *in2, global int *out, int n)
{
	int i = get_global_id(0), count = n % 9 + 8;
	global const int *p = in + i * count, *end = p + count;
	global const short *q = in2 + i * count;
	int sum = 0;
	do {
		sum = sum * 5 + *p++ * *q++;
	} while (p != end);
	out[i] = sum;
}

kernel void rows_with_branch(global const int *in, global int *out, int n)
{
	int i = get_global_id(0), count = n % 21;
	int most = in[i];
	for (int k = 0; k < count; k++) {
		int v = in[i * count + k];
		if (v > most)
			most = v;
	}
	out[i] = most;
}

kernel void rows_of_some(global const int *in, global int *out, global const int *index, int n)
{
	int i = get_global_id(0), count = n % 17;
	if (index[i] & 1) {
		int sum = 0;
		for (int k = 0; k < count; k++)
			sum = sum * 3 + in[(index[i] & 63) * 16 + k];
		out[i] = sum;
	}
}

kernel void uneven(global const int *in, global int *out, global const int *index)
{
	int i = get_global_id(0), count = index[i] & 15, sum = 0;
	for (int k = 0; k < count; k++)
		sum = sum * 3 + in[2 * (i + k)] - in[2 * (i + k) + 1];
	out[i] = sum;
}

kernel void xy_rows(global const int *in, global int *out, int n)
{
	int x = get_global_id(0), y = get_global_id(1), w = get_global_size(0);
	global const int *p = in + 4 * (y * w + x);
	int sum = 0;
	for (int k = 0; k < 6; k++)
		sum += p[0] * in[y * 6 + k] + p[1] * in[x * 6 + k] - p[3];
	out[2 * (y * w + x)] = sum;
	out[2 * (y * w + x) + 1] = p[2];
}

/* Indices that wrap: nothing is known of their neighbours. */
kernel void unsigned_rows(global const int *in, global int *out, uint n)
{
	uint i = get_global_id(0), base = i * 3 - 1;
	out[i] = (i ? in[base] : 7) + in[base + 1] * 3 + in[base + 2] * 5;
	uint k = i * 0x40000001u;
	out[2048 + 2 * (k & 1023)] = i & 1 ? 3 : 4;
}

/* Indices of many terms. */
kernel void terms(global const int *in, global int *out, global const int *index)
{
	int i = get_global_id(0);
	int a = index[i] >> 26, b = index[i + 1] >> 26, c = index[i + 2] >> 26;
	int d = index[i + 3] >> 26, e = index[i + 4] >> 26, f = index[i + 5] >> 26;
	global const int *p = in + 512 + ((((a + b) + (c + d)) + e) + f);
	global const int *q = in + 512 + ((((a + b) + c) + d) + e);
	out[i] = p[0] + 3 * p[1] + q[0] * 5 - q[2];
}

/* Rows as far apart as a constant says, in numbers that may wrap: a hint. */
kernel void rows_of_constant(global const int *in, global int *out, int n)
{
	const uint width = 24;
	uint i = get_global_id(0);
	int sum = 0;
	for (uint k = 0; k < width; k++)
		sum = sum * 3 + in[i * width + k] * in[k];
	out[i * width] = sum;
	out[i * width + 1] = sum ^ n;
	out[i * width + 2] = in[i * width + 7];
}

/* What is put together of bits: below zero, and beyond the largest number. */
kernel void rows_of_bits(global const int *in, global int *out, int n)
{
	global const int *p = in + 4096;
	int r = (int)(get_global_id(0) - get_global_offset(0)) - 40, sum = 0;
	for (int k = 0; k < 16; k++)
		sum = sum * 3 + p[r * 16 | k];
	uint far = (uint)get_global_id(0) << 4 | 0x80000000u;
	for (uint k = 0; k < 16; k++)
		sum = sum * 5 + in[(far | k) - 0x80000000u];
	for (uint k = 0; k < 8; k++)
		sum = sum * 7 + (in - 0x80000000ul)[far | k];
	out[r + 40] = sum;
}
