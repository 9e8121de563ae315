// tern-random: dimensions 1 global 256 1 1 local 64 1 1 offset 0 0 0 data 2829692506 needs 1
#ifndef AT
#define AT(e, n) (e)
#endif
#define IN(e, n) ((e) & ((n) - 1))
#define UDIVISOR(t, e) ((e) | (t)(1))
#define DIVISOR(t, e) (((e) & (t)(63)) | (t)(1))
#define FIT(t, e) clamp((e), (t)(-512), (t)(512))
#define LSIZE (uint)(get_local_size(0) * get_local_size(1) * get_local_size(2))
#define FOLD1(v) ((ulong)(long)(v))
#define FOLD2(v) (FOLD1((v).s0) + 3 * FOLD1((v).s1))
#define FOLD3(v) (FOLD2((v).s01) + 5 * FOLD1((v).s2))
#define FOLD4(v) (FOLD2((v).s01) + 5 * FOLD2((v).s23))
#define FOLD8(v) (FOLD4((v).s0123) + 7 * FOLD4((v).s4567))
#define FOLD16(v) (FOLD8((v).s01234567) + 11 * FOLD8((v).s89abcdef))
#define OUT(j) ((get_global_id(0)) * 16 + (j))
kernel void k(global const char *i8, global const uchar *u8, global const short *i16, global const ushort *u16, global const int *i32, global const uint *u32, global const long *i64, global const ulong *u64, global const float *f32, global const double *f64, global uchar *o8, global ushort *o16, global uint *o32, global ulong *o64, volatile global uint *c32, volatile global ulong *c64, global uint *gx, int n, uint m, long q)
{
	ulong acc = 0;
	if (((convert_uint(m) / UDIVISOR(uint, (m + m))) >= ((m - 2147483648u) & (uint)(m)))) {
		for (int t0 = 0; t0 < IN(as_int(convert_uint_sat(5u)), 4); t0++) {
			double v1 = 31.0;
			for (int w0 = 0; w0 < 1; w0++) {
				v1 = FIT(double, (ceil(14.0) * FIT(double, (v1 * v1))));
				v1 = FIT(double, (max(v1, f64[AT(5, 1024)]) + (v1 * v1)));
				if ((as_uint((uint)3u) < ((uint)get_global_id(0) - m))) goto x0;
				uint v2 = convert_uint((~as_int(as_uint((uint)1u))));
				o8[OUT(IN(IN(n, 32), 16))] ^= (uchar)((uint)(uchar)((uchar)4 % UDIVISOR(uchar, (uchar)get_num_groups(0))) * convert_uchar(n));
				acc = acc * 31 + FOLD1(v1);
				acc = acc * 31 + FOLD1(v2);
			}
		}
		x0:;
	} else {
		o32[OUT(IN((uint)get_global_id(0) + 4294967284u, 16))] = convert_uint_sat_rte(max(10.0, 37.0));
		double v3 = f64[IN((((int)get_global_id(0) + n) + (n - n)), 1024)];
		o16[OUT(IN((((int)get_global_id(0) * 5) * 7), 16))] = (ushort)((((i32[IN((m & 0u), 2048)] % DIVISOR(int, n)) != (~n))) ? (ushort)(~u16[AT(n, 4096)]) : (ushort)((uint)u16[IN((int)(m), 4096)] + (ushort)32768));
		acc = acc * 31 + FOLD1(v3);
	}
	o64[OUT(0)] = acc;
}
