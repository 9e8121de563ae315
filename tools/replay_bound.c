/* SPDX-License-Identifier: MIT */
/*
 * DOC: the clairvoyant bound
 *
 * What even a policy that knows the future needs for a history, with P pages of device memory and a
 * link: a lower bound of the pages moved and of the time. A policy's regret is its time divided by
 * that.
 *
 * A page of the device's is of use until the host writes to the page or the program gives it up:
 * the accesses of the device in between are one *stay*. Must be moved, whatever anybody decides:
 *
 * - to the device: a page for each stay. With P pages only, more: Belady's MIN, which evicts the
 * page whose next access is farthest, or that has none in this stay, loads the least number of
 * pages that any eviction can; every prefix of the accesses is served with the least number, too.
 * (A stay's pages are different pages for MIN. Those that end leave at once: nobody needs them.) Of
 *   these loads, as many as there are stays that begin with a hole, or with contents that the
 * program declared undefined, need no transfer at most.
 * - to the host: a page that the device has written in a stay, when the host accesses it.
 *
 * Time. The accesses come in order; c(k) is what the program computes before access k, C all of it;
 * p is what the link takes for a page, in whole ns, L its latency. The link takes one page after
 * the other, and a page can be used L after it left. No policy's time is below the largest of
 *
 * - C.
 * - For each access k: all W(k) pages that must have been moved by then have passed the link, and
 *   what is computed after k is still to come: W(k) p + L + C - c(k).
 * - For each set S of transfers that must be, one of each stay and each return: none can begin
 * before its contents are final (the last access that wrote them, or the beginning), and after the
 * end of each what is computed from the access that needs it on is still to come. With heads r,
 * tails q: min r(S) + p |S| + min q(S). The largest of these over all sets is the length of
 * Jackson's preemptive schedule: of the transfers that may begin, go on with that of the longest
 * tail.
 *
 * Faults cost the optimum nothing, since it knows them before; and evictions of pages that the
 * device has written are not counted, since another choice of MIN's quality might evict other
 * pages. Both make the bound lower, never wrong. Holds are the engine's, not the program's: they
 * count as the policy's time.
 *
 * Not in it: pages of files, about which no policy decides; the program's own requests to migrate,
 * which the optimum need not obey (but contents that it declared undefined are); what comes home
 * when the device goes, but for the number of pages.
 */
#include <stdlib.h>

#include "runtime/base/alloc.h"
#include "tools/replay.h"
#include "tools/table.h"

#define PAGE_SHIFT 12
#define PAGE_BYTES ((uint64_t)4096)
#define NEVER      UINT64_MAX

struct page {
	uint64_t key;       /* number + 1 */
	uint64_t next;      /* step of the device's next access in the stay; NEVER */
	uint64_t final_ns;  /* c of the last access that wrote it */
	uint64_t file : 1;  /* not counted */
	uint64_t live : 1;  /* a stay is going on */
	uint64_t there : 1; /* MIN has it on the device */
	uint64_t dirty : 1; /* the device has written what the host has not seen */
	uint64_t hole : 1;
	uint64_t known : 1;
};

/* A transfer that must be, for Jackson's schedule. */
struct transfer {
	uint64_t head, tail;
};

/* Of the pages on the device, the one to be evicted first on top: by the next access. */
struct heap_entry {
	uint64_t next, key;
};

struct heap {
	struct heap_entry *at;
	size_t count, size;
};

struct bound {
	const struct replay_history *h;
	struct tern_table pages;
	uint64_t *next; /* of each step */
	struct heap heap;
	struct transfer *transfers;
	size_t transfer_count, transfer_size;
	uint64_t capacity, resident;
	uint64_t loads, holes, returns, left; /* pages so far; left: home when the device goes */
	uint64_t clock_ns, ns;
	uint64_t page_ns, latency_ns;
	bool out_of_memory;
};

static struct page *page_of(struct bound *b, uint64_t address)
{
	struct page *p = tern_table_add(&b->pages, (address >> PAGE_SHIFT) + 1);
	b->out_of_memory |= !p;
	return p;
}

/* ---- a heap, the farthest next access on top ---- */

static bool heap_add(struct heap *heap, struct heap_entry e)
{
	if (heap->count == heap->size) {
		size_t size = heap->size ? 2 * heap->size : 1024;
		struct heap_entry *larger = tern_realloc_array(heap->at, size, sizeof(*larger));
		if (!larger)
			return false;
		heap->at = larger;
		heap->size = size;
	}
	size_t i = heap->count++;
	for (; i && heap->at[(i - 1) / 2].next < e.next; i = (i - 1) / 2)
		heap->at[i] = heap->at[(i - 1) / 2];
	heap->at[i] = e;
	return true;
}

static struct heap_entry heap_take(struct heap *heap)
{
	struct heap_entry top = heap->at[0], last = heap->at[--heap->count];
	size_t i = 0;
	for (;;) {
		size_t child = 2 * i + 1;
		if (child >= heap->count)
			break;
		if (child + 1 < heap->count && heap->at[child + 1].next > heap->at[child].next)
			child++;
		if (heap->at[child].next <= last.next)
			break;
		heap->at[i] = heap->at[child];
		i = child;
	}
	heap->at[i] = last;
	return top;
}

