/* SPDX-License-Identifier: MIT */
/*
 * From source to a module: clang's arguments and the files that exist for it only.
 *
 * OpenCL C is compiled for SPIR, whose address spaces and calling conventions leave kernels intact,
 * as CL1.x or CL3.0. CL2.0 is compiled as CL3.0 with the features of kernels/features.h and
 * __OPENCL_C_VERSION__ set back to 200: what a kernel uses beyond these features is then an error
 * at its line, not a promise that nothing keeps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/features.h"
#include "kernels/ternc/build.h"
#include "kernels/ternc/embedded.h"
#include "kernels/ternc/shim.h"
#include "runtime/base/alloc.h"

#define INCLUDE_DIR "/tern/include/"
#define SOURCE_DIR  TERN_SOURCE_DIR
#define MAIN_FILE   SOURCE_DIR "<source>"

static const char *const fixed_args[] = {
	"-triple",
	"spir64-unknown-unknown",
	"-x",
	"cl",
	"-emit-llvm-only",
	"-O2",
	"-disable-llvm-passes",
	"-fdeclare-opencl-builtins",
	"-cl-kernel-arg-info",
	"-nostdsysteminc",
	"-nobuiltininc",
	"-ferror-limit",
	"50",
	"-include",
	(INCLUDE_DIR "tern.h"),
	("-fmacro-prefix-map=" SOURCE_DIR "="),
	"-U__SPIR__",
	"-U__SPIR64__",
	"-U__SPIR",
	"-U__SPIR64",
	"-U__IMAGE_SUPPORT__",
	("-I" SOURCE_DIR),
};

#define X(name, major, minor, patch) ",+" name
static const char extensions[] = "-cl-ext=-all" TERN_C_EXTENSIONS(X);
static const char extensions_and_features[] =
	"-cl-ext=-all" TERN_C_EXTENSIONS(X) TERN_C_EXTENSIONS_20(X) TERN_C_FEATURES(X);
#undef X

/*
 * Features and extensions that clang has no switch for: its header defines them, or nobody. By
 * these macros it declares bit_reverse(), dot() and their kin, where the program has none of its
 * own. The pragmas make the names known to programs that enable them so.
 */
/* clang-format off */
#define X(name, major, minor, patch) "#ifndef " name "\n#define " name " 1\n#endif\n"
#define PRAGMA(name) "#pragma OPENCL EXTENSION " name " : "
#define KNOWN(name, major, minor, patch) PRAGMA(name) "begin\n" PRAGMA(name) "end\n"
static const char prelude[] =
	"#pragma clang system_header\n"
	TERN_C_EXTENSIONS(X)
	X("__opencl_c_integer_dot_product_input_4x8bit", 3, 0, 0)
	X("__opencl_c_integer_dot_product_input_4x8bit_packed", 3, 0, 0)
	KNOWN("cl_khr_extended_bit_ops", 1, 0, 0)
	KNOWN("cl_khr_integer_dot_product", 1, 0, 0)
	"#if __OPENCL_C_VERSION__ >= 200\n"
	TERN_C_EXTENSIONS_20(X)
	TERN_C_EXTENSIONS_20(KNOWN)
	"#endif\n"
	"#if __OPENCL_C_VERSION__ >= 300\n"
	TERN_C_FEATURES(X)
	"#endif\n"
	"#include \"opencl-c-base.h\"\n"
	"#ifdef TERN_CL20\n"
	"#undef TERN_CL20\n"
	"#undef __OPENCL_C_VERSION__\n"
	"#define __OPENCL_C_VERSION__ 200\n"
	"#endif\n";
#undef KNOWN
#undef PRAGMA
#undef X
/* clang-format on */

/* clang's arguments: a growing array that remembers missing memory. */
struct args {
	const char **item;
	size_t count;
	bool failed;
};

static void add(struct args *a, const char *s)
{
	const char **grown =
		a->failed ? NULL : tern_realloc_array(a->item, a->count + 1, sizeof(s));
	if (!grown || !s) {
		a->failed = true;
		if (grown)
			a->item = grown;
		return;
	}
	a->item = grown;
	a->item[a->count++] = s;
}

static void add_language(struct args *a, enum tern_language language)
{
	switch (language) {
	case TERN_LANGUAGE_CL10:
		add(a, "-cl-std=CL1.0");
		break;
	case TERN_LANGUAGE_CL11:
		add(a, "-cl-std=CL1.1");
		break;
	case TERN_LANGUAGE_CL12:
		add(a, "-cl-std=CL1.2");
		break;
	case TERN_LANGUAGE_CL20:
		add(a, "-DTERN_CL20");
		add(a, "-cl-std=CL3.0");
		break;
	case TERN_LANGUAGE_CL30:
		add(a, "-cl-std=CL3.0");
		break;
	}
	add(a, language >= TERN_LANGUAGE_CL20 ? extensions_and_features : extensions);
}

