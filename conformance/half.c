/* SPDX-License-Identifier: MIT */
#include "conformance/half.h"
#include <math.h>
#include <stdio.h>

double half_value(cl_half h)
{
	int exponent = h >> 10 & 31, fraction = h & 0x3ff;
	double a = exponent == 31 ? (fraction ? (double)NAN : (double)INFINITY)
		   : exponent     ? ldexp(1024 + fraction, exponent - 25)
				  : ldexp(fraction, -24);

	return h & 0x8000 ? -a : a;
}

cl_half half_of(double x, enum half_rounding mode)
{
	bool negative = signbit(x), away = mode == (negative ? HALF_RTN : HALF_RTP);
	cl_half sign = negative ? 0x8000 : 0;
	int exponent;

	if (isnan(x))
		return 0x7e00;
	if (isinf(x))
		return sign | 0x7c00;
	frexp(x, &exponent);
	/* in units of the last place, of which the step below the smallest normal half is the least
	 */
	int unit = exponent - 11 > -24 ? exponent - 11 : -24;
	double units = ldexp(fabs(x), -unit), q = floor(units), rest = units - q;

	if (mode == HALF_RTE ? rest > 0.5 || (rest == 0.5 && fmod(q, 2) != 0) : away && rest > 0)
		q++;
	if (ldexp(q, unit) > 65504)
		return sign | (mode == HALF_RTE || away ? 0x7c00 : 0x7bff);
	if (q == 2048) {
		q = 1024;
		unit++;
	}
	return (cl_half)(sign | (q < 1024 ? (int)q : ((unit + 25) << 10) + (int)q - 1024));
}

bool half_same(cl_half a, cl_half b)
{
	return a == b || ((a & 0x7fff) > 0x7c00 && (b & 0x7fff) > 0x7c00);
}

void half_need(void)
{
	if (!conf_has_extension("cl_khr_fp16"))
		SKIP("no cl_khr_fp16");
}

cl_program half_program(const char *source)
{
	static char text[32768];

	snprintf(text, sizeof text, "#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n%s", source);
	return conf_program(text, "-cl-std=CL3.0");
}

void half_fill(cl_half *h, size_t count, uint32_t seed)
{
	static const cl_half special[] = {
		0x0000, 0x0001, 0x0002, 0x03ff, 0x0400, 0x0401, 0x07ff, 0x1400, 0x37ff, 0x3800,
		0x3801, 0x3bff, 0x3c00, 0x3c01, 0x3e00, 0x4000, 0x4200, 0x4900, 0x63ff, 0x6400,
		0x6401, 0x67ff, 0x6800, 0x7800, 0x7bfe, 0x7bff, 0x7c00, 0x7c01, 0x7e00, 0x7fff};

	for (size_t i = 0; i < count; i++) {
		size_t k = (i * (seed | 1)) % (2 * LENGTH(special));

		h[i] = (cl_half)conf_random(&seed);
		if (i < count / 4)
			h[i] = (cl_half)(special[k / 2] | k % 2 << 15);
	}
}
