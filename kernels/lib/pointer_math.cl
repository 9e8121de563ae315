/* SPDX-License-Identifier: MIT */
/* Math functions with a second result: libclc has them for private pointers. */
#include "lib.clh"

#define SAME(name, type, space)                                                                    \
	__attribute__((overloadable)) type name(type x, private type *second);                     \
	OVERLOAD type name(type x, space type *second)                                             \
	{                                                                                          \
		type s;                                                                            \
		type r = name(x, &s);                                                              \
		*second = s;                                                                       \
		return r;                                                                          \
	}
#define WITH_INT(name, type, itype, space)                                                         \
	__attribute__((overloadable)) type name(type x, private itype *second);                    \
	OVERLOAD type name(type x, space itype *second)                                            \
	{                                                                                          \
		itype s;                                                                           \
		type r = name(x, &s);                                                              \
		*second = s;                                                                       \
		return r;                                                                          \
	}
#define REMQUO(type, itype, space)                                                                 \
	__attribute__((overloadable)) type remquo(type x, type y, private itype *second);          \
	OVERLOAD type remquo(type x, type y, space itype *second)                                  \
	{                                                                                          \
		itype s;                                                                           \
		type r = remquo(x, y, &s);                                                         \
		*second = s;                                                                       \
		return r;                                                                          \
	}

#define FUNCTIONS(type, itype, space)                                                              \
	SAME(fract, type, space) SAME(modf, type, space) SAME(sincos, type, space)                 \
	WITH_INT(frexp, type, itype, space) WITH_INT(lgamma_r, type, itype, space)                 \
	REMQUO(type, itype, space)
#define WIDTHS(type, space)                                                                        \
	FUNCTIONS(type, int, space)                                                                \
	FUNCTIONS(type##2, int2, space) FUNCTIONS(type##3, int3, space)                            \
	FUNCTIONS(type##4, int4, space) FUNCTIONS(type##8, int8, space)                            \
	FUNCTIONS(type##16, int16, space)

FOR_OTHER_SPACES(WIDTHS, float)
FOR_OTHER_SPACES(WIDTHS, double)
