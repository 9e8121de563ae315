/* SPDX-License-Identifier: MIT */
/* vload_half and vstore_half in all their forms (OpenCL C 6.15.7). */
#include "half.clh"

#define LOAD1(unused, space)                                                                       \
	OVERLOAD float vload_half(size_t offset, const space half *p)                              \
	{                                                                                          \
		return p[offset];                                                                  \
	}
/* @stride: elements from one vector to the next */
#define LOAD(name, n, stride, space)                                                               \
	OVERLOAD float##n name##n(size_t offset, const space half *p)                              \
	{                                                                                          \
		const space half *from = p + stride * offset;                                      \
		float##n v;                                                                        \
		for (int i = 0; i < n; i++)                                                        \
			v[i] = from[i];                                                            \
		return v;                                                                          \
	}
#define LOAD_ALL(unused, space)                                                                    \
	LOAD1(, space)                                                                             \
	LOAD(vload_half, 2, 2, space) LOAD(vload_half, 3, 3, space) LOAD(vload_half, 4, 4, space)  \
	LOAD(vload_half, 8, 8, space) LOAD(vload_half, 16, 16, space)                              \
	LOAD(vloada_half, 2, 2, space) LOAD(vloada_half, 3, 4, space)                              \
	LOAD(vloada_half, 4, 4, space) LOAD(vloada_half, 8, 8, space)                              \
	LOAD(vloada_half, 16, 16, space)

#define STORE1(type, suffix, mode, space)                                                          \
	OVERLOAD void vstore_half##suffix(type v, size_t offset, space half *p)                    \
	{                                                                                          \
		((space ushort *)p)[offset] = to_half(v, mode);                                    \
	}
#define STORE(name, type, n, stride, suffix, mode, space)                                          \
	OVERLOAD void name##n##suffix(type##n v, size_t offset, space half *p)                     \
	{                                                                                          \
		space ushort *to = (space ushort *)p + stride * offset;                            \
		for (int i = 0; i < n; i++)                                                        \
			to[i] = to_half(v[i], mode);                                               \
	}
#define STORE_MODE(type, suffix, mode, space)                                                      \
	STORE1(type, suffix, mode, space)                                                          \
	STORE(vstore_half, type, 2, 2, suffix, mode, space)                                        \
	STORE(vstore_half, type, 3, 3, suffix, mode, space)                                        \
	STORE(vstore_half, type, 4, 4, suffix, mode, space)                                        \
	STORE(vstore_half, type, 8, 8, suffix, mode, space)                                        \
	STORE(vstore_half, type, 16, 16, suffix, mode, space)                                      \
	STORE(vstorea_half, type, 2, 2, suffix, mode, space)                                       \
	STORE(vstorea_half, type, 3, 4, suffix, mode, space)                                       \
	STORE(vstorea_half, type, 4, 4, suffix, mode, space)                                       \
	STORE(vstorea_half, type, 8, 8, suffix, mode, space)                                       \
	STORE(vstorea_half, type, 16, 16, suffix, mode, space)
#define STORE_ALL(type, space)                                                                     \
	STORE_MODE(type, , RTE, space)                                                             \
	STORE_MODE(type, _rte, RTE, space) STORE_MODE(type, _rtz, RTZ, space)                      \
	STORE_MODE(type, _rtp, RTP, space) STORE_MODE(type, _rtn, RTN, space)

FOR_SPACES(LOAD_ALL, )
LOAD_ALL(, constant)
FOR_SPACES(STORE_ALL, float)
FOR_SPACES(STORE_ALL, double)
