/* SPDX-License-Identifier: MIT */
/* Explicit migration, a chunk at a time, with faults and events served in between. */
#include "svm/internal.h"

/* From here on the caches would hold the end of it at best. */
#define STREAM_BYTES ((uint64_t)32 << 20)

struct piece {
	struct chunk *chunk;
	unsigned first, count;
	bool contents; /* some page of it must keep them */
};

static int give_piece(struct engine *e, struct request *q, struct device *device,
		      const struct piece *p)
{
	struct chunk *chunk = p->chunk;
	if (chunk->resident && chunk->device != device) {
		int error = return_all(e, chunk, 0, TERN_CHUNK_PAGES, true);
		if (error)
			return error;
	}
	chunk_take(e, chunk, device);
	tern_page_bits home;
	chunk_pages(chunk, PAGE_HOME, home);
	unsigned n = bits_count(home, p->first, p->count);
	int error = evict_for(e, device, n, chunk, p->first, p->count);
	if (error)
		return error;
	if (n && !q->paid) {
		q->paid = true;
		q->due_ns = link_transfer(e, device, chunk, p->contents ? n * TERN_PAGE : 0);
		if (q->due_ns > e->now_ns)
			return -EAGAIN;
	}
	e->hide = watch_on(e, device);
	error = give_staged(e, chunk, p->first, p->count);
	if (!error)
		error = give_exclusive(e, chunk, p->first, p->count, p->contents);
	if (!error)
		error = give_upgrade(e, chunk, p->first, p->count);
	e->hide = false;
	if (!error)
		policy_moved(e, chunk, p->first, p->count, true, TERN_MOVED_REQUEST);
	return error;
}

static int return_piece(struct engine *e, struct request *q, const struct piece *p)
{
	struct chunk *chunk = p->chunk;
	unsigned away = bits_count(chunk->away, p->first, p->count);
	if (away && !q->paid) {
		q->paid = true;
		q->due_ns =
			link_transfer(e, chunk->device, chunk, p->contents ? away * TERN_PAGE : 0);
		if (q->due_ns > e->now_ns)
			return -EAGAIN;
	}
	int error = return_all(e, chunk, p->first, p->count, p->contents);
	if (!error)
		policy_moved(e, chunk, p->first, p->count, false, TERN_MOVED_REQUEST);
	return error;
}

/* [@start, @end) of the chunk of @start; pages that lie inside the request only in part keep their
 * contents, so they are pieces of their own. Returns the piece's end. */
static uint64_t cut(const struct request *q, uint64_t start, uint64_t end, struct piece *p)
{
	end = tern_min(end, chunk_base(start) + TERN_CHUNK);
	p->contents = true;
	if (q->flags & TERN_MIGRATE_UNDEFINED) {
		uint64_t whole = tern_round_up(q->start, TERN_PAGE);
		uint64_t stop = q->end & ~(TERN_PAGE - 1);
		if (start < whole) {
			end = tern_min(end, whole);
		} else if (start < stop) {
			end = tern_min(end, stop);
			p->contents = false;
		}
	}
	p->first = page_index(start);
	p->count = (unsigned)((end - start) / TERN_PAGE);
	return end;
}

/* The chunk after @chunk, whose entries the device can remove while @chunk is copied; or NULL. */
static const struct chunk *next_whole(struct engine *e, const struct request *q,
				      const struct chunk *chunk, uint64_t end)
{
	const struct chunk *next = directory_next(&e->directory, chunk->base + TERN_CHUNK, end);
	bool whole = next && next->base + TERN_CHUNK <= end &&
		     !(q->flags & TERN_MIGRATE_UNDEFINED) &&
		     bits_count(next->away, 0, TERN_CHUNK_PAGES) == TERN_CHUNK_PAGES;
	return whole ? next : NULL;
}

static int home_step(struct engine *e, struct request *q, uint64_t end)
{
	struct chunk *chunk = directory_next(&e->directory, chunk_base(q->cursor), end);
	if (!chunk)
		return 0;
	uint64_t start = tern_max(q->cursor, chunk->base);
	struct piece p = {.chunk = chunk};
	uint64_t stop = cut(q, start, end, &p);
	q->cursor = start;
	e->soon = next_whole(e, q, chunk, end);
	int error = return_piece(e, q, &p);
	e->soon = NULL;
	if (error)
		return error;
	q->cursor = stop;
	q->paid = false;
	return stop < end ? -EAGAIN : 0;
}

/* The next memory from the cursor on that may migrate; false: no more before @end. */
static bool next_mapping(struct engine *e, struct request *q, uint64_t end, struct mapping *m)
{
	while (q->cursor < end) {
		struct vma vma;
		if (!e->host->mapping(e, q->cursor, true, &vma) || vma.start >= end)
			return false;
		q->cursor = tern_max(q->cursor, vma.start);
		if (!mapping_find(e, q->cursor, true, m) && !m->file)
			return true;
		uint64_t skip = vma.end;
		for (unsigned i = 0; i < e->excluded_count; i++) /* a part of the mapping only */
			if (q->cursor >= e->excluded[i].start && q->cursor < e->excluded[i].end)
				skip = tern_min(skip, e->excluded[i].end);
		q->cursor = skip;
	}
	return false;
}

static int away_step(struct engine *e, struct request *q, struct device *device, uint64_t end)
{
	struct mapping m;
	if (q->value >= device->mem->limit || !next_mapping(e, q, end, &m))
		return 0;
	struct piece p = {.chunk = directory_get(&e->directory, q->cursor)};
	if (!p.chunk)
		return -ENOMEM;
	if (e->watch.window)
		trace_mapping(p.chunk, &m.vma);
	uint64_t stop = cut(q, q->cursor, tern_min(end, m.vma.end), &p);
	int error = mapping_register(e, p.chunk, &m, q->cursor);
	unsigned mapped = bits_next_clear(m.pages, p.first, p.first + p.count) - p.first;
	if (!error && mapped < p.count) {
		p.count = mapped;
		stop = q->cursor + mapped * TERN_PAGE;
	}
	if (!error)
		error = give_piece(e, q, device, &p);
	/* Others: what cannot be moved stays where it is. */
	if (error == -EAGAIN || error == -ENOMEM || error == -ENODEV)
		return error;
	q->value += p.count * TERN_PAGE;
	q->cursor = stop;
	q->paid = false;
	return stop < end ? -EAGAIN : 0;
}

static int device_step(struct engine *e, struct request *q, uint64_t end)
{
	struct device *device = device_of(e, q->devmem);
	if (!device || device_gone(device))
		return -ENODEV;
	if (e->paused) {
		q->due_ns = e->now_ns + 100000;
		return -EAGAIN;
	}
	return away_step(e, q, device, end);
}

int migrate_step(struct engine *e, struct request *q)
{
	if (!q->begun) {
		q->cursor = q->start & ~(TERN_PAGE - 1);
		q->begun = true;
		q->begun_ns = e->now_ns;
	}
	uint64_t end = tern_min(tern_round_up(q->end, TERN_PAGE), ADDRESS_END);
	q->due_ns = 0;
	if (q->cursor >= end)
		return 0;
	e->stream = end - q->start >= STREAM_BYTES;
	e->why = TERN_TRACE_BY_REQUEST;
	int error = q->devmem ? device_step(e, q, end) : home_step(e, q, end);
	e->stream = false;
	e->why = TERN_TRACE_BY_OTHER;
	if (error != -EAGAIN && e->watch.window)
		trace_request(e, q->devmem ? device_of(e, q->devmem) : NULL, q);
	return error;
}
