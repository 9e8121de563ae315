/* SPDX-License-Identifier: MIT */
/* Runs what the device library has of its own: half, vectors in memory, atomics, copies, printf. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/kernels.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

enum { ITEMS = 64, ROOM = 1 << 17 };

static const char source[] =
	"kernel void halves(global const half *in, global float *out, global ushort *back) {\n"
	"  size_t i = get_global_id(0);\n"
	"  for (size_t j = i; j < 65536; j += 64) {\n"
	"    float x = vload_half(j, in); out[j] = x; vstore_half(x, j, (global half *)back); } }\n"
	"kernel void to_half(global const double *in, global ushort *out) {\n"
	"  size_t i = get_global_id(0); global half *h = (global half *)out;\n"
	"  float f = (float)in[i];\n"
	"  vstore_half_rte(f, 8 * i, h); vstore_half_rtz(f, 8 * i + 1, h);\n"
	"  vstore_half_rtp(f, 8 * i + 2, h); vstore_half_rtn(f, 8 * i + 3, h);\n"
	"  vstore_half_rte(in[i], 8 * i + 4, h); vstore_half_rtz(in[i], 8 * i + 5, h);\n"
	"  vstore_half_rtp(in[i], 8 * i + 6, h); vstore_half_rtn(in[i], 8 * i + 7, h); }\n"
	"kernel void vectors(global const int *in, global int *out) {\n"
	"  size_t i = get_global_id(0);\n"
	"  vstore3(vload3(i, in), i, out); vstore4(vload4(i, in + 1), i, out + 192);\n"
	"  vstore16(vload16(i, in + 3), i, out + 192 + 256); }\n"
	"kernel void atomics(global int *c, global float *f, global atomic_int *a) {\n"
	"  size_t i = get_global_id(0);\n"
	"  atomic_add(c, 3); atomic_max(c + 1, (int)i); atomic_inc(c + 2);\n"
	"  atomic_xor(c + 3, (int)i); atomic_xchg(f, 2.5f);\n"
	"  if (atomic_cmpxchg(c + 4, 0, (int)i + 1) == 0) atomic_or(c + 5, 1 << 30);\n"
	"  atomic_fetch_sub_explicit(a, 2, memory_order_relaxed, memory_scope_device);\n"
	"  atomic_fetch_add(a + 1, 1);\n"
	"  int e = atomic_load(a + 2);\n"
	"  while (!atomic_compare_exchange_weak(a + 2, &e, e + 5)) ; }\n"
	"kernel void copies(global const int *in, global int *out) {\n"
	"  local int l[64]; event_t e = async_work_group_strided_copy(l, in, 64, 2, 0);\n"
	"  wait_group_events(1, &e); l[get_local_id(0)] += 1;\n"
	"  barrier(CLK_LOCAL_MEM_FENCE);\n"
	"  e = async_work_group_copy(out, l, 64, 0); wait_group_events(1, &e); }\n"
	"kernel void integers(global const uint *in, global uint *out) {\n"
	"  size_t i = get_global_id(0); uint x = in[i];\n"
	"  out[i] = ctz(x); out[64 + i] = popcount(x); out[128 + i] = clz(x);\n"
	"  out[192 + i] = mad_hi(x, x, 7u); out[256 + i] = rotate(x, 5u);\n"
	"  out[320 + i] = add_sat(x, 0xf0000000u); out[384 + i] = mul24(x & 0xffffff, 3u);\n"
	"  uint4 v = (uint4)(x, 1, 2, 3); uint4 m = (uint4)(3, 0, 1, 7);\n"
	"  out[448 + i] = shuffle(v, m).y + shuffle2(v, v, m).w; }\n"
	"kernel void nans(global const ulong *in, global ulong *out) {\n"
	"  size_t i = get_global_id(0); out[i] = as_ulong(nan(in[i]));\n"
	"  out[64 + i] = as_ulong3(nan((ulong3)(0, 1, in[i]))).z;\n"
	"  out[128 + i] = as_uint(nan((uint)in[i])); out[192 + i] = as_ulong(nan(0UL)); }\n"
	"kernel void divisions(global const int *in, global int *out) {\n"
	"  size_t i = get_global_id(0); int a = in[i], b = in[64 + i];\n"
	"  out[i] = a / b; out[64 + i] = a % b; out[128 + i] = (uint)a / (uint)b;\n"
	"  long4 v = (long4)(a) << 32; v /= (long4)(b, 0, -1, 7); v %= b;\n"
	"  char2 c = (char2)(a >> 24, a); c /= (char2)(b, 0);\n"
	"  out[192 + i] = v.x + v.y + v.z + v.w + c.x; out[256 + i] = b == 0 ? 5 : 6; }\n"
	"kernel void spaces(global int *in, global int *out) {\n"
	"  local int l[64]; int i = get_global_id(0), p[2] = {i, i};\n"
	"  generic int *g = i % 3 == 0 ? (generic int *)in : i % 3 == 1 ? (generic int *)l\n"
	"      : (generic int *)(p + (i & 1));\n"
	"  out[i] = (to_global(g) == in) + 2 * (to_local(g) == l)\n"
	"      + 4 * (to_private(g) == p + (i & 1)) + 8 * (to_global(g) != 0)\n"
	"      + 16 * (to_local(g) != 0) + 32 * (to_private(g) != 0);\n"
	"  out[64 + i] = get_fence((const generic int *)g);\n"
	"  l[i] = p[0]; barrier(CLK_LOCAL_MEM_FENCE); out[128 + i] = l[63 - i] + p[1]; }\n"
	"kernel void print(global const int *in) {\n"
	"  int i = in[get_global_id(0)];\n"
	"  if (i == 3) printf(\"%d %f %v3d %s\\n\", i, 1.5f, (int3)(7, 8, i), \"x\"); }\n";

static _Alignas(128) unsigned char input[ROOM * 8], output[ROOM * 8], third[ROOM * 8];

static struct tern_module *module;
static const struct tern_code_info *info;

/* Runs kernel @name as one group of ITEMS on input, output and third. */
static void run(const char *name, struct tern_printf_buffer *buffer)
{
	static _Alignas(128) unsigned char block[128], local[1 << 16], scratch[1 << 20];
	void *pointers[3] = {input, output, third};
	memcpy(block, pointers, sizeof(pointers));
	struct tern_group group = {
		.enqueued_local_size = {ITEMS, 1, 1},
		.global_size = {ITEMS, 1, 1},
		.num_groups = {1, 1, 1},
		.work_dim = 1,
		.local_mem = local + TERN_LOCAL_SLACK,
		.local_bytes = sizeof(local) - 2 * TERN_LOCAL_SLACK,
		.scratch = scratch,
		.scratch_bytes = sizeof(scratch),
		.printf_buffer = buffer,
	};
	for (uint32_t i = 0; i < info->kernel_count; i++) {
		const struct tern_kernel_info *k = &info->kernels[i];
		if (strcmp(k->name, name) != 0)
			continue;
		REQUIRE(tern_kernel_scratch(k, ITEMS, 1, 1) <= sizeof(scratch));
		REQUIRE(k->local_bytes <= group.local_bytes);
		tern_module_function(module, i)(block, &group, 0, 0, 0);
		return;
	}
	REQUIRE(!"no such kernel");
}

