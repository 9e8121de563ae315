/* SPDX-License-Identifier: MIT */
/* Which builds may be cached. */
#include "kernels/pure.h"

#include <string.h>

#include "runtime/base/tests/test.h"

static const struct tern_header given = {"given.h", "#define A 1", 11};

static bool pure(const char *options, const char *source)
{
	const struct tern_build_request q = {.operation = TERN_BUILD_COMPILE,
					     .options = options,
					     .source = source,
					     .source_size = strlen(source),
					     .headers = &given,
					     .header_count = 1};
	return tern_build_is_pure(&q);
}

static void pure_sources(void)
{
	static const char *const sources[] = {
		"",
		"kernel void k(void) { }",
		"/* include the border, which is important; imports, embedded: */",
		"// include",
		"// what we include: the following",
		"#define ADD(a, b) \\\n\ta + b\n",
		"#include \"given.h\"",
		" # \t include <given.h>\nint a;",
		"#inc\\\nlude \"giv\\\r\nen.h\"",
		"#pragma unroll\nint a;",
		"int dependency;",
		"\\",
		"?\?/",
	};
	for (size_t i = 0; i < tern_array_size(sources); i++) {
		test_checks++;
		if (!pure("-w -DA=1", sources[i])) {
			test_failures++;
			fprintf(stderr, "taken for impure: %s\n", sources[i]);
		}
	}
}

static void impure_sources(void)
{
	static const char *const sources[] = {
		"#include \"other.h\"",
		"#include <given.h.h>",
		"#include \"given.h>",
		"#include",
		"#include \"given.h",
		"#define H \"given.h\"\n#include H",
		"# include <other.h>",
		"#include/**/\"other.h\"",
		"#/**/include \"other.h\"",
		"#/* */ include \"other.h\"",
		"%:include \"other.h\"",
		"%: include \"other.h\"",
		"?\?=include \"other.h\"",
		"#inc\\\nlude \"other.h\"",
		"#inc\\ \t\nlude \"other.h\"",
		"#inc\\\r\nlude \"other.h\"",
		"#inc?\?/\nlude \"other.h\"",
		"#include \"given.h\"\n#include \"other.h\"",
		"#include_next \"given.h\"",
		"#if __has_include(\"other.h\")",
		"#if __has_include ( <given.h> )",
		"#import \"other.h\"",
		"#embed \"other.h\"",
		"#if __has_embed(\"other.h\")",
		"#pragma GCC dependency \"other.h\"",
		"_Pragma(\"GCC dependency \\\"other.h\\\"\")",
		"constant char t[] = __TIME__;",
		"constant char t[] = __DATE__;",
		"constant char t[] = __TIMESTAMP__;",
		"constant char t[] = __TI\\\nME__;",
	};
	for (size_t i = 0; i < tern_array_size(sources); i++) {
		test_checks++;
		if (pure("", sources[i])) {
			test_failures++;
			fprintf(stderr, "taken for pure: %s\n", sources[i]);
		}
	}
}

static void the_rest(void)
{
	EXPECT(!pure("-I.", "") && !pure("-w -I /usr/include", ""));
	EXPECT(!pure("-DNOW=__TIME__", ""));
	const struct tern_header reads = {"reads.h", "#include \"other.h\"", 18};
	struct tern_build_request q = {.operation = TERN_BUILD_COMPILE,
				       .options = "",
				       .source = "int a;",
				       .source_size = 6,
				       .headers = &reads,
				       .header_count = 1};
	EXPECT(!tern_build_is_pure(&q));
	q.header_count = 0;
	EXPECT(tern_build_is_pure(&q));
	const char zeros[8] = {0};
	q.source = zeros;
	q.source_size = sizeof(zeros);
	EXPECT(tern_build_is_pure(&q));
	q.source = NULL;
	q.source_size = 0;
	EXPECT(tern_build_is_pure(&q));
	q.operation = TERN_BUILD_LINK;
	EXPECT(tern_build_is_pure(&q));
}

int main(void)
{
	pure_sources();
	impure_sources();
	the_rest();
	return test_result();
}
