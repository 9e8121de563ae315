/* SPDX-License-Identifier: MIT */
/* Half-precision numbers on the host, by their definition. */
#ifndef CONFORMANCE_HALF_H
#define CONFORMANCE_HALF_H

#include "conformance/harness.h"

enum half_rounding { HALF_RTE, HALF_RTZ, HALF_RTP, HALF_RTN };

double half_value(cl_half h);
/* The half that @x rounds to, from double at once. */
cl_half half_of(double x, enum half_rounding mode);
/* Equal, with the sign of zeros; numbers that are none are all equal. */
bool half_same(cl_half a, cl_half b);
/* Skips the case where the device has no cl_khr_fp16. */
void half_need(void);
/* A program of @source with the extension enabled. */
cl_program half_program(const char *source);
/* @count halves, the special ones and those next to them first, the rest random. */
void half_fill(cl_half *h, size_t count, uint32_t seed);

#endif
