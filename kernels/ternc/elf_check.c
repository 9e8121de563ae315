/* SPDX-License-Identifier: MIT */
/* Is an image what the loader in libtern can load: nothing but relative relocations. */
#include <elf.h>
#include <string.h>

#include "kernels/ternc/build.h"

struct image {
	const unsigned char *bytes;
	size_t size;
	Elf64_Ehdr header;
};

static bool get(const struct image *m, uint64_t at, void *out, size_t size)
{
	if (at > m->size || size > m->size - at)
		return false;
	memcpy(out, m->bytes + at, size);
	return true;
}

static bool get_segment(const struct image *m, unsigned index, Elf64_Phdr *out)
{
	return get(m, m->header.e_phoff + index * sizeof(*out), out, sizeof(*out));
}

/* The place in the file of @bytes at address @address, or UINT64_MAX. */
static uint64_t file_offset(const struct image *m, uint64_t address, uint64_t bytes)
{
	Elf64_Phdr p;
	for (unsigned i = 0; i < m->header.e_phnum && get_segment(m, i, &p); i++) {
		if (p.p_type == PT_LOAD && address >= p.p_vaddr &&
		    address - p.p_vaddr <= p.p_filesz &&
		    bytes <= p.p_filesz - (address - p.p_vaddr))
			return p.p_offset + (address - p.p_vaddr);
	}
	return UINT64_MAX;
}

static const char *check_relocations(const struct image *m, uint64_t address, uint64_t bytes)
{
	uint64_t at = file_offset(m, address, bytes);
	Elf64_Rela r;
	for (uint64_t i = 0; i + sizeof(r) <= bytes; i += sizeof(r)) {
		if (at == UINT64_MAX || !get(m, at + i, &r, sizeof(r)))
			return "is cut off";
		if (ELF64_R_TYPE(r.r_info) != R_X86_64_RELATIVE)
			return "has relocations that are not relative";
	}
	return NULL;
}

static const char *check_dynamic(const struct image *m, const Elf64_Phdr *segment)
{
	uint64_t rela = 0, rela_bytes = 0;
	Elf64_Dyn d;
	for (uint64_t i = 0; i + sizeof(d) <= segment->p_filesz; i += sizeof(d)) {
		if (!get(m, segment->p_offset + i, &d, sizeof(d)))
			return "is cut off";
		switch (d.d_tag) {
		case DT_RELA:
			rela = d.d_un.d_ptr;
			break;
		case DT_RELASZ:
			rela_bytes = d.d_un.d_val;
			break;
		case DT_NEEDED:
			return "needs a library";
		case DT_INIT:
		case DT_FINI:
		case DT_INIT_ARRAY:
		case DT_FINI_ARRAY:
			return "has initialisers";
		case DT_REL:
		case DT_JMPREL:
		case DT_TEXTREL:
			return "has relocations of another kind";
		default:
			break;
		}
	}
	return check_relocations(m, rela, rela_bytes);
}

const char *tern_elf_check(const void *image, size_t size)
{
	struct image m = {.bytes = image, .size = size};
	const char *wrong = NULL;
	Elf64_Phdr p;
	if (!get(&m, 0, &m.header, sizeof(m.header)) ||
	    memcmp(m.header.e_ident, ELFMAG, SELFMAG) != 0 || m.header.e_type != ET_DYN ||
	    m.header.e_machine != EM_X86_64)
		return "is no shared object";
	for (unsigned i = 0; i < m.header.e_phnum && !wrong; i++) {
		if (!get_segment(&m, i, &p))
			return "is cut off";
		if (p.p_type == PT_TLS)
			return "has thread-local storage";
		if (p.p_type == PT_INTERP)
			return "wants an interpreter";
		if (p.p_type == PT_DYNAMIC)
			wrong = check_dynamic(&m, &p);
	}
	if (!wrong && file_offset(&m, m.header.e_entry, 8) == UINT64_MAX)
		return "has no entry";
	return wrong;
}
