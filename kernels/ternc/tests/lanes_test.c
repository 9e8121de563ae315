/* SPDX-License-Identifier: MIT */
/*
 * Math built-ins give the same bits whatever the number of lanes: instructions for whole registers
 * (widen/machine.c) are taken for 4 to 32 numbers at once and for one, and special cases that some
 * lanes have do not change their neighbours.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

enum { COUNT = 2048, GROUP = 64, KERNELS = 5 };

static const uint32_t lanes[KERNELS] = {1, 4, 8, 16, 32};

static const char *const calls[] = {
	"exp(x[i])",
	"exp2(x[i])",
	"exp10(x[i])",
	"log(x[i])",
	"log2(x[i])",
	"log1p(x[i])",
	"pow(x[i], y[i])",
	"pown(x[i], (int)fmin(y[i], 99))",
	"rootn(x[i], 3)",
	"rsqrt(x[i])",
	"ldexp(x[i], (int)fmin(fabs(y[i]), 99))",
	"sin(x[i])",
	"cos(x[i])",
	"cospi(x[i])",
	"atan2(x[i], y[i])",
	"fmod(x[i], y[i])",
	"hypot(x[i], y[i])",
	"cbrt(x[i])",
	"erf(x[i])",
};

static const double specials[] = {0.0,  -0.0,  1,     -1,   INFINITY, -INFINITY, NAN,     2,
				  1e30, -1e30, 1e-30, 1e38, 0x1p-140, -0x1p-140, 0x1p-126};

static double number(size_t i)
{
	static uint64_t s = 88172645463325252u;
	s ^= s << 13;
	s ^= s >> 7;
	s ^= s << 17;
	if (i % 5 == 0)
		return specials[s % tern_array_size(specials)];
	return (double)(s >> 11) * 0x1p-53 * (i % 2 ? 4 : -20) + (i % 3 ? 4 : 0);
}

static size_t write_kernels(char *text, size_t room, const char *type, const char *call)
{
	int n = 0;
	for (int i = 0; i < KERNELS; i++) {
		char attribute[64];
		snprintf(attribute, sizeof(attribute),
			 lanes[i] == 1 ? "reqd_work_group_size(%u, 1, 1)"
				       : "intel_reqd_sub_group_size(%u)",
			 lanes[i]);
		n += snprintf(text + n, room - (size_t)n,
			      "kernel __attribute__((%s)) void k%d(global const %s *x,"
			      " global const %s *y, global %s *o)"
			      " { size_t i = get_global_id(0); o[i] = %s; }\n",
			      attribute, i, type, type, type, call);
	}
	return (size_t)n;
}

static void run(tern_group_fn *fn, uint64_t size, void *x, void *y, void *out)
{
	static _Alignas(128) unsigned char block[128];
	void *pointers[3] = {x, y, out};
	struct tern_group group = {
		.enqueued_local_size = {size, 1, 1},
		.global_size = {COUNT, 1, 1},
		.num_groups = {COUNT / size, 1, 1},
		.work_dim = 1,
	};
	memcpy(block, pointers, sizeof(pointers));
	for (uint64_t g = 0; g < COUNT / size; g++)
		fn(block, &group, g, 0, 0);
}

/* Bits of element @i; the same for all that is not a number. */
static uint64_t bits_of(const void *array, size_t i, size_t size)
{
	double v;
	uint64_t bits = 0;
	memcpy(&bits, (const char *)array + i * size, size);
	if (size == sizeof(double)) {
		memcpy(&v, &bits, sizeof(v));
	} else {
		float f;
		memcpy(&f, &bits, sizeof(f));
		v = (double)f;
	}
	return isnan(v) ? UINT64_MAX : bits;
}

static void compare(struct tern_code *code, const char *call, size_t size)
{
	struct tern_module *module;
	unsigned char *memory = tern_alloc_aligned(128, (2 + KERNELS) * COUNT * size);
	unsigned char *out = memory + 2 * COUNT * size;
	REQUIRE(memory);
	REQUIRE(tern_module_load(code, NULL, &module) == 0);
	for (size_t i = 0; i < 2 * (size_t)COUNT; i++) {
		double v = number(i);
		float f = (float)v;
		memcpy(memory + i * size, size == sizeof(v) ? (void *)&v : (void *)&f, size);
	}
	for (uint32_t k = 0; k < KERNELS; k++) {
		EXPECT(tern_code_info(code)->kernels[k].lanes == lanes[k]);
		run(tern_module_function(module, k), lanes[k] == 1 ? 1 : GROUP, memory,
		    memory + COUNT * size, out + k * COUNT * size);
		for (size_t i = 0; i < COUNT; i++) {
			uint64_t one = bits_of(out, i, size);
			uint64_t other = bits_of(out + k * COUNT * size, i, size);
			if (one != other)
				fprintf(stderr, "%s, %zu bytes, %u lanes, element %zu\n", call,
					size, lanes[k], i);
			REQUIRE(one == other);
		}
	}
	tern_module_put(module);
	tern_free(memory);
}

static void check(const char *call, bool is_double)
{
	char source[4096];
	struct tern_build_result result;
	struct tern_build_request request = {
		.operation = TERN_BUILD_BUILD, .options = "-cl-std=CL3.0", .source = source};
	request.source_size =
		write_kernels(source, sizeof(source), is_double ? "double" : "float", call);
	REQUIRE(tern_kernels_build(&request, &result) == 0);
	if (result.status != TERN_BUILD_OK)
		fprintf(stderr, "status %d: %s\n", (int)result.status, result.log);
	REQUIRE(result.status == TERN_BUILD_OK);
	compare(result.code, call, is_double ? sizeof(double) : sizeof(float));
	tern_code_put(result.code);
	tern_free(result.log);
}

int main(void)
{
	const char *ternc = getenv("TERN_TERNC");
	if (!ternc || strcmp(ternc, "auto") == 0) {
		fprintf(stderr, "skipped: TERN_TERNC names no compile server\n");
		return TEST_SKIP;
	}
	setenv("TERN_CACHE", "off", 1);
	for (size_t i = 0; i < tern_array_size(calls); i++) {
		check(calls[i], false);
		check(calls[i], true);
	}
	tern_kernels_finish();
	return test_result();
}
