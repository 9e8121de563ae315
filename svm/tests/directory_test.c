/* SPDX-License-Identifier: MIT */
/* The engine's parts on their own: bitmaps, the directory, pinned memory, the reader of mappings.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/base/tests/test.h"
#include "svm/directory.h"
#include "svm/pinned.h"
#include "svm/vma.h"

static uint64_t seed = 88172645463325252u;

static unsigned below(unsigned n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % n;
}

static void test_bits(void)
{
	tern_page_bits bits = {0};
	bool naive[BITS_PAGES] = {0};
	unsigned bad = 0;
	for (unsigned round = 0; round < 2000; round++) {
		unsigned first = below(BITS_PAGES), count = below(BITS_PAGES - first + 1);
		bool set = below(2);
		if (set)
			bits_fill(bits, first, count);
		else
			bits_clear(bits, first, count);
		for (unsigned i = first; i < first + count; i++)
			naive[i] = set;
		unsigned from = below(BITS_PAGES), end = from + below(BITS_PAGES - from + 1), n = 0;
		unsigned next = end, clear = end;
		for (unsigned i = end; i-- > from;) {
			n += naive[i];
			if (naive[i])
				next = i;
			else
				clear = i;
		}
		bad += bits_count(bits, from, end - from) != n;
		bad += bits_next(bits, from, end) != next;
		bad += bits_next_clear(bits, from, end) != clear;
		bad += bits_test(bits, from % BITS_PAGES) != naive[from % BITS_PAGES];
	}
	EXPECT(!bad);
}

static void test_directory(void)
{
	struct directory *dir = tern_pinned_alloc(sizeof(*dir));
	REQUIRE(dir);
	dir->chunk_bytes = (uint32_t)tern_round_up(sizeof(struct chunk), 64);
	static const uint64_t addresses[] = {
		0x0, 0x200000, 0x7ffff000, 0x555555554000, 0x7ffff7dd0000, ADDRESS_END - 1};
	for (unsigned i = 0; i < tern_array_size(addresses); i++) {
		EXPECT(!directory_find(dir, addresses[i]));
		struct chunk *chunk = directory_get(dir, addresses[i]);
		REQUIRE(chunk);
		EXPECT(chunk->base == chunk_base(addresses[i]));
		EXPECT(directory_get(dir, chunk->base + TERN_CHUNK - 1) == chunk);
		EXPECT(page_state(chunk, page_index(addresses[i])) == PAGE_HOME);
	}
	unsigned n = 0;
	uint64_t last = 0;
	for (struct chunk *c = directory_next(dir, 0, UINT64_MAX); c;
	     c = directory_next(dir, c->base + TERN_CHUNK, UINT64_MAX), n++) {
		EXPECT(!n || c->base > last);
		last = c->base;
	}
	EXPECT(n == tern_array_size(addresses));
	EXPECT(!directory_next(dir, 0x400000, 0x7fe00000));
	EXPECT(!directory_next(dir, ADDRESS_END, UINT64_MAX));
	directory_finish(dir);
	EXPECT(!directory_find(dir, 0));
	tern_pinned_free(dir, sizeof(*dir));
}

static void test_pinned(void)
{
	enum { COUNT = 400 };
	static struct {
		unsigned char *p;
		size_t size;
	} pieces[COUNT];
	unsigned bad = 0;
	for (unsigned round = 0; round < 20000; round++) {
		unsigned i = below(COUNT);
		unsigned char *p = pieces[i].p;
		if (p) {
			bad += p[0] != (unsigned char)i ||
			       p[pieces[i].size - 1] != (unsigned char)i;
			tern_pinned_free(p, pieces[i].size);
			pieces[i].p = NULL;
			continue;
		}
		pieces[i].size = 1 + below(below(4) ? 300 : 20000);
		p = pieces[i].p = tern_pinned_alloc(pieces[i].size);
		REQUIRE(p);
		bad += ((uintptr_t)p & (pieces[i].size >= 4096 ? 4095 : 63)) != 0;
		bad += p[0] != 0 || p[pieces[i].size - 1] != 0 || p[pieces[i].size / 2] != 0;
		bad += !tern_pinned_contains(p);
		memset(p, (int)i, pieces[i].size);
	}
	EXPECT(!bad);
	EXPECT(!tern_pinned_contains(&bad) && !tern_pinned_contains(NULL));
	uint64_t start, end;
	tern_pinned_range(&start, &end);
	EXPECT(start < end && !tern_pinned_contains((void *)(uintptr_t)end));
	EXPECT(!tern_pinned_alloc(SIZE_MAX) && !tern_pinned_alloc((size_t)1 << 40));
	unsigned char *mine = tern_pinned_alloc(64);
	REQUIRE(mine);
	*mine = 1;
	pid_t child = fork();
	if (!child) { /* an empty arena that works */
		unsigned char *p = tern_pinned_alloc(100000);
		_exit(*mine != 0 || !p || p[99999] != 0);
	}
	int status;
	REQUIRE(waitpid(child, &status, 0) == child);
	EXPECT(!status && *mine == 1);
}

static bool same(const struct vma *a, const struct vma *b)
{
	return a->start == b->start && a->end == b->end && a->flags == b->flags;
}

static const char constant[4096] = "c";

static void test_mappings(void)
{
	struct vma_reader reader, text;
	REQUIRE(!vma_reader_init(&reader) && !vma_reader_init(&text));
	text.query = false;
	char *p = mmap(NULL, 8 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED);
	char *s = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	REQUIRE(!mprotect(p + 4096, 4096, PROT_READ) && !munmap(p + 3 * 4096, 4096));
	REQUIRE(!mprotect(p + 2 * 4096, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
	const void *at[] = {p,  p + 4096, p + 2 * 4096, p + 3 * 4096,          constant, &seed,
			    at, s,        NULL,         (void *)0x123456789000};
	static const int want[] = {0, VMA_READ, VMA_READ | VMA_WRITE | VMA_EXEC, -1,
				   VMA_READ | VMA_FILE};
	for (unsigned i = 0; i < tern_array_size(at); i++) {
		struct vma a = {0}, b = {0};
		bool found = vma_find(&reader, (uintptr_t)at[i], &a);
		EXPECT(found == vma_find(&text, (uintptr_t)at[i], &b));
		EXPECT(!found || same(&a, &b));
		if (i < tern_array_size(want))
			EXPECT(found ? (int)a.flags == want[i] : want[i] == -1);
		found = vma_find_next(&reader, (uintptr_t)at[i], &a);
		EXPECT(found == vma_find_next(&text, (uintptr_t)at[i], &b));
		EXPECT(!found || (same(&a, &b) && a.end > (uintptr_t)at[i]));
	}
	struct vma a;
	EXPECT(vma_find(&reader, (uintptr_t)s, &a) && (a.flags & VMA_SHARED));
	EXPECT(!vma_find(&reader, 0xdead000000000000, &a));
	EXPECT(!vma_find(&text, 0xdead000000000000, &a));
	vma_reader_finish(&reader);
	vma_reader_finish(&text);
}

int main(void)
{
	REQUIRE(!tern_pinned_start());
	test_bits();
	test_directory();
	test_pinned();
	test_mappings();
	return test_result();
}
