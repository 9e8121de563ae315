/* SPDX-License-Identifier: MIT */
#include "kernels/image.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/base/alloc.h"

enum { PAGE = 4096, MAX_SEGMENTS = 16 };

/* Relative addressing reaches no further. */
#define MAX_SPAN  ((uint64_t)1 << 31)
#define MAX_ALIGN ((uint64_t)2 << 20)

struct loader {
	const struct tern_image_place *place; /* NULL: this process */
	const unsigned char *bytes;
	size_t size;
	Elf64_Ehdr header;
	Elf64_Phdr loads[MAX_SEGMENTS]; /* by address, on pages of their own */
	unsigned load_count;
	Elf64_Phdr dynamic, relro; /* p_memsz 0: none */
	uint64_t span;             /* bytes of address space from address 0 of the image on */
	uint64_t align;
	const unsigned char *relocations; /* Elf64_Rela, perhaps not aligned */
	size_t relocation_count;
	unsigned char *base;
};

/* True when [@at, @at + @n) lies inside [@start, @start + @size). Nothing overflows. */
static bool inside(uint64_t at, uint64_t n, uint64_t start, uint64_t size)
{
	return at >= start && n <= size && at - start <= size - n;
}

/* The segment that has all of [@at, @at + @n) and all of @flags, or NULL. */
static const Elf64_Phdr *segment_at(const struct loader *l, uint64_t at, uint64_t n, uint32_t flags)
{
	for (unsigned i = 0; i < l->load_count; i++)
		if (inside(at, n, l->loads[i].p_vaddr, l->loads[i].p_memsz))
			return (l->loads[i].p_flags & flags) == flags ? &l->loads[i] : NULL;
	return NULL;
}

/* The bytes of the image that become [@at, @at + @n), or NULL. */
static const unsigned char *bytes_at(const struct loader *l, uint64_t at, uint64_t n)
{
	const Elf64_Phdr *p = segment_at(l, at, n, 0);
	if (!p || !inside(at, n, p->p_vaddr, p->p_filesz))
		return NULL;
	return l->bytes + p->p_offset + (at - p->p_vaddr);
}

static int add_load(struct loader *l, const Elf64_Phdr *p)
{
	if (p->p_memsz == 0)
		return p->p_filesz ? -EINVAL : 0;
	bool writable = p->p_flags & PF_W, executable = p->p_flags & PF_X;
	if (!(p->p_flags & PF_R) || (writable && executable))
		return -EINVAL;
	if (p->p_filesz > p->p_memsz || !inside(p->p_offset, p->p_filesz, 0, l->size))
		return -EINVAL;
	if (!tern_is_power_of_two(p->p_align) || p->p_align < PAGE || p->p_align > MAX_ALIGN ||
	    (p->p_vaddr - p->p_offset) % p->p_align != 0)
		return -EINVAL;
	/* l->span is where the last one ends, rounded up to a page */
	if (!inside(p->p_vaddr, p->p_memsz, 0, MAX_SPAN) || p->p_vaddr / PAGE * PAGE < l->span)
		return -EINVAL;
	l->span = tern_round_up(p->p_vaddr + p->p_memsz, PAGE);
	l->align = tern_max(l->align, p->p_align);
	l->loads[l->load_count++] = *p;
	return 0;
}

static int add_program_header(struct loader *l, const Elf64_Phdr *p)
{
	switch (p->p_type) {
	case PT_LOAD:
		return add_load(l, p);
	case PT_DYNAMIC:
		if (l->dynamic.p_memsz)
			return -EINVAL;
		l->dynamic = *p;
		return 0;
	case PT_GNU_RELRO:
		if (l->relro.p_memsz)
			return -EINVAL;
		l->relro = *p;
		return 0;
	case PT_GNU_STACK:
		return p->p_flags & PF_X ? -EINVAL : 0;
	case PT_NULL:
	case PT_PHDR:
	case PT_NOTE:
	case PT_GNU_EH_FRAME:
		return 0;
	default: /* PT_INTERP, PT_TLS, … */
		return -EINVAL;
	}
}

