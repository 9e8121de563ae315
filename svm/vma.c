/* SPDX-License-Identifier: MIT */
#include "svm/vma.h"

#include <string.h>

#include "svm/pinned.h"
#include "svm/uffd.h"

/* As in Linux 6.11's <linux/fs.h>. */
struct query {
	uint64_t size, flags, address;
	uint64_t vma_start, vma_end, vma_flags, page_size, offset, inode;
	uint32_t dev_major, dev_minor, name_size, build_id_size;
	uint64_t name, build_id;
};
#define QUERY               _IOWR('f', 17, struct query)
#define QUERY_SHARED        ((uint64_t)8)
#define QUERY_COVERING_NEXT ((uint64_t)0x10)

static long ask(int maps, uint64_t address, uint64_t flags, struct query *q)
{
	*q = (struct query){.size = sizeof(*q), .flags = flags, .address = address};
	return raw_ioctl(maps, QUERY, q);
}

bool vma_query_works(void)
{
	long maps = raw_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (maps < 0)
		return false;
	struct query q;
	long error = ask((int)maps, (uintptr_t)&q, 0, &q);
	raw_close((int)maps);
	return !error;
}

int vma_reader_init(struct vma_reader *reader)
{
	long maps = raw_open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	if (maps < 0)
		return (int)maps;
	reader->text = tern_pinned_alloc(VMA_TEXT_BYTES);
	if (!reader->text) {
		raw_close((int)maps);
		return -ENOMEM;
	}
	reader->maps = (int)maps;
	reader->query = vma_query_works();
	return 0;
}

void vma_reader_finish(struct vma_reader *reader)
{
	tern_pinned_free(reader->text, VMA_TEXT_BYTES);
	raw_close(reader->maps);
	reader->maps = -1;
}

static bool find_by_query(struct vma_reader *reader, uint64_t address, uint64_t flags,
			  struct vma *out)
{
	struct query q;
	if (ask(reader->maps, address, flags, &q))
		return false;
	out->start = q.vma_start;
	out->end = q.vma_end;
	out->flags = (unsigned)q.vma_flags & (VMA_READ | VMA_WRITE | VMA_EXEC);
	if (q.vma_flags & QUERY_SHARED)
		out->flags |= VMA_SHARED;
	if (q.inode)
		out->flags |= VMA_FILE;
	if (q.page_size > 4096)
		out->flags |= VMA_HUGETLB;
	return true;
}

static const char *hex(const char *p, uint64_t *out)
{
	uint64_t v = 0;
	for (;; p++) {
		char c = *p;
		if (c >= '0' && c <= '9')
			v = v * 16 + (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v * 16 + (uint64_t)(c - 'a') + 10;
		else
			break;
	}
	*out = v;
	return p;
}

static bool has_word(const char *line, const char *end, const char *word, size_t length)
{
	for (; line + length <= end; line++)
		if (*line == *word && !memcmp(line, word, length))
			return true;
	return false;
}

/* "start-end rwxp offset major:minor inode    name" */
static void parse(const char *line, const char *end, struct vma *out)
{
	const char *p = hex(line, &out->start);
	p = hex(p + 1, &out->end);
	p++;
	out->flags = 0;
	if (p[0] == 'r')
		out->flags |= VMA_READ;
	if (p[1] == 'w')
		out->flags |= VMA_WRITE;
	if (p[2] == 'x')
		out->flags |= VMA_EXEC;
	if (p[3] == 's')
		out->flags |= VMA_SHARED;
	p += 5;
	for (int spaces = 0; spaces < 2 && p < end; p++) /* over the offset and the device */
		spaces += *p == ' ';
	if (p < end && *p != '0')
		out->flags |= VMA_FILE;
	static const char anonymous_huge[] = "/anon_hugepage";
	if (has_word(p, end, anonymous_huge, sizeof(anonymous_huge) - 1))
		out->flags |= VMA_HUGETLB;
}

/* The first mapping that ends above @address, by reading the text from its beginning: long, but the
 * kernels that need it are old. */
static bool find_by_text(struct vma_reader *reader, uint64_t address, struct vma *out)
{
	size_t kept = 0;
	uint64_t at = 0;
	for (;;) {
		long n = raw_pread(reader->maps, reader->text + kept, VMA_TEXT_BYTES - kept, at);
		if (n <= 0)
			return false;
		at += (uint64_t)n;
		const char *line = reader->text;
		const char *limit = reader->text + kept + n;
		const char *end;
		for (; (end = memchr(line, '\n', (size_t)(limit - line))); line = end + 1) {
			parse(line, end, out);
			if (out->end > address)
				return true;
		}
		kept = (size_t)(limit - line);
		if (kept == VMA_TEXT_BYTES)
			return false;
		memmove(reader->text, line, kept);
	}
}

bool vma_find_next(struct vma_reader *reader, uint64_t address, struct vma *out)
{
	if (reader->query)
		return find_by_query(reader, address, QUERY_COVERING_NEXT, out);
	return find_by_text(reader, address, out);
}

bool vma_find(struct vma_reader *reader, uint64_t address, struct vma *out)
{
	if (reader->query)
		return find_by_query(reader, address, 0, out);
	return find_by_text(reader, address, out) && out->start <= address;
}