/* Options that clang's front end has under another or the same name. */
static void add_flags(struct args *a, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *arg;
	} table[] = {
		{TERN_OPT_SINGLE_PRECISION_CONSTANT, "-cl-single-precision-constant"},
		{TERN_OPT_MAD_ENABLE, "-cl-mad-enable"},
		{TERN_OPT_NO_SIGNED_ZEROS, "-cl-no-signed-zeros"},
		{TERN_OPT_UNSAFE_MATH, "-cl-unsafe-math-optimizations"},
		{TERN_OPT_FINITE_MATH, "-cl-finite-math-only"},
		{TERN_OPT_FAST_RELAXED_MATH, "-cl-fast-relaxed-math"},
		{TERN_OPT_NO_WARNINGS, "-w"},
		{TERN_OPT_WARNINGS_ARE_ERRORS, "-Werror"},
	};
	for (size_t i = 0; i < tern_array_size(table); i++) {
		if (flags & table[i].flag)
			add(a, table[i].arg);
	}
}

static void add_all(struct tern_build *b, struct args *a)
{
	const struct tern_options *o = &b->options;
	for (size_t i = 0; i < tern_array_size(fixed_args); i++)
		add(a, fixed_args[i]);
	add(a, "-D__OPENCL_VERSION__=300");
	if (strstr(b->request->features, "+fma")) {
		add(a, "-DFP_FAST_FMAF");
		add(a, "-DFP_FAST_FMA");
	}
	add_language(a, o->language);
	add_flags(a, o->flags);
	if (b->request->flags & TERN_WIRE_REPORT || o->flags & TERN_OPT_DEBUG)
		add(a, "-debug-info-kind=line-tables-only");
	if (o->flags & TERN_OPT_DEBUG)
		add(a, "-dwarf-version=4");
	if (*b->request->debug_source)
		add(a, tern_build_printf(b, "-fdebug-prefix-map=%s=%s", MAIN_FILE,
					 b->request->debug_source));
	for (size_t i = 0; i < o->warning_count; i++)
		add(a, o->warnings[i]);
	for (size_t i = 0; i < o->preprocessor_count; i++)
		add(a, o->preprocessor[i]);
	add(a, MAIN_FILE);
}

/* A file of the request; clang wants a NUL behind its data. */
static bool add_file(struct tern_build *b, struct tern_virtual_file *f, const char *name,
		     const char *data, size_t size)
{
	f->path = tern_build_printf(b, "%s%s", SOURCE_DIR, name);
	f->data = tern_build_strndup(b, size ? data : "", size);
	f->size = size;
	return f->path && f->data;
}

static struct tern_virtual_file *list_files(struct tern_build *b, size_t *count)
{
	const struct tern_wire_request *q = b->request;
	size_t n = 3;
	struct tern_virtual_file *f = tern_build_alloc(b, (n + q->header_count) * sizeof(*f));
	if (!f)
		return NULL;
	f[0] = (struct tern_virtual_file){INCLUDE_DIR "opencl-c-base.h", tern_opencl_header,
					  tern_opencl_header_size};
	f[1] = (struct tern_virtual_file){INCLUDE_DIR "tern.h", prelude, sizeof(prelude) - 1};
	if (!add_file(b, &f[2], "<source>", q->source, q->source_size))
		return NULL;
	for (uint32_t i = 0; i < q->header_count; i++) {
		if (!*q->headers[i].name)
			continue;
		if (!add_file(b, &f[n], q->headers[i].name, q->headers[i].source,
			      q->headers[i].size))
			return NULL;
		n++;
	}
	*count = n;
	return f;
}

/* Our folders are no business of the reader: "<source>:3:5: error: ...". */
static void log_diagnostics(struct tern_build *b, const char *text)
{
	static const char *const hidden[] = {SOURCE_DIR, INCLUDE_DIR};
	while (*text) {
		const char *at = NULL;
		size_t skip = 0;
		for (size_t i = 0; i < tern_array_size(hidden); i++) {
			const char *p = strstr(text, hidden[i]);
			if (p && (!at || p < at)) {
				at = p;
				skip = strlen(hidden[i]);
			}
		}
		size_t n = at ? (size_t)(at - text) : strlen(text);
		tern_write_raw(&b->log, text, n);
		text += n + skip;
	}
}

enum tern_build_status tern_frontend_compile(struct tern_build *b, LLVMModuleRef *out)
{
	struct args args = {0};
	size_t file_count = 0;
	struct tern_virtual_file *files = list_files(b, &file_count);
	add_all(b, &args);
	if (!files || args.failed) {
		tern_free(args.item);
		return TERN_BUILD_UNAVAILABLE;
	}
	char *log = NULL;
	LLVMModuleRef module =
		tern_clang_compile(b->context, args.item, args.count, files, file_count, &log);
	tern_free(args.item);
	if (log)
		log_diagnostics(b, log);
	free(log);
	if (!module)
		return TERN_BUILD_FAILED;
	tern_build_dump(b, module, "1-clang");
	*out = module;
	return TERN_BUILD_OK;
}