/* The value of a half, by its definition. */
static double half_value(unsigned h)
{
	int exponent = h >> 10 & 31, mantissa = h & 1023;
	double v = exponent == 31 ? (mantissa ? NAN : INFINITY)
		   : exponent     ? ldexp(1024 + mantissa, exponent - 25)
				  : ldexp(mantissa, -24);
	return h & 0x8000 ? -v : v;
}

static void test_load_half(void)
{
	uint16_t *in = (void *)input;
	float *out = (void *)output;
	uint16_t *back = (void *)third;
	for (unsigned h = 0; h < 65536; h++)
		in[h] = (uint16_t)h;
	run("halves", NULL);
	unsigned wrong = 0;
	for (unsigned h = 0; h < 65536; h++) {
		double v = half_value(h);
		if (isnan(v))
			wrong += !isnan(out[h]) || !isnan(half_value(back[h]));
		else
			wrong += out[h] != v || back[h] != h;
	}
	EXPECT(wrong == 0);
}

/* The bits of @x rounded: the neighbours among all halves, by search. */
static unsigned round_half(double x, int mode)
{
	unsigned sign = signbit(x) ? 0x8000 : 0, low = 0;
	double a = fabs(x);
	if (isnan(x))
		return 0x7e00;
	while (low < 0x7c00 && half_value(low + 1) <= a)
		low++;
	double below = half_value(low);
	bool exact = below == a, up = false;
	double next = low == 0x7bff ? 65536 : low < 0x7c00 ? half_value(low + 1) : INFINITY;
	if (exact)
		return sign | low;
	if (mode == 0)
		up = a - below > next - a || (a - below == next - a && (low & 1));
	else if (mode == 2)
		up = !sign;
	else if (mode == 3)
		up = sign;
	return sign | (low + up);
}

