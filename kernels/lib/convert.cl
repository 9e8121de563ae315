/* SPDX-License-Identifier: MIT */
/*
 * Saturated conversions from float to types whose limits float holds: both limits are one
 * instruction each, and a NaN becomes 0, as the specification recommends. libclc's vectors of them
 * are made of these.
 */
#include "lib.clh"

#define SATURATED(type, least, most, nan, suffix, round)                                           \
	OVERLOAD type convert_##type##suffix(float x)                                              \
	{                                                                                          \
		x = nan;                                                                           \
		x = x > (least) ? x : (least);                                                     \
		x = x < (most) ? x : (most);                                                       \
		return (type)(int)round(x);                                                        \
	}
#define SATURATED_ALL(type, least, most, nan)                                                      \
	SATURATED(type, least, most, nan, _sat, )                                                  \
	SATURATED(type, least, most, nan, _sat_rtz, )                                              \
	SATURATED(type, least, most, nan, _sat_rte, __builtin_elementwise_rint)                    \
	SATURATED(type, least, most, nan, _sat_rtp, __builtin_elementwise_ceil)                    \
	SATURATED(type, least, most, nan, _sat_rtn, __builtin_elementwise_floor)

/* (a NaN is not more than 0) */
SATURATED_ALL(uchar, 0.0f, 255.0f, x)
SATURATED_ALL(ushort, 0.0f, 65535.0f, x)
SATURATED_ALL(char, -128.0f, 127.0f, x == x ? x : 0.0f)
SATURATED_ALL(short, -32768.0f, 32767.0f, x == x ? x : 0.0f)
