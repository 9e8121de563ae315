/* SPDX-License-Identifier: MIT */
/* The compile server from end to end: what builds, what does not, and what the log says. */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#include "kernels/features.h"
#include "kernels/ternc/tests/harness.h"

#define OK      TERN_BUILD_OK
#define FAILED  TERN_BUILD_FAILED
#define INVALID TERN_BUILD_INVALID_OPTIONS

static void test_kernel_info(struct server *s)
{
	static const char source[] =
		"typedef struct { char c; double d; } pair;\n"
		"kernel __attribute__((reqd_work_group_size(8,4,1), vec_type_hint(uchar4)))\n"
		"void f(float3 v, global const float *restrict p, constant int *c, local char *l,\n"
		"       char x, pair q, global volatile uint4 *w) {\n"
		"  local int shared[4]; shared[get_local_id(0)] = x; "
		"barrier(CLK_LOCAL_MEM_FENCE);\n"
		"  w[get_global_id(0)] = (uint)(v.x + p[0] + c[0] + q.d) + shared[0]; l[0] = 1; }\n"
		"kernel void g(void) {}\n";
	static const struct tern_kernel_arg expected[] = {
		{"v", "float3", TERN_ARG_VALUE, TERN_SPACE_PRIVATE, 0, 0, 0, 16},
		{"p", "float*", TERN_ARG_GLOBAL, TERN_SPACE_GLOBAL, 0,
		 TERN_QUALIFIER_CONST | TERN_QUALIFIER_RESTRICT, 16, 8},
		{"c", "int*", TERN_ARG_CONSTANT, TERN_SPACE_CONSTANT, 0, TERN_QUALIFIER_CONST, 24,
		 8},
		{"l", "char*", TERN_ARG_LOCAL, TERN_SPACE_LOCAL, 0, 0, 32, 0},
		{"x", "char", TERN_ARG_VALUE, TERN_SPACE_PRIVATE, 0, 0, 40, 1},
		{"q", "pair", TERN_ARG_VALUE, TERN_SPACE_PRIVATE, 0, 0, 48, 16},
		{"w", "uint4*", TERN_ARG_GLOBAL, TERN_SPACE_GLOBAL, 0, TERN_QUALIFIER_VOLATILE, 64,
		 8},
	};
	struct answer a = build(s, source, "", OK, NULL);
	const struct tern_code_info *info = &a.code.info;
	REQUIRE(a.result.status == OK && info->kernel_count == 2);
	const struct tern_kernel_info *f = &info->kernels[0];
	EXPECT(strcmp(f->name, "f") == 0 && strcmp(info->kernels[1].name, "g") == 0);
	EXPECT(strcmp(f->attributes, "reqd_work_group_size(8,4,1) vec_type_hint(uchar4)") == 0);
	EXPECT(strcmp(f->vec_type_hint, "uchar4") == 0);
	EXPECT(f->required_size[0] == 8 && f->required_size[1] == 4 && f->required_size[2] == 1);
	EXPECT(f->args_bytes == 72 && f->local_bytes >= 16 && f->flags & TERN_KERNEL_BARRIER);
	EXPECT(info->kernels[1].arg_count == 0 && info->kernels[1].args_bytes == 0);
	REQUIRE(f->arg_count == tern_array_size(expected));
	for (size_t i = 0; i < tern_array_size(expected); i++) {
		const struct tern_kernel_arg *x = &f->args[i], *y = &expected[i];
		EXPECT(strcmp(x->name, y->name) == 0 && strcmp(x->type_name, y->type_name) == 0);
		EXPECT(x->kind == y->kind && x->address_space == y->address_space);
		EXPECT(x->qualifiers == y->qualifiers);
		EXPECT(x->offset == y->offset && x->size == y->size);
	}
	answer_free(&a);
}

/* The image is a shared object whose entry is the table of functions. */
static void test_image(struct server *s)
{
	struct answer a = build(s,
				"constant int table[3] = {1, 2, 3};\n"
				"kernel void f(global int *p) { p[0] = table[p[0]]; }\n",
				"", OK, NULL);
	Elf64_Ehdr h;
	REQUIRE(a.result.status == OK && a.code.payload_size > sizeof(h));
	memcpy(&h, a.code.payload, sizeof(h));
	EXPECT(memcmp(h.e_ident, ELFMAG, SELFMAG) == 0 && h.e_type == ET_DYN && h.e_entry != 0);
	answer_free(&a);
}

