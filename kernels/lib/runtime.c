/* SPDX-License-Identifier: MIT */
/*
 * Functions that LLVM's code generation may call where the target has no instruction: they are
 * linked into the images that need them. Freestanding; compiled for the baseline of x86-64; the
 * rounding mode is to nearest. Names and meaning are those of the C library.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	void *d = to;
	__asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n) : : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t n)
{
	unsigned char *d = to;
	const unsigned char *s = from;
	if ((uintptr_t)d - (uintptr_t)s >= n)
		return memcpy(to, from, n);
	while (n--)
		d[n] = s[n];
	return to;
}

void *memset(void *to, int c, size_t n)
{
	void *d = to;
	__asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
	return to;
}

static uint32_t bits32(float x)
{
	union {
		float f;
		uint32_t u;
	} v = {x};
	return v.u;
}

static uint64_t bits64(double x)
{
	union {
		double f;
		uint64_t u;
	} v = {x};
	return v.u;
}

static float float_of(uint32_t u)
{
	union {
		uint32_t u;
		float f;
	} v = {u};
	return v.f;
}

static double double_of(uint64_t u)
{
	union {
		uint64_t u;
		double f;
	} v = {u};
	return v.f;
}

/*
 * Rounding to integers, for both types: FLOAT, BITS and their conversions; WHOLE is the least
 * number from which on all are integers.
 */
#define ROUNDING(FLOAT, SUFFIX, UINT, INT, BITS, OF, SIGN, WHOLE)                                  \
	FLOAT trunc##SUFFIX(FLOAT x);                                                              \
	FLOAT floor##SUFFIX(FLOAT x);                                                              \
	FLOAT ceil##SUFFIX(FLOAT x);                                                               \
	FLOAT rint##SUFFIX(FLOAT x);                                                               \
	FLOAT nearbyint##SUFFIX(FLOAT x);                                                          \
	FLOAT roundeven##SUFFIX(FLOAT x);                                                          \
	FLOAT round##SUFFIX(FLOAT x);                                                              \
	static int is_whole##SUFFIX(FLOAT x)                                                       \
	{                                                                                          \
		/* also not a number, infinite */                                                  \
		return !(OF(BITS(x) & ~(SIGN)) < WHOLE);                                           \
	}                                                                                          \
	static FLOAT with_sign##SUFFIX(FLOAT magnitude, FLOAT sign)                                \
	{                                                                                          \
		return OF((BITS(magnitude) & ~(SIGN)) | (BITS(sign) & (SIGN)));                    \
	}                                                                                          \
	FLOAT trunc##SUFFIX(FLOAT x)                                                               \
	{                                                                                          \
		return is_whole##SUFFIX(x) ? x : with_sign##SUFFIX((FLOAT)(INT)x, x);              \
	}                                                                                          \
	FLOAT floor##SUFFIX(FLOAT x)                                                               \
	{                                                                                          \
		FLOAT t = trunc##SUFFIX(x);                                                        \
		return t > x ? t - 1 : t;                                                          \
	}                                                                                          \
	FLOAT ceil##SUFFIX(FLOAT x)                                                                \
	{                                                                                          \
		FLOAT t = trunc##SUFFIX(x);                                                        \
		return t < x ? with_sign##SUFFIX(t + 1, x) : t;                                    \
	}                                                                                          \
	FLOAT rint##SUFFIX(FLOAT x)                                                                \
	{                                                                                          \
		FLOAT a = OF(BITS(x) & ~(SIGN));                                                   \
		return is_whole##SUFFIX(x) ? x : with_sign##SUFFIX((a + WHOLE) - WHOLE, x);        \
	}                                                                                          \
	FLOAT nearbyint##SUFFIX(FLOAT x)                                                           \
	{                                                                                          \
		return rint##SUFFIX(x);                                                            \
	}                                                                                          \
	FLOAT roundeven##SUFFIX(FLOAT x)                                                           \
	{                                                                                          \
		return rint##SUFFIX(x);                                                            \
	}                                                                                          \
	FLOAT round##SUFFIX(FLOAT x)                                                               \
	{                                                                                          \
		FLOAT t = trunc##SUFFIX(x), rest = OF(BITS(x - t) & ~(SIGN));                      \
		return rest >= (FLOAT)0.5 ? t + with_sign##SUFFIX(1, x) : t;                       \
	}

ROUNDING(float, f, uint32_t, int32_t, bits32, float_of, 0x80000000u, 0x1p23f)
ROUNDING(double, , uint64_t, int64_t, bits64, double_of, (uint64_t)1 << 63, 0x1p52)

float __extendhfsf2(_Float16 h);
_Float16 __truncsfhf2(float x);
_Float16 __truncdfhf2(double x);

float __extendhfsf2(_Float16 h)
{
	union {
		_Float16 h;
		uint16_t u;
	} v = {h};
	uint32_t sign = (uint32_t)(v.u & 0x8000) << 16, a = v.u & 0x7fff;
	/* a denormal half becomes a denormal float, and both are scaled alike */
	uint32_t finite = bits32(float_of(a << 13) * 0x1p112f);
	return float_of(sign | (a < 0x7c00 ? finite : a << 13 | 0x7f800000));
}

_Float16 __truncsfhf2(float x)
{
	return __truncdfhf2((double)x);
}

