/* SPDX-License-Identifier: MIT */
/* Round trip; every truncation and bit flip, with the checksum wrong and made right again. */
#include <errno.h>
#include <string.h>

#include "kernels/code_format.h"
#include "runtime/base/alloc.h"
#include "runtime/base/tests/test.h"

static const struct tern_kernel_arg sample_args[] = {
	{.name = "n", .type_name = "float3", .kind = TERN_ARG_VALUE, .offset = 0, .size = 16},
	{.name = "p",
	 .type_name = "int*",
	 .kind = TERN_ARG_GLOBAL,
	 .address_space = TERN_SPACE_GLOBAL,
	 .qualifiers = TERN_QUALIFIER_CONST | TERN_QUALIFIER_RESTRICT,
	 .offset = 16,
	 .size = 8},
	{.name = "",
	 .type_name = "char*",
	 .kind = TERN_ARG_LOCAL,
	 .address_space = TERN_SPACE_LOCAL,
	 .offset = 24,
	 .size = 0},
};

static struct tern_kernel_info sample_kernels[] = {
	{.name = "first",
	 .attributes = "reqd_work_group_size(4,2,1)",
	 .args = sample_args,
	 .arg_count = 3,
	 .flags = TERN_KERNEL_BARRIER,
	 .args_bytes = 32,
	 .lanes = 16,
	 .rows = 2,
	 .local_bytes = 64,
	 .stack_bytes = 4096,
	 .private_bytes = 12,
	 .frame_bytes = 96,
	 .stream_bytes = 24,
	 .required_size = {4, 2, 1},
	 .vec_type_hint = "float4",
	 .max_group_size = 1024,
	 .exchanged = 2},
	{.name = "second",
	 .attributes = "",
	 .args = sample_args,
	 .arg_count = 0,
	 .lanes = 1,
	 .rows = 1,
	 .max_group_size = 1},
	{.name = "first",
	 .attributes = "",
	 .args = sample_args,
	 .arg_count = 3,
	 .flags = TERN_KERNEL_EXCHANGED,
	 .args_bytes = 32,
	 .lanes = 8,
	 .rows = 1,
	 .local_bytes = 64,
	 .max_group_size = 1024},
};

static const uint8_t arg_bytes[] = {4, 8, 16};
static const struct tern_printf_format sample_formats[] = {
	{.format = "%d %f %v4f\n", .arg_count = 3, .arg_bytes = arg_bytes},
	{.format = "", .arg_count = 0, .arg_bytes = arg_bytes},
};

static const struct tern_code_info sample = {
	.kind = TERN_CODE_EXECUTABLE,
	.target = "x86-64/znver5",
	.options = "-cl-std=CL3.0",
	.kernels = sample_kernels,
	.kernel_count = 2,
	.form_count = 1,
	.formats = sample_formats,
	.format_count = 2,
	.global_bytes = 128,
};

static const char payload[] = "the image";

static void write_sample(struct tern_writer *w)
{
	*w = (struct tern_writer){0};
	tern_code_format_write(w, &sample, payload, sizeof(payload));
	REQUIRE(!w->failed);
}

static void expect_same_kernel(const struct tern_kernel_info *a, const struct tern_kernel_info *b)
{
	EXPECT(strcmp(a->name, b->name) == 0 && strcmp(a->attributes, b->attributes) == 0);
	EXPECT(a->flags == b->flags && a->args_bytes == b->args_bytes && a->lanes == b->lanes &&
	       a->rows == b->rows);
	EXPECT(a->local_bytes == b->local_bytes && a->stack_bytes == b->stack_bytes &&
	       a->private_bytes == b->private_bytes && a->frame_bytes == b->frame_bytes &&
	       a->stream_bytes == b->stream_bytes);
	EXPECT(memcmp(a->required_size, b->required_size, sizeof(a->required_size)) == 0);
	EXPECT(memcmp(a->size_hint, b->size_hint, sizeof(a->size_hint)) == 0);
	EXPECT(strcmp(a->vec_type_hint, b->vec_type_hint) == 0);
	EXPECT(a->max_group_size == b->max_group_size && a->exchanged == b->exchanged);
	REQUIRE(a->arg_count == b->arg_count);
	for (uint32_t i = 0; i < a->arg_count; i++) {
		const struct tern_kernel_arg *x = &a->args[i], *y = &b->args[i];
		EXPECT(strcmp(x->name, y->name) == 0 && strcmp(x->type_name, y->type_name) == 0);
		EXPECT(x->kind == y->kind && x->address_space == y->address_space &&
		       x->access == y->access && x->qualifiers == y->qualifiers);
		EXPECT(x->offset == y->offset && x->size == y->size);
	}
}

