/* SPDX-License-Identifier: MIT */
/* Geometric, relational and vector data functions of half (cl_khr_fp16). */
#include "half.clh"

#define DECLARED __attribute__((overloadable))

#define GEOMETRIC(n)                                                                               \
	DECLARED float dot(float##n x, float##n y);                                                \
	DECLARED float length(float##n x);                                                         \
	DECLARED float distance(float##n x, float##n y);                                           \
	DECLARED float##n normalize(float##n x);                                                   \
	OVERLOAD half dot(half##n x, half##n y)                                                    \
	{                                                                                          \
		return down(dot(up(x), up(y)));                                                    \
	}                                                                                          \
	OVERLOAD half length(half##n x)                                                            \
	{                                                                                          \
		return down(length(up(x)));                                                        \
	}                                                                                          \
	OVERLOAD half distance(half##n x, half##n y)                                               \
	{                                                                                          \
		return down(distance(up(x), up(y)));                                               \
	}                                                                                          \
	OVERLOAD half##n normalize(half##n x)                                                      \
	{                                                                                          \
		return down(normalize(up(x)));                                                     \
	}
GEOMETRIC() GEOMETRIC(2) GEOMETRIC(3) GEOMETRIC(4)

#define CROSS(n)                                                                                   \
	DECLARED float##n cross(float##n x, float##n y);                                           \
	OVERLOAD half##n cross(half##n x, half##n y)                                               \
	{                                                                                          \
		return down(cross(up(x), up(y)));                                                  \
	}
CROSS(3) CROSS(4)

/* int and 1 of scalars, short and -1 of vectors: as the operators have it. */
#define COMPARE(name, result, n, condition)                                                        \
	OVERLOAD result##n name(half##n x, half##n y)                                              \
	{                                                                                          \
		return condition;                                                                  \
	}
#define CLASSIFY(name, result, n, condition)                                                       \
	OVERLOAD result##n name(half##n x)                                                         \
	{                                                                                          \
		ushort##n bits = as_ushort##n(x) & (ushort##n)0x7fff;                              \
		return condition;                                                                  \
	}
#define RELATIONAL(result, n)                                                                      \
	COMPARE(isequal, result, n, x == y)                                                        \
	COMPARE(isnotequal, result, n, x != y)                                                     \
	COMPARE(isgreater, result, n, x > y)                                                       \
	COMPARE(isgreaterequal, result, n, x >= y)                                                 \
	COMPARE(isless, result, n, x < y)                                                          \
	COMPARE(islessequal, result, n, x <= y)                                                    \
	COMPARE(islessgreater, result, n, (x < y) | (x > y))                                       \
	COMPARE(isordered, result, n, (x == x) & (y == y))                                         \
	COMPARE(isunordered, result, n, (x != x) | (y != y))                                       \
	CLASSIFY(isfinite, result, n, bits < (ushort##n)0x7c00)                                    \
	CLASSIFY(isinf, result, n, bits == (ushort##n)0x7c00)                                      \
	CLASSIFY(isnan, result, n, bits > (ushort##n)0x7c00)                                       \
	CLASSIFY(isnormal, result, n, (bits >= (ushort##n)0x400) & (bits < (ushort##n)0x7c00))     \
	CLASSIFY(signbit, result, n, bits != as_ushort##n(x))
RELATIONAL(int, )
RELATIONAL(short, 2) RELATIONAL(short, 3) RELATIONAL(short, 4) RELATIONAL(short, 8)
RELATIONAL(short, 16)

#define BITSELECT(n)                                                                               \
	OVERLOAD half##n bitselect(half##n a, half##n b, half##n mask)                             \
	{                                                                                          \
		ushort##n m = as_ushort##n(mask);                                                  \
		return as_half##n((ushort##n)((as_ushort##n(a) & ~m) | (as_ushort##n(b) & m)));    \
	}
FOR_N(BITSELECT)

#define SELECT(type, n, condition)                                                                 \
	OVERLOAD half##n select(half##n a, half##n b, type##n c)                                   \
	{                                                                                          \
		return condition ? b : a;                                                          \
	}
#define SELECT_VECTOR(n) SELECT(short, n, (c < (short##n)0)) SELECT(ushort, n, (as_short##n(c) < (short##n)0))
SELECT(short, , c)
SELECT(ushort, , c)
SELECT_VECTOR(2) SELECT_VECTOR(3) SELECT_VECTOR(4) SELECT_VECTOR(8) SELECT_VECTOR(16)

/* @n elements of vectors of @m. */
#define SHUFFLE(m, n)                                                                              \
	DECLARED ushort##n shuffle(ushort##m x, ushort##n mask);                                   \
	DECLARED ushort##n shuffle2(ushort##m x, ushort##m y, ushort##n mask);                     \
	OVERLOAD half##n shuffle(half##m x, ushort##n mask)                                        \
	{                                                                                          \
		return as_half##n(shuffle(as_ushort##m(x), mask));                                 \
	}                                                                                          \
	OVERLOAD half##n shuffle2(half##m x, half##m y, ushort##n mask)                            \
	{                                                                                          \
		return as_half##n(shuffle2(as_ushort##m(x), as_ushort##m(y), mask));               \
	}
#define SHUFFLES(m) SHUFFLE(m, 2) SHUFFLE(m, 4) SHUFFLE(m, 8) SHUFFLE(m, 16)
SHUFFLES(2) SHUFFLES(4) SHUFFLES(8) SHUFFLES(16)
