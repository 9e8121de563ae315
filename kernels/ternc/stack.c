/* SPDX-License-Identifier: MIT */
/*
 * How much stack a work-group function needs, from the section .stack_sizes of the object file that
 * LLVM just made: one record per function, an address (by relocation) and the frame's size as
 * ULEB128. Without recursion no call chain needs more than all frames together.
 */
#include <elf.h>
#include <string.h>

#include "kernels/ternc/build.h"

struct object {
	const unsigned char *bytes;
	size_t size;
	Elf64_Ehdr header;
	const Elf64_Shdr *sections;
};

static const void *section_data(const struct object *o, const Elf64_Shdr *s)
{
	bool inside = s->sh_offset <= o->size && s->sh_size <= o->size - s->sh_offset;
	return inside ? o->bytes + s->sh_offset : NULL;
}

static bool open_object(struct object *o)
{
	if (o->size < sizeof(o->header))
		return false;
	memcpy(&o->header, o->bytes, sizeof(o->header));
	uint64_t at = o->header.e_shoff;
	if (at > o->size || o->header.e_shnum * sizeof(Elf64_Shdr) > o->size - at)
		return false;
	o->sections = (const void *)(o->bytes + at);
	return o->header.e_shstrndx < o->header.e_shnum;
}

static uint64_t read_uleb(const unsigned char **at, const unsigned char *end)
{
	uint64_t v = 0;
	for (unsigned shift = 0; *at < end && shift < 64; shift += 7) {
		unsigned char c = *(*at)++;
		v |= (uint64_t)(c & 127) << shift;
		if (!(c & 128))
			break;
	}
	return v;
}

/* True when the function at @section + @value is a group function other than @name. */
static bool is_other_group(const struct object *o, const Elf64_Shdr *symtab, unsigned section,
			   uint64_t value, const char *name)
{
	const Elf64_Sym *symbols = section_data(o, symtab);
	const char *strings = section_data(o, &o->sections[symtab->sh_link]);
	for (size_t i = 0; symbols && strings && i < symtab->sh_size / sizeof(*symbols); i++) {
		const Elf64_Sym *s = &symbols[i];
		if (ELF64_ST_TYPE(s->st_info) != STT_FUNC || s->st_shndx != section ||
		    s->st_value != value)
			continue;
		const char *found = strings + s->st_name;
		return strncmp(found, "tern.group.", 11) == 0 && strcmp(found, name) != 0;
	}
	return false;
}

/* Adds up one .stack_sizes section, whose relocations are @rela. */
static uint64_t add_frames(const struct object *o, const Elf64_Shdr *sizes, const Elf64_Shdr *rela,
			   const char *name)
{
	const unsigned char *at = section_data(o, sizes), *start = at;
	const Elf64_Rela *r = section_data(o, rela);
	const Elf64_Shdr *symtab = &o->sections[rela->sh_link];
	const Elf64_Sym *symbols = section_data(o, symtab);
	size_t count = rela->sh_size / sizeof(*r);
	uint64_t total = 0;
	if (!at || !r || !symbols)
		return 0;
	const unsigned char *end = at + sizes->sh_size;
	for (size_t i = 0; i < count && end - at > 8; i++) {
		const Elf64_Sym *s = &symbols[ELF64_R_SYM(r[i].r_info)];
		bool in_step = r[i].r_offset == (uint64_t)(at - start);
		at += 8;
		/* frame, return address and what alignment may cost */
		uint64_t frame = read_uleb(&at, end) + 8 + 64;
		if (!in_step || !is_other_group(o, symtab, s->st_shndx,
						s->st_value + (uint64_t)r[i].r_addend, name))
			total += frame;
	}
	return total;
}

uint64_t tern_stack_bytes(LLVMMemoryBufferRef object, const char *function, uint64_t fallback)
{
	struct object o = {.bytes = (const void *)LLVMGetBufferStart(object),
			   .size = LLVMGetBufferSize(object)};
	uint64_t total = 0;
	if (!open_object(&o))
		return fallback;
	const char *names = section_data(&o, &o.sections[o.header.e_shstrndx]);
	for (unsigned i = 0; names && i < o.header.e_shnum; i++) {
		const Elf64_Shdr *rela = &o.sections[i];
		if (rela->sh_type != SHT_RELA || rela->sh_info >= o.header.e_shnum)
			continue;
		const Elf64_Shdr *target = &o.sections[rela->sh_info];
		if (strcmp(names + target->sh_name, ".stack_sizes") == 0)
			total += add_frames(&o, target, rela, function);
	}
	return tern_max(total, fallback);
}