static void test_round_trip(void)
{
	struct tern_writer w;
	struct tern_code_parsed p;
	write_sample(&w);
	REQUIRE(tern_code_format_parse(w.data, w.size, &p) == 0);
	EXPECT(p.info.kind == TERN_CODE_EXECUTABLE && p.info.global_bytes == 128);
	EXPECT(strcmp(p.info.target, sample.target) == 0);
	EXPECT(strcmp(p.info.options, sample.options) == 0);
	REQUIRE(p.info.kernel_count == 2 && p.info.form_count == 1 && p.info.format_count == 2);
	for (int i = 0; i < 3; i++)
		expect_same_kernel(&sample_kernels[i], &p.info.kernels[i]);
	EXPECT(strcmp(p.info.formats[0].format, sample_formats[0].format) == 0);
	EXPECT(p.info.formats[0].arg_count == 3 &&
	       memcmp(p.info.formats[0].arg_bytes, arg_bytes, 3) == 0);
	EXPECT(p.info.formats[1].arg_count == 0);
	EXPECT(p.payload_size == sizeof(payload) &&
	       memcmp(p.payload, payload, sizeof(payload)) == 0);
	EXPECT(((const unsigned char *)p.payload - w.data) % 64 == 0);
	tern_code_format_finish(&p);
	tern_writer_finish(&w);
}

/* Copies, so that the sanitizers see an access past the end. */
static int parse_copy(const unsigned char *bytes, size_t size, bool seal)
{
	struct tern_code_parsed p;
	unsigned char *copy = tern_alloc(size);
	REQUIRE(copy);
	memcpy(copy, bytes, size);
	if (seal)
		tern_code_format_seal(copy, size);
	int e = tern_code_format_parse(copy, size, &p);
	if (!e) {
		/* whatever was accepted can be read */
		size_t n = strlen(p.info.target) + strlen(p.info.options);
		uint32_t count = p.info.kernel_count + p.info.form_count;
		for (uint32_t i = 0; i < count; i++) {
			const struct tern_kernel_info *k = &p.info.kernels[i];
			EXPECT(k->exchanged < count);
			n += strlen(k->name) + strlen(k->attributes) + strlen(k->vec_type_hint);
			for (uint32_t j = 0; j < k->arg_count; j++)
				n += strlen(k->args[j].name) + strlen(k->args[j].type_name);
			EXPECT(k->lanes >= 1 && k->lanes <= 64 && k->rows >= 1 && k->rows <= 64);
		}
		for (uint32_t i = 0; i < p.info.format_count; i++)
			n += strlen(p.info.formats[i].format) + p.info.formats[i].arg_count;
		EXPECT(n < size);
		tern_code_format_finish(&p);
	}
	tern_free(copy);
	return e;
}

static void test_damage(void)
{
	struct tern_writer w;
	unsigned accepted = 0;
	write_sample(&w);
	for (size_t n = 0; n < w.size; n++) {
		EXPECT(parse_copy(w.data, n, false) == -EINVAL);
		EXPECT(parse_copy(w.data, n, true) == -EINVAL);
	}
	for (size_t i = 0; i < w.size; i++) {
		for (int bit = 0; bit < 8; bit++) {
			w.data[i] ^= (unsigned char)(1 << bit);
			EXPECT(parse_copy(w.data, w.size, false) == -EINVAL);
			accepted += parse_copy(w.data, w.size, true) == 0;
			w.data[i] ^= (unsigned char)(1 << bit);
		}
	}
	/* a flip in a name or in the image is no damage that the structure shows */
	EXPECT(accepted > 0);
	EXPECT(parse_copy(w.data, w.size, false) == 0);
	tern_writer_finish(&w);
}