/* ---- ranges of pages ---- */

/* Calls @each for the known pages that lie in a range as a whole, in no order. */
static void for_pages(struct bound *b, uint64_t start, uint64_t bytes,
		      void (*each)(struct bound *b, struct page *p))
{
	uint64_t end = (start + tern_min(bytes, NEVER - start)) >> PAGE_SHIFT;
	uint64_t first = start / PAGE_BYTES + (start % PAGE_BYTES != 0);
	uint64_t count = end > first ? end - first : 0;
	if (count <= tern_max((uint64_t)b->pages.size, (uint64_t)64)) {
		for (uint64_t i = 0; i < count; i++) {
			struct page *p = tern_table_find(&b->pages, first + i + 1);
			if (p)
				each(b, p);
		}
		return;
	}
	for (size_t i = 0; i < b->pages.size; i++) {
		struct page *p = (struct page *)(void *)(b->pages.entries + i * b->pages.bytes);
		if (p->key && p->key - 1 - first < count)
			each(b, p);
	}
}

static void end_stay(struct bound *b, struct page *p)
{
	b->resident -= p->there;
	p->live = p->there = 0;
}

static void give_up(struct bound *b, struct page *p)
{
	end_stay(b, p);
	p->dirty = p->known = 0;
	p->hole = 1;
}

static void bring_home(struct bound *b, struct page *p)
{
	b->left += p->dirty;
	end_stay(b, p);
	p->dirty = 0;
}

/* ---- which access of a stay comes next: from the end ---- */

static void forget_next(struct bound *b, struct page *p)
{
	(void)b;
	p->next = NEVER;
}

static void look_back_at(struct bound *b, size_t i)
{
	const struct replay_step *s = &b->h->steps[i];
	b->next[i] = NEVER;
	if (s->kind == TERN_TRACE_REMOVED)
		for_pages(b, s->a, s->b, forget_next);
	if (s->kind == TERN_TRACE_REMAPPED)
		for_pages(b, s->a, s->x * PAGE_BYTES, forget_next);
	if (s->kind == TERN_TRACE_REQUEST && s->flags & TERN_MIGRATE_UNDEFINED)
		for_pages(b, s->a, s->b, forget_next);
	if (s->kind == TERN_TRACE_DEVICE)
		for_pages(b, 0, NEVER, forget_next);
	if (s->kind != TERN_TRACE_FAULT)
		return;
	struct page *p = page_of(b, s->a);
	if (!p)
		return;
	bool device = !(s->flags & TERN_TRACE_HOST);
	/* An entry that is new has a zero there, which no later step can be. */
	b->next[i] = p->next ? p->next : NEVER;
	if (device)
		p->next = i ? i : NEVER;
	else if (s->flags & TERN_TRACE_WRITE)
		p->next = NEVER;
}

static bool look_back(struct bound *b)
{
	b->next = tern_zalloc_array(b->h->count, sizeof(*b->next));
	for (size_t i = b->h->count; b->next && !b->out_of_memory && i-- > 0;)
		look_back_at(b, i);
	return b->next && !b->out_of_memory;
}

/* ---- the history, forwards ---- */

/* What passes the link and must have done so by now. */
static uint64_t must_have_moved(const struct bound *b)
{
	return b->loads - tern_min(b->loads, b->holes) + b->returns;
}

static void raise(struct bound *b, uint64_t ns)
{
	b->ns = tern_max(b->ns, ns);
}

static void add_transfer(struct bound *b, const struct page *p)
{
	if (b->transfer_count == b->transfer_size) {
		size_t size = b->transfer_size ? 2 * b->transfer_size : 1024;
		struct transfer *larger = tern_realloc_array(b->transfers, size, sizeof(*larger));
		b->out_of_memory |= !larger;
		if (!larger)
			return;
		b->transfers = larger;
		b->transfer_size = size;
	}
	uint64_t after = b->h->compute_ns - b->clock_ns;
	b->transfers[b->transfer_count++] =
		(struct transfer){.head = p->final_ns, .tail = after + b->latency_ns};
}

static void check_prefix(struct bound *b)
{
	uint64_t moved = must_have_moved(b);
	if (moved)
		raise(b, moved * b->page_ns + b->latency_ns + (b->h->compute_ns - b->clock_ns));
}

static void make_room(struct bound *b)
{
	while (b->resident >= b->capacity && b->heap.count) {
		struct heap_entry e = heap_take(&b->heap);
		struct page *p = tern_table_find(&b->pages, e.key);
		if (!p || !p->there || p->next != e.next) /* of before */
			continue;
		p->there = 0;
		b->resident--;
	}
}

static void device_access(struct bound *b, struct page *p, uint64_t next, bool write)
{
	if (!p->live) {
		b->holes += p->hole;
		if (!p->hole)
			add_transfer(b, p);
		p->hole = 0;
	}
	if (!p->there) {
		make_room(b);
		p->there = 1;
		b->resident++;
		b->loads++;
		check_prefix(b);
	}
	p->live = 1;
	p->next = next;
	b->out_of_memory |= !heap_add(&b->heap, (struct heap_entry){next, p->key});
	if (write) {
		p->dirty = 1;
		p->final_ns = b->clock_ns;
	}
}

