/* SPDX-License-Identifier: MIT */
/*
 * sinpi(), cospi() and tanpi(): libclc's have zeros of the wrong sign (IEC 60559 has it), and long
 * branches. Half turns are taken off exactly; what is left, pi/4 at most, is for Taylor's series.
 */
#include "lib.clh"

static inline OVERLOAD float sine_of(float x)
{
	float z = x * x, p = 1.0f / 362880;
	p = p * z - 1.0f / 5040;
	p = p * z + 1.0f / 120;
	p = p * z - 1.0f / 6;
	return p * (z * x) + x;
}

static inline OVERLOAD float cosine_of(float x)
{
	float z = x * x, p = -1.0f / 3628800;
	p = p * z + 1.0f / 40320;
	p = p * z - 1.0f / 720;
	p = p * z + 1.0f / 24;
	return p * (z * z) + (1.0f - 0.5f * z);
}

static inline OVERLOAD double sine_of(double x)
{
	double z = x * x, p = -1.0 / 121645100408832000.0;
	p = p * z + 1.0 / 355687428096000.0;
	p = p * z - 1.0 / 1307674368000.0;
	p = p * z + 1.0 / 6227020800.0;
	p = p * z - 1.0 / 39916800;
	p = p * z + 1.0 / 362880;
	p = p * z - 1.0 / 5040;
	p = p * z + 1.0 / 120;
	p = p * z - 1.0 / 6;
	return p * (z * x) + x;
}

static inline OVERLOAD double cosine_of(double x)
{
	double z = x * x, p = -1.0 / 6402373705728000.0;
	p = p * z + 1.0 / 20922789888000.0;
	p = p * z - 1.0 / 87178291200.0;
	p = p * z + 1.0 / 479001600;
	p = p * z - 1.0 / 3628800;
	p = p * z + 1.0 / 40320;
	p = p * z - 1.0 / 720;
	p = p * z + 1.0 / 24;
	return p * (z * z) + (1.0 - 0.5 * z);
}

/*
 * sine(): of pi * @a and @quarters quarter turns more; a zero is positive. @a is not negative; for
 * an infinite one, and for what is no number, there is no number.
 */
#define FUNCTIONS(type, itype)                                                                     \
	static inline __attribute__((overloadable)) type sine(type a, int quarters)                \
	{                                                                                          \
		type turn = a - 2 * __builtin_elementwise_floor(a * (type)0.5);                    \
		type n = __builtin_elementwise_rint(2 * turn);                                     \
		type rest = (turn - n * (type)0.5) * (type)M_PI;                                   \
		int q = (turn == turn ? (int)n : 0) + quarters;                                    \
		type v = q & 1 ? cosine_of(rest) : sine_of(rest);                                  \
		return v == 0 ? 0 : q & 2 ? -v : v;                                                \
	}                                                                                          \
	OVERLOAD type sinpi(type x)                                                                \
	{                                                                                          \
		type a = __builtin_elementwise_abs(x), v = sine(a, 0);                             \
		return as_##itype(x) < 0 ? -v : v;                                                 \
	}                                                                                          \
	OVERLOAD type cospi(type x)                                                                \
	{                                                                                          \
		return sine(__builtin_elementwise_abs(x), 1);                                      \
	}                                                                                          \
	OVERLOAD type tanpi(type x)                                                                \
	{                                                                                          \
		type a = __builtin_elementwise_abs(x), v = sine(a, 0) / sine(a, 1);                \
		return as_##itype(x) < 0 ? -v : v;                                                 \
	}
FUNCTIONS(float, int)
FUNCTIONS(double, long)

/* libclc's forgets the sign of zero. */
__attribute__((overloadable)) double atan(double x);
OVERLOAD double atanpi(double x)
{
	return x == 0 ? x : atan(x) * M_1_PI;
}

#define VECTOR(name, type, n)                                                                      \
	OVERLOAD type##n name(type##n x)                                                           \
	{                                                                                          \
		type##n r;                                                                         \
		for (int i = 0; i < n; i++)                                                        \
			r[i] = name(x[i]);                                                         \
		return r;                                                                          \
	}
#define VECTORS(name, type)                                                                        \
	VECTOR(name, type, 2) VECTOR(name, type, 3) VECTOR(name, type, 4) VECTOR(name, type, 8)    \
	VECTOR(name, type, 16)
VECTORS(sinpi, float) VECTORS(cospi, float) VECTORS(tanpi, float)
VECTORS(sinpi, double) VECTORS(cospi, double) VECTORS(tanpi, double) VECTORS(atanpi, double)
