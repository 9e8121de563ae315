/* SPDX-License-Identifier: MIT */
/*
 * Math and common functions of half (cl_khr_fp16). float has more than twice as many digits as half
 * and holds its denormal numbers as normal ones, so a function of float with few ulp of error,
 * rounded once more, is right but for about half an ulp.
 */
#include "half.clh"

#define DECLARED __attribute__((overloadable))

#define UNARY(name, n)                                                                             \
	DECLARED float##n name(float##n x);                                                        \
	OVERLOAD half##n name(half##n x)                                                           \
	{                                                                                          \
		return down(name(up(x)));                                                          \
	}
FOR_NAME(UNARY, acos) FOR_NAME(UNARY, acosh) FOR_NAME(UNARY, acospi)
FOR_NAME(UNARY, asin) FOR_NAME(UNARY, asinh) FOR_NAME(UNARY, asinpi)
FOR_NAME(UNARY, atan) FOR_NAME(UNARY, atanh) FOR_NAME(UNARY, atanpi)
FOR_NAME(UNARY, cbrt) FOR_NAME(UNARY, ceil)
FOR_NAME(UNARY, cos) FOR_NAME(UNARY, cosh) FOR_NAME(UNARY, cospi)
FOR_NAME(UNARY, erf) FOR_NAME(UNARY, erfc)
FOR_NAME(UNARY, exp) FOR_NAME(UNARY, exp2) FOR_NAME(UNARY, exp10) FOR_NAME(UNARY, expm1)
FOR_NAME(UNARY, fabs) FOR_NAME(UNARY, floor) FOR_NAME(UNARY, lgamma)
FOR_NAME(UNARY, log) FOR_NAME(UNARY, log2) FOR_NAME(UNARY, log10) FOR_NAME(UNARY, log1p)
FOR_NAME(UNARY, logb) FOR_NAME(UNARY, rint) FOR_NAME(UNARY, round) FOR_NAME(UNARY, rsqrt)
FOR_NAME(UNARY, sin) FOR_NAME(UNARY, sinh) FOR_NAME(UNARY, sinpi) FOR_NAME(UNARY, sqrt)
FOR_NAME(UNARY, tan) FOR_NAME(UNARY, tanh) FOR_NAME(UNARY, tanpi)
FOR_NAME(UNARY, tgamma) FOR_NAME(UNARY, trunc)
FOR_NAME(UNARY, degrees) FOR_NAME(UNARY, radians) FOR_NAME(UNARY, sign)

#define BINARY(name, n)                                                                            \
	DECLARED float##n name(float##n x, float##n y);                                            \
	OVERLOAD half##n name(half##n x, half##n y)                                                \
	{                                                                                          \
		return down(name(up(x), up(y)));                                                   \
	}
FOR_NAME(BINARY, atan2) FOR_NAME(BINARY, atan2pi) FOR_NAME(BINARY, copysign)
FOR_NAME(BINARY, fdim) FOR_NAME(BINARY, fmax) FOR_NAME(BINARY, fmin) FOR_NAME(BINARY, fmod)
FOR_NAME(BINARY, hypot) FOR_NAME(BINARY, maxmag) FOR_NAME(BINARY, minmag)
FOR_NAME(BINARY, pow) FOR_NAME(BINARY, powr) FOR_NAME(BINARY, remainder)
FOR_NAME(BINARY, max) FOR_NAME(BINARY, min) FOR_NAME(BINARY, step)

