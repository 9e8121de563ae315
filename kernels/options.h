/* SPDX-License-Identifier: MIT */
/*
 * Build options (OpenCL 3.0 API specification, sections 5.8.6 "Compiler Options" and 5.8.7 "Linker
 * Options"): for the runtime, which refuses what is not valid before a build begins, and for the
 * compile server.
 *
 * The text is split at white space. Double quotes keep what they enclose together and vanish; a
 * backslash before a double quote, a backslash or white space makes that character ordinary.
 */
#ifndef TERN_KERNELS_OPTIONS_H
#define TERN_KERNELS_OPTIONS_H

#include "kernels/kernels.h"

enum tern_language {
	TERN_LANGUAGE_CL10 = 100,
	TERN_LANGUAGE_CL11 = 110,
	TERN_LANGUAGE_CL12 = 120,
	TERN_LANGUAGE_CL20 = 200,
	TERN_LANGUAGE_CL30 = 300,
};

/* tern_options.flags */
enum {
	TERN_OPT_SINGLE_PRECISION_CONSTANT = 1 << 0,
	TERN_OPT_DENORMS_ARE_ZERO = 1 << 1,
	TERN_OPT_CORRECT_DIVIDE_SQRT = 1 << 2,
	TERN_OPT_DISABLE = 1 << 3, /* -cl-opt-disable */
	TERN_OPT_STRICT_ALIASING = 1 << 4,
	TERN_OPT_UNIFORM_GROUPS = 1 << 5,
	TERN_OPT_NO_SUBGROUP_IFP = 1 << 6,
	TERN_OPT_MAD_ENABLE = 1 << 7,
	TERN_OPT_NO_SIGNED_ZEROS = 1 << 8,
	TERN_OPT_UNSAFE_MATH = 1 << 9,
	TERN_OPT_FINITE_MATH = 1 << 10,
	TERN_OPT_FAST_RELAXED_MATH = 1 << 11,
	TERN_OPT_NO_WARNINGS = 1 << 12,
	TERN_OPT_WARNINGS_ARE_ERRORS = 1 << 13,
	TERN_OPT_ARG_INFO = 1 << 14,
	TERN_OPT_DEBUG = 1 << 15,
	TERN_OPT_CREATE_LIBRARY = 1 << 16,
	TERN_OPT_ENABLE_LINK_OPTIONS = 1 << 17,
};

struct tern_options {
	enum tern_language language;
	uint32_t flags;
	char **preprocessor; /* "-DNAME=TEXT" and "-IPATH", in order */
	size_t preprocessor_count;
	char **warnings; /* "-Wname" but -Werror, for clang */
	size_t warning_count;
	char error[256]; /* after -EINVAL: what is wrong, without a line end */
};

/*
 * Reads the options of @operation. 0; -EINVAL for unknown, misplaced or malformed options, with
 * out->error set; -ENOMEM. tern_options_finish() is due in every case.
 */
int tern_options_parse(const char *text, enum tern_build_operation operation,
		       struct tern_options *out) TERN_MUST_CHECK;
void tern_options_finish(struct tern_options *options);

#endif
