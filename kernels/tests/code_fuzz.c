/* SPDX-License-Identifier: MIT */
/*
 * The loader of program binaries. An input that begins with an odd byte is a binary as it is, with
 * its checksum made right so that the parser is reached; with an even byte it is a list of edits
 * (offset, value) to a sound binary that holds an image: so the parser and the ELF loader see
 * nearly sound input. The image's code is never run.
 */
#include <stdlib.h>

#include "kernels/kernels.h"
#include "kernels/tests/test_image.h"

static struct {
	unsigned char *bytes;
	size_t size;
} sound;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	static const uint8_t bytes[] = {4, 8};
	const struct tern_printf_format format = {
		.format = "%d %s", .arg_count = 2, .arg_bytes = bytes};
	const struct tern_kernel_arg args[] = {
		{.name = "p", .type_name = "int*", .kind = TERN_ARG_GLOBAL, .size = 8},
		{.name = "l", .type_name = "int*", .kind = TERN_ARG_LOCAL, .offset = 8},
	};
	const struct tern_kernel_info kernel = {.name = "k",
						.attributes = "",
						.args = args,
						.arg_count = 2,
						.args_bytes = 16,
						.lanes = 1,
						.rows = 1,
						.max_group_size = 64};
	const struct tern_code_info info = {.kind = TERN_CODE_EXECUTABLE,
					    .target = tern_target_name(),
					    .options = "-DX",
					    .kernels = &kernel,
					    .kernel_count = 1,
					    .formats = &format,
					    .format_count = 1};
	struct test_image *image = calloc(1, sizeof(*image));
	if (!image)
		abort();
	test_image_make(image);
	struct tern_writer w = {0};
	tern_code_format_write(&w, &info, image, sizeof(*image));
	free(image);
	sound.bytes = tern_writer_take(&w, &sound.size);
	struct tern_code *code = NULL;
	if (!sound.bytes || tern_code_parse(sound.bytes, sound.size, &code))
		abort(); /* the edits would begin with something that is refused */
	tern_code_put(code);
	return 0;
}

static void load(const unsigned char *bytes, size_t size)
{
	struct tern_code *code;
	struct tern_module *module;
	if (tern_code_parse(bytes, size, &code))
		return;
	const struct tern_code_info *info = tern_code_info(code);
	if (info->kind == TERN_CODE_EXECUTABLE && !tern_module_load(code, NULL, &module)) {
		for (uint32_t i = 0; i < info->kernel_count + info->form_count; i++)
			if (!tern_module_function(module, i))
				abort();
		tern_module_put(module);
	}
	tern_code_put(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	bool whole = *data & 1;
	size_t n = whole ? size - 1 : sound.size;
	unsigned char *bytes = malloc(n ? n : 1);
	if (!bytes)
		abort();
	memcpy(bytes, whole ? data + 1 : sound.bytes, n);
	for (size_t i = 1; !whole && i + 3 < size; i += 4) /* 3 bytes of offset, 1 of value */
		bytes[(data[i] | (size_t)data[i + 1] << 8 | (size_t)data[i + 2] << 16) % n] =
			data[i + 3];
	load(bytes, n); /* the checksum as it is */
	tern_code_format_seal(bytes, n);
	load(bytes, n);
	free(bytes);
	return 0;
}
