/* SPDX-License-Identifier: MIT */
/* The built-in kernels as they are described; the manual explains them, run.c executes them. */
#include "vendors/dmirror/internal.h"

#define GROUP_MOST 1024u

#define GLOBAL_KIND(name_, type_, at, qualifiers_)                                                 \
	{.name = (name_),                                                                          \
	 .type_name = (type_),                                                                     \
	 .kind = TERN_ARG_GLOBAL,                                                                  \
	 .address_space = TERN_SPACE_GLOBAL,                                                       \
	 .qualifiers = (qualifiers_),                                                              \
	 .offset = (at),                                                                           \
	 .size = 8}
#define INPUT(name, type, at)  GLOBAL_KIND(name, type, at, TERN_QUALIFIER_CONST)
#define OUTPUT(name, type, at) GLOBAL_KIND(name, type, at, 0)
#define ATOMIC(name, type, at) GLOBAL_KIND(name, type, at, TERN_QUALIFIER_VOLATILE)
#define NUMBER(name_, type_, at, bytes)                                                            \
	{.name = (name_),                                                                          \
	 .type_name = (type_),                                                                     \
	 .kind = TERN_ARG_VALUE,                                                                   \
	 .offset = (at),                                                                           \
	 .size = (bytes)}

static const struct tern_kernel_arg copy[] = {INPUT("from", "uchar*", 0),
					      OUTPUT("to", "uchar*", 8)};
static const struct tern_kernel_arg fill[] = {OUTPUT("to", "uint*", 0),
					      NUMBER("value", "uint", 8, 4)};
static const struct tern_kernel_arg add[] = {INPUT("a", "uint*", 0), INPUT("b", "uint*", 8),
					     OUTPUT("sum", "uint*", 16)};
static const struct tern_kernel_arg compare[] = {INPUT("a", "uchar*", 0), INPUT("b", "uchar*", 8),
						 OUTPUT("result", "ulong*", 16)};
static const struct tern_kernel_arg checksum[] = {INPUT("from", "uchar*", 0),
						  OUTPUT("crc", "uint*", 8)};
static const struct tern_kernel_arg increment[] = {OUTPUT("at", "uint*", 0)};
static const struct tern_kernel_arg check_ramp[] = {
	INPUT("from", "uint*", 0), NUMBER("value", "uint", 8, 4), ATOMIC("wrong", "uint*", 16)};
static const struct tern_kernel_arg sum_list[] = {
	INPUT("first", "void*", 0), OUTPUT("result", "ulong*", 8), NUMBER("most", "ulong", 16, 8)};
static const struct tern_kernel_arg exchange[] = {
	ATOMIC("at", "uint*", 0), NUMBER("value", "uint", 8, 4), OUTPUT("old", "uint*", 16)};
static const struct tern_kernel_arg compare_exchange[] = {
	ATOMIC("at", "uint*", 0), NUMBER("expected", "uint", 8, 4),
	NUMBER("desired", "uint", 12, 4), OUTPUT("old", "uint*", 16)};
static const struct tern_kernel_arg atomic_add[] = {ATOMIC("at", "uint*", 0),
						    NUMBER("value", "uint", 8, 4)};
static const struct tern_kernel_arg count[] = {ATOMIC("at", "uint*", 0),
					       NUMBER("times", "uint", 8, 4)};
static const struct tern_kernel_arg exclusive[] = {ATOMIC("at", "uchar*", 0),
						   OUTPUT("pages", "uint*", 8)};

#define KERNEL(name_, args_, bytes, flags_)                                                        \
	{.name = (name_),                                                                          \
	 .attributes = "",                                                                         \
	 .args = (args_),                                                                          \
	 .arg_count = tern_array_size(args_),                                                      \
	 .flags = (flags_),                                                                        \
	 .args_bytes = (bytes),                                                                    \
	 .lanes = 1,                                                                               \
	 .rows = 1,                                                                                \
	 .max_group_size = GROUP_MOST}

const struct tern_kernel_info dmirror_kernels[] = {
	KERNEL("tern_copy", copy, 16, 0),
	KERNEL("tern_fill", fill, 16, 0),
	KERNEL("tern_add", add, 24, 0),
	KERNEL("tern_increment", increment, 8, 0),
	KERNEL("tern_ramp", fill, 16, 0),
	KERNEL("tern_check_ramp", check_ramp, 24, TERN_KERNEL_ATOMICS),
	KERNEL("tern_compare", compare, 24, 0),
	KERNEL("tern_checksum", checksum, 16, 0),
	KERNEL("tern_sum_list", sum_list, 24, 0),
	KERNEL("tern_exchange", exchange, 24, TERN_KERNEL_ATOMICS),
	KERNEL("tern_compare_exchange", compare_exchange, 24, TERN_KERNEL_ATOMICS),
	KERNEL("tern_atomic_add", atomic_add, 16, TERN_KERNEL_ATOMICS),
	KERNEL("tern_count", count, 16, TERN_KERNEL_ATOMICS),
	KERNEL("tern_exclusive", exclusive, 16, 0),
	KERNEL("tern_held", exclusive, 16, 0),
};

const cl_uint dmirror_kernel_count = tern_array_size(dmirror_kernels);
