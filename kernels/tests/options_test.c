/* SPDX-License-Identifier: MIT */
/* Build options: what the specification lists, quoting, and what must be refused. */
#include <errno.h>
#include <string.h>

#include "kernels/options.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

static void expect_ok(const char *text, enum tern_build_operation operation, uint32_t flags,
		      enum tern_language language)
{
	struct tern_options o;
	EXPECT(tern_options_parse(text, operation, &o) == 0);
	EXPECT(o.flags == flags && o.language == language);
	tern_options_finish(&o);
}

static void expect_refused(const char *text, enum tern_build_operation operation)
{
	struct tern_options o;
	int e = tern_options_parse(text, operation, &o);
	if (e != -EINVAL || !o.error[0] || strchr(o.error, '\n'))
		fprintf(stderr, "accepted or not explained: %s\n", text);
	EXPECT(e == -EINVAL && o.error[0] && !strchr(o.error, '\n'));
	tern_options_finish(&o);
}

static void expect_preprocessor(const char *text, size_t count, const char *const *expected)
{
	struct tern_options o;
	EXPECT(tern_options_parse(text, TERN_BUILD_BUILD, &o) == 0);
	EXPECT(o.preprocessor_count == count);
	for (size_t i = 0; i < count && i < o.preprocessor_count; i++) {
		if (strcmp(o.preprocessor[i], expected[i]) != 0)
			fprintf(stderr, "'%s' is not '%s'\n", o.preprocessor[i], expected[i]);
		EXPECT(strcmp(o.preprocessor[i], expected[i]) == 0);
	}
	tern_options_finish(&o);
}

static void test_plain(void)
{
	const enum tern_language cl12 = TERN_LANGUAGE_CL12;
	expect_ok("", TERN_BUILD_BUILD, 0, cl12);
	expect_ok(" \t\n ", TERN_BUILD_BUILD, 0, cl12);
	expect_ok("-w -Werror", TERN_BUILD_COMPILE,
		  TERN_OPT_NO_WARNINGS | TERN_OPT_WARNINGS_ARE_ERRORS, cl12);
	expect_ok("-cl-single-precision-constant -cl-denorms-are-zero -cl-opt-disable "
		  "-cl-fp32-correctly-rounded-divide-sqrt -cl-strict-aliasing",
		  TERN_BUILD_BUILD,
		  TERN_OPT_SINGLE_PRECISION_CONSTANT | TERN_OPT_DENORMS_ARE_ZERO |
			  TERN_OPT_DISABLE | TERN_OPT_CORRECT_DIVIDE_SQRT |
			  TERN_OPT_STRICT_ALIASING,
		  cl12);
	expect_ok("-cl-uniform-work-group-size -cl-no-subgroup-ifp -cl-mad-enable "
		  "-cl-no-signed-zeros -cl-unsafe-math-optimizations -cl-finite-math-only "
		  "-cl-fast-relaxed-math -cl-kernel-arg-info -g",
		  TERN_BUILD_COMPILE,
		  TERN_OPT_UNIFORM_GROUPS | TERN_OPT_NO_SUBGROUP_IFP | TERN_OPT_MAD_ENABLE |
			  TERN_OPT_NO_SIGNED_ZEROS | TERN_OPT_UNSAFE_MATH | TERN_OPT_FINITE_MATH |
			  TERN_OPT_FAST_RELAXED_MATH | TERN_OPT_ARG_INFO | TERN_OPT_DEBUG,
		  cl12);
	expect_ok("-cl-std=CL1.1", TERN_BUILD_BUILD, 0, TERN_LANGUAGE_CL11);
	expect_ok("-cl-std=CL2.0", TERN_BUILD_BUILD, 0, TERN_LANGUAGE_CL20);
	expect_ok("-cl-std=CL2.0 -cl-std=CL3.0", TERN_BUILD_BUILD, 0, TERN_LANGUAGE_CL30);
	expect_ok("-D\"a= -cl-uniform-work-group-size\"\t-g", TERN_BUILD_BUILD, TERN_OPT_DEBUG,
		  cl12);
	expect_ok("-w -g -O2", TERN_BUILD_BUILD, TERN_OPT_NO_WARNINGS | TERN_OPT_DEBUG, cl12);
	expect_ok("-create-library", TERN_BUILD_LINK, TERN_OPT_CREATE_LIBRARY, cl12);
	expect_ok("-create-library -enable-link-options -cl-denorms-are-zero", TERN_BUILD_LINK,
		  TERN_OPT_CREATE_LIBRARY | TERN_OPT_ENABLE_LINK_OPTIONS |
			  TERN_OPT_DENORMS_ARE_ZERO,
		  cl12);
}