static void expect_kernel_refused(struct tern_kernel_info kernel)
{
	struct tern_code_info info = sample;
	struct tern_writer w = {0};
	kernel.exchanged = 0;
	info.kernels = &kernel;
	info.kernel_count = 1;
	info.form_count = 0;
	tern_code_format_write(&w, &info, payload, sizeof(payload));
	REQUIRE(!w.failed);
	EXPECT(parse_copy(w.data, w.size, false) == -EINVAL);
	tern_writer_finish(&w);
}

/* The sample with its first kernel and that one's other form as given. */
static int parse_forms(struct tern_kernel_info kernel, struct tern_kernel_info form)
{
	struct tern_kernel_info kernels[] = {kernel, sample_kernels[1], form};
	struct tern_code_info info = sample;
	struct tern_writer w = {0};
	info.kernels = kernels;
	tern_code_format_write(&w, &info, payload, sizeof(payload));
	REQUIRE(!w.failed);
	int e = parse_copy(w.data, w.size, false);
	tern_writer_finish(&w);
	return e;
}

static void test_bad_forms(void)
{
	struct tern_kernel_info k = sample_kernels[0], form = sample_kernels[2];
	EXPECT(parse_forms(k, form) == 0);
	k.exchanged = 1; /* has a name of its own */
	EXPECT(parse_forms(k, form) == -EINVAL);
	k.exchanged = 3; /* there is none */
	EXPECT(parse_forms(k, form) == -EINVAL);
	k.exchanged = 0;
	EXPECT(parse_forms(k, form) == 0);
	k = sample_kernels[0];
	form.flags = 0;
	EXPECT(parse_forms(k, form) == -EINVAL);
	form = sample_kernels[2];
	form.args_bytes = 40;
	EXPECT(parse_forms(k, form) == -EINVAL);
	form = sample_kernels[2];
	form.arg_count = 2;
	EXPECT(parse_forms(k, form) == -EINVAL);
	form = sample_kernels[2];
	form.local_bytes = 128;
	EXPECT(parse_forms(k, form) == -EINVAL);
	form = sample_kernels[2];
	form.exchanged = 2;
	EXPECT(parse_forms(k, form) == -EINVAL);
}

static void test_bad_kernels(void)
{
	struct tern_kernel_info k = sample_kernels[0];
	k.lanes = 0;
	expect_kernel_refused(k);
	k = sample_kernels[0];
	k.rows = 65;
	expect_kernel_refused(k);
	k = sample_kernels[0];
	k.args_bytes = 31; /* the last argument does not fit */
	expect_kernel_refused(k);
	k = sample_kernels[0];
	k.name = "";
	expect_kernel_refused(k);
	k = sample_kernels[0];
	k.required_size[1] = 0;
	expect_kernel_refused(k);
	k = sample_kernels[0];
	k.max_group_size = 0;
	expect_kernel_refused(k);
	k = sample_kernels[0];
	k.frame_bytes = UINT64_MAX;
	expect_kernel_refused(k);
	k = sample_kernels[0];
	memset(k.vec_type_hint, 'x', sizeof(k.vec_type_hint));
	expect_kernel_refused(k);
	struct tern_kernel_arg args[3];
	memcpy(args, sample_args, sizeof(args));
	args[1].offset = UINT32_MAX;
	k = sample_kernels[0];
	k.args = args;
	expect_kernel_refused(k);
	memcpy(args, sample_args, sizeof(args));
	args[0].kind = 99;
	expect_kernel_refused(k);
}

static void test_no_memory(void)
{
	struct tern_writer w;
	struct tern_code_parsed p;
	write_sample(&w);
	tern_fault_arm(1, true);
	EXPECT(tern_code_format_parse(w.data, w.size, &p) == -ENOMEM);
	tern_fault_arm(0, false);
	tern_writer_finish(&w);
	for (uint64_t n = 1; n < 20; n++) {
		tern_fault_arm(n, true);
		tern_code_format_write(&w, &sample, payload, sizeof(payload));
		bool failed = w.failed;
		tern_fault_arm(0, false);
		tern_writer_finish(&w);
		if (!failed)
			return;
	}
	EXPECT(!"writing never succeeded");
}

int main(void)
{
	test_round_trip();
	test_damage();
	test_bad_forms();
	test_bad_kernels();
	test_no_memory();
	return test_result();
}
