/* SPDX-License-Identifier: MIT */
/* Which memory of the program's may migrate, and its registration with the userfaultfd. */
#include "svm/internal.h"
#include "svm/aperture.h"
#include "svm/pinned.h"

/* Mappings up to here are registered as a whole: a mapping that is registered in part is two for
 * the kernel, and mremap() refuses two. */
#define WHOLE_MAPPING ((uint64_t)16 << 20)

static const struct range *excluded_at(const struct engine *e, uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < e->excluded_count; i++)
		if (start < e->excluded[i].end && e->excluded[i].start < end)
			return &e->excluded[i];
	return NULL;
}

int exclude(struct engine *e, uint64_t start, uint64_t end)
{
	if (e->excluded_count == EXCLUDED_MAX)
		return -ENOMEM;
	e->excluded[e->excluded_count].start = start & ~(TERN_PAGE - 1);
	e->excluded[e->excluded_count].end = tern_round_up(end, TERN_PAGE);
	e->excluded_count++;
	return 0;
}

/* Of this module: libtern.so, or the program that it is linked into (then all of its .bss). */
extern char __bss_start[] __attribute__((visibility("hidden")));
extern char _end[] __attribute__((visibility("hidden")));

int exclude_own(struct engine *e)
{
	uint64_t start, end;
	tern_pinned_range(&start, &end);
	int error = exclude(e, start, end);
	if (!error)
		error = exclude(e, TERN_APERTURE_START, TERN_APERTURE_END);
	if (!error)
		error = exclude(e, (uintptr_t)__bss_start, (uintptr_t)_end);
	if (!error && tern_trace_memory(&start, &end))
		error = exclude(e, start, end);
#if defined(__SANITIZE_ADDRESS__)
	if (!error)
		error = exclude(e, 0x7fff8000ul, 0x10007fff8000ul);
#elif defined(__SANITIZE_THREAD__)
	if (!error)
		error = exclude(e, 0x8000000000ul, 0x550000000000ul);
	if (!error)
		error = exclude(e, 0x600000000000ul, 0x7b0000000000ul);
#endif
	return error;
}

static enum tern_devmem_refusal refusal(const struct vma *vma, bool write, bool *refused)
{
	*refused = true;
	if (!(vma->flags & (VMA_READ | VMA_WRITE)))
		return TERN_REFUSED_NO_ACCESS;
	if (write && !(vma->flags & VMA_WRITE))
		return TERN_REFUSED_READ_ONLY;
	if (vma->flags & VMA_HUGETLB)
		return TERN_REFUSED_HUGETLB;
	if (vma->flags & VMA_SHARED)
		return TERN_REFUSED_SHARED;
	if ((vma->flags & VMA_FILE) && (vma->flags & VMA_WRITE))
		return TERN_REFUSED_FILE;
	*refused = false;
	return TERN_REFUSED_UNMAPPED;
}

static void mark_pages(const struct engine *e, uint64_t base, struct mapping *m)
{
	for (unsigned w = 0; w < BITS_WORDS; w++)
		m->pages[w] = 0;
	uint64_t start = tern_max(base, m->vma.start);
	uint64_t end = tern_min(base + TERN_CHUNK, m->vma.end);
	unsigned first = page_index(start);
	bits_fill(m->pages, first, (unsigned)((end - start) / TERN_PAGE));
	for (unsigned i = 0; i < e->excluded_count; i++) {
		uint64_t from = tern_max(e->excluded[i].start, start);
		uint64_t to = tern_min(e->excluded[i].end, end);
		if (from < to)
			bits_clear(m->pages, page_index(from), (unsigned)((to - from) / TERN_PAGE));
	}
}

int mapping_find(struct engine *e, uint64_t address, bool write, struct mapping *out)
{
	if (address >= ADDRESS_END)
		return TERN_REFUSED_UNMAPPED + 1;
	if (excluded_at(e, address, address + 1))
		return TERN_REFUSED_RUNTIME + 1;
	if (!e->host->mapping(e, address, false, &out->vma))
		return TERN_REFUSED_UNMAPPED + 1;
	bool refused;
	enum tern_devmem_refusal why = refusal(&out->vma, write, &refused);
	if (refused)
		return (int)why + 1;
	/* A sanitizer's own memory may lie in one mapping with the program's, and the engine's
	 * threads touch it. */
	if (e->single_pages) {
		out->vma.start = address & ~(TERN_PAGE - 1);
		out->vma.end = out->vma.start + TERN_PAGE;
	}
	out->file = out->vma.flags & VMA_FILE;
	mark_pages(e, chunk_base(address), out);
	return 0;
}

bool mapping_assume(struct engine *e, uint64_t address, const struct device *device,
		    struct mapping *out)
{
	if (!e->move || e->single_pages || address >= ADDRESS_END)
		return false;
	const struct chunk *chunk = directory_find(&e->directory, address);
	unsigned page = page_index(address);
	if (!chunk || !bits_test(chunk->registered, page) || page_state(chunk, page) != PAGE_HOME)
		return false;
	if (excluded_at(e, address, address + 1) || (chunk->resident && chunk->device != device))
		return false;
	out->vma = (struct vma){chunk->base, chunk->base + TERN_CHUNK, VMA_READ | VMA_WRITE};
	out->file = false;
	mark_pages(e, chunk->base, out);
	for (unsigned w = 0; w < BITS_WORDS; w++)
		out->pages[w] &= chunk->registered[w];
	return true;
}

uint64_t mapping_next_chunk(struct engine *e, uint64_t at)
{
	struct vma vma;
	if (e->host->simulated) /* a replay learns of mappings later */
		return at;
	return e->host->mapping(e, at, true, &vma) ? tern_max(at, chunk_base(vma.start))
						   : ADDRESS_END;
}

/* What to register for @page: all of a small mapping, else what the chunk has of it. */
static struct range registration(const struct engine *e, const struct chunk *chunk,
				 const struct mapping *m, unsigned page)
{
	struct range r = {m->vma.start, m->vma.end};
	if (r.end - r.start <= WHOLE_MAPPING && !excluded_at(e, r.start, r.end))
		return r;
	unsigned first = page, end = bits_next_clear(m->pages, page, TERN_CHUNK_PAGES);
	while (first && bits_test(m->pages, first - 1))
		first--;
	r.start = page_address(chunk, first);
	r.end = page_address(chunk, end);
	return r;
}

static void registered(struct engine *e, struct range r)
{
	for (uint64_t at = chunk_base(r.start); at < r.end; at += TERN_CHUNK) {
		struct chunk *chunk = directory_find(&e->directory, at);
		if (!chunk)
			continue;
		uint64_t start = tern_max(at, r.start), end = tern_min(at + TERN_CHUNK, r.end);
		unsigned first = page_index(start);
		unsigned count = (unsigned)((end - start) / TERN_PAGE);
		bits_fill(chunk->registered, first, count);
		forget_snapshots(e, chunk, first, count);
	}
}

static long register_around(struct engine *e, const struct chunk *chunk, const struct mapping *m,
			    unsigned page)
{
	struct range r = registration(e, chunk, m, page);
	long error = e->host->track(e, r.start, r.end - r.start);
	if (!error)
		registered(e, r);
	return error;
}

int mapping_register(struct engine *e, struct chunk *chunk, struct mapping *m, uint64_t address)
{
	unsigned page = page_index(address);
	long error = 0;
	if (!bits_test(chunk->registered, page))
		error = register_around(e, chunk, m, page);
	for (unsigned w = 0; w < BITS_WORDS; w++)
		m->pages[w] &= chunk->registered[w];
	return (int)error;
}