static void test_refused(void)
{
	static const char *const both[] = {
		"-unknown",
		"word",
		"-",
		"--",
		"-cl-",
		"-c l-std=CL1.2",
		"-cl-std=",
		"-cl-std=CL4.0",
		"-cl-std=CL1.2x",
		"-cl-std",
		"-cl-kernel-arg-inf",
		"-cl-kernel-arg-infox",
		"kernel.cl",
		"-D",
		"-I",
		"-DX -I",
		"-D 1x",
		"-D=3",
		"-DA-B",
		"-I \"\"",
		"\"-w",
		"-D A=\"",
		"-ww",
		"-W",
		"-Werror,",
		"-o out",
		"-x spir",
		"-create-library x",
	};
	for (size_t i = 0; i < tern_array_size(both); i++) {
		expect_refused(both[i], TERN_BUILD_BUILD);
		expect_refused(both[i], TERN_BUILD_LINK);
	}
	expect_refused("-create-library", TERN_BUILD_BUILD);
	expect_refused("-enable-link-options", TERN_BUILD_COMPILE);
	expect_refused("-enable-link-options", TERN_BUILD_LINK);
	expect_refused("-D A", TERN_BUILD_LINK);
	expect_refused("-w", TERN_BUILD_LINK);
	expect_refused("-cl-mad-enable", TERN_BUILD_LINK);
	char longest[5000];
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	expect_refused(longest, TERN_BUILD_BUILD);
}

static void test_preprocessor(void)
{
	static const char *const simple[] = {"-DA", "-DB=1", "-DC=2", "-Iinc", "-I/usr/x"};
	static const char *const quoted[] = {"-DS=\"text\"", "-DT=a b", "-Imy dir", "-DU=\\n"};
	static const char *const call[] = {"-DF(x)=(x)+1"};
	static const char *const cut[] = {"-DA=1"};
	expect_preprocessor("-D A -DB=1 -D C=2 -I inc -I/usr/x", 5, simple);
	expect_preprocessor("-DS=\\\"text\\\" -D \"T=a b\" -I \"my dir\" -DU=\\n", 4, quoted);
	expect_preprocessor("-DF(x)=(x)+1", 1, call);
	expect_preprocessor("\"-DA=1\n#error no\"", 1, cut);
}

static void test_warnings(void)
{
	struct tern_options o;
	EXPECT(tern_options_parse("-Wall -Wno-unused", TERN_BUILD_BUILD, &o) == 0);
	EXPECT(o.warning_count == 2 && strcmp(o.warnings[1], "-Wno-unused") == 0);
	tern_options_finish(&o);
}

static void test_no_memory(void)
{
	struct tern_options o;
	int e = -ENOMEM;
	for (uint64_t n = 1; e == -ENOMEM && n < 100; n++) {
		tern_fault_arm(n, true);
		e = tern_options_parse("-D A=1 -I b -Wall", TERN_BUILD_BUILD, &o);
		tern_options_finish(&o);
	}
	tern_fault_arm(0, false);
	EXPECT(e == 0);
}

int main(void)
{
	test_plain();
	test_refused();
	test_preprocessor();
	test_warnings();
	test_no_memory();
	return test_result();
}