static void test_errors(struct server *s)
{
	expect_build(s, "kernel void f(global int *p)\n{\n  p[0] = oops;\n}\n", "", FAILED,
		     "<source>:3:10: error: use of undeclared identifier 'oops'");
	expect_build(s, "int g(int);\nkernel void f(global int *p) { p[0] = g(1); }", "", FAILED,
		     "undefined function 'g");
	expect_build(
		s,
		"double __tern_machine_has_fma(void); float __tern_machine_scale_f32(int, int);\n"
		"kernel void f(global float *p) {\n"
		"  p[0] = __tern_machine_has_fma() + __tern_machine_scale_f32(1, 2); }",
		"", FAILED, "undefined function '__tern_machine_");
	expect_build(s,
		     "int g(int x) { return x ? g(x - 1) : 0; }\n"
		     "kernel void f(global int *p) { p[0] = g(p[1]); }",
		     "", FAILED, "recursion");
	expect_build(s, "kernel void f(\n  read_only image2d_t i, global int *p) { p[0] = 1; }", "",
		     FAILED, "<source>:2:23: error: kernel parameter of type");
	expect_build(s, "kernel void f(sampler_t s) {}", "-cl-std=CL1.1", FAILED,
		     "<source>:1:25: error: kernel parameter of type");
	expect_build(s, "kernel void f(read_only image2d_t i) {}", "-cl-std=CL3.0", FAILED,
		     "<source>:1:25: error: use of type");
	expect_build(s, "#error stop\n", "", FAILED, "<source>:1:2: error: stop");
	expect_build(s, "kernel int f(void) { return 1; }", "", FAILED, "must have void return");
	expect_build(s, "", "", OK, NULL);
	expect_build(s, "int x = 1 / 0\n", "-cl-std=CL3.0", FAILED, "error:");
	expect_build(s, "kernel void f(void) { int unused; }", "-Wall -Werror", FAILED,
		     "unused variable");
	expect_build(s,
		     "#define D [1][1][1][1][1][1][1][1][1][1]\n"
		     "#define I [i][i][i][i][i][i][i][i][i][i]\n"
		     "typedef int deep D D D D D D D;\n"
		     "kernel void f(global deep *p, int i) { p[i] I I I I I I I = 1; }",
		     "", FAILED, "too many operands");
	expect_build(s,
		     "constant int a[1 << 28] = {1};\nkernel void f(global int *p) { *p = a[*p]; }",
		     "", FAILED, "1073741824 bytes of program-scope variables");
	expect_build(s,
		     "kernel void f(global int *p) { int a[1ul << 40]; a[*p] = 1; *p = a[p[1]]; }",
		     "", FAILED, "64 MB of private memory");
	expect_build(s,
		     "kernel void f(global int *p) {\n"
		     "	int *a = (int *)(ulong)__builtin_alloca(p[0]);\n"
		     "	a[p[1]] = p[2];\n	barrier(1);\n	p[get_global_id(0)] = a[p[3]];\n}",
		     "", FAILED, "a private variable of variable size and a barrier");
	expect_build(s, "#warning careful\nkernel void f(void) {}", "", OK,
		     "<source>:1:2: warning: careful");
	expect_build(s, "#warning careful\nkernel void f(void) {}", "-Werror", FAILED, "careful");
}

static void test_options(struct server *s)
{
	struct answer a = build(s, "#warning careful\nkernel void f(void) {}", "-w", OK, NULL);
	EXPECT(strcmp(a.result.log, "") == 0);
	answer_free(&a);
	expect_build(s, "kernel void f(void) {}", "-no-such-option", INVALID, "-no-such-option");
	expect_build(s, "kernel void f(global int *p) { p[0] = A + B; }", "-D A -DB=2", OK, NULL);
	expect_build(s, "#if A != 1\n#error A\n#endif\nkernel void f(void) {}", "-DA", OK, NULL);
	expect_build(s, "kernel void f(constant char *p) { constant char *q = S; }",
		     "-DS=\\\"x\\\"", OK, NULL);
	expect_build(s,
		     "#ifndef __FAST_RELAXED_MATH__\n#error fast\n#endif\n"
		     "kernel void f(void) {}",
		     "-cl-fast-relaxed-math", OK, NULL);
	expect_build(s, "kernel void f(global float *p) { p[0] = p[0] * 0.1; }",
		     "-cl-mad-enable -cl-no-signed-zeros -cl-unsafe-math-optimizations "
		     "-cl-finite-math-only -cl-single-precision-constant -cl-denorms-are-zero "
		     "-cl-fp32-correctly-rounded-divide-sqrt -cl-opt-disable -cl-strict-aliasing "
		     "-cl-uniform-work-group-size -cl-no-subgroup-ifp -cl-kernel-arg-info -g",
		     OK, NULL);
}

