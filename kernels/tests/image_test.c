/* SPDX-License-Identifier: MIT */
/* The loader of images, with one that is right and with all that can be wrong with it. */
#include "kernels/image.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernels/tests/test_image.h"
#include "runtime/base/tests/test.h"

static struct test_image image; /* the one that a test changes */

static const struct tern_image_place *place; /* where to; NULL: this process */

/* A place that is this process all the same, and keeps count. */
static size_t placed_bytes;
static bool placed_executable;

static int place_reserve(void *data, size_t size, size_t align, void **base)
{
	EXPECT(data == &placed_bytes && size % 4096 == 0 && align % 4096 == 0);
	char *p = mmap(NULL, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED);
	*base = (void *)tern_round_up((size_t)p, align);
	munmap(p, (size_t)((char *)*base - p));
	munmap((char *)*base + size, align - (size_t)((char *)*base - p));
	EXPECT(!mprotect(*base, size, PROT_READ | PROT_WRITE));
	placed_bytes += size;
	return 0;
}

static int place_protect(void *data, void *at, size_t size, int protection)
{
	EXPECT(data == &placed_bytes && (uintptr_t)at % 4096 == 0 && size && size % 4096 == 0);
	EXPECT((protection & (PROT_WRITE | PROT_EXEC)) != (PROT_WRITE | PROT_EXEC));
	placed_executable |= protection & PROT_EXEC;
	return mprotect(at, size, protection) ? -errno : 0;
}

static void place_release(void *data, void *base, size_t size)
{
	EXPECT(data == &placed_bytes);
	placed_bytes -= size;
	munmap(base, size);
}

static int place_refuse(void *data, size_t size, size_t align, void **base)
{
	(void)data;
	(void)size;
	(void)align;
	(void)base;
	return -ENOSPC;
}

static int load(struct tern_image *out)
{
	return tern_image_load(&image, sizeof(image), 1, place, out);
}

static void expect_refused(const char *what)
{
	struct tern_image out;
	int e = load(&out);
	test_checks++;
	if (e != -EINVAL) {
		test_failures++;
		fprintf(stderr, "%s: %d instead of -EINVAL\n", what, e);
	}
	if (!e)
		tern_image_unload(&out);
	test_image_make(&image);
}

/* The protection that the kernel gives @address, as /proc/self/maps writes it. */
static void protection_of(const void *address, char out[5])
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512];
	strcpy(out, "none");
	while (f && fgets(line, sizeof(line), f)) {
		unsigned long start, end;
		char bits[5];
		if (sscanf(line, "%lx-%lx %4s", &start, &end, bits) == 3 &&
		    (uintptr_t)address >= start && (uintptr_t)address < end)
			memcpy(out, bits, sizeof(bits));
	}
	if (f)
		fclose(f);
}

static void good_image(void)
{
	struct tern_image m;
	char bits[5];
	int value = 0;
	int *args[] = {&value};
	REQUIRE(!load(&m));
	m.functions[0](args, NULL, 0, 0, 0);
	EXPECT(value == TEST_IMAGE_VALUE);
	unsigned char *base = m.base;
	EXPECT(*(uint64_t *)(base + offsetof(struct test_image, data.pointer)) ==
	       (uintptr_t)base + sizeof(image));
	EXPECT(*(uint64_t *)(base + sizeof(image)) == 0);
	protection_of(base, bits);
	EXPECT(!strcmp(bits, "r--p"));
	protection_of(base + offsetof(struct test_image, text), bits);
	EXPECT(!strcmp(bits, "r-xp"));
	protection_of(base + offsetof(struct test_image, data), bits);
	EXPECT(!strcmp(bits, "r--p")); /* relocated, read only */
	protection_of(base + offsetof(struct test_image, data) + TEST_IMAGE_PAGE, bits);
	EXPECT(!strcmp(bits, "rw-p"));
	tern_image_unload(&m);
	protection_of(base, bits);
	EXPECT(!strcmp(bits, "none"));
}

