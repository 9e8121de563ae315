/* SPDX-License-Identifier: MIT */
/* Integer functions at their limits; cl_khr_integer_dot_product and cl_khr_extended_bit_ops. */
#include "conformance/harness.h"
#include <stdlib.h>
#include <string.h>

enum { N = 4096 };

/* Bytes with many extreme ones. */
static void fill(cl_uint *words, uint32_t random)
{
	static const unsigned char extremes[] = {0x00, 0x01, 0x7f, 0x80, 0x81, 0xff};

	for (int i = 0; i < N; i++) {
		cl_uint word = 0;

		for (int k = 0; k < 4; k++) {
			uint32_t r = conf_random(&random);

			word = word << 8 | (r & 0x100 ? extremes[r % 6] : r & 0xff);
		}
		words[i] = word;
	}
}

static cl_long element(cl_uint word, int k, bool is_signed)
{
	cl_uchar byte = (cl_uchar)(word >> (8 * k));

	return is_signed ? (cl_char)byte : byte;
}

static cl_long dot(cl_uint a, cl_uint b, bool a_signed, bool b_signed)
{
	cl_long sum = 0;

	for (int k = 0; k < 4; k++)
		sum += element(a, k, a_signed) * element(b, k, b_signed);
	return sum;
}

static cl_long saturated(cl_long sum, bool is_signed)
{
	cl_long least = is_signed ? CL_INT_MIN : 0, most = is_signed ? CL_INT_MAX : CL_UINT_MAX;

	return sum < least ? least : sum > most ? most : sum;
}

#define DOT(name, a, b, result, suffix)                                                            \
	"kernel void " name "(global const uint *x, global const uint *y, global const uint *z,\n" \
	"                     global uint *out) {\n"                                               \
	"  size_t i = get_global_id(0), n = get_global_size(0);\n"                                 \
	"  out[i] = as_uint(dot(as_" a "4(x[i]), as_" b "4(y[i])));\n"                             \
	"  out[n + i] = as_uint(dot_acc_sat(as_" a "4(x[i]), as_" b "4(y[i]), as_" result          \
	"(z[i])));\n"                                                                              \
	"  out[2 * n + i] = as_uint(dot_4x8packed_" suffix "(x[i], y[i]));\n"                      \
	"  out[3 * n + i] = as_uint(dot_acc_sat_4x8packed_" suffix "(x[i], y[i], as_" result       \
	"(z[i]))); }\n"

static void dot_products(void)
{
	static const struct {
		const char *name;
		bool a_signed, b_signed;
	} kinds[] = {
		{"uu", false, false}, {"ss", true, true}, {"us", false, true}, {"su", true, false}};
	static cl_uint x[N], y[N], z[N], out[4][N];
	cl_device_integer_dot_product_capabilities_khr capabilities = 0;
	cl_device_integer_dot_product_acceleration_properties_khr accelerated;
	const cl_device_info properties[] = {
		CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_8BIT_KHR,
		CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR};

	if (!conf_has_extension("cl_khr_integer_dot_product"))
		SKIP("no cl_khr_integer_dot_product");
	OK(clGetDeviceInfo(conf_device(), CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES_KHR,
			   sizeof capabilities, &capabilities, NULL));
	CHECK(capabilities & CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_PACKED_KHR);
	for (size_t i = 0; i < LENGTH(properties); i++) {
		size_t size = 0;

		memset(&accelerated, 7, sizeof accelerated);
		OK(clGetDeviceInfo(conf_device(), properties[i], sizeof accelerated, &accelerated,
				   &size));
		CHECK_EQ(sizeof accelerated, size);
		CHECK(accelerated.signed_accelerated <= 1 &&
		      accelerated.accumulating_saturating_mixed_signedness_accelerated <= 1);
	}
	if (!(capabilities & CL_DEVICE_INTEGER_DOT_PRODUCT_INPUT_4x8BIT_KHR))
		SKIP("packed only");
	fill(x, 1);
	fill(y, 2);
	fill(z, 3);
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x),
	       b = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof y, y),
	       c = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof z, z),
	       d = conf_buffer(0, sizeof out, NULL);
	cl_program program =
		conf_program(DOT("uu", "uchar", "uchar", "uint", "uu_uint")
				     DOT("ss", "char", "char", "int", "ss_int")
					     DOT("us", "uchar", "char", "int", "us_int")
						     DOT("su", "char", "uchar", "int", "su_int"),
			     "-cl-std=CL3.0");

	for (size_t k = 0; k < LENGTH(kinds); k++) {
		cl_kernel kernel = conf_kernel_of(program, kinds[k].name);
		bool a_signed = kinds[k].a_signed, b_signed = kinds[k].b_signed;
		bool is_signed = a_signed || b_signed;

		ARG(kernel, 0, a);
		ARG(kernel, 1, b);
		ARG(kernel, 2, c);
		ARG(kernel, 3, d);
		conf_run(kernel, N, 0);
		conf_read(d, out, sizeof out);
		for (int i = 0; i < N; i++) {
			cl_long sum = dot(x[i], y[i], a_signed, b_signed);
			cl_long more = saturated(sum + (is_signed ? (cl_int)z[i] : (cl_long)z[i]),
						 is_signed);

			CHECK_EQ((cl_uint)sum, out[0][i]);
			CHECK_EQ((cl_uint)more, out[1][i]);
			CHECK_EQ((cl_uint)sum, out[2][i]);
			CHECK_EQ((cl_uint)more, out[3][i]);
		}
	}
}