static void test_include_path(struct server *s)
{
	char folder[] = "/tmp/tern-test-XXXXXX", path[64], options[64];
	REQUIRE(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/on_disk.h", folder);
	snprintf(options, sizeof(options), "-I %s", folder);
	FILE *f = fopen(path, "w");
	REQUIRE(f);
	fputs("#define VALUE 3\n", f);
	fclose(f);
	const char *source = "#include \"on_disk.h\"\nkernel void f(global int *p) { *p = VALUE; }";
	expect_build(s, source, options, OK, NULL);
	expect_build(s, source, "", FAILED, "'on_disk.h' file not found");
	struct tern_wire_request q = request_of(TERN_BUILD_BUILD, source, "-I.");
	q.directory = folder;
	struct answer a = server_ask(s, &q);
	EXPECT(a.result.status == OK);
	answer_free(&a);
	unlink(path);
	rmdir(folder);
}

static void test_versions(struct server *s)
{
	static const struct {
		const char *options, *version;
	} table[] = {
		{"", "120"},
		{"-cl-std=CL1.1", "110"},
		{"-cl-std=CL1.2", "120"},
		{"-cl-std=CL2.0", "200"},
		{"-cl-std=CL3.0", "300"},
	};
	for (size_t i = 0; i < tern_array_size(table); i++) {
		char source[256];
		snprintf(source, sizeof(source),
			 "#if __OPENCL_C_VERSION__ != %s || __OPENCL_VERSION__ != 300 || "
			 "!defined(__ENDIAN_LITTLE__)\n#error wrong\n#endif\n"
			 "kernel void f(void) {}",
			 table[i].version);
		expect_build(s, source, table[i].options, OK, NULL);
	}
	/* 2.0 is accepted; what lies beyond the features is an error at its line */
	expect_build(s,
		     "global int counter;\n"
		     "int twice(int *generic_pointer) { return *generic_pointer * 2; }\n"
		     "kernel void f(global atomic_int *a, global int *p) {\n"
		     "  atomic_fetch_add(a, twice(p));\n"
		     "  atomic_store_explicit(a, 1, memory_order_release, memory_scope_device);\n"
		     "  counter = get_enqueued_local_size(0); work_group_barrier(1); }",
		     "-cl-std=CL2.0", OK, NULL);
	static const char collective[] =
		"kernel void f(global int *p) {\n  *p = work_group_reduce_add(1); }";
	expect_build(s, collective, "-cl-std=CL2.0", OK, NULL);
	expect_build(s, collective, "-cl-std=CL1.2", FAILED, "<source>:2:8: error:");
	static const char sub_group[] =
		"kernel void f(global int *p) {\n  *p = sub_group_shuffle(sub_group_all(1), 0); }";
	expect_build(s, sub_group, "-cl-std=CL2.0", OK, NULL);
	expect_build(s, sub_group, "-cl-std=CL1.2", FAILED, "<source>:2:8: error:");
	expect_build(s, "kernel void f(\n  read_only pipe int p) {}", "-cl-std=CL2.0", FAILED,
		     "<source>:2:");
	expect_build(s, "kernel void f(\n  read_write image2d_t p) {}", "-cl-std=CL2.0", FAILED,
		     "<source>:2:");
	expect_build(s, "kernel void f(queue_t q) {\n  enqueue_kernel(q, 0, 0, ^{}); }",
		     "-cl-std=CL2.0", FAILED, "error:");
	expect_build(s, "kernel void f(global float *p) {\n  half h = 1; p[0] = h; }",
		     "-cl-std=CL3.0", FAILED, "<source>:2:");
}

/* The bit functions are there, but not in the way of a program's own. */
static void test_own_bit_functions(struct server *s)
{
	expect_build(s, "kernel void f(global uint *p) { *p = bit_reverse(*p); }", "", OK, NULL);
	expect_build(s,
		     "uint bit_reverse(uint x) { return x + 1; }\n"
		     "int bitfield_insert(int a) { return a; }\n"
		     "kernel void f(global uint *p) { *p = bit_reverse(bitfield_insert(*p)); }",
		     "", OK, NULL);
	expect_build(s,
		     "static uint bit_reverse(uint x) { return x + 1; }\n"
		     "kernel void f(global uint *p) {\n"
		     "  *p = bit_reverse(bitfield_insert(*p, 1u, 2, 3)); }",
		     "-Werror", OK, NULL);
	expect_build(s,
		     "#pragma OPENCL EXTENSION cl_khr_extended_bit_ops : enable\n"
		     "#pragma OPENCL EXTENSION cl_khr_integer_dot_product : enable\n"
		     "kernel void f(global uint *p) { *p = bit_reverse(*p); }",
		     "-Werror", OK, NULL);
	expect_build(s, "kernel void f(global uint *p) {\n  *p = bit_reverse(*p, 1); }", "", FAILED,
		     "<source>:2:8: error: no matching function for call to 'bit_reverse'");
	expect_build(s, "kernel void f(global uint *p) {\n  *p = bit_reverse(*p) + none(); }", "",
		     FAILED, "<source>:2:");
}

/* Each macro of features.h is defined, and others are not. */
static void test_features(struct server *s)
{
	char source[8192] = "";
	size_t n = 0;
#define X(name, major, minor, patch)                                                               \
	n += (size_t)snprintf(source + n, sizeof(source) - n,                                      \
			      "#ifndef " name "\n#error " name " is missing\n#endif\n");
	TERN_C_EXTENSIONS(X)
	char extensions[2 * sizeof(source)];
#define NOT(name, major, minor, patch) "#ifdef " name "\n#error " name " is there\n#endif\n"
	snprintf(extensions, sizeof(extensions), "%s" TERN_C_EXTENSIONS_20(NOT), source);
#undef NOT
	TERN_C_EXTENSIONS_20(X)
	TERN_C_FEATURES(X)
#undef X
	static const char *const absent[] = {
		"__opencl_c_images",
		"__opencl_c_read_write_images",
		"__opencl_c_3d_image_writes",
		"__opencl_c_pipes",
		"__opencl_c_device_enqueue",
		"__opencl_c_kernel_clock_scope_device",
		"__IMAGE_SUPPORT__",
		"cl_khr_3d_image_writes",
		"cl_khr_kernel_clock",
		"cl_ext_float_atomics",
		"cl_khr_gl_sharing",
		"cl_khr_depth_images",
		"__SPIR__",
		"__SPIR64__",
		"__SPIRV__",
		"TERN_CL20",
	};
	for (size_t i = 0; i < tern_array_size(absent); i++)
		n += (size_t)snprintf(source + n, sizeof(source) - n,
				      "#ifdef %s\n#error %s is defined\n#endif\n", absent[i],
				      absent[i]);
	expect_build(s, source, "-cl-std=CL3.0", OK, NULL);
	expect_build(s, source, "-cl-std=CL2.0", OK, NULL);
	expect_build(s, extensions, "-cl-std=CL1.2", OK, NULL);
	expect_build(s, extensions, "-cl-std=CL1.1", OK, NULL);
}

static void test_printf(struct server *s)
{
	struct answer a = build(s,
				"kernel void f(float x, float3 v, long l) {\n"
				"  printf(\"%f %v3f %ld %s\\n\", x, v, l, \"text\");\n"
				"  printf(\"%d\\n\", 'a'); printf(\"%d\\n\", 2); printf(\"\"); }\n",
				"", OK, NULL);
	const struct tern_code_info *info = &a.code.info;
	REQUIRE(a.result.status == OK && info->format_count == 3);
	EXPECT(info->kernels[0].flags & TERN_KERNEL_PRINTF);
	for (uint32_t i = 0; i < 3; i++) {
		const struct tern_printf_format *f = &info->formats[i];
		if (f->arg_count == 4) {
			EXPECT(strcmp(f->format, "%f %v3f %ld %s\n") == 0);
			EXPECT(memcmp(f->arg_bytes, "\10\20\10\10", 4) == 0);
		} else if (f->arg_count == 1) {
			EXPECT(strcmp(f->format, "%d\n") == 0 && f->arg_bytes[0] == 4);
		} else {
			EXPECT(strcmp(f->format, "") == 0 && f->arg_count == 0);
		}
	}
	answer_free(&a);
}

/* One half is promoted to double, vectors are not. */
static void test_printf_of_half(struct server *s)
{
	struct answer a = build(s,
				"#pragma OPENCL EXTENSION cl_khr_fp16 : enable\n"
				"kernel void f(half h, half3 v, half16 w) {\n"
				"  printf(\"%f %v3hf %v16hf\", h, v, w); }\n",
				"", OK, NULL);
	const struct tern_code_info *info = &a.code.info;
	REQUIRE(a.result.status == OK && info->format_count == 1);
	REQUIRE(info->formats[0].arg_count == 3);
	EXPECT(memcmp(info->formats[0].arg_bytes, "\10\10\40", 3) == 0);
	answer_free(&a);
}

static void test_globals(struct server *s)
{
	struct answer a = build(s,
				"global int counter = 5;\nglobal float table[4];\n"
				"constant int fixed[2] = {1, 2};\n"
				"kernel void f(global int *p) { *p = counter++ + fixed[*p] + "
				"(int)table[0]; }",
				"-cl-std=CL3.0", OK, NULL);
	EXPECT(a.code.info.global_bytes == 20);
	answer_free(&a);
}

static struct answer compile(struct server *s, const char *source, struct tern_header *headers,
			     uint32_t count)
{
	struct tern_wire_request q = request_of(TERN_BUILD_COMPILE, source, "");
	q.headers = headers;
	q.header_count = count;
	return server_ask(s, &q);
}

static struct answer link_two(struct server *s, const struct answer *a, const struct answer *b,
			      const char *options)
{
	struct tern_wire_request q = request_of(TERN_BUILD_LINK, NULL, options);
	struct tern_wire_input inputs[2] = {
		{a->result.code, a->result.code_size},
		{b ? b->result.code : NULL, b ? b->result.code_size : 0}};
	q.inputs = inputs;
	q.input_count = b ? 2 : 1;
	return server_ask(s, &q);
}

static void test_compile_and_link(struct server *s)
{
	struct tern_header headers[] = {
		{"value.h", "#include \"deep/er.h\"\nint helper(int);\n", 39},
		{"deep/er.h", "#include \"beside.h\"\n", 20},
		{"deep/beside.h", "#define VALUE 3\n", 16},
	};
	struct answer a = compile(s,
				  "#include \"value.h\"\n#include <value.h>\n"
				  "kernel void f(global int *p) { *p = helper(VALUE); }",
				  headers, 3);
	struct answer b = compile(s, "int helper(int x) { return x + 1; }", NULL, 0);
	REQUIRE(a.result.status == OK && b.result.status == OK);
	EXPECT(a.code.info.kind == TERN_CODE_OBJECT && a.code.info.kernel_count == 0);
	struct answer whole = link_two(s, &a, &b, "");
	EXPECT(whole.result.status == OK && whole.code.info.kind == TERN_CODE_EXECUTABLE);
	EXPECT(whole.code.info.kernel_count == 1);
	struct answer alone = link_two(s, &a, NULL, "");
	EXPECT(alone.result.status == FAILED &&
	       strstr(alone.result.log, "undefined function 'helper'"));
	struct answer twice = link_two(s, &b, &b, "");
	EXPECT(twice.result.status == FAILED && strstr(twice.result.log, "helper"));
	struct answer library = link_two(s, &b, NULL, "-create-library");
	EXPECT(library.result.status == OK && library.code.info.kind == TERN_CODE_LIBRARY);
	struct answer with_library = link_two(s, &a, &library, "");
	EXPECT(with_library.result.status == OK);
	struct answer wrong = link_two(s, &a, &whole, "");
	EXPECT(wrong.result.status == FAILED);
	struct answer invalid = link_two(s, &a, &b, "-w");
	EXPECT(invalid.result.status == INVALID);
	struct answer bad_header = compile(s, "#include \"value.h\"\n", NULL, 0);
	EXPECT(bad_header.result.status == FAILED);
	struct tern_header broken = {"broken.h", "\n\nint x = ;\n", 12};
	struct answer at_line = compile(s, "#include \"broken.h\"\n", &broken, 1);
	EXPECT(strstr(at_line.result.log, "broken.h:3:9: error:") &&
	       !strstr(at_line.result.log, "/tern/"));
	struct answer *all[] = {&a,       &b,          &whole,        &alone,
				&twice,   &library,    &with_library, &wrong,
				&invalid, &bad_header, &at_line};
	for (size_t i = 0; i < tern_array_size(all); i++)
		answer_free(all[i]);
}

static void test_language(struct server *s)
{
	/* inline without static, a kernel that calls a kernel, NUL and non-ASCII in comments */
	expect_build(s,
		     "inline int g(int x) { return x + 1; }\n"
		     "kernel void f(global int *p) { *p = g(*p); }",
		     "", OK, NULL);
	struct answer a = build(s,
				"kernel void g(global int *p) { *p = 1; }\n"
				"kernel void f(global int *p) { g(p + 1); }",
				"", OK, NULL);
	EXPECT(a.code.info.kernel_count == 2);
	answer_free(&a);
	/* lanes would wait for each other: not vectorised, and no concern of the program's */
	a = build(s,
		  "kernel void f(global int *p) {\n"
		  "  while (atomic_cmpxchg(p, 0, 1)) {}\n  p[1]++; atomic_xchg(p, 0); }",
		  "", OK, NULL);
	EXPECT(!(a.code.info.kernels[0].flags & TERN_KERNEL_WIDENED));
	EXPECT(strcmp(a.result.log, "") == 0);
	answer_free(&a);
	/* built-in functions on named address spaces, also where there is no generic one */
	expect_build(s,
		     "kernel void f(global float *p, constant float *c, local float *l) {\n"
		     "  vstore4(vload4(0, p) + vload4(0, c), 1, p); vstore2(1, 0, l);\n"
		     "  int e; p[9] = frexp(p[8], &e) + fract(p[7], l) + modf(p[6], p + 5); }",
		     "-cl-std=CL1.1", OK, NULL);
	static const char odd[] = "/* \0 \303\244 */ kernel void f(void) {}";
	struct tern_wire_request q = request_of(TERN_BUILD_BUILD, odd, "");
	q.source_size = sizeof(odd) - 1;
	a = server_ask(s, &q);
	EXPECT(a.result.status == OK);
	answer_free(&a);
	expect_build(s,
		     "kernel void f(global double *p, global long *l) { *p = sin(*p) + fma(*p, "
		     "2.0, 1.0); l[0] = l[1] / l[2]; }",
		     "", OK, NULL);
	expect_build(s,
		     "kernel void f(global float *p, global float *o) { local float l[64];\n"
		     "  event_t e = async_work_group_copy(l, p, 64, 0); wait_group_events(1, &e);\n"
		     "  o[get_global_id(0)] = l[get_local_id(0)]; }",
		     "", OK, NULL);
}

/* A server in the middle of a long build ends when its peer goes away. */
/* What decides about speed: how kernels of well-known forms are widened. */
static void test_widening(struct server *s)
{
	static const struct {
		const char *source;
		uint32_t lanes, rows;
	} cases[] = {
		/* a product of matrices: two registers of four lanes, side by side, in each row */
		{"kernel void f(global const float *a, global const float *b, global float *c, int "
		 "n) {\n"
		 "  int x = get_global_id(0), y = get_global_id(1);\n"
		 "  float sum = 0;\n"
		 "  for (int k = 0; k < n; k++) sum += a[y * n + k] * b[k * n + x];\n"
		 "  c[y * n + x] = sum; }",
		 8, 4},
		{"kernel void f(global const float *x, global float *y) {\n"
		 "  size_t i = get_global_id(0); y[i] += x[i]; }",
		 4, 1},
		{"kernel void f(global const double *x, global double *y) {\n"
		 "  size_t i = get_global_id(0); y[i] = x[i] * x[i] + y[i]; }",
		 4, 1},
		/* a sparse matrix: scalar */
		{"kernel void f(global const int *start, global const int *column,\n"
		 "              global const float *v, global const float *x, global float *y) {\n"
		 "  int row = get_global_id(0); float sum = 0;\n"
		 "  for (int i = start[row]; i < start[row + 1]; i++) sum += v[i] * x[column[i]];\n"
		 "  y[row] = sum; }",
		 1, 1},
		/* a search is not, and has two registers: its rounds wait for each other */
		{"kernel void f(global const int *sorted, global const int *what, global int *at,\n"
		 "              int n) {\n"
		 "  int i = get_global_id(0), first = 0, end = n;\n"
		 "  while (first < end) {\n"
		 "    int middle = first + (end - first) / 2;\n"
		 "    if (sorted[middle] < what[i]) first = middle + 1; else end = middle; }\n"
		 "  at[i] = first; }",
		 8, 1},
		/* over the grid: uneven in the last round only, and loads are contiguous */
		{"kernel void f(global const float *a, global float *b, uint n) {\n"
		 "  float sum = 0;\n"
		 "  for (uint i = get_global_id(0); i < n; i += get_global_size(0)) sum += a[i];\n"
		 "  b[get_global_id(0)] = sum; }",
		 8, 1},
		/* a row for each work-item, of sums that may be made in any order: alone.c */
		{"kernel void f(global const uchar *a, global uint *b, uint n) {\n"
		 "  uint i = get_global_id(0), sum = 0;\n"
		 "  for (uint k = 0; k < n; k++) sum += a[i * n + k] == 32;\n"
		 "  b[i] = sum; }",
		 1, 1},
		{"kernel void f(global const float *a, global float *b, uint n) {\n"
		 "  uint i = get_global_id(0);\n"
		 "  for (uint k = i * n; k < i * n + n; k++) b[k] = a[k] * 2; }",
		 1, 1},
		{"kernel void f(global const uchar *a, global uint *b, uint n) {\n"
		 "  uint i = get_global_id(0), sum = 0;\n"
		 "  global const uchar *p = a + i * n, *end = p + n;\n"
		 "  while (p < end) sum += *p++ == 32;\n"
		 "  b[i] = sum; }",
		 1, 1},
		/* not the rare search in a loop that does much else */
		{"kernel void f(global const uint *sorted, global uint *at, uint rounds, uint n) "
		 "{\n"
		 "  uint a = get_global_id(0), b = ~a, c = a * 3, found = 0;\n"
		 "  for (uint k = 0; k < rounds; k++) {\n"
		 "    for (int r = 0; r < 32; r++) { a += (b & c) | (~b & k); b = rotate(b ^ a, "
		 "7u);\n"
		 "      c += (a ^ b) + r; a ^= c >> 3; }\n"
		 "    if (c & 0xffff) continue;\n"
		 "    uint first = 0, end = n;\n"
		 "    while (first < end) { uint middle = (first + end) / 2;\n"
		 "      if (sorted[middle] < c) first = middle + 1; else end = middle; }\n"
		 "    found += sorted[first] == c; }\n"
		 "  at[get_global_id(0)] = found + a; }",
		 4, 1},
		/* vectors that fill registers: as they are */
		{"kernel void f(global const uint8 *x, global uint8 *y, uint n) {\n"
		 "  size_t i = get_global_id(0);\n"
		 "  uint8 a = x[i], b = y[i];\n"
		 "  for (uint k = 0; k < n; k++) { a += rotate(b, 5u) ^ k; b = a * 3 + b; }\n"
		 "  y[i] = a; }",
		 1, 1},
		{"kernel void f(global const uint2 *x, global uint2 *y, uint n) {\n"
		 "  size_t i = get_global_id(0);\n"
		 "  uint2 a = x[i], b = y[i];\n"
		 "  for (uint k = 0; k < n; k++) { a += rotate(b, 5u) ^ k; b = a * 3 + b; }\n"
		 "  y[i] = a; }",
		 8, 1},
		/* until something is found: a byte for each lane, and little else; not so with
		 * sums of reals, which wait for each other */
		{"kernel void f(global const float *a, global float *b, float most) {\n"
		 "  int i = get_global_id(0), n = 0;\n"
		 "  float sum = 0;\n"
		 "  while (n < 64 && sum < most) { float v = a[i * 64 + (n & 31)]; sum += v * v; "
		 "n++; }\n"
		 "  b[i] = sum; }",
		 4, 1},
		{"kernel void f(global const char *a, global int *b) {\n"
		 "  int i = get_global_id(0), n = 0;\n"
		 "  while (n < 64 && a[i * 64 + n]) n++;\n"
		 "  b[i] = n; }",
		 1, 1},
		{"kernel void f(global const char *a, global int *b) {\n"
		 "  int i = get_global_id(0), n = 0;\n"
		 "  while (n < 64 && a[n * 64 + i]) n++;\n"
		 "  b[i] = n; }",
		 8, 1},
		/* not so where much else is done, in an image in one dimension, of many divisions
		 */
		{"kernel void f(global const int *a, global float *b, uint n) {\n"
		 "  uint i = get_global_id(0), sum = 0;\n"
		 "  for (uint k = 0; k < n; k++) sum += a[i * n + k];\n"
		 "  float f = sum; b[i] = sin(f) + exp(f) + log(f) + pow(f, 1.3f); }",
		 4, 1},
		{"kernel void f(global const int *a, global int *b, uint n, uint width) {\n"
		 "  uint i = get_global_id(0), x = i % width, y = i / width, sum = 0;\n"
		 "  for (uint k = 0; k < n; k++) sum += a[y * (width + n) + x + k] * a[k];\n"
		 "  b[i] = sum; }",
		 8, 1},
		{"kernel void f(global const int *a, global int *b, uint n) {\n"
		 "  uint i = get_global_id(0), sum = 0;\n"
		 "  for (uint k = 0; k < n; k++) sum += a[i * n + k] / (k + 3) + a[k] % n;\n"
		 "  b[i] = sum; }",
		 4, 1},
		/* and floats, whose sums have an order: one register of lanes */
		{"kernel void f(global const float *a, global float *b, uint n) {\n"
		 "  uint i = get_global_id(0);\n"
		 "  float sum = 0;\n"
		 "  for (uint k = 0; k < 512; k++) sum += a[i * 512 + k];\n"
		 "  b[i] = sum; }",
		 4, 1},
	};
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		struct answer a = build(s, cases[i].source, "", OK, NULL);
		const struct tern_kernel_info *k = a.code.info.kernels;
		REQUIRE(a.code.info.kernel_count == 1);
		if (k->lanes != cases[i].lanes || k->rows != cases[i].rows)
			fprintf(stderr, "%zu: %u lanes, %u rows\n", i, k->lanes, k->rows);
		EXPECT(k->lanes == cases[i].lanes && k->rows == cases[i].rows);
		answer_free(&a);
	}
}

