/* SPDX-License-Identifier: MIT */
/*
 * DOC: sub-groups (OpenCL C 6.15.19 and the khr sub-group extensions)
 *
 * All from a few functions that the vectoriser knows, widen/sub_group.c: they act on the lanes that
 * take part where they are called, so that the non-uniform functions are the same as the others.
 * Values travel as 32 or 64 bits.
 */
#include "lib.clh"

#pragma OPENCL EXTENSION cl_khr_fp16 : enable

#define PRIMITIVE __attribute__((convergent, const))

PRIMITIVE size_t __tern_sub_group_local_id(void);
PRIMITIVE size_t __tern_sub_group_id(void);
PRIMITIVE size_t __tern_sub_group_size(void);
PRIMITIVE size_t __tern_sub_group_max_size(void);
__attribute__((convergent)) void __tern_sub_group_barrier(void);
/* A bit for each lane whose predicate is not 0. */
PRIMITIVE ulong __tern_sub_group_mask(int predicate);

/* The operations of reductions and scans. */
enum { ADD, MUL, MIN, MAX, UMIN, UMAX, AND, OR, XOR };

#define DECLARE(type, suffix)                                                                      \
	PRIMITIVE type __tern_sub_group_shuffle_##suffix(type v, uint lane);                       \
	PRIMITIVE type __tern_sub_group_reduce_##suffix(int op, type v);                           \
	PRIMITIVE type __tern_sub_group_cluster_##suffix(int op, type v, uint size);               \
	PRIMITIVE type __tern_sub_group_scan_##suffix(int op, type v);                             \
	PRIMITIVE type __tern_sub_group_before_##suffix(int op, type v);
DECLARE(int, i32)
DECLARE(long, i64)
DECLARE(float, f32)
DECLARE(double, f64)

__attribute__((overloadable)) size_t get_local_size(uint dimension);
__attribute__((overloadable)) size_t get_enqueued_local_size(uint dimension);

#define ID ((uint)__tern_sub_group_local_id())

/* ---- which sub-group ---- */

OVERLOAD uint get_sub_group_size(void)
{
	return (uint)__tern_sub_group_size();
}

OVERLOAD uint get_max_sub_group_size(void)
{
	return (uint)__tern_sub_group_max_size();
}

#define COUNT(size)                                                                                \
	((uint)((size(0) * size(1) * size(2) + __tern_sub_group_max_size() - 1) /                  \
		__tern_sub_group_max_size()))

OVERLOAD uint get_num_sub_groups(void)
{
	return COUNT(get_local_size);
}

OVERLOAD uint get_enqueued_num_sub_groups(void)
{
	return COUNT(get_enqueued_local_size);
}

OVERLOAD uint get_sub_group_id(void)
{
	return (uint)__tern_sub_group_id();
}

OVERLOAD uint get_sub_group_local_id(void)
{
	return ID;
}

OVERLOAD void sub_group_barrier(cl_mem_fence_flags flags)
{
	(void)flags;
	__tern_sub_group_barrier();
}

OVERLOAD void sub_group_barrier(cl_mem_fence_flags flags, memory_scope scope)
{
	(void)flags;
	(void)scope;
	__tern_sub_group_barrier();
}

/* ---- votes and ballots ---- */

#define ALL  (__tern_sub_group_mask(!predicate) == 0)
#define SOME (__tern_sub_group_mask(predicate) != 0)
#define FIRST ((uint)__builtin_ctzl(__tern_sub_group_mask(1)))

OVERLOAD int sub_group_all(int predicate)
{
	return ALL;
}

OVERLOAD int sub_group_any(int predicate)
{
	return SOME;
}

OVERLOAD int sub_group_non_uniform_all(int predicate)
{
	return ALL;
}

OVERLOAD int sub_group_non_uniform_any(int predicate)
{
	return SOME;
}

OVERLOAD int sub_group_elect(void)
{
	return ID == FIRST;
}

/* The bits of sub-group local ids that there may be. */
static ulong possible(void)
{
	return ~0ul >> (64 - __tern_sub_group_max_size());
}