/* With a scalar second argument. */
#define SCALAR_SECOND(name, n)                                                                     \
	OVERLOAD half##n name(half##n x, half y)                                                   \
	{                                                                                          \
		return name(x, (half##n)y);                                                        \
	}
#define VECTORS(X, name) X(name, 2) X(name, 3) X(name, 4) X(name, 8) X(name, 16)
VECTORS(SCALAR_SECOND, fmax) VECTORS(SCALAR_SECOND, fmin)
VECTORS(SCALAR_SECOND, max) VECTORS(SCALAR_SECOND, min)

#define WITH_INT(name, n)                                                                          \
	DECLARED float##n name(float##n x, int##n k);                                              \
	OVERLOAD half##n name(half##n x, int##n k)                                                 \
	{                                                                                          \
		return down(name(up(x), k));                                                       \
	}
FOR_NAME(WITH_INT, ldexp) FOR_NAME(WITH_INT, pown) FOR_NAME(WITH_INT, rootn)

#define LDEXP(name, n)                                                                             \
	OVERLOAD half##n name(half##n x, int k)                                                    \
	{                                                                                          \
		return name(x, (int##n)k);                                                         \
	}
VECTORS(LDEXP, ldexp)

#define TERNARY(name, n)                                                                           \
	DECLARED float##n name(float##n x, float##n y, float##n z);                                \
	OVERLOAD half##n name(half##n x, half##n y, half##n z)                                     \
	{                                                                                          \
		return down(name(up(x), up(y), up(z)));                                            \
	}
FOR_NAME(TERNARY, clamp) FOR_NAME(TERNARY, mix) FOR_NAME(TERNARY, smoothstep)

/* With scalars where the specification has them. */
#define SCALARS(unused, n)                                                                         \
	OVERLOAD half##n clamp(half##n x, half low, half high)                                     \
	{                                                                                          \
		return clamp(x, (half##n)low, (half##n)high);                                      \
	}                                                                                          \
	OVERLOAD half##n mix(half##n x, half##n y, half a)                                         \
	{                                                                                          \
		return mix(x, y, (half##n)a);                                                      \
	}                                                                                          \
	OVERLOAD half##n step(half edge, half##n x)                                                \
	{                                                                                          \
		return step((half##n)edge, x);                                                     \
	}                                                                                          \
	OVERLOAD half##n smoothstep(half low, half high, half##n x)                                \
	{                                                                                          \
		return smoothstep((half##n)low, (half##n)high, x);                                 \
	}
VECTORS(SCALARS, )

/* LLVM's own, which widen/half.c makes right. */
#define FMA(n)                                                                                     \
	OVERLOAD half##n fma(half##n x, half##n y, half##n z)                                      \
	{                                                                                          \
		return __builtin_elementwise_fma(x, y, z);                                         \
	}
FOR_N(FMA)

#define MAD(n)                                                                                     \
	OVERLOAD half##n mad(half##n x, half##n y, half##n z)                                      \
	{                                                                                          \
		return down(up(x) * up(y) + up(z));                                                \
	}
FOR_N(MAD)

OVERLOAD half nextafter(half x, half y)
{
	short from = as_short(x), to = as_short(y);
	bool outwards = (x < y) == (from >= 0);
	ushort next = from + (outwards ? 1 : -1);
	if (x == 0)
		next = (to & 0x8000) | 1;
	half r = x == y ? y : as_half(next);
	return x != x || y != y ? x + y : r;
}

#define NEXTAFTER(unused, n)                                                                       \
	OVERLOAD half##n nextafter(half##n x, half##n y)                                           \
	{                                                                                          \
		half##n r;                                                                         \
		for (int i = 0; i < n; i++)                                                        \
			r[i] = nextafter(x[i], y[i]);                                              \
		return r;                                                                          \
	}
VECTORS(NEXTAFTER, )

#define OTHER_TYPES(n)                                                                             \
	DECLARED int##n ilogb(float##n x);                                                         \
	OVERLOAD int##n ilogb(half##n x)                                                           \
	{                                                                                          \
		return ilogb(up(x));                                                               \
	}                                                                                          \
	OVERLOAD half##n nan(ushort##n code)                                                       \
	{                                                                                          \
		return as_half##n((ushort##n)(code | (ushort##n)0x7e00));                          \
	}
FOR_N(OTHER_TYPES)

/* Functions with a second result; libclc has those of float for private pointers. */
#define SAME(name, n, space)                                                                       \
	DECLARED float##n name(float##n x, private float##n *second);                              \
	OVERLOAD half##n name(half##n x, space half##n *second)                                    \
	{                                                                                          \
		float##n s, r = name(up(x), &s);                                                   \
		*second = down(s);                                                                 \
		return down(r);                                                                    \
	}
#define INT_SECOND(name, n, space)                                                                 \
	DECLARED float##n name(float##n x, private int##n *second);                                \
	OVERLOAD half##n name(half##n x, space int##n *second)                                     \
	{                                                                                          \
		int##n s;                                                                          \
		float##n r = name(up(x), &s);                                                      \
		*second = s;                                                                       \
		return down(r);                                                                    \
	}
#define REMQUO(n, space)                                                                           \
	DECLARED float##n remquo(float##n x, float##n y, private int##n *quotient);                \
	OVERLOAD half##n remquo(half##n x, half##n y, space int##n *quotient)                      \
	{                                                                                          \
		int##n q;                                                                          \
		float##n r = remquo(up(x), up(y), &q);                                             \
		*quotient = q;                                                                     \
		return down(r);                                                                    \
	}
/* Below 1, also where the fraction would round to it. */
#define FRACT(n, space)                                                                            \
	DECLARED float##n fract(float##n x, private float##n *whole);                              \
	OVERLOAD half##n fract(half##n x, space half##n *whole)                                    \
	{                                                                                          \
		float##n w, r = fract(up(x), &w);                                                  \
		*whole = down(w);                                                                  \
		return down(min(r, (float##n)0x1.ffcp-1f));                                        \
	}
#define TWO_RESULTS(space, n)                                                                      \
	SAME(modf, n, space) SAME(sincos, n, space)                                                \
	INT_SECOND(frexp, n, space) INT_SECOND(lgamma_r, n, space)                                 \
	REMQUO(n, space) FRACT(n, space)
FOR_NAME(TWO_RESULTS, private)
FOR_NAME(TWO_RESULTS, global)
FOR_NAME(TWO_RESULTS, local)
FOR_NAME(TWO_RESULTS, generic)