/* What crashes LLVM 19 unless it is kept from it: kernels/widen/minima.c. */
static void test_minima(struct server *s)
{
	static const char *const sources[] = {
		"kernel void f(global float *a, float b) { int i = get_global_id(0);\n"
		"  a[i] = fmax(fmax(a[i], b), fma(a[i], b, 27.0f)); }",
		"kernel void f(global float4 *a, global float4 *b) { int i = get_global_id(0);\n"
		"  a[i] = fmin(copysign(a[i], b[i]), fmin(b[i], a[i])); }",
		"kernel void f(global double *a, global double *b) { int i = get_global_id(0);\n"
		"  a[i] = fmin(fmax(a[i], b[i]), fma(a[i], b[i], a[i])); }",
	};
	for (size_t i = 0; i < tern_array_size(sources); i++) {
		struct answer a = build(s, sources[i], "", OK, NULL);
		EXPECT(a.code.info.kernel_count == 1);
		answer_free(&a);
	}
}

/* Which kernels write what may go past the caches. */
static void test_streams(struct server *s)
{
	static const struct {
		const char *body;
		uint64_t bytes;
	} cases[] = {
		{"b[i] = a[i];", 16},
		{"if (i < 1000) b[i] = a[i]; else b[i] = 0; ((global int *)c)[i] = 1;", 20},
		{"b[i] = a[i] + b[i];", 0},
		{"b[2 * i] = a[i];", 0},
		{"for (int k = 0; k < (int)c[1]; k++) b[i + k] = a[i + k];", 0},
		{"b[i] = a[i]; atomic_inc((global int *)c);", 0},
		{"b[i] = a[i]; mem_fence(CLK_GLOBAL_MEM_FENCE);", 0},
		{"b[i] = a[i]; barrier(CLK_GLOBAL_MEM_FENCE);", 0},
		{"b[i] = *(global float4 *)*c + a[i];", 0},
	};
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		char source[512];
		snprintf(source, sizeof(source),
			 "kernel void f(global const float4 *a, global float4 *b, global ulong *c) "
			 "{\n"
			 "  size_t i = get_global_id(0); %s }",
			 cases[i].body);
		struct answer a = build(s, source, "", OK, NULL);
		const struct tern_kernel_info *k = a.code.info.kernels;
		REQUIRE(a.code.info.kernel_count == 1);
		if (k->stream_bytes != cases[i].bytes)
			fprintf(stderr, "%zu: %u bytes\n", i, (unsigned)k->stream_bytes);
		EXPECT(k->stream_bytes == cases[i].bytes);
		answer_free(&a);
	}
}