/* One vector of the type for each work-item; the field is another in each. */
#define BITS(type, bits)                                                                           \
	"kernel void t_" type "(global const " type "4 *x, global const " type "4 *y,\n"           \
	"                       global " type "4 *out) {\n"                                        \
	"  uint i = get_global_id(0), n = get_global_size(0);\n"                                   \
	"  uint offset = i % " #bits ", count = i / " #bits " % (" #bits " - offset + 1);\n"       \
	"  out[i] = bitfield_insert(x[i], y[i], offset, count);\n"                                 \
	"  out[n + i] = as_" type "4(bitfield_extract_signed(x[i], offset, count));\n"             \
	"  out[2 * n + i] = as_" type "4(bitfield_extract_unsigned(x[i], offset, count));\n"       \
	"  out[3 * n + i] = bit_reverse(x[i]);\n"                                                  \
	"  if (i % 3 == 0) {\n"                                                                    \
	"    out[i].x = bitfield_insert(x[i].x, y[i].x, offset, count);\n"                         \
	"    out[n + i].y = as_" type "(bitfield_extract_signed(x[i].y, offset, count));\n"        \
	"    out[2 * n + i].z = as_" type "(bitfield_extract_unsigned(x[i].z, offset, count));\n"  \
	"    out[3 * n + i].w = bit_reverse(x[i].w); } }\n"

static cl_ulong word(const void *p, size_t i, unsigned bytes)
{
	cl_ulong v = 0;

	memcpy(&v, (const char *)p + i * bytes, bytes); /* little-endian */
	return v;
}

