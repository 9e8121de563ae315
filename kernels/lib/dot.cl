/* SPDX-License-Identifier: MIT */
/* Integer dot products of four bytes (cl_khr_integer_dot_product). */
#include "lib.clh"

#define DOT(result, a_type, b_type)                                                                \
	OVERLOAD result dot(a_type##4 a, b_type##4 b)                                              \
	{                                                                                          \
		return (result)a.x * b.x + (result)a.y * b.y + (result)a.z * b.z +                 \
		       (result)a.w * b.w;                                                          \
	}
DOT(uint, uchar, uchar)
DOT(int, char, char)
DOT(int, uchar, char)
DOT(int, char, uchar)

static __attribute__((overloadable, always_inline)) uint saturated(uint sum, uint more)
{
	uint result = sum + more;
	return result < sum ? UINT_MAX : result;
}

static __attribute__((overloadable, always_inline)) int saturated(int sum, int more)
{
	long result = (long)sum + more;
	return result > INT_MAX ? INT_MAX : result < INT_MIN ? INT_MIN : (int)result;
}

#define ACCUMULATE(result, a_type, b_type)                                                         \
	OVERLOAD result dot_acc_sat(a_type##4 a, b_type##4 b, result sum)                          \
	{                                                                                          \
		return saturated(sum, dot(a, b));                                                  \
	}
ACCUMULATE(uint, uchar, uchar)
ACCUMULATE(int, char, char)
ACCUMULATE(int, uchar, char)
ACCUMULATE(int, char, uchar)

#define PACKED(name, result, a_type, b_type)                                                       \
	OVERLOAD result dot_4x8packed_##name(uint a, uint b)                                       \
	{                                                                                          \
		return dot(__builtin_astype(a, a_type##4), __builtin_astype(b, b_type##4));        \
	}                                                                                          \
	OVERLOAD result dot_acc_sat_4x8packed_##name(uint a, uint b, result sum)                   \
	{                                                                                          \
		return saturated(sum, dot_4x8packed_##name(a, b));                                 \
	}
PACKED(uu_uint, uint, uchar, uchar)
PACKED(ss_int, int, char, char)
PACKED(us_int, int, uchar, char)
PACKED(su_int, int, char, uchar)