/* PREFETCHT0 with any address: 0f 18 /1. */
static unsigned prefetches_in(const struct tern_code_parsed *code)
{
	const unsigned char *at = code->payload;
	unsigned count = 0;
	for (size_t i = 0; i + 2 < code->payload_size; i++)
		count += at[i] == 0x0f && at[i + 1] == 0x18 && (at[i + 2] >> 3 & 7) == 1;
	return count;
}

/* Kernels with a second form for launches that are long in dimension 1. */
static void test_exchanged(struct server *s)
{
	static const struct {
		const char *body;
		bool any;
	} cases[] = {
		{"b[x * w + y] = a[x * w + y];", true},
		{"for (int k = 0; k < w; k++) b[x * w + y] += a[x * w + k] * a[k * w + y];", true},
		{"if (x && y) b[x * w + y] = a[(x - 1) * w + y] + a[x * w + y - 1];", true},
		{"b[y * w + x] = a[y * w + x];", false},
		{"b[y * w + x] = a[x * w + y];", false},
		{"b[a[x * w + y]] = 1;", false}, /* goes anywhere in any case */
		{"b[a[y * w + x]] = 1;", false},
		{"b[x * w + y] = get_local_id(0);", false},
		{"b[x * 4 + y] = a[x * 4 + y];", false},
		/* scalar so, and vectorised as written */
		{"int c = 0; for (int n = y + 1000; n > 1; n /= w + 2) c++;\n"
		 "b[x * w + y] = a[x * w + y] + c;",
		 false},
		{"b[x * w] = a[x * w];", false},
		{"float f = y; for (int k = 0; k < 100; k++) f = sin(f) + x; b[x * w + y] = f;",
		 false},
	};
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		char source[512];
		snprintf(source, sizeof(source),
			 "kernel void f(global const int *a, global int *b, int w) {\n"
			 "  int x = get_global_id(0), y = get_global_id(1);\n"
			 "  %s }\n"
			 "kernel void g(global int *a) { a[get_global_id(0)] = 1; }",
			 cases[i].body);
		struct answer a = build(s, source, "", OK, NULL);
		const struct tern_code_info *info = &a.code.info;
		REQUIRE(info->kernel_count == 2 && info->form_count <= 1);
		bool any = info->kernels[0].exchanged != 0;
		if (any != cases[i].any)
			fprintf(stderr, "%zu: %s\n", i, cases[i].body);
		EXPECT(any == cases[i].any && any == (info->form_count == 1));
		EXPECT(!info->kernels[1].exchanged &&
		       !(info->kernels[0].flags & TERN_KERNEL_EXCHANGED));
		answer_free(&a);
	}
}

