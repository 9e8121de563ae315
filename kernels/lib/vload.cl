/* SPDX-License-Identifier: MIT */
/* vloadN and vstoreN (OpenCL C 6.15.7): pointers need only the alignment of an element. */
#include "lib.clh"

#define DECLARE(type, n, bytes)                                                                    \
	typedef type##n packed_##type##n __attribute__((aligned(bytes)));
#define DECLARE_ALL(type, bytes)                                                                   \
	DECLARE(type, 2, bytes) DECLARE(type, 4, bytes) DECLARE(type, 8, bytes)                    \
	DECLARE(type, 16, bytes)

DECLARE_ALL(char, 1)
DECLARE_ALL(uchar, 1)
DECLARE_ALL(short, 2)
DECLARE_ALL(ushort, 2)
DECLARE_ALL(int, 4)
DECLARE_ALL(uint, 4)
DECLARE_ALL(long, 8)
DECLARE_ALL(ulong, 8)
DECLARE_ALL(half, 2)
DECLARE_ALL(float, 4)
DECLARE_ALL(double, 8)

#define LOAD(type, n, space)                                                                       \
	OVERLOAD type##n vload##n(size_t offset, const space type *p)                              \
	{                                                                                          \
		return *(const space packed_##type##n *)(p + n * offset);                          \
	}
#define STORE(type, n, space)                                                                      \
	OVERLOAD void vstore##n(type##n v, size_t offset, space type *p)                           \
	{                                                                                          \
		*(space packed_##type##n *)(p + n * offset) = v;                                   \
	}
#define LOAD_ALL(type, space)                                                                      \
	LOAD(type, 2, space) LOAD(type, 4, space) LOAD(type, 8, space) LOAD(type, 16, space)       \
	OVERLOAD type##3 vload3(size_t offset, const space type *p)                                \
	{                                                                                          \
		p += 3 * offset;                                                                   \
		return (type##3)(p[0], p[1], p[2]);                                                \
	}
#define STORE_ALL(type, space)                                                                     \
	STORE(type, 2, space) STORE(type, 4, space) STORE(type, 8, space) STORE(type, 16, space)   \
	OVERLOAD void vstore3(type##3 v, size_t offset, space type *p)                             \
	{                                                                                          \
		p += 3 * offset;                                                                   \
		p[0] = v.x;                                                                        \
		p[1] = v.y;                                                                        \
		p[2] = v.z;                                                                        \
	}

#define SPACES(type)                                                                               \
	FOR_SPACES(LOAD_ALL, type) LOAD_ALL(type, constant) FOR_SPACES(STORE_ALL, type)
ALL_TYPES(SPACES)
