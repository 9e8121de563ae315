/* SPDX-License-Identifier: MIT */
/*
 * DOC: how exact the mathematical functions are
 *
 * tern-accuracy computes each function of OpenCL C 6.15.2 on the device and with MPFR, and compares
 * the difference, in ulp, with the specification's bound (OpenCL C 7.4, "Relative Error as ULPs",
 * full profile). Special values (7.5, "Edge Case Behavior") are compared too: what is not a number,
 * infinities and the sign of zeros. It talks to the OpenCL API only and runs on any vendor's ICD.
 *
 *   functions.c  the table: name, code, reference, bound
 *   reference.c  the functions in MPFR
 *   inputs.c     edge cases and random arguments
 *   ulp.c        the error of one result
 *   device.c     builds and runs the kernel of a function
 *   main.c       threads, options, the table that is printed
 *
 * Arguments and results are kept as double, which holds each float exactly.
 */
#ifndef CONFORMANCE_ACCURACY_H
#define CONFORMANCE_ACCURACY_H

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>
#include <stdio.h> /* before mpfr.h, for its printing */
#include <mpfr.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ACCURACY_BATCH = 4096 }; /* arguments computed at a time */

struct accuracy_type {
	const char *name;
	bool is_double;
	int digits;               /* of the mantissa, in bits */
	int least_exponent, most; /* of normal numbers */
};

/* Arguments of one call. The reference sets @skip where the result is not specified. */
struct accuracy_call {
	const struct accuracy_type *type;
	double a0, b0, c0;
	mpfr_t a, b, c;
	int n;
	bool skip;
};

typedef void accuracy_reference(mpfr_t result, struct accuracy_call *call);

enum accuracy_kind {
	ACCURACY_FULL,
	ACCURACY_HALF,    /* half_: float only, denormal numbers may be zero */
	ACCURACY_NATIVE,  /* native_: likewise, no promise for what is not finite */
	ACCURACY_RELAXED, /* -cl-fast-relaxed-math: likewise */
	ACCURACY_KINDS
};

enum {
	ACCURACY_ANY_ZERO = 1,       /* the sign of zero results is not specified */
	ACCURACY_ROUNDED_DOUBLE = 2, /* correctly rounded in double */
};

struct accuracy_function {
	const char *name;
	const char *code; /* sets T r from T a, b, c and int n */
	accuracy_reference *reference;
	double ulps; /* the bound; INFINITY: none is given */
	enum accuracy_kind kind;
	unsigned operands; /* of type T: the first of a, b, c */
	unsigned flags;
	double low, high; /* where its argument is interesting */
	/* The bound holds for |a| <= domain; 0: everywhere. */
	double domain;
	/* Bound of the absolute error instead, for a from absolute_low to absolute_high. */
	double absolute, absolute_low, absolute_high;
	double ulps_per_argument; /* more for each |a| */
};

extern const struct accuracy_function accuracy_functions[];
extern const size_t accuracy_function_count;
extern const struct accuracy_type accuracy_types[2]; /* float, double */

/* ---- reference.c ---- */
accuracy_reference accuracy_acos, accuracy_acosh, accuracy_acospi, accuracy_add, accuracy_asin,
	accuracy_asinh, accuracy_asinpi, accuracy_atan, accuracy_atan2, accuracy_atan2pi,
	accuracy_atanh, accuracy_atanpi, accuracy_cbrt, accuracy_ceil, accuracy_copysign,
	accuracy_cos, accuracy_cosh, accuracy_cospi, accuracy_degrees, accuracy_divide,
	accuracy_erf, accuracy_erfc, accuracy_exp, accuracy_exp10, accuracy_exp2, accuracy_expm1,
	accuracy_fabs, accuracy_fdim, accuracy_floor, accuracy_fma, accuracy_fmax, accuracy_fmin,
	accuracy_fmod, accuracy_fract, accuracy_frexp, accuracy_frexp_exponent, accuracy_hypot,
	accuracy_ilogb, accuracy_ldexp, accuracy_lgamma, accuracy_lgamma_sign, accuracy_log,
	accuracy_log10, accuracy_log1p, accuracy_log2, accuracy_logb, accuracy_maxmag,
	accuracy_minmag, accuracy_modf, accuracy_multiply, accuracy_nan, accuracy_nextafter,
	accuracy_pow, accuracy_pown, accuracy_powr, accuracy_radians, accuracy_recip,
	accuracy_remainder, accuracy_remquo_quotient, accuracy_rint, accuracy_rootn, accuracy_round,
	accuracy_rsqrt, accuracy_sin, accuracy_sinh, accuracy_sinpi, accuracy_sqrt,
	accuracy_subtract, accuracy_tan, accuracy_tanh, accuracy_tanpi, accuracy_tgamma,
	accuracy_trunc;

/* ---- ulp.c ---- */
/* |@got - @reference| in ulp of @reference; INFINITY where one is special and the other is not. */
double accuracy_ulps(const struct accuracy_type *type, mpfr_srcptr reference, double got);

/* ---- inputs.c ---- */
struct accuracy_inputs {
	double a[ACCURACY_BATCH], b[ACCURACY_BATCH], c[ACCURACY_BATCH];
	int n[ACCURACY_BATCH];
};
/* The @batch-th set of arguments for @f: edge cases first, then random ones. */
void accuracy_fill(struct accuracy_inputs *inputs, const struct accuracy_function *f,
		   const struct accuracy_type *type, size_t batch, uint64_t seed);
/* How many batches have edge cases. */
size_t accuracy_edge_batches(const struct accuracy_function *f, const struct accuracy_type *type);

/* ---- device.c ---- */
struct accuracy_device {
	cl_context context;
	cl_device_id id;
	bool has_double, denormals[2]; /* of float and double */
};
/* 0; 77: there is no such device; 1: an error, printed. */
int accuracy_open(unsigned number, struct accuracy_device *device);
struct accuracy_kernel {
	cl_command_queue queue;
	cl_program program;
	cl_kernel kernel;
	cl_mem buffers[5]; /* a, b, c, n, result */
};
/* False after an error, printed. accuracy_close_kernel() is due in every case. */
bool accuracy_open_kernel(struct accuracy_device *device, const struct accuracy_function *f,
			  const struct accuracy_type *type, struct accuracy_kernel *kernel);
void accuracy_close_kernel(struct accuracy_kernel *kernel);
bool accuracy_compute(struct accuracy_kernel *kernel, const struct accuracy_type *type,
		      const struct accuracy_inputs *inputs, double *results);

#endif