static void test_store_half(void)
{
	static const double special[] = {0.0,
					 -0.0,
					 65504,
					 65519,
					 65520,
					 65536,
					 -1e30,
					 1e30,
					 1e-30,
					 -1e-30,
					 0x1p-24,
					 0x1p-25,
					 0x1.8p-25,
					 0x1.8p-24,
					 0x1.ffcp-15,
					 0x1.ffep-15,
					 -0x1p-14,
					 1.0,
					 0x1.002p0,
					 0x1.006p0,
					 0x1.0020001p0,
					 -0x1.0020001p0,
					 INFINITY,
					 -INFINITY,
					 0x1p-150,
					 -0x1p-1074,
					 0x1.0020000000001p0,
					 0.1};
	double *in = (void *)input;
	const uint16_t *out = (void *)output;
	for (int i = 0; i < ITEMS; i++)
		in[i] = i < (int)tern_array_size(special) ? special[i]
							  : ldexp(1 + i * 0.01234567, i - 44);
	run("to_half", NULL);
	for (int i = 0; i < ITEMS; i++) {
		for (int mode = 0; mode < 8; mode++) {
			double x = mode < 4 ? (double)(float)in[i] : in[i];
			unsigned expected = round_half(x, mode % 4);
			if (out[8 * i + mode] != expected)
				fprintf(stderr, "%a mode %d: %x, not %x\n", x, mode,
					out[8 * i + mode], expected);
			EXPECT(out[8 * i + mode] == expected);
		}
	}
}

static void test_vectors(void)
{
	int *in = (void *)input;
	const int *out = (void *)output;
	for (int i = 0; i < 2000; i++)
		in[i] = i * 7 - 3;
	run("vectors", NULL);
	EXPECT(memcmp(out, in, 192 * 4) == 0);
	EXPECT(memcmp(out + 192, in + 1, 256 * 4) == 0);
	EXPECT(memcmp(out + 448, in + 3, 1024 * 4) == 0);
}

static void test_atomics(void)
{
	int *c = (void *)input, *a = (void *)third;
	float *f = (void *)output;
	memset(input, 0, 64);
	memset(third, 0, 64);
	run("atomics", NULL);
	EXPECT(c[0] == 3 * ITEMS && c[1] == ITEMS - 1 && c[2] == ITEMS);
	int all = 0;
	for (int i = 0; i < ITEMS; i++)
		all ^= i;
	EXPECT(c[3] == all && c[4] >= 1 && c[4] <= ITEMS && c[5] == 1 << 30);
	EXPECT(*f == 2.5f && a[0] == -2 * ITEMS && a[1] == ITEMS && a[2] == 5 * ITEMS);
}