/* Which loops ask for what they load later on. */
static void test_prefetches(struct server *s)
{
	static const struct {
		const char *body;
		bool any;
	} cases[] = {
		{"for (uint k = i; k < n; k += get_global_size(0)) sum += a[k];", true},
		{"for (int k = i; k < (int)n; k += get_global_size(0)) sum += a[k + 3];", true},
		{"for (uint k = 0; k < n; k++) sum += a[k * n + i];", true},
		{"for (uint k = 0; k < n; k++) sum += a[k * 4096 + i];", true},
		{"for (uint k = 0; k < n; k++) if (b[k]) sum += a[(k + 1) * n + i];", true},
		{"for (uint k = 0; k < n; k++) sum += a[k * 4 + i];", false},
		{"for (uint k = 0; k < n; k++) sum += a[k];", false},
		{"for (uint k = 0; k < n; k++) sum += a[n * n + i] * k;", false},
		{"for (uint k = n; k > 0; k /= 2) sum += a[k * n + i];", false},
		{"for (uint k = 0; k < n; k++) sum += c[k * n + i];", false}, /* local memory */
		{"sum = a[i];", false},
	};
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		char source[512];
		snprintf(source, sizeof(source),
			 "kernel void f(global const uint *a, global uint *b, local uint *c, uint "
			 "n) {\n"
			 "  uint i = get_global_id(0), sum = 0; %s b[i] = sum; }",
			 cases[i].body);
		struct answer a = build(s, source, "", OK, NULL);
		REQUIRE(a.code.info.kernel_count == 1);
		bool any = prefetches_in(&a.code) != 0;
		if (any != cases[i].any)
			fprintf(stderr, "%zu: %s\n", i, cases[i].body);
		EXPECT(any == cases[i].any);
		answer_free(&a);
	}
}

