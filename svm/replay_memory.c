/* SPDX-License-Identifier: MIT */
/*
 * The memory of a replay. Contents there are none: a page of the program's is a hole or not, a page
 * of the device's is mapped or not, read-only or not. Every operation succeeds, as it does on a
 * kernel that has UFFDIO_MOVE.
 */
#include "svm/replay_memory.h"

#include <errno.h>
#include <string.h>

#include "runtime/base/alloc.h"

#define PAGEMAP_THERE ((uint64_t)1 << 63)
#define SIZE_LEAST    64u

static struct replay_memory *memory_of(struct tern_devmem *devmem)
{
	return (struct replay_memory *)devmem;
}

static struct replay_memory *memory_of_engine(const struct engine *e)
{
	return e->simulation;
}

/* ---- chunks ---- */

static struct replay_chunk **slot(struct replay_chunk **chunks, uint32_t size, uint64_t base)
{
	uint32_t at = (uint32_t)((base >> CHUNK_SHIFT) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	while (chunks[at & (size - 1)] && chunks[at & (size - 1)]->base != base)
		at++;
	return &chunks[at & (size - 1)];
}

static bool grow(struct replay_memory *m)
{
	uint32_t size = m->size ? 2 * m->size : SIZE_LEAST;
	struct replay_chunk **larger = tern_zalloc_array(size, sizeof(struct replay_chunk *));
	if (!larger)
		return false;
	for (uint32_t i = 0; i < m->size; i++)
		if (m->chunks[i])
			*slot(larger, size, m->chunks[i]->base) = m->chunks[i];
	tern_free(m->chunks);
	m->chunks = larger;
	m->size = size;
	return true;
}

struct replay_chunk *replay_memory_find(const struct replay_memory *m, uint64_t address)
{
	return m->size ? *slot(m->chunks, m->size, chunk_base(address)) : NULL;
}

struct replay_chunk *replay_memory_chunk(struct replay_memory *m, uint64_t address, bool create)
{
	struct replay_chunk *c = replay_memory_find(m, address);
	if (c || !create)
		return c;
	if (m->count == REPLAY_CHUNKS) {
		m->error = -E2BIG;
		return NULL;
	}
	c = m->count * 2 < m->size || grow(m) ? tern_zalloc(sizeof(*c)) : NULL;
	if (!c) {
		m->error = -ENOMEM;
		return NULL;
	}
	c->base = chunk_base(address);
	*slot(m->chunks, m->size, c->base) = c;
	m->count++;
	return c;
}

static bool is_set(const struct replay_memory *m, uint64_t at, size_t field)
{
	const struct replay_chunk *c = replay_memory_find(m, at);
	return c && bits_test((const uint64_t *)((const char *)c + field), page_index(at));
}
#define IS(m, at, field) is_set(m, at, offsetof(struct replay_chunk, field))

static bool is_hole(const struct replay_memory *m, uint64_t at)
{
	return IS(m, at, hole);
}

/* Of the range, which lies in one chunk, the bytes from @at on whose pages are holes, or are not.
 */
static uint64_t run(const struct replay_memory *m, uint64_t at, uint64_t bytes, bool holes)
{
	uint64_t n = 0;
	while (n < bytes && is_hole(m, at + n) == holes)
		n += TERN_PAGE;
	return n;
}

static void fill_holes(const struct replay_memory *m, uint64_t at, uint64_t bytes)
{
	struct replay_chunk *c = replay_memory_find(m, at);
	if (c)
		bits_clear(c->hole, page_index(at), (unsigned)(bytes / TERN_PAGE));
}

/* ---- the host's side ---- */

static int64_t replay_take(struct engine *e, const char *slot_, uint64_t at, uint64_t bytes)
{
	(void)slot_;
	uint64_t n = run(memory_of_engine(e), at, bytes, false);
	return n ? (int64_t)n : -ENOENT;
}

static int64_t replay_give(struct engine *e, uint64_t at, const char *slot_, uint64_t bytes)
{
	(void)slot_;
	fill_holes(memory_of_engine(e), at, bytes);
	return (int64_t)bytes;
}

static int64_t replay_copy(struct engine *e, uint64_t to, const void *from, uint64_t bytes,
			   uint64_t mode)
{
	(void)from, (void)mode;
	fill_holes(memory_of_engine(e), to, bytes);
	return (int64_t)bytes;
}

static int64_t replay_zero(struct engine *e, uint64_t at, uint64_t bytes)
{
	struct replay_memory *m = memory_of_engine(e);
	uint64_t n = run(m, at, bytes, true);
	fill_holes(m, at, n);
	return n ? (int64_t)n : -EEXIST;
}

static long replay_protect(struct engine *e, uint64_t at, uint64_t bytes, uint64_t mode)
{
	(void)e, (void)at, (void)bytes, (void)mode;
	return 0;
}

static void replay_wake(struct engine *e, uint64_t at, uint64_t bytes)
{
	(void)e, (void)at, (void)bytes;
}

static long replay_track(struct engine *e, uint64_t at, uint64_t bytes)
{
	(void)e, (void)at, (void)bytes;
	return 0;
}

static long replay_read(struct engine *e, uint64_t at, uint64_t bytes, void *to)
{
	(void)to;
	return (long)run(memory_of_engine(e), at, bytes, false);
}

static long replay_entries(struct engine *e, uint64_t at, unsigned count, uint64_t *to)
{
	const struct replay_memory *m = memory_of_engine(e);
	const struct chunk *chunk = directory_find(&e->directory, at);
	for (unsigned i = 0; i < count; i++) {
		uint64_t va = at + i * TERN_PAGE;
		bool gone = chunk && (bits_test(chunk->away, page_index(va)) ||
				      bits_test(chunk->staged, page_index(va)));
		to[i] = gone || is_hole(m, va) ? 0 : PAGEMAP_THERE;
	}
	return (long)(count * sizeof(*to));
}

static void replay_fetch(const struct engine *e, void *to, const void *from, uint64_t bytes)
{
	(void)e, (void)to, (void)from, (void)bytes;
}

/* The first mapping that ends above @address. */
static unsigned mapping_above(const struct replay_memory *m, uint64_t address)
{
	unsigned low = 0, high = m->mapping_count;
	while (low < high) {
		unsigned middle = low + (high - low) / 2;
		if (m->mappings[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool replay_mapping(struct engine *e, uint64_t address, bool next, struct vma *out)
{
	struct replay_memory *m = memory_of_engine(e);
	unsigned i = mapping_above(m, address);
	if (i == m->mapping_count || (!next && m->mappings[i].start > address))
		return false;
	/* Whoever asks goes on to make a chunk there. */
	if (!replay_memory_chunk(m, tern_max(address, m->mappings[i].start), true))
		return false;
	*out = m->mappings[i];
	return true;
}

const struct host_ops replay_host = {
	.take = replay_take,
	.give = replay_give,
	.copy = replay_copy,
	.zero = replay_zero,
	.protect = replay_protect,
	.wake = replay_wake,
	.track = replay_track,
	.read = replay_read,
	.entries = replay_entries,
	.fetch = replay_fetch,
	.mapping = replay_mapping,
	.simulated = true,
};

bool replay_memory_is_mapped(const struct replay_memory *m, uint64_t address, bool write)
{
	unsigned i = mapping_above(m, address);
	return i < m->mapping_count && m->mappings[i].start <= address &&
	       (!write || (m->mappings[i].flags & VMA_WRITE));
}

/* [@start, @end) of it is no mapping's. False: no memory. */
static bool cut_out(struct replay_memory *m, uint64_t start, uint64_t end)
{
	unsigned i = mapping_above(m, start), stop = i;
	if (i == m->mapping_count)
		return true;
	struct vma before = m->mappings[i];
	if (before.start < start && before.end > end) { /* in two */
		if (m->mapping_count == m->mapping_size)
			return false;
		memmove(m->mappings + i + 1, m->mappings + i,
			(m->mapping_count++ - i) * sizeof(*m->mappings));
	}
	if (before.start < start) {
		m->mappings[i].end = start;
		stop = ++i;
	}
	while (stop < m->mapping_count && m->mappings[stop].end <= end)
		stop++;
	if (stop < m->mapping_count && m->mappings[stop].start < end)
		m->mappings[stop].start = end;
	memmove(m->mappings + i, m->mappings + stop,
		(m->mapping_count - stop) * sizeof(*m->mappings));
	m->mapping_count -= stop - i;
	return true;
}

/* For two more. */
static bool grow_mappings(struct replay_memory *m)
{
	if (m->mapping_count + 2 <= m->mapping_size)
		return true;
	unsigned size = m->mapping_size ? 2 * m->mapping_size : SIZE_LEAST;
	struct vma *larger = size > REPLAY_MAPPINGS
				     ? NULL
				     : tern_realloc_array(m->mappings, size, sizeof(*larger));
	m->error = larger ? m->error : size > REPLAY_MAPPINGS ? -E2BIG : -ENOMEM;
	if (!larger)
		return false;
	m->mappings = larger;
	m->mapping_size = size;
	return true;
}

int replay_memory_map(struct replay_memory *m, const struct vma *vma)
{
	if (!grow_mappings(m) || !cut_out(m, vma->start, vma->end))
		return m->error;
	unsigned i = mapping_above(m, vma->start);
	memmove(m->mappings + i + 1, m->mappings + i,
		(m->mapping_count++ - i) * sizeof(*m->mappings));
	m->mappings[i] = *vma;
	return 0;
}

static void forget_in(struct replay_chunk *c, uint64_t start, uint64_t end)
{
	uint64_t first = tern_max(start, c->base), stop = tern_min(end, c->base + TERN_CHUNK);
	if (first >= stop)
		return;
	unsigned count = (unsigned)((stop - first) / TERN_PAGE);
	bits_fill(c->hole, page_index(first), count);
	bits_clear(c->known, page_index(first), count);
	bits_clear(c->been, page_index(first), count);
}

void replay_memory_forget(struct replay_memory *m, uint64_t start, uint64_t end, bool unmapped)
{
	if (end - start <= TERN_CHUNK * 16) {
		for (uint64_t at = chunk_base(start); at < end; at += TERN_CHUNK) {
			struct replay_chunk *c = replay_memory_find(m, at);
			if (c)
				forget_in(c, start, end);
		}
	} else {
		for (uint32_t i = 0; i < m->size; i++)
			if (m->chunks[i])
				forget_in(m->chunks[i], start, end);
	}
	/* What does not fit any more stays mapped: nothing is lost by that. */
	if (unmapped && grow_mappings(m))
		(void)cut_out(m, start, end);
}

/* ---- the device's side ---- */

static void memory_poll_fds(struct tern_devmem *devmem, int fds[2])
{
	(void)devmem;
	fds[0] = fds[1] = -1;
}

static int memory_faults(struct tern_devmem *devmem, struct tern_devmem_fault *out, int max)
{
	(void)devmem, (void)out, (void)max;
	return 0;
}

static int64_t memory_fill(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, const void *src,
			   unsigned flags)
{
	struct replay_memory *m = memory_of(devmem);
	struct replay_chunk *c = replay_memory_chunk(m, va, true);
	unsigned first = page_index(va), count = (unsigned)(bytes / TERN_PAGE);
	if (!c)
		return -ENOMEM;
	if (src)
		m->pages_again += bits_count(c->been, first, count);
	bits_fill(c->been, first, count);
	bits_fill(c->mapped, first, count);
	if (flags & TERN_FILL_WRITABLE)
		bits_clear(c->readonly, first, count);
	else
		bits_fill(c->readonly, first, count);
	return (int64_t)bytes;
}

static int memory_protect(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct replay_chunk *c = replay_memory_find(memory_of(devmem), va);
	if (c)
		bits_fill(c->readonly, page_index(va), (unsigned)(bytes / TERN_PAGE));
	return 0;
}

static int memory_unprotect(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct replay_chunk *c = replay_memory_find(memory_of(devmem), va);
	if (c)
		bits_clear(c->readonly, page_index(va), (unsigned)(bytes / TERN_PAGE));
	return 0;
}

static int memory_unmap(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	struct replay_chunk *c = replay_memory_find(memory_of(devmem), va);
	if (c)
		bits_clear(c->mapped, page_index(va), (unsigned)(bytes / TERN_PAGE));
	return 0;
}

static int memory_show(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, unsigned flags)
{
	int64_t done = memory_fill(devmem, va, bytes, NULL, flags);
	return done < 0 ? (int)done : 0;
}

/* Somewhere; nobody reads there. */
static void *memory_window(struct tern_devmem *devmem, uint64_t va)
{
	(void)va;
	return devmem;
}

static int memory_read(struct tern_devmem *devmem, uint64_t va, uint64_t bytes, void *to)
{
	(void)devmem, (void)va, (void)bytes, (void)to;
	return 0;
}

static void memory_wake(struct tern_devmem *devmem, uint64_t va, uint64_t bytes)
{
	(void)devmem, (void)va, (void)bytes;
}

static void memory_refuse(struct tern_devmem *devmem, const struct tern_devmem_fault *fault,
			  enum tern_devmem_refusal why)
{
	(void)fault, (void)why;
	memory_of(devmem)->refused = true;
}

static uint64_t memory_trim(struct tern_devmem *devmem, uint64_t bytes)
{
	(void)devmem, (void)bytes;
	return 0;
}

static const struct tern_devmem_ops ops = {
	.name = "replay",
	.poll_fds = memory_poll_fds,
	.faults = memory_faults,
	.fill = memory_fill,
	.protect = memory_protect,
	.unprotect = memory_unprotect,
	.unmap = memory_unmap,
	.hide = memory_unmap,
	.show = memory_show,
	.drop = memory_unmap,
	.window = memory_window,
	.read = memory_read,
	.wake = memory_wake,
	.refuse = memory_refuse,
	.trim = memory_trim,
};

int replay_memory_init(struct replay_memory *m, struct engine *e)
{
	m->devmem.ops = &ops;
	m->devmem.model = TERN_MEMORY_PRIVATE;
	m->devmem.status = &m->status;
	m->e = e;
	return grow(m) ? 0 : -ENOMEM;
}

void replay_memory_finish(struct replay_memory *m)
{
	for (uint32_t i = 0; i < m->size; i++)
		tern_free(m->chunks[i]);
	tern_free(m->chunks);
	tern_free(m->mappings);
}