static void test_copies(void)
{
	int *in = (void *)input;
	const int *out = (void *)output;
	for (int i = 0; i < 2 * ITEMS; i++)
		in[i] = 100 + i;
	run("copies", NULL);
	for (int i = 0; i < ITEMS; i++)
		EXPECT(out[i] == 101 + 2 * i);
}

static void test_integers(void)
{
	uint32_t *in = (void *)input;
	const uint32_t *out = (void *)output;
	for (uint32_t i = 0; i < ITEMS; i++)
		in[i] = i == 0 ? 0 : 0x9e3779b9u * i << i % 32;
	run("integers", NULL);
	for (int i = 0; i < ITEMS; i++) {
		uint32_t x = in[i], sum = x + 0xf0000000u;
		EXPECT(out[i] == (x ? (uint32_t)__builtin_ctz(x) : 32));
		EXPECT(out[64 + i] == (uint32_t)__builtin_popcount(x));
		EXPECT(out[128 + i] == (x ? (uint32_t)__builtin_clz(x) : 32));
		EXPECT(out[192 + i] == (uint32_t)((uint64_t)x * x >> 32) + 7);
		EXPECT(out[256 + i] == (x << 5 | x >> 27));
		EXPECT(out[320 + i] == (sum < x ? UINT32_MAX : sum));
		EXPECT(out[384 + i] == (x & 0xffffff) * 3);
		EXPECT(out[448 + i] == x + 3);
	}
}

/* Quiet ones, whatever the code; what is left of it stays. */
static void test_nan(void)
{
	uint64_t *in = (void *)input;
	const uint64_t *out = (void *)output;
	for (int i = 0; i < ITEMS; i++)
		in[i] = i < 52 ? (uint64_t)i << i : (uint64_t)i - 52;
	run("nans", NULL);
	for (int i = 0; i < ITEMS; i++) {
		uint64_t quiet = 0x7ff8000000000000 | in[i];
		EXPECT(out[i] == quiet && out[64 + i] == quiet);
		EXPECT(out[128 + i] == (0x7fc00000 | (uint32_t)in[i]));
		EXPECT(out[192 + i] == 0x7ff8000000000000);
	}
}

/* By zero and of the least number by -1: no trap, and nothing else is wrong for it. */
static void test_divisions(void)
{
	int32_t *in = (void *)input;
	const int32_t *out = (void *)output;
	for (int i = 0; i < ITEMS; i++) {
		in[i] = i % 3 == 0 ? INT32_MIN : i * 1000 - 9999;
		in[64 + i] = i % 4 == 0 ? 0 : i % 4 == 1 ? -1 : i - 30;
	}
	run("divisions", NULL);
	for (int i = 0; i < ITEMS; i++) {
		int32_t a = in[i], b = in[64 + i];
		EXPECT(out[256 + i] == (b == 0 ? 5 : 6));
		if (b)
			EXPECT(out[128 + i] == (int32_t)((uint32_t)a / (uint32_t)b));
		if (b && (a != INT32_MIN || b != -1))
			EXPECT(out[i] == a / b && out[64 + i] == a % b);
	}
}

static void test_address_spaces(void)
{
	enum { LOCAL_FENCE = 1, GLOBAL_FENCE = 2 };
	static const int spaces[] = {1 + 8, 2 + 16, 4 + 32};
	static const int fences[] = {GLOBAL_FENCE, LOCAL_FENCE, 0};
	const int *out = (void *)output;
	run("spaces", NULL);
	for (int i = 0; i < ITEMS; i++)
		EXPECT(out[i] == spaces[i % 3] && out[64 + i] == fences[i % 3] &&
		       out[128 + i] == 63);
}

