/* Arithmetic that 16 bits hold, and such that they just do not. */

kernel void byte_sums(global const uchar *in, global int *out, int n)
{
	int i = get_global_id(0);
	int a = in[i], b = in[i + 1], c = in[i + 2];
	out[i] = a + 2 * b + c - (a << 3) + ((b - c) << 2);
	out[2000 + i] = (a - b) * (b - c);       /* up to 65025: too much */
	out[4000 + i] = (a - 128) * (b - 127);   /* to -16384 */
	uchar t = in[i] | 0xfe, u = in[i + 1] | 0xfe;
	out[6000 + i] = (t << 7) + u - 0x80;     /* up to 32767 */
	out[8000 + i] = (t << 7) + (b >> 6) * 42 + 2; /* one too many */
}

kernel void byte_signs(global const char *in, global int *out, int n)
{
	int i = get_global_id(0);
	int a = in[i], b = in[i + 1];
	uint u = in[i + 2];
	out[i] = (a * 128 + b) >> 3;
	out[2000 + i] = (a * 256) >> 1;          /* to -32768 */
	char t = (char)(in[i] & 1 ? -127 : -128), s = (char)(in[i + 1] | 1);
	out[4000 + i] = (t * 256 + (s & 3) - 4) >> 2; /* too much */
	out[14000 + i] = (t * 256 - (s >> 7)) >> 2;
	out[6000 + i] = (int)((u + 3) >> 4);     /* of what may be negative */
	out[8000 + i] = (a * b) & 0x7fff;
	out[10000 + i] = (a + b) & 0xff;
	out[12000 + i] = (a * b + 1) * (int)(in[i + 3] > 0);
}

kernel void byte_powers(global const uchar *in, global int *out, int n)
{
	int i = get_global_id(0);
	int v = in[i] & 7, power = 1, sum = 0;
	for (int k = 0; k < 6; k++) {
		power *= v;
		sum += power * 3;
	}
	out[i] = sum;
	out[2000 + i] = ((int)in[i] * 100) / 7 + ((int)in[i] * 200) % 11;
	out[4000 + i] = (int)in[i] * 128 >= 32640;
	out[6000 + i] = (int)((uint)in[i] - 1u) >> 4;
	out[8000 + i] = (int)(((uint)in[i] - 1u) >> 4);
}

kernel void byte_vectors(global const uchar4 *in, global int4 *out, int n)
{
	int i = get_global_id(0);
	int4 a = __builtin_convertvector(in[i], int4), b = __builtin_convertvector(in[i + 1], int4);
	out[i] = a * (int4)(1, 2, 100, 200) - b;
	out[500 + i] = (a << 2) + (b >> 1) + (int4)(-32000, 5, 32000, 0);
}

kernel void byte_uniforms(global const uchar *in, global int *out, int n)
{
	int i = get_global_id(0), sum = 0;
	for (int k = 0; k < 9; k++)
		sum += in[k] * in[i + k] - (in[k] + 3) * 5;
	if (in[n & 15] - in[3] + 1 > 0)
		sum -= in[i];
	out[i] = sum;
}