static void bit_fields(void)
{
	static const struct {
		const char *name, *source;
		unsigned bits;
	} types[] = {{"t_char", BITS("char", 8), 8},     {"t_uchar", BITS("uchar", 8), 8},
		     {"t_short", BITS("short", 16), 16}, {"t_ushort", BITS("ushort", 16), 16},
		     {"t_int", BITS("int", 32), 32},     {"t_uint", BITS("uint", 32), 32},
		     {"t_long", BITS("long", 64), 64},   {"t_ulong", BITS("ulong", 64), 64}};
	enum { ITEMS = 64 * 65 };
	static cl_ulong x[4 * ITEMS], y[4 * ITEMS], out[4 * 4 * ITEMS];
	const cl_ulong endian = 1;
	uint32_t random = 5;

	if (!conf_has_extension("cl_khr_extended_bit_ops"))
		SKIP("no cl_khr_extended_bit_ops");
	if (!*(const char *)&endian)
		SKIP("not for big-endian hosts");
	for (int i = 0; i < 4 * ITEMS; i++) {
		x[i] = (cl_ulong)conf_random(&random) << 32 | conf_random(&random);
		y[i] = (cl_ulong)conf_random(&random) << 32 | conf_random(&random);
	}
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, x),
	       b = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof y, y),
	       c = conf_buffer(0, sizeof out, NULL);
	for (size_t t = 0; t < LENGTH(types); t++) {
		unsigned bits = types[t].bits, bytes = bits / 8;
		cl_ulong all = ~(cl_ulong)0 >> (64 - bits);
		cl_program program = conf_program(types[t].source, "-cl-std=CL3.0");
		cl_kernel kernel = conf_kernel_of(program, types[t].name);

		ARG(kernel, 0, a);
		ARG(kernel, 1, b);
		ARG(kernel, 2, c);
		conf_run(kernel, ITEMS, 0);
		conf_read(c, out, (size_t)16 * ITEMS * bytes);
		for (size_t i = 0; i < 4 * ITEMS; i++) {
			unsigned item = (unsigned)i / 4, offset = item % bits,
				 count = item / bits % (bits - offset + 1);
			cl_ulong v = word(x, i, bytes), w = word(y, i, bytes), reversed = 0;
			cl_ulong ones = count ? ~(cl_ulong)0 >> (64 - count) : 0;
			cl_ulong field = v >> offset & ones,
				 sign = count ? field >> (count - 1) : 0;

			for (unsigned k = 0; k < bits; k++)
				reversed |= (v >> k & 1) << (bits - 1 - k);
			CHECK_EQ((v & ~(ones << offset)) | (w & ones) << offset,
				 word(out, i, bytes));
			CHECK_EQ((sign ? field | (all & ~ones) : field),
				 word(out, 4 * ITEMS + i, bytes));
			CHECK_EQ(field, word(out, 8 * ITEMS + i, bytes));
			CHECK_EQ(reversed, word(out, 12 * ITEMS + i, bytes));
		}
	}
}

/* Whoever computes in signed numbers has overflows here, and may then say anything of the result.
 */
static void extreme_arguments(void)
{
	static const cl_int x[] = {CL_INT_MIN, CL_INT_MAX, -1, 0, 65536, -65537};
	cl_uint out[5][LENGTH(x)];
	cl_mem a = conf_buffer(CL_MEM_COPY_HOST_PTR, sizeof x, (void *)(uintptr_t)x),
	       b = conf_buffer(0, sizeof out, NULL);
	cl_kernel kernel = conf_kernel("kernel void k(global const int *x, global uint *out) {\n"
				       "  size_t i = get_global_id(0), n = get_global_size(0);\n"
				       "  int v = x[i];\n"
				       "  out[i] = abs(v);\n"
				       "  out[n + i] = abs(v) > 0x7fffffffu;\n"
				       "  out[2 * n + i] = abs((int2)(v, 5)).x >> 31;\n"
				       "  out[3 * n + i] = mad_sat(v, v, 7) == 0x7fffffff;\n"
				       "  out[4 * n + i] = mad_sat(v, ~v, -7) < 0; }\n",
				       "k");

	ARG(kernel, 0, a);
	ARG(kernel, 1, b);
	conf_run(kernel, LENGTH(x), 0);
	conf_read(b, out, sizeof out);
	for (size_t i = 0; i < LENGTH(x); i++) {
		cl_long v = x[i];
		cl_uint absolute = (cl_uint)(v < 0 ? -v : v);

		CHECK_EQ(absolute, out[0][i]);
		CHECK_EQ(absolute > CL_INT_MAX, out[1][i]);
		CHECK_EQ(absolute >> 31, out[2][i]);
		CHECK_EQ(v * v + 7 >= CL_INT_MAX, out[3][i]);
		CHECK_EQ(v * (cl_long)~x[i] < 7, out[4][i]);
	}
}

CONF_CASES(kernels_integer) = {
	CASE(extreme_arguments),
	CASE(dot_products),
	CASE(bit_fields),
	CASE_END,
};