/* One record, as kernels/abi.h describes it; and none where there is no room or no buffer. */
static void test_printf(void)
{
	static _Alignas(16) unsigned char memory[256];
	struct tern_printf_buffer *b = (void *)memory;
	int *in = (void *)input;
	for (int i = 0; i < ITEMS; i++)
		in[i] = i;
	b->capacity = sizeof(memory) - sizeof(*b);
	run("print", b);
	REQUIRE(b->used == 8 + 8 + 8 + 16 + 8);
	uint32_t head[2], number, vector[3];
	double d;
	const char *text;
	memcpy(head, b->data, 8);
	memcpy(&number, b->data + 8, 4);
	memcpy(&d, b->data + 16, 8);
	memcpy(vector, b->data + 24, 12);
	memcpy(&text, b->data + 40, 8);
	EXPECT(head[0] == 0 && head[1] == b->used && number == 3 && d == 1.5);
	EXPECT(vector[0] == 7 && vector[1] == 8 && vector[2] == 3 && strcmp(text, "x") == 0);
	EXPECT(strcmp(info->formats[head[0]].format, "%d %f %v3d %s\n") == 0);
	memset(memory, 0, sizeof(memory));
	b->capacity = 40;
	run("print", b);
	EXPECT(b->used > b->capacity && b->data[0] == 0 && b->data[8] == 0);
	run("print", NULL);
}

/* With -cl-fast-relaxed-math exp and powr are the native ones; elsewhere they are not. */
static const char relaxed_source[] =
	"kernel void relaxed(global const float *in, global float *out) {\n"
	"  size_t i = get_global_id(0); float x = in[i];\n"
	"  out[i] = exp(x); out[64 + i] = native_exp(x);\n"
	"  out[128 + i] = powr((float2)(x, 2), x).x; out[192 + i] = native_powr(x, x); }\n";

static void build(const char *text, const char *options, struct tern_build_result *result)
{
	struct tern_build_request request = {.operation = TERN_BUILD_BUILD,
					     .options = options,
					     .source = text,
					     .source_size = strlen(text)};
	REQUIRE(tern_kernels_build(&request, result) == 0);
	if (result->status != TERN_BUILD_OK)
		fprintf(stderr, "status %d: %s\n", (int)result->status, result->log);
	REQUIRE(result->status == TERN_BUILD_OK);
	REQUIRE(tern_module_load(result->code, NULL, &module) == 0);
	info = tern_code_info(result->code);
}

static void finish(struct tern_build_result *result)
{
	tern_module_put(module);
	tern_code_put(result->code);
	tern_free(result->log);
}

static void test_relaxed(const char *options, bool relaxed)
{
	struct tern_build_result result;
	float *in = (void *)input, *out = (void *)output;
	build(relaxed_source, options, &result);
	for (int i = 0; i < ITEMS; i++)
		in[i] = 0.3f + 0.5f * (float)i;
	run("relaxed", NULL);
	int exps = 0, powers = 0; /* that differ from the native ones */
	for (int i = 0; i < ITEMS; i++) {
		exps += out[i] != out[64 + i];
		powers += out[128 + i] != out[192 + i];
		EXPECT(fabs(out[i] / exp(in[i]) - 1) < 1e-5);
	}
	EXPECT((exps == 0) == relaxed && (powers == 0) == relaxed);
	finish(&result);
}

int main(void)
{
	const char *ternc = getenv("TERN_TERNC");
	if (!ternc || strcmp(ternc, "auto") == 0) {
		fprintf(stderr, "skipped: TERN_TERNC names no compile server\n");
		return TEST_SKIP;
	}
	setenv("TERN_CACHE", "off", 1);
	struct tern_build_result result;
	build(source, "-cl-std=CL3.0", &result);
	test_load_half();
	test_store_half();
	test_vectors();
	test_atomics();
	test_copies();
	test_integers();
	test_nan();
	test_divisions();
	test_address_spaces();
	test_printf();
	finish(&result);
	test_relaxed("-cl-std=CL3.0", false);
	test_relaxed("-cl-std=CL3.0 -cl-fast-relaxed-math", true);
	tern_kernels_finish();
	return test_result();
}