/* A library in the source, of which the kernel calls little: what is not called is not inlined. */
static void test_unused_functions(struct server *s)
{
	char source[4096];
	int n = snprintf(source, sizeof(source), "int f0(int x) { return x * 3 + 1; }\n");
	for (int i = 1; i < 40; i++)
		n += snprintf(source + n, sizeof(source) - (size_t)n,
			      "int f%d(int x) { return f%d(x + 1) ^ f%d(x - 1); }\n", i, i - 1,
			      i - 1);
	snprintf(source + n, sizeof(source) - (size_t)n,
		 "kernel void f(global int *a) { a[get_global_id(0)] = f2(a[1]); }");
	struct answer a = build(s, source, "", OK, NULL);
	EXPECT(a.code.info.kernel_count == 1);
	answer_free(&a);
}

/* Which kernels cannot tell what work-groups they are in. */
static void test_any_groups(struct server *s)
{
	static const struct {
		const char *source;
		bool any;
	} cases[] = {
		{"kernel void f(global int *a) { a[get_global_linear_id()] = get_work_dim(); }",
		 true},
		{"kernel void f(global float *a) { int y = get_global_id(1) + "
		 "get_global_offset(0);\n"
		 "  a[get_global_id(0) + y * get_global_size(0)] = sin((float)y); }",
		 true},
		{"kernel void f(global int *a) { a[get_global_id(0)] = get_local_id(0); }", false},
		{"kernel void f(global float *a) { a[get_global_id(0)] = exp(a[get_global_id(1)]); "
		 "}",
		 true},
		{"kernel void f(global int *a) { a[get_global_id(0)] = get_local_linear_id(); }",
		 false},
		{"kernel void f(global int *a) { a[get_global_id(0)] = get_group_id(1); }", false},
		{"kernel void f(global int *a) { a[get_global_id(0)] = get_num_groups(2); }",
		 false},
		{"kernel void f(global int *a) { a[get_global_id(0)] = get_local_size(0); }",
		 false},
		{"kernel void f(global int *a) { a[get_global_id(0)] = get_enqueued_local_size(1); "
		 "}",
		 false},
		{"kernel void f(global int *a) { a[get_global_id(0)] = 1; barrier(1); a[0] = 2; }",
		 false},
		{"kernel void f(global int *a) { atomic_inc(a); }", true},
		{"kernel void f(global int *a) { mem_fence(2); a[get_global_id(0)] = 1; }", false},
		{"kernel void f(global int *a, local int *b) { a[get_global_id(0)] = 1; }", false},
		{"kernel void f(global int *a) { local int b; b = a[1]; a[get_global_id(0)] = b; }",
		 false},
		{"kernel void f(global int *a) { a[get_global_id(0)] = get_sub_group_id(); }",
		 false},
		{"kernel void f(global int *a) { a[get_global_id(0)] = work_group_any(a[0]); }",
		 false},
		{"__attribute__((reqd_work_group_size(4, 4, 1))) kernel void f(global int *a) {\n"
		 "  a[get_global_id(0)] = 1; }",
		 false},
	};
	for (size_t i = 0; i < tern_array_size(cases); i++) {
		struct answer a = build(s, cases[i].source, "-cl-std=CL3.0", OK, NULL);
		const struct tern_kernel_info *k = a.code.info.kernels;
		REQUIRE(a.code.info.kernel_count == 1);
		if (!(k->flags & TERN_KERNEL_ANY_GROUPS) == cases[i].any)
			fprintf(stderr, "any groups: %zu\n", i);
		EXPECT(!(k->flags & TERN_KERNEL_ANY_GROUPS) != cases[i].any);
		answer_free(&a);
	}
}