static int read_headers(struct loader *l)
{
	static const unsigned char ident[] = {ELFMAG0,    ELFMAG1,     ELFMAG2,   ELFMAG3,
					      ELFCLASS64, ELFDATA2LSB, EV_CURRENT};
	Elf64_Ehdr *h = &l->header;
	if (l->size < sizeof(*h))
		return -EINVAL;
	memcpy(h, l->bytes, sizeof(*h));
	if (memcmp(h->e_ident, ident, sizeof(ident)) != 0 || h->e_type != ET_DYN ||
	    h->e_machine != EM_X86_64 || h->e_version != EV_CURRENT ||
	    h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > MAX_SEGMENTS ||
	    !inside(h->e_phoff, h->e_phnum * sizeof(Elf64_Phdr), 0, l->size))
		return -EINVAL;
	for (unsigned i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p;
		memcpy(&p, l->bytes + h->e_phoff + i * sizeof(p), sizeof(p));
		int e = add_program_header(l, &p);
		if (e)
			return e;
	}
	return l->load_count ? 0 : -EINVAL;
}

struct dynamic {
	uint64_t rela, relasz, relaent;
};

static int read_dynamic_entry(struct dynamic *d, const Elf64_Dyn *entry)
{
	switch (entry->d_tag) {
	case DT_RELA:
		d->rela = entry->d_un.d_ptr;
		return 0;
	case DT_RELASZ:
		d->relasz = entry->d_un.d_val;
		return 0;
	case DT_RELAENT:
		d->relaent = entry->d_un.d_val;
		return 0;
	case DT_FLAGS:
		return entry->d_un.d_val & ~(uint64_t)(DF_SYMBOLIC | DF_BIND_NOW) ? -EINVAL : 0;
	case DT_RELACOUNT: /* nothing is looked up: what symbol tables say does not matter */
	case DT_SYMTAB:
	case DT_SYMENT:
	case DT_STRTAB:
	case DT_STRSZ:
	case DT_HASH:
	case DT_GNU_HASH:
	case DT_SONAME:
	case DT_SYMBOLIC:
	case DT_BIND_NOW:
	case DT_FLAGS_1:
		return 0;
	default: /* DT_NEEDED, DT_JMPREL, DT_INIT, DT_TEXTREL, DT_RELR, … */
		return -EINVAL;
	}
}

/* Finds the relocations. */
static int read_dynamic(struct loader *l)
{
	struct dynamic d = {0};
	uint64_t size = l->dynamic.p_filesz;
	if (!l->dynamic.p_memsz)
		return 0;
	const unsigned char *at = bytes_at(l, l->dynamic.p_vaddr, size);
	for (; at && size >= sizeof(Elf64_Dyn); at += sizeof(Elf64_Dyn)) {
		Elf64_Dyn entry;
		memcpy(&entry, at, sizeof(entry));
		if (entry.d_tag == DT_NULL)
			break;
		int e = read_dynamic_entry(&d, &entry);
		if (e)
			return e;
		size -= sizeof(entry);
	}
	if (!at)
		return -EINVAL;
	if (!d.relasz)
		return 0;
	l->relocations = bytes_at(l, d.rela, d.relasz);
	l->relocation_count = d.relasz / sizeof(Elf64_Rela);
	bool right = d.relaent == sizeof(Elf64_Rela) && d.relasz % sizeof(Elf64_Rela) == 0;
	return right && l->relocations ? 0 : -EINVAL;
}

static int check_relro(const struct loader *l)
{
	const Elf64_Phdr *r = &l->relro;
	return !r->p_memsz || segment_at(l, r->p_vaddr, r->p_memsz, PF_W) ? 0 : -EINVAL;
}

static int protect(const struct loader *l, unsigned char *at, size_t size, int protection)
{
	if (tern_fault_hit())
		return -ENOMEM;
	if (!size)
		return 0;
	if (l->place)
		return l->place->protect(l->place->data, at, size, protection);
	return mprotect(at, size, protection) ? -errno : 0;
}

static int reserve_in_place(struct loader *l)
{
	void *base;
	if (tern_fault_hit())
		return -ENOMEM;
	int e = l->place->reserve(l->place->data, l->span, l->align, &base);
	if (!e)
		l->base = base;
	return e;
}

/* Reserves the address space, aligned as the segments ask. */
static int reserve(struct loader *l)
{
	if (l->place)
		return reserve_in_place(l);
	size_t size = l->span + (l->align - PAGE);
	if (tern_fault_hit())
		return -ENOMEM;
	unsigned char *p =
		mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM; /* nothing else can be wrong */
	size_t before = tern_round_up((uintptr_t)p, l->align) - (uintptr_t)p;
	size_t after = size - before - l->span;
	l->base = p + before;
	if (before)
		munmap(p, before);
	if (after)
		munmap(l->base + l->span, after);
	return 0;
}

