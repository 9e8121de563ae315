/* SPDX-License-Identifier: MIT */
/* Math functions that libclc 19 lacks or gets wrong. */
#include "lib.clh"

#define SMOOTHSTEP(n)                                                                              \
	__attribute__((overloadable)) double##n smoothstep(double##n a, double##n b, double##n x); \
	OVERLOAD double##n smoothstep(double a, double b, double##n x)                             \
	{                                                                                          \
		return smoothstep((double##n)a, (double##n)b, x);                                  \
	}
SMOOTHSTEP(2) SMOOTHSTEP(3) SMOOTHSTEP(4) SMOOTHSTEP(8) SMOOTHSTEP(16)

/* half_ functions are the full ones, which are fast enough, and so are these native_ ones. */
#define SAME_AS(name, full, type)                                                                  \
	__attribute__((overloadable)) type full(type x);                                           \
	OVERLOAD type name(type x)                                                                 \
	{                                                                                          \
		return full(x);                                                                    \
	}
#define PREFIXED(prefix, type)                                                                     \
	SAME_AS(prefix##sqrt, sqrt, type)                                                          \
	SAME_AS(prefix##rsqrt, rsqrt, type)                                                        \
	OVERLOAD type prefix##recip(type x)                                                        \
	{                                                                                          \
		return 1.0f / x;                                                                   \
	}                                                                                          \
	OVERLOAD type prefix##divide(type x, type y)                                               \
	{                                                                                          \
		return x / y;                                                                      \
	}
#define RELAXED(type, unused)                                                                      \
	PREFIXED(native_, type)                                                                    \
	PREFIXED(half_, type)                                                                      \
	SAME_AS(half_cos, cos, type) SAME_AS(half_sin, sin, type) SAME_AS(half_tan, tan, type)     \
	SAME_AS(half_exp, exp, type) SAME_AS(half_exp2, exp2, type)                                \
	SAME_AS(half_exp10, exp10, type) SAME_AS(half_log, log, type)                              \
	SAME_AS(half_log2, log2, type) SAME_AS(half_log10, log10, type)                            \
	__attribute__((overloadable)) type powr(type x, type y);                                   \
	OVERLOAD type half_powr(type x, type y)                                                    \
	{                                                                                          \
		return powr(x, y);                                                                 \
	}
FOR_WIDTHS(RELAXED, float, )

/* libclc's nan(0UL) is an infinity. */
#define QUIET_NAN(n)                                                                               \
	OVERLOAD double##n nan(ulong##n code)                                                      \
	{                                                                                          \
		return as_double##n(code | 0x7ff8000000000000UL);                                  \
	}
QUIET_NAN() QUIET_NAN(2) QUIET_NAN(3) QUIET_NAN(4) QUIET_NAN(8) QUIET_NAN(16)
