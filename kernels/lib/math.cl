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

/* These native_ and half_ functions are instructions. */
#define PREFIXED(prefix, type)                                                                     \
	__attribute__((overloadable)) type sqrt(type x);                                           \
	__attribute__((overloadable)) type rsqrt(type x);                                          \
	OVERLOAD type prefix##sqrt(type x)                                                         \
	{                                                                                          \
		return sqrt(x);                                                                    \
	}                                                                                          \
	OVERLOAD type prefix##rsqrt(type x)                                                        \
	{                                                                                          \
		return rsqrt(x);                                                                   \
	}                                                                                          \
	OVERLOAD type prefix##recip(type x)                                                        \
	{                                                                                          \
		return 1.0f / x;                                                                   \
	}                                                                                          \
	OVERLOAD type prefix##divide(type x, type y)                                               \
	{                                                                                          \
		return x / y;                                                                      \
	}
#define BOTH(type, unused) PREFIXED(native_, type) PREFIXED(half_, type)
FOR_WIDTHS(BOTH, float, )

/* libclc's nan(0UL) is an infinity. */
#define QUIET_NAN(n)                                                                               \
	OVERLOAD double##n nan(ulong##n code)                                                      \
	{                                                                                          \
		return as_double##n(code | 0x7ff8000000000000UL);                                  \
	}
QUIET_NAN() QUIET_NAN(2) QUIET_NAN(3) QUIET_NAN(4) QUIET_NAN(8) QUIET_NAN(16)