_Float16 __truncdfhf2(double x)
{
	union {
		uint16_t u;
		_Float16 h;
	} v;
	uint64_t a = bits64(x) & ~((uint64_t)1 << 63);
	/* the sum's last bit is that of the half: a normal one has 11, a denormal one steps of
	 * 2^-24 */
	uint64_t exponent = a >> 52 < 1009 ? 1009 : a >> 52;
	uint64_t magic = (exponent + 42) << 52;
	uint64_t digits = bits64(double_of(a) + double_of(magic)) - magic;
	uint32_t h = (uint32_t)digits + (uint32_t)((exponent - 1009) << 10);
	if (a >= (uint64_t)1039 << 52)
		h = a > (uint64_t)2047 << 52 ? 0x7e00 | (a >> 42 & 0x3ff) : 0x7c00;
	v.u = (uint16_t)(bits64(x) >> 48 & 0x8000) | (uint16_t)h;
	return v.h;
}

float fmaf(float a, float b, float c);
double fma(double a, double b, double c);

/*
 * The product is exact in double; the sum is rounded to odd there, so that rounding it to float
 * rounds only once.
 */
float fmaf(float a, float b, float c)
{
	double p = (double)a * b, s = p + c;
	uint64_t u = bits64(s);
	if ((u >> 52 & 2047) == 2047)
		return (float)s;
	double from_c = s - p, error = (p - (s - from_c)) + (c - from_c);
	if (error != 0 && !(u & 1))
		u += (error > 0) == (s > 0) ? 1 : -1;
	return (float)double_of(u);
}

/* A finite number that is not zero: mantissa in [2^52, 2^53) and the exponent of its last bit. */
static uint64_t take_apart(uint64_t u, int *exponent)
{
	uint64_t m = u & (((uint64_t)1 << 52) - 1);
	int e = (int)(u >> 52 & 2047);
	if (e)
		m |= (uint64_t)1 << 52;
	else
		e = 1;
	int shift = __builtin_clzll(m) - 11;
	*exponent = e - 1075 - shift;
	return m << shift;
}

/* m >> n, with the bits that fall off gathered in the last one. */
static unsigned __int128 shift_jam(unsigned __int128 m, int n)
{
	if (n == 0)
		return m;
	if (n > 127)
		return m != 0;
	return m >> n | ((m & (((unsigned __int128)1 << n) - 1)) != 0);
}

/* Rounds m * 2^e to the nearest double, ties to even. m is not 0. */
static double put_together(unsigned __int128 m, int e, uint64_t sign)
{
	uint64_t high = (uint64_t)(m >> 64);
	int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)m);
	m <<= zeros;
	int top = e - zeros + 127;
	if (top > 1023)
		return double_of(sign | (uint64_t)2047 << 52);
	int keep = top >= -1022 ? 53 : 53 + 1022 + top;
	if (keep < 0)
		return double_of(sign);
	unsigned __int128 half = (unsigned __int128)1 << (127 - keep);
	unsigned __int128 rest = keep ? m & (2 * half - 1) : m;
	uint64_t q = keep ? (uint64_t)(m >> (128 - keep)) : 0;
	q += rest > half || (rest == half && (q & 1));
	if (top >= -1022)
		q += ((uint64_t)(top + 1022) << 52);
	return double_of(sign | q);
}

double fma(double a, double b, double c)
{
	const uint64_t sign_bit = (uint64_t)1 << 63;
	uint64_t ua = bits64(a), ub = bits64(b), uc = bits64(c);
	int ab_special = (ua >> 52 & 2047) == 2047 || (ub >> 52 & 2047) == 2047;
	if (ab_special || a == 0 || b == 0 || c != c)
		return a * b + c;
	if ((uc >> 52 & 2047) == 2047)
		return c;
	if (c == 0)
		return a * b;
	int ea, eb, ec;
	uint64_t ma = take_apart(ua, &ea), mb = take_apart(ub, &eb), mc = take_apart(uc, &ec);
	/* both below 2^126 */
	unsigned __int128 p = (unsigned __int128)ma * mb << 20, q = (unsigned __int128)mc << 73;
	int ep = ea + eb - 20;
	ec -= 73;
	uint64_t sp = (ua ^ ub) & sign_bit, sc = uc & sign_bit;
	int e = ep > ec ? ep : ec;
	p = shift_jam(p, e - ep > 200 ? 200 : e - ep);
	q = shift_jam(q, e - ec > 200 ? 200 : e - ec);
	if (sp == sc)
		return put_together(p + q, e, sp);
	if (p == q)
		return 0;
	return p > q ? put_together(p - q, e, sp) : put_together(q - p, e, sc);
}

float fmodf(float x, float y);
double fmod(double x, double y);

/* Long division, a bit at a time. */
double fmod(double x, double y)
{
	const uint64_t sign_bit = (uint64_t)1 << 63;
	uint64_t ux = bits64(x), uy = bits64(y) & ~sign_bit, sign = ux & sign_bit;
	ux &= ~sign_bit;
	if (uy == 0 || uy > (uint64_t)2047 << 52 || ux >= (uint64_t)2047 << 52)
		return (x * y) / (x * y);
	if (ux < uy)
		return x;
	int ex, ey;
	uint64_t mx = take_apart(ux, &ex), my = take_apart(uy, &ey);
	for (; ex > ey; ex--) {
		if (mx >= my)
			mx -= my;
		mx <<= 1;
	}
	if (mx >= my)
		mx -= my;
	return mx ? put_together(mx, ey, sign) : double_of(sign);
}

float fmodf(float x, float y)
{
	/* exact in double, and so is the result in float */
	return (float)fmod(x, y);
}