static long anonymous_kilobytes(pid_t pid)
{
	char path[64], line[256];
	long found = -1;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %ld", &found) == 1)
			break;
	if (f)
		fclose(f);
	return found;
}

/* A large program's memory is given back when nothing follows. */
static void test_memory(struct server *s)
{
	enum { KERNELS = 60, ROOM = 400 };
	char *source = tern_zalloc(KERNELS * ROOM);
	REQUIRE(source);
	for (int i = 0, n = 0; i < KERNELS; i++)
		n += snprintf(source + n, ROOM,
			      "kernel void f%d(global float *a, int n) {\n"
			      "  int i = get_global_id(0);\n"
			      "  for (int k = 0; k < n; k++) {\n"
			      "    if (a[i] > k) a[i] = pow(a[i], a[k]); else a[i] += sin(a[k]);\n"
			      "    if (i %% 3 == %d) a[i] -= exp(a[k + i]); } }\n",
			      i, i % 3);
	expect_build(s, source, "", OK, NULL);
	tern_free(source);
	long used = anonymous_kilobytes(s->pid), left = used;
	for (int i = 0; i < 200 && left > used / 2; i++) {
		usleep(100000);
		left = anonymous_kilobytes(s->pid);
	}
	printf("server's memory: %ld kB after a large program, then %ld kB\n", used, left);
	EXPECT(left > 0 && left < 40 * 1024);
	expect_build(s, "kernel void f() {}", "", OK, NULL);
}

/* Of the server at rest, which it is when it has given memory back or waited in vain for a while.
 */
static long resting_kilobytes(pid_t pid)
{
	long least = LONG_MAX;
	for (int i = 0; i < 40; i++) {
		usleep(100000);
		least = tern_min(least, anonymous_kilobytes(pid));
	}
	return least;
}

/* One build leaves nothing behind for the next. */
static void test_growth(struct server *s)
{
	enum { BUILDS = 100, LEAST_LEAK = 5 };
	const char source[] = "kernel void f(global int *a, int n) {\n"
			      "  int i = get_global_id(0); if (i < n) a[i] = a[i] * 3 + i; }\n";
	for (int i = 0; i < 10; i++)
		expect_build(s, source, "", OK, NULL);
	long before = resting_kilobytes(s->pid);
	for (int i = 0; i < BUILDS; i++)
		expect_build(s, source, "", OK, NULL);
	long after = resting_kilobytes(s->pid);
	printf("server's memory: %ld kB, after %d builds %ld kB\n", before, BUILDS, after);
	EXPECT(before > 0 && after - before < BUILDS * LEAST_LEAK);
}

static void test_hang_up(void)
{
	struct server s = server_start();
	struct tern_writer w = {0};
	/* the preprocessor is busy for hours */
	static const char source[] = "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(x)))\n"
				     "#define C(x) B(B(B(x)))\nint a[] = { C(C(1,)) };\n";
	struct tern_wire_request q = request_of(TERN_BUILD_BUILD, source, "");
	tern_wire_write_request(&w, &q);
	REQUIRE(tern_wire_send(s.fd, TERN_MESSAGE_BUILD, w.data, w.size, TERN_WIRE_NO_DEADLINE) ==
		0);
	tern_writer_finish(&w);
	usleep(50000);
	EXPECT(waitpid(s.pid, NULL, WNOHANG) == 0);
	uint64_t start = tern_clock_ns();
	server_stop(&s);
	EXPECT(tern_clock_ns() - start < 5000000000u);
}

/* Damaged messages end the server with an error, not with a signal. */
static void test_bad_message(void)
{
	struct server s = server_start();
	int status;
	REQUIRE(tern_wire_send(s.fd, TERN_MESSAGE_BUILD, "\1\2\3", 3, TERN_WIRE_NO_DEADLINE) == 0);
	REQUIRE(waitpid(s.pid, &status, 0) == s.pid);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	close(s.fd);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	struct server s = server_start();
	test_kernel_info(&s);
	test_image(&s);
	test_errors(&s);
	test_options(&s);
	test_include_path(&s);
	test_versions(&s);
	test_own_bit_functions(&s);
	test_features(&s);
	test_printf(&s);
	test_printf_of_half(&s);
	test_globals(&s);
	test_compile_and_link(&s);
	test_language(&s);
	test_widening(&s);
	test_streams(&s);
	test_prefetches(&s);
	test_unused_functions(&s);
	test_any_groups(&s);
	test_exchanged(&s);
	test_minima(&s);
	test_growth(&s);
	test_memory(&s);
	server_stop(&s);
	test_hang_up();
	test_bad_message();
	return test_result();
}