static ulong from_ballot(uint4 ballot)
{
	return (ulong)ballot.y << 32 | ballot.x;
}

static uint4 to_ballot(ulong bits)
{
	return (uint4)((uint)bits, (uint)(bits >> 32), 0, 0);
}

OVERLOAD uint4 sub_group_ballot(int predicate)
{
	return to_ballot(__tern_sub_group_mask(predicate));
}

OVERLOAD int sub_group_inverse_ballot(uint4 ballot)
{
	return (from_ballot(ballot) >> ID) & 1;
}

OVERLOAD int sub_group_ballot_bit_extract(uint4 ballot, uint index)
{
	return index < 64 ? (from_ballot(ballot) >> index) & 1 : 0;
}

#define EQ_MASK (1ul << ID)
#define LT_MASK (EQ_MASK - 1)
#define LE_MASK (LT_MASK | EQ_MASK)
#define GE_MASK (possible() & ~LT_MASK)
#define GT_MASK (possible() & ~LE_MASK)

#define BITS_SET(mask) ((uint)__builtin_popcountl(from_ballot(ballot) & (mask)))

OVERLOAD uint sub_group_ballot_bit_count(uint4 ballot)
{
	return BITS_SET(possible());
}

OVERLOAD uint sub_group_ballot_inclusive_scan(uint4 ballot)
{
	return BITS_SET(LE_MASK);
}

OVERLOAD uint sub_group_ballot_exclusive_scan(uint4 ballot)
{
	return BITS_SET(LT_MASK);
}

/* Undefined when no bit is set. */
OVERLOAD uint sub_group_ballot_find_lsb(uint4 ballot)
{
	ulong bits = from_ballot(ballot) & possible();
	return bits ? (uint)__builtin_ctzl(bits) : 0;
}

OVERLOAD uint sub_group_ballot_find_msb(uint4 ballot)
{
	ulong bits = from_ballot(ballot) & possible();
	return bits ? 63 - (uint)__builtin_clzl(bits) : 0;
}

#define MASK(name, mask)                                                                           \
	OVERLOAD uint4 get_sub_group_##name##_mask(void)                                           \
	{                                                                                          \
		return to_ballot(mask);                                                            \
	}
MASK(eq, EQ_MASK)
MASK(ge, GE_MASK)
MASK(gt, GT_MASK)
MASK(le, LE_MASK)
MASK(lt, LT_MASK)

/* ---- shuffles ---- */