static void host_access(struct bound *b, struct page *p, bool write)
{
	if (p->dirty) {
		b->returns++;
		add_transfer(b, p);
		p->dirty = 0;
		check_prefix(b);
	}
	if (write) {
		end_stay(b, p);
		p->final_ns = b->clock_ns;
	}
	p->hole = 0;
	p->known = 1;
}

static void contents(struct bound *b, const struct replay_step *s)
{
	for (uint64_t i = 0; i < s->x; i++) {
		struct page *p =
			tern_table_find(&b->pages, ((s->a + i * PAGE_BYTES) >> PAGE_SHIFT) + 1);
		if (p && !p->known && !p->live) {
			p->known = 1;
			p->hole = (s->flags & 15) == TERN_TRACE_ZEROED;
		}
	}
}

static void mark_file(struct bound *b, struct page *p)
{
	(void)b;
	p->file = 1;
}

static void mark_memory(struct bound *b, struct page *p)
{
	(void)b;
	p->file = 0;
}

static void step(struct bound *b, size_t i)
{
	const struct replay_step *s = &b->h->steps[i];
	struct page *p;
	b->clock_ns += s->gap_ns;
	switch (s->kind) {
	case TERN_TRACE_FAULT:
		p = page_of(b, s->a);
		if (!p || p->file)
			break;
		if (s->flags & TERN_TRACE_HOST)
			host_access(b, p, s->flags & TERN_TRACE_WRITE);
		else
			device_access(b, p, b->next[i], s->flags & TERN_TRACE_WRITE);
		break;
	case TERN_TRACE_MOVED:
		contents(b, s);
		break;
	case TERN_TRACE_MAPPED:
		for_pages(b, s->a, s->b, s->flags & TERN_TRACE_FILE ? mark_file : mark_memory);
		break;
	case TERN_TRACE_REMOVED:
		for_pages(b, s->a, s->b, give_up);
		break;
	case TERN_TRACE_REMAPPED:
		for_pages(b, s->a, s->x * PAGE_BYTES, give_up);
		break;
	case TERN_TRACE_REQUEST:
		if (s->flags & TERN_MIGRATE_UNDEFINED)
			for_pages(b, s->a, s->b, give_up);
		break;
	case TERN_TRACE_DEVICE:
		for_pages(b, 0, NEVER, bring_home);
		break;
	default:
		break;
	}
}

/* ---- Jackson's preemptive schedule ---- */

static int by_head(const void *a, const void *b)
{
	const struct transfer *x = a, *y = b;
	return (x->head > y->head) - (x->head < y->head);
}

/* The heap holds what may begin: the tail as what it is ordered by, what is left of it as the key.
 */
static void schedule(struct bound *b)
{
	uint64_t now = 0;
	size_t i = 0;
	b->heap.count = 0;
	qsort(b->transfers, b->transfer_count, sizeof(*b->transfers), by_head);
	while (i < b->transfer_count || b->heap.count) {
		if (!b->heap.count)
			now = tern_max(now, b->transfers[i].head);
		for (; i < b->transfer_count && b->transfers[i].head <= now; i++)
			if (!heap_add(&b->heap,
				      (struct heap_entry){b->transfers[i].tail, b->page_ns})) {
				b->out_of_memory = true;
				return;
			}
		struct heap_entry e = heap_take(&b->heap);
		uint64_t until = i < b->transfer_count ? b->transfers[i].head : NEVER;
		if (e.key > until - now) { /* another one may begin before this one has ended */
			e.key -= until - now;
			now = until;
			(void)heap_add(&b->heap, e); /* there is room: one was taken */
			continue;
		}
		now += e.key;
		raise(b, now + e.next);
	}
}

static void finish(struct bound *b)
{
	tern_table_finish(&b->pages);
	tern_free(b->next);
	tern_free(b->heap.at);
	tern_free(b->transfers);
}

bool replay_bound_find(const struct replay_history *h, uint64_t memory_bytes,
		       const struct tern_link *link, struct replay_bound *out)
{
	struct bound b = {.h = h,
			  .pages.bytes = sizeof(struct page),
			  .capacity = tern_max(memory_bytes / PAGE_BYTES, (uint64_t)1),
			  .ns = h->compute_ns,
			  .latency_ns = link->latency_ns};
	if (link->bytes_per_second)
		b.page_ns = PAGE_BYTES * UINT64_C(1000000000) / link->bytes_per_second;
	bool good = look_back(&b);
	/* Whose next access is where is known from now on by step. */
	for (size_t i = 0; good && i < h->count && !b.out_of_memory; i++)
		step(&b, i);
	if (good && !b.out_of_memory)
		schedule(&b);
	out->ns = b.ns;
	out->pages_to_device = b.loads - tern_min(b.loads, b.holes);
	out->pages_to_host = b.returns + b.left;
	good = good && !b.out_of_memory;
	finish(&b);
	return good;
}
