/* SPDX-License-Identifier: MIT */
/* The conversions of half that code generation may call (kernels/lib/runtime.c). */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "runtime/base/tests/test.h"

float __extendhfsf2(_Float16 h);
_Float16 __truncsfhf2(float x);
_Float16 __truncdfhf2(double x);

static double value(unsigned h)
{
	int exponent = (int)(h >> 10 & 31), fraction = (int)(h & 1023);
	double a = exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
		   : exponent     ? ldexp(1024 + fraction, exponent - 25)
				  : ldexp(fraction, -24);
	return h & 0x8000 ? -a : a;
}

static unsigned bits(_Float16 h)
{
	uint16_t u;
	memcpy(&u, &h, sizeof(u));
	return u;
}

static bool rounds_to(double x, unsigned h)
{
	return bits(__truncdfhf2(x)) == h && bits(__truncdfhf2(-x)) == (h | 0x8000) &&
	       ((double)(float)x != x || bits(__truncsfhf2((float)x)) == h);
}

static void test_extend(void)
{
	for (unsigned h = 0; h < 65536; h++) {
		uint16_t u = (uint16_t)h;
		_Float16 half;
		memcpy(&half, &u, sizeof(half));
		float x = __extendhfsf2(half);
		EXPECT(isnan(value(h)) ? isnan(x) : (double)x == value(h));
		EXPECT(!signbit(x) == !signbit(value(h)));
	}
}

/* Each positive half, what is next to it and what lies between it and the next one. */
static void test_truncate(void)
{
	for (unsigned h = 0; h < 0x7c00; h++) {
		double x = value(h), next = h == 0x7bff ? 65536 : value(h + 1);
		double middle = (x + next) / 2;
		unsigned even = h & 1 ? h + 1 : h;
		EXPECT(rounds_to(x, h));
		EXPECT(rounds_to(nextafter(x, INFINITY), h));
		EXPECT(rounds_to(nextafter(middle, 0), h));
		EXPECT(rounds_to((double)nextafterf((float)middle, 0), h));
		EXPECT(rounds_to(middle, even));
		EXPECT(rounds_to((double)nextafterf((float)middle, INFINITY), h + 1));
		EXPECT(rounds_to(nextafter(middle, INFINITY), h + 1));
		EXPECT(rounds_to(nextafter(next, 0), h + 1));
	}
	EXPECT(rounds_to(0x1p-1074, 0) && rounds_to(0x1p-149, 0));
	EXPECT(rounds_to(65536, 0x7c00) && rounds_to(0x1.fffffffffffffp+1023, 0x7c00));
	EXPECT(rounds_to((double)INFINITY, 0x7c00));
	EXPECT((bits(__truncdfhf2((double)NAN)) & 0x7fff) > 0x7c00);
	EXPECT((bits(__truncsfhf2(NAN)) & 0x7fff) > 0x7c00);
}

int main(void)
{
	test_extend();
	test_truncate();
	return test_result();
}
