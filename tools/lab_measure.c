/* SPDX-License-Identifier: MIT */
#include "tools/lab.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/base/alloc.h"
#include "runtime/base/trace_read.h"
#include "tools/lab_cost.h"
#include "tools/table.h"

#define PAGE_SHIFT 12
#define PAGES_MOST 512u /* of one move: those of a chunk */

enum { BEEN = 1, THERE = 2 };

/* What is known of a page, or of a fault that is not served. */
struct entry {
	uint64_t key;
	uint64_t value;
};

struct state {
	struct lab_measure *m;
	struct tern_table pages, faults; /* of struct entry */
	struct lab_cost cost;
	uint64_t resident;
	double *latencies;
	size_t latency_count, latency_size;
	bool out_of_memory;
};

/* The entry of @key, which is not 0; NULL: no memory. */
static struct entry *entry_of(struct state *s, struct tern_table *t, uint64_t key)
{
	struct entry *e = tern_table_add(t, key);
	s->out_of_memory = s->out_of_memory || !e;
	return e;
}

static void arrive(struct state *s, uint64_t page, bool with_contents)
{
	struct entry *e = entry_of(s, &s->pages, page + 1);
	if (!e)
		return;
	if (with_contents && (e->value & BEEN))
		s->m->pages_again++;
	s->resident += !(e->value & THERE);
	e->value |= BEEN | THERE;
	s->m->peak_pages = tern_max(s->m->peak_pages, s->resident);
}

static void leave(struct state *s, uint64_t page)
{
	struct entry *e = tern_table_find(&s->pages, page + 1);
	if (!e)
		return;
	s->resident -= (e->value & THERE) != 0;
	e->value &= ~(uint64_t)THERE;
}

static void moved(struct state *s, const struct tern_trace_record *r)
{
	struct lab_measure *m = s->m;
	uint64_t first = r->a >> PAGE_SHIFT;
	unsigned way = r->flags & 15, count = tern_min(r->x, PAGES_MOST);
	bool in = way <= TERN_TRACE_ZEROED,
	     out = way == TERN_TRACE_TO_HOST || way == TERN_TRACE_DROPPED;
	bool copied = way != TERN_TRACE_ZEROED && way != TERN_TRACE_DROPPED;
	if (way == TERN_TRACE_TO_DEVICE || way == TERN_TRACE_COPIED_TO_DEVICE)
		m->pages_to_device += count;
	else if (way == TERN_TRACE_TO_HOST || way == TERN_TRACE_COPIED_TO_HOST)
		m->pages_to_host += count;
	else if (way == TERN_TRACE_ZEROED)
		m->pages_zeroed += count;
	if (r->flags >> 4 == TERN_TRACE_BY_EVICTION)
		m->pages_evicted += count;
	for (unsigned i = 0; i < count && !s->out_of_memory; i++) {
		if (in)
			arrive(s, first + i, copied);
		else if (out)
			leave(s, first + i);
	}
}

static void unmapped(struct state *s, const struct tern_trace_record *r)
{
	unsigned count = tern_min(r->x, PAGES_MOST);
	for (unsigned i = 0; i < count && !s->out_of_memory; i++)
		leave(s, (r->a >> PAGE_SHIFT) + i);
}

static void fault(struct state *s, const struct tern_trace_record *r)
{
	if (!(r->flags & TERN_TRACE_HOST)) {
		s->m->device_faults++;
		return;
	}
	s->m->host_faults++;
	struct entry *e = r->b ? entry_of(s, &s->faults, r->b) : NULL;
	if (e)
		e->value = r->ns;
}

static void served(struct state *s, const struct tern_trace_record *r)
{
	struct entry *e = tern_table_find(&s->faults, r->b);
	s->m->device_faults -= (r->flags & TERN_TRACE_JOINED) && s->m->device_faults;
	if (!e || !e->value || r->ns < e->value)
		return;
	if (s->latency_count == s->latency_size) {
		size_t size = s->latency_size ? 2 * s->latency_size : 1024;
		double *larger = tern_realloc_array(s->latencies, size, sizeof(*larger));
		if (!larger) {
			s->out_of_memory = true;
			return;
		}
		s->latencies = larger;
		s->latency_size = size;
	}
	s->latencies[s->latency_count++] = (double)(r->ns - e->value) / 1000;
	e->value = 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void find_percentiles(struct state *s)
{
	static const double parts[] = {0.5, 0.95, 0.99};
	if (!s->latency_count)
		return;
	qsort(s->latencies, s->latency_count, sizeof(*s->latencies), by_size);
	for (unsigned i = 0; i < tern_array_size(parts); i++)
		s->m->host_fault_us[i] =
			s->latencies[(size_t)(parts[i] * (double)(s->latency_count - 1))];
}

static void record(struct state *s, const struct tern_trace_record *r)
{
	if (!lab_cost_record(&s->cost, r))
		s->out_of_memory = true;
	if (r->kind == TERN_TRACE_MOVED)
		moved(s, r);
	else if (r->kind == TERN_TRACE_UNMAPPED)
		unmapped(s, r);
	else if (r->kind == TERN_TRACE_FAULT)
		fault(s, r);
	else if (r->kind == TERN_TRACE_SERVED)
		served(s, r);
	else if (r->kind == TERN_TRACE_POLICY)
		s->m->replaced = s->m->replaced || r->n;
}

static void take_cost(struct lab_cost *cost, struct lab_measure *m)
{
	m->service = cost->service_ns / 1e9;
	m->transfers = cost->transfers;
	m->kernels = cost->kernels;
	m->kernel_ns = cost->work;
	cost->work = NULL;
	for (size_t i = 0; i < m->kernels; i++)
		m->work += m->kernel_ns[i] / 1e9;
}

bool lab_measure(const struct lab *lab, const char *path, struct lab_measure *out)
{
	const char *why;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct tern_trace_reader *reader = fd < 0 ? NULL : tern_trace_reader_open(fd, &why);
	if (!reader)
		return false;
	struct state s = {.m = out,
			  .pages.bytes = sizeof(struct entry),
			  .faults.bytes = sizeof(struct entry)};
	struct tern_trace_record r;
	lab_cost_init(&s.cost, lab->link, lab->latency_us);
	while (!s.out_of_memory && tern_trace_reader_next(reader, &r))
		record(&s, &r);
	find_percentiles(&s);
	out->lost = atomic_load(&tern_trace_reader_header(reader)->lost);
	tern_trace_reader_close(reader);
	tern_table_finish(&s.pages);
	tern_table_finish(&s.faults);
	take_cost(&s.cost, out);
	lab_cost_finish(&s.cost);
	tern_free(s.latencies);
	return !s.out_of_memory;
}
