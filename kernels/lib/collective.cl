/* SPDX-License-Identifier: MIT */
/*
 * DOC: work-group collective functions (OpenCL C 6.15.16)
 *
 * One thread runs a work-group. Between two barriers it runs the chunks in the order of the linear
 * local ids, and what has no vector form lane by lane in that order. So the first work-item can set
 * the accumulator, every other finds it set, and what a read-modify-write operation returns is the
 * exclusive scan. A barrier follows before anybody may come to the next collective function.
 */
#include "lib.clh"

/* 8 bytes of local memory of the kernel's: widen/lower.c. */
local ulong *__tern_collective(void);

__attribute__((overloadable)) size_t get_local_id(uint dimension);
__attribute__((overloadable)) size_t get_local_linear_id(void);
__attribute__((overloadable, convergent)) void barrier(cl_mem_fence_flags flags);

#define IS_FIRST (get_local_linear_id() == 0)
#define WAIT()   barrier(CLK_LOCAL_MEM_FENCE)

OVERLOAD int work_group_all(int predicate)
{
	local int *all = (local int *)__tern_collective();
	if (IS_FIRST)
		*all = 1;
	if (!predicate)
		*all = 0;
	WAIT();
	int result = *all;
	WAIT();
	return result;
}

OVERLOAD int work_group_any(int predicate)
{
	local int *any = (local int *)__tern_collective();
	if (IS_FIRST)
		*any = 0;
	if (predicate)
		*any = 1;
	WAIT();
	int result = *any;
	WAIT();
	return result;
}

#define BROADCAST(type, parameters, is_source)                                                     \
	OVERLOAD type work_group_broadcast parameters                                              \
	{                                                                                          \
		local type *slot = (local type *)__tern_collective();                              \
		if (is_source)                                                                     \
			*slot = v;                                                                 \
		WAIT();                                                                            \
		type result = *slot;                                                               \
		WAIT();                                                                            \
		return result;                                                                     \
	}
#define BROADCASTS(type)                                                                           \
	BROADCAST(type, (type v, size_t x), get_local_id(0) == x)                                  \
	BROADCAST(type, (type v, size_t x, size_t y), get_local_id(0) == x && get_local_id(1) == y) \
	BROADCAST(type, (type v, size_t x, size_t y, size_t z),                                    \
		  get_local_id(0) == x && get_local_id(1) == y && get_local_id(2) == z)

/* The accumulator's value before this work-item's turn. */
#define TURN(type, name, identity)                                                                 \
	local atomic_##type *sum = (local atomic_##type *)__tern_collective();                     \
	if (IS_FIRST)                                                                              \
		__opencl_atomic_store(sum, identity, memory_order_relaxed,                         \
				      memory_scope_work_group);                                    \
	type before = __opencl_atomic_fetch_##name(sum, v, memory_order_relaxed,                   \
						   memory_scope_work_group);                       \
	WAIT()

#define COLLECTIVE(type, name, identity, both)                                                     \
	OVERLOAD type work_group_scan_exclusive_##name(type v)                                     \
	{                                                                                          \
		TURN(type, name, identity);                                                        \
		return before;                                                                     \
	}                                                                                          \
	OVERLOAD type work_group_scan_inclusive_##name(type v)                                     \
	{                                                                                          \
		TURN(type, name, identity);                                                        \
		return both;                                                                       \
	}                                                                                          \
	OVERLOAD type work_group_reduce_##name(type v)                                             \
	{                                                                                          \
		TURN(type, name, identity);                                                        \
		(void)before;                                                                      \
		type result = *(local type *)sum;                                                  \
		WAIT();                                                                            \
		return result;                                                                     \
	}

/* As the atomics have it: what is not a number does not count. */
#define MIN_OF(a, b)  ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b)  ((a) > (b) ? (a) : (b))
#define FAMILY(type, least, greatest, min_of, max_of)                                                              \
	BROADCASTS(type)                                                                           \
	COLLECTIVE(type, add, 0, before + v)                                                       \
	COLLECTIVE(type, min, greatest, min_of(before, v))                                   \
	COLLECTIVE(type, max, least, max_of(before, v))

FAMILY(int, INT_MIN, INT_MAX, MIN_OF, MAX_OF)
FAMILY(uint, 0, UINT_MAX, MIN_OF, MAX_OF)
FAMILY(long, LONG_MIN, LONG_MAX, MIN_OF, MAX_OF)
FAMILY(ulong, 0, ULONG_MAX, MIN_OF, MAX_OF)
FAMILY(float, -INFINITY, INFINITY, __builtin_fminf, __builtin_fmaxf)
FAMILY(double, -(double)INFINITY, (double)INFINITY, __builtin_fmin, __builtin_fmax)

/* Sums of halves are taken in float and rounded when they are handed out. */
#define OF_HALF(name)                                                                              \
	OVERLOAD half work_group_##name(half v)                                                    \
	{                                                                                          \
		return (half)work_group_##name((float)v);                                          \
	}
#define OF_HALVES(name) OF_HALF(reduce_##name) OF_HALF(scan_inclusive_##name) OF_HALF(scan_exclusive_##name)
BROADCASTS(half)
OF_HALVES(add) OF_HALVES(min) OF_HALVES(max)
