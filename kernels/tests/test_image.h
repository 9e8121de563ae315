/* SPDX-License-Identifier: MIT */
/* A small image made by hand: one function that stores a number, a table, a global variable. */
#ifndef TERN_KERNELS_TESTS_TEST_IMAGE_H
#define TERN_KERNELS_TESTS_TEST_IMAGE_H

#include <elf.h>
#include <string.h>

#include "kernels/code_format.h"
#include "kernels/target.h"
#include "runtime/base/alloc.h"

enum { TEST_IMAGE_VALUE = 42, TEST_IMAGE_PAGE = 4096 };

struct test_image {
	struct {
		Elf64_Ehdr elf;
		Elf64_Phdr read, execute, write, dynamic, relro, stack;
		Elf64_Rela relocations[2];
	} head;
	unsigned char pad0[TEST_IMAGE_PAGE - 64 - 6 * 56 - 2 * 24];
	unsigned char text[TEST_IMAGE_PAGE];
	struct {
		uint64_t table[1];
		uint64_t pointer; /* to the global behind the file's end */
		Elf64_Dyn dynamic[6];
	} data;
};

static inline Elf64_Phdr test_image_segment(uint32_t type, uint32_t flags, uint64_t at,
					    uint64_t size)
{
	return (Elf64_Phdr){.p_type = type,
			    .p_flags = flags,
			    .p_offset = at,
			    .p_vaddr = at,
			    .p_filesz = size,
			    .p_memsz = size,
			    .p_align = TEST_IMAGE_PAGE};
}

static inline void test_image_make(struct test_image *m)
{
	/* mov (%rdi),%rax; movl $42,(%rax); ret */
	static const unsigned char store[] = {0x48, 0x8b, 0x07, 0xc7, 0x00, TEST_IMAGE_VALUE,
					      0,    0,    0,    0xc3};
	const uint64_t text = offsetof(struct test_image, text);
	const uint64_t data = offsetof(struct test_image, data);
	memset(m, 0, sizeof(*m));
	m->head.elf = (Elf64_Ehdr){.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
					       ELFDATA2LSB, EV_CURRENT},
				   .e_type = ET_DYN,
				   .e_machine = EM_X86_64,
				   .e_version = EV_CURRENT,
				   .e_entry = data,
				   .e_phoff = offsetof(struct test_image, head.read),
				   .e_phentsize = sizeof(Elf64_Phdr),
				   .e_phnum = 6};
	m->head.read = test_image_segment(PT_LOAD, PF_R, 0, text);
	m->head.execute = test_image_segment(PT_LOAD, PF_R | PF_X, text, sizeof(m->text));
	m->head.write = test_image_segment(PT_LOAD, PF_R | PF_W, data, sizeof(m->data));
	m->head.write.p_memsz += TEST_IMAGE_PAGE;
	m->head.dynamic = test_image_segment(PT_DYNAMIC, PF_R | PF_W,
					     offsetof(struct test_image, data.dynamic),
					     sizeof(m->data.dynamic));
	m->head.relro = test_image_segment(PT_GNU_RELRO, PF_R, data, TEST_IMAGE_PAGE);
	m->head.stack.p_type = PT_GNU_STACK;
	m->head.stack.p_flags = PF_R | PF_W;
	m->head.relocations[0] = (Elf64_Rela){.r_offset = data,
					      .r_info = ELF64_R_INFO(0, R_X86_64_RELATIVE),
					      .r_addend = (Elf64_Sxword)text};
	m->head.relocations[1] = (Elf64_Rela){.r_offset = data + 8,
					      .r_info = ELF64_R_INFO(0, R_X86_64_RELATIVE),
					      .r_addend = (Elf64_Sxword)(data + sizeof(m->data))};
	memcpy(m->text, store, sizeof(store));
	const Elf64_Dyn dynamic[] = {{DT_RELA, {offsetof(struct test_image, head.relocations)}},
				     {DT_RELASZ, {sizeof(m->head.relocations)}},
				     {DT_RELAENT, {sizeof(Elf64_Rela)}},
				     {DT_RELACOUNT, {2}},
				     {DT_NULL, {0}}};
	memcpy(m->data.dynamic, dynamic, sizeof(dynamic));
}

/* An executable with that image and one kernel "store"; @padding makes it larger. */
static inline void test_code_write(struct tern_writer *w, enum tern_code_kind kind,
				   const char *options, size_t padding)
{
	const struct tern_kernel_arg arg = {.name = "out",
					    .type_name = "int*",
					    .kind = TERN_ARG_GLOBAL,
					    .address_space = TERN_SPACE_GLOBAL,
					    .size = 8};
	const struct tern_kernel_info kernel = {.name = "store",
						.attributes = "",
						.args = &arg,
						.arg_count = 1,
						.args_bytes = 8,
						.lanes = 1,
						.rows = 1,
						.max_group_size = 1};
	const struct tern_code_info info = {.kind = kind,
					    .target = tern_target_name(),
					    .options = options,
					    .kernels = &kernel,
					    .kernel_count = 1};
	struct test_image *image = tern_zalloc(sizeof(*image) + padding);
	if (!image) {
		w->failed = true;
		return;
	}
	test_image_make(image);
	tern_code_format_write(w, &info, image, sizeof(*image) + padding);
	tern_free(image);
}

#endif