static void large_alignment(void)
{
	struct tern_image m;
	const uint64_t align = 64 << 10, data = offsetof(struct test_image, data);
	/* the writable segment moves to an address that fits its place in the file */
	test_image_make(&image);
	image.head.write.p_align = align;
	image.head.write.p_vaddr = align + data;
	image.head.dynamic.p_vaddr += align;
	image.head.relro.p_vaddr += align;
	image.head.elf.e_entry += align;
	image.head.relocations[0].r_offset += align;
	image.head.relocations[1].r_offset += align;
	REQUIRE(!load(&m));
	EXPECT((uintptr_t)m.base % align == 0);
	tern_image_unload(&m);
	test_image_make(&image);
}

#define REFUSE(change)                                                                             \
	do {                                                                                       \
		change;                                                                            \
		expect_refused(#change);                                                           \
	} while (0)

static void refused_headers(void)
{
	Elf64_Ehdr *h = &image.head.elf;
	REFUSE(h->e_ident[EI_MAG0] = 0);
	REFUSE(h->e_ident[EI_CLASS] = ELFCLASS32);
	REFUSE(h->e_ident[EI_DATA] = ELFDATA2MSB);
	REFUSE(h->e_type = ET_EXEC);
	REFUSE(h->e_machine = EM_AARCH64);
	REFUSE(h->e_phentsize = 32);
	REFUSE(h->e_phnum = 0);
	REFUSE(h->e_phnum = 17);
	REFUSE(h->e_phoff = sizeof(image));
	REFUSE(h->e_phoff = UINT64_MAX - 8);
	REFUSE(h->e_entry = UINT64_MAX - 7);
	REFUSE(h->e_entry += 4);
	REFUSE(h->e_entry = 1 << 20);
	/* what is there is not a table of functions in this image */
	REFUSE(h->e_entry = 0);
	REFUSE(h->e_entry += 8);
	REFUSE(image.head.stack.p_flags = PF_R | PF_W | PF_X);
	REFUSE(image.head.stack.p_type = PT_INTERP);
	REFUSE(image.head.stack.p_type = PT_TLS);
	REFUSE(image.head.stack = image.head.dynamic);
	REFUSE(image.head.stack = image.head.relro);
	REFUSE(image.head.relro.p_memsz = 1 << 20);
	REFUSE(image.head.relro.p_vaddr = offsetof(struct test_image, text));
}

static void refused_segments(void)
{
	Elf64_Phdr *x = &image.head.execute, *w = &image.head.write;
	REFUSE(w->p_flags |= PF_X);
	REFUSE(x->p_flags |= PF_W);
	REFUSE(x->p_flags = PF_X);
	REFUSE(x->p_flags = PF_R); /* then the function is not executable */
	REFUSE(x->p_filesz = x->p_memsz + 1);
	REFUSE(w->p_filesz += 1);
	REFUSE(w->p_offset = UINT64_MAX - 4095);
	REFUSE(w->p_memsz = UINT64_MAX);
	REFUSE(w->p_memsz = (uint64_t)1 << 31);
	REFUSE(w->p_vaddr = UINT64_MAX - 4095);
	REFUSE(w->p_vaddr -= 4096; w->p_offset -= 4096); /* overlaps the text */
	REFUSE(x->p_vaddr -= 4096; x->p_offset -= 4096);
	REFUSE(w->p_align = 0);
	REFUSE(w->p_align = 3);
	REFUSE(w->p_align = 16);
	REFUSE(w->p_align = 8 << 20);
	REFUSE(w->p_vaddr += 8); /* not where it would be in the file, modulo the alignment */
	REFUSE(x->p_memsz = x->p_filesz = 0);
	REFUSE(x->p_memsz = 0);
}

static void refused_dynamic(void)
{
	static const Elf64_Sxword tags[] = {DT_NEEDED, DT_JMPREL,     DT_PLTRELSZ, DT_INIT,
					    DT_FINI,   DT_INIT_ARRAY, DT_REL,      DT_TEXTREL,
					    DT_DEBUG,  DT_RELR,       DT_RUNPATH,  -1};
	Elf64_Dyn *d = image.data.dynamic;
	for (size_t i = 0; i < tern_array_size(tags); i++) {
		d[3].d_tag = tags[i];
		expect_refused("dynamic tag");
	}
	REFUSE(d[3].d_tag = DT_FLAGS; d[3].d_un.d_val = DF_TEXTREL);
	REFUSE(d[0].d_un.d_ptr = 1 << 20);
	REFUSE(d[0].d_un.d_ptr = UINT64_MAX - 8);
	REFUSE(d[0].d_un.d_ptr = offsetof(struct test_image, text) - 24); /* crosses a segment */
	REFUSE(d[1].d_un.d_val = 23);
	REFUSE(d[1].d_un.d_val = UINT64_MAX);
	REFUSE(d[1].d_un.d_val = UINT64_MAX / 24 * 24);
	REFUSE(d[2].d_un.d_val = 16);
	REFUSE(image.head.dynamic.p_vaddr = 1 << 20);
	REFUSE(image.head.dynamic.p_filesz = 1 << 20);
}

static void refused_relocations(void)
{
	Elf64_Rela *r = image.head.relocations;
	REFUSE(r[0].r_info = ELF64_R_INFO(0, R_X86_64_64));
	REFUSE(r[0].r_info = ELF64_R_INFO(1, R_X86_64_RELATIVE));
	REFUSE(r[0].r_info = ELF64_R_INFO(0, R_X86_64_IRELATIVE));
	REFUSE(r[0].r_info = ELF64_R_INFO(0, R_X86_64_NONE));
	REFUSE(r[1].r_offset = 0); /* read only */
	REFUSE(r[1].r_offset = offsetof(struct test_image, text));
	REFUSE(r[1].r_offset = UINT64_MAX - 7);
	REFUSE(r[1].r_offset = image.head.write.p_vaddr + image.head.write.p_memsz - 7);
	REFUSE(r[1].r_addend = -1);
	REFUSE(r[1].r_addend = INT64_MIN);
	REFUSE(r[1].r_addend = 1 << 20);
	/* the table then points outside the code */
	REFUSE(r[0].r_addend = 0);
	REFUSE(r[0].r_addend = offsetof(struct test_image, data));
	REFUSE(image.data.dynamic[0].d_tag = DT_NULL);
}

/* Any byte changed to anything: refused, or loaded and unloaded, but nothing worse. */
static void damaged_bytes(void)
{
	static const unsigned char flips[] = {0x01, 0x80, 0xff, 0x10};
	unsigned char *bytes = (unsigned char *)&image;
	struct tern_image m;
	size_t loaded = 0;
	for (size_t at = 0; at < sizeof(image); at++) {
		if (at == sizeof(image.head))
			at = offsetof(struct test_image, data);
		for (size_t i = 0; i < sizeof(flips); i++) {
			bytes[at] ^= flips[i];
			if (!load(&m)) {
				loaded++;
				tern_image_unload(&m);
			}
			bytes[at] ^= flips[i];
		}
	}
	EXPECT(loaded > 0); /* there are fields that do not matter */
	for (size_t size = 0; size < sizeof(image); size++)
		EXPECT(tern_image_load(&image, size, 1, place, &m) == -EINVAL);
}

static void failing_calls(void)
{
	struct tern_image m;
	uint64_t n = 1;
	for (int e = -1; e; n++) {
		tern_fault_arm(n, false);
		e = load(&m);
		EXPECT(e == 0 || e == -ENOMEM);
	}
	tern_fault_arm(0, false);
	EXPECT(n > 5);
	tern_image_unload(&m);
}

static void all(void)
{
	test_image_make(&image);
	good_image();
	large_alignment();
	refused_headers();
	refused_segments();
	refused_dynamic();
	refused_relocations();
	damaged_bytes();
	failing_calls();
}

int main(void)
{
	static const struct tern_image_place other = {place_reserve, place_protect, place_release,
						      &placed_bytes};
	static const struct tern_image_place full = {place_refuse, NULL, NULL, NULL};
	struct tern_image m;
	all();
	EXPECT(!placed_bytes);
	place = &other;
	all();
	EXPECT(!placed_bytes && placed_executable);
	place = &full;
	EXPECT(load(&m) == -ENOSPC);
	return test_result();
}