#define FROM_LANE(type, suffix, to, from, v, lane)                                                 \
	from(__tern_sub_group_shuffle_##suffix(to(v), lane))

/* A lane of the same cluster of @size lanes, @delta further, round and round. */
#define ROTATED(delta, size) ((ID & ~((size) - 1)) | ((ID + (uint)(delta)) & ((size) - 1)))
#define MAX_SIZE             ((uint)__tern_sub_group_max_size())

/* The last sub-group of a work-group may have any size. */
static uint rotated(int delta)
{
	uint size = (uint)__tern_sub_group_size();
	uint full = ID + ((uint)delta & (MAX_SIZE - 1));
	int rest = delta % (int)size;
	uint part = ID + (uint)(rest < 0 ? rest + (int)size : rest);
	return size == MAX_SIZE ? full & (MAX_SIZE - 1) : part >= size ? part - size : part;
}

#define SHUFFLE(type, suffix, to, from, name, parameters, lane)                                    \
	OVERLOAD type sub_group_##name parameters                                                  \
	{                                                                                          \
		return FROM_LANE(type, suffix, to, from, v, lane);                                 \
	}
#define SHUFFLES(type, suffix, to, from)                                                           \
	SHUFFLE(type, suffix, to, from, broadcast, (type v, uint lane), lane)                      \
	SHUFFLE(type, suffix, to, from, non_uniform_broadcast, (type v, uint lane), lane)          \
	SHUFFLE(type, suffix, to, from, broadcast_first, (type v), FIRST)                          \
	SHUFFLE(type, suffix, to, from, shuffle, (type v, uint lane), lane)                        \
	SHUFFLE(type, suffix, to, from, shuffle_xor, (type v, uint mask), ID ^ mask)               \
	SHUFFLE(type, suffix, to, from, shuffle_up, (type v, uint delta), ID - delta)              \
	SHUFFLE(type, suffix, to, from, shuffle_down, (type v, uint delta), ID + delta)            \
	SHUFFLE(type, suffix, to, from, rotate, (type v, int delta), rotated(delta))               \
	SHUFFLE(type, suffix, to, from, clustered_rotate, (type v, int delta, uint size),          \
		ROTATED(delta, size))                                                              \
	OVERLOAD int sub_group_non_uniform_all_equal(type v)                                       \
	{                                                                                          \
		type first = FROM_LANE(type, suffix, to, from, v, FIRST);                          \
		return __tern_sub_group_mask(!(v == first)) == 0;                                  \
	}

#define BITS_OF_HALF(v) (int)as_short(v)
#define HALF_OF(v)      as_half((short)(v))
SHUFFLES(char, i32, (int), (char))
SHUFFLES(uchar, i32, (int), (uchar))
SHUFFLES(short, i32, (int), (short))
SHUFFLES(ushort, i32, (int), (ushort))
SHUFFLES(int, i32, (int), (int))
SHUFFLES(uint, i32, (int), (uint))
SHUFFLES(long, i64, (long), (long))
SHUFFLES(ulong, i64, (long), (ulong))
SHUFFLES(half, i32, BITS_OF_HALF, HALF_OF)
SHUFFLES(float, i32, as_int, as_float)
SHUFFLES(double, i64, as_long, as_double)

/* Broadcasts of vectors, by halves: vectors of 3 as they are. */
#define BROADCAST_HALVES(type, part, name)                                                         \
	OVERLOAD type sub_group_##name(type v, uint lane)                                          \
	{                                                                                          \
		return (type)(sub_group_##name(v.lo, lane), sub_group_##name(v.hi, lane));         \
	}
#define BROADCAST_3(type, name)                                                                    \
	OVERLOAD type##3 sub_group_##name(type##3 v, uint lane)                                    \
	{                                                                                          \
		return (type##3)(sub_group_##name(v.xy, lane), sub_group_##name(v.z, lane));       \
	}
#define BROADCAST_VECTORS(type, name)                                                              \
	BROADCAST_HALVES(type##2, type, name)                                                      \
	BROADCAST_3(type, name)                                                                    \
	BROADCAST_HALVES(type##4, type##2, name)                                                   \
	BROADCAST_HALVES(type##8, type##4, name)                                                   \
	BROADCAST_HALVES(type##16, type##8, name)
#define VECTORS(type)                                                                              \
	BROADCAST_VECTORS(type, broadcast)                                                         \
	BROADCAST_VECTORS(type, non_uniform_broadcast)
ALL_TYPES(VECTORS)

/* ---- reductions and scans ---- */

#define OPERATION(type, wide, suffix, name, op)                                                    \
	OVERLOAD type sub_group_non_uniform_reduce_##name(type v)                                  \
	{                                                                                          \
		return (type)__tern_sub_group_reduce_##suffix(op, (wide)v);                        \
	}                                                                                          \
	OVERLOAD type sub_group_non_uniform_scan_inclusive_##name(type v)                          \
	{                                                                                          \
		return (type)__tern_sub_group_scan_##suffix(op, (wide)v);                          \
	}                                                                                          \
	OVERLOAD type sub_group_non_uniform_scan_exclusive_##name(type v)                          \
	{                                                                                          \
		return (type)BEFORE(type, wide, suffix, op, v);                                    \
	}                                                                                          \
	OVERLOAD type sub_group_clustered_reduce_##name(type v, uint size)                         \
	{                                                                                          \
		return (type)__tern_sub_group_cluster_##suffix(op, (wide)v, size);                 \
	}
#define UNIFORM_OPERATION(type, wide, suffix, name, op)                                            \
	OPERATION(type, wide, suffix, name, op)                                                    \
	OVERLOAD type sub_group_reduce_##name(type v)                                              \
	{                                                                                          \
		return (type)__tern_sub_group_reduce_##suffix(op, (wide)v);                        \
	}                                                                                          \
	OVERLOAD type sub_group_scan_inclusive_##name(type v)                                      \
	{                                                                                          \
		return (type)__tern_sub_group_scan_##suffix(op, (wide)v);                          \
	}                                                                                          \
	OVERLOAD type sub_group_scan_exclusive_##name(type v)                                      \
	{                                                                                          \
		return (type)BEFORE(type, wide, suffix, op, v);                                    \
	}

/* What nothing is before: the least and greatest of the narrow types are not those of int. */
#define BEFORE(type, wide, suffix, op, v) __tern_sub_group_before_##suffix(op, (wide)v)
#define ARITHMETIC(type, wide, suffix, least, most)                                                \
	UNIFORM_OPERATION(type, wide, suffix, add, ADD)                                            \
	OPERATION(type, wide, suffix, mul, MUL)                                                    \
	UNIFORM_OPERATION(type, wide, suffix, min, least)                                          \
	UNIFORM_OPERATION(type, wide, suffix, max, most)
#define BITWISE(type, wide, suffix)                                                                \
	OPERATION(type, wide, suffix, and, AND)                                                    \
	OPERATION(type, wide, suffix, or, OR)                                                      \
	OPERATION(type, wide, suffix, xor, XOR)
#define INTEGER(type, wide, suffix, least, most)                                                   \
	ARITHMETIC(type, wide, suffix, least, most)                                                \
	BITWISE(type, wide, suffix)

INTEGER(int, int, i32, MIN, MAX)
INTEGER(uint, int, i32, UMIN, UMAX)
INTEGER(long, long, i64, MIN, MAX)
INTEGER(ulong, long, i64, UMIN, UMAX)
ARITHMETIC(half, float, f32, MIN, MAX)
ARITHMETIC(float, float, f32, MIN, MAX)
ARITHMETIC(double, double, f64, MIN, MAX)

#undef BEFORE
/* Clamped, the widest limits become those of the type. */
#define BEFORE(type, wide, suffix, op, v)                                                          \
	narrow_##type(op, __tern_sub_group_before_##suffix(op, (wide)v))
#define NARROW(type, least, greatest)                                                              \
	static int narrow_##type(int op, int v)                                                    \
	{                                                                                          \
		return op == MIN || op == MAX ? clamped(v, least, greatest) : v;                   \
	}
static int clamped(int v, int least, int greatest)
{
	return v < least ? least : v > greatest ? greatest : v;
}
NARROW(char, CHAR_MIN, CHAR_MAX)
NARROW(uchar, 0, UCHAR_MAX)
NARROW(short, SHRT_MIN, SHRT_MAX)
NARROW(ushort, 0, USHRT_MAX)
INTEGER(char, int, i32, MIN, MAX)
INTEGER(uchar, int, i32, MIN, MAX)
INTEGER(short, int, i32, MIN, MAX)
INTEGER(ushort, int, i32, MIN, MAX)

/* Truth values, of type int. */
#define LOGICAL(name, op)                                                                          \
	OVERLOAD int sub_group_non_uniform_reduce_logical_##name(int v)                            \
	{                                                                                          \
		return __tern_sub_group_reduce_i32(op, v != 0) & 1;                                \
	}                                                                                          \
	OVERLOAD int sub_group_non_uniform_scan_inclusive_logical_##name(int v)                    \
	{                                                                                          \
		return __tern_sub_group_scan_i32(op, v != 0) & 1;                                  \
	}                                                                                          \
	OVERLOAD int sub_group_non_uniform_scan_exclusive_logical_##name(int v)                    \
	{                                                                                          \
		return __tern_sub_group_before_i32(op, v != 0) & 1;                                \
	}                                                                                          \
	OVERLOAD int sub_group_clustered_reduce_logical_##name(int v, uint size)                   \
	{                                                                                          \
		return __tern_sub_group_cluster_i32(op, v != 0, size) & 1;                         \
	}
LOGICAL(and, AND)
LOGICAL(or, OR)
LOGICAL(xor, XOR)
