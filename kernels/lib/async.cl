/* SPDX-License-Identifier: MIT */
/*
 * Copies by a whole work-group (OpenCL C 6.15.11): each work-item does its share at once, and
 * waiting is a barrier. Events carry nothing.
 */
#include "lib.clh"

__attribute__((overloadable)) size_t get_local_id(uint dimension);
__attribute__((overloadable)) size_t get_local_size(uint dimension);
__attribute__((overloadable, convergent)) void barrier(cl_mem_fence_flags flags);

#define SHARE                                                                                      \
	size_t first = get_local_id(0) +                                                           \
		       get_local_size(0) * (get_local_id(1) + get_local_size(1) * get_local_id(2)), \
	       step = get_local_size(0) * get_local_size(1) * get_local_size(2)

#define COPY(type, to, from)                                                                       \
	OVERLOAD event_t async_work_group_copy(to type *dst, const from type *src, size_t count,   \
					       event_t event)                                      \
	{                                                                                          \
		SHARE;                                                                             \
		for (size_t i = first; i < count; i += step)                                       \
			dst[i] = src[i];                                                           \
		return 0;                                                                          \
	}
#define GATHER(type)                                                                               \
	OVERLOAD event_t async_work_group_strided_copy(local type *dst, const global type *src,    \
						       size_t count, size_t stride, event_t event) \
	{                                                                                          \
		SHARE;                                                                             \
		for (size_t i = first; i < count; i += step)                                       \
			dst[i] = src[i * stride];                                                  \
		return 0;                                                                          \
	}
#define SCATTER(type)                                                                              \
	OVERLOAD event_t async_work_group_strided_copy(global type *dst, const local type *src,    \
						       size_t count, size_t stride, event_t event) \
	{                                                                                          \
		SHARE;                                                                             \
		for (size_t i = first; i < count; i += step)                                       \
			dst[i * stride] = src[i];                                                  \
		return 0;                                                                          \
	}
#define PREFETCH(type)                                                                             \
	OVERLOAD void prefetch(const global type *p, size_t count)                                 \
	{                                                                                          \
	}
#define COPIES(type, unused)                                                                       \
	COPY(type, local, global) COPY(type, global, local) GATHER(type) SCATTER(type)             \
	PREFETCH(type)
#define WIDTHS(type) FOR_WIDTHS(COPIES, type, )
ALL_TYPES(WIDTHS)

OVERLOAD void wait_group_events(int count, private event_t *events)
{
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
}

OVERLOAD void wait_group_events(int count, generic event_t *events)
{
	barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);
}
