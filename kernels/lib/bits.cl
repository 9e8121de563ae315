/* SPDX-License-Identifier: MIT */
/* Bit fields and reversal (cl_khr_extended_bit_ops). Fields that do not fit are undefined. */
#include "lib.clh"

/*
 * @type and @result are alike but for signs; @utype is the unsigned one of them; @element and @unsign
 * are their elements, the latter unsigned. Scalars narrower than int are promoted in between.
 */
#define INSERT(type, element, unsign)                                                              \
	OVERLOAD type bitfield_insert(type base, type insert, uint offset, uint count)             \
	{                                                                                          \
		const uint bits = sizeof(unsign) * 8;                                              \
		unsign ones = (unsign)((unsign)~(unsign)0 >> (bits - count));                      \
		element mask = count ? (element)(ones << offset) : (element)0;                     \
		return (type)((base & (element)~mask) | ((insert << (element)offset) & mask));     \
	}

#define EXTRACT(name, result, utype, type, element, unsign)                                        \
	OVERLOAD result name(type base, uint offset, uint count)                                   \
	{                                                                                          \
		const uint bits = sizeof(unsign) * 8;                                              \
		utype top = (utype)(__builtin_astype(base, utype)                                  \
				    << (unsign)(bits - offset - count));                           \
		result field = (result)(__builtin_astype(top, result) >> (element)(bits - count)); \
		return count ? field : (result)(0);                                                \
	}

#define REVERSE(type, reversed)                                                                    \
	OVERLOAD type bit_reverse(type v)                                                          \
	{                                                                                          \
		return reversed(v);                                                                \
	}

#define FUNCTIONS(type, n)                                                                         \
	INSERT(type##n, type, u##type)                                                             \
	INSERT(u##type##n, u##type, u##type)                                                       \
	EXTRACT(bitfield_extract_signed, type##n, u##type##n, type##n, type, u##type)              \
	EXTRACT(bitfield_extract_signed, type##n, u##type##n, u##type##n, type, u##type)           \
	EXTRACT(bitfield_extract_unsigned, u##type##n, u##type##n, type##n, u##type, u##type)      \
	EXTRACT(bitfield_extract_unsigned, u##type##n, u##type##n, u##type##n, u##type, u##type)
#define VECTORS(type, n)                                                                           \
	FUNCTIONS(type, n)                                                                         \
	REVERSE(type##n, __builtin_elementwise_bitreverse)                                         \
	REVERSE(u##type##n, __builtin_elementwise_bitreverse)

/* Of a scalar narrower than int __builtin_elementwise_bitreverse() would reverse an int. */
#define ALL_WIDTHS(type, bits)                                                                     \
	FUNCTIONS(type, )                                                                          \
	REVERSE(type, __builtin_bitreverse##bits)                                                  \
	REVERSE(u##type, __builtin_bitreverse##bits)                                               \
	VECTORS(type, 2) VECTORS(type, 3) VECTORS(type, 4) VECTORS(type, 8) VECTORS(type, 16)

ALL_WIDTHS(char, 8)
ALL_WIDTHS(short, 16)
ALL_WIDTHS(int, 32)
ALL_WIDTHS(long, 64)