static void release(const struct tern_image_place *place, void *base, size_t size)
{
	if (place)
		place->release(place->data, base, size);
	else
		munmap(base, size);
}

static int copy_segments(struct loader *l)
{
	for (unsigned i = 0; i < l->load_count; i++) {
		const Elf64_Phdr *p = &l->loads[i];
		uint64_t start = p->p_vaddr / PAGE * PAGE;
		uint64_t end = tern_round_up(p->p_vaddr + p->p_memsz, PAGE);
		/* a place is writable for this process whatever the other one may do */
		int e = l->place ? 0
				 : protect(l, l->base + start, end - start, PROT_READ | PROT_WRITE);
		if (e)
			return e;
		memcpy(l->base + p->p_vaddr, l->bytes + p->p_offset, p->p_filesz);
	}
	return 0;
}

static int relocate(struct loader *l)
{
	for (size_t i = 0; i < l->relocation_count; i++) {
		Elf64_Rela r;
		memcpy(&r, l->relocations + i * sizeof(r), sizeof(r));
		if (r.r_info != ELF64_R_INFO(0, R_X86_64_RELATIVE) ||
		    !segment_at(l, r.r_offset, 8, PF_W) || r.r_addend < 0 ||
		    (uint64_t)r.r_addend > l->span)
			return -EINVAL;
		uint64_t value = (uint64_t)(uintptr_t)l->base + (uint64_t)r.r_addend;
		memcpy(l->base + r.r_offset, &value, sizeof(value));
	}
	return 0;
}

static int protect_segments(struct loader *l)
{
	for (unsigned i = 0; i < l->load_count; i++) {
		const Elf64_Phdr *p = &l->loads[i];
		uint64_t start = p->p_vaddr / PAGE * PAGE;
		uint64_t end = tern_round_up(p->p_vaddr + p->p_memsz, PAGE);
		int protection = p->p_flags & PF_X   ? PROT_READ | PROT_EXEC
				 : p->p_flags & PF_W ? PROT_READ | PROT_WRITE
						     : PROT_READ;
		int e = protect(l, l->base + start, end - start, protection);
		if (e)
			return e;
	}
	if (!l->relro.p_memsz)
		return 0;
	uint64_t start = tern_round_up(l->relro.p_vaddr, PAGE);
	uint64_t end = (l->relro.p_vaddr + l->relro.p_memsz) / PAGE * PAGE;
	return start < end ? protect(l, l->base + start, end - start, PROT_READ) : 0;
}

static int check_table(const struct loader *l, uint32_t functions)
{
	uint64_t entry = l->header.e_entry;
	if (!functions)
		return 0;
	if (entry % 8 != 0 || !segment_at(l, entry, (uint64_t)functions * 8, PF_R))
		return -EINVAL;
	for (uint32_t i = 0; i < functions; i++) {
		uint64_t address;
		memcpy(&address, l->base + entry + 8 * (uint64_t)i, sizeof(address));
		if (!segment_at(l, address - (uintptr_t)l->base, 1, PF_X))
			return -EINVAL;
	}
	return 0;
}

int tern_image_load(const void *bytes, size_t size, uint32_t functions,
		    const struct tern_image_place *place, struct tern_image *out)
{
	struct loader l = {.place = place, .bytes = bytes, .size = size, .align = PAGE};
	int e = read_headers(&l);
	if (!e)
		e = read_dynamic(&l);
	if (!e)
		e = check_relro(&l);
	if (!e)
		e = reserve(&l);
	if (e)
		return e;
	e = copy_segments(&l);
	if (!e)
		e = relocate(&l);
	if (!e)
		e = check_table(&l, functions);
	if (!e)
		e = protect_segments(&l);
	if (e) {
		release(place, l.base, l.span);
		return e;
	}
	out->place = place;
	out->base = l.base;
	out->size = l.span;
	out->object = NULL;
	out->functions = functions ? (void *)(l.base + l.header.e_entry) : NULL;
	return 0;
}

void tern_image_unload(struct tern_image *image)
{
	if (image->base)
		release(image->place, image->base, image->size);
	if (image->object)
		dlclose(image->object);
	*image = (struct tern_image){0};
}
